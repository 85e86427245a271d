"""The system calls that a program in the jail may make: `name/x86-64/aarch64`, by their numbers.

What has one number only is not there on aarch64. The numbers are those of Linux's
`asm/unistd_64.h` and `asm-generic/unistd.h`; they never change.
"""

from __future__ import annotations

FREE = """
read/0/63 write/1/64 readv/19/65 writev/20/66 pread64/17/67 pwrite64/18/68 preadv/295/69
pwritev/296/70 lseek/8/62 close/3/57 close_range/436/436 dup/32/23 dup2/33 dup3/292/24 pipe/22
pipe2/293/59 poll/7 ppoll/271/73 select/23 pselect6/270/72 epoll_create/213 epoll_create1/291/20
epoll_ctl/233/21 epoll_wait/232 epoll_pwait/281/22 eventfd2/290/19 fsync/74/82 fdatasync/75/83
fstat/5/80 newfstatat/262/79 stat/4 lstat/6 statx/332/291 access/21 faccessat/269/48
faccessat2/439/439 readlink/89 readlinkat/267/78 getdents64/217/61 getcwd/79/17 chdir/80/49
fchdir/81/50 fadvise64/221/223 sendfile/40/71 copy_file_range/326/285 ftruncate/77/46
statfs/137/43 fstatfs/138/44 umask/95/166 mmap/9/222 mprotect/10/226 munmap/11/215 mremap/25/216
brk/12/214 madvise/28/233 mincore/27/232 msync/26/227 membarrier/324/283 futex/202/98
set_robust_list/273/99 get_robust_list/274/100 rseq/334/293 set_tid_address/218/96 exit/60/93
exit_group/231/94 gettid/186/178 getpid/39/172 getppid/110/173 sched_yield/24/124
sched_getaffinity/204/123 sched_getparam/143/121 sched_getscheduler/145/120
sched_get_priority_max/146/125 sched_get_priority_min/147/126 arch_prctl/158 getcpu/309/168
wait4/61/260 waitid/247/95 rt_sigaction/13/134 rt_sigprocmask/14/135 rt_sigreturn/15/139
rt_sigpending/127/136 rt_sigtimedwait/128/137 rt_sigsuspend/130/133 sigaltstack/131/132 pause/34
alarm/37 setitimer/38/103 getitimer/36/102 restart_syscall/219/128 clock_gettime/228/113
gettimeofday/96/169 time/201 clock_getres/229/114 clock_nanosleep/230/115 nanosleep/35/101
times/100/153 getuid/102/174 geteuid/107/175 getgid/104/176 getegid/108/177 getresuid/118/148
getresgid/120/150 getgroups/115/158 getpgrp/111 getpgid/121/155 getsid/124/156 uname/63/160
sysinfo/99/179 getrusage/98/165 getrlimit/97/163 getrandom/318/278 getpriority/140/141
capget/125/90 recvfrom/45/207 shutdown/48/210 getsockname/51/204 getsockopt/55/209
"""  # allowed whatever their arguments: on descriptors it has, its own memory, threads and signals

WRITING = """
mkdir/83 mkdirat/258/34 rmdir/84 unlink/87 unlinkat/263/35 rename/82 renameat/264/38
renameat2/316/276 symlink/88 symlinkat/266/36 chmod/90 fchmod/91/52 fchmodat/268/53
utimensat/280/88 truncate/76/45 creat/85
"""  # allowed only where there is a folder of its own to write in, and nothing else

BOUNDED = """
open/2 openat/257/56 clone/56/220 clone3/435/435 kill/62/129 tgkill/234/131 prlimit64/302/261
prctl/157/167 fcntl/72/25 ioctl/16/29 socketpair/53/199 sendto/44/206
"""  # allowed or not by their arguments: see `calls`


def numbers(table: str, machine: str) -> dict[str, int]:
    """The numbers of a table's calls on a machine, by name."""
    column = {"x86_64": 1, "aarch64": 2}[machine]
    rows = (row.split("/") for row in table.split())
    return {row[0]: int(row[column]) for row in rows if len(row) > column}
