"""Tasks of a03: one sigmoid neuron, by hand and by autograd.

p = σ(w·x + b), L = −(y·ln p + (1−y)·ln(1−p)). Drawn logits stay where float32 still tells 1 − p from 0, except for
`logit_gradient`, which is about the logits where it does not.
"""

TASKS = (
    "neuron",
    "binary_cross_entropy",
    "manual_gradients",
    "autograd_gradients",
    "logit_gradient",
)
