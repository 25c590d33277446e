"""A game that is drawn in the page from numbers: what a scene says of it, and its player."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import ipywidgets as widgets
import numpy as np

from gan_edu.stage import painting
from gan_edu.stage.controls import fold, grid, panel
from gan_edu.stage.painting import SHARP, Picture, one_at_a_time
from gan_edu.stage.plane import Frame, Plane
from gan_edu.stage.playing import Player
from gan_edu.stage.scenes import Scene

CHARTS = 20  # frames in the page, while it plays, for one drawing of the charts beside them


class PlanePlayer(Player):
    """What `play` returns for a scene that is drawn `in_page`: the plane, and charts beside it.

    The notebook keeps the scene's own figure, which holds both.
    """

    _answer = "painted"
    _frames = 0  # since the charts were drawn

    def __init__(self, in_page: "InPage", game, picture: Picture, controls, starts, alt, folded):
        self.in_page, self.plane = in_page, Plane(in_page.reach, alt, edits=bool(in_page.move))
        self.whole: Any = picture
        beside = Picture(*in_page.beside.open())
        beside.update(game)
        super().__init__(game, beside, controls, starts, alt, folded)
        self._show_plane()
        self._listen(self.plane)

    @property
    def front(self) -> Any:
        """The part that is `told` how far the game is together with each frame."""
        return self.plane

    def _listen(self, plane: Plane):
        """Do what a hand wants in a plane."""
        acts = {"wanted": functools.partial(self._move, plane), "probed": self._nothing_more}
        for trait, act in acts.items():
            acted = functools.partial(self._try, act)
            plane.observe(lambda _, acted=acted: self._later(0, acted), trait)

    def _move(self, plane: Plane):
        if self.picture and self.in_page.move:
            self.in_page.move(self._game_of(plane), plane.wanted)

    def _nothing_more(self):
        """Do nothing: a frame with the arrow of the sample in the hand follows anyway."""

    def _arranged(self, more: list, groups: dict) -> list[widgets.Widget]:
        fields, buttons = panel(self.shown, *more, wide=True)
        drawers = {title: grid(fields, wide=True) for title, fields in groups.items()}
        return [self.errors, buttons, self._scene(), fields, *fold(drawers, wide=True)]

    def _scene(self) -> widgets.Widget:
        """Return the plane and the charts beside it."""
        scene = widgets.HBox([self.plane, self.image])
        scene.add_class("gan-scene")
        return scene

    def _draw(self):
        self._frames = (self._frames + 1) % CHARTS if self.playing else 0
        if self._frames == 0:
            super()._draw()
        self._show_plane()

    @one_at_a_time
    def _sharpen(self):
        if self.picture and not self.playing:
            self.picture.update(self.game)
        super()._sharpen()

    def _show_plane(self):
        self.plane.show(self._frame_of(self.plane))

    def _game_of(self, plane: Plane) -> Any:
        """Return the game that a plane shows."""
        return self.game

    def _frame_of(self, plane: Plane) -> Frame:
        game = self._game_of(plane)
        frame = self.in_page.frame(game)
        if self.in_page.push and plane.probed:
            return replace(frame, probe=self.in_page.push(game, plane.probed))
        return frame

    def _picture_to_keep(self) -> tuple[bytes, int]:
        self.whole.update(self.game)
        pixels = self.whole.pixels(SHARP)
        return painting.png(pixels), pixels.shape[1] // SHARP

    @one_at_a_time
    def close(self) -> None:
        """End the game, and let go of all that is large."""
        super().close()
        if self.whole:
            self.whole.forget()
        self.whole = None


class BarePlayer(PlanePlayer):
    """A player with hardly any buttons, and no controls: none is made that nobody would see."""

    def _steps(self) -> list[widgets.Widget]:
        return []

    def _arranged(self, more: list, groups: dict) -> list[widgets.Widget]:
        self.shown = []
        buttons = widgets.HBox(more)
        buttons.add_class("gan-row")
        return [self.errors, buttons, self._scene()]


@dataclass(frozen=True)
class InPage:
    """What the page shows of a game while a figure would show all of it.

    `frame` is called with the game, and returns what the page draws in the plane [−`reach`,
    `reach`]², or on a line. The figure `beside` is at its right. `move`, called with the game and
    places [[x, y], …], moves the modes of its target; `push`, called with the game and a place,
    returns the arrow (1, 4) of a sample there. `player` is what `play` makes of it.
    """

    reach: float
    frame: Callable[[Any], Frame]
    beside: Scene
    move: Callable[[Any, list], None] | None = None
    push: Callable[[Any, list], np.ndarray] | None = None
    player: Callable[..., PlanePlayer] = PlanePlayer
