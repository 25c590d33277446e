"""Exercises of chapter 01: maps from noise to samples."""

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri

from gan_edu.distributions import from_density, mixture
from gan_edu.exercises.exercise import Exercise, Unanswered, Wrong
from gan_edu.exercises.guard import call
from gan_edu.exercises.reading import choice, close, number, numbers
from gan_edu.labs.inverse_cdf import GRID_U, largest_gap

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
    name="1.1",
    kind="predict",
    minutes=4,
    question="Feed the map with the wrong noise",
    verify=_verify_two_noises,
    hints=(
        "Which values does (u₁ + u₂)/2 take often, and which hardly ever?",
        "It is below 0.1 only if both are small: in 2 % of all cases, not in 10 %.",
        "Try it: `ndtri((rng.random(10_000) + rng.random(10_000)) / 2).std()`",
    ),
    answer="a narrower bell",
    solution="The mean of two uniform numbers has a density like a roof, highest at ½. So the "
    "steep ends of $\\Phi^{-1}$ are hardly visited, and the samples crowd around 0: their spread "
    "is about 0.6. (It is not quite a bell, but close to one.)",
    wrong=(("N(0,1)", "Is the mean of two uniform"), ("a wider bell", "near the ends 0 and 1")),
    right=("A narrower  bell",),
    insight="A map and its noise belong together: who trains a generator on one noise must draw "
    "from it with the same.",
    lecturer="Ask for hands before anybody runs code; most choose N(0,1), since both noises are "
    "uniform. Then ask: how would you repair the map? (Put the triangle's own F before Φ⁻¹: 1.3.)",
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
    return "By (1.1), ρ(u) du = φ(y) dy. Which u belongs to y = 0.09, and what is dy/du there?"


