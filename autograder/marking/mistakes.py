"""Which known mistakes give the numbers that an answer gave. Where that is not certain: none."""

from __future__ import annotations

import torch

from ..authoring.task import Cause, Mistake, Task
from ..exchange.values import Raised, Value
from .answers import LocalAnswer
from .compare import alike, as_tensor
from .marks import ANSWER, CONDUCT, ERRORS, Case, Marks, Parts, signature


def mistakes_in(marks: Marks) -> list[Cause]:
    """The listed mistakes that are in the answer, surest first; [] where its faults match none or match several."""
    failing = set(marks.failing)
    if not failing or not marks.attempted:
        return []
    whole: list[Cause] = []
    explains: dict[str, tuple[Cause, frozenset[str]]] = {}
    for mistake in marks.task.mistakes:
        found = _wrong_and_unlike(marks, mistake)
        if found is None:
            continue
        wrong, unlike = found
        if wrong and not unlike:
            values = [part for part in wrong if part not in CONDUCT or part == ERRORS]
            telling = not values or any(is_telling(marks, mistake, part) for part in values)
            whole.append(Cause(mistake.name, mistake.explanation, telling=telling))
        # Part of the answer: every part that the mistake gets wrong is wrong in the same way here, and in a way that
        # says something: None, zeros or True come from many causes.
        if wrong and all(part in CONDUCT or is_telling(marks, mistake, part) for part in wrong):
            explains[mistake.name] = mistake, frozenset(wrong & failing)
    if whole:
        return whole if len(whole) == 1 else []
    covers, left = _cover(failing, explains)
    return [_of_parts(cause, parts, marks, said=bool(left)) for cause, parts in covers]


def _of_parts(cause: Cause, parts: frozenset[str], marks: Marks, *, said: bool) -> Cause:
    """The cause for some parts of what is wrong; it is `said` for which where others stay unexplained."""
    named = tuple(part for part in marks.failing if part in parts)
    spoken = [part for part in named if part in marks.value_parts and part != ANSWER]
    explanation = f"(for {' and '.join(spoken)}) {cause.explanation}" if said and spoken else cause.explanation
    return Cause(cause.name, explanation, parts=named)


def is_telling(marks: Marks, mistake: Mistake, part: str) -> bool:
    """Whether the values that a mistake gives for a part are of a kind that few other causes give: finite numbers
    that are not all 0."""
    found = [(case.mistaken[mistake.name][0].get(part), part in case.mistaken[mistake.name][1]) for case in marks.cases]
    tensors = [as_tensor(value) for value, wrong in found if wrong]
    if any(tensor is None or not bool(torch.isfinite(tensor).all()) for tensor in tensors):
        return False
    numbers = {number for tensor in tensors if tensor is not None for number in tensor.reshape(-1).tolist()}
    return bool(numbers - {0.0})


def _cover(
    failing: set[str], explains: dict[str, tuple[Cause, frozenset[str]]]
) -> tuple[list[tuple[Cause, frozenset[str]]], set[str]]:
    """Mistakes that together explain faults, each the only one to explain any of them as well; and what is left."""
    found: list[tuple[Cause, frozenset[str]]] = []
    left = set(failing)
    while left:
        most = max((len(parts & left) for _, parts in explains.values()), default=0)
        rivals = [(cause, parts & left) for cause, parts in explains.values() if len(parts & left) == most]
        clear = [one for one in rivals if not any(one[1] & other[1] for other in rivals if other is not one)]
        if not most or not clear:
            break
        found.append(clear[0])
        left -= clear[0][1]
    return found, left


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
