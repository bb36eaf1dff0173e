"""Grading a class, whatever was handed in, whatever interrupts it, and whatever a person has done meanwhile."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import nbformat
import pytest
from classroom import (
    RIGHT,
    WRONG,
    Ran,
    autograded_files,
    autograder,
    change,
    named,
    nbgrader,
    notebook,
    rows,
    scores,
    submit,
    write,
)

FULL = {"d_square-tests": 2.0, "d_cube-tests": 2.0, "why": None}
NONE = {"d_square-tests": 0.0, "d_cube-tests": 0.0, "why": 0.0}  # an untouched answer needs no person to mark it
HALF = {"d_square-tests": 2.0, "d_cube-tests": 0.0, "why": None}


def test_right_wrong_and_half_right_answers_get_full_no_and_half_marks(graded: Path) -> None:
    assert scores(graded) == {"right": FULL, "wrong": NONE, "half": HALF}


def test_every_submission_gets_an_autograded_notebook_and_a_feedback_page(graded: Path) -> None:
    for student in ("right", "wrong", "half"):
        assert (graded / "autograded" / student / "ps1/ps1.ipynb").is_file()
        assert (graded / "feedback" / student / "ps1/ps1.html").is_file()


def test_grading_again_changes_nothing(graded: Path) -> None:
    before, notebooks = rows(graded), autograded_files(graded)
    assert autograder(graded, "grade", "ps1").status == 0
    assert rows(graded) == before
    assert autograded_files(graded) == notebooks


# --- what people hand in ------------------------------------------------------------------------------------------

BAD: dict[str, tuple[str | bytes, str]] = {
    "not-json": ("Dear teacher, my laptop broke.", "not a notebook"),
    "json-but-no-notebook": ('{"marks": "all of them"}', "not a"),
    "a-json-list": ("[1, 2]", "not a"),
    "empty": ("", "the file is empty"),
    "blank": (" \n\n", "the file is empty"),
    "cut-off": ('{"cells": [{"cell_type": "code", "sou', "not a notebook"),
    "deep": ("[" * 100_000, "not a notebook"),
    "cells-are-a-number": ('{"cells": 3, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "not a"),
    "no-cells": ('{"metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "not a"),
    "from-the-future": ('{"cells": [], "metadata": {}, "nbformat": 99, "nbformat_minor": 0}', "not a"),
    "latin-1": (b'{"cells": "\xe9"}', "cannot be read"),
}


@pytest.fixture(scope="module")
def mixed_class(handed_in_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    """A class with every kind of submission that is not as it should be, graded in one run."""
    root = Path(shutil.copytree(handed_in_template, tmp_path_factory.mktemp("mixed") / "course"))
    for student, (content, _) in BAD.items():
        path = root / "submitted" / student / "ps1/ps1.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    wrong_name = submit(root, "wrong-name", RIGHT)
    wrong_name.rename(wrong_name.with_name("my homework.ipynb"))
    (root / "submitted/nothing/ps1").mkdir(parents=True)
    link = root / "submitted/link/ps1/ps1.ipynb"
    link.parent.mkdir(parents=True)
    link.symlink_to(root / "submitted/right/ps1/ps1.ipynb")
    (root / "submitted/a-folder/ps1/ps1.ipynb").mkdir(parents=True)
    dangling = root / "submitted/dangling/ps1/ps1.ipynb"
    dangling.parent.mkdir(parents=True)
    dangling.symlink_to("nowhere")

    released = nbformat.read(submit(root, "old-format", RIGHT), as_version=4)
    shuffled(root, "moved", released.cells[::-1])
    shuffled(root, "duplicated", [*released.cells, *released.cells])
    shuffled(root, "without-tests", [c for c in released.cells if c not in (named(released)["d_cube-tests"],)])
    shuffled(root, "without-an-answer", [c for c in released.cells if c not in (named(released)["d_cube-solution"],)])
    shuffled(root, "no-cells-left", [])
    submit(root, "syntax-error", {**RIGHT, "d_cube-solution": "def d_cube(x)\n    return 3 * x**2"})
    old = root / "submitted/old-format/ps1/ps1.ipynb"
    old.write_text(nbformat.writes(released, version=3))
    assert json.loads(old.read_text())["nbformat"] == 3
    return root, autograder(root, "grade", "ps1")


def shuffled(root: Path, student: str, cells: list[nbformat.NotebookNode]) -> None:
    copies = [nbformat.from_dict({**c, "id": f"cell-{index}"}) for index, c in enumerate(cells)]
    write(root / "submitted" / student / "ps1/ps1.ipynb", notebook(*copies))


@pytest.mark.parametrize("student", BAD)
def test_a_file_that_is_no_notebook_gets_a_sentence_with_its_name_and_the_problem(
    mixed_class: tuple[Path, Ran], student: str
) -> None:
    root, ran = mixed_class
    (line,) = [line for line in ran.err.splitlines() if line.startswith(f"ps1  {student}: ")]
    assert str(root / "submitted" / student / "ps1/ps1.ipynb") in line
    assert BAD[student][1] in line
    assert len(line) < 500


@pytest.mark.parametrize(
    ("student", "problem"),
    [
        ("wrong-name", "holds no ps1.ipynb (it holds my homework.ipynb)"),
        ("nothing", "holds no ps1.ipynb (it holds nothing)"),
        ("link", "is a link"),
        ("dangling", "is a link"),
        ("a-folder", "cannot be read"),
    ],
)
def test_a_file_that_is_not_where_or_what_it_should_be_gets_a_sentence(
    mixed_class: tuple[Path, Ran], student: str, problem: str
) -> None:
    _, ran = mixed_class
    (line,) = [line for line in ran.err.splitlines() if line.startswith(f"ps1  {student}: ")]
    assert problem in line
    assert f"submitted/{student}/ps1" in line


def test_what_could_not_be_graded_makes_the_exit_status_one_and_enters_no_gradebook(
    mixed_class: tuple[Path, Ran],
) -> None:
    root, ran = mixed_class
    assert ran.status == 1
    lost = {*BAD, "wrong-name", "nothing", "link", "dangling", "a-folder"}
    assert len(ran.err.splitlines()) == len(lost)
    assert lost.isdisjoint(scores(root))


@pytest.mark.parametrize(
    ("student", "expected"),
    [
        ("right", FULL),
        ("wrong", NONE),
        ("half", HALF),
        ("old-format", FULL),
        ("moved", FULL),
        ("duplicated", FULL),
        ("without-tests", FULL),
        ("without-an-answer", HALF),
        ("syntax-error", HALF),
        ("no-cells-left", {**NONE, "why": None}),
    ],
)
def test_the_rest_of_a_mixed_class_is_graded(
    mixed_class: tuple[Path, Ran], student: str, expected: dict[str, float | None]
) -> None:
    root, _ = mixed_class
    assert scores(root)[student] == expected


def test_a_submission_that_got_worse_than_unreadable_keeps_the_score_that_it_had(graded: Path) -> None:
    before = rows(graded)
    (graded / "submitted/right/ps1/ps1.ipynb").write_text("oops")
    ran = autograder(graded, "grade", "ps1")
    assert ran.status == 1
    assert rows(graded) == before


def test_a_missing_notebook_of_several_scores_zero_and_the_others_count_as_nbgrader_does_it(course: Path) -> None:
    submit(course, "one-of-two", RIGHT, "ps2", "first")
    submit(course, "both", RIGHT, "ps2", "first")
    submit(course, "both", RIGHT, "ps2", "second")
    stock = Path(shutil.copytree(course, course.with_name("stock")))
    assert autograder(course, "grade", "ps2").status == 0
    assert scores(course, "ps2") == {
        "one-of-two": {"d_square-tests": 2.0, "d_cube-tests": 0.0},
        "both": {"d_square-tests": 2.0, "d_cube-tests": 2.0},
    }
    assert nbgrader(stock, "autograde", "ps2").status == 0
    assert rows(course) == rows(stock)


def test_the_students_other_files_go_along_and_links_do_not(course: Path) -> None:
    folder = submit(course, "ann", RIGHT).parent
    (folder / "notes.txt").write_text("mine")
    (folder / "key").symlink_to(course / "source/ps1/ps1.ipynb")
    assert autograder(course, "grade", "ps1").status == 0
    for step in ("autograded", "feedback"):
        assert (course / step / "ann/ps1/notes.txt").read_text() == "mine"
        assert not os.path.lexists(course / step / "ann/ps1/key")


# --- what a person has done ---------------------------------------------------------------------------------------

CELLS_OF = """(SELECT {table}.id FROM {table}
    JOIN submitted_notebook ON submitted_notebook.id = {table}.notebook_id
    JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
    JOIN base_cell ON base_cell.id = {table}.cell_id
    WHERE student_id = ? AND base_cell.name = ?)"""
MARK_BY_HAND = "UPDATE grade SET manual_score = ?, extra_credit = 0.5, needs_manual_grade = 0 WHERE id IN " + (
    CELLS_OF.format(table="grade")
)
COMMENT_BY_HAND = "UPDATE comment SET manual_comment = ? WHERE id IN " + CELLS_OF.format(table="comment")


@pytest.fixture
def marked_by_hand(graded: Path) -> Path:
    change(graded, MARK_BY_HAND, 1.25, "right", "d_square-tests")
    change(graded, MARK_BY_HAND, 2.5, "right", "why")
    change(graded, COMMENT_BY_HAND, "Say it shorter.", "right", "why")
    return graded


def test_marks_and_comments_by_a_person_survive_a_new_run_and_ask_for_another_look(marked_by_hand: Path) -> None:
    assert autograder(marked_by_hand, "grade", "ps1").status == 0
    mine = {row[3]: row[4:] for row in rows(marked_by_hand)["grade"] if row[0] == "right"}
    assert mine == {
        "d_square-tests": (2.0, 1.25, 0.5, 1),
        "d_cube-tests": (2.0, None, None, 0),
        "why": (None, 2.5, 0.5, 1),
    }
    comments = {row[3]: row[5] for row in rows(marked_by_hand)["comment"] if row[0] == "right"}
    assert comments["why"] == "Say it shorter."


def test_a_new_run_after_marking_by_hand_leaves_what_nbgrader_would_leave(marked_by_hand: Path) -> None:
    stock = Path(shutil.copytree(marked_by_hand, marked_by_hand.with_name("stock")))
    assert autograder(marked_by_hand, "grade", "ps1").status == 0
    assert nbgrader(stock, "autograde", "ps1", "--force").status == 0
    assert rows(marked_by_hand) == rows(stock)


def test_feedback_shows_the_marks_and_comments_that_a_person_gave(marked_by_hand: Path) -> None:
    assert autograder(marked_by_hand, "grade", "ps1").status == 0
    page = (marked_by_hand / "feedback/right/ps1/ps1.html").read_text()
    assert "Say it shorter." in page
    assert "Score: 6.75 / 7.0" in page  # 1.25 + 2 + 2.5, and 0.5 of extra credit twice
    assert "Say it shorter." not in (marked_by_hand / "feedback/half/ps1/ps1.html").read_text()


def test_only_the_students_that_were_named_are_graded(graded: Path) -> None:
    before = rows(graded)
    for student in ("right", "wrong", "half"):
        submit(graded, student, {"d_square-solution": WRONG["d_square-solution"]})
    ran = autograder(graded, "grade", "ps1", "--student", "half", "--student", "right", "--student", "half")
    assert ran.status == 0
    assert scores(graded) == {"right": NONE, "wrong": NONE, "half": NONE}
    changed = {row[0] for row in set(rows(graded)["comment"]) ^ set(before["comment"])}
    assert changed == {"half", "right"}


# --- late ---------------------------------------------------------------------------------------------------------

DUE = "UPDATE assignment SET duedate = '2026-01-01 12:00:00.000000' WHERE name = 'ps1'"
HALF_AN_HOUR_COSTS_HALF_A_POINT = """
from nbgrader.plugins import BasePlugin


