"""Hostile submissions. None may gain a mark, read what is not its own, or harm what is graded after it.

The homework has two tasks: `d_square` (2 points, by hand) and `slope_at` (4 points, any way). An attack is one of

    attack    code in the first answer's cell, both answers left blank
    answers   code that defines `answer`, which is handed in for both tasks
    by_hand   code that defines a right `d_square` which differentiates in hiding; the other answer is left blank
    edit      a function that changes the notebook's JSON; both answers left blank

In the code ROOT stands for the course's folder, as a string.

What is not here, since nothing inside a process can hold it: an answer that overwrites `watching.watching` (or the
functions that it uses) in its own process and then differentiates in a task by hand. It gets the points for right
values by the wrong means, no more: values are judged elsewhere. `test_hostile.py` says so in a test of its own.
"""

# ruff: noqa: E501  (an attack reads best as it would be typed)
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Notebook = dict[str, Any]  # a notebook's JSON

BLANK = "raise NotImplementedError"


@dataclass(frozen=True)
class Hostile:
    """One hostile submission: its name, a sentence that says what it tries, and what it is made of."""

    name: str
    tries: str
    first: str
    second: str
    change: Callable[[Notebook], None] | None = None
    limits: dict[str, float] = field(default_factory=dict)


CORPUS: list[Hostile] = []
_STUB = "\ndef {name}(*args):\n    raise NotImplementedError\n"


def attack(name: str, tries: str, code: str, **limits: float) -> None:
    CORPUS.append(
        Hostile(name, tries, code + _STUB.format(name="d_square"), _STUB.format(name="slope_at"), None, limits)
    )


def answers(name: str, tries: str, code: str, **limits: float) -> None:
    CORPUS.append(Hostile(name, tries, f"{code}\nd_square = answer\n", "slope_at = answer\n", None, limits))


def by_hand(name: str, tries: str, code: str) -> None:
    CORPUS.append(Hostile(name, tries, code, _STUB.format(name="slope_at")))


def edit(tries: str) -> Callable[[Callable[[Notebook], None]], None]:
    def register(change: Callable[[Notebook], None]) -> None:
        blank = (_STUB.format(name=name) for name in ("d_square", "slope_at"))
        CORPUS.append(Hostile(change.__name__, tries, *blank, change))

    return register


# --- forging marks: values that lie -------------------------------------------------------------------------------

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

# --- forging marks: the machinery ---------------------------------------------------------------------------------

attack(
    "displayhook",
    "Shows full marks through sys.displayhook, print and stderr.",
    """
import sys
sys.displayhook(2.0)
print(2.0)
print(2.0, file=sys.stderr)
2.0
""",
)
attack(
    "displayhook_replaced",
    "From now on every cell displays full marks.",
    """
import sys
hook = get_ipython().displayhook
hook.__class__.__call__ = lambda self, result=None: self.write_format_data({"text/plain": "2.0"})
get_ipython().display_formatter.format = lambda *args, **kwargs: ({"text/plain": "2.0"}, {})
sys.displayhook = lambda value: hook(2.0)
""",
)
attack(
    "forged_result",
    "Sends execute results of 2.0 and 3.0 as outputs of this cell and of every later one.",
    """
import sys
recorder = sys.stdout._recorder
forged = {"output_type": "execute_result", "data": {"text/plain": "2.0"}, "metadata": {}, "execution_count": 1}
recorder.rich(forged)
begin = type(recorder).begin
def forging(self, request_id):
    begin(self, request_id)
    if request_id:
        self._send(forged)
type(recorder).begin = forging
""",
)
attack(
    "ast_transformer",
    "An AST transformer that turns every expression into full marks and drops every assert.",
    """
import ast
class Full(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
    def visit_Call(self, node): return ast.Constant(2.0)
get_ipython().ast_transformers.append(Full())
""",
)
attack(
    "input_transformer",
    "An input transformer that replaces the source of every later cell.",
    """
get_ipython().input_transformers_cleanup.append(lambda lines: ["2.0"])
get_ipython().input_transformers_post.append(lambda lines: ["2.0"])
""",
)
attack(
    "run_cell_replaced",
    "run_cell, run_code and the traceback of IPython do nothing but succeed.",
    """
shell = type(get_ipython())
shell.run_cell = lambda self, *args, **kwargs: self.displayhook(2.0)
shell.run_code = lambda self, *args, **kwargs: False
shell.showtraceback = shell._showtraceback = lambda self, *args, **kwargs: None
""",
)
attack(
    "cell_events",
    "Hooks before and after each cell display full marks.",
    """
from IPython.display import display
for event in ("pre_run_cell", "post_run_cell", "pre_execute", "post_execute"):
    get_ipython().events.register(event, lambda *args: get_ipython().displayhook(2.0))
""",
)
attack(
    "check_and_grade_replaced",
    "check and grade return full marks.",
    """
import autograder, builtins
check = grade = builtins.check = builtins.grade = autograder.check = autograder.grade = lambda *args: 2.0
""",
)
attack(
    "poisoned_modules",
    "Puts modules of its own where the grader's would be.",
    """
import sys, types
parts = "marks compare checker report mistakes".split()
for name in ("tasks", "authoring.oracle", "authoring.probes", "authoring.task", *(f"marking.{part}" for part in parts)):
    fake = types.ModuleType(f"autograder.{name}")
    fake.__getattr__ = lambda attribute: lambda *args, **kwargs: 2.0
    sys.modules[f"autograder.{name}"] = fake
""",
)
attack(
    "torch_replaced",
    "torch and numpy are stand-ins from now on.",
    """
import sys, types
class Anything(types.ModuleType):
    def __getattr__(self, name): return Anything(name)
    def __call__(self, *args, **kwargs): return self
sys.modules["torch"] = sys.modules["numpy"] = Anything("torch")
""",
)
attack(
    "user_names_replaced",
    "The shell's names are a dict that has an answer to everything.",
    """
class Everything(dict):
    def __contains__(self, key): return True
    def __missing__(self, key): return lambda *args: 2.0
shell = get_ipython()
object.__setattr__(shell, "user_ns", Everything(shell.user_ns))
shell.__dict__["user_ns"] = Everything()
""",
)
answers(
    "drivers_replaced",
    "The driver reports full marks, truths and recipes in place of values.",
    """
from autograder.exchange import drive, values
made = values.Made("array", {"values": [2.0]})
drive.drive = lambda *args, **kwargs: drive.Outcome(made, made, {}, {})
drive.DRIVERS = drive.Outcome = None
values.dump = values.plain = lambda *args: b"2.0"
def answer(*args): return 2.0
""",
)

