"""A search tree for other programs: Graphviz and Mermaid.

Both take the `tree` of a result object: steps as dictionaries, parents first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from ttc_cli.views.text import plain, shorten

Steps = Sequence[dict[str, Any]]


def to_dot(tree: Steps) -> str:
    """A Graphviz digraph; darker is better scored, dashed is given up."""
    lines = ["digraph search {", '  rankdir=LR; node [shape=box, fontname="sans-serif"];']
    lines.append('  root [label="question", shape=ellipse];')
    for step in tree:
        label = json.dumps(f"{_score(step)} {shorten(_first_line(step), 40)}", ensure_ascii=False)
        style = {"finished": ", penwidth=2", "dead": ", style=dashed"}.get(step["state"], "")
        lines.append(f"  {_name(step['id'])} [label={label}{style}];")
        lines.append(f"  {_name(step['id'][:-1])} -> {_name(step['id'])};")
    return "\n".join([*lines, "}"])


def to_mermaid(tree: Steps) -> str:
    """A Mermaid flowchart, which Markdown viewers draw."""
    lines = ["flowchart LR", "  root([question])"]
    for step in tree:
        label = f"{_score(step)} {shorten(_first_line(step), 40)}"
        for char, code in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
            label = label.replace(char, code)
        arrow = "-.->" if step["state"] == "dead" else "==>" if _finished(step) else "-->"
        name = _name(step["id"])
        lines.append(f'  {_name(step["id"][:-1])} {arrow} {name}["{label}"]')
    return "\n".join(lines)


FORMATS: dict[str, Callable[[Steps], str]] = {
    "dot": to_dot,
    "mermaid": to_mermaid,
}


def _finished(step: dict[str, Any]) -> bool:
    return bool(step["state"] == "finished")


def _score(step: dict[str, Any]) -> str:
    return "  – " if step["score"] is None else f"{step['score']:.2f}"


def _first_line(step: dict[str, Any]) -> str:
    return plain(" ".join(str(step["text"]).split()))


def _name(path: Sequence[int]) -> str:
    return "root" if not path else "n" + "_".join(map(str, path))
