"""Exercises of chapter 05: what can go wrong in a game that draws digits, and what its numbers say.

Two of the games are broken in a way that raises no error; that is how most of them break.
"""

import copy
import math

import numpy as np
import torch
from scipy import linalg
from scipy.optimize import minimize_scalar
from torch import nn
from torch.nn.functional import softplus

from pathlib import Path
from gan_edu.checking import prose
from gan_edu.checking.exercise import Exercise, Wrong
from gan_edu.checking.guard import call, switches
from gan_edu.checking.mending import mended, weights
from gan_edu.checking.reading import choice, numbers
from gan_edu.checking.slips import compare
from gan_edu.metrics import frechet_distance
from gan_edu.networks import mlp

TEXT = prose.read(Path(__file__).parent)

# 5.1

_MEASURES = {
    "classes": "It hands out all ten digits as often as people write them. Would the bars differ?",
    "Fréchet": "Its images *are* real ones: their features have the real mean and covariance. "
    "So how large is the distance?",
    "Parzen": "Real training images are in the chapter's last table. Is their score a bad one?",
    "nearest": None,
}


def _verify_copyist(answer, rng):
    return _MEASURES[choice(answer, tuple(_MEASURES))]


# 5.2


def blind(n_real, n_fake):
    d = n_real / (n_real + n_fake)
    return d, -d * np.log(d) - (1 - d) * np.log(1 - d)


