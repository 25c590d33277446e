"""Parts of a picture that more than one chapter draws: arrays or axes in, artists out."""

import re
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle, StepPatch

from gan_edu.language import minus, width
from gan_edu.stage import palette


def bars(
    axes: Axes, edges: np.ndarray, colour: str, label: str = "", lying: bool = False
) -> StepPatch:
    """Return a histogram's bars between `edges` (K + 1,), all of height 0 until `set_data`."""
    look: dict[str, Any] = {"color": colour, "alpha": 0.45, "linewidth": 0, "label": label}
    side = "horizontal" if lying else "vertical"
    return axes.stairs(np.zeros(len(edges) - 1), edges, orientation=side, fill=True, **look)


def fill(area: PolyCollection, x: np.ndarray, low: Any, high: Any) -> None:
    """Let what `fill_between` returned fill what lies between two heights over x, each (N,) or one.

    Its `set_data` does the same, but only since matplotlib 3.10; the course in a browser has 3.8.
    """
    low, high = np.broadcast_to(low, x.shape), np.broadcast_to(high, x.shape)
    area.set_verts([np.column_stack([np.append(x, x[::-1]), np.append(low, high[::-1])])])


def band(axes: Axes, **look) -> Rectangle:
    """Return a band from left to right, flat until it gets its y and height.

    `axhspan` is one too, but a rectangle only since matplotlib 3.9.
    """
    flat = Rectangle((0, 0), 1, 0, transform=axes.get_yaxis_transform(), **look)
    return cast(Rectangle, axes.add_patch(flat))


def level(axes: Axes, y: float, colour: str = palette.EXACT, **look) -> Line2D:
    """Return a dotted line across: a value that others are compared with."""
    return axes.axhline(y, color=colour, linestyle=":", linewidth=1, **look)


def legend_above(axes: Axes, columns: int, **look) -> Legend:
    """Give the axes a legend above them, where no curve passes, and return it."""
    place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0.2}
    return axes.legend(**place | {"columnspacing": 1.2, "ncols": columns} | look)


