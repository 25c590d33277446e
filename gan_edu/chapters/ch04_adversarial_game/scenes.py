"""Chapter 04: games with exact answers, to be played by hand and by gradient steps."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from scipy.special import expit

from gan_edu import games, stage
from gan_edu.distributions import normal
from gan_edu.divergences import LOG_4
from gan_edu.language import gettext as _
from gan_edu.language import later, minus, ngettext
from gan_edu.stage import artists, palette

GRID = np.linspace(-4, 4, 161)  # of θ or ψ
THREE = (3.0, 2.0, 1.0)  # the generators of "show all three"
FINE = np.linspace(-4, 4, 1601)
BEST = games.best_value(FINE)  # max over ψ of V(θ, ψ)
X = np.linspace(-7, 7, 281)


def best_value(theta: float) -> float:
    """Return max_ψ V(θ, ψ), quickly."""
    return float(np.interp(theta, FINE, BEST))


# The two Gaussians with D, and V over ψ


def maximum_scene() -> stage.Scene:
    """Return both densities with D, and V over ψ for the learner's θ, and for `three` others."""

    @stage.scene(
        height=3.0, ncols=2, width_ratios=[1, 1.3], grab={"theta": "densities", "psi": "curves"}
    )
    def scene(densities, curves):
        show_densities = densities_in(densities)
        others = three_curves(curves)
        mine, show_dot = _curve_and_dot(curves, _("your θ"))
        frame_v(curves, -3, columns=4)

        def update(theta=2.5, psi=0.0, three=False):
            for part in [*others, curves.get_legend()]:
                part.set_visible(three)
            v = float(games.value(theta, psi))
            show_densities(theta, psi)
            mine.set_data(GRID, games.value(theta, GRID))
            show_dot(psi, v)
            lost = max(0, best_value(theta) - v)
            words = _("V = {v:.3f}, {lost:.3f} below the maximum").format(v=v, lost=lost)
            curves.set_title(minus(words))

        return update

    return scene


def densities_in(axes: Axes) -> Callable[[float, float], None]:
    """Frame the real density; return what shows the generated one for θ, and D for ψ."""
    axes.plot(X, normal().pdf(X), color=palette.REAL, label=_("real"))
    (p_g,) = axes.plot([], [], "--", color=palette.FAKE, label=_("generated"))
    (d,) = axes.plot([], [], "-.", color=palette.DISCRIMINATOR, label="D(x)")
    axes.set(xlim=(-7, 7), ylim=(0, 1.5), xticks=[-5, 0, 5], yticks=[0, 0.5, 1], xlabel="x")
    axes.legend(ncols=3, columnspacing=0.7, handlelength=2.2, handletextpad=0.4)

    def show(theta: float, psi: float) -> None:
        p_g.set_data(X, normal(theta).pdf(X))
        d.set_data(X, expit(games.logit(X, psi)))
        whole = {"theta": round(theta, 2) + 0.0, "psi": round(psi, 2) + 0.0}  # no −0.00
        title = _("θ = {theta:.2f}, ψ = {psi:.2f}").format(**whole)
        axes.set_title(minus(title))

    return show


def three_curves(axes: Axes) -> list[Line2D]:
    """Draw V over ψ for the generators `THREE`, and the maximum of each; return all lines."""
    lines = []
    for theta, style in zip(THREE, ("-", "--", "-."), strict=True):
        look = {"color": palette.NOISE, "linewidth": 1.2, "linestyle": style}
        lines += axes.plot(GRID, games.value(theta, GRID), label=f"θ = {theta:g}", **look)
        lines += axes.plot([theta], [best_value(theta)], "v", color=palette.NOISE, markersize=6)
    return lines


def _curve_and_dot(axes: Axes, label: str) -> tuple[Line2D, Callable]:
    (line,) = axes.plot([], [], color=palette.DISCRIMINATOR, label=label)
    return line, artists.dot_or_arrow(axes, palette.DISCRIMINATOR)


def frame_v(axes: Axes, lowest: float, columns: int, name: str = "ψ") -> None:
    """Frame V over ψ or θ, with the value of a D that always says ½."""
    artists.level(axes, -LOG_4)
    axes.set(xlim=(-4, 4), ylim=(lowest, -0.18 * lowest), xlabel=name)
    axes.set_yticks([lowest, -LOG_4, 0], labels=[f"−{-lowest:g}", "−log 4", "V = 0"])
    axes.legend(ncols=columns, loc="upper left", columnspacing=1)


# The game by hand

