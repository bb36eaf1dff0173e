"""Folders of a course: where a student's files lie, and how one takes another's place, whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbgrader import utils

from .course import Course, private_folder


def source_folder(course: Course, assignment: str) -> Path:
    """The folder of the instructor's notebooks."""
    return Path(course.directory.format_path(course.directory.source_directory, ".", assignment))


def autograded_folder(course: Course, student: str, assignment: str) -> Path:
    """Where a graded submission lies."""
    return Path(course.directory.format_path(course.directory.autograded_directory, student, assignment))


def feedback_folder(course: Course, student: str, assignment: str) -> Path:
    """Where a submission's pages lie."""
    return Path(course.directory.format_path(course.directory.feedback_directory, student, assignment))


@contextmanager
def replaced(root: Path, target: Path) -> Iterator[Path]:
    """A new folder that takes `target`'s place when the block ends well: never a folder half written."""
    work = private_folder(root) / "work" / f"{os.getpid()}"
    shutil.rmtree(work, ignore_errors=True)
    fresh, old = work / "fresh", work / "old"
    fresh.mkdir(parents=True)
    yield fresh
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(work, ignore_errors=True)


def copy_files(origin: Path, folder: Path, ignored: list[str]) -> None:
    """Copy every file under `origin` but those that match `ignored`, nbgrader's patterns, over those in `folder`."""
    for name in utils.find_all_files(str(origin), ignored):
        path = folder / Path(name).relative_to(origin)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        # Never through a link: a submission could point it at a file of the instructor's.
        if not Path(name).is_symlink():
            shutil.copy(name, path)


def set_permissions(folder: Path, mode: int) -> None:
    """Give every file under `folder` this mode."""
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(mode)
