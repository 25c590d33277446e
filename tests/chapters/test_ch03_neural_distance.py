"""Chapter 03's scenes, at all ends of their sliders, and the exact answers behind them."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from gan_edu import losses, recipes, stage
from gan_edu.chapters import sign_card as signs
from gan_edu.chapters.ch03_neural_distance import disjoint, pointwise, scenes, threshold
from gan_edu.chapters.ch03_neural_distance import values as lab
from gan_edu.distributions import GRID_U, normal
from gan_edu.divergences import js
from gan_edu.networks import mlp
from gan_edu.stage import palette
from tests.helpers import shown
from tests.helpers.shown import labelled

every_pair = pytest.mark.parametrize(
    "pair", [*lab.PAIRS.values(), lab.COMBS], ids=[*lab.PAIRS, "combs"]
)


def traces(pair, factor=0.1):
    return [lab.Trace(step, factor * step * lab.optimal_critic(pair)) for step in lab.MARKS]


def log_traces(pair):
    exact = np.log(pair[0].pdf(lab.X)) - np.log(pair[1].pdf(lab.X))
    return [lab.Trace(step, (1 - 0.97**step) * exact) for step in lab.MARKS]


def runs_of(make):
    return {name: make(pair) for name, pair in lab.PAIRS.items()}


def constrained():
    """Return what the notebook's constrained trainings leave behind, made without training."""
    return {
        (constraint, name): traces(p, size)
        for constraint, size in (("a", 0.001), ("b", 0.003))
        for name, p in lab.PAIRS.items()
    }


def side_by_side():
    """Return a critic and a discriminator, made without training, for each distance."""
    return {
        (kind, distance): [
            lab.Trace(step, size * step / 300 * lab.optimal_critic(pair)) for step in lab.MARKS[:-1]
        ]
        for kind, size in (("critic", 1), ("discriminator", 9))
        for distance, pair in disjoint.BLOCKS.items()
    }


SHIFT = lab.PAIRS["shift"]
WIDTHS = {w: lab.Trace(1, 0.03 * w * lab.optimal_critic(lab.COMBS)) for w in (2, 4, 8, 16, 32)}
SLOPES, NAMES = (-1.0, 0.3, 1.0), tuple(lab.PAIRS)
DISTRIBUTIONS = {"shift": (0.0, 1.3, 5.0), "sd": (0.4, 1.0, 2.0)}
SCENES = {
    "threshold": (
        threshold.threshold_scene,
        {"threshold": (-3.0, 0.3, 6.0), "shift": (0.0, 2.2, 5.0)},
    ),
    "hand": (
        scenes.hand_scene,
        {"left": SLOPES, "right": SLOPES, "kink": (-3.0, 0.2, 3.0), "pair": NAMES},
    ),
    "w1": (scenes.w1_scene, DISTRIBUTIONS | {"carried": (0.0, 0.5, 1.0)}),
    "runaway": (
        lambda: scenes.runaway_scene(runs_of(traces)),
        {"pair": NAMES, "step": (1, 12, 100, 500), "scaled": (True, False)},
    ),
    "width": (lambda: scenes.width_scene(WIDTHS), {"width": tuple(WIDTHS)}),
    "log": (
        lambda: scenes.log_scene(runs_of(log_traces)),
        {"pair": NAMES, "step": (1, 12, 100, 500)},
    ),
    "constraint": (
        lambda: scenes.constraint_scene(constrained(), "a"),
        {"constraint": ("a", "b"), "pair": NAMES, "step": (1, 40, 300, 500)},
    ),
    "point": (
        pointwise.point_scene,
        {
            "x": (-4.0, 0.3, 4.0),
            "d": (0.01, 0.5, 0.99),
            "pair": NAMES,
            "drops": (0, 1, 2),
            "exact": (False, True),
        },
    ),
    "optimal": (scenes.optimal_scene, {"shift": (0.0, 1.3, 5.0), "sd": (0.3, 1.0, 3.0)}),
    "beside": (
        lambda: disjoint.beside_scene(side_by_side()),
        {"distance": (3, 6), "step": (1, 12, 100, 300)},
    ),
    "two losses": (signs.two_losses_scene, {"d": (0.01, 0.2, 0.99)}),
    "card": (signs.sign_card, {"a": (-4.0, 0.0, 1.7, 4.0)}),
}


