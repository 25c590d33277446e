import matplotlib
import numpy as np
import pytest

from gan_edu.stage import painting, palette, paper
from gan_edu.stage import scenes as plots


def test_all_figures_have_one_width_and_one_type_size():
    for height in (2.0, 5.0):
        figure, axes = paper.new_figure(height, ncols=2)
        assert figure.get_size_inches().tolist() == [paper.FIGURE_WIDTH, height]
        assert [ax.title.get_fontsize() for ax in axes] == [paper.TYPE_SIZE] * 2


def titled() -> tuple[tuple, np.ndarray]:
    """Return a figure's size in pixels, and where its title stands, in shares of the figure."""
    figure, (axes,) = paper.new_figure()
    title = axes.set_title("a long and a winding title")
    height, width, _ = painting.render(figure).shape
    box = title.get_window_extent().transformed(figure.transFigure.inverted())
    return (width, height), box.extents


def test_the_projector_switch_enlarges_all_alike_and_goes_back():
    size, place = titled()
    paper.projector()
    try:
        large_size, large_place = titled()
    finally:
        paper.projector(False)
    assert large_size == (1.5 * size[0], 1.5 * size[1]) == (1350, 540)
    # matplotlib 3.10 puts letters on whole pixels, of which two in 360 are a little more.
    old = matplotlib.__version__.startswith("3.10.")
    np.testing.assert_allclose(large_place, place, atol=2.001 / 360 if old else 0.005)
    assert titled()[0] == size == (900, 360)


def test_making_a_figure_changes_no_setting_of_the_learner():
    before = matplotlib.rcParams.copy()
    paper.new_figure()
    after = matplotlib.rcParams.copy()
    assert {k for k in after if after[k] != before[k]} <= {"backend"}  # resolved when first used
    import matplotlib.pyplot as plt

    assert plt.get_fignums() == []


@pytest.mark.parametrize("height", [0, -1, float("nan")])
def test_a_figure_needs_a_height(height):
    with pytest.raises(ValueError, match="height must be a positive number"):
        paper.new_figure(height)


def contrast(colour: str) -> float:
    """WCAG contrast of a colour with white paper."""
    rgb = np.array(matplotlib.colors.to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05)


@pytest.mark.parametrize("role", ["REAL", "FAKE", "DISCRIMINATOR", "EXACT", "NOISE"])
def test_every_colour_of_the_palette_stands_out_on_white(role):
    assert contrast(getattr(palette, role)) >= 3, "WCAG 1.4.11, graphical objects"


def test_words_that_change_now_and_then_are_never_those_of_before():
    @plots.scene
    def scene(axes):
        (line,) = axes.plot([0, 1], [0, 1])

        def update(words="zero", height=0.0):
            line.set_ydata([0, height])
            axes.set_title(words)

        return update

    picture = painting.Picture(*scene.open())
    for frame, words in enumerate(["zero"] * 4 + ["one"] * 4 + ["zero"] * 3):
        picture.update(words=words, height=frame / 20)
        anew = painting.render(scene.figure(words=words, height=frame / 20))
        assert np.array_equal(picture.pixels(), anew), f"frame {frame}"
