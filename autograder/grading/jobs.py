"""What a worker does for a class: grade one submission, or write one student's pages."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import nbformat
from nbformat.v4.rwbase import split_lines
from nbgrader.converters import Autograde
from traitlets.utils.importstring import import_item

from ..examiner.client import Examiner, Examiners
from ..jail.limits import Limits
from . import submission
from .course import Course
from .feedback import PageMaker
from .folders import (
    autograded_folder,
    copy_files,
    feedback_folder,
    replaced,
    serve_no_pages,
    set_permissions,
    source_folder,
)
from .gradebook import NotebookFeedback, NotebookKey, NotebookScores
from .submitted import Submitted, is_plain, not_its_own, timestamp_of

# Of nbgrader's preprocessors, those whose work is done here, in bulk or by construction.
OURS = {"Execute", "JailedExecute", "SaveAutoGrades", "AssignLatePenalties", "CheckCellMetadata"}


@dataclass(frozen=True)
class Grade:
    """The job to grade a submission. `patient`: what it is slow to import is there by now, or is waited for."""

    submitted: Submitted
    patient: bool = False


@dataclass(frozen=True)
class Scored:
    """A graded submission's scores, by notebook, and what its owner should know besides, in sentences."""

    notebooks: Mapping[str, NotebookScores]
    timestamp: datetime | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """A submission that cannot be graded as it is; `why` says what is the matter with it."""

    why: str


@dataclass(frozen=True)
class Deferred:
    """A submission that is slow to import: the imports have begun, and meanwhile others can be graded."""


@dataclass(frozen=True)
class WritePages:
    """The job to write a student's feedback on an assignment: what stands in the gradebook, by notebook."""

    assignment: str
    student: str
    notebooks: Mapping[str, NotebookFeedback]


@dataclass(frozen=True)
class Grader:
    """What is needed to grade submissions. `keys` and `settings` (see keys.py) are by assignment and notebook."""

    course: Course
    keys: Mapping[str, Mapping[str, NotebookKey]]
    settings: Mapping[str, Mapping[str, str]]
    examiners: Examiners
    secret: str
    jail: bool
    limits: Limits

    @property
    def seconds(self) -> float:
        """How long one submission may take: what its processes may, and as much again for the rest."""
        return 2 * self.limits.longest_seconds * max(map(len, self.keys.values()), default=1)

    def in_worker(self) -> Callable[[Grade], Scored | Refused | Deferred]:
        """What grades one submission after the other in a worker: with an examiner, and the course's preprocessors."""
        names = Autograde(coursedir=self.course.directory, parent=self.course.app).autograde_preprocessors
        classes = [import_item(name) if isinstance(name, str) else name for name in names]
        later = [cls(parent=self.course.app) for cls in classes if cls.__name__ not in OURS]
        enabled = [preprocessor for preprocessor in later if preprocessor.enabled]
        # An examiner for each worker, opened when it is needed first: pages are written without.
        return functools.partial(self._grade, functools.cache(self.examiners.open), enabled)

    def _grade(self, examiner: Callable[[], Examiner], later: list[Any], job: Grade) -> Scored | Refused | Deferred:
        """Grade one submission and write its autograded folder. Raises JailError where the jail fails."""
        submitted = job.submitted
        if why := not_its_own(submitted):
            return Refused(why)
        owner = submitted.folder.stat().st_uid
        keys = self.keys[submitted.assignment]
        present = {path.stem: path for path in sorted(submitted.folder.glob("*.ipynb")) if path.stem in keys}
        if not present:
            there = ", ".join(sorted(path.name for path in submitted.folder.iterdir())) or "nothing"
            wanted = ", ".join(f"{name}.ipynb" for name in keys)
            return Refused(f"{submitted.folder} holds no {wanted} (it holds {there})")
        notebooks, scores = {}, {}
        for name, path in present.items():
            if not path.is_symlink() and path.is_file() and not is_plain(path, owner):
                return Refused(
                    f"{path} is a second name of another owner's file; a submission must be a file of its own"
                )
            try:
                notebook = submission.restored(submission.read(path), keys[name])
            except submission.UnreadableSubmission as error:
                return Refused(str(error))
            if not job.patient and examiner().import_ahead(submission.code(notebook)):
                return Deferred()
            seed = self.secret, submitted.student
            setting = self.settings[submitted.assignment][name]
            examine = functools.partial(examiner().run, seed=seed, jail=self.jail, limits=self.limits, setting=setting)
            submission.run(notebook, examine)
            names = {"student": submitted.student, "assignment": submitted.assignment, "notebook": name}
            resources: dict[str, Any] = {"nbgrader": names}
            for preprocessor in later:
                notebook, resources = preprocessor.preprocess(notebook, resources)
            notebooks[name], scores[name] = notebook, submission.scores(notebook)
        timestamp, wrong = timestamp_of(submitted)
        left_out = self._write(submitted, notebooks)
        return Scored(scores, timestamp, (*filter(None, [wrong]), *left_out))

    def _write(self, submitted: Submitted, notebooks: dict[str, Any]) -> list[str]:
        """Write the autograded folder. What of the student's files does not go along, in sentences."""
        directory = self.course.directory
        target = autograded_folder(self.course, submitted.student, submitted.assignment)
        with replaced(self.course.root, target) as folder:
            # The student's own files, then the instructor's over them, as nbgrader does.
            owner = submitted.folder.stat().st_uid
            ignored = [*directory.ignore, "*.ipynb"]
            left_out = copy_files(submitted.folder, folder, ignored, lambda path: is_plain(path, owner))
            copy_files(source_folder(self.course, submitted.assignment), folder, ignored)
            for name, notebook in notebooks.items():
                # As nbformat writes it, but without a copy, and without indentation, which makes json much slower.
                text = json.dumps(split_lines(notebook), ensure_ascii=False, sort_keys=True)
                (folder / f"{name}.ipynb").write_text(text + "\n", encoding="utf-8")
            set_permissions(folder, 0o664 if directory.groupshared else 0o444)
        return left_out


@dataclass(frozen=True)
class PageWriter:
    """Writes feedback folders."""

    course: Course
    pages: PageMaker

    def write(self, job: WritePages) -> None:
        """Write the pages of one student's graded submission, in the place of those that were there."""
        directory = self.course.directory
        graded = autograded_folder(self.course, job.student, job.assignment)
        with replaced(self.course.root, feedback_folder(self.course, job.student, job.assignment)) as folder:
            copy_files(graded, folder, [*directory.ignore, "*.ipynb"])
            serve_no_pages(folder)
            for name, feedback in job.notebooks.items():
                path = graded / f"{name}.ipynb"
                if path.exists():
                    notebook = nbformat.v4.reads(path.read_text(encoding="utf-8"))
                    page = self.pages.page(notebook, job.assignment, job.student, name, feedback)
                    (folder / f"{name}.html").write_text(page, encoding="utf-8")
            set_permissions(folder, 0o664 if directory.groupshared else 0o644)
