"""The last question asked, so that `ttc again` can ask it once more."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ttc_cli.store.files import keep_json


@dataclass(frozen=True, slots=True)
class Last:
    """A question as it was asked.

    Args:
        prompt: what was asked; documents: (name, text) of what it was about.
        settings: flags that are settings; options: KEY=VALUE of the strategy.
    """

    prompt: str
    documents: tuple[tuple[str, str], ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    early_stop: bool = True
    diverse: bool = False


def save(folder: Path, last: Last) -> None:
    """Keep it for its owner only, whole or not at all; a disk that refuses fails no run."""
    keep_json(folder / "last.json", asdict(last))


def load(folder: Path) -> Last | None:
    """What was asked last; None when there is nothing that can be read."""
    try:
        data = json.loads((folder / "last.json").read_text("utf-8"))
        return Last(
            str(data["prompt"]),
            tuple((str(name), str(text)) for name, text in data["documents"]),
            dict(data["settings"]),
            tuple(str(option) for option in data["options"]),
            bool(data["early_stop"]),
            bool(data["diverse"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
