"""What the contract suite knows of each kind of engine, and what one request gave."""

from __future__ import annotations

import codecs
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fake_server import WORD, FakeServer

from ttc_cli.core.branch import Prompt
from ttc_cli.core.engine import BranchRequest, Delta, Engine
from ttc_cli.core.sampling import Sampling, Stop, StopRule, uniform
from ttc_cli.core.steps import StepRule
from ttc_cli.engine.hub import Hub
from ttc_cli.engine.llama.context import MAX_SEQUENCES
from ttc_cli.engine.llama.engine import LlamaEngine
from ttc_cli.engine.openai.address import Address
from ttc_cli.engine.openai.detect import connect
from ttc_cli.engine.scripted import Line, ScriptedEngine
from ttc_cli.engine.text import TextStream
from ttc_cli.engine.warm.client import Link
from ttc_cli.engine.warm.peer import listen
from ttc_cli.engine.warm.server import WarmServer
from ttc_cli.engine.warm.spare import WarmEngine

STORY = Prompt((("The old ship came home with no wind, and the men on board 🙂 said", False),))
WORDS = (" the", " of", " sea", "\n\n", " and", " 漢字", " a", " light")


@dataclass
class Said:
    """What the deltas of one request add up to."""

    text: str = ""
    tokens: tuple[int, ...] = ()
    logprobs: tuple[float, ...] = ()
    confidences: tuple[float, ...] = ()
    certainties: tuple[float, ...] = ()
    hidden: tuple[Any, ...] = ()
    scores: tuple[float, ...] = ()
    sampled: int = 0
    prefilled: int = 0
    shared: int = 0
    stop: Stop | None = None
    error: str = ""
    deltas: list[Delta] = field(default_factory=list)

    def hear(self, delta: Delta) -> None:
        assert self.stop is None, "a delta after the last one"
        self.deltas.append(delta)
        for name in ("text", "logprobs", "confidences", "certainties", "hidden", "scores"):
            setattr(self, name, getattr(self, name) + getattr(delta, name))
        for name in ("sampled", "prefilled", "shared"):
            setattr(self, name, getattr(self, name) + getattr(delta, name))
        self.tokens = delta.tokens or self.tokens
        self.stop, self.error = delta.stop, delta.error


def hear(engine: Engine, said: dict[Any, Said], timeout: float = 5.0) -> None:
    """One poll."""
    for delta in engine.poll(timeout):
        said.setdefault(delta.key, Said()).hear(delta)


def finish(
    engine: Engine, keys: Iterable[Any], said: dict[Any, Said] | None = None
) -> dict[Any, Said]:
    """Poll until these requests have stopped."""
    said = {} if said is None else said
    waited, end = set(keys), time.monotonic() + 60
    while any(key not in said or said[key].stop is None for key in waited):
        hear(engine, said)
        assert time.monotonic() < end, "the engine does not come to an end"
    return said


def ask(engine: Engine, *requests: BranchRequest) -> list[Said]:
    """What some requests give that run together."""
    for request in requests:
        engine.submit(request)
    said = finish(engine, [request.key for request in requests])
    return [said[request.key] for request in requests]


def branch(key: Any, max_tokens: int = 8, *, seed: int = 1, **options: Any) -> BranchRequest:
    """A request for one branch of the story."""
    rule = {k: options.pop(k) for k in ("strings", "steps") if k in options}
    settings = {"prompt": STORY, "sampling": Sampling(1.0), "seed": seed, **options}
    return BranchRequest(key, stop=StopRule(max_tokens, loops=False, **rule), **settings)


class Kind:
    """One kind of engine.

    Attributes:
        tolerance: nats by which a log-probability may differ with the batch and the cache.
        exact: nothing differs. Attention in half precision adds up in the order of the cells,
            so where a prefix lies changes the last bits, and now and then a draw.
    """

    name: str
    tolerance = 0.0
    exact = False
    fast = True
    real = False
    make: Callable[..., Engine]

    def decode(self, engine: Engine, tokens: Iterable[int]) -> str:
        """The text of some tokens, without half a character at its end."""
        raise NotImplementedError

    def marks(self, engine: Engine, said: Said, steps: StepRule) -> list[int]:
        """After how many of its tokens a step mark of a reply ended."""
        raise NotImplementedError

    def check(self, engine: Engine, *, empty: bool = False) -> None:
        """Nothing is live; with `empty`, nothing is resident either."""
        raise NotImplementedError

    def close(self) -> None:
        """No engine of it is used any more."""


