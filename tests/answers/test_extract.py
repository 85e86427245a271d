from __future__ import annotations

import pytest

from ttc_cli.answers import Kind, extract

CASES: list[tuple[str, Kind | None, str, str]] = [
    ("The answer is: **42**.", None, "42", "phrase"),
    ("= 42", None, "42", "number"),
    ("$\\boxed{\\text{Yes}}$", None, "\\text{Yes}", "boxed"),
    ("42 apples", None, "42", "number"),
    ("$1,234.50", None, "$1,234.50", "number"),
    ("so **B** it is\n", None, "B", "bold"),
    ("We get \\boxed{3} and then \\boxed{12", None, "3", "boxed"),
    ("We get \\boxed{\\frac{1}{2}}.", None, "\\frac{1}{2}", "boxed"),
    (
        "\\boxed{\\left\\{1, \\frac{2}{3}\\right\\}}",
        None,
        "\\left\\{1, \\frac{2}{3}\\right\\}",
        "boxed",
    ),
    ("first \\boxed{1} then \\boxed{2}.", None, "2", "boxed"),
    ("\\boxed{} is empty. The answer is 5.", None, "5", "phrase"),
    ("\\boxed{\\boxed{7}}", None, "7", "boxed"),
    ("Put it in \\boxed{answer}. Total: 9", None, "9", "number"),
    ("Reasoning.\n#### 18", None, "18", "hashes"),
    ("#### $1,200", None, "$1,200", "hashes"),
    ("#### Step 1\nDo it.\nSo 12 in total.", None, "12", "number"),
    ("Final Answer: 3/4", None, "3/4", "phrase"),
    ("**Final Answer**\n\n$\\frac{3}{4}$", None, "$\\frac{3}{4}$", "phrase"),
    ("### Answer\n42", None, "42", "phrase"),
    ("The final answer is (B) Paris.", None, "(B) Paris", "phrase"),
    ("The answer is 5 apples because 2+3 = 5.", None, "5 apples", "phrase"),
    ("So the answer is $x = 7$.", None, "$x = 7$", "phrase"),
    ("La réponse est 42.", None, "42", "phrase"),
    ("Die Antwort lautet 42.", None, "42", "phrase"),
    ("La respuesta es 42.", None, "42", "phrase"),
    ("La risposta è 42.", None, "42", "phrase"),
    ("A resposta é 42.", None, "42", "phrase"),
    ("Ответ: 42", None, "42", "phrase"),
    ("所以答案是42。", None, "42", "phrase"),
    ("答えは42です。", None, "42", "phrase"),
    ("정답은 42", None, "42", "phrase"),
    ('Sure.\n{"answer": 42}', None, "42", "json"),
    ('```json\n{"reasoning": "x", "answer": "blue"}\n```', None, "blue", "json"),
    ('{"b": 1, "a": 2}', "json", '{"a": 2, "b": 1}', "json"),
    ('Here: {"b": 1}', "json", '{"b": 1}', "json"),
    ("[1, 2]", "json", "[1, 2]", "json"),
    (
        "Here is code:\n```python\ndef f():\n    return 1\n```\nIt works.",
        "code",
        "def f():\n    return 1",
        "code",
    ),
    ("def f():\n    return 1", "code", "def f():\n    return 1", "whole"),
    ("I think (B)", "choice", "B", "choice"),
    ("B.", "choice", "B", "choice"),
    ("B", None, "B", "choice"),
    ("(C)", None, "C", "choice"),
    ("The correct option is B.", None, "B", "phrase"),
    ("Answer: B) 12", "choice", "B", "phrase"),
    ("**B**", "choice", "B", "choice"),
    ("The answer is A because it is.", "choice", "A", "phrase"),
    ("\\boxed{\\text{(E)}}", "choice", "E", "boxed"),
    ("\\boxed{C) 42}", "choice", "C", "boxed"),
    ("Total cost is **$12**", None, "$12", "bold"),
    ("1. **Compute the total:**\n   - 12 - 14 = 3", None, "3", "number"),
    ("Thus, the distance is 5 km.", None, "5 km", "number"),
    ("so it is 25%.", None, "25%", "number"),
    ("we get 1.5e3.", None, "1.5e3", "number"),
    ("the value is -3.5", None, "-3.5", "number"),
    ("the probability is 3/8.", None, "3/8", "number"),
    ("Then $x = 2\\sqrt{3}$.", None, "x = 2\\sqrt{3}", "maths"),
    ("so\n\\[\nx = \\frac{3}{4}\n\\]", None, "x = \\frac{3}{4}", "maths"),
    ("Paris", None, "Paris", "line"),
    ("Paris.", "word", "Paris", "line"),
    ("March 5, 2024", "date", "March 5, 2024", "line"),
    ("red, green, blue", "list", "red, green, blue", "line"),
    ("42<|im_end|>", None, "42", "number"),
    ("<think>maybe 3</think>42", None, "42", "number"),
    ("Answer: yes", None, "yes", "phrase"),
    ("Yes, because it is even.\n", None, "Yes", "line"),
    ("H2O and AZYUK2A", None, "H2O and AZYUK2A", "line"),
    ("Therefore there are 12 in 2 groups so 24 altogether", "number", "24", "number"),
    (
        "The total is 7.\n\nNote that this assumes everyone came to the party on time and ate.",
        "number",
        "7",
        "number",
    ),
    ("The answer is:\n\n42", None, "42", "phrase"),
    ("The answer is \\( 42 \\).", None, "\\( 42 \\)", "phrase"),
    ("The answer is 3.14.", None, "3.14", "phrase"),
    ("Thus the final answer is: **\\pi**", None, "\\pi", "phrase"),
    ("Hence it equals $\\pi$.", None, "\\pi", "maths"),
    ("The answer is $1,234.50.", None, "$1,234.50", "phrase"),
    ("**Answer:** 17", None, "17", "phrase"),
    ("Answer: **17 apples**", None, "17 apples", "phrase"),
    ("The answer is 4. Wait, the answer is 5.", None, "5", "phrase"),
    ("seven", "number", "seven", "line"),
]

