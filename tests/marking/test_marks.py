"""What an answer earns: part by part, on every probe or not at all, less what its conduct costs."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
import torch

from autograder.authoring.task import Task, task
from autograder.exchange.values import Made, Opaque, Raised
from autograder.marking.answers import LocalAnswer
from autograder.marking.marks import ANSWER, ERRORS, INPUTS, SECOND_CALL, STATE, Marks, cases, described, mark


def no_more(rng: Any) -> list[Any]:
    return []


@task(points=4, examples=[-2.0, 0.0, 3.0], probes=no_more)
def double(x: float) -> float:
    """Twice x."""
    return 2 * x


@task(points=4, examples=[-2.0, 0.0, 3.0], probes=no_more, by_hand=True)
def by_hand(x: float) -> float:
    """The derivative of x² at x."""
    return 2 * x


@task(points=4, examples=[(1.0, 2.0), (3.0, -4.0)], probes=no_more, parts=("sum", "product"))
def pair(x: float, y: float) -> tuple[float, float]:
    """The sum and the product."""
    return x + y, x * y


@task(points=4, examples=[1.0, 3.0], probes=no_more, essential=("slope",))
def named(x: float) -> dict[str, Any]:
    """A dict with the slope and whether it is positive."""
    return {"slope": 2 * x, "positive": x > 0}


@task(points=4, examples=[(torch.tensor([1.0, 2.0], requires_grad=True),)], probes=no_more)
def total(x: torch.Tensor) -> Any:
    """The sum of squares, as a number."""
    return (x**2).sum().item()


@task(points=4, examples=[(2.0, "mean"), (2.0, "max")], probes=no_more)
def reduced(x: float, reduction: str) -> float:
    """x, for the reduction "mean"; anything else: ValueError."""
    if reduction != "mean":
        raise ValueError("no such reduction")
    return x


@task(points=4, examples=[2.0, 3.0], probes=no_more, canonical=lambda result, x: sorted(result))
def names(x: float) -> list[float]:
    """The two roots of x², in any order."""
    return [-x, x]


def marks(task: Task, answer: Callable[..., Any]) -> Marks:
    return mark(task, LocalAnswer(answer, task.name), cases(task, task.examples))


def test_a_right_answer_earns_everything() -> None:
    right = marks(double, lambda x: torch.tensor(2 * x))
    assert right.fraction == 1.0
    assert right.failing == []
    assert right.value_parts == [ANSWER]


@pytest.mark.parametrize(
    "answer",
    [
        lambda x: 2 * x if x > 0 else 0.0,
        lambda x: 2 * abs(x),
        lambda x: torch.tensor([2 * x]),
        lambda x: str(2 * x),
        lambda x: None,
        lambda x: float("nan"),
        lambda x: 1 / 0,
        lambda: 0.0,
        lambda x: lambda: 2 * x,
    ],
)
def test_an_answer_that_is_wrong_somewhere_earns_nothing(answer: Callable[..., Any]) -> None:
    wrong = marks(double, answer)
    assert wrong.fraction == 0.0
    assert ANSWER in wrong.failing


def test_each_named_part_earns_its_share() -> None:
    assert marks(pair, lambda x, y: (x + y, 0.0)).fraction == 0.5
    assert marks(pair, lambda x, y: [x + y, x * y]).fraction == 1.0
    assert marks(pair, lambda x, y: torch.tensor([x + y, x * y])).fraction == 1.0
    assert marks(pair, lambda x, y: (x * y, x + y)).fraction == 0.0
    assert marks(pair, lambda x, y: x + y).fraction == 0.0
    assert marks(pair, lambda x, y: (x + y, x * y, 0.0)).fraction == 0.0


def test_a_part_that_luck_could_have_right_earns_nothing_by_itself() -> None:
    assert marks(named, lambda x: {"slope": 2 * x, "positive": False}).fraction == 0.5
    assert marks(named, lambda x: {"slope": 0.0, "positive": True}).fraction == 0.0
    assert marks(named, lambda x: {"positive": True}).fraction == 0.0


def test_a_dict_without_the_keys_is_described() -> None:
    wrong = marks(named, lambda x: {"Slope": 2 * x})

    said = "a dict with keys 'Slope', where a dict with keys 'slope', 'positive' should be"
    assert wrong.signatures[0]["slope"] == Opaque(said)


def test_a_missing_key_costs_its_part_alone() -> None:
    some = marks(named, lambda x: {"slope": 2 * x})
    assert some.fraction == 0.5
    assert some.failing == ["positive"]


class Counts:
    """Right the first time, and wrong after that."""

    def __init__(self) -> None:
        self.seen: set[float] = set()

    def __call__(self, x: float) -> float:
        again = x in self.seen
        self.seen.add(x)
        return 2 * x + 5 * again


def accumulates(x: torch.Tensor) -> float:
    (x**2).sum().backward()
    return (x**2).sum().item()


def leaves_recording_off(x: torch.Tensor) -> float:
    torch.set_grad_enabled(False)
    return (x**2).sum().item()


def changes_its_input(x: torch.Tensor) -> float:
    return x.data.pow_(2).sum().item()


def changes_everything(x: torch.Tensor) -> float:
    torch.set_default_dtype(torch.float64)
    return changes_its_input(x)


@pytest.mark.parametrize(
    ("task", "answer", "faults"),
    [
        (double, Counts(), [SECOND_CALL]),
        (total, accumulates, [INPUTS]),
        (total, changes_its_input, [INPUTS]),
        (total, leaves_recording_off, [STATE]),
        (total, changes_everything, [INPUTS, STATE]),
    ],
)
def test_each_fault_in_conduct_costs_a_quarter(task: Task, answer: Callable[..., Any], faults: list[str]) -> None:
    right_but = marks(task, answer)
    assert right_but.failing == faults
    assert right_but.fraction == 1 - 0.25 * len(faults)


def test_a_wrong_answer_that_is_nan_twice_is_not_told_that_its_second_call_differs() -> None:
    assert marks(double, lambda x: float("nan")).failing == [ANSWER]
    assert marks(double, lambda x: torch.tensor(True)).failing == [ANSWER]


def test_an_answer_that_raises_differently_each_time_is_told_of_the_error_alone() -> None:
    def raises(x: float) -> float:
        raise ValueError(f"at {random.random()}")

    assert marks(double, raises).failing == [ANSWER]


def test_the_right_error_is_conduct_and_its_words_are_free() -> None:
    def right(x: float, reduction: str) -> float:
        if reduction != "mean":
            raise ValueError("something else")
        return x

    def other(x: float, reduction: str) -> float:
        return {"mean": x}[reduction]

    assert marks(reduced, right).fraction == 1.0
    assert marks(reduced, other).failing == [ERRORS]
    assert marks(reduced, lambda x, reduction: x).fraction == 0.75

    def always(x: float, reduction: str) -> float:
        raise ValueError

    assert marks(reduced, always).fraction == 0.0


def test_where_several_forms_are_right_each_is() -> None:
    assert marks(names, lambda x: (x, -x)).fraction == 1.0
    assert marks(names, lambda x: [x, x]).fraction == 0.0
    assert marks(names, lambda x: None).fraction == 0.0


def test_a_stub_was_not_attempted() -> None:
    def stub(*args: Any) -> Any:
        raise NotImplementedError

    assert not marks(double, stub).attempted
    assert not marks(pair, stub).attempted
    assert not marks(reduced, stub).attempted
    assert marks(double, lambda x: 1 / 0).attempted
    assert marks(double, lambda x: 0.0).attempted

    def half(x: float) -> float:
        if x > 0:
            raise NotImplementedError
        return 2 * x

    assert marks(double, half).attempted


def test_differentiating_earns_nothing_where_the_task_is_by_hand() -> None:
    def machine(x: float) -> float:
        t = torch.tensor(x, requires_grad=True)
        (t**2).backward()
        assert t.grad is not None
        return t.grad.item()

    def differences(x: float) -> float:
        return ((x + 1e-5) ** 2 - (x - 1e-5) ** 2) / 2e-5

    for answer in (machine, differences):
        caught = marks(by_hand, answer)
        assert caught.differentiated
        assert caught.fraction == 0.0
        assert caught.failing == [], "the numbers are right"
        assert marks(double, answer).fraction == 1.0, "and where any way will do, they count"
    assert marks(by_hand, lambda x: x + x).fraction == 1.0


def test_the_oracle_is_driven_as_the_answer_is() -> None:
    @task(points=1, examples=[(torch.tensor([3.0], requires_grad=True),)], probes=no_more, driver="value_and_gradients")
    def cube(x: torch.Tensor) -> torch.Tensor:
        """x³."""
        return x**3

    right = marks(cube, lambda x: x * x * x)
    assert right.value_parts == ["value", "gradient to x"]
    assert right.fraction == 1.0
    assert marks(cube, lambda x: (x * x * x).detach()).fraction == 0.5


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "None"),
        (True, "a single number"),
        (2.5, "a single number"),
        ("a", "a string"),
        ([1.0], "1 value"),
        ((1.0, 2.0), "2 values"),
        ({"dw": 1.0}, "a dict with keys 'dw'"),
        (Opaque("a function"), "a function"),
        (Raised(("ValueError", "Exception"), "no"), "an error (ValueError)"),
        (torch.ones(2, 3), "a tensor of shape (2, 3)"),
    ],
)
def test_a_value_is_described_in_a_few_words(value: Any, words: str) -> None:
    assert described(value) == words


def test_functions_are_passed_as_recipes_and_made_for_each_call() -> None:
    @task(points=1, examples=[(Made("scale", {"factor": 3.0}), 2.0)], probes=no_more)
    def apply(f: Callable[[Any], Any], x: float) -> Any:
        """f of x."""
        return f(x)

    assert marks(apply, lambda f, x: 3 * x).fraction == 1.0
    assert marks(apply, lambda f, x: f).fraction == 0.0
