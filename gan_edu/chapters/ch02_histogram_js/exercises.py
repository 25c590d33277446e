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
from gan_edu.checking.reading import apart, choice, close, number, numbers
from gan_edu.checking.slips import compare
from gan_edu.checking.slopes import slopes
from gan_edu.datasets import load_mnist
from gan_edu.divergences import js

TEXT = prose.read(Path(__file__).parent)

# 2.1 two boxes


def _verify_boxes(answer, rng):
    found = numbers(answer, (2,))
    if close(found[::-1], [log(2) / 4, inf], 0.005):
        return "right_numbers_other"
    if found[1] != inf:
        return "take_place_only"
    known = {
        inf: "js_never_infinite",
        log(2): "ln_2_for",
        0.25: "quarter_ln_2",
        log(2) / 2: "twice_too_much",
        log(2) / 8: "half_quarter_p",
        np.sqrt(log(2) / 4): "root_js_one",
    }
    for value, fault in known.items():
        if close(found[0], value, 0.003):
            return fault
    if close(found[0], log(2) / 4, 0.003):
        return None
    return "split_line_three"


BOXES = Exercise(
    text=TEXT["2.1"],
    verify=_verify_boxes,
    answer=[log(2) / 4, inf],
    shown="[np.log(2) / 4, np.inf]",
    wrong=(
        ([inf, log(2) / 4], "right_numbers_other"),
        ([log(2) / 4, 0.25], "take_place_only"),
        ([inf, inf], "js_never_infinite"),
        ([log(2), inf], "ln_2_for"),
        ([0.25, inf], "quarter_ln_2"),
        ([log(2) / 8, inf], "half_quarter_p"),
        ([log(2) / 2, inf], "twice_too_much"),
        ([0.2, inf], "split_line_three"),
        ([np.sqrt(log(2) / 4), inf], "root_js_one"),
    ),
    right=((0.1733, inf), np.array([0.173, np.inf])),
    picture='lab.shift_scene().figure(shift=0.25, shape="box")',
)

# 2.2 nine digits missing

MEASURES = ("KL(real‖forged)", "KL(forged‖real)", "JS")


def _verify_missing(answer, rng):
    said = choice(answer, MEASURES)
    if said == "JS":
        return "js_at_most"
    if said == "KL(forged‖real)":
        return "one_looks_only"
    return None


MISSING = Exercise(
    text=TEXT["2.2"],
    verify=_verify_missing,
    answer="KL(real‖forged)",
    wrong=(("JS", "js_at_most"), ("KL(forged‖real)", "one_looks_only")),
    right=("KL(real || forged)", "KL(REAL‖FORGED).", "KL(real|forged)", "KL (real ∥ forged)"),
)

# 2.3 Jensen–Shannon by hand


def jensen_shannon(p, q):
    m = (p + q) / 2
    total = 0
    for distribution in (p, q):
        full = distribution > 0
        total += np.sum(distribution[full] * np.log(distribution[full] / m[full])) / 2
    return total


def _symmetrised(p, q):
    return np.sum(rel_entr(p, q) + rel_entr(q, p)) / 2


def _nan_in_empty_bins(p, q):
    m = (p + q) / 2
    return np.sum(p * np.log(p / m) + q * np.log(q / m)) / 2


def _not_halved(p, q):
    return 2 * jensen_shannon(p, q)


def _root(p, q):
    return np.sqrt(jensen_shannon(p, q))


def _bits(p, q):
    return jensen_shannon(p, q) / np.log(2)


def _sum_not_mean(p, q):
    m = p + q
    return np.sum(rel_entr(p, m) + rel_entr(q, m)) / 2


def _one_half(p, q):
    return np.sum(rel_entr(p, (p + q) / 2)) / 2


def _common_bins(p, q):
    both = (p > 0) & (q > 0)
    return jensen_shannon(p[both], q[both])


_JS = (
    (_symmetrised, "symmetrised_kl_2"),
    (_not_halved, "twice_too_much"),
    (_root, "root_js_as"),
    (_bits, "js_bits_here"),
    (_sum_not_mean, "m_must_law"),
    (lambda p, q: 2 * _one_half(p, q), "one_half_missing"),
    (_one_half, "one_half_missing"),
    (lambda p, q: -jensen_shannon(p, q), "sign_turned_js"),
)  # fmt: skip
HALF_EMPTY = np.array([0.5, 0.5, 0, 0]), np.array([0, 0.25, 0.75, 0])


def _verify_js(answer, rng):
    distributions = [tuple(softmax(rng.normal(size=(2, bins)), axis=1)) for bins in (2, 5, 40)]
    return compare(answer, js, _JS, distributions, tolerance=1e-5) or _fault_in_empty_bins(answer)


