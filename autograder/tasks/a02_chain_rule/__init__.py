"""Tasks of a02: the chain rule, and the graph that autograd records."""

TASKS = (
    "d_sin_square",
    "d_sin_cube",
    "chain_slope",
    "intermediate_slopes",
    "leaf_report",
    "graph_nodes",
)
