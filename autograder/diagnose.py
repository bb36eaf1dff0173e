"""Which known mistakes give the numbers that an answer gave. Where that is not certain: none."""

from __future__ import annotations

from .answers import LocalAnswer
from .compare import alike
from .marking import CONDUCT, ERRORS, Case, Marks, Parts, signature
from .task import Mistake, Task
from .values import Raised, Value


def mistakes_in(marks: Marks) -> list[Mistake]:
    """The listed mistakes that are in the answer, surest first; [] where its faults match none or match several."""
    failing = set(marks.failing)
    if not failing or not marks.attempted:
        return []
    whole: list[Mistake] = []
    explains: dict[str, tuple[Mistake, frozenset[str]]] = {}
    for mistake in marks.task.mistakes:
        wrong, unlike = _wrong_and_unlike(marks, mistake)
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


def _wrong_and_unlike(marks: Marks, mistake: Mistake) -> tuple[set[str], set[str]]:
    """The parts that a mistake gets wrong, and those in which it differs from the answer.

    Stops at the first probe that clears the answer of the mistake, a part that is both: mostly the first of all.
    """
    wrong: set[str] = set()
    unlike: set[str] = set()
    for case, mine in zip(marks.cases, marks.signatures, strict=True):
        parts = _mistaken(marks.task, case, mistake)
        wrong |= _differing(marks, parts, case.truth, case.truth, wrong)
        unlike |= _differing(marks, parts, mine, case.truth, unlike)
        if wrong & unlike:
            break
    return wrong, unlike


def _mistaken(task: Task, case: Case, mistake: Mistake) -> Parts:
    """The parts that `mistake` gives, driven when they are first asked for."""
    if mistake.name not in case.mistaken:
        answer = LocalAnswer(mistake.answer, task.name)
        (outcome,) = answer.drive(task.driver, [case.inputs], names=task.parameters, watch=False)
        case.mistaken[mistake.name] = signature(task, case.inputs, outcome, case.outcome)
    return case.mistaken[mistake.name]


def _differing(marks: Marks, one: Parts, other: Parts, truth: Parts, known: set[str]) -> set[str]:
    names = (one.keys() & other.keys()) - known
    return {name for name in names if not _same(marks, name, one[name], other[name], truth.get(name))}


def _same(marks: Marks, name: str, one: Value, other: Value, truth: Value) -> bool:
    if name == ERRORS and isinstance(one, Raised) and isinstance(other, Raised) and isinstance(truth, Raised):
        # The statement names an error, not its words: either of two is the one, or neither.
        return (truth.kinds[0] in one.kinds) == (truth.kinds[0] in other.kinds)
    rtol, atol = (1e-5, 1e-8) if name in CONDUCT else (marks.task.rtol, marks.task.atol)
    return alike(one, other, rtol=rtol, atol=atol)