def texts(figure):
    return shown.texts(figure).replace("−", "-")


# What is exact


@every_pair
def test_all_sums_reach_far_enough(pair):
    for distribution in pair:
        assert np.trapezoid(distribution.pdf(lab.X), lab.X) == pytest.approx(1, abs=1e-9)
    np.testing.assert_allclose(np.diff(lab.X), lab.STEP, atol=1e-12)


@every_pair
def test_w1_is_scipy_s_and_the_best_critic_reaches_it(pair):
    samples = [recipes.evenly_spaced(distribution)[:, 0].numpy() for distribution in pair]
    assert lab.w1(pair) == pytest.approx(stats.wasserstein_distance(*samples), abs=2e-3)
    best = lab.optimal_critic(pair)
    assert lab.difference(best, pair) == pytest.approx(lab.w1(pair), abs=1e-3)
    assert np.abs(np.diff(best)).max() <= lab.STEP * (1 + 1e-9)
    assert best[lab.X == 0] == 0


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(-3, 3))
def test_a_kinked_critic_has_the_slopes_it_was_given(left, right, kink):
    assert lab.kinked(np.array([kink]), left, right, kink) == 0
    a = lab.kinked(np.array([kink - 2.0, kink + 2.0]), left, right, kink)
    np.testing.assert_allclose(a, [-2 * left, 2 * right], atol=1e-12)


@every_pair
def test_the_value_of_the_log_loss_is_the_integral_and_its_maximum_is_at_d_star(pair):
    p, q = pair
    a = np.sin(lab.X)

    def inside(x):
        d = 1 / (1 + np.exp(-np.sin(x)))
        return p.pdf(x) * np.log(d) + q.pdf(x) * np.log(1 - d)

    exact = integrate.quad(inside, -12, 12, limit=400, points=[-3, -2, -1, 0, 1, 2, 3])[0]
    assert lab.log_value(a, pair) == pytest.approx(exact, abs=1e-6)
    assert lab.log_value(a, pair) < lab.optimal_value(pair)


@pytest.mark.parametrize("name", lab.PAIRS)
def test_d_star_has_the_value_minus_log_4_plus_2_js(name):
    pair = lab.PAIRS[name]
    star = lab.optimal_d(pair)
    p, q = (distribution.pdf(lab.X) * lab.STEP for distribution in pair)
    assert lab.optimal_value(pair) == pytest.approx(-np.log(4) + 2 * js(p, q))
    a = np.log(pair[0].pdf(lab.X)) - np.log(pair[1].pdf(lab.X))
    np.testing.assert_allclose(1 / (1 + np.exp(-a)), star, atol=1e-12)
    assert lab.log_value(a, pair) == pytest.approx(lab.optimal_value(pair), abs=1e-9)
    for size in (0.03, -0.03):
        assert lab.log_value(a + size * np.cos(lab.X), pair) < lab.optimal_value(pair)


def test_the_optimal_critic_turns_where_the_two_cdfs_cross():
    x = lab.X[lab.with_mass(lab.COMBS) & (lab.X != 0)]  # they cross exactly at 0
    signs = np.sign(lab.COMBS[0].cdf(x) - lab.COMBS[1].cdf(x))
    assert lab.turns(lab.optimal_critic(lab.COMBS), lab.COMBS) == np.count_nonzero(np.diff(signs))
    assert lab.turns(lab.X, lab.COMBS) == 0
    assert lab.turns(np.abs(lab.X), lab.COMBS) == 1


