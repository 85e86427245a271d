"""What a program's value is computed from."""

from __future__ import annotations

import random

import pytest

from ttc_cli.programs.computation import MOST_CHARS, Computation, computation, written_out

QUESTION = "A ship makes 10 miles an hour from 1 to 4 PM, and 6 back. How long is the way back?"


def _solution(*lines: str) -> str:
    return "\n".join(
        ["def solution():", '    """10, 4 and 6"""', *(f"    {line}" for line in lines)]
    )


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        (["return 3 * 10 / 6 - 4"], ()),
        (["return 4 - 1"], ("10", "6")),
        (["speed = 10", "back = 6", "return (4 - 1) * 2"], ("10", "6")),
        (["way = 10", "way = 4", "return way / 6"], ("10",)),
        (["way = 10", "if way > 6:", "    way = 4", "return way"], ()),
        (["ways = []", "ways.append(10)", "other.append(6)", "return sum(ways) / 4"], ("6",)),
        (["a, b = 10, 6", "a, b = b, a", "return b - 4"], ()),
        (["way = 0", "for hour in range(1, 5):", "    way += 10", "return way / 6"], ()),
        (["a = 10", "b = 6", "while a < 4:", "    a, b = b, a"], ()),
        (["a = 0", "for i in r:", "    c = a", "    a = b", "    b = 10", "return c"], ("4", "6")),
        (["return '10 miles, 4 PM and 6 back'"], ()),
        (["def way(speed):", "    return speed * 10", "return way(6) - 4"], ()),
        (["try:", "    x = 10", "except E:", "    return 6", "return x * 4"], ()),
        (["match x:", "    case 10:", "        return 6", "return 4"], ()),
        (["return [x * 4 for x in range(6) if x != 10]"], ()),
    ],
)  # fmt: skip
def test_numbers_that_the_value_does_not_depend_on(lines: list[str], left: tuple[str, ...]) -> None:
    assert computation(_solution(*lines), QUESTION).left_out == left


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("What is 40% of 200?", "return 0.4 * 200"),
        ("40% off 200 euros?", "return 200 * (1 - 0.4)"),
        ("40% off 200 euros?", "return 200 * 0.6"),
        ("200 and 5% on top?", "return 200 * 1.05"),
        ("¿Cuánto es el 12,5% de 640?", "return 0.125 * 640"),
        ("How many from 1 to 500?", "return len(range(1, 501))"),
        ("$1,250.50 a month?", "return 1250.5 * 12"),
        ("2.5 million people, 1 each?", "return 2_500_000"),
        ("From 8:30 for 90 minutes?", "return datetime(1, 1, 1, 8, 30) + timedelta(minutes=90)"),
        ("The 3rd of 12 items?", "return items(12)"),
        ("How long is it from 2:15 pm to 5:30 pm?", "return (17 * 60 + 30) - (14 * 60 + 15)"),
        ("How long is it from 2:15 pm to 5:30 pm?", "return 17.5 - 14.25"),
        ("2:15 pm to 5:30 pm?", "return timedelta(hours=17, minutes=30) - time(14, 15)"),
        ("How many hours is it from 9 am to 6 pm?", "return 18 - 9"),
        ("At 3:45 PM, 20 minutes on?", "return datetime(1, 1, 1, 15, 45) + minutes(20)"),
        ("From 2 until 5 in the afternoon?", "return 17 - 14"),
        ("22 divided by 7 to 3 decimals?", "return 22 / 7"),
        ("22 / 7, rounded to 2 decimal places?", "return 22 / 7"),
        ("22 / 7 to the nearest 10?", "return round(22 / 7, -1)"),
        ("What are 22 cats and 7 dogs in at most 20 words?", "return 22 + 7"),
        ("3/4 of 20?", "return 20 * 0.75"),
        ("2/3 of 20?", "return 20 * 0.667"),
        ("1/2 cup for 6 people?", "return 0.5 * 6"),
        ("2 1/2 cups for 6 people?", "return 2.5 * 6"),
        ("60 mph for 2 hours 30 minutes?", "return 60 * 2.5"),
        ("60 mph for 2 hours and 30 minutes?", "return 60 * 150 / 60"),
        ("60 mph for 90 minutes?", "return 60 * 1.5"),
        ("5 feet 6 inches in inches?", "return 66"),
        ("2 billion people, 3 each?", "return 2000000000 * 3"),
        ("5. Amy has 12 eggs and eats 3?", "return 12 - 3"),
        ("Question 5: Amy has 12 eggs and eats 3?", "return 12 - 3"),
        ("How many 3-digit numbers?", "return len(range(100, 1000))"),
    ],
)  # fmt: skip
def test_a_number_may_be_written_in_other_ways(question: str, code: str) -> None:
    assert computation(_solution(code), question).left_out == ()


