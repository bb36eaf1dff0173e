"""The chain rule as dials: a small turn of x, and how far y and z turn with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .moving import Moving
from .picture import BLUE, GREEN, GREY, ORANGE, Picture, blank, drawn

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TURN = 10.0  # degrees by which x is turned: small enough for z to stay within one round


@drawn
def gears(at: Sequence[float] = (-1.0, -0.5, 0.0, 0.5, 1.0)) -> Moving:
    """y = 3x + 1 and z = y² as dials that turn each other, one frame for each x of `at`."""
    frames = []
    for x in at:
        y = 3 * x + 1
        first, second = 3.0, 2 * y
        figure = blank(figsize=(7.6, 2.9), layout="constrained")
        axes = figure.subplots()
        axes.set(xlim=(-0.6, 7.4), ylim=(-1.25, 1.45), aspect="equal")
        axes.axis("off")
        _dial(axes, 0.6, f"x = {x:g}", _TURN, BLUE)
        _dial(axes, 3.4, f"y = 3x + 1 = {y:g}", _TURN * first, GREEN)
        _dial(axes, 6.2, f"z = y² = {y * y:g}", _TURN * first * second, ORANGE)
        for left, factor in ((2.0, first), (4.8, second)):
            axes.annotate("", (left + 0.45, 0), (left - 0.45, 0), arrowprops={"arrowstyle": "-|>", "color": GREY})
            axes.text(left, 0.15, f"times {factor:g}".replace("-", "−"), ha="center", fontsize=11)
        title = f"Three dials at x = {x:g}: x turns y, and y turns z"
        words = f"x = {x:g}: y turns {first:g} times as fast as x, z {second:g} times as fast as y"
        frames.append(Picture.of(figure, title, f"{words}, so z {first * second:g} times as fast as x"))
    return Moving("where x stands", frames)


def _dial(axes: Axes, middle: float, caption: str, turned: float, colour: str) -> None:
    """A dial whose hand was turned by so many degrees: to the left, against the clock, where they are positive."""
    from matplotlib.patches import Circle, Wedge

    axes.add_patch(Circle((middle, 0), 1, facecolor="none", edgecolor=GREY, linewidth=1.5))
    start, end = sorted((90.0, 90.0 + turned))
    axes.add_patch(Wedge((middle, 0), 0.95, start, end, facecolor=colour, alpha=0.75, linewidth=0))
    axes.plot([middle, middle], [0, 1], color=GREY, linewidth=1.5)
    axes.text(middle, 1.15, caption, ha="center", fontsize=11)
    axes.text(middle, -1.2, f"turned by {turned:g}°".replace("-", "−"), ha="center", fontsize=10, color=colour)
