"""Tasks of a05: gradients add up."""

from __future__ import annotations

import contextlib

import torch
import torch.nn.functional as F

from ..oracle import gradients, slope
from ..probes import normal, spread, uniform
from ..task import task
from ..values import Made


def leaf(x):
    return torch.tensor(float(x), dtype=torch.float64, requires_grad=True)


# --- gradient_history ---------------------------------------------------------------------------------------------


def _history_probes(rng):
    def amount(low, high):
        return uniform(rng, low, high)

    return [
        (Made("power", {"exponent": 3.0}), amount(-2.5, -1), 5, False),
        (Made("power", {"exponent": 2.0}), amount(1, 3), 4, True),
        (Made("wave", {"name": "exp", "rate": amount(0.5, 1.5)}), amount(-1, 1), 6, False),
        (Made("wave", {"name": "sin", "rate": amount(0.3, 0.9)}), amount(-1, 1), 3, True),
        (Made("polynomial", {"coefficients": [amount(1, 2), amount(1, 2), amount(1, 2)]}), amount(0.5, 2), 7, False),
        (Made("polynomial", {"coefficients": [amount(1, 2), amount(1, 2), amount(1, 2)]}), amount(0.5, 2), 2, True),
        (Made("shift", {"amount": amount(-3, 3)}), amount(-3, 3), 3, False),
        (Made("scale", {"factor": amount(-3, -1)}), amount(-3, 3), 3, False),
        (Made("power", {"exponent": 2.0}), 0.0, 3, False),
        (Made("power", {"exponent": 3.0}), amount(-2, -1), 1, True),
        (Made("power", {"exponent": 3.0}), amount(1, 2), 1, False),
    ]


@task(
    points=3,
    examples=[
        (Made("power", {"exponent": 3.0}), 2.0, 5, False),
        (Made("power", {"exponent": 3.0}), 2.0, 5, True),
        (Made("scale", {"factor": -4.0}), 1.0, 3, False),
    ],
    probes=_history_probes,
)
def gradient_history(f, x, n, reset):
    """A leaf's gradient after each of n forward and backward passes of f at x, cleared between them if `reset`."""
    one = slope(f, x) if n else 0.0
    return [one if reset else one * (i + 1) for i in range(n)]


@gradient_history.right
def with_zero_and_item(f, x, n, reset):
    t, history = torch.tensor(x, requires_grad=True), []
    for _ in range(n):
        if reset and t.grad is not None:
            t.grad.zero_()
        f(t).backward()
        history.append(t.grad.item())
    return history


@gradient_history.right
def with_none_and_clones(f, x, n, reset):
    t, history = leaf(x), []
    for _ in range(n):
        f(t).backward()
        history.append(t.grad.clone())
        if reset:
            t.grad = None
    return history


@gradient_history.right
def with_an_optimizer(f, x, n, reset):
    t, history = leaf(x), []
    optimizer = torch.optim.SGD([t], lr=0.1)
    for _ in range(n):
        if reset:
            optimizer.zero_grad()
        f(t).backward()
        history.append(float(t.grad))
    return history


@gradient_history.right
def one_graph_kept_alive(f, x, n, reset):
    t, history = leaf(x), []
    y = f(t)
    for _ in range(n):
        y.backward(retain_graph=True)
        history.append(t.grad.item())
        if reset:
            t.grad.zero_()
    return torch.tensor(history)


@gradient_history.right
def through_func_and_a_running_sum(f, x, n, reset):
    each = torch.stack([torch.func.grad(f)(torch.tensor(x))] * n) if n else torch.zeros(0)
    return each if reset else each.cumsum(0)


@gradient_history.mistake(
    "Your list holds the same `.grad` tensor again and again. Torch adds into that one tensor, so every entry shows "
    "its last value: store a snapshot, a plain number or a copy."
)
def listed_the_same_tensor(f, x, n, reset):
    t, history = leaf(x), []
    for _ in range(n):
        if reset:
            t.grad = None
        f(t).backward()
        history.append(t.grad)
    return history


