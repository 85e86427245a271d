"""Locks itself in and serves, as CONFIG says, a JSON object: see `ttc_cli.jail.lock`.

Three processes: the keeper, outside, who waits and tells what was used; on Linux the first process
of the new namespaces, who builds the cell; and the inmate, in it, who serves. The inmate is one
process for good: it can neither start nor become another one.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import calls
import landlock

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = (
    0x00020000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
NOATIME, NODIRATIME, RELATIME, SHOWN_RELATIME = 1024, 2048, 1 << 21, 4096
SET_PDEATHSIG, SET_DUMPABLE, CAPBSET_DROP, SET_SECUREBITS, SET_NO_NEW_PRIVS = 1, 4, 24, 28, 38
NO_ROOT_PRIVILEGES = 0b1111  # NOROOT and NO_SETUID_FIXUP, both locked
KEYCTL, JOIN_SESSION_KEYRING = {"x86_64": 250, "aarch64": 219}, 1
ROOT = "/sys"  # exists on every Linux, and nobody in there needs it
TMP, DATA, PACKAGES = "/tmp", "/data", "/packages"
SHARED = (
    "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo", "/lib", "/lib64", "/nix/store",
    "/etc/ld.so.cache",
)  # fmt: skip
"""What the interpreter and its libraries load; programs to start are of no use in there."""
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
KILLED = 128  # exit codes from here on: ended by the signal of that number above it


def main(given: str) -> None:
    """Serve as CONFIG["serve"] says, locked in as far as CONFIG["layer"] says."""
    config = json.loads(given) | {"root": hasattr(os, "getuid") and os.getuid() == 0}
    _die_with_parent(os.getppid())
    ready = _serving(config)
    sys.path.pop(0)
    try:
        inmate = _alone(config) if config["layer"] == "namespaces" else _fork()
        if not inmate:
            os.closerange(3, 1024)
            serve = ready()
            _lock(config)
    except OSError as error:
        _give_up(error)
    if inmate:
        _keep(inmate, config["clock"])
    os.dup2(0, 2)  # nothing
    serve()
    os._exit(0)


def _serving(config: dict[str, Any]) -> Callable[[], Any]:
    """What makes ready what the inmate does; loaded now, for the cell does not hold it."""
    if config["serve"] == "tests":
        import inmate

        return lambda: inmate.ready()
    import runner

    return lambda: runner.ready(config["path"])


def _fork() -> int:
    """Fork where there is such a thing; 0 in the child, who dies with us."""
    if not hasattr(os, "fork"):
        return 0
    ours = os.getpid()
    child = os.fork()
    if not child:
        _die_with_parent(ours)
    return child


def _die_with_parent(parent: int) -> None:
    if sys.platform.startswith("linux"):
        _c("prctl", SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() not in (parent, 0):  # 0: beyond our namespace
        os._exit(1)


def _keep(inmate: int, seconds: float) -> NoReturn:
    """Wait for the end, or make it; the last line on stderr tells what was used up."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, lambda *_: os.kill(inmate, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, seconds)
    _let_go(0, 1)
    _, status, used = os.wait4(inmate, 0)
    code = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024
    told = {
        "code": KILLED - code if code < 0 else code,
        "cpu": used.ru_utime + used.ru_stime,
        "peak": used.ru_maxrss * unit,
    }
    os.write(2, json.dumps(told).encode() + b"\n")
    os._exit(0)


