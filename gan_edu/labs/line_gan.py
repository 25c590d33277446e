"""The GAN on a line: from uniform noise to a known law, with all that is exact beside it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from gan_edu import live, plots
from gan_edu.distributions import Distribution, mixture, normal
from gan_edu.divergences import histogram, js
from gan_edu.judging import auc
from gan_edu.labs.inverse_cdf import GRID_U
from gan_edu.labs.neural_distance import LOG_4, even
from gan_edu.losses import generator_minimax, generator_non_saturating
from gan_edu.match import Match, adam, sgd, uniform_noise
from gan_edu.networks import mlp
from gan_edu.training import Game, Snapshot
from gan_edu.words import WORDS, count

LAWS = {"bell": normal(), "two bumps": mixture([0.5, 0.5], [-1.5, 1.5], [0.5, 0.5])}
SETTINGS = {  # what each law takes: found by search, with 20 of 20 seeds at a gap below 0.05
    "bell": {"lr_d": 4e-3, "g_loss": generator_non_saturating},
    "two bumps": {"lr_d": 1e-2, "g_loss": generator_minimax},
}
LOSSES = {"non-saturating": generator_non_saturating, "minimax": generator_minimax}
OPTIMISERS = {"Adam": adam, "SGD": sgd}
EDGES = np.linspace(-5, 5, 101)
MIDDLES = (EDGES[1:] + EDGES[:-1]) / 2
FEW_U = GRID_U[::10]  # enough for a curve
LEAST_LOSS, MOST_LOSS = -1.2, 2.6  # nats, that are drawn
HIGHEST = 1.1  # density of the forged that is drawn


def line_players(copies: int | None = None) -> tuple[torch.nn.Module, torch.nn.Module]:
    """Return a new G, 1-32-32-1 with tanh, and D, with leaky ReLU; torch's global state decides."""
    sizes = (1, 32, 32, 1)
    return mlp(sizes, "tanh", copies=copies), mlp(sizes, "leaky_relu", copies=copies)


def line_match(law: str = "bell", seed: int = 0, copies: int | None = None, **settings) -> Match:
    """Return a match of U[−1, 1] against one of `LAWS`, decided by `seed` alone.

    `settings` are `Match`'s, in the place of those in `SETTINGS`. With `copies` so many games are
    played at once, each with its own start and its own luck.
    """

    def start() -> Game:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            generator, discriminator = line_players(copies)
        rng = torch.Generator().manual_seed(seed)
        opt_g, opt_d = adam(generator.parameters(), 1e-3), adam(discriminator.parameters(), 1e-3)
        return Game(
            generator, discriminator, opt_g, opt_d, 1, rng,
            noise_law=uniform_noise, copies=copies,
        )  # fmt: skip

    def measure(game: Game, snapshot: Snapshot) -> Mark:
        average, now = (forged(player, copies) for player in (game.average, game.generator))
        fits = gap_of(average, LAWS[law]), js_of(average, LAWS[law]), gap_of(now, LAWS[law])
        return Mark(snapshot.round, snapshot.loss_d, snapshot.loss_g, *fits)

    options = {"batch_size": 128, "optimiser": adam, "measure": measure, "every": 50}
    return Match(start, even(LAWS[law]), **options | SETTINGS[law] | settings)


@dataclass(frozen=True)
class Mark:
    """Where a game stands: losses, largest gap and JS of G's average, largest gap of G itself."""

    round: int
    loss_d: float
    loss_g: float
    gap: np.ndarray
    js: np.ndarray
    gap_now: np.ndarray


def forged(
    generator: torch.nn.Module, copies: int | None = None, u: np.ndarray = GRID_U
) -> np.ndarray:
    """Return G at evenly spread noise u, (2000,) or (copies, 2000): no luck in it."""
    z = torch.from_numpy(2 * u - 1).float()[:, None]
    with torch.no_grad():
        y = generator(z if copies is None else z.expand(copies, -1, 1))
    return y[..., 0].double().numpy()


def gap_of(y: np.ndarray, law: Distribution) -> np.ndarray:
    """Return max |F(y) − u| over the sorted y (…, 2000) of `forged`: 0 for a perfect map."""
    return np.abs(law.cdf(np.sort(y)) - GRID_U).max(-1)


