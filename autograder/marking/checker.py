"""One task, one answer, one report: drawn, driven and judged in a clean state of the process."""

from __future__ import annotations

import functools

from ..authoring import probes
from ..authoring.task import Mistake, Task
from ..exchange.surroundings import clean
from ..exchange.values import Value
from ..tasks import all_tasks
from .answers import Answer
from .marks import Case, Marks, cases, mark
from .mistakes import mistakes_in
from .report import Report, report


def check(task: Task, answer: Answer) -> Report:
    """The report on the public examples. Points are the share that the examples alone would earn."""
    with clean():
        marks = mark(task, answer, _examples(task))
        found = _mistakes(task, answer, marks)
        return _report(marks, found, answer, points=task.points, graded=False, history=answer.history())


def grade(task: Task, answer: Answer, *, points: float, seed: tuple[str, ...]) -> Report:
    """The report on hidden probes, which are a function of `seed` and the task alone. `earned` is out of `points`."""
    with clean():
        drawn = task.probes(probes.generator(*seed, task.name))
        marks = mark(task, answer, [*_examples(task), *cases(task, drawn)])
        history = answer.history() if marks.fraction < 1 else None
        return _report(marks, mistakes_in(marks), answer, points=points, graded=True, history=history)


def _report(
    marks: Marks, mistakes: list[Mistake], answer: Answer, *, points: float, graded: bool, history: Value
) -> Report:
    return report(
        marks,
        mistakes,
        points=points,
        graded=graded,
        history=history,
        source=answer.source() if marks.fraction < 1 else "",
        others=all_tasks(),
    )


@functools.cache
def _examples(task: Task) -> list[Case]:
    """The examples are the same for everybody: what is right there, and what mistakes give there, is found out once."""
    return cases(task, task.examples)


@functools.cache
def _drawn_for_check(task: Task) -> list[Case]:
    return cases(task, task.probes(probes.generator("check", task.name)))


def _mistakes(task: Task, answer: Answer, marks: Marks) -> list[Mistake]:
    """Diagnose on drawn inputs too: two or three examples are too few to tell one mistake from another."""
    if not marks.failing or not marks.attempted:
        return []
    return mistakes_in(mark(task, answer, [*_examples(task), *_drawn_for_check(task)]))
