"""Code under test: what passes, what fails, and what cannot pass whatever it does."""

from __future__ import annotations

from pathlib import Path

import pytest
from cells import LAYERS, LOCKED, examine

from ttc_cli.core.verify import Graded
from ttc_cli.jail import Layer
from ttc_cli.jail.examine import examine as examine_tests

GOOD = "def add(a, b):\n    return a + b\n"
TESTS = "def test_sums():\n    assert add(2, 3) == 5\n    assert add(-1, 1) == 0\n"


# -- honest code ----------------------------------------------------------------------------

PASSING = {
    "functions": (GOOD, TESTS),
    "asserts": (GOOD, "assert add([1], [2]) == [1, 2]"),
    "imported": (GOOD, "from solution import add as plus\nassert plus('a', 'b') == 'ab'"),
    "unittest": (
        GOOD,
        "import unittest\nclass T(unittest.TestCase):\n"
        "    def test(self):\n        self.assertEqual(add(1, 1), 2)\n",
    ),
    "values": (
        "def same(x):\n    return x\n",
        "for x in (None, True, 3, 2**200, -1.5, float('inf'), 'ä\\ud800', b'\\x00', 1j, (1,), [[]],"
        " {1: {2}}, frozenset({3})):\n    assert same(x) == x and type(same(x)) is type(x)\n"
        "assert same(float('nan')) != 0",
    ),
    "exact values": (
        "from fractions import Fraction\nfrom decimal import Decimal\nimport datetime as d\n"
        "def of(x):\n    return {1: Fraction(1, 3), 2: Decimal('0.10'), 3: d.date(2024, 2, 29),\n"
        "            4: d.datetime(2024, 1, 1, 9, 30, tzinfo=d.timezone.utc), 5: d.time(13, 5),\n"
        "            6: d.timedelta(days=-1, seconds=5), 7: range(2, 9, 3), 8: 10**5000}[x]\n",
        "from fractions import Fraction\nfrom decimal import Decimal\nimport datetime as d\n"
        "assert of(1) == Fraction(1, 3) and of(1) + 1 == Fraction(4, 3)\n"
        "assert of(2) * 3 == Decimal('.3')\n"
        "assert of(3) == d.date(2024, 2, 29) and of(4).hour == 9 and str(of(5)) == '13:05:00'\n"
        "assert of(6).total_seconds() == -86395 and list(of(7)) == [2, 5, 8]\n"
        "assert of(8) == 10**5000 and len(str(of(8))) == 5001",
    ),
    "in place": (
        "def sort(x):\n    x.sort()\ndef put(d):\n    d['a'] = [1]\n",
        "x = [3, 1]\nassert sort(x) is None and x == [1, 3]\n"
        "d = {}\nput(d)\nassert d == {'a': [1]}",
    ),
    "classes": (
        "class Stack:\n    def __init__(self):\n        self.items = []\n"
        "    def push(self, x):\n        self.items.append(x)\n"
        "    def __len__(self):\n        return len(self.items)\n"
        "    def __getitem__(self, i):\n        return self.items[i]\n",
        "s = Stack()\ns.push(4)\nassert len(s) == 1 and s[0] == 4 and s.items == [4]\n"
        "assert isinstance(s, Stack) and not isinstance(3, Stack) and list(s) == [4]",
    ),
    "operators": (
        "class V:\n    def __init__(self, x):\n        self.x = x\n"
        "    def __add__(self, o):\n        return V(self.x + o.x)\n"
        "    def __eq__(self, o):\n        return self.x == o.x\n"
        "    def __hash__(self):\n        return 1\n"
        "    def __repr__(self):\n        return f'V({self.x})'\n",
        "assert V(1) + V(2) == V(3) and repr(V(1)) == 'V(1)' and V(1) != V(2)",
    ),
    "callbacks": (
        "def twice(f, x):\n    return f(f(x))\n",
        "assert twice(lambda x: x * 3, 2) == 18 and twice(str, 1) == '1'",
    ),
    "functions made by functions": (
        "def adder(n):\n    return lambda x: x + n\n",
        "assert adder(2)(3) == 5",
    ),
    "generators": (
        "def up(n):\n    yield from range(n)\n",
        "assert list(up(3)) == [0, 1, 2]\nit = up(1)\nassert next(it) == 0 and next(it, 9) == 9",
    ),
    "plain subclasses": (
        "from collections import Counter, namedtuple\nP = namedtuple('P', 'x y')\n"
        "def count(s):\n    return Counter(s)\ndef point():\n    return P(1, 2)\n",
        "assert count('aab') == {'a': 2, 'b': 1} and point() == (1, 2) == P(1, 2)\n"
        "assert isinstance(point(), P) and point()._asdict() == {'x': 1, 'y': 2}",
    ),
    "exceptions": (
        "class Odd(ValueError):\n    pass\ndef even(n):\n    if n % 2:\n"
        "        raise Odd('no')\n    return {}[n]\n",
        "for kind, n in ((Odd, 1), (ValueError, 3), (KeyError, 2)):\n    try:\n        even(n)\n"
        "    except kind:\n        pass\n    else:\n        assert False",
    ),
    "modules": ("import math\n" + GOOD, "assert add(math.floor(1.5), 1) == 2"),
    "keywords": ("def f(a, *, b=1):\n    return a - b\n", "assert f(3) == 2 and f(a=3, b=3) == 0"),
    "prints": ("print('hello')\n" + GOOD, "print('world')\n" + TESTS),
    "dataclasses": (
        "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\n",
        "assert A(3).x == 3 and A(3) == A(3)",
    ),
}


