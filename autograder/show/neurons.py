"""The sigmoid neuron's graph, drawn with the numbers that go forward through it and those that come back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from .moving import Moving
from .picture import BLUE, GREEN, GREY, ORANGE, Picture, blank, drawn

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import FancyBboxPatch

# Where each box stands, and what is written in it. x and y are data: no gradient is asked for them.
_PLACES = {"w": (0, 2.2), "x": (0, 1.1), "b": (0, 0), "z": (2.3, 1.1), "p": (4.6, 1.1), "y": (4.6, 0), "L": (6.9, 1.1)}
_TITLES = {"z": "z = w·x + b", "p": "p = σ(z)", "L": "loss L"}
_EDGES = [("w", "z"), ("x", "z"), ("b", "z"), ("z", "p"), ("p", "L"), ("y", "L")]
_DATA = {"x", "y"}
_HALF_WIDTH, _HALF_HEIGHT = 0.52, 0.36


@drawn
def neuron(x: float, y: float, w: float, b: float) -> Picture:
    """The neuron p = σ(w·x + b) and its cross-entropy with y: values forward, gradients back, slopes on the edges."""
    values, grads, slopes = _passes(x, y, w, b)
    figure = blank(figsize=(11, 4.8), layout="constrained")
    axes = figure.subplots()
    axes.set(xlim=(-0.65, 7.55), ylim=(-0.45, 2.65))
    axes.axis("off")
    title = "Going back, each gradient is the one to its right times the slope on the arrow between them"
    axes.set_title(title, loc="left", fontsize=12)
    for source, target in _EDGES:
        _draw_edge(axes, source, target, slopes.get((source, target)))
    for name in _PLACES:
        _draw_box(axes, name, values[name], grads.get(name))
    for place, (colour, text) in enumerate(
        [(BLUE, "value, on the way forward"), (ORANGE, "gradient of L, on the way back"), (GREEN, "slope of one step")]
    ):
        axes.text(1.75, 0.2 - 0.21 * place, text, color=colour, fontsize=11, ha="left", va="center")
    words = [f"{_TITLES.get(n, n)}: value {v:.4f}" for n, v in values.items()]
    words = [f"{line}, gradient {grads[n]:.4f}" if n in grads else line for n, line in zip(values, words, strict=True)]
    return Picture.of(
        figure, "The graph of one neuron: values on the way forward, gradients on the way back", "\n".join(words)
    )


@drawn
def saturation(at: Sequence[float] = (0.0, 1.0, 2.0, 4.0, 6.0, -2.0, -6.0)) -> Moving:
    """The sigmoid with its tangent at each z of `at`: steep in the middle, flat far out, one frame a z."""
    zs = torch.linspace(-8, 8, 161, dtype=torch.float64)
    frames = []
    for z in sorted(at):
        point = torch.tensor(z, dtype=torch.float64, requires_grad=True)
        p = torch.sigmoid(point)
        (steepness,) = torch.autograd.grad(p, point)
        figure = blank(figsize=(7.2, 3.2), layout="constrained")
        axes = figure.subplots()
        axes.plot(zs, torch.sigmoid(zs), color=BLUE, linewidth=2.5)
        near = torch.tensor([z - 1.5, z + 1.5], dtype=torch.float64)
        axes.plot(near, p.item() + steepness * (near - z), color=ORANGE, linewidth=2)
        axes.plot(z, p.item(), "o", color=ORANGE, markersize=7)
        axes.set_ylim(-0.15, 1.15)
        axes.set_xlabel("z")
        axes.set_ylabel("sigmoid of z")
        axes.spines[["top", "right"]].set_visible(False)
        title = f"The sigmoid and its tangent at z = {z:g}"
        frames.append(Picture.of(figure, title, f"z = {z:g}: the sigmoid is {p.item():.4f}, its slope {steepness:.4f}"))
    return Moving("the number that goes in, z", frames)


def _passes(
    x: float, y: float, w: float, b: float
) -> tuple[dict[str, float], dict[str, float], dict[tuple[str, str], float]]:
    """Values, gradients of L, and the slope of each step, all asked of autograd."""
    leaves = {n: torch.tensor(float(v), dtype=torch.float64) for n, v in {"w": w, "x": x, "b": b, "y": y}.items()}
    with torch.enable_grad():
        nodes = {n: t if n in _DATA else t.requires_grad_() for n, t in leaves.items()}
        nodes["z"] = nodes["w"] * nodes["x"] + nodes["b"]
        nodes["p"] = torch.sigmoid(nodes["z"])
        nodes["L"] = -(nodes["y"] * torch.log(nodes["p"]) + (1 - nodes["y"]) * torch.log(1 - nodes["p"]))

    def slope(of: str, by: str) -> float:
        return torch.autograd.grad(nodes[of], nodes[by], retain_graph=True)[0].item()

    grads = {n: slope("L", n) for n in nodes if n not in _DATA}
    steps = {(source, target): slope(target, source) for source, target in _EDGES if source not in _DATA}
    return {n: t.item() for n, t in nodes.items()}, grads, steps


def _draw_box(axes: Axes, name: str, value: float, grad: float | None) -> None:
    x, y = _PLACES[name]
    edge = GREY if name in _DATA else "black"
    axes.add_patch(_box(x, y, edge))
    top = 0.2 if grad is not None else 0.12
    title = _TITLES.get(name, f"{name} (data)" if name in _DATA else name)
    axes.text(x, y + top, title, ha="center", va="center", fontsize=11)
    axes.text(x, y + top - 0.21, _number(value), ha="center", va="center", color=BLUE, fontsize=12, weight="bold")
    if grad is not None:
        axes.text(x, y + top - 0.42, _number(grad), ha="center", va="center", color=ORANGE, fontsize=12, weight="bold")


def _box(x: float, y: float, edge: str) -> FancyBboxPatch:
    from matplotlib.patches import FancyBboxPatch

    corner = (x - _HALF_WIDTH + 0.05, y - _HALF_HEIGHT + 0.05)
    width, height = 2 * _HALF_WIDTH - 0.1, 2 * _HALF_HEIGHT - 0.1
    return FancyBboxPatch(corner, width, height, boxstyle="round,pad=0.05", facecolor="white", edgecolor=edge, zorder=3)


def _draw_edge(axes: Axes, source: str, target: str, slope: float | None) -> None:
    (x0, y0), (x1, y1) = _PLACES[source], _PLACES[target]
    rise = 0.15 * ((y0 > y1) - (y0 < y1))  # arrows from above and below arrive side by side
    start, end = (x0 + _HALF_WIDTH, y0), (x1 - _HALF_WIDTH, y1 + rise)
    colour = GREY if slope is None else "black"
    arrow = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.4, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=end, xytext=start, arrowprops=arrow)
    if slope is not None:
        middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        beside: dict[str, Any] = {"color": GREEN, "fontsize": 11, "va": "center"}
        if rise:  # to the right of a sloping arrow, on its free side
            axes.text(middle[0] + 0.12, middle[1] + rise, f"× {_number(slope)}", ha="left", **beside)
        else:
            axes.text(middle[0], middle[1] + 0.13, f"× {_number(slope)}", ha="center", **beside)


def _number(value: float) -> str:
    return f"{value:.5g}".replace("-", "−")
