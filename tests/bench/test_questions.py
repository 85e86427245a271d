"""The forms that data sets come in."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from ttc_cli.bench.questions import Item, examine, load, read
from ttc_cli.bench.scoring import right
from ttc_cli.core.errors import UnreadableFile, UsageError

RECORDS: list[tuple[dict[str, Any], tuple[str, str, str]]] = [
    (
        {"question": "How many?", "answer": "4 * 3 = <<4*3=12>>12\n#### 1,200"},
        ("How many?", "1,200", "math"),
    ),
    (
        {
            "problem": "Solve.",
            "solution": "We see that it is so, and then \\boxed{\\frac{1}{2}}.",
            "level": "Level 2",
        },
        ("Solve.", "\\frac{1}{2}", "math"),
    ),
    (
        {"problem": "Solve.", "solution": "long " * 20 + "\\boxed{7}", "answer": "7"},
        ("Solve.", "7", "math"),
    ),
    (
        {"ID": "chal-1", "Body": "He has 3 apples", "Question": "How many?", "Answer": 145.0},
        ("He has 3 apples. How many?", "145", "math"),
    ),
    ({"prompt": "What?", "target": "x"}, ("What?", "x", "math")),
    (
        {"question": "Which?", "choices": ["red", "blue"], "answer": 1},
        ("Which?\nA) red\nB) blue", "B", "choice"),
    ),
    (
        {
            "question": "Which?",
            "choices": {"text": ["red", "blue"], "label": ["1", "2"]},
            "answerKey": "2",
        },
        ("Which?\nA) red\nB) blue", "B", "choice"),
    ),
    (
        {"question": "Which?", "options": ["A) red", "B) blue"], "answer": "(a)"},
        ("Which?\nA) red\nB) blue", "A", "choice"),
    ),
    (
        {"question": "Which?", "options": {"A": "red", "B": "blue"}, "answer": "blue"},
        ("Which?\nA) red\nB) blue", "B", "choice"),
    ),
    (
        {"question": "Which? A) red B) blue", "answer": "B"},
        ("Which? A) red B) blue", "B", "choice"),
    ),
    ({"question": "Who?", "answer": "Ada", "task": "short"}, ("Who?", "Ada", "short")),
    ({"question": "6*7?", "final_answer": '["42"]'}, ("6*7?", "42", "math")),
    ({"question": "6*7?", "final_answer": "['42']"}, ("6*7?", "42", "math")),
    ({"question": "List?", "answer": "[1, 2]"}, ("List?", "[1, 2]", "math")),
    (
        {"question": "Who won?", "answers": {"text": ["Denver"], "answer_start": [177]}},
        ("Who won?", "Denver", "math"),
    ),
]


@pytest.mark.parametrize(("record", "expected"), RECORDS)
def test_forms(record: dict[str, Any], expected: tuple[str, str, str]) -> None:
    item = read(record, "name-1")
    assert (item.prompt, item.reference, item.task) == expected
    assert item.id == str(record.get("ID", "name-1"))
    assert read(item.record(), "other") == item


def test_human_eval() -> None:
    record = {
        "task_id": "HumanEval/0",
        "prompt": "def f(x):\n    '''Doc.'''\n",
        "entry_point": "f",
        "canonical_solution": "    return x\n",
        "test": "def check(c): assert c(1) == 1",
    }
    item = read(record, "x")
    assert (item.id, item.task, item.reference) == ("HumanEval/0", "code", "    return x\n")
    assert "```python\ndef f(x):" in item.prompt
    assert item.more == {key: record[key] for key in ("prompt", "entry_point", "test")}


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ("text", "not a JSON object"),
        ({"answer": "1"}, "no question"),
        ({"question": "?"}, "no answer"),
        ({"question": "?", "answer": " "}, "answer is empty"),
        ({"question": "?", "choices": ["a"], "answer": "z"}, "none of its choices"),
        ({"question": "?", "choices": ["a"], "answer": 4}, "none of its choices"),
    ],
)
def test_what_is_no_question(record: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read(record, "x")


def test_words_are_not_taken_for_mathematics(tmp_path: Path) -> None:
    path = tmp_path / "capitals.jsonl"
    path.write_text(
        "\n".join(
            json.dumps({"question": f"Capital {i}?", "answer": a})
            for i, a in enumerate(["Paris", "Rome", "K2"])
        )
    )
    assert {item.task for item in load(path)} == {"short"}


@pytest.mark.parametrize("name", ["a.json", "a.csv", "a.jsonl"])
def test_files(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(
        {
            "a.json": '[{"question": "1+1?", "answer": 2},\n {"question": "1+2?", "answer": 3}]',
            "a.csv": 'question,answer\n1+1?,2\n"1+2?",3\n',
            "a.jsonl": '{"question": "1+1?", "answer": "2"}\n\n'
            '{"question": "1+2?", "answer": "3"}\n',
        }[name]
    )
    assert [(i.prompt, i.reference) for i in load(path)] == [("1+1?", "2"), ("1+2?", "3")]


def test_problems_name_their_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(
        '{"id": 1, "question": "?", "answer": "2"}\n{"question": \n'
        '{"id": 1, "question": "?", "answer": "3"}\n'
    )
    items, problems = examine(path)
    assert items == [Item("1", "?", "2", "math")]
    assert problems == [
        "line 2: it is not a JSON object",
        "line 3: the id '1' is that of line 1 too",
    ]
    with pytest.raises(UsageError, match=r"line 2.*bench data check"):
        load(path)


def test_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="No such file"):
        load(tmp_path / "none.jsonl")
    (tmp_path / "binary.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnreadableFile, match="UTF-16"):
        load(tmp_path / "binary.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(UsageError, match="no record"):
        load(tmp_path / "empty.jsonl")


ANSWERS: list[tuple[Any, list[str]]] = [
    (["42"], ["42"]),
    ("$42$", ["$42$"]),
    (["a", ["b", "a"]], ["a", "b"]),
    ({"value": "Paris", "aliases": ["Paris", "City of Light"]}, ["Paris", "City of Light"]),
    ({"text": ["x"], "answer_start": [3]}, ["x"]),
]


@pytest.mark.parametrize(("answer", "known"), ANSWERS)
def test_answers_in_lists_and_objects(answer: Any, known: list[str]) -> None:
    item = read({"question": "Which?", "answer": answer}, "n")
    assert [item.reference, *item.more.get("also", [])] == known
    assert read(item.record(), "n") == item
    assert all(right(item, one, "") for one in known)


def test_of_several_answers_any_or_all_are_right() -> None:
    item = read({"question": "Which?", "final_answer": ["2", "3"]}, "n")
    assert right(item, "2", "")
    assert right(item, "2, 3", "")
    assert not right(item, "4", "")


@pytest.mark.parametrize("answer", [[], {}, {"other": 1}, [[]], float("nan"), [""], {"text": []}])
def test_an_answer_without_a_value_is_told(answer: Any) -> None:
    with pytest.raises(ValueError, match=r"its answer|no answer"):
        read({"question": "Which?", "answer": answer}, "n")


def test_twelve_options_have_twelve_letters() -> None:
    record = {"question": "Which?", "options": [f"m{n}" for n in range(12)], "answer": 10}
    assert read(record, "n").reference == "K"
    with pytest.raises(ValueError, match="27 choices, and 26"):
        read({**record, "options": ["x"] * 27}, "n")
    with pytest.raises(ValueError, match="none of its choices"):
        read({**record, "answer": -1}, "n")


def test_a_row_of_csv_may_hold_line_ends_of_any_kind(tmp_path: Path) -> None:
    path = tmp_path / "set.csv"
    path.write_bytes(
        'question,answer\r\n"one\u2028two\x85three\r\nfour ""five""",7\r\nx,8\r\n'.encode()
    )
    items = load(path)
    assert [item.prompt for item in items] == ['one\u2028two\x85three\r\nfour "five"', "x"]
    path.write_text("question,answer\na,1,2\n")
    assert examine(path)[1] == ["line 2: it is not a JSON object"]
    path.write_text('question,answer\n"a,1\n')
    with pytest.raises(UnreadableFile, match="line 1: unexpected end"):
        load(path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-32"])
@pytest.mark.parametrize("packed", [True, False])
def test_a_set_in_another_encoding_or_packed(tmp_path: Path, encoding: str, packed: bool) -> None:
    data = '{"question": "Kolik?", "answer": "pět"}\n'.encode(encoding)
    path = tmp_path / ("set.jsonl.gz" if packed else "set.jsonl")
    path.write_bytes(gzip.compress(data) if packed else data)
    assert [item.reference for item in load(path)] == ["pět"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "question;answer\n1,5+1?;2,5\n"),
        ("a.csv", 'question, answer,\n"1,5+1?", "2,5",\n'),
        ("a.csv", "id,question,answer\nx,1,5+1?,2\n"),
        ("a.tsv", "question\tanswer\n1,5+1?\t2,5\n"),
        ("a.jsonl", '{"question": "1,5+1?", "answer": "2,5"}\r'),
        ("a.json", '{"version": 1,\n "data": [{"question": "1,5+1?", "answer": "2,5"}]}'),
        ("a.json", '{\n "question": "1,5+1?",\n "answer": "2,5"\n}\n'),
    ],
)
def test_tables_and_objects_as_programs_write_them(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_bytes(text.encode())
    items, problems = examine(path)
    assert problems == (["line 2: it is not a JSON object"] if "x,1" in text else [])
    assert [(item.prompt, item.reference) for item in items] == [("1,5+1?", "2,5")][len(problems) :]


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("question,answer,answer\n1+1?,2,3\n")
    with pytest.raises(UnreadableFile, match="two columns 'answer'"):
        examine(path)
