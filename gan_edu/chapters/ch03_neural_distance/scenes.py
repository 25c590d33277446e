"""Chapter 03: a critic, constrained or not, and a discriminator, beside the exact answers."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from scipy.special import expit

from gan_edu import stage
from gan_edu.chapters.ch03_neural_distance.values import (
    COMBS,
    PAIRS,
    Pair,
    Trace,
    X,
    centred,
    difference,
    exact_js,
    kinked,
    largest_error,
    log_value,
    means,
    optimal_critic,
    optimal_d,
    optimal_value,
    steepest,
    until,
    w1,
)
from gan_edu.distributions import GRID_U, normal
from gan_edu.divergences import LOG_4
from gan_edu.language import gettext as _
from gan_edu.language import minus
from gan_edu.stage import artists, palette


def choices() -> dict[str, str]:
    """Return the names of `PAIRS` by the words that a menu shows."""
    return {
        _("generated shifted"): "shift",
        _("generated wider"): "wider",
        _("real has two modes"): "two_modes",
    }


# Parts of figures


TIGHT = {"handlelength": 1.6, "columnspacing": 1.2, "borderaxespad": 0.1, "borderpad": 0.2}


def _rounded(value: float) -> str:
    """Return a number with two decimals, or from 100 on with three digits and no decimals."""
    return f"{value:.2f}" if abs(value) < 100 else f"{float(f'{value:.3g}'):,.0f}"


def _small(value: float) -> str:
    """Return a number with its first two digits, however small it is."""
    return np.format_float_positional(value, 2, fractional=False, trim="-")


def densities_in(axes: Axes, share: float = 0.8) -> Callable[[Pair], None]:
    """Return what draws both densities, filled, on the floor of a panel, whatever its scale."""
    foot = {"transform": axes.get_xaxis_transform(), "linewidth": 1.4}
    filled = {"transform": axes.get_xaxis_transform(), "alpha": 0.15, "linewidth": 0}
    areas = [
        axes.fill_between(X, 0 * X, color=colour, **filled)
        for colour in (palette.REAL, palette.FAKE)
    ]
    (real,) = axes.plot(X, 0 * X, color=palette.REAL, label=_("real"), **foot)
    (fake,) = axes.plot(X, 0 * X, "--", color=palette.FAKE, label=_("generated"), **foot)
    axes.set(xlim=(-5, 5), xlabel="x")

    def show(pair: Pair) -> None:
        for line, area, distribution in zip((real, fake), areas, pair, strict=True):
            density = share * distribution.pdf(X)
            line.set_ydata(np.where(density > 0.002 * share, density, np.nan))
            artists.fill(area, X, 0, density)

    return show


def curve_of(axes: Axes, label: str, exact: bool = False) -> Line2D:
    """Return a curve without points yet, in the discriminator's look or in that of the exact."""
    colour, style = (palette.EXACT, ":") if exact else (palette.DISCRIMINATOR, "-")
    return axes.plot([], [], style, color=colour, label=label, zorder=3)[0]


def _critic_panel(axes: Axes, optimal: bool = False) -> Callable[[Pair, np.ndarray], None]:
    """Frame a critic's curve over two densities; return what shows it, and the optimal one."""
    densities = densities_in(axes)
    line = curve_of(axes, "a")
    heads = artists.arrowheads(axes, palette.DISCRIMINATOR)
    stars = [curve_of(axes, _("optimal a"), exact=True)] if optimal else []
    axes.set(ylim=(-4, 4), yticks=[-4, 0, 4], ylabel=_("score a"))
    artists.legend_above(axes, 3 + len(stars), **TIGHT)

    def show(pair: Pair, a: np.ndarray) -> None:
        densities(pair)
        line.set_data(X, a)
        outside = (np.abs(a) > 4) & (np.abs(X) <= 5)
        beyond = artists.exits(np.abs(a) > 4) & outside
        if not beyond.any():  # it crosses the picture between two of its points, or nowhere
            crossed = np.diff(np.sign(a)) != 0
            beyond = outside & (np.append(crossed, False) | np.append(False, crossed))
        heads(X[beyond], a[beyond])
        for star in stars:
            star.set_data(X, centred(optimal_critic(pair), pair))

    return show


