"""How an answer is exercised. Runs beside the student's code, so it knows no answers and judges nothing.

A driver (see `drivers`) is a function `driver(answer, *inputs) -> values`; `drive` runs it twice on fresh inputs and
notes what the answer did besides returning. The oracle and the listed mistakes go through the same drivers.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from . import recipes
from .drivers import load_all
from .observed import Answer, Observed
from .values import Made, Value, identical, plain, raised

DRIVERS = load_all()


@dataclass(frozen=True)
class Outcome:
    """What one drive found, all of it values.

    result          what the driver returned, or Raised
    again           the same from a second go on fresh inputs; the same object where it is identical
    inputs          each tensor argument after the call: its values, requires_grad and grad
    state           the global state after the call
    differentiated  how the answer was seen to differentiate while it ran, or None (looked for only when asked)
    """

    result: Value
    again: Value
    inputs: Value
    state: Value
    differentiated: str | None = None


def drive(
    driver: str,
    answer: Answer,
    inputs: Sequence[Value],
    *,
    names: Sequence[str],
    watch: bool = False,
    twice: bool = True,
) -> Outcome:
    """Run one driver on one answer. `names` are the answer's parameters; `watch` looks for differentiation.

    Without `twice` the first result stands for the second: for the oracle, which is not the one on trial.
    """
    first, second = Observed(answer, names, watch), Observed(answer, names, watch)
    with _quiet():
        result = _go(driver, first, inputs)
        again = _go(driver, second, inputs) if twice else result
    if identical(result, again):
        again = result
    return Outcome(result, again, first.inputs, first.state, first.differentiated or second.differentiated)


def _go(driver: str, answer: Observed, inputs: Sequence[Value]) -> Value:
    random_state = torch.get_rng_state()
    try:
        return plain(DRIVERS[driver](answer, *[build(value) for value in inputs]))
    except _CAUGHT as error:
        return raised(error)
    finally:
        torch.set_rng_state(random_state)


# A student's answer may raise anything, SystemExit included; an interrupt from the keyboard is not the answer's.
_CAUGHT = (Exception, SystemExit, GeneratorExit)


def build(value: Value) -> Any:
    """A fresh argument from a value: tensors are copied, recipes are made."""
    if isinstance(value, Made):
        return recipes.make(value)
    if isinstance(value, torch.Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, (list, tuple)):
        return type(value)(build(item) for item in value)
    if isinstance(value, dict):
        return {key: build(item) for key, item in value.items()}
    return value


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Neither a print nor a warning may cost a right answer its marks."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield
