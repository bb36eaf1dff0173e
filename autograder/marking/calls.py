"""Calls and gradients as a student would type them: a line that is copied from a report runs."""

from __future__ import annotations

import torch

from ..authoring.task import Inputs, Task
from ..exchange import recipes
from ..exchange.drivers.value_and_gradients import upstream
from ..exchange.values import Made, Opaque, Value
from .compare import as_tensor

LARGEST = 24  # entries of a tensor that are written out


def call_source(task: Task, inputs: Inputs) -> str:
    """The call with these inputs: `d_square(3.0)`."""
    # By hand there are no tensors for a function to take where the other inputs are numbers.
    plain = task.by_hand and not any(isinstance(value, torch.Tensor) for value in inputs)
    module = "math" if plain else "torch"
    return f"{task.name}({', '.join(_argument(value, module) for value in inputs)})"


def remarks(inputs: Inputs) -> str:
    """What the call alone does not say of its inputs: which parameters of a module are frozen or shared."""
    found = []
    for value in inputs:
        if isinstance(value, Made):
            found += [f"`{name}` is frozen there" for name in value.params.get("frozen") or ()]
            found += [f"`{one}` and `{two}` are one tensor" for one, two in (value.params.get("tied") or {}).items()]
            if value.name == "with_gradient":
                found.append("its `.grad` is not None")
    return f" ({', '.join(found)})" if found else ""


def _argument(value: Value, module: str) -> str:
    if isinstance(value, Made):
        return recipes.source(value, module)
    if isinstance(value, torch.Tensor):
        if value.numel() > LARGEST:
            tracked = ", requires_grad=True" if value.requires_grad else ""
            return f"torch.randn({', '.join(map(str, value.shape))}{tracked})"
        return recipes.tensor_source(value, tracked=value.requires_grad)
    if isinstance(value, (list, tuple)):
        items = ", ".join(_argument(item, module) for item in value)
        return f"[{items}]" if isinstance(value, list) else f"({items},)" if len(value) == 1 else f"({items})"
    if isinstance(value, Opaque):
        return value.description
    return repr(value)


def arriving(task: Task, part: str, result: Value) -> str:
    """For a gradient that was asked for with an upstream gradient other than ones: a clause that says which."""
    if task.driver != "value_and_gradients" or not part.startswith("gradient to "):
        return ""
    value = as_tensor(result["value"]) if isinstance(result, dict) and "value" in result else None
    if value is None or value.numel() > LARGEST:
        return ""
    return f" where the gradient that arrives from above is {upstream(tuple(value.shape)).tolist()}"