@pytest.mark.parametrize(
    ("question", "code", "left"),
    [
        ("From 2:15 pm to 5:30 pm?", "return 17 - 15", ("2", "30")),
        ("9 am to 6 am?", "return 18 - 9", ("6",)),
        ("22 words and 7 more to 3 people?", "return 22 + 7", ("3",)),
        ("3/4 of 20?", "return 20 * 0.5", ("3", "4")),
        ("60 mph for 2 hours 30 minutes?", "return 60 * 2", ("30",)),
        ("90 apples at 2 dollars?", "return 1.5 * 2", ("90",)),
        ("Amy has 12 eggs. 5. Bob has 3?", "return 12 - 3", ("5",)),
        ("How many 3-digit numbers above 200?", "return len(range(100, 1000))", ("200",)),
    ],
)  # fmt: skip
def test_a_number_that_is_used_in_no_way_is_left_out(
    question: str, code: str, left: tuple[str, ...]
) -> None:
    assert computation(_solution(code), question).left_out == left


def test_programs_that_do_the_same_sums_are_alike() -> None:
    one = computation(_solution("# the way", "way = 3 * 10", "return way / 6"), QUESTION)
    same = computation(_solution("back = 6", "return 10 * 3 / back"), QUESTION)
    other = computation(_solution("return 3 * 10 * 6"), QUESTION)
    assert one.sums
    assert one.sums == same.sums != other.sums


def test_what_a_reply_writes_out() -> None:
    assert written_out("3 * 10 = 30, and 30 / 6 = 4", QUESTION) == Computation(wrong=1)
    assert written_out("It is 7.", "10 of 4?") == Computation(("10", "4"))
    assert written_out("3 + 4 = 7", f"How many is {'9' * 9000}?") == Computation()


def test_what_stands_beside_the_function_is_used() -> None:
    code = f"SPEED = 10\ndef back(way): return way / 6\n{_solution('return back(SPEED * 4)')}"
    assert computation(code, QUESTION).left_out == ()


@pytest.mark.parametrize(
    "code",
    ["", "return 3", "def other(): return 3", "def solution(:", f"x = {'9' * (MOST_CHARS + 1)}",
     _solution(f"return 0x{'f' * 3900}"), "def solution():\n" + "x = (" * 900],
)  # fmt: skip
def test_of_what_is_no_program_nothing_is_known(code: str) -> None:
    assert computation(code, QUESTION) == Computation()


def test_any_text_and_any_program_are_read() -> None:
    generator = random.Random(11)
    lines = [
        "x = 10",
        "if x:",
        "    x = 6",
        "for y in x:",
        "    y += 4",
        "return x",
        "else:",
        "0.3",
    ]
    signs = "10 4,.%-\n\t\"'()[]{}=:x²½٣漢\0\\"
    for _ in range(2000):
        text = "".join(generator.choices(signs, k=generator.randrange(30)))
        found = computation(_solution(*generator.choices([*lines, text], k=6)), QUESTION)
        assert set(found.left_out) <= {"10", "4", "6"}
        computation(text, text)
        computation(_solution("return 3"), text)
