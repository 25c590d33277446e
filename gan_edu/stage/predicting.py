"""A question before an experiment: `predict`."""

import html
import re

import ipywidgets as widgets
from IPython.display import Markdown

from gan_edu.language import gettext as _
from gan_edu.stage import stills
from gan_edu.stage.cells import remember
from gan_edu.stage.page import LiveBox, Page

# What was chosen, by question. A click selects the cell, so that the next Shift+Enter runs it
# again: the choice must bear that.
_chosen: dict[str, str] = {}


def predict(question: str, answers: list[str]) -> "Prediction":
    """Ask for a prediction before an experiment: a question, and a button for each answer.

    `.choice` is the answer chosen, or None; `.reveal` speaks to it. The same question, asked again
    in the same kernel, keeps the choice. Raises ValueError unless
    there are two different answers or more.
    """
    if isinstance(answers, str) or len(answers) < 2 or len(set(answers)) < len(answers):
        raise ValueError(f"answers must be a list of two or more different ones, got {answers!r}")
    return remember(Prediction(question, list(answers)))


class Prediction(LiveBox):
    """What `predict` returns; `choice` is the answer chosen, or None."""

    def __init__(self, question: str, answers: list[str]):
        self.question = question
        self.answers = answers
        self.choice = None
        page = Page([])
        size = {"width": "auto", "max_width": "100%"}
        self.buttons = [widgets.Button(description=answer, layout=size) for answer in answers]
        for answer in self.buttons:
            answer.on_click(self._choose)
        words = widgets.HTMLMath(f"<b>{html.escape(question)}</b>")
        layout = {"align_items": "flex-start"}
        super().__init__(page, [words, *self.buttons, page], layout=layout)
        if _chosen.get(question) in answers:
            self._mark(_chosen[question])

    def _choose(self, chosen: widgets.Button):
        _chosen[self.question] = chosen.description
        self._mark(chosen.description)
        self.keep()

    def _mark(self, choice: str):
        self.choice = choice
        for answer in self.buttons:
            is_it = answer.description == choice
            answer.icon, answer.button_style = ("check", "info") if is_it else ("", "")

    def reveal(self, answer: str, explanation: str) -> None:
        """Display the right answer and speak to the choice. ValueError if it was not offered."""
        if answer not in self.answers:
            raise ValueError(f"{answer!r} is none of the answers {self.answers}")
        if self.choice is None:
            told = _(
                "You made no prediction yet.\n\n<details><summary>Show the answer</summary>\n\n"
                "**{answer}.** {explanation}\n\n</details>"
            )
        elif self.choice == answer:
            told = _("**You were right: {answer}.** {explanation}")
        else:
            told = _("**Your prediction was “{choice}”. In fact: “{answer}”.** {explanation}")
        said = {"answer": answer, "choice": self.choice or "", "explanation": explanation}
        words = {name: _plain(text) for name, text in said.items()}
        stills.display_in_notebook(Markdown(told.format(**words)))

    def still(self) -> str:
        """Return the question and its answers as HTML; the one that was chosen has a mark."""
        items = (
            f"<li>{html.escape(answer)}{' ✓' if answer == self.choice else ''}</li>"
            for answer in self.answers
        )
        return f"<p><b>{html.escape(self.question)}</b></p>\n<ul>{''.join(items)}</ul>"


def _plain(text: str) -> str:
    """Return a text for Markdown, where the star of D* outside of a formula means a star."""
    return re.sub(r"(\$[^$]*\$)|\*", lambda found: found[1] or r"\*", text)
