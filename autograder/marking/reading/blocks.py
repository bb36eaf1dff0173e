"""Slips of whole lines: indented too far, in the wrong order, missing a word, or one too many."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from .edit import LAST, LIKELY, POSSIBLE, SURE, Found, Maker

_LOOPS = (ast.For, ast.While)
_IN_PLACE = {"sort", "reverse", "append", "extend", "update", "add", "insert", "clear", "shuffle"}


def of(node: ast.AST, tree: ast.AST) -> Iterator[Found]:
    """The edits of one statement."""
    match node:
        case ast.For() | ast.While():
            yield from _of_loop(node)
            if isinstance(node, ast.While):
                says = "`while` asks again and again; how often should be asked?"
                yield "while", POSSIBLE, says, lambda n: ast.If(n.test, n.body, [])
        case ast.If(orelse=[]):
            says = "`if` asks once; is once enough?"
            yield "if for while", SURE, says, lambda n: ast.While(n.test, n.body, [])
        case ast.If():
            says = "the two branches of that `if` stand in each other's place"
            yield "branches", POSSIBLE, says, lambda n: ast.If(n.test, n.orelse, n.body)
        case ast.With(items=items) if any(
            "grad" in ast.unparse(item) or "inference" in ast.unparse(item) for item in items
        ):
            yield "with", LIKELY, "what is switched off by that `with`, and for which lines?", lambda n: n.body
        case ast.Return(value=ast.expr() as value):
            yield from _of_return(value)
        case ast.Expr(value=value):
            yield from _of_expression(value)
        case ast.Assign():
            yield from _of_assignment(node)
        case ast.AugAssign(op=op):
            symbol = {ast.Add: "+=", ast.Sub: "-=", ast.Mult: "*=", ast.Div: "/="}.get(type(op), "")
            if symbol:
                says = f"`{symbol}` changes what was there before; is that what you want?"
                yield "overwrites", LIKELY, says, lambda n: ast.Assign([n.target], n.value, lineno=0)
            turned = {ast.Add: ast.Sub, ast.Sub: ast.Add}.get(type(op))
            if turned:
                says = f"look at the sign in `{symbol}`"
                yield "sign", LIKELY, says, lambda n: ast.AugAssign(n.target, turned(), n.value)
    if isinstance(node, ast.stmt) and hasattr(node, "body") and isinstance(node.body, list):
        yield from _of_order(node.body)
    if isinstance(node, (ast.Expr, ast.AugAssign, ast.Assign)) and not _is_text(node):
        says = "should that line be there at all?"
        yield "too much", LAST, says, lambda n: []
    if isinstance(node, ast.FunctionDef) and node is tree:
        yield from _of_the_end(node)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _of_return(value: ast.expr) -> Iterator[Found]:
    match value:
        case ast.Call(func=ast.Attribute(attr=attr)) if attr in _IN_PLACE:
            says = f"`{attr}` changes what it is called on, and gives back None"
            yield "in place", SURE, says, lambda n: [ast.Expr(n.value), ast.Return(n.value.func.value)]
        case ast.Call(func=ast.Name(id=name)) if name.endswith(("Error", "Exception")):
            yield "not raised", SURE, "the error is made there, not raised", lambda n: ast.Raise(n.value)
        case ast.Name(id=name) if name.endswith("Error"):
            yield "not raised", SURE, "the error is named there, not raised", lambda n: ast.Raise(n.value)
    if not isinstance(value, (ast.Tuple, ast.Dict, ast.Constant)):
        says = "look at the sign of what is returned"
        yield "sign", LIKELY, says, lambda n: ast.Return(ast.UnaryOp(ast.USub(), n.value))


def _of_expression(value: ast.expr) -> Iterator[Found]:
    match value:
        case ast.Call(func=ast.Name(id=name)) if name.endswith(("Error", "Exception")):
            yield "not raised", SURE, "the error is made there, not raised", lambda n: ast.Raise(n.value)
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Eq()]):
            says = "`==` compares; nothing is given a new value there"
            target = ast.Name(name, ast.Store())
            yield "compared", SURE, says, lambda n: ast.Assign([target], n.value.comparators[0], lineno=0)
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner))) | ast.BinOp(left=ast.Name(id=owner)):
            says = "that works out something new, and nothing keeps it"
            target = ast.Name(owner, ast.Store())
            yield "not kept", SURE, says, lambda n: ast.Assign([target], n.value, lineno=0)


def _of_assignment(node: ast.Assign) -> Iterator[Found]:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.UnaryOp(op=ast.UAdd())):
            says = "`=+` is read as `= +`: it overwrites and adds nothing"
            target = ast.Name(name, ast.Store())
            yield "equals plus", SURE, says, lambda n: ast.AugAssign(target, ast.Add(), n.value.operand)
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Attribute(attr=attr))) if (
            attr in _IN_PLACE
        ):
            says = f"`{attr}` changes what it is called on and gives back None, so `{name}` is None"
            yield "in place", SURE, says, lambda n: ast.Expr(n.value)
        case ast.Assign(targets=[ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name))]):
            says = "that overwrites what was there before; is that what you want?"

            def added(n: Any) -> ast.AST:
                return ast.AugAssign(n.targets[0], ast.Add(), n.value)

            yield "overwrites", LIKELY, says, added


def _of_loop(loop: ast.For | ast.While) -> Iterator[Found]:
    last = loop.body[-1]
    if isinstance(last, ast.Return):
        says = "its `return` ends the loop in its first round"
        yield "return in loop", SURE, says, _moved_out
    elif len(loop.body) > 1:
        says = "which of its lines belong inside the loop? Look at the last one"
        yield "last inside", LIKELY, says, _moved_out
    if len(loop.body) > 1:
        says = "which of its lines belong inside the loop? Look at the first one"
        yield "first inside", LIKELY, says, lambda n: [n.body[0], _shorter(n, n.body[1:])]


def _moved_out(node: ast.AST) -> list[ast.stmt]:
    assert isinstance(node, _LOOPS)
    *others, last = node.body
    return [_shorter(node, others or [ast.Pass()]), last]


def _shorter(loop: ast.AST, body: list[ast.stmt]) -> ast.stmt:
    assert isinstance(loop, _LOOPS)
    loop.body = body
    return loop


def _of_order(body: list[ast.stmt]) -> Iterator[Found]:
    """Two lines that follow each other, the other way round; a line behind a loop as the last one in it."""
    for index in range(len(body) - 1):
        one, other = body[index], body[index + 1]
        if isinstance(other, ast.Return) or isinstance(one, ast.Return) or _is_text(one):
            continue
        if isinstance(one, _LOOPS):
            says = f"should line {{{other.lineno}}} be inside the loop?"
            yield "left outside", LIKELY, says, _taken_in(index)
        if not isinstance(one, _LOOPS) and not isinstance(other, _LOOPS):
            says = f"look at the order of lines {{{one.lineno}}} and {{{other.lineno}}}"
            yield "order of lines", LIKELY, says, _exchanged(index)


def _taken_in(index: int) -> Maker:
    def make(node: Any) -> Any:
        body: list[ast.stmt] = node.body
        loop = body[index]
        assert isinstance(loop, _LOOPS)
        loop.body.append(body.pop(index + 1))
        return node

    return make


def _exchanged(index: int) -> Maker:
    def make(node: Any) -> Any:
        body: list[ast.stmt] = node.body
        body[index], body[index + 1] = body[index + 1], body[index]
        return node

    return make


def _of_the_end(function: ast.FunctionDef) -> Iterator[Found]:
    """A last line whose value nobody returns."""
    match function.body[-1]:
        case ast.Expr(value=value) if not isinstance(value, ast.Constant):
            made: ast.expr = value
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AugAssign(target=ast.Name(id=name)):
            made = ast.Name(name, ast.Load())
        case _:
            return

    def returning(node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.FunctionDef)
        if isinstance(node.body[-1], ast.Expr):
            node.body[-1] = ast.Return(node.body[-1].value)
        else:
            node.body.append(ast.Return(made))
        return node

    yield "not returned", SURE, "its last line works something out, and nothing is returned", returning
