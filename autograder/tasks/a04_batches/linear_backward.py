"""The task `linear_backward` of a04_batches."""

from __future__ import annotations

import numpy as np
import torch

from ...authoring.oracle import gradients
from ...authoring.probes import Rng, normal
from ...authoring.task import Inputs, task
from ...authoring.tensors import doubles


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
