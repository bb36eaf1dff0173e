"""Tensors to draw and to compare with: float64, unless said otherwise."""

from __future__ import annotations

from typing import Any

import torch

from ..exchange.values import Made


def doubles(numbers: Any, *, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """An untracked tensor of these numbers: 0-d for a number, one axis for each level of a nested list."""
    return torch.tensor(numbers, dtype=dtype)


def after_a_backward(values: torch.Tensor) -> Made:
    """A leaf with these values whose `.grad` holds something from before: nothing of an answer's to touch."""
    steps = torch.arange(values.numel(), dtype=values.dtype).reshape(values.shape)
    return Made("with_gradient", {"values": values.detach(), "grad": 3 + steps})


def leaf(numbers: Any, *, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """The same as a leaf that requires grad."""
    return torch.tensor(numbers, dtype=dtype, requires_grad=True)
