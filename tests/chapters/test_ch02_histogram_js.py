"""Chapter 02's scenes, at all ends of their sliders, and the numbers they show."""

from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib import colors
from scipy import integrate, stats

from gan_edu import losses
from gan_edu.chapters.ch02_histogram_js import overlap, pulls, values
from gan_edu.chapters.ch02_histogram_js import scenes as lab
from gan_edu.chapters.ch02_histogram_js.pixels import RESOLUTIONS, curse_scene, pixels_scene
from gan_edu.distributions import GRID_U, normal
from gan_edu.divergences import expected_js, histogram, js
from gan_edu.losses import soft_histogram
from gan_edu.stage import painting, palette
from tests.helpers.corners import OfGame
from tests.helpers.shown import texts

ROOT = Path(__file__).parents[2]


def fake_runs():
    """Return traces like those of the notebook, made without training."""
    exact = stats.norm.ppf(lab.GRID_U)
    traces = [lab.Trace(step, 0.69 / step, exact * step / 1000) for step in lab.MARKS]
    return {"normal": (normal(), traces), "two modes": (values.TWO_MODES, traces)}


def normal_traces(step: int) -> list:
    return [trace for trace in fake_runs()["normal"][1] if trace.step <= step]


def notebook_cell(words: str, **names) -> dict:
    """Run the chapter's cell that has these words in it, and return its names."""
    text = (ROOT / "notebooks" / "source" / "02_histogram_js.py").read_text(encoding="utf-8")
    (cell,) = [cell for cell in text.split("# %%") if words in cell]
    exec(cell.partition("\n")[2], names)
    return names


def striped() -> tuple:
    """Return 60 random images with coarse structure, and the notebook's two functions."""
    blocks = np.random.default_rng(0).integers(0, 256, (60, 7, 7))
    cell = notebook_cell("\ndef binarised(", np=np, js=js)
    images = np.kron(blocks, np.ones((4, 4)))
    return images, cell["binarised"], cell["js_of_images"]


COIN = (0.05, 0.4, 0.95)
SCENES = {
    "overlap": (overlap.overlap_scene, {"mean": (-3.0, 0.1, 3.0), "sd": (0.5, 1.3, 3.0)}),
    "sample": (lab.sample_scene, {"n": (10, 999, 100_000), "bins": (2, 40, 1000)}),
    "kl": (lab.kl_scene, {"shift": (0.0, 0.6, 1.0), "sd": (0.6, 1.0, 2.0)}),
    "shift": (lab.shift_scene, {"shift": (0.0, 0.5, 3.3, 10.0), "shape": ("normal", "box")}),
    "triangle": (lab.triangle_scene, {"a": COIN, "b": COIN, "c": COIN}),
    "bins": (
        lab.bins_scene,
        {"n": (1000, 10_000, 100_000), "bins": (2, 50, 200), "shift": (0.0, 0.3, 1.0)},
    ),
    "nudge": (
        lab.nudge_scene,
        {"n": (10, 130, 1000), "h": (1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0)},
    ),
    "soft": (lab.soft_scene, {"x": (-2.5, -0.4, 1.0, 2.5)}),
    "pull": (pulls.pull_scene, {"mean": (-5.0, 0.1, 1.5, 5.0), "sd": (0.2, 0.8, 1.2)}),
    "runs": (
        lambda: lab.runs_scene(fake_runs(), "two modes"),
        {"run": ("normal", "two modes"), "step": tuple(lab.MARKS)},
    ),
    "training": (
        lambda: OfGame(lab.training_scene(normal()), normal_traces),
        {"step": (1, 4, 520, 1000)},
    ),
    "pixels": (lambda: pixels_scene(*striped()), {"pixels": tuple(RESOLUTIONS)}),
    "curse": (curse_scene, {"d": (1, 10, 24, 25, 784), "n": (10, 1000, 10_000)}),
}


@pytest.mark.parametrize("shift", [0.3, 1.0])
def test_a_band_and_the_title_say_what_is_within_a_fifth(shift):
    figure = lab.bins_scene().figure(n=1000, bins=14, shift=shift)
    right, exact = figure.axes[1], values.exact_js(shift)
    (band,) = [patch for patch in right.patches if patch.get_label() == "exact ± a fifth"]
    assert band.get_y() == pytest.approx(0.8 * exact)
    assert band.get_y() + band.get_height() == pytest.approx(1.2 * exact)
    (dot,) = [line for line in right.lines if line.get_marker() == "o"]
    assert f" ({dot.get_ydata()[0] / exact - 1:+.0%})" in texts(figure)
    low, high = right.get_ylim()
    assert right.get_yscale() == "linear"
    assert 0.4 * exact > 0.1 * (high - low), "the band can be read"
    assert "%" not in texts(lab.bins_scene().figure(n=1000, bins=14, shift=0.0))


