"""Failure modes: presets that show them, detectors that recognise them, and remedies.

A detector reads the diagnostics of a game, never its settings, so it works on a learner's own games
as well as on the presets.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.chapters.ch07_playground.presets import PRESETS, settings_of_preset
from gan_edu.chapters.ch07_playground.settings import label_of, worded
from gan_edu.chapters.ch07_playground.signs import LONG, Mark, Truth, oscillation, recent_median
from gan_edu.checking.exercise import Shown
from gan_edu.language import ITEMS, OR, joined, later, named
from gan_edu.language import gettext as _

REMEDY_AFTER = 600  # iterations that a remedy takes at least
FEW_MODES = 0.5  # of all modes: this share or less is a collapse
ON_MODES = 0.5  # of the samples: a G whose samples lie elsewhere has not collapsed onto modes
NARROW = 0.2  # of the target's sd within modes: with less, G fills only a part of each
LITTLE = 0.05  # of D's gradient
STRONG, WEAK = 0.97, 0.65  # AUC of D; guessing gets a half
LATE = 0.4  # AUC below which D lags behind G, however good the samples are
FAR = 1.0  # standard deviations of the real samples
SWING, REGULAR = 0.2, 0.35  # in standard deviations; autocorrelation
SHORTEST, EARLIEST = 4, 16  # marks: of a period that is not noise, and before one can tell
NONE = later("No failure found so far, but not a good run yet either. Play on.")


@dataclass(frozen=True)
class Finding:
    """The result of a detector: whether it fires, and its numbers."""

    fires: bool
    numbers: dict[str, float]

    @property
    def known(self) -> bool:
        """Whether there are numbers yet."""
        return bool(self.numbers) and not np.isnan(list(self.numbers.values())).any()


def collapse(marks: list[Mark], truth: Truth) -> Finding:
    """Fire if G's samples lie on modes, but on half of them or fewer."""
    if not truth.target.apart or len(truth.target.centres) < 2:
        return Finding(False, {})
    of = len(truth.target.centres)
    reached, share = recent_median(marks, "reached"), recent_median(marks, "on_modes")
    numbers = {"reached": reached, "of": of, "most": int(of * FEW_MODES), "share": share}
    numbers |= {"least": ON_MODES}
    return Finding(reached <= of * FEW_MODES and share >= ON_MODES, numbers)


def vanishing(marks: list[Mark], truth: Truth) -> Finding:
    """Fire if G's loss passes next to nothing of D's gradient on to G."""
    passed = recent_median(marks, "passed")
    return Finding(passed < LITTLE, {"passed": passed, "border": LITTLE})


def too_strong(marks: list[Mark], truth: Truth) -> Finding:
    """Fire if D hardly ever ranks a generated sample above a real one."""
    accuracy = recent_median(marks, "accuracy", LONG)  # a D that lags is at times right by chance
    return Finding(accuracy >= STRONG, {"accuracy": accuracy, "border": STRONG})


def too_weak(marks: list[Mark], truth: Truth) -> Finding:
    """Fire if D cannot tell real from generated while G is far off, or ranks them wrongly."""
    accuracy = recent_median(marks, "accuracy", LONG)
    far = recent_median(marks, "w1", LONG) / truth.sd
    border = WEAK if far >= FAR else LATE
    numbers = {"accuracy": accuracy, "border": border, "far": far, "least": FAR}
    early = len(marks) < LONG and far < FAR  # a good game may begin with a wrong ranking
    return Finding(accuracy <= border and not early, numbers)


def cycling(marks: list[Mark], truth: Truth) -> Finding:
    """Fire if G's mean swings far, and regularly."""
    if len(marks) < EARLIEST:
        return Finding(False, {"swing": np.nan})
    swing, regular, period = oscillation(marks)
    shortest = SHORTEST * (marks[-1].iteration - marks[-2].iteration)
    numbers = {"swing": swing, "border": SWING, "period": np.nan_to_num(period)}
    numbers |= {"regular": regular, "least": REGULAR, "shortest": shortest}
    return Finding(swing >= SWING and regular >= REGULAR and period >= shortest, numbers)


