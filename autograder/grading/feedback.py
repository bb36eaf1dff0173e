"""Feedback pages: nbgrader's own template and converter, made once for many submissions.

Most of a page is the same for a whole class: the statements, the hints, the locked cells. What a cell, a piece of
Markdown or of code looks like as HTML is therefore kept from one page to the next.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from typing import Any

from jinja2 import pass_context
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters.widgetsdatatypefilter import WidgetsDataTypeFilter
from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from nbgrader.converters import GenerateFeedback
from nbgrader.preprocessors import GetGrades

from .course import Course
from .exporter import SafeExporter
from .gradebook import NotebookFeedback

_GET_GRADES = f"{GetGrades.__module__.rpartition('.')[0]}.{GetGrades.__name__}"  # as a configuration names it
REMEMBERED = 4096  # pieces
LARGEST = 2**15  # piece that is remembered, in characters: a class may draw many large pictures, and no two alike
# On top of nbgrader's template, where a cell is drawn.
TEMPLATE = "{% extends 'index.html.j2' %}{% block any_cell scoped %}{{ cell | drawn_once(super) }}{% endblock %}"
ALT = "No description has been provided for this image"  # nbconvert's own words


class PageMaker:
    """Turns graded notebooks into HTML, as `nbgrader generate_feedback` does. Make one, before workers are forked."""

    def __init__(self, course: Course) -> None:
        converter = GenerateFeedback(coursedir=course.directory, parent=course.app)
        options: dict[str, Any] = {"optimistic_validation": True}
        if not {"HTMLExporter", "TemplateExporter"} & course.app.config.keys():
            options["raw_template"] = TEMPLATE  # one of the course's own might draw a cell by what stands around it
        self._exporter = _Exporter(parent=converter, config=converter.config, **options)
        for preprocessor in converter.preprocessors:
            if preprocessor not in (GetGrades, _GET_GRADES):  # it asks the gradebook; we did that
                self._exporter.register_preprocessor(preprocessor, enabled=True)
        self.page(new_notebook(), "", "", "", NotebookFeedback({}, 0, 0, 0))  # compiles the template

    def remember(self, notebook: NotebookNode) -> None:
        """Render the pieces of a notebook, to have them ready when pages hold the same."""
        for cell in notebook.cells:
            self._exporter.start_page()
            if cell.cell_type == "code":
                self._exporter.highlight_code(cell.source)
            elif cell.cell_type == "markdown" and "attachments" not in cell:
                with contextlib.suppress(Exception):  # where it cannot be rendered, the pages that hold it will say so
                    self._exporter.render(cell.source)

    def page(self, notebook: NotebookNode, assignment: str, student: str, name: str, feedback: NotebookFeedback) -> str:
        """The feedback page on one graded notebook."""
        for cell in notebook.cells:
            known = feedback.cells.get(cell.metadata.get("nbgrader", {}).get("grade_id"))
            if known is not None:
                cell.metadata.nbgrader.comment = known.comment
                if known.points is not None:
                    cell.metadata.nbgrader.score, cell.metadata.nbgrader.points = known.score, known.points
        about: dict[str, Any] = {"student": student, "assignment": assignment, "notebook": name}
        about |= {"score": feedback.score, "max_score": feedback.max_score, "late_penalty": feedback.late_penalty}
        resources = {"unique_key": name, "output_files_dir": f"{name}_files", "nbgrader": about}
        page: str = self._exporter.from_notebook_node(_Unshared(notebook), resources=resources)[0]
        return page


class _Unshared(NotebookNode):
    """A notebook that nobody else holds: nbconvert's two copies of it would be a quarter of the work on a page."""

    def __deepcopy__(self, memo: Any) -> _Unshared:
        return self


class _Exporter(SafeExporter):
    """The exporter, which remembers what it made of a cell, or of a piece of Markdown or code.

    It also leaves out the last step of HTMLExporter, which parses the finished page, half a megabyte of style sheets
    included, to add two attributes: `alt` is added by a pattern here, and `tabindex` is for a template that
    nbgrader does not use.
    """

    def __init__(self, **kwargs: Any) -> None:
        self._remembered: dict[tuple[str, str], str] = {}
        super().__init__(**kwargs)
        self.register_filter("drawn_once", self.drawn_once)

    def drawn_once(self, cell: NotebookNode, draw: Callable[[], str]) -> str:
        """A cell as HTML, by `draw` where no page had the same."""
        return self._once("cell", json.dumps(cell, sort_keys=True), draw)

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        """Markdown as clean HTML, with the attachments of the cell in `context`."""
        plain = not context.get("cell", {}).get("attachments")
        return self.render(source) if plain else super().markdown2html(context, source)

    def render(self, source: str) -> str:
        """A piece of Markdown without attachments as HTML."""
        return self._once("Markdown", source, lambda: SafeExporter.markdown2html(self, {}, source))

    def highlight_code(self, source: str, language: str | None = None, metadata: Any = None) -> str:
        """Code as HTML."""
        return self._once(f"code in {language}", source, lambda: SafeExporter.highlight_code(self, source, language))

    def _once(self, kind: str, source: str, make: Callable[[], str]) -> str:
        known = self._remembered.get((kind, source))
        if known is not None:
            return known
        cut = self.cut
        made = make()
        if cut == self.cut and len(source) + len(made) <= LARGEST:
            if len(self._remembered) >= REMEMBERED:
                self._remembered.clear()
            self._remembered[kind, source] = made
        return made

    def drawn(self, nb: NotebookNode, resources: Any = None, **kwargs: Any) -> tuple[str, Any]:
        """The page without its policy."""
        resources = self._init_resources(resources)
        about_widgets = WidgetsDataTypeFilter(notebook_metadata=self._nb_metadata, parent=self, resources=resources)
        self.register_filter("filter_data_type", about_widgets)
        page, resources = TemplateExporter.from_notebook_node(self, nb, resources, **kwargs)
        return re.sub(r"<img (?![^>]{0,200}\balt=)", f'<img alt="{ALT}" ', page), resources
