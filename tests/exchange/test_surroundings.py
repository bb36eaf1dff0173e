"""Whatever a cell left switched, answers, oracles and probes run in a clean state, and the report says what it was."""

from __future__ import annotations

import contextlib
import decimal
import locale
import os
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import torch.autograd.forward_ad as forward_ad
from torch.nn.modules.module import register_module_forward_hook

from autograder.exchange import surroundings
from autograder.exchange.drive import drive
from autograder.marking import checker
from autograder.marking.answers import LocalAnswer
from autograder.tasks import all_tasks

CELL = {"__name__": "__main__"}
exec("def traced(*args): pass", CELL)


def entered(context: Any) -> Callable[[], Any]:
    """Enter a context and give what leaves it."""
    context.__enter__()
    return lambda: context.__exit__(None, None, None)


def hooked() -> Callable[[], Any]:
    return register_module_forward_hook(lambda module, args, out: out * 2).remove


def switched(put: Callable[[Any], Any], wanted: Any, before: Any) -> Callable[[], Any]:
    put(wanted)
    return lambda: put(before)


class Odd(torch.overrides.TorchFunctionMode):
    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {}))


# (what a cell leaves, how, what it is called); each `how` gives a function that undoes it
LEFT: list[tuple[str, Callable[[], Callable[[], Any]], str]] = [
    ("recording off", lambda: switched(torch.set_grad_enabled, False, True), "gradient recording"),
    ("no_grad entered", lambda: entered(torch.no_grad()), "gradient recording"),
    ("inference mode entered", lambda: entered(torch.inference_mode()), "inference mode"),
    ("float64", lambda: switched(torch.set_default_dtype, torch.float64, torch.float32), "torch's default dtype"),
    ("the meta device", lambda: switched(torch.set_default_device, "meta", None), "torch's default device"),
    ("a device entered", lambda: entered(torch.device("meta")), "torch's default device"),
    ("a mode of functions", lambda: entered(Odd()), "a mode that changes its functions"),
    ("autocast", lambda: entered(torch.autocast("cpu")), "autocast"),
    ("anomaly detection", lambda: switched(torch.autograd.set_detect_anomaly, True, False), "anomaly"),
    ("deterministic", lambda: switched(torch.use_deterministic_algorithms, True, False), "deterministic"),
    ("bfloat16 products", lambda: switched(torch.set_float32_matmul_precision, "medium", "highest"), "matrix products"),
    ("flushed denormals", lambda: switched(torch.set_flush_denormal, True, False), "tiny numbers"),
    ("threads", lambda: switched(torch.set_num_threads, 3, torch.get_num_threads()), "threads"),
    (
        "saved tensors packed",
        lambda: entered(torch.autograd.graph.saved_tensors_hooks(lambda t: t * 0, lambda t: t)),
        "hooks on what autograd saves",
    ),
    ("a hook on all modules", hooked, "hooks on all modules"),
    ("dual numbers", lambda: entered(forward_ad.dual_level()), "forward-mode"),
    ("NumPy that raises", lambda: switched(lambda how: np.seterr(**how), {"all": "raise"}, np.geterr()), "NumPy"),
    ("a shallow stack", lambda: switched(sys.setrecursionlimit, 400, sys.getrecursionlimit()), "recursion limit"),
    ("a profile function", lambda: switched(sys.setprofile, CELL["traced"], None), "a profile function"),
    ("three digits", lambda: switched(lambda n: setattr(decimal.getcontext(), "prec", n), 3, 28), "decimal"),
    ("another folder", lambda: switched(os.chdir, "/", str(Path.cwd())), "working directory"),
    (
        "another locale",
        lambda: switched(lambda to: locale.setlocale(locale.LC_ALL, to), "C", locale.setlocale(locale.LC_ALL)),
        "locale",
    ),
]


@pytest.fixture(autouse=True)
def as_the_tests_found_it() -> Iterator[None]:
    surroundings.remember()
    yield
    assert [s.name for s in surroundings._settings if s.left_changed(s.get())] == [], "the test has left something"


@pytest.mark.parametrize(("how", "called"), [row[1:] for row in LEFT], ids=[row[0] for row in LEFT])
def test_an_answer_runs_in_a_clean_state_and_the_cell_has_its_own_back(
    how: Callable[[], Callable[[], Any]], called: str
) -> None:
    undo = how()
    try:
        left = [s.name for s in surroundings._settings if s.left_changed(s.get())]
        if called == "locale" and not left:
            pytest.skip("this machine's locale is C already")
        assert any(called in name for name in left), left
        seen: list[str] = []

        def looks(x: float) -> float:
            seen.extend(s.name for s in surroundings._settings if s.get() != s.clean)
            return x

        outcome = drive("call", looks, (1.0,), names=("x",))
        after = [s.name for s in surroundings._settings if s.left_changed(s.get())]
    finally:
        undo()
    assert seen == []
    assert outcome.left == left, "it is named"
    assert after == left, "and the notebook's own settings are back"