def _value_panel(axes: Axes, runs: dict[Any, list[Trace]]) -> Callable[[list, list], None]:
    """Frame a value over the steps of trainings; return what shows it up to a step."""
    way = curve_of(axes, "V")
    dot = artists.dot(axes)
    last = max(run[-1].step for run in runs.values())
    axes.set(xscale="log", xlim=(1, 1.1 * last), xlabel=_("training steps"))
    axes.minorticks_off()

    def show(seen: list[Trace], values: list[float]) -> None:
        way.set_data([trace.step for trace in seen], values)
        dot.set_data([seen[-1].step], [values[-1]])

    return show


# A critic by hand, and the optimal one


def hand_scene() -> stage.Scene:
    """Return a critic with one kink, a dot, over one of `PAIRS`, and its mean score on both."""

    @stage.scene(height=2.4, ncols=2, width_ratios=[2, 1], grab={"kink": "curve"})
    def scene(curve, bars):
        show = _critic_panel(curve)
        dot = artists.dot(curve, size=10)
        looks: list[dict[str, Any]] = [
            {"color": palette.REAL},
            {"color": palette.FAKE, "hatch": "//", "edgecolor": "white"},
        ]
        pair_of_bars = [bars.bar([i], [0], **look)[0] for i, look in enumerate(looks)]
        bars.axhline(0, color=palette.EXACT, linewidth=0.8)
        bars.set(ylim=(-4, 4), yticks=[-4, 0, 4], xticks=[0, 1])
        bars.set_xticklabels([_("real"), _("generated")])

        def update(left=0.4, right=-0.2, kink=-1.0, pair="shift"):
            a = kinked(X, left, right, kink)
            dot.set_data([kink], [0])
            show(PAIRS[pair], a)
            for bar, mean in zip(pair_of_bars, means(a, PAIRS[pair]), strict=True):
                bar.set_height(mean)
            words = _("difference of means {value:z.2f}").format(value=difference(a, PAIRS[pair]))
            bars.set_title(minus(words))

        return update

    return scene


def w1_scene() -> stage.Scene:
    """Return N(0,1) and a Gaussian that moves and widens: the earth that is carried, W₁ and JS.

    `carried` is how far each grain of q has come on its way to p, as a share.
    """

    @stage.scene(height=2.6, ncols=2, width_ratios=[1.4, 1], grab={"shift": "critic values"})
    def scene(critic, values):
        show_values = _distance_panel(values)
        densities = densities_in(critic, share=EARTH)
        show_earth = _earth(critic)
        line = curve_of(critic, _("optimal a"))
        critic.set(xlim=(-4, 8), ylim=(-9, 9), yticks=[-8, 0, 8], ylabel=_("score a"))
        critic.legend(loc="upper left", ncols=3, **TIGHT)

        def update(shift=0.0, sd=1.0, carried=0.0):
            pair = normal(), normal(shift, sd)
            densities(pair)
            line.set_data(X, optimal_critic(pair))
            show_earth(pair, carried)
            show_values(shift, sd)

        return update

    return scene


EARTH = 0.8  # of a panel's height, for a density of 1
SHOWN = slice(12, None, 25)  # of the grains, each with a share u of `GRID_U` to its left
DEPTHS = np.arange(80) * (np.sqrt(5) - 1) / 2 % 1  # of those, as shares of the density there


def _earth(axes: Axes) -> Callable[[Pair, float], None]:
    """Return what shows grains of q on their way to p, how far they went, and what they gained."""
    foot = {"transform": axes.get_xaxis_transform(), "color": palette.FAKE}
    (grains,) = axes.plot([], [], ".", markersize=4, **foot)
    (ways,) = axes.plot([], [], linewidth=0.8, alpha=0.6, **foot)

    def show(pair: Pair, carried: float) -> None:
        start, now, density = carry(pair, carried)
        a = optimal_critic(pair)
        gained = np.mean(np.interp(now, X, a) - np.interp(start, X, a))
        height = EARTH * DEPTHS * density[SHOWN]
        x = np.where((now[SHOWN] < 8) & (now[SHOWN] > -4), now[SHOWN], np.nan)
        grains.set_data(x, height)
        way = np.stack([start[SHOWN].clip(-4, 8), x, np.full_like(x, np.nan)], 1)[::4]
        ways.set_data(way.ravel(), np.repeat(height[::4], 3))
        words = _("moved: {way:.2f}, score change: {gained:z.2f}")
        axes.set_title(words.format(way=np.abs(now - start).mean(), gained=gained))

    return show


