# Emre's answers are unusual, and right: NumPy, a partial, a lambda, float32, prints and warnings.

# %% d_square-solution
import functools

def times(a, b):
    return np.float32(a) * b

d_square = functools.partial(times, 2)

# %% d_cube-solution
d_cube = lambda x: 3 * torch.tensor(x, dtype=torch.float32) ** 2

# %% make_leaf-solution
def make_leaf(values):
    return torch.nn.Parameter(torch.as_tensor(values).detach().clone().float())

# %% slope_at-solution
import warnings

def slope_at(f, x):
    warnings.warn("this could be faster")
    print("slope at", x)
    return torch.func.grad(f)(torch.tensor(float(x))).numpy()

# %% tangent_line-solution
def tangent_line(f, x0):
    leaf = torch.tensor([float(x0)], dtype=torch.float64, requires_grad=True)
    y = f(leaf[0])
    # Asking a tensor that is not a leaf for its gradient makes torch warn, on stderr.
    assert y.grad is None
    (slope,) = torch.autograd.grad(y, leaf)
    return torch.stack([slope[0], (y - slope[0] * x0).detach()])
