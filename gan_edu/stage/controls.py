"""What a learner's hand moves: sliders, choices, buttons."""

import asyncio
import contextlib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import ipywidgets as widgets
import traitlets

from gan_edu.language import gettext as _
from gan_edu.language import width
from gan_edu.stage import paper
from gan_edu.stage.loops import running_loop
from gan_edu.stage.pad import PadControl, pen
from gan_edu.stage.sketching import COLUMNS, Sketch, SketchControl

DRAWN_ON = SketchControl, PadControl
PAUSE = 2.0  # seconds without a letter, after which the field of letters is wiped


@dataclass(frozen=True)
class log:
    """A slider for numbers from `lowest` to `highest`, both > 0, with equal steps of their log."""

    lowest: float
    highest: float


@dataclass(frozen=True)
class played:
    """A slider, given by its range or as a `log`, and a button that moves it on to its end."""

    slider: tuple[float, ...] | log


@dataclass(frozen=True)
class one_of:
    """A row of buttons, one for each choice: for a few, with short names."""

    choices: Iterable[Any]


@dataclass(frozen=True)
class button:
    """A button; its parameter is the number of presses, which suits a seed. It may have a key.

    Take a letter that is no shortcut of Jupyter's (E, F, G, L, N, P, Q, S, T, U, W are free): it
    does no harm when it is typed outside the text box. Letters in `also` work in the box too; the
    button does not show them, so that nobody types them elsewhere.
    """

    label: str
    key: str = ""
    also: str = ""


class Counter(widgets.Button):
    """A button whose value is the number of presses."""

    value = traitlets.Int()
    letters = ""

    def _press(self, _):
        self.value += 1


def make_control(name: str, spec, start, label: str) -> Any:
    """Return the widget for one control; TypeError or ValueError if it does not fit the start."""
    match spec:
        case bool():
            _require(isinstance(start, bool), name, start, "be True or False")
            return widgets.Checkbox(start, description=label)
        case list() | dict() | one_of():
            return _choice(name, spec, start, label)
        case pen():
            fits = isinstance(start, list | tuple) and all(len(point) == 2 for point in start)
            _require(fits, name, start, "be a list of points (x, y)")
            return PadControl(spec, start, label)
        case Sketch():
            fits = isinstance(start, list | tuple) and len(start) == COLUMNS
            _require(fits, name, start, f"be {COLUMNS} heights, each a number or None")
            return SketchControl(spec, start, label)
        case button():
            _require(isinstance(start, Integral), name, start, "be a whole number")
            return _counter(spec, start)
        case played(log() | (_, _) | (_, _, _)):
            slider: Any = _slider(name, spec.slider, start, label)
            slider.player = _Player(slider)
            return slider
        case log() | (_, _) | (_, _, _):
            return _slider(name, spec if isinstance(spec, log) else tuple(spec), start, label)
    raise TypeError(f"{name}: {spec!r} is no control; explore's help lists the kinds")


def _choice(name: str, spec: list | dict | one_of, start, label: str) -> Any:
    """Return a row of buttons, or a slider if all choices are numbers, or else a menu."""
    choices = spec.choices if isinstance(spec, one_of) else spec
    named = choices if isinstance(choices, dict) else {str(value): value for value in choices}
    options = {_(words): value for words, value in named.items()}
    _require(start in options.values(), name, start, f"be one of {', '.join(options)}")
    numbers = all(isinstance(v, Real) and not isinstance(v, bool) for v in choices)
    kind = _ChoiceSlider if numbers else widgets.Dropdown
    made = (_Buttons if isinstance(spec, one_of) else kind)(options=options, value=start)
    made.description = label
    return made


def _require(fits: bool, name: str, start, rule: str) -> None:
    if not fits:
        raise ValueError(f"{name} starts at {start!r}, but must {rule}")


def _slider(name: str, spec: log | tuple, start: float, label: str) -> widgets.Widget:
    """Return a slider; whole if its range and its start are."""
    logarithmic = isinstance(spec, log)
    low, high, *step = (spec.lowest, spec.highest) if logarithmic else spec
    numbers = [low, high, start, *step]
    if not all(isinstance(number, Real) for number in numbers):
        raise TypeError(f"{name}: {spec} and the start {start!r} must be numbers")
    if low >= high or min(step, default=1) <= 0 or (logarithmic and low <= 0):
        raise ValueError(f"{name}: {spec} must rise, with a step (and all of a log) above 0")
    _require(low <= start <= high, name, start, f"lie between {low} and {high}")
    whole = all(isinstance(number, Integral) for number in numbers)
    options = {"value": start, "description": label}
    if logarithmic:
        kind, form = (_WholeLogSlider, ".0f") if whole else (_LogSlider, ".3g")
        return kind(low, high, step=0.02, readout_format=form, **options)
    if whole:
        return widgets.IntSlider(min=low, max=high, step=min(step, default=1), **options)
    step_width = min(step, default=handy_step(high - low))
    form = f".{max(0, math.ceil(-math.log10(step_width) - 1e-9))}f"
    return _Slider(min=low, max=high, step=step_width, readout_format=form, **options)


