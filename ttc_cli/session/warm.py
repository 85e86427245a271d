"""Warm servers of this user: found without being told, left behind, asked how they are.

A server's socket is named by all that a caller must have in common with it (build of the program,
model, context), so that whoever finds one may use it, and where there is none nothing is lost.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import astuple, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import ttc_cli
from ttc_cli.core.errors import TtcError
from ttc_cli.models.registry import ModelFile
from ttc_cli.session.loaded import tuned
from ttc_cli.session.request import program
from ttc_cli.settings import Settings, cache_dir

if TYPE_CHECKING:
    from ttc_cli.core.branch import Prompt
    from ttc_cli.engine.host import Host
    from ttc_cli.engine.hub import Hub
    from ttc_cli.engine.warm.client import Link
    from ttc_cli.engine.warm.server import WarmServer
    from ttc_cli.engine.warm.spare import WarmEngine
    from ttc_cli.engine.warm.wire import Condition
    from ttc_cli.session.loaded import Session
    from ttc_cli.session.request import Request
    from ttc_cli.store.speeds import Speeds

FOLDER = "warm"
DECIDING = ("ctx_size", "threads", "gpu_layers", "kv_type", "flash_attention", "log", "keep_warm")
"""Settings that a server left behind has from the run that left it."""
CELLS = 8192
"""KV cells to begin with: the context grows where a run needs more and nobody else is at work."""
TURN = 1.0  # seconds between two looks at the clock, with nothing under way
DRAIN = 60.0  # seconds that a server gives what is under way, once it is told to leave


def build(settings: Settings, identity: str, speeds: Speeds) -> str:
    """A hash of what a caller and a server must have in common."""
    spec = importlib.util.find_spec("llama_cpp")  # found, not imported
    parts = (
        ttc_cli.__version__, sys.version, program(),
        spec and spec.origin and Path(spec.origin).stat().st_mtime_ns, identity, settings.ctx_size,
        settings.gpu_layers, astuple(tuned(settings, speeds)), sorted(speeds.widths.items()),
    )  # fmt: skip
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]


def find(
    settings: Settings, identity: str, speeds: Speeds, load: Callable[[], Host]
) -> WarmEngine | None:
    """The engine of a server that has this very model loaded in this very way, if one runs.

    `load` loads the model in process, where that server goes away.
    """
    folder = settings.places.cache / FOLDER
    if not any(_sockets(folder)):
        return None
    from ttc_cli.engine.warm import peer
    from ttc_cli.engine.warm.client import Link
    from ttc_cli.engine.warm.spare import WarmEngine

    ours = build(settings, identity, speeds)
    link = Link.open(peer.place(folder, ours))
    if link is None:
        return None
    if link.hello.build != ours:
        link.close()
        return None
    return WarmEngine(link, load)


def _sockets(folder: Path) -> Iterator[Path]:
    """Places where a server is, or was."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            if entry.name.endswith(".lock"):
                yield Path(entry.path)


def running() -> Iterator[tuple[Link, Condition]]:
    """Every server of this user that answers, and how it is."""
    from ttc_cli.engine.warm import peer
    from ttc_cli.engine.warm.client import Gone, Link

    folder = cache_dir() / FOLDER
    for path in _sockets(folder):
        if (link := Link.open(peer.place(folder, path.stem))) is not None:
            with contextlib.suppress(Gone):
                yield link, link.call("status")
            link.close()


def stop(seconds: float = DRAIN) -> int:
    """Tell every server to leave and wait for it; how many left. TtcError: one is still at work."""
    from ttc_cli.engine.warm.client import Gone
    from ttc_cli.store.processes import exists

    told = []
    for link, _ in running():
        with contextlib.suppress(Gone):
            link.call("leave")
        told.append(link.hello.pid)
    until = time.monotonic() + seconds
    while left := [pid for pid in told if exists(pid)]:
        if time.monotonic() > until:
            raise TtcError(f"process {left[0]} still answers somebody", "try again later")
        time.sleep(0.05)
    return len(told)


