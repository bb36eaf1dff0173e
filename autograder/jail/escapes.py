"""The ways out of the jail that are known, as code to be tried from inside. Each must raise OSError or MemoryError.

The code may use what SETTING defines, and besides it

    outside   the path of a file that is not the submission's: each escape has one to itself
    mailbox   the path of a socket that takes datagrams, bound by somebody else
    other     the id of a process that is not the submission's
    package   the folder of this package
"""

# ruff: noqa: E501  (an escape is a line)

from __future__ import annotations

from dataclasses import dataclass

FILES, CALLS, LIMITS, CAPABILITIES = "Landlock", "seccomp", "rlimits", "capabilities"


@dataclass(frozen=True)
class Escape:
    """A way out.

    part        the part of the lock that closes it, alone
    code        the attempt
    also        other parts that close it too
    privileged  whether the kernel lets nobody but root do it even where there is no jail
    alone       whether the attempt may crash its process, which is not to get out
    """

    part: str
    what: str
    code: str
    also: tuple[str, ...] = ()
    privileged: bool = False
    alone: bool = False


SETTING = '''
import ctypes, fcntl, mmap, os, platform, resource, shutil, signal, socket, struct, subprocess, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)

def did(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result

def call(number, *arguments):
    """A system call; `number` is (x86_64, aarch64) where these differ."""
    if isinstance(number, tuple):
        number = number[platform.machine() == "aarch64"]
    given = [a if isinstance(a, (bytes, ctypes.Array)) else ctypes.c_long(a) for a in arguments]
    libc.syscall.restype = ctypes.c_long
    return did(libc.syscall(ctypes.c_long(number), *given))

def pair(kind=socket.SOCK_STREAM):
    return socket.socketpair(socket.AF_UNIX, kind)

def buffer(form, *values):
    packed = struct.pack(form, *values)
    return ctypes.create_string_buffer(packed, len(packed))

open("shared", "w").close()
shared = os.path.abspath("shared")  # stands for what everybody may read, and nobody may hold up
HERE = -100  # AT_FDCWD: paths are as they are written
# "Everybody may read and write", as an access control list has it: a change of mode without chmod.
OPEN_TO_ALL = struct.pack("=I" + "HHI" * 3, 2, *(1, 6, 0xFFFFFFFF), *(4, 6, 0xFFFFFFFF), *(32, 6, 0xFFFFFFFF))
'''

# PTRACE_SEIZE, which stops nothing, in a thread, with whose end it is over.
ATTACH = """
found = []
thread = threading.Thread(target=lambda: found.append(libc.ptrace(0x4206, os.getppid(), 0, 0)))
thread.start(); thread.join()
did(found[0])
"""
I386 = """
if platform.machine() != "x86_64":
    raise OSError(0, "this machine has no such calls")
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(bytes.fromhex("b814000000cd80c3"))  # mov eax, 20 (getpid); int 0x80; ret
found = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
if found < 0:
    raise OSError(-found, os.strerror(-found))
"""