def test_the_largest_error_is_looked_for_where_there_is_mass():
    star = np.log(SHIFT[0].pdf(lab.X)) - np.log(SHIFT[1].pdf(lab.X))
    assert lab.largest_error(star, SHIFT) == pytest.approx(0, abs=1e-12)
    assert lab.largest_error(star + 9 * (np.abs(lab.X) > 6), SHIFT) == pytest.approx(0, abs=1e-12)
    at_half = np.abs(0.5 - lab.optimal_d(SHIFT))[lab.with_mass(SHIFT)].max()
    assert lab.largest_error(0 * lab.X, SHIFT) == pytest.approx(at_half)


def test_the_steepest_slope_is_looked_for_where_there_is_mass():
    a = np.where(np.abs(lab.X) < 6, 0.5 * lab.X, 100 * lab.X)
    assert lab.steepest(a, SHIFT) == pytest.approx(0.5)
    assert lab.with_mass(SHIFT)[np.searchsorted(lab.X, 0.5)]
    assert not lab.with_mass(SHIFT)[[0, -1]].any()


# Trainings


def test_a_training_is_traced_at_its_marks_and_looking_changes_nothing():
    torch.manual_seed(0)
    network = mlp((1, 4, 1), spectral_norm=True)
    state = {name: value.clone() for name, value in network.state_dict().items()}
    seen = list(lab.traced(network, range(1, 101), marks=(1, 40, 100, 200)))
    assert [trace.step for trace in seen] == [1, 40, 100]
    assert network.training
    for name, value in network.state_dict().items():
        assert torch.equal(value, state[name])
    x = torch.from_numpy(lab.X).float()[:, None]
    by_hand = network.eval()(x).detach()[:, 0].numpy()
    np.testing.assert_allclose(seen[0].a, by_hand, rtol=1e-6)


def test_until_finds_the_last_trace_before_a_step():
    run = [lab.Trace(step, lab.X) for step in (1, 10, 100)]
    found = [len(lab.until(run, step)) for step in (0.5, 1, 9, 10, 99, 100, 5000)]
    assert found == [1, 1, 1, 2, 2, 3, 3]


def test_evenly_spaced_quantiles_have_the_distribution_s_shares():
    sample = recipes.evenly_spaced(normal(1, 2), 1001)
    assert sample.shape == (1001, 1)
    assert sample.dtype == torch.float32
    assert stats.kstest(sample[:, 0].numpy(), stats.norm(1, 2).cdf).statistic < 6e-4


def train(pair, loss_of, steps, seed, last_rate=0.0, **options):
    torch.manual_seed(seed)
    critic = mlp((1, 32, 32, 1), **options)
    samples = [recipes.evenly_spaced(distribution) for distribution in pair]
    optimiser = torch.optim.Adam(critic.parameters(), lr=0.01, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps, eta_min=last_rate)
    for _ in range(steps):
        x_real, x_fake = (sample[torch.randint(len(sample), (512,))] for sample in samples)
        loss = loss_of(critic, x_real, x_fake)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return lab.outputs_on_x(critic)


def plain(critic, x_real, x_fake):
    return losses.critic_loss(critic(x_real), critic(x_fake))


def penalised(critic, x_real, x_fake):
    t = torch.rand(len(x_real), 1)
    between = t * x_real + (1 - t) * x_fake
    return plain(critic, x_real, x_fake) + 10 * losses.gradient_penalty(critic, between)


@pytest.mark.parametrize("name", lab.PAIRS)
def test_constrained_critics_find_w1_as_well_as_their_constraint_allows(name):
    pair = lab.PAIRS[name]
    found = {
        "penalty": lab.difference(train(pair, penalised, 300, seed=7), pair),
        "relu": lab.difference(train(pair, plain, 300, seed=7, spectral_norm=True), pair),
        "maxmin": lab.difference(
            train(pair, plain, 300, seed=7, spectral_norm=True, activation="maxmin"), pair
        ),
    }
    ratio = {constraint: value / lab.w1(pair) for constraint, value in found.items()}
    assert ratio["penalty"] == pytest.approx(1 + lab.w1(pair) / 20, abs=0.03)
    assert ratio["maxmin"] == pytest.approx(1, abs=0.02)
    assert (ratio["relu"] < 0.65) == (name != "shift")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", lab.PAIRS)
