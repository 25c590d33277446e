"""The game: each step against gradients taken by hand, and a game that stops and goes on."""

import copy
import dataclasses
import os
import signal
import threading

import numpy as np
import pytest
import torch
from torch import nn

from gan_edu import match, training
from gan_edu.files import write_torch
from gan_edu.losses import discriminator_loss, generator_non_saturating, relativistic_discriminator
from gan_edu.training import Game, Settings, load_checkpoint, play_iterations, save_checkpoint
from tests.helpers.programs import printed

DATA = torch.linspace(-1, 1, 200, dtype=torch.float64)[:, None].repeat(1, 3)


def small_game(
    seed=0, lr=0.01, optimiser=torch.optim.SGD, precision=torch.float32, **settings
) -> Game:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        generator = nn.Sequential(nn.Linear(2, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 3))
        discriminator = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    generator, discriminator = generator.double(), discriminator.double()
    return Game(
        generator,
        discriminator,
        optimiser(generator.parameters(), lr=lr),
        optimiser(discriminator.parameters(), lr=lr),
        latent_dim=2,
        rng=torch.Generator().manual_seed(seed),
        settings=Settings(**settings),
        precision=precision,
    )


def play_iteration(game: Game, x, batch_size: int) -> training.Snapshot:
    game.settings = dataclasses.replace(game.settings, batch_size=batch_size)
    return training.snapshot(game, training.play_iteration(game, x))


@pytest.fixture(autouse=True)
def noise_in_double(monkeypatch):
    """Play in float64, so that equality means equality of formulas and not of roundings."""
    draw = Game.noise
    monkeypatch.setattr(Game, "noise", lambda game, count: draw(game, count).double())


def weights(network) -> list[torch.Tensor]:
    return [w.detach().clone() for w in network.parameters()]


def assert_same_state(left, right):
    assert left.keys() == right.keys()
    for key in left:
        torch.testing.assert_close(left[key], right[key], rtol=0, atol=0)


def same_draws(game) -> torch.Generator:
    return torch.Generator().manual_seed(0).set_state(game.rng.get_state())


def test_samples_are_what_g_makes_of_the_noise_that_rng_draws():
    game = small_game()
    z = torch.randn(8, 2, generator=same_draws(game)).double()
    torch.testing.assert_close(game.generate(8), copy.deepcopy(game.generator)(z))


@pytest.mark.parametrize("seed", range(3))
def test_step_of_d_descends_the_gradient_of_its_loss_and_leaves_g_alone(seed):
    game = small_game(seed, lr=0.1)
    x_fake, discriminator = game.generate(8), copy.deepcopy(game.discriminator)
    loss = discriminator_loss(discriminator(DATA[:8]), discriminator(x_fake.detach()))
    gradients = torch.autograd.grad(loss, list(discriminator.parameters()))

    before_g, before_d = weights(game.generator), weights(game.discriminator)
    returned, logits_real, logits_fake = game.step_discriminator(DATA[:8], x_fake)

    torch.testing.assert_close(returned, loss.detach())
    torch.testing.assert_close(logits_real, discriminator(DATA[:8]).detach())
    torch.testing.assert_close(logits_fake, discriminator(x_fake).detach())
    for now, then, gradient in zip(weights(game.discriminator), before_d, gradients, strict=True):
        torch.testing.assert_close(now, then - 0.1 * gradient)
    assert not all(map(torch.equal, weights(game.discriminator), before_d))
    assert all(map(torch.equal, weights(game.generator), before_g))
    assert all(w.grad is None for w in game.generator.parameters()), "detach cuts the way to G"


@pytest.mark.parametrize("seed", range(3))
def test_step_of_g_descends_the_gradient_of_its_loss_and_leaves_d_alone(seed):
    game = small_game(seed, lr=0.1)
    z = torch.randn(8, 2, generator=same_draws(game)).double()
    generator, discriminator = copy.deepcopy(game.generator), copy.deepcopy(game.discriminator)
    loss = generator_non_saturating(discriminator(generator(z)))
    gradients = torch.autograd.grad(loss, list(generator.parameters()))

    before_g, before_d = weights(game.generator), weights(game.discriminator)
    torch.testing.assert_close(game.step_generator(game.generate(8)), loss.detach())

    for now, then, gradient in zip(weights(game.generator), before_g, gradients, strict=True):
        torch.testing.assert_close(now, then - 0.1 * gradient)
    assert not all(map(torch.equal, weights(game.generator), before_g))
    assert all(map(torch.equal, weights(game.discriminator), before_d))
    assert all(w.grad is None for w in game.discriminator.parameters()), "D collects nothing"


