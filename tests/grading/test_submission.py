"""One submission: read, put right, run and scored. The child here is a stand-in; the jail has tests of its own."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest
from classroom import cell, named, notebook, task_cells, write
from nbformat import NotebookNode
from nbgrader.utils import determine_grade

from autograder.examiner import examine
from autograder.exchange.drive import Outcome, drive
from autograder.exchange.values import Raised
from autograder.grading import submission
from autograder.grading.gradebook import KeyCell, NotebookKey
from autograder.grading.reading import UnreadableSubmission, read
from autograder.grading.submission import restored, scores
from autograder.jail.client import Died, Ran

SQUARE = "def d_square(x):\n    return 2 * x"


def key(*cells: NotebookNode) -> NotebookKey:
    """What a gradebook knows of a notebook with these cells."""
    known = [
        KeyCell(
            name=c.metadata.nbgrader.grade_id,
            cell_type=c.cell_type,
            source=c.source,
            locked=c.metadata.nbgrader.locked,
            checksum=None,
            grade=c.metadata.nbgrader.grade,
            solution=c.metadata.nbgrader.solution,
            task=c.metadata.nbgrader.task,
            points=c.metadata.nbgrader.get("points"),
        )
        for c in cells
    ]
    return NotebookKey("ps", {"name": "python3", "display_name": "Python 3", "language": "python"}, tuple(known))


ANSWER, TESTS = task_cells("d_square", 2)
KEY = key(cell("from autograder import check, grade", "setup"), ANSWER, TESTS)


def submitted(answer: str = SQUARE) -> NotebookNode:
    return notebook(
        cell("from autograder import check, grade", "setup"),
        cell(answer, "d_square-solution", solution=True),
        cell('check("d_square", d_square)', "d_square-tests", points=2),
    )


class InProcess:
    """A child that is none: runs cells here, and keeps the probes that an answer was driven with."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"check": lambda *_: None, "grade": lambda *_: None}
        self.alive = True
        self.ran: list[str] = []
        self.probes: list[Sequence[Any]] = []

    def run(self, source: str, count: int | None = None) -> Ran:
        self.ran.append(source)
        if "os._exit" in source:
            self.alive = False
            return Ran([], "it ended its own process", died=True)
        try:
            exec(source.replace("from autograder import check, grade", ""), self.names)
        except Exception as error:
            return Ran([{"output_type": "error", "ename": type(error).__name__, "evalue": "", "traceback": []}])
        return Ran([{"output_type": "stream", "name": "stdout", "text": "ran\n"}])

    def drive(self, driver: str, name: str, probes: Sequence[Any], *, names: Sequence[str], watch: bool) -> list[Any]:
        if not self.alive:
            raise Died("it ended its own process")
        self.probes += probes
        if name not in self.names:
            missing = Raised(("NameError",), f"name {name!r} is not defined")
            return [Outcome(missing, missing, {}, {})] * len(probes)
        return [drive(driver, self.names[name], probe, names=names, watch=watch) for probe in probes]

    def history(self, name: str) -> dict[str, Any]:
        return {}


def run(
    made: NotebookNode, seed: tuple[str, ...] = ("secret", "ann"), known: NotebookKey = KEY
) -> tuple[Any, InProcess]:
    """Restore and run a notebook; (the notebook, the child)."""
    child, made = InProcess(), restored(made, known)
    submission.run(made, functools.partial(examine.run, child=child, seed=seed))  # type: ignore[arg-type]
    nbformat.validate(made)
    return made, child


# --- reading ------------------------------------------------------------------------------------------------------


