"""The task `microbatch_gradient` of a05_accumulation."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from ...authoring.oracle import gradients
from ...authoring.probes import normal
from ...authoring.task import task


def _microbatch_inputs(rng, sizes, features):
    rows = sum(sizes)
    return normal(rng, rows, features), normal(rng, rows), normal(rng, features), list(sizes)


def _microbatch_probes(rng):
    return [
        _microbatch_inputs(rng, [2, 3], 2),
        _microbatch_inputs(rng, [5, 1, 2], 3),
        _microbatch_inputs(rng, [1, 1, 4, 3], 4),
        _microbatch_inputs(rng, [4, 4], 3),
        _microbatch_inputs(rng, [7], 2),
        _microbatch_inputs(rng, [1], 3),
        _microbatch_inputs(rng, [3, 6, 2], 1),
        _microbatch_inputs(rng, [1, 2, 1, 2, 1], 5),
    ]


@task(
    points=4,
    examples=[
        (
            torch.tensor([[1.0], [2.0], [3.0]], dtype=torch.float64),
            torch.tensor([0.0, 0.0, 0.0], dtype=torch.float64),
            torch.tensor([3.0], dtype=torch.float64),
            [1, 2],
        ),
        (
            torch.tensor([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0], [2.0, 1.0]], dtype=torch.float64),
            torch.tensor([1.0, -1.0, 2.0, 0.0], dtype=torch.float64),
            torch.tensor([2.0, -1.0], dtype=torch.float64),
            [1, 3],
        ),
        (
            torch.tensor([[1.0, 2.0], [3.0, -1.0]], dtype=torch.float64),
            torch.tensor([1.0, 1.0], dtype=torch.float64),
            torch.tensor([1.0, 2.0], dtype=torch.float64),
            [2],
        ),
    ],
    probes=_microbatch_probes,
)
def microbatch_gradient(X, y, w, sizes):
    """The gradient of the whole batch's mean squared error with respect to w, gathered chunk by chunk."""
    return gradients(lambda w: ((X @ w - y) ** 2).mean(), w)[0]


def _chunks(X, y, sizes):
    return zip(X.split(sizes), y.split(sizes), strict=True)


@microbatch_gradient.right
def weighted_means(X, y, w, sizes):
    w = w.detach().clone().requires_grad_()
    for X_chunk, y_chunk in _chunks(X, y, sizes):
        loss = F.mse_loss(X_chunk @ w, y_chunk) * (len(y_chunk) / len(y))
        loss.backward()
    return w.grad


@microbatch_gradient.right
def sums_divided_at_the_end(X, y, w, sizes):
    leaf = w.detach().clone().float().requires_grad_()
    start = 0
    for size in sizes:
        error = X[start : start + size].float() @ leaf - y[start : start + size].float()
        error.square().sum().backward()
        start += size
    return (leaf.grad / start).numpy()


@microbatch_gradient.right
def the_whole_batch_at_once(X, y, w, sizes):
    return torch.func.grad(lambda v: F.mse_loss(X @ v, y))(w.detach())


@microbatch_gradient.right
def on_paper(X, y, w, sizes):
    return 2 / len(y) * torch.einsum("ni,n->i", X, torch.einsum("ni,i->n", X, w) - y)


@microbatch_gradient.right
def row_by_row_in_forward_mode(X, y, w, sizes):
    def loss(v):
        return sum((row @ v - target) ** 2 for row, target in zip(X, y, strict=True)) / len(y)

    return torch.func.jacfwd(loss)(w.detach())


def _accumulated(X, y, w, sizes, loss_of):
    v = w.detach().clone().requires_grad_()
    for X_chunk, y_chunk in _chunks(X, y, sizes):
        loss_of(X_chunk @ v, y_chunk).backward()
    return v.grad


@microbatch_gradient.mistake(
    "You added up the chunks' mean gradients. Each of them is already divided by its own chunk's size, "
    "so the sum is too large."
)
def added_the_means(X, y, w, sizes):
    return _accumulated(X, y, w, sizes, F.mse_loss)


