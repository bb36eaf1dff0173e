"""Tasks of a03: one sigmoid neuron, by hand and by autograd.

p = σ(w·x + b), L = −(y·ln p + (1−y)·ln(1−p)). Drawn logits stay where float32 still tells 1 − p from 0, except for
`logit_gradient`, which is about the logits where it does not.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F

from ..oracle import gradients
from ..probes import Rng, normal, spread, uniform
from ..task import Inputs, task


def scalar(number: float) -> torch.Tensor:
    """A 0-d float64 tensor."""
    return torch.tensor(float(number), dtype=torch.float64)


def loss_of_logit(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The loss of the neuron as a function of z, safe for every z."""
    return torch.logaddexp(z, torch.zeros_like(z)) - y * z


def loss_of_probability(p: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The loss as a function of p, as the formula has it."""
    return -(y * torch.log(p) + (1 - y) * torch.log(1 - p))


def neurons(rng: Rng) -> list[Inputs]:
    """(x, y, w, b): hard and soft labels, x of both signs and 0, w neither 0 nor 1, b not 0, |z| below 5."""
    drawn = []
    for i in range(10):
        sign = -1 if i % 2 else 1
        x = 0.0 if i == 9 else sign * uniform(rng, 0.2, 2.5)
        y = (0.0, 1.0, uniform(rng, 0.1, 0.9))[i % 3]
        w = uniform(rng, -1.5, 1.5, away_from=[-1, 0, 1], gap=0.1)
        b = uniform(rng, -1, 1, away_from=[0], gap=0.1)
        drawn.append((scalar(x), scalar(y), scalar(w), scalar(b)))
    return drawn


# --- neuron -------------------------------------------------------------------------------------------------------


def batches_and_single_inputs(rng: Rng) -> list[Inputs]:
    """(x, w, b) for single numbers and batches of several shapes."""

    def weights() -> tuple[torch.Tensor, torch.Tensor]:
        w = uniform(rng, -2, 2, away_from=[-1, 0, 1], gap=0.1)
        return scalar(w), scalar(uniform(rng, -1.5, 1.5, away_from=[0], gap=0.1))

    single = [(scalar(uniform(rng, -3, 3, away_from=[0])), *weights()) for _ in range(4)]
    batches = [(spread(rng, -3, 3, *shape), *weights()) for shape in [(1,), (2,), (5,), (2, 3), (3, 2, 2)]]
    turned = (spread(rng, -3, 3, 4, 2).T, *weights())
    saturated = (torch.tensor([-12.0, 0.0, 12.0], dtype=torch.float64), scalar(2.5), scalar(-0.5))
    return [*single, *batches, turned, saturated]


@task(
    points=2,
    examples=[
        (scalar(6.7), scalar(1.0), scalar(0.0)),
        (torch.tensor([-2.0, 0.0, 2.0], dtype=torch.float64), scalar(0.5), scalar(1.0)),
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


# --- binary_cross_entropy -----------------------------------------------------------------------------------------


def probabilities(rng: Rng) -> list[Inputs]:
    """(p, y) and (p, y, eps): soft, hard and integer labels, p at and beyond the clamp's edges.

    Where p is above 1 - eps and y below 1, eps is one for which float32 knows 1 - eps well.
    """
    halves = [(spread(rng, 0.03, 0.97, *shape), spread(rng, 0.05, 0.95, *shape)) for shape in [(), (4,), (2, 3)]]
    hard = [
        (spread(rng, 0.03, 0.97, 5), torch.from_numpy(rng.permutation([0, 0, 1, 1, 1])).to(dtype))
        for dtype in (torch.float64, torch.int64)
    ]
    ends = torch.tensor([0.0, 1.0, 0.0, 1.0, 0.001, 0.999, 0.5], dtype=torch.float64)
    labels = torch.tensor([1.0, 0.0, 0.0, 1.0, 0.75, 0.25, 1.0], dtype=torch.float64)
    return [
        *halves,
        *hard,
        (scalar(uniform(rng, 0.05, 0.95)), torch.tensor(1)),
        (scalar(uniform(rng, 0.05, 0.95)), torch.tensor(0)),
        (torch.tensor([0.0, 1e-9, 0.0, 1.0], dtype=torch.float64), torch.tensor([1.0, 1.0, 0.0, 1.0]).double()),
        (ends, labels, uniform(rng, 0.01, 0.05)),
        (ends, labels.round().long(), uniform(rng, 0.1, 0.2)),
        (spread(rng, 0.03, 0.97, 3), spread(rng, 0.05, 0.95, 3), 0.25),
    ]


@task(
    points=3,
    examples=[
        (scalar(0.5), scalar(1.0)),
        (torch.tensor([0.9, 0.9, 0.9], dtype=torch.float64), torch.tensor([1.0, 0.0, 0.5], dtype=torch.float64)),
        (scalar(0.0), torch.tensor(1)),
        (scalar(1.0), torch.tensor(0), 0.01),
    ],
    probes=probabilities,
)
def binary_cross_entropy(p, y, eps=1e-7):
    """The binary cross-entropy of p for the label y, with p clamped to [eps, 1 − eps], elementwise."""
    return loss_of_probability(torch.clamp(p, eps, 1 - eps), y)


@binary_cross_entropy.right
def through_the_library(p, y, eps=1e-7):
    return F.binary_cross_entropy(p.clamp(eps, 1 - eps), y.to(p.dtype), reduction="none")


@binary_cross_entropy.right
def bce_in_numpy(p, y, eps=1e-7):
    p, y = np.clip(p.numpy(), eps, 1 - eps), y.numpy()
    return -(y * np.log(p) + (1 - y) * np.log1p(-p))


@binary_cross_entropy.right
def bce_in_a_loop(p, y, eps=1e-7):
    losses = []
    for chance, label in zip(p.flatten().tolist(), y.flatten().tolist(), strict=True):
        chance = min(max(chance, eps), 1 - eps)
        losses.append(-label * math.log(chance) - (1 - label) * math.log(1 - chance))
    return torch.tensor(losses, dtype=p.dtype).reshape(p.shape)


@binary_cross_entropy.right
def bce_in_float32(p, y, eps=1e-7):
    p = torch.minimum(torch.maximum(p.float(), torch.tensor(eps)), torch.tensor(1 - eps))
    return -torch.xlogy(y.float(), p) - torch.xlogy(1 - y.float(), 1 - p)


@binary_cross_entropy.mistake(
    "p is not clamped: at p = 0 or p = 1 the logarithm is infinite, and 0 times infinity is NaN."
)
def did_not_clamp(p, y, eps=1e-7):
    return -(y * torch.log(p) + (1 - y) * torch.log(1 - p))


@binary_cross_entropy.mistake("p is clamped at the lower end alone; at p = 1 the other logarithm is infinite.")
def clamped_below_only(p, y, eps=1e-7):
    p = torch.clamp(p, min=eps)
    return -(y * torch.log(p) + (1 - y) * torch.log((1 - p).clamp(min=0)))


@binary_cross_entropy.mistake("A loss is not negative: the minus in front of the whole sum is missing.")
def lost_the_minus(p, y, eps=1e-7):
    p = torch.clamp(p, eps, 1 - eps)
    return y * torch.log(p) + (1 - y) * torch.log(1 - p)


@binary_cross_entropy.mistake("You averaged over the batch. No reduction here: one loss for each element.")
def averaged_the_losses(p, y, eps=1e-7):
    return loss_of_probability(torch.clamp(p, eps, 1 - eps), y).mean()


@binary_cross_entropy.mistake("You added up the batch. No reduction here: one loss for each element.")
def summed_the_losses(p, y, eps=1e-7):
    return loss_of_probability(torch.clamp(p, eps, 1 - eps), y).sum()


@binary_cross_entropy.mistake("Your clamp always uses the same number: it should use the argument `eps`.")
def ignored_eps(p, y, eps=1e-7):
    return loss_of_probability(torch.clamp(p, 1e-7, 1 - 1e-7), y)


@binary_cross_entropy.mistake("The default of `eps` is not the one asked for: 1e-8 is too small to act in float32.")
def a_smaller_default(p, y, eps=1e-8):
    return loss_of_probability(torch.clamp(p, eps, 1 - eps), y)


@binary_cross_entropy.mistake("You added eps inside the logarithms: that shifts every loss a little. Clamp p instead.")
def added_eps_instead_of_clamping(p, y, eps=1e-7):
    return -(y * torch.log(p + eps) + (1 - y) * torch.log(1 - p + eps))


@binary_cross_entropy.mistake(
    "Only the half for y = 1 is there: when y = 0 your loss is 0 however wrong the prediction is."
)
def left_out_the_other_half(p, y, eps=1e-7):
    return -(y * torch.log(torch.clamp(p, eps, 1 - eps)))


@binary_cross_entropy.mistake("Both halves count in full: each has to be weighted by how much of its label there is.")
def left_out_a_weight(p, y, eps=1e-7):
    p = torch.clamp(p, eps, 1 - eps)
    return -(y * torch.log(p) + torch.log(1 - p))


@binary_cross_entropy.mistake("The labels have changed places: you punish a high p when y is 1.")
def swapped_the_labels(p, y, eps=1e-7):
    return loss_of_probability(torch.clamp(p, eps, 1 - eps), 1 - y)


@binary_cross_entropy.mistake("You treat every label as 0 or 1. A soft label such as 0.3 takes some of both halves.")
def rounded_the_labels(p, y, eps=1e-7):
    p = torch.clamp(p, eps, 1 - eps)
    return torch.where(y > 0.5, -torch.log(p), -torch.log(1 - p))


@binary_cross_entropy.mistake("That logarithm has the base 2. `ln` is the natural logarithm.")
def took_the_wrong_logarithm(p, y, eps=1e-7):
    return loss_of_probability(torch.clamp(p, eps, 1 - eps), y) / math.log(2)


@binary_cross_entropy.mistake("That is the squared error, another loss.")
def squared_the_error(p, y, eps=1e-7):
    return (torch.clamp(p, eps, 1 - eps) - y) ** 2


@binary_cross_entropy.mistake("Torch's own loss clamps the logarithm, at -100, and not p. Clamp p before you call it.")
def left_it_to_the_library(p, y, eps=1e-7):
    return F.binary_cross_entropy(p, y.to(p.dtype), reduction="none")


@binary_cross_entropy.mistake("The loss is right, but p was overwritten: `clamp_` works in place, `clamp` does not.")
def clamped_in_place(p, y, eps=1e-7):
    return loss_of_probability(p.clamp_(eps, 1 - eps), y)


# --- manual_gradients ---------------------------------------------------------------------------------------------

SEED = (scalar(6.7), scalar(0.0), scalar(1.0), scalar(0.0))
SOFT = (scalar(-1.0), scalar(0.3), scalar(2.0), scalar(1.0))


@task(
    points=4,
    by_hand=True,
    examples=[
        SEED,
        (scalar(2.0), scalar(1.0), scalar(-0.5), scalar(0.5)),
        SOFT,
    ],
    probes=neurons,
    atol=1e-5,
)
def manual_gradients(x, y, w, b):
    """The gradients of the loss with respect to p, z, w and b, by the chain rule."""
    z = w * x + b
    (dp,) = gradients(lambda p: loss_of_probability(p, y), torch.sigmoid(z))
    (dz,) = gradients(lambda z: loss_of_logit(z, y), z)
    dw, db = gradients(lambda w, b: loss_of_logit(w * x + b, y), w, b)
    return {"dp": dp, "dz": dz, "dw": dw, "db": db}


@manual_gradients.right
def link_by_link(x, y, w, b):
    p = torch.sigmoid(w * x + b)
    dp = (p - y) / (p * (1 - p))
    dz = dp * p * (1 - p)
    return {"dp": dp, "dz": dz, "dw": dz * x, "db": dz}


@manual_gradients.right
def with_the_short_cut(x, y, w, b):
    p = 1 / (1 + torch.exp(-w * x - b))
    return {"dp": (1 - y) / (1 - p) - y / p, "dz": p - y, "dw": x * (p - y), "db": (p - y) * 1}


@manual_gradients.right
def on_plain_floats(x, y, w, b):
    x, y, w, b = (t.item() for t in (x, y, w, b))
    p = 1 / (1 + math.exp(-(w * x + b)))
    return {"db": p - y, "dw": (p - y) * x, "dz": p - y, "dp": -y / p + (1 - y) / (1 - p), "p": p}


@manual_gradients.right
def manual_in_float32(x, y, w, b):
    return link_by_link(*(t.float() for t in (x, y, w, b)))


@manual_gradients.right
def with_two_cases_of_the_label(x, y, w, b):
    p = torch.sigmoid(w * x + b).numpy()
    dp = y.item() * (-1 / p) + (1 - y.item()) * (1 / (1 - p))
    return {"dp": dp, "dz": np.subtract(p, y), "dw": np.multiply(p - y.numpy(), x), "db": p - y.numpy()}


def chained(x, y, w, b, *, dp=None, slope=None, z=None):
    """The right chain with one link exchanged."""
    z = w * x + b if z is None else z
    p = torch.sigmoid(z)
    dp = (p - y) / (p * (1 - p)) if dp is None else dp(p)
    dz = dp * (p * (1 - p) if slope is None else slope(z, p))
    return {"dp": dp, "dz": dz, "dw": dz * x, "db": dz}


@manual_gradients.mistake(
    "All your signs are flipped. Where p is above the label, a larger p makes the loss larger: that slope is positive."
)
def flipped_all_signs(x, y, w, b):
    return {name: -grad for name, grad in chained(x, y, w, b).items()}


@manual_gradients.mistake(
    "Your dp is the short expression that belongs to z. The logarithms put p and 1 - p into a denominator."
)
def mistook_dz_for_dp(x, y, w, b):
    return chained(x, y, w, b, dp=lambda p: p - y)


@manual_gradients.mistake("dz is just dp handed on: on its way back to z the gradient passes the sigmoid's own slope.")
def skipped_the_sigmoid(x, y, w, b):
    return chained(x, y, w, b, slope=lambda z, p: 1.0)


@manual_gradients.mistake("The sigmoid's slope is written in terms of its output p, and you put in z.")
def put_z_into_the_slope(x, y, w, b):
    return chained(x, y, w, b, slope=lambda z, p: z * (1 - z))


@manual_gradients.mistake(
    "The slope you use for the sigmoid vanishes at one end alone. The curve is flat at both: half of it is missing."
)
def lost_a_factor_of_the_slope(x, y, w, b):
    return chained(x, y, w, b, slope=lambda z, p: p)


@manual_gradients.mistake(
    "Your dp treats every label as 0 or 1. A soft label such as 0.3 takes some of both halves of the loss."
)
def only_for_hard_labels(x, y, w, b):
    return chained(x, y, w, b, dp=lambda p: -1 / p if y > 0.5 else 1 / (1 - p))


@manual_gradients.mistake("Only the half of the loss with y is differentiated; the half with 1 - y has a slope too.")
def forgot_the_other_half(x, y, w, b):
    return chained(x, y, w, b, dp=lambda p: -y / p)


@manual_gradients.mistake(
    "In dp the half with 1 - y has the wrong sign: going through 1 - p brings in a minus of its own."
)
def forgot_the_inner_minus(x, y, w, b):
    return chained(x, y, w, b, dp=lambda p: -y / p - (1 - y) / (1 - p))


@manual_gradients.mistake("For dw you multiplied by w. Ask how z moves when w does: what does w stand beside in z?")
def multiplied_by_w(x, y, w, b):
    right = chained(x, y, w, b)
    return {**right, "dw": right["dz"] * w}


@manual_gradients.mistake("dw is dz handed on unchanged: z moves with w, but not one for one.")
def handed_dz_on_to_w(x, y, w, b):
    right = chained(x, y, w, b)
    return {**right, "dw": right["dz"]}


@manual_gradients.mistake("For db you multiplied by b. Ask how far z moves when b moves by one.")
def multiplied_by_b(x, y, w, b):
    right = chained(x, y, w, b)
    return {**right, "db": right["dz"] * b}


@manual_gradients.mistake("db is 1, the slope of z alone: it still has to be multiplied by what came back to z.")
def local_slope_for_db(x, y, w, b):
    return {**chained(x, y, w, b), "db": scalar(1)}


@manual_gradients.mistake("Those are the slopes of single steps. A gradient multiplies all the steps from L back.")
def local_slopes_only(x, y, w, b):
    p = torch.sigmoid(w * x + b)
    return {"dp": (p - y) / (p * (1 - p)), "dz": p * (1 - p), "dw": x, "db": scalar(1)}


@manual_gradients.mistake("The bias is missing in z, so p and everything after it are those of another neuron.")
def left_out_the_bias_in_z(x, y, w, b):
    return chained(x, y, w, b, z=w * x)


@manual_gradients.mistake("The four numbers came without names: return a dict with the keys dp, dz, dw and db.")
def returned_a_tuple(x, y, w, b):
    return tuple(chained(x, y, w, b).values())


# --- autograd_gradients -------------------------------------------------------------------------------------------


@task(
    points=3,
    examples=[
        SEED,
        (scalar(6.0), scalar(0.0), scalar(1.0), scalar(0.0)),
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
    "Each gradient came back as None: `.grad` is kept for leaves alone, and your w and b were computed from others."
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


# --- logit_gradient -----------------------------------------------------------------------------------------------


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
