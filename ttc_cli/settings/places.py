"""Where ttc keeps its files, and a settings file as it is read: TOML, with line numbers for errors.

`TTC_HOME` moves all of them under one folder.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ttc_cli.core.errors import UnreadableFile, UsageError

PROJECT_FILE = ".ttc.toml"
MAX_BYTES = 100_000
MAX_DEPTH = 16  # tables inside one another, of the deepest value


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


def project_path(cwd: Path | None = None) -> Path | None:
    """The nearest `.ttc.toml` in `cwd`, by default this folder, or a parent of it; or None.

    One that neither this user, root nor the owner of `cwd` wrote is passed over: anybody may leave
    a file in /tmp.
    """
    start = (cwd or Path.cwd()).absolute()
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


class Document:
    """A parsed settings file, and the text it came from.

    Raises:
        UnreadableFile: the file exists and cannot be read.
        UsageError: it is not TOML, and the message holds file and line; or it is no
            settings file, by its size.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
            if len(data) > MAX_BYTES:
                raise UsageError(f"{path} is too large for a settings file")
            self.text = data.decode("utf-8-sig")
        except FileNotFoundError:
            self.text = ""
        except (OSError, UnicodeDecodeError) as error:
            raise UnreadableFile(f"cannot read {path}: {reason(error)}") from None
        try:
            self.values = _parse(self.text)
        except RecursionError:
            raise UsageError(f"{path} is nested too deeply", "settings have three levels") from None
        except ValueError as error:
            line = re.search(r"at line (\d+)", str(error))
            where = f"{path}:{line[1] if line else self.text.count(chr(10)) + 1}"
            raise UsageError(f"{where}: not valid TOML: {error}") from None

    def where(self, *keys: str) -> str:
        """`file:line` of a key, given with the tables that hold it."""
        line = self._lines.get(keys)
        return f"{self.path}:{line}" if line else str(self.path)

    @functools.cached_property
    def _lines(self) -> dict[tuple[str, ...], int]:
        """First line of every key; made only when there is something to complain of.

        The library that reads TOML does not tell lines. So statements are parsed one by one
        under their table's header: no string that looks like an assignment can mislead.
        """
        found: dict[tuple[str, ...], int] = {}
        header, statement, start = "", "", 1
        for number, line in enumerate(self.text.split("\n"), 1):
            if not statement:
                start = number
            statement += line + "\n"
            try:
                parsed = _parse(header + statement)
            except (ValueError, RecursionError):
                continue  # it goes on in the next line
            if statement.lstrip().startswith("["):
                header = statement
            for keys in _paths(parsed):
                found.setdefault(keys, start)
            statement = ""
        return found


def _parse(text: str) -> dict[str, Any]:
    if not text:
        return {}
    import tomllib  # here, since most runs have no settings file

    values = tomllib.loads(text)
    _check_depth(values)
    return values


def _check_depth(values: dict[str, Any]) -> None:
    level: list[Any] = [values]
    for _ in range(MAX_DEPTH):
        level = [v for one in level for v in (one.values() if isinstance(one, dict) else one)]
        level = [one for one in level if isinstance(one, dict | list)]
    if level:
        raise RecursionError


def _paths(values: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in values.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from _paths(value, (*above, key))


def reason(error: OSError | UnicodeDecodeError) -> str:
    """Why a file cannot be read or written, in a few words."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    return (error.strerror or str(error)).lower()