def push(words: str, icon: str, act: Callable[[], object]) -> widgets.Button:
    """Return a button that has these words on it, and calls `act`."""
    button = widgets.Button(description=words, icon=icon, layout={"width": "auto"})
    button.on_click(lambda _: act())
    return button


def _counter(spec: button, start: int) -> Counter:
    words = f"{spec.label} ({spec.key.upper()})" if spec.key else spec.label
    counter = Counter(description=words, value=start)
    counter.letters = (spec.key + spec.also).lower()
    counter.on_click(counter._press)
    return counter


class _Keys(widgets.Text):
    """A field to type in: each letter presses the button whose key it is.

    It is wiped after a pause, and when a counter goes back. The page may add one more letter to
    what it shows before it hears of that: then this letter alone counts.
    """

    _timer: asyncio.TimerHandle | None = None
    _wiped = ""  # until something comes that was typed later

    def __init__(self, counters: list[Counter]):
        self.counters = {key: counter for counter in counters for key in counter.letters}
        super().__init__(
            placeholder=_("or type here"), tooltip=_("or type here"), layout={"width": "auto"}
        )
        self.observe(self._type, "value")
        for counter in counters:
            counter.on_click(lambda _: self.focus())  # one click, and the keys work too
            counter.observe(self._start_anew, "value")

    def _type(self, change):
        if not change.new:
            return
        longer = len(change.new) > len(self._wiped) > 0
        late = longer and change.new.startswith(self._wiped)
        self._press(self._wiped if late else change.old, change.new)
        self._wiped = ""
        if late:
            self._wipe()
        else:
            self._wipe_later()

    def _press(self, old: str, new: str) -> None:
        """Press a button for each letter that has been added; deleted ones press nothing."""
        for letter in "" if old.startswith(new) else new.removeprefix(old).lower():
            if letter in self.counters:
                self.counters[letter].value += 1

    def _start_anew(self, change):
        if change.new < change.old:
            self._wipe()

    def _wipe_later(self) -> None:
        if self._timer:
            self._timer.cancel()
        if loop := running_loop():
            self._timer = loop.call_later(PAUSE, self._wipe)

    def _wipe(self) -> None:
        self._wiped, self.value = self.value, ""


class _Player(widgets.Play):
    """A play button that walks a slider on from where it stands, in about ten seconds in all."""

    _stopped = False  # by the kernel, of which the page may not have heard

    def __init__(self, slider: Any):
        self.slider = slider
        self.steps = round((slider.max - slider.min) / slider.step)
        # Its two buttons bear signs only, and ipywidgets gives them no words.
        words = _("{name}: walk the slider to its end; and back to its beginning")
        super().__init__(
            max=min(self.steps, 100),
            show_repeat=False,
            tooltip=words.format(name=slider.description),
        )
        self._follow()
        slider.observe(self._follow, "value")
        self.observe(self._lead, "value")

    def _tick(self) -> int:
        """Return where the slider stands, counted in ticks of the player."""
        slider = self.slider
        value = slider.value
        if isinstance(slider, widgets.FloatLogSlider):
            value = math.log10(value)
        return round((value - slider.min) / (slider.max - slider.min) * self.max)

    def _follow(self, _=None):
        self.value = self._tick()

    def rest(self) -> None:
        """Walk no further."""
        self.playing = False
        self._stopped = True

    def _lead(self, _):
        self._stopped = self._stopped and not self.playing and self.value > 0
        if self._stopped:
            self._follow()
        elif self.value != self._tick():
            step = round(self.value / self.max * self.steps)
            value = self.slider.min + step * self.slider.step
            logarithmic = isinstance(self.slider, widgets.FloatLogSlider)
            self.slider.value = 10**value if logarithmic else value


class _Finite(traitlets.HasTraits):
    """A slider that stays where it is when it is told NaN: a range holds everything else back."""

    _held = None

    @traitlets.validate("value")
    def _validate_value(self, proposal):
        if not math.isnan(proposal["value"]):
            self._held = super()._validate_value(proposal)  # pyright: ignore[reportAttributeAccessIssue]  # the other parent's
        return self._held


class _Slider(_Finite, widgets.FloatSlider):
    """A slider for numbers."""


class _LogSlider(_Finite, widgets.FloatLogSlider):
    """A slider for numbers from low to high, with equal steps of their logarithm."""

    def __init__(self, low: float, high: float, **options):
        self.ends = low, high  # 10 ** log10(high) may be a little less
        super().__init__(min=math.log10(low), max=math.log10(high), **options)


class _WholeLogSlider(_LogSlider):
    """A logarithmic slider that means the nearest whole number."""


