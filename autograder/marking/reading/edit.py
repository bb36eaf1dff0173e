"""One small edit of a definition, and what it says about the line."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SURE, LIKELY, POSSIBLE, LAST = range(4)  # ranks: what is nearly always a slip is tried first

Maker = Callable[[Any], Any]  # what it gives is a node, statements, or None where there is none
Found = tuple[str, int, str, Maker]  # a name, a rank, what it says, and how it is made


@dataclass(frozen=True)
class Edit:
    """One edit at one place.

    says      what is odd there, as a clause that follows "in line 3, `…`: "; never the line put right
    position  of the node in the order of `ast.walk`
    make      gives, from that node in a copy, what stands there instead: a node, or statements for a statement
    """

    name: str
    rank: int
    line: int
    says: str
    position: int
    make: Maker

    def apply(self, tree: ast.stmt) -> ast.stmt | None:
        """The tree, a copy that may be changed, with the edit made; None where it can't be."""
        nodes = list(ast.walk(tree))
        node = nodes[self.position]
        made = self.make(node)
        if made is None:
            return None
        if node is tree:
            return made if isinstance(made, ast.stmt) else None
        for parent in nodes:
            for field, value in ast.iter_fields(parent):
                if value is node and isinstance(made, ast.AST):
                    setattr(parent, field, made)
                    return tree
                if isinstance(value, list) and any(item is node for item in value):
                    index = next(i for i, item in enumerate(value) if item is node)
                    value[index : index + 1] = made if isinstance(made, list) else [made]
                    if not value:
                        value.append(ast.Pass())
                    return tree
        return None
