"""One task, one answer, one report: public examples for the student, hidden probes for the score."""

from __future__ import annotations

from typing import Any

import pytest

from autograder.authoring import probes
from autograder.authoring.task import task
from autograder.marking import checker
from autograder.marking.answers import LocalAnswer


@task(points=2, examples=[1.0, 2.0], probes=probes.reals(-5, 5, also=[0.0]))
def square(x: float) -> float:
    """x²."""
    return x * x


@square.mistake("You lost the sign.")
def signed(x: float) -> float:
    return x * abs(x)


@square.mistake("You doubled x, which is the same at 2 alone.")
def doubled(x: float) -> float:
    return 2 * x


def answer(function: Any) -> LocalAnswer:
    return LocalAnswer(function, "square")


def test_a_right_answer_is_right_in_both() -> None:
    assert checker.check(square, answer(lambda x: x**2)).earned == 2.0
    assert checker.grade(square, answer(lambda x: x**2), points=5, seed=("s",)).earned == 5.0


def test_what_the_examples_let_through_the_hidden_probes_do_not() -> None:
    assert checker.check(square, answer(signed)).earned == 2.0
    graded = checker.grade(square, answer(signed), points=2, seed=("s",))
    assert graded.earned == 0.0
    assert "You lost the sign." in str(graded)


def test_an_answer_that_knows_the_examples_by_heart_earns_nothing() -> None:
    by_heart = answer(lambda x: {1.0: 1.0, 2.0: 4.0}.get(x, 0.0))
    assert checker.check(square, by_heart).earned == 2.0
    assert checker.grade(square, by_heart, points=2, seed=("s",)).earned == 0.0


def test_examples_count_in_the_grade_too() -> None:
    assert checker.grade(square, answer(lambda x: 0.0 if x == 2.0 else x * x), points=2, seed=("s",)).earned == 0.0


def test_a_check_diagnoses_on_more_than_the_examples() -> None:
    said = str(checker.check(square, answer(doubled)))
    assert "You doubled x" in said
    # Wrong at 1 like `doubled`, but something else altogether elsewhere.
    other = answer(lambda x: 2.0 if x == 1.0 else x * x)
    assert "You doubled x" not in str(checker.check(square, other))


def test_the_same_seed_gives_the_same_inputs_and_another_seed_others() -> None:
    def inputs(*seed: str) -> list[float]:
        seen: list[float] = []
        checker.grade(square, answer(lambda x: seen.append(x)), points=2, seed=seed)
        return sorted(set(seen))

    assert inputs("secret", "ada") == inputs("secret", "ada")
    assert inputs("secret", "ada") != inputs("secret", "bob")


@pytest.mark.parametrize("seed", ["a", "b", "c", "d"])
def test_a_mistake_loses_marks_whatever_the_seed(seed: str) -> None:
    for wrong in (signed, doubled):
        assert checker.grade(square, answer(wrong), points=2, seed=(seed,)).earned == 0.0
