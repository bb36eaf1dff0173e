"""How an answer is exercised. Runs beside the student's code, so it knows no answers and judges nothing.

A driver (see `drivers`) is a function `driver(answer, *inputs) -> values`. `drive_all` runs it on every probe, in a
clean state of the process, and notes what the answer did besides returning; then once more on the very same objects,
put back as they were, and, for a few, on new ones that are equal. Oracles and listed mistakes are driven likewise.
"""

from __future__ import annotations

import contextlib
import functools
import io
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from . import recipes, surroundings
from .drivers import load_all
from .keeping import keep
from .lines import told
from .observed import Answer, Observed
from .values import Made, Raised, Value, identical, plain

DRIVERS = load_all()

ABSENT = ("NameError",)  # the kinds of the error that stands for an answer that is not there; real ones have bases
PRINTED = 600  # characters of what an answer prints in one call are kept
FEW = 3  # probes are enough to see what an answer remembers of inputs that are equal and not the same


@dataclass(frozen=True)
class Outcome:
    """What one drive found, all of it values.

    result          what the driver returned, or Raised
    again           the same from a second go with the very same objects, put back as they were; the same object as
                    `result` where it is identical
    inputs          what is seen of each argument after the call: of a tensor its values, requires_grad, grad, …
    state           the global state after the call
    differentiated  how the answer was seen to differentiate while it ran, or None (looked for only when asked)
    afresh          as `again`, with inputs that were made anew; looked at for a few probes, `result` for the others
    left            what a cell had left changed in the process, in words
    printed         the beginning of what the answer printed in its first go
    """

    result: Value
    again: Value
    inputs: Value
    state: Value
    differentiated: str | None = None
    afresh: Value = None
    left: list[str] = field(default_factory=list)
    printed: str = ""


def absent(name: str, count: int) -> list[Outcome]:
    """The outcomes of an answer that is not there, for `count` probes."""
    missing = Raised(ABSENT, f"name '{name}' is not defined")
    return [Outcome(missing, missing, {}, {}, afresh=missing)] * count


def drive(
    driver: str,
    answer: Answer,
    inputs: Sequence[Value],
    *,
    names: Sequence[str],
    watch: bool = False,
    twice: bool = True,
) -> Outcome:
    """As `drive_all`, for one probe."""
    return drive_all(driver, answer, [inputs], names=names, watch=watch, twice=twice)[0]


def drive_all(
    driver: str,
    answer: Answer,
    probes: Sequence[Sequence[Value]],
    *,
    names: Sequence[str],
    watch: bool = False,
    twice: bool = True,
    uncaught: type[BaseException] = KeyboardInterrupt,
) -> list[Outcome]:
    """Run one driver on one answer, for each probe. `names` are the answer's parameters; `watch` looks for
    differentiation.

    Equal functions among the probes are one object. The first goes of all probes come before any second one, and they
    are what is judged; what is done in the third ones comes too late to be watched for. Without `twice` the first
    results stand for the others: for the oracle, which is not on trial. An error is the answer's, but for one of the
    kind `uncaught`.
    """
    with surroundings.clean() as left, _printing() as kept:
        functions: dict[str, Any] = {}
        arguments = [[_shared(value, functions) for value in inputs] for inputs in probes]
        goes = [_Go(driver, answer, args, names=names, watch=watch) for args in arguments]
        put_back = [keep(args) for args in arguments] if twice else []
        surroundings.start_over()
        results, printed = [], []
        for go in goes:
            results.append(go.run(uncaught))
            printed.append(kept.taken())
        seen = [(go.observed.inputs, go.observed.state) for go in goes]
        again = results
        fresh: dict[int, _Go] = {}
        if twice:
            for each in put_back:
                each()
            for go in goes:
                go.observed.look_away()
            surroundings.start_over()
            again = [go.run(uncaught) for go in goes]
            surroundings.start_over()
            for index in range(0, len(probes), max(1, -(-len(probes) // FEW))):
                if _can_be_new(probes[index]):
                    args = [build(value) for value in probes[index]]
                    fresh[index] = _Go(driver, answer, args, names=names, watch=False)
                    fresh[index].observed.look_away()
        afresh = {index: go.run(uncaught) for index, go in fresh.items()}
    outcomes = []
    for index, (go, result, second, (inputs_after, state)) in enumerate(zip(goes, results, again, seen, strict=True)):
        third = afresh.get(index, result)
        outcomes.append(
            Outcome(
                result=result,
                again=result if identical(result, second) else second,
                inputs=inputs_after,
                state=state,
                differentiated=go.observed.differentiated,
                afresh=result if identical(result, third) else third,
                left=left,
                printed=printed[index],
            )
        )
    return outcomes


class _Go:
    """An answer and the objects that it is called with."""

    def __init__(self, driver: str, answer: Answer, args: list[Any], *, names: Sequence[str], watch: bool) -> None:
        self.observed = Observed(answer, names, watch)
        self._answer = answer
        self._driver, self._args = driver, args

    def run(self, uncaught: type[BaseException]) -> Value:
        torch.default_generator.manual_seed(0)  # the same random numbers in each go
        try:
            return plain(DRIVERS[self._driver](self.observed, *self._args))
        except uncaught:
            raise
        except BaseException as error:  # a student's answer may raise anything, SystemExit included
            return told(error, self._answer)


def redefined(source: str, name: str, around: Mapping[str, Any]) -> Answer:
    """`name` as `source` defines it, among the names of `around`, which stay as they are; what the source raises is
    raised by calling it."""
    space = dict(around)
    try:
        exec(compile(source, "<edited>", "exec"), space)
        defined: Answer = space[name]
        return defined
    except Exception as error:
        return functools.partial(_raise, error)


def _raise(error: Exception, *_: Any) -> Any:
    raise error


def _shared(value: Value, functions: dict[str, Any]) -> Any:
    """As `build`, but a function that was made before is the same object, as it is for a caller who asks twice."""
    if isinstance(value, (list, tuple)):
        return type(value)(_shared(item, functions) for item in value)
    made = build(value)
    # Looked up by the recipe's words afterwards: those of a recipe that holds tensors take longer than making it.
    return functions.setdefault(repr(value), made) if isinstance(made, types.FunctionType) else made


def _can_be_new(inputs: Sequence[Value]) -> bool:
    """Whether made anew they are other objects: numbers and strings are the same ones."""
    return any(isinstance(value, (Made, torch.Tensor, list, tuple, dict)) for value in inputs)


def build(value: Value) -> Any:
    """A fresh argument from a value: tensors are copied, recipes are made."""
    if isinstance(value, Made):
        return recipes.make(value)
    if isinstance(value, torch.Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, (list, tuple)):
        return type(value)(build(item) for item in value)
    if isinstance(value, dict):
        return {key: build(item) for key, item in value.items()}
    return value


class _Kept(io.TextIOBase):
    """Takes what is printed and keeps its beginning: a print may not cost a right answer its marks, nor memory."""

    def __init__(self) -> None:
        self._text = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if len(self._text) < PRINTED:
            self._text += str(text)[:PRINTED]
        return len(text)

    def taken(self) -> str:
        """What was printed since this was last asked."""
        text, self._text = self._text[:PRINTED], ""
        return text


@contextlib.contextmanager
def _printing() -> Iterator[_Kept]:
    kept = _Kept()
    with contextlib.redirect_stdout(kept), contextlib.redirect_stderr(_Kept()):
        yield kept
