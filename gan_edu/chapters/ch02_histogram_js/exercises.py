"""Exercises of chapter 02: how far apart two samples are."""

import functools
import itertools
from math import inf, log
from pathlib import Path

import numpy as np
import torch
from scipy.special import rel_entr, softmax
from scipy.stats import wasserstein_distance

from gan_edu.checking import prose
from gan_edu.checking.exercise import Exercise, Fault, Wrong
from gan_edu.checking.guard import call
from gan_edu.checking.reading import apart, close, number, numbers
from gan_edu.checking.slips import compare, of_choice
from gan_edu.checking.slopes import slopes
from gan_edu.datasets import load_mnist
from gan_edu.divergences import js
from gan_edu.language import LONG_CLAUSES, joined, later
from gan_edu.language import gettext as _

TEXT = prose.read(Path(__file__).parent)


def _known(found, mistakes):
    """Return the name of the mistake that gives this number, None if there is none."""
    return next((name for value, name in mistakes if close(found, value, 0.002)), None)


# 2.1 two boxes

BOX_MISTAKES = (
    (inf, "js_never_infinite"),
    (log(2), "all_of_log_2"),
    (0.25, "bits"),
    (log(2) / 8, "halved"),
    (log(2) / 2, "doubled"),
    (np.sqrt(log(2) / 4), "root"),
)


def _verify_boxes(answer, rng):
    found = numbers(answer, (2,))
    right = [log(2) / 4, inf]
    if close(found, right, 0.003):
        return None
    if close(found[::-1], right, 0.005):
        return "swapped"
    if found[1] != inf:
        return "sym_kl_finite"
    return _known(found[0], BOX_MISTAKES) or "split_the_line"


BOXES = Exercise(
    text=TEXT["2.1"],
    verify=_verify_boxes,
    answer=[log(2) / 4, inf],
    shown="[np.log(2) / 4, np.inf]",
    wrong=(
        *(([value, inf], name) for value, name in BOX_MISTAKES),
        ([inf, log(2) / 4], "swapped"),
        ([log(2) / 4, 0.25], "sym_kl_finite"),
        ([0.2, inf], "split_the_line"),
    ),
    right=((0.1733, inf), np.array([0.173, np.inf])),
    picture='lab.shift_scene().figure(shift=0.25, shape="box")',
)

# 2.2 nine digits missing

MISSING = of_choice(
    TEXT["2.2"],
    {
        later("KL(real‖generated)"): None,
        "JS": "js_is_bounded",
        later("KL(generated‖real)"): "looks_at_threes",
    },
    right=(
        "KL(real || generated)",
        "KL(REAL‖GENERATED).",
        "KL(real|generated)",
        "KL (real ∥ generated)",
    ),
)

# 2.3 Jensen–Shannon by hand


def jensen_shannon(p, q):
    m = (p + q) / 2
    total = 0
    for distribution in (p, q):
        full = distribution > 0
        total += np.sum(distribution[full] * np.log(distribution[full] / m[full])) / 2
    return total


def _both_terms(p, q, m):
    return np.sum(rel_entr(p, m) + rel_entr(q, m)) / 2


def _one_term(p, q):
    return np.sum(rel_entr(p, (p + q) / 2)) / 2


def _nan_in_empty_bins(p, q):
    m = (p + q) / 2
    return np.sum(p * np.log(p / m) + q * np.log(q / m)) / 2


def _common_bins(p, q):
    both = (p > 0) & (q > 0)
    return jensen_shannon(p[both], q[both])


JS_MISTAKES = (
    (lambda p, q: np.sum(rel_entr(p, q) + rel_entr(q, p)) / 2, "sym_kl"),
    (lambda p, q: 2 * jensen_shannon(p, q), "doubled"),
    (lambda p, q: np.sqrt(jensen_shannon(p, q)), "root"),
    (lambda p, q: jensen_shannon(p, q) / np.log(2), "bits"),
    (lambda p, q: _both_terms(p, q, p + q), "sum_as_mixture"),
    (lambda p, q: 2 * _one_term(p, q), "one_term"),
    (_one_term, "one_term"),
    (lambda p, q: -jensen_shannon(p, q), "sign"),
)
HALF_EMPTY = np.array([0.5, 0.5, 0, 0]), np.array([0, 0.25, 0.75, 0])


def _verify_js(answer, rng):
    cases = [tuple(softmax(rng.normal(size=(2, bins)), axis=1)) for bins in (2, 5, 40)]
    fault = compare(answer, js, JS_MISTAKES, cases, tolerance=1e-5)
    return fault or _fault_in_empty_bins(answer)


