"""Chapter 04: both players take gradient steps on the saddle of V, and move samples and D."""

import contextlib
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba

from gan_edu import games, stage
from gan_edu.chapters.ch04_adversarial_game.scenes import densities_in, path_in
from gan_edu.divergences import LOG_4
from gan_edu.language import gettext as _
from gan_edu.language import later, ngettext
from gan_edu.stage import artists, palette

BATCHES = {later("exact mean"): 0, later("256 samples"): 256, later("32 samples"): 32}
ITERATIONS = 300
LEARNING_RATES = [0.01, 0.025, 0.1, 0.2, 0.4, 1.0]
RATIOS = np.geomspace(0.25, 25, 21)
EDGE = 4.4  # of the plane, if the path stays within
FIELD = np.linspace(-2 * EDGE, 2 * EDGE, 89)  # of θ and ψ
LEVELS = [-20, -3, -LOG_4, -0.7, 0]  # of V: more would make the saved picture large
OVERLAID = {1: "-", 4: "--"}  # k, and how its path is drawn


def overshoots() -> list[float]:
    """Return how far θ gets beyond 0 for each r in `RATIOS`, from θ = 3 and ψ = 0 with k = 1."""
    learning_rates = [(0.1 * np.sqrt(r), 0.1 / np.sqrt(r)) for r in RATIOS]
    return [
        games.overshoot(games.play(3, 0, ITERATIONS, lr_d=d, lr_g=g)) for d, g in learning_rates
    ]


def descent_scene() -> stage.Scene:
    """Return gradient play on V's saddle, G's and D's state below, θ over time, the overshoot.

    A hand moves the start. With `overlaid` the paths for k = 1 and k = 4 are shown too.
    """

    hands = {"theta": "plane", "psi": "plane.y", "iterations": "time"}

    @stage.scene(height=4.0, nrows=2, ncols=2, grab=hands)
    def scene(plane, time, densities, ratio):
        _saddle(plane)
        show_paths = _paths(plane, time)
        show_densities = densities_in(densities)
        show_ratio = _ratio_panel(ratio)

        def update(
            k=1, lr_d=0.1, lr_g=0.1, batch=0, theta=3.0, psi=0.0, iterations=0, overlaid=False
        ):
            rest = lr_d, lr_g, batch, theta, psi
            path = _played(k, *rest)
            others = {other: _played(other, *rest) for other in OVERLAID if overlaid}
            show_paths(path, others, iterations)
            show_densities(*_now(path, iterations))
            show_ratio(k * lr_d / lr_g, games.overshoot(path))

        return update

    return scene


def _now(path: np.ndarray, iterations: int) -> np.ndarray:
    """Return θ and ψ after that many iterations, or where the path ends before."""
    return path[: iterations + 1][-1]


def _paths(plane: Axes, time: Axes) -> Callable[[np.ndarray, dict[int, np.ndarray], int], None]:
    """Return what shows a path (N, 2) in both panels, up to an iteration, and others behind it."""
    show_path = path_in(plane)
    (start,) = plane.plot([], [], "o", ms=7, color=palette.DISCRIMINATOR, mfc="white")
    show_time = _time_panel(time)
    show_others = _overlay(plane, time)  # above the learner's path, which may be one of them
    for axes in (plane, time):  # longer numbers, of a larger room, must not push it out
        axes.yaxis.set_label_coords(-0.12, 0.5)

    def show(path: np.ndarray, others: dict[int, np.ndarray], iterations: int) -> None:
        room = _room(np.concatenate([path, *others.values()]))
        plane.set(xlim=room, ylim=room)
        time.set_ylim(room)
        show_path(path, _now(path, iterations))
        show_others(others)
        start.set_data(*path[:1].T)
        start.set_visible(iterations > 0)
        show_time(path, iterations)

    return show


