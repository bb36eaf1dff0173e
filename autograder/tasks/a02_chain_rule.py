"""Tasks of a02: the chain rule, and the graph that autograd records."""

from __future__ import annotations

import functools
import itertools
import math
import re

import numpy as np
import torch

from ..oracle import slope
from ..probes import normal, reals, uniform
from ..task import task
from ..values import Made

# A fair float32 answer works out x² or x³ to about 5e-7 before the cosine, and multiplies that by a slope of about 10.
FAIR = 2e-5


# --- by hand ------------------------------------------------------------------------------------------------------


@task(points=3, by_hand=True, examples=[3.0, 4.0, 0.5], probes=reals(-3, 3, also=[0.0, -1.0]), atol=FAIR)
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


@task(points=2, by_hand=True, examples=[2.0, -1.0, 0.5], probes=reals(-2, 2, also=[0.0, 1.0]), atol=FAIR)
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


# --- chain_slope --------------------------------------------------------------------------------------------------


def _links(rng):
    """Functions with their derivatives, small enough for four of them in a row."""
    links = [
        (Made("wave", {"name": name, "rate": rate}), Made("wave_slope", {"name": name, "rate": rate}))
        for name, low, high in [("sin", 0.7, 1.4), ("cos", 0.7, 1.4), ("tanh", 0.6, 1.2), ("exp", 0.3, 0.6)]
        for rate in [uniform(rng, low, high)]
    ]
    coefficients = [uniform(rng, 0.3, 0.8) * sign for sign in (1, -1, 1)]
    parts = {"coefficients": coefficients}
    return [*links, (Made("polynomial", parts), Made("polynomial_slope", parts))]


def _chains(rng):
    probes = [([], [], uniform(rng, -2, -0.5))]
    for length in [1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]:
        links = _links(rng)
        chosen = [links[i] for i in rng.permutation(len(links))[:length]]
        functions, derivatives = ([link[side] for link in chosen] for side in (0, 1))
        probes.append((functions, derivatives, uniform(rng, -1.4, 1.4, away_from=[-1, 0, 1], gap=0.1)))
    return probes


_SQUARE, _TWICE = Made("power", {"exponent": 2}), Made("scale", {"factor": 2.0})
_SINE, _COSINE = Made("wave", {"name": "sin"}), Made("wave_slope", {"name": "sin"})


@task(
    points=5,
    by_hand=True,
    examples=[
        ([_SQUARE, _SINE], [_TWICE, _COSINE], 3.0),
        ([_SINE, _SQUARE], [_COSINE, _TWICE], 3.0),
        ([_SQUARE, _SINE, _SQUARE], [_TWICE, _COSINE, _TWICE], 0.5),
        ([], [], 2.0),
    ],
    probes=_chains,
    atol=FAIR,
)
def chain_slope(functions, derivatives, x):
    """The derivative, at x, of applying the functions one after the other, the first one first."""
    return slope(lambda t: _applied(functions, t), x)


def _applied(functions, x):
    for f in functions:
        x = f(x)
    return x


@chain_slope.right
def walking_along(functions, derivatives, x):
    product = 1.0
    for f, df in zip(functions, derivatives, strict=True):
        product *= df(x)
        x = f(x)
    return product


@chain_slope.right
def from_the_last_one_back(functions, derivatives, x):
    inputs = [x]
    for f in functions:
        inputs.append(f(inputs[-1]))
    product = 1.0
    for i in reversed(range(len(functions))):
        product = product * derivatives[i](inputs[i])
    return product


@chain_slope.right
def by_recursion(functions, derivatives, x):
    if not functions:
        return 1.0
    return derivatives[0](x) * by_recursion(functions[1:], derivatives[1:], functions[0](x))


@chain_slope.right
def with_accumulate(functions, derivatives, x):
    inputs = itertools.accumulate(functions, lambda value, f: f(value), initial=x)
    return math.prod(df(value) for df, value in zip(derivatives, inputs, strict=False))


@chain_slope.right
def with_numpy_product(functions, derivatives, x):
    return np.prod([df(_applied(functions[:i], x)) for i, df in enumerate(derivatives)])


@chain_slope.right
def in_float32_tensors(functions, derivatives, x):
    x, product = torch.tensor(x), torch.tensor(1.0)
    for f, df in zip(functions, derivatives, strict=True):
        x, product = f(x), product * df(x)
    return product


