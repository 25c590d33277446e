"""What can go wrong in the playground: games that do, detectors that tell, one change that helps.

A detector reads what a game has noted, never its settings: so it judges a learner's own games as
well as the presets.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gan_edu.chapters.ch07_playground.playground import Playground, load
from gan_edu.chapters.ch07_playground.signs import Mark, Truth, lately, turning
from gan_edu.checking.exercise import Shown
from gan_edu.language import gettext as _
from gan_edu.words import WORDS

_WELL = {"playground": 1}
_EAGER = {**_WELL, "loss": "non-saturating"}
PRESETS = {
    "all well": _WELL,
    "collapse": {**_EAGER, "lr_d": 0.05, "d_steps": 5, "sign": "reached"},
    "vanishing gradient": {**_WELL, "lr_d": 0.01, "d_steps": 10, "sign": "passed"},
    "D too strong": {**_EAGER, "lr_d": 0.02, "lr_g": 1e-4, "sign": "accuracy"},
    "D too weak": {**_WELL, "lr_d": 1e-4, "width_d": 32, "sign": "accuracy"},
    "cycling": {
        "playground": 1, "target": "1-D normal", "noise": "1-D uniform", "loss": "Wasserstein, "
        "penalty", "layers_g": 1, "layers_d": 1, "width_g": 16, "width_d": 8, "batch_size": 64,
        "optimiser_d": "SGD", "lr_d": 0.01, "sign": "mean",
    },
}  # fmt: skip
# How long a preset takes to show what its name says; a cure takes at least `CURED_AFTER`.
ROUNDS = {
    "all well": 500, "collapse": 500, "vanishing gradient": 200, "D too strong": 100,
    "D too weak": 300, "cycling": 1200,
}  # fmt: skip
CURED_AFTER = 600
# One change each, of which every one is enough for the preset. Another game that fails in the same
# way may need another change.
CURES = {
    "collapse": {"lr_d": 5e-4},
    "vanishing gradient": {"d_steps": 1, "lr_d": 2e-4},
    "D too strong": {"lr_g": 1e-3},
    "D too weak": {"lr_d": 4e-3},
    "cycling": {"d_steps": 10},
}
# A failure that comes with another: if D is never wrong, nothing of a minimax loss reaches G; and
# a G that turns in circles does so because D is late.
IMPLIES = {"vanishing gradient": {"D too strong"}, "cycling": {"D too weak"}}

FEW_HEAPS = 0.5  # of all, and so many or fewer are a collapse
ON_HEAPS = 0.5  # of the samples: a G that is anywhere else has not collapsed onto heaps
LITTLE = 0.05  # of D's slope
STRONG, WEAK = 0.97, 0.65  # of D's answers to pairs; a coin gets a half
LATE = 0.4  # and who is wrong more often than that is late, however good the samples are
FAR = 1.0  # spreads of the real samples
SWING, REGULAR = 0.2, 0.35  # in spreads; autocorrelation
SHORTEST, EARLIEST = 4, 16  # marks: of a period that is no noise, and before one can tell
LONG = 10  # marks, in which a G that turns in circles passes its target twice


@dataclass(frozen=True)
class Finding:
    """What a detector says: whether it fires, and the numbers that it judges."""

    fires: bool
    numbers: dict[str, float]

    @property
    def told(self) -> bool:
        """Whether there are numbers to judge by."""
        return bool(self.numbers) and not np.isnan(list(self.numbers.values())).any()


def collapse(marks: list[Mark], truth: Truth) -> Finding:
    """Fire if G's samples lie on heaps, but on half of them or fewer."""
    if not truth.law.apart or len(truth.law.centres) < 2:
        return Finding(False, {})
    of = len(truth.law.centres)
    reached, share = lately(marks, "reached"), lately(marks, "on_heaps")
    numbers = {"reached": reached, "of": of, "most": int(of * FEW_HEAPS), "share": share}
    numbers |= {"least": ON_HEAPS}
    return Finding(reached <= of * FEW_HEAPS and share >= ON_HEAPS, numbers)


def vanishing(marks: list[Mark], truth: Truth) -> Finding:
    """Fire if G's loss hands next to nothing of D's slope on to G."""
    passed = lately(marks, "passed")
    return Finding(passed < LITTLE, {"passed": passed, "border": LITTLE})


def too_strong(marks: list[Mark], truth: Truth) -> Finding:
    """Fire if D is hardly ever wrong about a pair of a real and a forged sample."""
    accuracy = lately(marks, "accuracy", LONG)  # a D that is late is at times right by chance
    return Finding(accuracy >= STRONG, {"accuracy": accuracy, "border": STRONG})


