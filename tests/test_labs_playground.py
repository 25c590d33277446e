"""Chapter 07: the laws, the distance, settings that act or begin anew, the state, the picture."""

import itertools
import json
import math

import ipywidgets
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance

from gan_edu import live, plots
from gan_edu.labs import plane, playground
from gan_edu.labs.playground import CONTROLS, DEFAULTS, FOLDED, TARGETS, Playground, load, w1
from gan_edu.words import WORDS

SEEDS = range(3)
ALT = "Samples in the plane, losses, and the distance."


def played(rounds: int, **values) -> Playground:
    ground = Playground(**values)
    for _ in range(rounds):
        ground.play_round()
    return ground


def weights(ground: Playground) -> list:
    game = ground.match.game
    players = (game.generator, game.discriminator, game.average)
    return [w.tolist() for player in players for w in player.parameters()]


def ends(name: str) -> list:
    """Return the values at both ends of a control, or all that a menu offers."""
    match CONTROLS[name]:
        case bool():
            return [False, True]
        case list() as choices:
            return choices
        case live.button():
            return [0, 7]
        case live.log(low, high) | (low, high):
            return [low, high]


# --- laws and the distance ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_w1_is_the_cheapest_of_all_pairings(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, 6, 2))
    pairings = (y[list(order)] for order in itertools.permutations(range(6)))
    cheapest = min(np.linalg.norm(x - other, axis=1).mean() for other in pairings)
    assert w1(x, y) == pytest.approx(cheapest, rel=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_w1_on_a_line_is_scipy_s(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, 50))
    on_a_line = [np.stack([sample, np.full(50, 0.3)], axis=1) for sample in (x, y)]
    assert w1(*on_a_line) == pytest.approx(wasserstein_distance(x, y), rel=1e-12)


def test_w1_of_a_shift_is_its_length():
    x = np.random.default_rng(0).normal(size=(200, 2))
    assert w1(x, x + np.array([3, 4])) == pytest.approx(5)


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_s_samples_have_its_mean_and_spread_and_lie_in_the_picture(name):
    target, n = TARGETS[name], 40_000
    x = target.sample(n, np.random.default_rng(1))
    spread = target.centres.var(axis=0) + target.sd**2
    assert x.shape == (n, 2)
    assert np.abs(x.mean(0) - target.centres.mean(0)).max() < 5 * math.sqrt(spread.max() / n)
    assert np.allclose(x.var(0), spread, rtol=0.05, atol=0.001)
    assert np.mean(np.abs(x).max(1) < plane.REACH) > 0.999


def test_a_heap_is_covered_from_a_tenth_of_its_share_on():
    target = TARGETS["ring of 8"]
    elsewhere = np.zeros((800, 2))
    for inside, covered in [(0, 0), (9, 0), (10, 1), (800, 1)]:
        y = elsewhere.copy()
        y[:inside] = target.centres[3]
        assert target.covered(y) == covered
    assert target.covered(target.sample(800, np.random.default_rng(0))) == 8
    assert target.covered(target.centres + 3.01 * target.sd * np.array([1, 0])) == 0


@pytest.mark.parametrize("name", TARGETS)
def test_the_dotted_line_is_what_fresh_samples_get(name):
    target, rng = TARGETS[name], np.random.default_rng(5)
    fresh = [w1(target.sample(256, rng), target.sample(256, rng)) for _ in range(6)]
    assert np.mean(fresh) == pytest.approx(playground.same_law(target), rel=0.35)


