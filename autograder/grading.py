"""Grading a class: every submission of an assignment, the gradebook, the feedback pages.

The order makes a run that is killed and started again end like one that was not: files are replaced whole, the
gradebook is written in one transaction, and a submission's score is a function of itself and the course's secret.
"""

from __future__ import annotations

import contextlib
import functools
import glob
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
from filelock import FileLock
from nbformat.v4.rwbase import split_lines
from nbgrader import utils
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import make_url
from traitlets.utils.importstring import import_item

from . import fleet, submission
from .course import Course, private_folder, secret
from .feedback import PageMaker
from .gradebook import NotebookFeedback, NotebookKey, NotebookScores, read_keys, record
from .jail.limits import Limits
from .jail.process import WarmProcess
from .tasks import all_tasks

# Of nbgrader's preprocessors, those whose work is done here, in bulk or by construction.
OURS = {"Execute", "JailedExecute", "SaveAutoGrades", "AssignLatePenalties", "CheckCellMetadata"}

FEEDBACK_SECONDS = 60.0  # for one page; it takes some hundredths


class CannotGrade(RuntimeError):
    """Nothing was graded; the message says why and what to do."""


@dataclass(frozen=True)
class Submitted:
    """One student's submission of an assignment."""

    student: str
    folder: Path
    timestamp: datetime | None


@dataclass(frozen=True)
class Graded:
    """What grading a submission gave: scores by notebook, or the reason why there are none."""

    notebooks: dict[str, NotebookScores] = field(default_factory=dict)
    problem: str | None = None