def too_weak(marks: list[Mark], truth: Truth) -> Finding:
    """Fire if D cannot tell the pairs apart although G is far off, or ranks them upside down."""
    accuracy = lately(marks, "accuracy", LONG)
    far = lately(marks, "w1", LONG) / truth.spread
    border = WEAK if far >= FAR else LATE
    numbers = {"accuracy": accuracy, "border": border, "far": far, "least": FAR}
    swung = len(marks) < LONG and far < FAR  # the first marks of a good game may be upside down
    return Finding(accuracy <= border and not swung, numbers)


def cycling(marks: list[Mark], truth: Truth) -> Finding:
    """Fire if G's mean swings far, and regularly."""
    if len(marks) < EARLIEST:
        return Finding(False, {"swing": np.nan})
    swing, regular, period = turning(marks)
    shortest = SHORTEST * (marks[-1].round - marks[-2].round)
    numbers = {"swing": swing, "border": SWING, "period": np.nan_to_num(period)}
    numbers |= {"regular": regular, "least": REGULAR, "shortest": shortest}
    return Finding(swing >= SWING and regular >= REGULAR and period >= shortest, numbers)


DETECTORS: dict[str, Callable[[list[Mark], Truth], Finding]] = {
    "collapse": collapse,
    "vanishing gradient": vanishing,
    "D too strong": too_strong,
    "D too weak": too_weak,
    "cycling": cycling,
}
# Which detector judges a sign that the picture shows.
JUDGED_BY = {
    "reached": "collapse", "accuracy": "D too strong", "passed": "vanishing gradient",
    "mean": "cycling",
}  # fmt: skip


def all_well(marks: list[Mark], truth: Truth) -> Finding:
    """Fire if the average of G is near, covers all heaps, and no other detector fires."""
    w1 = lately(marks, "average_w1")
    missing = len(truth.law.centres) - lately(marks, "covered") if truth.law.apart else 0
    ill = any(detector(marks, truth).fires for detector in DETECTORS.values())
    fires = w1 <= truth.well and not missing and not ill
    return Finding(fires, {"w1": w1, "border": truth.well, "missing": missing})


def preset(name: str, **changes) -> Playground:
    """Return a playground that shows a failure of `PRESETS`, with some settings changed.

    Raises ValueError for a name that there is not, and what `Playground` raises for settings.
    """
    if name not in PRESETS:
        raise ValueError(f"no preset is called {name!r}; there are: {', '.join(PRESETS)}")
    return load({**PRESETS[name], **changes})


def findings(ground: Playground) -> dict[str, Finding]:
    """Return what each detector says of a game as it stands, "all well" first."""
    marks, truth = ground.match.history, ground.truth
    return {n: d(marks, truth) for n, d in {"all well": all_well, **DETECTORS}.items()}


@dataclass(frozen=True, repr=False)
class Diagnosis(Shown):
    """What `diagnose` returns: a table to read, and the names of what `fires`."""

    fires: tuple[str, ...] = ()


def diagnose(ground: Playground) -> Diagnosis:
    """Return what each detector says of a game, with number and border, and what to try."""
    found = findings(ground)
    rows = [_row(name, finding, ground) for name, finding in found.items()]
    fires = tuple(name for name, finding in found.items() if finding.fires)
    rest = (
        [] if fires else ["", _("Nothing fires: the game is not ill, and not well yet. Play on.")]
    )
    return Diagnosis(
        "\n".join(
            [
                _("| ● fires | number (border) | try (it helped the preset) |\n|:--|:--|:--|"),
                *rows,
                *rest,
            ]
        ),
        fires,
    )


def said(name: str, finding: Finding) -> str:
    """Return a finding's numbers and borders in words."""
    if not finding.numbers:
        return _("this target has no heaps to count")
    if not finding.told:
        return WORDS["too_early"][name == "cycling"]
    return WORDS["findings"][name].format(**finding.numbers)


def _row(name: str, finding: Finding, ground: Playground) -> str:
    cures = CURES.get(name, {}) if finding.fires else {}
    tries = [
        _("*{setting}* {value:g}").format(setting=WORDS["settings"][setting], value=value)
        for setting, value in cures.items()
        if getattr(ground, setting) != value
    ]
    mark, cure = WORDS["fires"][finding.fires], _(", or ").join(tries)
    return f"| {mark} {name} | {said(name, finding)} | {cure} |"
