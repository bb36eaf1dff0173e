"""The task `d_sin_square` of a02_chain_rule."""

from __future__ import annotations

import math

import numpy as np
import torch

from ...authoring.oracle import slope
from ...authoring.probes import reals
from ...authoring.task import FAIR_TO_FLOAT32, task


@task(
    points=3,
    by_hand=True,
    examples=[3.0, 4.0, 0.5],
    probes=reals(-3, 3, also=[0.0, -1.0, 0.25, -0.25]),
    atol=FAIR_TO_FLOAT32,
)
def d_sin_square(x):
    """The derivative of sin(x²) at x."""
    return slope(lambda t: torch.sin(t**2), x)


@d_sin_square.right
def outer_times_inner(x):
    return math.cos(x**2) * 2 * x


@d_sin_square.right
def with_numpy(x):
    y = np.square(x)
    return np.cos(y) * (x + x)


@d_sin_square.right
def with_tensors(x):
    t = torch.tensor(x)
    return 2 * t * torch.cos(t * t)


@d_sin_square.right
def with_a_graph_that_nobody_uses(x):
    t = torch.tensor(x, requires_grad=True)
    return 2 * t * torch.cos(t**2)


@d_sin_square.right
def shifted_sine(x):
    return 2 * x * math.sin(x**2 + math.pi / 2)


@d_sin_square.mistake("You differentiated the sine, but not what is inside it: the inside moves too when x moves.")
def forgot_the_inner_derivative(x):
    return math.cos(x**2)


@d_sin_square.mistake("The factors are right, but the outer one is taken at x. It belongs at what goes into the sine.")
def outer_at_the_wrong_place(x):
    return 2 * x * math.cos(x)


@d_sin_square.mistake("You multiplied by the inner derivative, but the sine itself is not differentiated yet.")
def forgot_the_outer_derivative(x):
    return 2 * x * math.sin(x**2)


@d_sin_square.mistake(
    "You put the inner derivative into the cosine. It goes beside it, as a factor; what is inside stays as it was."
)
def nested_the_derivatives(x):
    return math.cos(2 * x)


@d_sin_square.mistake("You added the two derivatives; along a chain they multiply.")
def added_the_derivatives(x):
    return math.cos(x**2) + 2 * x


@d_sin_square.mistake("The sign is wrong: the derivative of a sine is a cosine with a plus in front.")
def flipped_the_sign(x):
    return -2 * x * math.cos(x**2)


@d_sin_square.mistake("You read it as (sin x)², the square of a sine. Here x is squared first and the sine comes last.")
def square_of_the_sine(x):
    return 2 * math.sin(x) * math.cos(x)


@d_sin_square.mistake("That is sin(x²) itself, its height; the slope is asked for.")
def the_function_itself(x):
    return math.sin(x**2)


@d_sin_square.mistake("You lost a factor: the derivative of the inside is not just x.")
def lost_the_factor(x):
    return x * math.cos(x**2)


@d_sin_square.mistake("Angles are in radians here, as everywhere in Python: nothing is converted to or from degrees.")
def in_degrees(x):
    return 2 * x * math.cos(math.radians(x**2))
