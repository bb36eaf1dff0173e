"""What a task is: a statement, an oracle, probes and the mistakes that people make. Imports nothing of ours."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

Inputs = tuple[Any, ...]

# An `atol` for answers of about 10: what a fair float32 answer, which works out numbers of that size, is off by.
FAIR_TO_FLOAT32 = 2e-5


@dataclass(frozen=True)
class Cause:
    """What is wrong with an answer: a name for it, and one sentence that helps whoever gave it.

    parts    of the answer that it explains, () for all that is wrong
    telling  whether what it was told by has few other causes
    """

    name: str
    explanation: str
    parts: tuple[str, ...] = field(default=(), kw_only=True)
    telling: bool = field(default=True, kw_only=True)


@dataclass(frozen=True)
class Mistake(Cause):
    """A wrong answer that people give, as a function.

    twins  other causes of the same numbers, as functions; the explanation speaks of all of them
    """

    answer: Callable[..., Any]
    twins: list[Callable[..., Any]] = field(default_factory=list)


@dataclass(frozen=True, eq=False)  # a task equals itself alone
class Task:
    """One function that a student writes. `oracle` says what is right; the rest says how that is found out.

    parameters  the names of the function's parameters
    examples    inputs that `check` shows, a tuple of arguments each
    probes      draws the hidden inputs from a `numpy.random.Generator`
    driver      how an answer is exercised: the name of a driver (see `exchange.drivers`)
    parts       names for the members of a tuple result; a dict result is named by its keys
    essential   parts without which the others earn nothing, where a constant could have them right
    canonical   maps a result (and the inputs) to the form in which it is compared, where several are right
    rtol, atol  tolerances, relative to the true value and absolute
    """

    name: str
    parameters: tuple[str, ...]
    assignment: str
    statement: str
    points: float
    oracle: Callable[..., Any]
    by_hand: bool
    examples: tuple[Inputs, ...]
    probes: Callable[[Any], Sequence[Inputs]]
    driver: str
    parts: tuple[str, ...]
    essential: tuple[str, ...]
    canonical: Callable[..., Any] | None
    rtol: float
    atol: float
    mistakes: list[Mistake] = field(default_factory=list)
    right_answers: list[Callable[..., Any]] = field(default_factory=list)

    def mistake(self, explanation: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorator: list a wrong answer. It must lose marks and be recognised as itself (`autograder verify`)."""

        def register(answer: Callable[..., Any]) -> Callable[..., Any]:
            self.mistakes.append(Mistake(answer.__name__, explanation, answer))
            return answer

        return register

    def twin(self, mistake: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorator: list another cause of the numbers that `mistake` gives. It must be recognised as `mistake`, whose
        explanation must fit both (`autograder verify`)."""

        def register(answer: Callable[..., Any]) -> Callable[..., Any]:
            next(each for each in self.mistakes if each.answer is mistake).twins.append(answer)
            return answer

        return register

    def right(self, answer: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator: list an unusual but right answer. It must score full (`autograder verify`)."""
        self.right_answers.append(answer)
        return answer


def task(
    *,
    points: float,
    examples: Sequence[Any],
    probes: Callable[[Any], Sequence[Inputs]],
    by_hand: bool = False,
    driver: str = "call",
    parts: Sequence[str] = (),
    essential: Sequence[str] = (),
    canonical: Callable[..., Any] | None = None,
    rtol: float = 1e-4,
    atol: float = 1e-6,
) -> Callable[[Callable[..., Any]], Task]:
    """Decorator: make the oracle that follows a Task. Its name is the task's id, its docstring the statement."""

    def build(oracle: Callable[..., Any]) -> Task:
        return Task(
            name=oracle.__name__,
            parameters=tuple(inspect.signature(oracle).parameters),
            assignment=oracle.__module__.split(".")[-2],  # the package that the task's file is in
            statement=(inspect.getdoc(oracle) or "").partition("\n")[0],
            points=points,
            oracle=oracle,
            by_hand=by_hand,
            examples=tuple(e if isinstance(e, tuple) else (e,) for e in examples),
            probes=probes,
            driver=driver,
            parts=tuple(parts),
            essential=tuple(essential),
            canonical=canonical,
            rtol=rtol,
            atol=atol,
        )

    return build
