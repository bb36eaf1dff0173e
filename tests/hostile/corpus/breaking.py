"""Ending or breaking the process."""

# ruff: noqa: E501  (an attack reads best as it would be typed)
from __future__ import annotations

from .entry import answers, attack

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
