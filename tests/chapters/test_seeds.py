"""A seed decides everything: the same one gives the same, another one moves all that is drawn."""

import functools
import importlib
import inspect
import pkgutil

import numpy as np
import pytest
import torch

import gan_edu
from gan_edu import games, recipes, targets
from gan_edu.chapters.ch00_forger_and_detective import scenes as guessing
from gan_edu.chapters.ch01_inverse_cdf import scenes as inverse_cdf
from gan_edu.chapters.ch06_summary.after_2014 import ring_match
from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.datasets import load_offline_digits
from gan_edu.distributions import mixture, normal
from gan_edu.match import Match
from gan_edu.networks import with_labels
from gan_edu.recipes import line_match
from gan_edu.training import Game
from tests.helpers.playing import played

SEEDS = range(4)


def drawn_by(game: Game, x: torch.Tensor) -> dict[str, np.ndarray]:
    """Return all that chance decides in a new game, for each copy of it a row."""
    copies = game.copies or 1
    drawn = {
        f"{player} {name}": weight.detach()
        for player in ("generator", "discriminator", "average")
        for name, weight in getattr(game, player).named_parameters()
        if weight.detach().flatten().unique().numel() > 1  # batch norm begins with ones and zeros
    }
    drawn |= {"noise": game.noise(8), "picked": game.pick(x, 8)}
    return {name: tensor.numpy().reshape(copies, -1) for name, tensor in drawn.items()}


def of_match(make, **settings):
    def drawn(seed: int) -> dict[str, np.ndarray]:
        match = make(seed=seed, **settings)
        return drawn_by(match.game, match.x)

    return drawn


def of_playground(noise: str):
    def drawn(seed: int) -> dict[str, np.ndarray]:
        match = Playground(seed=seed, noise=noise).match
        return drawn_by(match.game, match.x)

    return drawn


def digits() -> torch.Tensor:
    return torch.linspace(-1, 1, 50)[:, None].expand(50, 784)


def labelled() -> torch.Tensor:
    return with_labels(digits(), torch.arange(50) % 10)


def of_digit_match(seed: int) -> dict[str, np.ndarray]:
    match = recipes.digit_match(digits(), seed)
    return drawn_by(match.game, match.x)


GAMES = {
    "a line": of_match(line_match),
    "a line, two bumps": of_match(line_match, distribution="two_modes"),
    "a line, copies": of_match(line_match, copies=3),
    "the ring, after 2014": of_match(
        functools.partial(ring_match, torch.linspace(-2, 2, 50)[:, None].expand(-1, 2))
    ),
    "the playground": of_playground("gaussian_2d"),
    "the playground, uniform noise": of_playground("uniform_1d"),
    "digits": lambda seed: drawn_by(recipes.digit_game(seed), digits()),
    "digits, tuned": lambda seed: drawn_by(recipes.tuned_digit_game(seed), digits()),
    "digits, labelled": lambda seed: drawn_by(recipes.labelled_digit_game(seed), labelled()),
    "a match of digits": of_digit_match,
}


@pytest.mark.parametrize("name", GAMES)
def test_the_same_seed_gives_the_same_game_and_another_one_another_in_all_parts(name):
    first, *others = (GAMES[name](seed) for seed in SEEDS)
    again = GAMES[name](SEEDS[0])
    for part in first:
        np.testing.assert_array_equal(again[part], first[part], part)
        drawn = [first[part], *(other[part] for other in others)]
        assert len({values.tobytes() for values in drawn}) == len(SEEDS), part


@pytest.mark.parametrize("seed", SEEDS)
def test_each_copy_of_a_game_has_a_start_noise_and_data_of_its_own(seed):
    for part, rows in GAMES["a line, copies"](seed).items():
        assert len({row.tobytes() for row in rows}) == 3, part


@pytest.mark.parametrize("name", GAMES)
def test_a_game_leaves_torch_s_own_randomness_alone_and_does_not_use_it(name):
    torch.manual_seed(5)
    before = GAMES[name](1)
    torch.manual_seed(6)
    state = torch.get_rng_state()
    for part, values in GAMES[name](1).items():
        np.testing.assert_array_equal(values, before[part], part)
    assert torch.equal(torch.get_rng_state(), state)


def a_match(seed: int) -> Match:
    return played(line_match(seed=seed), 3)


