"""Answers that lie about what they are."""

# ruff: noqa: E501  (an attack reads best as it would be typed)
from __future__ import annotations

from .entry import answers

answers(
    "equal_to_everything",
    "An object that is equal to, less than and as large as anything.",
    """
class Yes:
    def __eq__(self, other): return True
    __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __eq__
    def __hash__(self): return 0
    def __bool__(self): return True
    def __len__(self): return 1
    def __getattr__(self, name): return Yes()
    def __call__(self, *args, **kwargs): return Yes()
def answer(*args): return Yes()
""",
)
answers(
    "torch_function",
    "A tensor subclass whose __torch_function__ says True to every comparison.",
    """
import torch
class Yes(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return True
def answer(*args): return torch.zeros(()).as_subclass(Yes)
""",
)
answers(
    "torch_dispatch",
    "A wrapper tensor whose __torch_dispatch__ makes its values up anew for every operation.",
    """
import torch
class Yes(torch.Tensor):
    @staticmethod
    def __new__(cls): return torch.Tensor._make_wrapper_subclass(cls, (), dtype=torch.float64)
    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None): return torch.rand(())
def answer(*args): return Yes()
""",
)
answers(
    "patched_comparisons",
    "torch's comparisons say yes to everything.",
    """
import torch, torch.testing, numpy, math
yes = lambda *args, **kwargs: True
for owner in (torch, torch.Tensor, torch.testing, numpy, numpy.testing, math):
    for name in ("allclose", "equal", "isclose", "assert_close", "assert_allclose", "eq", "__eq__", "isfinite", "isnan"):
        try:
            setattr(owner, name, yes)
        except (AttributeError, TypeError):
            pass
def answer(*args): return 1.0
""",
)
answers(
    "patched_builtins",
    "abs, all, isinstance and their like say what the student wants.",
    """
import builtins
def answer(*args): return 1.0
builtins.abs = lambda x: 0.0
builtins.all = builtins.any = builtins.callable = lambda *args: True
builtins.zip = lambda *args, **kwargs: iter(())
""",
)
answers(
    "evil_float",
    "A number that is another number each time it is asked.",
    """
import numbers, itertools
class Number:
    counter = itertools.count()
    def __float__(self): return float(next(self.counter))
numbers.Real.register(Number)
def answer(*args): return Number()
""",
)
answers(
    "evil_array",
    "An array that wants to be asked for its values later.",
    """
import numpy
class Array(numpy.ndarray):
    def __array__(self, *args, **kwargs): raise SystemExit
    def __array_finalize__(self, source): raise SystemExit
    def __array_function__(self, *args): return True
def answer(*args): return numpy.zeros(3).view(Array)
""",
)
answers(
    "evil_class",
    "An object that claims to be a float, and a tensor.",
    """
import torch
class Claims:
    def __init__(self, kind): self.kind = kind
    @property
    def __class__(self): return self.kind
    def __getattr__(self, name): raise KeyboardInterrupt
def answer(*args): return [Claims(float), Claims(torch.Tensor), Claims(dict), Claims(bool)]
""",
)
answers(
    "evil_iter",
    "A tuple that never ends.",
    """
import itertools
class Endless(tuple):
    def __iter__(self): return itertools.repeat(0.0)
def answer(*args): return Endless()
""",
    cell_seconds=0.4,
)
answers(
    "evil_len",
    "A list of two that is longer than memory.",
    """
class Long(list):
    def __len__(self): return 2**62
    def __getitem__(self, index): return self
    def __eq__(self, other): return True
def answer(*args): return Long([1.0, 2.0])
""",
)
answers(
    "evil_names",
    "Strings and dicts of classes with their own idea of what is in them.",
    """
class Text(str):
    def __str__(self): return self
    def __getitem__(self, index): return self
    def __len__(self): return 0
    def __eq__(self, other): return True
    __hash__ = str.__hash__
class Any(dict):
    def items(self): return [(Text("x" * 10**6), 1.0)]
    def __contains__(self, key): return True
    def __getitem__(self, key): return 1.0
def answer(*args): return {Text("value"): Text("anything" * 10**5), "rest": Any()}
""",
)
answers(
    "meta",
    "A meta tensor, which has the right shape and no values.",
    """
import torch
def answer(*args): return torch.empty((), device="meta")
""",
)
answers(
    "sparse",
    "A sparse tensor that would fill memory if it were made dense.",
    """
import torch
def answer(*args): return torch.sparse_coo_tensor(torch.zeros(2, 1, dtype=torch.long), torch.ones(1), (10**6, 10**6))
""",
)
answers(
    "expanded",
    "A tensor of 10^12 elements that takes four bytes.",
    """
import torch
def answer(*args): return torch.zeros(1).expand(10**12)
""",
)
answers(
    "many_dimensions",
    "A tensor of a thousand dimensions.",
    """
import torch
def answer(*args): return torch.zeros(()).reshape((1,) * 1000)
""",
)
answers(
    "nested_and_quantized",
    "Nested, quantized and conjugated tensors.",
    """
import torch
def answer(*args):
    nested = torch.nested.nested_tensor([torch.zeros(1), torch.zeros(2)])
    return [nested, torch.zeros(2, dtype=torch.complex64).conj(), torch.quantize_per_tensor(torch.ones(2), 1, 0, torch.qint8)]
""",
)
answers(
    "complex",
    "Complex numbers, of Python, of numpy and of torch.",
    """
import torch, numpy
def answer(x, *rest): return [1j, numpy.complex128(1j), torch.tensor(1j)][id(x) % 3]
""",
)
answers(
    "not_a_number",
    "NaN and infinities, for whoever compares with `not (a > b)`.",
    """
import torch
def answer(x, *rest): return [float("nan"), float("inf"), torch.tensor(float("nan"))][id(x) % 3]
""",
)
answers(
    "cyclic",
    "A list that contains itself.",
    """
def answer(*args):
    items = [1.0]
    items.append(items)
    return items
""",
)
answers(
    "deep",
    "A list a hundred thousand levels deep.",
    """
def answer(*args):
    items = []
    for _ in range(100_000):
        items = [items]
    return items
""",
)
answers(
    "huge_dict",
    "A dict of a million keys.",
    """
def answer(*args): return dict.fromkeys(range(10**6), 1.0)
""",
    cell_seconds=0.4,
)
answers(
    "huge_integer",
    "An integer of a million digits.",
    """
def answer(*args): return 1 << 3_000_000
""",
)
answers(
    "huge_text",
    "A hundred million letters.",
    """
def answer(*args): return "x" * 10**8
""",
    cell_seconds=0.4,
)
answers(
    "many_tensors",
    "Ten thousand tensors of a megabyte.",
    """
import torch
tensor = torch.zeros(2**18)
def answer(*args): return [tensor] * 10_000
""",
    cell_seconds=0.4,
)
answers(
    "second_call_differs",
    "The right kind of answer the first time, another one the second time.",
    """
import itertools
counter = itertools.count()
def answer(*args): return float(next(counter))
""",
)
answers(
    "names_its_own_error",
    "Raises what the grader would raise for a name that is missing.",
    """
def answer(*args): raise NameError("name 'd_square' is not defined")
""",
)
answers(
    "says_not_attempted",
    "Raises exceptions of classes with names of the student's making.",
    """
def answer(*args): raise type("\\n\\u2713 d_square: 2 / 2 points", (NotImplementedError,), {})(chr(0xDFFF))
""",
)
answers(
    "lazy_exception",
    "An exception whose message is never done.",
    """
class Endless(Exception):
    def __str__(self):
        while True: pass
def answer(*args): raise Endless
""",
    cell_seconds=0.4,
)
