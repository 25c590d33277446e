"""The playground: a game with any target, networks, noise and loss; its state is a small dict."""

import copy
import functools
from collections.abc import Callable, Collection, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from gan_edu import losses, training
from gan_edu.chapters.ch07_playground.controls import controls
from gan_edu.chapters.ch07_playground.presets import KEPT, OWN, preset_of, settings_of_preset
from gan_edu.chapters.ch07_playground.settings import (
    FIELDS,
    LOSSES,
    MOST_POINTS,
    NOISES,
    PLAYED,
    Drawing,
    Settings,
    changed,
    line_of,
    said,
    settings_of,
    state_of,
)
from gan_edu.chapters.ch07_playground.signs import Mark, Truth, noted
from gan_edu.chapters.ch07_playground.slow_motion import Stage, slow_iteration
from gan_edu.chapters.ch07_playground.tape import Tape
from gan_edu.match import Match, adam, uniform_noise
from gan_edu.networks import mlp
from gan_edu.recipes import OPTIMISERS
from gan_edu.targets import DRAWING, DRAWN_SD, TARGETS, GaussianModes, Target
from gan_edu.training import Game, Snapshot, interrupts_wait

__all__ = ["MOST_POINTS", "Playground", "controls", "load"]

LOOKS = 2000  # generated samples that are measured


