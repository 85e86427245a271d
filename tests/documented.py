"""The commands that stand in README.md and docs/*.md."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUN = "<!-- run -->"
"""Stands before a block that the tests run, with a model of random weights."""
_BLOCK = re.compile(
    rf"(?P<mark>{RUN}\n)?^```(?P<kind>sh|console)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)
_ENDS = {"|", "||", "&&", ";", "&", "(", ")", "<", ">", ">>", "<<"}


@dataclass(frozen=True)
class Block:
    """A fenced block of shell commands; `where` is file:line."""

    where: str
    script: str
    run: bool


def blocks() -> Iterator[Block]:
    """All of them; of a console block only what was typed."""
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = path.read_text("utf-8")
        for match in _BLOCK.finditer(text):
            line = text[: match.start("text")].count("\n") + 1
            script = match["text"]
            if match["kind"] == "console":
                typed = [x[2:] for x in script.splitlines() if x.startswith("$ ")]
                script = "\n".join(typed)
            yield Block(f"{path.relative_to(ROOT)}:{line}", script, bool(match["mark"]))


def commands(block: Block) -> Iterator[list[str]]:
    """The arguments of each `ttc` in a block."""
    for line in block.script.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if word in _ENDS:
                yield from _ttc(words)
                words = []
            else:
                words.append(word)


def _ttc(words: list[str]) -> Iterator[list[str]]:
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    if words[:1] == ["ttc"]:
        yield words[1:]
