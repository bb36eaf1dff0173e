"""Wrong answers that look right at first sight lose marks, whatever the seed, and for what they get wrong."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from autograder.authoring.probes import generator
from autograder.exchange.surroundings import clean
from autograder.marking.answers import LocalAnswer
from autograder.marking.marks import cases, mark
from autograder.tasks import all_tasks

ASSIGNMENTS = sorted({task.assignment for task in all_tasks().values()})
SEEDS = ("one", "two", "three")
FEWEST = 8


def answers_of(assignment: str) -> dict[str, dict[str, Callable[..., Any]]]:
    return importlib.import_module(f"tasks.undeserved.{assignment}").ANSWERS  # type: ignore[no-any-return]


WRONG = [
    pytest.param(name, answer, id=f"{name}: {what}")
    for assignment in ASSIGNMENTS
    for name, answers in answers_of(assignment).items()
    for what, answer in answers.items()
]


def test_every_task_has_some() -> None:
    counts = {name: len(found) for each in ASSIGNMENTS for name, found in answers_of(each).items()}
    assert counts.keys() == all_tasks().keys()
    assert min(counts.values()) >= FEWEST


@pytest.mark.parametrize(("name", "answer"), WRONG)
def test_a_wrong_answer_loses_marks_for_what_is_wrong(name: str, answer: Callable[..., Any]) -> None:
    task = all_tasks()[name]
    for seed in SEEDS:
        with warnings.catch_warnings(), clean():
            warnings.simplefilter("ignore")
            drawn = cases(task, [*task.examples, *task.probes(generator(seed, name))])
            marks = mark(task, LocalAnswer(answer, name), drawn)
        assert marks.failing, "no probe shows that it differs from what is right"
        assert marks.fraction < 1
