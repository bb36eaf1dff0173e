"""The task `binary_cross_entropy` of a03_neuron."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F

from ...authoring.probes import Rng, spread, uniform
from ...authoring.task import Inputs, task
from ...authoring.tensors import doubles
from .neurons import loss_of_probability


def probabilities(rng: Rng) -> list[Inputs]:
    """(p, y) and (p, y, eps): soft, hard and integer labels, p at and beyond the clamp's edges.

    Where p is above 1 - eps and y below 1, eps is one for which float32 knows 1 - eps well.
    """
    halves = [(spread(rng, 0.03, 0.97, *shape), spread(rng, 0.05, 0.95, *shape)) for shape in [(), (4,), (2, 3)]]
    hard = [
        (spread(rng, 0.03, 0.97, 5), torch.from_numpy(rng.permutation([0, 0, 1, 1, 1])).to(dtype))
        for dtype in (torch.float64, torch.int64)
    ]
    ends = torch.tensor([0.0, 1.0, 0.0, 1.0, 0.001, 0.999, 0.5], dtype=torch.float64)
    labels = torch.tensor([1.0, 0.0, 0.0, 1.0, 0.75, 0.25, 1.0], dtype=torch.float64)
    return [
        *halves,
        *hard,
        (doubles(uniform(rng, 0.05, 0.95)), torch.tensor(1)),
        (doubles(uniform(rng, 0.05, 0.95)), torch.tensor(0)),
        (torch.tensor([0.0, 1e-9, 0.0, 1.0], dtype=torch.float64), torch.tensor([1.0, 1.0, 0.0, 1.0]).double()),
        (ends, labels, uniform(rng, 0.01, 0.05)),
        (ends, labels.round().long(), uniform(rng, 0.1, 0.2)),
        (spread(rng, 0.03, 0.97, 3), spread(rng, 0.05, 0.95, 3), 0.25),
    ]


@task(
    points=3,
    examples=[
        (doubles(0.5), doubles(1.0)),
        (torch.tensor([0.9, 0.9, 0.9], dtype=torch.float64), torch.tensor([1.0, 0.0, 0.5], dtype=torch.float64)),
        (doubles(0.0), torch.tensor(1)),
        (doubles(1.0), torch.tensor(0), 0.01),
    ],
    probes=probabilities,
)
def binary_cross_entropy(p, y, eps=1e-7):
    """The binary cross-entropy of p for the label y, with p clamped to [eps, 1 − eps], elementwise."""
    return loss_of_probability(torch.clamp(p, eps, 1 - eps), y)


@binary_cross_entropy.right
def through_the_library(p, y, eps=1e-7):
    return F.binary_cross_entropy(p.clamp(eps, 1 - eps), y.to(p.dtype), reduction="none")


@binary_cross_entropy.right
def bce_in_numpy(p, y, eps=1e-7):
    p, y = np.clip(p.numpy(), eps, 1 - eps), y.numpy()
    return -(y * np.log(p) + (1 - y) * np.log1p(-p))


@binary_cross_entropy.right
def bce_in_a_loop(p, y, eps=1e-7):
    losses = []
    for chance, label in zip(p.flatten().tolist(), y.flatten().tolist(), strict=True):
        chance = min(max(chance, eps), 1 - eps)
        losses.append(-label * math.log(chance) - (1 - label) * math.log(1 - chance))
    return torch.tensor(losses, dtype=p.dtype).reshape(p.shape)


@binary_cross_entropy.right
def bce_in_float32(p, y, eps=1e-7):
    p = torch.minimum(torch.maximum(p.float(), torch.tensor(eps)), torch.tensor(1 - eps))
    return -torch.xlogy(y.float(), p) - torch.xlogy(1 - y.float(), 1 - p)


@binary_cross_entropy.mistake(
    "p is not clamped: at p = 0 or p = 1 the logarithm is infinite, and 0 times infinity is NaN."
)
def did_not_clamp(p, y, eps=1e-7):
    return -(y * torch.log(p) + (1 - y) * torch.log(1 - p))


@binary_cross_entropy.mistake("p is clamped at the lower end alone; at p = 1 the other logarithm is infinite.")
def clamped_below_only(p, y, eps=1e-7):
    p = torch.clamp(p, min=eps)
    return -(y * torch.log(p) + (1 - y) * torch.log((1 - p).clamp(min=0)))


@binary_cross_entropy.mistake("A loss is not negative: the minus in front of the whole sum is missing.")
def lost_the_minus(p, y, eps=1e-7):
    p = torch.clamp(p, eps, 1 - eps)
    return y * torch.log(p) + (1 - y) * torch.log(1 - p)


@binary_cross_entropy.mistake("You averaged over the batch. No reduction here: one loss for each element.")
def averaged_the_losses(p, y, eps=1e-7):
    return loss_of_probability(torch.clamp(p, eps, 1 - eps), y).mean()


@binary_cross_entropy.mistake("You added up the batch. No reduction here: one loss for each element.")
def summed_the_losses(p, y, eps=1e-7):
    return loss_of_probability(torch.clamp(p, eps, 1 - eps), y).sum()


@binary_cross_entropy.mistake("Your clamp always uses the same number: it should use the argument `eps`.")
def ignored_eps(p, y, eps=1e-7):
    return loss_of_probability(torch.clamp(p, 1e-7, 1 - 1e-7), y)


@binary_cross_entropy.mistake("The default of `eps` is not the one asked for: 1e-8 is too small to act in float32.")
def a_smaller_default(p, y, eps=1e-8):
    return loss_of_probability(torch.clamp(p, eps, 1 - eps), y)


@binary_cross_entropy.mistake("You added eps inside the logarithms: that shifts every loss a little. Clamp p instead.")
def added_eps_instead_of_clamping(p, y, eps=1e-7):
    return -(y * torch.log(p + eps) + (1 - y) * torch.log(1 - p + eps))


@binary_cross_entropy.mistake(
    "Only the half for y = 1 is there: when y = 0 your loss is 0 however wrong the prediction is."
)
def left_out_the_other_half(p, y, eps=1e-7):
    return -(y * torch.log(torch.clamp(p, eps, 1 - eps)))


@binary_cross_entropy.mistake("Both halves count in full: each has to be weighted by how much of its label there is.")
def left_out_a_weight(p, y, eps=1e-7):
    p = torch.clamp(p, eps, 1 - eps)
    return -(y * torch.log(p) + torch.log(1 - p))


@binary_cross_entropy.mistake("The labels have changed places: you punish a high p when y is 1.")
def swapped_the_labels(p, y, eps=1e-7):
    return loss_of_probability(torch.clamp(p, eps, 1 - eps), 1 - y)


@binary_cross_entropy.mistake("You treat every label as 0 or 1. A soft label such as 0.3 takes some of both halves.")
def rounded_the_labels(p, y, eps=1e-7):
    p = torch.clamp(p, eps, 1 - eps)
    return torch.where(y > 0.5, -torch.log(p), -torch.log(1 - p))


@binary_cross_entropy.mistake("That logarithm has the base 2. `ln` is the natural logarithm.")
def took_the_wrong_logarithm(p, y, eps=1e-7):
    return loss_of_probability(torch.clamp(p, eps, 1 - eps), y) / math.log(2)


@binary_cross_entropy.mistake("That is the squared error, another loss.")
def squared_the_error(p, y, eps=1e-7):
    return (torch.clamp(p, eps, 1 - eps) - y) ** 2


@binary_cross_entropy.mistake("Torch's own loss clamps the logarithm, at -100, and not p. Clamp p before you call it.")
def left_it_to_the_library(p, y, eps=1e-7):
    return F.binary_cross_entropy(p, y.to(p.dtype), reduction="none")


@binary_cross_entropy.mistake("The loss is right, but p was overwritten: `clamp_` works in place, `clamp` does not.")
def clamped_in_place(p, y, eps=1e-7):
    return loss_of_probability(p.clamp_(eps, 1 - eps), y)


@binary_cross_entropy.mistake("The minus in front reaches the first half alone: both halves of the loss need it.")
def minus_on_one_half_alone(p, y, eps=1e-7):
    p = torch.clamp(p, eps, 1 - eps)
    return -y * torch.log(p) + (1 - y) * torch.log(1 - p)


@binary_cross_entropy.mistake("That logarithm has the base 10. `ln` is the natural logarithm.")
def took_the_decimal_logarithm(p, y, eps=1e-7):
    return loss_of_probability(torch.clamp(p, eps, 1 - eps), y) / math.log(10)


@binary_cross_entropy.mistake(
    "`binary_cross_entropy_with_logits` takes z and squashes it itself; your p has been squashed already."
)
def squashed_p_again(p, y, eps=1e-7):
    return F.binary_cross_entropy_with_logits(p.clamp(eps, 1 - eps), y.to(p.dtype), reduction="none")
