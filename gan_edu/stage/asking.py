"""Short questions in the page, folded behind one line until somebody opens it."""

import html
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import ipywidgets as widgets

from gan_edu.language import gettext as _
from gan_edu.stage.page import LiveBox, Page


class Asked(NamedTuple):
    """A question: its words, the options (none, if something is typed), and what hears the answer.

    `hear(answer)` returns what to say of it, as Markdown of one line, or "".
    """

    words: str
    options: Sequence[str]
    hear: Callable[[str], str]


def as_html(text: str) -> str:
    """Return Markdown of a few words as HTML: bold, italic, code, paragraphs, lines."""
    safe = html.escape(text, quote=False)
    safe = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", re.sub(r"`(.+?)`", r"<code>\1</code>", safe))
    inclined = re.compile(r"(<code>.*?</code>)|\*(.+?)\*")  # code keeps its stars
    safe = inclined.sub(lambda found: found[1] or f"<i>{found[2]}</i>", safe)
    return safe.replace("\n\n", "<br><br>").replace("\n", "<br>")


def marked(text: str) -> str:
    """Return Markdown of a few words as HTML of its own, its lines close to each other."""
    return f'<div style="line-height: 1.45">{as_html(text)}</div>'


class Questions(LiveBox):
    """Questions behind a line, `title`, that opens and folds them.

    Without a kernel their words remain, if not `quiet`: no answer.
    """

    def __init__(
        self,
        title: str,
        questions: Sequence[Asked],
        after: Sequence[widgets.Widget] = (),
        quiet: bool = False,
    ):
        self.title, self.questions, self.quiet = title, questions, quiet
        self.fields = [_Field(question) for question in questions]
        size = {"width": "auto", "max_width": "100%"}
        self.line = widgets.Button(description=title, icon="caret-right", layout=size)
        self.inside = widgets.VBox([*self.fields, *after], layout={"display": "none"})
        self.line.on_click(self._turn)
        page = Page()
        layout = {"align_items": "flex-start"}
        super().__init__(page, [self.line, self.inside, page], layout=layout)

    def _turn(self, _button):
        closed = self.inside.layout.display == "none"
        self.inside.layout.display = None if closed else "none"
        self.line.icon = "caret-down" if closed else "caret-right"

    def still(self) -> str:
        """Return the questions as HTML, folded."""
        line = html.escape(self.title)
        if self.quiet:
            return f"<p>{line}</p>"
        items = "".join(
            f"<li>{html.escape(question.words)} {html.escape(' · '.join(question.options))}</li>"
            for question in self.questions
        )
        return f"<details><summary>{line}</summary>\n<ol>{items}</ol>\n</details>"


class _Field(widgets.VBox):
    """One question, its buttons or the place to type, and what is said of the answer."""

    def __init__(self, question: Asked):
        self.question = question
        size = {"width": "auto", "max_width": "100%"}
        self.buttons = [widgets.Button(description=o, layout=size) for o in question.options]
        self.said = widgets.HTML()
        for button in self.buttons:
            button.on_click(lambda pressed: self._answer(pressed.description))
        row = widgets.HBox(self.buttons or [self._place_to_type()])
        row.add_class("gan-row")
        words = widgets.HTML(f"<b>{html.escape(question.words)}</b>")
        super().__init__([words, row, self.said], layout={"margin": "4px 0"})

    def _place_to_type(self) -> widgets.Text:
        self.text = widgets.Text(
            placeholder=_("your answer"), continuous_update=False, layout={"width": "180px"}
        )
        self.text.observe(lambda change: self._answer(change["new"]), "value")
        return self.text

    def _answer(self, answer: str):
        for button in self.buttons:
            is_it = button.description == answer
            button.icon, button.button_style = ("circle", "info") if is_it else ("", "")
        if answer.strip():
            self.said.value = marked(self.question.hear(answer))
