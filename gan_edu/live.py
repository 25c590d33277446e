"""The stage: sliders around a drawing, predictions, and pictures that outlive the kernel."""

import asyncio
import contextlib
import functools
import gc
import html
import math
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from inspect import Parameter, signature
from numbers import Integral, Real

import ipywidgets as widgets
import numpy as np
import traitlets
from IPython import get_ipython
from IPython.display import Markdown, display
from matplotlib.figure import Figure

from gan_edu import plots
from gan_edu.plots import Scene, scene
from gan_edu.words import WORDS

SHARP = 2  # pixels for one in the page, when nothing moves
REST = 0.2  # seconds without a move, after which the picture is drawn sharp

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
    numbers or not; `log(lowest, highest)`; a list or dict of choices; True or False for a check
    box; `button(label)`. `labels` rename controls; `alt` says in words what the figure shows.
    Raises TypeError or ValueError, naming the parameter, if a control does not fit its parameter.
    """
    _check_alt(alt)
    stage = draw if isinstance(draw, Scene) else scene(draw)
    for name in set(controls).intersection(stage.axes):
        raise TypeError(f"{name} needs a starting value in the function, as in {name}=1.0")
    figure, update = stage.open()
    labels = {name: name.replace("_", " ") for name in controls} | (labels or {})
    starts = _starts(update, labels)
    picture = plots.Picture(figure, update)
    picture.update(**starts)
    made = {name: _control(name, controls[name], starts[name], labels[name]) for name in controls}
    return _remember(Experiment(picture, made, starts, alt))


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


@dataclass(frozen=True)
class log:
    """A slider for numbers from `lowest` to `highest`, both > 0, with equal steps of their log."""

    lowest: float
    highest: float


@dataclass(frozen=True)
class button:
    """A button; its parameter is the number of presses, which suits a seed."""

    label: str


class _Counter(widgets.Button):
    """A button whose value is the number of presses."""

    value = traitlets.Int()

    def count(self, _):
        self.value += 1


def _control(name: str, spec, start, label: str) -> widgets.Widget:
    """Return the widget for one control."""
    match spec:
        case bool():
            _require(isinstance(start, bool), name, start, "be True or False")
            return widgets.Checkbox(start, description=label)
        case list() | dict():
            options = spec if isinstance(spec, dict) else {str(value): value for value in spec}
            _require(start in options.values(), name, start, f"be one of {', '.join(options)}")
            return widgets.Dropdown(options=options, value=start, description=label)
        case button():
            _require(isinstance(start, Integral), name, start, "be a whole number")
            counter = _Counter(description=spec.label, value=start)
            counter.on_click(counter.count)
            return counter
        case log() | (_, _) | (_, _, _):
            return _slider(name, spec, start, label)
    raise TypeError(f"{name}: {spec!r} is no control; explore's help lists the kinds")


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
        kind, form = (_WholeLogSlider, ".0f") if whole else (widgets.FloatLogSlider, ".3g")
        low, high = math.log10(low), math.log10(high)
        return kind(min=low, max=high, step=0.02, readout_format=form, **options)
    if whole:
        return widgets.IntSlider(min=low, max=high, step=min(step, default=1), **options)
    width = min(step, default=_handy_step(high - low))
    form = f".{max(0, math.ceil(-math.log10(width) - 1e-9))}f"
    return widgets.FloatSlider(min=low, max=high, step=width, readout_format=form, **options)


class _WholeLogSlider(widgets.FloatLogSlider):
    """A logarithmic slider that means the nearest whole number."""


def _handy_step(span: float) -> float:
    """Return the largest of …, 0.1, 0.2, 0.5, 1, … that divides `span` into 100 steps or more."""
    power = 10.0 ** math.floor(math.log10(span / 100))
    return max(power * digit for digit in (1, 2, 5) if power * digit <= span / 100 * (1 + 1e-9))


class Experiment(widgets.VBox):
    """What `explore` returns: controls, a place for errors, and the picture."""

    picture, _timer, _resetting = None, None, False

    def __init__(self, picture: plots.Picture, controls: dict, starts: dict, alt: str):
        self.picture, self.controls, self.starts, self.alt = picture, controls, starts, alt
        self.image, self.errors = _Image(picture.pixels(SHARP), alt), widgets.Output()
        reset = widgets.Button(description=WORDS["reset"], icon="undo")
        reset.on_click(lambda _: self.reset())
        for control in controls.values():
            control.observe(self._move, "value")
        super().__init__([*_panel(controls.values(), reset), self.errors, self.image])

    @property
    def values(self) -> dict:
        """What the controls say now."""
        return {
            name: round(c.value) if isinstance(c, _WholeLogSlider) else c.value
            for name, c in self.controls.items()
        }

    @_one_at_a_time
    def reset(self) -> None:
        """Return all controls to their starting values, with one redraw."""
        self._resetting = True
        for name, control in self.controls.items():
            control.value = self.starts[name]
        self._resetting = False
        self._move()

    @_one_at_a_time
    def close(self) -> None:
        """Let go of all that is large: a kernel's `Out` keeps this object for ever."""
        self._stop_timer()
        super().close()
        if self.picture:
            self.picture.forget()
        self.picture = self.image = self.errors = None
        self.controls, self.children = {}, ()

    @_one_at_a_time
    def _move(self, _=None):
        if self._resetting or not self.picture:
            return
        self._stop_timer()
        try:
            self.picture.update(**self.values)
            self.image.value = plots.png(self.picture.pixels())
        except Exception as error:
            self.errors.outputs = (_report(error),)
            return
        self.errors.outputs = ()
        with contextlib.suppress(RuntimeError):  # plain Python has no running loop
            self._timer = asyncio.get_running_loop().call_later(REST, self._sharpen)

    def _stop_timer(self):
        if self._timer:
            self._timer.cancel()

    @_one_at_a_time
    def _sharpen(self):
        if not self.picture:
            return
        self.image.value = plots.png(self.picture.pixels(SHARP))

    @_one_at_a_time
    def _repr_mimebundle_(self, **kwargs):
        said = [_spoken(c) for c in self.controls.values() if not isinstance(c, _Counter)]
        caption = WORDS["static"].format(values=", ".join(said))
        data, metadata = _static(self.picture.pixels(SHARP), self.alt, caption)
        return super()._repr_mimebundle_(**kwargs) | data, metadata


