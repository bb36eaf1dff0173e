"""The notebooks, and what is generated from them. Each problem is a sentence that says where, what and what to do."""

from __future__ import annotations

import filecmp
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from ..authoring.task import Task
from ..tasks import all_tasks
from .refresh import canonical, is_random

DATA = {".csv", ".json", ".npz", ".png", ".svg", ".txt"}  # what students may get beside a notebook
HINTS = 3
_HINT = re.compile(r"<details>\s*<summary>\s*Hint (\d+)\s*</summary>(.*?)</details>", re.DOTALL)
_REFRESH = "Run `make refresh A={0}` and commit what it writes."


def verify_course(root: Path, assignments: Sequence[str] = ()) -> list[str]:
    """Everything that is wrong with the course in `root`, or with these assignments: folders, notebooks, release."""
    tasks = by_assignment()
    problems = [*verify_folders(root, tasks, only=assignments)]
    for name in assignments or _folders(root / "source"):
        path = root / "source" / name / f"{name}.ipynb"
        if path.exists():
            problems += verify_notebook(path, tasks.get(name, []))
    return problems + verify_release(root, assignments)


def by_assignment() -> dict[str, list[Task]]:
    """The course's tasks, by assignment."""
    found: dict[str, list[Task]] = {}
    for task in all_tasks().values():
        found.setdefault(task.assignment, []).append(task)
    return found


def _folders(parent: Path) -> list[str]:
    return sorted(path.name for path in parent.iterdir() if path.is_dir()) if parent.is_dir() else []


def verify_folders(root: Path, assignments: Iterable[str], *, only: Sequence[str] = ()) -> Iterator[str]:
    """Folder, notebook and task package share one name; nothing that must not be released lies in a folder.

    With `only`, nothing is said about other assignments."""
    folders = [name for name in _folders(root / "source") if name in (only or [name])]
    for name in assignments:
        if name not in folders and name in (only or [name]):
            yield f"autograder/tasks/{name} has no notebook: write source/{name}/{name}.ipynb, or remove the package."
    for name in folders:
        if name not in assignments:
            yield f"source/{name} has no tasks: write autograder/tasks/{name}/, or rename the folder to its package."
        if not (root / "source" / name / f"{name}.ipynb").exists():
            yield f"source/{name} has no {name}.ipynb: folder, notebook and task package share one name."
        for path in sorted((root / "source" / name).rglob("*")):
            place = path.relative_to(root).as_posix()
            if path.is_dir() or ".ipynb_checkpoints" in path.parts or path.name == f"{name}.ipynb":
                continue
            if path.suffix == ".ipynb":
                yield f"{place} would be released too: an assignment has one notebook, {name}.ipynb."
            elif path.suffix not in DATA:
                kinds = ", ".join(sorted(DATA))
                yield f"{place} would be copied into release/ as it is. Only data belongs here ({kinds}): move it."


def verify_notebook(path: Path, tasks: Sequence[Task]) -> list[str]:
    """What is wrong with the source notebook at `path`, which must hold exactly `tasks`."""
    place = f"source/{path.parent.name}/{path.name}"
    text = path.read_text(encoding="utf-8")
    try:
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # nbformat raises whatever it trips over
        return [f"{place} is no notebook: {str(error).partition(chr(10))[0]}"]
    problems = [problem for task in tasks for problem in _about_task(notebook.cells, task)]
    problems += _about_strangers(notebook.cells, tasks)
    problems += _about_form(notebook, text, path.stem)
    return [f"{place}: {problem}" for problem in problems]


# --- one task in its notebook -------------------------------------------------------------------------------------


def graded_source(name: str) -> str:
    """The source of the graded cell of the task `name`: always the same."""
    return f'check("{name}")\n### BEGIN HIDDEN TESTS\ngrade("{name}")\n### END HIDDEN TESTS'


def _about_task(cells: Sequence[NotebookNode], task: Task) -> Iterator[str]:
    solution = _the_cell(cells, f"{task.name}-solution")
    tests = _the_cell(cells, f"{task.name}-tests")
    for index, kind in ((solution, "solution"), (tests, "tests")):
        if index is None:
            found = sum(_grade_id(cell) == f"{task.name}-{kind}" for cell in cells)
            yield f"{task.name} needs one cell with the grade_id {task.name}-{kind}; there are {found}."
    if solution is not None:
        yield from _about_solution(cells[solution], task)
        yield from _about_hints(cells[:solution], task)
    if tests is not None:
        yield from _about_tests(cells[tests], task)
    if solution is not None and tests is not None and tests < solution:
        yield f"the cell {task.name}-tests stands before {task.name}-solution: turn them round."


def _about_solution(cell: NotebookNode, task: Task) -> Iterator[str]:
    name = f"{task.name}-solution"
    if _flags(cell) != (False, True, False):
        yield f"{name} must be nbgrader's 'Autograded answer': grade false, solution true, locked false."
    lines = [line.strip() for line in cell.source.split("\n")]
    if "### BEGIN SOLUTION" not in lines or "### END SOLUTION" not in lines:
        yield f"{name} needs ### BEGIN SOLUTION and ### END SOLUTION, or students lose the line with the `def` too."


def _about_tests(cell: NotebookNode, task: Task) -> Iterator[str]:
    name = f"{task.name}-tests"
    if _flags(cell) != (True, False, True):
        yield f"{name} must be nbgrader's 'Autograder tests': grade true, solution false, locked true."
    if cell.source != graded_source(task.name):
        yield f"{name} must read, and nothing else:\n{graded_source(task.name)}"
    points = _nbgrader(cell).get("points")
    if points != task.points:
        yield f"{name} gives {points} points, the task says {task.points:g}: make them one."
    results = [output for output in cell.get("outputs", []) if output.output_type == "execute_result"]
    stored = results[-1].data.get("text/plain", "") if results else "nothing"
    if stored not in (repr(float(task.points)), repr(task.points)):
        yield f"{name} stores the result {stored}, full marks are {task.points:g}: the solution is not right."
    if any(output.get("name") == "stderr" for output in cell.get("outputs", [])):
        yield f"{name} writes to stderr, and nbgrader gives no marks to a cell that does."


