"""Where in a student's own code an exception came from: its line, never one of ours."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell

from autograder.exchange import cells, history
from autograder.exchange.drive import drive
from autograder.exchange.values import Line, Made, Raised, dump, load


@pytest.fixture(scope="module")
def shell() -> InteractiveShell:
    made: InteractiveShell = InteractiveShell.instance(colors="nocolor")
    cells.watch(made)
    return made


@pytest.fixture(autouse=True)
def _afresh(shell: InteractiveShell) -> Iterator[None]:
    shell.reset()
    cells.forget()
    shell.execution_count = 1
    yield


def run(shell: InteractiveShell, *sources: str) -> None:
    for source in sources:
        shell.run_cell(source, store_history=True, silent=False)


def raised_by(answer: Callable[..., Any], *inputs: Any) -> Raised:
    result = drive("call", answer, inputs, names=["x"]).result
    assert isinstance(result, Raised)
    return result


def line_in(shell: InteractiveShell, *inputs: Any) -> Line | None:
    return raised_by(shell.user_ns["f"], *(inputs or (2.0,))).line


def test_the_line_is_counted_from_the_top_of_its_cell(shell: InteractiveShell) -> None:
    run(shell, "a = 1\ndef f(x):\n    y = x\n    return y / 0")
    assert line_in(shell) == Line(4, "return y / 0")


def test_empty_lines_at_the_top_of_a_cell_count(shell: InteractiveShell) -> None:
    run(shell, "\n\ndef f(x):\n    return x / 0")
    assert line_in(shell) == Line(4, "return x / 0")


def test_a_helper_of_another_cell_is_named_by_its_cell(shell: InteractiveShell) -> None:
    run(shell, "def helper(x):\n    return x.gard", "def f(x):\n    return helper(x)")
    assert line_in(shell) == Line(2, "return x.gard", "cell 1")


def test_lambdas_classes_partials_and_decorated_functions_have_lines(shell: InteractiveShell) -> None:
    decorator = (
        "import functools\ndef twice(g):\n    @functools.wraps(g)\n    def h(x):\n        return g(x)\n    return h"
    )
    run(shell, "f = lambda x: x / 0")
    assert line_in(shell) == Line(1, "f = lambda x: x / 0")
    run(shell, decorator, "@twice\ndef f(x):\n    return x / 0")
    assert line_in(shell) == Line(3, "return x / 0")
    run(shell, "class F:\n    def __call__(self, x):\n        return x / 0\nf = F()")
    assert line_in(shell) == Line(3, "return x / 0")
    shell.user_ns["f"] = functools.partial(shell.user_ns["f"], 1.0)
    assert raised_by(shell.user_ns["f"]).line == Line(3, "return x / 0")


def test_an_argument_too_many_is_told_at_the_definition(shell: InteractiveShell) -> None:
    run(shell, "import torch\n@torch.no_grad()\ndef f():\n    return 1")
    assert line_in(shell) == Line(3, "def f():")


def test_an_error_inside_a_function_that_was_handed_in_is_told_at_the_call(shell: InteractiveShell) -> None:
    run(shell, "def f(g):\n    return g(None)")
    assert line_in(shell, Made("power", {"exponent": 2})) == Line(2, "return g(None)")


def test_a_recursion_without_end_has_a_line(shell: InteractiveShell) -> None:
    run(shell, "def f(x):\n    return f(x - 1)")
    assert line_in(shell) == Line(2, "return f(x - 1)")


def test_a_backward_of_the_students_has_a_line(shell: InteractiveShell) -> None:
    source = """import torch
class Round(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.round()
    @staticmethod
    def backward(ctx, g):
        return g / 0 * None
def f(x):
    return Round.apply(x)"""
    run(shell, source)
    x = torch.tensor(1.5, requires_grad=True)
    facts = drive("value_and_gradients", shell.user_ns["f"], (x,), names=["x"]).result
    assert facts["gradient to x"].line == Line(8, "return g / 0 * None")


def test_what_is_no_students_has_no_line() -> None:
    assert raised_by(len, 3).line is None


@pytest.mark.parametrize(
    ("body", "near"),
    [
        ("    total = x\n    return totl", "total"),
        ("    return torch.sine(x)", "sin"),
        ("    return torch.tensor(x).gard", "grad"),
        ("    return nothing_like_it", ""),
    ],
)
def test_a_name_that_may_be_meant_is_found(shell: InteractiveShell, body: str, near: str) -> None:
    run(shell, f"import torch\ndef f(x):\n{body}")
    assert raised_by(shell.user_ns["f"], 2.0).near == near


def test_lines_travel_and_are_cut() -> None:
    raised = Raised(("TypeError", "Exception"), "no", Line(3, "return x", "cell 2"), "y")
    assert load(dump(raised)) == raised
    long = load(dump(Raised(("TypeError",), "", Line(3, "x" * 5000))))
    assert len(long.line.text) <= 200


# --- what cells tell of a name ------------------------------------------------------------------------------------


def test_a_cell_that_failed_is_told_with_its_error_and_line(shell: InteractiveShell) -> None:
    run(shell, "x = 1", "def f(x)\n    return x")
    failed = history.about("f", shell.user_ns)["failed"]
    assert (failed.kinds[0], failed.line) == ("SyntaxError", Line(1, "def f(x)", "cell 2"))
    run(shell, "from google.colab import drive\ndef f(x):\n    return x")
    failed = history.about("f", shell.user_ns)["failed"]
    assert (failed.kinds[0], failed.line) == (
        "ModuleNotFoundError",
        Line(1, "from google.colab import drive", "cell 3"),
    )


def test_a_function_with_a_name_like_it_is_told(shell: InteractiveShell) -> None:
    run(shell, "def d_sqare(x):\n    return 2 * x\ndef other(x):\n    return x")
    assert history.about("d_square", shell.user_ns) == {"near": ["d_sqare"]}


def test_a_stub_that_ran_after_the_answer_is_told(shell: InteractiveShell) -> None:
    run(shell, "def f(x):\n    return x", "def f(x):\n    raise NotImplementedError")
    assert history.about("f", shell.user_ns) == {"stub": [2, 1]}
    run(shell, "def f(x):\n    return x")
    assert history.about("f", shell.user_ns) == {}


def test_a_function_from_an_earlier_run_of_its_cell_is_told(shell: InteractiveShell) -> None:
    for source in ("def f(x):\n    return x", "def g(x):\n    return x"):
        shell.run_cell(source, store_history=True, cell_id="the same")
    assert history.about("f", shell.user_ns) == {"older": [1, 2, ["g"]]}
    assert history.about("g", shell.user_ns) == {}
