"""Small courses to grade: how the tests make them, run programs in them and read their gradebooks."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).parents[1]

# --- notebooks ----------------------------------------------------------------------------------------------------


def cell(
    source: str, name: str | None = None, *, kind: str = "code", points: float | None = None, **flags: bool
) -> Any:
    """A cell; with a `name`, one that nbgrader knows. Flags: solution, task; locked where it is neither."""
    made = new_code_cell(source) if kind == "code" else new_markdown_cell(source)
    if name is not None:
        solution, task = flags.get("solution", False), flags.get("task", False)
        about = {"schema_version": 3, "grade_id": name, "solution": solution, "task": task, "locked": not solution}
        made.metadata.nbgrader = NotebookNode(about, grade=points is not None and not task)
        if points is not None:
            made.metadata.nbgrader.points = points
    return made


def notebook(*cells: NotebookNode) -> NotebookNode:
    made: NotebookNode = new_notebook(cells=list(cells))
    made.metadata.kernelspec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return made


def task_cells(name: str, points: float) -> list[NotebookNode]:
    """The answer's cell and the test cell of one of our tasks, as in source/."""
    tests = f'check("{name}")\n### BEGIN HIDDEN TESTS\ngrade("{name}")\n### END HIDDEN TESTS'
    stub = f"def {name}(x):\n    ### BEGIN SOLUTION\n    return 0\n    ### END SOLUTION"
    return [cell(stub, f"{name}-solution", solution=True), cell(tests, f"{name}-tests", points=points)]


def write(path: Path, made: NotebookNode) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(made, path)
    return path


# --- the course that most tests use -------------------------------------------------------------------------------

RIGHT = {
    "d_square-solution": "def d_square(x):\n    return 2 * x",
    "d_cube-solution": "def d_cube(x):\n    return 3 * x**2",
    "why": "Because the curve gets steeper.",
}
WRONG = {
    "d_square-solution": "def d_square(x):\n    return 2 * x**2",
    "d_cube-solution": "def d_cube(x):\n    return 3 * x**3",
}


def write_course(root: Path) -> None:
    """Two assignments: ps1 (two tasks of ours and a question for a person to mark) and ps2 (two notebooks)."""
    setup = cell("from autograder import check, grade", "setup")
    why = cell("Write why.", "why", kind="markdown", points=3, solution=True)
    square, cube = task_cells("d_square", 2), task_cells("d_cube", 2)
    write(root / "source/ps1/ps1.ipynb", notebook(setup, *square, *cube, why))
    write(root / "source/ps2/first.ipynb", notebook(setup, *square))
    write(root / "source/ps2/second.ipynb", notebook(setup, *cube))
    (root / "nbgrader_config.py").write_text((ROOT / "nbgrader_config.py").read_text())


def submit(root: Path, student: str, answers: Mapping[str, str], assignment: str = "ps1", name: str = "ps1") -> Path:
    """Hand in the release notebook with these answers in its cells, by grade_id."""
    released = nbformat.read(root / "release" / assignment / f"{name}.ipynb", as_version=4)
    cells = named(released)
    for grade_id, source in answers.items():
        if grade_id in cells:
            cells[grade_id].source = source
    return write(root / "submitted" / student / assignment / f"{name}.ipynb", released)


def named(made: NotebookNode) -> dict[str, NotebookNode]:
    """A notebook's cells by grade_id."""
    return {c.metadata.nbgrader.grade_id: c for c in made.cells if "nbgrader" in c.metadata}


def autograded(root: Path, student: str, assignment: str = "ps1", name: str = "ps1") -> dict[str, NotebookNode]:
    return named(nbformat.read(root / "autograded" / student / assignment / f"{name}.ipynb", as_version=4))


def autograded_files(root: Path) -> dict[str, bytes]:
    """Every autograded notebook, to the byte."""
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted((root / "autograded").rglob("*.ipynb"))}


# --- running programs ---------------------------------------------------------------------------------------------

PATIENCE_SECONDS = 240  # with a program that says nothing; what fails because of that says so in time
_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(["preloaded"])


# Moments at which a run can be told to stop: before or after a function is called.
MOMENTS = {
    "before the lock": ("before", "autograder.grading.run.private_folder"),
    "before the assignment is generated": ("before", "autograder.grading.keys.GenerateAssignment.start"),
    "while a gradebook is made": ("before", "nbgrader.api.get_alembic_version"),
    "before a notebook's cells enter the gradebook": (
        "before",
        "nbgrader.preprocessors.savecells.SaveCells._create_notebook",
    ),
    "while a notebook's cells enter the gradebook": (
        "after",
        "nbgrader.api.Gradebook.update_or_create_solution_cell",
    ),
    "while a submission runs": ("after", "autograder.grading.submission.run"),
    "while an autograded folder is replaced": ("before", "autograder.grading.jobs.set_permissions"),
    "when a submission's folder is there": ("after", "autograder.grading.jobs.Grader._grade"),
    "before the gradebook is written": ("before", "autograder.grading.run.record"),
    "in the middle of writing the gradebook": ("after", "autograder.grading.gradebook._assign_late_penalty"),
    "after the gradebook was written": ("after", "autograder.grading.run.record"),
    "when a feedback page is there": ("after", "autograder.grading.jobs.PageWriter.write"),
}


