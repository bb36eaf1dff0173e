"""Grad School: an auto-graded course on PyTorch's autograd.

`from autograder import check, grade, show` is all that a notebook needs. Names are looked up on first use, so that
importing a part of the package (as the jail does) does not bring the answer key with it.
"""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["check", "grade", "show"]
_HOMES = {"check": "notebook", "grade": "notebook"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    if name == "show":
        return importlib.import_module(f"{__name__}.show")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
