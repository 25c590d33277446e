"""Missions of the playground: break a game and mend it again; the detectors are the judges."""

from gan_edu.chapters.ch07_playground.failures import CURES, PRESETS, findings, preset, said
from gan_edu.chapters.ch07_playground.playground import DRAWING, SMILE
from gan_edu.checking.exercise import Shown, Verdict
from gan_edu.language import gettext as _
from gan_edu.words import WORDS, count

FEWEST_HEAPS = 5  # of a drawing of one's own
NEAR = 1.5  # times what a perfect G would get
# Name: the preset that it begins with, what is changed there, and what is to go wrong first.
MISSIONS = {
    "collapse": ("all well", {}, "collapse"),
    "starve": ("all well", {}, "vanishing gradient"),
    "circles": ("cycling", CURES["cycling"], "cycling"),
    "drawing": ("all well", {"target": DRAWING}, None),
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
        begun, changes, self.failure = MISSIONS[name]
        sign = PRESETS[self.failure]["sign"] if self.failure else "losses"
        self.name, self.ground = name, preset(begun, **changes, sign=sign)
        self.target, self.hints, self.broken = self.ground.target, 0, None

    def __repr__(self) -> str:
        return WORDS["missions"][self.name]["tasks"][0]

    _repr_markdown_ = __repr__

    def hint(self) -> Shown:
        """Return the hints so far and one more, up to three."""
        hints = WORDS["missions"][self.name]["hints"]
        self.hints = count = min(self.hints + 1, len(hints))
        lines = enumerate(hints[:count], 1)
        told = [
            _("**Hint {number} of {of}.** {text}").format(number=i, of=len(hints), text=text)
            for i, text in lines
        ]
        return Shown("\n\n".join(told))

    def verdict(self) -> Verdict:
        """Return whether the step is done: right is True only after the last one."""
        if self.ground.target != self.target:
            return self._not_yet(
                _("The target has to be *{target}*: put it back, and play.").format(
                    target=self.target
                )
            )
        if not self.ground.match.history:
            return self._not_yet(
                _("nothing is noted before round 50. Run the cell of the game, and press *Play*")
            )
        if self.failure is None:
            return self._drawn()
        return self._mended() if self.broken else self._broken()

    @property
    def _second_task(self) -> str:
        return WORDS["missions"][self.name]["tasks"][1].format(loss=self.broken)

    def _not_yet(self, told: str) -> Verdict:
        if self.broken:
            return Verdict(
                _("◧ **Half the way.** Not yet: {told}. Now: {task}").format(
                    told=told, task=self._second_task
                ),
                right=False,
            )
        return Verdict(_("○ **Not yet:** {told}").format(told=told), right=False)

    def _broken(self) -> Verdict:
        finding = findings(self.ground)[self.failure]
        if not finding.fires:
            return self._not_yet(said(self.failure, finding))
        self.broken, found = self.ground.loss, said(self.failure, finding)
        return Verdict(
            _("◧ **Half the way.** {found}. Now: {task}").format(
                found=found, task=self._second_task
            )
        )

    def _mended(self) -> Verdict:
        others = self.ground.played_with("loss") - {self.broken}
        if self.name == SAME_LOSS and others:
            loss = ", ".join(sorted(others))
            return self._not_yet(
                _(
                    "This game was also played with the loss *{loss}*: press *Reset*, and save "
                    "it with *{wanted}* alone."
                ).format(loss=loss, wanted=self.broken)
            )
        found = findings(self.ground)
        ill = [name for name, finding in found.items() if finding.fires and name != "all well"]
        told = "; ".join(said(name, found[name]) for name in ["all well", *ill])
        return _won(told) if found["all well"].fires else self._not_yet(told)

    def _drawn(self) -> Verdict:
        """Judge how near the average is to a drawing of one's own."""
        ground, heaps = self.ground, len(self.ground.drawing)
        if ground.drawing == SMILE or heaps < FEWEST_HEAPS:
            return self._not_yet(
                _(
                    "Draw your own: five heaps or more, and no smile. So far there are {heaps}."
                ).format(heaps=count(heaps, "heap"), least=FEWEST_HEAPS)
            )
        w1, floor = ground.match.history[-1].average["w1"], ground.truth.perfect["w1"]
        told = _(
            "W₁ of G's average {w1:.2f}, at most {border:.2f}; a perfect G gets {floor:.2f}."
        ).format(w1=w1, border=NEAR * floor, floor=floor)
        return _won(told) if w1 <= NEAR * floor else self._not_yet(told)


def _won(told: str) -> Verdict:
    return Verdict(_("✓ **Done.** {told}").format(told=told), right=True)
