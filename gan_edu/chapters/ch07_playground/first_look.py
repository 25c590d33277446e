"""The first look at a game: the plane, a distance, and a button to play."""

from dataclasses import replace

from gan_edu import stage
from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.chapters.ch07_playground.scenes import charts_scene, first_scene, playground_scene
from gan_edu.language import gettext as _
from gan_edu.stage.in_page import BarePlayer
from gan_edu.stage.plane import Frame, Plane


def first_look(
    playground: Playground, *, alt: str, pace: int = 5, whole: bool = False
) -> "FirstLook":  # fmt: skip
    """Show a playground in the plane with hardly any controls: see `stage.play`.

    Beside the plane is the distance of G; of the `whole` game also the losses, and G's EMA.
    """
    scene, player = first_scene(), FirstLook
    in_page = scene.in_page
    if whole:
        scene, player = playground_scene(), SecondLook
        in_page = replace(scene.in_page, beside=charts_scene(4.3, 5.6))
    scene.in_page = replace(in_page, player=player, move=None)  # there are no tools of the hand yet
    return stage.play(playground, scene, alt=alt, pace=pace)


class FirstLook(BarePlayer):
    """What `first_look` returns: a player that hides what has not been explained yet."""

    def _frame_of(self, plane: Plane) -> Frame:
        frame = super()._frame_of(plane)
        words = _("modes covered: {now} of {of}")
        title = words.format(now=len(frame.real_rings), of=len(frame.modes))
        return replace(frame, title=title, note="")


class SecondLook(FirstLook):
    """The same with a title that counts for the EMA of G too."""

    def _frame_of(self, plane: Plane) -> Frame:
        return replace(BarePlayer._frame_of(self, plane), note="")
