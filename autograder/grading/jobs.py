"""What a worker does for a class: grade one submission, or write one student's pages."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4.rwbase import split_lines
from nbgrader.converters import GenerateFeedback

from ..examiner.client import Examiner, Examiners
from ..jail.limits import Limits
from . import reading, submission
from .course import Course
from .feedback import PageMaker
from .folders import (
    autograded_folder,
    copy_files,
    feedback_folder,
    is_plain,
    lay_out,
    replaced,
    serve_no_pages,
    set_permissions,
    source_folder,
)
from .gradebook import NotebookFeedback, NotebookKey, NotebookScores
from .reading import NotGraded
from .steps import Steps, call_hook, called, expected_modules, steps
from .submitted import Submitted, not_its_own, timestamp_of


@dataclass(frozen=True)
class Grade:
    """The job to grade a submission. `patient`: what it is slow to import is there by now, or is waited for."""

    submitted: Submitted
    patient: bool = False


@dataclass(frozen=True)
class Scored:
    """A graded submission's scores, by notebook.

    timestamp  when it was handed in, where the submission says so
    notes      what is to be known of it besides, in sentences
    """

    notebooks: Mapping[str, NotebookScores]
    timestamp: datetime | None = None
    notes: Sequence[str] = ()


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
        os.chdir(self.course.directory.root)  # where nbgrader calls them
        # An examiner for each worker, opened when it is needed first: pages are written without.
        return functools.partial(self._grade, functools.cache(self.examiners.open), steps(self.course))

    def _grade(self, examiner: Callable[[], Examiner], asked: Steps, job: Grade) -> Scored | Refused | Deferred:
        """Grade one submission and write its autograded folder. Raises JailError where the jail fails."""
        try:
            return self._graded(examiner, asked, job)
        except NotGraded as error:
            return Refused(str(error))
        except PermissionError as error:
            return Refused(f"could not be graded: {error.filename}: {error.strerror}")

    def _graded(self, examiner: Callable[[], Examiner], asked: Steps, job: Grade) -> Scored | Deferred:
        submitted, directory = job.submitted, self.course.directory
        if why := not_its_own(submitted):
            raise NotGraded(why)
        keys = self.keys[submitted.assignment]
        there = sorted(path for path in submitted.folder.iterdir() if path.suffix == ".ipynb")
        present = {path.stem: path for path in there if path.stem in keys}
        if not present:
            held = ", ".join(sorted(path.name for path in submitted.folder.iterdir())) or "nothing"
            wanted = ", ".join(f"{name}.ipynb" for name in keys)
            raise NotGraded(f"{submitted.folder} holds no {wanted} (it holds {held})")
        unknown = [path.name for path in there if path.stem not in keys]
        notes = [f"{name} was passed over: the assignment has no notebook of that name" for name in unknown]
        owner = submitted.folder.stat().st_uid
        for path in present.values():
            if not path.is_symlink() and path.is_file() and not is_plain(path.lstat(), owner):
                why = "is a second name of another owner's file; a submission must be a file of its own"
                raise NotGraded(f"{path} {why}")
        notebooks = {name: reading.read(path) for name, path in present.items()}
        if not job.patient and examiner().import_ahead("\n".join(map(reading.code, notebooks.values()))):
            return Deferred()
        handed_in, wrong = timestamp_of(submitted)
        notes += filter(None, [wrong])
        scores: dict[str, NotebookScores] = {}
        source = source_folder(self.course, submitted.assignment)
        paths = list(map(str, present.values()))
        call_hook(asked.converter, "pre_convert_hook", submitted.assignment, paths)
        with replaced(
            self.course.root, autograded_folder(self.course, submitted.student, submitted.assignment)
        ) as folder:
            kept = asked.converter.exclude_overwriting.get(submitted.assignment, [])
            notes += lay_out(folder, submitted.folder, source, directory.ignore, kept)
            run = functools.partial(
                examiner().run,
                seed=(self.secret, submitted.student),
                jail=self.jail,
                limits=self.limits,
                files=folder.resolve(),
            )
            for name, notebook in notebooks.items():
                names = {"student": submitted.student, "assignment": submitted.assignment, "notebook": name}
                resources: Any = {
                    "nbgrader": {**names, "db_url": directory.db_url},
                    "metadata": {"name": name, "path": str(folder)},
                    "unique_key": name,
                    "output_files_dir": f"{name}_files",
                }
                notebook, resources = called(asked.sanitize, notebook, resources)
                notebook = submission.restored(notebook, keys[name])
                notebook, resources = called([*asked.sanitize_restored, *asked.before], notebook, resources)
                examine = functools.partial(run, setting=self.settings[submitted.assignment][name])
                notes += submission.run(notebook, examine, expected_modules(source, keys[name]))
                notebook, resources = called(asked.after, notebook, resources)
                scores[name] = submission.scores(notebook)
                notebooks[name], resources = called(asked.once_scored, notebook, resources)
            self._write(folder, notebooks, asked.converter.permissions)
        call_hook(asked.converter, "post_convert_hook", submitted.assignment, paths)
        return Scored(scores, handed_in, notes)

    def _write(self, folder: Path, notebooks: Mapping[str, Any], permissions: int) -> None:
        for name, notebook in notebooks.items():
            # As nbformat writes it, but without a copy, and without indentation, which makes json much slower.
            text = json.dumps(split_lines(notebook), ensure_ascii=False, sort_keys=True)
            (folder / f"{name}.ipynb").write_text(text + "\n", encoding="utf-8")
        set_permissions(folder, permissions, groupshared=self.course.directory.groupshared)


@dataclass(frozen=True)
class PageWriter:
    """Writes feedback folders."""

    course: Course
    pages: PageMaker

    def write(self, job: WritePages) -> None:
        """Write the pages of one student's graded submission, in the place of those that were there."""
        directory = self.course.directory
        graded = autograded_folder(self.course, job.student, job.assignment)
        converter = GenerateFeedback(coursedir=directory, parent=self.course.app)
        paths = [str(graded / f"{name}.ipynb") for name in job.notebooks if (graded / f"{name}.ipynb").exists()]
        call_hook(converter, "pre_convert_hook", job.assignment, paths)
        with replaced(self.course.root, feedback_folder(self.course, job.student, job.assignment)) as folder:
            if graded.is_dir():
                copy_files(graded, folder, directory.ignore, but=[f"{name}.html" for name in job.notebooks])
            serve_no_pages(folder)
            for name, feedback in job.notebooks.items():
                path = graded / f"{name}.ipynb"
                if path.exists():
                    notebook = nbformat.v4.reads(path.read_text(encoding="utf-8"))
                    page = self.pages.page(notebook, job.assignment, job.student, name, feedback)
                    (folder / f"{name}.html").write_text(page, encoding="utf-8")
            set_permissions(folder, converter.permissions, groupshared=directory.groupshared)
        call_hook(converter, "post_convert_hook", job.assignment, paths)
