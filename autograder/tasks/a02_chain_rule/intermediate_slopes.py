"""The task `intermediate_slopes` of a02_chain_rule."""

from __future__ import annotations

import torch

from ...authoring.oracle import slope
from ...authoring.probes import reals
from ...authoring.task import FAIR_TO_FLOAT32, task


@task(
    points=3,
    examples=[3.0, 4.0, -1.0],
    probes=reals(-3, 3, also=[0.0, 1.0]),
    parts=["dz/dy", "dz/dx"],
    atol=FAIR_TO_FLOAT32,
)
def intermediate_slopes(x):
    """For y = x² and z = sin(y), the pair (dz/dy, dz/dx) at x."""
    return slope(torch.sin, x**2), slope(lambda t: torch.sin(t**2), x)


@intermediate_slopes.right
def with_retain_grad(x):
    leaf = torch.tensor(x, requires_grad=True)
    y = leaf**2
    y.retain_grad()
    torch.sin(y).backward()
    return y.grad, leaf.grad


@intermediate_slopes.right
def asked_of_both(x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = leaf**2
    return torch.autograd.grad(torch.sin(y), [y, leaf])


@intermediate_slopes.right
def with_a_hook(x):
    seen = []
    leaf = torch.tensor(x, requires_grad=True)
    y = leaf**2
    y.register_hook(seen.append)
    torch.sin(y).backward()
    return seen[0].item(), leaf.grad.item()


@intermediate_slopes.right
def two_recordings(x):
    y = torch.tensor(x**2, requires_grad=True)
    torch.sin(y).backward()
    leaf = torch.tensor(x, requires_grad=True)
    torch.sin(leaf**2).backward()
    return [y.grad.item(), leaf.grad.item()]


@intermediate_slopes.right
def one_gradient_at_a_time(x):
    leaf = torch.tensor(x, requires_grad=True)
    y = leaf * leaf
    z = torch.sin(y)
    (dz_dy,) = torch.autograd.grad(z, y, retain_graph=True)
    (dz_dx,) = torch.autograd.grad(z, leaf)
    return torch.stack([dz_dy, dz_dx])


def _recorded(x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = leaf**2
    return leaf, y, torch.sin(y)


@intermediate_slopes.mistake(
    "y is not a leaf, so its gradient passes through and is thrown away, unless you ask beforehand to keep it."
)
def y_forgot_its_gradient(x):
    leaf, y, z = _recorded(x)
    z.backward()
    return y.grad, leaf.grad


@intermediate_slopes.mistake("Both numbers are there, but in the wrong order: the one for y comes first.")
def swapped(x):
    y_slope, x_slope = asked_of_both(x)
    return x_slope, y_slope


@intermediate_slopes.mistake("Your first number is the slope of y with respect to x; asked for is that of z for y.")
def inner_slope_first(x):
    return slope(lambda t: t**2, x), slope(lambda t: torch.sin(t**2), x)


@intermediate_slopes.mistake("Your second number is a local slope: dz/dx takes the whole way, from z back to x.")
def two_local_slopes(x):
    return slope(torch.sin, x**2), slope(lambda t: t**2, x)


@intermediate_slopes.mistake("Your x has collected two gradients, one from y and one from z: go backward from z alone.")
def backward_from_both(x):
    leaf, y, z = _recorded(x)
    y.retain_grad()
    z.backward(retain_graph=True)
    dz_dy = y.grad.clone()
    y.backward()
    return dz_dy, leaf.grad


@intermediate_slopes.mistake("No gradient found its way from z to your x. Did you cut y off from it, to make y a leaf?")
def cut_the_chain(x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = (leaf**2).detach().requires_grad_()
    torch.sin(y).backward()
    return y.grad, leaf.grad


@intermediate_slopes.mistake("Both slopes are doubled: backward ran twice, and gradients add up.")
def backward_twice(x):
    y_slope, x_slope = asked_of_both(x)
    return 2 * y_slope, 2 * x_slope


@intermediate_slopes.mistake("dz/dy is taken at x. It belongs at the value that y has.")
def outer_slope_at_x(x):
    return slope(torch.sin, x), slope(lambda t: torch.sin(t**2), x)


@intermediate_slopes.mistake("Those are the values of y and z, not slopes.")
def the_values_themselves(x):
    _, y, z = _recorded(x)
    return y, z


@intermediate_slopes.mistake("Your second number is the same as the first: the step from y back to x is missing.")
def stopped_at_y(x):
    y_slope = slope(torch.sin, x**2)
    return y_slope, y_slope
