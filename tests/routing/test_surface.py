"""What kind of answer a prompt wants."""

from __future__ import annotations

import pytest

from ttc_cli.prompts.message import Task
from ttc_cli.routing.surface import guess_task

QUESTIONS: list[tuple[Task, str]] = [
    ("math", "Tom has 3 apples and buys 5 more. How many apples does he have?"),
    ("math", "A pipe fills a tank in 6 hours, another in nine. What's the time for both?"),
    ("math", "What is 17 * 23?"),
    ("math", "3/8 + 1/6"),
    ("math", "Solve x^2 - 5x + 6 = 0"),
    ("math", r"Simplify \frac{1}{2} + \sqrt{3}"),
    ("math", "If $f(x) = 2x$, what is $f(3)$?"),
    ("math", "15% tip on 62.40"),
    ("math", "Calculez 12 × 11"),
    ("choice", "Which is largest?\nA) Moon\nB) Earth\nC) Sun"),
    ("choice", "Pick one: (a) red (b) blue (c) green"),
    ("choice", "Which is prime?\nA. 4\nB. 7"),
    ("code", "Write a Python function that reverses a list."),
    ("code", "Fix this:\n```python\nprint(1\n```"),
    ("code", "def add(a, b):\n    return a - b"),
    ("code", "implement a stack in Rust"),
    ("plain", "What is the capital of France?"),
    ("plain", "How do I boil 2 eggs for 6 minutes?"),
    ("plain", "Translate to German: I have 3 apples and 5 pears. How many?"),
    ("plain", "Prove that there are infinitely many primes."),
    ("plain", "hi"),
    ("plain", ""),
    ("plain", "How are you, A. Smith?"),
    ("plain", "Write a poem about the sea"),
]


@pytest.mark.parametrize(("task", "question"), QUESTIONS)
def test_guesses(task: Task, question: str) -> None:
    assert guess_task(question) == task


@pytest.mark.parametrize(
    "text",
    [
        "a " * 100_000,
        "1" * 200_000,
        "$" * 200_000,
        " " * 200_000,
        "A) " * 50_000,
        "write " * 40_000,
        "\n" * 200_000,
        "x =" * 50_000,
        "def " * 50_000,
        "1," * 100_000,
        "\\" * 200_000,
    ],
)
def test_long_texts_do_not_hang(text: str) -> None:
    guess_task(text)
