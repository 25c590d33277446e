"""Exercises of chapter 05: what can go wrong in a GAN on digits, and what its numbers say.

Two of the programs to debug raise no error: that is how most training code is broken.
"""

import copy
import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy import linalg
from torch import nn
from torch.nn.functional import softplus

from gan_edu.checking import prose
from gan_edu.checking.exercise import Exercise, Fault, Wrong
from gan_edu.checking.guard import call, switches
from gan_edu.checking.mending import mended, weights
from gan_edu.checking.reading import numbers
from gan_edu.checking.slips import compare, of_choice
from gan_edu.language import later
from gan_edu.metrics import frechet_distance
from gan_edu.networks import mlp

TEXT = prose.read(Path(__file__).parent)

# 5.1

COPYING = of_choice(
    TEXT["5.1"],
    {
        later("classes"): "classes_agree",
        "Fréchet": "features_agree",
        "Parzen": "parzen_agrees",
        later("nearest"): None,
    },
    right=("Nearest", " nearest ", "nearest."),
)

# 5.2


def clueless(n_real, n_fake):
    d = n_real / (n_real + n_fake)
    return d, -d * np.log(d) - (1 - d) * np.log(1 - d)


_CLUELESS = (
    (lambda n, m: (0.5, np.log(4)), "two_means"),
    (lambda n, m: (0.5, np.log(2)), "always_half"),
    (lambda n, m: clueless(n, m)[::-1], "swapped"),
    (lambda n, m: (clueless(n, m)[0], clueless(n, m)[1] / np.log(2)), "in_bits"),
    (lambda n, m: (clueless(n, m)[0], -clueless(n, m)[1]), "wrong_sign"),
    (lambda n, m: (n / m, clueless(n, m)[1]), "odds"),
    (lambda n, m: (m / (n + m), clueless(n, m)[1]), "share_of_fake"),
    (lambda n, m: (clueless(n, m)[0], (n + m) * clueless(n, m)[1]), "sum_not_mean"),
    (lambda n, m: (clueless(n, m)[0], -np.log(clueless(n, m)[0])), "real_only"),
    (lambda n, m: (clueless(n, m)[0], -np.log(n * m / (n + m) ** 2)), "equal_weights"),
)


def _verify_clueless(answer, rng):
    cases = [(int(n), int(m)) for n, m in rng.integers(2, 200, (5, 2))]
    cases += [(64, 16), (16, 64), (9, 9)]
    return compare(answer, clueless, _CLUELESS, cases, tolerance=1e-4)


# 5.3


def frechet(a, b):
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    roots = np.sqrt(np.linalg.eigvals(cov_a @ cov_b).real.clip(0))
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(cov_a + cov_b) - 2 * roots.sum()


def _shift(a, b):
    return ((a.mean(0) - b.mean(0)) ** 2).sum()


def _with_root(trace_of_root, factor=2):
    """Return the distance with another trace in the place of Tr (Σ_a Σ_b)^½."""

    def code(a, b):
        cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
        return _shift(a, b) + np.trace(cov_a + cov_b) - factor * trace_of_root(cov_a, cov_b)

    return code


_sqrtm: Any = linalg.sqrtm  # SciPy's own types leave open whether it returns one matrix or two


def _right_root(cov_a, cov_b):
    return np.trace(_sqrtm(cov_a @ cov_b).real)


_FRECHET = (
    (_with_root(lambda s, t: np.trace(np.sqrt(s @ t))), "entrywise_root"),
    (_with_root(lambda s, t: np.trace(np.sqrt(s) @ np.sqrt(t))), "entrywise_roots"),
    (_with_root(lambda s, t: np.trace(_sqrtm(s) @ _sqrtm(t)).real), "product_of_roots"),
    (_with_root(lambda s, t: np.sqrt(np.trace(s @ t))), "root_of_trace"),
    (_with_root(lambda s, t: np.trace(s @ t)), "no_root"),
    (_with_root(_right_root, factor=1), "factor_one"),
    (_with_root(_right_root, factor=-2), "root_added"),
    (lambda a, b: frechet(a, b) - _shift(a, b), "no_means"),
    (lambda a, b: frechet(a, b) - _shift(a, b) + np.sqrt(_shift(a, b)), "mean_not_squared"),
    (lambda a, b: np.sqrt(frechet(a, b).clip(0)), "not_squared"),
    (lambda a, b: max(0, _FRECHET[0][0](a, b)), "cut_at_zero"),
    (lambda a, b: abs(_FRECHET[0][0](a, b)), "absolute_value"),
)


