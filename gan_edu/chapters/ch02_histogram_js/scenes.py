"""Chapter 02: how far apart two laws are, and two samples, by counting."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch

from gan_edu import stage
from gan_edu.distributions import GRID_U, Distribution, largest_cdf_error, mixture, normal, uniform
from gan_edu.divergences import expected_js, histogram, js, sqrt_js, symmetrised_kl, total_variation
from gan_edu.language import gettext as _
from gan_edu.language import later
from gan_edu.stage import artists, palette

NORMAL, BUMPS = normal(), mixture([0.5, 0.5], [-2, 2], [0.5, 0.5])
LN_2 = np.log(2)
FINE = np.arange(-8, 18, 0.01) + 0.005  # middles, so that the box's edges fall between two
WIDTH = 0.2  # of a bin, where forgeries are nudged


def shares(distribution: Distribution, x: np.ndarray = FINE) -> np.ndarray:
    """Return the probabilities, summing to 1, of bins around an even grid x (K,)."""
    return distribution.pdf(x) / distribution.pdf(x).sum()


def sample_scene(distribution: Distribution = BUMPS, most: int = 100_000) -> stage.Scene:
    """Return a histogram of `n` samples in `bins` bins beside its law, and how far it is off."""
    z = distribution.sample(most, np.random.default_rng(0))
    x = np.linspace(-5, 5, 501)

    @stage.scene(height=3.2)
    def scene(axes):
        show_sample = artists.bars_told(axes, np.array([-5, 5]), palette.REAL)
        axes.plot(x, distribution.pdf(x), color=palette.EXACT, linestyle="--", label=_("the law"))
        axes.set(
            xlim=(-5, 5), ylim=(0, 2 * distribution.pdf(x).max()), xlabel="z", ylabel=_("density")
        )
        axes.legend()

        def update(n=1000, bins=4):
            edges = np.linspace(-5, 5, bins + 1)
            exact, counted = (
                np.diff(distribution.cdf(edges)),
                histogram(z[:n], edges, outside="ends"),
            )
            show_sample(counted / np.diff(edges), edges)
            axes.set_title(
                _("{luck:.1%} of the samples would have to change bins").format(
                    luck=total_variation(counted, exact)
                )
            )

        return update

    return scene


# Two laws


def kl_scene() -> stage.Scene:
    """Return p = N(0,1), q = N(shift, spread²), and both divergences as areas."""
    x = np.linspace(-9, 11, 1001)
    p, log_p = NORMAL.pdf(x), np.log(NORMAL.pdf(x))

    @stage.scene(height=3.2)
    def scene(distributions, forth, back):
        (q_line,) = _two_distributions(distributions, x, p)
        areas = (
            _area(forth, _("p log(p/q): area KL(p‖q) = {value:.3f}")),
            _area(back, _("q log(q/p): area KL(q‖p) = {value:.3f}")),
        )

        def update(shift=1.0, spread=1.0):
            q = normal(shift, spread).pdf(x)
            ratio = log_p - np.log(q)
            q_line.set_ydata(q)
            for area, height in zip(areas, (p * ratio, -q * ratio), strict=True):
                area(x, height)

        return update

    return scene


def _two_distributions(axes: Axes, x: np.ndarray, p: np.ndarray) -> list[Line2D]:
    """Draw p over x, and return the line of q."""
    axes.plot(x, p, color=palette.REAL, label="p")
    axes.set(xlim=x[[0, -1]], ylim=(0, 0.75), yticks=[0, 0.4], xlabel="x", title=_("density"))
    line = axes.plot(x, 0 * x, color=palette.FAKE, linestyle="--", label="q")
    axes.legend()
    return line


def _area(axes: Axes, title: str) -> Callable:
    """Return what draws a curve over x, what lies under it, and the area in the title."""
    axes.axhline(0, color=palette.NOISE, linewidth=0.8)
    axes.set(xlim=(-9, 11), ylim=(-0.5, 2), yticks=[0, 1], xlabel="x")
    (line,) = axes.plot([], [], color=palette.EXACT, linewidth=1.2)
    above = axes.fill_between([0, 1], [0, 0], color=palette.DISCRIMINATOR, alpha=0.4, linewidth=0)
    below = axes.fill_between([0, 1], [0, 0], color=palette.NOISE, alpha=0.4, lw=0, hatch="///")

    def draw(x: np.ndarray, height: np.ndarray) -> None:
        line.set_data(x, height)
        above.set_data(x, np.maximum(height, 0), 0)
        below.set_data(x, np.minimum(height, 0), 0)
        axes.set_title(title.format(value=np.trapezoid(height, x)))

    return draw


SHIFTS = np.linspace(0, 10, 201)
SHAPES = {"normal": normal, "box": lambda shift=0.0: uniform(shift - 0.5, shift + 0.5)}


def shift_scene() -> stage.Scene:
    """Return two equal laws that move apart, and what both divergences have said to it so far.

    `shape` is one of `SHAPES`.
    """
    curves = {name: _divergences_by_shift(distribution) for name, distribution in SHAPES.items()}

    @stage.scene(height=3.2, ncols=2)
    def scene(distributions, values):
        lines = _three_distributions(distributions)
        marks = _divergence_axes(values)

        def update(shift=0.0, shape="normal"):
            p, q = SHAPES[shape]().pdf(FINE), SHAPES[shape](shift).pdf(FINE)
            for line, y in zip(lines, (p, q, (p + q) / 2), strict=True):
                line.set_ydata(y)
            distributions_now = shares(SHAPES[shape]()), shares(SHAPES[shape](shift))
            here = [float(measure(*distributions_now)) for measure in (symmetrised_kl, js)]
            for (line, show_dot), curve, y in zip(marks, curves[shape], here, strict=True):
                line.set_data(SHIFTS[shift >= SHIFTS], np.minimum(curve, 9)[shift >= SHIFTS])
                show_dot(shift, y)
            values.set_title(
                _("symmetrised KL {sym:.4g}, Jensen–Shannon {js:.4f}")
                .format(sym=here[0], js=here[1])
                .replace("inf", "∞")
            )

        return update

    return scene


def _three_distributions(axes: Axes) -> list[Line2D]:
    axes.set(xlim=(-4, 14), ylim=(0, 1.25), yticks=[0, 1], xlabel="x", title=_("density"))
    looks = {
        "p": (palette.REAL, "-"),
        "q": (palette.FAKE, "--"),
        "m = (p+q)/2": (palette.EXACT, ":"),
    }
    lines = [
        axes.plot(FINE, 0 * FINE, color=colour, linestyle=style, label=name)[0]
        for name, (colour, style) in looks.items()
    ]
    axes.legend(loc="upper center", ncols=3)  # above the box
    return lines


def _divergences_by_shift(distribution: Callable) -> list[np.ndarray]:
    p, q = shares(distribution()), np.array([shares(distribution(shift)) for shift in SHIFTS])
    return [symmetrised_kl(p, q), js(p, q)]


def _divergence_axes(axes: Axes) -> list[tuple[Line2D, Callable]]:
    """Frame values over the shift; return a curve and what shows a dot for each divergence."""
    axes.axhline(LN_2, color=palette.NOISE, linestyle=":", linewidth=1)
    axes.text(9.9, LN_2 + 0.03, "ln 2", ha="right")
    axes.set(xlim=(0, 10), ylim=(0, 2), yticks=[0, 0.5, 1, 1.5, 2], xlabel=_("shift"))
    marks = []
    for name, colour, look in (
        (_("symmetrised KL"), palette.NOISE, "s--"),
        (_("Jensen–Shannon"), palette.DISCRIMINATOR, "o-"),
    ):
        (line,) = axes.plot([], [], look[1:], color=colour, label=name)
        marks.append((line, artists.dot_or_arrow(axes, colour, look[0])))
    axes.legend(loc="upper right", bbox_to_anchor=(1, 0.85))  # below the arrow of what is ∞
    return marks


MEASURES = {
    "sym_kl": (later("symmetrised KL"), symmetrised_kl, 5.5),
    "js": (later("Jensen–Shannon"), js, 1.05),
    "sqrt_js": (later("√Jensen–Shannon"), sqrt_js, 1.5),
}


def triangle_scene() -> stage.Scene:
    """Return three coins with chances a, b, c of heads: the way from a to c, direct and by b."""

    @stage.scene(height=2.6, ncols=3, sharey=True)
    def scene(*axes):
        panels = [_ways(ax, top) for ax, (*_, top) in zip(axes, MEASURES.values(), strict=True)]
        axes[0].set_yticks([1, 0], labels=["a → c", "a → b → c"])

        def update(a=0.2, b=0.9, c=0.6):
            coins = np.array([[1 - heads, heads] for heads in (a, b, c)])
            for ax, bars, (name, measure, _top) in zip(
                axes, panels, MEASURES.values(), strict=True
            ):
                a_b, b_c, a_c = measure(coins[[0, 1, 0]], coins[[1, 2, 2]])
                for bar, start, length in zip(bars, (0, 0, a_b), (a_c, a_b, b_c), strict=True):
                    bar.set(x=start, width=length)
                if a_b + b_c >= a_c - 1e-12:
                    ax.set_title(_("{name}:\nkept").format(name=_(name)))
                else:
                    ax.set_title(
                        _("{name}:\nbroken: detour = {share:.2f} × direct").format(
                            name=_(name), share=(a_b + b_c) / a_c
                        )
                    )

        return update

    return scene


def _ways(axes: Axes, longest: float) -> list:
    """Return bars for the direct way, and for the two parts of the detour."""
    looks = [(1, palette.EXACT, None), (0, palette.REAL, None), (0, palette.FAKE, "//")]
    axes.set(xlim=(0, longest), ylim=(-0.6, 1.6))
    return [
        axes.barh([y], [0], color=colour, hatch=hatch, edgecolor="white", height=0.6)[0]
        for y, colour, hatch in looks
    ]


# Two samples


LEAST, TICKS = 1.5e-6, (1e-6, 1e-4, 1e-2, 1)  # the smallest JS shown, and the axis
BIN_COUNTS = np.unique(np.geomspace(2, 200, 30).round().astype(int))


def bins_scene(most: int = 100_000) -> stage.Scene:
    """Return two samples in bins that are equally probable, and their JS up to a number of bins.

    The second sample is shifted; for shift 0 a line shows what luck alone gives on average.
    """
    z, y = (np.random.default_rng(seed).normal(size=most) for seed in (0, 1))

    @stage.scene(height=3.4, ncols=2)
    def scene(left, right):
        samples, (*curves, show_exact) = _two_samples(left), _js_over_bins(right)

        def update(n=1000, bins=2, shift=0.0, whole=False):
            real, fake = np.sort(z[:n]), np.sort(y[:n]) + shift
            for sample, sample in zip(samples, (real, fake), strict=True):
                sample.set_data(*_sample(sample, _equal_bins(bins)))
            artists.heighten(left, 0.9, max(sample.get_data()[0].max() for sample in samples))
            seen = BIN_COUNTS[(bins > BIN_COUNTS) | whole]
            counts, exact = np.union1d(seen, bins), exact_js(shift)
            found = {k: _js_of_counts(real, fake, _equal_bins(k)) for k in counts}
            curves[0].set_data(counts, np.maximum(list(found.values()), LEAST))
            curves[1].set_data(counts, (counts - 1) / (4 * n))
            curves[2].set_data([bins], [max(found[bins], LEAST)])
            show_exact(exact)
            off = _(" ({off:+.0%})").format(off=found[bins] / exact - 1) if exact else ""
            right.set_title(
                _("JS {js:.4f}, exact {exact:.4f}").format(js=found[bins], exact=exact) + off
            )

        return update

    return scene


def _sample(ordered: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return density and edges of a histogram; the outer bins, which have no end, end at ±9."""
    drawn = np.clip(edges, -9, 9)
    return _counts(ordered, edges) / len(ordered) / np.diff(drawn), drawn


