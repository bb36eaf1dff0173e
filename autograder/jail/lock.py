"""Locks a process in, for good. Plain syscalls: Landlock through ctypes, seccomp through libseccomp.

    Landlock      opens nothing but the Python installation (read-only) and one private folder
    seccomp       no sockets, no new processes, no signals to others, no changes to other files' metadata, no tracing
    rlimits       CPU, memory, file size, open files, no core dumps
    capabilities  none, should the grader run as root

Sources: landlock(7), seccomp(2), and the kernel's uapi headers for the numbers.
"""

from __future__ import annotations

import ctypes
import errno
import math
import os
import resource
import signal
import site
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from .limits import Limits

_libc = ctypes.CDLL(None, use_errno=True)


class CannotLock(OSError):
    """The kernel lacks a part of the jail; the message says which."""


@dataclass(frozen=True)
class Prepared:
    """What every child's lock has in common, made once in the warm process."""

    readable: list[Path]
    seccomp: object


def prepare() -> Prepared:
    """Raises CannotLock where libseccomp is missing."""
    return Prepared(readable_paths(), prepare_seccomp())


def lock(folder: Path, limits: Limits, prepared: Prepared) -> None:
    """Lock this process in. Raises CannotLock; there is no way back."""
    end_with_parent()
    go_first()
    drop_capabilities()
    set_rlimits(limits)
    restrict_files(folder, prepared.readable)
    restrict_syscalls(prepared.seccomp)


# --- files: Landlock ----------------------------------------------------------------------------------------------

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
_RULESET_VERSION = 1
_PATH_BENEATH = 1
_READ = 0b1100  # READ_FILE | READ_DIR
_FILE_ONLY = 0b100 | 0b10 | 1 | 1 << 14 | 1 << 15  # EXECUTE, WRITE_FILE, READ_FILE, TRUNCATE, IOCTL_DEV
_ACCESS_BY_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_NO_EXECUTE = ~1


class _Ruleset(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def landlock_abi() -> int:
    """The kernel's Landlock version; 0 where there is none."""
    return max(0, _libc.syscall(_CREATE_RULESET, None, 0, _RULESET_VERSION)) if sys.platform == "linux" else 0


def restrict_files(folder: Path, readable: list[Path]) -> None:
    """From here on only `folder` can be written, and only it and `readable` can be opened."""
    abi = landlock_abi()
    if not abi:
        raise CannotLock(errno.ENOSYS, "this kernel has no Landlock (Linux 5.13 and newer have, where it is enabled)")
    handled = _ACCESS_BY_ABI[max(known for known in _ACCESS_BY_ABI if known <= abi)]
    net = 0b11 if abi >= 4 else 0  # TCP bind and connect
    scoped = 0b11 if abi >= 6 else 0  # abstract sockets and signals
    attributes = _Ruleset(handled, net, scoped)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    ruleset = _checked(_libc.syscall(_CREATE_RULESET, ctypes.byref(attributes), size, 0), "landlock_create_ruleset")
    try:
        _allow(ruleset, folder, handled & _NO_EXECUTE)
        for path in readable:
            _allow(ruleset, path, _READ)
        for device in ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"):
            _allow(ruleset, Path(device), 0b110)
        _no_new_privileges()
        _checked(_libc.syscall(_RESTRICT_SELF, ruleset, 0), "landlock_restrict_self")
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, access: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not path.is_dir():
            access &= _FILE_ONLY
        rule = _PathBeneath(access, fd)
        _checked(_libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0), f"landlock_add_rule {path}")
    finally:
        os.close(fd)


def readable_paths() -> list[Path]:
    """The Python installation and shared libraries, without this package wherever it is installed."""
    paths = sysconfig.get_paths()
    wanted = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")} | set(site.getsitepackages())
    wanted |= {"/lib", "/lib64", "/usr/lib", "/usr/share/fonts", "/usr/share/zoneinfo"}
    own = Path(__file__).parents[1]
    directories = {Path(directory).resolve() for directory in wanted}
    return [path for directory in sorted(directories) for path in _without(own, directory)]


def _without(own: Path, directory: Path) -> list[Path]:
    """`directory`, or where `own` lies in it, everything in it but `own`."""
    if own == directory or not directory.is_dir():
        return []
    if not own.is_relative_to(directory):
        return [directory]
    found: list[Path] = []
    for entry in directory.iterdir():
        found += _without(own, entry) if own.is_relative_to(entry) else [entry]
    return found


# --- system calls: seccomp ----------------------------------------------------------------------------------------

_DENIED = """
    socket connect bind listen accept accept4
    ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp pidfd_open pidfd_getfd
    pidfd_send_signal rt_sigqueueinfo rt_tgsigqueueinfo
    fork vfork execve execveat unshare setns
    mount umount2 pivot_root chroot open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr swapon swapoff
    bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register
    keyctl add_key request_key
    init_module finit_module delete_module kexec_load kexec_file_load reboot syslog acct quotactl quotactl_fd
    open_by_handle_at name_to_handle_at fanotify_init inotify_init inotify_init1
    chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat truncate
    setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat
    utime utimes utimensat futimesat
    shmget shmat shmctl msgget msgsnd msgctl semget semop semctl mq_open mq_unlink memfd_create memfd_secret
    setrlimit timer_create
    setpriority ioprio_set sched_setscheduler sched_setparam sched_setattr sched_setaffinity migrate_pages move_pages
    personality settimeofday clock_settime clock_adjtime adjtimex sethostname setdomainname
    setuid setgid setreuid setregid setresuid setresgid setgroups setfsuid setfsgid capset
""".split()
_CLONE_THREAD = 0x00010000
_F_SETOWN, _F_SETOWN_EX, _F_SETSIG = 8, 15, 10
_PR_SET_PDEATHSIG = 1
_LOW = 0xFFFFFFFF  # the kernel reads these arguments as 32 bits and ignores what stands above them


