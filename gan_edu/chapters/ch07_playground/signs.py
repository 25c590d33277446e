"""Diagnostics of a running game, noted now and then, and what can be read off them.

Distances and means are in units of the real samples' standard deviation, √Σ var, or of what a
perfect generator would get, so that one threshold serves all targets.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from gan_edu.metrics import auc
from gan_edu.targets import DISTANCES, REACHED, GaussianModes, Target, same_distribution
from gan_edu.training import Game, Snapshot

RECENT = 3  # marks whose median counts
LONG = 10  # the same of the AUC: an oscillating G passes its target twice in them
PATH = 24  # marks in which G's mean may oscillate
Counted = tuple[int | None, int | None, int | None, int | None, float | None, float | None]


@dataclass(frozen=True)
class Truth:
    """The target, real samples x (N, dim), and what a perfect generator would get.

    `looks` generated samples are measured. On the line they come from `even`ly spaced noise if that
    has one dimension, so that the distances have no sampling error.
    """

    target: Target
    x: Tensor
    looks: int
    even: bool

    @cached_property  # a tenth of a second, and a target that is being moved needs it seldom
    def perfect(self) -> dict[str, float]:
        """The distances that a perfect generator would get."""
        if self.even:
            return dict.fromkeys(DISTANCES, 0.0)
        return same_distribution(self.target, self.looks)

    @cached_property
    def sd(self) -> float:
        """The real samples' standard deviation: √Σ var over their dimensions."""
        return self.x.var(0).sum().sqrt().item()

    @property
    def good_w1(self) -> float:
        """The W₁ up to which a generator counts as good: twice a perfect one's, or a fifth sd."""
        return max(2 * self.perfect["w1"], 0.2 * self.sd)


@dataclass(frozen=True)
class Mark:
    """Diagnostics of a game at one iteration: the losses, and how good G and its EMA are.

    `now` (of G) and `average` (of its EMA) have a number for each of `DISTANCES`. Where modes can
    be counted, there are `modes`; G covers `covered_now` of them and its EMA `covered`; the EMA
    reaches `reached`, and `on_modes` is the share of G's samples that lie on any mode; `spread` is
    the EMA's standard deviation within modes, divided by the target's. `accuracy` is the AUC of D:
    how often it gives the real one of a real and a fake sample the larger output; `passed` is N ·
    mean |∂L_G/∂a|, the factor by which G's loss scales D's gradient; `mean` is G's mean minus the
    real one, in standard deviations.
    """

    iteration: int
    loss_d: float
    loss_g: float
    now: dict[str, float]
    average: dict[str, float]
    covered_now: int | None
    covered: int | None
    reached: int | None
    modes: int | None
    on_modes: float | None
    spread: float | None
    accuracy: float
    passed: float
    mean: tuple[float, ...]

    @property
    def w1(self) -> float:
        """W₁ of G now."""
        return self.now["w1"]

    @property
    def average_w1(self) -> float:
        """W₁ of the EMA of G."""
        return self.average["w1"]


def noted(game: Game, snapshot: Snapshot, real: Truth, z: Tensor) -> Mark:
    """Return the mark of an iteration, measured on G's samples from noise z (N, latent_dim)."""
    with torch.no_grad():
        y, slow = game.generator(z), game.average(z)
    now, average = (
        {name: getattr(real.target, name)(generated.double().numpy()) for name in DISTANCES}
        for generated in (y, slow)
    )
    modes = counted(real.target, y.double().numpy(), slow.double().numpy())
    mean = ((y.mean(0) - real.x.mean(0)) / real.sd).tolist()
    losses = snapshot.iteration, snapshot.loss_d, snapshot.loss_g
    return Mark(*losses, now, average, *modes, *auc_and_gradient(game, real.x, y), tuple(mean))


def counted(target: Target, now: np.ndarray, average: np.ndarray) -> Counted:
    """Return `covered_now` to `spread` of a mark, from samples (N, 2)."""
    if not (isinstance(target, GaussianModes) and target.apart):
        return None, None, None, None, None, None
    found = target.covered(now), target.covered(average), target.covered(average, REACHED)
    return *found, len(target.centres), on_modes(target, now), spread(target, average)


def on_modes(target: GaussianModes, y: np.ndarray) -> float:
    """Return the share of y (N, 2) that lies within 3 sd of the centre of any mode."""
    return float(target.nearest(y)[1].mean())


def spread(target: GaussianModes, y: np.ndarray) -> float:
    """Return the standard deviation of y (N, 2) around its mean on each mode, over the target's.

    Samples farther than 3 sd from all centres do not count; NaN if no others are there.
    """
    modes, near = target.nearest(y)
    parts = [y[near & (modes == mode)] for mode in np.unique(modes[near])]
    squares = sum(((part - part.mean(0)) ** 2).sum() for part in parts)
    return float(np.sqrt(squares / (2 * near.sum())) / target.sd) if parts else np.nan


@torch.enable_grad()
def auc_and_gradient(game: Game, x: Tensor, y: Tensor) -> tuple[float, float]:
    """Return the AUC of D on real x and fake y, and N · mean |∂L_G/∂a|."""
    with torch.no_grad():
        a_real, a_fake = (game.discriminator(samples)[:, 0] for samples in (x[: len(y)], y))
    right = auc(a_real, a_fake)
    a = a_fake.requires_grad_()
    slopes = torch.autograd.grad(game.g_loss(a[:, None], x[: len(y)]), a)[0]
    return right, slopes.abs().sum().item()


def recent_median(marks: list[Mark], read: str, count: int = RECENT) -> float:
    """Return the median of a diagnostic over the last `count` marks; NaN if there is none yet."""
    values = [getattr(mark, read) for mark in marks[-count:]]
    return float(np.median(values)) if values and None not in values else np.nan


def oscillation(marks: list[Mark]) -> tuple[float, float, float]:
    """Return the swing of G's mean (in standard deviations), its regularity (0 to 1) and period.

    Over the last `PATH` marks, along the direction in which the mean moves most: the swing is
    √2 times its standard deviation, a sine's amplitude; the period is the lag, in iterations,
    at which the autocorrelation is highest after it has been below 0, and that is the regularity.
    """
    path = np.array([mark.mean for mark in marks[-PATH:]])
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