@dataclass(frozen=True)
class Ran:
    """How a program went."""

    status: int
    out: str
    err: str


def autograder(root: Path, *argv: str, fault: tuple[str, str, str] | None = None) -> Ran:
    """Run `autograder ARGV` in a course root, in a process of its own; for `fault` see preloaded.py."""
    with running(root, "autograder", *argv, fault=fault) as run:
        return run.result()


def nbgrader(root: Path, *argv: str) -> Ran:
    """Run `nbgrader ARGV` in a course root, in a process of its own."""
    with running(root, "nbgrader", *argv) as run:
        return run.result()


class Run:
    """A program that runs, or waits at the moment that it was told to stop at."""

    def __init__(self, process: Any, pipe: Connection) -> None:
        self.process, self._pipe = process, pipe

    def wait_for_the_moment(self) -> None:
        reached = self._received()
        assert isinstance(reached, str), f"it ended before: {reached}"

    def go_on(self) -> None:
        self._pipe.send(None)

    def kill(self) -> None:
        """With SIGKILL, its workers too."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.join()

    def result(self) -> Ran:
        ran = Ran(*self._received())
        self.process.join()
        return ran

    def _received(self) -> Any:
        if not self._pipe.poll(PATIENCE_SECONDS):
            raise TimeoutError(f"The program has said nothing for {PATIENCE_SECONDS} seconds.")
        return self._pipe.recv()


@contextmanager
def running(
    root: Path, program: str, *argv: str, stop: str | None = None, fault: tuple[str, str, str] | None = None
) -> Iterator[Run]:
    """Start a program in a course root; at the moment `stop` (see preloaded.py) it waits to be told to go on."""
    environment = os.environ.get("PYTHONPATH")
    here = str(Path(__file__).parent)
    os.environ["PYTHONPATH"] = os.pathsep.join([here, *filter(None, [environment])])  # for the server of runs
    ours, theirs = _server.Pipe()
    process = _server.Process(target=_run, args=(root, program, argv, theirs, stop, fault))
    try:
        process.start()
    except EOFError as error:
        raise RuntimeError("The server of runs ended: `cd tests; python -c 'import preloaded'` shows why.") from error
    finally:
        if environment is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = environment
    theirs.close()
    try:
        yield Run(process, ours)
    finally:
        if process.is_alive() and process.pid:
            os.killpg(process.pid, signal.SIGKILL)
        process.join()
        ours.close()


def _run(*args: Any) -> None:
    import preloaded

    preloaded.run(*args)


# --- reading a gradebook ------------------------------------------------------------------------------------------

_NOTEBOOK = """
    FROM {table} JOIN submitted_notebook ON submitted_notebook.id = {table}.notebook_id
    JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
    JOIN notebook ON notebook.id = submitted_notebook.notebook_id
    JOIN assignment ON assignment.id = submitted_assignment.assignment_id
    JOIN base_cell ON base_cell.id = {table}.cell_id"""
_CELL = "submitted_assignment.student_id, assignment.name, notebook.name, base_cell.name"
_QUERIES = {
    "grade": f"SELECT {_CELL}, auto_score, manual_score, extra_credit, needs_manual_grade"
    + _NOTEBOOK.format(table="grade"),
    "comment": f"SELECT {_CELL}, auto_comment, manual_comment" + _NOTEBOOK.format(table="comment"),
    "submitted_assignment": "SELECT student_id, name, timestamp, extension FROM submitted_assignment"
    " JOIN assignment ON assignment.id = assignment_id",
    "submitted_notebook": "SELECT student_id, assignment.name, notebook.name, flagged, late_submission_penalty"
    " FROM submitted_notebook JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id"
    " JOIN notebook ON notebook.id = submitted_notebook.notebook_id"
    " JOIN assignment ON assignment.id = submitted_assignment.assignment_id",
    "student": "SELECT id, first_name, last_name, email FROM student",
    "source_cell": "SELECT base_cell.name, notebook.name, assignment.name, locked, source, checksum FROM source_cell"
    " JOIN base_cell ON base_cell.id = source_cell.id JOIN notebook ON notebook.id = base_cell.notebook_id"
    " JOIN assignment ON assignment.id = notebook.assignment_id",
    "alembic_version": "SELECT version_num FROM alembic_version",
}


def rows(root: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in a gradebook that matters, in an order of its own: all but ids."""
    with sqlite3.connect(root / "gradebook.db") as db:
        found = {table: sorted(db.execute(query).fetchall(), key=repr) for table, query in _QUERIES.items()}
    db.close()
    return found


def scores(root: Path, assignment: str = "ps1") -> dict[str, dict[str, float | None]]:
    """The automatic score of each graded cell, by student and grade_id."""
    found: dict[str, dict[str, float | None]] = {}
    for student, of, _, name, score, *_ in rows(root)["grade"]:
        if of == assignment:
            found.setdefault(student, {})[name] = score
    return found


def change(root: Path, statement: str, *values: object) -> None:
    """Change a gradebook behind nbgrader's back, as a person does in the formgrader."""
    db = sqlite3.connect(root / "gradebook.db")
    with db:
        assert db.execute(statement, values).rowcount > 0, "nothing was changed"
    db.close()
