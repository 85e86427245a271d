"""What holds for every text: nothing raises, equality is an equivalence, printing keeps meaning."""

from __future__ import annotations

import random

import pytest

from ttc_cli.answers import Kind, canonical, classes, equivalent, extract


class Undecided:
    """Algebra is left out: what is tested is our own reading."""

    def compare(self, a: str, b: str) -> bool | None:
        return None


PIECES = [
    *"0123456789.,;:-+*/^_=<>()[]{}$%\\|'\"`# \n\t",
    *["\\frac", "\\boxed{", "\\text{", "}", "\\sqrt", "\\begin{pmatrix}", "**", "```"],
    *["answer is", "Answer:", "####", "yes", "March", "km", "(B)", "x", "and", "1,000", "½", "√"],
    *["∞", '{"answer":', "<think>", "</think>", "答案是", "\ud800", "\x00", "٣", "²", "𝟙"],
    *["<answer>", "</answer>", "two", "hundred", "hours", "PM", "at least", "loss", "not", "half"],
    *["€", "₹", "CHF", "×", "–", "−", "BC", "2024-03", "13:05", "e^", "!", "°", "é", "million"],
]  # fmt: skip
KINDS: list[Kind | None] = [
    None, "number", "choice", "word", "date", "list", "json", "code", "text",
]  # fmt: skip


def text_of(generator: random.Random) -> str:
    return "".join(generator.choices(PIECES, k=generator.randrange(40)))


def test_random_strings_never_raise_and_equal_themselves() -> None:
    generator, before = random.Random(2024), ""
    for i in range(3_000):
        text = text_of(generator)
        found = extract(text, KINDS[i % len(KINDS)], "How many hours?" if i % 7 == 0 else "")
        assert found is None or found.text
        assert equivalent(text, text, worker=Undecided())
        assert equivalent(text, before, worker=Undecided()) == equivalent(
            before, text, worker=Undecided()
        )
        before = text


ANSWERS = [
    "5 km", "5", "2 h 15 min", "$1,234.50", "3,14", "1/3", r"\frac{1}{3}", "50%", "13:05", "3 PM",
    "March 5, 2024", "1914-1918", "3:2", "1920x1080", "x = 3, x = -2", "{1, 2}", "(1, 2)", "(B)",
    "yes", "J. K. Rowling", "Fe2O3", "two hundred six", "at least 5", "10% increase", "44 BC",
    r"2\sqrt{3}", "25π cm²", "x^2 + 1", "y = 2x", "red, green", '{"a": 1}',
    "₹3,00,000", "−5 degrees",
]  # fmt: skip


@pytest.mark.parametrize("answer", ANSWERS)
def test_what_is_shown_means_what_was_written(answer: str) -> None:
    shown = canonical(answer)
    assert equivalent(answer, shown, worker=Undecided())
    assert canonical(shown) == shown


def test_shuffled_pools_of_noise_have_the_same_classes() -> None:
    generator = random.Random(7)
    for _ in range(25):
        pool = [text_of(generator)[:12] for _ in range(6)] + generator.choices(ANSWERS, k=6)
        first = {frozenset(pool[i] for i in g.members) for g in classes(pool, worker=Undecided())}
        generator.shuffle(pool)
        again = {frozenset(pool[i] for i in g.members) for g in classes(pool, worker=Undecided())}
        assert first == again


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "{" * 5000,
        '{"a":' * 3000,
        "[" * 5000 + "]" * 5000,
        "\\boxed{" * 3000,
        "\\frac{" * 3000,
        "1," * 5000,
        "1 " * 5000,
        "9" * 20_000,
        "a b " * 5000,
        "$" * 5001,
        "**" * 5000,
        "the answer is " * 2000,
        "```\n" * 2001,
        "\n" * 9000 + "x",
        "- " * 5000,
        "# " * 5000,
        "<answer>" * 3000,
        "two " * 5000,
        "(A) " * 4000,
    ],
)
@pytest.mark.timeout(10)
def test_long_repetition_costs_little_time(text: str) -> None:
    extract(text)
    extract(text, "number")
    extract(text, "choice")
    canonical(text)
    classes([text, text + "x"], worker=Undecided())


def test_code_is_compared_without_comments_and_layout() -> None:
    a = "```python\ndef f(x):\n    # twice\n    return x * 2\n```"
    b = "def f(x):\n\n  return x*2   # the double"
    assert equivalent(a, b)
    assert not equivalent(a, b.replace("*2", "*3"))
    assert canonical(a) == "def f(x):\n    # twice\n    return x * 2"


def test_code_is_found() -> None:
    reply = "Here is code:\n```python\ndef f():\n    return 1\n```\nIt works."
    for text, rule in ((reply, "code"), ("def f():\n    return 1", "whole")):
        found = extract(text, "code")
        assert found is not None
        assert (found.text, found.rule) == ("def f():\n    return 1", rule)
    assert extract("Text.\n```python\nx = 1", "code") is None


@pytest.mark.parametrize(
    "box", ["{}", "{ }", "{\\text{}}", "{\\,}", "{{}}", "{?}", "{$$}", "{\\ }", " {\n}"]
)
def test_a_box_that_holds_nothing_is_no_answer(box: str) -> None:
    for kind in KINDS[:4]:
        for around in ("%s", "The answer is %s.", "**Final Answer:** %s", "$%s$", "\\[ %s \\]"):
            assert extract(around % f"\\boxed{box}", kind) is None


def test_the_most_deliberate_statement_wins() -> None:
    reply = 'The answer is 3.\n#### 4\n{"answer": 5}\n\\boxed{6}\n**7**\n8'
    found = extract(reply)
    assert found is not None
    assert (found.text, found.rule) == ("6", "boxed")
    empty = extract("\\boxed{}\n\n#### 7")
    assert empty is not None
    assert empty.text == "7"
    long = extract("filler and more filler\n" * 20_000 + "The answer is 42.")
    assert long is not None
    assert long.text == "42"
    forgotten = extract("so \\boxed{12\nWhich means that\nthe answer is 12.")
    assert forgotten is not None
    assert forgotten.text == "12"


@pytest.mark.parametrize(
    "question",
    ["?", "+ ?", "the?", "How?", "How many?", "Who is?", "¿?", "什么?", "x" * 5000 + "?"],
)
def test_what_is_no_question_changes_nothing(question: str) -> None:
    for reply in ("It is Rome.", "Yes, it is.", "Rome", "?", "...", "is", "the is the", "七"):
        assert extract(reply, None, question) == extract(reply)
