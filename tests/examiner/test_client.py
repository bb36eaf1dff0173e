"""Examiners: what they and the children of their warm process know, how they fail, and that nothing is left of them."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from processes import gone, starting

from autograder.examiner import client as examiner_process
from autograder.examiner.client import Cell, Examiner, Examiners
from autograder.jail.limits import Limits
from autograder.jail.process import JailError, JailUnavailable

SEED = ("secret", "ann")
SQUARE = Cell("def d_square(x):\n    return 2 * x", solution=True)
TESTS = Cell('grade("d_square", d_square)', grade=True, points=2.0)


@pytest.fixture(scope="module")
def examiners() -> Iterator[Examiners]:
    os.environ["SECRET_OF_THE_GRADER"] = "CANARY"
    with Examiners() as process:
        yield process
    del os.environ["SECRET_OF_THE_GRADER"]


@pytest.fixture(scope="module")
def examiner(examiners: Examiners) -> Iterator[Examiner]:
    with examiners.open() as examiner:
        yield examiner


def printed(examiner: Examiner, code: str) -> str:
    """What a cell with this code prints, or its other outputs in words."""
    (outputs,) = examiner.run([Cell(code)], SEED).outputs
    return "".join(output.get("text", str(output)) for output in outputs)


# --- what goes in and comes out -----------------------------------------------------------------------------------


def test_cells_go_in_and_their_outputs_come_out(examiner: Examiner) -> None:
    first, answer, marked = examiner.run([Cell("print('hello')"), SQUARE, TESTS], SEED).outputs
    assert first == [{"output_type": "stream", "name": "stdout", "text": "hello\n"}]
    assert answer == []
    assert [output["output_type"] for output in marked] == ["display_data", "execute_result"]
    assert marked[1]["data"] == {"text/plain": "2.0"}


def test_a_wrong_answer_earns_nothing(examiner: Examiner) -> None:
    _, (_, score) = examiner.run([Cell("def d_square(x):\n    return x"), TESTS], SEED).outputs
    assert score["data"] == {"text/plain": "0.0"}


def test_a_slip_in_the_source_is_told_with_its_line(examiner: Examiner) -> None:
    answer = Cell("# mine\ndef d_square(x):\n    return 4 * x // 2")
    _, (panel, score) = examiner.run([answer, TESTS], SEED).outputs
    assert "line 3" in panel["data"]["text/plain"]
    assert "rounds down" in panel["data"]["text/plain"]
    assert score["data"] == {"text/plain": "0.0"}


def test_edited_answers_that_end_the_process_change_no_mark(examiner: Examiner) -> None:
    # With `/` for `//`, or with another branch, the answer ends its process.
    fatal = Cell("import os\ndef d_cube(x):\n    if 1 // 2: os._exit(1)\n    return x + 0.5")
    cube = Cell('grade("d_cube", d_cube)', grade=True, points=2.0)
    *_, (_, failed), (_, passed) = examiner.run([SQUARE, fatal, cube, TESTS], SEED).outputs
    assert failed["data"] == {"text/plain": "0.0"}
    assert passed["data"] == {"text/plain": "2.0"}


def test_notebooks_that_are_examined_one_after_the_other_share_nothing(examiner: Examiner) -> None:
    assert printed(examiner, "mine = 1") == ""
    assert "NameError" in printed(examiner, "mine")


def test_limits_reach_the_child(examiner: Examiner) -> None:
    (outputs,) = examiner.run([Cell("while True: pass")], SEED, limits=Limits(cell_seconds=0.2)).outputs
    assert outputs[-1]["evalue"] == "it took more than 0.2 seconds"


def test_what_is_slow_to_import_is_known_from_the_code(examiner: Examiner) -> None:
    assert not examiner.import_ahead("x = 1")
    assert examiner.import_ahead("plt.plot(x)")


# --- what a child could find --------------------------------------------------------------------------------------


MODULES = "import sys\nprint(*(name for name in sys.modules if name.startswith('autograder.')))"
KEY = {"autograder.tasks", "autograder.marking.checker", "autograder.marking.marks", "autograder.examiner.examine"}


def test_a_child_was_forked_before_the_answer_key_was_read(examiner: Examiner, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = set(printed(examiner, MODULES).split())
    assert "autograder.exchange.drive" in loaded
    assert not loaded & KEY
    with starting(Examiners, "import autograder.examiner.examine", monkeypatch) as others, others.open() as too_late:
        assert set(printed(too_late, MODULES).split()) >= KEY  # so what was looked for can be seen


def test_nothing_of_the_graders_environment_reaches_the_process(examiners: Examiners) -> None:
    assert "SECRET_OF_THE_GRADER" in os.environ
    assert b"CANARY" not in Path(f"/proc/{examiners._process.pid}/environ").read_bytes()


# --- when something is wrong --------------------------------------------------------------------------------------


def test_the_jail_holds_here(examiner: Examiner) -> None:
    examiner.try_the_jail()


def test_where_the_jail_does_not_hold_nothing_runs_but_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    cannot = "def cannot(*args): raise kernel.CannotLock(38, 'this kernel has no Landlock')"
    first = f"from autograder.jail import kernel, lock\n{cannot}\nlock.restrict_syscalls = cannot"
    with starting(Examiners, first, monkeypatch) as examiners, examiners.open() as examiner:
        with pytest.raises(JailUnavailable, match=r"Nothing was graded[^$]*no Landlock[^$]*--no-jail"):
            examiner.try_the_jail()
        with pytest.raises(JailUnavailable, match="no Landlock"):
            examiner.run([SQUARE], SEED)
        assert examiner.run([SQUARE], SEED, jail=False).outputs == [[]]


def test_a_fault_of_the_examiner_is_named_and_the_next_notebook_is_examined(examiner: Examiner) -> None:
    with pytest.raises(JailError, match="ValueError"):
        examiner.run([SQUARE, replace(TESTS, points="many")], SEED)  # type: ignore[arg-type]
    assert examiner.run([SQUARE], SEED).outputs == [[]]


BROKEN = {
    "no torch here": "raise SystemExit('no torch here')",
    "ModuleNotFoundError: import of autograder.tasks": "import sys\nsys.modules['autograder.tasks'] = None",
    "the warm process .*: No module named 'IPython": "import sys\nsys.modules['IPython.core'] = None",
}


@pytest.mark.parametrize("reason", BROKEN)
def test_a_process_that_cannot_start_says_why(reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with starting(Examiners, BROKEN[reason], monkeypatch) as examiners, pytest.raises(JailError, match=reason):
        examiners.open().try_the_jail()


def test_an_examiner_that_is_gone_is_the_graders_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    first = "import os\nfrom autograder.marking import checker\nchecker.graded = lambda *_, **__: os._exit(3)"
    with starting(Examiners, first, monkeypatch) as examiners, examiners.open() as examiner:
        with pytest.raises(JailError, match="the process that examines submissions is gone"):
            examiner.run([SQUARE, TESTS], SEED)
        with examiners.open() as another:
            assert another.run([SQUARE], SEED).outputs == [[]]


NO_THIRD_FORK = """
import os
forks, fork, server = [], os.fork, os.getpid()
def third_fails():
    forks.append(1)
    if len(forks) == 3 and os.getpid() == server:
        raise BlockingIOError(11, "Resource temporarily unavailable")
    return fork()
