"""The playground on one screen: networks above, planes left, charts and controls right."""

import functools
import html
import operator
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import ipywidgets as widgets

from gan_edu import stage
from gan_edu.chapters.ch07_playground import failures
from gan_edu.chapters.ch07_playground.controls import controls
from gan_edu.chapters.ch07_playground.diagram import DRAWN, Diagram
from gan_edu.chapters.ch07_playground.missions import MISSIONS
from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.chapters.ch07_playground.presets import OWN
from gan_edu.chapters.ch07_playground.scenes import charts_scene, playground_scene
from gan_edu.chapters.ch07_playground.settings import PLAYERS, next_value, next_widths
from gan_edu.chapters.ch07_playground.side_by_side import NAMES, Games
from gan_edu.language import gettext as _
from gan_edu.language import named
from gan_edu.stage.asking import as_html
from gan_edu.stage.controls import fold, grid, push
from gan_edu.stage.in_page import PlanePlayer
from gan_edu.stage.painting import Picture, one_at_a_time
from gan_edu.stage.plane import Frame, Plane

MENUS, SLIDERS = ("preset", "target", "loss"), ("pace", "lr_d", "lr_g")
HIDDEN = {True: "none", False: None}  # CSS's `display`
OFTEN = 50  # iterations from one move of the playhead to the next, while a game plays


def screen(
    playground: Playground, *, alt: str, pace: int = 5, missions: bool = False
) -> "Screen":  # fmt: skip
    """Show a playground with all of its controls: see `stage.play`; `.run` returns it.

    With `missions` there is a menu of them, and a line that says how one stands.
    """
    scene = playground_scene()
    scene.in_page = replace(scene.in_page, player=Missions if missions else Screen)
    tasks = {_("none"): ""} | {_(task.label): name for name, task in MISSIONS.items()}
    labels = {
        "moment": _("back to iteration"),
        "mission": _("mission"),
        "side": _("controls act on"),
    }
    there: dict[str, Any] = controls(**labels)
    del there["folded"][_(PLAYERS)]
    for name in DRAWN:  # the drawing has its own buttons for them
        del there[name]
    return stage.play(
        Games(playground), scene, alt=alt, pace=pace, moment=(0, max(1, playground.recorded)),
        mission=tasks, side={name: name for name in NAMES}, **there,
    )  # fmt: skip


