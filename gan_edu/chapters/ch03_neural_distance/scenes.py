"""Chapter 03: a network as distance between two samples, leashed or with log loss."""

import bisect
import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from gan_edu import stage
from gan_edu.distributions import Distribution, mixture, normal
from gan_edu.divergences import LOG_4, js
from gan_edu.language import gettext as _
from gan_edu.language import later
from gan_edu.stage import artists, palette

Pair = tuple[Distribution, Distribution]  # the real samples' law, and the forged ones'

PAIRS: dict[str, Pair] = {
    "shift": (normal(), normal(1)),
    "spread": (normal(), normal(0, 2)),
    "two_modes": (mixture([0.5, 0.5], [-2, 2], [0.8, 0.8]), normal()),
}
COMBS: Pair = (
    mixture([1 / 4] * 4, [-3, -1, 1, 3], [0.25] * 4),
    mixture([1 / 3] * 3, [-2, 0, 2], [0.25] * 3),
)
X = np.linspace(-20, 20, 2001)  # wide enough for all laws here, for the sake of sums
STEP = 0.02
MARKS = sorted({round(10 ** (0.04 * k)) for k in range(69)} | {300, 500})  # steps to see


# What is exact


@np.errstate(under="ignore")
def means(a: np.ndarray, pair: Pair) -> list[float]:
    """Return E a over the real law and over the forged one, for a on `X`: no luck in them."""
    return [float(np.trapezoid(a * distribution.pdf(X), X)) for distribution in pair]


def gap(a: np.ndarray, pair: Pair) -> float:
    """Return E_real a − E_fake a, what a critic maximises, for a on `X`."""
    return means(a, pair)[0] - means(a, pair)[1]


@np.errstate(under="ignore")
def log_value(a: np.ndarray, pair: Pair) -> float:
    """Return V = E_real log D + E_fake log(1 − D), D = σ(a), for a on `X`."""
    return means(-np.logaddexp(0, -a), pair)[0] + means(-np.logaddexp(0, a), pair)[1]


@np.errstate(under="ignore")
def log_gap(a: np.ndarray, pair: Pair) -> float:
    """Return E_real log D − E_fake log D, D = σ(a), for a on `X`: it has no maximum."""
    return gap(-np.logaddexp(0, -a), pair)


def w1(pair: Pair) -> float:
    """Return the Wasserstein distance ∫ |F_real − F_fake| dx."""
    return float(np.trapezoid(np.abs(np.subtract(*_cdfs(pair))), X))


def _cdfs(pair: Pair) -> list[np.ndarray]:
    return [distribution.cdf(X) for distribution in pair]


