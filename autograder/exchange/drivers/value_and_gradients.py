"""Answers whose result is differentiated: the value, and what reaches each tracked input."""

from __future__ import annotations

from typing import Any

import torch

from ..observed import Observed
from ..values import Opaque, Value, plain, raised
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
            facts[f"gradient to {name}"] = _gradient(out, tensor, tracked)
    return facts


def _gradient(out: Any, tensor: torch.Tensor, tracked: list[torch.Tensor]) -> Value:
    if not isinstance(out, torch.Tensor):
        return Opaque("missing, since the result is not a tensor")
    if not out.requires_grad:
        return Opaque("missing, since the result has no graph")
    steps = torch.arange(out.numel(), dtype=torch.float64)
    grad_out = (1 + 0.5 * torch.cos(1 + 2 * steps)).reshape(out.shape).to(out.dtype)
    try:
        grads = torch.autograd.grad(out, [tensor, *tracked], grad_out, retain_graph=True, allow_unused=True)
    except Exception as error:
        return raised(error)
    if all(grad is None for grad in grads):
        return Opaque("missing, since the result's graph does not lead there")
    return plain(torch.zeros_like(tensor) if grads[0] is None else grads[0])
