"""Chapter 06: one round with its tensors, two ways to a slope, and four hills to descend."""

import textwrap
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from scipy.special import expit, log_expit
from torch import Tensor, nn
from torch.nn.functional import softplus

from gan_edu import games, stage
from gan_edu.distributions import mixture, normal
from gan_edu.divergences import js, kl
from gan_edu.language import gettext as _
from gan_edu.language import later
from gan_edu.stage import artists, palette
from gan_edu.training import Game, iteration

# One round, stop by stop

NODES = {
    "z": (0.0, 4.4, palette.NOISE),
    "G": (2.0, 4.4, palette.FAKE),
    "x_fake": (4.6, 4.4, palette.FAKE),
    "x_real": (4.6, 0.6, palette.REAL),
    "D": (6.7, 2.5, palette.DISCRIMINATOR),
    "L_G": (9.2, 4.4, palette.EXACT),
    "L_fake": (9.2, 2.5, palette.EXACT),
    "L_real": (9.2, 0.6, palette.EXACT),
    "L_D": (11.0, 1.55, palette.EXACT),
}
ARROWS = (
    "z G", "G x_fake", "x_fake D", "x_real D", "D L_G", "D L_fake", "D L_real", "L_fake L_D",
    "L_real L_D",
)  # fmt: skip
TO_LOSS_D = ("D L_fake", "D L_real", "L_fake L_D", "L_real L_D")
STOPS = {  # name: what happens, what becomes of the gradient there, and along which arrows
    "noise": (later("Noise z is drawn."), "none", "z G"),
    "generate": (later("G turns each z into a forgery."), "none", "G x_fake"),
    "data": (later("Real samples are drawn from the data."), "none", "x_real D"),
    "detach": (later("D gets the forgeries, cut loose from G by detach."), "cut", "x_fake D"),
    "answers": (later("D answers each sample with one logit."), "open", "D L_fake", "D L_real"),
    "loss_d": (later("Two means make D's loss, equation (3)."), "open", "L_fake L_D", "L_real L_D"),
    "push_d": (later("backward: from D's loss to D's weights ψ."), "back", *TO_LOSS_D),
    "move_d": (later("D's optimiser moves D. G stays."), "ends"),
    "again": (
        later("D has moved, and sees the same forgeries again. No detach."),
        "open",
        "x_fake D",
    ),
    "loss_g": (later("One mean makes G's loss, equation (4)."), "open", "D L_G"),
    "push_x": (
        later("backward: from G's loss through D to each forgery. D stays."),
        "back",
        "D L_G",
        "x_fake D",
    ),
    "push_g": (later("backward, on into G's weights θ."), "back", "D L_G", "x_fake D", "G x_fake"),
    "move_g": (later("G's optimiser moves G. The round is over."), "ends"),
}
PASSES = {
    "none": later("Gradient: none comes back here in this step."),
    "cut": later("Gradient: cut. None will reach G in this step."),
    "open": later("Gradient: will come back this way."),
    "back": later("Gradient: passes, against the arrows (dashed)."),
    "ends": later("Gradient: used up."),
}
CUT = ("detach", "answers", "loss_d", "push_d")  # the stops at which G is cut off
MOVED = {"move_d": "D", "move_g": "G"}
Round = dict[str, dict[str, Tensor]]


@torch.enable_grad()
def one_iteration(game: Game, x: Tensor) -> Round:
    """Play one round of a game with log losses; return what passes each of `STOPS`, by name.

    Δ is what a step adds to a player's weights, all of them in one row. Raises what `Game`'s steps
    raise.
    """
    psi, theta, seen = _row(game.discriminator), _row(game.generator), {}
    for look in iteration(game, x):
        seen[look.name] = look
        if look.name == "update_d":
            push_d = _slopes(game.discriminator)
        if look.name == "loss_g":
            (push_x,) = torch.autograd.grad(look.loss, look.fake, retain_graph=True)
    x_real, z, x_fake = seen["real"].real, seen["noise"].noise, seen["generate"].fake
    (loss_d, loss_g), (logits_real, logits_fake) = seen["end"].loss, seen["end"].logits
    (again,) = seen["loss_g"].logits
    parts = {"L_real": softplus(-logits_real).mean(), "L_fake": softplus(logits_fake).mean()}
    return {
        "noise": {"z": z},
        "generate": {"x_fake": x_fake.detach()},
        "data": {"x_real": x_real},
        "detach": {"x_fake.detach()": x_fake.detach()},
        "answers": {"logits_real": logits_real, "logits_fake": logits_fake},
        "loss_d": {**parts, "L_D": loss_d},
        "push_d": {"∂L_D/∂ψ": push_d},
        "move_d": {"Δψ": _row(game.discriminator) - psi},
        "again": {"logits_fake": again.detach()},
        "loss_g": {"L_G": loss_g},
        "push_x": {"∂L_G/∂x_fake": push_x},
        "push_g": {"∂L_G/∂θ": _slopes(game.generator)},
        "move_g": {"Δθ": _row(game.generator) - theta},
    }


