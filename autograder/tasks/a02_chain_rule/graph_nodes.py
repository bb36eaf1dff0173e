"""The task `graph_nodes` of a02_chain_rule."""

from __future__ import annotations

import numpy as np
import torch

from ...authoring.probes import normal
from ...authoring.task import task
from ...exchange.values import Made
from .graphs import ADDRESS, expression


def _graph(rng, leaves, steps):
    """Random operations; each takes the newest tensor and, if it takes two, any older one."""
    made = []
    for i in range(leaves, leaves + steps):
        one = ["sin", "cos", "tanh", "sigmoid", "neg"]
        two = ["add", "sub", "mul"]
        operands = [i - 1, int(rng.integers(i))]
        made.append([str(rng.choice(two)), *operands] if rng.random() < 0.6 else [str(rng.choice(one)), i - 1])
    return Made("grown", {"x": normal(rng, leaves).tolist(), "steps": made})


def _graphs(rng):
    texts = ["x**2", "x + 3", "x * x", "x * c", "x**2 + x**2", "y * sin(y), y = x**2", "x.sum()", "x.clone()"]
    probes = [(expression(text, normal(rng, 2).tolist()),) for text in texts]
    probes += [(expression("a * b, (a, b) = x.unbind()", normal(rng, 2).tolist()),)]
    probes += [
        (expression(text, normal(rng, 2).tolist()),)
        for text in ("x", "sin(x).detach()", "x.detach()", "x after backward")
    ]
    probes += [(expression("x**2", 1.5, tracked=False),)]
    probes += [(_graph(rng, leaves, steps),) for leaves, steps in [(1, 5), (2, 6), (3, 8), (2, 12)]]
    doubled = [["add", i, i] for i in range(8)]  # 256 ways from the last to the first
    chain = [["sin", i] for i in range(60)]
    return [*probes, (Made("grown", {"x": [0.5], "steps": doubled}),), (Made("grown", {"x": [0.5], "steps": chain}),)]


def _in_any_order_without_addresses(names, out):
    """Sorted, where it is a list of names, or of objects as text, which says where in memory they are."""
    if isinstance(names, (list, tuple)) and all(isinstance(name, str) for name in names):
        return sorted(ADDRESS.sub("", name) for name in names)
    return names


@task(
    points=5,
    examples=[
        expression("sin(x**2)", 3.0),
        expression("x**2 + x**2", 3.0),
        expression("y * sin(y), y = x**2", 3.0),
        torch.tensor(3.0, requires_grad=True),
    ],
    probes=_graphs,
    canonical=_in_any_order_without_addresses,
)
def graph_nodes(out):
    """The names of all nodes that can be reached from out.grad_fn, each node once, in any order."""
    return [node.name() for node in _reachable(out)]


