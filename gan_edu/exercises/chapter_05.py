"""Exercises of chapter 05: what can go wrong in a game that draws digits, and what its numbers say.

Two of the games are broken in a way that raises no error; that is how most of them break.
"""

import copy
import math

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from torch import nn
from torch.nn.functional import softplus

from gan_edu.exercises.exercise import Exercise, Wrong
from gan_edu.exercises.guard import call
from gan_edu.exercises.mending import mended, table, weights
from gan_edu.exercises.reading import choice, numbers
from gan_edu.exercises.slips import compare
from gan_edu.networks import mlp

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
    return compare(answer, blind, _BLIND, [(64, 16), *cases], tolerance=1e-4)


def _blind_by_search(n_real, n_fake):
    def loss(d):
        return -(n_real * np.log(d) + n_fake * np.log(1 - d)) / (n_real + n_fake)

    found = minimize_scalar(loss, bounds=(1e-6, 1 - 1e-6), options={"xatol": 1e-9})
    return found.x, found.fun


# 5.3

_BCE = nn.functional.binary_cross_entropy_with_logits


def loss_of_the_detective(discriminator, x_real, x_fake):
    bce = nn.functional.binary_cross_entropy_with_logits
    real, fake = discriminator(x_real), discriminator(x_fake)
    return bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))


def _labelled(real_label=1.0, fake_label=0.0, squash_real=False, squash_fake=False, factor=1.0):
    """Return the loss with other labels, a sigmoid before it, or another factor."""

    def code(discriminator, x_real, x_fake):
        real, fake = discriminator(x_real), discriminator(x_fake)
        real = real.sigmoid() if squash_real else real
        fake = fake.sigmoid() if squash_fake else fake
        loss = _BCE(real, torch.full_like(real, real_label))
        return factor * (loss + _BCE(fake, torch.full_like(fake, fake_label)))

    return code


def _in_one_mean(discriminator, x_real, x_fake):
    a = torch.cat([discriminator(x_real), discriminator(x_fake)])
    return _BCE(a, (torch.arange(len(a)) < len(x_real)).float()[:, None])


_LOSS = (
    (_labelled(squash_real=True, squash_fake=True), "`…_with_logits` takes the sigmoid itself, so "
     "here it is taken twice. How large can the number that it gets become, and how small?"),
    (_labelled(squash_fake=True), "Better: the real half is right. And the forged half?"),
    (_labelled(squash_real=True), "Better: the forged half is right. And the real half?"),
    (_labelled(0.0, 1.0), "This detective learns that forgeries are real. Which label is which?"),
    (_labelled(0.0, 1.0, True, True), "Two things are wrong now: the labels have changed places, "
     "and the sigmoid is still there."),
    (_labelled(factor=0.5), "Half of it: the curve would lie near log 2, not log 4. (3) has two "
     "means and adds them."),
    (_in_one_mean, "One mean over both kinds: the larger batch counts for more. (3) has a mean "
     "for each."),
    (_labelled(1.0, 1.0), "Both kinds are called real here. What is D to learn from that?"),
)  # fmt: skip


def _value_and_slopes(code, seed):
    """Return the loss for a random D and batches of unequal size, and its slope in D's weights."""
    _, discriminator, ((x_real, x_fake), *_) = table(np.random.default_rng(seed))
    x_fake = x_fake[:5]
    loss = call(code, discriminator, x_real, x_fake, changes=True)
    value = numbers(loss, ())
    if not getattr(loss, "requires_grad", False):
        raise Wrong("The number may be right, but no gradient hangs on it. Return the tensor.")
    slopes = torch.autograd.grad(loss, list(discriminator.parameters()))
    return np.concatenate([[value], *(slope.flatten().numpy() for slope in slopes)])


