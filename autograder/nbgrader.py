"""The jail behind stock `nbgrader autograde`: a preprocessor that takes the place of Execute.

In nbgrader_config.py:

    c.Autograde.autograde_preprocessors = ["autograder.nbgrader.JailedExecute", ...]
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool

from . import submission
from .course import secret
from .gradebook import read_keys
from .jail import doctor
from .jail.limits import Limits
from .jail.process import JailError, WarmProcess, shared


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
        try:
            self._run(notebook, seed)
        except JailError:
            examined.cache_clear()
            shared.cache_clear()
            self._run(notebook, seed)
        return notebook, resources

    def _run(self, notebook: NotebookNode, seed: tuple[str, str]) -> None:
        with examined(self.jail).open(Limits(), jail=self.jail, source=submission.code(notebook)) as child:
            submission.run(notebook, child, seed)


@functools.cache
def examined(jail: bool) -> WarmProcess:
    """The warm process, once no escape is open. Raises JailUnavailable where one is."""
    if jail:
        doctor.examine(shared())
    return shared()
