"""The task `gradient_history` of a05_accumulation."""

from __future__ import annotations

import torch

from ...authoring.oracle import slope
from ...authoring.probes import uniform
from ...authoring.task import task
from ...authoring.tensors import leaf
from ...exchange.values import Made


def _history_probes(rng):
    def amount(low, high):
        return uniform(rng, low, high)

    return [
        (Made("power", {"exponent": 3.0}), amount(-2.5, -1), 5, False),
        (Made("power", {"exponent": 2.0}), amount(1, 3), 4, True),
        (Made("wave", {"name": "exp", "rate": amount(0.5, 1.5)}), amount(-1, 1), 6, False),
        (Made("wave", {"name": "sin", "rate": amount(0.3, 0.9)}), amount(-1, 1), 3, True),
        (
            Made("polynomial", {"coefficients": [amount(1, 2), amount(1, 2), amount(1, 2)]}),
            amount(0.5, 2),
            int(rng.integers(8, 13)),
            False,
        ),
        (Made("polynomial", {"coefficients": [amount(1, 2), amount(1, 2), amount(1, 2)]}), amount(0.5, 2), 2, True),
        (Made("shift", {"amount": amount(-3, 3)}), amount(-3, 3), 3, False),
        (Made("scale", {"factor": amount(-3, -1)}), amount(-3, 3), 3, False),
        (Made("power", {"exponent": 2.0}), 0.0, 3, False),
        (Made("power", {"exponent": 3.0}), amount(-2, -1), 1, True),
        (Made("power", {"exponent": 3.0}), amount(1, 2), 1, False),
    ]


@task(
    points=3,
    examples=[
        (Made("power", {"exponent": 3.0}), 2.0, 5, False),
        (Made("power", {"exponent": 3.0}), 2.0, 5, True),
        (Made("scale", {"factor": -4.0}), 1.0, 3, False),
    ],
    probes=_history_probes,
)
def gradient_history(f, x, n, reset):
    """A leaf's gradient after each of n forward and backward passes of f at x, cleared between them if `reset`."""
    one = slope(f, x) if n else 0.0
    return [one if reset else one * (i + 1) for i in range(n)]


@gradient_history.right
def with_zero_and_item(f, x, n, reset):
    t, history = torch.tensor(x, requires_grad=True), []
    for _ in range(n):
        if reset and t.grad is not None:
            t.grad.zero_()
        f(t).backward()
        history.append(t.grad.item())
    return history


@gradient_history.right
def with_none_and_clones(f, x, n, reset):
    t, history = leaf(x), []
    for _ in range(n):
        f(t).backward()
        history.append(t.grad.clone())
        if reset:
            t.grad = None
    return history


@gradient_history.right
def with_an_optimizer(f, x, n, reset):
    t, history = leaf(x), []
    optimizer = torch.optim.SGD([t], lr=0.1)
    for _ in range(n):
        if reset:
            optimizer.zero_grad()
        f(t).backward()
        history.append(float(t.grad))
    return history


@gradient_history.right
def one_graph_kept_alive(f, x, n, reset):
    t, history = leaf(x), []
    y = f(t)
    for _ in range(n):
        y.backward(retain_graph=True)
        history.append(t.grad.item())
        if reset:
            t.grad.zero_()
    return torch.tensor(history)


@gradient_history.right
def through_func_and_a_running_sum(f, x, n, reset):
    each = torch.stack([torch.func.grad(f)(torch.tensor(x))] * n) if n else torch.zeros(0)
    return each if reset else each.cumsum(0)


@gradient_history.mistake(
    "Your list holds the same `.grad` tensor again and again. Torch adds into that one tensor, so every entry shows "
    "its last value: store a snapshot, a plain number or a copy."
)
def listed_the_same_tensor(f, x, n, reset):
    t, history = leaf(x), []
    for _ in range(n):
        if reset:
            t.grad = None
        f(t).backward()
        history.append(t.grad)
    return history


