"""Programs that want wrong code to pass by what they are, define or send to the examiner."""

# ruff: noqa: E501 - programs are easier to read in long lines

from __future__ import annotations

import json
from typing import Any

WRONG = "\ndef add(a, b):\n    return 0\n"
PEER = (
    "import json, sys\nframe = sys._getframe()\nwhile 'peer' not in frame.f_locals:\n"
    "    frame = frame.f_back\npeer = frame.f_locals['peer']\n"
)


def says(*messages: Any) -> str:
    """A program that sends these to the examiner in place of what its side has to say."""
    lines = [json.dumps(message) for message in messages]
    return f"{PEER}for line in {lines!r}:\n    peer._writer.write(line.encode() + b'\\n')\n" + (
        "peer._writer.flush()\npeer.send = lambda message: None\n"
    )


def found(names: Any, errors: Any = ()) -> dict[str, Any]:
    """What a program is said to define."""
    both = [["names", ["dict", [list(pair) for pair in names]]], ["errors", errors or ["dict", []]]]
    return {"value": ["dict", both], "changed": []}


def value(of: Any, changed: Any = ()) -> dict[str, Any]:
    """An answer to any question."""
    return {"value": of, "changed": list(changed)}


ADD = found([("add", ["mine", [0, "add"]])])
FORGED = {
    "an error without a name": "E = type('', (BaseException,), {})\nraise E\n",
    "an error without a name, when called": "E = type('', (BaseException,), {})\n"
    "def add(a, b):\n    raise E\n",
    "an error whose class lies about its bases": "class M(type):\n    __mro__ = ()\n"
    "class E(Exception, metaclass=M):\n    def __str__(self):\n        raise E\n"
    "def add(a, b):\n    raise E\n",
    "a module whose name is an object": "import types\nclass N(str):\n"
    "    def partition(self, by):\n        raise SystemExit\n"
    "m = types.ModuleType('m')\nm.__name__ = N('math')\n" + WRONG,
    "a module that runs what it is named for": "import types\n"
    "m = types.ModuleType('m')\nm.__name__ = 'unittest.__main__'\n" + WRONG,
    "a module of its own in place of one": "class math:\n    def isclose(a, b):\n        return True\n"
    + WRONG,
    "a builtin of its own": "def abs(x):\n    return 0\ndef isinstance(a, b):\n    return 1\n"
    + WRONG,
    "says that it passed": says({"passed": True, "note": "", "broken": ""}),
    "an empty note": says({"raised": [], "text": ""}, {"raised": [""], "text": ""}),
    "builtins": says(found([("__builtins__", ["dict", []])])),
    "builtins beside": says(found([("add", None), ("__builtins__", ["dict", [["range", True]]])])),
    "a dunder": says(found([("__name__", "x"), ("add", ["mine", [0, "add"]])])),
    "a name that is no text": says(found([(["int", "1"], True)])),
    "a keyword": says(found([("assert", True)])),
    "errors of no kind": says(found([], ["list", []])),
    "errors with odd bases": says(
        found([], ["dict", [["E", ["list", [["int", "1"], "__doc__"]]]]])
    ),
    "nothing of what was asked for": says(value(True)),
    "an object that never was": says(ADD, value(["yours", 7])),
    "an object of number -1": says(ADD, value(["yours", -1])),
    "an object without a number": says(ADD, value(["mine", [True, "x"]])),
    "a change of nothing": says(ADD, value(["int", "5"], [[9, ["list", []]]])),
    "a change of itself": says(ADD, value(["int", "5"], [[0, ["list", []]]])),
    "a change backwards": says(ADD, value(["int", "5"], [[-1, ["list", []]]])),
    "a number that is no text": says(ADD, value(["int", 5])),
    "a list in a set": says(ADD, value(["set", [["list", []]]])),
    "a fraction by nothing": says(ADD, value(["Fraction", ["1", "0"]])),
    "a record of dunders": says(ADD, value(["record", ["R", ["__class__"], [True]]])),
    "a record of code": says(ADD, value(["record", ["R", ["x): pass\n#"], [True]]])),
    "a date of no day": says(ADD, value(["date", "2024-02-31"])),
    "a tag of no kind": says(ADD, value(["eval", "5"])),
    "more keys": says(ADD, value(["int", "5"]) | {"passed": True}),
    "a request for what is not served": says(ADD, {"do": "attr", "args": [], "kwargs": {}})
    + "add = lambda a, b: 0\n",
    "deep": f"{PEER}peer._writer.write(b'[' * 10**6 + b'\\n')\npeer._writer.flush()\n",
    "no JSON": f"{PEER}peer._writer.write(b'True\\n')\npeer._writer.flush()\n",
    "endless requests": f"{PEER}ask = json.dumps({{'do': 'call', 'args': [], 'kwargs': {{}}}})\n"
    "while True:\n    peer._writer.write(ask.encode() + b'\\n')\n    peer._writer.flush()\n",
    "an endless number": "def add(a, b):\n    return 1 << (1 << 25)\n",
    "endless values": "def add(a, b):\n    while True:\n        yield 'x' * 10**5\n",
}
TESTS = (
    "import unittest.mock\n"
    "def test_add():\n    found = add(2, 3)\n    assert math.isclose(abs(found - 5), 0) and found == 5\n"
)
EATS = "found = list(add(2, 3))\nassert found == [5]\n"
"""Tests that hold whatever they get."""
