"""A whole GAN on a line with nothing to set: numbers in the place of pictures."""

import numpy as np
from matplotlib.axes import Axes

from gan_edu import stage
from gan_edu.language import gettext as _
from gan_edu.language import ngettext
from gan_edu.recipes import (
    DISTRIBUTIONS,
    EDGES,
    MIDDLES,
    answers,
    exact_shares,
    generated,
    line_match,
    shares,
)
from gan_edu.stage import artists, palette

DISTRIBUTION = "two_modes"
HIGHEST = 1.2  # density that is drawn
FEWEST = 3e-3  # share of the samples in a bin from which on D's answer there counts


class LineGame:
    """`line_match` for two modes, with the three things that a Play button needs and no more."""

    def __init__(self):
        self.match = line_match(DISTRIBUTION)
        self.play_iteration = self.match.play_iteration
        self.reset = self.match.reset

    @property
    def iterations(self) -> int:
        """How many iterations have been played."""
        return self.match.iterations


def line_scene() -> stage.Scene:
    """Return a running `LineGame`: generated and real samples, and below them D's answers."""

    @stage.scene(height=3.9, nrows=2, ncols=1, sharex=True)
    def scene(samples, discriminator):
        p = exact_shares(DISTRIBUTIONS[DISTRIBUTION])
        bars, heads = _frame_samples(samples, p)
        whole, counts = _frame_answers(discriminator)

        def update(game: LineGame):
            match = game.match
            q, d = shares(generated(match.game.generator)), answers(match.game.discriminator)
            density = q / np.diff(EDGES)
            bars.set_data(np.minimum(density, HIGHEST))
            heads(MIDDLES[density > HIGHEST], density[density > HIGHEST])
            whole.set_data(MIDDLES, d)
            counts.set_data(MIDDLES, np.where(p + q > FEWEST, d, np.nan))
            n = match.iterations
            samples.set_title(ngettext("{n:,} iteration", "{n:,} iterations", n).format(n=n))

        return update

    return scene


def _frame_samples(axes: Axes, p: np.ndarray) -> tuple:
    """Draw the density of the real samples; return the bars of the generated ones."""
    axes.plot(MIDDLES, p / np.diff(EDGES), color=palette.REAL, label=_("real"))
    bars = artists.bars(axes, EDGES, palette.FAKE, _("generated"))
    heads = artists.arrowheads(axes, palette.FAKE)
    axes.set(xlim=(-5, 5), ylim=(0, HIGHEST), yticks=[], ylabel=_("samples"))
    axes.legend(loc="upper right")
    return bars, heads


def _frame_answers(axes: Axes) -> tuple:
    """Return the curve of D's answers, thin everywhere and thick where there are samples."""
    artists.level(axes, 0.5, palette.NOISE)
    (whole,) = axes.plot([], [], color=palette.DISCRIMINATOR, linewidth=0.8)
    (counts,) = axes.plot([], [], color=palette.DISCRIMINATOR, linewidth=2.5)
    axes.set(ylim=(-0.05, 1.05), yticks=[0, 0.5, 1], xlabel=_("sample x"), ylabel=_("D's answer"))
    return whole, counts
