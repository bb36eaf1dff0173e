"""The task `round_straight_through` of a06_stopping."""

from __future__ import annotations

import numpy as np
import torch

from ...authoring.probes import spread
from ...authoring.task import task
from ...authoring.tensors import after_a_backward, doubles, leaf
from ...exchange.values import Made


def _round_probes(rng):
    halves = torch.from_numpy(rng.integers(-4, 4, size=5)).double() + 0.5
    return [
        (spread(rng, -3, 3).requires_grad_(),),
        (spread(rng, -4, -0.6, 4).requires_grad_(),),
        (spread(rng, 0.6, 4, 3).requires_grad_(),),
        (spread(rng, -3, 3, 2, 3).requires_grad_(),),
        (halves.requires_grad_(),),
        (leaf([0.5, 1.5, 2.5, -0.5, -1.5, -2.5]),),
        (leaf([0.0, -0.25, 0.25, 3.0, -2.0]),),
        (spread(rng, -3, 3, 1, 4, dtype=torch.float32).requires_grad_(),),
        (spread(rng, -3, 3, 4),),
        (Made("recorded", {"values": spread(rng, -3, 3, 3, 2)}),),
        (after_a_backward(spread(rng, -3, 3, 3)),),
    ]


@task(
    points=3,
    driver="value_and_gradients",
    examples=[leaf([1.2, -0.7, 2.5]), leaf(3.6), doubles([0.5, 1.5])],
    probes=_round_probes,
    essential=("value", "gradient to x"),
)
def round_straight_through(x):
    """x rounded as torch.round does, with a gradient that passes straight through."""
    return x + (torch.round(x) - x).detach()


class _Straight(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.round()

    @staticmethod
    def backward(ctx, grad_out):
        return grad_out


@round_straight_through.right
def with_a_straight_function(x):
    return _Straight.apply(x)


@round_straight_through.right
def with_the_rounding_first(x):
    with torch.no_grad():
        rounded = torch.round(x)
    return rounded + (x - x.detach())


@round_straight_through.right
def with_the_values_swapped_in_a_clone(x):
    out = x.clone()
    out.data = torch.round(out.data)
    return out


@round_straight_through.right
def with_the_gap_left_out_of_the_graph(x):
    gap = x.detach() - x.detach().round()
    return x - gap


@round_straight_through.right
def by_numpy_rint(x):
    return x + torch.from_numpy(np.asarray(np.rint(x.detach().numpy()) - x.detach().numpy()))


@round_straight_through.mistake(
    "Nothing but zeros gets back to x: what leads back to it is flat, as a staircase is, or is multiplied by 0. You "
    "want a way back on which the gradient stays as it came."
)
def just_rounded(x):
    return torch.round(x)


@round_straight_through.mistake("You cut the graph altogether: the value is right, but nothing leads back to x.")
def cut_it_off(x):
    return torch.round(x).detach()


@round_straight_through.mistake("You return x as it is; the value has to be rounded.")
def did_not_round(x):
    return x * 1


@round_straight_through.mistake(
    "You add a half and take the floor. That sends every half up; torch sends a half to the even neighbour."
)
def sent_halves_up(x):
    return x + (torch.floor(x + 0.5) - x).detach()


@round_straight_through.mistake("You send halves away from zero; torch sends a half to the even neighbour.")
def sent_halves_away_from_zero(x):
    return x + (torch.sign(x) * torch.floor(x.abs() + 0.5) - x).detach()


@round_straight_through.mistake("You round down, always; go to the nearest whole number.")
def rounded_down(x):
    return x + (torch.floor(x) - x).detach()


@round_straight_through.mistake("You round up, always; go to the nearest whole number.")
def rounded_up(x):
    return x + (torch.ceil(x) - x).detach()


@round_straight_through.mistake(
    "You cut the decimals off, as a conversion to int does; go to the nearest whole number."
)
def cut_the_decimals_off(x):
    return x + (torch.trunc(x) - x).detach()


@round_straight_through.mistake("You wrote the rounded numbers into the caller's x.")
def rounded_in_place(x):
    x.data.round_()
    return x * 1


@round_straight_through.mistake(
    "You rounded x in place, and torch allows no such thing on a leaf that requires a gradient."
)
def rounded_a_leaf(x):
    return x.round_()


@round_straight_through.mistake(
    "Your backward returns ones, whatever gradient arrives. Straight through means: hand on the one that came in."
)
def passed_ones_back(x):
    class Ones(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.round()

        @staticmethod
        def backward(ctx, grad_out):
            return torch.ones_like(grad_out)

    return Ones.apply(x)


@round_straight_through.mistake("Your gradient is clipped to where x lies between -1 and 1; here it passes everywhere.")
def passed_only_near_zero(x):
    near = x.clamp(-1, 1)
    return near + (torch.round(x) - near).detach()


@round_straight_through.mistake("Your gradient grows with the rounded number; it should pass as it came.")
def scaled_the_gradient(x):
    return x * (torch.round(x) / torch.where(x == 0, 1, x)).detach()


@round_straight_through.mistake(
    "Your gradient arrives with the wrong sign: look at which copy of x you left in the graph."
)
def flipped_the_sign(x):
    return (torch.round(x) + x).detach() - x


@round_straight_through.mistake("Your gradient is twice what comes in: is x in the graph more than once?")
def doubled_the_gradient(x):
    return 2 * x + (torch.round(x) - 2 * x).detach()


@round_straight_through.twin(just_rounded)
def tied_to_x_by_nothing(x):
    return torch.round(x).detach() + 0 * x
