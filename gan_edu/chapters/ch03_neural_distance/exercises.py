"""Exercises of chapter 03: a network as the distance."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from gan_edu import losses
from gan_edu.chapters.ch03_neural_distance import scenes as lab
from gan_edu.checking import prose
from gan_edu.checking.exercise import Exercise, Fault, Unanswered, Wrong
from gan_edu.checking.guard import call
from gan_edu.checking.reading import choice, close, number, numbers
from gan_edu.checking.slips import compare
from gan_edu.checking.slopes import slopes
from gan_edu.distributions import normal
from gan_edu.networks import mlp

TEXT = prose.read(Path(__file__).parent)

# 3.1 what V = −log 4 says

CONCLUSIONS = (
    "two_laws_equal",
    "judge_cannot_tell",
    "neither of the two",
)


def _verify_blind(answer, rng):
    said = choice(answer, CONCLUSIONS)
    if said == CONCLUSIONS[0]:
        return "judge_who_always"
    if said == CONCLUSIONS[1]:
        return "judge_who_too"
    return None


BLIND = Exercise(
    text=TEXT["3.1"],
    verify=_verify_blind,
    answer="neither of the two",
    wrong=((CONCLUSIONS[0], "judge_who_always"), (CONCLUSIONS[1], "judge_who_too")),
    right=("Neither of the two",),
)

# 3.2 unequal heaps


def _verify_unequal(answer, rng):
    found = number(answer)
    known = {
        0.75: "best_answer_for",
        0.1: "share_real_samples",
        0.9: "share_forgeries_whole",
        1 / 3: "300_real_against",
    }
    for value, fault in known.items():
        if close(found, value, 0.004):
            return fault
    if close(found, 0.25, 0.004):
        return None
    return "small_strip_at"


UNEQUAL = Exercise(
    text=TEXT["3.2"],
    verify=_verify_unequal,
    answer=0.25,
    shown="100 * 3 / (100 * 3 + 900 * 1)",
    wrong=(
        (0.75, "best_answer_for"),
        (0.1, "share_real_samples"),
        (0.9, "share_forgeries_whole"),
        (1 / 3, "300_real_against"),
        (0.26, "small_strip_at"),
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
    (_swapped, "sign_turned_large"),
    (_no_log_sd, "right_for_equal"),
    (lambda x, mu, sd: best_logit(x, mu, sd) - 2 * np.log(sd), "which_way_does"),
    (lambda x, mu, sd: best_logit(x, mu, np.sqrt(sd)), "sd_variance_or"),
    (lambda x, mu, sd: mu**2 / 2 - mu * x, "right_for_equal_2"),
    (lambda x, mu, sd: 2 * best_logit(x, mu, sd) - np.log(sd), "twice_too_much"),
    (lambda x, mu, sd: best_logit(x, mu, sd) / np.log(10), "logarithm_base_10"),
    (lambda x, mu, sd: np.exp(best_logit(x, mu, sd)), "p_q_what"),
    (_probability, "d_probability_its"),
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
    return "right_near_bells"


BEST_LOGIT = Exercise(
    text=TEXT["3.3"],
    verify=_verify_best_logit,
    answer=best_logit,
    wrong=(
        (_swapped, "sign_turned_large"),
        (_no_log_sd, "right_for_equal"),
        (_by_densities, "right_near_bells"),
        (_probability, "d_probability_its"),
        (_LOGIT[2][0], "which_way_does"),
        (_LOGIT[3][0], "sd_variance_or"),
        (_LOGIT[4][0], "right_for_equal_2"),
        (_LOGIT[5][0], "twice_too_much"),
        (_LOGIT[6][0], "logarithm_base_10"),
        (_LOGIT[7][0], "p_q_what"),
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


def _fake_mean(h, a):
    return np.mean(h)


def _weighted_by_d(h, a):
    d = 1 / (1 + np.exp(-a))
    return np.sum(h * d) / np.sum(d)


def _summed(h, a):
    return np.sum(h * np.exp(a))


_MEAN = (
    (_with_d, "you_weighted_with"),
    (_weighted_by_d, "you_weighted_with"),
    (_turned, "these_weights_q"),
    (lambda h, a: np.average(h, weights=np.exp(-a)), "these_weights_q"),
    (_fake_mean, "forgeries_own_mean"),
    (_summed, "sum_over_all"),
    (lambda h, a: np.mean(h * a), "these_weights_log"),
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
        (_with_d, "you_weighted_with"),
        (_turned, "these_weights_q"),
        (_fake_mean, "forgeries_own_mean"),
        (_summed, "sum_over_all"),
        (_MEAN[6][0], "these_weights_log"),
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
    (_squashed_twice, "your_loss_at"),
    (lambda real, fake: loss_d(real, fake.sigmoid()), "better_real_half"),
    (lambda real, fake: loss_d(real.sigmoid(), fake), "better_forged_half"),
    (_labels_swapped, "labels_swapped_judge"),
    (_one_mean, "half_3_8"),
    (_twice_one_mean, "one_mean_over"),
    (_real_part, "what_real_samples"),
    (lambda real, fake: -loss_d(real, fake), "v_which_judge"),
    (lambda real, fake: loss_d(real, -fake), "both_kinds_called"),
)  # fmt: skip


def _verify_loss_d(answer, rng):
    logits = [torch.from_numpy(rng.normal(size=size)).float() for size in (32, 20)]
    fault = compare(answer, loss_d, _LOSS_D, [logits], tolerance=1e-4)
    return fault or _fault_of_its_slopes(answer, logits)


def _fault_of_its_slopes(answer, logits):
    real, fake = (a.clone().requires_grad_() for a in logits)
    found = slopes(call(answer, real, fake), [real, fake])
    wanted = slopes(loss_d(real, fake), [real, fake])
    if found is None or wanted is None:
        return "value_right_but"
    for kind, there, want in zip(
        ("real", "forged"), np.split(found, [32]), np.split(wanted, [32]), strict=True
    ):
        if not close(there, want, 1e-4):
            return Fault("value_right_but_2", kind=kind)
    return None


LOSS_D = Exercise(
    text=TEXT["3.5"],
    verify=_verify_loss_d,
    answer=loss_d,
    wrong=(
        (_squashed_twice, "your_loss_at"),
        (_labels_swapped, "labels_swapped_judge"),
        (_one_mean, "half_3_8"),
        (_LOSS_D[1][0], "better_real_half"),
        (_LOSS_D[2][0], "better_forged_half"),
        (_twice_one_mean, "one_mean_over"),
        (_real_part, "what_real_samples"),
        (_LOSS_D[7][0], "v_which_judge"),
        (_LOSS_D[8][0], "both_kinds_called"),
        (lambda real, fake: loss_d(real, fake).detach(), "value_right_but"),
        (lambda real, fake: loss_d(real, fake.detach()), "in the logits of forged samples"),
        (lambda real, fake: loss_d(real.detach(), fake), "in the logits of real samples"),
        (lambda real, fake: loss_d(real, fake).item(), "value_right_but"),
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
    (_both_sides, "slopes_below_1"),
    (_mean_of_slopes, "mean_divides_each"),
    (_one_norm, "one_norm_over"),
    (_fined(power=1), "excess_itself_fined"),
    (_fined(reduce=torch.sum), "fine_grows_with"),
    (_fined(excess=lambda norm: norm**2 - 1), "here_squared_slope"),
    (_fined(excess=lambda norm: norm), "every_slope_fined"),
)  # fmt: skip


def _load_what_grad_needs():
    """Let torch load what it needs for a slope with weights, half a second's work, only once."""
    x = torch.ones(1, requires_grad=True)
    torch.autograd.grad(2 * x, x, torch.ones(1))


