"""The task `central_difference` of a07_numbers_that_break."""

from __future__ import annotations

import sys

import numpy as np
import torch

from ...authoring.oracle import slope
from ...authoring.probes import uniform
from ...authoring.task import task
from ...exchange.recipes import inside
from .inputs import either_sign, plain, polynomial, power, wave


def _slopes(rng):
    """Gentle, steep and flat functions, near zero and far from it."""
    cubic = [uniform(rng, 0.5, 2.0) for _ in range(4)]
    drawn = [
        *((polynomial(*cubic), uniform(rng, *side)) for side in ((-3.0, -1.0), (1.0, 3.0))),
        (wave("sin", uniform(rng, 0.5, 3.0)), either_sign(rng, 0.1, 2.0)),
        (wave("cos", uniform(rng, 0.5, 3.0)), either_sign(rng, 0.1, 2.0)),
        # steep: a step that is small enough elsewhere is too large here
        (wave("exp", uniform(rng, 8.0, 20.0)), uniform(rng, 0.5, 1.5)),
        (power(-1.0), uniform(rng, -0.1, -0.02)),
        (power(-2.0), uniform(rng, 0.02, 0.05)),
        # far from zero: x + h loses the last digits of h
        (polynomial(*cubic), either_sign(rng, 500.0, 1000.0)),
        (polynomial(0.0, 0.0, 1.0), either_sign(rng, 900.0, 1000.0)),
        (wave("sin", 1.0), either_sign(rng, 50.0, 100.0)),
        (wave("exp", uniform(rng, 0.5, 2.0)), 0.0),
        (polynomial(uniform(rng, 1.0, 5.0)), uniform(rng, -2.0, 2.0)),
    ]
    return [(plain(f), x) for f, x in drawn]


@task(
    points=2,
    examples=[
        (plain(polynomial(0.0, 0.0, 1.0)), 3.0),
        (plain(wave("sin", 1.0)), 0.0),
        (plain(power(-1.0)), 0.025),
        (plain(polynomial(0.0, 0.0, 1.0)), 1000.0),
    ],
    probes=_slopes,
    rtol=2e-4,
)
def central_difference(f, x):
    """The slope of f at x from values of f alone, within 2e-4 of it."""
    return slope(inside(f), x)


@central_difference.right
def step_that_grows_with_x(f, x):
    h = sys.float_info.epsilon ** (1 / 3) * max(1.0, abs(x))
    return (f(x + h) - f(x - h)) / (2 * h)


@central_difference.right
def fixed_step_of_a_millionth(f, x):
    return (f(x + 1e-6) - f(x - 1e-6)) / 2e-6


@central_difference.right
def fixed_step_of_a_ten_thousandth(f, x):
    return (f(x + 1e-4) - f(x - 1e-4)) / 2e-4


@central_difference.right
def the_step_that_was_taken(f, x):
    right, left = x + 1e-5, x - 1e-5
    return (f(right) - f(left)) / (right - left)


@central_difference.right
def five_points(f, x):
    h = 1e-4
    return (f(x - 2 * h) - 8 * f(x - h) + 8 * f(x + h) - f(x + 2 * h)) / (12 * h)


@central_difference.right
def richardson(f, x):
    def central(h):
        return (f(x + h) - f(x - h)) / (2 * h)

    return (4 * central(5e-5) - central(1e-4)) / 3


@central_difference.right
def one_sided_and_small_enough(f, x):
    return (f(x + 1e-7) - f(x)) / 1e-7


@central_difference.right
def in_numpy_float64(f, x):
    t, h = np.float64(x), np.float64(1e-5 * (1 + abs(x)))
    return np.array(f(t + h) - f(t - h)) / (2 * h)


@central_difference.right
def as_a_tensor_at_the_end(f, x):
    return torch.tensor([f(x + 1e-5), -f(x - 1e-5)], dtype=torch.float64).sum() / 2e-5


@central_difference.mistake("You divided by h, but from x − h to x + h is a distance of two steps.")
def divided_by_one_step(f, x):
    h = 1e-5
    return (f(x + h) - f(x - h)) / h


@central_difference.mistake("Python divides by 2 and then multiplies by h: put the whole distance in brackets.")
def forgot_the_brackets(f, x):
    h = 1e-5
    return (f(x + h) - f(x - h)) / 2 * h


@central_difference.mistake(
    "Division comes before subtraction, so only the second value is divided: brackets are missing."
)
def divided_only_one_value(f, x):
    h = 1e-5
    return f(x + h) - f(x - h) / (2 * h)


@central_difference.mistake("That is how far f rises, not yet how far it rises for each unit of x.")
def forgot_to_divide(f, x):
    h = 1e-5
    return f(x + h) - f(x - h)


@central_difference.mistake("You went one step up from x and none down, but divided by two steps.")
def one_step_over_two(f, x):
    h = 1e-5
    return (f(x + h) - f(x)) / (2 * h)


@central_difference.mistake(
    "You took the right-hand value away from the left-hand one, so every slope has the wrong sign."
)
def the_wrong_way_round(f, x):
    h = 1e-5
    return (f(x - h) - f(x + h)) / (2 * h)


@central_difference.mistake(
    "A step of 0.1 is too large: the line through two points so far apart is not yet the tangent where f is steep."
)
def step_too_large(f, x):
    h = 0.1
    return (f(x + h) - f(x - h)) / (2 * h)


@central_difference.mistake(
    "A one-sided difference errs in proportion to h; with this step that is too much. "
    "Look to both sides of x, or think again about the step."
)
def one_sided(f, x):
    h = 1e-3
    return (f(x + h) - f(x)) / h


@central_difference.mistake(
    "A step of 1e-12 is too small: f(x + h) and f(x − h) agree in nearly all their digits, "
    "and rounding is most of what is left of their difference."
)
def step_too_small(f, x):
    h = 1e-12
    return (f(x + h) - f(x - h)) / (2 * h)


@central_difference.mistake(
    "Machine epsilon is the gap between 1 and the next float. As a step it vanishes: for x above 2, x + h is x itself."
)
def step_of_machine_epsilon(f, x):
    h = sys.float_info.epsilon
    return (f(x + h) - f(x - h)) / (2 * h)


@central_difference.mistake("A step in proportion to x alone is 0 where x is 0, and you divide by it.")
def step_that_vanishes_at_zero(f, x):
    h = 1e-5 * abs(x)
    return (f(x + h) - f(x - h)) / (2 * h)


@central_difference.mistake(
    "You went over to float32, as `torch.tensor` of a float does unless it is told: that has 7 digits, and a small "
    "difference needs more."
)
def in_float32(f, x):
    h = 1e-5
    above, below = (torch.tensor(f(x + step)) for step in (h, -h))
    return ((above - below) / (2 * h)).item()


@central_difference.mistake(
    "`f` takes a plain float and nothing else: a tensor is none, so call `f` with x moved by h."
)
def passed_a_tensor(f, x):
    t, h = torch.tensor(x, dtype=torch.float64), 1e-5
    return (f(t + h) - f(t - h)) / (2 * h)


@central_difference.mistake("That is the slope of x² whatever `f` is: call the function that you are given.")
def always_the_parabola(f, x):
    h = 1e-5
    return ((x + h) ** 2 - (x - h) ** 2) / (2 * h)
