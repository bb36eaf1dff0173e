"""Source notebooks in canonical form: run once from a clean kernel, outputs stored, nothing that changes by itself.

The form: readable cell ids, only nbgrader and kernelspec metadata, execution counts from 1, LF, indent 1.
`make refresh A=a01_slopes` brings a notebook into it after an edit.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
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
    for cell in notebook.cells:
        kept = {key: cell.metadata[key] for key in ("nbgrader", "tags") if key in cell.metadata}
        cell.metadata = NotebookNode(kept)
        cell.pop("attachments", None)
        if cell.cell_type == "code":
            cell.outputs = [_output(output) for output in cell.outputs]
    return notebook


def _output(output: NotebookNode) -> NotebookNode:
    if "data" in output:
        output.data = {mime: output.data[mime] for mime in sorted(output.data) if mime in MIME_TYPES}
        output.metadata = NotebookNode()
    return output


def main(assignments: Sequence[str]) -> None:
    """Refresh the notebooks of these assignments in source/, all of them where none is named."""
    for name in assignments or sorted(path.name for path in Path("source").iterdir() if path.is_dir()):
        path = Path("source", name, f"{name}.ipynb")
        print(path)
        refresh(path)


if __name__ == "__main__":
    main(sys.argv[1:])
