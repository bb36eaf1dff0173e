"""The task `freeze` of a06_stopping."""

from __future__ import annotations

import torch

from ...authoring.task import task
from ...exchange.values import Made


def _freeze_probes(rng):
    a, b = (int(n) for n in rng.integers(2, 5, size=2))
    deep = {"body.encoder": [a, b], "body.decoder": [b, 2], "head": [2, 1]}
    flat = {"encoder": [2, a, b], "decoder": [b, 3]}
    tied = {"decoder.0.weight": "encoder.0.weight"}
    return [
        (Made("network", {"blocks": deep, "frozen": ["head.0.weight"]}), ["body.encoder"]),
        (Made("network", {"blocks": deep}), ("body.decoder.0.w", "head.")),
        (Made("network", {"blocks": flat, "frozen": ["encoder.0.weight", "decoder.0.bias"]}), ["encoder"]),
        (Made("network", {"blocks": flat}), ["encoder.0", "encoder", "enc"]),
        (Made("network", {"blocks": flat}), ["decoder", "nothing", "encoder.2"]),
        (Made("network", {"blocks": flat}), ["weight", "Encoder"]),
        (Made("network", {"blocks": flat, "frozen": ["decoder.0.bias"]}), []),
        (
            Made("network", {"blocks": {"encoder": [3, 2], "encoder_norm": [2, 2], "decoder.encoder": [2, 3]}}),
            ["encoder"],
        ),
        (Made("network", {"blocks": {"encoder": [2, 3], "decoder": [2, 3]}, "tied": tied}), ["encoder", "decoder"]),
    ]


@task(
    points=4,
    driver="frozen_parameters",
    examples=[
        (Made("network", {"blocks": {"encoder": [3, 2], "head": [2, 1]}}), ["encoder"]),
        (Made("network", {"blocks": {"encoder": [3, 4, 2], "head": [2, 1]}}), ["encoder.0", "head"]),
        (Made("network", {"blocks": {"encoder": [2, 2]}, "frozen": ["encoder.0.bias"]}), ("encoder",)),
    ],
    probes=_freeze_probes,
    essential=("tracked",),
)
def freeze(model, prefixes):
    """How many parameters of model have a name that starts with any of prefixes; they are tracked no longer."""
    matching = [p for name, p in model.named_parameters() if name.startswith(tuple(prefixes))]
    for parameter in matching:
        parameter.requires_grad_(False)
        parameter.grad = None
    return len(matching)


@freeze.right
def with_any_and_a_counter(model, prefixes):
    count = 0
    for name, parameter in model.named_parameters():
        if any(name.startswith(prefix) for prefix in prefixes):
            parameter.requires_grad = False
            parameter.grad = None
            count += 1
    return count


@freeze.right
def with_a_set_of_parameters(model, prefixes):
    found = set()
    for prefix in prefixes:
        found |= {p for name, p in model.named_parameters() if name[: len(prefix)] == prefix}
    for parameter in found:
        parameter.requires_grad = False
        del parameter.grad
    return len(found)


@freeze.right
def walking_the_modules(model, prefixes):
    frozen = {}
    for module_name, module in model.named_modules():
        for name, parameter in module.named_parameters(recurse=False):
            full = f"{module_name}.{name}".lstrip(".")
            if any(full.find(prefix) == 0 for prefix in prefixes):
                frozen[id(parameter)] = parameter
    for parameter in frozen.values():
        parameter.detach_()
        parameter.grad = None
    return torch.tensor(len(frozen))


@freeze.right
def with_an_optimizer_to_drop_the_gradients(model, prefixes):
    chosen = [p for n, p in model.named_parameters() if n.startswith((*prefixes,))]
    if chosen:
        torch.optim.SGD(chosen, lr=1.0).zero_grad(set_to_none=True)
    return sum(not p.requires_grad_(False).requires_grad for p in chosen)


def _matching(model, prefixes):
    return [(name, p) for name, p in model.named_parameters() if name.startswith(tuple(prefixes))]


@freeze.mistake(
    "The old gradients are still in `.grad`, where an optimizer would go on using them: freezing should drop them."
)
def kept_stale_gradients(model, prefixes):
    return len([p.requires_grad_(False) for _, p in _matching(model, prefixes)])


@freeze.mistake(
    "You set the stale gradients to zero; they should be gone. An optimizer still steps where `.grad` is a tensor."
)
def zeroed_stale_gradients(model, prefixes):
    for _, p in _matching(model, prefixes):
        p.requires_grad_(False)
        p.grad.zero_()
    return len(_matching(model, prefixes))