@pytest.mark.parametrize("seed", range(3))
def test_the_penalty_is_part_of_the_loss_that_d_descends_and_returns(seed):
    def penalty(discriminator, x_real, x_fake, rng):
        assert not x_fake.requires_grad, "no gradient reaches G"
        return 3 * discriminator((x_real + x_fake) / 2).square().mean()

    game = small_game(seed, lr=0.1, d_penalty=penalty)
    x_fake, discriminator = game.generate(8), copy.deepcopy(game.discriminator)
    between = (DATA[:8] + x_fake.detach()) / 2
    loss = discriminator_loss(discriminator(DATA[:8]), discriminator(x_fake.detach()))
    loss = loss + 3 * discriminator(between).square().mean()
    gradients = torch.autograd.grad(loss, list(discriminator.parameters()))

    before = weights(game.discriminator)
    returned, *_ = game.step_discriminator(DATA[:8], x_fake)

    torch.testing.assert_close(returned, loss.detach())
    for now, then, gradient in zip(weights(game.discriminator), before, gradients, strict=True):
        torch.testing.assert_close(now, then - 0.1 * gradient)


def test_clipping_cuts_each_of_d_s_weights_after_its_step_and_none_of_g_s():
    free, cut = small_game(lr=0.1), small_game(lr=0.1, d_clip=0.2)
    for game in (free, cut):
        game.step_discriminator(DATA[:8], game.generate(8))
    pairs = list(zip(weights(free.discriminator), weights(cut.discriminator), strict=True))
    assert any(w.abs().max() > 0.2 for w, _ in pairs), "there is something to cut"
    for without, clipped in pairs:
        np.testing.assert_array_equal(clipped, np.clip(without.numpy(), -0.2, 0.2))
    assert all(map(torch.equal, weights(free.generator), weights(cut.generator)))


def test_g_learns_from_the_discriminator_as_it_is_after_its_step():
    game = small_game(lr=0.5)
    x_fake = game.generate(8)
    game.step_discriminator(DATA[:8], x_fake)
    after = generator_non_saturating(game.discriminator(x_fake)).detach()
    torch.testing.assert_close(game.step_generator(x_fake), after)


def test_gradients_do_not_pile_up_from_step_to_step():
    game = small_game(lr=0.0)
    for _ in range(2):
        game.step_discriminator(DATA[:8], game.generate(8))
        x_fake = game.generate(8)
        expected = torch.autograd.grad(
            discriminator_loss(game.discriminator(DATA[:8]), game.discriminator(x_fake.detach())),
            list(game.discriminator.parameters()),
        )
        game.step_discriminator(DATA[:8], x_fake)
        for weight, gradient in zip(game.discriminator.parameters(), expected, strict=True):
            torch.testing.assert_close(weight.grad, gradient)


def test_the_average_follows_g_and_takes_the_batch_statistics_along():
    game, expected = small_game(), {}
    for t in range(30):
        play_iteration(game, DATA, batch_size=8)
        for name, value in game.generator.state_dict().items():
            if value.is_floating_point():
                old = expected.get(name, torch.zeros_like(value))
                expected[name] = (t * old + 10 * value) / (t + 10)
    for name, value in game.average.state_dict().items():
        if value.is_floating_point():
            torch.testing.assert_close(value, expected[name])
    assert not game.average.training
    assert not any(w.requires_grad for w in game.average.parameters())


def test_lower_precision_is_for_the_products_only(monkeypatch):
    monkeypatch.undo()  # autocast leaves float64 alone
    game, exact = small_game(precision=torch.bfloat16), small_game()
    seen, snapshots = [], []
    for player in (game.generator[0], game.discriminator[0]):
        player.register_forward_hook(lambda _, __, y: seen.append(y.dtype))
    for one in (game, exact):
        one.generator.float(), one.discriminator.float(), one.average.float()
        snapshots.append(play_iteration(one, DATA.float(), batch_size=8))
    assert set(seen) == {torch.bfloat16}
    assert {w.dtype for w in game.average.state_dict().values()} == {torch.float32, torch.int64}
    assert snapshots[0].loss_d == pytest.approx(snapshots[1].loss_d, rel=0.02)
    assert snapshots[0].loss_d != snapshots[1].loss_d


