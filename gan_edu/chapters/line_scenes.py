"""The game on a line, drawn: D beside D*, G beside F⁻¹, the CDF error, and both losses."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from gan_edu import stage
from gan_edu.distributions import GRID_U, Distribution, largest_cdf_error
from gan_edu.divergences import LOG_4
from gan_edu.language import gettext as _
from gan_edu.language import minus
from gan_edu.match import Match
from gan_edu.recipes import (
    DISTRIBUTIONS,
    EDGES,
    FEW_U,
    LEARNING_RATES,
    LOSSES,
    MIDDLES,
    answers,
    exact_shares,
    generated,
    optimal_d_on_grid,
    shares,
)
from gan_edu.stage import artists, palette, paper

LOSSES_DRAWN = 0.3, 1.8  # nats
NEAR = 0.05  # nats from log 4 that count as near
HIGHEST = 1.1  # generated density that is drawn
PUSHED = 7  # samples with an arrow
AT_HEIGHT = 1.18  # above all bars
PUSH, LONGEST = 0.1, 0.6  # how long an arrow is for a slope of 1, and at most, along x


def opening_scene(distribution: str = "normal", arrows: bool = False) -> stage.Scene:
    """Return a running match: both densities, and D; with arrows, where it pushes some samples."""

    @stage.scene(height=3.2)
    def scene(axes):
        axes.set_ylabel(_("density, and D"))
        parts = [_discriminator_panel(axes, DISTRIBUTIONS[distribution], optimal=False)]
        if arrows:
            parts.append(_arrows(axes))
        return _all_of(*parts, _count(axes))

    return scene


def duel_scene(distribution: str = "normal") -> stage.Scene:
    """Return a running match: D beside D*, G beside F⁻¹, the largest CDF error, and both losses.

    Errors and losses of the run before the last reset are grey.
    """

    @stage.scene(height=4.0, nrows=2, ncols=2)
    def scene(discriminator, maps, distance, losses):
        return _all_of(
            _discriminator_panel(discriminator, DISTRIBUTIONS[distribution]),
            _map_panel(maps, DISTRIBUTIONS[distribution]),
            _error_panel(distance, DISTRIBUTIONS[distribution]),
            _loss_panel(losses),
        )

    return scene


def short_duel_scene(distribution: str = "normal") -> stage.Scene:
    """Return the upper half of `duel_scene`, and how many iterations have been played."""

    @stage.scene(height=3.2, ncols=2)
    def scene(discriminator, maps):
        return _all_of(
            _discriminator_panel(discriminator, DISTRIBUTIONS[distribution]),
            _map_panel(maps, DISTRIBUTIONS[distribution]),
            _count(discriminator),
        )

    return scene


Show = Callable[[Match, np.ndarray, np.ndarray], None]  # a match, G now, the EMA of G


def _all_of(*parts: Show) -> Callable[[Match], None]:
    def update(match):
        now, average = generated(match.game.generator), generated(match.game.average, u=FEW_U)
        for show in parts:
            show(match, now, average)

    return update


def _count(axes: Axes) -> Show:
    """Let the title say how far the match is."""

    def show(match: Match, now: np.ndarray, average: np.ndarray) -> None:
        axes.set_title(match.so_far)

    return show


def _discriminator_panel(axes: Axes, distribution: Distribution, optimal: bool = True) -> Show:
    """Frame both densities, and D, beside the optimal D for the G of now if that is wanted."""
    p = exact_shares(distribution) / np.diff(EDGES)
    axes.plot(MIDDLES, p, color=palette.REAL, label=_("real"))
    bars = artists.bars(axes, EDGES, palette.FAKE, _("generated"))
    heads = _line(axes, "_", palette.FAKE, "^")
    line = _line(axes, "D", palette.DISCRIMINATOR, "-")
    best = _line(axes, "D*" if optimal else "_", palette.EXACT, ":")
    best.set_visible(optimal)
    axes.set(xlim=(-5, 5), ylim=(0, 1.5), yticks=[0, 0.5, 1], title=" ")
    axes.legend(ncols=4)

    def show(match: Match, now: np.ndarray, average: np.ndarray) -> None:
        line.set_data(MIDDLES, answers(match.game.discriminator))
        density = shares(now) / np.diff(EDGES)
        bars.set_data(np.minimum(density, HIGHEST))
        heads.set_data(
            MIDDLES[density > HIGHEST], np.full(np.count_nonzero(density > HIGHEST), HIGHEST)
        )
        best.set_data(MIDDLES, optimal_d_on_grid(now, distribution))
        axes.set_title(match.steps_alone)

    return show


def _arrows(axes: Axes) -> Show:
    """Return what shows where the slope of D's logit pushes some samples of G now."""
    look = {"color": palette.FAKE, "angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.005}
    at = np.full(PUSHED, AT_HEIGHT)
    arrows = axes.quiver(at, at, 0 * at, 0 * at, zorder=4, **look)

    def show(match: Match, now: np.ndarray, average: np.ndarray) -> None:
        chosen = np.quantile(now, np.linspace(0, 1, PUSHED))
        x = torch.from_numpy(chosen).float()[:, None].requires_grad_()
        (slopes,) = torch.autograd.grad(match.game.discriminator(x).sum(), x)
        arrows.set_offsets(np.column_stack([chosen, at]))
        arrows.set_UVC((PUSH * slopes).clamp(-LONGEST, LONGEST).numpy()[:, 0], 0 * at)

    return show


def _map_panel(axes: Axes, distribution: Distribution) -> Show:
    z = 2 * GRID_U - 1
    exact = distribution.ppf(GRID_U)
    axes.plot(z, exact, ":", color=palette.EXACT, label=_("exact map"))
    lines = [
        _line(axes, _("G now"), palette.FAKE, "-", 1),
        _line(axes, _("EMA of G"), palette.FAKE, "--", 2.5),
    ]
    axes.set(xlim=(-1, 1), ylim=(-4.5, 4.5), xlabel=_("noise z"), xticks=[-1, -0.5, 0, 0.5, 1])
    artists.legend_above(axes, 3)  # G may run through any corner
    heads = artists.arrowheads(axes, palette.FAKE)
    few_z = 2 * FEW_U - 1

    def show(match: Match, now: np.ndarray, average: np.ndarray) -> None:
        for line, y in zip(lines, (now[::10], average), strict=True):
            line.set_data(few_z, y)
        beyond = artists.exits(np.abs(now[::10]) > 4.5)
        heads(few_z[beyond], now[::10][beyond])

    return show


def _error_panel(axes: Axes, distribution: Distribution) -> Show:
    lines = {
        "ks_now": _line(axes, _("G now"), palette.FAKE, "-", 1),
        "ks": _line(axes, _("EMA of G"), palette.FAKE, "--", 2.5),
    }
    axes.set(yscale="log", ylim=(0.005, 4), yticks=[0.01, 0.1, 1], xlabel=_("iterations"))
    axes.minorticks_off()
    axes.legend(ncols=2, borderaxespad=0)  # an error is below 1
    fill = _filling(axes, lines)

    def show(match: Match, now: np.ndarray, average: np.ndarray) -> None:
        fill(match)
        if match.history:  # words are slow to draw: they change with each mark only
            ks = match.history[-1].ks
        else:
            ks = largest_cdf_error(generated(match.game.average), distribution)
        axes.set_title(_("EMA: largest CDF error (KS) {ks:.3f}").format(ks=ks))

    return show


def _loss_panel(axes: Axes) -> Show:
    """Frame both losses, with their values at the equilibrium."""
    lines = {
        "loss_d": _line(axes, _("D's loss"), palette.DISCRIMINATOR, "-", 1),
        "loss_g": _line(axes, _("G's loss"), palette.FAKE, "--", 1),
    }
    levels = {"log 4": LOG_4, "log 2": LOG_4 / 2}
    low, high = LOSSES_DRAWN
    axes.set_yticks(list(levels.values()), labels=list(levels))
    axes.grid(axis="y", color=palette.EXACT, linestyle=":", linewidth=1)
    axes.set(ylim=(low, high + 0.18 * (high - low)), xlabel=_("iterations"), title=_("loss, nats"))
    axes.legend(ncols=2, borderaxespad=0)
    fill = _filling(axes, lines, low, high)

    def show(match: Match, now: np.ndarray, average: np.ndarray) -> None:
        fill(match)
        losses = [loss for mark in match.history for loss in (mark.loss_d, mark.loss_g)]
        cut = any(not low <= loss <= high for loss in losses)
        words = _("loss, nats, clipped at {low} and {high}") if cut else _("loss, nats")
        axes.set_title(minus(words.format(low=low, high=high)))

    return show


def _line(axes: Axes, label: str, colour: str, style: str, width: float = 2) -> Line2D:
    return axes.plot([], [], style, color=colour, linewidth=width, label=label)[0]


def _filling(
    axes: Axes, lines: dict[str, Line2D], low: float = -np.inf, high: float = np.inf
) -> Callable[[Match], None]:
    """Return what draws all that a match has noted, clipped, over the iterations; the axis doubles.

    Grey lines behind show what it had noted before the last reset.
    """
    grey = {"color": palette.NOISE, "linewidth": 1, "alpha": 0.7, "zorder": 1}
    before = {n: axes.plot([], [], line.get_linestyle(), **grey)[0] for n, line in lines.items()}

    def draw(line: Line2D, name: str, marks: list[Any]) -> None:
        values = np.clip([getattr(mark, name) for mark in marks], low, high)
        line.set_data([mark.iteration for mark in marks], values)

    def show(match: Match) -> None:
        for name, line in lines.items():
            draw(line, name, match.history)
            draw(before[name], name, match.before)
        artists.lengthen(axes, 2000, match.iterations)

    return show


def duel_controls(loss: bool = False) -> dict[str, Any]:
    """Return the controls of a running match, for `stage.play`; G's loss is one if asked for."""
    controls: dict[str, Any] = {"d_steps": (1, 5), "lr_d": LEARNING_RATES, "lr_g": LEARNING_RATES}
    labels = {"d_steps": "k", "lr_d": _("D's learning rate"), "lr_g": _("G's learning rate")}
    if loss:
        names = {"non_saturating": _("non-saturating"), "minimax": _("minimax")}
        controls["loss_fn_g"] = {names[key]: function for key, function in LOSSES.items()}
        labels["loss_fn_g"] = _("G's loss")
    return {**controls, "labels": labels}


@paper.styled
def loss_and_quality(loss_d: np.ndarray, ks: np.ndarray, ranking: np.ndarray) -> Figure:
    """Return a figure of G's KS and of D's AUC over D's loss, for some snapshots (N,)."""
    figure, panels = paper.new_figure(2.8, ncols=2)
    near = np.abs(loss_d - LOG_4) < NEAR
    quality, ranks = panels
    for axes, values, colour in (
        (quality, ks, palette.FAKE),
        (ranks, ranking, palette.DISCRIMINATOR),
    ):
        axes.axvspan(LOG_4 - NEAR, LOG_4 + NEAR, color=palette.NOISE, alpha=0.25, linewidth=0)
        axes.axvline(LOG_4, color=palette.EXACT, linestyle=":", linewidth=1)
        axes.plot(loss_d, values, "o", color=colour, markersize=3)
        axes.set(xlabel=_("D's loss, nats"), ylim=(-0.02, 1.02), yticks=[0, 0.5, 1])
        axes.set(xlim=(min(1.1, loss_d.min() - 0.02), max(1.7, loss_d.max() + 0.02)))
        axes.set_xticks([1.2, LOG_4, 1.6], labels=["1.2", "log 4", "1.6"])
        low, high = values[near].min(), values[near].max()
        axes.set_title(_("in the band: {low:.2f} to {high:.2f}").format(low=low, high=high))
    quality.set_ylabel(_("largest CDF error (KS)"))
    artists.level(ranks, 0.5)
    ranks.set_ylabel("AUC")
    return figure


@paper.styled
def many_runs(ks: np.ndarray, ks_now: np.ndarray) -> Figure:
    """Return a figure of many games' largest CDF error (N,), for the EMA of G and G itself."""
    figure, (axes,) = paper.new_figure(2.4)
    run = np.arange(1, len(ks) + 1)
    artists.level(axes, 0.05)
    axes.plot(run, np.sort(ks_now), "s", color=palette.FAKE, label=_("G now"))
    axes.plot(run, np.sort(ks), "o", color=palette.FAKE, mfc="white", label=_("EMA of G"))
    axes.set(yscale="log", ylim=(0.008, 3), xlabel=_("runs, sorted"), ylabel="KS", xticks=run[::4])
    axes.set_yticks([0.01, 0.05, 0.1, 1], labels=["0.01", "0.05", "0.1", "1"])
    axes.minorticks_off()
    axes.legend(ncols=2)
    words = _("KS below 0.05: EMA {ema} of {n}, G now {now} of {n}")
    axes.set_title(words.format(ema=(ks < 0.05).sum(), now=(ks_now < 0.05).sum(), n=len(ks)))
    return figure
