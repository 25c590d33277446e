"""Read an answer by what it says, not by its type: numbers, choices, arrays."""

import re
import unicodedata
from typing import Any

import numpy as np

from gan_edu.checking.exercise import Unanswered, Wrong
from gan_edu.checking.guard import modest
from gan_edu.language import ITEMS, joined
from gan_edu.language import gettext as _


def asked(answer: Any) -> Any:
    """Return an answer; raises Unanswered for None and …, which stand where one should be."""
    if answer is None or answer is Ellipsis:
        raise Unanswered(
            _("Put your answer in the place of the dots or of `None`, and run the cell again.")
        )
    return answer


def number(answer: Any) -> float:
    """Return a number given as int, float, NumPy or torch scalar; ±∞ is a number.

    Raises Unanswered for None and …, Wrong for NaN and for what is no single number.
    """
    found = numbers(answer)
    if found.size != 1:
        raise Wrong(_("One number is asked for, and these are {kind}."), kind=found.size)
    return float(found.reshape(()))


def numbers(answer: Any, shape: tuple[int, ...] | None = None) -> np.ndarray:
    """Return numbers given as list, tuple, array or tensor, as float64 of the asked shape.

    Raises as `number`, and Wrong for another shape.
    """
    asked(answer)
    try:
        found = np.asarray(_without_slopes(answer))
        if found.dtype.kind not in "iufO":  # a fraction is an object
            raise TypeError
        found = found.astype(float)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        words = _("A number (or several) is asked for; this is of type {kind}.")
        raise Wrong(words, kind=type(answer).__name__) from None
    if np.isnan(found).any():
        raise Wrong(_("This is NaN, no number. Is there a 0/0, an ∞ − ∞, or a log of less than 0?"))
    if shape is not None and found.shape != shape:
        words = _("The shape should be {asked}, and it is {got}.")
        raise Wrong(words, asked=shape, got=found.shape)
    return found


def _without_slopes(answer: Any) -> Any:
    """Return tensors as arrays, in lists and tuples too."""
    if isinstance(answer, list | tuple):
        return [_without_slopes(element) for element in modest(answer)]
    return modest(answer).detach().cpu().numpy() if hasattr(answer, "detach") else modest(answer)


def choice(answer: Any, options: tuple[str, ...]) -> str:
    """Return the option that the answer names, whatever its capitals, spaces, accents and stops.

    The answer may be in English or in the language of now.
    Raises Unanswered for None and …, Wrong for anything that is no option.
    """
    if isinstance(asked(answer), list | tuple) and len(answer) == 1:
        answer = answer[0]
    for option in options:
        if _bare(str(answer)) in (_bare(option), _bare(_(option))):
            return option
    words = _("Choose one of these, with its quotation marks: {options}.")
    raise Wrong(words, options=joined((f'"{_(o)}"' for o in options), ITEMS))


def _bare(text: str) -> str:
    """Return what is left of an answer without all that one may write differently."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(c for c in plain if not c.isspace() and not unicodedata.combining(c))
    return re.sub(r"[|∥‖]+", "‖", letters).strip(".,;:!?\"'`“”‘’„«»*。、「」『』")


def close(found: Any, expected: Any, tolerance: float = 1e-6) -> bool:
    """Tell whether all numbers agree within `tolerance`, absolute below 1 and relative above.

    ∞ agrees with ∞. Shapes must broadcast to the expected one.
    """
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    if found.shape != expected.shape and found.size != 1:
        return False
    return bool(np.allclose(found, expected, rtol=tolerance, atol=tolerance))


def apart(found: float, wanted: float) -> tuple[str, str]:
    """Return both numbers with enough digits, three at least, to see that they differ."""
    for digits in range(3, 17):
        said = f"{found:.{digits}g}", f"{wanted:.{digits}g}"
        if said[0] != said[1]:
            break
    return said
