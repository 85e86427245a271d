"""Ways out of a jail, each a function that tells whether it worked; run inside, as one program.

Without a jail nearly all of them work for root; what a way changes is the test's own, or put back.
"""

from __future__ import annotations

import ctypes
import fcntl
import glob
import mmap
import os
import resource
import signal
import socket
import struct
from collections.abc import Callable
from typing import Any

FACTS: dict[str, Any] = {}  # the test puts them here
SECRET, HOME, REAL_HOME, NAME = (FACTS.get(k, "") for k in ("SECRET", "HOME", "REAL_HOME", "NAME"))
PORT, OURS = FACTS.get("PORT", 0), FACTS.get("OURS", 0)
LIBC = ctypes.CDLL(None, use_errno=True)
ARM = os.uname().machine == "aarch64"
WAYS: list[Callable[[], object]] = []


def way(function: Callable[[], object]) -> Callable[[], object]:
    WAYS.append(function)
    return function


def call(x86: int, arm: int, *args: object) -> bool:
    """Whether a system call does what it is asked."""
    wide = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
    return bool(LIBC.syscall(ctypes.c_long(arm if ARM else x86), *wide) >= 0)


def connects(family: int, kind: int, to: Any) -> bool:
    with socket.socket(family, kind) as line:
        line.settimeout(0.5)
        line.connect(to)
    return True


# -- files ----------------------------------------------------------------------------------


@way
def reads_a_file() -> object:
    return "secret" in open(SECRET).read()


@way
def lists_a_folder() -> object:
    return os.listdir(HOME)


@way
def lists_the_home() -> object:
    return os.listdir(REAL_HOME)


@way
def reads_the_users() -> object:
    return open("/etc/passwd").read()


@way
def reads_a_program() -> object:
    return open("/usr/bin/env", "rb").read(4)


@way
def lists_the_whole_machine() -> object:
    return {"home", "etc", "var", "root"} & set(os.listdir("/"))


@way
def reads_the_mounts() -> object:
    return open("/proc/mounts").read()


@way
def appends_to_a_file() -> object:
    return open(SECRET, "a")


@way
def cuts_a_file() -> object:
    return os.truncate(SECRET, os.path.getsize(SECRET)) is None


@way
def cuts_a_file_as_it_opens_it() -> object:
    return os.open(HOME + "/empty", os.O_RDONLY | os.O_TRUNC)


@way
def makes_a_file() -> object:
    return open(HOME + "/made", "w")


@way
def makes_a_nameless_file() -> object:
    return os.open(HOME, os.O_TMPFILE | os.O_RDWR)


@way
def makes_a_folder() -> object:
    return os.mkdir(HOME + "/folder") is None


@way
def makes_a_pipe() -> object:
    return os.mkfifo(HOME + "/fifo") is None


@way
def makes_a_device() -> object:
    return os.mknod(HOME + "/device", 0o20666, os.makedev(1, 3)) is None


@way
def makes_a_link() -> object:
    return os.symlink(SECRET, HOME + "/symlink") is None


@way
def follows_a_link() -> object:
    os.symlink(SECRET, "/tmp/ttc-way")
    try:
        return open("/tmp/ttc-way").read()
    finally:
        os.unlink("/tmp/ttc-way")


@way
def links_a_file() -> object:
    return os.link(SECRET, HOME + "/link") is None


@way
def renames_a_file() -> object:
    return os.rename(HOME + "/one", HOME + "/two") is None


@way
def deletes_a_file() -> object:
    return os.remove(HOME + "/victim") is None


@way
def changes_the_mode() -> object:
    return os.chmod(SECRET, 0o666) is None


@way
def changes_the_owner() -> object:
    return os.chown(SECRET, os.getuid(), -1) is None


@way
def changes_the_time() -> object:
    return os.utime(SECRET) is None


@way
def sets_an_attribute() -> object:
    return os.setxattr(SECRET, "user.ttc", b"x") is None


@way
def locks_a_file() -> object:
    with open(SECRET) as file:
        return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB) is None


@way
def locks_the_interpreter() -> object:
    with open(os.__file__) as file:
        return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB) is None


@way
def locks_a_region() -> object:
    with open(os.__file__) as file:
        return fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB) is None


@way
def writes_in_the_interpreter() -> object:
    return open(os.__file__, "r+")


@way
def writes_among_programs() -> object:
    path = "/usr/ttc-escape"
    open(path, "w").close()
    return os.unlink(path) is None


@way
def opens_a_disk() -> object:
    return open((glob.glob("/dev/[vsx]d[a-z]") + glob.glob("/dev/nvme*n1"))[0], "rb")


@way
def opens_the_kernel_log() -> object:
    return open("/dev/kmsg")


@way
def opens_a_terminal() -> object:
    return os.openpty()


@way
def watches_a_folder() -> object:
    return LIBC.inotify_add_watch(LIBC.inotify_init(), b"/usr", 2) >= 0


@way
def watches_all_files() -> object:
    return call(300, 262, 0, 0)


