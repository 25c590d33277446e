"""Chapter 03: pairs of distributions, what is exact about them, and moments of a training."""

import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from gan_edu.distributions import Distribution, mixture, normal
from gan_edu.divergences import LOG_4, js

Pair = tuple[Distribution, Distribution]  # of the real samples, and of the generated ones

PAIRS: dict[str, Pair] = {
    "shift": (normal(), normal(1)),
    "wider": (normal(), normal(0, 2)),
    "two_modes": (mixture([0.5, 0.5], [-2, 2], [0.8, 0.8]), normal()),
}
COMBS: Pair = (
    mixture([1 / 4] * 4, [-3, -1, 1, 3], [0.25] * 4),
    mixture([1 / 3] * 3, [-2, 0, 2], [0.25] * 3),
)
X = np.linspace(-20, 20, 2001)  # wide enough for the integrals over all distributions here
STEP = 0.02
MARKS = sorted({round(10 ** (0.04 * k)) for k in range(69)} | {300, 500})  # steps that are kept


# Exact values


@np.errstate(under="ignore")
def means(a: np.ndarray, pair: Pair) -> list[float]:
    """Return E a under the real and under the generated distribution, for a on `X`."""
    return [float(np.trapezoid(a * distribution.pdf(X), X)) for distribution in pair]


def centred(a: np.ndarray, pair: Pair) -> np.ndarray:
    """Return a plus a constant, so that its two means lie around 0: their difference stays."""
    return a - sum(means(a, pair)) / 2


def difference(a: np.ndarray, pair: Pair) -> float:
    """Return E_real a − E_fake a, what a critic maximises, for a on `X`."""
    return means(a, pair)[0] - means(a, pair)[1]


def log_value(a: np.ndarray, pair: Pair) -> float:
    """Return V = E_real log D + E_fake log(1 − D), D = σ(a), for a on `X`."""
    return means(-np.logaddexp(0, -a), pair)[0] + means(-np.logaddexp(0, a), pair)[1]


def cdfs(pair: Pair) -> list[np.ndarray]:
    """Return both cumulative distribution functions on `X`."""
    return [distribution.cdf(X) for distribution in pair]


def w1(pair: Pair) -> float:
    """Return the Wasserstein distance ∫ |F_real − F_fake| dx."""
    return float(np.trapezoid(np.abs(np.subtract(*cdfs(pair))), X))


def optimal_critic(pair: Pair) -> np.ndarray:
    """Return the best a on `X` with slopes up to 1: a′ = sign(F_fake − F_real), a(0) = 0."""
    real, fake = cdfs(pair)
    a = np.cumsum(np.sign(fake - real)) * STEP
    return a - a[len(X) // 2]


def optimal_d(pair: Pair) -> np.ndarray:
    """Return D* = p / (p + q) on `X`."""
    return pair[0].pdf(X) / sum(distribution.pdf(X) for distribution in pair)


def exact_js(pair: Pair) -> float:
    """Return JS(p, q) in nats."""
    return float(js(*(distribution.pdf(X) * STEP for distribution in pair)))


def optimal_value(pair: Pair) -> float:
    """Return V(D*) = −log 4 + 2 JS(p, q)."""
    return 2 * exact_js(pair) - LOG_4


def with_mass(pair: Pair) -> np.ndarray:
    """Return where on `X` both densities together exceed 0.05, so that a network can learn."""
    return np.sum([distribution.pdf(X) for distribution in pair], axis=0) > 0.05


def steepest(a: np.ndarray, pair: Pair) -> float:
    """Return the largest slope of a (on `X`) where there is mass."""
    return float(np.abs(np.gradient(a, X))[with_mass(pair)].max())


def largest_error(a: np.ndarray, pair: Pair) -> float:
    """Return the largest |σ(a) − D*| where there is mass, for a on `X`."""
    return float(np.abs(expit(a) - optimal_d(pair))[with_mass(pair)].max())


def turns(a: np.ndarray, pair: Pair) -> int:
    """Return how often the slope of a (on `X`) changes its sign where there is mass."""
    slopes = np.diff(a)[with_mass(pair)[1:]] / STEP
    return int(np.count_nonzero(np.diff(np.sign(slopes[np.abs(slopes) > 0.05]))))


def kinked(x: np.ndarray, left: float, right: float, kink: float) -> np.ndarray:
    """Return two straight lines with these slopes that meet at `kink`, where they are 0."""
    return np.where(x < kink, left, right) * (x - kink)


# Trainings


@dataclass(frozen=True)
class Trace:
    """A moment of a training: the number of steps done, and the network's output on `X`."""

    step: int
    a: np.ndarray


def outputs_on_x(network) -> np.ndarray:
    """Return the network's output on `X`, as float64 (N,); the network stays as it is."""
    import torch

    training = network.training
    network.eval()  # in training mode spectral normalisation would update its estimates
    with torch.no_grad():
        a = network(torch.from_numpy(X).float()[:, None])[:, 0].double().numpy()
    network.train(training)
    return a


def traced(network, steps: Iterable[int], marks: Iterable[int] = MARKS) -> Iterator[Trace]:
    """Train to the end of `steps`; yield a trace after each step that is in `marks`."""
    marks = set(marks)
    for step in steps:
        if step in marks:
            yield Trace(step, outputs_on_x(network))


def until(traces: list[Trace], step: int) -> list[Trace]:
    """Return the traces up to `step`, or the first one if there are none."""
    return traces[: max(1, bisect.bisect([trace.step for trace in traces], step))]