def test_the_bars_of_the_constraints(name, seed):
    pair = lab.PAIRS[name]
    exact = stats.wasserstein_distance(
        *(recipes.evenly_spaced(distribution)[:, 0].numpy() for distribution in pair)
    )
    one_sided = lab.difference(train(pair, penalised, 500, seed), pair) / exact
    assert 0.94 < one_sided < 1.1
    assert one_sided == pytest.approx(1 + exact / 20, abs=0.05)
    with_norm = {"spectral_norm": True}
    sorting = lab.difference(train(pair, plain, 500, seed, activation="maxmin", **with_norm), pair)
    assert sorting / exact == pytest.approx(1, abs=0.02)
    cutting = lab.difference(train(pair, plain, 500, seed, **with_norm), pair)
    assert (cutting / exact < 0.75) == (name != "shift"), "a straight line passes ReLU"


def test_equation_3_runs_away_without_a_constraint():
    free = lab.difference(train(SHIFT, plain, 300, seed=7), SHIFT)
    assert free > 1000 * lab.w1(SHIFT)


def test_the_log_loss_finds_d_star_and_js():
    def log_loss(critic, x_real, x_fake):
        return losses.discriminator_loss(critic(x_real), critic(x_fake))

    a = train(SHIFT, log_loss, 1000, seed=7)
    off = np.abs(1 / (1 + np.exp(-a)) - lab.optimal_d(SHIFT))[lab.with_mass(SHIFT)]
    assert off.max() < 0.02
    assert 0 < lab.optimal_value(SHIFT) - lab.log_value(a, SHIFT) < 3e-4


# What the pictures say


def test_the_share_of_right_answers_is_that_of_real_samples_drawn():
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=200_000), rng.normal(2, size=200_000)
    for cut in (-1.0, 0.4, 3.0):
        right = (np.mean(real < cut) + np.mean(fake >= cut)) / 2
        assert threshold.share_right(cut, 2.0) == pytest.approx(right, abs=0.003)


@pytest.mark.parametrize("shift", [0.0, 0.7, 3.0])
def test_no_threshold_is_better_than_halfway_and_the_best_share_is_half_of_one_plus_tv(shift):
    best = threshold.share_right(shift / 2, shift)
    tried = [threshold.share_right(cut, shift) for cut in np.linspace(-4, 8, 121)]
    assert max(tried) <= best + 1e-12
    p, q = normal().pdf(threshold.X), normal(shift).pdf(threshold.X)
    total_variation = np.abs(p - q).sum() * (threshold.X[1] - threshold.X[0]) / 2
    assert best == pytest.approx((1 + total_variation) / 2, abs=1e-3)


def test_the_threshold_stands_where_it_was_put_and_the_bar_is_the_share():
    figure = threshold.threshold_scene().figure(threshold=1.0, shift=2.0)
    assert "84.1%" in texts(figure)
    assert figure.axes[1].patches[0].get_height() == pytest.approx(stats.norm.cdf(1.0))
    (cut,) = (line for line in figure.axes[0].lines if list(line.get_xdata()) == [1.0, 1.0])
    assert cut.get_color() == palette.DISCRIMINATOR


def test_the_critic_by_hand_shows_its_two_means():
    figure = scenes.hand_scene().figure(left=1.0, right=-1.0, kink=0.0, pair="wider")
    assert f"{np.sqrt(2 / np.pi):.2f}" in texts(figure)  # E|2x| − E|x|
    real, fake = (bar.get_height() for bar in figure.axes[1].patches)
    assert [real, fake] == pytest.approx([-np.sqrt(2 / np.pi), -2 * np.sqrt(2 / np.pi)], abs=1e-3)


