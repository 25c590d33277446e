"""Exercises of chapter 04: who moves when, how far the judge may lag, and where games turn."""

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
    (lambda a: np.exp(a), "upside_down_at"),
    (lambda a: (1 - a) / a, "takes_for_probability"),
    (lambda a: 1.0, "two_sizes_sum"),
    (lambda a: -np.exp(-a), "sizes_have_no"),
    (lambda a: 1 - 2 * expit(a), "by_how_much"),
    (lambda a: expit(a) - 1, "second_slope_alone"),
    (lambda a: expit(-a), "second_slope_alone_2"),
    (lambda a: -a, "logarithm_answer_how"),
    (lambda a: 2.0**-a, "base_e_not"),
    (lambda a: 1 / expit(a), "divides_1_by"),
)  # fmt: skip


def _verify_times(answer, rng):
    logits = [0.01, *rng.uniform(-6, -0.1, 4), *rng.uniform(0.1, 6, 4)]
    return compare(answer, how_many_times, _TIMES, [(float(a),) for a in logits])


# 4.2


def smallest_k(lr_d, lr_g, g_steps):
    return np.ceil(4 * g_steps * lr_g / lr_d)


def _ratio(lr_d, lr_g, g_steps):
    return 4 * g_steps * lr_g / lr_d


_SMALLEST = (
    (lambda lr_d, lr_g, g_steps: 4, "r_not_k"),
    (lambda lr_d, lr_g, g_steps: math.ceil(4 * lr_d / (g_steps * lr_g)), "whose_rate_above"),
    (lambda lr_d, lr_g, g_steps: math.ceil(4 * lr_g / lr_d), "forger_takes_g"),
    (lambda lr_d, lr_g, g_steps: math.ceil(4 * lr_g / (g_steps * lr_d)), "if_forger_takes"),
    (lambda *learning_rates: math.floor(_ratio(*learning_rates)), "with_one_step"),
    (lambda *learning_rates: round(_ratio(*learning_rates)), "rounded_nearest_r"),
    (lambda *learning_rates: math.floor(_ratio(*learning_rates)) + 1, "where_quotient_whole"),
    (lambda *learning_rates: math.ceil(_ratio(*learning_rates)) + 1, "with_one_step_2"),
    (lambda *learning_rates: max(4, math.ceil(_ratio(*learning_rates))), "right_where_k"),
    (lambda *learning_rates: max(1, math.floor(_ratio(*learning_rates))), "rounded_down_r"),
    (_ratio, "k_counts_steps_2"),
)  # fmt: skip


def _verify_smallest(answer, rng):
    cases = [(2**-10, 2**-10, 1), (2**-8, 2**-10, 1), (2**-9, 2**-10, 3)]  # here r = 4 with k = 4,
    for quotient, g_steps in (
        (0.3, 1),
        (0.7, 3),
        (1.3, 2),
        (2.7, 3),
        (6.7, 2),
        (9.3, 3),
    ):  # 1 and 6
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
    return Fault("k_counts_steps", k=broken[0]) + fault


def _k_by_trying(lr_d, lr_g, g_steps):
    k = 1
    while k * lr_d < 4 * g_steps * lr_g:
        k += 1
    return k


# 4.3


def stays(theta, psi, lr):
    return theta**2 + psi**2 + lr * theta * psi


_STAYS = (
    (lambda theta, psi, lr: theta**2 + psi**2, "squared_distance_from"),
    (lambda theta, psi, lr: np.hypot(theta, psi), "distance_from_middle"),
    (lambda theta, psi, lr: stays(theta, psi, -lr), "if_forger_moves"),
    (lambda theta, psi, lr: stays(theta, psi, 2 * lr), "twice_too_much"),
    (lambda theta, psi, lr: stays(theta, psi, lr / 2), "only_half_as"),
    (lambda theta, psi, lr: stays(theta, psi, 1), "right_for_1"),
    (lambda theta, psi, lr: stays(theta, psi, lr**2), "near_for_near"),
    (lambda theta, psi, lr: theta * psi, "v_changes_its"),
)  # fmt: skip


def _verify_stays(answer, rng):
    learning_rates = [0.5, 1.0, *rng.uniform(0.05, 1.5, 3)]
    cases = [(*rng.uniform(0.5, 2, 2) * rng.choice([-1, 1], 2), lr) for lr in learning_rates]
    cases = [tuple(map(float, case)) for case in cases]
    fault = next(filter(None, (_fault_on_the_way(answer, *case) for case in cases)), None)
    return fault and compare(answer, stays, _STAYS, cases, otherwise=fault)


