"""Exercises of chapter 03: a network as the distance."""

import copy

import numpy as np
import torch
from torch import nn

from gan_edu import losses
from gan_edu.chapters.ch03_neural_distance import scenes as lab
from pathlib import Path
from gan_edu.checking import prose
from gan_edu.checking.exercise import Exercise, Unanswered, Wrong
from gan_edu.checking.guard import call
from gan_edu.checking.reading import choice, close, number, numbers
from gan_edu.checking.slips import compare
from gan_edu.checking.slopes import slopes
from gan_edu.distributions import normal
from gan_edu.networks import mlp

TEXT = prose.read(Path(__file__).parent)

# 3.1 what V = −log 4 says

CONCLUSIONS = (
    "the two laws are equal",
    "this judge cannot tell them apart",
    "neither of the two",
)


def _verify_blind(answer, rng):
    said = choice(answer, CONCLUSIONS)
    if said == CONCLUSIONS[0]:
        return (
            "A judge who always says ½ reaches V = −log 4 for *any* two laws, digits and noise "
            "included. Equal laws follow from the *best* judge's V only. Was this one the best?"
        )
    if said == CONCLUSIONS[1]:
        return (
            "A judge who is too sure pays as much as one who always says ½. Multiply the best "
            "logit between N(0,1) and N(2,1) by 3.85: V is −log 4, and it still decides right 84 "
            "times in 100."
        )
    return None


BLIND = Exercise(
    text=TEXT["3.1"],
    verify=_verify_blind,
    answer="neither of the two",
    wrong=((CONCLUSIONS[0], "for *any* two laws"), (CONCLUSIONS[1], "too sure")),
    right=("Neither of the two",),
)

# 3.2 unequal heaps


def _verify_unequal(answer, rng):
    found = number(answer)
    known = {
        0.75: "That is the best answer for *means*, (3.9). Here each of the 900 forgeries counts "
        "as "
        "much as each of the 100 real samples.",
        0.1: "That is the share of real samples in the whole heap. Near this x they are denser.",
        0.9: "That is the share of forgeries in the whole heap. D is the probability of *real*.",
        1 / 3: "300 real against 900 forged: those are the odds. And the probability?",
    }
    for value, fault in known.items():
        if close(found, value, 0.004):
            return fault
    if close(found, 0.25, 0.004):
        return None
    return "In a small strip at x lie about 100 · 3q dx real samples. How many forgeries?"


UNEQUAL = Exercise(
    text=TEXT["3.2"],
    verify=_verify_unequal,
    answer=0.25,
    shown="100 * 3 / (100 * 3 + 900 * 1)",
    wrong=(
        (0.75, "for *means*"),
        (0.1, "share of real"),
        (0.9, "*real*"),
        (1 / 3, "the odds"),
        (0.26, "How many forgeries?"),
    ),
    right=(1 / 4, torch.tensor(0.25)),
)

# 3.3 the best judge of two bells


def best_logit(x, mu, sd):
    log_p = -(x**2) / 2
    log_q = -((x - mu) ** 2) / (2 * sd**2) - np.log(sd)
    return log_p - log_q


def _swapped(x, mu, sd):
    return -best_logit(x, mu, sd)


def _no_log_sd(x, mu, sd):
    return best_logit(x, mu, sd) - np.log(sd)


def _by_densities(x, mu, sd):
    return np.log(normal().pdf(x) / normal(mu, sd).pdf(x))


def _probability(x, mu, sd):
    return 1 / (1 + np.exp(-best_logit(x, mu, sd)))


_LOGIT = (
    (_swapped, "The sign is turned: this is large on forgeries. A network's output is large on "
     "real samples."),
    (_no_log_sd, "Right for equal spreads. For a wider bell the top is lower: which factor stands "
     "before the exponential, and what is its log?"),
    (lambda x, mu, sd: best_logit(x, mu, sd) - 2 * np.log(sd), "Which way does log sd count? A "
     "wider bell has a lower top, so in its middle a sample is sooner real."),
    (lambda x, mu, sd: best_logit(x, mu, np.sqrt(sd)), "Is sd the variance, or the standard "
     "deviation?"),
    (lambda x, mu, sd: mu**2 / 2 - mu * x, "Right for equal spreads. What becomes of the x² if "
     "the bells are not equally wide?"),
    (lambda x, mu, sd: 2 * best_logit(x, mu, sd) - np.log(sd), "Twice too much, but for log sd: "
     "in the exponent of a bell stands *half* a square."),
    (lambda x, mu, sd: best_logit(x, mu, sd) / np.log(10), "This is the logarithm to base 10. "
     "σ wants the natural one."),
    (lambda x, mu, sd: np.exp(best_logit(x, mu, sd)), "This is p/q. What is still to do?"),
    (_probability, "This is D, the probability. Its logit log D/(1 − D) is asked for."),
)  # fmt: skip


