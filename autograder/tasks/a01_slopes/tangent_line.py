"""The task `tangent_line` of a01_slopes."""

from __future__ import annotations

import math

import numpy as np
import torch

from ...authoring.oracle import slope
from ...authoring.probes import uniform
from ...authoring.task import FAIR_TO_FLOAT32, task
from ...exchange.values import Made
from .functions import smooth_functions


def _functions_and_floats(rng):
    probes = [
        (f, uniform(rng, *side, away_from=[-1, 0, 1])) for f in smooth_functions(rng) for side in [(-1.5, 0), (0, 1.5)]
    ]
    return [*probes, (Made("wave", {"name": "cos", "rate": 1.5}), 0.0), (Made("power", {"exponent": 2}), 1.25)]


@task(
    points=4,
    examples=[
        (Made("power", {"exponent": 2}), 3.0),
        (Made("power", {"exponent": 3}), -2.0),
        (Made("wave", {"name": "exp"}), 0.0),
    ],
    probes=_functions_and_floats,
    parts=["slope", "intercept"],
    atol=FAIR_TO_FLOAT32,
)
def tangent_line(f, x0):
    """The slope and the intercept of the straight line that touches f at x0."""
    steepness = slope(f, x0)
    return steepness, f(torch.tensor(x0, dtype=torch.float64)).item() - steepness * x0


@tangent_line.right
def one_recording_for_both(f, x0):
    leaf = torch.tensor(x0, requires_grad=True)
    y = f(leaf)
    y.backward()
    return leaf.grad.item(), (y - leaf.grad * x0).item()


@tangent_line.right
def as_one_tensor(f, x0):
    value, steepness = torch.func.jvp(
        f, (torch.tensor(x0, dtype=torch.float64),), (torch.ones((), dtype=torch.float64),)
    )
    return torch.stack([steepness, value - steepness * x0])


@tangent_line.right
def height_of_the_line_at_zero(f, x0):
    leaf = torch.tensor(x0, dtype=torch.float64, requires_grad=True)
    y = f(leaf)
    (steepness,) = torch.autograd.grad(y, leaf)
    return [steepness, y + steepness * (0 - x0)]


@tangent_line.right
def solved_from_two_points_of_the_line(f, x0):
    steepness, height = slope(f, x0), float(f(torch.tensor(x0, dtype=torch.float64)))
    # The line through (x0, height) and (x0 + 1, height + steepness), as two equations for slope and intercept.
    corner = np.array([[x0, 1.0], [x0 + 1.0, 1.0]])
    return tuple(np.linalg.solve(corner, np.array([height, height + steepness])))


def _touch(f, x0):
    """The slope and the height of f at x0."""
    return slope(f, x0), float(f(torch.tensor(x0, dtype=torch.float64)))


@tangent_line.mistake("Both numbers are there, but in the wrong order: the slope comes first.")
def swapped(f, x0):
    steepness, height = _touch(f, x0)
    return height - steepness * x0, steepness


@tangent_line.mistake(
    "Your intercept is the height of the curve at x0. The intercept is the height of the line at x = 0: "
    "walk from x0 back to 0 along the line."
)
def height_as_intercept(f, x0):
    return _touch(f, x0)


@tangent_line.mistake("Your intercept walks away from zero instead of back to it: check the sign of the step.")
def walked_the_wrong_way(f, x0):
    steepness, height = _touch(f, x0)
    return steepness, height + steepness * x0


@tangent_line.mistake("Your intercept has the right size and the wrong sign: check which is taken from which.")
def flipped_the_intercept(f, x0):
    steepness, height = _touch(f, x0)
    return steepness, steepness * x0 - height


@tangent_line.mistake("You took one slope off the height, as if x0 were 1: the step back to zero is x0 long.")
def one_step_back(f, x0):
    steepness, height = _touch(f, x0)
    return steepness, height - steepness


@tangent_line.mistake(
    "Your intercept is where the curve crosses the vertical axis. The line crosses it somewhere else."
)
def intercept_of_the_curve(f, x0):
    return slope(f, x0), float(f(torch.tensor(0.0, dtype=torch.float64)))


@tangent_line.mistake("That is where the line crosses the horizontal axis; the intercept is its height at x = 0.")
def crossing_of_the_other_axis(f, x0):
    steepness, height = _touch(f, x0)
    return steepness, (x0 - height / steepness) if steepness else math.nan


@tangent_line.mistake("You returned the point that the line touches, x0 and f(x0), not the line.")
def the_point_itself(f, x0):
    return x0, _touch(f, x0)[1]


@tangent_line.mistake("Your line goes through x0 and the origin: it meets the curve at x0 but need not touch it there.")
def line_from_the_origin(f, x0):
    return (_touch(f, x0)[1] / x0 if x0 else 0.0), 0.0


@tangent_line.mistake("One number came back where two are wanted: the slope and the intercept, as a pair.")
def slope_alone(f, x0):
    return slope(f, x0)
