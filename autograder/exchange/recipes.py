"""Inputs that are not plain values, made from a public name and parameters: functions, recorded tensors, modules.

Both sides of the jail build them, so a task may hand a student "wave(name='sin', rate=2.0)" and only these words
travel. Functions work on a float and on a tensor alike. Beside each stands the Python that a student would type for it.
"""

from __future__ import annotations

import itertools
import math
import numbers
import re
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import torch

from .values import Made

Function = Callable[[Any], Any]
_Maker = TypeVar("_Maker", bound=Callable[..., Any])

_ON_FLOATS: dict[str, Callable[[float], float]] = {"sin": math.sin, "cos": math.cos, "exp": math.exp, "tanh": math.tanh}


RECIPES: dict[str, Callable[..., Any]] = {}
_CODE: dict[str, Callable[..., str]] = {}


def recipe(code: Callable[..., str]) -> Callable[[_Maker], _Maker]:
    """Decorator: make a maker known by its name. `code` gives, for the same parameters, Python source for it.

    Source that holds "{t}" is the body of a function of t; "{m}" stands for the module that has sin: torch, or math.
    """

    def register(maker: _Maker) -> _Maker:
        RECIPES[maker.__name__], _CODE[maker.__name__] = maker, code
        return maker

    return register


def make(recipe: Made) -> Any:
    """What the recipe makes. Raises KeyError for a name that is not in RECIPES."""
    return RECIPES[recipe.name](**recipe.params)


def source(recipe: Made, module: str = "torch") -> str:
    """Python source that makes nearly the same, as a student would type it; `module` has sin, cos and exp."""
    code = _code(recipe).replace("{m}", module)
    return f"lambda t: {code.replace('{t}', 't')}" if "{t}" in code else code


def _code(recipe: Made) -> str:
    return _CODE[recipe.name](**recipe.params)


def tensor_source(values: torch.Tensor, *, tracked: bool = False) -> str:
    """Python source for a tensor of these values."""
    numbers = values.detach().tolist()
    return f"torch.tensor({numbers}{', requires_grad=True' if tracked else ''})"


def _term(factor: float, power: int) -> str:
    t = {0: "", 1: "{t}"}.get(power, f"{{t}}**{power}")
    return f"{factor}" if not t else t if factor == 1 else f"{factor} * {t}"


def _sum(coefficients: list[float]) -> str:
    terms = [_term(c, k) for k, c in enumerate(coefficients) if c] or ["0.0"]
    text = " + ".join(terms).replace("+ -", "- ")
    return text if "{t}" in text else f"{text} + 0.0 * {{t}}"  # a number alone would have no graph


def _times(factor: float, text: str) -> str:
    return text if factor == 1 else f"{factor} * {text}"


def _wave(name: str, rate: float = 1.0) -> str:
    return f"{{m}}.{name}({_times(rate, '{t}')})"


def _wave_slope(name: str, rate: float = 1.0) -> str:
    inner = _times(rate, "{t}")
    slopes = {"sin": f"{{m}}.cos({inner})", "cos": f"-{{m}}.sin({inner})", "exp": f"{{m}}.exp({inner})"}
    return _times(rate, slopes.get(name, f"(1 - {{m}}.tanh({inner})**2)"))


def _composed(functions: list[Made]) -> str:
    text = "{t}"
    for each in functions:
        code = _code(each)
        text = code.replace("{t}", text if re.fullmatch(r"[{}\w.]+(\([^()]*\))?", text) else f"({text})")
    return text


def _network(blocks: dict[str, list[int]], frozen: object = None, tied: object = None) -> str:
    def nested(sizes: dict[str, Any]) -> str:
        inside = (
            f"{name!r}: {nested(each) if isinstance(each, dict) else _layers(each)}" for name, each in sizes.items()
        )
        return f"torch.nn.ModuleDict({{{', '.join(inside)}}})"

    tree: dict[str, Any] = {}
    for name, sizes in blocks.items():
        *path, last = name.split(".")
        owner = tree
        for part in path:
            owner = owner.setdefault(part, {})
        owner[last] = sizes
    return nested(tree)


def _layers(sizes: list[int]) -> str:
    pairs = itertools.pairwise(sizes)
    layers = ", ".join(f"torch.nn.Linear({fan_in}, {fan_out}), torch.nn.Tanh()" for fan_in, fan_out in pairs)
    return f"torch.nn.Sequential({layers})"


def _apply(name: str, t: Any) -> Any:
    return getattr(torch, name)(t) if isinstance(t, torch.Tensor) else _ON_FLOATS[name](t)


@recipe(lambda function: _code(function).replace("{m}", "math"))
def plain(function: Made) -> Function:
    """`function` for numbers alone: it raises TypeError for a tensor, as whatever calls the `math` module does."""
    made = make(function)

    def f(t: Any) -> float:
        if not isinstance(t, numbers.Real):
            raise TypeError(f"f takes a plain float, not a {type(t).__name__}")
        return float(made(float(t)))

    _INSIDE[f] = made
    return f


