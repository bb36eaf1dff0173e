"""What an instructor may get wrong: a sentence that names the thing and the remedy, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from classroom import Ran, autograder

TRACEBACK = "Traceback (most recent call last)"


def refused(ran: Ran, *words: str) -> None:
    """Whether it ended with one sentence on standard error, and with these words in it."""
    assert ran.status == 2, ran
    assert TRACEBACK not in ran.err
    for word in words:
        assert word in ran.err


@pytest.mark.parametrize("name", ["ps1/", "./ps1", "./ps1/"])
def test_a_name_that_a_shell_completed_to_a_folder_is_that_name(name: str, handed_in: Path) -> None:
    ran = autograder(handed_in, "grade", name)
    assert ran.status == 0, ran
    assert "ps1  right" in ran.out


@pytest.mark.parametrize("name", ["../ps1", "", ".", "source/ps1", "/ps1"])
def test_a_path_is_no_assignments_name(name: str, handed_in: Path) -> None:
    refused(autograder(handed_in, "grade", name), "is no assignment's name: give the name alone")


@pytest.mark.parametrize("name", ["a+b", "ps*", "ps[1]", "nope"])
def test_an_unknown_assignment_is_named_with_those_that_there_are(name: str, handed_in: Path) -> None:
    refused(autograder(handed_in, "grade", name), f"There is no assignment {name!r}", "Assignments here: ps1, ps2.")


def test_a_near_name_is_asked_for(handed_in: Path) -> None:
    refused(autograder(handed_in, "grade", "ps11"), "Did you mean ps1?")


def test_a_course_root_in_which_nothing_can_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / ".autograder").touch()  # in the way, for root as well
    refused(autograder(tmp_path, "grade", "ps1"), f"{tmp_path / '.autograder'} cannot be written")


@pytest.mark.parametrize("damage", [b"not a database", b""])
def test_a_damaged_gradebook_is_named_with_the_remedy(damage: bytes, graded: Path) -> None:
    whole = (graded / "gradebook.db").read_bytes()
    (graded / "gradebook.db").write_bytes(damage or whole[: len(whole) // 4])
    refused(autograder(graded, "grade", "ps1"), "gradebook.db cannot be used", "put a backup in its place")
    (graded / "gradebook.db").write_bytes(whole)
    assert autograder(graded, "grade", "ps1").status == 0
