"""The graph that autograd recorded, inputs at the top, with the local slope on every arrow.

JupyterLab draws the Mermaid text in the colours of its theme; where nobody draws Mermaid (nbgrader's pages, a page on
paper) the same graph is there as SVG, and everywhere in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from . import layers
from .layers import Arrow, Box
from .moving import Moving
from .picture import Picture, drawn, svg_uri

Node = Any  # torch.autograd.graph.Node and the C++ nodes that only look like it

TITLE = "The graph that autograd recorded"
# Dark text on pale boxes, so that a picture reads the same in a dark theme: fill and stroke.
_LOOKS = {"leaf": ("#d6e8f5", "#0072B2"), "operation": ("#f5f5f5", "#8a8a8a"), "outside": ("#fff", "#8a8a8a")}


@dataclass(frozen=True)
class Graph:
    """Boxes, and arrows between them; `str(graph)` says the same in lines of text."""

    boxes: Mapping[str, Box]
    arrows: Sequence[Arrow]

    def __str__(self) -> str:
        return "\n".join(self._in_words(arrow) for arrow in self.arrows)

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        svg = layers.svg(self.boxes, self.arrows, title=TITLE, description=self.description)
        return {"text/vnd.mermaid": self.mermaid, "image/svg+xml": svg, "text/plain": str(self)}

    @property
    def mermaid(self) -> str:
        """The graph as a Mermaid flowchart, with a title and a description for who cannot see it."""
        lines = ["flowchart TD", f"  accTitle: {TITLE}", f"  accDescr: {self.description}"]
        for kind, (fill, stroke) in _LOOKS.items():
            lines.append(f"  classDef {kind} fill:{fill},stroke:{stroke},color:#000")
        for key, box in self.boxes.items():
            shape = '(["{}"])' if box.rounded else '["{}"]'
            kind = next(kind for kind, look in _LOOKS.items() if look == (box.fill, box.stroke))
            lines.append(f"  {key}{shape.format('<br/>'.join(box.lines))}:::{kind}")
        for arrow in self.arrows:
            label = f'-- "{arrow.label}" -->' if arrow.label else "-->"
            lines.append(f"  {arrow.source} {'-. cut .-x' if arrow.dashed else label} {arrow.target}")
        return "\n".join(lines)

    @property
    def description(self) -> str:
        """All of it in one line, for who cannot see it."""
        return "; ".join(str(self).splitlines())

    def _in_words(self, arrow: Arrow) -> str:
        source, target = (", ".join(self.boxes[key].lines) for key in (arrow.source, arrow.target))
        if arrow.dashed:  # what it would have reached has a name
            return f"{source} --[cut]--x {target.partition(' = ')[0]}"
        return f"{source} --[{arrow.label}]--> {target}"


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
    boxes = {keys[node]: _box(node, _label(node, named.get(node), reach.get(node))) for node in order}
    arrows = [Arrow(keys[child], keys[node], _number(slope)) for child, node, slope in edges]
    cut = cut or {}
    ends = {name: name if name in cut else keys[_node(tensors[name])] for name in cut.values()}
    outside = {name: Box([f"{name} = {_number(tensors[name])}"], *_LOOKS["outside"], rounded=True) for name in cut}
    arrows += [Arrow(name, ends[target], dashed=True) for name, target in cut.items()]
    return Graph(outside | boxes, arrows)


@drawn
def cutting(whole: Graph, cut: Graph) -> Moving:
    """Two graphs of the same computation: recorded whole, and with some of its arrows cut; a frame each."""
    frames = []
    for name, graph in (("recorded whole", whole), ("cut", cut)):
        svg = layers.svg(graph.boxes, graph.arrows, title=TITLE, description=graph.description)
        leaves = "; ".join(", ".join(box.lines) for box in graph.boxes.values() if box.rounded)
        frames.append(Picture(f"{TITLE}, {name}", f"{name}: {leaves}", svg_uri(svg)))
    return Moving("from the whole graph to the cut one", frames)


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
    name: str = node.name()
    return name.endswith("AccumulateGrad")


def _box(node: Node, lines: list[str]) -> Box:
    return Box(lines, *_LOOKS["leaf" if _is_leaf(node) else "operation"], rounded=_is_leaf(node))


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