def _two_samples(axes: Axes) -> tuple[StepPatch, StepPatch]:
    outline = axes.stairs([0], [-4, 4], color=palette.FAKE, linewidth=1.5)
    samples = artists.bars(axes, np.array([-4, 4]), palette.REAL), outline
    axes.set(xlim=(-4, 6), ylim=(0, 0.9), yticks=[0, 0.4], title=_("density"))
    samples[0].set_label(_("real samples z"))
    samples[1].set_label(_("generated samples y"))
    axes.legend(handles=samples)
    return samples


def _js_over_bins(axes: Axes) -> list:
    (found,) = axes.plot([], [], color=palette.DISCRIMINATOR, label=_("from the samples"))
    (luck,) = axes.plot([], [], "--", color=palette.EXACT, label="(K − 1)/(4N)")
    exact = axes.axhline(1, color=palette.REAL, linestyle=":", label=_("exact"))
    (here,) = axes.plot([], [], "o", color=palette.DISCRIMINATOR, markersize=8, clip_on=False)
    band = axes.axhspan(
        1, 1, color=palette.REAL, alpha=0.2, linewidth=0, label=_("exact ± a fifth")
    )
    axes.set(
        xscale="log", yscale="log", xlim=(2, 200), ylim=(1e-6, 60), xlabel=_("K, number of bins")
    )
    axes.set(xticks=[2, 10, 50, 200], xticklabels=["2", "10", "50", "200"], yticks=TICKS)
    axes.minorticks_off()
    place = {"loc": "upper left", "ncols": 2, "borderaxespad": 0}  # JS is below ln 2
    show_legend = artists.legend_of_drawn(axes, [found, luck, exact, band], **place)

    def show_exact(value: float) -> None:
        exact.set(ydata=[value] * 2, visible=value > 0)  # the axis has no 0
        band.set(y=0.8 * value, height=0.4 * value, visible=value > 0)
        show_legend()

    return [found, luck, here, show_exact]