def _row(network: nn.Module) -> Tensor:
    return torch.cat([weight.detach().flatten() for weight in network.parameters()])


def _slopes(network: nn.Module) -> Tensor:
    return torch.cat([w.grad.flatten() for w in network.parameters() if w.grad is not None])


def iteration_scene(seen: Round) -> stage.Scene:
    """Return a round of `one_round`, to be walked through: where it is, what passes, and which way.

    Above the way of all numbers, below all values of the tensors at the present stop.
    """

    @stage.scene(height=4.6, nrows=2, height_ratios=[3.4, 1])
    def scene(flow, values):
        show_way, show_words, show_values = _map(flow), _words(flow), _strip(values)

        def update(step=1):
            name = list(STOPS)[step - 1]
            show_way(name)
            show_words(step, name, seen[name])
            show_values(seen[name])

        return update

    return scene


def _map(axes: Axes) -> Callable[[str], None]:
    """Draw all players, samples and losses, and all ways; return what lights up one stop."""
    axes.set(xlim=(-0.4, 18.4), ylim=(-0.1, 5.0))
    axes.set_axis_off()
    grey = {"color": palette.NOISE, "linewidth": 1, "alpha": 0.6}
    off = {way: _arrow(axes, way, "-|>", **grey) for way in ARROWS}
    on = {way: _arrow(axes, way, "-|>", color=palette.EXACT, linewidth=3.5) for way in ARROWS}
    looks = {"linewidth": 3.5, "linestyle": (0, (2, 1))}
    back = {way: _arrow(axes, way, "<|-", **looks) for way in ARROWS}
    rings = {name: _node(axes, name) for name in NODES}
    paper = {"boxstyle": "circle,pad=0.1", "facecolor": "white", "edgecolor": palette.EXACT}
    cut = axes.text(5.5, 3.6, "✂", size=16, ha="center", va="center", zorder=5, bbox=paper)

    def show(name: str) -> None:
        _said, kind, *ways = STOPS[name]
        for way in ARROWS:
            off[way].set_visible(way not in ways)
            on[way].set_visible(way in ways and kind != "back")
            back[way].set_visible(way in ways and kind == "back")
            back[way].set_color(palette.DISCRIMINATOR if name == "push_d" else palette.FAKE)
        cut.set_visible(name in CUT)
        for node, ring in rings.items():
            ring.set_linewidth(4 if node == MOVED.get(name) else 1.5)

    return show


def _node(axes: Axes, name: str) -> Any:
    """Draw a box, square for a player and round for numbers; return its frame."""
    x, y, colour = NODES[name]
    shape = "square,pad=0.5" if name in "GD" else "round,pad=0.35"
    box = {"boxstyle": shape, "facecolor": "white", "edgecolor": colour, "linewidth": 1.5}
    text = axes.text(x, y, name, ha="center", va="center", bbox=box, zorder=4)
    return text.get_bbox_patch()


def _arrow(axes: Axes, way: str, head: str, **look) -> Any:
    """Draw an arrow from box to box, and return it."""
    (x0, y0, _), (x1, y1, _) = (NODES[name] for name in way.split())
    ends = zip("AB", way.split(), strict=True)
    room = {f"shrink{end}": 11 + 2.5 * len(name) if y0 == y1 else 18 for end, name in ends}
    style = {"arrowstyle": head, "mutation_scale": 16, **room, **look}
    return axes.annotate("", (x1, y1), (x0, y0), arrowprops=style, zorder=3).arrow_patch


WIDTH = 36  # letters in a line beside the map


def _words(axes: Axes) -> Callable[[int, str, dict[str, Tensor]], None]:
    """Return what says, beside the map, what happens at a stop, and to which numbers."""
    text = axes.text(12.1, 5.0, "", va="top", linespacing=1.5, in_layout=False)

    def show(step: int, name: str, tensors: dict[str, Tensor]) -> None:
        said, kind, *_ways = STOPS[name]
        lines = [_("stop {step} of {of}").format(step=step, of=len(STOPS))]
        lines += [*textwrap.wrap(_(said), WIDTH), ""]
        lines += [_described(*pair) for pair in tensors.items()]
        lines += ["", *textwrap.wrap(_(PASSES[kind]), WIDTH)]
        text.set_text("\n".join(lines))

    return show


