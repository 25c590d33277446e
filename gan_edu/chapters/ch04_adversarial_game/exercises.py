"""Exercises of chapter 04: slopes, learning rates, rotating games, and one iteration in code."""

import math
from pathlib import Path

import numpy as np
import torch
from scipy.special import expit

from gan_edu import games, losses
from gan_edu.checking import prose
from gan_edu.checking.exercise import Exercise, Fault, Wrong
from gan_edu.checking.guard import call
from gan_edu.checking.mending import by_iterations, mended
from gan_edu.checking.reading import apart, number, numbers
from gan_edu.checking.slips import compare

TEXT = prose.read(Path(__file__).parent)

# 4.1


def how_many_times(a):
    return np.exp(-a)


_TIMES = (
    (lambda a: np.exp(a), "upside_down"),
    (lambda a: (1 - a) / a, "logit_taken_for_probability"),
    (lambda a: 1.0, "equal_sizes"),
    (lambda a: -np.exp(-a), "negative_ratio"),
    (lambda a: 1 - 2 * expit(a), "difference"),
    (lambda a: expit(a) - 1, "second_slope_signed"),
    (lambda a: expit(-a), "second_slope"),
    (lambda a: -a, "logarithm_of_ratio"),
    (lambda a: 2.0**-a, "base_2"),
    (lambda a: 1 / expit(a), "one_over_d"),
)


def _verify_times(answer, rng):
    logits = [0.01, *rng.uniform(-6, -0.1, 4), *rng.uniform(0.1, 6, 4)]
    return compare(answer, how_many_times, _TIMES, [(float(a),) for a in logits])


# 4.2


def smallest_k(lr_d, lr_g, g_steps):
    return np.ceil(4 * g_steps * lr_g / lr_d)


def _ratio(lr_d, lr_g, g_steps):
    return 4 * g_steps * lr_g / lr_d


_SMALLEST = (
    (lambda lr_d, lr_g, g_steps: 4, "always_4"),
    (lambda lr_d, lr_g, g_steps: math.ceil(4 * lr_d / (g_steps * lr_g)), "learning_rates_swapped"),
    (lambda lr_d, lr_g, g_steps: math.ceil(4 * lr_g / lr_d), "g_steps_ignored"),
    (lambda lr_d, lr_g, g_steps: math.ceil(4 * lr_g / (g_steps * lr_d)), "g_steps_divided"),
    (lambda *learning_rates: math.floor(_ratio(*learning_rates)), "rounded_down"),
    (lambda *learning_rates: round(_ratio(*learning_rates)), "rounded_to_nearest"),
    (lambda *learning_rates: math.floor(_ratio(*learning_rates)) + 1, "one_too_many_if_whole"),
    (lambda *learning_rates: math.ceil(_ratio(*learning_rates)) + 1, "one_too_many"),
    (lambda *learning_rates: max(4, math.ceil(_ratio(*learning_rates))), "at_least_4"),
    (lambda *learning_rates: max(1, math.floor(_ratio(*learning_rates))), "rounded_down_or_1"),
    (_ratio, "not_rounded"),
)


def _verify_smallest(answer, rng):
    # In the first three r = 4 exactly: k = 4, 1 and 6.
    cases = [(0.125, 0.125, 1), (0.25, 0.0625, 1), (0.125, 0.0625, 3)]
    for quotient, g_steps in ((0.3, 1), (0.7, 3), (1.3, 2), (2.7, 3), (6.7, 2), (9.3, 3)):
        lr_g = float(rng.uniform(5e-4, 2e-3))
        cases.append((4 * g_steps * lr_g / quotient, lr_g, g_steps))
    fault = compare(answer, smallest_k, _SMALLEST, cases)
    return fault and _not_whole(answer, cases, fault)


def _not_whole(answer, cases, fault):
    """Return the fault, or what to say first if k is no whole number."""
    found = [number(call(answer, *case)) for case in cases]
    broken = [k for k in found if k % 1]
    if not broken or fault == _SMALLEST[-1][1]:
        return fault
    return Fault("fractional_k", k=broken[0]) + fault


def _k_by_trying(lr_d, lr_g, g_steps):
    k = 1
    while k * lr_d < 4 * g_steps * lr_g:
        k += 1
    return k


# 4.3


def conserved(theta, psi, lr):
    return theta**2 + psi**2 + lr * theta * psi


