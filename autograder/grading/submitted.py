"""What students handed in: who, where, when. Nothing of theirs is read before their own job, and nothing followed."""

from __future__ import annotations

import glob
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nbgrader.utils import parse_utc

from .course import CannotGrade, Course

TIMESTAMP = "timestamp.txt"  # nbgrader's name for it
LONGEST_TIMESTAMP = 100  # bytes: "2026-01-01 12:00:00.000000 America/Argentina/ComodRivadavia" has 58


@dataclass(frozen=True)
class Submitted:
    """One student's submission of an assignment, in `folder`, which lies at `place` under a folder of the course."""

    assignment: str
    student: str
    folder: Path
    place: tuple[str, ...]


def find(course: Course, assignment: str, students: Sequence[str]) -> list[Submitted]:
    """The submissions to grade, by student. Raises CannotGrade where there are none, or not all that were named."""
    directory = course.directory
    pattern = directory.format_path(directory.submitted_directory, "*", assignment)
    place = directory.format_path(directory.submitted_directory, "(?P<student_id>[^/]+)", assignment, escape=True)
    excluded = {name.strip() for name in directory.student_id_exclude.split(",")}
    base = next(number for number, part in enumerate(Path(pattern).parts) if "*" in part)
    found = {}
    for folder in sorted(glob.glob(pattern)):  # noqa: PTH207  the pattern is absolute, which Path.glob is not for
        match = re.fullmatch(place, folder)
        if match and match["student_id"] not in excluded and (Path(folder).is_dir() or Path(folder).is_symlink()):
            student = match["student_id"]
            found[student] = Submitted(assignment, student, Path(folder), Path(folder).parts[base:])
    missing = [student for student in students if student not in found]
    if missing:
        raise CannotGrade(f"No submission of {assignment} by {', '.join(missing)}: looked for {pattern}.")
    if not found:
        raise CannotGrade(f"No submissions of {assignment}: looked for {pattern}.")
    return [found[student] for student in (dict.fromkeys(students) or found)]


# --- in the submission's own job ----------------------------------------------------------------------------------


def not_its_own(submitted: Submitted) -> str | None:
    """Why a submission's folder is not its own, a sentence; None where it is. No link may lead out of `submitted/`."""
    path = submitted.folder
    for _ in submitted.place:
        if path.is_symlink():
            return f"{path} is a link, and a submission has to be a folder of its own: put the files themselves there."
        path = path.parent
    return None


def is_plain(path: Path, owner: int) -> bool:
    """Whether it is a file, and neither a link, a pipe, a socket or a device nor a second name of somebody else's file.

    `owner` is whose the submission's folder is: who linked to another's file does not own it.
    """
    about = path.lstat()
    return stat.S_ISREG(about.st_mode) and (about.st_nlink == 1 or about.st_uid == owner)


def timestamp_of(submitted: Submitted) -> tuple[datetime | None, str | None]:
    """When it was submitted, if it says so, and what is wrong with what it says: a bad timestamp is none."""
    path = submitted.folder / TIMESTAMP
    try:
        if not is_plain(path, submitted.folder.stat().st_uid):
            return None, f"{path} is not a file: it counts as submitted at no time."
        with path.open("rb") as file:
            content = file.read(LONGEST_TIMESTAMP + 1)
        text = content.decode("utf-8-sig").strip()
        if len(content) > LONGEST_TIMESTAMP or not text.isprintable():
            raise ValueError
        return (parse_utc(text), None) if text else (None, f"{path} is empty: it counts as submitted at no time.")
    except FileNotFoundError:
        return None, None
    except Exception:  # dateutil raises whatever its parts raise
        return None, f"{path} holds no time that can be read: it counts as submitted at no time."
