"""An answer that is watched: what a call leaves behind of its inputs and of global state."""

from __future__ import annotations

import contextlib
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch

from . import surroundings
from .values import Value, plain
from .watching import watching

Answer = Callable[..., Any]


class Observed:
    """The answer, callable as itself; notes what a call leaves behind and then puts global state right.

    inputs  by the arguments' names, what is seen of each
    state   whether grad mode and the default dtype are as before, and which other settings of torch's are not, if any
    """

    def __init__(self, answer: Answer, names: Sequence[str], watch: bool = False) -> None:
        self.answer = answer
        self.names = names
        self.watch = watch
        self._looks = True
        self.inputs: Value = {}
        self.state: Value = {}
        self.differentiated: str | None = None

    def look_away(self) -> None:
        """From now on `inputs` stay empty: what a later go leaves there is not judged."""
        self._looks, self.inputs = False, {}

    def __call__(self, *args: Any) -> Any:
        before = surroundings.of_torch()
        items = [list(arg) if isinstance(arg, list) else [] for arg in args] if self._looks else []
        try:
            with watching() if self.watch else contextlib.nullcontext() as evidence:
                result = self.answer(*args)
                # A result may be lazy: while it is watched it has to become a value.
                return plain(result) if self.watch else result
        finally:
            if evidence:
                self.differentiated = self.differentiated or evidence[0]
            changed = surroundings.changes(before)
            self.state = {
                "grad mode": surroundings.GRAD_MODE not in changed,
                "default dtype": surroundings.DEFAULT_DTYPE not in changed,
            }
            others = [n for n in changed if n not in (surroundings.GRAD_MODE, surroundings.DEFAULT_DTYPE)]
            if others:
                self.state["other settings"] = others
            if self._looks:
                self.inputs = dict(_snapshots(self.names, args, items))


def _snapshots(names: Sequence[str], args: Sequence[Any], items: Sequence[list[Any]]) -> Iterator[tuple[str, Value]]:
    """What is seen of each argument; `items` are the members that each list had before the call."""
    for position, arg in enumerate(args):
        name = names[position] if position < len(names) else f"argument {position + 1}"
        if isinstance(arg, list):
            # Functions look alike as values, so the order is noted too: where each member stood before the call.
            order = [next((i for i, old in enumerate(items[position]) if old is new), -1) for new in arg]
            yield name, {"values": plain(arg), "order": order, "left on it": _left_on_members(arg)}
        elif isinstance(arg, tuple):
            yield name, {"values": plain(arg), "left on it": _left_on_members(arg)}
        elif isinstance(arg, (dict, np.ndarray)):
            yield name, {"values": plain(arg)}
        else:
            seen = _seen(arg)
            if seen is not None:
                yield name, seen


def _seen(thing: Any) -> Value:
    if isinstance(thing, torch.Tensor):
        return {
            "values": plain(thing),
            "requires_grad": thing.requires_grad,
            "grad": None if (grad := _grad(thing)) is None else plain(grad),
            "left on it": _left_on_a_tensor(thing),
        }
    if isinstance(thing, torch.nn.Module):
        return _seen_of_a_module(thing)
    if isinstance(thing, types.FunctionType):
        return {"left on it": sorted(vars(thing))}
    return None


def _grad(tensor: torch.Tensor) -> torch.Tensor | None:
    return tensor.grad if tensor.is_leaf or tensor.retains_grad else None


def _left_on_a_tensor(tensor: torch.Tensor) -> list[str]:
    """What hangs on a tensor, in words: attributes, hooks, the wish to keep a gradient that is no leaf's."""
    found = sorted(vars(tensor)) if vars(tensor) else []
    if tensor._backward_hooks or tensor._post_accumulate_grad_hooks:
        found.append("a hook")
    if tensor.retains_grad:
        found.append("retain_grad()")
    return found


def _left_on_members(members: Sequence[Any]) -> list[str]:
    found = []
    for position, member in enumerate(members):
        if isinstance(member, types.FunctionType):
            found += [f"{position}: {name}" for name in sorted(vars(member))]
        elif isinstance(member, torch.Tensor):
            found += [f"{position}: {each}" for each in _left_on_a_tensor(member)]
            found.append(f"{position}: requires_grad is {member.requires_grad}")
    return found


_USUAL = frozenset(vars(torch.nn.Module()))


def _seen_of_a_module(model: torch.nn.Module) -> Value:
    parameters, modules = list(model.named_parameters()), list(model.named_modules())
    left = []
    for path, module in modules:
        own = vars(module)
        left += [f"{path}.{name}" for name in own if name not in _USUAL]
        left += [f"{path}: a hook" for name, hooks in own.items() if name.endswith("_hooks") and hooks]
    left += [f"{name}: {each}" for name, parameter in parameters for each in _left_on_a_tensor(parameter)]
    return {
        "values": {name: plain(tensor) for name, tensor in (*parameters, *model.named_buffers())},
        "tracked": [f"{name}.requires_grad: {parameter.requires_grad}" for name, parameter in parameters],
        "gradients": [None if parameter.grad is None else plain(parameter.grad) for _, parameter in parameters],
        "training": [module.training for _, module in modules],
        "left on it": left,
    }
