"""Logged runs as people and programs read them: a row, all that is known, a value for JSON."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from ttc_cli.core.branch import Message
from ttc_cli.prompts.message import Document, frame
from ttc_cli.store.runs import Run, Turn
from ttc_cli.views.text import agreed, plain, shorten

SHORT_ID = 12  # characters of an id in a list: enough to name a run
COLUMNS = {
    "run": 0, "when": 60, "state": 0, "how": 90, "tokens": 110, "seconds": 110, "agreement": 130,
    "answer": 80, "question": 0,
}  # fmt: skip
"""Of a list: each with the width of a terminal from which on it is shown."""


def row(run: Run) -> list[str]:
    """A run as a row of `COLUMNS`, each cell on one line and safe on a terminal."""
    ours = run.ours
    how = f"{ours.get('strategy') or run.plan.get('strategy', '')}"
    effort = ours.get("effort") or run.plan.get("effort", "")
    agreement = ours.get("agreement")
    return [
        run.id[:SHORT_ID],
        time.strftime("%Y-%m-%d %H:%M", time.localtime(run.began)),
        state(run),
        f"{how} ({effort})" if how else "-",
        str(ours["tokens"]["sampled"]) if run.answered else "-",
        f"{ours['cost']['seconds']:.1f}" if run.answered else "-",
        "-" if agreement is None else f"{agreement:.2f}",
        shorten(str(ours.get("answer") or "-"), 20),
        shorten(run.prompt, 200),
    ]


def state(run: Run) -> str:
    """The state in a word or two: with the exit code of a failure, a cache hit, the rating."""
    cached = "cached" if run.ours.get("cache") == "hit" else ""
    return " ".join(filter(None, (run.standing, str(run.exit or ""), cached, run.feedback)))


def messages(turns: Iterable[Turn]) -> list[Message]:
    """The turns of a conversation as they are sent again."""
    found = []
    for turn in turns:
        said = frame(turn.prompt, [Document(name, text) for name, text in turn.documents])
        found += [Message("user", said), Message("assistant", turn.reply)]
    return found


def as_json(run: Run) -> dict[str, Any]:
    """All of a run but its texts, for programs."""
    names = "id conversation parent began ended prompt exit feedback scores plan"
    return {
        **{name: getattr(run, name) for name in names.split()},
        "state": run.standing,
        "documents": [{"name": name, "sha256": digest} for name, digest in run.documents],
        "error": {"message": run.error, "hint": run.hint} if run.error else None,
        "ttc": run.ours or None,
    }


def details(run: Run, result: dict[str, Any] | None) -> list[str]:
    """A run for people: facts first, then question, thoughts and answer."""
    ours = run.ours
    facts = {
        "run": run.id,
        "asked": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(run.began)),
        "state": state(run),
        "error": "; ".join(filter(None, (run.error, run.hint))),
        "conversation": run.conversation if run.conversation != run.id else "",
        "documents": ", ".join(name for name, _ in run.documents),
        "scores": ", ".join(
            f"{branch}: {' '.join(f'{name} {score:.2f}' for name, score in by.items())}"
            for branch, by in run.scores.items()
        ),
        "added": " ".join(run.plan.get("wording", "").split()),
        "form": "; ".join(run.plan.get("form", [])),
        **(_outcome(ours) if run.answered else {}),
    }
    lines = [f"{name + ':':<14}{plain(value)}" for name, value in facts.items() if value]
    lines += ["", *_clean(run.prompt)]
    if result is not None:
        message = result["choices"][0]["message"]
        if thought := message.get("reasoning_content"):
            lines += ["", "thoughts:", *_clean(thought)]
        lines += ["", "answer:", *_clean(message["content"])]
    return lines


def _outcome(ours: dict[str, Any]) -> dict[str, str]:
    route, votes, seconds = ours["route"], ours["votes"], ours["timings"].items()
    rules = "; ".join(f"{v['answer']}: {', '.join(v.get('rules', ()))}" for v in votes)
    shares = [*(f"{v['answer']} ×{v['count']}" for v in votes), *([agreed(ours)] if votes else [])]
    return {
        "model": ours["model"]["name"],
        "how": f"{ours['strategy']} ({ours['effort']}), {route['task']}: {route['reason']}",
        "stopped": ours["stopped"],
        "found by": ours.get("rule", "") or rules,
        "votes": ", ".join(shares),
        "tokens": ", ".join(f"{count} {kind}" for kind, count in ours["tokens"].items() if count),
        "seconds": ", ".join(f"{name.removesuffix('_s')} {value:.1f}" for name, value in seconds),
        "cache": ours["cache"],
    }


def _clean(text: str) -> list[str]:
    return [plain(line) for line in text.strip().split("\n")]
