"""Chapter 01: noise z becomes a sample x, first by an exact map, then by a network."""

import bisect
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle
from matplotlib.text import Text

from gan_edu import stage
from gan_edu.distributions import (
    GRID_U,
    Distribution,
    from_density,
    largest_cdf_error,
    mixture,
    normal,
    uniform,
)
from gan_edu.language import gettext as _
from gan_edu.language import minus, ngettext
from gan_edu.stage import artists, palette, paper

Map = Callable[[np.ndarray], np.ndarray]

NORMAL = normal()
EDGE = 4.0  # figures of N(0,1) show −4 … 4: all but one sample in 16,000
TAIL_Z = np.logspace(-6, -0.4, 113)
DENSE_Z = (1 - np.cos(np.pi * np.linspace(0, 1, 1001)[1:-1])) / 2  # denser near 0 and 1
X = np.linspace(-EDGE, EDGE, 201)
BINS_Z = np.linspace(0, 1, 21)
BINS_X = np.linspace(-EDGE, EDGE, 41)
PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 1}
TICKS_X = [-4, -2, 0, 2, 4]
TICKS_Z = [0, 0.5, 1]
CORNER = {"nrows": 2, "ncols": 2, "width_ratios": [1, 2.2], "height_ratios": [2.2, 1]}


# The exact map


def areas_scene(
    noise: Distribution, low: float, high: float, f: Map, all_to_the_left: bool = False
) -> stage.Scene:
    """Return a strip of noise, the strip of N(0,1) that f makes of it, and the areas of both.

    The noise is shown from `low`, where its support begins, to `high`. Both densities have the
    same scale: equal probabilities cover equal areas. A strip is dz wide, or `all_to_the_left`.
    """

    @stage.scene(height=3.7, **CORNER, grab={"z": "curve below"})
    def scene(left, curve, words, below):
        grid = low + (high - low) * DENSE_Z
        _corner(left, curve, below, low, high)
        below.plot(grid, noise.pdf(grid), color=palette.NOISE, linestyle="--")
        curve.plot(grid, f(grid), color=palette.EXACT)
        area = max(2 * EDGE * NORMAL.pdf(0), (high - low) * noise.pdf(grid).max()) * 1.05
        left.set_xlim(area / (2 * EDGE), 0)  # both panels are equally large and hold equal areas
        below.set_ylim(0, area / (high - low))
        strips = [_strip(below, palette.NOISE), _way_across(curve, palette.NOISE)]
        strips += [_way_across(curve, palette.REAL), _strip(left, palette.REAL)]
        show_areas = _table(words)
        last = float(noise.ppf(NORMAL.cdf(EDGE)))  # beyond it a strip would leave the picture

        def update(z=0.8, dz=0.1, all_to_the_left=all_to_the_left):
            start, end = (low, z) if all_to_the_left else (z, min(z + dz, last))
            for strip, outline in zip(strips, _outlines(noise, f, low, start, end), strict=True):
                strip.set_xy(outline)
            show_areas(_areas(noise, f, start, end))

        return update

    return scene


def _corner(left: Axes, curve: Axes, below: Axes, low: float, high: float) -> Line2D:
    """Frame the map in the middle, the noise below it, and, on its left, the bell; return that."""
    curve.set(xlim=(low, high), ylim=(-EDGE, EDGE), yticks=TICKS_X)
    curve.set_title(_("the map x = f(z)"))
    curve.tick_params(labelbottom=False, labelleft=False)
    below.set(xlim=(low, high), xlabel=_("noise z"), ylabel=_("density"))
    left.set(ylim=(-EDGE, EDGE), yticks=TICKS_X, ylabel=_("sample x"))
    left.set(xlim=(0.6, 0), xticks=[0, 0.4], xlabel=_("density"))
    (bell,) = left.plot(NORMAL.pdf(X), X, color=palette.REAL, zorder=3)
    return bell


def _strip(axes: Axes, colour: str) -> Polygon:
    strip = Polygon(np.zeros((3, 2)), color=colour, alpha=0.35, linewidth=0)
    axes.add_patch(strip)
    return strip


