"""Chapter 01's scenes, at all ends of their sliders, and the numbers they show."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from gan_edu import distributions, stage
from gan_edu.chapters.ch01_inverse_cdf import scenes as lab
from gan_edu.chapters.ch01_inverse_cdf.drawn import START, drawn_scene
from gan_edu.distributions import exponential, mixture, normal, uniform
from gan_edu.stage import painting, sketching
from tests.helpers.shown import texts

SOURCE = Path(__file__).parents[2] / "notebooks" / "source"


def fake_fits():
    """Return what the notebook's networks leave behind, made without training."""
    exact = np.concatenate([stats.norm.ppf(distributions.GRID_U), stats.norm.ppf(lab.TAIL_Z)])
    shares = np.linspace(0, 1, len(lab.MARKS))
    return {
        width: {s: exact * r for s, r in zip(lab.MARKS, shares, strict=True)}
        for width in (2, 8, 32)
    }


def fake_pairs():
    x = stats.norm.ppf(distributions.GRID_U)
    return {right: (x, right / 100 * x) for right in (0, 50, 100)}


FOLDS = {
    "as it is": lambda z, s: z,
    "mirrored": lambda z, s: 1 - z,
    "tent": lambda z, s: 1 - np.abs(1 - 2 * z),
    "cut": lambda z, s: (z + s) % 1,
}
PAD = stage.sketch(x=(-4, 4), y=(0, 1), labels=("sample x", "density"), height=2.2)
COLUMNS = PAD.columns()
EMPTY = [None] * sketching.COLUMNS


def sketched(curve) -> list[float | None]:
    """Return a sketch that has a curve's heights, and nothing where they are NaN."""
    return [None if np.isnan(y) else float(y) for y in curve(COLUMNS)]


SKETCHES = {
    "a constant": sketched(lambda x: np.where(abs(x) <= 2, 0.4, np.nan)),
    "two modes": sketched(lambda x: np.where(abs(abs(x) - 2.5) < 0.9, 0.8, 0)),
    "a triangle": sketched(lambda x: np.where((x > -1) & (x < 3), (x + 1) / 4, np.nan)),
    "a point": sketched(lambda x: np.where(abs(x - 1) < 0.01, 1, np.nan)),
}
SCENES = {
    "drawn": (lambda: drawn_scene(PAD), {"density": (START, EMPTY, *SKETCHES.values())}),
    "areas": (
        lambda: lab.areas_scene(uniform(), 0, 1, normal().ppf),
        {"z": (0.02, 0.5, 0.88), "dz": (0.005, 0.05, 0.1), "all_to_the_left": (False, True)},
    ),
    "areas to the left": (
        lambda: lab.areas_scene(uniform(), 0, 1, normal().ppf, all_to_the_left=True),
        {"z": (0.02, 0.5, 0.98)},
    ),
    "areas of Exp(1)": (
        lambda: lab.areas_scene(exponential(), 0, 5, lambda z: normal().ppf(1 - np.exp(-z))),
        {"z": (0.05, 1.0, 4.5), "dz": (0.01, 0.2, 0.5), "all_to_the_left": (False, True)},
    ),
    "drops": (
        lab.drops_scene,
        {"n": (1, 37, 100_000), "flight": (0.0, 0.6, 1.0), "density": (False, True)},
    ),
    "modes": (
        lab.modes_scene,
        {
            **dict.fromkeys(("h1", "h2", "h3", "h4", "h5"), (0.0, 0.4, 1.0)),
            "width": (0.3, 0.6, 0.9),
            "points": (9, 60, 801),
        },
    ),
    "gap": (lab.gap_scene, {"gap": (0.5, 1.7, 4.0), "ramp": (0.002, 0.11, 0.3)}),
    "maps": (
        lambda: lab.maps_scene(FOLDS),
        {"z": (0.01, 0.5, 0.7, 0.99), "shift": (0.0, 0.3, 0.95)},
    ),
    "fit": (lambda: lab.fit_scene(fake_fits()), {"width": (2, 8, 32), "steps": (1, 73, 1000)}),
    "pairs": (lambda: lab.pairs_scene(fake_pairs()), {"right": (0, 50, 100)}),
}
FIGURES = {"ch01_inverse_cdf.scenes.cdf_error_figure": lab.cdf_error_figure}


