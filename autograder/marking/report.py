"""What a student reads. All prose about answers is here: as text, and as the same in an HTML panel.

The order is always what, evidence, likely cause, next step. Never the expected formula; hidden inputs stay hidden.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ..authoring.task import Cause, Task
from ..exchange.values import Opaque, Raised, Value
from .compare import Difference, alike, as_tensor
from .marks import ANSWER, ERRORS, INPUTS, SECOND_CALL, STATE, Marks, described

PASSED, PARTLY, FAILED, WAITING, UNDEFINED = "passed", "partly", "failed", "waiting", "undefined"
_SIGNS = {PASSED: "✓", PARTLY: "◐", FAILED: "✗", WAITING: "○", UNDEFINED: "○"}
_COLOURS = {PASSED: "#2e7d32", PARTLY: "#b26a00", FAILED: "#c62828", WAITING: "#607d8b", UNDEFINED: "#607d8b"}
ABSENT = "NameError"
_PHRASES = {
    ANSWER: "your answer",
    "tracked": "`requires_grad` of your result",
    "memory of its own": "memory of its own",
    "shares_memory": "sharing memory with the original",
    "recording while f ran": "recording while f ran",
}  # what parts are called that are more than a student's own names


@dataclass(frozen=True)
class Report:
    """One task's result in words. `lines` follow the headline; `earned` is in points, built from facts alone."""

    headline: str
    lines: tuple[str, ...]
    status: str
    earned: float

    def __str__(self) -> str:
        return "\n".join([self.headline, *(f"  {line}" for line in self.lines)])

    def _repr_html_(self) -> str:
        colour = _COLOURS[self.status]
        paragraphs = "".join(f'<div style="margin-top:4px">{_rich(line)}</div>' for line in self.lines)
        return (
            f'<div style="border-left:4px solid {colour};padding:6px 12px;margin:4px 0">'
            f'<div style="font-weight:600;color:{colour}">{html.escape(self.headline)}</div>{paragraphs}</div>'
        )


def _rich(line: str) -> str:
    """Backticks as code, the rest escaped."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(line))


def report(marks: Marks, mistakes: Sequence[Cause], *, points: float, hidden: bool) -> Report:
    """The report on `marks`. With `hidden`, inputs and true values are kept back."""
    task = marks.task
    earned = round(points * marks.fraction, 2)
    status = PASSED if marks.fraction == 1 else PARTLY if marks.fraction > 0 else FAILED
    lines: list[str] = []
    if marks.differentiated:
        lines.append(f"This task is by hand, and your answer differentiates: {marks.differentiated}.")
        lines.append("Work the derivative out on paper and return that formula; then the points are yours.")
    elif _absent(marks):
        return Report(f"○ {task.name}: not defined yet", (f"Run the cell that defines `{task.name}`.",), UNDEFINED, 0.0)
    elif not marks.attempted:
        next_step = "Fill in the cell above and run it, then run this one."
        return Report(f"○ {task.name}: not attempted yet", (next_step,), WAITING, 0.0)
    else:
        lines += [_fault(marks, part, hidden=hidden) for part in _told(marks)]
        lines += [f"Looks like: {mistake.explanation}" for mistake in mistakes]
        if lines:
            lines.append(_next_step(mistakes, hidden))
    lines += _left_changed(marks)
    return Report(f"{_SIGNS[status]} {_headline(marks, earned, points, hidden)}", tuple(lines), status, earned)


def _left_changed(marks: Marks) -> list[str]:
    """What cells left switched: nothing of it was on while the answer was tried, which may surprise."""
    if not marks.left:
        return []
    found = ", ".join(str(name)[:80] for name in marks.left[:4])
    return [f"A cell of this notebook leaves changed: {found}. Answers are tried without it; put it back there."]


def unmarked(task: Task, why: str, *, points: float) -> Report:
    """The report on an answer that gave no values: it was stopped, or its process was gone. `why` is a clause."""
    lines = (f"No values came back: {why}.", "Look for a loop that never ends, or for a cell that ends Python itself.")
    return Report(f"✗ {task.name}: 0 / {points:g} points", lines, FAILED, 0.0)


def _headline(marks: Marks, earned: float, points: float, hidden: bool) -> str:
    if hidden:
        return f"{marks.task.name}: {earned:g} / {points:g} points"
    right = sum(not any(marks.differences[part][i] for part in marks.differences) for i in range(len(marks.cases)))
    if marks.differentiated:
        right = 0
    return f"{marks.task.name}: {right} of {len(marks.cases)} examples right"


def _absent(marks: Marks) -> bool:
    return bool(marks.value_parts) and all(
        isinstance(value, Raised) and value.kinds[:1] == (ABSENT,) and marks.task.name in value.message
        for signature in marks.signatures
        for part, value in signature.items()
        if part in marks.value_parts
    )


def _told(marks: Marks) -> list[str]:
    """The failing parts worth a line: one where the whole answer raises or has another form, at most four."""
    failing = marks.failing
    values = [part for part in failing if part in marks.value_parts]
    if values and (all(_raises(marks, part) for part in marks.value_parts) or _in_one_piece(marks)):
        return values[:1]
    return failing[:4]


def _raises(marks: Marks, part: str) -> bool:
    return all(isinstance(found.got, Raised) for found in marks.differences[part] if found) and not marks.holds(part)


def _in_one_piece(marks: Marks) -> bool:
    """Whether an answer of several parts raised, somewhere, or came in a form in which they can't be told apart."""
    facts = zip(*(marks.differences[part] for part in marks.value_parts), strict=True)
    return len(marks.value_parts) > 1 and any(
        all(found and isinstance(found.got, (Opaque, Raised)) and found.got == first.got for found in (first, *others))
        for first, *others in facts
        if first
    )


