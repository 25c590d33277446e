"""Parsons puzzles: lines of a program to put in order, with wrong ones among them.

An order is as right as what it does: the assembled program is played, and its outcome compared.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any

import numpy as np

from gan_edu.checking.exercise import Exercise, Unanswered, Wrong
from gan_edu.checking.prose import Prose
from gan_edu.language import ITEMS, joined, later
from gan_edu.language import gettext as _

Names = dict[str, Any]
Orders = tuple[tuple[str, str, str], ...]  # first, second, and the mistake if they are swapped
# What `of_lines` must know of the lines "zero", "back" and "step", wherever one step is taken.
ONE_STEP = (("zero", "back", "zero_after_backward"), ("back", "step", "step_before_backward"))

ELSEWHERE = later(
    "It runs, and leaves the parameters elsewhere than the program that is asked for."
)


@dataclass(frozen=True, kw_only=True)
class Puzzle(Exercise):
    """An exercise whose answer is an order of `lines`, as letters: "cab"; some belong nowhere."""

    lines: dict[str, str]


@dataclass(frozen=True)
class Stage:
    """Where a program is played: `begin()` returns the names that it knows and, for each iteration,
    those of its batch; `watch(names)` returns the numbers that the program has changed.
    """

    begin: Callable[[], tuple[Names, list[Names]]]
    watch: Callable[[Names], list[np.ndarray]]

    def play(self, code: str) -> list[np.ndarray]:
        """Return what the program leaves behind; raises whatever it raises."""
        names, iterations = self.begin()
        for batch in iterations:
            names |= batch
            exec(compile(code, "<puzzle>", "exec"), names)
        return self.watch(names)


def of_lines(
    text: Prose, played: Stage, right: dict[str, str], wrong: dict[str, str], orders: Orders
) -> Puzzle:
    """Return the puzzle of the `right` lines, by name, in an order that is right.

    The prose has a sentence for each name in `wrong`; for each (first, second, mistake) in
    `orders`, under the mistake's name; and, if it likes, for a line that is left out: "no_name".
    """
    codes = right | wrong
    letter = _letters(text.name, codes)
    model = "\n".join(right.values())

    def verify(answer, rng):
        names = _read(answer, letter, codes)
        found, stopped = _outcome(played, "\n".join(codes[name] for name in names))
        if found is not None and _alike(found, played.play(model)):
            return _idle([codes[name].strip() for name in names if name in wrong])
        return _fault(text, names, right, wrong, orders) or stopped or _(ELSEWHERE)

    def spelt(names: list[str]) -> str:
        return "".join(letter[name] for name in names)

    answer = spelt([*right])
    instead = [(spelt(_with(right, name)), name) for name in wrong]
    swapped = [(spelt(_swapped([*right], *order[:2])), order[2]) for order in orders]
    return Puzzle(
        text=text, verify=verify, answer=answer, wrong=(*instead, *swapped),
        lines={letter[name]: codes[name] for name in letter},
        right=(" ".join(answer.upper()), list(answer), [*right.values()]),
        prepare=lambda: played.play(model),  # loads PyTorch, before the time begins
    )  # fmt: skip


def _letters(puzzle: str, codes: dict[str, str]) -> dict[str, str]:
    """Return a letter for each name of a line, in an order that tells nothing."""
    shuffled = sorted(codes)
    random.Random(puzzle).shuffle(shuffled)
    return dict(zip(shuffled, ascii_lowercase, strict=False))


def _idle(codes: list[str]) -> str | None:
    """Return what is said of lines that a right program does not need, if there are any."""
    words = _("It does what is asked for, but `{line}` has no part in that: leave it out.")
    return words.format(line=codes[0]) if codes else None


def _read(answer: Any, letters: dict[str, str], codes: dict[str, str]) -> list[str]:
    """Return the names of the lines that an answer has, given as letters or as the lines."""
    names = {key: name for name, key in letters.items()} | {c: name for name, c in codes.items()}
    parts = re.findall(r"[a-z]", answer.lower()) if isinstance(answer, str) else answer
    if not isinstance(parts, list | tuple) or not parts:
        raise Unanswered(_("Put lines into your program first."))
    for part in parts:
        if str(part) not in names:
            words = _("The lines have the letters {letters}; there is no “{part}”.")
            raise Wrong(words, letters=joined(sorted(letters.values()), ITEMS), part=part)
    found = [names[str(part)] for part in parts]
    if len(set(found)) < len(found):
        raise Wrong(_("Use each line once."))
    return found


def _outcome(played: Stage, code: str) -> tuple[list[np.ndarray] | None, str]:
    """Return what a program leaves behind, or None and why it stops."""
    try:
        return played.play(code), ""
    except Exception as error:  # whatever lines in a wrong order do
        words = _("It stops with {error}: what does each line need from those above it?")
        return None, words.format(error=f"{type(error).__name__}: {error}".splitlines()[0][:120])


def _alike(found: list[np.ndarray], wanted: list[np.ndarray]) -> bool:
    return all(np.allclose(a, b, rtol=1e-5, atol=1e-6) for a, b in zip(found, wanted, strict=True))


def _fault(text: Prose, names: list[str], right: dict, wrong: dict, orders: Orders) -> str | None:
    """Return the first mistake that has a sentence: a wrong line, a wrong order, a missing line."""
    for name in names:
        if name in wrong:
            return name
    for first, second, mistake in orders:
        if first in names and second in names and names.index(first) > names.index(second):
            return mistake
    missing = [name for name in right if name not in names]
    if missing:
        words = _("It needs another line: compare with what each line needs from those above it.")
        return f"no_{missing[0]}" if f"no_{missing[0]}" in text.mistakes else words
    return None


def _with(right: dict[str, str], wrong: str) -> list[str]:
    """Return the right lines with a wrong one in the place of the one that it is named after.

    "zero_d_late" belongs to "zero_d".
    """
    names = [*right]
    places = [i for i, name in enumerate(names) if wrong.startswith(name)]
    if places:
        names[max(places, key=lambda i: len(names[i]))] = wrong
    return names


def _swapped(names: list[str], first: str, second: str) -> list[str]:
    """Return the names with `first` moved to just behind `second`."""
    names.remove(first)
    names.insert(names.index(second) + 1, first)
    return names


def two_players(iterations: int = 2, batches: int = 1) -> tuple[Names, list[Names]]:
    """Return the names of a tiny GAN, and for each iteration x_real and z, or `batches` of them.

    Both networks and the average of the generator are the same each time; steps are plain SGD.
    """
    import torch
    from torch.nn.functional import logsigmoid

    from gan_edu import losses
    from gan_edu.networks import mlp

    with torch.random.fork_rng():
        torch.manual_seed(0)
        generator, discriminator = mlp((1, 4, 1), "tanh"), mlp((1, 4, 1), "tanh")
        draws = [[(torch.randn(8, 1) + 1, torch.randn(8, 1)) for _ in range(batches)]
                 for _ in range(iterations)]  # fmt: skip
    names = {
        "torch": torch, "logsigmoid": logsigmoid, "SGD": torch.optim.SGD,
        "generator": generator, "discriminator": discriminator,
        "discriminator_loss": losses.discriminator_loss,
        "generator_non_saturating": losses.generator_non_saturating,
        "opt_g": torch.optim.SGD(generator.parameters(), lr=0.1),
        "opt_d": torch.optim.SGD(discriminator.parameters(), lr=0.1),
    }  # fmt: skip
    return names, [{"batches": drawn, "x_real": drawn[0][0], "z": drawn[0][1]} for drawn in draws]


def parameters(*players: str) -> Callable[[Names], list[np.ndarray]]:
    """Return what reads the parameters of the players of these names."""

    def watch(names: Names) -> list[np.ndarray]:
        return [p.detach().numpy() for name in players for p in names[name].parameters()]

    return watch
