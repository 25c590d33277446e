"""Chapter 06, after 2014: GANs on the ring of 8, beside flow matching and its number of steps."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from scipy.special import softmax
from torch import Tensor

from gan_edu import stage
from gan_edu.language import gettext as _
from gan_edu.language import later, ngettext
from gan_edu.match import Match, adam
from gan_edu.networks import mlp
from gan_edu.stage import palette
from gan_edu.targets import PAIRS, TARGETS
from gan_edu.training import Game, Settings

RING = TARGETS["ring_of_8"]
NAMES = {
    "2014": later("loss of 2014"),
    "wasserstein": later("Wasserstein, penalty"),
    "relativistic": later("relativistic, R1 + R2"),
    "flow": later("flow matching"),
}
SHOWN = 500  # samples in a panel
FOLLOWED = 12  # of them, from noise to sample
LINES = 12  # through a place
GREEN = {"color": palette.DISCRIMINATOR, "zorder": 3}
REACH = 2.6


def name_of(model: str) -> str:
    """Return the words for a model of `NAMES`; KeyError for another one."""
    return _(NAMES[model])


def ring_match(x: Tensor, seed: int = 0, **settings) -> Match:
    """Return a match of 2-D Gaussian noise against x (N, 2), decided by `seed` alone.

    G is 2-64-64-64-2 with tanh, D 2-64-64-1 with leaky ReLU; `settings` are those of
    `training.Settings`, by default a batch of 128 and D's learning rate four times G's.
    """
    usual = {"batch_size": 128, "optimiser_d": adam, "optimiser_g": adam}

    def start() -> Game:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            generator = mlp((2, 64, 64, 64, 2), "tanh")
            discriminator = mlp((2, 64, 64, 1), "leaky_relu")
        opt_g, opt_d = adam(generator.parameters(), 1e-3), adam(discriminator.parameters(), 4e-3)
        return Game(generator, discriminator, opt_g, opt_d, 2, torch.Generator().manual_seed(seed))

    return Match(start, x, Settings(**usual | settings))


def mean_w1(y: np.ndarray) -> float:
    """Return the mean W1 of each 256 samples of y (N, 2) and a sample of the ring.

    256 real samples get `targets.same_distribution(RING)["w1"]`, not 0. Raises ValueError for
    fewer than 256 samples.
    """
    if len(y) < PAIRS:
        raise ValueError(f"y must hold at least {PAIRS} samples, got {len(y)}")
    batches = y[: len(y) // PAIRS * PAIRS].reshape(-1, PAIRS, 2)
    return float(np.mean([RING.w1(batch) for batch in batches]))


def lines_through(
    place: np.ndarray, t: float, x: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return z and x (LINES, 2) of lines that pass a place (2,) at time t < 1, and E[x | x_t].

    A line from noise to a real sample x (N, 2) passes there if z = (place − tx)/(1 − t), so x
    weighs as much as this z is probable. The mean velocity is (E[x | x_t] − place)/(1 − t).
    """
    z = (place - t * x) / (1 - t)
    weights = softmax(-np.square(z).sum(1) / 2)
    chosen = np.random.default_rng(0).choice(len(x), LINES, p=weights)
    return z[chosen], x[chosen], weights @ x


def lines_scene(x: np.ndarray) -> stage.Scene:
    """Return points on their way from noise to real samples x (N, 2), and lines through a place."""
    noise = np.random.default_rng(1).standard_normal((2 * SHOWN, 2))
    noise = noise[np.abs(noise).max(1) < REACH][:SHOWN]  # what begins inside the panel stays there
    grab = {"across": "points lines", "up": "points.y lines.y"}

    @stage.scene(height=3.3, ncols=2, grab=grab)
    def scene(points, lines):
        moving = _panel(points)
        show_crossing = _crossing(lines)
        yours = [axes.plot([], [], "s", markersize=8, **GREEN)[0] for axes in (points, lines)]

        def update(t=0.5, across=0.8, up=0.4):
            place = np.array([across, up])
            moving.set_data(*((1 - t) * noise + t * x[:SHOWN]).T)
            show_crossing(place, *lines_through(place, t, x))
            for square in yours:
                square.set_data([across], [up])
            points.set_title(_("{n} points at t = {t:.2f}").format(n=SHOWN, t=t))

        return update

    return scene


def _crossing(axes: Axes) -> Callable[..., None]:
    """Return what shows lines through a place, from `starts` to `ends`, and where their mean is."""
    _panel(axes)
    ways = LineCollection([], colors=palette.NOISE, linewidths=[0.4, 1.5])
    axes.add_collection(ways)
    mean = axes.plot([], [], "-D", markevery=[1], linewidth=3, **GREEN)[0]
    axes.set_title(_("lines through your point, and their mean"))

    def show(place: np.ndarray, starts: np.ndarray, ends: np.ndarray, middle: np.ndarray) -> None:
        here = np.broadcast_to(place, starts.shape)
        ways.set_segments([*np.stack([starts, here, here, ends], 1).reshape(-1, 2, 2)])
        mean.set_data(*np.transpose([place, middle]))

    return show


def steps_scene(gans: Mapping[str, np.ndarray], path: Callable[[int], np.ndarray]) -> stage.Scene:
    """Return samples (N, 2) of three GANs, by their names in `NAMES`, beside those of a flow.

    `path(steps)` are the flow's positions from noise to samples, (steps + 1, N, 2).
    """

    @stage.scene(height=3.0)
    def scene(first, second, third, flow):
        for axes, (name, y) in zip((first, second, third), gans.items(), strict=True):
            _panel(axes).set_data(*y[:SHOWN].T)
            axes.set_title(_title(name, y, 1))
        lines = _lines(flow)
        samples = _panel(flow)
        first.legend(loc="center", handletextpad=0.1)

        def update(steps=50):
            positions = path(steps)
            samples.set_data(*positions[-1, :SHOWN].T)
            for line, way in zip(lines, _followed(positions), strict=True):
                line.set_data(*way.T)
            flow.set_title(_title("flow", positions[-1], steps))

        return update

    return scene


def _lines(axes: Axes) -> list[Line2D]:
    """Return what shows the ways of a few samples, with a square where they start."""
    look = {"color": palette.NOISE, "linewidth": 1, "marker": "s", "markersize": 3}
    return [axes.plot([], [], **look, markevery=[0])[0] for _i in range(FOLLOWED)]


def _panel(axes: Axes) -> Line2D:
    """Draw the real samples, and return what shows the generated ones."""
    axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xticks=[], yticks=[])
    axes.set(aspect="equal", anchor="S")
    real = RING.sample(SHOWN, np.random.default_rng(0))
    axes.plot(*real.T, "o", color=palette.REAL, markersize=2.5, alpha=0.5, label=_("real"))
    look = {"color": palette.FAKE, "markersize": 3.5, "alpha": 0.7, "label": _("generated")}
    return axes.plot([], [], "x", **look)[0]


def _followed(positions: np.ndarray) -> np.ndarray:
    """Return the ways of the first few samples that begin inside the panel, (FOLLOWED, …, 2)."""
    inside = np.flatnonzero(np.abs(positions[0]).max(axis=1) < REACH)
    return positions[:, inside[:FOLLOWED]].swapaxes(0, 1)


def _title(name: str, y: np.ndarray, evaluations: int) -> str:
    modes = _("{n} of {of} modes, W₁ {w1:.2f}").format(
        n=RING.covered(y), of=len(RING.centres), w1=mean_w1(y)
    )
    cost = ngettext("{n} evaluation", "{n} evaluations", evaluations).format(n=evaluations)
    return f"{name_of(name)}\n{modes}\n{cost}"
