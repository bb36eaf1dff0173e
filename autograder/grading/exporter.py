"""nbconvert's HTML exporter for what strangers wrote: nothing of theirs runs in the browser, nothing renders for ever.

Markdown and HTML are cleaned (nh3), scripts and widgets left out, and a Content-Security-Policy allows the scripts that
the template itself holds. A piece that takes too long to render is shown as plain text. For nbgrader's own command:

    c.GenerateFeedback.exporter_class = "autograder.grading.exporter.SafeExporter"
"""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import re
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import nh3
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters import Highlight2HTML, ansi2html
from nbconvert.filters.markdown_mistune import InvalidNotebook
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from traitlets.config import Config

PIECE_SECONDS = 0.5  # of CPU time for a cell's source or an output; what a person writes takes milliseconds
PAGE_SECONDS = 3.0  # of CPU time for all pieces of a page; what comes after is plain text
LONGEST_LINE = 2000  # of code to highlight: no person reads the colours of a longer one

_TEXT_STYLES = (
    "color background-color text-align text-decoration vertical-align white-space line-height display".split()
)
_BOX_STYLES = "width height min-width max-width min-height max-height overflow-x border-collapse border-radius".split()
_SIDED = [
    f"{box}{side}" for box in ("margin", "padding", "border") for side in ("", "-left", "-right", "-top", "-bottom")
]
_FONT_STYLES = "font font-family font-size font-style font-weight".split()
_GLOBAL = {"class", "style", "title", "dir", "lang", "align"}
_HEADINGS = {f"h{level}" for level in range(1, 7)}
_OWN: dict[str, set[str]] = {
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start", "type"},
    "details": {"open"},
    "table": {"border"},
    "col": {"span"},
    "colgroup": {"span"},
    **{cell: {"colspan", "rowspan", "scope"} for cell in ("td", "th")},
    **{heading: {"id"} for heading in _HEADINGS},  # for links inside the page
}
_DROPPED_WHOLE = {"script", "style", "iframe", "object", "embed", "template", "noscript", "title", "textarea", "select"}


def _only_pictures_as_data(tag: str, name: str, value: str) -> str | None:
    """A data: URL is for a picture, and nowhere else: as a link it would be a page."""
    if name in ("href", "src") and value.lstrip().lower().startswith("data:"):
        return value if tag == "img" and value.lstrip().lower().startswith("data:image/") else None
    return value


_CLEANER = nh3.Cleaner(
    tags=(nh3.ALLOWED_TAGS - _DROPPED_WHOLE) | {"section", "figure", "figcaption", "mark"},
    clean_content_tags=_DROPPED_WHOLE,
    attributes={"*": _GLOBAL, **_OWN},
    attribute_filter=_only_pictures_as_data,
    url_schemes={"http", "https", "mailto", "data"},
    filter_style_properties={*_TEXT_STYLES, *_BOX_STYLES, *_SIDED, *_FONT_STYLES},
)


class _TooLong(BaseException):
    """Not an Exception, which a parser may catch."""


class _NoFrames(Preprocessor):
    """Leaves out what asks for a frame around HTML."""

    def preprocess_cell(self, cell: NotebookNode, resources: Any, index: int) -> tuple[NotebookNode, Any]:
        for output in cell.get("outputs", ()):
            output.get("metadata", {}).pop("text/html", None)
        return cell, resources


