"""nbgrader's gradebook, read and written in bulk through its own API and models.

What a submission says about its cells is never believed: `read_keys` is where it is known what they are.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nbgrader.api import Assignment, Comment, Grade, Gradebook, Student, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import selectinload, undefer

from ..exchange.text import visible
from .course import CannotGrade, Course

PATIENCE_SECONDS = 90.0  # with another program that holds the gradebook
AGAIN_SECONDS = 0.1  # between one try and the next


@contextmanager
def opened(course: Course) -> Iterator[Gradebook]:
    """The course's gradebook, where it is a file for nobody else: what is written can be committed.

    Raises CannotGrade where the database cannot be read or written, or another program holds it for PATIENCE_SECONDS.
    """
    url = course.directory.db_url
    try:
        with _held(url, course.directory.course_id) as gradebook:
            yield gradebook
    except SQLAlchemyError as error:
        why = str(getattr(error, "orig", None) or error).partition("\n")[0]
        place = make_url(url).render_as_string(hide_password=True)
        raise CannotGrade(
            f"The gradebook {place} cannot be used: {why}. Nothing was recorded; what stood in it was not changed. "
            "Where another program holds it, try again; where the file is damaged, put a backup in its place."
        ) from error


def _held(url: str, course_id: str) -> Gradebook:
    """The gradebook, held against other programs. Waits for one that holds it, and says so."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return Gradebook(url, course_id)
    impatient = parsed.update_query_dict({"timeout": "0.5"})  # seconds in which SQLite hears no Ctrl-C
    give_up = time.monotonic() + PATIENCE_SECONDS
    said = False
    while True:
        try:
            return _held_now(impatient.render_as_string(hide_password=False), course_id)
        except OperationalError as error:
            held = getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY")
            if not held or time.monotonic() > give_up:
                raise
        if not said:
            place, most = visible(parsed.database or ""), f"{PATIENCE_SECONDS:g} seconds at most"
            print(f"Another program holds the gradebook {place}. Waiting for it, {most}.", file=sys.stderr, flush=True)
            said = True
        time.sleep(AGAIN_SECONDS)


def _held_now(url: str, course_id: str) -> Gradebook:
    gradebook = Gradebook(url, course_id)
    try:
        gradebook.db.execute(text("BEGIN EXCLUSIVE"))
    except BaseException:
        gradebook.close()
        raise
    return gradebook


LatePenalty = Callable[[str, float, float], float | None]  # student, score, seconds late


@dataclass(frozen=True)
class KeyCell:
    """A cell of the instructor's notebook that nbgrader knows by name."""

    name: str
    cell_type: str
    source: str
    locked: bool
    checksum: str | None
    grade: bool
    solution: bool
    task: bool
    points: float | None


@dataclass(frozen=True)
class NotebookKey:
    """What the gradebook knows of one notebook of an assignment; cells in the notebook's order."""

    name: str
    kernelspec: Mapping[str, str]
    cells: tuple[KeyCell, ...]


@dataclass(frozen=True)
class NotebookScores:
    """What grading found: points (None: for a person to grade) and comments, by grade_id."""

    points: Mapping[str, float | None]
    comments: Mapping[str, str | None]


@dataclass(frozen=True)
class CellFeedback:
    """What stands in the gradebook for one cell, a person's changes included."""

    score: float | None
    points: float | None
    comment: str | None


@dataclass(frozen=True)
class NotebookFeedback:
    """What stands in the gradebook for one submitted notebook."""

    cells: Mapping[str, CellFeedback]
    score: float
    max_score: float
    late_penalty: float


def read_keys(gradebook: Gradebook, assignment: str) -> dict[str, NotebookKey]:
    """The notebooks of an assignment by name. Raises nbgrader's MissingEntry where the gradebook lacks it."""
    return {notebook.name: _key(notebook) for notebook in gradebook.find_assignment(assignment).notebooks}


def _key(notebook: Any) -> NotebookKey:
    points = {cell.name: cell.max_score for cell in (*notebook.grade_cells, *notebook.task_cells)}
    graded = {cell.name for cell in notebook.grade_cells}
    solutions = {cell.name for cell in notebook.solution_cells}
    tasks = {cell.name for cell in notebook.task_cells}
    cells = (
        KeyCell(
            name=cell.name,
            cell_type=cell.cell_type,
            source=cell.source,
            locked=cell.locked,
            checksum=cell.checksum,
            grade=cell.name in graded,
            solution=cell.name in solutions,
            task=cell.name in tasks,
            points=points.get(cell.name),
        )
        for cell in notebook.source_cells
    )
    return NotebookKey(notebook.name, json.loads(notebook.kernelspec or "{}") or {}, tuple(cells))


