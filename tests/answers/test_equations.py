r"""Sums that replies write out, done again."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from ttc_cli.answers.equations import mended, sums

RIGHT = [
    ("48 / 2 = 24 clips", 1),
    (r"\[ 12 \times \frac{5}{6} = 12 \times 0.8333 = 10 \text{ dollars} \]", 2),
    ("3 walks/day * 2 hours/walk = 6 hours/day", 1),
    (r"\text{Half of \$100} = \frac{100}{2} = 50", 1),
    (r"30\% \text{ of } \$1000 = 0.30 \times 1000 = \$300", 2),
    (r"\$20 + \$5 + \$20 = \$45", 1),
    (r"30 \text{ (shirt)} + 46 \text{ (suit pants)} = 76", 1),
    ("40% of 60 = 24", 1),
    ("Share: (75/100) * 100 = 75%", 1),
    ("3 / 4 = 75%", 1),
    ("3 + 4 = 7 + 5 = 12", 2),  # a sum that runs on
    ("1. 3 + 4 = 7", 1),
    ("- 3 + 4 = 7", 1),
    ("100 / 3 ≈ 33.33", 1),
    ("$1,200 + $300 = $1,500", 1),
    ("In 2 days 10 + 8 = 18", 1),
    ("5 * (3 + 4) = 35.", 1),
    ("3 × 4 = 12 − 2 = 10", 2),
    ("3 x $5 = $15", 1),
    ("3 hours * 60 = 180 minutes = 3 hours", 1),
    (r"\( 0.2 \cdot 50 = 10 \)", 1),
    ("-3 * -4 = 12", 1),
    ("1/3 = 0.3", 1),
    ("Area = length * width = 5 * 4 = 20", 1),
    ("100% - 20% = 80%", 1),
    (r"3 * 4 = \boxed{12 \text{ apples}}", 1),
    ("1234 * 5678 = 7006652", 1),
]
WRONG = [
    "3 + 4 = 8",
    "Total = 12 + 5 = 18",
    "He has 5 apples + 3 apples = 9 apples",
    r"266 \text{ pickers} \times 18 \text{ drums/day} = 4626 \text{ drums}",
    r"\[ \$20 + \$5 + \$20 = \$55 \]",
    "100/3 = 34.1",
    "6 * 7 = 42 + 1 = 44",
    "10 - 4 - 3 = 9",
    "12 / (3 * 2) = 8",
    r"\(3 * 4 = \boxed{7}\)",
]
NEITHER = [
    "55 + 4x = 75", "0.40I - 0.25I = 150", "S = B - 3 and B - 2 = 2 * 4", "x = 5", "12 + 5 is 18",
    "17 / 5 = 3", "2:30 + 1:45 = 4:15", "2^3 = 8", "10/0 = 3", "60 minutes = 1 hour",
    "3 x + 2 = 14",
    "12:00 - 3 = 9:00", "2^3 * 5 = 40", "sqrt(16) + 3 * 2 = 10", "5! * 2 = 240",
    "1.5 million + 500 thousand = 2 million", "2 hours + 30 minutes = 150 minutes",
    "200 + 10% = 220", "2 apples + 3 bananas = 13 dollars", "30 minutes * 60 km/hour = 30 km",
    "0.35 * 75 = 26", "1990 - 1995 = 5 years", "17 // 5 = 3", "4 dozen + 3 = 51",
    "10 choose 2 = 45", "2(x + 3) = 14", "f(3) + 1 = 5", "1/2 of 50 = 25", "3 : 4 = 6 : 8",
    "0.5 * 7 = 4", "10 = 2 * x + 3", "Half of 100 = 100/2", "", "=",
    "1 = 1", f"{'1' * 50} + 1 = 3", "((((1 = 1",
]  # fmt: skip


@pytest.mark.parametrize(("text", "many"), RIGHT)
def test_right_sums(text: str, many: int) -> None:
    assert sums(text)[:2] == (many, 0)


@pytest.mark.parametrize("text", WRONG)
def test_wrong_sums(text: str) -> None:
    assert sums(text).wrong == 1


@pytest.mark.parametrize("text", NEITHER)
def test_what_is_no_sum_says_nothing(text: str) -> None:
    assert sums(text).wrong == 0


def test_the_numbers_of_sums_are_known() -> None:
    assert sums("Of 7 days:\n3 + 4.5 = 7.5\nand 9").numbers == {3, Fraction(9, 2), Fraction(15, 2)}


def test_sums_written_in_many_ways_are_right_and_wrong() -> None:
    generator = random.Random(3)
    for _ in range(500):
        one, other = generator.randrange(1, 500), generator.randrange(1, 500)
        sign, found = generator.choice([("+", one + other), ("*", one * other), ("-", one - other)])
        unit = generator.choice(["", " apples", " km", r" \text{ dollars}"])
        money = generator.choice(["", "$", r"\$"])
        lead = generator.choice(["", "So ", "Total: ", "- ", r"\[ ", "3. ", "**", "Cost = "])
        said = f"{lead}{money}{one}{unit} {sign} {money}{other}{unit} = "
        assert sums(f"{said}{money}{found}{unit}")[:2] == (1, 0)
        assert sums(f"{said}{money}{found + 1}{unit}.")[:2] == (0, 1)


MENDED = [
    ("Of 8:\n3 apples + 4 = 8 apples.\nSo 8 * 2 = 16", "Of 8:\n3 apples + 4 = 7"),
    (r"\[ \$20 + \$5 + \$20 = \$55 \] so", r"\[ \$20 + \$5 + \$20 = \$45"),
    (r"6 * 7 = 42 + 1 = 44", "6 * 7 = 42 + 1 = 43"),
    ("0.5 * 7 = 5", "0.5 * 7 = 3.5"),
    ("100/3 = 34.1", "100/3 = 33.33"),
    ("3 + 4 = 7", ""),
    ("", ""),
]


@pytest.mark.parametrize(("text", "right"), MENDED)
def test_a_wrong_sum_is_told_right(text: str, right: str) -> None:
    assert mended(text) == right
    assert sums(right).wrong == 0


def test_any_text_is_read() -> None:
    generator = random.Random(5)
    signs = [
        "=",
        "+",
        "1",
        "2.5",
        "(",
        ")",
        "%",
        "x",
        " ",
        "\n",
        "\\frac{",
        "}",
        "$",
        "½",
        "٣",
        "of",
    ]
    for _ in range(3000):
        text = "".join(generator.choices(signs, k=generator.randrange(25)))
        assert sums(text).wrong or not mended(text)
    thirds = "+".join(f"1/{n}" for n in range(9_999_999_000, 9_999_999_900))
    nines = "*".join(["99999999999999999999"] * 40)
    for text in (
        f"{thirds} = 3",
        f"{nines} = 3",
        "1+" * 9000 + "=3",
        "(" * 19_000 + "=",
        "1 = " * 9000,
        "-" * 9000 + "1 = 1",
    ):
        sums(text)
        mended(text)
