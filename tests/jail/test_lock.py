"""Each part of the lock: with it alone an escape is blocked, with every part but it the escape goes through."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.jail import lock

pytestmark = pytest.mark.skipif(not lock.landlock_abi(), reason="this kernel has no Landlock")

PARTS = {
    "going first": "lock.go_first()",
    "capabilities": "lock.drop_capabilities()",
    "rlimits": "lock.set_rlimits(Limits(file_bytes=2**16, memory_bytes=2**28, open_files=50))",
    "files": "lock.restrict_files(folder, prepared.readable)",
    "system calls": "lock.restrict_syscalls(prepared.seccomp)",
}
CALL = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def call(*arguments):
    result = libc.syscall(*map(ctypes.c_long, arguments))
    if result < 0: raise OSError(ctypes.get_errno(), "refused")
    return result
"""
HIGH = 1 << 32  # bits that the kernel ignores in a 32-bit argument
ESCAPES = [
    ("files", "read a file outside", "open(outside).read()"),
    ("files", "write a file outside", "open(outside, 'a').write('x')"),
    ("files", "make a file outside", "open(outside + '-new', 'w')"),
    ("files", "list a folder outside", "os.listdir(os.path.dirname(outside))"),
    ("files", "remove a file outside", "os.unlink(outside)"),
    ("files", "read the answer key", "open(lock.__file__.replace('jail/lock', 'authoring/oracle')).read()"),
    ("files", "read about other processes", "open(f'/proc/{os.getppid()}/cmdline').read()"),
    ("system calls", "change a file's mode", "os.chmod(outside, 0o600)"),
    ("system calls", "change a file's times", "os.utime(outside, (0, 0))"),
    ("system calls", "open an IPv4 socket", "socket.socket(socket.AF_INET)"),
    ("system calls", "open an IPv6 datagram socket", "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)"),
    ("system calls", "open a Unix socket", "socket.socket(socket.AF_UNIX)"),
    ("system calls", "open a netlink socket", "socket.socket(16, socket.SOCK_RAW)"),
    ("system calls", "fork", "os.fork() or os._exit(0)"),
    ("system calls", "clone3", CALL + "a = (ctypes.c_long * 11)(); call(435, ctypes.addressof(a), 88) or os._exit(0)"),
    ("system calls", "signal a group", "os.kill(0, 0)"),
    ("system calls", "trace", CALL + "call(101, 0, 0, 0, 0)"),
    ("system calls", "use memory files", "os.memfd_create('x')"),
    ("system calls", "watch files", CALL + "call(294, 0)"),
    ("system calls", "read its personality", CALL + "call(135, 0xFFFFFFFF)"),
    ("system calls", "lower its own limits", "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))"),
    ("system calls", "set others' limits", "resource.prlimit(os.getppid(), resource.RLIMIT_CORE)"),
    ("system calls", "make timers", CALL + "t = ctypes.c_int(); call(222, 1, 0, ctypes.addressof(t))"),
    ("system calls", "outlive its parent", CALL + "call(157, 1 | 1 << 32, 0, 0, 0, 0)"),
    ("system calls", "choose who gets a signal", CALL + "call(72, os.open('/dev/null', 0), 10 | 1 << 32, 9)"),
    ("rlimits", "write a large file", "open('large', 'wb').write(bytes(2**17))"),
    ("rlimits", "take much memory", "bytearray(2**29)"),
    ("rlimits", "share much memory", "mmap.mmap(-1, 2**30)"),
    ("rlimits", "open many files", "files = [open('/dev/null') for _ in range(60)]"),
]  # fmt: skip


