"""Tasks of a05: gradients add up."""

TASKS = (
    "gradient_history",
    "second_backward",
    "microbatch_gradient",
    "fit_neuron",
)
