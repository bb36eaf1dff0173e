"""What a student reads: as text, and as the same in an HTML panel.

The order is always what, evidence, likely cause, next step. Never the expected formula; hidden inputs stay hidden.
"""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..authoring.task import Cause, Task
from ..exchange.values import Value
from .errors import explained
from .faults import Fault, View, faults
from .kinds import hidden_kinds
from .marks import Marks
from .standing import Standing, absence, failed_since, is_absent, stale, stub

PASSED, PARTLY, FAILED, WAITING, UNDEFINED = "passed", "partly", "failed", "waiting", "undefined"
_SIGNS = {PASSED: "✓", PARTLY: "◐", FAILED: "✗", WAITING: "○", UNDEFINED: "○"}
_COLOURS = {PASSED: "#2e7d32", PARTLY: "#b26a00", FAILED: "#c62828", WAITING: "#607d8b", UNDEFINED: "#607d8b"}
PRINTED_LINES, PRINTED = 3, 240  # of what an answer printed are shown, lines and characters


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


def report(
    marks: Marks,
    mistakes: Sequence[Cause],
    *,
    points: float,
    graded: bool,
    history: Value = None,
    source: str = "",
    others: Collection[str] = (),
) -> Report:
    """The report on `marks`. Where it is `graded`, inputs and true values are kept back, but for the public examples.

    history  what is known of the cells that define the answer (see `exchange.history`)
    source   the answer's Python source, "" where it is not known
    others   the names of all tasks
    """
    task = marks.task
    if is_absent(marks) and not marks.differentiated:
        return _standing(task, absence(task, history, graded=graded, others=others), UNDEFINED)
    if not marks.attempted and not marks.differentiated:
        found = stub(marks, history, source, graded=graded)
        status = WAITING if found.headline == "not attempted yet" else FAILED
        return _standing(task, found, status)
    since = failed_since(task, history)
    if since is not None and not graded:
        return _standing(task, since, FAILED)
    earned = round(points * marks.fraction, 2)
    status = PASSED if marks.fraction == 1 else PARTLY if marks.fraction > 0 else FAILED
    view = View(marks, _public(marks, graded), _returns(source, task.name), _in_place(source, task.name))
    lines: list[str] = []
    if marks.differentiated:
        lines += _by_machine(marks, source)
    else:
        found_faults = faults(view)
        lines += [line for fault in found_faults for line in fault.lines]
        causes = [mistake.explanation for mistake in mistakes if not _is_told(found_faults)]
        lines += [f"Looks like: {cause}" for cause in causes]
        lines += _next_step(view, found_faults, len(causes), graded)
    if not graded:
        lines += _after_a_pass(task) if status == PASSED else []
    lines += _printed(view)
    lines += since.lines if since is not None else stale(task, history)
    lines += _left_changed(marks)
    return Report(f"{_SIGNS[status]} {_headline(marks, earned, points, graded)}", tuple(lines), status, earned)


def unmarked(task: Task, why: str, *, points: float) -> Report:
    """The report on an answer that gave no values: it was stopped, or its process was gone. `why` is a clause."""
    lines = (f"No values came back: {why}.", "Look for a loop that never ends, or for a cell that ends Python itself.")
    return Report(f"✗ {task.name}: 0 / {points:g} points", lines, FAILED, 0.0)


def _standing(task: Task, standing: Standing, status: str) -> Report:
    return Report(f"{_SIGNS[status]} {task.name}: {standing.headline}", standing.lines, status, 0.0)


def _public(marks: Marks, graded: bool) -> int:
    """How many cases, from the first, are examples that everybody sees."""
    if not graded:
        return len(marks.cases)
    pairs = zip(marks.cases, marks.task.examples, strict=False)
    return next((i for i, (case, example) in enumerate(pairs) if case.inputs is not example), len(marks.task.examples))


# --- headline -----------------------------------------------------------------------------------------------------


def _headline(marks: Marks, earned: float, points: float, graded: bool) -> str:
    if graded:
        return f"{marks.task.name}: {earned:g} / {points:g} points"
    count = len(marks.cases)
    right = sum(not any(marks.differences[part][i] for part in marks.differences) for i in range(count))
    if marks.differentiated:
        right = 0
    if 0 < marks.fraction < 1 and right < count:
        parts = marks.value_parts
        held = sum(marks.holds(part) for part in parts)
        which = f"{held} of {len(parts)} parts right" if held < len(parts) else "the values are right, not all the rest"
        return f"{marks.task.name}: {which}, worth {earned:g} of {points:g} points on these examples"
    return f"{marks.task.name}: {right} of {count} examples right"


# --- below the faults ---------------------------------------------------------------------------------------------


def _by_machine(marks: Marks, source: str) -> list[str]:
    """A by-hand answer that differentiates: to be worked out on paper, or a check to be taken out."""
    lines = [f"This task is by hand, and your answer differentiates: {marks.differentiated}."]
    right = all(marks.holds(part) for part in marks.value_parts)
    if right and _only_checks(source, marks.task.name):
        lines.append(
            "What it returns is a formula, and it is right: take the check against autograd out of the function, into "
            "a cell of its own, and the points are yours."
        )
    else:
        lines.append("Work the derivative out on paper and return that formula; then the points are yours.")
        if right:
            lines.append("If autograd only checks your formula there: do that in a cell of its own.")
    return lines


_GRADIENTS = {"grad", "jacrev", "jacfwd", "jacobian", "vjp", "jvp", "hessian", "hvp", "vhp", "linearize"}