@gradient_history.mistake(
    "Your list holds the same `.grad` tensor again and again, and zeroing that tensor zeroed the entries of the list "
    "as well: store a snapshot, a plain number or a copy."
)
def listed_the_tensor_that_is_zeroed(f, x, n, reset):
    t, history = leaf(x), []
    for _ in range(n):
        f(t).backward()
        history.append(t.grad)
        if reset:
            t.grad.zero_()
    return history


@gradient_history.mistake(
    "Your gradients never add up. You clear them even when `reset` is False, or you make a new leaf in every round."
)
def a_new_leaf_each_time(f, x, n, reset):
    history = []
    for _ in range(n):
        t = leaf(x)
        f(t).backward()
        history.append(t.grad.item())
    return history


@gradient_history.mistake("Your gradients add up even when `reset` is True: nothing clears `.grad` between the rounds.")
def never_cleared(f, x, n, reset):
    t, history = leaf(x), []
    for _ in range(n):
        f(t).backward()
        history.append(t.grad.item())
    return history


@gradient_history.mistake("You clear when `reset` is False and add up when it is True: the other way round.")
def cleared_the_wrong_way_round(f, x, n, reset):
    return never_cleared(f, x, n, reset) if reset else a_new_leaf_each_time(f, x, n, reset)


@gradient_history.mistake("You cleared the gradient before you wrote it down, so the list holds zeros.")
def cleared_before_it_was_recorded(f, x, n, reset):
    t, history = leaf(x), []
    for _ in range(n):
        f(t).backward()
        if reset:
            t.grad.zero_()
        history.append(t.grad.item())
    return history


@gradient_history.mistake(
    "You ran the forward pass once and every backward through that one graph. "
    "A graph's buffers are freed by its first backward: build a new graph in each round."
)
def one_forward_for_all_rounds(f, x, n, reset):
    t, history = leaf(x), []
    y = f(t)
    for _ in range(n):
        y.backward()
        history.append(t.grad.item())
        if reset:
            t.grad.zero_()
    return history


@gradient_history.mistake(
    "Before the first backward `.grad` is None, and None has no `zero_`: clear at another moment, or ask first."
)
def zeroed_a_gradient_that_is_none(f, x, n, reset):
    t, history = leaf(x), []
    for _ in range(n):
        if reset:
            t.grad.zero_()
        f(t).backward()
        history.append(t.grad.item())
    return history


@gradient_history.mistake("You set `.grad` to the number 0, but `.grad` takes only a tensor or None.")
def set_the_gradient_to_a_number(f, x, n, reset):
    t, history = leaf(x), []
    for _ in range(n):
        f(t).backward()
        history.append(t.grad.item())
        if reset:
            t.grad = 0
    return history


@gradient_history.mistake("You returned only the gradient after the last round; the list of all rounds is asked for.")
def only_the_last(f, x, n, reset):
    history = never_cleared(f, x, n, reset) if not reset else a_new_leaf_each_time(f, x, n, reset)
    return history[-1] if history else 0.0


@gradient_history.mistake("You recorded the values of f, not the gradients that arrive at x.")
def recorded_the_value(f, x, n, reset):
    return [f(leaf(x)).item() for _ in range(n)]


@gradient_history.mistake("Your list is one too short or one too long: there is one entry for each backward, n in all.")
def one_round_too_few(f, x, n, reset):
    one = slope(f, x)
    return [one if reset else one * (i + 1) for i in range(max(0, n - 1))]


@gradient_history.mistake("Your list begins with the gradient before any backward; it should begin after the first.")
def started_from_zero(f, x, n, reset):
    one = slope(f, x)
    return [0.0] + [one if reset else one * (i + 1) for i in range(n - 1)]


# --- second_backward ----------------------------------------------------------------------------------------------


