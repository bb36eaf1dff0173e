"""`autograder new`: what it begins is whole once it is filled in; until then `verify` asks for all that is missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from autograder.cli import main
from autograder.verify.notebooks import generate_release
from autograder.verify.refresh import canonical
from autograder.verify.skeleton import CannotBegin, begin

ROOT = Path(__file__).parents[2]
MISTAKE = """

@d_fourth.mistake("Bring the old exponent to the front, as it is.")
def wrong_{0}(x):
    return {0} * x**3
"""
RIGHT = """

@d_fourth.right
def by_the_rule(x):
    return 4 * x**3
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of the package, with one assignment."""
    shutil.copytree(ROOT / "autograder", tmp_path / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("nbgrader_config.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("source/a01_slopes", "release/a01_slopes"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def run(checkout: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a module of that checkout, and not of this one."""
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)


def fill_in(checkout: Path, assignment: str) -> None:
    """Write what a contributor would."""
    file = checkout / "autograder/tasks" / assignment / "d_fourth.py"
    text = file.read_text().replace("Say here in one line what it returns", "The derivative of x⁴ at x.")
    text = text.replace("t**2", "t**4").replace("points=3", "points=3, by_hand=True")
    file.write_text(text + RIGHT + "".join(MISTAKE.format(factor) for factor in (0, 1, 2, 3, 5, 6, 7, 8)))
    path = checkout / "source" / assignment / f"{assignment}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.source = re.sub(r"(Hint \d</summary>\n)", r"\1\nThink of d_cube.\n", cell.source)
        cell.source = cell.source.replace("raise NotImplementedError\n    ### END", "return 4 * x**3\n    ### END")
    nbformat.write(notebook, path)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("assignment", ["a20_powers", "a01_slopes"])
def test_a_task_that_was_begun_and_filled_in_is_whole(assignment: str, checkout: Path) -> None:
    begun = run(checkout, "autograder.cli", "new", f"{assignment}/d_fourth", "--points", "3")
    assert begun.returncode == 0, begun.stderr
    lacking = run(checkout, "autograder.cli", "verify", assignment)
    assert lacking.returncode == 1
    for what in ("empty Hint 1", "lists 0 mistakes", "one line that ends with a full stop", "make release"):
        assert what in lacking.stdout
    fill_in(checkout, assignment)
    for words in (("check",), ("format", "--check")):
        style = run(checkout, "ruff", *words, "autograder/tasks")
        assert style.returncode == 0, style.stdout
    refreshed = run(checkout, "autograder.verify.refresh", assignment)
    assert refreshed.returncode == 0, refreshed.stderr
    generate_release(checkout, checkout / "release", assignment)
    whole = run(checkout, "autograder.cli", "verify", assignment)
    assert whole.returncode == 0, whole.stdout
    assert "1 assignments" in whole.stdout and "nothing is wrong" in whole.stdout


def test_tasks_of_a_new_assignment_are_listed_in_the_order_in_which_they_were_begun(checkout: Path) -> None:
    listing = checkout / "autograder/tasks/a20_powers/__init__.py"
    begin(checkout, "a20_powers/d_fourth", 2)
    assert 'TASKS = ("d_fourth",)\n' in listing.read_text()
    begin(checkout, "a20_powers/d_fifth", 2)
    begin(checkout, "a20_powers/d_sixth", 2)
    assert 'TASKS = (\n    "d_fourth",\n    "d_fifth",\n    "d_sixth",\n)\n' in listing.read_text()
    notebook = nbformat.read(checkout / "source/a20_powers/a20_powers.ipynb", as_version=4)
    assert [cell.id for cell in notebook.cells if cell.id.endswith("-task")] == [
        "d_fourth-task",
        "d_fifth-task",
        "d_sixth-task",
    ]
    assert "### Task 3: `d_sixth`" in notebook.cells[-4].source


@pytest.mark.parametrize(
    ("name", "why"),
    {
        "d_fourth": "does not name a task",
        "a01_slopes/": "does not name a task",
        "a01_slopes/d-fourth": "does not name a task",
        "slopes/d_fourth": "does not name a task",
        "../a01_slopes/d_fourth": "does not name a task",
        "a01_others/d_fourth": "a01 is a01_slopes already",
        "a01_slopes/d_square": "There is a task d_square already, in autograder/tasks/a01_slopes/d_square.py",
        "a20_powers/d_square": "There is a task d_square already",
    }.items(),
)
def test_what_cannot_be_begun_is_refused_and_nothing_is_written(name: str, why: str, checkout: Path) -> None:
    before = sorted(checkout.rglob("*"))
    with pytest.raises(CannotBegin, match=re.escape(why)):
        begin(checkout, name, 2)
    assert sorted(checkout.rglob("*")) == before


@pytest.mark.parametrize("words", [["new", "a01_slopes/d_fourth"], ["verify"], ["verify", "a01_slopes"]])
def test_the_command_says_so_outside_of_a_checkout(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert "is no checkout of the course" in capsys.readouterr().err


def test_an_unknown_assignment_is_named_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "./a01/"]) == 2
    assert "There is no assignment 'a01' with tasks. Assignments: a01_slopes, " in capsys.readouterr().err


def test_random_cell_ids_become_readable_ones_and_others_stay() -> None:
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("## 1. Nudge it\n\nA lot.", id="0a1b2c3d"),
            nbformat.v4.new_markdown_cell("## 1. Nudge it", id="7a22ab9c-3f4c-4d7c-9d33-0123456789ab"),
            nbformat.v4.new_code_cell("pass", id="mine", metadata={}),
            nbformat.v4.new_code_cell("", id="12345678", metadata={"nbgrader": {"grade_id": "mine"}}),
            nbformat.v4.new_code_cell("", id="12345679"),
        ]
    )
    ids = [cell.id for cell in canonical(notebook).cells]
    assert ids == ["1-nudge-it", "1-nudge-it-2", "mine", "mine-2", "code"]
    assert [cell.id for cell in canonical(notebook).cells] == ids
