"""What a run tells the world: a dozen events, each a value that survives JSON.

A strategy is a generator that yields these and returns its answer; views, logs and replays
see events and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from ttc_cli.core.branch import BranchId

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events."""


@dataclass(frozen=True, slots=True)
class Start(Event):
    """The run begins: the request, the plan and its estimate."""

    request: dict[str, Any]
    plan: dict[str, Any] = field(default_factory=dict)
    estimate: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Open(Event):
    """A branch starts or goes on, from so many characters that its parent wrote."""

    branch: BranchId
    begun: int | None = None  # None in a run of an older log: all that the parent wrote


@dataclass(frozen=True, slots=True)
class Text(Event):
    """A branch grew. `text` is raw: thoughts are told apart by the views."""

    branch: BranchId
    text: str
    tokens: int = 0
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class StepDone(Event):
    """A branch finished one step of its reasoning."""

    branch: BranchId
    index: int


@dataclass(frozen=True, slots=True)
class Score(Event):
    """A verifier scored a branch, in [0, 1]."""

    branch: BranchId
    verifier: str
    score: float | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ProgramRun(Event):
    """A branch's program ran: its value as an answer, or what went wrong, and seconds."""

    branch: BranchId
    answer: str
    error: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Vote(Event):
    """The classes of answers so far: (label, count, weight), heaviest first.

    `lead` is the probability that the leading class is right, `answered` of `counted`
    samples have an answer, and `rules` found those of each class.
    """

    classes: tuple[tuple[str, int, float], ...]
    lead: float | None = None
    answered: int = 0
    counted: int = 0
    rules: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Close(Event):
    """A branch stopped."""

    branch: BranchId
    stop: str
    tokens: int
    answer: str | None = None
    confidence: float | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Spent(Event):
    """Tokens by kind so far (see ledger.Usage), seconds since the start, money with prices."""

    usage: dict[str, int]
    seconds: float
    money: float | None = None


@dataclass(frozen=True, slots=True)
class Said(Event):
    """What is said to the person, where that is not what a branch wrote; comes ahead of Done."""

    text: str


@dataclass(frozen=True, slots=True)
class Note(Event):
    """One line a person should read: a fallback, a limit, a choice made."""

    message: str


@dataclass(frozen=True, slots=True)
class Tick(Event):
    """Nothing happened for a tenth of a second; views breathe, deadlines are checked."""


@dataclass(frozen=True, slots=True)
class Done(Event):
    """The run is over: the result object."""

    result: dict[str, Any]


WHOLE = ("complete", "vote-decided", "confident")
"""What `stopped` of a result says of a run that nothing has cut."""


KINDS: dict[str, type[Event]] = {
    name: kind
    for name, kind in list(globals().items())
    if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
}


def encode(event: Event) -> dict[str, Any]:
    """An event as a value for JSON; `decode` gives the same event back."""
    values = {item.name: getattr(event, item.name) for item in fields(event)}
    return {"event": type(event).__name__, **values}


def decode(data: dict[str, Any]) -> Event:
    """The event that `encode` made this of, from JSON or not.

    Raises ValueError, TypeError: it is no event known here.
    """
    values = dict(data)
    name = values.pop("event", None)
    if name not in KINDS:
        raise ValueError(f"no event is called {name!r}")
    if "branch" in values:
        values["branch"] = tuple(values["branch"])
    if "classes" in values:
        values["classes"] = tuple((a, n, w) for a, n, w in values["classes"])
    if "rules" in values or "classes" in values:
        values["rules"] = tuple(map(tuple, values.get("rules", ())))
    return KINDS[name](**values)


Flow = Generator[Event, None, T]  # yields events, returns T; close() is cancellation


def end_of(flow: Flow[T]) -> T:
    """What a flow returns, when nobody wants to hear its events."""
    try:
        while True:
            next(flow)
    except StopIteration as end:
        result: T = end.value
        return result


def turned(flow: Flow[T], change: Callable[[Event], Iterable[Event]]) -> Flow[T]:
    """A flow with other events in the place of each of its own."""
    try:
        while True:
            yield from change(next(flow))
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        flow.close()


def watch(flow: Flow[T], react: Callable[[Event], Iterable[Event] | None]) -> Flow[T]:
    """A flow with events of one's own added after each of its events, or none: who only listens."""

    def both(event: Event) -> Iterator[Event]:
        yield event
        yield from react(event) or ()

    return turned(flow, both)
