"""Chapter 03: a network as distance between two samples, leashed or with log loss."""

import bisect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from gan_edu import live, plots
from gan_edu.distributions import Distribution, mixture, normal
from gan_edu.divergences import js
from gan_edu.words import WORDS

Pair = tuple[Distribution, Distribution]  # the real samples' law, and the forged ones'

PAIRS: dict[str, Pair] = {
    "shift": (normal(), normal(1)),
    "spread": (normal(), normal(0, 2)),
    "two bumps": (mixture([0.5, 0.5], [-2, 2], [0.8, 0.8]), normal()),
}
COMBS: Pair = (
    mixture([1 / 4] * 4, [-3, -1, 1, 3], [0.25] * 4),
    mixture([1 / 3] * 3, [-2, 0, 2], [0.25] * 3),
)
X = np.linspace(-20, 20, 2001)  # wide enough for all laws here, for the sake of sums
STEP = 0.02
MARKS = sorted({round(10 ** (0.04 * k)) for k in range(88)} | {300, 2000, 3000})  # steps to see
LOG_4 = np.log(4)


# What is exact


def means(a: np.ndarray, pair: Pair) -> list[float]:
    """Return E a over the real law and over the forged one, for a on `X`: no luck in them."""
    return [float(np.trapezoid(a * law.pdf(X), X)) for law in pair]


def gap(a: np.ndarray, pair: Pair) -> float:
    """Return E_real a − E_fake a, what a critic maximises, for a on `X`."""
    return means(a, pair)[0] - means(a, pair)[1]


def log_value(a: np.ndarray, pair: Pair) -> float:
    """Return V = E_real log D + E_fake log(1 − D), D = σ(a), for a on `X`."""
    return means(-np.logaddexp(0, -a), pair)[0] + means(-np.logaddexp(0, a), pair)[1]


def log_gap(a: np.ndarray, pair: Pair) -> float:
    """Return E_real log D − E_fake log D, D = σ(a), for a on `X`: it has no maximum."""
    return gap(-np.logaddexp(0, -a), pair)


def w1(pair: Pair) -> float:
    """Return the Wasserstein distance ∫ |F_real − F_fake| dx."""
    return float(np.trapezoid(np.abs(np.subtract(*_cdfs(pair))), X))


def _cdfs(pair: Pair) -> list[np.ndarray]:
    return [law.cdf(X) for law in pair]


