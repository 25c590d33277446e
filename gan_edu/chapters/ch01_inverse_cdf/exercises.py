"""Exercises of chapter 01: maps from noise to samples."""

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri

from gan_edu.checking.exercise import Exercise, Unanswered, Wrong
from gan_edu.checking.guard import call
from gan_edu.checking.reading import apart, choice, close, number, numbers
from gan_edu.checking.slips import compare
from gan_edu.distributions import GRID_U, from_density, largest_gap, mixture

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
    right=("A narrower  bell", "a narrower bell.", ["a narrower bell"]),
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
    if close(found, 1 / 0.6, 0.04):
        return "Near. Take it to two decimals at least."
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
        (1.7, "two decimals"),
        (0.18, "Which u belongs to y = 0.09"),
    ),
    right=(np.float32(1.667), 1.66, 1.67, [5 / 3]),
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
        (_below_zero, "all below 0"),
        (_to_base_10, "base 10"),
        (lambda x: 1.001 * normal_to_exp(x), "of N(0,1). Your y"),
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
        (_DRAW[3][0], "left end alone"),
        (_DRAW[4][0], "right end alone"),
        (_DRAW[5][0], "equally wide"),
        (_never_between, "a larger u does not"),
        (lambda points, p, u: 1.01 * draw(points, p, u), "it gives"),
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
