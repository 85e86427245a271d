"""A shared engine over a socket: several callers, callers and servers that vanish, strangers."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kinds import STORY, Said, Serving, ask, branch, finish, hear

from ttc_cli.core.branch import Prompt
from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.errors import EngineFailed, TtcError
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.sampling import Stop, uniform
from ttc_cli.engine.llama.engine import LlamaEngine
from ttc_cli.engine.scripted import Line, ScriptedEngine
from ttc_cli.engine.warm import peer, wire
from ttc_cli.engine.warm.client import Link

WORDS = (" the", " of", " sea", " and", " a", " light")
Serve = Callable[..., Serving]


def script(request: BranchRequest) -> Line:
    return Line(tuple(WORDS[int(uniform(request.seed, at) * 6)] for at in range(400)))


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Makes servers of an engine; of the scripted one unless another is given."""
    made: list[Serving] = []

    def one(engine: Any = None, **options: Any) -> Serving:
        (folder := tmp_path / "run").mkdir(mode=0o700, exist_ok=True)
        place = peer.place(folder, str(len(made)))
        made.append(Serving(engine or ScriptedEngine(script), place, **options))
        return made[-1]

    yield one
    for serving in made:
        for caller in serving.callers:
            caller.close()
        serving.close()
        serving.engine.close()


def until(true: Callable[[], bool]) -> None:
    """Wait for something that another thread does."""
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


@contextlib.contextmanager
def linked(serving: Serving) -> Iterator[Link]:
    """A bare connection."""
    link = Link.open(serving.path)
    assert link is not None
    with contextlib.closing(link):
        yield link


def alone(request: BranchRequest) -> Said:
    """What a request gives in process."""
    return ask(ScriptedEngine(script), request)[0]


def test_callers_share_a_batch_and_each_hears_its_own(serve: Serve) -> None:
    serving = serve()
    callers = [serving.connect() for _ in range(3)]
    ledgers = [Ledger(20 + 10 * n) for n in range(3)]
    said: list[dict[Any, Said]] = [{} for _ in callers]
    for n, (caller, ledger) in enumerate(zip(callers, ledgers, strict=True)):
        for key in range(4):
            caller.submit(branch(key, 10, seed=10 * n + key, ledger=ledger))
    while any(len(heard) < 4 or any(s.stop is None for s in heard.values()) for heard in said):
        for caller, heard in zip(callers, said, strict=True):
            hear(caller, heard, 0.05)
    for n, (heard, ledger) in enumerate(zip(said, ledgers, strict=True)):
        assert ledger.spent == sum(s.sampled for s in heard.values()) == min(20 + 10 * n, 40)
        for key, one in heard.items():
            assert alone(branch(key, 10, seed=10 * n + key)).text.startswith(one.text)


def test_charges_of_this_process_bind_the_next_draw(serve: Serve) -> None:
    engine, ledger = serve().connect(), Ledger(12)
    child = ledger.child(verifier=True)
    engine.submit(branch("a", 50, ledger=child))
    said: dict[Any, Said] = {}
    while sum(s.sampled for s in said.values()) < 3:
        hear(engine, said)
    assert ledger.take(5)
    finish(engine, ["a"], said)
    assert (said["a"].stop, said["a"].sampled) == (Stop.BUDGET, 7)
    assert (ledger.usage.sampled, ledger.usage.verifier, child.spent) == (5, 7, 7)


def test_a_caller_that_goes_away_frees_its_branches(serve: Serve) -> None:
    serving = serve()
    stays, goes = serving.connect(), serving.connect()
    for key in range(5):
        goes.submit(branch(key, 300, seed=key))
    stays.submit(branch("stays", 20, seed=9))
    hear(stays, said := {})
    goes.close()
    until(lambda: len(serving.engine.running) == 1)
    assert finish(stays, ["stays"], said)["stays"].text == alone(branch("stays", 20, seed=9)).text


