"""Our end of the jail: how children begin and end, and whose fault it was when one is gone."""

from __future__ import annotations

import importlib.util
import os
import select
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from processes import gone, starting

from autograder.exchange.values import BadValue, Made, Raised
from autograder.jail import client, doctor, folder
from autograder.jail.client import Child, Died, WarmProcess
from autograder.jail.limits import Limits
from autograder.jail.process import JailError, JailUnavailable

KEY = (
    *("tasks", "tasks.a01_slopes.d_square", "authoring.oracle", "authoring.task", "marking.checker", "marking.byhand"),
    *("notebook", "examiner.examine"),  # where they are used
)


@pytest.fixture(scope="module")
def warm() -> Iterator[WarmProcess]:
    with WarmProcess() as process:
        yield process


@pytest.fixture
def child(warm: WarmProcess) -> Iterator[Child]:
    with warm.open(Limits()) as child:
        yield child


def printed(child: Child, code: str) -> str:
    return "".join(output.get("text", str(output)) for output in child.run(code).outputs)


# --- what a child starts with -------------------------------------------------------------------------------------


def test_a_child_holds_no_module_of_the_answer_key(child: Child) -> None:
    names = printed(child, "import sys\nprint(*(n for n in sys.modules if n.startswith('autograder.')))").split()
    assert "autograder.exchange.drive" in names
    packages = {name.partition(".")[0] for name in KEY}
    assert not [name for name in names if name.split(".")[1] in packages]


@pytest.mark.parametrize("name", KEY)
def test_a_child_cannot_import_the_answer_key(name: str, child: Child) -> None:
    assert importlib.util.find_spec(f"autograder.{name}"), "a name that is nowhere proves nothing"
    assert "PermissionError" in printed(child, f"import autograder.{name}")


def test_a_childs_environment_is_its_own(child: Child) -> None:
    names = printed(child, "import os; print(*os.environ)").split()
    of_ours = {"PATH", "HOME", "TMPDIR", "LANG", "MPLBACKEND", "MPLCONFIGDIR"}
    assert set(names) == of_ours | {"PAGER", "NBGRADER_EXECUTION"}  # as a kernel and nbgrader set them
    assert os.environ["HOME"] not in printed(child, "import os; print(os.environ['HOME'])").split()


def test_a_childs_folder_is_private_and_empty(warm: WarmProcess) -> None:
    look = "import os; print(os.getcwd(), oct(os.stat('.').st_mode & 0o777), os.listdir())"
    with warm.open(Limits()) as one, warm.open(Limits()) as other:
        one.run("open('mine', 'w').write('x')")
        folder, mode, *names = printed(other, look).split()
        assert (mode, names) == ("0o700", ["[]"])
        assert not Path(folder).is_relative_to(one._folder)
        assert "PermissionError" in printed(other, f"open({str(one._folder / 'work/mine')!r})")


def test_a_child_holds_one_descriptor_of_ours_beside_those_of_its_event_loop(child: Child) -> None:
    code = """
import importlib.util
import os
for fd in range(3, 100):
    try: os.fstat(fd); print(fd)
    except OSError: pass"""
    its_own = 3  # the selector of the loop that runs between cells, and the two ends of what wakes it
    assert len(printed(child, code).split()) == 1 + its_own


def test_every_picture_is_there_to_be_named(child: Child) -> None:
    """A locked child can import no more of them, and drawing is left to who has a reader."""
    code = "from autograder import show\nshow.gears()\nprint(*(getattr(show, name) for name in show.__all__))"
    assert "Error" not in printed(child, code)
    assert "[A picture: run this cell in your own notebook to see it.]" in printed(child, "show.spacing()")


def test_children_share_nothing(warm: WarmProcess) -> None:
    with warm.open(Limits()) as one, warm.open(Limits()) as other:
        one.run("import math; math.pi = 3; x = 1")
        assert printed(other, "import math; print(math.pi > 3.1, 'x' in globals())") == "True False\n"


# --- whose fault it was -------------------------------------------------------------------------------------------

OWN_DOING = {
    "import os; os._exit(3)": "it ended its own process",
    "import ctypes; ctypes.string_at(0)": "it crashed (Segmentation fault)",
    "import os, signal; os.kill(os.getpid(), signal.SIGTERM)": "it crashed (Terminated)",
    "import os; os.kill(os.getpid(), 40)": "it crashed (Real-time signal 6)",
    "import sys; sys.stdout._recorder.channel.send([1])": "it sent something that is not an answer",
}


