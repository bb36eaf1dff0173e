"""The task `manual_gradients` of a03_neuron."""

from __future__ import annotations

import math

import numpy as np
import torch

from ...authoring.oracle import gradients
from ...authoring.task import task
from ...authoring.tensors import doubles
from .neurons import SEED, SOFT, loss_of_logit, loss_of_probability, neurons


@task(
    points=4,
    by_hand=True,
    examples=[
        SEED,
        (doubles(2.0), doubles(1.0), doubles(-0.5), doubles(0.5)),
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
    return {**chained(x, y, w, b), "db": doubles(1)}


@manual_gradients.mistake("Those are the slopes of single steps. A gradient multiplies all the steps from L back.")
def local_slopes_only(x, y, w, b):
    p = torch.sigmoid(w * x + b)
    return {"dp": (p - y) / (p * (1 - p)), "dz": p * (1 - p), "dw": x, "db": doubles(1)}


@manual_gradients.mistake("The bias is missing in z, so p and everything after it are those of another neuron.")
def left_out_the_bias_in_z(x, y, w, b):
    return chained(x, y, w, b, z=w * x)


@manual_gradients.mistake("The four numbers came without names: return a dict with the keys dp, dz, dw and db.")
def returned_a_tuple(x, y, w, b):
    return tuple(chained(x, y, w, b).values())


@manual_gradients.mistake(
    "The slope you use for the sigmoid is tanh's. The two curves look alike; their slopes differ."
)
def used_the_slope_of_tanh(x, y, w, b):
    return chained(x, y, w, b, slope=lambda z, p: 1 - p**2)


@manual_gradients.mistake(
    "p is squashed with tanh. The neuron's p comes from a sigmoid, so that it lies between 0 and 1."
)
def squashed_with_tanh_before_the_loss(x, y, w, b):
    p = torch.tanh(w * x + b)
    return {"dp": (p - y) / (p * (1 - p)), "dz": p - y, "dw": (p - y) * x, "db": p - y}
