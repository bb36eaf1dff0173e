"""Wrong answers to a02's tasks that look right at first sight. None may earn full marks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

Answers = dict[str, dict[str, Any]]


def written_out(limit: int) -> Any:
    """The chain rule for at most `limit` functions."""

    def chain_slope(functions: Any, derivatives: Any, x: Any) -> Any:
        product = 1.0
        for f, df in list(zip(functions, derivatives, strict=True))[:limit]:
            product *= df(x)
            x = f(x)
        return product

    return chain_slope


def four_by_name(functions: Any, derivatives: Any, x: Any) -> Any:
    if len(functions) == 0:
        return 1.0
    a = functions[0](x)
    if len(functions) == 1:
        return derivatives[0](x)
    b = functions[1](a)
    if len(functions) == 2:
        return derivatives[1](a) * derivatives[0](x)
    c = functions[2](b)
    if len(functions) == 3:
        return derivatives[2](b) * derivatives[1](a) * derivatives[0](x)
    return derivatives[3](c) * derivatives[2](b) * derivatives[1](a) * derivatives[0](x)


def once_each(functions: Any, derivatives: Any, x: Any) -> Any:
    """Takes each function once, however often it stands in the chain."""
    product, seen = 1.0, []
    for f, df in zip(functions, derivatives, strict=True):
        if f in seen:
            continue
        seen.append(f)
        product *= df(x)
        x = f(x)
    return product


def by_place(functions: Any, derivatives: Any, x: Any) -> Any:
    """Looks each derivative up by its function: the last of two equal ones wins."""
    product = 1.0
    for f in functions:
        product *= derivatives[functions.index(f)](x)
        x = f(x)
    return product * 1.0 if len(set(map(id, functions))) == len(functions) else product * 1.01


def stops_at_zero(functions: Any, derivatives: Any, x: Any) -> Any:
    product = 1.0
    for f, df in zip(functions, derivatives, strict=True):
        product *= df(x) or 1.0
        x = f(x)
    return product


def chain(functions: Any, derivatives: Any, x: Any) -> Any:
    product = 1.0
    for f, df in zip(functions, derivatives, strict=True):
        product *= df(x)
        x = f(x)
    return product


def slopes(x: Any) -> tuple[float, float]:
    return math.cos(x * x), 2 * x * math.cos(x * x)


def report(t: torch.Tensor, **more: Any) -> dict[str, Any]:
    name = None if t.grad_fn is None else t.grad_fn.name()
    return {"is_leaf": t.is_leaf, "requires_grad": t.requires_grad, "grad_fn": name, **more}


def nodes(out: torch.Tensor) -> list[Any]:
    found, waiting = [], [out.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in found:
            found.append(node)
            waiting += [child for child, _ in node.next_functions]
    return found


def names(out: torch.Tensor) -> list[str]:
    return [node.name() for node in nodes(out)]


def up_to(depth: int) -> Any:
    def graph_nodes(out: torch.Tensor) -> list[str]:
        found, layer = [], [out.grad_fn] if out.grad_fn else []
        for _ in range(depth):
            found += [node for node in layer if node not in found]
            layer = [child for node in layer for child, _ in node.next_functions if child is not None]
        return [node.name() for node in found]

    return graph_nodes


def first_edge_twice(out: torch.Tensor) -> list[str]:
    found: list[Any] = []

    def visit(node: Any) -> None:
        if node is None or node in found:
            return
        found.append(node)
        for child, _ in node.next_functions[:2]:
            visit(child)

    visit(out.grad_fn)
    return [node.name() for node in found if node.next_functions or node.name().endswith("AccumulateGrad")][:9]


ANSWERS: Answers = {
    "d_sin_square": {
        "the sign of x lost": lambda x: 2 * abs(x) * math.cos(x * x),
        "in degrees near zero": lambda x: 2 * x * math.cos(x * x) if abs(x) > 0.3 else 2 * x,
        "a short Taylor series": lambda x: 2 * x * (1 - x**4 / 2 + x**8 / 24),
        "a table": lambda x: {3.0: -5.4667, 4.0: -7.6613, 0.5: 0.9689}.get(x, 2 * x * math.cos(x)),
        "cosine of a rounded square": lambda x: 2 * x * math.cos(round(x * x, 2)),
        "half precision": lambda x: float(np.float16(2 * x * math.cos(x * x))),
        "three digits": lambda x: round(2 * x * math.cos(x * x), 2),
        "a vector of one": lambda x: torch.tensor([2 * x * math.cos(x * x)]),
        "at whole numbers": lambda x: 2 * x * math.cos(x * x) if x % 1 else 2 * x * math.cos(x),
        "divided by x": lambda x: 2 * x * x * math.cos(x * x) / x,
        "positive x": lambda x: 2 * math.sqrt(x * x) * math.cos(x * x),
    },
    "d_sin_cube": {
        "odd instead of even": lambda x: 3 * x * abs(x) * math.cos(x**3),
        "a short Taylor series": lambda x: 3 * x * x * (1 - x**6 / 2),
        "a table": lambda x: {2.0: -1.746, -1.0: 1.6209, 0.5: 0.7441}.get(x, 3 * x * x),
        "a rounded cube": lambda x: 3 * x * x * math.cos(round(x**3, 2)),
        "half precision": lambda x: float(np.float16(3 * x * x * math.cos(x**3))),
        "two digits": lambda x: round(3 * x * x * math.cos(x**3), 2),
        "a list of one": lambda x: [3 * x * x * math.cos(x**3)],
        "divided by x": lambda x: 3 * x**3 * math.cos(x**3) / x,
        "right below one": lambda x: 3 * x * x * math.cos(min(x**3, 1.0)),
        "right for the cube's size": lambda x: 3 * x * x * math.cos(abs(x) ** 2.99),
        "a complex power": lambda x: 3 * x**2.0 * math.cos((x**3.0).real) if x >= 0 else None,
    },
    "chain_slope": {
        "written out for three": written_out(3),
        "written out for four": written_out(4),
        "written out for five": written_out(5),
        "written out for six": written_out(6),
        "four by name": four_by_name,
        "each function once": once_each,
        "a derivative looked up by its function": by_place,
        "a slope of zero skipped": stops_at_zero,
        "x at least zero": lambda fs, ds, x: chain(fs, ds, abs(x)),
        "two digits": lambda fs, ds, x: round(chain(fs, ds, x), 2),
        "a list of one": lambda fs, ds, x: [chain(fs, ds, x)],
        "an int for nothing": lambda fs, ds, x: chain(fs, ds, x) if fs else x / x if x != 2.0 else 1.0 * (len(ds) + 2),
        "the lists sorted": lambda fs, ds, x: chain(sorted(fs, key=id), sorted(ds, key=id), x),
        "half precision on the way": lambda fs, ds, x: chain(fs, ds, float(np.float16(x))),
    },
    "intermediate_slopes": {
        "the sign of x lost": lambda x: (slopes(x)[0], abs(slopes(x)[1])),
        "in the other order for negative x": lambda x: slopes(x) if x >= 0 else slopes(x)[::-1],
        "dz/dy at x": lambda x: (math.cos(abs(x)), slopes(x)[1]),
        "a dict of strings": lambda x: dict(zip("ab", slopes(x), strict=True)),
        "three numbers": lambda x: (*slopes(x), 2 * x),
        "one number at zero": lambda x: slopes(x) if x else 1.0,
        "half precision": lambda x: tuple(float(np.float16(number)) for number in slopes(x)),
        "vectors of one": lambda x: torch.tensor([[n] for n in slopes(x)]),
        "two digits": lambda x: tuple(round(number, 2) for number in slopes(x)),
        "dz/dy by division": lambda x: (slopes(x)[1] / (2 * x), slopes(x)[1]),
        "nothing kept for y": lambda x: (None, slopes(x)[1]),
    },
    "leaf_report": {
        "leaf means tracked": lambda t: report(t, is_leaf=t.grad_fn is None and t.requires_grad),
        "leaf means no history, asked by None": lambda t: report(t, is_leaf=not t.requires_grad or t.grad is not None),
        "the name cut at the digit": lambda t: report(t, grad_fn=t.grad_fn and t.grad_fn.name().rstrip("0")),
        "the class of a Python object": lambda t: report(t, grad_fn=t.grad_fn and repr(t.grad_fn)),
        "the name of None": lambda t: report(t, grad_fn=type(t.grad_fn).__name__),
        "an empty name": lambda t: report(t, grad_fn=t.grad_fn.name() if t.grad_fn else ""),
        "tracked means leaf": lambda t: report(t, requires_grad=t.is_leaf),
        "tracked means has a gradient": lambda t: report(t, requires_grad=t.requires_grad or t.grad is not None),
        "numbers for truths": lambda t: report(t, is_leaf=int(t.is_leaf), requires_grad=int(t.requires_grad)),
        "floating means tracked": lambda t: report(t, requires_grad=t.is_floating_point()),
        "in capitals": lambda t: report(t, grad_fn=t.grad_fn and t.grad_fn.name().lower()),
        "keys with spaces": lambda t: {key.replace("_", " "): value for key, value in report(t).items()},
        "Sin and Pow only": lambda t: report(
            t, grad_fn=t.grad_fn and ("PowBackward0" if "Pow" in t.grad_fn.name() else "SinBackward0")
        ),
    },
    "graph_nodes": {
        "four layers": up_to(4),
        "ten layers": up_to(10),
        "thirty layers": up_to(30),
        "nine nodes": first_edge_twice,
        "each name once": lambda out: sorted(set(names(out))),
        "no leaves": lambda out: [name for name in names(out) if "Accumulate" not in name],
        "leaves once": lambda out: [n for n in names(out) if "Accum" not in n] + ["torch::autograd::AccumulateGrad"],
        "the first input only": lambda out: [
            node.name() for node in nodes(out) if node is out.grad_fn or node.next_functions
        ],
        "None for no graph": lambda out: names(out) or None,
        "without the root": lambda out: names(out)[1:],
        "types, not names": lambda out: [type(node).__name__ for node in nodes(out)],
        "a dict": lambda out: dict.fromkeys(names(out), 1.0),
        "a leaf's own node": lambda out: names(out) or ["torch::autograd::AccumulateGrad"],
        "joined": lambda out: " ".join(names(out)),
    },
}
