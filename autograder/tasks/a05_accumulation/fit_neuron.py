"""The task `fit_neuron` of a05_accumulation."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from ...authoring.oracle import gradients
from ...authoring.probes import spread, uniform
from ...authoring.task import task


def _scalar(x):
    return torch.tensor(x, dtype=torch.float64)


def _neuron_probes(rng):
    def one(n, steps, soft=False):
        y = spread(rng, 0, 1, n) if soft else torch.from_numpy(rng.integers(0, 2, n)).double()
        w = _scalar(uniform(rng, -1.5, 1.5, away_from=[0.0, 1.0]))
        b = _scalar(uniform(rng, -1, 1, away_from=[0.0]))
        return spread(rng, -2, 2, n), y, w, b, uniform(rng, 0.1, 0.9), steps

    return [
        one(4, 3),
        one(5, 1),
        one(3, 11, soft=True),
        one(6, 4),
        one(1, 2),
        one(2, 5),
        one(4, 1, soft=True),
        one(7, 2, soft=True),
    ]


@task(
    points=5,
    examples=[
        (_scalar([1.0, 3.0]), _scalar([0.0, 1.0]), _scalar(0.0), _scalar(0.0), 1.0, 1),
        (_scalar([0.5, -1.0, 2.0]), _scalar([1.0, 0.0, 1.0]), _scalar(0.5), _scalar(-0.25), 0.5, 3),
        (_scalar([1.0, -2.0]), _scalar([1.0, 0.0]), _scalar(2.0), _scalar(1.0), 0.1, 2),
    ],
    probes=_neuron_probes,
    parts=("w", "b", "losses"),
)
def fit_neuron(x, y, w, b, lr, steps):
    """The neuron's w and b after plain gradient descent on its mean BCE, and the loss before each update."""
    losses = []
    for _ in range(steps):
        losses.append(_bce(x, y, w, b).item())
        dw, db = gradients(lambda w, b: _bce(x, y, w, b), w, b)
        w, b = w.detach() - lr * dw, b.detach() - lr * db
    return w.detach().clone(), b.detach().clone(), losses


def _bce(x, y, w, b):
    p = torch.sigmoid(w * x + b)
    return -(y * torch.log(p) + (1 - y) * torch.log(1 - p)).mean()


@fit_neuron.right
def with_sgd(x, y, w, b, lr, steps):
    w, b = w.detach().clone().requires_grad_(), b.detach().clone().requires_grad_()
    optimizer, losses = torch.optim.SGD([w, b], lr=lr), []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(w * x + b, y)
        loss.backward()
        losses.append(loss)
        optimizer.step()
    return w, b, losses


@fit_neuron.right
def in_place_and_zeroed(x, y, w, b, lr, steps):
    w, b = torch.tensor(w.item(), requires_grad=True), torch.tensor(b.item(), requires_grad=True)
    losses = []
    for _ in range(steps):
        loss = F.binary_cross_entropy(torch.sigmoid(w * x.float() + b), y.float())
        loss.backward()
        losses.append(loss.item())
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
        w.grad.zero_()
        b.grad.zero_()
    return w.item(), b.item(), losses


@fit_neuron.right
def on_paper_with_numpy(x, y, w, b, lr, steps):
    x, y, w, b, losses = x.numpy(), y.numpy(), w.item(), b.item(), []
    for _ in range(steps):
        p = torch.sigmoid(torch.from_numpy(w * x + b)).numpy()
        losses.append(F.binary_cross_entropy(torch.from_numpy(p), torch.from_numpy(y)).item())
        w, b = w - lr * ((p - y) * x).mean(), b - lr * (p - y).mean()
    return [w, b, torch.tensor(losses)]


@fit_neuron.right
def with_clamped_probabilities_and_func(x, y, w, b, lr, steps):
    def loss_of(parameters):
        p = torch.sigmoid(parameters[0] * x + parameters[1]).clamp(1e-7, 1 - 1e-7)
        return -(y * p.log() + (1 - y) * (1 - p).log()).mean()

    parameters, losses = torch.stack([w, b]).detach(), []
    for _ in range(steps):
        gradient, loss = torch.func.grad_and_value(loss_of)(parameters)
        losses.append(loss)
        parameters = parameters - lr * gradient
    return (*parameters, losses)


