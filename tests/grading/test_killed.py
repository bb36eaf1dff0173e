"""A process that somebody kills in the middle of a class, and a gradebook that somebody holds: the class is graded."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from classroom import RIGHT, WRONG, Ran, autograded_files, autograder, rows, scores, submit

from autograder.grading import gradebook
from autograder.grading.course import CannotGrade, open_course
from autograder.grading.gradebook import opened

PATIENCE_SECONDS = 240

# Runs `autograder grade ps1`, and at a moment, once, kills one of its processes.
KILLER = """
import os, signal, sys
from pathlib import Path
from autograder import cli
from autograder.examiner.client import Examiner, Examiners
from autograder.grading import submission

victim, moment, sig = sys.argv[1], sys.argv[2], getattr(signal, sys.argv[3])
main, done, seen = os.getpid(), Path("killed").resolve(), Path("seen").resolve()

def children(pid):
    return [*map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]

def kill_once(examiner):
    try:
        done.touch(exist_ok=False)
    except FileExistsError:
        return
    server = examiner._examiners._process.pid
    warm, *others = children(server)
    victims = {"server": [server], "warm": [warm], "examiners": others, "worker": [os.getpid()], "main": [main]}
    for pid in victims[victim]:
        os.kill(pid, sig)

ask = Examiner._ask
def asking(self, request, *rest):
    if request["do"] == "run":
        with seen.open("a") as file:  # one write, so that no line is lost among workers
            file.write(request["seed"][1] + "\\n")
    runs = len(seen.read_text().splitlines()) if request["do"] == "run" else 0
    now = {"before the first": request["do"] == "recognise", "in the middle": runs > 3, "at the last": runs > 6}
    if now[moment]:
        poll = self._connection.poll
        class Polled:  # the request has been sent, and no answer has come
            def __getattr__(_, name):
                return getattr(connection, name)
            def poll(_, seconds):
                kill_once(self)
                return connection.poll(seconds)
        connection, self._connection = self._connection, Polled()
        try:
            return ask(self, request, *rest)
        finally:
            self._connection = connection
    return ask(self, request, *rest)
Examiner._ask = asking
sys.argv = ["autograder", "grade", "ps1"]
cli.run()
"""


@pytest.fixture(scope="module")
def class_template(handed_in_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven submissions, not graded."""
    root = Path(shutil.copytree(handed_in_template, tmp_path_factory.mktemp("class") / "course"))
    for number in range(4):
        submit(root, f"student-{number}", {**(RIGHT if number % 2 else WRONG), "why": f"Because of {number}."})
    return root


@pytest.fixture(scope="module")
def undisturbed(class_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = Path(shutil.copytree(class_template, tmp_path_factory.mktemp("undisturbed") / "course"))
    assert autograder(root, "grade", "ps1").status == 0
    return root


@pytest.fixture
def root(class_template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(class_template, tmp_path / "course"))


def disturbed(root: Path, victim: str, moment: str, number: str = "SIGKILL") -> Ran:
    """Grade with one process killed."""
    command = [sys.executable, "-c", KILLER, victim, moment, number]
    ran = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert (root / "killed").exists(), f"nothing was killed: {ran}"
    return Ran(ran.returncode, ran.stdout, ran.stderr)


@pytest.mark.parametrize(
    ("victim", "moment"),
    [
        ("server", "before the first"),
        ("server", "in the middle"),
        ("server", "at the last"),
        ("warm", "in the middle"),
        ("warm", "at the last"),
        ("examiners", "in the middle"),
        ("worker", "in the middle"),
    ],
)
def test_a_process_that_is_killed_costs_nobody_anything(
    root: Path, undisturbed: Path, victim: str, moment: str
) -> None:
    ran = disturbed(root, victim, moment)
    assert (ran.status, ran.err) == (0, "")
    assert rows(root) == rows(undisturbed)
    assert autograded_files(root) == autograded_files(undisturbed)
    pages = [sorted(path.relative_to(each) for path in each.glob("feedback/*/*/*")) for each in (root, undisturbed)]
    assert pages[0] == pages[1]


def test_ctrl_c_ends_the_run_all_the_same(root: Path) -> None:
    ran = disturbed(root, "main", "in the middle", "SIGINT")
    assert ran.status == 130
    assert "Traceback" not in ran.err


# --- a gradebook that another program holds -----------------------------------------------------------------------


@pytest.fixture
def holder(graded: Path) -> Iterator[sqlite3.Connection]:
    """Another program that holds the gradebook of `graded`."""
    connection = sqlite3.connect(graded / "gradebook.db")
    connection.execute("begin exclusive")
    yield connection
    connection.close()


def test_a_gradebook_that_another_program_holds_is_waited_for_and_that_is_said_once(
    graded: Path, holder: sqlite3.Connection
) -> None:
    before = autograded_files(graded)
    command = [sys.executable, "-m", "autograder.cli", "grade", "ps1"]
    with subprocess.Popen(command, cwd=graded, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None and run.stderr is not None
        last_resort = threading.Timer(PATIENCE_SECONDS, run.kill)
        last_resort.start()
        said = run.stderr.readline()
        assert said.startswith(f"Another program holds the gradebook {graded / 'gradebook.db'}. Waiting for it")
        holder.rollback()
        out, err = run.communicate()
        last_resort.cancel()
    assert (run.returncode, err) == (0, "")
    assert len(out.splitlines()) == 4
    assert autograded_files(graded) == before


@pytest.mark.parametrize("lock", ["begin exclusive", "begin immediate", "begin; select * from grade"])
def test_what_is_written_into_an_opened_gradebook_can_be_committed(
    graded: Path, lock: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever holds it in whatever way is waited for before anything is written, and nobody comes between."""
    connection = sqlite3.connect(graded / "gradebook.db", timeout=0, isolation_level=None)
    for statement in lock.split("; "):
        cursor = connection.execute(statement)
    cursor.fetchone()
    slept = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            cursor.close()
            connection.rollback()

    monkeypatch.setattr("autograder.grading.gradebook.time.sleep", sleep)
    with opened(open_course(graded)) as book:
        assert len(slept) == 3
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            connection.execute("select * from grade").fetchone()
        book.find_student("right").first_name = "Ann"
        book.db.commit()
    assert connection.execute("select first_name from student where id = 'right'").fetchone() == ("Ann",)
    connection.close()
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_gradebook_that_is_held_for_longer_is_named_and_nothing_is_recorded(
    graded: Path, holder: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gradebook, "PATIENCE_SECONDS", 0.2)
    said = r"gradebook\.db cannot be used: database is locked\. Nothing was recorded"
    with pytest.raises(CannotGrade, match=said), opened(open_course(graded)):
        pass
    holder.rollback()
    assert scores(graded)["right"]["d_square-tests"] == 2.0