def test_an_iteration_is_d_steps_of_d_and_one_of_g_on_data_rows(monkeypatch):
    game, calls = small_game(batch_size=6, d_steps=3), []
    step_d, step_g = game.discriminator_step, game.generator_step
    rows = {tuple(row.tolist()) for row in DATA}

    def watch_d(x_real, x_fake):
        assert all(tuple(row.tolist()) in rows for row in x_real)
        calls.append(("D", len(x_real), len(x_fake)))
        return step_d(x_real, x_fake)

    def watch_g(x_fake, x_real, z):
        calls.append(("G", len(x_fake)))
        return step_g(x_fake, x_real, z)

    monkeypatch.setattr(game, "discriminator_step", watch_d)
    monkeypatch.setattr(game, "generator_step", watch_g)
    snapshots = list(play_iterations(game, DATA, iterations=2))
    assert calls == 2 * [("D", 6, 6), ("D", 6, 6), ("D", 6, 6), ("G", 6)]
    assert [s.iteration for s in snapshots] == [1, 2] == list(range(1, game.iterations + 1))


def test_iterations_are_played_as_the_game_s_settings_say():
    game = small_game(batch_size=5, d_steps=2)
    list(play_iterations(game, DATA, 1))
    assert (game.settings.batch_size, game.settings.d_steps) == (5, 2)


def test_each_of_g_s_steps_but_the_first_has_samples_of_its_own():
    game = small_game(batch_size=6, d_steps=2, g_steps=4)
    looks = list(training.iteration(game, DATA))
    seen = [look.noise for look in looks if look.name == "loss_g"]
    drawn = [look.noise for look in looks if look.name == "noise"]
    assert len(drawn) == 2 + 3
    for z, expected in zip(seen, drawn[1:], strict=True):
        assert torch.equal(z, expected), "the first one's are those of D's last step"
    assert len({tuple(z.flatten().tolist()) for z in seen}) == 4


def test_a_new_optimiser_has_the_rate_of_the_one_before():
    game = small_game(optimiser_d=torch.optim.Adam, optimiser_g=torch.optim.Adam)
    game.opt_d.param_groups[0]["lr"], game.opt_g.param_groups[0]["lr"] = 0.3, 0.7
    game.obey()
    made = game.opt_d, game.opt_g
    assert [type(opt) for opt in made] == 2 * [torch.optim.Adam]
    assert [opt.param_groups[0]["lr"] for opt in made] == [0.3, 0.7]


@pytest.mark.parametrize(
    ("frozen", "moves"), [("freeze_d", "generator"), ("freeze_g", "discriminator")]
)
def test_a_frozen_network_stays_as_it_is_while_its_loss_is_measured(frozen, moves):
    game = small_game()
    game.settings = dataclasses.replace(game.settings, **{frozen: True}, d_clip=0.01)
    networks = {"generator": game.generator, "discriminator": game.discriminator}
    before = {name: weights(network) for name, network in networks.items()}
    snapshots = [training.snapshot(game, training.play_iteration(game, DATA)) for _ in range(3)]
    changed = {
        name
        for name, network in networks.items()
        if not all(map(torch.equal, before[name], weights(network)))
    }
    assert changed == {moves}
    assert len({s.loss_d for s in snapshots}) == len({s.loss_g for s in snapshots}) == 3


def test_a_frozen_game_reports_a_loss_that_is_not_finite_all_the_same():
    game = small_game()
    game.settings = dataclasses.replace(game.settings, freeze_d=True, freeze_g=True)
    with torch.no_grad():
        next(game.discriminator.parameters()).fill_(torch.nan)
    with pytest.raises(FloatingPointError, match="the discriminator's loss is nan in iteration 1"):
        training.play_iteration(game, DATA)


