"""Settings files written: TOML out, whole or not at all.

What ttc does not know stays in the file. Comments do not survive a write, since the library
that writes TOML has no notion of them; so a file that has some is kept as `NAME.bak`.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ttc_cli.core.errors import UnreadableFile, UsageError
from ttc_cli.core.files import private_folder, replacing
from ttc_cli.settings.options import RULES
from ttc_cli.settings.places import Document, reason
from ttc_cli.settings.rules import Rule, checked
from ttc_cli.settings.tables import REMOTE_RULES, read_remotes

PATIENCE = 10.0  # seconds to wait for another process that writes the same file


def rules_at(tables: tuple[str, ...]) -> Mapping[str, Rule]:
    """The rules of what stands in a table of a settings file."""
    return REMOTE_RULES if tables[:1] == ("remote",) else RULES


def write_value(path: Path, key: str, value: object) -> None:
    """Set a key in a settings file, which is made when missing.

    `key` is a setting's name, `profile.NAME.SETTING`, or `remote.NAME.KEY`; `value` a typed value,
    or the text of one.
    """
    *tables, name = key_parts(key)
    value = checked(name, value, name, rules_at(tuple(tables)), text=True)
    with _alone(path):
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
    """Remove a key from a settings file; False when it was not there.

    A key that ttc does not know may be removed too; tables left empty go with it.
    """
    parts = key_parts(key)
    with _alone(path):
        document = Document(path)
        tables: list[Any] = [document.values]
        for part in parts:
            if not isinstance(tables[-1], dict) or part not in tables[-1]:
                return False
            tables.append(tables[-1][part])
        for table, part in zip(reversed(tables[:-1]), reversed(parts), strict=True):
            del table[part]
            if table:
                break
        _write(document)
    return True


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Read and write a file while no other process of ours does: its folder is locked.

    Where folders cannot be locked, the last that writes wins.
    """
    try:
        import fcntl
    except ImportError:  # not POSIX
        yield
        return
    folder, until = path.resolve().parent, time.monotonic() + PATIENCE
    try:
        private_folder(folder)
        held = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise UnreadableFile(f"cannot write {path}: {reason(error)}") from None
    try:
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() > until:
                    raise UnreadableFile(f"another process writes {path}", "try again") from None
                time.sleep(0.02)
        yield
    finally:
        os.close(held)


def key_parts(key: str) -> tuple[str, ...]:
    """The tables and the name of a key; UsageError when it is none."""
    parts = tuple(key.split("."))
    if len(parts) == 1 or (len(parts) == 3 and parts[0] in ("profile", "remote") and all(parts)):
        return parts
    hint = "use SETTING, profile.NAME.SETTING or remote.NAME.KEY"
    raise UsageError(f"{key!r} is not a key", hint)


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
        raise UnreadableFile(f"cannot write {path}: {reason(error)}") from None


def _replace(path: Path, text: str) -> None:
    """Write a private file: prices and prompts are nobody's business."""
    path = path.resolve()  # a linked file keeps its link
    with replacing(path, sync=True) as file:
        file.write(text.encode())
