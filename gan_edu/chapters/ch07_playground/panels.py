"""Panels of the playground's figure over the iterations: losses, a diagnostic, a distance.

Each shows one game, or two side by side, which differ in line style and colour; of a game that was
played on from an earlier moment also the old branch; and where the playhead stands.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from gan_edu.chapters.ch07_playground import failures
from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.chapters.ch07_playground.presets import PRESETS
from gan_edu.chapters.ch07_playground.settings import SIGNS
from gan_edu.language import gettext as _
from gan_edu.language import later, named
from gan_edu.stage import artists, palette

Show = Callable[[Any], None]  # of a game, or of two: whatever has `games`
Read = Callable[[Any], float | None]

SIGN_TITLES = {
    "reached": later("modes reached: {reached:.0f} of {of} (collapse: ≤ {most})"),
    "accuracy": later("AUC {accuracy:.2f} (weak ≤ {weak}, strong ≥ {border})"),
    "passed": later("gradient to G: {passed:.0%} (vanishing: < {border:.0%})"),
    "mean": later("mean of G: swing {swing:.2f} (limit {border})"),
}
DISTANCE_TITLES = {
    (2, "w1"): later("W₁ (256 samples, capped at 10)"),
    (2, "js"): later("JS in 400 cells, in nats"),
    (1, "w1"): later("W₁ to the target, capped at 10"),
    (1, "js"): later("JS in 100 bins, in nats"),
}
NAMES = ("A", "B")
# What the first curve of a panel looks like in the game A and in B, and the second one.
LOOKS = (
    ((palette.DISCRIMINATOR, "-"), (palette.SECOND, (0, (5, 1.5, 1, 1.5)))),
    ((palette.FAKE, "--"), (palette.THIRD, (0, (1, 1)))),
)
STEPS = [digit * 10.0**power for power in range(-3, 2) for digit in (1, 2, 5)][1:-2]  # 0.002 … 10
WIDE = 270  # pixels: of a panel that has room for two columns of a legend
SHORTEST = 1000  # iterations on the axis


class _Curve:
    """A number over the iterations, in one game or two."""

    def __init__(self, axes: Axes, label: str, look: int, within: tuple[float, float]):
        self.label, self.within, looks = label, within, LOOKS[look]
        self.lines = [
            axes.plot([], [], color=colour, linestyle=style, linewidth=1.2)[0]
            for colour, style in looks
        ]
        self.ghosts = [
            axes.plot([], [], color=palette.NOISE, linestyle=(0, (5, 4)), linewidth=0.7)[0]
            for _ in looks
        ]

    def show(self, games: tuple[Playground, ...], read: Read) -> None:
        """Draw what `read` finds in the marks of each game, kept within the panel."""
        for line, ghost, name, game in zip(self.lines, self.ghosts, NAMES, games, strict=False):
            words = named(name, self.label) if self.label else name
            line.set_label(words if len(games) > 1 else self.label)
            self._fill(line, game.marks, read)
            self._fill(ghost, game.ghost, read)
        for i, (line, ghost) in enumerate(zip(self.lines, self.ghosts, strict=True)):
            line.set_visible(i < len(games))
            ghost.set_visible(i < len(games) and bool(games[i].ghost))

    def _fill(self, line: Line2D, marks: list, read: Read) -> None:
        values = [np.nan if (value := read(mark)) is None else value for mark in marks]
        line.set_data([mark.iteration for mark in marks], np.clip(values, *self.within))


def _time(axes: Axes) -> Callable[..., None]:
    """Return what lets the axis hold all that was played, with the playhead if it went back."""
    playhead = axes.plot([], [], color=palette.EXACT, linewidth=1.2)[0]
    axes.set(xlabel=_("iteration"))

    def show(games: tuple[Playground, ...], low: float, high: float) -> None:
        first = games[0]
        playhead.set_visible(first.moment < first.recorded)
        playhead.set_data([first.moment] * 2, [low, high])
        ends = [game.recorded for game in games]
        ends += [mark.iteration for game in games for mark in game.ghost[-1:]]
        artists.lengthen(axes, SHORTEST, max(ends))

    return show


def _legend(axes: Axes, lines: list[Line2D]) -> Callable[[], bool]:
    """Return what gives the axes a legend of the lines that are visible.

    It says whether there are more than three: then the legend needs a lot of room.
    """
    place: dict[str, Any] = {"borderaxespad": 0.2, "columnspacing": 1, "handlelength": 2.2}
    few, many = (artists.legend_of_drawn(axes, lines, ncols=n, **place) for n in (1, 2))

    def show() -> bool:
        crowded = sum(line.get_visible() for line in lines) > 3
        (many if crowded and axes.bbox.width > WIDE else few)()
        return crowded

    return show


def _reach(axes: Axes, low: float, high: float) -> bool:
    """Let the y-axis reach from `low` to `high`; return whether it did not: that costs a redraw."""
    if new := axes.get_ylim() != (low, high):
        axes.set_ylim(low, high)
    return new


def loss_panel(axes: Axes) -> Show:
    """Draw both losses; in slow motion also the loss that was just computed."""
    low, high = -2, 4
    labels = {"loss_d": _("D's loss"), "loss_g": _("G's loss")}
    curves, points = {}, {}
    for i, (name, label) in enumerate(labels.items()):
        curves[name] = _Curve(axes, label, i, (low, high))
        points[name] = axes.plot([], [], "os"[i], color=LOOKS[i][0][0], markersize=8)[0]
    axes.set(ylim=(low, high), yticks=range(low, high + 1, 2))
    axes.set_title(_("losses, capped at −2 and 4"))
    show_time = _time(axes)
    lines = [line for curve in curves.values() for line in curve.lines]
    show_legend = _legend(axes, lines)

    def show(game: Any) -> None:
        first = game.games[0]
        for name, curve in curves.items():
            curve.show(game.games, lambda mark, name=name: getattr(mark, name))
            step = first.stage
            loss = [step.numbers["loss"]] if step and step.name == name else []
            points[name].set_data([first.iterations] * len(loss), np.clip(loss, low, high))
        show_time(game.games, low, high)
        _reach(axes, low, high + (4.5 if show_legend() else 0.4))

    return show


def diagnostic_panel(axes: Axes) -> Show:
    """Draw the diagnostic of a failure detector, and its thresholds."""
    curve = _Curve(axes, "", 0, (-np.inf, np.inf))
    thresholds = [axes.axhline(0, linestyle=":", color=palette.EXACT) for _ in range(2)]
    show_time, show_legend = _time(axes), artists.legend_of_drawn(axes, curve.lines)

    def show(game: Any) -> None:
        first, sign = game.games[0], game.games[0].settings.sign
        found = failures.findings(first)
        *curve.within, upper, lower = _range(first, found)
        axes.set_title(_title(sign, found) if len(game.games) == 1 else _(SIGNS[sign]))
        axes.set_ylim(*curve.within)
        for threshold, height in zip(thresholds, (upper, lower), strict=True):
            threshold.set_ydata([height, height])
        curve.show(game.games, lambda mark: _value(mark, sign))
        show_time(game.games, *curve.within)
        if len(game.games) > 1:
            show_legend()

    return show


def _value(mark, sign: str) -> float | None:
    value = getattr(mark, sign)
    return value[0] if sign == "mean" else value


def _range(playground: Playground, found: dict[str, failures.Finding]) -> tuple[float, ...]:
    """Return the lowest and highest value of the diagnostic's panel, and two thresholds."""
    modes = len(playground.target.centres) if playground.target.apart else 1
    few, weak = modes * failures.FEW_MODES, found["d_too_weak"].numbers["border"]
    return {
        "reached": (-0.02 * modes, 1.05 * modes, few, few),
        "accuracy": (0, 1.05, weak, failures.STRONG),
        "passed": (-0.02, 1.05, failures.LITTLE, failures.LITTLE),
        "mean": (-2, 2, -failures.SWING, failures.SWING),
    }[playground.settings.sign]


