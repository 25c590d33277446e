"""Known mistakes of a function: an answer that does what one of them does hears its sentence."""

from collections.abc import Callable, Sequence

import numpy as np

from gan_edu.exercises.guard import call
from gan_edu.exercises.reading import close, numbers

Slips = tuple[tuple[Callable, str], ...]  # functions that are wrong, and what to say of each

ASK = "Take a case that you can work out by hand: what should come out there?"


def compare(
    answer: Callable, right: Callable, slips: Slips, cases: Sequence[tuple],
    measure: Callable = call, tolerance: float = 1e-6, otherwise: str | None = None,
) -> str | None:  # fmt: skip
    """Return None if answer(*case) is right(*case) for all cases, else what is wrong with it.

    That is the sentence of the slip that returns the same for all cases; else `otherwise` or the
    first case that is off. `measure(function, *case)` returns the numbers to compare, by default
    what the function returns; `tolerance` as in `close`. Raises what `measure` and `numbers` raise.
    """

    def found_by(function: Callable) -> list[np.ndarray]:
        return [numbers(measure(function, *case)) for case in cases]

    def alike(one: list, other: list) -> bool:
        return all(close(a, b, tolerance) for a, b in zip(one, other, strict=True))

    found, wanted = found_by(answer), found_by(right)
    if alike(found, wanted):
        return None
    for slip, sentence in slips:
        if alike(found, found_by(slip)):
            return sentence
    pairs = zip(cases, found, wanted, strict=True)
    off = next((case, there) for case, there, want in pairs if not close(there, want, tolerance))
    return otherwise or f"For {_said(off[0])} it gives {_said(off[1])}. {ASK}"


def _said(values: np.ndarray | tuple) -> str:
    flat = [f"{value:.4g}" for value in np.ravel(values)]
    return flat[0] if len(flat) == 1 else f"({', '.join(flat)})"
