"""Tasks of a06: when not to record."""

from __future__ import annotations

import copy
import math

import numpy as np
import torch

from ..probes import normal, spread, uniform
from ..task import task
from ..values import Made


def _tensor(numbers, tracked=True, dtype=torch.float64):
    return torch.tensor(numbers, dtype=dtype, requires_grad=tracked)


# --- predict ------------------------------------------------------------------------------------------------------

_BROKEN = Made("broken", {"message": "f has a bug of its own"})


def _predict_probes(rng):
    wave = Made("wave", {"name": "sin", "rate": uniform(rng, 0.5, 1.5)})
    cube = Made("power", {"exponent": 3.0})
    return [
        (cube, normal(rng).requires_grad_()),
        (wave, normal(rng, 3, 2).requires_grad_()),
        (wave, normal(rng, 4)),
        (Made("network", {"blocks": {"encoder": [3, 4], "head": [4, 2]}}), normal(rng, 5, 3).requires_grad_()),
        (Made("network", {"blocks": {"head": [2, 1]}}), normal(rng, 3, 2)),
        (Made("composed", {"functions": [cube, wave]}), Made("recorded", {"values": normal(rng, 2, 3)})),
        (_BROKEN, normal(rng, 2).requires_grad_()),
        (Made("composed", {"functions": [wave, _BROKEN]}), normal(rng)),
    ]


@task(
    points=3,
    driver="unrecorded",
    examples=[
        (Made("power", {"exponent": 3.0}), _tensor(2.0)),
        (Made("wave", {"name": "exp", "rate": 1.0}), _tensor([0.0, 1.0, -1.0])),
        (_BROKEN, _tensor(2.0)),
    ],
    probes=_predict_probes,
    essential=("recording while f ran",),
)
def predict(f, x):
    """f(x), with nothing recorded while f runs."""
    with torch.no_grad():
        return f(x)


@predict.right
def in_inference_mode(f, x):
    with torch.inference_mode():
        return f(x)


@predict.right
def as_a_decorator(f, x):
    @torch.no_grad()
    def run():
        return f(x)

    return run()


@predict.right
def switched_and_put_back(f, x):
    before = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    try:
        return f(x)
    finally:
        torch.set_grad_enabled(before)


@predict.right
def switched_as_a_context(f, x):
    with torch.set_grad_enabled(False):
        result = f(x.detach())
    return result.detach().clone()


@predict.right
def to_numpy(f, x):
    with torch.autograd.grad_mode.no_grad():
        return f(x).numpy().copy()


@predict.mistake(
    "You just called f, and torch recorded it as always: nothing here switches recording off while f runs."
)
def just_called_it(f, x):
    return f(x)


@predict.mistake(
    "Your result has no graph, and yet torch recorded f. To cut a graph off afterwards is too late: recording has to "
    "be off whenever f runs."
)
def detached_the_result(f, x):
    return f(x).detach()


@predict.mistake(
    "You detached x and then called f with recording on. Where f has weights of its own, their graph is still recorded."
)
def detached_the_input(f, x):
    return f(x.detach())


@predict.mistake("You stopped tracking the caller's x for good. It must still require a gradient afterwards.")
def stopped_tracking_x(f, x):
    if x.is_leaf:
        x.requires_grad_(False)
    return f(x)


@predict.mistake(
    "You switch recording on again after f has run, but when f raises you never get there: it stays off for everybody."
)
def left_it_off_after_an_error(f, x):
    before = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    result = f(x)
    torch.set_grad_enabled(before)
    return result


@predict.mistake("You switched recording off and never on again: from here on nothing in the notebook is recorded.")
def left_it_off(f, x):
    torch.set_grad_enabled(False)
    return f(x)


@predict.mistake(
    "You switch recording off before f and on after it. When f raises, the second of these never happens, and where "
    "recording was off before, it is on now: put back what you found, whatever happens."
)
def switched_off_and_on(f, x):
    torch.set_grad_enabled(False)
    result = f(x)
    torch.set_grad_enabled(True)
    return result


@predict.mistake("You never called f.")
def never_called_f(f, x):
    return x.detach().clone()


@predict.mistake("You always switch recording on at the end, even where it was off before: put back what you found.")
def always_switched_it_on(f, x):
    torch.set_grad_enabled(False)
    try:
        return f(x)
    finally:
        torch.set_grad_enabled(True)


@predict.mistake("You swallow the error that f raises; whoever called you should see it.")
def swallowed_the_error(f, x):
    try:
        with torch.no_grad():
            return f(x)
    except Exception:
        return None


@predict.mistake("Your result requires a gradient; a plain result without one is asked for.")
def tracked_the_result(f, x):
    with torch.no_grad():
        return f(x).requires_grad_()


@predict.mistake("You returned a Python number with `.item()`, which only works for a tensor of one element.")
def took_the_item(f, x):
    with torch.no_grad():
        return f(x).item()


@predict.mistake("You ran f, but returned nothing.")
def returned_nothing(f, x):
    with torch.no_grad():
        f(x)


# --- frozen_copy --------------------------------------------------------------------------------------------------


def _copy_probes(rng):
    return [
        (normal(rng).requires_grad_(),),
        (normal(rng, 4).requires_grad_(),),
        (normal(rng, 2, 3),),
        (normal(rng, 2, 3, dtype=torch.float32).requires_grad_(),),
        (torch.from_numpy(rng.integers(-5, 6, size=3)),),
        (Made("recorded", {"values": normal(rng, 3, 2)}),),
        (Made("recorded", {"values": normal(rng)}),),
        (normal(rng, 1, 2, 2).requires_grad_(),),
        (normal(rng, 0, 2).requires_grad_(),),
    ]


@task(
    points=2,
    driver="frozen",
    examples=[_tensor([1.0, 2.0, 3.0]), _tensor(2.0), _tensor([[4.0, -1.0]], tracked=False)],
    probes=_copy_probes,
    essential=("values", "tracked"),
)
def frozen_copy(t):
    """A tensor with t's values, untracked, in memory of its own."""
    return t.detach().clone()


@frozen_copy.right
def cloned_and_detached(t):
    return t.clone().detach()


@frozen_copy.right
def cloned_without_recording(t):
    with torch.no_grad():
        return t.clone()


@frozen_copy.right
def through_a_list(t):
    return torch.tensor(t.tolist(), dtype=t.dtype).reshape(t.shape)


@frozen_copy.right
def through_numpy(t):
    return torch.from_numpy(np.array(t.detach().numpy()))


@frozen_copy.right
def filled_an_empty_one(t):
    copied = torch.empty(t.shape, dtype=torch.float32)
    copied.copy_(t.detach())
    return copied


@frozen_copy.right
def deeply_copied(t):
    return copy.deepcopy(t.detach())


@frozen_copy.mistake(
    "Your tensor is untracked, but it shares t's memory: whoever writes into one changes the other. "
    "`detach` and `.data` copy nothing."
)
def shared_the_memory(t):
    return t.detach()


@frozen_copy.mistake(
    "You copied the values, but the copy is still tracked: a clone of a tracked tensor is part of its graph."
)
def cloned_with_the_graph(t):
    return t.clone()


@frozen_copy.mistake("You returned t itself: tracked as before, and the very same memory.")
def returned_it_as_it_was(t):
    return t


@frozen_copy.mistake(
    "You stopped tracking the caller's own t and handed it back. It should stay as it was; besides, it is no copy."
)
def froze_the_original(t):
    return t.detach_()


@frozen_copy.mistake(
    "You switched `requires_grad` off on t itself. "
    "That changes the caller's tensor, and torch allows it for leaves only."
)
def switched_requires_grad_off(t):
    return t.requires_grad_(False)


@frozen_copy.mistake(
    "You switched `requires_grad` off on a clone. "
    "A tracked tensor's clone is no leaf, and torch allows it for leaves only."
)
def switched_requires_grad_off_on_a_clone(t):
    return t.clone().requires_grad_(False)


@frozen_copy.mistake("`deepcopy` of a tracked leaf is tracked too, and of a tensor with a graph it fails.")
def deeply_copied_with_tracking(t):
    return copy.deepcopy(t)


@frozen_copy.mistake(
    "You detach and convert the type. A conversion to the type that a tensor has already copies nothing, "
    "so sometimes you share t's memory."
)
def relied_on_a_conversion(t):
    return t.detach().to(torch.float64)


