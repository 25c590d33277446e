"""Chapter 02: what is counted in bins, and what is exact about it."""

import numpy as np

from gan_edu.distributions import Distribution, mixture, normal
from gan_edu.divergences import js

NORMAL = normal()
TWO_MODES = mixture([0.5, 0.5], [-2, 2], [0.5, 0.5])
LOG_2 = np.log(2)
FINE = np.arange(-8, 18, 0.01) + 0.005  # midpoints, so that the box's edges fall between two


def shares(distribution: Distribution) -> np.ndarray:
    """Return the probabilities, summing to 1, of bins around the grid `FINE`."""
    return distribution.pdf(FINE) / distribution.pdf(FINE).sum()


def equal_bins(count: int) -> np.ndarray:
    """Return the edges (count + 1,) of bins to which N(0,1) gives the same probability."""
    return NORMAL.ppf(np.linspace(0, 1, count + 1))


def in_bins(ordered: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return how many of a sorted sample lie in each bin, (K,)."""
    return np.diff(np.searchsorted(ordered, edges))


def js_of_counts(real: np.ndarray, fake: np.ndarray, edges: np.ndarray) -> float:
    """Return JS of the histograms of two sorted samples."""
    p, q = (in_bins(ordered, edges) / len(ordered) for ordered in (real, fake))
    return float(js(p, q))


def exact_js(shift: float) -> float:
    """Return JS of N(0,1) and N(shift, 1), which no bins have coarsened."""
    return float(js(shares(NORMAL), shares(normal(shift))))


WIDTH = 0.2  # of the bins in which nudged samples are counted
EDGES = np.linspace(-6, 6, 61)


def loss_of_nudges(x_fake: np.ndarray, p: np.ndarray, nudges: np.ndarray) -> np.ndarray:
    """Return JS of p and the histogram of x_fake (N,) + nudge in `EDGES`, for each nudge (M,)."""
    counts = np.diff(np.searchsorted(np.sort(x_fake), EDGES - nudges[:, None]), axis=1)
    return js(p / p.sum(), counts / len(x_fake))


def crossings(x: np.ndarray, h: float) -> int:
    """Return how many of x (N,) are in another bin at x + h."""
    return int((np.floor((x + h) / WIDTH) != np.floor(x / WIDTH)).sum())


# Soft bins


def soft_weights(x: np.ndarray | float, centres: np.ndarray) -> np.ndarray:
    """Return what x gives to each of evenly spaced centres (K,): shape x.shape + (K,)."""
    inside = np.clip(np.asarray(x)[..., None], centres[0], centres[-1])
    return np.clip(1 - np.abs(inside - centres) / (centres[1] - centres[0]), 0, 1)


def soft_pulls(x: np.ndarray, p: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return −∂JS(p, q)/∂x_j for a sample x (M,) with soft shares q: (M,), nats per unit of x.

    Between centres i and i + 1, at distance w, it is (g_i − g_{i+1})/(M w) with g = ½ log(q/m)
    and m = (p + q)/2; beyond the outermost centres it is 0.
    """
    q = soft_weights(x, centres).mean(0)
    filled = np.maximum(q, np.finfo(float).tiny)  # an empty bin is no sample's neighbour
    slopes = -np.diff(np.log(2 * filled / (p + filled)) / 2) / np.diff(centres) / len(x)
    inside = (x > centres[0]) & (x < centres[-1])
    left = np.clip(np.searchsorted(centres, x) - 1, 0, len(slopes) - 1)
    return np.where(inside, slopes[left], 0)