def _second_probes(rng):
    def x():
        return uniform(rng, -3, 3, away_from=[0.0])

    shift = Made("shift", {"amount": uniform(rng, -3, 3)})
    power = Made("power", {"exponent": float(rng.integers(2, 5))})
    wave = Made("wave", {"name": str(rng.choice(["sin", "exp", "tanh", "cos"])), "rate": uniform(rng, 0.5, 1.5)})
    scale = Made("scale", {"factor": uniform(rng, 1.5, 4)})
    functions = [
        shift,
        power,
        wave,
        scale,
        Made("sums", {"signs": [-1]}),
        Made("sums", {"signs": [1, 1, -1, 1]}),
        Made("sums", {"signs": [1, -1]}),
        Made("polynomial", {"coefficients": [uniform(rng, 1, 2), uniform(rng, 1, 2)]}),
        Made("composed", {"functions": [power, shift]}),
        Made("composed", {"functions": [shift, wave]}),
        Made("composed", {"functions": [shift, wave, shift]}),
        Made("composed", {"functions": [shift, Made("sums", {"signs": [-1, 1, 1, 1]}), shift]}),
        Made("composed", {"functions": [wave, power]}),
    ]
    # Where the slope is 0, a gradient that did not change is no sign of anything.
    return [*((f, x()) for f in functions), (power, 0.0), (Made("wave", {"name": "cos"}), 0.0)]


@task(
    points=3,
    examples=[
        (Made("power", {"exponent": 2.0}), 3.0),
        (Made("shift", {"amount": 3.0}), 2.0),
        (Made("scale", {"factor": 3.0}), 2.0),
    ],
    probes=_second_probes,
)
def second_backward(f, x):
    """Whether a second backward through the same graph of f at x "raises" or "accumulates"."""
    t = leaf(x)
    y = f(t)
    y.backward()
    try:
        y.backward()
    except RuntimeError:
        return "raises"
    return "accumulates"


@second_backward.right
def reading_the_message(f, x):
    t = torch.tensor(x, requires_grad=True)
    try:
        y = f(t)
        y.backward()
        y.backward()
        return "accumulates"
    except RuntimeError as error:
        if "second time" in str(error):
            return "raises"
        raise


@second_backward.right
def with_autograd_grad(f, x):
    t = leaf(x)
    y = f(t)
    torch.autograd.grad(y, t)
    answer = "accumulates"
    try:
        torch.autograd.grad(y, [t])
    except Exception:
        answer = "raises"
    return answer


@second_backward.right
def counting_backwards_that_worked(f, x):
    t = torch.tensor([x], requires_grad=True)
    y = f(t)
    y.backward(torch.ones_like(y))
    worked = 1
    try:
        y.backward(torch.ones_like(y))
        worked += 1
    except RuntimeError:
        pass
    return {1: "raises", 2: "accumulates"}[worked]


@second_backward.right
def asking_the_nodes_what_they_saved(f, x):
    y = f(leaf(x))
    if not y.requires_grad:
        raise RuntimeError("no graph")
    waiting = [y.grad_fn]
    while waiting:
        node = waiting.pop()
        if any(name.startswith("_raw_saved") for name in dir(node)):
            return "raises"
        waiting += [child for child, _ in node.next_functions if child is not None]
    return "accumulates"


@second_backward.mistake(
    'You say "raises" for every function, but an operation that saves nothing has no buffers to free. '
    "Is it an addition into `.grad` that you took for a failure?"
)
def always_raises(f, x):
    t = leaf(x)
    f(t).backward()
    return "raises"


@second_backward.mistake(
    "Your second backward never fails. Either there was only one, or it ran through a new graph, or you asked torch to "
    "keep the buffers."
)
def kept_the_graph(f, x):
    t = leaf(x)
    y = f(t)
    y.backward(retain_graph=True)
    try:
        y.backward()
    except RuntimeError:
        return "raises"
    return "accumulates"


@second_backward.mistake("You have the two words the wrong way round.")
def swapped_the_words(f, x):
    return "accumulates" if second_backward.oracle(f, x) == "raises" else "raises"


@second_backward.mistake(
    "You decide by whether the gradient changed. Where the slope is zero it does not, and yet the backward worked."
)
def compared_the_gradients(f, x):
    t = leaf(x)
    y = f(t)
    y.backward()
    first = t.grad.item()
    try:
        y.backward()
    except RuntimeError:
        return "raises"
    return "accumulates" if t.grad.item() != first else "raises"


@second_backward.mistake(
    "You decide by whether the gradient is twice what it was. Where the slope is zero it is, whatever the backward did."
)
def looked_for_twice_the_gradient(f, x):
    t = leaf(x)
    y = f(t)
    y.backward()
    first = t.grad.item()
    with contextlib.suppress(RuntimeError):
        y.backward()
    return "accumulates" if abs(t.grad.item() - 2 * first) < 1e-9 else "raises"


@second_backward.mistake(
    "You decide by whether f is a straight line. So is a multiplication, and torch saves its factor for the backward."
)
def took_straight_lines_for_safe(f, x):
    f(leaf(x)).backward()
    return "accumulates" if abs(slope(f, x) - slope(f, x + 1)) < 1e-9 else "raises"


@second_backward.mistake(
    "You looked at the last operation alone. The backward goes on through all the others, and any of them can fail."
)
def looked_at_the_last_operation(f, x):
    y = f(leaf(x))
    y.backward()
    saves = any(name.startswith("_raw_saved") for name in dir(y.grad_fn))
    return "raises" if saves else "accumulates"


@second_backward.mistake("The error of the second backward got out of your function: it has to be caught.")
def did_not_catch_it(f, x):
    y = f(leaf(x))
    y.backward()
    y.backward()
    return "accumulates"


@second_backward.mistake('You return nothing when the second backward goes through: that case is called "accumulates".')
def said_nothing_when_it_worked(f, x):
    y = f(leaf(x))
    y.backward()
    try:
        y.backward()
    except RuntimeError:
        return "raises"


@second_backward.mistake('You returned True and False; the answer is one of two words, "raises" or "accumulates".')
def returned_a_truth_value(f, x):
    return second_backward.oracle(f, x) == "raises"


@second_backward.mistake("You returned the error message; the answer is one word.")
def returned_the_message(f, x):
    y = f(leaf(x))
    y.backward()
    try:
        y.backward()
    except RuntimeError as error:
        return str(error)
    return "accumulates"


# --- microbatch_gradient ------------------------------------------------------------------------------------------


def _microbatch_inputs(rng, sizes, features):
    rows = sum(sizes)
    return normal(rng, rows, features), normal(rng, rows), normal(rng, features), list(sizes)


def _microbatch_probes(rng):
    return [
        _microbatch_inputs(rng, [2, 3], 2),
        _microbatch_inputs(rng, [5, 1, 2], 3),
        _microbatch_inputs(rng, [1, 1, 4, 3], 4),
        _microbatch_inputs(rng, [4, 4], 3),
        _microbatch_inputs(rng, [7], 2),
        _microbatch_inputs(rng, [1], 3),
        _microbatch_inputs(rng, [3, 6, 2], 1),
        _microbatch_inputs(rng, [1, 2, 1, 2, 1], 5),
    ]


@task(
    points=4,
    examples=[
        (
            torch.tensor([[1.0], [2.0], [3.0]], dtype=torch.float64),
            torch.tensor([0.0, 0.0, 0.0], dtype=torch.float64),
            torch.tensor([3.0], dtype=torch.float64),
            [1, 2],
        ),
        (
            torch.tensor([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0], [2.0, 1.0]], dtype=torch.float64),
            torch.tensor([1.0, -1.0, 2.0, 0.0], dtype=torch.float64),
            torch.tensor([2.0, -1.0], dtype=torch.float64),
            [1, 3],
        ),
        (
            torch.tensor([[1.0, 2.0], [3.0, -1.0]], dtype=torch.float64),
            torch.tensor([1.0, 1.0], dtype=torch.float64),
            torch.tensor([1.0, 2.0], dtype=torch.float64),
            [2],
        ),
    ],
    probes=_microbatch_probes,
)
def microbatch_gradient(X, y, w, sizes):
    """The gradient of the whole batch's mean squared error with respect to w, gathered chunk by chunk."""
    return gradients(lambda w: ((X @ w - y) ** 2).mean(), w)[0]


def _chunks(X, y, sizes):
    return zip(X.split(sizes), y.split(sizes), strict=True)


