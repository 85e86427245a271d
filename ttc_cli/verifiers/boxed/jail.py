"""Locks a command in and waits for it: `jail.py CONFIG`, a JSON object (see `main`).

On Linux: namespaces of its own for processes, mounts, network, System V objects and host name
(and for users, unless we are root), a root folder that holds the interpreter and nothing else, an
unprivileged user without capabilities, limits on everything that can be used up. Elsewhere, or
where the kernel does not let us: the limits alone, and only when told so.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import signal
import sys
import time
from typing import Any, NoReturn

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = (
    0x00020000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
RDONLY, NOSUID, NODEV, REMOUNT, BIND, REC, PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
SET_PDEATHSIG, SET_DUMPABLE, CAPBSET_DROP, SET_SECUREBITS, SET_NO_NEW_PRIVS = 1, 4, 24, 28, 38
NO_ROOT_PRIVILEGES = 0b1111  # NOROOT and NO_SETUID_FIXUP, both locked
ROOT = "/sys"  # exists on every Linux, and nobody in there needs it
SHARED = ("/usr", "/lib", "/lib64", "/bin", "/nix/store", "/etc/ld.so.cache")
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
LOOK_SECONDS = 0.05


def main() -> None:
    """Run CONFIG["command"]; exits as it does.

    CONFIG holds: "isolate" (namespaces, or limits alone), "read" (folders that it may read),
    "cpu" (seconds), "memory" (bytes, of a process and of all), "file" (bytes), "files",
    "processes", "folder" (bytes of its temporary folder).
    """
    config = json.loads(sys.argv[1]) | {"root": hasattr(os, "getuid") and os.getuid() == 0}
    if not config["isolate"]:
        _limit(config)
        os.execve(config["command"][0], config["command"], _environment())
    try:
        keeper = _namespaces()
        if not keeper:
            _keep(config)
    except OSError as error:
        _give_up(error)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(keeper, signal.SIGKILL))
    _let_go()
    _, status = os.waitpid(keeper, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


# -- Linux ----------------------------------------------------------------------------------


def _c(name: str, *args: Any) -> None:
    """A call of the C library; OSError when it fails."""
    libc = ctypes.CDLL(None, use_errno=True)
    wide = [ctypes.c_ulong(arg) if isinstance(arg, int) else arg for arg in args]
    if getattr(libc, name)(*wide) == -1:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")


def _mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    _c(
        "mount", source.encode(), target.encode(), kind.encode() or None, flags,
        data.encode() or None,
    )  # fmt: skip


def _namespaces() -> int:
    """Enter new namespaces and fork; 0 in the child, who is the first process in there."""
    uid, gid = os.getuid(), os.getgid()
    flags = NEWNS | NEWUTS | NEWIPC | NEWPID | NEWNET
    _c("unshare", flags | (NEWUSER if uid else 0))
    if uid:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"0 {uid} 1"),
            ("gid_map", f"0 {gid} 1"),
        ):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
    return os.fork()


def _keep(config: dict[str, Any]) -> None:
    """Build the cell, start the command in it, and watch over it to its end."""
    _c("prctl", SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    _mount("none", "/", flags=REC | PRIVATE)
    _mount("proc", "/proc", "proc", NOSUID | NODEV)  # ours: the cell has none
    for name in ("shmall", "shmmni", "msgmni"):  # objects that outlive a process, and its limits
        try:
            with open(f"/proc/sys/kernel/{name}", "w", encoding="ascii") as file:
                file.write("0")
        except OSError:
            pass  # not this kernel, not this user; they end with the namespace all the same
    _build(config)
    child = os.fork()
    if child == 0:
        _enter(config)
    _let_go()
    while True:
        done, status = os.waitpid(-1, os.WNOHANG)
        if done == child:
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
        if _resident() > config["memory"]:
            os._exit(1)  # the kernel ends all others with us
        time.sleep(LOOK_SECONDS if not done else 0)


def _let_go() -> None:
    """Leave the streams to the inmate: who talks to it then hears at once that it has ended."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)