def _panel(controls: Iterable, reset: widgets.Button) -> list:
    """Return the controls in one column, or in two if they are many, and a row of buttons."""
    buttons = [control for control in controls if isinstance(control, _Counter)]
    fields = [control for control in controls if control not in buttons]
    longest = max((len(field.description) for field in fields), default=0)
    for field in fields:
        field.style.description_width = f"{longest + 1}ch"
        field.layout.width = "auto"
    columns = "100%" if len(fields) < 3 else "repeat(auto-fit, minmax(min(360px, 100%), 1fr))"
    width = f"{plots.FIGURE_WIDTH * plots.DOTS_PER_INCH:.0f}px"
    layout = {"grid_template_columns": columns, "width": "100%", "max_width": width}
    return [widgets.GridBox(fields, layout=layout), widgets.HBox([*buttons, reset])]


def _spoken(control: widgets.Widget) -> str:
    value = getattr(control, "label", control.value)  # the label of a choice
    if isinstance(value, bool):
        value = WORDS["ticked"][value]
    return f"{control.description} = {value if isinstance(value, str) else f'{value:.6g}'}"


def _report(error: Exception) -> dict:
    """Return an error as a notebook's output, its traceback from the learner's code on."""
    trace = error.__traceback__
    while trace.tb_next and trace.tb_frame.f_code.co_filename in (__file__, plots.__file__):
        trace = trace.tb_next
    shell = get_ipython()
    explain = shell.InteractiveTB.structured_traceback if shell else traceback.format_exception
    words = {"ename": type(error).__name__, "evalue": str(error)}
    return {"output_type": "error", **words, "traceback": explain(type(error), error, trace)}


def predict(question: str, answers: list[str]) -> "Prediction":
    """Ask for a prediction before an experiment: a question, and a button for each answer.

    `.choice` is the answer chosen, or None; `.reveal` speaks to it. Raises ValueError unless
    there are two different answers or more.
    """
    if isinstance(answers, str) or len(answers) < 2 or len(set(answers)) < len(answers):
        raise ValueError(f"answers must be a list of two or more different ones, got {answers!r}")
    return _remember(Prediction(question, list(answers)))


