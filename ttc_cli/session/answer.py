"""The one door: a request goes in, what happens comes out, and what came of it is kept.

A whole result that was kept is replayed without a model. Its key is made of what a prompt is
rendered from, not of the rendered prompt, so that nothing needs to be loaded or even imported to
find an entry: a hit takes a fifth of a second, of which most is Python's own start.
"""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ttc_cli.core.events import WHOLE, Close, Done, Event, Flow, Start, Text, Tick, decode, encode
from ttc_cli.core.sampling import Stop
from ttc_cli.session.loaded import Session, one_thread
from ttc_cli.session.request import Request, check
from ttc_cli.settings import MEGABYTE, Settings
from ttc_cli.store.file_cache import Results
from ttc_cli.views.plain import Look, summary

if TYPE_CHECKING:
    from ttc_cli.core.outcome import Outcome
    from ttc_cli.session.plan import Planned

CUT = (str(Stop.TIME), str(Stop.CANCELLED))
"""A branch that stopped for one of these would not do so in another run."""


def answer(
    session: Session, request: Request, *, began: float, run_id: str,
    stops: Callable[[Callable[[], None]], None] = lambda _interrupt: None,
    say: Callable[[str], None] = lambda _line: None,
) -> Flow[None]:  # fmt: skip
    """Recall, or load, plan, run, verify, reply and keep; yields every event from Start to Done.

    Those that run many requests on one engine plan each (`session.plan`) and run it
    (`session.running`) themselves; those two are all that stands between here and there.

    Args:
        began: monotonic seconds from which limits on time count.
        run_id: of the run, in the result and in the log.
        stops: gets the function that interrupts the run, once there is one.
        say: gets one line about what could not be kept.

    Raises:
        ContextOverflow: the prompt does not fit. ModelError: the model cannot be loaded.
        NoAnswer, BudgetSpent: nothing usable came back.
    """
    request = request.identified(session.identity)
    if (known := recall(session, request, began, run_id)) is not None:
        return (yield from known)
    check(request, unsafe=session.settings.unsafe_exec)
    session.begin()
    session.expect(request)

    with one_thread():  # takes a while, and the model is loading
        from ttc_cli.session.plan import plan
        from ttc_cli.session.running import answering, keep_prompt, start

    planned = plan(session, request, began=began, run_id=run_id)
    run = start(planned)
    stops(run.interrupt)
    refused: list[str] = []
    yield from recorded(planned, answering(planned, run), refused.append)
    if not run.interrupted:  # somebody who wants to leave does not wait for the disk
        keep_prompt(session, planned.prompt, refused.append)
    for line in refused[:1]:  # one is enough
        say(line)
    return None


def recall(session: Session, request: Request, began: float, run_id: str) -> Flow[None] | None:
    """What sinks saw of the run that answered the same question before; None when none was kept.

    An entry that is not as we write them counts as none.
    """
    known_as = request.key()
    if session.refresh or not (session.keeps and known_as):
        return None
    results = _results(session.settings)
    entry = results.get(known_as)
    if entry is None or entry.get("day") not in ("", _today()):
        return None
    try:
        *events, last = map(decode, entry["events"])
        assert isinstance(last, Done)

        def flow() -> Flow[None]:
            yield from events
            yield Done(_now(session.settings, last.result, run_id, began))

        _rehearse([*flow()])
    except Exception:  # whatever somebody wrote there: it is not ours, and no reason to fail
        return None
    results.files.used(known_as)
    return flow()


def _now(settings: Settings, result: dict[str, Any], run_id: str, began: float) -> dict[str, Any]:
    """A result under the name of this run, with its seconds."""
    wall, ours = round(time.monotonic() - began, 3), result["ttc"]
    cost = {**ours["cost"], "seconds": wall, "money": settings.price(0, wall)}
    timings = {**dict.fromkeys(ours["timings"], 0.0), "wall_s": wall}
    ours = {**ours, "cost": cost, "timings": timings, "cache": "hit"}
    return {**result, "id": run_id, "created": int(time.time()), "ttc": ours}


def recorded(planned: Planned, flow: Flow[Outcome], refused: Callable[[str], None]) -> Flow[None]:
    """A run's flow; its events are kept for `recall` once the last of them was taken.

    `refused` gets one line about why they could not be kept.
    """
    events: list[Event] = []
    with contextlib.closing(flow):
        for event in flow:
            if not isinstance(event, Tick):
                events.append(event)
            yield event
    known_as = planned.request.key()
    if not (planned.session.keeps and known_as) or not _is_whole(events):
        return
    dated = "strftime_now" in planned.session.engine.info.template  # it tells the model the date
    entry = {"day": _today() if dated else "", "events": [encode(e) for e in _merged(events)]}
    try:
        _results(planned.session.settings).put(known_as, entry)
    except OSError as error:
        refused(planned.session.unwritten(error))


def _results(settings: Settings) -> Results:
    return Results(settings.places.cache, settings.result_cache_mb * MEGABYTE)


def _today() -> str:
    return datetime.now().astimezone().date().isoformat()


def _is_whole(events: list[Event]) -> bool:
    last = events[-1] if events else None
    return (
        isinstance(last, Done)
        and last.result["ttc"]["stopped"] in WHOLE
        and not any(isinstance(event, Close) and event.stop in CUT for event in events)
    )


def _merged(events: list[Event]) -> list[Event]:
    """Events with what a branch wrote between two others of them in one piece."""
    merged: list[Event] = []
    held: dict[tuple[int, ...], Text] = {}
    for event in events:
        if isinstance(event, Text):
            before = held.get(event.branch, Text(event.branch, ""))
            held[event.branch] = replace(
                event, text=before.text + event.text, tokens=before.tokens + event.tokens
            )
            continue
        merged += held.values()
        held.clear()
        merged.append(event)
    return merged


def _rehearse(events: list[Event]) -> None:
    """Show a run to nobody: what would make a view fail is found before anything is printed."""
    from ttc_cli.views.jsonl import JsonlView
    from ttc_cli.views.live import LiveView

    first, last = events[0], events[-1]
    assert isinstance(first, Start)
    nowhere = io.StringIO()
    look = Look(terminal=True, color=True, thoughts="full", onto_terminal=True)
    views = LiveView(look, nowhere, nowhere, time.monotonic), JsonlView(nowhere, 0.0)
    for event in events:
        for view in views:
            view(event)
    assert isinstance(last, Done)
    message = last.result["choices"][0]["message"]["content"]
    answer, agreement = last.result["ttc"]["answer"], last.result["ttc"]["agreement"]
    if not (isinstance(message, str) and isinstance(answer, str | None)):
        raise TypeError
    if not isinstance(agreement, float | int | None):
        raise TypeError
    summary(last.result)