def carry(pair: Pair, carried: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where all grains of q start, where they are now, and how densely they lie there.

    Each goes straight to where as much of p lies to its left; `carried` is the share of its way.
    """
    real, fake = pair
    start, end = fake.ppf(GRID_U), real.ppf(GRID_U)
    stretch = (1 - carried) / fake.pdf(start) + carried / real.pdf(end)
    return start, start + carried * (end - start), 1 / stretch


SHIFTS = np.linspace(0, 5, 26)
DISTANCES = {"W₁": (w1, "-", palette.DISCRIMINATOR), "JS": (exact_js, "--", palette.EXACT)}


@functools.lru_cache(200)
def _over_shifts(name: str, sd: float) -> np.ndarray:
    """Return one of `DISTANCES` from N(0,1) to N(shift, sd²) for all `SHIFTS`."""
    return np.array([DISTANCES[name][0]((normal(), normal(shift, sd))) for shift in SHIFTS])


def _distance_panel(axes: Axes) -> Callable[[float, float], None]:
    """Frame W₁ and JS over the shift; return what shows them up to a shift, with dots."""
    parts = {}
    for name, (_measure, style, colour) in DISTANCES.items():
        (line,) = axes.plot(SHIFTS, 0 * SHIFTS, style, color=colour, label=name)
        parts[name] = line, artists.dot(axes, colour)
    axes.set(xlim=(0, 5.15), ylim=(0, 6), xlabel=_("shift"))
    axes.legend(loc="upper left")

    def show(shift: float, sd: float) -> None:
        pair = (normal(), normal(shift, sd))
        seen = shift >= SHIFTS
        for name, (line, dot) in parts.items():
            line.set_data(SHIFTS[seen], _over_shifts(name, sd)[seen])
            dot.set_data([shift], [DISTANCES[name][0](pair)])
        axes.set_title(_("W₁ = {w1:.2f}, JS = {js:.3f}").format(w1=w1(pair), js=exact_js(pair)))

    return show


# Critics in training


def runaway_scene(runs: dict[str, list[Trace]]) -> stage.Scene:
    """Return unconstrained critics by name in `PAIRS`, at any traced step, and V so far."""
    values_of = {name: [difference(t.a, PAIRS[name]) for t in run] for name, run in runs.items()}

    @stage.scene(height=2.7, ncols=2, width_ratios=[1.4, 1], grab={"step": "values"})
    def scene(curve, values):
        show_critic = _critic_panel(curve)
        show_value = _value_panel(values, runs)
        values.set(yscale="log", ylim=(0.01, 3 * max(1, *map(max, values_of.values()))))
        values.minorticks_off()

        def update(pair="shift", step=1, scaled=False):
            both = PAIRS[pair]
            seen = until(runs[pair], step)
            value = values_of[pair][len(seen) - 1]
            slope = steepest(seen[-1].a, both)
            show_critic(both, centred(seen[-1].a, both) / (slope if scaled else 1))
            show_value(seen, values_of[pair][: len(seen)])
            words = _("V = {value}\nsteepest slope {slope}").format(
                value=_rounded(value), slope=_rounded(slope)
            )
            values.set_title(minus(words))

        return update

    return scene


def constraint_scene(runs: dict[tuple[str, str], list[Trace]], first: str) -> stage.Scene:
    """Return critics by (constraint, name in `PAIRS`), at any traced step, and V beside W₁."""
    values_of = {key: [difference(t.a, PAIRS[key[1]]) for t in run] for key, run in runs.items()}

    @stage.scene(height=2.4, ncols=2, width_ratios=[1.4, 1], grab={"step": "values"})
    def scene(curve, values):
        show_critic = _critic_panel(curve, optimal=True)
        show_value = _value_panel(values, runs)
        exact = values.axhline(1, color=palette.EXACT, linestyle=":")
        values.set_ylim(-1.3, 2.3)

        def update(constraint=first, pair="shift", step=1):
            both = PAIRS[pair]
            seen = until(runs[constraint, pair], step)
            found = values_of[constraint, pair][: len(seen)]
            show_critic(both, centred(seen[-1].a, both))
            show_value(seen, found)
            exact.set_ydata([w1(both)] * 2)
            values.set_title(_beside_w1(found[-1], both))

        return update

    return scene


def width_scene(fits: dict[int, Trace]) -> stage.Scene:
    """Return critics of the combs by the width of their layers, and V up to a width beside W₁."""
    widths = sorted(fits)
    found = [difference(fits[width].a, COMBS) for width in widths]

    @stage.scene(height=2.4, ncols=2, width_ratios=[1.4, 1])
    def scene(curve, values):
        show_critic = _critic_panel(curve, optimal=True)
        dot = artists.dot(values)
        (seen,) = values.plot([], [], "o-", color=palette.DISCRIMINATOR, markersize=4)
        values.axhline(w1(COMBS), color=palette.EXACT, linestyle=":")
        values.set(xscale="log", xlim=(1.8, 36), ylim=(0, 1.3 * w1(COMBS)))
        values.set_xlabel(_("units in each layer"))
        values.set_xticks(widths, labels=[str(width) for width in widths])
        values.minorticks_off()

        def update(width=widths[0]):
            count = widths.index(width) + 1
            seen.set_data(widths[:count], found[:count])
            dot.set_data([width], [found[count - 1]])
            show_critic(COMBS, centred(fits[width].a, COMBS))
            values.set_title(_beside_w1(found[count - 1], COMBS))

        return update

    return scene


def _beside_w1(found: float, pair: Pair) -> str:
    return minus(_("V = {value:z.3f}, W₁ = {w1:.3f}").format(value=found, w1=w1(pair)))


# The log loss


def optimal_scene() -> stage.Scene:
    """Return N(0,1), a Gaussian that moves and widens, D* over both, and V(D*) as a bar."""

    @stage.scene(height=2.7, ncols=2, width_ratios=[2.4, 1], grab={"shift": "curve"})
    def scene(curve, value):
        densities = densities_in(curve, share=0.7)
        line = curve_of(curve, "D*")
        (bar,) = value.bar([0], [0], bottom=-LOG_4, color=palette.DISCRIMINATOR)
        artists.level(curve, 0.5, palette.NOISE)
        curve.set(xlim=(-5, 8), ylim=(0, 1.05), yticks=[0, 0.5, 1])
        artists.legend_above(curve, 3, **TIGHT)
        value.set(xlim=(-1, 1), ylim=(-LOG_4, 0.1), xticks=[])
        value.set_yticks([-LOG_4, -1, -0.5, 0], labels=["−log 4", "−1", "−0.5", "0"])

        def update(shift=1.0, sd=1.0):
            pair = normal(), normal(shift, sd)
            densities(pair)
            line.set_data(X, optimal_d(pair))
            bar.set_height(optimal_value(pair) + LOG_4)
            words = _("V(D*) = {v:z.3f}\nJS = {js:z.3f}").format(
                v=optimal_value(pair), js=exact_js(pair)
            )
            value.set_title(minus(words))

        return update

    return scene


def log_scene(runs: dict[str, list[Trace]]) -> stage.Scene:
    """Return discriminators by name in `PAIRS`, at any traced step: D beside D*, V beside V(D*)."""

    @stage.scene(height=2.8, ncols=2, width_ratios=[1.4, 1], grab={"step": "values"})
    def scene(curve, values):
        show_answers = _answers_panel(curve)
        show_value = _value_panel(values, runs)
        top = values.axhline(0, color=palette.EXACT, linestyle=":", label="−log 4 + 2 JS")
        values.set(ylim=(-1.6, -0.6), yticks=[-1.5, -1])
        values.legend(loc="lower right")

        def update(pair="two_modes", step=1):
            both = PAIRS[pair]
            seen = until(runs[pair], step)
            found = [log_value(trace.a, both) for trace in seen]
            best = optimal_value(both)
            show_answers(both, seen[-1].a)
            show_value(seen, found)
            top.set_ydata([best, best])
            words = _("largest |D − D*|: {error:.3f}\nV(D*) − V: {short}").format(
                error=largest_error(seen[-1].a, both), short=_small(best - found[-1])
            )
            values.set_title(words)

        return update

    return scene


def _answers_panel(axes: Axes) -> Callable[[Pair, np.ndarray], None]:
    """Frame D over both densities; return what shows it for a logit on `X`, and D*."""
    line = curve_of(axes, "D")
    star = curve_of(axes, "D*", exact=True)
    densities = densities_in(axes, share=1.0)
    axes.set(ylim=(0, 1.05), yticks=[0, 0.5, 1])
    artists.legend_above(axes, 4, **TIGHT)

    def show(pair: Pair, a: np.ndarray) -> None:
        densities(pair)
        star.set_data(X, optimal_d(pair))
        line.set_data(X, expit(a))

    return show
