"""Programs as evidence, from the command line to the jail and back."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from harness import Ttc, ours

from ttc_cli.core.engine import BranchRequest
from ttc_cli.engine.scripted import Script
from ttc_cli.jail import available

locked = pytest.mark.skipif(available() is not None, reason="programs cannot be locked in here")
SUM = "How many minutes is it from 9:40 to 13:05?"


def writes(program: str, plain: str = "So it is \\boxed{205}.") -> Script:
    def script(request: BranchRequest) -> str:
        return program if request.stop.block else plain

    return script


RIGHT = writes("    return (13 * 60 + 5) - (9 * 60 + 40)\n\nprint(solution())")


@locked
def test_a_program_answers(ttc: Ttc) -> None:
    ran = ttc("ask", "-S", "program", SUM, "--json", script=RIGHT)
    found = ours(ran)
    assert found["answer"] == "205"
    assert found["route"]["program"] is True
    assert found["route"]["program_reason"] == "computed: times or dates"
    assert (found["program"]["ran"], found["program"]["failed"]) == (1, 0)
    message = json.loads(ran.out)["choices"][0]["message"]
    assert "def solution():" in message["reasoning_content"]


@locked
def test_what_a_program_prints_counts_when_it_returns_nothing(ttc: Ttc) -> None:
    script = writes("    print('one')\n    print(math.comb(5, 2))")
    assert ours(ttc("ask", "-S", "program", SUM, "--json", script=script))["answer"] == "10"


@locked
def test_the_program_is_shown_where_asked_for(ttc: Ttc) -> None:
    ran = ttc("ask", "-S", "program", SUM, "--show-program", script=RIGHT)
    assert "205" in ran.out
    assert "def" not in ran.out
    assert "    return (13 * 60 + 5)" in ran.err


@locked
def test_votes_take_both_kinds(ttc: Ttc) -> None:
    ran = ttc("ask", "-e", "medium", "--programs", "only", SUM, "--json", script=RIGHT)
    assert ours(ran)["program"]["ran"] >= 2


def test_a_model_whose_programs_were_not_measured_starts_plain(ttc: Ttc) -> None:
    found = ours(ttc("ask", "-e", "low", SUM, "--json", script=RIGHT))
    assert (found["strategy"], found["route"]["program"]) == ("direct", False)


def test_programs_can_be_off(ttc: Ttc) -> None:
    ran = ttc("ask", "-e", "medium", "--programs", "off", SUM, "--json", script=RIGHT)
    assert "program" not in ours(ran)


def test_where_nothing_locks_them_in_only_programs_are_refused(
    ttc: Ttc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ttc_cli.session.programs.available", lambda: "no namespaces")
    ran = ttc("ask", "-S", "program", SUM, script=RIGHT)
    assert ran.code == 2
    assert "programs cannot be locked in here: no namespaces" in ran.err
    assert "--unsafe-exec" in ran.err


@locked
def test_a_file_of_data_is_computed_over(ttc: Ttc, tmp_path: Path) -> None:
    rows = "".join(f"2024-0{1 + i % 9}-01,{i}\n" for i in range(30_000))
    (tmp_path / "sales.csv").write_text(f"date,revenue\n{rows}", "utf-8")
    script = writes(
        "        pass\n    return max(rows, key=lambda row: row['revenue'])['date'][:7]"
    )
    question = "Which month had the highest revenue?"
    ran = ttc("ask", "-f", str(tmp_path / "sales.csv"), question, "--json", script=script)
    assert ours(ran)["answer"] == "2024-03"
    assert ours(ran)["program"]["data"] == "sales.csv (30,000 rows): date, revenue"
    assert "computed by a program over sales.csv (30,000 rows): date, revenue" in ran.err


@locked
def test_where_every_program_fails_the_first_error_is_told(ttc: Ttc, tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text("day,revenue\nmon,3\ntue,5\n", "utf-8")
    script = writes("    return sum(row['day'] for row in rows)")
    ran = ttc("ask", "-f", str(tmp_path / "sales.csv"), "What is the total revenue?", script=script)
    assert ran.code == 3
    assert ran.out == ""
    assert "no program came to a value: TypeError: unsupported operand" in ran.err


@locked
def test_piped_data_is_computed_over(ttc: Ttc) -> None:
    line = '10.0.0.{} - - [10/Oct/2024:13:55:36 +0000] "GET /a HTTP/1.1" {} 512\n'
    log = "".join(line.format(i % 7, 404 if i % 2 else 200) for i in range(90))
    script = writes(
        "        pass\n    return len({row['ip'] for row in rows if row['status'] == 404})"
    )
    question = "How many distinct addresses got a 404?"
    ran = ttc("ask", question, "--json", script=script, stdin=log.encode())
    assert ours(ran)["answer"] == "7"


@locked
def test_piped_lines_in_brackets_are_a_log_or_a_text(ttc: Ttc) -> None:
    script = writes("    return sum(row['level'] == 'ERROR' for row in rows)")
    log = b"[ERROR] disk full\n[INFO] all is well\n" * 80
    ran = ttc("ask", "How many errors are there?", "--json", script=script, stdin=log)
    assert ours(ran)["answer"] == "80"
    todo = b"[ ] buy milk\n[x] buy bread, and eggs\n" * 80
    ran = ttc("ask", "How many are left?", "--json", script=RIGHT, stdin=todo)
    assert ran.code == 0
    assert "program" not in ours(ran) or "data" not in ours(ran)["program"]


@locked
@pytest.mark.parametrize("name", ["sales.csv", "sales.csv.gz"])
def test_a_file_is_read_by_its_byte_order_mark_or_refused(
    ttc: Ttc, tmp_path: Path, name: str
) -> None:
    path, text = tmp_path / name, "jour,été\nmon,3\ntue,9\n"
    script = writes("    return sum(row['été'] for row in rows)")
    packed = gzip.compress if name.endswith(".gz") else bytes
    path.write_bytes(packed(text.encode("utf-16")))
    ran = ttc("ask", "-f", str(path), "What is the total?", "--json", script=script)
    assert ours(ran)["answer"] == "12"
    path.write_bytes(packed(text.encode("latin1")))
    ran = ttc("ask", "-f", str(path), "What is the total?", script=script)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1)
    assert name in ran.err


@locked
def test_a_question_over_a_packed_file_can_be_asked_again(ttc: Ttc, tmp_path: Path) -> None:
    path = tmp_path / "sales.csv.gz"
    path.write_bytes(gzip.compress(b"day,revenue\nmon,3\ntue,9\nwed,5\n"))
    script = writes("    return sum(row['revenue'] for row in rows)")
    first = ttc("ask", "-f", str(path), "What is the total revenue?", "--json", script=script)
    again = ttc("again", "-e", "high", "--json", script=script)
    assert ours(first)["answer"] == ours(again)["answer"] == "17"
    path.unlink()
    gone = ttc("again", "-e", "high", script=script)
    assert gone.code == 1
    assert "too large to keep with the run" in gone.err


def test_where_nothing_locks_them_in_a_file_of_data_is_read(
    ttc: Ttc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ttc_cli.session.programs.available", lambda: "no namespaces")
    (tmp_path / "sales.csv").write_text("day,revenue\nmon,3\n", "utf-8")
    ran = ttc("ask", "-f", str(tmp_path / "sales.csv"), "What is the total?", script=RIGHT)
    assert ran.code == 0
