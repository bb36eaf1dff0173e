"""The jail behind stock `nbgrader autograde`."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from classroom import RIGHT, autograded, change, nbgrader, rows, scores, submit
from processes import gone

from autograder import nbgrader as ours

FULL = {"d_square-tests": 2.0, "d_cube-tests": 2.0, "why": None}


@pytest.fixture
def forged(course: Path) -> Path:
    """A submission that stock nbgrader's Execute gives full marks, beside an honest one."""
    submit(course, "honest", RIGHT)
    submit(course, "forger", {"d_square-solution": "d_square = d_cube = check = None\ngrade = lambda *_: 2.0"})
    return course


def test_it_gives_the_rows_that_autograder_grade_gives(handed_in: Path, graded_template: Path) -> None:
    assert nbgrader(handed_in, "autograde", "ps1").status == 0
    assert rows(handed_in) == rows(graded_template)


def test_a_submission_that_would_forge_its_marks_beside_the_tests_gets_none(forged: Path) -> None:
    assert nbgrader(forged, "autograde", "ps1").status == 0
    assert scores(forged) == {
        "honest": FULL,
        "forger": {**FULL, "d_square-tests": 0.0, "d_cube-tests": 0.0, "why": 0.0},
    }


def test_one_student_can_be_graded_again(handed_in: Path) -> None:
    ran = nbgrader(handed_in, "autograde", "ps1", "--student", "half")
    assert ran.status == 0
    assert set(scores(handed_in)) == {"half"}


def test_a_bad_notebook_stops_nobody_else_and_says_which_it_was(handed_in: Path) -> None:
    (handed_in / "submitted/half/ps1/ps1.ipynb").write_text("no notebook")
    ran = nbgrader(handed_in, "autograde", "ps1")
    assert ran.status != 0
    assert scores(handed_in)["right"] == FULL
    assert "d_cube-tests" in autograded(handed_in, "wrong")
    assert not (handed_in / "autograded/half").exists()


def test_only_when_the_configuration_says_so_it_runs_without_the_jail(course: Path) -> None:
    spy = f"import pathlib\ndef d_square(x):\n    pathlib.Path({str(course)!r}, 'seen').touch()\n    return 2 * x"
    submit(course, "spy", {"d_square-solution": spy})
    assert nbgrader(course, "autograde", "ps1").status == 0
    assert not (course / "seen").exists()
    with (course / "nbgrader_config.py").open("a") as config:
        config.write("\nc.JailedExecute.jail = False\n")
    assert nbgrader(course, "autograde", "ps1", "--force").status == 0
    assert (course / "seen").exists()
    assert scores(course)["spy"]["d_square-tests"] == 2.0


def test_a_process_that_failed_is_ended_before_another_takes_its_place() -> None:
    first = ours.examiners()
    ours.end()
    assert gone(first._process.pid)
    second = ours.examiners()
    assert second is not first and ours.examiners() is second
    ours.end()
    assert gone(second._process.pid)
    ours.end()  # nothing to do


def test_an_exported_name_is_neither_a_formula_nor_two_cells(graded: Path) -> None:
    change(
        graded, "UPDATE student SET last_name = '=HYPERLINK(\"https://x\")', first_name = 'Ann,=1+1' WHERE id = 'right'"
    )
    change(graded, "UPDATE student SET last_name = char(9) || '@SUM(1)', email = '-1+1' WHERE id = 'half'")
    assert nbgrader(graded, "export").status == 0
    with (graded / "grades.csv").open(newline="") as file:
        table = {row["student_id"]: row for row in csv.DictReader(file) if row["assignment"] == "ps1"}
    assert not [cell for row in table.values() for cell in row.values() if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    assert table["right"]["first_name"] == "Ann,=1+1"
    assert (table["right"]["score"], table["wrong"]["max_score"]) == ("4.0", "7.0")


def test_the_exported_table_is_nbgraders_own(graded: Path) -> None:
    assert nbgrader(graded, "export").status == 0
    ours = (graded / "grades.csv").read_text()
    stock = 'c = get_config()\nc.CourseDirectory.course_id = "grad-school"\n'
    (graded / "nbgrader_config.py").write_text(stock)
    assert nbgrader(graded, "export").status == 0
    assert (graded / "grades.csv").read_text() == ours