def within_a_fifth(n, seeds=(0, 1), bins=range(2, 201)):
    """Return the numbers of bins for which JS comes within a fifth of the exact value."""
    z, y = (np.random.default_rng(seed).normal(size=100_000)[:n] for seed in seeds)
    z, y, exact = np.sort(z), np.sort(y) + 0.3, values.exact_js(0.3)
    off = {k: values.js_of_counts(z, y, values.equal_bins(k)) / exact - 1 for k in bins}
    return {k for k, by in off.items() if abs(by) < 0.2}


def test_the_text_is_right_about_the_bins_that_come_within_a_fifth():
    assert set(range(2, 15)) <= within_a_fifth(1000)
    assert 15 not in within_a_fifth(1000)
    assert within_a_fifth(100_000) == set(range(4, 201))


def test_the_text_is_right_about_what_is_left_of_the_staircase():
    for h, steps in ((1e-3, range(3, 8)), (1e-4, range(1))):
        (line,) = lab.nudge_scene().figure(h=h).axes[1].lines
        assert np.count_nonzero(np.diff(line.get_ydata())) in steps


@pytest.mark.parametrize("largest", [0.0, 3e-5, 1e-4, 0.0011, 0.3, 0.69])
def test_the_loss_s_axis_fits_the_change(largest):
    axes = lab.nudge_scene().figure().axes[1]
    lab._zoom(axes, largest)
    reach = axes.get_ylim()[1]
    assert max(largest, 1e-4) <= reach <= max(2.5 * largest, 1e-4)


@pytest.mark.parametrize(("shift", "sd"), [(0.0, 1.7), (1.3, 0.8), (2.0, 0.6)])
def test_the_two_areas_are_the_two_divergences(shift, sd):
    forth = np.log(sd) + (1 + shift**2) / (2 * sd**2) - 0.5
    back = -np.log(sd) + (sd**2 + shift**2 - 1) / 2
    shown = texts(lab.kl_scene().figure(shift=shift, sd=sd))
    assert f"p log(p/q): area KL(p‖q) = {forth:.3f}" in shown
    assert f"q log(q/p): area KL(q‖p) = {back:.3f}" in shown


def test_a_box_and_a_normal_distribution_move_apart_as_theory_says():
    x = np.linspace(-12, 15, 5401)
    p, q = stats.norm.pdf(x), stats.norm.pdf(x - 3)
    m = (p + q) / 2
    exact = integrate.trapezoid(p * np.log(p / m) + q * np.log(q / m), x) / 2
    shown = texts(lab.shift_scene().figure(shift=3.0, shape="normal"))
    assert f"symmetrised KL 4.5, JS {exact:.4f}" in shown
    # of two boxes, the share that lies in both is 1 - shift, and the rest counts log 2
    shown = texts(lab.shift_scene().figure(shift=0.25, shape="box"))
    assert "∞" in shown
    assert f"{0.25 * np.log(2):.4f}" in shown


def slope_of_js(shift, shape="normal"):
    title = lab.shift_scene().figure(shift=shift, shape=shape).axes[2].get_title(loc="left")
    return float(title.removeprefix("slope of JS: "))


def test_the_slope_of_js_is_the_derivative_and_the_text_is_right_about_where_it_is_flat():
    for shift in (0.0, 1.0, 3.0):
        exact = (values.exact_js(shift + 1e-3) - values.exact_js(shift - 1e-3)) / 2e-3
        assert slope_of_js(shift) == pytest.approx(exact, abs=2e-3)
    assert slope_of_js(5.6) >= lab.FLAT > slope_of_js(5.75)
    assert slope_of_js(0.5, "box") == pytest.approx(np.log(2), abs=1e-3)
    assert slope_of_js(1.5, "box") == 0


@pytest.mark.parametrize(
    ("coins", "shares"),
    [((0.1, 0.5, 0.9), (0.879 / 1.758, 0.2035 / 0.368, None)), ((0.2, 0.9, 0.6), (None,) * 3)],
)
def test_the_triangle_inequality_is_tested_for_each_measure(coins, shares):
    shown = texts(lab.triangle_scene().figure(**dict(zip("abc", coins, strict=True))))
    names = ("symmetrised KL", "Jensen–Shannon", "√Jensen–Shannon")
    for name, share in zip(names, shares, strict=True):
        verdict = "holds" if share is None else f"violated: detour = {share:.2f} × direct"
        assert f"{name}:\n{verdict}" in shown