def _fault_in_empty_bins(answer):
    found = np.asarray(call(answer, *HALF_EMPTY, nan=True), float)
    if not np.isfinite(found).all():
        return "right_for_laws"
    found, exact = number(found), float(js(*HALF_EMPTY))
    if close(found, exact, 1e-5):
        return None
    here, wanted = apart(found, exact)
    return Fault("right_without_empty", here=here, wanted=wanted)


JENSEN_SHANNON = Exercise(
    text=TEXT["2.3"],
    verify=_verify_js,
    answer=jensen_shannon,
    wrong=(
        (_symmetrised, "symmetrised_kl_2"),
        (_nan_in_empty_bins, "right_for_laws"),
        (_not_halved, "twice_too_much"),
        (_root, "root_js_as"),
        (_bits, "js_bits_here"),
        (_sum_not_mean, "m_must_law"),
        (_one_half, "one_half_missing"),
        (lambda p, q: -jensen_shannon(p, q), "sign_turned_js"),
        (_common_bins, "right_without_empty"),
    ),
    right=(
        lambda p, q: np.sum(rel_entr(p, (p + q) / 2) + rel_entr(q, (p + q) / 2)) / 2,
        lambda p, q: _nan_in_empty_bins(p + 1e-12, q + 1e-12),
        js,
    ),
)

# 2.4 how many forgeries


def _verify_luck(answer, rng):
    found = number(answer)
    known = {
        24_750: "2_6_for",
        12_500: "near_shares_sum",
        25_000: "here_both_samples",
        49_500: "k_1_4m",
        12.375: "number_for_luck",
        1000: "1_m_0",
    }
    for value, fault in known.items():
        if close(found, value, 0.002):
            return fault
    if close(found, 12_375, 0.003):
        return None
    return "solve_k_1"


LUCK = Exercise(
    text=TEXT["2.4"],
    verify=_verify_luck,
    answer=12_375,
    shown="99 / (8 * 0.001)",
    wrong=(
        (24_750, "2_6_for"),
        (49_500, "k_1_4m"),
        (12.375, "number_for_luck"),
        (1000, "1_m_0"),
        (12_500, "near_shares_sum"),
        (25_000, "here_both_samples"),
        (12_000, "solve_k_1"),
    ),
    right=(12_375.0, np.float64(12_400), 12_376),
)

# 2.5 a loss that never sleeps


def sorted_loss(z, y):
    return (z.sort().values - y.sort().values).abs().mean()


def _as_they_come(z, y):
    return (z - y).abs().mean()


def _means_only(z, y):
    return (z.mean() - y.mean()).abs()


def _squares(z, y):
    return (z.sort().values - y.sort().values).square().mean()


def _summed(z, y):
    return (z.sort().values - y.sort().values).abs().sum()


def _without_slope(z, y):
    return torch.tensor(wasserstein_distance(z.detach().numpy(), y.detach().numpy()))


def _one_sorted(z, y):
    return (z.sort().values - y).abs().mean()


def _root_of_squares(z, y):
    return _squares(z, y).sqrt()


def _sorted_by_numpy(z, y):
    return np.abs(np.sort(z) - np.sort(y)).mean()


def _pairs_of_sort(z, y):
    return (torch.sort(z) - torch.sort(y)).abs().mean()  # pyright: ignore[reportOperatorIssue]  # the slip


def _without_end(z, y):
    loss = sorted_loss(z, y)
    loss.backward()
    return loss


_SORTED = (
    (_as_they_come, "you_paired_them"),
    (_one_sorted, "only_real_samples"),
    (lambda z, y: (z - y.sort().values).abs().mean(), "only_forgeries_order"),
    (_means_only, "sees_means_only"),
    (_squares, "you_took_squares"),
    (_root_of_squares, "w_root_mean"),
    (_summed, "sum_grows_with"),
)  # fmt: skip


def _verify_sorted(answer, rng):
    cases = [
        (torch.from_numpy(rng.normal(size=size)), torch.from_numpy(rng.normal(mu, sd, size)))
        for size, mu, sd in ((50, 8, 1), (200, 0, 3), (7, -1, 0.5))
    ]
    results = []

    def value(function, z, y):
        results.append(_called(function, z, y.clone().requires_grad_()))
        return results[-1][0]

    fault = compare(answer, sorted_loss, _SORTED, cases, value, 1e-5)
    return fault or next(filter(None, map(_fault_of_slope, results[: len(cases)], cases)), None)


