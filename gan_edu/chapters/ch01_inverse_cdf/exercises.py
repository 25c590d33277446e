"""Exercises of chapter 01: maps from noise to samples."""

from pathlib import Path

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri

from gan_edu.checking import prose
from gan_edu.checking.exercise import Exercise, Fault, Unanswered, Wrong
from gan_edu.checking.guard import call
from gan_edu.checking.reading import apart, choice, close, number, numbers
from gan_edu.checking.slips import compare
from gan_edu.distributions import GRID_U, from_density, largest_cdf_error, mixture

TEXT = prose.read(Path(__file__).parent)

# 1.1 the mean of two noises

WIDTHS = ("N(0,1)", "a narrower bell", "a wider bell")


def _verify_two_noises(answer, rng):
    said = choice(answer, WIDTHS)
    if said == "N(0,1)":
        return "makes_bell_uniform"
    if said == "a wider bell":
        return "for_wider_bell"
    return None


TWO_NOISES = Exercise(
    text=TEXT["1.1"],
    verify=_verify_two_noises,
    answer="a narrower bell",
    wrong=(("N(0,1)", "makes_bell_uniform"), ("a wider bell", "for_wider_bell")),
    right=("A narrower  bell", "a narrower bell.", ["a narrower bell"]),
)

# 1.2 the density of a square


def _verify_square(answer, rng):
    found = number(answer)
    known = {
        0.3: "0_3_0",
        0.6: "0_6_slope",
        1.0: "noise_has_density",
        1 / 0.18: "1_f_right",
    }
    for value, fault in known.items():
        if close(found, value, 0.006):
            return fault
    if close(found, 1 / 0.6, 0.01):
        return None
    if close(found, 1 / 0.6, 0.04):
        return "near_take_two"
    return "by_1_1"


SQUARE = Exercise(
    text=TEXT["1.2"],
    verify=_verify_square,
    answer=1 / 0.6,
    shown="1 / (2 * 0.3)",
    wrong=(
        (0.3, "0_3_0"),
        (0.6, "0_6_slope"),
        (1, "noise_has_density"),
        (1 / 0.18, "1_f_right"),
        (1.7, "near_take_two"),
        (0.18, "by_1_1"),
    ),
    right=(np.float32(1.667), 1.66, 1.67, [5 / 3]),
)

# 1.3 from any noise to any law


def normal_to_exp(x):
    share = ndtr(x)
    return -np.log(1 - share)


def _falling(x):
    return -np.log(ndtr(x))


def _no_share(x):
    return -np.log(1 - x)


def _half_way(x):
    return ndtr(x)


def _other_way(x):
    return ndtri(1 - np.exp(-x))


def _below_zero(x):
    return np.log(1 - ndtr(x))


def _to_base_10(x):
    return -np.log10(1 - ndtr(x))


_EXP = (
    (_falling, "makes_exp_1"),
    (_no_share, "here_x_itself"),
    (_half_way, "share_left_x"),
    (_other_way, "goes_other_way"),
    (_below_zero, "nobody_waits_for"),
    (_to_base_10, "logarithm_base_10"),
)  # fmt: skip


def _verify_normal_to_exp(answer, rng):
    x = rng.uniform(0.05, 0.95, 20)  # here each of the mistakes has a value
    y = numbers(call(answer, x), x.shape)
    for mistake, fault in _EXP:
        if close(y, mistake(x)):
            return fault
    return _other_share(y, x) or _other_share(answer, rng.normal(size=200).clip(-4.5, 4.5))


def _other_share(answer, x):
    """Say where the share to the left is another one; answer may be what the map has given."""
    y = numbers(call(answer, x), x.shape) if callable(answer) else answer
    exact = -log_ndtr(-x)
    if close(y, exact, 1e-5):
        return None
    i = np.argmax(np.abs(y - exact))
    here, there = apart(ndtr(x[i]), -np.expm1(-max(y[i], 0)))
    return Fault("left_x_x", x_i=x[i], here=here, y_i=y[i], there=there)


NORMAL_TO_EXP = Exercise(
    text=TEXT["1.3"],
    verify=_verify_normal_to_exp,
    answer=normal_to_exp,
    wrong=(
        (_falling, "makes_exp_1"),
        (_no_share, "here_x_itself"),
        (_half_way, "share_left_x"),
        (_other_way, "goes_other_way"),
        (_below_zero, "nobody_waits_for"),
        (_to_base_10, "logarithm_base_10"),
        (lambda x: 1.001 * normal_to_exp(x), "left_x_x"),
    ),
    right=(lambda x: -log_ndtr(-x), lambda x: [-np.log(0.5 - (ndtr(v) - 0.5)) for v in x]),
)

# 1.4 two hills from one number

HILLS = mixture([0.25, 0.75], [-2, 2], [0.5, 0.5])
EVEN_U = (np.arange(10_001) + 0.5) / 10_001