def _verify_loss(answer, rng):
    otherwise = "For a random detective this is neither (3) nor any mistake that I know. Which "
    otherwise += "number does a real image with the logit 0 cost, and which a forged one?"
    cases = [(int(seed),) for seed in rng.integers(2**32, size=3)]
    rules = {"tolerance": 1e-4, "otherwise": otherwise}
    return compare(answer, loss_of_the_detective, _LOSS, cases, _value_and_slopes, **rules)


def _loss_by_softplus(discriminator, x_real, x_fake):
    return softplus(-discriminator(x_real)).mean() + softplus(discriminator(x_fake)).mean()


def _loss_of_probabilities(discriminator, x_real, x_fake):
    real, fake = discriminator(x_real).sigmoid(), discriminator(x_fake).sigmoid()
    bce = nn.functional.binary_cross_entropy
    return bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))


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


def _detective(whose="D", cut=True, clear=True, sign=1, only_first=False):
    """Return a training of D in which something is other than in `train_detective`."""

    def code(generator, discriminator, batches):
        groups = {"D": [discriminator], "G": [generator], "both": [generator, discriminator]}
        owned = [w for network in groups[whose] for w in network.parameters()]
        optimiser = torch.optim.SGD(owned, lr=0.1)
        for x_real, z in batches[:1] if only_first else batches:
            x_fake = generator(z).detach() if cut else generator(z)
            loss = softplus(-sign * discriminator(x_real)).mean()
            loss = loss + softplus(sign * discriminator(x_fake)).mean()
            optimiser.zero_grad() if clear else None
            loss.backward()
            optimiser.step()

    return code


_DETECTIVE = (
    (_detective("both", cut=False), "G has moved, in *D's* step, and down D's loss: it learns to "
     "be caught. Two locks are open. Who moves weights, and how does the gradient get to G's?"),
    (_detective("G"), "Nobody moves now: the optimiser owns G's weights alone, and they get no "
     "gradient. Whose weights should it own?"),
    (_detective("G", cut=False), "Now G alone moves, and D learns nothing. Whose optimiser is it?"),
    (_detective(clear=False), "D's gradients add up from round to round. Who forgets them?"),
    (_detective(sign=-1), "D learns to call forgeries real. Which of the two softplus has the "
     "minus sign?"),
    (_detective(only_first=True), "After the first batch D stands still. Is `return` inside the "
     "loop?"),
)  # fmt: skip


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
    for training in (True, False):
        generator = _with_batch_norm(rng).train(training)
        z = torch.from_numpy(rng.standard_normal((6, 3))).float()
        before = copy.deepcopy(generator)
        with torch.no_grad():
            wanted = copy.deepcopy(generator).eval()(z).numpy()
        x = call(answer, generator, z, changes=True)
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
    if not torch.equal(generator[1].running_mean, before[1].running_mean):
        return (
            "G's long-term averages have moved: it was looked at in `train` mode, and now takes "
            "what it just drew into account. Which mode only uses them?"
        )
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