def _verify_frechet(answer, rng):
    mix = np.eye(3) + 0.6
    a, b = rng.normal(size=(60, 3)) @ mix, rng.normal(size=(40, 3)) @ mix
    wider = rng.normal(0.5, 1.5, (50, 3)) @ (mix + rng.uniform(0, 0.4, (3, 3)))
    return compare(answer, frechet, _FRECHET, [(a, b), (b, wider), (wider, wider)], tolerance=1e-5)


# 5.4


def train_discriminator(generator, discriminator, batches):
    opt_d = torch.optim.SGD(discriminator.parameters(), lr=0.1)
    for x_real, z in batches:
        x_fake = generator(z).detach()
        loss_real = softplus(-discriminator(x_real)).mean()
        loss_fake = softplus(discriminator(x_fake)).mean()
        opt_d.zero_grad()
        (loss_real + loss_fake).backward()
        opt_d.step()


def _training(whose="D", cut=True, clear=True, sign=1, only_first=False, factor=1.0, real=True):
    """Return a training of D that differs from `train_discriminator` in what the options say."""

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
            optimiser.step()

    return code


_TRAININGS = (
    (_training("both", cut=False), "g_moved"),
    (_training("G"), "nobody_moved"),
    (_training("G", cut=False), "only_g_moved"),
    (_training(clear=False), "gradients_add_up"),
    (_training(sign=-1), "labels_swapped"),
    (_training(factor=0.5), "half_steps"),
    (_training(real=False), "no_real_images"),
    (_training(only_first=True), "first_batch_only"),
)


def _pushes_g(generator, discriminator, batches):
    train_discriminator(generator, discriminator, batches)
    with torch.no_grad():
        generator[0].bias += 1


# 5.5


def draw(generator, z):
    before = generator.training
    generator.eval()
    with torch.no_grad():
        x = generator(z)
    generator.train(before)
    return x


def _drawing(evaluate=True, after=None):
    """Return a `draw` that leaves another mode or other averages behind."""

    def code(generator, z):
        generator.train(not evaluate and generator.training)
        with torch.no_grad():
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
            return "noise_changed"
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
    """Say what drawing has changed in G."""
    if not torch.equal(weights(generator), weights(before)):
        return "weights_changed"
    if any(
        not torch.equal(*pair) for pair in zip(generator.buffers(), before.buffers(), strict=True)
    ):
        return "averages_changed"
    if [w.requires_grad for w in generator.parameters()] != [
        w.requires_grad for w in before.parameters()
    ]:
        return "requires_grad_changed"
    return _mode_left(generator, before)


def _mode_left(generator, before):
    if before.training and not generator.training:
        return "left_in_eval"
    if generator.training and not before.training:
        return "left_in_train"
    if switches(generator) != switches(before):
        return "some_layers_left"
    return None


def _unlike(x, found, wanted):
    if not np.allclose(found, wanted, atol=1e-5):
        return "other_images"
    if getattr(x, "requires_grad", False):
        return "graph_kept"
    return None


def _drawn_and(change):
    """Return a `draw` that also changes G."""

    def code(generator, z):
        x = draw(generator, z)
        change(generator)
        return x

    return code


def _disables_gradients(generator, z):
    torch.set_grad_enabled(False)
    return draw(generator, z)


def _draw_a_copy(generator, z):
    return copy.deepcopy(generator).eval()(z).detach()


# 5.6


def share_of_the_last(iterations, last):
    rest = 1.0
    for t in range(iterations - last, iterations):
        rest = rest * t / (t + 10)
    return 1 - rest


_SHARE = (
    (lambda iterations, last: last / iterations, "equal_shares"),
    (lambda iterations, last: 1 - share_of_the_last(iterations, last), "share_of_the_rest"),
    (lambda iterations, last: 1 - (iterations / (iterations + 10)) ** last, "constant_factor"),
    (lambda iterations, last: min(1.0, 10 * last / (iterations + 10)), "sum_of_shares"),
)


def _verify_share(answer, rng):
    cases = []
    for part in (0.05, 0.1, 0.2, 0.5):
        iterations = int(rng.integers(1000, 3000))
        cases.append((iterations, int(part * iterations)))
    return compare(answer, share_of_the_last, _SHARE, cases, tolerance=0.01)


