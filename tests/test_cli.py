"""The command line: what is printed, what goes wrong in words, and the exit status."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from classroom import RIGHT, autograder, nbgrader, rows, scores, submit

from autograder import cli
from autograder.examiner import client
from autograder.jail import doctor


def test_a_table_of_scores_and_where_the_feedback_is(graded: Path) -> None:
    ran = autograder(graded, "grade", "ps1")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "ps1  half                       2.00 / 7",
        "ps1  right                      4.00 / 7",
        "ps1  wrong                      0.00 / 7",
        f"Feedback: {graded}/feedback/<student>/ps1/",
    ]


def test_quiet_prints_problems_alone(graded: Path) -> None:
    (graded / "submitted/half/ps1/ps1.ipynb").write_text("")
    ran = autograder(graded, "grade", "ps1", "--quiet")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == f"ps1  half: {graded}/submitted/half/ps1/ps1.ipynb: the file is empty\n"


def test_an_unknown_assignment_gets_a_sentence_with_those_that_there_are(graded: Path) -> None:
    before = rows(graded)
    ran = autograder(graded, "grade", "ps11")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("There is no assignment 'ps11': ")
    assert ran.err.endswith("Assignments here: ps1, ps2.\n")
    assert rows(graded) == before


def test_a_folder_that_is_no_course_gets_the_same_sentence(tmp_path: Path) -> None:
    ran = autograder(tmp_path, "grade", "ps1")
    assert ran.status == 2
    sentence = f"There is no assignment 'ps1': {tmp_path}/source/ps1 is missing. Assignments here: none."
    assert ran.err == f"{sentence}\n"
    assert not (tmp_path / "gradebook.db").exists()


def test_a_student_without_a_submission_gets_a_sentence_and_nobody_is_graded(graded: Path) -> None:
    before = rows(graded)
    submit(graded, "right", {})
    ran = autograder(graded, "grade", "ps1", "--student", "right", "--student", "nobody")
    assert ran.status == 2
    assert ran.err == f"No submission of ps1 by nobody: looked for {graded}/submitted/*/ps1.\n"
    assert rows(graded) == before


def test_an_assignment_that_nobody_handed_in_gets_a_sentence(course: Path) -> None:
    ran = autograder(course, "grade", "ps1")
    assert ran.status == 2
    assert ran.err == f"No submissions of ps1: looked for {course}/submitted/*/ps1.\n"


def test_an_assignment_that_nbgrader_cannot_generate_gets_a_sentence_and_can_be_graded_when_put_right(
    handed_in: Path,
) -> None:
    source = handed_in / "source/ps3/ps3.ipynb"
    source.parent.mkdir()
    source.write_text("no notebook")
    (handed_in / "submitted/right/ps3").mkdir()
    ran = autograder(handed_in, "grade", "ps3")
    assert ran.status == 2
    assert ran.err.splitlines()[-1].startswith(f"nbgrader could not generate ps3 from {handed_in}/source/ps3: ")
    shutil.copy(handed_in / "source/ps1/ps1.ipynb", source)
    shutil.copy(handed_in / "submitted/right/ps1/ps1.ipynb", handed_in / "submitted/right/ps3/ps3.ipynb")
    assert autograder(handed_in, "grade", "ps3").status == 0
    assert scores(handed_in, "ps3")["right"]["d_cube-tests"] == 2.0


def test_an_assignment_that_the_gradebook_knows_by_name_alone_is_generated(handed_in: Path) -> None:
    (handed_in / "gradebook.db").unlink()
    assert nbgrader(handed_in, "db", "assignment", "add", "ps1", "--duedate=2026-01-01").status == 0
    assert autograder(handed_in, "grade", "ps1").status == 0
    assert scores(handed_in)["right"]["d_cube-tests"] == 2.0


def test_excluded_students_are_left_alone_as_nbgrader_does_it(handed_in: Path) -> None:
    with (handed_in / "nbgrader_config.py").open("a") as config:
        config.write("\nc.CourseDirectory.student_id_exclude = 'half,wrong'\n")
    stock = Path(shutil.copytree(handed_in, handed_in.with_name("stock")))
    assert autograder(handed_in, "grade", "ps1").status == 0
    assert set(scores(handed_in)) == {"right"}
    assert nbgrader(stock, "autograde", "ps1").status == 0
    assert rows(handed_in) == rows(stock)


def test_a_submission_can_read_the_course_only_when_no_jail_is_asked_for_by_name(course: Path) -> None:
    spy = f"import pathlib\ndef d_square(x):\n    pathlib.Path({str(course)!r}, 'seen').touch()\n    return 2 * x"
    submit(course, "spy", {"d_square-solution": spy})
    assert autograder(course, "grade", "ps1").status == 0
    assert not (course / "seen").exists()
    assert scores(course)["spy"]["d_square-tests"] == 0.0
    assert autograder(course, "grade", "ps1", "--no-jail").status == 0
    assert (course / "seen").exists()
    assert scores(course)["spy"]["d_square-tests"] == 2.0


@pytest.fixture
def no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    class Nothing:
        def open(self) -> Nothing:
            return self

        def try_the_jail(self) -> None:
            doctor.examine(None)  # type: ignore[arg-type]

        def __enter__(self) -> Nothing:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(client, "Examiners", Nothing)


@pytest.mark.usefixtures("no_process")
def test_where_the_jail_has_a_hole_nothing_is_graded_and_the_remedy_is_named(
    handed_in: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hole = doctor.Attempt("read a file outside", False, "it went through")
    monkeypatch.setattr(doctor, "open_escapes", lambda warm: [hole])
    monkeypatch.chdir(handed_in)
    assert cli.main(["grade", "ps1"]) == 2
    said = capsys.readouterr().err
    assert "Nothing was graded" in said
    assert "read a file outside: it went through" in said
    assert "--no-jail" in said
    assert scores(handed_in) == {}


def test_several_assignments_in_one_run(handed_in: Path) -> None:
    submit(handed_in, "right", RIGHT, "ps2", "first")
    ran = autograder(handed_in, "grade", "ps2", "ps1")
    assert ran.status == 0
    assert [line.split()[0] for line in ran.out.splitlines()] == ["ps2", "Feedback:", *["ps1"] * 3, "Feedback:"]


@pytest.mark.parametrize("argv", [[], ["grade"], ["mark", "ps1"], ["grade", "ps1", "--fast"]])
def test_a_command_that_makes_no_sense_shows_how_it_is_used(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(argv)
    assert end.value.code == 2
    assert "usage: autograder" in capsys.readouterr().err


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["--help"])
    assert end.value.code == 0
    said = capsys.readouterr().out
    for command in ("grade", "demo", "doctor", "verify"):
        assert f"\n    {command} " in said


def test_an_assignment_that_nobody_handed_in_does_not_stop_the_next(handed_in: Path) -> None:
    ran = autograder(handed_in, "grade", "ps2", "ps1")
    assert ran.status == 2
    assert ran.err == f"No submissions of ps2: looked for {handed_in}/submitted/*/ps2.\n"
    assert "ps1  right                      4.00 / 7" in ran.out


def test_a_course_without_a_configuration_is_graded_without_a_word_about_that(handed_in: Path) -> None:
    (handed_in / "nbgrader_config.py").unlink()
    ran = autograder(handed_in, "grade", "ps1")
    assert (ran.status, ran.err) == (0, "")
