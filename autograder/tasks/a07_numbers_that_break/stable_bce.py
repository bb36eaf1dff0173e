"""The task `stable_bce` of a07_numbers_that_break."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from ...authoring.probes import spread, uniform
from ...authoring.task import task
from ...authoring.tensors import after_a_backward
from .inputs import float32_logits


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
        (float32_logits(-300.0, 300.0, -300.0, 300.0, -110.0, 110.0), _labels(0.0, 0.0, 1.0, 1.0, 1.0, 0.0)),
        (float32_logits(-95.0, 95.0, -60.0, 60.0, -30.0, 30.0), soft(6)),
        (float32_logits(-18.0, 18.0, -25.0, 25.0), _labels(1.0, 0.0, 1.0, 0.0)),
        (float32_logits(0.0, 0.0, 0.0, -0.0), torch.cat([_labels(0.0, 1.0), soft(2)])),
        (torch.tensor(uniform(rng, 1, 3), dtype=torch.float32, requires_grad=True), torch.tensor(0.25)),
        # sure and right: the loss is small and not 0
        (float32_logits(-9.5, 9.5, -10.5, 10.5), _labels(0.0, 1.0, 0.0, 1.0)),
        # where a softplus may be replaced by a straight line too soon
        (drawn(4, 18, 6), torch.zeros(6)),
        (drawn(-18, -4, 6), torch.ones(6)),
        (drawn(4, 18, 3), soft(3)),
        (drawn(-90, -20, 1), _labels(1.0)),
        (drawn(20, 90, 1, 2, 2), torch.zeros(1, 2, 2)),
        (after_a_backward(drawn(-4, 4, 3)), soft(3)),
    ]


@task(
    points=3,
    driver="value_and_gradients",
    examples=[
        (float32_logits(2.0, -2.0), _labels(0.0, 1.0)),
        (float32_logits(0.0), _labels(0.25)),
        (float32_logits(100.0, -100.0), _labels(0.0, 0.0)),
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


@stable_bce.mistake(
    "The sigmoid is applied twice: `binary_cross_entropy_with_logits` takes the logit and squashes it itself."
)
def squashed_before_the_library_does(z, y):
    return F.binary_cross_entropy_with_logits(torch.sigmoid(z), y, reduction="none")
