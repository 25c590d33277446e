"""Chapter 01: noise becomes a sample, first by an exact map, then by a network."""

import bisect
import math
from collections.abc import Callable, Iterable

import numpy as np
from matplotlib.axes import Axes
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
from gan_edu.language import ngettext
from gan_edu.stage import artists, palette

NORMAL = normal()
EDGE = 4.0  # pictures of N(0,1) show −4 … 4: all but one sample in 16,000
TAIL_U = np.logspace(-6, -0.4, 113)
DENSE_U = (1 - np.cos(np.pi * np.linspace(0, 1, 1001)[1:-1])) / 2  # denser near 0 and 1
BINS_U, BINS_Y = np.linspace(0, 1, 21), np.linspace(-EDGE, EDGE, 41)
PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 1}
TICKS_Y = [-4, -2, 0, 2, 4]
CORNER = {"nrows": 2, "ncols": 2, "width_ratios": [1, 2.2], "height_ratios": [2.2, 1]}


# The exact map


def areas_scene(noise: Distribution, low: float, high: float, f: Callable) -> stage.Scene:
    """Return a strip of noise, the strip of N(0,1) that f makes of it, and the areas of both.

    The picture of the noise goes from `low`, where its support begins, to `high`. Both areas have
    one scale, so that equal shares look equal.
    """

    @stage.scene(height=4.2, **CORNER)
    def scene(left, curve, words, below):
        grid = low + (high - low) * DENSE_U
        _corner(left, curve, below, low, high, _("noise x"))
        below.plot(grid, noise.pdf(grid), color=palette.NOISE, linestyle="--")
        curve.plot(grid, f(grid), color=palette.EXACT)
        panel = max(2 * EDGE * NORMAL.pdf(0), (high - low) * noise.pdf(grid).max()) * 1.05
        left.set_xlim(panel / (2 * EDGE), 0)  # both panels are equally large and hold equal areas
        below.set_ylim(0, panel / (high - low))
        strips = [_strip(below, palette.NOISE), _way_across(curve, palette.NOISE)]
        strips += [_way_across(curve, palette.REAL), _strip(left, palette.REAL)]
        label = _words(words)

        def update(x=0.8, dx=0.1, all_to_the_left=False):
            start, end = (low, x) if all_to_the_left else (x, min(x + dx, float(noise.ppf(1))))
            for strip, outline in zip(strips, _outlines(noise, f, low, start, end), strict=True):
                strip.set_xy(outline)
            label.set_text(_areas(noise, f, start, end))

        return update

    return scene


def _corner(left: Axes, curve: Axes, below: Axes, low: float, high: float, name: str) -> None:
    """Frame the map in the middle, what goes in below it, and what comes out on its left."""
    curve.set(xlim=(low, high), ylim=(-EDGE, EDGE), yticks=TICKS_Y)
    curve.tick_params(labelbottom=False, labelleft=False)
    below.set(xlim=(low, high), xlabel=name, ylabel=_("density"))
    left.set(ylim=(-EDGE, EDGE), yticks=TICKS_Y, ylabel=_("y = f(x)"))
    left.set(xlim=(0.6, 0), xticks=[0, 0.4], xlabel=_("density"))
    y = np.linspace(-EDGE, EDGE, 201)
    left.plot(NORMAL.pdf(y), y, color=palette.REAL, zorder=3)


def _strip(axes: Axes, colour: str) -> Polygon:
    strip = Polygon(np.zeros((3, 2)), color=colour, alpha=0.35, linewidth=0)
    axes.add_patch(strip)
    return strip


def _way_across(axes: Axes, colour: str) -> Polygon:
    """Return the outline of a strip's way to the curve or from it: no share, so not filled."""
    outline = Polygon(np.zeros((3, 2)), fill=False, edgecolor=colour, linewidth=0.8)
    axes.add_patch(outline)
    return outline


