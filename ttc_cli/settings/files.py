"""Settings files: TOML in, with line numbers for errors; TOML out, whole or not at all.

What ttc does not know stays in the file. Comments do not survive a write: the library
that writes TOML has no notion of them.
"""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, Any

from ttc_cli.core.errors import UnreadableFile, UsageError
from ttc_cli.settings.fields import checked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Document:
    """A parsed settings file, and the text it came from.

    Raises:
        UnreadableFile: the file exists and cannot be read.
        UsageError: it is not TOML; the message holds file and line.
    """

    def __init__(self, path: Path) -> None:
        import tomllib  # here, since most runs have no settings file

        self.path = path
        try:
            self.text = path.read_bytes().decode("utf-8-sig")
        except FileNotFoundError:
            self.text = ""
        except (OSError, UnicodeDecodeError) as error:
            raise UnreadableFile(f"cannot read {path}: {_reason(error)}") from None
        try:
            self.values: dict[str, Any] = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"at line (\d+)", str(error))
            where = f"{path}:{line[1] if line else self.text.count(chr(10)) + 1}"
            raise UsageError(f"{where}: not valid TOML: {error}") from None

    def where(self, *keys: str) -> str:
        """`file:line` of a key, given with the tables that hold it.

        The line is found by parsing ever more lines, which no string that looks like an
        assignment can mislead; it is asked for only when there is something to complain of.
        """
        import tomllib

        lines = self.text.splitlines()
        start = 1
        for end in range(1, len(lines) + 1):
            try:
                parsed = tomllib.loads("\n".join(lines[:end]))
            except tomllib.TOMLDecodeError:
                continue  # in the middle of a value
            if _holds(parsed, keys):
                return f"{self.path}:{start}"
            start = end + 1
        return str(self.path)


def write_value(path: Path, key: str, value: object) -> None:
    """Set a key in a settings file, which is made when missing.

    Args:
        path: the file.
        key: a setting's name, or `profile.NAME.SETTING`.
        value: a typed value, or the text of one.

    Raises:
        UsageError: no such setting, or the value is not allowed for it.
        UnreadableFile: the file cannot be read or written.
    """
    *tables, name = _parts(key)
    value = checked(name, value, "value", text=True)
    document = Document(path)
    table = document.values
    for part in tables:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise UsageError(f"{document.where(part)}: {part} is a value here, not a table")
    if isinstance(table.get(name), dict):
        raise UsageError(f"{document.where(name)}: {name} holds tables here, and cannot be set")
    table[name] = value
    _write(path, document.values)


def unset(path: Path, key: str) -> bool:
    """Remove a key from a settings file; False when it was not there. Errors as `write_value`.

    A key that ttc does not know may be removed too; tables left empty go with it.
    """
    parts = _parts(key)
    document = Document(path)
    if not _holds(document.values, parts):
        return False
    _remove(document.values, parts)
    _write(path, document.values)
    return True


def _remove(table: dict[str, Any], parts: tuple[str, ...]) -> None:
    head, *rest = parts
    if rest:
        _remove(table[head], tuple(rest))
    if not rest or not table[head]:
        del table[head]


def _parts(key: str) -> tuple[str, ...]:
    parts = tuple(key.split("."))
    if len(parts) == 1 or (len(parts) == 3 and parts[0] == "profile" and all(parts)):
        return parts
    raise UsageError(f"{key!r} is not a key", "use SETTING or profile.NAME.SETTING")


def _holds(values: Any, keys: tuple[str, ...]) -> bool:
    for key in keys:
        if not isinstance(values, dict) or key not in values:
            return False
        values = values[key]
    return True


def _write(path: Path, values: dict[str, Any]) -> None:
    import tomli_w

    text = tomli_w.dumps(values)
    try:
        with _replacing(path) as temporary:
            temporary.write_bytes(text.encode())
    except OSError as error:
        raise UnreadableFile(f"cannot write {path}: {_reason(error)}") from None


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its place, and its mode, when the block succeeds."""
    path = path.resolve()  # a linked file keeps its link
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        # private unless the file it replaces was not: prices and prompts are nobody's business
        temporary.touch(mode=0o600)
        if path.exists():
            temporary.chmod(path.stat().st_mode & 0o7777)
        yield temporary
        with temporary.open("rb+") as handle:
            os.fsync(handle.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _reason(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    return (error.strerror or str(error)).lower()