def _fault_in_empty_bins(answer):
    found = np.asarray(call(answer, *HALF_EMPTY, nan=True), float)
    if not np.isfinite(found).all():
        return "nan"
    found, exact = number(found), float(js(*HALF_EMPTY))
    if close(found, exact, 1e-5):
        return None
    here, wanted = apart(found, exact)
    return Fault("wrong_in_empty_bins", here=here, wanted=wanted)


JENSEN_SHANNON = Exercise(
    text=TEXT["2.3"],
    verify=_verify_js,
    answer=jensen_shannon,
    wrong=(*JS_MISTAKES, (_nan_in_empty_bins, "nan"), (_common_bins, "wrong_in_empty_bins")),
    right=(
        lambda p, q: _both_terms(p, q, (p + q) / 2),
        lambda p, q: _nan_in_empty_bins(p + 1e-12, q + 1e-12),
        js,
    ),
)

# 2.4 how many generated samples

COUNT_MISTAKES = (
    (24_750, "both_sampled"),
    (12_500, "k_not_k_1"),
    (25_000, "both_and_k"),
    (49_500, "quarter"),
    (12.375, "one_nat"),
    (1000, "one_bin"),
)


def _verify_count(answer, rng):
    found = number(answer)
    if close(found, 12_375, 0.003):
        return None
    return _known(found, COUNT_MISTAKES) or "solve_for_m"


COUNT = Exercise(
    text=TEXT["2.4"],
    verify=_verify_count,
    answer=12_375,
    shown="99 / (8 * 0.001)",
    wrong=(*COUNT_MISTAKES, (12_000, "solve_for_m")),
    right=(12_375.0, np.float64(12_400), 12_376),
)

# 2.5 a loss that never goes flat


def sorted_loss(x_real, x_fake):
    return (x_real.sort().values - x_fake.sort().values).abs().mean()


def _differences(x_real, x_fake):
    return x_real.sort().values - x_fake.sort().values


def _without_gradient(x_real, x_fake):
    return torch.tensor(wasserstein_distance(x_real.detach().numpy(), x_fake.detach().numpy()))


def _pairs_of_sort(x_real, x_fake):
    return (torch.sort(x_real) - torch.sort(x_fake)).abs().mean()  # pyright: ignore[reportOperatorIssue]  # the slip


def _calls_backward(x_real, x_fake):
    loss = sorted_loss(x_real, x_fake)
    loss.backward()
    return loss


SORTED_MISTAKES = (
    (lambda a, b: (a - b).abs().mean(), "unsorted"),
    (lambda a, b: (a.sort().values - b).abs().mean(), "real_sorted_only"),
    (lambda a, b: (a - b.sort().values).abs().mean(), "fake_sorted_only"),
    (lambda a, b: (a.mean() - b.mean()).abs(), "means_only"),
    (lambda a, b: _differences(a, b).square().mean(), "squares"),
    (lambda a, b: _differences(a, b).square().mean().sqrt(), "root_of_squares"),
    (lambda a, b: _differences(a, b).abs().sum(), "sum"),
)


def _verify_sorted(answer, rng):
    cases = [
        (torch.from_numpy(rng.normal(size=size)), torch.from_numpy(rng.normal(mu, sd, size)))
        for size, mu, sd in ((50, 8, 1), (200, 0, 3), (7, -1, 0.5))
    ]
    results = []

    def value(function, x_real, x_fake):
        results.append(_called(function, x_real, x_fake.clone().requires_grad_()))
        return results[-1][0]

    fault = compare(answer, sorted_loss, SORTED_MISTAKES, cases, value, 1e-5)
    return fault or next(filter(None, map(_fault_of_gradient, results[: len(cases)], cases)), None)


def _called(function, x_real, x_fake):
    """Return what the function makes of both samples, and x_fake; say what its error means."""
    try:
        return call(function, x_real, x_fake), x_fake
    except Wrong as wrong:
        said = str(wrong)
        if "numpy" in said.lower():
            raise Wrong("numpy") from wrong
        if "return_types.sort" in said:
            raise Wrong("sort_pair") from wrong
        raise


def _fault_of_gradient(result, case):
    found, x_fake = result
    row = slopes(found, [x_fake])
    if row is None:
        return "no_gradient"
    if close(row, slopes(sorted_loss(case[0], x_fake), [x_fake]), 1e-5):
        return None
    return "gradient_off"


