"""The task `log_sum_exp` of a07_numbers_that_break."""

from __future__ import annotations

import functools
import math

import torch
import torch.nn.functional as F

from ...authoring.probes import spread, uniform
from ...authoring.task import task
from ...authoring.tensors import after_a_backward
from .inputs import float32_logits


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
        (drawn(-3, 3, 1, 5),),
        (drawn(-3, 3, 2, 1, 3),),
        (torch.full((3,), uniform(rng, 200, 900), requires_grad=True),),
        (drawn(-2, 2, 1),),
        (after_a_backward(drawn(-3, 3, 2, 3)),),
    ]


@task(
    points=2,
    driver="value_and_gradients",
    examples=[
        (float32_logits(0.0, 0.0),),
        (torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, -5.0]], requires_grad=True),),
        (float32_logits(1000.0, 1000.0),),
        (float32_logits(-10000.0, -10001.0),),
    ],
    probes=_scores,
    # At 1e4 neighbouring float32 numbers are 0.001 apart.
    rtol=1e-4,
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


@log_sum_exp.mistake(
    "The largest score still has its last axis when you add it back, so the sum broadcasts to a larger shape. Look at "
    "the shapes of both."
)
def added_it_back_with_its_axis(x):
    top = x.amax(-1, keepdim=True)
    return top + (x - top).exp().sum(-1).log()


@log_sum_exp.mistake("That logarithm has the base 10; the natural one is asked for, which undoes exp.")
def to_the_base_of_ten(x):
    top = x.amax(-1, keepdim=True)
    return top.squeeze(-1) + (x - top).exp().sum(-1).log10()
