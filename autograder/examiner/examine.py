"""A notebook's code cells go in, their outputs come out, scores among them.

The cells run in a jailed child. Those that grade a task of ours are not run at all: the task's answer is driven in the
child, and what comes back is judged here. Other courses' test cells run in the child like any cell.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import json
import math
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ..exchange.drive import Outcome
from ..exchange.values import Value
from ..jail import doctor
from ..jail.client import NO_ANSWER, Child, Died, Warm
from ..jail.limits import Limits
from ..jail.process import JailError, JailUnavailable
from ..marking import checker
from ..marking.answers import Answer, LocalAnswer, Written, names_in, written_in
from ..marking.marks import Marks
from ..marking.report import UNDEFINED, Report, unmarked
from ..tasks import all_tasks
from .client import Cell, Examined, Output, stopped
from .session import Session
from .testcells import Graded, Unrecognised, graded_by

BESIDE = "[These tests ran beside the student's code, which could have interfered with them.]"
EDITED_SECONDS = 1.0  # for an edited answer on all probes
JUDGING_SECONDS = 20.0  # of CPU time for one answer, which takes milliseconds
JUDGING_BYTES = 2**30  # of memory for all that an examiner holds of a submission
TRANSPARENT_MAGICS = ("%%time", "%%capture", "%%timeit", "%%prun")


# --- an examiner's requests ---------------------------------------------------------------------------------------


def get_ready() -> None:
    """Read the answer key, once for all examiners. No backward: autograd's threads do not survive a fork."""
    all_tasks()


def answer_requests(caller: Connection, warm_control: socket.socket, warm_stderr: int) -> None:
    """Answer requests, JSON in both directions, until the caller is gone."""
    warm = Warm(warm_control, warm_stderr)
    _limit_memory()
    with contextlib.suppress(EOFError, OSError):
        while True:
            request = json.loads(caller.recv_bytes())
            caller.send_bytes(json.dumps(_reply(request, warm)).encode())


def _reply(request: dict[str, Any], warm: Warm) -> dict[str, Any]:
    try:
        match request["do"]:
            case "try the jail":
                doctor.examine(warm)
                return {}
            case "see what is there":
                return {"warm": warm.is_there}
            case "import ahead":
                return {"slow": warm.import_ahead(request["source"])}
            case "recognise":
                return {"unrecognised": unrecognised(request["sources"], request["setting"])}
        return asdict(_examined(request, warm))
    except JailUnavailable as error:
        return {"unavailable": str(error)}
    except JailError as error:
        return {"failed": str(error)}
    except Exception as error:  # a fault of ours: the caller reports it, and this process can go on
        return {"failed": f"{type(error).__name__}: {error}"}


# --- running and marking ------------------------------------------------------------------------------------------


def _examined(request: dict[str, Any], warm: Warm) -> Examined:
    cells, limits = [Cell(**cell) for cell in request["cells"]], Limits(**request["limits"])
    code = "\n".join(cell.source for cell in cells)
    deadline = time.monotonic() + limits.total_seconds
    with contextlib.ExitStack() as stack:

        def open_child() -> Child | None:
            left = math.ceil(deadline - time.monotonic())
            if left <= 0:
                return None
            allowed = replace(limits, total_seconds=min(left, limits.total_seconds))
            opened = warm.open(allowed, jail=request["jail"], source=code, files=request["files"])
            return stack.enter_context(opened)

        child = open_child()
        assert child is not None, "there is time at the start"
        return run(cells, child, tuple(request["seed"]), request["setting"], another=open_child)


def unrecognised(sources: Sequence[str], setting: str) -> dict[str, str]:
    """The test cells that call ours and name no task: number -> what is the matter, a clause."""
    found = {}
    for number, source in enumerate(sources):
        try:
            graded_by(source, setting)
        except Unrecognised as error:
            found[str(number)] = str(error)
    return found