SORTED = Exercise(
    text=TEXT["2.5"],
    verify=_verify_sorted,
    answer=sorted_loss,
    wrong=(
        *SORTED_MISTAKES,
        (_without_gradient, "no_gradient"),
        (lambda real, fake: np.abs(np.sort(real) - np.sort(fake)).mean(), "numpy"),
        (_pairs_of_sort, "sort_pair"),
        (_calls_backward, "calls `backward` itself"),
        (lambda a, b: sorted_loss(a, 0.5 * b + 0.5 * b.detach()), "gradient_off"),
        (lambda a, b: 1.001 * sorted_loss(a, b), "is right. Take"),
    ),
    right=(
        lambda a, b: (torch.sort(a, descending=True)[0] - b.sort(descending=True)[0]).abs().mean(),
        lambda a, b: torch.mean(torch.abs(torch.sort(b)[0] - torch.sort(a)[0])),
        lambda a, b: (a[a.argsort()] - b[b.argsort()]).norm(p=1) / len(b),
    ),
)

# 2.6 samples that get lost


def soft_shares(x, centres):
    w = centres[1] - centres[0]
    x = x.clamp(centres[0], centres[-1])
    return (1 - (x[:, None] - centres).abs() / w).clamp(min=0).mean(0)


def _lost(x, centres):
    w = centres[1] - centres[0]
    return (1 - (x[:, None] - centres).abs() / w).clamp(min=0).mean(0)


def _divided_by_sum(x, centres):
    return _lost(x, centres) / _lost(x, centres).sum()


def _hard(x, centres):
    nearest = (x[:, None] - centres).abs().argmin(1)
    return torch.nn.functional.one_hot(nearest, len(centres)).to(x.dtype).mean(0)


def _one_bin_further(x, centres):
    near = (x > centres[0] - 1) & (x < centres[-1] + 1)
    return _lost(torch.where(near, x, x.clamp(centres[0], centres[-1])), centres)


SOFT_MISTAKES = (
    (_lost, "lost_outside"),
    (lambda x, centres: _lost(x.clamp(max=centres[-1]), centres), "lost_outside"),
    (lambda x, centres: _lost(x.clamp(-5, 5), centres), "lost_outside"),
    (_one_bin_further, "lost_outside"),
    (_divided_by_sum, "divided_by_sum"),
    (_hard, "hard_bins"),
    (lambda x, c: soft_shares(x, c).detach() + 0 * soft_shares(x, c), "gradient_off"),
    (lambda x, centres: soft_shares(x, centres).detach(), "no_gradient"),
    (lambda x, centres: soft_shares(x, centres) * len(centres), "wrong_inside"),
    (lambda x, centres: soft_shares(x.clamp(min=centres[1]), centres), "wrong_inside"),
)


def _verify_soft(answer, rng):
    for first, last, number_of in ((-5, 5, 11), (0, 3, 7)):
        centres = torch.linspace(first, last, number_of, dtype=torch.float64)
        inside = torch.from_numpy(rng.uniform(first, last, 40)).requires_grad_()
        beyond = torch.tensor([last + 2, last + 45, first - 4, last + 0.3, first - 0.1])
        fault = _fault_inside(answer, inside, centres)
        fault = fault or _fault_outside(answer, torch.cat([inside, beyond]), centres)
        if fault:
            return fault
    return None


def _fault_inside(answer, x, centres):
    found, wanted = call(answer, x, centres), soft_shares(x, centres)
    right = close(numbers(found, wanted.shape), numbers(wanted), 1e-5)
    weights = torch.arange(1.0, len(centres) + 1) ** 2  # the shares' plain sum has no gradient
    row = slopes(found @ weights.to(found), [x]) if getattr(found, "requires_grad", False) else None
    if row is None:
        return "no_gradient" if right else "hard_bins"
    if not right:
        return "wrong_inside"
    if close(row, slopes(wanted @ weights.to(wanted), [x]), 1e-5):
        return None
    return "gradient_off"


def _fault_outside(answer, x, centres):
    found = numbers(call(answer, x, centres), (len(centres),))
    wanted = numbers(soft_shares(x, centres))
    if close(found, wanted, 1e-5):
        return None
    if found.sum() < 1 - 1e-5:
        return Fault("lost_outside", total=found.sum())
    if close(found, numbers(_divided_by_sum(x, centres)), 1e-5):
        return "divided_by_sum"
    i = np.argmax(np.abs(found - wanted))
    here, there = apart(found[i], wanted[i])
    return Fault("wrong_outside", centre=centres[i], here=here, there=there)


