"""Exercises of chapter 01: maps from noise to samples."""

from pathlib import Path

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri

from gan_edu.checking import prose
from gan_edu.checking.exercise import Exercise, Fault, Unanswered, Wrong
from gan_edu.checking.guard import call
from gan_edu.checking.reading import apart, close, number, numbers
from gan_edu.checking.slips import compare, of_choice
from gan_edu.distributions import GRID_U, from_density, largest_cdf_error, mixture
from gan_edu.language import later

TEXT = prose.read(Path(__file__).parent)

# 1.1 the mean of two noises

TWO_NOISES = of_choice(
    TEXT["1.1"],
    {
        "N(0,1)": "needs_uniform_noise",
        later("a wider bell"): "rarely_near_the_ends",
        later("a narrower bell"): None,
    },
    right=("A narrower  bell", "a narrower bell.", ["a narrower bell"]),
)

# 1.2 the density of a square

_DENSITIES = (
    (0.3, "gave_cdf"),
    (0.6, "gave_slope"),
    (1, "gave_noise_density"),
    (1 / 0.18, "slope_at_sample"),
)


def _verify_square(answer, rng):
    found = number(answer)
    for value, fault in _DENSITIES:
        if close(found, value, 0.006):
            return fault
    if close(found, 1 / 0.6, 0.01):
        return None
    return "too_rough" if close(found, 1 / 0.6, 0.04) else "which_noise"


SQUARE = Exercise(
    text=TEXT["1.2"],
    verify=_verify_square,
    answer=1 / 0.6,
    shown="1 / (2 * 0.3)",
    wrong=(*_DENSITIES, (1.7, "too_rough"), (0.18, "which_noise")),
    right=(np.float32(1.667), 1.66, 1.67, [5 / 3]),
)

# 1.3 from normal noise to another distribution


def normal_to_exp(z):
    share = ndtr(z)
    return -np.log(1 - share)


_EXP = (
    (lambda z: -np.log(ndtr(z)), "decreasing"),
    (lambda z: -np.log(1 - z), "no_cdf"),
    (lambda z: ndtr(z), "half_way"),
    (lambda z: ndtri(1 - np.exp(-z)), "other_way"),
    (lambda z: np.log(1 - ndtr(z)), "negative"),
    (lambda z: -np.log10(1 - ndtr(z)), "base_10"),
)


def _verify_normal_to_exp(answer, rng):
    z = rng.uniform(0.05, 0.95, 20)  # here each of the mistakes has a value
    x = numbers(call(answer, z), z.shape)
    for mistake, fault in _EXP:
        if close(x, mistake(z)):
            return fault
    z = np.append(z, rng.normal(size=200).clip(-4.5, 4.5))
    return _wrong_probability(z, numbers(call(answer, z), z.shape))


def _wrong_probability(z, x):
    """Say where the probability below the sample is not the one below the noise."""
    exact = -log_ndtr(-z)
    if close(x, exact, 1e-5):
        return None
    i = np.argmax(np.abs(x - exact))
    here, there = apart(ndtr(z[i]), -np.expm1(-max(x[i], 0)))
    return Fault("wrong_probability", z=z[i], here=here, x=x[i], there=there)


NORMAL_TO_EXP = Exercise(
    text=TEXT["1.3"],
    verify=_verify_normal_to_exp,
    answer=normal_to_exp,
    wrong=(*_EXP, (lambda z: 1.001 * normal_to_exp(z), "wrong_probability")),
    right=(lambda z: -log_ndtr(-z), lambda z: [-np.log(0.5 - (ndtr(v) - 0.5)) for v in z]),
)

# 1.4 two modes from one number

TWO_MODES_TARGET = mixture([0.25, 0.75], [-2, 2], [0.5, 0.5])
EVEN_Z = (np.arange(10_001) + 0.5) / 10_001


def two_modes(z):
    left, right = z / 0.25, (z - 0.25) / 0.75
    inside = np.where(z < 0.25, left, right)
    return np.where(z < 0.25, -2, 2) + 0.5 * ndtri(inside)


