# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # Turn noise into a sample
#
# [Open this chapter in Google Colab](https://colab.research.google.com/github/gan-edu/gan-edu/blob/main/notebooks/01_inverse_cdf.ipynb)

# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true} tags=["remove-cell"]
if "google.colab" in str(get_ipython()):  # elsewhere this cell does nothing
    course = "pooch anywidget psygnal 'ipywidgets>=8.1.5' git+https://github.com/gan-edu/gan-edu"
    get_ipython().run_line_magic("pip", f"install -q --no-deps {course}")
    __import__("google.colab").colab.output.enable_custom_widget_manager()

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
from gan_edu import stage

stage.picture(
    "inverse_cdf.png",
    "Dots come in from below, evenly spread, rise to a steep curve and go left, where they "
    "pile up as a bell.",
)

# %% [markdown] slideshow={"slide_type": "-"}
# A forger needs two things: chance, so that no two forgeries are alike, and a map that turns chance into something that looks real. In this chapter the map is exact, and the forgeries are perfect. At the end we take the map away.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **What you'll do.** Move two areas that stay equal and derive a map from uniform noise to the normal law (the normal distribution); drop dots through it; do the same for a density that you build with sliders; find three more maps; fit a network to the map, and see where it fails.
#
# **What you'll learn.** Why a density is no probability; what $\Phi$ and $\Phi^{-1}$ are; how a computer samples from *any* density on the line; what "a network can fit any function" promises and what not; and why a GAN is needed at all.
#
# **What you need.** Python, NumPy, a first course in probability, and seventy minutes. Near the end comes some PyTorch; what it does is said there. "The article" is the Chinese text whose path the course follows; a box like this `>` shows where one can be more precise than it is.

# %% [markdown] slideshow={"slide_type": "subslide"}
# | here | in code | the article | |
# |:--|:--|:--|:--|
# | $x$, or $u$ if uniform on $[0,1]$ | `x`, `u` | $x$ | the noise |
# | $\rho(x)$ | `noise.pdf(x)` | $\rho(x)$ | the noise's density |
# | $y=f(x)$ | `y` | $y=f(x)$ | the sample that the noise becomes |
# | $\varphi(y)$, $\Phi(y)$ | `normal().pdf(y)`, `.cdf(y)` | $\Phi(y)$ | density of $N(0,1)$, and its area to the left of $y$ |
# | $\Phi^{-1}(u)$ | `normal().ppf(u)`, `ndtri(u)` | $\Phi^{-1}$ | the $y$ that has area $u$ to its left |
# | $G(u)$ | `network(2 * u - 1)` | $G(X,\theta)$ | a network in the place of $f$ |
#
# All words of the course, in English and Chinese: the [glossary](glossary.ipynb).

# %% slideshow={"slide_type": "fragment"}
import numpy as np
from scipy.special import ndtr, ndtri

from gan_edu import settings, stage
from gan_edu.chapters.ch01_inverse_cdf import scenes as lab
from gan_edu.distributions import exponential, from_density, largest_cdf_error, mixture, normal, uniform
from gan_edu.networks import outputs

settings.reset()  # PyTorch and NumPy as in a new kernel

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Why noise
#
# A function that is given nothing returns the same thing each time: one forgery, for ever. So we give it a random number. All the variety comes from that number, and the function decides what the variety looks like.
#
# A computer's random numbers are uniform: each part of $[0,1]$ is hit as often as any other part of the same length. The article's question is therefore: how do we turn uniform noise into the law of the real samples? It starts with the law that everybody knows: **how does $U[0,1]$ become $N(0,1)$?**

# %% slideshow={"slide_type": "fragment"}
rng = np.random.default_rng(0)
u = rng.random(5)
print("noise:        ", u.round(2))
print("through u → u²:", (u**2).round(2))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Any function makes *some* law of it. We want the one that makes the bell.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Drop by drop
#
# Here is such a function. Never mind yet where the curve comes from. Each dot is one random number: from below up to the curve, then to the left. (The left picture is turned, so that its $y$ is the curve's. Lines show the last fifteen dots.)

