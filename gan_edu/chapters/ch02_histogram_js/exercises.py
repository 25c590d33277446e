"""Exercises of chapter 02: how far apart two samples are."""

import functools
import itertools
from math import inf, log

import numpy as np
import torch
from scipy.special import rel_entr, softmax
from scipy.stats import wasserstein_distance

from pathlib import Path
from gan_edu.checking import prose
from gan_edu.checking.exercise import Exercise, Wrong
from gan_edu.checking.guard import call
from gan_edu.checking.reading import apart, choice, close, number, numbers
from gan_edu.checking.slips import compare
from gan_edu.checking.slopes import slopes
from gan_edu.datasets import load_mnist
from gan_edu.divergences import js
from gan_edu.words import count

TEXT = prose.read(Path(__file__).parent)

# 2.1 two boxes


def _verify_boxes(answer, rng):
    found = numbers(answer, (2,))
    if close(found[::-1], [log(2) / 4, inf], 0.005):
        return "The right numbers, in the other order: JS first, then the symmetrised KL."
    if found[1] != inf:
        return "Take a place that only one box covers: what is q log(q/p) there, with p = 0?"
    known = {
        inf: "JS is never infinite: m is at least half as dense as either box.",
        log(2): "ln 2 is for laws with *nothing* in common. These share three quarters.",
        0.25: "A quarter of ln 2 is meant, not a quarter: in bits it would be 0.25, and here all "
        "logarithms are natural.",
        log(2) / 2: "Twice too much: JS is the *mean* of the two KLs, ½ of each.",
        log(2) / 8: "Half of it. A quarter of p lies alone, and a quarter of q too: did you count "
        "both?",
        np.sqrt(log(2) / 4): "That is the root of JS, the one that is a distance.",
    }
    for value, fault in known.items():
        if close(found[0], value, 0.003):
            return fault
    if close(found[0], log(2) / 4, 0.003):
        return None
    return "Split the line in three: only p, both, only q. What is p log(p/m) in each part?"


BOXES = Exercise(
    text=TEXT["2.1"],
    verify=_verify_boxes,
    answer=[log(2) / 4, inf],
    shown="[np.log(2) / 4, np.inf]",
    wrong=(
        ([inf, log(2) / 4], "other order"),
        ([log(2) / 4, 0.25], "only one box covers"),
        ([inf, inf], "never infinite"),
        ([log(2), inf], "nothing* in common"),
        ([0.25, inf], "in bits"),
        ([log(2) / 8, inf], "count both"),
        ([log(2) / 2, inf], "Twice too much"),
        ([0.2, inf], "Split the line in three"),
        ([np.sqrt(log(2) / 4), inf], "the root"),
    ),
    right=((0.1733, inf), np.array([0.173, np.inf])),
    picture='lab.shift_scene().figure(shift=0.25, shape="box")',
)

# 2.2 nine digits missing

MEASURES = ("KL(real‖forged)", "KL(forged‖real)", "JS")


def _verify_missing(answer, rng):
    said = choice(answer, MEASURES)
    if said == "JS":
        return "JS is at most ln 2 ≈ 0.69, whatever is missing. Is one of the others larger?"
    if said == "KL(forged‖real)":
        return (
            "This one looks only where *forgeries* are, at the threes. There it finds "
            "1 · log(1/0.1) = 2.3. Which one looks at the digits that never come?"
        )
    return None


MISSING = Exercise(
    text=TEXT["2.2"],
    verify=_verify_missing,
    answer="KL(real‖forged)",
    wrong=(("JS", "at most ln 2"), ("KL(forged‖real)", "at the threes")),
    right=("KL(real || forged)", "KL(REAL‖FORGED).", "KL(real|forged)", "KL (real ∥ forged)"),
)

# 2.3 Jensen–Shannon by hand


def jensen_shannon(p, q):
    m = (p + q) / 2
    total = 0
    for law in (p, q):
        full = law > 0
        total += np.sum(law[full] * np.log(law[full] / m[full])) / 2
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
    (_symmetrised, "This is the symmetrised KL, (2.3). Jensen–Shannon compares each law with the "
     "mixture: what is the mixture of p and q?"),
    (_not_halved, "Twice too much: (2.4) takes the mean of the two, ½ of each."),
    (_root, "This is the root of JS, as SciPy's function returns it."),
    (_bits, "This is JS in bits. Here logarithms are natural."),
    (_sum_not_mean, "m must be a law as well: does p + q sum to 1?"),
    (lambda p, q: 2 * _one_half(p, q), "One half is missing: q must meet the mixture too."),
    (_one_half, "One half is missing: q must meet the mixture too."),
    (lambda p, q: -jensen_shannon(p, q), "The sign is turned: JS is never below 0. Which stands "
     "below the line, the law or the mixture?"),
)  # fmt: skip
HALF_EMPTY = np.array([0.5, 0.5, 0, 0]), np.array([0, 0.25, 0.75, 0])


def _verify_js(answer, rng):
    laws = [tuple(softmax(rng.normal(size=(2, bins)), axis=1)) for bins in (2, 5, 40)]
    return compare(answer, js, _JS, laws, tolerance=1e-5) or _fault_in_empty_bins(answer)