LR_G = 1.0  # of G's step in the game by hand
START = 3.0
EDGE = 4.0


def hand_scene() -> stage.Scene:
    """Return the game by hand: ψ is the learner's, and each press moves θ one step down its V.

    The picture remembers where ψ stood at each press; none at all begins anew.
    """

    @stage.scene(height=3.0, ncols=3, width_ratios=[1.1, 1, 0.8], grab={"psi": "curve"})
    def scene(densities, curve, path):
        psis: list[float] = []
        show_densities = densities_in(densities)
        show_step = _next_step(densities)
        line, show_dot = _curve_and_dot(curve, "V(θ, ψ)")
        frame_v(curve, -3, columns=1)
        show_steps = _steps_panel(path)

        def update(psi=1.0, steps=0):
            del psis[steps:]
            psis.extend([psi] * (steps - len(psis)))
            thetas = by_hand(psis)
            show_densities(thetas[-1], psi)
            show_step(thetas[-1], by_hand([*psis, psi])[-1])
            line.set_data(GRID, games.value(thetas[-1], GRID))
            v = float(games.value(thetas[-1], psi))
            show_dot(psi, v)
            curve.set_title(minus(f"V = {v:.2f}"))
            show_steps(thetas)

        return update

    return scene


def _steps_panel(axes: Axes) -> Callable[[list[float]], None]:
    """Frame θ over G's steps; return what shows it, from the start on."""
    (line,) = axes.plot([], [], "o-", color=palette.FAKE, markersize=5)
    axes.axhspan(-0.1, 0.1, color=palette.REAL, alpha=0.3, linewidth=0)
    axes.set(xlim=(0, 20), ylim=(-4.2, 4.2), xlabel=_("steps of G"), ylabel="θ")

    def show(thetas: list[float]) -> None:
        n = len(thetas) - 1
        line.set_data(range(n + 1), thetas)
        artists.lengthen(axes, 20, n)
        words = ngettext("θ after {n:,} step", "θ after {n:,} steps", n).format(n=n)
        axes.set_title(_("the picture's edge stops θ") if abs(thetas[-1]) == EDGE else words)

    return show


def _next_step(axes: Axes) -> Callable[[float, float], None]:
    """Return what shows, above the generated density, where G's next step would take it."""
    (line,) = axes.plot([], [], color=palette.FAKE, linewidth=2)
    (head,) = axes.plot([], [], ">", color=palette.FAKE, markersize=8)

    def show(now: float, then: float) -> None:
        line.set_data([now, then], [0.45, 0.45])
        head.set_data([then], [0.45])
        head.set_marker(">" if then > now else "<")
        head.set_visible(abs(then - now) > 0.005)

    return show


def by_hand(psis: list[float]) -> list[float]:
    """Return θ from `START` on, after a step of G against each ψ."""
    thetas = [START]
    for psi in psis:
        step = LR_G * float(games.slope_minimax(thetas[-1], psi))
        thetas.append(float(np.clip(thetas[-1] - step, -EDGE, EDGE)))
    return thetas


# A D that is out of date


def stale_scene() -> stage.Scene:
    """Return V over ψ for two generators; and V over θ with the D of the first, and optimal D."""

    @stage.scene(height=3.0, ncols=2, grab={"theta_0": "over_psi", "theta_1": "over_theta"})
    def scene(over_psi, over_theta):
        show_over_psi = _over_psi(over_psi)
        show_over_theta = _over_theta(over_theta)

        def update(theta_0=2.0, theta_1=2.0, whole=False):
            show_over_psi((theta_0, theta_1))
            show_over_theta(theta_0, -4 if whole else theta_1)

        return update

    return scene


def _over_psi(axes: Axes) -> Callable[[tuple[float, float]], None]:
    """Frame V over ψ; return what shows it for two θ, and what the first one's D says at both."""
    looks = (
        ("-", palette.NOISE, _("V when G is at θ₀")),
        ("--", palette.FAKE, _("V when G is at θ₁")),
    )
    lines = [axes.plot([], [], ls, color=c, label=name)[0] for ls, c, name in looks]
    (tops,) = axes.plot([], [], "v", color=palette.EXACT, markersize=8, label=_("maximum"))
    tops.set(clip_on=False, in_layout=False)
    show_stale = artists.dot_or_arrow(axes, palette.DISCRIMINATOR)
    frame_v(axes, -5, columns=2)
    axes.set_ylim(-5, 2.2)

    def show(thetas: tuple[float, float]) -> None:
        for line, theta in zip(lines, thetas, strict=True):
            line.set_data(GRID, games.value(theta, GRID))
        values = [best_value(theta) for theta in thetas]
        tops.set_data(thetas, values)
        stale = float(games.value(thetas[1], thetas[0]))
        show_stale(thetas[0], stale)
        words = _("at θ₁: old D {stale:.2f}, optimal D {best:.2f}")
        axes.set_title(minus(words.format(stale=stale, best=values[1])))

    return show


