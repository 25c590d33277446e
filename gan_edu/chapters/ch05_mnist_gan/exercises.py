"""Exercises of chapter 05: what can go wrong in a game that draws digits, and what its numbers say.

Two of the games are broken in a way that raises no error; that is how most of them break.
"""

import copy
import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy import linalg
from scipy.optimize import minimize_scalar
from torch import nn
from torch.nn.functional import softplus

from gan_edu.checking import prose
from gan_edu.checking.exercise import Exercise, Fault, Wrong
from gan_edu.checking.guard import call, switches
from gan_edu.checking.mending import mended, weights
from gan_edu.checking.reading import choice, numbers
from gan_edu.checking.slips import compare
from gan_edu.metrics import frechet_distance
from gan_edu.networks import mlp

TEXT = prose.read(Path(__file__).parent)

# 5.1

_MEASURES = {
    "classes": "hands_out_all",
    "Fréchet": "its_images_real",
    "Parzen": "real_training_images",
    "nearest": None,
}


def _verify_copyist(answer, rng):
    return _MEASURES[choice(answer, tuple(_MEASURES))]


# 5.2


def blind(n_real, n_fake):
    d = n_real / (n_real + n_fake)
    return d, -d * np.log(d) - (1 - d) * np.log(1 - d)


_BLIND = (
    (lambda n, m: (0.5, np.log(4)), "for_two_means"),
    (lambda n, m: (0.5, np.log(2)), "costs_log_2"),
    (lambda n, m: blind(n, m)[::-1], "other_way_round"),
    (lambda n, m: (blind(n, m)[0], blind(n, m)[1] / np.log(2)), "loss_bits_nats"),
    (lambda n, m: (blind(n, m)[0], -blind(n, m)[1]), "loss_turned_cross"),
    (lambda n, m: (n / m, blind(n, m)[1]), "n_m_those"),
    (lambda n, m: (m / (n + m), blind(n, m)[1]), "d_probability_real"),
    (lambda n, m: (blind(n, m)[0], (n + m) * blind(n, m)[1]), "sum_over_all"),
    (lambda n, m: (blind(n, m)[0], -np.log(blind(n, m)[0])), "what_real_image"),
    (
        lambda n, m: (blind(n, m)[0], -np.log(blind(n, m)[0]) - np.log(1 - blind(n, m)[0])),
        "counts_real_forged",
    ),
)  # fmt: skip


def _verify_blind(answer, rng):
    cases = [(int(n), int(m)) for n, m in rng.integers(2, 200, (5, 2))]
    return compare(answer, blind, _BLIND, [(64, 16), (16, 64), (9, 9), *cases], tolerance=1e-4)


def _blind_by_search(n_real, n_fake):
    def loss(d):
        return -(n_real * np.log(d) + n_fake * np.log(1 - d)) / (n_real + n_fake)

    found = minimize_scalar(loss, bounds=(1e-6, 1 - 1e-6), options={"xatol": 1e-9})
    return found.x, found.fun


# 5.3


def frechet(a, b):
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    roots = np.sqrt(np.linalg.eigvals(cov_a @ cov_b).real.clip(0))
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(cov_a + cov_b) - 2 * roots.sum()


def _covariance(rows):
    return np.cov(rows, rowvar=False)


def _shift(a, b):
    return ((a.mean(0) - b.mean(0)) ** 2).sum()


def _with_root(trace_of_root, factor=2):
    """Return the distance with another trace in the place of Tr (Σ_a Σ_b)^½."""

    def code(a, b):
        cov_a, cov_b = _covariance(a), _covariance(b)
        trace = np.trace(cov_a + cov_b)
        return _shift(a, b) + trace - factor * trace_of_root(cov_a, cov_b)

    return code


_sqrtm: Any = linalg.sqrtm  # SciPy's own types leave open whether it returns one matrix or two


def _right_root(cov_a, cov_b):
    return np.trace(_sqrtm(cov_a @ cov_b).real)


_FRECHET = (
    (_with_root(lambda s, t: np.trace(np.sqrt(s @ t))), "np_sqrt_takes"),
    (_with_root(lambda s, t: np.trace(np.sqrt(s) @ np.sqrt(t))), "np_sqrt_takes_2"),
    (_with_root(lambda s, t: np.trace(_sqrtm(s) @ _sqrtm(t)).real), "matrices_do_not"),
    (_with_root(lambda s, t: np.sqrt(np.trace(s @ t))), "root_trace_trace"),
    (_with_root(lambda s, t: np.sqrt(np.linalg.svd(s @ t)[1]).sum()), "these_singular_values"),
    (_with_root(lambda s, t: np.trace(s @ t)), "no_root_left"),
    (_with_root(_right_root, factor=1), "root_counts_twice"),
    (_with_root(_right_root, factor=-2), "root_taken_away"),
    (lambda a, b: frechet(a, b) - _shift(a, b), "means_missing_two"),
    (lambda a, b: frechet(a, b) - _shift(a, b) + np.sqrt(_shift(a, b)), "distance_means_not"),
    (lambda a, b: frechet(a, b) - _shift(a, b) + _shift(a, b) / a.shape[1], "sum_squares_squared"),
    (lambda a, b: np.sqrt(frechet(a, b).clip(0)), "root_distance_d"),
    (lambda a, b: max(0, _FRECHET[0][0](a, b)), "now_not_below"),
    (lambda a, b: abs(_FRECHET[0][0](a, b)), "without_its_sign"),
)  # fmt: skip