def test_a_caller_that_does_something_else_holds_nobody(serve: Serve) -> None:
    serving = serve()
    stopped, works = serving.connect(), serving.connect()
    stopped.submit(branch("later", 30, seed=3))
    hear(stopped, said := {})
    ask(works, branch("now", 30, seed=4))
    assert finish(stopped, ["later"], said)["later"].text == alone(branch("later", 30, seed=3)).text


def test_what_a_dead_server_had_under_way_is_drawn_here(serve: Serve) -> None:
    """Told once, charged once, the same text."""
    serving, ledger = serve(), Ledger(60)
    engine = serving.connect(lambda: ScriptedEngine(script))
    for key in range(3):
        engine.submit(branch(key, 25, seed=key, ledger=ledger))
    said: dict[Any, Said] = {}
    for _ in range(7):
        hear(engine, said)
    serving.close()
    finish(engine, range(3), said)
    assert sum(s.sampled for s in said.values()) == ledger.spent == 60
    for key in range(3):
        assert alone(branch(key, 25, seed=key)).text.startswith(said[key].text)
        assert said[key].stop in (Stop.LENGTH, Stop.BUDGET)
    assert any("went away" in d.error for s in said.values() for d in s.deltas)


def test_a_branch_that_comes_out_otherwise_here_fails(serve: Serve) -> None:
    serving = serve()
    engine = serving.connect(lambda: ScriptedEngine(lambda _: Line((" else",) * 50)))
    engine.submit(branch("a", 25))
    hear(engine, said := {})
    serving.close()
    said = finish(engine, ["a"], said)
    assert (said["a"].stop, said["a"].sampled) == (Stop.FAILED, 1)
    assert "would go on differently" in said["a"].error


def test_a_server_that_is_gone_before_it_is_used_is_no_error(serve: Serve) -> None:
    serving = serve()
    engine = serving.connect(lambda: ScriptedEngine(script))
    serving.close()
    assert engine.count(STORY) == ScriptedEngine(script).count(STORY)
    assert ask(engine, branch("a", 9))[0].text == alone(branch("a", 9)).text


def test_room_that_a_busy_server_cannot_make_is_made_here(serve: Serve, tiny: Path) -> None:
    def load() -> LlamaEngine:
        return LlamaEngine(tiny, threads=1)

    behind = load()
    behind.reserve(256)
    serving = serve(behind)
    busy, wants = serving.connect(), serving.connect(load)
    busy.reserve(128)
    busy.submit(branch("busy", 200))
    hear(busy, {})
    wants.reserve(1024)
    assert (behind.info.cells, wants.info.cells) == (256, 1024)
    wants.close()
    until(lambda: len(serving.server._callers) == 1)
    busy.cancel("busy")
    busy.reserve(512)
    assert behind.info.cells == 512


def test_an_answer_does_not_depend_on_callers_before(serve: Serve, tiny: Path) -> None:
    engine = LlamaEngine(tiny, cells=1024, threads=1)
    serving = serve(engine)
    first = serving.connect()
    (said,) = ask(first, branch("a", 4))
    assert (said.prefilled, said.shared) == (first.count(STORY), 0)
    assert ask(first, branch("b", 4))[0].shared
    first.close()
    until(lambda: not serving.server._callers)
    assert ask(serving.connect(), branch("c", 4))[0].shared == 0


def foresee(request: bytes) -> tuple[Prompt, int] | None:
    """The request is the prompt."""
    return (Prompt(((request.decode(), False),)), 512) if request else None


@pytest.mark.parametrize("pause", [0.0, 0.3])
def test_what_is_expected_is_evaluated_ahead(serve: Serve, tiny: Path, pause: float) -> None:
    """Nothing that the caller hears tells of it, but for the time."""
    (expected,) = ask(LlamaEngine(tiny, cells=512, threads=1), branch("a", 6))
    behind = LlamaEngine(tiny, cells=256, threads=1)
    engine = serve(behind, foresee=foresee).connect()
    engine.expect(STORY.text.encode())
    time.sleep(pause)
    before = engine.counters
    assert before.prefilled == 0
    said = {one.tokens: one for one in ask(engine, branch("a", 6), branch("b", 6, seed=2))}
    first = said[expected.tokens]
    assert (first.prefilled, first.shared) == (engine.count(STORY), 0)
    assert sum(one.prefilled for one in said.values()) == engine.count(STORY)
    assert engine.counters.since(before).prefilled == engine.count(STORY)