_INSIDE: weakref.WeakKeyDictionary[Function, Function] = weakref.WeakKeyDictionary()


def inside(f: Function) -> Function:
    """The function that `plain` made `f` of, for who wants to differentiate it."""
    return _INSIDE[f]


@recipe(_sum)
def polynomial(coefficients: list[float]) -> Function:
    """c0 + c1 t + c2 t² + …"""

    def f(t: Any) -> Any:
        total = coefficients[-1] + 0.0 * t
        for c in reversed(coefficients[:-1]):
            total = total * t + c
        return total

    return f


@recipe(lambda exponent: f"{{t}}**{exponent}")
def power(exponent: float) -> Function:
    """t to the power of `exponent`."""
    return lambda t: t**exponent


@recipe(lambda amount: f"{{t}} + {amount}".replace("+ -", "- "))
def shift(amount: float) -> Function:
    """t + amount: an operation that saves nothing for its backward."""
    return lambda t: t + amount


@recipe(lambda factor: f"{factor} * {{t}}")
def scale(factor: float) -> Function:
    """factor · t"""
    return lambda t: factor * t


@recipe(_wave)
def wave(name: str, rate: float = 1.0) -> Function:
    """sin, cos, exp or tanh (`name`) of rate · t; with a rate of 1 nothing is multiplied."""
    if rate == 1.0:
        return lambda t: _apply(name, t)
    return lambda t: _apply(name, rate * t)


@recipe(_wave_slope)
def wave_slope(name: str, rate: float = 1.0) -> Function:
    """The derivative of `wave(name, rate)`, in closed form."""
    slopes: dict[str, Function] = {
        "sin": lambda u: _apply("cos", u),
        "cos": lambda u: -_apply("sin", u),
        "exp": lambda u: _apply("exp", u),
        "tanh": lambda u: 1 - _apply("tanh", u) ** 2,
    }
    return lambda t: rate * slopes[name](rate * t)


@recipe(lambda coefficients: _sum([k * c for k, c in enumerate(coefficients)][1:]))
def polynomial_slope(coefficients: list[float]) -> Function:
    """The derivative of `polynomial(coefficients)`."""
    return polynomial([k * c for k, c in enumerate(coefficients)][1:] or [0.0])


@recipe(_composed)
def composed(functions: list[Made]) -> Function:
    """The composition; the first function is applied first."""
    made = [make(f) for f in functions]

    def f(t: Any) -> Any:
        for g in made:
            t = g(t)
        return t

    return f


@recipe(lambda signs: " ".join("+ {t}" if sign > 0 else "- {t}" for sign in signs).removeprefix("+ "))
def sums(signs: list[int]) -> Function:
    """t added or subtracted once for each sign, as in -t + t + t: operations that save nothing for their backward."""

    def f(t: Any) -> Any:
        total = t if signs[0] > 0 else -t
        for sign in signs[1:]:
            total = total + t if sign > 0 else total - t
        return total

    return f


@recipe(lambda message: "torch.zeros(2) @ torch.zeros(3) * {t}")
def broken(message: str) -> Function:
    """A function with a bug of its own: it raises RuntimeError."""

    def f(t: Any) -> Any:
        raise RuntimeError(message)

    return f


@recipe(lambda values: f"({tensor_source(values, tracked=True)} * 1.0){'.mT' if values.ndim > 1 else ''}")
def recorded(values: torch.Tensor) -> torch.Tensor:
    """A tensor with these values, transposed, and a graph: not a leaf, and not contiguous where it has two axes."""
    out = values.detach().clone().requires_grad_() * 1.0
    return out.mT if out.ndim > 1 else out


@recipe(lambda values, grad: tensor_source(values, tracked=True))
def with_gradient(values: torch.Tensor, grad: torch.Tensor) -> torch.Tensor:
    """A tracked leaf with these values, and in its `.grad` what an earlier backward has left there."""
    leaf = values.detach().clone().requires_grad_()
    leaf.grad = grad.detach().clone()
    return leaf


@recipe(_network)
def network(
    blocks: dict[str, list[int]], frozen: list[str] | None = None, tied: dict[str, str] | None = None
) -> torch.nn.Module:
    """Blocks of Linear and Tanh, run one after the other. A block `a` of sizes [3, 4, 2] has `a.0.weight`, `a.2.bias`…

    A name with a dot makes a block inside a block. `frozen` names parameters that are not tracked from the start;
    `tied` gives a parameter the tensor of another one.
    """
    model = _Network(blocks)
    for name, other in (tied or {}).items():
        owner, _, last = name.rpartition(".")
        setattr(model.get_submodule(owner), last, model.get_parameter(other))
    for position, parameter in enumerate(model.parameters()):
        steps = torch.arange(parameter.numel(), dtype=torch.float64).reshape(parameter.shape)
        parameter.data = 0.5 * torch.cos(1 + position + 2 * steps)
    for name in frozen or []:
        model.get_parameter(name).requires_grad_(False)
    return model