def _described(name: str, tensor: Tensor) -> str:
    """Return a tensor's name, its shape, and its first three values, or the one that it has."""
    first = [f"{value:.2g}".replace("-", "−") for value in tensor.flatten()[:3].tolist()]
    if not tensor.ndim:
        return f"{name} = {first[0]}"
    return f"{name}: {tuple(tensor.shape)}\n   {'  '.join(first)} …"


MARKERS = {"real": ("o", palette.REAL), "fake": ("x", palette.FAKE), "": ("|", palette.EXACT)}


def _strip(axes: Axes) -> Callable[[dict[str, Tensor]], None]:
    """Return what draws each tensor's values as marks in a row of their own, under its name."""
    rows = [axes.plot([], [], linestyle="none", alpha=0.5, markersize=7)[0] for _ in range(3)]
    sides = {"transform": axes.get_yaxis_transform(), "va": "center", "size": "small"}
    names = [axes.text(0, 0, "", in_layout=False, **sides) for _ in range(3)]
    axes.set(ylim=(-0.4, 2.9), yticks=[])
    axes.spines["left"].set_visible(False)

    def show(tensors: dict[str, Tensor]) -> None:
        reach = _round_up(max(t.abs().max().item() for t in tensors.values()))
        axes.set(xlim=(-1.1 * reach, 1.1 * reach), xticks=[-reach, 0, reach])
        axes.set_xticklabels([f"−{reach:g}", "0", f"{reach:g}"])
        shown = [*tensors.items(), *[("", torch.empty(0))] * 2]
        for height, row, label, (name, tensor) in zip((2, 1, 0), rows, names, shown, strict=False):
            _fill(row, height, name, tensor)
            label.set(text=name, y=height + 0.45)

    return show


def _fill(row: Line2D, height: float, name: str, tensor: Tensor) -> None:
    marker, colour = next(look for kind, look in MARKERS.items() if kind in name)
    row.set(marker=marker, color=colour)
    row.set_data(tensor.flatten().tolist(), [height] * tensor.numel())


def _round_up(number: float) -> float:
    """Return the least of …, 0.1, 0.2, 0.5, 1, … that is at least `number`."""
    power = 10.0 ** np.floor(np.log10(max(number, 1e-12)))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= number)


# Two ways to a slope: in the game of `games`, G descends E_g[−log D], and D is given

Estimate = Callable[[np.ndarray, Any, Any], np.ndarray]  # of x, θ and ψ
EDGE = 50.0  # beyond it a walk is lost


def pathwise(x: np.ndarray, theta: np.ndarray, psi: np.ndarray) -> np.ndarray:
    """Return d(−log D_ψ)/dx · dx/dθ = ψ (1 − D_ψ(x)) for samples x = θ + z: D's slope is used."""
    return psi * expit(-games.logit(x, psi))


def score_function(
    x: np.ndarray, theta: np.ndarray, psi: np.ndarray, baseline: np.ndarray | float = 0.0
) -> np.ndarray:
    """Return (−log D_ψ(x) − b) · d log p_g(x)/dθ, which is x − θ here: D's answers are used alone.

    Its mean over x ~ N(θ,1) is `pathwise`'s, for any b that does not depend on x.
    Source: Williams 1992, theorem 1.
    """
    return (-log_expit(games.logit(x, psi)) - baseline) * (x - theta)


def with_baseline(x: np.ndarray, theta: np.ndarray, psi: np.ndarray) -> np.ndarray:
    """Return `score_function` with the mean answer as baseline, b = E_g[−log D_ψ]."""
    return score_function(x, theta, psi, games.generator_non_saturating(theta, psi))


def variance(estimate: Estimate, theta: np.ndarray | float, psi: np.ndarray | float) -> float:
    """Return the variance of an estimate from one sample x ~ N(θ,1), by quadrature."""
    mean, square = (
        games.exact_mean(lambda x, psi, k=k: estimate(x, theta, psi) ** k, theta, psi)
        for k in (1, 2)
    )
    return float(square - mean**2)


