"""Settings, folders and the databases in them."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from ttc_cli.core.errors import TtcError
from ttc_cli.jail import Layer, available, require
from ttc_cli.models.disk import size_text
from ttc_cli.session.checkup import Finding
from ttc_cli.settings import Settings, cache_dir, config_path, home, load, log_dir

LITTLE = 2 * 10**9  # bytes free below which a model or a cache will soon not fit
HELD_BY = {
    Layer.NAMESPACES: "namespaces, Landlock, a filter of system calls and limits",
    Layer.FILTER: "Landlock, a filter of system calls and limits",
    Layer.PROFILE: "a profile of sandbox-exec (untested) and limits",
}
PATIENCE = 2.0  # seconds for the check of one database; a larger one is only looked into


def settings() -> tuple[Finding, Settings]:
    """Whether the settings can be read; with defaults in their place where they cannot."""
    try:
        found = load()
    except TtcError as error:
        advice = error.hint or "ttc config edit"
        return Finding("settings", "broken", error.message, advice), Settings()
    if found.warnings:
        more = f" (and {len(found.warnings) - 1} more)" if len(found.warnings) > 1 else ""
        return Finding("settings", "warning", found.warnings[0] + more, "ttc config edit"), found
    count = len(found.origins)
    return Finding("settings", "ok", f"{config_path()}; {count} not at their defaults"), found


def jail() -> Finding:
    """How far code that a model writes can be locked in."""
    if why := available():
        advice = "programs are left out, and tests: stops, unless --unsafe-exec is given"
        return Finding("model's code", "warning", f"cannot be locked in: {why}", advice)
    return Finding("model's code", "ok", f"locked in by {HELD_BY[require(unsafe=True)]}")


def warmth(settings: Settings) -> Finding:
    """Which models are kept loaded between calls, and whether a call leaves one behind."""
    from ttc_cli.engine.warm import peer
    from ttc_cli.session import warm

    if not peer.AVAILABLE:
        return Finding("kept loaded", "ok", "nothing: Python has no Unix sockets on this system")
    said = ", ".join(link.hello.info.name for link, _ in warm.running()) or "nothing"
    kept = f"a call leaves its model for {settings.keep_warm:g} s" if settings.keep_warm else "off"
    return Finding("kept loaded", "ok", f"{said}; keep_warm: {kept}")


def folders() -> Iterator[Finding]:
    """Where files are, whether they can be written, and how much space is left."""
    for name, folder in (("models and home", home()), ("cache", cache_dir()), ("logs", log_dir())):
        yield _folder(name, folder)


def _folder(name: str, folder: Path) -> Finding:
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent  # it will be made in the nearest folder that is there
    try:
        free = shutil.disk_usage(there).free
    except OSError as error:
        return Finding(name, "broken", f"{folder}: {error.strerror}", "set TTC_HOME")
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        advice = "make it writable, or set TTC_HOME to a folder that is"
        return Finding(name, "broken", f"{folder} cannot be written to", advice)
    said = f"{folder}, {size_text(free)} free"
    if free < LITTLE:
        return Finding(name, "warning", said, "free some space, or set TTC_HOME to a larger disk")
    return Finding(name, "ok", said)


def databases() -> Iterator[Finding]:
    """The run log and the caches: whether SQLite finds them whole."""
    for folder, advice in ((log_dir(), "move it away; a new log is begun"),
                           (cache_dir(), "delete it; what it held is computed again")):  # fmt: skip
        for path in sorted(folder.glob("**/*.db")):
            yield _database(path, advice)


def _database(path: Path, advice: str) -> Finding:
    until = time.monotonic() + PATIENCE
    try:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as base:
            base.set_progress_handler(lambda: time.monotonic() > until, 100_000)
            base.execute("SELECT count(*) FROM sqlite_master").fetchone()
            said = base.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.OperationalError as error:
        said = "ok" if "interrupted" in str(error) else str(error)
    except sqlite3.Error as error:
        said = str(error)
    if said != "ok":
        return Finding(path.name, "broken", f"{path}: {said}", advice)
    return Finding(path.name, "ok", f"{path}, {size_text(path.stat().st_size)}")
