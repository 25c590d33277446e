"""The playground: any target, players, noise and losses; its state is a small dict."""

import collections
import contextlib
import copy
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
import torch
from torch import Tensor

from gan_edu import losses, stage
from gan_edu.chapters.ch07_playground.signs import Mark, Truth, noted
from gan_edu.chapters.ch07_playground.slow_motion import slow_round
from gan_edu.chapters.ch07_playground.tape import Tape
from gan_edu.language import gettext as _
from gan_edu.match import Match, adam, sgd, uniform_noise
from gan_edu.networks import mlp
from gan_edu.targets import (
    DISTANCES,
    DRAWING,
    DRAWN_SD,
    REACH,
    SMILE,
    TARGETS,
    Heaps,
    Target,
    same_law,
)
from gan_edu.training import Game, Snapshot, interrupts_wait
from gan_edu.words import WORDS

FORMAT = 1
LOOKS = 2000  # forgeries that are looked at
MOST_POINTS = 200

NOISES = {
    "2-D Gaussian": (2, torch.randn),
    "2-D uniform": (2, uniform_noise),
    "1-D Gaussian": (1, torch.randn),
    "1-D uniform": (1, uniform_noise),
}


@dataclass(frozen=True)
class Loss:
    """What each player minimises, and how D's bare output is shown, from 0 (forged) to 1 (real)."""

    d_loss: Callable[[Tensor, Tensor], Tensor]
    g_loss: Callable[[Tensor], Tensor]
    seen: Callable[[Tensor], Tensor] = torch.sigmoid


def _between_extremes(a: Tensor) -> Tensor:
    return (a - a.min()) / (a.max() - a.min()).clamp(min=1e-6)


CRITIC = Loss(losses.critic_loss, losses.generator_wasserstein, _between_extremes)
LOSSES = {
    "minimax": Loss(losses.discriminator_loss, losses.generator_minimax),
    "non-saturating": Loss(losses.discriminator_loss, losses.generator_non_saturating),
    "least squares": Loss(
        losses.least_squares_discriminator,
        losses.least_squares_generator,
        lambda a: a.clamp(0, 1),
    ),
    "Wasserstein, penalty": CRITIC,
    "Wasserstein, clipping": CRITIC,
}
OPTIMISERS = {"Adam": adam, "SGD": sgd}
ACTIVATIONS = ["relu", "leaky_relu", "tanh"]
WIDTHS = [4, 8, 16, 32, 64, 128]
RATES = [1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 4e-3, 1e-2, 2e-2, 5e-2, 0.1]

# Every setting that has a control; the control says what is allowed.
CONTROLS = {
    "target": list(TARGETS),
    "loss": list(LOSSES),
    "lr_d": RATES,
    "lr_g": RATES,
    "seed": stage.button("another start"),
    "noise": list(NOISES),
    "layers_g": (1, 4),
    "layers_d": (1, 4),
    "width_g": WIDTHS,
    "width_d": WIDTHS,
    "activation_g": ACTIVATIONS,
    "activation_d": ACTIVATIONS,
    "d_steps": (1, 10),
    "g_steps": (1, 10),
    "optimiser_d": list(OPTIMISERS),
    "optimiser_g": list(OPTIMISERS),
    "batch_size": [16, 32, 64, 128, 256],
    "average_share": (0.0, 0.5),
    "penalty": [0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0],
    "clip": [0.01, 0.03, 0.1, 0.3, 1.0],
    "one_sided": True,
    "show_real": True,
    "show_fake": True,
    "show_judge": True,
    "show_best": True,
    "show_map": False,
    "show_arrows": True,
    "distance": {"W₁": "w1", "JS": "js"},
    "sign": WORDS["signs"],
}
# A change of these begins a new game; all others act from the next round on.
RESTARTING = (
    "target", "seed", "noise", "layers_g", "width_g", "layers_d", "width_d", "activation_g",
    "activation_d", "drawing",
)  # fmt: skip
_PLAIN = ("lr_d", "lr_g", "d_steps", "g_steps", "batch_size", "average_share")
# What decides how a round goes.
TAPED = (*_PLAIN, "loss", "optimiser_d", "optimiser_g", "penalty", "one_sided", "clip")
# Controls that are put away at first, under their titles.
FOLDED = {
    _("noise and players"): [
        "noise", "layers_g", "layers_d", "width_g", "width_d", "activation_g", "activation_d",
    ],
    _("training"): [
        "d_steps", "g_steps", "optimiser_d", "optimiser_g", "batch_size", "average_share",
    ],
    _("a critic's leash"): ["penalty", "clip", "one_sided"],
    _("what is shown"): [name for name in CONTROLS if name.startswith("show_")] + ["distance", "sign"],
}  # fmt: skip
# A run that goes well: a deep G of tanh covers the ring of 8 within a few hundred rounds.
DEFAULTS = {
    "target": "ring of 8", "loss": "minimax", "lr_d": 4e-3, "lr_g": 1e-3, "seed": 0,
    "noise": "2-D Gaussian", "layers_g": 4, "layers_d": 2, "width_g": 64, "width_d": 64,
    "activation_g": "tanh", "activation_d": "leaky_relu", "d_steps": 1, "g_steps": 1,
    "optimiser_d": "Adam", "optimiser_g": "Adam", "batch_size": 128, "average_share": 0.1,
    "penalty": 10.0, "clip": 0.1, "one_sided": True,
    "show_real": True, "show_fake": True, "show_judge": True, "show_best": True,
    "show_map": False, "show_arrows": True, "distance": "w1", "sign": "losses",
    "drawing": SMILE,
}  # fmt: skip


