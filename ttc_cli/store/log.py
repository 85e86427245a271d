"""The run log: what was asked, how it went and what came of it, in one SQLite file.

A run is written down when it starts and completed when it ends, so that one whose process was
killed is still there to be seen. Document texts are kept once however often they are asked
about; events are packed JSON lines.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ttc_cli.core.errors import UsageError
from ttc_cli.core.events import Event, decode
from ttc_cli.store import database, processes
from ttc_cli.store.database import FILE, TIMEOUT, LogUnusable, clean, connect, explained, intact
from ttc_cli.store.runs import RUNNING, Entry, Run, Turn, check

__all__ = ["Entry", "Log", "LogUnusable", "Run", "Turn"]

_COLUMNS = (
    "id, conversation, parent, state, began, ended, pid, boot, born, prompt, request, plan, "
    "json_extract(result, '$.ttc') AS ours, scores, exit, error, hint, feedback"
)


class Log:
    """The log in a folder. Close it, or use it as a context; any method may raise LogUnusable.

    Args:
        folder: made when there is none, for its owner only.
        make: whether to; else a log that is not there is an empty one that is not kept.
        timeout: seconds to wait for another process that writes.
    """

    def __init__(self, folder: Path, *, make: bool = True, timeout: float = TIMEOUT) -> None:
        self.path = folder / FILE
        self._db = connect(self.path if make or self.path.exists() else None, timeout=timeout)

    def __enter__(self) -> Log:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; idempotent."""
        with explained(self.path):
            self._db.close()

    # -- writing -----------------------------------------------------------------------------

    def begin(self, entry: Entry, pid: int) -> bool:
        """Note that a run begins in process `pid`; False when it took over one that was there."""
        who = (pid, processes.boot_id(), processes.birth(pid))
        with self._writing() as db:
            taken = db.execute(
                "UPDATE runs SET pid = ?, boot = ?, born = ? WHERE id = ?", (*who, entry.id)
            )
            if taken.rowcount:
                return False
            row = db.execute("SELECT conversation FROM runs WHERE id = ?", (entry.parent,))
            conversation = next((name for (name,) in row), entry.id)
            db.execute(
                "INSERT INTO runs (id, conversation, parent, state, began, pid, boot, born, prompt,"
                " request) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (entry.id, conversation, entry.parent, RUNNING, time.time(), *who,
                 clean(entry.prompt), json.dumps(entry.request)),
            )  # fmt: skip
            for position, (name, text) in enumerate(entry.documents):
                raw = text.encode("utf-8", "surrogatepass")
                digest = hashlib.sha256(raw).hexdigest()
                kept, named = (digest, zlib.compress(raw)), (position, clean(name), digest)
                db.execute("INSERT OR IGNORE INTO texts VALUES (?, ?)", kept)
                db.execute("INSERT INTO documents VALUES (?, ?, ?, ?)", (entry.id, *named))
        return True

    def finish(
        self, run: str, state: str, code: int, *, plan: dict[str, Any] | None = None,
        result: dict[str, Any] | None = None, scores: dict[str, dict[str, float]] | None = None,
        error: tuple[str, str] = ("", ""), events: bytes = b"",
    ) -> None:  # fmt: skip
        """Complete a run: its state and exit code, what came of it, its packed events."""
        told = (*map(database.as_json, (plan, result, scores)), *map(clean, error))
        with self._writing() as db:
            db.execute(
                "UPDATE runs SET state = ?, exit = ?, ended = ?, plan = ?, result = ?, scores = ?,"
                " error = ?, hint = ? WHERE id = ?",
                (state, code, time.time(), *told, run),
            )
            if events:  # of a run that was removed meanwhile there is nothing to keep
                kept = "INSERT OR REPLACE INTO events SELECT id, ? FROM runs WHERE id = ?"
                db.execute(kept, (events, run))

    def rate(self, run: Run, feedback: str) -> None:
        """Keep what a person thinks of a run: "good" or "bad"."""
        with self._writing() as db:
            db.execute("UPDATE runs SET feedback = ? WHERE id = ?", (feedback, run.id))

    def remove(self, ids: Iterable[str]) -> None:
        """Delete runs, and the documents that no other run is about."""
        self._drop("id IN (SELECT value FROM json_each(?))", json.dumps(list(ids)))

    def prune(self, *, days: float | None, megabytes: float | None) -> None:
        """Forget runs that began more than `days` ago, and the oldest above `megabytes`."""
        if days is not None:
            before = time.time() - days * 86400
            if self._rows("SELECT 1 FROM runs WHERE began < ? LIMIT 1", before):
                self._drop("began < ?", before)
        while megabytes is not None and self.bytes > megabytes * 1e6:
            if not (count := self._rows("SELECT count(*) FROM runs")[0][0]):
                break
            self._drop("id IN (SELECT id FROM runs ORDER BY began LIMIT ?)", 1 + count // 8)

    def _drop(self, where: str, value: Any) -> None:
        with self._writing() as db:
            db.execute(f"DELETE FROM runs WHERE {where}", (value,))  # noqa: S608 - ours
            db.execute("DELETE FROM texts WHERE sha256 NOT IN (SELECT sha256 FROM documents)")
        with explained(self.path):  # a script: execute() would free a single page
            self._db.executescript("PRAGMA incremental_vacuum")

    # -- reading -----------------------------------------------------------------------------

    def get(self, prefix: str | None = None, *, asked: bool = False) -> Run:
        """The run whose id starts so, with or without "ttc-"; by default the last one.

        `asked`: the last one that was not refused for its flags, since a slip asks nothing.
        UsageError where there is none, or more than one.
        """
        if prefix is None:
            but = UsageError.exit_code if asked else None
            found = self._select(
                "WHERE ? IS NULL OR exit IS NOT ? ORDER BY began DESC, rowid DESC LIMIT 1", but, but
            )
            if not found:
                raise UsageError("the log holds no run", 'ask something: ttc "..."')
            return found[0]
        wanted = prefix if prefix.startswith("ttc-") else f"ttc-{prefix}"
        found = self._select("WHERE substr(id, 1, ?) = ? LIMIT 2", len(wanted), wanted)
        if len(found) != 1:
            what = "more than one run starts" if found else "no run in the log starts"
            raise UsageError(f"{what} with {prefix!r}", "`ttc logs list` shows them")
        return found[0]

    def runs(
        self, *, limit: int | None = None, search: str | None = None, since: float | None = None,
        only: tuple[str, str, str, str] = ("", "", "", ""),
    ) -> list[Run]:  # fmt: skip
        """Runs, newest first.

        Args:
            search: those with this text in prompt or reply, in upper or lower case.
            only: of a model, an effort, a command, and not of a command; "" for any.
            since: only those that began at or after this time, in seconds since the epoch.
        """
        wanted = (search or "").lower()
        return self._select(
            f"WHERE began >= ? AND {database.OF_KIND} AND (instr(lower(prompt), ?) OR"
            " instr(lower(json_extract(result, '$.choices[0].message.content')), ?) OR ? = '')"
            " ORDER BY began DESC, rowid DESC LIMIT ?",
            since or 0.0, *only,
            wanted, wanted, wanted, -1 if limit is None else limit,
        )  # fmt: skip

    def result(self, run: Run) -> dict[str, Any] | None:
        """The object that `--json` printed; None for a run without one."""
        row = self._rows("SELECT result FROM runs WHERE id = ?", run.id)
        with intact(self.path, run.id):
            value: dict[str, Any] | None = json.loads(row[0][0]) if row and row[0][0] else None
        return value

    def texts(self, run: Run) -> tuple[tuple[str, str], ...]:
        """The documents of a run as (name, text)."""
        rows = self._rows(
            "SELECT name, packed FROM documents JOIN texts USING (sha256) WHERE run = ?"
            " ORDER BY position",
            run.id,
        )
        with intact(self.path, run.id):
            return tuple((n, zlib.decompress(p).decode("utf-8", "surrogatepass")) for n, p in rows)

    def events(self, run: Run) -> Iterator[tuple[float, Event]]:
        """(seconds since the process started, event); none for a run that did not end."""
        for (packed,) in self._rows("SELECT packed FROM events WHERE run = ?", run.id):
            with intact(self.path, run.id):
                lines = [json.loads(line) for line in zlib.decompress(packed).splitlines()]
            for data in lines:
                seconds = float(data.pop("t"))
                try:
                    yield seconds, decode(data)
                except (ValueError, TypeError):
                    continue  # of another version: readers ignore what they do not know

    def conversation(self, cid: str | None = None) -> tuple[Turn, ...]:
        """The answered turns up to a conversation's newest one, oldest first.

        `cid` is a prefix of the id of any run in it; by default it is the last run's.
        """
        within = self.get(cid, asked=True).conversation
        found = self._select("WHERE conversation = ? ORDER BY began DESC, rowid DESC", within)
        tip = next((run for run in found if run.ours), None)
        return self.turns(tip) if tip else ()

    def turns(self, run: Run) -> tuple[Turn, ...]:
        """The turns that lead to a run and its own, oldest first."""
        line = [self._turn(run)]
        while run.parent is not None:
            found = self._select("WHERE id = ?", run.parent)
            if not found:  # it was removed
                break
            run = found[0]
            line.insert(0, self._turn(run))
        return tuple(line)

    def _turn(self, run: Run) -> Turn:
        result = self.result(run)
        with intact(self.path, run.id):
            reply = str(result["choices"][0]["message"]["content"]) if result else ""
        return Turn(run.id, run.prompt, self.texts(run), reply)

    # -- the database ------------------------------------------------------------------------

    def _select(self, where: str, *values: Any) -> list[Run]:
        rows = self._rows(f"SELECT {_COLUMNS} FROM runs {where}", *values)  # noqa: S608 - ours
        return [self._run(row) for row in rows]

    def _run(self, row: sqlite3.Row) -> Run:
        data = dict(row)
        with intact(self.path, data["id"]):
            for name in ("request", "plan", "ours", "scores"):
                data[name] = json.loads(data[name]) if data[name] else {}
            check(data)
        documents = self._rows(
            "SELECT name, sha256 FROM documents WHERE run = ? ORDER BY position", row["id"]
        )
        data["error"], data["hint"] = data["error"] or "", data["hint"] or ""
        return Run(**data, documents=tuple((name, digest) for name, digest in documents))

    def _rows(self, query: str, *values: Any) -> Sequence[sqlite3.Row]:
        with explained(self.path):
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with explained(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @property
    def bytes(self) -> int:
        """Size of what the log holds, free pages not counted."""
        names = ("page_size", "page_count", "freelist_count")
        size, pages, free = (self._rows(f"PRAGMA {name}")[0][0] for name in names)
        return int(size * (pages - free))
