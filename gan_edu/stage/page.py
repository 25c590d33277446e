"""What the page must know of an experiment, and ipywidgets does not tell it: see `page.js`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets as widgets
import numpy as np
import traitlets

from gan_edu.language import gettext as _
from gan_edu.stage import painting, stills
from gan_edu.stage.stills import STYLE, bundle

LIVE = "gan-live"


class Page(anywidget.AnyWidget):
    """An experiment's helper in the page.

    It names what has no name for a screen reader, reads numbers that are typed beside a slider,
    tells where a hand in the picture is, hides the still that stands behind the live widget, and
    says so if the kernel has gone.
    """

    _esm = Path(__file__).with_name("page.js")
    _css = Path(__file__).with_name("page.css")
    still = traitlets.Unicode().tag(sync=True)
    ranges = traitlets.Dict().tag(sync=True)  # label: lowest, highest, whether whole
    words = traitlets.Dict().tag(sync=True)
    grips = traitlets.List().tag(sync=True)  # see `grabbing.Grip.box`
    calls = traitlets.Int().tag(sync=True)  # how often a cell called for what is shown elsewhere
    hand = traitlets.Dict().tag(sync=True, echo_update=False)

    def __init__(self, fields: Iterable[widgets.Widget] = ()):
        self.sliders: list[Any] = [f for f in fields if hasattr(f, "readout_format")]
        words = {
            "no_number": _(
                "“{typed}” is no number. {name} takes one from {low} to {high}, such as {low}."
            ),
            "out_of_range": _("{typed} is out of range: {name} goes from {low} to {high}."),
            "copied": _("copied"),
            "kernel_gone": _("The kernel that drew this has gone. Run the cell again."),
            "readout": _("{name}, as a number"),
            "walk_on": _("walk the slider to its end, or pause"),
            "walk_back": _("back to the slider's beginning"),
        }
        super().__init__(words=words, ranges=self._ranges())
        for slider in self.sliders:
            slider.observe(self._measure, ["min", "max"])

    def _ranges(self) -> dict[str, list]:
        return {slider.description: _range(slider) for slider in self.sliders}

    def _measure(self, _):
        self.ranges = self._ranges()


def _range(slider: Any) -> list:
    """Return the lowest and the highest number, and whether the slider holds whole ones only."""
    low, high = getattr(slider, "ends", (slider.min, slider.max))
    return [low, high, slider.readout_format in ("d", ".0f")]


class LiveBox(widgets.VBox):
    """A column of widgets that live in a notebook, and leave a still there, which is what is saved.

    `page`, which speaks to whoever types, stands somewhere among the children or their parts.
    A subclass says what the still shows: `still()` returns it as HTML.
    """

    _shown: Any = None  # the handle of the display

    def __init__(self, page: Page, children: list[widgets.Widget], **options):
        super().__init__(children, **options)
        self.still_name = page.still = f"gan-still-{self.model_id}"
        self.add_class(LIVE)

    def put_on(self) -> None:
        """Display the widgets, and behind them the still."""
        data = dict(self._repr_mimebundle_() or {}) | {"text/plain": ""}
        stills.display_in_notebook(data, raw=True)
        self._shown = stills.display_in_notebook(self._kept(), raw=True, display_id=True)

    def keep(self) -> None:
        """Bring the still up to date, if it is displayed."""
        if self._shown:
            self._shown.update(self._kept(), raw=True)

    def still(self) -> str:
        """Return what the saved notebook shows, as HTML."""
        raise NotImplementedError

    def _kept(self) -> dict[str, str]:
        return bundle(f'{STYLE}<div class="gan-still {self.still_name}">{self.still()}</div>')

    def _ipython_display_(self):
        self.put_on()


class PixelImage(widgets.Image):
    """Pixels (height, width, 4), and their alternative text; it shrinks in a narrow window."""

    description = traitlets.Unicode().tag(sync=True)  # the page wants one beside a tooltip
    told = traitlets.Unicode().tag(sync=True)  # words that arrive together with the pixels

    def __init__(self, pixels: np.ndarray, scale: int, alt: str):
        height, width = (str(side // scale) for side in pixels.shape[:2])
        super().__init__(value=painting.png(pixels), width=width, height=height, tooltip=alt)


class Echo(widgets.HTML):
    """Words that come from the page: not confirmed to it, nor searched for formulas, as a Label."""

    value = traitlets.Unicode().tag(sync=True, echo_update=False)
