"""Journals and tapes: appended to, torn, read back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ttc_cli.bench.samples import Sample, SampleLog, Tick
from ttc_cli.core.branch import Prompt, Step
from ttc_cli.core.engine import BranchRequest, Delta
from ttc_cli.core.errors import TtcError, UnreadableFile
from ttc_cli.core.ledger import Ledger
from ttc_cli.core.sampling import Outputs, Sampling, Stop, StopRule
from ttc_cli.store.journal import Journal, read_lines

REQUEST = BranchRequest("k", Prompt((("Hello", True),)), StopRule(5), seed=3)


@pytest.mark.parametrize("torn", [b"", b"{", b'{"a":3}', b"\x00" * 70_000])
def test_a_torn_line_is_dropped(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "a.jsonl"
    first = Journal(path)
    at = [first.append({"a": n, "text": "é\n\ud800"}) for n in range(2)]
    first.close()
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    assert [row["a"] for row in read_lines(path)] == [0, 1]
    again = Journal(path)
    assert path.read_bytes() == whole
    again.append({"a": 2})
    assert again.read(at[1]) == {"a": 1, "text": "é\n\ud800"}
    assert [(row["a"], again.read(at[0])["a"]) for _, row in again.lines()] == [
        (0, 0),
        (1, 0),
        (2, 0),
    ]
    again.close()


def test_a_file_of_one_torn_line_is_empty(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"a":')
    journal = Journal(tmp_path / "a.jsonl")
    assert list(journal.lines()) == []
    journal.close()


def test_damage_in_the_middle_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"a":1}\nrubbish\n{"a":2}\n')
    with pytest.raises(TtcError, match="damaged"):
        read_lines(tmp_path / "a.jsonl")
    with pytest.raises(UnreadableFile, match="cannot"):
        Journal(tmp_path)


def test_a_sample_comes_back_as_it_was(tmp_path: Path) -> None:
    sample = Sample("a" * 64)
    sample.take(Delta("k", prefilled=7), 0.5)
    sample.take(Delta("k", "Hel", sampled=1, confidences=(1.23456,), logprobs=(-0.5,)), 0.25)
    sample.take(Delta("k", "lo", sampled=2, confidences=(2.0, 3.0), logprobs=(-1.0, -2.0)), 0.25)
    sample.take(Delta("k", "", tokens=(4, 5), stop=Stop.LOOP), 0.0)
    log = SampleLog(tmp_path / "t.jsonl")
    log.put(sample)
    log.put(sample)
    log.close()
    log = SampleLog(tmp_path / "t.jsonl")
    assert len(log) == 1
    found = log.get("a" * 64)
    log.close()
    assert found is not None
    assert found.seconds == pytest.approx(1.0)
    assert [replace(tick, seconds=0) for tick in found.ticks] == [
        Tick("Hel", 1, (-0.5,), (1.2346,)),
        Tick("lo", 2, (-1.0, -2.0), (2.0, 3.0)),
        Tick("", 0),
    ]
    assert (found.stop, found.ids) == (Stop.LOOP, (4, 5))


@pytest.mark.parametrize("stop", [Stop.CONTEXT, Stop.FAILED, Stop.BUDGET, Stop.CULLED, None])
def test_what_the_same_request_might_not_meet_again_is_not_kept(
    tmp_path: Path, stop: Stop | None
) -> None:
    log = SampleLog(tmp_path / "t.jsonl")
    log.put(Sample("b" * 64, [Tick("x")], stop))
    log.put(Sample("c" * 64, [Tick("x", hidden=((0.1,),)), Tick("y", hidden=((0.2,),))], Stop.END))
    assert len(log) == 0
    log.close()


def test_the_state_at_a_samples_end_is_kept(tmp_path: Path) -> None:
    log = SampleLog(tmp_path / "t.jsonl")
    log.put(Sample("b" * 64, [Tick("x"), Tick("y", hidden=((0.5, -2.0),))], Stop.END))
    found = log.get("b" * 64)
    assert found is not None
    assert [list(map(list, tick.hidden)) for tick in found.ticks] == [[], [[0.5, -2.0]]]
    log.close()


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 4},
        {"stop": StopRule(6)},
        {"stop": StopRule(5, ("\n",))},
        {"sampling": Sampling(0.8)},
        {"outputs": Outputs(confidence=True)},
        {"outputs": Outputs(certainty=True)},
        {"stop": StopRule(5, block=True)},
        {"grammar": "root ::= [a-z]"},
        {"candidates": ("Yes",)},
        {"prompt": Prompt((("Hello", False),))},
        {"prefix": (Step("Hi"),)},
        {"prefix": (Step("Hi", (3,)),)},
    ],
)
def test_everything_that_makes_a_sample_is_in_its_key(change: dict[str, Any]) -> None:
    assert replace(REQUEST, **change).digest("sha") != REQUEST.digest("sha")


def test_nothing_else_is() -> None:
    assert replace(REQUEST, key="other", ledger=Ledger(9)).digest("sha") == REQUEST.digest("sha")
    assert REQUEST.digest("other") != REQUEST.digest("sha")