def test_w1_and_js_are_shown_side_by_side():
    figure = scenes.w1_scene().figure(shift=4.0, sd=1.0)
    assert f"W₁ = {4:.2f}, JS = {0.6327:.3f}" in texts(figure)


def test_p_to_p_plus_q_stands_in_numbers_and_as_a_column():
    line, _ = pointwise.point_scene().figure(x=1.0, exact=True).axes
    p, q = stats.norm.pdf(1), stats.norm.pdf(0)
    (words,) = (text.get_text() for text in line.texts)
    assert words == f"p : (p + q) = {p:.3f} : {p + q:.3f} = {p / (p + q):.2f}"
    real, fake = line.patches
    assert real.get_height() == pytest.approx(p / (p + q), abs=1e-6)
    assert (fake.get_y(), fake.get_y() + fake.get_height()) == pytest.approx(
        (p / (p + q), 1), abs=1e-6
    )
    value = pointwise.point_scene().figure(x=1.0, d=0.25).axes[1]
    mean = (p * np.log(0.25) + q * np.log(0.75)) / (p + q)
    assert f"D = 0.25: value {mean:.3f}".replace("-", "−") == value.get_title(loc="left")


@pytest.mark.parametrize("pair", NAMES)
def test_the_largest_value_at_a_place_is_where_the_column_changes_colour(pair):
    for x in (-2.0, 0.4, 3.0):
        line, value = pointwise.point_scene().figure(x=x, pair=pair, exact=True).axes
        curve = value.lines[0]
        best = curve.get_ydata()[np.argmax(curve.get_xdata())]
        assert best == pytest.approx(line.patches[0].get_height(), abs=0.01)
        dot = [each.get_ydata()[0] for each in line.lines if len(each.get_xdata()) == 1]
        assert dot == pytest.approx([line.patches[0].get_height()])


def test_the_answer_s_slider_follows_the_maximum_and_comes_back_with_the_hand():
    live = stage.explore(
        pointwise.point_scene(), x=(-4.0, 4.0), d=(0.01, 0.99), exact=False, alt="A place."
    )
    d, exact = live.controls["d"], live.controls["exact"]
    exact.value = True
    assert (d.value, d.disabled) == (pytest.approx(share_at(-1.0), abs=0.005), True)
    live.controls["x"].value = 1.0
    assert d.value == pytest.approx(share_at(1.0), abs=0.005)
    exact.value = False
    assert (d.value, d.disabled) == (pytest.approx(share_at(1.0), abs=0.005), False)
    live.close()


def share_at(x):
    p, q = stats.norm.pdf(x), stats.norm.pdf(x, 1)
    return p / (p + q)


def test_a_loss_has_one_name_in_both_panels():
    losses, slopes = signs.two_losses_scene().figure(d=0.2).axes
    names = [[text.get_text() for text in each.get_legend().texts] for each in (losses, slopes)]
    assert names[0] == names[1]
    title = slopes.get_title("left")
    assert title == "slope of log(1 − D): −0.20; of −log D: −0.80"
    assert all(name in title for name in names[0])


def test_dropped_dots_stay_until_a_reset_or_another_pair():
    figure, update = pointwise.point_scene().open()
    mine = labelled(figure.axes[0], "your D")
    for drops, x, d in ((0, 0.5, 0.5), (1, 0.5, 0.6), (1, -2.0, 0.1), (2, -2.0, 0.9)):
        update(x=x, d=d, drops=drops)
    assert mine.get_xydata().tolist() == [[-2, 0.9], [0.5, 0.6]]
    update(x=-2.0, d=0.8, drops=3)
    assert mine.get_xydata().tolist() == [[-2, 0.8], [0.5, 0.6]], "one dot for each x"
    update(pair="wider", drops=3)
    assert not len(mine.get_xdata())
    update(pair="wider", x=1.0, d=0.2, drops=4)
    assert mine.get_xydata().tolist() == [[1, 0.2]]
    update(pair="wider", drops=0)
    assert not len(mine.get_xdata())


