"""Chapter 05: the figures of a GAN on digits, and what they show: images, losses, distances."""

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from gan_edu import stage
from gan_edu.datasets import tile
from gan_edu.language import CLAUSES, joined, named
from gan_edu.language import gettext as _
from gan_edu.match import Match
from gan_edu.metrics import DigitClassifier, auc
from gan_edu.recipes import draw, fresh_noise
from gan_edu.stage import artists, palette, paper
from gan_edu.training import Game

SHEET = 25  # generated images that a match shows while it is played
BATCH = 64  # generated images that D sees together, as in training: those, and more


@paper.styled
def digits_figure(images: np.ndarray, columns: int = 12) -> Figure:
    """Return a figure of images (N, 28, 28), `columns` in a row, with white paper between them."""
    picture = tile(np.pad(images, ((0, 0), (1, 1), (1, 1))), columns)
    figure, (axes,) = paper.new_figure(paper.FIGURE_WIDTH * picture.shape[0] / picture.shape[1])
    ink(axes, picture)
    return figure


def ink(axes: Axes, picture: np.ndarray, **place) -> AxesImage:
    """Show grey values as ink on white paper, without axes."""
    axes.set_axis_off()
    return axes.imshow(picture, cmap="gray_r", vmin=0, vmax=255, interpolation="nearest", **place)


def _frame(column: float, row: int = 0) -> Rectangle:
    """Return a frame around the image in this column and row of a tiled picture."""
    return square(28 * column - 0.5, 28 * row - 0.5, 28)


def square(x: float, y: float, side: float) -> Rectangle:
    """Return a square frame from its corner x, y, the one with the lowest numbers."""
    return Rectangle((x, y), side, side, fill=False, edgecolor=palette.FAKE, linewidth=2)


# A running match


def opening_scene() -> stage.Scene:
    """Return eighteen large images of a running match, always from the same noise."""
    z = fresh_noise(18, seed=2)

    @stage.scene(height=2.4)
    def scene(digits):
        picture = ink(digits, np.zeros((56, 252)))

        def update(match: Match) -> None:
            picture.set_data(tile(draw(match.game, z), 9))
            digits.set_title(match.so_far)

        return update

    return scene


def match_scene(iterations: int = 3000) -> stage.Scene:
    """Return a running match: images from the same noise, both losses, and D's probabilities."""
    z = fresh_noise(BATCH, seed=2)[:SHEET]

    @stage.scene(height=4, ncols=3, width_ratios=[1.5, 1, 1])
    def scene(digits, losses, answers):
        picture = ink(digits, np.zeros((5 * 28, 5 * 28)))
        curves = _match_curves(losses, answers)

        def update(match: Match) -> None:
            picture.set_data(tile(draw(match.game, z), 5))
            centres = _block_means([snapshot.iteration for snapshot in match.history])
            for name, curve in curves.items():
                curve.set_data(centres, _block_means([getattr(s, name) for s in match.history]))
            means = np.concatenate([curves[name].get_ydata() for name in ("d_real", "d_fake")])
            reach = min(0.5, 1.5 * max([0.13, *abs(means - 0.5)]))  # of D around ½
            answers.set_ylim(0.5 - reach, 0.5 + reach)
            digits.set_title(match.steps_alone)
            for axes in (losses, answers):
                artists.lengthen(axes, iterations, match.iterations)

        return update

    return scene


def _match_curves(losses: Axes, answers: Axes) -> dict[str, Any]:
    """Frame the losses and D's mean answers; return their curves, by the names of a snapshot."""
    looks = {
        "loss_d": (losses, _("D's loss"), palette.DISCRIMINATOR, "-"),
        "loss_g": (losses, _("G's loss"), palette.FAKE, "--"),
        "d_real": (answers, _("real images"), palette.REAL, "-"),
        "d_fake": (answers, _("generated images"), palette.FAKE, "--"),
    }
    curves = {
        name: axes.plot([], [], style, color=colour, label=label)[0]
        for name, (axes, label, colour, style) in looks.items()
    }
    _lay_out(losses, _("losses, nats"), math.log(4), _("log 4: D = ½ for all"))
    _lay_out(answers, _("mean D(x), probability of real"), 0.5)
    losses.set_ylim(0, 2.5)
    return curves


def _lay_out(axes: Axes, title: str, level: float, label: str | None = None) -> None:
    artists.level(axes, level, label=label)
    axes.set(xlabel=_("iterations (means of 50)"), title=title)
    axes.legend(loc="upper right")


