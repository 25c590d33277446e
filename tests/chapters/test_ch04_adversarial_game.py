"""Chapter 04's scenes at all ends of their sliders, and the two networks on the line."""

import dataclasses
import functools
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.integrate import quad
from scipy.special import log_expit

from gan_edu import games, losses, recipes
from gan_edu.chapters import line_scenes
from gan_edu.chapters.ch04_adversarial_game import descent, factors
from gan_edu.chapters.ch04_adversarial_game import scenes as lab
from gan_edu.distributions import largest_cdf_error, normal
from gan_edu.metrics import auc
from gan_edu.stage import painting, palette
from gan_edu.training import Snapshot
from tests.helpers import playing
from tests.helpers.corners import OfGame
from tests.helpers.shown import labelled

CONTROL = (-4.0, 0.3, 4.0)
RACES = {
    (name, start, loss): np.linspace(start, 0, 40 * i if loss == "minimax" else 9)
    for i, name in enumerate(lab.RACERS, 1)
    for start in lab.STARTS
    for loss in lab.SLOPES
}


@functools.cache
def line_match_at(distribution: str, iterations: int, **settings):
    return playing.played(recipes.line_match(distribution, **{"every": 5} | settings), iterations)


def of_line(scene, distribution: str, **sliders: tuple) -> tuple:
    played = {"iterations": (0, 5, 20, 60)} | sliders
    return (
        lambda: OfGame(scene(distribution), functools.partial(line_match_at, distribution)),
        played,
    )


STATES = {
    "duel": [
        {"iterations": 0},
        {"iterations": 200, "every": 50, "lr_d": 1e-3, "lr_g": 1e-3},
        {
            "iterations": 200,
            "every": 50,
            "lr_d": 0.05,
            "lr_g": 0.05,
            "optimiser_d": recipes.sgd,
            "optimiser_g": recipes.sgd,
        },
        *(
            {
                "iterations": 60,
                "d_steps": 1 + i % 5,
                "lr_d": lr,
                "lr_g": lr,
                "loss_fn_g": list(recipes.LOSSES.values())[i % 2],
            }
            for i, lr in enumerate(line_scenes.LEARNING_RATES)
        ),
    ],
    "hand": [{"psi": (-4.0, 4.0, -4.0, 0.0)[i % 4], "steps": i} for i in range(25)],
    "overshoot": [
        {"lr_d": 0.01, "lr_g": 1.0},
        {"lr_d": 1.0, "lr_g": 1.0},
        {"k": 10, "lr_d": 1.0, "lr_g": 0.01},
        {"k": 10, "lr_d": 1.0, "lr_g": 1.0},
    ],
    "rotation": [{"lr": 0.5, "iterations": n, "method": m} for n in (12, 400) for m in lab.METHODS],
}