def test_a_notebook_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "ps.ipynb", submitted())
    assert [c.source for c in read(path).cells] == [c.source for c in submitted().cells]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the file is empty"),
        (b"\n \n", "the file is empty"),
        (b"print('hello')", "not a notebook"),
        (b"null", "not a"),
        (b"[]", "not a"),
        (b'{"nbformat": 4}', "not a"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": ["magic"]}', "not a"),
    ],
)
def test_what_is_no_notebook_is_refused_with_its_name_and_the_problem(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    path = tmp_path / "ps.ipynb"
    path.write_bytes(content)
    with pytest.raises(UnreadableSubmission) as refused:
        read(path)
    assert str(refused.value).startswith(f"{path}: {problem}")
    assert "\n" not in str(refused.value)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    path = write(tmp_path / "hers.ipynb", submitted())
    (tmp_path / "ps.ipynb").symlink_to(path)
    with pytest.raises(UnreadableSubmission, match=r"ps\.ipynb: is a link"):
        read(tmp_path / "ps.ipynb")


def test_a_notebook_of_an_older_format_is_read(tmp_path: Path) -> None:
    path = tmp_path / "ps.ipynb"
    path.write_text(nbformat.writes(submitted(), version=3))
    assert named(read(path))["d_square-solution"].source == SQUARE


# --- put right ----------------------------------------------------------------------------------------------------


def test_test_cells_get_the_instructors_source_back_and_answers_keep_theirs() -> None:
    made = submitted()
    named(made)["d_square-tests"].source = "2.0"
    cells = named(restored(made, KEY))
    assert cells["d_square-tests"].source == TESTS.source
    assert cells["d_square-solution"].source == SQUARE


def test_points_flags_tags_and_the_kernel_are_those_of_the_gradebook() -> None:
    made = submitted()
    made.metadata.kernelspec = {"name": "bash", "display_name": "mine", "language": "bash"}
    tests = named(made)["d_square-tests"]
    tests.metadata.tags = ["skip-execution", "raises-exception"]
    tests.metadata.nbgrader.update(points=100, solution=True, locked=False, grade=False)
    put_right = restored(made, KEY)
    about = named(put_right)["d_square-tests"].metadata
    assert set(about) == {"nbgrader"}
    assert (about.nbgrader.points, about.nbgrader.solution, about.nbgrader.locked) == (2, False, True)
    assert about.nbgrader.grade is True
    assert put_right.metadata.kernelspec.name == "python3"


def test_what_is_handed_in_is_not_changed_itself() -> None:
    made = submitted()
    before = nbformat.writes(made)
    restored(made, KEY)
    assert nbformat.writes(made) == before


def test_old_outputs_are_dropped() -> None:
    made = submitted()
    tests = named(made)["d_square-tests"]
    tests.outputs = [nbformat.v4.new_output("execute_result", data={"text/plain": "2.0"}, execution_count=1)]
    assert named(restored(made, KEY))["d_square-tests"].outputs == []


def test_a_cell_that_claims_a_name_of_its_own_is_nobody() -> None:
    made = submitted()
    made.cells.append(cell("5.0", "bonus", points=5))
    put_right = restored(made, KEY)
    assert set(named(put_right)) == {"setup", "d_square-solution", "d_square-tests"}


@pytest.mark.parametrize("claim", ["grade", 3, [], {"grade_id": ["d_square-tests"]}, {"grade_id": None}, {}])
def test_a_claim_that_makes_no_sense_is_ignored(claim: Any) -> None:
    made = submitted()
    made.cells[0].metadata.nbgrader = claim
    assert set(named(restored(made, KEY))) == {"d_square-solution", "d_square-tests"}


def test_of_copied_cells_the_last_counts_and_the_others_only_run() -> None:
    made = submitted("def d_square(x):\n    return 0")
    made.cells.insert(2, cell(SQUARE, "d_square-solution", solution=True))
    put_right = restored(made, KEY)
    assert [c.source for c in put_right.cells if "nbgrader" in c.metadata][1] == SQUARE
    assert len(put_right.cells) == 4
    assert scores(run(made)[0]).points == {"d_square-tests": 2.0}


def test_a_missing_test_cell_is_put_back_and_graded() -> None:
    made = submitted()
    del made.cells[2]
    assert scores(run(made)[0]).points == {"d_square-tests": 2.0}


def test_a_test_cell_that_became_text_is_a_test_cell_again() -> None:
    made = submitted()
    made.cells[2] = cell("nothing to see", "d_square-tests", kind="markdown", points=2)
    assert scores(run(made)[0]).points == {"d_square-tests": 2.0}


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))])
def test_cells_may_stand_in_any_order(order: tuple[int, ...]) -> None:
    made = submitted()
    made.cells = [made.cells[index] for index in order]
    assert scores(run(made)[0]).points == {"d_square-tests": 2.0}


