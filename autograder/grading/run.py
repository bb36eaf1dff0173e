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
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
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

from ..examiner.client import Examiner, Examiners
from ..jail.limits import Limits
from . import submission
from .course import Course, private_folder, secret
from .feedback import PageMaker
from .gradebook import NotebookFeedback, NotebookKey, NotebookScores, read_keys, record
from .workers import Lost, cores
from .workers import run as work_through

# Of nbgrader's preprocessors, those whose work is done here, in bulk or by construction.
OURS = {"Execute", "JailedExecute", "SaveAutoGrades", "AssignLatePenalties", "CheckCellMetadata"}


class CannotGrade(RuntimeError):
    """An assignment of which nothing can be graded; the message says why and what to do."""


@dataclass(frozen=True)
class Submitted:
    """One student's submission of an assignment. `waited` where it came back once, since it was slow to import."""

    assignment: str
    student: str
    folder: Path
    timestamp: datetime | None
    waited: bool = False


@dataclass(frozen=True)
class Recorded:
    """What stands in the gradebook for one student's submission, by notebook."""

    assignment: str
    student: str
    notebooks: dict[str, NotebookFeedback]


@dataclass(frozen=True)
class Graded:
    """What grading a submission gave: scores by notebook, or the reason why there are none, or that it has to wait."""

    notebooks: dict[str, NotebookScores] = field(default_factory=dict)
    problem: str | None = None
    waits: bool = False


