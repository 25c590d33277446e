"""The record: every recipe can be entered, and the classifier from outside says what it sees."""

import ast

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks import (
    known_recipes,
    mnist_gan,
    outside_classifier,
    play_frames,
    ratios,
    slider_latency,
    time_machine,
)
from tests.helpers.digits import DIGITS


@pytest.mark.parametrize("name", known_recipes.KNOWN)
def test_a_known_recipe_trains_both_players_and_draws_the_same_twice(name, monkeypatch):
    monkeypatch.setattr(known_recipes, "SAMPLES", 30)
    with torch.random.fork_rng():
        iterations, sample = known_recipes.KNOWN[name](DIGITS, seed=0)
        before = sample()
        for _ in range(3):
            next(iterations)
        after = sample()
    assert (after.shape, after.dtype) == ((30, 28, 28), np.uint8)
    assert (after != before).any()
    np.testing.assert_array_equal(sample(), after)


def test_the_steps_of_a_recipe_are_those_of_its_losses():
    """One weight each: D's step is plain descent on its own loss, and G's sees D after it."""
    g, d = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    nn.init.constant_(g.weight, 2.0)
    nn.init.constant_(d.weight, 1.0)
    recipe = known_recipes.Recipe(
        g,
        d,
        loss_d=lambda a_real, a_fake: a_fake.mean() - a_real.mean(),
        loss_g=lambda a_fake: -a_fake.mean(),
        latent=1,
        optimiser=lambda weights: torch.optim.SGD(weights, lr=0.1),
        noise=torch.ones,
    )
    iterations, _ = recipe.contest(iter([torch.full((4, 1), 5.0)]))
    next(iterations)
    assert d.weight.item() == pytest.approx(1 + 0.1 * (5 - 2))
    assert g.weight.item() == pytest.approx(2 + 0.1 * 1.3)


def test_the_critic_plays_five_steps_for_one_of_its_generator():
    steps, recipe = [], known_recipes.Recipe(nn.Linear(100, 784), nn.Linear(784, 1))
    recipe.critic_steps = 5
    recipe.loss_g = lambda a: (steps.append(1), a.mean())[1]
    iterations, _ = recipe.contest(iter([torch.zeros(2, 784)] * 11))
    assert len(list(iterations)) == 11
    assert len(steps) == 3  # the first, the sixth and the eleventh


class ByBrightness(nn.Module):
    """Read one image as a 0 or a 1 by its mean, and be sure of it if it is far from the middle."""

    def forward(self, mean):
        logits = torch.full((len(mean), 10), -50.0)
        logits[:, 0], logits[:, 1] = -mean[:, 0], mean[:, 0]
        return logits


def test_the_classifier_counts_doubtful_images_and_the_rarest_digit():
    features = nn.Sequential(nn.Flatten(), nn.Linear(784, 2))
    nn.init.constant_(features[1].weight, 1 / 784)
    nn.init.zeros_(features[1].bias)
    classifier = nn.Sequential(features, nn.Dropout(), ByBrightness()).eval()
    grey = outside_classifier.MEAN * 255
    images = np.full((12, 28, 28), round(grey), np.uint8)
    images[:6], images[6:9] = 255, 0
    found = outside_classifier.grade(classifier, images, DIGITS)
    assert found["rarest"] == 0  # nothing is read as a 2
    assert found["doubtful"] == pytest.approx(6 / 12)  # at 0, −.42 is no 90 %; 255 is 2.8
    assert found["frechet"] > 0
    real = outside_classifier.grade(classifier, DIGITS.test_images, DIGITS)
    assert real["frechet"] == pytest.approx(0, abs=1e-6)


CELLS = {
    "time_machine": (time_machine.SETUP, *time_machine.NOTEBOOKS.values()),
    "play_frames": (play_frames.SETUP, *(cell for cell, *_ in play_frames.GAMES.values())),
    "play_frames, compared": (
        play_frames.VERSIONS["new"]["imports"],
        play_frames.COMPARED.format(core=None, **play_frames.VERSIONS["new"]),
    ),
    "slider_latency": tuple(slider_latency.NOTEBOOKS["explore, scene"]),
}


@pytest.mark.parametrize("cells", CELLS.values(), ids=CELLS)
def test_the_cells_of_a_benchmark_name_what_there_is(cells):
    names = {}
    exec(cells[0].replace("2000", "3").replace("moment = 1000", "moment = 1"), names)
    chains = [node for cell in cells for node in ast.walk(ast.parse(cell))]
    found = [
        (chain.value.id, chain.attr) for chain in chains
        if isinstance(chain, ast.Attribute) and isinstance(chain.value, ast.Name)
        and chain.value.id in names
    ]  # fmt: skip
    assert found
    assert [(name, what) for name, what in found if not hasattr(names[name], what)] == []


def test_the_classifier_has_the_features_of_the_protocol():
    with torch.random.fork_rng():
        classifier = outside_classifier.network().eval()
    images = np.random.default_rng(0).integers(0, 256, (7, 28, 28), dtype=np.uint8)
    features = outside_classifier.features(classifier, images)
    assert features.shape == (7, outside_classifier.FEATURES)
    assert (features >= 0).all()


def test_a_ratio_is_that_of_the_medians_against_its_bar():
    runs = {
        "labelled": [[{"mark": 30.0, "frechet": f}] for f in (3, 1, 2)],
        "first": [[{"mark": 30.0, "frechet": f}] for f in (4, 9, 2)],
    }
    (row,) = mnist_gan.found(runs)
    assert (row.ratio, row.bar, row.met) == (0.5, 0.7, True)
    assert mnist_gan.found({"labelled": runs["labelled"]}) == []


def test_a_recipe_that_is_entered_is_set_beside_the_first_edition_without_a_bar():
    runs = {
        "yours": [[{"mark": 30.0, "frechet": 6}, {"mark": 60.0, "frechet": 1}]],
        "first": [[{"mark": 30.0, "frechet": 4}, {"mark": 60.0, "frechet": 4}]],
    }
    rows = mnist_gan.found(runs)
    assert [row.ratio for row in rows] == [1.5, 0.25]
    assert all(row.met and row.bar is None for row in rows)
    assert "digits, yours: Fréchet distance after 60 CPU s" in ratios.table(rows)
    assert "None" not in ratios.table(rows)
