"""One game, or two that play in step: what the playground's screen plays with."""

from collections.abc import Callable

from gan_edu.chapters.ch07_playground.missions import Mission
from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.chapters.ch07_playground.presets import KEPT
from gan_edu.chapters.ch07_playground.settings import (
    FIELDS,
    Settings,
    label_of,
    settings_of,
    worded,
)
from gan_edu.language import CLAUSES, joined, named
from gan_edu.language import gettext as _
from gan_edu.training import interrupts_wait

NAMES = ("A", "B")
SHARED = KEPT - {"drawing"}  # settings that two games always have in common


class Games:
    """The game A, and perhaps a game B beside it that began as its copy.

    What is played is played by both, an iteration at a time. `side` names the game that settings,
    presets and lines act on; views and the seed are the same for both.
    """

    first: Playground
    second: Playground | None = None
    task: Mission | None = None
    _side = NAMES[0]

    def __init__(self, first: Playground):
        self.first = first

    @property
    def games(self) -> tuple[Playground, ...]:
        """The games that are to be seen."""
        return (self.first, self.second) if self.second else (self.first,)

    @property
    def acted_on(self) -> Playground:
        """The game that settings act on."""
        return self.games[NAMES.index(self.side)]

    @property
    def side(self) -> str:
        """The name of the game that settings act on; ValueError for a game that there is not."""
        return self._side

    @side.setter
    def side(self, name: str) -> None:
        names = NAMES[: len(self.games)]
        if name not in names:
            raise ValueError(f"side must be one of {', '.join(names)}, got {name!r}")
        self._side = name

    def compare(self) -> None:
        """Copy the game A, and let settings act on the copy; if there are two, end it."""
        if self.second:
            self.second = None
        else:
            if self.first.stage and self.first.stage.name != "end":
                self.first.play_iteration()  # a copy cannot stand within one
            self.second = self.first.copy()
        self._side = NAMES[len(self.games) - 1]

    # --- playing ------------------------------------------------------------------------------

    @property
    def iterations(self) -> int:
        """How many iterations all of the games have played."""
        return min(game.iterations for game in self.games)

    @interrupts_wait()  # the two stay in step
    def _in_step(self, act: Callable[[Playground], None]) -> None:
        """Let each game act; one that is ahead, since the other has failed, waits for it."""
        now = self.iterations
        for game in self.games:
            if game.iterations == now:
                act(game)

    def play_iteration(self) -> None:
        """Play one iteration of each."""
        self._in_step(Playground.play_iteration)

    def step_slowly(self) -> None:
        """Go a stage further in each; who has ended the iteration waits for the other one."""
        self._in_step(Playground.step_slowly)

    def step_discriminator(self) -> None:
        """Update each D alone, once."""
        self._in_step(Playground.step_discriminator)

    def step_generator(self) -> None:
        """Update each G alone, once."""
        self._in_step(Playground.step_generator)

    def reset(self) -> None:
        """Start each again from its seed."""
        for game in self.games:
            game.reset()

    @property
    def moment(self) -> int:
        """The iteration at which the games stand: see `Playground.moment`."""
        return self.iterations

    @moment.setter
    def moment(self, iteration: int) -> None:
        for game in self.games:
            game.moment = iteration

    @property
    def recorded(self) -> int:
        """The last iteration that `moment` can be set to."""
        return min(game.recorded for game in self.games)

    # --- settings -----------------------------------------------------------------------------

    @property
    def settings(self) -> Settings:
        """The settings of the game that is acted on."""
        return self.acted_on.settings

    def change(self, **settings: object) -> None:
        """Change some settings of the game that is acted on, and what is shared in both."""
        self.acted_on.change(**settings)
        shared = {name: value for name, value in settings.items() if name in SHARED}
        for game in self.games:
            game.change(**shared)
        self._begin_together()

    def _begin_together(self) -> None:
        """If one game has begun anew, let the other one begin anew, too."""
        if self.iterations == 0:
            for game in self.games:
                if game.iterations:
                    game.reset()

    @property
    def preset(self) -> str:
        """The preset of the game that is acted on: see `Playground.preset`."""
        return self.acted_on.preset

    @preset.setter
    def preset(self, name: str) -> None:
        self.acted_on.preset = name
        self.change(sign=self.settings.sign)

    @property
    def mission(self) -> str:
        """The name of the mission that the game A is played for, or ""; setting it begins it."""
        return self.task.name if self.task else ""

    @mission.setter
    def mission(self, name: str) -> None:
        if self.second:
            self.compare()
        if self.task and not name:
            self.change(sign="losses")  # the mission had its own diagnostic
        self.task = Mission(name, self.first) if name else None

    @property
    def line(self) -> str:
        """The settings of the game that is acted on as a line; setting it begins that game.

        Raises ValueError for what is no line, and then changes nothing: see `settings_of`.
        """
        return self.acted_on.line

    @line.setter
    def line(self, line: str) -> None:
        self.acted_on.begin(settings_of(line))
        self.change(**{name: getattr(self.settings, name) for name in SHARED})

    @property
    def difference(self) -> str:
        """Words for the settings in which the two games differ; none if there is one game."""
        if not self.second:
            return ""
        both = [game.settings for game in self.games]
        told = [
            named(label_of(name), " | ".join(worded(name, value) for value in values))
            for name in FIELDS
            if len(set(values := _beside(both, name))) > 1
        ]
        return _("A | B: {told}").format(
            told=joined(told, CLAUSES) or _("the same settings so far")
        )


def _beside(both: list[Settings], name: str) -> list:
    """Return a setting of each game; layer by layer if a network has layers of different widths."""
    part, _line, player = name.partition("_")
    if part in ("width", "widths") and any(getattr(one, f"widths_{player}") for one in both):
        return [one.widths(player) if part == "widths" else None for one in both]
    return [getattr(one, name) for one in both]
