"""A pad to draw points on: with mouse, pen or finger, or with the keyboard alone."""

from pathlib import Path

import anywidget
import traitlets

from gan_edu import plots
from gan_edu.words import WORDS


class Pad(anywidget.AnyWidget):
    """A square, [−reach, reach]², and the points that were dropped on it, a list of [x, y].

    At most `most` points; the arrow keys move a cursor, with Shift further, space drops a point,
    and Backspace takes the last one back.
    """

    _esm = Path(__file__).with_name("canvas.js")
    points = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    reach = traitlets.Float(3.0).tag(sync=True)
    most = traitlets.Int(200).tag(sync=True)
    colour = traitlets.Unicode(plots.REAL).tag(sync=True)
    words = traitlets.Dict().tag(sync=True)

    def __init__(self, **traits):
        words = {name: WORDS[name] for name in ("pad", "pad_says", "pad_undo", "pad_clear")}
        super().__init__(words=words, **traits)

    def feed(self, player, name: str) -> None:
        """Let the points be an attribute `name` of the game that `player`, of `live.play`, shows.

        From now on, and only while there are points.
        """

        def follow(_=None):
            if self.points:
                setattr(player.game, name, self.points)
                player.redraw()

        self.observe(follow, "points")
        follow()

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return data | {"text/markdown": WORDS["pad_static"]}, metadata
