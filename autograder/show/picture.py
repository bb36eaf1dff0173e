"""What every drawn figure is: an image with its words, in colours that anyone can tell apart.

In a notebook it is a `<figure>`: the image, an alternative text for who cannot see it, and a caption. The caption says
what there is to see, and names what could not be drawn: JupyterLab shows no text/plain where there is an image.
"""

from __future__ import annotations

import functools
import html
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# From Okabe and Ito's palette, which people with any kind of colour vision can tell apart.
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#8A8A8A"
NOT_DRAWN = "[A picture: run this cell in your own notebook to see it.]"
# A page of its own colour: lines and letters are dark, and have to be read in a dark theme too.
_PAPER = "background:#fff;border-radius:4px"

_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")

_drawing = True


def stop_drawing() -> None:
    """From here on pictures are not drawn but only named: a grader has no reader, and drawing is most of its work."""
    global _drawing
    _drawing = False


@dataclass(frozen=True)
class Picture:
    """A drawn figure; `str(picture)` says in words what there is to see.

    title  what the figure is, in one line
    text   what there is to see, in lines
    image  a data URI, "" where nothing was drawn
    """

    title: str
    text: str
    image: str

    @classmethod
    def of(cls, figure: Figure, title: str, text: str) -> Picture:
        """Render `figure`. It needs no pyplot, so it leaves no window and no global state behind."""
        return cls(title, text, svg_uri(svg_of(figure)))

    @classmethod
    def in_words(cls, title: str, text: str) -> Picture:
        """A figure of which there is nothing to draw."""
        return cls(title, text, "")

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        if not self.image:
            return {"text/plain": self.text}
        return {"text/html": figure_of(img(self.image, self.title), lines_of(self.text)), "text/plain": self.text}


def img(source: str, title: str) -> str:
    """The image of a data URI, as wide as there is room, with `title` for who cannot see it."""
    return f'<img src="{source}" alt="{html.escape(title)}" style="max-width:100%;{_PAPER}">'


def figure_of(content: str, caption: str) -> str:
    """HTML of a figure: `content`, and below it `caption`, both HTML."""
    return f'<figure style="margin:8px 0">{content}<figcaption style="margin-top:4px">{caption}</figcaption></figure>'


def lines_of(text: str) -> str:
    """Text as HTML, line by line."""
    return "<br>".join(html.escape(line) for line in text.splitlines())


def svg_of(figure: Figure) -> str:
    """The figure as SVG: sharp at every size, a quarter of a PNG's size, its letters in the reader's own font."""
    from matplotlib import rc_context

    text = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "grad-school", "path.simplify_threshold": 0.5}):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return _compact(text.getvalue())


def svg_uri(svg: str) -> str:
    """The data URI of an SVG document."""
    return "data:image/svg+xml," + quote(svg, safe=" /:=;,()-.?@&+*'!")


def _compact(svg: str) -> str:
    """Matplotlib's SVG without its prologue and indentation, and drawn to a hundredth of a pixel."""
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r"\s*\n\s*", " ", svg)
    # Inside of tags only: between them stand the numbers that are to be read.
    return re.sub(r"<[^>]+>", lambda tag: _LONG_NUMBER.sub(lambda number: f"{float(number[0]):.2f}", tag[0]), svg)


def blank(**options: Any) -> Figure:
    """A figure to draw in. Matplotlib is imported on first use: a grader, which draws nothing, starts without."""
    from matplotlib.figure import Figure

    return Figure(**options)


def drawn(draw: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator for a function that draws a picture: obeys `stop_drawing`."""

    @functools.wraps(draw)
    def drawn_or_named(*args: Any, **kwargs: Any) -> Any:
        return draw(*args, **kwargs) if _drawing else Picture.in_words(draw.__name__, NOT_DRAWN)

    return drawn_or_named


def missing(name: str, error: Exception) -> str:
    """What is said in the place of a part that could not be drawn."""
    if isinstance(error, NotImplementedError):
        return f"Still missing here: your {name}. Write it, then run this cell again."
    return f"Your {name} could not be drawn, since it raised {type(error).__name__}: {error}"