_CONSERVED = (
    (lambda theta, psi, lr: theta**2 + psi**2, "squared_distance"),
    (lambda theta, psi, lr: np.hypot(theta, psi), "distance"),
    (lambda theta, psi, lr: conserved(theta, psi, -lr), "generator_first"),
    (lambda theta, psi, lr: conserved(theta, psi, 2 * lr), "coefficient_2_lr"),
    (lambda theta, psi, lr: conserved(theta, psi, lr / 2), "coefficient_half_lr"),
    (lambda theta, psi, lr: conserved(theta, psi, 1), "coefficient_1"),
    (lambda theta, psi, lr: conserved(theta, psi, lr**2), "coefficient_lr_squared"),
    (lambda theta, psi, lr: theta * psi, "value"),
)


def _verify_conserved(answer, rng):
    learning_rates = [0.5, 1.0, *rng.uniform(0.05, 1.5, 3)]
    cases = [(*rng.uniform(0.5, 2, 2) * rng.choice([-1, 1], 2), lr) for lr in learning_rates]
    cases = [tuple(map(float, case)) for case in cases]
    fault = next(filter(None, (_fault_along_the_path(answer, *case) for case in cases)), None)
    return fault and compare(answer, conserved, _CONSERVED, cases, otherwise=fault)


def _fault_along_the_path(answer, theta, psi, lr):
    """Say if the answer changes in twelve iterations, or is the same at all points."""

    def at(theta, psi):
        return number(call(answer, theta, psi, lr))

    start = at(theta, psi)
    others = [at(factor * theta, factor * psi) for factor in (0.5, 2, 3)]
    if not np.isfinite([start, *others]).all():
        return "infinite"
    if np.ptp([start, *others]) <= 1e-9 * max(1, abs(start)):
        return "same_everywhere"
    for _ in range(12):
        psi = psi + lr * theta
        theta = theta - lr * psi
        now = at(theta, psi)
        if abs(now - start) > 1e-6 * np.ptp([start, *others]):
            before, after = apart(start, now)
            return Fault("changes", lr=lr, before=before, after=after)
    return None


# 4.4


def orders(n):
    min_max = np.log(1 / (n + 1)) / n + np.log(n / (n + 1))
    max_min = -np.log(4)
    return min_max, max_min


_ORDERS = (
    (lambda n: orders(n)[::-1], "swapped"),
    (lambda n: (-np.log(4), -np.log(4)), "generator_spread_out"),
    (lambda n: (orders(n)[0],) * 2, "max_min_as_min_max"),
    (lambda n: (orders(2)[0], -np.log(4)), "n_is_2"),
    (lambda n: (-orders(n)[0], np.log(4)), "wrong_sign"),
    (lambda n: (orders(n)[0], -np.log(2)), "one_term"),
    (lambda n: (np.log(1 / n) / n + np.log(1 - 1 / n), -np.log(4)), "weight_for_probability"),
    (lambda n: (orders(n)[0], 0.0), "d_is_1"),
    (lambda n: (-np.log(4) / n, -np.log(4)), "samples_spread_over_places"),
)


def _verify_orders(answer, rng):
    cases = [(int(n),) for n in (2, 1000, *rng.choice(np.arange(3, 60), 5, replace=False))]
    return compare(answer, orders, _ORDERS, cases)


def _orders_of_the_package(n):
    shares = np.full(n, 1 / n)
    return games.best_d_per_place(shares).min(), games.best_place_per_d(shares, np.full(n, 0.5))


# 4.5


def iterations_to_grow(lr, factor):
    return np.ceil(np.log(factor) / np.log(np.sqrt(1 + lr**2)))


_GROW = (
    (lambda lr, factor: math.ceil(math.log(factor) / math.log(1 + lr**2)), "growth_of_the_square"),
    (lambda lr, factor: math.ceil(math.log(factor) / math.log(1 + lr)), "step_straight_outwards"),
    (lambda lr, factor: 2 * math.log(factor) / math.log(1 + lr**2), "not_rounded"),
    (lambda lr, factor: math.floor(2 * math.log(factor) / math.log1p(lr**2)), "one_too_early"),
    (
        lambda lr, factor: math.ceil((factor - 1) / (math.sqrt(1 + lr**2) - 1)),
        "added_not_multiplied",
    ),
    (lambda lr, factor: math.ceil(2 * math.log(factor) / lr**2), "small_lr_formula"),
    (lambda lr, factor: math.ceil(iterations_to_grow(lr, factor)) + 1, "one_too_late"),
)


