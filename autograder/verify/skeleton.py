"""What a new task begins with: its file, its line in the list of its assignment, and its cells in the notebook.

Everything that is left to write is what `autograder verify` then asks for, so nothing of a skeleton can be forgotten.
"""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from .notebooks import HINTS, graded_source

_ASSIGNMENT = re.compile(r"a\d\d_[a-z0-9]+(_[a-z0-9]+)*")
_TASK = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

_TASK_FILE = '''"""The task `{task}` of {assignment}."""

from __future__ import annotations

from ...authoring.oracle import slope
from ...authoring.probes import reals
from ...authoring.task import task


@task(points={points:g}, examples=[2.0, -1.5], probes=reals(-3, 3, also=[0.0]))
def {task}(x):
    """Say here in one line what it returns"""
    return slope(lambda t: t**2, x)
'''
_PACKAGE = '''"""Tasks of {short}: say here what the assignment is about."""

TASKS = ()
'''
_TASKS = re.compile(r"^TASKS = \((.*?)\)$", re.MULTILINE | re.DOTALL)
_TITLE = """# Say here what it is about

Say why anyone would want to know, in a few plain sentences, and what they will be able to do at the end.

**Time**: about 60 minutes. **You need**: the assignments before this one."""
_SETUP = "import torch\n\nfrom autograder import check, grade, show"
_STATEMENT = """### Task {number}: `{task}` ({points:g} points)

Say here what to write, for which inputs, and give an example with its number."""
_HINT = "\n<details><summary>Hint {0}</summary>\n\n</details>"
_SOLUTION = '''def {task}(x):
    """Say here what it returns."""
    ### BEGIN SOLUTION
    raise NotImplementedError
    ### END SOLUTION'''
_SUMMARY = "## What you now know\n\n- Say here what was learnt, a line a task."


class CannotBegin(ValueError):
    """A task that cannot be begun like this; the message says why and what to do."""


def begin(root: Path, name: str, points: float) -> list[Path]:
    """Write the skeleton of the task `name`, "ASSIGNMENT/TASK", into the checkout `root`; the files that it touched.

    An assignment that is not there yet is begun as well. Raises CannotBegin, and then nothing was written.
    """
    assignment, slash, task = name.partition("/")
    package = root / "autograder" / "tasks" / assignment
    notebook = root / "source" / assignment / f"{assignment}.ipynb"
    _refuse(root, name, assignment if slash else "", task, package)
    package.mkdir(exist_ok=True)
    listing = package / "__init__.py"
    listed = listing.read_text() if listing.exists() else _PACKAGE.format(short=assignment.partition("_")[0])
    begun = nbformat.read(notebook, as_version=4) if notebook.exists() else _new_notebook()
    tasks = [*_TASK.findall(_TASKS.search(listed)[1]), task]  # type: ignore[index]
    listing.write_text(_TASKS.sub(f"TASKS = {_tuple(tasks)}", listed, count=1))
    file = package / f"{task}.py"
    file.write_text(_TASK_FILE.format(task=task, assignment=assignment, points=points))
    place = next((i for i, cell in enumerate(begun.cells) if cell.id == "summary"), len(begun.cells))
    begun.cells[place:place] = _cells(task, len(tasks), points)
    notebook.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(begun, notebook)
    return [file, listing, notebook]


def _refuse(root: Path, name: str, assignment: str, task: str, package: Path) -> None:
    if not (root / "autograder" / "tasks").is_dir():
        raise CannotBegin(
            f"{root} is no checkout of the course: it has no autograder/tasks. Change to one and try again."
        )
    if not _ASSIGNMENT.fullmatch(assignment) or not _TASK.fullmatch(task):
        raise CannotBegin(
            f"{name!r} does not name a task: write ASSIGNMENT/TASK, for example a01_slopes/d_square. An assignment is "
            "a, two digits and words joined by _; a task is a Python name in letters, digits and _."
        )
    short = assignment.partition("_")[0]
    for other in sorted(package.parent.glob(f"{short}_*")):
        if other.is_dir() and other.name != assignment:
            raise CannotBegin(f"{short} is {other.name} already: name that assignment, or take another number.")
    for other in sorted(package.parent.glob(f"*/{task}.py")):
        raise CannotBegin(f"There is a task {task} already, in {other.relative_to(root)}: a task's name is its own.")


def _tuple(names: list[str]) -> str:
    """As `ruff format` writes it: one on the line, more below each other."""
    return f'("{names[0]}",)' if len(names) == 1 else "".join(["(\n", *(f'    "{name}",\n' for name in names), ")"])


def _new_notebook() -> NotebookNode:
    setup = new_code_cell(_SETUP)
    setup.metadata["nbgrader"] = _flags("setup", locked=True)
    cells = [
        _named("title", new_markdown_cell(_TITLE)),
        _named("setup", setup),
        _named("summary", new_markdown_cell(_SUMMARY)),
    ]
    made: NotebookNode = new_notebook(cells=cells)
    return made


def _cells(task: str, number: int, points: float) -> list[NotebookNode]:
    statement = _STATEMENT.format(number=number, task=task, points=points)
    hints = "".join(_HINT.format(i + 1) for i in range(HINTS))
    answer = new_code_cell(_SOLUTION.format(task=task))
    answer.metadata["nbgrader"] = _flags(f"{task}-solution", solution=True)
    tests = new_code_cell(graded_source(task))
    tests.metadata["nbgrader"] = {
        **_flags(f"{task}-tests", grade=True, locked=True),
        "points": _plain(points),
    }
    return [
        _named(f"{task}-task", new_markdown_cell(f"{statement}\n{hints}")),
        _named(f"{task}-solution", answer),
        _named(f"{task}-tests", tests),
    ]


def _plain(points: float) -> float:
    """As nbgrader's own tools write it: 2, not 2.0."""
    return int(points) if points == int(points) else points


def _flags(grade_id: str, *, grade: bool = False, solution: bool = False, locked: bool = False) -> dict[str, object]:
    """nbgrader's metadata of a code cell, schema version 3."""
    flags = {"grade": grade, "solution": solution, "locked": locked, "task": False}
    return {"grade_id": grade_id, "schema_version": 3, **flags}


def _named(cell_id: str, cell: NotebookNode) -> NotebookNode:
    cell.id = cell_id
    return cell
