"""`check` and `grade` as notebooks call them, and nbgrader's Validate on notebooks that do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbgrader.utils import determine_grade

from autograder import check, grade
from autograder.exchange import cells
from autograder.notebook import Score

ROOT = Path(__file__).parents[1]


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    made: InteractiveShell = InteractiveShell.instance(colors="nocolor")
    made.reset()
    cells.watch(made)
    cells.forget()
    made.run_cell("from autograder import check, grade", store_history=True)
    yield made
    made.reset()


def said(shell: InteractiveShell, capsys: pytest.CaptureFixture[str], *sources: str) -> str:
    """What the last of these cells shows."""
    for source in sources:
        capsys.readouterr()
        shell.run_cell(source, store_history=True)
    return capsys.readouterr().out


def test_an_answer_is_found_by_its_name_where_check_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    def d_square(x: float) -> float:
        return 2 * x

    assert check("d_square") == check("d_square", d_square) == check("d_square", lambda x: x + x) == 2.0
    assert "✓ d_square" in capsys.readouterr().out


def test_a_name_that_does_not_exist_is_a_sentence_and_no_traceback(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    for call in ('check("d_square")', 'grade("d_square")'):
        shown = said(shell, capsys, call)
        assert "d_square: not defined" in shown
        assert "Traceback" not in shown
    shown = said(shell, capsys, "def d_sqare(x):\n    return 2 * x", 'check("d_square")')
    assert "There is a function `d_sqare`" in shown


def test_a_cell_that_failed_is_named(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    shown = said(shell, capsys, "def d_square(x)\n    return 2 * x", 'check("d_square")')
    assert "not defined, since its cell failed" in shown
    assert "In cell 2, line 1, `def d_square(x)`: SyntaxError: expected ':'" in shown
    older = "def d_square(x):\n    return 2 * x"
    shown = said(shell, capsys, older, "from google.colab import drive\n" + older, 'check("d_square")')
    assert "its cell failed" in shown
    assert "an older one" in shown
    assert "Google Colab" in shown


def test_what_an_answer_printed_is_shown_and_cut(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    source = "def d_square(x):\n    print('x is', x)\n    print('y' * 5000)\n    return 3 * x"
    shown = said(shell, capsys, source, 'check("d_square")')
    assert "Printed at d_square(3.0): `x is 3.0 ⏎ yyy" in shown
    assert len(shown) < 2000


def test_a_check_against_autograd_in_a_right_answer_is_to_be_taken_out(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    check_inside = (
        "import torch\ndef d_square(x):\n    t = torch.tensor(x, requires_grad=True)\n    (t**2).backward()\n"
        "    print(t.grad)\n    return {}"
    )
    shown = said(shell, capsys, check_inside.format("2 * x"), 'check("d_square")')
    assert "take the check against autograd out of the function" in shown
    shown = said(shell, capsys, check_inside.format("t.grad.item()"), 'check("d_square")')
    assert "take the check" not in shown
    assert "return that formula" in shown


def test_a_score_is_a_number_to_nbgrader_and_words_to_a_reader() -> None:
    score = Score(1.5, "1.5 of 2 points")
    assert repr(score) == "1.5"
    assert "1.5 of 2 points" in score._repr_html_()
    result = nbformat.v4.new_output("execute_result", data={"text/plain": repr(score), "text/html": "x"})
    cell = nbformat.v4.new_code_cell("", outputs=[result])
    cell.metadata.nbgrader = {"grade": True, "solution": False, "points": 2, "grade_id": "a"}
    assert determine_grade(cell) == (1.5, 2.0)


def validated(path: Path) -> str:
    """What `nbgrader validate` prints."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, "-m", "nbgrader", "validate", str(path)]
    return subprocess.run(
        command, cwd=path.parent, env=environment, capture_output=True, text=True, check=True, timeout=180
    ).stdout


def test_validate_shows_the_report_of_what_is_not_right_and_success_where_all_is(tmp_path: Path) -> None:
    for folder, said_of_it in (("release", "d_square: not attempted yet"), ("source", "Success!")):
        copy = tmp_path / folder / "a01_slopes.ipynb"
        copy.parent.mkdir()
        copy.write_bytes((ROOT / folder / "a01_slopes" / "a01_slopes.ipynb").read_bytes())
        shown = validated(copy)
        assert said_of_it in shown
        assert "Partial credit" not in shown


def test_a_stock_grade_cell_scores_what_grade_returns(capsys: pytest.CaptureFixture[str]) -> None:
    def d_square(x: float) -> float:
        return 2 * x

    assert grade("d_square") == 2.0
    assert grade("d_square", lambda x: x) == 0.0
