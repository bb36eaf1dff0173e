"""The task `unbroadcast` of a04_batches."""

from __future__ import annotations

import math

import numpy as np
import torch

from ...authoring.oracle import gradients
from ...authoring.probes import Rng, normal
from ...authoring.task import Inputs, task
from ...authoring.tensors import doubles


def broadcast_pairs(rng: Rng) -> list[Inputs]:
    """(grad, shape): leading axes, axes of size 1, both, neither, square shapes that do not tell the axis, 0-d."""
    pairs: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
        ((4,), ()),
        ((2, 3), ()),
        ((), ()),
        ((5,), (5,)),
        ((2, 3), (2, 3)),
        ((5,), (1,)),
        ((1,), (1,)),
        ((1, 3), (3,)),
        ((1, 1), ()),
        ((4, 3), (3,)),
        ((4, 3), (1, 3)),
        ((4, 3), (4, 1)),
        ((4, 3), (1, 1)),
        ((4, 3), (1,)),
        ((3, 3), (3,)),
        ((3, 3), (3, 1)),
        ((3, 3), (1, 3)),
        ((2, 3, 4), (4,)),
        ((2, 3, 4), (3, 4)),
        ((2, 3, 4), (3, 1)),
        ((2, 3, 4), (1, 4)),
        ((2, 3, 4), (2, 1, 4)),
        ((2, 3, 4), (1, 3, 1)),
        ((3, 3, 3), (3, 1)),
        ((4, 1, 3), (1, 3)),
        ((4, 1, 3), (1, 1, 3)),
        ((2, 3, 4, 2), (3, 1, 2)),
        ((2, 2, 2, 2), (2, 1, 2)),
        ((1, 4, 4), (1, 4)),
        ((2, 3, 2, 3), (3,)),
        ((2, 3, 2, 2), (1, 1, 1, 2)),
        ((2, 2, 3, 2, 2, 2), (1, 1, 1, 1, 2)),
        *(((2,) * int(rng.integers(6, 9)), to) for to in ((), (2,), (1, 2))),
        ((0, 3), (3,)),
    ]
    turned = [(normal(rng, 4, 3).T, (1, 4)), (normal(rng, 4, 3).T, (4,))]
    return [*((normal(rng, *from_), to) for from_, to in pairs), *turned]


@task(
    points=4,
    by_hand=True,
    examples=[
        (doubles([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]), (3,)),
        (doubles([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]), (2, 1)),
        (doubles([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]), ()),
        (doubles([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]), (2, 3)),
    ],
    probes=broadcast_pairs,
    atol=1e-5,
)
def unbroadcast(grad, shape):
    """grad summed over the axes along which a tensor of this shape was broadcast."""
    tensor = torch.zeros(shape, dtype=grad.dtype)
    return gradients(lambda t: (t.expand(grad.shape) * grad).sum(), tensor)[0]