def _other_modes(sd=0.5, left=0.25):
    """Return the map with modes of another standard deviation, or another share on the left."""

    def make(z):
        inside = np.where(z < left, z / left, (z - left) / (1 - left))
        return np.where(z < left, -2, 2) + sd * ndtri(inside)

    return make


def _fresh_noise(z):
    side = np.where(np.random.default_rng().random(len(z)) < 0.25, -2, 2)
    return side + 0.5 * ndtri(z)


_MODES = (
    (lambda z: 0.25 * (-2 + 0.5 * ndtri(z)) + 0.75 * (2 + 0.5 * ndtri(z)), "mixed_values"),
    (lambda z: np.where(z < 0.25, -2, 2) + 0.5 * ndtri(z), "not_stretched"),
    (_other_modes(left=0.5), "equal_shares"),
    (_other_modes(left=0.75), "swapped_shares"),
    (_other_modes(sd=0.25), "too_narrow"),
    (_other_modes(sd=1.0), "too_wide"),
)


def _verify_two_modes(answer, rng):
    z = rng.permutation(EVEN_Z)
    x = numbers(call(answer, z), z.shape)
    for part in (slice(None, None, -1), slice(100)):
        if not close(numbers(call(answer, z[part]), z[part].shape), x[part]):
            return "not_repeatable"
    if largest_cdf_error(x, TWO_MODES_TARGET) < 1e-3:
        return None
    for mistake, fault in _MODES:
        if close(np.sort(x), np.sort(mistake(z))):
            return fault
    return _wrong_share(np.sort(x))


def _wrong_share(x):
    found, exact = (np.arange(len(x)) + 0.5) / len(x), TWO_MODES_TARGET.cdf(x)
    i = np.argmax(np.abs(found - exact))
    share, wanted = apart(found[i], exact[i])
    return Fault("wrong_share", share=share, x=x[i], wanted=wanted)


TWO_MODES = Exercise(
    text=TEXT["1.4"],
    verify=_verify_two_modes,
    answer=two_modes,
    wrong=(*_MODES, (_fresh_noise, "not_repeatable"), (_other_modes(left=0.255), "wrong_share")),
    right=(
        lambda z: TWO_MODES_TARGET.ppf(z),
        lambda z: np.where(z < 0.25, -2, 2) + 0.5 * ndtri(4 * z % 1),
        lambda z: np.where(z > 0.75, -2 + ndtri((1 - z) * 4) / 2, 2 + ndtri(z / 0.75) / 2),
    ),
)

# 1.5 a sampler that is off


def draw(points, p, z):
    strips = np.diff(points) * (p[1:] + p[:-1]) / 2
    F = np.append(0, np.cumsum(strips)) / strips.sum()
    return np.interp(z, F, points)


def _no_0_in_front(kept):
    """Return the sampler without F's 0, which keeps only some of the points."""

    def sampler(points, p, z):
        strips = np.diff(points) * (p[1:] + p[:-1]) / 2
        return np.interp(z, np.cumsum(strips) / strips.sum(), points[kept])

    return sampler


def _other_strips(strips_of, normalised=True):
    """Return the sampler with other strips, made from their widths and both their heights."""

    def sampler(points, p, z):
        strips = strips_of(np.diff(points), p[:-1], p[1:])
        F = np.append(0, np.cumsum(strips))
        return np.interp(z, F / F[-1] if normalised else F, points)

    return sampler


def _never_between(points, p, z):
    strips = np.diff(points) * (p[1:] + p[:-1]) / 2
    F = np.append(0, np.cumsum(strips)) / strips.sum()
    return points[np.searchsorted(F, z - 1e-9).clip(max=len(points) - 1)]


_DRAW = (
    (_no_0_in_front(slice(None, -1)), "one_strip_left"),
    (_no_0_in_front(slice(1, None)), "first_strip_empty"),
    (_other_strips(lambda width, a, b: width * (a + b) / 2, normalised=False), "not_normalised"),
    (_other_strips(lambda width, a, b: width * a), "left_heights"),
    (_other_strips(lambda width, a, b: width * b), "right_heights"),
    (_other_strips(lambda width, a, b: a + b), "no_widths"),
)


