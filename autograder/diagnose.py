"""Which known mistakes give the numbers that an answer gave. Where that is not certain: none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .answers import LocalAnswer
from .compare import alike
from .marking import CONDUCT, ERRORS, Marks, Parts, signature
from .task import Mistake
from .values import Raised, Value


@dataclass(frozen=True)
class Suspect:
    """A listed mistake, driven on some probes: the parts that it gives there, and the names of those it gets wrong."""

    mistake: Mistake
    signatures: list[Parts]
    wrong: set[str]


def suspects(marks: Marks) -> list[Suspect]:
    """Every listed mistake, driven on the probes of `marks`."""
    driven = ((mistake, _signatures(marks, mistake)) for mistake in marks.task.mistakes)
    return [Suspect(m, given, _parts_in_which_they_differ(marks, given, marks.truths)) for m, given in driven]


def mistakes_in(marks: Marks, among: Sequence[Suspect] | None = None) -> list[Mistake]:
    """The listed mistakes that are in the answer, surest first; [] where its faults match none or match several.

    `among` saves driving the mistakes again where many answers to one task have the same probes."""
    failing = set(marks.failing)
    if not failing or not marks.attempted:
        return []
    whole: list[Mistake] = []
    explains: dict[str, tuple[Mistake, frozenset[str]]] = {}
    for suspect in suspects(marks) if among is None else among:
        mistake, wrong = suspect.mistake, suspect.wrong
        unlike = _parts_in_which_they_differ(marks, suspect.signatures, marks.signatures)
        if wrong and not unlike:
            whole.append(mistake)
        # Part of the answer: every part that the mistake gets wrong is wrong in the same way here.
        if wrong and not wrong & unlike:
            explains[mistake.name] = mistake, frozenset(wrong & failing)
    if whole:
        return whole if len(whole) == 1 else []
    return _cover(failing, explains)


def _cover(failing: set[str], explains: dict[str, tuple[Mistake, frozenset[str]]]) -> list[Mistake]:
    """Mistakes that together explain faults, each the only one to explain as much of what is left."""
    found: list[Mistake] = []
    left = set(failing)
    while left:
        gains = sorted(explains.values(), key=lambda pair: -len(pair[1] & left))
        sizes = [len(pair[1] & left) for pair in gains]
        if not sizes or sizes[0] == 0 or (len(sizes) > 1 and sizes[1] == sizes[0] and gains[0][1] & gains[1][1] & left):
            return found
        found.append(gains[0][0])
        left -= gains[0][1]
    return found


def _signatures(marks: Marks, mistake: Mistake) -> list[Parts]:
    task = marks.task
    answer = LocalAnswer(mistake.answer, task.name)
    driven = answer.drive(task.driver, marks.probes, names=task.parameters, watch=False)
    return [
        signature(task, inputs, mine, truth)
        for inputs, mine, truth in zip(marks.probes, driven, marks.expected, strict=True)
    ]


def _parts_in_which_they_differ(marks: Marks, some: list[Parts], others: list[Parts]) -> set[str]:
    differing: set[str] = set()
    for one, other, truth in zip(some, others, marks.truths, strict=True):
        for name in (one.keys() & other.keys()) - differing:
            if not _same(marks, name, one[name], other[name], truth.get(name)):
                differing.add(name)
    return differing


def _same(marks: Marks, name: str, one: Value, other: Value, truth: Value) -> bool:
    if name == ERRORS and isinstance(one, Raised) and isinstance(other, Raised) and isinstance(truth, Raised):
        # The statement names an error, not its words: either of two is the one, or neither.
        return (truth.kinds[0] in one.kinds) == (truth.kinds[0] in other.kinds)
    rtol, atol = (1e-5, 1e-8) if name in CONDUCT else (marks.task.rtol, marks.task.atol)
    return alike(one, other, rtol=rtol, atol=atol)
