"""Chapter 02's first figure: the learner moves generated samples onto real ones."""

import numpy as np

from gan_edu import stage
from gan_edu.chapters.ch02_histogram_js.values import TWO_MODES
from gan_edu.distributions import normal
from gan_edu.divergences import histogram
from gan_edu.language import gettext as _
from gan_edu.stage import artists, palette

EDGES = np.linspace(-6, 6, 49)
COUNT = 2000  # samples of each kind


def overlap(p: np.ndarray, q: np.ndarray) -> float:
    """Return Σ min(pᵢ, qᵢ), the share that two histograms (K,) have in common, from 0 to 1."""
    return float(np.minimum(p, q).sum())


def overlap_scene() -> stage.Scene:
    """Return histograms of real samples with two modes and of generated ones with one."""
    rng = np.random.default_rng(0)
    p = histogram(TWO_MODES.sample(COUNT, rng), EDGES, "ends")
    standard = normal().sample(COUNT, rng)

    @stage.scene(height=2.9, grab={"mean": "axes"})
    def scene(axes):
        real = artists.bars(axes, EDGES, palette.REAL, _("real"))
        real.set_data(p)
        generated = artists.bars(axes, EDGES, palette.FAKE, _("generated"))
        axes.set(xlim=(-6, 6), ylim=(0, 0.22), yticks=[], xlabel="x")
        axes.legend(loc="upper right")

        def update(mean=-3.0, sd=0.5):
            q = histogram(mean + sd * standard, EDGES, "ends")
            generated.set_data(q)
            axes.set_title(_("overlap: {share:.0%}").format(share=overlap(p, q)))

        return update

    return scene
