"""The game itself: a step for the discriminator, a step for the generator, round after round."""

import contextlib
import copy
import io
import math
import os
import pickle
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from gan_edu.files import written_whole
from gan_edu.losses import discriminator_loss, generator_non_saturating

AVERAGE_MEMORY = 10  # the average looks back over one in so many of the rounds played
CHECKPOINT_FORMAT = "gan_edu checkpoint 1"
_STATEFUL = ("generator", "discriminator", "opt_g", "opt_d", "average")


@dataclass(frozen=True)
class Snapshot:
    """What a round looked like: both losses in nats, and D's mean answer on real and on fake."""

    round: int
    loss_d: float
    loss_g: float
    d_real: float
    d_fake: float


@dataclass(eq=False)
class Game:
    """The two players, their optimisers, the noise source and the running average of G.

    `generator` maps noise (N, latent_dim) to samples, and `discriminator` samples to logits, also
    of two batches in one stack (2, N, …), which for linear layers needs nothing special. Every
    random number comes from `rng`, so it alone decides how the game goes. `average` follows
    the generator's weights, a ← β a + (1 − β) w with β = t / (t + 10) after t rounds: its memory is
    a tenth of the game, however long that is, and what it draws is calmer than what G draws.
    `precision` is what the networks multiply in; weights, losses and optimisers stay as they are.
    Raises ValueError for a latent_dim below one or a precision that is no floating-point type.
    """

    generator: nn.Module
    discriminator: nn.Module
    opt_g: Optimizer
    opt_d: Optimizer
    latent_dim: int
    rng: torch.Generator
    precision: torch.dtype = torch.float32
    rounds: int = 0
    average: nn.Module = field(init=False)

    def __post_init__(self):
        if self.latent_dim < 1:
            raise ValueError(f"latent_dim must be at least 1, got {self.latent_dim}")
        if not self.precision.is_floating_point:
            raise ValueError(f"precision must be a floating-point type, got {self.precision}")
        self.average = copy.deepcopy(self.generator).eval().requires_grad_(False)

    def noise(self, count: int) -> Tensor:
        """Draw noise z ~ N(0, I) of shape (count, latent_dim) on the game's device."""
        return torch.randn(count, self.latent_dim, generator=self.rng, device=self.rng.device)

    def forge(self, count: int) -> Tensor:
        """Draw `count` forgeries x_fake = G(z), still tied to G: both steps may use them."""
        with self._cast():
            return self.generator(self.noise(count))

    def step_discriminator(self, x_real: Tensor, x_fake: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Move D one step down its loss, equation (3); return loss, logits on real and on fake.

        x_real and x_fake have the same shape (B, …) and go through D as a stack (2, B, …), two
        batches in one pass. `detach` cuts the forgeries off: no gradient reaches G.
        Raises FloatingPointError, with D untouched, for a loss that is not finite.
        """
        logits_real, logits_fake = self._judge(torch.stack([x_real, x_fake.detach()]))
        loss_d = discriminator_loss(logits_real, logits_fake)
        self._descend(loss_d, self.opt_d, "discriminator")
        return loss_d.detach(), logits_real.detach(), logits_fake.detach()

    def step_generator(self, x_fake: Tensor) -> Tensor:
        """Move G one step down its loss on its forgeries x_fake, equation (4); return the loss.

        D only passes the gradient on: its own weights stay, and collect no gradient.
        Raises FloatingPointError, with G untouched, for a loss that is not finite.
        """
        loss_g = generator_non_saturating(self._judge(x_fake))
        self._descend(loss_g, self.opt_g, "generator")
        return loss_g.detach()

    def _judge(self, x: Tensor) -> Tensor:
        with self._cast():
            logits = self.discriminator(x)
        return logits.to(torch.promote_types(logits.dtype, torch.float32))

    def _cast(self) -> torch.autocast:
        lower = self.precision not in (torch.float32, torch.float64)
        return torch.autocast(self.rng.device.type, self.precision, enabled=lower)

    def _descend(self, loss: Tensor, optimiser: Optimizer, player: str) -> None:
        if not math.isfinite(loss.item()):
            raise FloatingPointError(
                f"the {player}'s loss is {loss.item()} in round {self.rounds + 1}. Go back to the "
                f"last checkpoint or start again, with a smaller learning rate for both players."
            )
        optimiser.zero_grad()
        loss.backward(inputs=[w for group in optimiser.param_groups for w in group["params"]])
        optimiser.step()

    @torch.no_grad()
    def update_average(self) -> None:
        """Let the average follow G: a ← β a + (1 − β) w, batch statistics included."""
        weight = AVERAGE_MEMORY / (self.rounds + AVERAGE_MEMORY)
        for slow, fast in zip(_tensors(self.average), _tensors(self.generator), strict=True):
            slow.lerp_(fast, weight)

    def state_dict(self) -> dict:
        """Return everything that decides how the game goes on, as tensors and plain values."""
        parts = {name: getattr(self, name).state_dict() for name in _STATEFUL}
        return {**parts, "rng": self.rng.get_state(), "rounds": self.rounds}

    def load_state_dict(self, state: dict) -> None:
        """Go back to a state from `state_dict`; all of it or, on an error, nothing."""
        before = copy.deepcopy(self.state_dict())
        try:
            self._restore(state)
        except Exception:
            self._restore(before)
            raise

    def _restore(self, state: dict) -> None:
        for name in _STATEFUL:
            getattr(self, name).load_state_dict(state[name])
        self.rng.set_state(state["rng"])
        self.rounds = state["rounds"]


def play_round(game: Game, x: Tensor, batch_size: int = 64, d_steps: int = 1) -> Snapshot:
    """Play one round: d_steps steps of D on minibatches of x, one of G, one of the average.

    x holds the real data, one sample a row; minibatches are drawn with replacement. G's step
    uses the forgeries of D's last step again: the 2014 paper's Algorithm 1 draws new ones, which
    costs a fifth of the speed. A keyboard interrupt waits until the round is whole.
    Raises FloatingPointError if a loss is not finite.
    """
    with _interrupts_wait():
        for _ in range(d_steps):
            rows = torch.randint(len(x), (batch_size,), generator=game.rng, device=game.rng.device)
            x_fake = game.forge(batch_size)
            loss_d, logits_real, logits_fake = game.step_discriminator(x[rows], x_fake)
        loss_g = game.step_generator(x_fake)
        game.update_average()
        game.rounds += 1
    d_real, d_fake = logits_real.sigmoid().mean(), logits_fake.sigmoid().mean()
    return Snapshot(game.rounds, *(v.item() for v in (loss_d, loss_g, d_real, d_fake)))


def play_rounds(
    game: Game, x: Tensor, rounds: int, batch_size: int = 64, d_steps: int = 1
) -> Iterator[Snapshot]:
    """Play `rounds` rounds and yield a snapshot after each; stop and go on whenever you like.

    x is the real data, a floating-point tensor with one sample a row on the game's device;
    d_steps is the article's k. Raises ValueError for sizes below one or a data tensor without
    rows, and what `play_round` raises.
    """
    for name, size in {"rounds": rounds, "batch_size": batch_size, "d_steps": d_steps}.items():
        if size < 1:
            raise ValueError(f"{name} must be at least 1, got {size}")
    if x.ndim < 2 or len(x) == 0 or not x.is_floating_point():
        raise ValueError(
            f"x must be a floating-point tensor of shape (samples, features), "
            f"got {x.dtype} of shape {tuple(x.shape)}"
        )
    return (play_round(game, x, batch_size, d_steps) for _ in range(rounds))


def save_checkpoint(path: str | os.PathLike, game: Game, **notes: float) -> None:
    """Write the whole game, and plain values to remember with it, to one file, atomically."""
    with written_whole(path) as temporary:
        content = {"format": CHECKPOINT_FORMAT, "game": game.state_dict(), "notes": notes}
        torch.save(content, temporary)


def load_checkpoint(path: str | os.PathLike, game: Game) -> dict[str, float]:
    """Bring a game of the same make back to a saved state, bit for bit; return the notes.

    Raises FileNotFoundError if there is no such file, and ValueError, with the game as it was,
    if it is no checkpoint, is damaged, or belongs to players of other sizes.
    """
    file = io.BytesIO(Path(path).read_bytes())
    try:
        content = torch.load(file, weights_only=True, map_location="cpu")
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, OSError) as error:
        raise ValueError(f"{path} is damaged or no checkpoint of this course: {error}") from error
    if not isinstance(content, dict) or content.get("format") != CHECKPOINT_FORMAT:
        raise ValueError(f"{path} is no checkpoint of this version; expected {CHECKPOINT_FORMAT!r}")
    try:
        game.load_state_dict(content["game"])
    except (RuntimeError, ValueError, KeyError) as error:
        raise ValueError(f"{path} belongs to another game: {error}") from error
    return content["notes"]


@contextlib.contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Hold Ctrl-C back until the block is done; outside the main thread none arrives anyway."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pending = []
    previous = signal.signal(signal.SIGINT, lambda *_: pending.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
    if pending:
        signal.raise_signal(signal.SIGINT)


def _tensors(network: nn.Module) -> Iterator[Tensor]:
    """Yield weights and batch statistics; batch normalisation's counter is no number to average."""
    for tensor in (*network.parameters(), *network.buffers()):
        if tensor.is_floating_point():
            yield tensor
