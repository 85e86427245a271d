"""The schemas of the JSON Schema Test Suite, and texts drawn from a grammar at random."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from ttc_cli.answers.schema.shapes import START, Alt, Chars, Grammar, Lit, Node, Ref, Repeat, Seq

FILE = Path(__file__).parent / "data" / "JSON-Schema-Test-Suite.draft7.json"
DRAFT = {"$schema": "http://json-schema.org/draft-07/schema#"}
DEEP = 12


def schemas() -> list[tuple[str, Any]]:
    """(name, schema) of all, each saying its draft."""
    rows = json.loads(FILE.read_text("utf-8"))
    return [
        (f"{file}: {title}", {**DRAFT, **schema} if isinstance(schema, dict) else schema)
        for file, title, schema in rows
    ]


def walk(grammar: Grammar, rng: random.Random) -> str:
    """A text of the grammar; below some depth the shortest choices are taken."""

    def say(node: Node, depth: int) -> str:
        match node:
            case Lit(text):
                return text
            case Chars(ranges):
                low, high = rng.choice(ranges)
                return chr(rng.randint(low, min(high, low + 200)))
            case Ref(name):
                return say(grammar.rules[name], depth + 1)
            case Seq(parts):
                return "".join(say(part, depth) for part in parts)
            case Alt(options):
                short = min(options, key=lambda option: len(grammar.shortest(option) or ""))
                return say(short if depth > DEEP else rng.choice(options), depth)
            case Repeat(inner, low, high):
                most = low + 3 if high is None else min(high, low + 3)
                times = low if depth > DEEP else rng.randint(low, most)
                return "".join(say(inner, depth) for _ in range(times))

    return say(Ref(START), 0)