@pytest.mark.parametrize("n", [3, 12, 100])
def test_the_arrow_is_the_largest_cdf_error_that_scipy_finds(n):
    axes = lab.cdf_error_figure(n).axes[0]
    (arrow,) = (text for text in axes.texts if hasattr(text, "arrow_patch"))
    x = np.random.default_rng(2).normal(size=n)
    exact = stats.kstest(x, "norm")
    assert abs(arrow.xy[1] - arrow.xyann[1]) == pytest.approx(exact.statistic)
    assert arrow.xy[0] == arrow.xyann[0] == exact.statistic_location
    assert f"error {exact.statistic:.2f}" in texts(axes)


def test_the_normal_density_is_no_answer_before_it_is_asked_for():
    bell = lab.drops_scene().figure().axes[0].lines[0]
    assert not bell.get_visible()
    assert lab.drops_scene().figure(density=True).axes[0].lines[0].get_visible()


def test_dots_fly_from_the_noise_to_the_curve_and_to_the_pile_and_all_arrive():
    figure, update = lab.drops_scene().open()
    left, curve = figure.axes[:2]
    (flying,) = (line for line in curve.lines if line.get_markersize() == 5)
    z = uniform().sample(40, np.random.default_rng(0))
    x = normal().ppf(z)
    update(n=40, flight=0.0)
    np.testing.assert_allclose(flying.get_xydata(), np.stack([z, np.full(40, -4)], 1))
    for flight in (0.2, 0.5, 0.8):
        update(n=40, flight=flight)
        places = flying.get_xydata()
        rises = [np.any(np.isclose(across, z) & (up <= x + 1e-9)) for across, up in places]
        falls = [np.any(np.isclose(up, x) & (across <= z + 1e-9)) for across, up in places]
        assert all(np.logical_or(rises, falls))
        piled = left.patches[0].get_data().values.sum() * (lab.BINS_X[1] - lab.BINS_X[0])
        assert piled == pytest.approx(max(0, 2 * flight - 1), abs=0.03)
        assert abs(40 * (1 - piled) - len(places)) <= 1, "each dot flies or lies in the pile"
    update(n=40, flight=1.0)
    assert not len(flying.get_xdata())


@pytest.mark.parametrize(("z", "dz"), [(0.8, 0.1), (0.3, 0.02)])
def test_both_areas_are_the_probability_of_the_noise(z, dz):
    scene = lab.areas_scene(uniform(), 0, 1, normal().ppf)
    lines = texts(scene.figure(z=z, dz=dz))
    assert lines.count(f"{dz:.4f}") >= 2
    assert "φ(x) dx" in lines
    left = texts(scene.figure(z=z, dz=dz, all_to_the_left=True))
    assert left.count(f"{z:.4f}") == 2
    assert not {"ρ(z) dz", "φ(x) dx"} & set(left), "these hold for one strip"
    assert texts(lab.areas_scene(uniform(), 0, 1, normal().ppf, True).figure(z=z)) == left


def test_a_strip_that_reaches_the_end_of_the_noise_is_cut_and_all_its_numbers_are_told():
    lines = texts(lab.areas_scene(uniform(), 0, 1, normal().ppf).figure(z=0.98, dz=0.1))
    assert lines.count("0.0200") == 3


def test_the_strips_have_the_areas_that_the_words_say():
    f = normal().ppf
    outlines = lab._outlines(uniform(), f, 0, 0.62, 0.71)
    for outline in (outlines[0], outlines[3]):
        x, y = outline.T
        assert abs(np.trapezoid(x, y)) == pytest.approx(0.09, abs=1e-5)


@pytest.mark.parametrize("noise", ["areas", "areas of Exp(1)"])
def test_equal_probabilities_cover_equal_areas_and_nothing_else_is_filled(noise):
    figure, update = SCENES[noise][0]().open()
    for z, dz, all_to_the_left in ((0.5, 0.1, False), (0.9, 0.05, False), (0.7, 0.1, True)):
        update(z=z, dz=dz, all_to_the_left=all_to_the_left)
        painting._draw(figure)
        strips = [patch for axes in figure.axes for patch in axes.patches]
        areas = [area_on_screen(strip) for strip in strips if strip.get_fill()]
        assert len(areas) == 2
        assert areas[0] == pytest.approx(areas[1], rel=0.02)
        for axes in (figure.axes[0], figure.axes[3]):
            (density,) = axes.lines
            assert axes.viewLim.contains(*density.get_xydata().max(axis=0)), "no top is cut off"


def area_on_screen(strip):
    x, y = strip.get_transform().transform(strip.get_xy()).T
    return abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2


