"""The task `best_step` of a07_numbers_that_break."""

from __future__ import annotations

import math

import numpy as np
import torch

from ...authoring.oracle import slope
from ...authoring.probes import uniform
from ...authoring.task import task
from ...exchange.recipes import make
from ...exchange.values import Made
from .inputs import either_sign, power, wave

STEPS = [10.0**-k for k in range(1, 13)]


def _in_dtype(f, x, dtype):
    t = torch.tensor(x, dtype=dtype)
    return [((f(t + h) - f(t - h)) / (2 * h)).item() for h in STEPS]


def _moved_before_rounding(f, x, dtype):
    return [(f(torch.tensor(x + h, dtype=dtype)) - f(torch.tensor(x - h, dtype=dtype))).item() / (2 * h) for h in STEPS]


def _all_at_once(f, x, dtype):
    t, h = torch.tensor(x, dtype=dtype), torch.tensor(STEPS, dtype=dtype)
    return ((f(t + h) - f(t - h)) / (2 * h)).tolist()


def _with_the_step_taken(f, x, dtype):
    t = torch.tensor(x, dtype=dtype)
    return [((f(t + h) - f(t - h)) / ((t + h) - (t - h))).item() for h in STEPS]


def _errors(quotients, truth):
    return [abs(q - truth) if math.isfinite(q) else math.inf for q in quotients]


def _best(errors):
    return STEPS[errors.index(min(errors))]


def _near_best(errors):
    """The steps whose error is within a factor of two of the smallest."""
    return {h for h, error in zip(STEPS, errors, strict=True) if error <= 2 * min(errors)}


def _snapped(result, f, x, dtype):
    """A step near the best as the oracle's step, so that either of two good ones is right; any other as it is."""
    if isinstance(result, (str, bool)) or (isinstance(result, torch.Tensor) and result.ndim):
        return result
    power = next((h for h in STEPS if abs(float(result) - h) <= 1e-4 * h), None)
    if power is None:
        return result
    errors = _errors(_all_at_once(f, x, dtype), slope(f, x))
    return _best(errors) if power in _near_best(errors) else power


def _clear_case(rng, name, rates, dtype):
    """A function and a point at which honest ways to compute the quotient, which differ in the last digit, all like
    the same one or two steps, and not by luck."""
    while True:
        f, x = wave(name, uniform(rng, *rates)), either_sign(rng, 0.25, 2.0)
        if _is_clear(make(f), x, getattr(torch, dtype)):
            return f, x, Made("dtype", {"name": dtype})


def _is_clear(f, x, dtype):
    truth = slope(f, x)
    errors = [_errors(way(f, x, dtype), truth) for way in (_in_dtype, _moved_before_rounding, _all_at_once)]
    liked = [_near_best(e) for e in errors]
    if not (liked[0] == liked[1] == liked[2] and len(liked[0]) <= 2):
        return False
    lucky = any(sorted(e)[0] < 0.05 * sorted(e)[1] for e in errors)
    return not lucky and _best(_errors(_with_the_step_taken(f, x, dtype), truth)) in liked[0]


def _near_a_pole(rng, dtype):
    """One over x, so near its pole that the best step is shorter there than on the other side of 0."""
    while True:
        place = uniform(rng, 1.0, 2.0)
        f = Made("composed", {"functions": [Made("shift", {"amount": uniform(rng, 0.03, 0.06) - place}), power(-1.0)]})
        if _is_clear(make(f), place, getattr(torch, dtype)):
            return f, place, Made("dtype", {"name": dtype})


def _step_probes(rng):
    # The flatter the function, the longer the best step: one constant for each dtype is not enough.
    rates = [(0.05, 0.2), (0.8, 2.0), (10.0, 20.0), (30.0, 40.0)]
    very_flat = _clear_case(rng, "sin", (0.01, 0.03), "float32")
    drawn = [
        _clear_case(rng, name, pair, dtype)
        for dtype in ("float32", "float64")
        for pair, names in zip(rates, (("sin", "cos"), ("sin", "exp"), ("sin", "cos"), ("sin",)), strict=True)
        for name in names
    ]
    return [*drawn, very_flat, *(_near_a_pole(rng, dtype) for dtype in ("float32", "float64"))]


@task(
    points=3,
    examples=[
        (power(-1.0), 8.0, Made("dtype", {"name": "float64"})),
        (power(-1.0), 8.0, Made("dtype", {"name": "float32"})),
        (power(-1.0), 0.0625, Made("dtype", {"name": "float64"})),
    ],
    probes=_step_probes,
    canonical=_snapped,
    atol=0.0,
)
def best_step(f, x, dtype):
    """The power of ten, 1e-1 to 1e-12, with which the central difference of f at x in dtype errs least."""
    return _best(_errors(_all_at_once(f, x, dtype), slope(f, x)))


