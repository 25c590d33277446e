"""What an exercise is, and what a learner gets back: a verdict, a hint, a solution."""

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gan_edu.checking.prose import Prose
from gan_edu.language import SENTENCES, joined
from gan_edu.language import gettext as _


class Wrong(Exception):
    """Raised anywhere in a check, with what a `verify` may return; values go into its braces."""

    def __init__(self, fault: "Fault | str", **values: object):
        super().__init__(fault.format(**values) if isinstance(fault, str) and values else fault)


class Unanswered(Exception):
    """Raised where there is nothing to check yet; its text says what is missing."""


class Fault:
    """A mistake that its exercise's prose has a sentence for, and the values in its braces.

    `Fault("off", by=0.3) + "look_at_ends"` has two sentences.
    """

    def __init__(self, name: str, **values: object):
        self.parts = [(name, values)]

    def __add__(self, other: "Fault | str") -> "Fault":
        both = Fault("")
        both.parts = self.parts + (other if isinstance(other, Fault) else Fault(other)).parts
        return both


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One question, and everything that is known about its answers.

    text      what it says
    verify    (answer, numpy Generator) → None if right, else what is wrong: a `Fault`, the name of
              one without values, or a sentence; it may raise Wrong or Unanswered instead
    answer    the right answer; a function bears the name that the notebook's cell gives it
    shown     how the answer is written into its cell, if its repr does not say enough
    wrong     (answer, its mistake's name or part of its sentence), one for each known mistake
    right     answers that are right too, written in another way
    prepare   reads what the check needs, before the answer's time begins
    picture   code in the notebook's names whose last line is a figure: what a lecturer may expect
    """

    text: Prose
    verify: Callable[[Any, np.random.Generator], "Fault | str | None"]
    answer: Any
    wrong: tuple[tuple[Any, "Fault | str"], ...]
    right: tuple[Any, ...] = ()
    shown: str = ""
    prepare: Callable[[], Any] = lambda: None
    picture: str = ""

    def code(self) -> str:
        """Return the right answer as the code of a notebook's cell, without the check."""
        if callable(self.answer):
            return textwrap.dedent(inspect.getsource(self.answer)).rstrip()
        answer = _(self.answer) if isinstance(self.answer, str) else self.answer
        return f"answer = {self.shown or repr(answer)}"

    @property
    def name(self) -> str:
        """Its chapter and number: "2.3"."""
        return self.text.name

    def sentence(self, fault: "Fault | str") -> str:
        """Return what the learner reads of a fault."""
        if isinstance(fault, str):
            return self.text.mistakes.get(fault, fault)
        said = [self.text.mistakes.get(n, n).format(**values) for n, values in fault.parts]
        return joined(said, SENTENCES)


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
    """What became of an answer: right is True, False, or None if there is none yet.

    `told` is the text without its mark, the exercise's name and hints: what there is to learn.
    """

    right: bool | None = None
    told: str = ""

    def __bool__(self) -> bool:
        return self.right is True