def test_the_cdf_error_of_samples_is_scipy_s_but_for_half_a_sample():
    for seed in range(5):
        x = np.random.default_rng(seed).normal(size=500)
        exact = stats.kstest(x, stats.norm.cdf).statistic
        assert distributions.largest_cdf_error(x) == pytest.approx(exact, abs=1.0001 / 1000)
        assert distributions.largest_cdf_error(x + 1, normal(1)) == pytest.approx(
            distributions.largest_cdf_error(x)
        )


def test_the_cdf_error_of_a_map_on_the_grid_has_no_sampling_error():
    assert distributions.largest_cdf_error(stats.norm.ppf(distributions.GRID_U)) < 1e-12
    assert distributions.largest_cdf_error(
        stats.norm.ppf(distributions.GRID_U) + 0.1
    ) == pytest.approx(2 * stats.norm.cdf(0.05) - 1, rel=1e-5)


def test_the_maps_show_where_they_send_z():
    shown = texts(lab.maps_scene(FOLDS).figure(z=0.2, shift=0.4))
    for fold in FOLDS.values():
        assert f"x = {stats.norm.ppf(fold(0.2, 0.4)):.2f}".replace("-", "−") in shown


def test_the_exact_curve_shows_on_both_sides_of_the_one_that_lies_on_it():
    for axes in lab.modes_scene().figure().axes:
        exact, ours = axes.lines[:2]
        assert exact.get_linewidth() > 2 * ours.get_linewidth()
        assert exact.get_alpha() < 1


def test_without_any_mode_the_picture_says_so_and_goes_on():
    flat = dict.fromkeys(["h1", "h2", "h3", "h4", "h5"], 0.0)
    figure, update = lab.modes_scene().open()
    for values, said in ((flat, True), (flat | {"h3": 1.0}, False), (flat, True)):
        update(**values)
        assert ("all heights are 0" in texts(figure)) == said


@pytest.mark.parametrize(("points", "width"), [(25, 0.6), (101, 0.3), (801, 0.9)])
def test_the_error_on_the_grid_is_the_one_that_is_shown(points, width):
    figure = lab.modes_scene().figure(h1=1.0, h4=0.5, width=width, points=points)
    distribution = mixture(np.array([1, 1, 0.3, 0.5, 0.7]) / 3.5, [-4, -2, 0, 2, 4], [width] * 5)
    x = np.linspace(-8, 8, points)
    share = integrate.cumulative_trapezoid(distribution.pdf(x), x, initial=0)
    at_points = np.abs(share / share[-1] - distribution.cdf(x)).max()
    shown = float(re.search(r"CDF error\s(\S+)", texts(figure))[1])
    assert at_points * 0.9 - 5e-6 < shown < at_points * 1.3 + 5e-6
    if points == 801:
        assert shown < 1e-4


@pytest.mark.parametrize(("gap", "ramp"), [(3.0, 0.1), (1.0, 0.3), (4.0, 0.002)])
def test_the_ramp_costs_its_share_of_the_gap(gap, ramp):
    z = (np.arange(1_000_000) + 0.5) / 1_000_000
    inside = np.mean(np.abs(lab.crossing(z, gap, ramp)) < gap / 2)
    end = stats.norm.ppf(0.5 + ramp / 2) + gap / 2
    assert inside == pytest.approx(ramp * gap / 2 / end, abs=3e-6)
    outside = np.abs(z - 0.5) > ramp / 2
    np.testing.assert_array_equal(lab.crossing(z, gap, ramp)[outside], lab.torn(z, gap)[outside])
    assert np.abs(np.diff(lab.crossing(z[1000:-1000], gap, ramp))).max() < 0.01, "continuous"


def test_mixed_up_pairs_keep_their_samples_and_the_right_share():
    x = np.arange(1000.0)
    for share in (0.0, 0.25, 1.0):
        mixed = lab.mispaired(x, share, np.random.default_rng(0))
        np.testing.assert_array_equal(np.sort(mixed), x)
        assert np.mean(mixed == x) == pytest.approx(share, abs=0.01)
    np.testing.assert_array_equal(x, np.arange(1000.0))


@pytest.mark.parametrize("right", [0, 50, 100])
def test_the_pairs_tell_the_standard_deviation_of_the_samples(right):
    shown = texts(lab.pairs_scene(fake_pairs()).figure(right=right))
    assert f"samples: {right / 100 * stats.norm.ppf(distributions.GRID_U).std():.2f}" in shown


def test_the_slider_s_stops_are_the_recorded_steps():
    stops = {round(10 ** (0.02 * k)) for k in range(151)}
    assert stops <= set(lab.MARKS)
    assert (lab.MARKS[0], lab.MARKS[-1]) == (1, 1000)


