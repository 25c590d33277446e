"""A game that plays, pauses and steps: `play`."""

import functools
import time
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from gan_edu.language import gettext as _
from gan_edu.language import ngettext
from gan_edu.stage.cells import remember
from gan_edu.stage.controls import follow, log, push, value_of
from gan_edu.stage.exploring import Experiment, labels_of, report, widgets_for
from gan_edu.stage.loops import foreign_loop, on_foreign_loop, running_loop
from gan_edu.stage.page import Echo
from gan_edu.stage.painting import Picture, drawing, one_at_a_time
from gan_edu.stage.scenes import Scene
from gan_edu.stage.stills import check_alt

FRAME = 1 / 30  # seconds from one picture of a game to the next, at least
SLICE = 0.02  # seconds that a game may play before the kernel listens again
WAIT = 0.005  # seconds until the next look whether the page has shown the last pictures
ASKED, AHEAD = 3, 6  # pictures for one answer of the page; and until the game waits for it
PATIENCE = 2.0  # seconds without a page that shows the game, until it pauses


@one_at_a_time
def play(
    game, scene: Scene, *, alt: str, pace: int = 10, labels: dict | None = None,
    folded: dict[str, list[str]] | None = None, **controls,
) -> "Player":  # fmt: skip
    """Show a game with buttons to play, pause, step and reset it, and controls that act meanwhile.

    `game` counts its `iterations`, and has `play_iteration()` and `reset()`; with
    `step_discriminator()`, `step_generator()` or `step_slowly()` it gets a button for each. Each
    control has the name of an attribute of the game, or of its frozen `settings`, which
    `change(name=value)` sets; it is of a kind that `explore` knows. The scene's update function is
    called with the game, every `pace` iterations. `folded` puts controls away under titles that
    open them.
    Without a hand on the buttons, `.run(iterations)` plays until that many are played in all.
    Raises TypeError or ValueError, naming the control, if one does not fit.
    """
    check_alt(alt)
    for name in {**controls, **(labels or {})}:
        if not hasattr(_holder(game, name), name):
            raise TypeError(f"the game has no attribute that is called {name}")
    for name in (name for names in (folded or {}).values() for name in names):
        if name not in controls:
            raise TypeError(f"no control is called {name}, which is to be folded")
    picture = Picture(*scene.open())
    picture.update(game)
    starts = {"pace": pace} | {name: getattr(_holder(game, name), name) for name in controls}
    labels = {"pace": _("iterations per frame")} | labels_of(controls, labels)
    made = widgets_for({"pace": log(1, 100)} | controls, starts, labels)
    parts = game, picture, made, starts, alt, folded or {}
    in_page = scene.in_page
    player = in_page.player(in_page, *parts) if in_page else Player(*parts)
    remember(player).put_on()
    return player