def _about_hints(before: Sequence[NotebookNode], task: Task) -> Iterator[str]:
    heading = re.compile(rf"^#+ .*\b{re.escape(task.name)}\b", re.MULTILINE)
    starts = [i for i, cell in enumerate(before) if cell.cell_type == "markdown" and heading.search(cell.source)]
    if not starts:
        yield f"no heading above {task.name}-solution names the task: write one such as '### `{task.name}`'."
        return
    text = "\n".join(cell.source for cell in before[starts[-1] :] if cell.cell_type == "markdown")
    hints = _HINT.findall(text)
    if [number for number, _ in hints] != [str(i + 1) for i in range(HINTS)]:
        yield (
            f"{task.name} needs {HINTS} hints between its heading and its solution, each "
            f"<details><summary>Hint N</summary>, a blank line, the hint, </details>; there are {len(hints)}."
        )
    for number, hint in hints:
        if not hint.strip():
            yield f"{task.name} has an empty Hint {number}: say the next step, smaller than the answer."


def _about_strangers(cells: Sequence[NotebookNode], tasks: Sequence[Task]) -> Iterator[str]:
    known = {f"{task.name}-{kind}" for task in tasks for kind in ("solution", "tests")}
    for cell in cells:
        grade, solution, _ = _flags(cell)
        if (grade or solution) and _grade_id(cell) not in known:
            yield f"the graded cell {_grade_id(cell)} belongs to no task: list it in the task module, or ungrade it."


# --- form ---------------------------------------------------------------------------------------------------------


def _about_form(notebook: NotebookNode, text: str, assignment: str) -> Iterator[str]:
    refresh = _REFRESH.format(assignment)
    for cell in notebook.cells:
        if is_random(cell.id):
            opening = cell.source.partition("\n")[0][:40]
            yield f"the cell {opening!r} has the random id {cell.id}, which tells a diff's reader nothing. {refresh}"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    counts = [cell.execution_count for cell in code]
    if None in counts:
        yield f"the cell {code[counts.index(None)].id} was not run, so its outputs would not be compared. {refresh}"
    elif counts != list(range(1, len(code) + 1)):
        yield f"its cells were run out of order: one clean run counts from 1. {refresh}"
    for cell in code:
        if not cell.source.strip():
            yield f"the code cell {cell.id} is empty: fill it or delete it."
        raises = any(output.output_type == "error" for output in cell.outputs)
        if raises and "raises-exception" not in cell.metadata.get("tags", []):
            yield f"the cell {cell.id} stores an error: mend it, or tag it raises-exception if the error is the lesson."
    if text.rstrip("\n") != nbformat.writes(canonical(notebook)).rstrip("\n"):
        yield f"it is not in canonical form (metadata, attachments or spacing). {refresh}"


# --- release ------------------------------------------------------------------------------------------------------


def generate_release(root: Path, into: Path, assignment: str = "*") -> None:
    """Let nbgrader generate the release of an assignment of `root`, or of every one, in the folder `into`.

    Raises RuntimeError, with what nbgrader said, where it refuses."""
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", assignment, "--no-db", "--force"]
    done = subprocess.run(
        [*command, f"--CourseDirectory.release_directory={into}"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"nbgrader generate_assignment failed:\n{done.stderr.strip()[-2000:]}")


def verify_release(root: Path, assignments: Sequence[str] = ()) -> list[str]:
    """Where release/, or these assignments of it, is not what nbgrader makes of source/ now."""
    remedy = "Run `make release` and commit what it writes."
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        try:
            for assignment in assignments or ("*",):
                generate_release(root, fresh, assignment)
        except RuntimeError as error:
            return [str(error)]
        made, kept = _files(fresh), _files(root / "release")
        if assignments:
            kept = {name for name in kept if name.partition("/")[0] in assignments}
        problems = [f"release/{name} is missing. {remedy}" for name in sorted(made - kept)]
        problems += [f"release/{name} comes from no source. {remedy}" for name in sorted(kept - made)]
        for name in sorted(made & kept):
            if not filecmp.cmp(fresh / name, root / "release" / name, shallow=False):
                problems.append(f"release/{name} is not what its source gives. {remedy}")
    return problems


def _files(folder: Path) -> set[str]:
    files = (path for path in folder.rglob("*") if path.is_file() and ".ipynb_checkpoints" not in path.parts)
    return {path.relative_to(folder).as_posix() for path in files}


# --- what nbgrader says of a cell ---------------------------------------------------------------------------------


def _nbgrader(cell: NotebookNode) -> NotebookNode:
    known: NotebookNode = cell.metadata.get("nbgrader", NotebookNode())
    return known


def _grade_id(cell: NotebookNode) -> str:
    return str(_nbgrader(cell).get("grade_id", ""))


def _flags(cell: NotebookNode) -> tuple[bool, bool, bool]:
    """grade, solution, locked"""
    grade, solution, locked = (bool(_nbgrader(cell).get(flag, False)) for flag in ("grade", "solution", "locked"))
    return grade, solution, locked


def _the_cell(cells: Sequence[NotebookNode], grade_id: str) -> int | None:
    """The index of the only cell with that grade_id."""
    found = [i for i, cell in enumerate(cells) if _grade_id(cell) == grade_id]
    return found[0] if len(found) == 1 else None