def _let_go(*streams: int) -> None:
    """Leave the streams to the inmate: who talks to it then hears at once that it has ended."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in streams:
        os.dup2(null, stream)


def _give_up(error: OSError) -> NoReturn:
    os.write(2, f"jail: {error}\n".encode())
    os._exit(1)


def _lock(config: dict[str, Any]) -> None:
    """Give up all that the inmate does not need, and then the right to ask for it."""
    layer = config["layer"]
    readable = [*SHARED, *DEVICES, *config["read"]]
    if layer == "namespaces":
        _enter(config)
        readable += [DATA, PACKAGES]
    else:
        readable += [*config["packages"], *config["data"]]
        os.chdir(config["folder"] or "/")
    home = TMP if layer == "namespaces" else os.getcwd()
    os.environ.update(HOME=home, TMPDIR=home)
    _limit(config)
    if layer in ("namespaces", "filter"):
        _c("prctl", SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        writable = [TMP, *DEVICES] if layer == "namespaces" else []
        confined = landlock.restrict(readable, writable, listed=config["path"])
        if layer == "filter" and not confined:
            raise OSError("this kernel has neither namespaces for us nor Landlock")
        calls.install(writes=layer == "namespaces")


def _limit(config: dict[str, Any]) -> None:
    """Limits of the process; a second after the first it can do nothing about the end."""
    try:
        import resource
    except ImportError:  # Windows
        return
    many = config["processes"] if config["layer"] == "namespaces" else None  # else: of the user
    for kind, most, hard in (
        ("CPU", config["cpu"], config["cpu"] + 1), ("AS", config["memory"], None),
        ("FSIZE", config["file"], None), ("NOFILE", config["files"], None), ("NPROC", many, None),
        ("CORE", 0, None), ("MEMLOCK", 0, None), ("MSGQUEUE", 0, None),
    ):  # fmt: skip
        limit = getattr(resource, "RLIMIT_" + kind, None)
        try:
            if limit is not None and most is not None:
                resource.setrlimit(limit, (most, hard or most))
        except (ValueError, OSError):
            continue  # macOS knows no limit of address space


# -- namespaces: Linux ----------------------------------------------------------------------


def _c(name: str, *args: Any) -> None:
    """A call of the C library; OSError when it fails."""
    libc = ctypes.CDLL(None, use_errno=True)
    wide = [ctypes.c_ulong(arg) if isinstance(arg, int) else arg for arg in args]
    if getattr(libc, name)(*wide) == -1:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")


def _alone(config: dict[str, Any]) -> int:
    """Enter new namespaces and fork twice; 0 in the grandchild, who is to be the inmate."""
    uid, gid = os.getuid(), os.getgid()
    try:  # a session keyring of its own; where that is refused, so is every call about keys
        _c("syscall", KEYCTL[os.uname().machine], JOIN_SESSION_KEYRING, None)
    except (OSError, KeyError):
        pass
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
    if first := _fork():
        return first
    _mount("none", "/", flags=REC | PRIVATE)
    _build(config)
    inmate = os.fork()
    if not inmate:
        return 0
    _let_go(0, 1, 2)
    code = os.waitstatus_to_exitcode(os.waitpid(inmate, 0)[1])
    os._exit(KILLED - code if code < 0 else code)  # the kernel ends all others with us


def _mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    _c(
        "mount", source.encode(), target.encode(), kind.encode() or None, flags,
        data.encode() or None,
    )  # fmt: skip


def _build(config: dict[str, Any]) -> None:
    """A root folder with the interpreter in it, read-only, and one small folder to write in."""
    _mount("none", ROOT, "tmpfs", NOSUID | NODEV, "size=1m,nr_inodes=4096,mode=755")
    # Before what is shown: the interpreter or ttc itself may lie in /tmp.
    os.mkdir(ROOT + TMP, 0o1777)
    size = f"size={config['room']},nr_inodes=1024,mode=1777"
    _mount("none", ROOT + TMP, "tmpfs", NOSUID | NODEV | NOEXEC, size)
    for path in (*SHARED, *config["read"]):
        if os.path.islink(path):
            os.symlink(os.readlink(path), ROOT + path)
        elif os.path.exists(path) and not os.path.exists(ROOT + path):
            _show(path, path, RDONLY | NOSUID | NODEV)
    for path in DEVICES:
        _show(path, path, 0)
    for folder, paths in ((DATA, config["data"]), (PACKAGES, config["packages"])):
        os.mkdir(ROOT + folder, 0o755)
        for path in paths:
            _show(path, f"{folder}/{os.path.basename(path)}", RDONLY | NOSUID | NODEV)
    _mount("none", ROOT, flags=REMOUNT | BIND | RDONLY | NOSUID)


def _show(path: str, name: str, flags: int) -> None:
    """Make a file or folder visible in the cell by a name."""
    target = ROOT + name
    if os.path.isdir(path):
        os.makedirs(target, 0o755)
    else:
        os.makedirs(os.path.dirname(target), 0o755, exist_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    _mount(path, target, flags=BIND | REC)
    if flags:
        has = os.statvfs(target).f_flag  # what a user namespace may not take off again
        kept = has & (NOEXEC | NOATIME | NODIRATIME) | (RELATIME if has & SHOWN_RELATIME else 0)
        _mount("none", target, flags=REMOUNT | BIND | flags | kept)


def _enter(config: dict[str, Any]) -> None:
    """Become nobody, in the cell."""
    os.chroot(ROOT)  # those in a chroot cannot make user namespaces, either
    os.chdir(DATA if config["data"] else TMP)
    os.setsid()
    for capability in range(64):
        try:
            _c("prctl", CAPBSET_DROP, capability, 0, 0, 0)
        except OSError:
            break  # the kernel knows no more of them
    _c("prctl", SET_SECUREBITS, NO_ROOT_PRIVILEGES, 0, 0, 0)
    if config["root"]:
        _become(1 << 29 | int.from_bytes(os.urandom(3), "big"))
    _c("capset", (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)())
    _c("prctl", SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # a change of user had cleared it


def _become(uid: int) -> None:
    os.setgroups([])
    try:
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    except OSError:  # a container that knows few users
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
