"""The playground's targets: their samples, and distances held against SciPy."""

import itertools
import math

import numpy as np
import pytest
from scipy.spatial import KDTree
from scipy.spatial.distance import jensenshannon
from scipy.stats import chisquare, kstest, multivariate_normal, wasserstein_distance

from gan_edu.targets import CELLS, REACH, REACHED, TARGETS, GaussianModes, same_distribution, w1

SEEDS = range(3)


@pytest.mark.parametrize("seed", SEEDS)
def test_w1_is_the_best_of_all_pairings(seed):
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


PLANE = [name for name, target in TARGETS.items() if target.dim == 2]
LINE = [name for name, target in TARGETS.items() if target.dim == 1]


@pytest.mark.parametrize("name", PLANE)
def test_a_target_s_samples_have_its_mean_and_variance_and_lie_in_the_picture(name):
    target, n = TARGETS[name], 40_000
    x = target.sample(n, np.random.default_rng(1))
    variance = target.centres.var(axis=0) + target.sd**2
    assert x.shape == (n, 2)
    assert np.abs(x.mean(0) - target.centres.mean(0)).max() < 5 * math.sqrt(variance.max() / n)
    assert np.allclose(x.var(0), variance, rtol=0.05, atol=0.001)
    assert np.mean(np.abs(x).max(1) < REACH) > 0.999


def test_a_mode_is_covered_from_half_of_its_share_on():
    target = TARGETS["ring_of_8"]
    elsewhere = np.zeros((800, 2))
    for inside, covered, reached in [(0, 0, 0), (9, 0, 0), (10, 0, 1), (49, 0, 1), (50, 1, 1)]:
        y = elsewhere.copy()
        y[:inside] = target.centres[3]
        assert (target.covered(y), target.covered(y, REACHED)) == (covered, reached)
    assert target.covered(target.sample(800, np.random.default_rng(0))) == 8


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("sd", [0.0, 0.02, 0.1])
def test_a_thin_circle_through_all_modes_covers_none(sd, seed):
    target, rng = TARGETS["ring_of_8"], np.random.default_rng(seed)
    angle = rng.uniform(0, 2 * np.pi, 2000)
    ring = 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1) + sd * rng.normal(size=(2000, 2))
    assert target.covered(ring) == 0
    assert target.covered(ring, REACHED) == 8


APART = [name for name, target in TARGETS.items() if target.apart]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", APART)
def test_all_modes_get_their_share_and_are_round(name, seed):
    target, n = TARGETS[name], 20_000
    x = target.sample(n, np.random.default_rng(seed))
    distance, mode = KDTree(target.centres).query(x)
    assert chisquare(np.bincount(mode, minlength=len(target.centres))).pvalue > 1e-4
    squares = (distance / target.sd) ** 2  # of two coordinates: their mean is 2
    assert squares.mean() == pytest.approx(2, rel=0.05)


@pytest.mark.parametrize("name", APART)
def test_a_mode_ends_at_three_sd(name):
    target = TARGETS[name]
    for reach, covered in [(2.99, len(target.centres)), (3.01, 0)]:
        assert target.covered(target.centres + reach * target.sd * np.array([0.6, 0.8])) == covered


@pytest.mark.parametrize("name", PLANE)
def test_the_dotted_line_is_what_fresh_samples_get(name):
    target, rng = TARGETS[name], np.random.default_rng(5)
    fresh = [target.sample(2000, rng) for _ in range(40)]
    for distance, floor in same_distribution(target).items():
        assert np.mean([getattr(target, distance)(y) for y in fresh]) == pytest.approx(
            floor, rel=0.15
        )


@pytest.mark.parametrize("name", PLANE)
def test_the_cells_shares_are_those_of_many_samples_and_of_an_integral(name):
    target, n = TARGETS[name], 400_000
    x = target.sample(n, np.random.default_rng(3)).clip(-REACH + 1e-9, REACH - 1e-9)
    counts = np.histogram2d(*x.T, bins=CELLS, range=[[-REACH, REACH]] * 2)[0].ravel()
    assert target.shares.sum() == pytest.approx(1)
    off = np.abs(counts / n - target.shares)
    assert np.all(off < 5 * np.sqrt(target.shares / n) + 3e-5)
    distributions = [multivariate_normal(centre, target.sd**2) for centre in target.centres]
    cell, width = int(target.shares.argmax()), 2 * REACH / CELLS
    low = -REACH + width * np.array(divmod(cell, CELLS))
    exact = np.mean(
        [distribution.cdf(low + width, lower_limit=low) for distribution in distributions]
    )
    assert target.shares[cell] == pytest.approx(exact, abs=1e-4)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", PLANE)
def test_js_in_the_plane_is_scipy_s_of_the_cells_counts(name, seed):
    target, rng = TARGETS[name], np.random.default_rng(seed)
    y = rng.normal(size=(2000, 2)).clip(-2.9, 2.9)
    counts = np.histogram2d(*y.T, bins=CELLS, range=[[-REACH, REACH]] * 2)[0].ravel()
    assert target.js(y) == pytest.approx(jensenshannon(counts, target.shares) ** 2, rel=1e-9)
    far = np.full((2000, 2), 1e30)  # what has run away counts in the cell at the corner
    assert 0.6 < target.js(far) <= math.log(2) + 1e-12


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", LINE)
def test_distances_on_the_line_are_scipy_s(name, seed):
    target = TARGETS[name]
    y = np.random.default_rng(seed).normal(0.3, 1.2, size=(2000, 1))
    places = target.distribution.ppf((np.arange(2000) + 0.5) / 2000)
    assert target.w1(y) == pytest.approx(wasserstein_distance(y[:, 0], places), rel=1e-9)
    edges = np.linspace(-5, 5, 101)
    inner = np.concatenate([[-np.inf], edges[1:-1], [np.inf]])
    counts = np.histogram(y, inner)[0]
    exact = [
        target.distribution.cdf(b) - target.distribution.cdf(a)
        for a, b in itertools.pairwise(inner)
    ]
    assert target.js(y) == pytest.approx(jensenshannon(counts, exact) ** 2, rel=1e-6)


@pytest.mark.parametrize("name", LINE)
def test_samples_on_the_line_follow_their_distribution(name):
    target = TARGETS[name]
    x = target.sample(5000, np.random.default_rng(2))
    assert x.shape == (5000, 1)
    assert kstest(x[:, 0], target.distribution.cdf).pvalue > 1e-3


def test_what_can_be_counted_is_what_lies_apart():
    """No sample of one mode, three standard deviations away or nearer, may be one of another."""
    for target in (TARGETS[name] for name in PLANE):
        (nearest,) = KDTree(target.centres).query(target.centres, k=[2])[0].T
        assert target.apart == (nearest.min() / 2 >= 3 * target.sd)
    assert {"ring_of_8", "grid_of_25"} <= set(APART)
    assert not {"line", "ring"} & set(APART)
    assert GaussianModes(np.zeros((1, 2)), 0.1).apart
    assert not GaussianModes(np.array([[0, 0], [0.59, 0]]), 0.1).apart
