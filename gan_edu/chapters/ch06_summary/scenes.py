"""Chapter 06: one iteration with its tensors, and four losses of a fit."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from scipy.optimize import minimize
from torch import Tensor, nn
from torch.nn.functional import softplus

from gan_edu import stage
from gan_edu.distributions import mixture, normal
from gan_edu.divergences import js, kl
from gan_edu.language import gettext as _
from gan_edu.language import later, minus
from gan_edu.stage import artists, palette
from gan_edu.training import Game, iteration

# One iteration, stop by stop

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
TO_LOSS_D = ("D L_fake", "D L_real", "L_fake L_D", "L_real L_D")
ARROWS = ("z G", "G x_fake", "x_fake D", "x_real D", "D L_G", *TO_LOSS_D)
STOPS = {  # name: what happens, what becomes of the gradient there, and along which arrows
    "noise": (later("Noise z is drawn."), "none", "z G"),
    "generate": (later("G turns each z into a generated sample."), "none", "G x_fake"),
    "data": (later("Real samples are drawn from the data."), "none", "x_real D"),
    "detach": (later("D gets the generated samples, detached from G."), "cut", "x_fake D"),
    "logits": (
        later("D gives each sample a logit."), "open", "x_fake D", "x_real D", *TO_LOSS_D[:2],
    ),
    "loss_d": (
        later("Two means add up to D's loss, equation (6.1)."), "open", "L_fake L_D", "L_real L_D",
    ),
    "grad_d": (later("backward: from D's loss to D's parameters ψ."), "back", *TO_LOSS_D),
    "step_d": (later("D's optimiser updates D. G stays as it is."), "ends"),
    "again": (
        later("The updated D gives new logits, without detach. (5) marks those of stop 5."),
        "open", "x_fake D", "D L_G",
    ),
    "loss_g": (later("G's loss is a single mean, equation (6.2)."), "open", "D L_G"),
    "grad_x": (
        later("backward: from G's loss through D to each generated sample. D stays as it is."),
        "back", "D L_G", "x_fake D",
    ),
    "grad_g": (
        later("backward: on to G's parameters θ."), "back", "D L_G", "x_fake D", "G x_fake",
    ),
    "step_g": (later("G's optimiser updates G. The iteration is complete."), "ends"),
}  # fmt: skip
GRADIENT = {
    "none": later("Gradient: none flows back here while D learns."),
    "cut": later("Gradient: stops here. None reaches G while D learns."),
    "open": later("Gradient: will flow back this way."),
    "back": later("Gradient: flows back, against the arrows (dashed)."),
    "ends": later("Gradient: used up."),
}
CUT = ("detach", "logits", "loss_d", "grad_d")  # the stops at which no gradient can reach G
MOVED = {"step_d": "D", "step_g": "G"}
BEFORE = "logits_fake (5)"  # those of stop 5, at stop 9 again, to be compared
Iteration = dict[str, dict[str, Tensor]]


@torch.enable_grad()
def one_iteration(game: Game, x: Tensor) -> Iteration:
    """Play one iteration of a game with log losses; return the tensors at each of `STOPS`.

    Δ is what a step adds to a network's parameters, all of them in one row. Raises what `Game`'s
    steps raise.
    """
    psi = _parameters(game.discriminator)
    theta = _parameters(game.generator)
    seen = {}
    for look in iteration(game, x):
        seen[look.name] = look
        if look.name == "update_d":
            grad_d = _gradients(game.discriminator)
        if look.name == "loss_g":
            (grad_x,) = torch.autograd.grad(look.loss, look.fake, retain_graph=True)
    return _before_d_moves(seen) | {
        "grad_d": {"∂L_D/∂ψ": grad_d},
        "step_d": {"Δψ": _parameters(game.discriminator) - psi},
        "again": {BEFORE: seen["end"].logits[1], "logits_fake": seen["loss_g"].logits[0].detach()},
        "loss_g": {"L_G": seen["end"].loss[1]},
        "grad_x": {"∂L_G/∂x_fake": grad_x},
        "grad_g": {"∂L_G/∂θ": _gradients(game.generator)},
        "step_g": {"Δθ": _parameters(game.generator) - theta},
    }


def _before_d_moves(seen: dict) -> Iteration:
    real, fake = seen["end"].logits
    parts = {"L_real": softplus(-real).mean(), "L_fake": softplus(fake).mean()}
    x_fake = seen["generate"].fake.detach()
    return {
        "noise": {"z": seen["noise"].noise},
        "generate": {"x_fake": x_fake},
        "data": {"x_real": seen["real"].real},
        "detach": {"x_fake.detach()": x_fake},
        "logits": {"logits_real": real, "logits_fake": fake},
        "loss_d": {**parts, "L_D": seen["end"].loss[0]},
    }


def _parameters(network: nn.Module) -> Tensor:
    return torch.cat([weight.detach().flatten() for weight in network.parameters()])


def _gradients(network: nn.Module) -> Tensor:
    return torch.cat([w.grad.flatten() for w in network.parameters() if w.grad is not None])


def iteration_scene(seen: Iteration) -> stage.Scene:
    """Return an iteration of `one_iteration` as a map to walk through, with its numbers below."""

    @stage.scene(height=3.6, nrows=2, height_ratios=[3, 1])
    def scene(flow, values):
        show_way = _map(flow)
        show_words = _words(flow)
        show_values = _strip(values, _largest(seen))

        def update(step=1):
            name = list(STOPS)[step - 1]
            show_way(name)
            show_words(step, name, seen[name])
            show_values(seen[name])

        return update

    return scene


def _map(axes: Axes) -> Callable[[str], None]:
    """Draw both networks, all samples, losses and arrows; return what lights up one stop."""
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
            back[way].set_color(palette.DISCRIMINATOR if name == "grad_d" else palette.FAKE)
        cut.set_visible(name in CUT)
        for node, ring in rings.items():
            ring.set_linewidth(4 if node == MOVED.get(name) else 1.5)

    return show


def _node(axes: Axes, name: str) -> Any:
    """Draw a box, square for a network and round for numbers; return its frame."""
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
    """Return what writes beside the map what happens at a stop, and to which numbers."""
    text = axes.text(12.1, 4.9, "", va="top", linespacing=1.25, in_layout=False)

    def show(step: int, name: str, tensors: dict[str, Tensor]) -> None:
        said, kind, *_ways = STOPS[name]
        lines = [_("stop {step} of {of}").format(step=step, of=len(STOPS))]
        lines += [*artists.wrapped(_(said), WIDTH), ""]
        lines += [_described(*pair) for pair in tensors.items()]
        lines += ["", *artists.wrapped(_(GRADIENT[kind]), WIDTH)]
        text.set_text("\n".join(lines))

    return show


def _described(name: str, tensor: Tensor) -> str:
    """Return a tensor's name, its shape, and its first three values, or the one that it has."""
    first = [minus(f"{value:.2g}") for value in tensor.flatten()[:3].tolist()]
    if not tensor.ndim:
        return f"{name} = {first[0]}"
    return f"{name}: {tuple(tensor.shape)}\n   {'  '.join(first)} …"