def _words(axes: Axes) -> Text:
    axes.set_axis_off()
    return axes.text(0, 0.9, "", va="top", family="monospace", linespacing=1.5)


def _outlines(noise: Distribution, f: Callable, low: float, start: float, end: float) -> list:
    """Return the strip below the noise, up to the curve, from there to the left, and there."""
    x = np.linspace(start, end, 101)
    way = np.column_stack([x, np.clip(f(x), -9, 9)])
    y = np.linspace(way[0, 1], way[-1, 1], 401)
    return [
        np.vstack([[start, 0], np.column_stack([x, noise.pdf(x)]), [end, 0]]),
        np.vstack([[start, -9], way, [end, -9]]),
        np.vstack([[low, y[0]], way, [low, y[-1]]]),
        np.vstack([[0, y[0]], np.column_stack([NORMAL.pdf(y), y]), [0, y[-1]]]),
    ]


def _areas(noise: Distribution, f: Callable, start: float, end: float) -> str:
    """Return both shares, and the products of the formula; a dash for an infinite strip."""
    y = f(np.array([start, end]))
    finite = bool(np.all(np.isfinite(y)))
    lines = {
        _("grey share"): np.diff(noise.cdf([start, end]))[0],
        _("blue share"): np.diff(NORMAL.cdf(y))[0],
        _("ρ(x) dx"): noise.pdf(start) * (end - start) if finite else None,
        _("φ(y) dy"): NORMAL.pdf(y[0]) * (y[1] - y[0]) if finite else None,
    }
    numbers = {name: f"{'—':>7}" if v is None else f"{v:7.4f}" for name, v in lines.items()}
    return "\n".join(f"{name:<12}{number}" for name, number in numbers.items())


def drops_scene(most: int = 100_000) -> stage.Scene:
    """Return `n` uniform dots, up to `most`, that go through Φ⁻¹ and pile up as N(0,1)."""
    u = uniform().sample(most, np.random.default_rng(0))
    y = NORMAL.ppf(u)

    @stage.scene(height=4.2, **CORNER)
    def scene(left, curve, words, below):
        _corner(left, curve, below, 0, 1, _("noise u"))
        below.axhline(1, color=palette.NOISE, linestyle="--")
        below.set(ylim=(0, 2), yticks=[0, 1, 2])
        curve.plot(DENSE_U, NORMAL.ppf(DENSE_U), color=palette.EXACT)
        show_u = artists.bars_told(below, BINS_U, palette.NOISE)
        show_y = artists.bars_told(left, BINS_Y, palette.FAKE, lying=True)
        (paths,) = curve.plot([], [], color=palette.FAKE, linewidth=0.8)
        (dots,) = curve.plot([], [], "o", color=palette.FAKE, markersize=4, alpha=0.6)
        label = _words(words)

        def update(n=30):
            show_u(artists.heights(u[:n], BINS_U), BINS_U)
            show_y(artists.heights(y[:n], BINS_Y), BINS_Y)
            dots.set_data(u[:n][-300:], y[:n][-300:])
            paths.set_data(*_paths(u[:n][-15:], y[:n][-15:]))
            label.set_text(_luck(y[:n]))

        return update

    return scene


