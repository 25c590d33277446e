"""How far apart two distributions or two samples are: divergences in nats, and the histogram.

p and q hold the probabilities of K bins on the last axis; leading axes broadcast. Two densities on
an even grid x with step dx are the bins `pdf(x) * dx`: the check that they sum to 1 is also the
check that the grid is wide and fine enough. Where a density is below 1e-323 its float is 0; keep
a normal distribution's grid within 38 standard deviations, or its KL is ∞ for no other reason.
"""

from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaln, rel_entr, xlog1py, xlogy

TOLERANCE = 1e-6  # float32 shares sum to 1 this well; they are then divided by their sum
LOG_4 = np.log(4)  # nats: against the best D the game is worth −log 4 + 2 JS


def kl(p: ArrayLike, q: ArrayLike) -> np.ndarray:
    """Return KL(p‖q) = Σ p log(p/q) ≥ 0, with 0 log 0 = 0, and ∞ where q = 0 < p.

    Shapes (…, K) give (…). Not symmetric: `kl(q, p)` differs. Raises ValueError unless p and q are
    at least 0, finite, sum to 1 within 1e-6, and have the same bins.
    Source: Kullback & Leibler 1951.
    """
    return _kl(*_two_distributions(p, q))


def symmetrised_kl(p: ArrayLike, q: ArrayLike) -> np.ndarray:
    """Return ½ KL(p‖q) + ½ KL(q‖p), half of Jeffreys' divergence; the article calls it JS.

    ∞ as soon as one distribution has an empty bin where the other has none. Shapes, errors as in
    `kl`. Source: Jeffreys 1946.
    """
    p, q = _two_distributions(p, q)
    return (_kl(p, q) + _kl(q, p)) / 2


def js(p: ArrayLike, q: ArrayLike) -> np.ndarray:
    """Return the Jensen–Shannon divergence ½ KL(p‖m) + ½ KL(q‖m), m = (p + q)/2.

    Between 0 (exactly, for p = q) and log 2 (no bin in common). Shapes, errors as in `kl`.
    Source: Lin 1991.
    """
    p, q = _two_distributions(p, q)
    both = p + q  # 2m: halving the smallest float would give 0, and KL ∞
    return np.clip((_kl(2 * p, both) + _kl(2 * q, both)) / 4, 0, np.log(2))


def sqrt_js(p: ArrayLike, q: ArrayLike) -> np.ndarray:
    """Return √JS(p, q), a metric: it keeps the triangle inequality. Units √nat; otherwise as `js`.

    SciPy's `jensenshannon` is this root. Source: Endres & Schindelin 2003.
    """
    return np.sqrt(js(p, q))


def total_variation(p: ArrayLike, q: ArrayLike) -> np.ndarray:
    """Return ½ Σ |p − q|: the largest difference on any event, from 0 to 1, without a unit.

    Shapes, errors as in `kl`.
    """
    p, q = _two_distributions(p, q)
    return np.clip(np.abs(p - q).sum(-1) / 2, 0, 1)


def histogram(values: ArrayLike, edges: ArrayLike, outside: str = "raise") -> np.ndarray:
    """Return the share of a sample in each of K bins: #(values in bin i) / N, of shape (K,).

    `values` has any shape, `edges` (K+1,) rises; a bin holds its left edge, the last both. A value
    outside the edges is never dropped: "raise" says how many there are, "ends" counts them in the
    end bins. Raises ValueError for that, for an empty sample, for NaN or ∞, and for bad edges.
    """
    values = np.asarray(values, float).ravel()
    edges = np.asarray(edges, float)
    _check_sample(values)
    if edges.ndim != 1 or len(edges) < 2 or not np.all(np.diff(edges) > 0):
        raise ValueError("edges must be two numbers or more, each above the one before")
    if outside not in ("raise", "ends"):
        raise ValueError(f'outside must be "raise" or "ends", got {outside!r}')
    missed = np.count_nonzero((values < edges[0]) | (values > edges[-1]))
    if missed and outside == "raise":
        raise ValueError(
            f"{missed} of {len(values)} values lie outside the edges {edges[0]:g} … {edges[-1]:g}: "
            f"let the edges reach from {values.min():g} to {values.max():g}, "
            'or count them in the end bins with outside="ends"'
        )
    return np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0] / len(values)


