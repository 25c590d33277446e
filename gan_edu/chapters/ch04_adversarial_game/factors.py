"""Chapter 04: the three slopes that the chain rule multiplies, at one generated sample."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from gan_edu import stage
from gan_edu.chapters.sign_card import GENERATOR_LOSSES
from gan_edu.language import gettext as _
from gan_edu.language import minus
from gan_edu.stage import artists, palette

A = np.linspace(-6, 4, 201)
X = np.linspace(-5, 5, 201)
THETA = np.linspace(-2.5, 2.5, 2)


def choices() -> dict[str, str]:
    """Return the names of two `GENERATOR_LOSSES` by the words that a menu shows."""
    return {_("minimax"): "minimax", _("non-saturating"): "non_saturating"}


def logit(x: np.ndarray | float) -> np.ndarray | float:
    """Return a(x) = 8 exp(−(x − 1)²/4) − 5 of a discriminator: far out it is sure, and flat."""
    return 8 * np.exp(-np.square(np.subtract(x, 1)) / 4) - 5


def slopes(theta: float, z: float, loss: str) -> tuple[float, float, float]:
    """Return dL/da, ∂a/∂x and ∂G/∂θ at the sample x = G(z) = θz."""
    x = theta * z
    return (
        float(GENERATOR_LOSSES[loss][1](logit(x))),
        float(4 * (1 - x) * np.exp(-((x - 1) ** 2) / 4)),
        z,
    )


def factors_scene() -> stage.Scene:
    """Return the three factors of G's slope at one sample, each as a tangent, and their product."""

    @stage.scene(height=2.7, ncols=4, width_ratios=[1, 1, 1, 0.35], grab={"theta": "generator"})
    def scene(loss_panel, discriminator, generator, product):
        of_a, of_theta = _curves(loss_panel, discriminator, generator)
        show = [_tangent(axes) for axes in (loss_panel, discriminator, generator)]
        show_product = _bar(product)
        words = _("from the loss"), _("from the discriminator"), _("from the generator")

        def update(theta=1.5, z=1.5, loss="minimax"):
            x, three = theta * z, slopes(theta, z, loss)
            a, of = logit(x), GENERATOR_LOSSES[loss][0]
            of_a.set_data(A, of(A))
            of_theta.set_data(THETA, THETA * z)
            places = (a, of(a)), (x, a), (theta, x)
            for part, place, slope, name in zip(show, places, three, words, strict=True):
                part(*place, slope, name)
            show_product(float(np.prod(three)))

        return update

    return scene


def _curves(loss_panel: Axes, discriminator: Axes, generator: Axes) -> tuple[Line2D, Line2D]:
    """Draw D's logit over x; return the curves of L over a and of x over θ, empty as yet."""
    (of_a,) = loss_panel.plot([], [], color=palette.FAKE)
    discriminator.plot(X, logit(X), color=palette.DISCRIMINATOR)
    (of_theta,) = generator.plot([], [], color=palette.FAKE)
    loss_panel.set(xlim=(-6, 4), ylim=(-5, 7), xlabel=_("logit a"), ylabel=_("loss L"))
    discriminator.set(xlim=(-5, 5), ylim=(-6, 5), xlabel=_("sample x"), ylabel=_("logit a"))
    generator.set(xlim=(-2.5, 2.5), ylim=(-5, 5), xlabel="θ", ylabel=_("sample x"))
    for axes in (loss_panel, discriminator, generator):
        axes.set(xticks=[-2, 0, 2] if axes is generator else [-4, 0, 4], yticks=[-4, 0, 4])
    return of_a, of_theta


def _tangent(axes: Axes) -> Callable[..., None]:
    """Return what shows a dot on a curve, a short tangent there, and its slope in the title."""
    (line,) = axes.plot([], [], color=palette.EXACT, linewidth=3)
    dot = artists.dot(axes, palette.FAKE)
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()

    def show(x: float, y: float, slope: float, name: str) -> None:
        steep = np.hypot(1 / (right - left), slope / (high - low))
        run = 0.16 / steep  # so that the tangent is equally long, however steep
        line.set_data([x - run, x + run], [y - run * slope, y + run * slope])
        dot.set_data([x], [y])
        title = _("{name}: {slope:z.2f}").format(name=name, slope=slope)
        axes.set_title(minus(title))

    return show


def _bar(axes: Axes) -> Callable[[float], None]:
    """Return what shows the product as a bar."""
    (bar,) = axes.bar([0], [0], width=0.6, color=palette.FAKE)
    axes.axhline(0, color=palette.EXACT, linewidth=0.8)
    axes.set(xlim=(-0.6, 0.6), ylim=(-7, 7), xticks=[], yticks=[-5, 0, 5], xlabel=_("product"))

    def show(value: float) -> None:
        bar.set_height(value)
        axes.set_title(minus(f"= {value:z.2f}"))

    return show
