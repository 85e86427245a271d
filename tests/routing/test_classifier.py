"""The classifier on prompts that it was not trained on, and on what nobody expects."""

from __future__ import annotations

from pathlib import Path

import pytest

from ttc_cli.routing.features import END, features, split
from ttc_cli.routing.policy import TASKS, classify

HELD_OUT = Path(__file__).parents[2] / "benchmarks" / "routing" / "held_out.txt"


def held_out() -> list[tuple[str, str, str]]:
    rows, header = [], ["", ""]
    for line in HELD_OUT.read_text("utf-8").splitlines():
        if line.startswith("## "):
            header = line[3:].split()
        elif line:
            rows.append((line.replace("⏎", "\n"), header[0], header[1]))
    return rows


def test_accuracy_on_prompts_it_has_not_seen() -> None:
    rows = held_out()
    found = [classify(prompt) for prompt, _, _ in rows]
    tasks = [v.task == task for v, (_, task, _) in zip(found, rows, strict=True)]
    paths = [
        (v.complex >= 0.5) == (path == "complex") for v, (*_, path) in zip(found, rows, strict=True)
    ]
    hard = [v.complex for v, (*_, path) in zip(found, rows, strict=True) if path == "complex"]
    assert sum(tasks) / len(rows) >= 0.85
    assert sum(paths) / len(rows) >= 0.9
    assert sum(p < 0.5 for p in hard) / len(hard) <= 0.15


@pytest.mark.parametrize(
    "prompt",
    ["", " \n\t", "?", "🎉🎉🎉", "\x00\x1b[31m", "```", "\ud800",
     "1" * 5000, "a" * 1_000_000, "Text:\n" * 100, "\n" * 100_000, "「" * 9000],
)  # fmt: skip
def test_odd_prompts_have_some_route(prompt: str) -> None:
    verdict = classify(prompt)
    assert verdict.task in TASKS
    assert 0 <= verdict.complex <= 1
    assert 1 / len(TASKS) <= verdict.sure <= 1.000001
    assert classify(prompt) == verdict


def test_a_megabyte_is_read_at_both_ends_only() -> None:
    filler = "The harbour was quiet and nobody spoke. " * 25_000
    middle = f"{'x ' * END}{filler}{'y ' * END}"
    assert features(middle) == features(middle.replace("harbour", "integral"))


@pytest.mark.parametrize(
    ("request_", "task"),
    [("translate to spanish", "translation"), ("summarise in two sentences", "writing")],
)
@pytest.mark.parametrize("shape", ["{0}\n\n{1}", "{1}\n\n{0}", "{0}\nText: {1}", '{0}: "{1}"'])
def test_a_pasted_problem_does_not_make_the_request_one(
    request_: str, task: str, shape: str
) -> None:
    problem = (
        "A tank holds 120 litres. Two pipes fill it in 6 and 9 hours, a drain empties it in 18. "
        "How long does it take to fill when all are open? Prove that your answer is right."
    )
    verdict = classify(shape.format(request_, problem))
    assert verdict.task == task
    assert verdict.complex < 0.5


def test_the_question_part_and_what_was_pasted() -> None:
    asked, pasted = split("only the errors\n10:01 ERROR disk full\n10:02 INFO ok")
    assert asked == "only the errors"
    assert "disk full" in pasted
    asked, pasted = split("fix this\n```py\nprint(1\n```\nand explain")
    assert asked == "fix this\nand explain"
    assert "print(1" in pasted
    assert split("def f(x):\n    return x")[0] == ""
