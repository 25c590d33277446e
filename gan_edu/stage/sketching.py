"""A sketch pad: a learner draws a curve before the true one is shown over it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import anywidget
import matplotlib.axes
import numpy as np
import traitlets
from matplotlib.figure import Figure

from gan_edu.language import gettext as _
from gan_edu.stage import painting, palette
from gan_edu.stage.paper import course_style, new_figure

COLUMNS = 81  # of a sketch: it has one height in each, or none
HEIGHT = 3.2  # inches
CLOSE = 0.1  # of the axis: the largest mean gap, with its sign, of a part that was drawn right
Curve = Callable[[np.ndarray], np.ndarray] | tuple[Sequence[float], Sequence[float]]


@dataclass(frozen=True, kw_only=True)
class Sketch:
    """Axes to draw on: what `predict` takes in the place of answers to choose from.

    `x` and `y` are (lowest, highest), `labels` the words at both; `behind(axes)` draws what is
    known already; `height` is in inches. In `explore` it is a control.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    labels: tuple[str, str]
    behind: Callable[[matplotlib.axes.Axes], object] | None = None
    height: float = HEIGHT

    @property
    def alt(self) -> str:
        """The axes in words."""
        x, y = self.labels
        return _("Axes to draw on: {x} to the right, {y} upwards.").format(x=x, y=y)

    def columns(self) -> np.ndarray:
        """Return the x of each column (COLUMNS,)."""
        return np.linspace(*self.x, COLUMNS)


def sketch(**axes) -> Sketch:
    """Return axes to draw on, as `Sketch` has them. ValueError if one of them has no length."""
    made = Sketch(**axes)
    for name, (low, high) in {"x": made.x, "y": made.y}.items():
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"{name} must be two rising numbers, got {(low, high)}")
    return made


@dataclass(frozen=True, kw_only=True)
class Part:
    """A piece of the x axis, `over` = (from, to), and what to say of a curve that was drawn there.

    One clause each, in the subject's words: if it is `right`, too far `above`, too far `below`.
    `close` is the largest mean gap of a right one, in parts of the y axis; nowhere may it be more
    than twice as far, or a line that crosses the true curve would pass for it.
    """

    over: tuple[float, float]
    right: str
    above: str
    below: str
    close: float = CLOSE

    def compare(self, axes: Sketch, drawn: np.ndarray, true: np.ndarray) -> tuple[bool, str]:
        """Return whether a curve is right in this part, and what to say of it."""
        x = axes.columns()
        here = (x >= self.over[0]) & (x <= self.over[1]) & np.isfinite(drawn + true)
        if not here.any():
            return False, ""
        gaps = (drawn - true.clip(*axes.y))[here] / (axes.y[1] - axes.y[0])
        if abs(gaps.mean()) <= self.close and np.abs(gaps).max() <= 2 * self.close:
            return True, self.right
        far = gaps.mean() if abs(gaps.mean()) > self.close else gaps[np.abs(gaps).argmax()]
        return False, self.above if far > 0 else self.below


def densities(
    real: Callable[[np.ndarray], np.ndarray], fake: Callable[[np.ndarray], np.ndarray] | None = None
) -> Callable[[matplotlib.axes.Axes], None]:
    """Return what draws the densities of real and of generated samples behind a sketch."""

    def behind(axes: matplotlib.axes.Axes) -> None:
        x = np.linspace(-10, 10, 801)
        axes.fill_between(x, real(x), color=palette.REAL, alpha=0.35, lw=0, label=_("p, real"))
        if fake:
            axes.plot(x, fake(x), "--", color=palette.FAKE, label=_("q, generated"))

    return behind


def joined(axes: Sketch, heights: Sequence[float | None]) -> np.ndarray:
    """Return a curve through all heights that were set, (COLUMNS,), NaN on either side of it."""
    x = axes.columns()
    known = {x[i]: y for i, y in enumerate(heights) if y is not None}
    if not known:
        return np.full(COLUMNS, np.nan)
    return np.interp(x, list(known), list(known.values()), left=np.nan, right=np.nan)


def values(curve: Curve, x: np.ndarray) -> np.ndarray:
    """Return the true curve at `x` (N,); it is a function, or the x and y of points on it.

    Beyond the first and the last of such points it is NaN: nothing was measured there.
    """
    if callable(curve):
        return np.asarray(curve(x), dtype=float)
    return np.interp(x, *curve, left=np.nan, right=np.nan)


