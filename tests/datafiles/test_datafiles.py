"""What files of data look like, and programs that read them in the jail."""

from __future__ import annotations

import contextlib
import gzip
import json
import random
import threading
from pathlib import Path

import pytest

from ttc_cli.core.errors import UnreadableFile, UsageError
from ttc_cli.data.profile import form_of, piped_form, profile
from ttc_cli.data.program import above, columns_used
from ttc_cli.data.reader import number, stream
from ttc_cli.jail import available
from ttc_cli.prompts.documents import Document
from ttc_cli.session.datafiles import computed_over
from ttc_cli.session.programs import runner

locked = pytest.mark.skipif(available() is not None, reason="programs cannot be locked in here")
SALES = "date,region,zip,revenue\n2024-01-03,North,01234,12.5\n2024-02-04,South,90210,7\n"
LOG = (
    '10.0.0.1 - - [10/Oct/2024:13:55:36 +0000] "GET /a HTTP/1.1" 404 512\n'
    '10.0.0.2 - - [10/Oct/2024:13:55:37 +0000] "GET /b HTTP/1.1" 200 1024\n'
)


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize(
    ("name", "text", "row"),
    [
        (
            "a.csv",
            SALES,
            {"date": "2024-01-03", "region": "North", "zip": "01234", "revenue": 12.5},
        ),
        ("a.tsv", "n\tq\nx\t1\ny\t2\n", {"n": "x", "q": 1}),
        ("semi.csv", "n;q\nx;1\ny;2\n", {"n": "x", "q": 1}),
        ("bare.csv", "x,1\ny,2\n", {"column1": "x", "column2": 1}),
        ("quoted.csv", 'n,q\n"a, b","1,200"\n"c\nd",7\n', {"n": "a, b", "q": 1200}),
        ("a.jsonl", '{"id": 1}\n{"id": 2}\n', {"id": 1}),
        ("a.json", '[{"id": 1}, {"id": 2}]', {"id": 1}),
        ("deep.json", '{"meta": 1, "items": [{"id": 1}, {"id": 2}]}', {"id": 1}),
        (
            "a.csv.gz",
            SALES,
            {"date": "2024-01-03", "region": "North", "zip": "01234", "revenue": 12.5},
        ),
    ],
)
def test_two_rows_of_each_form(
    tmp_path: Path, name: str, text: str, row: dict[str, object]
) -> None:
    path = written(tmp_path, name, text)
    form = form_of(name)
    assert form is not None
    found = profile(path, form)
    assert found.rows == 2
    assert found.shown[0] == row
    assert next(stream(str(path), form, **found.options)) == row


def test_logs_have_fields(tmp_path: Path) -> None:
    found = profile(written(tmp_path, "access.log", LOG), "log")
    assert found.rows == 2
    assert (found.shown[0]["ip"], found.shown[0]["status"]) == ("10.0.0.1", 404)
    event = "2024-05-06 07:08:09,123 ERROR [db] lost\n2024-05-06 07:08:10,000 INFO ok\n"
    assert profile(written(tmp_path, "app.log", event), "log").shown[0]["level"] == "ERROR"


def test_large_lists_are_read_a_piece_at_a_time(tmp_path: Path) -> None:
    rows = [{"id": i, "text": "ü" * 50} for i in range(30_000)]
    path = written(tmp_path, "big.json", json.dumps(rows, indent=1))
    assert list(stream(str(path), "json")) == rows


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,200", 1200), ("$3.50", 3.5), ("-7", -7), ("45%", 45), ("", None), ("x1", "x1"),
     ("1e3", 1000.0), ("12-04", "12-04")],
)  # fmt: skip
def test_cells_as_numbers(text: str, value: object) -> None:
    assert number(text) == value


def test_any_bytes_are_rows_or_one_clear_error(tmp_path: Path) -> None:
    rng = random.Random(0)
    for at in range(200):
        path = tmp_path / f"{at}.csv"
        path.write_bytes(bytes(rng.choices(b'a1,;"\n\t{}[]\xff\x00 ', k=rng.randrange(80))))
        for form in ("csv", "json", "jsonl", "log"):
            with contextlib.suppress(UnreadableFile):
                profile(path, form).told()


def test_what_is_piped_is_known_by_its_lines() -> None:
    assert piped_form(LOG.encode()) == "log"
    assert piped_form(SALES.encode()) == "csv"
    assert piped_form(b'{"a": 1}\n{"a": 2}\n') == "jsonl"
    assert piped_form(b"Dear all,\nI write, as agreed, to you.\nYours\n") is None


def document(path: Path, text: str | None = None) -> Document:
    return Document(path.name, path.read_text() if text is None else text, path)


def test_questions_that_count_are_computed_and_others_read(tmp_path: Path) -> None:
    one = document(written(tmp_path, "sales.csv", SALES))
    shown, files = computed_over("Which month had the highest revenue?", [one])
    assert files[0].rows == 2
    assert shown[0].text.startswith("sales.csv: table, 77 bytes, 2 rows\n- date: text")
    assert computed_over("Explain what this file is about", [one]) == ((one,), ())
    assert computed_over("Is it tidy?", [one]) == ((one,), ())


def test_a_file_too_large_to_read_is_only_computed_over(tmp_path: Path) -> None:
    one = document(written(tmp_path, "sales.csv.gz", SALES), "")
    assert computed_over("Is it tidy?", [one])[1]
    with pytest.raises(UnreadableFile, match="too large or packed"):
        computed_over("Summarise this file", [one])
    (tmp_path / "more").mkdir()
    with pytest.raises(UsageError, match="two files are called"):
        computed_over(
            "How many rows?", [one, document(written(tmp_path / "more", one.name, SALES), "")]
        )


@locked
@pytest.mark.parametrize("name", ["sales.csv", "sales.csv.gz"])
def test_a_program_reads_the_whole_file_in_the_jail(tmp_path: Path, name: str) -> None:
    files = [profile(written(tmp_path, name, SALES * 1), "csv")]
    code = (
        "def solution():\n    rows = read_rows()\n"
        "    return sum(row['revenue'] for row in rows) + len(rows)"
    )
    ran = runner("", unsafe=False, data=files)(code, threading.Event())
    assert (ran.answer, ran.error) == ("21.5", "")
    assert columns_used(files, code) == ["revenue"]
    assert "'wanted': ['revenue']" in above(files, code)


@locked
def test_a_program_cannot_write_its_file(tmp_path: Path) -> None:
    path = written(tmp_path, "sales.csv", SALES)
    code = "def solution():\n    open('sales.csv', 'w').write('x')\n    return 1"
    ran = runner("", unsafe=False, data=[profile(path, "csv")])(code, threading.Event())
    assert ran.error
    assert path.read_text() == SALES