_FORGE = """
import sys, torch
from autograder.values import Made, Raised, Opaque
def call():
    frame = sys._getframe()
    while not {"channel", "request"} <= frame.f_locals.keys():
        frame = frame.f_back
    return frame.f_locals["channel"], frame.f_locals["request"]
def send(message):
    channel, request = call()
    channel.send({"id": request["id"], **message})
def outcomes(result, **more):
    one = {"result": result, "again": result, "inputs": {}, "state": {}, "differentiated": None, **more}
    send({"outcomes": [one] * len(call()[1]["probes"])})
"""
_FORGED = {
    "full_marks": (
        "Answers in the grader's name with marks.",
        'send({"earned": 2.0, "fraction": 1.0, "status": "passed"})',
    ),
    "recipe": ("Answers with a recipe that the grader might make.", 'outcomes(Made("array", {"values": [2.0]}))'),
    "error_of_no_kind": ("Answers with an exception that has no class.", "outcomes(Raised(()))"),
    "evidence_tensor": (
        "Answers with a tensor where a sentence belongs.",
        "outcomes(1.0, differentiated=torch.ones(2))",
    ),
    "inputs_tensor": (
        "Answers with tensors and lists where dicts belong.",
        "outcomes(1.0, inputs=torch.ones(2), state=[])",
    ),
    "too_few": ("Answers for one input only.", 'send({"outcomes": []})'),
    "unknown_fields": ("Answers with fields of its own.", 'send({"outcomes": [{"fraction": 1.0}]})'),
    "outcomes_tensor": ("Answers with a tensor in place of outcomes.", 'send({"outcomes": torch.ones(30)})'),
    "output_tensor": ("Sends a tensor as an output.", 'send({"output": torch.ones(3)})'),
    "output_of_wrong_types": (
        "Sends outputs made of numbers.",
        'send({"output": {"output_type": "execute_result", "data": {"text/plain": 2.0}, "execution_count": float("inf")}})',
    ),
    "not_a_dict": ("Sends a bare number.", "call()[0].send(2.0)"),
    "garbage": ("Sends bytes that are no message.", 'call()[0].sock.sendall(b"\\0\\0\\0\\x05hello" * 3)'),
    "announced": ("Announces four gigabytes.", 'call()[0].sock.sendall(b"\\xff" * 4)'),
    "half_a_message": (
        "Sends half a message and waits.",
        'call()[0].sock.sendall(b"\\0\\0\\1\\0{"); import time; time.sleep(60)',
    ),
    "deep_message": (
        "Sends JSON a hundred thousand levels deep.",
        'm = b"[" * 100_000; call()[0].sock.sendall(len(m).to_bytes(4, "big") + m)',
    ),
    "wide_message": (
        "Sends a megabyte of empty lists.",
        'm = b"[" + b"[]," * 300_000 + b"[]]"; call()[0].sock.sendall(len(m).to_bytes(4, "big") + m)',
    ),
    "false_shape": (
        "Sends a tensor whose bytes do not fill its shape.",
        'm = b\'{"dict":[["id",{"tensor":["float64",[1000000],"",true]}]]}\'; call()[0].sock.sendall(len(m).to_bytes(4, "big") + m)',
    ),
}
for _name, (_tries, _code) in _FORGED.items():
    answers(f"forged_{_name}", _tries, f"{_FORGE}\ndef answer(*args):\n    {_code}\n    return 1.0\n", cell_seconds=1)

attack(
    "forged_on_every_descriptor",
    "Finds sockets among its descriptors and by gc, and sends full marks on each.",
    """
import gc, json, os, socket
message = json.dumps({"dict": [["id", "0" * 16], ["outcomes", {"list": []}], ["earned", 2.0]]}).encode()
message = len(message).to_bytes(4, "big") + message
for descriptor in range(3, 200):
    try:
        os.write(descriptor, message)
    except OSError:
        pass
for thing in gc.get_objects():
    if isinstance(thing, socket.socket):
        thing.sendall(message)
""",
)
attack(
    "forged_ahead",
    "Answers the question before it is asked.",
    """
import sys
recorder = sys.stdout._recorder
for _ in range(3):
    recorder.channel.send({"id": recorder._id, "outcomes": []})
""",
)

# --- differentiating in a task by hand ----------------------------------------------------------------------------

_LEAF = "leaf = torch.tensor(float(x), requires_grad=True)"
by_hand(
    "spelled_in_two",
    "Finds autograd by a name that is put together while it runs.",
    f"""
import torch
def d_square(x):
    {_LEAF}
    return getattr(getattr(torch, "auto" + "grad"), "gr" + "ad")(leaf**2, leaf)[0].item()
""",
)
by_hand(
    "exec",
    "Differentiates in a string.",
    f"""
import torch
def d_square(x):
    names = {{"torch": torch, "x": x}}
    exec("{_LEAF}; (leaf**2).back" + "ward(); out = leaf.gr" + "ad.item()", names)
    return names["out"]
""",
)
by_hand(
    "imported_by_name",
    "Imports by a name that is spelled backwards.",
    f"""
def d_square(x):
    torch = __import__("hcrot"[::-1])
    {_LEAF}
    return vars(vars(torch)["dargotua"[::-1]])["darg"[::-1]](leaf * leaf, leaf)[0].item()
""",
)
by_hand(
    "method_caller",
    "Lets operator.methodcaller and map do it.",
    f"""
import operator, torch
def d_square(x):
    {_LEAF}
    list(map(operator.methodcaller("back" + "ward"), [leaf**2]))
    return operator.attrgetter("gr" + "ad")(leaf).item()
""",
)
by_hand(
    "engine",
    "Calls autograd's engine itself, by a reference that was kept.",
    f"""
import torch
run = getattr(torch._C._ImperativeEngine(), "run_back" + "ward")
def d_square(x):
    {_LEAF}
    y = leaf**2
    return run((y,), (torch.ones(()),), False, False, (leaf,), False, accumulate_grad=False)[0].item()
""",
)
by_hand(
    "thread",
    "Differentiates in a thread of its own.",
    f"""
import threading, torch
def d_square(x):
    {_LEAF}
    thread = threading.Thread(target=getattr(leaf**2, "back" + "ward"))
    thread.start(); thread.join()
    return getattr(leaf, "gr" + "ad").item()
""",
)
by_hand(
    "bare_thread",
    "Differentiates in a thread that `threading` does not know.",
    f"""
import _thread, torch
def d_square(x):
    {_LEAF}
    lock = _thread.allocate_lock(); lock.acquire()
    def work():
        getattr(leaf**2, "back" + "ward")(); lock.release()
    _thread.start_new_thread(work, ()); lock.acquire()
    return getattr(leaf, "gr" + "ad").item()
""",
)
by_hand(
    "thread_from_before",
    "Differentiates in a thread that was started in an earlier cell.",
    f"""
import queue, threading, torch
questions, replies = queue.Queue(), queue.Queue()
def work():
    while True:
        x = questions.get()
        {_LEAF}
        getattr(leaf**2, "back" + "ward")()
        replies.put(getattr(leaf, "gr" + "ad").item())
threading.Thread(target=work, daemon=True).start()
def d_square(x):
    questions.put(x)
    return replies.get()
""",
)
by_hand(
    "functional",
    "Uses torch.func under another name.",
    """
import torch
tool = getattr(getattr(torch, "fu" + "nc"), "gr" + "ad")
def d_square(x):
    return tool(lambda t: t**2)(torch.tensor(float(x))).item()
""",
)
by_hand(
    "jvp",
    "Uses forward mode of torch.func under another name.",
    """
import torch
tool = getattr(getattr(torch, "fu" + "nc"), "j" + "vp")
def d_square(x):
    return tool(lambda t: t**2, (torch.tensor(float(x)),), (torch.ones(()),))[1].item()
""",
)
by_hand(
    "dual_numbers",
    "Uses forward mode with dual numbers under another name.",
    """
import importlib, torch
forward = importlib.import_module("torch.auto" + "grad.forward_" + "ad")
def d_square(x):
    with forward.dual_level():
        return forward.unpack_dual(getattr(forward, "make_" + "dual")(torch.tensor(float(x)), torch.ones(())) ** 2)[1].item()
""",
)
by_hand(
    "lazy_number",
    "Returns a number that differentiates when it is asked for its value.",
    f"""
import numbers, torch
class Later:
    def __init__(self, x): self.x = x
    def __float__(self):
        x = self.x
        {_LEAF}
        getattr(leaf**2, "back" + "ward")()
        return getattr(leaf, "gr" + "ad").item()
numbers.Real.register(Later)
def d_square(x): return Later(x)
""",
)
by_hand(
    "second_call",
    "Knows the public examples; works all others out, from the frames, in the second call.",
    f"""
import sys, torch
known, calls = {{3.0: 6.0, -1.5: -3.0}}, []
def d_square(x):
    calls.append(x)
    if len(calls) == 2:
        frame = sys._getframe()
        while "request" not in frame.f_locals: frame = frame.f_back
        for (x,) in frame.f_locals["request"]["probes"]:
            {_LEAF}
            getattr(leaf**2, "back" + "ward")()
            known[x] = getattr(leaf, "gr" + "ad").item()
    return known[calls[-1]]
""",
)
by_hand(
    "exec_differences",
    "Takes differences in a string.",
    """
def d_square(x):
    names = {"x": x}
    exec("y = ((x + 1e-5)**2 - " + "(x - 1e-5)**2) / 2e-5", names)
    return names["y"]
""",
)
by_hand(
    "weighted_sum",
    "Takes differences as a sum with weights that cancel.",
    """
def d_square(x, h=1e-3):
    return sum(w * (x + k * h) ** 2 for k, w in zip((-2, -1, 1, 2), (1, -8, 8, -1))) / (12 * h)
""",
)
by_hand(
    "complex_tensor",
    "Takes a complex step with tensors.",
    """
import torch
def d_square(x):
    t, h = torch.tensor(x, dtype=torch.float64), torch.tensor(1e-20, dtype=torch.float64)
    return ((torch.complex(t, h) ** 2).imag / h).item()
""",
)
by_hand(
    "table_before",
    "Fills a table of slopes before it is asked, and looks the nearest up.",
    """
import torch
table = {}
for i in range(-5000, 5001, 10):
    leaf = torch.tensor(i / 1000.0, requires_grad=True)
    loss = leaf**2
    loss.backward()
    table[i] = leaf.grad.item()
def d_square(x):
    i = min(max(int(x * 100) * 10, -5000), 4990)
    return table[i] + (table[i + 10] - table[i]) * (1000 * x - i) / 10
""",
)
by_hand(
    "attribute_before",
    "Hangs a differentiator on an object, by a name that is put together.",
    """
import torch
class Box: pass
box = Box()
setattr(box, "slope", getattr(torch.func, "gr" + "ad")(torch.square))
def d_square(x):
    return box.slope(torch.tensor(float(x))).item()
""",
)
by_hand(
    "fitted_polynomial",
    "Fits a polynomial and differentiates that.",
    """
import numpy as np
xs = np.linspace(-6, 6, 50)
fitted = np.poly1d(np.polyfit(xs, xs**2, 2)).deriv()
def d_square(x):
    return fitted(x)
""",
)
by_hand(
    "beside_what_is_too_deep",
    "Hides a difference behind a helper that is too deep to be read.",
    """
def helper(x):
    return """
    + "-" * 900
    + """x - x
def d_square(x):
    return ((x + 1e-5)**2 - (x - 1e-5)**2) / 2e-5 + helper(x)
""",
)
CORPUS.append(
    Hostile(
        "kept_the_questions",
        "Keeps the inputs, says that it is not defined yet, and works the slopes out in a later cell.",
        """
import torch
known, asked = {3.0: 6.0, -1.5: -3.0}, []
def d_square(x):
    if x not in known:
        asked.append(x)
    if asked and len(known) == 2: raise NameError("name 'd_square' is not defined")
    if not asked: raise NameError("name 'd_square' is not defined")
    return known[x]
""",
        """
for x in asked:
    leaf = torch.tensor(float(x), requires_grad=True)
    (leaf**2).backward()
    known[x] = leaf.grad.item()
def slope_at(*args): raise NotImplementedError
""",
    )
)