def _block_means(values: list[float]) -> np.ndarray:
    """Return means of 50 values each: a single iteration mostly shows its minibatch."""
    whole = len(values) // 50 * 50
    return np.reshape(values[:whole], (-1, 50)).mean(1)


# One network alone


@torch.no_grad()
def loss_and_auc(game: Game, x: torch.Tensor, batches: int = 16) -> tuple[float, float]:
    """Return D's loss and AUC on rows of x (N, 784) and as many generated images, in batches of 64.

    G and D work as in training, with batch statistics. A copy is measured, so the game stays as it
    is.
    """
    game = copy.deepcopy(game)
    x_real = torch.stack([game.pick(x, 64) for _ in range(batches)])
    x_fake = torch.stack([game.generate(64) for _ in range(batches)]).float()
    loss_d, logits_real, logits_fake = game.d_loss_and_logits(x_real, x_fake)
    return loss_d.item(), auc(logits_real.flatten(), logits_fake.flatten())


@paper.styled
def alone_figure(measured: dict[str, list[tuple[float, float]]], every: int) -> Figure:
    """Return D's loss and AUC, measured every `every` steps while one network trained alone.

    `measured` has the names "d_alone" and "g_alone" for the network that trained.
    """
    figure, panels = paper.new_figure(2.8, ncols=2)
    looks = {
        "d_alone": (palette.DISCRIMINATOR, "-", _("D trains, G is frozen")),
        "g_alone": (palette.FAKE, "--", _("G trains, D is frozen")),
    }
    for name, values in measured.items():
        colour, style, label = looks[name]
        for axes, column in zip(panels, np.transpose(values), strict=True):
            axes.plot(every * np.arange(len(column)), column, style, color=colour, label=label)
    losses, ranking = panels
    artists.level(losses, math.log(4), label="log 4")
    losses.set(ylim=(0, 1.4 * losses.get_ylim()[1]), title=_("D's loss, nats"))
    losses.legend(loc="upper left")
    artists.level(ranking, 0.5, label=_("guessing"))
    ranking.set(ylim=(-0.03, 1.03), title=_("AUC of D"))
    ranking.legend(loc="center right", bbox_to_anchor=(1, 0.27))  # below the line of guessing
    for axes in panels:
        axes.set_xlabel(_("steps of the network that trains"))
    return figure


# How good are the images?


@paper.styled
def classes_figure(counts: dict[str, np.ndarray]) -> Figure:
    """Return bars of how many images, "real" and "fake", are read as each digit."""
    figure, (axes,) = paper.new_figure(2.6)
    digits = np.arange(10)
    shares = {kind: n / n.sum() for kind, n in counts.items()}
    axes.bar(digits - 0.2, shares["real"], 0.4, color=palette.REAL, label=_("real"))
    look = {"color": palette.FAKE, "hatch": "//", "edgecolor": "white"}
    axes.bar(digits + 0.2, shares["fake"], 0.4, label=_("generated"), **look)
    axes.set(xlabel=_("digit, as the classifier reads it"), ylabel=_("share of images"))
    axes.set_xticks(digits)
    axes.legend(ncols=2, loc="upper right", bbox_to_anchor=(1, 1.15))
    return figure


