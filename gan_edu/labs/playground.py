"""The playground in the plane: any target, players and losses; its state is a small dict."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from torch import Tensor

from gan_edu import live, losses
from gan_edu.match import Match, adam, sgd, uniform_noise
from gan_edu.networks import mlp
from gan_edu.training import Game, Snapshot
from gan_edu.words import WORDS

FORMAT = 1
PAIRS = 256  # points on each side of the W1 distance


@dataclass(frozen=True)
class Heaps:
    """Equal round heaps N(c, sd²) around the centres c (K, 2); `apart` if they can be counted."""

    centres: np.ndarray
    sd: float
    apart: bool = True

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Return n independent samples, of shape (n, 2)."""
        heaps = rng.integers(len(self.centres), size=n)
        return self.centres[heaps] + self.sd * rng.standard_normal((n, 2))

    def covered(self, y: np.ndarray) -> int:
        """Return how many heaps have a tenth of their share of y (N, 2) within 3 sd, or more."""
        distances = cdist(y, self.centres)
        near = (distances < 3 * self.sd) & (distances == distances.min(1, keepdims=True))
        return int(np.sum(near.sum(0) >= len(y) / len(self.centres) / 10))


def circle(count: int, radius: float = 2.0) -> np.ndarray:
    """Return `count` points evenly on a circle, of shape (count, 2)."""
    angle = 2 * np.pi * np.arange(count) / count
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


_five = np.arange(-2.0, 3.0)
TARGETS = {
    "line": Heaps(np.linspace([-2, -1], [2, 1], 60), 0.1, apart=False),
    "two Gaussians": Heaps(np.array([[-1.5, 0], [1.5, 0]]), 0.4),
    "ring": Heaps(circle(100), 0.1, apart=False),
    "ring of 8": Heaps(circle(8), 0.05),
    "three blobs": Heaps(circle(3, radius=1.6), 0.3),
    "grid of 25": Heaps(np.stack(np.meshgrid(_five, _five), axis=-1).reshape(-1, 2), 0.05),
}
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
WIDTHS = [4, 8, 16, 32, 64, 128]

# Every setting, with the control that moves it, which also says what is allowed.
CONTROLS = {
    "target": list(TARGETS),
    "loss": list(LOSSES),
    "lr_d": live.log(1e-4, 0.1),
    "lr_g": live.log(1e-4, 0.1),
    "d_steps": (1, 10),
    "seed": live.button("another start"),
    "noise": list(NOISES),
    "layers_g": (1, 4),
    "width_g": WIDTHS,
    "layers_d": (1, 4),
    "width_d": WIDTHS,
    "optimiser": list(OPTIMISERS),
    "batch_size": [16, 32, 64, 128, 256],
    "average_share": (0.0, 0.5),
    "penalty": live.log(0.1, 100.0),
    "one_sided": True,
    "clip": live.log(0.01, 1.0),
    "show_real": True,
    "show_fake": True,
    "show_judge": True,
    "show_map": False,
    "show_arrows": True,
}
# A change of these begins a new game; all others act from the next round on.
RESTARTING = ("target", "seed", "noise", "layers_g", "width_g", "layers_d", "width_d")


_PLAIN = ("lr_d", "lr_g", "d_steps", "batch_size", "average_share")
# Controls that are put away at first, under their titles.
FOLDED = {
    WORDS["players"]: ["noise", "layers_g", "width_g", "layers_d", "width_d"],
    WORDS["training"]: [
        "d_steps", "optimiser", "batch_size", "average_share", "penalty", "one_sided", "clip",
    ],
    WORDS["views"]: ["show_real", "show_fake", "show_judge", "show_map", "show_arrows"],
}  # fmt: skip
# A run that goes well: the ring of 8 is covered on 8 of 8 seeds.
DEFAULTS = {
    "target": "ring of 8", "loss": "minimax", "lr_d": 4e-3, "lr_g": 1e-3, "d_steps": 1, "seed": 0,
    "noise": "2-D Gaussian", "layers_g": 2, "width_g": 64, "layers_d": 2, "width_d": 64,
    "optimiser": "Adam", "batch_size": 128, "average_share": 0.1,
    "penalty": 10.0, "one_sided": True, "clip": 0.1,
    "show_real": True, "show_fake": True, "show_judge": True, "show_map": False,
    "show_arrows": True,
}  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """Where a game stands: losses, W1 of G and of its average, heaps that the average covers."""

    round: int
    loss_d: float
    loss_g: float
    w1_now: float
    w1: float
    covered: int


def w1(x: np.ndarray, y: np.ndarray) -> float:
    """Return min over pairings of the mean distance |xᵢ − y_π(i)|: W1 of two samples (N, 2).

    The cheapest pairing is found exactly. Two samples of one law are not at 0: see `same_law`.
    """
    cost = cdist(x, y)
    return float(cost[linear_sum_assignment(cost)].mean())


def same_law(target: Heaps) -> float:
    """Return the mean W1 of two samples of the target itself: what a perfect forger would get."""
    rng = np.random.default_rng(0)
    pairs = [[target.sample(PAIRS, rng) for _ in "xy"] for _ in range(8)]
    return float(np.mean([w1(*pair) for pair in pairs]))


