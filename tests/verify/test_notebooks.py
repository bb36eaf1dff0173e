"""The course's own notebooks: solutions score full marks, releases score none, and nothing leaks from one to the other.

nbval's part of `make test` runs every source notebook and proves that its stored outputs are what it gives.
"""

from __future__ import annotations

import logging
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbgrader.utils import determine_grade, is_grade

from autograder.verify.notebooks import by_assignment, verify_folders, verify_notebook, verify_release

ROOT = Path(__file__).parents[2]
ASSIGNMENTS = sorted(by_assignment())


def notebook(step: str, assignment: str) -> NotebookNode:
    read: NotebookNode = nbformat.read(ROOT / step / assignment / f"{assignment}.ipynb", as_version=4)
    return read


def executed(nb: NotebookNode, where: Path) -> NotebookNode:
    """The notebook after a run in a stock kernel, in which a cell may fail."""
    folder = {"metadata": {"path": str(where)}}
    return NotebookClient(nb, timeout=60, allow_errors=True, shutdown_kernel="immediate", resources=folder).execute()


def scores(nb: NotebookNode) -> dict[str, tuple[float | None, float]]:
    """What nbgrader makes of each graded cell's outputs, and the most that it could give."""
    log = logging.getLogger("test")
    return {cell.metadata.nbgrader.grade_id: determine_grade(cell, log) for cell in nb.cells if is_grade(cell)}


def test_folders_notebooks_and_task_modules_share_their_names() -> None:
    assert list(verify_folders(ROOT, ASSIGNMENTS)) == []


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_a_source_notebook_is_in_step_with_its_tasks(assignment: str) -> None:
    path = ROOT / "source" / assignment / f"{assignment}.ipynb"
    assert verify_notebook(path, by_assignment()[assignment]) == []


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_a_source_notebook_scores_full_marks(assignment: str) -> None:
    found = scores(notebook("source", assignment))
    assert found == {
        f"{task.name}-tests": (float(task.points), float(task.points)) for task in by_assignment()[assignment]
    }


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_a_release_notebook_scores_nothing_and_says_that_nothing_was_attempted(assignment: str) -> None:
    nb = executed(notebook("release", assignment), ROOT / "release" / assignment)
    assert {name: score for name, (score, _) in scores(nb).items()} == {
        f"{task.name}-tests": 0.0 for task in by_assignment()[assignment]
    }
    for cell in filter(is_grade, nb.cells):
        shown = "".join(output.get("data", {}).get("text/plain", "") for output in cell.outputs)
        assert "not attempted yet" in shown, cell.source


def test_the_committed_release_is_what_nbgrader_generates_to_the_byte() -> None:
    assert verify_release(ROOT) == []


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_no_solution_and_no_hidden_test_is_left_in_a_release(assignment: str) -> None:
    released = notebook("release", assignment)
    text = "\n".join(cell.source for cell in released.cells)
    for leak in ("BEGIN SOLUTION", "END SOLUTION", "HIDDEN TESTS", "grade("):
        assert leak not in text
    assert not [cell.id for cell in released.cells if cell.get("outputs")]
    sources = {cell.id: cell.source for cell in released.cells}
    for cell in notebook("source", assignment).cells:
        secret = solution_lines(cell.source)
        if secret:
            assert "raise NotImplementedError" in sources[cell.id]
            assert secret.isdisjoint(line.strip() for line in sources[cell.id].split("\n"))


def solution_lines(source: str) -> set[str]:
    """The lines between ### BEGIN SOLUTION and ### END SOLUTION."""
    lines: set[str] = set()
    inside = False
    for line in map(str.strip, source.split("\n")):
        if line == "### BEGIN SOLUTION":
            inside = True
        elif line == "### END SOLUTION":
            inside = False
        elif inside and line:
            lines.add(line)
    return lines


def test_solution_lines_are_found() -> None:
    """Or the test for leaks would pass whatever happened."""
    source = "def f(x):\n    ### BEGIN SOLUTION\n    y = 2\n\n    return y\n    ### END SOLUTION\n    # after"
    assert solution_lines(source) == {"y = 2", "return y"}
