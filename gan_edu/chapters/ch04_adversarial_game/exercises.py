"""Exercises of chapter 04: who moves when, how far the judge may lag, and where games turn."""

import math

import numpy as np
import torch
from scipy.special import expit

from gan_edu import games, losses
from pathlib import Path
from gan_edu.checking import prose
from gan_edu.checking.exercise import Exercise, Wrong
from gan_edu.checking.guard import call
from gan_edu.checking.mending import by_rounds, mended
from gan_edu.checking.reading import apart, number, numbers
from gan_edu.checking.slips import compare
from gan_edu.words import count

TEXT = prose.read(Path(__file__).parent)

# 4.1


def how_many_times(a):
    return np.exp(-a)


_TIMES = (
    (lambda a: np.exp(a), "This is upside down. At a = −4 the forgery is as good as caught: which "
     "of the two losses still pushes there?"),
    (lambda a: (1 - a) / a, "This takes a for a probability. It is a logit: which D belongs to "
     "a = 0?"),
    (lambda a: 1.0, "The two sizes sum to 1, but are they equal? What are they at D = 0.01?"),
    (lambda a: -np.exp(-a), "Sizes have no sign: both losses pull a the same way."),
    (lambda a: 1 - 2 * expit(a), "That is by how much the second is larger. How many *times* as "
     "large is it?"),
    (lambda a: expit(a) - 1, "That is the second slope alone, with its sign. How many times as "
     "large as the first is it?"),
    (lambda a: expit(-a), "That is the second slope alone. How many times as large as the first "
     "is it?"),
    (lambda a: -a, "That is the logarithm of the answer. How many *times* as large is it?"),
    (lambda a: 2.0**-a, "In σ the base is e, not 2."),
    (lambda a: 1 / expit(a), "This divides 1 by D. What is the slope of −log σ(a) in a?"),
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
    (lambda lr_d, lr_g, g_steps: 4, "This is r, not k: r = 4 needs k = 4 only if both rates are "
     "equal."),
    (lambda lr_d, lr_g, g_steps: math.ceil(4 * lr_d / (g_steps * lr_g)), "Whose rate is above the "
     "line in (4.6)? A judge with a small rate needs more steps, not fewer."),
    (lambda lr_d, lr_g, g_steps: math.ceil(4 * lr_g / lr_d), "The forger takes `g_steps` steps in "
     "a round: how far does he get in all of them?"),
    (lambda lr_d, lr_g, g_steps: math.ceil(4 * lr_g / (g_steps * lr_d)), "If the forger takes "
     "more steps, does the judge need fewer?"),
    (lambda *rates: math.floor(_ratio(*rates)), "With one step fewer than needed r is still below "
     "4: to which side must you round?"),
    (lambda *rates: round(_ratio(*rates)), "Rounded to the nearest, r is below 4 in every other "
     "case: to which side must you round?"),
    (lambda *rates: math.floor(_ratio(*rates)) + 1, "Where the quotient is whole already, this is "
     "one step more than needed."),
    (lambda *rates: math.ceil(_ratio(*rates)) + 1, "With one step fewer the pair glides already."),
    (lambda *rates: max(4, math.ceil(_ratio(*rates))), "Right where k is 4 or more. A judge with "
     "a long step needs fewer."),
    (lambda *rates: max(1, math.floor(_ratio(*rates))), "Rounded down, r stays below 4, but where "
     "the quotient is whole or k is 1. To which side must you round?"),
    (_ratio, "k counts steps, so it is a whole number. To which side must you round?"),
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
    return f"k counts steps, so it is a whole number; this gives {broken[0]:.3g}. And then: {fault}"


def _k_by_trying(lr_d, lr_g, g_steps):
    k = 1
    while k * lr_d < 4 * g_steps * lr_g:
        k += 1
    return k


# 4.3


def stays(theta, psi, rate):
    return theta**2 + psi**2 + rate * theta * psi


_STAYS = (
    (lambda theta, psi, rate: theta**2 + psi**2, "This is the squared distance from the middle: it "
     "sways a little on the way round. What does one round add to it, and what has that in it?"),
    (lambda theta, psi, rate: np.hypot(theta, psi), "This is the distance from the middle: it "
     "sways a little on the way round. By how much does one round change its square?"),
    (lambda theta, psi, rate: stays(theta, psi, -rate), "So it is if the forger moves first. Here "
     "the judge does."),
    (lambda theta, psi, rate: stays(theta, psi, 2 * rate), "Twice too much of θψ. Play one round "
     "from (1, 0): what comes out there, before and after?"),
    (lambda theta, psi, rate: stays(theta, psi, rate / 2), "Only half as much of θψ as it needs. "
     "Play one round from (1, 0): what comes out there, before and after?"),
    (lambda theta, psi, rate: stays(theta, psi, 1), "Right for η = 1 alone. How long is a step?"),
    (lambda theta, psi, rate: stays(theta, psi, rate**2), "Near, for η near 1. θ² changes by 2ηθψ "
     "and more in a round: which power of η is in the first term?"),
    (lambda theta, psi, rate: theta * psi, "This is V, and it changes its sign four times on the "
     "way round."),
)  # fmt: skip


def _verify_stays(answer, rng):
    rates = [0.5, 1.0, *rng.uniform(0.05, 1.5, 3)]
    cases = [(*rng.uniform(0.5, 2, 2) * rng.choice([-1, 1], 2), rate) for rate in rates]
    cases = [tuple(map(float, case)) for case in cases]
    fault = next(filter(None, (_fault_on_the_way(answer, *case) for case in cases)), None)
    return fault and compare(answer, stays, _STAYS, cases, otherwise=fault)


def _fault_on_the_way(answer, theta, psi, rate):
    """Say if the answer changes in twelve rounds, or is the same whichever way they go."""

    def at(theta, psi):
        return number(call(answer, theta, psi, rate))

    start = at(theta, psi)
    others = [at(factor * theta, factor * psi) for factor in (0.5, 2, 3)]
    if not np.isfinite([start, *others]).all():
        return "This is infinite somewhere, though the pair stands at no great distance."
    if np.ptp([start, *others]) <= 1e-9 * max(1, abs(start)):
        return (
            "This is the same wherever the pair stands, so it cannot tell where the pair will go."
        )
    for _ in range(12):
        psi = psi + rate * theta
        theta = theta - rate * psi
        now = at(theta, psi)
        if abs(now - start) > 1e-6 * np.ptp([start, *others]):
            before, after = apart(start, now)
            return f"With η = {rate:.3g} it changes on the way, from {before} to {after}."
    return None


# 4.4


def orders(n):
    min_max = np.log(1 / (n + 1)) / n + np.log(n / (n + 1))
    max_min = -np.log(4)
    return min_max, max_min


_ORDERS = (
    (lambda n: orders(n)[::-1], "Min max comes first: the judge chooses last there, and knows "
     "where the forger stands."),
    (lambda n: (-np.log(4), -np.log(4)), "So it is for a forger who can spread his heap. This one "
     "stands at one place. What does the judge say at all the others?"),
    (lambda n: (orders(n)[0],) * 2, "In max min the judge speaks first, and the forger goes where "
     "it trusts most. What can it say so that he gains nothing by that?"),
    (lambda n: (orders(2)[0], -np.log(4)), "That is the answer for two places. At the forger's "
     "place lie 1/n of the real samples: what is the best D there?"),
    (lambda n: (-orders(n)[0], np.log(4)), "Both have the wrong sign: the logarithm of a "
     "probability is never above 0."),
    (lambda n: (orders(n)[0], -np.log(2)), "In max min there are two means, of log D and of "
     "log(1 − D). What do both come to at ½?"),
    (lambda n: (np.log(1 / n) / n + np.log(1 - 1 / n), -np.log(4)), "D = 1/n is the weight of the "
     "real samples there, not their share: beside them lie all forgeries, with the weight 1."),
    (lambda n: (orders(n)[0], 0.0), "A judge that says 1 everywhere loses all: log(1 − 1). Which "
     "answer, the same at each place, is the best?"),
    (lambda n: (-np.log(4) / n, -np.log(4)), "All forgeries lie at that one place, not 1/n of "
     "them. What is V if D is d there and 1 elsewhere, and which d is best?"),
)  # fmt: skip


def _verify_orders(answer, rng):
    cases = [(int(n),) for n in (2, 1000, *rng.choice(np.arange(3, 60), 5, replace=False))]
    return compare(answer, orders, _ORDERS, cases)


def _orders_of_the_package(n):
    shares = np.full(n, 1 / n)
    return games.best_d_per_place(shares).min(), games.best_place_per_d(shares, np.full(n, 0.5))


# 4.5


def rounds_to_grow(rate, factor):
    return np.ceil(np.log(factor) / np.log(np.sqrt(1 + rate**2)))


_GROW = (
    (lambda rate, factor: math.ceil(math.log(factor) / math.log(1 + rate**2)), "1 + η² is what "
     "the *square* of the distance grows by in a round. And the distance?"),
    (lambda rate, factor: math.ceil(math.log(factor) / math.log(1 + rate)), "The step does not "
     "lead straight outwards: it stands at a right angle to the way there. Pythagoras?"),
    (lambda rate, factor: math.log(factor) / math.log(math.sqrt(1 + rate**2)), "Rounds are whole. "
     "To which side must you round?"),
    (lambda rate, factor: math.floor(math.log(factor) / math.log(math.sqrt(1 + rate**2))), "One "
     "round too early: it is not yet `factor` times as far."),
    (lambda rate, factor: math.ceil((factor - 1) / (math.sqrt(1 + rate**2) - 1)), "Each round "
     "multiplies the distance, it does not add to it. How many factors make `factor`?"),
    (lambda rate, factor: math.ceil(2 * math.log(factor) / rate**2), "That is near for a small η, "
     "where log(1 + η²) is nearly η². Here η may be large too."),
    (lambda rate, factor: math.ceil(rounds_to_grow(rate, factor)) + 1, "One round too late: it was "
     "`factor` times as far before."),
)  # fmt: skip


def _verify_grow(answer, rng):
    rate, rounds = rng.uniform(0.03, 0.3, 5), rng.integers(5, 60, 5) + rng.uniform(0.2, 0.8, 5)
    factor = (1 + rate**2) ** (rounds / 2)
    cases = [*np.stack([rate, factor], axis=1).tolist(), (1.0, 3.0)]
    return compare(answer, rounds_to_grow, _GROW, cases)


def _grow_by_playing(rate, factor):
    theta, psi, rounds = 1.0, 0.0, 0
    while math.hypot(theta, psi) < factor:
        theta, psi, rounds = theta - rate * psi, psi + rate * theta, rounds + 1
    return rounds


# 4.6


def play_round(generator, discriminator, opt_g, opt_d, x_real, z):
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
    clear_g="before", clear_d=True, cut_g=False, loss=losses.generator_non_saturating, moves=True
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
    (_variant(clear_g=None), "In the first round all is well. From the second on the forger moves "
     "by the sum of *all* his gradients so far. Who forgets the old ones?"),
    (_variant(clear_g="after"), "The forger does not move: his gradient is wiped out between "
     "`backward` and `step`. When must it be wiped out?"),
    (_variant(cut_g=True), "The forger does not move: `detach` in *his* step cuts off all that "
     "the judge has to tell him. In whose step does it belong?"),
    (_variant(moves=False), "The forger learns where to go, and nobody lets him go there. Which "
     "call moves him?"),
    (_variant(clear_d=False), "Now the judge adds up: the forger's `backward` leaves a gradient "
     "in the judge as well. Who wipes that out?"),
    (_variant(loss=losses.generator_minimax), "This forger plays minimax. That is a game too, but "
     "which loss stands in the question?"),
    (_variant(loss=lambda a: -losses.generator_non_saturating(a)), "The forger climbs where he "
     "should descend: with each round he is caught more surely. Which sign has his loss?"),
)  # fmt: skip


