"""Running a program for its value."""

# ruff: noqa: E501 - programs and data are easier to read in long lines

from __future__ import annotations

import datetime
import json
import threading
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from cells import LAYERS

from ttc_cli.core.errors import UnreadableFile, UsageError
from ttc_cli.jail import Layer, Limits, available, lock, run_program
from ttc_cli.jail.program import MOST_PARTS, plain_value

HEAD = (
    "from fractions import Fraction\nfrom decimal import Decimal\nfrom collections import *\n"
    "import datetime, enum, math, cmath\nP = namedtuple('P', 'x y')\n"
    "class E(enum.IntEnum):\n    A = 4\nclass O:\n    def __str__(self):\n        return 'an O'\n"
)
VALUES: dict[str, Any] = {
    "1 + 1": 2,
    "0.1": 0.1,
    "math.inf": float("inf"),
    "10 ** 3000": 10**3000,
    "1 < 2": True,
    "'ä\\ud800'": "ä?",
    "Fraction(7, 4)": Fraction(7, 4),
    "Decimal('0.10')": Decimal("0.10"),
    "datetime.date(2024, 2, 29)": datetime.date(2024, 2, 29),
    "datetime.time(13, 5)": datetime.time(13, 5),
    "datetime.datetime(2024, 1, 1, 9, 30)": datetime.datetime(2024, 1, 1, 9, 30),
    "datetime.timedelta(days=-1, microseconds=3)": datetime.timedelta(-1, 0, 3),
    "(1, [2])": [1, [2]],
    "{3, 1, 2}": [1, 2, 3],
    "range(3)": [0, 1, 2],
    "(n for n in 'ab')": ["a", "b"],
    "Counter('aab')": {"a": 2, "b": 1},
    "P(1, None)": {"x": 1, "y": None},
    "{(1, 2): 'x'}": {"1, 2": "x"},
    "E.A": 4,
    "1j": "1j",
    "b'abc'": "abc",
    "O()": "an O",
}


def test_values_arrive_as_what_they_are() -> None:
    program = f"{HEAD}def solution():\n    return [{', '.join(VALUES)}]\n"
    found = run_program(program, unsafe=True)
    assert not found.error
    assert found.value == list(VALUES.values())
    assert [type(one) for one in found.value] == [type(one) for one in VALUES.values()]


@pytest.mark.parametrize("layer", LAYERS)
def test_what_is_printed_counts_where_nothing_is_returned(layer: Layer) -> None:
    found = run_program("print('x')\nprint('It is', 5, end='\\n\\n')", layer=layer)
    assert (found.value, found.printed, found.error) == (None, "It is 5", "")
    assert 0 < found.seconds < 10
    assert found.peak > 1 << 20


ERRORS = {
    "def solution():\n    return 1 / 0\n": "ZeroDivisionError: division by zero",
    "def solution(:\n": "SyntaxError: invalid syntax (line 1)",
    "raise ValueError('a\\x1b[31m\\nb')\n": "ValueError: a [31m b",
    "input()\n": "EOFError: EOF when reading a line",
    "def solution(a):\n    return a\n": "TypeError: solution() missing 1 required",
    "def solution():\n    return 10 ** 5000\n": "the number is longer than 4,000 digits",
    f"def solution():\n    return range({MOST_PARTS + 2})\n": "more than 20,000 parts",
    "def solution():\n    x = []\n    x.append(x)\n    return x\n": "RecursionError",
    "import os\nos._exit(0)\n": "SystemExit: it left without an answer",
    "import os\nos.abort()\n": "SystemError: it was ended by signal 6",
    "import subprocess\nsubprocess.run(['true'])\n": "PermissionError",
    "import os\nos.fork()\n": "PermissionError",
    "x = []\nwhile True:\n    x.append(bytearray(1 << 24))\n": "MemoryError",
}


@pytest.mark.skipif(bool(available()), reason="nothing can be locked in here")
@pytest.mark.parametrize("source", ERRORS)
def test_an_error_is_one_clear_line(source: str) -> None:
    found = run_program(source)
    assert ERRORS[source] in found.error
    assert found.error.isprintable()


