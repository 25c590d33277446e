"""Games that a test plays, and what they have made of their networks."""

from typing import Any


def played(game: Any, iterations: int) -> Any:
    """Play a match, a playground or two of them, and return it."""
    for _ in range(iterations):
        game.play_iteration()
    return game


def weights_of(ground: Any) -> list:
    """Return all weights of a playground's G, D, and G's average."""
    game = ground.match.game
    players = (game.generator, game.discriminator, game.average)
    return [w.tolist() for player in players for w in player.parameters()]
