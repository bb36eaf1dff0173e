"""Boxes and arrows from top to bottom, as SVG: for a graph that is small and has no circles."""

from __future__ import annotations

import html
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_LINE, _MARGIN, _GAP, _DROP = 18, 16, 28, 58  # height of a line of text; around all; between boxes; between rows
_LETTER = 7.4  # the width of a letter of 13 pixels, on average
_PAPER, _INK, _QUIET = "#fff", "#1a1a1a", "#8a8a8a"


@dataclass(frozen=True)
class Box:
    """A box with lines of text; `fill` and `stroke` are colours."""

    lines: Sequence[str]
    fill: str
    stroke: str
    rounded: bool = False


@dataclass(frozen=True)
class Arrow:
    """An arrow between the boxes of those keys; `dashed` ends in a cross: nothing comes through."""

    source: str
    target: str
    label: str = ""
    dashed: bool = False


Point = tuple[float, float]


def svg(boxes: Mapping[str, Box], arrows: Sequence[Arrow], *, title: str, description: str) -> str:
    """An SVG document of the boxes, each below all those that point to it. `boxes` come sources first."""
    row = _row_of_each(boxes, arrows)
    routes = [_route(arrow, row) for arrow in arrows]
    rows = _rows(row, routes)
    sizes = {key: _size(boxes[key]) if key in boxes else (12.0, 0.0) for keys in rows for key in keys}
    width = max(200.0, *(sum(sizes[key][0] + _GAP for key in keys) - _GAP + 2 * _MARGIN for keys in rows))
    middles, height = _places(rows, sizes, width)
    paths = [_path(arrow, route, middles, sizes) for arrow, route in zip(arrows, routes, strict=True)]
    drawn = [_arrow(arrow, path) for arrow, path in zip(arrows, paths, strict=True)]
    drawn += [_label(arrow, path) for arrow, path in zip(arrows, paths, strict=True)]  # above all lines
    drawn += [_box(box, middles[key], sizes[key]) for key, box in boxes.items()]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}" style="max-width:100%;height:auto" '
        f'font-family="sans-serif" font-size="13">'
        f"<title>{html.escape(title)}</title><desc>{html.escape(description)}</desc>"
        f'<rect width="100%" height="100%" rx="4" fill="{_PAPER}"/>{"".join(drawn)}</svg>'
    )


def _row_of_each(boxes: Mapping[str, Box], arrows: Sequence[Arrow]) -> dict[str, int]:
    """The row of each key. A box that nothing points to stands just above the first that it points to."""
    row: dict[str, int] = {}
    for key in boxes:
        row[key] = 1 + max((row[a.source] for a in arrows if a.target == key and a.source in row), default=-1)
    for key in boxes:
        below = [row[arrow.target] for arrow in arrows if arrow.source == key]
        if below and not any(arrow.target == key for arrow in arrows):
            row[key] = max(0, min(below) - 1)
    return row


def _route(arrow: Arrow, row: dict[str, int]) -> list[str]:
    """The keys that an arrow goes through: in each row that it passes, a place is kept free for it."""
    passed = [f"{arrow.source} to {arrow.target} in {i}" for i in range(row[arrow.source] + 1, row[arrow.target])]
    row.update({key: row[arrow.source] + 1 + i for i, key in enumerate(passed)})
    return [arrow.source, *passed, arrow.target]


def _rows(row: Mapping[str, int], routes: Sequence[Sequence[str]]) -> list[list[str]]:
    """The keys row by row, each below the middle of those above it, as far as the others in its row let it."""
    rows: list[list[str]] = [[] for _ in range(max(row.values()) + 1)]
    for key, number in row.items():
        rows[number].append(key)
    beside: dict[str, list[str]] = {key: [] for key in row}
    for route in routes:
        for above, below in itertools.pairwise(route):
            beside[above].append(below)
            beside[below].append(above)
    place = {key: (i + 0.5) / len(keys) for keys in rows for i, key in enumerate(keys)}
    for _ in range(4):
        for keys in [*rows[1:], *rows[-2::-1]]:
            wanted = {key: _mean([place[other] for other in beside[key]], place[key]) for key in keys}
            keys.sort(key=wanted.__getitem__)
            place.update({key: (i + 0.5) / len(keys) for i, key in enumerate(keys)})
    return rows


