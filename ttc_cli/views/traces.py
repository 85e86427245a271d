"""A run's branches put together again from its events; a search's tree for other programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ttc_cli.core.branch import BranchId
from ttc_cli.core.events import Close, Event, Open, ProgramRun, Score, StepDone, Text
from ttc_cli.core.sampling import Stop
from ttc_cli.views.text import plain, shorten

END = 60  # characters of a reply's end in a tree
Ranks = Callable[[str], bool]
"""Whether a verifier of that name only ranks: its scores do not say what is right."""


@dataclass(slots=True)
class Trace:
    """One branch as its events told it.

    Args:
        text: the reply, from the root on, thoughts included.
        steps: (text, score) of each finished step, from the root on; None for no
            score that says whether it is right.
        scores: by verifier, of the branch as it last was.
        stop: why it stopped, in the words of the Close event; empty while it is open.
        program: what running it gave, where it is a program.
    """

    id: BranchId
    text: str = ""
    steps: list[tuple[str, float | None]] = field(default_factory=list)
    scores: dict[str, float] = field(default_factory=dict)
    stop: str = ""
    tokens: int = 0
    program: ProgramRun | None = None

    @property
    def finished(self) -> str:
        """Its finished steps as one text."""
        return "".join(text for text, _ in self.steps)

    @property
    def whole(self) -> bool:
        """Whether the reply came to its own end."""
        return self.stop in tuple(Stop) and Stop(self.stop).whole

    def end_step(self) -> None:
        """Close the step that is being written."""
        since = self.text[len(self.finished) :]
        if since.strip():
            self.steps.append((since, None))


def traces(events: Iterable[Event], ranks: Ranks = lambda verifier: False) -> dict[BranchId, Trace]:
    """The branches in the order they were opened; a child goes on from what it has of its parent.

    That may be nothing: a revision is written anew.
    """
    found: dict[BranchId, Trace] = {}
    for event in events:
        if isinstance(event, Open) and event.branch not in found:
            found[event.branch] = _begun(event, found.get(event.branch[:-1]))
        branch = getattr(event, "branch", None)
        trace = found.get(branch) if branch is not None else None
        if trace is not None:
            _take(trace, event, ranks)
    return found


def _begun(event: Open, parent: Trace | None) -> Trace:
    trace = Trace(event.branch)
    if parent is None:
        return trace
    trace.text = parent.text[: event.begun]
    for text, score in parent.steps:
        if trace.text.startswith(trace.finished + text):
            trace.steps.append((text, score))
    return trace


def _take(trace: Trace, event: Event, ranks: Ranks) -> None:
    if isinstance(event, Text):
        trace.text += event.text
    elif isinstance(event, ProgramRun):
        trace.program = event
    elif isinstance(event, StepDone):
        trace.end_step()
    elif isinstance(event, Close):
        trace.stop, trace.tokens = event.stop, event.tokens
        if trace.steps and trace.whole:
            trace.end_step()
    elif isinstance(event, Score) and event.score is not None:
        trace.scores[event.verifier] = event.score
        if trace.steps and not ranks(event.verifier):
            trace.steps[-1] = (trace.steps[-1][0], event.score)


def tree(found: dict[BranchId, Trace]) -> list[str]:
    """The branches as lines of a tree: children under their parents, with stop and scores."""
    ids = {branch[:length] for branch in found for length in range(1, len(branch) + 1)}
    lines: list[str] = []

    def grow(parent: BranchId, indent: str) -> None:
        children = sorted(b for b in ids if b[:-1] == parent)
        for child in children:
            last = child == children[-1]
            lines.append(f"{indent}{'└─ ' if last else '├─ '}{_line(child, found.get(child))}")
            grow(child, indent + ("   " if last else "│  "))

    grow((), "")
    return lines


def _line(branch: BranchId, trace: Trace | None) -> str:
    name = ".".join(map(str, branch))
    if trace is None:
        return name
    scores = [f"{verifier} {score:.2f}" for verifier, score in trace.scores.items()]
    text = " ".join(trace.text.split())
    end = text if len(text) <= END else f"…{text[-END:]}"
    if trace.program is not None:
        scores.append(f"program: {trace.program.error or trace.program.answer}")
    parts = [name, trace.stop or "open", f"{trace.tokens} tokens", *scores]
    return " · ".join([*parts, end] if end else parts)


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
        dead, whole = step["state"] == "dead", step["state"] == "finished"
        arrow = "-.->" if dead else "==>" if whole else "-->"
        name = _name(step["id"])
        lines.append(f'  {_name(step["id"][:-1])} {arrow} {name}["{label}"]')
    return "\n".join(lines)


FORMATS: dict[str, Callable[[Steps], str]] = {"dot": to_dot, "mermaid": to_mermaid}


def _score(step: dict[str, Any]) -> str:
    return "  – " if step["score"] is None else f"{step['score']:.2f}"


def _first_line(step: dict[str, Any]) -> str:
    return plain(" ".join(str(step["text"]).split()))


def _name(path: Sequence[int]) -> str:
    return "root" if not path else "n" + "_".join(map(str, path))