def plug_in_bias(bins: int, n: int, m: int | None = None) -> float:
    """Return (K − 1)/8 · (1/n + 1/m), near E JS of two histograms of one distribution.

    n and m are the samples' sizes, m = n if not given: then it is (K − 1)/(4n). From
    JS ≈ ⅛ Σ (p̂ − q̂)²/p and Var(p̂ − q̂) = p(1 − p)(1/n + 1/m), so it needs about 10 samples or
    more in each bin; `expected_js` does not. Raises ValueError unless all are whole and ≥ 1.
    """
    m = n if m is None else m
    _check_counts(bins=bins, n=n, m=m)
    return (bins - 1) / 8 * (1 / n + 1 / m)


def expected_js(bins: int, n: int) -> float:
    """Return E JS of the histograms of two samples of size n of the same K equiprobable bins.

    Exact: JS = H(m) − ½ H(p̂) − ½ H(q̂), and m is a histogram of 2n samples. The entropy of N
    samples is log N − mean log(count in a sample's own bin), itself and Bin(N − 1, 1/K) others:
    E JS = log 2 + E log(1 + S) − E log(1 + T), S ~ Bin(n − 1, 1/K), T ~ Bin(2n − 1, 1/K).
    Half of log 2 at n/K ≈ .766, for large K. Raises ValueError unless both are whole and ≥ 1.
    """
    _check_counts(bins=bins, n=n)
    crowding = _mean_log_company(2 * n - 1, 1 / bins) - _mean_log_company(n - 1, 1 / bins)
    return float(np.clip(np.log(2) - crowding, 0, np.log(2)))


def _kl(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    return np.maximum(rel_entr(p, q).sum(-1), 0)  # rounding gives −1e-17 for p close to q


@np.errstate(under="ignore")
def _mean_log_company(others: int, p: float) -> float:
    """Return E log(1 + S), S ~ Bin(others, p)."""
    k = np.arange(others + 1)
    ways = gammaln(others + 1) - gammaln(k + 1) - gammaln(others - k + 1)
    chance = np.exp(ways + xlogy(k, p) + xlog1py(others - k, -p))
    return (chance * np.log1p(k)).sum() / chance.sum()


def _two_distributions(p: ArrayLike, q: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    p, q = _distribution("p", p), _distribution("q", q)
    try:
        np.broadcast_shapes(p.shape[:-1], q.shape[:-1])
        same_bins = p.shape[-1] == q.shape[-1]
    except ValueError:
        same_bins = False
    if not same_bins:
        raise ValueError(f"p and q must have the same bins (last axis), got {p.shape}, {q.shape}")
    return p, q


def _distribution(name: str, shares: ArrayLike) -> np.ndarray:
    shares = np.asarray(shares, float)
    if shares.ndim == 0 or shares.size == 0:
        raise ValueError(f"{name} must hold at least one bin, got shape {shares.shape}")
    if not np.all(np.isfinite(shares)):
        raise ValueError(f"{name} must be finite: it holds NaN or ∞")
    if np.any(shares < 0):
        raise ValueError(f"{name} must be at least 0 everywhere, got {shares.min():g}")
    total = shares.sum(-1, keepdims=True)
    if np.any(np.abs(total - 1) > TOLERANCE):
        worst = total.flat[np.argmax(np.abs(total - 1))]
        raise ValueError(f"{name} must sum to 1, got {worst:.9g}: divide counts by their total")
    return shares / total


def _check_sample(values: np.ndarray) -> None:
    if values.size == 0:
        raise ValueError("values is empty: shares need at least one value")
    if not np.all(np.isfinite(values)):
        bad = np.count_nonzero(~np.isfinite(values))
        raise ValueError(f"values must be finite: {bad} of {len(values)} are NaN or ∞")


def _check_counts(**counts: int) -> None:
    for name, count in counts.items():
        if not isinstance(count, Integral) or count < 1:
            raise ValueError(f"{name} must be a whole number, 1 or more, got {count!r}")
