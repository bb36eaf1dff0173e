"""What a test's run of `autograder` or `nbgrader` is forked from: everything imported, a warm process started.

`classroom.run` uses it. A run is a process of its own, as in life (grading forks, and no fork survives a backward that
went before it), but starting one takes a hundredth of a second and not five. Only the doctor is left out: test_cli.py
and test_flow.py see to it.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import nbgrader.apps.autogradeapp
import nbgrader.apps.generateassignmentapp
import nbgrader.apps.generatefeedbackapp
import nbgrader.apps.nbgraderapp
import nbgrader.preprocessors.savecells

import autograder.nbgrader
from autograder import cli, feedback, gradebook, grading
from autograder.jail import client, doctor

PROGRAMS = {"autograder": cli.main, "nbgrader": nbgrader.apps.nbgraderapp.NbGraderApp.launch_instance}
warm = client.WarmProcess()
warm.close = lambda: None  # type: ignore[method-assign]  # it is every run's, and ends with the tests
client.WarmProcess = lambda: warm  # type: ignore[assignment,misc]
autograder.nbgrader.WarmProcess = lambda: warm  # type: ignore[assignment,misc]
doctor.open_escapes = lambda warm: []

# Moments at which a run can be stopped: (what holds the function, its name, when: before or after it is called).
MOMENTS: dict[str, tuple[Any, str, str]] = {
    "before the lock": (grading, "private_folder", "before"),
    "in the lock": (grading, "_keys", "before"),
    "while the assignment is put into the gradebook": (
        nbgrader.preprocessors.savecells.SaveCells,
        "_create_source_cell",
        "after",
    ),
    "before the cells of a notebook are in the gradebook": (
        nbgrader.preprocessors.savecells.SaveCells,
        "_create_notebook",
        "before",
    ),
    "while a submission is graded": (grading.submission, "run", "after"),
    "while an autograded folder is replaced": (grading, "_set_permissions", "after"),
    "when a submission's folder is there": (grading._Grader, "_write", "after"),
    "before the gradebook is written": (grading, "record", "before"),
    "in the middle of writing the gradebook": (gradebook, "_assign_late_penalty", "after"),
    "after the gradebook was written": (grading, "record", "after"),
    "while a feedback page is made": (feedback.PageMaker, "page", "after"),
}


def run(root: Path, program: str, argv: tuple[str, ...], pipe: Connection, moment: str | None) -> None:
    """Run a program in `root`; send its exit status and what it printed. At `moment`, say so and wait for an answer."""
    os.setsid()  # so that a test can kill it with its workers
    os.chdir(root)
    if moment is not None:
        _stop_at(moment, pipe)
    sys.argv = [program, *argv]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = PROGRAMS[program](list(argv)) or 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
    pipe.send((status, out.getvalue(), err.getvalue()))


def _stop_at(moment: str, pipe: Connection) -> None:
    holder, name, when = MOMENTS[moment]
    original = getattr(holder, name)
    stopped = []

    def stopping(*args: Any, **kwargs: Any) -> Any:
        if when == "before":
            stop()
        result = original(*args, **kwargs)
        if when == "after":
            stop()
        return result

    def stop() -> None:
        if not stopped:
            stopped.append(True)
            pipe.send(moment)
            pipe.recv()

    setattr(holder, name, stopping)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
