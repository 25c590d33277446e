"""The stage: sliders around a drawing, predictions, and pictures that outlive the kernel."""

import contextlib
import functools
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from inspect import Parameter, signature

import ipywidgets as widgets
from IPython import get_ipython
from matplotlib.figure import Figure

from gan_edu import plots, stills
from gan_edu.controls import (
    Counter,
    at_most,
    button,
    close_all,
    fold,
    follow,
    log,
    make_control,
    panel,
    played,
    predict,
    push,
    remember,
    spoken,
    value_of,
)  # fmt: skip
from gan_edu.loops import foreign_loop, on_foreign_loop, running_loop
from gan_edu.page import Echo, LiveBox, Page, PixelImage
from gan_edu.plots import Scene, scene
from gan_edu.stills import display_in_notebook, picture
from gan_edu.words import WORDS, count

__all__ = [
    "Scene", "button", "explore", "log", "picture", "play", "played", "predict", "scene", "show",
    "watch",
]  # fmt: skip

SHARP = 2  # pixels for one in the page, when nothing moves
REST = 0.2  # seconds without a move, after which the picture is drawn sharp
FRAME = 0.04  # seconds from one picture of a game to the next, at least
SLICE = 0.05  # seconds that a game may play before the kernel listens again
WAIT = 0.005  # seconds until the next look whether the page has shown the last picture
PATIENCE = 2.0  # seconds without a page that shows the game, until it pauses

# JupyterLab sends a slider's first moves to the kernel's main thread, and later ones to a thread of
# their own, so that they are heard while a cell runs: two threads may want to draw at once.
_drawing = threading.RLock()


def _one_at_a_time(draw: Callable) -> Callable:
    @functools.wraps(draw)
    def waiting(*args, **values):
        with _drawing:
            return draw(*args, **values)

    return waiting


@_one_at_a_time
def explore(
    draw: Scene | Callable, *, alt: str, labels: dict[str, str] | None = None, **controls
) -> "Experiment":
    """Put controls around a drawing, and let the picture follow them.

    `draw` is a `scene`, or a plain function of axes and parameters with starting values. Each
    control has its parameter's name: `(lowest, highest)` or `(lowest, highest, step)`, whole
    numbers or not; `log(lowest, highest)`; either of them in `played(…)`; a list or dict of
    choices, which is a slider too if all are numbers; True or False for a check box;
    `button(label)`. `labels` rename controls; `alt` says in words what the figure shows.
    Raises TypeError or ValueError, naming the parameter, if a control does not fit its parameter.
    """
    _check_alt(alt)
    stage = draw if isinstance(draw, Scene) else scene(draw)
    for name in set(controls).intersection(stage.axes):
        raise TypeError(f"{name} needs a starting value in the function, as in {name}=1.0")
    figure, update = stage.open()
    labels = _labels(controls, labels)
    starts = _starts(update, labels)
    picture = plots.Picture(figure, update)
    picture.update(**starts)
    return remember(Experiment(picture, _widgets_for(controls, starts, labels), starts, alt))


def _labels(controls: dict, given: dict[str, str] | None) -> dict[str, str]:
    return {name: name.replace("_", " ") for name in controls} | (given or {})


def _widgets_for(controls: dict, starts: dict, labels: dict) -> dict[str, widgets.Widget]:
    return {name: make_control(name, c, starts[name], labels[name]) for name, c in controls.items()}


def _starts(update: Callable, names: Iterable[str]) -> dict:
    """Return the starting values: the defaults of the parameters called `names`."""
    parameters = signature(update).parameters
    for name in names:
        if name not in parameters:
            raise TypeError(f"no parameter is called {name}; there are: {', '.join(parameters)}")
    for name, parameter in parameters.items():
        if parameter.default is Parameter.empty:
            raise TypeError(f"{name} needs a starting value in the function, as in {name}=1.0")
    return {name: parameters[name].default for name in names}