def test_two_figures_of_one_scene_have_dots_of_their_own():
    scene = pointwise.point_scene()
    scene.figure(x=0.5, d=0.6, drops=1)
    other = scene.figure(x=-2.0, d=0.1, drops=1)
    assert labelled(other.axes[0], "your D").get_xydata().tolist() == [[-2, 0.1]]


def test_the_followed_maximum_draws_d_star_where_it_was_dragged_and_nowhere_else():
    figure, update = pointwise.point_scene().open()
    for x, exact in ((-3.0, False), (-1.0, True), (1.0, True), (3.0, False), (2.0, True)):
        update(x=x, exact=exact)
    star = labelled(figure.axes[0], "D*")
    d = np.asarray(star.get_ydata())
    swept = np.isfinite(d)
    inside = ((lab.X > -1.01) & (lab.X < 1.01)) | (np.abs(lab.X - 2) < 0.001)
    np.testing.assert_array_equal(swept, inside)
    p, q = (stats.norm.pdf(lab.X[swept], mean) for mean in (0, 1))
    np.testing.assert_allclose(d[swept], p / (p + q))


def test_the_optimal_value_is_a_bar_of_2_js_on_minus_log_4():
    figure = scenes.optimal_scene().figure(shift=1.0, sd=1.0)
    (bar,) = figure.axes[1].patches
    assert bar.get_y() == pytest.approx(-np.log(4))
    assert bar.get_y() + bar.get_height() == pytest.approx(-1.16345, abs=1e-5)
    assert f"V(D*) = {-1.163:z.3f}\nJS = {0.111:z.3f}" in texts(figure)


def test_a_width_shows_the_value_that_its_critic_reaches():
    figure = scenes.width_scene(WIDTHS).figure(width=16)
    assert f"V = {0.48 * lab.w1(lab.COMBS):.3f}, W₁ = {lab.w1(lab.COMBS):.3f}" in texts(figure)


def drawn(axes, word):
    """Return the y data of the curve that the legend calls `word`."""
    return np.asarray(labelled(axes, word).get_ydata())


def test_a_training_that_runs_away_shows_value_and_slope_of_its_step():
    scene = scenes.runaway_scene({"shift": traces(SHIFT)})
    assert "V = {value}\nsteepest slope {slope}".format(value="10.00", slope="10.00") in texts(
        scene.figure(step=100)
    )
    assert "V = {value}\nsteepest slope {slope}".format(value="50.00", slope="50.00") in texts(
        scene.figure(step=500)
    )


@pytest.mark.parametrize("scaled", [True, False])
def test_the_critic_s_curve_is_shifted_to_its_means(scaled):
    run = [lab.Trace(step, 0.1 * step * (lab.optimal_critic(SHIFT) - 7)) for step in lab.MARKS]
    size = 1 if scaled else 10  # the steepest slope at step 100
    curve = scenes.runaway_scene({"shift": run}).figure(step=100, scaled=scaled).axes[0]
    assert sum(lab.means(drawn(curve, "a"), SHIFT)) == pytest.approx(0, abs=1e-9)
    assert np.ptp(drawn(curve, "a") - size * lab.optimal_critic(SHIFT)) < 1e-9


def test_the_log_scene_shows_how_far_off_d_and_v_are():
    exact = np.log(SHIFT[0].pdf(lab.X)) - np.log(SHIFT[1].pdf(lab.X))
    scene = scenes.log_scene({"shift": [lab.Trace(1, 0 * exact), lab.Trace(2, 0.99 * exact)]})
    off = np.abs(0.5 - lab.optimal_d(SHIFT))[lab.with_mass(SHIFT)].max()
    short = lab.optimal_value(SHIFT) + np.log(4)
    words = f"largest |D - D*|: {off:.3f}\nV(D*) - V: {short:.2g}"
    assert words in texts(scene.figure(pair="shift", step=1))
    short = lab.optimal_value(SHIFT) - lab.log_value(0.99 * exact, SHIFT)
    assert 0 < short < 1e-4
    assert f"V(D*) - V: 0.0000{short * 1e6:.0f}" in texts(scene.figure(pair="shift", step=2))


