"""Drawing traces and labelling their steps by Monte Carlo rollouts.

From the end of a step, K replies are drawn; the share that comes out right is the step's label
(Math-Shepherd, arXiv 2312.08935). To save rollouts, a wrong trace's first wrong step is looked for
by bisection (OmegaPRM, arXiv 2406.06592), and the trace itself counts as a rollout from each of
its own steps: every step of a right one can be gone on from. A rollout is a reply too: what it adds
to where it began is kept, with its own outcome as the label.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ttc_cli.answers import classes
from ttc_cli.core.branch import Branch, Step
from ttc_cli.core.events import Flow
from ttc_cli.core.outcome import Question
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Sampling, StopRule, branch_seed
from ttc_cli.core.steps import STEPS
from ttc_cli.drawing.replies import answer_of
from ttc_cli.prm.traces import Trace
from ttc_cli.stepwise.tree import beginning
from ttc_cli.verifiers.head import features_of, states_of
from ttc_cli.verifiers.probe import OUTPUTS, with_states

NUMBER = re.compile(r"(?<![\w.])\d{1,6}(?![\w.]*\d)")
Right = Callable[[str], bool]  # whether a short answer is right


@dataclass(frozen=True, slots=True)
class RolloutSpec:
    """How much to draw for one question.

    Args:
        traces: replies. rollouts: from the end of a step that is looked at; 0: the reply's own
            outcome is the label of all its steps.
        every: look at every step instead of bisecting. tokens: most tokens of one reply.
    """

    traces: int = 4
    rollouts: int = 4
    every: bool = False
    tokens: int = 1024
    sampling: Sampling = Sampling()


def draw(
    run: Run, question: Question, name: str, right: Right | None, spec: RolloutSpec
) -> Flow[list[Trace]]:
    """Traces of one question with their labels; those without a short answer count as wrong.

    Each is followed by the rollouts that its labels took, which are replies themselves.

    Args:
        name: the question's id.
        right: None without a reference: then the answer of most traces counts as right.
    """
    prompt = question.render(0, False)
    done = yield from run.extend(
        [Branch((i,), prompt) for i in range(spec.traces)],
        stop=StopRule(spec.tokens, steps=STEPS),
        sampling=spec.sampling,
        outputs=OUTPUTS,
    )
    if right is None:
        answers = [answer_of(branch, question) for branch in done]
        right = majority([found.text for found in answers if found])
    labeller = _Labeller(run, question, name, right, spec)
    out = []
    for branch in sorted(done, key=lambda branch: branch.id):
        if len(states_of(branch)):
            out += yield from labeller.traces(branch)
    return out


def spoil(run: Run, question: Question, traces: Sequence[Trace]) -> Flow[list[Trace]]:
    """Twins of the right traces with a number spoilt from some step on; only evaluated."""
    prompt = question.render(0, False)
    spoilt: dict[tuple[int, ...], tuple[Trace, int]] = {}
    branches = []
    for i, trace in enumerate(traces):
        rng = random.Random(branch_seed(run.seed, (i,), "spoil"))  # noqa: S311 - not a secret
        if trace.right and (found := corrupted("".join(trace.steps), rng)):
            steps, at = found
            branches.append(Branch((i,), prompt, (Step("".join(steps)),)))
            spoilt[(i,)] = trace, at
    out = []
    for branch in (yield from with_states(run, branches)):
        trace, at = spoilt[branch.id]
        n = len(states_of(branch))
        if n:
            labels = [1.0] * min(at, n) + [0.0] * (n - min(at, n))
            out.append(trace_of(trace.question, branch, labels, False))
    return out


def corrupted(text: str, rng: random.Random) -> tuple[list[str], int] | None:
    """The steps with a number after an equals sign, or the last number, changed in one of them.

    The spoilt number is changed wherever it comes again, so that what follows is a consequence.

    Returns:
        (steps, index of the first spoilt one); None where there is nothing to spoil.
    """
    pieces = STEPS.cut(text)
    places = [i for i, piece in enumerate(pieces) if NUMBER.search(piece)]
    if not places:
        return None
    at = rng.choice(places)
    results = [m for m in NUMBER.finditer(pieces[at]) if "=" in pieces[at][: m.start()][-4:]]
    match = (results or list(NUMBER.finditer(pieces[at])))[-1]
    old = match.group()
    new = str(max(0, int(old) + rng.choice((-10, -3, -2, -1, 1, 2, 3, 10))))
    if new == old:
        new = str(int(old) + 1)
    first = pieces[at][: match.start()] + new + pieces[at][match.end() :]
    again = re.compile(rf"(?<![\w.]){old}(?![\w.]*\d)")
    rest = [again.sub(new, piece) for piece in pieces[at + 1 :]]
    return [*pieces[:at], first, *rest], at


def majority(answers: Sequence[str]) -> Right:
    """Right is what most say; labels break ties, so that the order does not."""
    groups = classes(answers)
    right = {answers[i] for i in groups[0].members} if groups else set()
    return lambda answer: answer in right


def trace_of(name: str, branch: Branch, labels: Sequence[float], right: bool) -> Trace:
    """A branch drawn with `OUTPUTS` as a trace; where states and steps differ, states decide."""
    states = states_of(branch)
    pieces = STEPS.cut(branch.text)[: len(states)]
    pieces += [""] * (len(states) - len(pieces))
    fitted = [*labels[: len(states)], *[float(right)] * (len(states) - len(labels))]
    tokens = branch.tokens_sampled
    return Trace(name, tuple(pieces), states, features_of(branch), tuple(fitted), right, tokens)


@dataclass(frozen=True, slots=True)
class _Labeller:
    """Labels the steps of one question's replies."""

    run: Run
    question: Question
    name: str
    right: Right
    spec: RolloutSpec

    def traces(self, branch: Branch) -> Flow[list[Trace]]:
        """The reply with its labels, and what was drawn to find them."""
        outcome = self._outcome(branch)
        pieces = STEPS.cut(branch.text)
        labels = [float(outcome)] * len(pieces)
        rollouts: list[Trace] = []
        if self.spec.rollouts and len(pieces) > 1:
            if self.spec.every:
                yield from self._each(branch, labels, rollouts)
            elif not outcome:
                yield from self._bisect(branch, labels, rollouts)
        return [trace_of(self.name, branch, labels, outcome), *rollouts]

    def _each(self, branch: Branch, labels: list[float], rollouts: list[Trace]) -> Flow[None]:
        """Every step's label: the share of its rollouts that are right; the reply is one too."""
        k = self.spec.rollouts
        for n in range(1, len(labels)):
            share = yield from self._share(branch, n, rollouts)
            labels[n - 1] = (share * k + labels[-1]) / (k + 1)

    def _bisect(self, branch: Branch, labels: list[float], rollouts: list[Trace]) -> Flow[None]:
        """Labels up to the first wrong step; those from there on are 0 already."""
        good, bad = 0, len(labels)  # steps that can be gone on from; steps that cannot
        shares = {0: 1.0}
        while bad - good > 1:
            middle = (good + bad) // 2
            share = yield from self._share(branch, middle, rollouts)
            shares[middle] = share
            good, bad = (middle, bad) if share else (good, middle)
        for n in range(1, bad):
            labels[n - 1] = shares[max(known for known in shares if known <= n and shares[known])]

    def _share(self, branch: Branch, depth: int, rollouts: list[Trace]) -> Flow[float]:
        """The share of rollouts from the end of a step that come out right; they are added."""
        said = "".join(STEPS.cut(branch.text)[:depth])
        begun = replace(branch, steps=(beginning(branch, said, depth),), stop=None)
        done = yield from self.run.extend(
            [
                replace(begun, id=(*branch.id, depth, k), tokens_sampled=0)
                for k in range(self.spec.rollouts)
            ],
            stop=StopRule(self.spec.tokens, steps=STEPS),
            sampling=self.spec.sampling,
            outputs=OUTPUTS,
        )
        hits, known = 0, len(states_of(begun))
        for rollout in done:
            outcome = self._outcome(rollout)
            hits += outcome
            if len(states_of(rollout)) > known:
                rollouts.append(trace_of(self.name, rollout, (), outcome).after(known))
        return hits / max(1, len(done))

    def _outcome(self, branch: Branch) -> bool:
        found = answer_of(branch, self.question)
        return found is not None and self.right(found.text)
