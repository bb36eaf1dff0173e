"""Arguments that an answer was called with, put back as they were, so that it can be called with the same ones again.

The objects stay the same: values, tracking, gradients, members and modes are put back, and what an answer hung on
them (an attribute, a hook) stays, since that is what a second call might find.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

PutBack = Callable[[], None]


def keep(args: list[Any]) -> PutBack:
    """A function that puts these arguments, and what they hold, back as they are now."""
    steps: list[PutBack] = []
    for arg in args:
        _collect(arg, steps)

    def put_back() -> None:
        for step in steps:
            with contextlib.suppress(Exception):  # whatever an answer made of its inputs
                step()

    return put_back


def _collect(thing: Any, steps: list[PutBack]) -> None:
    if isinstance(thing, torch.Tensor):
        steps.append(_tensor(thing))
    elif isinstance(thing, (list, tuple)):
        for item in thing:
            _collect(item, steps)
        if isinstance(thing, list):
            steps.append(_list(thing, list(thing)))
    elif isinstance(thing, dict):
        for item in thing.values():
            _collect(item, steps)
        steps.append(_dict(thing, dict(thing)))
    elif isinstance(thing, np.ndarray):
        steps.append(_array(thing, thing.copy()))
    elif isinstance(thing, torch.nn.Module):
        steps.append(_modes({module: module.training for module in thing.modules()}))
        steps += [_tensor(tensor) for tensor in (*thing.parameters(), *thing.buffers())]


def _tensor(tensor: torch.Tensor) -> PutBack:
    values, tracked = tensor.detach().clone(), tensor.requires_grad
    is_leaf = tensor.is_leaf
    grad = tensor.grad.detach().clone() if is_leaf and tensor.grad is not None else None

    def put_back() -> None:
        if is_leaf:
            if not tensor.is_leaf:
                tensor.detach_()
            tensor.grad = None  # one of another shape would not let the values be set
        if tensor.dtype == values.dtype and tensor.shape == values.shape:
            tensor.data.copy_(values)
        else:
            tensor.data = values.clone()
        if is_leaf:
            tensor.requires_grad_(tracked)
            tensor.grad = None if grad is None else grad.clone()

    return put_back


def _list(members: list[Any], before: list[Any]) -> PutBack:
    def put_back() -> None:
        members[:] = before

    return put_back


def _dict(members: dict[Any, Any], before: dict[Any, Any]) -> PutBack:
    def put_back() -> None:
        members.clear()
        members.update(before)

    return put_back


def _array(array: np.ndarray, before: np.ndarray) -> PutBack:
    def put_back() -> None:
        array[...] = before

    return put_back


def _modes(training: dict[torch.nn.Module, bool]) -> PutBack:
    def put_back() -> None:
        for module, mode in training.items():
            module.training = mode

    return put_back
