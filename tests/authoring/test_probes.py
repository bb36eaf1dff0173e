"""Hidden inputs: a function of the seed alone, exact in float32, on both sides of zero and away from kinks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from autograder.authoring.probes import Rng, generator, normal, reals, spread, uniform


@pytest.fixture
def rng() -> Rng:
    return generator("a test")


def test_the_same_words_give_the_same_draws() -> None:
    assert generator("secret", "ada", "d_square").random() == generator("secret", "ada", "d_square").random()


@pytest.mark.parametrize(
    "words", [("secret", "bob", "d_square"), ("secret", "ada", "d_cube"), ("other", "ada", "d_square"), ("secretada",)]
)
def test_other_words_give_other_draws(words: tuple[str, ...]) -> None:
    assert generator(*words).random() != generator("secret", "ada", "d_square").random()


def test_words_are_not_run_together() -> None:
    assert generator("ab", "c").random() != generator("a", "bc").random()


def test_draws_leave_the_global_generators_alone(rng: Rng) -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    state = np.random.get_state()[1].copy()  # type: ignore[index]
    normal(rng, 3)
    spread(rng, 0, 1, 3)
    assert torch.equal(torch.get_rng_state(), before)
    assert (np.random.get_state()[1] == state).all()  # type: ignore[index]


def test_every_draw_is_exact_in_float32(rng: Rng) -> None:
    for _ in range(100):
        number = uniform(rng, -3, 3)
        assert type(number) is float
        assert float(np.float32(number)) == number
    for tensor in (normal(rng, 50), spread(rng, -7, 9, 50)):
        assert torch.equal(tensor.float().double(), tensor)


def test_draws_stay_in_range_and_away_from_kinks(rng: Rng) -> None:
    numbers = [uniform(rng, -1, 1, away_from=(0.0, 0.5), gap=0.1) for _ in range(300)]
    assert all(-1 <= x <= 1 and abs(x) >= 0.1 and abs(x - 0.5) >= 0.1 for x in numbers)
    assert min(numbers) < -0.9
    assert max(numbers) > 0.9


def test_tensors_have_the_shape_and_dtype_that_was_asked_for(rng: Rng) -> None:
    assert normal(rng, 2, 3).shape == (2, 3)
    assert normal(rng).shape == ()
    assert normal(rng, 0).shape == (0,)
    assert normal(rng, 2).dtype == torch.float64
    assert spread(rng, 0, 1, 2, dtype=torch.float32).dtype == torch.float32
    drawn = spread(rng, 2, 3, 200)
    assert 2 <= float(drawn.min()) < 2.1
    assert 2.9 < float(drawn.max()) <= 3


def test_reals_lie_on_both_sides_of_zero_and_include_what_was_named(rng: Rng) -> None:
    probes = reals(-5, 5, count=12, also=[0.0])(rng)
    assert len(probes) == 13
    assert probes[-1] == (0.0,)
    drawn = [x for (x,) in probes[:-1]]
    assert sum(x < 0 for x in drawn) == sum(x > 0 for x in drawn) == 6
    assert len(set(drawn)) == 12


def test_reals_of_one_sign_have_that_sign(rng: Rng) -> None:
    assert all(1 <= x <= 2 for (x,) in reals(1, 2)(rng))
    assert all(-2 <= x <= -1 for (x,) in reals(-2, -1)(rng))
