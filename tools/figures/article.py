"""The six pictures that the article refers to, computed: its own files are lost."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import log_expit

from gan_edu import games
from gan_edu.chapters.ch04_adversarial_game.scenes import (
    THREE,
    best_value,
    frame_v,
    stale_scene,
    three_curves,
)
from gan_edu.chapters.sign_card import two_losses_scene
from gan_edu.distributions import normal
from gan_edu.language import gettext as _
from gan_edu.language import later, minus, ngettext
from gan_edu.match import Match
from gan_edu.recipes import (
    DISTRIBUTIONS,
    EDGES,
    MIDDLES,
    answers,
    exact_shares,
    generated,
    shares,
)
from gan_edu.stage import artists, palette, paper

DISTRIBUTION = "two_modes"
STAGES = (0, 200, 2000)  # iterations
SAMPLES = 4000
COARSE = EDGES[::2]  # edges of a histogram of samples
FINE_U = (np.arange(200_000) + 0.5) / 200_000  # so much noise that D* is a smooth curve


# Forger and detective: generator and discriminator


@paper.styled
def generator_and_discriminator(match_at: Callable[[str, int], Match]) -> Figure:
    """Return generated beside real samples, and D beside D*, early and late in a game.

    `match_at(distribution, iterations)` is the match for a distribution after these iterations.
    """
    figure, axes = paper.new_figure(4.0, nrows=2, ncols=len(STAGES), sharex=True, sharey="row")
    rng = np.random.default_rng(0)
    for iterations, samples, verdict in zip(STAGES, axes[:3], axes[3:], strict=True):
        match = match_at(DISTRIBUTION, iterations)
        _histograms(samples, generated(match.game.generator, u=rng.random(SAMPLES)))
        played = ngettext("{n:,} iteration", "{n:,} iterations", iterations)
        samples.set_title(played.format(n=iterations))
        _discriminator(verdict, match)
    axes[0].set(xlim=(-4, 4), ylim=(0, 1.1), yticks=[])
    axes[3].set(ylim=(-0.05, 1.6), yticks=[0, 0.5, 1])
    axes[0].set_ylabel(_("samples"))
    axes[3].set_ylabel(_("D's answer"))
    for verdict in axes[3:]:
        verdict.set_xlabel(_("sample x"))
    axes[1].legend()
    axes[3].legend(ncols=2)
    return figure


def _histograms(axes: Axes, y: np.ndarray) -> None:
    """Draw how generated samples y (N,) are distributed, and the density of the real ones."""
    p = DISTRIBUTIONS[DISTRIBUTION].pdf(MIDDLES)
    axes.plot(MIDDLES, p, color=palette.REAL, linewidth=1.4, label=_("real"))
    bars = artists.bars(axes, COARSE, palette.FAKE)
    bars.set_data(np.minimum(artists.heights(y, COARSE), 1.05))
    bars.set_label(_("generated"))


def _discriminator(axes: Axes, match: Match) -> None:
    """Draw D and the optimal D*, and write the accuracy of both."""
    p = exact_shares(DISTRIBUTIONS[DISTRIBUTION])
    q = shares(generated(match.game.generator, u=FINE_U))
    d, best = answers(match.game.discriminator), p / (p + q)
    axes.plot(MIDDLES, d, color=palette.DISCRIMINATOR, label="D")
    axes.plot(MIDDLES, best, ":", color=palette.EXACT, label="D*")
    accuracy = [np.where(says_real, p, q).sum() / 2 for says_real in (d > 0.5, p > q)]
    axes.set_title(_("accuracy: D {d:.0%}, D* {best:.0%}").format(d=accuracy[0], best=accuracy[1]))


# Maxima over D, and a stale discriminator


@paper.styled
def three_tops() -> Figure:
    """Return V over ψ for three generators: D climbs to each maximum, G takes the lowest one."""
    figure, (axes,) = paper.new_figure(3.8)
    three_curves(axes)
    frame_v(axes, -2, columns=1)
    tops = [(theta, best_value(theta)) for theta in THREE]
    for theta, top in tops:
        psi = np.linspace(0, theta, 50)
        axes.plot(
            psi, games.value(theta, psi), color=palette.DISCRIMINATOR, linewidth=3, zorder=1.9
        )
        _beside(axes, minus(f"{top:.4f}"), (theta, top), (4, -8), va="top")
    for start, end in pairwise(tops):
        _arrow(axes, start, end, palette.FAKE, "--")
    axes.plot(
        [], [], color=palette.DISCRIMINATOR, linewidth=3, label=_("1. D climbs to the maximum")
    )
    axes.plot([], [], "--", color=palette.FAKE, label=_("2. G goes where the maximum is lowest"))
    axes.legend(loc="upper left")
    axes.set(xlim=(-1.5, 4), ylim=(-2, 0.2))
    return figure


@paper.styled
def stale_discriminator() -> Figure:
    """Return chapter 04's picture of a stale D, and how V and max V change from θ = 0 to −1."""
    figure = stale_scene().figure(theta_0=2.0, theta_1=-1.0, whole=True)
    axes, walk = figure.axes[1], [0, -1]
    for v, colour, lower in (
        (games.value(walk, 2), palette.DISCRIMINATOR, 0),
        (games.best_value(walk), palette.EXACT, 19),
    ):
        axes.plot(walk, v, "s", color=colour, markersize=5)
        change = minus(f"{v[1] - v[0]:+.3g}")
        _beside(axes, change, (-1, v[1]), (-8, -lower), ha="right", color=colour)
    return figure


