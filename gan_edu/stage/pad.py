"""A pad to draw points on: with mouse, pen or finger, or with the keyboard alone."""

from pathlib import Path

import anywidget
import traitlets

from gan_edu.language import gettext as _
from gan_edu.stage import palette
from gan_edu.stage.page import LiveBox, Page
from gan_edu.stage.stills import picture_html

SIDE = 300  # pixels


class Pad(anywidget.AnyWidget):
    """A square, [−reach, reach]², and the points that were drawn on it, a list of [x, y].

    At most `most` points; the arrow keys move a cursor (with Shift further), space adds a point,
    and Backspace removes the last one.
    """

    _esm = Path(__file__).with_name("pad.js")
    points = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True, echo_update=False)
    reach = traitlets.Float(3.0).tag(sync=True)
    most = traitlets.Int(200).tag(sync=True)
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

    def feed(self, player, name: str) -> None:
        """Keep `name`, of the game that `player` shows, equal to the pad's points.

        An empty pad changes nothing.
        """

        def follow(_=None):
            if self.points:
                player.set(name, self.points)

        self.observe(follow, "points")
        follow()

    def _ipython_display_(self):
        _Frame(self).put_on()


class _Frame(LiveBox):
    """A pad in a notebook; its points stay visible without a kernel."""

    def __init__(self, pad: Pad):
        self.pad, page = pad, Page([])
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
