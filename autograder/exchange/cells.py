"""The cells that ran in this process, as IPython tells of them: what each defines, and which failed.

Told in the student's process, so all of it is words for a report and nothing that marks depend on.
"""

from __future__ import annotations

import ast
import functools
import re
import sys
from dataclasses import dataclass, field
from typing import Any

REMEMBERED = 500  # cells of a long session


@dataclass(frozen=True)
class Cell:
    """One run of a cell.

    count   the number beside it, as in In [3]
    key     the same for each run of one cell, where the frontend says so; else ""
    error   what it raised, SyntaxError included, or None
    """

    count: int
    source: str
    key: str = ""
    error: BaseException | None = None
    names: dict[str, bool] = field(default_factory=dict)

    @property
    def lines_above(self) -> int:
        """Empty lines at its top, which IPython does not count."""
        return len(self.source) - len(self.source.lstrip("\n")) if self.source.strip() else 0


_ran: dict[int, Cell] = {}


def ran() -> list[Cell]:
    """The cells that ran, in order."""
    return list(_ran.values())


def watch(shell: Any) -> None:
    """Remember the cells that `shell` runs from now on."""
    if _note not in shell.events.callbacks["post_run_cell"]:
        shell.events.register("post_run_cell", _note)


def forget() -> None:
    """Remember none."""
    _ran.clear()


def _note(result: Any) -> None:
    info = result.info
    source = info.raw_cell if isinstance(info.raw_cell, str) else ""
    error = result.error_before_exec or result.error_in_exec
    count = result.execution_count or len(_ran) + 1
    _ran[count] = Cell(count, source, str(getattr(info, "cell_id", None) or ""), error, defined(source))
    if len(_ran) > REMEMBERED:
        del _ran[next(iter(_ran))]


def cell_of(file: str) -> Cell | None:
    """The cell whose code goes by this file name."""
    shell = _shell()
    try:
        count = shell.compile._filename_map[file]
    except (AttributeError, KeyError, TypeError):
        return None
    return _ran.get(count) or Cell(count, "")


def _shell() -> Any:
    module = sys.modules.get("IPython")
    return module.get_ipython() if module is not None else None


@functools.lru_cache(maxsize=512)
def defined(source: str) -> dict[str, bool]:
    """The names that a cell's top level gives to functions and classes, and whether each is a mere stub.

    Of a cell that is no Python, the names that follow `def` or `class` at the start of a line."""
    try:
        module = ast.parse("\n".join("pass" if line[:1] in "%!?" and line else line for line in source.split("\n")))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return dict.fromkeys(re.findall(r"^(?:async\s+)?(?:def|class)\s+(\w+)", source, re.MULTILINE), False)
    names: dict[str, bool] = {}
    for node in module.body:
        match node:
            case ast.FunctionDef() | ast.ClassDef() | ast.AsyncFunctionDef():
                names[node.name] = is_stub(node)
            case ast.Assign(targets=[ast.Name(id=name)]):
                names[name] = False
    return names


def is_stub(node: ast.AST) -> bool:
    """Whether a function does nothing but raise NotImplementedError."""
    return isinstance(node, ast.FunctionDef) and all(_says_nothing(statement) for statement in node.body)


def _says_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return True
        case ast.Raise(exc=ast.Name(id="NotImplementedError") | ast.Call(func=ast.Name(id="NotImplementedError"))):
            return True
    return False
