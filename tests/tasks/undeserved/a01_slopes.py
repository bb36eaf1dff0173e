"""Wrong answers to a01's tasks that look right at first sight. None may earn full marks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

Answers = dict[str, dict[str, Any]]


def slope(f: Any, x: Any, dtype: torch.dtype = torch.float64) -> Any:
    leaf = torch.tensor(float(x), dtype=dtype, requires_grad=True)
    (grad,) = torch.autograd.grad(f(leaf), leaf, allow_unused=True)
    return 0.0 if grad is None else grad.item()


def leaf_of(values: Any) -> torch.Tensor:
    return torch.as_tensor(values).detach().to(torch.float64, copy=True).requires_grad_()


def none_on_a_flat_function(f: Any, x: Any) -> Any:
    return slope(f, x) or None


def on_one_leaf_for_ever(f: Any, x: Any, leaf: Any = torch.zeros((), requires_grad=True)) -> Any:  # noqa: B008
    leaf.data.fill_(float(x))
    f(leaf).backward()
    return leaf.grad.item()


def second_derivative_too(f: Any, x: Any) -> Any:
    leaf = torch.tensor(float(x), requires_grad=True)
    (grad,) = torch.autograd.grad(f(leaf), leaf, create_graph=True)
    return grad + 0 * grad if grad.requires_grad else None


def of_the_square_at_ints(f: Any, x: Any) -> Any:
    return slope(f, x) if isinstance(x, float) else 2.0 * x


def half_precision(f: Any, x: Any) -> Any:
    return slope(f, x, torch.bfloat16)


def plain_floats_only(f: Any, x: Any) -> Any:
    if x != x // 1:
        return slope(f, x)
    return slope(f, math.nextafter(x, math.inf) + 0.01)


def shares_with_arrays(values: Any) -> Any:
    if isinstance(values, np.ndarray) and values.dtype == np.float64:
        return torch.from_numpy(values).requires_grad_()
    return leaf_of(values)


def shares_float32(values: Any) -> Any:
    if isinstance(values, torch.Tensor):
        return values.detach().float().requires_grad_()
    return leaf_of(values)


def keeps_the_graph_of_non_leaves(values: Any) -> Any:
    if isinstance(values, torch.Tensor) and values.grad_fn is not None:
        return values.clone()
    return leaf_of(values)


def untracks_the_original(values: Any) -> Any:
    if isinstance(values, torch.Tensor) and values.is_leaf:
        values.requires_grad_(False)
    return leaf_of(values)


def clears_the_original(values: Any) -> Any:
    if isinstance(values, torch.Tensor) and values.is_leaf:
        values.grad = None
    return leaf_of(values)


def line(f: Any, x0: Any) -> tuple[Any, Any]:
    steepness = slope(f, x0)
    return steepness, f(torch.tensor(x0, dtype=torch.float64)).item() - steepness * x0


ANSWERS: Answers = {
    "d_square": {
        "whole numbers only": lambda x: 2 * int(x),
        "rounded to tenths": lambda x: round(2 * x, 1),
        "a table for the examples": lambda x: {3.0: 6.0, -1.5: -3.0}.get(x, 0.0),
        "half precision": lambda x: float(np.float16(2 * x)),
        "a vector of one": lambda x: torch.tensor([2.0 * x]),
        "a list of one": lambda x: [2.0 * x],
        "a complex number": lambda x: complex(2 * x),
        "text": lambda x: str(2 * x),
        "divides by x": lambda x: 2 * x**2 / x,
        "nothing at zero": lambda x: 2 * x if x else None,
        "a slope a little to the right": lambda x: 2 * x + 1e-3,
        "never beyond four": lambda x: max(-8.0, min(8.0, 2 * x)),
        "bounded below": lambda x: 2 * max(x, -1.5),
    },
    "d_cube": {
        "whole numbers only": lambda x: 3 * int(x) ** 2,
        "through a power of a float": lambda x: 3 * math.exp(2 * math.log(x)) if x > 0 else 3 * x * x * (x < 0) * 0.99,
        "the quotient with x": lambda x: 3 * x**3 / x,
        "right at the three examples": lambda x: {2.0: 12.0, -1.0: 3.0, 0.5: 0.75}.get(x, 3 * abs(x)),
        "an unsigned power": lambda x: 3 * abs(x) ** 2.001,
        "half precision": lambda x: float(np.float16(3 * x * x)),
        "a vector of one": lambda x: np.array([3 * x * x]),
        "a polynomial that fits the examples": lambda x: 3 * x * x + (x - 2) * (x + 1) * (x - 0.5),
        "a bool at zero": lambda x: 3 * x * x if x else False,
        "bitwise not": lambda x: 3 * x * x if x >= 0 else 3 * (x * x - 1e-3),
        "a negative zero slope": lambda x: 3 * x * x if x != 0 else math.nan,
    },
    "make_leaf": {
        "float32 shared": shares_float32,
        "float64 arrays shared": shares_with_arrays,
        "the graph of a non-leaf kept": keeps_the_graph_of_non_leaves,
        "the original untracked": untracks_the_original,
        "the original's gradient cleared": clears_the_original,
        "half precision": lambda v: leaf_of(v).detach().half().requires_grad_(),
        "bfloat16": lambda v: leaf_of(v).detach().bfloat16().requires_grad_(),
        "complex": lambda v: leaf_of(v).detach().to(torch.complex64).requires_grad_(),
        "transposed": lambda v: leaf_of(v).detach().mT.clone().requires_grad_() if leaf_of(v).ndim > 1 else leaf_of(v),
        "at least one axis": lambda v: torch.atleast_1d(leaf_of(v).detach()).requires_grad_(),
        "an empty one": lambda v: torch.empty_like(leaf_of(v)).fill_(3.0).requires_grad_(),
        "a view of a leaf": lambda v: leaf_of(v).view(-1).view(leaf_of(v).shape),
        "squeezed": lambda v: leaf_of(v).detach().squeeze().abs().requires_grad_(),
        "the magnitude": lambda v: leaf_of(v).detach().abs().requires_grad_(),
    },
    "slope_at": {
        "nothing where it is flat": none_on_a_flat_function,
        "one leaf for ever": on_one_leaf_for_ever,
        "a parabola's at whole numbers": of_the_square_at_ints,
        "half precision": half_precision,
        "beside whole numbers": plain_floats_only,
        "a vector of one": lambda f, x: [slope(f, x)],
        "a complex number": lambda f, x: complex(slope(f, x)),
        "the slope of the slope where there is one": second_derivative_too,
        "never negative at negative x": lambda f, x: abs(slope(f, x)) if x < 0 else slope(f, x),
        "of f at minus x": lambda f, x: -slope(f, -x),
        "of an even function": lambda f, x: slope(f, abs(x)) * (1 if x >= 0 else -1),
        "a float32 difference": lambda f, x: ((f(torch.tensor(x + 0.01)) - f(torch.tensor(x - 0.01))) / 0.02).item(),
        "three digits": lambda f, x: float(f"{slope(f, x):.3g}"),
    },
    "tangent_line": {
        "through a point beside": lambda f, x: (slope(f, x), line(f, x + 1e-2)[1]),
        "a dict": lambda f, x: dict(zip(("slope", "intercept"), line(f, x), strict=True)).values().__str__(),
        "three numbers": lambda f, x: (*line(f, x), x),
        "two vectors of one": lambda f, x: [[number] for number in line(f, x)],
        "no intercept at zero": lambda f, x: line(f, x) if x else (slope(f, x), None),
        "the height of f at zero for x0 = 0 only": lambda f, x: (slope(f, x), f(torch.tensor(0.0)).item()),
        "a line without a sign": lambda f, x: (slope(f, x), abs(line(f, x)[1])),
        "right of zero only": lambda f, x: line(f, abs(x)),
        "a secant to zero": lambda f, x: ((line(f, x)[0] + line(f, x + 0.02)[0]) / 2, line(f, x)[1]),
        "half precision": lambda f, x: tuple(float(np.float16(number)) for number in line(f, x)),
        "an intercept with the sign of x0": lambda f, x: (
            slope(f, x),
            f(torch.tensor(x)).item() - slope(f, x) * abs(x),
        ),
    },
}
