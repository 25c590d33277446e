"""Lines to put in order, by drag or by keys: a Parsons puzzle in the page."""

import html
from collections.abc import Callable
from pathlib import Path

import anywidget
import ipywidgets as widgets
import traitlets

from gan_edu.language import gettext as _
from gan_edu.stage.asking import marked
from gan_edu.stage.page import LiveBox, Page


class Lines(anywidget.AnyWidget):
    """Lines of code by letter, and those that were `chosen`, in their order: see `ordering.js`."""

    _esm = Path(__file__).with_name("ordering.js")
    _css = Path(__file__).with_name("ordering.css")
    lines = traitlets.Dict().tag(sync=True)
    chosen = traitlets.List(traitlets.Unicode()).tag(sync=True, echo_update=False)
    words = traitlets.Dict().tag(sync=True)

    def __init__(self, lines: dict[str, str]):
        words = {
            "pool": _("lines to choose from; some belong nowhere"),
            "program": _("your program"),
            "how": _(
                "Drag the lines. Or with keys: Enter puts a line into the program or back, "
                "↑ ↓ go from line to line, Shift+↑ and Shift+↓ move it."
            ),
        }
        super().__init__(lines=lines, words=words)
        self.on_msg(lambda _, chosen, __: self.set_state(chosen))


class Ordering(LiveBox):
    """A puzzle's title, its lines, a button that hands the order to `hear`, and what that says."""

    def __init__(self, title: str, lines: dict[str, str], hear: Callable[[list[str]], str]):
        self.title, self.lines, self.hear = title, Lines(lines), hear
        self.lines.layout.width = "100%"
        self.button = widgets.Button(description=_("check"), button_style="info")
        self.button.on_click(lambda _: self._check())
        self.said = widgets.HTML()
        words = widgets.HTML(f"<b>{html.escape(title)}</b>")
        page = Page()
        layout = {"align_items": "flex-start"}
        parts = [words, self.lines, self.button, self.said, page]
        super().__init__(page, parts, layout=layout)

    def _check(self):
        self.said.value = marked(self.hear(self.lines.chosen))

    def still(self) -> str:
        """Return the lines in the order of their letters, as HTML."""
        code = "\n".join(f"{letter}  {line}" for letter, line in self.lines.lines.items())
        return f"<p><b>{html.escape(self.title)}</b></p>\n<pre>{html.escape(code)}</pre>"