# %% slideshow={"slide_type": "fragment"}
guess_far = stage.predict(
    "Drop 10,000 dots. How many land beyond −3 or 3?",
    ["none", "about 27", "about 500"],
)
guess_far

# %% [markdown] slideshow={"slide_type": "subslide"}
# **With how many dots would you call it a bell? What does the largest gap do when there are 100 times as many?** The gap compares, for each dot, the share of dots that lie lower (the dot itself counts half) with the exact share. Luck alone makes it about $0.83/\sqrt n$, even for perfect samples. ▶ drops them one after the other, then faster and faster.

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.drops_scene(),
    n=stage.played(stage.log(1, 100_000)),
    labels={"n": "dots"},
    alt="Dots rise to the curve, go left, and pile up beside a bell.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# A hundred times as many dots make the gap ten times smaller, on average; a single trial may give 5 or 17. The map is exact; what is left is luck.
#
# </details>
#
# Which curve does that? Before we derive it:

# %% slideshow={"slide_type": "fragment"}
guess_steep = stage.predict(
    "f turns evenly spread dots into N(0,1). Where must f be steepest?",
    ["where the bell is high", "where the bell is low", "it is equally steep everywhere"],
)
guess_steep

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Equal shares
#
# Look at the noise between $x$ and $x+dx$. An increasing $f$ carries all of it, and nothing else, to the stretch between $y$ and $y+dy$. So both stretches hold the same share of the dots. A density is not a share (spread all dots over $[0,\frac12]$, and the density is 2); density times width is:
#
# $$\rho(x)\,dx=\varphi(y)\,dy,\qquad \varphi(y)=\frac1{\sqrt{2\pi}}e^{-y^2/2}\tag{1.1}$$

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Move $x$ towards an end. What grows: $dy$, how thick the blue strip is, or $\varphi(y)$, how long it is? What never changes? Then make $dx$ small: do the last two numbers become equal?** The grey strip is a share of the noise, the blue strip is what $f$ makes of it; both pictures have one scale, so equal shares cover equal areas of the screen. The thin lines only show the way from one to the other.

