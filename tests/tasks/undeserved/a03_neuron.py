"""Wrong answers to a03's tasks that look right at first sight. None may earn full marks."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

Answers = dict[str, dict[str, Any]]


def p_of(x: Any, w: Any, b: Any) -> Any:
    return torch.sigmoid(w * x + b)


def loss(p: Any, y: Any, eps: Any = 1e-7) -> Any:
    p = p.clamp(eps, 1 - eps)
    return -(y * torch.log(p) + (1 - y) * torch.log(1 - p))


def by_hand(x: Any, y: Any, w: Any, b: Any, **more: Any) -> Any:
    p = p_of(x, w, b)
    return {"dp": (p - y) / (p * (1 - p)), "dz": p - y, "dw": (p - y) * x, "db": p - y, **more}


def pair(x: Any, y: Any, w: Any, b: Any) -> Any:
    return (p_of(x, w, b) - y) * x, p_of(x, w, b) - y


def leaves_tracking(x: Any, y: Any, w: Any, b: Any) -> Any:
    w.requires_grad_()
    b.requires_grad_()
    grads = torch.autograd.grad(F.binary_cross_entropy_with_logits(w * x + b, y), (w, b))
    w.requires_grad_(False)
    return grads


def leaves_a_gradient(x: Any, y: Any, w: Any, b: Any) -> Any:
    for leaf in (w, b):
        leaf.requires_grad_()
    F.binary_cross_entropy_with_logits(w * x + b, y).backward()
    for leaf in (w, b):
        leaf.requires_grad_(False)
    return w.grad, b.grad


def clamped(x: Any, y: Any, w: Any, b: Any) -> Any:
    w, b = w.detach().clone().requires_grad_(), b.detach().clone().requires_grad_()
    p = p_of(x, w, b).clamp(0.05, 0.95)
    return torch.autograd.grad(-(y * p.log() + (1 - y) * (1 - p).log()), (w, b))


def hard(y: Any) -> Any:
    return (y > 0.5).to(y.dtype)


ANSWERS: Answers = {
    "neuron": {
        "one axis only": lambda x, w, b: p_of(x.flatten(), w, b),
        "squeezed": lambda x, w, b: p_of(x, w, b).squeeze(),
        "at least one axis": lambda x, w, b: torch.atleast_1d(p_of(x, w, b)),
        "contiguous by a wrong road": lambda x, w, b: p_of(x.T.reshape(x.shape) if x.ndim == 2 else x, w, b),
        "a dot product": lambda x, w, b: (
            torch.sigmoid(torch.dot(x, w.expand(len(x))) + b) if x.ndim == 1 else p_of(x, w, b)
        ),
        "half precision": lambda x, w, b: p_of(x.bfloat16(), w.bfloat16(), b.bfloat16()),
        "softmax over a batch": lambda x, w, b: torch.softmax(w * x + b, 0) if x.ndim else p_of(x, w, b),
        "a clamp at six": lambda x, w, b: torch.sigmoid((w * x + b).clamp(-3, 3)),
        "a hard sigmoid": lambda x, w, b: F.hardsigmoid(w * x + b),
        "never below a thousandth": lambda x, w, b: p_of(x, w, b).clamp(1e-2, 1 - 1e-2),
        "a positive weight": lambda x, w, b: p_of(x, w.abs(), b),
        "two digits": lambda x, w, b: (p_of(x, w, b) * 100).round() / 100,
        "the parameters updated": lambda x, w, b: torch.sigmoid(x.mul(w) + b.add_(0.0).mul_(1.0 + 1e-9)),
        "w overwritten": lambda x, w, b: torch.sigmoid(x * w.mul_(1.01) + b) if x.ndim else p_of(x, w, b),
    },
    "binary_cross_entropy": {
        "the mean": lambda p, y, eps=1e-7: loss(p, y, eps).mean(),
        "eps fixed": lambda p, y, eps=1e-7: loss(p, y),
        "eps only below": lambda p, y, eps=1e-7: (
            -(y * p.clamp(min=eps).log() + (1 - y) * (1 - p).clamp(min=1e-12).log())
        ),
        "eps added": lambda p, y, eps=1e-7: -(y * (p + eps).log() + (1 - y) * (1 - p + eps).log()),
        "hard labels": lambda p, y, eps=1e-7: loss(p, hard(y), eps),
        "labels of booleans": lambda p, y, eps=1e-7: (
            -torch.where(y.bool(), p.clamp(eps, 1 - eps).log(), (1 - p.clamp(eps, 1 - eps)).log())
        ),
        "base two": lambda p, y, eps=1e-7: loss(p, y, eps) / 0.6931471805599453,
        "flattened": lambda p, y, eps=1e-7: loss(p, y, eps).reshape(-1),
        "squeezed and summed at (2, 3)": lambda p, y, eps=1e-7: (
            loss(p, y, eps) if p.ndim < 2 else loss(p, y, eps).sum(0)
        ),
        "floating labels only": lambda p, y, eps=1e-7: F.binary_cross_entropy(
            p.clamp(eps, 1 - eps), y, reduction="none"
        ),
        "p in the type of y": lambda p, y, eps=1e-7: loss(p.to(y.dtype).double(), y, eps),
        "no clamp": lambda p, y, eps=1e-7: loss(p, y, 0.0),
        "clamped in place": lambda p, y, eps=1e-7: loss(p.clamp_(eps, 1 - eps), y, eps),
        "the loss clamped": lambda p, y, eps=1e-7: loss(p, y, 0.0).clamp(max=16.118),
        "the library's limit": lambda p, y, eps=1e-7: F.binary_cross_entropy(p, y.double(), reduction="none"),
        "an eps of 1e-6": lambda p, y, eps=1e-6: loss(p, y, eps),
    },
    "manual_gradients": {
        "hard labels for dp": lambda x, y, w, b: by_hand(x, y, w, b, dp=by_hand(x, hard(y), w, b)["dp"]),
        "an epsilon in dp": lambda x, y, w, b: by_hand(
            x, y, w, b, dp=(p_of(x, w, b) - y) / (p_of(x, w, b) * (1 - p_of(x, w, b)) + 1e-2)
        ),
        "dw by division": lambda x, y, w, b: by_hand(x, y, w, b, dw=by_hand(x, y, w, b)["db"] * (w * x) / w.abs()),
        "dw without a sign": lambda x, y, w, b: by_hand(x, y, w, b, dw=by_hand(x, y, w, b)["db"] * x.abs()),
        "dw divided by x": lambda x, y, w, b: by_hand(x, y, w, b, dw=by_hand(x, y, w, b)["db"] * x * x / x),
        "db of a positive bias": lambda x, y, w, b: by_hand(x, y, w, b, db=by_hand(x, y, w, b)["db"] * b / b.abs()),
        "a key too few": lambda x, y, w, b: {k: v for k, v in by_hand(x, y, w, b).items() if k != "dz"},
        "keys in capitals": lambda x, y, w, b: {k.upper(): v for k, v in by_hand(x, y, w, b).items()},
        "vectors of one": lambda x, y, w, b: {k: v.reshape(1) for k, v in by_hand(x, y, w, b).items()},
        "p by a table of half precision": lambda x, y, w, b: by_hand(x.half(), y.half(), w.half(), b.half()),
        "b left out of dp": lambda x, y, w, b: by_hand(x, y, w, b, dp=by_hand(x, y, w, b * 0)["dp"]),
        "dp clamped": lambda x, y, w, b: by_hand(x, y, w, b, dp=by_hand(x, y, w, b)["dp"].clamp(-3, 3)),
        "a negative w forgotten": lambda x, y, w, b: by_hand(x, y, w.abs(), b),
    },
    "autograd_gradients": {
        "b left tracked": leaves_tracking,
        "a gradient left": leaves_a_gradient,
        "a clamp in the loss": clamped,
        "hard labels": lambda x, y, w, b: pair(x, hard(y), w, b),
        "the order by size": lambda x, y, w, b: tuple(sorted(pair(x, y, w, b))),
        "a dict": lambda x, y, w, b: dict(zip(("w", "b"), pair(x, y, w, b), strict=True)),
        "x without its sign": lambda x, y, w, b: pair(x.abs(), y, w * x.sign() if x else w, b),
        "vectors of one": lambda x, y, w, b: [grad.reshape(1) for grad in pair(x, y, w, b)],
        "three": lambda x, y, w, b: (*pair(x, y, w, b), p_of(x, w, b) - y),
        "half precision": lambda x, y, w, b: pair(x.bfloat16(), y.bfloat16(), w.bfloat16(), b.bfloat16()),
        "None for x = 0": lambda x, y, w, b: pair(x, y, w, b) if x else (None, pair(x, y, w, b)[1]),
        "absolute labels": lambda x, y, w, b: pair(x, y.round(), w, b),
        "w moved": lambda x, y, w, b: (pair(x, y, w, b), w.add_(1e-3))[0],
    },
    "logit_gradient": {
        "clamped logits": lambda z, y: torch.sigmoid(z.clamp(-6, 6)) - y,
        "hard labels": lambda z, y: torch.sigmoid(z) - hard(y),
        "one at large logits": lambda z, y: torch.where(z.abs() > 5, (z > 0).float(), torch.sigmoid(z)) - y,
        "zero at large logits": lambda z, y: torch.where(z.abs() < 100, torch.sigmoid(z) - y, 0.0),
        "flattened": lambda z, y: (torch.sigmoid(z) - y).flatten(),
        "squeezed": lambda z, y: (torch.sigmoid(z) - y).squeeze(),
        "not contiguous": lambda z, y: (
            (torch.sigmoid(z.T) - y.T).reshape(z.shape) if z.ndim == 2 else torch.sigmoid(z) - y
        ),
        "a hard sigmoid": lambda z, y: F.hardsigmoid(z) - y,
        "half precision": lambda z, y: torch.sigmoid(z.bfloat16()) - y,
        "y clamped": lambda z, y: torch.sigmoid(z) - y.clamp(0.1, 0.9),
        "p clamped": lambda z, y: torch.sigmoid(z).clamp(1e-4, 1 - 1e-4) - y,
        "exp of z": lambda z, y: z.exp() / (1 + z.exp()) - y,
        "exp of minus z twice": lambda z, y: torch.exp(-z).reciprocal() / (1 + torch.exp(-z).reciprocal()) - y,
        "labels that broadcast": lambda z, y: torch.sigmoid(z)[..., None] - y if z.ndim == 1 else torch.sigmoid(z) - y,
        "a negative zero": lambda z, y: (torch.sigmoid(z) - y) * z / z,
    },
}
