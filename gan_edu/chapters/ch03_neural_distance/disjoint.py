"""Chapter 03: a critic beside a discriminator, both trained on samples that nowhere overlap."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from scipy.special import expit

from gan_edu import stage
from gan_edu.chapters.ch03_neural_distance.scenes import curve_of, densities_in
from gan_edu.chapters.ch03_neural_distance.values import (
    STEP,
    Pair,
    Trace,
    X,
    centred,
    difference,
    log_value,
    means,
    until,
)
from gan_edu.distributions import uniform
from gan_edu.language import gettext as _
from gan_edu.language import minus


def block(centre: float) -> Pair:
    """Return the uniform distributions, of width 2, around 0 and around `centre`."""
    # Half a step to the right no end lies on `X`, and sums over it are exact.
    real, fake = (uniform(at - 1 + STEP / 2, at + 1 + STEP / 2) for at in (0, centre))
    return real, fake


BLOCKS: dict[int, Pair] = {distance: block(distance) for distance in (3, 6)}


def slope_at_generated(f: np.ndarray, pair: Pair) -> float:
    """Return the mean slope of f (on `X`) over the generated distribution."""
    return means(np.gradient(f, X), pair)[1]


def beside_scene(runs: dict[tuple[str, int], list[Trace]]) -> stage.Scene:
    """Return the "critic" and the "discriminator" of a distance in `BLOCKS`, at a traced step."""

    @stage.scene(height=2.6, ncols=2)
    def scene(scores, answers):
        show_scores = _panel(scores, "a", (-8, 8), _("critic: V = {v:z.2f}, slope {slope:z.2f}"))
        show_answers = _panel(
            answers, "D", (0, 1.25), _("discriminator: V = {v:z.3f}, slope of D {slope:z.4f}")
        )
        answers.set_yticks([0, 0.5, 1])

        def update(distance=3, step=1):
            pair = BLOCKS[distance]
            a, logit = (
                until(runs[kind, distance], step)[-1].a for kind in ("critic", "discriminator")
            )
            show_scores(pair, centred(a, pair), difference(a, pair))
            show_answers(pair, expit(logit), log_value(logit, pair))

        return update

    return scene


def _panel(
    axes: Axes, name: str, room: tuple[float, float], words: str
) -> Callable[[Pair, np.ndarray, float], None]:
    """Frame a curve over two densities; return what shows it, its value and its slope."""
    show_densities = densities_in(axes)
    line = curve_of(axes, name)
    axes.set(xlim=(-3, 9), ylim=room, ylabel=name)
    axes.legend(loc="upper right", borderpad=0.1)

    def show(pair: Pair, curve: np.ndarray, value: float) -> None:
        show_densities(pair)
        line.set_data(X, curve)
        told = words.format(v=value, slope=slope_at_generated(curve, pair))
        axes.set_title(minus(told))

    return show
