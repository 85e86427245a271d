"""An effort that escalates draws more samples only where the first ones ask for them."""

from __future__ import annotations

import re
from typing import Any

from contract import ANSWERS, counted, solve

from ttc_cli.core.events import Note, Open
from ttc_cli.core.outcome import Outcome, Plan
from ttc_cli.engine.scripted import ScriptedEngine, from_choices


def escalated(texts: list[str], **more: Any) -> tuple[Outcome, int]:
    """What an effort that escalates makes of samples with these texts, and how many it drew."""
    script, drawn = counted(lambda request: next(lines))
    lines = iter([*texts, *[texts[-1]] * 20])
    engine = ScriptedEngine(script, width=1)
    chosen = Plan("self-consistency", "auto", 16, branch_tokens=80, **more)
    outcome, _, _ = solve("self-consistency", engine, chosen)
    assert outcome is not None
    return outcome, drawn()


def test_escalation_stops_at_a_first_sample_that_is_sure() -> None:
    outcome, drawn = escalated(["\\boxed{7}"])
    assert (drawn, outcome.answer, outcome.stopped) == (1, "7", "confident")
    assert outcome.agreement is None


def test_escalation_draws_a_second_when_the_first_hesitates_or_has_no_answer() -> None:
    long = "well, " * 40 + "\\boxed{7}"
    outcome, drawn = escalated([long])
    assert (drawn, outcome.answer, outcome.stopped) == (2, "7", "vote-decided")
    assert outcome.agreement == 1.0
    outcome, drawn = escalated(["who knows", "\\boxed{7}"])
    assert drawn > 2
    assert outcome.answer == "7"


def test_escalation_goes_on_while_samples_disagree_and_never_past_its_cap() -> None:
    several = [f"{'well, ' * 40}\\boxed{{{n}}}" for n in range(20)]
    _, two = escalated([several[0], several[0]])
    _, more = escalated([several[0], several[1], several[0]])
    outcome, all_ = escalated(several)
    assert two < more < all_ == 16
    assert outcome.answer is not None


def test_escalation_says_each_time_it_doubles_and_why() -> None:
    several = [f"{'well, ' * 40}\\boxed{{{n}}}" for n in range(20)]

    def told(texts: list[str]) -> list[str]:
        lines = iter([*texts, *[texts[-1]] * 20])
        engine = ScriptedEngine(lambda request: next(lines), width=1)
        chosen = Plan("self-consistency", "auto", 16, branch_tokens=80)
        _, events, _ = solve("self-consistency", engine, chosen)
        return [event.message for event in events if isinstance(event, Note)]

    assert told(["\\boxed{7}"]) == []
    (only,) = told([several[0], several[0]])
    assert re.fullmatch(
        r"escalating from 1 to 2: the first sample is not sure \(\d+%\)",
        only,
    )
    first, second, *more = told(several)
    assert first == only
    assert second.startswith("escalating from 2 to ")
    assert second.endswith(": samples disagree (0 ×1, 1 ×1)")
    assert [line.split()[2] for line in more] == ["6", "9"]
    assert told(["who knows", several[0]])[0].endswith(": the first sample has no short answer")


def test_escalation_reuses_what_a_fixed_effort_would_draw() -> None:
    def opened(effort: str) -> list[Any]:
        chosen = Plan("self-consistency", effort, 16, branch_tokens=80)
        _, events, _ = solve("self-consistency", ScriptedEngine(from_choices(ANSWERS)), chosen)
        return [event.branch for event in events if isinstance(event, Open)]

    many = opened("high")
    few = opened("auto")
    assert set(few) <= set(many)