MARKERS = {"real": ("o", palette.REAL), "fake": ("x", palette.FAKE), "": ("|", palette.EXACT)}


def _largest(seen: Iteration) -> dict[str, float]:
    """Return the largest absolute value of each kind of tensor, at whichever stop it is shown."""
    largest: dict[str, float] = {}
    for tensors in seen.values():
        for name, tensor in tensors.items():
            kind = _kind(name)
            largest[kind] = max(largest.get(kind, 0.0), tensor.abs().max().item())
    return largest


def _kind(name: str) -> str:
    """Return what real and generated values of a kind have in common: "logits" of "logits_fake"."""
    return re.split("_real|_fake", name)[0]


def _strip(axes: Axes, largest: dict[str, float]) -> Callable[[dict[str, Tensor]], None]:
    """Return what draws each tensor's values as marks in a row of their own, under its name.

    A kind that is shown at several stops has the same axis there, so that it can be compared.
    """
    rows = [axes.plot([], [], linestyle="none", alpha=0.5, markersize=7)[0] for _ in range(3)]
    sides = {"transform": axes.get_yaxis_transform(), "va": "center", "size": "small"}
    names = [axes.text(0, 0, "", in_layout=False, **sides) for _ in range(3)]
    key = axes.text(0, 0.2, _("black: it grows; grey: it falls"), in_layout=False, **sides)
    links = LineCollection([], zorder=1)
    axes.add_collection(links)
    axes.set(ylim=(-0.4, 3.0), yticks=[])
    axes.spines["left"].set_visible(False)

    def show(tensors: dict[str, Tensor]) -> None:
        reach = _round_up(max(largest[_kind(name)] for name in tensors))
        axes.set(xlim=(-1.1 * reach, 1.1 * reach), xticks=[-reach, 0, reach])
        axes.set_xticklabels([f"−{reach:g}", "0", f"{reach:g}"])
        shown = [*tensors.items(), *[("", torch.empty(0))] * 2]
        for height, row, label, (name, tensor) in zip((2, 1, 0), rows, names, shown, strict=False):
            _fill(row, height, name, tensor)
            label.set(text=name, y=height + 0.52)
        key.set_visible(BEFORE in tensors)
        _show_links(links, tensors)

    return show