class _Network(torch.nn.Module):
    def __init__(self, blocks: dict[str, list[int]]) -> None:
        super().__init__()
        self._order = list(blocks)
        for name, sizes in blocks.items():
            layers: list[torch.nn.Module] = []
            for fan_in, fan_out in itertools.pairwise(sizes):
                layers += [torch.nn.Linear(fan_in, fan_out), torch.nn.Tanh()]
            owner: torch.nn.Module = self
            *path, last = name.split(".")
            for part in path:
                if not hasattr(owner, part):
                    owner.add_module(part, torch.nn.Module())
                owner = owner.get_submodule(part)
            owner.add_module(last, torch.nn.Sequential(*layers))

    def forward(self, t: Any) -> Any:
        for name in self._order:
            t = self.get_submodule(name)(t)
        return t


# --- things that are not plain values -----------------------------------------------------------------------------


@recipe(lambda values: f"np.array({values})")
def array(values: list[Any]) -> np.ndarray:
    """A NumPy array of these numbers."""
    return np.array(values)


@recipe(lambda values: f"torch.tensor({values}, requires_grad=True) * 1.0")
def non_leaf(values: list[Any]) -> torch.Tensor:
    """A tensor of these numbers that autograd has recorded: it has a grad_fn, so it is not a leaf."""
    return torch.tensor(values, dtype=torch.float64, requires_grad=True) * 1.0


@recipe(lambda name: f"torch.{name}")
def dtype(name: str) -> torch.dtype:
    """torch's dtype of that name."""
    made = getattr(torch, name)
    assert isinstance(made, torch.dtype)
    return made


# --- recorded graphs ----------------------------------------------------------------------------------------------


def _shared(x: torch.Tensor) -> torch.Tensor:
    y = x**2
    return y * torch.sin(y)


def _halves(x: torch.Tensor) -> torch.Tensor:
    a, b = x.unbind()
    return a * b


def _after_backward(x: torch.Tensor) -> torch.Tensor:
    (x**2).sum().backward()
    return x


def _untracked_after_backward(x: torch.Tensor) -> torch.Tensor:
    return _after_backward(x).requires_grad_(False)


def _with_its_gradient(x: torch.Tensor) -> torch.Tensor:
    y = x**2
    y.retain_grad()
    torch.sin(y).sum().backward()
    return y


_EXPRESSIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "x": lambda x: x,
    "x after backward": _after_backward,
    "x after backward, untracked": _untracked_after_backward,
    "x.detach()": lambda x: x.detach(),
    "sin(x).detach()": lambda x: torch.sin(x).detach(),
    "x.clone()": lambda x: x.clone(),
    "x.view(-1)": lambda x: x.view(-1),
    "x**2": lambda x: x**2,
    "x**2 after retain_grad and backward": _with_its_gradient,
    "sin(x**2)": lambda x: torch.sin(x**2),
    "exp(x)": lambda x: torch.exp(x),
    "x + 3": lambda x: x + 3,
    "2 * x": lambda x: 2 * x,
    "-x": lambda x: -x,
    "x.sum()": lambda x: x.sum(),
    "x * x": lambda x: x * x,
    "x * c": lambda x: x * torch.full_like(x, 3.0, requires_grad=False),
    "x**2 + x**2": lambda x: x**2 + x**2,
    "y * sin(y), y = x**2": _shared,
    "a * b, (a, b) = x.unbind()": _halves,
}


def _expression_code(text: str, x: float | list[float], tracked: bool = True) -> str:
    leaf = f"torch.tensor({x}{', requires_grad=True' if tracked else ''})"
    code = re.sub(r"\b(sin|exp)\(", r"torch.\1(", _SPELT_OUT.get(text, text))
    if len(re.findall(r"\bx\b", code)) == 1:
        return re.sub(r"\bx\b", leaf, code)
    return f"(lambda x: {code})({leaf})"


_SPELT_OUT = {
    "x after backward": "((x**2).sum().backward(), x)[1]",
    "x**2 after retain_grad and backward": "(y := x**2, y.retain_grad(), torch.sin(y).sum().backward())[0]",
    "x * c": "x * torch.full_like(x, 3.0, requires_grad=False)",
    "y * sin(y), y = x**2": "(y := x**2) * sin(y)",
    "a * b, (a, b) = x.unbind()": "torch.mul(*x.unbind())",
}


@recipe(_expression_code)
def expression(text: str, x: float | list[float], tracked: bool = True) -> torch.Tensor:
    """What the expression gives for the leaf x, which requires grad unless `tracked` is False; c is a constant."""
    return _EXPRESSIONS[text](torch.tensor(x, dtype=torch.float64, requires_grad=tracked))


@recipe(lambda x, steps: f"a graph of {len(steps)} operations")
def grown(x: list[float], steps: list[list[Any]]) -> torch.Tensor:
    """A graph of any form, from leaves with the values `x`; the last tensor of it.

    Each step is an operation and the places of its operands, counted from the first leaf: ["mul", 0, 1].
    """
    made = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in x]
    for operation, *operands in steps:
        made.append(getattr(torch, operation)(*(made[i] for i in operands)))
    return made[-1]
