"""The games behind the pictures in `gan_edu/images/`: played once, then drawn from the file.

Processors add in different orders; over a thousand iterations games grow apart by that, and so
would the pictures.
"""

import functools
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from gan_edu.chapters.ch07_playground import signs
from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.datasets import as_tensor, load_mnist
from gan_edu.files import written_whole
from gan_edu.match import Match
from gan_edu.recipes import Mark, digit_game, draw, fresh_noise, line_match
from gan_edu.training import Game, play_iterations
from tools.figures import article

FILE = Path(__file__).with_name("trained.npz")
FILM = (*range(0, 40, 2), *range(40, 200, 8), *range(200, 2001, 60))  # iterations
DIGITS = (20, 200, 1000, 12_000)  # iterations
RING = 2000  # iterations


def line_at(distribution: str, iterations: int) -> Match:
    """Return `line_match(distribution)` after these iterations; KeyError if that is not stored."""
    return _put_back(line_match(distribution), distribution, iterations, Mark)


def ring() -> Playground:
    """Return the playground's ring of eight modes, after 2000 iterations."""
    playground = Playground()
    _put_back(playground.match, "ring", RING, signs.Mark)
    return playground


def digits() -> np.ndarray:
    """Return what twelve noise vectors became at each of `DIGITS`: uint8 (4 · 12, 28, 28)."""
    return _stored()["digits"]


def play(file: Path = FILE) -> None:
    """Play all games anew, and store them; it takes minutes."""
    numbers = {
        **_played(line_match("normal"), "normal", FILM),
        **_played(line_match(article.DISTRIBUTION), article.DISTRIBUTION, article.STAGES),
        **_played(Playground().match, "ring", (RING,)),
        "digits": _digits_drawn(),
    }
    with written_whole(file) as path:
        np.savez_compressed(path, **numbers)
    _stored.cache_clear()


def _played(match: Match, name: str, iterations: Iterable[int]) -> dict[str, np.ndarray]:
    """Play a match; return its weights after these iterations, in half precision, and its marks."""
    numbers = {}
    for end in iterations:
        while match.iterations < end:
            match.play_iteration()
        weights = [parameters_to_vector(network.parameters()) for network in _players(match.game)]
        numbers[f"{name} {end}"] = torch.cat(weights).detach().half().numpy()
    marks = json.dumps(
        [asdict(mark) for mark in match.history], default=lambda number: number.item()
    )
    return numbers | {f"{name} marks": np.array(marks)}


def _digits_drawn() -> np.ndarray:
    game, z, x = digit_game(), fresh_noise(12, seed=4), as_tensor(load_mnist().images)
    shots = play_iterations(game, x, max(DIGITS))
    return np.concatenate([draw(game, z) for shot in shots if shot.iteration in DIGITS])


def _put_back(match: Match, name: str, iterations: int, mark: type) -> Match:
    weights = torch.from_numpy(_stored()[f"{name} {iterations}"]).float()
    for network in _players(match.game):
        vector_to_parameters(weights, network.parameters())
        weights = weights[sum(weight.numel() for weight in network.parameters()) :]
    marks = json.loads(str(_stored()[f"{name} marks"]))
    match.history = [mark(**noted) for noted in marks if noted["iteration"] <= iterations]
    match.game.iterations = iterations
    return match


def _players(game: Game) -> tuple[torch.nn.Module, ...]:
    return game.generator, game.discriminator, game.average


@functools.cache
def _stored() -> dict[str, np.ndarray]:
    with np.load(FILE) as numbers:
        return dict(numbers)