@microbatch_gradient.right
def weighted_means(X, y, w, sizes):
    w = w.detach().clone().requires_grad_()
    for X_chunk, y_chunk in _chunks(X, y, sizes):
        loss = F.mse_loss(X_chunk @ w, y_chunk) * (len(y_chunk) / len(y))
        loss.backward()
    return w.grad


@microbatch_gradient.right
def sums_divided_at_the_end(X, y, w, sizes):
    leaf = w.detach().clone().float().requires_grad_()
    start = 0
    for size in sizes:
        error = X[start : start + size].float() @ leaf - y[start : start + size].float()
        error.square().sum().backward()
        start += size
    return (leaf.grad / start).numpy()


@microbatch_gradient.right
def the_whole_batch_at_once(X, y, w, sizes):
    return torch.func.grad(lambda v: F.mse_loss(X @ v, y))(w.detach())


@microbatch_gradient.right
def on_paper(X, y, w, sizes):
    return 2 / len(y) * torch.einsum("ni,n->i", X, torch.einsum("ni,i->n", X, w) - y)


@microbatch_gradient.right
def row_by_row_in_forward_mode(X, y, w, sizes):
    def loss(v):
        return sum((row @ v - target) ** 2 for row, target in zip(X, y, strict=True)) / len(y)

    return torch.func.jacfwd(loss)(w.detach())


def _accumulated(X, y, w, sizes, loss_of):
    v = w.detach().clone().requires_grad_()
    for X_chunk, y_chunk in _chunks(X, y, sizes):
        loss_of(X_chunk @ v, y_chunk).backward()
    return v.grad


@microbatch_gradient.mistake(
    "You added up the chunks' mean gradients. Each of them is already divided by its own chunk's size, "
    "so the sum is too large."
)
def added_the_means(X, y, w, sizes):
    return _accumulated(X, y, w, sizes, F.mse_loss)


@microbatch_gradient.mistake(
    "You averaged the chunks' means over the number of chunks. That is right only for chunks of one size: "
    "a small chunk must not weigh as much as a large one."
)
def averaged_the_means(X, y, w, sizes):
    return added_the_means(X, y, w, sizes) / len(sizes)


@microbatch_gradient.mistake("You added up squared errors and never divided: it is the mean that is asked for.")
def never_divided(X, y, w, sizes):
    return _accumulated(X, y, w, sizes, lambda p, t: ((p - t) ** 2).sum())


@microbatch_gradient.mistake(
    "You divided the sum of all squared errors by the number of chunks; the mean is over rows."
)
def divided_by_the_number_of_chunks(X, y, w, sizes):
    return never_divided(X, y, w, sizes) / len(sizes)


@microbatch_gradient.mistake(
    "Only the last chunk is left in your result: you clear the gradient between chunks, or start anew with each. "
    "This once, adding up is what you want."
)
def kept_only_the_last_chunk(X, y, w, sizes):
    v = w.detach().clone().requires_grad_()
    for X_chunk, y_chunk in _chunks(X, y, sizes):
        v.grad = None
        (((X_chunk @ v - y_chunk) ** 2).sum() / len(y)).backward()
    return v.grad


@microbatch_gradient.mistake("You only went through the first chunk: is the `return` inside the loop?")
def kept_only_the_first_chunk(X, y, w, sizes):
    n = sizes[0]
    return gradients(lambda v: ((X[:n] @ v - y[:n]) ** 2).sum() / len(y), w)[0]


@microbatch_gradient.mistake("Your chunks start at the wrong row: every chunk begins where the one before it ended.")
def started_each_chunk_at_a_multiple(X, y, w, sizes):
    v = w.detach().clone().requires_grad_()
    for i, size in enumerate(sizes):
        rows = slice(i * size, (i + 1) * size)
        (((X[rows] @ v - y[rows]) ** 2).sum() / len(y)).backward()
    return v.grad


@microbatch_gradient.mistake("Every chunk of yours begins at row 0: move the start on after each.")
def never_moved_the_start(X, y, w, sizes):
    return sum(gradients(lambda v, n=n: ((X[:n] @ v - y[:n]) ** 2).sum() / len(y), w)[0] for n in sizes)