def _equal_bins(count: int) -> np.ndarray:
    """Return the edges (count + 1,) of bins to which N(0,1) gives the same probability."""
    return NORMAL.ppf(np.linspace(0, 1, count + 1))


def _counts(ordered: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.diff(np.searchsorted(ordered, edges))


def _js_of_counts(real: np.ndarray, fake: np.ndarray, edges: np.ndarray) -> float:
    p, q = (_counts(ordered, edges) / len(ordered) for ordered in (real, fake))
    return float(js(p, q))


def exact_js(shift: float) -> float:
    """Return JS of N(0,1) and N(shift, 1), which no bins have coarsened."""
    return float(js(shares(NORMAL), shares(normal(shift))))


# The hard histogram as a loss


EDGES = np.linspace(-6, 6, 61)  # bins of WIDTH


def nudge_scene() -> stage.Scene:
    """Return the loss of `n` nudged forgeries, and how often a nudge, from `h` on, does nothing."""
    y = NORMAL.sample(1000, np.random.default_rng(1))
    p = np.diff(NORMAL.cdf(EDGES))
    nudges, fine = np.geomspace(1e-6, 1, 13), np.geomspace(1e-6, 1, 200)

    @stage.scene(height=3.2, ncols=2)
    def scene(loss, still):
        (steps,) = loss.plot([], [], color=palette.FAKE, drawstyle="steps-mid")
        theory, found, chosen = _still_axes(still)
        loss.set(xlim=(0, 1), xticks=[0, 1], xticklabels=["0", "h"])
        loss.set(xlabel=_("nudge, from 0 to h"), ylabel=_("change of the loss, nats"))

        def update(n=1000, h=1.0):
            places = np.linspace(0, 1, 401)
            values = loss_of_nudges(y[:n], p, 0.3 + h * places)
            steps.set_data(places, values - values[0])
            _zoom(loss, np.abs(values - values[0]).max())
            loss.set_title(_("edges crossed: {count:,}").format(count=crossings(y[:n] + 0.3, h)))
            seen, counted = np.append(h, fine[fine > h]), nudges[nudges >= h]
            theory.set_data(seen, np.exp(-n * seen / WIDTH))
            found.set_data(counted, _share_still(y, n, counted))
            chosen.set_data([h], [np.exp(-n * h / WIDTH)])

        return update

    return scene


def _share_still(y: np.ndarray, n: int, nudges: np.ndarray) -> np.ndarray:
    """Return for each nudge how often it moves none of n samples over an edge, from all of y."""
    groups = y[: len(y) // n * n].reshape(-1, n)
    rooms = np.concatenate([room(group, 400 * n // len(y) + 1) for group in groups])
    return (rooms > nudges[:, None]).mean(1)


def _still_axes(axes: Axes) -> list[Line2D]:
    axes.set(
        xscale="log",
        xlim=(7e-7, 1.5),
        ylim=(-0.05, 1.05),
        xlabel="h",
        title=_("how often nothing changes at all"),
    )
    axes.minorticks_off()
    (theory,) = axes.plot([], [], "--", color=palette.EXACT, label="exp(−Nh/w)")
    (found,) = axes.plot([], [], "o", color=palette.FAKE, label=_("counted"))
    (chosen,) = axes.plot([], [], "s", color=palette.EXACT, markersize=9, fillstyle="none")
    axes.legend(loc="lower left")
    return [theory, found, chosen]


def _zoom(axes: Axes, largest: float) -> None:
    """Let the y-axis reach to the next power of ten; touch it only if that changes."""
    reach = 10 ** np.ceil(np.log10(max(largest, 1e-3)))
    if axes.get_ylim() != (-reach, reach):
        marks = [-reach, 0, reach]
        axes.set(ylim=(-reach, reach), yticks=marks, yticklabels=[f"{m:.3f}" for m in marks])


def loss_of_nudges(y: np.ndarray, p: np.ndarray, nudges: np.ndarray) -> np.ndarray:
    """Return JS of p and the histogram of y (N,) + nudge in `EDGES`, for each nudge (M,)."""
    counts = np.diff(np.searchsorted(np.sort(y), EDGES - nudges[:, None]), axis=1)
    return js(p / p.sum(), counts / len(y))


def crossings(y: np.ndarray, h: float) -> int:
    """Return how many edges all y (N,) cross together on their way to y + h."""
    return int((np.floor((y + h) / WIDTH) - np.floor(y / WIDTH)).sum())


def room(y: np.ndarray, starts: int = 400) -> np.ndarray:
    """Return how far all y (N,) may be nudged before the first one crosses an edge: (starts,).

    One number for each of `starts` evenly spread positions of the edges.
    """
    begin = np.linspace(0, WIDTH, starts, endpoint=False)
    return WIDTH - ((y + begin[:, None]) % WIDTH).max(1)


# The soft histogram


def soft_scene() -> stage.Scene:
    """Return where one sample y counts: in hard bins, and in soft ones."""
    centres = np.linspace(-2, 2, 5)

    @stage.scene(height=2.6, ncols=2, sharey=True)
    def scene(hard, soft):
        samples = [artists.bars(ax, np.linspace(-2.5, 2.5, 6), palette.FAKE) for ax in (hard, soft)]
        dots = [ax.plot([], [], "v", color=palette.EXACT, markersize=9)[0] for ax in (hard, soft)]
        y = np.linspace(-2.7, 2.7, 55)
        soft.plot(y, _soft_weights(y, centres), color=palette.NOISE, linewidth=0.8)
        for ax in (hard, soft):
            ax.set(xlim=(-2.7, 2.7), ylim=(0, 1.2), yticks=[0, 1], xlabel="y")
        hard.set_title(_("hard: one bin gets it all"))
        soft.set_title(_("soft: the nearest centres share it"))

        def update(y=0.3):
            samples[0].set_data(np.histogram([y], np.linspace(-2.5, 2.5, 6))[0])
            samples[1].set_data(_soft_weights(y, centres))
            for dot in dots:
                dot.set_data([y], [1.1])

        return update

    return scene


def _soft_weights(y: np.ndarray | float, centres: np.ndarray) -> np.ndarray:
    """Return what y gives to each of the centres, which are 1 apart: shape y.shape + (K,)."""
    inside = np.clip(np.asarray(y)[..., None], centres[0], centres[-1])
    return np.clip(1 - np.abs(inside - centres), 0, 1)


MARKS = (1, 2, 3, 5, 10, *range(20, 1001, 20))  # steps of a training that are kept


@dataclass(frozen=True)
class Trace:
    """Where a training stands: which step comes now, the loss in nats, and G on `GRID_U`."""

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


def training_scene(distribution: Distribution, steps: int = 1000) -> stage.Scene:
    """Return the scene of a training for `stage.watch`."""

    @stage.scene(height=3.2)
    def scene(curve, density, loss):
        show = _training_panels(curve, density, loss, steps)
        return lambda seen: show(distribution, seen)

    return scene


def runs_scene(runs: dict[str, tuple[Distribution, list[Trace]]], first: str) -> stage.Scene:
    """Return trainings by name, each with its law, at any step that has been traced."""

    @stage.scene(height=3.2)
    def scene(curve, density, loss):
        show = _training_panels(curve, density, loss, runs[first][1][-1].step)

        def update(run=first, step=1):
            distribution, traces = runs[run]
            show(distribution, [trace for trace in traces if trace.step <= step])

        return update

    return scene


def _training_panels(curve: Axes, density: Axes, loss: Axes, steps: int) -> Callable:
    """Frame G beside F⁻¹, its samples beside the law, and the loss; return what shows traces."""
    y, edges = np.linspace(-4.5, 4.5, 451), np.linspace(-4.5, 4.5, 61)
    (exact,) = curve.plot([], [], color=palette.REAL, label=_("exact"))
    (fitted,) = curve.plot([], [], color=palette.FAKE, linestyle="--", label="G")
    show_sample = artists.bars_told(density, edges, palette.FAKE)
    (density_line,) = density.plot(y, 0 * y, color=palette.REAL)
    note = density.text(4.4, 0.98, "", ha="right", va="top")
    (way,) = loss.plot([], [], "o-", color=palette.DISCRIMINATOR, markevery=[-1])
    curve.set(xlim=(0, 1), ylim=(-4.5, 4.5), xlabel=_("noise u"), ylabel="y")
    density.set(xlim=(-4.5, 4.5), ylim=(0, 1), xlabel="y")
    loss.set(xlim=(0, steps), ylim=(1e-4, 3), yscale="log", xlabel=_("step of the training"))
    loss.minorticks_off()
    curve.legend(loc="upper left")

    def show(distribution: Distribution, traces: list[Trace]) -> None:
        exact.set_data(GRID_U, distribution.ppf(GRID_U))
        density_line.set_ydata(distribution.pdf(y))
        fitted.set_data(GRID_U, traces[-1].g)
        heights = artists.heights(np.clip(traces[-1].g, -4.5, 4.5), edges)
        show_sample(heights, edges)
        note.set_text(_("reaches {top:.1f}").format(top=heights.max()) if heights.max() > 1 else "")
        way.set_data([t.step for t in traces], [t.loss for t in traces])
        density.set_title(
            _("samples of G: largest gap {gap:.3f}").format(
                gap=largest_cdf_error(traces[-1].g, distribution)
            )
        )
        loss.set_title(_("loss {loss:.4f} nats").format(loss=traces[-1].loss))

    return show


# The curse of dimension


DIMENSIONS = np.union1d(np.arange(1, 31), 784)  # between the last two it is ln 2


def curse_scene() -> stage.Scene:
    """Return JS of two samples of one law in 2^d bins, and the number of bins up to 784 pixels."""

    @stage.scene(height=3.4, ncols=2)
    def scene(value, count):
        (curve,) = value.semilogx(DIMENSIONS, 0 * DIMENSIONS, color=palette.DISCRIMINATOR)
        (here,) = value.plot([], [], "o", color=palette.DISCRIMINATOR, markersize=8)
        for height, name in ((LN_2, "ln 2"), (LN_2 / 2, "½ ln 2")):
            value.axhline(height, color=palette.NOISE, linestyle=":", linewidth=1)
            value.text(780, height + 0.02, name, ha="right")
        value.set(
            xlim=(0.9, 900),
            ylim=(0, 0.8),
            xlabel=_("d, number of pixels"),
            title=_("two samples of one law: expected JS"),
        )
        value.set_xticks([1, 10, 100, 784], labels=["1", "10", "100", "784"])
        dot, words = _bin_counter(count)

        def update(d=6, n=1000):
            curve.set_ydata([expected_js(2**k, n) for k in DIMENSIONS.tolist()])
            here.set_data([d], [expected_js(2**d, n)])
            power = d * np.log10(2)
            dot.set_data([d], [power])
            words.set_text(
                _(
                    "$2^{{{d}}}$ ≈ $10^{{{power:.1f}}}$ bins,\nat most {n:,} of them hold samples"
                ).format(d=d, power=power, n=min(2 * n, 2**d))
            )

        return update

    return scene


def _bin_counter(axes: Axes) -> tuple:
    """Draw the power of ten of 2^d over d, and what to compare it with; return what moves."""
    axes.plot([1, 784], np.log10(2) * np.array([1, 784]), color=palette.EXACT)
    for number, name in ((60_000, _("images in MNIST")), (1e80, _("atoms in the universe"))):
        axes.axhline(np.log10(number), color=palette.NOISE, linestyle="--", linewidth=1)
        axes.text(780, np.log10(number) + 4, name, ha="right")
    axes.set(
        xlim=(0, 790),
        ylim=(0, 250),
        xticks=[1, 200, 400, 600, 784],
        xlabel=_("d, number of pixels"),
    )
    axes.set_title(_("power of ten of 2^d, the number of bins"))
    (dot,) = axes.plot([], [], "o", color=palette.EXACT, markersize=8, clip_on=False)
    return dot, axes.text(20, 235, "", va="top")
