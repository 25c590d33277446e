"""Toy target distributions, in the plane and on the line, and how far a generator is from them.

Distances are to a fixed sample or to the distribution itself, always in the same way for one kind
of target, so that the same generated samples always get the same number.
"""

from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist, pdist
from scipy.special import ndtr

from gan_edu import divergences
from gan_edu.distributions import Distribution, exponential, uniform
from gan_edu.recipes import DISTRIBUTIONS, js_of

PAIRS = 256  # points on each side of W1 in the plane
REACH = 3.0  # targets in the plane lie in [−3, 3]²
CELLS = 20  # of JS's bins in the plane, in each direction
DRAWN_SD = 0.1
# Parts of its share: a mode with less than the first is not covered (a thin circle through the
# ring of 8 gives each mode a fifth), and one with less than the second is not even reached.
COVERED = 0.5
REACHED = 0.1
TRIES = 24  # samples of the target itself, to see what a perfect generator gets


@dataclass(frozen=True, eq=False)  # compared by identity, so that it can be cached
class GaussianModes:
    """A mixture of equal Gaussians N(c, sd² I) around the centres c (K, 2), its modes."""

    centres: np.ndarray
    sd: float
    dim = 2

    @cached_property
    def apart(self) -> bool:
        """Whether the modes lie far enough apart to be counted."""
        return len(self.centres) < 2 or bool(pdist(self.centres).min() >= 6 * self.sd)

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Return n independent samples, of shape (n, 2)."""
        modes = rng.integers(len(self.centres), size=n)
        return self.centres[modes] + self.sd * rng.standard_normal((n, 2))

    def covered(self, y: np.ndarray, least: float = COVERED) -> int:
        """Return how many modes have at least this part of their share of y (N, 2) within 3 sd."""
        return len(self.covered_modes(y, least))

    def covered_modes(self, y: np.ndarray, least: float = COVERED) -> list[int]:
        """Return the numbers of the modes with at least this part of their share, as above."""
        mode, near = self.nearest(y)
        counts = np.bincount(mode[near], minlength=len(self.centres))
        return np.flatnonzero(counts >= least * len(y) / len(self.centres)).tolist()

    def nearest(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the number of the mode nearest to each row of y (N, 2), and if it is within 3 sd.

        Both have the shape (N,).
        """
        distances = cdist(y, self.centres)
        return distances.argmin(1), distances.min(1) < 3 * self.sd

    @cached_property
    def _sample(self) -> np.ndarray:
        return self.sample(PAIRS, np.random.default_rng(1))

    @cached_property
    def shares(self) -> np.ndarray:
        """The target's exact shares (400,) in the cells of the plane; outer cells have no end."""
        edges = np.linspace(-REACH, REACH, CELLS + 1)
        edges[[0, -1]] = -np.inf, np.inf
        x, y = np.diff(ndtr((edges[:, None, None] - self.centres) / self.sd), axis=0).T
        return np.einsum("ki,kj->ij", x, y).ravel() / len(self.centres)

    def w1(self, y: np.ndarray) -> float:
        """Return W1 of the first 256 rows of y and a sample of the target. Errors as in `w1`."""
        return w1(y[:PAIRS], self._sample)

    def js(self, y: np.ndarray) -> float:
        """Return JS of y (N, 2) and the target itself in the cells of the plane, in nats."""
        inside = np.clip((y + REACH) * CELLS / (2 * REACH), 0, CELLS - 1)
        row, column = inside.astype(int).T
        counts = np.bincount(row * CELLS + column, minlength=CELLS**2)
        return float(divergences.js(counts / len(y), self.shares))


@dataclass(frozen=True)
class OnLine:
    """A distribution on the line, whose density, F and F⁻¹ are known."""

    distribution: Distribution
    dim = 1
    apart = False
    centres = np.empty((0, 1))  # no modes that could be counted, or moved

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Return n independent samples, of shape (n, 1)."""
        return self.distribution.sample(n, rng)[:, None]

    def w1(self, y: np.ndarray) -> float:
        """Return mean |y₍ᵢ₎ − F⁻¹((i + ½)/N)| over the sorted y (N, 1): W1 of y and the target."""
        return float(np.abs(np.sort(y[:, 0]) - _places(self.distribution, len(y))).mean())

    def js(self, y: np.ndarray) -> float:
        """Return JS of y (N, 1) and the target, in nats, in 100 bins."""
        return float(js_of(y[:, 0], self.distribution))


@cache  # a mixture's F⁻¹ is found by bisection, which takes far longer than the rest
def _places(distribution: Distribution, n: int) -> np.ndarray:
    return distribution.ppf((np.arange(n) + 0.5) / n)


Target = GaussianModes | OnLine


def w1(x: np.ndarray, y: np.ndarray) -> float:
    """Return min over pairings of the mean distance |xᵢ − y_π(i)|: W1 of two samples (N, 2).

    The optimal pairing is exact. Two samples of one distribution are not at 0: see
    `same_distribution`. Raises ValueError unless both have the same shape.
    """
    if x.shape != y.shape:
        raise ValueError(f"both samples must have the same shape, got {x.shape} and {y.shape}")
    cost = cdist(x, y)
    return float(cost[linear_sum_assignment(cost)].mean())


@lru_cache(maxsize=32)  # it takes some time, and each point of a drawing makes a new target
def same_distribution(target: Target, n: int = 2000) -> dict[str, float]:
    """Return the mean distances that a perfect generator gets: of n samples of the target."""
    rng = np.random.default_rng(0)
    tries = [target.sample(n, rng) for _ in range(TRIES)]
    return {name: float(np.mean([getattr(target, name)(y) for y in tries])) for name in DISTANCES}


def circle(count: int, radius: float = 2.0) -> np.ndarray:
    """Return `count` points evenly on a circle, of shape (count, 2)."""
    angle = 2 * np.pi * np.arange(count) / count
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _smile() -> tuple[tuple[float, float], ...]:
    angle = np.pi * np.linspace(1.15, 1.85, 9)
    mouth = 1.8 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    eyes = [(x, y) for x in (-0.8, 0.8) for y in (0.9, 1.15)]
    return (*eyes, *map(tuple, mouth.round(2).tolist()))


_five = np.arange(-2.0, 3.0)
DISTANCES = {"w1": "W₁", "js": "JS"}
DRAWING = "drawing"
SMILE = _smile()
TARGETS = {
    "line": GaussianModes(np.linspace([-2, -1], [2, 1], 60), 0.1),
    "two_gaussians": GaussianModes(np.array([[-1.5, 0], [1.5, 0]]), 0.4),
    "ring": GaussianModes(circle(100), 0.1),
    "ring_of_8": GaussianModes(circle(8), 0.05),
    "three_blobs": GaussianModes(circle(3, radius=1.6), 0.3),
    "grid_of_25": GaussianModes(np.stack(np.meshgrid(_five, _five), axis=-1).reshape(-1, 2), 0.05),
    DRAWING: GaussianModes(np.array(SMILE), DRAWN_SD),
    "normal_1d": OnLine(DISTRIBUTIONS["normal"]),
    "two_modes_1d": OnLine(DISTRIBUTIONS["two_modes"]),
    "exponential_1d": OnLine(exponential()),
    "uniform_1d": OnLine(uniform(-2, 2)),
}
