"""A match: begins anew bit for bit, obeys its settings at once, and plays as fast steps should."""

import numpy as np
import pytest
import torch
from torch import nn

from gan_edu.losses import (
    critic_loss,
    discriminator_loss,
    generator_minimax,
    generator_non_saturating,
)
from gan_edu.match import Match, adam, sgd, uniform_noise
from gan_edu.networks import mlp
from gan_edu.training import Game, Settings, play_iteration
from tests.helpers.playing import played

DATA = torch.linspace(-2, 2, 500, dtype=torch.float64)[:, None]


def noise(size, **options):
    return uniform_noise(size, **options).double()


def start(seed=0, copies=None, **settings) -> Game:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        generator = mlp((1, 8, 1), "tanh", copies=copies).double()
        discriminator = mlp((1, 8, 1), "leaky_relu", copies=copies).double()
    opt_g, opt_d = adam(generator.parameters(), 1e-3), adam(discriminator.parameters(), 4e-3)
    rng = torch.Generator().manual_seed(seed)
    settings = Settings(**settings)
    options = {"settings": settings, "sample_noise": noise, "copies": copies}
    return Game(generator, discriminator, opt_g, opt_d, 1, rng, **options)


MOVED_BY_ADAM = Settings(optimiser_d=adam, optimiser_g=adam, lr_d=4e-3, lr_g=1e-3)


def weights(match: Match) -> list[torch.Tensor]:
    return [w.detach().clone() for w in match.game.generator.parameters()]


def readable_iterations(seed: int, iterations: int, loss_fn_g, optimiser) -> tuple[nn.Module, list]:
    """Play as the chapter teaches it: plain Adam or SGD, two passes of D, zero_grad, backward."""
    game = start(seed)
    generator, discriminator, rng = game.generator, game.discriminator, game.rng
    opt_g = optimiser(generator.parameters(), lr=1e-3)
    opt_d = optimiser(discriminator.parameters(), lr=4e-3)
    losses = []
    for _ in range(iterations):
        x_real = DATA[torch.randint(len(DATA), (64,), generator=rng)]
        z = noise((64, 1), generator=rng, device="cpu")
        loss_d = discriminator_loss(discriminator(x_real), discriminator(generator(z).detach()))
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        loss_g = loss_fn_g(discriminator(generator(z)))
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        losses.append((loss_d.item(), loss_g.item()))
    return generator, losses


def plain_adam(weights, lr):
    return torch.optim.Adam(weights, lr=lr, betas=(0.5, 0.9))


def plain_sgd(weights, lr):
    return torch.optim.SGD(weights, lr=lr)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("loss_fn_g", [generator_non_saturating, generator_minimax])
@pytest.mark.parametrize(("fast", "plain"), [(adam, plain_adam), (sgd, plain_sgd)])
def test_fast_and_readable_steps_agree_after_twenty_iterations(seed, loss_fn_g, fast, plain):
    settings = Settings(
        optimiser_d=fast, optimiser_g=fast, lr_d=4e-3, lr_g=1e-3, loss_fn_g=loss_fn_g
    )
    match = Match(lambda: start(seed), DATA, settings)
    played(match, 20)
    generator, losses = readable_iterations(seed, 20, loss_fn_g, plain)
    for ours, theirs in zip(match.game.generator.parameters(), generator.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)
    found = [(snapshot.loss_d, snapshot.loss_g) for snapshot in match.history]
    np.testing.assert_allclose(found, losses, rtol=0, atol=1e-5)


def test_each_copy_plays_its_own_game():
    """Two games side by side are the two games alone, given the same samples."""
    both = start(copies=2)
    singles = [start(seed=7) for _ in range(2)]
    for c, single in enumerate(singles):
        for player in ("generator", "discriminator"):
            layers = [m for m in getattr(both, player) if hasattr(m, "weight")]
            for there, here in zip(layers, getattr(single, player)[::2], strict=True):
                here.weight.data = there.weight.data[c].T.clone()
                here.bias.data = there.bias.data[c, 0].clone()
    for single in singles:
        single.opt_g = adam(single.generator.parameters(), 1e-3)
        single.opt_d = adam(single.discriminator.parameters(), 4e-3)
    draws = torch.Generator().manual_seed(3)
    for _ in range(10):
        x = torch.randn(2, 32, 1, generator=draws, dtype=torch.float64)
        z = torch.randn(2, 32, 1, generator=draws, dtype=torch.float64)
        x_fake = both.generator(z)
        both.step_discriminator(x, x_fake)
        both.step_generator(x_fake)
        for c, single in enumerate(singles):
            x_fake = single.generator(z[c])
            single.step_discriminator(x[c], x_fake)
            single.step_generator(x_fake)
    for c, single in enumerate(singles):
        torch.testing.assert_close(both.generator[0].weight[c].T, single.generator[0].weight)
        torch.testing.assert_close(both.discriminator[-1].bias[c, 0], single.discriminator[-1].bias)


def test_reset_begins_anew_bit_for_bit():
    match = played(Match(lambda: start(5), DATA, every=3), 10)
    first, noted = weights(match), match.history
    match.reset()
    assert match.iterations == 0
    assert match.history == []
    played(match, 10)
    assert all(map(torch.equal, weights(match), first))
    assert match.history == noted
    assert [snapshot.iteration for snapshot in noted] == [3, 6, 9]


