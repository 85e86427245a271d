"""`-c` and `--cid`: going on with a logged conversation."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import Ttc

from ttc_cli.core.engine import BranchRequest


class Memory:
    """A script that says how many turns it was shown, and keeps what it saw."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, request: BranchRequest) -> str:
        self.seen.append(request.prompt.text)
        return f"turn {len(self.seen)}"


@pytest.fixture
def memory() -> Memory:
    return Memory()


def test_a_conversation_goes_on(ttc: Ttc, memory: Memory) -> None:
    Path("notes").write_text("some notes")
    ttc("ask", "-f", "notes", "-s", "Be brief.", "first", script=memory)
    assert ttc("-c", "second", script=memory).out == "turn 2\n"
    ttc("--continue", "third", script=memory)
    last = memory.seen[-1]
    parts = ("Be brief.", "some notes", "first", "turn 1", "second", "turn 2", "third")
    places = [last.index(part) for part in parts]
    assert places == sorted(places)


def test_any_run_names_its_conversation(ttc: Ttc, memory: Memory) -> None:
    ttc("ask", "one", script=memory)
    first = ttc("logs", "list", "--json").out.split('"ttc-')[1].split('"')[0]
    ttc("ask", "other", script=memory)
    ttc("--cid", first, "two", script=memory)
    assert "one" in memory.seen[-1]
    assert "other" not in memory.seen[-1]
    ttc("--cid", first[:8], "three", script=memory)
    assert "two" in memory.seen[-1]


def test_again_goes_on_from_where_that_run_did(ttc: Ttc, memory: Memory) -> None:
    for words in (("one",), ("-c", "two")):
        ttc("ask", *words, script=memory)
    ttc("again", script=memory)
    assert memory.seen[-1] == memory.seen[-2]


def test_nothing_to_go_on_with(ttc: Ttc, memory: Memory) -> None:
    ran = ttc("-c", "two", script=memory)
    assert (ran.code, ran.out) == (2, "")
    ttc("ask", "--no-log", "one", script=memory)
    assert ttc("-c", "two", script=memory).code == 2
    assert ttc("--cid", "ttc-nothing", "two", script=memory).code == 2


def test_another_history_is_another_question(ttc: Ttc, memory: Memory) -> None:
    for words in (("one",), ("-c", "what"), ("--refresh", "two"), ("-c", "what")):
        ttc("ask", *words, script=memory, cache="yes")
    assert len(memory.seen) == 4
