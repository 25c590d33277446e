"""Chapter 06: one iteration against autograd, two estimates and four objectives by quadrature."""

import copy
import functools
import math
from pathlib import Path

import jupytext
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from scipy import stats
from scipy.integrate import quad
from torch.nn.functional import binary_cross_entropy_with_logits as bce

from gan_edu import games, losses
from gan_edu.chapters.ch06_summary import after_2014, rewards
from gan_edu.chapters.ch06_summary import scenes as lab
from gan_edu.divergences import kl
from gan_edu.networks import mlp
from gan_edu.recipes import line_match
from gan_edu.stage import painting, palette
from gan_edu.targets import same_distribution
from tests.helpers import playing
from tools.figures import article

SEEDS = range(3)
ITERATIONS, BATCH = 5, 128


def weights(network) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in network.parameters()])


def played(seed: int):
    return playing.played(line_match("normal", seed=seed), ITERATIONS)


@pytest.fixture(scope="module", params=SEEDS)
def iterations(request):
    """Return an iteration, the game after it, and a twin of that game before it."""
    match, twin = played(request.param), played(request.param)
    return lab.one_iteration(match.game, match.x), match.game, twin


@functools.cache
def seen_once() -> dict:
    match = played(0)
    return lab.one_iteration(match.game, match.x)


@pytest.fixture(scope="module")
def one_seen():
    return seen_once()


# --- one iteration --------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_one_iteration_is_the_package_s_iteration_bit_for_bit(seed):
    match, twin = played(seed), played(seed)
    lab.one_iteration(match.game, match.x)
    twin.play_iteration()
    for name in ("generator", "discriminator", "average"):
        ours, theirs = (weights(getattr(m.game, name)) for m in (match, twin))
        assert torch.equal(ours, theirs), name
    assert match.iterations == twin.iterations
    match.play_iteration()
    twin.play_iteration()
    assert torch.equal(weights(match.game.generator), weights(twin.game.generator))


def test_each_number_on_the_way_is_what_autograd_and_cross_entropy_say(iterations):
    seen, _, twin = iterations
    generator, discriminator = twin.game.generator, twin.game.discriminator
    x_real, z = twin.game.pick(twin.x, BATCH), twin.game.noise(BATCH)
    x_fake = generator(z)
    real, fake = discriminator(x_real), discriminator(x_fake)
    l_real, l_fake = bce(real, torch.ones_like(real)), bce(fake, torch.zeros_like(fake))
    grad_d = torch.autograd.grad(l_real + l_fake, list(discriminator.parameters()))
    expected = {
        "noise": [z],
        "generate": [x_fake],
        "data": [x_real],
        "detach": [x_fake],
        "logits": [real, fake],
        "loss_d": [l_real, l_fake, l_real + l_fake],
        "grad_d": [torch.cat([gradient.flatten() for gradient in grad_d])],
    }
    for name, tensors in expected.items():
        for ours, theirs in zip(seen[name].values(), tensors, strict=True):
            torch.testing.assert_close(ours, theirs.detach(), rtol=1e-4, atol=1e-6)


def test_g_s_half_meets_the_new_d_and_its_gradient_passes_through_it(iterations):
    seen, game, twin = iterations
    generator = copy.deepcopy(twin.game.generator)  # D's step leaves it alone
    x_fake = generator(seen["noise"]["z"])
    x_fake.retain_grad()
    logits = game.discriminator(x_fake)  # G's step has left D alone
    loss = bce(logits, torch.ones_like(logits))
    loss.backward()
    grad_g = torch.cat([weight.grad.flatten() for weight in generator.parameters()])
    expected = [("again", logits), ("loss_g", loss), ("grad_x", x_fake.grad), ("grad_g", grad_g)]
    for name, theirs in expected:
        *_, ours = seen[name].values()
        torch.testing.assert_close(ours, theirs.detach(), rtol=1e-4, atol=1e-6)
    assert not torch.allclose(seen["again"]["logits_fake"], seen["logits"]["logits_fake"])
    assert torch.equal(seen["again"][lab.BEFORE], seen["logits"]["logits_fake"])


def test_each_network_moves_in_its_own_step_only(iterations):
    seen, game, twin = iterations
    moves = {"Δψ": (seen["step_d"], "discriminator"), "Δθ": (seen["step_g"], "generator")}
    for name, (stop, network) in moves.items():
        whole = weights(getattr(game, network)) - weights(getattr(twin.game, network))
        torch.testing.assert_close(stop[name], whole)
        assert stop[name].abs().max() > 0


def test_every_stop_has_words_numbers_and_ways_that_are_on_the_map(iterations):
    seen, _, _ = iterations
    assert list(lab.STOPS) == list(seen)
    assert {kind for _, kind, *_ in lab.STOPS.values()} == set(lab.GRADIENT)
    used = {way for _, _, *ways in lab.STOPS.values() for way in ways}
    assert used == set(lab.ARROWS)
    assert {name for way in lab.ARROWS for name in way.split()} == set(lab.NODES)
    cut = [name for name, (_, kind, *_) in lab.STOPS.items() if kind == "cut"]
    assert (cut[0], *lab.CUT[1:]) == lab.CUT


STEPS = tuple(range(1, len(lab.STOPS) + 1))


def flow(seen, step: int):
    axes = lab.iteration_scene(seen).figure(step=step).axes[0]
    scissors, words = (t for t in axes.texts if t.get_text() == "✂" or "\n" in t.get_text())
    thick = [t.arrow_patch for t in axes.texts if getattr(t, "arrow_patch", None)]
    lit = [arrow for arrow in thick if arrow.get_visible() and arrow.get_linewidth() > 2]
    return scissors.get_visible(), words.get_text(), lit


@pytest.mark.parametrize("step", STEPS)
def test_a_stop_lights_its_ways_and_says_its_shape_and_first_values(one_seen, step):
    seen = one_seen
    name = list(lab.STOPS)[step - 1]
    _, kind, *ways = lab.STOPS[name]
    scissors, words, lit = flow(seen, step)
    assert scissors == (name in lab.CUT)
    assert len(lit) == len(ways)
    assert all((arrow.get_linestyle() == "solid") == (kind != "back") for arrow in lit)
    for called, tensor in seen[name].items():
        assert called in words
        assert f"{tensor.flatten()[0].item():.2g}".replace("-", "−") in words
        assert str(tuple(tensor.shape)) in words or not tensor.ndim


def test_the_strip_shows_every_value(one_seen):
    for step, tensors in enumerate(one_seen.values(), 1):
        axes = lab.iteration_scene(one_seen).figure(step=step).axes[1]
        low, high = axes.get_xlim()
        for line, tensor in zip(axes.lines, tensors.values(), strict=False):
            np.testing.assert_allclose(line.get_xdata(), tensor.flatten().numpy())
            assert low < min(line.get_xdata())
            assert max(line.get_xdata()) < high
        assert not any(len(line.get_xdata()) for line in axes.lines[len(tensors) :])


def test_the_logits_of_stops_5_and_9_share_an_axis(one_seen):
    seen = one_seen | {"logits": one_seen["logits"] | {"logits_real": torch.tensor([[90.0]])}}
    scene = lab.iteration_scene(seen)
    before, after = (scene.figure(step=step).axes[1].get_xlim() for step in (5, 9))
    assert before == after


def test_at_stop_9_lines_join_each_sample_s_logits_before_and_after(one_seen):
    scene, ends = lab.iteration_scene(one_seen), {}
    for step in STEPS:
        ends[step] = scene.figure(step=step).axes[1].collections[0].get_segments()
        assert len(ends[step]) == (BATCH if step == 9 else 0)
    for row, name in ((0, "logits"), (1, "again")):
        theirs = one_seen[name]["logits_fake"].flatten().numpy()
        np.testing.assert_allclose(np.array(ends[9])[:, row, 0], theirs)


def test_at_stop_9_rising_lines_differ_from_falling_ones_and_a_key_says_how(one_seen):
    for step in STEPS:
        axes = lab.iteration_scene(one_seen).figure(step=step).axes[1]
        key = [text for text in axes.texts if "grows" in text.get_text()]
        assert [text.get_visible() for text in key] == [step == 9]
        links = axes.collections[0]
        looks = zip(links.get_segments(), links.get_colors(), links.get_linewidths(), strict=True)
        for ((before, _), (after, _)), colour, width in looks:
            rises = after > before
            assert to_hex(colour).upper() == (palette.EXACT if rises else palette.NOISE)
            assert (width > 0.5) == rises


