"""Which test cells are ours, and what each grades."""

from __future__ import annotations

from pathlib import Path

import pytest
from classroom import autograder, cell, nbgrader, notebook, rows, scores, submit, task_cells, write

from autograder.examiner.testcells import Graded, Unrecognised, graded_by

SETUP = "from autograder import check, grade"
RECOGNISED = {
    'grade("d_square")': SETUP,
    'check("d_square")\ngrade("d_square")': SETUP,
    'grade("d_square", d_square)': SETUP,
    'check("d_square", d_square)\ngrade("d_square", d_square)': SETUP,
    "import torch\ngrade('d_square', answer=d_square)": SETUP,
    'grade(answer=d_square, name="d_square")': SETUP,
    'autograder.grade("d_square", d_square)': "import autograder",
    'ag.grade("d_square", d_square)': "import torch, autograder as ag",
    'autograder.notebook.grade("d_square", d_square)': "import autograder",
    'marks("d_square", d_square)': "from autograder import grade as marks",
    'grade("d_square", d_square) # alone': "",
    'name = "d_square"\ngrade(name, d_square)': SETUP,
    'mine("d_square", d_square)': f"{SETUP}\0mine = grade",
    'from autograder import grade\ngrade("d_square", d_square)': "def grade(*args): ...",
    '%%time\ngrade("d_square", d_square)': SETUP,
    'grade("d_square", d_square)\n"a sentence"': "from autograder import *",
}
REFUSED = {
    'grade("d_sqare", d_square)': SETUP,
    'grade(name="d_sqare", answer=d_square)': SETUP,
    'autograder.grade("d_sqare", d_square)': "import autograder",
    "grade(name, d_square)": SETUP,
    "grade()": SETUP,
    'grade("d_square", d_square, 3)': SETUP,
    'grade(*["d_square", d_square])': SETUP,
    'grade("d_square", lambda x: 2 * x)': SETUP,
    'grade("d_square", my_square)': SETUP,
    'check("d_square", d_square)': SETUP,
    'check("d_square", d_square)\nassert d_square(1) == 2': SETUP,
    'x = grade("d_square", d_square)\nx': SETUP,
    'assert grade("d_square", d_square) == 2': SETUP,
    'if True:\n    grade("d_square", d_square)': SETUP,
    'for n, f in [("d_square", d_square)]:\n    grade(n, f)': SETUP,
    'list(map(grade, ["d_square"], [d_square]))': SETUP,
    "test_square()": f'{SETUP}\0def test_square():\n    grade("d_square", d_square)',
    'getattr(autograder, "grade")("d_square", d_square)': "import autograder",
    'grade("d_square", d_square)\ngrade("d_cube", d_cube)': SETUP,
    'grade("d_square", d_square': SETUP,
    'import functools\nfunctools.partial(grade, "d_square")(d_square)': SETUP,
}
THEIRS = {
    "assert d_square(1) == 2": SETUP,
    'grade("d_square", d_square)': "def grade(name, f):\n    return 1.0",
    "grade(1, 2)": "from helpers import grade",
    'check("d_square", d_square)': "from helpers import *",
    'grader.check("q1")': "import otter\ngrader = otter.Notebook()",
    'helpers.grade("d_sqare", x)': "import helpers",
    "show.table(1)\nassert True": "from autograder import show",
    "autograder.show.table(1)\nassert True": "import autograder",
    "def broken(:": SETUP,
    "": SETUP,
}


@pytest.mark.parametrize("source", RECOGNISED)
def test_a_cell_that_names_its_task_is_recognised_by_whatever_name_grade_goes(source: str) -> None:
    assert graded_by(source, RECOGNISED[source]) == Graded("d_square", False)


@pytest.mark.parametrize("source", REFUSED)
def test_a_cell_that_calls_ours_and_names_no_task_is_refused(source: str) -> None:
    with pytest.raises(Unrecognised):
        graded_by(source, REFUSED[source])


@pytest.mark.parametrize("source", THEIRS)
def test_a_cell_that_calls_something_of_the_same_name_is_another_courses(source: str) -> None:
    assert graded_by(source, THEIRS[source]) is None


def test_tests_beside_a_grade_are_noticed() -> None:
    assert graded_by('grade("d_square", d_square)\nassert d_square(1) == 2', SETUP) == Graded("d_square", True)


def test_a_typo_is_told_with_the_nearest_task() -> None:
    with pytest.raises(Unrecognised, match=r"'d_sqare'.*'d_square' is"):
        graded_by('grade("d_sqare", d_square)', SETUP)


@pytest.fixture
def typo(tmp_path: Path) -> Path:
    """A course with a test cell that the grader cannot tell, and somebody who has handed in nothing of use."""
    root = tmp_path / "course"
    answer, tests = task_cells("d_square", 2)
    tests.source = tests.source.replace('grade("d_square"', 'grade("d_sqare"')
    write(root / "source/hw/hw.ipynb", notebook(cell(SETUP), answer, tests))
    (root / "nbgrader_config.py").write_text((Path(__file__).parents[2] / "nbgrader_config.py").read_text())
    assert nbgrader(root, "generate_assignment", "hw").status == 0
    submit(root, "ann", {}, "hw", "hw")
    return root


def test_an_assignment_with_such_a_cell_is_refused_before_anyone_is_graded(typo: Path) -> None:
    ran = autograder(typo, "grade", "hw")
    assert ran.status == 2
    assert "'d_square-tests'" in ran.err and "'d_sqare'" in ran.err and "generate_assignment hw" in ran.err
    assert rows(typo)["grade"] == []
    assert not (typo / "autograded").exists()


def test_nbgraders_own_command_gives_it_no_marks_either(typo: Path) -> None:
    ran = nbgrader(typo, "autograde", "hw")
    assert ran.status != 0
    assert "'d_sqare'" in ran.err
    assert not any(score for student in scores(typo, "hw").values() for score in student.values())


def test_asserts_beside_a_grade_run_and_count(tmp_path: Path) -> None:
    root = tmp_path / "course"
    answer, tests = task_cells("d_square", 2)
    tests.source += "\nassert d_square.__doc__\nd_square(1)"
    write(root / "source/hw/hw.ipynb", notebook(cell(SETUP), answer, tests))
    (root / "nbgrader_config.py").write_text((Path(__file__).parents[2] / "nbgrader_config.py").read_text())
    assert nbgrader(root, "generate_assignment", "hw").status == 0
    documented = 'def d_square(x):\n    "It warns."\n    import warnings\n    warnings.warn("x")\n    return 2 * x'
    submit(root, "both", {"d_square-solution": documented}, "hw", "hw")
    submit(root, "undocumented", {"d_square-solution": "def d_square(x):\n    return 2 * x"}, "hw", "hw")
    submit(root, "wrong", {"d_square-solution": 'def d_square(x):\n    "Doc."\n    return x'}, "hw", "hw")
    ran = autograder(root, "grade", "hw")
    assert ran.status == 0, ran
    found = {student: cells["d_square-tests"] for student, cells in scores(root, "hw").items()}
    assert found == {"both": 2.0, "undocumented": 0.0, "wrong": 0.0}
