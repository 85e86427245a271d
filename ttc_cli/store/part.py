"""Results on their way into a file: a journal beside it until all are there, then the file.

A run that is killed loses nothing that was added, and another goes on where it was.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ttc_cli.core.errors import TtcError, UnreadableFile, UsageError
from ttc_cli.store.journal import Journal
from ttc_cli.store.made import Made

VERSION = 1


class Part:
    """The results of a run, by number.

    Args:
        path: the file that will hold them; the journal is called `path.part`.
        what: everything that decides the results; a run of something else cannot go on here.
        resume: go on with the journal of an earlier run, or with the file that it came to.
        known: the folder that tells what a file was made from; None, and none can be gone on with.

    `count` is how many results there are, `bad` how many of them are errors, `prompt` and
    `sampled` the tokens that they took. `idle`: the journal holds nothing that the file lacks.
    """

    def __init__(
        self, path: Path, what: Mapping[str, Any], resume: bool, known: Path | None = None
    ) -> None:
        if path.exists() and not path.is_file():
            raise UnreadableFile(f"cannot write {path}: it is not a file", "leave out -o")
        self.path, self._what, self._made = path, what, Made(path, known)
        self._part = path.with_name(path.name + ".part")
        self._digests = array("Q")  # by number, 0 for none: there may be many
        self._bad: set[int] = set()
        self.count = self.prompt = self.sampled = 0
        self._lock = FileLock(self._part.with_name(self._part.name + ".lock"))
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise TtcError(f"another run is writing {path}", "wait for it") from None
        except OSError as error:
            raise UnreadableFile(f"cannot write {path}: {error.strerror}") from error
        try:
            begun = self._part.exists()
            if begun and not resume:
                why = f"{self._part} holds results of a run that ended early"
                raise UsageError(why, "add --resume to go on, or delete it")
            if not begun and resume and path.exists():
                self._made.reopen(what, self._part)
            self._journal = Journal(self._part)
        except BaseException:
            self._unlock()
            raise
        self.idle = not begun
        try:
            self._begin(what)
        except BaseException:
            self.close()
            raise
        self.idle = self.idle or not self.count

    def _begin(self, what: Mapping[str, Any]) -> None:
        """Read what is there, or write the head."""
        head: dict[str, Any] | None = None
        for _, value in self._journal.lines():
            if head is None:
                head = value
                _check(head, what, self._part)
            else:
                self._count(value)
        if head is None:
            self._journal.append({"version": VERSION, **what})

    def _count(self, value: Mapping[str, Any]) -> None:
        number = int(value["n"])
        more = number + 1 - len(self._digests)
        self._digests.extend(array("Q", bytes(8 * max(0, more))))
        self.count += not self._digests[number]
        self._digests[number] = int(value["of"], 16)
        (self._bad.add if value.get("bad") else self._bad.discard)(number)
        prompt, sampled = value.get("used") or (0, 0)
        self.prompt, self.sampled = self.prompt + prompt, self.sampled + sampled

    @property
    def bad(self) -> int:
        """How many results are errors."""
        return len(self._bad)

    def has(self, number: int, digest: str) -> bool:
        """Whether there is a result of this number; UsageError where it is of another record.

        One that is an error is as good as none: it is tried again.
        """
        known = self._digests[number] if number < len(self._digests) else 0
        if number in self._bad:
            return False
        if known and known != int(digest, 16):
            raise UsageError(
                f"record {number + 1} is not what it was when {self._part} was written",
                "give the same input, or delete that file",
            )
        return bool(known)

    def check_end(self, read: int) -> None:
        """UsageError where there are results of more records than so many."""
        if read < len(self._digests):
            why = f"the input has {read} records, and {self.path} results of {len(self._digests)}"
            raise UsageError(why, "give the same input, or choose another place with -o")

    def add(
        self, number: int, digest: str, row: dict[str, Any], *, bad: bool,
        used: tuple[int, int] = (0, 0),
    ) -> None:  # fmt: skip
        """Keep a result; a kill does not lose it any more.

        Args:
            digest: of the record, 16 hexadecimal digits.
            used: tokens of prompts and sampled ones that it took.
        """
        value = {"n": number, "of": digest, **({"bad": True} if bad else {}), "used": used}
        self.idle = False
        self._journal.append({**value, "row": row})
        self._count(value)

    def rows(self, *, ordered: bool) -> Iterator[dict[str, Any]]:
        """All results, by number or as they came."""
        return (value["row"] for value in self._results(ordered))

    def _results(self, ordered: bool) -> Iterator[dict[str, Any]]:
        """The last result of each number."""
        places = array("q", bytes(8 * len(self._digests)))
        for at, value in self._journal.lines():
            if "n" in value:
                places[int(value["n"])] = at
        if ordered:
            yield from (self._journal.read(at) for at in places if at)
            return
        for at, value in self._journal.lines():
            if "n" in value and places[int(value["n"])] == at:
                yield value

    def finish(self, *, ordered: bool) -> None:
        """Note what the file was made from, now that it is written, and delete the journal."""
        self._made.keep(self._what, self._results(ordered))
        self.idle = True

    def close(self) -> None:
        """Close the journal, and delete it where the file has all of it; idempotent."""
        self._journal.close()
        if self.idle:
            self._part.unlink(missing_ok=True)
        self._unlock()

    def _unlock(self) -> None:
        Path(self._lock.lock_file).unlink(missing_ok=True)
        self._lock.release()


def _check(head: Mapping[str, Any], what: Mapping[str, Any], path: Path) -> None:
    if head.get("version") != VERSION:
        raise UsageError(f"{path} was written by another version of ttc", "delete it")
    for name, value in what.items():
        if head.get(name) != value:
            why = f"{path} was begun with {name} {head.get(name)!r}, not {value!r}"
            raise UsageError(why, "give the same flags, or delete that file")
