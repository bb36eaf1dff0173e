"""The wire format: whatever an answer returns becomes values, values survive the trip, and bad bytes are refused."""

from __future__ import annotations

import base64
import fractions
import json
import math
from typing import Any

import numpy as np
import pytest
import torch

from autograder.exchange import values
from autograder.exchange.values import BadValue, Made, Opaque, Raised, dump, identical, load, plain
from autograder.marking.compare import alike


def same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and alike(a, b, rtol=0, atol=0)


NUMBERS = {
    "a bool": (True, True),
    "an int": (3, 3),
    "a float": (-2.5, -2.5),
    "infinity": (-math.inf, -math.inf),
    "a NumPy bool": (np.bool_(True), True),
    "a fraction": (fractions.Fraction(1, 4), 0.25),
    "a string": ("PowBackward0", "PowBackward0"),
    "a NumPy string": (np.str_("leaf"), "leaf"),
    "nothing": (None, None),
}


@pytest.mark.parametrize(("thing", "value"), NUMBERS.values(), ids=NUMBERS)
def test_a_scalar_becomes_a_plain_python_value(thing: Any, value: Any) -> None:
    made = plain(thing)
    assert type(made) is type(value)
    assert made == value


def test_nan_stays_nan() -> None:
    assert math.isnan(load(dump(plain(math.nan))))


TENSORS = {
    "a NumPy scalar": (np.float32(1.5), torch.tensor(1.5)),
    "an array": (np.arange(6).reshape(2, 3), torch.arange(6).reshape(2, 3)),
    "an array from right to left": (np.arange(3.0)[::-1], torch.tensor([2.0, 1.0, 0.0], dtype=torch.float64)),
    "a long double": (np.longdouble(0.5), torch.tensor(0.5, dtype=torch.float64)),
    "a complex number": (1 + 2j, torch.tensor(1 + 2j)),
    "a tensor with a graph": (torch.ones(2, requires_grad=True) * 2, torch.full((2,), 2.0)),
    "a parameter": (torch.nn.Parameter(torch.ones(2)), torch.ones(2)),
    "a view from bottom to top": (torch.arange(4).reshape(2, 2).T.flip(0), torch.tensor([[1, 3], [0, 2]])),
    "a sparse tensor": (torch.eye(2).to_sparse(), torch.eye(2)),
    "an expanded tensor": (torch.ones(1).expand(3), torch.ones(3)),
}


@pytest.mark.parametrize(("thing", "value"), TENSORS.values(), ids=TENSORS)
def test_an_array_or_a_tensor_becomes_a_plain_tensor(thing: Any, value: torch.Tensor) -> None:
    made = plain(thing)
    assert type(made) is torch.Tensor
    assert made.dtype == value.dtype
    assert torch.equal(made, value)
    assert not made.requires_grad
    assert made.is_contiguous()


def test_what_was_sent_does_not_share_memory() -> None:
    tensor, array = torch.zeros(2), np.zeros(2)
    sent, also = plain(tensor), plain(array)
    tensor += 1
    array += 1
    assert not sent.any()
    assert not also.any()


def test_containers_keep_their_kind() -> None:
    assert plain((1, [2.0], {"a": (3,)})) == (1, [2.0], {"a": (3,)})
    assert plain({2: "two"}) == {"2": "two"}
    assert plain({"b", "a"}) == ["a", "b"]


OPAQUE = {
    "a function": (len, "a function"),
    "an object": (object(), "an object of type object"),
    "a generator": ((i for i in range(3)), "an object of type generator"),
    "an array of objects": (np.array([None]), "an array of dtype object"),
    "a meta tensor": (torch.empty(2, device="meta"), "a meta tensor, which has a shape but no values"),
    "a large tensor": (
        torch.zeros(1).expand(values.MAX_ELEMENTS + 1),
        f"a tensor of {values.MAX_ELEMENTS + 1} elements",
    ),
    "a tensor of many axes": (torch.zeros([1] * 20), "a tensor of 20 dimensions"),
}


@pytest.mark.parametrize(("thing", "description"), OPAQUE.values(), ids=OPAQUE)
def test_what_is_no_value_is_described(thing: Any, description: str) -> None:
    assert plain(thing) == Opaque(description)


def test_a_whole_number_of_any_size_can_be_sent() -> None:
    for number in (0, -(2**80), 10**400, 10**5000):
        sent = plain(number)
        assert isinstance(sent, Opaque) or sent == number
        assert same(load(dump(sent)), sent)
    assert plain(-(2**80)) == -(2**80)


def test_a_list_inside_itself_ends() -> None:
    loop: list[Any] = []
    loop.append(loop)
    sent = plain(loop)
    for _ in range(values.MAX_DEPTH):
        (sent,) = sent
    assert load(dump(plain(loop))) == plain(loop)


def test_a_list_without_end_is_cut() -> None:
    sent = plain([0] * (values.MAX_ITEMS + 5))
    assert sent[0] == 0
    assert isinstance(sent[-1], Opaque)