# --- what the notebook says of itself -----------------------------------------------------------------------------


def tests(notebook: Notebook) -> list[dict[str, Any]]:
    """The test cells."""
    return [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade")]


@edit("Tags its test cells so that they are skipped, which nbgrader scores with full marks.")
def skip_execution(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        cell["metadata"]["tags"] = ["skip-execution", "raises-exception", "remove-output"]
    notebook["metadata"]["execute"] = {"enabled": False, "skip_cells_with_tag": "skip-execution"}


@edit("Says that its test cells are worth a thousand points.")
def more_points(notebook: Notebook) -> None:
    for cell in tests(notebook):
        cell["metadata"]["nbgrader"]["points"] = 1000


@edit("Says that a cell of its own is the test cell, and that this earns the points.")
def other_test_source(notebook: Notebook) -> None:
    for cell in tests(notebook):
        cell["source"] = "2.0"
        cell["metadata"]["nbgrader"] |= {"locked": False, "checksum": "0" * 32}


@edit("Says that its test cells are not locked, not graded, and answers at the same time.")
def other_flags(notebook: Notebook) -> None:
    for cell in tests(notebook):
        cell["metadata"]["nbgrader"] |= {"locked": False, "grade": False, "solution": True, "task": True}
        cell["source"] = "2.0"


@edit("Deletes its test cells.")
def deleted_tests(notebook: Notebook) -> None:
    gone = tests(notebook)
    notebook["cells"] = [cell for cell in notebook["cells"] if cell not in gone]


@edit("Deletes everything.")
def deleted_everything(notebook: Notebook) -> None:
    notebook["cells"] = []


@edit("Moves the test cells to the top, before there is anything to test.")
def moved_tests(notebook: Notebook) -> None:
    moved = tests(notebook)
    notebook["cells"] = moved + [cell for cell in notebook["cells"] if cell not in moved]


@edit("Adds a copy of each test cell, of another source, so that the last one counts.")
def copied_tests(notebook: Notebook) -> None:
    for cell in tests(notebook):
        notebook["cells"].append({**cell, "source": "2.0"})


@edit("Turns its test cells into text, and its text into test cells.")
def other_cell_types(notebook: Notebook) -> None:
    for cell in tests(notebook):
        cell["cell_type"] = "markdown"
        del cell["outputs"], cell["execution_count"]
        cell["attachments"] = {"\ud800": {"image/png": "2.0", "application/json": {"a": [2.0]}}}


@edit("Hands in outputs that show full marks.")
def stored_outputs(notebook: Notebook) -> None:
    full = {"output_type": "execute_result", "data": {"text/plain": "2.0"}, "metadata": {}, "execution_count": 1}
    for cell in tests(notebook):
        cell["outputs"] = [full]


@edit("Names its test cells with letters that only look the same.")
def homoglyphs(notebook: Notebook) -> None:
    for cell in tests(notebook):
        cell["metadata"]["nbgrader"]["grade_id"] = cell["metadata"]["nbgrader"]["grade_id"].replace("a", "\u0430")
        cell["source"] = "2.0"


@edit("Asks for a kernel of its own.")
def other_kernel(notebook: Notebook) -> None:
    notebook["metadata"]["kernelspec"] = {"name": "../../bin/sh", "display_name": "x", "language": "sh"}
    notebook["metadata"]["language_info"] = {"name": "sh", "nbconvert_exporter": "os.system"}


@edit("Claims every grade_id in its first cell, and names that are not names.")
def malformed_claims(notebook: Notebook) -> None:
    for claim in (
        [1],
        {"grade_id": {}},
        {"grade_id": None},
        {"grade_id": 5},
        {"grade_id": "setup", "points": "NaN"},
        7,
    ):
        notebook["cells"].append(code_cell("2.0", nbgrader=claim))


@edit("Says that it follows an older and a newer schema.")
def other_schema(notebook: Notebook) -> None:
    notebook["nbformat_minor"] = 99
    for number, cell in enumerate(tests(notebook)):
        cell["metadata"]["nbgrader"]["schema_version"] = -number


@edit("Holds metadata four hundred levels deep.")
def deep_metadata(notebook: Notebook) -> None:
    for _ in range(400):
        notebook["metadata"] = {"deeper": notebook["metadata"]}


@edit("Holds surrogates, null bytes, escapes and text that runs backwards in its source.")
def strange_letters(notebook: Notebook) -> None:
    for source in ("'\ud800'", "print('\udfff')", "x = '\0'", "\x1b[2J\x1b[1;1H2.0", "\u202e0.2", "\ufeff2.0", "\x0c"):
        notebook["cells"].append(code_cell(source))
        notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "source": source})


