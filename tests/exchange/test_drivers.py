"""How an answer is exercised: what it leaves behind is noted, what it raises is a value, differentiating is noticed."""

from __future__ import annotations

import functools
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.autograd.forward_ad as forward_ad

from autograder.exchange.drive import DRIVERS, Outcome, build, drive
from autograder.exchange.values import Made, Opaque, Raised

F64 = torch.float64


def called(answer: Callable[..., Any], *inputs: Any, watch: bool = False) -> Outcome:
    return drive("call", answer, inputs, names=("x", "y"), watch=watch)


def leaf(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=F64, requires_grad=True)


# --- calling ------------------------------------------------------------------------------------------------------


def test_the_result_and_a_second_result_are_values() -> None:
    outcome = called(lambda x: (x * 2, [np.float32(1)]), torch.ones(2, requires_grad=True))
    assert outcome.result[0].tolist() == [2.0, 2.0]
    assert not outcome.result[0].requires_grad
    assert outcome.again[0].tolist() == [2.0, 2.0]


def test_a_second_call_shows_what_the_first_left_over() -> None:
    seen: list[int] = []

    def counts(x: float) -> int:
        seen.append(1)
        return len(seen)

    outcome = called(counts, 1.0)
    assert (outcome.result, outcome.again) == (1, 2)


def test_once_is_enough_for_an_oracle() -> None:
    seen: list[float] = []
    outcome = drive("call", seen.append, (1.0,), names=("x",), twice=False)
    assert outcome.again is outcome.result
    assert seen == [1.0]


def test_each_call_gets_fresh_inputs() -> None:
    outcome = called(lambda x: x.add_(1), torch.zeros(1))
    assert (outcome.result.item(), outcome.again.item()) == (1.0, 1.0)


def test_both_calls_draw_the_same_random_numbers_and_the_next_draw_is_not_disturbed() -> None:
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    outcome = called(lambda: torch.rand(3))
    assert torch.equal(outcome.result, outcome.again)
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize(
    "error", [ValueError("no"), NotImplementedError(), SystemExit(3), RecursionError(), OSError(2, "x")]
)
def test_what_an_answer_raises_is_a_value(error: BaseException) -> None:
    def raises() -> None:
        raise error

    result = called(raises).result
    assert isinstance(result, Raised)
    assert result.kinds[0] == type(error).__name__
    assert result.message == str(error)


def test_a_base_class_of_an_error_is_known() -> None:
    class Mine(ValueError):
        def __str__(self) -> str:
            raise RuntimeError

    def raises() -> None:
        raise Mine

    result = called(raises).result
    assert (result.kinds, result.message) == (("Mine", "ValueError", "Exception"), "")


def test_a_call_with_too_many_arguments_is_the_answers_error() -> None:
    assert called(lambda: 1, 2.0).result.kinds[0] == "TypeError"


def test_prints_and_warnings_go_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    def noisy(x: float) -> float:
        print("hello")
        print("hello", file=sys.stderr)
        warnings.warn("careful", stacklevel=1)
        return x

    with warnings.catch_warnings(record=True) as caught:
        assert called(noisy, 1.0).result == 1.0
    assert not caught
    assert capsys.readouterr() == ("", "")


# --- what a call leaves behind ------------------------------------------------------------------------------------


def test_inputs_left_alone_look_as_before() -> None:
    x = leaf(1.0, 2.0)
    snapshot = called(lambda x: (x**2).sum(), x).inputs["x"]
    assert snapshot["values"].tolist() == [1.0, 2.0]
    assert (snapshot["requires_grad"], snapshot["grad"]) == (True, None)


@pytest.mark.parametrize(
    ("answer", "key", "after"),
    [
        (lambda x: x.data.add_(1), "values", [2.0]),
        (lambda x: x.requires_grad_(False), "requires_grad", False),
        (lambda x: (x**2).sum().backward(), "grad", [2.0]),
    ],
)
def test_a_changed_tensor_shows(answer: Callable[..., Any], key: str, after: Any) -> None:
    seen = called(answer, leaf(1.0)).inputs["x"][key]
    assert (seen.tolist() if isinstance(seen, torch.Tensor) else seen) == after


