"""Tasks of a07: when the formula is right and the number is not."""

from __future__ import annotations

import functools
import math
import sys

import numpy as np
import torch
import torch.nn.functional as F

from ..oracle import slope
from ..probes import normal, spread, uniform
from ..recipes import make
from ..task import task
from ..values import Made

# --- functions to differentiate -----------------------------------------------------------------------------------


def _wave(name, rate):
    return Made("wave", {"name": name, "rate": rate})


def _polynomial(*coefficients):
    return Made("polynomial", {"coefficients": list(coefficients)})


def _power(exponent):
    return Made("power", {"exponent": exponent})


def _either_sign(rng, low, high):
    return uniform(rng, low, high) * float(rng.choice([-1.0, 1.0]))


# --- central_difference -------------------------------------------------------------------------------------------


def _slopes(rng):
    """Gentle, steep and flat functions, near zero and far from it."""
    cubic = [uniform(rng, 0.5, 2.0) for _ in range(4)]
    return [
        *((_polynomial(*cubic), uniform(rng, *side)) for side in ((-3.0, -1.0), (1.0, 3.0))),
        (_wave("sin", uniform(rng, 0.5, 3.0)), _either_sign(rng, 0.1, 2.0)),
        (_wave("cos", uniform(rng, 0.5, 3.0)), _either_sign(rng, 0.1, 2.0)),
        # steep: a step that is small enough elsewhere is too large here
        (_wave("exp", uniform(rng, 8.0, 20.0)), uniform(rng, 0.5, 1.5)),
        (_power(-1.0), uniform(rng, -0.1, -0.02)),
        (_power(-2.0), uniform(rng, 0.02, 0.05)),
        # far from zero: x + h loses the last digits of h
        (_polynomial(*cubic), _either_sign(rng, 500.0, 1000.0)),
        (_polynomial(0.0, 0.0, 1.0), _either_sign(rng, 900.0, 1000.0)),
        (_wave("sin", 1.0), _either_sign(rng, 50.0, 100.0)),
        (_wave("exp", uniform(rng, 0.5, 2.0)), 0.0),
        (_polynomial(uniform(rng, 1.0, 5.0)), uniform(rng, -2.0, 2.0)),
    ]


@task(
    points=2,
    examples=[
        (_polynomial(0.0, 0.0, 1.0), 3.0),
        (_wave("sin", 1.0), 0.0),
        (_wave("exp", 10.0), 1.0),
        (_polynomial(0.0, 0.0, 1.0), 1000.0),
    ],
    probes=_slopes,
    rtol=2e-4,
)
def central_difference(f, x):
    """The slope of f at x from values of f alone, within 2e-4 of it."""
    return slope(f, x)


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
def in_float64_tensors(f, x):
    t = torch.tensor(x, dtype=torch.float64)
    h = 1e-5 * (1 + abs(x))
    return (f(t + h) - f(t - h)) / (2 * h)


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
    "You went over to float32: `torch.tensor` of a float has 7 digits unless you ask for float64, "
    "and a small difference needs more."
)
def in_float32(f, x):
    h = 1e-5
    return float((f(torch.tensor(x + h)) - f(torch.tensor(x - h))) / (2 * h))


@central_difference.mistake("That is the slope of x² whatever `f` is: call the function that you are given.")
def always_the_parabola(f, x):
    h = 1e-5
    return ((x + h) ** 2 - (x - h) ** 2) / (2 * h)


# --- best_step ----------------------------------------------------------------------------------------------------

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
        f, x = _wave(name, uniform(rng, *rates)), _either_sign(rng, 0.25, 2.0)
        ways = [way(make(f), x, getattr(torch, dtype)) for way in (_in_dtype, _moved_before_rounding, _all_at_once)]
        errors = [_errors(quotients, slope(make(f), x)) for quotients in ways]
        liked = [_near_best(e) for e in errors]
        lucky = any(sorted(e)[0] < 0.05 * sorted(e)[1] for e in errors)
        taken = _errors(_with_the_step_taken(make(f), x, getattr(torch, dtype)), slope(make(f), x))
        if liked[0] == liked[1] == liked[2] and len(liked[0]) <= 2 and _best(taken) in liked[0] and not lucky:
            return f, x, Made("dtype", {"name": dtype})


