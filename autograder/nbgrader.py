"""The jail behind stock `nbgrader autograde`: a preprocessor that takes the place of Execute.

In nbgrader_config.py:

    c.Autograde.autograde_preprocessors = ["autograder.nbgrader.JailedExecute", ...]
    c.Autograde.exporter_class = "autograder.nbgrader.AnyNotebook"
    c.Autograde.pre_convert_hook = "autograder.nbgrader.start"
    c.ExportApp.plugin_class = "autograder.nbgrader.CsvExport"
"""

from __future__ import annotations

import atexit
import csv
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import ExportPlugin
from nbgrader.preprocessors import Execute
from traitlets import Bool

from .examiner.client import Examiner, Examiners
from .exchange.text import visible
from .grading import submission
from .grading.course import open_course, secret
from .grading.folders import not_plain
from .grading.gradebook import NotebookKey, read_keys
from .grading.keys import refuse_unrecognised, setting
from .grading.reading import read
from .grading.steps import expected_modules, limits_of
from .jail.process import JailError, JailUnavailable


class AnyNotebook(NotebookExporter):
    """nbconvert's exporter of notebooks, for submissions as front ends write them: they are read as in `reading`."""

    def from_filename(self, filename: str, resources: Any = None, **kwargs: Any) -> tuple[Any, Any]:
        """Raises NotGraded where the file is no notebook."""
        where = (resources or {}).get("nbgrader")
        if where is None:
            return super().from_filename(filename, resources, **kwargs)
        path = Path(filename)
        resources["metadata"] = {"name": path.stem, "path": str(path.parent)}
        notebook = read(path, outputs=True)
        if path.is_relative_to(self.coursedir.format_path(self.coursedir.submitted_directory, ".", ".")):
            given = notebook.cells
            notebook = submission.restored(notebook, _key(where))
            for cell, old in zip(notebook.cells, given, strict=False):  # what ClearOutput is for is left to it
                if cell.cell_type == "code":
                    cell.outputs = old.get("outputs", [])
        exported: tuple[Any, Any] = self.from_notebook_node(notebook, resources, **kwargs)
        return exported

    @property
    def coursedir(self) -> CourseDirectory:
        """That of the converter whose exporter this is."""
        return getattr(self.parent, "coursedir")  # noqa: B009  which nbconvert does not know


class JailedExecute(Execute):
    """Runs a submission in a jailed process, judges its answers outside, and writes the outputs that are scored.

    Execute's options are its own: `c.Execute.timeout` and the others.
    """

    jail = Bool(True, help="Lock the submission in. Without this its code can do whatever you can.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any = None, km: Any = None) -> tuple[NotebookNode, Any]:
        """Raises JailError where the jail fails twice: nbgrader then reports an error and keeps the earlier score."""
        where = resources["nbgrader"]
        key = _key(where)
        notebook = submission.restored(nb, key)
        code = setting(_course(Path.cwd()), where["assignment"], key)  # nbgrader's converters work from the course root
        refuse_unrecognised(where["assignment"], key, code, examiner(self.jail))
        folder = Path(resources.get("metadata", {}).get("path") or ".").resolve()
        coursedir = self.parent.parent.coursedir
        source = Path(coursedir.format_path(coursedir.source_directory, ".", where["assignment"]))

        def run() -> list[str]:
            examine = functools.partial(
                examiner(self.jail).run,
                seed=(secret(Path.cwd()), where["student"]),
                jail=self.jail,
                limits=limits_of(self),
                setting=code,
                files=folder,
            )
            return submission.run(notebook, examine, expected_modules(source, key))

        notes = _leave_out(coursedir, where, folder, source)
        try:
            notes += run()
        except JailUnavailable:
            raise
        except JailError:
            end()
            notes += run()
        for note in notes:
            self.log.warning("%s, %s: %s", where["student"], where["notebook"], note)
        return notebook, resources


def _leave_out(coursedir: CourseDirectory, where: Mapping[str, str], folder: Path, source: Path) -> list[str]:
    """Remove from the autograded folder what nbgrader copied there through a student's link; sentences about that."""
    submitted = coursedir.format_path(coursedir.submitted_directory, where["student"], where["assignment"])
    notes: list[str] = []
    if not Path(submitted).is_dir():
        return notes
    for name, sentence in not_plain(Path(submitted), [*coursedir.ignore, "*.ipynb"]):
        copy = folder / name
        if copy.is_file() and not (source / name).exists():
            copy.unlink()
            notes.append(sentence)
    return notes


def _key(where: Mapping[str, str]) -> NotebookKey:
    with Gradebook(where["db_url"]) as gradebook:
        return read_keys(gradebook, where["assignment"])[where["notebook"]]


_course = functools.cache(open_course)


@functools.cache
def examiner(jail: bool) -> Examiner:
    """One for all submissions of this Python process, once no escape is open. Raises JailUnavailable where one is."""
    made = examiners().open()
    if jail:
        made.try_the_jail()
    return made


@functools.cache
def examiners() -> Examiners:
    """The process that they are forked from."""
    process = Examiners()
    atexit.register(end)
    return process


def end() -> None:
    """End that process, if there is one; the next submission gets another."""
    if examiners.cache_info().currsize:
        atexit.unregister(end)
        examiners().close()
    examiner.cache_clear()
    examiners.cache_clear()


def start(**_: object) -> None:
    """For nbgrader's `Autograde.pre_convert_hook`: torch is imported while nbgrader prepares its work."""
    examiners()


# --- nbgrader export ----------------------------------------------------------------------------------------------

COLUMNS = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score"),
)


class CsvExport(ExportPlugin):
    """nbgrader's table of scores, in which no name is a formula to a spreadsheet, or more than one cell."""

    def export(self, gradebook: Gradebook) -> None:
        """Write it to `to`, or grades.csv: a row for each assignment and student."""
        with Path(self.to or "grades.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(COLUMNS)
            for assignment in gradebook.assignments:
                for student in gradebook.students:
                    if self.assignment and assignment.name not in map(str, self.assignment):
                        continue
                    if self.student and student.id not in map(str, self.student):
                        continue
                    table.writerow(map(_cell, _row(gradebook, assignment, student)))


def _row(gradebook: Gradebook, assignment: Any, student: Any) -> list[Any]:
    try:
        submission = gradebook.find_submission(assignment.name, student.id)
    except MissingEntry:  # nothing was handed in
        timestamp, raw, penalty = None, 0.0, 0.0
    else:
        timestamp, raw, penalty = submission.timestamp, submission.score, submission.late_submission_penalty
    about = [assignment.name, assignment.duedate, timestamp]
    names = [student.id, student.last_name, student.first_name, student.email]
    return [*about, *names, raw, penalty, max(0.0, raw - penalty), assignment.max_score]


def _cell(value: Any) -> Any:
    """A name that begins like a formula gets the apostrophe that makes it text in a spreadsheet."""
    if value is None or not isinstance(value, str):
        return value
    text = visible(value)
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@") else text
