"""`autograder verify`: each kind of problem, on a course that is whole but for that one thing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from autograder.authoring.task import task
from autograder.tasks import all_tasks
from autograder.verify.notebooks import generate_release, graded_source, verify_folders, verify_notebook, verify_release
from autograder.verify.refresh import canonical
from autograder.verify.table import table_of
from autograder.verify.tasks import Tally, verify_task

ROOT = Path(__file__).parents[2]
TASK = all_tasks()["d_square"]
HINTS = "\n".join(f"<details><summary>Hint {n}</summary>\n\nStep {n}.\n\n</details>\n" for n in (1, 2, 3))


def nbgrader(grade_id: str, **flags: Any) -> dict[str, Any]:
    return {"nbgrader": {"schema_version": 3, "task": False, "grade_id": grade_id, **flags}}


def whole_notebook() -> NotebookNode:
    """A notebook of one task with nothing wrong in it."""
    answer = "def d_square(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
    solution = nbgrader("d_square-solution", grade=False, solution=True, locked=False)
    tests = nbgrader("d_square-tests", grade=True, solution=False, locked=True, points=int(TASK.points))
    full_marks = new_output("execute_result", {"text/plain": repr(float(TASK.points))}, execution_count=2)
    cells = [
        new_markdown_cell("# Slopes", id="title"),
        new_markdown_cell("## Task 1: `d_square`", id="d_square-heading"),
        new_markdown_cell(HINTS, id="d_square-hints"),
        new_code_cell(answer, id="d_square-solution", metadata=solution, execution_count=1),
        new_code_cell(
            graded_source("d_square"), id="d_square-tests", metadata=tests, execution_count=2, outputs=[full_marks]
        ),
    ]
    return canonical(new_notebook(cells=cells))


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """The root of a course of one assignment, of one task."""
    write(tmp_path, whole_notebook())
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    return tmp_path


def write(root: Path, notebook: NotebookNode) -> Path:
    path = root / "source" / "a01_slopes" / "a01_slopes.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def test_a_whole_notebook_has_no_problems(course: Path) -> None:
    assert verify_notebook(course / "source/a01_slopes/a01_slopes.ipynb", [TASK]) == []
    assert list(verify_folders(course, ["a01_slopes"])) == []


Change = Callable[[NotebookNode], None]
BROKEN: dict[str, tuple[Change, str]] = {
    "a task without a tests cell": (lambda nb: nb.cells.pop(4), "needs one cell with the grade_id d_square-tests"),
    "a task without a solution cell": (
        lambda nb: nb.cells.pop(3),
        "needs one cell with the grade_id d_square-solution",
    ),
    "two tests cells": (
        lambda nb: nb.cells.append(NotebookNode(nb.cells[4], id="again", execution_count=3)),
        "d_square-tests; there are 2",
    ),
    "tests before the solution": (lambda nb: nb.cells.insert(3, nb.cells.pop(4)), "turn them round"),
    "tests that say more": (lambda nb: nb.cells[4].update(source=nb.cells[4].source + "\n1.0"), "and nothing else"),
    "hidden tests in the open": (
        lambda nb: nb.cells[4].update(source='grade("d_square", d_square)'),
        "### BEGIN HIDDEN TESTS",
    ),
    "other points": (lambda nb: nb.cells[4].metadata.nbgrader.update(points=7), "gives 7 points, the task says 2"),
    "a tests cell that is not locked": (
        lambda nb: nb.cells[4].metadata.nbgrader.update(locked=False),
        "must be nbgrader's 'Autograder tests'",
    ),
    "a solution cell that is graded": (
        lambda nb: nb.cells[3].metadata.nbgrader.update(grade=True, points=1),
        "must be nbgrader's 'Autograded answer'",
    ),
    "a solution without its markers": (
        lambda nb: nb.cells[3].update(source="def d_square(x):\n    return 2 * x"),
        "needs ### BEGIN SOLUTION",
    ),
    "a solution that scores less than full": (
        lambda nb: nb.cells[4].outputs[0].data.update({"text/plain": "0.5"}),
        "stores the result 0.5, full marks are 2",
    ),
    "a graded cell that prints to stderr": (
        lambda nb: nb.cells[4].outputs.insert(0, new_output("stream", name="stderr", text="careful")),
        "writes to stderr",
    ),
    "a graded cell of no task": (
        lambda nb: nb.cells[3].metadata.nbgrader.update(grade_id="d_sqare-solution"),
        "d_sqare-solution belongs to no task",
    ),
    "no heading": (lambda nb: nb.cells[1].update(source="Now d_square."), "no heading above d_square-solution"),
    "two hints": (
        lambda nb: nb.cells[2].update(source=HINTS.partition("<details><summary>Hint 3")[0]),
        "needs 3 hints between its heading and its solution",
    ),
    "hints that stand above the heading": (
        lambda nb: nb.cells.insert(1, nb.cells.pop(2)),
        "there are 0",
    ),
    "an empty hint": (
        lambda nb: nb.cells[2].update(source=HINTS.replace("Step 2.", "")),
        "has an empty Hint 2",
    ),
    "a cell that was not run": (lambda nb: nb.cells[3].update(execution_count=None), "d_square-solution was not run"),
    "cells run out of order": (lambda nb: nb.cells[3].update(execution_count=5), "run out of order"),
    "an empty code cell": (
        lambda nb: nb.cells.append(new_code_cell("", id="empty", execution_count=3)),
        "the code cell empty is empty",
    ),
    "a stored error": (
        lambda nb: nb.cells[3].outputs.append(new_output("error", ename="E", evalue="", traceback=[])),
        "stores an error",
    ),
    "a random cell id": (lambda nb: nb.cells[0].update(id="0a1b2c3d"), "has the random id 0a1b2c3d"),
    "metadata that changes by itself": (
        lambda nb: nb.cells[3].metadata.update(execution={"iopub.status.busy": "2026-01-01"}),
        "not in canonical form",
    ),
    "another kernel": (lambda nb: nb.metadata.kernelspec.update(name="conda-env"), "not in canonical form"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_notebook_is_reported_with_what_to_do(fault: str, tmp_path: Path) -> None:
    change, said = BROKEN[fault]
    notebook = whole_notebook()
    change(notebook)
    problems = verify_notebook(write(tmp_path, notebook), [TASK])
    assert any(said in problem for problem in problems), problems
    assert all(problem.startswith("source/a01_slopes/a01_slopes.ipynb: ") for problem in problems)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 3}'])
def test_a_file_that_is_no_notebook_is_one_problem(text: str, course: Path) -> None:
    path = course / "source/a01_slopes/a01_slopes.ipynb"
    path.write_text(text)
    (problem,) = verify_notebook(path, [TASK])
    assert "is no notebook" in problem


def test_a_task_package_wants_a_notebook(course: Path) -> None:
    problems = list(verify_folders(course, ["a01_slopes", "a02_chain_rule"]))
    assert problems == [
        "autograder/tasks/a02_chain_rule has no notebook: "
        "write source/a02_chain_rule/a02_chain_rule.ipynb, or remove the package."
    ]


def test_a_folder_wants_a_task_package_and_a_notebook_of_its_name(course: Path) -> None:
    (course / "source/a99_extra").mkdir()
    (course / "source/a99_extra/other.ipynb").touch()
    problems = "\n".join(verify_folders(course, ["a01_slopes"]))
    assert "source/a99_extra has no tasks" in problems
    assert "source/a99_extra has no a99_extra.ipynb" in problems
    assert "source/a99_extra/other.ipynb would be released too" in problems


def test_code_beside_a_notebook_would_leak_and_data_may_stay(course: Path) -> None:
    (course / "source/a01_slopes/data").mkdir()
    for name in ("answers.py", "data/heights.csv", "data/helper.pyc"):
        (course / "source/a01_slopes" / name).touch()
    problems = list(verify_folders(course, ["a01_slopes"]))
    assert [problem.split()[0] for problem in problems] == [
        "source/a01_slopes/answers.py",
        "source/a01_slopes/data/helper.pyc",
    ]


def test_a_release_out_of_step_is_reported_file_by_file(course: Path) -> None:
    assert verify_release(course) == [
        "release/a01_slopes/a01_slopes.ipynb is missing. Run `make release` and commit what it writes."
    ]
    generate_release(course, course / "release")
    assert verify_release(course) == []
    released = course / "release/a01_slopes/a01_slopes.ipynb"
    released.write_text(released.read_text() + "\n")
    (course / "release/a00_old").mkdir()
    (course / "release/a00_old/a00_old.ipynb").touch()
    said = "\n".join(verify_release(course))
    assert "release/a01_slopes/a01_slopes.ipynb is not what its source gives" in said
    assert "release/a00_old/a00_old.ipynb comes from no source" in said


def test_what_nbgrader_refuses_is_passed_on(tmp_path: Path) -> None:
    notebook = whole_notebook()
    notebook.cells[3].source = "def d_square(x):\n    ### BEGIN SOLUTION\n    return 2 * x"
    write(tmp_path, notebook)
    (problem,) = verify_release(tmp_path)
    assert "nbgrader generate_assignment failed" in problem
    assert "no end solution statement found" in problem


def test_the_table_has_a_line_for_each_task_and_adds_up() -> None:
    other = all_tasks()["d_cube"]
    text = table_of([Tally(TASK, 6, 5, 7, 8), Tally(other, 6, 6, 7, 7)])
    head, first, second, total = text.splitlines()
    assert head.split()[:7] == ["task", "mistakes", "rejected", "diagnosed", "right", "answers", "accepted"]
    assert head.split()[7:] == ["twins", "worded", "for", "all"]
    assert first.split() == ["d_square", str(len(TASK.mistakes)), "6", "5", "8", "7", "0", "0"]
    assert second.split()[0] == "d_cube"
    assert total.split() == ["all", str(len(TASK.mistakes) + len(other.mistakes)), "12", "11", "15", "14", "0", "0"]
    assert len({len(line) for line in (head, first, second, total)}) == 1


def test_a_task_that_lets_a_mistake_through_is_reported() -> None:
    @task(points=1, examples=[1.0, 2.0], probes=lambda rng: [(3.0,), (4.0,)])
    def d_abs_square(x: float) -> float:
        """The derivative of x² at x"""
        return 2.0 * x

    @d_abs_square.mistake("Lost the sign")
    def dropped_the_sign(x: float) -> float:
        return abs(2.0 * x)

    @d_abs_square.mistake("Forgot the factor.")
    def lost_the_factor(x: float) -> float:
        return x

    @d_abs_square.mistake("Halved it.")
    def halved(x: float) -> float:
        return 2.0 * x / 2

    @d_abs_square.right
    def not_right_at_all(x: float) -> float:
        return 2.0 * x + 1

    said = "\n".join(verify_task(d_abs_square).problems)
    assert "the mistake dropped_the_sign scores full marks on some seeds" in said
    assert "the mistake halved is recognised as nothing" in said
    assert "the right answer not_right_at_all loses marks" in said
    assert "ends with a full stop" in said
    assert "lists 3 mistakes, 8 are wanted" in said
    assert "the explanation of dropped_the_sign should be a sentence" in said


def test_twins_are_held_against_the_mistake_and_its_words() -> None:
    @task(points=1, examples=[1.0, 3.0, -2.0], probes=lambda rng: [(float(n),) for n in rng.normal(size=5)])
    def doubled_twice(x: float) -> float:
        """4 x."""
        return 4 * x

    @doubled_twice.mistake("You doubled x once.")
    def once(x: float) -> float:
        return 2 * x

    @doubled_twice.twin(once)
    def added_to_itself(x: float) -> float:
        return x + x

    @doubled_twice.twin(once)
    def of_other_numbers(x: float) -> float:
        return 3 * x

    tally = verify_task(doubled_twice)
    problems = "\n".join(tally.problems)
    assert tally.twins == 2
    assert "added_to_itself" not in problems and "once has a twin, and its explanation names one cause" in problems
    assert "of_other_numbers is listed as a twin of once and is recognised as nothing" in problems
