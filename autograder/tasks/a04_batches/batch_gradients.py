"""The task `batch_gradients` of a04_batches."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from ...authoring.oracle import gradients
from ...authoring.probes import Rng, spread, uniform
from ...authoring.task import Inputs, task
from ...authoring.tensors import doubles


def neurons_on_batches(rng: Rng) -> list[Inputs]:
    """(x, y, w, b, reduction) for batches of several lengths, hard and soft labels; then reductions that are none."""

    def batch(n: int, soft: bool) -> tuple[torch.Tensor, ...]:
        x = spread(rng, -2.5, 2.5, n)
        y = spread(rng, 0.05, 0.95, n) if soft else torch.from_numpy(rng.integers(0, 2, n)).double()
        w = uniform(rng, -1.5, 1.5, away_from=[-1, 0, 1], gap=0.1)
        return x, y, doubles(w), doubles(uniform(rng, -1, 1, away_from=[0], gap=0.1))

    drawn = [(n, soft) for n in (1, 2, 5, 8) for soft in (False, True)]
    good = [(*batch(n, soft), reduction) for n, soft in drawn for reduction in ("mean", "sum")]
    bad = [(*batch(3, False), reduction) for reduction in ("average", "none", "", "Mean", "m", " sum", None, 0, True)]
    return [*good, *bad]


CLASS = (doubles([6.7, 8.1, 9.0]), doubles([0.0, 1.0, 1.0]), doubles(1.0), doubles(0.0))


SMALL = (doubles([1.0, -2.0]), doubles([1.0, 0.0]), doubles(0.5), doubles(-0.5))


@task(
    points=3,
    examples=[(*CLASS, "sum"), (*CLASS, "mean"), (*SMALL, "mean"), (*SMALL, "median")],
    probes=neurons_on_batches,
    parts=("dw", "db"),
    atol=1e-5,
)
def batch_gradients(x, y, w, b, reduction):
    """The pair (dw, db) of the neuron's loss over a batch, reduced by "mean" or "sum"."""
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction must be 'mean' or 'sum', not {reduction!r}")
    return gradients(lambda w, b: batch_loss(w * x + b, y, reduction), w, b)


def batch_loss(z, y, reduction):
    """The losses of a batch of logits, reduced by "mean", "sum" or "none"."""
    losses = torch.logaddexp(z, torch.zeros_like(z)) - y * z
    return losses if reduction == "none" else getattr(losses, reduction)()


@batch_gradients.right
def batch_by_hand(x, y, w, b, reduction):
    if reduction not in {"mean", "sum"}:
        raise ValueError(reduction)
    dz = torch.sigmoid(w * x + b) - y
    n = len(x) if reduction == "mean" else 1
    return (dz @ x) / n, dz.sum() / n


@batch_gradients.right
def batch_through_backward(x, y, w, b, reduction):
    w, b = (t.detach().clone().requires_grad_() for t in (w, b))
    p = torch.sigmoid(w * x + b)
    losses = -(y * torch.log(p) + (1 - y) * torch.log(1 - p))
    reducers = {"mean": torch.mean, "sum": torch.sum}
    if reduction not in reducers:
        raise ValueError("unknown reduction")
    reducers[reduction](losses).backward()
    return w.grad, b.grad


@batch_gradients.right
def batch_through_torch_func(x, y, w, b, reduction):
    if reduction not in ("mean", "sum"):
        raise ValueError

    def losses(w, b):
        return batch_loss(w * x + b, y, "none")

    dw, db = torch.func.jacfwd(losses, argnums=(0, 1))(w, b)
    return getattr(dw, reduction)(), getattr(db, reduction)()


@batch_gradients.right
def batch_in_a_loop_of_floats(x, y, w, b, reduction):
    if reduction != "mean" and reduction != "sum":
        raise type("NotAReduction", (ValueError,), {})()
    dw = db = 0.0
    for number, label in zip(x.tolist(), y.tolist(), strict=True):
        dz = 1 / (1 + math.exp(-(w.item() * number + b.item()))) - label
        dw, db = dw + dz * number, db + dz
    return (dw / len(x), db / len(x)) if reduction == "mean" else (dw, db)


@batch_gradients.right
def batch_through_the_library(x, y, w, b, reduction):
    if reduction not in ("mean", "sum"):
        raise ValueError(f"{reduction} is no reduction")
    w, b = w.clone().requires_grad_(), b.clone().requires_grad_()
    F.binary_cross_entropy_with_logits(w * x + b, y, reduction=reduction).backward()
    return torch.stack([w.grad, b.grad])


@batch_gradients.right
def batch_in_float32(x, y, w, b, reduction):
    if reduction not in ("mean", "sum"):
        raise ValueError
    leaves = [t.float().requires_grad_() for t in (w, b)]
    p = torch.sigmoid(leaves[0] * x.float() + leaves[1])
    return torch.autograd.grad(F.binary_cross_entropy(p, y.float(), reduction=reduction), leaves)


@batch_gradients.right
def batch_through_an_optimizer(x, y, w, b, reduction):
    if reduction not in ("mean", "sum"):
        raise ValueError
    mine = [t.detach().clone().requires_grad_() for t in (w, b)]
    optimizer = torch.optim.SGD(mine, lr=1.0)
    batch_loss(mine[0] * x + mine[1], y, reduction).backward()
    optimizer.step()
    return w - mine[0].detach(), b - mine[1].detach()


