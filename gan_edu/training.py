"""The game itself: a step for the discriminator, a step for the generator, round after round."""

import contextlib
import copy
import functools
import io
import math
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from gan_edu.files import read_sealed, write_sealed
from gan_edu.losses import discriminator_loss, generator_non_saturating

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
    the generator's weights, a ← β a + (1 − β) w with β = st / (st + 1) after t rounds, s being
    `average_share`: its memory is that share of the game, however long that is, and what it draws
    is calmer than what G draws. `noise_law` is called like `torch.randn`. With `copies` many games
    are played side by side: samples are (copies, N, …), and networks treat each copy for itself.
    `precision` is what the networks multiply in; weights, losses and optimisers stay as they are.
    `d_penalty(discriminator, x_real, x_fake, rng)` is added to D's loss, if there is one; with
    `d_clip` each of D's weights is cut to ±d_clip after its step: two leashes for a critic.
    Raises ValueError for a latent_dim or copies below one, a share outside of [0, 1], or a
    precision that is no floating-point type.
    """

    generator: nn.Module
    discriminator: nn.Module
    opt_g: Optimizer
    opt_d: Optimizer
    latent_dim: int
    rng: torch.Generator
    d_loss: Callable[[Tensor, Tensor], Tensor] = discriminator_loss
    g_loss: Callable[[Tensor], Tensor] = generator_non_saturating
    d_penalty: Callable[..., Tensor] | None = None
    d_clip: float | None = None
    noise_law: Callable[..., Tensor] = torch.randn
    average_share: float = 0.1
    copies: int | None = None
    precision: torch.dtype = torch.float32
    rounds: int = 0
    average: nn.Module = field(init=False)

    def __post_init__(self):
        for name in ("latent_dim", "copies"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        check_share(self.average_share)
        if not self.precision.is_floating_point:
            raise ValueError(f"precision must be a floating-point type, got {self.precision}")
        self.average = copy.deepcopy(self.generator).eval().requires_grad_(False)
        self._lower = self.precision not in (torch.float32, torch.float64)
        self._followed = list(zip(_tensors(self.average), _tensors(self.generator), strict=True))

    @property
    def _side_by_side(self) -> tuple[int, ...]:
        return () if self.copies is None else (self.copies,)

    def pick(self, x: Tensor, count: int) -> Tensor:
        """Draw `count` rows of real data x (N, …), with replacement, for each copy of the game."""
        size = (*self._side_by_side, count)
        return x[torch.randint(len(x), size, generator=self.rng, device=self.rng.device)]

    def noise(self, count: int) -> Tensor:
        """Draw noise z of shape (count, latent_dim) on the game's device, from `noise_law`."""
        size = (*self._side_by_side, count, self.latent_dim)
        where = {"generator": self.rng, "device": self.rng.device}
        return self.noise_law(size, dtype=torch.float32, **where)

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
        loss_d, logits_real, logits_fake = self.judged(x_real, x_fake.detach())
        self._descend(loss_d, self.opt_d, "discriminator")
        if self.d_clip:
            for weight in _weights(self.opt_d):
                weight.detach().clamp_(-self.d_clip, self.d_clip)
        return loss_d.detach(), logits_real.detach(), logits_fake.detach()

    def judged(self, x_real: Tensor, x_fake: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return D's loss, penalty included, and its logits on real and on fake."""
        beside = len(self._side_by_side)  # the axis on which both batches lie side by side
        both = self._judge(torch.stack([x_real, x_fake], dim=beside))
        logits_real, logits_fake = both.unbind(beside)
        loss_d = self.d_loss(logits_real, logits_fake)
        if self.d_penalty:
            loss_d = loss_d + self.d_penalty(self.discriminator, x_real, x_fake, self.rng)
        return loss_d, logits_real, logits_fake

    def step_generator(self, x_fake: Tensor) -> Tensor:
        """Move G one step down its loss on its forgeries x_fake, equation (4); return the loss.

        D only passes the gradient on: its own weights stay, and collect no gradient.
        Raises FloatingPointError, with G untouched, for a loss that is not finite.
        """
        with _frozen(_weights(self.opt_d)):
            loss_g = self.g_loss(self._judge(x_fake))
        self._descend(loss_g, self.opt_g, "generator")
        return loss_g.detach()

    def _judge(self, x: Tensor) -> Tensor:
        with self._cast():
            logits = self.discriminator(x)
        return logits.float() if self._lower else logits

    def _cast(self) -> contextlib.AbstractContextManager:
        if not self._lower:
            return contextlib.nullcontext()
        return torch.autocast(self.rng.device.type, self.precision)

    def _descend(self, loss: Tensor, optimiser: Optimizer, player: str) -> None:
        if not math.isfinite(loss.item()):
            raise FloatingPointError(
                f"the {player}'s loss is {loss.item()} in round {self.rounds + 1}. Go back to the "
                f"last checkpoint or start again, with a smaller learning rate for both players."
            )
        weights = _weights(optimiser)
        # A loss is a mean over all copies; each copy is to feel its own loss in full. New gradients
        # take the place of the old ones, which is what `zero_grad` and `backward` do, but quicker.
        gradients = torch.autograd.grad(loss * self.copies if self.copies else loss, weights)
        for weight, gradient in zip(weights, gradients, strict=True):
            weight.grad = gradient
        optimiser.step()

    @torch.no_grad()
    def update_average(self) -> None:
        """Let the average follow G: a ← β a + (1 − β) w, batch statistics included."""
        weight = 1 / (self.average_share * self.rounds + 1)
        for slow, fast in self._followed:
            slow.lerp_(fast, weight)

    def end_round(self, loss_g: Tensor, *judged: Tensor) -> Callable[[], Snapshot]:
        """Count the round, the average with it; return what reads its snapshot out.

        `loss_g` and `judged` are what the round's last two steps have returned.
        """
        self.update_average()
        self.rounds += 1
        return functools.partial(_read, self.rounds, loss_g, *judged)

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
            # An optimiser would go on to write into the tensors that it is given.
            getattr(self, name).load_state_dict(copy.deepcopy(state[name]))
        self.rng.set_state(state["rng"])
        self.rounds = state["rounds"]


def check_share(average_share: float) -> None:
    """Raise ValueError for a share outside of [0, 1]."""
    if not 0 <= average_share <= 1:
        raise ValueError(f"average_share must lie in [0, 1], got {average_share}")


def play_round(game: Game, x: Tensor, batch_size: int = 64, d_steps: int = 1) -> Snapshot:
    """Play one round: d_steps steps of D on minibatches of x, one of G, one of the average.

    x holds the real data, one sample a row; minibatches are drawn with replacement. G's step
    uses the forgeries of D's last step again: the 2014 paper's Algorithm 1 draws new ones, which
    costs a fifth of the speed. A keyboard interrupt waits until the round is whole.
    Raises FloatingPointError if a loss is not finite.
    """
    with interrupts_wait():
        read = take_round(game, x, batch_size, d_steps)
    return read()


@torch.enable_grad()
def take_round(
    game: Game, x: Tensor, batch_size: int = 64, d_steps: int = 1, g_steps: int = 1
) -> Callable[[], Snapshot]:
    """Play one round, as `play_round` does, and return what reads its snapshot out.

    For small games, where a look at each round takes long.
    """
    for _ in range(d_steps):
        x_real, x_fake = game.pick(x, batch_size), game.forge(batch_size)
        judged = game.step_discriminator(x_real, x_fake)
    for step in range(g_steps):
        loss_g = game.step_generator(game.forge(batch_size) if step else x_fake)
    return game.end_round(loss_g, *judged)


def _read(round: int, loss_g: Tensor, loss_d: Tensor, real: Tensor, fake: Tensor) -> Snapshot:
    d_real, d_fake = real.sigmoid().mean(), fake.sigmoid().mean()
    return Snapshot(round, *(value.item() for value in (loss_d, loss_g, d_real, d_fake)))


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
    """Write the whole game, and plain values to remember with it, to one file, atomically.

    Raises OSError, with the old file as it was, if there is no room or no right to write.
    """
    content = {"format": CHECKPOINT_FORMAT, "game": game.state_dict(), "notes": notes}
    file = io.BytesIO()
    torch.save(content, file)
    write_sealed(path, file.getvalue())


def load_checkpoint(path: str | os.PathLike, game: Game) -> dict[str, float]:
    """Bring a game of the same make back to a saved state, bit for bit; return the notes.

    Raises FileNotFoundError if there is no such file, and ValueError, with the game as it was,
    if it is no checkpoint, is damaged, or belongs to players of other sizes.
    """
    file = io.BytesIO(read_sealed(path))
    try:
        content = torch.load(file, weights_only=True, map_location="cpu")
    except Exception as error:  # whatever torch makes of bytes that are not its own
        raise ValueError(f"{path} is damaged or no checkpoint of this course: {error}") from error
    if not isinstance(content, dict) or content.get("format") != CHECKPOINT_FORMAT:
        raise ValueError(f"{path} is no checkpoint of this version; expected {CHECKPOINT_FORMAT!r}")
    try:
        game.load_state_dict(content["game"])
        return content["notes"]
    except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} belongs to another game: {error}") from error


def _weights(optimiser: Optimizer) -> list[Tensor]:
    return [weight for group in optimiser.param_groups for weight in group["params"]]


@contextlib.contextmanager
def _frozen(weights: list[Tensor]) -> Iterator[None]:
    """Let a network pass gradients on without a thought for its own weights, which takes time."""
    for weight in weights:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in weights:
            weight.requires_grad_(True)


@contextlib.contextmanager
def interrupts_wait() -> Iterator[None]:
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