def _fault_on_the_way(answer, theta, psi, lr):
    """Say if the answer changes in twelve rounds, or is the same whichever way they go."""

    def at(theta, psi):
        return number(call(answer, theta, psi, lr))

    start = at(theta, psi)
    others = [at(factor * theta, factor * psi) for factor in (0.5, 2, 3)]
    if not np.isfinite([start, *others]).all():
        return "infinite_somewhere_though"
    if np.ptp([start, *others]) <= 1e-9 * max(1, abs(start)):
        return "same_wherever_pair"
    for _ in range(12):
        psi = psi + lr * theta
        theta = theta - lr * psi
        now = at(theta, psi)
        if abs(now - start) > 1e-6 * np.ptp([start, *others]):
            before, after = apart(start, now)
            return Fault("with_rate_3g", lr=lr, before=before, after=after)
    return None


# 4.4


def orders(n):
    min_max = np.log(1 / (n + 1)) / n + np.log(n / (n + 1))
    max_min = -np.log(4)
    return min_max, max_min


_ORDERS = (
    (lambda n: orders(n)[::-1], "min_max_comes"),
    (lambda n: (-np.log(4), -np.log(4)), "for_forger_who"),
    (lambda n: (orders(n)[0],) * 2, "max_min_judge"),
    (lambda n: (orders(2)[0], -np.log(4)), "answer_for_two"),
    (lambda n: (-orders(n)[0], np.log(4)), "both_have_wrong"),
    (lambda n: (orders(n)[0], -np.log(2)), "max_min_there"),
    (lambda n: (np.log(1 / n) / n + np.log(1 - 1 / n), -np.log(4)), "d_1_n"),
    (lambda n: (orders(n)[0], 0.0), "judge_says_1"),
    (lambda n: (-np.log(4) / n, -np.log(4)), "all_forgeries_lie"),
)  # fmt: skip


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
    (lambda lr, factor: math.ceil(math.log(factor) / math.log(1 + lr**2)), "1_what_square"),
    (lambda lr, factor: math.ceil(math.log(factor) / math.log(1 + lr)), "step_does_not"),
    (lambda lr, factor: 2 * math.log(factor) / math.log(1 + lr**2), "rounds_whole_which"),
    (lambda lr, factor: math.floor(2 * math.log(factor) / math.log1p(lr**2)), "one_round_too"),
    (
        lambda lr, factor: math.ceil((factor - 1) / (math.sqrt(1 + lr**2) - 1)),
        "each_round_multiplies",
    ),
    (lambda lr, factor: math.ceil(2 * math.log(factor) / lr**2), "near_for_small"),
    (lambda lr, factor: math.ceil(iterations_to_grow(lr, factor)) + 1, "one_round_too_2"),
)  # fmt: skip


def _verify_grow(answer, rng):
    lr, iterations = rng.uniform(0.03, 0.3, 5), rng.integers(5, 60, 5) + rng.uniform(0.2, 0.8, 5)
    factor = (1 + lr**2) ** (iterations / 2)
    cases = [*np.stack([lr, factor], axis=1).tolist(), (1.0, 3.0)]
    return compare(answer, iterations_to_grow, _GROW, cases)


def _grow_by_playing(lr, factor):
    theta, psi, iterations = 1.0, 0.0, 0
    while math.hypot(theta, psi) < factor:
        theta, psi, iterations = theta - lr * psi, psi + lr * theta, iterations + 1
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
    cut_g=False,
    loss=losses.generator_non_saturating,
    moves=True,
):
    """Return a round in which something is other than in `play_round`."""

    def code(generator, discriminator, opt_g, opt_d, x_real, z):
        real, fake = discriminator(x_real), discriminator(generator(z).detach())
        opt_d.zero_grad() if clear_d else None
        losses.discriminator_loss(real, fake).backward()
        opt_d.step()
        x_fake = generator(z).detach() if cut_g else generator(z)
        loss_g = loss(discriminator(x_fake))
        opt_g.zero_grad() if clear_g == "before" else None
        loss_g.backward()
        opt_g.zero_grad() if clear_g == "after" else None
        opt_g.step() if moves else None

    return code


_ROUND = (
    (_variant(clear_g=None), "first_round_all"),
    (_variant(clear_g="after"), "forger_does_not"),
    (_variant(cut_g=True), "forger_does_not_2"),
    (_variant(moves=False), "forger_learns_where"),
    (_variant(clear_d=False), "now_judge_adds"),
    (_variant(loss=losses.generator_minimax), "forger_plays_minimax"),
    (_variant(loss=lambda a: -losses.generator_non_saturating(a)), "forger_climbs_where"),
)  # fmt: skip


def _freezes(generator, discriminator, opt_g, opt_d, x_real, z):
    discriminator.requires_grad_(True)
    play_iteration(generator, discriminator, opt_g, opt_d, x_real, z)
    discriminator.requires_grad_(False)


