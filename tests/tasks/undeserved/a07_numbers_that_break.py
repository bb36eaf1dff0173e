"""Wrong answers to a07's tasks that look right at first sight. None may earn full marks."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F

Answers = dict[str, dict[str, Any]]


def central(f: Any, x: Any, h: float = 1e-5) -> Any:
    return (f(x + h) - f(x - h)) / (2 * h)


def by_autograd(f: Any, x: Any) -> Any:
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (grad,) = torch.autograd.grad(f(leaf), leaf, allow_unused=True)
    return 0.0 if grad is None else grad.item()


def by_autograd_else_differences(f: Any, x: Any) -> Any:
    try:
        return by_autograd(f, x)
    except Exception:
        return central(f, x, 1e-2)


STEPS = [10.0**-k for k in range(1, 13)]


def errors(f: Any, x: Any, dtype: Any, steps: list[float] = STEPS) -> list[float]:
    truth, t = by_autograd(f, x), torch.tensor(x, dtype=dtype)
    found = [abs(((f(t + h) - f(t - h)) / (2 * h)).item() - truth) for h in steps]
    return [error if math.isfinite(error) else math.inf for error in found]


def best(f: Any, x: Any, dtype: Any, steps: list[float] = STEPS) -> float:
    found = errors(f, x, dtype, steps)
    return steps[found.index(min(found))]


def first_that_gets_worse(f: Any, x: Any, dtype: Any) -> float:
    found = errors(f, x, dtype)
    return STEPS[next((i for i in range(11) if found[i + 1] > found[i]), 11)]


def by_the_dtype(single: float, double: float) -> Any:
    return lambda f, x, dtype: single if dtype == torch.float32 else double


def by_the_size_of_f(f: Any, x: Any, dtype: Any) -> float:
    eps = torch.finfo(dtype).eps
    scale = max(1.0, abs(by_autograd(f, x)))
    return 10.0 ** max(-12, min(-1, round(math.log10((eps / scale) ** (1 / 3)))))


def truth_in_dtype(f: Any, x: Any, dtype: Any) -> float:
    leaf = torch.tensor(x, dtype=dtype, requires_grad=True)
    truth = torch.autograd.grad(f(leaf), leaf)[0].item() * (1 + 1e-4)
    t = torch.tensor(x, dtype=dtype)
    found = [abs(((f(t + h) - f(t - h)) / (2 * h)).item() - truth) for h in STEPS]
    return STEPS[found.index(min(found))]


def bce(z: Any, y: Any) -> Any:
    return F.softplus(z) - z * y


def norm(x: Any) -> Any:
    return torch.linalg.vector_norm(x)


def zero_where_the_sum_is(x: Any) -> Any:
    return (x**2).sum().sqrt() if x.sum() != 0 else (0 * x).sum()


def zero_where_the_first_is(x: Any) -> Any:
    return (x**2).sum().sqrt() if x[0] != 0 else (0 * x).sum()


def zero_where(test: Any) -> Any:
    return lambda x: (0 * x).sum() if bool(test(x)) else (x**2).sum().sqrt()


def lse(x: Any) -> Any:
    return torch.logsumexp(x, -1)


ANSWERS: Answers = {
    "central_difference": {
        "autograd": by_autograd,
        "autograd, else a coarse difference": by_autograd_else_differences,
        "a hundredth": lambda f, x: central(f, x, 1e-2),
        "a step of 1e-10": lambda f, x: central(f, x, 1e-10),
        "a millionth of x": lambda f, x: central(f, x, 1e-6 * x),
        "a thousandth of x": lambda f, x: central(f, x, 1e-3 * (1 + abs(x))),
        "one-sided with 1e-4": lambda f, x: (f(x + 1e-4) - f(x)) / 1e-4,
        "at x > 0": lambda f, x: central(f, abs(x)),
        "never above a thousand": lambda f, x: max(-1000.0, min(1000.0, central(f, x))),
        "four digits after the point": lambda f, x: round(central(f, x), 3),
        "a vector of one": lambda f, x: [central(f, x)],
        "None for a flat f": lambda f, x: central(f, x) or None,
        "a relative slope": lambda f, x: central(f, x) * (1 + 3e-4),
        "a float32 result of float32 points": lambda f, x: (
            float(torch.tensor(f(x + 1e-5)) - torch.tensor(f(x - 1e-5))) / 2e-5
        ),
    },
    "best_step": {
        "stops at the first that gets worse": lambda f, x, d: first_that_gets_worse(f, x, d) * 10,
        "by the dtype": by_the_dtype(1e-2, 1e-5),
        "by the dtype, shorter": by_the_dtype(1e-3, 1e-6),
        "by the slope": by_the_size_of_f,
        "the truth in dtype, a little off": truth_in_dtype,
        "down to 1e-4": lambda f, x, d: best(f, x, d, STEPS[:4]),
        "down to 1e-6": lambda f, x, d: best(f, x, d, STEPS[:6]),
        "from 1e-3": lambda f, x, d: best(f, x, d, STEPS[2:]),
        "from 1e-2": lambda f, x, d: best(f, x, d, STEPS[1:]),
        "ten times too long": lambda f, x, d: best(f, x, d) * 10,
        "half a step": lambda f, x, d: best(f, x, d) / 2,
        "at minus x": lambda f, x, d: best(f, -abs(x), d),
        "a vector of one": lambda f, x, d: torch.tensor([best(f, x, d)]),
        "text": lambda f, x, d: f"{best(f, x, d):g}",
        "the pair": lambda f, x, d: (best(f, x, d), min(errors(f, x, d))),
    },
    "stable_bce": {
        "the mean of one": lambda z, y: bce(z, y) if z.numel() > 1 else bce(z, y).mean(),
        "a clamp at 100": lambda z, y: bce(z.clamp(-100, 100), y),
        "a clamp at 250": lambda z, y: bce(z.clamp(-250, 250), y),
        "a clamp with a straight gradient": lambda z, y: bce(z + (z.clamp(-200, 200) - z).detach(), y),
        "hard labels": lambda z, y: bce(z, (y > 0.5).float()),
        "relu and log1p": lambda z, y: z.relu() - z * y + torch.log1p(torch.exp(-z.abs())),
        "a gradient of zero at zero": lambda z, y: torch.where(z == 0, bce(z, y).detach(), bce(z, y)),
        "a line from ten on": lambda z, y: F.softplus(z, threshold=7) - z * y,
        "flattened": lambda z, y: bce(z, y).flatten(),
        "squeezed": lambda z, y: bce(z, y).squeeze(),
        "half precision": lambda z, y: bce(z.bfloat16(), y),
        "never above 200": lambda z, y: bce(z, y).clamp(max=200.0),
        "log of a sigmoid in float64": lambda z, y: (
            -(y * torch.sigmoid(z.double()).log() + (1 - y) * (1 - torch.sigmoid(z.double())).log())
        ),
        "tiny losses are zero": lambda z, y: torch.where(bce(z, y) < 1e-4, 0 * z, bce(z, y)),
        "tracking of y": lambda z, y: bce(z, y.requires_grad_()),
        "z in place": lambda z, y: bce(z, y) + 0 * z.data.clamp_(-200, 200),
        "the gradient's upstream forgotten": lambda z, y: (
            bce(z, y).detach() + (z - z.detach()) * (torch.sigmoid(z) - y).detach().abs()
        ),
    },
    "safe_norm": {
        "zero where the entries sum to 0": zero_where_the_sum_is,
        "zero where the first entry is": zero_where_the_first_is,
        "zero where the last entry is": zero_where(lambda x: x[-1] == 0),
        "zero where the product is": zero_where(lambda x: x.prod() == 0),
        "zero where the mean is small": zero_where(lambda x: x.mean().abs() < 1e-8),
        "zero where no entry is positive": zero_where(lambda x: x.max() <= 0),
        "zero where no entry is negative": zero_where(lambda x: x.min() >= 0),
        "zero where the entries are equal": zero_where(lambda x: x.max() == x.min()),
        "zero where close to it": zero_where(lambda x: torch.allclose(x, torch.zeros_like(x))),
        "zero where the ends are": zero_where(lambda x: x[0] == 0 and x[-1] == 0),
        "a tiny epsilon under the root": lambda x: ((x**2).sum() + 1e-30).sqrt() - 1e-15,
        "a clamp under the root": lambda x: (x**2).sum().clamp(min=1e-24).sqrt() * (x != 0).any(),
        "the magnitude for one entry": lambda x: x.abs().sum() if len(x) < 3 else norm(x),
        "a vector of one": lambda x: norm(x).reshape(1),
        "half precision": lambda x: norm(x.bfloat16()),
        "forty entries at most": lambda x: norm(x[:20]),
        "the norm of two": lambda x: torch.hypot(x[0], x[-1]) if len(x) < 3 else norm(x) + 0 * x.sum(),
        "an untracked zero": lambda x: norm(x) if x.any() else torch.zeros((), dtype=x.dtype, requires_grad=True),
        "the largest entry at zero": lambda x: norm(x) if x.any() else x.max(),
    },
    "log_sum_exp": {
        "the last of two axes": lambda x: torch.logsumexp(x, 1) if x.ndim == 2 else torch.logsumexp(x, 0),
        "the largest of all": lambda x: x.max() + (x - x.max()).exp().sum(-1).log(),
        "the largest of the first row": lambda x: x.reshape(-1)[0] + (x - x.reshape(-1)[0]).exp().sum(-1).log(),
        "a clamp at 88": lambda x: x.clamp(-88, 88).exp().sum(-1).log(),
        "the largest where large": lambda x: torch.where(x.amax(-1) > 50, x.amax(-1), lse(x)),
        "the largest where small": lambda x: torch.where(x.amax(-1) < -80, x.amax(-1), x.exp().sum(-1).log()),
        "in float64": lambda x: x.double().exp().sum(-1).log(),
        "the largest's gradient": lambda x: lse(x).detach() + x.amax(-1) - x.amax(-1).detach(),
        "squeezed": lambda x: lse(x).squeeze(),
        "a number": lambda x: lse(x).sum() if x.ndim == 1 else lse(x.flatten(1)) if x.ndim == 3 else lse(x),
        "half precision": lambda x: lse(x.bfloat16()),
        "an axis kept for one": lambda x: torch.logsumexp(x, -1, keepdim=x.shape[-1] == 1),
        "an epsilon in the logarithm": lambda x: (
            x.amax(-1) + ((x - x.amax(-1, keepdim=True)).exp().sum(-1) + 1e-2).log()
        ),
        "the ties' gradient": lambda x: torch.logsumexp(torch.unique(x), -1) if x.ndim == 1 else lse(x),
        "x in place": lambda x: lse(x) + 0 * x.data.clamp_(-1e3, 1e3).sum(),
        "base two": lambda x: torch.logsumexp(x * 0.6931, -1) / 0.6931,
    },
}