# %% slideshow={"slide_type": "fragment"}
f = normal().ppf  # we shall derive it below
stage.explore(
    lab.areas_scene(uniform(), 0, 1, f),
    x=(0.02, 0.98), dx=(0.005, 0.3), all_to_the_left=True,
    alt="A strip of uniform noise below a curve, and the strip of the bell that it becomes.",
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
guess_steep.reveal(
    "where the bell is low",
    "By (1.1) the slope is dy/dx = ρ(x)/φ(y): where φ is small, the same share needs more room.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Check (1.1) at $x=0.8$, with a step that is small, but not infinitely so:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
x, dx = 0.8, 1e-5
y, dy = f(x), f(x + dx) - f(x)
print("ρ(x) dx = φ(y) dy to four digits:", np.isclose(1 * dx, normal().pdf(y) * dy, rtol=1e-4))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Add the strips up
#
# Equal strips add up to equal areas. Sum (1.1) over all strips to the left. The noise begins at 0, the bell at $-\infty$:
#
# $$\int_0^x\rho(t)\,dt=\int_{-\infty}^y\varphi(t)\,dt=\Phi(y)\tag{1.2}$$
#
# $\Phi(y)$ is the share of the bell to the left of $y$. Undo it, and there is the map:
#
# $$y=\Phi^{-1}\Bigl(\int_0^x\rho(t)\,dt\Bigr)\tag{1.3}$$
#
# For uniform noise the integral is $x$ itself, so $f=\Phi^{-1}$. **In the experiment above, tick "all to the left" and move $x$: which $y$ has half of the bell to its left?**

# %% [markdown] slideshow={"slide_type": "subslide"}
# Neither $\Phi$ nor $\Phi^{-1}$ can be written with roots, exponentials and the like. (1.3) is a name for the answer; a computer has to work it out. Here is the plain way: add up strips, then read the table backwards.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
y = np.linspace(-8, 8, 1601)
strips = 0.01 * np.exp(-(y**2) / 2) / np.sqrt(2 * np.pi)
Phi = np.cumsum(strips) - strips / 2  # up to the middle of each strip
print("Φ⁻¹(0.975) ≈", np.interp(0.975, Phi, y).round(2))

# %% [markdown] slideshow={"slide_type": "fragment"}
# SciPy has $\Phi$ as `ndtr` and $\Phi^{-1}$ as `ndtri`, right to the last digits. The package uses these.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
u = rng.random(1000)
print("our table is right to four digits:", np.allclose(np.interp(u, Phi, y), ndtri(u), atol=1e-4))
print("there and back:", np.allclose(ndtr(ndtri(u)), u, rtol=1e-14))
print("the package's is the same:", np.array_equal(normal().ppf(u), ndtri(u)))

# %% [markdown] slideshow={"slide_type": "subslide"}
# At the ends of $[0,1]$ the map runs away. A computer's "0 or more, less than 1" can return 0, so whoever samples in this way keeps $u$ a little away from both ends. And PyTorch's `torch.rand`, in numbers of 32 bits, draws multiples of $2^{-24}$: below the first of them there is only 0, and the noise cannot become a sample below this one.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
print("Φ⁻¹(0), Φ⁻¹(1):", normal().ppf([0, 1]))
print("Φ⁻¹(2⁻²⁴):", ndtri(2.0**-24).round(2))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Count the rare ones
#
# Now (1.3) can answer the question of the beginning. Dots beyond ±3 come from the two ends of the noise, a share of $\Phi(-3)$ at each.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
print("expected beyond ±3:", round(10_000 * 2 * ndtr(-3)))
y = normal().sample(60_000, rng).reshape(6, 10_000)
print("six times 10,000 dots:", np.sum(np.abs(y) > 3, axis=1))

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_far.reveal(
    "about 27",
    "The first and the last 0.135 % of [0,1] land there, where the curve is steep.",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Noise of another shape
#
# Nothing in (1.1) needed the noise to be uniform. Take waiting times, Exp(1), with $\rho(x)=e^{-x}$ for $x\ge0$. The share to the left of $x$ is $1-e^{-x}$, so $y=\Phi^{-1}(1-e^{-x})$.

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **The article says** that the integral in (1.3) starts at 0, for any $\rho$. **Precisely:** it starts where the noise starts, in general at $-\infty$. From 0 is right for noise on $[0,\infty)$, such as $U[0,1]$ and Exp(1):
# >
# > $$y=\Phi^{-1}\Bigl(\int_{-\infty}^x\rho(t)\,dt\Bigr)\tag{1.4}$$
#
# Try it with noise that is normal already. The best map then leaves everything as it is. The integral from 0 is $\Phi(x)-\frac12$:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
x = np.array([-2.0, -1.0, 1.0, 2.0])
print("from −∞:", ndtri(ndtr(x)).round(2))
print("from 0: ", ndtri(ndtr(x) - 0.5).round(2))

# %% [markdown] slideshow={"slide_type": "subslide"}
# No answer for half of the noise, and a wrong one for the rest. Now Exp(1), checked on ready-made noise. (Luck makes a gap of three times the usual size hardly ever.)

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
def exp_to_normal(x):
    return ndtri(1 - np.exp(-x))


y = exp_to_normal(rng.exponential(size=100_000))
print("Exp(1) became N(0,1):", largest_cdf_error(y) < 3 * 0.83 / np.sqrt(len(y)))

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Where does half of the waiting times lie? Move $x$ so that $y=0$. Is the map steeper on the left or on the right, and why?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.areas_scene(exponential(), 0, 5, exp_to_normal),
    x=(0.05, 4.5), dx=(0.01, 0.5), all_to_the_left=True,
    alt="A strip below the falling density of Exp(1), and the strip of the bell that it becomes.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# $y=0$ belongs to $x=\log 2\approx0.69$, the median. The slope is $\rho/\varphi$. At both ends $\varphi$ is small; but on the right $\rho=e^{-x}$ is smaller still, so the map is flat there, and steep on the left.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Any density
#
# Nothing needed the bell either. With any density $p(y)$ and $F(y)=\int_{-\infty}^y p$, the map is $y=F^{-1}(u)$. Know $p$ at some points, join them by straight lines, and add up trapezoids:

# %% slideshow={"slide_type": "fragment"}
points = np.linspace(-8, 8, 201)
p = np.exp(-np.abs(points)) * (1 + np.sin(3 * points))  # whatever you like, if not negative
F = np.append(0, np.cumsum(np.diff(points) * (p[1:] + p[:-1]) / 2))
F /= F[-1]
y = np.interp(rng.random(10_000), F, points)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The package has this as `from_density`. Below a straight line the area grows like a parabola; the package inverts that, where `interp` joins the points by straight lines.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
distribution = from_density(points, p)
print("same F at the points:", np.allclose(distribution.cdf(points), F))
print("there and back:", np.allclose(distribution.cdf(distribution.ppf(u)), u))
print("10,000 samples fit:", largest_cdf_error(y, distribution) < 3 * 0.83 / np.sqrt(len(y)))

# %% slideshow={"slide_type": "subslide"}
guess_error = stage.predict(
    "Know the density at twice as many points. The largest gap of F is divided by about …",
    ["2", "4", "16"],
)
guess_error

# %% [markdown] slideshow={"slide_type": "subslide"}
# Five sliders lift five hills. Blue is exact; orange is what we make of it from the points. **Build a density that you like. Where is $F$ steep, where is $F^{-1}$? Then lift all five hills to 1, set their width to 0.3 and go down to 15 points: which hill gets too many samples, which get too few, and why those?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.hills_scene(),
    h1=(0.0, 1.0), h2=(0.0, 1.0), h3=(0.0, 1.0), h4=(0.0, 1.0), h5=(0.0, 1.0), width=(0.3, 0.9),
    points=stage.log(9, 801),
    labels={f"h{i}": f"hill at {x}" for i, x in enumerate([-4, -2, 0, 2, 4], 1)},
    alt="A density of hills with a histogram of samples, its area to the left, and the inverse.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# Where the density is high, $F$ is steep and $F^{-1}$ is flat. With points further apart than a hill is wide, it depends on where they fall. A hill with a point on its top gets too many samples: straight lines down from the top make a wide triangle of it. A hill whose top lies midway between two points gets too few: its top is cut off.
#
# </details>
#
# The same in numbers, for the 15 points and narrow hills of the figure:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
tops, points = np.array([-4, -2, 0, 2, 4]), np.linspace(-8, 8, 15)
rough = from_density(points, mixture([0.2] * 5, tops, [0.3] * 5).pdf(points))
print("from the top to the nearest point: ", np.abs(tops[:, None] - points).min(axis=1).round(2))
per_hill = 5 * (rough.cdf(tops + 1) - rough.cdf(tops - 1))
print("samples per hill, 1 would be right:", per_hill.round(2))

# %% [markdown] slideshow={"slide_type": "fragment"}
# How fast does the error fall with more points? `GRID_U` holds 2000 evenly spread numbers in the place of random ones, so that no luck is in the following check.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
two_hills = mixture([0.3, 0.7], [-2, 1.5], [0.5, 0.8])
errors = []
for count in (201, 401, 801):
    points = np.linspace(-8, 8, count)
    ours = from_density(points, two_hills.pdf(points))
    errors.append(largest_cdf_error(ours.ppf(lab.GRID_U), two_hills))
print("divided by:", np.round(np.divide(errors[:-1], errors[1:])).tolist())
print("at 801 points below 0.0001:", errors[-1] < 1e-4)

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_error.reveal(
    "4", "Half the distance between two points, and a line misses a curve by a quarter."
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A hole
#
# Handwriting has holes: there are threes and there are eights, and between them hardly anything. What does the map do where nothing must be? Here are two hills, triangles for simplicity, with nothing between −1 and 1.

# %% slideshow={"slide_type": "fragment"}
guess_gap = stage.predict(
    "Where the density is zero, F is flat. What does F⁻¹ do there?",
    ["it is flat too", "it jumps", "it does not exist"],
)
guess_gap

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
distribution = from_density([-3, -2, -1, 1, 2, 3], [0, 1, 0, 0, 1, 0])
print("around u = ½:", distribution.ppf([0.4999999, 0.5000001]).round(2))
y = distribution.sample(100_000, rng)
print("samples between −0.999 and 0.999:", np.sum(np.abs(y) < 0.999))

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_gap.reveal(
    "it jumps",
    "A tiny step in u crosses the whole hole. No sample falls into it.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The networks that we shall use are continuous: they cannot jump. All they can do is cross quickly. Below, a bell is cut at 0 and its halves are pulled apart. **How narrow must the ramp be for less than one sample in a hundred to fall into the hole? Does it matter how wide the hole is? Can it be none for a continuous map?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.gap_scene(),
    gap=(0.5, 4.0), ramp=(0.002, 0.3),
    labels={"gap": "hole"},
    alt="A map that jumps over a gap, a continuous one that crosses it, and the samples of both.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# The share in the hole is less than the width of the ramp, and nearly equal to it when the ramp is narrow. It is never 0: a continuous map takes every value in the hole on its way, and needs a stretch of $u$ to do so. Keep this in mind for the digits: on the way from a 3 to an 8, a network must draw something that is neither.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Is it the only map?

# %% slideshow={"slide_type": "fragment"}
guess_maps = stage.predict(
    "How many functions f turn U[0,1] into N(0,1)?",
    ["just Φ⁻¹", "two: Φ⁻¹ and its mirror image", "infinitely many"],
)
guess_maps

# %% slideshow={"slide_type": "subslide"}
def tent(u):
    return 1 - np.abs(1 - 2 * u)


maps = {
    "Φ⁻¹(u)": lambda u, s: u,
    "Φ⁻¹(1 − u)": lambda u, s: 1 - u,
    "Φ⁻¹(tent(u))": lambda u, s: tent(u),
    "Φ⁻¹((u + s) mod 1)": lambda u, s: (u + s) % 1,
}

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
for first in maps.values():
    y = ndtri(first(lab.GRID_U, 0.3))  # 2000 numbers, evenly spread
    print("N(0,1):", largest_cdf_error(y) < 0.001, " rises everywhere:", np.all(np.diff(y) > 0))

# %% [markdown] slideshow={"slide_type": "subslide"}
# Each entry says what happens before $\Phi^{-1}$. The last three turn uniform noise into *uniform noise*, by reflecting, folding or cutting it. Then comes $\Phi^{-1}$. **Move $u$: do the four maps agree where it goes? Move $s$: does the histogram change by more than luck?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.maps_scene(maps),
    u=(0.01, 0.99), shift=(0.0, 0.95),
    labels={"shift": "s"},
    alt="Four curves, and below each a histogram of its samples beside a bell.",
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_maps.reveal(
    "infinitely many",
    "Any map that turns uniform noise into uniform noise may come first; each s gives another.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **The article says** that $\rho(x)\,dx=\varphi(y)\,dy$ gives *the* map $f$. **Precisely:** in this form it holds for an increasing $f$, and among increasing maps $\Phi^{-1}$ is the only one. In general several stretches of noise may land on the same $y$. Their shares add up, and a falling branch counts with the size of its slope:
# >
# > $$\sum_{x:\,f(x)=y}\rho(x)\,\Bigl|\frac{dx}{dy}\Bigr|=\varphi(y)\tag{1.5}$$
#
# The tent has two branches. Without the bars they would cancel:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
def folded(u):
    return ndtri(tent(u))


y, h = 0.7, 1e-6
branches = np.array([ndtr(y) / 2, 1 - ndtr(y) / 2])  # the two solutions of tent(u) = Φ(y)
slopes = (folded(branches + h) - folded(branches - h)) / (2 * h)
print("with bars:   ", np.isclose(np.sum(1 / np.abs(slopes)), normal().pdf(y)))
print("without bars:", np.sum(1 / slopes).round(4) + 0.0)

# %% [markdown] slideshow={"slide_type": "fragment"}
# That is good news for a forger. It need not find *the* map: any of endlessly many will do.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Let a network be the map
#
# $\Phi^{-1}$ is hard to write down, and it belongs to a simple law. For digits nobody could write down anything. So the article proposes a network $G(x,\theta)$ in the place of $f$, and calls it the **generator**.
#
# A *network* is a chain of layers. A layer of width $w$ makes $w$ numbers $\tanh(a\cdot x+b)$ of what comes in, each with its own $a$ and $b$; the last layer only adds its inputs up with weights. All the $a$ and $b$ together are $\theta$. To train is to change $\theta$ a little at a time, so that a *loss*, a number that says how wrong the outputs are, goes down.

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **The article says** that a network can fit any function. **Precisely:** for each *continuous* function on a *closed and bounded* set, and each $\varepsilon>0$, there is a network with one hidden layer, wide enough, that is nowhere further than $\varepsilon$ away (Cybenko 1989; Hornik 1991; Leshno and others 1993, for any activation but a polynomial). The theorem says that such weights *exist*, not that training finds them. And $\Phi^{-1}$ is not bounded: no continuous function on all of $[0,1]$ stays close to it at 0 and 1.

# %% slideshow={"slide_type": "fragment"}
guess_where = stage.predict(
    "A network with two layers of 32 learns Φ⁻¹. Where will it be worst?",
    ["in the middle", "at the two ends", "equally bad everywhere"],
)
guess_where

# %% [markdown] slideshow={"slide_type": "subslide"}
# Here the answer is known, so this is plain regression: draw $u$, ask for $\Phi^{-1}(u)$, and pay the squared error. (The ends are cut off at $10^{-6}$: one infinite answer would spoil everything. The network is given $2u-1$, which lies around 0; that is easier to learn from.)

# %% slideshow={"slide_type": "fragment"}
import torch
from torch import nn

torch.set_num_threads(1)

# %% slideshow={"slide_type": "fragment"}
def new_network(width):
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(1, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1)
    )


def exact_pairs():
    u = torch.rand(512, 1).clamp(1e-6, 1 - 1e-6)
    return u, torch.special.ndtri(u)

# %% [markdown] slideshow={"slide_type": "subslide"}
# `backward` computes how the loss would change with each number in $\theta$, and `step` moves them all a little downhill, by a rule called Adam. Its rate, the size of the steps, falls from 0.01 to 0 along a cosine. `yield` hands out the number of steps done, so that somebody may look in between.

# %% slideshow={"slide_type": "fragment"}
def train(network, draw_pairs, steps):
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for step in range(1, steps + 1):
        u, y = draw_pairs()
        loss = (network(2 * u - 1) - y).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        yield step

# %% [markdown] slideshow={"slide_type": "fragment"}
# Five networks, 2000 steps each. `lab.record` notes what each has learned on the way, so that the sliders need not train.

# %% slideshow={"slide_type": "fragment"}
fits = {}
for width in (2, 4, 8, 16, 32):
    network = new_network(width)
    fits[width] = lab.record(network, train(network, exact_pairs, 2000))

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Is it better to have more width, or more steps? What stays wrong at width 32 and 2000 steps?** The third picture enlarges the left end, with $u$ down to one in a million: the *tail*, where the rare values are. The sharp dips of the error are places where the curves cross.

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.fit_scene(fits),
    width=stage.log(2, 32), steps=stage.log(1, 2000),
    alt="A network beside Φ⁻¹: its curve, its error over u, and the left tail, enlarged.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# It takes both, and neither helps much alone. The tail stays wrong.
#
# </details>
#
# (The first 2000 outputs of a record belong to `GRID_U`, the others to the tail.)

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
best = fits[32][2000]
tail_error = np.abs(best[2000:] - ndtri(lab.TAIL_U))
print("middle, 0.05 < u < 0.95: below 0.05:", lab.middle_error(best[:2000]) < 0.05)
print("tail, u = 0.000001: above 1:", tail_error[0] > 1)

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_where.reveal(
    "at the two ends",
    "There Φ⁻¹ grows without end, and there are hardly any pairs to learn from.",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What never happens
#
# The last layer adds up 32 numbers between −1 and 1, with finite weights. So this network's output has a limit that no noise can exceed:

# %% slideshow={"slide_type": "fragment"}
weights, offset = network[-1].weight.detach(), network[-1].bias.item()
limit = weights.abs().sum().item() + abs(offset)
print(f"largest output for u in [0, 1]: {np.abs(best).max():.1f}")
print(f"for any input whatever, at most: {limit:.1f}")

# %% [markdown] slideshow={"slide_type": "fragment"}
# $N(0,1)$ has no limit. How bad is that? It depends on whom you ask. Let $G$ draw the bell cut off at $\pm b$, scaled up to area 1. Two measures, which the next chapters explain:
#
# - **Wasserstein distance** $W_1$: how far must the dots be moved, on average, to make one law of the other?
# - **Kullback–Leibler divergence** $\mathrm{KL}(N\Vert G)=\int\varphi\log\frac{\varphi}{p_G}$: how surprised is someone who trusts $G$ and then sees real samples? One sample that $G$ deems impossible is enough for infinite surprise.

# %% slideshow={"slide_type": "subslide"}
guess_bound = stage.predict(
    "As the bound b grows, which of the two goes to 0?",
    ["W₁ alone", "KL(N‖G) alone", "both"],
)
guess_bound

# %% [markdown] slideshow={"slide_type": "fragment"}
# **How large must $b$ be for a $W_1$ below 0.001? What is the orange density beyond $b$, and what does that do to $\mathrm{KL}(N\Vert G)$, for any $b$?** (With a logarithmic axis the bell is a parabola.)

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.bound_scene(),
    bound=(0.5, 5.5),
    labels={"bound": "b"},
    alt="Left: the bell, and one cut off. Right: both measures, up to this bound.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# About 3.6; and beyond $b$ the density is 0, so KL is infinite for each $b$.
#
# </details>
#
# Check it with sums over strips. SciPy's `rel_entr(p, q)` is $p\log(p/q)$, the summand of KL:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
from scipy.special import rel_entr

y = np.linspace(-8, 8, 16_001)
p = normal().pdf(y) * 0.001
for b in (1, 3, 5):
    q = np.where(np.abs(y) < b, p, 0)
    kl = rel_entr(p, q / q.sum()).sum()
    print(f"b = {b}  KL(N‖G) = {kl}  W₁ = {lab.bounded_w1(b):.6f}")

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_bound.reveal(
    "W₁ alone",
    "What G leaves out is rare and costs W₁ little. For KL(N‖G) impossible is impossible.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# So "how good is the forger?" has no answer before we say how we measure. Chapters 2 and 3 are about that.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What if nobody tells you f?
#
# Look back at what regression was given: pairs $(u,y)$, and for each $u$ the right $y$. We had them because we knew $\Phi^{-1}$. With digits you have noise, which you make yourself, and real samples, which somebody brings. **Nobody can say which noise belongs to which digit.**

# %% slideshow={"slide_type": "fragment"}
guess_pairs = stage.predict(
    "2000 real samples, 2000 noise numbers, paired at random. What does the network learn?",
    ["Φ⁻¹ all the same", "another map to N(0,1)", "nearly a constant"],
)
guess_pairs

# %% [markdown] slideshow={"slide_type": "subslide"}
# We take the right pairs and mix up some of them: all, three quarters, half, a quarter, none. Each time a network of width 16 learns from them by regression. (A huge network could learn 2000 random pairs by heart. It would hand back the samples that it was given, and rubbish between them. A small one sees a cloud.)

# %% slideshow={"slide_type": "fragment"}
def learn_from(y):
    u = torch.from_numpy(lab.GRID_U).float()[:, None]
    y = torch.from_numpy(y).float()[:, None]
    network = new_network(16)
    for _ in train(network, lambda: (u, y), 1000):
        pass  # run it to the end
    return outputs(network, lab.GRID_U)

# %% slideshow={"slide_type": "fragment"}
pairs = {}
for right in (0, 25, 50, 75, 100):
    y = lab.mispaired(ndtri(lab.GRID_U), right / 100, np.random.default_rng(0))
    pairs[right] = y, learn_from(y)

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Take the right pairs away, until none is left. What do the samples look like then? (Their bar is cut off.) How many right pairs does the bell need?** The blue curve is the exact best guess: by squared error that is the mean of $y$, given $u$.

# %% slideshow={"slide_type": "subslide"}
stage.explore(
    lab.pairs_scene(pairs),
    right=(0, 100, 25),
    labels={"right": "% right pairs"},
    alt="Pairs of noise and sample, what a network learns from them, and its samples.",
)

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
for right in (0, 50, 100):
    miss = pairs[right][1].std() - right / 100
    print(f"{right:3} % right: G's spread is {right / 100}, give or take 0.15:", abs(miss) < 0.15)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# The bell needs all of them. With a share $p$ of right pairs the best guess is $p\,\Phi^{-1}(u)$, a bell only $p$ times as wide.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_pairs.reveal(
    "nearly a constant",
    "Near any u there are all kinds of y, so the best guess is their mean, each time.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The pairs were real samples, each one of them, and the noise was proper noise. Yet the forger learned to draw one thing: the average. With digits that would be one grey smudge.
#
# Here this road ends. On the line we could sort both lists and pair the smallest with the smallest, but images have no order. What we need is a teacher that never asks *which noise belongs to which sample*. It may only ask: **do the forgeries, taken together, look like the real samples, taken together?** That is a distance between two laws, and then, an opponent.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# Write your answer into the cell below each question and run it: `check` says at once whether it is right, and if not, what to think about. `hint("1.1")` gives up to three hints, one more each time; `solution("1.1")` shows the worked answer; `progress()` shows what you have solved. The file `exercises_done.json`, beside this notebook, remembers it. Together the exercises take about fifty minutes.

# %% slideshow={"slide_type": "fragment"}
from gan_edu.exercises import check, hint, progress, solution

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 1.1 · Feed the map with the wrong noise
#
# *Predict, 4 minutes.* $\Phi^{-1}$ turns one uniform number into a sample of $N(0,1)$. Somebody feeds it with the mean of two, $\Phi^{-1}\bigl(\frac12(u_1+u_2)\bigr)$. What are the samples like: `"N(0,1)"`, `"a narrower bell"` or `"a wider bell"`?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None
check("1.1", answer)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 1.2 · How dense are the samples?
#
# *Compute, 5 minutes.* The first function in this chapter was $u\mapsto u^2$. With uniform noise, what is the density of its samples at $y=0.09$?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None
check("1.2", answer)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 1.3 · Turn bells into waiting times
#
# *Code, 8 minutes.* You have noise from $N(0,1)$ and need waiting times, Exp(1). Write the *increasing* map that turns the one into the other, for an array `x` of noise. (`ndtr` is $\Phi$.)

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def normal_to_exp(x):
    ...


check("1.3", normal_to_exp)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 1.4 · Two bumps from one number
#
# *Code, 12 minutes.* A quarter of all samples should come from $N(-2,\frac14)$ and three quarters from $N(2,\frac14)$; both bumps have spread ½. Write a function of an array `u` of uniform noise that makes them. One number must be enough for one sample, and the same number must give the same sample. Any map that makes this law is right.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def two_bumps(u):
    ...


check("1.4", two_bumps)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 1.5 · All samples are a little too far to the left
#
# *Debug, 10 minutes.* This is how we sampled from a density known at some `points`, written by somebody in a hurry. Run it with few points, find out what is wrong, and repair it.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def draw(points, p, u):
    strips = np.diff(points) * (p[1:] + p[:-1]) / 2
    F = np.cumsum(strips) / strips.sum()
    return np.interp(u, F, points[:-1])


check("1.5", draw)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 1.6 · More points, and three times worse
#
# *Open, 12 minutes.* Go back to the five hills. Twice as many points divide the error by four, we said. Find hills and two numbers of points such that *more* points give a largest gap more than *three times* as large, and hand over your sliders, like `dict(h1=0.5, h3=1, width=0.6, fewer=20, more=40)`. A hill that you leave out is 0.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None
check("1.6", answer)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## In this chapter we saw
#
# - Equal shares, $\rho(x)\,dx=\varphi(y)\,dy$, add up to a map from noise to any law on the line: $F^{-1}$. It jumps where the law has a gap, and it is the only map only among increasing ones.
# - A network can stand in for the map where it is tame. It cannot jump, and it cannot reach the tails; how much that matters depends on the distance.
# - Regression needs pairs of noise and sample. Nobody has them, so a forger needs another teacher.
