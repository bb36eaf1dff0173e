# Emre's answers are unusual, and right: NumPy, a lambda, a class, float32, prints and warnings.

# %% d_sin_square-solution
import numpy as np

d_sin_square = lambda x: np.cos(np.float64(x) ** 2) * 2 * x

# %% d_sin_cube-solution
def d_sin_cube(x):
    x = torch.tensor(x, requires_grad=True)  # records a graph that nobody uses
    warnings.warn("is this right?")
    print(x)
    return torch.cos(x**3) * 3 * x**2

# %% chain_slope-solution
class ChainSlope:
    def __call__(self, functions, derivatives, x):
        if not functions:
            return 1.0
        (f, *others), (df, *slopes) = functions, derivatives
        return df(x) * self(others, slopes, f(x))

chain_slope = ChainSlope()

# %% intermediate_slopes-solution
def intermediate_slopes(x):
    leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = leaf**2
    return torch.stack(torch.autograd.grad(torch.sin(y), [y, leaf])).numpy()

# %% leaf_report-solution
leaf_report = lambda t: dict(
    grad_fn=getattr(t.grad_fn, "name", lambda: None)(), requires_grad=t.requires_grad, is_leaf=t.is_leaf
)

# %% graph_nodes-solution
def graph_nodes(out):
    seen = {}
    def visit(node):
        if node and node not in seen:
            seen[node] = node.name()
            for child, _ in node.next_functions:
                visit(child)
    visit(out.grad_fn)
    return tuple(sorted(seen.values()))
