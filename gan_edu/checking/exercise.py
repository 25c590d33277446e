"""What an exercise is, and what a learner gets back: a verdict, a hint, a solution."""

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

KINDS = ("predict", "compute", "code", "debug", "open")


class Wrong(Exception):
    """Raised anywhere in a check: its text is the sentence that the learner reads."""


class Unanswered(Exception):
    """Raised where there is nothing to judge yet; its text says what is missing."""


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One question, and everything that is known about its answers.

    name      "2.3": chapter and number
    kind      one of KINDS; "debug" hands out broken code
    minutes   how long it takes
    question  one line; the notebook asks it at length
    verify    (answer, numpy Generator) → None if right, else the sentence that says what is
              wrong and asks the next question; it may raise Wrong or Unanswered instead
    hints     up to three, each one says more
    answer    the right answer; a function bears the name that the notebook's cell gives it
    shown     how the answer is written into its cell, if its repr does not say enough
    solution  why, in Markdown; the code of `answer` is shown above it
    wrong     (answer, part of the sentence that it gets), one for each known mistake
    right     answers that are right too, written in another way
    insight   what to take away; read once the answer is right
    lecturer  what to ask the class, and what usually happens
    prepare   reads what the check needs, before the answer's time begins
    picture   an expression in the notebook's names, for the figure that a lecturer may expect
    """

    name: str
    kind: str
    minutes: int
    question: str
    verify: Callable[[Any, np.random.Generator], str | None]
    hints: tuple[str, ...]
    answer: Any
    solution: str
    wrong: tuple[tuple[Any, str], ...]
    right: tuple = ()
    shown: str = ""
    insight: str = ""
    lecturer: str = ""
    prepare: Callable[[], Any] = lambda: None
    picture: str = ""

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"{self.name}: kind must be one of {KINDS}, got {self.kind!r}")
        if not 1 <= len(self.hints) <= 3:
            raise ValueError(f"{self.name}: one to three hints, got {len(self.hints)}")

    def code(self) -> str:
        """Return the right answer as the code of a notebook's cell, without the check."""
        if callable(self.answer):
            return textwrap.dedent(inspect.getsource(self.answer)).rstrip()
        return f"answer = {self.shown or repr(self.answer)}"


@dataclass(frozen=True)
class Shown:
    """A text that a notebook shows as Markdown, and a console as it is."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return self.text


@dataclass(frozen=True, repr=False)
class Verdict(Shown):
    """What became of an answer: right is True, False, or None if there is none yet."""

    right: bool | None = None

    def __bool__(self) -> bool:
        return self.right is True
