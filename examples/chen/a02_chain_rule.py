# Chen did the first and the last; the other cells are as they came.

# %% d_sin_square-solution
def d_sin_square(x):
    return 2 * x * math.cos(x * x)

# %% leaf_report-solution
def leaf_report(t):
    return {
        "is_leaf": t.is_leaf,
        "requires_grad": t.requires_grad,
        "grad_fn": None if t.is_leaf else t.grad_fn.name(),
    }
