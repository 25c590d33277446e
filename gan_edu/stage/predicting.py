"""A question before an experiment: `predict`, and what became of all of them: `surprises`."""

import html
import re
from collections.abc import Sequence

import ipywidgets as widgets
import traitlets
from IPython import get_ipython
from IPython.core.interactiveshell import ExecutionInfo
from IPython.display import Markdown

from gan_edu import record
from gan_edu.language import CLAUSES, LONG_CLAUSES, joined, later, ngettext
from gan_edu.language import gettext as _
from gan_edu.stage import painting, sketching, stills
from gan_edu.stage.cells import remember
from gan_edu.stage.page import LiveBox, Page
from gan_edu.stage.sketching import Curve, Part, Sketch

KEPT = "predictions"  # their part of the learner's file
LONGEST = 300  # letters of a reason

# What folds an answer for those who have not chosen; slides open it again.
UNANSWERED = later(
    "You made no prediction yet.\n\n<details><summary>Show the answer</summary>\n\n"
    "{hidden}\n\n</details>"
)
NEVER_ASKED = later(
    "The question was not asked yet: run the cell that ends with `{name}`, then this one again.\n\n"
    "<details><summary>Show the answer</summary>\n\n{hidden}\n\n</details>"
)
REVEALS = re.compile(r"^(\w+)\.reveal\(", re.MULTILINE)

_asked: dict[str, None] = {}  # the questions of this kernel, in their order


def predict(question: str, answers: list[str] | Sketch) -> "Choice | Drawing":
    """Ask for a prediction before an experiment: a button for each answer, or axes to draw on.

    What was chosen or drawn, and why, is kept in the learner's file, and stands there again when
    the question is asked again; `.reveal` speaks to it. Raises ValueError unless there are axes
    of `sketch`, or two different answers or more.
    """
    if isinstance(answers, Sketch):
        return remember(Drawing(question, answers))
    if isinstance(answers, str) or len(answers) < 2 or len(set(answers)) < len(answers):
        raise ValueError(f"answers must be a list of two or more different ones, got {answers!r}")
    return remember(Choice(question, list(answers)))


class Prediction(LiveBox):
    """A question, what is answered with, and a line for the reason once there is an answer."""

    def __init__(self, question: str, fields: list[widgets.Widget]):
        self.question = question
        _asked[question] = None
        said = str(self.known.get("because", ""))
        self.because = widgets.Text(
            said,
            placeholder=_("because … (if you like)"),
            layout={"width": "480px", "max_width": "100%"},
        )
        self.because.observe(self._give_reason, "value")
        self._offer_reason()
        words = widgets.HTMLMath(f"<b>{html.escape(question)}</b>")
        page = Page()
        layout = {"align_items": "flex-start"}
        super().__init__(page, [words, *fields, self.because, page], layout=layout)

    @property
    def known(self) -> dict:
        """Return what is kept of this question."""
        return record.recall(KEPT, self.question)

    def _note(self, **facts: str | int):
        record.note(self.question, KEPT, **facts)
        self._offer_reason()

    def _offer_reason(self):
        answered = self.known.get("choice") or self.known.get("drawn")
        self.because.layout.display = None if answered else "none"

    def _give_reason(self, change):
        self._note(because=change["new"][:LONGEST])

    def _tell(self, answered: str, hidden: str, right: bool | None, said: str) -> None:
        """Display what stands for an answer, or hide it if there is none; note what was said."""
        if right is None:
            told = _(UNANSWERED).format(hidden=hidden)
        else:
            told = answered
            if "right" not in self.known:  # a second try is no surprise
                self._note(right=int(right), said=said)
            if self.because.value.strip():
                reason = _quoted(self.because.value.strip())
                told += _("\n\nYour reason was: *{reason}*").format(reason=reason)
        stills.display_in_notebook(Markdown(told))


class Choice(Prediction):
    """What `predict` returns for a list of answers; `choice` is the one chosen, or None."""

    def __init__(self, question: str, answers: list[str]):
        self.answers = answers
        self.choice = None
        size = {"width": "auto", "max_width": "100%"}
        self.buttons = [widgets.Button(description=answer, layout=size) for answer in answers]
        for answer in self.buttons:
            answer.on_click(self._choose)
        super().__init__(question, list(self.buttons))
        if self.known.get("choice") in answers:
            self._mark(self.known["choice"])

    def _choose(self, chosen: widgets.Button):
        self._note(choice=chosen.description)
        self._mark(chosen.description)
        self.keep()

    def _mark(self, choice: str):
        self.choice = choice
        for answer in self.buttons:
            is_it = answer.description == choice
            answer.icon, answer.button_style = ("circle", "info") if is_it else ("", "")

    def reveal(self, answer: str, explanation: str) -> None:
        """Display the right answer and speak to the choice. ValueError if it was not offered."""
        if answer not in self.answers:
            raise ValueError(f"{answer!r} is none of the answers {self.answers}")
        if self.choice == answer:
            told = _("**You were right: {answer}.** {explanation}")
        else:
            told = _("**Your prediction was “{choice}”. In fact: “{answer}”.** {explanation}")
        said = {"answer": answer, "choice": self.choice or "", "explanation": explanation}
        words = {name: _plain(text) for name, text in said.items()}
        hidden = _("**{answer}.** {explanation}").format(**words)
        right = None if self.choice is None else self.choice == answer
        self._tell(told.format(**words), hidden, right, self.choice or "")

    def still(self) -> str:
        """Return the question and its answers as HTML; the one that was chosen has a mark."""
        items = (
            f"<li>{html.escape(answer)}{' ✓' if answer == self.choice else ''}</li>"
            for answer in self.answers
        )
        how = _("Run this cell to answer.")
        answers = f"<ul>{''.join(items)}</ul>\n<small>{how}</small>"
        return f"<p><b>{html.escape(self.question)}</b></p>\n{answers}"


