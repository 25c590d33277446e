"""Missions of the playground: break a game and mend it again; the detectors are the judges."""

from dataclasses import dataclass, field

from gan_edu.chapters.ch07_playground.failures import FAILURES, findings, preset, said
from gan_edu.chapters.ch07_playground.settings import LOSSES, TARGET_LABELS
from gan_edu.checking.exercise import Shown, Verdict
from gan_edu.language import gettext as _
from gan_edu.language import later, ngettext
from gan_edu.targets import DRAWING, SMILE

FEWEST_MODES = 5  # of a drawing of one's own
NEAR = 1.5  # times what a perfect G would get


@dataclass(frozen=True)
class Task:
    """A mission's words, the preset that it begins with, and what is to go wrong there first."""

    tasks: tuple[str, ...]
    hints: tuple[str, ...]
    begins: str = "all_well"
    changes: dict[str, object] = field(default_factory=dict)
    failure: str | None = None


MISSIONS = {
    "collapse": Task(
        failure="collapse",
        tasks=(
            later("Make it collapse: most of G's samples on half of the heaps, or fewer."),
            later("save it, from a *Reset* on. All well again, and the loss stays *{loss}*."),
        ),
        hints=(
            later("Against a D that is far ahead, G is safe on few heaps only."),
            later("The non-saturating loss, D's rate 0.05, five steps of D a round: then *Reset*."),
            later(
                "Saved it is by one of the knobs that broke it, and *Reset*: try them one by one."
            ),
        ),
    ),
    "starve": Task(
        failure="vanishing_gradient",
        tasks=(
            later("Starve G: less than a twentieth of D's slope may reach it."),
            later("feed it, from a *Reset* on. All well again, in whatever way you like."),
        ),
        hints=(
            later("Minimax hands on D's own answer to a forgery: who must be sure of itself?"),
            later("Ten steps of D a round, at a rate of 0.01: then press *Reset*."),
            later("Feed G by a D that is less sure: fewer steps, or a smaller rate."),
        ),
    ),
    "circles": Task(
        begins="cycling",
        changes=dict(FAILURES["cycling"].cures),
        failure="cycling",
        tasks=(
            later("Make G turn in circles: its mean swings, again and again."),
            later("stop it, from a *Reset* on. All well again."),
        ),
        hints=(
            later("Chapter 4: what happens if D takes too few steps for each of G's?"),
            later("Take away D's steps, one after the other, and look at G's mean."),
            later("Ten steps of D a round stop it; *Reset*, and give it a thousand rounds."),
        ),
    ),
    "drawing": Task(
        changes={"target": DRAWING},
        tasks=(later("Draw five heaps or more, and bring G's average near."),),
        hints=(
            later("Few heaps that lie near each other are easier than many that lie apart."),
            later("A larger *average* is calmer, but remembers the beginning: give it time."),
            later("Smaller rates for both, late in the game, take away the jitter."),
        ),
    ),
}
SAME_LOSS = "collapse"  # the mission in which the loss is not to be touched


class Mission:
    """A game to play with, `ground`, and a task in one step or two.

    `verdict()` says whether the step is done, and what is still missing; `hint()` gives one hint
    more each time. Raises ValueError for a name that is not in `MISSIONS`.
    """

    def __init__(self, name: str):
        if name not in MISSIONS:
            raise ValueError(f"no mission is called {name!r}; there are: {', '.join(MISSIONS)}")
        self.name, self.task = name, MISSIONS[name]
        self.failure = self.task.failure
        sign = FAILURES[self.failure].sign if self.failure else "losses"
        self.ground = preset(self.task.begins, **self.task.changes, sign=sign)
        self.target, self.hints, self.broken = self.ground.settings.target, 0, None

    def __repr__(self) -> str:
        return _(self.task.tasks[0])

    _repr_markdown_ = __repr__

    def hint(self) -> Shown:
        """Return the hints so far and one more, up to three."""
        hints = self.task.hints
        self.hints = min(self.hints + 1, len(hints))
        told = [
            _("**Hint {number} of {of}.** {text}").format(number=i, of=len(hints), text=_(text))
            for i, text in enumerate(hints[: self.hints], 1)
        ]
        return Shown("\n\n".join(told))

    def verdict(self) -> Verdict:
        """Return whether the step is done: right is True only after the last one."""
        if self.ground.settings.target != self.target:
            target = _(TARGET_LABELS[self.target])
            told = _("The target has to be *{target}*: put it back, and play.")
            return self._not_yet(told.format(target=target))
        if not self.ground.match.history:
            told = _("nothing is noted before round 50. Run the cell of the game, and press *Play*")
            return self._not_yet(told)
        if self.failure is None:
            return self._drawn()
        return self._mended() if self.broken else self._broken()

    @property
    def _second_task(self) -> str:
        return _(self.task.tasks[1]).format(loss=_(LOSSES[self.broken].label))

    def _not_yet(self, told: str) -> Verdict:
        if self.broken:
            text = _("◧ **Half the way.** Not yet: {told}. Now: {task}")
            return Verdict(text.format(told=told, task=self._second_task), right=False)
        return Verdict(_("○ **Not yet:** {told}").format(told=told), right=False)

    def _broken(self) -> Verdict:
        finding = findings(self.ground)[self.failure]
        if not finding.fires:
            return self._not_yet(said(self.failure, finding))
        self.broken, found = self.ground.settings.loss, said(self.failure, finding)
        text = _("◧ **Half the way.** {found}. Now: {task}")
        return Verdict(text.format(found=found, task=self._second_task))

    def _mended(self) -> Verdict:
        others = self.ground.played_with("loss") - {self.broken}
        if self.name == SAME_LOSS and others:
            told = _(
                "This game was also played with the loss *{loss}*: press *Reset*, and save it with "
                "*{wanted}* alone."
            )
            loss, wanted = (
                ", ".join(_(LOSSES[name].label) for name in sorted(names))
                for names in (others, {self.broken})
            )
            return self._not_yet(told.format(loss=loss, wanted=wanted))
        found = findings(self.ground)
        ill = [name for name, finding in found.items() if finding.fires and name != "all_well"]
        told = "; ".join(said(name, found[name]) for name in ["all_well", *ill])
        return _won(told) if found["all_well"].fires else self._not_yet(told)

    def _drawn(self) -> Verdict:
        """Judge how near the average is to a drawing of one's own."""
        ground, modes = self.ground, len(self.ground.settings.drawing)
        if ground.settings.drawing == SMILE or modes < FEWEST_MODES:
            told = ngettext(
                "Draw your own: five heaps or more, and no smile. So far there is {n} heap.",
                "Draw your own: five heaps or more, and no smile. So far there are {n} heaps.",
                modes,
            )
            return self._not_yet(told.format(n=modes))
        w1, floor = ground.match.history[-1].average["w1"], ground.truth.perfect["w1"]
        told = _("W₁ of G's average {w1:.2f}, at most {border:.2f}; a perfect G gets {floor:.2f}.")
        told = told.format(w1=w1, border=NEAR * floor, floor=floor)
        return _won(told) if w1 <= NEAR * floor else self._not_yet(told)


def _won(told: str) -> Verdict:
    return Verdict(_("✓ **Done.** {told}").format(told=told), right=True)
