"""What stands underneath the course: exact answers, players, losses, game, judge, live figure."""

__version__ = "0.1.0"
