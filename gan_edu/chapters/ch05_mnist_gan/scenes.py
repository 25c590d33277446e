"""Chapter 05: the game that draws digits, with settings that work, and its pictures."""

import copy
import math

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from gan_edu import stage
from gan_edu.datasets import tile
from gan_edu.language import gettext as _
from gan_edu.match import Match
from gan_edu.metrics import DigitClassifier, auc
from gan_edu.recipes import draw, fresh_noise
from gan_edu.stage import artists, palette, paper
from gan_edu.training import Game


def noise_for_digits(
    game: Game, classifier: DigitClassifier, candidates: int = 2000
) -> torch.Tensor:
    """Return noise (10, latent_dim): what row i draws, the judge most surely reads as an i."""
    z = fresh_noise(candidates, seed=1)
    with torch.no_grad():
        probabilities = classifier(draw(game, z)).softmax(1)
    return z[probabilities.argmax(0)]


def great_circle(start: torch.Tensor, end: torch.Tensor, steps: int) -> torch.Tensor:
    """Return noise (steps, latent_dim) on the arc from start to end, which keeps a likely length.

    sin((1 − t)ω)/sin ω · start + sin(tω)/sin ω · end, with ω the angle between the two.
    Source: Shoemake 1985; White 2016 for latent spaces.
    """
    cosine = torch.cosine_similarity(start, end, dim=0)
    omega = torch.acos(cosine.clamp(-1, 1)).clamp(min=1e-3)  # equal ends make no angle
    t = torch.linspace(0, 1, steps, dtype=start.dtype)[:, None]
    return (((1 - t) * omega).sin() * start + (t * omega).sin() * end) / omega.sin()


@paper.styled
def digits_figure(images: np.ndarray, columns: int = 20) -> Figure:
    """Return a figure of images (N, 28, 28), `columns` in a row, with white paper between them."""
    picture = tile(np.pad(images, ((0, 0), (1, 1), (1, 1))), columns)
    height = paper.FIGURE_WIDTH * picture.shape[0] / picture.shape[1]
    figure, (axes,) = paper.new_figure(height)
    _ink(axes, picture)
    return figure


def _ink(axes: Axes, picture: np.ndarray) -> AxesImage:
    """Show grey values as ink on white paper, without axes."""
    axes.set_axis_off()
    return axes.imshow(picture, cmap="gray_r", vmin=0, vmax=255, interpolation="nearest")


def match_scene(iterations: int = 3000) -> stage.Scene:
    """Return a running match: 64 digits of the same noise, both losses, and D's mean answers."""
    z = fresh_noise(64, seed=2)

    @stage.scene(height=3.6, ncols=3, width_ratios=[1.2, 1, 1])
    def scene(digits, losses, answers):
        picture = _ink(digits, np.zeros((224, 224)))
        curves = {
            "loss_d": _curve(losses, _("D's loss"), palette.DISCRIMINATOR, "-"),
            "loss_g": _curve(losses, _("G's loss"), palette.FAKE, "--"),
            "d_real": _curve(answers, _("on real images"), palette.REAL, "-"),
            "d_fake": _curve(answers, _("on forgeries"), palette.FAKE, "--"),
        }
        _frame(losses, _("loss, nats"), 2.5, math.log(4), _("log 4: D = ½ for all"))
        _frame(answers, _("D's mean answer"), 1, 0.5)

        def update(match: Match) -> None:
            picture.set_data(tile(draw(match.game, z), 8))
            _show_history(curves, match.history)
            digits.set_title(match.steps_alone)
            for axes in (losses, answers):
                artists.lengthen(axes, iterations, match.iterations)

        return update

    return scene


def _show_history(curves: dict[str, Line2D], history: list) -> None:
    centres = _block_means([snapshot.iteration for snapshot in history])
    for name, curve in curves.items():
        curve.set_data(centres, _block_means([getattr(s, name) for s in history]))


def _curve(axes: Axes, label: str, colour: str, style: str) -> Line2D:
    (line,) = axes.plot([], [], color=colour, linestyle=style, label=label)
    return line


def _frame(axes: Axes, title: str, top: float, level: float, label: str | None = None) -> None:
    axes.axhline(level, color=palette.EXACT, linestyle=":", linewidth=1, label=label)
    axes.set(ylim=(0, top), xlabel=_("round of the game"), title=title)
    axes.legend(loc="upper right")


def _block_means(values: list[float], block: int = 50) -> np.ndarray:
    """Return means of 50 notes each: one round alone is mostly the luck of its minibatch."""
    whole = len(values) // block * block
    return np.reshape(values[:whole], (-1, block)).mean(1)


@torch.no_grad()
def examined(game: Game, x: torch.Tensor, batches: int = 16) -> tuple[float, float]:
    """Return D's loss and its AUC on rows of x (N, 784) and G's own drawings, in batches of 64.

    G and D are as in a round, batch statistics included. The game stays as it is: a copy looks.
    """
    game = copy.deepcopy(game)
    x_real = torch.stack([game.pick(x, 64) for _ in range(batches)])
    x_fake = torch.stack([game.generate(64) for _ in range(batches)]).float()
    loss_d, logits_real, logits_fake = game.d_loss_and_logits(x_real, x_fake)
    return loss_d.item(), auc(logits_real.flatten(), logits_fake.flatten())


