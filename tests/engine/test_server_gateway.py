"""One address with many replicas behind it: who answers, how many at once, what is one model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import pytest
from fake_server import FakeServer, Fault, _json
from kinds import ask, branch

from ttc_cli.core.errors import TtcError, UsageError
from ttc_cli.core.sampling import Stop
from ttc_cli.engine.openai import server as found
from ttc_cli.engine.openai.address import Address
from ttc_cli.engine.openai.detect import connect
from ttc_cli.engine.openai.pacing import RetryPolicy, Window
from ttc_cli.engine.openai.server import Unlike
from ttc_cli.engine.openai.told import refusal

QUICK = RetryPolicy(attempts=3, pause=0.01, longest=1, wait=5)
Serve = Callable[..., FakeServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers that say one word unless told otherwise."""
    servers: list[FakeServer] = []

    def start(script: Any = lambda _: " word", **how: Any) -> FakeServer:
        servers.append(FakeServer(script, **how))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.mark.parametrize("raw", [True, False])
def test_samples_of_one_question_carry_one_header(serve: Serve, raw: bool) -> None:
    server = serve(raw=raw)
    engine = connect(Address(server.url, affinity="X-Sticky"))
    probes = len(server.headers)
    ask(engine, *(branch(i, 20, affinity="abc" if i < 4 else "") for i in range(5)))
    engine.close()
    drawn = [h for (path, _), h in zip(posts(server), server.headers, strict=True)][probes:]
    assert sorted(h.get("X-Sticky", "") for h in drawn if "X-Sticky" in h) == ["abc"] * 4


def posts(server: FakeServer) -> list[tuple[str, Any]]:
    return [(path, body) for path, body in server.asked if body]


def test_a_header_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="no name of a header"):
        Address("http://h/v1", affinity="X: y")


def test_a_model_is_the_same_whichever_replica_answers(serve: Serve) -> None:
    server = serve(told="/mnt/a/model.gguf")
    names = set()
    for path in ("/mnt/a/model.gguf", "/data/b/model.gguf", "/mnt/a/other.gguf"):
        server.told = path
        engine = connect(Address(server.url))
        engine.close()
        names.add(engine.info.sha256)
    assert len(names) == 2, "a path is the replica's own, a name of a file is not"


class Listing:
    """A server that answers one thing when it is asked for its models."""

    def __init__(self, status: int, told: Any) -> None:
        self.address, self._status, self._told = Address("http://h/v1"), status, told

    async def call(self, _: str) -> Any:
        if self._status != 200:
            raise refusal(self._status, self._told, None, self.address)
        return self._told


@pytest.mark.parametrize(
    ("status", "told", "names"),
    [(200, ["m"], ["m"]), (200, {"data": ["m", {"id": "n"}]}, ["m", "n"]),
     *((status, "no", []) for status in (400, 404, 405, 501))],
)  # fmt: skip
def test_a_list_of_models_may_be_odd_where_one_is_named(
    status: int, told: Any, names: list[str]
) -> None:
    api: Any = Listing(status, told)
    assert list(asyncio.run(found._listed(api, lenient=True))) == names
    if status != 200:
        with pytest.raises(TtcError, match=f"answers {status}"):
            asyncio.run(found._listed(api))


class Loading(FakeServer):
    """llama-server while it loads: it tells the name of its model, and nothing else."""

    loads = 5

    def _get(self, http: Any) -> None:
        if http.path == "/v1/models":
            rows = [{"id": "fake", "owned_by": "llamacpp", "meta": None}]
            return _json(http, 200, {"data": rows})
        if self.loads:
            self.loads -= 1
            return _json(http, 503, {"error": {"code": 503, "message": "Loading model"}})
        return super()._get(http)


def test_a_server_that_loads_its_model_is_waited_for_and_known() -> None:
    server = Loading(lambda _: " word")
    engine = connect(Address(server.url), retry=QUICK)
    engine.close()
    server.close()
    assert engine.info.meta["server"] == "llama.cpp"


class Alternating(FakeServer):
    """Tells another build and context each time it is asked."""

    builds, contexts = cycle(["b1", "b2"]), cycle([4096, 2048])

    def _get(self, http: Any) -> None:
        if http.path == "/props":
            self.build, self.context = next(self.builds), next(self.contexts)
        super()._get(http)


