"""Settings files: TOML in, with line numbers for errors; TOML out, whole or not at all.

What ttc does not know stays in the file. Comments do not survive a write, since the library
that writes TOML has no notion of them; so a file that has some is kept as `NAME.bak`.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

from ttc_cli.core.errors import UnreadableFile, UsageError
from ttc_cli.core.files import replacing
from ttc_cli.settings.fields import checked
from ttc_cli.settings.remotes import read_remotes, rules_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_CHARACTERS = 100_000


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
            self.text = path.read_bytes().decode("utf-8-sig")
        except FileNotFoundError:
            self.text = ""
        except (OSError, UnicodeDecodeError) as error:
            raise UnreadableFile(f"cannot read {path}: {_reason(error)}") from None
        if len(self.text) > MAX_CHARACTERS:
            raise UsageError(f"{path} is too large for a settings file")
        try:
            self.values = _parse(self.text)
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
            except ValueError:
                continue  # it goes on in the next line
            if statement.lstrip().startswith("["):
                header = statement
            for keys in _paths(parsed):
                found.setdefault(keys, start)
            statement = ""
        return found


def write_value(path: Path, key: str, value: object) -> None:
    """Set a key in a settings file, which is made when missing.

    Args:
        path: the file.
        key: a setting's name, `profile.NAME.SETTING`, or `remote.NAME.KEY`.
        value: a typed value, or the text of one.

    Raises:
        UsageError: no such setting, or the value is not allowed for it.
        UnreadableFile: the file cannot be read or written.
    """
    *tables, name = key_parts(key)
    value = checked(name, value, name, text=True, rules=rules_at(tuple(tables)))
    document = Document(path)
    table = document.values
    for part in tables:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise UsageError(f"{document.where(part)}: {part} is a value here, not a table")
    if isinstance(table.get(name), dict):
        raise UsageError(f"{document.where(name)}: {name} holds tables here, and cannot be set")
    table[name] = value
    _write(document)


def unset(path: Path, key: str) -> bool:
    """Remove a key from a settings file; False when it was not there. Errors as `write_value`.

    A key that ttc does not know may be removed too; tables left empty go with it.
    """
    parts = key_parts(key)
    document = Document(path)
    if not _holds(document.values, parts):
        return False
    _remove(document.values, parts)
    _write(document)
    return True


def _remove(table: dict[str, Any], parts: tuple[str, ...]) -> None:
    head, *rest = parts
    if rest:
        _remove(table[head], tuple(rest))
    if not rest or not table[head]:
        del table[head]


def key_parts(key: str) -> tuple[str, ...]:
    """The tables and the name of a key; UsageError when it is none."""
    parts = tuple(key.split("."))
    if len(parts) == 1 or (len(parts) == 3 and parts[0] in ("profile", "remote") and all(parts)):
        return parts
    hint = "use SETTING, profile.NAME.SETTING or remote.NAME.KEY"
    raise UsageError(f"{key!r} is not a key", hint)


def _parse(text: str) -> dict[str, Any]:
    if not text:
        return {}
    import tomllib  # here, since most runs have no settings file

    return tomllib.loads(text)


def _paths(values: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in values.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from _paths(value, (*above, key))


def _holds(values: Any, keys: tuple[str, ...]) -> bool:
    for key in keys:
        if not isinstance(values, dict) or key not in values:
            return False
        values = values[key]
    return True


def backup_path(path: Path) -> Path:
    """Where a file with comments is kept before it is written without them."""
    return path.with_name(f"{path.name}.bak")


def _write(document: Document) -> None:
    import tomli_w

    read_remotes(document, [])  # no write leaves half a remote behind
    path, text = document.path, tomli_w.dumps(document.values)
    try:
        if re.search(r"(?m)(^|\s)#", document.text):
            _replace(backup_path(path), document.text)
        _replace(path, text)
    except OSError as error:
        raise UnreadableFile(f"cannot write {path}: {_reason(error)}") from None


def _replace(path: Path, text: str) -> None:
    """Write a private file: prices and prompts are nobody's business."""
    path = path.resolve()  # a linked file keeps its link
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path, sync=True) as file:
        file.write(text.encode())


def _reason(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    return (error.strerror or str(error)).lower()