def test_what_is_not_set_is_as_the_start_makes_it():
    match = Match(lambda: start(average_share=0.3), DATA)
    settings = match.settings
    assert (settings.lr_d, settings.lr_g, settings.average_share) == (4e-3, 1e-3, 0.3)
    assert settings.loss_fn_g is generator_non_saturating
    alone = start(average_share=0.3)
    for _ in range(4):
        play_iteration(alone, DATA)
    played(match, 4)
    for ours, theirs in zip(weights(match), alone.generator.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_settings_act_from_the_next_iteration_and_outlive_a_reset():
    match = played(Match(lambda: start(), DATA, MOVED_BY_ADAM), 3)
    before = weights(match)
    match.change(lr_g=0.0)
    played(match, 2)
    assert all(map(torch.equal, weights(match), before)), "a rate of 0 stops the generator"
    match.reset()
    assert match.settings.lr_g == 0.0
    match.change(lr_g=1e-3, loss_fn_g=generator_minimax, average_share=0.0)
    played(match, 1)
    assert match.history[-1].loss_g < 0, "log(1 − D) is negative"
    for slow, fast in zip(match.game.average.parameters(), weights(match), strict=True):
        assert torch.equal(slow, fast), "an average over nothing is G itself"


def test_another_optimiser_takes_over_with_its_own_memory():
    match = played(Match(lambda: start(), DATA, MOVED_BY_ADAM), 2)
    kept = match.game.opt_d
    played(match, 1)
    assert match.game.opt_d is kept
    match.change(optimiser_d=sgd)
    played(match, 1)
    assert isinstance(match.game.opt_d, torch.optim.SGD)
    assert match.game.opt_d.param_groups[0]["lr"] == match.settings.lr_d


def test_single_steps_move_one_player_and_count_no_iteration():
    match = Match(lambda: start(), DATA)
    before = weights(match)
    match.step_discriminator()
    assert all(map(torch.equal, weights(match), before))
    match.step_generator()
    assert not all(map(torch.equal, weights(match), before))
    assert match.iterations == 0


def test_steps_alone_are_told_until_the_next_iteration():
    match = Match(lambda: start(), DATA)
    match.step_discriminator()
    match.step_generator()
    assert match.so_far == "0 iterations; D: 1 step alone, G: 1 step alone"
    match.play_iteration()
    assert (match.so_far, match.steps_alone) == ("1 iteration", "")


def test_uniform_noise_is_uniform():
    z = uniform_noise((100_000, 1), generator=torch.Generator().manual_seed(0), device="cpu")
    counts = torch.histc(z, 10, -1, 1)
    assert -1 <= z.min() < z.max() <= 1
    assert ((counts - 10_000) ** 2 / 10_000).sum() < 28, "χ² with 9 degrees of freedom"


def test_d_s_loss_and_both_constraints_act_from_the_next_step_on():
    match = played(Match(start, DATA), 3)
    assert match.settings.loss_fn_d is discriminator_loss, "as the game was made"
    asked = []

    def penalty(critic, x_real, x_fake, rng):
        asked.append((critic, x_real.shape, x_fake.requires_grad, rng))
        return 5.0 + 0 * critic(x_real).mean()

    match.change(loss_fn_d=critic_loss, d_penalty=penalty, d_clip=0.05)
    match.play_iteration()
    game = match.game
    assert asked == [(game.discriminator, (64, 1), False, game.rng)]
    assert max(w.abs().max() for w in game.discriminator.parameters()) <= 0.05
    assert 4 < match.history[-1].loss_d < 6, "the penalty is part of the loss"
    match.change(d_penalty=None, d_clip=None)
    played(match, 100)
    assert len(asked) == 1
    assert max(w.abs().max() for w in game.discriminator.parameters()) > 0.05


def test_a_penalty_moves_d_by_its_own_gradient():
    """With plain descent D's step is the sum of what loss and penalty would do alone."""

    def moved(**constraint) -> list[torch.Tensor]:
        settings = Settings(optimiser_d=sgd, optimiser_g=sgd, lr_d=0.1, **constraint)
        match = Match(start, DATA, settings)
        before = [w.detach().clone() for w in match.game.discriminator.parameters()]
        match.step_discriminator()
        pairs = zip(match.game.discriminator.parameters(), before, strict=True)
        return [now.detach() - was for now, was in pairs]

    def penalty(critic, x_real, x_fake, rng):
        return sum(w.square().sum() for w in critic.parameters())

    weights_0 = [w.detach() for w in start().discriminator.parameters()]
    for free, constrained, weight in zip(moved(), moved(d_penalty=penalty), weights_0, strict=True):
        assert torch.allclose(constrained - free, -0.1 * 2 * weight, atol=1e-12)


def test_a_long_game_notes_ever_more_rarely_and_forgets_nothing_between():
    match = Match(
        start, DATA, Settings(batch_size=2), lambda _, snapshot: snapshot.iteration, 2, 10
    )
    kept = {}
    for _ in range(100):
        match.play_iteration()
        kept[match.iterations] = list(match.history)
    assert kept[20] == list(range(2, 21, 2)), "as long as there is room, each"
    assert kept[22] == list(range(4, 21, 4))
    assert kept[100] == list(range(16, 101, 16))
    assert max(map(len, kept.values())) == 10
    match.reset()
    match.play_iteration()
    match.play_iteration()
    assert match.history == [2], "a new game notes as often as the first"


def test_a_match_is_as_made_until_somebody_changes_it():
    match = played(Match(start, DATA), 3)
    assert match.as_made
    match.reset()
    assert match.as_made
    match.change(lr_d=0.1)
    assert not match.as_made
    match.change(lr_d=4e-3)
    assert not match.as_made, "this run has had another learning rate"
    match.reset()
    assert match.as_made
    match.step_generator()
    assert not match.as_made


def test_the_run_before_a_reset_is_kept_to_compare_with():
    match = played(Match(start, DATA), 3)
    marks = match.history
    match.reset()
    assert match.before == marks
    match.reset()
    assert match.before == marks, "a second reset loses nothing"
    assert played(match, 1).before == marks
