"""Slips inside a line: an operator, brackets, a sign, a call, a name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .edit import LAST, LIKELY, POSSIBLE, SURE, Found, Maker

_SYMBOLS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Pow: "**",
    ast.BitXor: "^",
    ast.MatMult: "@",
    ast.Mod: "%",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
# Functions that are taken for each other. What is said names the one that stands there.
_KIN = (
    ("sin", "cos"),
    ("sigmoid", "tanh"),
    ("log", "log10"),
    ("log", "log2"),
    ("log", "log1p"),
    ("exp", "expm1"),
    ("sum", "mean"),
    ("max", "min"),
    ("maximum", "minimum"),
    ("amax", "amin"),
    ("argmax", "argmin"),
    ("floor", "round"),
    ("ceil", "round"),
    ("trunc", "round"),
    ("all", "any"),
    ("pop", "popleft"),
    ("is_leaf", "requires_grad"),
)
_CUTS = {"detach", "item", "numpy", "tolist", "detach_"}
_ROUNDS = {"int", "round", "bool"}
_ROUNDING_METHODS = {"int", "long", "bool", "half", "short", "bfloat16"}
_AXES = {"dim", "axis"}
_REDUCING = {
    "sum",
    "mean",
    "max",
    "min",
    "amax",
    "amin",
    "softmax",
    "log_softmax",
    "logsumexp",
    "norm",
    "cumsum",
    "prod",
}
_TO_CALL = {
    *("sum", "mean", "item", "detach", "clone", "numel", "dim", "size", "t", "exp", "log", "sigmoid", "sqrt", "abs"),
    *("double", "float", "tolist", "numpy", "name", "backward", "zero_grad", "step", "zero_", "requires_grad_", "tanh"),
    *("retain_grad", "keys", "values", "items", "parameters", "named_parameters", "flatten", "square", "neg", "round"),
}


def of(node: ast.AST, tree: ast.AST) -> Iterator[Found]:
    """The edits of one expression."""
    match node:
        case ast.BinOp():
            yield from _of_operator(node)
        case ast.UnaryOp(op=ast.USub()):
            yield "minus", LIKELY, "look at the minus sign", lambda n: n.operand
        case ast.Compare(ops=[op], comparators=[_]):
            yield from _of_comparison(op)
        case ast.BoolOp(op=op):
            word, other = ("and", ast.Or()) if isinstance(op, ast.And) else ("or", ast.And())
            says = f"think through what `{word}` asks for there"
            yield "and or", LIKELY, says, lambda n: ast.BoolOp(other, n.values)
        case ast.UnaryOp(op=ast.Not()):
            yield "not", POSSIBLE, "the condition is the wrong way round", lambda n: n.operand
        case ast.Call():
            yield from _of_call(node)
        case ast.Attribute(ctx=ast.Load()):
            yield from _of_attribute(node, tree)
        case ast.Subscript(ctx=ast.Load()):
            yield from _of_subscript(node)
        case ast.Constant(value=str(text)):
            if text.strip().lower() != text:
                says = "compare that word, letter by letter, with the one that the task asks for"
                yield "spelling", SURE, says, lambda n: ast.Constant(n.value.strip().lower())
        case ast.Constant(value=bool(value)):
            says = f"think again about the `{value}` there"
            yield "truth", LIKELY, says, lambda n: ast.Constant(not n.value)
        case ast.Name(ctx=ast.Load()):
            yield from _of_name(node, tree)
        case ast.IfExp():
            says = "the two sides of that `if … else` stand in each other's place"
            yield "sides of if", LIKELY, says, lambda n: ast.IfExp(n.test, n.orelse, n.body)
        case ast.Tuple(ctx=ast.Load(), elts=items) if 2 <= len(items) <= 3:
            for i, j in ((0, 1), (1, 2), (0, 2)):
                if j < len(items):
                    yield "order", LIKELY, "look at the order of what stands between the commas", _swapped(i, j)


def _swapped(i: int, j: int) -> Maker:
    def make(node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Tuple)
        node.elts[i], node.elts[j] = node.elts[j], node.elts[i]
        return ast.Tuple(node.elts, ast.Load())

    return make


# --- operators ----------------------------------------------------------------------------------------------------


def _of_operator(node: ast.BinOp) -> Iterator[Found]:
    symbol = _SYMBOLS.get(type(node.op), "")
    match node.op:
        case ast.FloorDiv():
            yield "floor division", SURE, "`//` divides and rounds down", _with(ast.Div())
        case ast.BitXor():
            yield "caret", SURE, "`^` is no power in Python", _with(ast.Pow())
        case ast.Add():
            yield "plus", LIKELY, "look at the plus sign: what belongs between those two?", _with(ast.Sub())
            yield "plus", POSSIBLE, "look at the `+`: what belongs between those two?", _with(ast.Mult())
        case ast.Sub():
            yield "minus", LIKELY, "look at the minus sign", _with(ast.Add())
        case ast.Mult():
            if isinstance(node.right, ast.Constant):
                yield "star", SURE, "one `*` multiplies; is that what you mean there?", _with(ast.Pow())
            yield "times", POSSIBLE, "look at the `*`: what belongs between those two?", _with(ast.Add())
            yield "times", POSSIBLE, "look at the `*`: what belongs between those two?", _with(ast.Div())
            yield "times", POSSIBLE, "`*` works element by element", _with(ast.MatMult())
        case ast.Div():
            yield "divided", POSSIBLE, "look at the `/`: what belongs between those two?", _with(ast.Mult())
        case ast.Pow():
            yield "power", SURE, "`**` raises to a power; is that what you mean there?", _with(ast.Mult())
        case ast.Mod():
            yield "percent", POSSIBLE, "`%` is what a division leaves over", _with(ast.Div())
    if isinstance(node.op, (ast.Sub, ast.Div, ast.MatMult, ast.Pow)):
        yield "sides", LIKELY, f"the two sides of `{symbol}` stand in each other's place", _turned
    for rotate in (_rotate_left, _rotate_right):
        if rotate(node, dry=True) is not None:
            says = "follow the order in which Python works that out: which brackets does it need, and where?"
            yield "brackets", SURE, says, rotate
    if isinstance(node.op, (ast.Add, ast.Sub)):
        yield "far minus", SURE, "how far does the minus in front reach?", _minus_over_all
    one = isinstance(node.right, ast.Constant) and node.right.value == 1 and isinstance(node.op, (ast.Add, ast.Sub))
    too_much = f"is the `{symbol} 1` right there?" if one else "something there does not belong: look at each piece"
    yield "too much", SURE if one else POSSIBLE, too_much, lambda n: n.left
    if not one:
        yield "too much", POSSIBLE, too_much, lambda n: n.right


def _with(op: ast.operator) -> Maker:
    return lambda n: ast.BinOp(n.left, op, n.right)


def _turned(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.BinOp)
    return ast.BinOp(node.right, node.op, node.left)


def _rotate_left(node: ast.AST, dry: bool = False) -> ast.AST | None:
    """a ∘ (b • c) as (a ∘ b) • c"""
    match node:
        case ast.BinOp(left=a, op=outer, right=ast.BinOp(left=b, op=inner, right=c)) if _matters(outer, inner):
            return ast.BinOp(ast.BinOp(a, outer, b), inner, c)
    return None


def _rotate_right(node: ast.AST, dry: bool = False) -> ast.AST | None:
    """(a • b) ∘ c as a • (b ∘ c)"""
    match node:
        case ast.BinOp(left=ast.BinOp(left=a, op=inner, right=b), op=outer, right=c) if _matters(outer, inner):
            return ast.BinOp(a, inner, ast.BinOp(b, outer, c))
        case ast.BinOp(left=ast.UnaryOp(op=ast.USub(), operand=a), op=outer, right=c):
            return ast.UnaryOp(ast.USub(), ast.BinOp(a, outer, c))
        case ast.BinOp(left=ast.Call(func=f, args=[a], keywords=[]) as call, op=outer, right=c) if not dry:
            return ast.Call(f, [ast.BinOp(a, outer, c)], call.keywords)
        case ast.BinOp(left=ast.Call(args=[_], keywords=[])):
            return node
    return None


def _matters(one: ast.operator, other: ast.operator) -> bool:
    return not (type(one) is type(other) and isinstance(one, (ast.Add, ast.Mult)))


def _minus_over_all(node: ast.AST) -> ast.AST | None:
    """−a + b as −(a + b), where the minus stands before the first of all."""
    leaf: ast.AST | None = node
    parent, field = None, ""
    while isinstance(leaf, ast.BinOp):
        parent, field, leaf = leaf, "left", leaf.left
    if parent is None or not (isinstance(leaf, ast.UnaryOp) and isinstance(leaf.op, ast.USub)):
        return None
    setattr(parent, field, leaf.operand)
    assert isinstance(node, ast.BinOp)
    return ast.UnaryOp(ast.USub(), ast.BinOp(node.left, node.op, node.right))


def _of_comparison(op: ast.cmpop) -> Iterator[Found]:
    def compared(other: ast.cmpop) -> Maker:
        return lambda n: ast.Compare(n.left, [other], n.comparators)

    symbol = _SYMBOLS.get(type(op), "")
    edge = f"what should happen where both sides of `{symbol}` are equal?"
    round_ = "the condition is the wrong way round"
    match op:
        case ast.Lt():
            yield "edge", SURE, edge, compared(ast.LtE())
            yield "way round", LIKELY, round_, compared(ast.Gt())
        case ast.LtE():
            yield "edge", SURE, edge, compared(ast.Lt())
            yield "way round", LIKELY, round_, compared(ast.GtE())
        case ast.Gt():
            yield "edge", SURE, edge, compared(ast.GtE())
            yield "way round", LIKELY, round_, compared(ast.Lt())
        case ast.GtE():
            yield "edge", SURE, edge, compared(ast.Gt())
            yield "way round", LIKELY, round_, compared(ast.LtE())
        case ast.Eq() | ast.NotEq():
            yield "way round", LIKELY, round_, compared(ast.NotEq() if isinstance(op, ast.Eq) else ast.Eq())
        case ast.Is() | ast.IsNot():
            yield "way round", LIKELY, round_, compared(ast.IsNot() if isinstance(op, ast.Is) else ast.Is())
            word = "`is` asks for the very same object, not for equal ones"
            yield "is", LIKELY, word, compared(ast.Eq() if isinstance(op, ast.Is) else ast.NotEq())
        case ast.In() | ast.NotIn():
            yield "way round", LIKELY, round_, compared(ast.NotIn() if isinstance(op, ast.In) else ast.In())


# --- calls --------------------------------------------------------------------------------------------------------


def _of_call(call: ast.Call) -> Iterator[Found]:
    name = _name_of(call.func)
    if name in _ROUNDS and isinstance(call.func, ast.Name) and call.args:
        yield "rounded", SURE, f"`{name}(…)` loses what stands behind the point", lambda n: n.args[0]
    elif isinstance(call.func, ast.Attribute) and name in _ROUNDING_METHODS and not call.args:
        yield "rounded", SURE, f"`.{name}()` loses digits", lambda n: n.func.value
    elif isinstance(call.func, ast.Attribute) and name in _CUTS and not call.args:
        says = f"what does `.{name}()` cut off there?"
        yield "cut", SURE, says, lambda n: n.func.value
    elif name == "range":
        yield from _of_range(call)
    elif isinstance(call.func, ast.Attribute) and not call.args and not call.keywords:
        yield "too much", LIKELY, f"does `.{name}()` belong there?", lambda n: n.func.value
    elif len(call.args) == 1 and not call.keywords and not isinstance(call.args[0], ast.Starred):
        if name == "startswith":
            says = "which of the two is the longer one: what is asked, and what is it asked for?"
            yield "sides", SURE, says, _called_the_other_way
        yield "too much", LIKELY, f"does `{name}(…)` belong there?", lambda n: n.args[0]
    elif len(call.args) == 2:
        says = "look at the order of what stands between the commas"
        yield "order", LIKELY, says, lambda n: ast.Call(n.func, n.args[::-1], n.keywords)
    yield from _of_axis(call, name)
    if name == "len" and call.args:
        says = "`len(…)` counts along the first axis alone"
        yield "counted", SURE, says, lambda n: ast.Call(ast.Attribute(n.args[0], "numel", ast.Load()), [], [])


def _name_of(func: ast.AST) -> str:
    return func.id if isinstance(func, ast.Name) else func.attr if isinstance(func, ast.Attribute) else "…"


def _called_the_other_way(node: ast.AST) -> ast.AST | None:
    match node:
        case ast.Call(func=ast.Attribute(value=owner, attr=attr), args=[arg]):
            return ast.Call(ast.Attribute(arg, attr, ast.Load()), [owner], [])
    return None


def _of_range(call: ast.Call) -> Iterator[Found]:
    often, seldom = "does the loop run as often as it should?", "where does the loop begin, and where does it end?"

    def ending(make: Maker) -> Maker:
        def made(node: ast.AST) -> ast.AST:
            assert isinstance(node, ast.Call)
            at = 0 if len(node.args) == 1 else 1
            node.args[at] = make(node.args[at])
            return ast.Call(node.func, node.args, [])

        return made

    one = ast.Constant(1)
    yield "range", SURE, often, ending(lambda end: ast.BinOp(end, ast.Sub(), one))
    yield "range", SURE, often, ending(lambda end: ast.BinOp(end, ast.Add(), one))
    if len(call.args) >= 2:
        yield "range", SURE, seldom, lambda n: ast.Call(n.func, n.args[1:2], [])
    else:
        yield "range", LIKELY, seldom, lambda n: ast.Call(n.func, [one, n.args[0]], [])


def _of_axis(call: ast.Call, name: str) -> Iterator[Found]:
    says = "along which axis should that go?"
    for index, keyword in enumerate(call.keywords):
        if keyword.arg in _AXES:
            for value in (0, 1, -1, -2):
                yield "axis", SURE, says, _with_keyword(index, ast.Constant(value))
            yield "axis", LIKELY, "should that go along one axis alone?", _without_keyword(index)
        elif keyword.arg == "keepdim":
            yield "keepdim", SURE, "compare the shape of that with the one you need", _without_keyword(index)
        elif keyword.arg in ("retain_graph", "create_graph", "requires_grad", "dtype"):
            yield "keyword", LIKELY, f"does `{keyword.arg}=…` belong there?", _without_keyword(index)
    in_module = isinstance(call.func, ast.Attribute) and _name_of(call.func.value) in ("torch", "np", "F", "functional")
    at = 1 if in_module else 0
    if name not in _REDUCING or not isinstance(call.func, ast.Attribute):
        return
    if len(call.args) > at:
        for value in (0, 1, -1):
            yield "axis", SURE, says, _with_argument(at, ast.Constant(value))
        yield "axis", LIKELY, "should that go along one axis alone?", _with_argument(at, None)
    elif len(call.args) == at and not any(k.arg in _AXES for k in call.keywords):
        for value in (0, -1):
            yield (
                "axis",
                LIKELY,
                "that takes everything together, along all axes",
                _with_argument(at, ast.Constant(value)),
            )
    if not any(k.arg == "keepdim" for k in call.keywords) and name != "cumsum":
        keep = ast.keyword("keepdim", ast.Constant(True))
        shape = "compare the shape of that with the one you need"
        yield "keepdim", LIKELY, shape, lambda n: ast.Call(n.func, n.args, [*n.keywords, keep])


def _with_keyword(index: int, value: ast.expr) -> Maker:
    def make(node: ast.AST) -> ast.AST:
        assert isinstance(node, ast.Call)
        node.keywords[index] = ast.keyword(node.keywords[index].arg, value)
        return ast.Call(node.func, node.args, node.keywords)

    return make


def _without_keyword(index: int) -> Maker:
    return lambda n: ast.Call(n.func, n.args, n.keywords[:index] + n.keywords[index + 1 :])


def _with_argument(index: int, value: ast.expr | None) -> Maker:
    return lambda n: ast.Call(n.func, [*n.args[:index], *([value] if value else []), *n.args[index + 1 :]], n.keywords)


# --- names --------------------------------------------------------------------------------------------------------


def _of_attribute(node: ast.Attribute, tree: ast.AST) -> Iterator[Found]:
    called = any(isinstance(n, ast.Call) and n.func is node for n in ast.walk(tree))
    if not called and node.attr in _TO_CALL:
        says = f"`{node.attr}` is named there, not called: brackets are missing behind it"
        yield "not called", SURE, says, lambda n: ast.Call(n, [], [])
    if node.attr in ("T", "data", "mT"):
        yield "cut", LIKELY, f"does `.{node.attr}` belong there?", lambda n: n.value
    for pair in _KIN:
        if node.attr in pair:
            other = pair[1 - pair.index(node.attr)]
            says = f"is `{node.attr}` what you want there?"
            yield "kin", LIKELY, says, _renamed_to(other)


def _renamed_to(other: str) -> Maker:
    return lambda n: ast.Attribute(n.value, other, ast.Load())


def _of_subscript(node: ast.Subscript) -> Iterator[Found]:
    match node:
        case ast.Subscript(value=ast.Attribute(value=owner, attr="shape"), slice=index):
            says = "that counts along one axis alone"
            count = ast.Call(ast.Attribute(owner, "numel", ast.Load()), [], [])
            yield "counted", SURE, says, lambda n: count
            yield from _other_index(index)
        case ast.Subscript(slice=ast.Slice()):
            yield "slice", LIKELY, "which part of it is left by that slice?", lambda n: n.value
            says = "where does that slice begin, and where does it end?"
            yield "slice", POSSIBLE, says, lambda n: _sliced(n, keep="upper")
            yield "slice", POSSIBLE, says, lambda n: _sliced(n, keep="lower")
        case ast.Subscript(slice=index):
            yield from _other_index(index)


def _sliced(node: ast.AST, *, keep: str) -> ast.AST | None:
    assert isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice)
    part = node.slice
    left = ast.Slice(lower=part.lower) if keep == "lower" else ast.Slice(upper=part.upper)
    return ast.Subscript(node.value, left, ast.Load())


def _other_index(index: ast.AST) -> Iterator[Found]:
    value = _whole(index)
    if value is None:
        return
    for other in (0, 1, -1, 2):
        if other != value:
            says = f"`[{value}]` is not the one that belongs there"
            yield "index", LIKELY, says, _indexed(other)


def _whole(node: ast.AST) -> int | None:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        return None
    return value if type(value) is int else None


def _indexed(value: int) -> Maker:
    return lambda n: ast.Subscript(n.value, ast.Constant(value), ast.Load())


def _of_name(node: ast.Name, tree: ast.AST) -> Iterator[Found]:
    """Another name that the definition knows, in the place of this one."""
    called = any(isinstance(n, ast.Call) and n.func is node for n in ast.walk(tree))
    known = _known(tree)
    if called or node.id not in known:
        for pair in _KIN:
            if node.id in pair and called:
                other = pair[1 - pair.index(node.id)]
                yield "kin", LIKELY, f"is `{node.id}` what you want there?", _named(other)
        return
    for other in known:
        if other != node.id:
            yield "name", LAST, f"is `{node.id}` the name that belongs there?", _named(other)


def _named(other: str) -> Maker:
    return lambda n: ast.Name(other, ast.Load())


def _known(tree: ast.AST) -> list[str]:
    """Parameters and locals of a definition, in order."""
    names: dict[str, None] = {}
    for node in ast.walk(tree):
        match node:
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                names[name] = None
    return list(names)[:12]
