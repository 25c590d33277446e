"""Exercises of chapter 03: what critics and discriminators measure."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from gan_edu import losses
from gan_edu.chapters.ch03_neural_distance import values as lab
from gan_edu.checking import prose
from gan_edu.checking.exercise import Exercise, Fault, Unanswered, Wrong
from gan_edu.checking.guard import call
from gan_edu.checking.reading import close, number, numbers
from gan_edu.checking.slips import compare, of_choice
from gan_edu.checking.slopes import slopes
from gan_edu.distributions import normal
from gan_edu.language import later
from gan_edu.networks import mlp

TEXT = prose.read(Path(__file__).parent)

# 3.1 what V = −log 4 says

BLIND = of_choice(
    TEXT["3.1"],
    {
        later("p and q are equal"): "always_one_half",
        later("D cannot tell them apart"): "too_certain",
        later("neither"): None,
    },
    right=("Neither",),
)

# 3.2 unequal numbers of samples

_SHARES = (
    (0.75, "optimum_for_means"),
    (0.1, "share_of_real"),
    (0.9, "share_of_generated"),
    (1 / 3, "odds"),
)


def _verify_unequal(answer, rng):
    found = number(answer)
    for value, mistake in ((0.25, None), *_SHARES):
        if close(found, value, 0.004):
            return mistake
    return "count_in_a_strip"


UNEQUAL = Exercise(
    text=TEXT["3.2"],
    verify=_verify_unequal,
    answer=0.25,
    shown="100 * 3 / (100 * 3 + 900 * 1)",
    wrong=(*_SHARES, (0.26, "count_in_a_strip")),
    right=(1 / 4, torch.tensor(0.25)),
)

# 3.3 the optimal logit for two Gaussians


def best_logit(x, mu, sd):
    log_p = -(x**2) / 2
    log_q = -((x - mu) ** 2) / (2 * sd**2) - np.log(sd)
    return log_p - log_q


_LOGITS = (
    (lambda x, mu, sd: -best_logit(x, mu, sd), "sign"),
    (lambda x, mu, sd: best_logit(x, mu, sd) - np.log(sd), "height_of_q"),
    (lambda x, mu, sd: best_logit(x, mu, sd) - 2 * np.log(sd), "sign_of_log_sd"),
    (lambda x, mu, sd: best_logit(x, mu, np.sqrt(sd)), "sd_as_variance"),
    (lambda x, mu, sd: mu**2 / 2 - mu * x, "equal_sds_only"),
    (lambda x, mu, sd: 2 * best_logit(x, mu, sd) - np.log(sd), "no_half"),
    (lambda x, mu, sd: best_logit(x, mu, sd) / np.log(10), "base_10"),
    (lambda x, mu, sd: np.exp(best_logit(x, mu, sd)), "ratio"),
    (lambda x, mu, sd: 1 / (1 + np.exp(-best_logit(x, mu, sd))), "probability"),
)


def _verify_best_logit(answer, rng):
    gaussians = [
        (1.0, 1.0),
        (rng.uniform(0.5, 2), rng.uniform(1.3, 2)),
        (rng.uniform(-2, -0.5), rng.uniform(0.4, 0.8)),
    ]
    cases = [(rng.uniform(-3, 3, 20), mu, sd) for mu, sd in gaussians]
    return compare(answer, best_logit, _LOGITS, cases, _array) or _fault_far_out(answer)


def _array(function, x, mu, sd):
    return numbers(call(function, x, mu, sd), x.shape)


def _fault_far_out(answer):
    x = np.array([-60.0, 45.0, 60.0])
    try:
        if all(close(_array(answer, x, 1.0, s), best_logit(x, 1.0, s)) for s in (1.1, 0.9)):
            return None
    except Wrong:  # a NaN or an error: there is no number here
        pass
    return "wrong_far_out"


BEST_LOGIT = Exercise(
    text=TEXT["3.3"],
    verify=_verify_best_logit,
    answer=best_logit,
    wrong=(
        *_LOGITS,
        (lambda x, mu, sd: np.log(normal().pdf(x) / normal(mu, sd).pdf(x)), "wrong_far_out"),
        (lambda x, mu, sd: best_logit(x, abs(mu), sd), "work out by hand"),
    ),
    right=(
        lambda x, mu, sd: [((t - mu) / sd) ** 2 / 2 - t * t / 2 + np.log(sd) for t in x],
        lambda x, mu, sd: (
            np.polyval([1 / sd**2 - 1, -2 * mu / sd**2, (mu / sd) ** 2], x) / 2 + np.log(sd)
        ),
    ),
)

# 3.4 what a discriminator knows about the real samples


def real_mean(h, a):
    return np.mean(h * np.exp(a))


def _normalised(h, a):
    return np.average(h, weights=np.exp(a))


_MEANS = (
    (lambda h, a: np.mean(h / (1 + np.exp(-a))), "weights_d"),
    (lambda h, a: np.average(h, weights=1 / (1 + np.exp(-a))), "weights_d"),
    (lambda h, a: np.mean(h * np.exp(-a)), "weights_inverted"),
    (lambda h, a: np.average(h, weights=np.exp(-a)), "weights_inverted"),
    (lambda h, a: np.mean(h), "generated_mean"),
    (lambda h, a: np.sum(h * np.exp(a)), "sum"),
    (lambda h, a: np.mean(h * a), "weights_log"),
)


def _verify_real_mean(answer, rng):
    cases = []
    for _ in range(3):
        mu, sd = rng.uniform(-1, 1), rng.uniform(1.1, 1.6)
        x = rng.normal(mu, sd, 4000)  # generated
        cases.append((np.exp(-((x - rng.uniform(-1, 1)) ** 2)), best_logit(x, mu, sd)))
    if compare(answer, _normalised, (), cases, otherwise="Not so") is None:
        return None
    return compare(answer, real_mean, _MEANS, cases)


REAL_MEAN = Exercise(
    text=TEXT["3.4"],
    verify=_verify_real_mean,
    answer=real_mean,
    wrong=(*_MEANS, (lambda h, a: 1.001 * real_mean(h, a), "is right. Take")),
    right=(
        _normalised,
        lambda h, a: sum(v * np.exp(w) for v, w in zip(h, a, strict=True)) / len(h),
    ),
)

# 3.5 the sigmoid twice


def loss_fn_d(a_real, a_fake):
    bce = nn.functional.binary_cross_entropy_with_logits
    return bce(a_real, torch.ones_like(a_real)) + bce(a_fake, torch.zeros_like(a_fake))


def _squashed_twice(a_real, a_fake):
    return loss_fn_d(a_real.sigmoid(), a_fake.sigmoid())


def _plain_bce(a_real, a_fake):
    bce = nn.functional.binary_cross_entropy
    D_real = a_real.sigmoid()
    D_fake = a_fake.sigmoid()
    return bce(D_real, torch.ones_like(D_real)) + bce(D_fake, torch.zeros_like(D_fake))


def _twice_one_mean(a_real, a_fake):
    a = torch.cat([a_real, a_fake])
    labels = (torch.arange(len(a)) < len(a_real)).to(a)
    return 2 * nn.functional.binary_cross_entropy_with_logits(a, labels)


_LOSSES = (
    (_squashed_twice, "sigmoid_twice"),
    (lambda real, fake: loss_fn_d(real, fake.sigmoid()), "generated_sigmoid_twice"),
    (lambda real, fake: loss_fn_d(real.sigmoid(), fake), "real_sigmoid_twice"),
    (lambda real, fake: loss_fn_d(fake, real), "labels_swapped"),
    (lambda real, fake: loss_fn_d(real, fake) / 2, "half"),
    (_twice_one_mean, "one_mean"),
    (lambda real, fake: nn.functional.softplus(-real).mean(), "real_only"),
    (lambda real, fake: -loss_fn_d(real, fake), "sign_of_v"),
    (lambda real, fake: loss_fn_d(real, -fake), "all_called_real"),
)


def _verify_loss(answer, rng):
    logits = [torch.from_numpy(rng.normal(size=size)).float() for size in (32, 20)]
    fault = compare(answer, loss_fn_d, _LOSSES, [logits], tolerance=1e-4)
    return fault or _fault_of_its_gradient(answer, logits)


def _fault_of_its_gradient(answer, logits):
    real, fake = (a.clone().requires_grad_() for a in logits)
    found = slopes(call(answer, real, fake), [real, fake])
    wanted = slopes(loss_fn_d(real, fake), [real, fake])
    if found is None or wanted is None:
        return "no_gradient"
    for kind, part in (("real", slice(None, 32)), ("generated", slice(32, None))):
        if not close(found[part], wanted[part], 1e-4):
            return Fault("wrong_gradient", kind=kind)
    return None


LOSS_D = Exercise(
    text=TEXT["3.5"],
    verify=_verify_loss,
    answer=loss_fn_d,
    wrong=(
        *_LOSSES,
        (lambda real, fake: loss_fn_d(real, fake).detach(), "no_gradient"),
        (lambda real, fake: loss_fn_d(real, fake).item(), "no_gradient"),
        (
            lambda real, fake: loss_fn_d(real, fake.detach()),
            Fault("wrong_gradient", kind="generated"),
        ),
        (lambda real, fake: loss_fn_d(real.detach(), fake), Fault("wrong_gradient", kind="real")),
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

# 3.6 a penalty without effect


def penalty(critic, x):
    x = x.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return (slopes.norm(dim=1) - 1).clamp(min=0).square().mean()


def _varied(
    power=2,
    total=torch.sum,
    reduce=torch.mean,
    graph=True,
    felt=1.0,
    norm=lambda slopes: slopes.norm(dim=1),
    excess=lambda norm: (norm - 1).clamp(min=0),
):
    """Return a penalty that differs from `penalty`; a part `felt` of its gradient remains."""

    def code(critic, x):
        x = x.detach().requires_grad_()
        (slopes,) = torch.autograd.grad(total(critic(x)), x, create_graph=graph)
        found = reduce(excess(norm(slopes)) ** power)
        return felt * found + (1 - felt) * found.detach()

    return code


def _by_rows(critic, x):
    x = x.clone().requires_grad_()
    slopes = torch.autograd.grad(critic(x), x, torch.ones(len(x), 1), create_graph=True)[0]
    return torch.relu(slopes.square().sum(1).sqrt() - 1).pow(2).sum() / len(x)


def _by_backward(critic, x):
    x = x.clone().requires_grad_()
    critic(x).sum().backward(create_graph=True)
    return (x.grad.norm(dim=1) - 1).clamp(min=0).square().mean()


_PENALTIES = (
    (_varied(excess=lambda norm: norm - 1), "two_sided"),
    (_varied(total=torch.mean), "gradient_of_the_mean"),
    (_varied(norm=torch.norm), "one_norm"),
    (_varied(power=1), "not_squared"),
    (_varied(reduce=torch.sum), "sum"),
    (_varied(excess=lambda norm: (norm**2 - 1).clamp(min=0)), "squared_norm"),
    (_varied(excess=lambda norm: norm), "nothing_subtracted"),
)


def _load_what_grad_needs():
    """Let torch load what it needs for a slope with weights, half a second's work, only once."""
    x = torch.ones(1, requires_grad=True)
    torch.autograd.grad(2 * x, x, torch.ones(1))


