"""A thousand random trees: budgets, nothing lost, the same by seed, and better than best-of-n."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pytest
from planted import QUESTION, Oracle, Wood, best_of_n, plan_of, solve, wood_of

from ttc_cli.core.branch import Branch
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.events import Close, Flow, Open, Text, Tick
from ttc_cli.core.outcome import Question, TreeStep
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Outputs
from ttc_cli.core.verify import Graded
from ttc_cli.engine.scripted import Line, ScriptedEngine, split
from ttc_cli.strategies import registry
from ttc_cli.views.board import Board
from ttc_cli.views.traces import traces

SEARCHES = ("beam", "dvts", "best-first", "mcts", "particle")


@pytest.fixture(params=SEARCHES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@dataclass(frozen=True)
class Even:
    """Gives everything the same score, or none."""

    score: float | None = 0.5
    name: str = "even"
    gate: bool = False
    outputs: Outputs = Outputs()
    needs: tuple[str, ...] = ()

    def __call__(
        self, run: Run, branches: Sequence[Branch], question: Question
    ) -> Flow[list[Graded]]:
        yield from ()
        return [Graded(self.score) for _ in branches]


def trees(n: int) -> Iterator[tuple[random.Random, Wood]]:
    rng = random.Random(5)
    for _ in range(n):
        yield rng, wood_of(rng)


def test_budgets_are_kept_and_no_finished_line_is_lost(name: str) -> None:
    for rng, wood in trees(100):
        budget = rng.choice([0, 3, 20, 60, 150, 400, 1000])
        plan = plan_of(name, wood, samples=rng.choice([1, 2, 5, 8, 16]), budget=budget)
        outcome, events, run = solve(name, wood, plan)
        assert run.ledger.spent <= budget
        ended = {e.branch for e in events if isinstance(e, Close) and e.stop == "end"}
        kept = {branch.id for branch in outcome.branches}
        texts = {_line(outcome.tree, id_) for id_ in kept & {s.id for s in outcome.tree}}
        for id_ in ended - kept:  # one that said what a sibling had said
            assert any(text.startswith(_line(outcome.tree, id_[:-1])) for text in texts)
        if ended:
            assert outcome.branch is not None
            assert outcome.branch.stop is not None
            assert outcome.branch.stop.whole or outcome.branch.meta["closed"]


def _line(tree: tuple[TreeStep, ...], id_: tuple[int, ...]) -> str:
    steps = {step.id: step.text for step in tree}
    return "".join(steps[id_[:n]] for n in range(1, len(id_) + 1))


def test_the_same_by_seed(name: str) -> None:
    for _, wood in trees(20):
        first, again = (solve(name, wood, plan_of(name, wood)) for _ in range(2))
        assert first[0] == again[0]
        assert first[1] == again[1]


def test_the_planted_path_is_found_as_often_as_by_best_of_n(name: str) -> None:
    """Paired on 100 trees at equal tokens; a search that ignored its scores falls far behind."""
    found = theirs = 0
    for rng, wood in trees(100):
        plan = plan_of(name, wood, samples=rng.choice([4, 8, 12, 16]))
        outcome, _, run = solve(name, wood, plan, choose="argmax")
        found += outcome.answer == wood.best
        theirs += best_of_n(wood, run.ledger.spent)
    assert found >= theirs


def test_a_line_that_the_budget_cuts_is_made_to_answer(name: str) -> None:
    wood = Wood(5, depth=30)
    outcome, _, run = solve(name, wood, plan_of(name, wood, samples=2, budget=120))
    assert run.ledger.spent <= 120
    assert outcome.answer is not None
    assert outcome.branch is not None
    assert outcome.branch.meta["closed"]


def test_a_round_that_the_budget_cuts_is_gone_on_from(name: str) -> None:
    wood = Wood(5, depth=30)
    outcome, _, run = solve(name, wood, plan_of(name, wood, samples=4, budget=28))
    assert run.ledger.spent <= 28
    assert outcome.branch is not None
    begun = [step for step in outcome.tree if len(step.id) == 1]
    longest = max(begun, key=lambda step: len(step.text))
    assert longest.state == "dead"
    assert outcome.branch.id[:1] == longest.id
    assert outcome.branch.text.startswith(longest.text)


def test_a_line_brought_to_its_end_has_a_score_of_its_own(name: str) -> None:
    """Which is that of the whole line, not of the step that it was taken up from."""
    wood = Wood(5, depth=30, noise=0.0)
    plan = plan_of(name, wood, samples=2, budget=120)
    outcome, _, _ = solve(name, wood, plan)
    assert outcome.branch is not None
    (last,) = [step for step in outcome.tree if step.id == outcome.branch.id]
    assert last.score == Oracle(wood).score(outcome.branch)


def test_it_costs_no_more_than_so_many_whole_lines(name: str) -> None:
    """Even where no score tells it to go deep rather than broad."""
    wood = Wood(5, depth=40, width=9)
    plan = replace(plan_of(name, wood), branch_tokens=1000, verifier=Even())
    outcome, _, run = solve(name, wood, plan)
    assert outcome.branch is not None
    line = len(split(outcome.branch.text))
    one_round = plan.samples * max(step.tokens for step in outcome.tree if step.id[:-1])
    assert run.ledger.spent <= plan.samples * max(220, line) + one_round + line


def test_lines_that_say_the_same_are_one(name: str) -> None:
    for wood, prune in ((Wood(3, depth=2, width=1), 0.0), (Wood(3, depth=3, width=2), 0.99)):
        outcome, _, _ = solve(name, wood, plan_of(name, wood), prune=prune)
        texts = [_line(outcome.tree, step.id) for step in outcome.tree]
        assert len(texts) == len(set(texts))
        assert sum(step.draws for step in outcome.tree) > len(outcome.tree)


def test_the_tree_holds_every_token(name: str) -> None:
    for rng, wood in trees(20):
        plan = plan_of(name, wood, budget=rng.choice([None, 20, 60, 150]))
        outcome, _, run = solve(name, wood, plan)
        assert sum(step.tokens for step in outcome.tree) == run.ledger.spent
        if plan.budget is not None:
            continue  # a step that was cut has no score
        scores = [step.score for step in outcome.tree]
        assert all(s is not None and 0 <= s <= 1 for s in scores)


def test_pruning_never_gives_up_the_best(name: str) -> None:
    wood = Wood(11, depth=3, noise=0.0)
    outcome, _, _ = solve(name, wood, plan_of(name, wood), prune=0.99)
    assert outcome.branch is not None
    assert any(step.state == "dead" for step in outcome.tree)


def test_a_board_shows_only_steps_that_may_be_gone_on_from(name: str) -> None:
    for _, wood in trees(20):
        outcome, events, _ = solve(name, wood, plan_of(name, wood), prune=0.4)
        board, waits = Board(lambda: 0.0), 0
        for event, then in itertools.pairwise([*events, Tick()]):
            board.see(event)
            if isinstance(event, Open) and isinstance(then, Text):  # all of a round are open
                waits = max(waits, len(board.waiting))
        open_ = {step.id for step in outcome.tree if step.state == "open"}
        assert {lane.branch for lane in board.waiting} <= open_  # none that is pruned or merged
        if name in ("beam", "dvts", "particle"):  # which never go back to what they passed over
            assert waits == 0
        assert board.culled or all(step.draws == 1 for step in outcome.tree)


def test_a_step_that_is_cut_is_told_as_a_step_unless_it_is_the_end(name: str) -> None:
    words = split("We walk on and on and on until there is \\boxed{7}.")

    def script(request: BranchRequest) -> Line:
        return Line(words[len(split("".join(step.text for step in request.prefix))) :])

    for most in (200, 10):
        plan = replace(plan_of(name, Wood(1)), branch_tokens=most, verifier=Even())
        run = Run(ScriptedEngine(script), clock=lambda: 0.0)
        strategy = registry.find(name)
        events = list(strategy.solve(run, QUESTION, plan, strategy.options(step_tokens=4)))
        stops = {event.stop for event in events if isinstance(event, Close)}
        assert ("length" in stops) == (most == 10)
        found = traces(events)
        long = max(found.values(), key=lambda trace: len(trace.text))
        assert long.text.startswith("".join(words[:most]))
        assert [text for text, _ in long.steps[:2]] == ["We walk on and", " on and on until"]
        assert long.steps[0][1] == 0.5


def test_a_search_without_a_verifier_says_what_to_give(name: str) -> None:
    from ttc_cli.core.errors import UsageError

    wood = Wood(1)
    with pytest.raises(UsageError, match=name):
        solve(name, wood, replace(plan_of(name, wood), verifier=None))
