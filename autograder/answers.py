"""The seam between marking and an answer: something that can be driven, and whose source can be read."""

from __future__ import annotations

import functools
import inspect
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .drivers import Outcome, drive
from .values import Value


class Answer(Protocol):
    """An answer wherever it lives. Only values pass through `drive`."""

    def drive(
        self, driver: str, probes: Sequence[Sequence[Value]], *, names: Sequence[str], watch: bool
    ) -> list[Outcome]:
        """One outcome for each probe."""

    def source(self) -> str:
        """Python source in which the answer and its helpers are defined, "" where there is none to read."""


@dataclass(frozen=True)
class LocalAnswer:
    """An answer in this process: a student's function in their own kernel, an oracle, a listed mistake."""

    function: Callable[..., Any]
    name: str

    def drive(
        self, driver: str, probes: Sequence[Sequence[Value]], *, names: Sequence[str], watch: bool
    ) -> list[Outcome]:
        return [drive(driver, self.function, inputs, names=names, watch=watch) for inputs in probes]

    def source(self) -> str:
        texts: dict[str, str] = {}
        _collect(self.function, self.name, texts)
        return "\n".join(texts.values())


def _collect(thing: Any, name: str, texts: dict[str, str]) -> None:
    """The source of a function and of the functions that it names, each as a definition of the name it goes by."""
    while isinstance(thing, functools.partial) or hasattr(thing, "__wrapped__"):
        thing = thing.func if isinstance(thing, functools.partial) else thing.__wrapped__
    if name in texts or getattr(thing, "__module__", "").partition(".")[0] in {"torch", "numpy", "math"}:
        return
    try:
        text = textwrap.dedent(inspect.getsource(thing))
    except (OSError, TypeError):
        return
    own_name = getattr(thing, "__name__", name)
    texts[name] = text if own_name in (name, "<lambda>") else f"{text}\n{name} = {own_name}"
    code = getattr(thing, "__code__", None)
    if code is not None:
        for used in code.co_names:
            _collect(thing.__globals__.get(used), used, texts)