def _verify_grow(answer, rng):
    lr = rng.uniform(0.03, 0.3, 5)
    iterations = rng.integers(5, 60, 5) + rng.uniform(0.2, 0.8, 5)
    factor = (1 + lr**2) ** (iterations / 2)
    cases = [*np.stack([lr, factor], axis=1).tolist(), (1.0, 3.0)]
    return compare(answer, iterations_to_grow, _GROW, cases)


def _grow_by_playing(lr, factor):
    theta = 1.0
    psi = 0.0
    iterations = 0
    while math.hypot(theta, psi) < factor:
        theta, psi = theta - lr * psi, psi + lr * theta
        iterations += 1
    return iterations


# 4.6


def play_iteration(generator, discriminator, opt_g, opt_d, x_real, z):
    real, fake = discriminator(x_real), discriminator(generator(z).detach())
    loss_d = losses.discriminator_loss(real, fake)
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    loss_g = losses.generator_non_saturating(discriminator(generator(z)))
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


def _variant(
    clear_g: str | None = "before",
    clear_d=True,
    detach_g=False,
    loss=losses.generator_non_saturating,
    moves=True,
):
    """Return an iteration that differs from `play_iteration` in one thing."""

    def code(generator, discriminator, opt_g, opt_d, x_real, z):
        real, fake = discriminator(x_real), discriminator(generator(z).detach())
        opt_d.zero_grad() if clear_d else None
        losses.discriminator_loss(real, fake).backward()
        opt_d.step()
        x_fake = generator(z).detach() if detach_g else generator(z)
        loss_g = loss(discriminator(x_fake))
        opt_g.zero_grad() if clear_g == "before" else None
        loss_g.backward()
        opt_g.zero_grad() if clear_g == "after" else None
        opt_g.step() if moves else None

    return code


_ITERATION = (
    (_variant(clear_g=None), "g_gradient_not_cleared"),
    (_variant(clear_g="after"), "g_gradient_cleared_after_backward"),
    (_variant(detach_g=True), "g_step_detached"),
    (_variant(moves=False), "g_does_not_step"),
    (_variant(clear_d=False), "d_gradient_not_cleared"),
    (_variant(loss=losses.generator_minimax), "g_minimax"),
    (_variant(loss=lambda a: -losses.generator_non_saturating(a)), "g_climbs"),
)


def _freezes(generator, discriminator, opt_g, opt_d, x_real, z):
    discriminator.requires_grad_(True)
    play_iteration(generator, discriminator, opt_g, opt_d, x_real, z)
    discriminator.requires_grad_(False)


def _uses_up_the_batch(generator, discriminator, opt_g, opt_d, x_real, z):
    play_iteration(generator, discriminator, opt_g, opt_d, x_real, z)
    x_real.zero_()


def _iteration_with_grad(generator, discriminator, opt_g, opt_d, x_real, z):
    """Do the same with `torch.autograd.grad`, which leaves no gradient behind."""
    for network, optimiser, loss in (
        (
            discriminator,
            opt_d,
            lambda: losses.discriminator_loss(discriminator(x_real), discriminator(generator(z))),
        ),
        (generator, opt_g, lambda: losses.generator_non_saturating(discriminator(generator(z)))),
    ):
        weights = list(network.parameters())
        for weight, slope in zip(weights, torch.autograd.grad(loss(), weights), strict=True):
            weight.grad = slope
        optimiser.step()


# 4.7

BUDGET = 200
GAMES = 20
BATCH = 32
BAR = 0.05