@paper.styled
def neighbours_figure(nearest: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Figure:
    """Return six images of two kinds, their nearest training images, and the distances.

    `nearest` has for each kind, by its name, images, neighbours (N, 28, 28), and distances (N,).
    """
    figure, panels = paper.new_figure(2.1, ncols=2)
    for axes, (kind, (images, neighbours, distances)) in zip(panels, nearest.items(), strict=True):
        ink(axes, tile(np.concatenate([images[:6], neighbours[:6]]), 6))
        axes.set_title(_("{kind}; below: nearest training image, distance").format(kind=kind))
        for i, distance in enumerate(distances[:6]):
            axes.text(28 * i + 13.5, 58, f"{distance:.1f}", ha="center", va="top")
    return figure


# Latent space


def principal_directions(game: Game, count: int = 4) -> torch.Tensor:
    """Return directions in latent space (count, latent_dim), each of length 1, strongest first.

    Least squares explains each principal component of G's images by z: its score is about z · d.
    The sign is such that ink grows along a direction.
    """
    z = fresh_noise(5000, seed=4)
    images = torch.from_numpy(draw(game, z)).flatten(1).double()  # or rounding moves the pictures
    centred = images - images.mean(0)
    patterns = torch.linalg.eigh(centred.T @ centred).eigenvectors.flip(1)[:, :count]
    patterns = patterns * patterns.sum(0).sign()
    directions = torch.linalg.lstsq(z.double(), centred @ patterns).solution.T
    return (directions / directions.norm(dim=1, keepdim=True)).float()


def direction_names(game: Game, count: int = 4) -> dict[str, str]:
    """Return what becomes of an image along each principal direction, by its slider's name.

    Named are the one or two of five properties whose means change most from −2 to 2, by more than
    the standard deviation that they have among G's images.
    """
    words = (
        (_("leans left"), _("leans right")),
        (_("narrower"), _("wider")),
        (_("lower"), _("taller")),
        (_("lighter"), _("darker")),
        (_("middle emptier"), _("middle fuller")),
    )
    z, names = fresh_noise(500, seed=7), {}
    spread = np.maximum(_properties(draw(game, z)).std(1), 1e-3)  # less is rounding
    for number, direction in enumerate(principal_directions(game, count), 1):
        low, high = (_properties(draw(game, z + step * direction)) for step in (-2, 2))
        change = (high - low).mean(1) / spread
        most = [i for i in np.abs(change).argsort()[::-1][:2] if abs(change[i]) > 1]
        said = joined([words[i][int(change[i] > 0)] for i in most], CLAUSES)
        names[f"direction_{number}"] = named(f"{number}", said) if most else f"{number}"
    return names


def _properties(images: np.ndarray) -> np.ndarray:
    """Return slant, width, height, ink, and the share of ink in the middle, (5, N), of images.

    Width (without the slant) and height are standard deviations of where the ink is, in pixels.
    """
    weight = images.reshape(-1, 784) + 1e-6  # or blank paper would be nowhere
    total = weight.sum(1, keepdims=True)
    weight = weight / total
    down, right = np.mgrid[:28, :28].reshape(2, 784)
    x = right - weight @ right[:, None]
    y = weight @ down[:, None] - down
    xx, yy, xy = ((weight * product).sum(1) for product in (x * x, y * y, x * y))
    middle = (weight * ((np.abs(x) < 3) & (np.abs(y) < 5))).sum(1)
    return np.stack([xy / yy, np.sqrt(xx - xy**2 / yy), np.sqrt(yy), total[:, 0], middle])


STEPS = torch.linspace(-3, 3, 9, dtype=torch.float32)  # along each row of the walk


def walk_scene(game: Game) -> stage.Scene:
    """Return a digit that sliders move along four directions, and what each of them would do.

    `seed` counts the presses of a button: each press begins at another noise vector.
    """
    directions = principal_directions(game)

    @stage.scene(height=2.9, ncols=2, width_ratios=[1, 2.55])
    def scene(digit, rows):
        large = ink(digit, np.zeros((28, 28)))
        strip = ink(rows, np.zeros((4 * 28, 9 * 28)))
        digit.set_title(_("the image at the sliders"))
        rows.set_title(_("each direction from −3 to 3"))
        marks = [rows.add_patch(_frame(0, row)) for row in range(4)]
        for row in range(4):
            rows.text(-4, 28 * row + 14, f"{row + 1}", ha="right", va="center")

        def update(direction_1=0.0, direction_2=0.0, direction_3=0.0, direction_4=0.0, seed=0):
            steps = directions.new_tensor([direction_1, direction_2, direction_3, direction_4])
            z = fresh_noise(1, seed=102 + seed) + steps @ directions
            large.set_data(draw(game, z)[0])
            along = (STEPS - steps[:, None])[:, :, None] * directions[:, None]
            strip.set_data(tile(draw(game, (z + along).flatten(0, 1)), 9))
            for mark, step in zip(marks, steps.tolist(), strict=True):
                mark.set_x(28 * (step + 3) / 0.75 - 0.5)

        return update

    return scene


def map_scene(game: Game) -> stage.Scene:
    """Return a map of two directions through one noise vector, and the image at a place in it.

    Each image of the map stands where its noise lies; a hand in the map moves the place.
    """
    directions = principal_directions(game, 2)
    middle = fresh_noise(1, seed=102)
    along = torch.linspace(-3, 3, 7, dtype=torch.float32)
    places = torch.cartesian_prod(-along, along).flip(1)  # rows from above, as a picture has them
    grab = {"direction_1": "plane", "direction_2": "plane.y"}

    @stage.scene(height=5.1, ncols=2, width_ratios=[1.4, 1], grab=grab)
    def scene(plane, digit):
        sheet = tile(draw(game, middle + places @ directions), 7)
        plane.imshow(sheet, cmap="gray_r", vmin=0, vmax=255, extent=(-3.5, 3.5, -3.5, 3.5))
        plane.set(xticks=[-3, 0, 3], yticks=[-3, 0, 3])
        plane.set(xlabel=_("direction 1"), ylabel=_("direction 2"))
        here = plane.add_patch(square(0, 0, 1))
        large = ink(digit, np.zeros((28, 28)))

        def update(direction_1=0.0, direction_2=0.0):
            place = directions.new_tensor([direction_1, direction_2])
            large.set_data(draw(game, middle + place @ directions)[0])
            here.set_xy((direction_1 - 0.5, direction_2 - 0.5))

        return update

    return scene


def on_demand_scene(match: Match) -> stage.Scene:
    """Return eighteen images of one digit, which the labelled generator of a match was asked for.

    Whatever the digit, the noise is the same; `seed` counts presses: each draws other noise.
    """

    @stage.scene(height=2.4)
    def scene(digits):
        picture = ink(digits, np.zeros((56, 252)))

        def update(digit=7, seed=0):
            picture.set_data(tile(draw(match.game, fresh_noise(18, seed, digit)), 9))

        return update

    return scene


def noise_for_digits(
    game: Game, classifier: DigitClassifier, candidates: int = 2000
) -> torch.Tensor:
    """Return noise (10, latent_dim): row i gives the image that is read as i most surely."""
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


def straight_line(start: torch.Tensor, end: torch.Tensor, steps: int) -> torch.Tensor:
    """Return noise (steps, latent_dim) on the line from start to end: (1 − t) start + t end."""
    return torch.lerp(start, end, torch.linspace(0, 1, steps, dtype=start.dtype)[:, None])


def crossing_scene(game: Game, classifier: DigitClassifier, ends: torch.Tensor) -> stage.Scene:
    """Return twelve images on each of two ways between two of `ends` (10, latent_dim).

    Below each image stands how it is read; at the bottom, how long its noise vector is.
    """

    @stage.scene(height=3.9, nrows=3)
    def scene(line, arc, lengths):
        line_length, arc_length = _length_curves(lengths)
        ways = [
            (straight_line, _readings(line, _("along the straight line"), classifier), line_length),
            (great_circle, _readings(arc, _("along the sphere"), classifier), arc_length),
        ]

        def update(start=3, end=8):
            for way, show, length in ways:
                z = way(ends[start], ends[end], 12)
                show(draw(game, z))
                length.set_data(np.arange(12), z.norm(dim=1).numpy())

        return update

    return scene


def _readings(axes: Axes, title: str, classifier: DigitClassifier) -> Callable[[np.ndarray], None]:
    """Return what shows twelve images (12, 28, 28), how each is read, and frames if doubtful."""
    strip = ink(axes, np.zeros((28, 12 * 28)))
    axes.set_title(title)
    frames = [axes.add_patch(_frame(i)) for i in range(12)]
    middles = [28 * i + 13.5 for i in range(12)]
    labels = [axes.text(x, 31, "", ha="center", va="top", fontsize="small") for x in middles]

    def show(images: np.ndarray) -> None:
        strip.set_data(tile(images, 12))
        with torch.no_grad():
            highest, digits = classifier(images).softmax(1).max(1)
        for i, (probability, digit) in enumerate(zip(highest.tolist(), digits, strict=True)):
            labels[i].set_text(named(str(digit.item()), f"{probability:.0%}"))
            frames[i].set_visible(probability < 0.9)

    return show


def _length_curves(axes: Axes) -> list[Line2D]:
    """Return curves of the length of z below twelve images: straight line, and sphere."""
    artists.level(axes, 4, label="√16 = 4")
    looks = {"--o": _("straight line"), "-s": _("sphere")}
    curves = [
        axes.plot([], [], look, color=palette.NOISE, markersize=4, label=label)[0]
        for look, label in looks.items()
    ]
    axes.set(xlim=(-0.5, 11.5), ylim=(0, 9), xticks=[], yticks=[0, 4, 8], title=_("length of z"))
    axes.legend(ncols=3, loc="upper right")
    return curves
