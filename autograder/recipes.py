"""Inputs that are not plain values, made from a public name and parameters: functions, recorded tensors, modules.

Both sides of the jail build them, so a task may hand a student "sine(frequency=2.0)" and only those words travel.
Functions work on a float and on a tensor alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from .values import Made

Function = Callable[[Any], Any]

_ON_FLOATS: dict[str, Callable[[float], float]] = {"sin": math.sin, "cos": math.cos, "exp": math.exp, "tanh": math.tanh}


RECIPES: dict[str, Callable[..., Any]] = {}


def recipe(maker: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: make `maker` known by its name."""
    RECIPES[maker.__name__] = maker
    return maker


def make(recipe: Made) -> Any:
    """What the recipe makes. Raises KeyError for a name that is not in RECIPES."""
    return RECIPES[recipe.name](**recipe.params)


def _apply(name: str, t: Any) -> Any:
    return getattr(torch, name)(t) if isinstance(t, torch.Tensor) else _ON_FLOATS[name](t)


@recipe
def polynomial(coefficients: list[float]) -> Function:
    """c0 + c1 t + c2 t² + …"""

    def f(t: Any) -> Any:
        total = coefficients[-1] + 0.0 * t
        for c in reversed(coefficients[:-1]):
            total = total * t + c
        return total

    return f


@recipe
def power(exponent: float) -> Function:
    """t to the power of `exponent`."""
    return lambda t: t**exponent


@recipe
def shift(amount: float) -> Function:
    """t + amount: an operation that saves nothing for its backward."""
    return lambda t: t + amount


@recipe
def scale(factor: float) -> Function:
    """factor · t"""
    return lambda t: factor * t


@recipe
def wave(name: str, rate: float = 1.0) -> Function:
    """sin, cos, exp or tanh (`name`) of rate · t."""
    return lambda t: _apply(name, rate * t)


@recipe
def wave_slope(name: str, rate: float = 1.0) -> Function:
    """The derivative of `wave(name, rate)`, in closed form."""
    slopes: dict[str, Function] = {
        "sin": lambda u: _apply("cos", u),
        "cos": lambda u: -_apply("sin", u),
        "exp": lambda u: _apply("exp", u),
        "tanh": lambda u: 1 - _apply("tanh", u) ** 2,
    }
    return lambda t: rate * slopes[name](rate * t)


@recipe
def polynomial_slope(coefficients: list[float]) -> Function:
    """The derivative of `polynomial(coefficients)`."""
    return polynomial([k * c for k, c in enumerate(coefficients)][1:] or [0.0])


@recipe
def composed(functions: list[Made]) -> Function:
    """The composition; the first function is applied first."""
    made = [make(f) for f in functions]

    def f(t: Any) -> Any:
        for g in made:
            t = g(t)
        return t

    return f