@paper.styled
def alone_figure(looks: dict[str, list[tuple[float, float]]], every: int) -> Figure:
    """Return what `examined` saw each `every` steps while one player trained alone.

    `looks` has the name "d_alone" or "g_alone" for who trained.
    """
    figure, (losses, ranking) = paper.new_figure(2.8, ncols=2)
    styles = {
        "d_alone": (palette.DISCRIMINATOR, "-", _("D trains, G is frozen")),
        "g_alone": (palette.FAKE, "--", _("G trains, D is frozen")),
    }
    for name, seen in looks.items():
        colour, style, label = styles[name]
        for axes, values in zip((losses, ranking), zip(*seen, strict=True), strict=True):
            steps = every * np.arange(len(values))
            axes.plot(steps, values, style, color=colour, label=label)
    losses.axhline(math.log(4), color=palette.EXACT, linestyle=":", linewidth=1, label="log 4")
    losses.set(ylim=(0, 1.4 * losses.get_ylim()[1]), xlabel=_("steps of the one that trains"))
    losses.set_title(_("D's loss, nats"))
    losses.legend(loc="upper left")
    ranking.axhline(0.5, color=palette.EXACT, linestyle=":", linewidth=1, label=_("a coin"))
    ranking.set(
        ylim=(-0.03, 1.03), xlabel=_("steps of the one that trains"), title=_("D's ranking, AUC")
    )
    ranking.legend(loc="center right", bbox_to_anchor=(1, 0.27))  # off the line of the coin
    return figure


@paper.styled
def classes_figure(counts: dict[str, np.ndarray]) -> Figure:
    """Return bars of how many images, "real" and "fake", are read as each digit."""
    figure, (axes,) = paper.new_figure(2.6)
    looks = {
        "real": {"color": palette.REAL, "label": _("real")},
        "fake": {
            "color": palette.FAKE, "hatch": "//", "edgecolor": "white", "label": _("forged")
        },
    }  # fmt: skip
    for shift, (kind, look) in zip((-0.2, 0.2), looks.items(), strict=True):
        axes.bar(np.arange(10) + shift, counts[kind] / counts[kind].sum(), 0.4, **look)
    axes.set(
        xlabel=_("digit, as the judge reads it"), ylabel=_("share of images"), xticks=range(10)
    )
    axes.legend(ncols=2, loc="upper right", bbox_to_anchor=(1, 1.15))
    return figure


@paper.styled
def neighbours_figure(images: np.ndarray, neighbours: np.ndarray) -> Figure:
    """Return images (N, 28, 28) in the upper row, and under each its nearest real image."""
    figure, rows = paper.new_figure(3.2, nrows=2)
    titles = _("forged"), _("nearest real image")
    for axes, pictures, title in zip(rows, (images, neighbours), titles, strict=True):
        _ink(axes, tile(pictures, len(pictures)))
        axes.set_title(title)
    return figure


def walk_scene(game: Game) -> stage.Scene:
    """Return a digit whose first four noise numbers follow sliders, and what each would do.

    `start` counts the presses of a button: each press draws the other twelve numbers anew.
    """

    @stage.scene(height=2.5, ncols=2, width_ratios=[1, 3.3])
    def scene(digit, rows):
        large = _ink(digit, np.zeros((28, 28)))
        strip = _ink(rows, np.zeros((4 * 28, 13 * 28)))
        rows.set_title(_("what each slider would do, from −3 to 3"))
        marks = [rows.add_patch(_mark(row)) for row in range(4)]
        for row in range(4):
            rows.text(-4, 28 * row + 14, f"z{row + 1}", ha="right", va="center")

        def update(z1=0.0, z2=0.0, z3=0.0, z4=0.0, start=0):
            z = fresh_noise(1, seed=100 + start)
            z[0, :4] = torch.tensor([z1, z2, z3, z4])
            large.set_data(draw(game, z)[0])
            strip.set_data(tile(draw(game, _walks(z)), 13))
            for mark, value in zip(marks, (z1, z2, z3, z4), strict=True):
                mark.set_x(28 * (value + 3) / 0.5 - 0.5)

        return update

    return scene


def _walks(z: torch.Tensor) -> torch.Tensor:
    """Return 4 × 13 noise vectors: along row i the i-th number of z goes from −3 to 3."""
    walks = z.repeat(4, 13, 1)
    for row in range(4):
        walks[row, :, row] = torch.linspace(-3, 3, 13, dtype=z.dtype)
    return walks.flatten(0, 1)


def _mark(row: int) -> Rectangle:
    look = {"fill": False, "edgecolor": palette.FAKE, "linewidth": 2}
    return Rectangle((-0.5, 28 * row - 0.5), 28, 28, **look)


def crossing_scene(game: Game, classifier: DigitClassifier, ends: torch.Tensor) -> stage.Scene:
    """Return twelve digits on the way between two of `ends` (10, latent_dim), and their reading."""

    @stage.scene(height=1.4)
    def scene(axes):
        strip = _ink(axes, tile(draw(game, ends[:1].repeat(12, 1)), 12))
        labels = [axes.text(28 * i + 13.5, 31, "", ha="center", va="top") for i in range(12)]

        def update(start=3, end=8):
            images = draw(game, great_circle(ends[start], ends[end], 12))
            strip.set_data(tile(images, 12))
            with torch.no_grad():
                highest, digit = classifier(images).softmax(1).max(1)
            for label, *reading in zip(labels, digit.tolist(), highest.tolist(), strict=True):
                label.set_text("{}: {:.0%}".format(*reading))

        return update

    return scene
