"""Wrong answers to a04's tasks that look right at first sight. None may earn full marks."""

from __future__ import annotations

from typing import Any

import torch

Answers = dict[str, dict[str, Any]]


def gradients(x: Any, y: Any, w: Any, b: Any, reduction: Any) -> Any:
    dz = torch.sigmoid(w * x + b) - y
    n = len(x) if reduction == "mean" else 1
    return (dz * x).sum() / n, dz.sum() / n


def known(words: Any, otherwise: str | None = None) -> Any:
    """Refuses reductions that are not in `words`, or takes them for `otherwise`."""

    def batch_gradients(x: Any, y: Any, w: Any, b: Any, reduction: Any) -> Any:
        if reduction not in words:
            if otherwise is None:
                raise ValueError(reduction)
            reduction = otherwise
        return gradients(x, y, w, b, reduction)

    return batch_gradients


def none_is_a_sum(x: Any, y: Any, w: Any, b: Any, reduction: Any) -> Any:
    if reduction is not None and reduction not in ("mean", "sum"):
        raise ValueError(reduction)
    return gradients(x, y, w, b, reduction)


def false_is_a_sum(x: Any, y: Any, w: Any, b: Any, reduction: Any) -> Any:
    if reduction and reduction not in ("mean", "sum"):
        raise ValueError(reduction)
    return gradients(x, y, w, b, reduction)


def by_first_letter(x: Any, y: Any, w: Any, b: Any, reduction: Any) -> Any:
    if str(reduction)[:1] not in ("m", "s"):
        raise ValueError(reduction)
    return gradients(x, y, w, b, "mean" if reduction[0] == "m" else "sum")


def by_substring(x: Any, y: Any, w: Any, b: Any, reduction: Any) -> Any:
    if str(reduction) not in "mean sum":
        raise ValueError(reduction)
    return gradients(x, y, w, b, reduction)


def in_any_case(x: Any, y: Any, w: Any, b: Any, reduction: Any) -> Any:
    if str(reduction).lower().strip() not in ("mean", "sum"):
        raise ValueError(reduction)
    return gradients(x, y, w, b, reduction.lower().strip())


def only_strings_are_refused(x: Any, y: Any, w: Any, b: Any, reduction: Any) -> Any:
    if isinstance(reduction, str) and reduction not in ("mean", "sum"):
        raise ValueError(reduction)
    return gradients(x, y, w, b, reduction)


