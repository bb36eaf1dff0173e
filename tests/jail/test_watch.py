"""What a child is charged with: its own time and what it holds, not what the machine or its neighbours do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from processes import starting

from autograder.jail import watch
from autograder.jail.client import WarmProcess
from autograder.jail.folder import open_to
from autograder.jail.limits import Limits
from autograder.jail.process import JailError
from autograder.jail.watch import Used, Watch, used

LIMITS = Limits(cell_seconds=10, cell_cpu_seconds=5, total_seconds=30, total_cpu_seconds=20)
SOON = "import time\nend = time.monotonic() + 60\nwhile {}:\n    assert time.monotonic() < end\n    time.sleep(0.01)\n"


@pytest.fixture(scope="module")
def warm() -> Iterator[WarmProcess]:
    with WarmProcess() as process:
        yield process


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[Used]:
    """What a process has used; a test says how it goes on."""
    now = [Used(100.0, 3.0, 2.0)]
    monkeypatch.setattr(watch, "used", lambda pid: now[0])
    return now


@pytest.mark.parametrize(
    ("wall", "waited", "cpu", "why"),
    [
        (9.9, 0, 4.9, None),
        (10.1, 0, 1, "it took more than 10 seconds"),
        (29, 20, 1, None),  # it was kept waiting
        (31, 20, 1, "it took more than 10 seconds"),
        (29, 24, 5.1, "it took more than 5 seconds of CPU time"),  # its threads are counted though it was
        (6, 0, 20.1, "the notebook used more than 20 seconds of CPU time"),
        (30, 0, 1, "the notebook took more than 30 seconds"),
        (90, 85, 1, None),
    ],
)
def test_time_for_which_the_machine_kept_it_waiting_is_not_charged(
    wall: float, waited: float, cpu: float, why: str | None, clock: list[Used]
) -> None:
    watched = Watch(1, Path(), LIMITS)
    clock[0] = Used(100 + wall, 3 + waited, 2 + cpu)
    beyond = watched.beyond()
    assert (beyond.why if beyond else None) == why
    assert (watched.left() > 0) == (why is None)


def test_a_new_cell_has_its_time_anew_and_the_notebook_has_not(clock: list[Used]) -> None:
    watched = Watch(1, Path(), LIMITS)
    for seconds in (8, 16, 24):
        watched.begin()
        clock[0] = Used(100.0 + seconds, 3.0, 2.0)
        assert watched.beyond() is None
    watched.begin()
    clock[0] = Used(131.0, 3.0, 2.0)
    assert watched.beyond() == watch.Beyond("the notebook took more than 30 seconds")


def test_a_machine_that_is_too_busy_to_run_it_is_the_graders_fault(clock: list[Used]) -> None:
    watched = Watch(1, Path(), LIMITS)
    clock[0] = Used(100 + LIMITS.longest_seconds + 1, 3 + LIMITS.longest_seconds, 2.5)
    with pytest.raises(JailError, match="too busy"):
        watched.beyond()


def test_a_process_that_waits_for_its_core_is_seen_to() -> None:
    core = min(os.sched_getaffinity(0))
    code = f"import os; os.sched_setaffinity(0, {{{core}}}); print(flush=True)\nwhile True: pass"
    spinning = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(3)]
    try:
        for process in spinning:
            assert process.stdout
            process.stdout.readline()
        before = used(spinning[0].pid)
        found = before.since(before)
        while found.waited < 0.2:
            found = used(spinning[0].pid).since(before)
            assert found.wall < 60
        assert 0 < found.cpu < found.wall
    finally:
        for process in spinning:
            process.kill()
            process.communicate()


def test_of_a_process_that_is_gone_nothing_is_known() -> None:
    with subprocess.Popen(["true"]) as process:
        pass
    found = used(process.pid)
    assert (found.waited, found.cpu) == (0, 0)


def test_the_notebooks_time_begins_when_its_process_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = "import time\nfrom autograder.jail import lock\nlock.go_first = lambda: time.sleep(1.5)"
    with (
        starting(WarmProcess, slow, monkeypatch) as warm,
        warm.open(replace(Limits(), total_seconds=1.2, cell_seconds=1.2)) as child,
    ):
        assert child.run("1").stopped is None


STANDING = "len(os.sched_getaffinity(0)), os.getpriority(os.PRIO_PROCESS, 0)"


def test_a_child_with_threads_has_one_core_and_the_priority_of_one(warm: WarmProcess) -> None:
    code = f"import os, threading\nprint({STANDING}, flush=True)\nstop = threading.Event()\n"
    code += "for _ in range(30): threading.Thread(target=stop.wait, daemon=True).start()\n"
    code += SOON.format("os.getpriority(os.PRIO_PROCESS, 0) < 15") + f"print({STANDING})"
    with warm.open(Limits()) as child:
        run = child.run(code)
    text = "".join(output["text"] for output in run.outputs)
    cores, priority = len(os.sched_getaffinity(0)), os.getpriority(os.PRIO_PROCESS, 0)
    assert text == f"{cores} {priority}\n1 15\n"


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is only one core")
def test_threads_whose_core_is_busy_get_another_one(warm: WarmProcess) -> None:
    with warm.open(Limits()) as child:
        watch._share_one_core([child._pid], another=False)
        first = os.sched_getaffinity(child._pid)
        watch._share_one_core([child._pid], another=False)
        assert os.sched_getaffinity(child._pid) == first and len(first) == 1
        watch._share_one_core([child._pid], another=True)
        assert os.sched_getaffinity(child._pid).isdisjoint(first)


HELD = "held = []\nfor n in range(5):\n    file = open(str(n), 'wb+'); file.write(bytes(2**20)); file.flush()\n"
GONE = "import os\nfor n in range(5): os.unlink(str(n))\n"
KEEPING = {
    "open": HELD + "    held.append(file)\n" + GONE,
    "mapped": "import mmap\n" + HELD + "    held.append(mmap.mmap(file.fileno(), 4096)); del file\n" + GONE,
    "open in a thread": "import threading\n"
    + HELD
    + "    held.append(threading.local()); threading.Thread(target=lambda f=file: wait(f)).start()\n"
    + GONE,
}


@pytest.mark.parametrize("how", KEEPING)
def test_files_that_were_removed_and_are_kept_count(how: str, warm: WarmProcess) -> None:
    code = "import threading\nstop = threading.Event()\ndef wait(file): stop.wait(60)\n" + KEEPING[how]
    with warm.open(replace(Limits(), folder_bytes=4 * 2**20, file_bytes=2**21)) as child:
        run = child.run(f"{code}\n{SOON.format('True')}")
    assert run.stopped == "its files grew beyond 4 MB"


def test_files_that_were_removed_and_closed_do_not(warm: WarmProcess) -> None:
    with warm.open(replace(Limits(), folder_bytes=4 * 2**20)) as child:
        assert child.run(HELD + "    file.close()\n" + GONE).stopped is None
        child.run("file = open('mine', 'w'); file.write('x'); file.flush(); os.unlink('mine')")
        assert open_to(child._pid, child._folder, 2**25) == 4096
