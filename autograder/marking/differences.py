"""Is an expression a difference quotient or a complex step? Read off Python's syntax tree, and only for certain.

A difference quotient is (a·E(u + kh) + b·E(u − mh) + …) / (n·h): the same expression E in every term, coefficients
that add up to 0, and the step h as a factor of the divisor. An honest formula such as (sin(x+h) − sin(x−h)) / (2·sin h)
is none, since its divisor is not h. Where the expression does not show its step (a tensor with one element moved,
values kept in a list), the divisor does: nothing but a difference quotient divides a difference by 0.00001.
"""

from __future__ import annotations

import ast
import itertools
import math
import sys
from collections.abc import Iterator, Sequence

from .trees import key, rewritten, size, spelled

Values = dict[str, ast.expr]  # what is known of local names: an ast.Constant for each that is a plain number

_LARGEST_STEP = 0.1  # a constant larger than this may belong to an honest formula
# Nobody writes a formula larger than this; whoever does shall not keep the marker busy.
_MOST_NODES, _MOST_IN_ALL, _MOST_TERMS, _MOST_SHIFTS = 400, 50_000, 12, 50
_TINY, _HUGE = 0.005, 1e4  # no honest formula divides a difference by less, or multiplies one by more
_USUAL_MULTIPLES = (1, 2, 3, 4, 6, 8, 12, 24, 60)  # of h, in the divisors of the usual differences
_OPERATORS: dict[str, type[ast.operator]] = {
    "add": ast.Add,
    "sub": ast.Sub,
    "subtract": ast.Sub,
    "mul": ast.Mult,
    "multiply": ast.Mult,
    "div": ast.Div,
    "divide": ast.Div,
    "true_divide": ast.Div,
    "truediv": ast.Div,
}
_WRAPPERS = {"float", "tensor", "as_tensor", "asarray", "array", "float32", "float64", "item", "double"}
_OF_OPERATIONS = {"torch", "np", "numpy", "operator", "math"}
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def find(definition: ast.AST, constants: Values) -> str | None:
    """The first such quotient in a definition, in words; None where there is none for certain."""
    room = _MOST_IN_ALL
    for expression, values in _spelled_out([definition], constants):
        room -= size(expression)
        if room < 0:
            return None
        for node in _products(expression) if size(expression) <= _MOST_NODES else ():
            found = _kind(node, values)
            if found:
                return f"{found}: {ast.unparse(node)[:120]}"
    return None