@chain_slope.right
def on_shallow_copies(functions, derivatives, x):
    waiting, product = list(zip(functions, derivatives, strict=True)), 1
    while waiting:
        f, df = waiting.pop(0)
        x, product = f(x), df(x) * product
    return product


@chain_slope.mistake("Every derivative is taken at x. From the second function on, something else goes in.")
def all_at_x(functions, derivatives, x):
    return math.prod(df(x) for df in derivatives)


@chain_slope.mistake(
    "Each derivative is taken at what its function gives. It belongs at what goes into it: mind which comes first."
)
def at_the_outputs(functions, derivatives, x):
    product = 1.0
    for f, df in zip(functions, derivatives, strict=True):
        x = f(x)
        product *= df(x)
    return product


@chain_slope.mistake("You applied the functions from the last to the first; the first in the list comes first.")
def in_reversed_order(functions, derivatives, x):
    return walking_along(functions[::-1], derivatives[::-1], x)


@chain_slope.mistake("You added the local slopes; along a chain they multiply.")
def added_the_slopes(functions, derivatives, x):
    total = 0.0
    for f, df in zip(functions, derivatives, strict=True):
        total += df(x)
        x = f(x)
    return total


@chain_slope.mistake("Your product starts at 0, and nothing that is multiplied by 0 ever leaves it.")
def started_at_zero(functions, derivatives, x):
    return 0.0


@chain_slope.mistake("Your product starts at x: the number x itself is not one of the factors.")
def started_at_x(functions, derivatives, x):
    return x * walking_along(functions, derivatives, x)


@chain_slope.mistake("That is the slope of the last function alone, where its input arrives; the others count too.")
def last_link_alone(functions, derivatives, x):
    return derivatives[-1](_applied(functions[:-1], x)) if functions else 1.0


@chain_slope.mistake("That is the slope of the first function alone: you may have returned inside the loop.")
def first_link_alone(functions, derivatives, x):
    return derivatives[0](x) if functions else 1.0


@chain_slope.mistake("That is what the chain of functions gives, its height; the slope is asked for.")
def the_composition_itself(functions, derivatives, x):
    return _applied(functions, x)


@chain_slope.mistake(
    "You fed the derivatives' results onward. What travels along the chain is what the functions give."
)
def derivatives_as_the_chain(functions, derivatives, x):
    return _applied(derivatives, x)


@chain_slope.mistake("With no functions at all, x passes through unchanged: your answer returns 0 there.")
def zero_for_no_functions(functions, derivatives, x):
    return walking_along(functions, derivatives, x) if functions else 0.0


@chain_slope.mistake("Without any function your answer raises: what should a product of no factors be?")
def raises_for_no_functions(functions, derivatives, x):
    inputs = list(itertools.accumulate(functions, lambda value, f: f(value), initial=x))
    return functools.reduce(lambda a, b: a * b, [df(v) for df, v in zip(derivatives, inputs, strict=False)])


@chain_slope.mistake("Your answer takes the first of the list for granted; with no functions there is none.")
def takes_the_first_for_granted(functions, derivatives, x):
    product = derivatives[0](x)
    for f, df in zip(functions[:-1], derivatives[1:], strict=True):
        x = f(x)
        product *= df(x)
    return product


@chain_slope.mistake("Taking functions off the list empties it for whoever gave it to you: walk over it instead.")
def empties_the_lists(functions, derivatives, x):
    product = 1.0
    while functions:
        product *= derivatives.pop(0)(x)
        x = functions.pop(0)(x)
    return product


@chain_slope.mistake("You turned the caller's own list around: leave it as it was, or work on a copy.")
def reverses_the_lists(functions, derivatives, x):
    slope_of_the_chain = walking_along(functions, derivatives, x)
    functions.reverse()
    derivatives.reverse()
    return slope_of_the_chain


# --- intermediate_slopes ------------------------------------------------------------------------------------------


@task(
    points=3,
    examples=[3.0, 4.0, -1.0],
    probes=reals(-3, 3, also=[0.0, 1.0]),
    parts=["dz/dy", "dz/dx"],
    atol=FAIR,
)
def intermediate_slopes(x):
    """For y = x² and z = sin(y), the pair (dz/dy, dz/dx) at x."""
    return slope(torch.sin, x**2), slope(lambda t: torch.sin(t**2), x)


@intermediate_slopes.right
def with_retain_grad(x):
    leaf = torch.tensor(x, requires_grad=True)
    y = leaf**2
    y.retain_grad()
    torch.sin(y).backward()
    return y.grad, leaf.grad


