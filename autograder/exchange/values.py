"""The wire format: what may cross between a student's process and the one that marks it.

A value is None, a bool, an int, a float, a string, a dense tensor, a list, a tuple or a dict with string keys of
values, or one of three small records: `Made` (an input that both sides build from a public recipe), `Raised` (an
exception, as words) and `Opaque` (something that is not a value, known by a description alone). Never pickle: bytes
that come back can be read without running anything.
"""

from __future__ import annotations

import base64
import decimal
import json
import numbers
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from .text import printable

Value = Any  # of the kinds named above; Python has no tidy type for a recursive union with tensors

MAX_BYTES = 32 * 2**20
MAX_ELEMENTS = 2**20
MAX_ITEMS = 20_000
MAX_DEPTH = 16
MAX_TEXT = 20_000
MAX_BITS = 4096

_DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        *(torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.complex128),
        *(torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
    )
}

_SENT = frozenset(_DTYPES.values())


class BadValue(ValueError):
    """Bytes that are not a message in this format, or a message larger than it may be."""


@dataclass(frozen=True)
class Made:
    """An input that both sides make themselves, by calling `recipes.<name>(**params)`."""

    name: str
    params: dict[str, Value] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{k}={v!r}' for k, v in self.params.items())})"


@dataclass(frozen=True)
class Line:
    """A line of the student's own: its number in its cell or file, counted from 1, and its text.

    `place` is "cell 3" or "helpers.py", "" where the answer itself is defined there.
    """

    number: int
    text: str
    place: str = ""


@dataclass(frozen=True)
class Raised:
    """An exception: the names of its class and base classes, most specific first, and its message.

    line  where in the student's code it came from, where that is known
    near  a name that may have been meant, for one that does not exist; "" where none is near
    """

    kinds: tuple[str, ...]
    message: str = ""
    line: Line | None = None
    near: str = ""


def raised(error: BaseException, line: Line | None = None, near: str = "") -> Raised:
    """The words of an exception."""
    kinds = tuple(c.__name__ for c in type(error).__mro__ if c not in (object, BaseException))
    try:
        message = str(error)
    except Exception:  # a __str__ of the student's own
        message = ""
    return Raised(kinds, message[:2000], line, near)


@dataclass(frozen=True)
class Opaque:
    """Something that can't be sent, described in a few words ("a function")."""

    description: str


def plain(thing: Any) -> Value:
    """Turn whatever an answer returned into values. Tensors lose their graph, arrays become tensors."""
    return _plain(thing, MAX_DEPTH, [MAX_ITEMS])


def _plain(thing: Any, depth: int, room: list[int]) -> Value:
    room[0] -= 1
    if depth < 0 or room[0] < 0:
        return Opaque("a structure that is too large or nested too deeply")
    if thing is None or type(thing) is float or isinstance(thing, (Made, Raised, Opaque)):
        return thing
    if isinstance(thing, torch.Tensor):
        return _plain_tensor(thing)
    if isinstance(thing, (bool, np.bool_)):
        return bool(thing)
    if isinstance(thing, str):
        return str(thing)[:MAX_TEXT]
    if isinstance(thing, (np.ndarray, np.generic)):
        if thing.dtype.kind == "U":
            return _plain(thing.tolist(), depth, room)
        if thing.dtype.kind not in "biufc":
            return Opaque(f"an array of dtype {thing.dtype}")
        wide = {"f": np.float64, "c": np.complex128}.get(thing.dtype.kind) if thing.dtype.itemsize > 8 else None
        return _plain_tensor(torch.from_numpy(np.array(thing, dtype=wide)))  # torch has no long double
    if isinstance(thing, numbers.Integral):
        number = int(thing)
        return number if number.bit_length() <= MAX_BITS else Opaque(f"a whole number of {number.bit_length()} bits")
    if isinstance(thing, (numbers.Real, decimal.Decimal)):
        return float(thing)
    if isinstance(thing, numbers.Complex):
        return _plain_tensor(torch.tensor(complex(thing)))
    if isinstance(thing, tuple):
        return tuple(_plain(item, depth - 1, room) for item in thing)
    if isinstance(thing, list):
        return [_plain(item, depth - 1, room) for item in thing]
    if isinstance(thing, (set, frozenset)):
        return [_plain(item, depth - 1, room) for item in sorted(thing, key=str)]
    if isinstance(thing, dict):
        return {str(key)[:MAX_TEXT]: _plain(item, depth - 1, room) for key, item in thing.items()}
    if callable(thing):
        return Opaque("a function")
    return Opaque(f"an object of type {type(thing).__name__}")