def heights(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return how dense a sample (N,) is between each two `edges` (K + 1,): share over width."""
    return np.histogram(values, edges)[0] / (len(values) * np.diff(edges))


def dot(axes: Axes, colour: str = palette.DISCRIMINATOR, size: float = 8) -> Line2D:
    """Return a dot that is nowhere yet; it is whole at a panel's edge too."""
    look: dict[str, Any] = {"color": colour, "clip_on": False, "in_layout": False}
    return axes.plot([], [], "o", markersize=size, **look)[0]


def dot_or_arrow(axes: Axes, colour: str) -> Callable[[float, float], None]:
    """Return what shows a dot at x, y; one above or below the axes as an arrow with its y."""
    whole: dict[str, Any] = {"color": colour, "markersize": 8, "clip_on": False, "in_layout": False}
    (dot,) = axes.plot([], [], "o", **whole)
    paper = {"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 1}
    beside = axes.text(0, 0, "", color=colour, in_layout=False, bbox=paper)  # curves may cross it

    def show(x: float, y: float) -> None:
        (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
        point_at(dot, x, y)
        inwards = 1 if 2 * x < left + right else -1
        beside.set(
            x=x + 0.025 * inwards * (right - left), y=np.clip(y, low + 0.04 * (high - low), high)
        )
        beside.set(ha="left" if inwards > 0 else "right", va="top" if y > high else "bottom")
        number = minus(f"{y:.3g}").replace("inf", "∞")
        beside.set_text("" if low <= y <= high else number)

    return show


WIDE = "\u2e80-\uffef"  # Chinese letters, between which a line may end; but not before a stop
PIECES = re.compile(rf"\s+|[（「《]*(?:[^\s{WIDE}]+|[{WIDE}])[，。、；：！？）」》]*")


def wrapped(text: str, most: int) -> list[str]:
    """Return a text in lines as wide as `most` letters, if each word is shorter."""
    lines = [""]
    for piece in PIECES.findall(text):
        longer = lines[-1] + piece
        if width(longer.rstrip()) <= most or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(piece.lstrip())
    return [line.rstrip() for line in lines]


def lengthen(axes: Axes, least: int, length: int) -> None:
    """Let the x-axis reach from 0 to `least`, or twice, four times … that, to hold `length`."""
    while least < length:
        least *= 2
    if axes.get_xlim() != (0, least):  # a limit that is set anew would cost a full redraw
        axes.set_xlim(0, least)


def heighten(axes: Axes, least: float, highest: float) -> None:
    """Let the y-axis reach from 0 to `least`, or twice, four times … that, a third to spare."""
    while 2 / 3 * least < highest:
        least *= 2
    if axes.get_ylim() != (0, least):
        axes.set_ylim(0, least)


def point_at(dot: Line2D, x: float, y: float, marker: str = "o") -> None:
    """Put a dot at (x, y); beyond its axes it is an arrowhead at the border, which points there."""
    beyond, *place = _at_border(cast(Axes, dot.axes), np.array([x]), np.array([y]))
    dot.set_marker(next((head for head, out in beyond.items() if out), marker))
    dot.set_data(*place)


def arrowheads(
    axes: Axes, colour: str, size: float = 6
) -> Callable[[np.ndarray, np.ndarray], None]:
    """Return what shows an arrowhead at the border for each of some points (N,) beyond it."""
    look: dict[str, Any] = {"color": colour, "markersize": size, "clip_on": False, "zorder": 3}
    heads = {head: axes.plot([], [], head, **look)[0] for head in "<>v^"}
    for head in heads.values():
        head.set_in_layout(False)

    def show(x: np.ndarray, y: np.ndarray) -> None:
        beyond, x, y = _at_border(axes, x, y)
        for head, out in beyond.items():
            heads[head].set_data(x[out], y[out])
            heads[head].set_visible(bool(out.any()))  # what is not drawn costs no time

    return show


def bars_told(
    axes: Axes, edges: np.ndarray, colour: str, lying: bool = False
) -> Callable[..., None]:
    """Return what shows `bars` of some heights between edges, with arrowheads on those cut off."""
    sample = bars(axes, edges, colour, lying=lying)
    heads = arrowheads(axes, colour)

    def show(heights: np.ndarray, edges: np.ndarray) -> None:
        sample.set_data(heights, edges)
        middles = (edges[1:] + edges[:-1]) / 2
        heads(*((heights, middles) if lying else (middles, heights)))

    return show


def _at_border(axes: Axes, x: np.ndarray, y: np.ndarray) -> tuple[dict, np.ndarray, np.ndarray]:
    """Return which of points (N,) are beyond which side, and all points, moved to the border."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    across, up = np.sign(right - left), np.sign(high - low)  # an axis may run backwards
    beyond = {"<": (x - left) * across < 0, ">": (x - right) * across > 0}
    beyond |= {"v": (y - low) * up < 0, "^": (y - high) * up > 0}
    (left, right), (low, high) = sorted((left, right)), sorted((low, high))
    return beyond, np.clip(x, left, right), np.clip(y, low, high)


def exits(outside: np.ndarray) -> np.ndarray:
    """Return which points of a curve are outside (N,) and next to one that is not: (N,) bool."""
    return outside & ~(np.append(True, outside[:-1]) & np.append(outside[1:], True))


def legend_of_drawn(axes: Axes, artists: Sequence[Artist], **place) -> Callable[[], None]:
    """Return what gives the axes a legend of those artists that are visible, in this place."""
    told = []

    def show() -> None:
        drawn = [artist for artist in artists if artist.get_visible()]
        if drawn != told:  # a legend is slow to make
            told[:] = drawn
            axes.legend(drawn, [str(artist.get_label()) for artist in drawn], **place)

    return show
