"""Unlisted answers: right ones in unusual forms score full, wrong ones lose marks and are told nothing untrue."""

from __future__ import annotations

import contextlib
import math
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from autograder.marking import checker
from autograder.marking.answers import LocalAnswer
from autograder.marking.report import Report
from autograder.tasks import all_tasks

SEEDS = ("first", "second")
Answer = Callable[..., Any]


def graded(task: str, answer: Answer, seed: str = SEEDS[0]) -> Report:
    return checker.grade(all_tasks()[task], LocalAnswer(answer, task), points=1, seed=(seed,))


def cases(table: list[tuple[Any, ...]]) -> dict[str, Any]:
    """A table of (task, what it is, …) for `parametrize`."""
    return {"argvalues": table, "ids": [f"{task}: {what}" for task, what, *_ in table]}


# --- right --------------------------------------------------------------------------------------------------------

Line = namedtuple("Line", "slope intercept")


def tangent(f: Answer, x0: float) -> Line:
    leaf = torch.tensor(x0, requires_grad=True)
    y = f(leaf)
    (slope,) = torch.autograd.grad(y, leaf, create_graph=True)
    return Line(slope, y - slope * leaf)


def names(out: torch.Tensor) -> np.ndarray:
    found: list[Any] = []
    for node in (waiting := [out.grad_fn]):
        if node is not None and node not in found:
            found.append(node)
            waiting += [child for child, _ in node.next_functions]
    return np.array([node.name() for node in found])


def neuron_gradients(x: Any, y: Any, w: Any, b: Any) -> OrderedDict[str, Any]:
    p = 1 / (1 + np.exp(-(w.numpy() * x.numpy() + b.numpy())))
    dz = np.float32(p - y.numpy())
    return OrderedDict(dz=dz, dp=dz / (p * (1 - p)), db=torch.tensor(dz), dw=float(dz) * x, loss=None)


def gradients_on_the_callers_tensors(x: Any, y: Any, w: Any, b: Any) -> Any:
    for leaf in (w, b):
        leaf.requires_grad_()
    F.binary_cross_entropy_with_logits(w * x + b, y).backward()
    found = w.grad, b.grad
    for leaf in (w, b):  # as they were
        leaf.grad = None
        leaf.requires_grad_(False)
    return found


def one_try_around_both(f: Answer, x: float) -> str:
    leaf = torch.tensor(x, requires_grad=True)
    try:
        y = f(leaf)
        y.backward()
        y.backward()
    except RuntimeError:
        return "raises"
    return "accumulates"


def stacked_history(f: Answer, x: float, n: int, reset: bool) -> torch.Tensor:
    leaf, history = torch.tensor(x, requires_grad=True), []
    for _ in range(n):
        f(leaf).backward()
        history.append(leaf.grad.detach().clone())  # type: ignore[union-attr]
        leaf.grad = None if reset else leaf.grad
    return torch.stack(history)


def stacked_losses(x: Any, y: Any, w: Any, b: Any, lr: float, steps: int) -> Any:
    losses = []
    for _ in range(steps):
        losses.append(F.binary_cross_entropy_with_logits(w * x + b, y))
        dz = torch.sigmoid(w * x + b) - y
        w, b = w - lr * (dz * x).mean(), b - lr * dz.mean()
    return w, b, torch.stack(losses)


RIGHT: list[tuple[str, str, Answer]] = [
    ("d_square", "a Fraction", lambda x: 2 * Fraction(x)),
    ("d_square", "a Decimal", lambda x: 2 * Decimal(x)),
    ("d_square", "an int where it is whole", lambda x: int(2 * x) if (2 * x).is_integer() else 2 * x),
    ("d_square", "a difference of squares", lambda x: ((x + 1) ** 2 - (x - 1) ** 2) / 2),
    (
        "d_sin_square",
        "an exact identity",
        lambda x: x * (math.sin(x * x + 0.1) - math.sin(x * x - 0.1)) / math.sin(0.1),
    ),
    ("tangent_line", "a named tuple of tensors with a graph", tangent),
    ("graph_nodes", "an array of names", names),
    ("manual_gradients", "an ordered dict of mixed numbers", neuron_gradients),
    ("autograd_gradients", "the caller's tensors, put back", gradients_on_the_callers_tensors),
    ("gradient_history", "stacked", stacked_history),
    ("second_backward", "one try around both", one_try_around_both),
    ("fit_neuron", "stacked losses", stacked_losses),
    ("predict", "a decorated function", torch.inference_mode()(lambda f, x: f(x))),
    ("safe_norm", "only what is not zero", lambda x: x[x != 0].pow(2).sum().sqrt() if x.any() else (0 * x).sum()),
    ("log_sum_exp", "a cumulative one", lambda x: torch.logcumsumexp(x, -1)[..., -1]),
]