def two_bumps(u):
    left, right = u / 0.25, (u - 0.25) / 0.75
    share = np.where(u < 0.25, left, right)
    return np.where(u < 0.25, -2, 2) + 0.5 * ndtri(share)


def _mixed_values(u):
    return 0.25 * (-2 + 0.5 * ndtri(u)) + 0.75 * (2 + 0.5 * ndtri(u))


def _not_stretched(u):
    return np.where(u < 0.25, -2, 2) + 0.5 * ndtri(u)


def _fresh_luck(u):
    side = np.where(np.random.default_rng().random(len(u)) < 0.25, -2, 2)
    return side + 0.5 * ndtri(u)


def _even_sides(u):
    return np.where(u < 0.5, -2, 2) + 0.5 * ndtri(2 * u % 1)


def _bumps(spread=0.5, left=0.25):
    """Return the map with bumps of another spread, or another share on the left."""

    def make(u):
        share = np.where(u < left, u / left, (u - left) / (1 - left))
        return np.where(u < left, -2, 2) + spread * ndtri(share)

    return make


def _by_rank(u):
    return HILLS.ppf((np.argsort(np.argsort(u)) + 0.5) / len(u))


_BUMPS = (
    (_mixed_values, "you_mixed_values"),
    (_not_stretched, "each_side_gets"),
    (_even_sides, "whole_bumps_but"),
    (_bumps(left=0.75), "three_quarters_on"),
    (_bumps(spread=0.25), "bumps_too_narrow"),
    (_bumps(spread=1.0), "bumps_too_wide"),
)  # fmt: skip


def _verify_two_bumps(answer, rng):
    u = rng.permutation(EVEN_U)
    y = numbers(call(answer, u), u.shape)
    for part in (slice(None, None, -1), slice(100)):
        if not close(numbers(call(answer, u[part]), u[part].shape), y[part]):
            return "same_u_gave"
    if largest_cdf_error(y, HILLS) < 1e-3:
        return None
    for mistake, fault in _BUMPS:
        if close(np.sort(y), np.sort(mistake(u))):
            return fault
    return _where_the_gap_is(np.sort(y))


def _where_the_gap_is(y):
    found, exact = (np.arange(len(y)) + 0.5) / len(y), HILLS.cdf(y)
    i = np.argmax(np.abs(found - exact))
    share, wanted = apart(found[i], exact[i])
    return Fault("your_samples_share", share=share, y_i=y[i], wanted=wanted)


TWO_BUMPS = Exercise(
    text=TEXT["1.4"],
    verify=_verify_two_bumps,
    answer=two_bumps,
    wrong=(
        (_mixed_values, "you_mixed_values"),
        (_not_stretched, "each_side_gets"),
        (_fresh_luck, "same_u_gave"),
        (_even_sides, "whole_bumps_but"),
        (_bumps(left=0.75), "three_quarters_on"),
        (_bumps(spread=0.25), "bumps_too_narrow"),
        (_bumps(spread=1.0), "bumps_too_wide"),
        (_bumps(left=0.255), "your_samples_share"),
    ),
    right=(
        lambda u: HILLS.ppf(u),
        lambda u: np.where(u < 0.25, -2, 2) + 0.5 * ndtri(4 * u % 1),
        lambda u: np.where(u > 0.75, -2 + ndtri((1 - u) * 4) / 2, 2 + ndtri(u / 0.75) / 2),
    ),
)

# 1.5 a sampler that is off


def draw(points, p, u):
    strips = np.diff(points) * (p[1:] + p[:-1]) / 2
    F = np.append(0, np.cumsum(strips)) / strips.sum()
    return np.interp(u, F, points)


def _one_strip_off(points, p, u):
    strips = np.diff(points) * (p[1:] + p[:-1]) / 2
    F = np.cumsum(strips) / strips.sum()
    return np.interp(u, F, points[:-1])


def _no_first_strip(points, p, u):
    strips = np.diff(points) * (p[1:] + p[:-1]) / 2
    F = np.cumsum(strips) / strips.sum()
    return np.interp(u, F, points[1:])


def _no_area(points, p, u):
    strips = np.diff(points) * (p[1:] + p[:-1]) / 2
    return np.interp(u, np.append(0, np.cumsum(strips)), points)


def _by_heights(weights):
    """Return a sampler in which a strip's share is made of its heights in another way."""

    def sampler(points, p, u):
        strips = weights(np.diff(points), p[:-1], p[1:])
        return np.interp(u, np.append(0, np.cumsum(strips)) / strips.sum(), points)

    return sampler


def _never_between(points, p, u):
    strips = np.diff(points) * (p[1:] + p[:-1]) / 2
    F = np.append(0, np.cumsum(strips)) / strips.sum()
    return points[np.searchsorted(F, u - 1e-9).clip(max=len(points) - 1)]