def _way_across(axes: Axes, colour: str) -> Polygon:
    """Return the outline of a strip's way to the curve or from it: no probability, so unfilled."""
    outline = Polygon(np.zeros((3, 2)), fill=False, edgecolor=colour, linewidth=0.8)
    axes.add_patch(outline)
    return outline


def _words(axes: Axes) -> Text:
    axes.set_axis_off()
    return axes.text(0, 0.9, "", va="top", linespacing=1.5)


def _table(axes: Axes) -> Callable[[list[tuple[str, str]]], None]:
    """Return what shows four words, and a number beside each, on axes that are not seen."""
    axes.set_axis_off()
    heights = np.linspace(0.8, 0.05, 4)
    columns = [
        [axes.text(x, y, "", va="baseline", ha=side) for y in heights]
        for x, side in ((0, "left"), (0.8, "right"))
    ]

    def show(rows: list[tuple[str, str]]) -> None:
        for column, told in zip(columns, zip(*rows, strict=True), strict=True):
            for line, text in zip(column, told, strict=True):
                line.set_text(text)

    return show


def _outlines(noise: Distribution, f: Map, low: float, start: float, end: float) -> list:
    """Return the strip below the noise, up to the curve, from there to the left, and there."""
    z = start + (end - start) * np.concatenate([[0], DENSE_Z[::9], [1]])
    way = np.column_stack([z, np.clip(f(z), -9, 9)])
    x = np.linspace(way[0, 1], way[-1, 1], 401)
    return [
        np.vstack([[start, 0], np.column_stack([z, noise.pdf(z)]), [end, 0]]),
        np.vstack([[start, -9], way, [end, -9]]),
        np.vstack([[low, x[0]], way, [low, x[-1]]]),
        np.vstack([[0, x[0]], np.column_stack([NORMAL.pdf(x), x]), [0, x[-1]]]),
    ]


def _areas(noise: Distribution, f: Map, start: float, end: float) -> list[tuple[str, str]]:
    """Return both areas, and the products of the formula, but none for an infinite strip."""
    x = f(np.array([start, end]))
    rows = [
        (_("grey area"), np.diff(noise.cdf([start, end]))[0]),
        (_("blue area"), np.diff(NORMAL.cdf(x))[0]),
    ]
    if np.all(np.isfinite(x)):
        rows.append((_("ρ(z) dz"), noise.pdf(start) * (end - start)))
        rows.append((_("φ(x) dx"), NORMAL.pdf(x[0]) * (x[1] - x[0])))
    return [(name, f"{value:.4f}") for name, value in rows] + [("", "")] * (4 - len(rows))


def drops_scene() -> stage.Scene:
    """Return `n` uniform dots, up to 100,000, that fly to Φ⁻¹ and pile up as N(0,1).

    They start one after another, and at a `flight` of 1 all have arrived.
    """
    z = uniform().sample(100_000, np.random.default_rng(0))
    x = NORMAL.ppf(z)

    @stage.scene(height=3.7, **CORNER)
    def scene(left, curve, words, below):
        normal_density = _corner(left, curve, below, 0, 1)
        below.axhline(1, color=palette.NOISE, linestyle="--")
        below.set(ylim=(0, 2), yticks=[0, 1, 2])
        curve.plot(DENSE_Z, NORMAL.ppf(DENSE_Z), color=palette.EXACT)
        show_z = artists.bars_told(below, BINS_Z, palette.NOISE)
        show_x = artists.bars_told(left, BINS_X, palette.FAKE, lying=True)
        show_flight = _flight(curve)
        label = _words(words)

        def update(n=30, flight=0.0, density=False):
            normal_density.set_visible(density)
            arrived = round(n * max(0, 2 * flight - 1))
            show_z(artists.heights(z[:n], BINS_Z), BINS_Z)
            show_x(np.histogram(x[:arrived], BINS_X)[0] / (n * np.diff(BINS_X)), BINS_X)
            show_flight(z[:n][-300:], x[:n][-300:], flight)
            label.set_text(ngettext("{n:,} dot", "{n:,} dots", n).format(n=n))

        return update

    return scene


