"""The answer key: a package an assignment, a file a task. Never imported where a student's code runs under the jail.

Each assignment's `__init__.py` lists its tasks in the order of the course; the file of that name holds the task.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..authoring.task import Task


@functools.cache
def all_tasks() -> dict[str, Task]:
    """Every task by name, in the order of the course.

    Raises ValueError where two share a name, or a file and the list in its assignment's `__init__.py` disagree."""
    from ..exchange.surroundings import clean  # and torch with it

    found: dict[str, Task] = {}
    with clean():  # their examples are tensors of the default dtype
        for assignment in sorted(info.name for info in pkgutil.iter_modules(__path__) if info.ispkg):
            for task in tasks_of(assignment):
                if task.name in found:
                    there = found[task.name].assignment
                    raise ValueError(f"two tasks are named {task.name!r}: in {there}, {assignment}")
                found[task.name] = task
    return found


def tasks_of(assignment: str) -> list[Task]:
    """The tasks of one assignment, in order. Raises ImportError where there is no such package."""
    package = f"{__name__}.{assignment}"
    listed = importlib.import_module(package).TASKS
    return [getattr(importlib.import_module(f"{package}.{name}"), name) for name in listed]
