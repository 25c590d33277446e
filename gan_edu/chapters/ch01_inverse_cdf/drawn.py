"""Chapter 01: a density that a hand has drawn, its CDF, the inverse of that, and samples."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes

from gan_edu import stage
from gan_edu.distributions import Distribution, from_density, normal, uniform
from gan_edu.language import gettext as _
from gan_edu.stage import artists, palette, sketching

START = tuple(normal().pdf(np.linspace(-4, 4, sketching.COLUMNS)).round(3).tolist())
BINS = 80


def drawn_scene(pad: sketching.Sketch) -> stage.Scene:
    """Return samples of a density that is drawn on `pad`, with F and F⁻¹; its area need not be 1.

    What was not drawn is 0.
    """
    z = uniform().sample(20_000, np.random.default_rng(0))

    @stage.scene(height=2.5)
    def scene(samples, cdf, ppf):
        show_samples = _samples(samples, pad, z)
        show_cdf = _curve(cdf, xlim=pad.x, yticks=[0, 0.5, 1], title=_("CDF F(x)"))
        cdf.set(xlabel=_("sample x"))
        show_ppf = _curve(ppf, ylim=pad.x, xticks=[0, 0.5, 1], title=_("inverse CDF F⁻¹(z)"))
        ppf.set(xlabel=_("noise z"), ylabel=_("sample x"))
        words = samples.text(np.mean(pad.x), 0.5, "", ha="center")
        fine = np.linspace(*pad.x, 801)

        def update(density=START):
            heights = np.nan_to_num(sketching.joined(pad, density))
            if not heights.any():
                return words.set_text(_("draw a density above"))
            drawn = from_density(pad.columns(), heights)
            show_samples(drawn)
            show_cdf(fine, drawn.cdf(fine))
            show_ppf(drawn.cdf(fine), fine)
            return words.set_text("")

        return update

    return scene


def _samples(axes: Axes, pad: sketching.Sketch, z: np.ndarray) -> Callable[[Distribution], None]:
    """Return what shows the samples F⁻¹(z) of a distribution, and its density."""
    edges = np.linspace(*pad.x, BINS + 1)
    bars = artists.bars(axes, edges, palette.FAKE)
    bars.set_label(_("samples"))
    (line,) = axes.plot([], [], ":", color=palette.DRAWN, label=_("your sketch"))
    axes.set(xlim=pad.x, yticks=[], xlabel=_("sample x"), title=_("density and samples"))
    axes.legend(loc="upper left", ncols=2, columnspacing=1)

    def show(drawn: Distribution) -> None:
        x = pad.columns()
        line.set_data(x, drawn.pdf(x))
        bars.set_data(artists.heights(drawn.ppf(z), edges))
        artists.heighten(axes, 0.7, max(drawn.pdf(x).max(), bars.get_data()[0].max()))

    return show


def _curve(axes: Axes, **frame) -> Callable[[np.ndarray, np.ndarray], None]:
    (line,) = axes.plot([0, 1], [0, 1], color=palette.DRAWN)
    axes.set(**frame)
    return line.set_data
