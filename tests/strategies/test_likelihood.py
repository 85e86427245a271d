"""An answer that the model finds likely when asked for it alone weighs more, and costs no draw."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from test_program_samples import ASKED, PROMPT, runner, says

from ttc_cli.core.branch import Branch, Prompt, Step
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.outcome import Outcome, Plan
from ttc_cli.core.programs import ANSWER, kind
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Stop
from ttc_cli.core.verify import Graded, log_odds
from ttc_cli.engine.scripted import ALL, ScriptedEngine
from ttc_cli.strategies import registry
from ttc_cli.voting.evidence import LIKELIHOOD, SCORE
from ttc_cli.voting.likelihood import beyond, number

BARE = replace(ASKED, programs=(PROMPT, PROMPT), bare=Prompt((("3 + 4? The number only.", True),)))


PROGRAMS = Plan("program", "low", 2, 80, kinds="mixed")


def solved(
    likely: dict[str, float], *, can: bool = True, plan: Plan = PROGRAMS
) -> tuple[Outcome, list[str]]:
    """What two programs of other values, or replies, come to, and the texts that were read."""
    read: list[str] = []

    def scorer(request: BranchRequest) -> tuple[float, ...]:
        read.append(request.read)
        return (likely[request.read.strip()],)

    lines = itertools.cycle(("It is \\boxed{8}.", "It is \\boxed{7}."))
    programs = says("    return 8", later="    return 7")
    script = programs if plan.kinds == "mixed" else lambda _: next(lines)
    capabilities = ALL if can else ALL - {"likelihood"}
    engine = ScriptedEngine(script, scorer=scorer, capabilities=capabilities)
    run = Run(engine, programs=runner)
    strategy = registry.find(plan.strategy)
    flow = strategy.solve(run, BARE, plan, strategy.options())
    while True:
        try:
            next(flow)
        except StopIteration as end:
            return end.value, read


def test_a_likely_value_needs_no_second_program() -> None:
    outcome, read = solved({"8": -0.1, "7": -0.1})
    assert (outcome.answer, len(outcome.branches), read) == ("8", 1, [" 8"])


def test_a_doubted_value_gets_a_second_one_and_the_likelier_wins() -> None:
    outcome, read = solved({"8": -11.0, "7": -0.1})
    assert (outcome.answer, len(outcome.branches), read) == ("7", 2, [" 8", " 7"])


@pytest.mark.parametrize("early", [True, False])
def test_plain_replies_are_read_too_where_votes_are_weighed(early: bool) -> None:
    plan = Plan("self-consistency", "high", 4, 80, early_stop=early)
    likely = {"8": -0.1, "7": -11.0}
    outcome, read = solved(likely, plan=plan)
    assert sorted(read) == ([" 7", " 8"] if early else [])
    assert outcome.answer == ("8" if early else "7")  # of equals the lower label
    assert solved({"8": -11.0, "7": -0.1}, plan=plan)[0].answer == "7"


def test_where_an_engine_reads_no_text_votes_go_on_without() -> None:
    outcome, read = solved({}, can=False)
    assert outcome.answer == "8"
    assert read == []


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ("It is \\boxed{7}.", "7"),
        ("\\boxed{-1,204.50}", "-1,204.50"),
        ("\\boxed{$18}", "18"),
        ("\\boxed{18 apples}", "18"),
        ("\\boxed{12:30}", ""),
        ("\\boxed{x + 1}", ""),
        ("no answer", ""),
    ],
)
def test_numbers_are_read_without_their_units(reply: str, found: str) -> None:
    assert number(Branch((0,), PROMPT, (Step(reply),), Stop.END), ASKED) == found


@pytest.mark.parametrize(
    ("said", "log_probability"), [("7", -2.0), ("205", -6.605), ("1,234", -8.908)]
)
def test_a_long_number_is_not_held_against_itself(said: str, log_probability: float) -> None:
    assert beyond(said, log_probability) == pytest.approx(-2.0, abs=0.01)


def test_the_number_of_one_reply_is_read_for_its_confidence() -> None:
    outcome, read = solved({"8": -0.5}, plan=Plan("direct", "low", 1, 80))
    assert (outcome.answer, read) == ("8", [" 8"])
    assert outcome.branches[0].meta[LIKELIHOOD] == -0.5


class Probe:
    """Believes in one answer, where the state behind it was kept."""

    def __init__(self, believed: str) -> None:
        self.believed = believed
        self.asked: list[str] = []

    def live(self, branch: Branch) -> Graded:
        if kind(branch) != ANSWER:
            return Graded(None)
        assert branch.steps[-1].hidden
        self.asked.append(branch.text)
        return Graded(0.9 if branch.text.endswith(f" {self.believed}") else 0.1)


def test_a_probe_says_what_it_holds_of_each_answer() -> None:
    probe = Probe("7")
    outcome, read = solved({"8": -11.0, "7": -11.0}, plan=replace(PROGRAMS, probe=probe))
    assert sorted(probe.asked) == [f"The answer is{text}" for text in sorted(read)]
    said = {branch.meta["ran"].answer: branch.meta[SCORE] for branch in outcome.branches}
    assert said == {"8": log_odds(0.1), "7": log_odds(0.9)}
