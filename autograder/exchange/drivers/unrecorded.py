"""Answers that call a function without having it recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from ..observed import Observed
from ..values import Opaque, plain
from . import driver


@driver
def unrecorded(answer: Observed, f: Callable[[Any], Any], x: torch.Tensor) -> Any:
    """What `answer(f, x)` returns, whether grad mode was on while `f` ran, and whether the result is tracked.

    Asked once more where recording is off already: it has to be off afterwards too.
    """
    modes = []

    def spied(t: Any) -> Any:
        modes.append(torch.is_grad_enabled())
        return f(t)

    if isinstance(f, torch.nn.Module):  # as what it is: an answer may look
        spy = f.register_forward_pre_hook(lambda *_: modes.append(torch.is_grad_enabled()))
        out = answer(f, x)
        spy.remove()
    else:
        out = answer(spied, x)
    tracked = out.requires_grad if isinstance(out, torch.Tensor) else False
    recording = any(modes) if modes else Opaque("unknown, since f was never called")
    facts = {"value": plain(out), "recording while f ran": recording, "tracked": tracked}
    state = answer.state
    with torch.no_grad():
        answer(f, x)
    answer.state = {**state, "grad mode where it was off": answer.state["grad mode"]}
    return facts