SCENES = {
    "duel": of_line(line_scenes.duel_scene, "normal"),
    "opening": of_line(line_scenes.opening_scene, "normal"),
    "opening, two modes": of_line(
        line_scenes.opening_scene, "two_modes", lr_d=(0.004, 0.05), d_steps=(1, 3, 5)
    ),
    "opening, with controls": of_line(
        line_scenes.opening_scene,
        "two_modes",
        d_steps=(1, 3, 5),
        lr_d=line_scenes.LEARNING_RATES,
        lr_g=line_scenes.LEARNING_RATES,
        loss_fn_g=tuple(recipes.LOSSES.values()),
    ),
    "short duel": of_line(line_scenes.short_duel_scene, "two_modes"),
    "factors": (
        factors.factors_scene,
        {
            "theta": (-2.5, 0.4, 2.5),
            "z": (-2.0, 0.0, 2.0),
            "loss": tuple(factors.choices().values()),
        },
    ),
    "maximum": (lab.maximum_scene, {"theta": CONTROL, "psi": CONTROL, "three": (False, True)}),
    "hand": (lab.hand_scene, {"psi": CONTROL, "steps": (0, 1, 4, 30)}),
    "stale": (lab.stale_scene, {"theta_0": CONTROL, "theta_1": CONTROL}),
    "saddle": (
        descent.saddle_scene,
        {"theta": CONTROL, "psi": CONTROL, "iterations": (0, 40, 300), "four": (False, True)},
    ),
    "overshoot": (
        descent.overshoot_scene,
        {
            "k": (1, 4, 10),
            "lr_d": tuple(descent.LEARNING_RATES),
            "lr_g": tuple(descent.LEARNING_RATES),
            "batch": (0, 256, 32),
            "both": (False, True),
        },
    ),
    "rotation": (
        lab.rotation_scene,
        {
            "game": tuple(lab.ROTATING),
            "method": tuple(lab.METHODS),
            "lr": (0.01, 0.1, 0.5),
            "gamma": (0.0, 0.5, 1.0),
            "iterations": (0, 120, 400),
        },
    ),
    "order": (
        lab.order_scene,
        {"left": (0.005, 0.5, 0.995), "right": (0.005, 0.5, 0.995), "exact": (False, True)},
    ),
    "race": (lambda: lab.race_scene(RACES), {"start": lab.STARTS, "optimiser": tuple(lab.RACERS)}),
}


FIGURES = {
    "line_scenes.loss_and_quality": lambda: line_scenes.loss_and_quality(
        np.linspace(1.2, 1.5, 160),
        np.tile(np.linspace(0.05, 0.9, 16), 10),
        np.tile(np.linspace(0.2, 0.8, 16), 10),
    ),
    "line_scenes.many_runs": lambda: line_scenes.many_runs(
        np.linspace(0.02, 0.06, 20), np.linspace(0.03, 0.9, 20)
    ),
}


def titles(figure) -> str:
    return " ".join(axes.get_title(loc="left") for axes in figure.axes).replace("−", "-")


def test_the_quick_maximum_is_the_exact_one():
    for theta in np.random.default_rng(0).uniform(-4, 4, 50):
        assert lab.best_value(theta) == pytest.approx(games.best_value(theta), abs=1e-5)


def test_the_titles_say_what_is_exact():
    words = titles(lab.maximum_scene().figure(theta=3.0, psi=3.0))
    assert "V = -0.333" in words
    assert "0.000 below" in words
    words = titles(lab.stale_scene().figure(theta_0=2.0, theta_1=0.0))
    assert f"{games.value(0, 2):.2f}" in words
    assert "-1.39" in words
    assert "r = 4" in titles(descent.overshoot_scene().figure(k=4))


@pytest.mark.parametrize(
    ("scene", "panel", "values", "theta"),
    [
        (lab.maximum_scene, 1, {"theta": -4.0, "psi": 4.0}, -4.0),
        (lab.maximum_scene, 1, {"theta": 2.0, "psi": 1.0}, 2.0),
        (lab.hand_scene, 1, {"psi": -4.0}, 3.0),
        (lab.hand_scene, 1, {"psi": 2.0}, 3.0),
        (lab.stale_scene, 0, {"theta_0": 4.0, "theta_1": -3.0}, -3.0),
        (lab.stale_scene, 0, {"theta_0": 4.0, "theta_1": 3.0}, 3.0),
    ],
)
def test_v_is_drawn_at_its_value_or_an_arrow_says_it(scene, panel, values, theta):
    axes = scene().figure(**values).axes[panel]
    psi = values.get("psi", values.get("theta_0"))
    v, lowest = float(games.value(theta, psi)), axes.get_ylim()[0]
    looks = {"o": "dot", "v": "arrow"}
    markers = [line for line in axes.lines if line.get_markersize() == 8 and len(line.get_xdata())]
    unnamed = [marker for marker in markers if marker.get_label().startswith("_")]
    shown = {looks[marker.get_marker()]: marker.get_xydata()[0] for marker in unnamed}
    assert shown.keys() == ({"arrow"} if v < lowest else {"dot"})
    assert next(iter(shown.values())) == pytest.approx([psi, max(v, lowest)])
    texts = [text.get_text() for text in axes.texts]
    assert (f"{v:.3g}".replace("-", "−") in texts) == (v < lowest)