def handy_step(span: float) -> float:
    """Return the largest of …, 0.1, 0.2, 0.5, 1, … that divides `span` into 100 steps or more."""
    power = 10.0 ** math.floor(math.log10(span / 100))
    return max(power * digit for digit in (1, 2, 5) if power * digit <= span / 100 * (1 + 1e-9))


class _ChoiceSlider(widgets.SelectionSlider):
    """A slider of choices. The page lets one type beside it, but takes no notice: so it may not."""

    def __init__(self, **options):
        super().__init__(**options)
        self.add_class("gan-choice")


class _Buttons(widgets.ToggleButtons):
    """A row of buttons, one of them down; the page tells a screen reader which."""

    def __init__(self, **options):
        super().__init__(style={"button_width": "auto"}, **options)
        self.add_class("gan-one-of")


def players(controls: Iterable[Any]) -> list[_Player]:
    """Return the buttons that walk those of the controls which are `played`."""
    return [control.player for control in controls if hasattr(control, "player")]


def _named(found: list[_Player]) -> list[widgets.Widget]:
    """Return players; several of them, which look alike, each behind its slider's label."""
    if len(found) < 2:
        return [*found]
    return [part for player in found for part in (widgets.Label(player.slider.description), player)]


def panel(
    controls: Iterable[Any], *more: widgets.Widget, wide: bool = False
) -> list[widgets.Widget]:
    """Return sketches to draw, the other controls in columns, and a row of buttons.

    There is one column, or two if the controls are many, or three if they may be as `wide` as a
    page.
    """
    buttons = [control for control in controls if isinstance(control, Counter)]
    sketches = [control for control in controls if isinstance(control, SketchControl)]
    others = (Counter, *DRAWN_ON)
    fields = [control for control in controls if not isinstance(control, others)]
    keyed = [counter for counter in buttons if counter.letters]
    row = widgets.HBox(
        [*_named(players(fields)), *buttons, *([_Keys(keyed)] if keyed else []), *more]
    )
    row.add_class("gan-row")
    return [*sketches, grid(fields, wide), row]


def beside(controls: Iterable[Any], picture: widgets.Widget) -> widgets.Widget:
    """Return a picture, at its left the pads for a pen, if there are any."""
    pads = [control for control in controls if isinstance(control, PadControl)]
    if not pads:
        return picture
    both = widgets.HBox([*pads, picture])
    both.add_class("gan-beside")
    return both


def fold(groups: Mapping[str, widgets.Widget], wide: bool = False) -> list[widgets.Accordion]:
    """Return a drawer for each group of controls, under its title, all of them closed.

    The titles stand in a row, and one that opens closes the one before: it and the picture above
    fit a laptop's window together.
    """
    if not groups:
        return []
    layout = {"max_width": f"{_WIDEST if wide else _WIDTH:.0f}px", "margin": "0 2px"}
    made = widgets.Accordion(
        [*groups.values()], titles=tuple(groups), selected_index=None, layout=layout
    )
    made.add_class("gan-drawers")
    return [made]


_WIDTH = paper.FIGURE_WIDTH * paper.DOTS_PER_INCH  # pixels
_WIDEST = 1100


def grid(fields: list[Any], wide: bool = False) -> widgets.GridBox:
    """Return controls in columns, their labels as wide as the longest of them."""
    longest = max((width(field.description) for field in fields), default=0)
    for field in fields:
        field.style.description_width = f"{0.8 * longest + 1:.0f}ch"  # a ch is as wide as a 0
        field.layout.width = "auto"
    column = 290 if wide else 360
    columns = f"repeat(auto-fit, minmax(min({column}px, 100%), 1fr))"
    layout = {
        "grid_template_columns": "100%" if len(fields) < 3 and not wide else columns,
        "width": "100%",
        "max_width": f"{_WIDEST if wide else _WIDTH:.0f}px",
    }
    return widgets.GridBox(fields, layout=layout)


def follow(control: widgets.ValueWidget, value):
    """Let a control say `value`, if it can; return what it says now."""
    if isinstance(control, widgets.IntSlider):
        control.max = max(control.max, value)  # more iterations come than were known
    with contextlib.suppress(traitlets.TraitError):  # a choice may not have it
        control.value = value
    return value_of(control)


def value_of(control: Any):
    """Return what a control says now, as the drawing gets it."""
    return round(control.value) if isinstance(control, _WholeLogSlider) else control.value


def spoken(control: Any) -> str:
    """Return "label = value", for the caption of a picture without sliders."""
    return f"{control.description} = {said(control)}"


def said(control: Any) -> str:
    """Return what a control says now, in words or as a number."""
    value = value_of(control)
    if hasattr(control, "options"):  # a choice says its label; `.label` is empty for a first one
        value = list(control.options)[control.index]
    if isinstance(value, bool):
        value = _("on") if value else _("off")
    return value if isinstance(value, str) else f"{value:.6g}"
