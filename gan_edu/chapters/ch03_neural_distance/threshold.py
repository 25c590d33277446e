"""Chapter 03's first figure: the learner is the discriminator, with one threshold."""

import numpy as np
from matplotlib.axes import Axes

from gan_edu import stage
from gan_edu.distributions import normal
from gan_edu.language import gettext as _
from gan_edu.stage import palette

X = np.linspace(-4, 8, 481)
TOP = 0.45  # of the picture; the densities end below it


def share_right(threshold: float, shift: float) -> float:
    """Return how often "real, if x lies left of the threshold" is right, half of all being real.

    Real samples are N(0,1), generated ones N(shift, 1).
    """
    return float(normal().cdf(threshold) + 1 - normal(shift).cdf(threshold)) / 2


def threshold_scene() -> stage.Scene:
    """Return both densities, a threshold between two verdicts, and the share of right answers."""

    @stage.scene(height=2.7, ncols=2, width_ratios=[2.4, 1])
    def scene(line, score):
        line.fill_between(X, normal().pdf(X), color=palette.REAL, alpha=0.25, linewidth=0)
        line.plot(X, normal().pdf(X), color=palette.REAL, label=_("real"))
        (fake,) = line.plot(X, 0 * X, "--", color=palette.FAKE, label=_("generated"))
        cut = line.axvline(0, color=palette.DISCRIMINATOR, linewidth=2.5)
        verdicts = [
            line.text(0, TOP, words, color=palette.DISCRIMINATOR, va="top", ha=side)
            for words, side in ((_("← real"), "right"), (_("generated →"), "left"))
        ]
        line.set(xlim=(-4, 8), ylim=(0, 0.5), yticks=[], xlabel="x", title=_("you call it …"))
        line.legend(loc="upper right")
        bar = _frame_score(score)

        def update(threshold=4.0, shift=2.0):
            fake.set_ydata(normal(shift).pdf(X))
            cut.set_xdata([threshold, threshold])
            for words, step in zip(verdicts, (-0.15, 0.15), strict=True):
                words.set_x(threshold + step)
            right = share_right(threshold, shift)
            bar.set_height(right)
            score.set_title(_("right answers: {share:.1%}").format(share=right))

        return update

    return scene


def _frame_score(axes: Axes):
    axes.axhline(0.5, color=palette.EXACT, linestyle=":", linewidth=1)
    axes.set(xlim=(-1, 1), ylim=(0, 1), xticks=[], yticks=[0, 0.5, 1])
    axes.set_yticklabels(["0", _("½, guessing"), "1"])
    return axes.bar([0], [0], color=palette.DISCRIMINATOR)[0]
