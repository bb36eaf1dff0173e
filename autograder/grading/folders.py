"""Folders of a course: where a student's files lie, and how one takes another's place, whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nbgrader import utils

from .course import Course, private_folder

LARGEST_FOLDER = 512 * 2**20  # bytes of files beside a notebook
MOST_NOTES = 5  # on what was left out, for one submission
SHOWN_AS_THEY_ARE = {".txt", ".csv", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp"}


def source_folder(course: Course, assignment: str) -> Path:
    """The folder of the instructor's notebooks."""
    return Path(course.directory.format_path(course.directory.source_directory, ".", assignment))


def release_folder(course: Course, assignment: str) -> Path:
    """The folder of the notebooks that students get."""
    return Path(course.directory.format_path(course.directory.release_directory, ".", assignment))


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


def copy_files(
    origin: Path, folder: Path, ignored: list[str], wanted: Callable[[Path], bool] = Path.is_file
) -> list[str]:
    """Copy every file under `origin` but those that match `ignored`, nbgrader's patterns, over those in `folder`.

    Returns a sentence for each file that is not `wanted`, or beyond what a submission may hold. No link is followed.
    """
    left_out = []
    room = LARGEST_FOLDER
    for name in utils.find_all_files(str(origin), ignored):
        source, path = Path(name), folder / Path(name).relative_to(origin)
        if source.is_symlink() or not wanted(source):
            left_out.append(f"{source} is not a file of its own (a link, a pipe, a device) and is left out.")
            continue
        room -= source.stat().st_size
        if room < 0:
            left_out.append(f"{source} is left out: files beside a notebook may have {LARGEST_FOLDER // 2**20} MB.")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        shutil.copy(source, path)
    return left_out[:MOST_NOTES]


def serve_no_pages(folder: Path) -> None:
    """Give what is in a feedback folder a name under which no browser takes it for a page; pictures keep theirs."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix.lower() not in SHOWN_AS_THEY_ARE:
            path.rename(path.with_name(f"{path.name}.txt"))


def set_permissions(folder: Path, mode: int) -> None:
    """Give every file under `folder` this mode."""
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(mode)