_BLIND = (
    (lambda n, m: (0.5, np.log(4)), "So it is for two means, one for each kind. Here is *one* mean "
     "over n_real + n_fake images. Is ½ the best bet if most of them are real?"),
    (lambda n, m: (0.5, np.log(2)), "½ costs log 2, for any numbers. But is it the best bet if "
     "most of the list is real?"),
    (lambda n, m: blind(n, m)[::-1], "The other way round: first D, then the loss."),
    (lambda n, m: (blind(n, m)[0], blind(n, m)[1] / np.log(2)), "This loss is in bits. Nats are "
     "asked for."),
    (lambda n, m: (blind(n, m)[0], -blind(n, m)[1]), "The loss is turned: a cross-entropy is never "
     "below 0."),
    (lambda n, m: (n / m, blind(n, m)[1]), "n to m: those are the odds. And the probability?"),
    (lambda n, m: (m / (n + m), blind(n, m)[1]), "D is the probability of *real*. Whose share is "
     "this?"),
    (lambda n, m: (blind(n, m)[0], (n + m) * blind(n, m)[1]), "This is the sum over all images. "
     "The friend takes the mean."),
    (lambda n, m: (blind(n, m)[0], -np.log(blind(n, m)[0])), "That is what a real image costs. "
     "What does a forged one cost, and how many are there of each?"),
    (lambda n, m: (blind(n, m)[0], -np.log(blind(n, m)[0]) - np.log(1 - blind(n, m)[0])), "This "
     "counts a real and a forged image alike. How many of each are in the list?"),
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


def _right_root(cov_a, cov_b):
    return np.trace(linalg.sqrtm(cov_a @ cov_b).real)


_FRECHET = (
    (_with_root(lambda s, t: np.trace(np.sqrt(s @ t))), "`np.sqrt` takes the root of each entry. "
     "The root of a matrix M is the matrix whose *product* with itself is M. When are the two the "
     "same?"),
    (_with_root(lambda s, t: np.trace(np.sqrt(s) @ np.sqrt(t))), "`np.sqrt` takes the root of each "
     "entry, here of both matrices. Which matrix gives Σ when it is multiplied by itself?"),
    (_with_root(lambda s, t: np.trace(linalg.sqrtm(s) @ linalg.sqrtm(t)).real), "Matrices do not "
     "commute: the root of a product is not the product of the roots. Near, but root the product."),
    (_with_root(lambda s, t: np.sqrt(np.trace(s @ t))), "This is the root of the trace. The trace "
     "of the root is asked for."),
    (_with_root(lambda s, t: np.sqrt(np.linalg.svd(s @ t)[1]).sum()), "These are the singular "
     "values. ΣₐΣ_b is not symmetric, so they are not its eigenvalues."),
    (_with_root(lambda s, t: np.trace(s @ t)), "No root is left at all."),
    (_with_root(_right_root, factor=1), "The root counts twice in the formula, and once here."),
    (_with_root(_right_root, factor=-2), "The root is taken away in the formula, and added here."),
    (lambda a, b: frechet(a, b) - _shift(a, b), "The means are missing: two clouds of one shape, "
     "far apart, would have the distance 0."),
    (lambda a, b: frechet(a, b) - _shift(a, b) + np.sqrt(_shift(a, b)), "The distance of the means "
     "is not squared."),
    (lambda a, b: frechet(a, b) - _shift(a, b) + _shift(a, b) / a.shape[1], "The *sum* of the "
     "squares is the squared length, not their mean."),
    (lambda a, b: np.sqrt(frechet(a, b).clip(0)), "This is the root, a distance. d² is asked for."),
    (lambda a, b: max(0, _FRECHET[0][0](a, b)), "Now it is not below 0, and still wrong: `np.sqrt` "
     "takes the root of each entry, and a matrix has another one."),
    (lambda a, b: abs(_FRECHET[0][0](a, b)), "Without its sign it is still not 0 for one set "
     "twice: `np.sqrt` takes the root of each entry, and a matrix has another one."),
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
    (_detective("both", cut=False), "G has moved, in *D's* step, and down D's loss: it learns to "
     "be caught. Two locks are open. Who moves weights, and how does the gradient get to G's?"),
    (_detective("G"), "Nobody moves now. Whose weights does the optimiser own, which of them get "
     "a gradient, and who takes the step?"),
    (_detective("G", cut=False), "Now G alone moves, and D learns nothing. Whose optimiser is it?"),
    (_detective(clear=False), "D's gradients add up from round to round. Who forgets them?"),
    (_detective(sign=-1), "D learns to call forgeries real. Which of the two softplus has the "
     "minus sign?"),
    (_detective(factor=0.5), "Half of each step. The sum of both means is D's loss, with the rate "
     "0.1."),
    (_detective(real=False), "D hears of forgeries alone. Who tells it what real images are?"),
    (_detective(only_first=True), "After the first batch D stands still. Is `return` inside the "
     "loop?"),
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
            return "The noise has been changed. Who drew it may want to draw from it again."
        fault = _left_behind(generator, before) or _unlike(x, numbers(x, wanted.shape), wanted)
        if fault:
            return fault
    return None


def _with_batch_norm(rng):
    network = nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.ReLU(), nn.Linear(5, 4))
    for tensor in (*network.parameters(), network[1].running_mean):
        tensor.data = torch.from_numpy(rng.standard_normal(tensor.shape)).float()
    network[1].running_var.copy_(torch.from_numpy(rng.uniform(0.2, 3, 5)))
    return network


def _left_behind(generator, before):
    """Say what a look at G has changed in it."""
    if not torch.equal(weights(generator), weights(before)):
        return "G's weights have moved. A look must not train."
    if any(
        not torch.equal(*pair) for pair in zip(generator.buffers(), before.buffers(), strict=True)
    ):
        return (
            "G's long-term averages have moved. In `train` mode each look does that: it takes what "
            "it just drew into account. Which mode only uses them?"
        )
    if [w.requires_grad for w in generator.parameters()] != [
        w.requires_grad for w in before.parameters()
    ]:
        return (
            "G leaves frozen, or thawed: `requires_grad` is not what it was. Then who trains it in "
            "the next round?"
        )
    return _mode_left(generator, before)


def _mode_left(generator, before):
    if before.training and not generator.training:
        return (
            "G came in `train` mode and leaves in `eval`. The next round trains it on averages "
            "in place of its batch. Who switches it back?"
        )
    if generator.training and not before.training:
        return (
            "G came in `eval` mode, as the game's average is, and leaves in `train`. How can you "
            "know which of the two it was?"
        )
    if switches(generator) != switches(before):
        return "G as a whole has its mode back, and some of its layers have not."
    return None


def _unlike(x, found, wanted):
    if not np.allclose(found, wanted, atol=1e-5):
        return (
            "These are not the drawings of `eval` mode. An image must not depend on which other "
            "images are drawn with it."
        )
    if getattr(x, "requires_grad", False):
        return (
            "The drawings are right, and drag G's whole graph along. What keeps torch from "
            "writing it down?"
        )
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


def share_of_the_last(rounds, last):
    rest = 1.0
    for t in range(rounds - last, rounds):
        rest = rest * t / (t + 10)
    return 1 - rest


_SHARE = (
    (lambda rounds, last: last / rounds, "So it is if all rounds count alike. What happens to an "
     "old round's share each time a new one comes in?"),
    (lambda rounds, last: 1 - share_of_the_last(rounds, last), "That is what is left of the "
     "rounds *before* the last ones."),
    (lambda rounds, last: 1 - (rounds / (rounds + 10)) ** last, "The factor t/(t + 10) is another "
     "one in each round. Is it the same at the start of these rounds as at their end?"),
    (lambda rounds, last: min(1.0, 10 * last / (rounds + 10)), "Each new round takes its share "
     "from all before it, from the last ones too. Do the shares just add up?"),
)  # fmt: skip


def _verify_share(answer, rng):
    cases = []
    for part in (0.05, 0.1, 0.2, 0.5):
        rounds = int(rng.integers(1000, 3000))
        cases.append((rounds, int(part * rounds)))
    return compare(answer, share_of_the_last, _SHARE, cases, tolerance=0.01)


def _share_by_hand(rounds, last):
    """Return the share, by an average of zeros that turn into ones when the last rounds begin."""
    average = 0.0
    for t in range(rounds):
        average = t / (t + 10) * average + 10 / (t + 10) * (t >= rounds - last)
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
    generator = mlp((LATENT, 32, 32, 64), "tanh")
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
        raise Wrong("Some of these numbers are infinite. Has the search run away? Shorter steps.")
    if z.size != LATENT:
        raise Wrong(f"One noise vector of {LATENT} numbers is asked for; these are {z.size}.")
    return z.reshape(1, LATENT).astype(np.float32)


def _how_near(off, best, z):
    if off < best / 2:
        return None
    if not z.any():
        return "z is still zero everywhere. Has the gradient reached it, and who moves it?"
    said = f"The drawing is {off:.2f} away; the nearest of {TRIES} random ones is {best:.2f} away. "
    if off > 2 * best:
        return said + "Does the distance fall while you search? Which way does the gradient point?"
    return said + "Half of that is asked for, and luck does not get there. What does a slope tell?"


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
            (_drawing(), "came in `train` mode and leaves in `eval`"),
            (_drawing(after=True), "came in `eval` mode, as the game's average is"),
            (_drawing(evaluate=False), "long-term averages have moved"),
            (lambda generator, z: _draw_a_copy(generator, 2 * z), "not the drawings of `eval`"),
            (lambda generator, z: copy.deepcopy(generator).eval()(z), "drag G's whole graph"),
            (lambda generator, z: draw(generator.requires_grad_(False), z), "frozen, or thawed"),
            (lambda generator, z: draw(generator.requires_grad_(True), z), "frozen, or thawed"),
            (_scales_the_averages, "long-term averages have moved"),
            (_one_layer_stays, "some of its layers have not"),
            (lambda generator, z: draw(generator, z.mul_(1.5)), "The noise has been changed"),
            (_turns_slopes_off, "switches slopes off"),
            (_moves_a_weight, "weights have moved"),
        ),
        right=(_draw_a_copy, _draw_carefully),
    ),
    Exercise(
        text=TEXT["5.6"],
        verify=_verify_share,
        answer=share_of_the_last,
        wrong=_SHARE,
        right=(_share_by_hand, lambda rounds, last: 1 - (1 - last / rounds) ** 10),
    ),
    Exercise(
        text=TEXT["5.7"],
        verify=_verify_noise,
        answer=find_noise,
        wrong=(
            (_best_of_a_thousand, "luck does not get there"),
            (_uphill, "Does the distance fall"),
            (lambda generator, image: torch.zeros(1, 16), "still zero everywhere"),
            (lambda generator, image: image, "One noise vector of 16 numbers"),
            (lambda generator, image: torch.full((16,), torch.inf), "infinite"),
            (_freezes_the_forger, "changes the network"),
            (_moves_the_forger, "changes the network"),
            (_moves_the_image, "changes its input"),
        ),
        right=(_luck_then_slope, lambda generator, image: find_noise(generator, image)[0].tolist()),
        picture="from gan_edu.chapters.ch05_mnist_gan.expected import drawn_again\n"
        "drawn_again(find_noise)",
    ),
)