def test_where_d_gives_logits_the_arrows_into_it_and_out_of_it_are_thick():
    for stop, count in (("logits", 2), ("again", 1)):
        _, kind, *ways = lab.STOPS[stop]
        assert kind == "open"
        assert sum(way.endswith(" D") for way in ways) == count
        assert sum(way.startswith("D ") for way in ways) == count


@given(st.floats(1e-9, 1e9))
def test_the_strip_s_end_is_a_round_number_just_beyond(number):
    end = lab._round_up(number)
    assert number <= end <= 2.5 * number * (1 + 1e-12)
    assert f"{end:.0e}"[0] in "125"


# --- two gradient estimates -----------------------------------------------------------------------

PAIRS = [(3.0, 3.0), (2.0, 1.0), (0.5, 2.0), (-1.0, 1.5), (0.3, 0.3)]
ESTIMATES = [rewards.pathwise, rewards.score_function, rewards.with_baseline]


def integral(f, theta: float) -> float:
    density = stats.norm(theta).pdf
    return quad(lambda x: f(x) * density(x), theta - 12, theta + 12, limit=200, epsabs=1e-11)[0]


def loss(theta: float, psi: float) -> float:
    """Return −E log D_ψ over N(θ,1), from its definition."""
    return integral(lambda x: math.log1p(math.exp(psi * x - psi**2 / 2)), theta)


@pytest.mark.parametrize(("theta", "psi"), PAIRS)
@pytest.mark.parametrize("estimate", ESTIMATES)
def test_an_estimate_s_mean_is_the_gradient_of_the_loss(estimate, theta, psi):
    h = 1e-4
    slope = (loss(theta + h, psi) - loss(theta - h, psi)) / (2 * h)
    mean = integral(lambda x: float(estimate(np.array(x), theta, psi)), theta)
    assert mean == pytest.approx(slope, abs=1e-6)
    assert slope == pytest.approx(float(games.slope_non_saturating(theta, psi)), abs=1e-6)


@pytest.mark.parametrize(("theta", "psi"), PAIRS)
@pytest.mark.parametrize("estimate", ESTIMATES)
def test_the_variance_is_quadrature_s_and_a_simulation_s(estimate, theta, psi):
    one = [
        integral(lambda x, k=k: float(estimate(np.array(x), theta, psi)) ** k, theta)
        for k in (1, 2)
    ]
    found = rewards.variance(estimate, theta, psi)
    assert found == pytest.approx(one[1] - one[0] ** 2, abs=1e-7)
    x = theta + np.random.default_rng(0).standard_normal(200_000)
    assert found == pytest.approx(estimate(x, theta, psi).var(), rel=0.05)


@pytest.mark.parametrize("theta", [0.1, 0.5, 1.0, 2.0, 3.0])
def test_through_the_discriminator_there_is_less_noise_with_a_baseline_or_without(theta):
    through, score, calmed = (rewards.variance(estimate, theta, theta) for estimate in ESTIMATES)
    assert 10 * through < calmed < score


def deviation_of_a_mean(estimate, batch: int) -> float:
    return math.sqrt(rewards.variance(estimate, rewards.THETA, rewards.THETA) / batch)


@pytest.mark.parametrize("batch", [1, rewards.SIZE, 200])
def test_the_band_holds_95_percent_of_the_upper_row_with_its_own_batch(batch):
    _, upper, _, lower = rewards.signals_scene().figure(batch=batch).axes
    exact = -float(games.slope_non_saturating(rewards.THETA, rewards.THETA))
    half = 1.96 * deviation_of_a_mean(rewards.pathwise, rewards.SIZE)
    for axes in (upper, lower):
        band = axes.patches[0].get_bbox()
        assert (band.x0, band.x1) == pytest.approx((exact - half, exact + half))
    if batch == rewards.SIZE:
        inside = [exact - half < x < exact + half for x in upper.lines[1].get_xdata()]
        assert 90 <= sum(inside) <= 100