SOFT = Exercise(
    text=TEXT["2.6"],
    verify=_verify_soft,
    answer=soft_shares,
    wrong=SOFT_MISTAKES,
    right=(
        lambda x, centres: _lost(torch.minimum(torch.maximum(x, centres[0]), centres[-1]), centres),
        lambda x, centres: _lost(torch.clip(x, centres.min(), centres.max()), centres),
    ),
)

# 2.7 know what to look at


def look(images):
    upper, lower = images[:, :14].mean((1, 2)), images[:, 14:].mean((1, 2))
    sides = images[:, :, :4].mean((1, 2)) + images[:, :, 24:].mean((1, 2))
    parts = np.stack([upper // 15, lower // 15, sides // 8], axis=1)
    return [tuple(row) for row in parts]


BARS = {later("other digits"): 0.1, later("noise"): 0.6, later("shuffled digits"): 0.3}


@functools.lru_cache(1)
def _digits():
    return load_mnist(download=False).images


def _verify_look(answer, rng):
    images = _digits()
    chosen = images[rng.permutation(len(images))[:1400]]
    first, second = chosen[:700], chosen[700:]
    pixels = rng.permutation(784)
    samples = {
        "other digits": second,
        "noise": rng.integers(0, 256, (700, 28, 28), np.uint8),
        "shuffled digits": second.reshape(700, 784)[:, pixels].reshape(700, 28, 28),
    }
    seen = _labels(answer, first)
    if _depends_on_the_others(answer, first, seen, rng):
        return "depends_on_others"
    found = {name: _js_of_labels(seen, _labels(answer, sample)) for name, sample in samples.items()}
    return _too_near_or_too_far(found)


def _too_near_or_too_far(found):
    said = joined((f"{_(name)} {value:.3f}" for name, value in found.items()), LONG_CLAUSES)
    if found["other digits"] >= BARS["other digits"]:
        why = "too_much"
    elif found["noise"] <= BARS["noise"]:
        why = "too_little"
    elif found["shuffled digits"] <= BARS["shuffled digits"]:
        why = "fooled_by_shuffling"
    else:
        return None
    return Fault(why) + Fault("js_found", said=said)


def _labels(answer, images):
    seen = call(answer, images)
    seen = seen.tolist() if hasattr(seen, "tolist") else seen
    try:
        labels = [str(label) for label in itertools.islice(seen, len(images) + 1)]
    except TypeError:
        raise Wrong(Fault("not_a_list", kind=type(seen).__name__)) from None
    if len(labels) != len(images):
        more = len(labels) > len(images)
        mistake = "too_many_labels" if more else "too_few_labels"
        raise Wrong(Fault(mistake, of=len(images), n=len(labels)))
    return labels


def _depends_on_the_others(answer, images, labels, rng):
    """Tell whether some image gets another label among other images."""
    chosen = rng.permutation(len(images))[:50]
    others = rng.integers(0, 256, (20, 28, 28), np.uint8)
    again = _labels(answer, np.concatenate([images[chosen], others]))[:50]
    return again != [labels[i] for i in chosen]


def _js_of_labels(first, second):
    names, bins = np.unique(first + second, return_inverse=True)
    counts = [np.bincount(b, minlength=len(names)) for b in (bins[:700], bins[700:])]
    return float(js(*(count / 700 for count in counts)))


LOOK = Exercise(
    text=TEXT["2.7"],
    verify=_verify_look,
    answer=look,
    wrong=(
        (lambda images: [image.tobytes() for image in images > 127], "too_much"),
        (lambda images: np.zeros(len(images), int), "too_little"),
        (lambda images: images.mean((1, 2)) // 8, "fooled_by_shuffling"),
        (lambda images: [images.mean() // 8] * len(images), "depends_on_others"),
        (lambda images: [images[:, :, :2].mean() > 2] * len(images), "depends_on_others"),
        (lambda images: list(range(len(images))), "depends_on_others"),
        (lambda images: images.mean(), "not_a_list"),
        (lambda images: itertools.count(), "too_many_labels"),
        (lambda images: look(images)[:-1], "too_few_labels"),
    ),
    right=(lambda images: images[:, :, [0, 1, 26, 27]].max((1, 2)).astype(int) // 64,),
    prepare=_digits,
    picture="from gan_edu.chapters.ch02_histogram_js.expected import samples_in_bins\n"
    "samples_in_bins(look)",
)

EXERCISES = (BOXES, MISSING, JENSEN_SHANNON, COUNT, SORTED, SOFT, LOOK)
