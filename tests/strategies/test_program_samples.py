"""Programs as samples: run beside the engine, taken as answers, believed by kind."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest

from ttc_cli.core.branch import Prompt
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.events import Close, Event, Note, ProgramRun, end_of
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.outcome import Outcome, Plan, Question
from ttc_cli.core.programs import Ran
from ttc_cli.core.run import Run
from ttc_cli.core.sampling import Stop, StopRule
from ttc_cli.engine.scripted import ALL, Line, Script, ScriptedEngine
from ttc_cli.engine.text import TextStream
from ttc_cli.strategies import registry

PROMPT = Prompt((("What is 3 + 4?", True),))
ASKED = Question("What is 3 + 4?", "math", "number", lambda v, t: PROMPT, programs=(PROMPT,))


def runner(code: str, cancel: threading.Event) -> Ran:
    """Runs what the scripts of these tests say, right here."""
    names: dict[str, Any] = {}
    try:
        exec(code, names)
        return Ran(str(names["solution"]()))
    except Exception as error:
        return Ran(error=f"{type(error).__name__}: {error}")


def says(program: str, plain: str = "It is \\boxed{7}.", later: str = "") -> Script:
    """A script of one program, another for later ones, and plain replies."""
    drawn: list[BranchRequest] = []

    def script(request: BranchRequest) -> Line | str:
        if not request.stop.block:
            return plain
        drawn.append(request)
        return program if len(drawn) == 1 else later or program

    return script


def solve(
    name: str, script: Script, plan: Plan, question: Question = ASKED, **more: Any
) -> tuple[Outcome, list[Event], Run]:
    run = Run(
        ScriptedEngine(script), ledger=Ledger(plan.budget), clock=lambda: 0.0, programs=runner
    )
    strategy = registry.find(name)
    flow = strategy.solve(run, question, plan, strategy.options(**more))
    events: list[Event] = []
    while True:
        try:
            events.append(next(flow))
        except StopIteration as end:
            return end.value, events, run


def planned(samples: int = 16, effort: str = "high", kinds: str = "mixed", **more: Any) -> Plan:
    return Plan("self-consistency", effort, samples, branch_tokens=200, kinds=kinds, **more)


def test_one_program_is_the_answer() -> None:
    said = "    a = 3\n    return a + 4\n\nprint(solution())\nand much more"
    outcome, events, run = solve("program", says(said), planned(1))
    assert outcome.answer == "7"
    assert outcome.program is not None
    assert outcome.program.code.endswith('"""\n    a = 3\n    return a + 4')
    assert (outcome.program.ran, outcome.program.failed, outcome.program.agreed) == (1, 0, 1)
    assert [e for e in events if isinstance(e, ProgramRun)] == [ProgramRun((0,), "7")]
    assert run.ledger.usage.sampled < 12  # it ended at the next top-level line


def test_a_failed_program_is_followed_by_a_plain_reply() -> None:
    outcome, events, _ = solve("program", says("    return 1 / 0"), planned(1))
    assert outcome.answer == "7"
    assert outcome.program is not None
    assert (outcome.program.ran, outcome.program.failed, outcome.program.code) == (1, 1, "")
    notes = [event.message for event in events if isinstance(event, Note)]
    assert notes == [
        "the program failed (ZeroDivisionError: division by zero): a plain reply follows"
    ]


def test_a_failed_program_can_be_repaired() -> None:
    script = says("    return 1 / 0", later="    return 7")
    outcome, _, _ = solve("program", script, planned(1), repairs=1)
    assert outcome.answer == "7"
    assert "# An earlier version failed: ZeroDivisionError" in outcome.program.code  # type: ignore[union-attr]


def test_only_programs_means_no_plain_reply() -> None:
    outcome, _, _ = solve("program", says("    return 1 / 0"), planned(1, kinds="programs"))
    assert outcome.branch is None


def test_a_program_and_a_plain_reply_that_agree_settle_it() -> None:
    outcome, _, _ = solve("self-consistency", says("    return 7"), planned())
    assert outcome.answer == "7"
    assert outcome.stopped == "vote-decided"
    assert len(outcome.branches) <= 4


def test_two_programs_that_agree_settle_it_at_auto() -> None:
    plan = planned(effort="auto")
    outcome, _, _ = solve("self-consistency", says("    return 7", "\\boxed{8}"), plan)
    assert outcome.answer == "7"
    assert len(outcome.branches) == 2
    script = says("    return 7", "\\boxed{8}", later="    return 9")
    outcome, events, _ = solve("self-consistency", script, plan)
    assert outcome.answer == "8"
    assert any(
        isinstance(e, Note) and "from 2 to 4 samples: 7 ×1, 9 ×1" in e.message for e in events
    )


def test_medium_ends_at_two_programs_that_agree_or_at_four_samples() -> None:
    outcome, _, _ = solve("self-consistency", says("    return 8"), planned(4, "medium"))
    assert len(outcome.branches) == 2
    script = says("    return 8", later="    return 9")
    outcome, _, _ = solve("self-consistency", script, planned(4, "medium"))
    assert len(outcome.branches) == 4