@pytest.mark.parametrize("name", PASSING)
def test_good_code_passes(name: str) -> None:
    assert examine(*PASSING[name]) == Graded(1.0)


@pytest.mark.parametrize("layer", LAYERS)
def test_it_does_in_every_layer(layer: Layer) -> None:
    assert examine(*PASSING["exact values"], layer=layer) == Graded(1.0)
    assert examine(*FAILING_ONE, layer=layer).score == 0


FAILING_ONE = ("def add(a, b):\n    return a - b\n", TESTS)
FAILING = {
    "wrong": ("def add(a, b):\n    return a - b\n", "assert add(2, 3) == 5\nAssertionError"),
    "missing": ("x = 1\n", "name 'add' is not defined"),
    "no Python": ("def add(a, b:\n", "SyntaxError"),
    "raises": ("def add(a, b):\n    raise ValueError('no sums')\n", "ValueError: no sums"),
    "breaks at once": ("1 / 0\n", "ZeroDivisionError"),
    "recurses": ("def add(a, b):\n    return add(a, b)\n", "RecursionError"),
}


@pytest.mark.parametrize("name", FAILING)
def test_bad_code_fails_and_hears_why(name: str) -> None:
    code, why = FAILING[name]
    found = examine(code, TESTS)
    assert found.score == 0.0
    assert why in found.note


def test_a_failure_says_what_came_instead() -> None:
    found = examine("def add(a, b):\n    return a - b\n", TESTS)
    assert "add(2, 3) gave -1" in found.note


def test_no_exception_of_the_code_ends_the_tests_early() -> None:
    for kind in ("StopIteration", "GeneratorExit", "SystemExit(0)", "KeyboardInterrupt"):
        code = f"def even(n):\n    raise {kind}\n"
        assert examine(code, "assert all(map(even, [1, 2]))").score == 0


def test_names_of_builtins_are_the_builtins_own() -> None:
    code = "def abs(x):\n    return 0\ndef half(x):\n    return 9\n"
    for everything in ("", "from solution import *\n"):
        assert examine(code, f"{everything}assert abs(half(4) - 2) < 1e-6").score == 0
    asked_for = "from solution import abs\nassert abs(-3) == 0"
    assert examine(code, asked_for).score == 1


def test_arithmetic_with_an_object_of_the_code_proves_nothing() -> None:
    code = (
        "class N(float):\n    def __sub__(self, o):\n        return 0.0\n"
        "class M:\n    def __sub__(self, o):\n        return 0.0\n"
        "def half(x):\n    return N(9)\ndef third(x):\n    return M()\n"
    )
    for name in ("half", "third"):
        assert examine(code, f"assert abs({name}(4) - 2) < 1e-6").score == 0


def test_broken_tests_are_no_verdict() -> None:
    found = examine(GOOD, "import one_package, another\nassert add(1, 1) == 2\n")
    assert found.score is None
    assert "only one module can be the code" in found.note


@pytest.mark.parametrize("layer", LOCKED)
def test_only_the_user_s_own_tests_may_do_what_the_user_may(layer: Layer, tmp_path: Path) -> None:
    reads = f"open({str(tmp_path / 'secret')!r})"
    (tmp_path / "secret").touch()
    for escape in (reads, "os.waitpid(os.fork() or os._exit(0), 0)", "os.kill(os.getppid(), 0)"):
        tests = f"import os\n{escape}\nassert add(2, 3) == 5\n"
        own = examine_tests(GOOD, tests, layer=layer, own=True)
        assert own == Graded(1.0)
        assert "Permission" in examine_tests(GOOD, tests, layer=layer).note
