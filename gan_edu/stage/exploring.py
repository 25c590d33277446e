"""Sliders around a drawing: `explore`."""

import asyncio
import contextlib
import traceback
from collections.abc import Callable, Iterable, Iterator
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

import ipywidgets as widgets
from IPython import get_ipython

from gan_edu.language import CLAUSES, joined
from gan_edu.language import gettext as _
from gan_edu.stage import painting, stills
from gan_edu.stage.cells import close_all, remember
from gan_edu.stage.controls import (
    DRAWN_ON,
    Counter,
    beside,
    fold,
    grid,
    make_control,
    panel,
    players,
    push,
    spoken,
    value_of,
)
from gan_edu.stage.grabbing import Grip, grips, nearest
from gan_edu.stage.loops import running_loop
from gan_edu.stage.page import LiveBox, Page, PixelImage
from gan_edu.stage.painting import SHARP, one_at_a_time
from gan_edu.stage.scenes import Scene, scene
from gan_edu.stage.stills import check_alt

HERE = str(Path(__file__).parent)
REST = 0.2  # seconds without a move, after which the picture is drawn sharp


@one_at_a_time
def explore(
    draw: Scene | Callable[..., Any], *, alt: str, labels: dict[str, str] | None = None, **controls
) -> "Experiment":
    """Put controls around a drawing, and let the picture follow them.

    `draw` is a `scene`, or a plain function of axes and parameters with starting values. Each
    control has its parameter's name: `(lowest, highest)` or `(lowest, highest, step)`, whole
    numbers or not; `log(lowest, highest)`; either of them in `played(…)`; a list or dict of
    choices, which is a slider too if all are numbers, or a row of buttons as `one_of(…)`; True or
    False for a check box; `button(label)`; `sketch(…)`, a pad to draw a curve on; `pen(…)`, a pad
    to draw lines on. `labels` rename controls; `alt` says in
    words what the figure shows.
    Raises TypeError or ValueError, naming the parameter, if a control does not fit its parameter.
    """
    check_alt(alt)
    stage = draw if isinstance(draw, Scene) else scene(draw)
    for name in set(controls).intersection(stage.axes):
        raise TypeError(f"{name} needs a starting value in the function, as in {name}=1.0")
    figure, update = stage.open()
    labels = labels_of(controls, labels)
    starts = _starts(update, labels)
    picture = painting.Picture(figure, update)
    led = picture.update(**starts)
    experiment = Experiment(picture, widgets_for(controls, starts, labels), starts, alt)
    experiment.lead(led)
    panels = dict(zip(stage.axes, figure.axes, strict=False))
    experiment.let_grab(grips(panels, stage.grab, controls))
    return remember(experiment)


def labels_of(controls: dict[str, Any], given: dict[str, str] | None) -> dict[str, str]:
    """Return each control's label: what is given, or else its name."""
    return {name: _(name.replace("_", " ")) for name in controls} | (given or {})


