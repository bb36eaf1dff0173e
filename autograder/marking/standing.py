"""An answer that is not there, or is not the one that its cells show: what it is, as far as that is known."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from ..authoring.task import Task
from ..exchange.cells import is_stub
from ..exchange.drive import ABSENT
from ..exchange.values import Line, Raised, Value
from .errors import explained
from .marks import Marks

LONGEST = 130  # characters of an error's message that are shown


@dataclass(frozen=True)
class Standing:
    """Why there is nothing to judge, in a headline's few words and the lines below it."""

    headline: str
    lines: tuple[str, ...]


def is_absent(marks: Marks) -> bool:
    """Whether there was no answer of that name."""
    values = [v for signature in marks.signatures for part, v in signature.items() if part in marks.value_parts]
    return bool(values) and all(isinstance(value, Raised) and value.kinds == ABSENT for value in values)


def absence(task: Task, history: Value, *, graded: bool, others: Collection[str]) -> Standing:
    """Why there is no answer to `task`. `others` are the names of all tasks, which no one misspells by them."""
    failed = _fact(history, "failed", Raised)
    if failed is not None:
        return Standing("not defined, since its cell failed", told_error(failed, "its cell"))
    near = [name for name in _fact(history, "near", list) or [] if isinstance(name, str) and name not in others]
    if near:
        line = f"There is a function `{near[0][:60]}`. The task asks for `{task.name}`, letter for letter."
        return Standing("not defined", (line,))
    line = f"No cell of this notebook defines `{task.name}`." if graded else f"Run the cell that defines `{task.name}`."
    return Standing("not defined yet", (line,))


def stub(marks: Marks, history: Value, source: str, *, graded: bool) -> Standing:
    """What an answer is that only raises NotImplementedError."""
    name = marks.task.name
    over = _numbers(history, "stub", 2)
    if over:
        lines = (
            f"`{name}` is defined twice: by cell {over[1]}, and again by cell {over[0]}, which is still the stub and "
            "counts, since it ran later.",
            "Next: delete the stub.",
        )
        return Standing("a stub stands where your answer was", lines)
    error = next((v for signature in marks.signatures for v in signature.values() if isinstance(v, Raised)), None)
    if _has_more(source, name) and error is not None and error.line is not None:
        lines = (
            f"{place_of(error.line)}, `{error.line.text}`: this line of the stub still ends the function.",
            "Next: delete that line.",
        )
        return Standing("the stub's last line is still in it", lines)
    if graded:
        return Standing("not attempted yet", ("It only raises NotImplementedError, as it was handed out.",))
    return Standing("not attempted yet", ("Fill in the cell above and run it, then run this one.",))


def failed_since(task: Task, history: Value) -> Standing | None:
    """For an answer that is there from an earlier run, while the last cell that should define it failed."""
    failed = _fact(history, "failed", Raised)
    if failed is None:
        return None
    return Standing(
        "its cell failed", (f"The `{task.name}` that is here is an older one.", *told_error(failed, "its cell"))
    )


def stale(task: Task, history: Value) -> list[str]:
    """A line on an answer that is there, but is not what its cell holds now."""
    older = history.get("older") if isinstance(history, dict) else None
    match older:
        case [int(), int(), list(names)]:
            now = f"it defines `{names[0]}` now" if names and isinstance(names[0], str) else "it does not define it now"
            return [f"`{task.name}` is from an earlier run of its cell; {now}. Run from the top, it is gone."]
    return []


def told_error(error: Raised, where: str) -> tuple[str, ...]:
    """An error of a cell: where it stopped, with which message, what that means."""
    place = f"{place_of(error.line)}, `{error.line.text}`" if error.line else where[:1].upper() + where[1:]
    found = explained(error)
    says = [found.says] if found.says else []
    return (f"{place}: {message_of(error)}", *says, f"Next: {found.then}.")


def message_of(error: Raised) -> str:
    """The kind and the first line of an error's message."""
    first = error.message.strip().partition("\n")[0]
    if len(first) > LONGEST:
        first = f"{first[:LONGEST].rpartition(' ')[0] or first[:LONGEST]} …"
    return f"{error.kinds[0]}: {first}" if first else error.kinds[0]


def place_of(line: Line) -> str:
    """Where a line is: `Line 3`, or `In cell 3, line 2` for one that stands elsewhere."""
    return f"In {line.place}, line {line.number}" if line.place else f"Line {line.number}"


def _has_more(source: str, name: str) -> bool:
    """Whether the last definition of `name` holds more than a stub does."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    found = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == name]
    return bool(found) and not is_stub(found[-1])


def _fact(history: Value, key: str, kind: type) -> Any:
    fact = history.get(key) if isinstance(history, dict) else None
    return fact if isinstance(fact, kind) else None


def _numbers(history: Value, key: str, count: int) -> list[int] | None:
    fact = _fact(history, key, list)
    return fact if fact and len(fact) == count and all(type(number) is int for number in fact) else None
