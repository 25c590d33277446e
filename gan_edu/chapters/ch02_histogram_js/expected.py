"""What a lecturer may expect of an open exercise that no scene shows."""

from collections.abc import Callable

import numpy as np
from matplotlib.figure import Figure

from gan_edu.datasets import load_mnist
from gan_edu.language import gettext as _
from gan_edu.stage import palette, paper


@paper.styled
def samples_in_bins(look: Callable[[np.ndarray], list[object]]) -> Figure:
    """Return how digits fill the bins of `look`, and the share of two other samples in these."""
    rng = np.random.default_rng(0)
    digits = rng.permutation(load_mnist(download=False).images)[:700]
    shuffled = digits.reshape(700, 784)[:, rng.permutation(784)].reshape(700, 28, 28)
    noise = rng.integers(0, 256, digits.shape, np.uint8)
    figure, panels = paper.new_figure(2.6, ncols=3, sharey=True)
    seen = [[str(label) for label in look(sample)] for sample in (digits, shuffled, noise)]
    bins = sorted(set(seen[0]), key=seen[0].count, reverse=True)
    titles = (
        _("digits"),
        _("shuffled digits: {share:.0%} in these bins"),
        _("noise: {share:.0%} in these bins"),
    )
    for axes, labels, title in zip(panels, seen, titles, strict=True):
        shares = np.array([labels.count(name) for name in bins]) / 700
        axes.stairs(shares, fill=True, color=palette.DISCRIMINATOR)
        axes.set(title=title.format(share=shares.sum()), xlabel=_("bins that digits fill"))
    return figure