@way
def takes_a_handle_of_a_file() -> object:
    handle = ctypes.create_string_buffer(struct.pack("II", 128, 0), 160)
    return call(303, 264, -100, b"/usr", handle, ctypes.byref(ctypes.c_int()), 0)


@way
def opens_by_the_newer_call() -> object:
    return call(437, 437, -100, os.fsencode(SECRET), struct.pack("QQQ", 0, 0, 0), 24)


@way
def lists_the_mounts_by_call() -> object:
    request = struct.pack("IIQQQ", 32, 0, 0xFFFFFFFFFFFFFFFF, 0, 0)
    return call(458, 458, request, ctypes.create_string_buffer(800), 100, 0)


@way
def fills_the_disk() -> object:
    for number in range(8):
        with open(f"/tmp/ttc-fill-{number}", "wb") as file:
            file.write(bytes(4 << 20))
    return [os.unlink(f"/tmp/ttc-fill-{number}") for number in range(8)]


# -- others ---------------------------------------------------------------------------------


@way
def lists_processes() -> object:
    return [name for name in os.listdir("/proc") if name.isdigit()]


@way
def reads_the_environment_of_another() -> object:
    return open(f"/proc/{OURS}/environ", "rb").read()


@way
def opens_the_memory_of_another() -> object:
    return open(f"/proc/{OURS}/mem", "rb")


@way
def lists_the_files_of_another() -> object:
    return os.listdir(f"/proc/{OURS}/fd")


@way
def goes_through_the_root_of_another() -> object:
    return open(f"/proc/{OURS}/root{SECRET}").read()


@way
def signals_another() -> object:
    return os.kill(OURS, 0) is None


@way
def signals_its_parent() -> object:
    return os.kill(os.getppid(), 0) is None


@way
def signals_a_thread_of_another() -> object:
    return call(234, 131, OURS, OURS, 0)


@way
def queues_a_signal() -> object:
    info = ctypes.create_string_buffer(struct.pack("iii", signal.SIGURG, 0, -1), 128)
    return call(129, 138, OURS, signal.SIGURG, info)


@way
def holds_another() -> object:
    return os.pidfd_open(OURS)


@way
def traces() -> object:
    return LIBC.ptrace(0, 0, 0, 0) == 0


@way
def reads_memory_by_call() -> object:
    text = ctypes.create_string_buffer(b"secret")
    line = struct.pack("QQ", ctypes.addressof(text), 4)
    return call(310, 270, os.getpid(), line, 1, line, 1, 0)


@way
def compares_with_another() -> object:
    return call(312, 272, OURS, OURS, 2, 0, 0)


@way
def reads_the_limits_of_another() -> object:
    return resource.prlimit(OURS, resource.RLIMIT_AS)


@way
def slows_another_down() -> object:
    return os.setpriority(os.PRIO_PROCESS, OURS, os.getpriority(os.PRIO_PROCESS, OURS)) is None


@way
def binds_another_to_a_processor() -> object:
    return os.sched_setaffinity(OURS, os.sched_getaffinity(OURS)) is None


@way
def goes_before_all_others() -> object:
    return os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)) is None


@way
def starts_a_process() -> object:
    return os.waitpid(os.fork() or os._exit(0), 0)  # type: ignore[func-returns-value]


@way
def starts_a_program() -> object:
    return os.waitpid(os.posix_spawn("/bin/sh", ["sh", "-c", "exit 0"], {}), 0)


@way
def becomes_a_program() -> object:
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    if not os.fork():
        os.execv("/bin/sh", ["sh", "-c", f"echo x >&{writer}"])
    os.close(writer)
    return os.read(reader, 1)


# -- the network ----------------------------------------------------------------------------


@way
def calls_home() -> object:
    return connects(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", PORT))


@way
def sends_a_packet() -> object:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        return line.sendto(b"x", ("127.0.0.1", PORT))


@way
def serves() -> object:
    return socket.create_server(("127.0.0.1", 0))


@way
def takes_a_line_of_the_newer_protocol() -> object:
    return socket.socket(socket.AF_INET6, socket.SOCK_STREAM)


@way
def reads_all_packets() -> object:
    return socket.socket(socket.AF_PACKET, socket.SOCK_RAW)


@way
def asks_the_kernel_for_its_routes() -> object:
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)


@way
def hears_the_audit() -> object:
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)


@way
def calls_the_hypervisor() -> object:
    return socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)


@way
def uses_the_kernels_ciphers() -> object:
    return socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)


@way
def calls_a_socket_by_path() -> object:
    return connects(socket.AF_UNIX, socket.SOCK_STREAM, HOME + "/socket")


@way
def calls_a_socket_by_name() -> object:
    return connects(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + NAME)


@way
def sends_to_a_socket_by_path() -> object:
    with socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0] as line:
        return line.sendto(b"x", HOME + "/datagrams")


@way
def sends_to_a_socket_by_name() -> object:
    with socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0] as line:
        return line.sendto(b"x", f"\0{NAME}-datagrams")


# -- the kernel -----------------------------------------------------------------------------


@way
def becomes_root() -> object:
    return os.setuid(0) is None