def reduced(x, y, w, b, reduction, *, mean=torch.mean, total=torch.sum, z=None, dz=None):
    """The right answer with one thing exchanged; raises for other reductions as it should."""
    if reduction not in ("mean", "sum"):
        raise ValueError
    z = w * x + b if z is None else z
    dz = torch.sigmoid(z) - y if dz is None else dz(torch.sigmoid(z))
    reduce = mean if reduction == "mean" else total
    return reduce(dz * x), reduce(dz)


@batch_gradients.mistake("Both reductions give the mean: with a sum nothing is divided.")
def always_the_mean(x, y, w, b, reduction):
    return reduced(x, y, w, b, reduction, total=torch.mean)


@batch_gradients.mistake("Both reductions give the sum: a mean is shared among the examples of the batch.")
def always_the_sum(x, y, w, b, reduction):
    return reduced(x, y, w, b, reduction, mean=torch.sum)


@batch_gradients.mistake("The two reductions have changed places.")
def swapped_the_reductions(x, y, w, b, reduction):
    return reduced(x, y, w, b, reduction, mean=torch.sum, total=torch.mean)


@batch_gradients.mistake(
    'Any word but "mean" is treated as a sum: you never ask for other words, or the ValueError is made and not raised.'
)
def took_the_rest_for_a_sum(x, y, w, b, reduction):
    return reduced(x, y, w, b, "mean" if reduction == "mean" else "sum")


@batch_gradients.mistake(
    'Any word but "sum" is treated as a mean: you never ask for other words, or the ValueError is made and not raised.'
)
def took_the_rest_for_a_mean(x, y, w, b, reduction):
    return reduced(x, y, w, b, "sum" if reduction == "sum" else "mean")


@batch_gradients.mistake("For a reduction you do not know you return nothing at all. It must raise ValueError.")
def returned_none_for_the_rest(x, y, w, b, reduction):
    return reduced(x, y, w, b, reduction) if reduction in ("mean", "sum") else None


@batch_gradients.mistake("You return the ValueError. An error is for raising: see `raise`.")
def returned_the_error(x, y, w, b, reduction):
    return reduced(x, y, w, b, reduction) if reduction in ("mean", "sum") else ValueError("bad reduction")


@batch_gradients.mistake(
    "For a reduction you do not know, your answer ends in another error than ValueError: either you raise another one, "
    "or yours is never raised and a later line fails."
)
def raised_another_error(x, y, w, b, reduction):
    return reduced(x, y, w, b, {"mean": "mean", "sum": "sum"}[reduction])


@batch_gradients.mistake(
    "One gradient for each example came out. All examples share one weight, so it gets one number."
)
def did_not_reduce(x, y, w, b, reduction):
    return reduced(x, y, w, b, reduction, mean=lambda t: t / len(t), total=lambda t: t)


@batch_gradients.mistake(
    "For dw you reduced x and the errors apart and multiplied then. The product comes first, example by example."
)
def multiplied_the_reduced(x, y, w, b, reduction):
    _, db = reduced(x, y, w, b, reduction)
    return db * x.mean(), db


@batch_gradients.mistake("The pair is in the wrong order: dw comes first.")
def swapped_dw_and_db(x, y, w, b, reduction):
    return reduced(x, y, w, b, reduction)[::-1]


@batch_gradients.mistake("Both gradients have the wrong sign: they point downhill, and a gradient points uphill.")
def pointed_downhill(x, y, w, b, reduction):
    return reduced(x, y, w, b, reduction, dz=lambda p: y - p)


@batch_gradients.mistake("The bias is missing in the forward pass.")
def forgot_the_bias(x, y, w, b, reduction):
    return reduced(x, y, w, b, reduction, z=w * x)


@batch_gradients.mistake("That is the gradient of the squared error. The loss here is the cross-entropy.")
def batch_squared_error(x, y, w, b, reduction):
    return reduced(x, y, w, b, reduction, dz=lambda p: 2 * (p - y) * p * (1 - p))


@batch_gradients.mistake("Only the last example is left: in the loop each one overwrites the one before.")
def kept_the_last_example(x, y, w, b, reduction):
    return reduced(x, y, w, b, reduction, mean=lambda t: t[-1] / len(t), total=lambda t: t[-1])


@batch_gradients.mistake(
    "The numbers are right, but the caller's w and b require grad after it: make copies of your own first."
)
def left_the_callers_tensors_on(x, y, w, b, reduction):
    if reduction not in ("mean", "sum"):
        raise ValueError
    w.requires_grad_()
    b.requires_grad_()
    return torch.autograd.grad(batch_loss(w * x + b, y, reduction), (w, b))


@batch_gradients.twin(raised_another_error)
def made_an_error_and_went_on(x, y, w, b, reduction):
    ValueError("unknown reduction")
    return reduced(x, y, w, b, reduction) if reduction in ("mean", "sum") else undefined  # noqa: F821


@batch_gradients.twin(took_the_rest_for_a_sum)
def made_the_error_and_summed(x, y, w, b, reduction):
    if reduction not in ("mean", "sum"):
        ValueError("unknown reduction")
    return reduced(x, y, w, b, "mean" if reduction == "mean" else "sum")


@batch_gradients.mistake(
    "The sigmoid is in your loss twice: `binary_cross_entropy_with_logits` takes z and squashes it itself."
)
def batch_squashed_twice(x, y, w, b, reduction):
    def loss(w, b):
        return F.binary_cross_entropy_with_logits(torch.sigmoid(w * x + b), y, reduction=reduction)

    if reduction not in ("mean", "sum"):
        raise ValueError
    return gradients(loss, w, b)
