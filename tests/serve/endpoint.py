"""A server on the scripted engine: the service on a thread, the endpoint for a test client."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from starlette.testclient import TestClient

from ttc_cli.core.engine import BranchRequest
from ttc_cli.engine.scripted import Line
from ttc_cli.serve.app import application
from ttc_cli.serve.reading import Reader
from ttc_cli.serve.service import Service
from ttc_cli.settings import Settings
from ttc_cli.store.speeds import Speeds

sys.path.insert(0, str(Path(__file__).parents[1] / "cli"))
from harness import Speaker

HOSTS = ("testserver", "localhost", "127.0.0.1", "[::1]")
CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
SUM = "What is 17 + 25?"


def sums(request: BranchRequest) -> Line | str:
    """A model that adds; answers in JSON are under a grammar."""
    if request.grammar:
        return '{"city": "Rome"}'
    return "17 + 25 = 42, so the answer is \\boxed{42}."


def session(script: Any = sums, *, context: int = 4096, engine: Any = None, **settings: Any) -> Any:
    """A session on the scripted engine, or on another, that keeps nothing."""
    return SimpleNamespace(
        settings=Settings(**{"log": False, "cache": False, **settings}),
        model=SimpleNamespace(name="tiny", kv_bytes_per_token=0),
        identity="tiny",
        engine=engine or Speaker(script, context=context),
        speeds=Speeds(),
        load_seconds=0.0,
        pool=lambda: None,
        refresh=False,
        keeps=bool(settings.get("cache")),
    )


@contextmanager
def working(service: Service, grace: float = 0.0) -> Iterator[Service]:
    """The service at work on a thread."""
    failures: list[BaseException] = []

    def work() -> None:
        try:
            service.work()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield service
    finally:
        service.close(grace)
        thread.join(20)
        assert not thread.is_alive()
        service.failures = failures  # type: ignore[attr-defined]


@contextmanager
def serving(
    script: Any = sums, *, queue: int = 128, app: Any = None, **stage_of: Any
) -> Iterator[TestClient]:
    """A client of an endpoint; `client.service` is what is behind it."""
    stage = session(script, **stage_of)
    bugs: list[Exception] = []
    with working(Service(stage, queue=queue)) as service:
        made = application(
            service,
            Reader(stage.settings, "tiny"),
            **{"hosts": HOSTS, "hears": bugs.append, **(app or {})},
        )
        with closing(TestClient(made)) as client:
            client.service = service
            yield client
    assert not bugs


def ask(prompt: str = SUM, **more: Any) -> dict[str, Any]:
    """A body of the chat endpoint."""
    return {"model": "tiny", "messages": [{"role": "user", "content": prompt}], **more}


def streamed(text: str) -> list[dict[str, Any]]:
    """The events of a stream."""
    lines = [line.removeprefix("data: ") for line in text.split("\n") if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for something that another thread does."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)