def walks(
    estimate: Estimate, rng: np.random.Generator, theta: float = 3.0, batch: int = 16,
    lr: float = 0.1, steps: int = 200, count: int = 6,
) -> np.ndarray:  # fmt: skip
    """Return θ (steps + 1, count) of `count` walks: θ ← θ − rate · mean estimate over a batch.

    Before each step D is the best one, ψ = θ. A walk that is lost stays within ±50.
    """
    path = [np.full(count, float(theta))]
    for _step in range(steps):
        here = path[-1][:, None]
        x = here + rng.standard_normal((count, batch))
        step = lr * estimate(x, here, here).mean(1)
        path.append(np.clip(path[-1] - step, -EDGE, EDGE))
    return np.array(path)


def estimates_scene() -> stage.Scene:
    """Return both estimates from many batches beside the exact slope; and walks that use them."""

    @stage.scene(height=2.9, ncols=2, width_ratios=[1, 1.3])
    def scene(slopes, way):
        looks = (("o", "-", palette.DISCRIMINATOR), ("x", "--", palette.FAKE))
        heads = [[artists.arrowheads(ax, c) for _, _, c in looks] for ax in (slopes, way)]
        clouds = [slopes.plot([], [], m, color=c, alpha=0.4)[0] for m, _, c in looks]
        exact = slopes.axvline(0, color=palette.EXACT, linestyle=":")
        names = [_("through D"), _("by score")]
        slopes.set(xlim=(-6, 12), ylim=(-0.6, 1.6), xlabel=_("slope from one batch"))
        slopes.set_yticks([1, 0], labels=names)
        lines = [way.plot([], [], ls, color=c, linewidth=1.2)[0] for _, ls, c in looks * 6]
        way.axhline(0, color=palette.EXACT, linestyle=":", linewidth=1)
        way.set(xlim=(0, 200), ylim=(-2, 5), xlabel=_("steps of G"), ylabel="θ")
        for line, name in zip(lines, names, strict=False):
            line.set_label(name)
        way.legend(ncols=2)

        def update(theta=3.0, batch=4, lr=0.1, baseline=False):
            both = pathwise, with_baseline if baseline else score_function
            _show_clouds(clouds, heads[0], both, theta, batch)
            exact.set_xdata([games.slope_non_saturating(theta, theta)] * 2)
            words = _("lower row: variance {ratio:,.0f} times as large")
            slopes.set_title(words.format(ratio=_ratio(both, theta)))
            _show_walks(way, lines, heads[1], both, theta=theta, batch=batch, lr=lr)

        return update

    return scene


def _ratio(both: tuple[Estimate, Estimate], theta: float) -> float:
    return variance(both[1], theta, theta) / variance(both[0], theta, theta)


def _show_clouds(clouds: list, heads: list, both: tuple, theta: float, batch: int) -> None:
    """Draw a mark for each of 100 batches, in two rows, a little apart."""
    rng, rows = np.random.default_rng(0), np.linspace(-0.3, 0.3, 100)
    x = theta + rng.standard_normal((100, batch))
    for height, cloud, beyond, estimate in zip((1, 0), clouds, heads, both, strict=True):
        found = estimate(x, theta, theta).mean(1)
        cloud.set_data(np.where((found > -6) & (found < 12), found, np.nan), height + rows)
        beyond(found, height + rows)


def _show_walks(axes: Axes, lines: list, heads: list, both: tuple, **settings: Any) -> None:
    ends, (low, high) = [], axes.get_ylim()
    for i, estimate in enumerate(both):
        path = walks(estimate, np.random.default_rng(1), **settings)
        for line, theta in zip(lines[i::2], path.T, strict=True):
            line.set_data(range(len(theta)), theta)
        out = [artists.exits((theta < low) | (theta > high)) for theta in path.T]
        heads[i](np.concatenate([o.nonzero()[0] for o in out]), path.T[np.array(out)])
        ends.append(np.sqrt(np.mean(path[-100:] ** 2)))
    axes.set_title(
        _("typical |θ| in the last 100 steps: {pathwise:.2f}, {score:.2f}").format(
            pathwise=ends[0], score=ends[1]
        )
    )


# Four hills: q = N(m, s²) is too simple for p, which has two bumps

X = np.linspace(-18, 18, 721)
STEP = 0.05
LEAST = 1e-300  # a share that a float rounds to 0 would make a finite KL infinite
MEANS, SPREADS = np.linspace(0, 3, 31), np.linspace(0.4, 2.8, 49)
APART = (1.0, 1.5, 2.0, 2.5)
BUMP = 0.5  # standard deviation of a bump
TOP = 2.2  # what is higher is an arrowhead there