@pytest.mark.parametrize(("theta", "psi"), [(2.5, 0.0), (-1.0, 3.0)])
def test_both_densities_and_d_are_drawn_as_they_are(theta, psi):
    axes = lab.maximum_scene().figure(theta=theta, psi=psi).axes[0]
    lines = {line.get_label(): line.get_data() for line in axes.lines}
    for name, mean in (("real", 0), ("generated", theta)):
        x, density = lines[name]
        np.testing.assert_allclose(density, stats.norm.pdf(x, mean))
    x, d = lines["D(x)"]
    p, q = stats.norm.pdf(x), stats.norm.pdf(x, psi)
    np.testing.assert_allclose(d, p / (p + q), atol=1e-9)


def test_the_game_by_hand_is_gradient_play_and_its_arrow_shows_the_next_step():
    psis = [1.0, 3.0, 2.5]
    thetas, theta = lab.by_hand(psis), lab.START
    for psi, expected in zip(psis, thetas[1:], strict=True):
        theta -= lab.LR_G * games.slope_minimax(theta, psi)
        assert theta == pytest.approx(expected)
    assert lab.by_hand([]) == [lab.START]
    axes = lab.hand_scene().figure(psi=3.0).axes[0]
    (head,) = (line for line in axes.lines if line.get_marker() == "<")
    assert head.get_xdata()[0] == pytest.approx(lab.by_hand([3.0])[-1])


def test_the_picture_remembers_where_psi_was_at_each_step_and_forgets_after_a_reset():
    picture = painting.Picture(*lab.hand_scene().open())
    for psi, steps in ((1.0, 0), (3.0, 0), (3.0, 1), (2.5, 1), (2.5, 2), (0.0, 2)):
        picture.update(psi=psi, steps=steps)
    assert f"θ = {lab.by_hand([3.0, 2.5])[-1]:.2f}" in titles(picture.figure)
    picture.update(psi=0.0, steps=0)
    assert "θ = 3.00" in titles(picture.figure)
    assert "0 steps" in titles(picture.figure)


def test_two_figures_of_one_game_by_hand_have_a_memory_each():
    scene = lab.hand_scene()
    scene.figure(psi=3.0, steps=2)
    assert f"θ = {lab.by_hand([1.0, 1.0])[-1]:.2f}" in titles(scene.figure(psi=1.0, steps=2))


def test_the_marked_point_is_a_saddle_point_of_v():
    plane = descent.saddle_scene().figure().axes[0]
    theta, psi = labelled(plane, "saddle point: equilibrium").get_xydata()[0]
    h = 1e-3
    rises = games.value(theta + np.array([-h, 0, h])[:, None], psi + np.array([-h, 0, h]))
    second = np.diff(rises[:, 1], 2)[0], np.diff(rises[1], 2)[0]
    mixed = (rises[2, 2] - rises[2, 0] - rises[0, 2] + rises[0, 0]) / 4
    assert (rises[2, 1] - rises[0, 1], rises[1, 2] - rises[1, 0]) == pytest.approx((0, 0), abs=1e-9)
    assert second[0] * second[1] - mixed**2 < 0


def test_the_field_behind_the_path_is_v():
    for theta, psi in ((3.0, 3.0), (3.0, -3.0), (1.0, 0.5)):
        v = float(games.value(theta, psi))
        assert descent.LEVELS[0] < v < descent.LEVELS[-1]
    plane = descent.saddle_scene().figure().axes[0]
    filled = plane.collections[0]
    places = {True: (2.0, 1.0), False: (-2.0, 1.0)}  # above −log 4, and below
    for above, place in places.items():
        assert (games.value(*place) > -np.log(4)) == above
        (layer,) = (i for i, path in enumerate(filled.get_paths()) if path.contains_point(place))
        assert (descent.LEVELS[layer] >= -np.log(4) - 1e-9) == above


