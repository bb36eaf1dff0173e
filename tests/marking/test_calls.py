"""What a report prints of a call can be copied into a notebook and run."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from autograder.authoring.task import Task
from autograder.exchange.drive import build
from autograder.marking.calls import arriving, call_source
from autograder.marking.marks import cases
from autograder.tasks import all_tasks

TASKS = list(all_tasks().values())


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_the_call_of_every_example_runs_and_passes_the_same_inputs(task: Task) -> None:
    for example in task.examples:
        got: list[Any] = []
        names = {task.name: lambda *args, got=got: got.extend(args), "torch": torch, "np": np, "math": math}
        exec(call_source(task, example), names)
        assert len(got) == len(example)
        for mine, wanted in zip(got, map(build, example), strict=True):
            same(mine, wanted, of_numbers=task.name in ("chain_slope", "central_difference"))


def same(mine: Any, wanted: Any, *, of_numbers: bool) -> None:
    """Whether a copied input is the one that was meant; functions are asked at a point, a number or a tensor."""
    if isinstance(wanted, torch.nn.Module):
        assert [name for name, _ in mine.named_parameters()] == [name for name, _ in wanted.named_parameters()]
    elif isinstance(wanted, torch.Tensor):
        assert torch.allclose(mine.detach().double(), wanted.detach().double(), rtol=1e-6)
        assert (mine.requires_grad, mine.is_leaf) == (wanted.requires_grad, wanted.is_leaf)
        assert type(mine.grad_fn) is type(wanted.grad_fn)
    elif isinstance(wanted, (list, tuple)):
        assert type(mine) is type(wanted)
        for one, other in zip(mine, wanted, strict=True):
            same(one, other, of_numbers=of_numbers)
    elif callable(wanted):
        at = 0.75 if of_numbers else torch.tensor(0.75)
        assert outcome(mine, at) == outcome(wanted, at)
    else:
        assert type(mine) is type(wanted)
        assert np.array_equal(mine, wanted) if isinstance(wanted, np.ndarray) else mine == wanted


def outcome(f: Any, argument: Any) -> Any:
    """What f gives, rounded, or which error it raises."""
    try:
        result = f(argument)
    except RuntimeError as error:
        return type(error)
    return round(float(result), 5)


def test_an_upstream_gradient_that_is_not_ones_is_shown() -> None:
    task = all_tasks()["exp_plus_one"]
    case = cases(task, [(torch.tensor([1.0, -1.0], requires_grad=True),)])[0]
    assert arriving(task, "gradient to x", case.outcome.result).endswith("[1.25, 0.5]")
    assert arriving(task, "value", case.outcome.result) == ""