@unbroadcast.right
def leading_axes_then_ones(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(0)
    for axis, size in enumerate(shape):
        if size == 1:
            grad = grad.sum(axis, keepdim=True)
    return grad


@unbroadcast.right
def by_the_library(grad, shape):
    return grad.sum_to_size(shape)


@unbroadcast.right
def all_axes_at_once(grad, shape):
    padded = (1,) * (grad.ndim - len(shape)) + tuple(shape)
    axes = [i for i, (mine, theirs) in enumerate(zip(grad.shape, padded, strict=True)) if mine != theirs]
    return (grad.sum(axes) if axes else grad).reshape(shape)


@unbroadcast.right
def unbroadcast_in_numpy(grad, shape):
    padded = (1,) * (grad.ndim - len(shape)) + tuple(shape)
    axes = tuple(i for i, size in enumerate(padded) if size == 1)
    return np.sum(grad.numpy(), axis=axes, keepdims=True).reshape(shape)


@unbroadcast.right
def element_by_element_in_float32(grad, shape):
    out = torch.zeros(shape)
    for index in np.ndindex(*grad.shape):
        tail = index[len(index) - len(shape) :]
        out[tuple(0 if size == 1 else i for i, size in zip(tail, shape, strict=True))] += grad[index].float()
    return out


@unbroadcast.right
def by_index_add(grad, shape):
    places = torch.arange(math.prod(shape)).reshape(shape).expand(grad.shape).reshape(-1)
    return torch.zeros(math.prod(shape), dtype=grad.dtype).index_add(0, places, grad.reshape(-1)).reshape(shape)


@unbroadcast.mistake("You averaged. Every copy that broadcasting made adds its share, so the shares are summed.")
def averaged_the_copies(grad, shape):
    tensor = by_the_library(grad, shape)
    return tensor * tensor.numel() / grad.numel()


@unbroadcast.mistake("You kept one copy's share and dropped the others: the shares of all copies add up.")
def kept_one_copy(grad, shape):
    while grad.ndim > len(shape):
        grad = grad[0]
    for axis, size in enumerate(shape):
        if size == 1:
            grad = grad.narrow(axis, 0, 1)
    return grad


@unbroadcast.mistake("Only the extra axes on the left are summed. An axis of size 1 was stretched as well.")
def leading_axes_only(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(0)
    return grad


@unbroadcast.mistake(
    "You take away one extra axis on the left at most; there may be several. Does your answer ask once (`if`), or "
    "until none is left?"
)
def one_extra_axis_at_most(grad, shape):
    if grad.ndim > len(shape):
        grad = grad.sum(0)
    for axis, size in enumerate(shape):
        if size == 1 and axis < grad.ndim:
            grad = grad.sum(axis, keepdim=True)
    return grad


@unbroadcast.mistake("Only the axes of size 1 are summed. Axes that broadcasting added on the left are still there.")
def ones_only(grad, shape):
    offset = max(grad.ndim - len(shape), 0)
    for axis, size in enumerate(shape):
        if size == 1:
            grad = grad.sum(axis + offset, keepdim=True)
    return grad


@unbroadcast.mistake(
    "The numbers are summed along the right axes, but an axis of size 1 has vanished: ask `sum` to keep it."
)
def lost_the_ones(grad, shape):
    offset = grad.ndim - len(shape)
    axes = [*range(offset), *(i + offset for i, size in enumerate(shape) if size == 1)]
    return grad.sum(axes) if axes else grad


@unbroadcast.mistake(
    "Extra axes are summed from the right. Broadcasting lines shapes up at the right and adds them left."
)
def summed_from_the_right(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(-1)
    for axis, size in enumerate(shape):
        if size == 1:
            grad = grad.sum(axis, keepdim=True)
    return grad


@unbroadcast.mistake("You always sum everything to one number. Only the axes that were broadcast are summed.")
def summed_everything(grad, shape):
    return grad.sum()


@unbroadcast.mistake("You sum the first axis once, whatever the shapes. Compare the two shapes to see what to sum.")
def summed_the_first_axis(grad, shape):
    return grad.sum(0) if grad.ndim else grad


@unbroadcast.mistake("grad came back as it was: where a tensor was stretched, its gradient shrinks back.")
def returned_grad(grad, shape):
    return grad.clone()


@unbroadcast.mistake("You sum the right axes and multiply by the number of copies as well: the sum has them already.")
def counted_the_copies_twice(grad, shape):
    tensor = by_the_library(grad, shape)
    return tensor * grad.numel() / max(tensor.numel(), 1)


@unbroadcast.mistake(
    "For the empty shape () nothing is summed. A 0-d tensor was broadcast along every axis, so all of them are summed."
)
def left_out_the_empty_shape(grad, shape):
    return by_the_library(grad, shape) if len(shape) else grad.clone()


@unbroadcast.mistake("The shape is right, but numbers were cut off to get there: sum them instead.")
def cut_to_size(grad, shape):
    return grad.reshape(-1)[: math.prod(shape)].reshape(shape)


@unbroadcast.mistake("The sums are right, but grad was overwritten on the way: work on a new tensor.")
def summed_in_place(grad, shape):
    result = by_the_library(grad, shape).clone()
    grad.zero_()
    return result