@dataclass
class Summary:
    """A class's results: what stands in the gradebook by student and notebook, and what could not be graded."""

    assignment: str
    results: dict[str, dict[str, NotebookFeedback]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def score(self, student: str) -> tuple[float, float]:
        """(score, maximum) of a student over the assignment's notebooks."""
        notebooks = self.results[student].values()
        return sum(n.score for n in notebooks), sum(n.max_score for n in notebooks)


Progress = Callable[[str, int, int], None]  # phase, done, of how many


def grade(
    course: Course,
    assignment: str,
    students: Sequence[str],
    warm: WarmProcess,
    pages: PageMaker,
    *,
    jail: bool = True,
    limits: Limits | None = None,
    workers: int | None = None,
    progress: Progress = lambda phase, done, total: None,
) -> Summary:
    """Grade the submissions of `assignment` (of `students`, or all), record them and write feedback.

    Raises CannotGrade where there is nothing to grade. What goes wrong with one submission is in the summary; its
    earlier score stands.
    """
    with _only_one_run(course.root):
        keys = _keys(course, assignment)
        submitted = find(course, assignment, students)
        summary = Summary(assignment)
        seed = secret(course.root)
        workers = min(workers or fleet.cores(), len(submitted))
        all_tasks()  # imported once, before the workers are forked
        grader = _Grader(course, assignment, keys, warm, seed, jail, limits or Limits())
        done: dict[str, tuple[datetime | None, dict[str, NotebookScores]]] = {}
        for job, result in fleet.run(submitted, grader.prepare, workers=workers, seconds=grader.seconds):
            if isinstance(result, fleet.Lost):
                summary.problems[job.student] = f"could not be graded, its earlier score stands: {result.why}"
            elif result.problem:
                summary.problems[job.student] = result.problem
            else:
                done[job.student] = job.timestamp, result.notebooks
            progress("graded", len(done) + len(summary.problems), len(submitted))
        with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
            summary.results = record(gradebook, assignment, done, _late_penalty(course))
        wanted = list(summary.results.items())
        writer = _FeedbackWriter(course, assignment, pages)
        for count, (page, written) in enumerate(
            fleet.run(wanted, lambda: writer.write, workers=workers, seconds=FEEDBACK_SECONDS), 1
        ):
            if isinstance(written, fleet.Lost):
                summary.problems[page[0]] = f"was graded, but its feedback could not be written: {written.why}"
            progress("feedback", count, len(wanted))
    return summary


@contextmanager
def _only_one_run(root: Path) -> Iterator[None]:
    """A second run on the same course waits for the first; the lock goes with its process, however that ends."""
    with FileLock(private_folder(root) / "lock"):
        shutil.rmtree(private_folder(root) / "work", ignore_errors=True)  # left by a run that was killed
        yield


def _keys(course: Course, assignment: str) -> dict[str, NotebookKey]:
    """What the gradebook knows of the assignment; it is generated where the gradebook lacks it, or has part of it."""
    begun = private_folder(course.root) / f"generating-{assignment}"
    if _has_gradebook(course) and not begun.exists():
        with (
            Gradebook(course.directory.db_url, course.directory.course_id) as gradebook,
            contextlib.suppress(MissingEntry),
        ):
            if keys := read_keys(gradebook, assignment):  # none where a person has only named the assignment
                return keys
    source = Path(course.directory.format_path(course.directory.source_directory, ".", assignment))
    if not source.is_dir():
        near = ", ".join(sorted(p.name for p in source.parent.glob("*") if p.is_dir())) or "none"
        raise CannotGrade(f"There is no assignment {assignment!r}: {source} is missing. Assignments here: {near}.")
    if not _has_gradebook(course):
        _make_gradebook(course)
    course.directory.assignment_id = assignment
    begun.touch()  # nbgrader writes cell by cell: a run that is killed leaves some out, and they would never be graded
    try:
        GenerateAssignment(coursedir=course.directory, parent=course.app, force=True).start()
    except (NbGraderException, SystemExit) as error:
        raise CannotGrade(f"nbgrader could not generate {assignment} from {source}: {error}") from error
    begun.unlink()
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        return read_keys(gradebook, assignment)


def _has_gradebook(course: Course) -> bool:
    url = make_url(course.directory.db_url)
    return url.get_backend_name() != "sqlite" or Path(url.database or "").exists()


def _make_gradebook(course: Course) -> None:
    """Make an SQLite gradebook whole, or not at all."""
    draft = private_folder(course.root) / "gradebook.db"
    draft.unlink(missing_ok=True)
    Gradebook(f"sqlite:///{draft}", course.directory.course_id).close()
    draft.rename(make_url(course.directory.db_url).database or "")


def find(course: Course, assignment: str, students: Sequence[str]) -> list[Submitted]:
    """The submissions to grade, by student. Raises CannotGrade where there are none, or not all that were named."""
    directory = course.directory
    pattern = directory.format_path(directory.submitted_directory, "*", assignment)
    place = directory.format_path(directory.submitted_directory, "(?P<student_id>[^/]+)", assignment, escape=True)
    excluded = {name.strip() for name in directory.student_id_exclude.split(",")}
    found = {}
    for folder in sorted(glob.glob(pattern)):  # noqa: PTH207  the pattern is absolute, which Path.glob is not for
        match = re.fullmatch(place, folder)
        if match and match["student_id"] not in excluded and Path(folder).is_dir():
            student = match["student_id"]
            found[student] = Submitted(student, Path(folder), directory.get_existing_timestamp(folder))
    missing = [student for student in students if student not in found]
    if missing:
        raise CannotGrade(f"No submission of {assignment} by {', '.join(missing)}: looked for {pattern}.")
    if not found:
        raise CannotGrade(f"No submissions of {assignment}: looked for {pattern}.")
    return [found[student] for student in (dict.fromkeys(students) or found)]


def _late_penalty(course: Course) -> Callable[[str, float, float], float | None]:
    preprocessor = AssignLatePenalties(parent=course.app)
    preprocessor.init_plugin()
    return preprocessor.plugin_inst.late_submission_penalty


# --- in the workers -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Grader:
    course: Course
    assignment: str
    keys: dict[str, NotebookKey]
    warm: WarmProcess
    secret: str
    jail: bool
    limits: Limits

    @property
    def seconds(self) -> float:
        """How long one submission may take: what its processes may, and as much again for the rest."""
        return 2 * self.limits.total_seconds * len(self.keys)

    def prepare(self) -> Callable[[Submitted], Graded]:
        names = Autograde(coursedir=self.course.directory, parent=self.course.app).autograde_preprocessors
        classes = [import_item(name) if isinstance(name, str) else name for name in names]
        later = [cls(parent=self.course.app) for cls in classes if cls.__name__ not in OURS]
        return functools.partial(self._grade, [preprocessor for preprocessor in later if preprocessor.enabled])

    def _grade(self, later: list[Any], job: Submitted) -> Graded:
        """Grade one submission and write its autograded folder. Raises JailError where the jail fails."""
        present = {path.stem: path for path in sorted(job.folder.glob("*.ipynb")) if path.stem in self.keys}
        if not present:
            there = ", ".join(sorted(path.name for path in job.folder.iterdir())) or "nothing"
            wanted = ", ".join(f"{name}.ipynb" for name in self.keys)
            return Graded(problem=f"{job.folder} holds no {wanted} (it holds {there})")
        notebooks, scores = {}, {}
        for name, path in present.items():
            try:
                notebook = submission.restored(submission.read(path), self.keys[name])
            except submission.UnreadableSubmission as error:
                return Graded(problem=str(error))
            with self.warm.open(self.limits, jail=self.jail, source=submission.code(notebook)) as child:
                submission.run(notebook, child, (self.secret, job.student))
            resources = {"nbgrader": {"student": job.student, "assignment": self.assignment, "notebook": name}}
            for preprocessor in later:
                notebook, resources = preprocessor.preprocess(notebook, resources)
            notebooks[name], scores[name] = notebook, submission.scores(notebook)
        self._write(job, notebooks)
        return Graded(scores)

    def _write(self, job: Submitted, notebooks: dict[str, Any]) -> None:
        directory = self.course.directory
        source = Path(directory.format_path(directory.source_directory, ".", self.assignment))
        target = Path(directory.format_path(directory.autograded_directory, job.student, self.assignment))
        with _replaced(self.course.root, target) as folder:
            # The student's own files, then the instructor's over them, as nbgrader does.
            for origin in (job.folder, source):
                _copy_files(origin, folder, [*directory.ignore, "*.ipynb"])
            for name, notebook in notebooks.items():
                # As nbformat writes it, but without a copy, and without indentation, which makes json much slower.
                text = json.dumps(split_lines(notebook), ensure_ascii=False, sort_keys=True)
                (folder / f"{name}.ipynb").write_text(text + "\n", encoding="utf-8")
            _set_permissions(folder, 0o664 if directory.groupshared else 0o444)


@dataclass(frozen=True)
class _FeedbackWriter:
    course: Course
    assignment: str
    pages: PageMaker

    def write(self, job: tuple[str, dict[str, NotebookFeedback]]) -> None:
        student, notebooks = job
        directory = self.course.directory
        graded = Path(directory.format_path(directory.autograded_directory, student, self.assignment))
        target = Path(directory.format_path(directory.feedback_directory, student, self.assignment))
        with _replaced(self.course.root, target) as folder:
            _copy_files(graded, folder, [*directory.ignore, "*.ipynb"])
            for name, feedback in notebooks.items():
                path = graded / f"{name}.ipynb"
                if path.exists():
                    notebook = nbformat.v4.reads(path.read_text(encoding="utf-8"))
                    page = self.pages.page(notebook, self.assignment, student, name, feedback)
                    (folder / f"{name}.html").write_text(page, encoding="utf-8")
            _set_permissions(folder, 0o664 if directory.groupshared else 0o644)


@contextmanager
def _replaced(root: Path, target: Path) -> Iterator[Path]:
    """A new folder that takes `target`'s place when the block ends well: never a folder half written."""
    work = private_folder(root) / "work" / f"{os.getpid()}"
    shutil.rmtree(work, ignore_errors=True)
    fresh, old = work / "fresh", work / "old"
    fresh.mkdir(parents=True)
    yield fresh
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(work, ignore_errors=True)


def _copy_files(origin: Path, folder: Path, ignored: list[str]) -> None:
    for name in utils.find_all_files(str(origin), ignored):
        path = folder / Path(name).relative_to(origin)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        # Never through a link: a submission could point it at a file of the instructor's.
        if not Path(name).is_symlink():
            shutil.copy(name, path)


def _set_permissions(folder: Path, mode: int) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(mode)
