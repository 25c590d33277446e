"""Games that are known to go well: networks, losses, learning rates, data and a seed."""

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from gan_edu.datasets import Digits, as_images, as_tensor
from gan_edu.distributions import GRID_U, Distribution, largest_cdf_error, mixture, normal
from gan_edu.divergences import histogram, js
from gan_edu.files import read_torch, write_torch
from gan_edu.losses import generator_minimax, generator_non_saturating
from gan_edu.match import Match, adam, sgd, uniform_noise
from gan_edu.metrics import auc
from gan_edu.networks import (
    DIGITS,
    PIXELS,
    PassLabel,
    digit_discriminator,
    digit_generator,
    mlp,
    outputs,
    with_labels,
)
from gan_edu.training import Game, Settings, Snapshot


@functools.lru_cache(16)
def evenly_spaced(distribution: Distribution, n: int = 20_000) -> torch.Tensor:
    """Return n evenly spaced quantiles of a distribution, float32 (n, 1): no sampling noise.

    The same distribution gives the same tensor again: it is there to be read.
    """
    return torch.from_numpy(distribution.ppf((np.arange(n) + 0.5) / n)).float()[:, None]


LATENT_DIM = 16
LONG_RUN = Path(__file__).parent / "weights" / "digits.pt"


def digit_game(
    seed: int = 0, device: str | torch.device = "cpu", precision: torch.dtype | None = None
) -> Game:
    """Return a new game on digits, decided by `seed` alone; torch's global randomness stays.

    Adam without momentum (β₁ = 0): the direction of the last step is of little use against an
    opponent that has moved since. G's learning rate is twice D's. Without a `precision` it is
    bfloat16 on processors that have an instruction for it, where it is faster, else float32.
    """
    return _digit_game(digit_generator, digit_discriminator, seed, device, precision)


def tuned_digit_game(
    seed: int = 0, device: str | torch.device = "cpu", precision: torch.dtype | None = None
) -> Game:
    """Return `digit_game` with what a search has added: better digits in the same time.

    D sees `Ink`, and the average of G remembers a fifth of the game instead of a tenth.
    """
    discriminator = functools.partial(digit_discriminator, ink=True)
    return _tuned(_digit_game(digit_generator, discriminator, seed, device, precision))


def labelled_digit_game(
    seed: int = 0, device: str | torch.device = "cpu", precision: torch.dtype | None = None
) -> Game:
    """Return `tuned_digit_game` with labels for both players, to be played on `labelled_digits`.

    Equations (3) and (4) read D(x, y) and G(z, y): nothing else changes. G's noise ends in the
    label of a random digit, and G hands it on to D beside the image.
    """

    def generator() -> PassLabel:
        return PassLabel(digit_generator(LATENT_DIM + DIGITS))

    discriminator = functools.partial(digit_discriminator, ink=True, labels=True)
    game = _tuned(_digit_game(generator, discriminator, seed, device, precision))
    game.latent_dim, game.sample_noise = LATENT_DIM + DIGITS, labelled_noise
    return game


def labelled_digits(digits: Digits) -> torch.Tensor:
    """Return images with their labels behind, (N, 794): what `labelled_digit_game` is played on."""
    return with_labels(as_tensor(digits.images), torch.from_numpy(digits.labels).long())


def _tuned(game: Game) -> Game:
    game.settings = replace(game.settings, average_share=0.2)
    return game


def _digit_game(
    new_generator: Callable[[], torch.nn.Module],
    new_discriminator: Callable[[], torch.nn.Module],
    seed: int,
    device: str | torch.device,
    precision: torch.dtype | None,
) -> Game:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        generator, discriminator = new_generator(), new_discriminator()
    generator, discriminator = generator.to(device), discriminator.to(device)
    return Game(
        generator=generator,
        discriminator=discriminator,
        opt_g=_adam(generator, lr=2e-3),
        opt_d=_adam(discriminator, lr=1e-3),
        latent_dim=LATENT_DIM,
        rng=torch.Generator(device).manual_seed(seed),
        precision=precision or _quick_precision(device),
    )


def _quick_precision(device: str | torch.device) -> torch.dtype:
    able = torch.cpu.get_capabilities()
    if torch.device(device).type == "cpu" and (able.get("avx512_bf16") or able.get("amx_bf16")):
        return torch.bfloat16
    return torch.float32