@microbatch_gradient.mistake("Your gradient has the wrong sign. Which of prediction and target did you subtract?")
def flipped_the_sign(X, y, w, sizes):
    return -microbatch_gradient.oracle(X, y, w, sizes)


@microbatch_gradient.mistake("Your gradient is half of torch's. What does a square's slope bring down to the front?")
def lost_the_two(X, y, w, sizes):
    return microbatch_gradient.oracle(X, y, w, sizes) / 2


@microbatch_gradient.mistake(
    "You made the prediction a column, (n, 1), and y is flat, (n,): their difference broadcasts to (n, n). "
    "Look at the shape of the error."
)
def broadcast_a_column_against_a_row(X, y, w, sizes):
    v = w.detach().clone().requires_grad_()
    for X_chunk, y_chunk in _chunks(X, y, sizes):
        error = X_chunk @ v[:, None] - y_chunk
        ((error**2).mean() * (len(y_chunk) / len(y))).backward()
    return v.grad


@microbatch_gradient.mistake("You divided by all the numbers in X, not by its rows.")
def divided_by_all_the_numbers(X, y, w, sizes):
    return never_divided(X, y, w, sizes) / X.numel()


@microbatch_gradient.mistake("You switched recording on for the caller's w, and left a gradient on it: work on a copy.")
def recorded_on_the_callers_tensor(X, y, w, sizes):
    w.requires_grad_()
    for X_chunk, y_chunk in _chunks(X, y, sizes):
        (((X_chunk @ w - y_chunk) ** 2).sum() / len(y)).backward()
    return w.grad


# --- fit_neuron ---------------------------------------------------------------------------------------------------


def _scalar(x):
    return torch.tensor(x, dtype=torch.float64)


def _neuron_probes(rng):
    def one(n, steps, soft=False):
        y = spread(rng, 0, 1, n) if soft else torch.from_numpy(rng.integers(0, 2, n)).double()
        w = _scalar(uniform(rng, -1.5, 1.5, away_from=[0.0, 1.0]))
        b = _scalar(uniform(rng, -1, 1, away_from=[0.0]))
        return spread(rng, -2, 2, n), y, w, b, uniform(rng, 0.1, 0.9), steps

    return [
        one(4, 3),
        one(5, 1),
        one(3, 6, soft=True),
        one(6, 4),
        one(1, 2),
        one(2, 5),
        one(4, 1, soft=True),
        one(7, 2, soft=True),
    ]


@task(
    points=5,
    examples=[
        (_scalar([1.0, 3.0]), _scalar([0.0, 1.0]), _scalar(0.0), _scalar(0.0), 1.0, 1),
        (_scalar([0.5, -1.0, 2.0]), _scalar([1.0, 0.0, 1.0]), _scalar(0.5), _scalar(-0.25), 0.5, 3),
        (_scalar([1.0, -2.0]), _scalar([1.0, 0.0]), _scalar(2.0), _scalar(1.0), 0.1, 2),
    ],
    probes=_neuron_probes,
    parts=("w", "b", "losses"),
)
def fit_neuron(x, y, w, b, lr, steps):
    """The neuron's w and b after plain gradient descent on its mean BCE, and the loss before each update."""
    losses = []
    for _ in range(steps):
        losses.append(_bce(x, y, w, b).item())
        dw, db = gradients(lambda w, b: _bce(x, y, w, b), w, b)
        w, b = w.detach() - lr * dw, b.detach() - lr * db
    return w.detach().clone(), b.detach().clone(), losses


def _bce(x, y, w, b):
    p = torch.sigmoid(w * x + b)
    return -(y * torch.log(p) + (1 - y) * torch.log(1 - p)).mean()


@fit_neuron.right
def with_sgd(x, y, w, b, lr, steps):
    w, b = w.detach().clone().requires_grad_(), b.detach().clone().requires_grad_()
    optimizer, losses = torch.optim.SGD([w, b], lr=lr), []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(w * x + b, y)
        loss.backward()
        losses.append(loss)
        optimizer.step()
    return w, b, losses


