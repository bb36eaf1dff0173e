"""A course root: nbgrader's configuration and directories, and the secret that the hidden probes are drawn from."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from nbgrader.apps import NbGrader
from nbgrader.coursedir import CourseDirectory

PRIVATE = ".autograder"  # a folder of ours in the course root: the secret, the lock, work in progress


class CannotGrade(RuntimeError):
    """An assignment of which nothing can be graded; the message says why and what to do."""


@dataclass(frozen=True)
class Course:
    """A course root as nbgrader sees it: `app` holds the configuration, `directory` the paths."""

    root: Path
    app: NbGrader
    directory: CourseDirectory


def open_course(root: Path) -> Course:
    """Read the configuration of the course in `root`. nbgrader's messages below a warning are not shown.

    Raises CannotGrade where nothing can be written there.
    """
    app = _App(log_level=logging.ERROR)  # a course need not have a configuration
    app.initialize([], root=str(root.resolve()))
    app.log.setLevel(logging.WARNING)
    course = Course(root.resolve(), app, app.coursedir)
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
