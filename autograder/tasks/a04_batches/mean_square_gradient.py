"""The task `mean_square_gradient` of a04_batches."""

from __future__ import annotations

import math

import torch

from ...authoring.oracle import gradients
from ...authoring.probes import Rng, normal
from ...authoring.task import Inputs, task
from ...authoring.tensors import doubles


def tensors_of_many_shapes(rng: Rng) -> list[Inputs]:
    """x of shapes in which no axis is as long as the whole, and some in which one is."""
    shapes = [(), (), (1,), (2,), (5,), (2, 3), (3, 2), (4, 1), (1, 6), (2, 3, 4), (2, 1, 3, 2)]
    with_a_zero = normal(rng, 4)
    with_a_zero[1] = 0.0
    return [*((normal(rng, *shape),) for shape in shapes), (normal(rng, 4, 3).T,), (with_a_zero,)]


@task(
    points=2,
    by_hand=True,
    examples=[doubles([1.0, 2.0, 3.0]), doubles(-3.0), doubles([[1.0, -2.0, 0.0], [4.0, 0.5, -1.0]])],
    probes=tensors_of_many_shapes,
)
def mean_square_gradient(x):
    """The gradient of (x**2).mean() with respect to x, for x of any shape."""
    return gradients(lambda t: (t**2).mean(), x)[0]


@mean_square_gradient.right
def shared_by_all(x):
    return 2 * x / x.numel()


@mean_square_gradient.right
def from_the_mean_of_ones(x):
    return 2 * x * torch.ones_like(x).div(math.prod(x.shape))


@mean_square_gradient.right
def mean_square_in_numpy(x):
    x = x.numpy()
    return (x + x) / x.size


@mean_square_gradient.right
def mean_square_in_float32_in_a_loop(x):
    flat = x.float().reshape(-1)
    return torch.stack([2 * number / len(flat) for number in flat]).reshape(x.shape)


@mean_square_gradient.right
def as_lists(x):
    return (x * (2 / x.nelement())).tolist()


@mean_square_gradient.mistake("That is the gradient of the sum. A mean shares the slope among all its elements.")
def forgot_the_mean(x):
    return 2 * x


@mean_square_gradient.mistake("The 2 from the power rule is missing.")
def forgot_the_two(x):
    return x / x.numel()


@mean_square_gradient.mistake("You divided by the number of rows. The mean runs over all elements, whatever the shape.")
def divided_by_the_rows(x):
    return 2 * x / len(x)


@mean_square_gradient.mistake(
    "You divided by the length of the last axis. The mean runs over all elements, whatever the shape."
)
def divided_by_the_last_axis(x):
    return 2 * x / (x.shape[-1] if x.ndim else 1)


@mean_square_gradient.mistake("You divided by the number of axes: `ndim` or `dim()` is not the number of elements.")
def divided_by_the_axes(x):
    return 2 * x / max(x.ndim, 1)


@mean_square_gradient.mistake("That is one number, a mean of slopes. Every element of x has a slope of its own.")
def mean_of_the_slopes(x):
    return (2 * x).mean()


@mean_square_gradient.mistake("That is the value of the function, (x**2).mean(), and not its gradient.")
def the_value_itself(x):
    return (x**2).mean()


@mean_square_gradient.mistake("The power rule was not used to its end: the x in it is still squared.")
def kept_the_square(x):
    return 2 * x**2 / x.numel()


@mean_square_gradient.mistake("Your gradient is never negative, but left of zero the square falls.")
def lost_the_sign(x):
    return 2 * x.abs() / x.numel()


@mean_square_gradient.mistake("The gradient is right, but x was overwritten: `mul_` and `*=` work in place.")
def scaled_in_place(x):
    n = x.numel()
    return x.mul_(2).div(n)
