"""Tasks of a04: batches, reductions and shapes."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F

from ..oracle import gradients
from ..probes import Rng, normal, spread, uniform
from ..task import Inputs, task


def doubles(numbers) -> torch.Tensor:
    """A float64 tensor."""
    return torch.tensor(numbers, dtype=torch.float64)


# --- mean_square_gradient -----------------------------------------------------------------------------------------


def tensors_of_many_shapes(rng: Rng) -> list[Inputs]:
    """x of shapes in which no axis is as long as the whole, and some in which one is."""
    shapes = [(), (), (1,), (2,), (5,), (2, 3), (3, 2), (4, 1), (1, 6), (2, 3, 4), (2, 1, 3, 2)]
    with_a_zero = normal(rng, 4)
    with_a_zero[1] = 0.0
    return [*((normal(rng, *shape),) for shape in shapes), (normal(rng, 4, 3).T,), (with_a_zero,)]


@task(
    points=2,
    by_hand=True,
    examples=[doubles([1.0, 2.0, 3.0]), doubles(-3.0), doubles([[1.0, -2.0, 0.0], [4.0, 0.5, -1.0]])],
    probes=tensors_of_many_shapes,
)
def mean_square_gradient(x):
    """The gradient of (x**2).mean() with respect to x, for x of any shape."""
    return gradients(lambda t: (t**2).mean(), x)[0]


@mean_square_gradient.right
def shared_by_all(x):
    return 2 * x / x.numel()


@mean_square_gradient.right
def from_the_mean_of_ones(x):
    return 2 * x * torch.ones_like(x).div(math.prod(x.shape))


@mean_square_gradient.right
def mean_square_in_numpy(x):
    x = x.numpy()
    return (x + x) / x.size


@mean_square_gradient.right
def mean_square_in_float32_in_a_loop(x):
    flat = x.float().reshape(-1)
    return torch.stack([2 * number / len(flat) for number in flat]).reshape(x.shape)


@mean_square_gradient.right
def as_lists(x):
    return (x * (2 / x.nelement())).tolist()


@mean_square_gradient.mistake("That is the gradient of the sum. A mean shares the slope among all its elements.")
def forgot_the_mean(x):
    return 2 * x


@mean_square_gradient.mistake("The 2 from the power rule is missing.")
def forgot_the_two(x):
    return x / x.numel()


@mean_square_gradient.mistake("You divided by the number of rows. The mean runs over all elements, whatever the shape.")
def divided_by_the_rows(x):
    return 2 * x / len(x)


@mean_square_gradient.mistake(
    "You divided by the length of the last axis. The mean runs over all elements, whatever the shape."
)
def divided_by_the_last_axis(x):
    return 2 * x / (x.shape[-1] if x.ndim else 1)


@mean_square_gradient.mistake("You divided by the number of axes: `ndim` or `dim()` is not the number of elements.")
def divided_by_the_axes(x):
    return 2 * x / max(x.ndim, 1)


@mean_square_gradient.mistake("That is one number, a mean of slopes. Every element of x has a slope of its own.")
def mean_of_the_slopes(x):
    return (2 * x).mean()


@mean_square_gradient.mistake("That is the value of the function, (x**2).mean(), and not its gradient.")
def the_value_itself(x):
    return (x**2).mean()


@mean_square_gradient.mistake("The power rule was not used to its end: the x in it is still squared.")
def kept_the_square(x):
    return 2 * x**2 / x.numel()


@mean_square_gradient.mistake("Your gradient is never negative, but left of zero the square falls.")
def lost_the_sign(x):
    return 2 * x.abs() / x.numel()


@mean_square_gradient.mistake("The gradient is right, but x was overwritten: `mul_` and `*=` work in place.")
def scaled_in_place(x):
    n = x.numel()
    return x.mul_(2).div(n)


# --- batch_gradients ----------------------------------------------------------------------------------------------


def neurons_on_batches(rng: Rng) -> list[Inputs]:
    """(x, y, w, b, reduction) for batches of several lengths, hard and soft labels; then reductions that are none."""

    def batch(n: int, soft: bool) -> tuple[torch.Tensor, ...]:
        x = spread(rng, -2.5, 2.5, n)
        y = spread(rng, 0.05, 0.95, n) if soft else torch.from_numpy(rng.integers(0, 2, n)).double()
        w = uniform(rng, -1.5, 1.5, away_from=[-1, 0, 1], gap=0.1)
        return x, y, doubles(w), doubles(uniform(rng, -1, 1, away_from=[0], gap=0.1))

    drawn = [(n, soft) for n in (1, 2, 5, 8) for soft in (False, True)]
    good = [(*batch(n, soft), reduction) for n, soft in drawn for reduction in ("mean", "sum")]
    bad = [(*batch(3, False), reduction) for reduction in ("average", "none", "", "Mean")]
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


@batch_gradients.mistake('Any word but "mean" is treated as a sum. A reduction you do not know must raise ValueError.')
def took_the_rest_for_a_sum(x, y, w, b, reduction):
    return reduced(x, y, w, b, "mean" if reduction == "mean" else "sum")


@batch_gradients.mistake('Any word but "sum" is treated as a mean. A reduction you do not know must raise ValueError.')
def took_the_rest_for_a_mean(x, y, w, b, reduction):
    return reduced(x, y, w, b, "sum" if reduction == "sum" else "mean")


@batch_gradients.mistake("For a reduction you do not know you return nothing at all. It must raise ValueError.")
def returned_none_for_the_rest(x, y, w, b, reduction):
    return reduced(x, y, w, b, reduction) if reduction in ("mean", "sum") else None


@batch_gradients.mistake("You return the ValueError. An error is for raising: see `raise`.")
def returned_the_error(x, y, w, b, reduction):
    return reduced(x, y, w, b, reduction) if reduction in ("mean", "sum") else ValueError("bad reduction")


@batch_gradients.mistake("You raise another error than ValueError: look at the name of the error in the statement.")
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


# --- masked_mean_gradient -----------------------------------------------------------------------------------------


def masked_tensors(rng: Rng) -> list[Inputs]:
    """(x, mask) with at least one 1 in the mask and, but for a few, at least one 0 and rows of unequal counts."""

    def mask(*shape: int) -> torch.Tensor:
        size = math.prod(shape)
        ones = int(rng.integers(1, max(size, 2)))
        return torch.from_numpy(rng.permutation([1.0] * ones + [0.0] * (size - ones)).reshape(shape))

    shapes = [(2,), (5,), (7,), (2, 3), (3, 4), (4, 2), (2, 3, 2)]
    rows = doubles([[1.0, 1.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    return [
        *((normal(rng, *shape), mask(*shape)) for shape in shapes),
        (normal(rng, 3, 4), rows),
        (normal(rng, 3, 4), rows.long()),
        (normal(rng, 4, 3).T, rows),
        (normal(rng, 4), torch.ones(4, dtype=torch.float64)),
        (normal(rng), doubles(1.0)),
        (normal(rng, 3, 3), mask(3, 3)),
    ]


@task(
    points=3,
    by_hand=True,
    examples=[
        (doubles([1.0, 2.0, 3.0]), doubles([1.0, 0.0, 1.0])),
        (doubles([[1.0, -2.0], [3.0, 4.0], [0.5, 0.0]]), doubles([[1.0, 1.0], [0.0, 1.0], [0.0, 0.0]])),
        (doubles([1.0, 2.0, 3.0]), doubles([1.0, 1.0, 1.0])),
    ],
    probes=masked_tensors,
)
def masked_mean_gradient(x, mask):
    """The gradient of (mask * x**2).sum() / mask.sum() with respect to x, for a mask of 0s and 1s."""
    return gradients(lambda t: (mask * t**2).sum() / mask.sum(), x)[0]


@masked_mean_gradient.right
def shared_by_the_kept(x, mask):
    return 2 * mask * x / mask.sum()


@masked_mean_gradient.right
def masked_with_where(x, mask):
    keep = mask.bool()
    return torch.where(keep, 2 * x / keep.count_nonzero(), 0.0)


@masked_mean_gradient.right
def masked_by_assignment(x, mask):
    grad = torch.zeros_like(x)
    kept = x[mask == 1]
    grad[mask == 1] = 2 * kept / kept.numel()
    return grad


@masked_mean_gradient.right
def masked_in_numpy_float32(x, mask):
    x, mask = x.numpy().astype(np.float32), mask.numpy().astype(np.float32)
    return np.multiply(x, mask) * (2 / mask.sum())


@masked_mean_gradient.right
def masked_in_a_loop(x, mask):
    count = sum(1 for m in mask.flatten() if m == 1)
    pairs = zip(x.flatten().tolist(), mask.flatten().tolist(), strict=True)
    return torch.tensor([2 * number / count if m else 0.0 for number, m in pairs]).reshape(x.shape)


@masked_mean_gradient.mistake(
    "You divided by the number of all elements. The mean runs over those that the mask keeps."
)
def divided_by_all(x, mask):
    return 2 * mask * x / x.numel()


@masked_mean_gradient.mistake("Elements outside the mask got a slope. They have no effect on the result.")
def forgot_the_mask_above(x, mask):
    return 2 * x / mask.sum()


@masked_mean_gradient.mistake("The mask plays no part: that is the gradient of the plain mean of squares.")
def ignored_the_mask(x, mask):
    return 2 * x / x.numel()


@masked_mean_gradient.mistake("That is the gradient of the sum above: the mean still divides it.")
def forgot_to_divide(x, mask):
    return 2 * mask * x


@masked_mean_gradient.mistake("The 2 from the power rule is missing.")
def masked_without_the_two(x, mask):
    return mask * x / mask.sum()


@masked_mean_gradient.mistake("You kept what the mask leaves out: a 1 means that the element counts.")
def inverted_the_mask(x, mask):
    return 2 * (1 - mask) * x / mask.sum()


@masked_mean_gradient.mistake(
    "Only the kept elements came back. The gradient has the shape of x, with zeros where the mask is 0."
)
def dropped_the_others(x, mask):
    return 2 * x[mask == 1] / mask.sum()


@masked_mean_gradient.mistake("You counted the mask row by row. One count, over the whole mask, divides everything.")
def counted_by_row(x, mask):
    return 2 * mask * x / (mask.sum(-1, keepdim=True).clamp(min=1) if mask.ndim else mask)


@masked_mean_gradient.mistake("You counted the mask column by column. One count, over the whole mask, divides it all.")
def counted_by_column(x, mask):
    return 2 * mask * x / (mask.sum(0).clamp(min=1) if mask.ndim > 1 else mask.sum())


@masked_mean_gradient.mistake("You divided by the number of rows. The count is how many 1s the whole mask has.")
def masked_divided_by_rows(x, mask):
    return 2 * mask * x / (len(mask) if mask.ndim else 1)


@masked_mean_gradient.mistake("You divided by the mask's mean. The count is how many 1s the mask has.")
def divided_by_the_masks_mean(x, mask):
    return 2 * mask * x / mask.double().mean()


@masked_mean_gradient.mistake("That is the value of the function. Its gradient has an element for each element of x.")
def the_masked_mean_itself(x, mask):
    return (mask * x**2).sum() / mask.sum()


@masked_mean_gradient.mistake("The gradient is right, but x was overwritten: `x *= mask` works in place.")
def masked_in_place(x, mask):
    x *= mask
    return 2 * x / mask.sum()


# --- unbroadcast --------------------------------------------------------------------------------------------------


def broadcast_pairs(rng: Rng) -> list[Inputs]:
    """(grad, shape): leading axes, axes of size 1, both, neither, square shapes that do not tell the axis, 0-d."""
    pairs: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
        ((4,), ()),
        ((2, 3), ()),
        ((), ()),
        ((5,), (5,)),
        ((2, 3), (2, 3)),
        ((5,), (1,)),
        ((1,), (1,)),
        ((1, 3), (3,)),
        ((1, 1), ()),
        ((4, 3), (3,)),
        ((4, 3), (1, 3)),
        ((4, 3), (4, 1)),
        ((4, 3), (1, 1)),
        ((4, 3), (1,)),
        ((3, 3), (3,)),
        ((3, 3), (3, 1)),
        ((3, 3), (1, 3)),
        ((2, 3, 4), (4,)),
        ((2, 3, 4), (3, 4)),
        ((2, 3, 4), (3, 1)),
        ((2, 3, 4), (1, 4)),
        ((2, 3, 4), (2, 1, 4)),
        ((2, 3, 4), (1, 3, 1)),
        ((3, 3, 3), (3, 1)),
        ((4, 1, 3), (1, 3)),
        ((4, 1, 3), (1, 1, 3)),
        ((2, 3, 4, 2), (3, 1, 2)),
        ((2, 2, 2, 2), (2, 1, 2)),
    ]
    turned = [(normal(rng, 4, 3).T, (1, 4)), (normal(rng, 4, 3).T, (4,))]
    return [*((normal(rng, *from_), to) for from_, to in pairs), *turned]


@task(
    points=4,
    by_hand=True,
    examples=[
        (doubles([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]), (3,)),
        (doubles([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]), (2, 1)),
        (doubles([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]), ()),
        (doubles([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]), (2, 3)),
    ],
    probes=broadcast_pairs,
    atol=1e-5,
)
def unbroadcast(grad, shape):
    """grad summed over the axes along which a tensor of this shape was broadcast."""
    tensor = torch.zeros(shape, dtype=grad.dtype)
    return gradients(lambda t: (t.expand(grad.shape) * grad).sum(), tensor)[0]


@unbroadcast.right
def leading_axes_then_ones(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(0)
    for axis, size in enumerate(shape):
        if size == 1:
            grad = grad.sum(axis, keepdim=True)
    return grad


@unbroadcast.right
def by_the_library(grad, shape):
    return grad.sum_to_size(shape)


@unbroadcast.right
def all_axes_at_once(grad, shape):
    padded = (1,) * (grad.ndim - len(shape)) + tuple(shape)
    axes = [i for i, (mine, theirs) in enumerate(zip(grad.shape, padded, strict=True)) if mine != theirs]
    return (grad.sum(axes) if axes else grad).reshape(shape)


@unbroadcast.right
def unbroadcast_in_numpy(grad, shape):
    padded = (1,) * (grad.ndim - len(shape)) + tuple(shape)
    axes = tuple(i for i, size in enumerate(padded) if size == 1)
    return np.sum(grad.numpy(), axis=axes, keepdims=True).reshape(shape)


@unbroadcast.right
def element_by_element_in_float32(grad, shape):
    out = torch.zeros(shape)
    for index in np.ndindex(*grad.shape):
        tail = index[len(index) - len(shape) :]
        out[tuple(0 if size == 1 else i for i, size in zip(tail, shape, strict=True))] += grad[index].float()
    return out


@unbroadcast.right
def by_index_add(grad, shape):
    places = torch.arange(math.prod(shape)).reshape(shape).expand(grad.shape).reshape(-1)
    return torch.zeros(math.prod(shape), dtype=grad.dtype).index_add(0, places, grad.reshape(-1)).reshape(shape)


@unbroadcast.mistake("You averaged. Every copy that broadcasting made adds its share, so the shares are summed.")
def averaged_the_copies(grad, shape):
    tensor = by_the_library(grad, shape)
    return tensor * tensor.numel() / grad.numel()


@unbroadcast.mistake("You kept one copy's share and dropped the others: the shares of all copies add up.")
def kept_one_copy(grad, shape):
    while grad.ndim > len(shape):
        grad = grad[0]
    for axis, size in enumerate(shape):
        if size == 1:
            grad = grad.narrow(axis, 0, 1)
    return grad


@unbroadcast.mistake("Only the extra axes on the left are summed. An axis of size 1 was stretched as well.")
def leading_axes_only(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(0)
    return grad


@unbroadcast.mistake("Only the axes of size 1 are summed. Axes that broadcasting added on the left are still there.")
def ones_only(grad, shape):
    offset = max(grad.ndim - len(shape), 0)
    for axis, size in enumerate(shape):
        if size == 1:
            grad = grad.sum(axis + offset, keepdim=True)
    return grad


@unbroadcast.mistake(
    "The numbers are summed along the right axes, but an axis of size 1 has vanished: ask `sum` to keep it."
)
def lost_the_ones(grad, shape):
    offset = grad.ndim - len(shape)
    axes = [*range(offset), *(i + offset for i, size in enumerate(shape) if size == 1)]
    return grad.sum(axes) if axes else grad


@unbroadcast.mistake(
    "Extra axes are summed from the right. Broadcasting lines shapes up at the right and adds them left."
)
def summed_from_the_right(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(-1)
    for axis, size in enumerate(shape):
        if size == 1:
            grad = grad.sum(axis, keepdim=True)
    return grad


@unbroadcast.mistake("You always sum everything to one number. Only the axes that were broadcast are summed.")
def summed_everything(grad, shape):
    return grad.sum()


@unbroadcast.mistake("You sum the first axis once, whatever the shapes. Compare the two shapes to see what to sum.")
def summed_the_first_axis(grad, shape):
    return grad.sum(0) if grad.ndim else grad


@unbroadcast.mistake("grad came back as it was: where a tensor was stretched, its gradient shrinks back.")
def returned_grad(grad, shape):
    return grad.clone()


@unbroadcast.mistake("You sum the right axes and multiply by the number of copies as well: the sum has them already.")
def counted_the_copies_twice(grad, shape):
    tensor = by_the_library(grad, shape)
    return tensor * grad.numel() / max(tensor.numel(), 1)


@unbroadcast.mistake(
    "For the empty shape () nothing is summed. A 0-d tensor was broadcast along every axis, so all of them are summed."
)
def left_out_the_empty_shape(grad, shape):
    return by_the_library(grad, shape) if len(shape) else grad.clone()


@unbroadcast.mistake("The shape is right, but numbers were cut off to get there: sum them instead.")
def cut_to_size(grad, shape):
    return grad.reshape(-1)[: math.prod(shape)].reshape(shape)


@unbroadcast.mistake("The sums are right, but grad was overwritten on the way: work on a new tensor.")
def summed_in_place(grad, shape):
    result = by_the_library(grad, shape).clone()
    grad.zero_()
    return result


# --- linear_backward ----------------------------------------------------------------------------------------------


def linear_layers(rng: Rng) -> list[Inputs]:
    """(X, W, b, grad_out) with N, in and out all different, then some sizes of 1 and a square."""
    sizes = [(4, 3, 2), (2, 5, 3), (3, 2, 5), (5, 4, 3), (6, 1, 2), (3, 4, 1), (1, 3, 2), (3, 3, 3)]
    drawn = [(normal(rng, n, i), normal(rng, o, i), normal(rng, o), normal(rng, n, o)) for n, i, o in sizes]
    turned = (normal(rng, 3, 4).T, normal(rng, 3, 2).T, normal(rng, 2), normal(rng, 2, 4).T)
    return [*drawn, turned]


@task(
    points=4,
    by_hand=True,
    examples=[
        (
            doubles([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
            doubles([[1.0, 0.0, -1.0]]),
            doubles([0.5]),
            doubles([[1.0], [10.0]]),
        ),
        (
            doubles([[1.0, 2.0], [0.0, -1.0], [3.0, 0.0]]),
            doubles([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [0.0, 1.0]]),
            doubles([0.0, 1.0, 0.0, -1.0]),
            doubles([[1.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, -1.0], [0.0, 0.0, 3.0, 0.0]]),
        ),
    ],
    probes=linear_layers,
    parts=("dX", "dW", "db"),
    atol=1e-5,
)
def linear_backward(X, W, b, grad_out):
    """The gradients (dX, dW, db) of X @ W.T + b when grad_out arrives at its output."""
    return gradients(lambda X, W, b: ((X @ W.T + b) * grad_out).sum(), X, W, b)


@linear_backward.right
def as_matrix_products(X, W, b, grad_out):
    return grad_out @ W, grad_out.T @ X, grad_out.sum(0)


@linear_backward.right
def linear_with_einsum(X, W, b, grad_out):
    dX = torch.einsum("no,oi->ni", grad_out, W)
    dW = torch.einsum("no,ni->oi", grad_out, X)
    return dX, dW, torch.einsum("no->o", grad_out)


@linear_backward.right
def example_by_example(X, W, b, grad_out):
    dX, dW, db = torch.zeros_like(X), torch.zeros_like(W), torch.zeros_like(b)
    for n, (x, g) in enumerate(zip(X, grad_out, strict=True)):
        dX[n] = W.T @ g
        dW = dW + torch.outer(g, x)
        db = db + g
    return [dX, dW, db]


@linear_backward.right
def linear_in_numpy_float32(X, W, b, grad_out):
    X, W, g = (t.numpy().astype(np.float32) for t in (X, W, grad_out))
    return g.dot(W), X.T.dot(g).T, np.ones(len(g), dtype=np.float32) @ g


@linear_backward.right
def linear_by_broadcasting(X, W, b, grad_out):
    dX = (grad_out[:, :, None] * W).sum(1)
    dW = (grad_out[:, :, None] * X[:, None, :]).sum(0)
    return dX, dW, grad_out.T.sum(1)


def right_three(X, W, b, grad_out):
    return grad_out @ W, grad_out.T @ X, grad_out.sum(0)


@linear_backward.mistake("dW came out transposed. W is (out, in), and its gradient has the same shape.")
def transposed_dW(X, W, b, grad_out):
    dX, dW, db = right_three(X, W, b, grad_out)
    return dX, dW.T, db


@linear_backward.mistake("dX came out transposed. X is (N, in), and its gradient has the same shape.")
def transposed_dX(X, W, b, grad_out):
    dX, dW, db = right_three(X, W, b, grad_out)
    return dX.T, dW, db


@linear_backward.mistake("db is not summed over the batch: b is added to every row, so every row adds its share.")
def did_not_sum_db(X, W, b, grad_out):
    dX, dW, _ = right_three(X, W, b, grad_out)
    return dX, dW, grad_out.clone()


@linear_backward.mistake("db is averaged over the batch. No mean is taken in the forward pass, so none comes back.")
def averaged_db(X, W, b, grad_out):
    dX, dW, _ = right_three(X, W, b, grad_out)
    return dX, dW, grad_out.mean(0)


@linear_backward.mistake("db is summed along the wrong axis: the rows are the batch, the columns are the outputs.")
def summed_db_along_the_outputs(X, W, b, grad_out):
    dX, dW, _ = right_three(X, W, b, grad_out)
    return dX, dW, grad_out.sum(1)


@linear_backward.mistake("db has an axis too many: b has the shape (out,), so its gradient has it too.")
def kept_an_axis_of_db(X, W, b, grad_out):
    dX, dW, _ = right_three(X, W, b, grad_out)
    return dX, dW, grad_out.sum(0, keepdim=True)


@linear_backward.mistake("db is one number. Each output has a bias of its own.")
def summed_db_to_a_number(X, W, b, grad_out):
    dX, dW, _ = right_three(X, W, b, grad_out)
    return dX, dW, grad_out.sum()


@linear_backward.mistake(
    "dW and db are divided by the size of the batch. No mean is taken in the forward pass, so none comes back."
)
def divided_by_the_batch(X, W, b, grad_out):
    dX, dW, db = right_three(X, W, b, grad_out)
    return dX, dW / len(X), db / len(X)


@linear_backward.mistake("You left out grad_out: what arrives at the output takes part in every gradient.")
def ignored_grad_out(X, W, b, grad_out):
    return right_three(X, W, b, torch.ones_like(grad_out))


@linear_backward.mistake(
    "db counts the rows. Each output's bias gets the sum of what arrives at that output, which need not be 1 a row."
)
def counted_rows_for_db(X, W, b, grad_out):
    dX, dW, _ = right_three(X, W, b, grad_out)
    return dX, dW, torch.full_like(b, len(X))


@linear_backward.mistake("The order is wrong: the gradients come in the order of the arguments, that of X first.")
def wrong_order(X, W, b, grad_out):
    dX, dW, db = right_three(X, W, b, grad_out)
    return dW, dX, db


@linear_backward.mistake(
    "In dX the weights are transposed once too often: write the shapes under the product, the inner ones must meet."
)
def transposed_the_weights(X, W, b, grad_out):
    return grad_out @ W.T, grad_out.T @ X, grad_out.sum(0)


@linear_backward.mistake(
    "In dW the shapes do not meet: the batch is summed away, so it must be the inner axis of both factors."
)
def forgot_to_transpose_grad_out(X, W, b, grad_out):
    return grad_out @ W, grad_out @ X, grad_out.sum(0)


@linear_backward.mistake("The gradients are right, but grad_out was overwritten: it belongs to the caller.")
def overwrote_grad_out(X, W, b, grad_out):
    three = right_three(X, W, b, grad_out)
    grad_out.zero_()
    return three