def _verify_best_logit(answer, rng):
    bells = [(1.0, 1.0), (rng.uniform(0.5, 2), rng.uniform(1.3, 2)),
             (rng.uniform(-2, -0.5), rng.uniform(0.4, 0.8))]  # fmt: skip
    cases = [(rng.uniform(-3, 3, 20), mu, sd) for mu, sd in bells]
    return compare(answer, best_logit, _LOGIT, cases, _array) or _fault_far_out(answer)


def _array(function, x, mu, sd):
    return numbers(call(function, x, mu, sd), x.shape)


def _fault_far_out(answer):
    x = np.array([-60.0, 45.0, 60.0])
    try:
        if all(close(_array(answer, x, 1.0, s), best_logit(x, 1.0, s)) for s in (1.1, 0.9)):
            return None
    except Wrong:  # a NaN, or an error: there is no number here
        pass
    return (
        "Right near the bells. But at x = 60 both densities are 0 for a computer, and 0/0 tells "
        "nothing. The log of each is an ordinary number: subtract those."
    )


BEST_LOGIT = Exercise(
    text=TEXT["3.3"],
    verify=_verify_best_logit,
    answer=best_logit,
    wrong=(
        (_swapped, "The sign is turned"),
        (_no_log_sd, "which factor stands"),
        (_by_densities, "Right near the bells"),
        (_probability, "This is D"),
        (_LOGIT[2][0], "Which way does log sd count"),
        (_LOGIT[3][0], "the variance, or"),
        (_LOGIT[4][0], "What becomes of the x²"),
        (_LOGIT[5][0], "*half* a square"),
        (_LOGIT[6][0], "base 10"),
        (_LOGIT[7][0], "This is p/q"),
        (lambda x, mu, sd: best_logit(x, abs(mu), sd), "work out by hand"),
    ),
    right=(
        lambda x, mu, sd: [((t - mu) / sd) ** 2 / 2 - t * t / 2 + np.log(sd) for t in x],
        lambda x, mu, sd: (
            np.polyval([1 / sd**2 - 1, -2 * mu / sd**2, (mu / sd) ** 2], x) / 2 + np.log(sd)
        ),
    ),
)

# 3.4 what a judge knows about the real samples


def real_mean(h, a):
    return np.mean(h * np.exp(a))


def _with_d(h, a):
    return np.mean(h / (1 + np.exp(-a)))


def _turned(h, a):
    return np.mean(h * np.exp(-a))


def _forged_mean(h, a):
    return np.mean(h)


def _weighted_by_d(h, a):
    d = 1 / (1 + np.exp(-a))
    return np.sum(h * d) / np.sum(d)


def _summed(h, a):
    return np.sum(h * np.exp(a))


_MEAN = (
    (_with_d, "You weighted with D = p/(p + q). To make q into p it needs the weight p/q. What is "
     "that, in D or in a?"),
    (_weighted_by_d, "You weighted with D = p/(p + q). To make q into p it needs the weight p/q. "
     "What is that, in D or in a?"),
    (_turned, "These weights are q/p: forgeries that look real should count *more*."),
    (lambda h, a: np.average(h, weights=np.exp(-a)), "These weights are q/p: forgeries that look "
     "real should count *more*."),
    (_forged_mean, "That is the forgeries' own mean. Which of them are too frequent, and which "
     "too rare?"),
    (_summed, "This is the sum over all forgeries. A mean is asked for."),
    (lambda h, a: np.mean(h * a), "These weights are log p/q, and some of them are below 0. What "
     "is p/q?"),
)  # fmt: skip


def _verify_real_mean(answer, rng):
    cases = []
    for _ in range(3):
        mu, sd = rng.uniform(-1, 1), rng.uniform(1.1, 1.6)
        x = rng.normal(mu, sd, 4000)  # forgeries
        cases.append((np.exp(-((x - rng.uniform(-1, 1)) ** 2)), best_logit(x, mu, sd)))
    if compare(answer, _by_the_sum_of_weights, (), cases, otherwise="Not so") is None:
        return None
    return compare(answer, real_mean, _MEAN, cases)


