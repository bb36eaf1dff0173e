"""Wrong answers to a06's tasks that look right at first sight. None may earn full marks."""

from __future__ import annotations

import copy
from typing import Any

import torch

Answers = dict[str, dict[str, Any]]


def right_predict(f: Any, x: Any) -> Any:
    with torch.no_grad():
        return f(x)


def off_only_for_tracked(f: Any, x: Any) -> Any:
    if x.requires_grad:
        return right_predict(f, x)
    return f(x)


def swallows_errors(f: Any, x: Any) -> Any:
    try:
        return right_predict(f, x)
    except RuntimeError:
        return None


def on_again_always(f: Any, x: Any) -> Any:
    torch.set_grad_enabled(False)
    try:
        return f(x)
    finally:
        torch.set_grad_enabled(True)


def put_back_only_for_errors_it_knows(f: Any, x: Any) -> Any:
    before = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    try:
        out = f(x)
    except ValueError:
        torch.set_grad_enabled(before)
        raise
    torch.set_grad_enabled(before)
    return out


def calls_again_to_be_sure(f: Any, x: Any) -> Any:
    out = right_predict(f, x)
    f(x)
    return out


def untracks_x(f: Any, x: Any) -> Any:
    if x.is_leaf:
        x.requires_grad_(False)
    return right_predict(f, x)


def untracks_the_parameters(f: Any, x: Any) -> Any:
    if isinstance(f, torch.nn.Module):
        f.requires_grad_(False)
    return right_predict(f, x)


def evaluates(f: Any, x: Any) -> Any:
    if isinstance(f, torch.nn.Module):
        f.eval()
    return right_predict(f, x)


def freeze(model: Any, prefixes: Any, **how: Any) -> int:
    matching = [p for name, p in model.named_parameters() if name.startswith(tuple(prefixes))]
    for p in matching:
        p.requires_grad_(False)
        p.grad = None
    return len(matching)


def by_dotted_parts(model: Any, prefixes: Any) -> int:
    count = 0
    for name, p in model.named_parameters():
        if any(name == prefix or name.startswith(prefix.rstrip(".") + ".") for prefix in prefixes):
            p.requires_grad_(False)
            p.grad = None
            count += 1
    return count


def by_children(model: Any, prefixes: Any) -> int:
    count = 0
    for name, child in model.named_children():
        for inner, p in child.named_parameters():
            if any(f"{name}.{inner}".startswith(prefix) for prefix in prefixes):
                p.requires_grad_(False)
                p.grad = None
                count += 1
    return count


def in_any_case(model: Any, prefixes: Any) -> int:
    return freeze(model, [prefix.lower() for prefix in prefixes])


def skips_frozen(model: Any, prefixes: Any) -> int:
    count = 0
    for name, p in model.named_parameters():
        if name.startswith(tuple(prefixes)):
            if p.requires_grad:
                p.grad = None
            p.requires_grad_(False)
            count += 1
    return count


def only_lists(model: Any, prefixes: Any) -> int:
    return freeze(model, prefixes if isinstance(prefixes, list) else [prefixes[0]])


def empty_means_all(model: Any, prefixes: Any) -> int:
    return freeze(model, prefixes or [""])


def weights_only(model: Any, prefixes: Any) -> int:
    count = 0
    for name, p in model.named_parameters():
        if name.startswith(tuple(prefixes)):
            p.requires_grad_(False)
            p.grad = None if p.numel() > 1 else p.grad
            count += 1
    return count


def longest_prefix(model: Any, prefixes: Any) -> int:
    return freeze(model, [max(prefixes, key=len)] if prefixes else [])


def td(v: Any, v_next: Any, reward: Any, gamma: Any = 0.9) -> Any:
    return ((reward + gamma * v_next.detach() - v) ** 2).mean()


def untracks_the_next(v: Any, v_next: Any, reward: Any, gamma: Any = 0.9) -> Any:
    if v_next.requires_grad:
        v_next.requires_grad_(False)
        out = td(v, v_next, reward, gamma)
        v_next.requires_grad_(True)
        v_next.grad = None
        return out
    return td(v, v_next, reward, gamma)


def a_leaf_of_v(v: Any, v_next: Any, reward: Any, gamma: Any = 0.9) -> Any:
    return td(v.detach().clone().requires_grad_(), v_next, reward, gamma)


def straight(x: Any) -> Any:
    return x + (x.round() - x).detach()


