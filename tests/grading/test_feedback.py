"""Feedback pages: nbgrader's own, to the last word that a student sees."""

from __future__ import annotations

import html
import re
import shutil
from pathlib import Path

from classroom import RIGHT, autograder, nbgrader, submit
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.grading.course import open_course
from autograder.grading.feedback import PageMaker
from autograder.grading.gradebook import NotebookFeedback
from autograder.tasks import all_tasks


def words(page: str) -> list[str]:
    """What a page shows: its body's text, word by word."""
    body = re.sub(r"<(style|script)\b.*?</\1>", " ", page[page.index("<body") :], flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", " ", body)).split()


def pictures(page: str) -> list[str]:
    return [tag for tag in re.findall(r"<img [^>]*>", page) if "alt=" not in tag]


def test_a_page_shows_what_nbgraders_own_page_shows(graded: Path) -> None:
    stock = Path(shutil.copytree(graded, graded.with_name("stock")))
    assert nbgrader(stock, "generate_feedback", "ps1", "--force").status == 0
    for student in ("right", "half", "wrong"):
        ours, theirs = ((root / "feedback" / student / "ps1/ps1.html").read_text() for root in (graded, stock))
        assert words(ours) == words(theirs)
        assert len(words(ours)) > 50


def test_a_page_shows_each_score_the_total_and_the_report(graded: Path) -> None:
    page = (graded / "feedback/half/ps1/ps1.html").read_text()
    assert "Score: 2.0 / 7.0" in page
    assert "(Score: 2.0 / 2.0)" in page
    assert "(Score: 0.0 / 2.0)" in page
    assert "✗ d_cube: 0 / 2 points" in page
    assert "You brought the 3 to the front but left the power as it was" in page


def test_a_page_tells_no_hidden_input(graded: Path) -> None:
    page = (graded / "feedback/half/ps1/ps1.html").read_text()
    shown = " ".join(words(page))
    assert "wrong at" in shown
    # What `check` shows everybody may stand on a page; an input that was drawn may not.
    examples = {repr(x) for (x,) in all_tasks()["d_cube"].examples}
    assert set(re.findall(r"d_cube\((-?\d[^)]*)\)", shown)) <= examples
    assert (graded / ".autograder/secret").read_text() not in page


def test_what_a_student_writes_cannot_become_code_in_the_page(course: Path) -> None:
    bad = "<script>alert('marks')</script>"
    raising = f'def d_cube(x):\n    raise ValueError("{bad}")'
    submit(course, "ann", {**RIGHT, "d_cube-solution": raising, "why": "fine"})
    assert autograder(course, "grade", "ps1").status == 0
    page = (course / "feedback/ann/ps1/ps1.html").read_text()
    assert "alert(" in page
    assert "<script>alert(" not in page


def test_a_picture_gets_a_text_for_those_who_cannot_see_it(course: Path) -> None:
    drawing = "import matplotlib.pyplot as plt\nplt.plot([1, 2]);\ndef d_square(x):\n    return 2 * x"
    submit(course, "ann", {"d_square-solution": drawing, "why": '<img src="x.png"> and <img src="y.png" alt="mine">'})
    assert autograder(course, "grade", "ps1").status == 0
    page = (course / "feedback/ann/ps1/ps1.html").read_text()
    assert "data:image/png;base64" in page
    assert pictures(page) == []
    assert page.count('alt="mine"') == 1


def test_a_line_that_would_take_minutes_to_colour_is_shown_as_it_is(course: Path) -> None:
    long = "1 < x" + ".a" * 60_000  # no Python compiles it either
    submit(course, "ann", {**RIGHT, "d_square-solution": long})
    assert autograder(course, "grade", "ps1").status == 0
    page = (course / "feedback/ann/ps1/ps1.html").read_text()
    assert "d_square: not defined yet" in page
    assert html.escape(long) in page


def test_a_source_that_cannot_be_rendered_ahead_stops_nothing(course: Path) -> None:
    cells = [
        new_markdown_cell("![missing](attachment:missing.png)"),
        new_markdown_cell("![there](attachment:there.png)", attachments={"there.png": {"image/png": "aGk="}}),
        new_code_cell("x = [" + "1, " * 100_000 + "]"),
    ]
    PageMaker(open_course(course)).remember(new_notebook(cells=cells))


def test_a_template_of_the_courses_own_draws_every_cell_where_it_stands(course: Path) -> None:
    template = course / "templates/feedback/index.html.j2"
    template.parent.mkdir(parents=True)
    template.write_text("{% for cell in nb.cells %}{{ loop.index }} {{ cell.source }} {% endfor %}")
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(f"\nc.HTMLExporter.extra_template_basedirs = [{str(template.parents[1])!r}]\n")
    pages = PageMaker(open_course(course))
    one, other = new_markdown_cell("one"), new_markdown_cell("other")
    for cells, shown in (([one, other], "1 one 2 other "), ([other, one], "1 other 2 one ")):
        page = pages.page(new_notebook(cells=cells), "ps1", "ann", "ps1", NotebookFeedback({}, 0, 0, 0))
        assert page == shown