class Playground:
    """A match whose every setting is a plain value that may be changed at any time.

    Settings are those of `CONTROLS`; what is not given is as in a run that goes well. Raises
    ValueError, naming the setting, for a value that its control could not give.
    """

    def __init__(self, **settings):
        self._made_with, self._match, self.changed = None, None, ""
        for name, value in {**DEFAULTS, **settings}.items():
            setattr(self, name, value)

    def __setattr__(self, name: str, value):
        if not name.startswith("_") and name != "changed":
            _check(name, value)
        super().__setattr__(name, value)

    @property
    def match(self) -> Match:
        """The match as the settings want it; a new one if one of `RESTARTING` has changed."""
        wanted = {name: getattr(self, name) for name in RESTARTING}
        if wanted != self._made_with:
            before = self._made_with or wanted
            self.changed = next((name for name in wanted if wanted[name] != before[name]), "")
            self._match, self._made_with = self._new_match(), wanted
        for name, value in self._acting().items():
            setattr(self._match, name, value)
        return self._match

    def _new_match(self) -> Match:
        target, rng = TARGETS[self.target], np.random.default_rng(0)
        x, some = target.sample(20_000, rng), target.sample(PAIRS, rng)
        dim, law = NOISES[self.noise]
        self._z = law((2000, dim), generator=torch.Generator().manual_seed(1), device="cpu")
        self._floor = same_law(target)

        def measure(game: Game, snapshot: Snapshot) -> Mark:
            now, average = (self.forged(player) for player in (game.generator, game.average))
            fits = w1(now[:PAIRS], some), w1(average[:PAIRS], some), target.covered(average)
            return Mark(snapshot.round, snapshot.loss_d, snapshot.loss_g, *fits)

        return Match(self._start, torch.from_numpy(x).float(), measure=measure, every=50)

    def _start(self) -> Game:
        dim, law = NOISES[self.noise]
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(self.seed)
            generator = mlp((dim, *[self.width_g] * self.layers_g, 2), "relu")
            discriminator = mlp((2, *[self.width_d] * self.layers_d, 1), "leaky_relu")
        moved = adam(generator.parameters(), self.lr_g), adam(discriminator.parameters(), self.lr_d)
        rng = torch.Generator().manual_seed(self.seed)
        return Game(generator, discriminator, *moved, dim, rng, noise_law=law)

    def _acting(self) -> dict:
        loss, kind = LOSSES[self.loss], self.loss.partition(", ")[2]
        return {
            "d_loss": loss.d_loss,
            "g_loss": loss.g_loss,
            "d_penalty": self._penalty if kind == "penalty" else None,
            "d_clip": self.clip if kind == "clipping" else None,
            "optimiser": OPTIMISERS[self.optimiser],
            **{name: getattr(self, name) for name in _PLAIN},
        }

    def _penalty(self, critic, x_real: Tensor, x_fake: Tensor, rng: torch.Generator) -> Tensor:
        """Return λ times the penalty on points that lie on lines between real and forged ones."""
        t = torch.rand((len(x_real), 1), generator=rng)
        between = x_real + t * (x_fake - x_real)
        return self.penalty * losses.gradient_penalty(critic, between, self.one_sided)

    @property
    def rounds(self) -> int:
        """How many rounds have been played since the start."""
        return self.match.rounds

    @property
    def floor(self) -> float:
        """The W1 of two samples of the target."""
        return self._floor

    def play_round(self) -> None:
        """Play one round."""
        self.match.play_round()

    def step_discriminator(self) -> None:
        """Move D alone, one step."""
        self.match.step_discriminator()

    def step_generator(self) -> None:
        """Move G alone, one step."""
        self.match.step_generator()

    def reset(self) -> None:
        """Begin anew, bit for bit, with the settings as they are."""
        self.match.reset()
        self.changed = ""

    @torch.no_grad()
    def forged(self, generator: torch.nn.Module, count: int = 2000) -> np.ndarray:
        """Return what a generator makes of the same noise each time, (count, 2)."""
        return generator(self._z[:count]).double().numpy()

    @property
    def state(self) -> dict:
        """All settings that are not as in the run that goes well: plain values, to be shared."""
        now = {name: getattr(self, name) for name in CONTROLS}
        return {"playground": FORMAT} | {n: v for n, v in now.items() if v != DEFAULTS[n]}


def load(state: dict | str) -> Playground:
    """Return the playground of a `state`, given as a dict or as its JSON text.

    Raises ValueError, saying what is wrong, for anything else, a setting that is not known, or a
    value that is not allowed.
    """
    if isinstance(state, str):
        try:
            state = json.loads(state)
        except ValueError as error:
            raise ValueError(f"this text is no state of the playground: {error}") from error
    if not isinstance(state, dict) or state.get("playground") != FORMAT:
        raise ValueError(f'a state is a dict with "playground": {FORMAT}, got {state!r:.80}')
    return Playground(**{name: value for name, value in state.items() if name != "playground"})


def _check(name: str, value) -> None:
    """Raise ValueError unless the control called `name` could give `value`."""
    if name not in CONTROLS:
        raise ValueError(f"no setting is called {name!r}; there are: {', '.join(CONTROLS)}")
    match CONTROLS[name]:
        case bool():
            fits, rule = isinstance(value, bool), "be True or False"
        case list() as choices:
            fits = not isinstance(value, bool) and value in choices
            rule = f"be one of {', '.join(map(repr, choices))}"
        case live.button():
            fits, rule = _is_whole(value) and value >= 0, "be a whole number, 0 or more"
        case live.log(low, high) | (low, high):
            whole = isinstance(low, int)
            number = _is_whole(value) if whole else isinstance(value, Real)
            fits = number and not isinstance(value, bool) and low <= value <= high
            rule = f"be a {'whole ' if whole else ''}number from {low} to {high}"
    if not fits:
        raise ValueError(f"{name} must {rule}, got {value!r:.80}")


def _is_whole(value) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)
