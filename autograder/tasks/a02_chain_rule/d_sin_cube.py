"""The task `d_sin_cube` of a02_chain_rule."""

from __future__ import annotations

import math

import numpy as np
import torch

from ...authoring.oracle import slope
from ...authoring.probes import reals
from ...authoring.task import FAIR_TO_FLOAT32, task


@task(
    points=2,
    by_hand=True,
    examples=[2.0, -1.0, 0.5],
    probes=reals(-2, 2, also=[0.0, 1.0, 0.375, -0.375]),
    atol=FAIR_TO_FLOAT32,
)
def d_sin_cube(x):
    """The derivative of sin(x³) at x."""
    return slope(lambda t: torch.sin(t**3), x)


@d_sin_cube.right
def outer_times_inner_of_the_cube(x):
    return math.cos(x**3) * 3 * x**2


@d_sin_cube.right
def cube_with_numpy(x):
    return 3 * np.square(x) * np.cos(np.power(x, 3))


@d_sin_cube.right
def cube_with_tensors(x):
    t = torch.tensor(x)
    return torch.cos(t**3) * 3 * t**2


@d_sin_cube.right
def step_by_step(x):
    y = x * x * x
    dy_dx = 3 * x * x
    dz_dy = math.cos(y)
    return dz_dy * dy_dx


@d_sin_cube.mistake("You differentiated the sine, but not what is inside it: the inside moves too when x moves.")
def forgot_the_cube(x):
    return math.cos(x**3)


@d_sin_cube.mistake("The factors are right, but the outer one is taken at x. It belongs at what goes into the sine.")
def cosine_at_x(x):
    return 3 * x**2 * math.cos(x)


@d_sin_cube.mistake("You multiplied by the inner derivative, but the sine itself is not differentiated yet.")
def kept_the_sine(x):
    return 3 * x**2 * math.sin(x**3)


@d_sin_cube.mistake(
    "You put the inner derivative into the cosine. It goes beside it, as a factor; what is inside stays as it was."
)
def cosine_of_the_inner_derivative(x):
    return math.cos(3 * x**2)


@d_sin_cube.mistake("You multiplied by the inner derivative of the last task: here a cube is inside.")
def inner_derivative_of_the_square(x):
    return 2 * x * math.cos(x**3)


@d_sin_cube.mistake("The factor is right and the inside is not: it is a cube in the answer too.")
def square_left_inside(x):
    return 3 * x**2 * math.cos(x**2)


@d_sin_cube.mistake("The inner derivative has lost its factor: the old exponent comes to the front.")
def lost_the_three(x):
    return x**2 * math.cos(x**3)


@d_sin_cube.mistake("The inner derivative has lost a power: it drops by one, not by two.")
def lost_a_power(x):
    return 3 * x * math.cos(x**3)


@d_sin_cube.mistake("You read it as (sin x)³, the cube of a sine. Here x is cubed first and the sine comes last.")
def cube_of_the_sine(x):
    return 3 * math.sin(x) ** 2 * math.cos(x)


@d_sin_cube.mistake("You added the two derivatives; along a chain they multiply.")
def added_instead(x):
    return math.cos(x**3) + 3 * x**2


@d_sin_cube.mistake("The sign is wrong: the derivative of a sine is a cosine with a plus in front.")
def minus_in_front(x):
    return -3 * x**2 * math.cos(x**3)


@d_sin_cube.mistake("That is the slope of sin(x²), the task before this one: here x is cubed.")
def copied_from_the_square(x):
    return 2 * x * math.cos(x**2)
