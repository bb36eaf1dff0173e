"""Is this value that value? Shapes strictly, kinds loosely, numbers to a tolerance, and luck never counts."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import pytest
import torch

from autograder.exchange.values import Opaque, Raised
from autograder.marking.compare import Difference, alike, as_tensor, difference, members

F64 = torch.float64
VALUE_ERROR = Raised(("ValueError", "Exception"), "not a reduction")


def differs(got: Any, want: Any, rtol: float = 1e-4, atol: float = 1e-6) -> Difference | None:
    return difference(got, want, rtol=rtol, atol=atol)


EQUAL = {
    "a float": (2.0, 2.0),
    "a float, nearly": (2.0001, 2.0),
    "an int for a float": (2, 2.0),
    "a float for an int": (2.0, 2),
    "a 0-d tensor for a number": (torch.tensor(2.0), 2.0),
    "a number for a 0-d tensor": (2, torch.tensor(2.0)),
    "another dtype": (torch.tensor([1, 2]), torch.tensor([1.0, 2.0], dtype=F64)),
    "half precision of a round number": (torch.tensor(0.5, dtype=torch.bfloat16), 0.5),
    "a list for a vector": ([1.0, 2.0], torch.tensor([1.0, 2.0])),
    "a nested list for a matrix": ([[1.0, 2.0]], torch.tensor([[1.0, 2.0]])),
    "a list of 0-d tensors": ([torch.tensor(1.0), 2], torch.tensor([1.0, 2.0])),
    "an empty list for an empty vector": ([], torch.zeros(0)),
    "a tensor for a list": (torch.tensor([1.0, 2.0]), [1.0, 2.0]),
    "a list for a tuple": ([1.0, 2.0], (1.0, 2.0)),
    "a tensor for a tuple": (torch.tensor([1.0, 2.0]), (1.0, 2.0)),
    "an empty list for a list": ([], []),
    "infinity": (math.inf, math.inf),
    "minus infinity in a tensor": (torch.tensor([-math.inf, 1.0]), torch.tensor([-math.inf, 1.0])),
    "True": (True, True),
    "a 0-d bool tensor": (torch.tensor(True), True),
    "a mask": (torch.tensor([True, False]), torch.tensor([True, False])),
    "text": ("raises", "raises"),
    "None": (None, None),
    "an opaque thing": (Opaque("a function"), Opaque("a function")),
    "a dict": ({"dw": 1.0, "db": 2.0}, {"db": 2.0, "dw": 1.0}),
    "a dict with more": ({"dw": 1.0, "note": "x"}, {"dw": 1.0}),
    "an error": (VALUE_ERROR, Raised(("ValueError", "Exception"), "other words")),
    "a subclass of the error": (Raised(("MyError", "ValueError", "Exception")), VALUE_ERROR),
}


@pytest.mark.parametrize(("got", "want"), EQUAL.values(), ids=EQUAL)
def test_these_are_the_same(got: Any, want: Any) -> None:
    assert differs(got, want) is None


DIFFERENT = {
    "a value": (2.001, 2.0, "value"),
    "the other sign": (-2.0, 2.0, "value"),
    "zero for a small number": (0.0, 1e-3, "value"),
    "a small number for zero": (1e-3, 0.0, "value"),
    "a large number for infinity": (1e300, math.inf, "value"),
    "infinity for a number": (math.inf, 2.0, "not finite"),
    "the other infinity": (-math.inf, math.inf, "not finite"),
    "NaN for a number": (math.nan, 2.0, "not finite"),
    "NaN for NaN": (math.nan, math.nan, "not finite"),
    "NaN in a tensor": (torch.tensor([1.0, math.nan]), torch.tensor([1.0, 2.0]), "not finite"),
    "a whole number too large for a float": (10**400, 2.0, "not finite"),
    "None": (None, 2.0, "missing"),
    "None for a dict": (None, {"dw": 1.0}, "missing"),
    "True for 1": (True, 1, "type"),
    "1 for True": (1, True, "type"),
    "False for True": (False, True, "type"),
    "text for a number": ("2.0", 2.0, "type"),
    "a number for text": (2.0, "2.0", "type"),
    "other text": ("raises", "accumulates", "type"),
    "a complex number": (torch.tensor(2.0 + 0j), 2.0, "type"),
    "a function": (Opaque("a function"), 2.0, "type"),
    "one more axis": (torch.ones(1, 1), torch.ones(1), "shape"),
    "a shape that would broadcast": (torch.ones(1), torch.ones(3), "shape"),
    "a row for a column": (torch.ones(1, 3), torch.ones(3, 1), "shape"),
    "one element for a number": (torch.ones(1), 1.0, "shape"),
    "a number for one element": (1.0, torch.ones(1), "shape"),
    "ragged rows": ([[1.0], [1.0, 2.0]], torch.ones(2, 1), "type"),
    "another empty shape": (torch.zeros(0, 2), torch.zeros(0, 3), "shape"),
    "too few members": ([1.0], [1.0, 2.0], "shape"),
    "too many members": ([1.0, 2.0, 3.0], (1.0, 2.0), "shape"),
    "no list": (1.0, [1.0], "type"),
    "a member": ([1.0, 5.0], [1.0, 2.0], "value"),
    "a member of text": (["a", "b"], ["a", "c"], "type"),
    "a value in a dict": ({"dw": 1.0, "db": 5.0}, {"dw": 1.0, "db": 2.0}, "value"),
    "a key too few": ({"dw": 1.0}, {"dw": 1.0, "db": 2.0}, "type"),
    "no dict": ([1.0], {"dw": 1.0}, "type"),
    "another mask": (torch.tensor([True, True]), torch.tensor([True, False]), "type"),
    "another opaque thing": (Opaque("an object"), Opaque("a function"), "type"),
    "an error for a value": (VALUE_ERROR, 2.0, "error"),
    "a value for an error": (2.0, VALUE_ERROR, "error"),
    "a base class of the error": (Raised(("Exception",)), VALUE_ERROR, "error"),
    "another error": (Raised(("TypeError", "Exception")), VALUE_ERROR, "error"),
}


@pytest.mark.parametrize(("got", "want", "kind"), DIFFERENT.values(), ids=DIFFERENT)
def test_these_differ_and_the_fact_says_how(got: Any, want: Any, kind: str) -> None:
    found = differs(got, want)
    assert found is not None
    assert found.kind == kind


def test_the_worst_element_is_named() -> None:
    want = torch.zeros(2, 3)
    got = torch.tensor([[0.0, 0.1, 0.0], [0.0, 0.0, -0.5]])
    found = differs(got, want)
    assert found is not None
    assert found.where == (1, 2)
    assert found.worst == pytest.approx(0.5)


def test_the_place_inside_a_list_comes_first() -> None:
    found = differs([torch.zeros(2), torch.tensor([0.0, 1.0])], [torch.zeros(2), torch.zeros(2)])
    assert found is not None
    assert found.where == (1, 1)


def test_one_wrong_number_among_right_ones_is_enough() -> None:
    want = torch.arange(1000, dtype=F64)
    got = want.clone()
    assert differs(got, want) is None
    got[777] += 1.0
    assert differs(got, want) is not None


def test_tolerances_are_relative_to_the_truth_and_not_to_the_answer() -> None:
    assert differs(1e9, 1.0, rtol=0.5) is not None
    assert differs(torch.tensor([3.0]), torch.tensor([1.0]), rtol=0.7) is not None
    assert differs(1.0, 1.0 + 2e-4) is not None
    assert differs(0.0, 0.0, rtol=0, atol=0) is None
    assert differs(1e-300, 0.0, rtol=0, atol=0) is not None


def test_a_wrong_answer_is_alike_only_to_the_same_wrong_answer() -> None:
    def is_alike(a: Any, b: Any) -> bool:
        return alike(a, b, rtol=1e-4, atol=1e-6)

    assert is_alike(math.nan, torch.tensor(math.nan))
    assert is_alike(torch.tensor([math.inf, 1.0]), [math.inf, 1.0])
    assert not is_alike(math.nan, 1.0)
    assert not is_alike(torch.ones(1), torch.ones(2))
    assert is_alike(Raised(("E",), "a"), Raised(("E",), "a"))
    assert not is_alike(Raised(("E",), "a"), Raised(("E",), "b"))
    assert is_alike(torch.tensor(True), True)
    assert is_alike(True, torch.tensor(True))
    assert is_alike(torch.tensor([True]), torch.tensor([True]))
    assert not is_alike(torch.tensor([True]), torch.tensor([False]))
    assert is_alike(torch.tensor(1j), torch.tensor(1j))
    assert is_alike({"a": [None, "x"]}, {"a": [None, "x"]})
    assert not is_alike({"a": 1}, {"b": 1})
    assert not is_alike([1.0, "x"], [1.0])
    assert is_alike([1.0, [2, math.nan]], (1.00001, [2.0, math.nan]))
    assert not is_alike([1.0, [2.0, 3.0]], [1.0, [2.0, 3.1]])
    assert is_alike([True, False], torch.tensor([True, False]))
    assert is_alike(1.0, 1.00001)
    assert not is_alike(1.0, 1.001)
    assert not is_alike(1.0, math.inf)
    assert is_alike(math.inf, math.inf)
    assert not is_alike(math.inf, -math.inf)
    assert not is_alike(None, 0.0)
    assert not is_alike("1", 1)


def test_members_are_told_apart_only_where_they_are_as_many_as_wanted() -> None:
    assert members((1, 2), 2) == [1, 2]
    assert members(torch.tensor([1.0, 2.0]), 2) == [torch.tensor(1.0), torch.tensor(2.0)]
    assert members(torch.tensor([1.0, 2.0]), 3) is None
    assert members(torch.tensor(1.0), 1) is None
    assert members("ab", 2) is None


def test_numbers_in_any_form_become_one_tensor() -> None:
    matrix = as_tensor([[1, torch.tensor(2.0)], (3.0, 4)])
    assert matrix is not None
    assert matrix.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert matrix.dtype == F64
    things: list[Any] = [True, "1", None, [1, "2"], [[1], 2], torch.tensor(1j), torch.tensor(True), {}]
    for thing in things:
        assert as_tensor(thing) is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (3, 3.0, True),
        (3, torch.tensor(3.0), True),
        (torch.tensor(3), 3, True),
        (3, 4, False),
        (3, torch.tensor(4.0), False),
        (2**60, 2**60 + 1, True),  # within the tolerance, and no float holds them
        (2**60, 2**61, False),
        (10**400, 10**400, True),
        (10**400, 1.0, False),
        (1, True, False),
        (torch.tensor(True), 1, False),
    ],
)
def test_numbers_are_compared_as_numbers_whatever_holds_them(one: Any, other: Any, same: bool) -> None:
    assert alike(one, other, rtol=1e-6, atol=1e-9) is same
    assert alike(other, one, rtol=1e-6, atol=1e-9) is same
    assert (difference(one, other, rtol=1e-6, atol=1e-9) is None) is same


def test_telling_where_two_tensors_differ_imports_no_algebra() -> None:
    code = (
        "import sys, torch\nfrom autograder.marking.compare import difference\n"
        "found = difference(torch.zeros(2, 3), torch.eye(2, 3) * 5, rtol=0.0, atol=0.0)\n"
        "print(found.where, 'sympy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == "(0, 0) False\n", "sympy takes half a second of a student's first wrong answer"