def _verify_frechet(answer, rng):
    mix = np.eye(3) + 0.6
    a, b = rng.normal(size=(60, 3)) @ mix, rng.normal(size=(40, 3)) @ mix
    wider = rng.normal(0.5, 1.5, (50, 3)) @ (mix + rng.uniform(0, 0.4, (3, 3)))
    return compare(answer, frechet, _FRECHET, [(a, b), (b, wider), (wider, wider)], tolerance=1e-5)


# 5.4
# 5.4


def train_detective(generator, discriminator, batches):
    opt_d = torch.optim.SGD(discriminator.parameters(), lr=0.1)
    for x_real, z in batches:
        x_fake = generator(z).detach()
        loss_real = softplus(-discriminator(x_real)).mean()
        loss_fake = softplus(discriminator(x_fake)).mean()
        opt_d.zero_grad()
        (loss_real + loss_fake).backward()
        opt_d.step()


def _detective(
    whose="D", cut=True, clear=True, sign=1, only_first=False, factor=1.0, real=True, moves=True
):
    """Return a training of D in which something is other than in `train_detective`."""

    def code(generator, discriminator, batches):
        groups = {"D": [discriminator], "G": [generator], "both": [generator, discriminator]}
        owned = [w for network in groups[whose] for w in network.parameters()]
        optimiser = torch.optim.SGD(owned, lr=0.1)
        for x_real, z in batches[:1] if only_first else batches:
            x_fake = generator(z).detach() if cut else generator(z)
            loss = real * softplus(-sign * discriminator(x_real)).mean()
            loss = loss + softplus(sign * discriminator(x_fake)).mean()
            optimiser.zero_grad() if clear else None
            (factor * loss).backward()
            optimiser.step() if moves else None

    return code


_DETECTIVE = (
    (_detective("both", cut=False), "g_has_moved"),
    (_detective("G"), "nobody_moves_now"),
    (_detective("G", cut=False), "now_g_alone"),
    (_detective(clear=False), "d_s_gradients"),
    (_detective(sign=-1), "d_learns_call"),
    (_detective(factor=0.5), "half_each_step"),
    (_detective(real=False), "d_hears_forgeries"),
    (_detective(only_first=True), "after_first_batch"),
)  # fmt: skip


def _freezes_g(generator, discriminator, batches):
    train_detective(generator.requires_grad_(False), discriminator, batches)


def _pushes_g(generator, discriminator, batches):
    train_detective(generator, discriminator, batches)
    with torch.no_grad():
        generator[0].bias += 1


def _verify_detective(answer, rng):
    return mended(answer, train_detective, _DETECTIVE, rng)


# 5.5


def draw(generator, z):
    before = generator.training
    generator.eval()
    with torch.no_grad():
        x = generator(z)
    generator.train(before)
    return x


def _drawing(evaluate=True, after=None, keep_graph=False):
    """Return a `draw` that leaves a mode, a graph or the averages behind."""

    def code(generator, z):
        generator.train(not evaluate and generator.training)
        with torch.set_grad_enabled(keep_graph):
            x = generator(z)
        if after is not None:
            generator.train(after)
        return x

    return code


def _verify_draw(answer, rng):
    for training, learns in ((True, True), (False, True), (False, False)):
        generator = _with_batch_norm(rng).train(training).requires_grad_(learns)
        z = torch.from_numpy(rng.standard_normal((6, 3))).float()
        before = copy.deepcopy(generator)
        with torch.no_grad():
            wanted = copy.deepcopy(generator).eval()(z).numpy()
        z_before = z.clone()
        x = call(answer, generator, z, changes=True)
        if not torch.equal(z, z_before):
            return "noise_has_been"
        fault = _left_behind(generator, before) or _unlike(x, numbers(x, wanted.shape), wanted)
        if fault:
            return fault
    return None