def _reachable(out):
    found, waiting = {}, [out.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in found:
            found[node] = None
            waiting += [child for child, _ in node.next_functions]
    return list(found)


@graph_nodes.right
def by_recursion_with_a_set(out):
    seen, names = set(), []

    def visit(node):
        if node is None or node in seen:
            return
        seen.add(node)
        names.append(node.name())
        for child, _ in node.next_functions:
            visit(child)

    visit(out.grad_fn)
    return names


@graph_nodes.right
def layer_by_layer(out):
    layer, seen = {out.grad_fn} - {None}, set()
    while layer:
        seen |= layer
        layer = {child for node in layer for child, _ in node.next_functions} - seen - {None}
    return sorted(node.name() for node in seen)


@graph_nodes.right
def children_first(out):
    names, seen = [], []

    def visit(node):
        if node is not None and not any(node is other for other in seen):
            seen.append(node)
            for edge in node.next_functions:
                visit(edge[0])
            names.append(node.name())

    visit(out.grad_fn)
    return tuple(names)


@graph_nodes.right
def nothing_to_walk_first(out):
    if not out.requires_grad or out.is_leaf:
        return []
    queue = [out.grad_fn]
    for node in queue:  # the list grows while it is walked
        for child, _ in node.next_functions:
            if child is not None and child not in queue:
                queue.append(child)
    return np.array([node.name() for node in queue]).tolist()


@graph_nodes.mistake("You count a node once for every path that reaches it. Remember which nodes you have been to.")
def once_for_each_path(out):
    names = []

    def visit(node):
        if node is not None:
            names.append(node.name())
            for child, _ in node.next_functions:
                visit(child)

    visit(out.grad_fn)
    return names


@graph_nodes.mistake(
    "Two things: you count a node once for every path that reaches it, and you trip over None, which stands where a "
    "tensor has no graph and where an input is a constant."
)
def every_path_and_over_nothing(out):
    names = []

    def visit(node):
        names.append(node.name())
        for child, _ in node.next_functions:
            visit(child)

    visit(out.grad_fn)
    return names


@graph_nodes.mistake(
    "Two nodes may have the same name and still be two operations: keep apart what was visited and what it is called."
)
def each_name_once(out):
    return {node.name() for node in _reachable(out)}


@graph_nodes.mistake("You follow only the first input of every node; an operation may have several.")
def first_input_alone(out):
    names, node = [], out.grad_fn
    while node is not None:
        names.append(node.name())
        node = node.next_functions[0][0] if node.next_functions else None
    return names


@graph_nodes.mistake("You ask every node for its first input, but the nodes at the very end have none.")
def first_input_of_the_last(out):
    names, node = [], out.grad_fn
    while node is not None:
        names.append(node.name())
        node = node.next_functions[0][0]
    return names


@graph_nodes.mistake("The nodes at the very end are missing, those that store the gradients of the leaves.")
def without_the_ends(out):
    return [node.name() for node in _reachable(out) if not node.name().endswith("AccumulateGrad")]


@graph_nodes.mistake("A tensor without a graph has no grad_fn to start from: your answer raises there.")
def starts_from_nothing(out):
    seen, waiting = {out.grad_fn}, [out.grad_fn]
    while waiting:
        for child, _ in waiting.pop().next_functions:
            if child is not None and child not in seen:
                seen.add(child)
                waiting.append(child)
    return [node.name() for node in seen]


@graph_nodes.mistake("A tensor without a graph should give an empty list; your answer gives None.")
def none_for_no_graph(out):
    return [node.name() for node in _reachable(out)] or None


@graph_nodes.mistake("A constant input has no node, only None in its place: your walk trips over it.")
def trips_over_constants(out):
    seen, waiting = set(), [out.grad_fn] if out.grad_fn is not None else []
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting += [child for child, _ in node.next_functions]
    return [node.name() for node in seen]


@graph_nodes.mistake("You name the Python type of each node. What `.name()` says is longer for some of them.")
def names_of_types(out):
    return [type(node).__name__ for node in _reachable(out)]


@graph_nodes.mistake("The node that you start from is missing: out.grad_fn counts too.")
def without_the_first(out):
    return [node.name() for node in _reachable(out) if node is not out.grad_fn]


@graph_nodes.mistake("You stopped after one step: the inputs of the inputs belong to the graph as well.")
def one_step_deep(out):
    if out.grad_fn is None:
        return []
    children = dict.fromkeys(child for child, _ in out.grad_fn.next_functions if child is not None)
    return [node.name() for node in (out.grad_fn, *children)]


@graph_nodes.mistake(
    "You remember pairs of a node and a number. One node with several results is then counted more than once."
)
def remembers_edges(out):
    seen, waiting, names = set(), [(out.grad_fn, 0)], []
    while waiting:
        edge = waiting.pop()
        if edge[0] is not None and edge not in seen:
            seen.add(edge)
            names.append(edge[0].name())
            waiting += edge[0].next_functions
    return names


@graph_nodes.mistake("Your list holds the nodes as text, brackets and all; each can tell you its name.")
def nodes_as_text(out):
    return [str(node) for node in _reachable(out)]


@graph_nodes.mistake(
    "Your list holds the nodes themselves, or methods of theirs that were not called; their names are asked for."
)
def nodes_instead_of_names(out):
    return _reachable(out)


@graph_nodes.twin(nodes_instead_of_names)
def methods_that_were_not_called(out):
    return [node.name for node in _reachable(out)]
