"""Is this value that value? Facts, no prose. Never `==` on what an answer returned."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ..exchange.values import Opaque, Raised, Value

_IN_A_FLOAT = {torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int32, torch.int16, torch.int8}


@dataclass(frozen=True)
class Difference:
    """One way in which a value is not the expected one.

    kind   "error", "missing", "type", "shape", "not finite" or "value"
    got    what came, want what was expected
    where  for "value" and "not finite": the index of the worst element, () for a number
    worst  for "value": the largest absolute difference
    """

    kind: str
    got: Value
    want: Value
    where: tuple[int, ...] = ()
    worst: float = 0.0


def difference(got: Value, want: Value, *, rtol: float, atol: float) -> Difference | None:
    """None when `got` is `want`: shapes strictly, dtypes loosely, numbers to `atol + rtol * |want|`.

    A number may be a Python number or a 0-d tensor; a tensor may be a nested list of numbers of its shape.
    """
    if isinstance(want, Raised):
        same = isinstance(got, Raised) and want.kinds[:1] and want.kinds[0] in got.kinds
        return None if same else Difference("error", got, want)
    if isinstance(got, Raised):
        return Difference("error", got, want)
    want = _unwrapped(want)
    if want is None or isinstance(want, (bool, str, Opaque)):  # a list of functions, left as it was, is opaque
        got = _unwrapped(got)
        same = type(got) is type(want) and got == want
        return None if same else Difference("missing" if got is None else "type", got, want)
    if got is None:
        return Difference("missing", got, want)
    if isinstance(want, (int, float, torch.Tensor)):
        return _numeric(got, want, rtol, atol)
    if isinstance(want, (list, tuple)):
        return _sequence(got, want, rtol, atol)
    if isinstance(want, dict):
        return _mapping(got, want, rtol, atol)
    return Difference("type", got, want)


def _unwrapped(got: Value) -> Value:
    """A 0-d boolean tensor as a bool."""
    if isinstance(got, torch.Tensor) and got.ndim == 0 and got.dtype == torch.bool:
        return bool(got)
    return got


def _numeric(got: Value, want: Value, rtol: float, atol: float) -> Difference | None:
    # Most values are two numbers that agree: worth not making tensors of. NaN and infinity fail this and go on.
    x, y = _number(got), _number(want)
    if x is not None and y is not None and abs(x - y) <= atol + rtol * abs(y) < math.inf:
        return None
    if _same_tensor(got, want):
        return None
    truth = as_tensor(want)
    if truth is None:  # a mask of booleans, or complex numbers: the same or not
        return None if alike(got, want, rtol=rtol, atol=atol) else Difference("type", got, want)
    mine = as_tensor(got)
    if mine is None:
        return Difference("type", got, want)
    if mine.shape != truth.shape:
        return Difference("shape", got, want)
    if torch.allclose(mine, truth, rtol=rtol, atol=atol):
        return None
    same_infinity = torch.isinf(truth) & (mine == truth)
    if not bool((torch.isfinite(mine) | same_infinity).all()):
        bad = ~(torch.isfinite(mine) | same_infinity)
        return Difference("not finite", got, want, _index(bad.to(torch.float64)))
    gap = torch.where(same_infinity, 0.0, (mine - truth).abs())
    return Difference("value", got, want, _index(gap), float(gap.max()))


def _same_tensor(a: Value, b: Value) -> bool:
    """Whether two tensors are the same to the last digit: as most inputs are after a call, and soon found out."""
    return isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor) and a.dtype == b.dtype and torch.equal(a, b)


def _number(value: Value) -> float | None:
    """A number, or the one in a 0-d tensor, where a float holds it exactly; None for all else."""
    if type(value) is float:
        return value
    if type(value) is int:
        return float(value) if abs(value) <= 2**53 else None
    if isinstance(value, torch.Tensor) and value.ndim == 0 and value.dtype in _IN_A_FLOAT:
        return float(value)
    return None


def _index(size: torch.Tensor) -> tuple[int, ...]:
    """The index of the largest element."""
    flat = int(size.reshape(-1).argmax())
    # By NumPy: torch's own unravel_index imports sympy, which takes half a second.
    return tuple(int(i) for i in np.unravel_index(flat, tuple(size.shape))) if size.ndim else ()


def as_tensor(value: Value) -> torch.Tensor | None:
    """A number, a tensor or a nested list of numbers as a float64 tensor; None where it is none of these."""
    if isinstance(value, torch.Tensor):
        return None if value.dtype == torch.bool or value.is_complex() else value.detach().to(torch.float64)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return torch.tensor(float(value), dtype=torch.float64)
        except OverflowError:
            return torch.tensor(math.inf, dtype=torch.float64)
    if isinstance(value, (list, tuple)):
        rows = [as_tensor(item) for item in value]
        if not rows:
            return torch.zeros(0, dtype=torch.float64)
        if all(row is not None and row.shape == rows[0].shape for row in rows):  # type: ignore[union-attr]
            return torch.stack(rows)  # type: ignore[arg-type]
    return None


def _sequence(got: Value, want: Sequence[Value], rtol: float, atol: float) -> Difference | None:
    items = members(got, len(want))
    if items is None:
        return Difference("shape" if isinstance(got, (list, tuple, torch.Tensor)) else "type", got, want)
    for index, (mine, truth) in enumerate(zip(items, want, strict=True)):
        found = difference(mine, truth, rtol=rtol, atol=atol)
        if found:
            return Difference(found.kind, found.got, found.want, (index, *found.where), found.worst)
    return None


def members(got: Value, count: int) -> list[Value] | None:
    """The `count` members of a list, a tuple or a tensor's first axis; None where `got` is not that."""
    if isinstance(got, torch.Tensor) and got.ndim > 0 and len(got) == count:
        return list(got)
    if isinstance(got, (list, tuple)) and len(got) == count:
        return list(got)
    return None


def _mapping(got: Value, want: dict[str, Value], rtol: float, atol: float) -> Difference | None:
    if not isinstance(got, dict):
        return Difference("type", got, want)
    for key, truth in want.items():
        found = difference(got.get(key, Opaque("missing")), truth, rtol=rtol, atol=atol)
        if found:
            return found
    return None


def alike(a: Value, b: Value, *, rtol: float, atol: float) -> bool:
    """Whether two values, right or wrong, are the same wrong answer: NaN is NaN, an error is the same error."""
    if isinstance(a, Raised) and isinstance(b, Raised):
        return a.kinds[:1] == b.kinds[:1] and a.message == b.message
    m, n = _number(a), _number(b)
    if m is not None and n is not None:
        return m == n or abs(m - n) <= atol + rtol * abs(n) < math.inf or (math.isnan(m) and math.isnan(n))
    if _same_tensor(a, b):
        return True
    a, b = _unwrapped(a), _unwrapped(b)
    if a is None or isinstance(a, (bool, str, Opaque)):
        return type(b) is type(a) and b == a
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(alike(a[key], b[key], rtol=rtol, atol=atol) for key in a)
    if isinstance(a, (list, tuple)) or isinstance(b, (list, tuple)):  # beside a list a tensor is one of its members
        count = len(a) if isinstance(a, (list, tuple)) else len(b)
        mine, others = members(a, count), members(b, count)
        if mine is None or others is None:
            return False
        return all(alike(one, other, rtol=rtol, atol=atol) for one, other in zip(mine, others, strict=True))
    x, y = as_tensor(a), as_tensor(b)
    if x is None or y is None:
        return False
    return x.shape == y.shape and torch.allclose(x, y, rtol=rtol, atol=atol, equal_nan=True)
