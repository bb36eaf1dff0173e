"""The task `safe_norm` of a07_numbers_that_break."""

from __future__ import annotations

import torch

from ...authoring.probes import normal, uniform
from ...authoring.task import task
from ...authoring.tensors import after_a_backward


def _vector(*values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def _vectors(rng):
    def with_zeros(*zeros, size=5):
        x = normal(rng, size)
        x[list(zeros)] = 0.0
        return x.requires_grad_()

    tiny = 2.0 ** -int(rng.integers(34, 38))  # about 1e-11: its square is far below any epsilon
    a, b = (float(rng.integers(1, 9)) for _ in range(2))
    return [
        (with_zeros(),),
        (with_zeros(int(rng.integers(5))),),
        (with_zeros(0, 1, 3),),
        (torch.zeros(4, dtype=torch.float64, requires_grad=True),),
        (torch.zeros(1, dtype=torch.float64, requires_grad=True),),
        (_vector(-uniform(rng, 1, 3)),),
        ((normal(rng, 3) * tiny).requires_grad_(),),
        (_vector(0.0, uniform(rng, 1, 2) * tiny),),
        ((normal(rng, 40) * 100).requires_grad_(),),
        (_vector(-0.0, 0.0),),
        (with_zeros(0, 4),),
        (with_zeros(4),),
        # entries that add up to 0, of vectors that are not
        (_vector(a, -a),),
        (_vector(a, b, -a - b),),
        (_vector(*(2.0**-59 * size for size in (a, -b, a + b))),),
        (after_a_backward(normal(rng, 3)),),
        (after_a_backward(torch.zeros(3, dtype=torch.float64)),),
    ]


@task(
    points=2,
    driver="value_and_gradients",
    examples=[(_vector(3.0, 4.0),), (_vector(0.0, 0.0, 0.0),), (_vector(0.0, -2.0),), (_vector(3e-10, -4e-10),)],
    probes=_vectors,
    atol=0.0,
)
def safe_norm(x):
    """The Euclidean norm of the vector x, exactly 0 at the zero vector, where its gradient is 0 too."""
    return torch.linalg.vector_norm(x)


@safe_norm.right
def two_wheres(x):
    squares = (x**2).sum()
    is_zero = squares == 0
    return torch.where(is_zero, 0.0, torch.where(is_zero, 1.0, squares).sqrt())


@safe_norm.right
def norm_method(x):
    return x.norm()


@safe_norm.right
def an_if(x):
    squares = x @ x
    return squares.sqrt() if squares > 0 else x.sum() * 0


@safe_norm.right
def scaled_by_the_largest(x):
    scale = x.detach().abs().max()
    if scale == 0:
        return (0 * x).sum()
    return scale * ((x / scale) ** 2).sum().sqrt()


@safe_norm.right
def only_what_is_not_zero(x):
    rest = x[x != 0]
    return torch.sqrt((rest**2).sum()) if len(rest) else rest.sum()


@safe_norm.right
def with_a_hook(x):
    squares = (x * x).sum()
    squares.register_hook(lambda grad: torch.where(torch.isfinite(grad), grad, 0.0))
    return squares.sqrt()


class _Norm(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.pow(2).sum().sqrt()

    @staticmethod
    def backward(ctx, grad_out):
        (x,) = ctx.saved_tensors
        norm = x.pow(2).sum().sqrt()
        return grad_out * (x / norm if norm else x)


@safe_norm.right
def a_function_of_its_own(x):
    return _Norm.apply(x)


@safe_norm.mistake(
    "At the zero vector a step of yours is infinitely steep, as a square root or a logarithm is at 0, and infinity "
    "times 0 is NaN in the backward."
)
def plain_square_root(x):
    return (x**2).sum().sqrt()


@safe_norm.mistake(
    "With an epsilon under the root, the norm of the zero vector is not 0 and that of a tiny one is far off."
)
def epsilon_under_the_root(x):
    return ((x**2).sum() + 1e-12).sqrt()


@safe_norm.mistake("With an epsilon added after the root, no norm is exact, and at 0 the gradient is still NaN.")
def epsilon_after_the_root(x):
    return (x**2).sum().sqrt() + 1e-12


@safe_norm.mistake(
    "A floor under the root makes the norm of 0 a small number that is not 0, and flattens tiny vectors."
)
def floor_under_the_root(x):
    return (x**2).sum().clamp(min=1e-12).sqrt()


@safe_norm.mistake("The floor is applied after the root: too late for the gradient, and the norm of 0 is no longer 0.")
def floor_after_the_root(x):
    return (x**2).sum().sqrt().clamp(min=1e-8)


@safe_norm.mistake(
    "At the zero vector you return a new tensor that has nothing to do with x: no gradient can get back through it, "
    "and a gradient of 0 is wanted."
)
def constant_at_zero(x):
    return x.pow(2).sum().sqrt() if x.any() else torch.tensor(0.0, dtype=torch.float64)


@safe_norm.mistake(
    "At the zero vector you return a fresh leaf: it has a gradient of its own, but no way leads from it back to x, and "
    "x should get a gradient of 0."
)
def fresh_leaf_at_zero(x):
    return x.pow(2).sum().sqrt() if x.any() else torch.zeros((), dtype=x.dtype, requires_grad=True)


@safe_norm.mistake(
    "You take a vector for the zero vector as soon as one of its entries is 0. Look at all of them together."
)
def one_zero_is_enough(x):
    return x.norm() if (x != 0).all() else x.sum() * 0


@safe_norm.mistake(
    "You take a vector for the zero vector where its entries add up to 0. Positive and negative ones can cancel."
)
def sum_is_zero(x):
    return x.pow(2).sum().sqrt() if x.sum() != 0 else x.sum() * 0


@safe_norm.mistake("You take every tiny vector for the zero vector; its norm is tiny but its gradient has length 1.")
def tiny_is_zero(x):
    squares = (x**2).sum()
    return squares.sqrt() if squares > 1e-16 else x.sum() * 0


@safe_norm.mistake("That is the squared norm: a square root is still to come.")
def squared(x):
    return (x**2).sum()


@safe_norm.mistake("You added up absolute values: that is another norm, the way a taxi counts distance.")
def sum_of_absolute_values(x):
    return x.abs().sum()


@safe_norm.mistake("You took the mean of the squares where their sum is wanted.")
def root_of_the_mean(x):
    return torch.linalg.vector_norm(x) / len(x) ** 0.5


@safe_norm.mistake(
    "The values are right, but the graph is cut: through `detach`, `item` or `no_grad` no gradient gets back."
)
def cut_from_x(x):
    return x.detach().norm()


@safe_norm.mistake(
    "At the zero vector your gradient is 1, not 0: the value there is 0, but it moves with the entries of x."
)
def sum_at_zero(x):
    return x.norm() if x.any() else x.sum()


@safe_norm.twin(plain_square_root)
def to_the_power_of_a_half(x):
    return (x**2).sum() ** 0.5