def prepare_seccomp() -> object:
    """The filter, made once in the warm process. Raises CannotLock where libseccomp is missing."""
    try:
        import pyseccomp as sc
    except (ImportError, RuntimeError, OSError) as error:
        raise CannotLock(errno.ENOSYS, f"libseccomp cannot be loaded ({error}); install libseccomp2") from error
    denied, missing = sc.ERRNO(errno.EPERM), sc.ERRNO(errno.ENOSYS)
    seccomp = sc.SyscallFilter(sc.ALLOW)
    for name in _DENIED:
        _rule(seccomp, denied, name)
    _rule(seccomp, missing, "clone3")  # its flags are behind a pointer; with ENOSYS glibc uses clone
    _rule(seccomp, denied, "clone", sc.Arg(0, sc.MASKED_EQ, _CLONE_THREAD, 0))
    for command in (_F_SETOWN, _F_SETOWN_EX, _F_SETSIG):
        _rule(seccomp, denied, "fcntl", sc.Arg(1, sc.MASKED_EQ, _LOW, command))
    # A child cannot kill itself so that it looks like the grader's fault (out of memory): see `client.Died`. That is
    # why there are no timers, which may send SIGKILL, and no lower limit on CPU time; and it dies with its parent.
    _rule(seccomp, denied, "prctl", sc.Arg(0, sc.MASKED_EQ, _LOW, _PR_SET_PDEATHSIG))
    for name, position in (("kill", 1), ("tkill", 1), ("tgkill", 2)):
        for number in (signal.SIGKILL, signal.SIGSTOP):
            _rule(seccomp, denied, name, sc.Arg(position, sc.MASKED_EQ, _LOW, int(number)))
    return seccomp


def restrict_syscalls(seccomp: object) -> None:
    """Load the filter, with what depends on this process's own id."""
    import pyseccomp as sc

    own = os.getpid()
    denied = sc.ERRNO(errno.EPERM)
    for name in ("kill", "tkill", "tgkill"):
        _rule(seccomp, denied, name, sc.Arg(0, sc.NE, own))
    _rule(seccomp, denied, "prlimit64", sc.Arg(0, sc.NE, 0))  # 0 is this process
    _rule(seccomp, denied, "prlimit64", sc.Arg(2, sc.NE, 0))  # 0 asks for limits and sets none
    _no_new_privileges()
    try:
        seccomp.load()  # type: ignore[attr-defined]
    except OSError as error:
        raise CannotLock(error.errno, f"seccomp refused the filter: {error}") from error


def _rule(seccomp: object, action: object, name: str, *args: object) -> None:
    """Add a rule, unless this kernel's architecture (or this libseccomp) has no such call. Raises CannotLock."""
    import pyseccomp as sc

    if sc.resolve_syscall(sc.system_arch(), name) < 0:
        return
    try:
        seccomp.add_rule(action, name, *args)  # type: ignore[attr-defined]
    except (ValueError, OSError) as error:
        raise CannotLock(errno.EINVAL, f"libseccomp refused a rule for {name}: {error}") from error


# --- the rest -----------------------------------------------------------------------------------------------------


def set_rlimits(limits: Limits) -> None:
    """Limits on CPU, memory, files; the hard limits too, so that they cannot be raised again."""
    sizes = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    mapped, data = (int(sizes[name].split()[0]) * 1024 for name in ("VmSize", "VmData"))
    cpu = math.ceil(limits.total_cpu_seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))  # SIGXCPU says why; SIGKILL is for who ignores it
    for kind, amount in (
        # DATA counts private memory; AS also bounds what is mapped shared, which DATA does not count.
        (resource.RLIMIT_DATA, data + limits.memory_bytes),
        (resource.RLIMIT_AS, mapped + 2 * limits.memory_bytes),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        resource.setrlimit(kind, (amount, amount))


def end_with_parent() -> None:
    """End with the process that made this one, however that ends. Does nothing on systems other than Linux."""
    if sys.platform != "linux":
        return
    _checked(_libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0), "prctl(PR_SET_PDEATHSIG)")


def go_first() -> None:
    """Where memory runs out, this process is the first to go."""
    Path("/proc/self/oom_score_adj").write_text("1000")


class _CapHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


def drop_capabilities() -> None:
    """Give up every capability, so that a grader run as root does not hand root's powers down."""
    header = _CapHeader(0x20080522, 0)
    nothing = (ctypes.c_uint32 * 6)()
    _checked(_libc.capset(ctypes.byref(header), ctypes.byref(nothing)), "capset")


def _no_new_privileges() -> None:
    _checked(_libc.prctl(38, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)")


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise CannotLock(number, f"{what}: {os.strerror(number)}")
    return result
