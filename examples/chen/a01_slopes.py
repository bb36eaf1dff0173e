# Chen got as far as make_leaf; the other cells are as they came.

# %% d_square-solution
def d_square(x):
    return x + x

# %% d_cube-solution
def d_cube(x):
    return 3 * x * x

# %% make_leaf-solution
def make_leaf(values):
    leaf = torch.tensor(values, dtype=torch.float32)
    # TODO it does not record anything yet