def run(
    cells: Sequence[Cell],
    child: Child,
    seed: tuple[str, ...],
    setting: str = "",
    *,
    another: Callable[[], Child | None] = lambda: None,
) -> Examined:
    """Run a notebook's cells in `child`, and in `another` where a cell ended that.

    `seed` (secret, student) and the student's code fix the probes: who prints them, reads them in the feedback and
    hands in a table of answers is asked for others. Raises JailError where the jail fails, never for what a cell does.
    """
    sources = tuple(cell.source for cell in cells if not cell.grade)
    seed = (*seed, hashlib.sha256("\0".join(sources).encode()).hexdigest())
    session = Session(child, another)
    outputs: list[list[Output]] = []
    waiting: list[tuple[int, JailedAnswer, Graded]] = []
    judged: dict[int, tuple[Marks, JailedAnswer]] = {}
    for index, cell in enumerate(cells):
        session.turn_to(index)
        graded = graded_by(cell.source, setting) if cell.grade and not cell.solution else None
        if graded is None:
            outputs.append(_ran(cell, session, index + 1))
            continue
        answer = JailedAnswer(session, graded.task, sources)
        marked, marks, found = _marked(cell, answer, seed)
        outputs.append([*_ran_beside(cell, graded, session, index + 1), *marked])  # nbgrader stops reading at a score
        if marks is not None:
            judged[index] = marks, answer
        if not found:
            waiting.append((index, answer, graded))
    # A test cell that was moved above its answer is looked at again once everything has run, with other inputs: the
    # first ones may have been kept, and been worked on since by means that a task by hand does not allow.
    for index, answer, graded in waiting:
        session.turn_to(index)
        marked, marks, _ = _marked(cells[index], answer, (*seed, "again"))
        outputs[index] = [*_ran_beside(cells[index], graded, session, index + 1), *marked]
        if marks is not None:
            judged[index] = marks, answer
    # Only now, when every mark is known: what an edited answer does to the child can change words alone.
    for index, (marks, answer) in judged.items():
        with contextlib.suppress(Exception, Spent), _spending():
            closer = checker.looked_closer(marks, answer, points=float(cells[index].points or 0))
            if closer is not None:
                outputs[index][-2] = _panel(closer)  # before the score
    return Examined(outputs, session.ended, session.fault)


@dataclass(frozen=True)
class JailedAnswer:
    """An answer in the notebook's process, by the name that the student gave it."""

    session: Session
    name: str
    sources: tuple[str, ...]

    def drive(
        self, driver: str, probes: Sequence[Sequence[Value]], *, names: Sequence[str], watch: bool
    ) -> list[Outcome]:
        return self.session.drive(driver, self.name, probes, names=names, watch=watch)

    def source(self) -> str:
        return "\n".join(_readable(source) for source in self.sources)

    def history(self) -> Value:
        return self.session.history(self.name)

    def written(self) -> list[Written]:
        cells = [(ast.parse(text).body, text.splitlines()) for text in map(_readable, reversed(self.sources)) if text]
        found: dict[str, Written] = {}
        waiting = [self.name]
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            defined = next((each for body, lines in cells if (each := written_in(body, name, lines))), None)
            if defined is not None:
                found[name] = defined
                waiting += names_in(defined.tree)
        return list(found.values()) if self.name in found else []

    def rewritten(self, source: str, *, twice: bool) -> Answer:
        return Edited(self.session, self.name, self.sources, source, twice)


@dataclass(frozen=True)
class Edited(JailedAnswer):
    """An answer in a child as some other source has it, for words alone."""

    instead: str
    twice: bool

    def drive(
        self, driver: str, probes: Sequence[Sequence[Value]], *, names: Sequence[str], watch: bool
    ) -> list[Outcome]:
        return self.session.child().drive(
            driver,
            self.name,
            probes,
            names=names,
            watch=watch,
            instead=self.instead,
            twice=self.twice,
            seconds=EDITED_SECONDS,
        )


