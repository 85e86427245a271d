"""`ttc map`: records in, results out, whatever happens in between."""

from __future__ import annotations

import gzip
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import Ttc
from mapped import FRUITS, asked, echo, lines, names, rows

from ttc_cli.core.engine import BranchRequest


def test_lines_are_answered_in_their_order(ttc: Ttc) -> None:
    ran = ttc("map", "Say {line}", lines("in", *FRUITS), script=echo)
    assert (ran.code, ran.err) == (0, "")
    assert names(ran.out) == list(FRUITS)
    assert all(row["answer"].startswith(f"Say {row['line']} so") for row in rows(ran.out))
    assert rows(ran.out)[0].keys() == {"line", "answer"}


def test_unordered_they_come_as_they_are_done(ttc: Ttc) -> None:
    ran = ttc("map", "--unordered", "Say {line}", lines("in", *FRUITS), script=echo)
    assert names(ran.out) == list(reversed(FRUITS))


def test_stdin_blank_lines_and_a_byte_order_mark(ttc: Ttc) -> None:
    ran = ttc("map", "Say {line}", stdin=b"\xef\xbb\xbfone\r\n\n  \ntwo", script=echo)
    assert names(ran.out) == ["one", "two"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_the_mark_at_the_start_tells_the_encoding(ttc: Ttc, encoding: str) -> None:
    mark = "\ufeff" if encoding.endswith("be") else ""
    Path("in.txt").write_bytes(f"{mark}Monday\r\nTuesday\r\n".encode(encoding))
    assert names(ttc("map", "Say {line}", "in.txt", script=echo).out) == ["Monday", "Tuesday"]


def test_packed_records_are_unpacked(ttc: Ttc) -> None:
    Path("in.jsonl.gz").write_bytes(gzip.compress(b'{"q": "why"}\n{"q": "how"}\n'))
    ran = ttc("map", "{q}", "in.jsonl.gz", script=asked)
    assert [row["answer"] for row in rows(ran.out)] == ["why", "how"]
    Path("cut.gz").write_bytes(gzip.compress(b"a line\n" * 99)[:-9])
    ran = ttc("map", "Say {line}", "cut.gz", script=echo)
    assert ran.code == 1
    assert "gzip that breaks off" in ran.err


def test_what_is_no_text_or_no_json_is_told_in_its_line(ttc: Ttc) -> None:
    Path("in.txt").write_bytes("a\nb\n".encode("utf-16-le"))
    ran = ttc("map", "Say {line}", "in.txt", script=echo)
    assert all("NUL" in row["error"] for row in rows(ran.out))
    Path("in.jsonl").write_text('{"n": NaN, "m": [Infinity], "q": "x"}\n{"q": "\\ud800"}\n')
    found = rows(ttc("map", "{q}", "in.jsonl", script=asked).out)
    assert (found[0]["n"], found[0]["m"], found[0]["answer"]) == (None, [None], "x")
    assert "half a character" in found[1]["error"]


@pytest.mark.parametrize("name", ["in.jsonl", "in.txt"])
def test_json_records_keep_their_fields(ttc: Ttc, name: str) -> None:
    records = ({"id": 1, "q": "why"}, {"id": 2, "q": ["why", "not"]})
    ran = ttc("map", "--field", "reply", "{{q}} is {q}", lines(name, *records), script=asked)
    assert rows(ran.out) == [
        {"id": 1, "q": "why", "reply": "{q} is why"},
        {"id": 2, "q": ["why", "not"], "reply": '{q} is ["why", "not"]'},
    ]


def test_fields_of_any_name_are_filled(ttc: Ttc) -> None:
    file = lines("in.jsonl", {"first name": "Ann", "Übung": "x", "e-mail": "a@b"}, {"Übung": "y"})
    ran = ttc("map", "{first name}, {Übung}, {e-mail}, {{Übung}}, {a b}", file, script=asked)
    assert [row["answer"] for row in rows(ran.out)] == [
        "Ann, x, a@b, {Übung}, {a b}",
        "{first name}, y, {e-mail}, {Übung}, {a b}",
    ]
    found = rows(ttc("map", "Hi {first name}", file, script=asked).out)
    assert found[0]["answer"] == "Hi Ann"
    assert found[1]["error"] == "the record has no field 'first name'"


def test_what_the_lines_are_can_be_said(ttc: Ttc) -> None:
    file = lines("in.jsonl", {"q": "why"})
    assert names(ttc("map", "--line-input", "{line}", file, script=echo).out) == ['{"q": "why"}']
    ran = ttc("map", "--jsonl-input", "{q}", lines("in", "why"), script=echo)
    assert rows(ran.out) == [{"line": "why", "error": "the line is not a JSON object"}]


def test_bad_records_say_why_and_the_others_go_on(ttc: Ttc) -> None:
    records = (
        {"q": "one"}, "not json", {"x": 1}, {"q": "two", "answer": "here"}, {"q": "long " * 99},
        {"q": ""}, {"q": "three"}, {"q": "four", "error": "mine"},
    )  # fmt: skip
    ran = ttc("map", "{q}", lines("in.jsonl", *records), script=echo, context=60)
    assert ran.code == 1
    assert ran.err == "5 of 8 records failed; their lines say why\n"
    got = rows(ran.out)
    assert [row.get("error", "").split(";")[0] for row in got] == [
        "",
        "the line is not a JSON object",
        "the record has no field 'q'",
        "the record has a field 'answer' already",
        got[4]["error"].split(";")[0],
        "the prompt is empty",
        "",
        "",
    ]
    assert "the context holds 60" in got[4]["error"]
    assert got[3]["answer"] == "here"
    assert got[6]["answer"].startswith("three")


def test_fail_fast_stops(ttc: Ttc) -> None:
    records = [{"q": "a"}, "not json", *({"q": "b"} for _ in range(500))]
    ran = ttc("map", "--fail-fast", "{q}", lines("in.jsonl", *records), script=echo)
    assert ran.code == 1
    assert rows(ran.out)[-1]["error"]
    assert len(rows(ran.out)) < 3


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("Say it",), "the prompt is the same for every record; write {line} in it"),
        (("Say {it}",), "the input has lines and no field 'it'"),
        (("{line}", "--resume"), "--resume goes on with a file"),
        (("{line}", "-S", "magic"), "magic"),
        (("{line}", "-O", "what"), "-O takes KEY=VALUE"),
        (("{line}", "--field", "error"), "says what failed"),
    ],
)
def test_usage(ttc: Ttc, words: tuple[str, ...], says: str) -> None:
    ran = ttc("map", *words[:1], lines("in", "a"), *words[1:], script=echo)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err