def two_losses() -> Figure:
    """Return the generator's two losses over D, and their gradients in the logit, for D = 0.1."""
    return two_losses_scene().figure(d=0.1, whole=True)


# The data flow of an iteration

LOSSES_END = 8.92  # inches; to the right of their numbers
ITERATION_ARROWS = {  # name: words, colour, style, and from where to where, in inches, and how bent
    "forward": (
        later("forward: what is computed from what"), palette.EXACT, "-",
        ((1.65, 2.95), (2.2, 2.95), 0), ((3.65, 2.95), (4.2, 2.95), 0),
        ((5.65, 2.95), (6.2, 2.25), 0), ((5.65, 0.95), (6.2, 1.45), 0),
        ((7.65, 2.0), (8.05, 2.25), 0), ((7.65, 1.8), (8.05, 1.8), 0),
        ((7.65, 1.6), (8.05, 1.4), 0),
    ),
    "step_1": (
        later("step 1: $L_\\mathrm{fake}$ + $L_\\mathrm{real}$ train D alone"),
        palette.DISCRIMINATOR, "--",
        ((LOSSES_END, 1.15), (7.0, 1.25), -0.4),
    ),
    "step_2": (
        later("step 2: $L_\\mathrm{G}$ trains G, through D"), palette.FAKE, "--",
        ((8.5, 2.5), (7.0, 2.3), 0.4), ((6.2, 1.9), (5.65, 2.55), 0),
        ((4.2, 2.55), (3.65, 2.55), 0),
    ),
}  # fmt: skip


@paper.styled
def one_iteration(match: Match) -> Figure:
    """Return the data flow of an iteration of `match`, whose target is the standard normal.

    Solid arrows are what is computed, dashed arrows show which loss trains which network.
    """
    board = _board(3.7)
    losses = _iteration_panels(board, match)
    for height, (name, loss) in zip((2.3, 1.8, 1.35), losses.items(), strict=True):
        board.text(
            8.1,
            height,
            f"$L_\\mathrm{{{name}}}$ {loss:.2f}",
            va="center",
        )
    for words, colour, style, *arrows in ITERATION_ARROWS.values():
        board.plot([], [], style, color=colour, label=_(words))
        for start, end, bend in arrows:
            _arrow(board, start, end, colour, style, bend)
    both = {"color": palette.DISCRIMINATOR, "linestyle": "--", "linewidth": 2}
    board.plot([LOSSES_END] * 2, [1.15, 1.95], **both)  # the arrow below comes from two losses
    family = {"family": paper.families_of_formulas()}
    board.legend(loc="lower left", bbox_to_anchor=(0.01, 0.1), prop=family)
    return board.figure


def _iteration_panels(board: Axes, match: Match) -> dict[str, float]:
    """Draw noise, G, generated and real samples, and D as they are; return the losses there."""
    rng, distribution, line = (
        np.random.default_rng(0),
        DISTRIBUTIONS["normal"],
        np.linspace(0, 1, 200),
    )
    u, x = rng.random(SAMPLES), distribution.sample(SAMPLES, rng)
    generator, discriminator = match.game.generator, match.game.discriminator
    y, (height, width) = generated(generator, u=u), (0.95, 1.35)
    noise, g, fake, real, d = (
        _panel(board, (left, bottom, width, height), name)
        for name, left, bottom in (
            (_("noise z"), 0.25, 2.3),
            ("G", 2.25, 2.3),
            (_("generated"), 4.25, 2.3),
            (_("real"), 4.25, 0.5),
            ("D", 6.25, 1.3),
        )
    )
    _histogram(noise, 2 * u - 1, np.linspace(-1, 1, 21), palette.NOISE)
    g.plot(2 * line - 1, generated(generator, u=line), color=palette.FAKE)
    _histogram(fake, y, COARSE, palette.FAKE)
    _histogram(real, x, COARSE, palette.REAL)
    d.plot(MIDDLES, answers(discriminator), color=palette.DISCRIMINATOR)
    d.set_ylim(0, 1)
    d_real, d_fake = (np.interp(values, MIDDLES, answers(discriminator)) for values in (x, y))
    return {
        "G": -np.log(d_fake).mean(),
        "fake": -np.log(1 - d_fake).mean(),
        "real": -np.log(d_real).mean(),
    }


# GAN and reinforcement learning

LINE = np.linspace(-3, 4, 281)
START = 1.5  # mean of G's samples and of the policy's actions


