"""What is wrong with an answer, as sentences: counted by kind of fault, the commonest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..exchange.values import Opaque, Raised, Value
from .calls import arriving, call_source, remarks
from .compare import Difference, as_tensor
from .conduct import changed_inputs, changed_state
from .errors import explained
from .marks import ANSWER, ERRORS, INPUTS, SECOND_CALL, STATE, Marks, described
from .standing import message_of, place_of

MOST = 4  # parts that are spoken of
_PHRASES = {
    ANSWER: "your answer",
    "tracked": "`requires_grad` of your result",
    "memory of its own": "memory of its own",
    "shares_memory": "sharing memory with the original",
    "recording while f ran": "recording while f ran",
}  # what parts are called that are more than a student's own names
_SEVERITY = ("value", "not finite", "shape", "type", "missing", "error")  # what says most comes last


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    lines  what a student reads about it
    kind   of a `Difference`, "form" for an answer that can't be taken apart, or "conduct"
    error  what was raised, where that is the fault
    index  the case that the lines speak of
    call   the call in them, "" where there is none
    """

    lines: tuple[str, ...]
    kind: str
    error: Raised | None
    index: int
    call: str = ""


@dataclass(frozen=True)
class View:
    """What may be shown, and what is known besides the marks.

    public    how many of the cases, from the first, a student may see
    returns   whether the answer's source has a `return` with a value, None where that is not known
    in_place  the one line of it that changes something in place; "" where there is none, or several
    """

    marks: Marks
    public: int
    returns: bool | None = None
    in_place: str = ""

    @property
    def graded(self) -> bool:
        """Whether there are inputs that stay hidden."""
        return self.public < len(self.marks.cases)

    def call(self, index: int) -> str:
        """The call on a public case."""
        inputs = self.marks.cases[index].inputs
        return call_source(self.marks.task, inputs) + remarks(inputs)

    def at(self, index: int) -> str:
        """\" at \" and the call, where that may be shown."""
        return f" at {self.call(index)}" if index < self.public else ""


def faults(view: View) -> list[Fault]:
    """Everything wrong with an answer that is worth a line: the whole of it first, then its parts, then its conduct."""
    marks = view.marks
    whole = _whole(marks)
    found = []
    for part in marks.value_parts:
        of_part = {i: d for i, d in enumerate(marks.differences[part]) if d and i not in whole}
        if of_part:
            found.append(_told(view, _PHRASES.get(part, f"your {part}"), of_part, part))
    if whole:
        others = len({i for part in marks.value_parts for i, d in enumerate(marks.differences[part]) if d}) - len(whole)
        told = _told(view, "your answer", whole)
        # Where it mostly raises, the rest can wait until it does not.
        found = [told] if len(whole) > others else [*found[: MOST - 1], told]
    conduct = [_conduct(view, part) for part in marks.failing if part not in marks.value_parts]
    found = [_shorter(fault, before) for fault, before in zip(found, [None, *found], strict=False)]
    return [*found[:MOST], *conduct[: max(1, MOST - len(found))]]


def _shorter(fault: Fault, before: Fault | None) -> Fault:
    """A fault without the call that the one before it has named already."""
    if before is None or not fault.call or fault.call != before.call:
        return fault
    first, *rest = fault.lines
    return replace(fault, lines=(first.replace(fault.call, "the same call"), *rest))


def _whole(marks: Marks) -> dict[int, Difference]:
    """The cases at which the answer raised, or came in a form in which its parts can't be told apart."""
    found: dict[int, Difference] = {}
    parts = marks.value_parts
    if len(parts) == 1:
        return {}
    for index in range(len(marks.cases)):
        each = [marks.differences[part][index] for part in parts]
        first = each[0] if each else None
        if first is None or not isinstance(first.got, (Raised, Opaque)):
            continue
        if all(other is not None and other.got == first.got for other in each):
            found[index] = first
    return found


def _told(view: View, name: str, wrong: dict[int, Difference], part: str = "") -> Fault:
    groups: dict[tuple[object, ...], list[int]] = {}
    for index, difference in wrong.items():
        groups.setdefault(_kind(difference), []).append(index)
    ordered = sorted(groups.values(), key=lambda g: (-len(g), -_SEVERITY.index(wrong[g[0]].kind)))
    lead, *rarer = ordered
    # A public case says more than a hidden one, and a large difference more than a small one.
    index = max(lead, key=lambda i: (i < view.public, wrong[i].worst))
    fact = wrong[index]
    evidence = _evidence(view, index, fact, name, part, whole=not part)
    if len(wrong) == 1 and index < view.public:
        where = view.at(index)
    elif view.graded:
        where = f" at {len(wrong)} of {len(view.marks.cases)} inputs"
        shown = f" {view.call(index)}" if index < view.public else ""
        if rarer:
            where += f", at {len(lead)} of them{', such as' + shown if shown else ''}"
        elif shown:
            where += f", such as{shown}"
    else:
        where = view.at(index)
    more = "".join(f"; {_count(len(g), view)} {_brief(wrong[g[0]])}" for g in rarer[:2])
    lines = [f"wrong{where}: {evidence}{more}"]
    errors = [wrong[g[0]].got for g in ordered[:3] if isinstance(wrong[g[0]].got, Raised)]
    for error in errors[:2]:
        lines += _about(error, view.in_place)
    kind = "form" if not part and not isinstance(fact.got, Raised) else fact.kind
    call = view.call(index) if index < view.public else ""
    return Fault(tuple(lines), kind, errors[0] if errors else None, index, call)


