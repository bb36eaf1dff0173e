"""Which test cells are ours, and what each grades: read from the instructor's own code, never from a submission.

A cell is ours where it calls *our* `grade`, by whatever name the instructor's imports give it. What cannot be told for
certain is refused: in a submission's process `grade` does nothing, so a cell that nobody recognises would earn full
marks for everybody.
"""

from __future__ import annotations

import ast
import difflib
import functools
from collections.abc import Iterator
from dataclasses import dataclass

from ..tasks import all_tasks

PACKAGE = ("autograder", "autograder.notebook")
GRADE, CHECK, MODULE, DERIVED, THEIRS = "grade", "check", "module", "derived", "theirs"


class Unrecognised(ValueError):
    """A test cell that calls ours, and of which it cannot be told what it grades; the message is a clause."""


@dataclass(frozen=True)
class Graded:
    """What a test cell of ours grades.

    task    the task's name, and the answer's
    beside  whether the cell holds tests of its own too, which have to pass
    """

    task: str
    beside: bool


@functools.lru_cache(maxsize=4096)  # a class has the same test cells
def graded_by(source: str, setting: str = "") -> Graded | None:
    """What a test cell grades; None for other courses' cells. `setting` is the instructor's code, joined by zeros.

    Raises Unrecognised."""
    cell, names = _parsed(source), dict(_setting(setting))
    if cell is None:
        words = {name for name, kind in names.items() if kind in (GRADE, CHECK, MODULE)}
        if any(f"{word}(" in source or f"{word}." in source for word in words):
            raise Unrecognised("is not Python that can be read")
        return None
    _bind(cell.body, names)
    found: set[str] = set()
    beside = False
    for statement in cell.body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        kind = _kind(call.func, names) if isinstance(call, ast.Call) else None
        if kind == GRADE and isinstance(call, ast.Call):
            found.add(_named(call, cell))
        elif _says_nothing(statement) or (kind == CHECK and not _uses_in_arguments(call, names)):
            continue
        elif _uses(statement, names):
            raise Unrecognised("calls `grade` or `check` otherwise than on a line of its own")
        else:
            beside = True
    if len(found) > 1:
        raise Unrecognised("grades more than one task; give each a cell of its own")
    if found:
        return Graded(found.pop(), beside)
    if any(_kind(node.func, names) == CHECK for node in ast.walk(cell) if isinstance(node, ast.Call)):
        raise Unrecognised("calls `check`, which earns nothing here, and not `grade`")
    return None


def _named(call: ast.Call, cell: ast.Module) -> str:
    """The task that a call of `grade` names."""
    given: dict[str | None, ast.expr] = dict(zip(("name", "answer"), call.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in call.keywords}
    if "name" not in given or not set(given) <= {"name", "answer"} or len(given) < len(call.args) + len(call.keywords):
        raise Unrecognised("calls `grade` with other arguments than a task's name and its answer")
    task, answer = given["name"], given.get("answer")
    if isinstance(task, ast.Name):
        task = _constant(cell, task.id) or task
    if not (isinstance(task, ast.Constant) and isinstance(task.value, str)):
        raise Unrecognised(
            'calls `grade` with a task\'s name that is not written out, as in grade("d_square", d_square)'
        )
    if task.value not in all_tasks():
        near = difflib.get_close_matches(task.value, all_tasks(), n=1)
        raise Unrecognised(f"grades {task.value!r}, and no task is called so" + "".join(f"; {n!r} is" for n in near))
    if answer is not None and not (isinstance(answer, ast.Name) and answer.id == task.value):
        raise Unrecognised(f"grades {task.value!r} with another answer than the one of that name")
    return task.value


def _constant(cell: ast.Module, name: str) -> ast.expr | None:
    """The text that a cell gives to a name once, on a line of its own."""
    stores = [n for n in ast.walk(cell) if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store)]
    for statement in cell.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=ast.Constant() as value) if target == name:
                return value if len(stores) == 1 else None
    return None


def _uses_in_arguments(call: ast.expr | None, names: dict[str, str]) -> bool:
    return isinstance(call, ast.Call) and any(_uses(argument, names) for argument in call.args)


def _says_nothing(statement: ast.stmt) -> bool:
    """Whether a statement tests nothing: an import, a docstring, the name of a task."""
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign(targets=[ast.Name()], value=ast.Constant(value=str(text))):
            return text in all_tasks()
    return False


# --- whose a name is ----------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=64)
def _setting(source: str) -> tuple[tuple[str, str], ...]:
    """What the names in the instructor's code stand for. `grade` and `check` are ours where it does not say."""
    names = {"grade": GRADE, "check": CHECK}
    for cell in source.split("\0"):
        parsed = _parsed(cell)
        _bind(parsed.body if parsed else [], names)
    return tuple(names.items())


def _bind(body: list[ast.stmt], names: dict[str, str]) -> None:
    """Follow what statements bind, in their order."""
    for statement in body:
        match statement:
            case ast.Import(names=aliases):
                for alias in aliases:
                    bound = alias.asname or alias.name.partition(".")[0]
                    names[bound] = MODULE if alias.name in PACKAGE else THEIRS
            case ast.ImportFrom(module=module, names=aliases, level=level):
                _bind_from(module if not level else None, aliases, names)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names[name] = DERIVED if _uses(statement, {**names, name: THEIRS}) else THEIRS
            case ast.Assign(targets=targets, value=value):
                kind = _kind(value, names) or (DERIVED if _uses(value, names) else THEIRS)
                for target in targets:
                    for node in ast.walk(target):
                        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                            names[node.id] = kind
            case ast.If() | ast.Try() | ast.With() | ast.For() | ast.While():
                for inner in _blocks(statement):
                    _bind(inner, names)


def _bind_from(module: str | None, aliases: list[ast.alias], names: dict[str, str]) -> None:
    ours = {"grade": GRADE, "check": CHECK, "notebook": MODULE}
    for alias in aliases:
        bound = alias.asname or alias.name
        if alias.name == "*":
            names |= {name: kind if module in PACKAGE else THEIRS for name, kind in ours.items() if name != "notebook"}
        else:
            names[bound] = ours.get(alias.name, THEIRS) if module in PACKAGE else THEIRS


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        yield getattr(statement, field, [])
    for handler in getattr(statement, "handlers", []):
        yield handler.body


def _kind(node: ast.expr, names: dict[str, str]) -> str | None:
    """What of ours an expression is: a name, or an attribute of our package; None for anything else."""
    match node:
        case ast.Name(id=name):
            kind = names.get(name)
            return None if kind == THEIRS else kind
        case ast.Attribute(value=value, attr=attr) if _kind(value, names) == MODULE:
            return {"grade": GRADE, "check": CHECK, "notebook": MODULE}.get(attr)
    return None


def _uses(node: ast.AST, names: dict[str, str]) -> bool:
    """Whether something of ours is mentioned anywhere in it; other attributes of our package, as `show`, are not."""
    if isinstance(node, ast.Attribute) and _kind(node.value, names) == MODULE:
        return _kind(node, names) in (GRADE, CHECK)
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        return names.get(node.id, THEIRS) != THEIRS
    return any(_uses(child, names) for child in ast.iter_child_nodes(node))


def _parsed(source: str) -> ast.Module | None:
    """A cell without its magics; None where it is not Python."""
    lines = source.splitlines()
    text = "\n".join("" if line.lstrip().startswith(("%", "!", "?")) else line for line in lines)
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
