"""Chapter 06, beside reinforcement learning: what G learns from D's slope, and from rewards alone.

In the game of `games`, with L_G = −E_q log D for a given D.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from scipy.special import expit, log_expit

from gan_edu import games, stage
from gan_edu.distributions import normal
from gan_edu.language import gettext as _
from gan_edu.stage import artists, palette

Number = np.ndarray | float
Estimate = Callable[[np.ndarray, Any, Any], np.ndarray]  # of x, θ and ψ
THETA = 2.0  # in the picture, and ψ = θ: D is optimal
SIZE = 8  # samples of a batch that are drawn, and of the batches whose spread stays in the picture
SIZES = (1, 2, 4, 8, 16, 32, 64, 100, 150, 200, 300, 400, 512)
BATCHES = 100
PUSH = 0.45  # how long a push of 1 is, along x
LINE = np.linspace(-3, 6, 181)


def pathwise(x: np.ndarray, theta: Number, psi: Number) -> np.ndarray:
    """Return d(−log D_ψ)/dx · dx/dθ = ψ (1 − D_ψ(x)) for samples x = θ + z: it uses D's slope."""
    return psi * expit(-games.logit(x, psi))


def score_function(x: np.ndarray, theta: Number, psi: Number, baseline: Number = 0.0) -> np.ndarray:
    """Return (−log D_ψ(x) − b) · d log q_θ(x)/dθ, which is x − θ here: it uses D's values alone.

    Its mean over x ~ N(θ,1) is `pathwise`'s, for any b that does not depend on x.
    Source: Williams 1992, theorem 1.
    """
    return (-log_expit(games.logit(x, psi)) - baseline) * (x - theta)


def with_baseline(x: np.ndarray, theta: Number, psi: Number) -> np.ndarray:
    """Return `score_function` with the mean loss as baseline, b = E_q[−log D_ψ]."""
    return score_function(x, theta, psi, games.generator_non_saturating(theta, psi))


def variance(estimate: Estimate, theta: Number, psi: Number) -> float:
    """Return the variance of an estimate from one sample x ~ N(θ,1), by quadrature."""
    mean, square = (
        games.exact_mean(lambda x, psi, k=k: estimate(x, theta, psi) ** k, theta, psi)
        for k in (1, 2)
    )
    return float(square - mean**2)


def signals_scene() -> stage.Scene:
    """Return the pushes on θ of a batch's samples, and the mean pushes of 100 batches.

    A push is an estimate of the gradient, turned round. Above G has D's slopes, below D's values
    alone. The band holds 95 % of the upper marks with a batch of `SIZE`, whatever the batch.
    """
    options = {"nrows": 2, "ncols": 2, "width_ratios": [1.25, 1], "sharex": "col"}

    @stage.scene(height=3.4, **options)
    def scene(slopes, upper, rewards, lower):
        looks = (("o", palette.DISCRIMINATOR), ("x", palette.FAKE))
        show_samples = [_samples(axes) for axes in (slopes, rewards)]
        show_means = [_means(axes, *look) for axes, look in zip((upper, lower), looks, strict=True)]
        words = _("{n} of {of} in the band"), _("{n} in the band, variance {ratio:,.0f} × as large")
        _say_what_is_known(slopes, rewards)
        lower.set_xlabel(_("mean push of a batch on θ"))

        def update(batch=SIZE, shown=1, baseline=False):
            x = THETA + np.random.default_rng(0).standard_normal((BATCHES, batch))
            second = with_baseline if baseline else score_function
            ratio = variance(second, THETA, THETA) / variance(pathwise, THETA, THETA)
            for i, estimate in enumerate((pathwise, second)):
                pushes = -estimate(x, THETA, THETA)
                show_samples[i](x[shown - 1], pushes[shown - 1])
                inside = show_means[i](pushes.mean(1), shown)
                title = words[i].format(n=inside, of=BATCHES, ratio=ratio)
                (upper, lower)[i].set_title(title)

        return update

    return scene


def _say_what_is_known(slopes: Axes, rewards: Axes) -> None:
    """Draw the real samples' density and log D above, where G has its slopes; name both panels."""
    real = {"color": palette.REAL, "alpha": 0.45, "linewidth": 0, "label": _("real")}
    slopes.fill_between(LINE, -10, -10 + 8 * normal().pdf(LINE), **real)
    log_d = log_expit(games.logit(LINE, THETA))
    slopes.plot(LINE, log_d, color=palette.DISCRIMINATOR, label="log D")
    slopes.legend(loc="upper right")
    slopes.set_title(_("through D: each sample has a slope"))
    rewards.set_title(_("from rewards: each sample has a number"))
    rewards.set_xlabel("x")


def _samples(axes: Axes) -> Callable[[np.ndarray, np.ndarray], None]:
    """Return what shows the first few samples x (N,) at log D, and their pushes as arrows."""
    axes.set(xlim=(LINE[0], LINE[-1]), ylim=(-10, 1.5), ylabel="log D", yticks=[-10, -5, 0])
    axes.axvline(THETA, color=palette.NOISE, linestyle=":", linewidth=1)
    axes.text(THETA, -9.9, " θ", color=palette.NOISE)
    (dots,) = axes.plot([], [], "o", color=palette.FAKE, markersize=6)
    shafts = LineCollection([], colors=palette.FAKE, linewidths=1.5)
    axes.add_collection(shafts)
    heads = {head: axes.plot([], [], head, color=palette.FAKE, markersize=5)[0] for head in "<>"}

    def show(x: np.ndarray, pushes: np.ndarray) -> None:
        x, pushes = x[:SIZE], pushes[:SIZE]
        y = log_expit(games.logit(x, THETA))
        ends = np.clip(x + PUSH * pushes, LINE[0], LINE[-1])
        dots.set_data(x, y)
        shafts.set_segments([*np.stack([np.column_stack([x, y]), np.column_stack([ends, y])], 1)])
        for head, way in (("<", pushes < 0), (">", pushes > 0)):
            heads[head].set_data(ends[way], y[way])

    return show


def _means(axes: Axes, marker: str, colour: str) -> Callable[[np.ndarray, int], int]:
    """Return what shows the mean pushes (100,) of all batches, with a ring around one of them.

    It returns how many lie in the band.
    """
    exact = -float(games.slope_non_saturating(THETA, THETA))
    half = 1.96 * np.sqrt(variance(pathwise, THETA, THETA) / SIZE)
    axes.axvspan(exact - half, exact + half, color=palette.NOISE, alpha=0.25, linewidth=0)
    axes.axvline(exact, color=palette.EXACT, linestyle=":")
    axes.set(xlim=(-8, 3), ylim=(-0.1, 1.1), yticks=[])
    places = np.linspace(0, 1, BATCHES)
    (marks,) = axes.plot([], [], marker, color=colour, alpha=0.4)
    (ring,) = axes.plot([], [], "o", color=palette.EXACT, fillstyle="none", markersize=11)
    beyond = artists.arrowheads(axes, colour)

    def show(means: np.ndarray, ringed: int) -> int:
        low, high = axes.get_xlim()
        marks.set_data(np.where((means > low) & (means < high), means, np.nan), places)
        beyond(means, places)
        ring.set_data([np.clip(means[ringed - 1], low, high)], [places[ringed - 1]])
        return int(np.count_nonzero(abs(means - exact) <= half))

    return show
