"""What an answer earns: its outcomes beside the oracle's, part by part. Facts, no prose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch

from ..authoring.task import Inputs, Task
from ..exchange.drive import Outcome, build, drive_all
from ..exchange.values import Opaque, Raised, Value
from . import byhand
from .answers import Answer
from .compare import Difference, alike, difference, members

ANSWER = "answer"  # the one part of a task whose result has no named parts
SECOND_CALL, INPUTS, STATE, ERRORS = "second call", "inputs", "global state", "errors"
CONDUCT = (SECOND_CALL, INPUTS, STATE, ERRORS)
SAME = "the same"  # what a second call that agrees with the first is called
CONDUCT_COST = 0.25  # of what was earned, for each fault in conduct

Parts = dict[str, Value]


@dataclass(frozen=True)
class Case:
    """One probe, and what is right there.

    outcome   the oracle's
    truth     its parts
    mistaken  the parts that listed mistakes give here, by the mistake's name, and which of them are wrong: of those
              mistakes that `diagnose` had to look at so far
    """

    inputs: Inputs
    outcome: Outcome
    truth: Parts
    mistaken: dict[str, tuple[Parts, frozenset[str]]] = field(default_factory=dict)


def cases(task: Task, probes: Sequence[Inputs]) -> list[Case]:
    """Drive the oracle on `probes`."""
    outcomes = drive_all(task.driver, task.oracle, probes, names=task.parameters, twice=False)
    return [
        Case(inputs, outcome, signature(task, inputs, outcome, outcome))
        for inputs, outcome in zip(probes, outcomes, strict=True)
    ]


@dataclass(frozen=True)
class Marks:
    """The verdict on one answer.

    differences     part -> for each case the difference, or None where it holds; conduct is among the parts
    signatures      for each case the answer's own parts, to recognise a mistake by
    differentiated  how a by-hand answer differentiates, or None
    fraction        of the points, 0 to 1
    left            what a cell had left changed in the process, in words; nothing of that was on during the calls
    printed         for each case the beginning of what the answer printed
    """

    task: Task
    cases: Sequence[Case]
    differences: dict[str, list[Difference | None]]
    signatures: list[Parts]
    differentiated: str | None
    fraction: float
    left: Sequence[str] = ()
    printed: Sequence[str] = ()

    def holds(self, part: str) -> bool:
        """Whether `part` is right on every probe."""
        return not any(self.differences[part])

    @property
    def value_parts(self) -> list[str]:
        """The parts that earn points."""
        return [part for part in self.differences if part not in CONDUCT]

    @property
    def failing(self) -> list[str]:
        """The parts, conduct included, that are wrong on some probe."""
        return [part for part in self.differences if not self.holds(part)]

    @property
    def attempted(self) -> bool:
        """False for a stub: it raises NotImplementedError, by a line that says so, whenever it is called."""
        return not all(
            isinstance(value, Raised) and is_a_stubs(value)
            for signature in self.signatures
            for part, value in signature.items()
            if part not in CONDUCT or part == ERRORS
        )


def is_a_stubs(error: Raised) -> bool:
    """Whether a line `raise NotImplementedError` raised it. Torch raises that too, for what it can't do."""
    if error.kinds[:1] != ("NotImplementedError",):
        return False
    return "NotImplementedError" in error.line.text if error.line else not error.message


def mark(task: Task, answer: Answer, cases: Sequence[Case]) -> Marks:
    """Drive `answer` on the probes of `cases` and hold what comes back against what is right."""
    probes = [case.inputs for case in cases]
    outcomes = answer.drive(task.driver, probes, names=task.parameters, watch=task.by_hand)
    signatures, differences = compared(task, cases, outcomes)
    differentiated = _differentiated(task, answer, outcomes) if task.by_hand else None
    return Marks(
        task=task,
        cases=cases,
        differences=differences,
        signatures=signatures,
        differentiated=differentiated,
        fraction=0.0 if differentiated else _fraction(task, differences),
        left=next((outcome.left for outcome in outcomes if outcome.left), ()),
        printed=[outcome.printed for outcome in outcomes],
    )


def joined(marks: Marks, more: Marks) -> Marks:
    """The marks on the cases of both, to look for mistakes in: the fraction stays that of the first."""
    names = {**marks.differences, **more.differences}
    differences = {
        name: [part for one in (marks, more) for part in one.differences.get(name, [None] * len(one.cases))]
        for name in names
    }
    return replace(
        marks,
        cases=[*marks.cases, *more.cases],
        differences=differences,
        signatures=[*marks.signatures, *more.signatures],
        printed=[*marks.printed, *more.printed],
    )


