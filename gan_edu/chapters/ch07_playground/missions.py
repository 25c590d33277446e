"""Missions of the playground: break a game and repair it; the failure detectors decide."""

from dataclasses import dataclass, field

import numpy as np

from gan_edu.chapters.ch07_playground.failures import FAILURES, findings, said
from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.chapters.ch07_playground.presets import KEPT, PRESETS, settings_of_preset
from gan_edu.chapters.ch07_playground.settings import LOSSES, TARGET_LABELS
from gan_edu.checking.exercise import Shown, Verdict
from gan_edu.language import ITEMS, SENTENCES, joined, later, ngettext
from gan_edu.language import gettext as _
from gan_edu.targets import DRAWING, SMILE

FEWEST_MODES = 5  # of a learner's own drawing
NEAR = 1.5  # times what a perfect G would get
LOOK = later(
    "Which loss, learning rates and *D steps* (tab *training*) does this failure's *preset* use?"
)


@dataclass(frozen=True)
class Task:
    """A mission's texts, and the preset that it begins with, some settings changed."""

    label: str
    tasks: tuple[str, ...]
    hints: tuple[str, ...]
    begins: str = "good_run"
    changes: dict[str, object] = field(default_factory=dict)


MISSIONS = {
    "collapse": Task(
        later("cause mode collapse"),
        tasks=(
            later("Cause mode collapse: half of the modes, or fewer, get samples."),
            later("press *Reset* and turn it into a good run. The loss must stay *{loss}*."),
        ),
        hints=(
            later("If D changes much faster than G, the arrows turn before G can follow them."),
            LOOK,
            later(
                "Non-saturating loss, learning rate of D 0.05, five D steps: then press *Reset*."
            ),
            later("One of the settings that broke it also repairs it: try them one by one."),
        ),
    ),
    "vanishing_gradient": Task(
        later("make the gradient vanish"),
        tasks=(
            later("Make G's gradient vanish: less than a twentieth of D's gradient reaches G."),
            later("press *Reset* and turn it into a good run, in any way you like."),
        ),
        hints=(
            later("The minimax loss scales D's gradient by D(G(z)): when is that close to 0?"),
            LOOK,
            later("Ten D steps per iteration, learning rate of D 0.01: then press *Reset*."),
            later("A less confident D helps: fewer D steps, or a smaller learning rate of D."),
        ),
    ),
    "cycling": Task(
        later("make G oscillate"),
        begins="cycling",
        changes=dict(FAILURES["cycling"].remedies),
        tasks=(
            later("Make G oscillate: its mean swings to and fro, again and again."),
            later("press *Reset* and turn it into a good run."),
        ),
        hints=(
            later("Chapter 4: what happens if D takes too few steps for each of G's?"),
            LOOK,
            later("Lower the number of D steps, one at a time, and watch the mean of G."),
            later("Ten D steps per iteration stop it: *Reset*, then play a thousand iterations."),
        ),
    ),
    "drawing": Task(
        later("fit your drawing"),
        changes={"target": DRAWING},
        tasks=(later("Draw five modes or more, and bring the EMA of G close to them."),),
        hints=(
            later("A few modes close together are easier than many far apart."),
            later("A longer EMA memory is smoother, but it also remembers the start: play on."),
            later("Smaller learning rates for both, late in the run, reduce the jitter."),
        ),
    ),
}
SAME_LOSS = "collapse"  # the mission in which the loss must not change


