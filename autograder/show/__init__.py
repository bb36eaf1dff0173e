"""Pictures for the notebooks, each with its words: recorded graphs, curves, and figures that answer to a slider."""

from __future__ import annotations

import importlib
from typing import Any

_HOMES = {
    "secants": "curves",
    "slopes": "curves",
    "tangents": "curves",
    "gears": "dials",
    "Graph": "graphs",
    "cutting": "graphs",
    "graph": "graphs",
    "shapes": "grids",
    "stretching": "grids",
    "Moving": "moving",
    "neuron": "neurons",
    "saturation": "neurons",
    "Picture": "picture",
    "stop_drawing": "picture",
    "dead_zone": "precision",
    "spacing": "precision",
    "step_errors": "precision",
    "climbing": "training",
    "losses": "training",
    "staircase": "training",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