@dataclass
class Summary:
    """An assignment's results: what stands in the gradebook by student and notebook, and what could not be graded.

    refused  why nothing could be graded, or None
    """

    assignment: str
    results: dict[str, dict[str, NotebookFeedback]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    refused: str | None = None

    def score(self, student: str) -> tuple[float, float]:
        """(score, maximum) of a student over the assignment's notebooks."""
        notebooks = self.results[student].values()
        return sum(n.score for n in notebooks), sum(n.max_score for n in notebooks)


Progress = Callable[[str, int, int], None]  # phase, done, of how many


def grade(
    course: Course,
    assignments: Sequence[str],
    students: Sequence[str],
    examiners: Examiners,
    pages: PageMaker,
    *,
    jail: bool = True,
    limits: Limits | None = None,
    workers: int | None = None,
    progress: Progress = lambda phase, done, total: None,
) -> list[Summary]:
    """Grade the submissions of `assignments` (of `students`, or all), record them and write feedback.

    What goes wrong with an assignment or a submission is in its summary; an earlier score stands. Raises
    JailUnavailable where a submission could escape from the jail.
    """
    with _only_one_run(course.root):
        summaries = {name: Summary(name) for name in assignments}
        keys: dict[str, dict[str, NotebookKey]] = {}
        submitted: list[Submitted] = []
        for name, summary in summaries.items():
            try:
                keys[name] = _keys(course, name)
                submitted += find(course, name, students)
            except CannotGrade as error:
                summary.refused = str(error)
        _remember_sources(course, keys, pages)
        if jail and submitted:  # as late as can be: the warm process is still getting warm
            with examiners.open() as examiner:
                examiner.try_the_jail()
        grader = _Grader(course, keys, examiners, secret(course.root), jail, limits or Limits())
        writer = _FeedbackWriter(course, pages)
        _work_off(course, submitted, summaries, grader, writer, workers or cores(), progress)
    return list(summaries.values())


def _work_off(
    course: Course,
    submitted: list[Submitted],
    summaries: Mapping[str, Summary],
    grader: _Grader,
    writer: _FeedbackWriter,
    workers: int,
    progress: Progress,
) -> None:
    """Grade what was submitted; record an assignment, and have its pages written, as soon as all of it is graded."""

    def prepare() -> Callable[[Submitted | Recorded], Any]:
        grade_one = grader.prepare()
        return lambda job: grade_one(job) if isinstance(job, Submitted) else writer.write(job)

    jobs: deque[Submitted | Recorded] = deque(submitted)
    left = Counter(job.assignment for job in submitted)
    done: dict[str, dict[str, tuple[datetime | None, dict[str, NotebookScores]]]] = {name: {} for name in left}
    pages = written = 0
    for job, result in work_through(jobs, prepare, workers=min(workers, len(submitted)), seconds=grader.seconds):
        summary = summaries[job.assignment]
        if isinstance(job, Recorded):
            if isinstance(result, Lost):
                why = f"was graded, but its feedback could not be written: {result.why}"
                summary.problems[job.student] = why
            written += 1
            progress("feedback", written, pages)
            continue
        if isinstance(result, Graded) and result.waits:
            jobs.append(replace(job, waited=True))
            continue
        if isinstance(result, Lost):
            summary.problems[job.student] = f"could not be graded, its earlier score stands: {result.why}"
        elif result.problem:
            summary.problems[job.student] = result.problem
        else:
            done[job.assignment][job.student] = job.timestamp, result.notebooks
        left[job.assignment] -= 1
        progress("graded", len(submitted) - left.total(), len(submitted))
        if not left[job.assignment]:  # the workers go on with other assignments meanwhile
            with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
                summary.results = record(gradebook, job.assignment, done[job.assignment], _late_penalty(course))
            jobs += [Recorded(job.assignment, *result) for result in summary.results.items()]
            pages += len(summary.results)


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
    source = _source(course, assignment)
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
            timestamp = directory.get_existing_timestamp(folder)
            found[student] = Submitted(assignment, student, Path(folder), timestamp)
    missing = [student for student in students if student not in found]
    if missing:
        raise CannotGrade(f"No submission of {assignment} by {', '.join(missing)}: looked for {pattern}.")
    if not found:
        raise CannotGrade(f"No submissions of {assignment}: looked for {pattern}.")
    return [found[student] for student in (dict.fromkeys(students) or found)]


def _source(course: Course, assignment: str) -> Path:
    """The folder of the instructor's notebooks."""
    return Path(course.directory.format_path(course.directory.source_directory, ".", assignment))


def _remember_sources(course: Course, assignments: Iterable[str], pages: PageMaker) -> None:
    """Render, once for all workers, the instructor's notebooks, of which students' pages are mostly made."""
    for assignment in assignments:
        for path in _source(course, assignment).glob("*.ipynb"):
            with contextlib.suppress(submission.UnreadableSubmission):
                pages.remember(submission.read(path))


def _late_penalty(course: Course) -> Callable[[str, float, float], float | None]:
    preprocessor = AssignLatePenalties(parent=course.app)
    preprocessor.init_plugin()
    return preprocessor.plugin_inst.late_submission_penalty


# --- in the workers -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Grader:
    course: Course
    keys: dict[str, dict[str, NotebookKey]]  # by assignment and notebook
    examiners: Examiners
    secret: str
    jail: bool
    limits: Limits

    @property
    def seconds(self) -> float:
        """How long one submission may take: what its processes may, and as much again for the rest."""
        return 2 * self.limits.longest_seconds * max(map(len, self.keys.values()), default=1)

    def prepare(self) -> Callable[[Submitted], Graded]:
        names = Autograde(coursedir=self.course.directory, parent=self.course.app).autograde_preprocessors
        classes = [import_item(name) if isinstance(name, str) else name for name in names]
        later = [cls(parent=self.course.app) for cls in classes if cls.__name__ not in OURS]
        enabled = [preprocessor for preprocessor in later if preprocessor.enabled]
        # An examiner for each worker, opened when it is needed first: pages are written without.
        return functools.partial(self._grade, functools.cache(self.examiners.open), enabled)

    def _grade(self, examiner: Callable[[], Examiner], later: list[Any], job: Submitted) -> Graded:
        """Grade one submission and write its autograded folder. Raises JailError where the jail fails."""
        keys = self.keys[job.assignment]
        present = {path.stem: path for path in sorted(job.folder.glob("*.ipynb")) if path.stem in keys}
        if not present:
            there = ", ".join(sorted(path.name for path in job.folder.iterdir())) or "nothing"
            wanted = ", ".join(f"{name}.ipynb" for name in keys)
            return Graded(problem=f"{job.folder} holds no {wanted} (it holds {there})")
        notebooks, scores = {}, {}
        for name, path in present.items():
            try:
                notebook = submission.restored(submission.read(path), keys[name])
            except submission.UnreadableSubmission as error:
                return Graded(problem=str(error))
            if not job.waited and examiner().prepare(submission.code(notebook)):
                return Graded(waits=True)
            seed = self.secret, job.student
            examine = functools.partial(examiner().run, seed=seed, jail=self.jail, limits=self.limits)
            submission.run(notebook, examine)
            resources = {"nbgrader": {"student": job.student, "assignment": job.assignment, "notebook": name}}
            for preprocessor in later:
                notebook, resources = preprocessor.preprocess(notebook, resources)
            notebooks[name], scores[name] = notebook, submission.scores(notebook)
        self._write(job, notebooks)
        return Graded(scores)

    def _write(self, job: Submitted, notebooks: dict[str, Any]) -> None:
        directory = self.course.directory
        target = Path(directory.format_path(directory.autograded_directory, job.student, job.assignment))
        with _replaced(self.course.root, target) as folder:
            # The student's own files, then the instructor's over them, as nbgrader does.
            for origin in (job.folder, _source(self.course, job.assignment)):
                _copy_files(origin, folder, [*directory.ignore, "*.ipynb"])
            for name, notebook in notebooks.items():
                # As nbformat writes it, but without a copy, and without indentation, which makes json much slower.
                text = json.dumps(split_lines(notebook), ensure_ascii=False, sort_keys=True)
                (folder / f"{name}.ipynb").write_text(text + "\n", encoding="utf-8")
            _set_permissions(folder, 0o664 if directory.groupshared else 0o444)


@dataclass(frozen=True)
class _FeedbackWriter:
    course: Course
    pages: PageMaker

    def write(self, job: Recorded) -> None:
        directory = self.course.directory
        graded = Path(directory.format_path(directory.autograded_directory, job.student, job.assignment))
        target = Path(directory.format_path(directory.feedback_directory, job.student, job.assignment))
        with _replaced(self.course.root, target) as folder:
            _copy_files(graded, folder, [*directory.ignore, "*.ipynb"])
            for name, feedback in job.notebooks.items():
                path = graded / f"{name}.ipynb"
                if path.exists():
                    notebook = nbformat.v4.reads(path.read_text(encoding="utf-8"))
                    page = self.pages.page(notebook, job.assignment, job.student, name, feedback)
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
