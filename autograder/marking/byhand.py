"""Does the source of a by-hand answer differentiate? Only what can be told for certain counts.

Read here: names of differentiators, and (in `differences`) differences and complex steps, in the answer, in what it
uses, and in what fills a table or an object that it uses. What hides behind other names is noticed while the answer
runs (`exchange.watching`). Source that is too large or too deep to be read shows no sign.
"""

from __future__ import annotations

import ast
import functools
import symtable
from collections.abc import Iterator, Sequence

from . import differences, plainly

_CALLED = {
    "backward",
    "derivative",
    "jacrev",
    "jacfwd",
    "jacobian",
    "hessian",
    "vjp",
    "jvp",
    "hvp",
    "vhp",
    "make_dual",
    "deriv",
}
_OF_A_MODULE = {"grad", "gradient", "grad_and_value", "derivative", "approx_fprime", "polyder"}
_OF_ALGEBRA = {"diff", "Derivative", "differentiate"}  # numpy and torch have a `diff` that is not a derivative
_MODULES = {"torch", "np", "numpy", "jax", "autograd", "functorch", "scipy", "misc", "optimize"}
_ALGEBRA = {"sympy", "mpmath"}

Definitions = dict[str, list[ast.AST]]  # of a name: what defines it, then what fills or changes it outside functions
FunctionNames = frozenset[str]  # of every function that is defined anywhere in them


@functools.lru_cache(maxsize=256)
def evidence(source: str, name: str) -> str | None:
    """How the definition of `name`, with the helpers that it uses, differentiates; None where it shows no sign.

    `source` is Python code (magics allowed) in which the last definition of a name outside functions counts.
    """
    try:
        definitions, own = _definitions(source)
        used = [node for each in _reachable(definitions, name) for node in definitions[each]]
    except (RecursionError, MemoryError):
        return None
    algebra = any(_imports(node, _ALGEBRA) for node in used)
    constants = dict(_numbers(definitions, used))
    for node in used:
        try:
            found = _named(node, own, algebra) or differences.find(node, constants)
        except (RecursionError, MemoryError):  # an expression nested a thousand deep; the others can be read
            continue
        if found:
            return found
    return None


# --- what the answer's code is ------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=4)  # a notebook's source is asked about once for each of its tasks
def _definitions(source: str) -> tuple[Definitions, FunctionNames]:
    found: Definitions = {}
    for node in _statements(plainly.statements(source)):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found[name] = [node]
            case ast.Assign(targets=targets):
                for target in targets:
                    for name in _stored_in(target):
                        found[name] = [node]
                    for name in _changed_in(target):
                        found.setdefault(name, []).append(node)
            case ast.AnnAssign(target=ast.Name(id=name)):
                found[name] = [node]
            case ast.AugAssign(target=target):
                for name in {*_stored_in(target), *_changed_in(target)}:
                    found.setdefault(name, []).append(node)
            case ast.Expr(value=ast.Call(func=ast.Attribute(attr=attr, value=owner))) if attr in _FILLING:
                for name in _roots(owner):
                    found.setdefault(name, []).append(node)
                if attr == "backward":
                    for name in _behind(owner, found):
                        found.setdefault(f"{name}.grad", []).append(node)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                found.update({alias.asname or alias.name.partition(".")[0]: [node] for alias in names})
    for function in [node for parts in found.values() for node in parts if _gives_nothing(node)]:
        for name in _filled_by(function):
            found.setdefault(name, []).append(function)
    nodes = (node for definition in found.values() for part in definition for node in ast.walk(part))
    return found, frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef))


_FILLING = {"append", "extend", "insert", "add", "update", "setdefault", "backward"}


def _behind(expression: ast.expr, found: Definitions) -> set[str]:
    """The global names that an expression is made from, through the names in it: x of y.backward() where y = x**2."""
    waiting, seen = [expression], set()
    while waiting:
        for leaf in ast.walk(waiting.pop()):
            if isinstance(leaf, ast.Name) and leaf.id not in seen:
                seen.add(leaf.id)
                waiting += [part.value for part in found.get(leaf.id, ()) if isinstance(part, ast.Assign)]
    return seen


def _gives_nothing(node: ast.AST) -> bool:
    """Whether it is a function that returns no value, so that what it does is what it changes."""
    return isinstance(node, ast.FunctionDef) and not any(
        isinstance(inner, (ast.Return, ast.Yield)) and inner.value for inner in ast.walk(node)
    )


def _filled_by(function: ast.AST) -> set[str]:
    """The names from outside that such a function fills or sets."""
    names: set[str] = set()
    for node in ast.walk(function):
        match node:
            case ast.Global(names=declared):
                names.update(declared)
            case ast.Assign(targets=targets):
                names.update(name for target in targets for name in _changed_in(target))
            case ast.Expr(value=ast.Call(func=ast.Attribute(attr=attr, value=owner))) if attr in _FILLING:
                names.update(_roots(owner))
    return names & _names_from_outside(function)