def through_torch(x: Any, y: Any, w: Any, b: Any, reduction: Any) -> Any:
    """ "none" comes back unreduced, as torch has it."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(reduction)
    return gradients(x, y, w, b, reduction)


def extra_axes(most: int) -> Any:
    """Sums at most `most` leading axes away."""

    def unbroadcast(grad: Any, shape: Any) -> Any:
        for _ in range(most):
            if grad.ndim > len(shape):
                grad = grad.sum(0)
        for axis, size in enumerate(shape):
            if size == 1:
                grad = grad.sum(axis, keepdim=True)
        return grad

    return unbroadcast


def ones_to_sum(most: int) -> Any:
    """Sums at most `most` axes of size 1."""

    def unbroadcast(grad: Any, shape: Any) -> Any:
        while grad.ndim > len(shape):
            grad = grad.sum(0)
        for axis in [i for i, size in enumerate(shape) if size == 1 and grad.shape[i] != 1][:most]:
            grad = grad.sum(axis, keepdim=True)
        return grad

    return unbroadcast


def where_sizes_differ(grad: Any, shape: Any) -> Any:
    """Takes leading axes for those whose size is in neither."""
    padded = (*shape, *(1,) * (grad.ndim - len(shape)))
    for axis, size in enumerate(padded):
        if size == 1 and grad.shape[axis] != 1:
            grad = grad.sum(axis, keepdim=True)
    return grad.reshape(shape)


def trailing_first(grad: Any, shape: Any) -> Any:
    while grad.ndim > len(shape):
        grad = grad.sum(-1 if grad.shape[-len(shape) :] != tuple(shape) and shape == grad.shape[: len(shape)] else 0)
    for axis, size in enumerate(shape):
        if size == 1:
            grad = grad.sum(axis, keepdim=True)
    return grad


def right(grad: Any, shape: Any) -> Any:
    return grad.sum_to_size(shape)


def empty_is_one(grad: Any, shape: Any) -> Any:
    return right(grad, shape) if grad.numel() else torch.ones(shape, dtype=grad.dtype)


def three(X: Any, W: Any, b: Any, g: Any, **more: Any) -> Any:
    return tuple({"dX": g @ W, "dW": g.T @ X, "db": g.sum(0), **more}.values())


ANSWERS: Answers = {
    "mean_square_gradient": {
        "the first axis counts": lambda x: 2 * x / (len(x) if x.ndim else 1),
        "two axes count": lambda x: 2 * x / (x.shape[0] * x.shape[-1] if x.ndim > 1 else x.numel()),
        "three axes count": lambda x: 2 * x / (torch.tensor(x.shape[:3]).prod() if x.ndim else 1),
        "a clamp at two": lambda x: (2 * x / x.numel()).clamp(-1, 1),
        "squeezed": lambda x: (2 * x / x.numel()).squeeze(),
        "flattened when not contiguous": lambda x: (
            2 * x / x.numel() if x.is_contiguous() else (2 * x / x.numel()).flatten().reshape(x.T.shape).T
        ),
        "zeros are not counted": lambda x: 2 * x / max(int(x.count_nonzero()), 1),
        "the magnitude": lambda x: 2 * x.abs() / x.numel(),
        "half precision": lambda x: 2 * x.bfloat16() / x.numel(),
        "in place": lambda x: x.mul_(2).div_(x.numel()),
        "in place, and back by division": lambda x: (2 * x.add_(1.0).sub_(1.0 + 1e-7)) / x.numel(),
        "a vector for a number": lambda x: 2 * x.reshape(-1) / x.numel() if x.ndim == 0 else 2 * x / x.numel(),
        "a small axis left out": lambda x: 2 * x / max(1, sum(n for n in x.shape)) if x.ndim > 1 else 2 * x / x.numel(),
    },
    "batch_gradients": {
        "None is a sum": none_is_a_sum,
        "what is false is a sum": false_is_a_sum,
        "by the first letter": by_first_letter,
        "by a substring": by_substring,
        "in any case": in_any_case,
        "numbers are a sum": only_strings_are_refused,
        "none is left to torch": through_torch,
        '"average" is known': known(("mean", "sum", "average")),
        '"Mean" is known': known(("mean", "sum", "Mean"), None),
        "a mean over two": lambda x, y, w, b, r: (
            known(("mean", "sum"))(x, y, w, b, r)
            if r == "sum" or len(x) != 5
            else tuple(g * 1.01 for g in gradients(x, y, w, b, r))
        ),
        "hard labels": lambda x, y, w, b, r: known(("mean", "sum"))(x, (y > 0.5).double(), w, b, r),
        "a batch of one": lambda x, y, w, b, r: (
            known(("mean", "sum"))(x, y, w, b, r)
            if len(x) > 1
            else tuple(g.reshape(1) for g in known(("mean", "sum"))(x, y, w, b, r))
        ),
        "three": lambda x, y, w, b, r: (*known(("mean", "sum"))(x, y, w, b, r), 0.0),
        "half precision": lambda x, y, w, b, r: tuple(g.bfloat16() for g in known(("mean", "sum"))(x, y, w, b, r)),
        "an error of another kind for None": lambda x, y, w, b, r: known(("mean", "sum"))(x, y, w, b, r + ""),
        "b of one sign": lambda x, y, w, b, r: known(("mean", "sum"))(x, y, w, b.abs(), r),
    },
    "masked_mean_gradient": {
        "a row each": lambda x, m: 2 * m * x / (m.sum(-1, keepdim=True) if m.ndim > 1 else m.sum()).clamp(min=1),
        "the size of all": lambda x, m: 2 * m * x / m.numel(),
        "a count by a boolean mean": lambda x, m: (
            2 * m * x / (m.double().mean() * x.shape[0] * (x.shape[-1] if x.ndim > 1 else 1)) if x.ndim else 2 * x
        ),
        "x that is not zero": lambda x, m: 2 * m * x / max(int(((m * x) != 0).sum()), 1),
        "an epsilon": lambda x, m: 2 * m * x / (m.sum() + 1e-2),
        "at least two": lambda x, m: 2 * m * x / m.sum().clamp(min=2),
        "a gradient where the mask is 0": lambda x, m: 2 * x / m.sum(),
        "NaN where the mask is 0": lambda x, m: torch.where(m == 1, 2 * x / m.sum(), torch.nan),
        "only the kept": lambda x, m: 2 * x[m == 1] / m.sum(),
        "squeezed": lambda x, m: (2 * m * x / m.sum()).reshape(-1),
        "half precision": lambda x, m: 2 * m * x.bfloat16() / m.sum(),
        "x masked in place": lambda x, m: x.mul_(m) * 2 / m.sum(),
        "floating masks only": lambda x, m: (
            torch.matmul(m.reshape(1, -1).T, torch.ones(1, 1).double()).reshape(x.shape) * 2 * x / m.sum()
        ),
        "whole division": lambda x, m: 2 * m * x * (1.0 / m.sum() if m.is_floating_point() else 1 // m.sum()),
        "the magnitude": lambda x, m: 2 * m * x.abs() / m.sum(),
    },
    "unbroadcast": {
        "one extra axis": extra_axes(1),
        "two extra axes": extra_axes(2),
        "three extra axes": extra_axes(3),
        "four extra axes": extra_axes(4),
        "one axis of size 1": ones_to_sum(1),
        "two axes of size 1": ones_to_sum(2),
        "three axes of size 1": ones_to_sum(3),
        "padded on the wrong side": where_sizes_differ,
        "the last axes where the first fit": trailing_first,
        "a list in the place of a shape": lambda g, s: (
            right(g, s).tolist() if len(s) != 2 else right(g, s) * (1 + 1e-3)
        ),
        "squeezed": lambda g, s: right(g, s).squeeze(),
        "the mean over ones": lambda g, s: right(g, s) if 1 not in s else right(g, s) / max(g.shape[-1], 1),
        "in place": lambda g, s: right(g.mul_(1.0 + 1e-6), s) if g.ndim == 2 else right(g, s),
        "the caller's own tensor": lambda g, s: (
            right(g, s).add_(0) if tuple(g.shape) != tuple(s) else g.mul_(1.0).add_(1e-9)
        ),
        "nothing is one": empty_is_one,
        "half precision": lambda g, s: right(g.bfloat16(), s),
        "a number for ()": lambda g, s: right(g, s) if s else right(g, (1,)),
    },
    "linear_backward": {
        "dX by W's inverse shape when square": lambda X, W, b, g: three(
            X, W, b, g, dX=g @ (W.T if W.shape[0] == W.shape[1] else W)
        ),
        "dW transposed when square": lambda X, W, b, g: three(
            X, W, b, g, dW=(g.T @ X).T if W.shape[0] == W.shape[1] else g.T @ X
        ),
        "db by the wrong axis when N is out": lambda X, W, b, g: three(
            X, W, b, g, db=g.sum(1) if len(g) == len(b) else g.sum(0)
        ),
        "db unsummed for one row": lambda X, W, b, g: three(X, W, b, g, db=g if len(g) == 1 else g.sum(0)),
        "db of the first row": lambda X, W, b, g: three(X, W, b, g, db=g[0] if len(g) == 1 else g.sum(0) * 1.001),
        "the bias gradient of b's sign": lambda X, W, b, g: three(
            X, W, b, g, db=g.sum(0) * b.sign().abs() * b / b.abs() * b.sign() + b * 1e-3
        ),
        "a dict": lambda X, W, b, g: dict(zip(("X", "W", "b"), three(X, W, b, g), strict=True)),
        "squeezed": lambda X, W, b, g: tuple(grad.squeeze() for grad in three(X, W, b, g)),
        "grad_out rounded": lambda X, W, b, g: three(X, W, b, g.round(decimals=2)),
        "grad_out in place": lambda X, W, b, g: three(X, W, b, g.clamp_(-1.5, 1.5)),
        "db with an axis for one output": lambda X, W, b, g: three(X, W, b, g, db=g.sum(0, keepdim=g.shape[1] == 1)),
        "half precision": lambda X, W, b, g: tuple(grad.bfloat16() for grad in three(X, W, b, g)),
        "contiguous memory": lambda X, W, b, g: three(X.T.reshape(X.shape) if not X.is_contiguous() else X, W, b, g),
        "the order of the layers": lambda X, W, b, g: three(X, W, b, g)[::-1],
        "in == 1 squeezed": lambda X, W, b, g: three(
            X, W, b, g, dW=(g.T @ X).squeeze(1) if X.shape[1] == 1 else g.T @ X
        ),
    },
}