def _true_slope(f, x):
    t = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(f(t), t)[0].item()


def _central(f, x, h, dtype):
    t = torch.tensor(x, dtype=dtype)
    return (f(t + h) - f(t - h)) / (2 * h)


def _with_least(error):
    """The step for which `error(h)` is smallest; NaN counts as the worst."""
    sizes = [float(error(h)) for h in STEPS]
    return STEPS[min(range(len(STEPS)), key=lambda i: (math.isnan(sizes[i]), sizes[i]))]


@best_step.right
def one_after_the_other(f, x, dtype):
    truth = _true_slope(f, x)
    return _with_least(lambda h: abs(_central(f, x, h, dtype).item() - truth))


@best_step.right
def with_the_step_as_a_tensor(f, x, dtype):
    t, steps = torch.tensor(x, dtype=dtype), torch.logspace(-1, -12, 12, dtype=dtype)
    quotients = torch.stack([(f(t + h) - f(t - h)) / (2 * h) for h in steps])
    truth = torch.func.grad(f)(torch.tensor(x, dtype=torch.float64))
    return steps[(quotients.double() - truth).abs().argmin()]


@best_step.right
def in_numpy(f, x, dtype):
    t = torch.tensor(x, dtype=dtype)
    rises = np.array([(f(t + h) - f(t - h)).item() for h in STEPS])
    return np.asarray(STEPS)[np.argmin(np.abs(rises / (2 * np.array(STEPS)) - _true_slope(f, x)))]


@best_step.right
def the_longest_of_nearly_equals(f, x, dtype):
    errors = [abs(q - _true_slope(f, x)) for q in _moved_before_rounding(f, x, dtype)]
    return next(h for h, error in zip(STEPS, errors, strict=True) if error <= 1.9 * min(errors))


@best_step.mistake(
    "Smaller is not better without end: below some h, rounding is all that is left. Measure the error of each."
)
def the_smallest(f, x, dtype):
    return 1e-12


@best_step.mistake(
    "You always answer 1e-5, a good habit in float64 for a gentle f. Measure it for this f and this dtype."
)
def a_habit(f, x, dtype):
    return 1e-5


@best_step.mistake(
    "A rule of thumb knows the dtype but not f: where f bends fast, the best step is shorter. Measure each."
)
def rule_of_thumb(f, x, dtype):
    return 10.0 ** round(math.log10(torch.finfo(dtype).eps ** (1 / 3)))


@best_step.mistake(
    "Your differences are in float64 whatever `dtype` is: make a tensor of x in that dtype before you move it by h."
)
def always_in_float64(f, x, dtype):
    return one_after_the_other(f, x, torch.float64)


@best_step.mistake(
    "Your differences are in float32 whatever `dtype` is: `torch.tensor` makes that of a float unless it is told."
)
def always_in_float32(f, x, dtype):
    return one_after_the_other(f, x, torch.float32)


@best_step.mistake("You took the step with the largest error; the best is the one with the smallest.")
def the_worst(f, x, dtype):
    truth = _true_slope(f, x)
    return _with_least(lambda h: -abs(_central(f, x, h, dtype).item() - truth))


@best_step.mistake("An error below zero is an error too: compare sizes, not signed differences.")
def forgot_the_absolute_value(f, x, dtype):
    truth = _true_slope(f, x)
    return _with_least(lambda h: _central(f, x, h, dtype).item() - truth)


@best_step.mistake(
    "You looked to one side of x only; the central difference looks to both, and its best step is longer."
)
def one_sided_quotient(f, x, dtype):
    t, truth = torch.tensor(x, dtype=dtype), _true_slope(f, x)
    return _with_least(lambda h: abs(((f(t + h) - f(t)) / h).item() - truth))


@best_step.mistake("You divided by h where the two points are 2h apart, so no step comes near the true slope.")
def divided_by_one_h(f, x, dtype):
    truth = _true_slope(f, x)
    return _with_least(lambda h: abs(2 * _central(f, x, h, dtype).item() - truth))


@best_step.mistake("That is the exponent. Return the step itself, the power of ten.")
def the_exponent(f, x, dtype):
    return round(math.log10(one_after_the_other(f, x, dtype)))


@best_step.mistake("That is how large the smallest error is. Return the step that gives it.")
def the_error_instead(f, x, dtype):
    truth = _true_slope(f, x)
    return min(abs(_central(f, x, h, dtype).item() - truth) for h in STEPS)


@best_step.mistake("That is where the best step stands in your list. Return the step itself.")
def its_place_in_the_list(f, x, dtype):
    return STEPS.index(one_after_the_other(f, x, dtype))
