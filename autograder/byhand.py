"""Does the source of a by-hand answer differentiate? Only what can be told for certain counts.

Read here: names of torch's and numpy's differentiators, difference quotients and complex steps. What hides behind
other names is noticed while the answer runs (`drivers.watching`).
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

_MODULES = {"autograd", "forward_ad", "functorch"}
_CALLED = {"backward", "jacrev", "jacfwd", "jacobian", "hessian", "vjp", "jvp", "hvp", "vhp", "make_dual"}
_OF_A_MODULE = {"grad", "gradient", "grad_and_value", "derivative", "approx_fprime"}


def evidence(source: str, name: str) -> str | None:
    """How the definition of `name`, with the helpers that it uses, differentiates; None where it shows no sign.

    `source` is Python code (magics allowed) in which the last top-level definition of a name counts.
    """
    definitions = _definitions(source)
    for used in _reachable(definitions, name):
        found = _in_definition(definitions[used])
        if found:
            return found
    return None


def _definitions(source: str) -> dict[str, ast.AST]:
    tree = _parsed(source)
    found: dict[str, ast.AST] = {}
    for node in tree.body if tree else []:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found[name] = node
            case ast.Assign(targets=targets):
                for target in targets:
                    found.update({leaf.id: node for leaf in ast.walk(target) if isinstance(leaf, ast.Name)})
            case ast.AnnAssign(target=ast.Name(id=name)):
                found[name] = node
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                found.update({alias.asname or alias.name.partition(".")[0]: node for alias in names})
    return found


def _parsed(source: str) -> ast.Module | None:
    lines = [("pass" if line.startswith(("%", "!")) else line) for line in source.splitlines()]
    try:
        return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _reachable(definitions: dict[str, ast.AST], name: str) -> Iterator[str]:
    waiting, seen = [name], set()
    while waiting:
        current = waiting.pop()
        if current in seen or current not in definitions:
            continue
        seen.add(current)
        yield current
        waiting += [node.id for node in ast.walk(definitions[current]) if isinstance(node, ast.Name)]


def _in_definition(definition: ast.AST) -> str | None:
    if isinstance(definition, (ast.Import, ast.ImportFrom)):
        return _imported(definition)
    for node in ast.walk(definition):
        match node:
            case ast.Import() | ast.ImportFrom():
                found = _imported(node)
                if found:
                    return found
            case ast.Attribute(attr=attr) if attr in _MODULES:
                return f"it uses {ast.unparse(node)}"
            case ast.Call(func=ast.Attribute(attr=attr, value=owner)):
                if attr in _CALLED or (attr in _OF_A_MODULE and _names_a_module(owner)):
                    return f"it calls {ast.unparse(node.func)}"
    return _step(definition)


def _imported(node: ast.Import | ast.ImportFrom) -> str | None:
    module = getattr(node, "module", None) or ""
    for alias in node.names:
        path = f"{module}.{alias.name}".strip(".").split(".")
        if path[0] in {"torch", "functorch", "jax", "autograd"} and (
            _MODULES & set(path) or path[-1] in _CALLED | _OF_A_MODULE
        ):
            return f"it uses {'.'.join(path)}"
    return None


def _names_a_module(node: ast.AST) -> bool:
    """Whether `node` reads like the module in `torch.func.grad`, and not like the tensor in `x.gradient()`."""
    match node:
        case ast.Name(id=name):
            return name in {"torch", "np", "numpy", "jax", "autograd", "func", "misc", "optimize"}
        case ast.Attribute(value=owner):
            return _names_a_module(owner)
    return False


# --- difference quotients -----------------------------------------------------------------------------------------


def _step(definition: ast.AST) -> str | None:
    functions: list[ast.AST] = [n for n in ast.walk(definition) if isinstance(n, (ast.FunctionDef, ast.Lambda))]
    for function in functions or [definition]:
        local = _assigned_once(function)
        for node in ast.walk(function):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                top, bottom = _inlined(node.left, local), _inlined(node.right, local)
                if _is_difference_quotient(top, bottom):
                    return f"it is a difference quotient: {ast.unparse(node)}"
                if _is_complex_step(top, bottom):
                    return f"it is a complex step: {ast.unparse(node)}"
    return None


def _assigned_once(function: ast.AST) -> dict[str, ast.expr]:
    """Local names that are assigned exactly once, to one expression."""
    stores: dict[str, int] = {}
    values: dict[str, ast.expr] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            stores[node.id] = stores.get(node.id, 0) + 1
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            values[node.targets[0].id] = node.value
    return {name: value for name, value in values.items() if stores[name] == 1}


def _inlined(node: ast.expr, local: dict[str, ast.expr], depth: int = 4) -> ast.expr:
    """`node` with calls and sums that were given a name put back in; plain constants keep their name."""

    class Inline(ast.NodeTransformer):
        def visit_Name(self, name: ast.Name) -> ast.expr:
            value = local.get(name.id)
            if depth and value is not None and not isinstance(value, ast.Constant):
                return _inlined(value, local, depth - 1)
            return name

    return Inline().visit(copy.deepcopy(node))


def _is_difference_quotient(top: ast.expr, bottom: ast.expr) -> bool:
    """(E(u + h) - E(u)) / h, or with u - h on either side, E any expression and h in the divisor."""
    if not (isinstance(top, ast.BinOp) and isinstance(top.op, ast.Sub)):
        return False
    for shifted in (n for side in (top.left, top.right) for n in ast.walk(side)):
        if not (isinstance(shifted, ast.BinOp) and isinstance(shifted.op, (ast.Add, ast.Sub))):
            continue
        for base, step in ((shifted.left, shifted.right), (shifted.right, shifted.left)):
            if isinstance(step, (ast.Name, ast.Constant)) and _in_divisor(step, bottom):
                left, right = (_without_step(side, base, step) for side in (top.left, top.right))
                if ast.dump(left) == ast.dump(right):
                    return True
    return False


def _in_divisor(step: ast.expr, bottom: ast.expr) -> bool:
    if isinstance(step, ast.Constant):
        # A constant step is only believed when it is small: (f(x + 1) - f(x)) / 1 may be an honest sum formula.
        if not (isinstance(step.value, float) and 0 < step.value <= 0.1):
            return False
        divisors = {n.value for n in ast.walk(bottom) if isinstance(n, ast.Constant)}
        return step.value in divisors or 2 * step.value in divisors
    return _contains(bottom, step)


def _contains(tree: ast.expr, part: ast.expr) -> bool:
    return any(ast.dump(node) == ast.dump(part) for node in ast.walk(tree))


def _without_step(side: ast.expr, base: ast.expr, step: ast.expr) -> ast.expr:
    class Unshift(ast.NodeTransformer):
        def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
            self.generic_visit(node)
            if isinstance(node.op, (ast.Add, ast.Sub)):
                pair = {ast.dump(node.left), ast.dump(node.right)}
                if pair == {ast.dump(base), ast.dump(step)}:
                    return base
            return node

    return Unshift().visit(copy.deepcopy(side))


def _is_complex_step(top: ast.expr, bottom: ast.expr) -> bool:
    """E(u + ih).imag / h"""
    for node in ast.walk(top):
        if isinstance(node, ast.Attribute) and node.attr == "imag":
            for shifted in ast.walk(node.value):
                if (
                    isinstance(shifted, ast.BinOp)
                    and isinstance(shifted.op, ast.Add)
                    and _is_imaginary(shifted, bottom)
                ):
                    return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "imag":
            for shifted in (n for arg in node.args for n in ast.walk(arg)):
                if (
                    isinstance(shifted, ast.BinOp)
                    and isinstance(shifted.op, ast.Add)
                    and _is_imaginary(shifted, bottom)
                ):
                    return True
    # complex(x, h) as the shifted argument
    for node in ast.walk(top):
        match node:
            case ast.Call(func=ast.Name(id="complex"), args=[_, step]) if _contains(bottom, step):
                return any(isinstance(n, ast.Attribute) and n.attr == "imag" for n in ast.walk(top))
    return False


def _is_imaginary(shifted: ast.BinOp, bottom: ast.expr) -> bool:
    """One side of the sum is h times 1j, with h in the divisor."""
    divisors = {ast.dump(n) for n in ast.walk(bottom)}
    for side in (shifted.left, shifted.right):
        constants = [n for n in ast.walk(side) if isinstance(n, ast.Constant)]
        if any(isinstance(c.value, complex) for c in constants):
            steps = [n for n in ast.walk(side) if isinstance(n, (ast.Name, ast.Constant))]
            if any(ast.dump(n) in divisors for n in steps):
                return True
            return any(
                isinstance(c.value, complex) and ast.dump(ast.Constant(c.value.imag)) in divisors for c in constants
            )
    return False
