"""What a student reads: what, evidence, likely cause, next step; never the formula, and hidden inputs stay hidden."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from autograder.authoring.task import Task, task
from autograder.exchange.values import Made
from autograder.marking.answers import LocalAnswer, NamedAnswer
from autograder.marking.marks import cases, mark
from autograder.marking.mistakes import mistakes_in
from autograder.marking.report import FAILED, PARTLY, PASSED, WAITING, Report, report, unmarked


@task(points=3, examples=[2.0, -1.5], probes=lambda rng: [])
def double(x: float) -> float:
    """Twice x."""
    return 2 * x


@double.mistake("You squared <x> with `x**2`.")
def squared(x: float) -> float:
    return x * x


@task(points=2, examples=[3.0], probes=lambda rng: [], by_hand=True)
def slope(x: float) -> float:
    """The slope of x² at x."""
    return 2 * x


@task(points=4, examples=[(torch.tensor([1.0, 2.0], requires_grad=True), [1, 2])], probes=lambda rng: [])
def gradients(x: torch.Tensor, sizes: list[int]) -> dict[str, torch.Tensor]:
    """Two gradients."""
    return {"dx": 2 * x, "db": x.sum()}


@task(points=1, examples=[(2.0, "max")], probes=lambda rng: [])
def reduced(x: float, reduction: str) -> float:
    """ValueError for any reduction."""
    raise ValueError


def told(task: Task, answer: Callable[..., Any], *, graded: bool = False, points: float | None = None) -> Report:
    # Where it is graded, the same inputs as hidden ones, which no example is.
    inputs = [(*example,) if graded else example for example in task.examples]
    marks = mark(task, LocalAnswer(answer, task.name), cases(task, inputs))
    return report(marks, mistakes_in(marks), points=points or task.points, graded=graded)


def test_a_right_answer_is_told_so_in_one_line() -> None:
    said = told(double, lambda x: 2 * x)
    assert str(said).splitlines() == [
        "✓ double: 2 of 2 examples right",
        "  The points are decided on other inputs: try some of your own.",
    ]
    assert (said.status, said.earned) == (PASSED, 3.0)
    assert str(told(double, lambda x: 2 * x, graded=True)) == "✓ double: 3 / 3 points"


def test_a_wrong_answer_sees_the_call_both_numbers_the_cause_and_a_next_step() -> None:
    assert str(told(double, lambda x: x * x)).splitlines() == [
        "✗ double: 1 of 2 examples right",
        "  wrong at double(-1.5): your answer is 2.25, torch's -3",
        "  Looks like: You squared <x> with `x**2`.",
        "  Next: change that one thing, run its cell again, then this one.",
    ]


def test_hidden_inputs_and_true_values_are_kept_back() -> None:
    said = str(told(double, lambda x: 2 * x + 0.25, graded=True))
    assert said.splitlines()[0] == "✗ double: 0 / 3 points"
    assert "wrong at 2 of 2 inputs" in said
    assert "has the right form, but its numbers are off" in said
    for secret in ("-1.5", "4.25", "-3", "2.0"):
        assert secret not in said


def test_points_are_of_what_the_cell_is_worth() -> None:
    assert told(double, lambda x: 2 * x, points=10).earned == 10
    half = told(gradients, lambda x, sizes: {"dx": 2 * x.detach(), "db": 0.0}, graded=True, points=3)
    assert half.earned == 1.5
    assert half.status == PARTLY
    assert half.headline == "◐ gradients: 1.5 / 3 points"


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        (lambda x: None, "your answer is None"),
        (lambda x: "4", "your answer is '4', where 4.0 is wanted"),
        (lambda x: torch.tensor([2 * x]), "your answer is a tensor of shape (1,), where a single number is wanted"),
        (lambda x: float("nan"), "your answer has a NaN or an infinity"),
        (lambda x: 1 / 0, "your answer raised ZeroDivisionError: division by zero"),
        (lambda x: lambda: x, "your answer is a function, where 4.0 is wanted"),
    ],
)
def test_the_evidence_fits_the_fault(answer: Callable[..., Any], evidence: str) -> None:
    assert evidence in str(told(double, answer))


def test_a_part_is_named_with_the_place_of_its_worst_number() -> None:
    said = str(told(gradients, lambda x, sizes: {"dx": 2 * x.detach() + torch.tensor([0.0, 1.0]), "db": 3.0}))
    call = "gradients(torch.tensor([1.0, 2.0], requires_grad=True), [1, 2])"
    assert f"wrong at {call}: your dx at index 1 is 5, torch's 4" in said
    assert "your db" not in said


def test_an_answer_that_raises_is_told_once_and_not_for_each_part() -> None:
    said = str(told(gradients, lambda x, sizes: 1 / 0))
    assert said.count("ZeroDivisionError") == 1


def test_an_answer_of_another_form_is_told_once() -> None:
    said = str(told(gradients, lambda x, sizes: 3.0))
    assert said.count("a dict with keys 'dx', 'db'") == 1


def test_changed_inputs_and_state_are_named() -> None:
    def changes(x: torch.Tensor, sizes: list[int]) -> dict[str, Any]:
        right = {"dx": 2 * x.detach(), "db": x.detach().sum()}
        x.requires_grad_(False)
        sizes.pop()
        torch.set_grad_enabled(False)
        return right

    said = str(told(gradients, changes))
    assert "`x.requires_grad` was changed; leave the inputs as they were" in said
    assert "gradient recording was left switched off or on: put it back before you return" in said


def test_a_changed_list_is_named() -> None:
    def pops(x: torch.Tensor, sizes: list[int]) -> dict[str, Any]:
        sizes.pop()
        return {"dx": 2 * x.detach(), "db": x.detach().sum()}

    assert "the values of `sizes` were changed" in str(told(gradients, pops))


def test_a_second_call_that_differs_is_named() -> None:
    seen: list[float] = []

    def counts(x: float) -> float:
        seen.append(x)
        return 2 * x + (5 if seen.count(x) > 1 else 0)

    assert "a second call with the same inputs gives another answer" in str(told(double, counts))


def test_an_error_that_is_wanted_is_named_with_the_call() -> None:
    said = str(told(reduced, lambda x, reduction: x))
    assert "reduced(2.0, 'max') must raise ValueError; yours returns 2.0" in said
    assert "yours raises KeyError: 'max'" in str(told(reduced, lambda x, reduction: {}[reduction]))


def test_a_stub_reads_not_attempted_yet() -> None:
    def stub(*args: Any) -> Any:
        raise NotImplementedError

    for graded in (False, True):
        said = told(double, stub, graded=graded)
        assert said.headline == "○ double: not attempted yet"
        assert (said.status, said.earned) == (WAITING, 0.0)


def test_a_name_that_is_not_defined_is_told_apart_from_an_error_inside() -> None:
    def other(x: float) -> Any:
        return double_of(x)  # type: ignore[name-defined]  # noqa: F821

    absent = mark(double, NamedAnswer("double", {}), cases(double, double.examples))
    assert report(absent, [], points=3, graded=False).headline == "○ double: not defined yet"
    said = str(told(double, other))
    assert "NameError: name 'double_of' is not defined" in said
    assert "not defined yet" not in said


def test_differentiating_by_hand_is_told_and_nothing_else_is() -> None:
    def machine(x: float) -> Any:
        t = torch.tensor(x, requires_grad=True)
        (t**2).backward()
        return t.grad

    said = told(slope, machine)
    assert said.headline == "✗ slope: 0 of 1 examples right"
    assert said.lines == (
        "This task is by hand, and your answer differentiates: autograd ran backward.",
        "Work the derivative out on paper and return that formula; then the points are yours.",
        "If autograd only checks your formula there: do that in a cell of its own.",
    )
    assert said.earned == 0.0


def test_an_answer_without_values_is_told_why() -> None:
    said = unmarked(double, "it ran for more than 10 seconds", points=3)
    assert str(said).startswith("✗ double: 0 / 3 points\n  No values came back: it ran for more than 10 seconds.")
    assert (said.status, said.earned) == (FAILED, 0.0)


def test_html_says_the_same_and_escapes_what_the_student_wrote() -> None:
    def wrong(x: float) -> float:
        raise ValueError("<script>alert(1)</script>")

    html = told(double, wrong)._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "✗ double: 0 of 2 examples right" in html
    assert "You squared &lt;x&gt; with <code>x**2</code>." in told(double, lambda x: x * x)._repr_html_()


LONG = "a" * 1000 + "\nsecond line"


def test_long_errors_are_cut_to_their_first_line() -> None:
    def wrong(x: float) -> float:
        raise ValueError(LONG)

    lines = str(told(double, wrong)).splitlines()
    assert max(map(len, lines)) < 300
    assert not any("second line" in line for line in lines)
    assert any(line.endswith(" …") for line in lines)


def test_functions_and_large_tensors_are_shown_as_code_that_runs() -> None:
    @task(points=1, examples=[(Made("wave", {"name": "sin"}), torch.zeros(6, 5), (1,))], probes=lambda rng: [])
    def f(g: Callable[[Any], Any], x: torch.Tensor, pair: tuple[int]) -> float:
        """Zero."""
        return 0.0

    assert "f(lambda t: torch.sin(t), torch.randn(6, 5), (1,))" in str(told(f, lambda g, x, pair: 1.0))
