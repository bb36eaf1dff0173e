# Faye forgot a colon: one cell is no Python at all, and the others count as ever.

# %% d_square-solution
def d_square(x):
    return 2 * x

# %% d_cube-solution
def d_cube(x)
    return 3 * x**2

# %% make_leaf-solution
def make_leaf(values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)

# %% slope_at-solution
def slope_at(f, x):
    leaf = torch.tensor(float(x), dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(f(leaf), leaf)[0]

# %% tangent_line-solution
def tangent_line(f, x0):
    slope = slope_at(f, x0)
    return slope, f(torch.tensor(x0, dtype=torch.float64)) - slope * x0