def _verify_fine(answer, rng):
    torch.manual_seed(int(rng.integers(1 << 30)))
    critic: Any = mlp((2, 16, 1), "tanh")
    x = torch.randn(64, 2, requires_grad=True)
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
        return "fine_right_but"
    if found is None or not found.any():
        return "fine_has_right_2"
    if close(found, wanted, 1e-4):
        return None
    return "fine_has_right"


FINE = Exercise(
    text=TEXT["3.6"],
    verify=_verify_fine,
    answer=fine,
    wrong=(
        (_not_felt, "fine_has_right_2"),
        (_both_sides, "slopes_below_1"),
        (_mean_of_slopes, "mean_divides_each"),
        (_one_norm, "one_norm_over"),
        (_FINES[3][0], "excess_itself_fined"),
        (_FINES[4][0], "fine_grows_with"),
        (_FINES[5][0], "here_squared_slope"),
        (_FINES[6][0], "every_slope_fined"),
        (_fined(part=0.5), "fine_has_right"),
        (_by_backward, "fine_right_but"),
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
        raise Unanswered("list_places_asked")
    if turns.ndim != 1 or np.abs(turns).max() > 20:
        return "plain_list_places"
    share = lab.gap(zigzag(turns), lab.COMBS) / lab.w1(lab.COMBS)
    if share > 0.97:
        return None
    found = Fault("judge_finds_share", share=share)
    if share < -0.02:
        return found + "takes_forgeries_for"
    if share > 0.9:
        return found + ("close_should_turn")
    if share < 0.5:
        return found + "which_neighbouring_needles"
    if turns.size >= 5:
        return found + "best_one_turns_2"
    return found + "best_one_turns"


ZIGZAG = Exercise(
    text=TEXT["3.7"],
    verify=_verify_zigzag,
    answer=[-1.83, -1.11, 0, 1.11, 1.83],
    wrong=(
        ([-3, -2, -1, 0, 1, 2, 3], "takes_forgeries_for"),
        ([-2, -1, 0, 1, 2], "close_should_turn"),
        ([-2, 2], "which_neighbouring_needles"),
        ([0], "best_one_turns"),
        ([-1.83, -1.11, 0.3, 1.11, 2.4], "best_one_turns_2"),
        ([100], "plain_list_places"),
    ),
    right=((-1.85, -1.1, 0.0, 1.1, 1.85), np.array([1.8, 1.12, -0.02, -1.12, -1.8])),
    picture="by_hand.figure(t1=-1.83, t2=-1.11, t3=0, t4=1.11, t5=1.83)",
)

EXERCISES = (BLIND, UNEQUAL, BEST_LOGIT, REAL_MEAN, LOSS_D, FINE, ZIGZAG)