@way
def joins_groups() -> object:
    return os.setgroups([0]) is None


@way
def has_rights_of_root() -> object:
    sets = (ctypes.c_uint32 * 6)()
    LIBC.capget((ctypes.c_uint32 * 2)(0x20080522, 0), sets)
    return sets[0] & ~6 | sets[3]  # but to read what is not its own


@way
def changes_its_root() -> object:
    return os.chroot("/usr") is None


@way
def climbs_out() -> object:
    os.makedirs("/tmp/ttc-cell", exist_ok=True)
    os.chroot("/tmp/ttc-cell")
    for _ in range(50):
        os.chdir("..")
    os.chroot(".")
    os.rmdir("/tmp/ttc-cell")
    return os.path.exists(SECRET)


@way
def makes_a_user_namespace() -> object:
    return LIBC.unshare(0x10000000) == 0


@way
def makes_a_mount_namespace() -> object:
    return LIBC.unshare(0x00020000) == 0


@way
def clones_into_namespaces() -> object:
    return call(56, 220, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0)


@way
def mounts() -> object:
    LIBC.unshare(0x00020000)
    LIBC.mount(b"none", b"/", None, 1 << 18 | 16384, None)
    return LIBC.mount(b"none", b"/tmp", b"tmpfs", 0, None) == 0


@way
def opens_a_tree_of_mounts() -> object:
    return call(428, 428, -100, b"/", 1)


@way
def names_the_host() -> object:
    return socket.sethostname(socket.gethostname()) is None


@way
def reads_the_keyring() -> object:
    return call(250, 219, 0, -3, 0)


@way
def adds_a_key() -> object:
    return call(248, 217, b"user", b"ttc-escape", b"x", 1, -3)


@way
def asks_for_a_key() -> object:
    call(248, 217, b"user", b"ttc-escape", b"x", 1, -3)
    return call(249, 218, b"user", b"ttc-escape", None, -3)


@way
def makes_a_map_in_the_kernel() -> object:
    return call(321, 280, 0, struct.pack("IIII", 2, 4, 4, 1) + bytes(48), 64)


@way
def counts_events() -> object:
    return call(298, 241, struct.pack("IIQ", 1, 112, 0) + bytes(96), 0, -1, -1, 0)


@way
def handles_page_faults() -> object:
    return call(323, 282, 1)


@way
def makes_a_ring() -> object:
    return call(425, 425, 4, ctypes.create_string_buffer(120))


@way
def makes_a_file_in_memory() -> object:
    return os.memfd_create("x")


@way
def makes_a_secret_file_in_memory() -> object:
    return call(447, 447, 0)


@way
def shares_memory() -> object:
    return call(29, 194, 0, 4096, 0o1600)


@way
def makes_semaphores() -> object:
    return call(64, 190, 0, 8, 0o1600)


@way
def makes_a_queue() -> object:
    return call(68, 186, 0, 0o1600)


@way
def makes_a_named_queue() -> object:
    made = call(240, 180, b"ttc-escape", os.O_CREAT | os.O_RDWR, 0o600, None)
    call(241, 181, b"ttc-escape")
    return made


@way
def becomes_another_system() -> object:
    return call(135, 92, 0xFFFFFFFF)


@way
def lives_on_without_its_parent() -> object:
    return LIBC.prctl(1, 0, 0, 0, 0) == 0


@way
def reads_its_bounds() -> object:
    return LIBC.prctl(23, 0, 0, 0, 0) >= 0


@way
def adds_a_filter_that_listens() -> object:
    instruction = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7FFF0000), 8)
    return call(317, 277, 1, 8, struct.pack("HxxxxxxQ", 1, ctypes.addressof(instruction)))


@way
def raises_its_limits() -> object:
    return resource.setrlimit(resource.RLIMIT_AS, (1 << 40, 1 << 40)) is None


@way
def locks_its_memory() -> object:
    return call(151, 230, 1)


@way
def takes_much_shared_memory() -> object:
    return mmap.mmap(-1, 1 << 30)


@way
def reads_the_kernels_messages() -> object:
    return LIBC.klogctl(10, None, 0) >= 0


@way
def reads_the_kernels_settings() -> object:
    return open("/proc/sys/kernel/hostname").read()


@way
def looks_at_devices() -> object:
    return os.listdir("/sys/class")


@way
def leaves_its_session() -> object:
    return os.setsid() is None


def solution() -> list[str]:
    return [function.__name__ for function in WAYS if _works(function)]


def _works(function: Callable[[], object]) -> bool:
    """Whether a way works, tried in a process of its own where there can be one."""
    reader, writer = os.pipe()
    try:
        child = os.fork()
    except OSError:
        child = -1
    worked = False
    if child <= 0:
        try:
            worked = bool(function())
        except Exception:
            worked = False
    if child == 0:
        os.write(writer, b"1" if worked else b"0")
        os._exit(0)
    os.close(writer)
    if child > 0:
        os.waitpid(child, 0)
        worked = os.read(reader, 1) == b"1"
    os.close(reader)
    return worked