def test_a_number_is_as_long_as_it_says_something():
    told = [scenes._rounded(x) for x in (0.123, 99.4, 151.02, 27_216_885.3)]
    assert told == ["0.12", "99.40", "151", "27,200,000"]
    assert [scenes._small(x) for x in (0.123, 0.0021, 0.0000352)] == ["0.12", "0.0021", "0.000035"]
    shown = texts(scenes.hand_scene().figure(left=-1e-4, right=-1e-4, kink=0.0, pair="wider"))
    assert f"difference of means {0:z.2f}" in shown, "no minus before a zero"


def test_the_dot_of_an_answer_is_an_arrowhead_beside_its_picture_and_the_curve_leaves_it():
    for x, d in itertools.product((-4.0, 0.5, 4.0), (0.01, 0.5, 0.99)):
        line, axes = pointwise.point_scene().figure(x=x, d=d).axes
        least = axes.get_xlim()[0]
        curve, _, dot = (np.asarray(line.get_xdata()) for line in axes.lines)
        share = line.patches[0].get_height()
        value = share * np.log(d) + (1 - share) * np.log(1 - d)
        assert dot[0] == pytest.approx(max(value, least))
        assert axes.lines[-1].get_marker() == ("o" if value >= least else "<")
        assert max(curve[0], curve[-1]) < least, "it falls without end on both sides"


def test_w1_grows_by_the_shift_and_js_stops():
    values = scenes.w1_scene().figure(shift=5.0, sd=1.0).axes[1]
    np.testing.assert_allclose(drawn(values, "W₁"), scenes.SHIFTS, atol=1e-3)
    js_by_shift = dict(zip(scenes.SHIFTS.round(1), drawn(values, "JS"), strict=True))
    assert js_by_shift[5.0] - js_by_shift[4.0] == pytest.approx(0.04, abs=5e-3)
    dots = [line.get_ydata()[0] for line in values.lines if len(line.get_xdata()) == 1]
    assert dots == pytest.approx([5, lab.exact_js((normal(), normal(5)))], abs=1e-3)


@pytest.mark.parametrize("pair", [SHIFT, lab.PAIRS["wider"], (normal(), normal(3, 0.4))])
def test_earth_becomes_p_and_each_grain_gains_as_much_score_as_it_moves(pair):
    start, half, _ = scenes.carry(pair, 0.5)
    _, end, density = scenes.carry(pair, 1.0)
    np.testing.assert_allclose(pair[1].cdf(start), GRID_U, atol=1e-9)
    np.testing.assert_allclose(pair[0].cdf(end), GRID_U, atol=1e-9)
    np.testing.assert_allclose(density, pair[0].pdf(end))
    assert np.abs(end - start).mean() == pytest.approx(lab.w1(pair), abs=2e-3)
    a = lab.optimal_critic(pair)
    gained = np.interp(half, lab.X, a) - np.interp(start, lab.X, a)
    np.testing.assert_allclose(gained, np.abs(half - start), atol=2 * lab.STEP)


def test_grains_lie_below_the_density_of_earth_and_the_title_tells_way_and_gain():
    for carried, sd, density in ((0.0, 2.0, normal(1, 2)), (1.0, 2.0, normal())):
        axes = scenes.w1_scene().figure(shift=1.0, sd=sd, carried=carried).axes[0]
        (grains,) = (line for line in axes.lines if line.get_marker() == ".")
        x, y = (values[np.isfinite(grains.get_xdata())] for values in grains.get_data())
        assert np.all(y <= scenes.EARTH * density.pdf(x) + 1e-9)
        assert len(x) > 70
    assert "moved: 0.50, score change: 0.50" in texts(
        scenes.w1_scene().figure(shift=1, carried=0.5)
    )