def _verify_budget(answer, rng):
    k, lr_d, lr_g = numbers(answer, (3,))
    if not np.isfinite([k, lr_d, lr_g]).all() or k < 1 or k % 1 or not min(lr_d, lr_g) > 0:
        return "bad_settings"
    iterations = int(BUDGET / (k + 1))
    if iterations < 4:
        return Fault(
            "one_iteration" if iterations == 1 else "few_iterations", k=k, iterations=iterations
        )
    theta = _games(int(k), lr_d, lr_g, iterations, rng)
    missed = np.abs(theta[-(iterations // 4) :]).mean()
    return None if missed < BAR else _why_missed(theta.mean(1), missed)


def _games(k, lr_d, lr_g, iterations, rng):
    mean = games.batch_mean(BATCH, rng)
    try:
        path = games.play([3.0] * GAMES, 0, iterations, d_steps=k, lr_d=lr_d, lr_g=lr_g, mean=mean)
    except ValueError:
        raise Wrong("diverged") from None
    return path[:, 0]


def _why_missed(theta, missed):
    """Say what keeps the games, with the mean θ (iterations,), from the equilibrium."""
    said = Fault("missed", missed=missed)
    if np.abs(theta[-(len(theta) // 4) :]).mean() < 0.6 * missed:
        return said + "noisy"
    if theta.min() < -BAR:
        return said + "oscillates"
    return said + "not_there_yet"


EXERCISES = (
    Exercise(
        text=TEXT["4.1"],
        verify=_verify_times,
        answer=how_many_times,
        wrong=_TIMES,
        right=(
            lambda a: (1 - expit(a)) / expit(a),
            lambda a: math.exp(-a),
            lambda a: torch.exp(torch.tensor(-a, dtype=torch.float64)),
        ),
        picture="from gan_edu.chapters.sign_card import two_losses_scene\n"
        "two_losses_scene().figure(d=0.05)",
    ),
    Exercise(
        text=TEXT["4.2"],
        verify=_verify_smallest,
        answer=smallest_k,
        wrong=_SMALLEST,
        right=(_k_by_trying, lambda lr_d, lr_g, g_steps: math.ceil(4 * g_steps * lr_g / lr_d)),
    ),
    Exercise(
        text=TEXT["4.3"],
        verify=_verify_conserved,
        answer=conserved,
        wrong=(
            *_CONSERVED,
            (lambda theta, psi, lr: math.inf, "infinite"),
            (lambda theta, psi, lr: lr, "same_everywhere"),
            (lambda theta, psi, lr: theta**2 + 2 * psi**2, "changes"),
            (lambda theta, psi, lr: 1e-9 * theta**2, "changes"),
        ),
        right=(
            lambda theta, psi, lr: theta * (theta + lr * psi) + psi**2,
            lambda theta, psi, lr: -3 * math.sqrt(theta**2 + psi**2 + lr * theta * psi),
            lambda theta, psi, lr: (theta**2 + psi**2) / lr + theta * psi,
        ),
        picture='lab.rotation_scene().figure(method="alternating", lr=0.5, iterations=100)',
    ),
    Exercise(
        text=TEXT["4.4"],
        verify=_verify_orders,
        answer=orders,
        wrong=_ORDERS,
        right=(
            _orders_of_the_package,
            lambda n: [math.log(n) - (1 + 1 / n) * math.log(n + 1), -2 * math.log(2)],
        ),
        picture="lab.order_scene().figure(left=0.5, right=0.5)",
    ),
    Exercise(
        text=TEXT["4.5"],
        verify=_verify_grow,
        answer=iterations_to_grow,
        wrong=_GROW,
        right=(
            _grow_by_playing,
            lambda lr, factor: math.ceil(2 * math.log(factor) / math.log1p(lr**2)),
        ),
        picture="lab.rotation_scene().figure(lr=0.1, iterations=400)",
    ),
    Exercise(
        text=TEXT["4.6"],
        verify=lambda answer, rng: mended(answer, play_iteration, _ITERATION, rng, by_iterations),
        answer=play_iteration,
        wrong=(
            *_ITERATION,
            (_freezes, "D leaves in another state"),
            (_uses_up_the_batch, "the batches, or the noise"),
            (
                _variant(loss=lambda a: 2 * losses.generator_non_saturating(a)),
                "G and D stand elsewhere",
            ),
            (lambda *players: None, "G has not moved at all"),
        ),
        right=(_variant(), _iteration_with_grad),
    ),
    Exercise(
        text=TEXT["4.7"],
        verify=_verify_budget,
        answer=(4, 0.2, 0.3),
        wrong=(
            ((4, 0.1, 0.1), "not_there_yet"),
            ((1, 0.1, 0.1), "oscillates"),
            ((1, 0.8, 0.8), "noisy"),
            ((1, 40.0, 40.0), "diverged"),
            ((100, 0.1, 0.1), "one_iteration"),
            ((60, 0.1, 0.1), "few_iterations"),
            ((0.5, 0.1, 0.1), "bad_settings"),
            ((4, 0, 0.1), "bad_settings"),
            ((math.inf, 0.1, 0.1), "bad_settings"),
        ),
        right=((3, 0.4, 0.3), [8, 0.2, 0.8], np.array([6, 0.4, 0.5])),
        picture="descent.overshoot_scene().figure(k=4, lr_d=0.2, lr_g=0.3, batch=32)",
    ),
)
