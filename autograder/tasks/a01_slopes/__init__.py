"""Tasks of a01: slopes by hand and by machine."""

TASKS = (
    "d_square",
    "d_cube",
    "make_leaf",
    "slope_at",
    "tangent_line",
)
