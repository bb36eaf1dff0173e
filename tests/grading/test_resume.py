"""A run that is killed, or that is not alone, leaves what an undisturbed run leaves."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest
from classroom import (
    MOMENTS,
    autograded_files,
    autograder,
    rows,
    running,
)
from filelock import FileLock, Timeout


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_that_was_killed_and_started_again_ends_like_one_that_was_not(
    handed_in: Path, graded_template: Path, moment: str
) -> None:
    if "gradebook is made" in moment or "enter the gradebook" in moment or "generated" in moment:
        (handed_in / "gradebook.db").unlink()
        shutil.rmtree(handed_in / "release")
    with running(handed_in, "autograder", "grade", "ps1", stop=moment) as run:
        run.wait_for_the_moment()
        run.kill()
    ran = autograder(handed_in, "grade", "ps1")
    assert ran.status == 0, ran
    assert _without_ps2(rows(handed_in)) == _without_ps2(rows(graded_template))
    assert autograded_files(handed_in) == autograded_files(graded_template)
    assert _files(handed_in) == _files(graded_template)


@pytest.mark.parametrize("moment", ["while a submission runs", "before the gradebook is written"])
def test_a_run_that_was_stopped_by_ctrl_c_says_so_and_can_be_taken_up(
    handed_in: Path, graded_template: Path, moment: str
) -> None:
    with running(handed_in, "autograder", "grade", "ps1", stop=moment) as run:
        run.wait_for_the_moment()
        os.killpg(run.process.pid, signal.SIGINT)  # as a terminal does it
        stopped = run.result()
    assert (stopped.status, stopped.out) == (130, "")
    assert stopped.err == "Stopped. Run it again, and it ends as if it had not been stopped.\n"
    assert autograder(handed_in, "grade", "ps1").status == 0
    assert rows(handed_in) == rows(graded_template)


def _without_ps2(found: dict[str, list[tuple[object, ...]]]) -> dict[str, list[tuple[object, ...]]]:
    return {table: [row for row in lines if "ps2" not in row] for table, lines in found.items()}


def _files(root: Path) -> list[str]:
    kept = ("autograded", "feedback", "release/ps1", "source", "submitted", ".autograder")
    return sorted(str(path.relative_to(root)) for name in kept for path in (root / name).rglob("*"))


@pytest.mark.parametrize(
    "moment", ["while a submission runs", "before the gradebook is written", "when a feedback page is there"]
)
def test_the_course_is_locked_from_the_first_submission_to_the_last_page(handed_in: Path, moment: str) -> None:
    lock = FileLock(handed_in / ".autograder/lock")
    with running(handed_in, "autograder", "grade", "ps1", stop=moment) as run:
        run.wait_for_the_moment()
        with pytest.raises(Timeout):
            lock.acquire(timeout=0)
        run.kill()
    with lock.acquire(timeout=0):  # it went with its process
        pass


def test_two_runs_at_once_end_like_one(handed_in: Path, graded_template: Path) -> None:
    first = running(handed_in, "autograder", "grade", "ps1", stop="in the middle of writing the gradebook")
    second = running(handed_in, "autograder", "grade", "ps1", stop="before the lock")
    with first as one, second as two:
        one.wait_for_the_moment()
        two.wait_for_the_moment()
        two.go_on()  # it stands before the lock, and must wait for the first to end
        one.go_on()
        assert one.result().status == 0
        assert two.result().status == 0
    assert rows(handed_in) == rows(graded_template)
    assert autograded_files(handed_in) == autograded_files(graded_template)