def _show_links(links: LineCollection, tensors: dict[str, Tensor]) -> None:
    """Join the samples' logits before D's update, in row 2, to those after it; mark those higher.

    At the other stops there is nothing to join.
    """
    pairs = [tensors[n].flatten().tolist() for n in (BEFORE, "logits_fake") if BEFORE in tensors]
    moves = sorted(zip(*pairs, strict=True), key=lambda move: move[1] > move[0])  # grey ones below
    links.set_segments([[(x, 1.85), (y, 1.15)] for x, y in moves])
    links.set_color([palette.EXACT if y > x else palette.NOISE for x, y in moves])
    links.set_linewidth([0.9 if y > x else 0.4 for x, y in moves])


def _fill(row: Line2D, height: float, name: str, tensor: Tensor) -> None:
    marker, colour = next(look for kind, look in MARKERS.items() if kind in name)
    row.set(marker=marker, color=colour)
    row.set_data(tensor.flatten().tolist(), [height] * tensor.numel())


def _round_up(number: float) -> float:
    """Return the least of …, 0.1, 0.2, 0.5, 1, … that is at least `number`."""
    power = 10.0 ** np.floor(np.log10(max(number, 1e-12)))
    return next(power * digit for digit in (1, 2, 5, 10) if power * digit >= number)


# Four objectives: q = N(μ, s²) is too simple for p, which has two modes

X = np.linspace(-18, 18, 721)
STEP = 0.05
LEAST = 1e-300  # a share below what a float can hold would make a finite KL infinite
MEANS = np.linspace(0, 3, 31)
ALONG = np.linspace(-3, 3, 1201)  # where their curve is drawn, up to the picture's border
DEVIATIONS = (0.4, 2.8)  # from, to
APART = (1.0, 1.25, 1.5, 2.0, 2.5)
WIDTH_OF_MODE = 0.5  # standard deviation of each mode of p
OBJECTIVES = {
    "KL(p‖q)": kl,
    "KL(q‖p)": lambda p, q: kl(q, p),
    "2 JS": lambda p, q: 2 * js(p, q),
    "KL(q‖p) − 2 JS": lambda p, q: kl(q, p) - 2 * js(p, q),
}


def two_modes(apart: float) -> np.ndarray:
    """Return p: shares (721,) at `X` of two modes at ±apart, half of the data each."""
    return mixture([0.5, 0.5], [-apart, apart], [WIDTH_OF_MODE] * 2).pdf(X) * STEP


def gaussian(mu: float, s: float) -> np.ndarray:
    """Return q: shares (721,) at `X` of N(μ, s²). Errors as in `distributions.normal`."""
    return np.maximum(normal(mu, s).pdf(X) * STEP, LEAST)


def top(objective: str, lowest: float) -> float:
    """Return where the picture ends: well above `lowest` in any case.

    It is doubled from a start that suits the best fits, so that the axis seldom changes.
    """
    border = 0.7 if objective == "2 JS" else 2.2
    while border < 1.25 * lowest:
        border *= 2
    return border