def _descent(
    x, y, w, b, lr, steps, *, loss_of=_bce, clear=("w", "b"), moves=("w", "b"), sign=-1, after=False, rate=None
):
    w, b = w.detach().clone().requires_grad_(), b.detach().clone().requires_grad_()
    tensors, losses = {"w": w, "b": b}, []
    for _ in range(steps):
        loss = loss_of(x, y, w, b)
        loss.backward()
        with torch.no_grad():
            for name in moves:
                tensors[name] += sign * (lr if rate is None else rate) * tensors[name].grad
            losses.append((loss_of(x, y, w, b) if after else loss).item())
        for name in clear:
            tensors[name].grad.zero_()
    return w.detach(), b.detach(), losses


@fit_neuron.mistake(
    "The gradients of earlier steps are still in `.grad` and push again: nothing clears them between updates."
)
def never_cleared_the_gradients(x, y, w, b, lr, steps):
    return _descent(x, y, w, b, lr, steps, clear=())


@fit_neuron.mistake("You clear the gradient of w but not that of b: every parameter has a `.grad` of its own.")
def cleared_w_alone(x, y, w, b, lr, steps):
    return _descent(x, y, w, b, lr, steps, clear=("w",))


@fit_neuron.mistake("You walk uphill: the gradient points to where the loss grows, and you want the other way.")
def walked_uphill(x, y, w, b, lr, steps):
    return _descent(x, y, w, b, lr, steps, sign=1)


@fit_neuron.mistake("You added the batch's losses up; the task asks for their mean, so your steps are too long.")
def summed_the_losses(x, y, w, b, lr, steps):
    return _descent(x, y, w, b, lr, steps, loss_of=lambda *args: _bce(*args) * len(args[0]))


@fit_neuron.mistake(
    "You wrote each loss down after its update: the first in the list belongs to the w and b you were given."
)
def losses_after_the_update(x, y, w, b, lr, steps):
    return _descent(x, y, w, b, lr, steps, after=True)


@fit_neuron.mistake("You never move b: it has a gradient too.")
def never_moved_b(x, y, w, b, lr, steps):
    return _descent(x, y, w, b, lr, steps, moves=("w",))


@fit_neuron.mistake("You never move w: it has a gradient too.")
def never_moved_w(x, y, w, b, lr, steps):
    return _descent(x, y, w, b, lr, steps, moves=("b",))


@fit_neuron.mistake("You did not use `lr`: each step is the gradient times the learning rate.")
def ignored_the_learning_rate(x, y, w, b, lr, steps):
    return _descent(x, y, w, b, lr, steps, rate=1.0)


@fit_neuron.mistake("You used the squared error as the loss; this neuron's loss is binary cross-entropy.")
def used_the_squared_error(x, y, w, b, lr, steps):
    return _descent(x, y, w, b, lr, steps, loss_of=lambda x, y, w, b: ((torch.sigmoid(w * x + b) - y) ** 2).mean())


@fit_neuron.mistake("You start from w = 1 and b = 0; start from the w and b that are given.")
def started_from_one_and_zero(x, y, w, b, lr, steps):
    return _descent(x, y, torch.ones_like(w), torch.zeros_like(b), lr, steps)


@fit_neuron.mistake("You started from zeros; start from the w and b that are given.")
def started_from_zeros(x, y, w, b, lr, steps):
    return _descent(x, y, torch.zeros_like(w), torch.zeros_like(b), lr, steps)


@fit_neuron.mistake(
    "You moved w first and worked out the gradient of b with the new w. Both gradients belong to the same point."
)
def moved_b_with_the_new_w(x, y, w, b, lr, steps):
    losses = []
    for _ in range(steps):
        losses.append(_bce(x, y, w, b).item())
        w = w.detach() - lr * gradients(lambda v: _bce(x, y, v, b.detach()), w)[0]  # noqa: B023
        b = b.detach() - lr * gradients(lambda c: _bce(x, y, w, c), b)[0]  # noqa: B023
    return w.detach(), b.detach(), losses