TRIPS = {
    "a number": 0.1,
    "the smallest number": 5e-324,
    "infinity": math.inf,
    "text": 'σ′(z) — \n"',
    "a nest": {"a": [(1, 2.0), None], "b": {"c": True}},
    "a recipe": Made("wave", {"name": "sin", "rate": 2.0}),
    "an error": Raised(("ValueError", "Exception"), "no"),
    "an opaque thing": Opaque("a function"),
    "no list": [],
    "no tuple": (),
    **{f"{dtype}": torch.tensor([0, 1, 2]).to(dtype) for dtype in values._DTYPES.values()},
    "a number in a tensor": torch.tensor(0.25, dtype=torch.float64),
    "an empty matrix": torch.zeros(0, 3),
    "a leaf": torch.tensor([1.0, -0.0], requires_grad=True),
}


@pytest.mark.parametrize("value", TRIPS.values(), ids=TRIPS)
def test_a_value_survives_the_trip(value: Any) -> None:
    back = load(dump(value))
    if isinstance(value, torch.Tensor):
        assert back.dtype == value.dtype
        assert back.shape == value.shape
        assert back.requires_grad == value.requires_grad
        assert torch.equal(back, value)
    else:
        assert type(back) is type(value)
        assert back == value


def test_a_tensor_that_arrived_has_memory_of_its_own() -> None:
    data = dump(torch.zeros(3))
    first, second = load(data), load(data)
    first += 1
    assert not second.any()


def tensor(dtype: str, shape: Any, raw: bytes = b"\0" * 8, requires_grad: Any = False) -> bytes:
    return json.dumps({"tensor": [dtype, shape, base64.b64encode(raw).decode(), requires_grad]}).encode()


BAD = {
    "nothing": b"",
    "not JSON": b"{",
    "not text": b"\xff\xfe",
    "a bare list": b"[1]",
    "a nameless dict": b"{}",
    "two kinds": b'{"list": [], "tuple": []}',
    "an unknown kind": b'{"pickle": "gASV"}',
    "a recipe without parts": b'{"made": []}',
    "a recipe of no parts": b'{"made": ""}',
    "an unknown dtype": tensor("qint8", [8]),
    "the wrong size": tensor("float32", [3]),
    "bytes that are no number": tensor("float64", [1], b"\0" * 7),
    "a negative shape": tensor("float64", [-1]),
    "a shape of text": tensor("float64", ["1"]),
    "a shape that is no list": tensor("float64", 1),
    "an enormous shape": tensor("float64", [2**40]),
    "too many axes": tensor("float64", [1] * 40),
    "whole numbers with a gradient": tensor("int64", [1], requires_grad=True),
    "bytes in no base 64": b'{"tensor": ["float64", [1], "AAAA*AAAAAAA=", false]}',
    "a key that is no text": b'{"dict": [[1, 2]]}',
    "a recipe without a name": b'{"made": [null, {"dict": []}]}',
    "an error without kinds": b'{"raised": [[1], "no"]}',
    "long text": json.dumps({"opaque": "a" * (values.MAX_TEXT + 1)}).encode(),
    "a deep nest": b'{"list": [' * 60 + b"1" + b"]}" * 60,
    "a nest too deep for Python": b'{"list": [' * 100_000,
    "a number too long for Python": b"9" * 5000,
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_bad_bytes_are_refused_with_one_kind_of_error(data: bytes) -> None:
    with pytest.raises(BadValue):
        load(data)


def test_a_message_that_is_too_large_is_not_even_read() -> None:
    with pytest.raises(BadValue, match="at most"):
        load(b" " * (values.MAX_BYTES + 1))


def test_a_byte_that_is_neither_true_nor_false_counts_as_true() -> None:
    back = load(tensor("bool", [3], b"\0\1\2"))
    assert torch.equal(back, torch.tensor([False, True, True]))
    assert back.to(torch.uint8).tolist() == [0, 1, 1]


def test_only_values_can_be_dumped() -> None:
    with pytest.raises(TypeError, match="not a value"):
        dump(object())


def test_identical_values_are_the_same_to_the_last_digit() -> None:
    value = {"a": [1.0, (torch.tensor([1.0, 2.0]), "x")], "b": Raised(("E",), "why"), "c": None}
    assert identical(value, plain(value))
    for other in (1.0 + 1e-15, 1, torch.tensor(1.0), None, [1.0], Opaque("1.0"), True):
        assert not identical(1.0, other)
    assert not identical(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 3.0]))
    assert not identical(torch.tensor([1.0, 2.0]), torch.tensor([[1.0, 2.0]]))
    assert not identical(torch.tensor([1.0]), torch.tensor([1.0], dtype=torch.float64))
    assert not identical([1.0, 2.0], [1.0])
    assert not identical([1.0], (1.0,))
    assert not identical({"a": 1.0}, {"b": 1.0})
    assert not identical(Raised(("E",), "a"), Raised(("E",), "b"))
    assert not identical(math.nan, math.nan)
    assert not identical(Made("array", {"values": torch.ones(2)}), Made("array", {"values": torch.ones(2)}))
