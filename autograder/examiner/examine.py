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
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from ..exchange.drive import Outcome
from ..exchange.values import Value
from ..jail import doctor
from ..jail.client import Child, Died, Warm
from ..jail.limits import Limits
from ..jail.process import JailError, JailUnavailable
from ..marking import checker
from ..marking.answers import Answer, Written, names_in, written_in
from ..marking.marks import Marks
from ..marking.report import UNDEFINED, Report, unmarked
from ..tasks import all_tasks
from .client import Cell, Output, stopped

BESIDE = "[These tests ran beside the student's code, which could have interfered with them.]"
EDITED_SECONDS = 1.0  # for an edited answer on all probes
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
        cells, limits = [Cell(**cell) for cell in request["cells"]], Limits(**request["limits"])
        code = "\n".join(cell.source for cell in cells)
        with warm.open(limits, jail=request["jail"], source=code) as child:
            return {"outputs": run(cells, child, tuple(request["seed"]))}
    except JailUnavailable as error:
        return {"unavailable": str(error)}
    except JailError as error:
        return {"failed": str(error)}
    except Exception as error:  # a fault of ours: the caller reports it, and this process can go on
        return {"failed": f"{type(error).__name__}: {error}"}


# --- running and marking ------------------------------------------------------------------------------------------


def run(cells: Sequence[Cell], child: Child, seed: tuple[str, ...]) -> list[list[Output]]:
    """Run a notebook's cells in `child`; each cell's outputs.

    `seed` (secret, student) and the student's code fix the probes: who prints them, reads them in the feedback and
    hands in a table of answers is asked for others. Raises JailError where the jail fails, never for what a cell does.
    """
    sources = tuple(cell.source for cell in cells if not cell.grade)
    seed = (*seed, hashlib.sha256("\0".join(sources).encode()).hexdigest())
    outputs: list[list[Output]] = []
    waiting: list[tuple[int, JailedAnswer]] = []
    judged: dict[int, tuple[Marks, JailedAnswer]] = {}
    for index, cell in enumerate(cells):
        task = task_graded_by(cell.source) if cell.grade and not cell.solution else None
        if task is None:
            outputs.append(_ran(cell, child, index + 1))
            continue
        answer = JailedAnswer(child, task, sources)
        marked, marks, found = _marked(cell, answer, seed)
        outputs.append(marked)
        if marks is not None:
            judged[index] = marks, answer
        if not found:
            waiting.append((index, answer))
    # A test cell that was moved above its answer is looked at again once everything has run, with other inputs: the
    # first ones may have been kept, and been worked on since by means that a task by hand does not allow.
    for index, answer in waiting:
        outputs[index], marks, _ = _marked(cells[index], answer, (*seed, "again"))
        if marks is not None:
            judged[index] = marks, answer
    # Only now, when every mark is known: what an edited answer does to the child can change words alone.
    for index, (marks, answer) in judged.items():
        with contextlib.suppress(Died, TimeoutError, JailError):
            closer = checker.looked_closer(marks, answer, points=float(cells[index].points or 0))
            if closer is not None:
                outputs[index] = [_panel(closer), *outputs[index][1:]]
    return outputs


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
    """An answer in a child, by the name that the student gave it."""

    child: Child
    name: str
    sources: tuple[str, ...]

    def drive(
        self, driver: str, probes: Sequence[Sequence[Value]], *, names: Sequence[str], watch: bool
    ) -> list[Outcome]:
        return self.child.drive(driver, self.name, probes, names=names, watch=watch)

    def source(self) -> str:
        return "\n".join(_readable(source) for source in self.sources)

    def history(self) -> Value:
        return self.child.history(self.name)

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
        return Edited(self.child, self.name, self.sources, source, twice)


@dataclass(frozen=True)
class Edited(JailedAnswer):
    """An answer in a child as some other source has it, for words alone."""

    instead: str
    twice: bool

    def drive(
        self, driver: str, probes: Sequence[Sequence[Value]], *, names: Sequence[str], watch: bool
    ) -> list[Outcome]:
        return self.child.drive(
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


def _ran(cell: Cell, child: Child, count: int) -> list[Output]:
    if not child.alive:
        unrun = [{"output_type": "stream", "name": "stdout", "text": "[Not run: the notebook's process had ended.]\n"}]
        return [*unrun, stopped("the notebook's process had ended before this cell")] if cell.grade else unrun
    ran = child.run(cell.source, count)
    outputs = list(ran.outputs)
    if ran.stopped:
        outputs.append(stopped(f"{ran.stopped}{': the notebook ends here' if ran.died else ''}"))
    if cell.grade and not cell.solution:
        outputs.append(_display({"text/plain": BESIDE}))
    return outputs


def _marked(cell: Cell, answer: JailedAnswer, seed: tuple[str, ...]) -> tuple[list[Output], Marks | None, bool]:
    """The outputs of the test cell that `answer` is marked by, its marks where values came back, and whether the
    student has defined it so far."""
    assert cell.points is not None, "a cell that earns points has some"
    points = float(cell.points)
    task = all_tasks()[answer.name]
    marks = None
    try:
        marks = checker.graded(task, answer, seed=seed)
        report = checker.told(marks, answer, points=points)
    except (Died, TimeoutError) as why:
        report = unmarked(task, str(why), points=points)
    return [_panel(report), _score(report.earned)], marks, report.status != UNDEFINED


def _panel(report: Report) -> Output:
    return _display({"text/plain": str(report), "text/html": report._repr_html_()})


def _score(earned: float) -> Output:
    """The output that nbgrader reads a score from."""
    return {"output_type": "execute_result", "data": {"text/plain": repr(float(earned))}, "metadata": {}}


def _display(data: dict[str, str]) -> Output:
    return {"output_type": "display_data", "data": data, "metadata": {}}
