"""A server that goes away in the middle, and comes back or does not."""

from __future__ import annotations

import time
from threading import Timer

import pytest
from fake_server import FakeServer
from kinds import ask, branch, finish

from ttc_cli.core.sampling import Stop
from ttc_cli.engine.openai.address import Address
from ttc_cli.engine.openai.detect import connect
from ttc_cli.engine.openai.pacing import RetryPolicy

WORDS = " word" * 40


def rest(request: object) -> str:
    """What is left of the words after those that the prompt ends with."""
    said = request.prompt.text  # type: ignore[attr-defined]
    return " word" * (40 - said.count(" word"))


def test_a_server_that_comes_back_is_waited_for() -> None:
    server = FakeServer(rest, pause=0.01)
    retry = RetryPolicy(pause=0.02, wait=30)
    engine = connect(Address(server.url), retry=retry)
    for key in range(4):
        engine.submit(branch(key, 60))
    while server.written < 40:
        time.sleep(0.01)
    server.close()
    until = time.monotonic() + 10
    while not engine.outage and time.monotonic() < until:
        time.sleep(0.01)
    assert "the connection is refused; away for 1 of 30 s" in engine.outage
    back: list[FakeServer] = []
    again = Timer(0.5, lambda: back.append(FakeServer(rest, after=server)))
    again.start()
    said = finish(engine, range(4))
    assert {s.text for s in said.values()} == {WORDS}
    assert {s.sampled for s in said.values()} == {41}
    assert all(any("waiting for it" in d.error for d in s.deltas) for s in said.values())
    assert (engine.outage, engine.gone) == ("", False)
    engine.close()
    back[0].close()


@pytest.mark.parametrize("raw", [True, False])
def test_a_server_that_stays_away_is_given_up_and_that_is_said(raw: bool) -> None:
    server = FakeServer(rest, raw=raw)
    engine = connect(Address(server.url), retry=RetryPolicy(pause=0.02, wait=0.2))
    server.close()
    began = time.monotonic()
    said = ask(engine, *(branch(key, 60) for key in range(12)))
    assert time.monotonic() - began < 5
    assert {s.stop for s in said} == {Stop.FAILED}
    assert all("the connection is refused" in s.error for s in said)
    assert engine.gone
    engine.close()
