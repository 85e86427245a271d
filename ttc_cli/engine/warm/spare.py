"""The Engine protocol on a warm server; where that goes away, its work is done in process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from ttc_cli.core.branch import Prompt, Step
from ttc_cli.core.engine import BranchRequest, Delta, EngineInfo, Key
from ttc_cli.core.errors import EngineFailed
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.sampling import Stop
from ttc_cli.engine.host import Counters, Host, InProcess, Stateful, States
from ttc_cli.engine.warm import wire
from ttc_cli.engine.warm.client import Gone, Link, RemoteStates

T = TypeVar("T")
LOST = "the warm server went away: the model is loaded in this process"
DIFFERS = "the warm server went away in the middle of it, and in process it would go on differently"


@dataclass(slots=True)
class Live:
    """A request under way and what was told of it: tokens drawn, and their text.

    `number` is its key at the server. `owed` are tokens that are drawn a second time, and `again`
    is what they say.
    """

    request: BranchRequest
    number: int
    sampled: int = 0
    text: str = ""
    owed: int = 0
    again: str = ""


class Prepaid(Ledger):
    """A ledger whose first tokens were charged when they were drawn the first time."""

    def __init__(self, ledger: Ledger | None, tokens: int) -> None:
        super().__init__()
        self._ledger, self._tokens = ledger, tokens

    def take(self, n: int = 1) -> bool:
        """Charge nothing, or the ledger."""
        if self._tokens >= n:
            self._tokens -= n
            return True
        return self._ledger is None or self._ledger.take(n)


class WarmEngine(InProcess):
    """An engine that another process keeps loaded, and this one where that went away.

    A draw is a function of seed and position, so what was under way is drawn once more, and not
    told twice as long as it is the same; a branch that comes out otherwise fails. Counting, too,
    is asked of the server: this process has no vocabulary.

    Args:
        link: to the server.
        load: loads the model in process.
    """

    def __init__(self, link: Link, load: Callable[[], Host]) -> None:
        self._link: Link | None = link
        self._host: Host | None = None
        self._load = load
        self._info = link.hello.info
        self.width, self.cell_bytes = link.hello.width, link.hello.cell_bytes
        self._cells = self._last = self._ledgers = 0
        self._live: dict[Key, Live] = {}
        self._keys: dict[int, Key] = {}
        self._lost = self._closed = False

    @property
    def info(self) -> EngineInfo:
        """What is known of the model."""
        return self._info if self._host is None else self._host.info

    @property
    def counters(self) -> Counters:
        """What the engine did so far, for others too."""
        counters = self._ask(lambda host: host.counters, "counters")
        if self._link is not None and self._link.before is not None:
            counters, self._link.before = self._link.before, None
        return counters

    @property
    def states(self) -> States:
        """Its evaluated prompts."""
        if self._link is not None:
            return RemoteStates(self._link)
        return cast("Stateful", self._host).states

    def expect(self, request: bytes) -> None:
        """Let the server begin with what will be asked; see `wire.METHODS`."""
        if self._link is not None:
            self._link.expect(request)

    def special_in(self, texts: Sequence[str]) -> frozenset[str]:
        """Texts of control tokens; see `Host`."""
        return self._ask(lambda host: host.special_in(texts), "special_in", texts)

    def count(self, prompt: Prompt, prefix: tuple[Step, ...] = ()) -> int:
        """Tokens of context that prompt and prefix take."""
        steps = tuple(Step(step.text, step.tokens) for step in prefix)
        return self._ask(lambda host: host.count(prompt, prefix), "count", wire.bare(prompt), steps)

    def reserve(self, cells: int) -> None:
        """Make room; see `Host`. Where the server has none to make, this process has."""
        self._cells = max(cells, self._cells)
        if self._link is not None:
            try:
                self._info = self._link.call("reserve", cells)
            except EngineFailed:  # it went away, or others are at work in a context that is small
                self._retreat()
        elif self._host is not None:
            self._host.reserve(cells)

    def submit(self, request: BranchRequest) -> None:
        """Queue a request; see the protocol."""
        if self._closed:
            raise EngineFailed("the engine is closed")
        if request.key in self._live:
            raise EngineFailed(f"request {request.key!r} is already running")
        self._last += 1
        self._ask(lambda host: host.submit(request), "submit", *self._packed(request))
        self._live[request.key] = Live(request, self._last)
        self._keys[self._last] = request.key

    def poll(self, timeout: float) -> Sequence[Delta]:
        """What came; see the protocol."""
        if not self._live:
            return []
        deltas: Sequence[Delta] = self._ask(lambda host: host.poll(timeout), "poll", timeout)
        if self._link is not None:
            known = self._keys
            deltas = [wire.unpacked(d, known[d.key]) for d in deltas if d.key in known]
        told = [news for delta in deltas if (news := self._told(delta)) is not None]
        self._settle()
        if self._lost and self._live:
            self._lost = False
            told.insert(0, Delta(next(iter(self._live)), error=LOST))
        return told

    def cancel(self, key: Key) -> None:
        """Forget a request; see the protocol."""
        if key in self._live:
            number = self._forget(key)
            self._ask(lambda host: host.cancel(key), "cancel", number)
            self._settle()

    def close(self) -> None:
        """Free everything here, and nothing there; idempotent."""
        self._closed = True
        self._live.clear()
        self._keys.clear()
        if self._link is not None:
            self._link.close()
        elif self._host is not None:
            self._host.close()

    def _ask(self, here: Callable[[Host], T], method: str, *arguments: Any) -> T:
        """What the server says, or the engine here where that went away."""
        if self._link is not None:
            try:
                return cast("T", self._link.call(method, *arguments))
            except Gone:
                self._retreat()
        assert self._host is not None
        return here(self._host)

    def _packed(self, request: BranchRequest) -> tuple[Any, ...]:
        """A request for the server, its ledger's number, and ledgers that are new there."""
        if self._link is None:
            return ()
        accounts, new, number = self._link.accounts, [], 0
        for one in request.ledger.lineage if request.ledger is not None else ():
            above, number = number, accounts.find(one)
            if not number:
                self._ledgers += 1
                number = self._ledgers
                accounts.open(number, one)
                new.append(wire.Account(number, above, one.limit, one.verifies, wire.spent(one)))
        return wire.slim(request, self._last), number, tuple(new)

    def _forget(self, key: Key) -> int:
        number = self._live.pop(key).number
        del self._keys[number]
        return number

    def _settle(self) -> None:
        """Keep in step only ledgers of what is live, as the server does."""
        if self._link is not None:
            self._link.accounts.keep(live.request.ledger for live in self._live.values())

    def _retreat(self) -> None:
        """Load the model here and draw what is live once more."""
        assert self._link is not None
        self._link.close()
        self._link, self._host, self._lost = None, self._load(), True
        if self._cells:
            self._host.reserve(self._cells)
        for live in self._live.values():
            live.owed, live.again = live.sampled, ""
            paid = Prepaid(live.request.ledger, live.sampled)
            self._host.submit(replace(live.request, ledger=paid))

    def _told(self, delta: Delta) -> Delta | None:
        """What of a delta is new; None when all of it was told before."""
        live = self._live[delta.key]
        if not live.owed:
            live.sampled += delta.sampled
            live.text += delta.text
            if delta.stop is not None:
                self._forget(delta.key)
            return delta
        live.owed -= delta.sampled
        live.again += delta.text
        same = live.owed > 0 or (live.owed == 0 and live.again == live.text)
        if delta.stop is None and same:
            return None
        self.cancel(delta.key)
        return Delta(delta.key, stop=Stop.FAILED, error=DIFFERS)