def _by_the_sum_of_weights(h, a):
    return np.average(h, weights=np.exp(a))


REAL_MEAN = Exercise(
    text=TEXT["3.4"],
    verify=_verify_real_mean,
    answer=real_mean,
    wrong=(
        (_with_d, "weighted with D"),
        (_turned, "count *more*"),
        (_forged_mean, "the forgeries' own mean"),
        (_summed, "the sum over all"),
        (_MEAN[6][0], "log p/q"),
        (lambda h, a: 1.001 * real_mean(h, a), "is right. Take"),
    ),
    right=(
        lambda h, a: np.average(h, weights=np.exp(a)),
        lambda h, a: sum(v * np.exp(w) for v, w in zip(h, a, strict=True)) / len(h),
    ),
)

# 3.5 squashed twice


def loss_d(a_real, a_fake):
    bce = nn.functional.binary_cross_entropy_with_logits
    return bce(a_real, torch.ones_like(a_real)) + bce(a_fake, torch.zeros_like(a_fake))


def _squashed_twice(a_real, a_fake):
    return loss_d(a_real.sigmoid(), a_fake.sigmoid())


def _labels_swapped(a_real, a_fake):
    return loss_d(a_fake, a_real)


def _plain_bce(a_real, a_fake):
    bce, D_real, D_fake = nn.functional.binary_cross_entropy, a_real.sigmoid(), a_fake.sigmoid()
    return bce(D_real, torch.ones_like(D_real)) + bce(D_fake, torch.zeros_like(D_fake))


def _one_mean(a_real, a_fake):
    return loss_d(a_real, a_fake) / 2


def _twice_one_mean(a_real, a_fake):
    a = torch.cat([a_real, a_fake])
    labels = (torch.arange(len(a)) < len(a_real)).to(a)
    return 2 * nn.functional.binary_cross_entropy_with_logits(a, labels)


def _real_part(a_real, a_fake):
    return nn.functional.softplus(-a_real).mean()


_LOSS_D = (
    (_squashed_twice, "Your loss at a = 20 for real and −20 for forged samples, a judge who is "
     "right and sure, is 1.006 instead of 0: it can never get lower. How many times is a squashed "
     "into (0, 1) on the way to the logarithm?"),
    (lambda real, fake: loss_d(real, fake.sigmoid()), "Better: the real half is right. And the "
     "forged half?"),
    (lambda real, fake: loss_d(real.sigmoid(), fake), "Better: the forged half is right. And the "
     "real half?"),
    (_labels_swapped, "The labels are swapped: a judge who calls real samples real pays most. Who "
     "gets the 1?"),
    (_one_mean, "Half of it: (3.8) is the sum of the two means."),
    (_twice_one_mean, "One mean over both kinds: the larger batch counts for more. (3.8) has a "
     "mean for each."),
    (_real_part, "This is what real samples cost. And the forgeries?"),
    (lambda real, fake: -loss_d(real, fake), "This is V, which a judge wants large. A loss is to "
     "be small: which sign has it?"),
    (lambda real, fake: loss_d(real, -fake), "Both kinds are called real here. Who gets the 0?"),
)  # fmt: skip


def _verify_loss_d(answer, rng):
    logits = [torch.from_numpy(rng.normal(size=size)).float() for size in (32, 20)]
    fault = compare(answer, loss_d, _LOSS_D, [logits], tolerance=1e-4)
    return fault or _fault_of_its_slopes(answer, logits)


def _fault_of_its_slopes(answer, logits):
    real, fake = (a.clone().requires_grad_() for a in logits)
    found = slopes(call(answer, real, fake), [real, fake])
    if found is None:
        return "The value is right, but it has no slope: nothing can learn from it."
    wanted = slopes(loss_d(real, fake), [real, fake])
    for kind, there, want in zip(
        ("real", "forged"), np.split(found, [32]), np.split(wanted, [32]), strict=True
    ):
        if not close(there, want, 1e-4):
            return f"The value is right, but its slope in the logits of {kind} samples is not."
    return None