@pytest.mark.parametrize("seed", range(3))
def test_a_relativistic_game_compares_each_sample_with_the_real_one_beside_it(seed):
    game = small_game(lr=0.0)
    game.rng.manual_seed(seed)
    game.settings = dataclasses.replace(
        game.settings, relativistic=True, loss_fn_d=relativistic_discriminator
    )
    looks = {look.name: look for look in training.iteration(game, DATA)}
    real, fake = looks["real"].real, looks["generate"].fake
    with torch.no_grad():
        gap = game.discriminator(real) - game.discriminator(fake)
    loss_d, loss_g = looks["end"].loss.tolist()
    assert loss_d == pytest.approx(np.logaddexp(0, -gap.numpy()).mean(), rel=1e-5)
    assert loss_g == pytest.approx(np.logaddexp(0, gap.numpy()).mean(), rel=1e-5)


def test_a_snapshot_tells_the_losses_and_the_mean_answers_of_d():
    game = small_game(lr=0.0)
    snapshot = play_iteration(game, DATA, batch_size=400)
    d_real = game.discriminator(DATA).sigmoid().mean().item()
    assert snapshot.d_real == pytest.approx(d_real, abs=0.02)
    assert 0 < snapshot.d_fake < 1
    assert snapshot.loss_d == pytest.approx(
        -np.log(snapshot.d_real) - np.log(1 - snapshot.d_fake), abs=0.2
    )
    assert snapshot.loss_g == pytest.approx(-np.log(snapshot.d_fake), abs=0.2)


def test_minibatches_are_drawn_from_all_the_data_alike():
    game, seen = small_game(lr=0.0), []
    game.settings = dataclasses.replace(game.settings, batch_size=20)
    for _ in range(300):
        seen += [look.real[:, 0] for look in training.iteration(game, DATA) if look.name == "real"]
    values, counts = torch.cat(seen).unique(return_counts=True)
    assert len(values) == len(DATA)
    chi2 = ((counts - 30) ** 2 / 30).sum().item()
    assert 120 < chi2 < 290, "6000 draws from 200 rows: χ² with 199 degrees of freedom"


@pytest.mark.parametrize("optimiser", [torch.optim.SGD, torch.optim.Adam])
def test_a_checkpoint_brings_everything_back_bit_for_bit(tmp_path, optimiser):
    straight = small_game(optimiser=optimiser, batch_size=8)
    list(play_iterations(straight, DATA, 20))

    stopped = small_game(optimiser=optimiser, batch_size=8)
    list(play_iterations(stopped, DATA, 9))
    save_checkpoint(tmp_path / "game.pt", stopped, seconds=1.5)
    resumed = small_game(seed=5, lr=0.7, optimiser=optimiser, batch_size=8)
    assert load_checkpoint(tmp_path / "game.pt", resumed) == {"seconds": 1.5}
    list(play_iterations(resumed, DATA, 11))

    assert resumed.iterations == straight.iterations == 20
    for name in ("generator", "discriminator", "average"):
        assert_same_state(getattr(resumed, name).state_dict(), getattr(straight, name).state_dict())
    assert torch.equal(resumed.rng.get_state(), straight.rng.get_state())
    assert [f.name for f in tmp_path.iterdir()] == ["game.pt"]


@pytest.mark.parametrize("player", "dg")
def test_a_checkpoint_brings_back_the_optimisers_that_the_settings_name(tmp_path, player):
    adam = {f"optimiser_{player}": match.adam}

    def game() -> Game:
        made = small_game(batch_size=8)
        made.settings = dataclasses.replace(made.settings, **adam, lr_d=0.02, lr_g=0.01)
        return made

    straight, stopped, resumed = game(), game(), game()
    list(play_iterations(straight, DATA, 20))
    list(play_iterations(stopped, DATA, 9))
    save_checkpoint(tmp_path / "game.pt", stopped)
    load_checkpoint(tmp_path / "game.pt", resumed)
    list(play_iterations(resumed, DATA, 11))
    for name in ("generator", "discriminator", "average"):
        assert_same_state(getattr(resumed, name).state_dict(), getattr(straight, name).state_dict())


def test_a_new_game_s_state_is_that_of_the_optimisers_that_it_will_play_with():
    game = small_game()
    game.settings = dataclasses.replace(game.settings, optimiser_d=match.adam, lr_d=0.02)
    start = copy.deepcopy(game.state_dict())
    first = [training.snapshot(game, training.play_iteration(game, DATA)) for _ in range(3)]
    game.load_state_dict(start)
    assert [training.snapshot(game, training.play_iteration(game, DATA)) for _ in first] == first