@contextlib.contextmanager
def opened(
    session: Session, hub: Hub, left: Callable[[], None] = lambda: None
) -> Iterator[WarmServer | None]:
    """The socket of a loaded engine, open for callers; None where another server has it.

    Args:
        hub: of all runs on the session's engine. left: called when the server is told to leave.
    """
    from filelock import FileLock, Timeout

    from ttc_cli.core.files import private_folder
    from ttc_cli.engine.warm import peer
    from ttc_cli.engine.warm.server import WarmServer

    if not peer.AVAILABLE:
        raise TtcError("Python has no Unix sockets on this system", "each call loads the model")
    ours, host = build(session.settings, session.identity, session.speeds), session.engine
    assert isinstance(session.model, ModelFile)
    # read once: every call is planned here too
    session.model = replace(session.model, cell_bytes=session.model.kv_bytes_per_token)
    states, folder = getattr(host, "states", None), session.settings.places.cache / FOLDER
    try:
        private_folder(folder)
        with FileLock(folder / f"{ours}.lock", timeout=0):
            server = WarmServer(
                host, hub, peer.listen(peer.place(folder, ours)), build=ours,
                cell_bytes=session.model.cell_bytes, idle_limit=session.settings.keep_warm,
                fresh=states.forget if states is not None else lambda: None, left=left,
                foresee=partial(_foreseen, session), name=session.model.name,
            )  # fmt: skip
            with contextlib.closing(server):
                yield server
    except Timeout:
        yield None
    except OSError as error:
        raise TtcError(f"no socket in {folder}: {error.strerror or error}") from error


def told(request: Request) -> bytes:
    """A request as `_foreseen` reads it; empty for one that names what only the caller opens."""
    import msgspec

    if request.verifiers or any(document.source for document in request.documents):
        return b""
    return msgspec.msgpack.encode(request)


def _foreseen(session: Session, request: bytes) -> tuple[Prompt, int] | None:
    """The first prompt of a request, and the cells of its plan; None where that is for the caller.

    Long prompts are: their states may be on the disk. So are several that begin at once: they are
    evaluated together, and one of them alone would come out otherwise in its last bits.
    """
    if not request:
        return None
    import msgspec

    from ttc_cli.session.plan import plan
    from ttc_cli.session.request import Request
    from ttc_cli.session.running import LONG

    try:
        planned = plan(session, msgspec.msgpack.decode(request, type=Request))
    except msgspec.MsgspecError:
        return None
    if planned.prompt_tokens >= LONG:
        return None
    prompts = planned.question.programs or (planned.prompt,)
    if planned.plan.samples > 1 and (len(prompts) > 1 or planned.request.diverse):
        return None
    return prompts[0], planned.cells


def keep(
    session: Session, stops: Callable[[Callable[[], None]], None],
    ready: Callable[[], None] = lambda: None,
) -> None:  # fmt: skip
    """Keep a session's model loaded for callers until told to leave, or nobody comes.

    Args:
        stops: gets the function that tells it to leave.
        ready: called once it is there for callers.
    """
    from ttc_cli.engine.hub import Hub
    from ttc_cli.session.loaded import memory_cells
    from ttc_cli.session.request import Request

    engine = session.engine
    engine.reserve(min(CELLS, memory_cells(session)))
    _foreseen(session, told(Request.of(session.settings, "How many days are in 3 weeks?")))
    with opened(session, Hub(engine)) as server:
        if server is None:
            raise TtcError(f"{session.model.name} is kept loaded already", "see `ttc serve status`")
        stops(server.leave)
        ready()
        while not server.done:
            server.turn(TURN)


def leave_behind(settings: Settings, model: ModelFile) -> None:
    """Start a server as this run had its engine; it ends itself when nobody comes for a while."""
    folder = settings.places.cache / FOLDER
    said = {name: getattr(settings, name) for name in DECIDING}
    environ = {f"TTC_{k.upper()}": str(v).lower() for k, v in said.items() if v is not None}
    from ttc_cli.core.files import private_folder
    from ttc_cli.store.processes import start_apart

    with contextlib.suppress(OSError):  # it only spares time
        private_folder(folder)
        words = ["serve", "--no-http", "-m", os.fspath(model.path)]
        start_apart(words, cwd=folder, environ={**os.environ, **environ})
