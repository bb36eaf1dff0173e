"""What the notebooks call: `check` shows a student the public examples, `grade` scores on hidden probes.

In a stock kernel both run beside the student's code, as in any notebook autograder; the score of record comes from
`autograder grade`, which runs them outside (see `jail`).
"""

from __future__ import annotations

import difflib
import os
import sys
import textwrap
from collections.abc import Callable
from typing import Any

from IPython import get_ipython
from IPython.display import display

from .authoring.task import Task
from .exchange import cells
from .marking import checker
from .marking.answers import Answer, LocalAnswer, NamedAnswer
from .marking.report import PASSED, Report
from .tasks import all_tasks

WIDTH = 80  # of what nbgrader's Validate shows; it cuts longer lines


class Score(float):
    """Points. nbgrader reads its text, a number; a notebook shows what the number is."""

    words: str

    def __new__(cls, points: float, words: str) -> Score:
        score = super().__new__(cls, points)
        score.words = words
        return score

    def _repr_html_(self) -> str:
        return f'<span style="color:#607d8b">{self.words}</span>'


def check(name: str, answer: Callable[..., Any] | None = None) -> Score:
    """Show how the answer to the task `name` does on the public examples; return the points that these would earn.

    The answer is what goes by that name where `check` is called, unless it is given.
    """
    task = find(name)
    return _shown(checker.check(task, _answer(name, answer)), f"of {task.points:g} points, as far as these examples go")


def grade(name: str, answer: Callable[..., Any] | None = None) -> Score:
    """Show how the answer does on hidden inputs; return the points, which nbgrader reads as the cell's score."""
    task = find(name)
    report = checker.grade(task, _answer(name, answer), points=task.points, seed=("notebook",))
    return _shown(report, f"of {task.points:g} points")


def find(name: str) -> Task:
    """The task of that name. Raises LookupError, with the nearest names, where there is none."""
    tasks = all_tasks()
    if name not in tasks:
        near = difflib.get_close_matches(str(name), tasks, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise LookupError(f"There is no task named {name!r}.{hint}")
    return tasks[name]


def watch_cells() -> None:
    """Remember the cells that run from now on, to tell of those that fail. Does nothing outside IPython."""
    shell = get_ipython()
    if shell is not None:
        cells.watch(shell)


def _answer(name: str, answer: Callable[..., Any] | None) -> Answer:
    caller = sys._getframe(2)
    space = {**caller.f_globals, **caller.f_locals}
    if answer is None or space.get(name) is answer:
        return NamedAnswer(name, space)
    return LocalAnswer(answer, name)


def _shown(report: Report, of_how_many: str) -> Score:
    display({"text/plain": str(report), "text/html": report._repr_html_()}, raw=True)
    if os.environ.get("NBGRADER_EXECUTION") == "validate" and report.status != PASSED:
        # Validate shows what a failed cell writes here, and else no more than "partial credit".
        lines = [report.headline, *report.lines]
        print("\n".join(textwrap.fill(line, WIDTH, subsequent_indent="  ") for line in lines), file=sys.stderr)
    return Score(report.earned, f"{report.earned:g} {of_how_many}")


watch_cells()