def _step_probes(rng):
    # The flatter the function, the longer the best step: one constant for each dtype is not enough.
    rates = [(0.05, 0.2), (0.8, 2.0), (10.0, 20.0), (30.0, 40.0)]
    return [
        _clear_case(rng, name, pair, dtype)
        for dtype in ("float32", "float64")
        for pair, names in zip(rates, (("sin", "cos"), ("sin", "exp"), ("sin", "cos"), ("sin",)), strict=True)
        for name in names
    ]


@task(
    points=3,
    examples=[
        (_power(-1.0), 8.0, Made("dtype", {"name": "float64"})),
        (_power(-1.0), 8.0, Made("dtype", {"name": "float32"})),
        (_power(-1.0), 0.0625, Made("dtype", {"name": "float64"})),
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


# --- stable_bce ---------------------------------------------------------------------------------------------------


def _logits(*values):
    return torch.tensor(values, dtype=torch.float32).requires_grad_()


def _labels(*values):
    return torch.tensor(values, dtype=torch.float32)


def _logit_probes(rng):
    def drawn(low, high, *shape):
        return spread(rng, low, high, *shape, dtype=torch.float32).requires_grad_()

    def hard(*shape):
        return torch.from_numpy(rng.integers(0, 2, size=shape).astype("float32"))

    def soft(*shape):
        return spread(rng, 0.05, 0.95, *shape, dtype=torch.float32)

    return [
        (drawn(-4, 4, 7), hard(7)),
        (drawn(-4, 4, 2, 3), soft(2, 3)),
        (drawn(-300, 300, 3, 4), soft(3, 4)),
        (_logits(-300.0, 300.0, -300.0, 300.0, -110.0, 110.0), _labels(0.0, 0.0, 1.0, 1.0, 1.0, 0.0)),
        (_logits(-95.0, 95.0, -60.0, 60.0, -30.0, 30.0), soft(6)),
        (_logits(-18.0, 18.0, -25.0, 25.0), _labels(1.0, 0.0, 1.0, 0.0)),
        (_logits(0.0, 0.0, 0.0, -0.0), torch.cat([_labels(0.0, 1.0), soft(2)])),
        (torch.tensor(uniform(rng, 1, 3), dtype=torch.float32, requires_grad=True), torch.tensor(0.25)),
        # where a softplus may be replaced by a straight line too soon
        (drawn(4, 18, 6), torch.zeros(6)),
        (drawn(-18, -4, 6), torch.ones(6)),
        (drawn(4, 18, 3), soft(3)),
        (drawn(-90, -20, 1), _labels(1.0)),
        (drawn(20, 90, 1, 2, 2), torch.zeros(1, 2, 2)),
    ]


@task(
    points=3,
    driver="value_and_gradients",
    examples=[
        (_logits(2.0, -2.0), _labels(0.0, 1.0)),
        (_logits(0.0), _labels(0.25)),
        (_logits(100.0, -100.0), _labels(0.0, 0.0)),
    ],
    probes=_logit_probes,
)
def stable_bce(z, y):
    """Binary cross-entropy from the logit z, with a right value and a right gradient for every z in [−300, 300]."""
    return F.binary_cross_entropy_with_logits(z.double(), y.double(), reduction="none")


@stable_bce.right
def from_the_library(z, y):
    return F.binary_cross_entropy_with_logits(z, y, reduction="none")


@stable_bce.right
def by_softplus(z, y):
    return F.softplus(z) - z * y


@stable_bce.right
def by_logaddexp(z, y):
    return torch.logaddexp(torch.zeros_like(z), z) - y * z


@stable_bce.right
def by_logsigmoid(z, y):
    return -(y * F.logsigmoid(z) + (1 - y) * F.logsigmoid(-z))


@stable_bce.right
def by_maximum(z, y):
    return torch.maximum(z, torch.zeros_like(z)) - z * y + torch.log1p(torch.exp(-z.abs()))


@stable_bce.right
def by_two_softplus(z, y):
    return y * F.softplus(-z) + (1 - y) * F.softplus(z)


@stable_bce.right
def by_two_classes(z, y):
    scores, shares = torch.stack([torch.zeros_like(z), z], -1), torch.stack([1 - y, y], -1)
    return -(shares * scores.log_softmax(-1)).sum(-1)


@stable_bce.right
def in_float64_without_one_minus_p(z, y):
    wide = z.double()
    return -(y * torch.log(torch.sigmoid(wide)) + (1 - y) * torch.log(torch.sigmoid(-wide)))


@stable_bce.right
def by_a_safe_where(z, y):
    small = torch.where(z > 0, -z, z)  # -|z|, whose exponential can't overflow
    return torch.where(z > 0, z, 0.0) + torch.log1p(torch.exp(small)) - z * y


class _WithItsOwnBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z, y):
        ctx.save_for_backward(z, y)
        return z.clamp(min=0) - z * y + torch.log1p(torch.exp(-z.abs()))

    @staticmethod
    def backward(ctx, grad_out):
        z, y = ctx.saved_tensors
        return grad_out * (torch.sigmoid(z) - y), None


@stable_bce.right
def with_its_own_backward(z, y):
    return _WithItsOwnBackward.apply(z, y)


def _from_probability(p, y):
    return -(y * torch.log(p) + (1 - y) * torch.log(1 - p))


@stable_bce.mistake(
    "You clamp the probability, as in a03: outside the clamp the loss is flat, so a neuron that is wrong and sure gets "
    "a gradient of 0 and never learns."
)
def clamped_probability(z, y):
    return _from_probability(torch.sigmoid(z).clamp(1e-7, 1 - 1e-7), y)


@stable_bce.mistake(
    "Your epsilon of 1e-8 does nothing near 1: in float32, 1 − 1e-8 is 1. The logarithm of 0 is back at z = 17."
)
def clamped_by_nothing(z, y):
    return _from_probability(torch.sigmoid(z).clamp(1e-8, 1 - 1e-8), y)


@stable_bce.mistake(
    "The sigmoid rounds to 0 or 1 and then you take the logarithm of 0. Do not go through the probability at all."
)
def plain_formula(z, y):
    return _from_probability(torch.sigmoid(z), y)


@stable_bce.mistake(
    "An epsilon inside the logarithms keeps them finite, but far out the value stops growing and the gradient is gone."
)
def epsilon_inside(z, y):
    p = torch.sigmoid(z)
    return -(y * torch.log(p + 1e-7) + (1 - y) * torch.log(1 - p + 1e-7))


@stable_bce.mistake(
    "`binary_cross_entropy` takes probabilities: it stops the logarithm at −100, and once the sigmoid has rounded to "
    "0 or 1 the gradient is lost. There is a form that starts from the logit."
)
def library_loss_on_probabilities(z, y):
    return F.binary_cross_entropy(torch.sigmoid(z), y, reduction="none")


@stable_bce.mistake("You clamp the logit: outside the clamp the loss no longer depends on z, and its gradient is 0.")
def clamped_logit(z, y):
    z = z.clamp(-50, 50)
    return F.softplus(z) - z * y


@stable_bce.mistake(
    "exp(z) overflows float32 from z = 89 on, and the loss is infinite. Arrange it so that only exp of something "
    "negative is ever taken."
)
def exponential_overflows(z, y):
    return torch.log1p(torch.exp(z)) - z * y


@stable_bce.mistake(
    "`torch.where` computes both branches, and the branch that is not chosen overflows: 0 times infinity is NaN in "
    "the backward. Make the argument safe before the exponential, not after."
)
def overflow_in_the_other_branch(z, y):
    log_term = torch.where(z >= 0, z + torch.log1p(torch.exp(-z)), torch.log1p(torch.exp(z)))
    return log_term - z * y


@stable_bce.mistake(
    "The values are right, but at z = 0 exactly the gradient is not: relu and abs both have a kink there and torch "
    "takes 0 as the slope of each."
)
def kink_of_relu_at_zero(z, y):
    return torch.relu(z) - z * y + torch.log1p(torch.exp(-z.abs()))


@stable_bce.mistake(
    "The values are right, but at z = 0 exactly the gradient is not: at its edge torch's clamp lets the whole "
    "gradient through, and abs has a kink there too."
)
def edge_of_clamp_at_zero(z, y):
    return z.clamp(min=0) - z * y + torch.log1p(torch.exp(-z.abs()))


@stable_bce.mistake(
    "You replace a curve by straight lines too soon: a few units away from 0 the curve still has a little to add."
)
def straight_lines_too_soon(z, y):
    return F.softplus(z, threshold=5) - z * y


@stable_bce.mistake(
    "You returned one number for the whole batch: a loss for each element is wanted, without reduction."
)
def reduced(z, y):
    return F.binary_cross_entropy_with_logits(z, y)


@stable_bce.mistake("You mixed up the two labels: y = 1 must be cheap where z is large.")
def labels_swapped(z, y):
    return F.softplus(z) - z * (1 - y)


@stable_bce.mistake(
    "You treat y as a yes or no. A label of 0.25 is a quarter of one loss and three quarters of the other."
)
def hard_labels_only(z, y):
    return torch.where(y > 0.5, F.softplus(-z), F.softplus(z))


@stable_bce.mistake(
    "The values are right, but the graph is cut: through `detach`, `item` or `no_grad` no gradient gets back."
)
def cut_the_graph(z, y):
    return F.binary_cross_entropy_with_logits(z.detach(), y, reduction="none")


# --- safe_norm ----------------------------------------------------------------------------------------------------


def _vector(*values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def _vectors(rng):
    def with_zeros(*zeros, size=5):
        x = normal(rng, size)
        x[list(zeros)] = 0.0
        return x.requires_grad_()

    tiny = 2.0 ** -int(rng.integers(34, 38))  # about 1e-11: its square is far below any epsilon
    return [
        (with_zeros(),),
        (with_zeros(int(rng.integers(5))),),
        (with_zeros(0, 1, 3),),
        (torch.zeros(4, dtype=torch.float64, requires_grad=True),),
        (torch.zeros(1, dtype=torch.float64, requires_grad=True),),
        (_vector(-uniform(rng, 1, 3)),),
        ((normal(rng, 3) * tiny).requires_grad_(),),
        (_vector(0.0, uniform(rng, 1, 2) * tiny),),
        ((normal(rng, 40) * 100).requires_grad_(),),
        (_vector(-0.0, 0.0),),
    ]


@task(
    points=2,
    driver="value_and_gradients",
    examples=[(_vector(3.0, 4.0),), (_vector(0.0, 0.0, 0.0),), (_vector(0.0, -2.0),), (_vector(3e-10, -4e-10),)],
    probes=_vectors,
    atol=0.0,
)
def safe_norm(x):
    """The Euclidean norm of the vector x, exactly 0 at the zero vector, where its gradient is 0 too."""
    return torch.linalg.vector_norm(x)


@safe_norm.right
def two_wheres(x):
    squares = (x**2).sum()
    is_zero = squares == 0
    return torch.where(is_zero, 0.0, torch.where(is_zero, 1.0, squares).sqrt())


@safe_norm.right
def norm_method(x):
    return x.norm()


@safe_norm.right
def an_if(x):
    squares = x @ x
    return squares.sqrt() if squares > 0 else x.sum() * 0


@safe_norm.right
def scaled_by_the_largest(x):
    scale = x.detach().abs().max()
    if scale == 0:
        return (0 * x).sum()
    return scale * ((x / scale) ** 2).sum().sqrt()


@safe_norm.right
def only_what_is_not_zero(x):
    rest = x[x != 0]
    return torch.sqrt((rest**2).sum()) if len(rest) else rest.sum()


@safe_norm.right
def with_a_hook(x):
    squares = (x * x).sum()
    squares.register_hook(lambda grad: torch.where(torch.isfinite(grad), grad, 0.0))
    return squares.sqrt()


class _Norm(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.pow(2).sum().sqrt()

    @staticmethod
    def backward(ctx, grad_out):
        (x,) = ctx.saved_tensors
        norm = x.pow(2).sum().sqrt()
        return grad_out * (x / norm if norm else x)


@safe_norm.right
def a_function_of_its_own(x):
    return _Norm.apply(x)


@safe_norm.mistake(
    "At the zero vector the square root is infinitely steep, and infinity times 0 is NaN in the backward."
)
def plain_square_root(x):
    return (x**2).sum().sqrt()


@safe_norm.mistake(
    "With an epsilon under the root, the norm of the zero vector is not 0 and that of a tiny one is far off."
)
def epsilon_under_the_root(x):
    return ((x**2).sum() + 1e-12).sqrt()


@safe_norm.mistake("With an epsilon added after the root, no norm is exact, and at 0 the gradient is still NaN.")
def epsilon_after_the_root(x):
    return (x**2).sum().sqrt() + 1e-12


@safe_norm.mistake(
    "A floor under the root makes the norm of 0 a small number that is not 0, and flattens tiny vectors."
)
def floor_under_the_root(x):
    return (x**2).sum().clamp(min=1e-12).sqrt()


@safe_norm.mistake("The floor is applied after the root: too late for the gradient, and the norm of 0 is no longer 0.")
def floor_after_the_root(x):
    return (x**2).sum().sqrt().clamp(min=1e-8)


@safe_norm.mistake(
    "At the zero vector you return a new tensor that has nothing to do with x: no gradient can get back through it, "
    "and a gradient of 0 is wanted."
)
def constant_at_zero(x):
    return x.pow(2).sum().sqrt() if x.any() else torch.tensor(0.0, dtype=torch.float64)


@safe_norm.mistake(
    "At the zero vector you return a fresh leaf: it has a gradient of its own, but no way leads from it back to x, and "
    "x should get a gradient of 0."
)
def fresh_leaf_at_zero(x):
    return x.pow(2).sum().sqrt() if x.any() else torch.zeros((), dtype=x.dtype, requires_grad=True)


@safe_norm.mistake(
    "You take a vector for the zero vector as soon as one of its entries is 0. Look at all of them together."
)
def one_zero_is_enough(x):
    return x.norm() if (x != 0).all() else x.sum() * 0


@safe_norm.mistake("You take every tiny vector for the zero vector; its norm is tiny but its gradient has length 1.")
def tiny_is_zero(x):
    squares = (x**2).sum()
    return squares.sqrt() if squares > 1e-16 else x.sum() * 0


@safe_norm.mistake("That is the squared norm: a square root is still to come.")
def squared(x):
    return (x**2).sum()


@safe_norm.mistake("You added up absolute values: that is another norm, the way a taxi counts distance.")
def sum_of_absolute_values(x):
    return x.abs().sum()


@safe_norm.mistake("You took the mean of the squares where their sum is wanted.")
def root_of_the_mean(x):
    return torch.linalg.vector_norm(x) / len(x) ** 0.5


@safe_norm.mistake(
    "The values are right, but the graph is cut: through `detach`, `item` or `no_grad` no gradient gets back."
)
def cut_from_x(x):
    return x.detach().norm()


@safe_norm.mistake(
    "At the zero vector your gradient is 1, not 0: the value there is 0, but it moves with the entries of x."
)
def sum_at_zero(x):
    return x.norm() if x.any() else x.sum()


# --- log_sum_exp --------------------------------------------------------------------------------------------------


def _scores(rng):
    def drawn(low, high, *shape):
        return spread(rng, low, high, *shape, dtype=torch.float32).requires_grad_()

    def offset(values, by):
        return (values.detach() + by).requires_grad_()

    rows = torch.tensor([[1e4], [-1e4], [0.0]])
    return [
        (drawn(-3, 3, 5),),
        (drawn(-3, 3, 3, 4),),
        (drawn(-3, 3, 2, 3, 4),),
        (drawn(-1e4, 1e4, 6),),
        (drawn(-1e4, 1e4, 4, 3),),
        (offset(drawn(-2, 2, 5), 1e4 - 2),),
        (offset(drawn(-2, 2, 5), 2 - 1e4),),
        # rows far apart: the largest score of all is no help to the others
        (offset(drawn(-2, 2, 3, 4), 0.9998 * rows),),
        (offset(drawn(-2, 2, 2, 3, 2), 0.5 * rows),),
        (drawn(-200, 200, 2, 1),),
        (torch.full((3,), uniform(rng, 200, 900), requires_grad=True),),
        (drawn(-2, 2, 1),),
    ]


@task(
    points=2,
    driver="value_and_gradients",
    examples=[
        (_logits(0.0, 0.0),),
        (torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, -5.0]], requires_grad=True),),
        (_logits(1000.0, 1000.0),),
        (_logits(-10000.0, -10001.0),),
    ],
    probes=_scores,
    # At 1e4 neighbouring float32 numbers are 0.001 apart.
    rtol=1e-3,
    atol=1e-3,
)
def log_sum_exp(x):
    """ln Σ exp(x) over the last axis, for float32 x up to ±10,000."""
    return torch.logsumexp(x.double(), -1)