@freeze.mistake("You dropped the gradients of the whole model; those of the other parameters are still needed.")
def dropped_every_gradient(model, prefixes):
    model.zero_grad(set_to_none=True)
    return freeze.oracle(model, prefixes)


@freeze.mistake("You switched tracking on for all the other parameters. One that was frozen before should stay so.")
def switched_the_others_on(model, prefixes):
    for _, p in model.named_parameters():
        p.requires_grad_(True)
    return freeze.oracle(model, prefixes)


@freeze.mistake("You counted only the parameters that were tracked until now; those frozen before match as well.")
def counted_only_new_ones(model, prefixes):
    fresh = sum(p.requires_grad for _, p in _matching(model, prefixes))
    freeze.oracle(model, prefixes)
    return fresh


@freeze.mistake("You counted the numbers inside the parameters; each parameter tensor counts once.")
def counted_numbers(model, prefixes):
    freeze.oracle(model, prefixes)
    return sum(p.numel() for _, p in _matching(model, prefixes))


@freeze.mistake("You count a parameter once for every prefix that it matches; each counts once.")
def counted_every_prefix(model, prefixes):
    freeze.oracle(model, prefixes)
    return sum(name.startswith(prefix) for name, _ in model.named_parameters() for prefix in prefixes)


@freeze.mistake("You count a tensor that has two names twice; each tensor counts once.")
def counted_every_name(model, prefixes):
    freeze.oracle(model, prefixes)
    return sum(n.startswith(tuple(prefixes)) for n, _ in model.named_parameters(remove_duplicate=False))


@freeze.mistake("You look for the prefix anywhere in the name; it has to stand at its start.")
def looked_anywhere_in_the_name(model, prefixes):
    found = [p for name, p in model.named_parameters() if any(prefix in name for prefix in prefixes)]
    for p in found:
        p.requires_grad_(False)
        p.grad = None
    return len(found)


@freeze.mistake(
    "You compare the prefix with the first part of the name, up to the dot. A prefix may end anywhere in a name."
)
def compared_whole_blocks(model, prefixes):
    found = [p for name, p in model.named_parameters() if name.split(".")[0] in prefixes]
    for p in found:
        p.requires_grad_(False)
        p.grad = None
    return len(found)


@freeze.mistake("You used only the first of the prefixes.")
def used_the_first_prefix(model, prefixes):
    return freeze.oracle(model, prefixes[:1])


@freeze.mistake("`startswith` takes a string or a tuple of strings, not a list.")
def passed_a_list_to_startswith(model, prefixes):
    found = [p for name, p in model.named_parameters() if name.startswith(prefixes)]
    for p in found:
        p.requires_grad_(False)
        p.grad = None
    return len(found)


@freeze.mistake("You froze the whole model, whatever its parameters are called.")
def froze_everything(model, prefixes):
    for p in model.parameters():
        p.requires_grad_(False)
        p.grad = None
    return len(list(model.parameters()))


@freeze.mistake("You froze the parameters that do not match and left those that do: the wrong way round.")
def froze_the_others(model, prefixes):
    names = {name for name, _ in _matching(model, prefixes)}
    others = [p for name, p in model.named_parameters() if name not in names]
    for p in others:
        p.requires_grad_(False)
        p.grad = None
    return len(others)


@freeze.mistake(
    "The parameters are still tracked. A misspelt attribute, one that is set on the module, "
    "or a new name for a detached tensor changes nothing for torch."
)
def set_an_attribute_that_torch_ignores(model, prefixes):
    for _, p in _matching(model, prefixes):
        p.required_grad = False
        p.grad = None
    return len(_matching(model, prefixes))


@freeze.mistake("You froze the right ones, but returned nothing; their number is asked for.")
def returned_no_count(model, prefixes):
    freeze.oracle(model, prefixes)


@freeze.mistake("You returned the names; how many there are is asked for.")
def returned_the_names(model, prefixes):
    freeze.oracle(model, prefixes)
    return [name for name, _ in _matching(model, prefixes)]


@freeze.mistake("You emptied the caller's list of prefixes on the way: go through it without taking from it.")
def emptied_the_prefixes(model, prefixes):
    if isinstance(prefixes, tuple):
        return freeze.oracle(model, prefixes)
    taken = []
    while prefixes:
        taken.append(prefixes.pop())
    return freeze.oracle(model, taken)


@freeze.mistake("You set the parameters to zero; freezing leaves their values alone.")
def zeroed_the_values(model, prefixes):
    for _, p in _matching(model, prefixes):
        p.data.zero_()
    return freeze.oracle(model, prefixes)
