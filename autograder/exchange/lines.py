"""Where in a student's own code an exception came from. Runs beside that code; only its own text leaves."""

from __future__ import annotations

import builtins
import difflib
import functools
import inspect
import linecache
import sys
import sysconfig
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import cells
from .values import Line, Raised, raised

LONGEST = 120  # characters of a line that are shown
NEAR = 0.7  # how alike two names are, from 0 to 1, when one may be meant for the other

_OURS = str(Path(__file__).resolve().parents[1])
_INSTALLED = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


def told(error: BaseException, answer: Callable[..., Any]) -> Raised:
    """An exception that `answer` raised, in words, with its line."""
    try:
        return raised(error, line_of(error, answer), near(error))
    except Exception:  # whatever the student made of their objects' attributes
        return raised(error)


def line_of(error: BaseException, answer: Callable[..., Any]) -> Line | None:
    """The innermost line of the student's that `error` went through; None where it went through none.

    Where the call itself failed (an argument too many), it is the line that defines the answer.
    """
    for frame, number in reversed(list(_walk(error.__traceback__))):
        found = _line(frame.f_code.co_filename, number, answer)
        if found:
            return found
    code = code_of(answer)
    if code is not None and isinstance(error, TypeError) and str(error).startswith(f"{code.co_qualname}() "):
        return line_of_definition(answer)
    return None


def line_of_definition(answer: Callable[..., Any]) -> Line | None:
    """The line on which the definition of `answer` begins, without its decorators."""
    code = code_of(answer)
    if code is None:
        return None
    for number in range(code.co_firstlineno, code.co_firstlineno + 10):
        found = _line(code.co_filename, number, answer)
        if found and not found.text.startswith("@"):
            return found
    return None


def code_of(answer: Callable[..., Any]) -> types.CodeType | None:
    """The code of a function, of what a partial or a decorator holds, of a class's `__call__`."""
    with_code: Any = answer
    for _ in range(10):
        if isinstance(with_code, functools.partial):
            with_code = with_code.func
        elif isinstance(with_code, types.MethodType):
            with_code = with_code.__func__
        elif isinstance(with_code, types.FunctionType):
            inner = vars(with_code).get("__wrapped__")
            if inner is None:
                return with_code.__code__
            with_code = inner
        else:
            with_code = inspect.getattr_static(type(with_code), "__call__", None)
    return None


def near(error: BaseException) -> str:
    """The name that may have been meant, for a NameError or an AttributeError; "" where none is near."""
    name = getattr(error, "name", None)
    if not isinstance(name, str) or not isinstance(error, (NameError, AttributeError)):
        return ""
    if isinstance(error, NameError):
        frames = [frame for frame, _ in _walk(error.__traceback__)]
        known = {*frames[-1].f_locals, *frames[-1].f_globals} if frames else set()
        return _nearest(name, frozenset(known | set(dir(builtins))))
    thing = error.obj
    return _nearest(name, frozenset(dir(thing if isinstance(thing, types.ModuleType) else type(thing))))


@functools.lru_cache(maxsize=64)  # an answer raises the same for each of its inputs
def _nearest(name: str, known: frozenset[str]) -> str:
    public = sorted(each for each in known if not each.startswith("_") and each != name)
    return next(iter(difflib.get_close_matches(name, public, n=1, cutoff=NEAR)), "")


def _walk(trace: types.TracebackType | None) -> Any:
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


def _line(file: str, number: int, answer: Callable[..., Any]) -> Line | None:
    if _is_no_students(file):
        return None
    text = linecache.getline(file, number).strip()
    if not text:
        return None
    home = code_of(answer)
    place, above = ("", 0)
    found = cells.cell_of(file)
    if found:
        place, above = f"cell {found.count}", found.lines_above
    elif not file.startswith("<"):
        place = Path(file).name
    if home is not None and home.co_filename == file:
        place = ""
    return Line(number + above, "".join(c if c.isprintable() else " " for c in text)[:LONGEST], place[:80])


@functools.lru_cache(maxsize=512)
def _is_no_students(file: str) -> bool:
    return file.startswith((_OURS, *_INSTALLED, "<frozen", sys.base_prefix + "/lib"))