@fit_neuron.right
def in_place_and_zeroed(x, y, w, b, lr, steps):
    w, b = torch.tensor(w.item(), requires_grad=True), torch.tensor(b.item(), requires_grad=True)
    losses = []
    for _ in range(steps):
        loss = F.binary_cross_entropy(torch.sigmoid(w * x.float() + b), y.float())
        loss.backward()
        losses.append(loss.item())
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
        w.grad.zero_()
        b.grad.zero_()
    return w.item(), b.item(), losses


@fit_neuron.right
def on_paper_with_numpy(x, y, w, b, lr, steps):
    x, y, w, b, losses = x.numpy(), y.numpy(), w.item(), b.item(), []
    for _ in range(steps):
        p = torch.sigmoid(torch.from_numpy(w * x + b)).numpy()
        losses.append(F.binary_cross_entropy(torch.from_numpy(p), torch.from_numpy(y)).item())
        w, b = w - lr * ((p - y) * x).mean(), b - lr * (p - y).mean()
    return [w, b, torch.tensor(losses)]


@fit_neuron.right
def with_clamped_probabilities_and_func(x, y, w, b, lr, steps):
    def loss_of(parameters):
        p = torch.sigmoid(parameters[0] * x + parameters[1]).clamp(1e-7, 1 - 1e-7)
        return -(y * p.log() + (1 - y) * (1 - p).log()).mean()

    parameters, losses = torch.stack([w, b]).detach(), []
    for _ in range(steps):
        gradient, loss = torch.func.grad_and_value(loss_of)(parameters)
        losses.append(loss)
        parameters = parameters - lr * gradient
    return (*parameters, losses)


def _descent(
    x, y, w, b, lr, steps, *, loss_of=_bce, clear=("w", "b"), moves=("w", "b"), sign=-1, after=False, rate=None
):
    w, b = w.detach().clone().requires_grad_(), b.detach().clone().requires_grad_()
    tensors, losses = {"w": w, "b": b}, []
    for _ in range(steps):
        loss = loss_of(x, y, w, b)
        loss.backward()
        with torch.no_grad():
            for name in moves:
                tensors[name] += sign * (lr if rate is None else rate) * tensors[name].grad
            losses.append((loss_of(x, y, w, b) if after else loss).item())
        for name in clear:
            tensors[name].grad.zero_()
    return w.detach(), b.detach(), losses


@fit_neuron.mistake(
    "The gradients of earlier steps are still in `.grad` and push again: nothing clears them between updates."
)
def never_cleared_the_gradients(x, y, w, b, lr, steps):
    return _descent(x, y, w, b, lr, steps, clear=())


@fit_neuron.mistake("You clear the gradient of w but not that of b: every parameter has a `.grad` of its own.")
def cleared_w_alone(x, y, w, b, lr, steps):
    return _descent(x, y, w, b, lr, steps, clear=("w",))


@fit_neuron.mistake("You walk uphill: the gradient points to where the loss grows, and you want the other way.")
def walked_uphill(x, y, w, b, lr, steps):
    return _descent(x, y, w, b, lr, steps, sign=1)


@fit_neuron.mistake("You added the batch's losses up; the task asks for their mean, so your steps are too long.")
def summed_the_losses(x, y, w, b, lr, steps):
    return _descent(x, y, w, b, lr, steps, loss_of=lambda *args: _bce(*args) * len(args[0]))


@fit_neuron.mistake(
    "You wrote each loss down after its update: the first in the list belongs to the w and b you were given."
)
def losses_after_the_update(x, y, w, b, lr, steps):
    return _descent(x, y, w, b, lr, steps, after=True)


@fit_neuron.mistake("You never move b: it has a gradient too.")
def never_moved_b(x, y, w, b, lr, steps):
    return _descent(x, y, w, b, lr, steps, moves=("w",))


@fit_neuron.mistake("You never move w: it has a gradient too.")
def never_moved_w(x, y, w, b, lr, steps):
    return _descent(x, y, w, b, lr, steps, moves=("b",))


@fit_neuron.mistake("You did not use `lr`: each step is the gradient times the learning rate.")
def ignored_the_learning_rate(x, y, w, b, lr, steps):
    return _descent(x, y, w, b, lr, steps, rate=1.0)


