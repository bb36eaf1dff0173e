"""What a test's run of `autograder` or `nbgrader` is forked from: everything imported, examiners started.

`classroom.run` uses it. A run is a process of its own, as in life (grading forks, and no fork survives a backward that
went before it), but starting one takes a hundredth of a second and not five. Only the doctor is left out: test_cli.py
and test_flow.py see to it.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import pkgutil
import signal
import sys
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import nbgrader.apps.autogradeapp
import nbgrader.apps.generateassignmentapp
import nbgrader.apps.generatefeedbackapp
import nbgrader.apps.nbgraderapp
from classroom import MOMENTS

import autograder.grading.run
import autograder.nbgrader
from autograder import cli
from autograder.examiner import client
from autograder.jail.process import JailError

PROGRAMS = {"autograder": cli.main, "nbgrader": nbgrader.apps.nbgraderapp.NbGraderApp.launch_instance}
examiners = client.Examiners()
examiners.close = lambda: None  # type: ignore[method-assign]  # it is every run's, and ends with the tests
for module in (client, autograder.nbgrader):
    setattr(module, "Examiners", lambda: examiners)  # noqa: B010 - a class there
client.Examiner.try_the_jail = lambda self: None  # type: ignore[method-assign]


# A function that goes wrong: its place, the student with whom it does, and how (raise, die, die once, disk full).
Fault = tuple[str, str, str]


def run(
    root: Path, program: str, argv: tuple[str, ...], pipe: Connection, moment: str | None, fault: Fault | None
) -> None:
    """Run a program in `root`; send its exit status and what it printed. At `moment`, say so and wait for an answer."""
    os.setsid()  # so that a test can kill it with its workers
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in a script's background
    os.chdir(root)
    if moment is not None:
        _stop_at(moment, pipe)
    if fault is not None:
        _break(root, *fault)
    sys.argv = [program, *argv]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = PROGRAMS[program](list(argv)) or 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        except Exception:
            status = -1
            traceback.print_exc()
    pipe.send((status, out.getvalue(), err.getvalue()))


def _stop_at(moment: str, pipe: Connection) -> None:
    when, place = MOMENTS[moment]
    path, name = place.rsplit(".", 1)
    holder = pkgutil.resolve_name(path)
    original = getattr(holder, name)
    stopped: list[bool] = []

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


def _break(root: Path, place: str, student: str, how: str) -> None:
    path, name = place.rsplit(".", 1)
    holder = pkgutil.resolve_name(path)
    original = getattr(holder, name)

    def broken(*args: Any) -> Any:
        jobs = [getattr(argument, "submitted", argument) for argument in args]
        if any(getattr(job, "student", None) == student or student in getattr(job, "parts", ()) for job in jobs):
            match how:
                case "raise":
                    raise JailError("the warm process died")
                case "disk full":
                    raise OSError(errno.ENOSPC, "No space left on device")
                case "die":
                    os._exit(9)
                case "die once" if not (root / "died").exists():
                    (root / "died").touch()
                    os._exit(9)
        return original(*args)

    setattr(holder, name, broken)
