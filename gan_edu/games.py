"""Games between G and D whose answers are exact, in nats, to set beside what a training does.

In the first, p_data = N(0,1), G has one number, p_g = N(θ,1), and D has one,
D_ψ(x) = σ(ψ²/2 − ψx): the exact D* for θ = ψ. θ and ψ are numbers or arrays that broadcast.
θ is G's number and goes down, ψ is D's and goes up; in `play` and `alternating` D moves first.
"""

from collections.abc import Callable
from numbers import Integral, Real

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, log_expit, xlogy

Integrand = Callable[[np.ndarray, np.ndarray], np.ndarray]  # of x and ψ
Mean = Callable[[Integrand, ArrayLike, ArrayLike], np.ndarray]  # over x, for each θ and ψ
Slope = Callable[..., np.ndarray]  # of θ and ψ, and of a `Mean` that is not exact
Field = Callable[[np.ndarray], np.ndarray]  # the direction at a point (θ, ψ)
Step = Callable[[Field, np.ndarray, float], np.ndarray]  # of a field, a path, a learning rate

LIMIT = 50.0  # for θ and ψ: beyond, a mean would need more points than a slider can wait for


def logit(x: ArrayLike, psi: ArrayLike) -> np.ndarray:
    """Return D's logit a = ψ²/2 − ψx = log p_data(x) − log p_g(x) for θ = ψ: large on real data."""
    x, psi = np.asarray(x, float), np.asarray(psi, float)
    return psi * (psi / 2 - x)


@np.errstate(under="ignore")
def exact_mean(f: Integrand, theta: ArrayLike, psi: ArrayLike) -> np.ndarray:
    """Return E f(x, ψ) over x ~ N(θ,1), by the trapezoid rule on one grid of x for all θ and ψ.

    f gets x (N,) and ψ (…, 1), so its exponentials are taken for each ψ, not for each pair. For
    functions of the logit the rule's own error is near exp(−2π²/(step · |ψ|)) < 1e-14.
    Raises ValueError unless θ and ψ lie within ±50.
    """
    theta, psi = _numbers(theta=theta, psi=psi)
    step = 0.6 / np.max(np.abs(psi), initial=1)
    x = np.arange(np.min(theta, initial=0) - 9, np.max(theta, initial=0) + 9, step)
    weights = np.exp(-((x - theta[..., None]) ** 2) / 2) * (step / np.sqrt(2 * np.pi))
    return np.einsum("...x,...x->...", weights, f(x, psi[..., None]))


def batch_mean(size: int, rng: np.random.Generator) -> Mean:
    """Return what can stand for `exact_mean`: the mean over a fresh batch for each θ, ψ, and call.

    Raises ValueError for a size below 1, TypeError if rng is no numpy Generator.
    """
    _check(Integral, 1, size=size)
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must come from numpy.random.default_rng(seed), got {rng!r}")

    def mean(f: Integrand, theta: ArrayLike, psi: ArrayLike) -> np.ndarray:
        theta, psi = np.broadcast_arrays(*_numbers(theta=theta, psi=psi))
        x = theta[..., None] + rng.standard_normal((*theta.shape, size))
        return f(x, psi[..., None]).mean(-1)

    return mean


def value(theta: ArrayLike, psi: ArrayLike) -> np.ndarray:
    """Return V(θ, ψ) = E_data log D_ψ + E_g log(1 − D_ψ) ≤ 0, highest over ψ at ψ = θ.

    Near 0 it is −log 4 + θψ/2 − ψ²/4. Errors as in `exact_mean`, and ValueError if the shapes do
    not broadcast. Source: Goodfellow et al. 2014, equation (1).
    """
    return generator_minimax(theta, psi) - generator_non_saturating(0, psi)


def best_value(theta: ArrayLike) -> np.ndarray:
    """Return max_ψ V(θ, ψ) = V(θ, θ) = −log 4 + 2 JS(N(0,1), N(θ,1)), from −log 4 to 0.

    Errors as in `exact_mean`. Source: Goodfellow et al. 2014, theorem 1.
    """
    return value(theta, theta)


def generator_minimax(theta: ArrayLike, psi: ArrayLike) -> np.ndarray:
    """Return E_g log(1 − D_ψ): V but for what θ cannot change. Errors as in `value`."""
    return exact_mean(lambda x, psi: log_expit(-logit(x, psi)), theta, psi)


def generator_non_saturating(theta: ArrayLike, psi: ArrayLike) -> np.ndarray:
    """Return −E_g log D_ψ, the other loss of G. Errors as in `value`."""
    return -exact_mean(lambda x, psi: log_expit(logit(x, psi)), theta, psi)


def slope_minimax(theta: ArrayLike, psi: ArrayLike, mean: Mean = exact_mean) -> np.ndarray:
    """Return ∂θ E_g log(1 − D_ψ) = ∂θ V = ψ E_g D_ψ, by x = θ + z. Errors as in `value`."""
    return np.multiply(psi, mean(lambda x, psi: expit(logit(x, psi)), theta, psi))


