"""What is kept and found again: whole results, replayed without a model, and evaluated prompts.

The key of a result is made of what a prompt is rendered from, not of the rendered prompt, so that
nothing needs to be loaded or even imported to find an entry: a hit takes a fifth of a second, of
which most is Python's own start.
"""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ttc_cli.core.branch import Prompt
from ttc_cli.core.events import Close, Done, Event, Flow, Start, Text, Tick, decode, encode
from ttc_cli.core.sampling import Stop
from ttc_cli.session.loaded import Session
from ttc_cli.session.request import Request
from ttc_cli.settings import MEGABYTE, Settings
from ttc_cli.store.file_cache import Results
from ttc_cli.views.plain import Look, summary

if TYPE_CHECKING:
    from ttc_cli.core.outcome import Outcome
    from ttc_cli.engine.host import Stateful, States
    from ttc_cli.session.plan import Planned
    from ttc_cli.store.prompts import Prompts

WHOLE = ("complete", "vote-decided", "confident")
"""A run that stopped for one of these was cut by nothing, and its result is kept."""
CUT = (str(Stop.TIME), str(Stop.CANCELLED))
"""A branch that stopped for one of these would not do so in another run."""
LONG = 512  # tokens from which a prompt is worth keeping
WORTH = 256  # tokens that a state must spare, to be read or to be written


def recall(session: Session, request: Request, began: float, run_id: str) -> Flow[None] | None:
    """What sinks saw of the run that answered the same question before; None when none was kept.

    An entry that is not as we write them counts as none.
    """
    known_as = request.key()
    if session.refresh or not (keeps(session) and known_as):
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
    results.used(known_as)
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
    if not (keeps(planned.session) and known_as) or not _is_whole(events):
        return
    dated = "strftime_now" in planned.session.engine.info.template  # it tells the model the date
    entry = {"day": _today() if dated else "", "events": [encode(e) for e in _merged(events)]}
    try:
        _results(planned.session.settings).put(known_as, entry)
    except OSError as error:
        refused(unwritten(planned.session.settings.places.cache, error))


def unwritten(cache: Path, error: OSError) -> str:
    """One line about a cache that the disk refuses."""
    why = f"the cache cannot be written: {cache}: {error.strerror or error}"
    return f"{why}; free the place or its rights, or run with --no-cache"


def keeps(session: Session) -> bool:
    """Whether whole results and evaluated prompts are kept and looked for."""
    return session.settings.cache and session.settings.log


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


def restore_prompt(session: Session, prompt: Prompt) -> None:
    """Make resident what an earlier process evaluated of a prompt, if that spares enough."""
    states = _states(session)
    if states is None or len(tokens := states.tokens(prompt)) < LONG:
        return
    store = _store(session, states)
    found = store.find(tokens)
    if found is None or found.shared - states.resident(tokens) < WORTH:
        return
    state = store.read(found)
    if state and states.restore(found.tokens.tolist(), state, found.shared):
        store.files.used(store.files.path(found.key))


def keep_prompt(session: Session, prompt: Prompt, refused: Callable[[str], None]) -> None:
    """Write down what is evaluated of a long prompt, unless most of it is kept already.

    The next question over it starts at once. `refused` gets one line about why it could not be.
    """
    states = _states(session)
    if states is None or len(tokens := states.tokens(prompt)) < LONG:
        return
    store = _store(session, states)
    found = store.find(tokens)
    known = found.shared if found else 0
    if len(tokens) < known + WORTH:
        return
    saved = states.save(tokens)
    if saved is None or saved[0] < max(LONG, known + WORTH):
        return
    length, state = saved
    try:
        store.put(tokens[:length], state)
    except OSError as error:
        refused(unwritten(session.settings.places.cache, error))


def _states(session: Session) -> States | None:
    """The engine's evaluated prompts, where it has any and they may be kept."""
    if not (keeps(session) and session.settings.prompt_cache_mb):
        return None
    if "state" not in session.engine.info.capabilities:
        return None
    return cast("Stateful", session.engine).states


def _store(session: Session, states: States) -> Prompts:
    from ttc_cli.store.prompts import Prompts  # numpy: not for a short prompt

    limit = session.settings.prompt_cache_mb * MEGABYTE
    return Prompts(session.settings.places.cache, limit, states.key())