class SafeExporter(HTMLExporter):
    """HTMLExporter for notebooks that hold anything."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sanitize_html = True  # nbconvert's own switch: no scripts, no widgets, HTML through the filter clean_html
        self.register_preprocessor(_NoFrames, enabled=True)
        self._highlight = Highlight2HTML(pygments_lexer="ipython3", parent=self)
        self._left = PAGE_SECONDS
        self.cut = 0  # pieces that took too long so far
        ours = (self.markdown2html, self.highlight_code, self.ansi2html, self.clean_html)
        self.filters = {**{made.__name__: made for made in ours}, **self.filters}  # a course's own come after
        for name, made in self.filters.items():
            self.register_filter(name, made)

    @property
    def default_config(self) -> Config:
        config: Config = super().default_config.copy()
        # What is left out here falls back to another form of the same output, which is mostly text.
        shown = ["text/html", "text/markdown", "image/svg+xml", "text/latex", "image/png", "image/jpeg", "text/plain"]
        config.NbConvertBase.display_data_priority = shown
        return config

    # --- filters --------------------------------------------------------------------------------------------------

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        """Markdown as clean HTML, with the attachments of the cell in `context`."""
        return self._bounded(source, lambda: clean(self._rendered(context, source)))

    def _rendered(self, context: Any, source: str) -> str:
        made: str
        try:
            made = HTMLExporter.markdown2html(self, context, source)
        except InvalidNotebook:  # a picture whose attachment is missing, as where a cell's text was copied alone
            made = HTMLExporter.markdown2html(self, context, source.replace("attachment:", "missing-attachment-"))
        return made

    def highlight_code(self, source: str, language: str | None = None, metadata: Any = None) -> str:
        """Code as HTML."""
        if max(map(len, source.splitlines()), default=0) > LONGEST_LINE:
            return _plain(source)
        return self._bounded(source, lambda: self._highlight(source, language))

    def ansi2html(self, text: str) -> str:
        """What a terminal shows, as HTML."""
        return self._bounded(text, lambda: ansi2html(text), html.escape)

    def clean_html(self, source: str) -> str:
        """HTML of whoever wrote it, without what a browser would run or fetch."""
        return self._bounded(source, lambda: clean(source))

    def _bounded(self, source: str, make: Callable[[], str], otherwise: Callable[[str], str] | None = None) -> str:
        begun = time.process_time()
        made = _within(min(PIECE_SECONDS, self._left), make)
        self._left -= time.process_time() - begun
        if made is None:
            self.cut += 1
            return (otherwise or _plain)(source)
        return made

    def start_page(self) -> None:
        """From here on, PAGE_SECONDS are left."""
        self._left = PAGE_SECONDS

    # --- a page ---------------------------------------------------------------------------------------------------

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kwargs: Any) -> tuple[Any, Any]:
        """The page, with its policy, and nbconvert's resources."""
        policy = self.policy
        self.start_page()
        page, resources = self.drawn(nb, resources, **kwargs)
        # First thing in the head: it holds for what comes after it. A course's own template may have no head.
        head = f'<head>\n<meta http-equiv="Content-Security-Policy" content="{policy}">'
        return page.replace("<head>", head, 1), resources

    def drawn(self, nb: NotebookNode, resources: Any = None, **kwargs: Any) -> tuple[str, Any]:
        """The page without its policy."""
        return super().from_notebook_node(nb, resources, **kwargs)

    @functools.cached_property
    def policy(self) -> str:
        """What a page may run and fetch: what the template holds when there is nothing in the notebook."""
        about = {"notebook": "", "score": 0, "max_score": 0, "late_penalty": 0}
        resources = {"nbgrader": about, "inlining": {"css": []}, "unique_key": "", "output_files_dir": ""}
        preprocessors, self._preprocessors = self._preprocessors, [_NoFrames()]  # without any that asks the gradebook
        try:
            page, _ = self.drawn(new_notebook(), resources)
        finally:
            self._preprocessors = preprocessors
        scripts, parts = [], []
        for attributes, code in re.findall(r"<script\b([^>]*)>(.*?)</script>", page, flags=re.DOTALL):
            if where := re.search(r'\bsrc="([^"]*)"', attributes):
                scripts.append(place := _place(html.unescape(where[1])))
                if "mathjax" in place.lower():  # it brings style sheets and fonts, and reads its settings by `eval`
                    parts.append(place)
                    scripts.append("'unsafe-eval'")
            elif 'type="text/x-mathjax' not in attributes:
                digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
                scripts.append(f"'sha256-{digest}'")
        allowed = {"script-src": scripts, "style-src": ["'unsafe-inline'", *parts], "font-src": ["data:", *parts]}
        allowed["img-src"] = ["data:", "'self'"]
        rules = [f"{name} {' '.join(dict.fromkeys(values))}" for name, values in allowed.items() if values]
        return "; ".join(["default-src 'none'", *rules, "base-uri 'none'", "form-action 'none'"])


def _place(url: str) -> str:
    """What a policy calls the place of a script: its address, or for MathJax, which loads its parts, its folder."""
    address = re.split(r"[?#]", url, maxsplit=1)[0]
    if not re.match(r"https?://[\w.:-]+/[\w./@%+-]*$", address):
        return "'self'"
    return re.sub(r"(/mathjax/).*", r"\1", address)


def clean(source: str) -> str:
    """HTML without scripts, frames, forms, event handlers or styles that reach out of their place. Linear in time."""
    return _CLEANER.clean(source)


def _plain(source: str) -> str:
    return f"<pre>{html.escape(source)}</pre>"


def _within(seconds: float, make: Callable[[], str]) -> str | None:
    """What `make` makes; None where that takes more CPU time, or fails."""
    if seconds <= 0:
        return None
    if threading.current_thread() is not threading.main_thread():  # where no signal arrives
        return make()
    armed = True

    def ring(*_: object) -> None:
        if armed:
            raise _TooLong

    before = signal.signal(signal.SIGVTALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, 0.05)  # again: it may ring where nobody can be interrupted
        return make()
    except (_TooLong, Exception):  # parsers raise whatever their parts raise on text that nobody would write
        return None
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
