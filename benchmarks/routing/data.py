"""The prompts that the router is trained on: a line a prompt, ⏎ for a line break.

A header `## task path language` holds for the lines that follow. `combined` pairs requests with
pasted material (contexts.txt), before and after it. A prompt's group keeps what shares a template
on one side of every split.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ttc_cli.prompts.message import Document

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Example:
    """A prompt, what it is, and the template it shares."""

    prompt: str
    task: str
    path: str
    language: str
    group: str
    attached: tuple[Document, ...] = ()


def read(path: Path) -> Iterator[Example]:
    """The examples of one file."""
    header: list[str] = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.startswith("## "):
            header = line[3:].split()
        elif line.strip():
            task, way, language = header
            yield Example(line.replace("⏎", "\n"), task, way, language, f"{path.stem} {number}")


def combined() -> Iterator[Example]:
    """Requests of contexts.txt, with pieces of material of its kind, one of them attached."""
    material: dict[str, list[str]] = {}
    requests: list[tuple[list[str], str, str]] = []
    header: list[str] = []
    text = (HERE / "contexts.txt").read_text("utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("## "):
            header = line[3:].split()
        elif line.strip() and header[0] == "material":
            material.setdefault(header[1], []).append(line.replace("⏎", "\n"))
        elif line.strip():
            requests.append((header, line.replace("⏎", "\n"), f"contexts {number}"))
    for at, ((task, way, language, kind), request, group) in enumerate(requests):
        pieces = material[kind]
        for turn in range(3):
            piece = pieces[(at + turn * (1 + len(pieces) // 3)) % len(pieces)]
            forms = (
                f"{request}\n\n{piece}",
                f"{piece}\n\n{request}",
                f"{request}\nText: {piece}",
                f"{request}\n```\n{piece}\n```",
                f"{request}\n{piece}",
                f"{request}: {piece}",
                f'{request}: "{piece}"',
            )
            yield Example(forms[(at + 3 * turn) % len(forms)], task, way, language, group)
        attached = (Document("stdin", pieces[(at + 1) % len(pieces)]),)
        yield Example(request, task, way, language, group, attached)


def examples() -> list[Example]:
    """All of them; held_out.txt is not among them."""
    files = sorted(HERE.glob("prompts_*.txt"))
    return [*(example for file in files for example in read(file)), *combined()]
