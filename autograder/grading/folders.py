"""Folders of a course, and how one takes another's place. What lies in a submission is data, and is never followed.

Every walk through a submission's files is the one in `files_in`.
"""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import stat
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .course import Course, private_folder

LARGE = 2**20  # bytes: an instructor's file that is larger is linked to, not copied for each submission
LARGEST_FOLDER = 512 * 2**20  # bytes of a student's files beside a notebook
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


def files_in(folder: Path, ignored: Sequence[str] = ()) -> Iterator[os.DirEntry[str]]:
    """What lies under `folder`, but folders themselves: files, links, which are not followed, and whatever else there
    is. Names that match a pattern of `ignored` are left out, with all that is in them. In time that grows as they do.

    Raises OSError where a folder cannot be read.
    """
    match = re.compile("|".join(map(fnmatch.translate, ignored)) or "(?!)").match
    waiting = [str(folder)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if match(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    yield entry


def is_plain(about: os.stat_result, owner: int) -> bool:
    """Whether it is a file, and neither a link, a pipe, a socket or a device nor a second name of somebody else's file.

    `owner` is whose the submission's folder is: who linked to another's file does not own it.
    """
    return stat.S_ISREG(about.st_mode) and (about.st_nlink == 1 or about.st_uid == owner)


def not_plain(submitted: Path, ignored: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What under a student's folder is not a file of its own: its path in there, and a sentence."""
    owner = submitted.stat().st_uid
    for entry in files_in(submitted, ignored):
        if not is_plain(entry.stat(follow_symlinks=False), owner):
            yield os.path.relpath(entry.path, submitted), _not_plain(entry)


def _not_plain(entry: os.DirEntry[str]) -> str:
    return f"{entry.path} is not a file of its own (a link, a pipe, a device) and is left out."


def lay_out(
    folder: Path, submitted: Path, source: Path, ignored: Sequence[str], kept: Collection[str] = ()
) -> list[str]:
    """Have in `folder` the student's files, and the instructor's over them, but the notebooks.

    `kept` are paths in `source` that are not to be laid over the student's. A link among a student's files is left
    out: it could lead to anybody's. The instructor's are followed. Returns what of a student's files is left out, or
    beyond what a submission may hold, in sentences.
    """
    ignored = [*ignored, "*.ipynb"]
    made: set[str] = set()
    left_out: list[str] = []
    room, owner = LARGEST_FOLDER, submitted.stat().st_uid
    for entry in files_in(submitted, ignored):
        about = entry.stat(follow_symlinks=False)
        if not is_plain(about, owner):
            left_out.append(_not_plain(entry))
            continue
        if about.st_size > room:
            most = f"{LARGEST_FOLDER // 2**20} MB"
            left_out.append(f"{entry.path} is left out: files beside a notebook may have {most}.")
            continue
        room -= about.st_size
        shutil.copyfile(entry.path, _place(folder, submitted, entry, made), follow_symlinks=False)
    if source.is_dir():
        _lay_over(folder, source, ignored, kept, made)
    return left_out[:MOST_NOTES]


def _lay_over(folder: Path, source: Path, ignored: Sequence[str], kept: Collection[str], made: set[str]) -> None:
    for entry in files_in(source, ignored):
        if os.path.relpath(entry.path, source) in kept or not os.path.exists(entry.path):  # noqa: PTH110
            continue
        target = _place(folder, source, entry, made)
        if entry.is_dir() or entry.stat().st_size > LARGE:
            os.symlink(os.path.realpath(entry.path), target)  # noqa: PTH211
        elif entry.is_file():
            shutil.copyfile(entry.path, target)


def copy_files(origin: Path, folder: Path, ignored: Sequence[str], *, but: Collection[str] = ()) -> None:
    """Copy what `lay_out` laid out into another folder, but the notebooks and what is called as one of `but`."""
    made: set[str] = set()
    for entry in files_in(origin, [*ignored, "*.ipynb"]):
        if os.path.relpath(entry.path, origin).partition(os.sep)[0] in but:
            continue
        target = _place(folder, origin, entry, made)
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), target)  # noqa: PTH115, PTH211
        elif entry.is_file():
            shutil.copyfile(entry.path, target)


def _place(folder: Path, origin: Path, entry: os.DirEntry[str], made: set[str]) -> str:
    """Where `entry` of `origin` belongs in `folder`; nothing is there any more. `made` are the folders so far."""
    target = f"{folder}/{os.path.relpath(entry.path, origin)}"
    parent = os.path.dirname(target)  # noqa: PTH120  there may be thousands
    if parent not in made:
        for above in [*reversed(Path(target).relative_to(folder).parents)][1:]:
            if (folder / above).is_symlink() or (folder / above).is_file():  # the instructor has a folder there
                (folder / above).unlink()
        os.makedirs(parent, exist_ok=True)  # noqa: PTH103
        made.add(parent)
    if os.path.lexists(target):
        shutil.rmtree(target) if stat.S_ISDIR(os.lstat(target).st_mode) else os.unlink(target)  # noqa: PTH108
    return target


def serve_no_pages(folder: Path) -> None:
    """Give what is in a feedback folder a name under which no browser takes it for a page; pictures keep theirs."""
    for entry in [*files_in(folder)]:
        if entry.is_file() and Path(entry.name).suffix.lower() not in SHOWN_AS_THEY_ARE:
            os.rename(entry.path, f"{entry.path}.txt")  # noqa: PTH104  there may be thousands


def set_permissions(folder: Path, permissions: int, *, groupshared: bool) -> None:
    """As nbgrader sets them: `permissions` reads as an octal number. Links, and what they lead to, stay as they are."""
    mode = int(str(permissions), 8)
    for entry in files_in(folder):
        if not entry.is_symlink():
            os.chmod(entry.path, mode)  # noqa: PTH101
    if groupshared:
        for inside in _folders([folder]):
            inside.chmod(stat.S_IMODE(inside.stat().st_mode) | 0o2770)


def _folders(waiting: Iterable[Path]) -> Iterator[Path]:
    for folder in waiting:
        yield folder
        yield from _folders(Path(e.path) for e in os.scandir(folder) if e.is_dir(follow_symlinks=False))


@contextmanager
def replaced(root: Path, target: Path) -> Iterator[Path]:
    """A new folder that takes `target`'s place when the block ends well: never a folder half written."""
    work = private_folder(root) / "work" / f"{os.getpid()}"
    shutil.rmtree(work, ignore_errors=True)
    fresh, old = work / "fresh", work / "old"
    fresh.mkdir(parents=True)
    try:
        yield fresh
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            target.rename(old)
        fresh.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
