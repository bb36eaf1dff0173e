"""The task `exp_plus_one` of a06_stopping."""

from __future__ import annotations

import math

import torch

from ...authoring.probes import spread
from ...authoring.task import task
from ...authoring.tensors import after_a_backward, doubles, leaf
from ...exchange.values import Made


def _exp_probes(rng):
    return [
        (spread(rng, -2, 2).requires_grad_(),),
        (spread(rng, -3, 0, 4).requires_grad_(),),
        (spread(rng, -2, 2, 3, 2).requires_grad_(),),
        (spread(rng, -2, 3, 1, 1).requires_grad_(),),
        (spread(rng, -2, 2, 5, dtype=torch.float32).requires_grad_(),),
        (spread(rng, -2, 2, 3),),
        (Made("recorded", {"values": spread(rng, -2, 2, 2, 3)}),),
        (leaf([0.0, 0.0]),),
        (after_a_backward(spread(rng, -2, 2, 3)),),
    ]


@task(
    points=2,
    driver="value_and_gradients",
    examples=[leaf(0.0), leaf([1.0, -1.0]), doubles([[0.5, 2.0]])],
    probes=_exp_probes,
    essential=("gradient to x",),
)
def exp_plus_one(x):
    """exp(x) + 1, with a correct gradient to x."""
    return torch.exp(x) + 1


@exp_plus_one.right
def as_a_power_of_e(x):
    return math.e**x + 1


@exp_plus_one.right
def through_expm1(x):
    return torch.expm1(x) + 2


@exp_plus_one.right
def in_place_on_a_sum(x):
    # An in-place addition is fine on a tensor that no operation has saved.
    y = torch.exp(x) + 0
    y += 1
    return y


@exp_plus_one.right
def in_place_on_a_clone(x):
    return torch.exp(x).clone().add_(1.0)


@exp_plus_one.right
def with_a_function_of_its_own(x):
    class ExpPlusOne(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y + 1

        @staticmethod
        def backward(ctx, grad_out):
            return grad_out * ctx.saved_tensors[0]

    return ExpPlusOne.apply(x)


@exp_plus_one.mistake(
    "You added in place to the result of exp. Torch had saved that result for the backward, "
    "notices that it was changed, and refuses."
)
def added_in_place(x):
    y = torch.exp(x)
    y.add_(1)
    return y


@exp_plus_one.mistake(
    "Your backward works with numbers to which the 1 was added already. Did you change the result of exp behind "
    "torch's back? It had saved that result."
)
def added_in_place_through_data(x):
    y = torch.exp(x)
    y.data.add_(1)
    return y


@exp_plus_one.mistake("Your value has no graph, so no gradient reaches x: somewhere on the way the graph was cut.")
def cut_the_graph(x):
    return torch.exp(x.detach()) + 1


@exp_plus_one.mistake(
    "You added in place to x itself, and torch allows no such thing on a leaf that requires a gradient."
)
def added_to_x(x):
    return x.exp_().add_(1)


@exp_plus_one.mistake(
    "You worked in x's own memory: your result may be right, but the caller's x now holds other numbers."
)
def overwrote_x(x):
    return x.data.exp_().add_(1)


@exp_plus_one.mistake("You added the 1 to x, inside the exponential; it belongs outside.")
def added_inside(x):
    return torch.exp(x + 1)


@exp_plus_one.mistake("Your gradient is right, but the 1 is missing from the value.")
def forgot_the_one(x):
    return torch.exp(x)


@exp_plus_one.mistake("That is exp(x) less one: is there a minus in your line, or `expm1`, which goes the other way?")
def took_expm1(x):
    return torch.expm1(x)


@exp_plus_one.mistake("You called backward yourself, which leaves a gradient on the caller's x.")
def called_backward(x):
    y = torch.exp(x) + 1
    if x.requires_grad and x.is_leaf:
        y.sum().backward(retain_graph=True)
    return y


@exp_plus_one.mistake("You added everything up; the result has one number for each number in x.")
def summed_it(x):
    return (torch.exp(x) + 1).sum()


@exp_plus_one.mistake("You went through a plain number: the graph is lost, and it works for one element alone.")
def went_through_a_number(x):
    return torch.tensor(math.exp(x.item()) + 1)


@exp_plus_one.twin(took_expm1)
def subtracted_one(x):
    return torch.exp(x) - 1
