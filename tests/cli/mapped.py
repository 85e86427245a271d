"""Records for `ttc map`, scripts that answer them, and what comes out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ttc_cli.core.engine import BranchRequest

FRUITS = ("apple", "banana", "cherry", "damson", "elderberry", "fig")


def asked(request: BranchRequest) -> str:
    """What stands in the user's message."""
    return request.prompt.text.split("user\n")[1].split("<|im_end|>")[0]


def echo(request: BranchRequest) -> str:
    """Says the question again; the later in the alphabet, the sooner it is done."""
    text = asked(request)
    return text + " so" * (ord("z") - ord(text.split()[-1][0]))


def lines(path: str, *texts: object) -> str:
    """A file of lines; whatever is no text becomes JSON."""
    whole = [text if isinstance(text, str) else json.dumps(text) for text in texts]
    Path(path).write_text("".join(f"{line}\n" for line in whole))
    return path


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def names(text: str) -> list[str]:
    return [row["line"] for row in rows(text)]