def _freezes(generator, discriminator, opt_g, opt_d, x_real, z):
    discriminator.requires_grad_(True)
    play_round(generator, discriminator, opt_g, opt_d, x_real, z)
    discriminator.requires_grad_(False)


def _uses_up_the_batch(generator, discriminator, opt_g, opt_d, x_real, z):
    play_round(generator, discriminator, opt_g, opt_d, x_real, z)
    x_real.zero_()


def _verify_round(answer, rng):
    return mended(answer, play_round, _ROUND, rng, by_rounds)


def _round_with_grad(generator, discriminator, opt_g, opt_d, x_real, z):
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
        return "k is a whole number, at least 1, and both rates are above 0."
    rounds = int(BUDGET / (k + 1))
    if rounds < 4:
        return (
            f"With k = {k:.0f} that makes {count(rounds, 'round')}: the forger hardly ever moves."
        )
    theta = _games(int(k), lr_d, lr_g, rounds, rng)
    missed = np.abs(theta[-(rounds // 4) :]).mean()
    return None if missed < BAR else _why_missed(theta.mean(1), missed)


def _games(k, lr_d, lr_g, rounds, rng):
    mean = games.batch_mean(BATCH, rng)
    try:
        path = games.play([3.0] * GAMES, 0, rounds, d_steps=k, lr_d=lr_d, lr_g=lr_g, mean=mean)
    except ValueError:
        raise Wrong(
            "A forger or a judge has left the picture (beyond ±50). Which step is too long?"
        ) from None
    return path[:, 0]


def _why_missed(theta, missed):
    """Say what keeps the games, with the mean θ (rounds,), from home."""
    said = f"In the last quarter |θ| is {missed:.3f} in the mean. "
    if np.abs(theta[-(len(theta) // 4) :]).mean() < 0.6 * missed:
        return said + (
            "The games are home, but the luck of the batches shakes each of them. "
            "What averages luck away: shorter steps, or more of them for the judge?"
        )
    if theta.min() < -BAR:
        return said + "The games swing, all in step. What makes a pair glide, in (4.6)?"
    return said + (
        "The forgers are still on their way: the steps ran out. "
        "Fewer of them for the judge, or longer ones for the forger?"
    )


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
            (lambda theta, psi, rate: math.inf, "infinite somewhere"),
            (lambda theta, psi, rate: rate, "the same wherever the pair stands"),
            (lambda theta, psi, rate: theta**2 + 2 * psi**2, "it changes on the way"),
            (lambda theta, psi, rate: 1e-9 * theta**2, "it changes on the way"),
        ),
        right=(
            lambda theta, psi, rate: theta * (theta + rate * psi) + psi**2,
            lambda theta, psi, rate: -3 * math.sqrt(theta**2 + psi**2 + rate * theta * psi),
            lambda theta, psi, rate: (theta**2 + psi**2) / rate + theta * psi,
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
        answer=rounds_to_grow,
        wrong=_GROW,
        right=(
            _grow_by_playing,
            lambda rate, factor: math.ceil(2 * math.log(factor) / math.log1p(rate**2)),
        ),
        picture="lab.rotation_scene().figure(rate=0.1, rounds=400)",
    ),
    Exercise(
        text=TEXT["4.6"],
        verify=_verify_round,
        answer=play_round,
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
        right=(_variant(), _round_with_grad),
    ),
    Exercise(
        text=TEXT["4.7"],
        verify=_verify_budget,
        answer=(4, 0.2, 0.3),
        wrong=(
            ((4, 0.1, 0.1), "still on their way"),
            ((1, 0.1, 0.1), "The games swing"),
            ((1, 0.8, 0.8), "The games are home, but"),
            ((1, 40.0, 40.0), "left the picture"),
            ((100, 0.1, 0.1), "the forger hardly ever moves"),
            ((0.5, 0.1, 0.1), "k is a whole number"),
            ((4, 0, 0.1), "k is a whole number"),
            ((math.inf, 0.1, 0.1), "k is a whole number"),
        ),
        right=((3, 0.4, 0.3), [8, 0.2, 0.8], np.array([6, 0.4, 0.5])),
        picture="lab.descent_scene().figure(k=4, lr_d=0.2, lr_g=0.3, batch=32)",
    ),
)