def _verify_draw(answer, rng):
    points = np.sort(rng.uniform(-3, 3, 8))
    p = rng.uniform(0.5, 2, 8)
    F = from_density(points, p).cdf(points)
    x = numbers(call(answer, points, p, F), F.shape)
    i = np.argmax(np.abs(x - points))
    here, there = apart(x[i], points[i])
    otherwise = Fault("wrong_at_point", z=F[i], here=here, there=there)
    fault = compare(answer, draw, _DRAW, [(points, p, F)], otherwise=otherwise)
    return fault or _fault_between(answer, points, p, F, rng.random(50))


def _fault_between(answer, points, p, F, z):
    right = np.searchsorted(F, z)
    x = numbers(call(answer, points, p, z), z.shape)
    inside = np.all((x >= points[right - 1]) & (x <= points[right]))
    increasing = np.all(np.diff(x[np.argsort(z)]) > 0)
    return None if inside and increasing else "wrong_between"


DRAW = Exercise(
    text=TEXT["1.5"],
    verify=_verify_draw,
    answer=draw,
    wrong=(
        *_DRAW,
        (_never_between, "wrong_between"),
        (lambda points, p, z: 1.01 * draw(points, p, z), "wrong_at_point"),
    ),
    right=(lambda points, p, z: from_density(points, p).ppf(z),),
)

# 1.6 more points, and worse

HEIGHTS = ("h1", "h2", "h3", "h4", "h5")


def _verify_worse(answer, rng):
    given = _settings(answer)
    heights = np.array([given[name] for name in HEIGHTS])
    few, many = (points_error(heights, given["width"], given[n]) for n in ("fewer", "more"))
    if many > 3 * few:
        return None
    said = Fault("errors", few=few, fewer=given["fewer"], many=many, more=given["more"])
    return said + ("better" if many < few else "worse" if many > few else "equal")


def points_error(heights, width, points):
    """Return the largest CDF error of five modes known at some points, as in the figure."""
    x = np.linspace(-8, 8, int(points))
    exact = mixture(heights / heights.sum(), [-4, -2, 0, 2, 4], [width] * 5)
    return largest_cdf_error(from_density(x, exact.pdf(x)).ppf(GRID_U), exact)


def _settings(answer):
    if isinstance(answer, dict) and not answer:
        raise Unanswered("nothing_named")
    if not isinstance(answer, dict) or not {"fewer", "more"} <= set(answer):
        raise Wrong("not_a_dict")
    given = dict.fromkeys(HEIGHTS, 0) | {"width": 0.6} | answer
    given = {name: number(value) for name, value in given.items()}
    if set(given) != {*HEIGHTS, "width", "fewer", "more"}:
        raise Wrong("unknown_names")
    heights = [given[name] for name in HEIGHTS]
    if not 0.3 <= given["width"] <= 0.9 or min(heights) < 0 or not 0 < max(heights) <= 1:
        raise Wrong("outside_sliders")
    if not 9 <= given["fewer"] < given["more"] <= 801:
        raise Wrong("wrong_order")
    if given["fewer"] % 1 or given["more"] % 1:
        raise Wrong("not_whole")
    return given


WORSE = Exercise(
    text=TEXT["1.6"],
    verify=_verify_worse,
    answer={"h1": 1, "h2": 1, "h3": 1, "h4": 1, "h5": 1, "width": 0.3, "fewer": 9, "more": 11},
    wrong=(
        ({"h3": 1, "width": 0.6, "fewer": 20, "more": 40}, "better"),
        ({"h1": 1, "h3": 1, "width": 0.4, "fewer": 9, "more": 14}, "worse"),
        ({"h3": 1, "width": 0.1, "fewer": 9, "more": 10}, "outside_sliders"),
    ),
    right=(dict.fromkeys(HEIGHTS, 0.5) | {"width": 0.4, "fewer": 9, "more": 10},),
    picture="lab.modes_scene().figure(h1=1, h2=1, h3=1, h4=1, h5=1, width=0.3, points=11)",
)

EXERCISES = (TWO_NOISES, SQUARE, NORMAL_TO_EXP, TWO_MODES, DRAW, WORSE)
