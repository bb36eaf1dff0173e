"""Functions to differentiate."""

from __future__ import annotations

from ...authoring.probes import uniform
from ...exchange.values import Made


def smooth_functions(rng):
    """One function of each kind. Bounded on [-2, 2], so that float32 work keeps its digits."""
    names = ["sin", "cos", "tanh", "exp"]
    waves = [Made("wave", {"name": name, "rate": uniform(rng, 0.6, 1.6)}) for name in names]
    cubic = Made("polynomial", {"coefficients": [uniform(rng, -2, 2, away_from=[0], gap=0.3) for _ in range(4)]})
    line = Made("polynomial", {"coefficients": [uniform(rng, 1, 3), uniform(rng, -3, -1)]})
    nested = Made("composed", {"functions": [Made("power", {"exponent": 2}), waves[0]]})
    return [*waves, cubic, line, nested, Made("power", {"exponent": 3})]
