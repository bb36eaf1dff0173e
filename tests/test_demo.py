"""The demo class: answers poured into the release notebooks."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import nbformat
import pytest
from classroom import ROOT, cell, named, notebook, write

from autograder.cli import main
from autograder.demo import NoDemo, answers, set_up


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one assignment and one student."""
    root = tmp_path / "checkout"
    released = notebook(cell("import torch", "setup"), cell("raise NotImplementedError", "x", solution=True))
    for step in ("source", "release"):
        write(root / step / "a/a.ipynb", released)
    (root / "nbgrader_config.py").write_text("c = get_config()\n")
    (root / "examples/ann").mkdir(parents=True)
    (root / "examples/ann/a.py").write_text("# Ann's.\n\n# %% x\nx = 1  # %% not a cell\n\n\ny = 2\n")
    return root


def test_answers_stand_in_the_cells_that_they_name_and_other_cells_are_as_released(
    checkout: Path, tmp_path: Path
) -> None:
    assert set_up(tmp_path / "demo", checkout) == ["a"]
    made = named(nbformat.read(tmp_path / "demo/submitted/ann/a/a.ipynb", as_version=4))
    assert made["x"].source == "x = 1  # %% not a cell\n\n\ny = 2"
    assert made["setup"].source == "import torch"
    assert (tmp_path / "demo/source/a/a.ipynb").is_file()
    assert (tmp_path / "demo/nbgrader_config.py").is_file()


def test_a_second_time_begins_anew(checkout: Path, tmp_path: Path) -> None:
    set_up(tmp_path / "demo", checkout)
    (tmp_path / "demo/gradebook.db").write_text("old")
    assert set_up(tmp_path / "demo", checkout) == ["a"]
    assert not (tmp_path / "demo/gradebook.db").exists()


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_is_not_a_demo_is_never_removed(checkout: Path, tmp_path: Path, kind: str) -> None:
    mine = tmp_path / "mine"
    if kind == "folder":
        mine.mkdir()
    thesis = mine / "thesis.tex" if kind == "folder" else mine
    thesis.write_text("years of work")
    with pytest.raises(NoDemo, match="was not made by the demo: name another place with --into"):
        set_up(mine, checkout)
    assert thesis.read_text() == "years of work"


def test_a_name_that_the_notebook_does_not_have_is_an_error_that_lists_those_it_has(
    checkout: Path, tmp_path: Path
) -> None:
    (checkout / "examples/ann/a.py").write_text("# %% z\nx = 1\n")
    with pytest.raises(NoDemo, match=r"ann/a\.py: there is no cell 'z' in a\.ipynb; it has setup, x"):
        set_up(tmp_path / "demo", checkout)


@pytest.mark.parametrize("folder", ["examples", "release", "source"])
def test_outside_a_repository_it_says_what_is_missing(checkout: Path, tmp_path: Path, folder: str) -> None:
    shutil.rmtree(checkout / folder)
    with pytest.raises(NoDemo, match=rf"needs the course's repository: .* has no {folder}/"):
        set_up(tmp_path / "demo", checkout)


def test_the_command_refuses_with_that_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.tex").touch()
    assert main(["demo", "--into", str(tmp_path)]) == 2
    assert "was not made by the demo" in capsys.readouterr().err


def test_the_expected_scores_are_of_the_students_and_tasks_that_there_are() -> None:
    from autograder.tasks import all_tasks

    handed_in: dict[str, set[str]] = {}
    for file in (ROOT / "examples").glob("*/*.py"):
        tasks = {task.name for task in all_tasks().values() if task.assignment == file.stem}
        handed_in.setdefault(file.parent.name, set()).update(tasks)
    table = list(csv.DictReader((ROOT / "examples/expected.csv").read_text().splitlines()))
    assert {row["student"]: {task for task in row if row[task] and task != "student"} for row in table} == handed_in
    (ada,) = (row for row in table if row["student"] == "ada")
    assert {task: float(ada[task]) for task in handed_in["ada"]} == {
        task: all_tasks()[task].points for task in handed_in["ada"]
    }


def test_the_readme_says_the_totals_of_the_expected_table() -> None:
    from autograder.tasks import all_tasks

    readme = (ROOT / "examples/README.md").read_text()
    for row in csv.DictReader((ROOT / "examples/expected.csv").read_text().splitlines()):
        (line,) = [line for line in readme.splitlines() if line.startswith(f"| {row['student']} |")]
        for assignment in ("a01_slopes", "a02_chain_rule"):
            tasks = [task for task in all_tasks().values() if task.assignment == assignment and row[task.name]]
            if tasks:
                total = f"{sum(float(row[t.name]) for t in tasks):g} / {sum(t.points for t in tasks):g}"
                assert f"| {total} |" in line


def test_an_answer_file_may_hold_what_is_not_python() -> None:
    assert answers(ROOT / "examples/faye/a01_slopes.py")["d_cube-solution"].startswith("def d_cube(x)\n")
    assert answers(ROOT / "examples/dora/a01_slopes.py") == {}
