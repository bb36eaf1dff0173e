"""The task `masked_mean_gradient` of a04_batches."""

from __future__ import annotations

import math

import numpy as np
import torch

from ...authoring.oracle import gradients
from ...authoring.probes import Rng, normal
from ...authoring.task import Inputs, task
from ...authoring.tensors import doubles


def masked_tensors(rng: Rng) -> list[Inputs]:
    """(x, mask) with at least one 1 in the mask and, but for a few, at least one 0 and rows of unequal counts."""

    def mask(*shape: int) -> torch.Tensor:
        size = math.prod(shape)
        ones = int(rng.integers(1, max(size, 2)))
        return torch.from_numpy(rng.permutation([1.0] * ones + [0.0] * (size - ones)).reshape(shape))

    shapes = [(2,), (5,), (7,), (2, 3), (3, 4), (4, 2), (2, 3, 2)]
    kept_zero = normal(rng, 5)
    kept_zero[2] = 0.0
    rows = doubles([[1.0, 1.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    return [
        *((normal(rng, *shape), mask(*shape)) for shape in shapes),
        (normal(rng, 3, 4), rows),
        (normal(rng, 3, 4), rows.long()),
        (normal(rng, 4, 3).T, rows),
        (normal(rng, 4), torch.ones(4, dtype=torch.float64)),
        (normal(rng), doubles(1.0)),
        (kept_zero, doubles([1.0, 0.0, 1.0, 1.0, 0.0])),
        (normal(rng, 3, 3), mask(3, 3)),
    ]


@task(
    points=3,
    by_hand=True,
    examples=[
        (doubles([1.0, 2.0, 3.0]), doubles([1.0, 0.0, 1.0])),
        (doubles([[1.0, -2.0], [3.0, 4.0], [0.5, 0.0]]), doubles([[1.0, 1.0], [0.0, 1.0], [0.0, 0.0]])),
        (doubles([1.0, 2.0, 3.0]), doubles([1.0, 1.0, 1.0])),
    ],
    probes=masked_tensors,
)
def masked_mean_gradient(x, mask):
    """The gradient of (mask * x**2).sum() / mask.sum() with respect to x, for a mask of 0s and 1s."""
    return gradients(lambda t: (mask * t**2).sum() / mask.sum(), x)[0]


@masked_mean_gradient.right
def shared_by_the_kept(x, mask):
    return 2 * mask * x / mask.sum()


@masked_mean_gradient.right
def masked_with_where(x, mask):
    keep = mask.bool()
    return torch.where(keep, 2 * x / keep.count_nonzero(), 0.0)


@masked_mean_gradient.right
def masked_by_assignment(x, mask):
    grad = torch.zeros_like(x)
    kept = x[mask == 1]
    grad[mask == 1] = 2 * kept / kept.numel()
    return grad


@masked_mean_gradient.right
def masked_in_numpy_float32(x, mask):
    x, mask = x.numpy().astype(np.float32), mask.numpy().astype(np.float32)
    return np.multiply(x, mask) * (2 / mask.sum())


@masked_mean_gradient.right
def masked_in_a_loop(x, mask):
    count = sum(1 for m in mask.flatten() if m == 1)
    pairs = zip(x.flatten().tolist(), mask.flatten().tolist(), strict=True)
    return torch.tensor([2 * number / count if m else 0.0 for number, m in pairs]).reshape(x.shape)


@masked_mean_gradient.mistake(
    "You divided by the number of all elements. The mean runs over those that the mask keeps."
)
def divided_by_all(x, mask):
    return 2 * mask * x / x.numel()


@masked_mean_gradient.mistake("Elements outside the mask got a slope. They have no effect on the result.")
def forgot_the_mask_above(x, mask):
    return 2 * x / mask.sum()


@masked_mean_gradient.mistake("The mask plays no part: that is the gradient of the plain mean of squares.")
def ignored_the_mask(x, mask):
    return 2 * x / x.numel()


@masked_mean_gradient.mistake("That is the gradient of the sum above: the mean still divides it.")
def forgot_to_divide(x, mask):
    return 2 * mask * x


@masked_mean_gradient.mistake("The 2 from the power rule is missing.")
def masked_without_the_two(x, mask):
    return mask * x / mask.sum()


@masked_mean_gradient.mistake("You kept what the mask leaves out: a 1 means that the element counts.")
def inverted_the_mask(x, mask):
    return 2 * (1 - mask) * x / mask.sum()


@masked_mean_gradient.mistake(
    "Only the kept elements came back. The gradient has the shape of x, with zeros where the mask is 0."
)
def dropped_the_others(x, mask):
    return 2 * x[mask == 1] / mask.sum()


@masked_mean_gradient.mistake("You counted the mask row by row. One count, over the whole mask, divides everything.")
def counted_by_row(x, mask):
    return 2 * mask * x / (mask.sum(-1, keepdim=True).clamp(min=1) if mask.ndim else mask)


@masked_mean_gradient.mistake("You counted the mask column by column. One count, over the whole mask, divides it all.")
def counted_by_column(x, mask):
    return 2 * mask * x / (mask.sum(0).clamp(min=1) if mask.ndim > 1 else mask.sum())


@masked_mean_gradient.mistake("You divided by the number of rows. The count is how many 1s the whole mask has.")
def masked_divided_by_rows(x, mask):
    return 2 * mask * x / (len(mask) if mask.ndim else 1)


@masked_mean_gradient.mistake("You divided by the mask's mean. The count is how many 1s the mask has.")
def divided_by_the_masks_mean(x, mask):
    return 2 * mask * x / mask.double().mean()


@masked_mean_gradient.mistake("That is the value of the function. Its gradient has an element for each element of x.")
def the_masked_mean_itself(x, mask):
    return (mask * x**2).sum() / mask.sum()


@masked_mean_gradient.mistake("The gradient is right, but x was overwritten: `x *= mask` works in place.")
def masked_in_place(x, mask):
    x *= mask
    return 2 * x / mask.sum()
