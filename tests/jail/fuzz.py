"""Plays an inmate that says anything at all; run by path, in a process of its own.

    fuzz.py SCRIPTS SEED TIMES

Prints how many examinations failed, as they all must, and what else came of them.
"""

from __future__ import annotations

import collections
import io
import json
import random
import sys
import types
from typing import Any

sys.path.insert(0, sys.argv[1])
import examiner
import testfile

TESTS = "assert add(2, 3) == 5\nassert add(-1, 1) == 0\nassert sorted(add([3], [1])) == [1, 3]\n"
WORDS = (
    "",
    "add",
    "x",
    "__builtins__",
    "__name__",
    "ValueError",
    "E",
    "len",
    "0",
    "-7f",
    "1/0",
    "nan",
)
TAGS = (
    "int", "float", "complex", "bytes", "list", "tuple", "set", "frozenset", "dict", "range", "date",
    "time", "datetime", "timedelta", "Fraction", "Decimal", "record", "mine", "yours", "eval",
)  # fmt: skip


def anything(rng: random.Random, depth: int = 4) -> Any:
    """JSON that is like a value as often as not."""
    kind = rng.randrange(9 if depth else 5)
    if kind < 3:
        return rng.choice(WORDS)
    if kind == 3:
        return rng.choice([None, True, False, -1, 0, 1, 9, 1e308, 10**30])
    if kind == 4:
        return [rng.choice(TAGS), rng.choice(WORDS)]
    if kind == 5:
        return {rng.choice(WORDS): anything(rng, depth - 1) for _ in range(rng.randrange(3))}
    many = [anything(rng, depth - 1) for _ in range(rng.randrange(4))]
    return (
        many if kind == 6 else [rng.choice(TAGS), many if kind == 7 else anything(rng, depth - 1)]
    )


def message(rng: random.Random) -> Any:
    """What an inmate says: right in its form as often as not."""
    kind = rng.randrange(6)
    if kind == 0:
        return {
            "raised": [rng.choice(WORDS) for _ in range(rng.randrange(3))],
            "text": rng.choice(WORDS),
        }
    if kind == 1:
        return {"do": rng.choice(["call", "attr", ""]), "args": [anything(rng)], "kwargs": {}}
    if kind == 2:
        return anything(rng)
    changed = [[rng.randrange(-1, 3), anything(rng)] for _ in range(rng.randrange(2))]
    return {"value": anything(rng), "changed": changed}


def examine(rng: random.Random) -> str:
    """What comes of one examination."""
    names = ["dict", [["add", ["mine", [0, "add"]]]]]
    found = ["dict", [["names", names], ["errors", ["dict", []]]]]
    said: list[Any] = [{"value": None, "changed": []}]
    if rng.random() < 0.7:
        said.append({"value": found, "changed": []})
    said += [message(rng) for _ in range(rng.randrange(12))]
    lines = b"".join(json.dumps(one).encode() + b"\n" for one in said)
    if rng.random() < 0.2:
        lines += rng.randbytes(30) + b"\n"
    child = types.SimpleNamespace(
        stdin=io.BytesIO(), stdout=io.BytesIO(lines), stderr=io.BytesIO(), kill=lambda: None
    )
    verdict = examiner.Examination(
        child, {"tests": TESTS, "names": [], "code": "", "seconds": 0, "read": None}
    ).verdict()
    return "passed" if verdict != {"passed": False, "note": verdict.get("note")} else "failed"


def main() -> None:
    assert not testfile.fault(TESTS)
    rng = random.Random(int(sys.argv[2]))
    print(json.dumps(collections.Counter(examine(rng) for _ in range(int(sys.argv[3])))))


main()
