"""Pictures that move: one figure of several frames, and a slider to go through them. It works without a kernel.

On paper, and wherever scripts are not run, the first frame stands, and the caption says what each of them shows.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .picture import Picture, figure_of, img, lines_of

# All that the slider does: of its figure's frames, show the one that it points to.
_SLIDE = "this.closest('figure').querySelectorAll('[data-frame]').forEach((f, i) => {f.hidden = i != this.value})"


@dataclass(frozen=True)
class Moving:
    """Frames with a slider. `slides` says what the slider changes: "the step h"."""

    slides: str
    frames: Sequence[Picture]

    def __str__(self) -> str:
        return "\n".join(frame.text for frame in self.frames)

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        if not self.frames[0].image:
            return {"text/plain": self.frames[0].text}
        shown = "".join(
            f"<div data-frame{' hidden' if number else ''}>{img(frame.image, frame.title)}"
            f"<div>{html.escape(frame.text)}</div></div>"
            for number, frame in enumerate(self.frames)
        )
        # JupyterLab takes the arrow keys for itself, and the focus with them, where they reach its notebook.
        slider = (
            f'<label data-lm-suppress-shortcuts="true" onkeydown="event.stopPropagation()">{html.escape(self.slides)}: '
            f'<input type="range" min="0" max="{len(self.frames) - 1}" value="0" step="1" '
            f'style="width:50%;vertical-align:middle" oninput="{html.escape(_SLIDE)}"></label>'
        )
        words = f"<details><summary>Every step in words</summary>{lines_of(str(self))}</details>"
        figure = figure_of(f'<div aria-live="polite">{shown}</div>{slider}', words)
        return {"text/html": figure, "text/plain": str(self)}
