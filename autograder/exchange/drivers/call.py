"""Most answers: they are called, and what they return is judged."""

from __future__ import annotations

from typing import Any

from ..observed import Observed
from . import driver


@driver
def call(answer: Observed, *inputs: Any) -> Any:
    """Just call it."""
    return answer(*inputs)
