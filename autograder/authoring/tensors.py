"""Tensors to draw and to compare with: float64, unless said otherwise."""

from __future__ import annotations

from typing import Any

import torch


def doubles(numbers: Any, *, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """An untracked tensor of these numbers: 0-d for a number, one axis for each level of a nested list."""
    return torch.tensor(numbers, dtype=dtype)


def leaf(numbers: Any, *, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """The same as a leaf that requires grad."""
    return torch.tensor(numbers, dtype=dtype, requires_grad=True)
