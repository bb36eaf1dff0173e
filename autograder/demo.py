"""The demo class: the answers in `examples/`, poured into the release notebooks.

A student's answers to an assignment are one file, `examples/<student>/<assignment>.py`, in which `# %% NAME` starts
what the student put into the cell that nbgrader knows as NAME. So there are no copies of notebooks to go stale.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nbformat
from nbformat import NotebookNode

CHECKOUT = Path(__file__).parents[1]
MARK = ".demo"  # a file that says: this folder is ours to make anew


class NoDemo(RuntimeError):
    """The demo could not be set up; the message says why and what to do."""


def set_up(into: Path, checkout: Path = CHECKOUT) -> list[str]:
    """Make a fresh course root `into`, with the demo class's submissions; return the assignments to grade.

    What an earlier demo left there is removed. Raises NoDemo where there is anything else, or no checkout.
    """
    for folder in ("examples", "release", "source"):
        if not (checkout / folder).is_dir():
            raise NoDemo(
                f"The demo needs the course's repository: {checkout} has no {folder}/. "
                "Clone it, install it with `pip install --editable .` and try again there."
            )
    if (into / MARK).exists():
        shutil.rmtree(into)
    elif into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise NoDemo(f"{into} is there already and was not made by the demo: name another place with --into.")
    into.mkdir(parents=True, exist_ok=True)
    (into / MARK).touch()
    shutil.copy(checkout / "nbgrader_config.py", into)
    files = sorted((checkout / "examples").glob("*/*.py"))
    for file in files:
        submitted = into / "submitted" / file.parent.name / file.stem
        submitted.mkdir(parents=True)
        notebook = nbformat.read(checkout / "release" / file.stem / f"{file.stem}.ipynb", as_version=4)
        nbformat.write(filled(notebook, file), submitted / f"{file.stem}.ipynb")
    assignments = sorted({file.stem for file in files})
    for assignment in assignments:
        shutil.copytree(checkout / "source" / assignment, into / "source" / assignment)
    return assignments


def filled(notebook: NotebookNode, file: Path) -> NotebookNode:
    """The release `notebook` with the answers of `file` in its cells."""
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if "nbgrader" in cell.metadata}
    for name, source in answers(file).items():
        if name not in cells:
            raise NoDemo(f"{file}: there is no cell {name!r} in {file.stem}.ipynb; it has {', '.join(cells)}.")
        cells[name].source = source
    return notebook


def answers(file: Path) -> dict[str, str]:
    """The cells of an answer file, by name."""
    _, *parts = re.split(r"^# %% (\S+)\n", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {name: source.strip() for name, source in zip(parts[::2], parts[1::2], strict=True)}
