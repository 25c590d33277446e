"""A drawing, and the image of a generator that comes nearest to it."""

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from gan_edu import stage
from gan_edu.chapters.ch05_mnist_gan.scenes import ink
from gan_edu.datasets import as_tensor
from gan_edu.language import gettext as _
from gan_edu.recipes import drawn_by, fresh_noise
from gan_edu.stage import artists, palette

PEN = stage.pen(reach=14, width=2.4)  # in pixels of an image
LONGEST = 20 - PEN.width  # of a drawing, from point to point: MNIST's digits are 20 pixels long
STARTS, STEPS = 32, 100
BLANK = np.zeros((28, 28), np.uint8)
Points = Sequence[Sequence[float]]


def lines(*corners: Points) -> list[list[float]]:
    """Return points close to each other on lines through `corners`, as a pen leaves them."""
    points = []
    for line in map(np.asarray, corners):
        for start, end in itertools.pairwise(line):
            steps = np.linspace(0, 1, 1 + int(2 * np.hypot(*(end - start))))
            points += (start + steps[:, None] * (end - start)).tolist()
    return points


FOUR = lines([(2, 9), (-6, -2), (6, -2)], [(3, 3), (2, -9)])


def as_digit(points: Points) -> np.ndarray:
    """Return drawn points, pixels from the middle, as an image uint8 (28, 28), as MNIST has them.

    They are scaled to 20 pixels in their longer direction (a dot is not, and nothing grows more
    than fourfold), and their mean comes to the middle. Without a point it is blank.
    """
    if not len(points):
        return BLANK
    x, y = np.transpose(points) * [[1], [-1]]  # rows count downwards
    scale = min(4, LONGEST / max(np.ptp(x), np.ptp(y), 1))
    x, y = (13.5 + scale * (values - values.mean()) for values in (x, y))
    row, column = np.mgrid[:28, :28][..., None]
    off = np.hypot(column - x, row - y).min(-1)
    return (255 * (PEN.width / 2 + 0.5 - off).clip(0, 1)).round().astype(np.uint8)


@dataclass(frozen=True)
class Search:
    """A search after each step: the nearest image, uint8 (STEPS + 1, 28, 28), and how far all are.

    `distances` (STEPS + 1, STARTS) are those of chapter 05: of pixels from 0 to 1.
    """

    images: np.ndarray
    distances: np.ndarray

    @property
    def best(self) -> np.ndarray:
        """The distances (STEPS + 1,) of the start that ends nearest, whose images these are."""
        return self.distances[:, self.distances[-1].argmin()]


@torch.enable_grad()
def search(generator: torch.nn.Module, image: np.ndarray, seed: int = 0) -> Search:
    """Look for noise from which G, in eval mode, draws an image uint8 (28, 28).

    All starts descend at once, each on its own squared distance. G stays as it is.
    """
    x = as_tensor(image[None])
    z = fresh_noise(STARTS, seed).requires_grad_()
    optimiser = torch.optim.Adam([z], lr=0.2)
    been, distances = [], []
    for _step in range(STEPS + 1):
        square = (generator(z) - x).square().sum(1) / 4  # pixels here go from −1 to 1
        been.append(z.detach().clone())
        distances.append(square.detach().sqrt())
        (z.grad,) = torch.autograd.grad(square.sum(), z)
        optimiser.step()
    off = torch.stack(distances)
    path = torch.stack(been)[:, off[-1].argmin()]
    return Search(drawn_by(generator, path), off.numpy())


def nearest_scene(generator: torch.nn.Module) -> stage.Scene:
    """Return a drawing, the nearest image after a step of a search, and how far all starts are."""

    @functools.lru_cache(1)
    def found(points: tuple) -> tuple[np.ndarray, Search]:
        image = as_digit(points)
        return image, search(generator, image)

    @stage.scene(height=3, ncols=3, width_ratios=[1, 1, 1.4])
    def scene(drawn, nearest, distances):
        show_images = _images(drawn, nearest)
        show_distances = _distances(distances)

        def update(drawing=FOUR, step=0):
            distances.set_visible(bool(drawing))
            if not drawing:
                show_images((BLANK, _("The pad is empty.")), (BLANK, _("Draw something.")))
                return
            image, search = found(tuple(map(tuple, drawing)))
            words = _("G's image: {off:.1f} away").format(off=search.best[step])
            show_images((image, _("your drawing")), (search.images[step], words))
            show_distances(search, step, float(np.linalg.norm(image / 255)))

        return update

    return scene


def _images(*panels: Axes) -> Callable[..., None]:
    """Return what shows an image in each panel, and its title."""
    pictures = [ink(axes, BLANK) for axes in panels]

    def show(*images: tuple[np.ndarray, str]) -> None:
        for axes, picture, (image, title) in zip(panels, pictures, images, strict=True):
            picture.set_data(image)
            axes.set_title(title)

    return show


def _distances(axes: Axes) -> Callable[[Search, int, float], None]:
    """Return what shows the distances of a search until a step, and that of blank paper."""
    others = LineCollection([], colors=palette.FAKE, alpha=0.3, linewidths=1)
    axes.add_collection(others)
    (best,) = axes.plot([], [], color=palette.FAKE, label=_("nearest at the end"))
    (now,) = axes.plot([], [], "o", color=palette.FAKE)
    blank = artists.level(axes, 0, label=_("blank paper"))
    axes.set(xlim=(0, STEPS), ylim=(0, 17), xlabel=_("step"), title=_("distance from each start"))
    axes.legend(loc="upper right")

    def show(search: Search, step: int, paper: float) -> None:
        steps = np.arange(step + 1)
        far = search.distances[: step + 1].T
        others.set_segments([np.column_stack([steps, one]) for one in far])
        best.set_data(steps, search.best[: step + 1])
        now.set_data([step], search.best[[step]])
        blank.set_ydata([paper, paper])

    return show
