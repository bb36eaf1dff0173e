"""An answer that is watched: what a call leaves behind of its inputs and of global state."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch

from .values import Value, plain
from .watching import watching

Answer = Callable[..., Any]


class Observed:
    """The answer, callable as itself; notes what a call leaves behind and then puts global state right."""

    def __init__(self, answer: Answer, names: Sequence[str], watch: bool) -> None:
        self._answer = answer
        self.names = names
        self._watch = watch
        self.inputs: Value = {}
        self.state: Value = {}
        self.differentiated: str | None = None

    def __call__(self, *args: Any) -> Any:
        grad_mode, default_dtype = torch.is_grad_enabled(), torch.get_default_dtype()
        items = [list(arg) if isinstance(arg, list) else [] for arg in args]
        try:
            with watching() if self._watch else contextlib.nullcontext() as evidence:
                result = self._answer(*args)
                # A result may be lazy: while it is watched it has to become a value.
                return plain(result) if self._watch else result
        finally:
            if evidence:
                self.differentiated = evidence[0]
            self.state = {
                "grad mode": torch.is_grad_enabled() == grad_mode,
                "default dtype": torch.get_default_dtype() == default_dtype,
            }
            torch.set_grad_enabled(grad_mode)
            torch.set_default_dtype(default_dtype)
            self.inputs = dict(_snapshots(self.names, args, items))


def _snapshots(names: Sequence[str], args: Sequence[Any], items: Sequence[list[Any]]) -> Iterator[tuple[str, Value]]:
    """What is seen of each argument; `items` are the members that each list had before the call."""
    for position, arg in enumerate(args):
        name = names[position] if position < len(names) else f"argument {position + 1}"
        if isinstance(arg, torch.Tensor):
            grad = arg.grad if arg.is_leaf else None
            yield name, plain({"values": arg, "requires_grad": arg.requires_grad, "grad": grad})
        elif isinstance(arg, list):
            # Functions look alike as values, so the order is noted too: where each member stood before the call.
            order = [next((i for i, old in enumerate(items[position]) if old is new), -1) for new in arg]
            yield name, plain({"values": arg, "order": order})
        elif isinstance(arg, (dict, np.ndarray)):
            yield name, plain({"values": arg})