@pytest.mark.parametrize(("theta", "psi"), [(3.0, 0.0), (-1.5, 2.5)])
@pytest.mark.parametrize("iterations", [0, 25, 300])
def test_below_the_path_stand_the_two_gaussians_and_d_of_its_iteration(theta, psi, iterations):
    figure = descent.saddle_scene().figure(theta=theta, psi=psi, iterations=iterations)
    now = games.play(theta, psi, iterations)[-1]
    plane, densities = figure.axes
    assert plane.get_xlim() == densities.get_xlim()
    x, generated = labelled(densities, "generated").get_data()
    np.testing.assert_allclose(generated, stats.norm.pdf(x, now[0]), atol=1e-9)
    p, q = stats.norm.pdf(x), stats.norm.pdf(x, now[1])
    np.testing.assert_allclose(labelled(densities, "D(x)").get_ydata(), p / (p + q), atol=1e-9)
    dots = [line for line in plane.lines if line.get_marker() == "o" and len(line.get_xdata())]
    end, start = (line.get_xydata()[0] for line in dots)
    np.testing.assert_allclose(end, now, atol=1e-9)
    np.testing.assert_array_equal(start, (theta, psi))
    (marked,) = (line for line in dots if line.get_markerfacecolor() == "white")
    assert marked.get_visible() == (iterations > 0)


@pytest.mark.parametrize("four", [False, True])
@pytest.mark.parametrize("iterations", [0, 40])
def test_the_map_shows_the_paths_no_further_than_they_were_played(iterations, four):
    figure = descent.saddle_scene().figure(theta=2.0, iterations=iterations, four=four)
    for k in (1, 4):
        shown = labelled(figure.axes[0], f"k = {k}").get_xydata()
        path = games.play(2, 0, iterations, d_steps=k) if k == 1 or four else np.empty((0, 2))
        np.testing.assert_allclose(shown, path)


def test_every_path_stays_on_the_map():
    starts = np.meshgrid(np.linspace(-4, 4, 9), np.linspace(-4, 4, 9))
    for k in descent.LOOKS:
        farthest = np.abs(games.play(*starts, descent.ITERATIONS, d_steps=k)).max((0, 2, 3))
        assert (farthest < (descent.WIDTH, descent.EDGE)).all()


def test_one_and_four_steps_of_d_stand_beside_the_learner_s_path():
    time, _ = descent.overshoot_scene().figure(both=True, lr_d=0.4).axes
    (mine,) = (line for line in time.lines if line.get_color() == palette.FAKE)
    for k in (1, 4):
        path = games.play(3, 0, descent.ITERATIONS, d_steps=k)
        np.testing.assert_allclose(labelled(time, f"k = {k}").get_ydata(), path[:, 0])
        follows = np.abs(mine.get_ydata() - path[:, 0]).max() < 0.1
        assert follows == (k == 4)
    time, _ = descent.overshoot_scene().figure().axes
    assert not len(labelled(time, "k = 1").get_xdata())
    assert not time.get_legend().get_visible()


@pytest.mark.parametrize("k", [1, 4])
def test_the_overshoot_is_marked_where_theta_is_lowest(k):
    time, ratio = descent.overshoot_scene().figure(k=k).axes
    path = games.play(3, 0, descent.ITERATIONS, d_steps=k)[:, 0]
    (word,) = time.texts
    assert word.get_visible() == (path.min() < -descent.SHORTEST)
    (mark,) = (line for line in time.lines if len(line.get_xdata()) == 2)
    np.testing.assert_allclose(mark.get_xydata(), [[path.argmin(), 0], [path.argmin(), path.min()]])
    assert f"overshoot {max(0, -path.min()):.3f}" in ratio.get_title(loc="left")