def _give_up(error: OSError) -> NoReturn:
    print(f"jail: {error}", file=sys.stderr, flush=True)  # noqa: T201 - its caller reads it
    os._exit(1)


def _resident() -> int:
    """Bytes of memory that all processes but ourselves hold."""
    pages = 0
    for name in os.listdir("/proc"):
        if name.isdigit() and name != "1":
            try:
                with open(f"/proc/{name}/statm", encoding="ascii") as file:
                    pages += int(file.read().split()[1])
            except (OSError, IndexError):
                continue
    return pages * os.sysconf("SC_PAGE_SIZE")


def _build(config: dict[str, Any]) -> None:
    """A root folder with the interpreter in it, read-only, and one small folder to write in."""
    _mount("none", ROOT, "tmpfs", NOSUID | NODEV, "size=1m,nr_inodes=4096,mode=755")
    # Before what is shown: the interpreter or ttc itself may lie in /tmp.
    os.mkdir(ROOT + "/tmp", 0o1777)
    size = f"size={config['folder']},nr_inodes=1024,mode=1777"
    _mount("none", ROOT + "/tmp", "tmpfs", NOSUID | NODEV, size)
    for path in (*SHARED, *config["read"]):
        if os.path.islink(path):
            os.symlink(os.readlink(path), ROOT + path)
        elif os.path.exists(path) and not os.path.exists(ROOT + path):
            _show(path, RDONLY | NOSUID | NODEV)
    for path in DEVICES:
        _show(path, 0)
    _mount("none", ROOT, flags=REMOUNT | BIND | RDONLY | NOSUID)


def _show(path: str, flags: int) -> None:
    """Make a file or folder visible in the cell."""
    target = ROOT + path
    if os.path.isdir(path):
        os.makedirs(target, 0o755)
    else:
        os.makedirs(os.path.dirname(target), 0o755, exist_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    _mount(path, target, flags=BIND | REC)
    if flags:
        _mount("none", target, flags=REMOUNT | BIND | flags)


def _enter(config: dict[str, Any]) -> None:
    """Become nobody, in the cell, and run the command."""
    os.closerange(3, 1024)
    os.chroot(ROOT)  # those in a chroot cannot make user namespaces, either
    os.chdir("/tmp")
    os.setsid()
    for capability in range(64):
        try:
            _c("prctl", CAPBSET_DROP, capability, 0, 0, 0)
        except OSError:
            break  # the kernel knows no more of them
    _c("prctl", SET_SECUREBITS, NO_ROOT_PRIVILEGES, 0, 0, 0)
    if config["root"]:
        _become(random.randrange(1 << 29, 1 << 30))
    _c("capset", (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)())
    _c("prctl", SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _limit(config)
    os.execve(config["command"][0], config["command"], _environment())


def _become(uid: int) -> None:
    os.setgroups([])
    try:
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    except OSError:  # a container that knows few users
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)


# -- everywhere -----------------------------------------------------------------------------


def _limit(config: dict[str, Any]) -> None:
    """Limits of the process and what it starts."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for kind, most in (
        ("CPU", config["cpu"]), ("AS", config["memory"]), ("FSIZE", config["file"]),
        ("NOFILE", config["files"]), ("NPROC", config["processes"]), ("CORE", 0),
        ("MEMLOCK", 0), ("MSGQUEUE", 0),
    ):  # fmt: skip
        limit = getattr(resource, "RLIMIT_" + kind, None)
        try:
            if limit is not None:
                resource.setrlimit(limit, (most, most))
        except (ValueError, OSError):
            continue  # macOS knows no limit of address space


def _environment() -> dict[str, str]:
    folder = os.getcwd()
    return {"PATH": "/usr/bin:/bin", "HOME": folder, "TMPDIR": folder, "LANG": "C.UTF-8"}


if __name__ == "__main__":
    main()
