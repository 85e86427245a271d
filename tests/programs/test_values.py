"""From values to answers, and what a program is before it runs."""

from __future__ import annotations

import ast
import random
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ttc_cli.core.programs import source
from ttc_cli.programs.begun import begun, escaped
from ttc_cli.programs.imports import completed
from ttc_cli.programs.values import answer


@pytest.mark.parametrize(
    ("value", "question", "text"),
    [
        (72, "", "72"),
        (12.0, "", "12"),
        (0.1 + 0.2, "", "0.3"),
        (1e22, "", "1" + "0" * 22),
        (2.5, "to the nearest whole number", "3"),
        (1 / 3, "rounded to two decimal places", "0.33"),
        (2.0, "to 2 decimals", "2.00"),
        (12.345, "How many dollars are left?", "12.35"),
        (25.141875, "Split a bill of 87.45 among 4 with a 15% tip. What does each pay?", "25.14"),
        (12.5, "It rose from 48 to 54 dollars. By how many percent did it rise?", "12.5"),
        (1e30, "to 2 decimal places", "1" + "0" * 30),
        (float("nan"), "", ""),
        (float("inf"), "", ""),
        ([1, float("-inf")], "", ""),
        ({"a": Decimal("sNaN")}, "", ""),
        (-123456789012345678, "to the nearest hundred", "-123456789012345700"),
        ("²", "Which month was it?", "²"),
        ("9" * 5000, "Which month was it?", "9" * 5000),
        ([10**30, 5], "How long is it?", f"{10**30}, 5"),
        ("9999999999 days, 1:00", "How long is it?", "9999999999 days, 1:00"),
        (timedelta.max, "How long is it?", "1000000000 days"),
        (Decimal("1.50"), "", "1.5"),
        (True, "", "yes"),
        ("Tuesday", "", "Tuesday"),
        ("Tuesday", "Auf welchen Tag fällt der 24. Dezember 2025?", "Dienstag"),
        (date(1990, 10, 3), "Welcher Wochentag war der 3. Oktober 1990?", "Mittwoch"),
        ("Tuesday", "Quel jour était le 14 juillet 1789 ?", "mardi"),
        ("Wednesday", "¿Qué día fue el 12 de octubre de 1492?", "miércoles"),
        ("Monday", "Was ist 'Montag' auf Englisch?", "Monday"),
        ("Thursday", "Welcher Wochentag war der 1.1.1970? Antworte auf Englisch.", "Thursday"),
        (date(1990, 10, 3), "What weekday was 3 October 1990? Answer in German.", "Mittwoch"),
        (date(2024, 2, 29), "", "2024-02-29"),
        (timedelta(hours=3, minutes=25), "", "3 hours 25 minutes"),
        (timedelta(hours=6) - timedelta(hours=22), "How long do I work?", "8 hours"),
        (timedelta(days=-1), "", "-1 day"),
        ([1, 2.0, [3, 4.5]], "", "1, 2, (3, 4.5)"),
        ({"a": 1.0, "b": [1, 2]}, "", "a: 1, b: (1, 2)"),
        ([["sofa", 12]], "Which product sold most?", "sofa"),
        (["sofa", 12], "Which product sold most, and how many?", "sofa, 12"),
        ({"sofa": 12}, "What was sold?", "sofa"),
        (5, "Which month had the highest revenue?", "May"),
        ("05", "In what month did it rain most?", "May"),
        ("2023-05", "Which month had the highest revenue?", "2023-05"),
        (6, "What day of the week was it?", ""),
        (20, "On which day of the month did it rain most?", "20"),
        ("8:30:00", "How long do I work?", "8 hours 30 minutes"),
        ([8, 30], "How many hours and minutes is that?", "8 hours 30 minutes"),
        ([22, 25], "It runs 155 minutes. When is it over?", "22:25"),
        (498, "What time does the bus leave?", ""),
        (1989, "When was that?", "1989"),
        ([8, 30], "What are the two numbers?", "8, 30"),
        (datetime(1900, 1, 1, 22, 25), "When is it over?", "22:25"),
        (datetime(2024, 3, 5), "On what date?", "2024-03-05"),
        (time(9, 5, 7), "", "09:05:07"),
        (1587.57, "round to the nearest gram", "1588"),
        (3.5, "How many km is it to the nearest town?", "3.5"),
        (1234, "to the nearest hundred", "1200"),
        (16.51, "Bitte auf eine Nachkommastelle runden.", "16.5"),
        ("8.04672 km", "rounded to two decimal places", "8.05 km"),
        (46, "Books are left on the cart. How many did she have on it when she started?", "46"),
        (90, "When she leaves, how many minutes will it take her to be done?", "90"),
        (600, "When it rains, what is the amount that leaks over two hours?", "600"),
        (730, "It takes 90 minutes. When must he leave to arrive by 0900 hours?", "730"),
        (498, "It runs 155 minutes, so when does it end?", ""),
        (5, "Every subsequent day she walks twice as far. On what day does she walk 9 km?", "5"),
        (date(2024, 5, 3), "What day of the week was 3 May 2024?", "Friday"),
        (date(2024, 5, 3), "What date is 3 days after 30 April 2024?", "2024-05-03"),
        ([5, 20], "Express 320 seconds in minutes and seconds.", "5 minutes 20 seconds"),
        ([1, 0], "How many weeks and days are 7 days?", "1 week"),
        ([3, 4], "How long are the legs of the triangle?", "3, 4"),
        ([3, 25], "How long is it from 9:40 to 13:05?", "3 hours 25 minutes"),
        (timedelta(hours=3, minutes=25), "How long does it take from 9:40?", "3 hours 25 minutes"),
        (timedelta(hours=3, minutes=25), "How many minutes is it from 9:40 to 13:05?", "205"),
        (timedelta(hours=-15), "Wie viele Stunden sind es von 22 bis 7 Uhr?", "9"),
        (timedelta(days=38), "How many weeks is that?", "5.428571429"),
        (timedelta(days=38), "How many weeks and days is that?", "38 days"),
        (timedelta(days=38), "How many apples is that?", "38 days"),
        (1278, "to the nearest ten", "1280"),
        (51278, "to the nearest ten thousand", "50000"),
        (7512780, "Round it to the nearest million.", "8000000"),
        (10**30 + 7, "to the nearest ten", str(10**30 + 10)),
        (12.3, "Round up to the nearest integer.", "13"),
        (12.0000000000000002, "Round up to the nearest integer.", "12"),
        (12.7, "Round your answer down to the nearest whole number.", "12"),
        (1234, "Round it up to the nearest hundred.", "1300"),
        (-0.4, "to the nearest integer", "0"),
        (2.345, "Give it to 2 dp.", "2.35"),
        (2.345, "rounded to 1 d.p.", "2.3"),
        (0.0123456, "to 3 significant figures", "0.0123"),
        (123456, "to two significant figures", "120000"),
        (12.3456, "Give 3 s.f.", "12.3"),
        (12.3456, "to the nearest 0.1", "12.3"),
        (12.3456, "to the nearest 0.01.", "12.35"),
        (1278, "to the nearest 100", "1300"),
        (3.5, "There are 3 places at the table. How much does each get?", "3.5"),
        (3.25, "rounded to 1 places", "3.3"),
        (None, "", ""),
        ([], "", ""),
    ],
)
def test_values_as_answers(value: Any, question: str, text: str) -> None:
    assert answer(value, question) == text