def _over_theta(axes: Axes) -> Callable[[float, float], None]:
    """Frame V over θ; return what shows it for one ψ, from a θ on, beside its maximum over ψ."""
    (best,) = axes.plot([], [], ":", color=palette.EXACT, label=_("optimal D"))
    (fixed,) = axes.plot([], [], color=palette.DISCRIMINATOR, label=_("old D"))
    touch = artists.dot(axes)
    heads = artists.arrowheads(axes, palette.DISCRIMINATOR)
    frame_v(axes, -5, columns=2, name="θ")

    def show(psi: float, lowest: float) -> None:
        seen = GRID[lowest <= GRID]
        best.set_data(FINE[lowest <= FINE], BEST[lowest <= FINE])
        values = games.value(seen, psi)
        fixed.set_data(seen, values)
        heads(seen[:1], values[:1])  # the curve may end far below
        touch.set_data([psi], [best_value(psi)])
        words = _("the old D is optimal at θ = {psi:.1f}").format(psi=psi)
        axes.set_title(minus(words))

    return show


# Games that rotate

ROTATING = {later("bilinear"): games.bilinear, later("Dirac"): games.dirac}
METHODS = {
    later("simultaneous"): games.simultaneous,
    later("alternating"): games.alternating,
    later("extragradient"): games.extragradient,
    later("optimistic"): games.optimistic,
}


def methods() -> dict[str, games.Step]:
    """Return `METHODS` by the words that a menu shows."""
    return {_(name): step for name, step in METHODS.items()}


def rotation_scene() -> stage.Scene:
    """Return a game's field with the path of a method, and its distance from the equilibrium."""
    points = np.array(np.meshgrid(*[np.linspace(-2.4, 2.4, 7)] * 2))

    @stage.scene(height=3.0, ncols=2, width_ratios=[1, 1.8])
    def scene(plane, radius):
        arrows = plane.quiver(*points, *points, color=palette.NOISE, width=0.006, scale=20)
        plane.set(xlim=(-3, 3), ylim=(-3, 3), aspect="equal")
        show_path = path_in(plane)
        show_radii = _radius_panel(radius)

        def update(game="bilinear", method="simultaneous", lr=0.1, gamma=0.0, iterations=0):
            field = games.with_r1(ROTATING[game], gamma)
            path = games.follow(field, METHODS[method], [1.0, 1.0], iterations, lr)
            arrows.set_UVC(*field(points))
            show_path(path)
            show_radii(np.hypot(*path.T))

        return update

    return scene


