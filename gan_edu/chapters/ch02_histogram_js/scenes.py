"""Chapter 02: how far apart two distributions are, and two samples, by counting."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from gan_edu import stage
from gan_edu.chapters.ch02_histogram_js.values import (
    EDGES,
    FINE,
    LOG_2,
    NORMAL,
    TWO_MODES,
    WIDTH,
    crossings,
    equal_bins,
    exact_js,
    in_bins,
    js_of_counts,
    loss_of_nudges,
    shares,
    soft_weights,
)
from gan_edu.distributions import GRID_U, Distribution, largest_cdf_error, normal, uniform
from gan_edu.divergences import histogram, js, sqrt_js, symmetrised_kl, total_variation
from gan_edu.language import gettext as _
from gan_edu.language import later, minus
from gan_edu.stage import artists, palette

MOST = 100_000  # samples of a kind


def sample_scene() -> stage.Scene:
    """Return a histogram of `n` samples in `bins` bins beside the true density."""
    x_real = TWO_MODES.sample(MOST, np.random.default_rng(0))
    x = np.linspace(-5, 5, 501)

    @stage.scene(height=3.2)
    def scene(axes):
        show_sample = artists.bars_told(axes, np.array([-5, 5]), palette.REAL)
        axes.plot(x, TWO_MODES.pdf(x), "--", color=palette.EXACT, label=_("true density"))
        axes.set(xlim=(-5, 5), ylim=(0, 2 * TWO_MODES.pdf(x).max()))
        axes.set(xlabel="x", ylabel=_("density"))
        axes.legend()

        def update(n=1000, bins=4):
            edges = np.linspace(-5, 5, bins + 1)
            counted = histogram(x_real[:n], edges, outside="ends")
            off = total_variation(counted, np.diff(TWO_MODES.cdf(edges)))
            show_sample(counted / np.diff(edges), edges)
            axes.set_title(_("samples that would have to change bins: {off:.1%}").format(off=off))

        return update

    return scene


# Two distributions


def kl_scene() -> stage.Scene:
    """Return p = N(0,1), q = N(shift, sd²), and both divergences as areas."""
    x = np.linspace(-9, 11, 1001)
    p = NORMAL.pdf(x)
    log_p = np.log(p)

    @stage.scene(height=3.2, grab={"shift": "densities"})
    def scene(densities, forth, back):
        densities.plot(x, p, color=palette.REAL, label="p")
        (q_line,) = densities.plot(x, 0 * x, "--", color=palette.FAKE, label="q")
        densities.set(xlim=(-7, 8), ylim=(0, 0.75), yticks=[0, 0.4], xlabel="x")
        densities.set_title(_("density"))
        densities.legend()
        show_forth = _area(forth, _("p log(p/q): area KL(p‖q) = {value:.3f}"))
        show_back = _area(back, _("q log(q/p): area KL(q‖p) = {value:.3f}"))
        forth.legend()  # it holds for both panels

        def update(shift=1.0, sd=1.0):
            q = normal(shift, sd).pdf(x)
            ratio = log_p - np.log(q)
            q_line.set_ydata(q)
            show_forth(x, p * ratio)
            show_back(x, -q * ratio)

        return update

    return scene


def _area(axes: Axes, title: str) -> Callable:
    """Return what draws a curve over x, the area under it, and its size in the title."""
    axes.axhline(0, color=palette.NOISE, linewidth=0.8)
    axes.set(xlim=(-7, 8), ylim=(-0.3, 1.2), yticks=[0, 0.5, 1], xlabel="x")
    (line,) = axes.plot([], [], color=palette.EXACT, linewidth=1.2)
    more: dict[str, Any] = {"color": palette.DISCRIMINATOR, "label": _("adds")}
    less: dict[str, Any] = {"color": palette.NOISE, "hatch": "///", "label": _("takes away")}
    above, below = (axes.fill_between([0, 1], [0, 0], alpha=0.4, lw=0, **k) for k in (more, less))

    def draw(x: np.ndarray, height: np.ndarray) -> None:
        line.set_data(x, height)
        artists.fill(above, x, 0, np.maximum(height, 0))
        artists.fill(below, x, 0, np.minimum(height, 0))
        axes.set_title(title.format(value=np.trapezoid(height, x)))

    return draw


SHIFTS = np.linspace(0, 10, 201)
SHAPES = {later("normal"): normal, later("box"): lambda at=0.0: uniform(at - 0.5, at + 0.5)}
FLAT = 0.01  # a slope of JS that counts as none, nats per unit of shift


def shift_scene() -> stage.Scene:
    """Return two distributions of one shape that move apart, their divergences, and JS's slope.

    The curves reach to the present shift. `shape` is one of `SHAPES`.
    """
    curves = {name: _divergences_by_shift(make) for name, make in SHAPES.items()}

    @stage.scene(height=3.2, grab={"shift": "densities values slope"})
    def scene(densities, values, slope):
        lines = _two_densities(densities)
        show_values = _divergence_axes(values)
        show_slope = _slope_axes(slope)

        def update(shift=0.0, shape="normal"):
            p, q = SHAPES[shape](), SHAPES[shape](shift)
            for line, distribution in zip(lines, (p, q), strict=True):
                line.set_ydata(distribution.pdf(FINE))
            here = [float(measure(shares(p), shares(q))) for measure in (symmetrised_kl, js)]
            show_values(shift, curves[shape], here)
            show_slope(shift, curves[shape][1])

        return update

    return scene


def _two_densities(axes: Axes) -> list[Line2D]:
    axes.set(xlim=(-4, 14), ylim=(0, 1.25), yticks=[0, 1], xlabel="x", title=_("density"))
    (p,) = axes.plot(FINE, 0 * FINE, color=palette.REAL, label="p")
    (q,) = axes.plot(FINE, 0 * FINE, "--", color=palette.FAKE, label="q")
    axes.legend(loc="upper center", ncols=2)  # above the box
    return [p, q]


def _divergences_by_shift(make: Callable[[float], Distribution]) -> list[np.ndarray]:
    p, q = shares(make(0.0)), np.array([shares(make(shift)) for shift in SHIFTS])
    return [symmetrised_kl(p, q), js(p, q)]


def _divergence_axes(axes: Axes) -> Callable:
    """Frame values over the shift; return what shows both curves up to a shift, and their ends."""
    artists.level(axes, LOG_2, palette.NOISE)
    axes.text(9.9, LOG_2 - 0.08, "log 2", ha="right", va="top")  # below the dot at the end
    axes.set(xlim=(0, 10), ylim=(0, 2), yticks=[0, 0.5, 1, 1.5, 2], xlabel=_("shift"))
    looks = ((_("symmetrised KL"), palette.NOISE, "--"), ("JS", palette.DISCRIMINATOR, "-"))
    lines = [axes.plot([], [], look, color=colour, label=name)[0] for name, colour, look in looks]
    dots = [artists.dot(axes, colour) for _name, colour, _look in looks]
    axes.legend(loc="upper right", bbox_to_anchor=(1, 0.9))  # below an arrow at the top
    infinite = axes.text(0, 2, "∞", size=18, va="top", color=palette.NOISE, in_layout=False)

    def show(shift: float, curves: list[np.ndarray], here: list[float]) -> None:
        seen = shift >= SHIFTS
        for line, dot, mark, curve, y in zip(lines, dots, "so", curves, here, strict=True):
            line.set_data(SHIFTS[seen], np.minimum(curve, 9)[seen])
            artists.point_at(dot, shift, y, mark)  # the title tells the number
        side = 0.2 if shift < 5 else -0.2
        infinite.set(x=shift + side, ha="left" if side > 0 else "right", visible=np.isinf(here[0]))
        title = _("symmetrised KL {sym:.3g}, JS {js:.4f}").format(sym=here[0], js=here[1])
        axes.set_title(title.replace("inf", "∞"))

    return show


def _slope_axes(axes: Axes) -> Callable[[float, np.ndarray], None]:
    """Frame slopes over the shift; return what shows the slope of a curve up to a shift."""
    look = {"color": palette.DISCRIMINATOR, "markevery": [-1], "clip_on": False}
    (line,) = axes.plot([], [], "o-", **look)
    artists.level(axes, FLAT, palette.NOISE)
    above = {"xytext": (0, 2), "textcoords": "offset points"}
    axes.annotate(f"{FLAT}", (9.5, FLAT), ha="right", **above)
    axes.set(xlim=(0, 10), xlabel=_("shift"))

    def show(shift: float, curve: np.ndarray) -> None:
        slopes = np.gradient(curve, SHIFTS, edge_order=2)
        line.set_data(SHIFTS[shift >= SHIFTS], slopes[shift >= SHIFTS])
        artists.heighten(axes, 0.36, slopes.max())
        here = abs(np.interp(shift, SHIFTS, slopes))
        axes.set_title(_("slope of JS: {slope:.4f}").format(slope=here))

    return show


MEASURES = {
    "sym_kl": (later("symmetrised KL"), symmetrised_kl, 5.5),
    "js": (later("Jensen–Shannon"), js, 1.05),
    "sqrt_js": (later("√Jensen–Shannon"), sqrt_js, 1.5),
}


def triangle_scene() -> stage.Scene:
    """Return three coins with probabilities a, b, c of heads: from a to c directly and via b."""

    @stage.scene(height=2.6, ncols=3, sharey=True)
    def scene(*axes):
        panels = [_ways(ax, top) for ax, (*_, top) in zip(axes, MEASURES.values(), strict=True)]
        axes[0].set_yticks([1, 0], labels=["a → c", "a → b → c"])

        def update(a=0.2, b=0.9, c=0.6):
            coins = np.array([[1 - heads, heads] for heads in (a, b, c)])
            told = zip(axes, panels, MEASURES.values(), strict=True)
            for ax, bars, (name, measure, _top) in told:
                a_b, b_c, a_c = measure(coins[[0, 1, 0]], coins[[1, 2, 2]])
                for bar, start, length in zip(bars, (0, 0, a_b), (a_c, a_b, b_c), strict=True):
                    bar.set(x=start, width=length)
                words = _("{name}:\nholds")
                if a_b + b_c < a_c - 1e-12:
                    words = _("{name}:\nviolated: detour = {share:.2f} × direct")
                ax.set_title(words.format(name=_(name), share=(a_b + b_c) / max(a_c, 1e-12)))

        return update

    return scene


def _ways(axes: Axes, longest: float) -> list:
    """Return bars for the direct way, and for the two parts of the detour."""
    looks = [(1, palette.EXACT, None), (0, palette.REAL, None), (0, palette.FAKE, "//")]
    axes.set(xlim=(0, longest), ylim=(-0.6, 1.6))
    shape = {"edgecolor": "white", "height": 0.6}
    return [axes.barh([y], [0], color=c, hatch=hatch, **shape)[0] for y, c, hatch in looks]


# Two samples


BIN_COUNTS = np.unique(np.geomspace(2, 200, 30).round().astype(int))


def bins_scene() -> stage.Scene:
    """Return two samples in bins that are equally probable, and their JS up to a number of bins.

    The generated sample is shifted. A band shows what is within a fifth of the exact value.
    """
    x_real, x_fake = (np.random.default_rng(seed).normal(size=MOST) for seed in (0, 1))

    @stage.scene(height=3.4, ncols=2, grab={"bins": "right"})
    def scene(left, right):
        show_samples = _two_histograms(left)
        show_values = _js_over_bins(right)

        def update(n=1000, bins=2, shift=0.0):
            real, fake = np.sort(x_real[:n]), np.sort(x_fake[:n]) + shift
            show_samples(real, fake, equal_bins(bins))
            counts = np.union1d(BIN_COUNTS[bins > BIN_COUNTS], bins)
            values = np.array([js_of_counts(real, fake, equal_bins(k)) for k in counts])
            show_values(counts, values, bins, n, exact_js(shift))

        return update

    return scene


def _two_histograms(axes: Axes) -> Callable:
    """Return what shows two sorted samples as histograms; the outer bins are drawn up to ±9."""
    real = artists.bars(axes, np.array([-4, 4]), palette.REAL, _("real"))
    fake = axes.stairs([0], [-4, 4], color=palette.FAKE, linewidth=1.5, label=_("generated"))
    axes.set(xlim=(-4, 6), ylim=(0, 0.9), yticks=[0, 0.4], xlabel="x", title=_("density"))
    axes.legend(handles=[real, fake])

    def show(x_real: np.ndarray, x_fake: np.ndarray, edges: np.ndarray) -> None:
        drawn = np.clip(edges, -9, 9)
        for artist, ordered in ((real, x_real), (fake, x_fake)):
            artist.set_data(in_bins(ordered, edges) / len(ordered) / np.diff(drawn), drawn)
        artists.heighten(axes, 0.9, max(a.get_data()[0].max() for a in (real, fake)))

    return show


def _js_over_bins(axes: Axes) -> Callable:
    (found,) = axes.plot([], [], color=palette.DISCRIMINATOR, label=_("from the samples"))
    (bias,) = axes.plot([], [], "--", color=palette.EXACT, label="(K − 1)/(4N)")
    exact = axes.axhline(1, color=palette.REAL, linestyle=":", label=_("exact"))
    band = artists.band(axes, color=palette.REAL, alpha=0.2, lw=0, label=_("exact ± a fifth"))
    show_dot = artists.dot_or_arrow(axes, palette.DISCRIMINATOR)
    axes.set(xscale="log", xlim=(2, 200), xlabel=_("K, number of bins"))
    axes.set(xticks=[2, 5, 10, 20, 50, 100, 200])
    axes.set_xticklabels([str(k) for k in (2, 5, 10, 20, 50, 100, 200)])
    axes.minorticks_off()
    show_legend = artists.legend_of_drawn(axes, [found, bias, exact, band], loc="upper left")

    def show(counts: np.ndarray, values: np.ndarray, bins: int, n: int, truth: float) -> None:
        axes.set_ylim(0, max(0.03, 2.5 * truth))
        found.set_data(counts, values)
        bias.set_data(counts, (counts - 1) / (4 * n))
        exact.set(ydata=[truth] * 2)
        band.set(y=0.8 * truth, height=0.4 * truth, visible=truth > 0)
        here = float(values[counts == bins][0])
        show_dot(bins, here)
        off = _(" ({off:+.0%})").format(off=here / truth - 1) if truth else ""
        title = _("JS {js:.4f}, exact {exact:.4f}").format(js=here, exact=truth) + off
        axes.set_title(minus(title))
        show_legend()

    return show


# The hard histogram as a loss


def nudge_scene() -> stage.Scene:
    """Return the histogram of `n` samples after a nudge of `h`, and the loss on the way there."""
    x_fake = NORMAL.sample(1000, np.random.default_rng(1)) + 0.3
    p = np.diff(NORMAL.cdf(EDGES))

    @stage.scene(height=3.2, ncols=2)
    def scene(density, loss):
        bars = artists.bars(density, EDGES, palette.FAKE, _("generated"))
        density.stairs(p / WIDTH, EDGES, color=palette.REAL, label=_("real"))
        density.set(xlim=(-4, 4), ylim=(0, 0.9), xlabel="x", title=_("density, after the nudge"))
        density.locator_params(axis="y", nbins=4, steps=[1, 2, 5, 10])  # no label of two digits
        density.legend()
        show_loss = _loss_over_nudge(loss)

        def update(n=1000, h=1.0):
            heights = in_bins(np.sort(x_fake[:n]) + h, EDGES) / n / WIDTH
            bars.set_data(heights)
            artists.heighten(density, 0.9, heights.max())
            show_loss(loss_of_nudges(x_fake[:n], p, h * np.linspace(0, 1, 401)))
            moved = crossings(x_fake[:n], h)
            loss.set_title(_("samples that crossed an edge: {count:,}").format(count=moved))

        return update

    return scene


def _loss_over_nudge(axes: Axes) -> Callable[[np.ndarray], None]:
    """Return what shows how a loss changes from no nudge to the largest one."""
    (steps,) = axes.plot([], [], color=palette.FAKE, drawstyle="steps-mid")
    axes.set(xlim=(0, 1), xticks=[0, 1], xticklabels=["0", "h"])
    axes.set(xlabel=_("nudge, from 0 to h"), ylabel=_("change of the loss, nats"))
    axes.yaxis.set_label_coords(-0.18, 0.5)  # beside the longest of the numbers, from the start

    def show(values: np.ndarray) -> None:
        steps.set_data(np.linspace(0, 1, len(values)), values - values[0])
        _zoom(axes, np.abs(values - values[0]).max())

    return show


def _zoom(axes: Axes, largest: float) -> None:
    """Let the y-axis reach to the next 1, 2 or 5 times a power of ten; touch it only if it must."""
    steps = np.multiply.outer(10.0 ** np.arange(-4, 1), (1, 2, 5)).ravel()
    reach = steps[np.searchsorted(steps, largest)]
    if axes.get_ylim() != (-reach, reach):
        marks = [-reach, 0, reach]
        axes.set(ylim=(-reach, reach), yticks=marks, yticklabels=[minus(f"{m:g}") for m in marks])


# The soft histogram


def soft_scene() -> stage.Scene:
    """Return where one sample x counts: in hard bins, and in soft ones."""
    centres = np.linspace(-2, 2, 5)
    edges = np.linspace(-2.5, 2.5, 6)
    x_all = np.linspace(-2.7, 2.7, 55)

    @stage.scene(height=2.6, ncols=2, sharey=True, grab={"x": "hard soft"})
    def scene(hard, soft):
        soft.plot(x_all, soft_weights(x_all, centres), color=palette.NOISE, linewidth=0.8)
        bars = [artists.bars(ax, edges, palette.FAKE) for ax in (hard, soft)]
        dots = [ax.plot([], [], "v", color=palette.EXACT, markersize=9)[0] for ax in (hard, soft)]
        for ax in (hard, soft):
            ax.set(xlim=(-2.7, 2.7), ylim=(0, 1.2), yticks=[0, 1], xlabel="x")
        hard.set_title(_("hard bins: one bin gets the whole count"))
        soft.set_title(_("soft bins: the two nearest centres share it"))

        def update(x=0.3):
            bars[0].set_data(np.histogram([x], edges)[0])
            bars[1].set_data(soft_weights(x, centres))
            for dot in dots:
                dot.set_data([x], [1.1])

        return update

    return scene


WIDEST = 5.5  # of the figures of a training: a spread start reaches beyond 5
MARKS = (1, 2, 3, 5, 10, *range(20, 1001, 20))  # training steps that are kept


@dataclass(frozen=True)
class Trace:
    """One moment of a training: the step, the loss in nats, and G on the grid `GRID_U`."""

    step: int
    loss: float
    g: np.ndarray


def traced(generator, losses: Iterable[float]) -> Iterator[Trace]:
    """Go through a training that yields its losses; yield a trace of each step in `MARKS`.

    Each loss must come before its step is taken: then loss and G of a trace belong together.
    """
    from gan_edu.networks import outputs

    for step, loss in enumerate(losses, 1):
        if step in MARKS:
            yield Trace(step, loss, outputs(generator, GRID_U))


def training_scene(distribution: Distribution) -> stage.Scene:
    """Return the scene of a training for `stage.watch`."""

    @stage.scene(height=3.2)
    def scene(curve, density, loss):
        show = _training_panels(curve, density, loss, MARKS[-1])
        return lambda seen: show(distribution, seen)

    return scene


def runs_scene(runs: dict[str, tuple[Distribution, list[Trace]]], first: str) -> stage.Scene:
    """Return trainings by name, each with its target, at any step that has been traced.

    A run that has found one of two modes always has a largest CDF error of a half, so the title
    gives the share of samples above 0 in its place.
    """

    @stage.scene(height=3.2)
    def scene(curve, density, loss):
        show = _training_panels(curve, density, loss, runs[first][1][-1].step)

        def update(run=first, step=1):
            distribution, traces = runs[run]
            seen = [trace for trace in traces if trace.step <= step]
            show(distribution, seen)
            share = np.mean(seen[-1].g > 0)
            density.set_title(_("samples above 0: {share:.0%}").format(share=share))

        return update

    return scene


def _training_panels(curve: Axes, density: Axes, loss: Axes, steps: int) -> Callable:
    """Frame G beside F⁻¹, both densities, and the loss; return what shows traces."""
    show_maps = _map_panel(curve)
    show_densities = _density_panel(density)
    show_losses = _loss_panel(loss, steps)

    def show(distribution: Distribution, traces: list[Trace]) -> None:
        show_maps(distribution, traces[-1].g)
        show_densities(distribution, traces[-1].g)
        show_losses(traces)

    return show


def _map_panel(axes: Axes) -> Callable[[Distribution, np.ndarray], None]:
    z = 2 * GRID_U - 1
    (exact,) = axes.plot([], [], color=palette.REAL, label=_("exact map"))
    (fitted,) = axes.plot([], [], color=palette.FAKE, linestyle="--", label="G(z)")
    axes.set(xlim=(-1, 1), ylim=(-WIDEST, WIDEST), xlabel=_("noise z"), ylabel="x")
    artists.legend_above(axes, 2)  # G may run through any corner

    def show(distribution: Distribution, g: np.ndarray) -> None:
        exact.set_data(z, distribution.ppf(GRID_U))
        fitted.set_data(z, g)

    return show


def _density_panel(axes: Axes) -> Callable[[Distribution, np.ndarray], None]:
    x = np.linspace(-WIDEST, WIDEST, 551)
    edges = np.linspace(-WIDEST, WIDEST, 74)
    show_sample = artists.bars_told(axes, edges, palette.FAKE)
    (density,) = axes.plot(x, 0 * x, color=palette.REAL)
    axes.set(xlim=(-WIDEST, WIDEST), ylim=(0, 1), xlabel="x")

    def show(distribution: Distribution, g: np.ndarray) -> None:
        density.set_ydata(distribution.pdf(x))
        show_sample(artists.heights(np.clip(g, -WIDEST, WIDEST), edges), edges)
        error = largest_cdf_error(g, distribution)
        axes.set_title(_("largest CDF error (KS): {error:.3f}").format(error=error))

    return show


def _loss_panel(axes: Axes, steps: int) -> Callable[[list[Trace]], None]:
    (way,) = axes.plot([], [], "o-", color=palette.DISCRIMINATOR, markevery=[-1])
    axes.set(xlim=(0, steps), ylim=(0, 0.75), xlabel=_("training step"))
    artists.level(axes, LOG_2, palette.NOISE)
    axes.text(0.98 * steps, LOG_2 - 0.02, "log 2", ha="right", va="top")

    def show(traces: list[Trace]) -> None:
        way.set_data([t.step for t in traces], [t.loss for t in traces])
        axes.set_title(_("loss (JS): {loss:.4f} nats").format(loss=traces[-1].loss))

    return show