def compared(
    task: Task, cases: Sequence[Case], outcomes: Sequence[Outcome]
) -> tuple[list[Parts], dict[str, list[Difference | None]]]:
    """The parts of each outcome, and for each part its difference from what is right, case by case."""
    signatures = [
        signature(task, case.inputs, outcome, case.outcome) for case, outcome in zip(cases, outcomes, strict=True)
    ]
    names = {name: None for case in cases for name in case.truth}  # a dict keeps the order
    differences: dict[str, list[Difference | None]] = {
        name: [
            difference(mine[name], case.truth[name], **_tolerance(task, name)) if name in case.truth else None
            for mine, case in zip(signatures, cases, strict=True)
        ]
        for name in names
    }
    return signatures, differences


def _tolerance(task: Task, part: str) -> dict[str, float]:
    """The task's for what an answer returns; inputs and state are as they were or they are not."""
    exact = part in (INPUTS, STATE)
    return {"rtol": 0.0, "atol": 0.0} if exact else {"rtol": task.rtol, "atol": task.atol}


def _differentiated(task: Task, answer: Answer, outcomes: Sequence[Outcome]) -> str | None:
    seen = next((outcome.differentiated for outcome in outcomes if outcome.differentiated), None)
    return seen or byhand.evidence(answer.source(), task.name)


def _fraction(task: Task, differences: dict[str, list[Difference | None]]) -> float:
    earning = [part for part in differences if part not in CONDUCT]
    held = [part for part in earning if not any(differences[part])]
    if not earning or not set(task.essential) <= set(held):
        return 0.0
    faults = sum(any(differences[part]) for part in CONDUCT if part in differences)
    return len(held) / len(earning) * max(0.0, 1 - CONDUCT_COST * faults)


def signature(task: Task, inputs: Inputs, outcome: Outcome, truth: Outcome) -> Parts:
    """The named parts of an outcome: those of its result as the oracle's are named, then conduct."""
    if isinstance(truth.result, Raised):
        parts = {ERRORS: outcome.result}
    else:
        parts = _named(task, inputs, outcome.result, truth.result)
        parts[SECOND_CALL] = _second_call(task, inputs, outcome, truth, parts)
    parts[INPUTS] = outcome.inputs
    parts[STATE] = {"other settings": [], **outcome.state} if isinstance(outcome.state, dict) else outcome.state
    return parts


def _named(task: Task, inputs: Inputs, result: Value, truth: Value) -> Parts:
    result = _canonical(task, inputs, result)
    if isinstance(truth, dict):
        names = list(truth)
    elif isinstance(truth, tuple):
        names = list(task.parts)
    else:
        return {ANSWER: result}
    if isinstance(result, (Raised, Opaque)):
        return dict.fromkeys(names, result)
    if isinstance(truth, dict):
        if isinstance(result, dict) and result.keys() & set(names):
            return {name: result.get(name, Opaque("missing")) for name in names}
    else:
        values = members(result, len(names))
        if values is not None:
            return dict(zip(names, values, strict=True))
    return dict.fromkeys(names, Opaque(f"{described(result)}, where {described(truth)} should be"))


def _canonical(task: Task, inputs: Inputs, result: Value) -> Value:
    if task.canonical is None or isinstance(result, Raised):
        return result
    try:
        return task.canonical(result, *[build(value) for value in inputs])
    except Exception:  # whatever a student returned need not have the form that `canonical` expects
        return result


def _second_call(task: Task, inputs: Inputs, outcome: Outcome, truth: Outcome, first: Parts) -> Value:
    """SAME, or the later result that is not: with the same objects once more, or with equal new ones."""
    for later in (outcome.again, outcome.afresh):
        if later is not outcome.result:
            second = _compared_with_itself(task, first, _named(task, inputs, later, truth.result))
            if second is not SAME:
                return second
    return SAME


def _compared_with_itself(task: Task, first: Parts, again: Parts) -> Value:
    """SAME, or the second result, for an answer whose second call differs from its first."""
    changed = any(
        not alike(again[name], first[name], rtol=task.rtol, atol=task.atol) for name in first if _real(first[name])
    )
    return {name: again[name] for name in first} if changed else SAME


def _real(value: Value) -> bool:
    return not isinstance(value, (Opaque, Raised))


def described(value: Value) -> str:
    """A value in two or three words, for a message."""
    match value:
        case None:
            return "None"
        case bool() | int() | float():
            return "a single number"
        case str():
            return "a string"
        case dict():
            return f"a dict with keys {', '.join(map(repr, value))}"[:120]
        case list() | tuple():
            return f"{len(value)} value{'s' if len(value) != 1 else ''}"
        case Opaque():
            return value.description
        case Raised():
            return f"an error ({value.kinds[0]})"
    kind = "a tensor"
    if value.is_complex() or value.dtype == torch.bool:
        kind = "a complex tensor" if value.is_complex() else "a tensor of booleans"
    return f"{kind} of shape {tuple(value.shape)}"
