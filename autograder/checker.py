"""One task, one answer, one report."""

from __future__ import annotations

from . import probes
from .answers import Answer
from .diagnose import mistakes_in
from .marking import Marks, mark
from .report import Report, report
from .task import Mistake, Task


def check(task: Task, answer: Answer) -> Report:
    """The report on the public examples. Points are the share that the examples alone would earn."""
    marks = mark(task, answer, task.examples)
    return report(marks, _mistakes(task, answer, marks), points=task.points, hidden=False)


def grade(task: Task, answer: Answer, *, points: float, seed: tuple[str, ...]) -> Report:
    """The report on hidden probes, which are a function of `seed` and the task alone. `earned` is out of `points`."""
    drawn = task.probes(probes.generator(*seed, task.name))
    marks = mark(task, answer, [*task.examples, *drawn])
    return report(marks, mistakes_in(marks), points=points, hidden=True)


def _mistakes(task: Task, answer: Answer, marks: Marks) -> list[Mistake]:
    """Diagnose on drawn inputs too: two or three examples are too few to tell one mistake from another."""
    if not marks.failing or not marks.attempted:
        return []
    wider = mark(task, answer, [*task.examples, *task.probes(probes.generator("check", task.name))])
    return mistakes_in(wider)