def test_learning_rates_of_the_settings_outlive_a_way_back():
    game = small_game()
    game.settings = dataclasses.replace(game.settings, lr_d=0.02)
    training.play_iteration(game, DATA)
    state = copy.deepcopy(game.state_dict())
    game.settings = dataclasses.replace(game.settings, lr_d=0.5)
    training.play_iteration(game, DATA)
    game.load_state_dict(state)
    training.play_iteration(game, DATA)
    assert game.opt_d.param_groups[0]["lr"] == 0.5


@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "another dict", "a bare tensor"])
def test_a_file_that_is_no_checkpoint_is_named_and_changes_nothing(tmp_path, damage):
    game, path = small_game(), tmp_path / "game.pt"
    save_checkpoint(path, game)
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:-200])
    elif damage in ("empty", "text"):
        path.write_bytes(b"" if damage == "empty" else b"<html>log in</html>")
    else:
        write_torch(path, {"x": 1} if damage == "another dict" else torch.zeros(3))
    before = copy.deepcopy(game.state_dict())
    with pytest.raises(ValueError, match=r"game\.pt"):
        load_checkpoint(path, game)
    assert_same_state(game.state_dict()["generator"], before["generator"])


def test_a_checkpoint_of_other_players_is_refused_and_nothing_is_half_loaded(tmp_path):
    game = small_game(batch_size=8)
    state = game.state_dict()
    list(play_iterations(game, DATA, 2))
    save_checkpoint(tmp_path / "game.pt", game)
    other = small_game(seed=1, batch_size=8)
    other.discriminator[2] = nn.Linear(4, 2).double()  # the generator still fits
    before = copy.deepcopy(other.state_dict())
    with pytest.raises(ValueError, match="belongs to another game"):
        load_checkpoint(tmp_path / "game.pt", other)
    for name in ("generator", "discriminator", "average"):
        assert_same_state(other.state_dict()[name], before[name])
    assert other.iterations == 0 != state["iterations"] + game.iterations


def test_a_checkpoint_never_runs_code(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'sprung'}",)  # noqa: TID251

    trap = {"format": training.CHECKPOINT_FORMAT, "game": Trap()}
    write_torch(tmp_path / "game.pt", trap)
    with pytest.raises(ValueError, match="is damaged, or was written by another"):
        load_checkpoint(tmp_path / "game.pt", small_game())
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(("player", "value"), [("d", float("nan")), ("g", float("inf"))])
def test_a_loss_that_is_not_finite_stops_with_the_iteration_and_a_remedy(player, value):
    game = small_game(batch_size=8)
    list(play_iterations(game, DATA, 3))
    original = getattr(game.settings, f"loss_fn_{player}")
    spoiled = {f"loss_fn_{player}": lambda *logits: original(*logits) + value}
    game.settings = dataclasses.replace(game.settings, **spoiled)
    moved = game.discriminator if player == "d" else game.generator
    before = weights(moved)
    with pytest.raises(
        FloatingPointError, match=r"loss is (nan|inf) in iteration 4.*learning rate"
    ):
        play_iteration(game, DATA, batch_size=8)
    assert game.iterations == 3
    assert all(map(torch.equal, weights(moved), before))


def test_ctrl_c_waits_until_the_iteration_is_whole_and_the_game_goes_on(monkeypatch):
    interrupted, straight = small_game(batch_size=8), small_game(batch_size=8)
    list(play_iterations(straight, DATA, 6))

    step, hits = Game.discriminator_step, []

    def step_and_press(game, *samples):
        yield from step(game, *samples)
        if game is interrupted and game.iterations == 2 and not hits:
            hits.append(True)
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Game, "discriminator_step", step_and_press)
    with pytest.raises(KeyboardInterrupt):
        list(play_iterations(interrupted, DATA, 6))
    assert interrupted.iterations == 3, "the iteration in which Ctrl-C came is whole"
    list(play_iterations(interrupted, DATA, 3))
    assert_same_state(interrupted.generator.state_dict(), straight.generator.state_dict())
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_game_can_be_played_outside_the_main_thread():
    game = small_game(batch_size=8)
    thread = threading.Thread(target=lambda: list(play_iterations(game, DATA, 2)))
    thread.start()
    thread.join()
    assert game.iterations == 2


def test_importing_the_game_draws_nothing():
    printed(
        "import torch; before = torch.get_rng_state(); import gan_edu.training, gan_edu.networks; "
        "assert torch.equal(before, torch.get_rng_state())"
    )