@lru_cache
def best_fit(objective: str, apart: float) -> tuple[float, float]:
    """Return the mean μ ≥ 0 and the standard deviation s of the q with the lowest value.

    μ is 0 if that q covers both modes; if it sits on one, q at −μ is as good.
    """
    p, value = two_modes(apart), OBJECTIVES[objective]

    def loss(q) -> float:
        return float(value(p, gaussian(*q)))

    starts = {(0, 0): (0.0, apart), (0, 3): (apart, WIDTH_OF_MODE)}  # by where μ may go
    both, one = (
        minimize(loss, start, bounds=[means, DEVIATIONS], method="Nelder-Mead")
        for means, start in starts.items()
    )
    if both.fun < one.fun + 1e-6:  # from one mode the search may end between both, too
        return 0.0, float(both.x[1])
    return float(one.x[0]), float(one.x[1])


def fits_scene() -> stage.Scene:
    """Return p under a q set by hand, and q's objective over its mean."""

    @stage.scene(height=2.9, ncols=2, width_ratios=[1.3, 1], grab={"mu": "densities values"})
    def scene(densities, values):
        lines, show_values = _density_lines(densities), _objective(values)
        densities.set(xlim=(-5, 5), yticks=[0, 1], ylabel=_("density"))
        densities.legend(ncols=2)

        def update(objective="KL(p‖q)", apart=2.0, mu=0.5, s=1.0):
            _show_shares(lines, two_modes(apart), gaussian(mu, s))
            show_values(objective, apart, mu, s)

        return update

    return scene


def best_fits_scene() -> stage.Scene:
    """Return p under the best q of each of `OBJECTIVES`; in grey, the q that is as good."""

    @stage.scene(height=1.9, ncols=len(OBJECTIVES), sharey=True)
    def scene(first, second, third, fourth):
        panels = dict(zip(OBJECTIVES, (first, second, third, fourth), strict=True))
        lines = {objective: _density_lines(axes) for objective, axes in panels.items()}
        for objective, axes in panels.items():
            axes.set(xlim=(-4.5, 4.5), yticks=[])
            axes.set_title(minus(objective))
            lines[objective] += axes.plot(X, 0 * X, ":", color=palette.NOISE, zorder=1)

        def update(apart=1.0):
            for objective, drawn in lines.items():
                m, s = best_fit(objective, apart)
                _show_shares(drawn, two_modes(apart), gaussian(m, s), gaussian(-m, s))
                drawn[2].set_visible(m > 0)

        first.set_ylabel(_("density"))
        first.legend(ncols=2)
        return update

    return scene


def _density_lines(axes: Axes) -> list[Line2D]:
    """Return the lines of p and q."""
    looks = ("-", palette.REAL, "p"), ("--", palette.FAKE, "q")
    axes.set(ylim=(0, 1.25), xlabel="x")
    return [axes.plot(X, 0 * X, ls, color=c, label=name)[0] for ls, c, name in looks]


def _show_shares(lines: list[Line2D], *shares: np.ndarray) -> None:
    for line, share in zip(lines, shares, strict=True):
        line.set_ydata(share / STEP)


def _objective(axes: Axes) -> Callable[[str, float, float, float], None]:
    """Return what shows an objective for q, and over μ with the s of q."""
    (curve,) = axes.plot([], [], "--", color=palette.FAKE, linewidth=1)
    (dot,) = axes.plot([], [], "o", color=palette.FAKE, markersize=8)
    dot.set(clip_on=False, in_layout=False)
    axes.set(xlim=(-3, 3), xlabel="μ", ylabel=_("objective"))
    axes.locator_params(axis="y", nbins=3)

    def show(objective: str, apart: float, mu: float, s: float) -> None:
        p, value_of = two_modes(apart), OBJECTIVES[objective]
        value = float(value_of(p, gaussian(mu, s)))
        half = value_of(p, np.array([gaussian(mean, s) for mean in MEANS]))
        border = top(objective, half.min())
        dot.set(marker="o" if value <= border else "^", data=([mu], [min(value, border)]))
        whole = np.interp(np.abs(ALONG), MEANS, half)
        curve.set_data(ALONG, np.where(whole <= border, whole, np.nan))
        axes.set(ylim=(0, border))
        axes.set_title(
            minus(_("{objective} = {value:.3f}").format(objective=objective, value=value))
        )

    return show
