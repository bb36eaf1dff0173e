"""The jail behind stock `nbgrader autograde`: a preprocessor that takes the place of Execute.

In nbgrader_config.py:

    c.Autograde.autograde_preprocessors = ["autograder.nbgrader.JailedExecute", ...]
    c.Autograde.pre_convert_hook = "autograder.nbgrader.start"
    c.ExportApp.plugin_class = "autograder.nbgrader.CsvExport"
"""

from __future__ import annotations

import atexit
import csv
import functools
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import ExportPlugin
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool

from .examiner.client import Examiner, Examiners
from .exchange.text import visible
from .grading import submission
from .grading.course import open_course, secret
from .grading.gradebook import read_keys
from .grading.keys import refuse_unrecognised, setting
from .jail.process import JailError, JailUnavailable


class JailedExecute(NbGraderPreprocessor):
    """Runs a submission in a jailed process, judges its answers outside, and writes the outputs that are scored."""

    jail = Bool(True, help="Lock the submission in. Without this its code can do whatever you can.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Raises JailError where the jail fails twice: nbgrader then reports an error and keeps the earlier score."""
        where = resources["nbgrader"]
        with Gradebook(where["db_url"]) as gradebook:
            key = read_keys(gradebook, where["assignment"])[where["notebook"]]
        notebook = submission.restored(nb, key)
        seed = secret(Path.cwd()), where["student"]  # nbgrader's converters work from the course root
        code = setting(_course(Path.cwd()), where["assignment"], key)
        refuse_unrecognised(where["assignment"], key, code, examiner(self.jail))
        try:
            self._run(notebook, seed, code)
        except JailUnavailable:
            raise
        except JailError:
            end()
            self._run(notebook, seed, code)
        return notebook, resources

    def _run(self, notebook: NotebookNode, seed: tuple[str, str], code: str) -> None:
        examine = functools.partial(examiner(self.jail).run, seed=seed, jail=self.jail, setting=code)
        submission.run(notebook, examine)


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