def test_a_record_has_the_outputs_after_each_marked_step():
    network = torch.nn.Linear(1, 1)
    with torch.no_grad():
        network.weight.fill_(3.0), network.bias.fill_(-1.0)

    def steps():
        for step in range(1, 121):
            with torch.no_grad():
                network.bias.fill_(float(step))
            yield step

    kept = lab.record(network, steps())
    assert list(kept) == [mark for mark in lab.MARKS if mark <= 120]
    z = np.concatenate([distributions.GRID_U, lab.TAIL_Z])
    for step, g in kept.items():
        np.testing.assert_allclose(g, 3 * (2 * z - 1) + step, atol=1e-4)


def test_the_middle_s_error_looks_at_the_middle_only():
    g = stats.norm.ppf(distributions.GRID_U)
    spoilt = np.where(np.abs(distributions.GRID_U - 0.5) > 0.451, 99.0, g)
    assert lab.middle_error(spoilt) < 1e-12
    g[np.searchsorted(distributions.GRID_U, 0.06)] += 0.5
    assert lab.middle_error(g) == pytest.approx(0.5)


@pytest.mark.parametrize(("asked", "shown"), [(1, 1), (77, 76), (1000, 1000)])
def test_the_last_recorded_step_is_shown(asked, shown):
    figure = lab.fit_scene(fake_fits()).figure(width=32, steps=asked)
    assert f"width 32, {shown:,} step" in texts(figure)


def test_the_points_are_drawn_only_where_they_can_be_told_apart():
    for points, drawn in ((25, 25), (199, 199), (801, 0)):
        dots = lab.modes_scene().figure(points=points).axes[0].lines[-1]
        assert len(dots.get_xdata()) == drawn


def drawn(sketch: list) -> tuple:
    """Return the density, F and F⁻¹ as they are drawn: x and y of each; and the bars."""
    figure = drawn_scene(PAD).figure(density=sketch)
    samples, cdf, ppf = figure.axes
    bars = samples.patches[0].get_data()
    return samples.lines[0].get_data(), cdf.lines[0].get_data(), ppf.lines[0].get_data(), bars


@pytest.mark.parametrize("name", ["a constant", "two modes", "a triangle"])
def test_of_a_drawn_density_f_is_the_integral_and_the_samples_lie_where_it_is(name):
    heights = np.array([y or 0 for y in SKETCHES[name]])
    area = integrate.trapezoid(heights, COLUMNS)
    (_, density), (at, cdf), (z, ppf), bars = drawn(SKETCHES[name])
    np.testing.assert_allclose(density, heights / area, atol=1e-9)
    share = integrate.cumulative_trapezoid(heights / area, COLUMNS, initial=0)
    np.testing.assert_allclose(np.interp(COLUMNS, at, cdf), share, atol=1e-9)
    np.testing.assert_array_equal(ppf, at)
    np.testing.assert_array_equal(z, cdf)
    wanted = np.diff(np.interp(bars.edges, COLUMNS, share)) / np.diff(bars.edges)
    np.testing.assert_allclose(bars.values, wanted, atol=0.05)


def test_a_constant_has_a_straight_inverse_and_a_gap_a_jump_as_the_text_says():
    _, _, (z, x), _ = drawn(SKETCHES["a constant"])
    inside = (z > 0.05) & (z < 0.95)
    assert np.ptp(np.diff(x[inside]) / np.diff(z[inside])) < 1e-6
    _, _, (z, x), _ = drawn(SKETCHES["two modes"])
    jump = x[np.abs(z - 0.5) < 1e-9]
    assert jump.min() == pytest.approx(-1.6, abs=0.15)
    assert jump.max() == pytest.approx(1.6, abs=0.15)


def test_the_question_the_pad_and_what_becomes_of_a_sketch_fit_a_laptop_s_window():
    script = (SOURCE / "01_inverse_cdf.py").read_text(encoding="utf-8")
    pad = float(re.search(r'"density"\), height=([\d.]+)\)', script)[1])
    others = 240  # pixels: the question, a folded cell, two rows of buttons, and some to spare
    assert 100 * (pad + drawn_scene(PAD).height) + others < 688, "what Jupyter leaves of 800"


def test_an_empty_pad_says_so_and_the_next_stroke_is_drawn():
    figure, update = drawn_scene(PAD).open()
    for sketch, said in ((EMPTY, True), (START, False), ([0.0] * len(EMPTY), True), (START, False)):
        update(density=sketch)
        assert ("draw a density above" in texts(figure)) == said
