"""The task `predict` of a06_stopping."""

from __future__ import annotations

import torch

from ...authoring.probes import normal, uniform
from ...authoring.task import task
from ...authoring.tensors import after_a_backward, leaf
from ...exchange.values import Made

_BROKEN = Made("broken", {"message": "f has a bug of its own"})


def _predict_probes(rng):
    wave = Made("wave", {"name": "sin", "rate": uniform(rng, 0.5, 1.5)})
    cube = Made("power", {"exponent": 3.0})
    return [
        (cube, normal(rng).requires_grad_()),
        (wave, normal(rng, 3, 2).requires_grad_()),
        (wave, normal(rng, 4)),
        (Made("network", {"blocks": {"encoder": [3, 4], "head": [4, 2]}}), normal(rng, 5, 3).requires_grad_()),
        (Made("network", {"blocks": {"head": [2, 1]}}), normal(rng, 3, 2)),
        (cube, after_a_backward(normal(rng, 3))),
        (Made("composed", {"functions": [cube, wave]}), Made("recorded", {"values": normal(rng, 2, 3)})),
        (_BROKEN, normal(rng, 2).requires_grad_()),
        (Made("composed", {"functions": [wave, _BROKEN]}), normal(rng)),
    ]


@task(
    points=3,
    driver="unrecorded",
    examples=[
        (Made("power", {"exponent": 3.0}), leaf(2.0)),
        (Made("wave", {"name": "exp", "rate": 1.0}), leaf([0.0, 1.0, -1.0])),
        (_BROKEN, leaf(2.0)),
    ],
    probes=_predict_probes,
    essential=("recording while f ran",),
)
def predict(f, x):
    """f(x), with nothing recorded while f runs."""
    with torch.no_grad():
        return f(x)


@predict.right
def in_inference_mode(f, x):
    with torch.inference_mode():
        return f(x)


@predict.right
def as_a_decorator(f, x):
    @torch.no_grad()
    def run():
        return f(x)

    return run()


@predict.right
def switched_and_put_back(f, x):
    before = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    try:
        return f(x)
    finally:
        torch.set_grad_enabled(before)


@predict.right
def switched_as_a_context(f, x):
    with torch.set_grad_enabled(False):
        result = f(x.detach())
    return result.detach().clone()


@predict.right
def to_numpy(f, x):
    with torch.autograd.grad_mode.no_grad():
        return f(x).numpy().copy()


@predict.mistake(
    "You just called f, and torch recorded it as always: nothing here switches recording off while f runs."
)
def just_called_it(f, x):
    return f(x)


@predict.mistake(
    "Your result has no graph, and yet torch recorded f. To cut a graph off afterwards is too late: recording has to "
    "be off whenever f runs."
)
def detached_the_result(f, x):
    return f(x).detach()


@predict.mistake(
    "You detached x and then called f with recording on. Where f has weights of its own, their graph is still recorded."
)
def detached_the_input(f, x):
    return f(x.detach())


@predict.mistake("You stopped tracking the caller's x for good. It must still require a gradient afterwards.")
def stopped_tracking_x(f, x):
    if x.is_leaf:
        x.requires_grad_(False)
    return f(x)


@predict.mistake(
    "You switch recording on again after f has run, but when f raises you never get there: it stays off for everybody."
)
def left_it_off_after_an_error(f, x):
    before = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    result = f(x)
    torch.set_grad_enabled(before)
    return result


@predict.mistake("You switched recording off and never on again: from here on nothing in the notebook is recorded.")
def left_it_off(f, x):
    torch.set_grad_enabled(False)
    return f(x)


@predict.mistake(
    "You switch recording off before f and on after it. When f raises, the second of these never happens, and where "
    "recording was off before, it is on now: put back what you found, whatever happens."
)
def switched_off_and_on(f, x):
    torch.set_grad_enabled(False)
    result = f(x)
    torch.set_grad_enabled(True)
    return result


@predict.mistake("You never called f.")
def never_called_f(f, x):
    return x.detach().clone()


@predict.mistake("You always switch recording on at the end, even where it was off before: put back what you found.")
def always_switched_it_on(f, x):
    torch.set_grad_enabled(False)
    try:
        return f(x)
    finally:
        torch.set_grad_enabled(True)


@predict.mistake("You swallow the error that f raises; whoever called you should see it.")
def swallowed_the_error(f, x):
    try:
        with torch.no_grad():
            return f(x)
    except Exception:
        return None


@predict.mistake("Your result requires a gradient; a plain result without one is asked for.")
def tracked_the_result(f, x):
    with torch.no_grad():
        return f(x).requires_grad_()


@predict.mistake("You returned a Python number with `.item()`, which only works for a tensor of one element.")
def took_the_item(f, x):
    with torch.no_grad():
        return f(x).item()


@predict.mistake("You ran f, but returned nothing.")
def returned_nothing(f, x):
    with torch.no_grad():
        f(x)
