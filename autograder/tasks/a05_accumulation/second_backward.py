"""The task `second_backward` of a05_accumulation."""

from __future__ import annotations

import contextlib

import torch

from ...authoring.oracle import slope
from ...authoring.probes import uniform
from ...authoring.task import task
from ...authoring.tensors import leaf
from ...exchange.values import Made


def _second_probes(rng):
    def x():
        return uniform(rng, -3, 3, away_from=[0.0])

    shift = Made("shift", {"amount": uniform(rng, -3, 3)})
    power = Made("power", {"exponent": float(rng.integers(2, 5))})
    wave = Made("wave", {"name": str(rng.choice(["sin", "exp", "tanh", "cos"])), "rate": uniform(rng, 0.5, 1.5)})
    others = [Made("wave", {"name": name, "rate": 1.0}) for name in ("sin", "cos", "exp", "tanh")]
    scale = Made("scale", {"factor": uniform(rng, 1.5, 4)})
    functions = [
        shift,
        power,
        wave,
        scale,
        Made("sums", {"signs": [-1]}),
        Made("sums", {"signs": [1, 1, -1, 1]}),
        Made("sums", {"signs": [1, -1]}),
        Made("polynomial", {"coefficients": [uniform(rng, 1, 2), uniform(rng, 1, 2)]}),
        Made("composed", {"functions": [power, shift]}),
        Made("composed", {"functions": [shift, wave]}),
        Made("composed", {"functions": [shift, wave, shift]}),
        Made("composed", {"functions": [shift, Made("sums", {"signs": [-1, 1, 1, 1]}), shift]}),
        Made("composed", {"functions": [wave, power]}),
        *others,
    ]
    # Where the slope is 0, a gradient that did not change is no sign of anything.
    return [*((f, x()) for f in functions), (power, 0.0), (Made("wave", {"name": "cos"}), 0.0)]


@task(
    points=3,
    examples=[
        (Made("power", {"exponent": 2.0}), 3.0),
        (Made("shift", {"amount": 3.0}), 2.0),
        (Made("scale", {"factor": 3.0}), 2.0),
    ],
    probes=_second_probes,
)
def second_backward(f, x):
    """Whether a second backward through the same graph of f at x "raises" or "accumulates"."""
    t = leaf(x)
    y = f(t)
    y.backward()
    try:
        y.backward()
    except RuntimeError:
        return "raises"
    return "accumulates"


@second_backward.right
def reading_the_message(f, x):
    t = torch.tensor(x, requires_grad=True)
    try:
        y = f(t)
        y.backward()
        y.backward()
        return "accumulates"
    except RuntimeError as error:
        if "second time" in str(error):
            return "raises"
        raise


@second_backward.right
def with_autograd_grad(f, x):
    t = leaf(x)
    y = f(t)
    torch.autograd.grad(y, t)
    answer = "accumulates"
    try:
        torch.autograd.grad(y, [t])
    except Exception:
        answer = "raises"
    return answer


@second_backward.right
def counting_backwards_that_worked(f, x):
    t = torch.tensor([x], requires_grad=True)
    y = f(t)
    y.backward(torch.ones_like(y))
    worked = 1
    try:
        y.backward(torch.ones_like(y))
        worked += 1
    except RuntimeError:
        pass
    return {1: "raises", 2: "accumulates"}[worked]


@second_backward.right
def asking_the_nodes_what_they_saved(f, x):
    y = f(leaf(x))
    if not y.requires_grad:
        raise RuntimeError("no graph")
    waiting = [y.grad_fn]
    while waiting:
        node = waiting.pop()
        if any(name.startswith("_raw_saved") for name in dir(node)):
            return "raises"
        waiting += [child for child, _ in node.next_functions if child is not None]
    return "accumulates"


@second_backward.mistake(
    'You say "raises" for every function, but an operation that saves nothing has no buffers to free. '
    "Is it an addition into `.grad` that you took for a failure?"
)
def always_raises(f, x):
    t = leaf(x)
    f(t).backward()
    return "raises"


@second_backward.mistake(
    "Your second backward never fails. Either there was only one, or it ran through a new graph, or you asked torch to "
    "keep the buffers."
)
def kept_the_graph(f, x):
    t = leaf(x)
    y = f(t)
    y.backward(retain_graph=True)
    try:
        y.backward()
    except RuntimeError:
        return "raises"
    return "accumulates"


@second_backward.mistake("You have the two words the wrong way round.")
def swapped_the_words(f, x):
    return "accumulates" if second_backward.oracle(f, x) == "raises" else "raises"


@second_backward.mistake(
    "You decide by whether the gradient changed. Where the slope is zero it does not, and yet the backward worked."
)
def compared_the_gradients(f, x):
    t = leaf(x)
    y = f(t)
    y.backward()
    first = t.grad.item()
    try:
        y.backward()
    except RuntimeError:
        return "raises"
    return "accumulates" if t.grad.item() != first else "raises"


@second_backward.mistake(
    "You decide by whether the gradient is twice what it was. Where the slope is zero it is, whatever the backward did."
)
def looked_for_twice_the_gradient(f, x):
    t = leaf(x)
    y = f(t)
    y.backward()
    first = t.grad.item()
    with contextlib.suppress(RuntimeError):
        y.backward()
    return "accumulates" if abs(t.grad.item() - 2 * first) < 1e-9 else "raises"


@second_backward.mistake(
    "You decide by whether f is a straight line. So is a multiplication, and torch saves its factor for the backward."
)
def took_straight_lines_for_safe(f, x):
    f(leaf(x)).backward()
    return "accumulates" if abs(slope(f, x) - slope(f, x + 1)) < 1e-9 else "raises"


@second_backward.mistake(
    "You looked at the last operation alone. The backward goes on through all the others, and any of them can fail."
)
def looked_at_the_last_operation(f, x):
    y = f(leaf(x))
    y.backward()
    saves = any(name.startswith("_raw_saved") for name in dir(y.grad_fn))
    return "raises" if saves else "accumulates"


@second_backward.mistake("The error of the second backward got out of your function: it has to be caught.")
def did_not_catch_it(f, x):
    y = f(leaf(x))
    y.backward()
    y.backward()
    return "accumulates"


@second_backward.mistake('You return nothing when the second backward goes through: that case is called "accumulates".')
def said_nothing_when_it_worked(f, x):
    y = f(leaf(x))
    y.backward()
    try:
        y.backward()
    except RuntimeError:
        return "raises"


@second_backward.mistake('You returned True and False; the answer is one of two words, "raises" or "accumulates".')
def returned_a_truth_value(f, x):
    return second_backward.oracle(f, x) == "raises"


@second_backward.mistake("You returned the error message; the answer is one word.")
def returned_the_message(f, x):
    y = f(leaf(x))
    y.backward()
    try:
        y.backward()
    except RuntimeError as error:
        return str(error)
    return "accumulates"
