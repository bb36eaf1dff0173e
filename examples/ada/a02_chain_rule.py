# Ada's answers, all of them right.

# %% d_sin_square-solution
def d_sin_square(x):
    return math.cos(x**2) * 2 * x

# %% d_sin_cube-solution
def d_sin_cube(x):
    return math.cos(x**3) * 3 * x**2

# %% chain_slope-solution
def chain_slope(functions, derivatives, x):
    product = 1.0
    for f, df in zip(functions, derivatives):
        product *= df(x)
        x = f(x)
    return product

# %% intermediate_slopes-solution
def intermediate_slopes(x):
    leaf = torch.tensor(x, requires_grad=True)
    y = leaf**2
    y.retain_grad()
    torch.sin(y).backward()
    return y.grad.item(), leaf.grad.item()

# %% leaf_report-solution
def leaf_report(t):
    name = t.grad_fn.name() if t.grad_fn is not None else None
    return {"is_leaf": t.is_leaf, "requires_grad": t.requires_grad, "grad_fn": name}

# %% graph_nodes-solution
def graph_nodes(out):
    seen, waiting = set(), [out.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in seen:
            seen.add(node)
            waiting += [child for child, _ in node.next_functions]
    return [node.name() for node in seen]
