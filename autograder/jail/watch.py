"""How a child is doing, seen from outside: the time that it has used, its files, its threads.

What costs marks is CPU time, of all its threads together. Wall time is a backstop for who sleeps or waits for ever;
what the machine kept the child waiting for a core is not counted.
"""

from __future__ import annotations

import contextlib
import math
import os
import random
import time
from dataclasses import dataclass
from pathlib import Path

from .folder import bytes_in, open_to
from .limits import Limits
from .process import JailError

LOOK_SECONDS = 0.25  # how often a running child's folder and threads are looked at
STARVED = 0.5  # the part of that time that it waited for its core, for which it gets another one
LOWEST_PRIORITY = 19
STEP = 1.25  # one step of niceness takes this much of a thread's share


@dataclass(frozen=True)
class Used:
    """What a process had used at some moment: seconds of wall time, of waiting for a core, and of CPU time."""

    wall: float
    waited: float
    cpu: float

    @property
    def own(self) -> float:
        """Wall seconds in which it ran, or chose not to."""
        return self.wall - self.waited

    def since(self, before: Used) -> Used:
        return Used(self.wall - before.wall, self.waited - before.waited, self.cpu - before.cpu)


def used(pid: int) -> Used:
    """What the process has used by now; nothing of what this system does not tell, or of a process that is gone."""
    waited = cpu = 0.0
    with contextlib.suppress(OSError, LookupError, ValueError):
        waited = int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9  # of its main thread
    with contextlib.suppress(OSError):
        cpu = time.clock_gettime(~pid << 3 | 2)  # its CPU clock, as clock_getcpuclockid(3) numbers it
    return Used(time.monotonic(), waited, cpu)


@dataclass(frozen=True)
class Beyond:
    """A limit that is reached: a clause that says which, and whether the notebook can go on after this cell."""

    why: str
    goes_on: bool = False


class Watch:
    """Watches one child. The notebook's time begins with it, a cell's with `begin`."""

    def __init__(self, pid: int, folder: Path, limits: Limits) -> None:
        self._pid, self._folder, self._limits = pid, folder, limits
        self._notebook = self._cell = self._looked = used(pid)
        self._cell_seconds = limits.cell_seconds
        laid_out = bytes_in(folder)  # by us, before any cell ran: it is not the notebook's
        self._folder_bytes = limits.folder_bytes + (int(laid_out) if math.isfinite(laid_out) else 0)

    def begin(self, seconds: float | None = None) -> None:
        """A cell begins, or something that may take fewer `seconds` than a cell."""
        self._cell = used(self._pid)
        self._cell_seconds = self._limits.cell_seconds if seconds is None else seconds

    def own_seconds(self) -> float:
        """Of the cell's time, what the machine did not keep it waiting."""
        return used(self._pid).since(self._cell).own

    def left(self) -> float:
        """Seconds in which no limit on time can be reached."""
        limits, now = self._limits, used(self._pid)
        cell, notebook = now.since(self._cell), now.since(self._notebook)
        return max(
            0.0,
            min(
                self._cell_seconds - cell.own,
                limits.cell_cpu_seconds - cell.cpu,
                limits.total_seconds - notebook.own,
                limits.total_cpu_seconds - notebook.cpu,
            ),
        )

    def beyond(self) -> Beyond | None:
        """The limit on time that is reached. Raises JailError where the machine was too busy to run the child."""
        limits, now = self._limits, used(self._pid)
        cell, notebook = now.since(self._cell), now.since(self._notebook)
        if notebook.cpu > limits.total_cpu_seconds:
            return Beyond(f"the notebook used more than {limits.total_cpu_seconds:g} seconds of CPU time")
        if notebook.own >= limits.total_seconds:
            return Beyond(f"the notebook took more than {limits.total_seconds:g} seconds")
        if cell.cpu >= limits.cell_cpu_seconds:
            return Beyond(f"it took more than {limits.cell_cpu_seconds:g} seconds of CPU time", goes_on=True)
        if cell.own >= self._cell_seconds:
            return Beyond(f"it took more than {self._cell_seconds:g} seconds", goes_on=True)
        if notebook.wall > limits.longest_seconds:
            had = f"{notebook.cpu:.0f} seconds of CPU time in {notebook.wall:.0f}"
            raise JailError(f"this machine is too busy: the submission's process had {had}")
        return None

    def look(self) -> Beyond | None:
        """A limit that the kernel does not keep. Keeps a child that has threads to the share of one, meanwhile."""
        room = self._folder_bytes - open_to(self._pid, self._folder, self._limits.file_bytes)
        if room < 0 or bytes_in(self._folder, room) > room:
            return Beyond(f"its files grew beyond {self._limits.folder_bytes / 2**20:g} MB")
        threads = _threads(self._pid)
        if len(threads) > self._limits.threads:
            return Beyond(f"it had more than {self._limits.threads} threads")
        before, self._looked = self._looked, used(self._pid)
        if len(threads) > 1:
            since = self._looked.since(before)
            _share_one_core(threads, another=since.waited > STARVED * since.wall)
        return None


def _threads(pid: int) -> list[int]:
    with contextlib.suppress(FileNotFoundError):  # gone, or no /proc on this system
        return [int(path.name) for path in Path(f"/proc/{pid}/task").iterdir()]
    return []


def _share_one_core(threads: list[int], *, another: bool) -> None:
    """Keep these threads to one core, to `another` than before where that is busy, with the priority of one thread.

    They cannot undo it, and the threads that they make inherit it. One thread alone stays where the kernel likes: it
    cannot take more than a core, and would have to wait for one while another is idle.
    """
    niceness = min(LOWEST_PRIORITY, round(math.log(len(threads), STEP)))
    with contextlib.suppress(OSError):  # it has ended
        here = os.sched_getaffinity(threads[0])
        cores = os.sched_getaffinity(0)
        if len(here) > 1 or another:
            here = {random.choice(sorted(cores - here if len(here) == 1 and cores - here else cores))}
        for thread in threads:
            with contextlib.suppress(OSError):  # it has ended, or is lower already
                os.sched_setaffinity(thread, here)
                os.setpriority(os.PRIO_PROCESS, thread, niceness)


def is_ending(pid: int) -> bool:
    """Whether the kernel is taking the process down: what it held is closed before it is gone."""
    with contextlib.suppress(OSError):
        about = Path(f"/proc/{pid}/stat").read_text()
        PF_EXITING = 0x4
        return bool(int(about.rpartition(")")[2].split()[6]) & PF_EXITING)
    return True
