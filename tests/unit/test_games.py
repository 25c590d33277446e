"""The exact games against SciPy's integrals, autograd, matrix powers, optimisers, and theory."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats
from scipy.special import log_expit

from gan_edu import games

LOG_4 = math.log(4)
THETAS = [-8.0, -1.3, 0.0, 0.4, 2.0, 3.0, 8.0]
PSIS = [-6.0, -0.7, 0.0, 1.0, 2.0, 8.0]
BOTH_SLOPES = [games.slope_minimax, games.slope_non_saturating]
SLOPE_OF = {
    games.generator_minimax: games.slope_minimax,
    games.generator_non_saturating: games.slope_non_saturating,
}
numbers = st.floats(-10, 10)


def integral(f, mean):
    """Return E f(x), x ~ N(mean,1), by an adaptive rule that knows nothing of the course."""
    pieces = [
        integrate.quad(
            lambda x: f(x) * stats.norm.pdf(x, mean),
            start,
            start + 2,
            epsabs=1e-13,
            epsrel=1e-13,
            limit=300,
        )[0]
        for start in np.arange(mean - 12, mean + 12, 2)
    ]
    return math.fsum(pieces)


def log_d(psi):
    return lambda x: log_expit(psi**2 / 2 - psi * x)


def log_not_d(psi):
    return lambda x: log_expit(psi * x - psi**2 / 2)


# the value


@pytest.mark.parametrize("theta", THETAS)
@pytest.mark.parametrize("psi", PSIS)
def test_the_value_is_scipy_s_integral(theta, psi):
    fake = integral(log_not_d(psi), theta)
    exact = integral(log_d(psi), 0) + fake
    assert games.value(theta, psi) == pytest.approx(exact, rel=1e-11, abs=1e-11)
    assert games.generator_minimax(theta, psi) == pytest.approx(fake, rel=1e-11, abs=1e-11)
    non_saturating = -integral(log_d(psi), theta)
    assert games.generator_non_saturating(theta, psi) == pytest.approx(
        non_saturating, rel=1e-11, abs=1e-11
    )


@pytest.mark.parametrize(("theta", "psi"), [(30.0, 20.0), (-50.0, 50.0), (40.0, -35.0), (50, 50)])
def test_the_value_far_out(theta, psi):
    exact = integral(log_d(psi), 0) + integral(log_not_d(psi), theta)
    assert games.value(theta, psi) == pytest.approx(exact, rel=1e-11, abs=1e-11)


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 10))
def test_arrays_broadcast_and_neighbours_do_not_matter(rows, columns, seed):
    rng = np.random.default_rng(seed)
    theta, psi = rng.uniform(-9, 9, (rows, 1)), rng.uniform(-9, 9, columns)
    pairs = [[(t, p) for p in psi] for t in theta[:, 0]]
    functions = [games.value, games.slope_d, *SLOPE_OF, *SLOPE_OF.values()]
    for function in functions:
        one_by_one = [[function(t, p) for t, p in row] for row in pairs]
        np.testing.assert_allclose(function(theta, psi), one_by_one, rtol=1e-11, atol=1e-11)


def test_a_surface_takes_its_exponentials_once_for_each_psi():
    seen = []

    def f(x, psi):
        seen.append(np.broadcast_shapes(x.shape, psi.shape))
        return x + psi

    grid = np.linspace(-4, 4, 200)
    surface = games.exact_mean(f, grid[:, None], grid[None])
    np.testing.assert_allclose(surface, grid[:, None] + grid[None], atol=1e-12)
    ((_, rows, points),) = seen
    assert rows == 200
    assert points < 300


def test_the_logit_is_large_on_real_data_and_is_the_log_ratio():
    x = np.linspace(-4, 4, 9)
    ratio = stats.norm.logpdf(x) - stats.norm.logpdf(x, 1.7)
    np.testing.assert_allclose(games.logit(x, 1.7), ratio, atol=1e-13)
    assert games.logit(0, 2) > games.logit(2, 2)


# the best D


@pytest.mark.parametrize("theta", [0.0, 0.3, 1.0, -2.0, 4.0, 8.0])
def test_the_top_is_jensen_and_shannon_s(theta):
    def kl_to_the_middle(mean):
        def log_ratio(x):
            here, there = stats.norm.logpdf(x, mean), stats.norm.logpdf(x, theta - mean)
            return here - np.logaddexp(here, there) + math.log(2)

        return integral(log_ratio, mean)

    js = (kl_to_the_middle(0.0) + kl_to_the_middle(theta)) / 2
    assert games.best_value(theta) == pytest.approx(-LOG_4 + 2 * js, abs=1e-11)


@given(numbers)
def test_the_top_is_at_psi_equals_theta(theta):
    assert games.slope_d(theta, theta) == pytest.approx(0, abs=1e-11)
    others = theta + np.array([-3, -0.5, -0.01, 0.01, 0.5, 3])
    # at large θ the top is flat to 1e-12
    assert np.all(games.value(theta, others) < games.best_value(theta) + 1e-12)


# slopes


def by_autograd(theta, psi, loss):
    """Return ∂θ and ∂ψ of `loss(real logits, fake logits, weights)` with samples x = θ + z."""
    z = torch.linspace(-10, 10, 4001, dtype=torch.float64)
    weights = torch.exp(-z.square() / 2)
    weights = weights / weights.sum()
    theta = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
    psi = torch.tensor(psi, dtype=torch.float64, requires_grad=True)
    a_real, a_fake = psi**2 / 2 - psi * z, psi**2 / 2 - psi * (theta + z)
    loss = (weights * loss(a_real, a_fake)).sum()
    return [g.item() for g in torch.autograd.grad(loss, [theta, psi])]


def log(probability_logits):
    return torch.nn.functional.logsigmoid(probability_logits)


@pytest.mark.parametrize("theta", THETAS)
@pytest.mark.parametrize("psi", PSIS)
def test_slopes_are_autograd_s(theta, psi):
    of_theta, of_psi = by_autograd(theta, psi, lambda real, fake: log(real) + log(-fake))
    assert games.slope_minimax(theta, psi) == pytest.approx(of_theta, rel=1e-9, abs=1e-11)
    assert games.slope_d(theta, psi) == pytest.approx(of_psi, rel=1e-9, abs=1e-11)
    of_theta, _ = by_autograd(theta, psi, lambda real, fake: 0 * real - log(fake))
    assert games.slope_non_saturating(theta, psi) == pytest.approx(of_theta, rel=1e-9, abs=1e-11)


@pytest.mark.parametrize("mu", [1.0, 4.0])
def test_non_saturating_descends_kl_less_2_js(mu):
    h = 1e-4
    js = [(games.best_value(m) + LOG_4) / 2 for m in (mu - h, mu + h)]
    kl = [m**2 / 2 for m in (mu - h, mu + h)]
    slope = (kl[1] - kl[0] - 2 * (js[1] - js[0])) / (2 * h)
    assert games.slope_non_saturating(mu, mu) == pytest.approx(slope, abs=1e-7)


# the article's two pictures


# the game played


def test_an_iteration_is_d_steps_then_g_steps():
    theta, psi = 1.5, -0.4
    path = games.play(theta, psi, 1, games.slope_non_saturating, 2, 3, lr_d=0.2, lr_g=0.05)
    for _ in range(2):
        psi += 0.2 * games.slope_d(theta, psi)
    for _ in range(3):
        theta -= 0.05 * games.slope_non_saturating(theta, psi)
    np.testing.assert_allclose(path, [[1.5, -0.4], [theta, psi]], rtol=1e-14)


@pytest.mark.parametrize(
    ("k", "beyond", "iterations"),
    [(1, 0.489, 204), (2, 0.108, 122), (4, 0, 96), (5, 0, 101), (10, 0, 108)],
)
def test_overshoot_and_iterations_for_each_k(k, beyond, iterations):
    path = games.play(3, 0, 600, d_steps=k)
    assert path.shape == (601, 2)
    assert games.overshoot(path) == pytest.approx(beyond, abs=0.0006)
    assert games.settled(path) == iterations
    np.testing.assert_allclose(path[-1], 0, atol=1e-5)


def test_two_slow_rates_play_as_one_step_with_many():
    """k counts only through k · lr_d: four steps of D are nearly one that is four times as long."""
    four, long = games.play(3, 0, 300, d_steps=4), games.play(3, 0, 300, lr_d=0.4)
    assert np.abs(four - long).max() < 0.25
    assert games.overshoot(long) == 0


def test_overshoot_and_settled_by_hand():
    theta = np.array([-2, -1, 0.3, 0.2, 0.01, -0.06, 0.04, 0.0])
    path = np.column_stack([theta, 9 + theta])
    assert games.overshoot(path) == 0.3
    assert games.settled(path) == 6
    assert games.settled(path, below=0.01) == 7
    assert games.settled(path, below=0.04) == 7, "0.04 is not below 0.04"
    assert games.settled(path, below=5) == 0
    assert games.settled(path[:4]) == 4
    assert games.overshoot(path[:2]) == 0


def test_many_games_at_once_are_each_game():
    starts = np.array([[3.0, -1.0, 0.5], [0.0, 2.0, 0.5]])
    paths = games.play(*starts, 50, d_steps=2)
    assert paths.shape == (51, 2, 3)
    for i, start in enumerate(starts.T):
        np.testing.assert_allclose(paths[..., i], games.play(*start, 50, d_steps=2), atol=1e-11)


@pytest.mark.parametrize("slope", BOTH_SLOPES)
@pytest.mark.parametrize(("k", "g", "lr_d", "lr_g"), [(1, 1, 0.1, 0.1), (3, 2, 0.3, 0.05)])
def test_eigenvalues_are_those_of_the_jacobian(slope, k, g, lr_d, lr_g):
    h = 1e-4
    ends = games.play([h, -h, 0, 0], [0, 0, h, -h], 1, slope, k, g, lr_d, lr_g)[1]
    jacobian = np.column_stack([ends[:, 0] - ends[:, 1], ends[:, 2] - ends[:, 3]]) / (2 * h)
    expected = np.sort_complex(np.linalg.eigvals(jacobian).astype(complex))
    found = np.sort_complex(games.iteration_eigenvalues(k, g, lr_d, lr_g))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def turns(r, lr=1e-4, k=1):
    return abs(games.iteration_eigenvalues(k, 1, r * lr / k, lr)[0].imag) > 0


@pytest.mark.parametrize("k", [1, 5])
def test_critical_damping_is_at_r_4(k):
    """For rates → 0 exactly at 4: there the decay is fastest too."""
    assert turns(3.99, k=k)
    assert not turns(4.01, k=k)
    slowest = [
        np.abs(games.iteration_eigenvalues(k, 1, r * 1e-4 / k, 1e-4)).max() for r in (3, 4, 5)
    ]
    assert slowest[1] < min(slowest[0], slowest[2])


# noise


@pytest.mark.parametrize("slope", [*BOTH_SLOPES, games.slope_d])
def test_a_batch_s_slope_is_right_on_average_and_its_noise_shrinks(slope):
    theta, psi = np.full(4000, 1.5), np.full(4000, 0.8)
    draws = {
        size: slope(theta, psi, games.batch_mean(size, np.random.default_rng(size)))
        for size in (4, 64)
    }
    for drawn in draws.values():
        error = drawn.std() / math.sqrt(4000)
        assert drawn.mean() == pytest.approx(slope(1.5, 0.8), abs=4 * error)
    assert draws[4].std() / draws[64].std() == pytest.approx(4, rel=0.1)


def noisy(seed, theta=3.0, size=32, iterations=200):
    mean = games.batch_mean(size, np.random.default_rng(seed))
    return games.play(theta, 0.0, iterations, mean=mean)


def test_a_noisy_game_is_its_seed_s():
    np.testing.assert_array_equal(noisy(1), noisy(1))
    assert np.abs(noisy(1) - noisy(2)).max() > 0.01


def test_both_players_see_batches():
    path, mean = noisy(5, iterations=1), games.batch_mean(32, np.random.default_rng(5))
    psi = 0.1 * games.slope_d(3.0, 0.0, mean)
    theta = 3 - 0.1 * games.slope_minimax(3.0, psi, mean)
    np.testing.assert_array_equal(path[1], [theta, psi])


def test_noise_keeps_a_game_from_settling_and_a_large_batch_calms_it():
    exact = games.play(3, 0, 400)
    gaps = {
        size: np.abs(noisy(0, np.full(20, 3.0), size, 400)[-100:] - exact[-100:, :, None]).mean()
        for size in (8, 512)
    }
    assert gaps[8] > 4 * gaps[512] > 0


def test_many_noisy_games_have_their_own_randomness():
    paths = noisy(0, np.full(5, 3.0), iterations=1)
    assert len(set(paths[1, 0])) == len(set(paths[1, 1])) == 5


# the race


@pytest.mark.parametrize(("mu", "slow", "fast"), [(4, 147, 60), (6, 709, 64), (8, 13_988, 67)])
def test_the_race_from_afar(mu, slow, fast):
    for slope, steps in zip(BOTH_SLOPES, (slow, fast), strict=True):
        path = games.race(mu, slope)
        assert len(path) - 1 == steps
        assert abs(path[-1]) < 0.1 <= abs(path[-2])
        assert path[1] == pytest.approx(mu - 0.1 * slope(mu, mu), rel=1e-12)


def test_a_race_that_nobody_wins_ends():
    path = games.race(1.0, games.slope_minimax, lr=0.0)
    np.testing.assert_array_equal(path, np.ones(20_001))
    assert len(games.race(0.05, games.slope_minimax)) == 1


# games that rotate


BILINEAR = np.array([[0.0, -1.0], [1.0, 0.0]])
ONE = np.eye(2)


def radii(field, step, start, iterations):
    return np.hypot(*games.follow(field, step, start, iterations, 0.1).T)


@given(st.floats(0.01, 0.5), st.floats(-2, 2), st.floats(-2, 2), st.integers(0, 30))
def test_bilinear_steps_are_powers_of_their_matrices(lr, theta, psi, iterations):
    up, down = ONE + lr * BILINEAR * [[0], [1]], ONE + lr * BILINEAR * [[1], [0]]
    maps = {
        games.simultaneous: ONE + lr * BILINEAR,
        games.alternating: down @ up,
        games.extragradient: ONE + lr * BILINEAR @ (ONE + lr * BILINEAR),
    }
    for step, matrix in maps.items():
        path = games.follow(games.bilinear, step, [theta, psi], iterations, lr)
        expected = np.linalg.matrix_power(matrix, iterations) @ [theta, psi]
        np.testing.assert_allclose(path[-1], expected, atol=1e-9)
    memory = np.block([[ONE + 2 * lr * BILINEAR, -lr * BILINEAR], [ONE, 0 * ONE]])
    both = np.linalg.matrix_power(memory, iterations) @ [theta, psi, theta, psi]
    path = games.follow(games.bilinear, games.optimistic, [theta, psi], iterations, lr)
    np.testing.assert_allclose(path[-1], both[:2], atol=1e-9)


@given(st.floats(-3, 3), st.floats(-3, 3), st.sampled_from([0.0, 0.3, 1.0]))
def test_the_dirac_field_is_autograd_s(theta, psi, gamma):
    t = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
    p = torch.tensor(psi, dtype=torch.float64, requires_grad=True)
    x = torch.zeros((), dtype=torch.float64, requires_grad=True)
    v = log(-p * x) + log(p * t)
    (of_theta,) = torch.autograd.grad(v, t, retain_graph=True)
    (slope_at_data,) = torch.autograd.grad(-p * x, x, create_graph=True)
    (of_psi,) = torch.autograd.grad(v - gamma / 2 * slope_at_data**2, p)
    expected = [-of_theta.item(), of_psi.item()]
    found = games.with_r1(games.dirac, gamma)(np.array([theta, psi]))
    np.testing.assert_allclose(found, expected, atol=1e-14)


def test_dirac_radii_after_2000_steps():
    start = [1, 0]
    assert radii(games.dirac, games.simultaneous, start, 2000)[-1] == pytest.approx(3.05, abs=0.005)
    alternating = radii(games.dirac, games.alternating, start, 2000)
    assert alternating[-1] == pytest.approx(1.016, abs=0.0006)
    assert np.all(np.abs(alternating - 1) < 0.03), "neither in nor out"
    for step in (games.simultaneous, games.alternating):
        regularised = radii(games.with_r1(games.dirac, 1.0), step, start, 2000)
        assert regularised[-1] < 1e-12
    for step in (games.extragradient, games.optimistic):
        assert radii(games.dirac, step, start, 2000)[-1] < 0.1


def test_r1_decays_as_its_jacobian_says():
    """Near 0 the Dirac-GAN with R1 has the eigenvalues −γ/2 ± √(γ²/4 − ¼): slowest ½, for γ = 1."""
    for gamma in (0.4, 1.0, 2.0):
        eigenvalues = np.roots([1, gamma, 0.25])
        field = games.with_r1(games.dirac, gamma)
        decay = -np.log(np.divide(*radii(field, games.simultaneous, [1e-3, 0], 4000)[[3000, 1000]]))
        slowest = np.abs(1 + 0.1 * eigenvalues).max()
        # a double eigenvalue (γ = 1) decays as t · λᵗ, a pair turns: hence the margin
        assert decay / 2000 == pytest.approx(-math.log(slowest), abs=1e-3)


def test_the_same_steps_play_the_exact_game():
    def field(point):
        return np.array([-games.slope_minimax(*point), games.slope_d(*point)])

    path = games.follow(field, games.alternating, [3, 0], 50, 0.1)
    np.testing.assert_allclose(path, games.play(3, 0, 50), atol=1e-11)


@pytest.mark.parametrize("field", [games.bilinear, games.dirac])
@pytest.mark.parametrize(
    "step", [games.simultaneous, games.alternating, games.extragradient, games.optimistic]
)
def test_many_starts_at_once(field, step):
    starts = np.array([[1.0, -2.0, 0.3], [0.0, 1.0, -0.3]])
    paths = games.follow(field, step, starts, 40)
    assert paths.shape == (41, 2, 3)
    for i, start in enumerate(starts.T):
        np.testing.assert_allclose(paths[..., i], games.follow(field, step, start, 40), atol=1e-13)


# min max is not max min


HALVES = [0.5, 0.5]


@pytest.mark.parametrize("p", [HALVES, [0.2, 0.3, 0.5], [0.5, 0.0, 0.5]])
def test_against_one_place_it_is_js(p):
    p = np.array(p)
    for g, top in enumerate(games.best_d_per_place(p)):
        q = np.eye(len(p))[g]
        js = (stats.entropy(p, (p + q) / 2) + stats.entropy(q, (p + q) / 2)) / 2
        assert top == pytest.approx(-LOG_4 + 2 * js)


def test_two_points_and_one_generator():
    """Over D at −2 and 2 first and over the place last, or the other way round."""
    assert games.best_d_per_place(HALVES).min() == pytest.approx(-0.9548, abs=6e-5)
    assert games.best_d_per_place([0.5, 0, 0.5])[1] == 0, "where no data lie, D is never fooled"
    answers = np.linspace(0.005, 0.995, 199)
    d = np.stack(np.meshgrid(answers, answers), -1)
    lowest = games.best_place_per_d(HALVES, d)
    assert lowest.shape == (199, 199)
    assert lowest.max() == pytest.approx(-LOG_4, abs=1e-12)
    np.testing.assert_allclose(d.reshape(-1, 2)[lowest.argmax()], 0.5)


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=5), st.integers(0, 100))
def test_g_answers_with_the_place_that_d_trusts_most(weights, seed):
    p = np.array(weights) / np.sum(weights)
    d = np.random.default_rng(seed).uniform(0.01, 0.99, (3, len(p)))
    by_hand = [min(np.dot(p, np.log(row)) + np.log(1 - row[g]) for g in range(len(p))) for row in d]
    np.testing.assert_allclose(games.best_place_per_d(p, d), by_hand, rtol=1e-12)
    assert np.all(games.best_place_per_d(p, d) <= -LOG_4 + 1e-12)
    assert games.best_place_per_d(p, np.full(len(p), 0.5)) == pytest.approx(-LOG_4)
    assert games.best_d_per_place(p).min() >= -LOG_4 - 1e-12, "min max ≥ max min"


def test_a_sure_d_loses_everything_at_the_place_it_trusts():
    assert games.best_place_per_d(HALVES, [1.0, 0.5]) == -math.inf
    assert games.best_place_per_d([1.0, 0.0], [0.5, 0.0]) == pytest.approx(-LOG_4)
