"""What is read of a person's words on form, and which replies have it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ttc_cli.prompts.forms import Constraint, constraints, grammar, language, mended
from ttc_cli.prompts.forms.constraint import CHECKS
from ttc_cli.prompts.forms.reading import offered

HERE = Path(__file__).parent
FIXED = [line.split("\t") for line in HERE.joinpath("forms.tsv").read_text("utf-8").splitlines()]
READ = [
    tuple(line.split("\t")) for line in (HERE / "forms_read.tsv").read_text("utf-8").splitlines()
]
FREE = HERE.joinpath("no_forms.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize(("kinds", "prompt"), [(row[0], row[2]) for row in FIXED])
def test_a_form_is_read(kinds: str, prompt: str) -> None:
    found = {one.kind for one in constraints(prompt.replace("\\n", "\n"))}
    assert found - {"bare"} == set(kinds.split(",")) - {"bare"}
    assert "bare" in found or kinds != "bare"


@pytest.mark.parametrize(("kind", "prompt"), READ)
def test_a_form_is_among_those_that_are_read(kind: str, prompt: str) -> None:
    assert kind in {one.kind for one in constraints(prompt.replace("\\n", "\n"))}


@pytest.mark.parametrize("prompt", FREE)
def test_no_form_is_read_where_none_is_fixed(prompt: str) -> None:
    assert constraints(prompt.replace("\\n", "\n")) == ()


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("Summarise it in at most 20 words.", "at most 20 words"),
        ("Keep it under 50 words: what is a black hole?", "at most 49 words"),
        ("Use at least three sentences.", "at least 3 sentences"),
        ("Give me three bullets on sleep.", "exactly 3 bullets"),
        ("A) x B) y. The letter only.", "one letter of A, B"),
        ("Why? Answer in German.", "in German"),
        ("Limit your answer to 50 words. What is rain?", "at most 50 words"),
        ("Keep it to 20 words: what is rain?", "at most 20 words"),
        ("What is rain? Limit it to 3 sentences.", "at most 3 sentences"),
        ("Explain rain in two to three sentences.", "2 to 3 sentences"),
        ("What is rain? 2 to 3 sentences.", "2 to 3 sentences"),
        ("Explain rain in 2-3 sentences.", "2 to 3 sentences"),
        ("Explain rain in 2–3 sentences.", "2 to 3 sentences"),
        ("Erkläre Regen in zwei bis drei Sätzen.", "2 to 3 sentences"),
        ("Erkläre Regen in 2-3 Sätzen.", "2 to 3 sentences"),
        ("Explique la pluie en deux à trois phrases.", "2 to 3 sentences"),
        ("Explique la pluie en 2 ou 3 phrases.", "2 to 3 sentences"),
        ("Explica la lluvia en dos o tres frases.", "2 to 3 sentences"),
        ("Explain rain in two or three sentences.", "2 to 3 sentences"),
        ("Why sleep? Use 3 to 5 bullet points.", "3 to 5 bullets"),
        ("List 5-7 ideas as bullets.", "5 to 7 bullets"),
        ("Explain rain in 80 to 100 words.", "80 to 100 words"),
        ("80 to 100 words: what is rain?", "80 to 100 words"),
        ("What is rain? 100 words minimum.", "at least 100 words"),
        ("Explain rain in 100 words or more.", "at least 100 words"),
        ("Erkläre Regen, mindestens 100 Wörter.", "at least 100 words"),
        ("Beschränke dich auf 50 Wörter. Was ist Regen?", "at most 50 words"),
        ("Limite ta réponse à 50 mots. Qu'est-ce que la pluie ?", "at most 50 words"),
        ("Limita tu respuesta a 50 palabras. ¿Qué es la lluvia?", "at most 50 words"),
        ("Give me a numbered list of 3 to 5 ideas.", "3 to 5 numbered items"),
        ("The summary must be at most 3 sentences. Cats sleep a lot.", "at most 3 sentences"),
        ("It must be under 100 words. Explain rain.", "at most 99 words"),
        ("The text should have max 100 words. Write about rain.", "at most 100 words"),
        ("Explain rain in one or two sentences.", "1 to 2 sentences"),
        ("Explain rain in 1-2 sentences.", "1 to 2 sentences"),
        ("Write 3 to 4 paragraphs about rain.", "3 to 4 paragraphs"),
        ("A poem of 4-6 lines about rain.", "4 to 6 lines"),
        ("Write a 100-150 word text about rain.", "100 to 150 words"),
        ("Write a summary (100–150 words) of Hamlet.", "100 to 150 words"),
        ("Schreibe einen Text von 100 bis 150 Wörtern über Regen.", "100 to 150 words"),
        ("The answer should be between 50 and 60 words. What is rain?", "50 to 60 words"),
        ("Give me between 3 and 5 bullet points on sleep.", "3 to 5 bullets"),
        ("List 5 to 7 items for a trip.", "5 to 7 list items"),
        ("Limit the title to 100 characters: an essay on bees", "at most 100 characters"),
        ("Keep your answer to a maximum of 10 words: what is rain?", "at most 10 words"),
        ("Limit your answer to at most 10 words: what is rain?", "at most 10 words"),
        ("I have little time. At most 20 words: what is rain?", "at most 20 words"),
        ("There is little time: max 20 words. What is rain?", "at most 20 words"),
        ("Read it and then summarise it in two sentences.", "exactly 2 sentences"),
        ("List 3 pros and 3 cons in bullet points.", "bullets"),
        ("Responde en una frase por favor.", "exactly 1 sentence"),
        ("List 3 differences between a list and a tuple in bullet points.", "exactly 3 bullets"),
        ("List 3 differences between Python 2 and 3 in bullet points.", "exactly 3 bullets"),
    ],
)
def test_a_form_is_told(prompt: str, told: str) -> None:
    assert [str(one) for one in constraints(prompt)] == [told]


def test_what_is_quoted_or_pasted_fixes_nothing() -> None:
    assert not constraints('What does "reply with the number only" mean?')
    assert not constraints("Explain this:\n```\nprint('answer in JSON')\n```")


HOLDS = [
    ("number", ["391", "-3.5", "1,200", "12%", "$5", "3/4", "2.5e3"], ["391 km", "It is 391", "x"]),
    ("quantity", ["205 minutes", "60 km/h", "$5", "3 h 25 min", "3 km²"], ["205", "Now 5 km"]),
    ("letter", ["B", "(B)", "b."], ["D", "B) Venus", "The letter B"]),
    ("short", ["Johann Wolfgang von Goethe", "**1989**"], ["The answer is Goethe", "a\n\nb"]),
    ("verdict", ["Yes", "no.", "Ja", "Oui", "Sí", "False"], ["Yes, it is", "Maybe"]),
    ("json", ['{"a": 1}', "[1, 2]"],
     ["```json\n{}\n```", "Here: {}", "1", "{'a': 1}", '{"a": NaN}']),
    ("csv", ["a,b\nc,d", "spring, summer"], ["spring", "a,b\nc"]),
    ("unfenced", ["x = 1"], ["```\nx = 1\n```"]),
    ("plain", ["A list: 1 * 2 * 3"], ["**bold**", "# Head", "```\nx\n```"]),
    ("upper", ["PARIS 3", "STRAßE"], ["Paris"]),
    ("lower", ["paris"], ["Paris"]),
    ("bare", ["Guten Morgen"], ["Sure, here it is", "Here's the translation: x"]),
    ("code", ["ls -a"], ["```\nls\n```", "Here is the command: ls"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "good", "bad"), HOLDS)
def test_checks(kind: str, good: list[str], bad: list[str]) -> None:
    one = Constraint(kind, of="ABC" if kind == "letter" else "")
    assert [reply for reply in good if not one.holds(reply)] == []
    assert [reply for reply in [*bad, "", " \n"] if one.holds(reply)] == []


COUNTS = [
    ("words", 3, "one two three"),
    ("characters", 5, "abcde"),
    ("lines", 2, "a\n\nb"),
    ("sentences", 2, "Dr. A. Smith left. He slept"),
    ("sentences", 1, "Use a lock, e.g. a mutex, to guard it."),
    ("sentences", 1, '"Stop!" he said at 9 a.m. on Yahoo! in the U.S. office.'),
    ("sentences", 1, "Am 3. Oktober ist ein Feiertag, d.h. es ist frei."),
    ("sentences", 2, "cats sleep. dogs bark."),
    ("sentences", 2, "Привет, мир. Как дела?"),
    ("sentences", 2, "Praha je město. Čech tam žije."),
    ("sentences", 2, "LG는 회사입니다. 서울에 있습니다."),
    ("sentences", 3, "Er ist 42. Sie ist 30. Beide sind alt."),
    ("paragraphs", 2, "a\nb\n\nc"),
    ("paragraphs", 2, "# Head\n\na\nb\n\n**Next**\n\nc"),
    ("items", 2, "Two:\n- a\n- b"),
    ("items", 2, "1. a\n   - a1\n   1. a2\n2. b"),
    ("rows", 2, "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |"),
    ("rows", 2, "a | b\n--- | ---\n1 | 2\n3 | 4"),
    ("rows", 2, "a,b\nc,d"),
]


@pytest.mark.parametrize(("kind", "count", "reply"), COUNTS)
def test_counts(kind: str, count: int, reply: str) -> None:
    holding = [n for n in range(8) if Constraint(kind, n, n).holds(reply)]
    assert holding == [count]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Das ist die Hauptstadt von Italien.", "de"),
        ("The sky is blue because of the air.", "en"),
        ("Le ciel est bleu à cause de l'air.", "fr"),
        ("El cielo es azul por la luz del sol.", "es"),
        ("Небо голубое", "ru"),
        ("205", None),
        ("Paris", None),
    ],
)
def test_languages(text: str, code: str | None) -> None:
    assert language(text) == code


MENDED = [
    ("code", "```bash\nls -a\n```", "ls -a"),
    ("code", "Use this command:\n```\nls -a\n```\nIt lists all.", "ls -a"),
    ("code", "You can use `ls -a` for that.", "ls -a"),
    ("json", 'Here you are:\n```json\n{"a": 1}\n```', '{"a": 1}'),
    ("json", 'The object is {"a": [1, 2]}.', '{"a": [1, 2]}'),
    ("json", 'As in [1]: {"a": {"b": 2}}', '{"a": {"b": 2}}'),
    ("json", '{"a": 1}\n{"a": 2}', None),
    ("json", 'Such as {"a": "x"}. Here it is: {"a": "y"}', '{"a": "y"}'),
    ("json", 'I fill {} in: {"a": "x", "b": [1]}\nwhere b is [1]', '{"a": "x", "b": [1]}'),
    ("json", '{"a": 1}\n{"a": 1}', '{"a": 1}'),
    ("json", '```\n{"a": 1}\n```\nor\n```\n{"a": 2}\n```', '{"a": 2}'),
    ("table", "A:\na | b\n--- | ---\n1 | 2", "A:\na | b\n--- | ---\n1 | 2"),
    ("upper", "Paris", "PARIS"),
    ("number", "**391**.", "391"),
    ("letter", "B) Venus", "B"),
    ("verdict", "Yes, it is prime.", "Yes"),
    ("plain", "## Head\nA **map**", "Head\nA map"),
    ("unfenced", "This adds:\n```python\na + b\n```", "This adds:\na + b"),
    ("number", "It is about 391 or so", None),
]


@pytest.mark.parametrize(("kind", "reply", "shown"), MENDED)
def test_a_reply_is_mended_without_a_model(kind: str, reply: str, shown: str | None) -> None:
    assert mended(reply, [Constraint(kind)]) == shown


def test_an_opening_ahead_of_a_list_goes_and_a_long_list_is_not_cut() -> None:
    three = [Constraint("items", 3, 3), Constraint("lines", 3, 3)]
    assert mended("Reasons:\n- a\n- b\n- c", three) == "- a\n- b\n- c"
    assert mended("- a\n- b\n- c\n- d", three) is None


def test_bullets_are_made_of_numbered_items() -> None:
    assert mended("Two:\n1. a\n2. b", constraints("In two bullet points.")) == "- a\n- b"
    assert mended("1. a\n2. b", constraints("List 2 items.")) == "1. a\n2. b"


def test_the_letters_that_are_offered() -> None:
    assert offered("Pick one: (a) red (b) blue (c) green") == "ABC"
    assert offered("A dog and a cat") == ""
    months = "".join(f"\n{letter}) month" for letter in "ABCDEFGHIJKL")
    assert offered(f"Which is the eleventh?{months}") == "ABCDEFGHIJKL"
    assert offered("For which x: A) 1 B) 2") == "AB"
    assert offered("A) 1 B) 2 and then D) 3") == ""


def test_nothing_ever_raises() -> None:
    dice = random.Random(0)
    pieces = [
        *"aB.,:;!?\n\n `*_|-#()[]{}\"'1²½٣ßéñ中🙂\x00\ud800",
        "```",
        "only the ",
        "reply with ",
        "in JSON",
    ]
    pieces += [
        "number",
        "at most 5 words",
        "auf Deutsch",
        "<think>",
        '{"a": ',
        "A) x B) y",
        "| a | b |\n|--|--|\n",
    ]
    for _ in range(1500):
        text = "".join(dice.choices(pieces, k=dice.randrange(40)))
        kinds = [Constraint(kind, 1, 1) for kind in dice.sample(sorted(CHECKS), 3)]
        for wanted in (kinds, constraints(text)):
            shown = mended(text, wanted)
            assert shown is None or all(one.holds(shown) for one in wanted)
        language(text)


def test_a_grammar_holds_to_so_many_items_or_lines() -> None:
    assert grammar(constraints("Give me three bullets.")) == (
        'root ::= line ("\\n" line){2,2}\nline ::= "- " [^\\n]{1,160}'
    )
    assert grammar(constraints("A poem in exactly 4 lines.")).startswith('root ::= line ("\\n"')
    assert not grammar(constraints("At most 60 characters, please."))


@pytest.mark.parametrize(
    ("prompt", "reply", "shown"),
    [
        ('An email. Start with "Dear team".', "Subject: New\n\nDear Team,\nHi.", "Dear team,\nHi."),
        ('A note. End it with "Kind regards".', "Hi.\nKind regards,\n[You]", "Hi.\nKind regards"),
        ('A note. End it with "Kind regards".', "Kind regards to all of you who have come.", None),
        ("A story in two paragraphs.", "A b.\n\nC d.\n\nE f.", "A b.\n\nC d. E f."),
        ("Who wrote it? The name only.", "It was written by Jane Austen.", "Jane Austen"),
        ("Wer schrieb Faust? Nur den Namen.",
         "Faust wurde von Johann Wolfgang von Goethe geschrieben", "Johann Wolfgang von Goethe"),
    ],
)  # fmt: skip
def test_what_stands_around_the_form_is_left_away(
    prompt: str, reply: str, shown: str | None
) -> None:
    assert mended(reply, constraints(prompt)) == shown