@pytest.mark.parametrize(("task", "what", "answer"), **cases(RIGHT))
def test_a_right_answer_of_an_unusual_form_scores_full(task: str, what: str, answer: Answer) -> None:
    for seed in SEEDS:
        report = graded(task, answer, seed)
        assert report.earned == 1, report


# --- every task, every form ---------------------------------------------------------------------------------------


def in_form(result: Any, number: Callable[[float], Any], tensor: Callable[[torch.Tensor], Any], row: Any = list) -> Any:
    """A result with each number, tensor and tuple in another form."""
    if isinstance(result, (bool, str)) or result is None:
        return result
    if isinstance(result, (int, float)):
        return number(result)
    if isinstance(result, torch.Tensor):
        return tensor(result) if result.is_floating_point() else result
    if isinstance(result, dict):
        return {key: in_form(value, number, tensor, row) for key, value in result.items()}
    if isinstance(result, (list, tuple)):
        return row([in_form(item, number, tensor, row) for item in result])
    return result


def strided(t: torch.Tensor) -> torch.Tensor:
    """The same numbers, every other one in memory."""
    if not t.ndim:
        return torch.stack([t, -t])[0]
    return torch.stack([t, -t], -1)[..., 0]


def recorded(t: Any) -> Any:
    leaf = torch.as_tensor(t, dtype=torch.float64).detach().clone().requires_grad_()
    return leaf * 1.0


def one_tensor(items: list[Any]) -> Any:
    """A tuple of numbers as one tensor; other rows as lists."""
    if items and all(isinstance(item, float) or (isinstance(item, torch.Tensor) and not item.ndim) for item in items):
        return torch.stack([torch.as_tensor(item, dtype=torch.float64).detach() for item in items])
    return items


FORMS: dict[str, Callable[[Any], Any]] = {
    "NumPy float64 scalars and arrays": lambda r: in_form(r, np.float64, lambda t: t.detach().numpy(), tuple),
    "NumPy float32 scalars and arrays": lambda r: in_form(r, np.float32, lambda t: t.detach().float().numpy()),
    "0-d arrays": lambda r: in_form(r, np.array, lambda t: t.detach().numpy()),
    "0-d float64 tensors": lambda r: in_form(r, lambda n: torch.tensor(n, dtype=torch.float64), torch.detach),
    "0-d float32 tensors": lambda r: in_form(r, lambda n: torch.tensor(float(n)), lambda t: t.detach().float()),
    "not contiguous": lambda r: in_form(r, float, strided),
    "with a grad_fn": lambda r: in_form(r, recorded, recorded, tuple),
    "one tensor for a tuple of numbers": lambda r: in_form(r, float, lambda t: t, one_tensor),
    "Python numbers for 0-d tensors": lambda r: in_form(r, float, lambda t: t.item() if t.ndim == 0 else t),
    "nested lists": lambda r: in_form(r, float, lambda t: t.tolist() if t.numel() else t),
}
OF_TENSORS = ("value_and_gradients", "new_leaf", "frozen")  # what is returned has to be the tensor that it is


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", [name for name, task in all_tasks().items() if task.driver not in OF_TENSORS])
def test_a_right_answer_scores_full_in_any_form(name: str, form: str) -> None:
    task = all_tasks()[name]
    answer = task.right_answers[0]
    if task.driver == "unrecorded" and form == "with a grad_fn":
        pytest.skip("a result that is recorded is what the task is against")

    def in_that_form(*args: Any) -> Any:
        return FORMS[form](answer(*args))

    report = graded(name, in_that_form)
    assert report.earned == 1, report