@frozen_copy.mistake("`contiguous` copies only where the layout is not in order yet; otherwise you share t's memory.")
def relied_on_contiguous(t):
    return t.detach().contiguous()


@frozen_copy.mistake("Your tensor has the right shape, but not t's values.")
def zeros_of_the_same_shape(t):
    return torch.zeros_like(t)


@frozen_copy.mistake("Your copy has lost its shape: keep the axes as they are.")
def flattened(t):
    return t.detach().clone().flatten()


@frozen_copy.mistake("You returned numbers that are not in a tensor; a tensor is asked for.")
def returned_a_list(t):
    return t.tolist()


# --- exp_plus_one -------------------------------------------------------------------------------------------------


def _exp_probes(rng):
    return [
        (spread(rng, -2, 2).requires_grad_(),),
        (spread(rng, -3, 0, 4).requires_grad_(),),
        (spread(rng, -2, 2, 3, 2).requires_grad_(),),
        (spread(rng, -2, 3, 1, 1).requires_grad_(),),
        (spread(rng, -2, 2, 5, dtype=torch.float32).requires_grad_(),),
        (spread(rng, -2, 2, 3),),
        (Made("recorded", {"values": spread(rng, -2, 2, 2, 3)}),),
        (_tensor([0.0, 0.0]),),
    ]


@task(
    points=2,
    driver="value_and_gradients",
    examples=[_tensor(0.0), _tensor([1.0, -1.0]), _tensor([[0.5, 2.0]], tracked=False)],
    probes=_exp_probes,
    essential=("gradient to x",),
)
def exp_plus_one(x):
    """exp(x) + 1, with a correct gradient to x."""
    return torch.exp(x) + 1


@exp_plus_one.right
def as_a_power_of_e(x):
    return math.e**x + 1


@exp_plus_one.right
def through_expm1(x):
    return torch.expm1(x) + 2


@exp_plus_one.right
def in_place_on_a_sum(x):
    # An in-place addition is fine on a tensor that no operation has saved.
    y = torch.exp(x) + 0
    y += 1
    return y


@exp_plus_one.right
def in_place_on_a_clone(x):
    return torch.exp(x).clone().add_(1.0)


