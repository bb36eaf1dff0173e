"""Which known mistake is in an answer: the one that is certain, both where both are, and none rather than a guess."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from autograder.authoring.task import Mistake, Task, task
from autograder.marking.answers import LocalAnswer
from autograder.marking.marks import cases, mark
from autograder.marking.mistakes import _cover, mistakes_in


@task(points=2, examples=[1.0, -2.0, 3.0], probes=lambda rng: [])
def square(x: float) -> float:
    """x²."""
    return x * x


@square.mistake("You doubled x.")
def doubled(x: float) -> float:
    return 2 * x


@square.mistake("You lost the sign.")
def negative(x: float) -> float:
    return -x * x


@task(points=3, examples=[(1.0, 2.0), (-3.0, 4.0)], probes=lambda rng: [])
def gradients(x: float, w: float) -> dict[str, float]:
    """Three named gradients."""
    return {"dp": x, "dw": x * w, "db": w}


@gradients.mistake("You forgot x in dw.")
def without_x(x: float, w: float) -> dict[str, float]:
    return {"dp": x, "dw": w, "db": w}


@gradients.mistake("Your db is always 1.")
def constant_db(x: float, w: float) -> dict[str, float]:
    return {"dp": x, "dw": x * w, "db": 1.0}


@gradients.mistake("Everything has the other sign.")
def all_negative(x: float, w: float) -> dict[str, float]:
    return {"dp": -x, "dw": -x * w, "db": -w}


@gradients.mistake("You left something in x.")
def left_a_gradient(x: float, w: float) -> Any:
    torch.set_grad_enabled(False)
    return gradients.oracle(x, w)


@task(points=1, examples=[2.0], probes=lambda rng: [])
def ambiguous(x: float) -> float:
    """x + 1."""
    return x + 1


@ambiguous.mistake("You doubled x.")
def twice(x: float) -> float:
    return 2 * x


@ambiguous.mistake("You squared x.")
def squared(x: float) -> float:
    return x * x


def names(task: Task, answer: Callable[..., Any]) -> list[str]:
    return [
        mistake.name for mistake in mistakes_in(mark(task, LocalAnswer(answer, task.name), cases(task, task.examples)))
    ]


def test_a_right_answer_has_no_mistake() -> None:
    assert names(square, lambda x: x**2) == []


@pytest.mark.parametrize("form", [float, torch.tensor, lambda v: torch.tensor(v, dtype=torch.float64)])
def test_a_mistake_is_known_by_its_numbers_whatever_their_form(form: Callable[[float], Any]) -> None:
    assert names(square, lambda x: form(x + x)) == ["doubled"]
    assert names(square, lambda x: form(-(x**2))) == ["negative"]


def test_an_unknown_mistake_is_not_given_a_name() -> None:
    assert names(square, lambda x: x**3) == []
    assert names(square, lambda x: 2 * x if x > 0 else 0.0) == []
    assert names(square, lambda x: None) == []


def test_a_stub_has_no_mistake() -> None:
    def stub(x: float) -> float:
        raise NotImplementedError

    assert names(square, stub) == []


def test_a_mistake_in_one_part_is_known_though_another_part_is_wrong_in_an_unknown_way() -> None:
    assert names(gradients, lambda x, w: {"dp": 17.0, "dw": w, "db": w}) == ["without_x"]


def test_two_mistakes_in_one_answer_are_both_told() -> None:
    assert set(names(gradients, lambda x, w: {"dp": x, "dw": w, "db": 1.0})) == {"without_x", "constant_db"}


def test_one_mistake_that_explains_everything_comes_alone() -> None:
    assert names(gradients, all_negative) == ["all_negative"]


def test_a_fault_in_conduct_is_known_beside_another() -> None:
    def both(x: float, w: float) -> dict[str, float]:
        torch.set_grad_enabled(False)
        return {"dp": x, "dw": w, "db": w}

    assert set(names(gradients, both)) == {"without_x", "left_a_gradient"}


def test_where_two_mistakes_give_the_same_numbers_none_is_told() -> None:
    assert names(ambiguous, lambda x: 4.0) == []


def test_a_mistake_is_driven_once_for_all_answers_that_share_their_probes() -> None:
    driven: list[float] = []

    @task(points=1, examples=[1.0, 3.0], probes=lambda rng: [])
    def tripled(x: float) -> float:
        """3x."""
        return 3 * x

    @tripled.mistake("You doubled x.")
    def doubled(x: float) -> float:
        driven.append(x)
        return 2 * x

    shared = cases(tripled, tripled.examples)
    for _ in range(3):
        found = mistakes_in(mark(tripled, LocalAnswer(lambda x: x + x, "tripled"), shared))
        assert [mistake.name for mistake in found] == ["doubled"]
    assert driven == [1.0, 1.0, 3.0, 3.0]  # each twice, as every answer is


def mistake(name: str) -> Mistake:
    return Mistake(name, f"You did {name}.", lambda x: x)


def cover(explains: dict[str, str]) -> list[str]:
    """What covers the faults a, b, c and d; the faults that each mistake explains are letters."""
    found, _ = _cover(set("abcd"), {name: (mistake(name), frozenset(parts)) for name, parts in explains.items()})
    return [each.name for each, _ in found]


def test_of_two_mistakes_that_explain_as_much_and_share_a_fault_neither_is_told() -> None:
    assert cover({"one": "ab", "other": "bc"}) == []


def test_of_two_mistakes_that_explain_as_much_and_share_nothing_both_are_told() -> None:
    assert cover({"one": "ab", "other": "cd"}) == ["one", "other"]


def test_the_mistake_that_explains_most_comes_first_and_the_rest_is_weighed_by_what_it_left() -> None:
    assert cover({"small": "d", "large": "abc"}) == ["large", "small"]
    assert cover({"large": "abc", "one": "cd", "other": "ad"}) == ["large"]  # both explain d, which is left


def test_in_whatever_order_they_are_listed_a_third_that_shares_a_fault_counts_too() -> None:
    assert cover({"one": "ab", "other": "cd", "both": "bc"}) == []
    assert cover({"both": "bc", "one": "ab", "other": "cd"}) == []
    assert cover({"one": "ab", "other": "bc", "apart": "d"}) == []
