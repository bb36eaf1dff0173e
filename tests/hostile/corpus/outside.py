"""Harm to others from inside the jail, by system calls. What it comes to can be seen from outside.

In the code ROOT stands for the course's folder, and besides it

    SHARED   a file that a submission may read, as it may read Python's own
    MAILBOX  a socket of somebody else's that takes datagrams
    VICTIM   the id of a process of somebody else's
"""

# ruff: noqa: E501  (an attack reads best as it would be typed)
from __future__ import annotations

import fcntl
import os
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .entry import attack


@dataclass(frozen=True)
class Scene:
    """What can be harmed. `victim` ends when it is killed, `mailbox` has a message when one was let out."""

    root: Path
    shared: Path
    mailbox: socket.socket
    victim: subprocess.Popen[bytes]
    requests: int  # of asynchronous input and output that the whole machine had set up before


@dataclass(frozen=True)
class Harm:
    """Code of a cell, and whether what it tries has happened, seen while its process is still there."""

    name: str
    tries: str
    code: str
    happened: Callable[[Scene], bool]


HARMS: list[Harm] = []
_TOOLS = """
import ctypes, fcntl, mmap, os, platform, signal, socket, struct
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    if isinstance(number, tuple): number = number[platform.machine() == "aarch64"]
    given = [a if isinstance(a, (bytes, ctypes.Array)) else ctypes.c_long(a) for a in arguments]
    if libc.syscall(ctypes.c_long(number), *given) < 0: raise OSError(ctypes.get_errno(), "refused")
def buffer(form, *values):
    packed = struct.pack(form, *values)
    return ctypes.create_string_buffer(packed, len(packed))
"""


def harm(name: str, tries: str, code: str, happened: Callable[[Scene], bool]) -> None:
    """Put it into the corpus as well: there it has a class around it, and aims at nothing that is there."""
    HARMS.append(Harm(name, tries, _TOOLS + code, happened))
    there = {"SHARED": "os.__file__", "MAILBOX": "'/run/systemd/notify'", "VICTIM": "os.getppid()"}
    for word, place in there.items():
        code = code.replace(word, place)
    attack(name, tries, _TOOLS + code)


def _for_all(path: Path) -> bool:
    return path.stat().st_mode & 0o066 == 0o066


