"""The task `frozen_copy` of a06_stopping."""

from __future__ import annotations

import copy

import numpy as np
import torch

from ...authoring.probes import normal
from ...authoring.task import task
from ...authoring.tensors import after_a_backward, doubles, leaf
from ...exchange.values import Made


def _copy_probes(rng):
    return [
        (normal(rng).requires_grad_(),),
        (normal(rng, 4).requires_grad_(),),
        (normal(rng, 2, 3),),
        (normal(rng, 2, 3, dtype=torch.float32).requires_grad_(),),
        (torch.from_numpy(rng.integers(-5, 6, size=3)),),
        (Made("recorded", {"values": normal(rng, 3, 2)}),),
        (Made("recorded", {"values": normal(rng)}),),
        (normal(rng, 1, 2, 2).requires_grad_(),),
        (normal(rng, 0, 2).requires_grad_(),),
        (after_a_backward(normal(rng, 2, 3)),),
    ]


@task(
    points=2,
    driver="frozen",
    examples=[leaf([1.0, 2.0, 3.0]), leaf(2.0), doubles([[4.0, -1.0]])],
    probes=_copy_probes,
    essential=("values", "tracked"),
)
def frozen_copy(t):
    """A tensor with t's values, untracked, in memory of its own."""
    return t.detach().clone()


@frozen_copy.right
def cloned_and_detached(t):
    return t.clone().detach()


@frozen_copy.right
def cloned_without_recording(t):
    with torch.no_grad():
        return t.clone()


@frozen_copy.right
def through_a_list(t):
    return torch.tensor(t.tolist(), dtype=t.dtype).reshape(t.shape)


@frozen_copy.right
def through_numpy(t):
    return torch.from_numpy(np.array(t.detach().numpy()))


@frozen_copy.right
def filled_an_empty_one(t):
    copied = torch.empty(t.shape, dtype=torch.float32)
    copied.copy_(t.detach())
    return copied


@frozen_copy.right
def deeply_copied(t):
    return copy.deepcopy(t.detach())


@frozen_copy.mistake(
    "Your tensor is untracked, but it shares t's memory: whoever writes into one changes the other. "
    "`detach` and `.data` copy nothing."
)
def shared_the_memory(t):
    return t.detach()


@frozen_copy.mistake(
    "You copied the values, but the copy is tracked: either it is a clone of a tracked tensor, and so part of its "
    "graph, or tracking was switched on again."
)
def cloned_with_the_graph(t):
    return t.clone()


@frozen_copy.mistake("You returned t itself: tracked as before, and the very same memory.")
def returned_it_as_it_was(t):
    return t


@frozen_copy.mistake(
    "You stopped tracking the caller's own t and handed it back. It should stay as it was; besides, it is no copy."
)
def froze_the_original(t):
    return t.detach_()


@frozen_copy.mistake(
    "You switched `requires_grad` off on t itself. "
    "That changes the caller's tensor, and torch allows it for leaves only."
)
def switched_requires_grad_off(t):
    return t.requires_grad_(False)


@frozen_copy.mistake(
    "You switched `requires_grad` off on a clone. "
    "A tracked tensor's clone is no leaf, and torch allows it for leaves only."
)
def switched_requires_grad_off_on_a_clone(t):
    return t.clone().requires_grad_(False)


@frozen_copy.mistake("`deepcopy` of a tracked leaf is tracked too, and of a tensor with a graph it fails.")
def deeply_copied_with_tracking(t):
    return copy.deepcopy(t)


@frozen_copy.mistake(
    "You detach and convert the type. A conversion to the type that a tensor has already copies nothing, "
    "so sometimes you share t's memory."
)
def relied_on_a_conversion(t):
    return t.detach().to(torch.float64)


@frozen_copy.mistake("`contiguous` copies only where the layout is not in order yet; otherwise you share t's memory.")
def relied_on_contiguous(t):
    return t.detach().contiguous()


@frozen_copy.mistake("Your tensor has the right shape, but not t's values.")
def zeros_of_the_same_shape(t):
    return torch.zeros_like(t)


@frozen_copy.mistake("Your copy has lost its shape: keep the axes as they are.")
def flattened(t):
    return t.detach().clone().flatten()


@frozen_copy.mistake("You returned numbers that are not in a tensor; a tensor is asked for.")
def returned_a_list(t):
    return t.tolist()


@frozen_copy.twin(cloned_with_the_graph)
def cloned_with_a_multiplication(t):
    return t * 1
