"""The task `leaf_report` of a02_chain_rule."""

from __future__ import annotations

import numpy as np
import torch

from ...authoring.probes import normal, uniform
from ...authoring.task import task
from .graphs import ADDRESS, expression

_REPORTED = [
    "x",
    "x after backward",
    "x after backward, untracked",
    "x.detach()",
    "sin(x).detach()",
    "x.clone()",
    "x.view(-1)",
    "x**2",
    "x**2 after retain_grad and backward",
    "sin(x**2)",
    "exp(x)",
    "x + 3",
    "2 * x",
    "-x",
    "x.sum()",
]


def _without_addresses(report, t):
    """An object's text holds its place in memory, which is another one every time; wrong either way."""
    if isinstance(report, dict) and isinstance(report.get("grad_fn"), str):
        return {**report, "grad_fn": ADDRESS.sub("", report["grad_fn"])}
    return report


def _tensors_of_all_kinds(rng):
    tracked = [(expression(text, normal(rng, 2).tolist()),) for text in _REPORTED]
    untracked = [(expression(text, uniform(rng, -2, 2), tracked=False),) for text in ("x**2", "x + 3", "x.clone()")]
    plain = [(normal(rng, 2, 3),), (normal(rng).requires_grad_(),), (torch.tensor(int(rng.integers(9))),)]
    return [*tracked, *untracked, *plain]


@task(
    points=3,
    examples=[
        torch.tensor(3.0, requires_grad=True),
        expression("x**2", 3.0),
        torch.tensor(3.0),
        expression("x**2", 3.0, tracked=False),
    ],
    probes=_tensors_of_all_kinds,
    canonical=_without_addresses,
)
def leaf_report(t):
    """A dict with t's is_leaf and requires_grad, and under grad_fn the name of its grad_fn, None where it has none."""
    name = None if t.grad_fn is None else t.grad_fn.name()
    return {"is_leaf": t.is_leaf, "requires_grad": t.requires_grad, "grad_fn": name}


@leaf_report.right
def with_an_if(t):
    report = {"is_leaf": t.is_leaf, "requires_grad": t.requires_grad, "grad_fn": None}
    if t.grad_fn is not None:
        report["grad_fn"] = t.grad_fn.name()
    return report


@leaf_report.right
def name_of_the_type(t):
    name = type(t.grad_fn).__name__ if t.grad_fn else None
    return {"requires_grad": t.requires_grad, "grad_fn": name, "is_leaf": t.grad_fn is None}


@leaf_report.right
def with_truths_of_other_kinds(t):
    leaf, tracked = torch.tensor(t.is_leaf), np.bool_(t.requires_grad)
    return {"is_leaf": leaf, "requires_grad": tracked, "grad_fn": t.grad_fn and t.grad_fn.name()}


@leaf_report.right
def with_more_than_was_asked_for(t):
    names = [t.grad_fn.name()] if t.grad_fn is not None else [None]
    return {"is_leaf": bool(t.is_leaf), "requires_grad": t.requires_grad, "grad_fn": names[0], "shape": str(t.shape)}


def _report(is_leaf, requires_grad, grad_fn):
    return {"is_leaf": is_leaf, "requires_grad": requires_grad, "grad_fn": grad_fn}


def _name(t):
    return None if t.grad_fn is None else t.grad_fn.name()


@leaf_report.mistake(
    "Under grad_fn stands the recorded operation itself, or a method that was not called, and not a name."
)
def the_operation_itself(t):
    return _report(t.is_leaf, t.requires_grad, t.grad_fn)


@leaf_report.mistake(
    "You turned the recorded operation into text; asked for is its name, which it can tell you itself."
)
def the_operation_as_text(t):
    return _report(t.is_leaf, t.requires_grad, None if t.grad_fn is None else str(t.grad_fn))


@leaf_report.mistake("You turned grad_fn into text, whether it is an operation or None: ask it for its name instead.")
def whatever_is_there_as_text(t):
    return _report(t.is_leaf, t.requires_grad, str(t.grad_fn))


@leaf_report.mistake("A leaf has no grad_fn, so there is nothing to ask for a name: that case comes first.")
def asks_nothing_for_its_name(t):
    return _report(t.is_leaf, t.requires_grad, t.grad_fn.name())


@leaf_report.mistake("You wrote the word 'None' where the value None belongs.")
def none_as_a_word(t):
    return _report(t.is_leaf, t.requires_grad, _name(t) or "None")


@leaf_report.mistake("A leaf without a grad_fn should have None there, not an empty word.")
def none_as_an_empty_word(t):
    return _report(t.is_leaf, t.requires_grad, _name(t) or "")


@leaf_report.mistake("You took requiring grad for being a leaf. A result of tracked tensors requires grad too.")
def tracked_means_leaf(t):
    return _report(t.requires_grad, t.requires_grad, _name(t))


@leaf_report.mistake("A tensor that is not tracked counts as a leaf too: no recorded operation made it.")
def untracked_is_no_leaf(t):
    return _report(t.is_leaf and t.requires_grad, t.requires_grad, _name(t))


@leaf_report.mistake("That describes a copy of t: copying is an operation too, and is recorded where t is tracked.")
def described_a_copy(t):
    return leaf_report.oracle(t.clone())


@leaf_report.mistake("Leaves can require grad: the two are different questions.")
def leaf_means_untracked(t):
    return _report(not t.requires_grad, t.requires_grad, _name(t))


@leaf_report.mistake("What is computed from a tracked tensor requires grad as well, not the leaves alone.")
def only_leaves_require_grad(t):
    return _report(t.is_leaf, t.is_leaf and t.requires_grad, _name(t))


@leaf_report.mistake("Requiring grad and having a gradient differ: the gradient comes with backward, if at all.")
def gradient_already_there(t):
    return _report(t.is_leaf, t.grad is not None, _name(t))


@leaf_report.mistake("You shortened the name: give it in full, as the recorded operation says it.")
def shortened_the_name(t):
    return _report(t.is_leaf, t.requires_grad, _name(t) and _name(t).removesuffix("Backward0"))


@leaf_report.mistake("You switched on tracking in the tensor that you were asked to describe.")
def switched_tracking_on(t):
    if t.is_leaf and t.is_floating_point():
        t.requires_grad_()
    return _report(t.is_leaf, t.requires_grad, _name(t))
