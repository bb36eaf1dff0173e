"""Curves with matplotlib: a function, its tangent, and a student's slope beside torch's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch

from .picture import BLUE, GREY, ORANGE, Picture, blank, drawn, missing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Function = Callable[[Any], Any]


@drawn
def tangents(
    f: Function, tangent_line: Callable[..., Any], slope_at: Callable[..., Any], *, at: Sequence[float], name: str
) -> Picture:
    """The curve of `f` with the student's tangents at the points `at`, and below it their slope against torch's.

    f             from a tensor to a tensor, elementwise
    tangent_line  the student's, from (f, x0) to (slope, intercept)
    slope_at      the student's, from (f, x) to a number
    name          what to call the function in the title: "x³"

    What the student has not written yet, or what raises, is left out, and the text says so.
    """
    low, high = min(at) - 0.8, max(at) + 0.8
    xs = torch.linspace(low, high, 121, dtype=torch.float64)
    figure = blank(figsize=(8, 6.4), layout="constrained")
    curve, slopes = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    words = [_draw_curve(curve, f, tangent_line, at, xs, name), _draw_slopes(slopes, f, slope_at, at, xs)]
    return Picture.of(figure, "\n".join(words))


def _draw_curve(
    axes: Axes, f: Function, tangent_line: Callable[..., Any], at: Sequence[float], xs: torch.Tensor, name: str
) -> str:
    ys = f(xs)
    axes.plot(xs, ys, color=BLUE, linewidth=2.5, label=f"the curve {name}")
    axes.set_title("A tangent touches the curve and is as steep as the curve is there", loc="left", fontsize=11)
    axes.set_ylabel("height")
    room = 0.15 * float(ys.max() - ys.min())
    axes.set_ylim(float(ys.min()) - room, float(ys.max()) + room)
    try:
        for number, x0 in enumerate(at):
            steepness, intercept = (float(part) for part in tangent_line(f, x0))
            near = torch.tensor([x0 - 0.7, x0 + 0.7], dtype=torch.float64)
            label = None if number else "your tangents"
            axes.plot(near, steepness * near + intercept, color=ORANGE, linewidth=2, label=label)
            axes.plot(x0, f(torch.tensor(x0)), "o", color=ORANGE, markersize=6)
            axes.annotate(
                f"slope {steepness:.3g}".replace("-", "−"),
                (x0, float(f(torch.tensor(x0)))),
                xytext=(10, 9 if steepness < 0 else -18),  # on the side that the line leaves free
                textcoords="offset points",
                color=ORANGE,
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
            )
        words = f"Tangents of {name} drawn at x = {', '.join(f'{x0:g}' for x0 in at)}."
    except Exception as error:
        words = missing("tangent_line", error)
    axes.legend(frameon=False, loc="upper left")
    return words


def _draw_slopes(axes: Axes, f: Function, slope_at: Callable[..., Any], at: Sequence[float], xs: torch.Tensor) -> str:
    points = xs.clone().requires_grad_()
    (truth,) = torch.autograd.grad(f(points).sum(), points)  # each point's height depends on that point alone
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.plot(xs, truth, color=GREY, linewidth=6, alpha=0.45, label="torch's slope")
    axes.set_title("The slope is above zero where the curve climbs, below where it falls", loc="left", fontsize=11)
    axes.set_xlabel("x")
    axes.set_ylabel("slope")
    try:
        mine = torch.tensor([float(slope_at(f, float(x))) for x in xs], dtype=torch.float64)
    except Exception as error:
        words = missing("slope_at", error)
    else:
        axes.plot(xs, mine, color=ORANGE, linewidth=2, linestyle="--", label="your slope")
        agree = int(torch.isclose(mine, truth, rtol=1e-4, atol=1e-5).sum())
        words = f"Your slope agrees with torch's at {agree} of {len(xs)} points."
    for x0 in at:
        axes.axvline(x0, color=GREY, linewidth=0.8, linestyle=":")
    axes.legend(frameon=False, loc="best", ncols=2)
    return words
