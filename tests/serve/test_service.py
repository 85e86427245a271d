"""The service behind the endpoint: who is held, who is let go, and how it ends."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from endpoint import CHAT, RESPONSES, SUM, ask, serving, session, streamed, until, working
from starlette.testclient import TestClient

from ttc_cli.core.engine import BranchRequest
from ttc_cli.core.errors import EngineFailed, TtcError
from ttc_cli.core.events import Done, Event, Text
from ttc_cli.engine.openai.address import Address
from ttc_cli.engine.openai.detect import connect
from ttc_cli.engine.openai.pacing import RetryPolicy
from ttc_cli.engine.scripted import Line
from ttc_cli.serve.jobs import Job
from ttc_cli.serve.refusal import ApiError
from ttc_cli.serve.service import Service
from ttc_cli.session.request import Request

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))
from fake_server import FakeServer

SECONDS = 20.0
STORY = "Tell a story."


class Heard:
    """A job, and what was told of it."""

    def __init__(
        self, service: Service, prompt: str = SUM, then: Callable[[int], None] = lambda _: None
    ) -> None:
        self.texts = 0
        self.end: Any = None
        self.over = threading.Event()
        self._then = then
        self.job = Job(Request.of(service.session.settings, prompt), self._hear, every=True)

    def _hear(self, event: Event | TtcError) -> None:
        if isinstance(event, Text):
            self.texts += 1
            self._then(self.texts)
        if isinstance(event, Done | TtcError):
            self.end = event
            self.over.set()


def endless(_: BranchRequest) -> str:
    return "and so it goes " * 400


def test_who_leaves_frees_its_branches_before_the_next_step() -> None:
    stage = session(endless)
    with working(Service(stage)) as service:
        other = Heard(service, STORY)

        def leave(count: int) -> None:
            if count == 3:
                service.leave(gone.job)

        gone = Heard(service, STORY, then=leave)
        service.submit(gone.job, other.job)
        assert other.over.wait(SECONDS)
        assert gone.texts == gone.job.usage.sampled == 3
        assert gone.end is None
        until(lambda: not service.held)
    assert isinstance(other.end, Done)


def test_the_queue_is_bounded_and_a_place_is_free_again() -> None:
    hold, begun = threading.Event(), threading.Event()

    def script(_: BranchRequest) -> str:
        begun.set()
        assert hold.wait(SECONDS)
        return "fine"

    with working(Service(session(script), queue=2)) as service:
        first, second, third, fourth = (Heard(service, STORY) for _ in range(4))
        service.submit(first.job)
        assert begun.wait(SECONDS)
        service.submit(second.job)
        with pytest.raises(ApiError) as full:
            service.submit(third.job)
        assert full.value.status == 429
        assert int(full.value.headers["Retry-After"]) >= 1
        service.leave(second.job)
        service.submit(fourth.job)
        hold.set()
        assert first.over.wait(SECONDS)
        assert fourth.over.wait(SECONDS)
        until(lambda: not service.held)
    assert isinstance(first.end, Done)
    assert isinstance(fourth.end, Done)
    assert second.end is third.end is None


def test_at_the_end_what_runs_is_answered_and_what_waits_is_handed_back() -> None:
    stage = session(endless)
    stage.engine.width = 1  # so that one fills it
    waiting: list[Heard] = []

    def end(count: int) -> None:
        if count == 5:
            waiting.append(Heard(service, STORY))
            service.submit(waiting[0].job)
            service.close(0)

    with working(Service(stage)) as service:
        running = Heard(service, STORY, then=end)
        service.submit(running.job)
        assert running.over.wait(SECONDS)
        assert waiting[0].over.wait(SECONDS)
        with pytest.raises(ApiError) as closed:
            service.submit(Heard(service).job)
    assert closed.value.status == 503
    assert running.end.result["ttc"]["stopped"] == "interrupted"
    assert running.end.result["choices"][0]["message"]["content"].startswith("and so")
    assert isinstance(waiting[0].end, EngineFailed)
    error = running.end.result["error"]
    assert (error["code"], error["hint"]) == (130, "")
    assert error["message"].startswith("the server is closing down")


@contextmanager
def closing_early(script: Any, polls: int) -> Iterator[TestClient]:
    """A client of a server that ends while the first answer is drawn."""
    with serving(script) as client:
        engine = client.service.session.engine  # type: ignore[attr-defined]
        poll, count = engine.poll, iter(range(10**9))

        def polled(timeout: float) -> Any:
            if next(count) == polls:
                client.service.close(0)  # type: ignore[attr-defined]
            return poll(timeout)

        engine.poll = polled
        yield client


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("more", [{}, {"model": "tiny:best-of-n", "ttc": {"samples": 8}}])
def test_an_answer_cut_at_the_end_does_not_blame_the_client(more: Any, stream: bool) -> None:
    with closing_early(endless, 5) as client:
        told = client.post(CHAT, json=ask(STORY, stream=stream, **more))
    last = streamed(told.text)[-1] if stream else told.json()
    assert last["choices"][0]["finish_reason"] == "length"
    assert last["ttc"]["stopped"] == "interrupted"
    assert "closing down" in last["ttc"]["error"]["message"]
    assert "max" not in str(last["ttc"]["error"])


def test_a_response_cut_at_the_end_was_not_too_long() -> None:
    with closing_early(endless, 5) as client:
        told = client.post(RESPONSES, json={"model": "tiny", "input": STORY}).json()
    assert (told["status"], told["incomplete_details"]) == ("incomplete", {"reason": None})


@pytest.mark.parametrize(
    "more",
    [
        {"model": "tiny:best-of-n", "ttc": {"samples": 8}},
        {"response_format": {"type": "json_object"}},
        {"ttc": {"samples": 8, "verifiers": ["regex:42"]}},
    ],
)
def test_no_answer_at_the_end_is_to_be_asked_for_again(more: Any) -> None:
    blank = ("\n", " ", "\n\n", "  ", "\n ", " \n")
    with closing_early(lambda _: Line((*blank, *["and", " so", " on"] * 9)), 3) as client:
        told = client.post(CHAT, json=ask(**more))
    assert told.status_code == 503
    assert "closing down" in told.json()["error"]["message"]
    assert told.headers["retry-after"]


def test_an_engine_that_dies_fails_all_and_ends_the_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = session(endless)
    poll = stage.engine.poll

    ill: list[bool] = []

    def dies(timeout: float) -> Any:
        if ill or len(stage.engine.running) == 2:
            ill.append(True)
            raise EngineFailed("it is dead")
        return poll(timeout)

    monkeypatch.setattr(stage.engine, "poll", dies)
    with working(Service(stage)) as service:
        both = Heard(service, STORY), Heard(service, STORY)
        service.submit(*(one.job for one in both))
        assert all(one.over.wait(SECONDS) for one in both)
        assert service.state == "failed"
    assert [str(one.end) for one in both] == ["it is dead", "it is dead"]
    assert [str(error) for error in service.failures] == ["it is dead"]  # type: ignore[attr-defined]


def test_while_a_server_is_away_one_call_finds_out_and_others_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = session(endless)
    monkeypatch.setattr(type(stage.engine), "outage", "away for 3 of 10 s", raising=False)
    refused: list[ApiError] = []

    def another(count: int) -> None:
        if count == 1:
            try:
                service.submit(Heard(service).job)
            except ApiError as error:
                refused.append(error)

    with working(Service(stage)) as service:
        first = Heard(service, STORY, then=another)
        service.submit(first.job)
        assert first.over.wait(SECONDS)
        assert service.state == "outage"
    assert refused[0].status == 503
    assert "away" in refused[0].message


def test_a_kept_result_is_recalled(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTC_HOME", str(tmp_path))
    with serving(log=True, cache=True) as client:
        first, again = (client.post(CHAT, json=ask()).json() for _ in range(2))
        told = client.post(CHAT, json=ask(stream=True)).text
    assert (first["ttc"]["cache"], again["ttc"]["cache"]) == ("miss", "hit")
    assert again["choices"] == first["choices"]
    assert '"content": "42"' in told


def test_a_model_behind_a_server_that_goes_away_is_unavailable_and_comes_back() -> None:
    server = FakeServer(lambda _: "17 + 25 = 42, so it is \\boxed{42}.")
    engine = connect(Address(server.url), retry=RetryPolicy(pause=0.02, wait=0.2))
    with serving(engine=engine) as client:
        assert client.post(CHAT, json=ask()).json()["ttc"]["answer"] == "42"
        server.close()
        for effort in ("low", "high"):
            told = client.post(CHAT, json=ask(reasoning_effort=effort))
            assert told.status_code == 503
            assert int(told.headers["retry-after"]) >= 1
            assert "refused" in told.json()["error"]["message"]
        assert client.get("/health").json() == {"status": "outage"}
        back = FakeServer(lambda _: "It is \\boxed{43}.", after=server)
        assert client.post(CHAT, json=ask()).json()["ttc"]["answer"] == "43"
        assert client.get("/health").json() == {"status": "ok"}
        back.close()
    engine.close()
