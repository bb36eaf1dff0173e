"""The student's own source is read: a line is pointed at only where one edit of it makes the answer come right."""

from __future__ import annotations

import linecache
from typing import Any

import pytest
import torch

from autograder.authoring.task import Task, task
from autograder.marking.answers import LocalAnswer
from autograder.marking.marks import cases, mark
from autograder.marking.reading.slips import edits, slips_in


@task(points=1, examples=[3.0, -2.5, 0.5], probes=lambda rng: [])
def halved(x: float) -> float:
    """x / 2."""
    return x / 2


@task(points=1, examples=[([3.0, 1.0],), ([2.0, 5.0, 1.0],)], probes=lambda rng: [])
def total(numbers: list[float]) -> float:
    """The sum of numbers."""
    return float(sum(numbers))


@task(points=1, examples=[(2.0, 3.0), (4.0, 1.0)], parts=("sum", "difference"), probes=lambda rng: [])
def both(x: float, y: float) -> tuple[float, float]:
    """The sum and the difference."""
    return x + y, x - y


@task(points=1, examples=[1.0, -1.0], probes=lambda rng: [])
def checked(x: float) -> float:
    """x, which may not be negative."""
    if x < 0:
        raise ValueError("negative")
    return x


def answer(task: Task, source: str, above: int = 0) -> LocalAnswer:
    """The answer as a cell defines it, with some lines above it."""
    source = "\n" * above + source
    file = f"<cell-{abs(hash(source))}>"
    linecache.cache[file] = len(source), None, source.splitlines(keepends=True), file
    space: dict[str, Any] = {"torch": torch}
    exec(compile(source, file, "exec"), space)
    return LocalAnswer(space[task.name], task.name)


def told(task: Task, source: str, above: int = 0) -> str:
    mine = answer(task, source, above)
    marks = mark(task, mine, cases(task, task.examples))
    return "".join(cause.explanation for cause in slips_in(marks, mine, seconds=60))


@pytest.mark.parametrize(
    ("task", "source", "words"),
    [
        (halved, "def halved(x):\n    return x // 2\n", ("line 2", "`return x // 2`", "rounds down")),
        (halved, "def halved(x):\n    return int(x) / 2\n", ("line 2", "`int(…)`")),
        (halved, "def halved(x):\n    y = x / 2\n", ("nothing is returned",)),
        (halved, "halved = lambda x: x * 2\n", ("line 1",)),
        (
            total,
            "def total(numbers):\n    t = 0.0\n    for n in numbers:\n        t += n\n        return t\n",
            ("return",),
        ),
        (
            total,
            "def total(numbers):\n    t = 0.0\n    for n in numbers:\n        t =+ n\n    return t\n",
            ("line 4", "=+"),
        ),
        (
            total,
            "def total(ns):\n    t = 0.0\n    for i in range(len(ns) - 1):\n        t += ns[i]\n    return t\n",
            ("line 3",),
        ),
        (checked, "def checked(x):\n    if x < 0:\n        ValueError('no')\n    return x\n", ("line 3", "not raised")),
        (both, "def both(x, y):\n    return x - y, x + y\n", ("line 2", "order")),
    ],
)
def test_a_slip_is_told_with_its_line(task: Task, source: str, words: tuple[str, ...]) -> None:
    said = told(task, source)
    assert all(word in said for word in words), said


def test_lines_are_counted_from_the_top_of_the_cell() -> None:
    assert "line 5" in told(halved, "def halved(x):\n    return x // 2\n", above=3)


def test_a_helper_is_read_as_well() -> None:
    source = "def half(x):\n    return x // 2\n\ndef halved(x):\n    return half(x)\n"
    assert "line 2" in told(halved, source)


def test_nothing_is_said_where_no_single_edit_makes_it_right() -> None:
    assert told(halved, "def halved(x):\n    return x // 3 + 7\n") == ""


def test_nothing_is_said_of_a_right_answer() -> None:
    assert told(halved, "def halved(x):\n    return x / 2\n") == ""


def test_what_is_said_never_holds_the_line_put_right() -> None:
    said = told(halved, "def halved(x):\n    return x // 2\n")
    assert said and "x / 2" not in said


def test_an_edit_after_which_one_part_more_is_right_names_that_part() -> None:
    said = told(both, "def both(x, y):\n    return x * y + 1, x + y\n")
    assert "(for difference)" in said


def test_an_edit_that_takes_away_what_ends_a_loop_is_given_up() -> None:
    source = (
        "def total(ns):\n    t, i = 0.0, 0\n    while i < len(ns):\n        t -= ns[i]\n        i += 1\n    return t\n"
    )
    said = told(total, source)
    assert "line 4" in said or "line 6" in said, said


def test_edits_leave_the_notebooks_own_names_alone() -> None:
    mine = answer(halved, "factor = 2\ndef halved(x):\n    return x // factor\n")
    before = dict(mine.function.__globals__)
    marks = mark(halved, mine, cases(halved, halved.examples))
    assert slips_in(marks, mine, seconds=60)
    assert mine.function.__globals__ == before


def test_no_time_means_no_word() -> None:
    mine = answer(halved, "def halved(x):\n    return x // 2\n")
    assert slips_in(mark(halved, mine, cases(halved, halved.examples)), mine, seconds=0) == []


def test_every_edit_speaks_of_a_line_and_gives_python_or_none() -> None:
    import ast
    import copy

    loops = "    for i in range(3):\n        x += y\n    while x > 1:\n        x = x // 2\n"
    source = f"def f(x, y=1):\n{loops}    return -x * y + 1, x\n"
    tree = ast.parse(source).body[0]
    found = edits(tree)
    assert len(found) > 20
    for edit in found:
        changed = edit.apply(copy.deepcopy(tree))
        assert edit.line and edit.says
        if changed is not None:
            ast.parse(ast.unparse(ast.fix_missing_locations(changed)))
