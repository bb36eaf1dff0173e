"""One right notebook in the forms that front ends, services and hands give it: all are read, none loses its answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.grading.reading import UnreadableSubmission, read

ANSWER = "def d_square(x):\n    return 2 * x"
Made = dict[str, Any]


def plain() -> Made:
    about = {"schema_version": 3, "grade_id": "d_square-solution", "solution": True, "grade": False, "locked": False}
    code = {"cell_type": "code", "metadata": {"nbgrader": about}, "source": ANSWER, "outputs": [], "execution_count": 1}
    text = {"cell_type": "markdown", "metadata": {}, "source": "Some text."}
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"nbformat": 4, "nbformat_minor": 4, "metadata": {"kernelspec": spec}, "cells": [text, code]}


def code(**fields: Any) -> Callable[[], Made]:
    """The notebook with these fields in its code cell; None takes one away."""
    return _with(1, fields)


def text(**fields: Any) -> Callable[[], Made]:
    return _with(0, fields)


def _with(index: int, fields: Made) -> Callable[[], Made]:
    def make() -> Made:
        made = plain()
        for name, value in fields.items():
            if value is ...:
                del made["cells"][index][name]
            else:
                made["cells"][index][name] = value
        return made

    return make


def tagged(**fields: Any) -> Callable[[], Made]:
    def make() -> Made:
        made = plain()
        made["cells"][1]["metadata"].update(fields)
        return made

    return make


def about(**fields: Any) -> Callable[[], Made]:
    return lambda: {**plain(), "metadata": fields}


def whole(**fields: Any) -> Callable[[], Made]:
    return lambda: {**plain(), **fields}


def more(cell: Any) -> Callable[[], Made]:
    return lambda: {**plain(), "cells": [*plain()["cells"], cell]}


STREAM = {"output_type": "stream", "name": "stdout", "text": "1\n"}
RESULT = {"output_type": "execute_result", "data": {"text/plain": "1"}, "metadata": {}, "execution_count": 1}
VARIANTS: dict[str, Callable[[], Made]] = {
    "as nbformat has it": plain,
    "cell ids in 4.4": code(id="abc"),
    "cell ids that are doubled": lambda: {
        **plain(), "nbformat_minor": 5, "cells": [{**cell, "id": "same"} for cell in plain()["cells"]]
    },
    "no cell ids in 4.5": whole(nbformat_minor=5),
    "a cell id with spaces": code(id="my cell"),
    "a cell id that is a number": code(id=7),
    "a Markdown cell with outputs": text(outputs=[], execution_count=None),
    "a stream without a name": code(outputs=[{"output_type": "stream", "text": "1"}]),
    "a stream with a name of its own": code(outputs=[{**STREAM, "name": "stdlog"}]),
    "an output without metadata": code(outputs=[{"output_type": "display_data", "data": {"text/plain": "1"}}]),
    "an output without a count": code(outputs=[{k: v for k, v in RESULT.items() if k != "execution_count"}]),
    "an output whose data is null": code(outputs=[{**RESULT, "data": None}]),
    "an output of a kind nobody knows": code(outputs=[{"output_type": "chat", "text": "hello"}]),
    "an output that is text": code(outputs=["1"]),
    "an output with a transient": code(outputs=[{**RESULT, "transient": {"display_id": "x"}}]),
    "outputs that are null": code(outputs=None),
    "no outputs": code(outputs=...),
    "no execution_count": code(execution_count=...),
    "an execution_count that is text": code(execution_count="*"),
    "doubled tags": tagged(tags=["a", "a"]),
    "tags that are text": tagged(tags="a, b"),
    "a name that is a number": tagged(name=3),
    "collapsed as text": tagged(collapsed="yes", scrolled="no"),
    "Colab's cell metadata": tagged(id="Xy-1", colab={"base_uri": "https://localhost/", "height": 34}, outputId="q"),
    "Colab": about(colab={"provenance": []}, kernelspec={"name": "python3", "display_name": "Python 3"}),
    "Colab with a GPU": about(accelerator="GPU", colab={"gpuType": "T4"}, language_info={"name": "python"}),
    "VS Code": tagged(vscode={"languageId": "python"}),
    "Kaggle": tagged(_uuid="d6", _cell_guid="b1", trusted=True, execution={"iopub.status.busy": "2024-01-01"}),
    "Deepnote": code(cell_id="00", deepnote_cell_type="code", block_group="ab", outputs_reference="x"),
    "Deepnote's notebook": about(deepnote={}, deepnote_notebook_id="ab", deepnote_execution_queue=[]),
    "a collaboration server": code(transient={"a": 1}, state={"collapsed": False}, crdt_id=5),
    "a kernelspec without display_name": about(kernelspec={"name": "python3"}),
    "a kernelspec without a name": about(kernelspec={"display_name": "Python 3", "language": "python"}),
    "a kernelspec that is null": about(kernelspec=None),
    "an empty language_info": about(language_info={}),
    "authors as text": about(authors="me", title=3),
    "an orig_nbformat of the wrong kind": about(orig_nbformat="3"),
    "no metadata": lambda: {k: v for k, v in plain().items() if k != "metadata"},
    "metadata that is a list": whole(metadata=[]),
    "a cell without metadata": text(metadata=...),
    "a cell whose metadata is a list": text(metadata=[]),
    "a source in lines": code(source=ANSWER.splitlines(keepends=True)),
    "a source that is null": text(source=None),
    "a cell without a source": text(source=...),
    "attachments that are null": text(attachments=None),
    "attachments of no kind": text(attachments={"a.png": "text", "b.png": {"image/png": ["aGk", "="]}}),
    "a picture whose attachment is missing": text(source="![me](attachment:me.png)"),
    "a SQL cell": more({"cell_type": "sql", "metadata": {}, "source": "SELECT 1"}),
    "a cell that is text": more("stray"),
    "a minor version of the future": whole(nbformat_minor=99),
    "a version as text": whole(nbformat="4"),
    "no version": lambda: {k: v for k, v in plain().items() if not k.startswith("nbformat")},
    "fields at the top": whole(version="1.0", kernel="python3", signature="sha256:0"),
    "format 3": lambda: {
        "nbformat": 3,
        "metadata": {"name": ""},
        "worksheets": [{"cells": [{**plain()["cells"][1], "input": ANSWER, "source": ANSWER, "language": "python"}]}],
    },
}  # fmt: skip
ENCODED: dict[str, Callable[[str], bytes]] = {
    "a byte order mark": lambda text: text.encode("utf-8-sig"),
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "blank lines around": lambda text: f"\n\n{text}\n\n".encode(),
    "not escaped": lambda text: text.replace("Some text.", "Ein paar Wörter: π").encode(),
}


def answer_in(path: Path) -> str:
    found = [c for c in read(path).cells if c.metadata.get("nbgrader", {}).get("grade_id") == "d_square-solution"]
    assert len(found) == 1
    source: str = found[0].source
    return source


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_right_notebook_is_read_whatever_form_it_has(tmp_path: Path, variant: str) -> None:
    path = tmp_path / "ps.ipynb"
    path.write_text(json.dumps(VARIANTS[variant](), indent=1))
    assert answer_in(path) == ANSWER


@pytest.mark.parametrize("encoding", ENCODED)
def test_a_right_notebook_is_read_however_it_is_encoded(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "ps.ipynb"
    path.write_bytes(ENCODED[encoding](json.dumps(plain(), indent=1)))
    assert answer_in(path) == ANSWER


@pytest.mark.parametrize("content", ["{}", "[]", "null", '{"cells": {}}', '{"cells": [3]}', '{"worksheets": 3}'])
def test_what_has_no_cells_is_refused_in_one_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "ps.ipynb"
    path.write_text(content)
    with pytest.raises(UnreadableSubmission, match=r"ps\.ipynb: not a notebook: (it has no cells|its cells are none)$"):
        read(path)


def test_a_notebook_is_the_same_whenever_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "ps.ipynb"
    path.write_text(json.dumps(plain()))
    assert read(path) == read(path)
    assert len({cell.id for cell in read(path).cells}) == 2