LOSS_D = Exercise(
    text=TEXT["3.5"],
    verify=_verify_loss_d,
    answer=loss_d,
    wrong=(
        (_squashed_twice, "How many times is a squashed"),
        (_labels_swapped, "labels are swapped"),
        (_one_mean, "Half of it"),
        (_LOSS_D[1][0], "And the forged half"),
        (_LOSS_D[2][0], "And the real half"),
        (_twice_one_mean, "the larger batch counts for more"),
        (_real_part, "what real samples cost"),
        (_LOSS_D[7][0], "This is V"),
        (_LOSS_D[8][0], "Who gets the 0"),
        (lambda real, fake: loss_d(real, fake).detach(), "nothing can learn from it"),
        (lambda real, fake: loss_d(real, fake.detach()), "in the logits of forged samples"),
        (lambda real, fake: loss_d(real.detach(), fake), "in the logits of real samples"),
        (lambda real, fake: loss_d(real, fake).item(), "nothing can learn from it"),
    ),
    right=(
        _plain_bce,
        lambda a_real, a_fake: -a_real.sigmoid().log().mean() - (1 - a_fake.sigmoid()).log().mean(),
        losses.discriminator_loss,
        lambda a_real, a_fake: (
            nn.functional.softplus(-a_real).mean() + nn.functional.softplus(a_fake).mean()
        ),
        lambda a_real, a_fake: (
            nn.BCEWithLogitsLoss()(a_real, torch.ones_like(a_real))
            - nn.functional.logsigmoid(-a_fake).mean()
        ),
    ),
)

# 3.6 a fine that nobody feels


def fine(critic, x):
    x = x.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return (slopes.norm(dim=1) - 1).clamp(min=0).square().mean()


def _not_felt(critic, x):
    x = x.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(critic(x).sum(), x)
    return (slopes.norm(dim=1) - 1).clamp(min=0).square().mean()


def _both_sides(critic, x):
    x = x.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return (slopes.norm(dim=1) - 1).square().mean()


def _mean_of_slopes(critic, x):
    x = x.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(critic(x).mean(), x, create_graph=True)
    return (slopes.norm(dim=1) - 1).clamp(min=0).square().mean()


def _one_norm(critic, x):
    x = x.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return (slopes.norm() - 1).clamp(min=0).square()


def _by_rows(critic, x):
    x = x.clone().requires_grad_()
    slopes = torch.autograd.grad(critic(x), x, torch.ones(len(x), 1), create_graph=True)[0]
    return torch.relu(slopes.square().sum(1).sqrt() - 1).pow(2).sum() / len(x)


def _by_backward(critic, x):
    x = x.clone().requires_grad_()
    critic(x).sum().backward(create_graph=True)
    return (x.grad.norm(dim=1) - 1).clamp(min=0).square().mean()