@pytest.mark.parametrize("shift", [0.0, 0.3, 1.0])
def test_the_bins_are_counted_as_numpy_counts(shift):
    z, y = (np.random.default_rng(seed).normal(size=500) for seed in (0, 1))
    edges = np.append(np.insert(stats.norm.ppf(np.arange(1, 30) / 30), 0, -99), 99)
    by_numpy = js(np.histogram(z, edges)[0] / 500, np.histogram(y + shift, edges)[0] / 500)
    shown = texts(lab.bins_scene().figure(n=500, bins=30, shift=shift))
    assert f"JS {by_numpy:.4f}, exact {values.exact_js(shift):.4f}" in shown


@pytest.mark.parametrize(("shift", "exact"), [(1, 0.1114), (2, 0.3368), (4, 0.6327), (8, 0.69305)])
def test_the_exact_js_of_two_normal_distributions(shift, exact):
    assert values.exact_js(shift) == pytest.approx(exact, abs=5e-5)


def test_the_loss_of_nudges_is_the_plain_histogram_s():
    y, p = np.random.default_rng(2).normal(size=300), np.diff(stats.norm.cdf(values.EDGES))
    nudges = np.array([0.0, 1e-4, 0.13, 0.9])
    plain = [js(p / p.sum(), histogram(y + nudge, values.EDGES)) for nudge in nudges]
    np.testing.assert_allclose(values.loss_of_nudges(y, p, nudges), plain, atol=1e-12)


def test_soft_weights_are_the_losses_soft_histogram():
    centres = np.linspace(-2, 2, 5)
    for x in (-2.4, -2.0, -0.3, 0.5, 1.99, 2.5):
        exact = soft_histogram(torch.tensor([x], dtype=torch.float64), torch.from_numpy(centres))
        np.testing.assert_allclose(values.soft_weights(x, centres), exact, atol=1e-12)


CENTRES = torch.arange(-6.0, 7.0, dtype=torch.float64)
MOVED = [(mean, sd) for mean in (-4.3, 0.1, 1.8, 5.0) for sd in (0.2, 0.6, 1.2)]


def real_shares() -> torch.Tensor:
    return soft_histogram(torch.from_numpy(stats.norm.ppf((np.arange(1e5) + 0.5) / 1e5)), CENTRES)


def drawn_arrows(mean: float, sd: float) -> tuple[np.ndarray, np.ndarray]:
    """Return where the samples are and how long their arrows are, along x; 0 for no arrow."""
    axes = pulls.pull_scene().figure(mean=mean, sd=sd).axes[1]
    (arrows,) = axes.collections
    (dots,) = axes.lines
    np.testing.assert_array_equal(arrows.get_offsets(), dots.get_xydata())
    assert (arrows.scale, arrows.scale_units) == (1, "x")
    assert not np.any(arrows.V)
    return dots.get_xdata(), np.where(arrows.Umask, 0, arrows.U)


@pytest.mark.parametrize(("mean", "sd"), MOVED)
def test_an_arrow_is_the_negative_gradient_of_js_in_its_sample(mean, sd):
    x, arrows = drawn_arrows(mean, sd)
    leaf = torch.from_numpy(x.copy()).requires_grad_()
    losses.js_loss(real_shares(), soft_histogram(leaf, CENTRES)).backward()
    wanted = np.clip(-60 * leaf.grad.numpy(), -3, 3)
    np.testing.assert_allclose(arrows, np.where(np.abs(wanted) < 0.05, 0, wanted), atol=0.01)


def test_samples_far_from_all_real_ones_have_no_arrow_as_the_text_says():
    x, arrows = drawn_arrows(5.0, 1.2)
    assert (x > 6).any()
    assert not arrows[x > 4].any()
    assert (arrows[x < 4] < 0).all()
    shown = texts(pulls.pull_scene().figure(5.0, 1.2))
    assert f"without an arrow: {np.count_nonzero(x > 4)}" in shown


def test_an_arrow_points_to_the_neighbour_where_generated_samples_are_scarcer():
    x, arrows = drawn_arrows(1.5, 0.8)
    p, q = real_shares().numpy(), soft_histogram(torch.from_numpy(x), CENTRES).numpy()
    left = np.floor(x).astype(int) + 6
    scarcer_right = q[left + 1] / p[left + 1] < q[left] / p[left]
    seen = arrows != 0
    assert seen.sum() > 10
    np.testing.assert_array_equal(arrows[seen] > 0, scarcer_right[seen])


