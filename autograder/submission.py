"""A submitted notebook in, an executed notebook with scores out.

The student's cells run in a jailed child. Cells that grade a task of ours are not run at all: the task's answer is
driven in the child, and what comes back is judged here. Other courses' test cells run in the child like any cell.
"""

from __future__ import annotations

import ast
import functools
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import nbformat.reader
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution, is_task

from . import checker
from .drivers import Outcome
from .gradebook import KeyCell, NotebookKey, NotebookScores
from .jail.client import Child, Died
from .report import UNDEFINED, Report, unmarked
from .tasks import all_tasks
from .values import Value, printable

SCHEMA_VERSION = 3
BESIDE = "[These tests ran beside the student's code, which could have interfered with them.]"
MAX_NOTEBOOK_BYTES = 64 * 2**20
TRANSPARENT_MAGICS = ("%%time", "%%capture", "%%timeit", "%%prun")


class UnreadableSubmission(ValueError):
    """The file is not a notebook; the message names the file and the problem."""


def read(path: Path) -> NotebookNode:
    """The notebook at `path`. Raises UnreadableSubmission."""
    if path.is_symlink():  # it could lead to a file of another student's
        raise UnreadableSubmission(f"{path}: is a link; a submission must be a file")
    if not path.is_file():  # a pipe would never end
        raise UnreadableSubmission(f"{path}: cannot be read: it is not a file")
    if path.stat().st_size > MAX_NOTEBOOK_BYTES:
        raise UnreadableSubmission(f"{path}: larger than {MAX_NOTEBOOK_BYTES // 2**20} MB; clear its outputs")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableSubmission(f"{path}: cannot be read: {error}") from error
    if not text.strip():
        raise UnreadableSubmission(f"{path}: the file is empty")
    try:
        notebook = nbformat.convert(nbformat.reader.reads(text), to_version=4)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a missing or doubled cell id is put right on the way
            nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        raise UnreadableSubmission(f"{path}: not a valid notebook: {error.args[0]}"[:300]) from error
    except Exception as error:  # nbformat raises whatever its parts raise on a file of another kind
        first = str(error).strip().partition("\n")[0]
        raise UnreadableSubmission(f"{path}: not a notebook: {type(error).__name__}: {first}"[:300]) from error
    return notebook


# --- the notebook as the gradebook knows it -----------------------------------------------------------------------


def restored(notebook: NotebookNode, key: NotebookKey) -> NotebookNode:
    """A copy in which every known cell is what the gradebook says it is, and no other cell claims to be one.

    Of cells that claim the same name the last counts, as in nbgrader. Missing test cells are put back at the end.
    """
    minor = min(notebook.nbformat_minor, nbformat.current_nbformat_minor)
    metadata = {"kernelspec": NotebookNode(key.kernelspec)} if key.kernelspec else {}
    unseen = {cell.name: cell for cell in key.cells}
    cells = []
    for submitted in reversed(notebook.cells):
        cell = _bare(submitted)
        claim = submitted.metadata.get("nbgrader", {})
        name = claim.get("grade_id") if isinstance(claim, dict) else None
        if isinstance(name, str) and name in unseen:
            _restore(cell, unseen.pop(name))
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        cells.append(cell)
    cells.reverse()
    for missing in unseen.values():
        if missing.grade and not missing.solution and missing.cell_type == "code":
            cell = new_code_cell()
            if minor < 5:
                del cell["id"]
            _restore(cell, missing)
            cells.append(cell)
    return NotebookNode(nbformat=notebook.nbformat, nbformat_minor=minor, metadata=NotebookNode(metadata), cells=cells)


def _bare(cell: NotebookNode) -> NotebookNode:
    """What is taken over from a submitted cell: what the student wrote, and nothing that is said about it."""
    bare = NotebookNode(cell_type=cell.cell_type, metadata=NotebookNode(), source=printable(cell.source))
    if "id" in cell:
        bare.id = cell.id
    if "attachments" in cell:
        bare.attachments = _pictures(cell.attachments)
    return bare


def _pictures(attachments: NotebookNode) -> dict[str, dict[str, str]]:
    """The attachments that are text, as pictures are."""
    return {
        printable(name): {printable(mime): printable(body) for mime, body in bundle.items() if isinstance(body, str)}
        for name, bundle in attachments.items()
    }


def _restore(cell: NotebookNode, known: KeyCell) -> None:
    if cell.cell_type != known.cell_type:
        cell.cell_type = known.cell_type
        for field in ("outputs", "execution_count", "attachments"):
            cell.pop(field, None)
    if known.locked:
        cell.source = known.source
    metadata = NotebookNode(
        schema_version=SCHEMA_VERSION,
        grade_id=known.name,
        grade=known.grade,
        solution=known.solution,
        task=known.task,
        locked=known.locked,
        cell_type=known.cell_type,
    )
    if known.checksum is not None:
        metadata.checksum = known.checksum
    if known.points is not None:
        metadata.points = known.points
    cell.metadata.nbgrader = metadata


def code(notebook: NotebookNode) -> str:
    """All of a notebook's code."""
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")


def task_graded_by(source: str) -> str | None:
    """The task that a test cell of ours grades: the name in its `grade("name", ...)`; None for other courses' cells."""
    try:
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    except SyntaxError:
        return None
    for call in calls:
        match call:
            case ast.Call(func=ast.Name(id="grade"), args=[ast.Constant(value=str(name)), *_]) if name in all_tasks():
                return name
    return None


