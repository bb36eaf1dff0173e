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
from ..exchange.drive import Outcome, absent, drive_all
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


@dataclass(frozen=True)
class LocalAnswer:
    """An answer in this process: a student's function in their own kernel, an oracle, a listed mistake."""

    function: Callable[..., Any]
    name: str

    def drive(
        self, driver: str, probes: Sequence[Sequence[Value]], *, names: Sequence[str], watch: bool
    ) -> list[Outcome]:
        return drive_all(driver, self.function, probes, names=names, watch=watch)

    def source(self) -> str:
        texts: dict[str, str] = {}
        _collect(self.function, self.name, texts)
        return "\n".join(texts.values())

    def history(self) -> Value:
        return {}


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

    def _there(self) -> LocalAnswer:
        return LocalAnswer(self.space[self.name], self.name)


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