class Playground:
    """A match whose every setting is a plain value that may be changed at any time.

    Settings are those of `CONTROLS`, and `drawing`, the centres of the heaps that one has drawn;
    what is not given is as in a run that goes well. Raises ValueError, naming the setting, for a
    value that its control could not give.
    """

    def __init__(self, /, **settings):
        for name in settings:
            _check_name(name)
        self._made_with, self._match, self._tape = None, None, None
        self._round, self.stage, self.changed = None, None, ""
        for name, value in {**DEFAULTS, **settings}.items():
            setattr(self, name, value)

    def __setattr__(self, name: str, value):
        if not name.startswith("_") and name not in ("changed", "stage", "moment"):
            _check_name(name)
            value = _checked(name, value)
        super().__setattr__(name, value)

    @property
    def law(self) -> Target:
        """The target itself."""
        if self.target == DRAWING:
            return Heaps(np.array(self.drawing), DRAWN_SD)
        return TARGETS[self.target]

    @property
    def match(self) -> Match:
        """The match as the settings want it; a new one if one of `RESTARTING` has changed."""
        wanted = {name: getattr(self, name) for name in RESTARTING}
        if self.target != DRAWING:
            del wanted["drawing"]
        if wanted != self._made_with:
            before = self._made_with or wanted
            self.changed = next((n for n in wanted if wanted[n] != before.get(n, wanted[n])), "")
            self._match, self._made_with = self._new_match(), wanted
            self._round, self.stage, self._tape = None, None, Tape(self._match.game, self._taped())
        vars(self._match).update(self._acting())
        return self._match

    def _new_match(self) -> Match:
        target = self.law
        x = target.sample(20_000, np.random.default_rng(0))
        self._z, perfect = self._looked_at(target.dim)
        self._truth = truth = Truth(target, torch.from_numpy(x).float(), perfect)

        def measure(game: Game, snapshot: Snapshot) -> Mark:
            return noted(game, snapshot, truth, self._z)

        return Match(self._start, truth.x, measure=measure, every=50)

    @property
    def truth(self) -> Truth:
        """What is real, as the match of now has it."""
        return self.match and self._truth

    def _looked_at(self, dim: int) -> tuple[Tensor, dict[str, float]]:
        """Return noise to look at G with, and the distances that a perfect G would get by it.

        On a line, one number of noise is spread evenly, and then there is no luck in a distance.
        """
        latent_dim, law = NOISES[self.noise]
        rng = torch.Generator().manual_seed(1)
        if dim == latent_dim == 1:
            u = (torch.randperm(LOOKS, generator=rng)[:, None].float() + 0.5) / LOOKS
            return as_noise(2 * u - 1, law), dict.fromkeys(DISTANCES, 0.0)
        z = law((LOOKS, latent_dim), generator=rng, device="cpu", dtype=torch.float32)
        return z, same_law(self.law, LOOKS)

    def _start(self) -> Game:
        dim, law = NOISES[self.noise]
        out = self.law.dim
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(self.seed)
            generator = mlp((dim, *[self.width_g] * self.layers_g, out), self.activation_g)
            discriminator = mlp((out, *[self.width_d] * self.layers_d, 1), self.activation_d)
        moved = adam(generator.parameters(), self.lr_g), adam(discriminator.parameters(), self.lr_d)
        rng = torch.Generator().manual_seed(self.seed)
        return Game(generator, discriminator, *moved, dim, rng, noise_law=law)

    def _acting(self) -> dict:
        loss, kind = LOSSES[self.loss], self.loss.partition(", ")[2]
        penalty = functools.partial(_penalty, self.penalty, self.one_sided)
        return {
            "d_loss": loss.d_loss,
            "g_loss": loss.g_loss,
            "d_penalty": penalty if kind == "penalty" else None,
            "d_clip": self.clip if kind == "clipping" else None,
            "optimiser": (OPTIMISERS[self.optimiser_d], OPTIMISERS[self.optimiser_g]),
            **{name: getattr(self, name) for name in _PLAIN},
        }

    @property
    def rounds(self) -> int:
        """How many rounds have been played since the start."""
        return self.match.rounds

    @property
    def has_critic(self) -> bool:
        """Whether D is a critic, whose output is no probability."""
        return LOSSES[self.loss] is CRITIC

    @property
    def floor(self) -> float:
        """What a perfect G would get as `distance`."""
        return self.truth.perfect[self.distance]

    @interrupts_wait()  # the match and its tape belong together
    def play_round(self) -> None:
        """Play one round, or what is left of one that was begun in slow motion."""
        match = self.match  # new, and without a round that was begun, if a setting asks for it
        if self._round:
            collections.deque(self._round, maxlen=0)
        else:
            self._tape.before_round(match.rounds, self._taped())
            match.play_round()
        self._tape.after_round(match.game, match.history)
        self._round = self.stage = None

    @interrupts_wait()  # the match and its tape belong together
    def step_slowly(self) -> None:
        """Go one stage further in a round: the same round that is played, bit for bit."""
        match = self.match
        if not self._round:
            self._tape.before_round(match.rounds, self._taped())
            self._round = slow_round(match)
        self.stage = next(self._round)
        if self.stage.name == "end":
            self._tape.after_round(match.game, match.history)
            self._round = None

    def step_discriminator(self) -> None:
        """Move D alone, one step."""
        self._step_by_hand("step_discriminator")

    def step_generator(self) -> None:
        """Move G alone, one step."""
        self._step_by_hand("step_generator")

    @interrupts_wait()  # the match and its tape belong together
    def _step_by_hand(self, step: str) -> None:
        match = self.match
        if self._round:
            self.play_round()
        getattr(match, step)()
        self._tape.after_step(match.game, self._taped())

    def reset(self) -> None:
        """Begin anew, bit for bit, with the settings as they are."""
        self.match.reset()
        self._round, self.stage, self.changed = None, None, ""
        self._tape = Tape(self.match.game, self._taped())

    @property
    def moment(self) -> int:
        """The round that the game stands at; another one that was played before takes it there.

        From there one can play on, with other settings too, and what came later is forgotten then:
        a round beyond the last one that is remembered means the last. ValueError for one below 0.
        """
        return self.rounds

    @moment.setter
    @interrupts_wait()
    def moment(self, round: int) -> None:
        if round < 0:
            raise ValueError(f"moment must be at least 0, got {_said(round)}")
        now = self.rounds  # of a new match, with a tape of its own, if a setting asks for it
        if (round := min(round, self._tape.end)) != now:
            self._go_to(round)

    def _go_to(self, round: int) -> None:
        now = self._taped()
        self._tape.play_back(round, self.match, self._set)
        self._set(now)
        self._round = self.stage = None

    def copy(self) -> "Playground":
        """Return a game of its own that stands where this one does, with the same rounds behind it.

        A round that was begun in slow motion is not begun there.
        """
        there, rounds = load(self.state), self.rounds
        there.reset()
        there._tape = copy.deepcopy(self._tape)
        there._go_to(rounds)
        return there

    def played_with(self, name: str) -> set:
        """Return the values of a setting of `TAPED` that this game was played with so far."""
        return self._tape.played_with(name) if self.rounds else set()

    def _taped(self) -> dict:
        return {name: getattr(self, name) for name in TAPED}

    def _set(self, settings: dict) -> None:
        for name, value in settings.items():
            setattr(self, name, value)
        vars(self._match).update(self._acting())

    @torch.no_grad()
    def forged(self, generator: torch.nn.Module, count: int = LOOKS) -> np.ndarray:
        """Return what a generator makes of the same noise each time, (count, dim)."""
        return generator(self._z[:count]).double().numpy()

    @property
    def state(self) -> dict:
        """All settings that are not as in the run that goes well: plain values, to be shared."""
        now = {name: getattr(self, name) for name in DEFAULTS}
        return {"playground": FORMAT} | {n: v for n, v in now.items() if v != DEFAULTS[n]}


