"""Chapter 04: both players take gradient steps on the saddle of V."""

import contextlib
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba

from gan_edu import games, stage
from gan_edu.chapters.ch04_adversarial_game.scenes import densities_in
from gan_edu.divergences import LOG_4
from gan_edu.language import gettext as _
from gan_edu.language import later, ngettext
from gan_edu.stage import artists, palette

BATCHES = {later("exact mean"): 0, later("256 samples"): 256, later("32 samples"): 32}
ITERATIONS = 300
LEARNING_RATES = [0.01, 0.025, 0.1, 0.2, 0.4, 1.0]
RATIOS = np.geomspace(0.25, 25, 21)
WIDTH, EDGE = 7, 4.4  # of the plane: what is seen of θ, as wide as the samples below it, and of ψ
FIELD = np.meshgrid(np.linspace(-WIDTH, WIDTH, 71), np.linspace(-EDGE, EDGE, 45))  # θ and ψ
LEVELS = [-60, -3, -LOG_4, -0.7, 0]  # of V: more would make the saved picture large
LOOKS = {1: "-", 4: "--"}  # of a path, by its k
SHORTEST = 0.05  # overshoot that is marked


def overshoots() -> list[float]:
    """Return how far θ gets beyond 0 for each r in `RATIOS`, from θ = 3 and ψ = 0 with k = 1."""
    learning_rates = [(0.1 * np.sqrt(r), 0.1 / np.sqrt(r)) for r in RATIOS]
    return [
        games.overshoot(games.play(3, 0, ITERATIONS, lr_d=d, lr_g=g)) for d, g in learning_rates
    ]


def saddle_scene() -> stage.Scene:
    """Return V's saddle with the path of gradient play, and below it G's samples and D.

    A hand moves the start. With `four` the path for k = 4 is shown beside that for k = 1.
    """

    @stage.scene(
        height=4.0,
        nrows=2,
        ncols=1,
        height_ratios=[1.8, 1],
        grab={"theta": "plane", "psi": "plane.y"},
    )
    def scene(plane, densities):
        _saddle(plane)
        show_paths = _paths(plane)
        show_densities = densities_in(densities)

        def update(theta=3.0, psi=0.0, iterations=0, four=False):
            seen = slice(iterations + 1)
            paths = {k: _played(k, theta=theta, psi=psi)[seen] for k in LOOKS if k == 1 or four}
            show_paths(paths)
            show_densities(*paths[1][-1])

        return update

    return scene


def overshoot_scene() -> stage.Scene:
    """Return θ over the iterations, and its overshoot over r.

    With `both` θ is shown for k = 1 and k = 4 with the learning rates 0.1 too.
    """

    @stage.scene(height=2.8, ncols=2, width_ratios=[1.4, 1])
    def scene(time, ratio):
        show_time = _time_panel(time)
        show_ratio = _ratio_panel(ratio)

        def update(k=1, lr_d=0.1, lr_g=0.1, batch=0, both=False):
            path = _played(k, lr_d, lr_g, batch)
            show_time(path, {other: _played(other) for other in LOOKS if both})
            show_ratio(k * lr_d / lr_g, games.overshoot(path))

        return update

    return scene


def _saddle(axes: Axes) -> None:
    """Draw V over θ and ψ, orange below −log 4 and green above, its saddle point, and ψ = θ."""
    v = games.value(*FIELD)
    below, above = to_rgba(palette.FAKE), to_rgba(palette.DISCRIMINATOR)
    shares = (0.45, 0.2)
    colours = [(*below[:3], share) for share in shares]
    colours += [(*above[:3], share) for share in shares[::-1]]
    axes.contourf(*FIELD, v, LEVELS, colors=colours)
    axes.contour(*FIELD, v, [-LOG_4], colors="white", linestyles="-", linewidths=1.2)
    look = {"color": palette.EXACT, "linewidth": 1, "label": _("optimal D: ψ = θ")}
    axes.plot([-99, 99], [-99, 99], ":", **look)
    look = {"color": palette.EXACT, "markersize": 9, "label": _("saddle point: equilibrium")}
    axes.plot([0], [0], "x", markeredgewidth=2, **look)
    axes.set(xlim=(-WIDTH, WIDTH), ylim=(-EDGE, EDGE), xticks=[-5, 0, 5])
    axes.set(xlabel="θ (G)", ylabel="ψ (D)")


