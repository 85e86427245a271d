"""`tests:FILE` and `tests:doctest`: what of a reply is tested, and by what."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from stage import branch, build, grades, question, write

from ttc_cli.core.errors import TtcError, UsageError
from ttc_cli.jail import Layer, available, lock
from ttc_cli.verifiers.unit_tests import examples

GOOD = "def add(a, b):\n    return a + b\n"
TESTS = "def test_sums():\n    assert add(2, 3) == 5\n    assert add(-1, 1) == 0\n"
locked = pytest.mark.skipif(bool(available()), reason="nothing can be locked in here")


def reply(code: str) -> str:
    return f"Here it is:\n```python\n{code}```\nIt adds."


@locked
def test_the_verifier_takes_the_code_of_replies(tmp_path: Path) -> None:
    check = build(f"tests:{write(tmp_path, 'test_add.py', TESTS)}")
    replies = [
        reply(GOOD),
        reply("def add(a, b):\n    return a\n"),
        GOOD,
        reply(GOOD) + "\n```python\nprint(add(1, 2))\n```",
        reply(GOOD) + "\n```text\n5\n```",
        "I cannot.",
    ]
    found = grades(check, [branch(text, i) for i, text in enumerate(replies)], question("code"))
    assert [one.score for one in found] == [1, 0, 1, 1, 1, 0]
    assert "assert add(2, 3) == 5" in found[1].note


@locked
def test_doctest_takes_the_question_s_examples() -> None:
    head = (
        "from typing import List\n\ndef add(a: List[int]) -> int:\n    '''Sum.\n"
        "    >>> add([2, 3])\n    5\n    >>> add([])\n    0\n    '''\n"
    )
    good = reply("def add(a: List[int]) -> int:\n    return sum(a)\n")
    bad = reply("def add(a):\n    return 5\n")
    check = build("tests:doctest")
    found = grades(check, [branch(good), branch(bad, 1)], question("code", head))
    assert [one.score for one in found] == [1, 0]
    (none,) = grades(check, [branch(good)], question("code", "Write add."))
    assert none.score is None


def test_examples_become_tests() -> None:
    text = (
        ">>> x = 3\n>>> f(x)\n'a'\n>>> g()\n<G>\n\n"
        "Then:\n    >>> h(1)\n    [1,\n     2]\n    ```\n>>> k()\n"
    )
    assert examples(text).splitlines() == [
        "x = 3", "assert (f(x)) == ('a')", "assert repr(g()) == '<G>'", "assert (h(1)) == ([1,",
        "     2])", "k()",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "tests"),
    [
        ("It must pass:\n- `assert f((3, 4)) == (4,)`\n", ["assert f((3, 4)) == (4,)"]),
        ("is_odd(7) -> True, is_odd(8) -> False.",
         ["assert (is_odd(7)) == (True)", "assert (is_odd(8)) == (False)"]),
        ("For example, `add(2, 3)` should return `5`.", ["assert (add(2, 3)) == (5)"]),
        ("f('a, b') => ['a', 'b'] and f('') => []",
         ["assert (f('a, b')) == (['a', 'b'])", "assert (f('')) == ([])"]),
        ("(f(2) gives (1, 2))", ["assert (f(2)) == ((1, 2))"]),
        ("f(2) is 4. Why is max(nums) == 3 slow, and range(10) is 10 long?",
         ["assert (f(2)) == (4)"]),
        ("Explain print(x) and len(s) == 0; f(2) = 4 is an equation.", []),
    ],
)  # fmt: skip
def test_values_beside_calls_are_examples(text: str, tests: list[str]) -> None:
    assert examples(text).splitlines() == tests


def test_examples_of_any_text_are_python() -> None:
    rng = random.Random(0)
    for _ in range(500):
        text = "".join(rng.choices("ff((12))=->.,'; is\n`[]#x", k=40))
        compile(examples(f"f(1) -> 2 {text}"), "examples", "exec")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tests", "write tests:FILE"),
        ("tests:none.py", "cannot read none.py"),
        ("tests:bad.py", "bad.py cannot be used: the tests cannot be read"),
        ("tests:needs.py", "needs.py cannot be used: the tests need numpy"),
    ],
)
def test_what_is_refused(
    text: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "bad.py", "def (")
    write(tmp_path, "needs.py", "import numpy\nassert f(numpy)\n")
    with pytest.raises(TtcError) as caught:
        build(text)
    assert says in str(caught.value)


def test_where_code_cannot_be_locked_in_the_user_must_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lock, "_found", lambda: (Layer.LIMITS, "no namespaces"))
    with pytest.raises(UsageError, match="--unsafe-exec"):
        build("tests:doctest")
    assert build("tests:doctest", unsafe=True).gate