def _fault(marks: Marks, part: str, *, hidden: bool) -> str:
    found = marks.differences[part]
    indices = [i for i, d in enumerate(found) if d]
    # An error or a wrong shape says more than numbers that are off.
    worst = max(indices, key=lambda i: (found[i].kind != "value", found[i].worst))  # type: ignore[union-attr]
    fact = found[worst]
    assert fact is not None
    call = "" if hidden else f" at {show_call(marks, worst)}"
    if part == SECOND_CALL:
        return f"a second call with the same inputs gives another answer{call}: something is left over from the first"
    if part == INPUTS:
        changed = _changed_inputs(marks.signatures[worst][part], marks.cases[worst].truth[part])
        return f"{changed}; leave the inputs as they were{call}"
    if part == STATE:
        return f"{_changed_state(marks.signatures[worst][part])}: put it back before you return{call}"
    if part == ERRORS:
        want = fact.want.kinds[0]
        return f"{show_call(marks, worst)} must raise {want}; yours {_came(fact.got)}"
    name = _PHRASES.get(part, f"your {part}")
    tally = f"wrong at {len(indices)} of {len(found)} inputs" if hidden else f"wrong{call}"
    if isinstance(fact.got, (Opaque, Raised)) and _in_one_piece(marks):
        came = f"raised {_error(fact.got)}" if isinstance(fact.got, Raised) else f"is {fact.got.description}"
        return f"{tally}: your answer {came}"
    return f"{tally}: {_evidence(fact, name, hidden)}"


def _evidence(fact: Difference, name: str, hidden: bool) -> str:
    are, have, their = ("are", "have", "their") if name.endswith("s") else ("is", "has", "its")
    match fact.kind:
        case "error" if isinstance(fact.got, Raised):
            return f"{name} raised {_error(fact.got)}"
        case "missing" if name == "your answer":
            return f"{name} is None: is there a `return`?"
        case "shape":
            return f"{name} {are} {described(fact.got)}, where {_wanted(described(fact.want))}"
        case "not finite":
            return f"{name} {have} a NaN or an infinity{_place(fact.where)}"
        case "type" if _subject(fact.got) and _subject(fact.got) == _subject(fact.want):
            (subject, _, got), (_, _, want) = fact.got.partition(": "), fact.want.partition(": ")
            return f"`{subject}` is {got} where it should be {want}"
        case "type" | "missing":
            want = _kind(fact.want) if hidden else _words(fact.want)
            return f"{name} {are} {_words(fact.got)}, where {_wanted(want)}"
    if hidden:
        return f"{name} {have} the right form, but {their} numbers are off"
    return f"{name}{_place(fact.where)} {are} {_number(fact.got, fact.where)}, torch's {_number(fact.want, fact.where)}"


def _subject(value: Value) -> str:
    """What a fact such as "head.0.bias.grad: None" is about."""
    return value.partition(": ")[0] if isinstance(value, str) and ": " in value else ""


def _wanted(description: str) -> str:
    return f"{description} {'are' if description.endswith('values') else 'is'} wanted"