def test_the_lower_row_fits_into_the_band_at_the_batch_that_the_answer_names():
    narrow = deviation_of_a_mean(rewards.pathwise, rewards.SIZE)
    assert deviation_of_a_mean(rewards.score_function, 400) == pytest.approx(narrow, rel=0.03)
    assert deviation_of_a_mean(rewards.with_baseline, 150) == pytest.approx(narrow, rel=0.03)


def pushes(axes) -> tuple[np.ndarray, np.ndarray]:
    """Return the samples in a panel of `signals_scene`, and how far their arrows point."""
    (arrows,) = (c for c in axes.collections if isinstance(c, LineCollection))
    shafts = np.array(arrows.get_segments())
    np.testing.assert_array_equal(shafts[:, 0, 1], shafts[:, 1, 1])
    return shafts[:, 0, 0], shafts[:, 1, 0] - shafts[:, 0, 0]


@pytest.mark.parametrize("shown", [1, 4, 50, 100])
def test_the_arrows_point_as_the_answers_say_and_their_mean_has_the_ring(shown):
    scene = rewards.signals_scene()
    slopes, upper, values, lower = scene.figure(batch=8, shown=shown).axes
    x, through = pushes(slopes)
    same, reward = pushes(values)
    np.testing.assert_array_equal(x, same)
    assert (through < 0).all()
    np.testing.assert_array_equal(reward > 0, x < rewards.THETA)
    for panel, far in ((upper, through), (lower, reward)):
        ring = next(line for line in panel.lines if line.get_fillstyle() == "none")
        assert ring.get_xdata()[0] == pytest.approx(far.mean() / rewards.PUSH)
    x, calmed = pushes(scene.figure(batch=8, shown=shown, baseline=True).axes[2])
    log_d = stats.logistic.logcdf(games.logit(x, rewards.THETA))
    mean = integral(
        lambda x: float(stats.logistic.logcdf(games.logit(x, rewards.THETA))), rewards.THETA
    )
    towards = calmed * (x - rewards.THETA) > 0
    np.testing.assert_array_equal(towards, log_d > mean)


def test_without_a_baseline_half_of_the_arrows_point_right_and_with_it_few():
    x = rewards.THETA + np.random.default_rng(0).standard_normal(10_000)
    plain, calmed = (estimate(x, rewards.THETA, rewards.THETA) for estimate in ESTIMATES[1:])
    assert (plain < 0).mean() == pytest.approx(0.5, abs=0.02)
    assert (calmed < 0).mean() < 0.1


# --- four objectives ------------------------------------------------------------------------------


def normal_log(x: float, m: float, s: float) -> float:
    return -(((x - m) / s) ** 2) / 2 - math.log(s * math.sqrt(2 * math.pi))


def by_quad(m: float, s: float, apart: float) -> list[float]:
    """Return all four objectives, in logs, so that no density is 0."""

    def logs(x: float) -> tuple[float, float, float]:
        p = np.logaddexp(normal_log(x, -apart, 0.5), normal_log(x, apart, 0.5)) - math.log(2)
        q = normal_log(x, m, s)
        return p, q, np.logaddexp(p, q) - math.log(2)

    def area(weight: int, other: int) -> float:  # of 0: p, 1: q, 2: their middle
        def height(x: float) -> float:
            found = logs(x)
            return math.exp(found[weight]) * (found[weight] - found[other])

        return quad(height, -20, 20, limit=200, points=(-apart, m, apart))[0]

    two_js = area(0, 2) + area(1, 2)
    return [area(0, 1), area(1, 0), two_js, area(1, 0) - two_js]