class Experiment(LiveBox):
    """What `explore` returns: controls, a place for errors, and the picture."""

    picture, _timer, _resetting = None, None, False

    def __init__(self, picture, controls: dict, starts: dict, alt: str, folded: dict | None = None):
        self.picture, self.controls, self.starts, self.alt = picture, controls, starts, alt
        self.image, self.errors = PixelImage(picture.pixels(SHARP), SHARP, alt), widgets.Output()
        for control in controls.values():
            control.observe(self.redraw, "value")
        groups = {t: [controls[name] for name in names] for t, names in (folded or {}).items()}
        away = [control for group in groups.values() for control in group]
        self.shown = [control for control in controls.values() if control not in away]
        page = Page(controls.values())
        rows = panel(self.shown, *self._buttons(), page)
        children = [*rows, self.errors, self.image, *fold(groups)]  # below: nothing jumps
        super().__init__(page, children)

    def _buttons(self) -> list[widgets.Widget]:
        return [push("reset", "undo", self.reset)]

    @property
    def values(self) -> dict:
        """What the controls say now."""
        return {name: value_of(control) for name, control in self.controls.items()}

    @_one_at_a_time
    def reset(self) -> None:
        """Return all controls to their starting values, with one redraw."""
        self._resetting = True
        for name, control in self.controls.items():
            control.value = self.starts[name]
        self._resetting = False
        self.redraw()

    @_one_at_a_time
    def close(self) -> None:
        """Let go of all that is large: a kernel's `Out` keeps this object for ever."""
        self._stop_timer()
        super().close()
        if self.picture:
            self.picture.forget()
        self.picture = self.image = self.errors = None
        self.controls, self.shown, self.children = {}, [], ()

    @_one_at_a_time
    def redraw(self, _=None) -> None:
        """Draw the picture anew."""
        if self._resetting or not self.picture:
            return
        self._stop_timer()
        try:
            self._update()
            self.image.value = plots.png(self.picture.pixels())
        except Exception as error:
            self.errors.outputs = (_report(error),)
            return
        self.errors.outputs = ()
        if loop := running_loop():
            self._timer = loop.call_later(REST, self._sharpen)

    def _update(self):
        self.picture.update(**self.values)

    def _stop_timer(self):
        if self._timer:
            self._timer.cancel()

    @_one_at_a_time
    def _sharpen(self):
        if not self.picture:
            return
        self.image.value = plots.png(self.picture.pixels(SHARP))
        self.keep()

    def still(self) -> str:
        """Return the picture that the page shows, and what the controls say."""
        said = [spoken(c) for c in self.shown if not isinstance(c, Counter)]
        caption = WORDS["static" if said else "unshown"].format(values=", ".join(said))
        return stills.picture_html(self.image.value, self.alt, caption, int(self.image.width))


@_one_at_a_time
def play(
    game, scene: Scene, *, alt: str, pace: int = 10, labels: dict | None = None,
    folded: dict[str, list[str]] | None = None, **controls,
) -> "Player":  # fmt: skip
    """Show a game with buttons to play, pause, step and reset it, and controls that act meanwhile.

    `game` counts its `rounds`, and has `play_round()` and `reset()`; with `step_discriminator()`,
    `step_generator()` or `step_slowly()` it gets a button for each. Each control has the name of
    an attribute of the game, and is of a kind that `explore` knows. The scene's update function is
    called with the game, each `pace` rounds. `folded` puts controls away under titles that open
    them.
    Without a hand, `.run(rounds)` plays until so many are played.
    Raises TypeError or ValueError, naming the control, if one does not fit.
    """
    _check_alt(alt)
    for name in {**controls, **(labels or {})}:
        if not hasattr(game, name):
            raise TypeError(f"the game has no attribute that is called {name}")
    for name in (name for names in (folded or {}).values() for name in names):
        if name not in controls:
            raise TypeError(f"no control is called {name}, which is to be folded")
    figure, update = scene.open()
    picture = plots.Picture(figure, update)
    picture.update(game)
    controls = {"pace": log(1, 100), **controls}
    starts = {name: getattr(game, name, pace) for name in controls}
    labels = _labels(controls, {"pace": WORDS["pace"]} | (labels or {}))
    made = _widgets_for(controls, starts, labels)
    player = remember(Player(game, picture, made, starts, alt, folded or {}))
    player.put_on()
    return player


