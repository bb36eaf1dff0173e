"""Curves with matplotlib: a function, its secants and tangents, and a student's slope beside torch's."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch

from .moving import Moving
from .picture import BLUE, GREY, ORANGE, Picture, blank, drawn, missing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Function = Callable[[Any], Any]


@drawn
def secants(f: Function, x: float, *, name: str, steps: Sequence[float] = (2.0, 1.0, 0.5, 0.1, 0.001)) -> Moving:
    """A secant of `f` that turns into the tangent at `x` as its second point comes nearer, one frame a step.

    f     from a tensor to a tensor, elementwise
    name  what to call it: "x²"
    """
    xs = torch.linspace(x - 1, x + max(steps) + 0.5, 121, dtype=torch.float64)
    frames = []
    for h in steps:
        ends = torch.tensor([x, x + h], dtype=torch.float64)
        low, high = (float(y) for y in f(ends))
        steepness = (high - low) / h
        figure = blank(figsize=(7.2, 3.6), layout="constrained")
        axes = figure.subplots()
        axes.plot(xs, f(xs), color=BLUE, linewidth=2.5)
        axes.plot(xs, low + steepness * (xs - x), color=ORANGE, linewidth=2)
        axes.plot(ends, [low, high], "o", color=ORANGE, markersize=7)
        axes.set_ylim(float(f(xs).min()) - 1, float(f(xs).max()) + 1)
        axes.set_xlabel("x")
        axes.spines[["top", "right"]].set_visible(False)
        title = f"The curve {name} and a line through its points at {x:g} and {x + h:g}"
        frames.append(Picture.of(figure, title, f"h = {h:g}: from {x:g} to {x + h:g} the slope is {steepness:.4g}"))
    return Moving("how far the second point is away, h", frames)


@drawn
def slopes(f: Function, d_f: Function, *, low: float = -3.0, high: float = 3.0) -> Picture:
    """The graph of `f` from `low` to `high`, and below it `d_f`, which claims to be its slope, beside torch's.

    f    any function of one number, built of torch operations, such as `lambda x: x**3`
    d_f  from a number to a number, such as `lambda x: 3 * x**2`
    """
    xs = torch.linspace(low, high, 121, dtype=torch.float64)
    figure = blank(figsize=(8, 5.4), layout="constrained")
    curve, below = figure.subplots(2, 1, sharex=True)
    title = "A function, and below it a slope of your own beside torch's"
    try:
        heights = [f(x) for x in xs]
    except Exception as error:
        return Picture.in_words(title, missing("f", error))
    if not all(isinstance(height, torch.Tensor) for height in heights):
        return Picture.in_words(title, "Your f is not built of torch's operations: write `torch.sin`, not `math.sin`.")
    curve.plot(xs, torch.stack(heights).detach(), color=BLUE, linewidth=2.5)
    curve.set_title("the function", loc="left", fontsize=11)
    words = _draw_slopes(below, f, lambda _, x: d_f(x), [], xs, name="d_f")
    return Picture.of(figure, title, words)


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
    title = f"The curve {name} with your tangents, and below it your slope beside torch's"
    return Picture.of(figure, title, "\n".join(words))


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


def _draw_slopes(
    axes: Axes, f: Function, slope_at: Callable[..., Any], at: Sequence[float], xs: torch.Tensor, name: str = "slope_at"
) -> str:
    points = xs.clone().requires_grad_()
    # Each point's height depends on that point alone; one by one, since `f` need not be elementwise in its code.
    (truth,) = torch.autograd.grad(torch.stack([f(point) for point in points]).sum(), points)
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.plot(xs, truth, color=GREY, linewidth=6, alpha=0.45, label="torch's slope")
    axes.set_title("The slope is above zero where the curve climbs, below where it falls", loc="left", fontsize=11)
    axes.set_xlabel("x")
    axes.set_ylabel("slope")
    try:
        mine = torch.tensor([float(slope_at(f, float(x))) for x in xs], dtype=torch.float64)
    except Exception as error:
        words = missing(name, error)
    else:
        axes.plot(xs, mine, color=ORANGE, linewidth=2, linestyle="--", label="your slope")
        agree = torch.isclose(mine, truth, rtol=1e-4, atol=1e-5)
        words = f"Your slope agrees with torch's at {int(agree.sum())} of {len(xs)} points."
        if not agree.all():
            worst = int((mine - truth).abs().nan_to_num(nan=math.inf).argmax())
            words += f" Farthest off at x = {xs[worst]:.3g}: yours {mine[worst]:.4g}, torch's {truth[worst]:.4g}."
    for x0 in at:
        axes.axvline(x0, color=GREY, linewidth=0.8, linestyle=":")
    axes.legend(frameon=False, loc="best", ncols=2)
    return words
