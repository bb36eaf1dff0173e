"""A course root: its configuration, and the secret that hidden inputs are drawn from."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from autograder.grading import course


def test_the_secret_is_made_once(tmp_path: Path) -> None:
    made = course.secret(tmp_path)
    assert len(made) == 64
    assert course.secret(tmp_path) == made


def test_every_course_has_a_secret_of_its_own(tmp_path: Path) -> None:
    roots = [tmp_path / name for name in "abc"]
    for root in roots:
        root.mkdir()
    assert len({course.secret(root) for root in roots}) == 3


def test_the_secret_is_for_its_owner_alone(tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        course.secret(tmp_path)
    finally:
        os.umask(previous)
    folder = tmp_path / ".autograder"
    assert stat.S_IMODE((folder / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_git_sees_nothing_of_it(tmp_path: Path) -> None:
    course.secret(tmp_path)
    (tmp_path / "seen.txt").touch()
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    look = ["git", "status", "--porcelain", "--untracked-files=all"]
    status = subprocess.run(look, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert status.stdout == "?? seen.txt\n"


def test_of_two_who_make_the_secret_at_once_both_have_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link, others = os.link, "f" * 64

    def too_late(source: Path, target: Path) -> None:
        target.write_text(others)  # another process was a moment quicker
        link(source, target)

    monkeypatch.setattr(os, "link", too_late)
    assert course.secret(tmp_path) == others
    assert [path.name for path in sorted((tmp_path / ".autograder").iterdir())] == [".gitignore", "secret"]


def test_a_draft_left_by_a_process_that_was_killed_does_no_harm(tmp_path: Path) -> None:
    folder = course.private_folder(tmp_path)
    (folder / f"secret-{os.getpid()}").write_text("half a sec")
    assert len(course.secret(tmp_path)) == 64


def test_a_course_is_read_from_its_own_configuration_wherever_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "course").mkdir()
    (tmp_path / "course/nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'maths'\nc.CourseDirectory.submitted_directory = 'in'\n"
    )
    monkeypatch.chdir(tmp_path)
    opened = course.open_course(Path("course"))
    assert opened.root == tmp_path / "course"
    assert opened.directory.course_id == "maths"
    where = opened.directory.format_path(opened.directory.submitted_directory, "ann", "ps1")
    assert where == str(tmp_path / "course/in/ann/ps1")
    assert opened.directory.db_url == f"sqlite:///{tmp_path}/course/gradebook.db"


def test_a_folder_without_a_configuration_is_a_course_with_nbgraders_defaults(tmp_path: Path) -> None:
    opened = course.open_course(tmp_path)
    assert opened.directory.root == str(tmp_path)
    assert opened.directory.submitted_directory == "submitted"