def _uses_up_the_batch(generator, discriminator, opt_g, opt_d, x_real, z):
    play_iteration(generator, discriminator, opt_g, opt_d, x_real, z)
    x_real.zero_()


def _verify_iteration(answer, rng):
    return mended(answer, play_iteration, _ROUND, rng, by_iterations)


def _iteration_with_grad(generator, discriminator, opt_g, opt_d, x_real, z):
    """Return nothing; the same by autograd's other door, with no gradient left lying about."""
    for network, optimiser, loss in (
        (discriminator, opt_d, lambda: losses.discriminator_loss(
            discriminator(x_real), discriminator(generator(z)))),
        (generator, opt_g, lambda: losses.generator_non_saturating(discriminator(generator(z)))),
    ):  # fmt: skip
        weights = list(network.parameters())
        for weight, slope in zip(weights, torch.autograd.grad(loss(), weights), strict=True):
            weight.grad = slope
        optimiser.step()


# 4.7

BUDGET, GAMES, BATCH, BAR = 200, 20, 32, 0.05


def _verify_budget(answer, rng):
    k, lr_d, lr_g = numbers(answer, (3,))
    if not np.isfinite([k, lr_d, lr_g]).all() or k < 1 or k % 1 or not min(lr_d, lr_g) > 0:
        return "k_whole_number"
    iterations = int(BUDGET / (k + 1))
    if iterations < 4:
        return Fault("one_round" if iterations == 1 else "few_rounds", k=k, iterations=iterations)
    theta = _games(int(k), lr_d, lr_g, iterations, rng)
    missed = np.abs(theta[-(iterations // 4) :]).mean()
    return None if missed < BAR else _why_missed(theta.mean(1), missed)


def _games(k, lr_d, lr_g, iterations, rng):
    mean = games.batch_mean(BATCH, rng)
    try:
        path = games.play([3.0] * GAMES, 0, iterations, d_steps=k, lr_d=lr_d, lr_g=lr_g, mean=mean)
    except ValueError:
        raise Wrong("forger_or_judge") from None
    return path[:, 0]


def _why_missed(theta, missed):
    """Say what keeps the games, with the mean θ (rounds,), from home."""
    said = Fault("last_quarter_missed", missed=missed)
    if np.abs(theta[-(len(theta) // 4) :]).mean() < 0.6 * missed:
        return said + ("games_home_but")
    if theta.min() < -BAR:
        return said + "games_swing_all"
    return said + ("forgers_still_on")


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
        picture="two_losses_scene().figure(d=0.05)",
    ),
    Exercise(
        text=TEXT["4.2"],
        verify=_verify_smallest,
        answer=smallest_k,
        wrong=_SMALLEST,
        right=(
            _k_by_trying,
            lambda lr_d, lr_g, g_steps: math.ceil(4 * g_steps * lr_g / lr_d),
        ),
    ),
    Exercise(
        text=TEXT["4.3"],
        verify=_verify_stays,
        answer=stays,
        wrong=(
            *_STAYS,
            (lambda theta, psi, lr: math.inf, "infinite_somewhere_though"),
            (lambda theta, psi, lr: lr, "same_wherever_pair"),
            (lambda theta, psi, lr: theta**2 + 2 * psi**2, "with_rate_3g"),
            (lambda theta, psi, lr: 1e-9 * theta**2, "with_rate_3g"),
        ),
        right=(
            lambda theta, psi, lr: theta * (theta + lr * psi) + psi**2,
            lambda theta, psi, lr: -3 * math.sqrt(theta**2 + psi**2 + lr * theta * psi),
            lambda theta, psi, lr: (theta**2 + psi**2) / lr + theta * psi,
        ),
        picture='lab.rotation_scene().figure(method="alternating", rate=0.5, rounds=100)',
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
        picture="lab.rotation_scene().figure(rate=0.1, rounds=400)",
    ),
    Exercise(
        text=TEXT["4.6"],
        verify=_verify_iteration,
        answer=play_iteration,
        wrong=(
            *_ROUND,
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
            ((4, 0.1, 0.1), "forgers_still_on"),
            ((1, 0.1, 0.1), "games_swing_all"),
            ((1, 0.8, 0.8), "games_home_but"),
            ((1, 40.0, 40.0), "forger_or_judge"),
            ((100, 0.1, 0.1), "one_round"),
            ((60, 0.1, 0.1), "few_rounds"),
            ((0.5, 0.1, 0.1), "k_whole_number"),
            ((4, 0, 0.1), "k_whole_number"),
            ((math.inf, 0.1, 0.1), "k_whole_number"),
        ),
        right=((3, 0.4, 0.3), [8, 0.2, 0.8], np.array([6, 0.4, 0.5])),
        picture="lab.descent_scene().figure(k=4, lr_d=0.2, lr_g=0.3, batch=32)",
    ),
)
