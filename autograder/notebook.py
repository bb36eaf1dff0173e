"""What the notebooks call: `check` shows a student the public examples, `grade` scores on hidden probes.

In a stock kernel both run beside the student's code, as in any notebook autograder; the score of record comes from
`autograder grade`, which runs them outside (see `jail`).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

from IPython.display import display

from .authoring.task import Task
from .marking import checker
from .marking.answers import LocalAnswer
from .marking.report import Report
from .tasks import all_tasks


def check(name: str, answer: Callable[..., Any]) -> float:
    """Show how `answer` does on the public examples of the task `name`; return the points that these would earn."""
    return _shown(checker.check(find(name), LocalAnswer(answer, name)))


def grade(name: str, answer: Callable[..., Any]) -> float:
    """Show how `answer` does on hidden inputs; return the points, which nbgrader reads as the cell's score."""
    task = find(name)
    return _shown(checker.grade(task, LocalAnswer(answer, name), points=task.points, seed=("notebook",)))


def find(name: str) -> Task:
    """The task of that name. Raises LookupError, with the nearest names, where there is none."""
    tasks = all_tasks()
    if name not in tasks:
        near = difflib.get_close_matches(str(name), tasks, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise LookupError(f"There is no task named {name!r}.{hint}")
    return tasks[name]


def _shown(report: Report) -> float:
    display({"text/plain": str(report), "text/html": report._repr_html_()}, raw=True)
    return report.earned
