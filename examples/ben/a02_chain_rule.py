# Ben makes the mistakes that many make.

# %% d_sin_square-solution
def d_sin_square(x):
    return math.cos(x**2)  # the inner derivative is missing

# %% d_sin_cube-solution
def d_sin_cube(x):
    leaf = torch.tensor(x, requires_grad=True)  # by machine, where by hand was asked for
    torch.sin(leaf**3).backward()
    return leaf.grad.item()

# %% chain_slope-solution
def chain_slope(functions, derivatives, x):
    product = 1.0
    for df in derivatives:
        product *= df(x)  # every local slope is taken at the first x
    return product

# %% intermediate_slopes-solution
def intermediate_slopes(x):
    leaf = torch.tensor(x, requires_grad=True)
    y = leaf**2
    torch.sin(y).backward()
    return leaf.grad.item(), leaf.grad.item()  # dz/dx twice

# %% leaf_report-solution
def leaf_report(t):
    return {"is_leaf": t.is_leaf, "requires_grad": t.requires_grad, "grad_fn": t.grad_fn.name()}  # a leaf has none

# %% graph_nodes-solution
def graph_nodes(out):
    def names(node):  # a node that two paths reach is counted twice
        if node is None:
            return []
        return [node.name()] + [name for child, _ in node.next_functions for name in names(child)]
    return names(out.grad_fn)
