"""The state of the process that an answer runs in: what is clean, what a cell left changed, and how it is put right.

Answers, oracles and probes always run in the clean state, whatever the notebook's cells have switched. Afterwards the
notebook has its own settings back. A setting is known by words that a student understands.
"""

from __future__ import annotations

import contextlib
import decimal
import locale
import os
import random
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.autograd.forward_ad as forward_ad
from torch.nn.modules import module as modules
from torch.overrides import _pop_mode, _push_mode
from torch.utils._python_dispatch import _pop_mode as _pop_dispatch_mode
from torch.utils._python_dispatch import _push_mode as _push_dispatch_mode


@dataclass(frozen=True)
class Setting:
    """One switch of the process. `put` may be given whatever `get` returned; `clean` is what it should be.

    usual  what it is in a notebook that left it alone, where that is not what is clean
    """

    name: str
    get: Callable[[], Any]
    put: Callable[[Any], Any]
    clean: Any
    usual: Any = None

    def left_changed(self, now: Any) -> bool:
        """Whether a cell has changed it, where it is `now`."""
        return bool(now != (self.clean if self.usual is None else self.usual))


# --- settings that cannot simply be set ---------------------------------------------------------------------------

_guards: list[Any] = []  # open ones, innermost last: inference mode can only be left by a guard inside it


def _put_inference_mode(on: bool) -> None:
    if torch.is_inference_mode_enabled() != on and _guards:
        _guards.pop().__exit__(None, None, None)
    if torch.is_inference_mode_enabled() != on:
        guard = torch._C._InferenceMode(on)
        guard.__enter__()
        _guards.append(guard)


def _stack(length: Callable[[], int], pop: Callable[[], Any], push: Callable[[Any], Any]) -> tuple[Any, Any]:
    """`get` and `put` for a stack of modes: what is on it, innermost last."""

    def put(wanted: Sequence[Any]) -> None:
        while length():
            pop()
        for mode in wanted:
            push(mode)

    def get() -> tuple[Any, ...]:
        if not length():
            return ()
        found = []
        while length():
            found.append(pop())
        put(found[::-1])
        return tuple(found[::-1])

    return get, put


def _length_of_hooks() -> int:
    return int(torch._C._autograd._top_saved_tensors_default_hooks(True) is not None)


def _pop_hooks() -> Any:
    hooks = torch._C._autograd._top_saved_tensors_default_hooks(True)
    torch._C._autograd._pop_saved_tensors_default_hooks()
    return hooks


def _put_forward_level(level: int) -> None:
    while forward_ad._current_level > max(level, -1):
        forward_ad.exit_dual_level()
    while forward_ad._current_level < level:
        forward_ad.enter_dual_level()


_HOOKS = [
    value for name, value in vars(modules).items() if name.startswith("_global") and isinstance(value, dict)
]  # dicts of hooks that run for every module


def _module_hooks() -> tuple[Any, ...]:
    return tuple(dict(hooks) for hooks in _HOOKS) if any(_HOOKS) else ()


def _put_module_hooks(wanted: Sequence[Any]) -> None:
    for hooks, there in zip(_HOOKS, wanted or [{}] * len(_HOOKS), strict=True):
        hooks.clear()
        hooks.update(there)


_DENORMAL = 5e-324


def _decimals() -> tuple[Any, ...]:
    context = decimal.getcontext()
    return (context.prec, context.rounding, context.Emin, context.Emax, context.clamp)


def _put_decimals(wanted: tuple[Any, ...]) -> None:
    context = decimal.getcontext()
    context.prec, context.rounding, context.Emin, context.Emax, context.clamp = wanted


def _of_a_cell(function: Any) -> Any:
    """A trace or profile function where a notebook's cell defines it; None for a debugger's or a profiler's."""
    home = getattr(getattr(function, "__func__", function), "__globals__", {})
    return function if home.get("__name__") == "__main__" else None


def _put_if_a_cells(get: Callable[[], Any], put: Callable[[Any], Any]) -> Callable[[Any], None]:
    def replace(function: Any) -> None:
        if get() is None or _of_a_cell(get()):
            put(function)

    return replace


def _folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 (a tenth of the time of Path.cwd)
    except OSError:  # it was removed
        return ""


# --- all of them --------------------------------------------------------------------------------------------------

_modes = _stack(torch._C._len_torch_function_stack, _pop_mode, _push_mode)
_dispatch_modes = _stack(torch._C._len_torch_dispatch_stack, _pop_dispatch_mode, _push_dispatch_mode)
_saved_hooks = _stack(
    _length_of_hooks, _pop_hooks, lambda hooks: torch._C._autograd._push_saved_tensors_default_hooks(*hooks)
)

GRAD_MODE, DEFAULT_DTYPE = "gradient recording", "torch's default dtype"

