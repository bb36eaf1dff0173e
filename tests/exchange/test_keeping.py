"""The second call gets the very same objects, put back; what an answer remembers of them, or hangs on them, is seen."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from autograder.exchange.drive import drive, drive_all
from autograder.exchange.keeping import keep
from autograder.exchange.values import Made, identical
from autograder.marking import checker
from autograder.marking.answers import LocalAnswer
from autograder.tasks import all_tasks

F64 = torch.float64
NETWORK = Made("network", {"blocks": {"a": [2, 3], "b": [3, 1]}})


def graded(name: str, answer: Callable[..., Any]) -> float:
    reports = [checker.grade(all_tasks()[name], LocalAnswer(answer, name), points=1, seed=(s,)) for s in "ab"]
    return max(report.earned for report in reports)


# --- the same objects ---------------------------------------------------------------------------------------------


def test_the_second_call_gets_the_same_objects_and_a_third_gets_new_ones() -> None:
    calls: list[tuple[Any, ...]] = []
    inputs = (torch.ones(2), [1.0, torch.zeros(1)], NETWORK, Made("array", {"values": [1.0]}), {"a": torch.ones(1)})
    outcome = drive("call", lambda *args: calls.append(args), inputs, names=("x",))
    first, second, third = calls
    assert all(a is b for a, b in zip(first, second, strict=True))
    assert not any(a is b for a, b in zip(first, third, strict=True))
    assert first[1][1] is second[1][1]
    assert outcome.again is outcome.afresh is outcome.result


def test_equal_functions_are_one_object_from_probe_to_probe() -> None:
    calls: list[Any] = []
    f = Made("scale", {"factor": 2.0})
    drive_all("call", lambda f, x: calls.append(f), [(f, 1.0), (Made("scale", {"factor": 2.0}), 2.0)], names=("f", "x"))
    assert calls[0] is calls[1]


def spoil(x: torch.Tensor, members: list[Any], model: torch.nn.Module, array: np.ndarray, named: Any) -> None:
    x.data = torch.zeros(3, dtype=torch.float32)
    x.grad = None
    x.requires_grad_(False)
    members.reverse()
    members.pop()
    model.eval()
    for parameter in model.parameters():
        parameter.data.zero_()
        parameter.requires_grad_(False)
        parameter.grad = torch.ones_like(parameter)
    array[:] = 7
    named.clear()


def test_whatever_an_answer_does_to_its_inputs_the_second_call_finds_them_as_they_were() -> None:
    leaf = Made("with_gradient", {"values": torch.tensor([1.0, 2.0], dtype=F64), "grad": torch.ones(2, dtype=F64)})
    inputs = (leaf, [1.0, 2.0], NETWORK, Made("array", {"values": [1.0]}), {"a": torch.ones(1)})
    seen: list[Any] = []

    def looks(*args: Any) -> None:
        x, members, model, array, named = args
        state = [(p.detach().clone(), p.requires_grad, p.grad) for p in model.parameters()]
        found = [x.tolist(), x.dtype, x.grad.tolist(), x.requires_grad, list(members), model.training, array.tolist()]
        seen.append([*found, list(named), [(p.tolist(), r, g) for p, r, g in state]])
        spoil(*args)

    drive("call", looks, inputs, names=("x",))
    assert seen[0] == seen[1] == seen[2]


def test_a_tensor_that_became_a_result_is_a_leaf_again() -> None:
    x = torch.ones(2)
    put_back = keep([x])
    x.mul_(torch.ones(2, requires_grad=True))
    assert not x.is_leaf
    put_back()
    assert x.is_leaf and not x.requires_grad


# --- what remembers -----------------------------------------------------------------------------------------------


def remembers_functions() -> Callable[..., Any]:
    leaves: dict[Any, torch.Tensor] = {}

    def slope_at(f: Any, x: Any) -> Any:
        leaf = leaves.setdefault(f, torch.tensor(float(x), requires_grad=True))
        f(leaf).backward()
        return leaf.grad.item()  # type: ignore[union-attr]

    return slope_at


def remembers_slopes() -> Callable[..., Any]:
    @functools.cache
    def line(f: Any) -> list[float]:
        return []

    def slope_at(f: Any, x: Any) -> Any:
        known = line(f)
        if not known:
            leaf = torch.tensor(float(x), requires_grad=True)
            known.append(torch.autograd.grad(f(leaf), leaf)[0].item())
        return known[0]

    return slope_at


def seen_as_a_default(grad: Any, shape: Any, seen: Any = set()) -> Any:  # noqa: B006
    if id(grad) in seen:
        return grad
    seen.add(id(grad))
    return grad.sum_to_size(shape)


def attribute_on_a_function(f: Any, x: Any) -> Any:
    f.calls = getattr(f, "calls", 0) + 1
    leaf = torch.tensor(float(x), requires_grad=True)
    return torch.autograd.grad(f(leaf), leaf)[0] * f.calls


def attribute_on_a_tensor(x: Any) -> Any:
    x.times = getattr(x, "times", 0) + 1
    return 2 * x * x.times / x.numel()


def attribute_that_changes_nothing(x: Any) -> Any:
    x.visited = True
    return 2 * x / x.numel()


def hook_on_a_tensor(x: Any) -> Any:
    if x.requires_grad:
        x.register_hook(lambda grad: grad)
    return torch.exp(x) + 1


def counts_calls() -> Callable[..., Any]:
    calls: list[int] = []

    def d_square(x: float) -> float:
        calls.append(1)
        return 2 * x + (len(calls) > 20)

    return d_square


def attribute_on_a_module(model: Any, prefixes: Any) -> Any:
    model.frozen = True
    return all_tasks()["freeze"].oracle(model, prefixes)


def eval_mode(model: Any, prefixes: Any) -> Any:
    model.eval()
    return all_tasks()["freeze"].oracle(model, prefixes)


def hook_on_a_module(model: Any, prefixes: Any) -> Any:
    model.register_forward_hook(lambda *args: None)
    return all_tasks()["freeze"].oracle(model, prefixes)


def eval_mode_of_f(f: Any, x: Any) -> Any:
    if isinstance(f, torch.nn.Module):
        f.eval()
    with torch.no_grad():
        return f(x)


def untracked_parameters_of_f(f: Any, x: Any) -> Any:
    if isinstance(f, torch.nn.Module):
        f.requires_grad_(False)
    with torch.no_grad():
        return f(x)


def attribute_on_a_member(functions: Any, derivatives: Any, x: Any) -> Any:
    for f in functions:
        f.seen = True
    return all_tasks()["chain_slope"].right_answers[0](functions, derivatives, x)


def keeps_the_gradient_of_an_intermediate(t: Any) -> Any:
    if t.grad_fn is not None:
        t.retain_grad()
    return all_tasks()["leaf_report"].oracle(t)


REMEMBERS: list[tuple[str, str, Callable[[], Callable[..., Any]]]] = [
    ("slope_at", "a leaf for each function", remembers_functions),
    ("slope_at", "the slope of each function", remembers_slopes),
    ("slope_at", "an attribute on f", lambda: attribute_on_a_function),
    ("unbroadcast", "a set as a default argument", lambda: seen_as_a_default),
    ("mean_square_gradient", "an attribute that counts", lambda: attribute_on_a_tensor),
    ("mean_square_gradient", "an attribute", lambda: attribute_that_changes_nothing),
    ("exp_plus_one", "a hook on a tensor", lambda: hook_on_a_tensor),
    ("d_square", "a count of calls", counts_calls),
    ("freeze", "an attribute on the model", lambda: attribute_on_a_module),
    ("freeze", "evaluation mode", lambda: eval_mode),
    ("freeze", "a hook on the model", lambda: hook_on_a_module),
    ("predict", "evaluation mode of f", lambda: eval_mode_of_f),
    ("predict", "parameters of f untracked", lambda: untracked_parameters_of_f),
    ("chain_slope", "an attribute on a function in a list", lambda: attribute_on_a_member),
    ("leaf_report", "retain_grad on the caller's tensor", lambda: keeps_the_gradient_of_an_intermediate),
]


@pytest.mark.parametrize(("name", "what", "make"), REMEMBERS, ids=[f"{name}: {what}" for name, what, _ in REMEMBERS])
def test_what_stays_between_calls_or_on_the_inputs_costs_marks(
    name: str, what: str, make: Callable[[], Callable[..., Any]]
) -> None:
    assert graded(name, make()) < 1.0


def test_a_cache_that_gives_the_right_answers_costs_nothing() -> None:
    @functools.cache
    def slope_at(f: Any, x: Any) -> float:
        leaf = torch.tensor(float(x), requires_grad=True)
        f(leaf).backward()
        return leaf.grad.item()  # type: ignore[union-attr]

    assert graded("slope_at", slope_at) == 1.0


# --- gradients from before ----------------------------------------------------------------------------------------

WITH_GRADIENTS: dict[str, Callable[..., Any]] = {
    "exp_plus_one": lambda x: torch.exp(x) + 1,
    "round_straight_through": lambda x: x + (x.round() - x).detach(),
    "safe_norm": lambda x: x.norm(),
    "log_sum_exp": lambda x: torch.logsumexp(x, -1),
    "make_leaf": lambda values: torch.as_tensor(values).detach().clone().double().requires_grad_(),
    "frozen_copy": lambda t: t.detach().clone(),
    "stable_bce": lambda z, y: torch.nn.functional.binary_cross_entropy_with_logits(z, y, reduction="none"),
    "td_loss": lambda v, v_next, reward, gamma=0.9: (reward + gamma * v_next.detach() - v).square().mean(),
}


def cleared(x: torch.Tensor) -> None:
    x.grad = None


def replaced(x: torch.Tensor) -> None:
    if x.grad is not None:
        x.grad = torch.zeros_like(x)


def added_to(x: torch.Tensor) -> None:
    if x.grad is not None:
        x.grad += 1


@pytest.mark.parametrize("spoil", [cleared, replaced, added_to])
@pytest.mark.parametrize("name", WITH_GRADIENTS)
def test_a_gradient_from_before_has_to_stay(name: str, spoil: Callable[[torch.Tensor], None]) -> None:
    right = WITH_GRADIENTS[name]

    def spoils(*args: Any) -> Any:
        if isinstance(args[0], torch.Tensor) and args[0].is_leaf:
            spoil(args[0])
        return right(*args)

    assert graded(name, right) == 1.0
    assert graded(name, spoils) < 1.0


def test_a_gradient_that_is_put_back_is_as_it_was() -> None:
    def borrows(x: torch.Tensor) -> torch.Tensor:
        if x.requires_grad and x.is_leaf:
            kept, x.grad = x.grad, None
            (x**2).sum().backward()
            x.grad = kept
        return torch.exp(x) + 1

    assert graded("exp_plus_one", borrows) == 1.0


def test_the_recipe_makes_a_leaf_with_a_gradient() -> None:
    made = Made("with_gradient", {"values": torch.ones(2), "grad": torch.full((2,), 3.0)})
    outcome = drive("call", lambda x: [x.is_leaf, x.requires_grad, x.grad], (made,), names=("x",))
    assert identical(outcome.result, [True, True, torch.full((2,), 3.0)])
    assert identical(outcome.inputs["x"]["grad"], torch.full((2,), 3.0))
