"""Gradients and losses over time: what adding up does, and what clearing does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from .moving import Moving
from .picture import BLUE, GREEN, GREY, ORANGE, Picture, blank, drawn

_LOOKS = ((ORANGE, "o", "-"), (BLUE, "s", "--"), (GREEN, "^", "-."))  # colour, marker and line: any one is enough


@drawn
def staircase(added: Sequence[float], cleared: Sequence[float]) -> Picture:
    """The gradient after each backward, where nothing clears it and where it is cleared between them."""
    rounds = range(1, len(added) + 1)
    figure = blank(figsize=(7.2, 4), layout="constrained")
    axes = figure.subplots()
    axes.bar([i - 0.2 for i in rounds], added, width=0.38, color=ORANGE, label="never cleared")
    axes.bar([i + 0.2 for i in rounds], cleared, width=0.38, color=BLUE, hatch="//", edgecolor="white", label="cleared")
    for shift, heights in ((-0.2, added), (0.2, cleared)):
        for i, height in zip(rounds, heights, strict=True):
            axes.annotate(f"{height:g}", (i + shift, height), xytext=(0, 3), textcoords="offset points", ha="center")
    axes.set_title("Without clearing, every backward climbs one step higher", loc="left", fontsize=11)
    axes.set_xticks(list(rounds))
    axes.set_xlabel("backward number")
    axes.set_ylabel("x.grad afterwards")
    axes.set_ylim(0, 1.12 * max(*added, *cleared))
    axes.legend(frameon=False, loc="upper left")
    axes.spines[["top", "right"]].set_visible(False)
    title = "The gradient after each backward: a staircase where nothing clears it, level where it is cleared"
    return Picture.of(figure, title, f"never cleared: {_numbers(added)}\ncleared: {_numbers(cleared)}")


@drawn
def climbing(slope: float, *, rounds: int = 4) -> Moving:
    """What stands in `.grad` after each of some backwards that all bring the same `slope`, one frame a backward."""
    frames = []
    for done in range(rounds + 1):
        figure = blank(figsize=(6, 3), layout="constrained")
        axes = figure.subplots()
        for step in range(done):
            axes.bar(0, slope, bottom=step * slope, width=0.5, color=ORANGE, edgecolor="white", linewidth=2)
            axes.text(0.32, (step + 0.5) * slope, f"+ {slope:g}, backward {step + 1}", va="center", color=GREY)
        axes.set(xlim=(-0.5, 1.6), ylim=(0, 1.08 * slope * rounds), xticks=[])
        axes.set_ylabel("x.grad")
        axes.spines[["top", "right"]].set_visible(False)
        holds = f"{done * slope:g}" if done else "None"
        title = f"The gradient after {done} backwards, a block for each"
        frames.append(Picture.of(figure, title, f"after {done} backward{'s' * (done != 1)}: x.grad is {holds}"))
    return Moving("how often backward has run", frames)


@drawn
def losses(title: str, curves: Mapping[str, Sequence[float] | Callable[[], Sequence[float]]]) -> Picture:
    """The loss at each step, one curve a name. A function that is not written yet leaves its curve out, with a word."""
    figure = blank(figsize=(7.2, 4), layout="constrained")
    axes = figure.subplots()
    words = []
    for (name, values), (colour, marker, line) in zip(curves.items(), _LOOKS, strict=False):
        try:
            heights = [float(value) for value in (values() if callable(values) else values)]
            axes.plot(heights, color=colour, marker=marker, markersize=4, linestyle=line, linewidth=1.8, label=name)
            words.append(f"{name}: from {heights[0]:.4g} to {heights[-1]:.4g} in {len(heights)} steps")
        except NotImplementedError:
            words.append(f"{name}: not written yet. Write it, then run this cell again.")
        except Exception as error:
            words.append(f"{name}: could not be drawn, since it raised {type(error).__name__}: {error}")
    if not axes.lines:  # empty axes would say nothing, and hide the words
        return Picture.in_words(title, "\n".join(words))
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.set_title(title, loc="left", fontsize=11)
    axes.locator_params(axis="x", integer=True)
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    figure.legend(frameon=False, loc="outside lower center", ncols=3)  # never over a curve
    axes.spines[["top", "right"]].set_visible(False)
    return Picture.of(figure, title, "\n".join(words))


def _numbers(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)