def _penalty(
    weight: float, one_sided: bool, critic, x_real: Tensor, x_fake: Tensor, rng: torch.Generator
) -> Tensor:
    """Return λ times the penalty on points that lie on lines between real and forged ones."""
    t = torch.rand((len(x_real), 1), generator=rng, dtype=x_real.dtype)
    between = x_real + t * (x_fake - x_real)
    return weight * losses.gradient_penalty(critic, between, one_sided)


def as_noise(even: Tensor, law: Callable) -> Tensor:
    """Return points of [−1, 1] as noise of a law of `NOISES`, in the same order."""
    return even if law is uniform_noise else torch.special.ndtri((even + 1) / 2)


def load(state: dict | str) -> Playground:
    """Return the playground of a `state`, given as a dict or as its JSON text.

    Raises ValueError, saying what is wrong, for anything else, a setting that is not known, or a
    value that is not allowed.
    """
    if isinstance(state, str):
        try:
            state = json.loads(state)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"this text is no state of the playground: {error}") from error
    if not isinstance(state, dict) or state.get("playground") != FORMAT:
        raise ValueError(f'a state is a dict with "playground": {FORMAT}, got {_said(state)}')
    return Playground(**{str(name): v for name, v in state.items() if name != "playground"})


def _check_name(name) -> None:
    if name not in DEFAULTS:
        raise ValueError(f"no setting is called {name!r}; there are: {', '.join(DEFAULTS)}")


