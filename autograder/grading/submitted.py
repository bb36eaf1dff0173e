"""What students handed in: who, where, when."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .course import CannotGrade, Course


@dataclass(frozen=True)
class Submitted:
    """One student's submission of an assignment."""

    assignment: str
    student: str
    folder: Path
    timestamp: datetime | None


def find(course: Course, assignment: str, students: Sequence[str]) -> list[Submitted]:
    """The submissions to grade, by student. Raises CannotGrade where there are none, or not all that were named."""
    directory = course.directory
    pattern = directory.format_path(directory.submitted_directory, "*", assignment)
    place = directory.format_path(directory.submitted_directory, "(?P<student_id>[^/]+)", assignment, escape=True)
    excluded = {name.strip() for name in directory.student_id_exclude.split(",")}
    found = {}
    for folder in sorted(glob.glob(pattern)):  # noqa: PTH207  the pattern is absolute, which Path.glob is not for
        match = re.fullmatch(place, folder)
        if match and match["student_id"] not in excluded and Path(folder).is_dir():
            student = match["student_id"]
            timestamp = directory.get_existing_timestamp(folder)
            found[student] = Submitted(assignment, student, Path(folder), timestamp)
    missing = [student for student in students if student not in found]
    if missing:
        raise CannotGrade(f"No submission of {assignment} by {', '.join(missing)}: looked for {pattern}.")
    if not found:
        raise CannotGrade(f"No submissions of {assignment}: looked for {pattern}.")
    return [found[student] for student in (dict.fromkeys(students) or found)]