@edit("Gives all its cells one id.")
def one_id(notebook: Notebook) -> None:
    notebook["nbformat_minor"] = 5
    for cell in notebook["cells"]:
        cell["id"] = "same"


@edit("Has a thousand cells.")
def thousand_cells(notebook: Notebook) -> None:
    notebook["cells"] += [code_cell("1") for _ in range(1000)]


@edit("Has more cells than anyone would read.")
def million_cells(notebook: Notebook) -> None:
    notebook["cells"] += [code_cell("") for _ in range(5_000)]


@edit("Has a cell of ten megabytes.")
def huge_cell(notebook: Notebook) -> None:
    notebook["cells"].append(code_cell("# " + "x" * 10**7))


@edit("Has source that is hard to parse.")
def hard_to_parse(notebook: Notebook) -> None:
    for source in ("(" * 50_000, "-" * 50_000 + "1", "x" + "+x" * 3000, "x" + ".a" * 30_000, "[" * 90 + "]" * 90):
        notebook["cells"].append(code_cell(source))


@edit("Has an answer by hand whose source is hard to read: names of names of long products.")
def hard_to_read(notebook: Notebook) -> None:
    lines = ["def d_square(x):", "  a=x" + "*x" * 40, "  b=a" + "*a" * 40, "  c=b" + "*b" * 40, "  d=c" + "*c" * 40]
    lines += ["  h=0.001", "  return (d+h-d)/h/" + "/".join("d" * 40)]
    notebook["cells"].append(code_cell("\n".join(lines)))
    notebook["cells"].append(code_cell("def slope_at(f, x):\n  return x" + "+x" * 2000))
    for cell in tests(notebook):
        notebook["cells"].append(notebook["cells"].pop(notebook["cells"].index(cell)))


def code_cell(source: str, **metadata: Any) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": [], "execution_count": None}


# --- reading: files, secrets, the tests ---------------------------------------------------------------------------

_EVERY_WAY = """
import glob, io, linecache, mmap, os, pathlib, sqlite3
import numpy, torch
def each_way(path):
    yield lambda: open(path, "rb").read()
    yield lambda: os.read(os.open(path, os.O_RDONLY), 10**6)
    yield lambda: os.read(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NOATIME), 10**6)
    yield lambda: mmap.mmap(os.open(path, os.O_RDONLY), 0, prot=mmap.PROT_READ)[:]
    yield lambda: os.read(os.open(os.path.basename(path), os.O_RDONLY, dir_fd=os.open(os.path.dirname(path), os.O_PATH)), 10**6)
    yield lambda: numpy.fromfile(path, dtype="uint8").tobytes()
    yield lambda: torch.from_file(path, size=100, dtype=torch.uint8).tolist()
    yield lambda: linecache.getlines(path)
    yield lambda: os.listdir(os.path.dirname(path))
    yield lambda: os.getxattr(path, "user.x")
    yield lambda: os.link(path, "hard") or open("hard").read()
    yield lambda: os.symlink(path, "soft") or open("soft").read()
    yield lambda: os.rename(path, "moved") or open("moved").read()
def read(path):
    for way in each_way(path):
        try:
            print(way())
        except Exception as error:
            print(type(error).__name__)
"""
for _what, _path in {
    "gradebook": "/gradebook.db",
    "secret": "/.autograder/secret",
    "another_submission": "/submitted/other/hw/hw.ipynb",
    "source": "/source/hw/hw.ipynb",
}.items():
    attack(
        f"read_{_what}",
        f"Reads the {_what.replace('_', ' ')} in every way there is.",
        f"{_EVERY_WAY}\nread(ROOT + {_path!r})",
    )

