"""The seam between marking and an answer: something that can be driven, and whose source can be read."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..exchange import history
from ..exchange.drive import Outcome, absent, drive_all, redefined
from ..exchange.values import Value


class Answer(Protocol):
    """An answer wherever it lives. Only values pass through `drive`."""

    def drive(
        self, driver: str, probes: Sequence[Sequence[Value]], *, names: Sequence[str], watch: bool
    ) -> list[Outcome]:
        """One outcome for each probe."""

    def source(self) -> str:
        """Python source in which the answer and its helpers are defined, "" where there is none to read."""

    def history(self) -> Value:
        """What is known of the cells that define it (see `exchange.history`): words, and not to be trusted."""

    def written(self) -> list[Written]:
        """The answer's definition and then those of its helpers, as the student wrote them; [] where they can't be told
        or are more than plain functions."""

    def rewritten(self, source: str, *, twice: bool) -> Answer:
        """The answer as `source` defines it, beside all else that its notebook has defined. `twice` says whether it is
        called again, as an answer is that is marked."""


@dataclass(frozen=True)
class Written:
    """The definition of a plain function or a lambda, in the student's own words.

    tree   its statement, whose lines are counted from 1 in `lines`
    above  how many lines of its cell come before `lines`
    """

    name: str
    tree: ast.stmt
    lines: Sequence[str]
    above: int = 0

    def line(self, number: int) -> str:
        """The text of a line, shortened."""
        text = self.lines[number - 1].strip() if 0 < number <= len(self.lines) else ""
        return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]} …"


MOST_SHOWN = 80  # characters of a line


def written_in(body: Sequence[ast.stmt], name: str, lines: Sequence[str], above: int = 0) -> Written | None:
    """The last definition of `name` among statements, where it is a plain one."""
    for node in reversed(body):
        match node:
            case ast.FunctionDef(name=defined) if defined == name:
                changes_globals = any(isinstance(each, ast.Global) for each in ast.walk(node))
                return None if node.decorator_list or changes_globals else Written(name, node, lines, above)
            case ast.Assign(targets=[ast.Name(id=defined)], value=value) if defined == name:
                return Written(name, node, lines, above) if isinstance(value, ast.Lambda) else None
    return None


def names_in(tree: ast.stmt) -> list[str]:
    """The names that a definition takes from somewhere, in order."""
    return list(dict.fromkeys(n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)))


@dataclass(frozen=True)
class LocalAnswer:
    """An answer in this process: a student's function in their own kernel, an oracle, a listed mistake."""

    function: Callable[..., Any]
    name: str
    twice: bool = True

    def drive(
        self, driver: str, probes: Sequence[Sequence[Value]], *, names: Sequence[str], watch: bool
    ) -> list[Outcome]:
        return drive_all(driver, self.function, probes, names=names, watch=watch, twice=self.twice)

    def source(self) -> str:
        texts: dict[str, str] = {}
        _collect(self.function, self.name, texts)
        return "\n".join(texts.values())

    def history(self) -> Value:
        return {}

    def written(self) -> list[Written]:
        if not isinstance(self.function, types.FunctionType) or self.function.__closure__:
            return []
        found: dict[str, Written] = {}
        waiting: list[tuple[str, Any]] = [(self.name, self.function)]
        while waiting:
            name, function = waiting.pop()
            written = None if name in found else _written(name, function)
            if written is None:
                continue
            found[name] = written
            known = ((used, function.__globals__.get(used)) for used in names_in(written.tree))
            waiting += [(used, each) for used, each in known if isinstance(each, types.FunctionType)]
        return list(found.values()) if self.name in found else []

    def rewritten(self, source: str, *, twice: bool) -> Answer:
        around = self.function.__globals__ if isinstance(self.function, types.FunctionType) else {}
        return LocalAnswer(redefined(source, self.name, around), self.name, twice)


@dataclass(frozen=True)
class NamedAnswer:
    """An answer by its name in a namespace of this process, where it need not be."""

    name: str
    space: dict[str, Any]

    def drive(
        self, driver: str, probes: Sequence[Sequence[Value]], *, names: Sequence[str], watch: bool
    ) -> list[Outcome]:
        if self.name not in self.space:
            return absent(self.name, len(probes))
        return self._there().drive(driver, probes, names=names, watch=watch)

    def source(self) -> str:
        return self._there().source() if self.name in self.space else ""

    def history(self) -> Value:
        return history.about(self.name, self.space)

    def written(self) -> list[Written]:
        return self._there().written() if self.name in self.space else []

    def rewritten(self, source: str, *, twice: bool) -> Answer:
        return self._there().rewritten(source, twice=twice)

    def _there(self) -> LocalAnswer:
        return LocalAnswer(self.space[self.name], self.name)


def _written(name: str, function: types.FunctionType) -> Written | None:
    if str(function.__module__).partition(".")[0] in _LIBRARIES or hasattr(function, "__wrapped__"):
        return None
    try:
        lines, start = inspect.getsourcelines(function.__code__)
        body = ast.parse(textwrap.dedent("".join(lines))).body
    except (OSError, TypeError, SyntaxError):
        return None
    return written_in(body, name, [line.rstrip("\n") for line in lines], start - 1)


_LIBRARIES = {"builtins", "torch", "numpy", "functools"}


def _collect(thing: Any, name: str, texts: dict[str, str]) -> None:
    """The source of a function or a class and of those that it names, each as a definition of the name it goes by."""
    while isinstance(thing, (functools.partial, types.MethodType)):
        thing = thing.func if isinstance(thing, functools.partial) else thing.__func__
    if not isinstance(thing, (types.FunctionType, type)):
        thing = type(thing)  # an object that can be called is its class
    if name in texts or str(thing.__module__).partition(".")[0] in _LIBRARIES:
        return
    try:
        # By its code where it has one, since `inspect` would look through a decorator at what it decorates.
        code = getattr(thing, "__code__", thing)
        # All that `exec` makes is from "<string>"; so is what `python -c` runs, and that alone can be read.
        if isinstance(code, types.CodeType) and code.co_filename == "<string>":
            return
        text = textwrap.dedent(inspect.getsource(code))
    except (OSError, TypeError):
        return
    texts[name] = _renamed(text, name)
    for function in vars(thing).values() if isinstance(thing, type) else [thing]:
        if isinstance(function, types.FunctionType):
            for used, value in _from_outside(function).items():
                _collect(value, used, texts)


def _renamed(text: str, name: str) -> str:
    """The source of a definition, with the name that it goes by here."""
    try:
        module = ast.parse(text)
    except SyntaxError:  # a lambda from the middle of a statement; it must not make the rest unreadable
        return ""
    match module.body:
        case [ast.FunctionDef() | ast.ClassDef() as definition]:
            definition.name = name
        case [ast.Assign(targets=[ast.Name() as target], value=ast.Lambda())]:
            target.id = name
    return ast.unparse(module)


def _from_outside(function: types.FunctionType) -> dict[str, Any]:
    """What a function, and the functions inside it, take from around it: globals and variables of outer functions."""
    names: set[str] = set()
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        names |= {*code.co_names}
        codes += [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    found = {name: function.__globals__[name] for name in sorted(names) if name in function.__globals__}
    return found | dict(inspect.getclosurevars(function).nonlocals)