def _only_checks(source: str, name: str) -> bool:
    """Whether nothing that `name` returns comes from a gradient: certain where this is True."""
    function = _definition(source, name)
    if function is None:
        return False
    tainted: set[str] = set()

    def from_gradients(node: ast.AST) -> bool:
        for each in ast.walk(node):
            match each:
                case ast.Attribute(attr=attr) if attr in _GRADIENTS:
                    return True
                case ast.Name(id=name) if name in tainted or name in _GRADIENTS:
                    return True
        return False

    nodes = list(ast.walk(function))
    for _ in range(len(nodes)):
        before = len(tainted)
        for node in nodes:
            match node:
                case ast.Assign(targets=targets, value=value) if from_gradients(value):
                    tainted |= {
                        leaf.id for target in targets for leaf in ast.walk(target) if isinstance(leaf, ast.Name)
                    }
                case ast.AugAssign(target=ast.Name(id=target), value=value) if from_gradients(value):
                    tainted.add(target)
                case ast.NamedExpr(target=ast.Name(id=target), value=value) if from_gradients(value):
                    tainted.add(target)
        if len(tainted) == before:
            break
    returned = [node.value for node in nodes if isinstance(node, ast.Return) and node.value is not None]
    # A call of another function of the student's might hold the gradient: only torch, math and numpy are looked past.
    calls = [call for value in returned for call in ast.walk(value) if isinstance(call, ast.Call)]
    return bool(returned) and not any(map(from_gradients, returned)) and all(map(_is_a_librarys, calls))


def _is_a_librarys(call: ast.Call) -> bool:
    owner = call.func
    while isinstance(owner, ast.Attribute):
        owner = owner.value
    return isinstance(owner, ast.Name) and (owner.id in {"torch", "math", "np", "float", "F"} or owner is not call.func)


def _is_told(found: Sequence[Fault]) -> bool:
    """Whether what was raised explains the answer: no other cause is looked for then."""
    return any(fault.error is not None and explained(fault.error).says for fault in found[:1])


def _next_step(view: View, found: Sequence[Fault], causes: int, graded: bool) -> list[str]:
    if not found:
        return []
    lead = found[0]
    if causes:
        what = "that one thing" if causes == 1 else f"those {('', '', 'two', 'three', 'four')[min(causes, 4)]} things"
        return [f"Next: change {what}{'' if graded else ', run its cell again, then this one'}."]
    if lead.error is not None:
        return [f"Next: {explained(lead.error).then}."]
    match lead.kind:
        case "conduct":
            return []
        case "missing":
            return ["Next: look at what stands behind `return`, and print it just before."]
        case "shape" | "type" | "form":
            return ["Next: print what you return, its type and its `.shape`, and compare with what the task asks for."]
        case "not finite":
            return ["Next: print the values on the way, and find the first that is no number any more."]
    if lead.index >= view.public:
        kinds = _listed(hidden_kinds(view.marks.task))
        return [f"Next: in your notebook, try inputs of your own ({kinds}), and compare with torch."]
    if view.marks.task.by_hand:
        return ["Next: work this one input out by hand; the hints above the task go one step at a time."]
    return ["Next: run that call in a cell of its own, print the values on the way, and say which one you expected."]


def _after_a_pass(task: Task) -> list[str]:
    kinds = _listed(hidden_kinds(task))
    return [f"The points are decided on other inputs{f', among them {kinds}' if kinds else ''}: try some of your own."]


def _listed(words: Sequence[str]) -> str:
    *most, last = words or [""]
    return f"{', '.join(most)} and {last}" if most else last


def _printed(view: View) -> list[str]:
    """What the answer printed in the first call that may be shown and in which it printed something."""
    shown = view.marks.printed[: view.public]
    index = next((i for i, text in enumerate(shown) if text.strip()), None)
    if index is None:
        return []
    lines = [line.rstrip() for line in shown[index].strip("\n").split("\n")]
    text = " ⏎ ".join(lines[:PRINTED_LINES])
    cut = len(lines) > PRINTED_LINES or len(text) > PRINTED
    text = "".join(c if c.isprintable() else " " for c in text).replace("`", "'")
    return [f"Printed{view.at(index)}: `{text[:PRINTED]}`{' …' if cut else ''}"]


def _left_changed(marks: Marks) -> list[str]:
    """What cells left switched: nothing of it was on while the answer was tried, which may surprise."""
    if not marks.left:
        return []
    found = ", ".join(str(name)[:80] for name in marks.left[:4])
    return [f"A cell of this notebook leaves changed: {found}. Answers are tried without it; put it back there."]


# --- the source ---------------------------------------------------------------------------------------------------


def _definition(source: str, name: str) -> ast.FunctionDef | None:
    """The last definition of the function `name`."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == name]
    return found[-1] if found and not found[-1].decorator_list else None


def _returns(source: str, name: str) -> bool | None:
    """Whether the function itself has a `return` with a value; None where that is not known."""
    function = _definition(source, name)
    if function is None:
        return None
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Return) and node.value is not None:
            return True
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return None
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)
    return False


_SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Return)


def _in_place(source: str, name: str) -> str:
    """The one line of the function that changes something in place; "" where there is none, or more."""
    function = _definition(source, name)
    nodes = ast.walk(function) if function else ()
    found = {ast.unparse(node)[:100] for node in nodes if isinstance(node, _SIMPLE) and _changes(node)}
    return found.pop() if len(found) == 1 else ""


def _changes(statement: ast.stmt) -> bool:
    """Whether a statement changes a value in place: `+=`, `x[0] = ...`, a method whose name ends in a single `_`."""
    match statement:
        case ast.AugAssign() | ast.Assign(targets=[ast.Subscript()]):
            return True
    calls = (node.func.attr for node in ast.walk(statement) if _is_a_method(node))  # type: ignore[attr-defined]
    return any(attr.endswith("_") and not attr.endswith("__") and attr != "requires_grad_" for attr in calls)


def _is_a_method(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