def _paths(axes: Axes) -> Callable[[dict[int, np.ndarray]], None]:
    """Return what shows paths (N, 2) by their k: where each begins and ends, and G's θ below."""
    drop = axes.axvline(color=palette.FAKE, linewidth=1)
    lines, ends = {}, {}
    for k, style in LOOKS.items():
        look = {"color": palette.DISCRIMINATOR, "linewidth": 2.2, "label": f"k = {k}"}
        (lines[k],) = axes.plot([], [], style, **look)
        ends[k] = artists.dot(axes)
    (start,) = axes.plot([], [], "o", ms=7, color=palette.DISCRIMINATOR, mfc="white")
    artists.legend_above(axes, 4)

    def show(paths: dict[int, np.ndarray]) -> None:
        for k in LOOKS:
            path = paths.get(k, np.empty((0, 2)))
            lines[k].set_data(*path.T)
            ends[k].set_data(*path[-1:].T)
        drop.set_xdata([paths[1][-1, 0]] * 2)
        start.set_data(*paths[1][:1].T)
        start.set_visible(len(paths[1]) > 1)

    return show


def _time_panel(axes: Axes) -> Callable[[np.ndarray, dict[int, np.ndarray]], None]:
    """Frame θ over the iterations; return what shows it for a path (N, 2), and for others by k."""
    axes.axhspan(-0.05, 0.05, color=palette.REAL, alpha=0.3, linewidth=0)
    (theta,) = axes.plot([], [], color=palette.FAKE)
    show_overshoot = _mark(axes)
    look = {"color": palette.NOISE, "linewidth": 1.2}
    lines = {k: axes.plot([], [], style, label=f"k = {k}", **look)[0] for k, style in LOOKS.items()}
    axes.set(xlim=(0, ITERATIONS), xlabel=_("iterations"), ylabel="θ")
    legend = axes.legend(ncols=2)

    def show(path: np.ndarray, others: dict[int, np.ndarray]) -> None:
        axes.set_ylim(_room(path))
        theta.set_data(range(len(path)), path[:, 0])
        show_overshoot(path)
        for k, line in lines.items():
            other = others.get(k, np.empty((0, 2)))
            line.set_data(range(len(other)), other[:, 0])
        legend.set_visible(bool(others))
        axes.set_title(_how_it_ends(path))

    return show


def _mark(axes: Axes) -> Callable[[np.ndarray], None]:
    """Return what marks how far θ of a path (N, 2) gets below 0."""
    look = {"color": palette.EXACT, "linewidth": 1.5}
    (line,) = axes.plot([], [], **look)
    word = axes.text(0, 0, _("overshoot"), ha="center", va="top", in_layout=False)

    def show(path: np.ndarray) -> None:
        at = int(path[:, 0].argmin())
        low = path[at, 0]
        line.set_data([at, at], [0, low])
        word.set_position((at, low - 0.02 * np.diff(axes.get_ylim())[0]))
        for part in (line, word):
            part.set_visible(low < -SHORTEST)

    return show


def _room(path: np.ndarray) -> tuple[float, float]:
    """Return limits for θ: ±`EDGE`, or twice, four times … that, to hold a path (N, 2)."""
    times = 2 ** np.ceil(np.log2(max(1, np.abs(path[:, 0]).max() / EDGE)))
    return -times * EDGE, times * EDGE


def _how_it_ends(path: np.ndarray) -> str:
    if len(path) <= ITERATIONS:
        n = len(path)
        words = ngettext("beyond ±50 after {n:,} iteration", "beyond ±50 after {n:,} iterations", n)
        return words.format(n=n)
    done = games.settled(path)
    if done > ITERATIONS:
        return _("not settled")
    return _("|θ| < 0.05 from iteration {count:,} on").format(count=done)


@lru_cache(maxsize=256)
def _played(
    k: int,
    lr_d: float = 0.1,
    lr_g: float = 0.1,
    batch: int = 0,
    theta: float = 3.0,
    psi: float = 0.0,
) -> np.ndarray:
    """Return θ and ψ after each iteration (N, 2), up to where one of them gets beyond ±50."""
    mean = games.batch_mean(batch, np.random.default_rng(0)) if batch else games.exact_mean
    path = [np.array([theta, psi])]
    with contextlib.suppress(ValueError):  # it gets beyond ±50
        for _ in range(ITERATIONS):
            theta, psi = path[-1]
            played = games.play(theta, psi, 1, d_steps=k, lr_d=lr_d, lr_g=lr_g, mean=mean)
            path.append(played[1])
    return np.array(path)


def _ratio_panel(axes: Axes) -> Callable[[float, float], None]:
    """Frame the overshoot over r; return what shows one of them."""
    axes.plot(RATIOS, overshoots(), color=palette.NOISE)
    axes.set(xscale="log", xlim=(0.24, 26), ylim=(-0.05, 2.05), xlabel=r"$r=k\,\eta_D/\eta_G$")
    axes.set_xticks([0.25, 1, 4, 16], labels=["¼", "1", "4", "16"])
    axes.minorticks_off()
    dot = artists.dot(axes)

    def show(r: float, over: float) -> None:
        artists.point_at(dot, r, over)
        axes.set_title(_("r = {r:.3g}: overshoot {over:.3f}").format(r=r, over=over))

    return show