# Torch's own: an answer has to leave them as they were. Inference mode comes first, since it moves the next one.
OF_TORCH = (
    Setting("inference mode", torch.is_inference_mode_enabled, _put_inference_mode, False),
    Setting(GRAD_MODE, torch.is_grad_enabled, torch._C._set_grad_enabled, True),
    Setting(DEFAULT_DTYPE, torch.get_default_dtype, torch.set_default_dtype, torch.float32),
    Setting("torch's default device, or a mode that changes its functions", *_modes, ()),
    Setting("a mode that changes torch's operations", *_dispatch_modes, ()),
    Setting("hooks on what autograd saves", *_saved_hooks, ()),
    Setting("hooks on all modules", _module_hooks, _put_module_hooks, ()),
    Setting("forward-mode differentiation", lambda: forward_ad._current_level, _put_forward_level, -1),
    Setting(
        "autocast",
        lambda: torch.is_autocast_enabled("cpu"),
        lambda on: torch.set_autocast_enabled("cpu", on),
        False,
    ),
    Setting("autograd's anomaly detection", torch.is_anomaly_enabled, torch.set_anomaly_enabled, False),
    Setting(
        "torch's deterministic algorithms",
        torch.are_deterministic_algorithms_enabled,
        torch._C._set_deterministic_algorithms,
        False,
    ),
    Setting(
        "torch's precision of matrix products",
        torch.get_float32_matmul_precision,
        torch.set_float32_matmul_precision,
        "highest",
    ),
    Setting("flushing of tiny numbers to zero", lambda: _DENORMAL * 1.0 == 0.0, torch.set_flush_denormal, False),
)
_GETTERS = [setting.get for setting in OF_TORCH]


def _of_the_process() -> tuple[Setting, ...]:
    """Those of Python and NumPy, clean as they are now."""
    kinds: list[tuple[str, Callable[[], Any], Callable[[Any], Any]]] = [
        ("NumPy's treatment of errors", np.geterr, lambda wanted: np.seterr(**wanted)),
        ("the decimal module's precision", _decimals, _put_decimals),
        ("Python's recursion limit", sys.getrecursionlimit, sys.setrecursionlimit),
        ("the locale", lambda: locale.setlocale(locale.LC_ALL), lambda to: locale.setlocale(locale.LC_ALL, to)),
        ("the working directory", _folder, os.chdir),
    ]
    threads = torch.get_num_threads
    tools = [
        ("a profile function", sys.getprofile, sys.setprofile),
        ("a trace function", sys.gettrace, sys.settrace),
    ]
    return (
        # One is clean: inputs are tiny, and threads that wait for each other take ten times as long.
        Setting("torch's number of threads", threads, torch.set_num_threads, 1, usual=threads()),
        *(Setting(name, get, put, get()) for name, get, put in kinds),
        *(
            Setting(name, lambda get=get: _of_a_cell(get()), _put_if_a_cells(get, put), None)  # type: ignore[misc]
            for name, get, put in tools
        ),
    )


_settings: tuple[Setting, ...] = ()


def remember() -> None:
    """Take the process as it is now for clean, where that differs from one machine to another."""
    global _settings
    _settings = (*OF_TORCH, *_of_the_process())


remember()


def put(setting: Setting, wanted: Any) -> None:
    """Set it. What cannot be set (a folder that is gone, a limit below the depth of the stack) stays as it is."""
    with contextlib.suppress(Exception):
        setting.put(wanted)


_left: list[str] | None = None  # what the outermost block found changed; None outside


@contextlib.contextmanager
def clean() -> Iterator[list[str]]:
    """A block in the clean state, silent, with random numbers that are always the same. Gives the names of what was
    found changed. Afterwards all is as it was before. Inside another such block it does nothing."""
    global _left
    if _left is not None:
        yield _left
        return
    found = [(setting, now) for setting in _settings if (now := setting.get()) != setting.clean]
    drawn = torch.get_rng_state(), random.getstate(), np.random.get_state()
    with warnings.catch_warnings(), _figures_closed():
        warnings.simplefilter("ignore")
        for setting, _ in found:
            put(setting, setting.clean)
        _left = [setting.name for setting, now in found if setting.left_changed(now)]
        try:
            yield _left
        finally:
            _left = None
            start_over()
            for setting, before in reversed(found):
                put(setting, before)
            torch.set_rng_state(drawn[0])
            random.setstate(drawn[1])
            np.random.set_state(drawn[2])


def start_over() -> None:
    """Inside a clean block: put right what answers left changed, and begin the same random numbers again."""
    for setting in _settings:
        if setting.get() != setting.clean:
            put(setting, setting.clean)
    random.seed(0)
    np.random.seed(0)
    torch.default_generator.manual_seed(0)


def of_torch() -> list[Any]:
    """What `OF_TORCH` are set to, in their order."""
    return [get() for get in _GETTERS]


def changes(before: list[Any]) -> list[str]:
    """The names of those of `OF_TORCH` that are not as they were `before`, which are put back."""
    if before == of_torch():
        return []
    changed = [(setting, was) for setting, was in zip(OF_TORCH, before, strict=True) if setting.get() != was]
    for setting, was in changed:
        put(setting, was)
    return [setting.name for setting, _ in changed]


@contextlib.contextmanager
def _figures_closed() -> Iterator[None]:
    """Figures that the block opens are closed, and its changes to matplotlib's settings undone."""
    pyplot, matplotlib = (sys.modules.get(name) for name in ("matplotlib.pyplot", "matplotlib"))
    if pyplot is None or matplotlib is None:
        yield
        return
    before = set(pyplot.get_fignums())
    settings = dict.copy(matplotlib.rcParams)
    try:
        yield
    finally:
        for number in set(pyplot.get_fignums()) - before:
            pyplot.close(number)
        if dict.copy(matplotlib.rcParams) != settings:
            dict.update(matplotlib.rcParams, settings)