def test_where_kinds_disagree_more_are_begun_at_once() -> None:
    replies = iter(["so " * 9 + "\\boxed{7}", "so " * 9 + "\\boxed{9}", *["\\boxed{8}"] * 9])
    programs = iter(["    return 8", "    return 5"])

    def script(request: BranchRequest) -> str:
        return next(programs) if request.stop.block else next(replies)

    outcome, events, _ = solve("self-consistency", script, planned(6))
    assert outcome.answer == "8"
    notes = [event.message for event in events if isinstance(event, Note)]
    assert len(notes) == 1
    assert re.match(r"going on from 3 to 5 samples: (\d ×1, ){2}\d ×1 \(\d+% sure\)", notes[0])


def test_failed_programs_vote_for_nothing() -> None:
    outcome, _, _ = solve("self-consistency", says("    return nothing"), planned(6))
    assert outcome.answer == "7"
    assert outcome.program is not None
    assert outcome.program.agreed == 0
    assert outcome.program.failed == outcome.program.ran


def test_best_of_n_takes_both_kinds() -> None:
    outcome, _, _ = solve("best-of-n", says("    return 7"), planned(4))
    assert outcome.answer == "7"
    assert outcome.program is not None
    assert outcome.program.agreed == 2


def test_many_programs_vote() -> None:
    script = says("    return 7", later="    return 8")
    outcome, _, _ = solve("program", script, planned(5, early_stop=False))
    assert outcome.program is not None
    assert outcome.program.ran == 5


def test_the_same_run_draws_the_same_however_fast_programs_run() -> None:
    class Slow:
        def __call__(self, code: str, cancel: threading.Event) -> Ran:
            cancel.wait(0.15)
            return runner(code, cancel)

    def closes(run_program: Any) -> list[tuple[Any, ...]]:
        run = Run(ScriptedEngine(says("    return 8", "seven " * 20 + "\\boxed{7}")))
        run.programs = run_program
        strategy = registry.find("self-consistency")
        flow = strategy.solve(run, ASKED, planned(6), strategy.options())
        return [(e.branch, e.stop, e.tokens) for e in flow if isinstance(e, Close)]

    assert closes(Slow()) == closes(runner)


def test_interrupting_does_not_wait_for_a_program() -> None:
    waited = threading.Event()

    def stuck(code: str, cancel: threading.Event) -> Ran:
        waited.set()
        cancel.wait(60)
        return Ran(error="stopped")

    run = Run(ScriptedEngine(says("    return 7")), programs=stuck)
    flow = registry.find("program").solve(
        run, ASKED, planned(1), registry.find("program").options()
    )
    for _ in flow:
        if waited.is_set():
            run.interrupt()


def test_a_thinking_model_thinks_first() -> None:
    asked = Question("Q", "math", "number", lambda v, t: PROMPT, thinks=True, programs=(PROMPT,))

    def script(request: BranchRequest) -> str:
        return "    return 7" if request.stop.block else "three and four</think>"

    outcome, _, _ = solve("program", script, planned(1), asked)
    assert outcome.answer == "7"
    assert outcome.branch is not None
    assert outcome.branch.text.startswith("<think>\nthree and four\n</think>\n\n```python\ndef")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("    x = 1\n\n    return x\n\nprint(1)", "    x = 1\n\n    return x"),
        ("    return 1\n```\nDone", "    return 1"),
        ("    return 1", "    return 1"),
        ("    return 1\r\nprint(1)", "    return 1"),
    ],
)
def test_a_block_ends_before_the_next_line_that_is_not_indented(said: str, shown: str) -> None:
    for size in (1, 3, 100):
        stream = TextStream(StopRule(99, block=True))
        text, stop = "", None
        for at in range(0, len(said), size):
            new, stop = stream.push(said[at : at + size].encode())
            text += new
            if stop is not None:
                break
        assert text + (stream.flush() if stop is None else "") == shown
        assert (stop is Stop.STRING) == (shown != said)


def test_an_engine_that_does_not_go_on_with_a_reply_is_asked_in_words() -> None:
    said = (
        "Sure:\n```python\ndef total():\n    return 3 + 4\n\nassert total() == 8\n```\nThat is it."
    )
    engine = ScriptedEngine(lambda request: said, capabilities=ALL - {"continue"})
    run = Run(engine, programs=runner)
    strategy = registry.find("program")
    outcome = end_of(strategy.solve(run, ASKED, planned(1), strategy.options()))
    assert outcome.answer == "7"
    assert outcome.branch is not None
    assert outcome.branch.text == said


def test_each_prompt_is_drawn_from_greedily_once() -> None:
    seen: list[tuple[str, float]] = []

    def script(request: BranchRequest) -> str:
        seen.append((request.prompt.text, request.sampling.temperature))
        return "    return 1 / 0"

    prompts = (PROMPT, Prompt((("Again: 3 + 4?", True),)))
    asked = Question("Q", "math", "number", lambda v, t: PROMPT, programs=prompts)
    solve("program", script, planned(1, kinds="programs"), asked)
    assert seen[0] == ("What is 3 + 4?", 0.0)
    assert seen[1] == ("Again: 3 + 4?", 0.0)
    assert seen[2][0] == "What is 3 + 4?"
    assert seen[2][1] > 0
