"""Exercises of chapter 06: the whole game, its neighbours, and a test on all chapters."""

from itertools import product
from pathlib import Path

import numpy as np
import torch
from scipy.special import log_expit, log_softmax, softmax
from scipy.stats import norm

from gan_edu import losses
from gan_edu.checking import prose
from gan_edu.checking.exercise import Exercise, Fault, Wrong
from gan_edu.checking.guard import call
from gan_edu.checking.mending import mended
from gan_edu.checking.reading import apart, number, numbers
from gan_edu.checking.slips import of_choice
from gan_edu.language import AND, ITEMS, gettext, joined, later

TEXT = prose.read(Path(__file__).parent)

# 6.1

CUT = of_choice(
    TEXT["6.1"],
    {
        later("an error"): "backward_raises_error",
        later("G learns to be caught"): "g_gets_gradient_of_loss_d",
        later("G stands still"): None,
    },
    right=("g stands  still", "G stands still."),
)

# 6.2


def reward_gradient(theta, words, rewards):
    pi = np.exp(theta) / np.exp(theta).sum()
    score = np.eye(len(theta))[words] - pi
    return (rewards[:, None] * score).mean(axis=0)


_REWARD = (
    (lambda t, words, r: (r[:, None] * np.eye(len(t))[words]).mean(0), "no_minus_pi"),
    (lambda t, words, r: -reward_gradient(t, words, r), "sign_of_a_loss"),
    (lambda t, words, r: len(words) * reward_gradient(t, words, r), "sum_instead_of_mean"),
    (
        lambda t, words, r: (r[:, None] * (np.eye(len(t))[words] - 1 / len(t))).mean(0),
        "uniform_probabilities",
    ),
    (lambda t, words, r: reward_gradient(t, words, r) / 2, "half"),
    (lambda t, words, r: (np.eye(len(t))[words] - softmax(t)).mean(0), "no_reward"),
)
DRAWN = 20_000


def _verify_reward(answer, rng):
    theta = rng.normal(size=5)
    pi = softmax(theta)
    worth = np.log(rng.uniform(0.05, 0.95, 5))
    words = rng.choice(5, DRAWN, p=pi)
    rewards = worth[words]
    found = numbers(call(answer, theta, words, rewards), (5,))
    exact = pi * (worth - pi @ worth)
    error = (rewards[:, None] * (np.eye(5)[words] - pi)).std(axis=0) / np.sqrt(DRAWN)
    if np.all(np.abs(found - exact) < 6 * error):
        return None
    for slip, sentence in _REWARD:
        if np.allclose(found, slip(theta, words, rewards), rtol=1e-4, atol=1e-6):
            return sentence
    i = np.argmax(np.abs(found - exact) / error)
    here, there = apart(found[i], exact[i])
    return Fault("value_is_off", i=i, here=here, there=there)


def _by_autograd(theta, words, rewards):
    theta = torch.tensor(theta, requires_grad=True)
    log_pi = torch.log_softmax(theta, 0)[torch.as_tensor(words)]
    (log_pi * torch.as_tensor(rewards)).mean().backward()
    return theta.grad


def _from_counts(theta, words, rewards):
    """Return the exact gradient, once the worth of each word is known from the draws."""
    pi = np.exp(log_softmax(theta))
    counts = np.bincount(words, minlength=len(theta))
    worth = np.bincount(words, rewards, len(theta)) / np.maximum(counts, 1)
    return pi * (worth - pi @ worth)


# 6.3

GRID = np.linspace(-6, 7, 261)
P, Q = norm.pdf(GRID), norm.pdf(GRID, 1)
STEP = GRID[1] - GRID[0]


def beyond(x, height):
    return np.where(x < 0.5, 50, -4 * height)


