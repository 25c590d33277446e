"""A pad to draw on, points or lines: with mouse, pen or finger, or with the keyboard alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import anywidget
import traitlets

from gan_edu.language import gettext as _
from gan_edu.stage import palette
from gan_edu.stage.cells import remember
from gan_edu.stage.page import LiveBox, Page
from gan_edu.stage.stills import picture_html

SIDE = 300  # pixels


class Pad(anywidget.AnyWidget):
    """A square, [−reach, reach]², and the points that were drawn on it, a list of [x, y].

    At most `most` points; the arrow keys move a cursor (with Shift further), space adds a point,
    and Backspace removes the last one. With a `pen`, which is that wide, a stroke is a line: its
    points follow each other closely, are told once it ends, and go together.
    """

    _frame: "_Frame | None" = None  # what it is displayed in

    _esm = Path(__file__).with_name("pad.js")
    points = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True, echo_update=False)
    reach = traitlets.Float(3.0).tag(sync=True)
    most = traitlets.Int(200).tag(sync=True)
    pen = traitlets.Float(0).tag(sync=True)
    colour = traitlets.Unicode(palette.REAL).tag(sync=True)
    words = traitlets.Dict().tag(sync=True)

    def __init__(self, **traits):
        words = {
            "pad": _(
                "Draw the target: mouse, pen or finger; or arrow keys to move, space for a point."
            ),
            "pad_says": _("modes: {count}; cursor at {x}, {y}"),
            "pad_undo": _("undo"),
            "pad_clear": _("clear"),
        }
        super().__init__(words=words, **traits)

    @traitlets.validate("points")
    def _are_points(self, proposal: traitlets.Bunch) -> list[list[float]]:
        points = proposal["value"]
        if len(points) > self.most or not all(map(_is_point, points)):
            raise traitlets.TraitError(f"points must be {self.most} pairs of numbers at most")
        return points

    def feed(self, player, name: str) -> None:
        """Keep `name`, of the game that `player` shows, equal to the pad's points.

        An empty pad changes nothing.
        """

        def follow(_=None):
            if not player.picture:  # it is closed: its cell ran again
                self.unobserve(follow, "points")
            elif self.points:
                player.set(name, self.points)

        self.observe(follow, "points")
        follow()

    def _ipython_display_(self):
        if not self._frame:
            self._frame = remember(_Frame(self))
        self._frame.put_on()


def _is_point(point: list[float]) -> bool:
    return len(point) == 2 and all(map(math.isfinite, point))


@dataclass(frozen=True)
class pen:
    """A square [−reach, reach]² to draw on with a pen that is `width` wide.

    Its parameter is the list of the points [x, y] of all lines.
    """

    reach: float
    width: float


class PadControl(Pad):
    """A pad for a `pen` as a control of `explore`: its value are the points."""

    value = traitlets.List()

    def __init__(self, spec: pen, start: Sequence[Sequence[float]], label: str):
        points = [[float(x), float(y)] for x, y in start]
        super().__init__(points=points, reach=spec.reach, pen=spec.width, most=1000, colour="black")
        how = _("Draw with mouse, pen or finger; or arrow keys to move, space for a dot, Enter for "
                "a line from the last point.")  # fmt: skip
        self.words = self.words | {"pad": how, "pad_says": _("cursor at {x}, {y}")}
        self.description = label
        traitlets.link((self, "points"), (self, "value"))


class _Frame(LiveBox):
    """A pad in a notebook; its points stay visible without a kernel."""

    def __init__(self, pad: Pad):
        self.pad, page = pad, Page()
        super().__init__(page, [pad, page])
        pad.observe(lambda _: self.keep(), "points")

    def still(self) -> str:
        """Return the points as a picture."""
        alt = _("A square with drawn points: {count}.").format(count=len(self.pad.points))
        return picture_html(
            _svg(self.pad), alt, _("A drawing pad. It needs a running kernel."), SIDE, "svg+xml"
        )


def _svg(pad: Pad) -> bytes:
    """Return the pad's points as an SVG picture."""
    reach, dot = pad.reach, pad.reach / 30
    dots = (f'<circle cx="{x}" cy="{-y}" r="{dot}"/>' for x, y in pad.points)
    frame = f'<rect x="{-reach}" y="{-reach}" width="100%" height="100%" fill="white"/>'
    box = f"{-reach} {-reach} {2 * reach} {2 * reach}"
    size = f'width="{SIDE}" height="{SIDE}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" {size}>{frame}'
        f'<g fill="{pad.colour}">{"".join(dots)}</g></svg>'
    ).encode()
