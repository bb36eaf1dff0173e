"""Differentiating in a task by hand, in hiding."""

# ruff: noqa: E501  (an attack reads best as it would be typed)
from __future__ import annotations

from .entry import CORPUS, Hostile, by_hand

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
