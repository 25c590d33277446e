"""A hand on the target: its modes are moved, added and removed while the game goes on."""

import math

import numpy as np
import pytest
import torch

from gan_edu import stage
from gan_edu.chapters.ch07_playground import frames, playground, signs
from gan_edu.chapters.ch07_playground.failures import findings
from gan_edu.chapters.ch07_playground.missions import Mission
from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.chapters.ch07_playground.scenes import playground_scene
from gan_edu.targets import DRAWING, REACH, TARGETS, GaussianModes
from tests.helpers.playing import played

RING = TARGETS["ring_of_8"].centres.round(2).tolist()
MOVED = [[0.5, -0.25], *RING[1:]]


def weights(ground: Playground) -> torch.Tensor:
    parameters = ground.match.game.generator.parameters()
    return torch.cat([p.detach().flatten() for p in parameters])


@pytest.mark.parametrize("modes", [MOVED, RING[:7], [*RING, [0.0, 0.0]]])
def test_the_game_goes_on_with_samples_of_the_moved_modes(modes):
    ground = played(Playground(), 20)
    before = weights(ground).clone()
    ground.move_modes(modes)
    assert (ground.iterations, ground.changed) == (20, "")
    assert torch.equal(weights(ground), before)
    x, sd = ground.match.x.double().numpy(), TARGETS["ring_of_8"].sd
    nearest = np.linalg.norm(x[:, None] - np.array(modes), axis=2).argmin(1)
    assert np.bincount(nearest) == pytest.approx(len(x) / len(modes), rel=0.1)
    for k, mode in enumerate(modes):
        cluster = x[nearest == k]
        assert cluster.mean(0) == pytest.approx(np.array(mode), abs=0.01)
        assert cluster.std(0) == pytest.approx(sd, rel=0.1)
    assert not torch.equal(weights(played(ground, 1)), weights(played(Playground(), 21)))


def test_marks_after_a_move_measure_the_moved_target():
    ground = played(Playground(), 50)
    ground.move_modes(MOVED[:7])
    played(ground, 50)
    before, after = ground.match.history
    assert (before.modes, after.modes) == (8, 7)
    y = ground.generated(ground.match.game.generator)
    w1 = {n: GaussianModes(np.array(m), 0.05).w1(y) for n, m in (("own", RING), ("now", MOVED[:7]))}
    assert after.now["w1"] == pytest.approx(w1["now"])
    assert after.now["w1"] != pytest.approx(w1["own"], rel=0.01)
    assert " of 7 (EMA: " in frames.frame(ground).title


def test_a_title_counts_the_modes_that_there_are_and_for_the_ema_only_if_it_did_too():
    ground = Playground()
    assert frames.frame(ground).title == "modes covered: 0 of 8"
    assert " of 8 (EMA: " in frames.frame(played(ground, 50)).title
    ground.move_modes(RING[:2])
    assert frames.frame(ground).title in [f"modes covered: {count} of 2" for count in range(3)]
    ground.move_modes([[0, 0], [0.1, 0]])  # too close to be counted
    assert played(ground, 50).match.history[-1].modes is None
    assert frames.frame(ground).title == "real and generated samples"
    findings(ground)


def test_a_move_is_in_the_state_and_the_same_game_comes_of_it():
    ground = Playground(seed=4)
    ground.move_modes(MOVED)
    twin = playground.load(ground.state)
    assert twin.target.centres.tolist() == MOVED
    assert torch.equal(weights(played(twin, 30)), weights(played(ground, 30)))
    assert torch.equal(weights(ground.copy()), weights(ground))
    ground.move_modes([])
    assert "centres" not in ground.state
    assert ground.target is TARGETS["ring_of_8"]


def test_the_tape_plays_each_iteration_with_the_target_that_it_had():
    ground = played(Playground(), 60)
    seen = [weights(ground)]
    ground.move_modes(MOVED)
    seen.append(weights(played(ground, 15)))
    ground.move_modes(MOVED[1:])
    seen.append(weights(played(ground, 40)))
    for iteration, then in zip((75, 60, 115), (seen[1], seen[0], seen[2]), strict=True):
        ground.moment = iteration
        assert torch.equal(weights(ground), then)
        assert ground.target.centres.tolist() == MOVED[1:], "what comes next has the present one"


@pytest.mark.parametrize(
    "change", [{"target": "three_blobs"}, {"target": DRAWING}, {"drawing": [[0, 0]]}]
)
def test_another_target_has_its_own_modes(change):
    ground = Playground()
    ground.move_modes(MOVED)
    ground.change(**change)
    assert ground.settings.centres == ()
    name = ground.settings.target
    assert np.array_equal(ground.target.centres, TARGETS[name].centres)


def test_a_preset_has_its_own_modes_and_a_moved_one_is_no_preset():
    ground = Playground()
    ground.move_modes(MOVED)
    assert ground.preset != "good_run"
    ground.preset = "good_run"
    assert ground.target is TARGETS["ring_of_8"]


