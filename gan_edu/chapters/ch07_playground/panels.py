"""Panels of the playground's figure over the iterations: losses, a diagnostic, a distance."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes

from gan_edu.chapters.ch07_playground import failures
from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.chapters.ch07_playground.presets import PRESETS
from gan_edu.chapters.ch07_playground.settings import SIGNS
from gan_edu.language import gettext as _
from gan_edu.language import later
from gan_edu.stage import artists, palette

Show = Callable[[Playground], None]

SIGN_TITLES = {
    "reached": later("modes reached: {reached:.0f} of {of} (good: > {most})"),
    "accuracy": later("AUC of D: {accuracy:.2f} (good: {weak} to {border})"),
    "passed": later("gradient to G: {passed:.0%} (good: > {border:.0%})"),
    "mean": later("swing of G: {swing:.2f} (good: < {border})"),
}
DISTANCE_TITLES = {
    (2, "w1"): later("W₁ (256 samples, capped at 10)"),
    (2, "js"): later("JS in 400 cells, in nats"),
    (1, "w1"): later("W₁ to the target, capped at 10"),
    (1, "js"): later("JS in 100 bins, in nats"),
}
ROOM = " "  # a title without words: a figure whose first title is empty has no room for one later
SHORTEST = 1000  # iterations on the axis


def loss_panel(axes: Axes) -> Show:
    """Draw both losses; in slow motion also the loss that was just computed."""
    kinds = {
        "loss_d": (_("D's loss"), palette.DISCRIMINATOR, "-", "o"),
        "loss_g": (_("G's loss"), palette.FAKE, "--", "s"),
    }
    lines, points = {}, {}
    for name, (label, colour, style, marker) in kinds.items():
        lines[name] = axes.plot([], [], style, color=colour, linewidth=1, label=label)[0]
        points[name] = axes.plot([], [], marker, color=colour, markersize=8)[0]
    low, high = -2, 4
    axes.set(ylim=(low, high + 0.4), xlabel=_("iteration"))  # room for a sentence above
    axes.legend()

    def show(playground: Playground) -> None:
        match, step = playground.match, playground.stage
        axes.set_title(ROOM if step else _("losses, capped at −2 and 4"))
        for name, line in lines.items():
            _fill(line, match, lambda mark, name=name: getattr(mark, name), low, high)
            loss = [step.numbers["loss"]] if step and step.name == name else []
            points[name].set_data([match.iterations] * len(loss), np.clip(loss, low, high))
        artists.lengthen(axes, SHORTEST, match.iterations)

    return show


def diagnostic_panel(axes: Axes) -> Show:
    """Draw the diagnostic of a failure detector, and its thresholds."""
    line = axes.plot([], [], color=palette.DISCRIMINATOR, linewidth=1.2)[0]
    thresholds = [axes.axhline(0, linestyle=":", color=palette.EXACT) for _ in range(2)]
    axes.set(xlabel=_("iteration"))

    def show(playground: Playground) -> None:
        match, sign = playground.match, playground.settings.sign
        found = failures.findings(playground)
        low, high, *heights = _range(playground, found)
        axes.set_title(_title(sign, found))
        axes.set_ylim(low, high)
        for threshold, height in zip(thresholds, heights, strict=True):
            threshold.set_ydata([height, height])
        _fill(line, match, lambda mark: _value(mark, sign), low, high)
        artists.lengthen(axes, SHORTEST, match.iterations)

    return show


def _value(mark, sign: str) -> float:
    value = getattr(mark, sign)
    if value is None:
        return np.nan
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


def distance_panel(axes: Axes) -> Show:
    """Draw the distance of G and of its EMA, and what a perfect G would get."""
    now = axes.plot([], [], color=palette.FAKE, linewidth=1, label=_("G now"))[0]
    average = axes.plot([], [], "--", color=palette.DISCRIMINATOR, label=_("EMA of G"))[0]
    floor = axes.plot([0, 1], [1, 1], ":", color=palette.EXACT, label=_("a perfect G"))[0]
    floor.set_transform(axes.get_yaxis_transform())
    low, high = 0.002, 10
    axes.set(yscale="log", ylim=(low, 40 * high), xlabel=_("iteration"))  # room for the legend
    axes.set_yticks([0.01, 0.1, 1, high])
    axes.minorticks_off()
    show_legend = artists.legend_of_drawn(axes, [now, average, floor])

    def show(playground: Playground) -> None:
        match, name = playground.match, playground.settings.distance
        words = _(DISTANCE_TITLES[playground.target.dim, name])
        axes.set_title(ROOM if playground.stage else words)
        _fill(now, match, lambda mark: mark.now[name], low, high)
        _fill(average, match, lambda mark: mark.average[name], low, high)
        floor.set_ydata([playground.floor] * 2)
        floor.set_visible(playground.floor > 0)
        show_legend()
        artists.lengthen(axes, SHORTEST, match.iterations)

    return show


def _fill(line, match, read: Callable, low: float, high: float) -> None:
    """Draw a number of a match's history, kept within the panel."""
    iterations = [mark.iteration for mark in match.history]
    line.set_data(iterations, np.clip([read(mark) for mark in match.history], low, high))
