"""The task `td_loss` of a06_stopping."""

from __future__ import annotations

import torch

from ...authoring.probes import normal, uniform
from ...authoring.task import task
from ...authoring.tensors import after_a_backward, doubles, leaf


def _td_probes(rng):
    def one(*shape, gamma=None, track_next=True):
        v, v_next, reward = (normal(rng, *shape) for _ in range(3))
        inputs = v.requires_grad_(), v_next.requires_grad_(track_next), reward
        return inputs if gamma is None else (*inputs, gamma)

    return [
        one(4),
        one(5, gamma=uniform(rng, 0.2, 0.7)),
        one(3, track_next=False),
        one(6, gamma=uniform(rng, 0.3, 0.8)),
        one(2, 3, gamma=0.5),
        one(1, gamma=1.0),
        one(gamma=0.0),
        one(3, track_next=False),
        ((6 * normal(rng, 5)).requires_grad_(), normal(rng, 5).requires_grad_(), 6 * normal(rng, 5)),
        (after_a_backward(normal(rng, 3)), after_a_backward(normal(rng, 3)), normal(rng, 3)),
    ]


@task(
    points=3,
    driver="value_and_gradients",
    examples=[
        (leaf([1.0, 2.0]), leaf([2.0, 0.0]), doubles([1.0, 1.0])),
        (leaf([0.0, 1.0]), leaf([4.0, -2.0]), doubles([1.0, 0.0]), 0.5),
        (leaf(1.0), doubles(1.0), doubles(2.0)),
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


@td_loss.right
def with_v_next_alone_detached(v, v_next, reward, gamma=0.9):
    return ((reward + gamma * v_next.detach() - v) ** 2).mean()


def _td(v, v_next, reward, gamma):
    return ((reward + gamma * v_next - v) ** 2).mean()


@td_loss.mistake("Your gradient flows into the target too: it must be a constant in the eyes of the backward.")
def recorded_everything(v, v_next, reward, gamma=0.9):
    return _td(v, v_next, reward, gamma)


@td_loss.mistake("You cut off v, the one tensor that should learn; it is the target that stands still.")
def cut_off_v(v, v_next, reward, gamma=0.9):
    return _td(v.detach(), v_next, reward, gamma)


@td_loss.mistake("You cut off everything, so not even v gets a gradient: leave v's part of the graph alone.")
def cut_off_everything(v, v_next, reward, gamma=0.9):
    with torch.no_grad():
        return _td(v, v_next, reward, gamma)


@td_loss.mistake("You switched tracking off on the caller's tensors; they must be as before when you return.")
def switched_tracking_off(v, v_next, reward, gamma=0.9):
    return _td(v, v_next.requires_grad_(False), reward, gamma)


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