def _kind(difference: Difference) -> tuple[object, ...]:
    got = difference.got
    if isinstance(got, Raised):
        return ("error", got.kinds[0], got.line)
    if difference.kind in ("shape", "type"):
        # By its sort and not by its size: shapes differ with the inputs.
        return (difference.kind, type(got).__name__)
    return (difference.kind,)


def _count(count: int, view: View) -> str:
    if view.graded:
        return f"at {count}"
    return f"at {count} other example{'s' if count != 1 else ''}"


def _brief(difference: Difference) -> str:
    got = difference.got
    match difference.kind:
        case "error" if isinstance(got, Raised):
            return f"it raised {got.kinds[0]}"
        case "missing":
            return "it is None"
        case "shape":
            return "the shape is another one"
        case "not finite":
            return "there is a NaN or an infinity"
        case "value":
            return "the numbers are off"
    return f"it is {_words(got)}"


def _about(error: Raised, in_place: str) -> list[str]:
    """Where an error came from, and what it means."""
    says = explained(error).says
    if error.line is None and says and in_place and "inplace operation" in error.message:
        return [f"The line `{in_place}`: {says}"]  # it was found out later, in no line of the student's
    if error.line is None:
        return [says] if says else []
    where = f"{place_of(error.line)}, `{error.line.text}`"
    return [f"{where}: {says}" if says else f"{where}: here it stopped."]


def _evidence(view: View, index: int, fact: Difference, name: str, part: str, *, whole: bool) -> str:
    """What came, beside what is right where that may be seen."""
    are, have, their = ("are", "have", "their") if name.endswith("s") else ("is", "has", "its")
    if isinstance(fact.got, Raised):
        return f"{name} raised {message_of(fact.got)}"
    if whole and isinstance(fact.got, Opaque):
        return f"your answer is {fact.got.description}"
    match fact.kind:
        case "missing" if name == "your answer":
            if view.returns is False:
                return "your answer is None: there is no `return` with a value in it"
            return "your answer is None, which is what its `return` gave" if view.returns else "your answer is None"
        case "shape":
            return f"{name} {are} {described(fact.got)}, where {_wanted(described(fact.want))}"
        case "not finite":
            return f"{name} {have} a NaN or an infinity{_place(fact.where)}"
        case "type" if _subject(fact.got) and _subject(fact.got) == _subject(fact.want):
            (subject, _, got), (_, _, want) = fact.got.partition(": "), fact.want.partition(": ")
            return f"`{subject}` is {got} where it should be {want}"
        case "type" | "missing":
            if index < view.public:
                return f"{name} {are} {_words(fact.got)}, where {_wanted(_words(fact.want))}"
            if isinstance(fact.want, str):
                return f"{name} {are} {_words(fact.got)}, which is not right for these inputs"
            return f"{name} {are} {_words(fact.got)}, where {_wanted(described(fact.want))}"
    if index >= view.public:
        return f"{name} {have} the right form, but {their} numbers are off"
    mine, truth = _number(fact.got, fact.where), _number(fact.want, fact.where)
    above = arriving(view.marks.task, part, view.marks.cases[index].outcome.result)
    return f"{name}{_place(fact.where)} {are} {mine}, torch's {truth}{above}"


def _conduct(view: View, part: str) -> Fault:
    marks = view.marks
    found = marks.differences[part]
    indices = [i for i, d in enumerate(found) if d]
    index = next((i for i in indices if i < view.public), indices[0])
    fact = found[index]
    assert fact is not None
    lines: tuple[str, ...]
    if part == SECOND_CALL:
        said = "a second call with the same inputs gives another answer"
        lines = (f"{said}{view.at(index)}: something is left over from the first",)
    elif part == INPUTS:
        changed = changed_inputs(marks.signatures[index][part], marks.cases[index].truth[part])
        lines = (f"{changed}; leave the inputs as they were{view.at(index)}",)
    elif part == STATE:
        lines = (f"{changed_state(marks.signatures[index][part])}: put it back before you return{view.at(index)}",)
    else:
        assert part == ERRORS
        return _unraised(view, index, indices, fact)
    return Fault(lines, "conduct", None, index)


def _unraised(view: View, index: int, indices: Sequence[int], fact: Difference) -> Fault:
    want, got = fact.want.kinds[0], fact.got
    call = view.call(index) if index < view.public else f"at {len(indices)} inputs it"
    lines = [f"{call} must raise {want}; yours {_came(got)}"]
    if isinstance(got, Raised):
        lines += _about(got, view.in_place)
    elif isinstance(got, Opaque) and got.description == f"an object of type {want}":
        lines.append(f"The {want} is made and handed back: only `raise` raises it.")
    return Fault(tuple(lines), "conduct", None, index)


def _subject(value: Value) -> str:
    """What a fact such as "head.0.bias.grad: None" is about."""
    return value.partition(": ")[0] if isinstance(value, str) and ": " in value else ""


def _wanted(description: str) -> str:
    return f"{description} {'are' if description.endswith('values') else 'is'} wanted"


def _came(got: Value) -> str:
    if isinstance(got, dict) and "value" in got:  # with facts that a driver adds
        got = got["value"]
    return f"raises {message_of(got)}" if isinstance(got, Raised) else f"returns {_words(got)}"


def _words(value: Value) -> str:
    return repr(value)[:80] if value is None or isinstance(value, (bool, str, int, float)) else described(value)


def _place(where: tuple[int, ...]) -> str:
    return f" at index {where if len(where) > 1 else where[0]}" if where else ""


def _number(value: Value, where: tuple[int, ...]) -> str:
    tensor = as_tensor(value)
    if tensor is None:
        return described(value)
    inner = where[len(where) - tensor.ndim :] if tensor.ndim else ()
    return f"{tensor[inner].item():.4g}"