def test_replicas_that_differ_are_refused_with_both_values() -> None:
    server = Alternating(lambda _: " word")
    with pytest.raises(TtcError, match=r"build b1 and b2, context 4096 and 2048") as raised:
        connect(Address(server.url))
    server.close()
    assert "give all replicas the same" in raised.value.hint


def test_a_replica_of_another_build_that_joins_ends_the_run(serve: Serve) -> None:
    server = serve()
    engine = connect(Address(server.url))
    ask(engine, branch("before"))
    server.build = "b2"
    with pytest.raises(Unlike, match="build b1 and b2"):
        ask(engine, branch("after"))
    engine.close()


def test_a_replica_of_another_context_that_joins_ends_the_run(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(found, "EVERY", 0.02)
    server = serve(lambda _: " word" * 400, pause=0.01)
    engine = connect(Address(server.url))
    server.context = 512
    with pytest.raises(Unlike, match="context 4096 and 512"):
        ask(engine, branch("it", 400))
    engine.close()


def test_who_answered_is_counted_where_it_is_told(serve: Serve) -> None:
    server = serve()
    engine = connect(Address(server.url))
    ask(engine, *(branch(i) for i in range(3)))
    engine.close()
    assert engine.served == {f"127.0.0.1:{server.port}": 3}


def test_a_router_is_asked_about_the_model_that_is_meant(serve: Serve) -> None:
    server = serve(router=True, models=("small", "large"))
    with pytest.raises(UsageError, match="2 models and none was named"):
        connect(Address(server.url))
    engine = connect(Address(server.url), "small")
    (said,) = ask(engine, branch("it", 20))
    engine.close()
    assert (said.text, said.stop, engine.info.name) == (" word", Stop.END, "small")
    assert "grammar" in engine.info.capabilities, "it is llama-server"


def test_a_stream_that_breaks_off_again_and_again_comes_to_its_end(serve: Serve) -> None:
    words = " a b c d e f g h i j"

    def rest(request: Any) -> str:
        said = request.prompt.text
        return words.removeprefix(said[said.find(" a b") :] if " a b" in said else "")

    server = serve(rest)
    engine = connect(Address(server.url), retry=QUICK)
    server.faults.extend(Fault(after=3) for _ in range(4))
    (said,) = ask(engine, branch("it", 40))
    engine.close()
    assert (said.text, said.stop) == (words, Stop.END), "each came further: none was in vain"


def test_the_width_follows_what_the_gateway_bears(serve: Serve) -> None:
    server = serve(lambda _: " word" * 30, pause=0.01, takes_at_once=24)
    engine = connect(Address(server.url), retry=QUICK)
    said = ask(engine, *(branch(i, 40) for i in range(150)))
    width = engine.width
    engine.close()
    assert {s.stop for s in said} == {Stop.END}
    assert server.most > 8, "more than it was told of are taken, and it found out"
    assert width <= 32, "and turned away, it asks for fewer"


def test_requests_that_queue_at_the_server_are_not_added_to(serve: Serve) -> None:
    server = serve(lambda _: " word" * 12, pause=0.004, slots=8)
    engine = connect(Address(server.url), retry=QUICK)
    ask(engine, *(branch(i, 40) for i in range(150)))
    width = engine.width
    engine.close()
    assert 8 <= width <= 20


def test_places_go_to_who_asked_first_and_cancelled_ones_are_given_on() -> None:
    async def run() -> list[int]:
        window, got = Window(1, 1), list[int]()
        await window.enter(0)

        async def one(order: int) -> None:
            await window.enter(order)
            got.append(order)
            window.leave()

        tasks = [asyncio.create_task(one(order)) for order in (3, 1, 2)]
        await asyncio.sleep(0)
        window.leave()
        next(t for t, order in zip(tasks, (3, 1, 2), strict=True) if order == 1).cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return got

    assert asyncio.run(run()) == [2, 3]


def test_an_outage_halves_the_width_once() -> None:
    async def run() -> int:
        window = Window(16, 64)
        for order in range(40):
            place = await window.enter(order)
            window.shrink(place)
            window.leave()
        return window.width

    assert asyncio.run(run()) == 8
