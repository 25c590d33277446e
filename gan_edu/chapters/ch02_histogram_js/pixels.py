"""Chapter 02: images in bins: too many bins, and digits at low and high resolution in theirs."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D

from gan_edu import stage
from gan_edu.chapters.ch02_histogram_js.values import LOG_2
from gan_edu.divergences import expected_js
from gan_edu.language import gettext as _
from gan_edu.stage import artists, palette

DIMENSIONS = np.union1d(np.arange(1, 31), 784)  # between the last two it is log 2
RESOLUTIONS = {side**2: side for side in (1, 2, 4, 7, 14, 28)}  # by the number of pixels
SHOWN = 5  # images in a row of a grid
FRAME = 3  # pixels around each


def pixels_scene(
    images: np.ndarray,
    binarised: Callable[[np.ndarray, int], np.ndarray],
    js_of_images: Callable[[np.ndarray, np.ndarray], float],
) -> stage.Scene:
    """Return two samples of images (2N, 28, 28), each image as its bin sees it, and their JS.

    `binarised(images, side)` gives rows of side² black or white pixels, and `js_of_images` the JS
    of two sets of such rows. An image that is in the other sample too has a frame.
    """
    pairs = {k: np.split(binarised(images, side), 2) for k, side in RESOLUTIONS.items()}
    values = {k: js_of_images(*pair) for k, pair in pairs.items()}

    @stage.scene(height=3.2)
    def scene(first, second, value):
        show_a, show_b = _sample_of_images(first, "A"), _sample_of_images(second, "B")
        curve = _js_over_pixels(value)

        def update(pixels=1):
            a, b = pairs[pixels]
            show_a(a, b)
            show_b(b, a)
            seen = [k for k in values if k <= pixels]
            curve.set_data(seen, [values[k] for k in seen])
            value.set_title(_("JS(A, B) = {js:.3f}").format(js=values[pixels]))

        return update

    return scene


def _sample_of_images(axes: Axes, name: str) -> Callable[[np.ndarray, np.ndarray], None]:
    """Return what shows some images of a sample, and which of them are in the other one too."""
    picture = axes.imshow(np.ones((1, 1, 3)), extent=(0, 1, 0, 1))
    axes.set_axis_off()

    def show(sample: np.ndarray, other: np.ndarray) -> None:
        framed = _is_in(sample, other)
        picture.set_data(_grid(sample, framed))
        title = _("{name}: {share:.0%} of {n} framed")
        axes.set_title(title.format(name=name, share=framed.mean(), n=len(framed)))

    return show


def _js_over_pixels(axes: Axes) -> Line2D:
    (curve,) = axes.semilogx([], [], "o-", color=palette.DISCRIMINATOR)
    artists.level(axes, LOG_2, palette.NOISE)
    axes.text(1, LOG_2 + 0.02, "log 2")
    axes.set(xlim=(0.8, 1000), ylim=(-0.02, 0.8), xlabel=_("pixels"))
    axes.set_yticks([0, 0.2, 0.4, 0.6])  # no number beside the title
    axes.set_xticks(list(RESOLUTIONS), labels=[str(pixels) for pixels in RESOLUTIONS])
    axes.minorticks_off()
    return curve


def _is_in(sample: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return which rows of a sample (N, K) are rows of the other one too: (N,) bool."""
    known = {row.tobytes() for row in other}
    return np.array([row.tobytes() in known for row in sample])


def _grid(sample: np.ndarray, framed: np.ndarray) -> np.ndarray:
    """Return the first images of a sample (N, side²) as one picture, some of them in frames."""
    side = round(sample.shape[1] ** 0.5)
    size = 28 + 4 * FRAME
    scale = 28 // side
    picture = np.ones((SHOWN * size, SHOWN * size, 3))
    for i in range(SHOWN**2):
        tile = picture[i // SHOWN * size :, i % SHOWN * size :][:size, :size]
        if framed[i]:
            tile[1:-1, 1:-1] = to_rgb(palette.DISCRIMINATOR)
        ink = np.kron(sample[i].reshape(side, side), np.ones((scale, scale)))
        inside = slice(2 * FRAME, -2 * FRAME)
        tile[inside, inside] = np.where(ink[..., None], to_rgb(palette.EXACT), 0.92)
    return picture


def curse_scene() -> stage.Scene:
    """Return the expected JS of two samples of one distribution in 2^d bins, and the bins."""

    @stage.scene(height=3.4, ncols=2, grab={"d": "value"})
    def scene(value, count):
        (curve,) = value.semilogx(DIMENSIONS, 0 * DIMENSIONS, color=palette.DISCRIMINATOR)
        (here,) = value.plot([], [], "o", color=palette.DISCRIMINATOR, markersize=8)
        for height, name in ((LOG_2, "log 2"), (LOG_2 / 2, "½ log 2")):
            artists.level(value, height, palette.NOISE)
            value.text(780, height + 0.02, name, ha="right")
        value.set(xlim=(0.9, 900), ylim=(0, 0.8), xlabel=_("d, number of pixels"))
        value.set_xticks([1, 10, 100, 784], labels=["1", "10", "100", "784"])
        dot, words = _bin_counter(count)

        def update(d=6, n=1000):
            curve.set_ydata([expected_js(2**k, n) for k in DIMENSIONS.tolist()])
            here.set_data([d], [expected_js(2**d, n)])
            title = _("same distribution: expected JS {js:.3f}")
            value.set_title(title.format(js=expected_js(2**d, n)))
            power = d * np.log10(2)
            dot.set_data([d], [power])
            bins = _("bins, at most {n:,} of them occupied").format(n=min(2 * n, 2**d))
            words.set_text(f"$2^{{{d}}}$ ≈ $10^{{{power:.1f}}}$\n{bins}")  # no words in a formula

        return update

    return scene


def _bin_counter(axes: Axes) -> tuple:
    """Draw the power of ten of 2^d over d, and what to compare it with; return what moves."""
    axes.plot([1, 784], np.log10(2) * np.array([1, 784]), color=palette.EXACT)
    for number, name in ((60_000, _("images in MNIST")), (1e80, _("atoms in the universe"))):
        axes.axhline(np.log10(number), color=palette.NOISE, linestyle="--", linewidth=1)
        axes.text(780, np.log10(number) + 4, name, ha="right")
    axes.set(xlim=(0, 790), ylim=(0, 250), xticks=[1, 200, 400, 600, 784])
    axes.set(xlabel=_("d, number of pixels"), title=_("log₁₀ of 2^d, the number of bins"))
    (dot,) = axes.plot([], [], "o", color=palette.EXACT, markersize=8, clip_on=False)
    return dot, axes.text(20, 235, "", va="top")