SQUARE = Exercise(
    name="1.2",
    kind="compute",
    minutes=5,
    question="How dense are the samples?",
    verify=_verify_square,
    hints=(
        "Which noise number u becomes 0.09?",
        "A strip du of the noise becomes a strip dy = f′(u) du, and holds the same share.",
        "So the density is ρ(u)/f′(u), with ρ = 1, at u = 0.3.",
    ),
    answer=1 / 0.6,
    shown="1 / (2 * 0.3)",
    solution="Equal shares: $1\\cdot du=\\varphi(y)\\,dy$ with $dy/du=2u$. The noise that becomes "
    "$y=0.09$ is $u=0.3$, so $\\varphi(0.09)=\\frac1{0.6}\\approx1.67$. The other way: the share "
    "below $y$ is $\\sqrt y$, and its slope is $\\frac1{2\\sqrt y}$.",
    wrong=(
        (0.3, "the share of samples *below*"),
        (0.6, "the slope of f there"),
        (1, "squeeze or stretch"),
        (1 / 0.18, "must be taken where the noise is"),
    ),
    right=(np.float32(1.667), 1.66),
    insight="The density is large where the map is flat. Where it is flat altogether, all samples "
    "fall on one point.",
    lecturer="Draw the parabola, and two strips of the same du, one near 0 and one near 1. Ask "
    "which of the two leaves the thicker heap on the y axis, and only then for the number.",
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


def _verify_normal_to_exp(answer, rng):
    x = rng.uniform(0.05, 0.95, 20)  # here each of the mistakes has a value
    y = numbers(call(answer, x), x.shape)
    known = {
        "This makes Exp(1) too, but it falls: the largest noise becomes the smallest sample. "
        "Which share should lie *below* the sample?": _falling,
        "Here x itself was taken for the share to its left. That is so for uniform noise; which "
        "share of N(0,1) lies to the left of x?": _no_share,
        "This is the share to the left of x, uniform noise: half of the way. Which y has this "
        "share of Exp(1) to its left?": _half_way,
        "This goes the other way: it makes N(0,1) of Exp(1). Here the noise is normal.": _other_way,
    }
    for fault, mistake in known.items():
        if close(y, mistake(x)):
            return fault
    x = rng.normal(size=200).clip(-4.5, 4.5)
    y, exact = numbers(call(answer, x), x.shape), -log_ndtr(-x)
    if close(y, exact):
        return None
    i = np.argmax(np.abs(y - exact))
    share = -np.expm1(-max(y[i], 0))
    return (
        f"To the left of x = {x[i]:.2f} lies a share of {ndtr(x[i]):.3f} of N(0,1). Your y = "
        f"{y[i]:.3f} has a share of {share:.3f} of Exp(1) to its left."
    )


NORMAL_TO_EXP = Exercise(
    name="1.3",
    kind="code",
    minutes=8,
    question="Turn bells into waiting times",
    verify=_verify_normal_to_exp,
    hints=(
        "Equal shares: what is to the left of x must be to the left of y too.",
        "Go through uniform noise: first the share to the left of x, then the y that has it.",
        "The share is `ndtr(x)`. Solve 1 − e⁻ʸ = share for y.",
    ),
    answer=normal_to_exp,
    solution="Add up equal shares on both sides: $\\Phi(x)=1-e^{-y}$. The first half, $\\Phi$, "
    "turns the bell into uniform noise; the second, $F^{-1}$ of Exp(1), turns that into waiting "
    "times. (Far out, `-log_ndtr(-x)` is more exact than `-np.log(1 - ndtr(x))`: it never forms "
    "$1-0.999\\dots$)",
    wrong=(
        (_falling, "but it falls"),
        (_no_share, "x itself was taken"),
        (_half_way, "half of the way"),
        (_other_way, "the other way"),
    ),
    right=(lambda x: -log_ndtr(-x), lambda x: [-np.log(0.5 - (ndtr(v) - 0.5)) for v in x]),
    insight="Every law on the line can be reached from every noise that has a density: through "
    "the uniform law. The choice of the noise is a matter of convenience.",
    lecturer="The falling map is worth a minute: is it wrong? It makes perfect samples. The "
    "question asks for the rising one; a forger would take either.",
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


def _verify_two_bumps(answer, rng):
    u = rng.permutation(EVEN_U)
    y = numbers(call(answer, u), u.shape)
    if not close(numbers(call(answer, u[::-1]), u.shape), y[::-1]):
        return "The same u gave another y. All chance has to come from u: can it serve twice?"
    if largest_gap(y, HILLS) < 1e-3:
        return None
    known = {
        "You mixed the *values*, a quarter of one and three quarters of the other: that is one "
        "bell, around 1. Mix the laws: each u must go to one bump or the other.": _mixed_values,
        "Each side gets only a part of its bump: for u < 0.25, Φ⁻¹(u) never rises above −0.67. "
        "Which numbers must Φ⁻¹ be given to make a whole bell?": _not_stretched,
        "Whole bumps, but equally large ones. A quarter of the noise should go to the left.": (
            _even_sides
        ),
    }
    for fault, mistake in known.items():
        if close(np.sort(y), np.sort(mistake(u))):
            return fault
    low, high = np.mean(y < 0), np.mean(np.abs(np.abs(y) - 2) < 0.5)
    return (
        f"A share of {low:.2f} lies below 0 (it should be 0.25), and {high:.2f} within 0.5 of −2 "
        f"or 2 (it should be 0.68). The largest gap is {largest_gap(y, HILLS):.3f}."
    )


TWO_BUMPS = Exercise(
    name="1.4",
    kind="code",
    minutes=12,
    question="Two bumps from one number",
    verify=_verify_two_bumps,
    hints=(
        "Let a part of [0,1] serve the left bump, and the rest the right one.",
        "Given that u < 0.25, u is uniform on [0, 0.25]. What must be done to it for Φ⁻¹?",
        "u / 0.25 on the left, (u − 0.25) / 0.75 on the right; `np.where` chooses.",
    ),
    answer=two_bumps,
    solution="If $u$ falls into $[0,\\frac14]$, it is uniform *there*, so $u/\\frac14$ is fresh "
    "uniform noise; the same with the other three quarters. One number chooses the bump and then "
    "serves once more inside it. (The exact $F^{-1}$ is right as well. So is every other division "
    "of $[0,1]$ into a quarter and the rest.)",
    wrong=(
        (_mixed_values, "mixed the *values*"),
        (_not_stretched, "only a part of its bump"),
        (_fresh_luck, "gave another y"),
        (_even_sides, "equally large"),
    ),
    right=(
        lambda u: HILLS.ppf(u),
        lambda u: np.where(u > 0.75, -2 + ndtri((1 - u) * 4) / 2, 2 + ndtri(u / 0.75) / 2),
    ),
    insight="Your map jumps at one u. A network cannot: it must cross the hole, and some samples "
    "fall into it.",
    lecturer="Mixing values instead of laws is the commonest mistake, and it returns later: a "
    "generator that averages its modes draws something between them. Ask where the map jumps, and "
    "whether it must.",
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


def _verify_draw(answer, rng):
    points = np.sort(rng.uniform(-3, 3, 8))
    p = rng.uniform(0.5, 2, 8)
    F = from_density(points, p).cdf(points)
    y = numbers(call(answer, points, p, F), F.shape)
    if close(y[1:], points[:-1]):
        return (
            f"With points {points[:3].round(2)} …, a share of {F[1]:.3f} lies left of "
            f"{points[1]:.2f}, and yours puts this share left of {y[1]:.2f}: one strip too far to "
            "the left. A strip's share is complete at which of its ends?"
        )
    if close(y[1:], points[1:]) and y[0] > points[0] + 1e-6:
        return (
            f"Right from {points[1]:.2f} on, but nothing ever falls into the first strip, left of "
            "it: they all land on one point. Where is F = 0?"
        )
    if not close(y, points):
        return (
            f"For u = {F[4]:.3f} it gives {y[4]:.2f}; a share of {F[4]:.3f} lies left of "
            f"{points[4]:.2f}. Does your F end at 1?"
        )
    return _fault_between(answer, points, p, F, np.sort(rng.random(50)))


def _fault_between(answer, points, p, F, u):
    right = np.searchsorted(F, u)
    y = numbers(call(answer, points, p, u), u.shape)
    if np.all((y >= points[right - 1]) & (y <= points[right])) and np.all(np.diff(y) >= 0):
        return None
    return "At the points it is right; between them a sample leaves its strip, or they do not rise."


DRAW = Exercise(
    name="1.5",
    kind="debug",
    minutes=10,
    question="All samples are a little too far to the left",
    verify=_verify_draw,
    hints=(
        "Take four points and p = 1 everywhere, and work out F by hand. How long is it?",
        "Three strips, four points. The first entry of F is the share up to the *second* point.",
        "F is 0 at the first point: put that 0 in front, and use all points.",
    ),
    answer=draw,
    solution="$n$ points have $n-1$ strips between them, and `cumsum` gives the share up to each "
    "strip's *right* end. The broken code put it beside the left end, so that everything moved by "
    "one strip. Taking `points[1:]` instead looks better, but then the whole first strip falls on "
    "one point. $F$ needs its 0.",
    wrong=(
        (_one_strip_off, "one strip too far"),
        (_no_first_strip, "the first strip"),
        (_no_area, "Does your F end at 1?"),
    ),
    right=(lambda points, p, u: from_density(points, p).ppf(u),),
    insight="A histogram of 200 points would hardly have shown it. Test a sampler with few points, "
    "where a strip is wide.",
    lecturer="Let them find it by a test of their own before they read the code: which u has an "
    "answer that you know? (0, 1, and with p = 1 every u.)",
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
    return said + "That is better, as one expects. Which distances of points miss narrow hills?"


def points_gap(heights, width, points):
    """Return the largest gap of the law made of so many points of five hills, as in the figure."""
    x = np.linspace(-8, 8, int(points))
    exact = mixture(heights / heights.sum(), [-4, -2, 0, 2, 4], [width] * 5)
    if not exact.pdf(x).any():
        return 1.0
    return largest_gap(from_density(x, exact.pdf(x)).ppf(GRID_U), exact)


def _settings(answer):
    if answer == {}:
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
    return settings


WORSE = Exercise(
    name="1.6",
    kind="open",
    minutes=12,
    question="More points, and three times worse",
    verify=_verify_worse,
    hints=(
        "Only hills that are narrower than the distance of two points can be missed.",
        "The hills stand at −4, −2, 0, 2, 4. With 9 points, where do the points stand?",
        "With 9 points each hill has one on its top. With 10 they stand between: how many hills "
        "does each point see?",
    ),
    answer={"h1": 1, "h2": 1, "h3": 1, "h4": 1, "h5": 1, "width": 0.3, "fewer": 9, "more": 11},
    solution="Nine points on $[-8,8]$ are 2 apart, and one stands on the top of each hill: all "
    "five get the same share. With 11 points the distance is 1.6, and the one at 0 is the only one "
    "on a top; the middle hill gets far too much. The law *error ÷ 4 with twice the points* "
    "holds once the points are closer than the hills are wide.",
    wrong=(
        ({"h3": 1, "width": 0.6, "fewer": 20, "more": 40}, "as one expects"),
        ({"h1": 1, "h3": 1, "width": 0.4, "fewer": 9, "more": 14}, "now three times worse"),
        ({"h3": 1, "width": 0.1, "fewer": 9, "more": 10}, "Stay within the sliders"),
    ),
    right=({f"h{i}": 0.5 for i in range(1, 6)} | {"width": 0.4, "fewer": 9, "more": 10},),
    insight="A law of the kind “twice the points, a quarter of the error” speaks of fine "
    "grids. On a coarse one it is luck where the points fall.",
    lecturer="Let two or three people show their settings at the projector. Ask what a person sees "
    "who knows only the points: which of the two laws would they believe in?",
    picture="lab.hills_scene().figure(h1=1, h2=1, h3=1, h4=1, h5=1, width=0.3, points=11)",
)

EXERCISES = (TWO_NOISES, SQUARE, NORMAL_TO_EXP, TWO_BUMPS, DRAW, WORSE)
