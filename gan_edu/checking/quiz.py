"""Short questions, of a warm-up or a test: a choice or a number, and a sentence for each answer."""

import re
from dataclasses import dataclass
from fractions import Fraction
from math import isclose, log
from pathlib import Path
from typing import Any

from gan_edu.checking.exercise import Exercise, Wrong
from gan_edu.checking.prose import Prose, unwrapped
from gan_edu.checking.reading import choice, number
from gan_edu.language import gettext as _

ROUGH = 0.01  # how far a number may be off, as a share of it
OTHERWISE = "else"  # stands for all other numbers


@dataclass(frozen=True, kw_only=True)
class Question(Exercise):
    """An exercise of one line: one of its `options` is asked for, or a number if there are none."""

    options: tuple[str, ...] = ()


def read(path: Path) -> tuple[Question, ...]:
    """Return the questions of a file, in its order.

    `# 1.w1 What is it?` is followed by a `+ answer:: sentence` and some `- mistake:: sentence`;
    with a sentence for what is `else`, the answer is a number. Raises ValueError, naming the
    question, for one that has not one right answer and two mistakes at least.
    """
    parts = re.split(r"^# (\d+\.\w+) ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return tuple(_parsed(*pair) for pair in zip(parts[::2], parts[1::2], strict=True))


def typed(answer: Any) -> Any:
    """Return the number that a text means: "1/2", "0,5", "50 %", "−log 4"; else what was given."""
    if not isinstance(answer, str):
        return answer
    text = answer.strip().lower().replace("−", "-").replace(",", ".").replace("ln", "log")
    found = re.fullmatch(r"(-?)(log)?[ (]*([\d.]+(?:/[\d.]+)?)[ )]*(%?)", text)
    try:
        sign, logarithm, digits, percent = found.groups() if found else ("", "", "", "")
        top, bottom = [*digits.split("/"), "1"][:2]
        size = float(Fraction(top) / Fraction(bottom))
    except (ValueError, ZeroDivisionError):
        words = _("“{answer}” is no number. Write one like 0.5, 1/2, 50 % or log 2.")
        raise Wrong(words, answer=answer) from None
    size = log(size) if logarithm and size else size
    return (-size if sign else size) / (100 if percent else 1)


def _parsed(name: str, body: str) -> Question:
    words, *rest = re.split(r"^([+-]) ", body, flags=re.MULTILINE)
    written = [" ".join(text.split()) for text in rest[1::2]]
    a_number = any(text.startswith(f"{OTHERWISE}::") for text in written)
    told = [(text if a_number else _(text), _(text)) for text in written]  # a number is no word
    answers = [text.partition("::")[0] for text, _sentence in told]
    right = [answer for sign, answer in zip(rest[::2], answers, strict=True) if sign == "+"]
    sentences = [text.partition("::")[2].strip() for _answer, text in told]
    said = dict(zip(answers, sentences, strict=True))
    if len(right) != 1 or len(said) < 3 or not all(said.values()):
        raise ValueError(f"{name}: one right answer, two mistakes, a sentence for each")
    mistakes = {answer: said[answer] for answer in said if answer != right[0]}
    text = Prose(
        name=name, title=unwrapped(words), kind="compute" if a_number else "predict",
        minutes=1, hints=(), solution=said[right[0]], insight=said[right[0]], lecturer="",
        mistakes=mistakes,
    )  # fmt: skip
    return _of_number(text, right[0]) if a_number else _of_choice(text, right[0], answers)


def _of_choice(text: Prose, right: str, options: list[str]) -> Question:
    def verify(answer, rng):
        chosen = choice(answer, tuple(options))
        return None if chosen == right else chosen

    wrong = tuple((option, option) for option in options if option != right)
    return Question(text=text, verify=verify, answer=right, wrong=wrong, options=tuple(options))


def _about(found: float, wanted: float) -> bool:
    return isclose(found, wanted, rel_tol=ROUGH, abs_tol=1e-9)


def _of_number(text: Prose, right: str) -> Question:
    known = {mistake: typed(mistake) for mistake in text.mistakes if mistake != OTHERWISE}
    wanted = typed(right)

    def verify(answer, rng):
        found = number(typed(answer))
        if _about(found, wanted):
            return None
        return next((m for m, value in known.items() if _about(found, value)), OTHERWISE)

    wrong = ((wanted + 17.3, OTHERWISE), *((value, mistake) for mistake, value in known.items()))
    right_too = (right, str(wanted), [wanted], f"{wanted:.4f}".replace(".", ","))
    return Question(text=text, verify=verify, answer=wanted, wrong=wrong, right=right_too)