def test_every_start_in_the_picture_leads_to_the_saddle_point():
    starts = np.meshgrid(np.linspace(-4, 4, 9), np.linspace(-4, 4, 9))
    ends = games.play(*starts, descent.ITERATIONS, d_steps=4)[-1]
    assert np.abs(ends).max() < 0.05


def test_max_min_is_minus_log_4_and_min_max_is_above():
    assert np.isclose(lab.MIN_MAX, 0.5 * np.log(1 / 3) + np.log(2 / 3))
    rng = np.random.default_rng(1)
    for left, right in rng.uniform(0.01, 0.99, (200, 2)):
        values = lab.values_at_places(left, right)
        assert min(values) <= -np.log(4) + 1e-12
        expected = games.best_place_per_d([0.5, 0.5], [left, right])
        assert min(values) == pytest.approx(expected)


def test_adam_turns_the_race_round():
    for start in (4, 8):
        counts = [len(lab.adam_race(start, slope)) for slope in lab.SLOPES.values()]
        assert counts[0] < counts[1] / 2
        counts = [len(games.race(start, slope)) for slope in lab.SLOPES.values()]
        assert counts[0] > 2 * counts[1]


def test_a_game_that_does_not_settle_says_so():
    words = titles(descent.overshoot_scene().figure(k=1, lr_d=0.01, lr_g=1.0, batch=32))
    assert "not settled" in words


# the networks on the line


@pytest.mark.parametrize("copies", [None, 3])
@pytest.mark.parametrize("seed", range(3))
def test_a_look_at_d_has_the_loss_and_the_ranking_of_each_game(seed, copies):
    match = playing.played(recipes.line_match("normal", seed=seed, copies=copies), 30)
    evenly_spaced = torch.from_numpy(stats.norm.ppf((np.arange(2000) + 0.5) / 2000))
    u = torch.from_numpy(2 * recipes.GRID_U - 1)
    games = match.game.generator.double(), match.game.discriminator.double()
    with torch.no_grad():
        shape = (-1, 1) if copies is None else (copies, -1, 1)
        z, x = (v[:, None].expand(copies or 1, -1, 1).reshape(shape) for v in (u, evenly_spaced))
        outputs = [games[1](x), games[1](games[0](z))]
    real, fake = (a.reshape(copies or 1, -1).numpy() for a in outputs)
    loss_d = (np.logaddexp(0, -real) + np.logaddexp(0, fake)).mean(1)
    ranks = [stats.mannwhitneyu(*pair).statistic / 2000**2 for pair in zip(real, fake, strict=True)]
    match.game.generator.float(), match.game.discriminator.float()
    found = recipes.loss_and_auc(match)
    np.testing.assert_allclose(found, [loss_d, ranks], atol=2e-3)


def test_an_overconfident_d_has_the_loss_log_4_and_is_right_all_the_same():
    """The chapter's closed form, by quadrature: N(0,1) against N(2,1), the logit of D* × 3.85."""

    def mean(f, at):
        return quad(lambda x: stats.norm.pdf(x, at) * f(x), -12, 14, limit=400, points=[1])[0]

    def loss(scale):
        a = lambda x: scale * games.logit(x, 2)  # noqa: E731
        return -mean(lambda x: log_expit(a(x)), 0) - mean(lambda x: log_expit(-a(x)), 2)

    assert loss(1) < 0.8
    assert loss(3.85) == pytest.approx(np.log(4), abs=1e-3)
    right = (stats.norm.cdf(1) + stats.norm.sf(1, 2)) / 2  # the threshold is at 1 for every scale
    assert right == pytest.approx(0.841, abs=1e-3)
    x, y = np.random.default_rng(0).normal([0, 2], size=(4000, 2)).T
    assert auc(3.85 * games.logit(x, 2), 3.85 * games.logit(y, 2)) == pytest.approx(
        stats.norm.cdf(np.sqrt(2)), abs=0.015
    )