def slope_non_saturating(theta: ArrayLike, psi: ArrayLike, mean: Mean = exact_mean) -> np.ndarray:
    """Return ∂θ (−E_g log D_ψ) = ψ E_g (1 − D_ψ): both slopes sum to ψ. Errors as in `value`."""
    return np.multiply(psi, mean(lambda x, psi: expit(-logit(x, psi)), theta, psi))


def slope_d(theta: ArrayLike, psi: ArrayLike, mean: Mean = exact_mean) -> np.ndarray:
    """Return ∂ψ V = E_data (1 − D_ψ)(ψ − x) − E_g D_ψ (ψ − x). Errors as in `value`."""
    real = mean(lambda x, psi: (psi - x) * expit(-logit(x, psi)), 0, psi)
    return real - mean(lambda x, psi: (psi - x) * expit(logit(x, psi)), theta, psi)


def play(
    theta: ArrayLike,
    psi: ArrayLike,
    iterations: int,
    slope_g: Slope = slope_minimax,
    d_steps: int = 1,
    g_steps: int = 1,
    lr_d: float = 0.1,
    lr_g: float = 0.1,
    mean: Mean = exact_mean,
) -> np.ndarray:
    """Return (θ, ψ) at the start and after each iteration, (N + 1, 2), or (…, 2, n) for n games.

    An iteration is `d_steps` times ψ ← ψ + lr_d ∂ψ V, then `g_steps` times θ ← θ − lr_g slope_g(θ,
    ψ, mean). With `mean=batch_mean(size, rng)` both see batches only. Raises ValueError for counts
    or learning rates below 0, and as soon as θ or ψ leaves ±50.
    """
    _check(Integral, 0, iterations=iterations, d_steps=d_steps, g_steps=g_steps)
    _check(Real, 0, lr_d=lr_d, lr_g=lr_g)
    theta, psi = np.broadcast_arrays(*_numbers(theta=theta, psi=psi))
    path = [np.array([theta, psi])]
    for _ in range(iterations):
        for _ in range(d_steps):
            psi = psi + lr_d * slope_d(theta, psi, mean)
        for _ in range(g_steps):
            theta = theta - lr_g * slope_g(theta, psi, mean)
        path.append(np.array(_numbers(theta=theta, psi=psi)))
    return np.array(path)


def overshoot(path: np.ndarray) -> float:
    """Return how far θ, path[:, 0] of one game (N, 2), gets beyond 0 as seen from its start."""
    return float(max(0, np.max(-np.sign(path[0, 0]) * path[:, 0])))


def settled(path: np.ndarray, below: float = 0.05) -> int:
    """Return the first iteration from which |θ| < below to the end of path (N, 2), or N if none."""
    return int(np.append(0, 1 + np.flatnonzero(np.abs(path[:, 0]) >= below))[-1])


def iteration_eigenvalues(
    d_steps: int = 1, g_steps: int = 1, lr_d: float = 0.1, lr_g: float = 0.1
) -> np.ndarray:
    """Return both complex eigenvalues (2,) of a `play` iteration near θ = ψ = 0, for either loss.

    There D's step is ψ ← ψ + lr_d (θ − ψ)/2 and G's θ ← θ − lr_g ψ/2. A complex pair turns around
    0, real ones above 0 do not; |eigenvalue| is what an iteration leaves of the distance. For small
    learning rates they meet at r = (d_steps lr_d)/(g_steps lr_g) = 4: critical damping. Errors as
    in `play`.
    """
    _check(Integral, 0, d_steps=d_steps, g_steps=g_steps)
    _check(Real, 0, lr_d=lr_d, lr_g=lr_g)
    d_moves = np.linalg.matrix_power([[1, 0], [lr_d / 2, 1 - lr_d / 2]], d_steps)
    return np.linalg.eigvals([[1, -g_steps * lr_g / 2], [0, 1]] @ d_moves).astype(complex)


def race(theta: float, slope_g: Slope, lr: float = 0.1, below: float = 0.1) -> np.ndarray:
    """Return θ (N,) from its start to |θ| < below against the exact D*: ψ = θ before each step.

    A step is θ ← θ − lr slope_g(θ, θ); after 20,000 it gives up. Errors as in `play`.
    """
    _check(Real, 0, lr=lr)
    path = [float(theta)]
    while not abs(path[-1]) < below and len(path) <= 20_000:
        path.append(path[-1] - lr * float(slope_g(path[-1], path[-1])))
    return np.array(path)


# Games that rotate: a field is the direction (−∂θ V, ∂ψ V) at a point (θ, ψ), of shape (2, …).
# A step returns the next point of a path (N, 2, …) from its last ones.


def bilinear(point: np.ndarray) -> np.ndarray:
    """Return the field (−ψ, θ) of V = θψ: always at right angles to the way home."""
    return np.array([-point[1], point[0]])


def dirac(point: np.ndarray) -> np.ndarray:
    """Return the field (−ψ σ(−ψθ), θ σ(−ψθ)) of the Dirac-GAN, with V = −log 2 + log σ(ψθ).

    Real data all lie at 0, G's at θ, and D(x) = σ(−ψx). Source: Mescheder et al. 2018,
    definition 2.1.
    """
    theta, psi = point
    push = expit(-psi * theta)
    return np.array([-psi * push, theta * push])