@log_sum_exp.right
def the_library(x):
    return torch.logsumexp(x, dim=-1)


@log_sum_exp.right
def largest_taken_out(x):
    top = x.max(dim=-1, keepdim=True).values
    return top.squeeze(-1) + (x - top).exp().sum(-1).log()


@log_sum_exp.right
def largest_detached(x):
    top = x.detach().amax(-1)
    return torch.log(torch.exp(x - top[..., None]).sum(-1)) + top


@log_sum_exp.right
def two_at_a_time(x):
    return functools.reduce(torch.logaddexp, x.unbind(-1))


@log_sum_exp.right
def by_log_softmax(x):
    return (x - x.log_softmax(-1)).mean(-1)


@log_sum_exp.right
def by_cross_entropy(x):
    flat = x.reshape(-1, x.shape[-1])
    first = torch.zeros(len(flat), dtype=torch.long)
    return (F.cross_entropy(flat, first, reduction="none") + flat[:, 0]).reshape(x.shape[:-1])


@log_sum_exp.right
def row_by_row(x):
    rows = [r.max() + torch.log(sum(torch.exp(v - r.max()) for v in r)) for r in x.reshape(-1, x.shape[-1])]
    return torch.stack(rows).reshape(x.shape[:-1])


@log_sum_exp.mistake(
    "exp overflows float32 from 89 on and is 0 below −104: take something out of the exponentials before you add them."
)
def as_written(x):
    return x.exp().sum(-1).log()