def _title(sign: str, found: dict[str, failures.Finding]) -> str:
    """Return the diagnostic's number and its thresholds in words."""
    detector = next(name for name in failures.FAILURES if PRESETS[name].sign == sign)
    if not found[detector].known:
        return _(SIGNS[sign])
    weak = found["d_too_weak"].numbers["border"]
    return _(SIGN_TITLES[sign]).format(**found[detector].numbers, weak=weak)


def distance_panel(axes: Axes, ema: bool = True) -> Show:
    """Draw the distance of G, of its EMA if that is wanted, and what a perfect G would get."""
    within = STEPS[0], STEPS[-1]
    curves = {"average": _Curve(axes, _("EMA of G"), 0, within)} if ema else {}
    curves["now"] = _Curve(axes, _("G now"), 1, within)
    floor = axes.plot([0, 1], [1, 1], ":", color=palette.EXACT, label=_("a perfect G"))[0]
    floor.set_transform(axes.get_yaxis_transform())
    axes.set(yscale="log", ylabel=" ")  # room for longer numbers: the layout is found once
    axes.minorticks_off()
    show_time = _time(axes)
    lines = [line for curve in curves.values() for line in curve.lines]
    ghosts = [curve.ghosts[0] for curve in curves.values()]
    ghosts[0].set_label(_("the old branch"))
    show_legend = _legend(axes, [*lines, floor, ghosts[0]])

    def show(game: Any) -> None:
        first = game.games[0]
        name = first.settings.distance
        axes.set_title(_(DISTANCE_TITLES[first.target.dim, name]))
        for kind, curve in curves.items():
            curve.show(game.games, lambda mark, kind=kind: getattr(mark, kind)[name])
        floor.set_ydata([first.floor] * 2)
        floor.set_visible(first.floor > 0)
        drawn = [line for curve in curves.values() for line in (*curve.lines, *curve.ghosts)]
        low, high = _span(line for line in (*drawn, floor) if line.get_visible())
        if _reach(axes, low, high * (high / low) ** (1.0 if show_legend() else 0.45)):
            ticks = [step for step in STEPS if low <= step <= high]
            ticks = ticks if len(ticks) < 5 else [t for t in ticks if f"{t:e}"[0] == "1"]
            axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        show_time(game.games, low, high)

    return show


def _span(lines: Iterable[Line2D]) -> tuple[float, float]:
    """Return two of `STEPS`, a factor of ten apart or more, between which 1 and the lines lie."""
    values = np.concatenate([[1.0], *(np.asarray(line.get_ydata(), float) for line in lines)])
    high = min(step for step in STEPS if step >= np.nanmax(values))
    below = (step for step in STEPS if step < 0.9 * np.nanmin(values) and step <= high / 10)
    return max(below, default=STEPS[0]), high
