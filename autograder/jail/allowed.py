"""The system calls that a submission may make, in groups, each with what it is needed for. There are no others.

The list was found by tracing (`strace -ff`) what the course's notebooks, and a notebook of whatever else a student
may reasonably use, do in a child: Python 3.11 to 3.13, torch, NumPy, matplotlib, IPython and its magics, asyncio,
threads, temporary files. To its variants by other C libraries and versions (open and openat, stat and statx) the
same reason applies. A call that is not here is missing, and so is one that the kernel will have some day.

Not here on purpose, though something harmless asks for them: sockets (name lookups), new processes (`!ls`), other
files' metadata (chmod, utime, xattrs: Landlock does not hold them, and a filter cannot see which file is meant), locks
(flock, fcntl: they hold up others who use the same file), memory files and shared memory (no limit counts them).
"""

from __future__ import annotations

import signal
import socket
from dataclasses import dataclass
from enum import IntEnum, IntFlag

from .kernel import PrctlOption

OWN_PROCESS = -1  # in an Argument's values: the id of the process that is locked in


@dataclass(frozen=True)
class Argument:
    """What a call's argument must be: with `bits` of it alone, one of `values`, or none of them (`other_than`).

    `high` is for the upper half of an argument of 64 bits; the lower is meant otherwise. That is the whole argument
    where the kernel takes an int, whatever stands above it.
    """

    position: int
    values: tuple[int, ...]
    bits: int = 0xFFFFFFFF
    high: bool = False
    other_than: bool = False


def _null(position: int) -> tuple[Argument, Argument]:
    """A pointer that leads nowhere."""
    return Argument(position, (0,)), Argument(position, (0,), high=True)


# --- arguments, by the kernel's own names ---------------------------------------------------------------------------


class Clone(IntFlag):
    """Flags of clone(2)."""

    CLONE_VM = 0x00000100
    CLONE_FS = 0x00000200
    CLONE_FILES = 0x00000400
    CLONE_SIGHAND = 0x00000800
    CLONE_THREAD = 0x00010000
    CLONE_SYSVSEM = 0x00040000
    CLONE_SETTLS = 0x00080000
    CLONE_PARENT_SETTID = 0x00100000
    CLONE_CHILD_CLEARTID = 0x00200000
    CLONE_DETACHED = 0x00400000


class Ioctl(IntEnum):
    """Requests of ioctl(2)."""

    TCGETS = 0x5401  # is it a terminal? asked of every file that is opened as text
    TCGETS2 = 0x802C542A
    TIOCGWINSZ = 0x5413  # how wide is it?
    FIONREAD = 0x541B
    FIONBIO = 0x5421  # a socket with a timeout
    FIONCLEX = 0x5450
    FIOCLEX = 0x5451


class Fcntl(IntEnum):
    """Commands of fcntl(2)."""

    F_DUPFD = 0
    F_GETFD = 1
    F_SETFD = 2
    F_GETFL = 3
    F_SETFL = 4
    F_DUPFD_CLOEXEC = 1030


class Madvice(IntEnum):
    """Advice of madvise(2) on a process's own memory."""

    MADV_NORMAL = 0
    MADV_RANDOM = 1
    MADV_SEQUENTIAL = 2
    MADV_WILLNEED = 3
    MADV_DONTNEED = 4
    MADV_FREE = 8
    MADV_DONTFORK = 10
    MADV_DOFORK = 11
    MADV_HUGEPAGE = 14
    MADV_NOHUGEPAGE = 15
    MADV_DONTDUMP = 16
    MADV_DODUMP = 17
    MADV_WIPEONFORK = 18
    MADV_GUARD_INSTALL = 102  # what a newer C library puts below a thread's stack
    MADV_GUARD_REMOVE = 103


class ArchPrctl(IntEnum):
    """Options of arch_prctl(2): may matrix registers (AMX) be used? oneDNN asks."""

    ARCH_GET_XCOMP_SUPP = 0x1021
    ARCH_GET_XCOMP_PERM = 0x1022
    ARCH_REQ_XCOMP_PERM = 0x1023


O_ASYNC = 0x2000
CLOSE_RANGE_CLOEXEC = 4
# With these flags and no others a C library makes a thread: glibc, and musl.
_A_THREAD = (
    Clone.CLONE_VM
    | Clone.CLONE_FS
    | Clone.CLONE_FILES
    | Clone.CLONE_SIGHAND
    | Clone.CLONE_THREAD
    | Clone.CLONE_SYSVSEM
    | Clone.CLONE_SETTLS
    | Clone.CLONE_PARENT_SETTID
    | Clone.CLONE_CHILD_CLEARTID
)
# A child cannot kill or stop itself so that it looks like the grader's fault (out of memory): see `client`.
_LOOKS_LIKE_OURS = (int(signal.SIGKILL), int(signal.SIGSTOP))