def _fined(power=2, reduce=torch.mean, excess=lambda norm: norm - 1, part=1.0):
    """Return a fine in which something is other than in `fine`; `part` of its slope is felt."""

    def code(critic, x):
        x = x.detach().requires_grad_()
        (slopes,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
        found = reduce(excess(slopes.norm(dim=1)).clamp(min=0) ** power)
        return part * found + (1 - part) * found.detach()

    return code


_FINES = (
    (_both_sides, "Slopes below 1 are fined too. (3.5) fines those above 1 only."),
    (_mean_of_slopes, "`mean` divides each slope by the number of samples, so that nothing is ever "
     "steep. Each sample's own slope comes from the `sum`: why does that keep them apart?"),
    (_one_norm, "One norm over the whole batch. Each sample has a slope of its own, one row each."),
    (_fined(power=1), "The excess itself is fined here. (3.5) fines its square."),
    (_fined(reduce=torch.sum), "The fine grows with the number of samples. Take the mean."),
    (_fined(excess=lambda norm: norm**2 - 1), "Here the squared slope is held against 1 and what "
     "is above it squared again. (3.5) squares once: the excess of the slope itself."),
    (_fined(excess=lambda norm: norm), "Every slope is fined here. (3.5) takes 1 off first."),
)  # fmt: skip


def _load_what_grad_needs():
    """Let torch load what it needs for a slope with weights, half a second's work, only once."""
    x = torch.ones(1, requires_grad=True)
    torch.autograd.grad(2 * x, x, torch.ones(1))


def _verify_fine(answer, rng):
    torch.manual_seed(int(rng.integers(1 << 30)))
    critic, x = mlp((2, 16, 1), "tanh"), torch.randn(64, 2, requires_grad=True)
    norms = torch.autograd.grad(critic(x).sum(), x)[0].norm(dim=1)
    x = x.detach()
    with torch.no_grad():
        critic[-1].weight.mul_(1.5 / norms.median())  # some slopes are above 1, and some below
    gentle = copy.deepcopy(critic)
    with torch.no_grad():
        gentle[-1].weight.mul_(
            0.5 / norms.max() * norms.median() / 1.5
        )  # no slope of this one reaches 1
    cases = [(critic, x), (gentle, x)]
    fault = compare(answer, fine, _FINES, cases, tolerance=1e-4)
    return fault or _fault_of_its_use(answer, critic, x)


def _fault_of_its_use(answer, critic, x):
    weights = list(critic.parameters())
    found, wanted = (slopes(f(critic, x), weights) for f in (answer, fine))
    if any(weight.grad is not None for weight in weights):
        return (
            "The fine is right, but `backward` in it leaves gradients in the critic's weights, and "
            "its next step takes them for the loss's. `autograd.grad` returns slopes, and leaves "
            "none behind."
        )
    if found is None or not found.any():
        return (
            "The fine has the right value, and no slope in the critic's weights: it pays, and "
            "nothing tells it how to pay less. What must `grad` keep, so that slopes can have "
            "slopes?"
        )
    if close(found, wanted, 1e-4):
        return None
    return "The fine has the right value, and a wrong slope in the critic's weights. Is a part cut?"


FINE = Exercise(
    text=TEXT["3.6"],
    verify=_verify_fine,
    answer=fine,
    wrong=(
        (_not_felt, "no slope in the critic's weights"),
        (_both_sides, "below 1 are fined too"),
        (_mean_of_slopes, "divides each slope"),
        (_one_norm, "One norm"),
        (_FINES[3][0], "The excess itself"),
        (_FINES[4][0], "Take the mean"),
        (_FINES[5][0], "squares once"),
        (_FINES[6][0], "takes 1 off first"),
        (_fined(part=0.5), "a wrong slope"),
        (_by_backward, "leaves gradients in the critic's weights"),
        (lambda critic, x: fine(critic.requires_grad_(False), x), "changes the network"),
        (lambda critic, x: 1.001 * fine(critic, x), "is right. Take"),
    ),
    right=(
        losses.gradient_penalty,
        _by_rows,
    ),
    prepare=_load_what_grad_needs,
)

# 3.7 the best judge of seven needles


def zigzag(turns):
    """Return on `lab.X` a judge that first falls with slope 1 and turns round at each of turns."""
    return np.cumsum(np.where(np.searchsorted(np.sort(turns), lab.X) % 2, 1, -1)) * lab.STEP


def _verify_zigzag(answer, rng):
    turns = numbers(answer)
    if turns.size == 0:
        raise Unanswered("A list of places is asked for, such as [-1.5, 0, 1.5].")
    if turns.ndim != 1 or np.abs(turns).max() > 20:
        return "A plain list of places between −20 and 20 is asked for."
    share = lab.gap(zigzag(turns), lab.COMBS) / lab.w1(lab.COMBS)
    if share > 0.97:
        return None
    found = f"This judge finds {share:.0%} of W₁. "
    if share < -0.02:
        return found + "It takes forgeries for real samples! Over which needles is it high?"
    if share > 0.9:
        return found + (
            "Close. It should turn where the two curves of shares cross, F_p = F_q. Is that just "
            "on the needles, or beside them?"
        )
    if share < 0.5:
        return found + "Which neighbouring needles does it tell apart, and which not?"
    if turns.size >= 5:
        return found + "The best one turns five times, where the two curves of shares cross."
    return found + "The best one turns five times. Between which needles does yours not turn?"


ZIGZAG = Exercise(
    text=TEXT["3.7"],
    verify=_verify_zigzag,
    answer=[-1.83, -1.11, 0, 1.11, 1.83],
    wrong=(
        ([-3, -2, -1, 0, 1, 2, 3], "takes forgeries for real"),
        ([-2, -1, 0, 1, 2], "just on the needles"),
        ([-2, 2], "does it tell apart"),
        ([0], "turns five times. Between"),
        ([-1.83, -1.11, 0.3, 1.11, 2.4], "turns five times, where"),
        ([100], "between −20 and 20"),
    ),
    right=((-1.85, -1.1, 0.0, 1.1, 1.85), np.array([1.8, 1.12, -0.02, -1.12, -1.8])),
    picture="by_hand.figure(t1=-1.83, t2=-1.11, t3=0, t4=1.11, t5=1.83)",
)

EXERCISES = (BLIND, UNEQUAL, BEST_LOGIT, REAL_MEAN, LOSS_D, FINE, ZIGZAG)