def _saddle(axes: Axes) -> None:
    """Draw V over θ and ψ, orange below −log 4 and green above, its saddle point, and ψ = θ."""
    theta, psi = np.meshgrid(FIELD, FIELD)
    v = games.value(theta, psi)
    below, above = to_rgba(palette.FAKE), to_rgba(palette.DISCRIMINATOR)
    shares = (0.45, 0.2)
    colours = [(*below[:3], share) for share in shares]
    colours += [(*above[:3], share) for share in shares[::-1]]
    axes.contourf(theta, psi, v, LEVELS, colors=colours)
    axes.contour(theta, psi, v, [-LOG_4], colors="white", linestyles="-", linewidths=1.2)
    look = {"color": palette.EXACT, "linewidth": 1, "label": _("optimal D: ψ = θ")}
    axes.plot([-99, 99], [-99, 99], ":", **look)
    look = {"color": palette.EXACT, "markersize": 9, "label": _("saddle point: equilibrium")}
    axes.plot([0], [0], "x", markeredgewidth=2, **look)
    artists.legend_above(axes, 2, columnspacing=1, handlelength=1.4, handletextpad=0.5)


def _overlay(plane: Axes, time: Axes) -> Callable[[dict[int, np.ndarray]], None]:
    """Return what shows in both panels a path for each k in `OVERLAID`, or none."""
    lines = {}
    for k, style in OVERLAID.items():
        look = {"linestyle": style, "color": palette.NOISE, "linewidth": 1.2}
        lines[k] = plane.plot([], [], **look)[0], time.plot([], [], label=f"k = {k}", **look)[0]
    right = {"loc": "lower right", "bbox_to_anchor": (1, 1)}
    legend = artists.legend_above(time, 2, columnspacing=1, handlelength=1.6, **right)

    def show(paths: dict[int, np.ndarray]) -> None:
        for k, (in_plane, over_time) in lines.items():
            path = paths.get(k, np.empty((0, 2)))
            in_plane.set_data(*path.T)
            over_time.set_data(range(len(path)), path[:, 0])
        for part in [legend, *sum(lines.values(), ())]:
            part.set_visible(bool(paths))

    return show


def _room(paths: np.ndarray) -> tuple[float, float]:
    """Return limits for θ and ψ: ±`EDGE`, or twice, four times … that, to hold paths (N, 2)."""
    times = 2 ** np.ceil(np.log2(max(1, np.abs(paths).max() / EDGE)))
    return -times * EDGE, times * EDGE


def _time_panel(axes: Axes) -> Callable[[np.ndarray, int], None]:
    """Frame θ over the iterations; return what shows it for a path (N, 2), and one iteration."""
    (theta,) = axes.plot([], [], color=palette.FAKE)
    dot = artists.dot(axes, palette.FAKE)
    axes.axhspan(-0.05, 0.05, color=palette.REAL, alpha=0.3, linewidth=0)
    axes.set(xlim=(0, ITERATIONS), xlabel=_("iterations"), ylabel="θ")

    def show(path: np.ndarray, iterations: int) -> None:
        theta.set_data(np.arange(len(path)), path[:, 0])
        last = min(iterations, len(path) - 1)
        dot.set_data([last], [path[last, 0]])
        axes.set_title(_how_it_ends(path))

    return show


def _how_it_ends(path: np.ndarray) -> str:
    if len(path) <= ITERATIONS:
        n = len(path)
        words = ngettext("beyond ±50 after {n:,} iteration", "beyond ±50 after {n:,} iterations", n)
        return words.format(n=n)
    done = games.settled(path)
    if done > ITERATIONS:
        return _("not settled")
    return _("|θ| < 0.05 from {count:,} on").format(count=done)


@lru_cache(maxsize=256)
def _played(k: int, lr_d: float, lr_g: float, batch: int, theta: float, psi: float) -> np.ndarray:
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
    axes.text(0.6, 1.05, _("from θ = 3, ψ = 0"), color=palette.NOISE)
    axes.set(xscale="log", xlim=(0.24, 26), ylim=(-0.05, 2.05), xlabel=r"$r=k\,\eta_D/\eta_G$")
    axes.set_xticks([0.25, 1, 4, 16], labels=["¼", "1", "4", "16"])
    axes.minorticks_off()
    dot = artists.dot(axes)

    def show(r: float, over: float) -> None:
        artists.point_at(dot, r, over)
        axes.set_title(_("r = {r:.3g}: overshoot {over:.3f}").format(r=r, over=over))

    return show