def _checked(name: str, value):
    """Return `value` as a plain one; ValueError unless the control called `name` could give it."""
    if name == "drawing":
        return _drawing(value)
    plain = _plain(value)
    match CONTROLS[name]:
        case bool():
            fits, rule = isinstance(plain, bool), "be True or False"
        case list() | dict() as choices:
            values = list(choices.values() if isinstance(choices, dict) else choices)
            fits = any(type(plain) is type(choice) and plain == choice for choice in values)
            rule = f"be one of {', '.join(map(repr, values))}"
        case stage.button():
            fits, rule = type(plain) is int and 0 <= plain < 2**63, "be a whole number, 0 or more"
        case (low, high):
            whole = isinstance(low, int)
            fits = type(plain) in ((int,) if whole else (int, float)) and low <= plain <= high
            rule = f"be a {'whole ' if whole else ''}number from {low} to {high}"
    if not fits:
        raise ValueError(f"{name} must {rule}, got {_said(value)}")
    return plain


def _plain(value):
    """Return a number of NumPy's, or a fraction, as Python's own: what JSON knows."""
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, Real) and not isinstance(value, Integral):
        return float(value)
    return value


def _drawing(value) -> list[list[float]]:
    """Return points as a list of [x, y], to two digits. ValueError unless they can be a target."""
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        points = [[round(float(x), 2), round(float(y), 2)] for x, y in value]
        if 0 < len(points) <= MOST_POINTS and all(abs(c) <= REACH for p in points for c in p):
            return points
    raise ValueError(
        f"drawing must be 1 to {MOST_POINTS} points [x, y] within ±{REACH:g}, got {_said(value)}"
    )


def _said(value) -> str:
    try:
        return f"{value!r:.80}"
    except ValueError:  # Python does not print whole numbers of thousands of digits
        return f"a {type(value).__name__} that is too long to be printed"
