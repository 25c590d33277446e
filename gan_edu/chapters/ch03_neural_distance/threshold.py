"""Chapter 03's first figure: the learner is the discriminator, with one threshold."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes

from gan_edu import stage
from gan_edu.distributions import normal
from gan_edu.language import gettext as _
from gan_edu.stage import artists, palette

X = np.linspace(-4.5, 8.5, 521)
TOP = 0.48  # where the verdicts stand, above the densities
GAP = 0.15  # between a verdict and the threshold


def share_right(threshold: float, shift: float) -> float:
    """Return how often "real, if x lies left of the threshold" is right, half of all being real.

    Real samples are N(0,1), generated ones N(shift, 1).
    """
    return float(normal().cdf(threshold) + 1 - normal(shift).cdf(threshold)) / 2


def threshold_scene() -> stage.Scene:
    """Return both densities, a threshold between two verdicts, and the share of right answers."""

    @stage.scene(
        height=2.7, ncols=2, width_ratios=[2.4, 1], grab={"threshold": "line", "shift": "line"}
    )
    def scene(line, score):
        show_densities = _densities(line)
        show_verdicts = _verdicts(line)
        bar = _frame_score(score)

        def update(threshold=4.0, shift=2.0):
            show_densities(threshold, normal(shift).pdf(X))
            show_verdicts(threshold)
            right = share_right(threshold, shift)
            bar.set_height(right)
            score.set_title(_("right answers: {share:.1%}").format(share=right))

        return update

    return scene


def _densities(axes: Axes) -> Callable[[float, np.ndarray], None]:
    """Frame both densities; return what shows them, with the samples that are called wrongly."""
    p = normal().pdf(X)
    axes.plot(X, p, color=palette.REAL, label=_("real"))
    (fake,) = axes.plot(X, p, "--", color=palette.FAKE, label=_("generated"))
    look = {"alpha": 0.45, "linewidth": 0}
    missed = axes.fill_between(X, p, color=palette.REAL, **look)
    fooled = axes.fill_between(X, p, color=palette.FAKE, **look)
    axes.set(xlim=(X[0], X[-1]), ylim=(0, 0.5), yticks=[], xlabel="x")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)

    def show(threshold: float, q: np.ndarray) -> None:
        fake.set_ydata(q)
        artists.fill(missed, X, 0, np.where(threshold <= X, p, 0))
        artists.fill(fooled, X, 0, np.where(threshold >= X, q, 0))

    return show


def _verdicts(axes: Axes) -> Callable[[float], None]:
    """Return what moves a threshold, with the learner's verdict on each side of it."""
    cut = axes.axvline(0, color=palette.DISCRIMINATOR, linewidth=2.5)
    look = {"color": palette.DISCRIMINATOR, "va": "top", "in_layout": False}
    real = axes.text(0, TOP, _("← real"), ha="right", **look)
    generated = axes.text(0, TOP, _("generated →"), ha="left", **look)

    def show(threshold: float) -> None:
        cut.set_xdata([threshold, threshold])
        real.set_x(threshold - GAP)
        generated.set_x(threshold + GAP)

    return show


def _frame_score(axes: Axes):
    artists.level(axes, 0.5)
    axes.set(xlim=(-1, 1), ylim=(0, 1), xticks=[], yticks=[0, 0.5, 1])
    axes.set_yticklabels(["0", _("½, guessing"), "1"])
    return axes.bar([0], [0], color=palette.DISCRIMINATOR)[0]