def _products(node: ast.AST) -> Iterator[ast.BinOp]:
    """The products and quotients in an expression, each whole: not a·b within a·b/c."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Div)):
            yield node
            waiting += itertools.chain(*_factors(node))
        else:
            waiting += ast.iter_child_nodes(node)


def number(node: ast.AST, values: Values) -> float | None:
    """The value of an expression of numbers and of names for them; None where it is not that."""
    match node:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.Name(id=name) if isinstance(values.get(name), ast.Constant):
            return number(values[name], {})
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            positive = number(operand, values)
            return None if positive is None else -positive
        case ast.BinOp(left=left, op=op, right=right):
            a = number(left, values)
            b = None if a is None else number(right, values)
            return None if a is None or b is None else _arithmetic(a, op, b)
        case ast.Attribute(attr="eps" | "epsilon", value=ast.Call() | ast.Attribute()):
            return sys.float_info.epsilon  # np.finfo(float).eps and its like
        case ast.Call(func=ast.Attribute(attr="sqrt" | "cbrt"), args=[inner]):
            inside = number(inner, values)
            return None if inside is None or inside < 0 else math.sqrt(inside)
        case ast.Call() if (wrapped := _unwrapped(node)) is not node:
            return number(wrapped, values)
    return None


def _arithmetic(a: float, op: ast.operator, b: float) -> float | None:
    try:
        match op:
            case ast.Add():
                return a + b
            case ast.Sub():
                return a - b
            case ast.Mult():
                return a * b
            case ast.Div():
                return a / b
            case ast.Pow():
                power = a**b
                return power if isinstance(power, float) else None
    except ArithmeticError:
        pass
    return None


# --- every expression, with the locals in it put back -------------------------------------------------------------


def _spelled_out(body: Sequence[ast.AST], values: Values) -> Iterator[tuple[ast.expr, Values]]:
    """The expressions of a body and of the functions in it, each with what is known of local names by then."""
    values = dict(values)
    functions: list[ast.AST] = []
    for node in body:
        if isinstance(node, _SCOPES):
            functions.append(node)
            continue
        parts = [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]
        functions += [lam for part in parts for lam in ast.walk(part) if isinstance(lam, ast.Lambda)]
        blocks = _blocks(node)
        if blocks:  # what a branch or a loop assigns is known inside it; outside, no more
            values = _without(values, _stored(node))
        before = values
        values = _without(values, _stored(node))
        for name, value in _assigned(node):
            inlined = _inlined(value, before)
            yield inlined, before
            known = number(inlined, before)
            if known is not None:
                values[name] = ast.Constant(known)
            elif size(inlined) <= _MOST_NODES:
                values[name] = inlined
        if not any(_assigned(node)):
            yield from ((_inlined(part, before), before) for part in parts)
        for block in blocks:
            yield from _spelled_out(block, values)
    for function in functions:
        inside = _without(values, _stored(function) | {a.arg for a in ast.walk(function) if isinstance(a, ast.arg)})
        inside |= _defaults(function)
        inner = [ast.Expr(function.body)] if isinstance(function, ast.Lambda) else function.body  # type: ignore[attr-defined]
        yield from _spelled_out(inner, inside)


def _defaults(function: ast.AST) -> Values:
    """The parameters that are numbers unless the caller says otherwise, and that the body never assigns."""
    if isinstance(function, ast.ClassDef):
        return {}
    given: ast.arguments = function.args  # type: ignore[attr-defined]
    named = [*given.posonlyargs, *given.args]
    pairs = [*zip(named[len(named) - len(given.defaults) :], given.defaults, strict=True)]
    pairs += [(arg, value) for arg, value in zip(given.kwonlyargs, given.kw_defaults, strict=True) if value]
    sizes = {arg.arg: number(value, {}) for arg, value in pairs if arg.arg not in _stored(function)}
    return {name: ast.Constant(size) for name, size in sizes.items() if size is not None}


def _blocks(node: ast.AST) -> list[list[ast.stmt]]:
    parts = [getattr(node, part, []) for part in ("body", "orelse", "finalbody")]
    parts += [inner.body for part in ("handlers", "cases") for inner in getattr(node, part, [])]
    return [part for part in parts if isinstance(part, list) and part]


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=items)) if len(targets) == len(items):
            yield from ((t.id, item) for t, item in zip(targets, items, strict=True) if isinstance(t, ast.Name))
        case ast.Assign(targets=targets, value=value):
            yield from ((t.id, value) for t in targets if isinstance(t, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield name, value
        case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
            yield name, ast.BinOp(ast.Name(name, ast.Load()), op, value)


def _stored(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _without(values: Values, names: set[str]) -> Values:
    return {key: value for key, value in values.items() if key not in names}


def _inlined(node: ast.expr, values: Values) -> ast.expr:
    """`node` with locals spelled out and `torch.sub(a, b)` written as a − b; names of plain numbers stay names."""
    values = _without(values, _stored(node))  # names of a comprehension are its own

    def inline(part: ast.AST) -> ast.AST:
        match part:
            case ast.Name(id=name):
                value = values.get(name)
                return part if value is None or isinstance(value, (ast.Lambda, ast.Constant)) else value
            case ast.Lambda() | ast.Constant():
                return part
        whole = rewritten(part, inline)
        match whole:
            case ast.Call(func=ast.Attribute(attr=attr, value=owner), args=args, keywords=[]) if attr in _OPERATORS:
                operands = args if _has_operations(owner) else [owner, *args]
                if len(operands) == 2:
                    return ast.BinOp(operands[0], _OPERATORS[attr](), operands[1])
        return whole

    inlined = inline(node)
    assert isinstance(inlined, ast.expr)
    return node if size(inlined) > _MOST_NODES else inlined


def _has_operations(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in _OF_OPERATIONS


def _unwrapped(node: ast.AST) -> ast.AST:
    """The inside of float(…), torch.tensor(…) or ….item(), which change how a number is kept and not the number."""
    while True:
        match node:
            case ast.Call(func=ast.Name(id=name), args=[inner, *_]) if name in _WRAPPERS:
                node = inner
            case ast.Call(func=ast.Attribute(attr=attr, value=owner), args=args) if attr in _WRAPPERS:
                node = args[0] if args and _has_operations(owner) else owner
            case _:
                return node


# --- quotients ----------------------------------------------------------------------------------------------------


def _kind(node: ast.BinOp, values: Values) -> str | None:
    tops, bottoms = _factors(node)
    for top in tops:
        if any(_is_divided_by(step, tops, bottoms, values) for step in _steps_of_a_difference(top)):
            return "it is a difference quotient"
        if any(_is_divided_by(step, tops, bottoms, values) for step in _steps_of_a_weighted_sum(top)):
            return "it is a difference quotient"
        if any(_is_divided_by(step, tops, bottoms, values) for step in _imaginary_steps(top)):
            return "it is a complex step"
    if any(_is_a_diff(top) for top in tops) and any(_is_a_diff(bottom) for bottom in bottoms):
        return "it is a difference quotient"
    if _is_tiny(tops, bottoms, values):
        if any(_is_a_difference(top, values) or _is_a_diff(top) for top in tops):
            return "it is a difference quotient"
        if any(_is_imaginary(top) for top in tops):
            return "it is a complex step"
    return None


def _is_tiny(tops: list[ast.AST], bottoms: list[ast.AST], values: Values) -> bool:
    """Whether the divisor is known, and too small to belong to an honest formula."""
    below = [number(bottom, values) for bottom in bottoms]
    if not all(below):
        return False
    above = [size for top in tops if (size := number(top, values))]
    divisor = abs(math.prod(size for size in below if size) / math.prod(above))
    return 0 < divisor <= (_TINY if bottoms else 1 / _HUGE)


def _is_a_difference(top: ast.AST, values: Values) -> bool:
    """Whether `top` adds and subtracts values that are not plain numbers, as many one way as the other."""
    terms = _terms(top)
    balanced = abs(sum(factor for factor, _ in terms)) < 1e-9
    return len(terms) > 1 and balanced and all(number(term, values) is None for _, term in terms)


def _is_a_diff(node: ast.AST) -> bool:
    """np.diff(…), or an element of it."""
    match node:
        case ast.Subscript(value=inner):
            return _is_a_diff(inner)
        case ast.Call(func=ast.Attribute(attr="diff") | ast.Name(id="diff")):
            return True
    return False


def _is_imaginary(node: ast.AST) -> bool:
    match node:
        case ast.Subscript(value=inner):
            return _is_imaginary(inner)
        case ast.Attribute(attr="imag") | ast.Call(func=ast.Attribute(attr="imag")):
            return True
    return False


def _factors(node: ast.AST) -> tuple[list[ast.AST], list[ast.AST]]:
    """What a product or a quotient multiplies, and what it divides by."""
    node = _unwrapped(node)
    match node:
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=inner):
            return _factors(inner)
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div() as op, right=right):
            (tops, bottoms), (more, less) = _factors(left), _factors(right)
            return (tops + more, bottoms + less) if isinstance(op, ast.Mult) else (tops + less, bottoms + more)
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.UnaryOp(op=ast.USub(), operand=ast.Constant())):
            tops, bottoms = _factors(left)
            return bottoms, tops
    return [node], []


def _terms(node: ast.AST, factor: float = 1.0) -> list[tuple[float, ast.AST]]:
    """A sum as coefficients and the expressions that they multiply."""
    node = _unwrapped(node)
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return _terms(inner, -factor)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _terms(left, factor) + _terms(right, factor)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _terms(left, factor) + _terms(right, -factor)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            for constant, other in ((left, right), (right, left)):
                value = number(constant, {})
                if value is not None:
                    return _terms(other, factor * value)
        case ast.BinOp(left=left, op=ast.Div(), right=right) if number(right, {}):
            return _terms(left, factor / (number(right, {}) or 1.0))
    return [(factor, node)]


def _steps_of_a_difference(top: ast.AST) -> Iterator[ast.AST]:
    """Each h for which `top` vanishes term by term when u + h and u − h become u."""
    terms = _terms(top)
    if not 2 <= len(terms) <= _MOST_TERMS or abs(sum(factor for factor, _ in terms)) > 1e-9:
        return
    shifts = (shift for _, core in terms for node in ast.walk(core) for shift in _shifts(node))
    for base, step in itertools.islice(shifts, _MOST_SHIFTS):
        settled = (_settled(term, key(base), key(step)) for _, term in terms)
        first = next(settled)
        if all(each == first for each in settled):
            yield step


def _steps_of_a_weighted_sum(top: ast.AST) -> Iterator[ast.AST]:
    """Each h of a sum of values at u + k·h, … with literal weights that cancel, as in a five-point stencil."""
    match top:
        case ast.BinOp(op=ast.MatMult()) | ast.Call(func=ast.Name(id="sum")):
            pass
        case ast.Call(func=ast.Attribute(attr=attr)) if attr in _SUMS:
            pass
        case _:
            return
    parts = list(ast.walk(top))
    if len(parts) <= _MOST_NODES and any(_weights_cancel(part) for part in parts):
        for part in parts:
            for _, step in _shifts(part):
                yield from itertools.chain(*_factors(step))


_SUMS = {"sum", "fsum", "dot", "inner", "vdot", "matmul", "sumprod", "tensordot", "convolve"}


def _weights_cancel(node: ast.AST) -> bool:
    """Whether it is a literal such as (1, -8, 8, -1): numbers of both signs that add up to 0, next to places."""
    if not isinstance(node, (ast.List, ast.Tuple)) or len(node.elts) < 2:
        return False
    items = [item for item in node.elts if not isinstance(item, ast.Starred)]
    if all(isinstance(item, (ast.List, ast.Tuple)) for item in items):  # pairs of a place and a weight
        columns = zip(*(item.elts for item in items if isinstance(item, (ast.List, ast.Tuple))), strict=False)
        return any(_cancel([number(cell, {}) for cell in column]) for column in list(columns)[1:])
    return _cancel([number(item, {}) for item in items])


def _cancel(numbers: Sequence[float | None]) -> bool:
    known = [each for each in numbers if each is not None]
    return len(known) == len(numbers) and any(known) and abs(sum(known)) < 1e-9


def _shifts(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    match node:
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            yield left, _bare(right)
            if isinstance(node.op, ast.Add):
                yield right, _bare(left)


def _bare(step: ast.AST) -> ast.AST:
    """The h of 2·h, −h or h/2."""
    terms = _terms(step)
    return terms[0][1] if len(terms) == 1 else step


def _settled(term: ast.AST, base: str, step: str) -> str:
    """The key of a term in which each u + h, u − h, u + 2·h … has become u."""
    if step not in key(term):
        return key(term)
    if isinstance(term, ast.BinOp):
        for left, right in _shifts(term):
            if key(left) == base and key(right) == step:
                return base
    return spelled(term, lambda child: _settled(child, base, step))


def _imaginary_steps(top: ast.AST) -> Iterator[ast.AST]:
    """Each h of an E(u + ih).imag."""
    match top:
        case ast.Attribute(attr="imag", value=inner) | ast.Call(func=ast.Attribute(attr="imag"), args=[inner]):
            for node in ast.walk(inner):
                match node:
                    case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
                        for base, side in ((left, right), (right, left)):
                            step = _imaginary_part(side)
                            if step is not None and _has_a_name(base):
                                yield step
                    case ast.Call(func=ast.Name(id="complex") | ast.Attribute(attr="complex"), args=[base, step]):
                        if _has_a_name(base):
                            yield _filling(step)


def _filling(step: ast.AST) -> ast.AST:
    """The h of torch.tensor(h), torch.full_like(x, h) or h * torch.ones_like(x)."""
    match _unwrapped(step):
        case ast.Call(func=ast.Attribute(attr="full_like" | "full"), args=[_, inner, *_]):
            return inner
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            for one, other in ((left, right), (right, left)):
                if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr[:4] == "ones":
                    return other
    return _unwrapped(step)


def _imaginary_part(node: ast.AST) -> ast.AST | None:
    match _unwrapped(node):
        case ast.Constant(value=complex() as value):
            return ast.Constant(value.imag)
        case ast.BinOp(left=ast.Constant(value=complex()), op=ast.Mult(), right=step):
            return step
        case ast.BinOp(left=step, op=ast.Mult(), right=ast.Constant(value=complex())):
            return step
    return None


def _has_a_name(node: ast.AST) -> bool:
    return any(isinstance(n, ast.Name) for n in ast.walk(node))


def _is_divided_by(step: ast.AST, tops: list[ast.AST], bottoms: list[ast.AST], values: Values) -> bool:
    size = number(step, values)
    if size is None:
        return any(_is_multiple(bottom, step) for bottom in bottoms) or _all_factors_of(step, bottoms, values)
    if not 0 < abs(size) <= _LARGEST_STEP:
        return False
    if any(_is_multiple(bottom, step) for bottom in bottoms):
        return True
    if not all(number(b, values) or isinstance(b, (ast.Name, ast.Attribute)) for b in bottoms):
        return False
    divisor = math.prod(v for b in bottoms if (v := number(b, values)))
    divisor /= math.prod(v for t in tops if (v := number(t, values)))
    ratio = abs(divisor / size)
    return abs(divisor) < 1 and any(math.isclose(ratio, n, rel_tol=1e-9) for n in _USUAL_MULTIPLES)


def _all_factors_of(step: ast.AST, bottoms: list[ast.AST], values: Values) -> bool:
    """Whether a step such as 1e-6·(1 + |x|) is among the factors of the divisor, but for numbers."""
    tops, below = ([key(f) for f in factors if number(f, values) is None] for factors in _factors(step))
    return bool(tops) and not below and set(tops) <= {key(bottom) for bottom in bottoms}


def _is_multiple(bottom: ast.AST, step: ast.AST) -> bool:
    """Whether `bottom` is n·h, a power of that, or (u + h) − (u − h)."""
    match bottom:
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant()) if _is_multiple(left, step):
            return True
    rest: dict[str, float] = {}
    for factor, term in _terms(bottom):
        rest[key(term)] = rest.get(key(term), 0.0) + factor
    multiple = rest.pop(key(step), 0.0)
    return abs(multiple) > 0 and all(abs(factor) < 1e-9 for factor in rest.values())
