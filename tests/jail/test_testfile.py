"""Files of tests as people write them: with pytest, and with the name of their own module."""

# ruff: noqa: E501 - programs are easier to read in long lines

from __future__ import annotations

import pytest
from cells import examine

from ttc_cli.core.verify import Graded
from ttc_cli.jail.boxed.testfile import fault

SLUG = "def slugify(text):\n    if not text:\n        raise ValueError('no text')\n    return '-'.join(text.lower().split())\n"
FILE = """
import pytest
from slug import slugify

@pytest.fixture
def title():
    yield "A B"

@pytest.mark.parametrize("text, want", [("A b", "a-b"), pytest.param("x", "x", id="one")])
def test_words(text, want):
    assert slugify(text) == want

@pytest.mark.parametrize("left", ["a", "b"])
@pytest.mark.parametrize("right", ["c"])
def test_both(left, right):
    assert slugify(left + " " + right) == f"{left}-{right}"

def test_fixture(title):
    assert slugify(title) == "a-b"

@pytest.mark.slow
class TestErrors:
    def setup_method(self):
        self.text = ""

    def test_empty(self):
        with pytest.raises(ValueError, match="no") as caught:
            slugify(self.text)
        assert "no text" in str(caught.value)

@pytest.mark.skip
def test_later():
    assert False

async def test_waits():
    assert slugify("a") == "a"
"""


def test_pytest_and_the_module_s_own_name_mean_what_people_expect() -> None:
    assert not fault(FILE)
    assert examine(SLUG, FILE) == Graded(1.0)
    for wrong in ("lower()", "raise ValueError('no text')", "'-'.join"):
        spoiled = SLUG.replace(
            wrong, {"lower()": "upper()", "'-'.join": "' '.join"}.get(wrong, "pass")
        )
        assert examine(spoiled, FILE).score == 0


@pytest.mark.parametrize(
    "failing",
    [
        "import pytest\ndef test():\n    with pytest.raises(ValueError):\n        slugify('x')\n",
        "from pytest import approx\nassert approx(1) == slugify('1')\n",
        "def test(x=slugify('a')):\n    assert x == 'b'\n",
        "class TestIt:\n    def test(self):\n        assert slugify('a') == 'b'\n",
        "async def test():\n    assert slugify('a') == 'b'\n",
        "import pytest\n@pytest.fixture\ndef f():\n    return slugify('a')\ndef test(f):\n    assert f == 'b'\n",
        "import pytest\n@pytest.mark.parametrize('x', ['a', 'A'])\ndef test(x):\n    assert slugify(x) == x\n",
        "import unittest\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(slugify('a'), 'b')\n",
    ],
)
def test_no_kind_of_test_passes_unrun(failing: str) -> None:
    assert examine(SLUG, failing).score == 0


def test_nearby_numbers() -> None:
    code = (
        "from fractions import Fraction\ndef of(n):\n"
        "    return [0.1 + 0.2, [1.0000001, 2], {'a': 1e-13}, 10**400, Fraction(1, 3)][n]\n"
        "class Any:\n    def __eq__(self, other):\n        return True\n    __hash__ = None\n"
        "    def __sub__(self, other):\n        return 0\n"
    )
    tests = (
        "from pytest import approx\nassert of(0) == approx(0.3) and of(1) == approx([1, 2])\n"
        "assert of(2) == approx({'a': 0}) and of(3) == approx(10**400) and of(3) != approx(1)\n"
        "assert of(4) == approx(0.3333333) and of(0) != approx(0.31) and of(1) != approx([1])\n"
        "assert Any() != approx(1) and not approx(1) == Any()\n"
    )
    assert examine(code, tests) == Graded(1.0)


@pytest.mark.parametrize(
    ("tests", "why"),
    [
        ("def test(:\n", "the tests cannot be read: "),
        ("import numpy\nassert f()\n", "the tests need numpy, and see the standard library"),
        ("import one, two.three\nassert f()\n", "the tests need one and two: only one module"),
        ("from .slug import f\nassert f()\n", "the tests import relative to a package"),
        ("import pytest\nassert pytest.importorskip('x')\n", "the tests need pytest.importorskip"),
        (
            "from pytest import LogCaptureFixture\nassert f()\n",
            "pytest.LogCaptureFixture: there is",
        ),
        ("def test(tmp_path):\n    assert f(tmp_path)\n", "the fixture tmp_path"),
        ("x = 1\n", "the tests never call the code"),
        ("def helper():\n    return len('abc')\nassert helper() == 3\n", "never call the code"),
    ],
)
def test_tests_that_can_judge_nothing_are_found_out_at_once(tests: str, why: str) -> None:
    assert why in fault(tests, installed=lambda name: name == "numpy")


def test_names_of_the_code_count_though_builtins_have_them() -> None:
    assert fault("assert sum([1]) == 1\n")
    assert not fault("assert sum([1]) == 1\n", names=["sum"])