class Player(Experiment):
    """What `play` returns. All iterations run on the kernel's main thread, in short slices."""

    playing = False
    _turn = 0
    _owed = 0  # iterations of the picture that is being played for
    _told = 0  # how often the page was told how far the game is
    _heard = 0  # what `_told` was when the page last answered
    _unheard = 0  # pictures since it was told
    _due = 0.0  # when the next picture may be begun
    _silence = 0.0
    _answer = "told"  # the trait of `front` that the page changes once it has shown a frame

    def __init__(self, game, picture, controls: dict, starts: dict, alt: str, folded: dict):
        self.game, self._passed_on = game, dict(starts)
        self._loop = running_loop()
        self.count = Echo()
        self.count.observe(self._hear, "value")
        super().__init__(picture, controls, starts, alt, folded)
        # The page copies `told` to `count`, which comes back: so we know what it has shown.
        self.link = widgets.jsdlink((self.front, self._answer), (self.count, "value"))
        self.image._view_count = 0  # from here on the page counts its views
        self._end_watch = on_foreign_loop(self._give_way)
        self._tell()

    @property
    def front(self) -> Any:
        """The part that is `told` how far the game is together with each frame."""
        return self.image

    def _buttons(self) -> list[widgets.Widget]:
        self.switch = push(_("Play"), "play", self._toggle)
        self.switch.layout.min_width = "84px"  # "Pause" is longer, and moves no other button
        reset = push(_("Reset"), "undo", self._asked("reset"))
        return [self.switch, *self._steps(), reset, self.count]

    def _steps(self) -> list[widgets.Widget]:
        """Return a button for each step that the game can be played by."""
        one = push(_("One iteration"), "step-forward", self._asked("play_iteration"))
        buttons: list[widgets.Widget] = [one]
        steps = {
            "step_discriminator": _("Step D"),
            "step_generator": _("Step G"),
            "step_slowly": _("Slow motion"),
        }
        for step, words in steps.items():
            if hasattr(self.game, step):
                buttons.append(push(words, "", self._asked(step)))
        return buttons

    def run(self, iterations: int):
        """Play until `iterations` have been played in all; return the game.

        What the game raises is raised, with the picture of the last whole iteration.
        """
        self.pause()
        self.page.calls += 1  # the picture stands at another cell
        shown, wait = time.monotonic(), FRAME
        try:
            while self.game.iterations < iterations:
                with drawing:
                    self.game.play_iteration()
                if self._shown and time.monotonic() - shown > wait:
                    wait = self._show_quickly()
                    shown = time.monotonic()
        finally:
            self._show_saved()
        return self.game

    def _show_quickly(self) -> float:
        """Draw the game; return for how long to play until the next time: drawing stays cheap."""
        began = time.monotonic()
        self.redraw()
        return max(FRAME, 4 * (time.monotonic() - began))

    @one_at_a_time
    def _show_saved(self):
        """Draw the game as it stands."""
        self._update()
        self._sharpen()

    def set(self, name: str, value: object) -> None:
        """Give the game another value of an attribute or a setting, and show it."""
        _set(self.game, name, value)
        self.redraw()

    def pause(self) -> None:
        """Stop after the present iteration."""
        self._set_playing(False)

    def _set_playing(self, playing: bool):
        self.playing, self._silence = playing, 0.0
        self.switch.description = _("Pause") if playing else _("Play")
        self.switch.icon = "pause" if playing else "play"
        if self.picture and not playing:
            with drawing:
                if self._owed:  # the pause came amid the iterations of a picture
                    self._owed = 0
                    self.redraw()
                self._tell()

    def _give_way(self):
        """Pause a game that can no longer play by itself, and say why."""
        if self.playing:
            self.pause()
            self._say(
                _(
                    "A %gui event loop has the kernel, so a game cannot play by itself. Run "
                    "%gui without a name, then press Play again; or call .run(iterations)."
                )
            )

    def _say(self, words: str, *outputs: dict):
        """Show words, and perhaps an error, above the picture."""
        note = {"output_type": "stream", "name": "stderr", "text": words}
        self.errors.outputs = (note, *outputs)

    def _toggle(self):
        self._set_playing(not self.playing)
        if foreign_loop():
            self._give_way()
            return
        self._turn += 1  # a frame that was planned before a pause must not go on after it
        self._hear()  # a page that was reloaded may owe us an answer
        self._later(0, functools.partial(self._frame, self._turn))

    def close(self) -> None:
        """End the game, and let go of all that is large."""
        self.pause()
        self._end_watch()
        self.link.close()
        super().close()

    @one_at_a_time
    def redraw(self, _=None) -> None:
        """Draw the game as it stands."""
        if self.picture:
            with self.front.hold_sync():  # one message for the frame and the words
                super().redraw()

    def _sharpen(self):
        if not self.playing:
            super()._sharpen()

    def _asked(self, name: str) -> Callable:
        """Return what pauses the game and then calls its method, on the main thread."""

        def act():
            if self.picture:
                self._owed = 0
                self._try(getattr(self.game, name))

        def pushed():
            self.pause()
            self._later(0, act)

        return pushed

    def _later(self, seconds: float, act: Callable):
        if self._loop:
            self._loop.call_soon_threadsafe(self._loop.call_later, seconds, act)
        else:
            act()

    @one_at_a_time
    def _try(self, act: Callable):
        """Do something with the game, and show it; an error stops the game and is shown."""
        try:
            act()
        except Exception as error:
            self.pause()
            self.redraw()
            self._say(
                _("The game has stopped after iteration {iteration:,}:\n").format(
                    iteration=self.game.iterations
                ),
                report(error),
            )
        else:
            if not self._owed:
                self.redraw()

    def _frame(self, turn: int):
        """Play a slice of what a picture needs; show it, and go on, if the page has kept up."""
        if not self.playing or turn != self._turn:
            return
        again = functools.partial(self._frame, turn)
        if (self._is_heard or self._unheard < AHEAD) and self.image._view_count:
            self._silence = 0.0
            if not self._owed:
                self._owed = value_of(self.controls["pace"])
                self._due = time.monotonic() + FRAME
            self._try(self._slice)
            self._later(0 if self._owed else max(0, self._due - time.monotonic()), again)
        elif self._silence < PATIENCE:
            self._silence += WAIT
            self._later(WAIT, again)
        else:
            self.pause()

    def _slice(self):
        until = time.monotonic() + SLICE
        while self._owed and self.playing and time.monotonic() < until:
            self.game.play_iteration()
            self._owed -= 1
        if not self.playing:
            self._owed = 0

    def _update(self):
        names = self._passed_on.keys() - {"pace"}
        for name in names:
            self._pass_on(name)
        for name in names:  # now that all moves are known: one of them may have moved others
            self._follow(name)
        self._draw()
        self._tell()

    def _draw(self):
        self.picture.update(self.game)

    def _pass_on(self, name: str):
        """Pass a move of a control on to the game."""
        value = value_of(self.controls[name])
        if value != self._passed_on[name]:
            _set(self.game, name, value)
            self._passed_on[name] = value

    def _follow(self, name: str):
        """Let a control follow its setting, if a cell or the game has moved on."""
        now = getattr(_holder(self.game, name), name)
        if now != self._passed_on[name]:
            with self._quietly():  # the picture follows anyway
                self._passed_on[name] = follow(self.controls[name], now)

    @property
    def _is_heard(self) -> bool:
        return self._heard == self._told

    def _hear(self, _=None):
        """Take any answer, on any thread, for a sign that the page keeps up: one may be late."""
        self._heard = self._told

    def _tell(self):
        """Say how far the game is; while it plays with each third picture, since answers cost."""
        self._unheard += 1
        if not self.playing or (self._is_heard and self._unheard > ASKED):
            iterations = self.game.iterations
            words = ngettext("{n:,} iteration played", "{n:,} iterations played", iterations)
            self._ask(words.format(n=iterations))
            self._unheard = 1

    def _ask(self, words: str):
        """Tell the page words that it answers, if it has not been told them already."""
        if words != self.front.told:
            self._told += 1
            self.front.told = words

    def _ipython_display_(self):
        """Nothing: `play` has displayed it."""


def _holder(game, name: str):
    """Return what has a control's value: the game's settings, or else the game itself."""
    settings = getattr(game, "settings", None)
    return settings if hasattr(settings, name) else game


def _set(game, name: str, value) -> None:
    if _holder(game, name) is game:
        setattr(game, name, value)
    else:
        game.change(**{name: value})
