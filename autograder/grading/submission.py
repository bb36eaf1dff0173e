"""A submitted notebook in, an executed notebook with scores out. An examiner does the work in between."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nbformat
import nbformat.reader
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbgrader.utils import compute_checksum, determine_grade, is_grade, is_solution, is_task

from ..examiner.client import Cell, Output, stopped
from ..exchange.text import printable
from .gradebook import KeyCell, NotebookKey, NotebookScores

SCHEMA_VERSION = 3
MAX_NOTEBOOK_BYTES = 64 * 2**20
MAX_CELLS = 2000
MAX_CODE, MAX_TEXT, MAX_TOTAL = 200_000, 4_000_000, 8_000_000  # characters of a code cell, another cell, all of them


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
        plain = json.loads(text)
        if isinstance(plain, dict):
            _bounded(plain, path)
        notebook: NotebookNode = nbformat.convert(nbformat.reader.reads(json.dumps(plain)), to_version=4)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a missing or doubled cell id is put right on the way
            nbformat.validate(notebook)
    except UnreadableSubmission:
        raise
    except MemoryError:
        raise
    except nbformat.ValidationError as error:
        raise UnreadableSubmission(f"{path}: not a valid notebook: {error.args[0]}"[:300]) from error
    except Exception as error:  # nbformat raises whatever its parts raise on a file of another kind
        first = str(error).strip().partition("\n")[0]
        raise UnreadableSubmission(f"{path}: not a notebook: {type(error).__name__}: {first}"[:300]) from error
    return notebook


def _bounded(notebook: dict[str, Any], path: Path) -> None:
    """Drop the outputs and what is said about cells, before anything validates or copies them, and measure the rest.

    Raises UnreadableSubmission where there is more than a person writes.
    """
    cells = notebook.get("cells", [])
    for sheet in notebook.get("worksheets") or [] if isinstance(notebook.get("worksheets"), list) else []:
        if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list):  # as in versions before 4
            cells = [*cells, *sheet["cells"]]
    if not isinstance(cells, list) or not isinstance(notebook.get("metadata"), dict):
        return  # nbformat says what is wrong
    if len(cells) > MAX_CELLS:
        raise UnreadableSubmission(
            f"{path}: could not be read: it has {len(cells)} cells; at most {MAX_CELLS} are read"
        )
    notebook["metadata"] = {}
    total = 0
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, dict):
            return
        for field in ("source", "input"):
            source = cell.get(field, "")
            length = sum(map(len, filter(_is_text, source))) if isinstance(source, list) else len(str(source))
            total += length
            most = MAX_CODE if cell.get("cell_type") == "code" else MAX_TEXT
            if length > most:
                what = f"cell {number} has {length} characters; at most {most} are read"
                raise UnreadableSubmission(f"{path}: could not be read: {what}")
        if isinstance(cell.get("outputs"), list):
            cell["outputs"] = []
        if isinstance(cell.get("metadata"), dict):
            about = cell["metadata"].get("nbgrader")
            name = about.get("grade_id") if isinstance(about, dict) else None
            cell["metadata"] = {"nbgrader": {"grade_id": name}} if isinstance(name, str) and len(name) < 1000 else {}
    if total > MAX_TOTAL:
        what = f"its cells have {total} characters together; at most {MAX_TOTAL} are read"
        raise UnreadableSubmission(f"{path}: could not be read: {what}")


def _is_text(thing: object) -> bool:
    return isinstance(thing, str)


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


# --- running ------------------------------------------------------------------------------------------------------


def run(notebook: NotebookNode, examine: Callable[[Sequence[Cell]], list[list[Output]]]) -> None:
    """Have a restored notebook's cells examined, and write their outputs, scores among them, into it."""
    ran = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    for count, (cell, outputs) in enumerate(zip(ran, examine([_known(cell) for cell in ran]), strict=True), 1):
        cell.execution_count = count
        # Not by nbformat's new_output, whose check of every output against the schema costs more than marking.
        cell.outputs = [nbformat.from_dict(output) for output in outputs]
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count
        if is_grade(cell) and not is_solution(cell):
            try:
                determine_grade(cell)
            except (ValueError, KeyError) as error:  # nbgrader would give up on the whole submission
                why = f"no score can be read from this cell's outputs: {error}"
                cell.outputs.insert(0, nbformat.from_dict(stopped(why)))


def _known(cell: NotebookNode) -> Cell:
    points = cell.metadata.get("nbgrader", {}).get("points")
    return Cell(cell.source, grade=is_grade(cell), solution=is_solution(cell), points=points)


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
