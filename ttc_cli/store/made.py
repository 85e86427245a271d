"""What the finished files of `ttc map` were made from, kept apart from them: digests, no texts.

With it a finished file can be gone on with, where its input grew or rows of it hold errors.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from ttc_cli.core.errors import TtcError, UnreadableFile, UsageError
from ttc_cli.core.files import private_folder, replacing
from ttc_cli.store.journal import as_line, parsed

VERSION = 1
MOST = 100  # files of which that is known; those written longest ago are forgotten
SAID = {"opened": "model, verifier or plug-in"}
ANOTHER = "choose another place with -o, or delete it"


class Made:
    """What one file was made from.

    Args:
        path: the file. folder: where that is kept, for their owner only; None keeps nothing.
    """

    def __init__(self, path: Path, folder: Path | None) -> None:
        name = _digest(os.fsencode(path.resolve()))
        self._path = path
        self._known = folder / f"{name}.jsonl" if folder is not None else None

    def keep(self, what: Mapping[str, Any], results: Iterable[Mapping[str, Any]]) -> None:
        """Note what the file, which was just written, was made from; a full disk costs only that.

        Args:
            what: everything that decides results. results: as a journal has them, in their order.
        """
        if self._known is None:
            return
        with suppress(OSError):
            private_folder(self._known.parent)
            with replacing(self._known) as file:
                head = {"version": VERSION, "file": _of_file(self._path), "what": _each(what)}
                file.write(as_line(head))
                for result in results:
                    bare = {name: value for name, value in result.items() if name != "row"}
                    file.write(as_line(bare))
            for old in sorted(self._known.parent.glob("*.jsonl"), key=_written)[:-MOST]:
                old.unlink(missing_ok=True)

    def reopen(self, what: Mapping[str, Any], part: Path) -> None:
        """Write the journal of which the file was made once more.

        Raises:
            UsageError: it was made from something else, or that is not known.
        """
        try:
            with self._opened() as known, replacing(part, private=False) as journal:
                self._check(parsed(known.readline(), self._path), what)
                journal.write(as_line({"version": VERSION, **what}))
                with self._path.open("rb") as rows:
                    for row, line in zip(rows, known, strict=True):
                        value = {**parsed(line, self._path), "row": parsed(row, self._path)}
                        journal.write(as_line(value))
        except OSError as error:
            raise UnreadableFile(f"cannot go on with {self._path}: {error.strerror}") from error
        except (TtcError, ValueError, KeyError) as error:
            if isinstance(error, UsageError):
                raise
            raise self._unknown() from error

    def _opened(self) -> BinaryIO:
        try:
            if self._known is not None:
                return self._known.open("rb")
        except OSError:
            pass
        raise self._unknown()

    def _check(self, head: Mapping[str, Any], what: Mapping[str, Any]) -> None:
        if head["version"] != VERSION:
            raise self._unknown()
        if head["file"] != _of_file(self._path):
            raise UsageError(f"{self._path} was changed since it was finished", ANOTHER)
        for name, value in _each(what).items():
            if head["what"].get(name) != value:
                why = f"{self._path} was made with another {SAID.get(name, name)}"
                raise UsageError(why, f"give the same flags, or {ANOTHER}")

    def _unknown(self) -> UsageError:
        return UsageError(f"what {self._path} was made from is not known", ANOTHER)


def _each(what: Mapping[str, Any]) -> dict[str, str]:
    texts = {name: json.dumps(value, sort_keys=True) for name, value in what.items()}
    return {name: _digest(text.encode("utf-8", "surrogatepass")) for name, text in texts.items()}


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # somebody else forgot it
        return 0.0
