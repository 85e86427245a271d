"""Whether a program can be evidence for a question."""

from __future__ import annotations

import pytest

from ttc_cli.prompts.message import Document
from ttc_cli.routing.policy import Facts, classify, route
from ttc_cli.routing.surface import computable, text_wanted

YES = """How many minutes are there from 9:40 to 13:05?
My train leaves at 7:15 pm and the trip takes 95 minutes. When do I arrive?
How many days from 3 March to 17 May?
What day of the week was 4 July 1976?
A farmer has 17 sheep. All but 9 run away. How many are left?
What is 17 + 25?
What is 15% of 240?
Convert 5 miles to kilometers
How many seconds in 3 hours?
How many r's are in strawberry?
How many letters are in the word 'banana'?
Reverse the string 'hello'
In how many ways can 5 people sit in a row?
What is the probability of two heads in three tosses?
Is 91 prime?
Write 2024 as a Roman numeral.
What is the 7th letter of the word 'extraordinary'?
Encode HELLO with a Caesar cipher that shifts each letter forward by 3.
SEND + MORE = MONEY, where each letter stands for a different digit. What is MONEY?
Welche Zahl unter 100 hat die Quersumme 18?
What is the 10th Fibonacci number?
Tom is twice as old as Ann, who is 7. How old is Tom?
Wie viele Minuten sind es von 9:40 bis 13:05 Uhr?"""
NO = """Who wrote Hamlet?
What is the capital of France?
When did World War II end?
What happened on 4 July 1776?
Translate 'good morning' into German
Explain why the sky is blue
Write a haiku about 3 cats
Write a story about a Caesar cipher with 3 keys
Explain what binary 101 means
Which letters did Rilke write to a young poet?
Write a Python function that adds two numbers
I have a meeting at 3pm, suggest a polite reason to decline
How tall is Mount Everest?
Name three novels by Dickens
Pick one: A) 3 B) 4 C) 5. What is 1 + 2?
A says that B is lying, B says that C is lying. Who tells the truth?
If all bloops are razzies and all razzies are lazzies, are all bloops lazzies?"""


@pytest.mark.parametrize("question", YES.splitlines())
def test_computed(question: str) -> None:
    found = computable(question, classify(question).task)
    assert found.yes, found.reason


@pytest.mark.parametrize("question", NO.splitlines())
def test_not_computed(question: str) -> None:
    found = computable(question, classify(question).task)
    assert not found.yes, found.reason


def test_an_attached_text_is_read_and_not_computed() -> None:
    assert not computable("What is 3 + 4?", "math", attached=[Document("a.txt", "text")]).yes


def test_a_computed_question_starts_with_a_program_where_they_can_be_had() -> None:
    way = route("How many seconds in 3 hours?", Facts(programs=True))
    assert (way.effort, way.program.yes) == ("auto", True)
    assert way.form in ("math", "short")


def test_a_table_or_prose_in_another_language_is_no_value() -> None:
    for prompt in (
        "Fais un tableau des saisons avec exactement 4 rangées.",
        "Erkläre, warum 3 mal 4 dasselbe ist wie 4 mal 3.",
        "Décris 2 villes de 3 pays.",
    ):
        assert not computable(prompt, "math").yes
    assert computable("How many minutes from 9:40 to 13:05? Answer in one sentence.", "math").yes
    assert not text_wanted("Make a table of the revenue of each month.")  # of a file: computed
