"""A failure on a small screen: a game that fails, its diagnosis, and one press for its remedy."""

import functools
from dataclasses import replace
from typing import Any

import ipywidgets as widgets

from gan_edu import stage
from gan_edu.chapters.ch07_playground import failures
from gan_edu.chapters.ch07_playground.failures import FAILURES, REMEDY_AFTER
from gan_edu.chapters.ch07_playground.presets import settings_of_preset
from gan_edu.chapters.ch07_playground.scenes import charts_scene, playground_scene, samples_scene
from gan_edu.chapters.ch07_playground.settings import label_of, worded
from gan_edu.language import gettext as _
from gan_edu.language import named
from gan_edu.stage.asking import as_html
from gan_edu.stage.controls import push
from gan_edu.stage.in_page import BarePlayer

FRAMES = 100  # from the start to where the game pauses; at least as many iterations
MOST = 20  # iterations a frame: more than any game here needs for that


def case(name: str, *, alt: str) -> "Case":
    """Show the preset of a failure with a button for its remedy: see `stage.play`.

    Its game plays until the failure shows, and with the remedy until that has worked. Raises
    ValueError for an unknown name.
    """
    game, scene = failures.preset(name), samples_scene()
    scene.in_page = replace(
        playground_scene().in_page,
        player=functools.partial(Case, name),
        beside=charts_scene(3.1, 6.2),
        move=None,
    )
    return stage.play(game, scene, alt=alt, pace=MOST)


class Case(BarePlayer):
    """What `case` returns."""

    def __init__(self, name: str, *parts: Any):
        self.failure = FAILURES[name]
        self.setting, self.value = next(iter(self.failure.remedies.items()))
        self.failing = getattr(settings_of_preset(name), self.setting)
        super().__init__(*parts)

    @property
    def treated(self) -> bool:
        """Whether the game has its remedy."""
        return getattr(self.game.settings, self.setting) == self.value

    @property
    def end(self) -> int:
        """The iteration at which the game pauses by itself: what there is to see has been seen."""
        first = self.failure.iterations
        return max(first, REMEDY_AFTER if self.treated else FRAMES)

    # --- where things are -----------------------------------------------------------------------

    def _buttons(self) -> list[widgets.Widget]:
        *buttons, count = super()._buttons()
        self.remedy = push("", "medkit", self._treat)
        return [*buttons, self.remedy, count]

    def _scene(self) -> widgets.Widget:
        self.verdict = widgets.HTML()
        self.verdict.add_class("gan-told")
        beside = widgets.VBox([self.image, self.verdict])
        beside.add_class("gan-charts")
        scene = widgets.HBox([self.plane, beside])
        for name in ("gan-scene", "gan-case"):
            scene.add_class(name)
        return scene

    # --- what is shown and done -----------------------------------------------------------------

    def _show_plane(self):
        super()._show_plane()
        words = _("Take the remedy back") if self.treated else _("Remedy")
        if self.remedy.description != words:
            self.remedy.description = words
        now = worded(self.setting, getattr(self.game.settings, self.setting))
        setting = f"**{named(label_of(self.setting), now)}** · {failures.ratio(self.game)}"
        self.verdict.value = as_html(f"{setting}\n{failures.found_now(self.game)}")

    def _treat(self):
        self.pause()
        self._later(0, self._begin_anew)

    def _begin_anew(self):
        """Play from the start with the remedy, or without it; the curves of before stay."""
        if self.picture:
            self._try(self._change)
            self._toggle()

    def _change(self):
        self.game.moment = 0
        self.game.change(**{self.setting: self.failing if self.treated else self.value})

    def _slice(self):
        left = self.end - self.game.iterations
        self._owed = min(self._owed, self.end // FRAMES, left if left > 0 else MOST)
        super()._slice()
        if self.game.iterations == self.end:
            self.pause()