@gradient_history.mistake(
    "Your list holds the same `.grad` tensor again and again, and zeroing that tensor zeroed the entries of the list "
    "as well: store a snapshot, a plain number or a copy."
)
def listed_the_tensor_that_is_zeroed(f, x, n, reset):
    t, history = leaf(x), []
    for _ in range(n):
        f(t).backward()
        history.append(t.grad)
        if reset:
            t.grad.zero_()
    return history


@gradient_history.mistake(
    "Your gradients never add up. You clear them even when `reset` is False, or you make a new leaf in every round."
)
def a_new_leaf_each_time(f, x, n, reset):
    history = []
    for _ in range(n):
        t = leaf(x)
        f(t).backward()
        history.append(t.grad.item())
    return history


@gradient_history.mistake("Your gradients add up even when `reset` is True: nothing clears `.grad` between the rounds.")
def never_cleared(f, x, n, reset):
    t, history = leaf(x), []
    for _ in range(n):
        f(t).backward()
        history.append(t.grad.item())
    return history


@gradient_history.mistake("You clear when `reset` is False and add up when it is True: the other way round.")
def cleared_the_wrong_way_round(f, x, n, reset):
    return never_cleared(f, x, n, reset) if reset else a_new_leaf_each_time(f, x, n, reset)


@gradient_history.mistake("You cleared the gradient before you wrote it down, so the list holds zeros.")
def cleared_before_it_was_recorded(f, x, n, reset):
    t, history = leaf(x), []
    for _ in range(n):
        f(t).backward()
        if reset:
            t.grad.zero_()
        history.append(t.grad.item())
    return history


@gradient_history.mistake(
    "You ran the forward pass once and every backward through that one graph. "
    "A graph's buffers are freed by its first backward: build a new graph in each round."
)
def one_forward_for_all_rounds(f, x, n, reset):
    t, history = leaf(x), []
    y = f(t)
    for _ in range(n):
        y.backward()
        history.append(t.grad.item())
        if reset:
            t.grad.zero_()
    return history


@gradient_history.mistake(
    "Before the first backward `.grad` is None, and None has no `zero_`: clear at another moment, or ask first."
)
def zeroed_a_gradient_that_is_none(f, x, n, reset):
    t, history = leaf(x), []
    for _ in range(n):
        if reset:
            t.grad.zero_()
        f(t).backward()
        history.append(t.grad.item())
    return history


@gradient_history.mistake("You set `.grad` to the number 0, but `.grad` takes only a tensor or None.")
def set_the_gradient_to_a_number(f, x, n, reset):
    t, history = leaf(x), []
    for _ in range(n):
        f(t).backward()
        history.append(t.grad.item())
        if reset:
            t.grad = 0
    return history


@gradient_history.mistake("You returned only the gradient after the last round; the list of all rounds is asked for.")
def only_the_last(f, x, n, reset):
    history = never_cleared(f, x, n, reset) if not reset else a_new_leaf_each_time(f, x, n, reset)
    return history[-1] if history else 0.0


@gradient_history.mistake("You recorded the values of f, not the gradients that arrive at x.")
def recorded_the_value(f, x, n, reset):
    return [f(leaf(x)).item() for _ in range(n)]


@gradient_history.mistake("Your list is one round too short: there is one entry for each backward, n in all.")
def one_round_too_few(f, x, n, reset):
    one = slope(f, x)
    return [one if reset else one * (i + 1) for i in range(max(0, n - 1))]


@gradient_history.mistake("Your list begins with the gradient before any backward; it should begin after the first.")
def started_from_zero(f, x, n, reset):
    one = slope(f, x)
    return [0.0] + [one if reset else one * (i + 1) for i in range(n - 1)]


@gradient_history.mistake("Your list is one round too long: there is one entry for each backward, n in all.")
def one_round_too_many(f, x, n, reset):
    one = slope(f, x)
    return [one if reset else one * (i + 1) for i in range(n + 1)]
