"""Tasks of a04: batches, reductions and shapes."""

TASKS = (
    "mean_square_gradient",
    "batch_gradients",
    "masked_mean_gradient",
    "unbroadcast",
    "linear_backward",
)