@exp_plus_one.right
def with_a_function_of_its_own(x):
    class ExpPlusOne(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y + 1

        @staticmethod
        def backward(ctx, grad_out):
            return grad_out * ctx.saved_tensors[0]

    return ExpPlusOne.apply(x)


@exp_plus_one.mistake(
    "You added in place to the result of exp. Torch had saved that result for the backward, "
    "notices that it was changed, and refuses."
)
def added_in_place(x):
    y = torch.exp(x)
    y.add_(1)
    return y


@exp_plus_one.mistake(
    "Your backward works with numbers to which the 1 was added already. Did you change the result of exp behind "
    "torch's back? It had saved that result."
)
def added_in_place_through_data(x):
    y = torch.exp(x)
    y.data.add_(1)
    return y


@exp_plus_one.mistake("Your value has no graph, so no gradient reaches x: somewhere on the way the graph was cut.")
def cut_the_graph(x):
    return torch.exp(x.detach()) + 1


@exp_plus_one.mistake(
    "You added in place to x itself, and torch allows no such thing on a leaf that requires a gradient."
)
def added_to_x(x):
    return x.exp_().add_(1)


@exp_plus_one.mistake(
    "You worked in x's own memory: your result may be right, but the caller's x now holds other numbers."
)
def overwrote_x(x):
    return x.data.exp_().add_(1)


@exp_plus_one.mistake("You added the 1 to x, inside the exponential; it belongs outside.")
def added_inside(x):
    return torch.exp(x + 1)


@exp_plus_one.mistake("Your gradient is right, but the 1 is missing from the value.")
def forgot_the_one(x):
    return torch.exp(x)


@exp_plus_one.mistake("That is exp(x) less one: `expm1` goes the other way.")
def took_expm1(x):
    return torch.expm1(x)


@exp_plus_one.mistake("You called backward yourself, which leaves a gradient on the caller's x.")
def called_backward(x):
    y = torch.exp(x) + 1
    if x.requires_grad and x.is_leaf:
        y.sum().backward(retain_graph=True)
    return y


@exp_plus_one.mistake("You added everything up; the result has one number for each number in x.")
def summed_it(x):
    return (torch.exp(x) + 1).sum()


@exp_plus_one.mistake("You went through a plain number: the graph is lost, and it works for one element alone.")
def went_through_a_number(x):
    return torch.tensor(math.exp(x.item()) + 1)


# --- td_loss ------------------------------------------------------------------------------------------------------


def _td_probes(rng):
    def one(*shape, gamma=None, track_next=True, track_reward=False):
        inputs = (
            normal(rng, *shape).requires_grad_(),
            normal(rng, *shape).requires_grad_(track_next),
            normal(rng, *shape).requires_grad_(track_reward),
        )
        return inputs if gamma is None else (*inputs, gamma)

    return [
        one(4),
        one(5, gamma=uniform(rng, 0.2, 0.7)),
        one(3, track_next=False),
        one(6, gamma=uniform(rng, 0.3, 0.8), track_reward=True),
        one(2, 3, gamma=0.5, track_reward=True),
        one(1, gamma=1.0),
        one(gamma=0.0),
        one(3, track_next=False, track_reward=True),
    ]


@task(
    points=3,
    driver="value_and_gradients",
    examples=[
        (_tensor([1.0, 2.0]), _tensor([2.0, 0.0]), _tensor([1.0, 1.0], tracked=False)),
        (_tensor([0.0, 1.0]), _tensor([4.0, -2.0]), _tensor([1.0, 0.0], tracked=False), 0.5),
        (_tensor(1.0), _tensor(1.0, tracked=False), _tensor(2.0)),
    ],
    probes=_td_probes,
    essential=("gradient to v", "gradient to v_next"),
)
def td_loss(v, v_next, reward, gamma=0.9):
    """The mean of (reward + gamma · v_next - v)², with a gradient to v alone."""
    target = reward + gamma * v_next
    return ((target.detach() - v) ** 2).mean()


@td_loss.right
def with_the_target_unrecorded(v, v_next, reward, gamma=0.9):
    with torch.no_grad():
        target = reward + gamma * v_next
    return torch.nn.functional.mse_loss(v, target)


@td_loss.right
def with_each_part_detached(v, v_next, reward, gamma=0.9):
    error = v - reward.detach() - gamma * v_next.detach()
    return (error * error).sum() / error.numel()


@td_loss.right
def with_the_target_from_numpy(v, v_next, reward, gamma=0.9):
    target = torch.as_tensor(reward.detach().numpy() + gamma * v_next.detach().numpy())
    return (target - v).square().mean()


@td_loss.right
def with_data(v, v_next, reward, gamma=0.9):
    return torch.pow(reward.data + gamma * v_next.data - v, 2).mean().to(torch.float32)


@td_loss.right
def with_clones(v, v_next, reward, gamma=0.9):
    target = torch.clone(reward + v_next * gamma).detach_()
    return torch.stack([(t - p) ** 2 for t, p in zip(target.flatten(), v.flatten(), strict=True)]).mean()


def _td(v, v_next, reward, gamma):
    return ((reward + gamma * v_next - v) ** 2).mean()


@td_loss.mistake(
    "Your gradient flows into the target too: v_next and reward must be constants in the eyes of the backward."
)
def recorded_everything(v, v_next, reward, gamma=0.9):
    return _td(v, v_next, reward, gamma)


@td_loss.mistake("You cut off v_next, but a gradient still reaches `reward`, which is data.")
def cut_off_v_next_alone(v, v_next, reward, gamma=0.9):
    return _td(v, v_next.detach(), reward, gamma)


@td_loss.mistake("You cut off `reward`, but a gradient still reaches v_next: the target has two parts.")
def cut_off_the_reward_alone(v, v_next, reward, gamma=0.9):
    return _td(v, v_next, reward.detach(), gamma)


@td_loss.mistake("You cut off v, the one tensor that should learn; it is the target that stands still.")
def cut_off_v(v, v_next, reward, gamma=0.9):
    return _td(v.detach(), v_next, reward, gamma)


@td_loss.mistake("You cut off everything, so not even v gets a gradient: leave v's part of the graph alone.")
def cut_off_everything(v, v_next, reward, gamma=0.9):
    with torch.no_grad():
        return _td(v, v_next, reward, gamma)


@td_loss.mistake("You switched tracking off on the caller's tensors; they must be as before when you return.")
def switched_tracking_off(v, v_next, reward, gamma=0.9):
    return _td(v, v_next.requires_grad_(False), reward.requires_grad_(False), gamma)


@td_loss.mistake("You added the squares up; the task asks for their mean.")
def summed(v, v_next, reward, gamma=0.9):
    return _stopped(v, v_next, reward, gamma) * v.numel()


def _stopped(v, v_next, reward, gamma):
    return _td(v, v_next.detach(), reward.detach(), gamma)


@td_loss.mistake("You ignore `gamma` and use 0.9, the default, whatever the caller asks for.")
def always_used_the_default(v, v_next, reward, gamma=0.9):
    return _stopped(v, v_next, reward, 0.9)


@td_loss.mistake("You left `gamma` out: the next value counts less than one that is here already.")
def left_gamma_out(v, v_next, reward, gamma=0.9):
    return _stopped(v, v_next, reward, 1.0)


@td_loss.mistake("You discounted the reward as well; `gamma` belongs to the next value alone.")
def discounted_the_reward(v, v_next, reward, gamma=0.9):
    return _stopped(v, v_next, gamma * reward, gamma)


@td_loss.mistake("You forgot the reward: the target has two parts.")
def forgot_the_reward(v, v_next, reward, gamma=0.9):
    return _stopped(v, v_next, 0 * reward, gamma)


@td_loss.mistake("You took the absolute error; its square is asked for.")
def took_the_absolute_error(v, v_next, reward, gamma=0.9):
    return (reward.detach() + gamma * v_next.detach() - v).abs().mean()


@td_loss.mistake("You halved the loss, as some books do; here it is the plain mean of the squares.")
def halved_it(v, v_next, reward, gamma=0.9):
    return 0.5 * _stopped(v, v_next, reward, gamma)


@td_loss.mistake("You squared the mean; it is the other way round: first square, then take the mean.")
def squared_the_mean(v, v_next, reward, gamma=0.9):
    return (reward.detach() + gamma * v_next.detach() - v).mean() ** 2


@td_loss.mistake("You returned one loss for each element; one number, their mean, is asked for.")
def did_not_reduce(v, v_next, reward, gamma=0.9):
    return (reward.detach() + gamma * v_next.detach() - v) ** 2


# --- freeze -------------------------------------------------------------------------------------------------------


def _freeze_probes(rng):
    a, b = (int(n) for n in rng.integers(2, 5, size=2))
    deep = {"body.encoder": [a, b], "body.decoder": [b, 2], "head": [2, 1]}
    flat = {"encoder": [2, a, b], "decoder": [b, 3]}
    tied = {"decoder.0.weight": "encoder.0.weight"}
    return [
        (Made("network", {"blocks": deep, "frozen": ["head.0.weight"]}), ["body.encoder"]),
        (Made("network", {"blocks": deep}), ("body.decoder.0.w", "head.")),
        (Made("network", {"blocks": flat, "frozen": ["encoder.0.weight", "decoder.0.bias"]}), ["encoder"]),
        (Made("network", {"blocks": flat}), ["encoder.0", "encoder", "enc"]),
        (Made("network", {"blocks": flat}), ["decoder", "nothing", "encoder.2"]),
        (Made("network", {"blocks": flat}), ["weight", "Encoder"]),
        (Made("network", {"blocks": flat, "frozen": ["decoder.0.bias"]}), []),
        (
            Made("network", {"blocks": {"encoder": [3, 2], "encoder_norm": [2, 2], "decoder.encoder": [2, 3]}}),
            ["encoder"],
        ),
        (Made("network", {"blocks": {"encoder": [2, 3], "decoder": [2, 3]}, "tied": tied}), ["encoder", "decoder"]),
    ]


@task(
    points=4,
    driver="frozen_parameters",
    examples=[
        (Made("network", {"blocks": {"encoder": [3, 2], "head": [2, 1]}}), ["encoder"]),
        (Made("network", {"blocks": {"encoder": [3, 4, 2], "head": [2, 1]}}), ["encoder.0", "head"]),
        (Made("network", {"blocks": {"encoder": [2, 2]}, "frozen": ["encoder.0.bias"]}), ("encoder",)),
    ],
    probes=_freeze_probes,
    essential=("tracked",),
)
def freeze(model, prefixes):
    """How many parameters of model have a name that starts with any of prefixes; they are tracked no longer."""
    matching = [p for name, p in model.named_parameters() if name.startswith(tuple(prefixes))]
    for parameter in matching:
        parameter.requires_grad_(False)
        parameter.grad = None
    return len(matching)


@freeze.right
def with_any_and_a_counter(model, prefixes):
    count = 0
    for name, parameter in model.named_parameters():
        if any(name.startswith(prefix) for prefix in prefixes):
            parameter.requires_grad = False
            parameter.grad = None
            count += 1
    return count


@freeze.right
def with_a_set_of_parameters(model, prefixes):
    found = set()
    for prefix in prefixes:
        found |= {p for name, p in model.named_parameters() if name[: len(prefix)] == prefix}
    for parameter in found:
        parameter.requires_grad = False
        del parameter.grad
    return len(found)


@freeze.right
def walking_the_modules(model, prefixes):
    frozen = {}
    for module_name, module in model.named_modules():
        for name, parameter in module.named_parameters(recurse=False):
            full = f"{module_name}.{name}".lstrip(".")
            if any(full.find(prefix) == 0 for prefix in prefixes):
                frozen[id(parameter)] = parameter
    for parameter in frozen.values():
        parameter.detach_()
        parameter.grad = None
    return torch.tensor(len(frozen))


@freeze.right
def with_an_optimizer_to_drop_the_gradients(model, prefixes):
    chosen = [p for n, p in model.named_parameters() if n.startswith((*prefixes,))]
    if chosen:
        torch.optim.SGD(chosen, lr=1.0).zero_grad(set_to_none=True)
    return sum(not p.requires_grad_(False).requires_grad for p in chosen)


def _matching(model, prefixes):
    return [(name, p) for name, p in model.named_parameters() if name.startswith(tuple(prefixes))]


@freeze.mistake(
    "The old gradients are still in `.grad`, where an optimizer would go on using them: freezing should drop them."
)
def kept_stale_gradients(model, prefixes):
    return len([p.requires_grad_(False) for _, p in _matching(model, prefixes)])


@freeze.mistake(
    "You set the stale gradients to zero; they should be gone. An optimizer still steps where `.grad` is a tensor."
)
def zeroed_stale_gradients(model, prefixes):
    for _, p in _matching(model, prefixes):
        p.requires_grad_(False)
        p.grad.zero_()
    return len(_matching(model, prefixes))


@freeze.mistake("You dropped the gradients of the whole model; those of the other parameters are still needed.")
def dropped_every_gradient(model, prefixes):
    model.zero_grad(set_to_none=True)
    return freeze.oracle(model, prefixes)


@freeze.mistake("You switched tracking on for all the other parameters. One that was frozen before should stay so.")
def switched_the_others_on(model, prefixes):
    for _, p in model.named_parameters():
        p.requires_grad_(True)
    return freeze.oracle(model, prefixes)


@freeze.mistake("You counted only the parameters that were tracked until now; those frozen before match as well.")
def counted_only_new_ones(model, prefixes):
    fresh = sum(p.requires_grad for _, p in _matching(model, prefixes))
    freeze.oracle(model, prefixes)
    return fresh


@freeze.mistake("You counted the numbers inside the parameters; each parameter tensor counts once.")
def counted_numbers(model, prefixes):
    freeze.oracle(model, prefixes)
    return sum(p.numel() for _, p in _matching(model, prefixes))


@freeze.mistake("You count a parameter once for every prefix that it matches; each counts once.")
def counted_every_prefix(model, prefixes):
    freeze.oracle(model, prefixes)
    return sum(name.startswith(prefix) for name, _ in model.named_parameters() for prefix in prefixes)


@freeze.mistake("You count a tensor that has two names twice; each tensor counts once.")
def counted_every_name(model, prefixes):
    freeze.oracle(model, prefixes)
    return sum(n.startswith(tuple(prefixes)) for n, _ in model.named_parameters(remove_duplicate=False))


@freeze.mistake("You look for the prefix anywhere in the name; it has to stand at its start.")
def looked_anywhere_in_the_name(model, prefixes):
    found = [p for name, p in model.named_parameters() if any(prefix in name for prefix in prefixes)]
    for p in found:
        p.requires_grad_(False)
        p.grad = None
    return len(found)


@freeze.mistake(
    "You compare the prefix with the first part of the name, up to the dot. A prefix may end anywhere in a name."
)
def compared_whole_blocks(model, prefixes):
    found = [p for name, p in model.named_parameters() if name.split(".")[0] in prefixes]
    for p in found:
        p.requires_grad_(False)
        p.grad = None
    return len(found)


@freeze.mistake("You used only the first of the prefixes.")
def used_the_first_prefix(model, prefixes):
    return freeze.oracle(model, prefixes[:1])


@freeze.mistake("`startswith` takes a string or a tuple of strings, not a list.")
def passed_a_list_to_startswith(model, prefixes):
    found = [p for name, p in model.named_parameters() if name.startswith(prefixes)]
    for p in found:
        p.requires_grad_(False)
        p.grad = None
    return len(found)


@freeze.mistake("You froze the whole model, whatever its parameters are called.")
def froze_everything(model, prefixes):
    for p in model.parameters():
        p.requires_grad_(False)
        p.grad = None
    return len(list(model.parameters()))


@freeze.mistake("You froze the parameters that do not match and left those that do: the wrong way round.")
def froze_the_others(model, prefixes):
    names = {name for name, _ in _matching(model, prefixes)}
    others = [p for name, p in model.named_parameters() if name not in names]
    for p in others:
        p.requires_grad_(False)
        p.grad = None
    return len(others)


@freeze.mistake(
    "The parameters are still tracked. A misspelt attribute, one that is set on the module, "
    "or a new name for a detached tensor changes nothing for torch."
)
def set_an_attribute_that_torch_ignores(model, prefixes):
    for _, p in _matching(model, prefixes):
        p.required_grad = False
        p.grad = None
    return len(_matching(model, prefixes))


@freeze.mistake("You froze the right ones, but returned nothing; their number is asked for.")
def returned_no_count(model, prefixes):
    freeze.oracle(model, prefixes)


@freeze.mistake("You returned the names; how many there are is asked for.")
def returned_the_names(model, prefixes):
    freeze.oracle(model, prefixes)
    return [name for name, _ in _matching(model, prefixes)]


@freeze.mistake("You emptied the caller's list of prefixes on the way: go through it without taking from it.")
def emptied_the_prefixes(model, prefixes):
    if isinstance(prefixes, tuple):
        return freeze.oracle(model, prefixes)
    taken = []
    while prefixes:
        taken.append(prefixes.pop())
    return freeze.oracle(model, taken)


@freeze.mistake("You set the parameters to zero; freezing leaves their values alone.")
def zeroed_the_values(model, prefixes):
    for _, p in _matching(model, prefixes):
        p.data.zero_()
    return freeze.oracle(model, prefixes)


# --- round_straight_through ---------------------------------------------------------------------------------------


def _round_probes(rng):
    halves = torch.from_numpy(rng.integers(-4, 4, size=5)).double() + 0.5
    return [
        (spread(rng, -3, 3).requires_grad_(),),
        (spread(rng, -4, -0.6, 4).requires_grad_(),),
        (spread(rng, 0.6, 4, 3).requires_grad_(),),
        (spread(rng, -3, 3, 2, 3).requires_grad_(),),
        (halves.requires_grad_(),),
        (_tensor([0.5, 1.5, 2.5, -0.5, -1.5, -2.5]),),
        (_tensor([0.0, -0.25, 0.25, 3.0, -2.0]),),
        (spread(rng, -3, 3, 1, 4, dtype=torch.float32).requires_grad_(),),
        (spread(rng, -3, 3, 4),),
        (Made("recorded", {"values": spread(rng, -3, 3, 3, 2)}),),
    ]


@task(
    points=3,
    driver="value_and_gradients",
    examples=[_tensor([1.2, -0.7, 2.5]), _tensor(3.6), _tensor([0.5, 1.5], tracked=False)],
    probes=_round_probes,
    essential=("value", "gradient to x"),
)
def round_straight_through(x):
    """x rounded as torch.round does, with a gradient that passes straight through."""
    return x + (torch.round(x) - x).detach()


class _Straight(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.round()

    @staticmethod
    def backward(ctx, grad_out):
        return grad_out


@round_straight_through.right
def with_a_straight_function(x):
    return _Straight.apply(x)


@round_straight_through.right
def with_the_rounding_first(x):
    with torch.no_grad():
        rounded = torch.round(x)
    return rounded + (x - x.detach())


@round_straight_through.right
def with_the_values_swapped_in_a_clone(x):
    out = x.clone()
    out.data = torch.round(out.data)
    return out


@round_straight_through.right
def with_the_gap_left_out_of_the_graph(x):
    gap = x.detach() - x.detach().round()
    return x - gap


@round_straight_through.right
def by_numpy_rint(x):
    return x + torch.from_numpy(np.asarray(np.rint(x.detach().numpy()) - x.detach().numpy()))


@round_straight_through.mistake(
    "Nothing but zeros gets back to x. A staircase is flat, so torch.round passes back zeros: you want the round on "
    "the way forward only."
)
def just_rounded(x):
    return torch.round(x)


@round_straight_through.mistake("You cut the graph altogether: the value is right, but nothing leads back to x.")
def cut_it_off(x):
    return torch.round(x).detach()


@round_straight_through.mistake("You return x as it is; the value has to be rounded.")
def did_not_round(x):
    return x * 1


@round_straight_through.mistake(
    "You add a half and take the floor. That sends every half up; torch sends a half to the even neighbour."
)
def sent_halves_up(x):
    return x + (torch.floor(x + 0.5) - x).detach()


@round_straight_through.mistake("You send halves away from zero; torch sends a half to the even neighbour.")
def sent_halves_away_from_zero(x):
    return x + (torch.sign(x) * torch.floor(x.abs() + 0.5) - x).detach()


@round_straight_through.mistake("You round down, always; go to the nearest whole number.")
def rounded_down(x):
    return x + (torch.floor(x) - x).detach()


@round_straight_through.mistake("You round up, always; go to the nearest whole number.")
def rounded_up(x):
    return x + (torch.ceil(x) - x).detach()


@round_straight_through.mistake(
    "You cut the decimals off, as a conversion to int does; go to the nearest whole number."
)
def cut_the_decimals_off(x):
    return x + (torch.trunc(x) - x).detach()


@round_straight_through.mistake("You wrote the rounded numbers into the caller's x.")
def rounded_in_place(x):
    x.data.round_()
    return x * 1


@round_straight_through.mistake(
    "You rounded x in place, and torch allows no such thing on a leaf that requires a gradient."
)
def rounded_a_leaf(x):
    return x.round_()


@round_straight_through.mistake(
    "Your backward returns ones, whatever gradient arrives. Straight through means: hand on the one that came in."
)
def passed_ones_back(x):
    class Ones(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.round()

        @staticmethod
        def backward(ctx, grad_out):
            return torch.ones_like(grad_out)

    return Ones.apply(x)


@round_straight_through.mistake("Your gradient is clipped to where x lies between -1 and 1; here it passes everywhere.")
def passed_only_near_zero(x):
    near = x.clamp(-1, 1)
    return near + (torch.round(x) - near).detach()


@round_straight_through.mistake("Your gradient grows with the rounded number; it should pass as it came.")
def scaled_the_gradient(x):
    return x * (torch.round(x) / torch.where(x == 0, 1, x)).detach()


@round_straight_through.mistake(
    "Your gradient arrives with the wrong sign: look at which copy of x you left in the graph."
)
def flipped_the_sign(x):
    return (torch.round(x) + x).detach() - x


@round_straight_through.mistake("Your gradient is twice what comes in: is x in the graph more than once?")
def doubled_the_gradient(x):
    return 2 * x + (torch.round(x) - 2 * x).detach()