def test_a_changed_list_shows_even_where_its_members_look_alike() -> None:
    functions = [Made("scale", {"factor": 2.0}), Made("scale", {"factor": 3.0})]
    assert called(lambda x: x.reverse(), functions).inputs != called(lambda x: None, functions).inputs
    assert called(lambda x: x.pop(), [1.0, 2.0]).inputs["x"]["values"] == [1.0]


def test_a_changed_array_shows() -> None:
    array = Made("array", {"values": [1.0, 2.0]})
    assert called(lambda x: x.sort(), array).inputs["x"]["values"].tolist() == [1.0, 2.0]
    assert called(lambda x: x.fill(0), array).inputs["x"]["values"].tolist() == [0.0, 0.0]


def test_inputs_are_looked_at_even_after_an_error() -> None:
    def changes_then_raises(x: torch.Tensor) -> None:
        x.data.zero_()
        raise ValueError

    assert called(changes_then_raises, leaf(1.0)).inputs["x"]["values"].tolist() == [0.0]


def test_global_state_left_changed_is_noted_and_put_right() -> None:
    assert called(lambda: 1).state == {"grad mode": True, "default dtype": True}
    assert called(lambda: torch.set_grad_enabled(False)).state["grad mode"] is False
    assert torch.is_grad_enabled()
    assert called(lambda: torch.set_default_dtype(F64)).state["default dtype"] is False
    assert torch.get_default_dtype() == torch.float32


def test_fresh_arguments_keep_what_matters_and_share_nothing() -> None:
    x = leaf(1.0)
    made = build([x, (1, "a"), {"k": x}, Made("shift", {"amount": 2.0})])
    assert made[0].requires_grad
    assert made[0].is_leaf
    made[0].data.zero_()
    assert x.item() == 1.0
    assert made[1] == (1, "a")
    assert made[3](1.0) == 3.0


# --- noticing that an answer differentiates -----------------------------------------------------------------------


def square(t: Any) -> Any:
    return t**2


def by_backward(x: float) -> Any:
    t = torch.tensor(x, requires_grad=True)
    getattr(square(t), "back" + "ward")()
    return t.grad


def by_grad(x: float) -> Any:
    t = torch.tensor(x, requires_grad=True)
    return torch.autograd.grad(t + 3, t)[0]


def by_the_engine(x: float) -> Any:
    t = torch.tensor(x, requires_grad=True)
    engine = torch.autograd.Variable._execution_engine
    return engine.run_backward((square(t),), (torch.tensor(1.0),), False, False, (t,), allow_unreachable=True)[0]


def in_a_thread(x: float) -> Any:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(by_grad(x)))
    thread.start()
    thread.join()
    return found[0]


def by_forward_mode(x: float) -> Any:
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(torch.tensor(x), torch.tensor(1.0))
        return forward_ad.unpack_dual(square(dual)).tangent


def by_transform(transform: str, x: float) -> Any:
    return getattr(torch.func, transform)(square)(torch.tensor(x))


def by_jvp(x: float) -> Any:
    return torch.func.jvp(square, (torch.tensor(x),), (torch.tensor(1.0),))[1]


def by_vjp(x: float) -> Any:
    return torch.func.vjp(square, torch.tensor(x))[1](torch.tensor(1.0))[0]


def by_functional(x: float) -> Any:
    return torch.autograd.functional.jacobian(square, torch.tensor(x))


def only_the_second_time(x: float, seen: list[float] = []) -> Any:  # noqa: B006 - remembering is the point
    if seen:
        return by_grad(x)
    return seen.append(x)


DIFFERENTIATING: dict[str, Callable[[float], Any]] = {
    "backward": by_backward,
    "grad of something that saves nothing": by_grad,
    "the engine itself": by_the_engine,
    "a thread": in_a_thread,
    "forward mode": by_forward_mode,
    "func.grad": functools.partial(by_transform, "grad"),
    "jacrev": functools.partial(by_transform, "jacrev"),
    "jacfwd": functools.partial(by_transform, "jacfwd"),
    "jvp": by_jvp,
    "vjp": by_vjp,
    "functional.jacobian": by_functional,
    "only the second time": only_the_second_time,
    "before an error": lambda x: by_backward(x) / "a",
}


