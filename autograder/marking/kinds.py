"""The kinds of inputs that a task tries, in words: for whoever wants to try their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from ..authoring import probes
from ..authoring.task import Inputs, Task
from ..exchange.values import Made, Value

LARGE = 50.0
SHOWN = 3


def hidden_kinds(task: Task) -> list[str]:
    """Kinds that hidden inputs have and the examples have not; the commonest kinds where there are none such."""
    hidden = kinds_of(task.probes(probes.generator("kinds", task.name)))
    new = [kind for kind in hidden if kind not in kinds_of(task.examples)]
    return (new or hidden)[:SHOWN]


def kinds_of(inputs: Sequence[Inputs]) -> list[str]:
    """The kinds among these inputs, in a fixed order."""
    found = {kind for each in inputs for value in each for kind in _kinds(value)}
    return [kind for kind in _ORDER if kind in found]


_ORDER = (
    "negative numbers",
    "zero",
    "whole numbers",
    "large numbers",
    "small numbers",
    "tensors without axes",
    "tensors of a single entry",
    "tensors of two axes or more",
    "tensors with zeros in them",
    "tensors with large entries",
    "tensors of whole numbers",
    "straight lines and constants",
    "other functions",
    "other graphs",
    "other models",
    "empty lists",
)


def _kinds(value: Value) -> Iterator[str]:
    match value:
        case bool() | str():
            return
        case int() | float():
            yield from _of_a_number(float(value))
            if isinstance(value, int):
                yield "whole numbers"
        case torch.Tensor():
            yield from _of_a_tensor(value.detach())
        case list() | tuple():
            if isinstance(value, list) and not value:
                yield "empty lists"
            for item in value:
                yield from _kinds(item)
        case Made(name="scale" | "shift"):
            yield "straight lines and constants"
        case Made(name="network"):
            yield "other models"
        case Made(name="expression" | "grown" | "recorded" | "with_gradient"):
            yield "other graphs"
        case Made(name=name) if name not in ("dtype", "array", "non_leaf"):
            yield "other functions"


def _of_a_number(x: float) -> Iterator[str]:
    if x < 0:
        yield "negative numbers"
    if x == 0:
        yield "zero"
    if abs(x) >= LARGE:
        yield "large numbers"
    if 0 < abs(x) <= 1 / LARGE:
        yield "small numbers"


def _of_a_tensor(values: torch.Tensor) -> Iterator[str]:
    if values.dtype == torch.bool or values.is_complex():
        return
    if values.ndim == 0:
        yield "tensors without axes"
    elif values.numel() == 1:
        yield "tensors of a single entry"
    if values.ndim > 1:
        yield "tensors of two axes or more"
    if not values.is_floating_point():
        yield "tensors of whole numbers"
    elif values.numel():
        if bool((values < 0).any()):
            yield "negative numbers"
        if bool((values == 0).any()):
            yield "tensors with zeros in them" if values.ndim else "zero"
        if bool((values.abs() >= LARGE).any()):
            yield "tensors with large entries"