def _flight(axes: Axes) -> Callable[[np.ndarray, np.ndarray, float], None]:
    """Return what shows dots on their way from z to x, where they turn, and some paths."""
    (paths,) = axes.plot([], [], color=palette.FAKE, linewidth=0.8)
    (turns,) = axes.plot([], [], "o", color=palette.FAKE, markersize=4, alpha=0.6)
    flying = artists.dot(axes, palette.FAKE, size=5)

    def show(z: np.ndarray, x: np.ndarray, flight: float) -> None:
        phase = phases(flight, len(z))
        turns.set_data(z[phase >= 0.5], x[phase >= 0.5])
        flying.set_data(*_on_the_way(z, x, phase))
        paths.set_data(*_paths(z[-15:], x[-15:]))

    return show


def phases(flight: float, n: int) -> np.ndarray:
    """Return which share of its way each of n dots has flown: the last starts as the first ends."""
    return np.clip(2 * flight - np.arange(n) / max(1, n - 1), 0, 1)


def _on_the_way(z: np.ndarray, x: np.ndarray, phase: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where those dots are that have not arrived: below the curve, or on its left."""
    across = z * np.minimum(1, 2 - 2 * phase)
    up = -EDGE + (x.clip(-EDGE, EDGE) + EDGE) * np.minimum(1, 2 * phase)
    return across[phase < 1], up[phase < 1]


def _paths(z: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return one line that goes up from each z to the curve and from there to the left."""
    broken = np.full_like(z, np.nan)
    across = np.stack([z, z, np.zeros_like(z), broken], 1).ravel()
    return across, np.stack([np.full_like(z, -EDGE), x, x, broken], 1).ravel()


# Any density


@paper.styled
def cdf_error_figure(n: int = 12) -> Figure:
    """Return the share of n samples below x, beside F of N(0,1), and where they differ most."""
    x = np.sort(np.random.default_rng(2).normal(size=n))
    steps = np.concatenate([[-EDGE], x, [EDGE]])
    look = {"color": palette.FAKE, "linewidth": 1, "label": _("share of samples below x")}
    arrow = {"arrowstyle": "<->", "linewidth": 2.5, "shrinkA": 0, "shrinkB": 0}
    place, share, exact = _largest_gap(x)
    figure, (axes,) = paper.new_figure(2.4)
    axes.plot(X, NORMAL.cdf(X), color=palette.REAL, label=_("F(x)"))
    axes.stairs(np.arange(n + 1) / n, steps, baseline=None, **look)
    axes.annotate("", (place, share), (place, exact), arrowprops=arrow)
    title = ngettext(
        "{n} sample of N(0,1), largest CDF error {error:.2f}",
        "{n} samples of N(0,1), largest CDF error {error:.2f}",
        n,
    )
    axes.set_title(title.format(n=n, error=abs(share - exact)))
    axes.set(xlim=(-EDGE, EDGE), ylim=(0, 1.05), yticks=[0, 0.5, 1], xlabel=_("sample x"))
    axes.legend(loc="upper left")
    return figure


def _largest_gap(x: np.ndarray) -> tuple[float, float, float]:
    """Return where the share of the sorted x (n,) and F differ most; the share there, and F."""
    places = np.concatenate([x, x])  # the share just after each, and just before it
    shares = np.concatenate([np.arange(1, len(x) + 1), np.arange(len(x))]) / len(x)
    exact = NORMAL.cdf(places)
    here = np.abs(exact - shares).argmax()
    return places[here], shares[here], exact[here]


CENTRES = [-4, -2, 0, 2, 4]
FINE = np.linspace(-8, 8, 801)
BINS = np.linspace(-8, 8, 81)
VIEWS = [
    lambda distribution: (FINE, distribution.pdf(FINE)),
    lambda distribution: (FINE, distribution.cdf(FINE)),
    lambda distribution: (distribution.cdf(FINE), FINE),  # F⁻¹ is the mirror image of F
]


def modes_scene(points: int = 801) -> stage.Scene:
    """Return a density of five modes, known at some points only, with F, F⁻¹ and samples."""
    z = uniform().sample(20_000, np.random.default_rng(0))

    @stage.scene(height=3.0)
    def scene(density, cdf, ppf):
        show_curves = _modes_panels(density, cdf, ppf)
        (dots,) = density.plot([], [], ".", color=palette.EXACT, markersize=4)
        words = ppf.text(0.03, 7.6, "", va="top")

        def update(h1=0.0, h2=1.0, h3=0.3, h4=0.0, h5=0.7, width=0.6, points=points):
            heights = np.array([h1, h2, h3, h4, h5])
            if not heights.any():
                return words.set_text(_("all heights are 0"))
            x = np.linspace(-8, 8, points)
            exact = mixture(heights / heights.sum(), CENTRES, [width] * 5)
            ours = from_density(x, exact.pdf(x))
            show_curves(exact, ours, ours.ppf(z))
            known = x if points < 200 else x[:0]  # more dots would only hide the curve
            dots.set_data(known, exact.pdf(known))
            ks = largest_cdf_error(ours.ppf(GRID_U), exact)
            return words.set_text(_("largest CDF error\n{ks:.5f}").format(ks=ks))

        return update

    return scene


def _modes_panels(density: Axes, cdf: Axes, ppf: Axes) -> Callable:
    """Frame a density, F and F⁻¹; return what shows them, exact and interpolated, and samples."""
    bars = artists.bars(density, BINS, palette.FAKE, _("samples"))
    lines = [_exact_and_ours(axes, _("interpolated")) for axes in (density, cdf, ppf)]
    density.set(xlim=(-8, 8), yticks=[], xlabel=_("sample x"), title=_("density and samples"))
    cdf.set(xlim=(-8, 8), yticks=TICKS_Z, xlabel=_("sample x"), title=_("CDF F(x)"))
    ppf.set(ylim=(-8, 8), xticks=TICKS_Z, xlabel=_("noise z"), ylabel=_("sample x"))
    ppf.set_title(_("inverse CDF F⁻¹(z)"))
    density.legend(loc="upper left")

    def show(exact: Distribution, ours: Distribution, samples: np.ndarray) -> None:
        density.set_ylim(0, np.ceil(3 * exact.pdf(FINE).max()) / 2)
        bars.set_data(artists.heights(samples, BINS))
        for pair, view in zip(lines, VIEWS, strict=True):
            pair[0].set_data(*view(exact))
            pair[1].set_data(*view(ours))

    return show


def _exact_and_ours(axes: Axes, ours: str) -> list[Line2D]:
    wide: dict[str, Any] = {"linewidth": 5, "alpha": 0.45}  # it shows on both sides of ours
    (exact,) = axes.plot([], [], color=palette.REAL, label=_("exact"), **wide)
    (fitted,) = axes.plot([], [], color=palette.FAKE, linestyle="--", label=ours)
    return [exact, fitted]


def gap_scene() -> stage.Scene:
    """Return N(0,1) torn in two, and a continuous map that has to cross the gap."""
    x = np.linspace(-6, 6, 1201)
    bins = np.linspace(-6, 6, 61)

    @stage.scene(height=3.0, ncols=2, width_ratios=[1.3, 1])
    def scene(curve, density):
        exact, ours, band = _gap_panel(curve)
        bars = artists.bars(density, bins, palette.FAKE)
        (distribution,) = density.plot([], [], color=palette.REAL)
        density.set(xlim=(-6, 6), ylim=(0, 0.6), xlabel=_("sample x"))
        density.set_title(_("density and samples"))

        def update(gap=3.0, ramp=0.1):
            outside = np.abs(x) - gap / 2
            g = crossing(GRID_U, gap, ramp)
            exact.set_data(*_with_breaks(GRID_U, torn(GRID_U, gap)))
            ours.set_data(GRID_U, g)
            band.set(y=-gap / 2, height=gap)
            distribution.set_data(x, np.where(outside > 0, NORMAL.pdf(outside), 0))
            bars.set_data(artists.heights(g, bins))
            share = np.mean(np.abs(g) < gap / 2)
            curve.set_title(_("{share:.2%} of the samples in the gap").format(share=share))

        return update

    return scene


def _gap_panel(axes: Axes) -> tuple[Line2D, Line2D, Rectangle]:
    """Frame two maps; return them, and the band of the gap."""
    exact, ours = _exact_and_ours(axes, _("continuous"))
    band = artists.band(axes, color="#E4E4E4", zorder=0)
    axes.set(xlim=(0, 1), ylim=(-6, 6), xlabel=_("noise z"), ylabel=_("sample x"))
    axes.legend(loc="upper left")
    return exact, ours, band


def torn(z: np.ndarray, gap: float) -> np.ndarray:
    """Return F⁻¹(z) of N(0,1) cut at 0 and pulled apart: Φ⁻¹(z) ± gap/2, a jump at z = ½."""
    return NORMAL.ppf(z) + np.copysign(gap / 2, z - 0.5)


def crossing(z: np.ndarray, gap: float, ramp: float) -> np.ndarray:
    """Return `torn`, but with a straight line across on a ramp of this width around z = ½."""
    ends = np.array([0.5 - ramp / 2, 0.5 + ramp / 2])
    line = np.interp(z, ends, torn(ends, gap))
    return np.where(np.abs(z - 0.5) < ramp / 2, line, torn(z, gap))


# Other maps


def maps_scene(folds: dict[str, Callable[..., np.ndarray]]) -> stage.Scene:
    """Return four maps z → Φ⁻¹(fold(z, shift)) by name, where they send one z, and samples."""
    noise = uniform().sample(20_000, np.random.default_rng(0))
    ratios = {"height_ratios": [1.6, 1], "sharex": "row", "sharey": "row"}

    @stage.scene(height=3.8, nrows=2, ncols=4, **ratios)
    def scene(*axes):
        parts = [_map_panels(*panels) for panels in zip(axes[:4], axes[4:], folds, strict=True)]

        def update(z=0.2, shift=0.3):
            for (curve, path, bars, words), fold in zip(parts, folds.values(), strict=True):
                curve.set_data(*_with_breaks(GRID_U, NORMAL.ppf(fold(GRID_U, shift))))
                sent = NORMAL.ppf(fold(z, shift))
                path.set_data([z, z, 0], [-EDGE, sent, sent])
                bars.set_data(artists.heights(NORMAL.ppf(fold(noise, shift)), BINS_X[::2]))
                words.set_text(minus(_("x = {x:.2f}").format(x=sent)))

        return update

    return scene


def _with_breaks(z: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return z and x with a break where x jumps, so that no line is drawn across."""
    jumps = np.flatnonzero(np.abs(np.diff(x)) > 0.4) + 1
    return np.insert(z, jumps, np.nan), np.insert(x, jumps, np.nan)


def _map_panels(curve: Axes, density: Axes, name: str) -> tuple:
    """Frame one map and its samples; return what will move."""
    curve.set(xlim=(0, 1), ylim=(-EDGE, EDGE), title=name)
    curve.set(xticks=TICKS_Z, yticks=TICKS_X, xlabel=_("noise z"))
    density.set(xlabel=_("sample x"))
    density.set(xlim=(-EDGE, EDGE), ylim=(0, 0.5), xticks=[-4, 0, 4], yticks=[0, 0.4])
    (line,) = curve.plot([], [], color=palette.EXACT)
    (path,) = curve.plot([], [], "o-", color=palette.FAKE, linewidth=1, markevery=[1])
    bars = artists.bars(density, BINS_X[::2], palette.FAKE)
    density.plot(X, NORMAL.pdf(X), color=palette.REAL, zorder=3)
    return line, path, bars, curve.text(0.04, 3.7, "", va="top", fontsize="small", bbox=PAPER)


# A network


MARKS = sorted({round(10 ** (0.02 * k)) for k in range(151)})  # where the slider stops


def record(network, steps: Iterable[int]) -> dict[int, np.ndarray]:
    """Train to the end of `steps`; return G on `GRID_U` and `TAIL_Z` after each step in `MARKS`."""
    from gan_edu.networks import outputs

    z = np.concatenate([GRID_U, TAIL_Z])
    return {step: outputs(network, z) for step in steps if step in MARKS}


def middle_error(g: np.ndarray) -> float:
    """Return max |G(z) − Φ⁻¹(z)| for 0.05 < z < 0.95, with g = G(`GRID_U`)."""
    return float(np.abs(g - NORMAL.ppf(GRID_U))[np.abs(GRID_U - 0.5) < 0.45].max())


LEAST_ERROR = 1e-4  # that is drawn


def fit_scene(fits: dict[int, dict[int, np.ndarray]]) -> stage.Scene:
    """Return a network beside Φ⁻¹, its error over z, and its left tail; `fits` has a record each.

    The steps shown are the last recorded ones that are not above the slider's.
    """

    @stage.scene(height=3.0)
    def scene(curve, error, tail):
        fitted = _beside(curve, GRID_U), _beside(tail, TAIL_Z)
        (distance,) = error.plot([], [], color=palette.FAKE)
        words = _fit_frames(curve, error, tail)

        def update(width=8, steps=1):
            step = MARKS[bisect.bisect(MARKS, steps) - 1]
            g, g_tail = np.split(fits[width][step], [len(GRID_U)])
            fitted[0].set_ydata(g)
            fitted[1].set_ydata(g_tail)
            error_at = np.abs(g - NORMAL.ppf(GRID_U))  # 0 where the curves cross
            distance.set_data(GRID_U, np.maximum(error_at, LEAST_ERROR))
            words.set_text(_("at most {error:.3f} in the grey").format(error=middle_error(g)))
            title = ngettext("width {width}, {n:,} step", "width {width}, {n:,} steps", step)
            curve.set_title(title.format(width=width, n=step))

        return update

    return scene


def _beside(axes: Axes, z: np.ndarray) -> Line2D:
    """Draw Φ⁻¹ over z, and return the line for the network's."""
    exact, fitted = _exact_and_ours(axes, _("network"))
    exact.set_data(z, NORMAL.ppf(z))
    fitted.set_data(z, np.full_like(z, np.nan))
    return fitted


def _fit_frames(curve: Axes, error: Axes, tail: Axes) -> Text:
    ticks = {"xlim": (0, 1), "xticks": TICKS_Z, "xlabel": _("noise z")}
    curve.set(ylim=(-EDGE, EDGE), yticks=TICKS_X, ylabel=_("sample x"), **ticks)
    error.set(ylim=(LEAST_ERROR, 40), yscale="log", title=_("error |G(z) − Φ⁻¹(z)|"), **ticks)
    error.axvspan(0.05, 0.95, color="#EEEEEE", zorder=0)
    tail.set(xlim=(1e-6, 0.4), xscale="log", xticks=[1e-6, 1e-4, 1e-2], xlabel=_("noise z"))
    tail.set(ylim=(-5, 0), yticks=[-4, -2, 0], title=_("the left tail, enlarged"))
    for axes in (error, tail):
        axes.minorticks_off()
    curve.legend(loc="upper left")
    return error.text(0.5, 28, "", ha="center", va="top")


# Nobody tells us f


def mispaired(x: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Return x with a `share` of its entries left in place, the others permuted at random."""
    x = x.copy()
    wrong = rng.permutation(len(x))[round(share * len(x)) :]
    x[wrong] = x[rng.permutation(wrong)]
    return x


def pairs_scene(fits: dict[int, tuple[np.ndarray, np.ndarray]]) -> stage.Scene:
    """Return pairs, what a network learned from them beside the best guess, and its samples.

    `fits` has, for each percentage of `right` pairs, x on `GRID_U` and the network's outputs.
    """

    @stage.scene(height=3.0, ncols=2, width_ratios=[1.3, 1])
    def scene(curve, density):
        (dots,) = curve.plot([], [], ".", color=palette.NOISE, markersize=3, label=_("the pairs"))
        best, fitted = _exact_and_ours(curve, _("network"))
        best.set_label(_("mean of x, given z"))
        show_bars = artists.bars_told(density, BINS_X, palette.FAKE)
        density.plot(X, NORMAL.pdf(X), color=palette.REAL)
        curve.set(xlim=(0, 1), ylim=(-EDGE, 7), yticks=TICKS_X)
        curve.set(xlabel=_("noise z"), ylabel=_("sample x"))
        density.set(xlim=(-EDGE, EDGE), ylim=(0, 1.5), xlabel=_("sample x"), ylabel=_("density"))
        curve.legend(loc="upper left")

        def update(right=100):
            real, g = fits[right]
            dots.set_data(GRID_U[::4], real[::4])
            best.set_data(GRID_U, right / 100 * NORMAL.ppf(GRID_U))
            fitted.set_data(GRID_U, g)
            show_bars(artists.heights(g, BINS_X), BINS_X)
            title = _("standard deviation of the samples: {sd:.2f}").format(sd=g.std())
            density.set_title(title)

        return update

    return scene