class Drawing(Prediction):
    """What `predict` returns for axes; `heights` is what was drawn in each column, or None."""

    def __init__(self, question: str, axes: Sketch):
        self.axes = axes
        drawn = record.recall(KEPT, question).get("drawn", "")
        self.pad = sketching.SketchPad(axes, sketching.read(str(drawn)))
        self.pad.layout.width = "100%"
        self.pad.observe(self._drawn, "heights")
        super().__init__(question, [self.pad])

    @property
    def heights(self) -> Sequence[float | None]:
        """Return what was drawn in each column, or None."""
        return self.pad.heights

    def _drawn(self, _: traitlets.Bunch):
        self._note(drawn=sketching.written(self.heights))
        self.keep()

    def reveal(self, curve: Curve, explanation: str, *parts: Part) -> None:
        """Display the true curve over the sketch, and say in each part how far they are apart.

        `curve` is a function of x, or the x and the y of points on it. The sketch was right if all
        parts were.
        """
        drawn = sketching.joined(self.axes, self.heights)
        true = sketching.values(curve, self.axes.columns())
        compared = [part.compare(self.axes, drawn, true) for part in parts]
        said = joined((clause for _right, clause in compared), LONG_CLAUSES)
        picture = self._picture(curve, said)
        answer = _plain(said[:1].upper() + said[1:])
        words = _("**{answer}.** {explanation}").format(
            answer=answer, explanation=_plain(explanation)
        )
        wrong = [clause for right, clause in compared if clause and not right]
        right = not wrong if said else None
        shown = f"{picture}\n\n{_plain(explanation)}"
        self._tell(f"{picture}\n\n{words}", shown, right, joined(wrong, LONG_CLAUSES))

    def _picture(self, curve: Curve | None = None, said: str = "") -> str:
        figure = sketching.figure(self.axes, self.heights, curve)
        drawn = any(y is not None for y in self.heights)  # empty axes are small in saved notebooks
        code = painting.png(painting.render(figure, painting.SHARP if drawn else 1), small=True)
        alt = (
            _("Your sketch and the true curve: {said}.").format(said=said)
            if said
            else self.axes.alt
        )
        return stills.picture_html(code, alt)

    def still(self) -> str:
        """Return the question and the axes with what was drawn, as HTML."""
        return f"<p><b>{html.escape(self.question)}</b></p>\n{self._picture()}"


class NeverAsked:
    """What stands for a prediction whose cell was skipped, so that its answer is no NameError."""

    def __init__(self, name: str):
        self.name = name

    def reveal(self, *answer: object) -> None:
        """Display where the question is, and fold the answer."""
        hidden = "\n\n".join(_plain(words) for words in answer if isinstance(words, str))
        stills.display_in_notebook(Markdown(_(NEVER_ASKED).format(name=self.name, hidden=hidden)))


def stand_in(cell: ExecutionInfo) -> None:
    """Put something in the place of the predictions which a cell reveals and nobody has asked."""
    for name in REVEALS.findall(cell.raw_cell or ""):
        shell.user_ns.setdefault(name, NeverAsked(name))


if shell := get_ipython():
    shell.events.register("pre_run_cell", stand_in)


def surprises() -> Markdown:
    """Return which of the predictions in this notebook came out otherwise, and why one thought so.

    Before any was asked in this kernel, it is those of all chapters.
    """
    kept = record.load(KEPT)
    entries = {q: record.recall(KEPT, q) for q in _asked} or kept
    revealed = {question: facts for question, facts in entries.items() if "right" in facts}
    lines = [_line(question, facts) for question, facts in revealed.items() if not facts["right"]]
    if not revealed:
        text = _("You have made no prediction here yet that was answered.")
    elif not lines:
        text = ngettext(
            "No surprise: {n} prediction, and it was right.",
            "No surprise: all {n} predictions were right.",
            len(revealed),
        ).format(n=len(revealed))
    else:
        head = _("**You were surprised by {n} of {of}:**").format(n=len(lines), of=len(revealed))
        text = "\n".join([head, "", *lines])
    return Markdown(f"{text}\n\n{record.trouble()}".strip())


def _line(question: str, facts: dict) -> str:
    words = "{said}" if facts.get("drawn") else _("you said “{said}”")
    said = words.format(said=_quoted(str(facts.get("said", ""))))
    reason = _quoted(str(facts.get("because", "")).strip())
    because = _("*because {reason}*").format(reason=reason) if reason else ""
    return _("- {question} — {said}").format(
        question=_quoted(question), said=joined([said, because], CLAUSES)
    )


def _plain(text: str) -> str:
    """Return a text for Markdown, where the star of D* outside of a formula means a star."""
    return re.sub(r"(\$[^$]*\$)|\*", lambda found: found[1] or r"\*", text)


def _quoted(text: str) -> str:
    """Return words from a learner's file, in one line of Markdown: with formulas, without links."""
    line = html.escape(" ".join(text.split()))
    return re.sub(r"(\$[^$]*\$)|[*\[\]]", lambda found: found[1] or rf"\{found[0]}", line)