os.fork = third_fails
"""


def test_where_no_examiner_can_be_forked_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with starting(Examiners, NO_THIRD_FORK, monkeypatch) as examiners, examiners.open() as examiner:
        with examiners.open() as unlucky, pytest.raises(JailError, match="is gone"):
            unlucky.run([SQUARE], SEED)
        assert examiner.run([SQUARE], SEED).outputs == [[]]
        with examiners.open() as another:
            assert another.run([SQUARE], SEED).outputs == [[]]


def test_an_answer_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examiner_process, "PATIENCE_SECONDS", 0.1)
    with Examiners() as examiners, examiners.open() as examiner:
        examiners._process.send_signal(signal.SIGSTOP)
        with pytest.raises(JailError, match=r"gave no answer for 1\.3 seconds"):
            examiner.run([SQUARE], SEED, limits=Limits(total_seconds=0.2))
        examiners._process.send_signal(signal.SIGCONT)


def test_after_an_interrupt_nobody_gets_the_answer_to_the_request_before(
    examiners: Examiners, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with examiners.open() as examiner:
        with monkeypatch.context() as patch:
            patch.setattr(examiner._connection, "poll", interrupted)
            with pytest.raises(KeyboardInterrupt):
                examiner.run([SQUARE, TESTS], SEED)
        with pytest.raises(JailError, match="is gone"):
            examiner.run([Cell("def d_square(x):\n    return x"), TESTS], SEED)


# --- nothing is left ----------------------------------------------------------------------------------------------

PARENTS = "import os\nprint(os.getpid(), os.getppid())"


def children(pid: int) -> list[int]:
    return [*map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def test_closing_leaves_no_process_no_folder_and_no_descriptor() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with Examiners() as examiners:
        examiner = examiners.open()
        child, warm = map(int, printed(examiner, PARENTS).split())
        server = examiners._process.pid
        assert warm in children(server) and len(children(server)) == 2
        pids = [child, server, *children(server)]
        place = examiners._place
        assert place.is_dir()
    with pytest.raises(JailError, match="is gone"):
        examiner.run([SQUARE], SEED)
    with pytest.raises(JailError, match="is gone"):
        examiners.open()
    assert all(map(gone, pids))
    assert not place.exists()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


OWNER = """
import os, sys, time
from autograder.examiner.client import Cell, Examiners
examiners = Examiners()
examiner = examiners.open()
examiner.run([Cell("x = 1")], ("secret", "ann"))
print(examiners._process.pid, examiners._place, flush=True)
time.sleep(600)
"""


def test_all_ends_with_the_grader_however_that_ends() -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        server, place = owner.stdout.readline().split()
        pidfds = [os.pidfd_open(pid) for pid in (int(server), *children(int(server)))]
        assert len(pidfds) == 3
        owner.kill()
        for pidfd in pidfds:
            assert select.select([pidfd], [], [], 30)[0], "it lives on"
            os.close(pidfd)
    assert not Path(place).exists()


def test_the_warm_process_and_examiners_end_with_the_server_however_that_ends() -> None:
    with Examiners() as examiners, examiners.open() as examiner:
        printed(examiner, PARENTS)
        pidfds = [os.pidfd_open(pid) for pid in children(examiners._process.pid)]
        assert len(pidfds) == 2
        examiners._process.kill()
        for pidfd in pidfds:
            assert select.select([pidfd], [], [], 30)[0], "it lives on"
            os.close(pidfd)
