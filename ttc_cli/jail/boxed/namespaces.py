"""Linux namespaces: a process in a file system, network and list of processes of its own."""

from __future__ import annotations

import os
import signal
from typing import Any

from kernel import SET_PDEATHSIG, c, fork, let_go

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = (
    0x00020000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
NOATIME, NODIRATIME, RELATIME, SHOWN_RELATIME = 1024, 2048, 1 << 21, 4096
CAPBSET_DROP, SET_SECUREBITS = 24, 28
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


def start(config: dict[str, Any]) -> int:
    """Enter new namespaces and fork twice; 0 in the grandchild, who is to be the inmate."""
    uid, gid = os.getuid(), os.getgid()
    try:  # a session keyring of its own; where that is refused, so is every call about keys
        c("syscall", KEYCTL[os.uname().machine], JOIN_SESSION_KEYRING, None)
    except (OSError, KeyError):
        pass
    flags = NEWNS | NEWUTS | NEWIPC | NEWPID | NEWNET
    c("unshare", flags | (NEWUSER if uid else 0))
    if uid:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"0 {uid} 1"),
            ("gid_map", f"0 {gid} 1"),
        ):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
    if first := fork():
        return int(first)
    _mount("none", "/", flags=REC | PRIVATE)
    _build(config)
    inmate = os.fork()
    if not inmate:
        return 0
    let_go(0, 1, 2)
    code = os.waitstatus_to_exitcode(os.waitpid(inmate, 0)[1])
    os._exit(KILLED - code if code < 0 else code)  # the kernel ends all others with us


def _mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    c(
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


def enter(config: dict[str, Any]) -> None:
    """Become nobody, in the cell."""
    os.chroot(ROOT)  # those in a chroot cannot make user namespaces, either
    os.chdir(DATA if config["data"] else TMP)
    os.setsid()
    for capability in range(64):
        try:
            c("prctl", CAPBSET_DROP, capability, 0, 0, 0)
        except OSError:
            break  # the kernel knows no more of them
    c("prctl", SET_SECUREBITS, NO_ROOT_PRIVILEGES, 0, 0, 0)
    if config["root"]:
        _become(1 << 29 | int.from_bytes(os.urandom(3), "big"))
    c("prctl", SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # a change of user had cleared it


def _become(uid: int) -> None:
    os.setgroups([])
    try:
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    except OSError:  # a container that knows few users
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