@pytest.mark.parametrize("source", ["while True: pass", "import time\ntime.sleep(99)"])
def test_time_is_bounded(source: str) -> None:
    found = run_program(source, limits=Limits(seconds=0.5), unsafe=True)
    assert "TimeoutError" in found.error
    assert found.seconds < 5


def test_it_can_be_given_up() -> None:
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    found = run_program("import time\ntime.sleep(99)", cancel=stop, unsafe=True)
    assert found.seconds < 5
    assert "TimeoutError" not in found.error


@pytest.mark.parametrize("layer", LAYERS)
def test_data_is_read_by_its_name(layer: Layer, tmp_path: Path) -> None:
    for name, mode in (("a b.csv", 0o644), ("mine.txt", 0o600)):
        (tmp_path / name).write_text(f"{name}\n1,2\n")
        (tmp_path / name).chmod(mode)
    program = (
        "import os\ndef solution():\n    refused = 0\n    try:\n        open('a b.csv', 'a')\n"
        "    except OSError:\n        refused = 1\n"
        "    return [open('a b.csv').readline(), open('mine.txt').read(), refused]\n"
    )
    files = [tmp_path / "a b.csv", tmp_path / "mine.txt"]
    found = run_program(program, data=files, layer=layer)
    assert found.value == ["a b.csv\n", "mine.txt\n1,2\n", layer is not Layer.LIMITS], found.error


def test_data_is_files_of_different_names(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    files = [tmp_path / "a.csv", tmp_path / "x" / "a.csv"]
    with pytest.raises(UnreadableFile, match=r"a\.csv"):
        run_program("", data=files, unsafe=True)
    for path in files:
        path.touch()
    with pytest.raises(UsageError, match="one name"):
        run_program("", data=files, unsafe=True)


@pytest.mark.parametrize("layer", LAYERS)
def test_packages_that_are_there_can_be_used(layer: Layer) -> None:
    program = "import sympy\ndef solution():\n    return sympy.Rational(1, 3) + 2, sympy.Integer(4), sympy.pi\n"
    assert run_program(program, layer=layer).value == [Fraction(7, 3), 4, "pi"]


NO_VALUES: list[Any] = [
    5, [], {}, ["int", 5], ["int", "f" * 5000], ["int", "zz"], ["Fraction", ["1", "0"]], ["Fraction", ["1"]],
    ["Decimal", "1E+99999"], [["int"], "1"], ["eval", "1"], "x" * 30_000, "\ud800", ["date", "2024-02-30"],
    ["timedelta", ["9" * 40, "0", "0"]], ["list", {}], ["list", [None] * 30_000], ["dict", [[["list", []], None]]],
    ["dict", [[]]], ["set", []], ["bytes", "00"], ["record", ["P", ["x"], ["a"]]], ["mine", [0, "f"]],
]  # fmt: skip


@pytest.mark.parametrize("data", NO_VALUES, ids=lambda data: json.dumps(data)[:60])
def test_no_other_data_is_a_value(data: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        plain_value(data)


def test_a_program_that_forges_its_answer_is_no_harm() -> None:
    source = "import os\nfor fd in range(3, 9):\n    try:\n        os.write(fd, {!r})\n    except OSError:\n        pass\nos._exit(0)\n"
    for answer in (b"[" * 100_000, b"{}", b'{"value": 1, "printed": 2, "error": 3}', b"\xff"):
        assert run_program(source.format(answer), unsafe=True).error
    long = "import os\nwhile True:\n    os.write(3, b'x' * 65536)\n"
    # The second is said where the program sees that its pipe is closed before it is ended.
    told = ("it wrote more than 1 MiB", "SystemExit: it left without an answer")
    assert run_program(long, unsafe=True).error in told


def test_where_nothing_can_be_locked_in_the_user_must_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lock, "_found", lambda: (Layer.LIMITS, "no namespaces"))
    assert available() == "no namespaces"
    with pytest.raises(UsageError, match="--unsafe-exec"):
        run_program("x = 1")
    assert run_program("print(1)", unsafe=True).printed == "1"