@fit_neuron.mistake(
    "You used the gradient of the first step for all of them: each step needs its own forward and backward."
)
def used_the_first_gradient_for_all(x, y, w, b, lr, steps):
    dw, db = gradients(lambda w, b: _bce(x, y, w, b), w, b)
    w, b, losses = w.detach(), b.detach(), []
    for _ in range(steps):
        losses.append(_bce(x, y, w, b).item())
        w, b = w - lr * dw, b - lr * db
    return w, b, losses


@fit_neuron.mistake("You took one step too few: there is an update for every loss, `steps` of each.")
def one_step_too_few(x, y, w, b, lr, steps):
    w, b, _ = _descent(x, y, w, b, lr, max(0, steps - 1))
    losses = fit_neuron.oracle(x, y, w, b, lr, max(0, steps - 1))[2]
    return w, b, losses


@fit_neuron.mistake("You listed one loss too many: there is one for every update, and none after the last.")
def one_loss_too_many(x, y, w, b, lr, steps):
    losses = _descent(x, y, w, b, lr, steps + 1)[2]
    return (*_descent(x, y, w, b, lr, steps)[:2], losses)


@fit_neuron.mistake("You returned only the last loss; the whole list is asked for.")
def only_the_last_loss(x, y, w, b, lr, steps):
    w, b, losses = _descent(x, y, w, b, lr, steps)
    return w, b, (losses or [0.0])[-1]


@fit_neuron.mistake("The results are in another order than asked for: w, then b, then the list of losses.")
def losses_first(x, y, w, b, lr, steps):
    w, b, losses = _descent(x, y, w, b, lr, steps)
    return losses, w, b


@fit_neuron.mistake(
    "You moved the caller's own w and b: `-=` works in place, and `detach` gives another view of the same memory. Make "
    "a copy first."
)
def moved_the_callers_tensors(x, y, w, b, lr, steps):
    shared_w, shared_b, losses = w.detach(), b.detach(), []
    for _ in range(steps):
        losses.append(_bce(x, y, shared_w, shared_b).item())
        dw, db = gradients(lambda w, b: _bce(x, y, w, b), shared_w, shared_b)
        shared_w -= lr * dw
        shared_b -= lr * db
    return shared_w.clone(), shared_b.clone(), losses


@fit_neuron.mistake("You switched recording on for the caller's w and b and moved them: work on copies.")
def recorded_on_the_callers_tensors(x, y, w, b, lr, steps):
    losses = []
    for tensor in (w, b):
        tensor.requires_grad_()
    for _ in range(steps):
        loss = _bce(x, y, w, b)
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            for tensor in (w, b):
                tensor -= lr * tensor.grad
                tensor.grad.zero_()
    return w.item(), b.item(), losses


@fit_neuron.mistake("You went one round too far: `steps` updates in all, and a loss for each of them.")
def one_step_too_many(x, y, w, b, lr, steps):
    return _descent(x, y, w, b, lr, steps + 1)


@fit_neuron.mistake(
    "Your w and b never move: either the gradients are cleared before the update uses them, or there is no update, or "
    "it goes into other tensors than those that you return."
)
def cleared_before_the_update(x, y, w, b, lr, steps):
    return _descent(x, y, w, b, lr, steps, moves=())


@fit_neuron.twin(cleared_before_the_update)
def moved_other_tensors(x, y, w, b, lr, steps):
    _, _, losses = _descent(x, y, w, b, lr, steps, moves=())
    return w.detach() * 1, b.detach() * 1, losses


@fit_neuron.mistake(
    "The sigmoid is in your loss twice: `binary_cross_entropy_with_logits` takes z and squashes it itself."
)
def squashed_twice(x, y, w, b, lr, steps):
    def loss_of(x, y, w, b):
        return F.binary_cross_entropy_with_logits(torch.sigmoid(w * x + b), y)

    return _descent(x, y, w, b, lr, steps, loss_of=loss_of)
