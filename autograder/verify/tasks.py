"""Every task tried on its own mistakes, its right answers, its stub and its oracle."""

from __future__ import annotations

import functools
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from ..authoring.probes import generator
from ..authoring.task import Mistake, Task
from ..marking.answers import LocalAnswer
from ..marking.marks import Case, cases, mark
from ..marking.mistakes import mistakes_in
from ..marking.report import report

FEWEST_MISTAKES = 8
FEWEST_RIGHT_ANSWERS = 6  # the listed ones and the disguises of the first
SEVERAL = re.compile(r"\b(or|either|whether|perhaps|neither)\b|\?")  # a sentence that leaves more than one cause open
SEEDS = ("a", "b", "c")


@dataclass
class Tally:
    """What was measured for one task; `problems` are sentences for a contributor."""

    task: Task
    rejected: int = 0
    diagnosed: int = 0
    accepted: int = 0
    right_tried: int = 0
    twins: int = 0
    worded: int = 0
    problems: list[str] = field(default_factory=list)


def verify_task(task: Task) -> Tally:
    """Try everything that is listed with `task`."""
    tally = Tally(task)
    tally.problems += _about_its_words(task)
    drawn = [cases(task, [*task.examples, *task.probes(generator(seed, task.name))]) for seed in SEEDS]
    for mistake in task.mistakes:
        marks = [mark(task, LocalAnswer(mistake.answer, task.name), each) for each in drawn]
        if all(m.fraction < 1 for m in marks):
            tally.rejected += 1
        else:
            tally.problems.append(
                f"{task.name}: the mistake {mistake.name} scores full marks on some seeds. "
                f"Add probes on which it differs."
            )
        found = [[m.name for m in mistakes_in(m)] for m in marks if not m.differentiated]
        if all(names == [mistake.name] for names in found):
            tally.diagnosed += 1
        else:
            wrong = next(names for names in found if names != [mistake.name])
            tally.problems.append(
                f"{task.name}: the mistake {mistake.name} is recognised as {', '.join(wrong) or 'nothing'}. "
                f"Two mistakes that give the same numbers must be one, or the probes must tell them apart."
            )
        tally.problems += _about_its_twins(task, mistake, drawn, tally)
    for name, answer in right_answers(task):
        tally.right_tried += 1
        marks = [mark(task, LocalAnswer(answer, task.name), each) for each in drawn]
        worst = min(marks, key=lambda m: m.fraction)
        if worst.fraction == 1:
            tally.accepted += 1
        else:
            said = report(worst, mistakes_in(worst), points=task.points, graded=False)
            tally.problems.append(f"{task.name}: the right answer {name} loses marks. The report says:\n{said}")
    tally.problems += _about_stub(task, drawn[0])
    return tally


def _about_its_twins(task: Task, mistake: Mistake, drawn: list[list[Case]], tally: Tally) -> Iterator[str]:
    """Other causes of the same numbers are recognised as this one, whose words are for all of them."""
    for twin in mistake.twins:
        tally.twins += 1
        marks = [mark(task, LocalAnswer(twin, task.name), each) for each in drawn]
        found = {tuple(cause.name for cause in mistakes_in(each)) for each in marks}
        if found != {(mistake.name,)}:
            said = " / ".join(" and ".join(names) or "nothing" for names in sorted(found))
            yield (
                f"{task.name}: {twin.__name__} is listed as a twin of {mistake.name} and is recognised as {said}. "
                f"Twins give the same numbers on every input; another mistake it may be."
            )
        elif not SEVERAL.search(mistake.explanation):
            yield (
                f"{task.name}: {mistake.name} has a twin, and its explanation names one cause. Word it for both, with "
                f"an `or`."
            )
        else:
            tally.worded += 1


def right_answers(task: Task) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The answers that must score full: the oracle where it may be one, those listed, and disguises of the first."""
    listed = [*task.right_answers] if task.by_hand else [task.oracle, *task.right_answers]
    yield from ((answer.__name__, answer) for answer in listed)
    if listed:
        first = listed[0]
        yield from ((f"{first.__name__} {how.__name__}", how(first)) for how in DISGUISES)


def _about_its_words(task: Task) -> Iterator[str]:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", task.name):
        yield f"{task.name}: a task's name may hold only letters, digits, _ and -, since nbgrader's grade_id does."
    if not task.statement.endswith("."):
        yield f"{task.name}: the oracle's docstring is the task's statement: one line that ends with a full stop."
    if len(task.mistakes) < FEWEST_MISTAKES:
        listed = f"lists {len(task.mistakes)} mistakes, {FEWEST_MISTAKES} are wanted"
        yield f"{task.name}: {listed}. Which do people really make?"
    if task.by_hand and not task.right_answers:
        yield f"{task.name}: a by-hand task needs an answer in closed form (@{task.name}.right): its oracle is none."
    tried = len(list(right_answers(task)))
    if tried < FEWEST_RIGHT_ANSWERS:
        wanted = f"{FEWEST_RIGHT_ANSWERS} are wanted: other formulas, loops, dtypes"
        yield f"{task.name}: tries {tried} right answers, {wanted}."
    for mistake in task.mistakes:
        if not mistake.explanation.rstrip().endswith((".", "?")):
            yield f"{task.name}: the explanation of {mistake.name} should be a sentence and end like one."


def _about_stub(task: Task, drawn: list[Case]) -> Iterator[str]:
    def stub(*args: Any) -> Any:
        raise NotImplementedError

    marks = mark(task, LocalAnswer(stub, task.name), drawn)
    if marks.fraction or "not attempted yet" not in str(report(marks, [], points=task.points, graded=True)):
        yield f"{task.name}: a stub should score zero and read 'not attempted yet', but scores {marks.fraction:g}."


# --- disguises: a right answer that looks different is still right ------------------------------------------------


def as_a_lambda(answer: Callable[..., Any]) -> Callable[..., Any]:
    """The answer as a lambda."""
    return lambda *args: answer(*args)


def as_a_partial(answer: Callable[..., Any]) -> Callable[..., Any]:
    """The answer as a functools.partial."""
    return functools.partial(answer)


def as_a_callable_object(answer: Callable[..., Any]) -> Callable[..., Any]:
    """The answer as an object with `__call__`."""

    class Callable_:
        def __call__(self, *args: Any) -> Any:
            return answer(*args)

    return Callable_()


def that_prints_and_warns(answer: Callable[..., Any]) -> Callable[..., Any]:
    """The answer with a print left in and a warning on the way."""

    @functools.wraps(answer)
    def noisy(*args: Any) -> Any:
        print("called with", args)
        warnings.warn("a warning that costs nothing", stacklevel=2)
        return answer(*args)

    return noisy


def with_numbers_in_float32(answer: Callable[..., Any]) -> Callable[..., Any]:
    """The answer with every number of its result rounded to float32 NumPy scalars or arrays, unless it is a tensor
    with a graph that the task needs."""
    return lambda *args: _each_number(answer(*args))


def _each_number(result: Any) -> Any:
    if isinstance(result, float):
        return np.float32(result)
    if isinstance(result, torch.Tensor) and not result.requires_grad and result.dtype == torch.float64:
        return result.to(torch.float32)
    if isinstance(result, tuple):
        return [_each_number(item) for item in result]
    if isinstance(result, dict):
        return {key: _each_number(item) for key, item in result.items()}
    return result


DISGUISES = (as_a_lambda, as_a_partial, as_a_callable_object, that_prints_and_warns, with_numbers_in_float32)
