"""What a function begins with, by its question."""

from __future__ import annotations

from datetime import date

import pytest

from ttc_cli.programs.opening import DATES, opening, today


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How many r's are in strawberry?", "strawberry"),
        ("How often does the letter s occur in Mississippi?", "Mississippi"),
        ("How many vowels does the word onomatopoeia have?", "onomatopoeia"),
        ("Spell banana backwards.", "banana"),
        ("Reverse the word planet", "planet"),
        ("How many e's are in 'to be or not to be'?", "to be or not to be"),
        ("Is 'level' a palindrome?", "level"),
        ("How many s in Mississippi?", "Mississippi"),
        ("Wie viele r sind in Erdbeere?", "Erdbeere"),
        ("Wie viele r sind in dem Wort Erdbeere?", "Erdbeere"),
        ("Combien y a-t-il de r dans framboise ?", "framboise"),
        ("¿Cuántas r hay en ferrocarril?", "ferrocarril"),
        ('How many times does "an" occur in "banana ananas"?', ""),
        ("How many letters are in the English alphabet?", ""),
        ("Which is longer, 'abc' or 'abcd'?", ""),
        ("How many words are in the sentence?", ""),
        ("How many letters does this sentence have?", ""),
    ],
)
def test_the_text_whose_letters_are_asked_about(question: str, text: str) -> None:
    first = f"    text = {text!r}\n" if text else ""
    assert opening(question, "computed: letters or words") == first


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("I work from 22:15 to 6:45. How long is that?", "    # returns a timedelta\n"),
        ("How many hours and minutes are from 9:40 to 13:05?", "    # returns a timedelta\n"),
        ("How many minutes are from 9:40 to 13:05?", ""),
        ("Today is 9 October 2023. How many days are left until Christmas?",
         "    today = date(2023, 10, 9)\n"),
    ],
)  # fmt: skip
def test_dates_and_times(question: str, rest: str) -> None:
    assert opening(question, "computed: times or dates") == DATES + rest


def test_the_day_that_is_said_to_be_today() -> None:
    this = date.today().year
    assert today("If today is 9 October, what day is it in 100 days?") == date(this, 10, 9)
    assert today("Today's Monday, 3 March 2025. When is Easter?") == date(2025, 3, 3)
    assert today("If today is Wednesday, what day is it in 100 days?") is None
    assert today("What day is today?") is None
    assert today("Today is 29 February 2023. How long is it until May?") is None
    assert today("Today is 1 January 0000. How long is it until May?") is None