@pytest.mark.parametrize(
    ("m", "s", "apart"), [(0.5, 1.0, 1.0), (-1.2, 0.5, 1.5), (3, 0.4, 1.0), (-3, 2.8, 2.5)]
)
def test_the_objectives_are_what_quadrature_says(m, s, apart):
    values = [float(f(lab.two_modes(apart), lab.gaussian(m, s))) for f in lab.OBJECTIVES.values()]
    assert values == pytest.approx(by_quad(m, s, apart), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("apart", lab.APART)
@pytest.mark.parametrize("objective", lab.OBJECTIVES)
def test_no_gaussian_on_a_grid_is_lower_than_the_best_one(objective, apart):
    p, value = lab.two_modes(apart), lab.OBJECTIVES[objective]
    deviations = np.arange(0.4, 2.81, 0.1)
    q = np.array([[lab.gaussian(m, s) for s in deviations] for m in np.arange(0, 3.01, 0.25)])
    m, s = lab.best_fit(objective, apart)
    best, grid = float(value(p, lab.gaussian(m, s))), value(p, q)
    assert best <= grid.min() + 1e-9
    assert best == pytest.approx(grid.min(), abs=0.02)
    if m > 0:
        assert best < grid[0].min(), "of those that cover both modes"


def test_the_objectives_part_where_the_chapter_says_so():
    sides = [[lab.best_fit(name, a)[0] > 0 for a in lab.APART] for name in lab.OBJECTIVES]
    forward, reverse, minimax, non_saturating = (side.count(True) for side in sides)
    assert all(side == sorted(side) for side in sides)
    assert len(lab.APART) > non_saturating > reverse > minimax > forward == 0


@given(*[st.floats(0.1, 3)] * 4)
def test_the_non_saturating_objective_is_twice_the_kl_of_the_middle(a, b, c, d):
    p, q = np.array([a, b, 1]) / (a + b + 1), np.array([c, d, 1]) / (c + d + 1)
    middle = float(2 * kl((p + q) / 2, p))
    assert float(lab.OBJECTIVES["KL(q‖p) − 2 JS"](p, q)) == pytest.approx(middle, abs=1e-12)


# --- after 2014 -----------------------------------------------------------------------------------


@functools.cache
def section() -> dict:
    """Return what the section's cells define, up to where they train."""
    path = Path(__file__).parents[2] / "notebooks" / "source" / "06_summary.py"
    wanted = ("def penalty_between", "def r1_and_r2", "LOSSES = {", "def flow_", "@torch.no_grad()")
    names = {"torch": torch, "losses": losses}
    for cell in jupytext.read(path).cells:
        if cell.cell_type == "code" and cell.source.startswith(wanted):
            exec(cell.source, names)  # noqa: S102
    return names


flow_matching_loss, euler = section()["flow_matching_loss"], section()["euler"]


CENTRES = torch.from_numpy(after_2014.RING.centres)


def exact_velocity(x, t, centres=CENTRES, sd=after_2014.RING.sd):
    """Return E[x₁ − z | xₜ = x] for equal Gaussians around `centres`, by conditioning."""
    variance = (1 - t) ** 2 + (t * sd) ** 2  # of xₜ, if the centre is known
    away = x[:, None] - t[:, None] * centres
    share = torch.softmax(-away.square().sum(-1) / (2 * variance), dim=1)
    of_each = centres + ((t * sd**2 - (1 - t)) / variance)[..., None] * away
    return (share[..., None] * of_each).sum(1)


def noise(n: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("mean", "sd"), [((1.0, -2.0), 0.5), ((0.0, 0.0), 1.0), ((3.0, 1.0), 0.2)])
def test_for_one_mode_the_flow_s_loss_is_least_at_the_velocity_that_is_known(mean, sd, seed):
    centre, n = torch.tensor([mean], dtype=torch.float64), 200_000
    z, x, other = (noise(n, 3 * seed + i) for i in range(3))
    x, t = centre + sd * x, torch.special.ndtr(other[:, :1])
    exact = functools.partial(exact_velocity, centres=centre, sd=sd)
    least = 2 * quad(lambda t: sd**2 / ((1 - t) ** 2 + (t * sd) ** 2), 0, 1)[0]
    loss = flow_matching_loss(exact, x, z, t)
    assert loss.item() == pytest.approx(least, rel=0.02)
    for change in (lambda x, t: 0.3 * x, lambda x, t: 0.2 + 0 * x, lambda x, t: 0.5 * t + 0 * x):
        moved = flow_matching_loss(lambda x, t, c=change: exact(x, t) + c(x, t), x, z, t)
        price = change((1 - t) * z + t * x, t).square().sum(1).mean()  # no more: it is orthogonal
        assert (moved - loss).item() == pytest.approx(price.item(), rel=0.1, abs=0.002)


@pytest.mark.parametrize("steps", [1, 3, 50])
def test_along_straight_lines_the_loss_is_0_and_any_number_of_steps_is_exact(steps):
    z, x = noise(9), noise(9, 1)
    loss = flow_matching_loss(lambda *_: x - z, x, z, torch.rand(9, 1).double())
    assert loss.item() == 0
    path = euler(lambda *_: x - z, z, steps)
    t = torch.linspace(0, 1, steps + 1, dtype=torch.float64)[:, None, None]
    torch.testing.assert_close(path, (1 - t) * z + t * x)


@pytest.mark.parametrize("steps", [1, 2, 7, 50])
def test_euler_steps_are_those_of_the_formula(steps):
    z = noise(9)
    shrunk = euler(lambda x, t: -x, z, steps)
    torch.testing.assert_close(shrunk[-1], (1 - 1 / steps) ** steps * z)
    timed = euler(lambda x, t: t + 0 * x, z, steps)  # the sum of i/n, each times 1/n
    torch.testing.assert_close(timed[-1], z + (steps - 1) / (2 * steps))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_exact_flow_needs_steps_and_one_step_leads_to_the_mean_of_the_data(seed):
    z, ring = noise(2000, seed), after_2014.RING
    one, two, many = (euler(exact_velocity, z, n)[-1].numpy() for n in (1, 2, 50))
    np.testing.assert_allclose(one, np.tile(ring.centres.mean(0), (2000, 1)), atol=1e-12)
    assert [ring.covered(y) for y in (one, two, many)] == [0, 0, 8]
    assert after_2014.mean_w1(many) == pytest.approx(same_distribution(ring)["w1"], abs=0.05)


@pytest.mark.parametrize("t", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("place", [(0.0, 0.0), (0.8, 0.4), (-1.5, 0.2)])
def test_lines_pass_through_their_place_and_their_mean_is_the_exact_velocity(t, place):
    x, place = ring_data().double().numpy(), np.array(place)
    starts, ends, middle = after_2014.lines_through(place, t, x)
    np.testing.assert_allclose((1 - t) * starts + t * ends, np.tile(place, (12, 1)), atol=1e-12)
    exact = exact_velocity(torch.tensor(place)[None], torch.tensor([[t]], dtype=torch.float64))
    np.testing.assert_allclose(middle, place + (1 - t) * exact[0].numpy(), atol=0.1)


def test_where_lines_cross_their_mean_is_short_and_late_they_lead_to_one_mode():
    x = ring_data().numpy()
    through = lambda *place, t: after_2014.lines_through(np.array(place), t, x)  # noqa: E731
    assert np.linalg.norm(through(0, 0, t=0.5)[2]) < 0.1 < np.linalg.norm(through(1, 0, t=0.5)[2])
    at_mode = 0.8 * after_2014.RING.centres
    for place in at_mode:
        assert len(nearest(through(*place, t=0.8)[1])) == 1
    for place in (at_mode + np.roll(at_mode, 1, axis=0)) / 2:
        assert len(nearest(through(*place, t=0.8)[1])) == 2


def nearest(ends: np.ndarray) -> set[int]:
    """Return the modes at which lines end."""
    return set(np.linalg.norm(ends[:, None] - after_2014.RING.centres, axis=2).argmin(1).tolist())


def ring_data() -> torch.Tensor:
    return torch.from_numpy(after_2014.RING.sample(10_000, np.random.default_rng(0))).float()


def trained_flow(seed: int, iterations: int = 1000):
    rng, x_ring = torch.Generator().manual_seed(seed), ring_data()
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        network = mlp((3, 64, 64, 64, 2))
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, iterations)
    velocity = lambda x, t: network(torch.cat([x, t], dim=1))  # noqa: E731
    for _ in range(iterations):
        x = x_ring[torch.randint(len(x_ring), (512,), generator=rng)]
        z, t = torch.randn(512, 2, generator=rng), torch.rand(512, 1, generator=rng)
        optimiser.zero_grad()
        flow_matching_loss(velocity, x, z, t).backward()
        optimiser.step()
        schedule.step()
    return velocity


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 6))]
)
def test_a_trained_flow_does_on_the_ring_what_the_section_says(seed):
    z, ring, velocity = noise(2000, seed).float(), after_2014.RING, trained_flow(seed)
    found = {n: euler(velocity, z, n)[-1].numpy() for n in (1, 2, 4, 6, 50)}
    one, two, four, *enough = (ring.covered(y) for y in found.values())
    assert (one, two, enough) == (0, 0, [8, 8])
    assert four < 8
    assert np.abs(found[1].mean(0)).max() < 0.1
    w1 = [after_2014.mean_w1(y) for y in found.values()]
    assert w1[0] > 1.5 * w1[1] > 3 * w1[-1]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", ["2014", "wasserstein", "relativistic"])