NO_ANSWER: list[tuple[str, Kind | None]] = [
    ("We get 5 and so \\boxed{12", None),
    ("Text.\n```python\nx = 1", "code"),
    ("<think>maybe 3", None),
    ("<|im_start|>x", None),
    ("", None),
    ("   \n", None),
    (
        "Photosynthesis is the process by which plants turn light into sugar. "
        "It happens in the leaves and it feeds nearly all life on this planet.",
        None,
    ),
    (
        "The trees were tall.\n"
        "The river ran quietly past the house where she had lived for so many years with him.",
        None,
    ),
    (
        "A long text about things that has many words in its one line and so on.\n\n"
        "I hope this helps!",
        None,
    ),
    ("Let me know if you have any questions.", None),
]


@pytest.mark.parametrize(("reply", "kind", "answer", "rule"), CASES)
def test_answer_and_rule(reply: str, kind: Kind | None, answer: str, rule: str) -> None:
    found = extract(reply, kind)
    assert found is not None
    assert (found.text, found.rule) == (answer, rule)


@pytest.mark.parametrize(("reply", "kind", "answer", "rule"), CASES)
def test_a_span_holds_the_answer(reply: str, kind: Kind | None, answer: str, rule: str) -> None:
    found = extract(reply, kind)
    if found and found.span and found.rule != "json":
        start, end = found.span
        assert answer in reply[start:end]


@pytest.mark.parametrize(("reply", "kind"), NO_ANSWER)
def test_no_short_answer(reply: str, kind: Kind | None) -> None:
    assert extract(reply, kind) is None


@pytest.mark.parametrize("kind", [None, "number", "text", "word", "choice", "json"])
@pytest.mark.parametrize(
    "box", ["{}", "{ }", "{\\text{}}", "{\\,}", "{{}}", "{?}", "{$$}", "{\\ }", " {\n}"]
)
def test_a_box_that_holds_nothing_is_no_answer(box: str, kind: Kind | None) -> None:
    for around in ("%s", "The answer is %s.", "**Final Answer:** %s", "$%s$", "\\[ %s \\]"):
        assert extract(around % f"\\boxed{box}", kind) is None


def test_a_box_that_holds_nothing_takes_nothing_from_the_rest() -> None:
    found = extract("\\boxed{}\n\n#### 7")
    assert found is not None
    assert (found.text, found.rule, found.span) == ("7", "hashes", (15, 16))


def test_a_box_wins_over_everything_else() -> None:
    reply = 'The answer is 3.\n#### 4\n{"answer": 5}\n\\boxed{6}\n**7**\n8'
    found = extract(reply)
    assert found is not None
    assert (found.text, found.rule) == ("6", "boxed")


def test_the_end_of_a_very_long_reply_is_what_counts() -> None:
    found = extract("filler and more filler\n" * 20_000 + "The answer is 42.")
    assert found is not None
    assert found.text == "42"


def test_a_forgotten_brace_in_the_middle_is_not_the_end_of_the_reply() -> None:
    found = extract("so \\boxed{12\nWhich means that\nthe answer is 12.")
    assert found is not None
    assert found.text == "12"