@log_sum_exp.mistake("float64 only moves the limit: exp overflows it from 710 on, and the scores go to 10,000.")
def as_written_in_float64(x):
    return x.double().exp().sum(-1).log()


@log_sum_exp.mistake("You took the largest score out and did not put it back in the end.")
def forgot_to_add_it_back(x):
    return (x - x.amax(-1, keepdim=True)).exp().sum(-1).log()


@log_sum_exp.mistake(
    "You took out the largest score of the whole tensor: a row far below it has only zeros left. Treat each row alone."
)
def largest_of_all(x):
    return x.max() + (x - x.max()).exp().sum(-1).log()


@log_sum_exp.mistake(
    "What you take out is not the largest score (the mean, perhaps?), and what lies far above it still overflows."
)
def mean_taken_out(x):
    middle = x.mean(-1, keepdim=True)
    return middle.squeeze(-1) + (x - middle).exp().sum(-1).log()


@log_sum_exp.mistake(
    "That is the largest score alone; the others count as well, most of all where they come close to it."
)
def only_the_largest(x):
    return x.amax(-1)


@log_sum_exp.mistake(
    "You clamp the scores before the exponential: it no longer overflows, but values beyond the clamp are wrong and "
    "their gradient is 0."
)
def clamped_scores(x):
    return x.clamp(-80, 80).exp().sum(-1).log()


@log_sum_exp.mistake("You summed over the first axis; the task asks for the last.")
def over_the_first_axis(x):
    return torch.logsumexp(x, 0)


@log_sum_exp.mistake("You summed over everything: a tensor with one number for each row is wanted.")
def over_everything(x):
    return torch.logsumexp(x.reshape(-1), 0)


@log_sum_exp.mistake("The last axis is still there, with size 1: it should be summed away.")
def kept_the_axis(x):
    return torch.logsumexp(x, -1, keepdim=True)


@log_sum_exp.mistake("You took the mean of the exponentials where their sum is wanted.")
def log_of_the_mean(x):
    return torch.logsumexp(x, -1) - math.log(x.shape[-1])


@log_sum_exp.mistake(
    "The values are right, but the graph is cut: through `detach`, `item` or `no_grad` no gradient gets back."
)
def cut_off(x):
    return torch.logsumexp(x.detach(), -1)


@log_sum_exp.mistake(
    "Those are the shares of the scores, a softmax: it is the gradient of what is asked for, not its value."
)
def the_gradient_instead(x):
    return x.softmax(-1)
