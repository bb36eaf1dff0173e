"""The task `d_square` of a01_slopes."""

from __future__ import annotations

import numpy as np
import torch

from ...authoring.oracle import slope
from ...authoring.probes import reals
from ...authoring.task import task


@task(points=2, by_hand=True, examples=[3.0, -1.5], probes=reals(-5, 5, also=[0.0]))
def d_square(x):
    """The derivative of x² at x."""
    return slope(lambda t: t**2, x)


@d_square.right
def doubled(x):
    return x + x


@d_square.right
def through_numpy(x):
    return np.float32(2) * np.asarray(x)


@d_square.right
def with_a_graph_that_nobody_uses(x):
    return 2 * torch.tensor(x, requires_grad=True)


@d_square.mistake("That is x² itself. The derivative says how fast x² changes when x moves a little.")
def the_function_itself(x):
    return x**2


@d_square.mistake(
    "You kept the exponent after bringing it down: when the 2 comes to the front, the power drops by one."
)
def kept_the_exponent(x):
    return 2 * x**2


@d_square.mistake("You lowered the power but did not bring the old exponent down to the front.")
def lost_the_factor(x):
    return x


@d_square.mistake("Your slope has the wrong sign: at x = 3 the curve climbs, so the slope there is positive.")
def flipped_the_sign(x):
    return -2 * x


@d_square.mistake("Your slope is never negative, but left of zero the curve falls.")
def dropped_the_sign(x):
    return 2 * abs(x)


@d_square.mistake("You returned a constant: the slope of x² is different at every x.")
def derivative_of_the_derivative(x):
    return 2.0


@d_square.mistake("That is the area under the curve, an integral; the slope goes the other way.")
def integrated(x):
    return x**3 / 3


@d_square.mistake("You added the exponent: when it comes to the front, it multiplies.")
def added_the_exponent(x):
    return x + 2
