"""The task `autograd_gradients` of a03_neuron."""

from __future__ import annotations

import torch

from ...authoring.oracle import gradients
from ...authoring.task import task
from ...authoring.tensors import doubles
from .neurons import SEED, SOFT, loss_of_logit, loss_of_probability, neurons


@task(
    points=3,
    examples=[
        SEED,
        (doubles(6.0), doubles(0.0), doubles(1.0), doubles(0.0)),
        SOFT,
    ],
    probes=neurons,
    parts=("dw", "db"),
    atol=1e-5,
)
def autograd_gradients(x, y, w, b):
    """The pair (dw, db) of the neuron's loss, from autograd."""
    return gradients(lambda w, b: loss_of_logit(w * x + b, y), w, b)


def leaves_of(*tensors):
    """Copies that require grad."""
    return [t.detach().clone().requires_grad_() for t in tensors]


@autograd_gradients.right
def through_backward(x, y, w, b):
    w, b = leaves_of(w, b)
    loss_of_probability(torch.sigmoid(w * x + b), y).backward()
    return w.grad, b.grad


@autograd_gradients.right
def through_torch_func(x, y, w, b):
    def loss(w, b):
        return loss_of_probability(torch.sigmoid(w * x + b), y)

    return torch.func.grad(loss, argnums=(0, 1))(w, b)


@autograd_gradients.right
def through_forward_mode(x, y, w, b):
    def loss(w, b):
        return loss_of_logit(w * x + b, y)

    one, zero = torch.ones_like(w), torch.zeros_like(w)
    return [torch.func.jvp(loss, (w, b), tangents)[1] for tangents in ((one, zero), (zero, one))]


@autograd_gradients.right
def through_an_optimizer(x, y, w, b):
    mine = leaves_of(w, b)
    optimizer = torch.optim.SGD(mine, lr=1.0)
    loss_of_logit(mine[0] * x + mine[1], y).backward()
    optimizer.step()
    return w - mine[0].detach(), b - mine[1].detach()


@autograd_gradients.right
def through_a_module_in_float32(x, y, w, b):
    layer = torch.nn.Linear(1, 1)
    with torch.no_grad():
        layer.weight.fill_(w.item())
        layer.bias.fill_(b.item())
    p = torch.sigmoid(layer(x.float().reshape(1, 1)))
    torch.nn.BCELoss()(p, y.float().reshape(1, 1)).backward()
    return layer.weight.grad.item(), layer.bias.grad.item()


@autograd_gradients.right
def through_the_jacobian(x, y, w, b):
    return torch.autograd.functional.jacobian(lambda w, b: loss_of_logit(w * x + b, y), (w, b))


@autograd_gradients.right
def with_y_and_x_as_leaves_too(x, y, w, b):
    x, y, w, b = leaves_of(x, y, w, b)
    L = loss_of_probability(torch.sigmoid(w * x + b), y)
    return torch.autograd.grad(L, (w, b), create_graph=True)


@autograd_gradients.mistake(
    "The numbers are right, but the caller's w and b require grad after it: `requires_grad_` works in place, so make "
    "copies of your own first."
)
def switched_the_callers_tensors_on(x, y, w, b):
    w.requires_grad_()
    b.requires_grad_()
    return torch.autograd.grad(loss_of_logit(w * x + b, y), (w, b))


@autograd_gradients.mistake(
    "The numbers are right, but the caller's w and b now hold a `.grad` and require grad: run backward on copies of "
    "your own."
)
def left_gradients_with_the_caller(x, y, w, b):
    w.requires_grad_()
    b.requires_grad_()
    loss_of_logit(w * x + b, y).backward()
    return w.grad.clone(), b.grad.clone()


@autograd_gradients.mistake("The pair is in the wrong order: dw comes first.")
def swapped_the_pair(x, y, w, b):
    return autograd_gradients.oracle(x, y, w, b)[::-1]


@autograd_gradients.mistake("That is the gradient of the prediction p. Call backward on the loss.")
def differentiated_the_prediction(x, y, w, b):
    return gradients(lambda w, b: torch.sigmoid(w * x + b), w, b)


@autograd_gradients.mistake("The loss lost its minus, so both gradients point the wrong way.")
def forgot_the_minus_of_the_loss(x, y, w, b):
    return gradients(lambda w, b: -loss_of_logit(w * x + b, y), w, b)


@autograd_gradients.mistake("b.grad is None, since b has no effect on your loss: is the bias in z?")
def never_used_the_bias(x, y, w, b):
    w, b = leaves_of(w, b)
    loss_of_logit(w * x, y).backward()
    return w.grad, b.grad


@autograd_gradients.mistake(
    "Each gradient came back as None: either backward never ran (it has to be called, with brackets), or your w and b "
    "were computed from others, and `.grad` is kept for leaves alone."
)
def asked_a_tensor_that_is_no_leaf(x, y, w, b):
    w, b = (t * 1 for t in leaves_of(w, b))
    loss_of_logit(w * x + b, y).backward()
    return w.grad, b.grad


@autograd_gradients.mistake(
    "Both gradients are twice as large as they should be: two backward passes added up in the same `.grad`."
)
def ran_backward_twice(x, y, w, b):
    w, b = leaves_of(w, b)
    for _ in range(2):
        loss_of_logit(w * x + b, y).backward()
    return w.grad, b.grad


@autograd_gradients.mistake("Your first gradient is with respect to x, the data. The weight is what learns.")
def differentiated_by_x(x, y, w, b):
    return gradients(lambda x, b: loss_of_logit(w * x + b, y), x, b)


@autograd_gradients.mistake("That is the gradient of the squared error. The loss here is the cross-entropy.")
def used_the_squared_error(x, y, w, b):
    return gradients(lambda w, b: (torch.sigmoid(w * x + b) - y) ** 2, w, b)


@autograd_gradients.mistake("Only the half of the loss with y is there; the half with 1 - y is missing.")
def used_half_of_the_loss(x, y, w, b):
    return gradients(lambda w, b: -y * torch.log(torch.sigmoid(w * x + b)), w, b)


@autograd_gradients.mistake(
    "The loss was given z where it wants a probability, or the sigmoid was applied twice: follow z to p once."
)
def applied_the_sigmoid_twice(x, y, w, b):
    return gradients(lambda w, b: loss_of_logit(torch.sigmoid(w * x + b), y), w, b)


@autograd_gradients.twin(asked_a_tensor_that_is_no_leaf)
def named_backward_without_calling_it(x, y, w, b):
    w, b = leaves_of(w, b)
    loss_of_logit(w * x + b, y).backward  # noqa: B018
    return w.grad, b.grad
