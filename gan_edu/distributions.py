"""Distributions on the line with exact answers: density, its integral, the inverse, and samples."""

from collections.abc import Callable
from dataclasses import dataclass, field
from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

GRID_U = (np.arange(2000) + 0.5) / 2000  # evenly spaced: no sampling noise
# A uniform number of 53 bits is 0 once in 2⁵³ draws, and there a normal distribution's inverse is
# −∞.
NEAREST_TO_0 = 2.0**-54
NEAREST_TO_1 = 1 - 2.0**-53


@dataclass(frozen=True)
class Distribution:
    """A distribution on the line, made by `normal`, `uniform`, `mixture` and the like."""

    _pdf: Callable[[np.ndarray], np.ndarray] = field(repr=False)
    _cdf: Callable[[np.ndarray], np.ndarray] = field(repr=False)
    _ppf: Callable[[np.ndarray], np.ndarray] = field(repr=False)

    @np.errstate(under="ignore")
    def pdf(self, x: ArrayLike) -> np.ndarray:
        """Return the density ρ(x), of the shape of x."""
        return self._pdf(np.asarray(x, float))

    @np.errstate(under="ignore")
    def cdf(self, x: ArrayLike) -> np.ndarray:
        """Return the probability F(x) = ∫₋∞ˣ ρ(t) dt of all that lies left of x."""
        return self._cdf(np.asarray(x, float))

    @np.errstate(under="ignore")
    def ppf(self, u: ArrayLike) -> np.ndarray:
        """Return F⁻¹(u): the smallest x with F(x) ≥ u, and the support's lower end for u = 0.

        Raises ValueError unless 0 ≤ u ≤ 1. Source: Devroye 1986, section II.2.
        """
        u = np.asarray(u, float)
        if not np.all((u >= 0) & (u <= 1)):
            raise ValueError("u must lie between 0 and 1: it is a probability")
        return self._ppf(u)

    @np.errstate(under="ignore")
    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Return n independent samples F⁻¹(u), u ~ U[0,1], of shape (n,).

        Raises ValueError for a negative n, TypeError if rng is no numpy Generator.
        """
        if not isinstance(n, Integral) or n < 0:
            raise ValueError(f"n must be a whole number, 0 or more, got {n!r}")
        if not isinstance(rng, np.random.Generator):
            raise TypeError(f"rng must come from numpy.random.default_rng(seed), got {rng!r}")
        return self._ppf(np.clip(rng.random(n), NEAREST_TO_0, NEAREST_TO_1))


def normal(mean: float = 0.0, sd: float = 1.0) -> Distribution:
    """Return N(mean, sd²): ρ(x) = exp(−z²/2) / (sd √2π), z = (x − mean) / sd.

    F = Φ(z) is no elementary function, and its inverse is mean + sd Φ⁻¹(u): ±∞ at 0 and 1.
    Raises ValueError unless mean and sd are finite and sd > 0. Source: SciPy's ndtr and ndtri.
    """
    _check_finite(mean=mean, sd=sd)
    _check_positive(sd=sd)
    return Distribution(
        _pdf=lambda x: _bell((x - mean) / sd) / sd,
        _cdf=lambda x: ndtr((x - mean) / sd),
        _ppf=lambda u: mean + sd * ndtri(u),
    )


def uniform(low: float = 0.0, high: float = 1.0) -> Distribution:
    """Return U[low, high]: ρ = 1 / (high − low) inside, F⁻¹(u) = (1 − u) low + u high.

    Raises ValueError unless both are finite and low < high.
    """
    _check_finite(low=low, high=high, width=high - low)
    if not low < high:
        raise ValueError(f"low must be below high, got {low} and {high}")
    return Distribution(
        _pdf=lambda x: ((x >= low) & (x <= high)) / (high - low),
        _cdf=lambda x: np.clip((x - low) / (high - low), 0, 1),
        _ppf=lambda u: (1 - u) * low + u * high,
    )


def exponential(rate: float = 1.0) -> Distribution:
    """Return Exp(rate): ρ(x) = rate e^(−rate x) for x ≥ 0, F⁻¹(u) = −log(1 − u) / rate.

    Raises ValueError unless rate is finite and > 0.
    """
    _check_finite(rate=rate)
    _check_positive(rate=rate)

    def ppf(u: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):  # +∞ at u = 1 is meant
            return -np.log1p(-u) / rate

    return Distribution(
        _pdf=lambda x: np.where(x < 0, 0.0, rate * np.exp(-rate * np.maximum(x, 0))),
        _cdf=lambda x: -np.expm1(-rate * np.maximum(x, 0)),
        _ppf=ppf,
    )


def mixture(weights: ArrayLike, means: ArrayLike, sds: ArrayLike) -> Distribution:
    """Return Σ wᵢ N(mᵢ, sᵢ²), of K normal distributions; all three arguments have shape (K,).

    The inverse has no formula. It lies between the components' own inverses, where halving finds
    it. Raises ValueError unless the weights are ≥ 0 and sum to 1, all is finite, and the sds > 0.
    """
    w, m, s = (np.asarray(numbers, float) for numbers in (weights, means, sds))
    if w.ndim != 1 or w.size == 0 or not w.shape == m.shape == s.shape:
        shapes = f"{w.shape}, {m.shape}, {s.shape}"
        raise ValueError(f"weights, means and sds must have the same length, got {shapes}")
    _check_finite(weights=w, means=m, sds=s)
    if np.any(w < 0) or not np.isclose(w.sum(), 1, rtol=0, atol=1e-9):
        raise ValueError(f"weights must be at least 0 and sum to 1, got {w} (sum {w.sum():g})")
    _check_positive(sds=s)
    w, m, s = (numbers[w > 0] for numbers in (w / w.sum(), m, s))

    def cdf(x: np.ndarray) -> np.ndarray:
        return (w * ndtr((x[..., None] - m) / s)).sum(-1)  # `@` would start a thread a core

    def ppf(u: np.ndarray) -> np.ndarray:
        ends = m + s * ndtri(u[..., None])
        return _smallest(cdf, u, ends.min(-1), ends.max(-1))

    return Distribution(
        _pdf=lambda x: (w / s * _bell((x[..., None] - m) / s)).sum(-1), _cdf=cdf, _ppf=ppf
    )


def from_density(x: ArrayLike, density: ArrayLike) -> Distribution:
    """Return the distribution whose density is linear between (x, density), scaled to area 1.

    Trapezoids give F at the knots x (N,), exactly for these lines; between two knots F is a
    parabola, and F⁻¹ the root of a quadratic: F⁻¹(F(x)) = x. For a smooth density that was only
    sampled, F's error falls as the square of the spacing. Where the density is 0, F is flat, and
    F⁻¹ jumps. Raises ValueError unless x rises and density (N,) is finite, ≥ 0, and has an area.
    """
    x, density = np.asarray(x, float), np.asarray(density, float)
    if x.ndim != 1 or len(x) < 2 or x.shape != density.shape:
        shapes = f"{x.shape}, {density.shape}"
        raise ValueError(f"x and density must be two lists of the same length, got {shapes}")
    _check_finite(x=x, density=density)
    if np.any(np.diff(x) <= 0):
        raise ValueError("x must rise from each point to the next")
    if np.any(density < 0) or not np.any(density > 0):
        raise ValueError("density must be at least 0 everywhere, and above 0 somewhere")
    return _piecewise_linear(x, density / density.max())


def _piecewise_linear(x: np.ndarray, rho: np.ndarray) -> Distribution:
    steps = np.diff(x) * (rho[:-1] + rho[1:]) / 2
    rho = rho / steps.sum()
    probability = np.append(0, np.cumsum(steps)) / steps.sum()
    _check_finite(area=steps.sum())
    probability /= probability[-1]  # rounding must not keep F from reaching 1
    slope = np.diff(rho) / np.diff(x)
    start = max(np.searchsorted(probability, 0, "right") - 1, 0)
    last = len(x) - 2

    def cdf(t: np.ndarray) -> np.ndarray:
        i = np.clip(np.searchsorted(x, t, "right") - 1, 0, last)
        d = np.clip(t, x[0], x[-1]) - x[i]
        return np.clip(probability[i] + d * (rho[i] + slope[i] * d / 2), 0, 1)

    def ppf(u: np.ndarray) -> np.ndarray:
        i = np.clip(np.searchsorted(probability, u, "left") - 1, start, last)
        area = u - probability[i]
        root = rho[i] + np.sqrt(np.maximum(rho[i] ** 2 + 2 * slope[i] * area, 0))
        return np.clip(x[i] + 2 * area / np.where(root > 0, root, 1), x[i], x[i + 1])

    return Distribution(_pdf=lambda t: np.interp(t, x, rho, left=0, right=0), _cdf=cdf, _ppf=ppf)


def _bell(z: np.ndarray) -> np.ndarray:
    return np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


def _smallest(cdf: Callable, u: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return the smallest x in [low, high] with cdf(x) ≥ u, by halving; ends may be infinite."""
    for _ in range(64):
        middle = low / 2 + high / 2
        below = cdf(middle) < u
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return high


def _check_finite(**numbers: ArrayLike) -> None:
    for name, value in numbers.items():
        if not np.all(np.isfinite(value)):
            raise ValueError(f"{name} must be finite, got {value}")


def _check_positive(**numbers: ArrayLike) -> None:
    for name, value in numbers.items():
        if not np.all(np.asarray(value) > 0):
            raise ValueError(f"{name} must be above 0, got {value}")


def largest_cdf_error(y: np.ndarray, distribution: Distribution | None = None) -> np.ndarray:
    """Return max |F(yᵢ) − (i − ½)/n| over the sorted y (…, n): how wrong are shares to the left?

    Without a distribution it is N(0,1) that y is compared with. This is the Kolmogorov–Smirnov
    distance, but for at most 1/(2n). For y = f(`GRID_U`) there is no sampling noise in it: it is
    max |F(f(u)) − u|, the fault of an increasing f alone.
    """
    distribution = distribution or normal()
    y = np.sort(y)
    shares = (np.arange(y.shape[-1]) + 0.5) / y.shape[-1]
    return np.abs(distribution.cdf(y) - shares).max(-1)
