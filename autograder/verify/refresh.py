"""Source notebooks in canonical form: run once from a clean kernel, outputs stored, nothing that changes by itself.

The form: readable cell ids (random ones are replaced), only nbgrader and kernelspec metadata, execution counts from 1,
LF, indent 1.
`make refresh A=a01_slopes` brings a notebook into it after an edit.
"""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
MIME_TYPES = {
    "text/plain",
    "text/html",
    "image/png",
    "image/svg+xml",
    "text/vnd.mermaid",
    "text/markdown",
    "text/latex",
}
_RANDOM_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})?")


def refresh(path: Path, *, timeout: int = 120) -> None:
    """Run the notebook at `path` in a new kernel and write it back in canonical form.

    Raises nbclient's CellExecutionError where a cell raises that is not tagged `raises-exception`.
    """
    notebook = canonical(nbformat.read(path, as_version=4))
    where = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=timeout, shutdown_kernel="immediate", resources=where).execute()
    nbformat.write(canonical(notebook), path)


def canonical(notebook: NotebookNode) -> NotebookNode:
    """The notebook in canonical form; its outputs stay."""
    notebook.metadata = NotebookNode(kernelspec=NotebookNode(KERNELSPEC), language_info=NotebookNode(name="python"))
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    _readable_ids(notebook.cells)
    for cell in notebook.cells:
        kept = {key: cell.metadata[key] for key in ("nbgrader", "tags") if key in cell.metadata}
        cell.metadata = NotebookNode(kept)
        cell.pop("attachments", None)
        if cell.cell_type == "code":
            cell.outputs = [_output(output) for output in cell.outputs]
    return notebook


def _readable_ids(cells: Sequence[NotebookNode]) -> None:
    """Give each cell that a front end gave a random id, or none, one that a diff's reader understands."""
    taken = {cell.id for cell in cells if not is_random(cell.get("id", ""))}
    for cell in cells:
        if is_random(cell.get("id", "")):
            cell.id = _free(cell.metadata.get("nbgrader", {}).get("grade_id") or _slug(cell), taken)
            taken.add(cell.id)


def is_random(cell_id: str) -> bool:
    """Whether an id is none that a person chose."""
    return not cell_id or bool(_RANDOM_ID.fullmatch(cell_id))


def _slug(cell: NotebookNode) -> str:
    """The first words of a cell, joined by dashes."""
    words = re.findall(r"[A-Za-z0-9_]+", cell.source.strip().partition("\n")[0])
    return "-".join(words[:5]).lower()[:40].strip("-") or str(cell.cell_type)


def _free(wanted: str, taken: set[str]) -> str:
    numbered = (f"{wanted}-{number}" for number in itertools.count(2))
    return next(name for name in itertools.chain([wanted], numbered) if name not in taken)


def _output(output: NotebookNode) -> NotebookNode:
    if "data" in output:
        output.data = {mime: output.data[mime] for mime in sorted(output.data) if mime in MIME_TYPES}
        output.metadata = NotebookNode()
    return output


def refresh_all(assignments: Sequence[str]) -> None:
    """Refresh the notebooks of these assignments in source/, all of them where none is named."""
    for name in assignments or sorted(path.name for path in Path("source").iterdir() if path.is_dir()):
        path = Path("source", name, f"{name}.ipynb")
        print(path)
        try:
            refresh(path)
        except CellExecutionError as error:
            sys.exit(f"{path} was not refreshed, since one of its cells raises:\n{error}")


if __name__ == "__main__":
    refresh_all(sys.argv[1:])