def path_in(axes: Axes) -> Callable[..., None]:
    """Return what shows a path (N, 2) of θ and ψ to where it leaves the axes, and a dot on it.

    The dot is where it is put, or at the end of what is shown.
    """
    (line,) = axes.plot([], [], color=palette.DISCRIMINATOR, linewidth=2.2)
    end = artists.dot(axes)
    axes.set(xlabel="θ", ylabel="ψ")

    def show(path: np.ndarray, here: np.ndarray | None = None) -> None:
        (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
        inside = (path >= [left, low]) & (path <= [right, high])
        left_at = np.append(np.flatnonzero(~inside.all(1)), len(path) - 1)[0]
        line.set_data(*path[: left_at + 1].T)
        artists.point_at(end, *(path[left_at] if here is None else here))

    return show


def _radius_panel(axes: Axes) -> Callable[[np.ndarray], None]:
    """Frame the distance from the equilibrium over the iterations; return what shows it (N,)."""
    (line,) = axes.plot([], [], color=palette.DISCRIMINATOR)
    end = artists.dot(axes)
    artists.level(axes, np.sqrt(2))
    axes.set(xlim=(0, 400), ylim=(0, 4.2))
    axes.set(xlabel=_("iterations"), ylabel=_("distance from (0, 0)"))

    def show(radii: np.ndarray) -> None:
        line.set_data(range(len(radii)), np.minimum(radii, 9))
        artists.point_at(end, len(radii) - 1, radii[-1])
        words = _("distance {radius:.3f}") if radii[-1] < 999 else _("distance above 999")
        axes.set_title(words.format(radius=radii[-1]))

    return show


# Min max and max min

TWO_POINTS = np.array([0.5, 0.5])
MIN_MAX = float(games.best_d_per_place(TWO_POINTS).min())


def order_scene() -> stage.Scene:
    """Return V for G at either of two places against two answers of D; and min max V."""

    @stage.scene(height=2.6)
    def scene(axes):
        bars = axes.bar([0, 1], [0, 0], color=palette.FAKE, width=0.4)
        heads = artists.arrowheads(axes, palette.EXACT)
        numbers = [axes.text(x, 0.1, "", ha="center", in_layout=False) for x in (0, 1)]
        _level(axes, -LOG_4, "−log 4")
        told = _level(axes, MIN_MAX, "min max V")
        axes.set(xlim=(-0.6, 1.7), ylim=(-4, 0.7), xticks=[0, 1])
        axes.set_ylabel("V", rotation=0, y=0.72)
        axes.set(xticklabels=[_("G at −2"), _("G at 2")], yticks=[-4, -2, 0])

        def update(left=0.7, right=0.7, exact=False):
            for part in told:
                part.set_visible(exact)
            values = values_at_places(left, right)
            for bar, text, value in zip(bars, numbers, values, strict=True):
                bar.set_height(max(value, -4))
                text.set_text(minus(f"{value:.3f}"))
            heads(np.array([0, 1]), np.array(values))
            words = _("the lower of the two: V = {low:.3f}").format(low=min(values))
            axes.set_title(minus(words))

        return update

    return scene


def _level(axes: Axes, height: float, name: str) -> tuple:
    """Draw a line across at a height, with its name; return both."""
    line = artists.level(axes, height)
    return line, axes.text(1.35, height + 0.05, name)


def values_at_places(left: float, right: float) -> list[float]:
    """Return V for G at −2, and at 2, if D says `left` and `right` there."""
    base = (np.log(left) + np.log(right)) / 2
    return [float(base + np.log(1 - answer)) for answer in (left, right)]


# The race of two losses

SLOPES = {"minimax": games.slope_minimax, "non_saturating": games.slope_non_saturating}


def adam_race(theta: float, slope_g: games.Slope, lr: float = 0.01) -> np.ndarray:
    """Return θ (N,) as `games.race` does, but each step is one of PyTorch's Adam."""
    import torch

    point = torch.tensor(float(theta), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.Adam([point], lr=lr)
    path = [float(theta)]
    while not abs(path[-1]) < 0.1 and len(path) <= 20_000:
        point.grad = torch.tensor(float(slope_g(path[-1], path[-1])), dtype=torch.float64)
        optimiser.step()
        path.append(point.item())
    return np.array(path)


RACERS = {"SGD": games.race, "Adam": adam_race}
STARTS = (4, 6, 8)


def races() -> dict[tuple[str, int, str], np.ndarray]:
    """Return θ (N,) of each race, by its optimiser, its start and its loss."""
    keys = [(name, start, loss) for name in RACERS for start in STARTS for loss in SLOPES]
    watched = stage.progress(keys, total=len(keys), label=_("races"))
    return {(name, start, loss): RACERS[name](start, SLOPES[loss]) for name, start, loss in watched}


def race_scene(found: dict[tuple[str, int, str], np.ndarray]) -> stage.Scene:
    """Return two of the `races`, over steps."""

    @stage.scene(height=2.5)
    def scene(axes):
        looks = {"minimax": ("-", _("minimax")), "non_saturating": ("--", _("non-saturating"))}
        lines = {
            loss: axes.plot([], [], style, color=palette.FAKE, label=label)[0]
            for loss, (style, label) in looks.items()
        }
        artists.level(axes, 0.1)
        axes.set(xscale="log", xlim=(1, 20_000), ylim=(0, 11), xlabel=_("steps of G"))
        axes.set(ylabel="|θ|")
        axes.minorticks_off()
        axes.legend()

        def update(start=4, optimiser="SGD"):
            paths = {loss: np.abs(found[optimiser, start, loss]) for loss in lines}
            for loss, path in paths.items():
                lines[loss].set_data(np.arange(1, len(path) + 1), path)
            words = _(
                "steps until |θ| < 0.1: minimax {minimax:,}, non-saturating {non_saturating:,}"
            )
            axes.set_title(words.format(**{loss: len(path) - 1 for loss, path in paths.items()}))

        return update

    return scene
