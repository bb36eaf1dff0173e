"""The wire format on values and bytes that nobody thought of."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.exchange.text import printable
from autograder.exchange.values import (
    _DTYPES,
    MAX_BITS,
    BadValue,
    Made,
    Opaque,
    Raised,
    dump,
    load,
    plain,
)

# The same cases in every run: a fault is found by whoever makes it.
CASES = settings(deadline=None, derandomize=True, database=None, max_examples=150)
TEXTS = st.text(max_size=20).map(printable)
SHAPES = st.lists(st.integers(0, 3), max_size=4)


@st.composite
def tensors(draw: st.DrawFn) -> torch.Tensor:
    """Of any dtype and shape, with any bits at all in it, infinities and NaNs among them."""
    dtype, shape = draw(st.sampled_from(sorted(_DTYPES))), draw(SHAPES)
    empty = torch.empty(shape, dtype=_DTYPES[dtype])
    size = empty.numel() * empty.element_size()
    raw = draw(st.binary(min_size=size, max_size=size))
    if dtype == "bool":
        raw = bytes(byte & 1 for byte in raw)
    made = torch.frombuffer(bytearray(raw), dtype=empty.dtype).reshape(shape) if raw else empty
    return made.requires_grad_(draw(st.booleans()) and (made.is_floating_point() or made.is_complex()))


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**MAX_BITS) + 1, 2**MAX_BITS - 1),
    st.floats(),
    TEXTS,
    tensors(),
    st.builds(Opaque, TEXTS),
    st.builds(Raised, st.lists(TEXTS, max_size=3).map(tuple), TEXTS),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(TEXTS, inner, max_size=4),
        st.builds(Made, TEXTS, st.dictionaries(TEXTS, inner, max_size=3)),
    ),
    max_leaves=12,
)


def same(a: Any, b: Any) -> bool:
    """Whether two values are the same to the bit, kinds and NaNs too."""
    if type(a) is not type(b):
        return False
    match a:
        case torch.Tensor():
            bits = [t.detach().reshape(-1).view(torch.uint8) for t in (a, b)]
            alike = (a.dtype, a.shape, a.requires_grad) == (b.dtype, b.shape, b.requires_grad)
            return alike and torch.equal(*bits)
        case float():
            return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))
        case list() | tuple():
            return len(a) == len(b) and all(map(same, a, b))
        case dict():
            return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
        case Made():
            return a.name == b.name and same(a.params, b.params)
    return bool(a == b)


@given(VALUES)
@CASES
def test_what_is_loaded_is_what_was_dumped(value: Any) -> None:
    assert same(load(dump(value)), value)


@given(VALUES)
@CASES
def test_what_is_loaded_can_be_made_plain_and_sent_again(value: Any) -> None:
    assert same(load(dump(plain(value))), plain(value))


def test_same_tells_values_apart() -> None:
    """Or the tests above could not fail."""
    apart: list[Any] = [
        0.0,
        -0.0,
        0,
        False,
        None,
        "",
        [],
        (),
        {},
        math.nan,
        torch.zeros(1),
        torch.zeros(1, 1),
        -torch.zeros(1),
    ]
    assert [(a, b) for i, a in enumerate(apart) for j, b in enumerate(apart) if same(a, b) != (i == j)] == []


def loaded_or_refused(data: bytes) -> None:
    try:
        value = load(data)
    except BadValue:
        return
    dump(value)  # what came through is a value


@given(st.binary(max_size=200))
@CASES
def test_no_bytes_crash_it(data: bytes) -> None:
    loaded_or_refused(data)


KINDS = ["tensor", "list", "tuple", "dict", "made", "raised", "opaque"]
TREES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-2, 2**70),
        st.floats(),
        st.text(max_size=6),
        st.sampled_from([*_DTYPES, *KINDS, "AAAA", "AAAAAAAA8D8=", "A", "\ud800"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(KINDS), st.text(max_size=4)), inner, max_size=2),
    ),
    max_leaves=15,
)


@given(TREES)
@CASES
def test_nothing_that_json_can_say_crashes_it(tree: Any) -> None:
    loaded_or_refused(json.dumps(tree).encode())


@given(st.sampled_from(KINDS), st.lists(TREES, max_size=4))
@CASES
def test_no_record_with_a_body_that_it_should_not_have_crashes_it(kind: str, body: list[Any]) -> None:
    loaded_or_refused(json.dumps({kind: body}).encode())


@given(st.sampled_from(sorted(_DTYPES)), SHAPES, st.one_of(TREES, st.binary(max_size=40)), st.one_of(TREES))
@CASES
def test_no_tensor_crashes_it(dtype: str, shape: list[int], data: Any, wants: Any) -> None:
    data = data.hex() if isinstance(data, bytes) else data
    loaded_or_refused(json.dumps({"tensor": [dtype, shape, data, wants]}).encode())


@pytest.mark.parametrize(
    "data",
    [b"[" * 100_000, b'{"list":[' * 10_000, b"1" * 10_000, b"-" + b"9" * 5_000, b"1e999", b"NaN", b'"\\ud800"', b""],
    ids=lambda data: f"{data[:12]!r} x {len(data)}",
)
def test_extremes_do_not_crash_it(data: bytes) -> None:
    loaded_or_refused(data)