def test_an_expectation_that_does_not_come_true_does_no_harm(serve: Serve, tiny: Path) -> None:
    behind = LlamaEngine(tiny, cells=256, threads=1)
    serving = serve(behind, foresee=foresee)
    for text in ("something else " * 20, "", "too long for any context " * 500):
        engine = serving.connect()
        engine.expect(text.encode())
        engine.reserve(600)
        (said,) = ask(engine, branch("a", 6))
        assert (said.sampled, said.prefilled) == (6, engine.count(STORY))
        engine.close()
    engine = serving.connect()
    engine.expect(b"and then it goes away")
    engine.close()
    until(lambda: not serving.server._hub.ports)


def test_it_leaves_when_told_and_when_nobody_comes(serve: Serve) -> None:
    serving, idle = serve(), serve(idle_limit=0.2)
    until(lambda: idle.server.done and not idle.path.exists())
    engine = serving.connect()
    engine.submit(branch("a", 20))
    with linked(serving) as link:
        assert link.call("status").callers == 1
        link.call("leave")
    assert not serving.path.exists()
    assert ask(engine, branch("b", 5))[0].sampled == 5, "what is under way is finished"
    finish(engine, ["a"])
    until(lambda: serving.server.done)


def test_errors_of_the_engine_come_as_what_they_are(serve: Serve) -> None:
    request = wire.slim(branch("a"), 1)
    with linked(serve(ScriptedEngine(script, context=4))) as link:
        with pytest.raises(TtcError, match="the context holds 4") as raised:
            link.call("submit", request, 0, ())
        assert raised.value.exit_code == 5
        with pytest.raises(EngineFailed, match="keeps no states"):
            link.call("resident", [1])


@pytest.mark.parametrize(
    "data",
    [
        *(random.Random(n).randbytes(n) for n in (1, 4, 50, 200)),
        *(struct.pack(">I", n) + random.Random(n).randbytes(n) for n in range(0, 40, 3)),
        struct.pack(">I", wire.LONGEST + 1),
        struct.pack(">I", 1000) + b"and no more",
        2 * wire.framed(wire.Call("poll", wire.raw([0.5]))),
        wire.framed({"method": "poll", "arguments": ["soon"]}),
        wire.framed({"method": "poll", "arguments": [0.5, 1]}),
        wire.framed({"method": "no such", "arguments": []}),
        wire.framed({"method": "close", "arguments": []}),
        wire.framed([1, 2]),
    ],
)
def test_strangers_do_no_harm(steady: Serving, data: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect(os.fspath(steady.path))
        stranger.sendall(data)
    engine = steady.connect()
    assert ask(engine, branch("a", 3))[0].sampled == 3
    engine.close()


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("warm")
    folder.chmod(0o700)
    serving = Serving(ScriptedEngine(script), peer.place(folder, "steady"))
    yield serving
    serving.close()


def test_another_user_is_not_heard(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    path = serve().path
    monkeypatch.setattr(peer, "_uid", lambda _: os.getuid() + 1)
    assert Link.open(path) is None


def test_sockets_are_for_their_owner_only(tmp_path: Path) -> None:
    (folder := tmp_path / "open").mkdir(mode=0o700)
    path = peer.place(folder, "name")
    peer.listen(path).close()
    assert path.stat().st_mode & 0o777 == 0o600
    assert Link.open(path) is None, "stale"
    with peer.listen(path):
        pass
    folder.chmod(0o755)
    with pytest.raises(PermissionError):
        peer.listen(path)


def test_a_place_too_long_for_a_socket_has_a_shorter_one(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 40)
    path = peer.place(folder, "name")
    assert len(os.fsencode(path)) <= peer.LONGEST
    assert path == peer.place(folder, "name") != peer.place(folder, "other")
