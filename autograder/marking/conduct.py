"""What an answer did besides returning: what it left changed, in words."""

from __future__ import annotations

import torch

from ..exchange.values import Value
from .compare import alike


def changed_inputs(after: Value, before: Value) -> str:
    """Which input is not as it was before the call."""
    if not (isinstance(after, dict) and isinstance(before, dict)):
        return "an input was changed"
    for name, want in before.items():
        got = after.get(name)
        if not isinstance(got, dict) or not isinstance(want, dict):
            continue
        if got.get("requires_grad") != want.get("requires_grad"):
            return f"`{name}.requires_grad` was changed"
        if not alike(got.get("grad"), want.get("grad"), rtol=0, atol=0):
            return f"`{name}.grad` was changed"
        if got.get("training") != want.get("training"):
            return f"`{name}` was switched between training and evaluation"
        if got.get("tracked") != want.get("tracked"):
            return f"the tracking of parameters of `{name}` was changed"
        if not alike(got.get("gradients"), want.get("gradients"), rtol=0, atol=0):
            return f"gradients of parameters of `{name}` were changed"
        more = _more(got.get("left on it"), want.get("left on it"))
        if more:
            return f"something was left on `{name}` ({more[0]})"
    changed = [name for name in before if not _same(after.get(name), before[name])]
    return f"the values of `{changed[0]}` were changed" if changed else "an input was changed"


def _more(got: Value, want: Value) -> list[Value]:
    """What is in one list and not in the other."""
    mine, truth = (found if isinstance(found, list) else [] for found in (got, want))
    return [each for each in mine if each not in truth] or [each for each in truth if each not in mine]


def _same(got: Value, want: Value) -> bool:
    mine, truth = (v.get("values") if isinstance(v, dict) else None for v in (got, want))
    if isinstance(mine, torch.Tensor) and isinstance(truth, torch.Tensor):
        return mine.shape == truth.shape and torch.equal(mine, truth)
    return repr(mine) == repr(truth)


def changed_state(state: Value) -> str:
    """Which setting is not as it was before the call."""
    if isinstance(state, dict) and state.get("grad mode") is not True:
        return "gradient recording was left switched off or on"
    if isinstance(state, dict) and state.get("grad mode where it was off") is False:
        return "gradient recording was switched on where it had been off"
    others = state.get("other settings") if isinstance(state, dict) else None
    if isinstance(others, list) and others and state.get("default dtype") is True:
        return f"{others[0]} was left changed"
    return "torch's default dtype was left changed"
