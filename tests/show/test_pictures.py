"""Drawn pictures: the words under each say what there is to see, whether or not a student has written their part."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
import torch

from autograder import show


def cube(t: Any) -> Any:
    return t**3


def stub(*_: Any) -> Any:
    raise NotImplementedError


def careless(*_: Any) -> Any:
    raise ZeroDivisionError("by zero")


def tangents(tangent_line: Callable[..., Any], slope_at: Callable[..., Any]) -> list[str]:
    return str(show.tangents(cube, tangent_line, slope_at, at=[-1.0, 2.0], name="x³")).splitlines()


def line_of_cube(f: Any, x: float) -> tuple[float, float]:
    return 3 * x**2, -2 * x**3


def test_tangents_say_where_they_are_and_how_many_slopes_agree() -> None:
    assert tangents(line_of_cube, lambda f, x: 3 * x**2) == [
        "Tangents of x³ drawn at x = -1, 2.",
        "Your slope agrees with torch's at 121 of 121 points.",
    ]
    assert tangents(line_of_cube, lambda f, x: 3 * abs(x) ** 3)[1] != tangents(line_of_cube, lambda f, x: 3 * x**2)[1]


def test_what_is_not_written_yet_or_raises_is_said_and_the_rest_is_drawn() -> None:
    assert tangents(stub, careless) == [
        "Still missing here: your tangent_line. Write it, then run this cell again.",
        "Your slope_at could not be drawn, since it raised ZeroDivisionError: by zero",
    ]


class Figure(HTMLParser):
    """What a browser would find in a figure: its images (source, alternative text), and the words of its caption."""

    def __init__(self, shown: str) -> None:
        super().__init__()
        self.images: list[tuple[str, str]] = []
        self.inside: list[str] = []
        self.caption: list[str] = []
        self.feed(shown)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.inside.append(tag)
        if tag == "img":
            found = dict(attributes)
            self.images.append((found["src"] or "", found["alt"] or ""))

    def handle_data(self, data: str) -> None:
        if "figcaption" in self.inside:
            self.caption.append(data)

    @property
    def svg(self) -> ElementTree.Element:
        return ElementTree.fromstring(unquote(self.images[0][0].removeprefix("data:image/svg+xml,")))


def test_a_picture_is_a_figure_with_an_alternative_text_and_its_words_the_same_every_time() -> None:
    first, second = (show.staircase([12, 24, 36], [12, 12, 12]) for _ in range(2))
    assert first == second
    bundle = first._repr_mimebundle_()
    assert bundle["text/plain"] == "never cleared: 12, 24, 36\ncleared: 12, 12, 12"
    assert set(bundle) == {"text/html", "text/plain"}
    figure = Figure(bundle["text/html"])
    assert figure.svg.tag.endswith("svg")
    ((_, alternative),) = figure.images
    assert "staircase" in alternative
    assert figure.caption == bundle["text/plain"].splitlines()


def test_numbers_in_a_picture_are_those_that_were_drawn() -> None:
    """Coordinates are rounded to save room; what is to be read must not be."""
    shown = show.neuron(6.7, 0.0, 1.0, 0.0)._repr_mimebundle_()["text/html"]
    letters = " ".join(Figure(shown).svg.itertext())
    for number in ("6.6918", "0.99877", "813.41", "6.7012"):
        assert number in letters, letters


def test_what_could_not_be_drawn_is_said_where_jupyterlab_shows_it() -> None:
    shown = show.tangents(cube, stub, careless, at=[1.0], name="x³")._repr_mimebundle_()["text/html"]
    assert any("your tangent_line" in line for line in Figure(shown).caption)


def test_where_no_curve_can_be_drawn_there_are_words_and_no_empty_axes() -> None:
    bundle = show.losses("Loss", {"mine": careless})._repr_mimebundle_()
    assert set(bundle) == {"text/plain"}
    assert "mine: could not be drawn, since it raised ZeroDivisionError" in bundle["text/plain"]


MOVING = {
    "secants": lambda: show.secants(cube, 2.0, name="x³"),
    "gears": show.gears,
    "saturation": show.saturation,
    "stretching": show.stretching,
    "climbing": lambda: show.climbing(6.0),
    "spacing": show.spacing,
}


@pytest.mark.parametrize("name", MOVING)
def test_a_moving_picture_shows_one_frame_and_says_what_each_of_them_shows(name: str) -> None:
    moving = MOVING[name]()
    bundle = moving._repr_mimebundle_()
    figure = Figure(bundle["text/html"])
    assert len(figure.images) == len(moving.frames) == len(set(bundle["text/plain"].splitlines()))
    assert bundle["text/html"].count("<div data-frame>") == 1
    assert f'max="{len(moving.frames) - 1}"' in bundle["text/html"]
    assert len(bundle["text/html"]) < 120_000


def test_secants_close_in_on_the_slope() -> None:
    said = [float(line.rpartition(" ")[2]) for line in str(show.secants(cube, 2.0, name="x³")).splitlines()]
    assert said[0] == 28 and abs(said[-1] - 12) < 0.01


def test_the_factors_on_the_gears_multiply() -> None:
    for line in str(show.gears()).splitlines():
        first, second, both = (float(number) for number in re.findall(r"(-?[\d.]+) times", line))
        assert first * second == both


def test_a_typed_function_is_drawn_with_its_slope_beside_torchs() -> None:
    right = str(show.slopes(lambda x: x * torch.sin(x), lambda x: math.sin(x) + x * math.cos(x)))
    wrong = str(show.slopes(lambda x: x**3, lambda x: 2 * x**2))
    assert right == "Your slope agrees with torch's at 121 of 121 points."
    assert "Farthest off at x = 3: yours 18, torch's 27." in wrong or "x = -3" in wrong
    assert "write `torch.sin`, not `math.sin`" in str(show.slopes(math.sin, math.cos))


def test_the_neuron_shows_the_numbers_of_the_forward_and_the_backward_pass() -> None:
    x, y, w, b = 6.7, 0.0, 1.0, 0.0
    lines = str(show.neuron(x, y, w, b)).splitlines()
    p = 1 / (1 + math.exp(-(w * x + b)))
    assert f"w: value 1.0000, gradient {(p - y) * x:.4f}" in lines
    assert f"loss L: value {-math.log(1 - p):.4f}, gradient 1.0000" in lines
    assert "x: value 6.7000" in lines


def test_shapes_says_the_shape_of_each_tensor_and_of_its_gradient() -> None:
    w = torch.ones(2, 3, requires_grad=True)
    (w.sum(0) ** 2).sum().backward()
    x = torch.ones(3)
    assert str(show.shapes(w=w, x=x)).splitlines() == [
        "w has shape (2, 3), its gradient (2, 3)",
        "x has shape (3,) and no gradient",
    ]
    with pytest.raises(ValueError, match="at most two axes"):
        show.shapes(cube=torch.ones(1, 1, 1))


def test_losses_draws_what_there_is_and_names_what_is_missing() -> None:
    picture = show.losses("Loss", {"given": [4.0, 1.0], "called": lambda: [2.0, 1.0, 0.5], "mine": stub})
    assert str(picture).splitlines() == [
        "given: from 4 to 1 in 2 steps",
        "called: from 2 to 0.5 in 3 steps",
        "mine: not written yet. Write it, then run this cell again.",
    ]
    assert "raised ZeroDivisionError" in str(show.losses("Loss", {"mine": careless}))


def test_step_errors_finds_the_best_power_of_ten_in_each_precision() -> None:
    picture = show.step_errors(torch.sin, 1.0, name="sin", best_step=lambda f, x, dtype: 1e-3)
    single, double, ringed = str(picture).splitlines()
    assert single.startswith("float32: ") and "h = 1e-0" in single
    assert double.startswith("float64: ") and single.removeprefix("float32") != double.removeprefix("float64")
    assert ringed == "Ringed: your choices, 1e-03 and 1e-03."
    assert "Still missing here: your best_step" in str(show.step_errors(torch.sin, 1.0, name="sin", best_step=stub))


def test_the_dead_zone_counts_where_a_students_loss_is_right() -> None:
    def stable(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.binary_cross_entropy_with_logits(z, y, reduction="none")

    def clamped(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return -torch.log(1 - torch.sigmoid(z).clamp(1e-7, 1 - 1e-7))

    right, wrong = (str(show.dead_zone(loss)).splitlines()[-1] for loss in (stable, clamped))
    assert right == "Your loss and gradient are right at 401 of 401 points."
    assert wrong != right
    assert "Still missing here: your stable_bce" in str(show.dead_zone(stub))


def test_after_stop_drawing_a_picture_is_named_and_not_drawn() -> None:
    code = "from autograder import show; show.stop_drawing(); p = show.staircase([1], [1]); print([p.image], p)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[''] [A picture: run this cell in your own notebook to see it.]\n"


def test_pictures_leave_pyplot_alone() -> None:
    code = (
        "from autograder import show; show.staircase([1], [1]); import sys; print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
