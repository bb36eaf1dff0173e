"""The graph that autograd recorded, as a Mermaid flowchart, with the local slope on every edge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch

Node = Any  # torch.autograd.graph.Node and the C++ nodes that only look like it


@dataclass(frozen=True)
class Graph:
    """A Mermaid flowchart; `str(graph)` says the same in lines of text."""

    mermaid: str
    text: str

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/vnd.mermaid": self.mermaid, "text/plain": self.text}


def graph(
    out: torch.Tensor, *, gradients: bool = False, cut: Mapping[str, str] | None = None, **tensors: torch.Tensor
) -> Graph:
    """Draw what leads to the scalar `out`: one box a recorded operation, inputs first.

    out        a 0-d tensor with a graph
    gradients  write d out/d box into each box as well
    cut        {"v_next": "loss"}: draw named tensors that reach a named one with no edge between them, dotted;
               {"v_next": "target", "target": "loss"} draws a chain, where `target` is outside the graph as well
    tensors    names for tensors, `x=x`: their boxes show the name and the value

    The number on an edge is the local slope: what the operation multiplies a gradient by on its way back. It is
    asked of the recorded node itself. Raises ValueError where `out` is not a scalar with a graph.
    """
    if out.ndim or out.grad_fn is None:
        raise ValueError("graph() draws a 0-d tensor that has a grad_fn: a loss, not a leaf or a batch")
    named = {_node(t): (name, t) for name, t in tensors.items() if t.requires_grad}
    order = list(_inputs_first(out.grad_fn))
    keys = {node: f"n{i}" for i, node in enumerate(order)}
    edges = [(child, node, slope) for node in order for child, slope in _local_slopes(node)]
    reach = _gradients(out.grad_fn, order, edges) if gradients else {}
    labels = {node: _label(node, named.get(node), reach.get(node)) for node in order}
    # Dark text on pale boxes, so that the picture reads the same in a dark theme.
    lines, words = ["flowchart LR", "  classDef leaf fill:#d6e8f5,stroke:#0072B2,color:#000"], []
    lines.append("  classDef operation fill:#f5f5f5,stroke:#8a8a8a,color:#000")
    for node in order:
        shape = '(["{}"])' if _is_leaf(node) else '["{}"]'
        kind = "leaf" if _is_leaf(node) else "operation"
        lines.append(f"  {keys[node]}{shape.format('<br/>'.join(labels[node]))}:::{kind}")
    for child, node, slope in edges:
        mark = f'-- "{_number(slope)}" -->' if slope is not None else "-->"
        lines.append(f"  {keys[child]} {mark} {keys[node]}")
        words.append(f"{', '.join(labels[child])} --[{_number(slope)}]--> {', '.join(labels[node])}")
    for source, target in (cut or {}).items():
        end = target if target in (cut or {}) else keys[_node(tensors[target])]
        lines += [f'  {source}(["{source} = {_number(tensors[source])}"])', f"  {source} -. cut .-x {end}"]
        words.append(f"{source} = {_number(tensors[source])} --[cut]--x {target}")
    return Graph("\n".join(lines), "\n".join(words))


def _node(tensor: torch.Tensor) -> Node:
    """The node that stands for a tensor: its grad_fn, or the one that accumulates a leaf's gradient."""
    if tensor.grad_fn is not None:
        return tensor.grad_fn
    with torch.enable_grad():
        return tensor.view_as(tensor).grad_fn.next_functions[0][0]  # type: ignore[union-attr]


def _inputs_first(root: Node) -> Iterator[Node]:
    seen: set[Node] = set()
    stack: list[tuple[Node, bool]] = [(root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            yield node
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack += [(child, False) for child, _ in reversed(node.next_functions) if child is not None]


def _local_slopes(node: Node) -> list[tuple[Node, torch.Tensor | None]]:
    children = [child for child, _ in node.next_functions]
    if not any(child is not None for child in children):
        return []
    grads = node(torch.ones(()))
    grads = grads if isinstance(grads, tuple) else (grads,)
    return [(child, grad) for child, grad in zip(children, grads, strict=False) if child is not None]


def _gradients(
    root: Node, order: list[Node], edges: list[tuple[Node, Node, torch.Tensor | None]]
) -> dict[Node, torch.Tensor]:
    """The chain rule by hand: from the last box to the first, gradient times local slope, summed where paths meet."""
    reach: dict[Node, torch.Tensor] = {root: torch.ones(())}
    for node in reversed(order):
        for child, parent, slope in edges:
            if parent is node and slope is not None and node in reach:
                reach[child] = reach.get(child, torch.zeros(())) + reach[node] * slope
    return reach


def _is_leaf(node: Node) -> bool:
    return node.name().endswith("AccumulateGrad")


def _label(node: Node, named: tuple[str, torch.Tensor] | None, grad: torch.Tensor | None) -> list[str]:
    label = []
    if named:
        label.append(f"{named[0]} = {_number(named[1])}")
    elif _is_leaf(node):
        label.append(f"leaf = {_number(node.variable)}")
    if not _is_leaf(node):
        label.append(node.name())
    if grad is not None:
        label.append(f"gradient {_number(grad)}")
    return label


def _number(tensor: torch.Tensor | None) -> str:
    return "" if tensor is None else f"{tensor.item():.4g}" if tensor.numel() == 1 else f"shape {tuple(tensor.shape)}"