@paper.styled
def gan_beside_rl() -> Figure:
    """Return two loops: a gradient comes back for each sample, a number for each action.

    G and the policy are both N(1.5, 1), and the same five values come from them. D is the optimal
    one against real samples from N(0, 1), and log D is the reward, whose gradient comes back; in
    the other loop an action within ±1 wins.
    """
    board, y = _board(4.1), normal(START).ppf([0.1, 0.3, 0.5, 0.7, 0.9])
    of_gan = {
        "name": "GAN",
        "maker": "G",
        "says": "log D",
        "from": _("real samples"),
        "needs": _("needs real samples;\nD gives back a gradient\nfor each sample"),
        "back": "--",  # a gradient, here as in the picture of one iteration
    }
    of_rl = {
        "name": _("reinforcement learning"),
        "maker": _("policy"),
        "says": _("reward"),
        "from": _("environment"),
        "needs": _("needs an environment;\nit gives back a number\nfor each action"),
        "back": ":",
    }
    gan, rl = _loop(board, 0.25, of_gan, y), _loop(board, 4.85, of_rl, y)
    log_d = log_expit(games.logit(LINE, START))
    gan["says"].plot(LINE, log_d, color=palette.DISCRIMINATOR)
    gan["says"].set_ylim(1.1 * log_d[-1], 0.8)
    for x, value in zip(y, log_expit(games.logit(y, START)), strict=True):
        gan["says"].plot([x], [value], "o", color=palette.FAKE)
        end = x - 0.8 * START * -np.expm1(value)
        gan["says"].plot([x, end], [value, value], color=palette.FAKE)
        gan["says"].plot([end], [value], "<", color=palette.FAKE, markersize=5)
    gan["from"].fill_between(
        LINE, 2 * normal().pdf(LINE), color=palette.REAL, alpha=0.45, linewidth=0
    )
    for wins, marker in ((True, "o"), (False, "x")):
        actions = y[(np.abs(y) < 1) == wins]
        rl["says"].plot(actions, [float(wins)] * len(actions), marker, color=palette.FAKE)
    rl["from"].plot(LINE, np.abs(LINE) < 1, ":", color=palette.EXACT)
    return board.figure


def _loop(board: Axes, left: float, words: dict, y: np.ndarray) -> dict[str, Axes]:
    """Draw what makes the values y (N,), what answers them, and the arrows; return the panels."""
    right = left + 2.1
    board.text(left, 3.75, words["name"], fontsize="large")
    board.text(left, 0.8, words["needs"], va="center", linespacing=1.5)
    places = {"maker": (left, 1.8, 1.5, 1.2), "says": (right, 1.8, 1.8, 1.2)}
    places["from"] = (right, 0.35, 1.8, 0.7)
    panels = {role: _panel(board, place, words[role]) for role, place in places.items()}
    for axes in panels.values():
        axes.set(xlim=(LINE[0], LINE[-1]), ylim=(-0.1, 1.3))
    panels["maker"].plot(LINE, 2 * normal(START).pdf(LINE), color=palette.FAKE)
    panels["maker"].plot(y, [0.15] * len(y), "|", color=palette.FAKE, markersize=14)
    _arrow(board, (left + 1.55, 2.4), (right - 0.05, 2.4), palette.EXACT)
    _arrow(board, (right + 0.9, 1.33), (right + 0.9, 1.75), palette.EXACT)
    _arrow(board, (right + 1.2, 3.1), (left + 0.9, 3.1), palette.FAKE, words["back"], 0.22)
    return panels


# Boxes and arrows


def _board(height: float) -> Axes:
    """Return axes over a whole figure, whose unit is the inch."""
    figure, (board,) = paper.new_figure(height)
    figure.set_layout_engine("none")
    board.set_position([0, 0, 1, 1])
    board.set(xlim=(0, paper.FIGURE_WIDTH), ylim=(0, height))
    board.set_axis_off()
    return board


def _panel(board: Axes, place: tuple, title: str) -> Axes:
    """Return small axes at place (left, bottom, width, height), in inches."""
    return board.inset_axes(place, transform=board.transData, xticks=[], yticks=[], title=title)


def _histogram(axes: Axes, values: np.ndarray, edges: np.ndarray, colour: str) -> None:
    heights = artists.heights(values, edges)
    artists.bars(axes, edges, colour).set_data(heights)
    axes.set_ylim(0, 1.1 * heights.max())


def _arrow(
    axes: Axes, start: tuple, end: tuple, colour: str, style: str = "-", bend: float = 0
) -> None:
    look = {"arrowstyle": "-|>", "color": colour, "linestyle": style, "linewidth": 2}
    path = {"shrinkA": 0, "shrinkB": 0, "connectionstyle": f"arc3,rad={bend}"}
    axes.annotate("", end, start, arrowprops=look | path)


def _beside(axes: Axes, words: str, point: tuple, offset: tuple, **look) -> None:
    axes.annotate(words, point, offset, textcoords="offset points", **look)