@pytest.mark.parametrize("answer", DIFFERENTIATING.values(), ids=DIFFERENTIATING)
def test_differentiating_is_noticed(answer: Callable[[float], Any]) -> None:
    assert called(answer, 3.0, watch=True).differentiated is not None
    assert called(answer, 3.0).differentiated is None, "nobody looked"


def with_a_gradient_set_by_hand(x: float) -> Any:
    t = torch.tensor(x)
    t.grad = torch.tensor(2 * x)
    return t.grad


HARMLESS: dict[str, Callable[[float], Any]] = {
    "a formula": lambda x: 2 * x,
    "a graph that nobody uses": lambda x: 2 * torch.tensor(x, requires_grad=True),
    "a graph thrown away": lambda x: (2 * torch.tensor(x, requires_grad=True)).detach().numpy(),
    "no_grad": torch.no_grad()(lambda x: torch.tensor(2 * x)),
    "inference mode": torch.inference_mode()(lambda x: torch.tensor(2 * x)),
    "vmap": lambda x: torch.vmap(lambda t: 2 * t)(torch.tensor([x]))[0],
    "an optimizer that never steps": lambda x: torch.optim.SGD([torch.tensor(x, requires_grad=True)], lr=1.0) and 2 * x,
    "a gradient set by hand": with_a_gradient_set_by_hand,
    "a method called backward": lambda x: type("Layer", (), {"backward": lambda self, g: 2 * x * g})().backward(1.0),
}


@pytest.mark.parametrize("answer", HARMLESS.values(), ids=HARMLESS)
def test_what_does_not_differentiate_passes(answer: Callable[[float], Any]) -> None:
    outcome = called(answer, 3.0, watch=True)
    assert float(outcome.result) == 6.0
    assert outcome.differentiated is None


def test_watching_leaves_no_trace() -> None:
    profiler = sys.getprofile()
    engine = torch.autograd.Variable._execution_engine
    called(by_backward, 3.0, watch=True)
    assert sys.getprofile() is profiler
    assert torch.autograd.Variable._execution_engine is engine


# --- the other drivers --------------------------------------------------------------------------------------------


def driven(driver: str, answer: Callable[..., Any], *inputs: Any) -> Any:
    return drive(driver, answer, inputs, names=("x", "y")).result


def test_every_driver_is_known_by_its_own_name() -> None:
    assert all(name == driver.__name__ for name, driver in DRIVERS.items())
    assert driven("no_such_driver", square, 1.0) == Raised(("KeyError", "LookupError", "Exception"), "'no_such_driver'")


def test_a_new_leaf_is_described() -> None:
    original = torch.tensor([1, 2])
    facts = driven("new_leaf", lambda t: t.double().requires_grad_(), original)
    assert facts.pop("values").tolist() == [1.0, 2.0]
    assert set(facts.items()) == {
        ("requires_grad", True),
        ("is_leaf", True),
        ("is_floating_point()", True),
        ("shares_memory", False),
    }


@pytest.mark.parametrize(
    "share", [lambda t: t, lambda t: t.detach(), lambda t: t.view(-1), lambda t: t.numpy(force=True)]
)
def test_shared_memory_is_noticed(share: Callable[..., Any]) -> None:
    original = torch.tensor([1.0, 2.0])
    as_leaf = driven("new_leaf", lambda t: torch.as_tensor(share(t)), original)
    as_copy = driven("frozen", lambda t: torch.as_tensor(share(t)), original)
    assert as_leaf["shares_memory"] is True
    assert as_copy["memory of its own"] is False


def test_memory_shared_with_an_array_is_noticed() -> None:
    array = Made("array", {"values": [1.0, 2.0]})
    assert driven("new_leaf", torch.from_numpy, array)["shares_memory"] is True
    assert driven("new_leaf", torch.tensor, array)["shares_memory"] is False


def test_a_tracked_copy_is_noticed() -> None:
    assert driven("frozen", lambda t: t.clone(), leaf(1.0))["tracked"] is True
    assert driven("frozen", lambda t: t.detach().clone(), leaf(1.0))["tracked"] is False
    assert driven("frozen", lambda t: t.tolist(), leaf(1.0)) == Opaque("not a tensor")


