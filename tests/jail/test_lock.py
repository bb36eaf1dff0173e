"""Each part of the lock: with it alone an escape is blocked; with every other part, and without it, it goes through."""

from __future__ import annotations

import errno
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.jail import kernel, landlock, lock
from autograder.jail.escapes import ESCAPES, Escape

pytestmark = pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")

PARTS = {
    "going first": "privileges.go_first()",
    "standing alone": "privileges.stand_alone()",
    "capabilities": "privileges.drop_capabilities()",
    "rlimits": "rlimits.set_rlimits(Limits(file_bytes=2**16, memory_bytes=2**28, open_files=50))",
    "Landlock": "landlock.restrict_files(folder, prepared.readable)",
    "seccomp": "seccomp.restrict_syscalls(prepared.filter)",
}
BLOCKED, MISSING = 3, 4
CRASHED = -11
RUNNER = """
import errno, json, os, signal, sys
from pathlib import Path
from autograder.jail import landlock, lock, privileges, rlimits, seccomp
from autograder.jail.escapes import SETTING
from autograder.jail.limits import Limits
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
prepared = lock.prepare()
package = str(Path(lock.__file__).parents[1])
for steps, code, folder, mailbox, other in json.load(sys.stdin):
    pid = os.fork()
    if pid == 0:
        if "stand_alone" not in steps:  # "everybody" and "the group" are this one
            os.setpgid(0, 0)
        outside, folder = folder + "/outside", Path(folder, "inside")
        folder.mkdir()
        Path(outside).write_text("secret")
        os.chdir(folder)
        exec(steps)
        try:
            exec(SETTING)
            exec(code)
        except (OSError, ValueError, MemoryError) as error:
            os._exit(MISSING if getattr(error, "errno", 0) == errno.ENOSYS else BLOCKED)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
""".replace("MISSING if", f"{MISSING} if").replace("else BLOCKED", f"else {BLOCKED}")