# --- running and marking ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class JailedAnswer:
    """An answer in a child, by the name that the student gave it."""

    child: Child
    name: str
    sources: tuple[str, ...]

    def drive(
        self, driver: str, probes: Sequence[Sequence[Value]], *, names: Sequence[str], watch: bool
    ) -> list[Outcome]:
        return self.child.drive(driver, self.name, probes, names=names, watch=watch)

    def source(self) -> str:
        return "\n".join(_readable(source) for source in self.sources)


@functools.lru_cache(maxsize=4096)  # most cells are the same in a whole class
def _readable(source: str) -> str:
    """A cell's Python, "" where it is not Python: one broken cell must not hide the others."""
    lines = source.splitlines()
    if lines and lines[0].startswith(TRANSPARENT_MAGICS):
        lines = lines[1:]
    text = "\n".join("pass" if line.startswith(("%", "!", "?")) else line for line in lines)
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return text


def run(notebook: NotebookNode, child: Child, seed: tuple[str, ...]) -> None:
    """Run a restored notebook's cells in `child` and write their outputs, scores among them, into it.

    `seed` (secret, student) fixes the probes. Raises JailError where the jail fails, never for what a cell does.
    """
    sources = tuple(cell.source for cell in notebook.cells if cell.cell_type == "code" and not is_grade(cell))
    waiting: list[tuple[NotebookNode, str]] = []
    count = 0
    for cell in notebook.cells:
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        count += 1
        cell.execution_count = count
        task = task_graded_by(cell.source) if is_grade(cell) and not is_solution(cell) else None
        if task is None:
            _run_cell(cell, child)
        elif not _mark_cell(cell, task, JailedAnswer(child, task, sources), seed):
            waiting.append((cell, task))
    # A test cell that was moved above its answer is looked at again once everything has run, with other inputs: the
    # first ones may have been kept, and been worked on since by means that a task by hand does not allow.
    for cell, task in waiting:
        _mark_cell(cell, task, JailedAnswer(child, task, sources), (*seed, "again"))


def _run_cell(cell: NotebookNode, child: Child) -> None:
    if not child.alive:
        cell.outputs = [_stream("[Not run: the notebook's process had ended.]\n")]
        if is_grade(cell):
            cell.outputs.append(_stopped("the notebook's process had ended before this cell"))
        return
    ran = child.run(cell.source)
    cell.outputs = [_output(**output) for output in ran.outputs]
    for output in cell.outputs:
        if output.output_type == "execute_result":
            output.execution_count = cell.execution_count
    if ran.stopped:
        cell.outputs.append(_stopped(f"{ran.stopped}{': the notebook ends here' if ran.died else ''}"))
    if is_grade(cell) and not is_solution(cell):
        cell.outputs.append(_output("display_data", data={"text/plain": BESIDE}))
        try:
            determine_grade(cell)
        except (ValueError, KeyError) as error:  # nbgrader would give up on the whole submission
            cell.outputs.insert(0, _stopped(f"no score can be read from this cell's outputs: {error}"))


def _mark_cell(cell: NotebookNode, name: str, answer: JailedAnswer, seed: tuple[str, ...]) -> bool:
    """Mark one task; False where the student has not defined it so far."""
    points = float(cell.metadata.nbgrader.points)
    task = all_tasks()[name]
    try:
        report = checker.grade(task, answer, points=points, seed=seed)
    except Died as death:
        report = unmarked(task, str(death), points=points)
    except TimeoutError as limit:
        report = unmarked(task, str(limit), points=points)
    cell.outputs = [_panel(report), _score(report.earned, cell.execution_count)]
    return report.status != UNDEFINED


def _output(output_type: str, **fields: Any) -> NotebookNode:
    """As nbformat's new_output, without its check of every output against the schema, which costs more than marking."""
    if "data" in fields:
        fields.setdefault("metadata", {})
    return nbformat.from_dict({"output_type": output_type, **fields})


def _panel(report: Report) -> NotebookNode:
    return _output("display_data", data={"text/plain": str(report), "text/html": report._repr_html_()})


def _score(earned: float, execution_count: int) -> NotebookNode:
    """The output that nbgrader reads a score from."""
    return _output("execute_result", data={"text/plain": repr(float(earned))}, execution_count=execution_count)


def _stream(text: str) -> NotebookNode:
    return _output("stream", name="stdout", text=text)


def _stopped(why: str) -> NotebookNode:
    return _output("error", ename="Stopped", evalue=why, traceback=[f"Stopped: {why}"])


# --- scores -------------------------------------------------------------------------------------------------------


def scores(notebook: NotebookNode) -> NotebookScores:
    """What nbgrader reads from an executed notebook: points from outputs, "No response." for untouched cells."""
    points: dict[str, float | None] = {}
    comments: dict[str, str | None] = {}
    for cell in notebook.cells:
        if is_grade(cell):
            points[cell.metadata.nbgrader.grade_id] = determine_grade(cell)[0]
        if is_solution(cell) or is_task(cell):
            untouched = cell.metadata.nbgrader.get("checksum") == compute_checksum(cell) and not is_task(cell)
            comments[cell.metadata.nbgrader.grade_id] = "No response." if untouched else None
    return NotebookScores(points, comments)
