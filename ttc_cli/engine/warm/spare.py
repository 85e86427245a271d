"""A warm engine with a spare: where the server goes away, its work is done in process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from ttc_cli.core.branch import Prompt, Step
from ttc_cli.core.engine import BranchRequest, Delta, EngineInfo, Key
from ttc_cli.core.errors import EngineFailed
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.sampling import Stop
from ttc_cli.engine.host import Counters, Host, InProcess, Stateful, States
from ttc_cli.engine.warm.client import Gone, RemoteEngine

T = TypeVar("T")
LOST = "the warm server went away: the model is loaded in this process"
DIFFERS = "the warm server went away in the middle of it, and in process it would go on differently"


@dataclass(slots=True)
class Live:
    """A request under way and what was told of it: tokens drawn, and their text.

    `owed` are tokens that are drawn a second time, and `again` is what they say.
    """

    request: BranchRequest
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
    told twice as long as it is the same; a branch that comes out otherwise fails.

    Args:
        remote: the engine.
        load: loads the model in process.
    """

    def __init__(self, remote: RemoteEngine, load: Callable[[], Host]) -> None:
        self._remote: RemoteEngine | None = remote
        self._host: Host = remote
        self._load = load
        self.width, self.cell_bytes = remote.width, remote.cell_bytes
        self._cells = 0
        self._live: dict[Key, Live] = {}
        self._lost = False

    @property
    def info(self) -> EngineInfo:
        """What is known of the model."""
        return self._host.info

    @property
    def counters(self) -> Counters:
        """What the engine did so far."""
        return self._on(lambda host: host.counters)

    @property
    def states(self) -> States:
        """Its evaluated prompts."""
        return self._on(lambda host: cast("Stateful", host).states)

    def expect(self, request: bytes) -> None:
        """Let the server begin with what will be asked; see `wire.METHODS`."""
        if self._remote is not None:
            self._remote.expect(request)

    def special_in(self, texts: Sequence[str]) -> frozenset[str]:
        """Texts of control tokens; see `Host`."""
        return self._on(lambda host: host.special_in(texts))

    def count(self, prompt: Prompt, prefix: tuple[Step, ...] = ()) -> int:
        """Tokens of context that prompt and prefix take."""
        return self._on(lambda host: host.count(prompt, prefix))

    def reserve(self, cells: int) -> None:
        """Make room; see `Host`. Where the server has none to make, this process has."""
        self._cells = max(cells, self._cells)
        try:
            self._host.reserve(cells)
        except EngineFailed:  # it went away, or others are at work in a context that is too small
            if self._remote is None:
                raise
            self._retreat()

    def submit(self, request: BranchRequest) -> None:
        """Queue a request; see the protocol."""
        self._on(lambda host: host.submit(request))
        self._live[request.key] = Live(request)

    def poll(self, timeout: float) -> Sequence[Delta]:
        """What came; see the protocol."""
        deltas = self._on(lambda host: host.poll(timeout))
        told = [news for delta in deltas if (news := self._told(delta)) is not None]
        if self._lost and self._live:
            self._lost = False
            told.insert(0, Delta(next(iter(self._live)), error=LOST))
        return told

    def cancel(self, key: Key) -> None:
        """Forget a request; see the protocol."""
        self._live.pop(key, None)
        self._on(lambda host: host.cancel(key))

    def close(self) -> None:
        """Free everything here, and nothing there; idempotent."""
        self._live.clear()
        self._host.close()

    def _on(self, use: Callable[[Host], T]) -> T:
        try:
            return use(self._host)
        except Gone:
            self._retreat()
            return use(self._host)

    def _retreat(self) -> None:
        """Load the model here and draw what is live once more."""
        assert self._remote is not None
        self._remote.close()
        self._remote, self._host, self._lost = None, self._load(), True
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
                del self._live[delta.key]
            return delta
        live.owed -= delta.sampled
        live.again += delta.text
        same = live.owed > 0 or (live.owed == 0 and live.again == live.text)
        if delta.stop is None and same:
            return None
        self.cancel(delta.key)
        return Delta(delta.key, stop=Stop.FAILED, error=DIFFERS)