def _verify_beyond(answer, rng):
    before = np.zeros(len(GRID))
    for height in (1.0, float(rng.uniform(5, 2000)), None):
        height = height or min(10 * _value(before) + 1, 1e300)  # more than it has reached so far
        a = np.array([number(call(answer, float(x), height)) for x in GRID])
        fault = _not_beyond(a, height)
        if fault and np.array_equal(a, before):
            return Fault("ignores_height", value_a=_value(a))
        if fault:
            return fault
        before = a
    return None


def _value(a):
    return STEP * (P - Q) @ log_expit(a)


def _not_beyond(a, height):
    """Return what is wrong with logits a on the grid, or None if their value is above height."""
    if not np.isfinite(a).all():
        return "infinite_logit"
    if np.ptp(a) < 1e-9:
        return "same_everywhere"
    v = _value(a)
    if v > height:
        return None
    if v < 0:
        return Fault("sides_swapped", v=v)
    return Fault("below_the_height", height=height, v=v)


# 6.4


def train(generator, discriminator, batches):
    opt_d = torch.optim.SGD(discriminator.parameters(), lr=0.1)
    opt_g = torch.optim.SGD(generator.parameters(), lr=0.1)
    for x_real, z in batches:
        x_fake = generator(z)
        loss_d = losses.discriminator_loss(discriminator(x_real), discriminator(x_fake.detach()))
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        loss_g = losses.generator_non_saturating(discriminator(x_fake))
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()


def _training(owner=False, swapped=False, piling=False, loss_fn_g=losses.generator_non_saturating):
    """Return a training with some of the bugs: the wrong parameters or order, no zero_grad."""

    def code(generator, discriminator, batches):
        opt_d = torch.optim.SGD(discriminator.parameters(), lr=0.1)
        opt_g = torch.optim.SGD((discriminator if owner else generator).parameters(), lr=0.1)
        for x_real, z in batches:
            x_fake = generator(z)
            pair = [discriminator(x_real), discriminator(x_fake.detach())]
            loss_d = losses.discriminator_loss(*(pair[::-1] if swapped else pair))
            if not piling:
                opt_d.zero_grad()
            loss_d.backward()
            opt_d.step()
            opt_g.zero_grad()
            loss_fn_g(discriminator(x_fake)).backward()
            opt_g.step()

    return code


_BUGS = {
    "owner": (later("G's optimiser"), "g_has_not_moved"),
    "swapped": (later("the order of D's loss"), "labels_swapped"),
    "piling": (later("D's gradients"), "gradients_pile_up"),
}


def _sentence(left):
    """Return what to say if these of the three bugs are left."""
    done = joined((gettext(what) for name, (what, _name) in _BUGS.items() if name not in left), AND)
    praise = Fault("right_so_far", done=done) if done else Fault("nothing_fixed")
    return praise + _BUGS[left[0]][1]


_COMBINATIONS = [dict(zip(_BUGS, on, strict=True)) for on in product((True, False), repeat=3)]
_LEFT = [[name for name, on in bugs.items() if on] for bugs in _COMBINATIONS[:-1]]
_TRAIN = (
    *((_training(**dict.fromkeys(left, True)), _sentence(left)) for left in _LEFT),
    (_training(loss_fn_g=losses.generator_minimax), "minimax_instead"),
    (_training(loss_fn_g=lambda a: -losses.generator_non_saturating(a)), "g_climbs"),
)


def _trains_g_first(generator, discriminator, batches):
    for x_real, z in batches:
        _descend(generator, losses.generator_non_saturating(discriminator(generator(z))))
        fake = discriminator(generator(z).detach())
        _descend(discriminator, losses.discriminator_loss(discriminator(x_real), fake))


def _freezes_d(generator, discriminator, batches):
    train(generator, discriminator, batches)
    discriminator.requires_grad_(False)


def _train_the_long_way(generator, discriminator, batches):
    for x_real, z in batches:
        real, fake = discriminator(x_real), discriminator(generator(z))
        _descend(discriminator, losses.discriminator_loss(real, fake))
        _descend(generator, losses.generator_non_saturating(discriminator(generator(z))))


