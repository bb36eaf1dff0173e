"""What a course's configuration says about grading: its own preprocessors and hooks are called where nbgrader calls
them, its options are kept, and what cannot be done here is refused by name, never dropped without a word.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbconvert.preprocessors import ExecutePreprocessor
from nbformat import NotebookNode
from nbgrader.converters import Autograde, BaseConverter
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearOutput,
    DeduplicateIds,
    Execute,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
)
from traitlets import TraitError
from traitlets.utils.importstring import import_item

from ..jail.limits import Limits
from .course import CannotGrade, Course
from .gradebook import NotebookKey
from .reading import NotGraded, code, imports, read

OURS = "autograder.nbgrader"  # the module with our part of nbgrader's own command
# Of nbgrader's preprocessors, those whose work is done here, in bulk or by construction.
_DONE_HERE = {ClearOutput, DeduplicateIds, OverwriteKernelspec, OverwriteCells, CheckCellMetadata, AssignLatePenalties}
# Options of Execute that ask for something which is not done here.
_NOT_HERE = {"force_raise_errors", "timeout_func", "kernel_manager_class", "extra_arguments", "execute_retries"}
_NOT_HERE |= {f"on_{event}" for event in ("notebook_start", "notebook_complete", "notebook_error", "cell_start")}
_NOT_HERE |= {f"on_cell_{event}" for event in ("execute", "complete", "executed", "error")}
WHOLE_NOTEBOOK = 4  # times what one cell may take, or the default where that is longer


@dataclass(frozen=True)
class Steps:
    """A course's own preprocessors by when they are called, and how long a cell may take."""

    sanitize: Sequence[Any]
    sanitize_restored: Sequence[Any]
    before: Sequence[Any]
    after: Sequence[Any]
    once_scored: Sequence[Any]
    converter: Autograde
    limits: Limits


def steps(course: Course) -> Steps:
    """Raises CannotGrade, naming what is asked for and cannot be done."""
    try:
        converter = Autograde(coursedir=course.directory, parent=course.app)
        exporter = NotebookExporter(parent=converter, config=converter.config)
        return _steps(converter, exporter)
    except (ImportError, AttributeError, TraitError, TypeError) as error:
        raise CannotGrade(f"nbgrader_config.py: {type(error).__name__}: {error}") from error


def _steps(converter: Autograde, exporter: NotebookExporter) -> Steps:
    sanitize: list[list[Any]] = [[], []]
    position = 0
    for item in converter.sanitize_preprocessors:
        step = import_item(item) if isinstance(item, str) else item
        if step is OverwriteCells:
            position = 1
        elif step not in _DONE_HERE:
            sanitize[position].append(_made(step, exporter, "sanitize_preprocessors"))
    if position == 0:  # test cells are restored here in any case; then it happens first
        sanitize = [[], sanitize[0]]
    grading: list[list[Any]] = [[], [], []]
    execute: type[Execute] | None = None
    position, scored = 0, False
    for item in converter.autograde_preprocessors:
        step = import_item(item) if isinstance(item, str) else item
        if step is Execute or _is_ours(step):
            position, execute = 1, step
        elif step is SaveAutoGrades:
            position, scored = 2, True
        elif step not in _DONE_HERE:
            grading[position].append(_made(step, exporter, "autograde_preprocessors"))
    for missing, name in ((execute is None, "Execute, nor JailedExecute"), (not scored, "SaveAutoGrades")):
        if missing:
            raise CannotGrade(f"c.Autograde.autograde_preprocessors does not name {name}: nothing would be graded.")
    assert execute is not None
    limits = limits_of(execute(parent=exporter))
    return Steps(sanitize[0], sanitize[1], grading[0], grading[1], grading[2], converter, limits)


def _is_ours(step: Any) -> bool:
    return getattr(step, "__module__", "") == OURS


def _made(step: Any, exporter: NotebookExporter, where: str) -> Any:
    """A preprocessor, ready to be called. Raises CannotGrade."""
    name = getattr(step, "__name__", type(step).__name__)
    kind = step if isinstance(step, type) else type(step)
    if issubclass(kind, ExecutePreprocessor):
        raise CannotGrade(
            f"c.Autograde.{where} names {name}, which runs notebooks outside the jail. Name Execute in its place, or"
            " grade with `nbgrader autograde`."
        )
    if issubclass(kind, SaveAutoGrades):
        raise CannotGrade(
            f"c.Autograde.{where} names {name}, which writes scores in a way of its own. Name SaveAutoGrades in its"
            " place, or grade with `nbgrader autograde`."
        )
    return step(parent=exporter) if isinstance(step, type) else step


def called(steps: Sequence[Any], notebook: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
    """The notebook after some preprocessors, as nbconvert calls them."""
    for step in steps:
        notebook, resources = step(notebook, resources)
    return notebook, resources


def limits_of(execute: Execute) -> Limits:
    """The limits that a course's `c.Execute` asks for. Raises CannotGrade for what is not done here."""
    if not execute.enabled:
        raise CannotGrade("c.Execute.enabled is False: `autograder grade` runs every notebook. Remove the line.")
    for section in _sections(execute):
        for option in execute.config.get(section, {}):
            if option in _NOT_HERE:
                raise CannotGrade(
                    f"c.{section}.{option} has no meaning in the jail. Remove the line, or grade with stock"
                    " `nbgrader autograde`."
                )
    limits, seconds = Limits(), execute.timeout
    if seconds is None or seconds <= 0:  # no limit, says nbgrader; but a notebook has one
        seconds = limits.total_cpu_seconds
    asked = any("timeout" in execute.config.get(section, {}) for section in _sections(execute))
    return replace(
        limits,
        cell_seconds=seconds if asked else max(limits.cell_seconds, seconds),
        cell_cpu_seconds=seconds if asked else max(limits.cell_cpu_seconds, seconds),
        total_seconds=max(limits.total_seconds, WHOLE_NOTEBOOK * seconds),
        total_cpu_seconds=max(limits.total_cpu_seconds, WHOLE_NOTEBOOK * seconds),
    )


def _sections(execute: Execute) -> Iterator[str]:
    """Where a configuration may set its options: under its name, or that of a class that it is made from."""
    return (kind.__name__ for kind in type(execute).__mro__)


def call_hook(converter: BaseConverter, name: str, assignment: str, notebooks: list[str]) -> None:
    """Call a course's own hook as nbgrader does. Ours, which is for nbgrader's own command, has nothing to do here."""
    if not _is_ours(getattr(converter, name)):
        converter.coursedir.assignment_id = assignment
        converter.notebooks = notebooks
        getattr(converter, f"run_{name}")()


@functools.lru_cache(maxsize=256)  # the same for a whole class
def _modules_of(path: Path, changed: int) -> frozenset[str]:
    return frozenset(imports(code(read(path))))


def expected_modules(source: Path, key: NotebookKey) -> set[str]:
    """The modules that the instructor's notebook imports, as far as it is there to be read."""
    path = source / f"{key.name}.ipynb"
    expected = {module for cell in key.cells if cell.cell_type == "code" for module in imports(cell.source)}
    with contextlib.suppress(OSError, NotGraded):
        expected |= _modules_of(path, path.stat().st_mtime_ns)
    return expected
