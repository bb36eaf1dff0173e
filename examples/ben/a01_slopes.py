# Ben makes the mistakes that many make.

# %% d_square-solution
def d_square(x):
    return 2 * x

# %% d_cube-solution
def d_cube(x):
    return 3 * x**3  # the power stayed as it was

# %% make_leaf-solution
def make_leaf(values):
    tensor = torch.as_tensor(values, dtype=torch.float64)
    return tensor.detach().requires_grad_()  # cut off, but the memory is still shared

# %% slope_at-solution
def slope_at(f, x):
    leaf = torch.tensor(x, requires_grad=True)  # a whole number cannot carry a gradient
    f(leaf).backward()
    return leaf.grad.item()

# %% tangent_line-solution
def tangent_line(f, x0):
    slope = slope_at(f, x0)
    return slope, f(torch.tensor(x0)).item()  # the height at x0, not where the line crosses zero