def _share_by_hand(iterations, last):
    """Return the share, as an average of zeros that turn into ones in the last iterations."""
    average = 0.0
    for t in range(iterations):
        average = t / (t + 10) * average + 10 / (t + 10) * (t >= iterations - last)
    return average


# 5.7

LATENT = 16
TRIES = 1000


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
        image, others = generator(hidden), generator(tries)
    z = torch.from_numpy(_noise(call(answer, generator, image)))
    with torch.no_grad():
        off = (generator(z) - image).norm().item()
    best = (others - image).norm(dim=1).min().item()
    return _how_near(off, best, z)


def _noise(found):
    z = numbers(found)
    if not np.isfinite(z).all():
        raise Wrong("not_finite")
    if z.size != LATENT:
        raise Wrong(Fault("wrong_size", latent=LATENT, z_size=z.size))
    return z.reshape(1, LATENT).astype(np.float32)


def _how_near(off, best, z):
    if off < best / 2:
        return None
    if not z.any():
        return "still_zero"
    said = Fault("distance", off=off, tries=TRIES, best=best)
    if off > 2 * best:
        return said + "farther"
    return said + "not_half"


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


def _found_and(change):
    """Return a search that also changes G or the image."""

    def code(generator, image):
        z = find_noise(generator, image)
        change(generator, image)
        return z

    return code


EXERCISES = (
    COPYING,
    Exercise(
        text=TEXT["5.2"],
        verify=_verify_clueless,
        answer=clueless,
        wrong=_CLUELESS,
        right=(
            lambda n, m: [n / (n + m), np.log(n + m) - (n * np.log(n) + m * np.log(m)) / (n + m)],
        ),
    ),
    Exercise(
        text=TEXT["5.3"],
        verify=_verify_frechet,
        answer=frechet,
        wrong=(*_FRECHET, (lambda a, b: 1.001 * frechet(a, b), "is right. Take")),
        right=(frechet_distance, _with_root(_right_root), lambda a, b: frechet(b, a)),
    ),
    Exercise(
        text=TEXT["5.4"],
        verify=lambda answer, rng: mended(answer, train_discriminator, _TRAININGS, rng),
        answer=train_discriminator,
        wrong=(
            *_TRAININGS,
            (_training(factor=3.0), "D stands elsewhere"),
            (_pushes_g, "G has moved, and should stand still"),
            (
                lambda g, d, batches: train_discriminator(g.requires_grad_(False), d, batches),
                "G leaves in another state",
            ),
        ),
        right=(_training(cut=False), _training("both")),
    ),
    Exercise(
        text=TEXT["5.5"],
        verify=_verify_draw,
        answer=draw,
        wrong=(
            (_drawing(), "left_in_eval"),
            (_drawing(after=True), "left_in_train"),
            (_drawing(evaluate=False), "averages_changed"),
            (lambda generator, z: _draw_a_copy(generator, 2 * z), "other_images"),
            (lambda generator, z: copy.deepcopy(generator).eval()(z), "graph_kept"),
            (
                lambda generator, z: draw(generator.requires_grad_(False), z),
                "requires_grad_changed",
            ),
            (lambda generator, z: draw(generator.requires_grad_(True), z), "requires_grad_changed"),
            (_drawn_and(lambda g: g[1].running_var.mul_(2)), "averages_changed"),
            (_drawn_and(lambda g: g[1].train(not g.training)), "some_layers_left"),
            (lambda generator, z: draw(generator, z.mul_(1.5)), "noise_changed"),
            (_disables_gradients, "switches slopes off"),
            (_drawn_and(lambda g: g[0].weight.data.add_(0.01)), "weights_changed"),
        ),
        right=(_draw_a_copy,),
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
            (_best_of_a_thousand, "not_half"),
            (_uphill, "farther"),
            (lambda generator, image: torch.zeros(1, 16), "still_zero"),
            (lambda generator, image: image, "One noise vector of 16 numbers"),
            (lambda generator, image: torch.full((16,), torch.inf), "not_finite"),
            (_found_and(lambda g, image: g.requires_grad_(False)), "changes the network"),
            (_found_and(lambda g, image: g[-1].bias.data.add_(0.1)), "changes the network"),
            (_found_and(lambda g, image: image.add_(1)), "changes its input"),
        ),
        right=(lambda generator, image: find_noise(generator, image)[0].tolist(),),
        picture="from gan_edu.chapters.ch05_mnist_gan.expected import drawn_again\n"
        "drawn_again(find_noise)",
    ),
)
