"""GGUF files other programs already keep here: the hub's cache, Ollama, LM Studio.

They are offered under names (`ollama/llama3.2:3b`), and a catalogue file found among them is
linked instead of downloaded. Nothing is ever written into those folders.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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


def _ollama_folders(environ: Mapping[str, str]) -> list[Path]:
    if folder := environ.get("OLLAMA_MODELS"):
        return [Path(folder).expanduser()]
    return [Path("~/.ollama/models").expanduser(), Path("/usr/share/ollama/.ollama/models")]


def _files(folder: Path) -> Iterator[Path]:
    """Model files below a folder: no later parts of split ones, no image projectors."""
    for path in sorted(folder.rglob("*.gguf")):
        if not _LATER_PART.search(path.name) and "mmproj" not in path.name and path.is_file():
            yield path


def _in_hub_cache(environ: Mapping[str, str]) -> Iterator[Found]:
    for repo in sorted(hub_cache(environ).glob("models--*")):
        for path in _files(repo / "snapshots"):
            inside = path.relative_to(repo / "snapshots")
            name = "/".join(
                [repo.name.removeprefix("models--").replace("--", "/"), *inside.parts[1:]]
            )
            blob = path.resolve().name  # large files are stored under their sha256
            sha256 = blob if re.fullmatch(r"[0-9a-f]{64}", blob) else None
            yield Found(f"hf/{name}", path, path.stat().st_size, sha256)


def _in_ollama(environ: Mapping[str, str]) -> Iterator[Found]:
    for folder in _ollama_folders(environ):
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
