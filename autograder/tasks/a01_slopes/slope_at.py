"""The task `slope_at` of a01_slopes."""

from __future__ import annotations

import torch

from ...authoring.oracle import slope
from ...authoring.probes import uniform
from ...authoring.task import FAIR_TO_FLOAT32, task
from ...exchange.values import Made
from .functions import smooth_functions


def _functions_and_points(rng):
    probes = [
        (f, uniform(rng, *side, away_from=[-2, -1, 0, 1, 2]))
        for f in smooth_functions(rng)
        for side in [(-2, 0), (0, 2)]
    ]
    probes += [(f, int(rng.choice([-2, -1, 1, 2]))) for f in smooth_functions(rng)[3:7]]
    square = Made("power", {"exponent": 2})
    flat = [(square, 0), (square, 0.0), (Made("wave", {"name": "cos"}), 0.0)]
    return [*probes, *flat, (Made("wave", {"name": "sin", "rate": 1.5}), 0), (Made("composed", {"functions": []}), 1.5)]


@task(
    points=4,
    examples=[
        (Made("power", {"exponent": 2}), 3),
        (Made("power", {"exponent": 3}), 2.0),
        (Made("wave", {"name": "sin"}), -0.5),
    ],
    probes=_functions_and_points,
    atol=FAIR_TO_FLOAT32,
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


@slope_at.mistake(
    "Your number is packed in something of length 1: either f was given a tensor with a dimension, or you return a "
    "tuple or a list where its one member is asked for."
)
def a_vector_of_one(f, x):
    leaf = torch.tensor([float(x)], dtype=torch.float64, requires_grad=True)
    f(leaf).sum().backward()
    return leaf.grad


@slope_at.twin(a_vector_of_one)
def a_tuple_of_one(f, x):
    leaf = torch.tensor(float(x), dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(f(leaf), leaf)
