"""An iteration in slow motion: the same iteration, and each stage says what happens."""

import io
import itertools

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn.functional import softplus

from gan_edu import stage
from gan_edu.chapters.ch07_playground import frames
from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.chapters.ch07_playground.scenes import playground_scene
from gan_edu.chapters.ch07_playground.settings import LOSSES
from gan_edu.stage import plane
from tests.helpers.playing import played, weights_of

STAGES = [
    "real", "noise", "generate", "discriminator", "loss_d", "gradient_d", "update_d",
    "discriminator_again", "loss_g", "gradient_g", "update_g", "end",
]  # fmt: skip
DRAWN = *plane.PACKED, "title", "histogram", "answers"
D_TURN, GENERATING, G_TURN = STAGES[:7], STAGES[1:3], STAGES[7:11]


def stages(ground: Playground):
    while ground.stage is None or ground.stage.name != "end":
        ground.step_slowly()
        yield ground.stage


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("steps", [{}, {"d_steps": 3, "g_steps": 2}])
def test_a_slow_iteration_is_a_fast_one_bit_for_bit(loss, steps):
    slow, fast = (Playground(loss=loss, one_sided=False, **steps) for _ in range(2))
    for _ in range(3):
        slow.stage = None
        list(stages(slow))
        fast.play_iteration()
    assert slow.iterations == fast.iterations == 3
    assert weights_of(slow) == weights_of(fast)


def test_history_is_noted_as_in_a_fast_game():
    slow, fast = Playground(), Playground()
    for _ in range(50):
        slow.stage = None
        list(stages(slow))
        fast.play_iteration()
    assert slow.match.history == fast.match.history != []


def test_all_stages_come_in_their_order_and_each_has_a_sentence():
    ground = Playground(target="normal_1d", d_steps=2, g_steps=2)
    names = [step.name for step in stages(ground)]
    assert names == [*D_TURN, *D_TURN, *G_TURN, *GENERATING, *G_TURN, "end"]
    assert set(STAGES) == set(frames.STAGES)


@pytest.mark.parametrize("at", range(1, 12))
@pytest.mark.parametrize("step", ["play_iteration", "step_generator", "step_discriminator"])
def test_an_iteration_that_was_begun_is_finished_first(at, step):
    slow, fast = Playground(), Playground()
    for _ in range(at):
        slow.step_slowly()
    getattr(slow, step)()
    fast.play_iteration()
    if step != "play_iteration":
        getattr(fast, step)()
    assert slow.stage is None
    assert (slow.iterations, weights_of(slow)) == (1, weights_of(fast))


@pytest.mark.parametrize("end", ["reset", "width_g"])
def test_a_reset_or_a_new_game_forgets_the_iteration(end):
    ground = Playground()
    for _ in range(5):
        ground.step_slowly()
    ground.reset() if end == "reset" else ground.change(**{end: 8})
    ground.play_iteration()
    fresh = Playground(**({} if end == "reset" else {end: 8}))
    fresh.play_iteration()
    assert weights_of(ground) == weights_of(fresh)
    assert ground.iterations == 1


@pytest.mark.parametrize("seed", range(3))
def test_what_is_said_is_what_happens(seed):
    ground = played(Playground(seed=seed, target="two_gaussians"), 20)
    told, game = {}, ground.match.game
    for step in stages(ground):
        told[step.name] = step
        if step.name in (
            "generate",
            "discriminator",
            "discriminator_again",
        ):  # nobody has moved since
            with torch.no_grad():
                assert torch.equal(game.generator(told["noise"].noise), told["generate"].fake)
            a = game.discriminator(told["generate"].fake).detach()
        if step.name == "discriminator":
            real = game.discriminator(step.real).detach()
            assert step.numbers["fake"] == pytest.approx(a.mean().item(), abs=1e-6)
            assert step.numbers["real"] == pytest.approx(real.mean().item(), abs=1e-6)
            loss_d = softplus(-real).mean() + softplus(a).mean()
            pull = torch.stack([1 - real.sigmoid(), a.sigmoid()])[..., 0]
        if step.name == "discriminator_again":
            loss_g = -softplus(a).mean()  # mean log(1 − σ(a)): minimax
    assert told["loss_d"].numbers["loss"] == pytest.approx(loss_d.item(), rel=1e-5)
    assert torch.allclose(told["gradient_d"].pull, pull, atol=1e-5)
    assert told["loss_g"].numbers["loss"] == pytest.approx(loss_g.item(), rel=1e-5)
    moved = told["update_g"]
    assert torch.equal(moved.before, told["generate"].fake)
    way = (moved.fake - moved.before).norm(dim=1).mean().item()
    assert 0 < moved.numbers["moved"] == pytest.approx(way)


@pytest.mark.parametrize("target", ["ring_of_8", "two_modes_1d"])
@pytest.mark.parametrize("noise", ["uniform_1d", "gaussian_2d"])
def test_each_stage_has_a_picture_of_its_own(target, noise):
    ground = Playground(target=target, noise=noise, batch_size=32)
    player = stage.play(ground, playground_scene(), alt="An iteration, slowly.")
    shown = []
    for name in STAGES:
        ground.step_slowly()
        player.redraw()
        with Image.open(io.BytesIO(player._picture_to_keep()[0])) as kept:
            shown.append((np.array(kept), [getattr(player.plane, name) for name in DRAWN]))
        told = frames.STAGES[name].format(**ground.stage.numbers).replace("-", "−")
        assert player.errors.outputs == ()
        assert player.whole.figure.get_suptitle() == told
        charts = [axes.get_title("left") for axes in player.picture.figure.axes]
        assert {"losses, capped at −2 and 4", "W₁ (256 samples, capped at 10)"} & {*charts}
        assert all(axes.get_title("left") for axes in player.picture.figure.axes[:2])
        assert player.plane.title == told
    for (picture, in_page), (next_picture, next_in_page) in itertools.pairwise(shown):
        assert (picture != next_picture).any()
        assert in_page != next_in_page
    assert {picture.shape for picture, _ in shown} == {(780, 1800, 3)}
    player.close()


def test_the_button_goes_one_stage_further():
    ground = Playground()
    player = stage.play(ground, playground_scene(), alt="An iteration, slowly.")
    button = next(b for b in player.children[1].children if b.description == "Slow motion")
    for name in STAGES:
        button.click()
        assert ground.stage.name == name
    assert ground.iterations == 1
    player.close()
