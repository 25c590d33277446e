"""Panels of the playground's figure over the iterations: losses, a diagnostic, a distance.

Each shows one game, or two side by side, which differ in line style and colour; of a game that was
played on from an earlier moment also the old branch; and where the playhead stands.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.legend_handler import HandlerBase
from matplotlib.lines import Line2D
from matplotlib.text import Text

from gan_edu.chapters.ch07_playground import failures
from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.chapters.ch07_playground.presets import PRESETS
from gan_edu.chapters.ch07_playground.settings import SIGNS
from gan_edu.chapters.ch07_playground.side_by_side import NAMES
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
# What the first curve of a panel looks like in the game A and in B, and the second one.
LOOKS = (
    ((palette.DISCRIMINATOR, "-"), (palette.SECOND, (0, (5, 1.5, 1, 1.5)))),
    ((palette.FAKE, "--"), (palette.THIRD, (0, (1, 1)))),
)
STEPS = [digit * 10.0**power for power in range(-3, 2) for digit in (1, 2, 5)][1:-2]  # 0.002 … 10
WIDE = 270  # pixels: of a panel that has room for two columns of a legend
LETTERED = 4.6  # letters' heights: how wide a curve's two games are in a legend
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

    @property
    def entry(self) -> Line2D | tuple[Line2D, ...]:
        """What stands for it in a legend: its line, or those of both games."""
        seen = tuple(line for line in self.lines if line.get_visible())
        return seen if seen[1:] else seen[0]

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


class _InTwoGames(HandlerBase):
    """A curve's place in a legend: a line for each game, each behind the game's letter."""

    def legend_artist(self, legend, orig_handle, fontsize, handlebox):
        handlebox.width = LETTERED * fontsize
        return super().legend_artist(legend, orig_handle, fontsize, handlebox)

    def create_artists(
        self, legend, orig_handle: Any, xdescent, ydescent, width, height, fontsize, trans
    ) -> list[Artist]:
        parts: list[Artist] = []
        share, letter = width / len(orig_handle), 0.8 * fontsize
        for i, (name, line) in enumerate(zip(NAMES, orig_handle, strict=True)):
            parts.append(Text(i * share, 0, name, fontsize=fontsize, transform=trans))
            ends = i * share + letter, (i + 1) * share - 0.2 * fontsize
            sample = Line2D(ends, [height / 2] * 2)
            self.update_prop(sample, line, legend)
            sample.set_transform(trans)
            parts.append(sample)
        return parts


def _legend(axes: Axes, curves: Iterable[_Curve], others: list[Line2D]) -> Callable[[], float]:
    """Return what gives the axes a legend of curves, and of other lines if they are visible.

    It says how much room the legend needs above them, as a share of theirs.
    """
    told, room = [], [0.0]
    looks: dict[str, Any] = {"borderaxespad": 0.2, "columnspacing": 0.8, "handlelength": 2.2}
    looks["handler_map"] = {tuple: _InTwoGames()}

    def show() -> float:
        entries: dict[Any, str] = {curve.entry: curve.label for curve in curves}
        entries |= {line: str(line.get_label()) for line in others if line.get_visible()}
        if list(entries) != told:  # a legend is slow to make
            told[:] = entries
            two_games = isinstance(told[0], tuple)
            few = two_games and len(told) < 3  # but wide ones
            columns = 1 if few or axes.bbox.width <= WIDE else 2
            crowded = len(told) > 3 or two_games
            room[0] = 0.3 * -(-len(told) // columns) if crowded else 0.45
            axes.legend(entries.keys(), entries.values(), ncols=columns, **looks)
        return room[0]

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
    show_legend = _legend(axes, curves.values(), [])

    def show(game: Any) -> None:
        first = game.games[0]
        for name, curve in curves.items():
            curve.show(game.games, lambda mark, name=name: getattr(mark, name))
            step = first.stage
            loss = [step.numbers["loss"]] if step and step.name == name else []
            points[name].set_data([first.iterations] * len(loss), np.clip(loss, low, high))
        show_time(game.games, low, high)
        show_legend()
        _reach(axes, low, high + (3.2 if len(game.games) > 1 else 0.4))

    return show


def diagnostic_panel(axes: Axes) -> Show:
    """Draw the diagnostic of a failure detector, and its thresholds."""
    curve = _Curve(axes, "", 0, (-np.inf, np.inf))
    thresholds = [axes.axhline(0, linestyle=":", color=palette.EXACT) for _ in range(2)]
    show_time, show_legend = _time(axes), artists.legend_of_drawn(axes, curve.lines)

    def show(game: Any) -> None:
        first, sign = game.games[0], game.games[0].settings.sign
        found = failures.findings(first)
        low, high, upper, lower = _range(first, found)
        curve.within = low, high
        axes.set_title(_title(sign, found) if len(game.games) == 1 else _(SIGNS[sign]))
        axes.set_ylim(low, high)
        for threshold, height in zip(thresholds, (upper, lower), strict=True):
            threshold.set_ydata([height, height])
        curve.show(game.games, lambda mark: _value(mark, sign))
        show_time(game.games, low, high)
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
    floor = axes.axhline(1, linestyle=":", color=palette.EXACT, label=_("a perfect G"))
    axes.set(yscale="log", ylabel=" ")  # room for longer numbers: the layout is found once
    axes.minorticks_off()
    show_time = _time(axes)
    ghosts = [curve.ghosts[0] for curve in curves.values()]
    ghosts[0].set_label(_("before"))
    show_legend = _legend(axes, curves.values(), [floor, ghosts[0]])

    def show(game: Any) -> None:
        first = game.games[0]
        name = first.settings.distance
        axes.set_title(_(DISTANCE_TITLES[first.target.dim, name]))
        for kind, curve in curves.items():
            curve.show(game.games, lambda mark, kind=kind: getattr(mark, kind)[name])
        floor.set(ydata=[first.floor] * 2, visible=first.floor > 0)
        drawn = [line for curve in curves.values() for line in (*curve.lines, *curve.ghosts)]
        low, high = _span(line for line in (*drawn, floor) if line.get_visible())
        if _reach(axes, low, high * (high / low) ** show_legend()):
            _label(axes, low, high)
        show_time(game.games, low, high)

    return show


def _label(axes: Axes, low: float, high: float) -> None:
    """Let the y-axis tell the `STEPS` between two of them; powers of ten alone if they are many."""
    ticks = [step for step in STEPS if low <= step <= high]
    ticks = ticks if len(ticks) < 5 else [t for t in ticks if f"{t:e}"[0] == "1"]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])


def _span(lines: Iterable[Line2D]) -> tuple[float, float]:
    """Return two of `STEPS`, a factor of ten apart or more, between which 1 and the lines lie."""
    values = np.concatenate([[1.0], *(np.asarray(line.get_ydata(), float) for line in lines)])
    high = min(step for step in STEPS if step >= np.nanmax(values))
    below = (step for step in STEPS if step < 0.9 * np.nanmin(values) and step <= high / 10)
    return max(below, default=STEPS[0]), high