# --- the groups -----------------------------------------------------------------------------------------------------

MEMORY = """brk mmap munmap mremap mprotect msync"""  # Python, malloc, tensors, libraries, the stacks of threads

# Files, as far as Landlock lets them be opened: imports, fonts, what a notebook writes into its folder and reads again.
OPEN_FILES = """
    read write readv writev pread64 pwrite64 preadv pwritev lseek sendfile ftruncate fsync fdatasync
    open openat close dup dup2 dup3 fstat stat lstat newfstatat statx access faccessat faccessat2 statfs fstatfs
"""
FOLDERS = """
    getdents64 getcwd chdir fchdir mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2
    symlink symlinkat readlink readlinkat umask
"""
# asyncio and selectors; pipes and pairs of sockets within the process; the connection to the grader.
WAITING = """
    select pselect6 poll ppoll epoll_create1 epoll_ctl epoll_wait epoll_pwait pipe pipe2 recvfrom
"""
TIME = """clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times getitimer setitimer alarm"""
# Handlers; the alarm that ends a cell; restart_syscall is how a sleep goes on after one.
SIGNALS = """
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait sigaltstack pause
    restart_syscall
"""
# What a process asks about itself and the machine: os, platform, resource, tempfile, torch's count of cores.
QUESTIONS = """
    getpid gettid getppid getuid geteuid getgid getegid getresuid getresgid getgroups getpgid getpgrp getsid
    uname sysinfo getrusage getrlimit getpriority getcpu getrandom
    sched_getaffinity sched_getscheduler sched_getparam sched_get_priority_max sched_get_priority_min
"""
THREADS = """futex set_robust_list rseq sched_yield exit exit_group"""  # locks; made by clone, below

Conditions = tuple[Argument, ...]  # all of them hold
BY_ARGUMENT: dict[str, tuple[Conditions, ...]] = {  # one of them does
    # Threads, no processes. clone3 is missing, since its flags are behind a pointer: C libraries then use clone.
    "clone": ((Argument(0, (_A_THREAD, _A_THREAD | Clone.CLONE_DETACHED)),),),
    "prctl": ((Argument(0, (PrctlOption.PR_SET_NAME, PrctlOption.PR_GET_NAME)),),),
    "arch_prctl": ((Argument(0, tuple(ArchPrctl)),),),
    "madvise": ((Argument(2, tuple(Madvice)),),),
    # No owners, no signals when data comes, no attributes of files, no network interfaces.
    "ioctl": ((Argument(1, tuple(Ioctl)),),),
    # The same, and no leases, no locks, no notices.
    "fcntl": (
        (Argument(1, (Fcntl.F_DUPFD, Fcntl.F_GETFD, Fcntl.F_SETFD, Fcntl.F_GETFL, Fcntl.F_DUPFD_CLOEXEC)),),
        (Argument(1, (Fcntl.F_SETFL,)), Argument(2, (0,), bits=O_ASYNC)),
    ),
    # A table of descriptors of a thread's own would hide its files from who counts them.
    "close_range": ((Argument(2, (0, CLOSE_RANGE_CLOEXEC)),),),
    # Pairs within the process, and what is sent on them goes to no address and carries no descriptor (sendmsg).
    "socketpair": ((Argument(0, (int(socket.AF_UNIX),)),),),
    "sendto": (_null(4),),
    "kill": ((Argument(0, (OWN_PROCESS,)), Argument(1, _LOOKS_LIKE_OURS, other_than=True)),),
    "tgkill": ((Argument(0, (OWN_PROCESS,)), Argument(2, _LOOKS_LIKE_OURS, other_than=True)),),
    # Asking for limits of its own (0 is the caller), setting none.
    "prlimit64": ((Argument(0, (0, OWN_PROCESS)), *_null(2)),),
}

_UNCONDITIONAL = " ".join((MEMORY, OPEN_FILES, FOLDERS, WAITING, TIME, SIGNALS, QUESTIONS, THREADS)).split()
ALLOWED: dict[str, tuple[Conditions, ...]] = {**dict.fromkeys(_UNCONDITIONAL, ((),)), **BY_ARGUMENT}
