"""What a notebook says about itself."""

from __future__ import annotations

from typing import Any

from .entry import Notebook, edit


def tests(notebook: Notebook) -> list[dict[str, Any]]:
    """The test cells."""
    return [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade")]


@edit("Tags its test cells so that they are skipped, which nbgrader scores with full marks.")
def skip_execution(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        cell["metadata"]["tags"] = ["skip-execution", "raises-exception", "remove-output"]
    notebook["metadata"]["execute"] = {"enabled": False, "skip_cells_with_tag": "skip-execution"}


@edit("Says that its test cells are worth a thousand points.")
def more_points(notebook: Notebook) -> None:
    for cell in tests(notebook):
        cell["metadata"]["nbgrader"]["points"] = 1000


@edit("Says that a cell of its own is the test cell, and that this earns the points.")
def other_test_source(notebook: Notebook) -> None:
    for cell in tests(notebook):
        cell["source"] = "2.0"
        cell["metadata"]["nbgrader"] |= {"locked": False, "checksum": "0" * 32}


@edit("Says that its test cells are not locked, not graded, and answers at the same time.")
def other_flags(notebook: Notebook) -> None:
    for cell in tests(notebook):
        cell["metadata"]["nbgrader"] |= {"locked": False, "grade": False, "solution": True, "task": True}
        cell["source"] = "2.0"


@edit("Deletes its test cells.")
def deleted_tests(notebook: Notebook) -> None:
    gone = tests(notebook)
    notebook["cells"] = [cell for cell in notebook["cells"] if cell not in gone]


@edit("Deletes everything.")
def deleted_everything(notebook: Notebook) -> None:
    notebook["cells"] = []


@edit("Moves the test cells to the top, before there is anything to test.")
def moved_tests(notebook: Notebook) -> None:
    moved = tests(notebook)
    notebook["cells"] = moved + [cell for cell in notebook["cells"] if cell not in moved]


@edit("Adds a copy of each test cell, of another source, so that the last one counts.")
def copied_tests(notebook: Notebook) -> None:
    for cell in tests(notebook):
        notebook["cells"].append({**cell, "source": "2.0"})


@edit("Turns its test cells into text, and its text into test cells.")
def other_cell_types(notebook: Notebook) -> None:
    for cell in tests(notebook):
        cell["cell_type"] = "markdown"
        del cell["outputs"], cell["execution_count"]
        cell["attachments"] = {"\ud800": {"image/png": "2.0", "application/json": {"a": [2.0]}}}


@edit("Hands in outputs that show full marks.")
def stored_outputs(notebook: Notebook) -> None:
    full = {"output_type": "execute_result", "data": {"text/plain": "2.0"}, "metadata": {}, "execution_count": 1}
    for cell in tests(notebook):
        cell["outputs"] = [full]


@edit("Names its test cells with letters that only look the same.")
def homoglyphs(notebook: Notebook) -> None:
    for cell in tests(notebook):
        cell["metadata"]["nbgrader"]["grade_id"] = cell["metadata"]["nbgrader"]["grade_id"].replace("a", "\u0430")
        cell["source"] = "2.0"


@edit("Asks for a kernel of its own.")
def other_kernel(notebook: Notebook) -> None:
    notebook["metadata"]["kernelspec"] = {"name": "../../bin/sh", "display_name": "x", "language": "sh"}
    notebook["metadata"]["language_info"] = {"name": "sh", "nbconvert_exporter": "os.system"}


@edit("Claims every grade_id in its first cell, and names that are not names.")
def malformed_claims(notebook: Notebook) -> None:
    claims: tuple[Any, ...] = (
        [1],
        {"grade_id": {}},
        {"grade_id": None},
        {"grade_id": 5},
        {"grade_id": "setup", "points": "NaN"},
        7,
    )
    for claim in claims:
        notebook["cells"].append(code_cell("2.0", nbgrader=claim))


@edit("Says that it follows an older and a newer schema.")
def other_schema(notebook: Notebook) -> None:
    notebook["nbformat_minor"] = 99
    for number, cell in enumerate(tests(notebook)):
        cell["metadata"]["nbgrader"]["schema_version"] = -number


@edit("Holds metadata four hundred levels deep.")
def deep_metadata(notebook: Notebook) -> None:
    for _ in range(400):
        notebook["metadata"] = {"deeper": notebook["metadata"]}


@edit("Holds surrogates, null bytes, escapes and text that runs backwards in its source.")
def strange_letters(notebook: Notebook) -> None:
    for source in ("'\ud800'", "print('\udfff')", "x = '\0'", "\x1b[2J\x1b[1;1H2.0", "\u202e0.2", "\ufeff2.0", "\x0c"):
        notebook["cells"].append(code_cell(source))
        notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "source": source})


@edit("Gives all its cells one id.")
def one_id(notebook: Notebook) -> None:
    notebook["nbformat_minor"] = 5
    for cell in notebook["cells"]:
        cell["id"] = "same"


@edit("Has a thousand cells.")
def thousand_cells(notebook: Notebook) -> None:
    notebook["cells"] += [code_cell("1") for _ in range(1000)]


@edit("Has more cells than anyone would read.")
def million_cells(notebook: Notebook) -> None:
    notebook["cells"] += [code_cell("") for _ in range(5_000)]


@edit("Has a cell of ten megabytes.")
def huge_cell(notebook: Notebook) -> None:
    notebook["cells"].append(code_cell("# " + "x" * 10**7))


@edit("Has source that is hard to parse.")
def hard_to_parse(notebook: Notebook) -> None:
    for source in ("(" * 50_000, "-" * 50_000 + "1", "x" + "+x" * 3000, "x" + ".a" * 30_000, "[" * 90 + "]" * 90):
        notebook["cells"].append(code_cell(source))


@edit("Has an answer by hand whose source is hard to read: names of names of long products.")
def hard_to_read(notebook: Notebook) -> None:
    lines = ["def d_square(x):", "  a=x" + "*x" * 40, "  b=a" + "*a" * 40, "  c=b" + "*b" * 40, "  d=c" + "*c" * 40]
    lines += ["  h=0.001", "  return (d+h-d)/h/" + "/".join("d" * 40)]
    notebook["cells"].append(code_cell("\n".join(lines)))
    notebook["cells"].append(code_cell("def slope_at(f, x):\n  return x" + "+x" * 2000))
    for cell in tests(notebook):
        notebook["cells"].append(notebook["cells"].pop(notebook["cells"].index(cell)))


def code_cell(source: str, **metadata: Any) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": [], "execution_count": None}
