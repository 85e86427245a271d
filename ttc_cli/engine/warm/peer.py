"""Sockets of a user's own: where they are, and who is at the other end."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import stat
import struct
import sys
import tempfile
from pathlib import Path

from ttc_cli.core.files import private_folder

AVAILABLE = hasattr(socket, "AF_UNIX")
"""Whether this Python has Unix sockets: on Windows it has none."""
LONGEST = 100  # bytes of a path that every system binds a socket to
BACKLOG = 64


def place(folder: Path, name: str) -> Path:
    """Where the socket of a name is: in the folder, or in a shorter one that stands for it."""
    path = folder / f"{name}.sock"
    if len(os.fsencode(path)) <= LONGEST:
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"ttc-{os.getuid()}" / f"{digest}.sock"


def listen(path: Path) -> socket.socket:
    """Bind a socket that its owner alone may connect to; takes the place of a stale one.

    Raises OSError: the folder is somebody else's or open to others, or the system refuses.
    """
    private_folder(path.parent)
    folder = path.parent.lstat()
    if not _ours(folder) or folder.st_mode & 0o077:
        raise PermissionError(f"{path.parent} is not for its owner only")
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        listener.bind(os.fspath(path))
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    finally:
        os.umask(before)
    return listener


def connect(path: Path, timeout: float) -> socket.socket | None:
    """Connect to a socket of the same user's; None where nobody of theirs answers."""
    try:
        found = path.lstat()
        if not (stat.S_ISSOCK(found.st_mode) and _ours(found)):
            return None
        channel = socket.socket(socket.AF_UNIX)
    except OSError:
        return None
    try:
        channel.settimeout(timeout)
        channel.connect(os.fspath(path))
        if is_ours(channel):
            return channel
    except OSError:
        pass  # stale, full, or gone this very moment
    channel.close()
    return None


def is_ours(channel: socket.socket) -> bool:
    """Whether the same user is at the other end."""
    try:
        return _uid(channel) == os.getuid()
    except OSError:
        return False


def _uid(channel: socket.socket) -> int:
    """The user at the other end. Raises OSError: the system does not tell."""
    if hasattr(socket, "SO_PEERCRED"):
        raw = channel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", raw)[1])
    if sys.platform == "darwin":
        raw = channel.getsockopt(0, 1, 76)  # SOL_LOCAL, LOCAL_PEERCRED: struct xucred
        version, uid = struct.unpack_from("2I", raw)
        if version == 0:
            return int(uid)
    raise OSError("this system does not tell who is at the other end of a socket")


def _ours(found: os.stat_result) -> bool:
    return found.st_uid == os.getuid()
