"""A game on tape: its whole state now and then, and the settings of each round in between."""

import copy
from collections.abc import Callable, Iterator

import torch

from gan_edu.match import Match
from gan_edu.training import Game

SPACING = 50  # rounds from one kept state to the next
MOST_BYTES = 64_000_000


class Tape:
    """What it takes to bring a game back to any of its rounds, bit for bit.

    States are kept every `spacing` rounds, which doubles when they fill `MOST_BYTES`; what lies
    between is played again, with the settings of each round.
    """

    def __init__(self, game: Game, settings: dict):
        self.end, self.spacing, self.marks = 0, SPACING, []
        self._states = {game.rounds: (settings, _copied(game))}
        self._by_hand: set[int] = set()  # rounds after which a player took a step of its own
        self._settings: list[tuple[int, dict]] = []

    def before_round(self, round: int, settings: dict) -> None:
        """Note what the next round is played with; what was recorded beyond `round` is lost."""
        self.cut(round)
        if not self._settings or self._settings[-1][1] != settings:
            self._settings.append((round, settings))

    def after_round(self, game: Game, marks: list) -> None:
        """Keep the state in its turn."""
        self.end, self.marks = game.rounds, marks
        if self.end % self.spacing == 0:
            self._keep(game, self._settings[-1][1])

    def after_step(self, game: Game, settings: dict) -> None:
        """Keep the state after a step that belongs to no round, and cannot be played again."""
        self.cut(game.rounds)
        self._by_hand.add(game.rounds)
        self._keep(game, settings)

    def _keep(self, game: Game, settings: dict) -> None:
        self._states[game.rounds] = settings, _copied(game)
        while self.bytes > MOST_BYTES and self.spacing < game.rounds:
            self.spacing *= 2
            wanted = {r for r in self._states if r % self.spacing == 0} | self._by_hand
            self._states = {r: s for r, s in self._states.items() if r in wanted}

    def cut(self, round: int) -> None:
        """Forget what lies beyond `round`."""
        if round < self.end:
            self._states = {r: s for r, s in self._states.items() if r <= round}
            self._settings = [(r, s) for r, s in self._settings if r < round]
            self._by_hand = {r for r in self._by_hand if r <= round}
            self.marks = [mark for mark in self.marks if mark.round <= round]
            self.end = round

    def played_with(self, name: str) -> set:
        """Return the values that a setting had in the rounds on tape."""
        return {settings[name] for _, settings in self._settings}

    def play_back(self, round: int, match: Match, apply: Callable[[dict], None]) -> None:
        """Bring the match to `round`, from the last state before it; `apply` takes settings.

        The state is restored with the settings that it was kept with, so that its optimisers are
        of the right kind.
        """
        first = max(r for r in self._states if r <= round)
        settings, state = self._states[first]
        apply(settings)
        match.game.obey()
        match.game.load_state_dict(state)
        match.alone = {}
        match.history = []  # the rounds played again are noted already
        for played in range(first, round):
            apply(next(s for r, s in reversed(self._settings) if r <= played))
            match.play_round()
        match.history = [mark for mark in self.marks if mark.round <= round]

    @property
    def bytes(self) -> int:
        """How much memory the kept states take."""
        return sum(t.nbytes for _, state in self._states.values() for t in _tensors(state))


def _copied(game: Game) -> dict:
    return copy.deepcopy(game.state_dict())


def _tensors(state) -> Iterator[torch.Tensor]:
    if isinstance(state, torch.Tensor):
        yield state
    elif isinstance(state, dict | list | tuple):
        for part in state.values() if isinstance(state, dict) else state:
            yield from _tensors(part)
