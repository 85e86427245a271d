"""A run on its way to the user: live or replayed, onto the streams, a file and the log."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ttc_cli.cli import output
from ttc_cli.cli.signals import Signals
from ttc_cli.cli.start import BEGAN
from ttc_cli.core.errors import NoAnswer, TtcError
from ttc_cli.core.events import Done, Event, Flow, Note
from ttc_cli.views.plain import PlainView

if TYPE_CHECKING:
    from ttc_cli.settings import Flags
    from ttc_cli.store.recorder import Recorder


def answer(
    flow: Flow[Any],
    how: Flags,
    view: PlainView,
    record: Recorder,
    signals: Signals,
) -> int:
    """Show a run, live or replayed."""
    sinks: list[Callable[[Event], None]] = [view]
    if how.jsonl:
        from ttc_cli.views.jsonl import JsonlView

        sinks.append(JsonlView(sys.stdout, BEGAN))
    final: dict[str, Any] = {}
    plan: dict[str, Any] = {}
    try:
        while True:
            event = next(flow)
            record(event)
            plan = getattr(event, "plan", plan)
            if isinstance(event, Done):
                final = presented(event.result, how)
                event = Done(final)
            for sink in sinks:
                sink(event)
    except StopIteration:
        pass
    except BrokenPipeError:
        output.silence(sys.stdout)
        return 0
    except TtcError:
        if signals.code:  # stopped before there was anything to print
            return signals.code
        raise
    finally:
        flow.close()
    code = deliver(final, how, told=not signals.code)
    if signals.code:
        note = Note(f"interrupted: {_so_far(final['ttc'], plan['samples'])}")
        for sink in (record, view):
            sink(note)
        return signals.code
    return code


def presented(result: dict[str, Any], how: Flags) -> dict[str, Any]:
    """A result as it is shown: with what it lacks as `error`, and no reply that a gate rejected."""
    ours, agreement = result["ttc"], result["ttc"]["agreement"]
    low = how.min_agreement is not None and (agreement or 0) < how.min_agreement
    if ours.get("verified") is False and not how.allow_rejected:
        choice = result["choices"][0]
        nothing = {**choice, "message": {**choice["message"], "content": ""}}
        return {**result, "choices": [nothing], "ttc": {**ours, "answer": None}}
    if low and "error" not in result:
        from ttc_cli.views.result import error_body

        message = f"agreement {agreement or 0:.2f} is below {how.min_agreement}"
        error = NoAnswer(message, "give more -n, or a higher -e")
        return {**result, "error": error_body(error)}
    return result


def _so_far(ours: dict[str, Any], most: int) -> str:
    """What an interrupted run's answer rests on."""
    finished = ours["samples"]["finished"]
    if most > 1 and finished:
        return f"answered from {finished} of {most}"
    return "the answer breaks off here"


def deliver(final: dict[str, Any], how: Flags, *, shown: bool = True, told: bool = True) -> int:
    """Print what is printed at the end: JSON, the short form, or the answer into a file.

    A file is written for a whole answer only; a part that was meant for one is printed.

    Args:
        shown: a view has printed the reply, unless JSON, the short form or a file was asked for.
        told: whether stderr hears what the result lacks.

    Returns:
        The exit code.
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
    if error is None:
        return 0
    if told:
        output.report(_as_raised(error), as_json=False)
    return int(error["code"])


def _as_raised(error: dict[str, Any]) -> TtcError:
    raised = TtcError(str(error["message"]), str(error["hint"]))
    raised.exit_code = int(error["code"])
    return raised
