"""A game with its data and its settings, which begins anew from its seed: what one plays with."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.adam import adam as fused_adam

from gan_edu.language import gettext as _
from gan_edu.language import ngettext
from gan_edu.training import Game, Snapshot, check_share, interrupts_wait, take_round

# Settings of a match that the game itself has too.
_PASSED_ON = ("d_loss", "g_loss", "d_penalty", "d_clip", "average_share")


class _QuickAdam(torch.optim.Adam):
    """PyTorch's fused Adam without the bookkeeping around it, which takes a tiny network longer."""

    @torch.no_grad()
    def step(self) -> None:
        """Take one step; each group's first one is PyTorch's own, which makes the state."""
        for group in self.param_groups:
            weights = group["params"]
            states = [self.state[weight] for weight in weights]
            if not all(states):
                return super().step()
            parts = ([s[name] for s in states] for name in ("exp_avg", "exp_avg_sq", "step"))
            means, squares, steps = parts
            beta1, beta2 = group["betas"]
            fused_adam(
                weights, [w.grad for w in weights], means, squares, [], steps,
                fused=True, amsgrad=False, maximize=False, weight_decay=0.0,
                beta1=beta1, beta2=beta2, lr=group["lr"], eps=group["eps"],
            )  # fmt: skip
        return None

    step.hooked = True  # and without an entry for the profiler


def adam(weights, lr: float) -> Optimizer:
    """Return Adam with β = (0.5, 0.9): little momentum, since the opponent moves too."""
    return _QuickAdam(weights, lr=lr, betas=(0.5, 0.9), fused=True)


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


@dataclass(eq=False)
class Match:
    """A game that can begin anew, and settings that act from the next step on.

    `start()` makes the game, the same each time it is called; x (N, …) is the real data. Settings
    that are None stay as `start` makes them; all of them outlive a `reset`. `optimiser` is one for
    both players, or a pair: D's and G's. Each `every` rounds
    `measure(game, snapshot)` is appended to `history`; where it would hold more than `most`, each
    second one goes, and from then on half as many are noted, so that a game may play all day.
    Raises ValueError for sizes below one and what `Game` refuses, and FloatingPointError for a
    loss that is not finite.
    """

    start: Callable[[], Game]
    x: Tensor
    batch_size: int = 64
    d_steps: int = 1
    g_steps: int = 1
    lr_d: float | None = None
    lr_g: float | None = None
    d_loss: Callable[[Tensor, Tensor], Tensor] | None = None
    g_loss: Callable[[Tensor], Tensor] | None = None
    d_penalty: Callable[..., Tensor] | None = None
    d_clip: float | None = None
    optimiser: Callable[..., Optimizer] | tuple[Callable, Callable] | None = None
    average_share: float | None = None
    measure: Callable[[Game, Snapshot], object] = lambda game, snapshot: snapshot
    every: int = 1
    most: int = 400  # a panel is 230 pixels wide; more points cost time and show nothing
    game: Game = field(init=False)
    history: list = field(init=False)

    def __post_init__(self):
        for name in ("batch_size", "d_steps", "g_steps", "every", "most"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        self.reset()
        check_share(self.average_share)

    def reset(self) -> None:
        """Begin anew from the start, bit for bit, with the settings as they are."""
        self.game, self._moved_by = self.start(), (None, None)
        self.history, self._thinned, self.alone = [], 1, {}
        for name, there in self._settings().items():
            if getattr(self, name) is None:
                setattr(self, name, there)

    def _settings(self) -> dict:
        game = self.game
        rates = {f"lr_{player}": opt.param_groups[0]["lr"] for player, opt in self._optimisers()}
        return {**rates, **{name: getattr(game, name) for name in _PASSED_ON}}

    def _optimisers(self) -> list[tuple[str, Optimizer]]:
        return [("d", self.game.opt_d), ("g", self.game.opt_g)]

    @property
    def rounds(self) -> int:
        """How many rounds have been played since the start."""
        return self.game.rounds

    @interrupts_wait()
    @torch.enable_grad()
    def play_round(self) -> None:
        """Play one round, and note it in its turn. A keyboard interrupt waits until it is whole."""
        self.apply_settings()
        self.note(take_round(self.game, self.x, self.batch_size, self.d_steps, self.g_steps))

    def note(self, read: Callable[[], Snapshot]) -> None:
        """Measure the round that has just ended, and whose snapshot `read` returns, in its turn."""
        self.alone = {}
        if self.rounds % (self.every * self._thinned) == 0:
            self.history.append(self.measure(self.game, read()))
        if len(self.history) > self.most:
            self.history, self._thinned = self.history[1::2], 2 * self._thinned

    @interrupts_wait()
    @torch.enable_grad()
    def step_discriminator(self) -> None:
        """Move D alone, one step."""
        self.apply_settings()
        x_real, x_fake = self.game.pick(self.x, self.batch_size), self.game.forge(self.batch_size)
        self.game.step_discriminator(x_real, x_fake)
        self.alone["D"] = self.alone.get("D", 0) + 1

    @interrupts_wait()
    @torch.enable_grad()
    def step_generator(self) -> None:
        """Move G alone, one step, and its average with it."""
        self.apply_settings()
        self.game.step_generator(self.game.forge(self.batch_size))
        self.game.update_average()
        self.alone["G"] = self.alone.get("G", 0) + 1

    @property
    def steps_alone(self) -> str:
        """Words for the steps that D or G took alone since the last round, if there were any."""
        counted = [
            ngettext("{player}: {n:,} step", "{player}: {n:,} steps", n).format(player=player, n=n)
            for player, n in self.alone.items()
        ]
        return _("{counted} alone").format(counted=", ".join(counted)) if counted else ""

    def apply_settings(self) -> None:
        """Hand the settings on to the game; a new kind of optimiser begins without a memory."""
        game = self.game
        for name in _PASSED_ON:
            setattr(game, name, getattr(self, name))
        of_d, of_g = wanted = self._optimiser_pair()
        if of_d is not self._moved_by[0]:
            game.opt_d = of_d(game.discriminator.parameters(), self.lr_d)
        if of_g is not self._moved_by[1]:
            game.opt_g = of_g(game.generator.parameters(), self.lr_g)
        self._moved_by = wanted
        for player, optimiser in self._optimisers():
            for group in optimiser.param_groups:
                group["lr"] = getattr(self, f"lr_{player}")

    def _optimiser_pair(self) -> tuple:
        return self.optimiser if isinstance(self.optimiser, tuple) else (self.optimiser,) * 2
