"""A game with its data and its settings, which begins anew from its seed: what one plays with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, cast

import torch
from torch import Tensor
from torch.optim import Optimizer

from gan_edu.language import CLAUSES, LONG_CLAUSES, joined, ngettext
from gan_edu.training import (
    NOTHING,
    Game,
    Look,
    Settings,
    Snapshot,
    interrupts_wait,
    iteration,
    play_iteration,
    snapshot,
)


def adam(weights, lr: float) -> Optimizer:
    """Return Adam with β = (0.5, 0.9): little momentum, since the opponent moves too."""
    return torch.optim.Adam(weights, lr=lr, betas=(0.5, 0.9), fused=True)


def sgd(weights, lr: float) -> Optimizer:
    """Return plain gradient descent."""
    return torch.optim.SGD(weights, lr=lr, fused=True)


def uniform_noise(
    size: tuple[int, ...],
    *,
    generator: torch.Generator,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Return noise from U[−1, 1]; called like `torch.randn`."""
    return torch.empty(size, dtype=dtype, device=device).uniform_(-1, 1, generator=generator)


AS_MADE = cast(Settings, None)  # a match's settings until its first `reset`


@dataclass(eq=False)
class Match:
    """A game that can begin anew, and settings that act from the next iteration on.

    `start()` makes the game, the same each time it is called; x (N, …) is the real data. Without
    `settings` they are as `start` makes them; they outlive a `reset`. Each `every` iterations
    `measure(game, snapshot)` is appended to `history`; where it would hold more than `most`, each
    second one goes, and from then on half as many are noted, so that a game may play all day: each
    `thinned` · `every` iterations. `before` is the history up to the last reset, to compare with.
    `as_made` says whether this run has had the first settings only, and no step alone: what is
    known of it holds for no other. Raises ValueError for an `every` or `most` below one, and
    FloatingPointError for a loss that is not finite.
    """

    start: Callable[[], Game]
    x: Tensor
    settings: Settings = AS_MADE
    measure: Callable[[Game, Snapshot], object] = lambda game, snapshot: snapshot
    every: int = 1
    most: int = 400  # a panel is 230 pixels wide; more points cost time and show nothing
    game: Game = field(init=False)
    history: list[Any] = field(init=False, default_factory=list)
    before: list[Any] = field(init=False, default_factory=list)
    thinned: int = field(init=False, default=1)
    as_made: bool = field(init=False, default=True)
    _first: Settings = field(init=False, default=AS_MADE, repr=False)

    def __post_init__(self):
        for name in ("every", "most"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        self.reset()
        self._first, self.as_made = self.settings, True  # until somebody changes them

    def reset(self) -> None:
        """Begin anew from the start, bit for bit, with the settings as they are."""
        self.game = self.start()
        self.settings = self.settings or _settings_of(self.game)
        self.game.settings = self.settings
        self.as_made = self.settings == self._first
        self.before, self.history = self.history or self.before, []
        self.thinned = 1
        self.alone = {}

    def change(self, **settings: object) -> None:
        """Play on with some other settings. TypeError for a name that `Settings` does not have."""
        self.use(replace(self.settings, **settings))

    def use(self, settings: Settings) -> None:
        """Play on with these settings."""
        self.settings = self.game.settings = settings
        self.as_made = self.as_made and settings == self._first

    @property
    def iterations(self) -> int:
        """How many iterations have been played since the start."""
        return self.game.iterations

    @interrupts_wait()
    def play_iteration(self) -> None:
        """Play one iteration, and note it in its turn. A keyboard interrupt waits until then."""
        self.note(play_iteration(self.game, self.x))

    @torch.enable_grad()
    def play_slowly(self) -> Iterator[Look]:
        """Play one iteration as `play_iteration` does, and pause after each of its steps."""
        for look in iteration(self.game, self.x):
            if look.name == "end":
                self.note(look)
            yield look

    def note(self, end: Look) -> None:
        """Measure the iteration that has just ended, in its turn."""
        self.alone = {}
        if self.iterations % (self.every * self.thinned) == 0:
            self.history.append(self.measure(self.game, snapshot(self.game, end)))
        if len(self.history) > self.most:
            self.history = self.history[1::2]
            self.thinned *= 2

    @interrupts_wait()
    @torch.enable_grad()
    def step_discriminator(self) -> None:
        """Move D alone, one step."""
        count = self.settings.batch_size
        self.game.step_discriminator(self.game.pick(self.x, count), self.game.generate(count))
        self.as_made = False
        self.alone["D"] = self.alone.get("D", 0) + 1

    @interrupts_wait()
    @torch.enable_grad()
    def step_generator(self) -> None:
        """Move G alone, one step, and its average with it."""
        count = self.settings.batch_size
        self.game.step_generator(self.game.generate(count), self._beside(count))
        self.game.update_average()
        self.as_made = False
        self.alone["G"] = self.alone.get("G", 0) + 1

    def _beside(self, count: int) -> Tensor:
        """Return the real samples that a relativistic loss compares with; others need none."""
        return self.game.pick(self.x, count) if self.settings.relativistic else NOTHING

    @property
    def so_far(self) -> str:
        """Words for the iterations that have been played, and for the steps alone since then."""
        n = self.iterations
        played = ngettext("{n:,} iteration", "{n:,} iterations", n).format(n=n)
        return joined([played, self.steps_alone], LONG_CLAUSES)

    @property
    def steps_alone(self) -> str:
        """Words for the steps that D or G took alone since the last iteration, if any."""
        d, g = self.alone.get("D", 0), self.alone.get("G", 0)
        told = [
            ngettext("D: {n} step alone", "D: {n} steps alone", d).format(n=d) if d else "",
            ngettext("G: {n} step alone", "G: {n} steps alone", g).format(n=g) if g else "",
        ]
        return joined(told, CLAUSES)


def _settings_of(game: Game) -> Settings:
    """Return the settings that a game was made with, its rates among them."""
    learning_rates = {
        f"lr_{p}": o.param_groups[0]["lr"] for p, o in (("d", game.opt_d), ("g", game.opt_g))
    }
    return replace(game.settings, **learning_rates)