class Player(Experiment):
    """What `play` returns. All rounds are played on the kernel's main thread, in short slices."""

    playing, _turn, _owed, _unheard, _silence = False, 0, 0, 0, 0.0

    def __init__(self, game, picture, controls: dict, starts: dict, alt: str, folded: dict):
        self.game, self._passed_on = game, dict(starts)
        self._loop = running_loop()
        self.count = Echo()
        super().__init__(picture, controls, starts, alt, folded)
        # The page copies `told` to `count`, which comes back: so we know what it has shown.
        self.link = widgets.jsdlink((self.image, "told"), (self.count, "value"))
        self.image._view_count = 0  # from here on the page counts its views
        self._end_watch = on_foreign_loop(self._give_way)
        self._tell()

    def _buttons(self) -> list[widgets.Widget]:
        self.switch = push("play", "play", self._toggle)
        buttons = [self.switch, push("one_round", "step-forward", self._asked("play_round"))]
        for step in ("step_discriminator", "step_generator", "step_slowly"):
            if hasattr(self.game, step):
                buttons.append(push(step, "", self._asked(step)))
        return [*buttons, push("reset", "undo", self._asked("reset")), self.count]

    def run(self, rounds: int):
        """Play until `rounds` rounds have been played in all; return the game.

        What the game raises is raised, with the picture of the last whole round.
        """
        rounds = at_most(rounds)
        self.pause()
        shown, wait = time.monotonic(), FRAME
        try:
            while self.game.rounds < rounds:
                with _drawing:
                    self.game.play_round()
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

    @_one_at_a_time
    def _show_saved(self):
        """Draw the game as it stands."""
        self._update()
        self._sharpen()

    def pause(self) -> None:
        """Stop after the present round."""
        self._set_playing(False)

    def _set_playing(self, playing: bool):
        self.playing, self._silence = playing, 0.0
        word = "pause" if playing else "play"
        self.switch.description, self.switch.icon = WORDS[word], word
        if self.picture and not playing:
            self._tell()

    def _give_way(self):
        """Pause a game that can no longer play by itself, and say why."""
        if self.playing:
            self.pause()
            self._say(WORDS["foreign_loop"])

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
        self.count.value = self.image.told  # a page that was reloaded may owe us an answer
        self._later(0, functools.partial(self._frame, self._turn))

    def close(self) -> None:
        """End the game, and let go of all that is large."""
        self.pause()
        self._end_watch()
        self.link.close()
        super().close()

    @_one_at_a_time
    def redraw(self, _=None) -> None:
        """Draw the game as it stands."""
        if self.picture:
            with self.image.hold_sync():  # one message for the pixels and the words
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

    @_one_at_a_time
    def _try(self, act: Callable):
        """Do something with the game, and show it; an error stops the game and is shown."""
        try:
            act()
        except Exception as error:
            self.pause()
            self.redraw()
            self._say(WORDS["stopped"].format(round=self.game.rounds), _report(error))
        else:
            if not self._owed:
                self.redraw()

    def _frame(self, turn: int):
        """Play a slice of what a picture needs; show it, and go on, if the page has kept up."""
        if not self.playing or turn != self._turn:
            return
        began, again = time.monotonic(), functools.partial(self._frame, turn)
        if (self._is_heard or self._unheard < 2) and self.image._view_count:
            self._silence = 0.0
            self._owed = self._owed or value_of(self.controls["pace"])
            self._try(self._slice)
            self._later(max(0, FRAME - (time.monotonic() - began)), again)
        elif self._silence < PATIENCE:
            self._silence += WAIT
            self._later(WAIT, again)
        else:
            self.pause()

    def _slice(self):
        until = time.monotonic() + SLICE
        while self._owed and self.playing and time.monotonic() < until:
            self.game.play_round()
            self._owed -= 1
        if not self.playing:
            self._owed = 0

    def _update(self):
        for name in self._passed_on.keys() - {"pace"}:
            self._agree(name, self.controls[name])
        self.picture.update(self.game)
        self._tell()

    def _agree(self, name: str, control: widgets.Widget):
        """Pass a move of a control on to the game; if a cell or the game moved on, follow it."""
        if (value := value_of(control)) != self._passed_on[name]:
            setattr(self.game, name, value)
        if (now := getattr(self.game, name)) != value:
            self._resetting = True  # the picture follows anyway
            value = follow(control, now)
            self._resetting = False
        self._passed_on[name] = value

    @property
    def _is_heard(self) -> bool:
        return self.count.value == self.image.told

    def _tell(self):
        """Say how far the game is; while it plays with each second picture, since answers cost."""
        self._unheard += 1
        if self._is_heard or not self.playing:
            self.image.told = WORDS["rounds_played"].format(rounds=count(self.game.rounds, "round"))
            self._unheard = 1

    def _ipython_display_(self):
        """Nothing: `play` has displayed it."""