attack(
    "gradebook_by_sqlite",
    "Opens the gradebook with sqlite3 and gives itself marks.",
    """
import sqlite3
try:
    for table in ("grade", "source_cell", "student"):
        print(sqlite3.connect(f"file:{ROOT}/gradebook.db?mode=ro&immutable=1", uri=True).execute(f"select * from {table}").fetchall())
    sqlite3.connect(ROOT + "/gradebook.db").execute("update grade set manual_score = 100").connection.commit()
finally:
    get_ipython().run_line_magic("load", ROOT + "/source/hw/hw.ipynb")
""",
)
attack(
    "roundabout_paths",
    "Takes /proc, /dev/fd and the parent's own view of the files.",
    """
import glob, os
paths = ["/proc/self/root", "/proc/self/cwd/../..", f"/proc/{os.getppid()}/root", f"/proc/{os.getppid()}/cwd", "/dev/fd/..", ""]
for start in paths:
    for name in ("/gradebook.db", "/.autograder/secret", "/source/hw/hw.ipynb"):
        try:
            print(open(start + ROOT + name, "rb").read())
        except OSError as error:
            print(error)
for folder, folders, names in os.walk(ROOT): print(names)
print(glob.glob(ROOT + "/**", recursive=True))
""",
)
attack(
    "raw_system_calls",
    "Asks the kernel itself: open, openat2, name_to_handle_at, sendfile, splice, uselib.",
    """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
path = (ROOT + "/.autograder/secret").encode()
buffer = ctypes.create_string_buffer(4096)
how = (ctypes.c_uint64 * 3)(0, 0, 0)
for call in ((2, path, 0), (257, -100, path, 0), (437, -100, path, how, 24), (303, -100, path, buffer, buffer, 0), (134, path)):
    descriptor = libc.syscall(*call)
    print(call[0], descriptor, ctypes.get_errno())
    if descriptor > 2:
        print(os.read(descriptor, 4096))
""",
)
attack(
    "other_programs",
    "Starts a shell in every way that there is.",
    """
import ctypes, multiprocessing, os, pty, subprocess
command = f"cat {ROOT}/.autograder/secret {ROOT}/gradebook.db"
def attempts():
    yield lambda: print(subprocess.check_output(command, shell=True))
    yield lambda: print(os.popen(command).read())
    yield lambda: os.system(command + " > here")
    yield lambda: os.posix_spawn("/bin/sh", ["sh", "-c", command + " > here"], {})
    yield lambda: os.execv("/bin/sh", ["sh", "-c", command])
    yield lambda: os.fork()
    yield lambda: os.forkpty()
    yield lambda: multiprocessing.get_context("fork").Process(target=print).start()
    yield lambda: multiprocessing.get_context("spawn").Process(target=print).start()
    yield lambda: ctypes.CDLL(None).syscall(58)
    yield lambda: get_ipython().system(command)
    yield lambda: get_ipython().getoutput(command)
    yield lambda: get_ipython().run_cell_magic("bash", "", command)
for attempt in attempts():
    try:
        attempt()
    except Exception as error:
        print(type(error).__name__)
    if os.path.exists("here"):
        print(open("here").read())
""",
)
attack(
    "memory",
    "Searches its own memory, by gc and frames and /proc, for what the grader may have left there.",
    """
import gc, os, sys
for thing in gc.get_objects():
    try:
        if isinstance(thing, (str, bytes, dict, list)) and "CANARY-" in str(thing)[:10**5]:
            print(thing)
    except Exception:
        pass
for frame in sys._current_frames().values():
    while frame:
        print({name: str(value)[:1000] for name, value in {**frame.f_globals, **frame.f_locals}.items()})
        frame = frame.f_back
print(os.environ, sys.argv, sys.orig_argv)
for process in ("self", os.getppid(), os.getpid(), 1):
    for name in ("environ", "mem", "maps", "cmdline", "fd", "status"):
        try:
            print(open(f"/proc/{process}/{name}", "rb").read(10**6))
        except OSError as error:
            print(error)
""",
)
attack(
    "own_memory",
    "Reads the environment that its process was started with, straight from memory.",
    """
import ctypes
environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
for index in range(200):
    if not environ[index]: break
    print(environ[index])
address = ctypes.cast(environ, ctypes.c_void_p).value
""",
)
attack(
    "answer_key",
    "Imports the tasks, the oracle and the marking, in every way.",
    """
import importlib, importlib.util, inspect, os, pkgutil, runpy, sys
import autograder
folder = os.path.dirname(autograder.__file__)
def attempts():
    for name in ("tasks", "tasks.a01_slopes.d_square", "authoring.oracle", "authoring.probes", "marking.checker", "notebook"):
        yield lambda: importlib.import_module(f"autograder.{name}")
        yield lambda: pkgutil.get_data("autograder", name.replace(".", "/") + ".py")
        yield lambda: runpy.run_module(f"autograder.{name}")
        yield lambda: open(f"{folder}/{name.replace('.', '/')}.py").read()
    yield lambda: open(f"{folder}/tasks/a01_slopes/__pycache__/d_square.cpython-{sys.version_info[0]}{sys.version_info[1]}.pyc", "rb").read()
    yield lambda: inspect.getsource(autograder.check)
    yield lambda: os.listdir(folder)
for attempt in attempts():
    try:
        print(attempt())
    except Exception as error:
        print(type(error).__name__)
print([name for name in sys.modules if name.startswith("autograder.") and name.split(".")[1] in ("tasks", "authoring", "marking")])
""",
)
attack(
    "history",
    "Looks for the hidden tests in IPython's memory of the session.",
    """
print(In, Out, _ih, get_ipython().history_manager.input_hist_raw)
get_ipython().run_line_magic("history", "-g")
get_ipython().run_line_magic("notebook", "x.ipynb")
""",
)
answers(
    "oracle_by_name",
    "Looks through the frames for the truth, and calls the oracle by its name.",
    """
import sys
def answer(*args):
    frame = sys._getframe()
    while frame:
        for names in (frame.f_locals, frame.f_globals):
            for name in ("truth", "expected", "oracle", "slope", "marks", "task"):
                if name in names:
                    print(name, names[name])
                    return names[name] if not callable(names[name]) else names[name](*args)
        frame = frame.f_back
    from autograder.oracle import slope
    return slope(lambda t: t**2, *args)
""",
)
attack(
    "network",
    "Opens sockets of every family, and asks for names.",
    """
import socket, urllib.request
for family in range(46):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            print("CANARY-SOCKET", socket.socket(family, kind))
        except OSError:
            pass
for attempt in (lambda: socket.getaddrinfo("localhost", 80), lambda: urllib.request.urlopen("http://127.0.0.1:1/")):
    try:
        attempt()
    except OSError as error:
        print(error)
""",
)
attack(
    "change_what_is_outside",
    "Removes, truncates, renames and touches the gradebook and the other submission.",
    """
import os, shutil
for name in ("/gradebook.db", "/.autograder/secret", "/submitted/other/hw/hw.ipynb"):
    path = ROOT + name
    for attempt in (
        lambda: os.unlink(path), lambda: os.truncate(path, 0), lambda: open(path, "w"), lambda: open(path, "a").write("x"),
        lambda: os.rename(path, path + "x"), lambda: os.chmod(path, 0), lambda: os.utime(path, (0, 0)),
        lambda: os.chown(path, 1, 1), lambda: os.setxattr(path, "user.x", b"x"), lambda: os.mknod(path + "y"),
        lambda: os.symlink("/dev/zero", path + "z"), lambda: shutil.rmtree(ROOT),
    ):
        try:
            attempt()
        except OSError:
            pass
""",
)

