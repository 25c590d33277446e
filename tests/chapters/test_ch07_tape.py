"""The time machine: any iteration comes back bit for bit, with the settings of that time."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_edu import stage
from gan_edu.chapters.ch07_playground import tape
from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.chapters.ch07_playground.scenes import playground_scene
from tests.helpers import playing

SMALL = {"width_g": 8, "width_d": 8, "batch_size": 16}


def everything(ground: Playground) -> list:
    """Return all that decides how the game goes on."""
    state = ground.match.game.state_dict()
    return [state["iterations"], *(t.tolist() for t in tape._tensors(state))]


def played(iterations: int, ground: Playground) -> dict[int, list]:
    seen = {ground.iterations: everything(ground)}
    for _ in range(iterations):
        ground.play_iteration()
        seen[ground.iterations] = everything(ground)
    return seen


@pytest.mark.parametrize("loss", ["minimax", "wasserstein_gp", "wasserstein_clip"])
def test_every_iteration_comes_back_bit_for_bit(loss):
    ground = Playground(loss=loss, one_sided=False, **SMALL)
    seen = played(130, ground)
    for iteration in (0, 130, 50, 49, 51, 100, 129, 1, 130):
        ground.moment = iteration
        assert everything(ground) == seen[iteration]
        assert [mark.iteration for mark in ground.match.history] == list(
            range(50, iteration + 1, 50)
        )


@pytest.mark.parametrize("player", "dg")
def test_a_game_of_plain_gradient_descent_can_be_played_again_from_its_start(player):
    ground = Playground(**SMALL, **{f"optimiser_{player}": "sgd"})
    seen = played(3, ground)
    ground.moment = 0
    assert played(3, ground) == seen


def test_iterations_played_again_are_not_noted_twice(monkeypatch):
    """Where the kept states lie further apart than the marks, a mark is passed on the way."""
    monkeypatch.setattr(tape, "MOST_BYTES", 60_000)
    ground = playing.played(Playground(**SMALL), 400)
    assert ground._tape.spacing >= 100
    for iteration in (390, 170, 400):
        ground.moment = iteration
        assert [mark.iteration for mark in ground.match.history] == list(
            range(50, iteration + 1, 50)
        )


CHANGES = [
    {"lr_g": 1e-2}, {"optimiser_d": "sgd"}, {"optimiser_g": "sgd"}, {"loss": "least_squares"},
    {"d_steps": 3}, {"g_steps": 2}, {"batch_size": 32}, {"average_share": 0.3},
    {"loss": "wasserstein_gp", "penalty": 30.0}, {"optimiser_d": "adam"},
]  # fmt: skip


@given(st.data())
@settings(max_examples=12, deadline=None)
def test_changed_settings_are_on_the_tape(data):
    ground, seen, then = Playground(**SMALL), {}, {}
    for change in data.draw(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=5)):
        for name, value in change.items():
            ground.change(**{name: value})
        new = played(data.draw(st.integers(1, 60)), ground)
        seen, then = seen | new, then | dict.fromkeys(new, ground._taped())
        if data.draw(st.booleans()):
            ground.step_discriminator()
            seen[ground.iterations] = everything(ground)
    now = ground._taped()
    for iteration in data.draw(st.lists(st.sampled_from(sorted(seen)), min_size=1, max_size=6)):
        ground.moment = iteration
        assert ground._taped() == now, "the controls stay as they are"
        ground.change(**then[iteration])  # an optimiser of another kind has another state
        assert everything(ground) == seen[iteration]
        ground.change(**now)


def test_from_an_earlier_iteration_one_plays_on_and_what_came_later_is_forgotten():
    ground = Playground(**SMALL)
    seen = played(120, ground)
    ground.moment = 70
    again = played(30, ground)
    assert again == {iteration: seen[iteration] for iteration in range(70, 101)}
    ground.moment = 101
    assert ground.iterations == 100
    assert everything(ground) == seen[100]
    ground.moment = 60
    ground.change(lr_g=0.1)
    other = played(20, ground)
    assert other[80] != seen[80]
    ground.moment = 70
    assert everything(ground) == other[70] != seen[70]


def test_an_iteration_before_the_first_is_refused():
    ground = Playground(**SMALL)
    seen = played(10, ground)
    with pytest.raises(ValueError, match="moment must be at least 0, got -1"):
        ground.moment = -1
    assert everything(ground) == seen[10]


@pytest.mark.parametrize("step", ["step_discriminator", "step_generator"])
def test_a_step_by_hand_is_kept(step):
    ground = Playground(**SMALL)
    played(20, ground)
    getattr(ground, step)()
    seen = played(20, ground)
    ground.moment = 0
    ground.moment = 30
    assert everything(ground) == seen[30]
    ground.moment = 20
    assert everything(ground) == seen[20]


def test_a_slow_iteration_is_on_the_tape():
    ground = Playground(**SMALL)
    while ground.iterations == 0:
        ground.step_slowly()
    seen = everything(ground)
    ground.play_iteration()
    ground.moment = 1
    assert everything(ground) == seen
    assert ground.stage is None


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_copy_stands_and_goes_on_as_its_model_and_leaves_it_alone(by_hand):
    ground = Playground(target="three_blobs", loss="non_saturating", **SMALL)
    seen = played(120, ground)
    ground.change(lr_d=0.02)
    seen |= played(10, ground)
    if by_hand:
        ground.step_discriminator()
        seen[130] = everything(ground)
    ground.step_slowly()  # of an iteration that is not begun in the copy
    there = ground.copy()
    assert there.state == ground.state
    assert everything(there) == seen[130]
    assert there.match.history == ground.match.history
    there.moment = 77
    assert everything(there) == seen[77]
    there.change(lr_g=0.1)
    played(20, there)
    assert ground.iterations == 130
    assert ground.settings.lr_g != 0.1
    ground.moment = 77
    ground.moment = 130
    assert everything(ground) == seen[130]
    assert played(20, ground.copy()) == played(20, ground)


def test_a_copy_notes_as_seldom_as_its_model():
    ground = Playground(**SMALL)
    ground.match.every, ground.match.most = 2, 4
    played(10, ground)
    there = ground.copy()
    there.match.every = 2
    assert there.match.thinned == ground.match.thinned == 2
    played(6, there)
    assert [mark.iteration for mark in there.match.history] == [4, 8, 12, 16]


@pytest.mark.parametrize("end", ["reset", "seed"])
def test_a_new_game_has_a_new_tape(end):
    ground = Playground(**SMALL)
    played(10, ground)
    ground.reset() if end == "reset" else ground.change(**{end: 5})
    ground.moment = 5
    assert ground.iterations == 0


def test_when_memory_is_full_states_are_kept_less_often_and_every_iteration_still_comes_back(
    monkeypatch,
):
    ground = Playground(**SMALL)
    played(1, ground)
    monkeypatch.setattr(tape, "MOST_BYTES", 3 * ground._tape.bytes)
    seen = played(40, ground)
    ground.step_generator()
    seen |= played(400, ground)
    assert ground._tape.spacing > tape.SPACING
    assert ground._tape.bytes <= 5 * tape.MOST_BYTES / 3
    for iteration in (440, 41, 42, 3, 200, 399):
        ground.moment = iteration
        assert everything(ground) == seen[iteration]


def test_ten_thousand_iterations_take_less_than_a_hundred_megabytes():
    ground = Playground()
    each = ground.match.game and ground._tape.bytes  # the start has no optimiser's memory yet
    playing.played(ground, 50)
    one = ground._tape.bytes - each
    assert one * 10_000 / tape.SPACING < 100e6
    assert tape.MOST_BYTES < 100e6


def test_a_slider_scrubs_a_game_and_play_goes_on_from_there():
    ground = Playground(**SMALL)
    seen = played(100, ground)
    player = stage.play(
        ground, playground_scene(), alt="A recorded game.", moment=(0, ground.iterations)
    )
    for iteration in (0, 100, 50, 73):
        player.controls["moment"].value = iteration
        assert player.errors.outputs == ()
        assert everything(ground) == seen[iteration]
    assert player.front.told == "73 iterations played"
    player.run(90)
    assert everything(ground) == seen[90], "and not back again to where the slider stands"
    player.controls["moment"].value = 0
    player._asked("reset")()
    player.controls["moment"].value = 100
    assert ground.iterations == 0
    assert player.errors.outputs == ()
    player.close()
