"""The task `logit_gradient` of a03_neuron."""

from __future__ import annotations

import numpy as np
import torch

from ...authoring.oracle import gradients
from ...authoring.probes import Rng, normal, spread, uniform
from ...authoring.task import Inputs, task
from .neurons import loss_of_logit


def logits(rng: Rng) -> list[Inputs]:
    """(z, y) in float32: moderate and saturated logits of both signs, hard and soft labels, several shapes."""
    far = [-300.0, -150.0, -95.0, -40.0, -17.0, 0.0, 17.0, 40.0, 95.0, 150.0, 300.0]
    edge = torch.tensor(far, dtype=torch.float32)
    moderate = [
        (spread(rng, -8, 8, *shape).float(), spread(rng, 0.05, 0.95, *shape).float())
        for shape in [(), (), (1,), (5,), (2, 3), (3, 1, 2)]
    ]
    hard = [(normal(rng, 6, dtype=torch.float32) * 4, torch.from_numpy(rng.permutation([0.0, 0, 0, 1, 1, 1])).float())]
    return [
        *moderate,
        *hard,
        (edge, torch.zeros(len(far))),
        (edge, torch.ones(len(far))),
        (edge, spread(rng, 0.1, 0.9, len(far)).float()),
        (torch.tensor(uniform(rng, -300, -100), dtype=torch.float32), torch.tensor(1.0)),
        (torch.tensor(uniform(rng, 100, 300), dtype=torch.float32), torch.tensor(0.0)),
        (spread(rng, -300, 300, 4, 3).float().T, spread(rng, 0, 1, 4, 3).float().T),
    ]


@task(
    points=3,
    by_hand=True,
    examples=[
        (torch.tensor(0.0), torch.tensor(1.0)),
        (torch.tensor([0.0, 0.0, 0.0]), torch.tensor([0.0, 0.25, 0.5])),
        (torch.tensor([-300.0, 17.0, 300.0]), torch.tensor([1.0, 0.0, 0.0])),
    ],
    probes=logits,
)
def logit_gradient(z, y):
    """The gradient of the loss with respect to z, elementwise, finite and right for z as far out as ±300."""
    return gradients(lambda z: loss_of_logit(z, y.double()).sum(), z.double())[0]


@logit_gradient.right
def by_the_short_cut(z, y):
    return torch.sigmoid(z) - y


@logit_gradient.right
def from_the_safe_exponential(z, y):
    return 1 / (1 + torch.exp(-z)) - y


@logit_gradient.right
def by_the_sign_of_z(z, y):
    e = torch.exp(-z.abs())
    return torch.where(z >= 0, 1 / (1 + e), e / (1 + e)) - y


@logit_gradient.right
def weighted_by_the_label(z, y):
    return (1 - y) * torch.sigmoid(z) - y * torch.sigmoid(-z)


@logit_gradient.right
def from_tanh_in_numpy(z, y):
    return 0.5 * (np.tanh(z.numpy() / 2) + 1) - y.numpy()


@logit_gradient.right
def logit_in_a_loop(z, y):
    out = torch.empty(z.shape)
    for index in np.ndindex(*z.shape):
        out[index] = torch.softmax(torch.stack([z[index].double(), z[index].double() * 0]), 0)[0] - y[index]
    return out


@logit_gradient.mistake("The sign is flipped: where p is above the label, a larger z makes the loss larger.")
def label_minus_p(z, y):
    return y - torch.sigmoid(z)


@logit_gradient.mistake("That is p, whatever the label. The gradient has to vanish where p meets the label.")
def forgot_the_label(z, y):
    return torch.sigmoid(z)


@logit_gradient.mistake("That is the slope of the sigmoid alone: the slope of the loss at p is the other factor.")
def slope_of_the_sigmoid(z, y):
    p = torch.sigmoid(z)
    return p * (1 - p)


@logit_gradient.mistake(
    "The sigmoid's slope is in it once too often, as for a squared error. With logarithms in the loss it cancels."
)
def as_for_the_squared_error(z, y):
    p = torch.sigmoid(z)
    return (p - y) * p * (1 - p)


@logit_gradient.mistake(
    "Two steps multiplied as they stand: for large z the first divides by 0 and the second is 0, and that makes NaN. "
    "Simplify on paper first."
)
def two_steps_as_they_stand(z, y):
    p = torch.sigmoid(z)
    return (p - y) / (p * (1 - p)) * (p * (1 - p))


@logit_gradient.mistake(
    "Two steps with a clamp between: nothing overflows any more, but for large z the gradient is 0 where the neuron is "
    "most wrong. Simplify on paper first."
)
def two_steps_with_a_clamp(z, y):
    p = torch.sigmoid(z)
    safe = p.clamp(1e-7, 1 - 1e-7)
    return (safe - y) / (safe * (1 - safe)) * (p * (1 - p))


@logit_gradient.mistake("Your exponential overflows for large positive z: infinity over infinity is NaN.")
def overflowing_exponential(z, y):
    return torch.exp(z) / (1 + torch.exp(z)) - y


@logit_gradient.mistake("The label is treated as 0 or 1. A soft label such as 0.3 counts as it is.")
def for_hard_labels_only(z, y):
    return torch.sigmoid(z) - (y > 0.5).float()


@logit_gradient.mistake("You compare z itself with the label. The label is compared with a probability.")
def logit_minus_label(z, y):
    return z - y


@logit_gradient.mistake("You added up the elements: the gradient has an element for each element of z.")
def summed_the_elements(z, y):
    return (torch.sigmoid(z) - y).sum()


@logit_gradient.mistake("You divided by the number of elements. There is no mean here: the loss is elementwise.")
def averaged_by_the_batch(z, y):
    return (torch.sigmoid(z) - y) / z.numel()


@logit_gradient.mistake(
    "The prediction is rounded to 0 or 1 before it is compared: that is how often the neuron errs, not a slope."
)
def rounded_the_prediction(z, y):
    return (z > 0).float() - y


@logit_gradient.mistake("The gradient is right, but z was overwritten: a method whose name ends in `_` works in place.")
def overwrote_z(z, y):
    return z.sigmoid_() - y
