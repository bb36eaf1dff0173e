"""Tensors as grids of cells, each above its gradient: the two always have the same shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from .moving import Moving
from .picture import BLUE, GREY, ORANGE, Picture, blank, drawn

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_GAP = 1.1  # between two tensors, in cells


@drawn
def shapes(**tensors: torch.Tensor) -> Picture:
    """Draw each tensor of at most two axes, and below it its `.grad`, cell by cell, with the shapes in the captions.

    A 1-D tensor is drawn as one row, a 0-d tensor as one cell. Where `.grad` is None, that is said instead.
    """
    sizes = {name: _rows_and_columns(tensor) for name, tensor in tensors.items()}
    widths = [max(columns, 1.9) for _, columns in sizes.values()]
    tallest = max(rows for rows, _ in sizes.values())
    wide, high = sum(widths) + _GAP * (len(widths) - 1), 2 * tallest + 2.7
    figure = blank(figsize=(min(11, 0.62 * wide + 0.4), 0.62 * high * min(1, 10.6 / (0.62 * wide)) + 0.5))
    axes = figure.add_axes((0.02, 0.02, 0.96, 0.9))
    axes.set(xlim=(-0.1, wide + 0.1), ylim=(-high, 0.1), aspect="equal")
    axes.axis("off")
    figure.suptitle("Every gradient has the shape of its tensor", fontsize=12)
    left, words = 0.0, []
    for (name, tensor), width in zip(tensors.items(), widths, strict=True):
        middle = left + width / 2
        grad = _grad(tensor)
        _draw(axes, tensor.detach(), f"{name}  {_shape(tensor)}", middle, 0.0, tallest, BLUE)
        if grad is None:
            axes.text(
                middle, -tallest - 1.9, f"{name}.grad\nis None", ha="center", va="center", color=GREY, fontsize=10
            )
            words.append(f"{name} has shape {_shape(tensor)} and no gradient")
        else:
            _draw(axes, grad, f"{name}.grad  {_shape(grad)}", middle, -tallest - 1.4, tallest, ORANGE)
            words.append(f"{name} has shape {_shape(tensor)}, its gradient {_shape(grad)}")
        left += width + _GAP
    return Picture.of(figure, "Tensors as grids of cells, each above its gradient", "\n".join(words))


@drawn
def stretching(rows: int = 3, columns: int = 4) -> Moving:
    """A row that is added to a table: copied on the way forward, its copies' gradients added up on the way back."""
    row = torch.arange(1.0, columns + 1).reshape(1, columns)
    grad_out = torch.arange(1.0, rows * columns + 1).reshape(rows, columns)
    stages = (
        (row, "b", "b has one row, and is added to a table of three", BLUE),
        (row.expand(rows, columns), "b as it is added", "forward: every row of the table gets a copy of b", BLUE),
        (grad_out, "gradients of the copies", "backward: each copy gets a gradient of its own", ORANGE),
        (grad_out.sum(0, keepdim=True), "b.grad", "and since all copies are b, they are added up", ORANGE),
    )
    frames = []
    for number, (tensor, name, words, colour) in enumerate(stages, 1):
        figure = blank(figsize=(4.4, 3.2))
        axes = figure.add_axes((0.02, 0.02, 0.96, 0.96))
        axes.set(xlim=(-0.5, columns + 0.5), ylim=(-rows - 1.6, 0.1), aspect="equal")
        axes.axis("off")
        _draw(axes, tensor, f"{name}  {_shape(tensor)}", columns / 2, 0.4, rows, colour)
        frames.append(Picture.of(figure, f"Step {number} of a row that is stretched to a table", f"{number}. {words}"))
    return Moving("from the way forward to the way back", frames)


def _grad(tensor: torch.Tensor) -> torch.Tensor | None:
    return tensor.grad if tensor.is_leaf or tensor.retains_grad else None


def _shape(tensor: torch.Tensor) -> str:
    return str(tuple(tensor.shape))


def _rows_and_columns(tensor: torch.Tensor) -> tuple[int, int]:
    if tensor.ndim > 2:
        raise ValueError(f"shapes() draws tensors of at most two axes, not of shape {_shape(tensor)}")
    rows, columns = (1, 1, *tensor.shape)[-2:]
    return rows, columns


def _draw(axes: Axes, tensor: torch.Tensor, caption: str, middle: float, top: float, tallest: int, colour: str) -> None:
    """One grid, its caption above, centred on `middle` and hanging from `top`."""
    from matplotlib.patches import Rectangle

    rows, columns = _rows_and_columns(tensor)
    axes.text(middle, top - 0.45, caption, ha="center", va="center", color=colour, fontsize=10.5, weight="bold")
    corner = middle - columns / 2
    for row, numbers in enumerate(tensor.reshape(rows, columns).tolist()):
        for column, number in enumerate(numbers):
            place = (corner + column, top - 1.85 - row)
            axes.add_patch(Rectangle(place, 1, 1, facecolor=colour, alpha=0.14, linewidth=0))
            axes.add_patch(Rectangle(place, 1, 1, facecolor="none", edgecolor=colour, linewidth=1.2))
            axes.text(place[0] + 0.5, place[1] + 0.5, _number(number), ha="center", va="center", fontsize=9.5)


def _number(number: float) -> str:
    return f"{number:.3g}".replace("-", "−")
