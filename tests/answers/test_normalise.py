from __future__ import annotations

import random
import subprocess
import sys
from fractions import Fraction

import pytest

from ttc_cli.answers import canonical, classes, equivalent, extract, medoid, similarity
from ttc_cli.answers.latex import tidy
from ttc_cli.answers.quantity import parse_number


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"\frac{11+9a}{20}", "(11+9a)/20"),
        (r"$3 \pm 2 \sqrt{2}$", "3 ± 2 sqrt(2)"),
        (r"\frac{9}{256}", "9/256"),
        (r"\frac{2}{4}", "1/2"),
        ("0.50", "0.5"),
        ("1,000", "1000"),
        (".0000672", "0.0000672"),
        ("$1,234.50", "$1234.50"),
        ("-$5", "-$5"),
        ("72 clips", "72"),
        ("5 kilometers", "5 km"),
        ("60 miles per hour", "60 mi/h"),
        (r"145^\circ", "145°"),
        (r"12.5\%", "12.5%"),
        (r"\text{(E)}", "E"),
        ("**Yes**.", "yes"),
        ("5 March 2024", "2024-03-05"),
        ("03/04/2024", "03/04/2024"),
        (r"(-\infty, 0]", "(-∞, 0]"),
        (r"\{1,2\}", "{1, 2}"),
        ("red,  green and blue", "red, green, blue"),
        ('{"b": 1, "a": 2.0}', '{"a": 2, "b": 1}'),
        ("The Eiffel  Tower.", "The Eiffel Tower"),
        ("y = -2x", "-2x"),
        (r"\begin{pmatrix}1 & 2 \\ 3 & 4\end{pmatrix}", "[1 2; 3 4]"),
    ],
)
def test_the_form_people_read(text: str, shown: str) -> None:
    assert " ".join(canonical(text).split()) == shown


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 234,5", Fraction(2469, 2)),
        ("-1/3", Fraction(-1, 3)),
        (r"-1\frac{1}{2}", Fraction(-3, 2)),
        ("1e-3", Fraction(1, 1000)),
        ("9e999999", None),
        ("5x", None),
        ("2 pi", None),
        ("5 or 6", None),
        ("", None),
    ],
)
def test_numbers_are_exact(text: str, value: Fraction | None) -> None:
    number = parse_number(tidy(text))
    assert (number and number.value) == value


def test_code_is_compared_without_comments_and_layout() -> None:
    a = "```python\ndef f(x):\n    # twice\n    return x * 2\n```"
    b = "def f(x):\n\n  return x*2   # the double"
    assert equivalent(a, b)
    assert not equivalent(a, b.replace("*2", "*3"))
    assert canonical(a) == "def f(x):\n    # twice\n    return x * 2"


def test_the_medoid_is_the_text_closest_to_the_others() -> None:
    texts = [
        "Plants turn light into sugar.",
        "The stock market fell.",
        "Plants turn sunlight into sugar.",
        "Plants can turn light into sugar.",
    ]
    assert texts[medoid(texts)] != "The stock market fell."
    assert texts[medoid(texts)] == texts[::-1][medoid(texts[::-1])]
    assert similarity("a b", "a b") == pytest.approx(1.0)
    assert medoid(["only"]) == 0
    with pytest.raises(ValueError):
        medoid([])


class Undecided:
    """Algebra is left out: what is tested is our own reading."""

    def compare(self, a: str, b: str) -> bool | None:
        return None


PIECES = [
    *"0123456789.,;:-+*/^_=<>()[]{}$%\\|'\"`# \n\t",
    *[
        "\\frac",
        "\\boxed{",
        "\\text{",
        "}",
        "\\sqrt",
        "\\begin{pmatrix}",
        "**",
        "```",
        "```python\n",
    ],
    *[
        "answer is",
        "Answer:",
        "####",
        "yes",
        "March",
        "km",
        "(B)",
        "x",
        "and",
        "1,000",
        "½",
        "√",
        "∞",
    ],
    *['{"answer":', "<think>", "</think>", "答案是", "\u202f", "\ud800", "\x00", "٣", "²", "𝟙"],
]


def test_ten_thousand_random_strings_never_raise() -> None:
    generator, before = random.Random(2024), ""
    kinds = [None, "number", "choice", "word", "date", "list", "json", "code", "text"]
    for i in range(10_000):
        text = "".join(generator.choices(PIECES, k=generator.randrange(40)))
        found = extract(text, kinds[i % len(kinds)])  # type: ignore[arg-type]
        assert found is None or found.text
        canonical(text)
        assert equivalent(text, text, worker=Undecided())
        assert equivalent(text, before, worker=Undecided()) in (True, False)
        before = text


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
    ],
)
@pytest.mark.timeout(10)
def test_long_repetition_costs_little_time(text: str) -> None:
    extract(text)
    extract(text, "number")
    canonical(text)
    classes([text, text + "x"], worker=Undecided())


def test_import_is_light() -> None:
    code = (
        "import sys, ttc_cli.answers as a; a.extract, a.classes, a.Worker, a.medoid\n"
        "print({'sympy', 'numpy', 'math_verify'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
