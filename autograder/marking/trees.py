"""Syntax trees that are shared and never changed: compared, measured and rewritten without copying them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TypeVar

Node = TypeVar("Node", bound=ast.AST)
_NOT_COMPARED = {"ctx", "kind", "type_comment", "lineno"}


def key(node: ast.AST) -> str:
    """A text that two nodes share where they are the same expression."""
    found: str | None = getattr(node, "_key", None)
    if found is None:
        found = spelled(node, key)
        node._key = found  # type: ignore[attr-defined]
    return found


def spelled(node: ast.AST, of_child: Callable[[ast.AST], str]) -> str:
    """The `key` of `node`, with what `of_child` gives in the place of its children's."""
    parts = [type(node).__name__]
    for name in node._fields:
        if name not in _NOT_COMPARED:
            value = getattr(node, name, None)
            if isinstance(value, list):
                items = [of_child(item) if isinstance(item, ast.AST) else repr(item) for item in value]
                parts.append(f"[{','.join(items)}]")
            else:
                parts.append(of_child(value) if isinstance(value, ast.AST) else repr(value))
    return f"({' '.join(parts)})"


def size(node: ast.AST) -> int:
    """How many nodes a tree has, shared ones counted each time."""
    found: int | None = getattr(node, "_size", None)
    if found is None:
        found = 1 + sum(size(child) for child in ast.iter_child_nodes(node))
        node._size = found  # type: ignore[attr-defined]
    return found


def rewritten(node: Node, of_child: Callable[[ast.AST], ast.AST]) -> Node:
    """`node` with `of_child` of each child; `node` itself where that changes none."""
    changes: dict[str, object] = {}
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            items = [of_child(item) if isinstance(item, ast.AST) else item for item in value]
            if any(new is not old for new, old in zip(items, value, strict=True)):
                changes[name] = items
        elif isinstance(value, ast.AST):
            new = of_child(value)
            if new is not value:
                changes[name] = new
    if not changes:
        return node
    fields = {name: getattr(node, name, None) for name in node._fields}
    return ast.copy_location(type(node)(**{**fields, **changes}), node)
