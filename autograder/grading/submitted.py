"""What students handed in: who, where, when. Nothing of theirs is read before their own job, and nothing followed."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nbgrader.utils import parse_utc

from .course import CannotGrade, Course
from .folders import is_plain

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
    if directory.notebook_id != "*":
        raise CannotGrade("c.CourseDirectory.notebook_id is set; `autograder grade` takes all notebooks.")
    pattern = _pattern(course, assignment, directory.student_id)
    start, *between = _parts(course, assignment)
    place = re.escape(start) + "(?P<student_id>[^/]+)" + "(?P=student_id)".join(map(re.escape, between))
    excluded = {name.strip() for name in directory.student_id_exclude.split(",")}
    base = len(Path(f"{start}*").parts) - 1  # the first part of a path that holds the student's name
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


def passed_over(course: Course, assignment: str) -> list[Path]:
    """Folders that look like submissions, of students whose names nbgrader does not take for names."""
    hidden = glob.glob(_pattern(course, assignment, ".*"))  # noqa: PTH207
    return [Path(folder) for folder in sorted(hidden) if next(Path(folder).glob("*.ipynb"), None)]


def _parts(course: Course, assignment: str) -> list[str]:
    """The path of a submission, in the parts before, between and after the student's name."""
    directory = course.directory
    path: str = directory.format_path(directory.submitted_directory, "\0", assignment)
    return path.split("\0")


def _pattern(course: Course, assignment: str, student: str) -> str:
    """A pattern for the paths of submissions. Only `student` is one: all other names are what they are."""
    return student.join(map(glob.escape, _parts(course, assignment)))


# --- in the submission's own job ----------------------------------------------------------------------------------


def not_its_own(submitted: Submitted) -> str | None:
    """Why a submission's folder is not its own, a sentence; None where it is. No link may lead out of `submitted/`."""
    path = submitted.folder
    for _ in submitted.place:
        if path.is_symlink():
            return f"{path} is a link, and a submission has to be a folder of its own: put the files themselves there."
        path = path.parent
    return None


def timestamp_of(submitted: Submitted) -> tuple[datetime | None, str | None]:
    """When it was submitted, if it says so, and what is wrong with what it says: a bad timestamp is none."""
    path = submitted.folder / TIMESTAMP
    try:
        if not is_plain(path.lstat(), submitted.folder.stat().st_uid):
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