@pytest.mark.parametrize("name", [name for name, task in all_tasks().items() if task.driver == "value_and_gradients"])
@pytest.mark.parametrize("form", [strided, lambda t: t * 1.0, lambda t: t.double()])
def test_a_tensor_with_a_graph_scores_full_in_any_form(name: str, form: Callable[[torch.Tensor], torch.Tensor]) -> None:
    answer = all_tasks()[name].right_answers[0]
    report = graded(name, lambda *args: form(answer(*args)))
    assert report.earned == 1, report


# --- wrong --------------------------------------------------------------------------------------------------------


def sums(x: Any, y: Any, w: Any, b: Any, reduction: str) -> Any:
    dz = torch.sigmoid(w * x + b) - y
    return (dz * x).sum(), dz.sum()


def swapped_gradients(x: Any, y: Any, w: Any, b: Any, reduction: str) -> Any:
    if reduction not in ("mean", "sum"):
        raise ValueError(f"no such reduction: {reduction}")
    dw, db = sums(x, y, w, b, reduction)
    n = len(x) if reduction == "mean" else 1
    return db / n, dw / n


def backward_and_no_return(f: Answer, x: float) -> None:
    leaf = torch.tensor(float(x), requires_grad=True)
    f(leaf).backward()


def off_and_on(f: Answer, x: Any) -> Any:
    torch.set_grad_enabled(False)
    y = f(x)
    torch.set_grad_enabled(True)
    return y


def twice_as_much(f: Answer, x: float) -> str:
    leaf = torch.tensor(x, requires_grad=True)
    y = f(leaf)
    y.backward()
    once = leaf.grad.item()  # type: ignore[union-attr]
    with contextlib.suppress(RuntimeError):
        y.backward()
    return "accumulates" if leaf.grad == 2 * once else "raises"


def only_counted(model: Any, prefixes: Any) -> int:
    model.eval()
    return sum(name.startswith(tuple(prefixes)) for name, _ in model.named_parameters())


# (task, what it is, the answer, what its report must say, what it must not say)
WRONG: list[tuple[str, str, Answer, str, str]] = [
    ("make_leaf", "worked on after tracking", lambda v: torch.tensor(v).double().requires_grad_() * 1, "recorded", ""),
    ("slope_at", "no return", backward_and_no_return, "there is no `return`", "Looks like: There was no gradient"),
    ("graph_nodes", "text", lambda out: [str(n) for n in (out.grad_fn,) if n], "", "left over"),
    ("leaf_report", "no grad_fn", lambda t: {"is_leaf": t.is_leaf, "requires_grad": t.requires_grad}, "missing", ""),
    ("leaf_report", "complex", lambda t: {"is_leaf": 1j, "requires_grad": 1j, "grad_fn": 1j}, "complex", ""),
    ("batch_gradients", "swapped, with words in the error", swapped_gradients, "wrong order", ""),
    ("second_backward", "looks for twice the gradient", twice_as_much, "twice", ""),
    ("predict", "off and on again", off_and_on, "When f raises", "never on again"),
    ("predict", "returns f", lambda f, x: f, "never called", "cut a graph off"),
    ("frozen_copy", "an array", lambda t: t.detach().numpy().copy(), "NumPy array", "dict"),
    ("frozen_copy", "nothing", lambda t: None, "is there a `return`?", "dict"),
    (
        "freeze",
        "only counted",
        only_counted,
        "requires_grad` is True where it should be False",
        "You stopped the tracking",
    ),
    (
        "round_straight_through",
        "a leaf of its own",
        lambda x: x.detach().round().requires_grad_(),
        "graph",
        "staircase",
    ),
    ("stable_bce", "straight too soon", lambda z, y: F.softplus(z, threshold=5) - z * y, "too soon", ""),
    ("safe_norm", "a fresh leaf", lambda x: x.norm() if x.any() else torch.zeros((), requires_grad=True), "leaf", ""),
]


@pytest.mark.parametrize(("task", "what", "answer", "says", "says_not"), **cases(WRONG))
def test_a_wrong_answer_loses_marks_and_is_told_nothing_untrue(
    task: str, what: str, answer: Answer, says: str, says_not: str
) -> None:
    report = graded(task, answer)
    assert report.earned < 1
    assert says in str(report)
    assert not says_not or says_not not in str(report)
