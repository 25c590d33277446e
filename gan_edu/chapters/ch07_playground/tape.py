"""A recorded game: its full state now and then, and the settings of each iteration between."""

from collections.abc import Callable, Iterator
from typing import Any

import torch

from gan_edu.match import Match
from gan_edu.training import Game

SPACING = 50  # iterations from one kept state to the next
MOST_BYTES = 64_000_000


class Tape:
    """What it takes to bring a game back to any of its iterations, bit for bit.

    States are kept every `spacing` iterations, which doubles when they fill `MOST_BYTES`; what
    lies between is played again, with the settings of each iteration.
    """

    def __init__(self, game: Game, settings: dict):
        self.end, self.spacing, self.marks = 0, SPACING, []
        self.ghost = []  # the marks that the last cut has taken away, and the one before them
        self._states = {game.iterations: (settings, *_kept(game))}
        self._by_hand: set[int] = set()  # iterations after which D or G was updated alone
        self._settings: list[tuple[int, dict]] = []

    def before_iteration(self, iteration: int, settings: dict) -> None:
        """Note the settings of the next iteration; what was recorded beyond `iteration` is lost."""
        self.cut(iteration)
        if not self._settings or self._settings[-1][1] != settings:
            self._settings.append((iteration, settings))

    def after_iteration(self, game: Game, marks: list) -> None:
        """Keep the state, if it is time to."""
        self.end, self.marks = game.iterations, marks
        if self.end % self.spacing == 0:
            self._keep(game, self._settings[-1][1])

    def after_step(self, game: Game, settings: dict) -> None:
        """Keep the state after a step outside any iteration, which cannot be played again."""
        self.cut(game.iterations)
        self._by_hand.add(game.iterations)
        self._keep(game, settings)

    def _keep(self, game: Game, settings: dict) -> None:
        self._states[game.iterations] = settings, *_kept(game)
        while self.bytes > MOST_BYTES and self.spacing < game.iterations:
            self.spacing *= 2
            wanted = {r for r in self._states if r % self.spacing == 0} | self._by_hand
            self._states = {r: s for r, s in self._states.items() if r in wanted}

    def cut(self, iteration: int) -> None:
        """Forget what lies beyond `iteration`, all but its marks."""
        if iteration < self.end:
            kept = sum(mark.iteration <= iteration for mark in self.marks)
            self.ghost = self.marks[max(0, kept - 1) :]
            self._states = {r: s for r, s in self._states.items() if r <= iteration}
            self._settings = [(r, s) for r, s in self._settings if r < iteration]
            self._by_hand = {r for r in self._by_hand if r <= iteration}
            self.marks = [mark for mark in self.marks if mark.iteration <= iteration]
            self.end = iteration

    def played_with(self, name: str) -> set:
        """Return all values that a setting had in the recorded iterations."""
        return {settings[name] for _, settings in self._settings}

    def play_back(self, iteration: int, match: Match, apply: Callable[[dict], None]) -> None:
        """Bring the match to `iteration`, from the last state before it; `apply` takes settings.

        The state is restored under the settings that it was kept with, so that its optimisers are
        of the right kind.
        """
        first = max(r for r in self._states if r <= iteration)
        settings, state, _ = self._states[first]
        apply(settings)
        match.game.load_state_dict(state)
        match.alone = {}
        match.history = []  # the iterations played again are noted already
        for played in range(first, iteration):
            apply(next(s for r, s in reversed(self._settings) if r <= played))
            match.play_iteration()
        match.history = [mark for mark in self.marks if mark.iteration <= iteration]

    @property
    def bytes(self) -> int:
        """How much memory the kept states take."""
        return sum(size for *_, size in self._states.values())


def _kept(game: Game) -> tuple[dict, int]:
    """Return a copy of a game's state, and how many bytes it takes."""
    state = _copied(game.state_dict())
    return state, sum(t.nbytes for t in _tensors(state))


def _copied(state: Any) -> Any:
    """Return a copy of nested tensors and plain values, in a seventh of `copy.deepcopy`'s time."""
    if isinstance(state, torch.Tensor):
        return state.clone()
    if isinstance(state, dict):
        return {name: _copied(part) for name, part in state.items()}
    return type(state)(map(_copied, state)) if isinstance(state, list | tuple) else state


def _tensors(state) -> Iterator[torch.Tensor]:
    if isinstance(state, torch.Tensor):
        yield state
    elif isinstance(state, dict | list | tuple):
        for part in state.values() if isinstance(state, dict) else state:
            yield from _tensors(part)
