"""A course root: nbgrader's configuration and directories, and the secret that the hidden probes are drawn from."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.apps import NbGrader
from nbgrader.coursedir import CourseDirectory

PRIVATE = ".autograder"  # a folder of ours in the course root: the secret, the lock, work in progress


class CannotGrade(RuntimeError):
    """A course or an assignment of which nothing can be graded; the message says why and what to do."""


@dataclass(frozen=True)
class Course:
    """A course root as nbgrader sees it: `app` holds the configuration, `directory` the paths."""

    root: Path
    app: NbGrader
    directory: CourseDirectory


def open_course(root: Path) -> Course:
    """Read the configuration of the course in `root`. nbgrader's messages below a warning are not shown.

    Raises CannotGrade where the configuration does not load (by its defaults another course would be graded), or where
    nothing can be written there.
    """
    app = _App(log_level=logging.ERROR)  # a course need not have a configuration
    try:
        app.initialize([], root=str(root.resolve()))
    except SystemExit as error:  # traitlets has logged what is wrong with a value
        raise CannotGrade(f"The configuration of {root.resolve()} does not load.") from error
    except Exception as error:  # a configuration is Python, and may raise anything
        raise CannotGrade(f"Nothing was graded: {_where(error)}") from error
    app.log.setLevel(logging.WARNING)
    course = Course(Path(app.coursedir.root), app, app.coursedir)
    try:
        private_folder(course.root)
    except OSError as error:
        raise CannotGrade(
            f"{error.filename} cannot be written ({error.strerror}): grade as the owner of the course root, "
            "and where there is room."
        ) from error
    return course


class _App(NbGrader):
    name = "nbgrader"
    description = "reads nbgrader_config.py"
    raise_config_file_errors = True

    def load_config_file(self, **kwargs: Any) -> None:
        super().load_config_file(**{**kwargs, "suppress_errors": False})


def _where(error: Exception) -> str:
    """What is wrong with a configuration, and in which line."""
    name = f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}, line {error.lineno}: SyntaxError: {error.msg}"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.endswith("_config.py")]
    return f"{frames[-1].filename}, line {frames[-1].lineno}: {name}" if frames else f"nbgrader_config.py: {name}"


def private_folder(root: Path) -> Path:
    """Our folder in the course root, made on first use with a .gitignore that keeps all of it out of git."""
    folder = root / PRIVATE
    folder.mkdir(mode=0o700, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")
    return folder


def secret(root: Path) -> str:
    """The course's secret, made on first use; whoever comes second reads what the first one made."""
    path = private_folder(root) / "secret"
    if not path.exists():
        draft = path.with_name(f"secret-{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # unlike a rename, never replaces one that is there
        draft.unlink()
    return path.read_text()
