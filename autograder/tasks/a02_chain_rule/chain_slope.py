"""The task `chain_slope` of a02_chain_rule."""

from __future__ import annotations

import functools
import itertools
import math

import numpy as np
import torch

from ...authoring.oracle import slope
from ...authoring.probes import uniform
from ...authoring.task import FAIR_TO_FLOAT32, task
from ...exchange.values import Made


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
    probes += [(*_long_chain(rng, length), uniform(rng, -1, 1)) for length in (5, 7, int(rng.integers(9, 14)))]
    # A slope of 0 on the way, and a function that comes twice.
    return [
        *probes,
        ([_SQUARE, _SINE], [_TWICE, _COSINE], 0.0),
        ([_SINE, _SQUARE, _SINE], [_COSINE, _TWICE, _COSINE], 0.75),
    ]


def _long_chain(rng, length):
    """Straight lines that are nearly level with the diagonal, and a bend here and there: the slope stays near 1."""
    functions, derivatives = [], []
    for place in range(length):
        if place % 3 == 1:
            functions.append(_BEND)
            derivatives.append(_SLOPE_OF_BEND)
        else:
            parts = {"coefficients": [uniform(rng, -0.2, 0.2), uniform(rng, 0.8, 1.2) * float(rng.choice([-1, 1]))]}
            functions.append(Made("polynomial", parts))
            derivatives.append(Made("polynomial_slope", parts))
    return functions, derivatives


_SQUARE, _TWICE = Made("power", {"exponent": 2}), Made("scale", {"factor": 2.0})


_BEND, _SLOPE_OF_BEND = (Made(kind, {"name": "sin", "rate": 0.5}) for kind in ("wave", "wave_slope"))
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
    atol=FAIR_TO_FLOAT32,
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
