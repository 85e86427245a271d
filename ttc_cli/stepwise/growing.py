"""Growing a search tree by steps on the engine, and scoring what came."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ttc_cli.core.branch import Branch, BranchId
from ttc_cli.core.events import Close, Event, Flow, Score, StepDone, turned
from ttc_cli.core.options import option
from ttc_cli.core.outcome import Plan, Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Outputs, Stop, StopRule
from ttc_cli.core.steps import STEPS
from ttc_cli.core.verify import Graded
from ttc_cli.drawing.replies import CLOSING_SECONDS, EXPECTED_TOKENS, close, ended, hold_back
from ttc_cli.stepwise.tree import DEAD, FINISHED, OPEN, Node
from ttc_cli.voting.grading import failures


@dataclass(frozen=True, slots=True)
class Options:
    """Options that all tree searches have."""

    step_tokens: int = option(256, "most tokens of one step", least=1)
    depth: int = option(40, "steps of a line; the last runs to its end", least=1)
    prune: float = option(0.0, "give up lines whose score falls below this; 0 for none", below=1)
    choose: str = option(
        "vote", "among finished lines: vote (weighted by score) or argmax", words=("vote", "argmax")
    )


class Grower:
    """Grows nodes by a step on the engine and scores what came.

    Args:
        root: of the tree; its branch holds the prompt alone.
    """

    def __init__(
        self, run: Run, question: Question, plan: Plan, options: Options, root: Node
    ) -> None:
        assert plan.verifier is not None
        self._run, self._question, self._plan, self._options = run, question, plan, options
        self._root = root
        self._verifier = plan.verifier
        left = run.ledger.left
        self._ledger = run.ledger.child(
            None if left is None else left - min(plan.branch_tokens, left // 4)
        )
        self._names: dict[Node, int] = {}
        self._waiting: list[Close] = []
        self.finished: list[Node] = []
        self.cut: list[Branch] = []
        self._begun: list[Node] = []
        self._graded: list[Graded] = []

    def cost_reached(self, *, goes_back: bool) -> bool:
        """Whether as much was drawn as the plan's number of whole lines takes.

        Args:
            goes_back: the search may go on without ever finishing a line; until it has finished
                one, a line counts as long as is usual, or as the longest there is.
        """
        if self.finished:
            line = sum(node.tokens for node in self.finished) / len(self.finished)
        elif goes_back:
            usual = EXPECTED_TOKENS[self._question.task]
            line = max(usual, *(node.tokens for node in self._root.walk()))
        else:
            return False
        return self._ledger.usage.sampled >= self._plan.samples * line

    @property
    def report(self) -> str:
        """What a person should know of how scoring went; empty when it went well."""
        return failures(self._verifier.name, self._graded, " steps")

    def grow(self, wanted: Sequence[Node]) -> Flow[list[Node]]:
        """One child for each, scored; fewer when tokens or seconds ran out on the way.

        Returns:
            The nodes in the order wanted; those that said the same are one node.
        """
        seeds = [self._named(node) for node in wanted]
        whole = all(node.depth + 1 >= self._options.depth for node in wanted)
        room = max(1, self._plan.branch_tokens - max(node.tokens for node in wanted))
        most = room if whole else min(self._options.step_tokens, room)
        drawing = self._run.extend(
            seeds, stop=StopRule(most, steps=None if whole else STEPS),
            sampling=self._plan.sampled, outputs=self._outputs(), ledger=self._ledger,
            reserve=CLOSING_SECONDS,
        )  # fmt: skip
        parents = {seed.id: node for seed, node in zip(seeds, wanted, strict=True)}
        self._waiting.clear()
        done = yield from turned(drawing, lambda event: self._told(event, parents))
        by_id = {branch.id: branch for branch in done}
        before = set(self._root.walk())
        grown: list[Node] = []
        for parent, seed in zip(wanted, seeds, strict=True):
            branch = by_id[seed.id]
            if branch.stop in (Stop.BUDGET, Stop.TIME, Stop.CANCELLED):
                self.cut.append(branch)
                if branch.tokens_sampled:
                    self._begun.append(self._place(parent, branch))
            else:
                grown.append(self._place(parent, branch))
        yield from self._score([node for node in dict.fromkeys(grown) if node not in before])
        return grown

    def drop(self, keep: Sequence[Node]) -> Flow[None]:
        """Close those of the last round that ended in a step and that nothing will go on from.

        Args:
            keep: nodes that may be grown; those among them that are not open may not.
        """
        kept = {node.branch.id for node in keep if node.state == OPEN}
        for told in self._waiting:
            if told.branch not in kept:
                yield replace(told, stop=str(Stop.CULLED))

    def finish(self) -> Flow[None]:
        """With no finished line, the best that is left is grown to its end, or made to answer."""
        if self.finished:
            return
        left = [node for node in self._root.walk() if node.state == OPEN and node.parent]
        node = max(left, key=lambda n: n.rank, default=self._root)
        begun = [cut for cut in self._begun if cut.parent is node]  # its next step, in part
        node = max(begun, key=lambda cut: cut.branch.tokens_sampled, default=node)
        if self._run.spent:
            if node.parent:  # as far as it got
                node.branch = replace(node.branch, stop=self._why())
                self.finished.append(node)
            return
        (done,) = yield from self._run.extend(
            [self._named(node)],
            stop=StopRule(self._plan.branch_tokens),
            sampling=self._plan.greedy,
            ledger=self._run.ledger.child(hold_back(self._run, self._question)),
            reserve=CLOSING_SECONDS / 2,
            outputs=self._outputs(),
        )
        done = yield from close(self._run, done, self._question)
        if done.text.strip():
            last = Node(done, node, state=FINISHED if ended(done) else DEAD)
            node.children.append(last)
            self.finished.append(last)
            yield from self._score([last])

    def _why(self) -> Stop:
        """Why nothing more can be drawn."""
        if self._run.interrupted:
            return Stop.CANCELLED
        return Stop.TIME if self._run.late else Stop.BUDGET

    def _told(self, event: Event, parents: Mapping[BranchId, Node]) -> Iterator[Event]:
        """The event; a step that is cut at its most tokens ends like any other that goes on."""
        if isinstance(event, Close):
            parent = parents[event.branch]
            cut = event.stop == Stop.LENGTH
            if cut and parent.tokens + event.tokens < self._plan.branch_tokens:
                yield StepDone(event.branch, len(parent.branch.steps))
                event = replace(event, stop=str(Stop.STEP))
            if event.stop == Stop.STEP:
                self._waiting.append(event)
        yield event

    def _named(self, node: Node) -> Branch:
        number = self._names.get(node, 0)
        self._names[node] = number + 1
        return node.branch.fork(number)

    def _outputs(self) -> Outputs:
        outputs = self._verifier.outputs
        # A search stops at each step, so the state at the end is the state at the step.
        return replace(outputs, logprobs=True, hidden="end" if outputs.hidden else "")

    def _place(self, parent: Node, branch: Branch) -> Node:
        """The child that the branch is, or the sibling that said the same."""
        text = branch.steps[-1].text if branch.steps else ""
        state = self._state(parent, branch)
        for child in parent.children:
            alike = child.branch.steps[-1].text.strip() == text.strip()
            if alike and self._state(parent, child.branch) == state:  # pruned since then or not
                child.draws += 1
                child.merged += branch.tokens_sampled
                return child
        logprobs = branch.steps[-1].logprobs if branch.steps else ()
        prior = math.exp(math.fsum(logprobs) / len(logprobs)) if logprobs else 1.0
        node = Node(branch, parent, prior=prior, state=state)
        parent.children.append(node)
        if state == FINISHED:
            self.finished.append(node)
        return node

    def _state(self, parent: Node, branch: Branch) -> str:
        if branch.stop is not None and branch.stop.whole:
            return FINISHED
        cut = branch.stop in (Stop.STEP, Stop.LENGTH)
        length = parent.tokens + branch.tokens_sampled
        return OPEN if cut and length < self._plan.branch_tokens else DEAD

    def _score(self, nodes: Sequence[Node]) -> Flow[None]:
        graded = yield from self._verifier(self._run, [n.branch for n in nodes], self._question)
        self._graded += graded
        for node, grade in zip(nodes, graded, strict=True):
            node.score = grade.score
            yield Score(node.branch.id, self._verifier.name, grade.score, grade.note)
        self._prune([node for node in nodes if node.state == OPEN and node.score is not None])

    def _prune(self, nodes: Sequence[Node]) -> None:
        """Give up those that are lost by their score; the best is kept in any case."""
        best = max(nodes, key=lambda node: node.rank, default=None)
        for node in nodes:
            if node is not best and (node.score or 0.0) < self._options.prune:
                node.state = DEAD
