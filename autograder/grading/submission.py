"""A submitted notebook in, an executed notebook with scores out. An examiner does the work in between."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterable, Sequence

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution, is_task

from ..examiner.client import Cell, Examined, stopped
from .gradebook import KeyCell, NotebookKey, NotebookScores
from .reading import NotGraded

SCHEMA_VERSION = 3
PUT_BACK = "[This test cell was missing from the submission. It was put back, and is graded.]\n"


# --- the notebook as the gradebook knows it -----------------------------------------------------------------------


def restored(notebook: NotebookNode, key: NotebookKey) -> NotebookNode:
    """A copy in which every known cell is what the gradebook says it is, and no other cell claims to be one.

    Of cells that claim the same name the last counts, as in nbgrader. Missing test cells are put back at the end.
    """
    kernelspec = key.kernelspec or notebook.metadata.get("kernelspec")
    metadata = NotebookNode(kernelspec=NotebookNode(kernelspec)) if kernelspec else NotebookNode()
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
    for number, missing in enumerate(unseen.values()):
        if missing.grade and not missing.solution and missing.cell_type == "code":
            cell = new_code_cell(id=f"put-back-{number}")
            _restore(cell, missing)
            cells.append(cell)
    return NotebookNode(nbformat=4, nbformat_minor=5, metadata=metadata, cells=cells)


def _bare(cell: NotebookNode) -> NotebookNode:
    """What is taken over from a submitted cell: what the student wrote, and nothing that is said about it."""
    bare = NotebookNode(cell_type=cell.cell_type, metadata=NotebookNode(), source=cell.source)
    for field in ("id", "attachments"):
        if field in cell:
            bare[field] = cell[field]
    return bare


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


# --- running ------------------------------------------------------------------------------------------------------


def run(
    notebook: NotebookNode, examine: Callable[[Sequence[Cell]], Examined], expected: Iterable[str] = ()
) -> list[str]:
    """Have a restored notebook's cells examined, and write their outputs, scores among them, into it.

    `expected` are modules that the instructor counts on. Returns, in words, which cells ended the notebook's process
    and how. Raises NotGraded where what is missing is ours: a kernel, a module, what no notebook may do in the jail.
    """
    check_kernel(notebook)
    ran = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    examined = examine([_known(cell) for cell in ran])
    if examined.fault:
        raise NotGraded(f"could not be graded: {examined.fault}")
    for count, (cell, outputs) in enumerate(zip(ran, examined.outputs, strict=True), 1):
        cell.execution_count = count
        # Not by nbformat's new_output, whose check of every output against the schema costs more than marking.
        cell.outputs = [nbformat.from_dict(output) for output in outputs]
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count
        if cell.get("id", "").startswith("put-back-"):
            cell.outputs.insert(0, nbformat.from_dict({"output_type": "stream", "name": "stdout", "text": PUT_BACK}))
        if is_grade(cell) and not is_solution(cell):
            _check_score(cell)
    _check_modules(ran, set(expected))
    return [f"{_called(ran[index], index)} ended the notebook's process: {how}" for index, how in examined.ended]


def check_kernel(notebook: NotebookNode) -> None:
    """Raises NotGraded where the notebook asks for a kernel that runs another language than Python."""
    spec = notebook.metadata.get("kernelspec", {})
    name = spec.get("name") or "python"
    language = spec.get("language") or ("python" if re.search("py|conda|env|default", name.lower()) else name)
    if language.lower() not in ("python", "python3", "ipython"):
        raise NotGraded(f"could not be graded here: this notebook asks for the kernel {name}")


def _known(cell: NotebookNode) -> Cell:
    known = cell.metadata.get("nbgrader", {})
    return Cell(
        cell.source,
        grade=is_grade(cell),
        solution=is_solution(cell),
        points=known.get("points"),
        name=known.get("grade_id"),
    )


def _called(cell: NotebookNode, index: int) -> str:
    name = cell.metadata.get("nbgrader", {}).get("grade_id")
    return f"the cell {name!r}" if name else f"code cell {index + 1}"


def _check_score(cell: NotebookNode) -> None:
    """Raises NotGraded where the tests return more than there is to earn: their fault, and nbgrader gives up too."""
    try:
        determine_grade(cell)
    except ValueError as error:
        raise NotGraded(f"could not be graded: the test {cell.metadata.nbgrader.grade_id!r}: {error}") from error
    except KeyError as error:
        why = f"no score can be read from this cell's outputs: {error}"
        cell.outputs.insert(0, nbformat.from_dict(stopped(why)))


def _check_modules(cells: Sequence[NotebookNode], expected: set[str]) -> None:
    """Raises NotGraded where a test failed after a module of `expected` was missed that is not installed here."""
    missed = None
    for cell in cells:
        for output in cell.outputs:
            if output.output_type == "error" and output.ename in ("ModuleNotFoundError", "ImportError"):
                named = re.search(r"No module named '(\w+)", output.evalue)
                if named and named[1] in expected and not _is_installed(named[1]):
                    missed = named[1]
        failed = any(output.output_type == "error" for output in cell.outputs)
        if missed and failed and is_grade(cell) and not is_solution(cell):
            test = cell.metadata.nbgrader.grade_id
            raise NotGraded(
                f"could not be graded here: the module {missed} is not installed, and the test {test!r} failed"
            )


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


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