def with_r1(field: Field, gamma: float) -> Field:
    """Return a field with the R1 penalty, which takes (γ/2) E_data |a′(x)|² from D, a its logit.

    For the games above a′ is −ψ everywhere, so γψ goes from ψ's direction. Source: Mescheder et al.
    2018, section 4.1.
    """

    def regularised(point: np.ndarray) -> np.ndarray:
        theta, psi = field(point)
        return np.array([theta, psi - gamma * point[1]])

    return regularised


def simultaneous(field: Field, path: np.ndarray, lr: float) -> np.ndarray:
    """Return p + lr · field(p), with p = path[-1]."""
    return path[-1] + lr * field(path[-1])


def alternating(field: Field, path: np.ndarray, lr: float) -> np.ndarray:
    """Return `simultaneous`, but D moves first, and θ answers the new ψ."""
    theta, psi = path[-1][0], simultaneous(field, path, lr)[1]
    return np.array([theta + lr * field(np.array([theta, psi]))[0], psi])


def extragradient(field: Field, path: np.ndarray, lr: float) -> np.ndarray:
    """Return p + lr · field(p + lr · field(p)). Source: Korpelevich 1976."""
    return path[-1] + lr * field(simultaneous(field, path, lr))


def optimistic(field: Field, path: np.ndarray, lr: float) -> np.ndarray:
    """Return p + lr · (2 field(p) − field(the point before p)), p itself at the start.

    Source: Daskalakis et al. 2018.
    """
    return path[-1] + lr * (2 * field(path[-1]) - field(path[-2:][0]))


def follow(
    field: Field, step: Step, start: ArrayLike, iterations: int, lr: float = 0.1
) -> np.ndarray:
    """Return the path (iterations + 1, 2, …) of `step(field, path so far, lr)` from start (2, …).

    Raises ValueError for another shape, and for iterations or a learning rate below 0.
    """
    _check(Integral, 0, iterations=iterations)
    _check(Real, 0, lr=lr)
    start = np.asarray(start, float)
    if start.shape[:1] != (2,):
        raise ValueError(f"start must be (θ, ψ), two numbers or two rows, got {start.shape}")
    path = np.concatenate([start[None], np.empty((iterations, *start.shape))])
    for done in range(1, iterations + 1):
        path[done] = step(field, path[:done], lr)
    return path


# Min max is not max min: shares p (K,) of the data at K places, all generated samples at one place
# g, and D any function, d (…, K) its answers. V(g, D) = Σ p log d + log(1 − d_g).


def best_d_per_place(p: ArrayLike) -> np.ndarray:
    """Return max_D V(g, D) = p_g log(p_g/(1 + p_g)) − log(1 + p_g) for each g, of shape (K,).

    D says p_g/(1 + p_g) at g and 1 elsewhere: it is −log 4 + 2 JS(p, δ_g), and 0 where no data
    lie. For p = (½, ½) its minimum, min max V, is ½ log ⅓ + log ⅔ = −.9548. D must be able to say
    so: with a logit a + bx and G in the middle it is −log 4. Raises ValueError unless p is at
    least 0 and sums to 1.
    """
    p = _shares(p)
    return xlogy(p, p / (1 + p)) - np.log1p(p)


def best_place_per_d(p: ArrayLike, d: ArrayLike) -> np.ndarray:
    """Return min_g V(g, D) = Σ p log d + log(1 − max d), of the shape of d but its last axis.

    It is at most log M + log(1 − M), M = max d: so max min V = −log 4, at D = ½, for any p.
    Raises ValueError as in `best_d_per_place`, and unless d lies between 0 and 1.
    """
    p, d = _shares(p), np.asarray(d, float)
    if d.shape[-1:] != p.shape or not np.all((d >= 0) & (d <= 1)):
        raise ValueError(
            f"the last axis of d must have the length of p, {len(p)}: a probability for each place"
        )
    with np.errstate(divide="ignore"):  # a D that is sure of a place loses −∞ there
        return xlogy(p, d).sum(-1) + np.log1p(-d.max(-1))


def _numbers(**numbers: ArrayLike) -> list[np.ndarray]:
    for name, number in numbers.items():
        if not np.all(np.abs(number) <= LIMIT):
            far = "a game gets beyond by steps that are too large"
            raise ValueError(f"{name} must lie between −{LIMIT:g} and {LIMIT:g}: {far}")
    return [np.asarray(number, float) for number in numbers.values()]


def _shares(p: ArrayLike) -> np.ndarray:
    p = np.asarray(p, float)
    if p.ndim != 1 or not (np.all(p >= 0) and abs(p.sum() - 1) < 1e-6):
        raise ValueError(f"p must be one list, at least 0, that sums to 1, got {p}")
    return p


def _check(kind: type, least: int, **numbers: float) -> None:
    for name, number in numbers.items():
        if not isinstance(number, kind) or not least <= number < np.inf:
            whole = "whole " if kind is Integral else ""
            raise ValueError(f"{name} must be a {whole}number, {least} or more, got {number!r}")
