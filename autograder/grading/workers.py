"""Many submissions at once: a few worker processes, jobs handed out one by one.

Processes and not threads: nbconvert and nbgrader change directory and environment. Ours and not a pool of the
standard library: a worker that dies takes only its job with it, and that job is tried once more elsewhere.
"""

from __future__ import annotations

import contextlib
import gc
import math
import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, TypeVar

JOB_CPU_SECONDS = 30  # of a worker's own, to read, judge by nbgrader's rules and render; it takes a tenth of one
JOB_BYTES = 3 * 2**29  # of memory beyond what a worker begins with
HIRING_TRIES, HIRING_SECONDS = 20, 1.0  # where the machine has no process left for us

Job = TypeVar("Job")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Lost:
    """No result: the job could not be done, twice. `why` is the reason in words."""

    why: str


@dataclass(frozen=True)
class Exhausted:
    """No result: doing the job took more memory or CPU time than a job may take here. `why` is a clause."""

    why: str


@dataclass
class _Worker:
    process: Any
    connection: Connection
    job: Any = None
    deadline: float = 0.0
    attempt: int = 0


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def work_through(
    jobs: deque[Job],
    get_ready: Callable[[], Callable[[Job], Result]],
    *,
    workers: int,
    seconds: float,
    repair: Callable[[], None] = lambda: None,
) -> Iterator[tuple[Job, Result | Lost | Exhausted]]:
    """Do every job, in forked processes; yield each with its result as it comes.

    Jobs are taken from `jobs`, to which more may be added for as long as there are results. `get_ready` is called once
    in each worker and returns the function that does a job. Where that raises, takes more than `seconds`, or the worker
    dies, the job waits until there are no others and is tried once more in a fresh worker, with nothing beside it: what
    was lacking (memory, room on the disk, processes) may be there then. After that it is given up as Lost.
    Each time, `repair` is called here: it mends what workers share, before there is another. It may raise OSError.
    A job that takes more than a job may is Exhausted, at once.
    """
    gc.freeze()  # collections in a worker then leave alone what it shares with this process
    again: deque[Job] = deque()
    crew: list[_Worker] = []
    refused = 0
    try:
        while jobs or again or _busy(crew):
            alone = not jobs and bool(again) and not _busy(crew)
            if alone:  # what a worker of before holds on to may be gone
                _dismiss_all(crew)
            try:
                while len(crew) < (workers if jobs else 1 if alone else 0):
                    crew.append(_hire(get_ready))
                refused = 0
            except OSError as error:  # no more processes: those that are there go on
                refused += 1
                if not crew and refused > HIRING_TRIES:
                    for queue in (jobs, again):
                        while queue:
                            yield queue.popleft(), Lost(f"no process could be started: {error}")
                    return
                if not crew:
                    time.sleep(HIRING_SECONDS)
                    continue
            for worker in crew:
                if worker.job is None and jobs:
                    _give(worker, jobs, 1, seconds)
            if alone:
                _give(crew[0], again, 2, seconds)
            for worker, result in _finished(crew, seconds):
                job, worker.job = worker.job, None
                if isinstance(result, Lost) or not worker.process.is_alive():
                    crew.remove(worker)
                    _dismiss(worker)
                    if isinstance(result, Lost):
                        with contextlib.suppress(OSError):  # tried again with the next
                            repair()
                        if worker.attempt == 1:
                            again.append(job)
                            continue
                yield job, result
    finally:
        _dismiss_all(crew)


def _busy(crew: list[_Worker]) -> list[_Worker]:
    return [worker for worker in crew if worker.job is not None]


def _give(worker: _Worker, jobs: deque[Any], attempt: int, seconds: float) -> None:
    """Give an idle worker the next of these jobs."""
    worker.job, worker.attempt = jobs.popleft(), attempt
    worker.deadline = time.monotonic() + seconds
    with contextlib.suppress(OSError):  # it is gone already: `_received` says so
        worker.connection.send(worker.job)


def _finished(crew: list[_Worker], seconds: float) -> list[tuple[_Worker, Any]]:
    """Wait until some workers are done with their job, or have had too long; each with its result, or Lost."""
    busy = _busy(crew)
    left = min(worker.deadline for worker in busy) - time.monotonic()
    ready = wait([worker.connection for worker in busy], max(0.0, left))
    found: list[tuple[_Worker, Any]] = []
    for worker in busy:
        if worker.connection in ready:
            found.append((worker, _received(worker)))
        elif time.monotonic() > worker.deadline:
            worker.process.kill()
            found.append((worker, Lost(f"it took more than {seconds:g} seconds")))
    return found


def _hire(get_ready: Callable[[], Callable[[Job], Result]]) -> _Worker:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, ours, get_ready), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _work(connection: Connection, other_end: Connection, get_ready: Callable[[], Callable[[Job], Result]]) -> None:
    other_end.close()  # else a worker would not notice that the main process is gone
    try:
        work = get_ready()
        limited = _limit_memory()
        while True:
            job = connection.recv()
            _limit_cpu()
            try:
                result: Any = work(job)
            except MemoryError:
                if not limited:
                    raise
                result = Exhausted(f"it takes more than {JOB_BYTES // 2**20} MB of memory")
            connection.send((True, result))
    except KeyboardInterrupt:
        pass
    except Exception as error:
        with contextlib.suppress(OSError):  # the main process has no more jobs, or is gone
            connection.send((False, f"{type(error).__name__}: {error}"))


def _limit_memory() -> bool:
    """From here on this process may have JOB_BYTES more; whether there is such a limit on this system."""
    with contextlib.suppress(OSError, ValueError, ImportError):
        import resource

        data = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_DATA, (data + JOB_BYTES, resource.RLIM_INFINITY))
        return True
    return False


def _limit_cpu() -> None:
    """JOB_CPU_SECONDS for the next job, counted and kept by the kernel."""
    with contextlib.suppress(OSError, ValueError, ImportError):
        import resource

        used = math.ceil(time.process_time())
        resource.setrlimit(resource.RLIMIT_CPU, (used + JOB_CPU_SECONDS, resource.RLIM_INFINITY))


def _received(worker: _Worker) -> Any:
    try:
        done, result = worker.connection.recv()
    except (EOFError, OSError):
        worker.process.join()
        if worker.process.exitcode == -signal.SIGXCPU:
            return Exhausted(f"it takes more than {JOB_CPU_SECONDS} seconds of CPU time")
        return Lost(f"its grading process ended with exit status {worker.process.exitcode}")
    return result if done else Lost(result.splitlines()[0])


def _dismiss_all(crew: list[_Worker]) -> None:
    for worker in crew:  # all of them first: a worker has copies of the connections of those hired before it
        worker.connection.close()
    while crew:
        _dismiss(crew.pop())


def _dismiss(worker: _Worker) -> None:
    worker.connection.close()
    worker.process.join(2)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join()
    worker.process.close()