def _descend(network, loss):
    weights = list(network.parameters())
    gradients = torch.autograd.grad(loss, weights)
    with torch.no_grad():
        for weight, gradient in zip(weights, gradients, strict=True):
            weight -= 0.1 * gradient


# 6.5

CALLS = 200
NEAR = 0.01


def reach_equilibrium(field, point):
    for _ in range(100):
        ahead = point + 0.6 * field(point)
        point = point + 0.6 * field(ahead)
    return point


def _rotating(rng):
    """Return a field that rotates around a hidden equilibrium, the equilibrium, and all calls."""
    strength = rng.uniform(0.8, 1.2)
    equilibrium = rng.normal(0, 2, 2)
    calls = []

    def field(point):
        calls.append(1)
        theta, psi = numbers(point, (2,)) - equilibrium
        return strength * np.array([-psi, theta])

    return field, equilibrium, calls


def _verify_equilibrium(answer, rng):
    ratios = []
    for _ in range(3):
        field, equilibrium, calls = _rotating(rng)
        away = rng.normal(size=2)
        start = equilibrium + 2 * away / np.hypot(*away)
        end = numbers(call(answer, field, start), (2,))
        if len(calls) > CALLS:
            return Fault("too_many_calls", len_calls=len(calls), calls=CALLS)
        ratios.append(np.hypot(*(end - equilibrium)) / 2)
    return None if max(ratios) <= NEAR else _how_far(max(ratios))


def _how_far(ratio):
    said = Fault("distance_at_the_end", ratio=ratio)
    if ratio > 1.2:
        return said + "steps_outwards"
    if ratio > 0.8:
        return said + "walks_in_circles"
    return said + "not_near_enough"


def _stepping(method, lr, steps):
    """Return a walk by `method(field, point, point before, learning rate)`."""

    def code(field, point):
        before = point
        for _ in range(steps):
            point, before = method(field, point, before, lr), point
        return point

    return code


def _plain(field, point, before, lr):
    return point + lr * field(point)


def _ahead(field, point, before, lr):
    return point + lr * field(point + lr * field(point))


def _alternating(field, point, before, lr):
    psi = point[1] + lr * field(point)[1]
    return np.array([point[0] + lr * field(np.array([point[0], psi]))[0], psi])


def _optimistic(field, point):
    last = field(point)
    for _ in range(199):
        now = field(point)
        point = point + 0.4 * (2 * now - last)
        last = now
    return point


def _walks_on_the_start(field, point):
    for _ in range(100):
        point += 0.6 * field(point + 0.6 * field(point))
    return point


def _newton(field, point):
    """Return where the field is 0, if it is linear: three calls are enough."""
    here = field(point)
    slopes = np.stack([field(point + e) - here for e in np.eye(2)], axis=1)
    return (point - np.linalg.solve(slopes, here)).tolist()


# 6.6 the self test: the right letter, and where to read again

_TEST = (
    ("b", "zero_sum"),
    ("c", "many_maps"),
    ("a", "two_divergences"),
    ("b", "dimension"),
    ("c", "unbounded"),
    ("a", "signs"),
    ("a", "ratio_of_steps"),
    ("c", "loss_near_log_4"),
    ("b", "two_steps"),
    ("b", "gradient_of_reward"),
)
KEY = "".join(letter for letter, _ in _TEST)


def _verify_test(answer, rng):
    text = "".join(map(str, answer)) if isinstance(answer, str | list | tuple) else ""
    letters = [letter for letter in text.lower() if letter.isalpha()]
    if len(letters) != len(_TEST) or not set(letters) <= set("abc"):
        raise Wrong("ten_letters")
    missed = [
        gettext("{question} ({where})").format(question=i, where=TEXT["6.6"].mistakes[where])
        for i, (letter, (right, where)) in enumerate(zip(letters, _TEST, strict=True), 1)
        if letter != right
    ]
    if not missed:
        return None
    return Fault(
        "some_missed", right=len(_TEST) - len(missed), of=len(_TEST), missed=joined(missed, ITEMS)
    )