def best_critic(pair: Pair) -> np.ndarray:
    """Return the best a on `X` with no slope above 1: a′ = sign(F_fake − F_real), a(0) = 0."""
    real, fake = _cdfs(pair)
    a = np.cumsum(np.sign(fake - real)) * STEP
    return a - a[len(X) // 2]


def best_d(pair: Pair) -> np.ndarray:
    """Return D* = p / (p + q) on `X`."""
    return pair[0].pdf(X) / sum(law.pdf(X) for law in pair)


def best_value(pair: Pair) -> float:
    """Return V(D*) = −log 4 + 2 JS(p, q)."""
    p, q = (law.pdf(X) for law in pair)
    return float(2 * js(p * STEP, q * STEP) - LOG_4)


def with_mass(pair: Pair) -> np.ndarray:
    """Return where on `X` the density of both laws together exceeds 0.05: where one can learn."""
    return sum(law.pdf(X) for law in pair) > 0.05


def steepest(a: np.ndarray, pair: Pair) -> float:
    """Return the largest slope of a (on `X`) where there is mass."""
    return float(np.abs(np.gradient(a, X))[with_mass(pair)].max())


# Trainings


@dataclass(frozen=True)
class Trace:
    """Where a training stands: steps done, and the network's output on `X`."""

    step: int
    a: np.ndarray


def even(law: Distribution, n: int = 20_000):
    """Return n samples of a law as a float32 tensor (n, 1), evenly spread: no luck in them."""
    import torch

    return torch.from_numpy(law.ppf((np.arange(n) + 0.5) / n)).float()[:, None]


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


def _laws(axes: Axes, share: float = 0.8) -> Callable[[Pair], None]:
    """Return what draws both densities at the foot of a panel, whatever its scale."""
    foot = {"transform": axes.get_xaxis_transform(), "linewidth": 1.4}
    (real,) = axes.plot(X, 0 * X, color=plots.REAL, label=WORDS["real"], **foot)
    (fake,) = axes.plot(X, 0 * X, "--", color=plots.FAKE, label=WORDS["fake"], **foot)
    axes.set(xlim=(-5, 5), xlabel="x")

    def show(pair: Pair) -> None:
        for line, law in zip((real, fake), pair, strict=True):
            density = law.pdf(X)
            line.set_ydata(np.where(density > 0.002, share * density, np.nan))

    return show


def _said(name: str, **values: float) -> str:
    return WORDS[name].format(**values).replace("-", "−")


def _legend(axes: Axes, columns: int) -> None:
    """Put a legend on white paper, over whatever passes there."""
    paper = {"frameon": True, "facecolor": "white", "edgecolor": "none", "framealpha": 1}
    axes.legend(loc="upper right", ncols=columns, borderaxespad=0, **paper).set_zorder(4)


def _curve(axes: Axes, name: str, exact: bool = False) -> Line2D:
    look = {"color": plots.EXACT, "linestyle": ":"} if exact else {"color": plots.JUDGE}
    (line,) = axes.plot([], [], label=WORDS[name], zorder=3, **look)
    return line


def _dot(axes: Axes) -> Line2D:
    return axes.plot([], [], "o", color=plots.JUDGE, markersize=8)[0]


def _judge_panel(axes: Axes, best: bool = False) -> Callable[[Pair, np.ndarray], None]:
    """Frame a judge's curve over two laws, beside the best one or not; return what shows them."""
    laws, line = _laws(axes), _curve(axes, "judge")
    exact = [_curve(axes, "best", exact=True)] if best else []
    axes.set(ylim=(-4, 4.8), yticks=[-4, 0, 4])
    _legend(axes, 4 if best else 3)

    def show(pair: Pair, a: np.ndarray) -> None:
        laws(pair)
        line.set_data(X, a)
        for star in exact:
            star.set_data(X, _centred(best_critic(pair), pair))

    return show


def _log_steps(axes: Axes, last: int) -> None:
    axes.set(xscale="log", xlim=(1, 1.1 * last), xlabel=WORDS["step"])
    axes.minorticks_off()


def _centred(a: np.ndarray, pair: Pair) -> np.ndarray:
    """Return a, moved so that its two means lie around 0: no loss of this chapter sees that."""
    return a - sum(means(a, pair)) / 2


# A judge by hand, and the best one


def kinked(x: np.ndarray, left: float, right: float, turn: float) -> np.ndarray:
    """Return two straight lines that meet at `turn`, where they are 0, with these slopes."""
    return np.where(x < turn, left, right) * (x - turn)


def hand_scene() -> live.Scene:
    """Return a judge made by hand, with one kink, over one of `PAIRS`; and its two means."""

    @live.scene(height=2.4, ncols=2, width_ratios=[2.2, 1])
    def scene(curve, bars):
        show = _judge_panel(curve)
        looks = [{"color": plots.REAL}, {"color": plots.FAKE, "hatch": "//", "edgecolor": "white"}]
        pillars = [bars.bar([i], [0], **look)[0] for i, look in enumerate(looks)]
        bars.axhline(0, color=plots.EXACT, linewidth=0.8)
        bars.set(ylim=(-4, 4), yticks=[-4, 0, 4], xticks=[0, 1])
        bars.set_xticklabels([WORDS["real"], WORDS["fake"]])

        def update(left=0.4, right=0.4, turn=0.0, pair="shift"):
            a = kinked(X, left, right, turn)
            show(PAIRS[pair], a)
            for pillar, mean in zip(pillars, means(a, PAIRS[pair]), strict=True):
                pillar.set_height(mean)
            bars.set_title(_said("mean_gap", gap=gap(a, PAIRS[pair])))

        return update

    return scene


def w1_scene() -> live.Scene:
    """Return N(0,1) and a law that moves and widens: F, the best leashed judge, W₁ beside JS."""

    @live.scene(height=2.4, ncols=3)
    def scene(cdfs, judge, values):
        cdfs.plot(X, normal().cdf(X), color=plots.REAL, label=WORDS["real"])
        (fake,) = cdfs.plot(X, 0 * X, "--", color=plots.FAKE, label=WORDS["fake"])
        area = cdfs.fill_between(X, 0 * X, color=plots.JUDGE, alpha=0.3, linewidth=0)
        laws, line = _laws(judge), _curve(judge, "best")
        bars = values.bar([0, 1], [0, 0], color=[plots.JUDGE, plots.NOISE])
        cdfs.set(xlim=(-4, 8), ylim=(0, 1.35), yticks=[0, 1], xlabel="x", title=WORDS["cdf"])
        judge.set(xlim=(-4, 8), ylim=(-5, 5), title=WORDS["best_judge"])
        values.set(ylim=(0, 6), xticks=[0, 1], xticklabels=["W₁", "JS"])
        cdfs.legend(loc="upper left")

        def update(shift=1.0, spread=1.0):
            pair = normal(), normal(shift, spread)
            fake.set_ydata(pair[1].cdf(X))
            area.set_data(X, *_cdfs(pair))
            laws(pair)
            line.set_data(X, best_critic(pair))
            found = w1(pair), (best_value(pair) + LOG_4) / 2
            for bar, value in zip(bars, found, strict=True):
                bar.set_height(value)
            values.set_title(_said("w1_js", w1=found[0], js=found[1]))

        return update

    return scene


# Trainings, watched and replayed


def watch_scene(pair: Pair, steps: int, value: Callable = gap) -> live.Scene:
    """Return the scene of a training for `live.watch`: a as it is, and a `value` that grows."""

    @live.scene(height=2.4, ncols=2, width_ratios=[1.4, 1])
    def scene(curve, values):
        show = _runaway_panels(curve, values, pair, steps, 1000)
        return lambda seen: show(seen, [value(t.a, pair) for t in seen], scaled=False)

    return scene


def runaway_scene(traces: list[Trace], pair: Pair) -> live.Scene:
    """Return a training's curve, scaled to slope 1 or not, and its gap at any traced step."""
    found = [gap(trace.a, pair) for trace in traces]

    @live.scene(height=2.4, ncols=2, width_ratios=[1.4, 1])
    def scene(curve, values):
        show = _runaway_panels(curve, values, pair, traces[-1].step, 1e8)

        def update(step=100, scaled=True):
            here = until(traces, step)
            show(here, found[: len(here)], scaled)

        return update

    return scene


def _runaway_panels(curve: Axes, values: Axes, pair: Pair, last: int, largest: float) -> Callable:
    """Frame a over both laws, and what grows by step; return what shows traces and values."""
    judge, way, dot = _judge_panel(curve), _curve(values, "judge"), _dot(values)
    _log_steps(values, last)
    values.set(yscale="log", ylim=(0.01, largest))
    values.minorticks_off()

    def show(traces: list[Trace], found: list[float], scaled: bool) -> None:
        slope = steepest(traces[-1].a, pair)
        judge(pair, _centred(traces[-1].a, pair) / (slope if scaled else 1))
        way.set_data([trace.step for trace in traces], found)
        dot.set_data([traces[-1].step], [found[-1]])
        curve.set_title(_said("slope_now", slope=slope))
        values.set_title(_said("value_now", value=found[-1]))

    return show


def dial_scene(fits: dict[float, Trace], pair: Pair, name: str, scale: str) -> live.Scene:
    """Return critics of one pair for each setting of a dial, and what they find beside W₁.

    `name` is the dial's in `WORDS`; `scale` is how values are drawn, "log" or "linear".
    """
    settings = np.array(sorted(fits))
    found = [gap(fits[setting].a, pair) for setting in settings]

    @live.scene(height=2.4, ncols=2, width_ratios=[1.4, 1])
    def scene(curve, values):
        judge, dot = _judge_panel(curve, best=True), _dot(values)
        values.plot(settings, found, "o-", color=plots.JUDGE, markersize=4)
        values.axhline(w1(pair), color=plots.EXACT, linestyle=":")
        values.set(xscale="log", yscale=scale, xlabel=WORDS[name])
        values.set_xticks(settings, labels=[f"{setting:g}" for setting in settings])
        values.minorticks_off()

        def update(dial=settings[2]):
            i = int(np.abs(np.log(settings / dial)).argmin())
            judge(pair, _centred(fits[settings[i]].a, pair))
            dot.set_data([settings[i]], [found[i]])
            values.set_title(_said("beside_w1", gap=found[i], w1=w1(pair)))

        return update

    return scene


def leash_scene(runs: dict[tuple[str, str], list[Trace]], first: str) -> live.Scene:
    """Return trainings by (leash, name in `PAIRS`), at any traced step, beside the best judge."""
    values_of = {key: [gap(t.a, PAIRS[key[1]]) for t in run] for key, run in runs.items()}
    last = max(run[-1].step for run in runs.values())

    @live.scene(height=2.4, ncols=2, width_ratios=[1.4, 1])
    def scene(curve, values):
        judge, way, dot = _judge_panel(curve, best=True), _curve(values, "judge"), _dot(values)
        exact = values.axhline(1, color=plots.EXACT, linestyle=":")
        _log_steps(values, last)
        values.set_ylim(-0.5, 1.8)

        def update(leash=first, pair="shift", step=last):
            both, traces, found = PAIRS[pair], runs[leash, pair], values_of[leash, pair]
            done = len(until(traces, step))
            judge(both, _centred(traces[done - 1].a, both))
            exact.set_ydata([w1(both)] * 2)
            way.set_data([trace.step for trace in traces], found)
            dot.set_data([traces[done - 1].step], [found[done - 1]])
            values.set_title(_said("beside_w1", gap=found[done - 1], w1=w1(both)))

        return update

    return scene


# The log loss


def point_scene() -> live.Scene:
    """Return p log t + q log(1 − t) over t, with its top, and where `t` stands."""
    grid = np.linspace(0.001, 0.999, 999)

    @live.scene(height=2.3)
    def scene(axes):
        (curve,) = axes.plot(grid, 0 * grid, color=plots.JUDGE)
        (top,) = axes.plot([], [], ":", color=plots.EXACT)
        dot = _dot(axes)
        axes.set(xlim=(0, 1), ylim=(-3, 0), xlabel=WORDS["answer_t"], ylabel=WORDS["payoff_t"])

        def update(p=0.6, q=0.2, t=0.5):
            best = p / (p + q)
            curve.set_ydata(_payoff(p, q, grid))
            top.set_data([best, best], [-3, _payoff(p, q, best)])
            dot.set_data([t], [_payoff(p, q, t)])
            lost = max(0, _payoff(p, q, best) - _payoff(p, q, t))
            axes.set_title(_said("top", best=best, lost=lost))

        return update

    return scene


def _payoff(p: float, q: float, t: np.ndarray) -> np.ndarray:
    return p * np.log(t) + q * np.log(1 - t)


def best_scene() -> live.Scene:
    """Return N(0,1) and a law that moves and widens, D* over both, and V(D*) as a pillar."""

    @live.scene(height=2.4, ncols=2, width_ratios=[2.4, 1])
    def scene(curve, value):
        laws, line = _laws(curve, share=1.0), _curve(curve, "best_d")
        (pillar,) = value.bar([0], [0], bottom=-LOG_4, color=plots.JUDGE)
        curve.axhline(0.5, color=plots.NOISE, linestyle=":", linewidth=1)
        curve.set(xlim=(-5, 8), ylim=(0, 1.25), yticks=[0, 0.5, 1])
        _legend(curve, 3)
        value.set(xlim=(-1, 1), ylim=(-LOG_4, 0.1), xticks=[])
        value.set_yticks([-LOG_4, -1, -0.5, 0], labels=["−log 4", "−1", "−0.5", "0"])

        def update(shift=1.0, spread=1.0):
            pair = normal(), normal(shift, spread)
            laws(pair)
            line.set_data(X, best_d(pair))
            pillar.set_height(best_value(pair) + LOG_4)
            value.set_title(_said("best_v", v=best_value(pair), js=(best_value(pair) + LOG_4) / 2))

        return update

    return scene


def log_scene(pair: Pair, steps: int) -> live.Scene:
    """Return the scene of a training by log loss for `live.watch`: D and D*, V and its top."""

    @live.scene(height=2.5, ncols=2, width_ratios=[1.4, 1])
    def scene(curve, values):
        d_line, star = _curve(curve, "d_of_x"), _curve(curve, "best_d", exact=True)
        way = _curve(values, "v")
        star.set_data(X, best_d(pair))
        _laws(curve, share=1.0)(pair)
        curve.set(ylim=(0, 1.4), yticks=[0, 0.5, 1])
        _legend(curve, 4)
        values.axhline(best_value(pair), color=plots.EXACT, linestyle=":", label="−log 4 + 2 JS")
        _log_steps(values, steps)
        values.set(ylim=(-1.6, -0.6), yticks=[-1.5, -1])
        values.legend(loc="lower right")

        def update(seen):
            d, v = 1 / (1 + np.exp(-seen[-1].a)), [log_value(trace.a, pair) for trace in seen]
            off = np.abs(d - best_d(pair))[with_mass(pair)].max()
            d_line.set_data(X, d)
            way.set_data([trace.step for trace in seen], v)
            curve.set_title(_said("d_off", off=off))
            values.set_title(_said("v_off", v=v[-1], off=best_value(pair) - v[-1]))

        return update

    return scene