def test_the_upstream_gradient_is_lopsided() -> None:
    facts = driven("value_and_gradients", lambda x: 3 * x, leaf(1.0, 1.0, 1.0))
    assert facts["value"].tolist() == [3.0, 3.0, 3.0]
    assert len({round(g, 6) for g in (facts["gradient to x"] / 3).tolist()}) == 3


def test_only_inputs_that_require_grad_are_asked_for_one() -> None:
    assert set(driven("value_and_gradients", lambda x, y: x * y, leaf(1.0), torch.ones(1))) == {
        "value",
        "gradient to x",
    }


@pytest.mark.parametrize(
    ("answer", "gradient"),
    [
        (lambda x: x.detach(), Opaque("missing, since the result has no graph")),
        (lambda x: x.tolist(), Opaque("missing, since the result is not a tensor")),
        (lambda x: None, Opaque("missing, since the result is not a tensor")),
    ],
)
def test_a_missing_gradient_says_why(answer: Callable[..., Any], gradient: Opaque) -> None:
    assert driven("value_and_gradients", answer, leaf(1.0))["gradient to x"] == gradient


def test_a_gradient_to_an_input_that_is_cut_off_is_zero() -> None:
    facts = driven("value_and_gradients", lambda x, y: x * y.detach(), leaf(5.0), leaf(2.0))
    assert facts["gradient to y"].tolist() == [0.0]


def test_a_graph_that_leads_to_no_input_has_no_gradients() -> None:
    other = leaf(1.0)
    facts = driven("value_and_gradients", lambda x: other * 2, leaf(5.0))
    assert facts["gradient to x"] == Opaque("missing, since the result's graph does not lead there")


def test_a_broken_backward_is_an_error_of_the_gradient_alone() -> None:
    facts = driven("value_and_gradients", lambda x: x.exp().add_(1), leaf(0.0))
    assert facts["value"].tolist() == [2.0]
    assert facts["gradient to x"].kinds[0] == "RuntimeError"


def test_grad_mode_inside_f_is_seen() -> None:
    f = Made("scale", {"factor": 2.0})

    def recording(f: Any, x: Any) -> Any:
        return f(x)

    def off(f: Any, x: Any) -> Any:
        with torch.no_grad():
            return f(x)

    def too_late(f: Any, x: Any) -> Any:
        return f(x).detach()

    def never(f: Any, x: Any) -> Any:
        return 2 * x.detach()

    seen = {g.__name__: driven("unrecorded", g, f, leaf(1.0)) for g in (recording, off, too_late, never)}
    assert {name: facts["recording while f ran"] for name, facts in seen.items()} == {
        "recording": True,
        "off": False,
        "too_late": True,
        "never": Opaque("unknown, since f was never called"),
    }
    assert seen["recording"]["tracked"] is True
    assert seen["too_late"]["tracked"] is False


def test_switching_recording_on_for_good_is_seen_where_it_was_off() -> None:
    def switches(f: Any, x: Any) -> Any:
        with torch.no_grad():
            result = f(x)
        torch.set_grad_enabled(True)
        return result

    outcome = drive("unrecorded", switches, (Made("scale", {"factor": 2.0}), leaf(1.0)), names=("f", "x"))
    assert outcome.state["grad mode"] is True
    assert outcome.state["grad mode where it was off"] is False
    assert torch.is_grad_enabled()


def test_frozen_parameters_are_listed() -> None:
    def freezes(model: torch.nn.Module, prefixes: list[str]) -> int:
        model.get_parameter("a.0.weight").requires_grad_(False).grad = None
        model.get_parameter("a.0.bias").grad.zero_()  # type: ignore[union-attr]
        return 1

    facts = driven("frozen_parameters", freezes, Made("network", {"blocks": {"a": [2, 3]}}), ["a"])
    assert facts["count"] == 1
    assert facts["tracked"] == ["a.0.weight.requires_grad: False", "a.0.bias.requires_grad: True"]
    assert facts["stale gradients"] == ["a.0.weight.grad: None", "a.0.bias.grad: a tensor of zeros"]
