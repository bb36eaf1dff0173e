"""What students handed in: who, where, when."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .course import CannotGrade, Course
from .reading import NotGraded


@dataclass(frozen=True)
class Submitted:
    """One student's submission of an assignment."""

    assignment: str
    student: str
    folder: Path


def find(course: Course, assignment: str, students: Sequence[str]) -> list[Submitted]:
    """The submissions to grade, by student. Raises CannotGrade where there are none, or not all that were named."""
    directory = course.directory
    if directory.notebook_id != "*":
        raise CannotGrade("c.CourseDirectory.notebook_id is set; `autograder grade` takes all notebooks.")
    pattern = _pattern(course, assignment, directory.student_id)
    start, *between = _parts(course, assignment)
    place = re.escape(start) + "(?P<student_id>[^/]+)" + "(?P=student_id)".join(map(re.escape, between))
    excluded = {name.strip() for name in directory.student_id_exclude.split(",")}
    found = {}
    for folder in sorted(glob.glob(pattern)):  # noqa: PTH207  the pattern is absolute, which Path.glob is not for
        match = re.fullmatch(place, folder)
        if match and match["student_id"] not in excluded and Path(folder).is_dir():
            found[match["student_id"]] = Submitted(assignment, match["student_id"], Path(folder))
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
    return directory.format_path(directory.submitted_directory, "\0", assignment).split("\0")


def _pattern(course: Course, assignment: str, student: str) -> str:
    """A pattern for the paths of submissions. Only `student` is one: all other names are what they are."""
    return student.join(map(glob.escape, _parts(course, assignment)))


def timestamp(course: Course, submitted: Submitted) -> datetime | None:
    """When it was handed in, where the submission says so. Raises NotGraded."""
    try:
        found: datetime | None = course.directory.get_existing_timestamp(str(submitted.folder))
    except Exception as error:  # of a time that is none, nbgrader's AttributeError, for want of a way to fail
        path = submitted.folder / "timestamp.txt"
        raise NotGraded(f"could not be graded: {path} holds no time that can be read") from error
    return found
