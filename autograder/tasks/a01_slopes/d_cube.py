"""The task `d_cube` of a01_slopes."""

from __future__ import annotations

import math

from ...authoring.oracle import slope
from ...authoring.probes import reals
from ...authoring.task import task


@task(points=2, by_hand=True, examples=[2.0, -1.0, 0.5], probes=reals(-3, 3, also=[0.0, 1.0]))
def d_cube(x):
    """The derivative of x³ at x."""
    return slope(lambda t: t**3, x)


@d_cube.right
def three_times_the_square(x):
    return 3 * x**2


@d_cube.right
def added_up(x):
    return x * x + x * x + x * x


@d_cube.right
def through_math(x):
    return 3 * math.pow(x, 2)


@d_cube.right
def product_rule(x):
    return x**2 * 1 + x * (2 * x)


@d_cube.mistake("That is x³ itself. The derivative says how fast x³ changes when x moves a little.")
def the_cube_itself(x):
    return x**3


@d_cube.mistake("You brought the 3 to the front but left the power as it was: it drops by one.")
def kept_the_cube(x):
    return 3 * x**3


@d_cube.mistake("You lowered the power but lost the old exponent: it comes to the front as a factor.")
def lost_the_three(x):
    return x**2


@d_cube.mistake("The factor in front is the old exponent, not the new one.")
def new_exponent_in_front(x):
    return 2 * x**2


@d_cube.mistake("The power drops by one, not by two: what is left is still a parabola, not a line.")
def lowered_the_power_twice(x):
    return 3 * x


@d_cube.mistake(
    "Your formula is a straight line: you differentiated twice, or a `*` stands where a power is meant. That it agrees "
    "at x = 2 is luck."
)
def second_derivative(x):
    return 6 * x


@d_cube.twin(second_derivative)
def one_star_for_two(x):
    return 3 * x * 2


@d_cube.mistake("That is the slope of x², not of x³.")
def slope_of_the_square(x):
    return 2 * x


@d_cube.mistake("Left of zero your slope is negative, but x³ climbs there as well.")
def follows_the_sign_of_x(x):
    return 3 * x * abs(x)


@d_cube.mistake("That is the area under the curve, an integral; the slope goes the other way.")
def integrated_the_cube(x):
    return x**4 / 4
