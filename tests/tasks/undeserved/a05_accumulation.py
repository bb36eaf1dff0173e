"""Wrong answers to a05's tasks that look right at first sight. None may earn full marks."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

Answers = dict[str, dict[str, Any]]


def history(f: Any, x: Any, n: Any, reset: Any) -> list[float]:
    leaf, found = torch.tensor(x, dtype=torch.float64, requires_grad=True), []
    for _ in range(n):
        f(leaf).backward()
        assert leaf.grad is not None
        found.append(leaf.grad.item())
        if reset:
            leaf.grad = None
    return found


def cleared_once(f: Any, x: Any, n: Any, reset: Any) -> list[float]:
    leaf, found = torch.tensor(x, dtype=torch.float64, requires_grad=True), []
    for i in range(n):
        f(leaf).backward()
        assert leaf.grad is not None
        found.append(leaf.grad.item())
        if reset and i == 0:
            leaf.grad = None
    return found


def the_same_tensor_again_and_again(f: Any, x: Any, n: Any, reset: Any) -> Any:
    leaf, found = torch.tensor(x, dtype=torch.float64, requires_grad=True), []
    for _ in range(n):
        f(leaf).backward()
        found.append(leaf.grad)
        if reset:
            leaf.grad = None
    return found


def with_a_step(f: Any, x: Any, n: Any, reset: Any) -> list[float]:
    leaf, found = torch.tensor(x, dtype=torch.float64, requires_grad=True), []
    for _ in range(n):
        f(leaf).backward()
        assert leaf.grad is not None
        found.append(leaf.grad.item())
        if reset:
            with torch.no_grad():
                leaf -= 0.1 * leaf.grad
            leaf.grad = None
    return found


def twice(f: Any, x: Any) -> str:
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = f(leaf)
    y.backward()
    try:
        y.backward()
    except RuntimeError:
        return "raises"
    return "accumulates"


def by_the_last_node(names: Any) -> Any:
    def second_backward(f: Any, x: Any) -> str:
        y = f(torch.tensor(x, dtype=torch.float64, requires_grad=True))
        return "accumulates" if y.grad_fn is None or y.grad_fn.name() in names else "raises"

    return second_backward


def by_all_nodes(saving: Any) -> Any:
    """Knows by name which nodes save something."""

    def second_backward(f: Any, x: Any) -> str:
        y = f(torch.tensor(x, dtype=torch.float64, requires_grad=True))
        waiting = [y.grad_fn]
        while waiting:
            node = waiting.pop()
            if node.name() in saving:
                return "raises"
            waiting += [child for child, _ in node.next_functions if child is not None]
        return "accumulates"

    return second_backward


def by_the_values(f: Any, x: Any) -> str:
    t = torch.tensor(x, dtype=torch.float64)
    return "accumulates" if torch.isclose(f(t + 1) - f(t), torch.ones(()).double()) else "raises"


def by_a_slope_of_whole_numbers(f: Any, x: Any) -> str:
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(f(leaf), leaf)
    return "accumulates" if slope == slope.round() and f(leaf.detach() + 1) - f(leaf.detach()) == slope else "raises"


def gradient(X: Any, y: Any, w: Any, scale: Any = None) -> Any:
    return 2 * X.T @ (X @ w - y) / (len(y) if scale is None else scale)


def micro(X: Any, y: Any, w: Any, sizes: Any, weigh: Any) -> Any:
    leaf, start = w.detach().clone().requires_grad_(), 0
    for i, size in enumerate(sizes):
        rows = slice(start, start + size)
        (F.mse_loss(X[rows] @ leaf, y[rows]) * weigh(i, size)).backward()
        start += size
    return leaf.grad


def empties_sizes(X: Any, y: Any, w: Any, sizes: Any) -> Any:
    while sizes:
        sizes.pop()
    return gradient(X, y, w)


def fit(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any, **how: Any) -> Any:
    losses = []
    velocity = 0.0
    for i in range(steps):
        p = torch.sigmoid(w * x + b)
        losses.append(F.binary_cross_entropy(p, y).item())
        dw, db = ((p - y) * x).mean(), (p - y).mean()
        if how.get("momentum"):
            velocity = 0.1 * velocity + dw
            dw = velocity
        rate = lr * (0.9**i if how.get("decay") else 1.0)
        if how.get("one_after_the_other"):
            w = w - rate * dw
            b = b - rate * (torch.sigmoid(w * x + b) - y).mean()
        else:
            w, b = w - rate * dw - rate * how.get("weight_decay", 0.0) * w, b - rate * db
    return w, b, losses


def one_parameter_tensor_updated(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    found = fit(x, y, w, b, lr, steps)
    w.copy_(found[0])
    return found


def early(x: Any, y: Any, w: Any, b: Any, lr: Any, steps: Any) -> Any:
    w, b, losses = fit(x, y, w, b, lr, steps)
    return w, b, [loss for i, loss in enumerate(losses) if i == 0 or loss < losses[i - 1] - 1e-3]


ANSWERS: Answers = {
    "gradient_history": {
        "cleared once": cleared_once,
        "the same tensor again and again": the_same_tensor_again_and_again,
        "a step of descent": with_a_step,
        "a running product": lambda f, x, n, reset: [h * (1 if reset else 1.0) for h in history(f, x, n, True)],
        "five at most": lambda f, x, n, reset: history(f, x, min(n, 5), reset),
        "seven at most": lambda f, x, n, reset: history(f, x, min(n, 7), reset),
        "reset the other way round": lambda f, x, n, reset: history(f, x, n, not reset),
        "reset where n is even": lambda f, x, n, reset: history(f, x, n, reset or n % 2 == 0),
        "a column": lambda f, x, n, reset: [[h] for h in history(f, x, n, reset)],
        "sorted": lambda f, x, n, reset: sorted(history(f, x, n, reset)),
        "the magnitude": lambda f, x, n, reset: [abs(h) for h in history(f, x, n, reset)],
        "half precision": lambda f, x, n, reset: torch.tensor(history(f, x, n, reset)).bfloat16(),
        "a number for n = 1": lambda f, x, n, reset: history(f, x, n, reset) if n > 1 else history(f, x, 1, reset)[0],
        "None for a flat f": lambda f, x, n, reset: [h or None for h in history(f, x, n, reset)],
    },
    "second_backward": {
        "knows Add": by_the_last_node({"AddBackward0"}),
        "knows Add, Sub and Neg": by_the_last_node({"AddBackward0", "SubBackward0", "NegBackward0"}),
        "by all nodes, Pow and Sin": by_all_nodes({"PowBackward0", "SinBackward0", "MulBackward0"}),
        "by all nodes, without Tanh": by_all_nodes(
            {"PowBackward0", "SinBackward0", "CosBackward0", "ExpBackward0", "MulBackward0"}
        ),
        "by all nodes, without Mul": by_all_nodes(
            {"PowBackward0", "SinBackward0", "CosBackward0", "ExpBackward0", "TanhBackward0"}
        ),
        "a slope of one": by_the_values,
        "a line of whole numbers": by_a_slope_of_whole_numbers,
        "raise for accumulates": lambda f, x: "raise" if twice(f, x) == "raises" else "accumulates",
        "with a full stop": lambda f, x: twice(f, x) + ".",
        "in capitals": lambda f, x: twice(f, x).capitalize(),
        "a list": lambda f, x: [twice(f, x)],
        "raises at zero": lambda f, x: twice(f, x) if x else "accumulates",
        "only for positive x": lambda f, x: twice(f, x) if x > 0 else "raises",
        "raises for more than one operation": lambda f, x: (
            "raises"
            if f(torch.tensor(x, requires_grad=True)).grad_fn.next_functions[0][0].next_functions
            else twice(f, x)
        ),
    },
    "microbatch_gradient": {
        "a mean of means for equal sizes": lambda X, y, w, s: micro(X, y, w, s, lambda i, n: 1 / len(s)),
        "weighted by the first": lambda X, y, w, s: micro(X, y, w, s, lambda i, n: s[0] / sum(s)),
        "weighted by the largest": lambda X, y, w, s: micro(X, y, w, s, lambda i, n: n / (max(s) * len(s))),
        "weighted by place": lambda X, y, w, s: micro(X, y, w, s, lambda i, n: s[-1 - i] / sum(s)),
        "the chunks of one left out": lambda X, y, w, s: micro(X, y, w, s, lambda i, n: n / sum(s) * (n > 1)),
        "the last chunk left out": lambda X, y, w, s: micro(X, y, w, s, lambda i, n: n / sum(s) * (i < 4)),
        "divided by n - 1": lambda X, y, w, s: gradient(X, y, w, max(len(y) - 1, 1)),
        "the sizes emptied": empties_sizes,
        "a column": lambda X, y, w, s: gradient(X, y, w)[:, None],
        "squeezed": lambda X, y, w, s: gradient(X, y, w).squeeze(),
        "a number for one feature": lambda X, y, w, s: gradient(X, y, w) if len(w) > 1 else gradient(X, y, w).sum(),
        "half precision": lambda X, y, w, s: gradient(X, y, w).bfloat16(),
        "w moved": lambda X, y, w, s: (gradient(X, y, w), w.sub_(1e-3))[0],
        "the prediction's sign": lambda X, y, w, s: 2 * X.T @ ((X @ w).abs() - y) / len(y),
        "five rows at most": lambda X, y, w, s: gradient(X[:8], y[:8], w),
    },
    "fit_neuron": {
        "momentum": lambda *a: fit(*a, momentum=True),
        "a rate that falls": lambda *a: fit(*a, decay=True),
        "b after w": lambda *a: fit(*a, one_after_the_other=True),
        "weight decay": lambda *a: fit(*a, weight_decay=1e-2),
        "w updated in place": one_parameter_tensor_updated,
        "only the losses that fall": early,
        "a loss too many": lambda x, y, w, b, lr, steps: (
            *fit(x, y, w, b, lr, steps)[:2],
            fit(x, y, w, b, lr, steps + 1)[2],
        ),
        "the losses after each step": lambda x, y, w, b, lr, steps: (
            *fit(x, y, w, b, lr, steps)[:2],
            fit(x, y, w, b, lr, steps + 1)[2][1:],
        ),
        "one step too many": lambda x, y, w, b, lr, steps: (
            *fit(x, y, w, b, lr, steps + 1)[:2],
            fit(x, y, w, b, lr, steps)[2],
        ),
        "ten steps at most": lambda x, y, w, b, lr, steps: fit(x, y, w, b, lr, min(steps, 10)),
        "a rate of one tenth": lambda x, y, w, b, lr, steps: fit(x, y, w, b, 0.1, steps),
        "hard labels": lambda x, y, w, b, lr, steps: fit(x, (y > 0.5).double(), w, b, lr, steps),
        "half precision": lambda *a: tuple(torch.as_tensor(part, dtype=torch.float64).bfloat16() for part in fit(*a)),
        "vectors of one": lambda *a: (fit(*a)[0].reshape(1), fit(*a)[1].reshape(1), fit(*a)[2]),
        "the last loss alone": lambda *a: (*fit(*a)[:2], fit(*a)[2][-1:]),
    },
}
