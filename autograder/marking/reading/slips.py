"""The slip in a student's own source: edits, one at a time, are tried until one makes the answer come right.

An edit is never shown. What is said is the line and what is odd about it, and only where the edited answer, driven on
the same probes, is right where the student's was wrong.
"""

from __future__ import annotations

import ast
import copy
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from ...authoring.task import Cause
from ..answers import Answer, Written
from ..marks import CONDUCT, SECOND_CALL, Case, Marks, compared
from . import blocks, expressions
from .edit import Edit

OF_THE_WHOLE = {"order"}  # edits that prove nothing where only a part comes right: it may be another part's value
FIRST = 3  # of the probes that went wrong are tried before all the others
MOST_EDITS = 250  # of one answer
MOST_NODES = 600  # of source that is worth editing
ROUNDS = 20_000  # of all loops, after which an edited answer is given up: an edit may take away what ends a loop


def slips_in(marks: Marks, answer: Answer, *, seconds: float) -> list[Cause]:
    """The slip in an answer that is wrong, or [] where no single edit makes it right, or none was found in time."""
    if not marks.failing or not marks.attempted or marks.differentiated:
        return []
    written = answer.written()
    if not written or sum(1 for each in written for _ in ast.walk(each.tree)) > MOST_NODES:
        return []
    return _Search(marks, answer, written, time.monotonic() + seconds).found()


def edits(tree: ast.stmt) -> list[Edit]:
    """Every edit of a definition that is worth a try, the likeliest first."""
    found = []
    for position, node in enumerate(ast.walk(tree)):
        line = getattr(node, "lineno", 0)
        for name, rank, says, make in (*expressions.of(node, tree), *blocks.of(node, tree)):
            if line:
                found.append(Edit(name, rank, line, says, position, make))
    return sorted(found, key=lambda edit: edit.rank)


@dataclass
class _Search:
    marks: Marks
    answer: Answer
    written: Sequence[Written]
    deadline: float

    def found(self) -> list[Cause]:
        """The first edit after which all is right; else the first after which more parts are, and none less."""
        failing = set(self.marks.failing)
        wrong = [i for i in range(len(self.marks.cases)) if any(self.marks.differences[part][i] for part in failing)]
        first = [self.marks.cases[i] for i in wrong[:FIRST]]
        nearer: Cause | None = None
        tried: set[str] = set()
        for place, edit in self._edits()[:MOST_EDITS]:
            if time.monotonic() > self.deadline:
                break
            source = self._edited(place, edit)
            if source is None or source in tried:
                continue
            tried.add(source)
            left = self._failing(source, first)
            if left is None or not failing - left:
                continue
            left = self._failing(source, self.marks.cases)
            if left is None or not left < failing:
                continue
            if not left:
                return [self._cause(place, edit)]
            gained = sorted(failing - left - set(CONDUCT))
            if nearer is None and gained and edit.name not in OF_THE_WHOLE:
                nearer = self._cause(place, edit, gained)
        return [nearer] if nearer else []

    def _edits(self) -> list[tuple[int, Edit]]:
        found = [(place, edit) for place, each in enumerate(self.written) for edit in edits(each.tree)]
        return sorted(found, key=lambda pair: pair[1].rank)

    def _edited(self, place: int, edit: Edit) -> str | None:
        """The source of all definitions, one of them edited, with loops that end."""
        try:
            changed = edit.apply(copy.deepcopy(self.written[place].tree))
            if changed is None:
                return None
            trees = [changed if i == place else copy.deepcopy(each.tree) for i, each in enumerate(self.written)]
            text = "\n".join(ast.unparse(_Bounded().visit(tree)) for tree in reversed(trees))
            ast.parse(text)
        except (ValueError, TypeError, AttributeError, AssertionError, SyntaxError, RecursionError):
            return None  # an edit that makes no Python
        return f"_rounds_ = iter(range({ROUNDS}))\n{text}"

    def _failing(self, source: str, cases: Sequence[Case]) -> set[str] | None:
        """The parts that are wrong on some of `cases`; None where the edited answer could not be tried."""
        task = self.marks.task
        edited = self.answer.rewritten(source, twice=SECOND_CALL in self.marks.failing)
        try:
            outcomes = edited.drive(task.driver, [case.inputs for case in cases], names=task.parameters, watch=False)
        except Exception:  # it took too long, or its process is gone: nothing is known then
            return None
        _, differences = compared(task, cases, outcomes)
        return {part for part, found in differences.items() if any(found)}

    def _cause(self, place: int, edit: Edit, parts: Sequence[str] = ()) -> Cause:
        written = self.written[place]
        text = written.line(edit.line)
        shown = f", `{text}`" if text and "`" not in text else ""
        about = f" (for {' and '.join(parts)})" if parts else ""
        says = re.sub(r"\{(\d+)\}", lambda number: str(int(number[1]) + written.above), edit.says)
        end = "" if says.endswith("?") else "."
        return Cause(f"slip: {edit.name}", f"a slip in line {edit.line + written.above}{shown}{about}: {says}{end}")


class _Bounded(ast.NodeTransformer):
    """Loops that use up a round each time they go round."""

    def visit_While(self, node: ast.While) -> ast.AST:
        return self._counted(node)

    def visit_For(self, node: ast.For) -> ast.AST:
        return self._counted(node)

    def _counted(self, node: ast.While | ast.For) -> ast.AST:
        self.generic_visit(node)
        node.body.insert(0, ast.Expr(ast.Call(ast.Name("next", ast.Load()), [ast.Name("_rounds_", ast.Load())], [])))
        return node