class Prediction(widgets.VBox):
    """What `predict` returns; `choice` is the answer chosen, or None."""

    def __init__(self, question: str, answers: list[str]):
        self.question, self.answers, self.choice = question, answers, None
        size = {"width": "auto", "max_width": "100%"}
        self.buttons = [widgets.Button(description=answer, layout=size) for answer in answers]
        for answer in self.buttons:
            answer.on_click(self._choose)
        words = widgets.HTMLMath(f"<b>{html.escape(question)}</b>")
        super().__init__([words, *self.buttons], layout={"align_items": "flex-start"})

    def _choose(self, chosen: widgets.Button):
        self.choice = chosen.description
        for answer in self.buttons:
            answer.icon, answer.button_style = ("check", "info") if answer is chosen else ("", "")

    def reveal(self, answer: str, explanation: str) -> None:
        """Display the right answer and speak to the choice. ValueError if it was not offered."""
        if answer not in self.answers:
            raise ValueError(f"{answer!r} is none of the answers {self.answers}")
        told = {None: "unanswered", answer: "right"}.get(self.choice, "wrong")
        words = WORDS[told].format(answer=answer, choice=self.choice, explanation=explanation)
        _display(Markdown(words))

    def _repr_mimebundle_(self, **kwargs):
        text = "\n".join([f"**{self.question}**", "", *(f"- {a}" for a in self.answers)])
        return super()._repr_mimebundle_(**kwargs) | {"text/markdown": text, "text/plain": text}


@_one_at_a_time
def show(figure: Figure, alt: str) -> None:
    """Display a figure as a sharp PNG with its alternative text. ValueError if `alt` is empty."""
    _check_alt(alt)
    data, metadata = _static(plots.render(figure, SHARP), alt)
    _display(data, metadata=metadata, raw=True)


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
    image = _Image(plots.render(picture.figure, SHARP), alt)
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
    handle = _display(box, display_id=True)
    try:
        yield refresh
    finally:
        if handle:
            data, metadata = _static(picture.pixels(SHARP), alt, label.value)
            handle.update(data, metadata=metadata, raw=True)
        _close(box)


def _static(pixels: np.ndarray, alt: str, caption: str = "") -> tuple[dict, dict]:
    """Return the MIME bundle and the metadata of a picture drawn at SHARP."""
    if caption:
        pixels = plots.captioned(pixels, caption, SHARP)
    height, width = (side // SHARP for side in pixels.shape[:2])
    metadata = {"image/png": {"width": width, "height": height, "alt": alt}}
    return {"image/png": plots.png(pixels, small=True), "text/plain": alt}, metadata


class _Image(widgets.Image):
    """Pixels drawn at SHARP, and their alternative text; it shrinks in a narrow window."""

    description = traitlets.Unicode().tag(sync=True)  # the page wants one beside a tooltip

    def __init__(self, pixels: np.ndarray, alt: str):
        height, width = (str(side // SHARP) for side in pixels.shape[:2])
        super().__init__(value=plots.png(pixels), width=width, height=height, tooltip=alt)


def _check_alt(alt: str) -> None:
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError("alt must say in words what the figure shows, for those who do not see it")


def _display(thing, **options):  # does nothing in plain Python
    return display(thing, **options) if get_ipython() else None


_made: dict[str, tuple[str, list]] = {}  # cell: its last run, and the widgets made by that run


def _remember(widget: widgets.Widget) -> widgets.Widget:
    """Note which cell made `widget`, and close what an earlier run of that cell has made."""
    parent = getattr(get_ipython(), "get_parent", dict)()
    cell = parent.get("metadata", {}).get("cellId") or parent.get("content", {}).get("code")
    if cell:
        run = parent["header"]["msg_id"]
        if cell in _made and _made[cell][0] != run:
            for old in _made.pop(cell)[1]:
                _close(old)
            gc.collect()  # figures are full of cycles: dead ones would pile up to tens of MB
        _made.setdefault(cell, (run, []))[1].append(widget)
    return widget


def _close(widget: widgets.Widget) -> None:
    """Close a widget and its parts, since ipywidgets keeps alive whatever is not closed."""
    for part in (*getattr(widget, "children", ()), *widget.trait_values().values()):
        if isinstance(part, widgets.Widget):
            _close(part)
    widget.close()