def test_any_question_makes_a_function_that_holds_it() -> None:
    rng = random.Random(0)
    pieces = ['"', '"""', "\\", "\n", "'", "{x}", "é", "\\n", "# no", "    ", "a", "\0", "\r"]
    for _ in range(500):
        question = "".join(rng.choices(pieces, k=rng.randrange(9)))
        code = source(begun(question) + "    return 1")
        (function,) = ast.parse(code).body
        assert isinstance(function, ast.FunctionDef)
        told = ast.get_docstring(function, clean=False)
        assert told == question.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    assert escaped('say "hi"') == 'say "hi\\"'


def test_a_program_is_its_definitions() -> None:
    said = (
        "Here it is:\n```python\nimport math\n\ndef area(r=1):\n    return math.pi\n\n"
        "assert area() == 3\nprint(area())\n```\nThat was it."
    )
    kept = "import math\n\ndef area(r=1):\n    return math.pi"
    assert source(said) == kept.replace("(r=1)", "(r=1)")
    said = "```python\ndef total():\n    return 3\n\nassert total() == 4\n```"
    assert source(said) == "def total():\n    return 3\n\nsolution = total"
    assert source("```python\nprint(2 + 2)\n```") == "print(2 + 2)"
    assert source("```python\ndef broken(:\n```") == "def broken(:"


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("return math.sqrt(2)", "import math"),
        ("return timedelta(days=1)", "from datetime import timedelta"),
        ("return datetime.datetime(2024, 1, 1)", "import datetime"),
        ("return datetime(2024, 1, 1)", "from datetime import datetime"),
        ("return Fraction(1, 3)", "from fractions import Fraction"),
    ],
)
def test_forgotten_imports_are_added(body: str, line: str) -> None:
    code = f"def solution():\n    {body}"
    assert completed(code) == f"{line}\n{code}"


def test_what_is_bound_or_unknown_is_left_alone() -> None:
    for code in (
        "import math\n\ndef solution():\n    return math.pi",
        "def solution():\n    product = 3\n    return product * nothing_known",
        "def solution(:",
    ):
        assert completed(code) == code


def test_numbers_lose_the_zeros_in_front_and_texts_keep_them() -> None:
    code = (
        'def solution():\n    """From 09:05"""\n    hour, text = 09, "007"  # 01\n'
        "    return hour + 00 + 0.05 + 0x0A + int(text)"
    )
    fixed = code.replace("= 09", "= 9").replace("+ 00", "+ 0")
    assert completed(code) == fixed
    assert completed("x = 0.05 + 10") == "x = 0.05 + 10"