class Playground:
    """A match whose settings are plain values that may be changed at any time.

    Settings that are not given are those of a good run: see `Settings`. `changed` is the setting
    that began this game, if one did; `stage` is the present stage of slow motion, or None.
    Raises ValueError, naming the setting, for a value that its control could not give.
    """

    settings: Settings
    match: Match
    truth: Truth
    stage: Stage | None
    changed: str

    def __init__(self, /, **settings: object):
        self.settings = self._first = changed(Settings(), settings)
        self._begin()

    @classmethod
    def of(cls, settings: Settings) -> "Playground":
        """Return the playground of these settings."""
        return cls(**{name: getattr(settings, name) for name in FIELDS})

    def _begin(self, because: str = "") -> None:
        """Make a new game with the present settings."""
        self.truth = self._true()
        self._z = self._looked_at()
        self.match = Match(self._start, self.truth.x, self._played(), self._measure, every=50)
        self.changed = because
        self._rewind()

    def _true(self) -> Truth:
        """Return the target, with samples of it."""
        target, noise = self.target, NOISES[self.settings.noise]
        x = torch.from_numpy(target.sample(20_000, np.random.default_rng(0))).float()
        return Truth(target, x, LOOKS, even=target.dim == noise.dim == 1)

    def _measure(self, game: Game, snapshot: Snapshot) -> Mark:
        return noted(game, snapshot, self.truth, self._z)

    def _rewind(self) -> None:
        self._slow: Iterator[Stage] | None = None
        self.stage = None
        self._tape = Tape(self.match.game, self._taped())

    def change(self, **settings: object) -> None:
        """Change some settings; if one of them restarts, begin a new game.

        Another target, or another drawing, has its own modes again, wherever they were moved.
        Raises ValueError, naming the setting, for a value that its control could not give.
        """
        if {"target", "drawing"} & settings.keys():
            settings = {"centres": ()} | settings
        before, self.settings = self.settings, changed(self.settings, settings)
        restarting = [n for n, f in FIELDS.items() if f.metadata["restarts"]]
        if self.settings.target != DRAWING:
            restarting.remove("drawing")
        restarted_by = [n for n in restarting if getattr(before, n) != getattr(self.settings, n)]
        if restarted_by:
            self._begin(restarted_by[0])
            return
        self.match.use(self._played())
        if self.settings.centres != before.centres:
            self.truth = self._true()
            self.match.x = self.truth.x

    @property
    def preset(self) -> str:
        """The preset with the present settings, or `OWN`; setting it begins its game."""
        return preset_of(self.settings)

    @preset.setter
    def preset(self, name: str) -> None:
        if name == OWN:
            return
        self.begin(settings_of_preset(name), KEPT - {"sign"})

    def begin(self, settings: Settings, keep: Collection[str] = ()) -> None:
        """Begin the game of these settings; those of the names in `keep` stay as they are."""
        self.change(**{n: getattr(settings, n) for n in FIELDS.keys() - set(keep)})
        self.reset()

    @property
    def target(self) -> Target:
        """The target distribution, with its modes where a hand has moved them."""
        settings = self.settings
        return _target(settings.target, settings.drawing, settings.centres)

    def move_modes(self, places: Sequence[Sequence[float]]) -> None:
        """Move the target's modes to places [[x, y], …] without a new game; [] moves them back.

        A mode more or less changes the target too. Raises ValueError for what is no such list.
        """
        self.change(centres=places)

    def _looked_at(self) -> Tensor:
        """Return fixed noise to measure G with; evenly spaced where the truth says so."""
        noise = NOISES[self.settings.noise]
        rng = torch.Generator().manual_seed(1)
        if self.truth.even:
            u = (torch.randperm(LOOKS, generator=rng)[:, None].float() + 0.5) / LOOKS
            return as_noise(2 * u - 1, noise.draw)
        size = LOOKS, noise.dim
        return noise.draw(size, generator=rng, device="cpu", dtype=torch.float32)

    def _start(self) -> Game:
        s, noise, out = self.settings, NOISES[self.settings.noise], self.target.dim
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(s.seed)
            generator = mlp((noise.dim, *s.widths("g"), out), s.activation_g)
            discriminator = mlp((out, *s.widths("d"), 1), s.activation_d)
        moved = adam(generator.parameters(), s.lr_g), adam(discriminator.parameters(), s.lr_d)
        rng = torch.Generator().manual_seed(s.seed)
        return Game(generator, discriminator, *moved, noise.dim, rng, sample_noise=noise.draw)

    def _played(self) -> training.Settings:
        """Return the settings of an iteration in the form that the game takes."""
        s, loss = self.settings, LOSSES[self.settings.loss]
        penalties = {
            "penalty": _partial(_penalty, s.penalty, s.one_sided),
            "zero_centred": _partial(_zero_centred, s.gamma),
        }
        return training.Settings(
            batch_size=s.batch_size,
            d_steps=s.d_steps,
            g_steps=s.g_steps,
            lr_d=s.lr_d,
            lr_g=s.lr_g,
            optimiser_d=OPTIMISERS[s.optimiser_d],
            optimiser_g=OPTIMISERS[s.optimiser_g],
            loss_fn_d=loss.loss_fn_d,
            loss_fn_g=loss.loss_fn_g,
            d_penalty=penalties.get(loss.constraint),
            d_clip=s.clip if loss.constraint == "clip" else None,
            average_share=s.average_share,
            relativistic=loss.relativistic,
            freeze_d=s.freeze_d,
            freeze_g=s.freeze_g,
        )

    def _taped(self) -> dict[str, object]:
        return {name: getattr(self.settings, name) for name in PLAYED}

    @property
    def iterations(self) -> int:
        """How many iterations have been played since the start."""
        return self.match.iterations

    @property
    def as_made(self) -> bool:
        """Whether this game has had the first settings only: see `Match`."""
        return self.settings == self._first and self.match.as_made

    @property
    def has_critic(self) -> bool:
        """Whether D is a critic, whose output is not a probability."""
        return bool(LOSSES[self.settings.loss].constraint)

    @property
    def floor(self) -> float:
        """The shown distance that a perfect G would get."""
        return self.truth.perfect[self.settings.distance]

    @interrupts_wait()  # the match and its tape belong together
    def play_iteration(self) -> None:
        """Play one iteration, or finish one that was begun in slow motion."""
        if self._slow:
            for _ in self._slow:
                pass
        else:
            self._tape.before_iteration(self.match.iterations, self._taped())
            self.match.play_iteration()
        self._end_iteration()
        self.stage = None

    def _end_iteration(self) -> None:
        self._tape.after_iteration(self.match.game, self.match.history)
        self._slow = None

    @interrupts_wait()  # the match and its tape belong together
    def step_slowly(self) -> None:
        """Go one stage further in an iteration, which ends as one at full speed, bit for bit."""
        if not self._slow:
            self._tape.before_iteration(self.match.iterations, self._taped())
            self._slow = slow_iteration(self.match)
        self.stage = next(self._slow)
        if self.stage.name == "end":
            self._end_iteration()

    def step_discriminator(self) -> None:
        """Update D alone, once."""
        self._step_by_hand(self.match.step_discriminator)

    def step_generator(self) -> None:
        """Update G alone, once."""
        self._step_by_hand(self.match.step_generator)

    @interrupts_wait()  # the match and its tape belong together
    def _step_by_hand(self, step: Callable[[], None]) -> None:
        if self._slow:
            self.play_iteration()
        step()
        self._tape.after_step(self.match.game, self._taped())

    def reset(self) -> None:
        """Start again from the same seed with the present settings."""
        self.match.reset()
        self.changed = ""
        self._rewind()

    @property
    def moment(self) -> int:
        """The iteration that the game stands at; setting an earlier one goes back to it.

        Playing on from there, perhaps with other settings, discards what came later. A number
        beyond the last recorded iteration means the last. ValueError for one below 0.
        """
        return self.iterations

    @moment.setter
    @interrupts_wait()
    def moment(self, iteration: int) -> None:
        if iteration < 0:
            raise ValueError(f"moment must be at least 0, got {said(iteration)}")
        if (iteration := min(iteration, self._tape.end)) != self.iterations:
            self._go_to(iteration)

    @property
    def recorded(self) -> int:
        """The last iteration that `moment` can be set to."""
        return max(self._tape.end, self.iterations)

    @property
    def marks(self) -> list[Mark]:
        """The marks of all recorded iterations, also of those after the present moment."""
        return self._tape.marks if self.iterations < self._tape.end else self.match.history

    @property
    def ghost(self) -> list[Mark]:
        """The marks of what came later, when one last played on from an earlier moment."""
        return self._tape.ghost

    @property
    def games(self) -> "tuple[Playground, ...]":
        """The games that are to be seen: this one."""
        return (self,)

    def _go_to(self, iteration: int) -> None:
        now = self._taped()
        self._tape.play_back(iteration, self.match, lambda settings: self.change(**settings))
        self.change(**now)
        self._slow = self.stage = None

    def copy(self) -> "Playground":
        """Return an independent game at the same iteration, with the same recording.

        An iteration that was begun in slow motion is not begun in the copy.
        """
        twin = load(self.state)
        twin._tape = copy.deepcopy(self._tape)
        twin.match.thinned = self.match.thinned  # or its next marks would lie closer
        twin._go_to(self.iterations)
        return twin

    def played_with(self, name: str) -> set:
        """Return all values that a setting of `PLAYED` has had in this game."""
        return self._tape.played_with(name) if self.iterations else set()

    @torch.no_grad()
    def generated(self, generator: nn.Module, count: int = LOOKS) -> np.ndarray:
        """Return samples (count, dim) that a generator makes of noise that is always the same."""
        return generator(self._z[:count]).double().numpy()

    @property
    def state(self) -> dict:
        """The settings that differ from the defaults, as plain values that can be shared."""
        return state_of(self.settings)

    @property
    def line(self) -> str:
        """The state in one line of letters, which `load` takes as well."""
        return line_of(self.settings)