def test_each_gan_covers_the_ring_with_one_evaluation(name, seed):
    match = playing.played(
        after_2014.ring_match(ring_data(), seed, **section()["LOSSES"][name]), 1000
    )
    with torch.no_grad():
        y = match.game.average(noise(2000, seed).float()).numpy()
    assert after_2014.RING.covered(y) == 8
    assert after_2014.mean_w1(y) < 0.5


def test_w1_is_a_mean_over_whole_batches():
    ring = after_2014.RING
    y = ring.sample(600, np.random.default_rng(0))
    expected = (ring.w1(y[:256]) + ring.w1(y[256:512])) / 2
    assert after_2014.mean_w1(y) == pytest.approx(expected, rel=1e-12)
    with pytest.raises(ValueError, match="at least 256 samples, got 255"):
        after_2014.mean_w1(y[:255])


def steps_scene():
    rng = np.random.default_rng(0)
    gans = {n: after_2014.RING.sample(600, rng) for n in ("2014", "wasserstein", "relativistic")}
    path = lambda steps: euler(exact_velocity, noise(600), steps).numpy()  # noqa: E731
    return after_2014.steps_scene(gans, path)


@pytest.mark.parametrize("steps", [1, 8])
def test_the_flow_s_panel_has_its_samples_and_the_ways_that_lead_there(steps):
    *others, flow = steps_scene().figure(steps=steps).axes
    path = euler(exact_velocity, noise(600), steps).numpy()
    *ways, _real, samples = flow.lines
    np.testing.assert_allclose(samples.get_xydata(), path[-1, : after_2014.SHOWN])
    assert len(ways) == after_2014.FOLLOWED
    for way in ways:
        i = np.flatnonzero((path[0] == way.get_xydata()[0]).all(1))
        np.testing.assert_allclose(way.get_xydata(), path[:, i[0]])
    assert f"{steps} evaluation" in flow.get_title(loc="left")
    assert all(axes.get_title(loc="left").endswith("1 evaluation") for axes in others)