def _paths(u: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return one line that goes up from each u to the curve and from there to the left."""
    broken = np.full_like(u, np.nan)
    across = np.stack([u, u, np.zeros_like(u), broken], 1).ravel()
    return across, np.stack([np.full_like(u, -EDGE), y, y, broken], 1).ravel()


def _luck(y: np.ndarray) -> str:
    lines = (
        _("dots      {n:>8,}").format(n=len(y)),
        _("largest gap{ks:7.4f}").format(ks=largest_cdf_error(y)),
    )
    return "\n".join([*lines, _("0.83/√n    {luck:7.4f}").format(luck=0.83 / np.sqrt(len(y)))])


# Any density


FINE, BINS = np.linspace(-8, 8, 801), np.linspace(-8, 8, 81)
VIEWS = [
    lambda distribution: (FINE, distribution.pdf(FINE)),
    lambda distribution: (FINE, distribution.cdf(FINE)),
    lambda distribution: (distribution.cdf(FINE), FINE),  # F⁻¹ is the mirror image of F
]


def hills_scene(samples: int = 20_000) -> stage.Scene:
    """Return a density of five hills, known at a few points only, with its F, F⁻¹ and samples."""
    u = uniform().sample(samples, np.random.default_rng(0))

    @stage.scene(height=3.0)
    def scene(density, cdf, ppf):
        bars, lines, knots, verdict = _hills_panels(density, cdf, ppf)

        def update(h1=0.0, h2=1.0, h3=0.3, h4=0.0, h5=0.7, width=0.6, points=25):
            heights, x = np.array([h1, h2, h3, h4, h5]), np.linspace(-8, 8, points)
            if not heights.any():
                return verdict.set_text(_("all hills are 0"))
            exact = mixture(heights / heights.sum(), [-4, -2, 0, 2, 4], [width] * 5)
            ours = from_density(x, exact.pdf(x))
            density.set_ylim(0, np.ceil(3 * exact.pdf(FINE).max()) / 2)
            bars.set_data(artists.heights(ours.ppf(u), BINS))
            knots.set_data(x, exact.pdf(x))
            for pair, view in zip(lines, VIEWS, strict=True):
                pair[0].set_data(*view(exact))
                pair[1].set_data(*view(ours))
            gap = largest_cdf_error(ours.ppf(GRID_U), exact)
            return verdict.set_text(_("largest gap {gap:.1e}").format(gap=gap))

        return update

    return scene


def _hills_panels(density: Axes, cdf: Axes, ppf: Axes) -> tuple:
    """Frame a density, F and F⁻¹; return what will move."""
    bars = artists.bars(density, BINS, palette.FAKE)
    lines = [_exact_and_ours(axes, _("from the points")) for axes in (density, cdf, ppf)]
    density.set(xlim=(-8, 8), yticks=[], xlabel="y", title=_("density"))
    cdf.set(xlim=(-8, 8), yticks=[0, 0.5, 1], xlabel="y", title=_("F: the share to the left"))
    ppf.set(ylim=(-8, 8), xticks=[0, 0.5, 1], xlabel="u", ylabel="y", title=_("its inverse F⁻¹"))
    density.legend(loc="upper left")
    (knots,) = density.plot([], [], ".", color=palette.EXACT, markersize=4)
    return bars, lines, knots, ppf.text(0, 7.6, "", va="top")


def _exact_and_ours(axes: Axes, ours: str) -> list[Line2D]:
    (exact,) = axes.plot([], [], color=palette.REAL, label=_("exact"))
    (fitted,) = axes.plot([], [], color=palette.FAKE, linestyle="--", label=ours)
    return [exact, fitted]


def gap_scene() -> stage.Scene:
    """Return N(0,1) torn in two, and a continuous map that has to cross the gap."""
    y, bins = np.linspace(-6, 6, 1201), np.linspace(-6, 6, 61)

    @stage.scene(height=3.0, ncols=2, width_ratios=[1.3, 1])
    def scene(curve, density):
        exact, ours = _exact_and_ours(curve, _("continuous"))
        band = curve.add_patch(Rectangle((0, 0), 1, 0, color="#E4E4E4", zorder=0))
        bars = artists.bars(density, bins, palette.FAKE)
        (distribution,) = density.plot([], [], color=palette.REAL)
        curve.set(xlim=(0, 1), ylim=(-6, 6), xlabel=_("noise u"), ylabel=_("y = f(x)"))
        density.set(xlim=(-6, 6), ylim=(0, 0.6), xlabel="y", title=_("density"))
        curve.legend(loc="upper left")

        def update(gap=3.0, ramp=0.1):
            outside, g = np.abs(y) - gap / 2, crossing(GRID_U, gap, ramp)
            exact.set_data(*_with_breaks(GRID_U, torn(GRID_U, gap)))
            ours.set_data(GRID_U, g)
            band.set_y(-gap / 2)
            band.set_height(gap)
            distribution.set_data(y, np.where(outside > 0, NORMAL.pdf(outside), 0))
            bars.set_data(artists.heights(g, bins))
            curve.set_title(
                _("{share:.2%} of the samples in the hole").format(
                    share=np.mean(np.abs(g) < gap / 2)
                )
            )

        return update

    return scene


def torn(u: np.ndarray, gap: float) -> np.ndarray:
    """Return F⁻¹(u) of N(0,1) cut at 0 and pulled apart: Φ⁻¹(u) ± gap/2, a jump at u = ½."""
    return NORMAL.ppf(u) + np.copysign(gap / 2, u - 0.5)


def crossing(u: np.ndarray, gap: float, ramp: float) -> np.ndarray:
    """Return `torn`, but with a straight line across on a ramp of this width around u = ½."""
    ends = np.array([0.5 - ramp / 2, 0.5 + ramp / 2])
    line = np.interp(u, ends, torn(ends, gap))
    return np.where(np.abs(u - 0.5) < ramp / 2, line, torn(u, gap))


# Other maps


def maps_scene(folds: dict[str, Callable]) -> stage.Scene:
    """Return four maps u → Φ⁻¹(fold(u, shift)) by name, where they send one u, and samples."""
    random_u = uniform().sample(20_000, np.random.default_rng(0))
    ratios = {"height_ratios": [1.6, 1], "sharex": "row", "sharey": "row"}

    @stage.scene(height=3.8, nrows=2, ncols=4, **ratios)
    def scene(*axes):
        parts = [_map_panels(*panels) for panels in zip(axes[:4], axes[4:], folds, strict=True)]

        def update(u=0.2, shift=0.3):
            for (curve, path, bars, words), fold in zip(parts, folds.values(), strict=True):
                curve.set_data(*_with_breaks(GRID_U, NORMAL.ppf(fold(GRID_U, shift))))
                sent = NORMAL.ppf(fold(u, shift))
                path.set_data([u, u, 0], [-EDGE, sent, sent])
                bars.set_data(artists.heights(NORMAL.ppf(fold(random_u, shift)), BINS_Y[::2]))
                words.set_text(_("y = {y:.2f}").format(y=sent))

        return update

    return scene


def _with_breaks(u: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return u and y with a break where y jumps, so that no line is drawn across."""
    jumps = np.flatnonzero(np.abs(np.diff(y)) > 0.4) + 1
    return np.insert(u, jumps, np.nan), np.insert(y, jumps, np.nan)


def _map_panels(curve: Axes, density: Axes, name: str) -> tuple:
    """Frame one map and its samples; return what will move."""
    curve.set(xlim=(0, 1), ylim=(-EDGE, EDGE), title=name)
    curve.set(xticks=[0, 0.5, 1], yticks=TICKS_Y, xlabel="u")
    density.set(xlabel="y")
    density.set(xlim=(-EDGE, EDGE), ylim=(0, 0.5), xticks=[-4, 0, 4], yticks=[0, 0.4])
    (line,) = curve.plot([], [], color=palette.EXACT)
    (path,) = curve.plot([], [], "o-", color=palette.FAKE, linewidth=1, markevery=[1])
    bars = artists.bars(density, BINS_Y[::2], palette.FAKE)
    y = np.linspace(-EDGE, EDGE, 201)
    density.plot(y, NORMAL.pdf(y), color=palette.REAL, zorder=3)
    return line, path, bars, curve.text(0.04, 3.7, "", va="top", fontsize="small", bbox=PAPER)


# A network


MARKS = sorted({round(10 ** (0.02 * k)) for k in range(166)} | {2000})  # where the slider stops


def record(network, steps: Iterable[int]) -> dict[int, np.ndarray]:
    """Train to the end of `steps`; return G on `GRID_U` and `TAIL_U` after each step in `MARKS`."""
    from gan_edu.networks import outputs

    u = np.concatenate([GRID_U, TAIL_U])
    return {step: outputs(network, u) for step in steps if step in MARKS}


def middle_error(g: np.ndarray) -> float:
    """Return max |G(u) − Φ⁻¹(u)| for 0.05 < u < 0.95, with g = G(`GRID_U`)."""
    return float(np.abs(g - NORMAL.ppf(GRID_U))[np.abs(GRID_U - 0.5) < 0.45].max())


def fit_scene(fits: dict[int, dict[int, np.ndarray]]) -> stage.Scene:
    """Return a network beside Φ⁻¹, its error over u, and its left tail.

    `fits` has a record for some widths; the one that is nearest in ratio is shown.
    """

    @stage.scene(height=3.0)
    def scene(curve, error, tail):
        fitted = _beside(curve, GRID_U), _beside(tail, TAIL_U)
        (fault,) = error.plot([], [], color=palette.FAKE)
        words = _fit_frames(curve, error, tail)

        def update(width=8, steps=1):
            width = min(fits, key=lambda fitted: abs(math.log(fitted / width)))
            step = MARKS[bisect.bisect(MARKS, steps) - 1]
            g, g_tail = np.split(fits[width][step], [len(GRID_U)])
            fitted[0].set_ydata(g)
            fitted[1].set_ydata(g_tail)
            fault.set_data(GRID_U, np.abs(g - NORMAL.ppf(GRID_U)))
            words.set_text(_("at most {error:.3f} in the grey").format(error=middle_error(g)))
            curve.set_title(
                ngettext("width {width}, {n:,} step", "width {width}, {n:,} steps", step).format(
                    width=width, n=step
                )
            )

        return update

    return scene


def _beside(axes: Axes, u: np.ndarray) -> Line2D:
    """Draw Φ⁻¹ over u, and return the line for the network's."""
    exact, fitted = _exact_and_ours(axes, _("network"))
    exact.set_data(u, NORMAL.ppf(u))
    fitted.set_data(u, np.full_like(u, np.nan))
    return fitted


def _fit_frames(curve: Axes, error: Axes, tail: Axes) -> Text:
    ticks = {"xlim": (0, 1), "xticks": [0, 0.5, 1], "xlabel": "u"}
    curve.set(ylim=(-EDGE, EDGE), yticks=TICKS_Y, **ticks)
    error.set(ylim=(1e-4, 40), yscale="log", title=_("|G − Φ⁻¹|"), **ticks)
    error.axvspan(0.05, 0.95, color="#EEEEEE", zorder=0)
    tail.set(xlim=(1e-6, 0.4), xscale="log", xticks=[1e-6, 1e-4, 1e-2], xlabel="u")
    tail.set(ylim=(-5, 0), yticks=[-4, -2, 0], title=_("the left tail, enlarged"))
    for axes in (error, tail):
        axes.minorticks_off()
    curve.legend(loc="upper left")
    return error.text(0.5, 28, "", ha="center", va="top")


def bound_scene() -> stage.Scene:
    """Return N(0,1) beside a G that stays within ±bound, and how far apart, up to this bound."""
    y, b = np.linspace(-6, 6, 601), np.linspace(0.5, 5.5, 101)

    @stage.scene(height=3.0, ncols=2)
    def scene(density, distance):
        exact, ours = _exact_and_ours(density, _("G, within ±b"))
        exact.set_data(y, NORMAL.pdf(y))
        density.set_ylabel(_("density"))
        show = _two_measures(distance)
        (points,) = distance.plot([], [], "o", color=palette.EXACT)
        _log_axis(density, (-6, 6), "y").legend(loc="upper left")
        _log_axis(distance, (0.4, 5.6), "b").legend(loc="lower left")
        distance.set_yticks([1e2], labels=["∞"], minor=True)

        def update(bound=0.5):
            so_far = np.append(b[b < bound], bound)
            show(so_far)
            inside = NORMAL.pdf(y) / (1 - outside(bound))
            ours.set_data(y, np.where(np.abs(y) <= bound, inside, 1e-99))
            points.set_data([bound] * 2, [bounded_w1(bound), 1e2])
            density.set_title(
                _("{mass:.1e} of N(0,1) lies where G never goes").format(mass=outside(bound))
            )
            distance.set_title(_("W₁ = {w1:.2g}").format(w1=bounded_w1(bound)))

        return update

    return scene


def _two_measures(axes: Axes) -> Callable[[np.ndarray], None]:
    """Return what draws KL(N‖G), which is infinite, and W₁ over the bounds that were seen."""
    (kl,) = axes.plot([], [], ":", color=palette.REAL, label=_("KL(N‖G)"))
    (w1,) = axes.plot([], [], color=palette.FAKE, label=_("W₁"))

    def show(b: np.ndarray) -> None:
        kl.set_data(b, np.full_like(b, 1e2))
        w1.set_data(b, bounded_w1(b))

    return show


def _log_axis(axes: Axes, xlim: tuple, name: str) -> Axes:
    axes.set(xlim=xlim, xlabel=name, yscale="log", ylim=(1e-8, 1e3))
    axes.set_yticks([1e-8, 1e-6, 1e-4, 1e-2, 1])
    axes.minorticks_off()
    return axes


def outside(bound: float | np.ndarray) -> np.ndarray:
    """Return the probability 2Φ(−b) that N(0,1) gives to |y| > b."""
    return 2 * NORMAL.cdf(-np.asarray(bound))


def bounded_w1(bound: float | np.ndarray) -> np.ndarray:
    """Return W₁ = ∫ |Φ − F_G| dy of N(0,1) and G, which is the same law confined to ±bound."""
    y, b = np.linspace(-9, 9, 3601), np.asarray(bound)[..., None]
    confined = (NORMAL.cdf(np.clip(y, -b, b)) - NORMAL.cdf(-b)) / (1 - outside(b))
    return np.trapezoid(np.abs(NORMAL.cdf(y) - confined), y)


# Nobody tells us f


def mispaired(y: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Return y with a `share` of its entries left in place, the others permuted at random."""
    y, wrong = y.copy(), rng.permutation(len(y))[round(share * len(y)) :]
    y[wrong] = y[rng.permutation(wrong)]
    return y


def pairs_scene(fits: dict[int, tuple]) -> stage.Scene:
    """Return pairs, what a network has learned from them beside the best guess, and its samples.

    `fits` has, for each percentage of `right` pairs, y on `GRID_U` and the network's outputs.
    """

    y = np.linspace(-EDGE, EDGE, 201)

    @stage.scene(height=3.0, ncols=2, width_ratios=[1.3, 1])
    def scene(curve, density):
        (dots,) = curve.plot([], [], ".", color=palette.NOISE, markersize=3, label=_("the pairs"))
        best, fitted = _exact_and_ours(curve, _("network"))
        best.set_label(_("mean of y, given u"))
        show_bars = artists.bars_told(density, BINS_Y, palette.FAKE)
        density.plot(y, NORMAL.pdf(y), color=palette.REAL)
        curve.set(xlim=(0, 1), ylim=(-EDGE, 7), yticks=TICKS_Y, xlabel=_("noise u"), ylabel="y")
        density.set(xlim=(-EDGE, EDGE), ylim=(0, 1.5), xlabel="y", title=_("samples of G"))
        curve.legend(loc="upper left")

        def update(right=100):
            real, g = fits[right]
            dots.set_data(GRID_U[::4], real[::4])
            best.set_data(GRID_U, right / 100 * NORMAL.ppf(GRID_U))
            fitted.set_data(GRID_U, g)
            show_bars(artists.heights(g, BINS_Y), BINS_Y)

        return update

    return scene