EXERCISES = (
    Exercise(
        name="5.1",
        kind="predict",
        minutes=3,
        question="The forger who copies",
        verify=_verify_copyist,
        hints=(
            "Its images are real. Which measure would a sheet of real images fail?",
            "Three of the four ask: do they look like real ones, as a whole?",
        ),
        answer="nearest",
        solution=(
            "The images are real training images: all ten classes are there, the features have "
            "the real mean and covariance, and the Parzen score is that of real images. Only the "
            "nearest real image, at distance 0, shows that nothing was learned but a list. A "
            "measure answers its own question only."
        ),
        wrong=tuple((name, said) for name, said in _MEASURES.items() if said),
        right=("Nearest", " nearest "),
        insight="A distance of 0 to a training image. All other measures are delighted.",
        lecturer=(
            "Ask for a forger that each of the other three measures alone would catch: one digit "
            "only (classes), a blur (Fréchet), noise (Parzen)."
        ),
    ),
    Exercise(
        name="5.2",
        kind="code",
        minutes=8,
        question="Where is the line of the blind?",
        verify=_verify_blind,
        hints=(
            "All images get the same D. What do the real ones cost together, and the forged ones?",
            "The mean is −(n log D + m log(1 − D))/(n + m). Where is its slope in D zero?",
            "At D = n/(n + m), the share of real images in the list.",
        ),
        answer=blind,
        solution=(
            "The mean is $-\\frac{n\\log D+m\\log(1-D)}{n+m}$, lowest at $D=\\frac n{n+m}$: who "
            "cannot tell bets on the more frequent kind. For 64 and 64 that costs $\\log2$, not "
            "$\\log4$: one mean over both kinds is half the sum of two means. So before you read "
            "a loss curve, find out how its code takes the mean: the line of the blind lies "
            "elsewhere in each."
        ),
        wrong=_BLIND,
        right=(_blind_by_search, lambda n, m: list(map(float, blind(n, m)))),
        insight=(
            "log 4 is the blind's line for two means that are added; another code has another line."
        ),
        lecturer=(
            "Show a loss curve from the web that lies flat near 0.69. Is its D better than ours, "
            "with 1.39? Let them find out that it is the same D."
        ),
    ),
    Exercise(
        name="5.3",
        kind="debug",
        minutes=8,
        question="A detective who is never sure",
        verify=_verify_loss,
        hints=(
            "What does `with_logits` in the name of the loss mean?",
            "σ(D's output) lies between 0 and 1. As a logit that means a probability between "
            "which two numbers?",
            "Take both `.sigmoid()` away, or the `_with_logits`.",
        ),
        answer=loss_of_the_detective,
        solution=(
            "`binary_cross_entropy_with_logits` takes σ itself. After a first σ the number lies "
            "in $(0,1)$, so the second one says between ½ and 0.73: real images cost at least "
            "0.31, forged ones at least 0.69. No error is raised; the loss just never falls "
            "below 1.006, and where D is sure, the first σ is flat and no gradient comes through. "
            "With `binary_cross_entropy` and probabilities the value is right as well; logits "
            "are safer, since σ rounds to 1."
        ),
        wrong=_LOSS,
        right=(_loss_by_softplus, _loss_of_probabilities),
        insight="One sigmoid, and the loss takes it. A floor under a loss curve is a clue.",
        lecturer=(
            "Ask for the lowest value that the broken loss can have before they touch the code. "
            "Who can compute 1.006 has found the bug."
        ),
    ),
    Exercise(
        name="5.4",
        kind="debug",
        minutes=8,
        question="A forger who wants to be caught",
        verify=_verify_detective,
        hints=(
            "Compare G's weights before and after. They must not differ.",
            "Two things have to come together: a gradient that reaches G's weights, and an "
            "optimiser that owns them.",
            "`generator(z).detach()`, and `discriminator.parameters()` alone.",
        ),
        answer=train_detective,
        solution=(
            "Two locks stood open: no `detach`, so D's loss had a gradient in G's weights, and an "
            "optimiser that owned them. So D's step moved G down *D's* loss: towards forgeries "
            "that are easy to catch. Either lock alone keeps G still, and the check accepts "
            "either. Close both: without `detach` the walk back through G is wasted time, and "
            "its gradients lie in wait for the first step that forgets `zero_grad`."
        ),
        wrong=_DETECTIVE,
        right=(_detective(cut=False), _detective("both")),
        insight="Each optimiser owns one player, and `detach` ends the other's graph.",
        lecturer=(
            "Half of the class closes one lock, half the other. Both pass. Then ask what each "
            "half left behind in `grad`."
        ),
    ),
    Exercise(
        name="5.5",
        kind="debug",
        minutes=8,
        question="A look that leaves traces",
        verify=_verify_draw,
        hints=(
            "Print `generator.training` before and after.",
            "The game's average lives in `eval` mode, the player in `train`: always switching "
            "back to `train` is wrong as well.",
            "Remember `before = generator.training`, and end with `generator.train(before)`.",
        ),
        answer=draw,
        solution=(
            "`eval()` stays on until someone calls `train()`. The next rounds would train G with "
            "batch normalisation's long-term averages in place of its batch: it still runs, and "
            "learns worse. The mode belongs to the network, not to the call, so put back what "
            "was there: the average of G lives in `eval`. And in `train` mode even a look under "
            "`no_grad` moves the averages."
        ),
        wrong=(
            (_drawing(), "came in `train` mode and leaves in `eval`"),
            (_drawing(after=True), "came in `eval` mode, as the game's average is"),
            (_drawing(evaluate=False), "long-term averages have moved"),
            (lambda generator, z: _draw_a_copy(generator, 2 * z), "not the drawings of `eval`"),
            (lambda generator, z: copy.deepcopy(generator).eval()(z), "drag G's whole graph"),
        ),
        right=(_draw_a_copy, _draw_carefully),
        insight="A mode is a thing that you borrow: give it back as it was.",
        lecturer=(
            "Ask how one would notice in chapter 05: the drawings look fine, and the training "
            "after them goes worse. Nothing else shows it."
        ),
    ),
    Exercise(
        name="5.6",
        kind="code",
        minutes=10,
        question="How long is the average's memory?",
        verify=_verify_share,
        hints=(
            "Follow the share of one old round: each later round multiplies it by t/(t + 10).",
            "What is left of everything before the last rounds is the product of these factors.",
            "1 − product of t/(t + 10) for t = rounds − last, …, rounds − 1.",
        ),
        answer=share_of_the_last,
        solution=(
            "All that was there before round $T-n$ is multiplied by "
            "$\\prod_{t=T-n}^{T-1}\\frac t{t+10}\\approx\\bigl(1-\\frac nT\\bigr)^{10}$. So the "
            "last tenth of a game has the share $1-0.9^{10}\\approx0.65$ and its first half "
            "about $0.5^{10}$, a thousandth, whether $T$ is 1,000 or 100,000. A fixed β "
            "would remember a fixed number of rounds: too many early in the game, too few late."
        ),
        wrong=_SHARE,
        right=(_share_by_hand, lambda rounds, last: 1 - (1 - last / rounds) ** 10),
        insight="The memory grows with the game: the last tenth has two thirds of it.",
        lecturer=(
            "Ask for a guess of the first half's share before anyone computes. Guesses start "
            "at a third."
        ),
    ),
    Exercise(
        name="5.7",
        kind="open",
        minutes=20,
        question="Which noise draws this?",
        verify=_verify_noise,
        hints=(
            "G is differentiable in z as in its weights. Say how far G(z) is from the image, and "
            "walk down that.",
            "An optimiser moves whatever it owns: `torch.optim.Adam([z], lr=0.1)`, with "
            "`z = torch.zeros(1, 16, requires_grad=True)`.",
            "A hundred steps on `(generator(z) - image).square().sum()`. G itself must stay.",
        ),
        answer=find_noise,
        solution=(
            "It is training turned round: G stands still and its *input* walks down the slope. "
            "A hundred such steps beat a thousand random tries by far, because luck in 16 "
            "dimensions is rare and a slope points the way. With `game.average` and a held-out "
            "real digit the search ends at a drawing that is near, and not the same: G has "
            "learned the manner of digits, not each of them."
        ),
        wrong=(
            (_best_of_a_thousand, "luck does not get there"),
            (_uphill, "Does the distance fall"),
            (lambda generator, image: torch.zeros(1, 16), "still zero everywhere"),
            (lambda generator, image: image, "One noise vector of 16 numbers"),
        ),
        right=(_luck_then_slope, lambda generator, image: find_noise(generator, image)[0].tolist()),
        insight="A gradient in z reads G backwards: from a drawing to its noise.",
        lecturer=(
            "Let them search for the noise of a real test digit, show both side by side, and "
            "discuss: does G know this digit? Walk from the found z as in the chapter."
        ),
        picture="pictures.drawn_again(find_noise)",
    ),
)
