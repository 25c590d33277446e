"""All signs on one card: a, D = σ(a) and −a for one sample, and what each loss wants of it."""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Text
from scipy.special import expit

from gan_edu import stage
from gan_edu.language import gettext as _
from gan_edu.language import later, minus
from gan_edu.stage import artists, palette

Curve = Callable[[Any], Any]  # of a logit, or of many
LOGITS = np.linspace(-6, 6, 241)
GENERATOR_LOSSES = {  # name: (loss over the logit, its slope, line style, formula)
    "minimax": (lambda a: -np.logaddexp(0, a), lambda a: -expit(a), "-", "log(1 − D)"),
    "non_saturating": (lambda a: np.logaddexp(0, -a), lambda a: expit(a) - 1, "--", "−log D"),
    "wasserstein": (np.negative, lambda a: -np.ones_like(a), ":", "−a"),
}


def two_losses_scene() -> stage.Scene:
    """Return log(1 − D) and −log D over the logit, and their slopes, from D = d on or whole."""

    @stage.scene(height=2.4, ncols=2)
    def scene(losses, slopes):
        curves = _two_losses(losses, slopes)

        def update(d=0.9, whole=False):
            here = np.log(d / (1 - d))
            seen = (here <= WITHIN) | whole
            for line, dot, of in curves:
                line.set_data(WITHIN[seen], of(WITHIN[seen]))
                dot.set_data([here], [of(here)])
            words = _("slope of log(1 − D): −{first:.2f}; of −log D: −{second:.2f}")
            slopes.set_title(words.format(first=d, second=1 - d))

        return update

    return scene


WITHIN = LOGITS[np.abs(LOGITS) <= 5]


def _two_losses(losses: Axes, slopes: Axes) -> list[tuple[Line2D, Line2D, Curve]]:
    """Draw both losses and their slopes; return of each curve its line, its dot and itself."""
    curves = []
    for name in ("minimax", "non_saturating"):
        loss, slope, style, formula = GENERATOR_LOSSES[name]
        for axes, of in ((losses, loss), (slopes, slope)):
            (line,) = axes.plot(WITHIN, of(WITHIN), style, color=palette.FAKE, label=formula)
            curves.append((line, artists.dot(axes, palette.FAKE, 7), of))
    losses.set(ylim=(-5.3, 5.3), yticks=[-4, 0, 4], title=_("G's loss"))
    losses.legend(loc="upper right")
    slopes.set(ylim=(-1.05, 0.35), yticks=[-1, -0.5, 0])
    slopes.legend(loc="upper center", ncols=2)
    for axes in (losses, slopes):
        _logits_with_d(axes)
    return curves


def _logits_with_d(axes: Axes) -> None:
    """Number an axis by the logit a, and below each number write its D."""
    ticks = np.array([-4, -2, 0, 2, 4])
    numbers = [minus(f"{a}\n{expit(a):.2f}") for a in ticks]
    axes.set(xlim=(-5, 5), xlabel=_("logit a, and below it D"))
    axes.set_xticks(ticks, labels=numbers)


RULERS = {  # name: its words, its height in the picture, and what it reads where a stands
    "a": (later("score or logit a"), 5.2, lambda a: a),
    "d": (later("probability of real, D = σ(a)"), 2.6, expit),
    "minus_a": (later("−a, the article's D in (1) to (4)"), 0.0, lambda a: 0.0 - a),
}


def sign_card() -> stage.Scene:
    """Return one sample on three rulers, a, D = σ(a) and −a, and all losses over a."""

    @stage.scene(height=3.3, ncols=3, width_ratios=[1.8, 1, 1], grab={"a": "of_d of_g"})
    def scene(rulers, of_d, of_g):
        marks, readings = _rulers(rulers)
        _pushes(rulers)
        of_fake = [(loss, palette.FAKE, *look) for loss, _slope, *look in GENERATOR_LOSSES.values()]
        dots = [*_discriminator_losses(of_d), *_losses(of_g, of_fake, _("G's losses"))]

        def update(a=1.0):
            for part in marks:
                part.set_xdata([a] * len(RULERS))
            for text, (words, _height, read) in zip(readings, RULERS.values(), strict=True):
                text.set_text(minus(f"{_(words)} = {read(a):z.2f}"))
            for dot, of in dots:
                dot.set_data([a], [of(a)])

        return update

    return scene


PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 1}  # the dotted line passes below it


def _rulers(axes: Axes) -> tuple[list[Line2D], list[Text]]:
    """Draw one sample on three rulers; return what moves with it, and the words above."""
    axes.set(xlim=(-4.8, 4.8), ylim=(-0.9, 9.2))
    axes.set_axis_off()
    heights = [height for _, height, _ in RULERS.values()]
    readings = [_ruler(axes, height, read) for _, height, read in RULERS.values()]
    look: dict[str, Any] = {"color": palette.DISCRIMINATOR}
    marks = axes.plot([0] * 3, heights, ":", linewidth=1, zorder=1, **look)
    marks += axes.plot([0] * 3, heights, "o", markersize=9, zorder=4, **look)
    return marks, readings


def _ruler(axes: Axes, height: float, read) -> Text:
    """Draw a ruler with numbers at a = −4, −2, …, 4; return the text above it, still empty."""
    axes.plot([-4, 4], [height, height], color=palette.EXACT, linewidth=1)
    for a in (-4, -2, 0, 2, 4):
        axes.plot([a, a], [height - 0.12, height + 0.12], color=palette.EXACT, linewidth=1)
        words = minus(f"{read(a):.2g}")
        axes.text(a, height - 0.3, words, ha="center", va="top", fontsize="small", bbox=PAPER)
    return axes.text(-4.2, height + 0.4, "", va="bottom", in_layout=False, bbox=PAPER)


def _pushes(axes: Axes) -> None:
    """Draw which player pushes which samples along the rulers, and which way."""
    pushes = (
        (_("D pushes real samples"), palette.REAL, 1),
        (_("D pushes generated ones"), palette.FAKE, -1),
        (_("G pushes generated ones"), palette.FAKE, 1),
    )
    for height, (words, colour, way) in zip((8.8, 8.0, 7.2), pushes, strict=True):
        look = {"arrowstyle": "-|>", "color": colour, "linewidth": 2}
        axes.annotate("", (2.7 + 1.5 * way, height), (2.7 - 1.5 * way, height), arrowprops=look)
        axes.text(0.9, height, words, ha="right", va="center")


def _losses(axes: Axes, curves: list[tuple], title: str) -> list[tuple]:
    """Draw losses (of a, colour, style, label) over the logit; return each one's dot, and it."""
    for of, colour, style, label in curves:
        axes.plot(LOGITS, of(LOGITS), style, color=colour, label=label)
    axes.set(xlim=(-4, 4), ylim=(-4.2, 9.8), xticks=[-4, 0, 4], yticks=[-4, 0, 4])
    axes.set(xlabel="a", title=title)
    axes.legend(loc="upper center", borderaxespad=0)
    return [(artists.dot(axes, colour, 7), of) for of, colour, _, _ in curves]


def _discriminator_losses(axes: Axes) -> list[tuple]:
    curves = [
        (lambda a: np.logaddexp(0, -a), palette.REAL, "-", _("−log D, real")),
        (lambda a: np.logaddexp(0, a), palette.FAKE, "--", _("−log(1 − D), generated")),
        (np.negative, palette.REAL, ":", _("−a, real")),
        (np.positive, palette.FAKE, "-.", _("+a, generated")),
    ]
    return _losses(axes, curves, _("D's losses"))
