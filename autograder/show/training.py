"""Gradients and losses over time: what adding up does, and what clearing does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

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
    return Picture.of(figure, f"never cleared: {_numbers(added)}\ncleared: {_numbers(cleared)}")


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
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.set_title(title, loc="left", fontsize=11)
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    if axes.lines[1:]:
        figure.legend(frameon=False, loc="outside lower center", ncols=3)  # never over a curve
    axes.spines[["top", "right"]].set_visible(False)
    return Picture.of(figure, "\n".join(words))


def _numbers(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)