@intermediate_slopes.right
def asked_of_both(x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = leaf**2
    return torch.autograd.grad(torch.sin(y), [y, leaf])


@intermediate_slopes.right
def with_a_hook(x):
    seen = []
    leaf = torch.tensor(x, requires_grad=True)
    y = leaf**2
    y.register_hook(seen.append)
    torch.sin(y).backward()
    return seen[0].item(), leaf.grad.item()


@intermediate_slopes.right
def two_recordings(x):
    y = torch.tensor(x**2, requires_grad=True)
    torch.sin(y).backward()
    leaf = torch.tensor(x, requires_grad=True)
    torch.sin(leaf**2).backward()
    return [y.grad.item(), leaf.grad.item()]


@intermediate_slopes.right
def one_gradient_at_a_time(x):
    leaf = torch.tensor(x, requires_grad=True)
    y = leaf * leaf
    z = torch.sin(y)
    (dz_dy,) = torch.autograd.grad(z, y, retain_graph=True)
    (dz_dx,) = torch.autograd.grad(z, leaf)
    return torch.stack([dz_dy, dz_dx])


def _recorded(x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = leaf**2
    return leaf, y, torch.sin(y)


@intermediate_slopes.mistake(
    "y is not a leaf, so its gradient passes through and is thrown away, unless you ask beforehand to keep it."
)
def y_forgot_its_gradient(x):
    leaf, y, z = _recorded(x)
    z.backward()
    return y.grad, leaf.grad


@intermediate_slopes.mistake("Both numbers are there, but in the wrong order: the one for y comes first.")
def swapped(x):
    y_slope, x_slope = asked_of_both(x)
    return x_slope, y_slope


@intermediate_slopes.mistake("Your first number is the slope of y with respect to x; asked for is that of z for y.")
def inner_slope_first(x):
    return slope(lambda t: t**2, x), slope(lambda t: torch.sin(t**2), x)


@intermediate_slopes.mistake("Your second number is a local slope: dz/dx takes the whole way, from z back to x.")
def two_local_slopes(x):
    return slope(torch.sin, x**2), slope(lambda t: t**2, x)


@intermediate_slopes.mistake("Your x has collected two gradients, one from y and one from z: go backward from z alone.")
def backward_from_both(x):
    leaf, y, z = _recorded(x)
    y.retain_grad()
    z.backward(retain_graph=True)
    dz_dy = y.grad.clone()
    y.backward()
    return dz_dy, leaf.grad


@intermediate_slopes.mistake("No gradient found its way from z to your x. Did you cut y off from it, to make y a leaf?")
def cut_the_chain(x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = (leaf**2).detach().requires_grad_()
    torch.sin(y).backward()
    return y.grad, leaf.grad


@intermediate_slopes.mistake("Both slopes are doubled: backward ran twice, and gradients add up.")
def backward_twice(x):
    y_slope, x_slope = asked_of_both(x)
    return 2 * y_slope, 2 * x_slope


@intermediate_slopes.mistake("dz/dy is taken at x. It belongs at the value that y has.")
def outer_slope_at_x(x):
    return slope(torch.sin, x), slope(lambda t: torch.sin(t**2), x)


@intermediate_slopes.mistake("Those are the values of y and z, not slopes.")
def the_values_themselves(x):
    _, y, z = _recorded(x)
    return y, z


@intermediate_slopes.mistake("Your second number is the same as the first: the step from y back to x is missing.")
def stopped_at_y(x):
    y_slope = slope(torch.sin, x**2)
    return y_slope, y_slope


# --- leaf_report --------------------------------------------------------------------------------------------------

_REPORTED = [
    "x",
    "x after backward",
    "x.detach()",
    "sin(x).detach()",
    "x.clone()",
    "x.view(-1)",
    "x**2",
    "x**2 after retain_grad and backward",
    "sin(x**2)",
    "exp(x)",
    "x + 3",
    "2 * x",
    "-x",
    "x.sum()",
]


_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def _without_addresses(report, t):
    """An object's text holds its place in memory, which is another one every time; wrong either way."""
    if isinstance(report, dict) and isinstance(report.get("grad_fn"), str):
        return {**report, "grad_fn": _ADDRESS.sub("", report["grad_fn"])}
    return report


def _expression(text, x, **more):
    return Made("expression", {"text": text, "x": x, **more})


def _tensors_of_all_kinds(rng):
    tracked = [(_expression(text, normal(rng, 2).tolist()),) for text in _REPORTED]
    untracked = [(_expression(text, uniform(rng, -2, 2), tracked=False),) for text in ("x**2", "x + 3", "x.clone()")]
    plain = [(normal(rng, 2, 3),), (normal(rng).requires_grad_(),), (torch.tensor(int(rng.integers(9))),)]
    return [*tracked, *untracked, *plain]


@task(
    points=3,
    examples=[
        torch.tensor(3.0, requires_grad=True),
        _expression("x**2", 3.0),
        torch.tensor(3.0),
        _expression("x**2", 3.0, tracked=False),
    ],
    probes=_tensors_of_all_kinds,
    canonical=_without_addresses,
)
def leaf_report(t):
    """A dict with t's is_leaf and requires_grad, and under grad_fn the name of its grad_fn, None where it has none."""
    name = None if t.grad_fn is None else t.grad_fn.name()
    return {"is_leaf": t.is_leaf, "requires_grad": t.requires_grad, "grad_fn": name}


@leaf_report.right
def with_an_if(t):
    report = {"is_leaf": t.is_leaf, "requires_grad": t.requires_grad, "grad_fn": None}
    if t.grad_fn is not None:
        report["grad_fn"] = t.grad_fn.name()
    return report


@leaf_report.right
def name_of_the_type(t):
    name = type(t.grad_fn).__name__ if t.grad_fn else None
    return {"requires_grad": t.requires_grad, "grad_fn": name, "is_leaf": t.grad_fn is None}


@leaf_report.right
def with_truths_of_other_kinds(t):
    leaf, tracked = torch.tensor(t.is_leaf), np.bool_(t.requires_grad)
    return {"is_leaf": leaf, "requires_grad": tracked, "grad_fn": t.grad_fn and t.grad_fn.name()}


@leaf_report.right
def with_more_than_was_asked_for(t):
    names = [t.grad_fn.name()] if t.grad_fn is not None else [None]
    return {"is_leaf": bool(t.is_leaf), "requires_grad": t.requires_grad, "grad_fn": names[0], "shape": str(t.shape)}


def _report(is_leaf, requires_grad, grad_fn):
    return {"is_leaf": is_leaf, "requires_grad": requires_grad, "grad_fn": grad_fn}


def _name(t):
    return None if t.grad_fn is None else t.grad_fn.name()


@leaf_report.mistake(
    "Under grad_fn stands the recorded operation itself, or a method that was not called, and not a name."
)
def the_operation_itself(t):
    return _report(t.is_leaf, t.requires_grad, t.grad_fn)


@leaf_report.mistake(
    "You turned the recorded operation into text; asked for is its name, which it can tell you itself."
)
def the_operation_as_text(t):
    return _report(t.is_leaf, t.requires_grad, None if t.grad_fn is None else str(t.grad_fn))


@leaf_report.mistake("You turned grad_fn into text, whether it is an operation or None: ask it for its name instead.")
def whatever_is_there_as_text(t):
    return _report(t.is_leaf, t.requires_grad, str(t.grad_fn))


@leaf_report.mistake("A leaf has no grad_fn, so there is nothing to ask for a name: that case comes first.")
def asks_nothing_for_its_name(t):
    return _report(t.is_leaf, t.requires_grad, t.grad_fn.name())


@leaf_report.mistake("You wrote the word 'None' where the value None belongs.")
def none_as_a_word(t):
    return _report(t.is_leaf, t.requires_grad, _name(t) or "None")


@leaf_report.mistake("A leaf without a grad_fn should have None there, not an empty word.")
def none_as_an_empty_word(t):
    return _report(t.is_leaf, t.requires_grad, _name(t) or "")


@leaf_report.mistake("You took requiring grad for being a leaf. A result of tracked tensors requires grad too.")
def tracked_means_leaf(t):
    return _report(t.requires_grad, t.requires_grad, _name(t))


@leaf_report.mistake("A tensor that is not tracked counts as a leaf too: no recorded operation made it.")
def untracked_is_no_leaf(t):
    return _report(t.is_leaf and t.requires_grad, t.requires_grad, _name(t))


@leaf_report.mistake("That describes a copy of t: copying is an operation too, and is recorded where t is tracked.")
def described_a_copy(t):
    return leaf_report.oracle(t.clone())


@leaf_report.mistake("Leaves can require grad: the two are different questions.")
def leaf_means_untracked(t):
    return _report(not t.requires_grad, t.requires_grad, _name(t))


@leaf_report.mistake("What is computed from a tracked tensor requires grad as well, not the leaves alone.")
def only_leaves_require_grad(t):
    return _report(t.is_leaf, t.is_leaf and t.requires_grad, _name(t))


@leaf_report.mistake("Requiring grad and having a gradient differ: the gradient comes with backward, if at all.")
def gradient_already_there(t):
    return _report(t.is_leaf, t.grad is not None, _name(t))


@leaf_report.mistake("You shortened the name: give it in full, as the recorded operation says it.")
def shortened_the_name(t):
    return _report(t.is_leaf, t.requires_grad, _name(t) and _name(t).removesuffix("Backward0"))


@leaf_report.mistake("You switched on tracking in the tensor that you were asked to describe.")
def switched_tracking_on(t):
    if t.is_leaf and t.is_floating_point():
        t.requires_grad_()
    return _report(t.is_leaf, t.requires_grad, _name(t))


# --- graph_nodes --------------------------------------------------------------------------------------------------


def _graph(rng, leaves, steps):
    """Random operations; each takes the newest tensor and, if it takes two, any older one."""
    made = []
    for i in range(leaves, leaves + steps):
        one = ["sin", "cos", "tanh", "sigmoid", "neg"]
        two = ["add", "sub", "mul"]
        operands = [i - 1, int(rng.integers(i))]
        made.append([str(rng.choice(two)), *operands] if rng.random() < 0.6 else [str(rng.choice(one)), i - 1])
    return Made("grown", {"x": normal(rng, leaves).tolist(), "steps": made})


def _graphs(rng):
    texts = ["x**2", "x + 3", "x * x", "x * c", "x**2 + x**2", "y * sin(y), y = x**2", "x.sum()", "x.clone()"]
    probes = [(_expression(text, normal(rng, 2).tolist()),) for text in texts]
    probes += [(_expression("a * b, (a, b) = x.unbind()", normal(rng, 2).tolist()),)]
    probes += [(_expression(text, normal(rng, 2).tolist()),) for text in ("x", "sin(x).detach()", "x.detach()")]
    probes += [(_expression("x**2", 1.5, tracked=False),)]
    probes += [(_graph(rng, leaves, steps),) for leaves, steps in [(1, 5), (2, 6), (3, 8), (2, 12)]]
    doubled = [["add", i, i] for i in range(8)]  # 256 ways from the last to the first
    chain = [["sin", i] for i in range(60)]
    return [*probes, (Made("grown", {"x": [0.5], "steps": doubled}),), (Made("grown", {"x": [0.5], "steps": chain}),)]


def _in_any_order_without_addresses(names, out):
    """Sorted, where it is a list of names, or of objects as text, which says where in memory they are."""
    if isinstance(names, (list, tuple)) and all(isinstance(name, str) for name in names):
        return sorted(_ADDRESS.sub("", name) for name in names)
    return names


@task(
    points=5,
    examples=[
        _expression("sin(x**2)", 3.0),
        _expression("x**2 + x**2", 3.0),
        _expression("y * sin(y), y = x**2", 3.0),
        torch.tensor(3.0, requires_grad=True),
    ],
    probes=_graphs,
    canonical=_in_any_order_without_addresses,
)
def graph_nodes(out):
    """The names of all nodes that can be reached from out.grad_fn, each node once, in any order."""
    return [node.name() for node in _reachable(out)]


def _reachable(out):
    found, waiting = {}, [out.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in found:
            found[node] = None
            waiting += [child for child, _ in node.next_functions]
    return list(found)


@graph_nodes.right
def by_recursion_with_a_set(out):
    seen, names = set(), []

    def visit(node):
        if node is None or node in seen:
            return
        seen.add(node)
        names.append(node.name())
        for child, _ in node.next_functions:
            visit(child)

    visit(out.grad_fn)
    return names


@graph_nodes.right
def layer_by_layer(out):
    layer, seen = {out.grad_fn} - {None}, set()
    while layer:
        seen |= layer
        layer = {child for node in layer for child, _ in node.next_functions} - seen - {None}
    return sorted(node.name() for node in seen)


@graph_nodes.right
def children_first(out):
    names, seen = [], []

    def visit(node):
        if node is not None and not any(node is other for other in seen):
            seen.append(node)
            for edge in node.next_functions:
                visit(edge[0])
            names.append(node.name())

    visit(out.grad_fn)
    return tuple(names)


@graph_nodes.right
def nothing_to_walk_first(out):
    if not out.requires_grad or out.is_leaf:
        return []
    queue = [out.grad_fn]
    for node in queue:  # the list grows while it is walked
        for child, _ in node.next_functions:
            if child is not None and child not in queue:
                queue.append(child)
    return np.array([node.name() for node in queue]).tolist()


@graph_nodes.mistake("You count a node once for every path that reaches it. Remember which nodes you have been to.")
def once_for_each_path(out):
    names = []

    def visit(node):
        if node is not None:
            names.append(node.name())
            for child, _ in node.next_functions:
                visit(child)

    visit(out.grad_fn)
    return names


@graph_nodes.mistake(
    "Two things: you count a node once for every path that reaches it, and you trip over None, which stands where a "
    "tensor has no graph and where an input is a constant."
)
def every_path_and_over_nothing(out):
    names = []

    def visit(node):
        names.append(node.name())
        for child, _ in node.next_functions:
            visit(child)

    visit(out.grad_fn)
    return names


@graph_nodes.mistake(
    "Two nodes may have the same name and still be two operations: keep apart what was visited and what it is called."
)
def each_name_once(out):
    return {node.name() for node in _reachable(out)}


@graph_nodes.mistake("You follow only the first input of every node; an operation may have several.")
def first_input_alone(out):
    names, node = [], out.grad_fn
    while node is not None:
        names.append(node.name())
        node = node.next_functions[0][0] if node.next_functions else None
    return names


@graph_nodes.mistake("You ask every node for its first input, but the nodes at the very end have none.")
def first_input_of_the_last(out):
    names, node = [], out.grad_fn
    while node is not None:
        names.append(node.name())
        node = node.next_functions[0][0]
    return names


@graph_nodes.mistake("The nodes at the very end are missing, those that store the gradients of the leaves.")
def without_the_ends(out):
    return [node.name() for node in _reachable(out) if not node.name().endswith("AccumulateGrad")]


@graph_nodes.mistake("A tensor without a graph has no grad_fn to start from: your answer raises there.")
def starts_from_nothing(out):
    seen, waiting = {out.grad_fn}, [out.grad_fn]
    while waiting:
        for child, _ in waiting.pop().next_functions:
            if child is not None and child not in seen:
                seen.add(child)
                waiting.append(child)
    return [node.name() for node in seen]


@graph_nodes.mistake("A tensor without a graph should give an empty list; your answer gives None.")
def none_for_no_graph(out):
    return [node.name() for node in _reachable(out)] or None


@graph_nodes.mistake("A constant input has no node, only None in its place: your walk trips over it.")
def trips_over_constants(out):
    seen, waiting = set(), [out.grad_fn] if out.grad_fn is not None else []
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting += [child for child, _ in node.next_functions]
    return [node.name() for node in seen]


@graph_nodes.mistake("You name the Python type of each node. What `.name()` says is longer for some of them.")
def names_of_types(out):
    return [type(node).__name__ for node in _reachable(out)]


@graph_nodes.mistake("The node that you start from is missing: out.grad_fn counts too.")
def without_the_first(out):
    return [node.name() for node in _reachable(out) if node is not out.grad_fn]


@graph_nodes.mistake("You stopped after one step: the inputs of the inputs belong to the graph as well.")
def one_step_deep(out):
    if out.grad_fn is None:
        return []
    children = dict.fromkeys(child for child, _ in out.grad_fn.next_functions if child is not None)
    return [node.name() for node in (out.grad_fn, *children)]


@graph_nodes.mistake(
    "You remember pairs of a node and a number. One node with several results is then counted more than once."
)
def remembers_edges(out):
    seen, waiting, names = set(), [(out.grad_fn, 0)], []
    while waiting:
        edge = waiting.pop()
        if edge[0] is not None and edge not in seen:
            seen.add(edge)
            names.append(edge[0].name())
            waiting += edge[0].next_functions
    return names


@graph_nodes.mistake("Your list holds the nodes as text, brackets and all; each can tell you its name.")
def nodes_as_text(out):
    return [str(node) for node in _reachable(out)]


@graph_nodes.mistake("Your list holds the nodes themselves; their names are asked for.")
def nodes_instead_of_names(out):
    return _reachable(out)
