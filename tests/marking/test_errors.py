"""Exceptions that students meet, raised by real code, each with the sentence that it is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from autograder.authoring.task import task
from autograder.exchange.drive import drive
from autograder.exchange.values import Raised
from autograder.marking.errors import ROWS, explained

SPACE = {"torch": torch, "np": np, "T": torch.tensor, "F": torch.nn.functional}

RAISING = [
    ("x.grad.zero_()", "`.grad` is None there"),
    ("x.grad * 2", "`.grad` is None there"),
    ("x - 0.1 * x.grad", "`.grad` is None there"),
    ("x.grad_fn.name()", "`.grad_fn` is None there"),
    ("[3, 1].sort()[0]", "Something there is None"),
    ("None + 1", "One side of the `+` is None"),
    ("None.item()", "What stands before `.item` is None"),
    ("x.sum.item()", "A `()` is missing before `.item`"),
    ("x.exp - 1", "One side of the `-` is a function"),
    ("x.size[0]", "called with `(...)`"),
    ("x.shape()", "`.shape` is no function"),
    ("x.item()(3)", "Is a `*` missing"),
    ("(lambda a: a)(1, 2)", "`<lambda>` takes 1 arguments, and 2 were given"),
    ("(lambda a: a)()", "was called without 'a'"),
    ("(lambda a: a)(a=1, b=2)", "no argument named `b`"),
    ("torch.pow(2)", "`pow` can't be called with what it was given there: (int)"),
    ("cos(x)", "there is `torch.cos`"),
    ("math.sin(1)", "`math` was not imported: `import math`"),
    ("nothing_like_it", "Nothing is called `nothing_like_it`"),
    ("x.gard", "`.grad`"),
    ("torch.sine(x)", "`.sin`"),
    ("1 / (x.item() - x.item())", "divided by is 0"),
    ("0.0 ** -1", "0 to a negative power"),
    ("x.item() ^ 2", "`**`"),
    ("x ^ 2", "`**`"),
    ("bool(T([1.0, 2.0]) > 1)", "one yes or no"),
    ("bool(np.ones(2) > 1)", "one yes or no"),
    ("(x.detach() ** 2).backward()", "no recorded graph"),
    ("x.numpy()", "NumPy can't follow gradients"),
    ("x.add_(1)", "may not be changed in place"),
    ("(lambda y: (y.backward(), y.backward()))(x ** 2)", "the second time"),
    ("(x * T([1.0, 2.0])).backward()", "starts from one number"),
    ("T(2, requires_grad=True)", "whole numbers can't carry a gradient"),
    ("(x * 2).requires_grad_(False)", "computed from others"),
    ("torch.autograd.grad(x ** 2, T(1.0, requires_grad=True))", "no path of the graph"),
    ("setattr(x, 'grad', 0)", "a value of type int"),
    ("torch.autograd.grad(x ** 2, x).item()", "That is a tuple"),
    ("torch.autograd.grad(x ** 2, x) * 2.0", "can't be scaled"),
    ("torch.sin(2.0)", "For plain numbers there is `math`"),
    ("(2.0).backward()", "plain number"),
    ("np.ones(2).backward()", "NumPy's"),
    ("float(T([1.0, 2.0]))", "can't become one plain number"),
    ("torch.stack([1.0])", "a list that holds a value of type float"),
    ("torch.ones(2, 3) @ torch.ones(2, 3)", "2x3 and 2x3"),
    ("torch.ones(2, 3) @ torch.ones(2)", "matrix of 2x3"),
    ("torch.ones(2) @ torch.ones(3)", "2 and 3"),
    ("torch.ones(2, 3) + torch.ones(2, 4)", "one has 3 entries, the other 4"),
    ("np.ones(2) + np.ones(3)", "(2,) and (3,)"),
    ("T(1.0) @ T(1.0)", "Single numbers multiply with `*`"),
    ("torch.ones(2).view(3)", "the shape [3]"),
    ("torch.ones(2).sum(5)", "no axis 5"),
    ("torch.ones(2)[7]", "no entry 7"),
    ("T(1.0)[0]", "a single number"),
    ("len(x)", "a single number"),
    ("torch.ones(2, dtype=torch.float64) @ torch.ones(2)", "Double and Float"),
    ("F.cross_entropy(T([[1.0, 2.0]]), T([0.5]))", "Labels are whole numbers"),
    ("T([1, 2]).mean()", "mean of whole numbers"),
    ("torch.linalg.inv(torch.zeros(2, 2))", "no inverse"),
    ("(lambda: [0 for a, b in [(1, 2, 3)]])()", "names 2 values"),
    ("[1][3]", "no such place in the list"),
    ("{'a': 1}['b']", "no key 'b'"),
    ("(2.0)[0]", "a float has none"),
    ("list(3)", "one value"),
    ("range(2.0)", "A whole number is needed"),
    ("None < 1", "One side is None"),
    ("'ab'.startswith(['a'])", "takes a string or a tuple"),
    ("max([])", "nothing in it"),
    ("f(x)", "calls itself without end"),
]


def raised_by(body: str) -> Raised:
    space: dict[str, Any] = dict(SPACE)
    exec(compile(f"def f(x):\n    return {body}", "cell", "exec"), space)
    found = drive("call", space["f"], (torch.tensor(2.0, requires_grad=True),), names=["x"], twice=False).result
    assert isinstance(found, Raised)
    return found


@pytest.fixture(autouse=True)
def _lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines of code that is in no file: what is raised is explained by its own text."""
    import linecache

    def getline(file: str, number: int, *_: Any) -> str:
        return LINE[0] if file == "cell" and number == 2 else ""

    monkeypatch.setattr(linecache, "getline", getline)


LINE = [""]


@pytest.mark.parametrize(("body", "says"), RAISING, ids=[body for body, _ in RAISING])
def test_an_error_is_explained_by_its_message_and_line(body: str, says: str) -> None:
    LINE[0] = f"return {body}"
    error = raised_by(body)
    assert error.line is not None
    found = explained(error)
    assert says in found.says
    assert found.then


def test_an_error_of_an_unknown_kind_is_not_guessed_at() -> None:
    found = explained(Raised(("Mine", "Exception"), "whatever it says"))
    assert found.says == ""
    assert found.then


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.message[:40])
def test_a_row_is_a_sentence_and_a_next_step(row: Any) -> None:
    assert row.says.rstrip(")").endswith((".", "?"))
    assert not row.then.endswith(".")


def test_torchs_not_implemented_is_no_stub() -> None:
    from autograder.marking.answers import LocalAnswer
    from autograder.marking.marks import cases, mark

    @task(points=1, examples=[torch.tensor(2.0)], probes=lambda rng: [])
    def power(x: torch.Tensor) -> torch.Tensor:
        """x²."""
        return x**2

    assert mark(power, LocalAnswer(lambda x: x ^ 2, "power"), cases(power, power.examples)).attempted
