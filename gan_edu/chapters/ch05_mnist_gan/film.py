"""How images came to be: those of a match, now and then, and what D told G about them."""

import bisect
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from gan_edu import stage
from gan_edu.chapters.ch05_mnist_gan.scenes import BATCH, SHEET, ink, square
from gan_edu.datasets import as_images, tile
from gan_edu.language import gettext as _
from gan_edu.language import ngettext
from gan_edu.match import Match
from gan_edu.recipes import fresh_noise
from gan_edu.stage import palette
from gan_edu.training import Game, Snapshot, pushes


@dataclass(frozen=True)
class Moment:
    """Images uint8 (SHEET, 28, 28), and what D tells of their pixels, float32, as many."""

    iteration: int
    images: np.ndarray
    told: np.ndarray


class Film:
    """The images of a match, always from the same noise, and what D tells G about them.

    A moment is kept each 20 iterations, and later each time that the game is a tenth longer: that
    far the average of G's weights remembers, so its images change no faster. A reset begins anew.
    """

    def __init__(self, match: Match):
        self.match, self.moments = match, [_moment(match.start())]
        match.measure = self._measure

    def _measure(self, game: Game, snapshot: Snapshot) -> Snapshot:
        if game.iterations <= self.moments[-1].iteration:
            del self.moments[1:]
        last = self.moments[-1].iteration
        if game.iterations >= max(last + 20, 1.1 * last):
            self.moments.append(_moment(game))
        return snapshot

    def until_now(self) -> list[Moment]:
        """Return the moments that were kept, and the match as it is."""
        now = _moment(self.match.game)
        return [m for m in self.moments if m.iteration < now.iteration] + [now]


def _moment(game: Game) -> Moment:
    with torch.no_grad():
        x_fake = game.average(fresh_noise(BATCH, seed=2).to(game.rng.device))
    told = told_to_generator(game, x_fake)[:SHEET].cpu().unflatten(1, (28, 28))
    return Moment(game.iterations, as_images(x_fake[:SHEET]), told.numpy())


def told_to_generator(game: Game, x_fake: torch.Tensor) -> torch.Tensor:
    """Return −B ∂L_G/∂x at images (B, 784), of the same shape: above 0 where D asks for more ink.

    This is the gradient that reaches G through D, per image and downhill, if G makes these images.
    """
    return pushes(game, x_fake)


def neighbour_correlation(told: np.ndarray) -> float:
    """Return the correlation of each two pixels side by side, over images (N, 28, 28): 0 is noise.

    Each image is taken on its own scale, as it is shown.
    """
    told = told / np.abs(told).max(axis=(1, 2), keepdims=True)
    return float(np.corrcoef(told[:, :, 1:].ravel(), told[:, :, :-1].ravel())[0, 1])


def film_scene(film: Film) -> stage.Scene:
    """Return the images of a film after an iteration, one of them large, and what D tells of it.

    It opens at the film's end. A hand in the sheet chooses the large image.
    """
    moments = film.until_now()
    iterations = [moment.iteration for moment in moments]
    grab = {"column": "sheet", "row": "sheet.y"}

    @stage.scene(height=3.4, ncols=3, width_ratios=[1.2, 1, 1], grab=grab)
    def scene(sheet, digit, gradient):
        small = ink(sheet, np.zeros((5 * 28, 5 * 28)), extent=(0.5, 5.5, 5.5, 0.5))
        chosen = sheet.add_patch(square(0, 0, 1))
        large = ink(digit, np.zeros((28, 28)))
        show_told = _told(gradient)

        def update(iteration=iterations[-1], row=1, column=1):
            moment = moments[bisect.bisect(iterations, iteration) - 1]
            small.set_data(tile(moment.images, 5))
            chosen.set_xy((column - 0.5, row - 0.5))
            number = 5 * (row - 1) + column - 1
            large.set_data(moment.images[number])
            show_told(moment, number)
            words = ngettext("{n:,} iteration", "{n:,} iterations", moment.iteration)
            digit.set_title(words.format(n=moment.iteration))

        return update

    return scene


def _told(axes: Axes) -> Callable[[Moment, int], None]:
    """Return what shows D's gradient on an image, each on a scale of its own, and its outline."""
    picture = ink(axes, np.zeros((28, 28)))
    edges = LineCollection([], colors=palette.FAKE, linewidths=1.5)
    axes.add_collection(edges)
    axes.set_title(_("dark: D asks for more ink"))

    def show(moment: Moment, number: int) -> None:
        told = moment.told[number]
        picture.set_data(127.5 * (1 + told / np.abs(told).max()))
        edges.set_segments(outline(moment.images[number]))

    return show


def outline(image: np.ndarray) -> list[np.ndarray]:
    """Return the borders between ink and paper of an image: lines (2, 2) from x, y to x, y."""
    dark = np.pad(image > 127, 1)
    row, column = np.nonzero(dark[1:] != dark[:-1])
    lying = np.stack([[column - 1.5, column - 0.5], [row - 0.5, row - 0.5]])
    row, column = np.nonzero(dark[:, 1:] != dark[:, :-1])
    upright = np.stack([[column - 0.5, column - 0.5], [row - 1.5, row - 0.5]])
    return list(np.concatenate([lying, upright], axis=2).transpose(2, 1, 0))