def looked_at(match: Match) -> np.ndarray:
    """Return D's loss and its AUC, (2, copies), on the data and on G's samples of even noise."""
    game, copies = match.game, match.game.copies or 1
    fake = torch.from_numpy(forged(game.generator, game.copies)).float()[..., None]
    real = match.x[::10].expand_as(fake)
    with torch.no_grad():
        a_real, a_fake = (game.discriminator(x).reshape(copies, -1) for x in (real, fake))
    pairs = list(zip(a_real, a_fake, strict=True))
    return np.array([[game.d_loss(*p).item() for p in pairs], [auc(*p) for p in pairs]])


def shares(y: np.ndarray) -> np.ndarray:
    """Return the shares of y (…, N) in the bins of `EDGES`, whose ends take what lies beyond."""
    return np.apply_along_axis(histogram, -1, y, EDGES, "ends")


def exact_shares(law: Distribution) -> np.ndarray:
    """Return what `shares` would be for the law itself."""
    return np.diff(law.cdf(np.concatenate([[-np.inf], EDGES[1:-1], [np.inf]])))


def js_of(y: np.ndarray, law: Distribution) -> np.ndarray:
    """Return JS of y (…, N) and the law, in nats, in the bins of `EDGES`."""
    return js(shares(y), exact_shares(law))


def answers(discriminator: torch.nn.Module) -> np.ndarray:
    """Return D's probability of "real" at `MIDDLES`."""
    x = torch.from_numpy(MIDDLES).float()[:, None]
    with torch.no_grad():
        return discriminator(x)[:, 0].sigmoid().numpy()


def best_answers(y: np.ndarray, law: Distribution) -> np.ndarray:
    """Return D* = p/(p + q) against y (N,) in the bins of `EDGES`, NaN where hardly a sample is."""
    p, q = exact_shares(law), shares(y)
    return np.where(p + q > 2e-3, p / np.maximum(p + q, 1e-12), np.nan)


def duel_scene(law: str = "bell") -> live.Scene:
    """Return a running match: D beside D*, G beside F⁻¹, how far p_g is off, and both losses."""

    @live.scene(height=4.0, nrows=2, ncols=2)
    def scene(judge, maps, distance, losses):
        return _all_of(
            _judge_panel(judge, LAWS[law]),
            _map_panel(maps, LAWS[law]),
            _gap_panel(distance, LAWS[law]),
            _loss_panel(losses),
        )

    return scene


def short_duel_scene(law: str = "bell") -> live.Scene:
    """Return the upper half of `duel_scene`, and how many rounds have been played."""

    @live.scene(height=3.2, ncols=2)
    def scene(judge, maps):
        def tell(match: Match, now: np.ndarray, average: np.ndarray) -> None:
            rounds = WORDS["rounds_played"].format(rounds=count(match.rounds, "round"))
            judge.set_title(". ".join(filter(None, [rounds, match.steps_alone])))

        return _all_of(_judge_panel(judge, LAWS[law]), _map_panel(maps, LAWS[law]), tell)

    return scene


Show = Callable[[Match, np.ndarray, np.ndarray], None]  # a match, G now, the average of G


def _all_of(*parts: Show) -> Callable[[Match], None]:
    def update(match):
        now, average = forged(match.game.generator), forged(match.game.average, u=FEW_U)
        for show in parts:
            show(match, now, average)

    return update


def _judge_panel(axes: Axes, law: Distribution) -> Show:
    """Frame both laws, and D beside the best D against the G of now."""
    p = exact_shares(law) / np.diff(EDGES)
    axes.plot(MIDDLES, p, color=plots.REAL, linewidth=1.4, label=WORDS["real"])
    heap, heads = plots.bars(axes, EDGES, plots.FAKE), _line(axes, "_", plots.FAKE, "^")
    heap.set_label(WORDS["fake"])
    line, best = _line(axes, "D", plots.JUDGE, "-"), _line(axes, "D*", plots.EXACT, ":")
    axes.set(xlim=(-5, 5), ylim=(0, 1.5), yticks=[0, 0.5, 1], title=" ")
    axes.legend(ncols=4)

    def show(match: Match, now: np.ndarray, average: np.ndarray) -> None:
        line.set_data(MIDDLES, answers(match.game.discriminator))
        density = shares(now) / np.diff(EDGES)
        heap.set_data(np.minimum(density, HIGHEST))
        heads.set_data(MIDDLES[density > HIGHEST], np.full(np.sum(density > HIGHEST), HIGHEST))
        best.set_data(MIDDLES, best_answers(now, law))
        axes.set_title(match.steps_alone)

    return show