_DRAW = (
    (_one_strip_off, "each_sample_lands"),
    (_no_first_strip, "right_from_second"),
    (_no_area, "strips_sum_area"),
    (_by_heights(lambda width, left, right: width * left), "each_strip_got"),
    (_by_heights(lambda width, left, right: width * right), "each_strip_got_2"),
    (_by_heights(lambda width, left, right: left + right), "heights_right_but"),
)  # fmt: skip


def _verify_draw(answer, rng):
    points = np.sort(rng.uniform(-3, 3, 8))
    p = rng.uniform(0.5, 2, 8)
    F = from_density(points, p).cdf(points)
    y = numbers(call(answer, points, p, F), F.shape)
    i = np.argmax(np.abs(y - points))
    here, there = apart(y[i], points[i])
    otherwise = Fault("for_u_f", f_i=F[i], here=here, there=there)
    fault = compare(answer, draw, _DRAW, [(points, p, F)], otherwise=otherwise)
    return fault or _fault_between(answer, points, p, F, rng.random(50))


def _fault_between(answer, points, p, F, u):
    right = np.searchsorted(F, u)
    y = numbers(call(answer, points, p, u), u.shape)
    inside = np.all((y >= points[right - 1]) & (y <= points[right]))
    if inside and np.all(np.diff(y[np.argsort(u)]) > 0):
        return None
    return "at_points_right"


DRAW = Exercise(
    text=TEXT["1.5"],
    verify=_verify_draw,
    answer=draw,
    wrong=(
        (_one_strip_off, "each_sample_lands"),
        (_no_first_strip, "right_from_second"),
        (_no_area, "strips_sum_area"),
        (_DRAW[3][0], "each_strip_got"),
        (_DRAW[4][0], "each_strip_got_2"),
        (_DRAW[5][0], "heights_right_but"),
        (_never_between, "at_points_right"),
        (lambda points, p, u: 1.01 * draw(points, p, u), "for_u_f"),
    ),
    right=(lambda points, p, u: from_density(points, p).ppf(u),),
)

# 1.6 more points, and worse


def _verify_worse(answer, rng):
    settings = _settings(answer)
    heights = np.array([settings[f"h{i}"] for i in range(1, 6)])
    few, many = (points_gap(heights, settings["width"], settings[n]) for n in ("fewer", "more"))
    said = Fault("largest_gap_few", few=few, settings_fewer=settings["fewer"], many=many)
    said += f"{settings['more']:g}. "
    if many > 3 * few:
        return None
    if many > few:
        return said + "worse_indeed_now"
    if many == few:
        return said + "no_better_not"
    return said + "better_as_one"


def points_gap(heights, width, points):
    """Return the largest gap of the law made of so many points of five hills, as in the figure."""
    x = np.linspace(-8, 8, int(points))
    exact = mixture(heights / heights.sum(), [-4, -2, 0, 2, 4], [width] * 5)
    if not exact.pdf(x).any():
        return 1.0
    return largest_cdf_error(from_density(x, exact.pdf(x)).ppf(GRID_U), exact)


def _settings(answer):
    if isinstance(answer, dict) and not answer:
        raise Unanswered("name_sliders_values")
    if not isinstance(answer, dict) or not {"fewer", "more"} <= set(answer):
        raise Wrong("write_like_dict")
    settings = {f"h{i}": 0 for i in range(1, 6)} | {"width": 0.6} | answer
    settings = {name: number(value) for name, value in settings.items()}
    if set(settings) != {"h1", "h2", "h3", "h4", "h5", "width", "fewer", "more"}:
        raise Wrong("names_h1_h5")
    heights = [settings[f"h{i}"] for i in range(1, 6)]
    if not 0.3 <= settings["width"] <= 0.9 or min(heights) < 0 or not 0 < max(heights) <= 1:
        raise Wrong("stay_within_sliders")
    if not 9 <= settings["fewer"] < settings["more"] <= 801:
        raise Wrong("fewer_must_9")
    if any(settings[n] % 1 for n in ("fewer", "more")):
        raise Wrong("points_counted_fewer")
    return settings


WORSE = Exercise(
    text=TEXT["1.6"],
    verify=_verify_worse,
    answer={"h1": 1, "h2": 1, "h3": 1, "h4": 1, "h5": 1, "width": 0.3, "fewer": 9, "more": 11},
    wrong=(
        ({"h3": 1, "width": 0.6, "fewer": 20, "more": 40}, "better_as_one"),
        ({"h1": 1, "h3": 1, "width": 0.4, "fewer": 9, "more": 14}, "worse_indeed_now"),
        ({"h3": 1, "width": 0.1, "fewer": 9, "more": 10}, "stay_within_sliders"),
    ),
    right=({f"h{i}": 0.5 for i in range(1, 6)} | {"width": 0.4, "fewer": 9, "more": 10},),
    picture="lab.hills_scene().figure(h1=1, h2=1, h3=1, h4=1, h5=1, width=0.3, points=11)",
)

EXERCISES = (TWO_NOISES, SQUARE, NORMAL_TO_EXP, TWO_BUMPS, DRAW, WORSE)
