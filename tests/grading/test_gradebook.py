"""The gradebook, read and written in bulk: the same rows as nbgrader's own preprocessors leave, or none at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from nbgrader.api import Gradebook, MissingEntry
from sqlalchemy import event

from autograder.grading.gradebook import NotebookScores, read_keys, record


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An assignment of two notebooks: tests, an answer, an essay that a person marks, and a task."""
    path = tmp_path_factory.mktemp("gradebook") / "gradebook.db"
    with Gradebook(f"sqlite:///{path}") as book:
        book.add_assignment("ps", duedate="2026-01-01 12:00:00")
        for name in ("first", "second"):
            book.add_notebook(name, "ps", kernelspec='{"name": "python3"}')
            book.add_grade_cell("tests", name, "ps", max_score=4, cell_type="code")
            book.add_solution_cell("answer", name, "ps")
            for cell, kind, source in (("tests", "code", "assert True"), ("answer", "code", "x = 1")):
                book.add_source_cell(cell, name, "ps", cell_type=kind, source=source, locked=cell == "tests")
        book.add_grade_cell("essay", "first", "ps", max_score=3, cell_type="markdown")
        book.add_solution_cell("essay", "first", "ps")
        book.add_task_cell("chore", "first", "ps", max_score=2, cell_type="markdown")
        book.add_source_cell("essay", "first", "ps", cell_type="markdown", source="Why?", locked=False)
        book.add_source_cell("chore", "first", "ps", cell_type="markdown", source="Do.", locked=True)
    return path


@pytest.fixture
def book(template: Path, tmp_path: Path) -> Iterator[Gradebook]:
    path = Path(shutil.copy(template, tmp_path))
    with Gradebook(f"sqlite:///{path}") as opened:
        yield opened


FIRST = NotebookScores({"tests": 3.0, "essay": None, "chore": None}, {"answer": None, "essay": None, "chore": None})
SECOND = NotebookScores({"tests": 4.0}, {"answer": "No response."})
BOTH = {"first": FIRST, "second": SECOND}


def no_penalty(student: str, score: float, seconds: float) -> float | None:
    return None


def marks(book: Gradebook, student: str, notebook: str = "first") -> dict[str, tuple[float | None, bool]]:
    found = book.find_submission_notebook(notebook, "ps", student)
    return {grade.name: (grade.auto_score, grade.needs_manual_grade) for grade in found.grades}


def test_a_key_holds_every_cell_that_nbgrader_knows_and_what_it_is(book: Gradebook) -> None:
    keys = read_keys(book, "ps")
    assert list(keys) == ["first", "second"]
    cells = {cell.name: cell for cell in keys["first"].cells}
    assert set(cells) == {"tests", "answer", "essay", "chore"}
    facts = {name: (c.grade, c.solution, c.task, c.locked, c.points) for name, c in cells.items()}
    assert facts == {
        "tests": (True, False, False, True, 4),
        "answer": (False, True, False, False, None),
        "essay": (True, True, False, False, 3),
        "chore": (False, False, True, True, 2),
    }
    assert cells["tests"].source == "assert True"
    assert keys["first"].kernelspec == {"name": "python3"}


def test_an_assignment_that_is_not_there_is_a_missing_entry(book: Gradebook) -> None:
    with pytest.raises(MissingEntry):
        read_keys(book, "ps7")


def test_scores_of_a_new_student_are_recorded(book: Gradebook) -> None:
    found = record(book, "ps", {"ann": (None, BOTH)}, no_penalty)
    assert marks(book, "ann") == {"tests": (3.0, False), "essay": (None, True), "chore": (None, True)}
    assert marks(book, "ann", "second") == {"tests": (4.0, False)}
    assert (found["ann"]["first"].score, found["ann"]["first"].max_score) == (3.0, 9.0)
    assert (found["ann"]["second"].score, found["ann"]["second"].max_score) == (4.0, 4.0)


def test_a_whole_class_is_recorded_each_with_their_own(book: Gradebook) -> None:
    class_ = {f"s{n}": (None, {**BOTH, "first": NotebookScores({"tests": n / 10}, {})}) for n in range(30)}
    found = record(book, "ps", class_, no_penalty)
    assert {student: notebooks["first"].score for student, notebooks in found.items()} == {
        f"s{n}": n / 10 for n in range(30)
    }


def test_a_missing_notebook_scores_zero_without_a_persons_look(book: Gradebook) -> None:
    record(book, "ps", {"ann": (None, {"second": SECOND})}, no_penalty)
    assert marks(book, "ann") == {"tests": (0, False), "essay": (0, False), "chore": (0, False)}


