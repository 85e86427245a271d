"""`ttc map` and what it keeps beside its output: runs in the log, what finished files are of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from harness import Ttc
from mapped import FRUITS, asked, lines, names, rows

from ttc_cli.core.engine import BranchRequest


def test_each_record_is_a_run_in_the_log(ttc: Ttc) -> None:
    Path("in.jsonl").write_text('{"q": "one"}\n{"x": 1}\n{"q": "two"}\n')
    ttc("map", "Say {q}", "-S", "direct", "in.jsonl", script=asked)
    logged = json.loads(ttc("logs", "list", "--command", "map", "--json").out)
    assert sorted((run["prompt"], run["state"]) for run in logged) == [
        ("Say one", "done"), ("Say two", "done"),
    ]  # fmt: skip
    first = next(run["id"] for run in logged if run["prompt"] == "Say one")
    again = ttc("again", first, script=asked)
    assert (again.code, again.out) == (0, "Say one\n")
    ttc("map", "--no-log", "Say {q}", "in.jsonl", script=asked)
    assert len(json.loads(ttc("logs", "list", "--command", "map", "--json").out)) == 2


SHOUT = ("map", "-o", "out", "Say {line}")


def finish(ttc: Ttc, *texts: str) -> None:
    assert ttc(*SHOUT, lines("in", *texts), script=asked).code == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("-o", "out", "Sing {line}"), "out was made with another prompt; give the same flags"),
        ((*SHOUT[1:], "-e", "high"), "out was made with another effort"),
        ((*SHOUT[1:], "--no-log"), "what out was made from is not known"),
    ],
)
def test_a_finished_file_of_something_else_is_not_gone_on_with(
    ttc: Ttc, words: tuple[str, ...], says: str
) -> None:
    finish(ttc, *FRUITS)
    ran = ttc("map", *words, "in", "--resume", script=asked)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert says in ran.err
    assert sorted(path.name for path in Path().iterdir()) == ["in", "out"]


def test_a_finished_file_goes_on_where_its_input_grew(ttc: Ttc) -> None:
    finish(ttc, *FRUITS[:4])
    seen: list[str] = []

    def script(request: BranchRequest) -> str:
        seen.append(asked(request))
        return "anew"

    grown = lines("in", *FRUITS)
    assert ttc(*SHOUT, grown, "--resume", "--max-tokens", "99", script=script).code == 0
    assert names(Path("out").read_text()) == list(FRUITS)
    assert sorted(seen) == ["Say elderberry", "Say fig"]
    for texts, says in ((FRUITS[:3], "the input has 3 records, and out results of 6"),
                        (FRUITS[::-1], "record 1 is not what it was")):  # fmt: skip
        ran = ttc(*SHOUT, lines("in", *texts), "--resume", script=script)
        assert (ran.code, ran.err.count("\n"), says in ran.err) == (2, 1, True)
    assert sorted(path.name for path in Path().iterdir()) == ["in", "out"]
    with Path("out").open("a") as out:
        out.write("mine\n")
    ran = ttc(*SHOUT, lines("in", *FRUITS), "--resume", script=script)
    assert (ran.code, "was changed since it was finished" in ran.err) == (2, True)


@pytest.mark.parametrize("order", [(), ("--unordered",)])
def test_rows_that_failed_are_tried_again(ttc: Ttc, order: tuple[str, ...]) -> None:
    def script(request: BranchRequest) -> str:
        seen.append(asked(request))
        return "long " * 40 if "banana" in asked(request) else "short"

    seen: list[str] = []
    words = (*SHOUT, lines("in", *FRUITS), *order)
    assert ttc(*words, "--max-tokens", "16", script=script).code == 1
    kept = rows(Path("out").read_text())
    ran = ttc(*words, "--max-tokens", "16", "--resume", script=script)
    assert (ran.code, ran.err) == (1, "1 of 6 records failed; their lines say why\n")
    seen.clear()
    assert ttc(*words, "--max-tokens", "99", "--resume", script=script).code == 0
    assert set(seen) == {"Say banana"}
    found = rows(Path("out").read_text())
    assert [row for row in found if row["line"] != "banana"] == [
        r for r in kept if "error" not in r
    ]
    assert [row["line"] for row in found if "error" not in row].count("banana") == 1


def test_a_line_that_was_no_json_may_be_mended(ttc: Ttc) -> None:
    words = ("map", "-o", "out", "{q}", "in.jsonl")
    lines("in.jsonl", {"q": "one"}, "not json", {"q": "two"})
    assert ttc(*words, script=asked).code == 1
    lines("in.jsonl", {"q": "one"}, {"q": "mended"}, {"q": "two"})
    ran = ttc(*words, "--resume", script=asked)
    assert (ran.code, ran.err) == (0, "")
    answers = [row["answer"] for row in rows(Path("out").read_text())]
    assert answers == ["one", "mended", "two"]