def record(
    gradebook: Gradebook,
    assignment: str,
    results: Mapping[str, tuple[datetime | None, Mapping[str, NotebookScores]]],
    late_penalty: LatePenalty,
) -> dict[str, dict[str, NotebookFeedback]]:
    """Write a class's results in one transaction, all or nothing, and return what now stands, by student and notebook.

    results  student -> (when submitted, notebook name -> scores). A notebook that is missing scores zero, as in
             nbgrader. A score or comment that a person gave stays; it is marked as needing another look.
    """
    session = gradebook.db
    try:
        row = gradebook.find_assignment(assignment)
        known = {student.id for student in session.query(Student.id)}
        session.add_all(Student(id=student) for student in results if student not in known)
        submissions = _submissions(gradebook, row, results)
        with session.no_autoflush:  # rows are added whole
            for student, (timestamp, _) in results.items():
                if student not in submissions:
                    submissions[student] = _new_submission(row, student)
                    session.add(submissions[student])
                if timestamp is not None:
                    submissions[student].timestamp = timestamp
        session.flush()
        for student, (_, notebooks) in results.items():
            for notebook in submissions[student].notebooks:
                _score(notebook, notebooks.get(notebook.name))
        session.flush()
        submissions = _submissions(gradebook, row, results)  # again: scores are computed by the database
        for submission in submissions.values():
            _assign_late_penalty(submission, late_penalty)
        session.flush()
        found = {student: _feedback(submissions[student]) for student in results}
        session.commit()
    except BaseException:
        session.rollback()
        raise
    return found


def _submissions(gradebook: Gradebook, assignment: Assignment, students: Iterable[str]) -> dict[str, Any]:
    """Their rows with all that is below, in a few queries for the whole class."""
    notebooks = selectinload(SubmittedAssignment.notebooks)
    grades = selectinload(SubmittedNotebook.grades)
    rows = (
        gradebook.db.query(SubmittedAssignment)
        .populate_existing()
        .filter(SubmittedAssignment.assignment_id == assignment.id)
        .options(
            notebooks.options(
                undefer(SubmittedNotebook.score),
                undefer(SubmittedNotebook.max_score),
                grades.options(undefer(Grade.max_score), selectinload(Grade.cell)),
                selectinload(SubmittedNotebook.comments).selectinload(Comment.cell),
                selectinload(SubmittedNotebook.notebook),
            )
        )
    )
    wanted = set(students)
    return {row.student_id: row for row in rows if row.student_id in wanted}


def _new_submission(assignment: Assignment, student: str) -> SubmittedAssignment:
    """The rows that `Gradebook.add_submission` makes, without its commit for each."""
    submission = SubmittedAssignment(assignment=assignment, student_id=student)
    for notebook in assignment.notebooks:
        submitted = SubmittedNotebook(notebook=notebook, assignment=submission)
        for cell in notebook.grade_cells:
            Grade(cell_id=cell.id, notebook=submitted)
        for cell in notebook.solution_cells:
            Comment(cell_id=cell.id, notebook=submitted)
        for cell in notebook.task_cells:
            Comment(cell_id=cell.id, notebook=submitted)
            Grade(cell_id=cell.id, notebook=submitted)
    return submission


def _score(notebook: SubmittedNotebook, scores: NotebookScores | None) -> None:
    """As nbgrader's SaveAutoGrades does; a missing notebook as its Autograde does."""
    if scores is None:
        for grade in notebook.grades:
            grade.auto_score, grade.needs_manual_grade = 0, False
        return
    for grade in notebook.grades:
        if grade.cell.name in scores.points:
            grade.auto_score = scores.points[grade.cell.name]
            grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
    for comment in notebook.comments:
        if comment.cell.name in scores.comments:
            comment.auto_comment = scores.comments[comment.cell.name]


def _assign_late_penalty(submission: SubmittedAssignment, late_penalty: LatePenalty) -> None:
    late = submission.total_seconds_late if submission.assignment.duedate else 0
    for notebook in submission.notebooks:
        penalty = late_penalty(submission.student_id, notebook.score, late) if late > 0 else None
        penalty = None if penalty is None else min(max(penalty, 0), notebook.score)
        if notebook.late_submission_penalty != penalty:  # writing it, the same again too, forgets the computed scores
            notebook.late_submission_penalty = penalty


def _feedback(submission: SubmittedAssignment) -> dict[str, NotebookFeedback]:
    found = {}
    for notebook in submission.notebooks:
        scores = {grade.cell.name: (grade.score, grade.max_score) for grade in notebook.grades}
        comments = {comment.cell.name: comment.comment for comment in notebook.comments}
        cells = {
            name: CellFeedback(*scores.get(name, (None, None)), comments.get(name)) for name in {**scores, **comments}
        }
        penalty = notebook.late_submission_penalty or 0
        found[notebook.name] = NotebookFeedback(cells, notebook.score - penalty, notebook.max_score, penalty)
    return found
