"""Chapter 03: the optimal discriminator, found at one place after another."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from scipy.special import expit

from gan_edu import stage
from gan_edu.chapters.ch03_neural_distance.scenes import TIGHT, curve_of, densities_in
from gan_edu.chapters.ch03_neural_distance.values import PAIRS, Pair, X, optimal_d
from gan_edu.language import gettext as _
from gan_edu.language import minus
from gan_edu.stage import artists, palette

LOGITS = np.sinh(np.linspace(-8, 8, 1601))  # so far that the value leaves the picture at both ends
ANSWERS = expit(LOGITS)
WIDTH = 0.3  # of the column of shares
WORST = -2.5  # nats that are drawn
ABOVE = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 4, **TIGHT}


def mean_value(share: float, d: float | np.ndarray) -> np.ndarray:
    """Return s log D + (1 − s) log(1 − D), the mean over samples at a place with s real ones."""
    return share * np.log(d) + (1 - share) * np.log1p(-np.asarray(d))


class Found:
    """What the learner has found: dots that were dropped, and where the maximum was followed."""

    def __init__(self):
        self.drops = 0
        self.begin("")

    def begin(self, pair: str) -> None:
        """Forget all that was found for another pair of distributions."""
        self.pair, self.before = pair, np.nan
        self.dots: dict[float, float] = {}
        self.swept = np.zeros(len(X), bool)

    def note(self, pair: str, x: float, d: float, drops: int, follow: bool) -> None:
        """Note where the hand is now, and drop a dot there if one more was asked for."""
        if pair != self.pair or drops < self.drops:
            self.begin(pair)
        if drops > self.drops:
            self.dots[x] = d
        if follow:
            here = [x, x if np.isnan(self.before) else self.before]
            self.swept |= (min(here) <= X) & (max(here) >= X)
        self.drops, self.before = drops, x if follow else np.nan


def point_scene() -> stage.Scene:
    """Return p : (p + q) at a place of `PAIRS`, the learner's D there, and its value over D.

    The picture remembers the dots that were dropped, and D* wherever its maximum was followed.
    """
    hands = {"x": "line", "d": "line.y value.y"}

    @stage.scene(height=2.7, ncols=2, width_ratios=[1.8, 1], sharey=True, grab=hands)
    def scene(line, value):
        found = Found()
        show_densities = densities_in(line, share=1 / 1.2)
        show_shares = _column(line)
        show_found = _findings(line)
        mine = artists.dot(line, size=10)
        show_value = _value_over_d(value)

        def update(x=-1.0, d=0.3, drops=0, exact=False, pair="shift"):
            share = float(np.interp(x, X, optimal_d(PAIRS[pair])))
            d = share if exact else d
            found.note(pair, x, d, drops, exact)
            show_densities(PAIRS[pair])
            show_shares(PAIRS[pair], x, share, exact)
            show_found(found)
            mine.set_data([x], [d])
            show_value(share, d, exact)
            return {"d": share} if exact else None

        return update

    return scene


def _column(axes: Axes) -> Callable[[Pair, float, float, bool], None]:
    """Return what shows at x, as a column of height 1, which share is real, and tells it or not."""
    real = axes.add_patch(Rectangle((0, 0), WIDTH, 0, color=palette.REAL, alpha=0.6, linewidth=0))
    look = {"facecolor": palette.FAKE, "edgecolor": "white", "hatch": "//", "linewidth": 0}
    fake = axes.add_patch(Rectangle((0, 0), WIDTH, 1, alpha=0.6, **look))
    words = axes.text(0, 1.05, "", ha="center", in_layout=False)
    axes.set(xlim=(-5, 5), ylim=(0, 1.2), yticks=[0, 0.5, 1], ylabel="D")

    def show(pair: Pair, x: float, share: float, told: bool) -> None:
        real.set(x=x - WIDTH / 2, height=share)
        fake.set(x=x - WIDTH / 2, y=share, height=1 - share)
        p, q = (float(distribution.pdf(x)) for distribution in pair)
        ratio = f"{p:#.3g} : {p + q:#.3g} = {share:.2f}"
        words.set(text=f"p : (p + q) = {ratio}", x=np.clip(x, -1.4, 1.4), visible=told)

    return show


def _findings(axes: Axes) -> Callable[[Found], None]:
    """Return what shows the dots that were dropped, D* where it was followed, and a legend."""
    star = curve_of(axes, "D*", exact=True)
    look = {"color": palette.DISCRIMINATOR, "linewidth": 1, "markersize": 5}
    (dropped,) = axes.plot([], [], "o-", label=_("your D"), **look)
    tell = artists.legend_of_drawn(axes, axes.get_legend_handles_labels()[0], **ABOVE)

    def show(found: Found) -> None:
        star.set_data(X, np.where(found.swept, optimal_d(PAIRS[found.pair]), np.nan))
        star.set_visible(bool(found.swept.any()))
        dropped.set_data(sorted(found.dots), [found.dots[x] for x in sorted(found.dots)])
        dropped.set_visible(bool(found.dots))
        tell()

    return show


def _value_over_d(axes: Axes) -> Callable[[float, float, bool], None]:
    """Frame the value of all answers D at one place, with D upwards; return what shows it."""
    (curve,) = axes.plot(0 * ANSWERS, ANSWERS, color=palette.DISCRIMINATOR)
    (top,) = axes.plot([], [], ":", color=palette.EXACT)
    dot = artists.dot(axes)
    axes.set(xlim=(WORST, 0), xticks=[-2, -1, 0], xlabel=_("value per sample here, nats"))

    def show(share: float, d: float, exact: bool) -> None:
        value = float(mean_value(share, d))
        curve.set_xdata(-share * np.logaddexp(0, -LOGITS) - (1 - share) * np.logaddexp(0, LOGITS))
        top.set_data([WORST, 0], [share, share])
        top.set_visible(exact)
        artists.point_at(dot, value, d)
        words = _("D = {d:.2f}: value {value:.3f}")
        words = _("optimal D = {d:.3f}: value {value:.3f}") if exact else words
        axes.set_title(minus(words.format(d=d, value=value)))

    return show
