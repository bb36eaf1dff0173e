"""Tries each escape from inside a jailed child. Grading runs this first, and refuses where one succeeds."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .client import Warm
from .limits import Limits
from .process import JailError, JailUnavailable

REMEDY = """\
The jail needs Linux 5.13 or newer with Landlock enabled (`cat /sys/kernel/security/lsm` names it) and libseccomp 2.
Run `autograder doctor` for the whole table. On a machine without them, grade elsewhere, or say `--no-jail` by name:
submissions can then read the answer key and the gradebook, and do whatever you can do."""


@dataclass(frozen=True)
class Escape:
    """A way out: code that must raise OSError (or end with what `blocked` says) inside the jail."""

    what: str
    code: str


@dataclass(frozen=True)
class Attempt:
    """How an escape went; `why` is what the child saw."""

    what: str
    blocked: bool
    why: str


def escapes(forbidden: Path) -> list[Escape]:
    """Each escape, aimed at the file `forbidden` and at this process."""
    call = "import ctypes; libc = ctypes.CDLL(None, use_errno=True)\n"
    check = "\nif r < 0: raise OSError(ctypes.get_errno(), 'refused')"
    pid = os.getpid()
    return [
        Escape("read a file outside", f"open({str(forbidden)!r}).read()"),
        Escape("write a file outside", f"open({str(forbidden)!r}, 'a').write('x')"),
        Escape("truncate a file outside", f"import os; os.truncate({str(forbidden)!r}, 0)"),
        Escape("make a file outside", f"open({str(forbidden.parent / 'new')!r}, 'w')"),
        Escape("remove a file outside", f"import os; os.unlink({str(forbidden)!r})"),
        Escape("rename a file outside", f"import os; os.rename({str(forbidden)!r}, 'mine')"),
        Escape("link to a file outside", f"import os; os.link({str(forbidden)!r}, 'mine')"),
        Escape("change a file's mode", f"import os; os.chmod({str(forbidden)!r}, 0)"),
        Escape("change a file's times", f"import os; os.utime({str(forbidden)!r}, (0, 0))"),
        Escape("list a folder outside", f"import os; os.listdir({str(forbidden.parent)!r})"),
        Escape("read the answer key", "import autograder.tasks.a01_slopes"),
        Escape("read another process's environment", f"open('/proc/{pid}/environ', 'rb').read()"),
        Escape("read another process's memory", f"open('/proc/{pid}/mem', 'rb')"),
        Escape("attach to another process", call + f"r = libc.ptrace(16, {pid}, 0, 0)" + check),
        Escape("signal another process", f"import os; os.kill({pid}, 0)"),
        Escape("signal a process group", "import os; os.kill(0, 0)"),
        Escape("change another process's limits", f"import resource; resource.prlimit({pid}, resource.RLIMIT_CORE)"),
        Escape("start a process (fork)", "import os; pid = os.fork()\nif pid == 0: os._exit(0)"),
        Escape("start a program", "import subprocess; subprocess.run(['true'], check=True)"),
        Escape("replace the program", "import os; os.execv('/bin/true', ['true'])"),
        Escape("open a network socket (IPv4)", "import socket; socket.socket(socket.AF_INET)"),
        Escape("open a network socket (IPv6)", "import socket; socket.socket(socket.AF_INET6)"),
        Escape("open a Unix socket", "import socket; socket.socket(socket.AF_UNIX)"),
        Escape("open a netlink socket", "import socket; socket.socket(16, socket.SOCK_RAW)"),
        Escape("make a namespace", call + "r = libc.unshare(0x10000000)" + check),
        Escape("mount a file system", call + "r = libc.mount(b'none', b'/', b'tmpfs', 0, None)" + check),
        Escape("use io_uring", call + "r = libc.syscall(425, 1, ctypes.create_string_buffer(256))" + check),
        Escape("share memory (SysV)", call + "r = libc.shmget(0, 4096, 0o1777)" + check),
        Escape("raise its own limits", "import resource; resource.setrlimit(resource.RLIMIT_CPU, (10**6, 10**6))"),
        Escape("use more memory than it may", "x = bytearray(8 * 2**30)"),
        Escape("share more memory than it may", "import mmap; mmap.mmap(-1, 16 * 2**30)"),
        Escape("open too many files", "files = [open('/dev/null') for _ in range(100_000)]"),
        Escape("write a file larger than it may", LARGE_FILE),
    ]


TRY_EACH = """\
import json
reasons = []
for code in ESCAPES:
    try:
        exec(code, {})
        reasons.append(None)
    except Exception as error:
        reasons.append(f"{type(error).__name__}: {error}")
print(json.dumps(reasons))"""

LARGE_FILE = """\
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with open('large', 'wb') as file:
    for _ in range(100):
        file.write(b'x' * 2**20)"""


def attempts(warm: Warm) -> list[Attempt]:
    """Try each escape in one child. Raises JailUnavailable where a child cannot be locked in at all."""
    with tempfile.TemporaryDirectory(prefix="outside-") as folder, warm.open(Limits()) as child:
        forbidden = Path(folder) / "forbidden"
        forbidden.write_text("secret")
        tried = escapes(forbidden)
        ran = child.run(f"ESCAPES = {[escape.code for escape in tried]!r}\n{TRY_EACH}")
        try:
            reasons = json.loads("".join(output["text"] for output in ran.outputs))
        except (KeyError, ValueError) as error:
            raise JailError(f"the doctor's own child failed: {ran}") from error
        found = [
            Attempt(escape.what, bool(reason), (reason or "it went through")[:80])
            for escape, reason in zip(tried, reasons, strict=True)
        ]
        if forbidden.read_text() != "secret" or {path.name for path in Path(folder).iterdir()} != {"forbidden"}:
            found.append(Attempt("leave files outside as they are", False, "a file outside was changed"))
        return found


def open_escapes(warm: Warm) -> list[Attempt]:
    """The escapes that are open; [] where the jail holds."""
    try:
        return [attempt for attempt in attempts(warm) if not attempt.blocked]
    except JailUnavailable as error:
        return [Attempt("lock a process in", False, str(error))]


def examine(warm: Warm) -> None:
    """Raises JailUnavailable, with the reason and the remedy, where an escape is open."""
    escapes = open_escapes(warm)
    if escapes:
        raise JailUnavailable(refusal(escapes))


def refusal(escapes: list[Attempt]) -> str:
    """Why nothing is graded, and what to do."""
    ways = "\n".join(f"  {attempt.what}: {attempt.why}" for attempt in escapes)
    return f"Nothing was graded: the jail does not hold on this machine.\n{ways}\n{REMEDY}"


def main(warm: Warm) -> int:
    """Print the table; 0 where every escape is blocked."""
    try:
        found = attempts(warm)
    except JailUnavailable as error:
        print(refusal([Attempt("lock a process in", False, str(error))]))
        return 1
    for attempt in found:
        print(f"{'blocked' if attempt.blocked else 'OPEN':8} {attempt.what:36} {attempt.why}")
    still_open = sum(not attempt.blocked for attempt in found)
    print(f"{len(found) - still_open} of {len(found)} escapes blocked" + (f"\n{REMEDY}" if still_open else ""))
    return 1 if still_open else 0