def test_a_persons_score_and_comment_stay_and_the_score_asks_for_another_look(book: Gradebook) -> None:
    record(book, "ps", {"ann": (None, BOTH)}, no_penalty)
    grade = book.find_grade("essay", "first", "ps", "ann")
    grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 2.5, 1.0, False
    book.find_comment("answer", "first", "ps", "ann").manual_comment = "Fine."
    book.db.commit()
    found = record(book, "ps", {"ann": (None, BOTH)}, no_penalty)["ann"]["first"]
    grade = book.find_grade("essay", "first", "ps", "ann")
    assert (grade.auto_score, grade.manual_score, grade.extra_credit, grade.needs_manual_grade) == (
        None,
        2.5,
        1.0,
        True,
    )
    assert found.cells["essay"].score == 3.5
    assert found.cells["answer"].comment == "Fine."
    assert found.score == 6.5


def test_who_is_not_graded_this_time_keeps_everything(book: Gradebook) -> None:
    record(book, "ps", {"ann": (None, BOTH), "bob": (None, BOTH)}, no_penalty)
    record(book, "ps", {"bob": (None, {})}, no_penalty)
    assert marks(book, "ann")["tests"] == (3.0, False)
    assert marks(book, "bob")["tests"] == (0, False)


def test_when_something_goes_wrong_nothing_at_all_is_written(book: Gradebook) -> None:
    when = datetime(2026, 1, 1, 13)
    record(book, "ps", {"ann": (when, BOTH)}, no_penalty)

    def broken(student: str, score: float, seconds: float) -> float | None:
        raise RuntimeError("the plugin is broken")

    with pytest.raises(RuntimeError, match="the plugin is broken"):
        record(book, "ps", {"ann": (when, {}), "bob": (when, BOTH)}, broken)
    assert marks(book, "ann")["tests"] == (3.0, False)
    assert [student.id for student in book.students] == ["ann"]


def test_the_timestamp_is_kept_where_a_submission_brings_none(book: Gradebook) -> None:
    when = datetime(2026, 1, 1, 11)
    record(book, "ps", {"ann": (when, BOTH)}, no_penalty)
    record(book, "ps", {"ann": (None, BOTH)}, no_penalty)
    assert book.find_submission("ps", "ann").timestamp == when


@pytest.mark.parametrize(
    ("asked", "given"),
    [(1.5, 1.5), (100.0, 3.0), (-2.0, 0.0), (None, None)],
    ids=["some", "too much", "negative", "none"],
)
def test_a_late_penalty_is_between_nothing_and_the_score(
    book: Gradebook, asked: float | None, given: float | None
) -> None:
    heard = []

    def penalty(student: str, score: float, seconds: float) -> float | None:
        heard.append((student, score, seconds))
        return asked

    late = datetime(2026, 1, 1, 12, 1)
    found = record(book, "ps", {"ann": (late, BOTH), "bob": (datetime(2026, 1, 1, 11), BOTH)}, penalty)
    assert heard == [("ann", 3.0, 60.0), ("ann", 4.0, 60.0)]
    assert book.find_submission_notebook("first", "ps", "ann").late_submission_penalty == given
    assert found["ann"]["first"].score == 3.0 - (given or 0)
    assert book.find_submission_notebook("first", "ps", "bob").late_submission_penalty is None


def test_a_penalty_goes_away_when_a_submission_is_in_time_after_all(book: Gradebook) -> None:
    record(book, "ps", {"ann": (datetime(2026, 1, 1, 13), BOTH)}, lambda *_: 1.0)
    record(book, "ps", {"ann": (datetime(2026, 1, 1, 11), BOTH)}, lambda *_: 1.0)
    assert book.find_submission_notebook("first", "ps", "ann").late_submission_penalty is None


def statements(book: Gradebook, students: int) -> int:
    """How many SQL statements it takes to record the results of that many students."""
    count = 0

    def counted(*_: object) -> None:
        nonlocal count
        count += 1

    event.listen(book.engine, "before_cursor_execute", counted)
    record(book, "ps", {f"student-{number}": (None, BOTH) for number in range(students)}, no_penalty)
    event.remove(book.engine, "before_cursor_execute", counted)
    return count


def test_a_class_takes_no_more_statements_than_a_few_students(book: Gradebook) -> None:
    statements(book, 60)  # all the rows are there now
    assert statements(book, 60) == statements(book, 3)