def _refused(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return True
    return False


def _mail(scene: Scene) -> bool:
    try:
        return bool(scene.mailbox.recv(64))
    except BlockingIOError:
        return False


def _dead(scene: Scene) -> bool:
    try:
        scene.victim.wait(0.5)
    except subprocess.TimeoutExpired:
        return False
    return True


def _requests() -> int:
    return int(Path("/proc/sys/fs/aio-nr").read_text())


_ACL = """
everybody = struct.pack("=I" + "HHI" * 3, 2, *(1, 6, 2**32 - 1), *(4, 6, 2**32 - 1), *(32, 6, 2**32 - 1))
held = ctypes.create_string_buffer(everybody, len(everybody))
for name in ("/gradebook.db", "/.autograder/secret"):
    WAY
"""
harm(
    "access_list_by_number",
    "Opens the gradebook and the secret to everybody with setxattrat, a call that libseccomp may not know by name.",
    _ACL.replace(
        "WAY",
        'call(463, -100, (ROOT + name).encode(), 0, b"system.posix_acl_access", buffer("=QII", ctypes.addressof(held), len(everybody), 0), 16)',
    ),
    lambda scene: _for_all(scene.root / "gradebook.db") and _for_all(scene.root / ".autograder/secret"),
)
harm(
    "access_list",
    "Opens the gradebook and the secret to everybody with an access list.",
    _ACL.replace("WAY", 'os.setxattr(ROOT + name, "system.posix_acl_access", everybody)'),
    lambda scene: _for_all(scene.root / "gradebook.db"),
)
harm(
    "mode_by_number",
    "Opens the gradebook and the secret to everybody with fchmodat2.",
    'for name in ("/gradebook.db", "/.autograder/secret"): call(452, -100, (ROOT + name).encode(), 0o666, 0)',
    lambda scene: _for_all(scene.root / "gradebook.db"),
)
harm(
    "lease",
    "Takes a lease on a file that everybody imports, so that whoever wants to write it waits.",
    "held = os.open(SHARED, os.O_RDONLY); fcntl.fcntl(held, 1024, fcntl.F_RDLCK)",
    lambda scene: _refused(lambda: os.close(os.open(scene.shared, os.O_WRONLY | os.O_NONBLOCK))),
)
harm(
    "flock",
    "Locks a file that everybody may read.",
    "held = os.open(SHARED, os.O_RDONLY); fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)",
    lambda scene: _refused(lambda: fcntl.flock(scene.shared.open(), fcntl.LOCK_SH | fcntl.LOCK_NB)),
)
harm(
    "read_lock",
    "Takes a lock for reading on a file that everybody may read, so that nobody gets one for writing.",
    "held = os.open(SHARED, os.O_RDONLY); fcntl.lockf(held, fcntl.LOCK_SH | fcntl.LOCK_NB)",
    lambda scene: _refused(lambda: fcntl.lockf(scene.shared.open("r+"), fcntl.LOCK_EX | fcntl.LOCK_NB)),
)
harm(
    "lock_of_an_open_file",
    "The same, with a lock that goes with the open file (F_OFD_SETLK).",
    "held = os.open(SHARED, os.O_RDONLY); fcntl.fcntl(held, 37, struct.pack('=hhiqqii', 0, 0, 0, 0, 0, 0, 0))",
    lambda scene: _refused(lambda: fcntl.lockf(scene.shared.open("r+"), fcntl.LOCK_EX | fcntl.LOCK_NB)),
)
harm(
    "datagram",
    "Sends a datagram to a socket outside, by its path, from one half of a pair.",
    "one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM); one.sendto(b'x', MAILBOX)",
    _mail,
)
harm(
    "descriptor_let_out",
    "Passes an open file on to a socket outside.",
    "one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
    "one.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack('i', os.open('.', os.O_RDONLY)))], 0, MAILBOX)",
    _mail,
)
harm("kill", "Kills a process of somebody else's.", "os.kill(VICTIM, 9)", _dead)
harm(
    "kill_by_descriptor",
    "Kills a process of somebody else's by its pidfd.",
    "signal.pidfd_send_signal(os.pidfd_open(VICTIM), 9)",
    _dead,
)
harm(
    "kill_in_another_tongue",
    "Kills a process of somebody else's with a system call of i386.",
    "page = mmap.mmap(-1, 4096, prot=7)\n"
    "steps = '53 bb{} b909000000 b825000000 cd80 5b c3'  # kill, with ebx (kept for C) and ecx as arguments\n"
    "page.write(bytes.fromhex(steps.format(struct.pack('i', VICTIM).hex())))\n"
    "found = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()\n"
    "if found < 0: raise OSError(-found, 'refused')",
    _dead,
)
_DATA = "one, other = socket.socketpair(); one_fd = one.fileno()\nWAY\nfor _ in range(3): other.send(b'x')"
for _name, _way in {
    "owner_by_ioctl": "fcntl.ioctl(one_fd, 0x8901, buffer('i', VICTIM)); fcntl.ioctl(one_fd, 0x5452, buffer('i', 1))",
    "owner_by_another_ioctl": "fcntl.ioctl(one_fd, 0x8902, buffer('i', VICTIM)); fcntl.ioctl(one_fd, 0x5452, buffer('i', 1))",
    "owner_by_fcntl": "fcntl.fcntl(one_fd, 8, VICTIM); fcntl.fcntl(one_fd, 10, 9); fcntl.fcntl(one_fd, fcntl.F_SETFL, 0x2000)",
    "owner_by_number": "call((72, 25), one_fd, 15 | 1 << 32, buffer('ii', 1, VICTIM)); call((72, 25), one_fd, fcntl.F_SETFL, 0x2000)",
}.items():
    harm(_name, "Has the kernel signal another process whenever data comes.", _DATA.replace("WAY", _way), _dead)
harm(
    "owner_of_the_connection",
    "Has the kernel kill another process whenever the grader sends a request.",
    "taken = 0\n"
    "for fd in range(3, 100):\n"
    "    try:\n"
    "        fcntl.ioctl(fd, 0x8901, buffer('i', VICTIM)); fcntl.ioctl(fd, 0x5452, buffer('i', 1)); taken += 1\n"
    "    except OSError:\n"  # not there, or no socket
    "        continue\n"
    "assert taken\n",
    _dead,
)
harm(
    "work_for_the_kernel",
    "Takes the machine's share of asynchronous input and output.",
    "call((206, 0), 1000, buffer('L', 0))",
    lambda scene: _requests() >= scene.requests + 1000,
)