@functools.lru_cache(maxsize=4096)  # most cells are the same in a whole class
def _readable(source: str) -> str:
    """A cell's Python, "" where it is not Python: one broken cell must not hide the others."""
    lines = source.splitlines()
    if lines and lines[0].startswith(TRANSPARENT_MAGICS):
        lines = lines[1:]
    text = "\n".join("pass" if line.startswith(("%", "!", "?")) else line for line in lines)
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return text


def _ran(cell: Cell, session: Session, count: int) -> list[Output]:
    ran = session.run(cell.source, count)
    if ran is None:
        unrun = [{"output_type": "stream", "name": "stdout", "text": "[Not run: the notebook's process had ended.]\n"}]
        return [*unrun, stopped("the notebook's process had ended before this cell")] if cell.grade else unrun
    outputs = list(ran.outputs)
    if ran.stopped:
        outputs.append(stopped(f"{ran.stopped}{': the notebook’s process ended here' if ran.died else ''}"))
    if cell.grade and not cell.solution:
        if any(output["output_type"] == "error" for output in outputs):
            session.a_test_failed(cell, ran.refused)
        outputs.append(_display({"text/plain": BESIDE}))
    return outputs


def _ran_beside(cell: Cell, graded: Graded, session: Session, count: int) -> list[Output]:
    """What the tests that stand beside a `grade` put out: an error costs the cell's points, as in any test cell."""
    if not graded.beside:
        return []
    shown = []
    for output in _ran(cell, session, count):
        if output["output_type"] == "execute_result":  # the score is what `grade` found, not the cell's last line
            output = _display(output["data"])
        elif output["output_type"] == "stream":  # and a warning costs nothing
            output = {**output, "name": "stdout"}
        shown.append(output)
    return shown


def _marked(cell: Cell, answer: JailedAnswer, seed: tuple[str, ...]) -> tuple[list[Output], Marks | None, bool]:
    """The outputs of the test cell that `answer` is marked by, its marks where values came back, and whether the
    student has defined it so far."""
    assert cell.points is not None, "a cell that earns points has some"
    points = float(cell.points)
    task = all_tasks()[answer.name]
    marks = None
    try:
        with _spending():
            marks = checker.graded(task, answer, seed=seed)
            report = checker.told(marks, answer, points=points)
    except (Died, TimeoutError) as why:
        report = unmarked(task, str(why), points=points)
    except JailError:
        raise
    except (Exception, Spent):  # what came back cannot be judged: the answer's doing, where a right one can be
        with _spending():
            checker.grade(task, LocalAnswer(task.oracle, task.name), points=points, seed=seed)
        marks, report = None, unmarked(task, NO_ANSWER, points=points)
    return [_panel(report), _score(report.earned)], marks, report.status != UNDEFINED


class Spent(BaseException):
    """Judging took more than an answer may take of it. Not an Exception, which may be caught on the way."""


@contextlib.contextmanager
def _spending() -> Iterator[None]:
    """Interrupts this block when it has used JUDGING_SECONDS of CPU time; the kernel counts. Raises Spent."""

    def ring(*_: object) -> None:
        raise Spent

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, JUDGING_SECONDS, 0.2)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _limit_memory() -> None:
    """From here on this process may map JUDGING_BYTES more, and no more."""
    with contextlib.suppress(OSError, ValueError, ImportError):  # no such limit on this system
        import resource

        mapped = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_DATA, (mapped + JUDGING_BYTES,) * 2)


def _panel(report: Report) -> Output:
    return _display({"text/plain": str(report), "text/html": report._repr_html_()})


def _score(earned: float) -> Output:
    """The output that nbgrader reads a score from."""
    return {"output_type": "execute_result", "data": {"text/plain": repr(float(earned))}, "metadata": {}}


def _display(data: dict[str, str]) -> Output:
    return {"output_type": "display_data", "data": data, "metadata": {}}