def figure(axes: Sketch, heights: Sequence[float | None] = (), true: Curve | None = None) -> Figure:
    """Return the axes with what was drawn, and over it the true curve."""
    made, (ax,) = new_figure(axes.height)
    with course_style():
        if axes.behind:
            axes.behind(ax)
        ax.set(xlim=axes.x, ylim=axes.y, xlabel=axes.labels[0], ylabel=axes.labels[1])
        x, drawn = axes.columns(), joined(axes, heights)
        if np.isfinite(drawn).any():
            ax.plot(x, drawn, ":", color=palette.DRAWN, linewidth=3, label=_("your sketch"))
        if true is not None:
            fine = np.linspace(*axes.x, 401)
            ax.plot(fine, values(true, fine), color=palette.EXACT, label=_("in fact"))
            ax.fill_between(x, drawn, values(true, x), color=palette.DRAWN, alpha=0.15, lw=0)
        if ax.get_legend_handles_labels()[0]:
            ax.legend(loc="best", frameon=True)
    return made


def written(heights: Sequence[float | None]) -> str:
    """Return heights as a short text: 3:0.5 is the height in column 3."""
    return " ".join(f"{i}:{y:.4g}" for i, y in enumerate(heights) if y is not None)


def read(text: str) -> list[float | None]:
    """Return the heights that a text of `written` has; none of a text that is not one."""
    heights: list[float | None] = [None] * COLUMNS
    try:
        for point in text.split():
            column, height = point.split(":")
            heights[range(COLUMNS)[int(column)]] = float(height)
    except (ValueError, IndexError):
        return [None] * COLUMNS
    return heights if all(y is None or math.isfinite(y) for y in heights) else [None] * COLUMNS


class SketchPad(anywidget.AnyWidget):
    """Axes in the page, and the height that was drawn in each column, or None: see `sketch.js`."""

    _esm = Path(__file__).with_name("sketch.js")
    picture = traitlets.Bytes().tag(sync=True)  # the axes
    box = traitlets.List(traitlets.Float()).tag(sync=True)  # left, top, width, height: shares of it
    x = traitlets.List(traitlets.Float()).tag(sync=True)
    y = traitlets.List(traitlets.Float()).tag(sync=True)
    heights = traitlets.List(traitlets.Float(allow_none=True)).tag(sync=True, echo_update=False)
    colour = traitlets.Unicode(palette.DRAWN).tag(sync=True)
    live = traitlets.Bool().tag(sync=True)  # whether a stroke is told before it ends
    words = traitlets.Dict().tag(sync=True)

    def __init__(self, axes: Sketch, heights: Sequence[float | None], **traits):
        made = figure(axes)
        pixels = painting.render(made, painting.SHARP)
        place = made.axes[0].get_position()
        words = {
            "alt": axes.alt,
            "how": _(
                "Draw with mouse, pen or finger; or with the arrow keys: ← → move, "
                "↑ ↓ raise and lower the curve there, Backspace takes a point away."
            ),
            "at": _("{label_x} = {x}, {label_y} = {y}"),
            "label_x": axes.labels[0],
            "label_y": axes.labels[1],
            "clear": _("clear"),
        }
        super().__init__(
            picture=painting.png(pixels, small=True),
            box=[float(v) for v in (place.x0, 1 - place.y1, place.width, place.height)],
            x=list(axes.x),
            y=list(axes.y),
            heights=list(heights),
            words=words,
            **traits,
        )
        self.on_msg(lambda _, sent, __: self.set_state(sent))

    @traitlets.validate("heights")
    def _are_heights(self, proposal: traitlets.Bunch) -> list[float | None]:
        heights = proposal["value"]
        if len(heights) != COLUMNS or not all(y is None or math.isfinite(y) for y in heights):
            raise traitlets.TraitError(f"heights must be {COLUMNS} numbers, or None")
        return heights


class SketchControl(SketchPad):
    """A pad as a control of `explore`: its value is what was drawn in each column, or None."""

    value = traitlets.List()

    def __init__(self, axes: Sketch, heights: Sequence[float | None], label: str):
        super().__init__(axes, heights, live=True)
        self.description, self.layout.width = label, "100%"
        traitlets.link((self, "heights"), (self, "value"))
