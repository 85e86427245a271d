"""A model that is kept loaded between calls, as people use it: real processes, a tiny model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from harness import Ran, Ttc

from ttc_cli.engine.warm import peer
from ttc_cli.engine.warm.wire import Condition
from ttc_cli.session import warm

pytestmark = pytest.mark.skipif(not peer.AVAILABLE, reason="no Unix sockets here")

ASK = ("ask", "--no-cache", "--max-tokens", "40", "Say something.")
VOTE = (*ASK, "-S", "self-consistency", "-n", "3", "--no-early-stop")


@pytest.fixture
def served(tiny: Path, child: Ttc, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ttc]:
    """A function that runs `ttc` on the tiny model; whatever was left running is ended."""
    monkeypatch.setenv("TTC_MODEL", str(tiny))
    monkeypatch.setenv("TTC_THREADS", "1")
    yield child
    child("serve", "stop")
    assert not servers()


def servers() -> list[Condition]:
    return [condition for _, condition in warm.running()]


def until(true: Callable[[], Any]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def same(ran: Ran) -> Any:
    """What two runs that draw the same have in common."""
    result = json.loads(ran.out)
    ours = {**result["ttc"], "cost": None, "timings": None}
    return ran.code, ran.err, {**result, "id": None, "created": None, "ttc": ours}


def test_a_kept_model_answers_as_one_in_process(served: Ttc) -> None:
    before = [same(served(*words, "--json")) for words in (ASK, VOTE)]
    kept = served("serve", "--no-http", "--detach")
    assert (kept.code, kept.out, kept.err) == (0, "", "tiny is kept loaded\n")
    assert [same(served(*words, "--json")) for words in (ASK, VOTE)] == before
    (server,) = json.loads(served("serve", "status", "--json").out)
    assert server["requests"] >= 2
    assert server["url"] is None
    assert server["model"]["name"] == "tiny"
    told = served("serve", "status").out
    assert told.startswith("tiny: ")
    assert f"process {server['pid']}" in told
    again = served("serve", "--no-http")
    assert (again.code, again.err.count("\n")) == (1, 1)
    assert "kept loaded already" in again.err
    assert served("serve", "stop").err == "1 ended\n"
    assert served("serve", "status").err == "no model is kept loaded\n"
    assert served(*ASK).out == before[0][2]["choices"][0]["message"]["content"] + "\n"


def test_other_settings_load_a_model_of_their_own(served: Ttc) -> None:
    served("serve", "--no-http", "--detach")
    assert served(*ASK, "--ctx-size", "512").out
    assert servers()[0].calls == 0


def test_keep_warm_leaves_one_behind(served: Ttc) -> None:
    kept = {**os.environ, "TTC_KEEP_WARM": "2m"}
    first = served(*ASK, env=kept)
    until(servers)
    assert servers()[0].idle_limit == 120
    assert served(*ASK, env=kept) == first
    assert servers()[0].calls


def test_a_killed_server_is_no_error(served: Ttc) -> None:
    first = served(*ASK)
    served("serve", "--no-http", "--detach")
    (pid,) = [link.hello.pid for link, _ in warm.running()]
    os.kill(pid, signal.SIGKILL)
    assert served(*ASK) == first


def test_control_c_stops_the_server_s_work_too(served: Ttc) -> None:
    served("serve", "--no-http", "--detach")
    words = (*ASK[:2], "--max-tokens", "100000", "-n", "40", "-S", "self-consistency", ASK[-1])
    asking = subprocess.Popen(
        [sys.executable, "-m", "ttc_cli", *words],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with asking:
        until(lambda: servers()[0].calls)
        asking.send_signal(signal.SIGINT)
        assert asking.wait(30) == 130
    until(lambda: servers()[0].callers == 0)


def test_map_and_chat_use_it(served: Ttc) -> None:
    served("serve", "--no-http", "--detach")
    mapped = served("map", "--no-cache", "--max-tokens", "8", "Say {line}", "-", input=b"a\nb\n")
    assert len(mapped.out.splitlines()) == 2
    assert (calls := servers()[0].calls) >= 2
    served("chat", "--no-cache", "--max-tokens", "8", input=b"Hello\n")
    assert servers()[0].calls > calls
