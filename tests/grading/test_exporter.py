"""Feedback pages of notebooks that hold anything: nothing of theirs runs, and nothing renders for ever."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from classroom import RIGHT, autograder, nbgrader, submit
from nbconvert.exporters import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.converters import GenerateFeedback

from autograder.grading import exporter
from autograder.grading.course import open_course
from autograder.grading.exporter import SafeExporter, clean
from autograder.grading.feedback import PageMaker
from autograder.grading.gradebook import NotebookFeedback
from autograder.marking.report import PASSED, Report

RUNS = {
    "script": "<script>document.title = 'RAN'</script>",
    "handler": "<img src=x onerror=\"document.title = 'RAN'\">",
    "svg handler": "<svg onload=\"document.title = 'RAN'\"></svg>",
    "svg script": "<svg><script>document.title = 'RAN'</script></svg>",
    "frame": "<iframe srcdoc=\"<script>parent.document.title = 'RAN'</script>\"></iframe>",
    "refresh": '<meta http-equiv="refresh" content="0;url=data:text/html,RAN">',
    "base": '<base href="https://RAN.example/">',
    "form": "<form action='https://RAN.example/'><button>Send</button></form>",
    "link": "<a href=\"javascript:document.title = 'RAN'\">Marks</a>",
    "page in a link": "<a href='data:text/html,RAN'>Marks</a>",
    "object": "<object data='data:text/html,RAN'></object><embed src='data:text/html,RAN'>",
    "style": "<style>body { background: url(https://RAN.example/) }</style>",
    "style of its own": "<b style='position: fixed; background: url(https://RAN.example/)'>Marks</b>",
    "mathjax": "<script type='text/x-mathjax-config'>document.title = 'RAN'</script>",
    "broken up": "<scr<script>ipt>document.title = 'RAN'</scr</script>ipt><p title='\"><script>RAN</script>'>",
    "in a table": "<table><td><math><mtext><table><mglyph><style><!--</style><img title='--><img src=x onerror=1>'>",
}
FORBIDDEN = "script iframe meta base form object embed style svg math link template textarea".split()


def live(fragment: str) -> list[str]:
    """What of a piece of a page a browser would run or fetch, or let out of its place."""
    found = []
    for tag in BeautifulSoup(fragment, "html.parser").find_all(True):
        if tag.name in FORBIDDEN:
            found.append(tag.name)
        for name, value in tag.attrs.items():
            text = "".join(str(value).split()).lower()
            if name.startswith("on") or name in ("srcdoc", "formaction", "srcset"):
                found.append(f"{tag.name} {name}")
            if name in ("href", "src", "xlink:href") and text.startswith(("javascript:", "data:text")):
                found.append(f"{tag.name} {name}={text}")
            if name == "style" and ("position" in text or "url(" in text):
                found.append(f"{tag.name} style={text}")
    return found


def page_of(notebook: NotebookNode, pages: PageMaker) -> str:
    return pages.page(notebook, "ps1", "ann", "ps1", NotebookFeedback({}, 0, 0, 0))


def body(page: str) -> str:
    return page[page.index('<div class="panel-body">') :]


def everywhere(source: str) -> NotebookNode:
    """A notebook that holds a piece of HTML wherever a student can put one."""
    kinds = ("text/html", "text/markdown", "image/svg+xml", "text/latex", "text/plain", "application/javascript")
    outputs = [new_output("display_data", data={kind: source}) for kind in kinds]
    outputs += [new_output("display_data", data={"text/html": source}, metadata={"text/html": {"isolated": True}})]
    outputs += [new_output("stream", text=source), new_output("error", ename=source, evalue=source, traceback=[source])]
    made: NotebookNode = new_notebook(cells=[new_markdown_cell(source), new_code_cell(source, outputs=outputs)])
    return made


@pytest.fixture(scope="module")
def pages(course_template: Path) -> PageMaker:
    return PageMaker(open_course(course_template))


@pytest.mark.parametrize("kind", RUNS)
def test_what_would_run_in_a_browser_is_not_on_the_page(kind: str, pages: PageMaker) -> None:
    assert live(body(page_of(everywhere(RUNS[kind]), pages))) == []


@pytest.mark.parametrize("kind", [kind for kind in RUNS if kind not in ("broken up", "link")])
def test_it_would_be_on_the_page_without_the_cleaning(kind: str) -> None:
    """The control: stock nbconvert shows it as it is."""
    page, _ = HTMLExporter(template_name="classic").from_notebook_node(everywhere(RUNS[kind]))
    assert live(page[page.index('<div class="text_cell_render') :])


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium")
def test_no_browser_runs_any_of_it(pages: PageMaker, tmp_path: Path) -> None:
    notebook = new_notebook(cells=[cell for source in RUNS.values() for cell in everywhere(source).cells])
    stock, _ = HTMLExporter(template_name="classic").from_notebook_node(notebook)
    assert "<title>RAN</title>" in in_a_browser(stock, tmp_path), "the control"
    assert "<title>ps1</title>" in in_a_browser(page_of(notebook, pages), tmp_path)
    # Should the cleaning ever miss something, the policy alone holds too.
    policy = SafeExporter().policy
    unclean = page_of(new_notebook(), pages).replace('<div class="panel-body">', f"<div>{''.join(RUNS.values())}")
    assert policy and "<title>ps1</title>" in in_a_browser(unclean, tmp_path)


def in_a_browser(page: str, folder: Path) -> str:
    """The page once its scripts have run."""
    path = folder / "page.html"
    path.write_text(page)
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    command += ["--virtual-time-budget=3000", "--host-resolver-rules=MAP * ~NOTFOUND", "--dump-dom", path.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def test_what_people_write_stays() -> None:
    for kept in (
        "<b>bold</b> and <code>code</code>",
        '<table border="1" class="dataframe"><tbody><tr><td colspan="2">1</td></tr></tbody></table>',
        '<img src="data:image/png;base64,aGk=" alt="a plot">',
        '<div style="color:red">red</div>',
        '<details open=""><summary>More</summary>text</details>',
        "$a &lt; b$",
    ):
        assert clean(kept) == kept
    assert 'href="https://pytorch.org"' in clean('<a href="https://pytorch.org">torch</a>')


def test_the_graders_own_panel_stays_as_it_is() -> None:
    panel = Report("✓ d_square: 2 / 2 points", ("Right at all of 12 inputs: `x`.",), PASSED, 2.0)._repr_html_()
    assert clean(panel) == panel


def test_a_graph_is_shown_as_text_and_not_as_nothing(pages: PageMaker) -> None:
    graph = new_output("display_data", data={"text/vnd.mermaid": "graph TD; a-->b", "text/plain": "a feeds b"})
    assert "a feeds b" in page_of(new_notebook(cells=[new_code_cell("", outputs=[graph])]), pages)


def test_a_missing_attachment_costs_its_picture_and_not_the_page(pages: PageMaker) -> None:
    page = page_of(new_notebook(cells=[new_markdown_cell("**before** ![a](attachment:a.png) after")]), pages)
    assert "<strong>before</strong>" in page
    assert "after" in page


def test_the_policy_comes_first_and_allows_what_the_template_holds_and_nothing_else(pages: PageMaker) -> None:
    page = page_of(everywhere(RUNS["script"]), pages)
    head, policy = re.search(r"<head>\s*<meta http-equiv=\"(.*?)\" content=\"(.*?)\">", page).groups()  # type: ignore[union-attr]
    assert head == "Content-Security-Policy"
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert "'unsafe-inline'" not in rules["script-src"]
    assert (
        re.sub(r"https://cdnjs\.cloudflare\.com/ajax/libs/mathjax/|'unsafe-eval'", "", rules["script-src"]).strip()
        == ""
    )


def test_nbgraders_own_command_makes_the_same_page(course: Path) -> None:
    shows = f"from IPython.display import HTML, display\ndisplay(HTML({RUNS['script']!r}))\n"
    hostile = {"why": "".join(RUNS.values()), "d_square-solution": shows + RIGHT["d_square-solution"]}
    submit(course, "ann", hostile)
    assert autograder(course, "grade", "ps1").status == 0
    ours = (course / "feedback/ann/ps1/ps1.html").read_text()
    ran = nbgrader(course, "generate_feedback", "ps1", "--force")
    assert ran.status == 0, ran.err
    theirs = (course / "feedback/ann/ps1/ps1.html").read_text()
    for page in (ours, theirs):
        assert "Content-Security-Policy" in page
        assert live(body(page)) == []


# --- time ---------------------------------------------------------------------------------------------------------

SLOW = {
    "lines of a space": new_code_cell(" \n" * 16_000),
    "open environments": new_markdown_cell("\\begin{a}" * 10_000),
    "emphasis": new_markdown_cell("*a _b " * 20_000),
    "brackets": new_markdown_cell("[" * 20_000),
    "links": new_markdown_cell("[a](" * 20_000),
    "quotes": new_markdown_cell(">" * 5_000 + "a"),
    "strings": new_code_cell('"' * 50_000 + "\n" + "'''" * 5_001),
}


@pytest.mark.parametrize("kind", SLOW)
def test_what_takes_too_long_to_render_is_shown_as_text(
    kind: str, pages: PageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes many seconds, or fails, in nbconvert's own filters; here, as long as it may."""
    monkeypatch.setattr(exporter, "PIECE_SECONDS", 0.1)
    page = page_of(new_notebook(cells=[SLOW[kind]]), pages)
    assert SLOW[kind].source.strip()[:40] in page.replace("&gt;", ">").replace("&quot;", '"').replace("&#x27;", "'")


def test_a_page_has_a_limit_for_all_its_pieces_and_the_next_one_its_own(
    pages: PageMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporter, "PIECE_SECONDS", 0.05)
    monkeypatch.setattr(exporter, "PAGE_SECONDS", 0.2)
    slow = [new_markdown_cell("\\begin{a}" * 10_000 + str(number)) for number in range(50)]
    page = page_of(new_notebook(cells=[*slow, new_markdown_cell("*last*")]), pages)
    assert "*last*" in page  # not even tried
    assert "<em>last</em>" in page_of(new_notebook(cells=[new_markdown_cell("*last*")]), pages)


def test_the_same_configuration_serves_nbgraders_converter(course: Path) -> None:
    opened = open_course(course)
    assert GenerateFeedback(coursedir=opened.directory, parent=opened.app).exporter_class is SafeExporter
