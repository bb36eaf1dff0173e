"""Notebooks as front ends write them: what a cell is and says is read, all else is left aside unseen.

Colab, VS Code, Kaggle, Deepnote and JupyterLab's collaboration add fields of their own; hands and scripts leave some
out. None of it matters to grading, so that none of it is validated.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from ..exchange.text import printable

MAX_NOTEBOOK_BYTES = 64 * 2**20
MAX_CELLS = 2000
MAX_CODE, MAX_TEXT, MAX_TOTAL = 200_000, 4_000_000, 8_000_000  # characters of a code cell, another cell, all of them
MAX_OUTPUTS = 1000  # of a notebook, that are looked at
_CLAIMS = ("grade_id", "schema_version", "grade", "solution", "task", "locked", "cell_type", "checksum", "points")
LONGEST_CLAIM = 1000  # characters
_KINDS = {"code", "markdown", "raw"}
_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class NotGraded(ValueError):
    """A submission that cannot be graded; the message says why."""


class UnreadableSubmission(NotGraded):
    """The file is not a notebook; the message names the file and the problem."""


def read(path: Path, *, outputs: bool = False) -> NotebookNode:
    """The notebook at `path`, in the newest format, without what grading has no use for. Raises UnreadableSubmission.

    With `outputs`, those that are as nbformat wants them.
    """
    try:
        found = json.loads(_content(path))
    except UnreadableSubmission:
        raise
    except UnicodeDecodeError as error:
        raise UnreadableSubmission(f"{path}: cannot be read: it is not UTF-8 text ({error.reason})") from error
    except (ValueError, RecursionError) as error:
        first = str(error).partition("\n")[0]
        raise UnreadableSubmission(f"{path}: not a notebook: it is not JSON ({first})"[:300]) from error
    if not isinstance(found, dict):
        raise UnreadableSubmission(f"{path}: not a notebook: it has no cells")
    version = found.get("nbformat")
    if isinstance(version, int) and version > nbformat.current_nbformat:
        raise UnreadableSubmission(f"{path}: not a notebook of a known format: it says that its format is {version}")
    cells = found.get("cells")
    if not isinstance(cells, list):
        sheets = found.get("worksheets")  # until format 3
        sheets = sheets if isinstance(sheets, list) else []
        sheets = [
            sheet["cells"] for sheet in sheets if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)
        ]
        if not sheets:
            raise UnreadableSubmission(f"{path}: not a notebook: it has no cells")
        cells = [cell for sheet in sheets for cell in sheet]
    _measure(cells, path)
    made = [_cell(cell) for cell in cells if isinstance(cell, dict)]
    if cells and not made:
        raise UnreadableSubmission(f"{path}: not a notebook: its cells are none")
    _name(made)
    if outputs:
        _take_outputs(made, [cell for cell in cells if isinstance(cell, dict)])
    return NotebookNode(nbformat=4, nbformat_minor=5, metadata=_about(found.get("metadata")), cells=made)


def _content(path: Path) -> bytes:
    try:
        about = path.lstat()
        if stat.S_ISLNK(about.st_mode):  # it could lead to a file of another student's
            raise UnreadableSubmission(f"{path}: is a link; a submission must be a file")
        if not stat.S_ISREG(about.st_mode):  # a pipe would never end
            raise UnreadableSubmission(f"{path}: cannot be read: it is not a file")
        if about.st_size > MAX_NOTEBOOK_BYTES:
            raise UnreadableSubmission(f"{path}: larger than {MAX_NOTEBOOK_BYTES // 2**20} MB; clear its outputs")
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            content = file.read(MAX_NOTEBOOK_BYTES)
    except OSError as error:
        raise UnreadableSubmission(f"{path}: cannot be read: {error.strerror}") from error
    if not content.strip(b" \t\r\n\xef\xbb\xbf"):
        raise UnreadableSubmission(f"{path}: the file is empty")
    return content


def _measure(cells: list[Any], path: Path) -> None:
    """Raises UnreadableSubmission where there is more than a person writes."""
    if len(cells) > MAX_CELLS:
        raise UnreadableSubmission(
            f"{path}: could not be read: it has {len(cells)} cells; at most {MAX_CELLS} are read"
        )
    total = 0
    for number, cell in enumerate(cells, 1):
        if not isinstance(cell, dict):
            continue
        length = _length(cell.get("source", cell.get("input", "")))
        total += length
        most = MAX_CODE if cell.get("cell_type") == "code" else MAX_TEXT
        if length > most:
            what = f"cell {number} has {length} characters; at most {most} are read"
            raise UnreadableSubmission(f"{path}: could not be read: {what}")
    if total > MAX_TOTAL:
        what = f"its cells have {total} characters together; at most {MAX_TOTAL} are read"
        raise UnreadableSubmission(f"{path}: could not be read: {what}")


def _length(source: Any) -> int:
    lines = source if isinstance(source, list) else [source]
    return sum(len(line) for line in lines if isinstance(line, str))


def _cell(cell: dict[str, Any]) -> NotebookNode:
    kind = cell.get("cell_type")
    source = _text(cell.get("source", cell.get("input", "")))  # `input` until format 3
    if kind == "heading":  # until format 3
        level = cell.get("level")
        kind, source = "markdown", f"{'#' * (level if isinstance(level, int) and 0 < level < 7 else 1)} {source}"
    if kind not in _KINDS:  # of a kind that only its front end knows: kept, never run
        kind = "raw"
    metadata = cell.get("metadata")
    claim = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    made = NotebookNode(cell_type=kind, source=source)
    made.metadata = NotebookNode(nbgrader=_claim(claim)) if isinstance(claim, dict) else NotebookNode()
    if isinstance(cell.get("id"), str):
        made.id = cell["id"]
    if kind == "code":
        made.execution_count, made.outputs = None, []
    elif pictures := _pictures(cell.get("attachments")):
        made.attachments = pictures
    return made


def _claim(claim: dict[str, Any]) -> NotebookNode:
    """What a cell says about itself to nbgrader, as far as it is short."""
    found = {name: claim[name] for name in _CLAIMS if isinstance(claim.get(name), (str, int, float, bool))}
    return NotebookNode({name: it for name, it in found.items() if not isinstance(it, str) or len(it) < LONGEST_CLAIM})


def _take_outputs(made: list[NotebookNode], cells: list[dict[str, Any]]) -> None:
    """Give code cells their outputs, those that are as nbformat wants them. There may be more than anybody looks at."""
    left = MAX_OUTPUTS
    for new, cell in zip(made, cells, strict=True):
        found = cell.get("outputs")
        if new.cell_type == "code" and isinstance(found, list):
            new.outputs = [nbformat.from_dict(output) for output in found[:left] if _is_output(output)]
            left -= min(left, len(found))


def _text(thing: Any) -> str:
    if isinstance(thing, list):
        thing = "".join(line for line in thing if isinstance(line, str))
    return printable(thing) if isinstance(thing, str) else ""


def _pictures(attachments: Any) -> NotebookNode:
    """The attachments that are text, as pictures are."""
    made = NotebookNode()
    for name, bundle in attachments.items() if isinstance(attachments, dict) else ():
        if isinstance(bundle, dict):
            texts = {printable(mime): _text(body) for mime, body in bundle.items() if isinstance(body, (str, list))}
            made[printable(name)] = NotebookNode(texts)
    return made


def _is_output(output: Any) -> bool:
    try:
        nbformat.validate(output, ref="output", version=4)
    except Exception:  # a schema's check raises what its parts raise
        return False
    return True


def _name(cells: list[NotebookNode]) -> None:
    """Have each cell have an id of its own, the same whenever the notebook is read."""
    seen: set[str] = set()
    spare = (f"cell-{number}" for number in range(10**9))
    for cell in cells:
        own = cell.get("id", "")
        if not _ID.fullmatch(own) or own in seen:
            own = next(name for name in spare if name not in seen)
        seen.add(own)
        cell.id = own


def _about(metadata: Any) -> NotebookNode:
    """Which kernel the notebook asks for, where it says so."""
    made = NotebookNode()
    if isinstance(metadata, dict):
        spec = metadata.get("kernelspec")
        texts = {key: value for key, value in spec.items() if isinstance(value, str)} if isinstance(spec, dict) else {}
        language = metadata.get("language_info")
        if "language" not in texts and isinstance(language, dict) and isinstance(language.get("name"), str):
            texts["language"] = language["name"]
        if texts:
            made.kernelspec = NotebookNode({"display_name": texts.get("name", "Python 3"), "name": "python3", **texts})
    return made


def code(notebook: NotebookNode) -> str:
    """All of a notebook's code."""
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")


def imports(source: str) -> Iterator[str]:
    """The modules that a notebook's code imports, by the first part of their names. Looks at lines, not at syntax."""
    for line in re.findall(r"^[ \t]*(?:from|import)[ \t]+([^#\n]+)", source, flags=re.MULTILINE):
        for name in re.split(r"\bimport\b", line)[0].split(","):
            yield name.strip().partition(".")[0].partition(" ")[0]