def _called(function, z, y):
    """Return what the function makes of z and y, and y; say what its error means."""
    try:
        return call(function, z, y), y
    except Wrong as wrong:
        said = str(wrong)
        if "numpy" in said.lower():
            raise Wrong("numpy_cannot_follow") from wrong
        if "return_types.sort" in said:
            raise Wrong("sort_returns_two") from wrong
        raise


def _fault_of_slope(result, case):
    found, y = result
    row = slopes(found, [y])
    if row is None:
        return "value_right_but"
    exact = slopes(sorted_loss(case[0], y), [y])
    if close(row, exact, 1e-5):
        return None
    return "value_right_its"


SORTED = Exercise(
    text=TEXT["2.5"],
    verify=_verify_sorted,
    answer=sorted_loss,
    wrong=(
        (_as_they_come, "you_paired_them"),
        (_means_only, "sees_means_only"),
        (_squares, "you_took_squares"),
        (_summed, "sum_grows_with"),
        (_without_slope, "value_right_but"),
        (_one_sorted, "only_real_samples"),
        (_SORTED[2][0], "only_forgeries_order"),
        (_root_of_squares, "w_root_mean"),
        (_sorted_by_numpy, "numpy_cannot_follow"),
        (_pairs_of_sort, "sort_returns_two"),
        (_without_end, "calls `backward` itself"),
        (lambda z, y: sorted_loss(z, 0.5 * y + 0.5 * y.detach()), "value_right_its"),
        (lambda z, y: 1.001 * sorted_loss(z, y), "is right. Take"),
    ),
    right=(
        lambda z, y: (torch.sort(z, descending=True)[0] - y.sort(descending=True)[0]).abs().mean(),
        lambda z, y: torch.mean(torch.abs(torch.sort(y)[0] - torch.sort(z)[0])),
        lambda z, y: (z[z.argsort()] - y[y.argsort()]).norm(p=1) / len(y),
    ),
)

# 2.6 samples that get lost


def soft_shares(y, centres):
    w = centres[1] - centres[0]
    y = y.clamp(centres[0], centres[-1])
    return (1 - (y[:, None] - centres).abs() / w).clamp(min=0).mean(0)


def _lost(y, centres):
    w = centres[1] - centres[0]
    return (1 - (y[:, None] - centres).abs() / w).clamp(min=0).mean(0)


def _made_whole(y, centres):
    q = _lost(y, centres)
    return q / q.sum()


def _hard(y, centres):
    nearest = (y[:, None] - centres).abs().argmin(1)
    return torch.nn.functional.one_hot(nearest, len(centres)).to(y.dtype).mean(0)


def _at_one_end(y, centres):
    return _lost(y.clamp(max=centres[-1]), centres)


def _fixed_ends(y, centres):
    return _lost(y.clamp(-5, 5), centres)


def _one_bin_further(y, centres):
    w = centres[1] - centres[0]
    y = torch.where(
        y > centres[-1] + w, centres[-1], torch.where(y < centres[0] - w, centres[0], y)
    )
    return _lost(y, centres)


def _stuck_inside(y, centres):
    shares = soft_shares(y, centres)
    return shares.detach() + 0 * shares


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


def _fault_inside(answer, y, centres):
    found, wanted = call(answer, y, centres), soft_shares(y, centres)
    right = close(numbers(found, wanted.shape), numbers(wanted), 1e-5)
    weights = torch.arange(1.0, len(centres) + 1) ** 2  # the shares' plain sum has no slope
    row = slopes(found @ weights.to(found), [y]) if getattr(found, "requires_grad", False) else None
    if row is None:
        if right:
            return "shares_right_but"
        return "these_have_no"
    if not right:
        return "inside_shares_were"
    if close(row, slopes(wanted @ weights.to(wanted), [y]), 1e-5):
        return None
    return "inside_shares_right"


def _fault_outside(answer, y, centres):
    found = numbers(call(answer, y, centres), (len(centres),))
    wanted = numbers(soft_shares(y, centres))
    if close(found, wanted, 1e-5):
        return None
    if found.sum() < 1 - 1e-5:
        return Fault("with_5_45", found_sum=found.sum())
    if close(found, numbers(_made_whole(y, centres)), 1e-5):
        return "shares_sum_1"
    i = np.argmax(np.abs(found - wanted))
    here, there = apart(found[i], wanted[i])
    return Fault("with_samples_beyond", centres_i=centres[i], here=here, there=there)