@functools.lru_cache(maxsize=64)  # one object for one target, which keeps what it has measured
def _target(name: str, drawing: Drawing, centres: Drawing) -> Target:
    own = GaussianModes(np.array(drawing), DRAWN_SD) if name == DRAWING else TARGETS[name]
    if centres and isinstance(own, GaussianModes):
        return GaussianModes(np.array(centres), own.sd)
    return own


def load(state: dict | str) -> Playground:
    """Return the playground of a `state`; raises what `settings_of` raises."""
    return Playground.of(settings_of(state))


# One object for the same values: settings with it compare as equal.
_partial = functools.cache(functools.partial)


def _penalty(
    weight: float,
    one_sided: bool,
    critic: nn.Module,
    x_real: Tensor,
    x_fake: Tensor,
    rng: torch.Generator,
) -> Tensor:
    """Return λ times the gradient penalty at points on lines between real and fake samples."""
    t = torch.rand((len(x_real), 1), generator=rng, dtype=x_real.dtype)
    between = x_real + t * (x_fake - x_real)
    return weight * losses.gradient_penalty(critic, between, one_sided)


def _zero_centred(
    weight: float, critic: nn.Module, x_real: Tensor, x_fake: Tensor, rng: torch.Generator
) -> Tensor:
    """Return γ times the R1 and R2 penalties."""
    real, fake = (losses.zero_centred_penalty(critic, x) for x in (x_real, x_fake))
    return weight * (real + fake)


def as_noise(points: Tensor, draw: Callable[..., Tensor]) -> Tensor:
    """Map points of [−1, 1] to noise of one of `NOISES`, given by its `draw`, keeping the order."""
    return points if draw is uniform_noise else torch.special.ndtri((points + 1) / 2)
