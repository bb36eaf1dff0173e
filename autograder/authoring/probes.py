"""Seeded inputs. Every draw can be written exactly in float32, so that float32 work is judged fairly."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
import torch

from .task import Inputs

Rng = np.random.Generator


def generator(*words: str) -> Rng:
    """A generator that is a function of `words` (a secret, a student, a task) alone."""
    digest = hashlib.sha256("\0".join(words).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def uniform(rng: Rng, low: float, high: float, *, away_from: Sequence[float] = (), gap: float = 0.05) -> float:
    """A number in [low, high], at least `gap` from every kink in `away_from`."""
    while True:
        number = float(np.float32(rng.uniform(low, high)))
        if all(abs(number - kink) >= gap for kink in away_from):
            return number


def normal(rng: Rng, *shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """A tensor of `shape` (default float64) with standard normal values."""
    return torch.from_numpy(np.asarray(rng.normal(size=shape), dtype=np.float32)).to(dtype)


def spread(rng: Rng, low: float, high: float, *shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """A tensor of `shape` (default float64) with values uniform in [low, high]."""
    return torch.from_numpy(np.asarray(rng.uniform(low, high, size=shape), dtype=np.float32)).to(dtype)


def reals(
    low: float, high: float, *, count: int = 12, also: Sequence[float] = (), away_from: Sequence[float] = ()
) -> Callable[[Rng], list[Inputs]]:
    """Probes for a function of one number: `count` draws, half of them negative where the range allows, and `also`."""

    def draw(rng: Rng) -> list[Inputs]:
        sides = [(low, 0.0), (0.0, high)] if low < 0 < high else [(low, high)]
        drawn = [uniform(rng, *sides[i % len(sides)], away_from=away_from) for i in range(count)]
        return [(x,) for x in (*drawn, *also)]

    return draw