def _plain_tensor(tensor: torch.Tensor) -> Value:
    if tensor.numel() > MAX_ELEMENTS:
        return Opaque(f"a tensor of {tensor.numel()} elements")
    if tensor.ndim > MAX_DEPTH:
        return Opaque(f"a tensor of {tensor.ndim} dimensions")
    if tensor.is_meta:
        return Opaque("a meta tensor, which has a shape but no values")
    if tensor.is_nested or tensor.is_quantized:
        return Opaque("a nested or quantized tensor")
    dense = tensor.detach()
    if dense.layout != torch.strided:
        dense = dense.to_dense()
    if dense.dtype not in _SENT:
        return Opaque(f"a tensor of dtype {dense.dtype}")
    copy = torch.empty(dense.shape, dtype=dense.dtype)
    copy.copy_(dense)  # a plain tensor on the CPU, whatever the subclass, strides or lazy conjugation were
    return copy


def dump(value: Value) -> bytes:
    """The bytes of `value`, which must be made of values (see `plain`)."""
    return json.dumps(_encode(value)).encode()


def load(data: bytes) -> Value:
    """The value that `data` holds. Raises BadValue for anything that `dump` does not write."""
    if len(data) > MAX_BYTES:
        raise BadValue(f"a message of {len(data)} bytes; at most {MAX_BYTES} are read")
    try:
        return _decode(json.loads(data), MAX_DEPTH + 8)
    except BadValue:
        raise
    except (ValueError, TypeError, LookupError, RecursionError, RuntimeError, OverflowError, MemoryError) as error:
        raise BadValue(f"not a message: {type(error).__name__}") from error


def _encode(value: Value) -> Any:
    match value:
        case None | bool() | int() | float() | str():
            return value
        case torch.Tensor():
            data = base64.b64encode(_bytes_of(value)).decode()
            dtype = str(value.dtype).removeprefix("torch.")
            return {"tensor": [dtype, list(value.shape), data, value.requires_grad]}
        case list():
            return {"list": [_encode(item) for item in value]}
        case tuple():
            return {"tuple": [_encode(item) for item in value]}
        case dict():
            return {"dict": [[key, _encode(item)] for key, item in value.items()]}
        case Made():
            return {"made": [value.name, _encode(value.params)]}
        case Raised():
            line = None if value.line is None else [value.line.number, value.line.text, value.line.place]
            return {"raised": [list(value.kinds), value.message, line, value.near]}
        case Opaque():
            return {"opaque": value.description}
    raise TypeError(f"{type(value).__name__} is not a value; pass it through plain() first")


def _bytes_of(tensor: torch.Tensor) -> bytes:
    return tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def _decode(data: Any, depth: int) -> Value:
    if isinstance(data, str):
        return printable(data)
    if data is None or isinstance(data, (float, int, bool)):
        return data
    if depth < 0:
        raise BadValue("a message nested too deeply")
    if isinstance(data, list):
        raise BadValue("a bare list")
    ((kind, body),) = data.items()
    match kind:
        case "tensor":
            return _decode_tensor(*body)
        case "list":
            return [_decode(item, depth - 1) for item in body]
        case "tuple":
            return tuple(_decode(item, depth - 1) for item in body)
        case "dict":
            return {_text(key): _decode(item, depth - 1) for key, item in body}
        case "made":
            name, params = body
            return Made(_text(name), _decode(params, depth - 1))
        case "raised":
            kinds, message, line, near = body
            return Raised(tuple(_text(name) for name in kinds), _text(message), _line(line), _text(near))
        case "opaque":
            return Opaque(_text(body))
    raise BadValue(f"unknown kind {kind!r:.40}")


def _decode_tensor(dtype: str, shape: list[int], data: str, requires_grad: bool) -> torch.Tensor:
    if len(shape) > MAX_DEPTH or not all(isinstance(size, int) and 0 <= size <= MAX_ELEMENTS for size in shape):
        raise BadValue("a tensor with a bad shape")
    raw = base64.b64decode(data, validate=True)
    empty = torch.empty(0, dtype=_DTYPES[dtype])
    # A bytearray is writable memory of its own, so torch.frombuffer neither warns nor shares it.
    flat = torch.frombuffer(bytearray(raw), dtype=empty.dtype) if raw else empty
    if flat.dtype == torch.bool:
        flat = flat.view(torch.uint8) != 0  # a byte of 2 would be neither true nor false
    return flat.reshape(shape).requires_grad_(requires_grad is True)


def _line(body: Any) -> Line | None:
    if body is None:
        return None
    number, text, place = body
    if type(number) is not int or not 0 < number < 10**6:
        raise BadValue("the number of a line expected")
    return Line(number, *(" ".join(_text(words).split())[:200] for words in (text, place)))


def _text(thing: Any) -> str:
    if not isinstance(thing, str) or len(thing) > MAX_TEXT:
        raise BadValue("text expected")
    return printable(thing)


def identical(a: Value, b: Value) -> bool:
    """Whether two values are the same to the last digit. NaN never is, nor a recipe, which no answer returns."""
    if type(a) is not type(b) or isinstance(a, Made):
        return False
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(identical, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(identical(a[key], b[key]) for key in a)
    return bool(a == b)