# --- breaking the batch -------------------------------------------------------------------------------------------

for _name, _code in {
    "os_exit": "import os; os._exit(0)",
    "sys_exit": "import sys; sys.exit(0)",
    "keyboard_interrupt": "raise KeyboardInterrupt",
    "base_exception": "class Odd(BaseException): pass\nraise Odd",
    "error_in_str": "class Odd(BaseException):\n    def __str__(self): raise self\n    __repr__ = __str__\nraise Odd",
    "recursion": "def f(): return f()\nf()",
    "deep_recursion": "import sys\nsys.setrecursionlimit(10**9)\ndef f(x): return [f(y) for y in [x]]\nf(1)",
    "no_recursion": "import sys\nsys.setrecursionlimit(60)\nsys.setrecursionlimit = None",
    "crash": "import ctypes; ctypes.string_at(0)",
    "abort": "import os; os.abort()",
    "real_time_signal": "import os; os.kill(os.getpid(), 40)",
    "end_of_fork": "import os\ntry:\n    while True: os.fork()\nexcept OSError: os._exit(1)",
}.items():
    attack(_name, f"Ends the process or the cell: {_name.replace('_', ' ')}.", _code, cell_seconds=0.5)
    if _name in {"os_exit", "sys_exit", "keyboard_interrupt", "base_exception", "error_in_str", "recursion", "crash"}:
        _indented = "\n    ".join(_code.split("\n"))
        answers(
            f"{_name}_in_an_answer",
            f"The same in an answer: {_name.replace('_', ' ')}.",
            f"def answer(*args):\n    {_indented}\n",
        )

