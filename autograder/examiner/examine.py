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
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from multiprocessing.connection import Connection
from typing import Any

from ..exchange.drive import Outcome
from ..exchange.values import Value
from ..jail import doctor
from ..jail.client import Child, Died, Warm
from ..jail.limits import Limits
from ..jail.process import JailError, JailUnavailable
from ..marking import checker
from ..marking.report import UNDEFINED, Report, unmarked
from ..tasks import all_tasks
from .client import Cell, Examined, Output, stopped
from .session import Session

BESIDE = "[These tests ran beside the student's code, which could have interfered with them.]"
TRANSPARENT_MAGICS = ("%%time", "%%capture", "%%timeit", "%%prun")


# --- an examiner's requests ---------------------------------------------------------------------------------------


def get_ready() -> None:
    """Read the answer key, once for all examiners. No backward: autograd's threads do not survive a fork."""
    all_tasks()


def serve(caller: Connection, warm_control: socket.socket, warm_stderr: int) -> None:
    """Answer requests, JSON in both directions, until the caller is gone."""
    warm = Warm(warm_control, warm_stderr)
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
            case "import ahead":
                return {"slow": warm.import_ahead(request["source"])}
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
        return run(cells, child, tuple(request["seed"]), open_child)


def run(
    cells: Sequence[Cell],
    child: Child,
    seed: tuple[str, ...],
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
    waiting: list[tuple[int, JailedAnswer]] = []
    for index, cell in enumerate(cells):
        session.turn_to(index)
        task = task_graded_by(cell.source) if cell.grade and not cell.solution else None
        if task is None:
            outputs.append(_ran(cell, session, index + 1))
            continue
        answer = JailedAnswer(session, task, sources)
        marked, found = _marked(cell, answer, seed)
        outputs.append(marked)
        if not found:
            waiting.append((index, answer))
    # A test cell that was moved above its answer is looked at again once everything has run, with other inputs: the
    # first ones may have been kept, and been worked on since by means that a task by hand does not allow.
    for index, answer in waiting:
        session.turn_to(index)
        outputs[index], _ = _marked(cells[index], answer, (*seed, "again"))
    return Examined(outputs, session.ended, session.fault)


@functools.lru_cache(maxsize=4096)  # a class has the same test cells
def task_graded_by(source: str) -> str | None:
    """The task that a test cell of ours grades: the name in its `grade("name", ...)`; None for other courses' cells."""
    try:
        calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    except SyntaxError:
        return None
    for call in calls:
        match call:
            case ast.Call(func=ast.Name(id="grade"), args=[ast.Constant(value=str(name)), *_]) if name in all_tasks():
                return name
    return None


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


def _marked(cell: Cell, answer: JailedAnswer, seed: tuple[str, ...]) -> tuple[list[Output], bool]:
    """The outputs of the test cell that `answer` is marked by, and whether the student has defined it so far."""
    assert cell.points is not None, "a cell that earns points has some"
    points = float(cell.points)
    task = all_tasks()[answer.name]
    try:
        report = checker.grade(task, answer, points=points, seed=seed)
    except (Died, TimeoutError) as why:
        report = unmarked(task, str(why), points=points)
    return [_panel(report), _score(report.earned)], report.status != UNDEFINED


def _panel(report: Report) -> Output:
    return _display({"text/plain": str(report), "text/html": report._repr_html_()})


def _score(earned: float) -> Output:
    """The output that nbgrader reads a score from."""
    return {"output_type": "execute_result", "data": {"text/plain": repr(float(earned))}, "metadata": {}}


def _display(data: dict[str, str]) -> Output:
    return {"output_type": "display_data", "data": data, "metadata": {}}
