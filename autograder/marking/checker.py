"""One task, one answer, one report: drawn, driven and judged in a clean state of the process."""

from __future__ import annotations

import functools

from ..authoring import probes
from ..authoring.task import Cause, Task
from ..exchange.surroundings import clean
from ..exchange.values import Value
from ..tasks import all_tasks
from .answers import Answer
from .marks import Case, Marks, cases, joined, mark
from .mistakes import mistakes_in
from .reading.slips import slips_in
from .report import Report, report

IN_CHECK, IN_GRADING = 0.1, 0.5  # seconds in which a slip is looked for: while somebody waits, and at leisure


def check(task: Task, answer: Answer) -> Report:
    """The report on the public examples. Points are the share that the examples alone would earn."""
    with clean():
        marks = mark(task, answer, _examples(task))
        found = _causes(task, answer, marks)
        return _report(marks, found, answer, points=task.points, graded=False, history=answer.history())


def grade(task: Task, answer: Answer, *, points: float, seed: tuple[str, ...]) -> Report:
    """The report on hidden probes, which are a function of `seed` and the task alone. `earned` is out of `points`."""
    marks = graded(task, answer, seed=seed)
    return looked_closer(marks, answer, points=points) or told(marks, answer, points=points)


def graded(task: Task, answer: Answer, *, seed: tuple[str, ...]) -> Marks:
    """The marks of an answer on hidden probes."""
    with clean():
        drawn = task.probes(probes.generator(*seed, task.name))
        return mark(task, answer, [*_examples(task), *cases(task, drawn)])


def told(marks: Marks, answer: Answer, *, points: float) -> Report:
    """The report on graded marks, with the listed mistakes that are in them."""
    with clean():
        history = answer.history() if marks.fraction < 1 else None
        return _report(marks, mistakes_in(marks), answer, points=points, graded=True, history=history)


def _report(
    marks: Marks, causes: list[Cause], answer: Answer, *, points: float, graded: bool, history: Value
) -> Report:
    return report(
        marks,
        causes,
        points=points,
        graded=graded,
        history=history,
        source=answer.source() if marks.fraction < 1 else "",
        others=all_tasks(),
    )


def looked_closer(marks: Marks, answer: Answer, *, points: float) -> Report | None:
    """The report with the slip that the source shows, where no listed mistake explains what is wrong; None where there
    is nothing more to say. Runs edits of the answer: for words alone, once all marks are known."""
    with clean():
        if _is_explained(mistakes_in(marks)):
            return None
        history = answer.history()
        slips = slips_in(marks, answer, seconds=IN_GRADING)
        return _report(marks, slips, answer, points=points, graded=True, history=history) if slips else None


@functools.cache
def _examples(task: Task) -> list[Case]:
    """The examples are the same for everybody: what is right there, and what mistakes give there, is found out once."""
    return cases(task, task.examples)


@functools.cache
def _drawn_for_check(task: Task) -> list[Case]:
    return cases(task, task.probes(probes.generator("check", task.name)))


def _causes(task: Task, answer: Answer, marks: Marks) -> list[Cause]:
    """Diagnose on drawn inputs too: two or three examples are too few to tell one mistake from another."""
    if not marks.failing or not marks.attempted:
        return []
    more = joined(marks, mark(task, answer, _drawn_for_check(task)))
    found = mistakes_in(more)
    return found if _is_explained(found) else slips_in(more, answer, seconds=IN_CHECK) or found


def _is_explained(causes: list[Cause]) -> bool:
    """Whether one cause is certain and explains all that is wrong. Else a slip that the source shows says more."""
    return bool(causes) and all(cause.telling and not cause.parts for cause in causes)
