"""What a running game shows of its health, noted now and then, and what can be told from it.

Distances and means are told in units of the real samples' spread, √Σ var, or of what a perfect
forger would get, so that one border serves all targets.
"""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial.distance import cdist
from torch import Tensor

from gan_edu.metrics import auc
from gan_edu.targets import DISTANCES, REACHED, Target
from gan_edu.training import Game, Snapshot

RECENT = 3  # marks that a sign is judged by: their median
TURNING = 24  # marks in which G's mean may turn


@dataclass(frozen=True)
class Truth:
    """What is real: its law, samples x (N, dim), and what a perfect forger of it would get."""

    target: Target
    x: Tensor
    perfect: dict[str, float]

    @property
    def spread(self) -> float:
        """√Σ var of the real samples over their dimensions."""
        return self.x.var(0).sum().sqrt().item()

    @property
    def well(self) -> float:
        """The W₁ up to which a forger counts as good: twice a perfect one's, or a little."""
        return max(2 * self.perfect["w1"], 0.2 * self.spread)


@dataclass(frozen=True)
class Mark:
    """Where a game stands: losses, and how far G and its average have come.

    `now` and `average` have a number for each of `DISTANCES`. Where heaps can be counted, G covers
    `covered_now` of them and its average `covered`; the average misses all but `reached`, and
    `on_heaps` is the share of G's samples that lie on any. `accuracy` is D's AUC: how often it
    gives the real one of a real and a forged sample the larger output; `passed` is
    mean |∂L_G/∂a| · N, the part of D's slope that G's loss hands on to G; `mean` is G's mean, seen
    from the real one, in spreads.
    """

    iteration: int
    loss_d: float
    loss_g: float
    now: dict[str, float]
    average: dict[str, float]
    covered_now: int | None
    covered: int | None
    reached: int | None
    on_modes: float | None
    accuracy: float
    passed: float
    mean: tuple[float, ...]

    @property
    def w1(self) -> float:
        """W₁ of G now."""
        return self.now["w1"]

    @property
    def average_w1(self) -> float:
        """W₁ of G's average."""
        return self.average["w1"]


def noted(game: Game, snapshot: Snapshot, real: Truth, z: Tensor) -> Mark:
    """Return the mark of a round, looking at the forgeries of z (N, latent_dim)."""
    with torch.no_grad():
        y, slow = game.generator(z), game.average(z)
    fits = [
        {name: getattr(real.target, name)(generated.double().numpy()) for name in DISTANCES}
        for generated in (y, slow)
    ]
    modes = counted(real.target, y.double().numpy(), slow.double().numpy())
    mean = ((y.mean(0) - real.x.mean(0)) / real.spread).tolist()
    losses = snapshot.iteration, snapshot.loss_d, snapshot.loss_g
    return Mark(*losses, *fits, *modes, *ranking_and_slope(game, real.x, y), tuple(mean))


def counted(target: Target, now: np.ndarray, average: np.ndarray) -> tuple:
    """Return `covered_now`, `covered`, `reached` and `on_heaps` of a mark, from samples (N, 2)."""
    if not target.apart:
        return (None,) * 4
    reached = target.covered(average, REACHED)
    return target.covered(now), target.covered(average), reached, on_modes(target, now)


def on_modes(target: Target, y: np.ndarray) -> float:
    """Return the share of y (N, 2) that lies within 3 sd of the centre of any heap."""
    return float(np.mean(cdist(y, target.centres).min(1) < 3 * target.sd))


@torch.enable_grad()
def ranking_and_slope(game: Game, x: Tensor, y: Tensor) -> tuple[float, float]:
    """Return D's AUC on real x and forged y, and which part of its slope G gets."""
    with torch.no_grad():
        a_real, a_fake = (game.discriminator(samples)[:, 0] for samples in (x[: len(y)], y))
    right = auc(a_real, a_fake)
    a = a_fake.requires_grad_()
    slopes = torch.autograd.grad(game.settings.loss_fn_g(a), a)[0]
    return right, slopes.abs().sum().item()


def lately(marks: list[Mark], read: str, count: int = RECENT) -> float:
    """Return the median of a sign over the last `count` marks; NaN if there is none yet."""
    values = [getattr(mark, read) for mark in marks[-count:]]
    return float(np.median(values)) if values and None not in values else np.nan


def turning(marks: list[Mark]) -> tuple[float, float, float]:
    """Return how far G's mean swings (in spreads), how regularly (0 to 1), and its period.

    Over the last `TURNING` marks, along the direction in which the mean moves most: the swing is
    √2 times its standard deviation, which is a sine's height; the period is the lag, in rounds,
    at which the autocorrelation is highest after it has been below 0, and that is the regularity.
    """
    path = np.array([mark.mean for mark in marks[-TURNING:]])
    if len(path) < 4:
        return 0.0, 0.0, np.nan
    path = path - path.mean(0)
    x = path @ np.linalg.svd(path, full_matrices=False)[2][0]
    swing = float(np.sqrt(2) * x.std())
    lags = np.correlate(x, x, "full")[len(x) - 1 :] / max(x @ x, 1e-12)
    below = np.flatnonzero(lags < 0)
    if not len(below):
        return swing, 0.0, np.nan
    lag = below[0] + int(np.argmax(lags[below[0] :]))
    return (
        swing,
        max(0.0, float(lags[lag])),
        float(lag * (marks[-1].iteration - marks[-2].iteration)),
    )