def test_a_seed_decides_how_a_game_goes_on():
    first, again, other = (drawn_by(m.game, m.x) for m in map(a_match, (0, 0, 1)))
    for part in first:
        np.testing.assert_array_equal(first[part], again[part], part)
        assert (first[part] != other[part]).any(), part


# Single draws: with a seed, or from a generator that is passed in


def generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


DRAWS = {  # of the functions that take a seed or a generator
    "distributions.Distribution.sample": lambda seed: normal().sample(9, generator(seed)),
    "a mixture's sample": lambda seed: mixture([0.5, 0.5], [-1, 1], [1, 1]).sample(
        9, generator(seed)
    ),
    "games.batch_mean": lambda seed: games.batch_mean(9, generator(seed))(
        lambda x, psi: x, np.zeros(4), np.zeros(4)
    ),
    "chapters.ch01_inverse_cdf.scenes.mispaired": lambda seed: inverse_cdf.mispaired(
        np.arange(99.0), 0.5, generator(seed)
    ),
    "recipes.fresh_noise": lambda seed: recipes.fresh_noise(9, seed).numpy(),
    "recipes.draw_digits": lambda seed: recipes.draw_digits(recipes.digit_game(), 9, seed),
    "targets.GaussianModes.sample": lambda seed: targets.TARGETS["ring"].sample(9, generator(seed)),
    "targets.OnLine.sample": lambda seed: targets.TARGETS["normal_1d"].sample(9, generator(seed)),
}


@pytest.mark.parametrize("name", DRAWS)
def test_the_same_seed_draws_the_same_and_another_one_something_else(name):
    drawn = [np.asarray(DRAWS[name](seed)) for seed in SEEDS]
    np.testing.assert_array_equal(DRAWS[name](SEEDS[0]), drawn[0])
    assert len({values.tobytes() for values in drawn}) == len(SEEDS)
    assert all(len(np.unique(values)) > 2 for values in drawn), "and not one number for all"


ELSEWHERE = {  # what takes a seed or a generator too: where it is tested
    "recipes.line_match": "GAMES",
    "recipes.digit_game": "GAMES",
    "recipes.tuned_digit_game": "GAMES",
    "recipes.labelled_digit_game": "GAMES",
    "recipes.digit_match": "GAMES",
    "training.Game": "its generator is what GAMES look at",
    "metrics.train_classifier": "test_metrics.py",
    "chapters.ch06_summary.after_2014.ring_match": "GAMES",
    "chapters.ch05_mnist_gan.nearest.search": "test_ch05_nearest.py",
    "chapters.ch00_forger_and_detective.scenes.Match": "below",
    "chapters.ch00_forger_and_detective.scenes.Table": "it makes a Match",
    "chapters.ch00_forger_and_detective.scenes.detective_scene": "it makes a Match",
    "chapters.ch07_playground.settings.Settings": "GAMES, by a Playground",
    "exercises.check": "test_exercises.py",
    "exercises.graded": "test_exercises.py",
    "checking.mending.table": "test_exercises_game.py",
    "checking.mending.mended": "test_exercises_game.py",
}


def seeded() -> set[str]:
    """Return what is public in the package and takes a seed or a generator."""
    found = set()
    for info in pkgutil.walk_packages(gan_edu.__path__, "gan_edu."):
        module = importlib.import_module(info.name)
        for name, thing in vars(module).items():
            if getattr(thing, "__module__", "") == info.name and not name.startswith("_"):
                found |= {f"{info.name}.{way}" for way in takes_chance(name, thing)}
    return {name.removeprefix("gan_edu.") for name in found}


def takes_chance(name: str, thing) -> list[str]:
    if not callable(thing) or (inspect.isclass(thing) and issubclass(thing, BaseException)):
        return []
    ways = {name: thing}
    if inspect.isclass(thing):
        methods = {k: v for k, v in vars(thing).items() if inspect.isfunction(v) and k[0] != "_"}
        ways |= {f"{name}.{k}": v for k, v in methods.items()}
    return [w for w, f in ways.items() if {"seed", "rng"} & set(inspect.signature(f).parameters)]


def test_nothing_that_takes_a_seed_is_forgotten():
    assert seeded() == (set(DRAWS) - {"a mixture's sample"}) | set(ELSEWHERE)


def test_a_seed_decides_the_order_of_the_cards():
    album = guessing.open_album(load_offline_digits())
    decks = [guessing.Match(album, seed).deck for seed in (0, 0, 1, 2)]
    orders = [repr(deck) for deck in decks]
    assert orders[0] == orders[1]
    assert len(set(orders)) == 3
