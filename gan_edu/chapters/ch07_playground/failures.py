"""What can go wrong in the playground: games that do, detectors that tell, one change that helps.

A detector reads what a game has noted, never its settings: so it judges a learner's own games as
well as the presets.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.chapters.ch07_playground.settings import label_of
from gan_edu.chapters.ch07_playground.signs import Mark, Truth, lately, turning
from gan_edu.checking.exercise import Shown
from gan_edu.language import gettext as _
from gan_edu.language import later

# A failure that comes with another: if D is never wrong, nothing of a minimax loss reaches G; and
# a G that turns in circles does so because D is late.
IMPLIES = {"vanishing_gradient": {"d_too_strong"}, "cycling": {"d_too_weak"}}

CURED_AFTER = 600  # rounds that a cure takes at least
FEW_MODES = 0.5  # of all, and so many or fewer are a collapse
ON_MODES = 0.5  # of the samples: a G that is anywhere else has not collapsed onto heaps
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
    if not truth.target.apart or len(truth.target.centres) < 2:
        return Finding(False, {})
    of = len(truth.target.centres)
    reached, share = lately(marks, "reached"), lately(marks, "on_modes")
    numbers = {"reached": reached, "of": of, "most": int(of * FEW_MODES), "share": share}
    numbers |= {"least": ON_MODES}
    return Finding(reached <= of * FEW_MODES and share >= ON_MODES, numbers)


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
    shortest = SHORTEST * (marks[-1].iteration - marks[-2].iteration)
    numbers = {"swing": swing, "border": SWING, "period": np.nan_to_num(period)}
    numbers |= {"regular": regular, "least": REGULAR, "shortest": shortest}
    return Finding(swing >= SWING and regular >= REGULAR and period >= shortest, numbers)


def all_well(marks: list[Mark], truth: Truth) -> Finding:
    """Fire if the average of G is near, covers all heaps, and no other detector fires."""
    w1 = lately(marks, "average_w1")
    missing = len(truth.target.centres) - lately(marks, "covered") if truth.target.apart else 0
    detectors = (collapse, vanishing, too_strong, too_weak, cycling)
    ill = any(detector(marks, truth).fires for detector in detectors)
    fires = w1 <= truth.well and not missing and not ill
    return Finding(fires, {"w1": w1, "border": truth.well, "missing": missing})


@dataclass(frozen=True)
class Failure:
    """What can go wrong: a preset that does so, what tells it, and what helped the preset.

    `settings` are the preset's, which shows the failure after `rounds`; each of `cures` is one
    change that is enough for it: another game that fails in the same way may need another.
    `told` has the detector's numbers and borders; `sign` is what the picture shows of it.
    """

    label: str
    settings: dict[str, object]
    iterations: int
    detector: Callable[[list[Mark], Truth], Finding]
    told: str
    cures: dict[str, float] = field(default_factory=dict)
    sign: str = "losses"


FAILURES = {
    "all_well": Failure(
        label=later("all well"),
        settings={},
        iterations=500,
        detector=all_well,
        told=later(
            "W₁ of G's average {w1:.2f} (up to {border:.2f}), heaps not covered: {missing:.0f} "
            "(none)"
        ),
    ),
    "collapse": Failure(
        label=later("collapse"),
        settings={"loss": "non_saturating", "lr_d": 0.05, "d_steps": 5},
        iterations=500,
        detector=collapse,
        told=later(
            "heaps reached: {reached:.0f} of {of} (up to {most}), with {share:.0%} of G's samples "
            "on heaps (from {least:.0%})"
        ),
        cures={"lr_d": 5e-4},
        sign="reached",
    ),
    "vanishing_gradient": Failure(
        label=later("vanishing gradient"),
        settings={"lr_d": 0.01, "d_steps": 10},
        iterations=200,
        detector=vanishing,
        told=later("{passed:.1%} of D's slope reaches G (below {border:.0%})"),
        cures={"d_steps": 1, "lr_d": 2e-4},
        sign="passed",
    ),
    "d_too_strong": Failure(
        label=later("D too strong"),
        settings={"loss": "non_saturating", "lr_d": 0.02, "lr_g": 1e-4},
        iterations=100,
        detector=too_strong,
        told=later("D is right in {accuracy:.0%} of the pairs (from {border:.0%})"),
        cures={"lr_g": 1e-3},
        sign="accuracy",
    ),
    "d_too_weak": Failure(
        label=later("D too weak"),
        settings={"lr_d": 1e-4, "width_d": 32},
        iterations=300,
        detector=too_weak,
        told=later(
            "D is right in {accuracy:.0%} of the pairs (up to {border:.0%}), with W₁ at {far:.1f} "
            "of the target's spread (far: from {least:.0f})"
        ),
        cures={"lr_d": 4e-3},
        sign="accuracy",
    ),
    "cycling": Failure(
        label=later("cycling"),
        settings={
            "target": "normal_1d",
            "noise": "uniform_1d",
            "loss": "wasserstein_gp",
            "layers_g": 1,
            "layers_d": 1,
            "width_g": 16,
            "width_d": 8,
            "batch_size": 64,
            "optimiser_d": "sgd",
            "lr_d": 0.01,
        },
        iterations=1200,
        detector=cycling,
        told=later(
            "G's mean swings by {swing:.2f} spreads (from {border}), with regularity "
            "{regular:.2f} (from {least}), every {period:.0f} rounds (from {shortest})"
        ),
        cures={"d_steps": 10},
        sign="mean",
    ),
}


def preset(name: str, **changes: object) -> Playground:
    """Return a playground that shows one of `FAILURES`, with some settings changed.

    Raises ValueError for a name that there is not, and what `Playground` raises for settings.
    """
    if name not in FAILURES:
        raise ValueError(f"no preset is called {name!r}; there are: {', '.join(FAILURES)}")
    failure = FAILURES[name]
    return Playground(**{"sign": failure.sign, **failure.settings, **changes})


def findings(ground: Playground) -> dict[str, Finding]:
    """Return what each detector says of a game as it stands, "all_well" first."""
    marks, truth = ground.match.history, ground.truth
    return {name: failure.detector(marks, truth) for name, failure in FAILURES.items()}


@dataclass(frozen=True, repr=False)
class Diagnosis(Shown):
    """What `diagnose` returns: a table to read, and the names of what `fires`."""

    fires: tuple[str, ...] = ()


def diagnose(ground: Playground) -> Diagnosis:
    """Return what each detector says of a game, with number and border, and what to try."""
    found = findings(ground)
    head = _("| ● fires | number (border) | try (it helped the preset) |\n|:--|:--|:--|")
    lines = [head, *(_row(name, finding, ground) for name, finding in found.items())]
    fires = tuple(name for name, finding in found.items() if finding.fires)
    if not fires:
        lines += ["", _("Nothing fires: the game is not ill, and not well yet. Play on.")]
    return Diagnosis("\n".join(lines), fires)


def said(name: str, finding: Finding) -> str:
    """Return a finding's numbers and borders in words."""
    if not finding.numbers:
        return _("this target has no heaps to count")
    if finding.told:
        return _(FAILURES[name].told).format(**finding.numbers)
    if name == "cycling":
        return _("too few rounds yet to tell: a circle shows from round 800 on")
    return _("too few rounds yet to tell")


def _row(name: str, finding: Finding, ground: Playground) -> str:
    failure = FAILURES[name]
    tries = [
        _("*{setting}* {value:g}").format(setting=label_of(setting), value=value)
        for setting, value in failure.cures.items()
        if finding.fires and getattr(ground.settings, setting) != value
    ]
    mark = "**●**" if finding.fires else "○"
    return f"| {mark} {_(failure.label)} | {said(name, finding)} | {_(', or ').join(tries)} |"