ESCAPES = [
    # --- files that are not its own ---
    Escape(FILES, "read a file outside", "open(outside).read()"),
    Escape(FILES, "write a file outside", "open(outside, 'a').write('x')"),
    Escape(FILES, "make a file outside", "open(outside + '-new', 'w')"),
    Escape(FILES, "remove a file outside", "os.unlink(outside)"),
    Escape(FILES, "rename a file outside", "os.rename(outside, outside + '-renamed')"),
    Escape(FILES, "list a folder outside", "os.listdir(os.path.dirname(outside))"),
    Escape(FILES, "make a folder outside", "os.mkdir(outside + '-folder')"),
    Escape(FILES, "make a link outside", "os.symlink('/', outside + '-link')"),
    Escape(FILES, "read the answer key", "open(os.path.join(package, 'authoring', 'oracle.py')).read()"),
    Escape(FILES, "read another process's environment", "open(f'/proc/{other}/environ', 'rb').read()", also=(CAPABILITIES,)),
    Escape(FILES, "read about other processes", "open(f'/proc/{other}/cmdline').read()"),
    Escape(CALLS, "truncate a file outside", "os.truncate(outside, 0)", also=(FILES,)),
    Escape(CALLS, "link to a file outside", "os.link(outside, outside + '-link')", also=(FILES,)),
    Escape(CALLS, "change a file's mode", "os.chmod(outside, 0)"),
    Escape(CALLS, "change a file's mode (fchmodat2)", "call(452, HERE, outside.encode(), 0o666, 0)"),
    Escape(CALLS, "change a file's owner", "os.chown(outside, os.getuid(), os.getgid())"),
    Escape(CALLS, "change a file's times", "os.utime(outside, (0, 0))"),
    Escape(CALLS, "set a file's access list", "os.setxattr(outside, 'system.posix_acl_access', OPEN_TO_ALL)"),
    Escape(
        CALLS,
        "set a file's access list (setxattrat)",
        "value = ctypes.create_string_buffer(OPEN_TO_ALL, len(OPEN_TO_ALL))\n"
        "about = buffer('=QII', ctypes.addressof(value), len(OPEN_TO_ALL), 0)\n"
        "call(463, HERE, outside.encode(), 0, b'system.posix_acl_access', about, 16)",
    ),
    Escape(
        CALLS,
        "remove a file's access list (removexattrat)",
        "call(466, HERE, outside.encode(), 0, b'system.posix_acl_access')",
    ),
    Escape(CALLS, "set a file's attributes (file_setattr)", "call(469, HERE, outside.encode(), buffer('=QIIII', 0, 0, 0, 0, 0), 24, 0)"),
    Escape(CALLS, "set a file's attributes (FS_IOC_SETFLAGS)", "fcntl.ioctl(os.open('.', os.O_RDONLY), 0x40086602, buffer('l', 0x40))"),
    Escape(CALLS, "read a file's attributes (FS_IOC_GETFLAGS)", "fcntl.ioctl(os.open('.', os.O_RDONLY), 0x80086601, buffer('l', 0))"),
    Escape(CALLS, "write out a whole file system (syncfs)", "did(libc.syncfs(os.open('.', os.O_RDONLY)))"),
    Escape(CALLS, "watch files (inotify)", "did(libc.inotify_init1(0))"),
    Escape(CALLS, "watch a folder (F_NOTIFY)", "here = os.open('.', os.O_RDONLY); fcntl.fcntl(here, 1026, 2); os.close(here)"),
    Escape(CALLS, "name a file by its handle", "call((303, 264), HERE, shared.encode(), buffer('=Ii128s', 128, 0, b''), buffer('i', 0), 0)"),
    # --- holding up whoever uses a file that it may read ---
    Escape(CALLS, "take a lease on a file", "mine = os.open(shared, os.O_RDONLY); fcntl.fcntl(mine, 1024, fcntl.F_RDLCK); os.close(mine)"),
    Escape(CALLS, "lock a file (flock)", "fcntl.flock(os.open(shared, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)"),
    Escape(CALLS, "lock a file (fcntl)", "fcntl.lockf(os.open(shared, os.O_RDONLY), fcntl.LOCK_SH | fcntl.LOCK_NB)"),
    Escape(CALLS, "lock an open file (F_OFD_SETLK)", "fcntl.fcntl(os.open(shared, os.O_RDONLY), 37, buffer('=hhiqqii', 0, 0, 0, 0, 0, 0, 0).raw)"),
    # --- other processes ---
    Escape(CALLS, "signal another process", "os.kill(other, 0)", also=(FILES,)),
    Escape(CALLS, "signal a process group", "os.kill(0, 0)"),
    Escape(CALLS, "signal everybody", "os.kill(-1, 0)", also=(FILES,)),
    Escape(CALLS, "signal another process's thread", "call((234, 131), other, other, 0)", also=(FILES,)),
    Escape(CALLS, "signal by a descriptor (pidfd)", "signal.pidfd_send_signal(os.pidfd_open(other), 0)", also=(FILES,)),
    Escape(CALLS, "have another process signalled (F_SETOWN)", "fcntl.fcntl(pair()[0], 8, other)"),
    Escape(CALLS, "have another process signalled (F_SETOWN_EX)", "fcntl.fcntl(pair()[0], 15, struct.pack('ii', 1, other))"),
    Escape(CALLS, "have another process signalled (FIOSETOWN)", "fcntl.ioctl(pair()[0], 0x8901, buffer('i', other))"),
    Escape(CALLS, "have another process signalled (SIOCSPGRP)", "fcntl.ioctl(pair()[0], 0x8902, buffer('i', other))"),
    Escape(CALLS, "have data announced by a signal (O_ASYNC)", "fcntl.fcntl(pair()[0], fcntl.F_SETFL, 0x2000)"),
    Escape(CALLS, "have data announced by a signal (FIOASYNC)", "fcntl.ioctl(pair()[0], 0x5452, buffer('i', 1))"),
    Escape(CALLS, "choose the signal that announces data", "fcntl.fcntl(pair()[0], 10, signal.SIGKILL)"),
    Escape(CALLS, "attach to another process", ATTACH, privileged=True),
    Escape(CALLS, "read another process's memory", "call((310, 270), other, buffer('QQ', 0, 0), 0, buffer('QQ', 0, 0), 0, 0)"),
    Escape(CALLS, "compare with another process", "call((312, 272), os.getpid(), os.getpid(), 0, 0, 0)"),
    Escape(CALLS, "read another process's limits", "resource.prlimit(os.getppid(), resource.RLIMIT_CORE)"),
    Escape(CALLS, "change another process's priority", "os.setpriority(os.PRIO_PROCESS, other, os.getpriority(os.PRIO_PROCESS, other))", also=(CAPABILITIES,)),
    Escape(CALLS, "learn who made a socket", "pair()[0].getsockopt(socket.SOL_SOCKET, 17, 12)"),
    # --- more processes ---
    Escape(CALLS, "start a process (fork)", "os.fork() or os._exit(0)"),
    Escape(CALLS, "start a process (clone)", "call((56, 220), 17, 0, 0, 0, 0) or os._exit(0)"),
    Escape(CALLS, "start a process (clone3)", "call(435, buffer('11Q', 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0), 88) or os._exit(0)"),
    Escape(CALLS, "start a program", "subprocess.run(['true'], check=True)", also=(FILES,)),
    Escape(CALLS, "start a program (posix_spawn)", "os.posix_spawn('/bin/true', ['true'], {})", also=(FILES,)),
    Escape(CALLS, "have a thread with files of its own (unshare)", "did(libc.unshare(0x400))"),
    Escape(CALLS, "have a thread with files of its own (close_range)", "call(436, 1000, 1001, 2)"),
    # --- talking to others ---
    Escape(CALLS, "open a network socket (IPv4)", "socket.socket(socket.AF_INET)"),
    Escape(CALLS, "open a network socket (IPv6)", "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)"),
    Escape(CALLS, "open a Unix socket", "socket.socket(socket.AF_UNIX)"),
    Escape(CALLS, "open a netlink socket", "socket.socket(16, socket.SOCK_RAW)"),
    Escape(CALLS, "send to a socket by its path (sendto)", "pair(socket.SOCK_DGRAM)[0].sendto(b'x', mailbox)"),
    Escape(CALLS, "send to a socket by its path (sendmsg)", "pair(socket.SOCK_DGRAM)[0].sendmsg([b'x'], [], 0, mailbox)"),
    Escape(CALLS, "send to a socket by its path (connect)", "pair(socket.SOCK_DGRAM)[0].connect(mailbox)"),
    Escape(CALLS, "give a socket an address", "pair(socket.SOCK_DGRAM)[0].bind(b'\\0' + os.urandom(8))"),
    Escape(CALLS, "pass a descriptor on", "one, other_end = pair(); socket.send_fds(one, [b'x'], [0])"),
    Escape(CALLS, "take a descriptor from another process", "call(438, os.pidfd_open(os.getpid()), 0, 0)"),
    Escape(CALLS, "list network interfaces", "fcntl.ioctl(pair()[0], 0x8912, buffer('iP', 0, 0))"),
    # --- memory and work that no limit counts ---
    Escape(CALLS, "use memory files", "os.memfd_create('x')"),
    Escape(CALLS, "share memory (SysV)", "libc.shmctl(did(libc.shmget(0, 4096, 0o1600)), 0, None)"),
    Escape(CALLS, "leave messages (SysV)", "libc.msgctl(did(libc.msgget(0, 0o1600)), 0, None)"),
    Escape(CALLS, "leave messages (POSIX)", "did(libc.mq_open(b'/escape', 0o102, 0o600, None)); libc.mq_unlink(b'/escape')", also=(FILES,)),
    Escape(CALLS, "set up work for the kernel (io_setup)", "call((206, 0), 1, buffer('L', 0))"),
    Escape(CALLS, "set up work for the kernel (io_uring)", "call(425, 1, ctypes.create_string_buffer(256))"),
    Escape(CALLS, "make timers", "call((222, 107), 1, 0, buffer('i', 0))"),
    Escape(CALLS, "handle its own page faults", "call((323, 282), 1)"),
    Escape(CALLS, "leave a key in a keyring", "call((248, 217), b'user', b'escape', b'x', 1, -2)"),
    # --- its own standing ---
    Escape(CALLS, "make a namespace", "did(libc.unshare(0x10000000))"),
    Escape(CALLS, "mount a file system", "did(libc.mount(b'none', b'.', b'tmpfs', 0, None)); libc.umount2(b'.', 2)", privileged=True),
    Escape(CALLS, "change its root", "os.chroot('.')", privileged=True),
    Escape(CALLS, "move to another core", "os.sched_setaffinity(0, os.sched_getaffinity(0))"),
    Escape(CALLS, "change its priority", "os.setpriority(os.PRIO_PROCESS, 0, 19)"),
    Escape(CALLS, "change its own limits", "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))"),
    Escape(CALLS, "outlive its parent", "did(libc.prctl(1, 0, 0, 0, 0))"),
    Escape(CALLS, "outlive its parent (by other bits)", "call((157, 167), 1 | 1 << 32, 0, 0, 0, 0)"),
    Escape(CALLS, "change its personality", "call((135, 92), 0xFFFFFFFF)"),
    Escape(CALLS, "make calls of another architecture (x32)", "call(0x40000000 | 39)"),
    Escape(CALLS, "make calls of another architecture (i386)", I386, alone=True),
    # --- more than its share ---
    Escape(CALLS, "raise its own limits", "resource.setrlimit(resource.RLIMIT_CPU, (10**6, 10**6))"),
    Escape(LIMITS, "use more memory than it may", "mmap.mmap(-1, 8 * 2**30, flags=mmap.MAP_PRIVATE)"),
    Escape(LIMITS, "share more memory than it may", "mmap.mmap(-1, 16 * 2**30)"),
    Escape(LIMITS, "open too many files", "files = [open('/dev/null') for _ in range(1000)]"),
    Escape(
        LIMITS,
        "write a file larger than it may",
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "with open('large', 'wb') as file:\n"
        "    for _ in range(40): file.write(bytes(2**20))",
    ),
]  # fmt: skip
