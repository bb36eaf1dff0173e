"""Tasks of a06: when not to record."""

TASKS = (
    "predict",
    "frozen_copy",
    "exp_plus_one",
    "td_loss",
    "freeze",
    "round_straight_through",
)
