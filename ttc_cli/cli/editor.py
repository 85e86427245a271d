"""Opening a file in the user's editor."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

from ttc_cli.core.errors import TtcError, UnreadableFile, UsageError


def edit(path: Path, starter: str) -> None:
    """Open a file in $VISUAL or $EDITOR and wait; a new one begins with `starter`.

    A new file that was left as it began is removed again.
    """
    fallback = "notepad" if os.name == "nt" else "vi"
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or fallback
    new = not path.exists()
    try:
        if new:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(starter, encoding="utf-8")
        code = subprocess.run([*shlex.split(command), str(path)], check=False).returncode  # noqa: S603 - the user's own editor
    except FileNotFoundError:
        _forget(path, starter, new)
        raise UsageError(f"there is no editor {command!r}", "set EDITOR to one") from None
    except OSError as error:
        raise UnreadableFile(f"cannot write {path}: {error.strerror}") from None
    _forget(path, starter, new)
    if code:
        raise TtcError(f"the editor {command!r} failed with exit code {code}")


def _forget(path: Path, starter: str, new: bool) -> None:
    if new and path.exists() and path.read_text("utf-8", errors="replace") == starter:
        path.unlink()
