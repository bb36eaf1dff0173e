"""A course with files, a loop and cells of every kind, graded by stock nbgrader and by us: score for score, flag for
flag, by `autograder grade` and by `nbgrader autograde` with our lines in the course's configuration alike.

Where we differ on purpose is in `KNOWN`, with the reason.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from classroom import Ran, autograder, cell, nbgrader, notebook, rows, scores, submit, write

OURS = """
c.Autograde.autograde_preprocessors = [
    "autograder.nbgrader.JailedExecute",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.exporter_class = "autograder.nbgrader.AnyNotebook"
"""
TESTS = {
    "add": "assert add(1, 2) == 3",
    "share": "share = (add(1, 2) == 3) + (add(2, 2) == 4)\nshare / 2",
    "helper": "from helper import double\nassert double(3) == 6",
    "numbers": "assert open('data/numbers.csv').read() == '1,2,3'",
    "written": "from made import made\nassert made == 1",
    "task": "assert (await task) == 3",
    "loop": "import asyncio\nassert asyncio.get_running_loop().is_running()",
    "shell": "assert type(get_ipython()).__name__ == 'ZMQInteractiveShell' and get_ipython().kernel is not None",
    "stream": "import sys\nassert sys.stdout.encoding.lower() == 'utf-8'",
    "setting": "import os\nassert os.environ['NBGRADER_EXECUTION'] == 'autograde'",
    "warns": "import warnings\nwarnings.warn('careful')",
}
SETUP = "%%writefile made.py\nmade = 1"
ASYNC = "import asyncio\nasync def three():\n    return 3\ntask = asyncio.create_task(three())"
SUBMISSIONS = {
    "right": "def add(a, b):\n    return a + b",
    "half": "def add(a, b):\n    return 3",
    "broken": "def add(a, b)\n    return",
    "raises": "raise ValueError('no')",
    "hides": "import IPython.core.interactiveshell as i\ni.InteractiveShell.showtraceback = lambda *a, **k: None",
    "installs": "!pip list\ndef add(a, b):\n    return a + b",
}
KNOWN: dict[str, str] = {}  # student -> why their scores differ


def write_theirs(root: Path) -> None:
    answer = cell(
        "def add(a, b):\n    ### BEGIN SOLUTION\n    return a + b\n    ### END SOLUTION", "answer", solution=True
    )
    tests = [cell(source, f"t-{name}", points=2) for name, source in TESTS.items()]
    by_hand = cell("x = 0  # try", "try", points=4, solution=True)
    essay = cell("Write here.", "essay", kind="markdown", points=3, solution=True)
    chore = cell("Plot anything.", "chore", kind="markdown", points=2, task=True)
    extra = [cell(SETUP), cell(ASYNC)]
    write(root / "source/hw/hw.ipynb", notebook(*extra, answer, *tests, by_hand, essay, chore))
    (root / "source/hw/helper.py").write_text("def double(x):\n    return 2 * x\n")
    (root / "source/hw/data").mkdir()
    (root / "source/hw/data/numbers.csv").write_text("1,2,3")
    (root / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'theirs'\n")


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """The same class three times: graded by stock nbgrader, by our command, by nbgrader with our lines."""
    root = tmp_path_factory.mktemp("differential") / "stock"
    write_theirs(root)
    assert nbgrader(root, "generate_assignment", "hw").status == 0
    for student, answer in SUBMISSIONS.items():
        path = submit(root, student, {"answer": answer, "essay": "I think.", "try": "x = 1"}, "hw", "hw")
        (path.parent / "helper.py").write_text("def double(x):\n    return 0\n")  # the instructor's goes over it
    submit(root, "blank", {}, "hw", "hw")
    command = Path(shutil.copytree(root, root.with_name("command")))
    lines = Path(shutil.copytree(root, root.with_name("lines")))
    with (lines / "nbgrader_config.py").open("a") as config:
        config.write(OURS)
    for place in (root, lines):
        ran = nbgrader(place, "autograde", "hw")
        assert ran.status == 0, ran
    ran = autograder(command, "grade", "hw")
    assert ran.status == 0, ran
    yield {"stock": root, "command": command, "lines": lines}


@pytest.mark.parametrize("road", ["command", "lines"])
def test_scores_and_flags_and_comments_are_nbgraders(roads: dict[str, Path], road: str) -> None:
    ours, stock = rows(roads[road]), rows(roads["stock"])
    for table in ("grade", "comment", "submitted_notebook", "student"):
        assert [row for row in ours[table] if row[0] not in KNOWN] == [
            row for row in stock[table] if row[0] not in KNOWN
        ]


def test_every_test_of_a_right_notebook_passes_but_the_one_that_warns(roads: dict[str, Path]) -> None:
    """Or the test above could compare nothing with nothing."""
    found = scores(roads["command"], "hw")["right"]
    expected = {f"t-{name}": 0.0 if name == "warns" else 2.0 for name in TESTS}
    expected["t-share"] = 1.0
    assert found == {**expected, "try": None, "essay": None, "chore": None}


# --- what nbgrader cannot do, or does otherwise -------------------------------------------------------------------


def theirs(tmp_path: Path, answer: str, tests: dict[str, str] | None = None, config: str = "") -> tuple[Path, Ran]:
    """A course of one submission with this answer, after `autograder grade`."""
    root = tmp_path / "course"
    write_theirs(root)
    made = {"t-one": "assert add(1, 2) == 3", "t-two": "assert one == 1"} if tests is None else tests
    cells = [cell("one = 1"), cell("### BEGIN SOLUTION\n### END SOLUTION", "answer", solution=True)]
    cells += [cell(source, name, points=2) for name, source in made.items()]
    write(root / "source/hw/hw.ipynb", notebook(*cells))
    with (root / "nbgrader_config.py").open("a") as file:
        file.write(config)
    assert nbgrader(root, "generate_assignment", "hw").status == 0
    submit(root, "ann", {"answer": answer}, "hw", "hw")
    return root, autograder(root, "grade", "hw")


@pytest.mark.parametrize("killer", ["import os\nos._exit(1)", "import ctypes\nctypes.string_at(0)"])
def test_an_answer_that_ends_the_process_costs_its_own_points_only(tmp_path: Path, killer: str) -> None:
    root, ran = theirs(tmp_path, killer)
    assert ran.status == 0, ran
    assert scores(root, "hw")["ann"] == {"t-one": 0.0, "t-two": 2.0}
    assert "hw  ann: the cell 'answer' ended the notebook's process: it " in ran.err


@pytest.mark.parametrize(
    ("test", "needs"),
    [
        ("import subprocess\nassert subprocess.run(['true']).returncode == 0", "uses subprocess"),
        ("out = !echo hello\nassert out == ['hello']", "uses the shell line 'echo hello'"),
        ("%%bash\ntrue\n", None),
        ("import multiprocessing\nmultiprocessing.Pool(1)", "uses multiprocessing"),
    ],
)
def test_a_test_that_needs_another_program_is_no_zero(tmp_path: Path, test: str, needs: str | None) -> None:
    root, ran = theirs(tmp_path, "def add(a, b):\n    return a + b", {"t-one": test})
    if needs is None:
        return
    assert ran.status == 1
    assert f"hw  ann: could not be graded: the test 't-one' {needs}, which no notebook may in the jail" in ran.err
    assert "ann" not in scores(root, "hw")


def test_a_notebook_for_another_kernel_is_not_run_as_python(tmp_path: Path) -> None:
    root = tmp_path / "course"
    write_theirs(root)
    made = notebook(cell("x <- 1", "answer", solution=True), cell("stopifnot(x == 1)", "t", points=1))
    made.metadata.kernelspec = {"name": "ir", "display_name": "R", "language": "R"}
    write(root / "source/hw/hw.ipynb", made)
    with (root / "nbgrader_config.py").open("a") as config:
        config.write("c.ClearSolutions.code_stub = {'R': 'stop()'}\n")
    assert nbgrader(root, "generate_assignment", "hw").status == 0
    submit(root, "ann", {}, "hw", "hw")
    ran = autograder(root, "grade", "hw")
    assert ran.status == 1
    assert "hw  ann: could not be graded here: this notebook asks for the kernel ir" in ran.err


def test_a_test_that_returns_more_than_its_points_is_named_and_nothing_is_recorded(tmp_path: Path) -> None:
    root, ran = theirs(tmp_path, "x = 1", {"t-one": "5"})
    assert ran.status == 1 and "the test 't-one'" in ran.err
    assert "ann" not in scores(root, "hw")


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ("c.Autograde.create_student = False\n", "no such student is in the gradebook"),
        ("c.Execute.on_cell_start = print\n", "c.Execute.on_cell_start has no meaning in the jail"),
        ("c.Autograde.sanitize_preprocessors = ['nowhere.Nothing']\n", "nowhere"),
        ("c.CourseDirectory.nothing = 1 / 0\n", "nbgrader_config.py, line 3: ZeroDivisionError"),
    ],
)
def test_what_a_configuration_asks_for_is_done_or_refused_by_name(tmp_path: Path, config: str, named: str) -> None:
    root = tmp_path / "course"
    write_theirs(root)
    assert nbgrader(root, "generate_assignment", "hw").status == 0
    submit(root, "stranger", {}, "hw", "hw")
    with (root / "nbgrader_config.py").open("a") as file:
        file.write(config)
    ran = autograder(root, "grade", "hw")
    assert ran.status in (1, 2) and named in ran.err
    assert rows(root)["student"] == []
