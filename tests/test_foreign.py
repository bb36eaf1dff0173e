"""Other people's courses: plain asserts, partial credit and marks by hand, graded as nbgrader grades them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from classroom import (
    autograded,
    autograder,
    cell,
    nbgrader,
    notebook,
    rows,
    scores,
    submit,
    write,
)

FOREIGN = {
    "add": ("def add(a, b):\n    ### BEGIN SOLUTION\n    return a + b\n    ### END SOLUTION", None),
    "add-small": ("assert add(1, 2) == 3", 1),
    "add-large": ("assert add(10**9, 1) == 10**9 + 1\nassert add(-1, 1) == 0", 2),
    "share": ("share = 0\nfor a, b in [(1, 2), (2, 2)]:\n    share += add(a, b) == a + b\nshare / 2", 1),
    "hidden": ("### BEGIN HIDDEN TESTS\nassert add('a', 'b') == 'ab'\n### END HIDDEN TESTS", 1),
}
FOREIGN_SUBMISSIONS = {
    "all": "def add(a, b):\n    return a + b",
    "half": "def add(a, b):\n    return 3 if a == 1 else a * b",
    "syntax": "def add(a, b)\n    return a + b",
}


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """A course that knows nothing of ours: (graded by `autograder grade`, graded by nbgrader alone)."""
    root = tmp_path_factory.mktemp("foreign") / "course"
    answer, *tests = (
        cell(source, name, points=points, solution=points is None) for name, (source, points) in FOREIGN.items()
    )
    by_hand = cell("x = 0  # try", "try", points=4, solution=True)
    essay = cell("Write here.", "essay", kind="markdown", points=3, solution=True)
    chore = cell("Plot anything, below.", "chore", kind="markdown", points=2, task=True)
    write(root / "source/hw/hw.ipynb", notebook(answer, *tests, by_hand, essay, chore))
    (root / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'theirs'\n")
    assert nbgrader(root, "generate_assignment", "hw").status == 0
    for student, source in FOREIGN_SUBMISSIONS.items():
        submit(root, student, {"add": source, "essay": "I think, therefore.", "try": "x = 1"}, "hw", "hw")
    submit(root, "blank", {}, "hw", "hw")
    stock = Path(shutil.copytree(root, root.with_name("stock")))
    assert nbgrader(stock, "autograde", "hw").status == 0
    ran = autograder(root, "grade", "hw")
    assert ran.status == 0, ran
    yield root, stock


def test_a_foreign_course_gets_the_scores_and_comments_that_nbgrader_gives(foreign: tuple[Path, Path]) -> None:
    ours, stock = foreign
    assert rows(ours) == rows(stock)


def test_a_foreign_courses_partial_credit_and_marks_by_hand_are_kept(foreign: tuple[Path, Path]) -> None:
    """Or the test above could compare nothing with nothing."""
    ours, _ = foreign
    hand = {"try": None, "essay": None, "chore": None}
    full = {"add-small": 1.0, "add-large": 2.0, "share": 1.0, "hidden": 1.0}
    assert scores(ours, "hw")["all"] == {**full, **hand}
    assert scores(ours, "hw")["half"] == {"add-small": 1.0, "add-large": 0.0, "share": 1.0, "hidden": 0.0, **hand}
    assert scores(ours, "hw")["syntax"] == {**dict.fromkeys(full, 0.0), **hand}
    assert scores(ours, "hw")["blank"] == {**dict.fromkeys(full, 0.0), "try": 0.0, "essay": 0.0, "chore": None}


def test_a_foreign_courses_test_cells_say_that_they_ran_beside_the_students_code(foreign: tuple[Path, Path]) -> None:
    ours, _ = foreign
    for name in ("add-small", "add-large", "share", "hidden"):
        shown = json.dumps(autograded(ours, "all", "hw", "hw")[name].outputs)
        assert "These tests ran beside the student's code" in shown
    page = (ours / "feedback/all/hw/hw.html").read_text()
    assert page.count("These tests ran beside the student&#39;s code") == 4
