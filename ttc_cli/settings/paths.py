"""Where ttc keeps its files. `TTC_HOME` moves all of them under one folder."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT_FILE = ".ttc.toml"


@dataclass(frozen=True, slots=True)
class Places:
    """The folders of one run: models and saved prompts, what can be computed again, logs."""

    home: Path
    cache: Path
    log: Path


def places(environ: Mapping[str, str] = os.environ) -> Places:
    """Where the folders are; they may not exist yet."""
    return Places(home(environ), cache_dir(environ), log_dir(environ))


def home(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of models, pools and saved prompts; it may not exist yet."""
    return _folder(environ, "data")


def config_path(environ: Mapping[str, str] = os.environ) -> Path:
    """The user's `config.toml`; it may not exist yet."""
    return _folder(environ, "config") / "config.toml"


def cache_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of what can be computed again; it may not exist yet."""
    return _folder(environ, "cache", "cache")


def log_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of logs; it may not exist yet."""
    return _folder(environ, "log", "logs")


def project_path(cwd: Path) -> Path | None:
    """The nearest `.ttc.toml` in `cwd` or a parent of it, or None.

    One that neither this user, root nor the owner of `cwd` wrote is passed over: anybody may leave
    a file in /tmp.
    """
    start = cwd.absolute()
    known = {0, os.geteuid()} if hasattr(os, "geteuid") else set()
    for folder in (start, *start.parents):
        with contextlib.suppress(OSError):  # a parent that may not be looked into
            path = folder / PROJECT_FILE
            if path.is_file() and (
                not known or path.stat().st_uid in known | {start.stat().st_uid}
            ):
                return path
    return None


def _folder(environ: Mapping[str, str], kind: str, own: str = "") -> Path:
    """The platform's folder of a kind, or one of our own under TTC_HOME."""
    if text := environ.get("TTC_HOME", ""):
        return Path(text).expanduser().absolute() / own
    import platformdirs  # here, since with TTC_HOME set it is never needed

    found: Path = getattr(platformdirs, f"user_{kind}_path")("ttc", appauthor=False)
    return found