def good_run(marks: list[Mark], truth: Truth) -> Finding:
    """Fire if the EMA of G is near the target, fills all modes, and no other detector fires."""
    w1 = recent_median(marks, "average_w1")
    missing, spread = 0, 1.0
    if truth.target.apart:
        missing = len(truth.target.centres) - recent_median(marks, "covered")
        spread = recent_median(marks, "spread")
    detectors = (collapse, vanishing, too_strong, too_weak, cycling)
    failing = any(detector(marks, truth).fires for detector in detectors)
    fires = w1 <= truth.good_w1 and not missing and spread >= NARROW and not failing
    numbers = {"w1": w1, "border": truth.good_w1, "missing": missing}
    return Finding(fires, numbers | {"spread": spread, "least": NARROW})


@dataclass(frozen=True)
class Failure:
    """A failure mode: its detector, and remedies for the preset of the same name, which shows it.

    The preset shows it after `iterations`; each of `remedies` is one change that is enough for the
    preset: another game that fails in the same way may need another. `report` states the
    detector's numbers and thresholds.
    """

    iterations: int
    detector: Callable[[list[Mark], Truth], Finding]
    report: str
    remedies: dict[str, Any] = field(default_factory=dict)


FAILURES = {
    "good_run": Failure(
        iterations=500,
        detector=good_run,
        report=later(
            "W₁ of the EMA {w1:.2f} (good: at most {border:.2f}), modes not covered: {missing:.0f} "
            "(good: 0), standard deviation within modes {spread:.0%} of the target's (good: at "
            "least {least:.0%})"
        ),
    ),
    "collapse": Failure(
        iterations=500,
        detector=collapse,
        report=later(
            "modes reached: {reached:.0f} of {of} (collapse: {most} or fewer), with {share:.0%} of "
            "the generated samples on modes (collapse: {least:.0%} or more)"
        ),
        remedies={"lr_d": 5e-4},
    ),
    "vanishing_gradient": Failure(
        iterations=200,
        detector=vanishing,
        report=later(
            "G's loss lets {passed:.1%} of D's gradient through (vanishing: below {border:.0%})"
        ),
        remedies={"d_steps": 1, "lr_d": 2e-4},
    ),
    "d_too_strong": Failure(
        iterations=50,  # a little later G has crept, or leapt, somewhere else
        detector=too_strong,
        report=later("median AUC of D {accuracy:.2f} (too strong: {border} or more)"),
        remedies={"optimiser_g": "adam"},
    ),
    "d_too_weak": Failure(
        iterations=300,
        detector=too_weak,
        report=later(
            "median AUC of D {accuracy:.2f} (too weak: {border} or less), W₁ of G {far:.1f} "
            "standard deviations of the target (far off: {least:.0f} or more)"
        ),
        remedies={"lr_d": 0.01},
    ),
    "cycling": Failure(
        iterations=1200,
        detector=cycling,
        report=later(
            "the mean of G swings by {swing:.2f} standard deviations (oscillation: {border} or "
            "more); a swing takes {period:.0f} iterations ({shortest} or more), and its "
            "correlation with the next one is {regular:.2f} ({least} or more)"
        ),
        remedies={"d_steps": 10},
    ),
}


def preset(name: str, **changes: object) -> Playground:
    """Return a playground with the settings of one of `PRESETS`, some of them changed.

    Raises ValueError for an unknown name, and what `Playground` raises for settings.
    """
    return Playground.of(settings_of_preset(name, **changes))


def findings(playground: Playground) -> dict[str, Finding]:
    """Return what each detector finds in a game, "good_run" first."""
    marks, truth = playground.match.history, playground.truth
    return {name: failure.detector(marks, truth) for name, failure in FAILURES.items()}


