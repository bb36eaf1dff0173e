"""Which known mistakes give the numbers that an answer gave. Where that is not certain: none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .answers import LocalAnswer
from .compare import alike
from .marking import CONDUCT, ERRORS, Marks, Parts, signature
from .task import Mistake
from .values import Raised, Value


@dataclass(frozen=True)
class Suspect:
    """A listed mistake, and the parts that it gives on some probes, in their order."""

    mistake: Mistake
    signatures: Iterable[Parts]


def suspects(marks: Marks) -> list[Suspect]:
    """Every listed mistake, driven on the probes of `marks`."""
    return [Suspect(mistake, list(_signatures(marks, mistake))) for mistake in marks.task.mistakes]


def mistakes_in(marks: Marks, among: Sequence[Suspect] | None = None) -> list[Mistake]:
    """The listed mistakes that are in the answer, surest first; [] where its faults match none or match several.

    `among` saves driving the mistakes again where many answers to one task have the same probes."""
    failing = set(marks.failing)
    if not failing or not marks.attempted:
        return []
    whole: list[Mistake] = []
    explains: dict[str, tuple[Mistake, frozenset[str]]] = {}
    lazily = (Suspect(mistake, _signatures(marks, mistake)) for mistake in marks.task.mistakes)
    for suspect in lazily if among is None else among:
        wrong, unlike = _wrong_and_unlike(marks, suspect.signatures)
        if wrong and not unlike:
            whole.append(suspect.mistake)
        # Part of the answer: every part that the mistake gets wrong is wrong in the same way here.
        if wrong and not wrong & unlike:
            explains[suspect.mistake.name] = suspect.mistake, frozenset(wrong & failing)
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


def _signatures(marks: Marks, mistake: Mistake) -> Iterator[Parts]:
    """The parts that `mistake` gives on each probe, driven as they are asked for."""
    task = marks.task
    answer = LocalAnswer(mistake.answer, task.name)
    for inputs, truth in zip(marks.probes, marks.expected, strict=True):
        (mine,) = answer.drive(task.driver, [inputs], names=task.parameters, watch=False)
        yield signature(task, inputs, mine, truth)


def _wrong_and_unlike(marks: Marks, given: Iterable[Parts]) -> tuple[set[str], set[str]]:
    """The parts that a mistake gets wrong, and those in which it differs from the answer.

    Stops at the first probe that clears the answer of the mistake, a part that is both: mostly the first of all.
    """
    wrong: set[str] = set()
    unlike: set[str] = set()
    for parts, mine, truth in zip(given, marks.signatures, marks.truths, strict=False):
        wrong |= _differing(marks, parts, truth, truth, wrong)
        unlike |= _differing(marks, parts, mine, truth, unlike)
        if wrong & unlike:
            break
    return wrong, unlike


def _differing(marks: Marks, one: Parts, other: Parts, truth: Parts, known: set[str]) -> set[str]:
    names = (one.keys() & other.keys()) - known
    return {name for name in names if not _same(marks, name, one[name], other[name], truth.get(name))}


def _same(marks: Marks, name: str, one: Value, other: Value, truth: Value) -> bool:
    if name == ERRORS and isinstance(one, Raised) and isinstance(other, Raised) and isinstance(truth, Raised):
        # The statement names an error, not its words: either of two is the one, or neither.
        return (truth.kinds[0] in one.kinds) == (truth.kinds[0] in other.kinds)
    rtol, atol = (1e-5, 1e-8) if name in CONDUCT else (marks.task.rtol, marks.task.atol)
    return alike(one, other, rtol=rtol, atol=atol)
