"""The whole way, with the real commands: from source notebooks to marks and feedback, for the demo class."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from classroom import ROOT, autograded, rows

from autograder import demo
from autograder.grading.course import secret

BIN = Path(sys.executable).parent
EXPECTED = list(csv.DictReader((ROOT / "examples/expected.csv").read_text().splitlines()))


def command(root: Path, *argv: str, fails: bool = False) -> str:
    """Run a program of this environment in `root`, as a person does; what it printed."""
    done = subprocess.run([BIN / argv[0], *argv[1:]], cwd=root, capture_output=True, text=True)
    assert (done.returncode != 0) == fails, f"{argv}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def by_nbgrader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo class graded by nbgrader's own commands, with the jail among its preprocessors."""
    root = tmp_path_factory.mktemp("by-nbgrader") / "demo"
    demo.set_up(root)
    secret(root)
    shutil.copytree(root, root.with_name("ungraded"))
    for step in ("generate_assignment", "autograde", "generate_feedback"):
        command(root, "nbgrader", step, "*")  # every assignment
    command(root, "nbgrader", "export")
    return root


@pytest.fixture(scope="module")
def by_us(by_nbgrader: Path) -> Path:
    """The same class with the same secret, graded by `autograder grade`."""
    root = by_nbgrader.with_name("ungraded")
    assert not (root / "gradebook.db").exists()
    command(root, "autograder", "grade", *sorted(path.name for path in (root / "source").iterdir()))
    return root


def expected_scores() -> dict[tuple[str, str], float]:
    """(student, task) -> points."""
    table = ((row.pop("student"), row) for row in map(dict, EXPECTED))
    return {(student, task): float(points) for student, row in table for task, points in row.items() if points}


def scores_in(root: Path) -> dict[tuple[str, str], float | None]:
    return {(row[0], row[3].removesuffix("-tests")): row[4] for row in rows(root)["grade"]}


def test_nbgraders_own_commands_give_every_expected_score(by_nbgrader: Path) -> None:
    assert scores_in(by_nbgrader) == expected_scores()


def test_autograder_grade_leaves_the_same_gradebook_as_nbgraders_own_commands(by_us: Path, by_nbgrader: Path) -> None:
    assert rows(by_us) == rows(by_nbgrader)


def test_marks_are_stored_as_nbgrader_stores_them(by_us: Path) -> None:
    """Numbers, none of them waiting for a person, whether no, some or all points were earned."""
    grades = rows(by_us)["grade"]
    assert {type(row[4]) for row in grades} == {float}
    assert {row[5:] for row in grades} == {(None, None, 0)}
    fractions = {0.0, 2.4, 3.0} & {row[4] for row in grades if row[3] == "make_leaf-tests"}
    assert fractions == {0.0, 2.4, 3.0}


def test_the_autograded_notebooks_score_alike_and_have_the_same_cells(by_us: Path, by_nbgrader: Path) -> None:
    for path in sorted(by_nbgrader.glob("autograded/*/*/*.ipynb")):
        student, assignment = path.parts[-3:-1]
        theirs = autograded(by_nbgrader, student, assignment, assignment)
        ours = autograded(by_us, student, assignment, assignment)
        assert list(ours) == list(theirs)
        for name, cell in theirs.items():
            assert ours[name].source == cell.source
            assert ours[name].metadata == cell.metadata
            assert ours[name].get("outputs", [])[-1:] == cell.get("outputs", [])[-1:], f"{student}: {name}"


def test_the_feedback_pages_show_the_same_scores(by_us: Path, by_nbgrader: Path) -> None:
    pages = sorted(path.relative_to(by_nbgrader) for path in by_nbgrader.glob("feedback/*/*/*.html"))
    assert len(pages) == len(rows(by_nbgrader)["submitted_notebook"])
    for page in pages:
        ours, theirs = ((root / page).read_text() for root in (by_us, by_nbgrader))
        assert shown_scores(ours) == shown_scores(theirs) != []
        assert shown_reports(ours) == shown_reports(theirs) != []


def shown_scores(page: str) -> list[str]:
    return re.findall(r"\(?Score: [\d.]+ / [\d.]+\)?", page)


def shown_reports(page: str) -> list[str]:
    return re.findall(r">([✓✗◐○] [^<]*)<", page)


@pytest.mark.parametrize("student", ["ben"])
def test_a_feedback_page_says_what_went_wrong(by_us: Path, student: str) -> None:
    page = (by_us / "feedback" / student / "a01_slopes/a01_slopes.html").read_text()
    assert "✗ d_cube: 0 / 2 points" in page
    assert "◐ make_leaf: 2.4 / 3 points" in page
    assert "You brought the 3 to the front but left the power as it was" in page


def test_nbgraders_export_holds_the_totals(by_nbgrader: Path) -> None:
    exported = csv.DictReader((by_nbgrader / "grades.csv").read_text().splitlines())
    totals = {(row["student_id"], row["assignment"]): float(row["score"]) for row in exported if row["score"]}
    tasks = {row[3].removesuffix("-tests"): row[1] for row in rows(by_nbgrader)["grade"]}
    for student, assignment in {(s, tasks[t]) for s, t in expected_scores()}:
        points = [p for (s, t), p in expected_scores().items() if (s, tasks[t]) == (student, assignment)]
        assert totals[student, assignment] == pytest.approx(sum(points))


@pytest.mark.parametrize("assignment", ["a01_slopes"])
def test_nbgrader_validates_the_solutions_and_not_the_release(assignment: str, tmp_path: Path) -> None:
    for step in ("source", "release"):
        shutil.copytree(ROOT / step / assignment, tmp_path / step)
    notebook = f"{assignment}.ipynb"
    assert "Success! Your notebook passes all the tests." in command(
        tmp_path / "source", "nbgrader", "validate", notebook
    )
    complaint = command(tmp_path / "release", "nbgrader", "validate", notebook)
    assert "VALIDATION FAILED" in complaint
