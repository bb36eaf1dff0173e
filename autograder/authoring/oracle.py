"""Torch as the answer key: derivatives in float64, for the oracles in `tasks`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


def slope(f: Callable[[Any], Any], x: float) -> float:
    """df/dx at `x`, for an `f` from a 0-d tensor to a 0-d tensor."""
    return gradients(f, torch.tensor(float(x), dtype=torch.float64))[0].item()


def gradients(f: Callable[..., Any], *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """The gradient of the scalar `f(*inputs)` with respect to each input, zeros where `f` does not depend on it."""
    leaves = [t.detach().clone().requires_grad_() for t in inputs]
    with torch.enable_grad():
        return torch.autograd.grad(f(*leaves), leaves, allow_unused=True, materialize_grads=True)
