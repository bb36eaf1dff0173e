"""What several test modules share: a course to copy, and the programs of this environment on the PATH."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from classroom import RIGHT, WRONG, autograder, submit, write_course

from autograder.grading.course import secret

# Tests run side by side: each with one numerical thread, or they wait for one another. Before torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# nbgrader calls `alembic` by name.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


_MAIN = sys.modules["__main__"]


@pytest.fixture(scope="module", autouse=True)
def _main_module() -> Iterator[None]:
    """A shell that a test makes puts a module of its own in the place of __main__, and no process starts without."""
    yield
    sys.modules["__main__"] = _MAIN


@pytest.fixture(scope="session")
def course_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course whose assignments are in the gradebook; nobody has handed anything in."""
    root = tmp_path_factory.mktemp("course")
    write_course(root)
    secret(root)
    for assignment in ("ps1", "ps2"):
        refused = autograder(root, "grade", assignment)  # generates, then finds no submissions
        assert refused.status == 2, refused
    return root


@pytest.fixture
def course(course_template: Path, tmp_path: Path) -> Path:
    """A fresh copy of the course."""
    return Path(shutil.copytree(course_template, tmp_path / "course"))


@pytest.fixture(scope="session")
def handed_in_template(course_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course with three submissions of ps1, not graded: right is right, wrong is wrong, half is half."""
    root = Path(shutil.copytree(course_template, tmp_path_factory.mktemp("handed-in") / "course"))
    submit(root, "right", RIGHT)
    submit(root, "wrong", WRONG)
    submit(root, "half", {**RIGHT, "d_cube-solution": WRONG["d_cube-solution"]})
    return root


@pytest.fixture
def handed_in(handed_in_template: Path, tmp_path: Path) -> Path:
    """A fresh copy of the course with three submissions."""
    return Path(shutil.copytree(handed_in_template, tmp_path / "course"))


@pytest.fixture(scope="session")
def graded_template(handed_in_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same course after one undisturbed run of `autograder grade`."""
    root = Path(shutil.copytree(handed_in_template, tmp_path_factory.mktemp("graded") / "course"))
    graded = autograder(root, "grade", "ps1")
    assert graded.status == 0, graded
    return root


@pytest.fixture
def graded(graded_template: Path, tmp_path: Path) -> Path:
    """A fresh copy of the graded course."""
    return Path(shutil.copytree(graded_template, tmp_path / "course"))
