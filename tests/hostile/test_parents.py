"""Submissions that aim at whoever reads, restores, judges and renders them: each keeps its trouble to itself."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from classroom import RIGHT, Ran, autograder, rows, scores, submit

FULL = {"d_square-tests": 2.0, "d_cube-tests": 2.0, "why": None}
Change = Callable[[dict[str, Any]], None]


def _cell(source: str, kind: str = "code", **more: object) -> dict[str, object]:
    made: dict[str, object] = {"cell_type": kind, "metadata": {}, "source": source}
    return {**made, **({"outputs": [], "execution_count": None} if kind == "code" else {}), **more}


# What is in the notebook besides right answers -> whether those still count.
BULKY: dict[str, tuple[Change, bool]] = {
    "thirty-megabytes": (lambda nb: nb["cells"].append(_cell("x" * 30_000_000)), False),
    "commas": (lambda nb: nb["cells"].append(_cell("a," * 1_000_000)), False),
    "fewer-commas": (lambda nb: nb["cells"].append(_cell("if 0: " + "1," * 40_000)), True),
    "spaces": (lambda nb: nb["cells"].append(_cell(" \n" * 16_000)), True),
    "environments": (lambda nb: nb["cells"].append(_cell("\\begin{a}" * 10_000, "markdown")), True),
    "metadata": (lambda nb: nb["metadata"].update(x=[{}] * 2_000_000), True),
    "cell-metadata": (lambda nb: nb["cells"].append(_cell("", metadata={"x": [{}] * 1_000_000})), True),
    "tiny-cells": (lambda nb: nb["cells"].extend(_cell("") for _ in range(40_000)), False),
    "old-outputs": (
        lambda nb: nb["cells"].append(
            _cell("", outputs=[{"output_type": "stream", "name": "stdout", "text": "x"}] * 100_000)
        ),
        True,
    ),
    "brackets": (lambda nb: nb["cells"].append(_cell("if 0: " + "(" * 40_000 + ")" * 40_000)), True),
    "sums": (lambda nb: nb["cells"].append(_cell("if 0: " + "+".join("'a'" for _ in range(20_000)))), True),
}
CLOCKS = {
    "soon": b"soon",
    "utf-16": "2026-01-01 12:00:00 UTC".encode("utf-16"),
    "two-lines": b"2026-01-01 12:00:00 UTC\n2026-01-02 12:00:00 UTC",
    "bytes": bytes(range(256)),
    "digits": b"1" * 10_000_000,
    "far": b"99999-01-01 00:00:00 UTC",
    "blank": b"",
}


@pytest.fixture(scope="module")
def class_(handed_in_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    """One class with all of them, graded in one run."""
    root = Path(shutil.copytree(handed_in_template, tmp_path_factory.mktemp("parents") / "course"))
    for student, (change, _) in BULKY.items():
        path = submit(root, student, RIGHT)
        notebook = json.loads(path.read_text())
        change(notebook)
        path.write_text(json.dumps(notebook))
    for student, content in CLOCKS.items():
        (submit(root, f"clock-{student}", RIGHT).parent / "timestamp.txt").write_bytes(content)
    (submit(root, "clock-right", RIGHT).parent / "timestamp.txt").write_text("2026-01-01 12:00:00 UTC")
    os.mkfifo(submit(root, "clock-pipe", RIGHT).parent / "timestamp.txt")
    (root / "submitted/linked").symlink_to(root / "submitted/right")
    (root / "submitted/to-the-source").mkdir()
    (root / "submitted/to-the-source/ps1").symlink_to(root / "source/ps1")
    beside = submit(root, "beside", RIGHT).parent
    (beside / "secret.txt").symlink_to(root / ".autograder/secret")
    (beside / "source").symlink_to(root / "source")
    os.mkfifo(beside / "pipe")
    with socket.socket(socket.AF_UNIX) as sock:
        folder = os.open(beside, os.O_RDONLY)
        sock.bind(f"/proc/self/fd/{folder}/socket")  # its own name is too long for a socket
        os.close(folder)
    for name in ("page.html", "picture.svg", "PAGE.HTM", "feed.xml", "none", "notes.txt", "plot.png"):
        (beside / name).write_text("<script>document.title = 'RAN'</script>")
    return root, autograder(root, "grade", "ps1")


def lines(ran: Ran, student: str) -> list[str]:
    return [line for line in ran.err.splitlines() if line.startswith(f"ps1  {student}: ")]


def test_their_neighbours_are_graded_as_ever(class_: tuple[Path, Ran]) -> None:
    root, ran = class_
    assert ran.status == 1
    assert scores(root)["right"] == FULL
    assert "Traceback" not in ran.err and "could not be graded" not in ran.err


@pytest.mark.parametrize("student", BULKY)
def test_what_is_too_large_is_named_and_the_rest_is_graded(class_: tuple[Path, Ran], student: str) -> None:
    root, ran = class_
    if BULKY[student][1]:
        assert (scores(root)[student], lines(ran, student)) == (FULL, [])
        assert (root / "feedback" / student / "ps1/ps1.html").is_file()
    else:
        (line,) = lines(ran, student)
        assert "could not be read" in line and len(line) < 500
        assert student not in scores(root)


@pytest.mark.parametrize("student", [*CLOCKS, "pipe"])
def test_a_bad_timestamp_is_none_and_said(class_: tuple[Path, Ran], student: str) -> None:
    root, ran = class_
    said = lines(ran, f"clock-{student}")
    assert "timestamp.txt" in said[0] and "no time" in said[0]
    assert scores(root)[f"clock-{student}"] == FULL
    when = {row[0]: row[2] for row in rows(root)["submitted_assignment"]}
    assert when[f"clock-{student}"] is None
    assert when["clock-right"] == "2026-01-01 12:00:00.000000"


@pytest.mark.parametrize("student", ["linked", "to-the-source"])
def test_a_folder_that_is_a_link_is_not_followed(class_: tuple[Path, Ran], student: str) -> None:
    root, ran = class_
    (line,) = lines(ran, student)
    assert "is a link" in line
    assert student not in scores(root)
    assert not (root / "autograded" / student).exists() and not (root / "feedback" / student).exists()


def test_what_is_not_a_file_is_left_out_with_a_sentence(class_: tuple[Path, Ran]) -> None:
    root, ran = class_
    assert scores(root)["beside"] == FULL
    said = " ".join(lines(ran, "beside"))
    assert all(name in said for name in ("secret.txt", "pipe", "socket"))
    copied = {path.name for step in ("autograded", "feedback") for path in (root / step / "beside/ps1").rglob("*")}
    assert not {"secret.txt", "pipe", "socket", "source"} & copied


def test_no_file_of_theirs_is_served_as_a_page(class_: tuple[Path, Ran]) -> None:
    root, _ = class_
    served = {path.name for path in (root / "feedback/beside/ps1").iterdir()}
    texts = {"page.html.txt", "picture.svg.txt", "PAGE.HTM.txt", "feed.xml.txt", "none.txt", "notes.txt"}
    assert served == {"ps1.html", "plot.png", *texts}
