"""Games that a test plays, and what they have made of their networks."""

from typing import Any

from gan_edu.chapters.ch07_playground.playground import Playground


def played(game: Any, iterations: int) -> Any:
    """Play a match, a playground or two of them, and return it."""
    for _ in range(iterations):
        game.play_iteration()
    return game


def weights_of(ground: Playground) -> list:
    """Return all weights of G, D, and G's average."""
    game = ground.match.game
    players = (game.generator, game.discriminator, game.average)
    return [w.tolist() for player in players for w in player.parameters()]
