"""Where numbers break: the error of a central difference against its step, and the loss that a clamp made flat."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch

from .curves import Function
from .moving import Moving
from .picture import BLUE, GREEN, GREY, ORANGE, Picture, blank, drawn, missing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BestStep = Callable[[Function, float, torch.dtype], Any]
Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@drawn
def spacing(starts: Sequence[float] = (1e6, 4e6, 1e7, 2e7, 1e8)) -> Moving:
    """A window of width 16 that moves out on the number line: the float32 numbers in it, one frame a start."""
    frames = []
    for start in starts:
        low = torch.tensor(start, dtype=torch.float32)
        gap = float(torch.nextafter(low, torch.tensor(math.inf)) - low)
        marks = torch.arange(0, 16 + gap / 2, gap)
        figure = blank(figsize=(7.2, 1.5), layout="constrained")
        axes = figure.subplots()
        axes.vlines(marks, -0.35, 0.35, color=BLUE, linewidth=1.2)
        axes.plot([0, 16], [0, 0], color=GREY, linewidth=1)
        axes.set(xlim=(-0.5, 16.5), ylim=(-0.6, 0.6), yticks=[], xticks=[0, 4, 8, 12, 16])
        axes.set_xticklabels([f"{start:,.0f}", "+ 4", "+ 8", "+ 12", "+ 16"])
        axes.spines[["top", "right", "left"]].set_visible(False)
        title = f"The float32 numbers from {start:,.0f} to {start + 16:,.0f}, a mark for each"
        words = f"from {start:,.0f} on: neighbours are {gap:g} apart, {len(marks)} numbers in the window"
        frames.append(Picture.of(figure, title, words))
    return Moving("how far out on the number line", frames)


@drawn
def step_errors(f: Function, x: float, *, name: str, best_step: BestStep | None = None) -> Picture:
    """By what share the central difference of `f` at `x` is off, for steps from 1e-13 to 1, in float32 and float64.

    f          from a tensor to a tensor, elementwise; its slope at x is not 0
    name       what to call f in the title: "sin"
    best_step  the student's, from (f, x, dtype) to a step; its choices are ringed
    """
    figure = blank(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    words = [_draw_errors(axes, f, x, torch.float32, ORANGE), _draw_errors(axes, f, x, torch.float64, BLUE)]
    if best_step:
        words.append(_draw_choices(axes, f, x, best_step))
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(1e-13, 1e2)
    axes.set_xlabel("step h  (shorter to the left)")
    axes.set_ylabel("error, as a share of the slope")
    axes.set_title(
        f"The slope of {name} at x = {x:g}: a shorter step helps, until rounding takes over", loc="left", fontsize=11
    )
    axes.text(0.02, 0.03, "rounding grows as h shrinks", transform=axes.transAxes, color=GREY)
    axes.text(0.98, 0.03, "the curve bends within h", transform=axes.transAxes, color=GREY, ha="right")
    axes.grid(color=GREY, alpha=0.2)
    axes.legend(frameon=False, loc="upper center", ncols=3)
    title = f"The error of a central difference of {name} at x = {x:g}, against the step h"
    return Picture.of(figure, title, "\n".join(words))


def _draw_errors(axes: Axes, f: Function, x: float, dtype: torch.dtype, colour: str) -> str:
    steps = torch.logspace(-13, 0, 14 * 8, dtype=torch.float64)
    powers = torch.logspace(-12, -1, 12, dtype=torch.float64)
    label = str(dtype).removeprefix("torch.")
    # An error of exactly 0 has no place on a logarithmic axis.
    errors = _errors(f, x, steps, dtype)
    axes.plot(steps[errors > 0], errors[errors > 0], color=colour, linewidth=0.8, alpha=0.5)
    at_powers = _errors(f, x, powers, dtype)
    axes.plot(powers, at_powers, "o-", color=colour, markersize=5, label=label)
    best = int(at_powers.argmin())
    return f"{label}: of the powers of ten, h = {powers[best]:.0e} has the smallest error."


def _errors(f: Function, x: float, steps: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    point = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (truth,) = torch.autograd.grad(f(point), point)
    t, h = torch.tensor(x, dtype=dtype), steps.to(dtype)
    slopes: torch.Tensor = (f(t + h) - f(t - h)) / (2 * h)
    return (slopes.double() / truth - 1).abs()


def _draw_choices(axes: Axes, f: Function, x: float, best_step: BestStep) -> str:
    label: str | None = "your best_step"
    try:
        chosen = {dtype: float(best_step(f, x, dtype)) for dtype in (torch.float32, torch.float64)}
        for dtype, h in chosen.items():
            error = _errors(f, x, torch.tensor([h], dtype=torch.float64), dtype)
            axes.plot(h, error, "o", color=GREEN, markersize=14, fillstyle="none", markeredgewidth=2, label=label)
            label = None
    except Exception as error:
        return missing("best_step", error)
    return "Ringed: your choices, " + " and ".join(f"{h:.0e}" for h in chosen.values()) + "."


@drawn
def dead_zone(stable_bce: Loss | None = None) -> Picture:
    """The loss of a neuron that should say 0, and its gradient, over the logit z: right, and with the clamp of a03.

    stable_bce  the student's, from (z, y) to the loss of each element; drawn as well where it is given
    """
    figure = blank(figsize=(8, 6.4), layout="constrained")
    loss, gradient = figure.subplots(2, 1, sharex=True)
    z = torch.linspace(-10, 40, 401)
    words = ["With the clamp, loss and gradient stop at about z = 16.6; the right gradient stays at 1."]
    for axes, values in zip((loss, gradient), _over(z.double(), _from_logits), strict=True):
        axes.plot(z, values, color=GREY, linewidth=7, alpha=0.4, label="right")
    for axes, values in zip((loss, gradient), _over(z, _clamped), strict=True):
        axes.plot(z, values, color=ORANGE, linewidth=2, label="with the clamp")
    if stable_bce:
        words.append(_draw_loss(loss, gradient, z, stable_bce))
    for axes in (loss, gradient):
        axes.axvspan(16.6, 40, color=ORANGE, alpha=0.08, linewidth=0)
        axes.grid(color=GREY, alpha=0.2)
    gradient.text(28, 0.5, "the dead zone:\nwrong, sure, and never told", color=ORANGE, ha="center", va="center")
    loss.set_title("The clamp makes the loss flat where the neuron is most wrong (y = 0)", loc="left", fontsize=11)
    loss.set_ylabel("loss")
    gradient.set_title("A flat loss has gradient 0: nothing is learned there", loc="left", fontsize=11)
    gradient.set_ylabel("gradient with respect to z")
    gradient.set_xlabel("logit z")
    loss.legend(frameon=False, loc="upper left")
    title = "The loss of a neuron that should say 0, and its gradient, against the logit z"
    return Picture.of(figure, title, "\n".join(words))


def _from_logits(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.binary_cross_entropy_with_logits(z, y, reduction="none")


def _clamped(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    p = torch.sigmoid(z).clamp(1e-7, 1 - 1e-7)
    return -(y * torch.log(p) + (1 - y) * torch.log(1 - p))


def _over(z: torch.Tensor, loss: Loss) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss for y = 0 at every z, and its gradient."""
    z = z.clone().requires_grad_()
    values = loss(z, torch.zeros_like(z))
    (gradient,) = torch.autograd.grad(values.sum(), z)
    return values.detach(), gradient


def _draw_loss(loss: Axes, gradient: Axes, z: torch.Tensor, stable_bce: Loss) -> str:
    try:
        mine = _over(z, stable_bce)
    except Exception as error:
        return missing("stable_bce", error)
    for axes, values in zip((loss, gradient), mine, strict=True):
        axes.plot(z, values, color=BLUE, linewidth=2, linestyle="--", label="yours")
    right = _over(z.double(), _from_logits)
    close = [torch.isclose(a.double(), b, rtol=1e-4, atol=1e-6) for a, b in zip(mine, right, strict=True)]
    return f"Your loss and gradient are right at {int((close[0] & close[1]).sum())} of {len(z)} points."