class PerHour(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return total_seconds_late / 3600
"""


@pytest.mark.parametrize("plugin", ["zero", "per hour"])
def test_late_penalties_are_those_of_nbgraders_plugin(handed_in: Path, plugin: str) -> None:
    change(handed_in, DUE)
    with (handed_in / "nbgrader_config.py").open("a") as config:
        if plugin == "zero":
            config.write("\nc.LateSubmissionPlugin.penalty_method = 'zero'\n")
        else:
            (handed_in / "late_policy.py").write_text(HALF_AN_HOUR_COSTS_HALF_A_POINT)
            config.write("\nc.AssignLatePenalties.plugin_class = 'late_policy.PerHour'\n")
    for student, when in (("right", "12:30"), ("half", "14:30"), ("wrong", "11:30")):
        (handed_in / "submitted" / student / "ps1/timestamp.txt").write_text(f"2026-01-01 {when}:00 UTC")
    stock = Path(shutil.copytree(handed_in, handed_in.with_name("stock")))
    assert autograder(handed_in, "grade", "ps1").status == 0
    penalties = {row[0]: row[4] for row in rows(handed_in)["submitted_notebook"]}
    if plugin == "zero":
        assert penalties == {"right": 4.0, "half": 2.0, "wrong": None}
    else:
        assert penalties == {"right": 0.5, "half": 2.0, "wrong": None}  # never more than there was
    assert nbgrader(stock, "autograde", "ps1").status == 0
    assert rows(handed_in) == rows(stock)


# --- when the grader itself fails ---------------------------------------------------------------------------------

GRADE, WRITE = "autograder.grading.jobs.Grader._grade", "autograder.grading.jobs.lay_out"


@pytest.mark.parametrize(
    ("place", "how", "why"),
    [
        (GRADE, "raise", "JailError: the warm process died"),
        (GRADE, "die", "its grading process ended with exit status 9"),
        (WRITE, "disk full", "OSError: [Errno 28] No space left on device"),
    ],
)
def test_what_the_grader_could_not_do_is_said_and_is_never_a_zero(graded: Path, place: str, how: str, why: str) -> None:
    before = rows(graded)
    for student in ("right", "half", "wrong"):
        submit(graded, student, {})
    ran = autograder(graded, "grade", "ps1", fault=(place, "half", how))
    assert ran.status == 1
    assert ran.err == f"ps1  half: could not be graded, its earlier score stands: {why}\n"
    assert scores(graded) == {"right": NONE, "wrong": NONE, "half": HALF}
    assert [row for row in rows(graded)["comment"] if row[0] == "half"] == [
        row for row in before["comment"] if row[0] == "half"
    ]


def test_what_could_not_be_graded_at_first_is_tried_once_more(handed_in: Path, graded_template: Path) -> None:
    ran = autograder(handed_in, "grade", "ps1", fault=(GRADE, "half", "die once"))
    assert (handed_in / "died").exists()
    assert (ran.status, ran.err) == (0, "")
    assert rows(handed_in) == rows(graded_template)


# --- names in a terminal ------------------------------------------------------------------------------------------


def test_names_and_reasons_are_printed_without_control_characters(course: Path) -> None:
    wipes = "\x1b[2J\x1b]0;x\x07"
    submit(course, f"ann{wipes}", RIGHT)
    bad = course / "submitted" / f"bob{wipes}\n" / "ps1"
    bad.mkdir(parents=True)
    (bad / f"hand{wipes}in.txt").touch()
    ran = autograder(course, "grade", "ps1")
    assert ran.status == 1
    assert "ann\\x1b[2J\\x1b]0;x\\x07" in ran.out
    assert "bob\\x1b[2J\\x1b]0;x\\x07\\n" in ran.err and "hand\\x1b[2J" in ran.err
    assert not [c for c in ran.out + ran.err if not (c.isprintable() or c == "\n")]
    named = autograder(course, "grade", "ps1", "--student", f"nobody{wipes}")
    assert not [c for c in named.out + named.err if not (c.isprintable() or c == "\n")]