@pytest.fixture(scope="module", params=list(recipes.DISTRIBUTIONS))
def played(request):
    match = playing.played(recipes.line_match(request.param, every=5), 20)
    return request.param, match


def test_a_duel_is_drawn_from_its_start_to_far_beyond_the_first_axis(played):
    distribution, _ = played
    match = recipes.line_match(distribution, every=5)
    picture = painting.Picture(*line_scenes.duel_scene(distribution).open())
    shapes, seen = set(), set()
    for iterations in (0, 5, 20):
        while match.iterations < iterations:
            match.play_iteration()
        picture.update(match)
        shapes.add(picture.pixels().shape)
        seen.add(picture.pixels().tobytes())
    match.game.iterations = 2001  # as if it had been played on
    picture.update(match)
    assert picture.figure.axes[2].get_xlim() == (0, 4000)
    assert len(shapes) == 1
    assert len(seen) == 3


def test_the_losses_of_a_duel_fill_their_panel_and_it_says_so_if_one_is_clipped():
    low, high = 0.3, 1.8
    match = recipes.line_match("normal", every=1)
    match.play_iteration()
    losses = line_scenes.duel_scene().figure(match).axes[3]
    assert losses.get_ylim()[0] == low
    assert losses.get_title(loc="left") == "loss, nats"
    match.history[-1] = dataclasses.replace(match.history[-1], loss_d=9.0)
    losses = line_scenes.duel_scene().figure(match).axes[3]
    assert labelled(losses, "D's loss").get_ydata()[-1] == high
    told = losses.get_title(loc="left").replace("−", "-")
    assert told == f"loss, nats, clipped at {low} and {high}"


def test_the_optimal_d_of_a_duel_is_p_over_p_plus_q(played):
    distribution, match = played
    figure = line_scenes.duel_scene(distribution).figure(match)
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    p = np.diff(recipes.DISTRIBUTIONS[distribution].cdf(recipes.EDGES))
    y = recipes.generated(match.game.generator)
    q = np.histogram(y, recipes.EDGES)[0] / len(y)
    inside = slice(1, -1)  # the ends also take what lies beyond
    d = lines["D*"].get_ydata()[inside]
    drawn = np.isfinite(d)
    np.testing.assert_allclose(d[drawn], (p / (p + q))[inside][drawn])
    z = torch.from_numpy(recipes.MIDDLES).float()[:, None]
    with torch.no_grad():
        learned = match.game.discriminator(z)[:, 0].sigmoid()
    np.testing.assert_allclose(lines["D"].get_ydata(), learned)


@pytest.mark.parametrize("seed", range(3))
def test_the_cdf_error_is_scipy_s_kolmogorov_smirnov_but_for_its_grid(seed):
    match = recipes.line_match("normal", seed=seed)
    y = recipes.generated(match.game.generator)
    found = largest_cdf_error(y, normal())
    assert found == pytest.approx(stats.kstest(y, "norm").statistic, abs=1 / len(y))


def test_the_shares_of_the_distribution_itself_are_exact():
    y = normal().ppf(recipes.GRID_U)
    np.testing.assert_allclose(recipes.shares(y), recipes.exact_shares(normal()), atol=1e-3)
    assert recipes.exact_shares(normal()).sum() == pytest.approx(1)
    assert recipes.js_of(y, normal()) < 1e-3


def test_many_games_are_measured_one_by_one():
    match = playing.played(recipes.line_match("normal", copies=3, every=2), 2)
    (mark,) = match.history
    assert mark.ks.shape == mark.ks_now.shape == (3,)
    assert len(set(mark.ks)) == 3


def test_a_mark_tells_the_losses_of_its_iteration():
    match = recipes.line_match("normal")
    measured = match.measure(match.game, Snapshot(7, 1.2, 0.6, 0.5, 0.4))
    assert (measured.iteration, measured.loss_d, measured.loss_g) == (7, 1.2, 0.6)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [10, 11])