class Mission:
    """A task of one or two steps for a playground, whose game begins anew with its settings.

    `verdict()` says whether the step is done, and what is still missing; each `hint()` gives one
    more hint. Raises ValueError for a name that is not in `MISSIONS`.
    """

    def __init__(self, name: str, playground: Playground):
        if name not in MISSIONS:
            raise ValueError(f"no mission is called {name!r}; choose from: {', '.join(MISSIONS)}")
        self.name, self.task = name, MISSIONS[name]
        self.failure = FAILURES.get(name)  # to be caused first
        sign = PRESETS[name].sign if self.failure else "losses"
        begins = settings_of_preset(self.task.begins, **self.task.changes, sign=sign)
        playground.begin(begins, KEPT - {"sign"})
        self.playground, self.target, self.hints = playground, begins.target, 0
        self.broken = ""  # once the failure was caused: the loss with which it was
        self.won: Verdict | None = None

    @property
    def state(self) -> str:
        """The goal, and whether it is met, in one line of Markdown."""
        verdict = self.verdict()
        goal = "" if self.broken or verdict else _(self.task.tasks[0])
        return joined([goal, str(verdict)], SENTENCES)

    def hint(self) -> Shown:
        """Return the hints so far and one more, as long as there are more."""
        hints = self.task.hints
        self.hints = min(self.hints + 1, len(hints))
        told = [
            _("**Hint {number} of {of}.** {text}").format(number=i, of=len(hints), text=_(text))
            for i, text in enumerate(hints[: self.hints], 1)
        ]
        return Shown("\n\n".join(told))

    def verdict(self) -> Verdict:
        """Return whether the step is done; `right` is True only after the last one, and stays."""
        if not self.won:
            verdict = self._now()
            self.won = verdict if verdict else None
            return verdict
        return self.won

    def _now(self) -> Verdict:
        if self.playground.settings.target != self.target:
            target = _(TARGET_LABELS[self.target])
            told = _("the target must be *{target}*: set it back, and play")
            return self._not_yet(told.format(target=target))
        if not self.playground.match.history:
            return self._not_yet(_("nothing is measured before iteration 50: press *Play* above"))
        if self.failure is None:
            return self._drawn()
        return self._repaired() if self.broken else self._caused()

    @property
    def _second_task(self) -> str:
        return _(self.task.tasks[1]).format(loss=_(LOSSES[self.broken].label))

    def _not_yet(self, told: str) -> Verdict:
        if self.broken:
            text = _("◧ **Half done.** Now: {task} Not yet: {told}.")
            return Verdict(text.format(told=told, task=self._second_task), right=False)
        return Verdict(_("○ **Not yet:** {told}.").format(told=told), right=False)

    def _caused(self) -> Verdict:
        finding = findings(self.playground)[self.name]
        if not finding.fires:
            return self._not_yet(said(self.name, finding))
        self.broken, found = self.playground.settings.loss, said(self.name, finding)
        text = _("◧ **Half done.** Now: {task} Found: {found}.")
        return Verdict(text.format(found=found, task=self._second_task))

    def _repaired(self) -> Verdict:
        others = self.playground.played_with("loss") - {self.broken}
        if self.name == SAME_LOSS and others:
            told = _(
                "this game was also played with the loss *{loss}*: press *Reset* and use only "
                "*{wanted}*"
            )
            loss, wanted = (
                joined((_(LOSSES[name].label) for name in sorted(names)), ITEMS)
                for names in (others, {self.broken})
            )
            return self._not_yet(told.format(loss=loss, wanted=wanted))
        found = findings(self.playground)
        failing = (n for n, finding in found.items() if finding.fires and n != "good_run")
        name = next(failing, "good_run")  # one, or the line would be cut
        told = said(name, found[name])
        return _done(told) if found["good_run"].fires else self._not_yet(told)

    def _drawn(self) -> Verdict:
        """Return whether the EMA of G is close to the learner's own drawing."""
        game, modes = self.playground, self.playground.target.centres
        if np.array_equal(modes, SMILE) or len(modes) < FEWEST_MODES:
            told = ngettext(
                "draw something new with five modes or more; so far there is {n} mode",
                "draw something new with five modes or more; so far there are {n} modes",
                len(modes),
            )
            return self._not_yet(told.format(n=len(modes)))
        w1, floor = game.match.history[-1].average["w1"], game.truth.perfect["w1"]
        told = _("W₁ of the EMA {w1:.2f} (at most {border:.2f}; a perfect G gets {floor:.2f})")
        told = told.format(w1=w1, border=NEAR * floor, floor=floor)
        return _done(told) if w1 <= NEAR * floor else self._not_yet(told)


def _done(told: str) -> Verdict:
    return Verdict(_("✓ **Done:** {told}.").format(told=told), right=True)
