"""Ways to say an answer without asking the model again."""

from __future__ import annotations

import pytest

from ttc_cli.session.statements import amount, neutral, readable, statements

TOM = "Tom has 3 apples and buys 5 more. How many apples does he have?"


@pytest.mark.parametrize(
    ("question", "reply", "answer", "ways"),
    [
        (
            TOM,
            "He buys 5 more: \\(3+5=8\\).\n\nTherefore, Tom has \\(8\\) apples.\n\n"
            "The final answer is: \\(\\boxed{8}\\).",
            "8",
            ["Tom has 8 apples.", "8 apples", "8 apples", "8"],
        ),
        (TOM, "3 + 5 = 8. So the final answer is $\\boxed{8}$.", "8", ["8 apples", "8"]),
        ("What does it cost?", "The cost is \\$12.50 in all.", "12.5",
         ["The cost is $12.50 in all.", "$12.5", "12.5"]),
        ("How far is it?", "Distance = 60 * 5 = 300 km", "300", ["300 km", "300"]),
        ("Which? A) Mars B) Jupiter", "The answer is (B).", "B", ["B) Jupiter", "B"]),
        ("Convert 5 miles to kilometres.", "8.05", "8.05", ["8.05 kilometres", "8.05"]),
        ("A coat of 80 euros is 35% off. What does it cost?", "52", "52", ["52 euros", "52"]),
        ("It was $34. What is the price now?", "40", "40", ["$40", "40"]),
        ("20 people paid 190 euros. How many adults were there?", "10", "10", ["10 adults", "10"]),
        ("What percentage failed?", "25", "25", ["25%", "25"]),
        ("Wie viele Minuten sind es?", "165", "165", ["165 Minuten", "165"]),
        ("Wie viele?", "Tom has 8 apples.", "8", ["8"]),
        ("How many?", "That is \\boxed{\\frac{3}{4}}", "\\frac{3}{4}", ["3/4"]),
        ("How many?", "So there are 80 in all.", "8", ["8"]),
    ],
)  # fmt: skip
def test_ways_to_say_an_answer(question: str, reply: str, answer: str, ways: list[str]) -> None:
    assert list(statements(reply, answer, question)) == ways


def test_the_number_of_an_amount() -> None:
    assert [amount(a) for a in ("72 clips", "$1,000", "3/4", "12%", "May 17", "no")] == [
        "72", "1,000", "3/4", "12", None, None,
    ]  # fmt: skip


def test_numbers_and_the_question_s_own_words_are_of_every_language() -> None:
    assert neutral("205", "Wie viele?")
    assert neutral("Anna", "Ist Anna oder Ben älter?")
    assert not neutral("Monday", "Welcher Tag ist es?")


def test_what_only_a_typesetter_reads_goes() -> None:
    assert readable("\\text{It is} \\(\\frac{1}{2}\\), **or** $x$ \\%.") == "It is 1/2, or x %."