@pytest.mark.parametrize("distribution", recipes.DISTRIBUTIONS)
def test_twenty_of_twenty_seeds_learn_each_distribution(distribution, seed):
    match = playing.played(recipes.line_match(distribution, seed=seed, copies=20, every=2000), 2000)
    assert np.all(match.history[-1].ks < 0.05)


@pytest.mark.slow
def test_equal_learning_rates_and_adam_s_usual_betas_fail():
    def usual(weights, lr):
        return torch.optim.Adam(weights, lr=lr, betas=(0.9, 0.999), fused=True)

    match = recipes.line_match(
        "normal", copies=10, every=2000, optimiser_d=usual, optimiser_g=usual, lr_d=1e-3
    )
    playing.played(match, 2000)
    assert np.sum(match.history[-1].ks < 0.05) <= 3


def test_the_pictures_of_many_games_show_their_numbers():
    loss, ranking = np.array([1.30, 1.38, 1.40]), np.array([0.9, 0.2, 0.7])
    figure = line_scenes.loss_and_quality(loss, np.array([0.5, 0.1, 0.3]), ranking)
    assert titles(figure) == "in the band: 0.10 to 0.30 in the band: 0.20 to 0.70"
    figure = line_scenes.many_runs(np.array([0.02, 0.06]), np.array([0.3, 0.1]))
    assert "EMA 1 of 2, G now 0 of 2" in titles(figure)


def test_the_controls_of_a_duel_are_those_of_its_match():
    match, controls = recipes.line_match("normal"), line_scenes.duel_controls(loss=True)
    assert all(hasattr(match.settings, name) for name in controls if name != "labels")
    assert set(controls["loss_fn_g"].values()) == set(recipes.LOSSES.values())
    assert line_scenes.duel_controls().keys() == controls.keys() - {"loss_fn_g"}


def collapsing(iterations: int, **settings):
    """Return the chapter's match against two modes after some iterations."""
    loss = recipes.LOSSES["non_saturating"]
    return playing.played(
        recipes.line_match("two_modes", seed=1, loss_fn_g=loss, **settings), iterations
    )


def settled(iterations: int, **settings) -> tuple[float, float]:
    """Return the shares of the chapter's generated samples within 1 of each of the two modes."""
    y = recipes.generated(collapsing(iterations, **settings).game.generator)
    return tuple(np.mean(np.abs(y - mode) < 1) for mode in (-1.5, 1.5))


def test_a_discriminator_far_ahead_keeps_all_samples_on_one_mode_and_a_slow_one_does_not():
    chapter = Path(__file__).parents[2] / "notebooks" / "source" / "04_adversarial_game.py"
    text = chapter.read_text(encoding="utf-8")
    assert '"two_modes", seed=1, lr_d=0.05, d_steps=5, loss_fn_g=losses.gen' in text
    assert "Set D's learning rate to 0.004 and k to 1" in text
    assert sorted(settled(200, lr_d=0.05, d_steps=5)) == pytest.approx([0, 1], abs=0.06)
    assert min(settled(500, lr_d=4e-3, d_steps=1)) > 0.3


@pytest.mark.parametrize("iterations", [300, 600, 1000])
def test_d_dips_at_both_edges_of_the_collapsed_samples_and_leaps_to_1_beside_them(iterations):
    game = collapsing(iterations, lr_d=0.05, d_steps=5).game
    x, d, y = (
        recipes.generated(game.generator),
        recipes.answers(game.discriminator),
        recipes.MIDDLES,
    )
    assert d[np.abs(y + np.sign(np.median(x)) * 1.5) < 1].min() > 0.95, "over the other mode"
    middle = d[np.abs(y - np.median(x)).argmin()]
    for edge, outwards in ((x.min(), -1), (x.max(), 1)):
        assert d[np.abs(y - edge) < 0.4].min() < middle - 0.04
        assert d[np.abs(y - edge - outwards * 0.6) < 0.1].min() > 0.9