def _stored_in(target: ast.expr) -> Iterator[str]:
    return (leaf.id for leaf in ast.walk(target) if isinstance(leaf, ast.Name) and isinstance(leaf.ctx, ast.Store))


def _changed_in(target: ast.expr) -> Iterator[str]:
    """The names whose items or attributes an assignment sets: `table` in table[x] = 1."""
    for leaf in ast.walk(target):
        if isinstance(leaf, (ast.Subscript, ast.Attribute)) and isinstance(leaf.ctx, ast.Store):
            yield from _roots(leaf.value)


def _roots(node: ast.expr) -> Iterator[str]:
    """The names that an expression such as table[x].rows starts from."""
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body and of the `if`, `for`, `with` and `try` in it, but not of functions and classes."""
    for node in body:
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for part in ("body", "orelse", "handlers", "finalbody"):
                yield from _statements(getattr(node, part, []))


def _reachable(definitions: Definitions, name: str) -> Iterator[str]:
    waiting, seen = [name], set()
    while waiting:
        current = waiting.pop()
        if current in seen or current not in definitions:
            continue
        seen.add(current)
        yield current
        for part in definitions[current]:
            names = _names_from_outside(part)
            waiting += sorted(names)
            waiting += [f"{name}.grad" for name in _gradients_read(part) if name in names]


def _gradients_read(definition: ast.AST) -> Iterator[str]:
    for node in ast.walk(definition):
        match node:
            case ast.Attribute(attr="grad", value=ast.Name(id=name), ctx=ast.Load()):
                yield name


def _names_from_outside(definition: ast.AST) -> set[str]:
    """The global names that a definition uses. A parameter or a local that shares its name with a global is none."""
    try:
        outermost = symtable.symtable(ast.unparse(definition), "answer", "exec")
    except (SyntaxError, ValueError, RecursionError):
        return set()
    names: set[str] = set()
    tables = [outermost]
    while tables:
        table = tables.pop()
        names |= {
            s.get_name()
            for s in table.get_symbols()
            if (s.is_referenced() or s.is_declared_global()) and (table is outermost or s.is_global())
        }
        tables += table.get_children()
    return names


def _numbers(definitions: Definitions, used: Sequence[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    """Global names of plain numbers."""
    for parts in definitions.values():
        match parts:
            case [ast.Assign(targets=[ast.Name(id=name)], value=value)] | [
                ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ] if parts[0] in used:
                size = differences.number(value, {})
                if size is not None:
                    yield name, ast.Constant(size)


# --- differentiators by name --------------------------------------------------------------------------------------


def _named(definition: ast.AST, own: FunctionNames, algebra: bool) -> str | None:
    """A differentiator that the definition names. `own` are functions that the student wrote under such a name."""
    called = (_CALLED | (_OF_ALGEBRA if algebra else set())) - own
    nodes = set(_nodes(definition))
    for node in ast.walk(definition):
        match node:
            case ast.Import() | ast.ImportFrom():
                found = _imported(node)
                if found:
                    return found
            case ast.Attribute(attr=attr, value=owner) if attr in _CALLED | _OF_A_MODULE and _is_module(owner):
                return f"it uses {ast.unparse(node)}"
            case ast.Call(func=ast.Attribute(attr=attr)) if attr in called:
                return f"it calls {ast.unparse(node.func)[-80:]}"
            case ast.Call(func=func) if _is_a_node(func) or (isinstance(func, ast.Name) and func.id in nodes):
                return f"it calls a node of the recorded graph: {ast.unparse(node)[:80]}"
    return None


def _nodes(definition: ast.AST) -> Iterator[str]:
    """The names that are given to nodes of a recorded graph."""
    for node in ast.walk(definition):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_a_node(value):
                yield name


def _is_a_node(node: ast.AST) -> bool:
    """Whether `node` is y.grad_fn or an element of its next_functions."""
    match node:
        case ast.Attribute(attr="grad_fn"):
            return True
        case ast.Subscript(value=inner):
            return _is_a_node(inner)
        case ast.Attribute(attr="next_functions"):
            return True
    return False


def _imported(node: ast.Import | ast.ImportFrom) -> str | None:
    module = getattr(node, "module", None) or ""
    for alias in node.names:
        path = f"{module}.{alias.name}".strip(".").split(".")
        wanted = _OF_ALGEBRA if path[0] in _ALGEBRA else _CALLED | _OF_A_MODULE
        if path[0] in _MODULES | _ALGEBRA and path[-1] in wanted:
            return f"it uses {'.'.join(path)}"
    return None


def _imports(definition: ast.AST, packages: set[str]) -> bool:
    for node in ast.walk(definition):
        match node:
            case ast.Import(names=names) if packages & {alias.name.partition(".")[0] for alias in names}:
                return True
            case ast.ImportFrom(module=str(module)) if module.partition(".")[0] in packages:
                return True
    return False


def _is_module(node: ast.AST) -> bool:
    """Whether `node` reads like the module in `torch.func.grad`, and not like the tensor in `x.gradient()`."""
    match node:
        case ast.Name(id=name):
            return name in _MODULES
        case ast.Attribute(value=owner):
            return _is_module(owner)
    return False
