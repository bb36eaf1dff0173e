"""No hostile submission gains a mark, reads anything, or harms the honest one that is graded right after it."""

from __future__ import annotations

import functools
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from classroom import RIGHT, autograder, scores, submit
from corpus import CORPUS, Hostile, code_cell

from autograder.examiner.client import Examiner, Examiners
from autograder.grading import reading, submission
from autograder.grading.gradebook import KeyCell, NotebookKey
from autograder.jail.limits import Limits

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
        hidden = f'### BEGIN HIDDEN TESTS\ngrade("{task}", {task})  # {CANARY}\n### END HIDDEN TESTS'
        test = f'check("{task}", {task})\n{hidden}'
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
def examiner() -> Iterator[Examiner]:
    os.environ["SECRET_OF_THE_GRADER"] = CANARY
    with Examiners() as process, process.open() as examiner:
        yield examiner
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


def graded(notebook: dict[str, Any], examiner: Examiner, limits: Limits, folder: Path) -> tuple[dict[str, Any], str]:
    """The points by grade_id, and everything that the notebook put out, by the way that `autograder grade` takes."""
    path = folder / "hw.ipynb"
    path.write_text(json.dumps(notebook))
    try:
        made = submission.restored(reading.read(path), key())
    except reading.UnreadableSubmission as error:
        return {}, str(error)
    submission.run(made, functools.partial(examiner.run, seed=(CANARY, "student"), limits=limits))
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
    hostile: Hostile, examiner: Examiner, root: Path, tmp_path: Path
) -> None:
    before = contents(root)
    notebook = handed_in(*(code.replace("ROOT", repr(str(root))) for code in (hostile.first, hostile.second)))
    if hostile.change:
        hostile.change(notebook)
    points, output = graded(notebook, examiner, replace(TIGHT, **hostile.limits), tmp_path)
    assert not any(points.values()), (hostile.tries, points)
    assert [word for word in FORBIDDEN if word in output] == [], hostile.tries
    assert contents(root) == before, hostile.tries
    assert graded(handed_in(*HONEST), examiner, Limits(), tmp_path)[0] == POINTS


def test_what_no_jail_can_hold_is_no_more_than_this(examiner: Examiner, tmp_path: Path) -> None:
    """In its own process an answer may blind the driver that watches it. It gets points for right values, no more."""
    blinding = (
        "import contextlib, torch\nfrom autograder.exchange import observed\n"
        "observed.watching = lambda: contextlib.nullcontext([])\n"
        "def d_square(x):\n    leaf = torch.tensor(float(x), requires_grad=True)\n"
        "    name = next(n for n in dir(leaf) if n.startswith('backw'))\n"
        "    getattr(leaf**2, name)()\n    return getattr(leaf, 'gr' + name[1] + 'd').item()"
    )
    points, _ = graded(handed_in(blinding, HONEST[1]), examiner, Limits(), tmp_path)
    assert points == POINTS


# --- the whole of `autograder grade` ------------------------------------------------------------------------------

IN_A_CLASS = (
    "os_exit", "crash", "closed_descriptors", "forged_panels", "forged_result", "prints_later", "looks_like_the_grader",
    "strange_letters", "deep_metadata", "other_schema", "hard_to_read", "read_secret", "deep_folders",
)  # fmt: skip


def test_in_a_class_of_hostile_students_the_honest_one_gets_full_score(course: Path) -> None:
    by_name = {hostile.name: hostile for hostile in CORPUS}
    for name in IN_A_CLASS:
        path = submit(course, name, {"d_square-solution": by_name[name].first.replace("ROOT", repr(str(course)))})
        notebook = json.loads(path.read_text())
        if change := by_name[name].change:
            change(notebook)
        path.write_text(json.dumps(notebook))
    submit(course, "honest", RIGHT)
    secret = (course / ".autograder/secret").read_text()

    graded = autograder(course, "grade", "ps1")

    assert graded.status == 0, graded
    found = scores(course)
    honest = found.pop("honest")
    assert (honest["d_square-tests"], honest["d_cube-tests"]) == (2, 2)
    assert set(found) == set(IN_A_CLASS)
    assert not any(score for student in found.values() for score in student.values()), found
    written = [
        p.read_text() for folder in ("autograded", "feedback") for p in (course / folder).rglob("*.*") if p.is_file()
    ]
    assert not any(secret in text for text in written)


def test_files_beside_a_notebook_are_neither_run_nor_followed(course: Path) -> None:
    notebook = submit(course, "hostile", {"d_square-solution": "import torch, json\nd_square = torch.answer"})
    for name in ("torch.py", "json.py", "autograder.py", "sitecustomize.py", "conftest.py"):
        (notebook.parent / name).write_text("raise SystemExit\ndef answer(x): return 2 * x")
    (notebook.parent / "key.ipynb").symlink_to(course / "source/ps1/ps1.ipynb")
    (notebook.parent / "secret.txt").symlink_to(course / ".autograder/secret")
    (notebook.parent / "everything").symlink_to(course)
    linked = submit(course, "linked", RIGHT)
    shutil.move(linked, course / "elsewhere.ipynb")
    linked.symlink_to(course / "elsewhere.ipynb")
    piped = submit(course, "piped", RIGHT)
    piped.unlink()
    os.mkfifo(piped)
    submit(course, "honest", RIGHT)
    secret = (course / ".autograder/secret").read_text()

    graded = autograder(course, "grade", "ps1")

    assert graded.status == 1, graded
    assert "linked: " in graded.err and "piped: " in graded.err
    assert (scores(course)["honest"]["d_square-tests"], scores(course)["hostile"]["d_square-tests"]) == (2, 0)
    copied = [path for path in (course / "autograded/hostile").rglob("*") if path.is_file()]
    assert not any(path.is_symlink() or secret in path.read_text() for path in copied)