@dataclass(frozen=True, repr=False)
class Diagnosis(Shown):
    """What `diagnose` returns: a table, and the names of the detectors that fire."""

    fires: tuple[str, ...] = ()


def diagnose(playground: Playground) -> Diagnosis:
    """Return what each detector finds in a game, its numbers and thresholds, and what to try."""
    found = findings(playground)
    lines = [_("| ● fires | diagnostic (threshold) | remedy (of the preset) |\n|:--|:--|:--|")]
    for name, finding in found.items():
        mark = "**●**" if finding.fires else "○"
        label, remedies = _(PRESETS[name].label), _remedies(name, finding, playground)
        lines.append(f"| {mark} {label} | {said(name, finding)} | {remedies} |")
    fires = tuple(name for name, finding in found.items() if finding.fires)
    if not fires:
        lines += ["", _(NONE)]
    return Diagnosis("\n".join(lines), fires)


def verdict(playground: Playground) -> str:
    """Return the detectors that fire in a few words."""
    if not playground.match.history:
        return _("nothing is measured before iteration 50")
    found = findings(playground)
    fires = [_(PRESETS[name].label) for name, finding in found.items() if finding.fires]
    if found["good_run"].fires:
        return f"✓ {fires[0]}"
    if fires:
        return f"● {joined(fires, ITEMS)}"
    swings = found["cycling"].numbers["swing"] >= SWING
    return _("○ G swings, but not regularly") if swings else _("○ no failure found, not good yet")


def explained(playground: Playground) -> str:
    """Return as Markdown what was found in a game, why, and which remedy there is; then the rest.

    The same as `diagnose` says in a table, and chapter 4's ratio r.
    """
    loud, quiet = [], []
    for name, finding in findings(playground).items():
        if not finding.fires:
            quiet.append(f"○ {_worded(name, finding)}")
            continue
        remedies = _remedies(name, finding, playground)
        what = _("What repaired the preset: {remedies}.").format(remedies=remedies)
        loud.append(f"{_fired(name)} {_worded(name, finding)}" + (f"\n{what}" if remedies else ""))
    return "\n\n".join([*(loud or [_(NONE)]), ratio(playground), "\n".join(quiet)])


def found_now(playground: Playground) -> str:
    """Return as Markdown the findings of a game that fire, with their numbers, but no remedy."""
    if not playground.match.history:
        return _("Nothing is measured before iteration 50.")
    found = findings(playground).items()
    loud = [f"{_fired(name)} {_worded(name, finding)}" for name, finding in found if finding.fires]
    return "\n".join(loud or [_(NONE)])


def _fired(name: str) -> str:
    return "**✓**" if name == "good_run" else "**●**"


def _worded(name: str, finding: Finding) -> str:
    return named(_(PRESETS[name].label), said(name, finding))


def ratio(playground: Playground) -> str:
    """Return chapter 4's ratio r in words; it says nothing of two optimisers of different kinds."""
    settings = playground.settings
    if settings.optimiser_d != settings.optimiser_g:
        return _("r compares no learning rates here: the optimisers of D and G differ")
    return _("r = {r:.3g} (how fast D is, compared with G)").format(r=settings.ratio)


def said(name: str, finding: Finding) -> str:
    """Return a finding's numbers and thresholds in words."""
    if not finding.numbers:
        return _("this target has no separate modes to count")
    if finding.known:
        return _(FAILURES[name].report).format(**finding.numbers)
    if name == "cycling":
        return _("too early to tell: an oscillation shows from iteration 800 on")
    return _("too early to tell")


def _remedies(name: str, finding: Finding, playground: Playground) -> str:
    """Return in words the remedies of a detector that fires, if they are not in use already."""
    remedies = [
        f"*{label_of(setting)}* {worded(setting, value)}"
        for setting, value in FAILURES[name].remedies.items()
        if finding.fires and getattr(playground.settings, setting) != value
    ]
    return joined(remedies, OR)
