"""Which known mistakes give the numbers that an answer gave. Where that is not certain: none."""

from __future__ import annotations

from ..authoring.task import Mistake, Task
from ..exchange.values import Raised, Value
from .answers import LocalAnswer
from .compare import alike
from .marks import CONDUCT, ERRORS, Case, Marks, Parts, signature


def mistakes_in(marks: Marks) -> list[Mistake]:
    """The listed mistakes that are in the answer, surest first; [] where its faults match none or match several."""
    failing = set(marks.failing)
    if not failing or not marks.attempted:
        return []
    whole: list[Mistake] = []
    explains: dict[str, tuple[Mistake, frozenset[str]]] = {}
    for mistake in marks.task.mistakes:
        found = _wrong_and_unlike(marks, mistake)
        if found is None:
            continue
        wrong, unlike = found
        if wrong and not unlike:
            whole.append(mistake)
        # Part of the answer: every part that the mistake gets wrong is wrong in the same way here.
        if wrong:
            explains[mistake.name] = mistake, frozenset(wrong & failing)
    if whole:
        return whole if len(whole) == 1 else []
    return _cover(failing, explains)


def _cover(failing: set[str], explains: dict[str, tuple[Mistake, frozenset[str]]]) -> list[Mistake]:
    """Mistakes that together explain faults, each the only one to explain any of them as well as it does."""
    found: list[Mistake] = []
    left = set(failing)
    while left:
        most = max((len(parts & left) for _, parts in explains.values()), default=0)
        rivals = [(mistake, parts & left) for mistake, parts in explains.values() if len(parts & left) == most]
        clear = [one for one in rivals if not any(one[1] & other[1] for other in rivals if other is not one)]
        if not most or not clear:
            return found
        mistake, parts = clear[0]
        found.append(mistake)
        left -= parts
    return found


def _wrong_and_unlike(marks: Marks, mistake: Mistake) -> tuple[set[str], set[str]] | None:
    """The parts that a mistake gets wrong, and those in which it differs from the answer.

    None as soon as some part is both, which clears the answer of the mistake: mostly on the first probe.
    """
    wrong: set[str] = set()
    unlike: set[str] = set()
    for case, mine in zip(marks.cases, marks.signatures, strict=True):
        parts, wrong_here = _mistaken(marks.task, case, mistake)
        wrong |= wrong_here
        # What is wrong so far comes first: where it is unlike, the rest need not be compared.
        for part in sorted(parts.keys() & mine.keys() - unlike, key=lambda part: part not in wrong):
            if not _same(marks.task, part, parts[part], mine[part], case.truth.get(part)):
                unlike.add(part)
                if part in wrong:
                    return None
        if wrong & unlike:
            return None
    return wrong, unlike


def _mistaken(task: Task, case: Case, mistake: Mistake) -> tuple[Parts, frozenset[str]]:
    """The parts that `mistake` gives and those of them that are wrong, found out when they are first asked for."""
    if mistake.name not in case.mistaken:
        answer = LocalAnswer(mistake.answer, task.name)
        (outcome,) = answer.drive(task.driver, [case.inputs], names=task.parameters, watch=False)
        parts, truth = signature(task, case.inputs, outcome, case.outcome), case.truth
        both = parts.keys() & truth.keys()
        wrong = frozenset(part for part in both if not _same(task, part, parts[part], truth[part], truth[part]))
        case.mistaken[mistake.name] = parts, wrong
    return case.mistaken[mistake.name]


def _same(task: Task, name: str, one: Value, other: Value, truth: Value) -> bool:
    if name == ERRORS and isinstance(one, Raised) and isinstance(other, Raised) and isinstance(truth, Raised):
        # The statement names an error, not its words: either of two is the one, or neither.
        return (truth.kinds[0] in one.kinds) == (truth.kinds[0] in other.kinds)
    rtol, atol = (1e-5, 1e-8) if name in CONDUCT else (task.rtol, task.atol)
    return alike(one, other, rtol=rtol, atol=atol)
