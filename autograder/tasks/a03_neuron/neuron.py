"""The task `neuron` of a03_neuron."""

from __future__ import annotations

import math

import numpy as np
import torch

from ...authoring.probes import Rng, spread, uniform
from ...authoring.task import Inputs, task
from ...authoring.tensors import doubles


def batches_and_single_inputs(rng: Rng) -> list[Inputs]:
    """(x, w, b) for single numbers and batches of several shapes."""

    def weights() -> tuple[torch.Tensor, torch.Tensor]:
        w = uniform(rng, -2, 2, away_from=[-1, 0, 1], gap=0.1)
        return doubles(w), doubles(uniform(rng, -1.5, 1.5, away_from=[0], gap=0.1))

    single = [(doubles(uniform(rng, -3, 3, away_from=[0])), *weights()) for _ in range(4)]
    batches = [(spread(rng, -3, 3, *shape), *weights()) for shape in [(1,), (2,), (5,), (2, 3), (3, 2, 2)]]
    turned = (spread(rng, -3, 3, 4, 2).T, *weights())
    saturated = (torch.tensor([-12.0, 0.0, 12.0], dtype=torch.float64), doubles(2.5), doubles(-0.5))
    return [*single, *batches, turned, saturated]


@task(
    points=2,
    examples=[
        (doubles(6.7), doubles(1.0), doubles(0.0)),
        (torch.tensor([-2.0, 0.0, 2.0], dtype=torch.float64), doubles(0.5), doubles(1.0)),
    ],
    probes=batches_and_single_inputs,
)
def neuron(x, w, b):
    """The neuron's output σ(w·x + b), elementwise when x is a batch."""
    return torch.sigmoid(w * x + b)


@neuron.right
def neuron_from_the_exponential(x, w, b):
    return 1 / (1 + torch.exp(-(w * x + b)))


@neuron.right
def neuron_from_tanh(x, w, b):
    return 0.5 * (1 + torch.tanh((w * x + b) / 2))


@neuron.right
def neuron_in_numpy(x, w, b):
    return 1 / (1 + np.exp(-(w.numpy() * x.numpy() + b.numpy())))


@neuron.right
def neuron_in_a_loop(x, w, b):
    numbers = [1 / (1 + math.exp(-(w.item() * number + b.item()))) for number in x.flatten().tolist()]
    return torch.tensor(numbers).reshape(x.shape)


@neuron.right
def neuron_in_float32_with_a_graph(x, w, b):
    return torch.sigmoid(w.float().requires_grad_() * x.float() + b.float())


@neuron.mistake("That is z, the weighted sum. The neuron still has to squash it into the interval from 0 to 1.")
def left_out_the_sigmoid(x, w, b):
    return w * x + b


@neuron.mistake("The bias is missing: with w = 0 your neuron would say 0.5 whatever b is.")
def left_out_the_bias(x, w, b):
    return torch.sigmoid(w * x)


@neuron.mistake("The bias is added before the weight is applied, so it gets multiplied too. It belongs outside.")
def weighted_the_bias(x, w, b):
    return torch.sigmoid(w * (x + b))


@neuron.mistake("The bias is added after the squashing. It belongs to the weighted sum, so it comes before.")
def added_the_bias_last(x, w, b):
    return torch.sigmoid(w * x) + b


@neuron.mistake("Weight and bias have changed places.")
def swapped_weight_and_bias(x, w, b):
    return torch.sigmoid(b * x + w)


@neuron.mistake("That squashes with tanh, which runs from -1 to 1. A probability needs the sigmoid.")
def squashed_with_tanh(x, w, b):
    return torch.tanh(w * x + b)


@neuron.mistake("Your curve falls where it should climb: look at the sign in the exponent of your sigmoid.")
def flipped_the_exponent(x, w, b):
    return 1 / (1 + torch.exp(w * x + b))


@neuron.mistake("You added up the batch before squashing. Each x gets an output of its own, so the shape stays.")
def summed_over_the_batch(x, w, b):
    return torch.sigmoid((w * x).sum() + b)


@neuron.mistake("You averaged the outputs of the batch. Each x gets an output of its own, so the shape stays.")
def averaged_the_outputs(x, w, b):
    return torch.sigmoid(w * x + b).mean()


@neuron.mistake("`.item()` works for one number alone. A batch has many, and each gets an output: stay with tensors.")
def took_the_item(x, w, b):
    return torch.sigmoid(w * x + b).item()


@neuron.mistake("That is a yes or no, rounded. The neuron returns the probability itself.")
def rounded_to_a_decision(x, w, b):
    return (torch.sigmoid(w * x + b) > 0.5).double()


@neuron.mistake("That is right, but x was overwritten on the way: a method whose name ends in `_` works in place.")
def worked_in_place(x, w, b):
    return x.mul_(w).add_(b).sigmoid()
