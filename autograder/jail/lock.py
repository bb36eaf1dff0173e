"""Locks a process in, for good: all the parts of the jail, in the order in which they can be had.

privileges.py  no capabilities, should the grader run as root; a session of its own
rlimits.py     CPU, memory, file size, open files, no core dumps
landlock.py    opens nothing but the Python installation (read-only) and one private folder
seccomp.py     makes no system call but those in allowed.py
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .landlock import readable_paths, restrict_files
from .limits import Limits
from .privileges import drop_capabilities, end_with_parent, go_first, stand_alone
from .rlimits import set_rlimits
from .seccomp import Filter, prepare_filter, restrict_syscalls


@dataclass(frozen=True)
class Prepared:
    """What every child's lock has in common, made once in the warm process."""

    readable: list[Path]
    filter: Filter


def prepare() -> Prepared:
    """Raises CannotLock where this machine's system calls are not known."""
    return Prepared(readable_paths(), prepare_filter())


def lock(folder: Path, limits: Limits, prepared: Prepared) -> None:
    """Lock this process in. Raises CannotLock; there is no way back."""
    end_with_parent()
    go_first()
    stand_alone()
    drop_capabilities()
    set_rlimits(limits)
    restrict_files(folder, prepared.readable)
    restrict_syscalls(prepared.filter)
