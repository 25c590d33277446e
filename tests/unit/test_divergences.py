"""Divergences against SciPy, closed forms and their own theorems; histograms; bias by theory."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import rel_entr
from scipy.stats import binom, entropy

from gan_edu.distributions import normal
from gan_edu.divergences import (
    expected_js,
    histogram,
    js,
    kl,
    plug_in_bias,
    sqrt_js,
    symmetrised_kl,
    total_variation,
)

ALL = [kl, symmetrised_kl, js, sqrt_js, total_variation]
SYMMETRIC = ALL[1:]
each = pytest.mark.parametrize("divergence", ALL)
BERNOULLIS = np.array([[0.9, 0.1], [0.5, 0.5], [0.1, 0.9]])


def normalised(weights):
    return weights / weights.sum(-1, keepdims=True)


@st.composite
def distributions(draw, how_many=2, smallest=0.0):
    bins = draw(st.integers(1, 8))
    share = st.one_of(st.just(smallest), st.floats(max(smallest, 1e-300), 1))
    weights = draw(arrays(float, (how_many, bins), elements=share))
    assume(np.all(weights.sum(-1) > 1e-290))
    return normalised(weights)


# what the definitions say


@given(distributions())
def test_kl_and_its_halves_are_scipy_s(pair):
    p, q = pair
    there, back = entropy(p, q), entropy(q, p)
    np.testing.assert_allclose(kl(p, q), there, rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(symmetrised_kl(p, q), (there + back) / 2, rtol=1e-9, atol=1e-14)


@given(distributions())
def test_js_is_two_kl_to_the_middle(pair):
    p, q = pair
    middle = (p + q) / 2
    by_definition = (rel_entr(p, middle) + rel_entr(q, middle)).sum() / 2
    assert js(p, q) == pytest.approx(by_definition, rel=1e-9, abs=1e-14)
    assert sqrt_js(p, q) ** 2 == pytest.approx(js(p, q), rel=1e-12, abs=0)


@given(distributions())
def test_total_variation_is_the_most_that_any_event_tells(pair):
    p, q = pair
    events = np.array(np.meshgrid(*[[0, 1]] * len(p))).reshape(len(p), -1)
    assert total_variation(p, q) == pytest.approx(np.max((p - q) @ events), abs=1e-12)


# theorems


@given(distributions())
def test_bounds(pair):
    p, q = pair
    assert kl(p, q) >= 0
    assert 0 <= js(p, q) <= math.log(2)
    assert 0 <= total_variation(p, q) <= 1
    assert js(p, q) <= symmetrised_kl(p, q) / 2 + 1e-14, "Lin 1991, theorem 3"
    assert js(p, q) <= math.log(2) * total_variation(p, q) + 1e-14, "Lin 1991, theorem 3"
    assert 2 * total_variation(p, q) ** 2 <= kl(p, q) + 1e-14, "Pinsker"


@pytest.mark.parametrize("seed", range(20))
def test_rounding_never_leaves_the_bounds(seed):
    rng = np.random.default_rng(seed)
    p, r = rng.dirichlet(np.ones(7), (2, 500))
    almost_p = normalised(p * (1 + rng.integers(-3, 4, p.shape) * 1e-16))
    assert np.all(kl(p, almost_p) >= 0)
    assert np.all(js(p, almost_p) >= 0)
    left, right = np.hstack([p, 0 * p]), np.hstack([0 * p, r])
    assert np.all(total_variation(left, right) <= 1)
    assert np.all(js(left, right) <= math.log(2))


@each
def test_a_sum_that_is_a_little_off_1_is_put_right(divergence):
    p = BERNOULLIS[0]
    assert divergence(p * (1 + 5e-7), p) == pytest.approx(0, abs=2e-8)
    assert divergence(p, p * (1 - 5e-7)) == pytest.approx(0, abs=2e-8)


@given(distributions())
def test_symmetry_to_the_last_digit(pair):
    p, q = pair
    for divergence in SYMMETRIC:
        assert divergence(p, q) == divergence(q, p)


@given(distributions())
def test_a_distribution_is_at_exactly_0_from_itself(pair):
    for divergence in ALL:
        assert divergence(pair[0], pair[0]) == 0


def test_three_bernoullis_break_the_triangle_for_all_but_the_root():
    low, middle, high = BERNOULLIS
    broken = {symmetrised_kl: (1.758, 0.879), js: (0.368, 0.2035)}
    for divergence, (direct, by_the_middle) in broken.items():
        assert divergence(low, high) == pytest.approx(direct, abs=5e-4)
        detour = divergence(low, middle) + divergence(middle, high)
        assert detour == pytest.approx(by_the_middle, abs=5e-4)
        assert detour < divergence(low, high)
    assert sqrt_js(low, high) == pytest.approx(0.6067, abs=5e-5)
    detour = sqrt_js(low, middle) + sqrt_js(middle, high)
    assert detour == pytest.approx(0.6380, abs=5e-5)
    assert symmetrised_kl(low, high) == pytest.approx(0.8 * math.log(9)), "closed form"


# distributions far apart, and the ends of the floats


def test_without_a_bin_in_common_one_is_infinite_and_the_other_ln_2():
    p, q = [0.3, 0.7, 0, 0], [0, 0, 0.1, 0.9]
    assert symmetrised_kl(p, q) == kl(p, q) == math.inf
    assert js(p, q) == pytest.approx(math.log(2), rel=1e-15)
    assert total_variation(p, q) == 1


@pytest.mark.parametrize("smallest", [5e-324, 1e-320, 1e-308, 1e-17])
def test_the_smallest_floats_do_not_make_js_jump(smallest):
    p, q = np.array([1.0, smallest, 0]), np.array([1.0, 0, smallest])
    assert js(p, q) == pytest.approx(0, abs=2 * smallest)
    assert kl(p, q) == math.inf


@given(distributions())
def test_js_of_distributions_with_subnormal_shares_stays_close(pair):
    tiny = np.column_stack([pair, [5e-324, 0]])
    assert js(*tiny) == pytest.approx(js(*pair), rel=1e-12, abs=1e-15)


# two densities


def on_a_grid(mean, reach=10.0, points=4001):
    x = np.linspace(-reach, mean + reach, points)
    return [distribution.pdf(x) * (x[1] - x[0]) for distribution in (normal(), normal(mean))]


@pytest.mark.parametrize(
    ("mean", "expected"), [(1, 0.1114), (2, 0.3368), (4, 0.6327), (8, 0.69305)]
)
def test_two_normals(mean, expected):
    p, q = on_a_grid(mean)
    assert js(p, q) == pytest.approx(expected, abs=5e-5)
    assert kl(p, q) == pytest.approx(mean**2 / 2, rel=1e-9)
    assert symmetrised_kl(p, q) == pytest.approx(mean**2 / 2, rel=1e-9)
    assert total_variation(p, q) == pytest.approx(2 * normal().cdf(mean / 2) - 1, abs=1e-5)


def test_beyond_38_deviations_a_float_density_is_0_and_the_docstring_says_so():
    assert symmetrised_kl(*on_a_grid(20)) == pytest.approx(200, rel=1e-9)
    assert symmetrised_kl(*on_a_grid(40)) == math.inf, (
        "by underflow: the distribution's own value is 800"
    )


# shapes


@each
def test_leading_axes_are_many_distributions_at_once(divergence):
    rng = np.random.default_rng(0)
    many, one = normalised(rng.random((3, 4, 5))), normalised(rng.random(5))
    result = divergence(many, one)
    assert result.shape == (3, 4)
    assert result[1, 2] == divergence(many[1, 2], one)
    table = divergence(BERNOULLIS[:, None], BERNOULLIS)
    assert table.shape == (3, 3)
    assert table[0, 2] == divergence(BERNOULLIS[0], BERNOULLIS[2])


@each
def test_float32_shares_are_good_enough_and_inputs_stay_as_they_are(divergence):
    rng = np.random.default_rng(1)
    p, q = normalised(rng.random((2, 50)))
    before = p.copy()
    single = divergence(p.astype(np.float32), q.astype(np.float32))
    assert single == pytest.approx(divergence(p, q), abs=1e-6)
    assert single.dtype == float
    np.testing.assert_array_equal(p, before)
    p.setflags(write=False)
    assert divergence(p.tolist(), q) == divergence(p, q)


@each
@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ([50, 50], "must sum to 1, got 100: divide"),
        ([0.5, 0.49999], "must sum to 1"),
        ([0, 0], "must sum to 1, got 0"),
        ([[0.5, 0.5], [0.5, 0.6]], r"must sum to 1, got 1\.1"),
        ([1.5, -0.5], "must be at least 0 everywhere, got -0.5"),
        ([math.nan, 1], "must be finite"),
        ([math.inf, 1], "must be finite"),
        ([], "must hold at least one bin"),
        (np.zeros((0, 2)), "must hold at least one bin"),
        (1.0, "must hold at least one bin"),
        (None, "must hold at least one bin"),
    ],
)
def test_what_is_no_distribution_is_refused_by_name(divergence, bad, says):
    with pytest.raises(ValueError, match=f"^p {says}"):
        divergence(bad, [0.5, 0.5])
    with pytest.raises(ValueError, match=f"^q {says}"):
        divergence([0.5, 0.5], bad)


@each
@pytest.mark.parametrize(
    ("p", "q"),
    [
        ([0.5, 0.5], [0.2, 0.3, 0.5]),
        ([0.5, 0.5], [1.0]),  # would broadcast, and mean nothing
        (np.full((2, 2), 0.5), np.full((3, 2), 0.5)),
    ],
)
def test_distributions_on_other_bins_are_refused(divergence, p, q):
    with pytest.raises(ValueError, match=r"^p and q must have the same bins"):
        divergence(p, q)


# the honest histogram

EDGES = np.linspace(-1, 1, 5)
numbers = st.lists(st.floats(-1, 1), min_size=1, max_size=40)


@given(numbers)
def test_a_histogram_counts_and_divides(values):
    by_hand = [np.mean([a <= v < b for v in values]) for a, b in pairwise(EDGES)]
    by_hand[-1] += np.mean([v == 1 for v in values])
    shares = histogram(values, EDGES)
    np.testing.assert_allclose(shares, by_hand, atol=1e-15)
    js(shares, shares)  # is a distribution


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40))
def test_nothing_is_ever_dropped(values):
    shares = histogram(values, EDGES, outside="ends")
    assert shares.sum() == pytest.approx(1, abs=1e-12)
    assert shares[0] == pytest.approx(np.mean(np.asarray(values) < -0.5))
    np.testing.assert_allclose(shares, histogram(values, [-math.inf, *EDGES[1:-1], math.inf]))
    missed = sum(abs(v) > 1 for v in values)
    if missed:
        says = (
            rf"^{missed} of {len(values)} values lie outside the edges -1 … 1: .*outside=\"ends\""
        )
        with pytest.raises(ValueError, match=says):
            histogram(values, EDGES)


def test_the_edges_that_the_error_suggests_work():
    with pytest.raises(ValueError, match=r"reach from -3 to 2\.5"):
        histogram([-3, 0, 2.5], [-1, 0, 1])
    np.testing.assert_allclose(histogram([-3, 0, 2.5], [-3, 0, 2.5]), [1 / 3, 2 / 3])


def test_any_shape_and_uneven_bins():
    values = np.array([[0.1], [0.2], [0.95], [0.5]])
    np.testing.assert_array_equal(histogram(values, [0, 0.5, 0.9, 1]), [0.5, 0.25, 0.25])


# two samples of the same distribution


def two_histograms(bins, n, m, seed, times):
    rng = np.random.default_rng(seed)
    distribution = np.full(bins, 1 / bins)
    return rng.multinomial(n, distribution, times) / n, rng.multinomial(m, distribution, times) / m


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("bins", "n", "m"), [(10, 1000, 1000), (100, 1000, 1000), (50, 1000, 4000), (20, 5000, 400)]
)
def test_the_bias_for_many_samples_a_bin(bins, n, m, seed):
    values = js(*two_histograms(bins, n, m, seed, times=2000))
    bias = plug_in_bias(bins, n, m)
    assert values.mean() == pytest.approx(bias, rel=0.05)


def test_the_bias_of_equal_samples_is_the_bins_over_4_n():
    assert plug_in_bias(100, 1000) == plug_in_bias(100, 1000, 1000) == pytest.approx(0.02475)
    assert plug_in_bias(1, 7) == 0


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("bins", "n"), [(1, 5), (2, 1), (2, 10), (64, 1000), (256, 1000), (1024, 1000), (4096, 300)]
)
def test_the_expectation_is_what_simulation_finds(bins, n, seed):
    values = js(*two_histograms(bins, n, n, seed, times=400))
    sampling_error = values.std() / 20
    assert expected_js(bins, n) == pytest.approx(values.mean(), abs=4.5 * sampling_error + 1e-12)


@pytest.mark.parametrize(("bins", "n"), [(2, 1), (2, 3), (3, 4), (7, 5)])
def test_the_expectation_is_the_sum_over_all_pairs_of_counts(bins, n):
    total = 0.0
    for a in range(n + 1):
        for b in range(n + 1):
            chance = binom.pmf(a, n, 1 / bins) * binom.pmf(b, n, 1 / bins)
            total += bins * chance * (rel_entr(2 * a, a + b) + rel_entr(2 * b, a + b)) / (4 * n)
    assert expected_js(bins, n) == pytest.approx(total, rel=1e-12)


@pytest.mark.parametrize("bins", [2, 10, 100])
def test_the_expectation_becomes_the_bias_with_many_samples(bins):
    for n in (10 * bins, 100 * bins, 1000 * bins):
        assert expected_js(bins, n) == pytest.approx(plug_in_bias(bins, n), rel=bins / n)


def test_the_expectation_keeps_its_digits_where_it_is_tiny():
    assert expected_js(2, 10**5) == pytest.approx(plug_in_bias(2, 10**5), rel=2e-5)
    assert expected_js(100, 10**6) == pytest.approx(plug_in_bias(100, 10**6), rel=2e-4)


def test_the_curse_of_dimension():
    measured = {6: 0.015, 8: 0.077, 10: 0.295, 12: 0.551, 16: 0.685, 20: 0.693}
    for dimensions, divergence in measured.items():
        assert expected_js(2**dimensions, 1000) == pytest.approx(divergence, abs=0.01)
    assert expected_js(2**784, 1000) == math.log(2)


# why the article's divergence is no use on two samples


@pytest.mark.parametrize("seed", range(10))
def test_a_pseudo_count_decides_the_symmetrised_kl_of_two_samples(seed):
    rng, edges = np.random.default_rng(seed), np.linspace(-5, 5, 51)
    p = histogram(rng.normal(0.0, 1, 1000), edges)
    q = histogram(rng.normal(0.2, 1, 1000), edges)
    assert symmetrised_kl(p, q) == math.inf
    counts = 1000 * np.array([p, q])
    small, middle, large = (symmetrised_kl(*normalised(counts + c)) for c in (1e-12, 1e-3, 1))
    assert small > middle > large
    assert small > 1.5 * large, "the distribution's own value, .02, has no part in it"
    assert abs(js(p, q) - js(*normalised(counts + 1e-3))) < 1e-4, "JS does not care"
