"""How a name came to be what it is, or not to be there: what the cells that ran tell of it. Words, no marks."""

from __future__ import annotations

import difflib
import types
from dataclasses import replace
from typing import Any

from .cells import Cell, ran
from .lines import LONGEST, line_of
from .values import Line, Raised, Value, raised

NEAR = 0.75  # how alike two names are, from 0 to 1, when one may be meant for the other


def about(name: str, space: dict[str, Any]) -> dict[str, Value]:
    """What is known of how `name` came to be what it is in the namespace `space`, or not to be there.

    failed   what the last cell that should define it raised
    near     functions of the student's with a name like it, nearest first, where `name` is not there
    older    of a cell that ran again and no longer defines it: its number then and now, and what it defines instead
    stub     of a stub that took the place of an answer: the numbers of its cell and of the answer's
    """
    runs = [cell for cell in ran() if name in cell.names]
    facts: dict[str, Value] = {}
    if runs and runs[-1].error is not None:
        facts["failed"] = _failure(runs[-1], runs[-1].error)
    if name not in space:
        own = [other for other, thing in space.items() if _is_students(other, thing)]
        facts["near"] = difflib.get_close_matches(name, own, cutoff=NEAR)
        return facts
    good = [cell for cell in runs if cell.error is None]
    if good:
        facts |= _older(name, good[-1], space) | _stub(name, good)
    return facts


def _failure(cell: Cell, error: BaseException) -> Raised:
    place = f"cell {cell.count}"
    if isinstance(error, SyntaxError) and error.lineno:
        there = Line(error.lineno + cell.lines_above, (error.text or "").strip()[:LONGEST], place)
        return replace(raised(error, there), message=str(error.msg))
    line = line_of(error, _failure)
    return raised(error, line if line and line.place else None)


def _older(name: str, current: Cell, space: dict[str, Any]) -> dict[str, Value]:
    again = [cell for cell in ran() if cell.key and cell.key == current.key and cell.count > current.count]
    if not again or name in again[-1].names or again[-1].error is not None:
        return {}
    return {"older": [current.count, again[-1].count, [other for other in again[-1].names if other in space][:3]]}


def _stub(name: str, good: list[Cell]) -> dict[str, Value]:
    *earlier, current = good
    written = [cell for cell in earlier if not cell.names[name] and (cell.key != current.key or not cell.key)]
    return {"stub": [current.count, written[-1].count]} if current.names[name] and written else {}


def _is_students(name: str, thing: Any) -> bool:
    return isinstance(thing, types.FunctionType) and thing.__module__ == "__main__" and not name.startswith("_")
