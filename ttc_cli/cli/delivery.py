"""A run on its way to the user: how it is shown, live or replayed, and where it ends up."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ttc_cli.cli import output
from ttc_cli.cli.process import BEGAN, Signals, draws
from ttc_cli.core.errors import NoAnswer, TtcError, UsageError
from ttc_cli.core.events import Done, Event, Flow, Note, Start
from ttc_cli.views.plain import Look, PlainView, Thoughts

if TYPE_CHECKING:
    from ttc_cli.settings import Flags, Settings
    from ttc_cli.store.recorder import Recorder


def check_flags(how: Flags) -> None:
    """Refuse flags that exclude each other or are out of range, by name."""
    if how.as_json and how.jsonl:
        raise UsageError("--json and --jsonl exclude each other", "give one of them")
    for name in ("agreement", "confidence"):
        bar = getattr(how, f"min_{name}")
        if bar is not None and not 0 <= bar <= 1:
            raise UsageError(f"--min-{name} is {bar}", "give a number from 0 to 1")
    if how.output is not None:
        output.check_place(how.output)  # now, and not after minutes of work


def look(settings: Settings, how: Flags) -> Look:
    """How to show a run here: what settings, flags and the streams' kinds come to."""
    terminal = draws()
    color = settings.color == "yes" or (settings.color == "auto" and terminal)
    person = sys.stderr.isatty()
    shown: dict[str, Thoughts] = {"yes": "full", "no": "none"}
    onto_terminal = sys.stdout.isatty()
    return Look(
        terminal=terminal, spoken=person and not terminal, color=color,
        thoughts=shown.get(settings.show_reasoning, "folded" if person else "none"),
        program=settings.show_program, stream=settings.stream, quiet=how.quiet,
        answer=not (how.as_json or how.jsonl or how.extract or how.output),
        onto_terminal=onto_terminal, onto_pipe=_into_pipe(),
        render=onto_terminal and settings.color != "no",
    )  # fmt: skip


def viewed(
    settings: Settings, how: Flags, clock: Callable[[], float] = time.monotonic
) -> PlainView:
    """The view of a run here; `clock`: seconds, for what it says of time and how often it draws."""
    found = look(settings, how)
    if how.quiet or not (found.terminal or found.spoken):
        return PlainView(found, sys.stdout, sys.stderr)
    from ttc_cli.views.live import LiveView, SpokenView  # not for a pipe

    return (LiveView if found.terminal else SpokenView)(found, sys.stdout, sys.stderr, clock)


def _into_pipe() -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(sys.stdout.fileno()).st_mode)
    except (OSError, ValueError):  # closed, or no file at all
        return False


def show(flow: Flow[Any], how: Flags, view: PlainView, record: Recorder, signals: Signals) -> int:
    """Show a run, live or replayed, and log it; returns the exit code."""
    plan, final, code = dict[str, Any](), dict[str, Any](), 0
    sinks: list[Callable[[Event], None]] = [view]
    if how.jsonl:
        from ttc_cli.views.jsonl import JsonlView

        sinks.append(JsonlView(sys.stdout, BEGAN))
    try:
        for event in flow:
            if isinstance(event, Start):
                plan = event.plan
                _announce(event, how, view)
            record(event)
            if isinstance(event, Done):
                final = presented(event.result, how)
                event = Done(final)
            for sink in sinks:
                sink(event)
            if isinstance(event, Done):  # printed before what is kept is written
                code = deliver(final, how, told=not signals.code)
    except BrokenPipeError:
        output.silence(sys.stdout)
        return 0
    except TtcError:
        if signals.code and not final:  # stopped before there was anything to print
            return signals.code
        raise
    finally:
        flow.close()
    if signals.code:
        finished, most = final["ttc"]["samples"]["finished"], plan["samples"]
        rests = f"answered from {finished} of {most}" if most > 1 and finished else ""
        for sink in (record, view):
            sink(Note(f"interrupted: {rests or 'the answer breaks off here'}"))
    return signals.code or code


def _announce(start: Start, how: Flags, view: PlainView) -> None:
    """Say what is to be done where that is wanted, and refuse what the plan cannot give."""
    plan = start.plan
    if how.min_agreement is not None and (not plan["votes"] or plan["samples"] == 1):
        raise UsageError(
            f"--min-agreement needs a vote, and {plan['strategy']} holds none here",
            "give -e medium or -n 8",
        )
    if how.verbose:
        from ttc_cli.cli.preview import lines

        for line in lines(start.request["model"], plan, start.estimate):
            view.say(line)


def presented(result: dict[str, Any], how: Flags) -> dict[str, Any]:
    """A result as it is shown: with what it lacks as `error`, and no reply that a gate rejected."""
    ours = result["ttc"]
    if ours.get("verified") is False and not how.allow_rejected:
        choice = result["choices"][0]
        nothing = {**choice, "message": {**choice["message"], "content": ""}}
        return {**result, "choices": [nothing], "ttc": {**ours, "answer": None}}
    if (message := _low(ours, how)) and "error" not in result:
        from ttc_cli.views.result import error_body

        error = NoAnswer(message, "give more -n, or a higher -e")
        return {**result, "error": error_body(error)}
    return result


def _low(ours: dict[str, Any], how: Flags) -> str:
    """What an answer has less of than was asked for; empty where it has enough."""
    for name in ("agreement", "confidence"):
        bar, found = getattr(how, f"min_{name}"), ours.get(name)
        if bar is not None and (found or 0) < bar:
            return f"{name} {found or 0:.2f} is below {bar}"
    return ""


def deliver(final: dict[str, Any], how: Flags, *, shown: bool = True, told: bool = True) -> int:
    """Print what is printed at the end: JSON, the short form, or the answer; returns the exit code.

    A file is written for a whole answer only; a part that was meant for one is printed.

    Args:
        shown: a view has printed the reply, unless JSON, the short form or a file was asked for.
        told: whether stderr hears what the result lacks.
    """
    from ttc_cli.views.result import short_form
    from ttc_cli.views.text import to_json

    choice, error = final["choices"][0], final.get("error")
    reply = choice["message"]["content"]
    text = (short_form(final["ttc"]["answer"], reply) if how.extract else reply).rstrip("\n") + "\n"
    file = how.output if choice["finish_reason"] == "stop" and text.strip() else None
    if file is not None:
        output.write_file(file, [to_json(final, indent=2) + "\n" if how.as_json else text])
    try:
        if how.as_json and file is None:
            output.print_json(final)
        elif file is None and not how.jsonl and (how.extract or how.output or not shown):
            sys.stdout.write(text if text.strip() else "")
            sys.stdout.flush()
    except BrokenPipeError:
        output.silence(sys.stdout)
        return 0
    if error is None:
        return 0
    if told:
        raised = TtcError(str(error["message"]), str(error["hint"]))
        raised.exit_code = int(error["code"])
        output.report(raised, as_json=False)
    return int(error["code"])
