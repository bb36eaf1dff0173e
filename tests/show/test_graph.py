"""Pictures: the recorded graph says what torch recorded, in Mermaid and in words."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
import torch

from autograder import show

SVG = "{http://www.w3.org/2000/svg}"


def leaf(value: float) -> torch.Tensor:
    return torch.tensor(value, requires_grad=True)


def test_boxes_hold_the_operations_and_edges_the_local_slopes() -> None:
    x = leaf(3.0)
    assert str(show.graph((x**2).sin(), x=x)).splitlines() == [
        "x = 3 --[6]--> PowBackward0",
        "PowBackward0 --[-0.9111]--> SinBackward0",
    ]


def test_the_mermaid_text_is_a_flowchart_from_top_to_bottom_with_rounded_leaves() -> None:
    x = leaf(3.0)
    lines = show.graph(x**2 * 5, x=x).mermaid.splitlines()
    assert lines[:3] == [
        "flowchart TD",
        "  accTitle: The graph that autograd recorded",
        "  accDescr: x = 3 --[6]--> PowBackward0; PowBackward0 --[5]--> MulBackward0",
    ]
    assert [line for line in lines[3:] if "classDef" not in line] == [
        '  n0(["x = 3"]):::leaf',
        '  n1["PowBackward0"]:::operation',
        '  n2["MulBackward0"]:::operation',
        '  n0 -- "6" --> n1',
        '  n1 -- "5" --> n2',
    ]


def test_a_notebook_gets_mermaid_and_a_page_svg_and_everybody_words_without_an_address() -> None:
    graph = show.graph(leaf(2.0) ** 2)
    bundle = graph._repr_mimebundle_()
    assert set(bundle) == {"text/vnd.mermaid", "image/svg+xml", "text/plain"}
    assert bundle["text/plain"] == str(graph)
    assert "0x" not in repr(graph)


def parsed(graph: Any) -> ElementTree.Element:
    return ElementTree.fromstring(graph._repr_mimebundle_()["image/svg+xml"])


def test_the_svg_holds_every_box_and_says_in_words_what_it_shows() -> None:
    x = leaf(3.0)
    y = x**2
    svg = parsed(show.graph(y * torch.sin(y) + x * y, gradients=True, x=x, y=y))
    words = [text.text for text in svg.iter(f"{SVG}text")]
    assert "x = 3" in words and "y = 9" in words and words.count("MulBackward0") == 2
    (described,) = svg.iter(f"{SVG}desc")
    assert "x = 3" in (described.text or "")


def test_no_two_boxes_of_the_svg_overlap_and_all_lie_inside_of_it() -> None:
    x, w = leaf(3.0), leaf(2.0)
    y = x**2
    out = y * torch.sin(y) + x * y * torch.exp(w) - torch.tanh(w * y) * x
    svg = parsed(show.graph(out, x=x, w=w, y=y))
    boxes = [
        [float(box.get(name, "0")) for name in ("x", "y", "width", "height")]
        for box in svg.iter(f"{SVG}rect")
        if box.get("stroke")
    ]
    assert len(boxes) > 8
    for i, (left, top, wide, tall) in enumerate(boxes):
        assert left >= 0 and top >= 0
        assert left + wide <= float(svg.get("width", "0")) and top + tall <= float(svg.get("height", "0"))
        for other_left, other_top, other_wide, other_tall in boxes[:i]:
            apart = left >= other_left + other_wide or other_left >= left + wide
            assert apart or top >= other_top + other_tall or other_top >= top + tall


def test_gradients_are_those_that_backward_gives_where_paths_meet() -> None:
    w, x = leaf(2.0), leaf(3.0)
    out = (w * x - 1) ** 2 + w
    text = str(show.graph(out, gradients=True, w=w, x=x))
    out.backward()
    assert w.grad is not None and x.grad is not None
    assert f"w = 2, gradient {w.grad.item():g} " in text
    assert f"x = 3, gradient {x.grad.item():g} " in text


def test_a_node_reached_by_two_paths_is_drawn_once() -> None:
    x = leaf(3.0)
    y = x**2
    mermaid = show.graph(y * y + y, x=x).mermaid
    assert mermaid.count('["PowBackward0"]') == 1
    assert mermaid.count('(["x = 3"])') == 1


def test_drawing_leaves_the_graph_usable_and_the_gradients_empty() -> None:
    x = leaf(3.0)
    out = (x**2).sin()
    show.graph(out, gradients=True, x=x)
    assert x.grad is None
    out.backward()
    assert x.grad is not None


def test_an_unnamed_leaf_and_a_named_middle_show_their_values() -> None:
    x = leaf(3.0)
    y = x**2
    text = str(show.graph(y.sin(), y=y))
    assert text.startswith("leaf = 3 --[6]--> y = 9, PowBackward0")


def test_a_cut_is_a_dotted_edge_from_a_tensor_without_graph() -> None:
    v, v_next = leaf(1.5), torch.tensor(2.0)
    loss = (0.5 * v_next - v) ** 2
    graph = show.graph(loss, cut={"v_next": "loss"}, v=v, v_next=v_next, loss=loss)
    assert '  v_next(["v_next = 2"]):::outside' in graph.mermaid.splitlines()
    assert graph.mermaid.splitlines()[-1] == "  v_next -. cut .-x n2"
    assert str(graph).splitlines()[-1] == "v_next = 2 --[cut]--x loss"


@pytest.mark.parametrize("out", [torch.tensor(1.0), leaf(1.0), torch.ones(2, requires_grad=True) * 2])
def test_what_is_no_scalar_with_a_graph_is_refused_with_the_reason(out: torch.Tensor) -> None:
    with pytest.raises(ValueError, match="0-d tensor that has a grad_fn"):
        show.graph(out)


def test_a_chain_of_cuts_goes_through_a_tensor_outside_the_graph() -> None:
    a, b = leaf(3.0), leaf(2.0)
    goal = (b**2).detach()
    loss = (goal - a) ** 2
    graph = show.graph(loss, cut={"b": "goal", "goal": "loss"}, a=a, b=b, goal=goal, loss=loss)
    assert str(graph).splitlines()[-2:] == ["b = 2 --[cut]--x goal", "goal = 4 --[cut]--x loss"]
    assert "  b -. cut .-x goal" in graph.mermaid


def test_the_staircase_says_its_numbers() -> None:
    picture = show.staircase([12.0, 24.0], [12.0, 12.0])
    assert str(picture) == "never cleared: 12, 24\ncleared: 12, 12"


def test_a_loss_curve_that_cannot_be_drawn_yet_is_left_out_with_a_word() -> None:
    def unwritten() -> list[float]:
        raise NotImplementedError

    text = str(show.losses("title", {"mine": unwritten, "given": [4.0, 1.0]}))
    assert text.splitlines() == [
        "mine: not written yet. Write it, then run this cell again.",
        "given: from 4 to 1 in 2 steps",
    ]


def test_cutting_shows_who_gets_a_gradient_before_and_after() -> None:
    a, b = leaf(3.0), leaf(2.0)
    goal = (b**2).detach()
    alone = (goal - a) ** 2
    cut = {"b": "goal", "goal": "alone"}
    moving = show.cutting(
        show.graph((b**2 - a) ** 2, gradients=True, a=a, b=b),
        show.graph(alone, gradients=True, cut=cut, a=a, b=b, goal=goal, alone=alone),
    )
    assert str(moving).splitlines() == [
        "recorded whole: b = 2, gradient 8; a = 3, gradient -2",
        "cut: b = 2; goal = 4; a = 3, gradient -2",
    ]