attack(
    "looks_like_the_grader",
    "Kills itself with SIGKILL, in ways that a filter may not see.",
    """
import ctypes, os, resource, signal
libc = ctypes.CDLL(None, use_errno=True)
own, high = os.getpid(), 1 << 32
for call in ((62, own, 9 | high), (200, own, 9 | high), (234, own, own, 9 | high), (62, own | high, 9), (129, own, 9, 0), (424, 3, 9, 0, 0)):
    libc.syscall(*map(ctypes.c_long, call))
libc.prctl(1, 9)
class Event(ctypes.Structure):
    _fields_ = [("value", ctypes.c_void_p), ("signal", ctypes.c_int), ("notify", ctypes.c_int), ("rest", ctypes.c_char * 48)]
timer = ctypes.c_int()
if libc.syscall(222, 1, ctypes.byref(Event(None, 9, 0)), ctypes.byref(timer)) == 0:
    libc.syscall(223, timer, 0, (ctypes.c_long * 4)(0, 0, 0, 1000), None)
for limit in (resource.RLIMIT_CPU, resource.RLIMIT_AS):
    try:
        resource.setrlimit(limit, (0, 0))
    except Exception as error:
        print(error)
sum(range(10**6))
""",
)
attack(
    "signals_to_others",
    "Sends signals to its parent, its group and everyone.",
    """
import os, signal
for target in (os.getppid(), 0, -1, -os.getpgid(0), 1):
    for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        try:
            os.kill(target, number)
        except OSError:
            pass
""",
)
attack(
    "stops_itself",
    "Stops its own process and waits for someone to wake it.",
    """
import os, signal
signal.raise_signal(signal.SIGTSTP)
os.kill(os.getpid(), signal.SIGTTIN)
""",
    cell_seconds=0.4,
)
attack(
    "swallows_interrupts",
    "A loop that catches whatever would end it.",
    """
while True:
    try:
        while True: pass
    except BaseException: pass
""",
    cell_seconds=0.3,
)
attack(
    "no_alarms",
    "Resets the signal handlers and the timers, then loops.",
    """
import signal
for number in (signal.SIGALRM, signal.SIGPROF, signal.SIGTERM, signal.SIGINT, signal.SIGXCPU):
    signal.signal(number, signal.SIG_IGN)
for timer in (signal.ITIMER_REAL, signal.ITIMER_PROF):
    signal.setitimer(timer, 0)
while True: pass
""",
    cell_seconds=0.3,
)
attack(
    "sleeps_in_c",
    "Sleeps where no handler runs, with every signal blocked.",
    """
import ctypes, signal
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))
ctypes.PyDLL(None).sleep(1000)
""",
    cell_seconds=0.3,
)
answers(
    "endless_answer",
    "An answer that swallows interrupts.",
    """
def answer(*args):
    while True:
        try:
            while True: pass
        except BaseException: pass
""",
    cell_seconds=0.3,
)
attack(
    "closed_descriptors",
    "Closes every descriptor.",
    """
import os
os.closerange(0, 10_000)
""",
)
attack(
    "other_end_replaced",
    "Puts /dev/zero in the place of every descriptor.",
    """
import os
zero = os.open("/dev/zero", os.O_RDWR)
for descriptor in range(100):
    if descriptor != zero:
        try:
            os.fstat(descriptor); os.dup2(zero, descriptor)
        except OSError: pass
""",
    cell_seconds=1,
)
attack(
    "deaf",
    "Fills the connection and never reads from it.",
    """
import sys
import time
type(sys.stdout._recorder.channel).receive = lambda *args: time.sleep(1000)
""",
    cell_seconds=0.3,
)
attack(
    "prints_later",
    "Threads that go on printing and sending when their cell is over.",
    """
import sys, threading, time
recorder = sys.stdout._recorder
def work():
    while True:
        print(2.0); sys.stdout.flush(); time.sleep(0.001)
        recorder.channel.send({"id": recorder._id, "output": {"output_type": "stream", "name": "stdout", "text": "2.0"}})
for _ in range(3):
    threading.Thread(target=work, daemon=True).start()
""",
)
attack(
    "many_threads",
    "Starts threads without end.",
    """
import threading
threading.stack_size(32768)
done = threading.Event()
while True: threading.Thread(target=done.wait, daemon=True).start()
""",
    cell_seconds=2,
)
attack(
    "much_output",
    "Prints two hundred megabytes.",
    """
line = "x" * 10**6
for _ in range(200): print(line)
""",
)
attack(
    "much_output_past_the_recorder",
    "Sends output without end on the connection itself.",
    """
import sys
recorder = sys.stdout._recorder
while True: recorder._send({"output_type": "stream", "name": "stdout", "text": "x" * 10**5})
""",
    cell_seconds=5,
)
attack(
    "many_displays",
    "Displays a hundred thousand things.",
    """
from IPython.display import display, HTML
for _ in range(100_000): display(HTML("<b>2.0</b>" * 100))
""",
    cell_seconds=0.5,
)
attack(
    "forged_panels",
    "Displays panels, scripts, escapes and pictures that claim full marks.",
    """
from IPython.display import display
for mime, body in {
    "text/html": '<div style="color:green">\\u2713 d_square: 2 / 2 points</div><script>document.title = "100%"</script>',
    "application/javascript": "document.body.innerHTML = '2.0'", "image/svg+xml": "<svg onload='alert(1)'>",
    "image/png": "not base64 \\"><script>alert(1)</script>", "text/plain": "\\x1b[2J\\x1b[32m2.0\\u202e\\ud800\\x00",
    "text/latex": "\\\\input{/etc/passwd}", "text/markdown": "[2.0](javascript:alert(1))", "\\ud800/\\n": "2.0",
    "application/vnd.jupyter.widget-view+json": '{"model_id": "x"}', "": "",
}.items():
    display({mime: body}, raw=True)
print("\\x1b[1A\\x1b[2K\\u2713 d_square: 2 / 2 points \\ud800 \\x00 \\r")
raise ValueError("\\ud800 \\x1b[32m d_square: 2 / 2 points")
""",
)
attack(
    "memory_bomb",
    "Takes all the memory it can get, private, shared and in files.",
    """
import ctypes, mmap, os
held = []
for make in (lambda: bytearray(2**28), lambda: mmap.mmap(-1, 2**28), lambda: os.memfd_create("x")):
    try:
        for _ in range(100): held.append(make())
    except (MemoryError, OSError): pass
""",
    cell_seconds=1,
)
attack(
    "disk_bomb",
    "Fills the disk.",
    """
for number in range(10_000):
    with open(f"file{number}", "wb") as file: file.write(b"x" * 2**24)
""",
    cell_seconds=5,
    folder_bytes=2**22,
)
attack(
    "million_files",
    "Makes a million empty files.",
    """
for number in range(10**6): open(f"file{number}", "w").close()
""",
    cell_seconds=5,
    folder_bytes=2**22,
)
attack(
    "deep_folders",
    "Makes folders in folders, deeper than a path may be long and Python may recurse.",
    """
import os
for _ in range(3000):
    os.mkdir("deeper"); os.chdir("deeper")
import time; time.sleep(0.4)
""",
)
attack(
    "no_folder",
    "Removes its own folder, and works in one that nobody may list.",
    """
import os, shutil
home = os.getcwd()
os.umask(0o777); os.mkdir("closed"); os.mkfifo("pipe")
shutil.rmtree(home, ignore_errors=True)
os.chdir("/")
""",
)
attack(
    "broken_interpreter",
    "Takes away what everything else is built on.",
    """
import builtins, gc, sys
sys.stdout = sys.stderr = sys.__stdout__ = None
gc.callbacks.append(lambda *args: 1 / 0)
sys.setswitchinterval(1000)
sys.path[:] = sys.meta_path[:] = sys.path_hooks[:] = []
for name in ("__import__", "isinstance", "len", "print", "type", "getattr"): delattr(builtins, name)
""",
)
attack(
    "broken_torch",
    "Leaves torch in a state in which nothing comes out right.",
    """
import torch
torch.set_default_device("meta"); torch.set_default_dtype(torch.float16); torch.set_grad_enabled(False)
torch.inference_mode().__enter__(); torch.set_num_threads(64); torch.use_deterministic_algorithms(True)
torch.autograd.set_detect_anomaly(True); torch.set_rng_state = torch.get_rng_state = None
""",
)
attack(
    "traced",
    "A trace and a profile function that never return, and audit hooks that raise.",
    """
import sys, threading
def trace(*args):
    while True: pass
threading.settrace(trace); threading.setprofile(trace)
sys.addaudithook(lambda *args: 1 / 0)
sys.settrace(trace); sys.setprofile(trace)
""",
    cell_seconds=0.4,
)
attack(
    "at_exit",
    "Leaves work for when the process ends: atexit, __del__, finalizers.",
    """
import atexit, weakref
def forever(*args):
    while True: pass
class Last:
    def __del__(self): forever()
atexit.register(forever); last = Last(); weakref.finalize(last, forever)
raise SystemExit(last)
""",
    cell_seconds=0.5,
)
attack(
    "modules_of_its_own",
    "Leaves modules named torch, numpy and autograder where it can, for whoever imports next.",
    """
import os, site, sys, sysconfig
for folder in ("", ".", os.path.expanduser("~"), "/tmp", ROOT, sysconfig.get_paths()["purelib"], site.getusersitepackages()):
    for name in ("torch.py", "autograder.py", "sitecustomize.py", "x.pth"):
        try:
            open(os.path.join(folder, name), "w").write("raise SystemExit")
        except OSError:
            pass
""",
)
attack(
    "locks_itself_in",
    "Takes rights and system calls from itself, so that the grader's own requests fail.",
    """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(22, 1, 0, 0, 0)
""",
)