def best_critic(pair: Pair) -> np.ndarray:
    """Return the best a on `X` with no slope above 1: a′ = sign(F_fake − F_real), a(0) = 0."""
    real, fake = _cdfs(pair)
    a = np.cumsum(np.sign(fake - real)) * STEP
    return a - a[len(X) // 2]


def best_d(pair: Pair) -> np.ndarray:
    """Return D* = p / (p + q) on `X`."""
    return pair[0].pdf(X) / sum(distribution.pdf(X) for distribution in pair)


def exact_js(pair: Pair) -> float:
    """Return JS(p, q) in nats."""
    return float(js(*(distribution.pdf(X) * STEP for distribution in pair)))


def best_value(pair: Pair) -> float:
    """Return V(D*) = −log 4 + 2 JS(p, q)."""
    return 2 * exact_js(pair) - LOG_4


def with_mass(pair: Pair) -> np.ndarray:
    """Return where on `X` the density of both laws together exceeds 0.05: where one can learn."""
    return np.sum([distribution.pdf(X) for distribution in pair], axis=0) > 0.05


def steepest(a: np.ndarray, pair: Pair) -> float:
    """Return the largest slope of a (on `X`) where there is mass."""
    return float(np.abs(np.gradient(a, X))[with_mass(pair)].max())


# Trainings


@dataclass(frozen=True)
class Trace:
    """Where a training stands: steps done, and the network's output on `X`."""

    step: int
    a: np.ndarray


def answers(network, x: np.ndarray = X) -> np.ndarray:
    """Return network(x) for x (N,), as float64 (N,). Looking leaves the network as it is."""
    import torch

    network.eval()  # spectral normalisation would go on estimating
    with torch.no_grad():
        a = network(torch.from_numpy(x).float()[:, None])[:, 0].double().numpy()
    network.train()
    return a


def traced(network, steps: Iterable[int], marks: Iterable[int] = MARKS) -> Iterator[Trace]:
    """Train to the end of `steps`; yield a trace after each step that is in `marks`."""
    marks = set(marks)
    for step in steps:
        if step in marks:
            yield Trace(step, answers(network))


def until(traces: list[Trace], step: int) -> list[Trace]:
    """Return the traces up to `step`, or the first one if there are none."""
    return traces[: max(1, bisect.bisect([trace.step for trace in traces], step))]


# Parts of pictures


def _distributions(axes: Axes, share: float = 0.8) -> Callable[[Pair], None]:
    """Return what draws both densities at the foot of a panel, whatever its scale."""
    foot = {"transform": axes.get_xaxis_transform(), "linewidth": 1.4}
    (real,) = axes.plot(X, 0 * X, color=palette.REAL, label=_("real"), **foot)
    (fake,) = axes.plot(X, 0 * X, "--", color=palette.FAKE, label=_("forged"), **foot)
    axes.set(xlim=(-5, 5), xlabel="x")

    def show(pair: Pair) -> None:
        for line, distribution in zip((real, fake), pair, strict=True):
            density = distribution.pdf(X)
            line.set_ydata(np.where(density > 0.002, share * density, np.nan))

    return show


def _rounded(value: float) -> str:
    """Return a number with two decimals; from 100 on with three digits and no decimals."""
    return f"{value:.2f}" if abs(value) < 100 else f"{float(f'{value:.3g}'):,.0f}"


def _small(value: float) -> str:
    """Return a number with its first two digits, however small it is."""
    return np.format_float_positional(value, 2, fractional=False, trim="-")


TIGHT = {"handlelength": 1.6, "columnspacing": 1.2, "borderaxespad": 0.1, "borderpad": 0.2}


def _legend(axes: Axes, columns: int) -> None:
    """Put a legend above the axes, where no curve passes."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, **TIGHT)


def _curve(axes: Axes, label: str, exact: bool = False) -> Line2D:
    look: dict[str, Any] = (
        {"color": palette.EXACT, "linestyle": ":"} if exact else {"color": palette.DISCRIMINATOR}
    )
    (line,) = axes.plot([], [], label=label, zorder=3, **look)
    return line


def _dot(axes: Axes, colour: str = palette.DISCRIMINATOR) -> Line2D:
    whole: dict[str, Any] = {
        "clip_on": False,
        "in_layout": False,
    }  # also at the edge, which stays where it is
    return axes.plot([], [], "o", color=colour, markersize=8, **whole)[0]


def _discriminator_panel(axes: Axes, best: bool = False) -> Callable[[Pair, np.ndarray], None]:
    """Frame a judge's curve over two laws, beside the best one or not; return what shows them."""
    distributions, line = _distributions(axes), _curve(axes, "a")
    heads = artists.arrowheads(axes, palette.DISCRIMINATOR)
    exact = [_curve(axes, _("best"), exact=True)] if best else []
    axes.set(ylim=(-4, 4), yticks=[-4, 0, 4])
    _legend(axes, 4 if best else 3)

    def show(pair: Pair, a: np.ndarray) -> None:
        distributions(pair)
        line.set_data(X, a)
        beyond = artists.exits(np.abs(a) > 4) & (np.abs(X) <= 5)
        heads(X[beyond], a[beyond])
        for star in exact:
            star.set_data(X, _centred(best_critic(pair), pair))

    return show


def _log_steps(axes: Axes, last: int) -> None:
    axes.set(xscale="log", xlim=(1, 1.1 * last), xlabel=_("step of the training"))
    axes.minorticks_off()


def _centred(a: np.ndarray, pair: Pair) -> np.ndarray:
    """Return a, moved so that its two means lie around 0: a difference of means is the same."""
    return a - sum(means(a, pair)) / 2


# A judge by hand, and the best one


def kinked(x: np.ndarray, left: float, right: float, turn: float) -> np.ndarray:
    """Return two straight lines that meet at `turn`, where they are 0, with these slopes."""
    return np.where(x < turn, left, right) * (x - turn)


def hand_scene() -> stage.Scene:
    """Return a judge made by hand, with one kink, over one of `PAIRS`; and its two means."""

    @stage.scene(height=2.4, ncols=2, width_ratios=[2.2, 1])
    def scene(curve, bars):
        show = _discriminator_panel(curve)
        looks = [
            {"color": palette.REAL},
            {"color": palette.FAKE, "hatch": "//", "edgecolor": "white"},
        ]
        pillars = [bars.bar([i], [0], **look)[0] for i, look in enumerate(looks)]
        bars.axhline(0, color=palette.EXACT, linewidth=0.8)
        bars.set(ylim=(-4, 4), yticks=[-4, 0, 4], xticks=[0, 1])
        bars.set_xticklabels([_("real"), _("forged")])

        def update(left=0.4, right=0.4, turn=0.0, pair="shift"):
            a = kinked(X, left, right, turn)
            show(PAIRS[pair], a)
            for pillar, mean in zip(pillars, means(a, PAIRS[pair]), strict=True):
                pillar.set_height(mean)
            words = _("difference {gap:z.2f}").format(gap=gap(a, PAIRS[pair]))
            bars.set_title(words.replace("-", "−"))

        return update

    return scene


def w1_scene() -> stage.Scene:
    """Return N(0,1) and a law that moves and widens: F, the best leashed judge, W₁ beside JS."""

    @stage.scene(height=2.4, ncols=3)
    def scene(cdfs, discriminator, values):
        cdfs.plot(X, normal().cdf(X), color=palette.REAL, label=_("real"))
        (fake,) = cdfs.plot(X, 0 * X, "--", color=palette.FAKE, label=_("forged"))
        area = cdfs.fill_between(X, 0 * X, color=palette.DISCRIMINATOR, alpha=0.3, linewidth=0)
        distributions, line, show = (
            _distributions(discriminator),
            _curve(discriminator, _("best")),
            _distance_panel(values),
        )
        cdfs.set(
            xlim=(-4, 8),
            ylim=(0, 1.35),
            yticks=[0, 1],
            xlabel="x",
            title=_("F: the share to the left"),
        )
        discriminator.set(
            xlim=(-4, 8), ylim=(-9, 9), yticks=[-8, 0, 8], title=_("best of slope ≤ 1")
        )
        cdfs.legend(loc="upper left", ncols=2, **TIGHT)

        def update(shift=0.0, spread=1.0):
            pair = normal(), normal(shift, spread)
            fake.set_ydata(pair[1].cdf(X))
            area.set_data(X, *_cdfs(pair))
            distributions(pair)
            line.set_data(X, best_critic(pair))
            show(shift, spread)

        return update

    return scene


SHIFTS = np.linspace(0, 5, 26)
DISTANCES = {
    "W₁": (w1, "-", palette.DISCRIMINATOR),
    "JS": (exact_js, "--", palette.EXACT),
}


@functools.lru_cache(200)
def _over_shifts(name: str, spread: float) -> list[float]:
    """Return one of `DISTANCES` from N(0,1) to N(shift, spread²) for all `SHIFTS`."""
    return [DISTANCES[name][0]((normal(), normal(shift, spread))) for shift in SHIFTS]


def _distance_panel(axes: Axes) -> Callable[[float, float], None]:
    """Frame W₁ and JS over the shift; return what shows them up to a shift, with dots."""
    parts = {}
    for name, (_measure, style, colour) in DISTANCES.items():
        (line,) = axes.plot(SHIFTS, 0 * SHIFTS, style, color=colour, label=name)
        parts[name] = line, _dot(axes, colour)
    axes.set(xlim=(0, 5.15), ylim=(0, 6), xlabel=_("shift"))
    axes.legend(loc="upper left")

    def show(shift: float, spread: float) -> None:
        pair = normal(), normal(shift, spread)
        for name, (line, dot) in parts.items():
            seen = shift >= SHIFTS
            line.set_data(SHIFTS[seen], np.array(_over_shifts(name, spread))[seen])
            dot.set_data([shift], [DISTANCES[name][0](pair)])
        axes.set_title(_("W₁ {w1:.2f}, JS {js:.3f}").format(w1=w1(pair), js=exact_js(pair)))

    return show


# Trainings, step by step


def runaway_scene(runs: dict[str, list[Trace]], value: Callable = gap) -> stage.Scene:
    """Return trainings by name in `PAIRS`: the curve at any traced step, and a `value` that grows.

    The curve is moved up or down if `value` is the `gap`, for which only differences count.
    """
    values_of = {name: [value(t.a, PAIRS[name]) for t in run] for name, run in runs.items()}
    first, last = next(iter(runs)), max(run[-1].step for run in runs.values())
    placed = _centred if value is gap else lambda a, pair: a

    @stage.scene(height=2.7, ncols=2, width_ratios=[1.4, 1])
    def scene(curve, values):
        discriminator, way, dot = _discriminator_panel(curve), _curve(values, "a"), _dot(values)
        _log_steps(values, last)
        values.set(yscale="log", ylim=(0.01, 3 * max(map(max, values_of.values()))))
        values.minorticks_off()

        def update(pair=first, step=1, scaled=False):
            both, seen = PAIRS[pair], until(runs[pair], step)
            found, a = values_of[pair][: len(seen)], seen[-1].a
            slope = steepest(a, both)
            discriminator(both, placed(a, both) / (slope if scaled else 1))
            way.set_data([trace.step for trace in seen], found)
            dot.set_data([seen[-1].step], [found[-1]])
            words = _("value {value}\nsteepest slope {slope}").format(
                value=_rounded(found[-1]), slope=_rounded(slope)
            )
            values.set_title(words.replace("-", "−"))

        return update

    return scene


_DIALS = {"clip": later("c, bound of each weight"), "width": later("width of the network")}


def dial_scene(fits: dict[float, Trace], pair: Pair, name: str, scale: str) -> stage.Scene:
    """Return critics of one pair up to a setting of a dial, and what they find beside W₁.

    `name` is the dial's, "clip" or "width"; `scale` is how values are drawn, "log" or "linear".
    """
    settings = sorted(fits)
    found = [gap(fits[setting].a, pair) for setting in settings]

    @stage.scene(height=2.4, ncols=2, width_ratios=[1.4, 1])
    def scene(curve, values):
        discriminator, dot = _discriminator_panel(curve, best=True), _dot(values)
        (seen,) = values.plot(settings, found, "o-", color=palette.DISCRIMINATOR, markersize=4)
        values.axhline(w1(pair), color=palette.EXACT, linestyle=":")
        values.set(xscale="log", yscale=scale, xlabel=_(_DIALS[name]))
        values.set_xticks(settings, labels=[f"{setting:g}" for setting in settings])
        values.minorticks_off()

        def update(dial=settings[0]):
            count = settings.index(dial) + 1
            value = found[count - 1]
            seen.set_data(settings[:count], found[:count])
            discriminator(pair, _centred(fits[dial].a, pair))
            dot.set_data([dial], [value])
            values.set_title(_beside_w1(value, pair))

        return update

    return scene


def _beside_w1(found: float, pair: Pair) -> str:
    return _("found {gap:z.3f}, W₁ {w1:.3f}").format(gap=found, w1=w1(pair)).replace("-", "−")


def constraint_scene(runs: dict[tuple[str, str], list[Trace]], first: str) -> stage.Scene:
    """Return trainings by (leash, name in `PAIRS`), at any traced step, beside the best judge."""
    values_of = {key: [gap(t.a, PAIRS[key[1]]) for t in run] for key, run in runs.items()}
    last = max(run[-1].step for run in runs.values())

    @stage.scene(height=2.4, ncols=2, width_ratios=[1.4, 1])
    def scene(curve, values):
        discriminator, way, dot = (
            _discriminator_panel(curve, best=True),
            _curve(values, "a"),
            _dot(values),
        )
        exact = values.axhline(1, color=palette.EXACT, linestyle=":")
        _log_steps(values, last)
        values.set_ylim(-1.3, 1.8)

        def update(constraint=first, pair="shift", step=1):
            both, traces, found = PAIRS[pair], runs[constraint, pair], values_of[constraint, pair]
            done = len(until(traces, step))
            discriminator(both, _centred(traces[done - 1].a, both))
            exact.set_ydata([w1(both)] * 2)
            way.set_data([trace.step for trace in traces[:done]], found[:done])
            dot.set_data([traces[done - 1].step], [found[done - 1]])
            values.set_title(_beside_w1(found[done - 1], both))

        return update

    return scene


# The log loss


def point_scene() -> stage.Scene:
    """Return p log t + q log(1 − t) over t, where `t` stands, and if `exact` the top."""
    logits = np.linspace(-120, 120, 2401)  # so that both ends of the curve leave the picture
    grid = 1 / (1 + np.exp(-logits))

    @stage.scene(height=2.3)
    def scene(axes):
        (curve,) = axes.plot(grid, 0 * grid, color=palette.DISCRIMINATOR)
        (top,) = axes.plot([], [], ":", color=palette.EXACT)
        dot = _dot(axes)
        axes.set(
            xlim=(-0.01, 1.01),
            ylim=(-5, 0),
            xlabel=_("t, the answer here"),
            ylabel=_("p log t + q log(1 − t)"),
        )

        def update(p=0.6, q=0.2, t=0.5, exact=False):
            best, paid = p / (p + q), _payoff(p, q, t)
            curve.set_ydata(-p * np.logaddexp(0, -logits) - q * np.logaddexp(0, logits))
            top.set_data([best, best], [-5, _payoff(p, q, best)])
            top.set_visible(exact)
            dot.set_data([t], [paid])
            lost = max(0, _payoff(p, q, best) - paid)
            if exact:
                words = _("best answer {best:.3f}; this one loses {lost:.3f} nats")
            else:
                words = _("this answer is worth {paid:.3f} nats")
            axes.set_title(words.format(best=best, lost=lost, paid=paid).replace("-", "−"))

        return update

    return scene


def _payoff(p: float, q: float, t: float) -> float:
    return float(p * np.log(t) + q * np.log(1 - t))


def best_scene() -> stage.Scene:
    """Return N(0,1) and a law that moves and widens, D* over both, and V(D*) as a pillar."""

    @stage.scene(height=2.7, ncols=2, width_ratios=[2.4, 1])
    def scene(curve, value):
        distributions, line = _distributions(curve, share=0.7), _curve(curve, "D*")
        (pillar,) = value.bar([0], [0], bottom=-LOG_4, color=palette.DISCRIMINATOR)
        curve.axhline(0.5, color=palette.NOISE, linestyle=":", linewidth=1)
        curve.set(xlim=(-5, 8), ylim=(0, 1.05), yticks=[0, 0.5, 1])
        _legend(curve, 3)
        value.set(xlim=(-1, 1), ylim=(-LOG_4, 0.1), xticks=[])
        value.set_yticks([-LOG_4, -1, -0.5, 0], labels=["−log 4", "−1", "−0.5", "0"])

        def update(shift=1.0, spread=1.0):
            pair = normal(), normal(shift, spread)
            distributions(pair)
            line.set_data(X, best_d(pair))
            pillar.set_height(best_value(pair) + LOG_4)
            v = best_value(pair)
            words = _("V(D*) = {v:z.3f}\nJS = {js:z.3f}").format(v=v, js=(v + LOG_4) / 2)
            value.set_title(words.replace("-", "−"))

        return update

    return scene


def log_scene(runs: dict[str, list[Trace]], first: str) -> stage.Scene:
    """Return trainings by log loss, by name in `PAIRS`, at any traced step: D, V, and the best."""
    last = max(run[-1].step for run in runs.values())

    @stage.scene(height=2.8, ncols=2, width_ratios=[1.4, 1])
    def scene(curve, values):
        d_line, star = _curve(curve, "D"), _curve(curve, "D*", exact=True)
        distributions, (way, line, dot) = _distributions(curve, share=1.0), _v_panel(values, last)
        curve.set(ylim=(0, 1.05), yticks=[0, 0.5, 1])
        _legend(curve, 4)

        def update(pair=first, step=1):
            both, seen = PAIRS[pair], until(runs[pair], step)
            d, v = 1 / (1 + np.exp(-seen[-1].a)), [log_value(trace.a, both) for trace in seen]
            off, top = np.abs(d - best_d(both))[with_mass(both)].max(), best_value(both)
            distributions(both)
            star.set_data(X, best_d(both))
            d_line.set_data(X, d)
            line.set_ydata([top, top])
            way.set_data([trace.step for trace in seen], v)
            dot.set_data([seen[-1].step], [v[-1]])
            words = _("D is at most {d_off:.3f} off\nV is {v_off} below its top").format(
                d_off=off, v_off=_small(top - v[-1])
            )
            values.set_title(words.replace("-", "−"))

        return update

    return scene


def _v_panel(axes: Axes, last: int) -> tuple[Line2D, Line2D, Line2D]:
    """Frame V by step; return its way, the line of its top, and the dot where it stands."""
    way, dot = _curve(axes, "V"), _dot(axes)
    top = axes.axhline(0, color=palette.EXACT, linestyle=":", label="−log 4 + 2 JS")
    _log_steps(axes, last)
    axes.set(ylim=(-1.6, -0.6), yticks=[-1.5, -1])
    axes.legend(loc="lower right")
    return way, top, dot
