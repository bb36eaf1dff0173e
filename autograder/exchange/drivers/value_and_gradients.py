"""Answers whose result is differentiated: the value, and what reaches each tracked input."""

from __future__ import annotations

import functools
import math
from typing import Any

import torch

from ..lines import told
from ..observed import Observed
from ..values import Opaque, Value, plain
from . import driver


@driver
def value_and_gradients(answer: Observed, *inputs: Any) -> Any:
    """The value, and the gradient that reaches each input with `requires_grad` from a lopsided upstream gradient."""
    out = answer(*inputs)
    facts = {"value": plain(out)}
    tracked = [tensor for tensor in inputs if isinstance(tensor, torch.Tensor) and tensor.requires_grad]
    names = answer.names
    for name, tensor in zip(names, inputs, strict=False):
        if isinstance(tensor, torch.Tensor) and tensor.requires_grad:
            facts[f"gradient to {name}"] = _gradient(answer, out, tensor, tracked)
    return facts


@functools.lru_cache(maxsize=256)
def upstream(shape: tuple[int, ...]) -> torch.Tensor:
    """The gradient that arrives at a result of `shape` (float64): lopsided, and easy to write down."""
    steps = torch.arange(math.prod(shape), dtype=torch.float64)
    return (torch.round(16 + 8 * torch.cos(1 + 2 * steps)) / 16).reshape(shape)


def _gradient(answer: Observed, out: Any, tensor: torch.Tensor, tracked: list[torch.Tensor]) -> Value:
    if not isinstance(out, torch.Tensor):
        return Opaque("missing, since the result is not a tensor")
    if not out.requires_grad:
        return Opaque("missing, since the result has no graph")
    try:
        # By a product, since the first `grad` that is given an upstream gradient imports sympy: a third of a second.
        total = (out * upstream(tuple(out.shape)).to(out.dtype)).sum()
        grads = torch.autograd.grad(total, [tensor, *tracked], retain_graph=True, allow_unused=True)
    except Exception as error:
        return told(error, answer.answer)
    if all(grad is None for grad in grads):
        return Opaque("missing, since the result's graph does not lead there")
    return plain(torch.zeros_like(tensor) if grads[0] is None else grads[0])
