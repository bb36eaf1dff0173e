"""What every drawn figure is: a PNG with words that say the same, in colours that anyone can tell apart."""

from __future__ import annotations

import base64
import functools
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# From Okabe and Ito's palette, which people with any kind of colour vision can tell apart.
BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#8A8A8A"
NOT_DRAWN = "[A picture: run this cell in your own notebook to see it.]"

_drawing = True


def stop_drawing() -> None:
    """From here on pictures are not drawn but only named: a grader has no reader, and drawing is most of its work."""
    global _drawing
    _drawing = False


@dataclass(frozen=True)
class Picture:
    """A drawn figure; `str(picture)` says in words what there is to see."""

    png: bytes
    text: str

    @classmethod
    def of(cls, figure: Figure, text: str) -> Picture:
        """Render `figure`. It needs no pyplot, so it leaves no window and no global state behind."""
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=100, metadata={"Software": None})
        return cls(buffer.getvalue(), text)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        image = {"image/png": base64.b64encode(self.png).decode()} if self.png else {}
        return {**image, "text/plain": self.text}


def blank(**options: Any) -> Figure:
    """A figure to draw in. Matplotlib is imported on first use: a grader, which draws nothing, starts without."""
    from matplotlib.figure import Figure

    return Figure(**options)


def drawn(draw: Callable[..., Picture]) -> Callable[..., Picture]:
    """Decorator for a function that draws a picture: obeys `stop_drawing`."""

    @functools.wraps(draw)
    def drawn_or_named(*args: Any, **kwargs: Any) -> Picture:
        return draw(*args, **kwargs) if _drawing else Picture(b"", NOT_DRAWN)

    return drawn_or_named


def missing(name: str, error: Exception) -> str:
    if isinstance(error, NotImplementedError):
        return f"Still missing here: your {name}. Write it, then run this cell again."
    return f"Your {name} could not be drawn, since it raised {type(error).__name__}: {error}"
