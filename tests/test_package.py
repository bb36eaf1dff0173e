"""The package as a whole: what it exports, and what importing a part of it brings along."""

from __future__ import annotations

import subprocess
import sys

import pytest

import autograder

ANSWER_KEY = ("autograder.tasks", "autograder.authoring", "autograder.marking")


def loaded_after(statement: str) -> set[str]:
    """The modules of ours that a new interpreter holds after `statement`."""
    code = f"{statement}\nimport sys\nprint(*(name for name in sys.modules if name.startswith('autograder')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_all_names_what_a_notebook_needs_and_each_name_is_there() -> None:
    assert autograder.__all__ == ["check", "grade", "show"]
    for name in autograder.__all__:
        assert getattr(autograder, name) is not None


def test_an_unknown_name_raises_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'chekc'"):
        autograder.chekc  # noqa: B018


@pytest.mark.parametrize("part", ["exchange.drive", "exchange.values", "exchange.recipes", "show"])
def test_importing_a_part_of_the_students_side_brings_no_answer_key(part: str) -> None:
    loaded = loaded_after(f"import autograder.{part}")
    assert f"autograder.{part}" in loaded
    assert not [name for name in loaded if name.startswith(ANSWER_KEY)]


def test_importing_check_does_bring_the_answer_key() -> None:
    """Or the test above would pass whatever happened."""
    assert "autograder.tasks" in loaded_after("from autograder import check")


def test_importing_the_package_imports_no_torch() -> None:
    code = "import autograder, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("part", ["grading.run", "nbgrader", "grading.feedback", "examiner.client", "demo"])
def test_what_grades_a_class_imports_no_torch(part: str) -> None:
    """Its examiners do, meanwhile."""
    code = f"import autograder.{part}, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