def test_a_file_that_is_not_there(ttc: Ttc) -> None:
    ran = ttc("map", "{line}", "nowhere")
    assert (ran.code, ran.err) == (1, "ttc: cannot read nowhere: no such file or directory\n")


def test_votes_and_short_forms(ttc: Ttc) -> None:
    def script(request: BranchRequest) -> str:
        return f"so it is \\boxed{{{asked(request).split()[2]}}}"

    words = ("map", "-x", "-n", "3", "What is {line} + 0 times 1?")
    ran = ttc(*words, lines("in", "7", "8"), script=script)
    assert [row["answer"] for row in rows(ran.out)] == ["7", "8"]


def test_more_records_than_fit_at_once(ttc: Ttc) -> None:
    many = [f"n{n}" for n in range(300)]
    assert names(ttc("map", "{line}", lines("in", *many), script=asked).out) == many


def test_output_is_there_when_all_is(ttc: Ttc) -> None:
    ran = ttc("map", "-o", "out", "Say {line}", lines("in", *FRUITS), script=echo)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert names(Path("out").read_text()) == list(FRUITS)
    assert sorted(path.name for path in Path().iterdir()) == ["in", "out"]
    again = ttc("map", "-o", "out", "--resume", "Say {line}", "in", script=echo)
    assert (again.code, again.err) == (0, "out is finished already\n")


def stop_after(n: int) -> Callable[[BranchRequest], str]:
    """A script that presses Ctrl-C when so many records were asked about."""
    seen = []

    def script(request: BranchRequest) -> str:
        seen.append(request)
        if len(seen) == n:
            os.kill(os.getpid(), signal.SIGINT)
        return asked(request)

    return script


MANY = [f"n{n}" for n in range(100)]


def test_ctrl_c_prints_what_is_done(ttc: Ttc) -> None:
    ran = ttc("map", "Say {line}", lines("in", *MANY), script=stop_after(60))
    assert ran.code == 130
    done = names(ran.out)
    assert 0 < len(done) < 100
    assert done == sorted(done, key=MANY.index)
    assert ran.err == f"interrupted after {len(done)} records\n"


def test_resuming_repeats_nothing(ttc: Ttc) -> None:
    words = ("map", "-o", "out", "Say {line}", lines("in", *MANY))
    ran = ttc(*words, script=stop_after(60))
    assert ran.code == 130
    assert "results are kept; --resume goes on with them" in ran.err
    assert not Path("out").exists()
    kept = len(Path("out.part").read_text().splitlines()) - 1
    with Path("out.part").open("a") as part:
        part.write('{"n": 99, "of": "torn')

    refused = ttc(*words, script=echo)
    assert refused.code == 2
    assert "add --resume to go on" in refused.err
    other = ttc(*words[:3], "Sing {line}", "in", "--resume", script=echo)
    assert other.code == 2
    assert "begun with prompt 'Say {line}', not 'Sing {line}'" in other.err

    seen: list[str] = []

    def script(request: BranchRequest) -> str:
        seen.append(asked(request))
        return asked(request)

    assert ttc(*words, "--resume", script=script).code == 0
    assert names(Path("out").read_text()) == MANY
    assert len(seen) == len(set(seen)) == 100 - kept
    assert not Path("out.part").exists()


def test_resuming_notices_another_input(ttc: Ttc) -> None:
    words = ("map", "-o", "out", "Say {line}")
    ttc(*words, lines("in", *MANY), script=stop_after(60))
    ran = ttc(*words, lines("in", *reversed(MANY)), "--resume", script=echo)
    assert ran.code == 2
    assert "is not what it was" in ran.err


def test_what_failed_is_remembered(ttc: Ttc) -> None:
    records = ["not json", *({"q": f"n{n}"} for n in range(99))]
    words = ("map", "-o", "out", "{q}", lines("in.jsonl", *records))
    ttc(*words, script=stop_after(60))
    ran = ttc(*words, "--resume", script=echo)
    assert (ran.code, ran.err) == (1, "1 of 100 records failed; their lines say why\n")


def test_what_ended_with_no_result_can_be_begun_anew(ttc: Ttc) -> None:
    def script(request: BranchRequest) -> str:
        os.kill(os.getpid(), signal.SIGINT)
        return "so " * 50

    words = ("map", "-o", "out", "Say {line}", lines("in", "a"))
    assert ttc(*words, script=script).code == 130
    assert not list(Path().glob("out*"))
    assert ttc(*words, script=echo).code == 0