@fit_neuron.mistake("You used the squared error as the loss; this neuron's loss is binary cross-entropy.")
def used_the_squared_error(x, y, w, b, lr, steps):
    return _descent(x, y, w, b, lr, steps, loss_of=lambda x, y, w, b: ((torch.sigmoid(w * x + b) - y) ** 2).mean())


@fit_neuron.mistake("You start from w = 1 and b = 0; start from the w and b that are given.")
def started_from_one_and_zero(x, y, w, b, lr, steps):
    return _descent(x, y, torch.ones_like(w), torch.zeros_like(b), lr, steps)


@fit_neuron.mistake("You started from zeros; start from the w and b that are given.")
def started_from_zeros(x, y, w, b, lr, steps):
    return _descent(x, y, torch.zeros_like(w), torch.zeros_like(b), lr, steps)


@fit_neuron.mistake(
    "You moved w first and worked out the gradient of b with the new w. Both gradients belong to the same point."
)
def moved_b_with_the_new_w(x, y, w, b, lr, steps):
    losses = []
    for _ in range(steps):
        losses.append(_bce(x, y, w, b).item())
        w = w.detach() - lr * gradients(lambda v: _bce(x, y, v, b.detach()), w)[0]  # noqa: B023
        b = b.detach() - lr * gradients(lambda c: _bce(x, y, w, c), b)[0]  # noqa: B023
    return w.detach(), b.detach(), losses


@fit_neuron.mistake(
    "You used the gradient of the first step for all of them: each step needs its own forward and backward."
)
def used_the_first_gradient_for_all(x, y, w, b, lr, steps):
    dw, db = gradients(lambda w, b: _bce(x, y, w, b), w, b)
    w, b, losses = w.detach(), b.detach(), []
    for _ in range(steps):
        losses.append(_bce(x, y, w, b).item())
        w, b = w - lr * dw, b - lr * db
    return w, b, losses


@fit_neuron.mistake("You took one step too few: there is an update for every loss, `steps` of each.")
def one_step_too_few(x, y, w, b, lr, steps):
    w, b, _ = _descent(x, y, w, b, lr, max(0, steps - 1))
    losses = fit_neuron.oracle(x, y, w, b, lr, max(0, steps - 1))[2]
    return w, b, losses


@fit_neuron.mistake("You listed one loss too many: there is one for every update, and none after the last.")
def one_loss_too_many(x, y, w, b, lr, steps):
    losses = _descent(x, y, w, b, lr, steps + 1)[2]
    return (*_descent(x, y, w, b, lr, steps)[:2], losses)


@fit_neuron.mistake("You returned only the last loss; the whole list is asked for.")
def only_the_last_loss(x, y, w, b, lr, steps):
    w, b, losses = _descent(x, y, w, b, lr, steps)
    return w, b, (losses or [0.0])[-1]


@fit_neuron.mistake("The results are in another order than asked for: w, then b, then the list of losses.")
def losses_first(x, y, w, b, lr, steps):
    w, b, losses = _descent(x, y, w, b, lr, steps)
    return losses, w, b


@fit_neuron.mistake(
    "You moved the caller's own w and b: `-=` works in place, and `detach` gives another view of the same memory. Make "
    "a copy first."
)
def moved_the_callers_tensors(x, y, w, b, lr, steps):
    shared_w, shared_b, losses = w.detach(), b.detach(), []
    for _ in range(steps):
        losses.append(_bce(x, y, shared_w, shared_b).item())
        dw, db = gradients(lambda w, b: _bce(x, y, w, b), shared_w, shared_b)
        shared_w -= lr * dw
        shared_b -= lr * db
    return shared_w.clone(), shared_b.clone(), losses


@fit_neuron.mistake("You switched recording on for the caller's w and b and moved them: work on copies.")
def recorded_on_the_callers_tensors(x, y, w, b, lr, steps):
    losses = []
    for tensor in (w, b):
        tensor.requires_grad_()
    for _ in range(steps):
        loss = _bce(x, y, w, b)
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            for tensor in (w, b):
                tensor -= lr * tensor.grad
                tensor.grad.zero_()
    return w.item(), b.item(), losses
