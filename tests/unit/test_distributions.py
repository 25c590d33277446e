"""Exact distributions against SciPy, quadrature, and themselves, there and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from gan_edu.distributions import exponential, from_density, mixture, normal, uniform

DISTRIBUTIONS = {
    "normal": (normal(0.5, 2.0), stats.norm(0.5, 2.0)),
    "uniform": (uniform(-1.0, 3.0), stats.uniform(-1.0, 4.0)),
    "exponential": (exponential(2.5), stats.expon(scale=1 / 2.5)),
    "one-part mixture": (mixture([1.0], [-2.0], [0.3]), stats.norm(-2.0, 0.3)),
}
TWO_HILLS = mixture([0.3, 0.7], [-2.0, 1.5], [0.5, 0.8])
PROBABILITIES = np.concatenate([[1e-300, 1e-12, 1e-6], np.linspace(0.001, 0.999, 57)])
GRID_U = (np.arange(100_000) + 0.5) / 100_000

every_distribution = pytest.mark.parametrize(
    ("ours", "scipys"), DISTRIBUTIONS.values(), ids=DISTRIBUTIONS
)
all_distributions = pytest.mark.parametrize(
    "distribution",
    [
        *(pair[0] for pair in DISTRIBUTIONS.values()),
        TWO_HILLS,
        from_density([0, 1, 3], [1, 2, 0.5]),
    ],
)


def on_grid(distribution, points):
    x = np.linspace(-8, 8, points)
    return from_density(x, distribution.pdf(x))


@every_distribution
def test_density_share_and_inverse_are_scipy_s(ours, scipys):
    x = np.linspace(-6, 6, 241)
    np.testing.assert_allclose(ours.pdf(x), scipys.pdf(x), rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(ours.cdf(x), scipys.cdf(x), rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(ours.ppf(PROBABILITIES), scipys.ppf(PROBABILITIES), rtol=1e-12)


def test_a_mixture_is_the_weighted_sum_of_its_parts():
    x = np.linspace(-6, 6, 101)
    parts = stats.norm(-2, 0.5), stats.norm(1.5, 0.8)
    np.testing.assert_allclose(TWO_HILLS.pdf(x), 0.3 * parts[0].pdf(x) + 0.7 * parts[1].pdf(x))
    np.testing.assert_allclose(TWO_HILLS.cdf(x), 0.3 * parts[0].cdf(x) + 0.7 * parts[1].cdf(x))


@pytest.mark.parametrize(
    ("distribution", "low", "high"),
    [
        (normal(3, 0.1), -np.inf, np.inf),
        (uniform(2, 5), 2, 5),
        (exponential(4), 0, np.inf),
        (mixture([0.5, 0.5], [0, 1], [1, 2]), -np.inf, np.inf),
        (from_density([-1, 0, 2], [0, 3, 1]), -1, 2),
    ],
)
def test_the_ends_are_those_of_the_support_and_the_outside_is_empty(distribution, low, high):
    np.testing.assert_array_equal(distribution.ppf([0, 1]), [low, high])
    np.testing.assert_array_equal(distribution.cdf([-1e9, 1e9]), [0, 1])
    np.testing.assert_array_equal(distribution.pdf([-1e9, 1e9]), 0)
    np.testing.assert_array_equal(distribution.cdf([-np.inf, np.inf]), [0, 1])


@all_distributions
def test_the_share_is_the_integral_of_the_density(distribution):
    low, high = distribution.ppf([0.2, 0.7])
    area = integrate.quad(distribution.pdf, low, high, points=[0, 1], epsabs=1e-12)[0]
    assert area == pytest.approx(0.5, abs=1e-9)


@all_distributions
@given(u=st.floats(1e-9, 1 - 1e-9))
def test_there_and_back(distribution, u):
    assert distribution.cdf(distribution.ppf(u)) == pytest.approx(u, rel=1e-11)


@given(
    st.lists(st.integers(0, 8), min_size=2, max_size=12).filter(any),
    st.lists(st.integers(0, 1000), min_size=12, max_size=12, unique=True),
    st.floats(0, 1),
)
def test_any_polygon_there_and_back_to_the_smallest_such_x(heights, knots, u):
    x = np.sort(knots[: len(heights)]) / 10
    distribution = from_density(x, heights)
    y = float(distribution.ppf(u))
    assert distribution.cdf(y) == pytest.approx(u, abs=1e-9)
    assert x[0] <= y <= x[-1]
    if u > 1e-6:  # a little further left, less has been collected
        assert distribution.cdf(y - 1e-3) < u


@given(
    st.floats(0.01, 0.99), st.floats(-5, 5), st.floats(-5, 5), st.floats(0.01, 3), st.floats(0, 1)
)
def test_any_mixture_there_and_back(weight, a, b, sd, u):
    distribution = mixture([weight, 1 - weight], [a, b], [sd, 1.0])
    assert distribution.cdf(distribution.ppf(u)) == pytest.approx(u, abs=1e-13)


@all_distributions
def test_functions_keep_the_shape_of_what_they_are_given(distribution):
    for function in (distribution.pdf, distribution.cdf, distribution.ppf):
        assert function(0.5).shape == ()
        assert function([[0.1, 0.2, 0.3]] * 2).shape == (2, 3)


@pytest.mark.parametrize("distribution", [normal(), TWO_HILLS])
def test_a_grid_of_801_points_is_good_enough_for_a_share(distribution):
    ours = on_grid(distribution, 801)
    assert np.abs(distribution.cdf(ours.ppf(GRID_U)) - GRID_U).max() < 1e-4
    assert np.abs(ours.ppf(GRID_U) - distribution.ppf(GRID_U))[500:-500].max() < 3e-4


def test_the_height_of_the_density_does_not_matter():
    x = np.linspace(-8, 8, 101)
    for scale in (1e-300, 1e300):
        distribution = from_density(x, scale * normal().pdf(x))
        np.testing.assert_allclose(distribution.ppf(0.9), from_density(x, normal().pdf(x)).ppf(0.9))


def test_the_inverse_jumps_over_a_gap_and_no_sample_falls_into_it():
    distribution = from_density([-3, -2, -1, 1, 2, 3], [0, 1, 0, 0, 1, 0])
    np.testing.assert_allclose(distribution.ppf([0.5 - 1e-12, 0.5 + 1e-12]), [-1, 1], atol=1e-5)
    assert distribution.ppf(0.5) == pytest.approx(-1)
    np.testing.assert_array_equal(distribution.cdf([-1, 0, 1]), 0.5)
    y = distribution.sample(100_000, np.random.default_rng(0))
    assert not np.any(np.abs(y) < 1)
    assert np.mean(y < 0) == pytest.approx(0.5, abs=0.006)


def test_a_mixture_s_inverse_is_the_near_side_of_a_gap():
    distribution = mixture([0.5, 0.5], [-10, 10], [0.1, 0.1])
    assert distribution.cdf(0) == 0.5
    assert -10 < distribution.ppf(0.5) < -9 < 9 < distribution.ppf(0.5 + 1e-9) < 10


def test_empty_margins_are_no_part_of_the_support():
    distribution = from_density([-9, -8, -1, 0, 1, 8, 9], [0, 0, 0, 1, 0, 0, 0])
    np.testing.assert_array_equal(distribution.ppf([0, 1]), [-1, 1])


@all_distributions
def test_samples_follow_the_distribution_and_their_generator(distribution):
    y = distribution.sample(20_000, np.random.default_rng(3))
    assert y.shape == (20_000,)
    assert stats.kstest(y, distribution.cdf).pvalue > 0.001
    np.testing.assert_array_equal(y, distribution.sample(20_000, np.random.default_rng(3)))
    assert not np.array_equal(y, distribution.sample(20_000, np.random.default_rng(4)))
    assert distribution.sample(0, np.random.default_rng(3)).shape == (0,)


class Unlucky(np.random.Generator):
    """A generator that returns the two ends of what it may return."""

    def __init__(self):
        super().__init__(np.random.PCG64(0))

    def random(self, n):
        return np.resize([0.0, 1 - 2**-53], n)


@all_distributions
def test_samples_are_finite_even_when_the_noise_is_0(distribution):
    assert np.all(np.isfinite(distribution.sample(2, Unlucky())))


def test_the_normal_inverse_is_exact_to_the_last_digits():
    assert np.abs(normal().cdf(normal().ppf(GRID_U)) - GRID_U).max() < 5e-16
