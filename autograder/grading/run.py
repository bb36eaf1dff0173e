"""Grading a class: every submission of some assignments, the gradebook, the feedback pages.

The order makes a run that is killed and started again end like one that was not: files are replaced whole, the
gradebook is written in one transaction, and a submission's score is a function of itself and the course's secret.
"""

from __future__ import annotations

import contextlib
import shutil
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock
from nbgrader.preprocessors import AssignLatePenalties

from ..examiner.client import Examiners
from ..jail.limits import Limits
from ..jail.process import JailError, JailUnavailable
from . import reading
from .course import CannotGrade, Course, private_folder, secret
from .feedback import PageMaker
from .folders import feedback_folder, source_folder
from .gradebook import LatePenalty, NotebookFeedback, NotebookKey, NotebookScores, opened, record
from .jobs import Deferred, Grade, Grader, PageWriter, Refused, Scored, WritePages
from .keys import assignment_keys, refuse_unrecognised, setting
from .reading import NotGraded
from .steps import Steps, steps
from .submitted import Submitted, find, passed_over
from .workers import Exhausted, Lost, cores, work_through


@dataclass
class Summary:
    """An assignment's results: what stands in the gradebook by student and notebook, and what could not be graded.

    notes    what to know of those that were graded, or passed over: a timestamp that cannot be read, …
    refused  why nothing could be graded, or None
    place    where the feedback lies
    """

    assignment: str
    results: dict[str, dict[str, NotebookFeedback]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    notes: dict[str, Sequence[str]] = field(default_factory=dict)
    refused: str | None = None
    place: Path = Path()

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
        asked = steps(course)
        summaries = {name: Summary(name, place=feedback_folder(course, "<student>", name)) for name in assignments}
        keys: dict[str, dict[str, NotebookKey]] = {}
        submitted: list[Submitted] = []
        for name, summary in summaries.items():
            try:
                keys[name] = assignment_keys(course, name)
                found = find(course, name, students)
                summary.problems |= unrecordable(course, asked, found)
                submitted += [each for each in found if each.student not in summary.problems]
                for folder in passed_over(course, name):
                    summary.notes[str(folder)] = ["was passed over: a student's name does not start with a dot"]
            except CannotGrade as error:
                summary.refused = str(error)
        _remember_sources(course, keys, pages)
        settings = {name: {key.name: setting(course, name, key) for key in keys[name].values()} for name in keys}
        if submitted:  # as late as can be: the warm process is still getting warm
            try:
                _look_ahead(examiners, summaries, keys, settings, jail)
            except JailUnavailable:
                raise
            except JailError:  # somebody may have killed it
                examiners.revive()
                _look_ahead(examiners, summaries, keys, settings, jail)
            submitted = [each for each in submitted if summaries[each.assignment].refused is None]
        grader = Grader(course, keys, settings, examiners, secret(course.root), jail, limits or asked.limits)
        class_ = _Class(course, summaries, submitted, progress)
        class_.work_off(grader, PageWriter(course, pages), workers or cores())
    return list(summaries.values())


def _look_ahead(
    examiners: Examiners,
    summaries: Mapping[str, Summary],
    keys: Mapping[str, Mapping[str, NotebookKey]],
    settings: Mapping[str, Mapping[str, str]],
    jail: bool,
) -> None:
    """See whether the jail holds, and refuse assignments with tests that would be nobody's. Raises JailError."""
    with examiners.open() as examiner:
        if jail:
            examiner.try_the_jail()
        for name in settings:
            try:
                for key in keys[name].values():
                    refuse_unrecognised(name, key, settings[name][key.name], examiner)
            except CannotGrade as error:
                summaries[name].refused = str(error)


@contextmanager
def _only_one_run(root: Path) -> Iterator[None]:
    """A second run on the same course waits for the first; the lock goes with its process, however that ends."""
    with FileLock(private_folder(root) / "lock"):
        shutil.rmtree(private_folder(root) / "work", ignore_errors=True)  # left by a run that was killed
        yield


def unrecordable(course: Course, asked: Steps, found: Sequence[Submitted]) -> dict[str, str]:
    """Why some of what was found cannot enter the gradebook, by student. Raises CannotGrade."""
    problems: dict[str, str] = {}
    known: set[str] | None = None
    if not asked.converter.create_student:
        with opened(course) as gradebook:
            known = {student.id for student in gradebook.students}
    for each in found:
        try:
            each.student.encode()
        except UnicodeEncodeError:
            problems[each.student] = "could not be graded: the name of its folder is not UTF-8; rename it"
        else:
            if known is not None and each.student not in known:
                why = "no such student is in the gradebook, and c.Autograde.create_student is False"
                problems[each.student] = f"was not graded: {why}"
    return problems


def _remember_sources(course: Course, assignments: Iterable[str], pages: PageMaker) -> None:
    """Render, once for all workers, the instructor's notebooks, of which students' pages are mostly made."""
    for assignment in assignments:
        for path in source_folder(course, assignment).glob("*.ipynb"):
            with contextlib.suppress(NotGraded):
                pages.remember(reading.read(path))


class _Class:
    """The submissions of a run, and how far each assignment is."""

    def __init__(
        self, course: Course, summaries: Mapping[str, Summary], submitted: Sequence[Submitted], progress: Progress
    ) -> None:
        self._course, self._summaries, self._progress = course, summaries, progress
        self._jobs: deque[Grade | WritePages] = deque(map(Grade, submitted))
        self._count = len(submitted)
        self._left = Counter(each.assignment for each in submitted)
        self._scored: dict[str, dict[str, tuple[datetime | None, Mapping[str, NotebookScores]]]]
        self._scored = {name: {} for name in self._left}
        self._pages = self._written = 0

    def work_off(self, grader: Grader, writer: PageWriter, workers: int) -> None:
        """Grade what was submitted; record an assignment, and have its pages written, as soon as all of it is graded.

        Both kinds of job go through the same workers, so that none of them waits for an assignment to be done.
        """

        def get_ready() -> Callable[[Grade | WritePages], Any]:
            grade_one = grader.in_worker()
            return lambda job: grade_one(job) if isinstance(job, Grade) else writer.write(job)

        workers = min(workers, self._count)
        revive = grader.examiners.revive
        for job, result in work_through(self._jobs, get_ready, workers=workers, seconds=grader.seconds, repair=revive):
            if isinstance(job, WritePages):
                self._after_pages(job, result)
            elif isinstance(result, Deferred):
                self._jobs.append(replace(job, patient=True))
            else:
                self._after_grading(job.submitted, result)

    def _after_grading(self, submitted: Submitted, result: Scored | Refused | Lost | Exhausted) -> None:
        summary = self._summaries[submitted.assignment]
        match result:
            case Exhausted(why):
                summary.problems[submitted.student] = f"could not be read: {why}"
            case Lost(why):
                summary.problems[submitted.student] = f"could not be graded, its earlier score stands: {why}"
            case Refused(why):
                summary.problems[submitted.student] = why
            case Scored(notebooks, timestamp, notes):
                self._scored[submitted.assignment][submitted.student] = timestamp, notebooks
                if notes:
                    summary.notes[submitted.student] = notes
        self._left[submitted.assignment] -= 1
        self._progress("graded", self._count - self._left.total(), self._count)
        if not self._left[submitted.assignment]:
            self._record(summary)

    def _record(self, summary: Summary) -> None:
        """Write an assignment into the gradebook. The workers go on with other assignments meanwhile."""
        scored = self._scored[summary.assignment]
        try:
            with opened(self._course) as gradebook:
                summary.results = record(gradebook, summary.assignment, scored, _late_penalty(self._course))
        except CannotGrade as error:
            summary.refused = str(error)
        self._jobs += [WritePages(summary.assignment, *result) for result in summary.results.items()]
        self._pages += len(summary.results)

    def _after_pages(self, job: WritePages, result: Lost | Exhausted | None) -> None:
        if isinstance(result, (Lost, Exhausted)):
            why = f"was graded, but its feedback could not be written: {result.why}"
            self._summaries[job.assignment].problems[job.student] = why
        self._written += 1
        self._progress("feedback", self._written, self._pages)


def _late_penalty(course: Course) -> LatePenalty:
    preprocessor = AssignLatePenalties(parent=course.app)
    preprocessor.init_plugin()
    penalty: LatePenalty = preprocessor.plugin_inst.late_submission_penalty
    return penalty