SOFT = Exercise(
    text=TEXT["2.6"],
    verify=_verify_soft,
    answer=soft_shares,
    wrong=(
        (_lost, "with_5_45"),
        (_made_whole, "shares_sum_1"),
        (_hard, "these_have_no"),
        (_at_one_end, "with_5_45"),
        (_fixed_ends, "with_5_45"),
        (_one_bin_further, "with_5_45"),
        (_stuck_inside, "inside_shares_right"),
        (lambda y, centres: soft_shares(y, centres).detach(), "shares_right_but"),
        (lambda y, centres: soft_shares(y, centres) * len(centres), "inside_shares_were"),
        (
            lambda y, centres: soft_shares(y.clamp(centres[1], centres[-1]), centres),
            "inside_shares_were",
        ),
    ),
    right=(
        lambda y, centres: _lost(torch.minimum(torch.maximum(y, centres[0]), centres[-1]), centres),
        lambda y, centres: _lost(torch.clip(y, centres.min(), centres.max()), centres),
    ),
)

# 2.7 know what to look at


def look(images):
    upper, lower = images[:, :14].mean((1, 2)), images[:, 14:].mean((1, 2))
    sides = images[:, :, :4].mean((1, 2)) + images[:, :, 24:].mean((1, 2))
    parts = np.stack([upper // 15, lower // 15, sides // 8], axis=1)
    return [tuple(row) for row in parts]


def _all_pixels(images):
    return [image.tobytes() for image in images > 127]


def _nothing(images):
    return np.zeros(len(images), int)


def _ink(images):
    return images.mean((1, 2)) // 8


BARS = {"other digits": 0.1, "noise": 0.6, "shuffled digits": 0.3}


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
        return "same_picture_gets"
    found = {name: _js_of_labels(seen, _labels(answer, sample)) for name, sample in samples.items()}
    return _too_near_or_too_far(found)


def _too_near_or_too_far(found):
    said = "; ".join(f"{name} {value:.3f}" for name, value in found.items())
    if found["other digits"] >= BARS["other digits"]:
        why = "finds_digits_other"
    elif found["noise"] <= BARS["noise"]:
        why = "hardly_tells_digits"
    elif found["shuffled digits"] <= BARS["shuffled digits"]:
        why = "shuffled_pixels_just"
    else:
        return None
    return Fault(why) + Fault("js_of_digits", said=said)


def _labels(answer, images):
    seen = call(answer, images)
    seen = seen.tolist() if hasattr(seen, "tolist") else seen
    try:
        labels = [str(label) for label in itertools.islice(seen, len(images) + 1)]
    except TypeError:
        raise Wrong(Fault("one_label_for_2", type_seen___name=type(seen).__name__)) from None
    if len(labels) != len(images):
        more = len(labels) > len(images)
        came = len(images) if more else len(labels)
        raise Wrong(Fault("too_many_labels" if more else "too_few_labels", of=len(images), n=came))
    return labels


def _depends_on_the_others(answer, images, labels, rng):
    """Tell whether some picture gets another label in other company."""
    chosen = rng.permutation(len(images))[:50]
    pictures = np.concatenate([images[chosen], rng.integers(0, 256, (20, 28, 28), np.uint8)])
    return _labels(answer, pictures)[:50] != [labels[i] for i in chosen]


def _mean_of_all(images):
    return [images.mean() // 8] * len(images)


def _by_number(images):
    return list(range(len(images)))


def _edges_of_all(images):
    return [images[:, :, [0, 1, 26, 27]].mean() > 2] * len(images)


def _js_of_labels(first, second):
    names, bins = np.unique(first + second, return_inverse=True)
    counts = [np.bincount(b, minlength=len(names)) for b in (bins[:700], bins[700:])]
    return float(js(*(count / 700 for count in counts)))


LOOK = Exercise(
    text=TEXT["2.7"],
    verify=_verify_look,
    answer=look,
    wrong=(
        (_all_pixels, "finds_digits_other"),
        (_nothing, "hardly_tells_digits"),
        (_ink, "shuffled_pixels_just"),
        (_mean_of_all, "same_picture_gets"),
        (_edges_of_all, "same_picture_gets"),
        (_by_number, "same_picture_gets"),
        (lambda images: images.mean(), "one_label_for_2"),
        (lambda images: (i for i in itertools.count()), "too_many_labels"),
        (lambda images: look(images)[:-1], "too_few_labels"),
    ),
    right=(lambda images: images[:, :, [0, 1, 26, 27]].max((1, 2)).astype(int) // 64,),
    prepare=_digits,
    picture="from gan_edu.chapters.ch02_histogram_js.expected import heaps_in_bins\n"
    "heaps_in_bins(look)",
)

EXERCISES = (BOXES, MISSING, JENSEN_SHANNON, LUCK, SORTED, SOFT, LOOK)