def _verify_penalty(answer, rng):
    torch.manual_seed(int(rng.integers(1 << 30)))
    critic: Any = mlp((2, 16, 1), "tanh")
    gentle = copy.deepcopy(critic)
    x = torch.randn(64, 2, requires_grad=True)
    norms = torch.autograd.grad(critic(x).sum(), x)[0].norm(dim=1)
    x = x.detach()
    with torch.no_grad():
        critic[-1].weight.mul_(1.5 / norms.median())  # some slopes are above 1, and some below
        gentle[-1].weight.mul_(0.5 / norms.max())  # none is above 1
    fault = compare(answer, penalty, _PENALTIES, [(critic, x), (gentle, x)], tolerance=1e-4)
    return fault or _fault_of_its_use(answer, critic, x)


def _fault_of_its_use(answer, critic, x):
    weights = list(critic.parameters())
    found, wanted = (slopes(f(critic, x), weights) for f in (answer, penalty))
    if any(weight.grad is not None for weight in weights):
        return "leaves_gradients"
    if found is None or not found.any():
        return "no_gradient"
    return None if close(found, wanted, 1e-4) else "wrong_gradient"


PENALTY = Exercise(
    text=TEXT["3.6"],
    verify=_verify_penalty,
    answer=penalty,
    wrong=(
        *_PENALTIES,
        (_varied(graph=False), "no_gradient"),
        (_varied(felt=0.5), "wrong_gradient"),
        (_by_backward, "leaves_gradients"),
        (lambda critic, x: penalty(critic.requires_grad_(False), x), "changes the network"),
        (lambda critic, x: 1.001 * penalty(critic, x), "is right. Take"),
    ),
    right=(losses.gradient_penalty, _by_rows),
    prepare=_load_what_grad_needs,
)