@pytest.mark.parametrize(("code", "why"), OWN_DOING.items(), ids=OWN_DOING.values())
def test_a_submission_that_ends_itself_died_of_its_own_doing(code: str, why: str, child: Child) -> None:
    run = child.run(code)
    assert (run.died, run.stopped) == (True, why)
    with pytest.raises(Died):
        child.drive("call", "f", [(1,)], names=["x"], watch=False)


def test_a_child_that_closes_its_end_and_lives_on_did_it_by_itself(warm: WarmProcess) -> None:
    with warm.open(Limits()) as child:
        run = child.run("import os, time; os.closerange(3, 100); time.sleep(1000)")
        assert run.stopped == "it closed its connection to the grader"


def test_a_child_that_something_outside_kills_is_the_graders_fault(child: Child) -> None:
    os.kill(child._pid, signal.SIGKILL)
    with pytest.raises(JailError, match="something outside"):
        child.run("1")


def test_a_warm_process_that_is_killed_is_the_graders_fault() -> None:
    with WarmProcess() as warm:
        with warm.open(Limits()) as child:
            warm._process.kill()
            with pytest.raises(JailError, match="the warm process died"):
                child.run("while True: pass")
        with pytest.raises(JailError, match="the warm process"):
            warm.open(Limits())


def test_a_warm_process_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    with starting(WarmProcess, "raise SystemExit('no torch here')", monkeypatch) as warm:
        warm._process.wait()
        with pytest.raises(JailError, match="no torch here"):
            warm.open(Limits())


# --- failing closed -----------------------------------------------------------------------------------------------


CANNOT = """
from autograder.jail import kernel, lock
def cannot(*args): raise kernel.CannotLock(38, "this kernel has no Landlock")
"""


@pytest.mark.parametrize("part", ["prepare", "restrict_syscalls"])
def test_where_a_part_of_the_lock_is_missing_no_child_runs(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with starting(WarmProcess, f"{CANNOT}\nlock.{part} = cannot", monkeypatch) as warm:
        with pytest.raises(JailUnavailable, match="no Landlock"):
            warm.open(Limits())
        escapes = doctor.open_escapes(warm)
        assert [escape.what for escape in escapes] == ["lock a process in"]
        said = doctor.refusal(escapes)
        assert "Nothing was graded" in said and "no Landlock" in said and "--no-jail" in said
        with warm.open(Limits(), jail=False) as child:
            assert printed(child, "print(1)") == "1\n"


def test_the_doctor_finds_an_escape_that_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    first = "from autograder.jail import lock\nlock.restrict_syscalls = lambda seccomp: None"
    with starting(WarmProcess, first, monkeypatch) as warm:
        found = {escape.what for escape in doctor.open_escapes(warm)}
    assert {"start a process (fork)", "open a network socket (IPv4)", "change a file's mode"} <= found


NO_SECOND_FORK = """
import importlib.util
import os
forks, fork = [], os.fork
def second_fails():
    forks.append(1)
    if len(forks) == 2:
        raise BlockingIOError(11, "Resource temporarily unavailable")
    return fork()
os.fork = second_fails
"""


def test_where_no_child_can_be_forked_the_next_one_still_may(monkeypatch: pytest.MonkeyPatch) -> None:
    with starting(WarmProcess, NO_SECOND_FORK, monkeypatch) as warm, warm.open(Limits()) as child:
        with pytest.raises(JailError, match="the warm process made no child"):
            warm.open(Limits())
        assert printed(child, "print(1)") == "1\n"
        with warm.open(Limits()) as another:
            assert printed(another, "print(2)") == "2\n"


def test_the_doctor_finds_none_here(warm: WarmProcess) -> None:
    assert doctor.open_escapes(warm) == []


def test_what_is_slow_to_import_can_be_asked_for_before_a_child_is() -> None:
    with WarmProcess() as warm:
        assert not warm.import_ahead("x = 1")
        assert warm.import_ahead("plt.plot(x)")
        with warm.open(Limits()) as child:  # does not wait for that, and does not have it
            assert printed(child, "import sys; print('matplotlib' in sys.modules)") == "False\n"
        with warm.open(Limits(), source="plt.plot(x)") as child:
            assert printed(child, "import sys; print('matplotlib' in sys.modules)") == "True\n"


def test_a_branch_that_died_is_replaced() -> None:
    with WarmProcess() as warm:
        with warm.open(Limits(), source="plt") as child:
            parent = int(child.run("import os; print(os.getppid())").outputs[0]["text"])
        assert parent != warm._process.pid
        pidfd = os.pidfd_open(parent)
        os.kill(parent, signal.SIGKILL)
        assert select.select([pidfd], [], [], 30)[0]
        os.close(pidfd)
        with warm.open(Limits(), source="plt") as child:
            assert child.run("import matplotlib.pyplot as plt; plt.plot([1, 2])").stopped is None


def test_children_of_a_branch_end_with_the_warm_process_however_that_ends() -> None:
    with WarmProcess() as warm:
        child = warm.open(Limits(), source="plt")
        warm._process.kill()
        pidfd = child._pidfd
        assert pidfd is not None
        assert select.select([pidfd], [], [], 30)[0], "it lives on"
        child.close()


# --- nothing is left ----------------------------------------------------------------------------------------------


def test_closing_leaves_no_process_no_folder_and_no_descriptor() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with WarmProcess() as warm:
        with warm.open(Limits()) as child:
            child.run("import os; os.mkdir('deep'); open('deep/file', 'w').write('x')")
        still_open = warm.open(Limits())
        still_open.run("import os\nfor _ in range(1100):\n    os.mkdir('d'); os.chdir('d')\nos.mkdir('closed', 0)")
        pids = [child._pid, still_open._pid, warm._process.pid]
        place = warm._place
        assert place.is_dir()
    still_open.close()
    assert all(gone(pid) for pid in pids)
    assert not place.exists()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_childs_folder_goes_with_it(warm: WarmProcess) -> None:
    with warm.open(Limits()) as child:
        assert child.run("open('file', 'w').write('x'); import os; os._exit(0)").died
        assert not child._folder.exists()  # it is gone before the child's end is reported


def test_children_end_with_the_warm_process_however_that_ends() -> None:
    with WarmProcess() as warm:
        child = warm.open(Limits())
        warm._process.kill()
        pidfd = child._pidfd
        assert pidfd is not None
        assert select.select([pidfd], [], [], 30)[0], "it lives on"
        child.close()


# --- what a child sends -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [Made("array", {}), [Made("array", {})], {"a": (Raised(()),)}],
    ids=["recipe", "recipe in a list", "no kind"],
)
def test_values_that_no_answer_returns_are_refused(value: object) -> None:
    outcome = {"result": value, "again": None, "inputs": {}, "state": {}, "differentiated": None}
    with pytest.raises(BadValue):
        client._checked_outcomes([outcome], 1)


