"""Where ttc keeps its files. `TTC_HOME` moves all of them under one folder."""

from __future__ import annotations

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
    return _override(environ) or _platform("data")


def config_path(environ: Mapping[str, str] = os.environ) -> Path:
    """The user's `config.toml`; it may not exist yet."""
    return (_override(environ) or _platform("config")) / "config.toml"


def cache_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of what can be computed again; it may not exist yet."""
    moved = _override(environ)
    return moved / "cache" if moved else _platform("cache")


def log_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of logs; it may not exist yet."""
    moved = _override(environ)
    return moved / "logs" if moved else _platform("log")


def project_path(cwd: Path) -> Path | None:
    """The nearest `.ttc.toml` in `cwd` or a parent of it, or None."""
    start = cwd.absolute()
    candidates = (folder / PROJECT_FILE for folder in (start, *start.parents))
    return next(filter(_is_file, candidates), None)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a parent that may not be looked into
        return False


def _override(environ: Mapping[str, str]) -> Path | None:
    text = environ.get("TTC_HOME", "")
    return Path(text).expanduser().absolute() if text else None


def _platform(kind: str) -> Path:
    import platformdirs  # here, since with TTC_HOME set it is never needed

    find = {
        "data": platformdirs.user_data_path,
        "config": platformdirs.user_config_path,
        "cache": platformdirs.user_cache_path,
        "log": platformdirs.user_log_path,
    }[kind]
    return find("ttc", appauthor=False)