def _report(error: Exception) -> dict:
    """Return an error as a notebook's output, its traceback from the learner's code on."""
    trace = error.__traceback__
    while trace.tb_next and trace.tb_frame.f_code.co_filename in (__file__, plots.__file__):
        trace = trace.tb_next
    shell = get_ipython()
    explain = shell.InteractiveTB.structured_traceback if shell else traceback.format_exception
    words = {"ename": type(error).__name__, "evalue": str(error)}
    return {"output_type": "error", **words, "traceback": explain(type(error), error, trace)}


@_one_at_a_time
def show(figure: Figure, alt: str) -> None:
    """Display a figure as a sharp PNG with its alternative text. ValueError if `alt` is empty."""
    _check_alt(alt)
    pixels = plots.render(figure, SHARP)
    picture = stills.picture_html(
        plots.png(pixels, small=True), alt, width=pixels.shape[1] // SHARP
    )
    display_in_notebook(stills.bundle(picture, alt), raw=True)


def watch(snapshots: Iterable, scene: Scene, *, every: int, total: int, alt: str) -> list:
    """Go through `snapshots`, showing every `every`-th and the last, and return them as a list.

    The scene's update function is called with the list so far. In the end, also after an error,
    a static picture takes the place of the live one. Raises ValueError if `every` or `total` is
    below 1, or `alt` is empty.
    """
    _check_alt(alt)
    if every < 1 or total < 1:
        raise ValueError(f"every and total must be at least 1, got {every} and {total}")
    picture, seen = plots.Picture(*scene.open()), []
    with _screen(picture, total, alt) as refresh:
        for snapshot in snapshots:
            seen.append(snapshot)
            if len(seen) % every == 0:
                refresh(seen)
        if len(seen) % every:
            refresh(seen)
    return seen


@contextlib.contextmanager
def _screen(picture: plots.Picture, total: int, alt: str) -> Iterator[Callable]:
    """Show a live picture and a progress bar; leave a static picture of the same size."""
    image = PixelImage(plots.render(picture.figure, SHARP), SHARP, alt)
    bar, label = widgets.IntProgress(max=total), widgets.Label()
    box = widgets.VBox([image, widgets.HBox([bar, label])])

    def progress(done: int) -> None:
        bar.value, label.value = done, WORDS["progress"].format(done=done, total=total)

    @_one_at_a_time
    def refresh(seen: list) -> None:
        picture.update(seen)
        image.value = plots.png(picture.pixels())
        progress(len(seen))

    progress(0)
    handle = display_in_notebook(box, display_id=True)
    try:
        yield refresh
    finally:
        if handle:
            png = plots.png(picture.pixels(SHARP), small=True)
            last = stills.picture_html(png, alt, label.value, int(image.width))
            handle.update(stills.bundle(last, alt), raw=True)
        close_all(box)


def _check_alt(alt: str) -> None:
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError("alt must say in words what the figure shows, for those who do not see it")