def test_a_drawing_is_painted_while_the_game_goes_on_and_counts_for_the_mission():
    ground = Playground(target=DRAWING)
    mission = Mission("drawing", ground)
    played(ground, 50)
    assert "draw something new" in mission.verdict()._repr_markdown_()
    ground.move_modes([*map(list, ground.settings.drawing), [2.0, 2.0]])
    played(ground, 50)
    assert ground.iterations == 100
    assert "draw something new" not in mission.verdict()._repr_markdown_()


@pytest.mark.parametrize("modes", [[[0, 3.5]], [[0, 0]] * 201, 3, "ab", [[1]]])
def test_what_are_no_modes_is_refused(modes):
    ground = Playground()
    with pytest.raises(ValueError, match="centres must be 1 to 200 points"):
        ground.move_modes(modes)
    assert ground.target is TARGETS["ring_of_8"]


def test_a_target_on_the_line_has_no_modes_to_move():
    ground = Playground(target="two_modes_1d", centres=RING)
    assert ground.target is TARGETS["two_modes_1d"]
    assert not len(frames.frame(ground).modes)


def test_a_drag_does_not_measure_what_a_perfect_generator_gets(monkeypatch):
    calls = []
    monkeypatch.setattr(signs, "same_distribution", lambda *of: calls.append(of) or {"w1": 1.5})
    player = stage.play(Playground(), playground_scene(), alt="The ring.")
    before = len(calls)
    for k in range(9):
        player.plane.wanted = [[0.1 * k, 0.0], *RING[1:]]
    assert len(calls) == before, "it takes a tenth of a second"
    player.run(50)
    assert len(calls) == before + 1
    assert player.game.floor == 1.5
    player.close()


# --- the plane and the player ---------------------------------------------------------------------


@pytest.fixture
def player():
    player = stage.play(Playground(), playground_scene(), alt="The ring.")
    yield player
    player.close()


def test_the_page_s_wish_moves_the_modes_and_the_frame_has_them(player):
    player.plane.wanted = MOVED
    assert player.game.target.centres.tolist() == MOVED
    sent = np.frombuffer(player.plane.modes, "<i2").reshape(-1, 2) * (2 * REACH / 32767)
    assert sent == pytest.approx(np.array(MOVED), abs=1e-3)
    real = np.frombuffer(player.plane.real, "<i2").reshape(-1, 2) * (2 * REACH / 32767)
    assert np.linalg.norm(real - MOVED[0], axis=1).min() < 0.1
    player.plane.wanted = []
    assert player.game.target is TARGETS["ring_of_8"]


def test_a_sample_in_the_hand_gets_the_arrow_of_g_s_loss(player):
    player.run(30)
    place = np.array([0.4, -0.7])
    player.plane.probed = place.tolist()
    x, y, *way = np.frombuffer(player.plane.probe, "<i2") * (2 * REACH / 32767)
    assert (x, y) == pytest.approx(place, abs=1e-3)

    def loss(at: np.ndarray) -> float:  # minimax: log(1 − σ(a))
        with torch.no_grad():
            a = player.game.match.game.discriminator.double()(torch.from_numpy(at)[None])
        return -float(np.logaddexp(0, a.item()))

    e = 1e-5 * np.eye(2)
    slope = np.array([(loss(place + d) - loss(place - d)) / 2e-5 for d in e])
    player.game.match.game.discriminator.float()
    length = min(frames.ARROW * np.linalg.norm(slope), frames.LONGEST)
    expected = -slope / np.linalg.norm(slope) * length
    assert way == pytest.approx(expected, abs=2e-3)
    player.plane.probed = []
    assert player.plane.probe == b""


def test_what_cannot_be_is_said_and_the_game_stays(player):
    player.plane.wanted = [[9.0, 9.0]]
    assert "centres must be" in str(player.errors.outputs)
    assert player.game.target is TARGETS["ring_of_8"]


@pytest.mark.parametrize("place", [[0.1], [0.1, 0.2, 0.3], [math.nan, 0.0], [0.0, math.inf]])
def test_what_is_no_place_holds_no_sample(player, place):
    player.plane.set_state({"probed": [0.1, 0.2]})
    player.plane.set_state({"probed": place})
    assert (player.plane.probed, player.plane.probe) == ([], b"")
    player.run(1)
    assert player.errors.outputs == ()


@pytest.mark.parametrize("place", [[1e308, 0.0], [-1e39, 1e39]])
def test_a_sample_may_be_held_far_outside(player, place):
    player.plane.set_state({"probed": place})
    assert player.errors.outputs == ()


def test_a_closed_player_does_not_listen(player):
    plane, game = player.plane, player.game
    player.close()
    plane.wanted = MOVED
    assert game.target is TARGETS["ring_of_8"]


def test_charts_are_drawn_anew_at_the_next_mark_not_at_each_move(player):
    player.run(50)
    before = player.image.value
    player.plane.wanted = MOVED
    assert player.image.value == before
    player.run(100)
    assert player.image.value != before
