"""What is read of an answer in this process: its own source and that of its helpers, whatever it is wrapped in."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from autograder.marking.answers import LocalAnswer
from autograder.marking.byhand import evidence


def central(f: Callable[..., float], x: float, h: float = 1e-5) -> float:
    return (f(x + h) - f(x - h)) / (2 * h)


def square(x: float) -> float:
    return x * x


def honest(x: float) -> float:
    return 2 * x


def plain(x: float) -> float:
    return central(square, x)


def inside_a_lambda(x: float) -> float:
    return (lambda t: central(square, t))(x)


def differentiated(f: Callable[..., float]) -> Callable[..., float]:
    @functools.wraps(f)
    def wrapper(x: float) -> float:
        return (f(x + 1e-6) - f(x)) / 1e-6

    return wrapper


def noisy(f: Callable[..., float]) -> Callable[..., float]:
    @functools.wraps(f)
    def wrapper(x: float) -> float:
        print(x)
        return f(x)

    return wrapper


by_lambda = lambda x: central(square, x)  # noqa: E731


class Slope:
    def __call__(self, x: float) -> float:
        return central(square, x)


class Honest:
    def __call__(self, x: float) -> float:
        return 2 * x

    def slope(self, x: float) -> float:
        return 2 * x


WRONG = {
    "a function": plain,
    "a lambda": by_lambda,
    "inside a lambda": inside_a_lambda,
    "a partial": functools.partial(central, square),
    "a decorator that differentiates": differentiated(square),
    "a decorated function that differentiates": noisy(plain),
    "an object": Slope(),
    "a method": Slope().__call__,
}
RIGHT = {
    "a function": honest,
    "a partial": functools.partial(honest),
    "a decorated function": noisy(honest),
    "an object": Honest(),
    "a method": Honest().slope,
    "a builtin": abs,
    "a class": float,
}


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
def test_differences_are_found_through(answer: Any) -> None:
    assert evidence(LocalAnswer(answer, "d").source(), "d") is not None


@pytest.mark.parametrize("answer", RIGHT.values(), ids=RIGHT)
def test_nothing_is_found_in(answer: Any) -> None:
    assert evidence(LocalAnswer(answer, "d").source(), "d") is None


def test_a_source_that_is_nowhere_is_empty() -> None:
    names: dict[str, Any] = {}
    exec("def d(x): return 2 * x", names)
    assert LocalAnswer(names["d"], "d").source() == ""


def test_a_helper_that_cannot_be_read_hides_nothing_else() -> None:
    assert evidence(LocalAnswer(through_a_table, "d").source(), "d") is not None


# fmt: off
TABLE = {
    "square":
        lambda t: t * t,
}
square_of_the_table = TABLE["square"]
# fmt: on


def through_a_table(x: float) -> Any:
    return (square_of_the_table(x + 1e-5) - square_of_the_table(x)) / 1e-5