def _came(got: Value) -> str:
    if isinstance(got, dict) and "value" in got:  # with facts that a driver adds
        got = got["value"]
    return f"raises {_error(got)}" if isinstance(got, Raised) else f"returns {_words(got)}"


def _error(error: Raised) -> str:
    first = error.message.strip().partition("\n")[0]
    return f"{error.kinds[0]}: {first[:200]}" if first else error.kinds[0]


def _words(value: Value) -> str:
    return repr(value)[:80] if value is None or isinstance(value, (bool, str, int, float)) else described(value)


def _kind(value: Value) -> str:
    match value:
        case bool():
            return str(value)
        case str():
            return "another word"
    return described(value)


def _place(where: tuple[int, ...]) -> str:
    return f" at index {where if len(where) > 1 else where[0]}" if where else ""


def _number(value: Value, where: tuple[int, ...]) -> str:
    tensor = as_tensor(value)
    if tensor is None:
        return described(value)
    inner = where[len(where) - tensor.ndim :] if tensor.ndim else ()
    return f"{tensor[inner].item():.4g}"


def _changed_inputs(after: Value, before: Value) -> str:
    if not (isinstance(after, dict) and isinstance(before, dict)):
        return "an input was changed"
    for name, want in before.items():
        got = after.get(name)
        if not isinstance(got, dict) or not isinstance(want, dict):
            continue
        if got.get("requires_grad") != want.get("requires_grad"):
            return f"`{name}.requires_grad` was changed"
        if not alike(got.get("grad"), want.get("grad"), rtol=0, atol=0):
            return f"`{name}.grad` was changed"
        if got.get("training") != want.get("training"):
            return f"`{name}` was switched between training and evaluation"
        if got.get("tracked") != want.get("tracked"):
            return f"the tracking of parameters of `{name}` was changed"
        if not alike(got.get("gradients"), want.get("gradients"), rtol=0, atol=0):
            return f"gradients of parameters of `{name}` were changed"
        more = _more(got.get("left on it"), want.get("left on it"))
        if more:
            return f"something was left on `{name}` ({more[0]})"
    changed = [name for name in before if not _same(after.get(name), before[name])]
    return f"the values of `{changed[0]}` were changed" if changed else "an input was changed"


def _more(got: Value, want: Value) -> list[Value]:
    """What is in one list and not in the other."""
    mine, truth = (found if isinstance(found, list) else [] for found in (got, want))
    return [each for each in mine if each not in truth] or [each for each in truth if each not in mine]


def _same(got: Value, want: Value) -> bool:
    mine, truth = (v.get("values") if isinstance(v, dict) else None for v in (got, want))
    if isinstance(mine, torch.Tensor) and isinstance(truth, torch.Tensor):
        return mine.shape == truth.shape and torch.equal(mine, truth)
    return repr(mine) == repr(truth)


def _changed_state(state: Value) -> str:
    if isinstance(state, dict) and state.get("grad mode") is not True:
        return "gradient recording was left switched off or on"
    if isinstance(state, dict) and state.get("grad mode where it was off") is False:
        return "gradient recording was switched on where it had been off"
    others = state.get("other settings") if isinstance(state, dict) else None
    if isinstance(others, list) and others and state.get("default dtype") is True:
        return f"{others[0]} was left changed"
    return "torch's default dtype was left changed"


def _next_step(mistakes: Sequence[Cause], hidden: bool) -> str:
    if mistakes:
        return "Next: change that one thing and run the cell again."
    if hidden:
        return "Next: try inputs of your own, negative, zero and large ones too, and compare with torch."
    return "Next: work this one input out by hand; the hints above the task go one step at a time."


def show_call(marks: Marks, index: int) -> str:
    """The call on probe `index`, as a student would type it: `d_square(3.0)`."""
    return f"{marks.task.name}({', '.join(_argument(value) for value in marks.cases[index].inputs)})"


def _argument(value: Value) -> str:
    if isinstance(value, torch.Tensor):
        flat = value.detach()
        text = str(flat.tolist()) if flat.numel() <= 6 else f"… of shape {tuple(flat.shape)}"
        return f"tensor({text}, requires_grad=True)" if value.requires_grad else f"tensor({text})"
    if isinstance(value, (list, tuple)):
        items = ", ".join(_argument(item) for item in value)
        return f"[{items}]" if isinstance(value, list) else f"({items},)" if len(value) == 1 else f"({items})"
    if isinstance(value, Opaque):
        return value.description
    return repr(value)