@pytest.mark.parametrize("loss", playground.LOSSES)
def test_the_arrows_are_minus_the_slope_of_g_s_own_loss(loss):
    game = played(30, loss=loss).match.game
    game.discriminator.double()
    y = torch.randn(5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    arrows, h = plane.pushes(game, y), 1e-6
    for i, j in itertools.product(range(5), range(2)):
        nudge = torch.zeros_like(y)
        nudge[i, j] = h
        there, here = (game.g_loss(game.discriminator(y + s * nudge)).item() for s in (1, -1))
        assert arrows[i, j].item() == pytest.approx(-5 * (there - here) / (2 * h), abs=1e-5)


# --- settings -------------------------------------------------------------------------------------

WRONG = [
    ("target", "ring of 9"), ("target", 3), ("target", ["ring"]), ("loss", None),
    ("lr_d", 0.0), ("lr_d", -1e-3), ("lr_d", math.nan), ("lr_d", math.inf), ("lr_g", "0.1"),
    ("lr_g", True), ("lr_g", 10**400), ("d_steps", 0), ("d_steps", 11), ("d_steps", 1.5),
    ("d_steps", True), ("seed", -1), ("seed", 1.0), ("width_g", 5), ("width_g", 10**6),
    ("layers_d", 0), ("layers_d", "2"), ("average_share", 0.6), ("average_share", math.nan),
    ("show_map", 1), ("one_sided", "yes"), ("clip", 0), ("batch_size", 100), ("width_d", True),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_refused_by_name_and_the_old_one_stands(name, value):
    ground = Playground()
    with pytest.raises(ValueError, match=f"^{name} must be"):
        setattr(ground, name, value)
    assert getattr(ground, name) == DEFAULTS[name]
    with pytest.raises(ValueError, match=f"^{name} must be"):
        load({"playground": 1, name: value})


def test_a_setting_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(ValueError, match="no setting is called 'epochs'; there are: target, loss"):
        load({"playground": 1, "epochs": 3})


@pytest.mark.parametrize(
    "foreign", [[], None, 3, "", "{", "[1, 2]", "__import__('os')", {}, {"playground": 2}, "null"]
)
def test_what_is_no_state_is_refused(foreign):
    with pytest.raises(ValueError, match="state"):
        load(foreign)


def test_a_run_that_goes_well_has_the_shortest_state():
    assert Playground().state == {"playground": 1}


@given(st.fixed_dictionaries({}, optional={name: st.sampled_from(ends(name)) for name in CONTROLS}))
@settings(max_examples=60, deadline=None)
def test_a_state_comes_back_from_its_text(values):
    state = Playground(**values).state
    assert load(json.dumps(state)).state == load(state).state == state
    assert {name: value for name, value in values.items() if value != DEFAULTS[name]} == {
        name: value for name, value in state.items() if name != "playground"
    }


def another(name: str):
    return next(value for value in ends(name) if value != DEFAULTS[name])


@pytest.mark.parametrize("name", CONTROLS)
def test_a_change_begins_anew_where_it_must_and_keeps_the_players_elsewhere(name):
    ground = played(3)
    game = ground.match.game
    setattr(ground, name, another(name))
    if name in playground.RESTARTING:
        assert (ground.rounds, ground.changed) == (0, name)
    else:
        assert ground.match.game is game
        assert (ground.rounds, ground.changed) == (3, "")
        ground.play_round()
        assert ground.rounds == 4


@pytest.mark.parametrize("seed", SEEDS)
def test_after_a_reset_it_plays_the_same_bit_for_bit(seed):
    ground = played(10, seed=seed, loss="Wasserstein, penalty")
    before = weights(ground)
    ground.reset()
    assert ground.rounds == 0
    for _ in range(10):
        ground.play_round()
    assert weights(ground) == before
    assert weights(played(10, seed=seed, loss="Wasserstein, penalty")) == before


def test_looking_does_not_disturb_the_game():
    seen, unseen = Playground(), Playground()
    _, update = plane.plane_scene().open()
    for _ in range(5):
        seen.play_round()
        unseen.play_round()
        update(seen)
    assert weights(seen) == weights(unseen)


@pytest.mark.parametrize("loss", playground.LOSSES)
def test_each_loss_is_what_the_game_plays(loss):
    ground = played(20, loss=loss)
    game, wanted = ground.match.game, playground.LOSSES[loss]
    assert (game.d_loss, game.g_loss) == (wanted.d_loss, wanted.g_loss)
    assert (game.d_penalty is not None) == loss.endswith("penalty")
    assert (game.d_clip is not None) == loss.endswith("clipping")
    assert np.isfinite(np.concatenate([np.ravel(w) for w in weights(ground)])).all()


@pytest.mark.parametrize("clip", [0.01, 0.2])
def test_clipping_keeps_all_of_d_s_weights_small(clip):
    game = played(5, loss="Wasserstein, clipping", clip=clip).match.game
    assert max(w.abs().max().item() for w in game.discriminator.parameters()) <= clip * (1 + 1e-6)


@pytest.mark.parametrize("one_sided", [True, False])
def test_the_penalty_is_lambda_times_the_mean_excess_of_the_slope(one_sided):
    ground = Playground(loss="Wasserstein, penalty", penalty=3.0, one_sided=one_sided)
    game, x = ground.match.game, torch.randn(8, 2, generator=torch.Generator().manual_seed(0))
    at_the_points = ground._penalty(game.discriminator, x, x, torch.Generator())  # no line between
    points = x.clone().requires_grad_()
    slopes = torch.autograd.grad(game.discriminator(points).sum(), points)[0].norm(dim=1) - 1
    excess = slopes.clamp(min=0) if one_sided else slopes
    assert at_the_points.item() == pytest.approx(3 * excess.square().mean().item(), rel=1e-5)


# --- the picture ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def game_with_history():
    return played(50)


def pixels(picture: plots.Picture, ground: Playground) -> np.ndarray:
    picture.update(ground)
    return picture.pixels().copy()


CORNERS = [(name, value) for name in CONTROLS for value in ends(name)]


@pytest.mark.parametrize(("name", "value"), CORNERS)
def test_the_picture_is_drawn_at_the_ends_of_each_control_in_one_size(name, value):
    ground = Playground(**{name: value}, **({} if name == "show_map" else {"show_map": True}))
    picture = plots.Picture(*plane.plane_scene().open())
    shape = pixels(picture, ground).shape
    ground.play_round()
    assert pixels(picture, ground).shape == shape == (390, 900, 4)


@pytest.mark.parametrize("view", [name for name in CONTROLS if name.startswith("show_")])
def test_each_view_can_be_switched_off_and_on(view, game_with_history):
    picture = plots.Picture(*plane.plane_scene().open())
    setattr(game_with_history, view, True)
    on = pixels(picture, game_with_history)
    setattr(game_with_history, view, False)
    off = pixels(picture, game_with_history)
    setattr(game_with_history, view, True)
    again = pixels(picture, game_with_history)
    setattr(game_with_history, view, DEFAULTS[view])
    assert np.mean(on != off) > 1e-4
    assert np.array_equal(on, again)


def test_a_game_that_runs_away_stays_inside_its_panels():
    ground = played(60, lr_g=0.1, lr_d=0.1)
    figure = plane.plane_scene().figure(ground)
    for axes in figure.axes[1:]:
        low, high = axes.get_ylim()
        for line in axes.lines[:2]:
            assert low <= np.min(line.get_ydata())
            assert np.max(line.get_ydata()) <= high


def test_a_forger_who_has_left_the_picture_is_said_to_be_outside():
    ground = played(60, lr_g=0.1)
    assert np.all(np.abs(ground.forged(ground.match.game.generator)).max(1) > plane.REACH)
    title = plane.plane_scene().figure(ground).axes[0].get_title(loc="left")
    assert title == WORDS["outside"].format(share=1)


def test_colours_are_what_d_says():
    ground = played(20)
    image = plane.plane_scene().figure(ground).axes[0].images[0]
    d = torch.sigmoid(ground.match.game.discriminator(torch.tensor([[2.925, -2.925]]))).item()
    assert image.get_array()[0, -1] == pytest.approx(d, abs=1 / 32 + 1e-6)


def test_a_restart_is_said_above_the_plane():
    ground = played(3)
    ground.width_d = 8
    title = plane.plane_scene().figure(ground).axes[0].get_title(loc="left")
    assert title == WORDS["anew"].format(name=WORDS["settings"]["width_d"])


# --- the controls ---------------------------------------------------------------------------------


def test_a_newcomer_sees_five_controls_and_the_rest_lies_in_drawers():
    assert set(itertools.chain(*FOLDED.values())) < set(CONTROLS) == set(WORDS["settings"])
    player = live.play(
        Playground(), plane.plane_scene(), alt=ALT, labels=WORDS["settings"], folded=FOLDED,
        **CONTROLS,
    )  # fmt: skip
    shown = player.children[0].children
    words = [WORDS["settings"][name] for name in ("target", "loss", "lr_d", "lr_g")]
    assert [control.description for control in shown] == [WORDS["pace"], *words]
    drawers = player.children[-1]
    assert isinstance(drawers, ipywidgets.Accordion)
    assert drawers.titles == tuple(FOLDED)
    assert drawers.selected_index is None
    player.close()


def test_every_control_is_moved_to_both_ends_without_an_error():
    ground = Playground()
    player = live.play(ground, plane.plane_scene(), alt=ALT, folded=FOLDED, **CONTROLS)
    for name, control in player.controls.items():
        if name == "pace":
            continue
        start = control.value
        for value in (*ends(name), start):
            control.value = value
            assert player.errors.outputs == ()
            assert getattr(ground, name) == value
    player.run(2)
    assert ground.rounds == 2
    player.close()


# --- it works -------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_the_ring_of_8_is_covered(seed):
    assert played(2000, seed=seed).match.history[-1].covered == 8


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_slow_judge_lets_the_forger_run_away_and_a_small_one_covers_few(seed):
    away = played(1000, seed=seed, lr_d=1e-4).match.history
    assert away[-1].w1_now > 1.5 * away[0].w1_now
    assert 1 <= played(1500, seed=seed, layers_g=1, width_g=4).match.history[-1].covered < 8
