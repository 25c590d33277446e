"""The package under the course: exact answers, networks, losses, the game, live figures."""

__version__ = "0.1.0"
