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
PARTS = 1.3  # where q/(p + q) is written, above the shares


def pull_scene() -> stage.Scene:
    """Return generated samples with an arrow along −∂JS/∂x on each, and the soft bins above."""

    @stage.scene(
        height=3.2, nrows=2, ncols=1, sharex=True, height_ratios=[1, 1.3],
        grab={"mean": "shares samples"},
    )  # fmt: skip
    def scene(shares, samples):
        show_shares = _two_soft_histograms(shares)
        show_arrows = _samples_with_arrows(samples)

        def update(mean=1.5, sd=1.0):
            x = mean + sd * SAMPLES
            q = soft_weights(x, CENTRES).mean(0)
            none = show_arrows(x, LENGTH * soft_pulls(x, REAL, CENTRES))
            show_shares(q)
            title = _("JS {js:.3f} nats; samples without an arrow: {none}")
            shares.set_title(title.format(js=js(REAL, q), none=none))

        return update

    return scene


def _two_soft_histograms(axes: Axes) -> Callable[[np.ndarray], None]:
    """Return what shows generated shares (K,) beside the real ones, and q/(p + q) above each."""
    edges = np.append(CENTRES - 0.5, CENTRES[-1] + 0.5)
    real = artists.bars(axes, edges, palette.REAL)
    real.set_data(REAL)
    real.set_label(_("real: p"))
    fake = axes.stairs(REAL, edges, color=palette.FAKE, linewidth=1.5, label=_("generated: q"))
    parts = [axes.text(c, PARTS, "", ha="center", va="center") for c in CENTRES]
    axes.set(ylim=(0, 1.5), yticks=[0, 0.5, 1, PARTS])
    axes.set_yticklabels(["0", "0.5", "1", "q/(p+q)"])
    artists.legend_above(axes, 2, loc="lower right", bbox_to_anchor=(1, 1))

    def show(q: np.ndarray) -> None:
        fake.set_data(q)
        for text, here, there in zip(parts, q, REAL, strict=True):
            text.set_text(f"{here / (here + there):.0%}" if here + there else "")

    return show


def _samples_with_arrows(axes: Axes) -> Callable[[np.ndarray, np.ndarray], int]:
    """Return what shows samples (M,), one above the other, with arrows of given lengths.

    It returns how many arrows are too short to be seen.
    """
    rows = np.arange(len(SAMPLES))
    (dots,) = axes.plot(0 * rows, rows, "o", color=palette.FAKE, markersize=4)
    arrows = axes.quiver(
        0 * rows, rows, 1 + 0 * rows, 0 * rows, color=palette.EXACT, width=0.002,
        scale_units="x", scale=1, headwidth=5, headlength=5, zorder=3,
    )  # fmt: skip
    axes.set(xlim=(-7.5, 7.5), ylim=(-1, len(SAMPLES)), xticks=CENTRES, yticks=[], xlabel="x")
    axes.grid(axis="x")

    def show(x: np.ndarray, lengths: np.ndarray) -> int:
        none = np.abs(lengths) < SHORTEST
        dots.set_xdata(x)
        arrows.set_offsets(np.column_stack([x, rows]))
        arrows.set_UVC(np.ma.masked_where(none, np.clip(lengths, -LONGEST, LONGEST)), 0 * rows)
        return int(none.sum())

    return show
