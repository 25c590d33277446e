"""The games on digits that go beyond the one of chapter 05, and the generator that is shipped."""

import numpy as np
import pytest
import torch

from gan_edu import recipes
from gan_edu.datasets import load_mnist
from gan_edu.distributions import largest_cdf_error
from gan_edu.files import read_torch
from gan_edu.metrics import grade_images, load_classifier
from gan_edu.networks import Ink, with_labels
from gan_edu.training import play_iterations
from tests.helpers.digits import DIGITS, needs_mnist


def test_the_tuned_game_differs_from_the_plain_one_in_ink_and_memory_alone():
    plain, tuned = recipes.digit_game(3), recipes.tuned_digit_game(3)
    assert isinstance(tuned.discriminator[0], Ink)
    for player in ("generator", "discriminator"):
        weights = (getattr(game, player).parameters() for game in (plain, tuned))
        assert all(torch.equal(*pair) for pair in zip(*weights, strict=True)), player
    assert (plain.settings.average_share, tuned.settings.average_share) == (0.1, 0.2)


@pytest.fixture(scope="module")
def on_demand():
    game = recipes.labelled_digit_game(seed=0, precision=torch.float32)
    for _ in play_iterations(game, recipes.labelled_digits(DIGITS), 1200):
        pass
    return game, load_classifier(DIGITS)


def test_the_labelled_game_draws_the_digit_that_is_asked_for(on_demand):
    game, classifier = on_demand
    for digit in range(10):
        images = recipes.draw(game, recipes.fresh_noise(100, seed=1, digit=digit))
        read = classifier(images).argmax(1).numpy()
        assert (read == digit).mean() > 0.8, digit


def test_digits_of_a_labelled_game_are_of_all_ten_kinds(on_demand):
    game, classifier = on_demand
    verdict = grade_images(classifier, recipes.draw_digits(game, 500), np.zeros((2, 28, 28), "u1"))
    assert verdict.class_counts.min() > 25


def test_labelled_noise_is_noise_and_one_of_ten_labels_each_about_as_often():
    rng = torch.Generator().manual_seed(0)
    z = recipes.labelled_noise((5000, 26), generator=rng, dtype=torch.float32)
    assert abs(z[:, :16].mean()) < 0.02
    assert abs(z[:, :16].std() - 1) < 0.02
    assert (z[:, 16:].sum(1) == -8).all()
    assert ((z[:, 16:] == 1).sum(0) - 500).abs().max() < 100
    assert torch.corrcoef(z.T)[:16, 16:].abs().max() < 0.06


def test_noise_for_a_digit_is_the_same_noise_with_its_label_behind():
    z = recipes.fresh_noise(4, seed=2, digit=7)
    assert torch.equal(z, with_labels(recipes.fresh_noise(4, seed=2), torch.full((4,), 7)))
    with pytest.raises(ValueError, match="labels must be"):
        recipes.fresh_noise(4, seed=2, digit=10)


def test_a_generator_is_written_in_half_the_digits_and_draws_the_same(tmp_path, monkeypatch):
    game = recipes.tuned_digit_game(seed=1)
    for _ in play_iterations(game, torch.rand(99, 784) * 2 - 1, 3):
        pass
    monkeypatch.setattr(recipes, "LONG_RUN", tmp_path / "generator.pt")
    recipes.write_generator(recipes.LONG_RUN, game)
    assert recipes.LONG_RUN.stat().st_size < 600_000
    state = torch.get_rng_state()
    generator = recipes.trained_generator()
    assert torch.equal(torch.get_rng_state(), state)
    assert not generator.training
    assert not any(w.requires_grad for w in generator.parameters())
    z = recipes.fresh_noise(50, seed=0)
    drawn = [recipes.drawn_by(g, z).astype(int) for g in (generator, game.average)]
    np.testing.assert_allclose(*drawn, atol=2)


def test_what_is_shipped_is_small_and_holds_weights_alone():
    assert recipes.LONG_RUN.stat().st_size <= 600_000
    assert all(w.isfinite().all() for w in read_torch(recipes.LONG_RUN).values())


@needs_mnist
def test_the_generator_that_is_shipped_draws_all_digits_and_few_doubtful_ones():
    digits = load_mnist()
    images = recipes.drawn_by(recipes.trained_generator(), recipes.fresh_noise(5000, seed=5))
    verdict = grade_images(load_classifier(digits), images, digits.test_images)
    assert verdict.class_counts.min() > 300
    assert verdict.doubtful < 0.15


def test_a_line_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(ValueError, match="distribution must be one of normal, two_modes, got 'x'"):
        recipes.line_match("x")


@pytest.mark.parametrize("seed", range(3))
def test_many_cdf_errors_at_once_are_those_of_each(seed):
    y = np.random.default_rng(seed).normal(size=(2, 3, 50))
    each = [[largest_cdf_error(sample) for sample in samples] for samples in y]
    np.testing.assert_array_equal(largest_cdf_error(y), each)