def _mean(numbers: Sequence[float], otherwise: float) -> float:
    return sum(numbers) / len(numbers) if numbers else otherwise


def _size(box: Box) -> Point:
    return max(44.0, max(map(len, box.lines)) * _LETTER + 20), len(box.lines) * _LINE + 14.0


def _places(rows: Sequence[Sequence[str]], sizes: Mapping[str, Point], width: float) -> tuple[dict[str, Point], float]:
    """The middle of each box, and the height of the whole."""
    middles: dict[str, Point] = {}
    top = float(_MARGIN)
    for row in rows:
        tall = max(sizes[key][1] for key in row)
        free = width - 2 * _MARGIN - sum(sizes[key][0] for key in row)
        left = _MARGIN + free / (len(row) + 1)
        for key in row:
            middles[key] = left + sizes[key][0] / 2, top + tall / 2
            left += sizes[key][0] + free / (len(row) + 1)
        top += tall + _DROP
    return middles, top - _DROP + _MARGIN


def _box(box: Box, middle: Point, size: Point) -> str:
    (x, y), (wide, tall) = middle, size
    radius = tall / 2 if box.rounded else 4
    first = y - (len(box.lines) - 1) * _LINE / 2 + 4.5
    lines = "".join(
        f'<text x="{x:.1f}" y="{first + i * _LINE:.1f}" text-anchor="middle" fill="{_INK}">{html.escape(line)}</text>'
        for i, line in enumerate(box.lines)
    )
    return (
        f'<rect x="{x - wide / 2:.1f}" y="{y - tall / 2:.1f}" width="{wide:.1f}" height="{tall:.1f}" '
        f'rx="{radius:.1f}" fill="{box.fill}" stroke="{box.stroke}" stroke-width="1.4"/>{lines}'
    )


def _path(arrow: Arrow, route: Sequence[str], middles: Mapping[str, Point], sizes: Mapping[str, Point]) -> list[Point]:
    """From the lower edge of the source, through the places that are kept free, to the upper edge of the target."""
    (x0, y0), *passed, (x1, y1) = (middles[key] for key in route)
    beside = passed[-1][0] if passed else x0
    x1 += max(-0.3, min(0.3, (beside - x1) / 300)) * sizes[arrow.target][0]  # from two sides they arrive side by side
    return [(x0, y0 + sizes[arrow.source][1] / 2), *passed, (x1, y1 - sizes[arrow.target][1] / 2 - 2)]


def _arrow(arrow: Arrow, path: Sequence[Point]) -> str:
    drawn = f"M{path[0][0]:.1f} {path[0][1]:.1f}"
    for (x0, y0), (x1, y1) in itertools.pairwise(path):
        bend = (y1 - y0) / 2
        drawn += f"C{x0:.1f} {y0 + bend:.1f} {x1:.1f} {y1 - bend:.1f} {x1:.1f} {y1:.1f}"
    x, y = path[-1]
    if arrow.dashed:
        drawn += f"M{x - 5:.1f} {y - 8:.1f}l10 8m0 -8l-10 8"
    else:
        drawn += f"M{x - 4:.1f} {y - 6:.1f}L{x:.1f} {y + 1:.1f}L{x + 4:.1f} {y - 6:.1f}"
    colour, dash = (_QUIET, ' stroke-dasharray="5 4"') if arrow.dashed else (_INK, "")
    return f'<path d="{drawn}" fill="none" stroke="{colour}" stroke-width="1.3"{dash}/>'


def _label(arrow: Arrow, path: Sequence[Point]) -> str:
    if not arrow.label:
        return ""
    (x0, y0), (x1, y1) = path[:2]
    x, y = path[1] if len(path) > 2 else ((x0 + x1) / 2, (y0 + y1) / 2)
    wide = len(arrow.label) * _LETTER + 6
    return (
        f'<rect x="{x - wide / 2:.1f}" y="{y - 9:.1f}" width="{wide:.1f}" height="18" fill="{_PAPER}"/>'
        f'<text x="{x:.1f}" y="{y + 4.5:.1f}" text-anchor="middle" fill="{_INK}">{html.escape(arrow.label)}</text>'
    )
