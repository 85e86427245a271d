"""The folder of a bench: what was run, the record of samples, the rows of results."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ttc_cli.bench.samples import SampleLog
from ttc_cli.core.errors import TtcError, UnreadableFile, UsageError
from ttc_cli.core.files import replacing
from ttc_cli.store.journal import Journal

SCHEMA_VERSION = 1
HEADER, SAMPLES, RESULTS, LOCK = "run.json", "samples.jsonl", "results.jsonl", ".lock"
FIXED = ("data", "model", "seed")
"""What must be the same when a run goes on: samples and rows of another would not fit."""


class Folder:
    """An open folder, written by this process alone. Close it.

    Args:
        header: what is run: data, model, seed, configs; a model and data are name and sha256.
        resume: go on with what is there.

    UsageError where results are there and it is not to be resumed, or they are of another run.
    """

    def __init__(self, path: Path, header: dict[str, Any], *, resume: bool) -> None:
        try:
            path.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(path / LOCK)
            self._lock.acquire(timeout=0)
        except Timeout:
            raise TtcError(f"another bench is writing to {path}", "wait, or choose --out") from None
        except OSError as error:
            raise UnreadableFile(f"cannot write to {path}: {error.strerror}") from error
        try:
            _write_header(path, {"schema_version": SCHEMA_VERSION, **header}, resume)
            self.log = SampleLog(path / SAMPLES)
            self.results = Journal(path / RESULTS)
        except BaseException:
            self._lock.release()
            raise
        # hashes, since there may be many
        self._done = {hash((row["config"], row["id"])) for _, row in self.results.lines()}

    def has(self, config: str, question: str) -> bool:
        """Whether there was a row of a question under a configuration when it was opened."""
        return hash((config, question)) in self._done

    def close(self) -> None:
        """Close the files and let others in; idempotent."""
        self.log.close()
        self.results.close()
        self._lock.release()


def _write_header(path: Path, header: dict[str, Any], resume: bool) -> None:
    file = path / HEADER
    if file.exists():
        if not resume:
            raise UsageError(f"{path} holds a run", "add --resume to go on, or choose --out")
        old = read_header(path)
        for name in FIXED:
            if _core(old[name]) != _core(header[name]):
                raise UsageError(
                    f"{path} is of another {name}: {_label(old[name])}, not {_label(header[name])}",
                    "choose another --out",
                )
        header["configs"] = _joined(old["configs"], header["configs"], path)
        header["created"] = old.get("created")
    header.setdefault("created", int(time.time()))
    with replacing(file, private=False) as out:
        out.write((json.dumps(header, ensure_ascii=False, indent=1) + "\n").encode())


def _core(value: Any) -> Any:
    return value.get("sha256") if isinstance(value, dict) else value


def _label(value: Any) -> str:
    return str(value.get("name")) if isinstance(value, dict) else str(value)


def _joined(
    old: list[dict[str, Any]], new: list[dict[str, Any]], path: Path
) -> list[dict[str, Any]]:
    """The configurations that were run and those that are new; a name keeps its meaning."""
    known = {config["name"]: config for config in old}
    for config in new:
        if known.setdefault(config["name"], config) != config:
            why = f"{path} has another configuration called {config['name']!r}"
            raise UsageError(why, "give this one a name of its own")
    return list(known.values())


def read_header(path: Path) -> dict[str, Any]:
    """Read what was run in a folder; UnreadableFile where it is no folder of a bench."""
    try:
        header = json.loads((path / HEADER).read_text(encoding="utf-8"))
        if header["schema_version"] != SCHEMA_VERSION:
            raise UnreadableFile(f"{path} was written by another version of ttc")
    except OSError as error:
        why = f"{path} is no folder of a bench: {error.strerror}"
        raise UnreadableFile(why, "give what --out named") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableFile(f"{path / HEADER} is damaged") from error
    return dict(header)


def fingerprint(path: Path) -> str:
    """Hash a file with sha256."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UnreadableFile(f"cannot read {path}: {error.strerror}") from error
