"""Noticing that an answer differentiates while it runs, whatever names it used to get there."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode


@contextlib.contextmanager
def watching() -> Iterator[list[str]]:
    """Collects, in a list, signs that code differentiates while it runs, whatever names it used to get there.

    Three looks, since each has a blind spot: a dispatch mode sees every operation that autograd's engine runs in this
    thread; a profile function sees the call that starts the engine or forward mode, in new threads as well; a stand-in
    for the engine sees threads that were there before. Recording a graph without using it is neither.
    """
    evidence: list[str] = []
    engine = torch.autograd.Variable._execution_engine

    def profile(frame: Any, event: str, called: Any) -> None:
        if event == "c_call":
            sign = _SIGNS.get(getattr(called, "__name__", ""))
            if sign:
                evidence.append(sign)

    before = sys.getprofile()
    threading.setprofile(profile)
    sys.setprofile(profile)
    torch.autograd.Variable._execution_engine = _StandIn(engine, evidence)  # type: ignore[assignment]
    try:
        with _Engine(evidence):
            yield evidence
    finally:
        sys.setprofile(before)
        threading.setprofile(before)
        torch.autograd.Variable._execution_engine = engine


_SIGNS = {
    "run_backward": "autograd ran backward",
    "_enter_dual_level": "forward-mode differentiation ran",
    "_jvp_increment_nesting": "torch.func.jvp ran",
    "_grad_increment_nesting": "torch.func.grad ran",
}


class _Engine(TorchDispatchMode):
    """Sees the operations of this thread, and whether the engine runs them."""

    def __init__(self, evidence: list[str]) -> None:
        super().__init__()
        self._evidence = evidence

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # True, the default, imports torch._dynamo and sympy on first use: 1.5 s for nothing

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if torch._C._current_autograd_node() is not None:
            self._evidence.append("autograd ran backward")
        return func(*args, **(kwargs or {}))


class _StandIn:
    """Stands in for the engine, and sees whoever asks it to run backward."""

    def __init__(self, engine: Any, evidence: list[str]) -> None:
        self._engine = engine
        self._evidence = evidence

    def __getattr__(self, name: str) -> Any:
        if name == "run_backward":
            self._evidence.append(_SIGNS[name])
        return getattr(self._engine, name)