def _with_batch_norm(rng):
    norm: Any = nn.BatchNorm1d(5)
    network = nn.Sequential(nn.Linear(3, 5), norm, nn.ReLU(), nn.Linear(5, 4))
    for tensor in (*network.parameters(), norm.running_mean):
        tensor.data = torch.from_numpy(rng.standard_normal(tensor.shape)).float()
    norm.running_var.copy_(torch.from_numpy(rng.uniform(0.2, 3, 5)))
    return network


def _left_behind(generator, before):
    """Say what a look at G has changed in it."""
    if not torch.equal(weights(generator), weights(before)):
        return "g_s_weights"
    if any(
        not torch.equal(*pair) for pair in zip(generator.buffers(), before.buffers(), strict=True)
    ):
        return "g_s_long"
    if [w.requires_grad for w in generator.parameters()] != [
        w.requires_grad for w in before.parameters()
    ]:
        return "g_leaves_frozen"
    return _mode_left(generator, before)


def _mode_left(generator, before):
    if before.training and not generator.training:
        return "g_came_train"
    if generator.training and not before.training:
        return "g_came_eval"
    if switches(generator) != switches(before):
        return "g_as_whole"
    return None


def _unlike(x, found, wanted):
    if not np.allclose(found, wanted, atol=1e-5):
        return "these_not_drawings"
    if getattr(x, "requires_grad", False):
        return "drawings_right_drag"
    return None


def _scales_the_averages(generator, z):
    x = draw(generator, z)
    generator[1].running_var *= 2
    return x


def _one_layer_stays(generator, z):
    x = draw(generator, z)
    generator[1].train(not generator.training)
    return x


def _turns_slopes_off(generator, z):
    torch.set_grad_enabled(False)
    return draw(generator, z)


def _moves_a_weight(generator, z):
    x = draw(generator, z)
    generator[0].weight.data += 0.01
    return x


def _draw_a_copy(generator, z):
    return copy.deepcopy(generator).eval()(z).detach()


def _draw_carefully(generator, z):
    modes = {module: module.training for module in generator.modules()}
    try:
        with torch.inference_mode():
            return generator.eval()(z)
    finally:
        for module, training in modes.items():
            module.training = training


# 5.6


def share_of_the_last(iterations, last):
    rest = 1.0
    for t in range(iterations - last, iterations):
        rest = rest * t / (t + 10)
    return 1 - rest


_SHARE = (
    (lambda iterations, last: last / iterations, "if_all_rounds"),
    (lambda iterations, last: 1 - share_of_the_last(iterations, last), "what_left_rounds"),
    (lambda iterations, last: 1 - (iterations / (iterations + 10)) ** last, "factor_t_t"),
    (lambda iterations, last: min(1.0, 10 * last / (iterations + 10)), "each_new_round"),
)  # fmt: skip


def _verify_share(answer, rng):
    cases = []
    for part in (0.05, 0.1, 0.2, 0.5):
        iterations = int(rng.integers(1000, 3000))
        cases.append((iterations, int(part * iterations)))
    return compare(answer, share_of_the_last, _SHARE, cases, tolerance=0.01)


def _share_by_hand(iterations, last):
    """Return the share, by an average of zeros that turn into ones when the last rounds begin."""
    average = 0.0
    for t in range(iterations):
        average = t / (t + 10) * average + 10 / (t + 10) * (t >= iterations - last)
    return average


# 5.7

LATENT, TRIES = 16, 1000


def find_noise(generator, image):
    z = torch.zeros(1, 16, requires_grad=True)
    optimiser = torch.optim.Adam([z], lr=0.1)
    for _ in range(100):
        loss = (generator(z) - image).square().sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return z.detach()


def _verify_noise(answer, rng):
    generator: Any = mlp((LATENT, 32, 32, 64), "tanh")
    for layer in generator[::2]:
        bound = 1 / math.sqrt(layer.in_features)
        for weight in (layer.weight, layer.bias):
            weight.data = torch.from_numpy(rng.uniform(-bound, bound, weight.shape)).float()
    hidden, tries = (torch.from_numpy(rng.standard_normal((n, LATENT))).float() for n in (1, TRIES))
    with torch.no_grad():
        image, luck = generator(hidden), generator(tries)
    z = torch.from_numpy(_noise(call(answer, generator, image)))
    with torch.no_grad():
        off = (generator(z) - image).norm().item()
    best = (luck - image).norm(dim=1).min().item()
    return _how_near(off, best, z)


def _noise(found):
    z = numbers(found)
    if not np.isfinite(z).all():
        raise Wrong("some_these_numbers")
    if z.size != LATENT:
        raise Wrong(Fault("one_noise_vector", latent=LATENT, z_size=z.size))
    return z.reshape(1, LATENT).astype(np.float32)