@microbatch_gradient.mistake(
    "You averaged the chunks' means over the number of chunks. That is right only for chunks of one size: "
    "a small chunk must not weigh as much as a large one."
)
def averaged_the_means(X, y, w, sizes):
    return added_the_means(X, y, w, sizes) / len(sizes)


@microbatch_gradient.mistake("You added up squared errors and never divided: it is the mean that is asked for.")
def never_divided(X, y, w, sizes):
    return _accumulated(X, y, w, sizes, lambda p, t: ((p - t) ** 2).sum())


@microbatch_gradient.mistake(
    "You divided the sum of all squared errors by the number of chunks; the mean is over rows."
)
def divided_by_the_number_of_chunks(X, y, w, sizes):
    return never_divided(X, y, w, sizes) / len(sizes)


@microbatch_gradient.mistake(
    "Only the last chunk is left in your result: you clear the gradient between chunks, or start anew with each. "
    "This once, adding up is what you want."
)
def kept_only_the_last_chunk(X, y, w, sizes):
    v = w.detach().clone().requires_grad_()
    for X_chunk, y_chunk in _chunks(X, y, sizes):
        v.grad = None
        (((X_chunk @ v - y_chunk) ** 2).sum() / len(y)).backward()
    return v.grad


@microbatch_gradient.mistake("You only went through the first chunk: is the `return` inside the loop?")
def kept_only_the_first_chunk(X, y, w, sizes):
    n = sizes[0]
    return gradients(lambda v: ((X[:n] @ v - y[:n]) ** 2).sum() / len(y), w)[0]


@microbatch_gradient.mistake("Your chunks start at the wrong row: every chunk begins where the one before it ended.")
def started_each_chunk_at_a_multiple(X, y, w, sizes):
    v = w.detach().clone().requires_grad_()
    for i, size in enumerate(sizes):
        rows = slice(i * size, (i + 1) * size)
        (((X[rows] @ v - y[rows]) ** 2).sum() / len(y)).backward()
    return v.grad


@microbatch_gradient.mistake("Every chunk of yours begins at row 0: move the start on after each.")
def never_moved_the_start(X, y, w, sizes):
    return sum(gradients(lambda v, n=n: ((X[:n] @ v - y[:n]) ** 2).sum() / len(y), w)[0] for n in sizes)


@microbatch_gradient.mistake("Your gradient has the wrong sign. Which of prediction and target did you subtract?")
def flipped_the_sign(X, y, w, sizes):
    return -microbatch_gradient.oracle(X, y, w, sizes)


@microbatch_gradient.mistake("Your gradient is half of torch's. What does a square's slope bring down to the front?")
def lost_the_two(X, y, w, sizes):
    return microbatch_gradient.oracle(X, y, w, sizes) / 2


@microbatch_gradient.mistake(
    "You made the prediction a column, (n, 1), and y is flat, (n,): their difference broadcasts to (n, n). "
    "Look at the shape of the error."
)
def broadcast_a_column_against_a_row(X, y, w, sizes):
    v = w.detach().clone().requires_grad_()
    for X_chunk, y_chunk in _chunks(X, y, sizes):
        error = X_chunk @ v[:, None] - y_chunk
        ((error**2).mean() * (len(y_chunk) / len(y))).backward()
    return v.grad


@microbatch_gradient.mistake("You divided by all the numbers in X, not by its rows.")
def divided_by_all_the_numbers(X, y, w, sizes):
    return never_divided(X, y, w, sizes) / X.numel()


@microbatch_gradient.mistake("You switched recording on for the caller's w, and left a gradient on it: work on a copy.")
def recorded_on_the_callers_tensor(X, y, w, sizes):
    w.requires_grad_()
    for X_chunk, y_chunk in _chunks(X, y, sizes):
        (((X_chunk @ w - y_chunk) ** 2).sum() / len(y)).backward()
    return w.grad
