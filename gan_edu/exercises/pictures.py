"""What a lecturer may expect of an open exercise, where no scene of its chapter shows it."""

from collections.abc import Callable

import numpy as np
import torch
from matplotlib.figure import Figure

from gan_edu import plots
from gan_edu.datasets import load_mnist
from gan_edu.labs.adversarial_game import rotation_scene
from gan_edu.networks import mlp
from gan_edu.words import WORDS


@plots.styled
def heaps_in_bins(look: Callable[[np.ndarray], list]) -> Figure:
    """Return how digits fill the bins of a look, and what of two other heaps falls into these."""
    rng = np.random.default_rng(0)
    digits = rng.permutation(load_mnist(download=False).images)[:700]
    shuffled = digits.reshape(700, 784)[:, rng.permutation(784)].reshape(700, 28, 28)
    noise = rng.integers(0, 256, digits.shape, np.uint8)
    figure, panels = plots.new_figure(2.6, ncols=3, sharey=True)
    seen = [[str(label) for label in look(heap)] for heap in (digits, shuffled, noise)]
    bins = sorted(set(seen[0]), key=seen[0].count, reverse=True)
    for axes, labels, word in zip(panels, seen, WORDS["heaps_in_bins"], strict=True):
        shares = np.array([labels.count(name) for name in bins]) / 700
        axes.stairs(shares, fill=True, color=plots.JUDGE)
        axes.set(title=word.format(share=shares.sum()), xlabel=WORDS["bins_of_digits"])
    return figure


@plots.styled
def drawn_again(find_noise: Callable[[torch.nn.Module, torch.Tensor], torch.Tensor]) -> Figure:
    """Return a small forger's drawing, the nearest of 1,000 others, and what a search found."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.default_generator.manual_seed(0)
        forger = mlp((16, 32, 32, 64), "tanh")
        image, others = forger(torch.randn(1, 16)), forger(torch.randn(1000, 16))
        nearest = others[(others - image).norm(dim=1).argmin()]
    found = forger(torch.as_tensor(find_noise(forger, image)).reshape(1, 16)).detach()
    drawings = [drawing.numpy().reshape(8, 8) for drawing in (image, nearest, found)]
    ink = {"vmin": drawings[0].min(), "vmax": drawings[0].max(), "cmap": "gray_r"}
    figure, panels = plots.new_figure(2.6, ncols=3)
    for axes, drawing, word in zip(panels, drawings, WORDS["drawn_again"], strict=True):
        axes.imshow(drawing, **ink)
        axes.set_axis_off()
        axes.set_title(word.format(off=np.linalg.norm(drawing - drawings[0])))
    return figure


def way_home() -> Figure:
    """Return a game that turns, and a hundred bold steps of extragradient to its middle."""
    return rotation_scene().figure(method="extragradient", rate=0.6, rounds=100)