CHANGED_BY_CELLS = ["recording off", "inference mode entered", "float64", "the meta device", "autocast", "dual numbers"]


@pytest.mark.parametrize("name", ["slope_at", "central_difference", "neuron", "predict", "best_step", "safe_norm"])
@pytest.mark.parametrize("left", CHANGED_BY_CELLS)
def test_a_right_answer_keeps_its_marks_and_a_wrong_one_gains_none(name: str, left: str) -> None:
    task = all_tasks()[name]
    right, wrong = task.right_answers[0], task.mistakes[0].answer
    checker.check(task, LocalAnswer(right, name))
    undo = {row[0]: row[1] for row in LEFT}[left]()
    try:
        checked = checker.check(task, LocalAnswer(right, name))
        graded = checker.grade(task, LocalAnswer(right, name), points=1, seed=("a",))
        spoilt = checker.grade(task, LocalAnswer(wrong, name), points=1, seed=("a",))
    finally:
        undo()
    assert (checked.earned, graded.earned) == (task.points, 1.0), str(graded)
    assert spoilt.earned < 1.0
    for report in (checked, graded, spoilt):
        assert "A cell of this notebook leaves changed: " in str(report)
    assert "leaves changed" not in str(checker.check(task, LocalAnswer(right, name)))


def test_an_answer_that_relies_on_recording_being_off_does_not_pass() -> None:
    torch.set_grad_enabled(False)
    try:
        report = checker.check(all_tasks()["predict"], LocalAnswer(lambda f, x: f(x), "predict"))
    finally:
        torch.set_grad_enabled(True)
    assert report.earned == 0.0


def test_what_an_answer_leaves_changed_is_noted_and_the_next_call_does_not_see_it() -> None:
    def switches(x: float) -> float:
        assert not torch.is_anomaly_enabled()
        torch.autograd.set_detect_anomaly(True)
        return x

    outcome = drive("call", switches, (1.0,), names=("x",))
    assert outcome.result == outcome.again == 1.0
    assert outcome.state["other settings"] == ["autograd's anomaly detection"]
    assert not torch.is_anomaly_enabled()
    task = all_tasks()["neuron"]

    def neuron(x: Any, w: Any, b: Any) -> Any:
        torch.autograd.set_detect_anomaly(True)
        return torch.sigmoid(w * x + b)

    report = checker.grade(task, LocalAnswer(neuron, "neuron"), points=1, seed=("a",))
    assert report.earned == 0.75
    assert "autograd's anomaly detection was left changed" in str(report)


def test_random_numbers_are_the_same_in_each_call_and_the_next_draws_are_not_disturbed() -> None:
    def draw(x: Any = 0) -> list[float]:
        return [torch.rand(1).item(), random.random(), np.random.rand()]

    for seed in (torch.manual_seed, random.seed, np.random.seed):
        seed(1)
    expected = draw()
    for seed in (torch.manual_seed, random.seed, np.random.seed):
        seed(1)
    outcome = drive("call", draw, (torch.zeros(1),), names=("x",))
    assert outcome.result == outcome.again == outcome.afresh
    assert draw() == expected


def test_figures_and_settings_of_matplotlib_are_put_back() -> None:
    width = matplotlib.rcParams["lines.linewidth"]

    def plots(x: float) -> float:
        plt.figure()
        matplotlib.rcParams["lines.linewidth"] = 99
        return x

    before = plt.get_fignums()
    drive("call", plots, (1.0,), names=("x",))
    assert plt.get_fignums() == before
    assert matplotlib.rcParams["lines.linewidth"] == width


def test_a_folder_that_is_gone_does_not_stop_the_grader(tmp_path: Path) -> None:
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        tmp_path.rmdir()
        assert drive("call", lambda x: x, (1.0,), names=("x",)).left == ["the working directory"]
    finally:
        os.chdir(here)


def test_a_debuggers_trace_function_is_left_alone() -> None:
    def tool(*args: Any) -> None:
        return None

    before = sys.gettrace()
    seen: list[Any] = []
    sys.settrace(tool)
    try:
        drive("call", lambda: seen.append(sys.gettrace()), (), names=())
    finally:
        sys.settrace(before)
    assert seen[0] is tool


def test_the_state_is_put_right_even_where_an_answer_is_interrupted() -> None:
    def interrupted(x: float) -> float:
        torch.set_grad_enabled(False)
        raise KeyboardInterrupt

    with contextlib.suppress(KeyboardInterrupt):
        drive("call", interrupted, (1.0,), names=("x",))
    assert torch.is_grad_enabled()
    with surroundings.clean() as left:
        assert left == []
