"""A student's source as a tree in which names and code that hide in texts are written plainly.

`getattr(torch, "auto" + "grad")` reads torch.autograd, `exec("y = 2 * x")` reads as the statement in it, `eval` as its
expression. What is put together while it runs can't be read here; differentiating is noticed then all the same.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

MOST_TEXT = 300_000  # characters: no notebook of a person's is larger, and reading takes a hundred times the memory
_HIDING = ("getattr", "setattr", "vars(", "__dict__", "__import__", "import_module", "exec", "eval")


def statements(source: str) -> Sequence[ast.stmt]:
    """The statements of `source`, magics left out; [] where it can't be read."""
    if len(source) > MOST_TEXT:
        return []
    lines = [("pass" if line.startswith(("%", "!")) else line) for line in source.splitlines()]
    module = _parsed("\n".join(lines))
    if module is None:
        return []
    if any(word in source for word in _HIDING):
        try:
            module = _Plainly().visit(module)
        except RecursionError:  # an expression nested a thousand deep: as it stands
            module = _parsed("\n".join(lines)) or module
    return module.body


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def text_of(node: ast.AST) -> str | None:
    """The text that an expression of literals makes; None where it is none."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            one, two = text_of(left), text_of(right)
            return None if one is None or two is None else one + two
        case ast.JoinedStr(values=values):
            parts = [text_of(value) for value in values]
            return None if None in parts else "".join(part or "" for part in parts)
        case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
            return text_of(value)
        case ast.Call(func=ast.Attribute(attr="join", value=glue), args=[ast.List(elts=items) | ast.Tuple(elts=items)]):
            between, parts = text_of(glue), [text_of(item) for item in items]
            return None if between is None or None in parts else between.join(part or "" for part in parts)
        case ast.Call(func=ast.Name(id="compile"), args=[inner, *_]):
            return text_of(inner)
        case ast.Subscript(
            value=value,
            slice=ast.Slice(lower=None, upper=None, step=ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1))),
        ):
            turned = text_of(value)
            return None if turned is None else turned[::-1]
    return None


class _Plainly(ast.NodeTransformer):
    def visit_Call(self, call: ast.Call) -> ast.AST:
        self.generic_visit(call)
        match call:
            case ast.Call(func=ast.Name(id="getattr"), args=[owner, name, *_]) if word := text_of(name):
                return _attribute(owner, word, call)
            case ast.Call(func=ast.Name(id="__import__") | ast.Attribute(attr="import_module"), args=[name, *_]) if (
                word := text_of(name)
            ):
                first, *rest = word.split(".")
                found: ast.expr = ast.copy_location(ast.Name(first, ast.Load()), call)
                for part in rest if not isinstance(call.func, ast.Name) else ():
                    found = _attribute(found, part, call)
                return found
            case ast.Call(func=ast.Name(id="eval"), args=[text, *_]) if (code := text_of(text)) is not None:
                module = _parsed(code.strip())
                if module and len(module.body) == 1 and isinstance(module.body[0], ast.Expr):
                    value: ast.AST = _Plainly().visit(module.body[0].value)
                    return ast.copy_location(value, call)
        return call

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        match node:
            case (
                ast.Subscript(value=ast.Call(func=ast.Name(id="vars"), args=[owner]), slice=name)
                | ast.Subscript(value=ast.Attribute(value=owner, attr="__dict__"), slice=name)
            ) if word := text_of(name):
                return _attribute(owner, word, node)
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        match node.value:
            case ast.Call(func=ast.Name(id="exec"), args=[text, *_]) if (code := text_of(text)) is not None:
                module = _parsed(code)
                if module and module.body:
                    body = _Plainly().visit(module).body
                    return ast.copy_location(ast.If(ast.Constant(True), body, []), node)
            case ast.Call(func=ast.Name(id="setattr"), args=[owner, name, value]) if word := text_of(name):
                target = ast.Attribute(owner, word, ast.Store())
                return ast.fix_missing_locations(ast.copy_location(ast.Assign([target], self.visit(value)), node))
        return self.generic_visit(node)


def _attribute(owner: ast.expr, name: str, at: ast.AST) -> ast.Attribute:
    return ast.copy_location(ast.Attribute(owner, name, ast.Load()), at)
