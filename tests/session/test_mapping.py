"""Mapping: what is evaluated, what is held, what is waited for."""

from __future__ import annotations

import io
from contextlib import closing
from itertools import count, islice
from pathlib import Path
from typing import Any

import pytest

from ttc_cli.core.engine import BranchRequest
from ttc_cli.session import records
from ttc_cli.session.mapping import WINDOW, Mapping
from ttc_cli.session.plan import plan
from ttc_cli.session.records import AHEAD, Reader, Task
from ttc_cli.session.request import Request

HEAD = "What follows the colon is one thing out of a long list of many: "


class Endless:
    """A file of numbered lines without an end."""

    def __init__(self) -> None:
        self._lines = count()

    def read(self, size: int) -> bytes:
        return b"".join(b"n%d\n" % n for n in islice(self._lines, size // 1024))


def reader(path: Path, *lines: str) -> Reader:
    path.write_text("".join(f"{line}\n" for line in lines))
    return Reader(io.FileIO(str(path)), path.name)


def test_a_line_that_is_too_long_is_one_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "MAX_BYTES", 3 * records.CHUNK)
    source = reader(tmp_path / "in", "a", "x" * (5 * records.CHUNK), "b")
    with source.file:
        found = [record for record in iter(lambda: source.next(9), None) if record]
    assert [record.values["line"] for record in found[::2]] == ["a", "b"]
    assert "the line has more than" in found[1].error
    assert source.taken == 5 * records.CHUNK + 5


def test_what_records_share_is_evaluated_once(stage: Any, tmp_path: Path) -> None:
    session = stage(max_tokens=4)
    one = plan(session, Request.of(session.settings, HEAD)).prompt_tokens
    mapping = Mapping(session, Task(HEAD + "{line}", Request.of(session.settings)))
    source = reader(tmp_path / "in", *(f"n{n}" for n in range(40)))
    with source.file:
        rows = [row for row in mapping.rows(source) if row]
    assert len(rows) == 40
    assert session.engine.counters.prefilled < one + 40 * 8


@pytest.mark.parametrize("ordered", [True, False])
def test_an_endless_input_is_read_as_it_is_answered(stage: Any, ordered: bool) -> None:
    def script(request: BranchRequest) -> str:  # the first is as slow as it can be
        return "so " * (900 if request.prompt.text.endswith("n0") else 3)

    endless: Any = Endless()
    source = Reader(endless, "endless")
    session = stage(script)
    task = Task("Say {line}", Request.of(session.settings))
    mapping = Mapping(session, task, ordered=ordered)
    seen = []
    with closing(mapping.rows(source)) as rows:
        for row in rows:
            if row is not None:
                seen.append(row.record.number)
                ahead = source.read - len(seen)
                assert ahead <= AHEAD + 32 * WINDOW
                if len(seen) == 300:
                    break
    first = seen.index(0) if 0 in seen else len(seen)
    assert (first < 32 * WINDOW) is ordered