def test_above_each_bin_stands_its_generated_part():
    shares, samples = pulls.pull_scene().figure(mean=4.0, sd=1.2).axes
    x, p = torch.from_numpy(samples.lines[0].get_xdata()), real_shares().numpy()
    q = soft_histogram(x, CENTRES).numpy()
    written = {text.get_position()[0]: text.get_text() for text in shares.texts}
    assert [written[c] for c in (-6, 0, 5, 6)] == ["", "0%", "100%", "100%"]
    for c in (2, 3):
        part = q[c + 6] / (p[c + 6] + q[c + 6])
        assert float(written[c].rstrip("%")) == pytest.approx(100 * part, abs=0.5)


def test_a_training_is_traced_at_the_marks():
    network = torch.nn.Linear(1, 1)
    seen = list(lab.traced(network, (0.5 / i for i in range(1, 101))))
    assert [trace.step for trace in seen] == [1, 2, 3, 5, 10, 20, 40, 60, 80, 100]
    assert seen[6].loss == 0.5 / 40
    u = torch.from_numpy(2 * lab.GRID_U - 1).float()[:, None]
    np.testing.assert_allclose(seen[0].g, network(u).detach()[:, 0].numpy(), rtol=1e-6)


def test_the_chapter_s_loss_belongs_to_the_generator_beside_it():
    world = notebook_cell("\ndef train(", torch=torch, losses=losses)
    network = torch.nn.Linear(1, 1)
    centres, x_real = torch.linspace(-5, 5, 40), torch.randn(1000)
    z = torch.linspace(-1, 1, 4096)[:, None]
    for loss in world["train"](network, x_real, steps=5):
        with torch.no_grad():
            p, q = (soft_histogram(x, centres) for x in (x_real, network(z)[:, 0]))
            here = losses.js_loss(p, q)
        assert loss == pytest.approx(here.item(), rel=0.1), "but for the noise"
        with torch.no_grad():
            network.bias += 1.0  # the next loss is another one
    assert network.weight.grad is not None


@pytest.mark.parametrize("h", [1e-6, 0.013, 0.2, 0.9])
def test_a_sample_that_crossed_an_edge_is_counted_once(h):
    x = np.random.default_rng(3).normal(size=200)
    edges = np.arange(-60, 60) * values.WIDTH
    slow = sum(np.any((edges > start) & (edges <= start + h)) for start in x)
    assert values.crossings(x, h) == slow
    assert values.crossings(x + h, -h) == slow


def test_a_watched_training_and_a_replayed_one_look_the_same():
    distribution, traces = fake_runs()["normal"]
    watched = lab.training_scene(distribution).figure(traces)
    replayed = lab.runs_scene(fake_runs(), "normal").figure(run="normal", step=1000)
    assert replayed.axes[1].get_title(loc="left") == "samples above 0: 50%"
    for figure in (watched, replayed):  # they differ in this title alone
        figure.axes[1].set_title("", loc="left")
    np.testing.assert_array_equal(painting.render(watched), painting.render(replayed))


def test_the_curse_shows_the_exact_expectation_and_the_power_of_ten():
    figure, update = curse_scene().open()
    update(d=10, n=1000)
    (dot,) = (line for line in figure.axes[0].lines if list(line.get_xdata()) == [10])
    assert dot.get_ydata()[0] == pytest.approx(expected_js(1024, 1000))
    update(d=784, n=1000)
    assert "10^{236.0}" in texts(figure)
    levels = [line.get_ydata()[0] for line in figure.axes[0].lines if line.get_linestyle() == ":"]
    assert levels == pytest.approx([np.log(2), np.log(2) / 2])


@pytest.mark.parametrize("pixels", RESOLUTIONS)
def test_the_digits_js_is_that_of_their_bins_and_frames_mark_the_common_ones(pixels):
    images, binarised, js_of_images = striped()
    rows = binarised(images, RESOLUTIONS[pixels]).astype(int).astype(str)
    names = ["".join(row) for row in rows]
    every = sorted(set(names))
    p, q = ([half.count(name) / 30 for name in every] for half in (names[:30], names[30:]))
    figure = pixels_scene(images, binarised, js_of_images).figure(pixels=pixels)
    common = np.mean([name in names[30:] for name in names[:30]])
    assert f"JS(A, B) = {js(p, q):.3f}" in texts(figure)
    assert f"A: {common:.0%} of 30 framed" in texts(figure)
    curve = figure.axes[2].lines[0]
    assert list(curve.get_xdata()) == [k for k in RESOLUTIONS if k <= pixels]
    frame = np.array(colors.to_rgb(palette.DISCRIMINATOR))
    corners = figure.axes[0].images[0].get_array()[1::40, 1::40]  # one pixel of each frame
    framed = np.all(np.abs(np.asarray(corners) - frame) < 1e-6, axis=-1).ravel()
    assert list(framed) == [name in names[30:] for name in names[:25]]


