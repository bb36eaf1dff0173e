"""Drivers: ways to exercise an answer, a file each. A task names the one that it needs; `call` is what most need.

A driver takes an answer, watched (`observed.Observed`), and fresh inputs, and returns what it found as a value. It runs
beside the student's code: it knows no answer and judges nothing.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

Driver = Callable[..., Any]
_known: dict[str, Driver] = {}


def driver(function: Driver) -> Driver:
    """Decorator: make a driver known by its name."""
    _known[function.__name__] = function
    return function


def load_all() -> dict[str, Driver]:
    """Every driver by name. Imports all files of this package: once a child is locked in, it can read none of them."""
    for info in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{info.name}")
    return _known
