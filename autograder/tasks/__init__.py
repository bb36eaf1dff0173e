"""The answer key: one module an assignment. Never imported where a student's code runs under the jail."""

from __future__ import annotations

import functools
import importlib
import pkgutil

from ..task import Task


@functools.cache
def all_tasks() -> dict[str, Task]:
    """Every task by name, in the order of the course. Raises ValueError where two share a name."""
    found: dict[str, Task] = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{__name__}.{info.name}")
        for thing in vars(module).values():
            if isinstance(thing, Task):
                if thing.name in found:
                    raise ValueError(
                        f"two tasks are named {thing.name!r}: in {found[thing.name].assignment}, {info.name}"
                    )
                found[thing.name] = thing
    return found
