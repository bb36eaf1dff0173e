"""Harm to others, with the oldest Landlock: it does not happen, and it does where the filter of system calls is off."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from corpus.outside import HARMS, Harm, Scene, _requests
from processes import starting

from autograder.jail.client import WarmProcess
from autograder.jail.limits import Limits

# The oldest Landlock leaves signals, sockets and truncation to the filter, which is off where a file says so.
FIRST = """
from pathlib import Path
from autograder.jail import landlock, lock
landlock.version = lambda: 1
found, load = lock.readable_paths, lock.restrict_syscalls
lock.readable_paths = lambda: [*found(), Path({shared!r})]
lock.restrict_syscalls = lambda filter: Path({unfiltered!r}).exists() or load(filter)
"""


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder with a short path, as the address of a socket must have."""
    place = Path(tempfile.mkdtemp(prefix="outside-"))
    (place / "shared").write_text("x = 1")
    yield place
    shutil.rmtree(place)


@pytest.fixture(scope="module")
def warm(place: Path) -> Iterator[WarmProcess]:
    first = FIRST.format(shared=str(place / "shared"), unfiltered=str(place / "unfiltered"))
    with pytest.MonkeyPatch.context() as monkeypatch, starting(WarmProcess, first, monkeypatch) as process:
        yield process


@pytest.fixture
def scene(place: Path) -> Iterator[Scene]:
    root = Path(tempfile.mkdtemp(prefix="course-", dir=place))
    (root / ".autograder").mkdir()
    for name in ("gradebook.db", ".autograder/secret"):
        (root / name).write_text("x")
        (root / name).chmod(0o600)
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as mailbox,
        subprocess.Popen(["cat"], stdin=subprocess.PIPE) as victim,
    ):
        mailbox.bind(str(root / "mailbox"))
        mailbox.setblocking(False)
        yield Scene(root, place / "shared", mailbox, victim, _requests())
        assert victim.stdin
        with contextlib.suppress(BrokenPipeError):
            victim.stdin.close()


def happens(harm: Harm, scene: Scene, warm: WarmProcess) -> tuple[bool, str]:
    """Whether it does, and what the code showed."""
    words = {"ROOT": repr(str(scene.root)), "SHARED": repr(str(scene.shared)), "VICTIM": str(scene.victim.pid)}
    words["MAILBOX"] = repr(str(scene.root / "mailbox"))
    code = harm.code
    for word, value in words.items():
        code = code.replace(word, value)
    with warm.open(Limits()) as child:
        outputs = child.run(code).outputs
        child.run("1")
        return harm.happened(scene), json.dumps(outputs)


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.name)
def test_the_filter_alone_holds_it(harm: Harm, scene: Scene, warm: WarmProcess, place: Path) -> None:
    happened, shown = happens(harm, scene, warm)
    assert not happened, harm.tries
    assert "error" in shown


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.name)
def test_without_the_filter_it_happens(harm: Harm, scene: Scene, warm: WarmProcess, place: Path) -> None:
    (place / "unfiltered").touch()
    try:
        happened, shown = happens(harm, scene, warm)
    finally:
        (place / "unfiltered").unlink()
    if "Errno 38" in shown or "[Errno 95]" in shown or (os.uname().machine != "x86_64" and "tongue" in harm.name):
        pytest.skip("this kernel, or this file system, does not know such a thing")
    assert happened, shown