def _two_js(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    return 2 * js(p, q)


def _kl_less_two_js(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    return kl(q, p) - 2 * js(p, q)


HILLS = {
    "KL(p‖q)": kl,
    "KL(q‖p)": lambda p, q: kl(q, p),
    "2 JS": _two_js,
    "KL(q‖p) − 2 JS": _kl_less_two_js,
}


def bumps(apart: float) -> np.ndarray:
    """Return p: shares (721,) at `X` of two bumps at ±apart, half of the data each."""
    return mixture([0.5, 0.5], [-apart, apart], [BUMP, BUMP]).pdf(X) * STEP


def bell(m: float, s: float) -> np.ndarray:
    """Return q: shares (721,) at `X` of N(m, s²). Errors as in `distributions.normal`."""
    return np.maximum(normal(m, s).pdf(X) * STEP, LEAST)


@lru_cache
def landscape(hill: str, apart: float) -> np.ndarray:
    """Return a hill's height for each mean in `MEANS` (rows) and spread in `SPREADS`."""
    p = bumps(apart)
    return np.array([HILLS[hill](p, np.array([bell(m, s) for s in SPREADS])) for m in MEANS])


def best_fit(hill: str, apart: float) -> tuple[float, float]:
    """Return the mean m ≥ 0 and the spread s where a hill is lowest, to the grid's 0.1 and 0.05."""
    heights = landscape(hill, apart)
    row, column = np.unravel_index(heights.argmin(), heights.shape)
    return float(MEANS[row]), float(SPREADS[column])


def fits_scene() -> stage.Scene:
    """Return two bumps under a bell by hand, and its height on a hill; if `exact`, the lowest."""

    @stage.scene(height=2.9, ncols=2, width_ratios=[1.3, 1])
    def scene(distributions, heights):
        (real, mine, best), (floor, dot, heads) = _distributions(distributions), _hill_axes(heights)
        named = [artists.legend_of_drawn(distributions, [real, mine, best], ncols=3)]
        named.append(artists.legend_of_drawn(heights, [floor, dot], loc="upper center", ncols=2))

        def update(m=0.5, s=1.0, apart=2.0, hill="KL(p‖q)", exact=False):
            for part in (best, floor, heads):
                part.set_visible(exact)
            for show_names in named:
                show_names()
            p, q = bumps(apart), bell(m, s)
            for line, distribution in ((real, p), (mine, q), (best, bell(*best_fit(hill, apart)))):
                line.set_ydata(distribution / STEP)
            lowest = landscape(hill, apart).min(1)
            _show_hill(floor, heads, np.array([*lowest[::-1], *lowest]))
            value = float(HILLS[hill](p, q))
            dot.set(marker="o" if value <= TOP else "^", data=([m], [min(value, TOP)]))
            told = _("{hill} = {value:.3f}, best {least:.3f}") if exact else "{hill} = {value:.3f}"
            told = told.format(hill=hill, value=value, least=lowest.min())
            heights.set_title(told.replace("-", "−"))

        return update

    return scene


def _show_hill(floor: Line2D, heads: Line2D, lowest: np.ndarray) -> None:
    """Draw the lowest line over all means up to `TOP`, with heads where it goes on above."""
    means, above = np.array([*-MEANS[::-1], *MEANS]), artists.exits(lowest > TOP)
    floor.set_data(means, np.where(lowest < TOP, lowest, np.nan))
    heads.set_data(means[above], np.full(np.count_nonzero(above), TOP))


def _hill_axes(axes: Axes) -> tuple[Line2D, Line2D, Line2D]:
    """Return the lowest line of a hill, the dot of one's own, and heads where the line goes on."""
    (floor,) = axes.plot([], [], ":", color=palette.EXACT, label=_("with the best s"))
    (dot,) = axes.plot([], [], "o", color=palette.FAKE, markersize=8, label=_("your q"))
    dot.set(clip_on=False, in_layout=False)
    (heads,) = axes.plot([], [], "^", color=palette.EXACT)
    axes.set(xlim=(-3, 3), ylim=(0, 2.7), yticks=[0, 1, 2], xlabel="m")
    return floor, dot, heads


def _distributions(axes: Axes) -> list[Line2D]:
    looks = (
        ("-", palette.REAL, "p"),
        ("--", palette.FAKE, "q"),
        (":", palette.EXACT, _("best q")),
    )
    lines = [axes.plot(X, 0 * X, ls, color=c, label=name)[0] for ls, c, name in looks]
    axes.set(xlim=(-5, 5), ylim=(0, 1.25), yticks=[0, 1], xlabel="x")
    axes.legend(ncols=3)
    return lines
