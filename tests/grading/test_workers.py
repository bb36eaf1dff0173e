"""Jobs in worker processes: what is lost with a worker, and what is not."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

import pytest

from autograder.grading import workers
from autograder.grading.workers import Lost, work_through


def ready(work: Callable[..., Any]) -> Callable[[], Callable[..., Any]]:
    return lambda: work


def test_every_job_comes_back_with_its_result() -> None:
    assert dict(work_through(deque(range(20)), ready(lambda job: job * 2), workers=2, seconds=60)) == {
        job: job * 2 for job in range(20)
    }


def test_no_jobs_need_no_workers() -> None:
    assert list(work_through(deque(), ready(lambda job: job), workers=2, seconds=60)) == []


def test_jobs_may_be_added_while_results_are_taken() -> None:
    jobs = deque([3])
    results = {}
    for job, result in work_through(jobs, ready(lambda job: job * 2), workers=2, seconds=60):
        results[job] = result
        if job:
            jobs.append(job - 1)
    assert results == {3: 6, 2: 4, 1: 2, 0: 0}


def test_each_worker_is_prepared_once(tmp_path: Path) -> None:
    def get_ready() -> Callable[[int], int]:
        (tmp_path / str(os.getpid())).touch(exist_ok=False)
        return lambda job: os.getpid()

    workers = {result for _, result in work_through(deque(range(10)), get_ready, workers=2, seconds=60)}
    assert workers <= {int(path.name) for path in tmp_path.iterdir()}
    assert len(list(tmp_path.iterdir())) == 2


def dies_on_first_try(folder: Path) -> Callable[[int], int]:
    def work(job: int) -> int:
        if job == 3 and not (folder / "tried").exists():
            (folder / "tried").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return job

    return work


def test_the_job_of_a_worker_that_was_killed_is_tried_once_more(tmp_path: Path) -> None:
    results = dict(work_through(deque(range(6)), ready(dies_on_first_try(tmp_path)), workers=2, seconds=60))
    assert results == {job: job for job in range(6)}
    assert (tmp_path / "tried").exists()


def test_a_job_whose_worker_is_killed_twice_is_lost_and_the_others_are_not(tmp_path: Path) -> None:
    def work(job: int) -> int:
        if job == 3:
            (tmp_path / f"{os.getpid()}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return job

    results = dict(work_through(deque(range(6)), ready(work), workers=2, seconds=60))
    assert isinstance(results.pop(3), Lost)
    assert results == {job: job for job in range(6) if job != 3}
    assert len(list(tmp_path.iterdir())) == 2


def test_jobs_that_were_lost_are_tried_again_one_by_one_after_all_others(tmp_path: Path) -> None:
    """As where the disk is full, or memory is short, for as long as more than one of them runs."""

    def work(job: int) -> list[str]:
        tried = tmp_path / f"tried-{job}"
        if job % 2 and not tried.exists():
            tried.touch()
            raise OSError(28, "No space left on device")
        running = tmp_path / f"running-{job}"
        running.touch()
        for name in ("a", "b", "c"):  # some work, so that jobs beside this one would be seen
            (tmp_path / f"{name}-{job}").write_bytes(bytes(2**20))
        beside = [path.name for path in tmp_path.glob("running-*") if path != running]
        running.unlink()
        return beside

    results = list(work_through(deque(range(8)), ready(work), workers=3, seconds=60))
    assert [job % 2 for job, _ in results] == [0, 0, 0, 0, 1, 1, 1, 1]
    assert all(beside == [] for job, beside in results if job % 2)


@pytest.mark.parametrize("refusals", [1, 3, 10**6])
def test_where_no_process_can_be_started_jobs_wait_and_are_lost_in_the_end(
    refusals: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    hire, asked = workers._hire, list[int]()

    def refusing(get_ready: Callable[..., Any]) -> object:
        asked.append(1)
        if len(asked) <= refusals:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return hire(get_ready)

    monkeypatch.setattr(workers, "_hire", refusing)
    monkeypatch.setattr(workers, "HIRING_SECONDS", 0.0)
    results = dict(work_through(deque(range(4)), ready(lambda job: job), workers=2, seconds=60))
    if refusals < workers.HIRING_TRIES:
        assert results == {job: job for job in range(4)}
    else:
        why = "no process could be started: [Errno 11] Resource temporarily unavailable"
        assert results == {job: Lost(why) for job in range(4)}


def test_a_worker_that_cannot_be_started_beside_another_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    hire, hired = workers._hire, list[int]()

    def one_only(get_ready: Callable[..., Any]) -> object:
        if hired:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        hired.append(1)
        return hire(get_ready)

    monkeypatch.setattr(workers, "_hire", one_only)
    results = dict(work_through(deque(range(6)), ready(lambda job: os.getpid()), workers=3, seconds=60))
    assert len(results) == 6 and len(set(results.values())) == 1


def test_a_worker_that_is_killed_says_how_it_ended() -> None:
    ((_, lost),) = work_through(deque([1]), ready(lambda job: os._exit(7)), workers=1, seconds=60)
    assert lost == Lost("its grading process ended with exit status 7")


def test_a_job_that_raises_is_tried_twice_and_then_lost_with_the_reason(tmp_path: Path) -> None:
    def work(job: int) -> int:
        (tmp_path / str(os.getpid())).touch()
        raise ValueError("disk full")

    ((_, lost),) = work_through(deque([1]), ready(work), workers=1, seconds=60)
    assert lost == Lost("ValueError: disk full")
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("error", [EOFError, BrokenPipeError, ValueError])
def test_where_workers_cannot_be_prepared_every_job_is_lost_with_the_reason(error: type[Exception]) -> None:
    def get_ready() -> Callable[[int], int]:
        raise error("not here")

    results = dict(work_through(deque(range(4)), get_ready, workers=2, seconds=60))
    assert results == {job: Lost(f"{error.__name__}: not here") for job in range(4)}


def test_a_result_that_cannot_be_sent_is_lost() -> None:
    with pytest.raises(TypeError) as error:  # in the words of this Python
        ForkingPickler.dumps(threading.Lock())
    ((_, lost),) = work_through(deque([1]), ready(lambda job: threading.Lock()), workers=1, seconds=60)
    assert lost == Lost(f"TypeError: {error.value}")


@pytest.mark.parametrize("taken", [0, 1, 20])
def test_no_worker_is_left_however_many_results_were_taken(taken: int) -> None:
    results = work_through(deque(range(20)), ready(lambda job: job), workers=3, seconds=60)
    for _ in range(taken):
        next(results)
    results.close()  # type: ignore[attr-defined]
    assert multiprocessing.active_children() == []


def test_workers_end_when_their_owner_is_killed() -> None:
    """They hold a pipe open until they do: reading to its end waits for all of them."""
    read, write = os.pipe()
    owner = os.fork()
    if owner == 0:
        os.close(read)
        for _ in work_through(deque(range(4)), ready(lambda job: job), workers=2, seconds=60):
            os.kill(os.getpid(), signal.SIGKILL)
    os.close(write)
    assert os.waitstatus_to_exitcode(os.waitpid(owner, 0)[1]) == -signal.SIGKILL
    assert os.read(read, 1) == b""
    os.close(read)


def test_the_cores_are_those_that_it_may_use() -> None:
    assert workers.cores() == len(os.sched_getaffinity(0))


def test_a_job_that_never_ends_is_given_up_and_the_others_are_done() -> None:
    def work(job: int) -> int:
        return job if job else threading.Event().wait()

    results = dict(work_through(deque(range(4)), ready(work), workers=2, seconds=0.5))
    assert results.pop(0) == Lost("it took more than 0.5 seconds")
    assert results == {1: 1, 2: 2, 3: 3}
