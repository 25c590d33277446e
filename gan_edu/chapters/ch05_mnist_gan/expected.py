"""What a lecturer may expect of an open exercise that no scene shows."""

from collections.abc import Callable

import numpy as np
import torch
from matplotlib.figure import Figure

from gan_edu.language import gettext as _
from gan_edu.networks import mlp
from gan_edu.stage import paper


@paper.styled
def drawn_again(find_noise: Callable[[torch.nn.Module, torch.Tensor], torch.Tensor]) -> Figure:
    """Return a small generator's image, the nearest of 1,000 others, and what a search found."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.default_generator.manual_seed(0)
        generator = mlp((16, 32, 32, 64), "tanh")
        image, others = generator(torch.randn(1, 16)), generator(torch.randn(1000, 16))
        nearest = others[(others - image).norm(dim=1).argmin()]
    found = generator(torch.as_tensor(find_noise(generator, image)).reshape(1, 16)).detach()
    drawings = [drawing.numpy().reshape(8, 8) for drawing in (image, nearest, found)]
    ink = {"vmin": drawings[0].min(), "vmax": drawings[0].max(), "cmap": "gray_r"}
    figure, panels = paper.new_figure(2.6, ncols=3)
    titles = (_("the image"), _("best of 1,000: {off:.2f} away"), _("the search: {off:.2f} away"))
    for axes, drawing, title in zip(panels, drawings, titles, strict=True):
        axes.imshow(drawing, **ink)
        axes.set_axis_off()
        axes.set_title(title.format(off=np.linalg.norm(drawing - drawings[0])))
    return figure
