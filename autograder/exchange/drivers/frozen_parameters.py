"""Answers that freeze parameters of a module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from ..observed import Observed
from ..values import plain
from . import driver


@driver
def frozen_parameters(answer: Observed, model: torch.nn.Module, prefixes: Sequence[str]) -> Any:
    """What `answer(model, prefixes)` returns, and each parameter's tracking, stale gradient and values after it."""
    for position, (_, parameter) in enumerate(model.named_parameters()):
        parameter.grad = torch.full_like(parameter, position + 1.0)
    count = answer(model, prefixes)
    seen = answer.inputs.get(answer.names[0], {})
    for judged in ("tracked", "gradients", "values"):  # as parts of the answer, below
        seen.pop(judged, None)
    parameters = list(model.named_parameters())
    return {
        "count": plain(count),
        "tracked": [f"{name}.requires_grad: {p.requires_grad}" for name, p in parameters],
        "stale gradients": [f"{name}.grad: {_left_of(p.grad)}" for name, p in parameters],
        "values": [plain(p) for _, p in parameters],
    }


def _left_of(grad: torch.Tensor | None) -> str:
    return "None" if grad is None else "a tensor" if bool(grad.any()) else "a tensor of zeros"