def _adam(player: torch.nn.Module, lr: float) -> torch.optim.Adam:
    return torch.optim.Adam(player.parameters(), lr=lr, betas=(0.0, 0.99), fused=True)


def labelled_noise(size: tuple[int, ...], *, generator: torch.Generator, **where) -> torch.Tensor:
    """Return noise z ~ N(0, I), its last ten numbers the label of a random digit."""
    *rows, width = size
    z = torch.randn((*rows, width - DIGITS), generator=generator, **where)
    labels = torch.randint(DIGITS, rows, generator=generator, device=z.device)
    return with_labels(z, labels)


def trained_generator() -> torch.nn.Sequential:
    """Return a G that has played for 33,000 iterations, at once: `digit_game`'s, in eval mode.

    `python -m gan_edu.train --out run --iterations 33000 --without-labels` made its weights on
    MNIST, as run/generator.pt; `benchmarks/RECORD.md` says what they are worth.
    """
    with torch.random.fork_rng(devices=[]):
        generator = digit_generator(LATENT_DIM)
    generator.load_state_dict(read_torch(LONG_RUN))
    return generator.eval().requires_grad_(False)


def write_generator(path: str | os.PathLike, game: Game) -> None:
    """Write the weights of G's average in half the digits, which no image shows: 550 kB."""
    weights = game.average.state_dict()
    write_torch(path, {n: w.half() if w.is_floating_point() else w for n, w in weights.items()})


def draw(game: Game, z: torch.Tensor) -> np.ndarray:
    """Return what the average of G draws from noise z (N, latent_dim): uint8 (N, 28, 28)."""
    return drawn_by(game.average, z.to(game.rng.device))


@torch.no_grad()
def drawn_by(generator: torch.nn.Module, z: torch.Tensor) -> np.ndarray:
    """Return what a generator draws from noise z (N, …): uint8 (N, 28, 28), without labels."""
    return np.concatenate([as_images(generator(block)[:, :PIXELS]) for block in z.split(1000)])


def draw_digits(game: Game, count: int, seed: int = 0) -> np.ndarray:
    """Return `count` digits, uint8 (count, 28, 28), from noise that `seed` decides.

    The noise is not the game's own, so that looking at a game does not change how it goes on.
    """
    rng = torch.Generator().manual_seed(seed)
    size = (count, game.latent_dim)
    return draw(game, game.sample_noise(size, generator=rng, dtype=torch.float32))


def fresh_noise(count: int, seed: int, digit: int | None = None) -> torch.Tensor:
    """Return noise z ~ N(0, I) of shape (count, 16) that `seed` alone decides.

    With a `digit`, 0 to 9, its label follows, (count, 26): `labelled_digit_game` draws that digit.
    """
    rng = torch.Generator().manual_seed(seed)
    z = torch.randn(count, LATENT_DIM, generator=rng, dtype=torch.float32)
    return z if digit is None else with_labels(z, torch.full((count,), digit))


def digit_match(
    x: torch.Tensor, seed: int = 0, new_game: Callable[[int], Game] = digit_game
) -> Match:
    """Return a match of `new_game(seed)` against images x.

    It notes every iteration, up to 10,000; then half as often.
    """
    return Match(lambda: new_game(seed), x, most=10_000)


DISTRIBUTIONS = {"normal": normal(), "two_modes": mixture([0.5, 0.5], [-1.5, 1.5], [0.5, 0.5])}
SETTINGS = {  # found by search: with them 20 of 20 seeds end at a KS below 0.05
    "normal": {"lr_d": 4e-3, "loss_fn_g": generator_non_saturating},
    "two_modes": {"lr_d": 1e-2, "loss_fn_g": generator_minimax},
}
LOSSES = {"non_saturating": generator_non_saturating, "minimax": generator_minimax}
OPTIMISERS = {"adam": adam, "sgd": sgd}
LEARNING_RATES = [1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 4e-3, 1e-2, 2e-2, 5e-2, 0.1]
EDGES = np.linspace(-5, 5, 101)
MIDDLES = (EDGES[1:] + EDGES[:-1]) / 2
FEW_U = GRID_U[::10]  # enough for a curve


def line_players(copies: int | None = None) -> tuple[torch.nn.Module, torch.nn.Module]:
    """Return a new G, 1-32-32-1 with tanh, and D, with leaky ReLU; torch's global state decides."""
    sizes = (1, 32, 32, 1)
    return mlp(sizes, "tanh", copies=copies), mlp(sizes, "leaky_relu", copies=copies)


