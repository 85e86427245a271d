"""A run on its way to the user: live or replayed, onto the streams, a file and the log."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ttc_cli.cli import output
from ttc_cli.cli.signals import Signals
from ttc_cli.cli.start import BEGAN
from ttc_cli.core.errors import TtcError
from ttc_cli.core.events import Event, Flow, Note
from ttc_cli.views.plain import PlainView

if TYPE_CHECKING:
    from ttc_cli.cli.asking import Output
    from ttc_cli.store.recorder import Recorder

LOW_AGREEMENT = 3


def answer(
    flow: Flow[Any],
    how: Output,
    view: PlainView,
    record: Recorder,
    signals: Signals,
) -> int:
    """Show a run, live or replayed."""
    sinks: list[Callable[[Event], None]] = [record, view]
    if how.jsonl:
        from ttc_cli.views.jsonl import JsonlView

        sinks.append(JsonlView(sys.stdout, BEGAN))
    final: dict[str, Any] = {}
    plan: dict[str, Any] = {}
    try:
        while True:
            event = next(flow)
            for sink in sinks:
                sink(event)
            plan = getattr(event, "plan", plan)
            final = getattr(event, "result", final)
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
    _print(final, how)
    if signals.code:
        note = Note(f"interrupted: {_so_far(final['ttc'], plan['samples'])}")
        for sink in (record, view):
            sink(note)
        return signals.code
    agreement = final["ttc"]["agreement"]
    if how.min_agreement is not None and (agreement is None or agreement < how.min_agreement):
        view.say(f"agreement {agreement or 0:.2f} is below {how.min_agreement}")
        return LOW_AGREEMENT
    return 0


def _so_far(ours: dict[str, Any], most: int) -> str:
    """What an interrupted run's answer rests on."""
    finished = ours["samples"]["finished"]
    if most > 1 and finished:
        return f"answered from {finished} of {most}"
    return "the answer breaks off here"


def _print(final: dict[str, Any], how: Output) -> None:
    """What is printed at the end: JSON, the short form, or the answer into a file."""
    from ttc_cli.views.result import short_form

    reply = final["choices"][0]["message"]["content"]
    text = short_form(final["ttc"]["answer"], reply) if how.extract else reply
    if how.file is not None:
        output.write_file(how.file, [text.rstrip("\n") + "\n"])
    try:
        if how.json:
            output.print_json(final)
        elif how.extract and how.file is None and not how.jsonl:
            sys.stdout.write(text.rstrip("\n") + "\n")
            sys.stdout.flush()
    except BrokenPipeError:
        output.silence(sys.stdout)
