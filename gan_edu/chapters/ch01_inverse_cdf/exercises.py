"""Exercises of chapter 01: maps from noise to samples."""

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri

from pathlib import Path
from gan_edu.checking import prose
from gan_edu.checking.exercise import Exercise, Unanswered, Wrong
from gan_edu.checking.guard import call
from gan_edu.checking.reading import apart, choice, close, number, numbers
from gan_edu.checking.slips import compare
from gan_edu.distributions import GRID_U, from_density, largest_gap, mixture

TEXT = prose.read(Path(__file__).parent)

# 1.1 the mean of two noises

WIDTHS = ("N(0,1)", "a narrower bell", "a wider bell")


def _verify_two_noises(answer, rng):
    said = choice(answer, WIDTHS)
    if said == "N(0,1)":
        return (
            "Φ⁻¹ makes the bell of *uniform* noise. Is the mean of two uniform numbers uniform? "
            "How often is it below 0.1?"
        )
    if said == "a wider bell":
        return (
            "For a wider bell Φ⁻¹ would have to be near the ends 0 and 1 more often. "
            "Can the mean of two numbers be near 0 if only one of them is?"
        )
    return None


TWO_NOISES = Exercise(
    text=TEXT["1.1"],
    verify=_verify_two_noises,
    answer="a narrower bell",
    wrong=(("N(0,1)", "Is the mean of two uniform"), ("a wider bell", "near the ends 0 and 1")),
    right=("A narrower  bell", "a narrower bell.", ["a narrower bell"]),
)

# 1.2 the density of a square


def _verify_square(answer, rng):
    found = number(answer)
    known = {
        0.3: "0.3 is √0.09, the share of samples *below* 0.09. A density is that share's slope.",
        0.6: "0.6 is the slope of f there. Does a steep map crowd its samples, or spread them out?",
        1.0: "The noise has density 1. Equal shares: does f squeeze or stretch a strip around 0.3?",
        1 / 0.18: "1/f′ is right. But f′(u) = 2u must be taken where the noise is: which u goes to "
        "0.09?",
    }
    for value, fault in known.items():
        if close(found, value, 0.006):
            return fault
    if close(found, 1 / 0.6, 0.01):
        return None
    if close(found, 1 / 0.6, 0.04):
        return "Near. Take it to two decimals at least."
    return "By (1.1), ρ(u) du = φ(y) dy. Which u belongs to y = 0.09, and what is dy/du there?"


