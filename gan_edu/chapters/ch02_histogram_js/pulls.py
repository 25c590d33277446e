"""Chapter 02: where the gradient of JS in soft bins moves each generated sample."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes

from gan_edu import stage
from gan_edu.chapters.ch02_histogram_js.values import NORMAL, soft_pulls, soft_weights
from gan_edu.distributions import GRID_U
from gan_edu.divergences import js
from gan_edu.language import gettext as _
from gan_edu.stage import artists, palette

CENTRES = np.arange(-6.0, 7.0)
REAL = soft_weights(NORMAL.ppf(GRID_U), CENTRES).mean(0)
SAMPLES = np.sort(NORMAL.sample(20, np.random.default_rng(3)))
LENGTH = 60  # of an arrow, in units of x, for a gradient of 1
SHORTEST, LONGEST = 0.05, 3  # units of x: an arrow that can be seen, and one that leaves room


def pull_scene() -> stage.Scene:
    """Return generated samples with an arrow along −∂JS/∂x on each, and the soft bins above."""

    @stage.scene(
        height=4.2, nrows=2, ncols=1, sharex=True, height_ratios=[1, 1.5],
        grab={"mean": "shares samples"},
    )  # fmt: skip
    def scene(shares, samples):
        show_shares = _two_soft_histograms(shares)
        show_arrows = _samples_with_arrows(samples)

        def update(mean=1.5, sd=1.0):
            x = mean + sd * SAMPLES
            show_shares(soft_weights(x, CENTRES).mean(0))
            show_arrows(x, LENGTH * soft_pulls(x, REAL, CENTRES))

        return update

    return scene


def _two_soft_histograms(axes: Axes) -> Callable[[np.ndarray], None]:
    edges = np.append(CENTRES - 0.5, CENTRES[-1] + 0.5)
    real = artists.bars(axes, edges, palette.REAL)
    real.set_data(REAL)
    real.set_label(_("real"))
    fake = axes.stairs(REAL, edges, color=palette.FAKE, linewidth=1.5, label=_("generated"))
    axes.set(ylim=(0, 1.25), yticks=[0, 0.5, 1], ylabel=_("share in a bin"))
    axes.legend(loc="upper left", ncols=2)

    def show(q: np.ndarray) -> None:
        fake.set_data(q)
        axes.set_title(_("soft bins: JS {js:.3f} nats").format(js=js(REAL, q)))

    return show


def _samples_with_arrows(axes: Axes) -> Callable[[np.ndarray, np.ndarray], None]:
    """Return what shows samples (M,), one above the other, and how long their arrows are."""
    rows = np.arange(len(SAMPLES))
    (dots,) = axes.plot(0 * rows, rows, "o", color=palette.FAKE, markersize=4)
    arrows = axes.quiver(
        0 * rows, rows, 1 + 0 * rows, 0 * rows, color=palette.EXACT, width=0.002,
        scale_units="x", scale=1, headwidth=5, headlength=5, zorder=3,
    )  # fmt: skip
    axes.set(xlim=(-7.5, 7.5), ylim=(-1, len(SAMPLES)), yticks=[], xlabel="x")

    def show(x: np.ndarray, lengths: np.ndarray) -> None:
        none = np.abs(lengths) < SHORTEST
        dots.set_xdata(x)
        arrows.set_offsets(np.column_stack([x, rows]))
        arrows.set_UVC(np.ma.masked_where(none, np.clip(lengths, -LONGEST, LONGEST)), 0 * rows)
        title = _("arrows: −∂JS/∂x, times {n}, at most {most} long; samples without one: {none}")
        axes.set_title(title.format(n=LENGTH, most=LONGEST, none=none.sum()))

    return show
