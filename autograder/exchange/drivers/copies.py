"""Answers that make a tensor out of another: is it tracked, and has it memory of its own?"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..observed import Observed
from ..values import Opaque, plain
from . import driver


@driver
def new_leaf(answer: Observed, original: Any) -> Any:
    """What kind of tensor `answer(original)` makes, and whether it lives in memory of its own."""
    leaf = answer(original)
    if not isinstance(leaf, torch.Tensor):
        return Opaque("not a tensor")
    facts = {
        "values": plain(leaf),
        "requires_grad": leaf.requires_grad,
        "is_leaf": leaf.is_leaf,
        "is_floating_point()": leaf.is_floating_point(),
    }
    return {**facts, "shares_memory": not _survives_a_change_of(original, leaf)}


@driver
def frozen(answer: Observed, original: torch.Tensor) -> Any:
    """Whether `answer(original)` is an untracked copy: values, tracking, memory."""
    copy = answer(original)
    if copy is None:
        return Opaque("None: is there a `return`?")
    if not isinstance(copy, torch.Tensor):
        return Opaque("a NumPy array, where a tensor should be" if isinstance(copy, np.ndarray) else "not a tensor")
    tracked = copy.requires_grad
    return {"values": plain(copy), "tracked": tracked, "memory of its own": _survives_a_change_of(original, copy)}


def _survives_a_change_of(original: Any, result: torch.Tensor) -> bool:
    """Whether `result` keeps its values when `original` (a tensor or an array) is written to."""
    before = plain(result)
    with torch.no_grad():
        if isinstance(original, torch.Tensor):
            original.data.add_(1)
        elif hasattr(original, "__array__"):
            original += 1
    return torch.equal(before, plain(result))