class Screen(PlanePlayer):
    """What `screen` returns: a player of `Games`, with a plane for each."""

    _two = False  # whether two games are shown
    _missions = False  # whether there is a menu of them
    _opened: Callable[[], str] | None = None  # what is read over the upper chart
    _last: Sequence[Any] = ()  # what the lines were written for

    def __init__(self, in_page, game: Games, picture: Picture, controls, starts, alt, folded):
        words = _("The game B. {alt}").format(alt=alt)
        self.plane_b = Plane(in_page.reach, words, edits=bool(in_page.move))
        self.pair: Any = Picture(*charts_scene(4.2, 3.6).open())
        self.diagnoses = [push("", "", functools.partial(self._diagnose, i)) for i in range(2)]
        self.diagram = Diagram(self._step)
        self.line, self.over = widgets.HTML(), widgets.HTML()
        self.hint = push(_("Hint"), "", self._hint)
        self.shared = widgets.Text(disabled=True, placeholder=_("the settings in one line"))
        self.opened = widgets.Text(
            placeholder=_("paste such a line, press Enter"), continuous_update=False
        )
        self.opened.observe(lambda change: self._later(0, self._open), "value")
        self.refusal = widgets.HTML()
        super().__init__(in_page, game, picture, controls, starts, alt, folded)
        self.one = self.picture
        for name in ("mission", "preset"):  # what is open speaks of the game before
            self.controls[name].observe(self._begin_reading_anew, "value")
        self._listen(self.plane_b)

    # --- where things are -----------------------------------------------------------------------

    def _buttons(self) -> list[widgets.Widget]:
        *buttons, count = super()._buttons()
        self.compare = push(_("Compare"), "columns", self._asked("compare"))
        return [*buttons, self.controls["seed"], self.compare, count]

    def _arranged(self, more: list, groups: dict) -> list[widgets.Widget]:
        self.shown = [self.controls[name] for name in (*MENUS, *SLIDERS[1:])]
        *buttons, page = more
        freezers = [self.controls[name] for name in ("freeze_d", "freeze_g")]
        for freezer in freezers:
            freezer.indent, freezer.layout.width = False, "auto"
        row = _box(widgets.HBox, [*buttons[:-1], *freezers, buttons[-1], page], "gan-row")
        noise = self.controls["noise"]
        noise.style.description_width = "initial"
        networks = _box(widgets.HBox, [noise, self.diagram], "gan-networks")
        parts = [*self._seats(), self._charts(), self._drawers(groups)]
        self.scene = _box(widgets.HBox, parts, "gan-scene", "gan-lab")
        parts = [self.controls["mission"], self.controls["side"], self.line, self.hint]
        self.below = _box(widgets.HBox, parts, "gan-mission")
        return [self.errors, row, networks, self.scene, self.below]

    def _seats(self) -> list[widgets.Widget]:
        """Return the planes, each with the line of its diagnosis below it."""
        for line in self.diagnoses:
            line.add_class("gan-diagnosis")
            line.tooltip = _("what was found, why, and which change repairs it")
        planes = self.plane, self.plane_b
        pairs = zip(planes, self.diagnoses, strict=True)
        seats = [_box(widgets.VBox, [plane, line], "gan-seat") for plane, line in pairs]
        seats[1].layout.display = "none"
        return seats

    def _charts(self) -> widgets.Widget:
        """Return the charts, the playhead below them, and what is read over the upper chart.

        So the distance and all controls stay in sight beside what a diagnosis or a hint says.
        """
        self.controls["moment"].layout.width = "auto"
        for name in ("moment", "mission", "side"):
            self.controls[name].style.description_width = "initial"
        close = push(_("close"), "times", self._close_over)
        self.sheet = _box(widgets.VBox, [close, self.over], "gan-over")
        self.sheet.layout.display = "none"
        parts = [self.image, self.controls["moment"], self.sheet]
        return _box(widgets.VBox, parts, "gan-charts")

    def _drawers(self, groups: dict) -> widgets.Widget:
        """Return the drawers, the first one open."""
        first = [grid([self.controls[name] for name in names], wide=True)
                 for names in (MENUS, SLIDERS)]  # fmt: skip
        copy = widgets.Button(description=_("Copy"), icon="copy", layout={"width": "auto"})
        copy.add_class("gan-copy")
        share = [_box(widgets.HBox, [self.shared, copy, self.opened], "gan-share"), self.refusal]
        boxes = {_("game"): widgets.VBox(first)}
        boxes |= {title: _fields(fields) for title, fields in groups.items()}
        (drawers,) = fold(boxes | {_("share"): widgets.VBox(share)}, wide=True)
        drawers.selected_index = 0
        drawers.add_class("gan-tabs")
        return drawers

    # --- what is shown --------------------------------------------------------------------------

    def run(self, iterations: int) -> Playground:
        """Play until `iterations` have been played in all; return the game A."""
        return super().run(iterations).first

    def _update(self):
        self._make_room(len(self.game.games) > 1)
        super()._update()

    def _has_changed(self) -> bool:
        """Tell whether more than the samples has changed since the last time."""
        games, last = self.game.games, self._last
        self._last = [self.game.task, self._opened, *games]
        for game in games:
            self._last += [game.settings, *game.match.history[-1:]]
        return len(last) != len(self._last) or any(map(operator.is_not, last, self._last))

    def _make_room(self, two: bool):
        """Show one plane or two, and charts that have room beside them."""
        if two == self._two:
            return
        self._two = two
        self.picture = self.pair if two else self.one
        self.picture.forget()  # it is drawn anew, whatever was there before
        for name, size in zip(("width", "height"), self.picture.figure.bbox.size, strict=True):
            setattr(self.image, name, f"{size:.0f}")
        (self.scene.add_class if two else self.scene.remove_class)("gan-pair")
        self.scene.children[1].layout.display = HIDDEN[not two]
        self.compare.description = _("One game") if two else _("Compare")
        self._close_over()

    def _show_plane(self):
        planes, changed = (self.plane, self.plane_b), self._has_changed()
        if changed:
            self._show_lines()
        for name, plane, line, game in zip(
            NAMES, planes, self.diagnoses, self.game.games, strict=False
        ):
            frame = self._frame_of(plane)
            if changed:
                line.description = " · ".join(filter(None, [failures.verdict(game), frame.note]))
            title = named(name, frame.title) if self._two else frame.title
            plane.show(replace(frame, title=title, note=""))
            if game is self.game.acted_on:
                self._show_networks(game, frame)

    def _show_networks(self, game: Playground, frame: Frame):
        stage = game.stage.name if game.stage else ""
        name = self.game.side if self._two else ""
        self.diagram.show(game.settings, stage, frame.colour, frame.title, name)

    def _game_of(self, plane: Plane) -> Playground:
        return self.game.games[-1 if plane is self.plane_b else 0]

    def _show_lines(self):
        """Say how the mission stands, or how two games differ; and what is open below."""
        task = self.game.task
        words = self.game.difference if self._two else task.state if task else ""
        self.line.value = as_html(words or _("Break a GAN on purpose, then repair it."))
        idle = not (self._missions or self._two or task)
        for part, hidden in (
            (self.below, idle), (self.controls["mission"], self._two),
            (self.controls["side"], not self._two),
            (self.hint, self._two or task is None),
        ):  # fmt: skip
            part.layout.display = HIDDEN[hidden]
        for name, seat in zip(NAMES, self.scene.children, strict=False):
            acted_on = self._two and name == self.game.side
            (seat.add_class if acted_on else seat.remove_class)("gan-acted-on")
        self.shared.value = self.game.line
        if self._opened:
            self.over.value = self._opened()

    def _follow(self, name: str):
        """Let the playhead stand at the end of what was recorded, but while it plays not always."""
        if name != "moment":
            super()._follow(name)
            return
        slider, now = self.controls[name], self.game.moment
        if now == self._passed_on[name] and slider.max == max(1, self.game.recorded):
            return
        if self.playing and now % OFTEN:
            return
        with self._quietly():
            slider.max = max(1, now, self.game.recorded)
            self._passed_on[name] = slider.value = now

    def _set_playing(self, playing: bool):
        super()._set_playing(playing)
        if self.picture and not playing:
            self._follow("moment")

    # --- what is asked for ----------------------------------------------------------------------

    def _open_over(self, words: Callable[[], str]):
        self._opened = words
        self.over.value = words()
        self.sheet.layout.display = None

    def _begin_reading_anew(self, change):
        """Close what is open, but not if a preset has become one's own settings by a remedy."""
        if change.new != OWN or change.owner is self.controls["mission"]:
            self._close_over()

    def _close_over(self):
        self._opened, self.sheet.layout.display = None, "none"

    def _diagnose(self, number: int):
        """Open the diagnosis of a game over the upper chart; close it if it is open."""
        games = self.game.games
        if self._opened:
            self._close_over()
        elif number < len(games):
            self._open_over(lambda: as_html(failures.explained(games[number])))

    def _step(self, name: str, by: int, layer: int | None = None):
        """Give a setting of the networks, or of one layer, the next value or the one before."""

        def act():
            settings = self.game.settings
            if layer is None:
                value = next_value(settings, name, by)
            else:
                value = next_widths(settings, name[-1], layer, by)
            if value is not None:
                self.game.change(**{name: value})

        self._later(0, functools.partial(self._try, act))

    def _hint(self):
        if self.game.task:
            words = as_html(str(self.game.task.hint()))
            self._open_over(lambda: words)

    @one_at_a_time
    def _open(self):
        """Begin the game of the line that was pasted; if it is none, say so and change nothing."""
        if not self.opened.value or not self.picture:
            return
        try:
            self.game.line = self.opened.value
        except ValueError as error:
            self.refusal.value = f"<b>{html.escape(str(error))}</b>"
        else:
            self.pause()
            self.opened.value = self.refusal.value = ""
            self.redraw()

    @one_at_a_time
    def close(self) -> None:
        """End the game, and let go of all that is large."""
        super().close()
        for picture in filter(None, (self.one, self.pair)):
            picture.forget()
        self.one = self.pair = None


class Missions(Screen):
    """What `screen` returns where there are missions."""

    _missions = True


def _fields(fields: list[Any]) -> widgets.Widget:
    """Return boxes to tick in a row, and all else in columns below."""
    ticks = [field for field in fields if isinstance(field, widgets.Checkbox)]
    for tick in ticks:
        tick.indent, tick.layout.width = False, "auto"
    others = grid([field for field in fields if field not in ticks], wide=True)
    return widgets.VBox([_box(widgets.HBox, ticks, "gan-row"), others]) if ticks else others


def _box(kind: type, parts: list, *classes: str) -> Any:
    made = kind(parts)
    for name in classes:
        made.add_class(name)
    return made