def _fault_in_empty_bins(answer):
    found = np.asarray(call(answer, *HALF_EMPTY, nan=True), float)
    if not np.isfinite(found).all():
        return (
            "Right for laws without empty bins. With p = [½, ½, 0, 0] and q = [0, ¼, ¾, 0] it "
            "gives no finite number: 0 · log 0 counts as 0, but a computer says NaN. Leave these "
            "bins out."
        )
    found, exact = number(found), float(js(*HALF_EMPTY))
    if close(found, exact, 1e-5):
        return None
    here, wanted = apart(found, exact)
    return (
        "Right without empty bins. With p = [½, ½, 0, 0] and q = [0, ¼, ¾, 0] it gives "
        f"{here}, not {wanted}. Which bins does each of the two sums need?"
    )


JENSEN_SHANNON = Exercise(
    text=TEXT["2.3"],
    verify=_verify_js,
    answer=jensen_shannon,
    wrong=(
        (_symmetrised, "what is the mixture"),
        (_nan_in_empty_bins, "0 · log 0"),
        (_not_halved, "Twice too much"),
        (_root, "the root of JS"),
        (_bits, "in bits"),
        (_sum_not_mean, "does p + q sum to 1"),
        (_one_half, "One half is missing"),
        (lambda p, q: -jensen_shannon(p, q), "sign is turned"),
        (_common_bins, "Which bins does each"),
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
        24_750: "That is (2.6), for two samples of the same size: both have luck. Here the real "
        "shares are exact. What is left of ⅛ (K − 1)(1/N + 1/M) for N = ∞?",
        12_500: "Near. Shares sum to 1: how many of the 100 are free?",
        25_000: "Here both samples have luck, and all K shares are free. But the real shares are "
        "exact, and shares sum to 1.",
        49_500: "(K − 1)/(4M) is 0.001 for 24,750 already, and that is for two samples with luck.",
        12.375: "The number for a luck of 1 nat. It should be 0.001.",
        1000: "1/M = 0.001, but each of the 100 bins brings its own luck.",
    }
    for value, fault in known.items():
        if close(found, value, 0.002):
            return fault
    if close(found, 12_375, 0.003):
        return None
    return "Solve ⅛ (K − 1)(1/N + 1/M) = 0.001 for M, with N = ∞."


LUCK = Exercise(
    text=TEXT["2.4"],
    verify=_verify_luck,
    answer=12_375,
    shown="99 / (8 * 0.001)",
    wrong=(
        (24_750, "same size"),
        (49_500, "already"),
        (12.375, "1 nat"),
        (1000, "its own luck"),
        (12_500, "how many of the 100 are free"),
        (25_000, "all K shares are free"),
        (12_000, "Solve"),
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
    return (torch.sort(z) - torch.sort(y)).abs().mean()


def _without_end(z, y):
    loss = sorted_loss(z, y)
    loss.backward()
    return loss


_SORTED = (
    (_as_they_come, "You paired them as they came, and nobody knows which noise belongs to which "
     "sample. In which order must two heaps on a line be paired?"),
    (_one_sorted, "Only the real samples are in order. And the forgeries?"),
    (lambda z, y: (z - y.sort().values).abs().mean(), "Only the forgeries are in order. And the "
     "real samples?"),
    (_means_only, "This sees the means only. Two heaps with one mean, one of them wide: is the "
     "distance 0?"),
    (_squares, "You took squares. That is a distance as well (W₂²), but how far is carried is "
     "asked."),
    (_root_of_squares, "This is W₂, the root of the mean square. How far is carried, on average?"),
    (_summed, "The sum grows with the number of samples. Take the mean."),
)  # fmt: skip
_NO_SLOPE = (
    "on the way the numbers left PyTorch (by `.item()`, `.detach()` or NumPy), and `backward` "
    "finds nothing. Stay with tensors."
)


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
            raise Wrong(f"NumPy cannot follow a slope: {_NO_SLOPE}") from wrong
        if "return_types.sort" in said:
            sentence = "`sort` returns two things: the sorted values, and where they stood before. "
            raise Wrong(sentence + "Which of them do you need?") from wrong
        raise


def _fault_of_slope(result, case):
    found, y = result
    row = slopes(found, [y])
    if row is None:
        return f"The value is right, but it has no slope: {_NO_SLOPE}"
    exact = slopes(sorted_loss(case[0], y), [y])
    if close(row, exact, 1e-5):
        return None
    return "The value is right, its slope in y is not. Is each sample's own ±1/N in it?"


SORTED = Exercise(
    text=TEXT["2.5"],
    verify=_verify_sorted,
    answer=sorted_loss,
    wrong=(
        (_as_they_come, "paired them as they came"),
        (_means_only, "the means only"),
        (_squares, "took squares"),
        (_summed, "Take the mean"),
        (_without_slope, "it has no slope"),
        (_one_sorted, "Only the real samples"),
        (_SORTED[2][0], "Only the forgeries"),
        (_root_of_squares, "This is W₂, the root"),
        (_sorted_by_numpy, "NumPy cannot follow"),
        (_pairs_of_sort, "`sort` returns two things"),
        (_without_end, "calls `backward` itself"),
        (lambda z, y: sorted_loss(z, 0.5 * y + 0.5 * y.detach()), "its slope in y is not"),
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
            return "The shares are right, but they have no slope any more. Which step loses it?"
        return "These have no slope: hard bins? The two nearest centres must share each sample."
    if not right:
        return "Inside, the shares were right before. Change only what happens beyond the ends."
    if close(row, slopes(wanted @ weights.to(wanted), [y]), 1e-5):
        return None
    return "Inside, the shares are right and their slopes in y are not: they were before."


def _fault_outside(answer, y, centres):
    found = numbers(call(answer, y, centres), (len(centres),))
    wanted = numbers(soft_shares(y, centres))
    if close(found, wanted, 1e-5):
        return None
    if found.sum() < 1 - 1e-5:
        return (
            f"With 5 of 45 samples beyond the last centres the shares sum to {found.sum():.4f}: a "
            "part of them is counted nowhere. Where should they count?"
        )
    if close(found, numbers(_made_whole(y, centres)), 1e-5):
        return (
            "The shares sum to 1 again, but what lies far outside still counts nowhere. A forger "
            "could hide his worst samples out there, and this loss would not notice."
        )
    i = np.argmax(np.abs(found - wanted))
    here, there = apart(found[i], wanted[i])
    return (
        f"With samples beyond both ends the bin at {centres[i]:.3g} has a share of {here}, and "
        f"should have {there}. Whatever lies beyond an end belongs to the last bin there, in full."
    )


SOFT = Exercise(
    text=TEXT["2.6"],
    verify=_verify_soft,
    answer=soft_shares,
    wrong=(
        (_lost, "a part of them is counted nowhere"),
        (_made_whole, "hide his worst samples"),
        (_hard, "hard bins"),
        (_at_one_end, "a part of them is counted nowhere"),
        (_fixed_ends, "a part of them is counted nowhere"),
        (_one_bin_further, "a part of them is counted nowhere"),
        (_stuck_inside, "their slopes in y are not"),
        (lambda y, centres: soft_shares(y, centres).detach(), "no slope any more"),
        (lambda y, centres: soft_shares(y, centres) * len(centres), "right before"),
        (
            lambda y, centres: soft_shares(y.clamp(centres[1], centres[-1]), centres),
            "right before.",
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
    heaps = {
        "other digits": second,
        "noise": rng.integers(0, 256, (700, 28, 28), np.uint8),
        "shuffled digits": second.reshape(700, 784)[:, pixels].reshape(700, 28, 28),
    }
    seen = _labels(answer, first)
    if _depends_on_the_others(answer, first, seen, rng):
        return (
            "The same picture gets another label in other company. A label must come from its own "
            "picture alone."
        )
    found = {name: _js_of_labels(seen, _labels(answer, heap)) for name, heap in heaps.items()}
    return _too_near_or_too_far(found)


def _too_near_or_too_far(found):
    said = "; ".join(f"{name} {value:.3f}" for name, value in found.items())
    if found["other digits"] >= BARS["other digits"]:
        why = "It finds digits and other digits too different: it looks at too much."
    elif found["noise"] <= BARS["noise"]:
        why = "It hardly tells digits from noise: it looks at too little."
    elif found["shuffled digits"] <= BARS["shuffled digits"]:
        why = "Shuffled pixels are just as black. *Where* is the ink in a digit, and where never?"
    else:
        return None
    return f"{why} JS of digits and …: {said}."


def _labels(answer, images):
    seen = call(answer, images)
    seen = seen.tolist() if hasattr(seen, "tolist") else seen
    try:
        labels = [str(label) for label in itertools.islice(seen, len(images) + 1)]
    except TypeError:
        raise Wrong(
            f"One label for each picture is asked for, not a {type(seen).__name__}."
        ) from None
    if len(labels) != len(images):
        more = len(labels) > len(images)
        came = f"more than {len(images)} labels" if more else count(len(labels), "label")
        raise Wrong(f"One label for each picture: {len(images)} pictures came, {came}.")
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
        (_all_pixels, "looks at too much"),
        (_nothing, "looks at too little"),
        (_ink, "just as black"),
        (_mean_of_all, "in other company"),
        (_edges_of_all, "in other company"),
        (_by_number, "in other company"),
        (lambda images: images.mean(), "is asked for, not a"),
        (lambda images: (i for i in itertools.count()), "more than 700 labels"),
        (lambda images: look(images)[:-1], "699 labels"),
    ),
    right=(lambda images: images[:, :, [0, 1, 26, 27]].max((1, 2)).astype(int) // 64,),
    prepare=_digits,
    picture="from gan_edu.chapters.ch02_histogram_js.expected import heaps_in_bins\n"
    "heaps_in_bins(look)",
)

EXERCISES = (BOXES, MISSING, JENSEN_SHANNON, LUCK, SORTED, SOFT, LOOK)