@pytest.mark.parametrize("loss", list(factors.choices().values()))
@pytest.mark.parametrize(("theta", "z"), [(1.5, 1.5), (-1.5, 1.5), (0.7, -2.0), (1.0, 0.0)])
def test_the_three_factors_are_slopes_and_their_product_is_that_of_the_loss_in_theta(
    theta, z, loss
):
    at = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
    a = 8 * torch.exp(-((at * z - 1) ** 2) / 4) - 5
    of_a = {"minimax": (1 - a.sigmoid()).log(), "non_saturating": -a.sigmoid().log()}[loss]
    (whole,) = torch.autograd.grad(of_a, at)
    assert np.prod(factors.slopes(theta, z, loss)) == pytest.approx(whole.item(), abs=1e-9)
    *panels, product = factors.factors_scene().figure(theta=theta, z=z, loss=loss).axes
    assert product.patches[0].get_height() == pytest.approx(whole.item(), abs=1e-9)
    for panel, slope in zip(panels, factors.slopes(theta, z, loss), strict=True):
        curve, tangent, dot = panel.lines
        assert panel.get_title("left").endswith(f": {slope:z.2f}".replace("-", "−"))
        (x, y), (left, right) = dot.get_xydata()[0], tangent.get_xydata()
        assert np.subtract(right, left)[1] / np.subtract(right, left)[0] == pytest.approx(slope)
        assert np.interp(x, *curve.get_data()) == pytest.approx(y, abs=0.01)


def test_each_factor_is_nearly_0_where_the_text_says():
    assert abs(factors.slopes(-2.0, 2.0, "minimax")[0]) < 0.05
    assert abs(factors.slopes(0.5, 2.0, "non_saturating")[0]) < 0.05
    assert factors.slopes(0.5, 2.0, "minimax")[1] == 0
    assert abs(factors.slopes(-2.0, 2.0, "minimax")[1]) < 0.05
    assert factors.slopes(1.0, 0.0, "minimax")[2] == 0


def edge_slopes(match) -> np.ndarray:
    """Return the slope of D's logit at G's outermost samples, by finite differences."""
    now, h = recipes.generated(match.game.generator), 1e-3
    places = np.array([now.min(), now.max()])
    x = torch.from_numpy(np.stack([places - h, places + h])).float()[..., None]
    with torch.no_grad():
        low, high = match.game.discriminator(x)[..., 0].numpy()
    return (high - low) / (2 * h)


def arrows_in(figure) -> list:
    return [c for c in figure.axes[0].collections if hasattr(c, "U")]


def test_the_arrows_at_the_edges_point_up_the_slope_of_d_s_logit():
    match = recipes.line_match("two_modes", seed=1, lr_d=0.05, d_steps=5)
    for _ in range(60):
        match.play_iteration()
    figure = line_scenes.opening_scene("two_modes", arrows=True).figure(match=match)
    (arrows,) = arrows_in(figure)
    assert np.sign(arrows.U[[0, -1]]) == pytest.approx(np.sign(edge_slopes(match)))
    assert np.abs(arrows.U).max() <= line_scenes.LONGEST + 1e-6
    assert arrows_in(line_scenes.opening_scene("two_modes").figure(match=match)) == []


def test_at_the_edges_a_d_far_ahead_turns_its_slope_more_often_than_one_that_keeps_up():
    turns = []
    for settings in ({"lr_d": 0.05, "d_steps": 5}, {"lr_d": 0.004, "d_steps": 1}):
        loss = losses.generator_non_saturating
        match = recipes.line_match("two_modes", seed=1, loss_fn_g=loss, **settings)
        ways = []
        for _ in range(900):
            match.play_iteration()
            ways.append(np.sign(edge_slopes(match)))
        turns.append(np.mean(np.diff(ways[300:], axis=0) != 0))
    assert turns[0] > 1.3 * turns[1]