@pytest.mark.parametrize(("d", "n"), [(1, 10), (24, 10_000), (60, 1000), (300, 10), (784, 1000)])
def test_the_curse_is_drawn_where_it_is_for_any_number_of_pixels(d, n):
    axes = curse_scene().figure(d=d, n=n).axes[0]
    (dot,) = (line for line in axes.lines if line.get_marker() == "o")
    assert [*dot.get_xdata(), *dot.get_ydata()] == pytest.approx([d, expected_js(2**d, n)])
    curve = max(axes.lines, key=lambda line: len(line.get_xdata()))
    assert np.interp(d, *curve.get_data()) == pytest.approx(expected_js(2**d, n), abs=1e-5)
    assert axes.get_xlim()[0] < d < axes.get_xlim()[1]


def test_a_legend_says_what_the_green_and_the_hatched_areas_do():
    forth = lab.kl_scene().figure().axes[1]
    assert [text.get_text() for text in forth.get_legend().get_texts()] == ["adds", "takes away"]
    green, hatched = forth.get_legend_handles_labels()[0]
    assert (green.get_hatch(), hatched.get_hatch()) == (None, "///")


@pytest.mark.parametrize(
    ("shift", "shape", "exact", "said"),
    [
        (1.0, "normal", 0.5, "0.5"),
        (3.0, "normal", 4.5, "4.5"),
        (10.0, "normal", 50, "50"),
        (0.3, "box", np.inf, "∞"),
    ],
)
def test_a_divergence_is_drawn_at_its_value_or_as_an_arrow_and_told_once(shift, shape, exact, said):
    axes = lab.shift_scene().figure(shift=shift, shape=shape).axes[1]
    single = [line for line in axes.lines if len(line.get_xydata()) == 1]
    places = {line.get_marker(): line.get_xydata() for line in single}
    assert ("s" in places) != ("^" in places)
    if "s" in places:
        assert places["s"][0] == pytest.approx([shift, exact], rel=1e-3)
    assert ("^" in places) == (exact > 2)
    assert axes.get_title("left").startswith(f"symmetrised KL {said},")
    shown = [text.get_text() for text in axes.texts if text.get_visible()]
    assert shown == ["log 2"] + ["∞"] * (exact == np.inf)


def best_overlap(means, sds) -> float:
    figures = [
        overlap.overlap_scene().figure(mean=mean, sd=sd).axes[0].get_title("left")
        for mean in means
        for sd in sds
    ]
    return max(float(title.split()[-1].strip("%")) for title in figures)


def test_one_peak_overlaps_with_half_of_two_as_the_chapter_says():
    assert overlap.overlap(np.array([0.5, 0.5, 0]), np.array([0.1, 0.6, 0.3])) == 0.6
    on_one = best_overlap((-1.8, 1.7), (0.8, 1.0))
    on_both = best_overlap((0.0, 0.5), (2.0, 2.5))
    assert on_one == pytest.approx(50, abs=3)
    assert on_both == pytest.approx(50, abs=3)
    assert best_overlap((-3, -2, 0, 2, 3), (0.5, 1, 2, 3)) <= 52


def test_each_first_step_off_a_mode_raises_the_loss_and_each_way_from_the_middle_lowers_it():
    centres, target = np.arange(-6, 6.01, 0.2), lab.TWO_MODES
    real = pulls.soft_weights(target.ppf(GRID_U), centres).mean(0)

    def loss(x):
        return js(real, pulls.soft_weights(x, centres).mean(0))

    one = target.ppf(GRID_U[GRID_U > 0.5])
    assert loss(one) < min(loss(one + step) for step in (-0.4, -0.2, -0.1, 0.1, 0.2, 0.4))
    start = stats.norm.ppf(GRID_U) / 20
    ways = [[loss(start + way * far) for far in (0.1, 0.3, 0.6, 1)] for way in (-1, 1)]
    assert all(np.all(np.diff(row) < 0) for row in ways)


def test_with_the_mean_near_3_the_longest_arrows_are_at_the_edge_of_the_real_samples():
    x = 3 + pulls.SAMPLES
    longest = x[np.abs(pulls.soft_pulls(x, pulls.REAL, pulls.CENTRES)).argmax()]
    assert 0.9 < stats.norm.cdf(longest) < 0.99