# 3.7 the optimal critic of seven narrow modes


def zigzag(places):
    """Return a critic on `lab.X` that falls with slope 1 at first, and turns at each place."""
    return np.cumsum(np.where(np.searchsorted(np.sort(places), lab.X) % 2, 1, -1)) * lab.STEP


def _verify_zigzag(answer, rng):
    places = numbers(answer)
    if places.size == 0:
        raise Unanswered("list_asked")
    if places.ndim != 1 or np.abs(places).max() > 20:
        return "no_plain_list"
    share = lab.difference(zigzag(places), lab.COMBS) / lab.w1(lab.COMBS)
    return None if share > 0.97 else Fault("share", share=share) + _advice(share, places.size)


def _advice(share: float, count: int) -> str:
    if share < -0.02:
        return "upside_down"
    if share > 0.9:
        return "close"
    if share < 0.5:
        return "neighbours"
    return "where_to_turn" if count >= 5 else "turns_missing"


ZIGZAG = Exercise(
    text=TEXT["3.7"],
    verify=_verify_zigzag,
    answer=[-1.83, -1.11, 0, 1.11, 1.83],
    wrong=(
        ([-3, -2, -1, 0, 1, 2, 3], "upside_down"),
        ([-2, -1, 0, 1, 2], "close"),
        ([-2, 2], "neighbours"),
        ([0], "turns_missing"),
        ([-1.83, -1.11, 0.3, 1.11, 2.4], "where_to_turn"),
        ([100], "no_plain_list"),
    ),
    right=((-1.85, -1.1, 0.0, 1.1, 1.85), np.array([1.8, 1.12, -0.02, -1.12, -1.8])),
    picture="by_hand.figure(t1=-1.83, t2=-1.11, t3=0, t4=1.11, t5=1.83)",
)

EXERCISES = (BLIND, UNEQUAL, BEST_LOGIT, REAL_MEAN, LOSS_D, PENALTY, ZIGZAG)