RUNNER = """
import json, mmap, os, resource, signal, socket, sys
from pathlib import Path
from autograder.jail import lock
from autograder.jail.limits import Limits
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
prepared = lock.prepare()
for steps, code, folder in json.load(sys.stdin):
    pid = os.fork()
    if pid == 0:
        outside, folder = folder + "/outside", Path(folder, "inside")
        folder.mkdir()
        Path(outside).write_text("secret")
        os.chdir(folder)
        exec(steps)
        try:
            exec(code)
        except (OSError, ValueError, MemoryError):
            os._exit(BLOCKED)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""
BLOCKED = 3


def statuses(cases: list[tuple[list[str], str, Path]]) -> list[int]:
    """Of each case (the parts that lock a process in, code, a folder): the status of a process that ran the code."""
    steps = [("\n".join(PARTS[part] for part in parts), code, str(folder)) for parts, code, folder in cases]
    script = RUNNER.replace("BLOCKED", str(BLOCKED))
    done = subprocess.run([sys.executable, "-c", script], input=json.dumps(steps), capture_output=True, text=True)
    found = [int(line) for line in done.stdout.split()]
    assert len(found) == len(cases), done
    return found


def goes_through(parts: list[str], code: str, folder: Path) -> bool:
    (status,) = statuses([(parts, code, folder)])
    assert status in (0, BLOCKED), status
    return status == 0


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, int]]:
    """For each escape the status with its part alone, and with every other part (but limits) and without it."""
    cases = []
    for part, _, code in ESCAPES:
        others = [other for other in PARTS if other not in (part, "rlimits")]
        cases += [(parts, code, tmp_path_factory.mktemp("folder")) for parts in ([part], others)]
    found = statuses(cases)
    return {what: (found[2 * i], found[2 * i + 1]) for i, (_, what, _) in enumerate(ESCAPES)}


@pytest.mark.parametrize("what", [what for _, what, _ in ESCAPES])
def test_an_escape_is_blocked_by_its_part_alone_and_by_nothing_else(
    what: str, tried: dict[str, tuple[int, int]]
) -> None:
    assert tried[what] == (BLOCKED, 0)


def test_it_cannot_kill_or_stop_itself_in_a_way_that_looks_like_the_graders_fault(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    ways = ["62, os.getpid(), {}", "200, os.getpid(), {}", "234, os.getpid(), os.getpid(), {}"]
    codes = [f"{CALL}call({way.format(number)})" for way in ways for number in (9, 19, 9 | HIGH, 19 | HIGH)]
    cases = [(["system calls"], code, tmp_path_factory.mktemp("folder")) for code in codes]
    assert set(statuses(cases)) == {BLOCKED}


def test_a_high_bit_does_not_make_another_signal_of_it(tmp_path: Path) -> None:
    """Or the test above would pass whatever happened."""
    assert statuses([([], f"{CALL}call(62, os.getpid(), {9 | HIGH})", tmp_path)]) == [-9]


def test_threads_can_be_started(tmp_path: Path) -> None:
    code = "import threading; t = threading.Thread(target=print); t.start(); t.join()"
    assert goes_through(list(PARTS), code, tmp_path)


def test_the_private_folder_can_be_used(tmp_path: Path) -> None:
    code = "os.mkdir('a'); open('a/b', 'w').write('x'); os.rename('a/b', 'c'); os.unlink('c'); os.rmdir('a')"
    assert goes_through(list(PARTS), code, tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has capabilities to give up")
def test_roots_capabilities_are_given_up(tmp_path: Path) -> None:
    (tmp_path / "with").mkdir()
    (tmp_path / "without").mkdir()
    code = "os.chroot('.')"
    assert not goes_through(["capabilities"], code, tmp_path / "with")
    assert goes_through([], code, tmp_path / "without")


def test_where_memory_runs_out_it_is_the_first_to_go(tmp_path: Path) -> None:
    code = "assert open('/proc/self/oom_score_adj').read().strip() == '1000'"
    assert goes_through(["going first"], code, tmp_path)


def test_the_answer_key_is_not_readable_wherever_the_package_is_installed(tmp_path: Path) -> None:
    package = tmp_path / "lib" / "autograder"
    for path in (package, tmp_path / "lib" / "torch", tmp_path / "other"):
        path.mkdir(parents=True)
    assert lock._without(package, tmp_path / "lib") == [tmp_path / "lib" / "torch"]
    assert lock._without(package, tmp_path / "other") == [tmp_path / "other"]
    assert lock._without(package, package) == []


def test_a_kernel_without_landlock_cannot_lock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(lock, "landlock_abi", lambda: 0)
    with pytest.raises(lock.CannotLock, match="no Landlock"):
        lock.restrict_files(tmp_path, [])


def test_without_libseccomp_nothing_is_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyseccomp", None)
    with pytest.raises(lock.CannotLock, match="libseccomp"):
        lock.prepare()