class ScriptedKind(Kind):
    """Plays words drawn by seed and position."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.exact = True

    def make(self, *, context: int = 4096, cells: int = 0) -> Engine:
        def script(request: BranchRequest) -> Line:
            at = sum(len(step.tokens) for step in request.prefix)
            return Line(tuple(WORDS[int(uniform(request.seed, at + i) * 8)] for i in range(200)))

        return ScriptedEngine(script, context=context)

    def check(self, engine: Any, *, empty: bool = False) -> None:
        assert not engine.running


class ServerKind(Kind):
    """The same words from a server over HTTP, one server for each engine."""

    fast = False
    exact = True

    def __init__(self, name: str, *, raw: bool) -> None:
        self.name = name
        self._raw = raw
        self._servers: list[FakeServer] = []

    def make(self, *, context: int = 4096, cells: int = 0) -> Engine:
        before = len(WORD.findall(STORY.text))

        def script(request: BranchRequest) -> Line:
            at = len(request.prefix[0].tokens) - before
            if "fox jum" in request.prompt.text:
                return Line(("ps over",))
            return Line(tuple(WORDS[int(uniform(request.seed, at + i) * 8)] for i in range(200)))

        self._servers.append(FakeServer(script, raw=self._raw, context=context))
        return connect(Address(self._servers[-1].url), context=context)

    def check(self, engine: Any, *, empty: bool = False) -> None:
        assert not engine._live

    def close(self) -> None:
        for server in self._servers:
            server.close()


class Serving:
    """A warm server on a thread, for one engine.

    Attributes:
        engine: the engine behind it.
        path: of its socket.
    """

    def __init__(self, engine: Any, path: Path, **options: Any) -> None:
        self.engine, self.path = engine, path
        fresh = engine.states.forget if hasattr(engine, "states") else lambda: None
        self.server = WarmServer(engine, Hub(engine), listen(path), fresh=fresh, **options)
        self.callers: list[WarmEngine] = []
        self._closing = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            while not self._closing and not self.server.done:
                self.server.turn(5.0)
        finally:
            self.server.close()

    def connect(self, load: Callable[[], Any] | None = None) -> WarmEngine:
        def lost() -> Any:
            raise AssertionError("the server went away")

        link = Link.open(self.path)
        assert link is not None
        self.callers.append(WarmEngine(link, load or lost))
        return self.callers[-1]

    def close(self) -> None:
        """All at once, as if it were killed; the engine stays open."""
        self._closing = True
        self.server.wake()
        self._thread.join(10)
        assert not self._thread.is_alive()


class LlamaKind(Kind):
    """A GGUF in process."""

    real = True

    def __init__(
        self, name: str, path: Path, *, tolerance: float, exact: bool = False, fast: bool = True
    ) -> None:
        self.name, self.path, self.tolerance = name, path, tolerance
        self.exact, self.fast = exact, fast

    def make(self, *, context: int = 0, cells: int = 2048) -> Engine:
        # One thread: two that meet at barriers are far slower on a busy machine.
        return LlamaEngine(self.path, cells=cells, context=context, threads=1)

    def decode(self, engine: Any, tokens: Iterable[int]) -> str:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        return decoder.decode(b"".join(engine.model.piece(token) for token in tokens))

    def marks(self, engine: Any, said: Said, steps: StepRule) -> list[int]:
        stream = TextStream(StopRule(0, steps=steps))
        pieces = [engine.model.piece(token) for token in said.tokens]
        return [i for i, p in enumerate(pieces, 1) if stream.push(p)[1] is Stop.STEP]

    def check(self, engine: Any, *, empty: bool = False) -> None:
        ask(engine, branch("last", 0))  # lets cancellations reach the scheduler
        scheduler = engine.scheduler
        assert not scheduler.active
        assert not scheduler.waiting
        if empty:
            scheduler.close()
        tree = scheduler.residents.tree
        for sequence in range(MAX_SEQUENCES):
            ours = tree.length(sequence) if sequence in tree else 0
            assert scheduler.memory.length(sequence) == ours, "llama.cpp holds something else"
        if empty:
            assert tree.used == 0


class WarmKind(Kind):
    """An engine of another kind behind a socket, one server for each."""

    def __init__(self, behind: Kind) -> None:
        self.name = f"warm-{behind.name}"
        self.behind = behind
        self.tolerance, self.exact, self.fast = behind.tolerance, behind.exact, behind.fast
        self.real = behind.real
        self._folder = tempfile.TemporaryDirectory(prefix="ttc-")
        self._servings: dict[int, Serving] = {}

    def make(self, **limits: int) -> Engine:
        path = Path(self._folder.name) / f"{len(self._servings)}.sock"
        serving = Serving(self.behind.make(**limits), path)
        engine = serving.connect()
        self._servings[id(engine)] = serving
        return engine

    def decode(self, engine: Any, tokens: Iterable[int]) -> str:
        return self.behind.decode(self._servings[id(engine)].engine, tokens)

    def marks(self, engine: Any, said: Said, steps: StepRule) -> list[int]:
        return self.behind.marks(self._servings[id(engine)].engine, said, steps)

    def check(self, engine: Any, *, empty: bool = False) -> None:
        if self.behind.real:
            ask(engine, branch("last", 0))  # lets cancellations reach the scheduler
        self.behind.check(self._servings[id(engine)].engine, empty=empty)

    def close(self) -> None:
        for serving in self._servings.values():
            serving.close()
            serving.engine.close()
            for caller in serving.callers:
                caller.close()
        self._folder.cleanup()