def test_outputs_are_made_afresh_and_only_of_what_a_page_shows() -> None:
    sent: dict[str, Any] = {
        "output_type": "display_data",
        "metadata": {"x": 1},
        "transient": {},
        "data": {"text/plain": "a"},
    }
    sent["data"] |= {"application/javascript": "b", "application/vnd.x+json": "c"}
    made = client._checked_output(sent)
    assert made == {"output_type": "display_data", "data": {"text/plain": "a"}, "metadata": {}}


@pytest.mark.parametrize(
    "output",
    [
        *(7, [], {}, {"output_type": "x"}, {"output_type": "stream", "name": "stdin", "text": "x"}),
        *({"output_type": "stream", "name": "stdout", "text": 5}, {"output_type": "display_data", "data": 5}),
    ],
    ids=str,
)
def test_what_is_no_output_is_refused(output: object) -> None:
    with pytest.raises(BadValue):
        client._checked_output(output)


def test_a_folder_is_measured_by_all_that_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/file").write_bytes(bytes(100_000))
    assert folder.bytes_in(tmp_path) > 90_000
    assert folder.bytes_in(tmp_path) <= 200_000
    assert folder.bytes_in(tmp_path / "nowhere") <= 0
    for number in range(100):
        (tmp_path / str(number)).touch()
    assert folder.bytes_in(tmp_path) > 200_000, "empty files count too"


def test_the_rehearsal_leaves_nothing_behind(child: Child) -> None:
    look = "print([name for name in dir() if not name.startswith('_')], Out, repr(_), hasattr(sys, 'last_value'))"
    assert printed(child, f"import sys; {look}") == (
        "['In', 'Out', 'exit', 'get_ipython', 'open', 'quit', 'sys'] {} '' False\n"
    )
    assert printed(child, "len(In)") == "{'output_type': 'execute_result', 'data': {'text/plain': '3'}, 'metadata': {}}"


def test_what_a_submission_is_slow_to_import_is_there_when_it_starts() -> None:
    code = "import sys; print('torch._dynamo' in sys.modules)"
    with WarmProcess() as warm:
        with warm.open(Limits(), source="x = 1") as child:
            assert child.run(code).outputs[0]["text"] == "False\n"
        with warm.open(Limits(), source="optimizer = torch.optim.SGD([w], lr=0.1)") as child:
            assert child.run(code).outputs[0]["text"] == "True\n"
        with warm.open(Limits(), source="torch.func.grad(f)(x)") as child:
            assert child.run(code).outputs[0]["text"] == "True\n"
            assert child.run("import torch; torch.func.grad(torch.sin)(torch.tensor(0.0)).item()").stopped is None
