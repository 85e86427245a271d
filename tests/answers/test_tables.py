"""Pairs and replies as data: see `tables/`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from ttc_cli.answers import Kind, Worker, equivalent, extract

FOLDER = Path(__file__).parent / "tables"


def lines(name: str) -> list[str]:
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("# ")]


def pairs(name: str) -> list[tuple[str, bool, str]]:
    found = []
    for line in lines(name):
        same = " == " in line
        a, b = line.split(" == " if same else " != ", 1)
        found.append((a.strip(), same, b.strip()))
    return found


@dataclass(frozen=True)
class Case:
    question: str
    kind: Kind | None
    rule: str
    reply: str
    answer: str


def _plain(text: str) -> str:
    return text.replace("\\\\", "\0").replace("\\n", "\n").replace("\0", "\\")


def replies() -> list[Case]:
    question, found = "", []
    for line in lines("replies"):
        if line.startswith("?"):
            question = _plain(line[1:].strip())
            continue
        kind, rule, reply, answer = (_plain(part) for part in line.split(" ¦ "))
        found.append(Case(question, None if kind == "any" else kind, rule, reply, answer))  # type: ignore[arg-type]
    return found


def restated() -> list[tuple[str, str, bool, str]]:
    question, found = "", []
    for line in lines("restated"):
        if line.startswith("? "):
            question = line[2:]
            continue
        same = " == " in line
        a, b = line.split(" == " if same else " != ", 1)
        found.append((question, a.replace("\\n", "\n"), same, b))
    return found


TYPED, PLAIN, THEIRS = (pairs(name) for name in ("typed", "plain", "math_verify"))
REPLIES, RESTATED = replies(), restated()


def test_the_tables_are_as_large_as_promised() -> None:
    assert len(TYPED) >= 400
    assert len(REPLIES) >= 200
    assert len(PLAIN + THEIRS) >= 390


@pytest.mark.parametrize(("a", "same", "b"), TYPED + PLAIN + THEIRS)
def test_pair(a: str, same: bool, b: str, worker: Worker) -> None:
    assert equivalent(a, b, worker=worker) is same
    assert equivalent(b, a, worker=worker) is same


@pytest.mark.parametrize("case", REPLIES, ids=lambda case: case.reply[:40])
def test_reply(case: Case, worker: Worker) -> None:
    found = extract(case.reply, case.kind, case.question)
    if case.answer == "-":
        assert found is None
        return
    assert found is not None
    assert equivalent(found.text, case.answer, worker=worker), found
    assert case.rule in ("-", found.rule)


@pytest.mark.parametrize(("question", "a", "same", "b"), RESTATED)
def test_what_a_question_makes_of_two_replies(
    question: str, a: str, same: bool, b: str, worker: Worker
) -> None:
    one, other = (extract(reply, None, question) for reply in (a, b))
    together = bool(
        one and other and equivalent(one.text, other.text, question=question, worker=worker)
    )
    assert together is same, (one, other)