def widgets_for(
    controls: dict[str, Any], starts: dict[str, Any], labels: dict[str, str]
) -> dict[str, widgets.ValueWidget]:
    """Return a widget for each control."""
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

    picture: Any = None  # a Picture; once it is closed it has none, nor an image, nor errors
    image: Any
    errors: Any
    _timer: asyncio.TimerHandle | None = None
    _setting = False
    _press = 0  # the last press of a hand in the picture
    _held: dict[str, str]  # what it holds since then, by direction
    _led: frozenset[str] = frozenset()  # controls that follow the picture

    def __init__(
        self,
        picture,
        controls: dict[str, Any],
        starts: dict[str, Any],
        alt: str,
        folded: dict[str, list[str]] | None = None,
    ):
        self.picture = picture
        self.controls = controls
        self.starts = starts
        self.alt = alt
        self.image = PixelImage(picture.pixels(SHARP), SHARP, alt)
        self.errors = widgets.Output()
        for control in controls.values():
            control.observe(self.redraw, "value")
        groups = {t: [controls[name] for name in names] for t, names in (folded or {}).items()}
        away = [control for group in groups.values() for control in group]
        self.shown = [control for control in controls.values() if control not in away]
        self.page = Page(controls.values())
        more = [*self._buttons(), self.page]
        super().__init__(self.page, self._arranged(more, groups))

    def _arranged(self, more: list, groups: dict) -> list[widgets.Widget]:
        """Return all parts from top to bottom; the drawers are below, so that nothing jumps."""
        drawers = {title: grid(fields) for title, fields in groups.items()}
        picture = beside(self.shown, self.image)
        return [*panel(self.shown, *more), self.errors, picture, *fold(drawers)]

    def _buttons(self) -> list[widgets.Widget]:
        return [push(_("Reset"), "undo", self.reset)]

    @property
    def values(self) -> dict[str, Any]:
        """What the controls say now."""
        return {name: value_of(control) for name, control in self.controls.items()}

    @one_at_a_time
    def reset(self) -> None:
        """Return all controls to their starting values, with one redraw; none walks on."""
        for player in players(self.controls.values()):
            player.rest()
        self._set(self.starts)

    def _set(self, values: dict[str, Any]) -> None:
        with self._quietly():
            for name, value in values.items():
                self.controls[name].value = value
        self.redraw()

    @contextlib.contextmanager
    def _quietly(self) -> Iterator[None]:
        """Let controls be set without a redraw for each."""
        self._setting = True
        try:
            yield
        finally:
            self._setting = False

    def let_grab(self, grips: list[Grip]) -> None:
        """Let a hand in the picture move controls."""
        self.grips = grips
        self.page.grips = [grip.box() for grip in grips]
        self.page.observe(self._follow_hand, "hand")

    @one_at_a_time
    def _follow_hand(self, change):
        """Bring what is held to the hand; a hand that was just put down takes what is nearest."""
        hand = change["new"]
        grip = self.grips[hand["grip"]]
        if hand["press"] != self._press:
            self._press = hand["press"]
            self._held = grip.take(grip.place(*hand["from"]), self.values)
        place = grip.place(*hand["at"])
        self._set({name: nearest(self.controls[name], place[d]) for d, name in self._held.items()})

    @one_at_a_time
    def close(self) -> None:
        """Let go of all that is large: a kernel's `Out` never lets go of this object."""
        self._stop_timer()
        super().close()
        if self.picture:
            self.picture.forget()
        self.picture = self.image = self.errors = None
        # Not all controls need be shown, and no part may be left that holds one that is closed: a
        # page that is loaded again would find none of its widgets.
        for part in (*self.children, *self.controls.values()):
            close_all(part)
        self.controls, self.grips = {}, []
        self.shown = []
        self.children = ()

    @one_at_a_time
    def redraw(self, _=None) -> None:
        """Draw the picture anew."""
        if self._setting or not self.picture:
            return
        self._stop_timer()
        try:
            self._update()
            if self.picture.has_changed:
                self.image.value = painting.png(self.picture.pixels())
        except Exception as error:
            self.errors.outputs = (report(error),)
            return
        self.errors.outputs = ()
        if loop := running_loop():
            self._timer = loop.call_later(REST, self._sharpen)

    def _update(self):
        self.lead(self.picture.update(**self.values))

    def lead(self, told: Any) -> None:
        """Let controls say what the picture has told of them; until it tells no more, no hand may.

        What they say is what the picture shows already, so it is not drawn again.
        """
        led = told if isinstance(told, dict) else {}
        for name in self._led - led.keys():
            self.controls[name].disabled = False
        for name, value in led.items():
            self.controls[name].disabled = True
            with self._quietly():
                self.controls[name].value = nearest(self.controls[name], value)
        self._led = frozenset(led)

    def _stop_timer(self):
        if self._timer:
            self._timer.cancel()

    @one_at_a_time
    def _sharpen(self):
        if not self.picture:
            return
        self.image.value = painting.png(self.picture.pixels(SHARP))
        self.keep()

    def still(self) -> str:
        """Return the picture that the page shows, and what the controls say."""
        said = [spoken(c) for c in self.shown if not isinstance(c, (Counter, *DRAWN_ON))]
        if any(isinstance(c, DRAWN_ON) for c in self.shown):
            caption = _("A drawing pad. It needs a running kernel.")
        elif said:
            caption = _("Shown for {values}. The sliders need a running notebook.").format(
                values=joined(said, CLAUSES)
            )
        else:
            caption = _("The buttons need a running notebook.")
        picture, width = self._picture_to_keep()
        return stills.picture_html(picture, self.alt, caption, width)

    def _picture_to_keep(self) -> tuple[bytes, int]:
        """Return a PNG and its width in the page."""
        return self.image.value, int(self.image.width)


def report(error: Exception) -> dict[str, Any]:
    """Return an error as a notebook's output, its traceback from the learner's code on."""
    trace = error.__traceback__
    while trace and trace.tb_next and trace.tb_frame.f_code.co_filename.startswith(HERE):
        trace = trace.tb_next
    shell = get_ipython()
    explain = shell.InteractiveTB.structured_traceback if shell else traceback.format_exception
    words = {"ename": type(error).__name__, "evalue": str(error)}
    return {"output_type": "error", **words, "traceback": explain(type(error), error, trace)}