@pytest.fixture(scope="module")
def places() -> Iterator[Path]:
    """A folder with a short path, as the address of a socket must have, and a socket that takes datagrams."""
    place = Path(tempfile.mkdtemp(prefix="lock-"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as mailbox:
        mailbox.bind(str(place / "mailbox"))
        yield place
    shutil.rmtree(place)


@pytest.fixture(scope="module")
def other() -> Iterator[int]:
    """A process that an escape may do to what it can."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
        yield process.pid
        assert process.stdin
        process.stdin.close()


Case = tuple[list[str], str]  # the parts that lock a process in, and code


def statuses(cases: list[Case], place: Path, other: int) -> list[int]:
    """Of each case the status of a process that ran the code."""
    steps = []
    for parts, code in cases:
        folder = tempfile.mkdtemp(dir=place)
        steps.append(("\n".join(PARTS[part] for part in parts), code, folder, str(place / "mailbox"), other))
    command = [sys.executable, "-c", RUNNER]
    done = subprocess.run(command, input=json.dumps(steps), capture_output=True, text=True, timeout=120)
    found = [int(line) for line in done.stdout.split()]
    assert len(found) == len(cases), done
    return found


def control(escape: Escape) -> list[str]:
    """Every part but those that close this escape; of the limits, which change how others fail, none."""
    if escape.privileged:
        return []
    return [part for part in PARTS if part not in (escape.part, *escape.also, "rlimits")]


@pytest.fixture(scope="module")
def tried(places: Path, other: int) -> dict[str, tuple[int, int]]:
    """For each escape the status with its part alone, and with every other part and without it."""
    cases: list[Case] = []
    for escape in ESCAPES:
        cases += [([escape.part], escape.code), (control(escape), escape.code)]
    found = statuses(cases, places, other)
    return {escape.what: (found[2 * i], found[2 * i + 1]) for i, escape in enumerate(ESCAPES)}


@pytest.mark.parametrize("escape", ESCAPES, ids=lambda escape: escape.what)
def test_an_escape_is_blocked_by_its_part_alone_and_by_nothing_else(
    escape: Escape, tried: dict[str, tuple[int, int]]
) -> None:
    locked, unlocked = tried[escape.what]
    assert locked in (BLOCKED, MISSING)
    if escape.privileged and os.geteuid() != 0:
        pytest.skip("the kernel lets only root do this")
    if unlocked == MISSING or (escape.alone and unlocked == CRASHED):
        pytest.skip("this kernel has no such call")
    assert unlocked == 0


def test_the_escapes_have_names_of_their_own() -> None:
    assert len({escape.what for escape in ESCAPES}) == len(ESCAPES)


KILLING = [
    f"call({call}, {number})"
    for call in ("(62, 129), os.getpid()", "(200, 130), os.getpid()", "(234, 131), os.getpid(), os.getpid()")
    for number in (9, 19, 9 | 1 << 32, 19 | 1 << 32)
]


def test_it_cannot_kill_or_stop_itself_in_a_way_that_looks_like_the_graders_fault(places: Path, other: int) -> None:
    found = statuses([(["seccomp"], code) for code in KILLING], places, other)
    assert set(found) <= {BLOCKED, MISSING}


def test_bits_that_the_kernel_ignores_do_not_make_another_signal_of_it(places: Path, other: int) -> None:
    """Or the test above would pass whatever happened."""
    assert statuses([([], f"call((62, 129), os.getpid(), {9 | 1 << 32})")], places, other) == [-9]


ALLOWED = {
    "threads": "import threading; t = threading.Thread(target=print); t.start(); t.join()",
    "files": "os.mkdir('a'); open('a/b', 'w').write('x'); os.rename('a/b', 'a/c'); os.unlink('a/c'); os.rmdir('a')",
    "temporary files": "import tempfile\nwith tempfile.TemporaryDirectory() as d: open(d + '/x', 'w').write('x')",
    "asyncio": "import asyncio; assert asyncio.run(asyncio.sleep(0.001, 5)) == 5",
    "pairs": "a, b = pair(); a.settimeout(5); a.sendall(b'x'); assert b.recv(1) == b'x'",
    "signals": "signal.signal(signal.SIGUSR1, lambda *_: None); signal.raise_signal(signal.SIGUSR1)",
    "questions": "resource.getrlimit(resource.RLIMIT_CPU); os.sched_getaffinity(0); os.uname(); os.urandom(8)",
    "copies": "import shutil; open('a', 'w').write('x'); shutil.copyfile('a', 'b'); shutil.move('b', 'c')",
}


@pytest.mark.parametrize("what", ALLOWED)
def test_what_an_honest_notebook_does_goes_on_as_before(what: str, places: Path, other: int) -> None:
    parts = [part for part in PARTS if part != "rlimits"]
    code = "import tempfile; os.environ['TMPDIR'] = os.getcwd(); tempfile.tempdir = None\n" + ALLOWED[what]
    assert statuses([(parts, code)], places, other) == [0]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has capabilities to give up")
def test_roots_capabilities_are_given_up(places: Path, other: int) -> None:
    code = "os.chroot('.')"
    assert statuses([(["capabilities"], code), ([], code)], places, other) == [BLOCKED, 0]


def test_where_memory_runs_out_it_is_the_first_to_go(places: Path, other: int) -> None:
    code = "assert open('/proc/self/oom_score_adj').read().strip() == '1000'"
    assert statuses([(["going first"], code)], places, other) == [0]


def test_it_has_a_session_of_its_own(places: Path, other: int) -> None:
    code = "assert os.getsid(0) == os.getpgid(0) == os.getpid()"
    assert statuses([(["standing alone"], code)], places, other) == [0]


def test_the_answer_key_is_not_readable_wherever_the_package_is_installed(tmp_path: Path) -> None:
    package = tmp_path / "lib" / "autograder"
    for path in (package, tmp_path / "lib" / "torch", tmp_path / "other"):
        path.mkdir(parents=True)
    assert landlock._without(package, tmp_path / "lib") == [tmp_path / "lib" / "torch"]
    assert landlock._without(package, tmp_path / "other") == [tmp_path / "other"]
    assert landlock._without(package, package) == []


def test_a_kernel_without_landlock_cannot_lock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 0)
    with pytest.raises(kernel.CannotLock, match="no Landlock"):
        landlock.restrict_files(tmp_path, [])


def test_what_the_kernel_refuses_is_said_with_its_reason() -> None:
    with pytest.raises(kernel.CannotLock, match="prctl: ") as refused:
        kernel.checked(kernel.prctl(-1, 0, 0, 0, 0), "prctl")
    assert refused.value.errno == errno.EINVAL


def test_on_a_machine_whose_calls_are_not_known_nothing_is_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(kernel.CannotLock, match=r"x86_64 and aarch64 .* this machine is riscv64"):
        lock.prepare()