SQUARE = Exercise(
    text=TEXT["1.2"],
    verify=_verify_square,
    answer=1 / 0.6,
    shown="1 / (2 * 0.3)",
    wrong=(
        (0.3, "the share of samples *below*"),
        (0.6, "the slope of f there"),
        (1, "squeeze or stretch"),
        (1 / 0.18, "must be taken where the noise is"),
        (1.7, "two decimals"),
        (0.18, "Which u belongs to y = 0.09"),
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
    (_falling, "This makes Exp(1) too, but it falls: the largest noise becomes the smallest "
     "sample. Which share should lie *below* the sample?"),
    (_no_share, "Here x itself was taken for the share to its left. That is so for uniform noise; "
     "which share of N(0,1) lies to the left of x?"),
    (_half_way, "This is the share to the left of x, uniform noise: half of the way. Which y has "
     "this share of Exp(1) to its left?"),
    (_other_way, "This goes the other way: it makes N(0,1) of Exp(1). Here the noise is normal."),
    (_below_zero, "Nobody waits for less than no time: these are all below 0. Solve "
     "1 − e⁻ʸ = share once more."),
    (_to_base_10, "This is the logarithm to base 10. Which one undoes e⁻ʸ?"),
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
    return (
        f"To the left of x = {x[i]:.2f} lies a share of {here} of N(0,1). Your y = {y[i]:.4g} has "
        f"a share of {there} of Exp(1) to its left."
    )


NORMAL_TO_EXP = Exercise(
    text=TEXT["1.3"],
    verify=_verify_normal_to_exp,
    answer=normal_to_exp,
    wrong=(
        (_falling, "but it falls"),
        (_no_share, "x itself was taken"),
        (_half_way, "half of the way"),
        (_other_way, "the other way"),
        (_below_zero, "all below 0"),
        (_to_base_10, "base 10"),
        (lambda x: 1.001 * normal_to_exp(x), "of N(0,1). Your y"),
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
    (_mixed_values, "You mixed the *values*, a quarter of one and three quarters of the other: "
     "that is one bell, around 1. Mix the laws: each u must go to one bump or the other."),
    (_not_stretched, "Each side gets only a part of its bump: for u < 0.25, Φ⁻¹(u) never rises "
     "above −0.67. Which numbers must Φ⁻¹ be given to make a whole bell?"),
    (_even_sides, "Whole bumps, but equally large ones. A quarter of the noise should go to the "
     "left."),
    (_bumps(left=0.75), "Three quarters are on the left. Which of the two bumps gets a quarter?"),
    (_bumps(spread=0.25), "The bumps are too narrow: ¼ is their variance. What is the spread?"),
    (_bumps(spread=1.0), "The bumps are too wide: Φ⁻¹ alone makes them of spread 1."),
)  # fmt: skip


def _verify_two_bumps(answer, rng):
    u = rng.permutation(EVEN_U)
    y = numbers(call(answer, u), u.shape)
    for part in (slice(None, None, -1), slice(100)):
        if not close(numbers(call(answer, u[part]), u[part].shape), y[part]):
            return (
                "The same u gave another y. All chance has to come from this u alone: can it "
                "serve twice?"
            )
    if largest_gap(y, HILLS) < 1e-3:
        return None
    for mistake, fault in _BUMPS:
        if close(np.sort(y), np.sort(mistake(u))):
            return fault
    return _where_the_gap_is(np.sort(y))


def _where_the_gap_is(y):
    found, exact = (np.arange(len(y)) + 0.5) / len(y), HILLS.cdf(y)
    i = np.argmax(np.abs(found - exact))
    share, wanted = apart(found[i], exact[i])
    return f"Of your samples a share of {share} lies below {y[i]:.2f}; it should be {wanted}."


TWO_BUMPS = Exercise(
    text=TEXT["1.4"],
    verify=_verify_two_bumps,
    answer=two_bumps,
    wrong=(
        (_mixed_values, "mixed the *values*"),
        (_not_stretched, "only a part of its bump"),
        (_fresh_luck, "gave another y"),
        (_even_sides, "equally large"),
        (_bumps(left=0.75), "Three quarters are on the left"),
        (_bumps(spread=0.25), "too narrow"),
        (_bumps(spread=1.0), "too wide"),
        (_bumps(left=0.255), "it should be"),
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
    (_one_strip_off, "Each sample lands one strip too far to the left. A strip's share is complete "
     "at which of its ends?"),
    (_no_first_strip, "Right from the second point on, but nothing ever falls into the first "
     "strip: what belongs there lands on one point. Where is F = 0?"),
    (_no_area, "The strips sum to the area below p, which need not be 1. Does your F end at 1?"),
    (_by_heights(lambda width, left, right: width * left), "Each strip got the height at its left "
     "end alone. Between two points p goes in a straight line: which height is a strip's mean?"),
    (_by_heights(lambda width, left, right: width * right), "Each strip got the height at its "
     "right end alone. Between two points p goes in a straight line: which height is its mean?"),
    (_by_heights(lambda width, left, right: left + right), "The heights are right, but not all "
     "strips are equally wide."),
)  # fmt: skip


def _verify_draw(answer, rng):
    points = np.sort(rng.uniform(-3, 3, 8))
    p = rng.uniform(0.5, 2, 8)
    F = from_density(points, p).cdf(points)
    y = numbers(call(answer, points, p, F), F.shape)
    i = np.argmax(np.abs(y - points))
    here, there = apart(y[i], points[i])
    otherwise = f"For u = {F[i]:.3f} it gives {here}; a share of {F[i]:.3f} lies left of {there}."
    fault = compare(answer, draw, _DRAW, [(points, p, F)], otherwise=otherwise)
    return fault or _fault_between(answer, points, p, F, rng.random(50))


def _fault_between(answer, points, p, F, u):
    right = np.searchsorted(F, u)
    y = numbers(call(answer, points, p, u), u.shape)
    inside = np.all((y >= points[right - 1]) & (y <= points[right]))
    if inside and np.all(np.diff(y[np.argsort(u)]) > 0):
        return None
    return (
        "At the points it is right; between them a sample leaves its strip, or a larger u does "
        "not make a larger sample."
    )


DRAW = Exercise(
    text=TEXT["1.5"],
    verify=_verify_draw,
    answer=draw,
    wrong=(
        (_one_strip_off, "one strip too far"),
        (_no_first_strip, "the first strip"),
        (_no_area, "Does your F end at 1?"),
        (_DRAW[3][0], "left end alone"),
        (_DRAW[4][0], "right end alone"),
        (_DRAW[5][0], "equally wide"),
        (_never_between, "a larger u does not"),
        (lambda points, p, u: 1.01 * draw(points, p, u), "it gives"),
    ),
    right=(lambda points, p, u: from_density(points, p).ppf(u),),
)

# 1.6 more points, and worse


def _verify_worse(answer, rng):
    settings = _settings(answer)
    heights = np.array([settings[f"h{i}"] for i in range(1, 6)])
    few, many = (points_gap(heights, settings["width"], settings[n]) for n in ("fewer", "more"))
    said = f"Largest gap {few:.3f} with {settings['fewer']:g} points, {many:.3f} with "
    said += f"{settings['more']:g}. "
    if many > 3 * few:
        return None
    if many > few:
        return said + "Worse indeed; now three times worse. When do points fall between all hills?"
    if many == few:
        return said + "No better, and not worse. Which distances of points miss narrow hills?"
    return said + "That is better, as one expects. Which distances of points miss narrow hills?"


def points_gap(heights, width, points):
    """Return the largest gap of the law made of so many points of five hills, as in the figure."""
    x = np.linspace(-8, 8, int(points))
    exact = mixture(heights / heights.sum(), [-4, -2, 0, 2, 4], [width] * 5)
    if not exact.pdf(x).any():
        return 1.0
    return largest_gap(from_density(x, exact.pdf(x)).ppf(GRID_U), exact)


def _settings(answer):
    if isinstance(answer, dict) and not answer:
        raise Unanswered("Name the sliders' values, as in dict(h3=1, width=0.5, fewer=9, more=99).")
    if not isinstance(answer, dict) or not {"fewer", "more"} <= set(answer):
        raise Wrong("Write it like dict(h1=1, h3=0.5, width=0.5, fewer=20, more=30).")
    settings = {f"h{i}": 0 for i in range(1, 6)} | {"width": 0.6} | answer
    settings = {name: number(value) for name, value in settings.items()}
    if set(settings) != {"h1", "h2", "h3", "h4", "h5", "width", "fewer", "more"}:
        raise Wrong("The names are h1 to h5, width, fewer and more.")
    heights = [settings[f"h{i}"] for i in range(1, 6)]
    if not 0.3 <= settings["width"] <= 0.9 or min(heights) < 0 or not 0 < max(heights) <= 1:
        raise Wrong("Stay within the sliders: heights 0 to 1, one above 0; width 0.3 to 0.9.")
    if not 9 <= settings["fewer"] < settings["more"] <= 801:
        raise Wrong("`fewer` must be 9 or more, `more` must be larger, and at most 801.")
    if any(settings[n] % 1 for n in ("fewer", "more")):
        raise Wrong("Points are counted: `fewer` and `more` are whole numbers.")
    return settings


WORSE = Exercise(
    text=TEXT["1.6"],
    verify=_verify_worse,
    answer={"h1": 1, "h2": 1, "h3": 1, "h4": 1, "h5": 1, "width": 0.3, "fewer": 9, "more": 11},
    wrong=(
        ({"h3": 1, "width": 0.6, "fewer": 20, "more": 40}, "as one expects"),
        ({"h1": 1, "h3": 1, "width": 0.4, "fewer": 9, "more": 14}, "now three times worse"),
        ({"h3": 1, "width": 0.1, "fewer": 9, "more": 10}, "Stay within the sliders"),
    ),
    right=({f"h{i}": 0.5 for i in range(1, 6)} | {"width": 0.4, "fewer": 9, "more": 10},),
    picture="lab.hills_scene().figure(h1=1, h2=1, h3=1, h4=1, h5=1, width=0.3, points=11)",
)

EXERCISES = (TWO_NOISES, SQUARE, NORMAL_TO_EXP, TWO_BUMPS, DRAW, WORSE)
