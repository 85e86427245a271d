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
    ("12 eggs at $2 each = 12 * 2 = $24", 1),
    ("2 hours 15 minutes = 120 + 15 = 135 minutes", 1),
    ("2 1/2 + 1 1/4 = 3 3/4", 1),
    ("10/4 = 2 2/4 = 2 1/2", 2),
    ("15 / 50 = 30 percent", 1),
    ("1/2 ÷ 1/4 = 2", 1),
    ("19 × 21 ≈ 400", 1),
    (r"2 \text{ ft} \times 4 \text{ ft} = 8 \text{ ft}^2", 1),
    (r"5 \times 3.6 = 18 \text{ km/h}", 1),
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
    "3 + 4 = 8 meows in 5 minutes",
    "He has 3 + 4 = 8 apples and 5 pears",
    "The total of 3 and 4 is 3 + 4 = 8",
    "2 hours 15 minutes = 120 + 15 = 145 minutes",
    "12 eggs at $2 each = 12 * 2 = $34",
    "2 1/2 + 1 1/4 = 4 3/4",
    "19 × 21 ≈ 500",
    r"\frac{700}{28} \approx 24.29",
    "$5 + $3 = $9",
    "60 + 30 = 95 minutes",
    "3 quarters + 4 quarters = 8 quarters",
    "15 / 50 = 40 percent",
    r"3 \text{ ft}^2 + 4 \text{ ft}^2 = 8 \text{ ft}^2",
    "1.000 € + 500 € = 1.600 €",
    "1/2 ÷ 1/4 = 3",
    "So, 24 = 2 × 10 + 5",
    "3 + 4 = 8 → 8 - 3 = 5",
    r"\[ 15 \times 4 = 70 \text{ km/h} \]",
    "In May 10 - 20 = -11",
    "The sum is wrong. So 2 + 2 = 5.",
    "3 * 60 = 190 minutes a day",
    "12 + 5 = 18.",
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

SILENT = {
    "behind words": [
        "12 eggs at $2 each = 12 * 2 = $24",
        "3 shirts at $20 each = 3 * 20 = $60",
        "4 boxes of 12 = 4 × 12 = 48",
        "2 hours 15 minutes = 120 + 15 = 135 minutes",
        "30 students in 5 groups = 30 / 5 = 6",
        "6 times 7 = 6 * 7 = 42",
        "12 divided by 4 = 12 / 4 = 3",
        "sum of 3 and 4 = 3 + 4 = 7",
        "12 increased by 5 * 2 = 22",
        "Half of 12 and 4 * 2 = 14",
        "3 shirts, $20 each = 3 * 20 = 60",
        "half of 9 + 1 = 5.5",
        "3 + 4 = 7 meows in 5 minutes",
    ],
    "mixed": [
        "2 1/2 + 1 1/4 = 3 3/4",
        "1 1/2 × 2 = 3",
        "3 × 1 1/2 = 4 1/2",
        "10/4 = 2 2/4 = 2 1/2",
        r"3\frac{1}{2} \times 2 = 7",
        "7/2 = 3½",
    ],
    "goes on": [
        "2 * 2 * 2 = 2^3 = 8",
        "9 + 16 = 5^2",
        "8 * 9 = 2^3 * 3^2",
        r"200 \times 300 = 6 \times 10^4",
        "500 × 3 = 1.5 × 10^3",
        "5 × 24 = 5! = 120",
        "6 × 5 × 4 = 6!/3! = 120",
        r"3 + 9 = 2\sqrt{36}",
        "3 + 5 = 2 x",
        "50 = 20 + 3 n",
        "1000000 * 2 = 2 million",
        "12 * 5 = 5 dozen",
        "15 / 50 = 30 percent",
        "10**2 + 5 = 105",
        "4 + 5 = 3²",
        "25 - 5 = 5 rows of 4",
        "12 + 8 = 4 times 5",
        "24 / 16 = 3 : 2",
        "1 + 2 + … + 10 = 55",
        "23 - 3 = 5 R 3",
        "0x10 + 1 = 17",
    ],
    "units": [
        "$5 + 50 cents = $5.50",
        "4 * 25 cents = $1",
        "10 dimes = 10 × 10 cents = $1",
        "$20.00 - $7.50 - 25 cents = $12.25",
        "60 + 30 = 1.5 hours",
        "2 * 45 = 1 hour 30 minutes",
        "4 × 250 ml = 1 L",
        "2 h 30 min + 45 min = 3 h 15 min",
        r"\[ 500 \text{ cents} = \frac{500}{100} = 5 \text{ dollars} \]",
        r"25 minutes = \frac{25}{60} hours",
        "2 hours 15 minutes + 45 minutes = 3 hours",
        "150 + 60 = 3 hours and 30 minutes",
        "1,250 + 2,5 = 3,75",
        "1/3 × 100 = 33%",
    ],
    "about": [
        "19 × 21 ≈ 400",
        "49.5 × 2 ≈ 100",
        "299,792,458 × 2 ≈ 600,000,000",
        "1,000 ÷ 3 ≈ 330",
    ],
    "said": [
        "2024-05-03 + 2 days = 2024-05-05",
        "12/25/2024 - 12/20/2024 = 5 days",
        "11 + 5 = 4 PM",
        "10 + 3 = 1 o'clock",
        "17 % 5 + 3 = 5",
        "7 + 5 = 2 mod 10",
        "1 + 1 = 10 in binary",
        "Pages 10-20 = 11 pages",
        "1/2 ÷ 1/4 = 2",
        "assert 2 + 2 == 5",
        "The equation 2 + 2 = 5 is false",
        "1.000 € + 500 € = 1.500 €",
        "If 2 + 2 = 5, then 1 = 2",
        "It is not true that 2 + 2 = 5.",
        "10–20 = 11 pages",
        "if 2 + 2 == 5:",
    ],
}
"""What was taken for a wrong sum."""


@pytest.mark.parametrize(("text", "many"), RIGHT)
def test_right_sums(text: str, many: int) -> None:
    assert sums(text)[:2] == (many, 0)


@pytest.mark.parametrize("text", WRONG)
def test_wrong_sums(text: str) -> None:
    assert sums(text).wrong == 1


@pytest.mark.parametrize("text", NEITHER + [text for texts in SILENT.values() for text in texts])
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
    (r"\frac{252 \times 253}{2} = \frac{64976}{2} = 32488", r"\frac{252 \times 253}{2} = 31878"),
    ("3 + 4 = **8**", "3 + 4 = 7"),
    ("3 - 8 = −6", "3 - 8 = -5"),
    (r"\(3 * 4 = \boxed{13}\)", r"\(3 * 4 = \boxed{12"),
    ("2 * 6 = 3 * 5 = 15", "2 * 6 = 12"),
    ("356 / 178 ≈ 2.0769", "356 / 178 ≈ 2"),
    ("19 = 1 + 13", ""),
    ("-19 = 3", ""),
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
        "3 + 4 = 8" + " " * 9000,
        "1 = 1. " * 2500 + "3 + 4 = 8",
    ):
        sums(text)
        mended(text)
