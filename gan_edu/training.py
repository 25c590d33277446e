"""The game itself: a step for the discriminator, a step for the generator, again and again."""

import collections
import contextlib
import copy
import math
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from gan_edu.files import read_torch, write_torch
from gan_edu.losses import discriminator_loss, generator_non_saturating

CHECKPOINT_FORMAT = "gan_edu checkpoint 1"
_STATEFUL = ("generator", "discriminator", "opt_g", "opt_d", "average")


@dataclass(frozen=True)
class Snapshot:
    """An iteration's numbers: both losses (log losses in nats), and the mean of σ(a), a being D's
    output, on real and on fake.
    """

    iteration: int
    loss_d: float
    loss_g: float
    d_real: float
    d_fake: float


@dataclass(frozen=True)
class Settings:
    """How iterations are played; `dataclasses.replace` makes other ones.

    A batch has `batch_size` samples; an iteration has `d_steps` steps of D (the article's k) and
    `g_steps` of G. A learning rate or an optimiser that is None stays as it is; an optimiser is
    called with weights and a learning rate. `d_penalty(discriminator, x_real, x_fake, rng)` is
    added to D's loss, if there is one; with `d_clip` each of D's weights is cut to ±d_clip after
    its step: two constraints for a critic. `average_share` is how much of the game the average of G
    remembers. If `relativistic`, G's loss is given a(G(z)) − a(x), how much more real a generated
    sample looks than a real one beside it. A network that is frozen is not updated; its loss is
    measured all the same. Raises ValueError for sizes below one, or a share outside of [0, 1].
    """

    batch_size: int = 64
    d_steps: int = 1
    g_steps: int = 1
    lr_d: float | None = None
    lr_g: float | None = None
    optimiser_d: Callable[..., Optimizer] | None = None
    optimiser_g: Callable[..., Optimizer] | None = None
    loss_fn_d: Callable[[Tensor, Tensor], Tensor] = discriminator_loss
    loss_fn_g: Callable[[Tensor], Tensor] = generator_non_saturating
    d_penalty: Callable[[nn.Module, Tensor, Tensor, torch.Generator], Tensor] | None = None
    d_clip: float | None = None
    average_share: float = 0.1
    relativistic: bool = False
    freeze_d: bool = False
    freeze_g: bool = False

    def __post_init__(self):
        for name in ("batch_size", "d_steps", "g_steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if not 0 <= self.average_share <= 1:
            raise ValueError(f"average_share must lie in [0, 1], got {self.average_share}")


NOTHING = torch.empty(0, dtype=torch.float32)


class Look(NamedTuple):
    """What can be seen of an iteration where it pauses: the step's name, and its tensors."""

    name: str
    noise: Tensor = NOTHING
    real: Tensor = NOTHING
    fake: Tensor = NOTHING
    loss: Tensor = NOTHING
    logits: tuple[Tensor, ...] = ()  # of D on real and on generated samples, or on generated ones


@dataclass(eq=False)
class Game:
    """The two players, their optimisers, the noise source and the running average of G.

    `generator` maps noise (N, latent_dim) to samples, and `discriminator` samples to logits, also
    of two batches in one stack (2, N, …), which for linear layers needs nothing special. Every
    random number comes from `rng`, so it alone decides how the game goes. `average` follows
    the generator's weights, a ← β a + (1 − β) w with β = st / (st + 1) after t iterations, s being
    the settings' `average_share`: its memory is that share of the game, however long that is, and
    what it draws is calmer than what G draws. `sample_noise` is called like `torch.randn`. With
    `copies` many games are played side by side: samples are (copies, N, …), and networks treat
    each copy for itself. `precision` is what the networks multiply in; weights, losses and
    optimisers stay as they are. Raises ValueError for a latent_dim or copies below one, or a
    precision that is no floating-point type.
    """

    generator: nn.Module
    discriminator: nn.Module
    opt_g: Optimizer
    opt_d: Optimizer
    latent_dim: int
    rng: torch.Generator
    settings: Settings = Settings()
    sample_noise: Callable[..., Tensor] = torch.randn
    copies: int | None = None
    precision: torch.dtype = torch.float32
    iterations: int = 0
    average: nn.Module = field(init=False)

    def __post_init__(self):
        for name in ("latent_dim", "copies"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        if not self.precision.is_floating_point:
            raise ValueError(f"precision must be a floating-point type, got {self.precision}")
        self.average = copy.deepcopy(self.generator).eval().requires_grad_(False)
        self._lower = self.precision not in (torch.float32, torch.float64)
        self._followed = list(zip(_tensors(self.average), _tensors(self.generator), strict=True))
        self._side_by_side = () if self.copies is None else (self.copies,)
        self._obeyed: Settings | None = None

    def obey(self) -> None:
        """Let the optimisers be as the settings say; each step does so first.

        One of another kind begins without a memory.
        """
        settings = self.settings
        before = self._obeyed or Settings()
        if settings is self._obeyed:
            return
        if settings.optimiser_d and settings.optimiser_d is not before.optimiser_d:
            lr = _lr(self.opt_d)
            self.opt_d = settings.optimiser_d(self.discriminator.parameters(), lr)
        if settings.optimiser_g and settings.optimiser_g is not before.optimiser_g:
            lr = _lr(self.opt_g)
            self.opt_g = settings.optimiser_g(self.generator.parameters(), lr)
        self._set_learning_rates()
        self._obeyed = settings

    def _set_learning_rates(self) -> None:
        for optimiser, lr in (
            (self.opt_d, self.settings.lr_d),
            (self.opt_g, self.settings.lr_g),
        ):
            for group in optimiser.param_groups if lr is not None else ():
                group["lr"] = lr

    def pick(self, x: Tensor, count: int) -> Tensor:
        """Draw `count` rows of real data x (N, …), with replacement, for each copy of the game."""
        size = (*self._side_by_side, count)
        return x[torch.randint(len(x), size, generator=self.rng, device=self.rng.device)]

    def noise(self, count: int) -> Tensor:
        """Draw noise z of shape (count, latent_dim) on the game's device, from `sample_noise`."""
        size = (*self._side_by_side, count, self.latent_dim)
        where = {"generator": self.rng, "device": self.rng.device}
        return self.sample_noise(size, dtype=torch.float32, **where)

    def generate(self, count: int) -> Tensor:
        """Draw `count` samples x_fake = G(z), still tied to G: both steps may use them."""
        return self.generated(self.noise(count))

    def generated(self, z: Tensor) -> Tensor:
        """Return G(z), still tied to G."""
        with self._cast():
            return self.generator(z)

    def step_discriminator(self, x_real: Tensor, x_fake: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Move D one step down its loss, equation (3); return loss, logits on real and on fake.

        x_real and x_fake have the same shape (B, …) and go through D as a stack (2, B, …), two
        batches in one pass. `detach` cuts the generated samples off: no gradient reaches G.
        Raises FloatingPointError, with D untouched, for a loss that is not finite.
        """
        look = _last(self.discriminator_step(x_real, x_fake))
        logits_real, logits_fake = look.logits
        return look.loss, logits_real, logits_fake

    def discriminator_step(self, x_real: Tensor, x_fake: Tensor) -> Iterator[Look]:
        """Do what `step_discriminator` does, and pause before D moves and after it."""
        self.obey()
        loss_d, *logits = self.d_loss_and_logits(x_real, x_fake.detach())
        yield Look("loss_d", real=x_real, fake=x_fake.detach(), loss=loss_d, logits=tuple(logits))
        _check_finite(loss_d, "discriminator", self.iterations)
        if not self.settings.freeze_d:
            self._descend(loss_d, self.opt_d)
            self._clip()
        seen = tuple(logit.detach() for logit in logits)
        yield Look("update_d", real=x_real, fake=x_fake.detach(), loss=loss_d.detach(), logits=seen)

    def d_loss_and_logits(self, x_real: Tensor, x_fake: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return D's loss, penalty included, and its logits on real and on fake."""
        beside = len(self._side_by_side)  # the axis on which both batches lie side by side
        both = self._logits(torch.stack([x_real, x_fake], dim=beside))
        logits_real, logits_fake = both.unbind(beside)
        loss_d = self.settings.loss_fn_d(logits_real, logits_fake)
        if self.settings.d_penalty:
            penalty = self.settings.d_penalty(self.discriminator, x_real, x_fake, self.rng)
            loss_d = loss_d + penalty
        return loss_d, logits_real, logits_fake

    def _clip(self) -> None:
        clip = self.settings.d_clip
        if clip:
            for weight in _weights(self.opt_d):
                weight.detach().clamp_(-clip, clip)

    def step_generator(self, x_fake: Tensor, x_real: Tensor = NOTHING) -> Tensor:
        """Move G one step down its loss on x_fake = G(z), equation (4); return the loss.

        D only passes the gradient on: its own weights stay, and collect no gradient. A relativistic
        loss compares with x_real, as many samples.
        Raises FloatingPointError, with G untouched, for a loss that is not finite.
        """
        return _last(self.generator_step(x_fake, x_real)).loss

    def generator_step(
        self, x_fake: Tensor, x_real: Tensor = NOTHING, z: Tensor = NOTHING
    ) -> Iterator[Look]:
        """Do what `step_generator` does, and pause before G moves and after it."""
        self.obey()
        with _frozen(_weights(self.opt_d)):
            logits = self._logits(x_fake)
            loss_g = self.g_loss(logits, x_real)
        yield Look("loss_g", noise=z, fake=x_fake, loss=loss_g, logits=(logits,))
        _check_finite(loss_g, "generator", self.iterations)
        if not self.settings.freeze_g:
            self._descend(loss_g, self.opt_g)
        yield Look("update_g", noise=z, fake=x_fake.detach(), loss=loss_g.detach())

    def g_loss(self, logits_fake: Tensor, x_real: Tensor) -> Tensor:
        """Return G's loss; x_real, as many samples as there are logits, matter to some losses."""
        if not self.settings.relativistic:
            return self.settings.loss_fn_g(logits_fake)
        with torch.no_grad():
            logits_real = self._logits(x_real)
        return self.settings.loss_fn_g(logits_fake - logits_real)

    def _logits(self, x: Tensor) -> Tensor:
        with self._cast():
            logits = self.discriminator(x)
        return logits.float() if self._lower else logits

    def _cast(self) -> contextlib.AbstractContextManager:
        if not self._lower:
            return contextlib.nullcontext()
        return torch.autocast(self.rng.device.type, self.precision)

    def _descend(self, loss: Tensor, optimiser: Optimizer) -> None:
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
        weight = 1 / (self.settings.average_share * self.iterations + 1)
        for slow, fast in self._followed:
            slow.lerp_(fast, weight)

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the settings that decides how the game goes on.

        It holds tensors and plain values, of optimisers that are as the settings say.
        """
        self.obey()
        parts = {name: getattr(self, name).state_dict() for name in _STATEFUL}
        return {**parts, "rng": self.rng.get_state(), "iterations": self.iterations}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go back to a state from `state_dict`; all of it or, on an error, nothing.

        Learning rates that the settings name stay as they name them.
        """
        self.obey()
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
        self._set_learning_rates()
        self.rng.set_state(state["rng"])
        self.iterations = state["iterations"]


def iteration(game: Game, x: Tensor) -> Iterator[Look]:
    """Play one iteration, and pause after each of its steps for whoever looks.

    First the settings' d_steps steps of D on minibatches of x, then g_steps of G, then the average.
    x holds the real data, one sample a row; minibatches are drawn with replacement. G's first step
    uses the generated samples of D's last step again: the 2014 paper's Algorithm 1 draws new ones,
    which costs a fifth of the speed. Its last look has the losses of both last steps, and D's
    logits. Raises FloatingPointError if a loss is not finite.
    """
    settings = game.settings  # a change acts from the next iteration on
    for _ in range(settings.d_steps):
        x_real = game.pick(x, settings.batch_size)
        yield Look("real", real=x_real)
        z, x_fake = yield from _generating(game, settings.batch_size)
        for step_d in game.discriminator_step(x_real, x_fake):
            yield step_d
    for step in range(settings.g_steps):
        if step:
            z, x_fake = yield from _generating(game, settings.batch_size)
        for step_g in game.generator_step(x_fake, x_real, z):
            yield step_g
    game.update_average()
    game.iterations += 1
    yield Look("end", loss=torch.stack([step_d.loss, step_g.loss]), logits=step_d.logits)


def _generating(game: Game, count: int) -> Generator[Look, None, tuple[Tensor, Tensor]]:
    z = game.noise(count)
    yield Look("noise", noise=z)
    x_fake = game.generated(z)
    yield Look("generate", noise=z, fake=x_fake)
    return z, x_fake


def play_iteration(game: Game, x: Tensor) -> Look:
    """Play one iteration to its end; return its last look, which `snapshot` reads.

    A keyboard interrupt waits until the iteration is whole.
    Raises FloatingPointError if a loss is not finite.
    """
    with interrupts_wait(), torch.enable_grad():
        return _last(iteration(game, x))


def snapshot(game: Game, end: Look) -> Snapshot:
    """Return the numbers of the iteration that has just ended; to read them takes a moment."""
    loss_d, loss_g = end.loss.tolist()
    d_real, d_fake = (logits.sigmoid().mean().item() for logits in end.logits)
    return Snapshot(game.iterations, loss_d, loss_g, d_real, d_fake)


@torch.enable_grad()
def pushes(game: Game, x_fake: Tensor, x_real: Tensor = NOTHING) -> Tensor:
    """Return −N ∂L_G/∂x for each sample of x_fake (N, …): where G's own loss pushes it.

    A relativistic loss compares with x_real, which has the same shape.
    """
    x_fake = x_fake.detach().requires_grad_()
    loss = game.g_loss(game.discriminator(x_fake), x_real)
    return -len(x_fake) * torch.autograd.grad(loss, x_fake)[0]


def _last(looks: Iterator[Look]) -> Look:
    return collections.deque(looks, maxlen=1)[0]


def play_iterations(game: Game, x: Tensor, iterations: int) -> Iterator[Snapshot]:
    """Play that many iterations and yield a snapshot after each; stop and go on as you like.

    x is the real data, a floating-point tensor with one sample a row on the game's device. Raises
    ValueError for iterations below one or a data tensor without rows, and what `iteration` raises.
    """
    if iterations < 1:
        raise ValueError(f"iterations must be at least 1, got {iterations}")
    if x.ndim < 2 or len(x) == 0 or not x.is_floating_point():
        raise ValueError(
            f"x must be a floating-point tensor of shape (samples, features), "
            f"got {x.dtype} of shape {tuple(x.shape)}"
        )
    return (snapshot(game, play_iteration(game, x)) for _ in range(iterations))


def save_checkpoint(path: str | os.PathLike, game: Game, **notes: float) -> None:
    """Write the whole game, and plain values to remember with it, to one file, atomically.

    Raises OSError, with the old file as it was, if there is no room or no right to write.
    """
    content = {"format": CHECKPOINT_FORMAT, "game": game.state_dict(), "notes": notes}
    write_torch(path, content)


def load_checkpoint(path: str | os.PathLike, game: Game) -> dict[str, float]:
    """Bring a game of the same make back to a saved state, bit for bit; return the notes.

    Raises FileNotFoundError if there is no such file, and ValueError, with the game as it was,
    if it is no checkpoint, is damaged, or belongs to players of other sizes.
    """
    content = read_torch(path)
    if not isinstance(content, dict) or content.get("format") != CHECKPOINT_FORMAT:
        raise ValueError(f"{path} is no checkpoint of this version; expected {CHECKPOINT_FORMAT!r}")
    try:
        game.load_state_dict(content["game"])
        return content["notes"]
    except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} belongs to another game: {error}") from error


def _check_finite(loss: Tensor, player: str, iterations: int) -> None:
    if not math.isfinite(loss.item()):
        raise FloatingPointError(
            f"the {player}'s loss is {loss.item()} in iteration {iterations + 1}. Go back to the "
            f"last checkpoint or start again, with a smaller learning rate for both players."
        )


def _lr(optimiser: Optimizer) -> float:
    return optimiser.param_groups[0]["lr"]


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