# --- pictures -------------------------------------------------------------------------------------

SCENES = {
    "steps": (steps_scene, {"steps": (1, 2, 3, 4, 5, 6, 8, 16, 50)}),
    "iteration": (lambda: lab.iteration_scene(seen_once()), {"step": STEPS}),
    "signals": (
        rewards.signals_scene,
        {"batch": rewards.SIZES, "shown": (1, 57, 100), "baseline": (False, True)},
    ),
    "lines": (
        lambda: after_2014.lines_scene(ring_data().numpy()),
        {"t": (0.2, 0.5, 0.9), "across": (-2.5, 0.0, 2.5), "up": (-2.5, 0.0, 2.5)},
    ),
    "fits": (
        lab.fits_scene,
        {
            "mu": (-3.0, 0.3, 3.0),
            "s": (0.4, 1.6, 2.8),
            "apart": lab.APART,
            "objective": tuple(lab.OBJECTIVES),
        },
    ),
    "best_fits": (lab.best_fits_scene, {"apart": lab.APART}),
}


def titles(figure) -> str:
    return " ".join(axes.get_title(loc="left") for axes in figure.axes)


def test_the_titles_say_what_is_exact():
    assert "variance 49 ×" in titles(rewards.signals_scene().figure())
    assert "variance 18 ×" in titles(rewards.signals_scene().figure(baseline=True))
    p, q = lab.two_modes(2.0), lab.gaussian(0.5, 1.0)
    assert f"= {kl(p, q):.3f}" in titles(lab.fits_scene().figure())


@pytest.mark.parametrize(("baseline", "too_few", "enough"), [(False, 200, 400), (True, 100, 150)])
def test_as_many_samples_as_the_answer_says_bring_95_marks_into_the_band(baseline, too_few, enough):
    found = []
    for batch in (too_few, enough):
        *_others, lower = rewards.signals_scene().figure(batch=batch, baseline=baseline).axes
        found.append(int(lower.get_title("left").split()[0]))
    assert found[0] < 95 <= found[1]


