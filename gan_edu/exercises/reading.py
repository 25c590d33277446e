"""Read an answer by what it says, not by its type: numbers, choices, arrays."""

from typing import Any

import numpy as np

from gan_edu.exercises.exercise import Unanswered, Wrong
from gan_edu.words import WORDS


def number(answer: Any) -> float:
    """Return a number given as int, float, NumPy or torch scalar; ±∞ is a number.

    Raises Unanswered for None and …, Wrong for NaN and for what is no single number.
    """
    found = numbers(answer)
    if found.size != 1:
        raise Wrong(WORDS["ask_number"].format(kind=f"{found.size}"))
    return float(found.reshape(()))


def numbers(answer: Any, shape: tuple[int, ...] | None = None) -> np.ndarray:
    """Return numbers given as list, tuple, array or tensor, as float64 of the asked shape.

    Raises as `number`, and Wrong for another shape.
    """
    if answer is None or answer is Ellipsis:
        raise Unanswered(WORDS["no_answer"])
    try:
        if hasattr(answer, "detach"):
            answer = answer.detach().cpu().numpy()
        found = np.asarray(answer)
        if found.dtype.kind not in "iufO":  # a fraction is an object
            raise TypeError
        found = found.astype(float)
    except (TypeError, ValueError, RuntimeError):
        raise Wrong(WORDS["ask_numbers"].format(kind=type(answer).__name__)) from None
    if np.isnan(found).any():
        raise Wrong(WORDS["is_nan"])
    if shape is not None and found.shape != shape:
        raise Wrong(WORDS["ask_shape"].format(asked=shape, got=found.shape))
    return found


def choice(answer: Any, options: tuple[str, ...]) -> str:
    """Return the option that the answer names, whatever its capitals and spaces.

    Raises Unanswered for None and …, Wrong for anything that is no option.
    """
    if answer is None or answer is Ellipsis:
        raise Unanswered(WORDS["no_answer"])
    for option in options:
        if " ".join(str(answer).split()).lower() == option.lower():
            return option
    raise Wrong(WORDS["ask_choice"].format(options=", ".join(f'"{o}"' for o in options)))


def close(found: Any, expected: Any, tolerance: float = 1e-6) -> bool:
    """Tell whether all numbers agree within `tolerance`, absolute below 1 and relative above.

    ∞ agrees with ∞. Shapes must broadcast to the expected one.
    """
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    if found.shape != expected.shape and found.size != 1:
        return False
    return bool(np.allclose(found, expected, rtol=tolerance, atol=tolerance))
