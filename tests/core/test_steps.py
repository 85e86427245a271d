"""Where steps end, and that an engine, token by token, finds the same places."""

from __future__ import annotations

import random

import pytest

from ttc_cli.core.sampling import Stop, StopRule
from ttc_cli.core.steps import STEPS, StepRule
from ttc_cli.engine.text import TextStream

TRACE = """To find out, we need the total first.

1. Add the apples: 3 + 4 = 7 apples in all.
2. Take away what was eaten: 7 - 2 = 5.
   (The two were eaten.)

Here is the same as code:

```python
total = 3 + 4

print(total - 2)
```

\\[
x = 5

\\]

The answer is \\boxed{5}."""


def test_a_trace_as_its_steps() -> None:
    steps = STEPS.cut(TRACE)
    assert "".join(steps) == TRACE
    assert [s.strip().splitlines()[0][:14] for s in steps] == [
        "To find out, w",
        "1. Add the app",
        "2. Take away w",
        "(The two were ",
        "Here is the sa",
        "```python",
        "\\[",
    ]


@pytest.mark.parametrize("text", ["", "one line", "\n\n\n", "a\n\nb", "x\n\n" * 5])
def test_nothing_is_lost_or_cut_too_short(text: str) -> None:
    steps = STEPS.cut(text)
    assert "".join(steps) == text
    assert all(len(s.strip()) >= STEPS.min_chars for s in steps[:-1])


@pytest.mark.parametrize("opening", ["Step 2: so", "3) so", "**4.** so", "## 5. so", "6 . so"])
def test_a_numbered_line_is_a_step(opening: str) -> None:
    line = opening + " many apples are left over\n"
    assert STEPS.cut(line + "and then some") == [line, "and then some"]
    assert StepRule(numbered=False).cut(line + "and then some") == [line + "and then some"]


def test_a_numbered_line_that_announces_something_takes_the_next_one_along() -> None:
    first, second = "1. First we add them:\n   3 + 4 = 7 in all\n", "2. Then we are done.\n"
    assert STEPS.cut(first + second + "So 7.") == [first, second, "So 7."]


@pytest.mark.parametrize("blank", ["\n\n", "\n \n", "\r\n\r\n", "\n\t\n\n"])
def test_a_blank_line_may_hold_blanks(blank: str) -> None:
    one, other = "The first of the two steps.", "The second of the two steps."
    assert STEPS.cut(one + blank + other) == [one + blank, other]


@pytest.mark.parametrize(
    "whole",
    [
        "```\nhere is a line\n\nand another\n```",
        "~~~\nhere is a line\n\nand another\n~~~",
        "\\[\nx = 1 + 2 + 3 + 4 + 5\n\n= 15\\]",
        "\\begin{align}\nx &= 1 + 2 + 3 + 4\\\\[4pt]\n\n&= 10\\end{align}",
    ],
)
def test_code_and_formulas_are_whole_and_leave_nothing_open(whole: str) -> None:
    after = "What follows is a step of its own."
    assert STEPS.cut(f"{whole}\n\n{after}\n\n{after}") == [whole + "\n\n", after + "\n\n", after]


def test_a_very_long_step_ends_with_a_line() -> None:
    line = "So many words in one line that says nothing.\n"
    steps = STEPS.cut(line * 60)
    assert "".join(steps) == line * 60
    assert all(STEPS.max_chars <= len(s) <= STEPS.max_chars + len(line) for s in steps[:-1])
    assert len(STEPS.cut("word " * 1000)) == 1  # there is no line to end with


def test_an_engine_finds_the_same_steps_token_by_token() -> None:
    rng = random.Random(3)
    pieces = [
        "word ",
        "\n",
        "\n\n",
        ":\n",
        " \n",
        "1. ",
        "very " * 300 + "long",
        "```",
        "$$",
        "a longer stretch of text ",
        "\\[",
        "\\]",
    ]
    for _ in range(300):
        said = [rng.choice(pieces) for _ in range(rng.randrange(1, 25))]
        found, before = [], ""
        while said:
            stream = TextStream(StopRule(99, steps=STEPS), before)
            while said:
                if stream.push(said.pop(0).encode())[1] is Stop.STEP:
                    break
            found.append(stream.text)
            before += stream.text
        # Line ends that follow in a token of their own belong to the next step of the engine.
        assert [s.strip() for s in found if s.strip()] == [
            s.strip() for s in STEPS.cut(before) if s.strip()
        ]