def _with_miss(*questions):
    """Return the key with other letters at these questions, counted from 1."""
    turned = {"a": "b", "b": "c", "c": "a"}
    return "".join(turned[x] if i in questions else x for i, x in enumerate(KEY, 1))


EXERCISES = (
    CUT,
    Exercise(
        text=TEXT["6.2"],
        verify=_verify_reward,
        answer=reward_gradient,
        wrong=(
            *_REWARD,
            (lambda t, words, r: 1.5 * reward_gradient(t, words, r), "value_is_off"),
            (lambda t, words, r: 0 * t, "value_is_off"),
        ),
        right=(
            lambda t, words, r: reward_gradient(t, words, r - r.mean()),  # a baseline
            _by_autograd,
            _from_counts,
        ),
    ),
    Exercise(
        text=TEXT["6.3"],
        verify=_verify_beyond,
        answer=beyond,
        wrong=(
            (lambda x, height: -height, "same_everywhere"),
            (lambda x, height: 0.5 - x, "below_the_height"),
            (lambda x, height: 50 if x < 0.5 else -1e5, "ignores_height"),
            (lambda x, height: 50 if x < 0.5 else -1e9, "ignores_height"),
            (lambda x, height: 50 if x < 0.5 else -100 * np.sqrt(height), "below_the_height"),
            (lambda x, height: -4 * height * (0.5 - x), "sides_swapped"),
            (lambda x, height: np.where(x < 0.5, np.inf, -np.inf), "infinite_logit"),
        ),
        right=(
            lambda x, height: 3 * height * (0.5 - x) / 0.3,
            lambda x, height: 30 if x < 0.5 else -3 * height - 10,
            lambda x, height: 0 if x < 0.5 else -4 * max(height, 1e4),
            lambda x, height: -(height**2) - 30 if x > 0.5 else 9,
        ),
    ),
    Exercise(
        text=TEXT["6.4"],
        verify=lambda answer, rng: mended(answer, train, _TRAIN, rng),
        answer=train,
        wrong=(
            *_TRAIN,
            (_trains_g_first, "G and D stand elsewhere"),
            (lambda g, d, batches: train(g, d, batches[:1]), "G and D stand elsewhere"),
            (lambda *players: None, "G has not moved at all. Which line"),
            (_freezes_d, "D leaves in another state"),
        ),
        right=(_training(), _train_the_long_way),
    ),
    Exercise(
        text=TEXT["6.5"],
        verify=_verify_equilibrium,
        answer=reach_equilibrium,
        wrong=(
            (_stepping(_plain, 0.1, 200), "steps_outwards"),
            (_stepping(_alternating, 0.1, 100), "walks_in_circles"),
            (_stepping(_ahead, 0.2, 100), "not_near_enough"),
            (_stepping(_ahead, 0.1, 1000), "It called the field 2000 times"),
            (_stepping(_ahead, 0.6, 101), "It called the field 202 times"),
            (lambda field, point: point, "walks_in_circles"),
            (_walks_on_the_start, "changes its input"),
        ),
        right=(_optimistic, _newton, _stepping(_ahead, 0.7, 100)),
        picture="from gan_edu.chapters.ch04_adversarial_game.scenes import rotation_scene\n"
        'rotation_scene().figure(method="extragradient", lr=0.6, iterations=100)',
    ),
    Exercise(
        text=TEXT["6.6"],
        verify=_verify_test,
        answer=KEY,
        wrong=(
            (_with_miss(4), "9 of 10. Look again at 4 (chapter 2, count images"),
            (_with_miss(1, 10), "8 of 10. Look again at 1 (chapter 4"),
            (_with_miss(*range(1, 11)), "0 of 10"),
            ("abc", "ten_letters"),
        ),
        right=(
            list(KEY),
            KEY.upper(),
            " ".join(KEY),
            ", ".join(f"{i}{letter}" for i, letter in enumerate(KEY, 1)) + ".",
        ),
    ),
)
