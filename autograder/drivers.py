"""How an answer is exercised. Runs beside the student's code, so it knows no answers and judges nothing.

A driver is a function `driver(answer, *inputs) -> values`; `drive` runs it twice on fresh inputs and notes what the
answer did besides returning. The oracle and the listed mistakes go through the same drivers.
"""

from __future__ import annotations

import contextlib
import io
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from . import recipes
from .values import Made, Opaque, Raised, Value, identical, plain

Answer = Callable[..., Any]


@dataclass(frozen=True)
class Outcome:
    """What one drive found, all of it values.

    result          what the driver returned, or Raised
    again           the same from a second go on fresh inputs; the same object where it is identical
    inputs          each tensor argument after the call: its values, requires_grad and grad
    state           the global state after the call
    differentiated  how the answer was seen to differentiate while it ran, or None (looked for only when asked)
    """

    result: Value
    again: Value
    inputs: Value
    state: Value
    differentiated: str | None = None


def drive(
    driver: str,
    answer: Answer,
    inputs: Sequence[Value],
    *,
    names: Sequence[str],
    watch: bool = False,
    twice: bool = True,
) -> Outcome:
    """Run one driver on one answer. `names` are the answer's parameters; `watch` looks for differentiation.

    Without `twice` the first result stands for the second: for the oracle, which is not the one on trial.
    """
    first, second = _Observed(answer, names, watch), _Observed(answer, names, watch)
    with _quiet():
        result = _go(driver, first, inputs)
        again = _go(driver, second, inputs) if twice else result
    if identical(result, again):
        again = result
    return Outcome(result, again, first.inputs, first.state, first.differentiated or second.differentiated)


def _go(driver: str, answer: _Observed, inputs: Sequence[Value]) -> Value:
    random_state = torch.get_rng_state()
    try:
        return plain(DRIVERS[driver](answer, *[build(value) for value in inputs]))
    except _CAUGHT as error:
        return raised(error)
    finally:
        torch.set_rng_state(random_state)


# A student's answer may raise anything, SystemExit included; an interrupt from the keyboard is not the answer's.
_CAUGHT = (Exception, SystemExit, GeneratorExit)


def raised(error: BaseException) -> Raised:
    """The words of an exception."""
    kinds = tuple(c.__name__ for c in type(error).__mro__ if c not in (object, BaseException))
    try:
        message = str(error)
    except Exception:  # a __str__ of the student's own
        message = ""
    return Raised(kinds, message[:2000])


def build(value: Value) -> Any:
    """A fresh argument from a value: tensors are copied, recipes are made."""
    if isinstance(value, Made):
        return recipes.make(value)
    if isinstance(value, torch.Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, (list, tuple)):
        return type(value)(build(item) for item in value)
    if isinstance(value, dict):
        return {key: build(item) for key, item in value.items()}
    return value


class _Observed:
    """The answer, callable as itself; notes what a call leaves behind and then puts global state right."""

    def __init__(self, answer: Answer, names: Sequence[str], watch: bool) -> None:
        self._answer = answer
        self._names = names
        self._watch = watch
        self.inputs: Value = {}
        self.state: Value = {}
        self.differentiated: str | None = None

    def __call__(self, *args: Any) -> Any:
        grad_mode, default_dtype = torch.is_grad_enabled(), torch.get_default_dtype()
        items = [list(arg) if isinstance(arg, list) else [] for arg in args]
        try:
            with watching() if self._watch else contextlib.nullcontext() as evidence:
                result = self._answer(*args)
                # A result may be lazy: while it is watched it has to become a value.
                return plain(result) if self._watch else result
        finally:
            if evidence:
                self.differentiated = evidence[0]
            self.state = {
                "grad mode": torch.is_grad_enabled() == grad_mode,
                "default dtype": torch.get_default_dtype() == default_dtype,
            }
            torch.set_grad_enabled(grad_mode)
            torch.set_default_dtype(default_dtype)
            self.inputs = dict(_snapshots(self._names, args, items))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Neither a print nor a warning may cost a right answer its marks."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield


def _snapshots(names: Sequence[str], args: Sequence[Any], items: Sequence[list[Any]]) -> Iterator[tuple[str, Value]]:
    """What is seen of each argument; `items` are the members that each list had before the call."""
    for position, arg in enumerate(args):
        name = names[position] if position < len(names) else f"argument {position + 1}"
        if isinstance(arg, torch.Tensor):
            grad = arg.grad if arg.is_leaf else None
            yield name, plain({"values": arg, "requires_grad": arg.requires_grad, "grad": grad})
        elif isinstance(arg, list):
            # Functions look alike as values, so the order is noted too: where each member stood before the call.
            order = [next((i for i, old in enumerate(items[position]) if old is new), -1) for new in arg]
            yield name, plain({"values": arg, "order": order})
        elif isinstance(arg, (dict, np.ndarray)):
            yield name, plain({"values": arg})


# --- noticing that an answer differentiates -----------------------------------------------------------------------


@contextlib.contextmanager
def watching() -> Iterator[list[str]]:
    """Collects, in a list, signs that code differentiates while it runs, whatever names it used to get there.

    Three looks, since each has a blind spot: a dispatch mode sees every operation that autograd's engine runs in this
    thread; a profile function sees the call that starts the engine or forward mode, in new threads as well; a stand-in
    for the engine sees threads that were there before. Recording a graph without using it is neither.
    """
    evidence: list[str] = []
    engine = torch.autograd.Variable._execution_engine

    def profile(frame: Any, event: str, called: Any) -> None:
        if event == "c_call":
            sign = _SIGNS.get(getattr(called, "__name__", ""))
            if sign:
                evidence.append(sign)

    before = sys.getprofile()
    threading.setprofile(profile)
    sys.setprofile(profile)
    torch.autograd.Variable._execution_engine = _StandIn(engine, evidence)  # type: ignore[assignment]
    try:
        with _Engine(evidence):
            yield evidence
    finally:
        sys.setprofile(before)
        threading.setprofile(before)
        torch.autograd.Variable._execution_engine = engine


_SIGNS = {
    "run_backward": "autograd ran backward",
    "_enter_dual_level": "forward-mode differentiation ran",
    "_jvp_increment_nesting": "torch.func.jvp ran",
    "_grad_increment_nesting": "torch.func.grad ran",
}


class _Engine(TorchDispatchMode):
    """Sees the operations of this thread, and whether the engine runs them."""

    def __init__(self, evidence: list[str]) -> None:
        super().__init__()
        self._evidence = evidence

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # True, the default, imports torch._dynamo and sympy on first use: 1.5 s for nothing

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if torch._C._current_autograd_node() is not None:
            self._evidence.append("autograd ran backward")
        return func(*args, **(kwargs or {}))


class _StandIn:
    """Stands in for the engine, and sees whoever asks it to run backward."""

    def __init__(self, engine: Any, evidence: list[str]) -> None:
        self._engine = engine
        self._evidence = evidence

    def __getattr__(self, name: str) -> Any:
        if name == "run_backward":
            self._evidence.append(_SIGNS[name])
        return getattr(self._engine, name)


# --- the drivers --------------------------------------------------------------------------------------------------


def call(answer: Answer, *inputs: Any) -> Any:
    """Just call it."""
    return answer(*inputs)


def new_leaf(answer: Answer, original: Any) -> Any:
    """What kind of tensor `answer(original)` makes, and whether it lives in memory of its own."""
    leaf = answer(original)
    if not isinstance(leaf, torch.Tensor):
        return Opaque("not a tensor")
    facts = {
        "values": plain(leaf),
        "requires_grad": leaf.requires_grad,
        "is_leaf": leaf.is_leaf,
        "is_floating_point()": leaf.is_floating_point(),
    }
    return {**facts, "shares_memory": not _survives_a_change_of(original, leaf)}


def _survives_a_change_of(original: Any, result: torch.Tensor) -> bool:
    """Whether `result` keeps its values when `original` (a tensor or an array) is written to."""
    before = plain(result)
    with torch.no_grad():
        if isinstance(original, torch.Tensor):
            original.data.add_(1)
        elif hasattr(original, "__array__"):
            original += 1
    return torch.equal(before, plain(result))


