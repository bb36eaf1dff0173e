"""Functions to differentiate, by name, and logits."""

from __future__ import annotations

import torch

from ...authoring.probes import uniform
from ...exchange.values import Made


def wave(name, rate):
    return Made("wave", {"name": name, "rate": rate})


def polynomial(*coefficients):
    return Made("polynomial", {"coefficients": list(coefficients)})


def power(exponent):
    return Made("power", {"exponent": exponent})


def plain(function):
    """For plain floats alone."""
    return Made("plain", {"function": function})


def either_sign(rng, low, high):
    return uniform(rng, low, high) * float(rng.choice([-1.0, 1.0]))


def float32_logits(*values):
    return torch.tensor(values, dtype=torch.float32).requires_grad_()