# --- running and scoring ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "earned"),
    [
        (SQUARE, 2.0),
        ("d_square = lambda x: x + x", 2.0),
        ("import warnings\ndef d_square(x):\n    warnings.warn('odd')\n    print('hm')\n    return 2 * x", 2.0),
        ("def d_square(x):\n    return 2 * x**2", 0.0),
        ("def d_square(x):\n    raise NotImplementedError", 0.0),
        ("def d_square(x)\n    return 2 * x", 0.0),
        ("", 0.0),
        ("d_square = 2", 0.0),
    ],
)
def test_an_answer_earns_what_it_is_worth(answer: str, earned: float) -> None:
    made, _ = run(submitted(answer))
    assert scores(made).points == {"d_square-tests": earned}
    assert determine_grade(named(made)["d_square-tests"]) == (earned, 2)


def test_a_test_cell_of_ours_never_runs_beside_the_answer() -> None:
    _, child = run(submitted())
    assert child.ran == ["from autograder import check, grade", SQUARE]


def test_the_same_secret_and_student_give_the_same_inputs_and_others_give_others() -> None:
    def inputs(*seed: str) -> str:
        return repr(run(submitted(), seed)[1].probes)

    assert inputs("secret", "ann") == inputs("secret", "ann")
    assert inputs("secret", "ann") != inputs("secret", "bob")
    assert inputs("secret", "ann") != inputs("another secret", "ann")


def test_inputs_that_were_read_in_the_feedback_are_of_no_use_in_the_next_submission() -> None:
    """A notebook may print its inputs. Whoever hands in a table of answers for them is asked for others."""
    _, seen = run(submitted())
    known = {inputs[0]: 2 * inputs[0] for inputs in seen.probes}
    made, asked = run(submitted(f"def d_square(x):\n    return {known!r}[x]"))
    hidden = {inputs[0] for inputs in asked.probes} - set(known)
    assert len(hidden) > 5
    assert scores(made).points == {"d_square-tests": 0.0}


def test_after_the_process_has_ended_what_was_answered_keeps_its_marks_and_the_rest_says_why() -> None:
    late, tests = task_cells("d_cube", 3)
    known = key(ANSWER, TESTS, late, tests)
    made = notebook(*submitted().cells[1:], cell("import os\nos._exit(0)", "d_cube-solution", solution=True), tests)
    made, _ = run(made, known=known)
    assert scores(made).points == {"d_square-tests": 2.0, "d_cube-tests": 0.0}
    assert "it ended its own process" in named(made)["d_cube-tests"].outputs[0].data["text/plain"]
    assert "process ended here" in named(made)["d_cube-solution"].outputs[-1].evalue


def test_an_untouched_answer_is_commented_as_nbgrader_does_it() -> None:
    from nbgrader.utils import compute_checksum

    made = submitted()
    answer = named(made)["d_square-solution"]
    known = [c if c.name != "d_square-solution" else _with_checksum(c, answer) for c in KEY.cells]
    untouched, _ = run(made, known=NotebookKey("ps", KEY.kernelspec, tuple(known)))
    assert compute_checksum(named(untouched)["d_square-solution"]) == known[1].checksum
    assert scores(untouched).comments == {"d_square-solution": "No response."}
    touched, _ = run(submitted(SQUARE + "  # mine"), known=NotebookKey("ps", KEY.kernelspec, tuple(known)))
    assert scores(touched).comments == {"d_square-solution": None}


def _with_checksum(known: KeyCell, made: NotebookNode) -> KeyCell:
    from dataclasses import replace

    from nbgrader.utils import compute_checksum

    return replace(known, checksum=compute_checksum(made))


# --- other courses' test cells ------------------------------------------------------------------------------------

PLAIN = key(cell("", "add", solution=True), cell("assert add(1, 2) == 3", "add-tests", points=3))


def test_a_plain_test_cell_runs_in_the_child_and_says_so() -> None:
    made = notebook(cell("def add(a, b):\n    return a + b", "add", solution=True), cell("pass", "add-tests", points=3))
    made, child = run(made, known=PLAIN)
    assert child.ran[-1] == "assert add(1, 2) == 3"
    assert scores(made).points == {"add-tests": 3.0}
    assert examine.BESIDE in [o.get("data", {}).get("text/plain") for o in named(made)["add-tests"].outputs]


def test_a_plain_test_cell_that_fails_or_never_ran_earns_nothing() -> None:
    for answer in ("def add(a, b):\n    return 0", "import os; os._exit(0)", ""):
        made, _ = run(notebook(cell(answer, "add", solution=True)), known=PLAIN)
        assert scores(made).points == {"add-tests": 0.0}, answer