def frozen(answer: Answer, original: torch.Tensor) -> Any:
    """Whether `answer(original)` is an untracked copy: values, tracking, memory."""
    copy = answer(original)
    if copy is None:
        return Opaque("None: is there a `return`?")
    if not isinstance(copy, torch.Tensor):
        return Opaque("a NumPy array, where a tensor should be" if isinstance(copy, np.ndarray) else "not a tensor")
    tracked = copy.requires_grad
    return {"values": plain(copy), "tracked": tracked, "memory of its own": _survives_a_change_of(original, copy)}


def value_and_gradients(answer: Answer, *inputs: Any) -> Any:
    """The value, and the gradient that reaches each input with `requires_grad` from a lopsided upstream gradient."""
    out = answer(*inputs)
    facts = {"value": plain(out)}
    tracked = [tensor for tensor in inputs if isinstance(tensor, torch.Tensor) and tensor.requires_grad]
    names = answer._names if isinstance(answer, _Observed) else [f"input {i + 1}" for i in range(len(inputs))]
    for name, tensor in zip(names, inputs, strict=False):
        if isinstance(tensor, torch.Tensor) and tensor.requires_grad:
            facts[f"gradient to {name}"] = _gradient(out, tensor, tracked)
    return facts


def _gradient(out: Any, tensor: torch.Tensor, tracked: list[torch.Tensor]) -> Value:
    if not isinstance(out, torch.Tensor):
        return Opaque("missing, since the result is not a tensor")
    if not out.requires_grad:
        return Opaque("missing, since the result has no graph")
    steps = torch.arange(out.numel(), dtype=torch.float64)
    grad_out = (1 + 0.5 * torch.cos(1 + 2 * steps)).reshape(out.shape).to(out.dtype)
    try:
        grads = torch.autograd.grad(out, [tensor, *tracked], grad_out, retain_graph=True, allow_unused=True)
    except Exception as error:
        return raised(error)
    if all(grad is None for grad in grads):
        return Opaque("missing, since the result's graph does not lead there")
    return plain(torch.zeros_like(tensor) if grads[0] is None else grads[0])


def unrecorded(answer: Answer, f: Answer, x: torch.Tensor) -> Any:
    """What `answer(f, x)` returns, whether grad mode was on while `f` ran, and whether the result is tracked.

    Asked once more where recording is off already: it has to be off afterwards too.
    """
    modes = []

    def spied(t: Any) -> Any:
        modes.append(torch.is_grad_enabled())
        return f(t)

    out = answer(spied, x)
    tracked = out.requires_grad if isinstance(out, torch.Tensor) else False
    recording = any(modes) if modes else Opaque("unknown, since f was never called")
    facts = {"value": plain(out), "recording while f ran": recording, "tracked": tracked}
    if isinstance(answer, _Observed):
        state = answer.state
        with torch.no_grad():
            answer(f, x)
        answer.state = {**state, "grad mode where it was off": answer.state["grad mode"]}
    return facts


def frozen_parameters(answer: Answer, model: torch.nn.Module, prefixes: Sequence[str]) -> Any:
    """What `answer(model, prefixes)` returns, and each parameter's tracking, stale gradient and values after it."""
    for position, (_, parameter) in enumerate(model.named_parameters()):
        parameter.grad = torch.full_like(parameter, position + 1.0)
    count = answer(model, prefixes)
    parameters = list(model.named_parameters())
    return {
        "count": plain(count),
        "tracked": [f"{name}.requires_grad: {p.requires_grad}" for name, p in parameters],
        "stale gradients": [f"{name}.grad: {_left_of(p.grad)}" for name, p in parameters],
        "values": [plain(p) for _, p in parameters],
    }


def _left_of(grad: torch.Tensor | None) -> str:
    return "None" if grad is None else "a tensor" if bool(grad.any()) else "a tensor of zeros"


DRIVERS: dict[str, Callable[..., Any]] = {
    f.__name__: f for f in (call, new_leaf, frozen, value_and_gradients, unrecorded, frozen_parameters)
}
