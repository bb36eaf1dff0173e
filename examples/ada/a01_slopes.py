# Ada's answers, all of them right.

# %% d_square-solution
def d_square(x):
    return 2 * x

# %% d_cube-solution
def d_cube(x):
    return 3 * x**2

# %% make_leaf-solution
def make_leaf(values):
    unrecorded = torch.as_tensor(values).detach()
    return unrecorded.to(torch.float64, copy=True).requires_grad_()

# %% slope_at-solution
def slope_at(f, x):
    leaf = torch.tensor(float(x), requires_grad=True)
    f(leaf).backward()
    return leaf.grad.item()

# %% tangent_line-solution
def tangent_line(f, x0):
    slope = slope_at(f, x0)
    return slope, f(torch.tensor(x0)).item() - slope * x0
