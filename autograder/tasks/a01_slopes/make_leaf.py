"""The task `make_leaf` of a01_slopes."""

from __future__ import annotations

import numpy as np
import torch

from ...authoring.probes import normal, uniform
from ...authoring.task import task
from ...authoring.tensors import after_a_backward
from ...exchange.values import Made


def _things_to_hold(rng):
    """A number, nested lists, arrays and tensors: whole and floating, tracked or not, a leaf or not, transposed."""
    whole = rng.integers(-9, 9, size=(2, 3))
    return [
        (int(rng.integers(2, 9)),),
        (uniform(rng, -5, -1, away_from=range(-5, 0)),),
        ([[uniform(rng, -5, 5) for _ in range(2)] for _ in range(3)],),
        (whole.tolist(),),
        ([1, uniform(rng, 1.1, 1.9), 2],),
        (Made("array", {"values": whole.tolist()}),),
        (Made("array", {"values": normal(rng, 4).tolist()}),),
        (torch.from_numpy(whole),),
        (torch.from_numpy(whole[0]).to(torch.int32),),
        (normal(rng, 3, 2),),
        (normal(rng, 2, 3).T,),
        (normal(rng, 3, dtype=torch.float32),),
        (normal(rng),),
        (normal(rng, 3).requires_grad_(),),
        (Made("non_leaf", {"values": normal(rng, 2, 2).tolist()}),),
        (after_a_backward(normal(rng, 3)),),
    ]


@task(
    points=3,
    examples=[3, [1.0, 2.0], Made("array", {"values": [1, 2, 3]}), Made("non_leaf", {"values": [1.0, 2.0]})],
    probes=_things_to_hold,
    driver="new_leaf",
    essential=["values", "requires_grad"],
)
def make_leaf(values):
    """A new floating-point leaf tensor that requires grad and holds values, with memory of its own."""
    return torch.as_tensor(values).detach().to(torch.float64, copy=True).requires_grad_()


@make_leaf.right
def copied_then_tracked(values):
    return torch.tensor(values, dtype=torch.float32).requires_grad_()


@make_leaf.right
def in_one_call(values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


@make_leaf.right
def a_parameter(values):
    return torch.nn.Parameter(torch.as_tensor(values).detach().clone().float())


@make_leaf.right
def through_a_list(values):
    numbers = values.tolist() if hasattr(values, "tolist") else values
    return torch.tensor(numbers, dtype=torch.float32, requires_grad=True)


@make_leaf.right
def through_numpy_and_back(values):
    array = values.detach().numpy() if isinstance(values, torch.Tensor) else values
    return torch.from_numpy(np.array(array, dtype=np.float64)).requires_grad_()


@make_leaf.right
def copied_into_empty_memory(values):
    source = torch.as_tensor(values)
    leaf = torch.empty(source.shape, dtype=torch.float64)
    leaf.copy_(source.detach())
    leaf.requires_grad = True
    return leaf


@make_leaf.mistake(
    "Whole numbers make an integer tensor, and an integer tensor cannot require grad: say which dtype you want."
)
def kept_whole_numbers(values):
    return torch.tensor(values, requires_grad=True)


@make_leaf.mistake(
    "You ask an integer tensor to require grad, and it cannot: turn whole numbers into floating ones first."
)
def tracked_whole_numbers(values):
    return torch.tensor(values).requires_grad_()


@make_leaf.mistake("Your tensor does not record anything: nobody told it to require grad.")
def forgot_to_track(values):
    return torch.tensor(values, dtype=torch.float64)


@make_leaf.mistake(
    "You switched on tracking first and went on working (changed the dtype, perhaps), so what you return is the result "
    "of a recorded operation and not a leaf. Mind the order."
)
def converted_after_tracking(values):
    return torch.tensor(values, dtype=torch.float32, requires_grad=True).to(torch.float64)


@make_leaf.mistake(
    "Where `values` already is a floating tensor, you hand the same tensor back instead of a new one, and switch on "
    "tracking in somebody else's tensor."
)
def tracked_the_original(values):
    return torch.as_tensor(values, dtype=torch.float64).requires_grad_()


@make_leaf.mistake(
    "Your leaf looks into the same memory as the tensor or array that it came from: cutting the graph is not copying."
)
def detached_but_shared(values):
    return torch.as_tensor(values, dtype=torch.float64).detach().requires_grad_()


@make_leaf.mistake(
    "Copying or converting a tensor that requires grad is recorded like any operation, so what you return has a "
    "history and is not a leaf."
)
def copied_with_its_history(values):
    return torch.as_tensor(values).to(torch.float64).clone().requires_grad_()


@make_leaf.mistake("You added a dimension: a single number should become a tensor with no dimension, of shape ().")
def wrapped_in_a_list(values):
    return torch.as_tensor(values).detach().to(torch.float64, copy=True).unsqueeze(0).requires_grad_()


@make_leaf.mistake("You flattened the values: keep the shape that they came in.")
def flattened(values):
    return torch.as_tensor(values).detach().to(torch.float64, copy=True).reshape(-1).requires_grad_()


@make_leaf.mistake("This works for tensors alone: `values` may be a plain number, a list or a NumPy array too.")
def only_for_tensors(values):
    return values.detach().clone().double().requires_grad_()


@make_leaf.mistake("The digits after the point are gone: the values went through an integer dtype on the way.")
def through_an_integer_dtype(values):
    return torch.as_tensor(values).detach().to(torch.int64).to(torch.float64).requires_grad_()
