"""Tasks of a01: slopes by hand and by machine."""

from __future__ import annotations

import math

import numpy as np
import torch

from ..oracle import slope
from ..probes import normal, reals, uniform
from ..task import task
from ..values import Made


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
    "You differentiated twice. That happens to agree at x = 2, so one good number there does not prove the formula."
)
def second_derivative(x):
    return 6 * x


@d_cube.mistake("That is the slope of x², not of x³.")
def slope_of_the_square(x):
    return 2 * x


@d_cube.mistake("Left of zero your slope is negative, but x³ climbs there as well.")
def follows_the_sign_of_x(x):
    return 3 * x * abs(x)


@d_cube.mistake("That is the area under the curve, an integral; the slope goes the other way.")
def integrated_the_cube(x):
    return x**4 / 4


# --- make_leaf ----------------------------------------------------------------------------------------------------


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


# --- slope_at and tangent_line ------------------------------------------------------------------------------------

# Slopes of about 10 are fairly judged to 2e-5: a float32 answer may come out of a difference of numbers of that size.
FAIR = 2e-5


def _functions(rng):
    """One function of each kind. Bounded on [-2, 2], so that float32 work keeps its digits."""
    names = ["sin", "cos", "tanh", "exp"]
    waves = [Made("wave", {"name": name, "rate": uniform(rng, 0.6, 1.6)}) for name in names]
    cubic = Made("polynomial", {"coefficients": [uniform(rng, -2, 2, away_from=[0], gap=0.3) for _ in range(4)]})
    line = Made("polynomial", {"coefficients": [uniform(rng, 1, 3), uniform(rng, -3, -1)]})
    nested = Made("composed", {"functions": [Made("power", {"exponent": 2}), waves[0]]})
    return [*waves, cubic, line, nested, Made("power", {"exponent": 3})]


def _functions_and_points(rng):
    probes = [
        (f, uniform(rng, *side, away_from=[-2, -1, 0, 1, 2])) for f in _functions(rng) for side in [(-2, 0), (0, 2)]
    ]
    probes += [(f, int(rng.choice([-2, -1, 1, 2]))) for f in _functions(rng)[3:7]]
    return [*probes, (Made("wave", {"name": "sin", "rate": 1.5}), 0), (Made("composed", {"functions": []}), 1.5)]


@task(
    points=4,
    examples=[
        (Made("power", {"exponent": 2}), 3),
        (Made("power", {"exponent": 3}), 2.0),
        (Made("wave", {"name": "sin"}), -0.5),
    ],
    probes=_functions_and_points,
    atol=FAIR,
)
def slope_at(f, x):
    """The derivative of f at the number x, for any f built of torch operations."""
    return slope(f, x)


@slope_at.right
def backward_on_a_leaf(f, x):
    leaf = torch.tensor(float(x), requires_grad=True)
    f(leaf).backward()
    return leaf.grad.item()


@slope_at.right
def gradient_as_a_tensor(f, x):
    leaf = torch.tensor(x, dtype=torch.float64).requires_grad_()
    return torch.autograd.grad(f(leaf), leaf)[0]


@slope_at.right
def functional_grad(f, x):
    return torch.func.grad(f)(torch.tensor(float(x)))


@slope_at.right
def forward_mode(f, x):
    return torch.func.jvp(f, (torch.tensor(float(x)),), (torch.tensor(1.0),))[1].numpy()


@slope_at.right
def still_with_a_graph(f, x):
    leaf = torch.tensor(float(x), requires_grad=True)
    return torch.autograd.grad(f(leaf), leaf, create_graph=True)[0]


@slope_at.right
def in_a_batch_of_one(f, x):
    leaf = torch.tensor([float(x)], requires_grad=True)
    f(leaf[0]).backward()
    return leaf.grad[0]


@slope_at.mistake("That is the height of the curve, f(x), not how steep it is there.")
def height_instead_of_slope(f, x):
    return f(torch.tensor(float(x))).item()


@slope_at.mistake(
    "A whole number makes an integer tensor, and that cannot carry a gradient: your answer has to work for x = 3 too."
)
def only_for_floats(f, x):
    leaf = torch.tensor(x, requires_grad=True)
    f(leaf).backward()
    return leaf.grad.item()


@slope_at.mistake(
    "Nothing came back: either your `return` is missing, or there is no gradient where you looked. It is stored by "
    "`backward()`, and only on the leaf: not on f's result, and not on anything computed from the leaf."
)
def looked_where_no_gradient_is(f, x):
    y = f(torch.tensor(float(x), requires_grad=True) * 1.0)
    y.backward()
    return y.grad


@slope_at.mistake("Nothing was recorded, so there was nothing to go back through: the input must require grad.")
def forgot_requires_grad(f, x):
    leaf = torch.tensor(float(x))
    f(leaf).backward()
    return leaf.grad.item()


@slope_at.mistake("That is the slope of a straight line between two points of the curve: near the slope, but not it.")
def difference_quotient(f, x):
    h = 0.01
    return (f(torch.tensor(x + h, dtype=torch.float64)) - f(torch.tensor(x, dtype=torch.float64))) / h


@slope_at.mistake("The digits of x after the point got lost, so this is the slope at another place.")
def truncated_x(f, x):
    return slope(f, int(x))


@slope_at.mistake("Your slope is twice what it should be: a gradient adds up when backward runs more than once.")
def backward_twice(f, x):
    return 2 * slope(f, x)


@slope_at.mistake(
    "You went backward twice through one recording. The first time uses it up: record again, or go back once."
)
def second_backward(f, x):
    leaf = torch.tensor(float(x), requires_grad=True)
    y = f(leaf)
    y.backward()
    y.backward()
    return leaf.grad.item()


@slope_at.mistake("You rounded the result: return the number with all its digits.")
def rounded(f, x):
    return round(slope(f, x), 2)


@slope_at.mistake("You lost the sign: a curve that falls has a negative slope.")
def without_its_sign(f, x):
    return abs(slope(f, x))


@slope_at.mistake("Your answer has shape (1,): give f a tensor with no dimension, and the slope will have none either.")
def a_vector_of_one(f, x):
    leaf = torch.tensor([float(x)], dtype=torch.float64, requires_grad=True)
    f(leaf).sum().backward()
    return leaf.grad


def _functions_and_floats(rng):
    probes = [(f, uniform(rng, *side, away_from=[-1, 0, 1])) for f in _functions(rng) for side in [(-1.5, 0), (0, 1.5)]]
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
    atol=FAIR,
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
