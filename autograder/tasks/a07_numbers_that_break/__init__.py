"""Tasks of a07: when the formula is right and the number is not."""

TASKS = (
    "central_difference",
    "best_step",
    "stable_bce",
    "safe_norm",
    "log_sum_exp",
)