def test_a_dot_that_leaves_the_picture_is_a_triangle_and_comes_back_as_a_dot():
    figure, update = lab.fits_scene().open()
    axes = figure.axes[1]
    for mu, marker in ((0.0, "^"), (2.0, "o")):
        update(mu=mu, s=0.4, apart=2.5, objective="KL(q‖p)")
        curve, dot = axes.lines
        assert dot.get_marker() == marker
        assert (dot.get_ydata()[0] == axes.get_ylim()[1]) == (marker == "^")
    assert axes.get_legend() is None, "it would keep the mark that it was made with"
    ends = curve.get_ydata()[1:-1][np.diff(np.isnan(curve.get_ydata()), 2)]
    assert len(ends[~np.isnan(ends)])
    np.testing.assert_allclose(ends[~np.isnan(ends)], axes.get_ylim()[1], rtol=0.05)


@pytest.mark.parametrize("s", [0.4, 1.0, 2.8])
@pytest.mark.parametrize("objective", lab.OBJECTIVES)
def test_whatever_the_standard_deviation_the_lowest_part_of_its_curve_is_in_the_picture(
    objective, s
):
    for apart in lab.APART:
        axes = lab.fits_scene().figure(objective=objective, s=s, apart=apart).axes[1]
        curve = axes.lines[0].get_ydata()
        p, q = lab.two_modes(apart), np.array([lab.gaussian(mean, s) for mean in lab.MEANS])
        assert np.nanmin(curve) == pytest.approx(lab.OBJECTIVES[objective](p, q).min())
        assert np.isfinite(curve).mean() > 0.1
        assert np.nanmax(curve) <= axes.get_ylim()[1]


@pytest.mark.parametrize("objective", lab.OBJECTIVES)
def test_the_dot_lies_on_the_line_of_its_standard_deviation(objective):
    figure = lab.fits_scene().figure(objective=objective, mu=-1.2, s=0.9, apart=1.5)
    yours, dot = figure.axes[1].lines
    at = np.interp(-1.2, *yours.get_data())
    assert dot.get_ydata()[0] == pytest.approx(at, abs=1e-6)


@pytest.mark.parametrize("apart", lab.APART)
def test_the_best_q_is_drawn_and_on_one_mode_its_mirror_image(apart):
    figure = lab.best_fits_scene().figure(apart=apart)
    for axes, objective in zip(figure.axes, lab.OBJECTIVES, strict=True):
        assert axes.get_title(loc="left") == objective
        m, s = lab.best_fit(objective, apart)
        p, best, mirror = (line.get_ydata() for line in axes.lines)
        modes = stats.norm([[-apart], [apart]], 0.5).pdf(lab.X).mean(0)
        np.testing.assert_allclose(p, modes, atol=1e-12)
        np.testing.assert_allclose(best, stats.norm(m, s).pdf(lab.X), atol=1e-12)
        np.testing.assert_allclose(best, mirror[::-1])
        assert axes.lines[2].get_visible() == (m > 0)


def test_gradients_have_one_colour_in_the_picture_and_at_the_stops():
    figure, update = lab.iteration_scene(seen_once()).open()
    axes = figure.axes[0]
    for stop, arrows in (("grad_d", "step_1"), ("grad_x", "step_2"), ("grad_g", "step_2")):
        update(step=1 + list(lab.STOPS).index(stop))
        dashed = [t.arrow_patch for t in axes.texts if getattr(t, "arrow_patch", None)]
        dashed = [p for p in dashed if p.get_visible() and p.get_linewidth() > 3]
        assert len(dashed) == len(lab.STOPS[stop]) - 2
        for patch in dashed:
            assert to_hex(patch.get_edgecolor()).upper() == article.ITERATION_ARROWS[arrows][1]


def test_a_picture_in_motion_is_one_that_is_drawn_anew():
    picture = painting.Picture(*lab.fits_scene().open())
    for mu in (0.0, 1.0, 2.0):
        picture.update(mu=mu)
    assert picture.figure.axes[1].lines[1].get_xdata() == [2.0]
