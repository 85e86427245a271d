"""What attached texts are taken for, and what they change about a route."""

from __future__ import annotations

import time

import pytest

from ttc_cli.prompts.message import Document
from ttc_cli.routing.features import features
from ttc_cli.routing.material import END, kind, summary
from ttc_cli.routing.policy import route

CODE = "import os\n\ndef load(path):\n    return open(path).read()\n"
LOG = "2024-05-01 10:00:03 INFO start\n2024-05-01 10:00:09 ERROR timeout db\n"
TABLE = "name,qty,price\nbolt,250,0.08\nnut,90,0.15\n"
PROSE = "The house was built in 1902 by a baker. It burned down twice, and was sold in May."
STORY = (
    "A grocer buys 40 melons at 1.20 each. A quarter of them spoil, and he sells the rest at "
    "2.50. What is his profit?"
)


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        (CODE, "stdin", "code"),
        (LOG, "stdin", "log"),
        (TABLE, "stdin", "table"),
        (TABLE.replace(",", "\t"), "", "table"),
        ('{\n  "a": 1\n}', "", "table"),
        (PROSE, "stdin", "prose"),
        (PROSE, "notes.py", "code"),  # a name that says it is believed
        (PROSE, "a.LOG", "log"),
        ("", "", "prose"),
    ],
)
def test_kinds(text: str, name: str, found: str) -> None:
    assert kind(text, name) == found


def test_only_the_ends_of_a_long_text_are_read() -> None:
    long = f"{CODE * 60}{'The sea was calm. ' * 50_000}{CODE * 60}"
    assert kind(long) == "code"
    ours, theirs = (Document("stdin", long.replace("calm", word)) for word in ("calm", "rough"))
    assert features("explain", (ours,)) == features("explain", (theirs,))
    assert len(CODE * 60) > END


def test_what_is_attached_decides_the_task_and_the_path() -> None:
    assert route("what does this do", attached=(Document("a.py", CODE),)).task == "code"
    found = route("solve this", attached=(Document("homework.txt", STORY),))
    assert (found.task, found.path, found.effort) == ("math", "complex", "auto")
    assert "attached prose, 113 characters (without it: " in found.reason
    same = route("translate to german", attached=(Document("stdin", STORY),))
    assert (same.task, same.path) == ("translation", "simple")
    assert "attached prose, 113 characters;" in same.reason
    assert "attached" not in route("translate to german").reason


def test_choices_may_stand_in_the_attached_text() -> None:
    quiz = Document("q.txt", "Which of these numbers is prime?\nA) 51\nB) 53\nC) 57")
    assert route("answer this", attached=(quiz,), task="math").form == "choice"


def test_several_are_summed_up() -> None:
    four = [Document("a.csv", TABLE * 40), Document("b", PROSE), *[Document("c", PROSE)] * 2]
    assert summary(four) == "table, 1.6 KB; prose, 82 characters and 2 more"


@pytest.mark.parametrize("text", [PROSE * 13_000, TABLE * 25_000, LOG * 15_000, CODE * 20_000])
def test_a_megabyte_costs_no_more_than_its_ends(text: str) -> None:
    long, ends = (Document("stdin", t) for t in (text, text[: 2 * END]))

    def best(document: Document) -> float:
        spent = []
        for _ in range(5):
            began = time.process_time()
            route("what is this about?", attached=(document,))
            spent.append(time.process_time() - began)
        return min(spent)

    best(ends)
    assert best(long) < 4 * best(ends) + 0.01
