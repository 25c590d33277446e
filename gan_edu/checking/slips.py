"""Known mistakes of a function: an answer that does what one of them does hears its sentence."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gan_edu.checking.exercise import Exercise, Fault, Unanswered, Wrong
from gan_edu.checking.guard import call
from gan_edu.checking.prose import Prose
from gan_edu.checking.reading import apart, choice, close, numbers
from gan_edu.language import gettext as _
from gan_edu.language import later

Told = Fault | str  # what is wrong with an answer: its fault, or the name of one without values
Slips = Sequence[tuple[Callable[..., Any], Told]]  # functions that are wrong, and what to say

MOST_SAID = 6  # numbers in a sentence
ASK = later("Take a case that you can work out by hand: what should come out there?")


def compare(
    answer: Callable[..., Any],
    right: Callable[..., Any],
    slips: Slips,
    cases: Sequence[Sequence[Any]],
    measure: Callable[..., Any] = call,
    tolerance: float = 1e-6,
    otherwise: Told | None = None,
) -> Told | None:
    """Return None if answer(*case) is right(*case) for all cases, else what is wrong with it.

    That is the sentence of the slip that returns the same for all cases; else `otherwise` or the
    first case that is off. `measure(function, *case)` returns the numbers to compare, by default
    what the function returns; `tolerance` as in `close`. Raises what `measure` and `numbers` raise.
    """

    def found_by(function: Callable) -> list[np.ndarray]:
        return [numbers(measure(function, *case)) for case in cases]

    def alike(one: list, other: list) -> bool:
        return all(close(a, b, tolerance) for a, b in zip(one, other, strict=True))

    def does_as(slip: Callable) -> bool:
        try:
            return alike(found, found_by(slip))
        except (Wrong, Unanswered):  # here the slip has no value, and the answer has
            return False

    found, wanted = found_by(answer), found_by(right)
    if alike(found, wanted):
        return None
    for slip, sentence in slips:
        if does_as(slip):
            return sentence
    return otherwise or _first_off(cases, found, wanted, tolerance)


def of_choice(text: Prose, options: dict[str, str | None], right: tuple[Any, ...]) -> Exercise:
    """Return the exercise of a choice; each option names its mistake, or None if it is right.

    An option is marked, and may be chosen in English or in the language of now.
    """
    (answer,) = (option for option, mistake in options.items() if mistake is None)
    return Exercise(
        text=text,
        verify=lambda answer, rng: options[choice(answer, tuple(options))],
        answer=answer,
        wrong=tuple((option, mistake) for option, mistake in options.items() if mistake),
        right=right,
    )


def _first_off(cases: Sequence[Sequence[Any]], found: list, wanted: list, tolerance: float) -> str:
    """Say of the first case that is off what comes out there."""
    triples = zip(cases, found, wanted, strict=True)
    case, there, want = next(t for t in triples if not close(t[1], t[2], tolerance))
    if all(isinstance(value, int | float) for value in case):
        words = _("For {case} it gives {found}. {ask}")
        return words.format(case=_said(case), found=_said(there), ask=_(ASK))
    numbers(there, want.shape)
    i = np.argmax(np.abs(there - want))
    here, right = apart(there.flat[i], want.flat[i])
    words = _("Here it gives {found}, and {right} is right. {ask}")
    return words.format(found=here, right=right, ask=_(ASK))


def _said(values: np.ndarray | Sequence[float]) -> str:
    flat = [f"{value:.4g}" for value in np.ravel(np.asarray(values))[:MOST_SAID]]
    return flat[0] if len(flat) == 1 else f"({', '.join(flat)})"