def _map_panel(axes: Axes, law: Distribution) -> Show:
    axes.plot(GRID_U, law.ppf(GRID_U), ":", color=plots.EXACT, label="F⁻¹")
    lines = [
        _line(axes, WORDS["g_now"], plots.FAKE, "-"),
        _line(axes, WORDS["g_average"], plots.JUDGE, "--"),
    ]
    axes.set(xlim=(0, 1), ylim=(-4.5, 4.5), xlabel=WORDS["noise_u"])
    above = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0.2}
    axes.legend(ncols=3, columnspacing=1.2, **above)  # G may run through any corner
    heads = plots.arrowheads(axes, plots.FAKE)

    def show(match: Match, now: np.ndarray, average: np.ndarray) -> None:
        for line, y in zip(lines, (now[::10], average), strict=True):
            line.set_data(FEW_U, y)
        beyond = plots.exits(np.abs(now[::10]) > 4.5)
        heads(FEW_U[beyond], now[::10][beyond])

    return show


def _gap_panel(axes: Axes, law: Distribution) -> Show:
    lines = {
        "gap_now": _line(axes, WORDS["g_now"], plots.FAKE, "-", 1),
        "gap": _line(axes, WORDS["g_average"], plots.JUDGE, "--"),
    }
    axes.set(yscale="log", ylim=(0.005, 4), yticks=[0.01, 0.1, 1], xlabel=WORDS["round"])
    axes.minorticks_off()
    axes.legend(ncols=2, borderaxespad=0)  # a gap is below 1

    def show(match: Match, now: np.ndarray, average: np.ndarray) -> None:
        _fill(axes, lines, match)
        if match.history:  # words are slow to draw: they change with each mark only
            mark = match.history[-1]
            fit = {"gap": mark.gap, "js": mark.js}
        else:
            y = forged(match.game.average)
            fit = {"gap": gap_of(y, law), "js": js_of(y, law)}
        axes.set_title(WORDS["gap_and_js"].format(**fit))

    return show


def _loss_panel(axes: Axes) -> Show:
    lines = {
        "loss_d": _line(axes, WORDS["loss_d"], plots.JUDGE, "-", 1),
        "loss_g": _line(axes, WORDS["loss_g"], plots.FAKE, "--", 1),
    }
    levels = {"log 4": LOG_4, "log 2": LOG_4 / 2, "0": 0, "−log 2": -LOG_4 / 2}
    axes.set_yticks(list(levels.values()), labels=list(levels))
    axes.grid(axis="y", color=plots.EXACT, linestyle=":", linewidth=1)
    axes.set(ylim=(LEAST_LOSS, MOST_LOSS + 0.7), xlabel=WORDS["round"], title=WORDS["losses"])
    axes.legend(ncols=2, borderaxespad=0)

    def show(match: Match, now: np.ndarray, average: np.ndarray) -> None:
        _fill(axes, lines, match, LEAST_LOSS, MOST_LOSS)
        losses = [loss for mark in match.history for loss in (mark.loss_d, mark.loss_g)]
        cut = any(not LEAST_LOSS <= loss <= MOST_LOSS for loss in losses)
        axes.set_title(WORDS["losses_cut" if cut else "losses"])

    return show


def _line(axes: Axes, label: str, colour: str, style: str, width: float = 2) -> Line2D:
    return axes.plot([], [], style, color=colour, linewidth=width, label=label)[0]


def _fill(axes: Axes, lines: dict[str, Line2D], match: Match, low=-np.inf, high=np.inf) -> None:
    """Draw what the match has noted, cut at both ends, over its rounds: their axis doubles."""
    rounds = [mark.round for mark in match.history]
    for name, line in lines.items():
        line.set_data(rounds, np.clip([getattr(mark, name) for mark in match.history], low, high))
    plots.lengthen(axes, 2000, match.rounds)
