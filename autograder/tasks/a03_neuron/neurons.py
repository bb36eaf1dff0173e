"""Neurons to draw, and their loss."""

from __future__ import annotations

import torch

from ...authoring.probes import Rng, uniform
from ...authoring.task import Inputs
from ...authoring.tensors import doubles


def loss_of_logit(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The loss of the neuron as a function of z, safe for every z."""
    return torch.logaddexp(z, torch.zeros_like(z)) - y * z


def loss_of_probability(p: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The loss as a function of p, as the formula has it."""
    return -(y * torch.log(p) + (1 - y) * torch.log(1 - p))


def neurons(rng: Rng) -> list[Inputs]:
    """(x, y, w, b): hard and soft labels, x of both signs and 0, w neither 0 nor 1, b not 0, |z| below 5."""
    drawn = []
    for i in range(10):
        sign = -1 if i % 2 else 1
        x = 0.0 if i == 9 else sign * uniform(rng, 0.2, 2.5)
        y = (0.0, 1.0, uniform(rng, 0.1, 0.9))[i % 3]
        w = uniform(rng, -1.5, 1.5, away_from=[-1, 0, 1], gap=0.1)
        b = uniform(rng, -1, 1, away_from=[0], gap=0.1)
        drawn.append((doubles(x), doubles(y), doubles(w), doubles(b)))
    return drawn


SEED = (doubles(6.7), doubles(0.0), doubles(1.0), doubles(0.0))


SOFT = (doubles(-1.0), doubles(0.3), doubles(2.0), doubles(1.0))