def line_match(
    distribution: str = "normal",
    seed: int = 0,
    copies: int | None = None,
    every: int = 50,
    **settings,
) -> Match:
    """Return a match of U[−1, 1] against one of `DISTRIBUTIONS`, decided by `seed` alone.

    `settings` are those of `training.Settings`, in the place of what `SETTINGS` has. With `copies`
    that many games are played at once, each with its own initial weights and its own random
    numbers. Raises ValueError for another distribution, and what `Settings` raises.
    """
    if distribution not in DISTRIBUTIONS:
        names = ", ".join(DISTRIBUTIONS)
        raise ValueError(f"distribution must be one of {names}, got {distribution!r}")
    target = DISTRIBUTIONS[distribution]
    usual = {"batch_size": 128, "lr_g": 1e-3, "optimiser_d": adam, "optimiser_g": adam}
    chosen = Settings(**usual | SETTINGS[distribution] | settings)

    def start() -> Game:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            generator, discriminator = line_players(copies)
        rng = torch.Generator().manual_seed(seed)
        opt_g, opt_d = adam(generator.parameters(), 1e-3), adam(discriminator.parameters(), 1e-3)
        options = {"sample_noise": uniform_noise, "copies": copies}
        return Game(generator, discriminator, opt_g, opt_d, 1, rng, **options)

    measure = functools.partial(_measured, target)
    return Match(start, evenly_spaced(target), chosen, measure, every)


@dataclass(frozen=True)
class Mark:
    """Where a game stands: both losses in nats; largest CDF error (KS) and JS of the EMA of G; KS
    of G itself; the last three (copies,), or numbers.
    """

    iteration: int
    loss_d: float
    loss_g: float
    ks: np.ndarray
    js: np.ndarray
    ks_now: np.ndarray


def _measured(target: Distribution, game: Game, snapshot: Snapshot) -> Mark:
    average, now = (generated(player, game.copies) for player in (game.average, game.generator))
    ks, ks_now = (largest_cdf_error(y, target) for y in (average, now))
    losses = snapshot.loss_d, snapshot.loss_g
    return Mark(snapshot.iteration, *losses, ks, js_of(average, target), ks_now)


def generated(
    generator: torch.nn.Module, copies: int | None = None, u: np.ndarray = GRID_U
) -> np.ndarray:
    """Return G at evenly spread noise u, (2000,) or (copies, 2000): no sampling noise in it."""
    return outputs(generator, u, copies)


def loss_and_auc(match: Match) -> np.ndarray:
    """Return D's loss and its AUC, (2, copies), on the data and on G's samples of even noise."""
    game = match.game
    copies = match.game.copies or 1
    fake = torch.from_numpy(generated(game.generator, game.copies)).float()[..., None]
    real = match.x[::10].expand_as(fake)
    with torch.no_grad():
        a_real, a_fake = (game.discriminator(x).reshape(copies, -1) for x in (real, fake))
    pairs = list(zip(a_real, a_fake, strict=True))
    return np.array([[game.settings.loss_fn_d(*p).item() for p in pairs], [auc(*p) for p in pairs]])


def shares(y: np.ndarray) -> np.ndarray:
    """Return the shares of y (…, N) in the bins of `EDGES`, whose ends take what lies beyond."""
    return np.apply_along_axis(histogram, -1, y, EDGES, "ends")


def exact_shares(distribution: Distribution) -> np.ndarray:
    """Return what `shares` would be for the distribution itself."""
    return np.diff(distribution.cdf(np.concatenate([[-np.inf], EDGES[1:-1], [np.inf]])))


def js_of(y: np.ndarray, distribution: Distribution) -> np.ndarray:
    """Return JS of y (…, N) and the distribution, in nats, in the bins of `EDGES`."""
    return js(shares(y), exact_shares(distribution))


def answers(discriminator: torch.nn.Module) -> np.ndarray:
    """Return D's probability of "real" at `MIDDLES`."""
    x = torch.from_numpy(MIDDLES).float()[:, None]
    with torch.no_grad():
        return discriminator(x)[:, 0].sigmoid().numpy()


def optimal_d_on_grid(y: np.ndarray, distribution: Distribution) -> np.ndarray:
    """Return D* = p/(p + q) against y (N,) in the bins of `EDGES`, NaN where hardly a sample is."""
    p, q = exact_shares(distribution), shares(y)
    return np.where(p + q > 2e-3, p / np.maximum(p + q, 1e-12), np.nan)