def own(forward: Any, backward: Any) -> Any:
    class Own(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return forward(x)

        @staticmethod
        def backward(ctx: Any, grad_out: Any) -> Any:
            return backward(grad_out, ctx.saved_tensors[0])

    return lambda x: Own.apply(x)


def clears_the_gradient(t: Any) -> Any:
    if t.is_leaf:
        t.grad = None
    return t.detach().clone()


ANSWERS: Answers = {
    "predict": {
        "off for tracked x only": off_only_for_tracked,
        "errors swallowed": swallows_errors,
        "always on again": on_again_always,
        "put back for some errors": put_back_only_for_errors_it_knows,
        "f called again": calls_again_to_be_sure,
        "x untracked": untracks_x,
        "parameters untracked": untracks_the_parameters,
        "evaluation mode": evaluates,
        "detached after": lambda f, x: f(x).detach(),
        "x detached": lambda f, x: f(x.detach()),
        "flattened": lambda f, x: right_predict(f, x).flatten(),
        "half precision": lambda f, x: right_predict(f, x).bfloat16(),
        "x as it was, tracked": lambda f, x: right_predict(f, x).requires_grad_(),
        "a deep copy of f": lambda f, x: copy.deepcopy(f)(x.detach()).detach(),
        "x cloned, recording on for modules": lambda f, x: (
            f(x).detach() if isinstance(f, torch.nn.Module) else right_predict(f, x)
        ),
    },
    "frozen_copy": {
        "shared where untracked": lambda t: t.detach() if not t.requires_grad else t.detach().clone(),
        "shared where not a leaf": lambda t: t.detach() if not t.is_leaf else t.detach().clone(),
        "shared where whole": lambda t: t.detach().clone() if t.is_floating_point() else t,
        "shared where a number": lambda t: t.detach() if t.ndim == 0 else t.detach().clone(),
        "contiguous": lambda t: t.detach().contiguous(),
        "float32": lambda t: t.detach().float(),
        "a tracked clone of whole numbers": lambda t: t.detach().clone().requires_grad_(t.is_floating_point()),
        "squeezed": lambda t: t.detach().clone().squeeze(),
        "transposed where not contiguous": lambda t: (
            t.detach().clone()
            if t.is_contiguous()
            else torch.empty(t.shape, dtype=t.dtype).copy_(t.detach().T.reshape(t.shape))
        ),
        "the original untracked": lambda t: (t.detach_() if t.is_leaf else t.detach()).clone(),
        "the gradient cleared": clears_the_gradient,
        "the gradient's values": lambda t: (t.grad if t.is_leaf and t.grad is not None else t).detach().clone(),
        "half precision": lambda t: t.detach().bfloat16().clone(),
        "the magnitude": lambda t: t.detach().abs(),
        "a list": lambda t: t.tolist(),
        "none where empty": lambda t: t.detach().clone() if t.numel() else None,
        "a vector where empty": lambda t: t.detach().clone() if t.numel() else torch.empty(0),
    },
    "exp_plus_one": {
        "the gradient plus one": own(lambda x: x.exp() + 1, lambda g, x: g * (x.exp() + 1)),
        "the upstream gradient forgotten": own(lambda x: x.exp() + 1, lambda g, x: x.exp()),
        "the upstream gradient averaged": own(lambda x: x.exp() + 1, lambda g, x: g.mean() * x.exp()),
        "a gradient for positive x": lambda x: (
            torch.exp(x.clamp(min=-1.0)) + 1 - (x.clamp(max=-1.0) + 1).detach() * 0.1
        ),
        "a short series": lambda x: 2 + x + x**2 / 2 + x**3 / 6 + x**4 / 24 + x**5 / 120,
        "cut for float32": lambda x: (x.exp() + 1) if x.dtype == torch.float64 else (x.detach().exp() + 1),
        "cut where not a leaf": lambda x: (x.exp() + 1) if x.is_leaf else (x.detach().exp() + 1),
        "x.data": lambda x: x.data.exp() + 1,
        "a new leaf": lambda x: (x.detach().exp() + 1).requires_grad_(x.requires_grad),
        "squeezed": lambda x: (x.exp() + 1).squeeze(),
        "half precision": lambda x: x.bfloat16().exp() + 1,
        "tracking switched on": lambda x: (x.requires_grad_() if x.is_leaf else x).exp() + 1,
        "the gradient left": lambda x: (
            (x.exp().sum().backward(inputs=[x]) if x.requires_grad and x.is_leaf else None),
            x.exp() + 1,
        )[1],
    },
    "td_loss": {
        "v_next untracked and its gradient dropped": untracks_the_next,
        "a leaf of v": a_leaf_of_v,
        "gamma at least a half": lambda v, n, r, gamma=0.9: td(v, n, r, max(gamma, 0.5)),
        "gamma of zero is 0.9": lambda v, n, r, gamma=0.9: td(v, n, r, gamma or 0.9),
        "gamma for one": lambda v, n, r, gamma=0.9: td(v, n, r, min(gamma, 0.9)),
        "a default of 0.99": lambda v, n, r, gamma=0.99: td(v, n, r, gamma),
        "the first axis": lambda v, n, r, gamma=0.9: (
            ((r + gamma * n.detach() - v) ** 2).sum() / (len(v) if v.ndim else 1)
        ),
        "the last axis": lambda v, n, r, gamma=0.9: ((r + gamma * n.detach() - v) ** 2).mean(-1),
        "a Huber loss": lambda v, n, r, gamma=0.9: (
            2 * torch.nn.functional.smooth_l1_loss(v, r + gamma * n.detach(), beta=3.0) * 3.0
        ),
        "the target's mean": lambda v, n, r, gamma=0.9: (
            ((r + gamma * n.detach() - v) ** 2).mean() + 0 * n.sum() + 1e-3 * v.mean()
        ),
        "half the gradient": lambda v, n, r, gamma=0.9: td((v + v.detach()) / 2, n, r, gamma),
        "a vector of one": lambda v, n, r, gamma=0.9: td(v, n, r, gamma).reshape(1),
        "half precision": lambda v, n, r, gamma=0.9: td(v, n, r, gamma).bfloat16(),
        "backward called": lambda v, n, r, gamma=0.9: (td(v, n, r, gamma).backward(inputs=[v]), td(v, n, r, gamma))[1],
        "a reward of one sign": lambda v, n, r, gamma=0.9: td(v, n, r.abs(), gamma),
    },
    "freeze": {
        "by dotted parts": by_dotted_parts,
        "in any case": in_any_case,
        "stale gradients of frozen ones kept": skips_frozen,
        "lists only": only_lists,
        "empty means all": empty_means_all,
        "the longest prefix": longest_prefix,
        "gradients of single numbers kept": weights_only,
        "two prefixes at most": lambda m, p: freeze(m, p[:2]),
        "one more for no match": lambda m, p: max(freeze(m, p), 1),
        "text": lambda m, p: str(freeze(m, p)),
        "a list of one": lambda m, p: [freeze(m, p)],
        "sorted prefixes": lambda m, p: (freeze(m, p), p.sort() if isinstance(p, list) else None, p)[0],
        "evaluation mode": lambda m, p: (freeze(m, p), m.eval())[0],
        "whole modules": lambda m, p: (
            freeze(m, p),
            [c.requires_grad_(False) for n, c in m.named_children() if any(n.startswith(q[:4]) for q in p)],
        )[0],
        "the values rounded": lambda m, p: (freeze(m, p), [q.data.round_(decimals=1) for q in m.parameters()])[0],
        "counts biases twice": lambda m, p: (
            freeze(m, p) + sum(n.endswith("bias") and n in p for n, _ in m.named_parameters()) + (len(p) > 2)
        ),
    },
    "round_straight_through": {
        "half away from zero": lambda x: x + ((x.abs() + 0.5).floor() * x.sign() - x).detach(),
        "half up": lambda x: x + ((x + 0.5).floor() - x).detach(),
        "floor": lambda x: x + (x.floor() - x).detach(),
        "truncated": lambda x: x + (x.trunc() - x).detach(),
        "a clamped gradient": own(lambda x: x.round(), lambda g, x: g.clamp(-1, 1)),
        "ones for the gradient": own(lambda x: x.round(), lambda g, x: torch.ones_like(g)),
        "a gradient inside [-1, 1]": own(lambda x: x.round(), lambda g, x: g * (x.abs() <= 1)),
        "a gradient for non-zero x": own(lambda x: x.round(), lambda g, x: g * (x != 0)),
        "no gradient at whole numbers": own(lambda x: x.round(), lambda g, x: g * (x != x.round())),
        "cut for float32": lambda x: straight(x) if x.dtype == torch.float64 else x.round().detach(),
        "cut where not a leaf": lambda x: straight(x) if x.is_leaf else x.detach().round(),
        "rounded in place": lambda x: (x.data.round_(), x * 1)[1],
        "tracking switched on": lambda x: straight(x.requires_grad_() if x.is_leaf else x),
        "squeezed": lambda x: straight(x).squeeze(),
        "a number's gradient doubled": lambda x: straight(x) if x.ndim else straight(2 * x) - x.detach() * 0,
        "the sum's gradient": own(lambda x: x.round(), lambda g, x: g.sum().expand_as(g)),
        "never negative zero, and no gradient there": lambda x: torch.where(
            x.abs() < 0.5, torch.zeros_like(x), straight(x)
        ),
    },
}
