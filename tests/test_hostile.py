"""No hostile submission gains a mark, reads anything, or harms the honest one that is graded right after it."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder import submission
from autograder.gradebook import KeyCell, NotebookKey
from autograder.jail.client import WarmProcess
from autograder.jail.limits import Limits

sys.path.insert(0, str(Path(__file__).parent / "hostile"))
from corpus import CORPUS, Hostile, code_cell

TIGHT = Limits(cell_seconds=2, cell_cpu_seconds=2, total_seconds=20, grace_seconds=0.3)
CANARY = "CANARY-5f0c"
FORBIDDEN = (CANARY, "CANARY-SOCKET", "kept_the_exponent", "That is x² itself")  # the last two: from the answer key
POINTS = {"d_square-tests": 2.0, "slope_at-tests": 4.0}
HONEST = (
    f"# {CANARY}-of-another-student\ndef d_square(x):\n    return 2 * x",
    "import torch\ndef slope_at(f, x):\n    leaf = torch.tensor(float(x), requires_grad=True)\n"
    "    f(leaf).backward()\n    return leaf.grad.item()",
)


def key() -> NotebookKey:
    """The homework as the gradebook knows it."""
    cells = []
    for name, points in POINTS.items():
        task = name.removesuffix("-tests")
        test = f'check("{task}", {task})\n### BEGIN HIDDEN TESTS\ngrade("{task}", {task})  # {CANARY}\n### END HIDDEN TESTS'
        cells.append(KeyCell(f"{task}-solution", "code", "", False, None, False, True, False, None))
        cells.append(KeyCell(name, "code", test, True, None, True, False, False, points))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return NotebookKey("hw", kernel, tuple(cells))


def handed_in(first: str, second: str) -> dict[str, Any]:
    """A notebook's JSON: both answers, and the test cells as they were released."""

    def about(name: str, **flags: Any) -> dict[str, Any]:
        return {"nbgrader": {"grade_id": name, "schema_version": 3, "task": False, **flags}}

    cells = [code_cell("from autograder import check, grade, show\nimport torch")]
    for task, source in (("d_square", first), ("slope_at", second)):
        solution = about(f"{task}-solution", grade=False, solution=True, locked=False)
        tests = about(f"{task}-tests", grade=True, solution=False, locked=True, points=POINTS[f"{task}-tests"])
        cells += [code_cell(source, **solution), code_cell(f'check("{task}", {task})', **tests)]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}


@pytest.fixture(scope="module")
def warm() -> Iterator[WarmProcess]:
    os.environ["SECRET_OF_THE_GRADER"] = CANARY
    with WarmProcess() as process:
        yield process
    del os.environ["SECRET_OF_THE_GRADER"]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course root with something to steal in every place."""
    root = tmp_path_factory.mktemp("course")
    for name in (".autograder/secret", "submitted/other/hw/hw.ipynb", "source/hw/hw.ipynb", f"{CANARY}-in-a-name"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(CANARY)
    with sqlite3.connect(root / "gradebook.db") as gradebook:
        for table in ("grade", "source_cell", "student"):
            gradebook.execute(f"create table {table} (manual_score, source)")
            gradebook.execute(f"insert into {table} values (0, '{CANARY}')")
    return root


def graded(notebook: dict[str, Any], warm: WarmProcess, limits: Limits, folder: Path) -> tuple[dict[str, Any], str]:
    """The points by grade_id, and everything that the notebook put out, by the way that `autograder grade` takes."""
    path = folder / "hw.ipynb"
    path.write_text(json.dumps(notebook))
    try:
        made = submission.restored(submission.read(path), key())
    except submission.UnreadableSubmission as error:
        return {}, str(error)
    with warm.open(limits) as child:
        submission.run(made, child, (CANARY, "student"))
    path.write_text(nbformat.v4.writes(made), encoding="utf-8")
    scores = submission.scores(made)
    return dict(scores.points), json.dumps([cell.outputs for cell in made.cells if cell.cell_type == "code"])


def contents(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_the_corpus_is_large_and_every_entry_says_what_it_tries() -> None:
    assert len(CORPUS) >= 100
    assert len({hostile.name for hostile in CORPUS}) == len(CORPUS)
    assert all(hostile.tries.endswith((".", "?")) for hostile in CORPUS)


@pytest.mark.parametrize("hostile", CORPUS, ids=lambda hostile: hostile.name)
def test_it_gains_nothing_reads_nothing_and_harms_nobody(
    hostile: Hostile, warm: WarmProcess, root: Path, tmp_path: Path
) -> None:
    before = contents(root)
    notebook = handed_in(*(code.replace("ROOT", repr(str(root))) for code in (hostile.first, hostile.second)))
    if hostile.change:
        hostile.change(notebook)
    points, output = graded(notebook, warm, replace(TIGHT, **hostile.limits), tmp_path)
    assert not any(points.values()), (hostile.tries, points)
    assert [word for word in FORBIDDEN if word in output] == [], hostile.tries
    assert contents(root) == before, hostile.tries
    assert graded(handed_in(*HONEST), warm, Limits(), tmp_path)[0] == POINTS
