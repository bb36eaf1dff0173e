"""What the gradebook knows of an assignment: read, or where it is missing, generated from the source notebooks."""

from __future__ import annotations

import contextlib
import difflib
import glob
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from sqlalchemy import make_url
from traitlets import TraitError

from ..examiner.client import Examiner
from . import reading
from .course import CannotGrade, Course, private_folder
from .folders import release_folder, source_folder
from .gradebook import NotebookKey, opened, read_keys


def assignment_keys(course: Course, assignment: str) -> dict[str, NotebookKey]:
    """What the gradebook knows of the assignment; it is generated where the gradebook lacks it, or has part of it.

    By the notebook's name. Raises CannotGrade where there is nothing to generate it from, or nbgrader refuses.
    """
    if "/" in assignment or assignment in ("", ".", ".."):
        raise CannotGrade(
            f"{assignment!r} is no assignment's name: give the name alone, as in a01_slopes, and no path."
        )
    begun = private_folder(course.root) / f"generating-{assignment}"
    if _has_gradebook(course) and not begun.exists():
        with opened(course) as gradebook, contextlib.suppress(MissingEntry):
            if keys := read_keys(gradebook, assignment):  # none where a person has only named the assignment
                return keys
    source = source_folder(course, assignment)
    if not source.is_dir():
        there = sorted(path.name for path in source.parent.glob("*") if path.is_dir())
        near = "".join(f" Did you mean {name}?" for name in difflib.get_close_matches(assignment, there, n=1))
        listed = ", ".join(there) or "none"
        raise CannotGrade(
            f"There is no assignment {assignment!r}: {source} is missing.{near} Assignments here: {listed}."
        )
    if not _has_gradebook(course):
        _make_gradebook(course)
    begun.touch()  # nbgrader writes cell by cell: a run that is killed leaves some out, and they would never be graded
    try:
        course.directory.assignment_id = glob.escape(assignment)  # nbgrader takes it for a pattern
        GenerateAssignment(coursedir=course.directory, parent=course.app, force=True).start()
    except (NbGraderException, SystemExit, TraitError) as error:
        raise CannotGrade(f"nbgrader could not generate {assignment} from {source}: {error}") from error
    begun.unlink()
    with opened(course) as gradebook:
        return read_keys(gradebook, assignment)


def setting(course: Course, assignment: str, key: NotebookKey) -> str:
    """The instructor's code of a notebook, its cells joined by zeros: the source, or the release, and what is known."""
    cells = [cell.source for cell in key.cells if cell.cell_type == "code" and not cell.grade]
    for folder in (source_folder(course, assignment), release_folder(course, assignment)):
        with contextlib.suppress(reading.UnreadableSubmission):
            notebook = reading.read(folder / f"{key.name}.ipynb")
            return "\0".join([cell.source for cell in notebook.cells if cell.cell_type == "code"])
    return "\0".join(cells)


def refuse_unrecognised(assignment: str, key: NotebookKey, setting: str, examiner: Examiner) -> None:
    """Raises CannotGrade where a test cell calls our `grade` and names no task: it would earn full marks for all."""
    tests = [cell for cell in key.cells if cell.cell_type == "code" and cell.grade and not cell.solution]
    found = examiner.unrecognised([cell.source for cell in tests], setting)
    if found:
        which = "; ".join(f"the test cell {tests[number].name!r} {why}" for number, why in found.items())
        raise CannotGrade(
            f"{assignment} is not graded: in {key.name}.ipynb {which}. Everybody would earn its points. Mend it in "
            f"source/, run `nbgrader generate_assignment {assignment} --force` and grade again."
        )


def _has_gradebook(course: Course) -> bool:
    url = make_url(course.directory.db_url)
    return url.get_backend_name() != "sqlite" or Path(url.database or "").exists()


def _make_gradebook(course: Course) -> None:
    """Make an SQLite gradebook whole, or not at all."""
    draft = private_folder(course.root) / "gradebook.db"
    draft.unlink(missing_ok=True)
    Gradebook(f"sqlite:///{draft}", course.directory.course_id).close()
    draft.rename(make_url(course.directory.db_url).database or "")