def test_w1_s_picture_holds_the_optimal_critic_for_all_slider_ends():
    for shift, sd in itertools.product(*DISTRIBUTIONS.values()):
        critic = scenes.w1_scene().figure(shift=shift, sd=sd).axes[0]
        a = drawn(critic, "optimal a")[(lab.X >= -4) & (lab.X <= 8)]
        assert np.all(np.abs(a) < critic.get_ylim()[1])


def test_on_the_way_the_share_between_two_cdfs_is_carried_across_a_point():
    """The folded 31, 69 and 38 %: what lies to the left of ½ before and after the way."""
    start, end, _ = scenes.carry(SHIFT, 1.0)
    before, after = np.mean(start < 0.5), np.mean(end < 0.5)
    assert [round(100 * share) for share in (before, after, after - before)] == [31, 69, 38]


@pytest.mark.parametrize("distance", disjoint.BLOCKS)
def test_blocks_do_not_overlap_and_lie_as_far_apart_as_they_say(distance):
    real, fake = disjoint.BLOCKS[distance]
    assert not np.any(real.pdf(lab.X) * fake.pdf(lab.X))
    assert lab.w1((real, fake)) == pytest.approx(distance, abs=1e-3)
    p, q = (distribution.pdf(lab.X) * lab.STEP for distribution in (real, fake))
    assert js(p, q) == pytest.approx(np.log(2))
    assert disjoint.slope_at_generated(-2 * lab.X, (real, fake)) == pytest.approx(-2)
    for distribution in (real, fake):
        assert np.trapezoid(distribution.pdf(lab.X), lab.X) == pytest.approx(1, abs=1e-9)


def test_a_critic_and_a_discriminator_are_told_by_value_and_slope():
    figure = disjoint.beside_scene(side_by_side()).figure(distance=6, step=300)
    assert f"critic: V = {6:.2f}, slope {-0.99:.2f}" in texts(figure), "−1, and half at both ends"
    a = 9 * lab.optimal_critic(disjoint.BLOCKS[6])
    on = disjoint.BLOCKS[6][1].pdf(lab.X) > 0
    slope = np.gradient(1 / (1 + np.exp(-a)), lab.X)[on].mean()
    value = lab.log_value(a, disjoint.BLOCKS[6])
    assert f"discriminator: V = {value:z.3f}, slope of D {slope:z.4f}" in texts(figure)


# The signs


@pytest.mark.parametrize("a", [-4.0, -0.5, 0.0, 3.2])
def test_the_three_rulers_tell_the_same(a):
    shown = texts(signs.sign_card().figure(a=a))
    assert f"score or logit a = {a:.2f}" in shown
    assert f"probability of real, D = σ(a) = {1 / (1 + np.exp(-a)):.2f}" in shown
    assert f"-a, the article's D in (1) to (4) = {0 - a:.2f}" in shown


def test_the_dots_of_the_sign_card_lie_on_their_curves():
    _, of_d, of_g = signs.sign_card().figure(a=1.7).axes
    real, fake = torch.tensor([1.7]).double(), torch.tensor([1.7]).double()
    off = torch.tensor([500.0]).double()  # where the other half of D's loss vanishes
    expected = [
        losses.discriminator_loss(real, -off).item(),
        losses.discriminator_loss(off, fake).item(),
        -1.7,
        1.7,
    ]
    dots = [line.get_ydata()[0] for line in of_d.lines if len(line.get_xdata()) == 1]
    np.testing.assert_allclose(dots, expected, atol=1e-3)
    dots = [line.get_ydata()[0] for line in of_g.lines if len(line.get_xdata()) == 1]
    expected = [
        loss(fake).item()
        for loss in (
            losses.generator_minimax,
            losses.generator_non_saturating,
            losses.generator_wasserstein,
        )
    ]
    np.testing.assert_allclose(dots, expected, atol=1e-3)