def _how_near(off, best, z):
    if off < best / 2:
        return None
    if not z.any():
        return "z_still_zero"
    said = Fault("drawing_off_2f", off=off, tries=TRIES, best=best)
    if off > 2 * best:
        return said + "does_distance_fall"
    return said + "half_asked_for"


def _best_of_a_thousand(generator, image):
    with torch.no_grad():
        z = torch.randn(1000, 16)
        return z[(generator(z) - image).norm(dim=1).argmin()]


def _uphill(generator, image):
    z = torch.zeros(1, 16, requires_grad=True)
    for _ in range(50):
        (slope,) = torch.autograd.grad((generator(z) - image).square().sum(), z)
        z = (z + 0.1 * slope).detach().requires_grad_()
    return z


def _luck_then_slope(generator, image):
    z = _best_of_a_thousand(generator, image).clone().requires_grad_()
    optimiser = torch.optim.LBFGS([z], lr=0.5, max_iter=60)

    def closure():
        optimiser.zero_grad()
        loss = (generator(z) - image).square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return z


def _freezes_the_forger(generator, image):
    return find_noise(generator.requires_grad_(False), image)


def _moves_the_forger(generator, image):
    z = find_noise(generator, image)
    with torch.no_grad():
        generator[-1].bias += 0.1
    return z


def _moves_the_image(generator, image):
    z = find_noise(generator, image)
    image += 1
    return z


EXERCISES = (
    Exercise(
        text=TEXT["5.1"],
        verify=_verify_copyist,
        answer="nearest",
        wrong=tuple((name, said) for name, said in _MEASURES.items() if said),
        right=("Nearest", " nearest ", "nearest."),
    ),
    Exercise(
        text=TEXT["5.2"],
        verify=_verify_blind,
        answer=blind,
        wrong=_BLIND,
        right=(_blind_by_search, lambda n, m: list(map(float, blind(n, m)))),
    ),
    Exercise(
        text=TEXT["5.3"],
        verify=_verify_frechet,
        answer=frechet,
        wrong=(
            *_FRECHET,
            (lambda a, b: 1.001 * frechet(a, b), "is right. Take"),
        ),
        right=(
            frechet_distance,
            _with_root(_right_root),
            lambda a, b: frechet(b, a),
        ),
    ),
    Exercise(
        text=TEXT["5.4"],
        verify=_verify_detective,
        answer=train_detective,
        wrong=(
            *_DETECTIVE,
            (_detective(factor=3.0), "D stands elsewhere"),
            (_pushes_g, "G has moved, and should stand still"),
            (_freezes_g, "G leaves in another state"),
        ),
        right=(_detective(cut=False), _detective("both")),
    ),
    Exercise(
        text=TEXT["5.5"],
        verify=_verify_draw,
        answer=draw,
        wrong=(
            (_drawing(), "g_came_train"),
            (_drawing(after=True), "g_came_eval"),
            (_drawing(evaluate=False), "g_s_long"),
            (lambda generator, z: _draw_a_copy(generator, 2 * z), "these_not_drawings"),
            (lambda generator, z: copy.deepcopy(generator).eval()(z), "drawings_right_drag"),
            (lambda generator, z: draw(generator.requires_grad_(False), z), "g_leaves_frozen"),
            (lambda generator, z: draw(generator.requires_grad_(True), z), "g_leaves_frozen"),
            (_scales_the_averages, "g_s_long"),
            (_one_layer_stays, "g_as_whole"),
            (lambda generator, z: draw(generator, z.mul_(1.5)), "noise_has_been"),
            (_turns_slopes_off, "switches slopes off"),
            (_moves_a_weight, "g_s_weights"),
        ),
        right=(_draw_a_copy, _draw_carefully),
    ),
    Exercise(
        text=TEXT["5.6"],
        verify=_verify_share,
        answer=share_of_the_last,
        wrong=_SHARE,
        right=(_share_by_hand, lambda iterations, last: 1 - (1 - last / iterations) ** 10),
    ),
    Exercise(
        text=TEXT["5.7"],
        verify=_verify_noise,
        answer=find_noise,
        wrong=(
            (_best_of_a_thousand, "half_asked_for"),
            (_uphill, "does_distance_fall"),
            (lambda generator, image: torch.zeros(1, 16), "z_still_zero"),
            (lambda generator, image: image, "One noise vector of 16 numbers"),
            (lambda generator, image: torch.full((16,), torch.inf), "some_these_numbers"),
            (_freezes_the_forger, "changes the network"),
            (_moves_the_forger, "changes the network"),
            (_moves_the_image, "changes its input"),
        ),
        right=(_luck_then_slope, lambda generator, image: find_noise(generator, image)[0].tolist()),
        picture="from gan_edu.chapters.ch05_mnist_gan.expected import drawn_again\n"
        "drawn_again(find_noise)",
    ),
)
