# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # Turn noise into samples
#
# [Open this chapter in Google Colab](https://colab.research.google.com/github/gan-edu/gan-edu/blob/main/notebooks/01_inverse_cdf.ipynb)

# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true} tags=["remove-cell"]
if "google.colab" in str(get_ipython()):  # elsewhere this cell does nothing
    need = "pooch anywidget psygnal comm 'ipywidgets>=8.1.5' git+https://github.com/gan-edu/gan-edu"
    get_ipython().run_line_magic("pip", f"install -q --no-deps {need}")
    __import__("google.colab").colab.output.enable_custom_widget_manager()

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
# Warm-up: three questions from earlier chapters, one minute
from gan_edu import practice

practice.warm_up(1)

# %% [markdown] slideshow={"slide_type": "-"}
# The next two cells show a curve. Each dot on its lower axis is a random number $z$ between 0 and 1. From some of them a line leads up to the curve, and from there to the left, to the sample $x$. The bars show how densely the dots lie. **Run both cells and press ▶, and the dots fly. Then take more and more of them: what shape do they pile up into on the left? How many does it take to see it?**

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
from gan_edu import settings, stage
from gan_edu.chapters.ch01_inverse_cdf import scenes as lab
from gan_edu.chapters.ch01_inverse_cdf.drawn import drawn_scene

settings.reset()  # PyTorch and NumPy as in a new kernel

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.explore(
    lab.drops_scene(),
    flight=stage.played((0.0, 1.0)),
    n=stage.log(1, 100_000),
    density=False,
    labels={"n": "dots", "density": "compare with a curve"},
    alt="Lines lead from dots up to a curve and to the left, where they pile up as a histogram.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# A bell, the shape of the normal distribution: tick *compare with a curve* to see it. A few thousand dots show it clearly.
#
# </details>
#
# A generator does just this: it turns random numbers into samples. But how do you find the curve? In this chapter each sample is a single number, so we can write the curve down.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **What you'll do.** Derive the map from uniform noise to the normal distribution, and to one of your own; train a neural network to be the map; then take the right answers away.
#
# **What you'll learn.** What a density and a CDF are; how a computer samples from any distribution on a line; what "a network can fit any function" promises; why we need GANs.
#
# **What you need.** Python, NumPy and a first course in probability. The core takes about 45 minutes, the sections marked *Further* about 20 more, the exercises about 55 (exercise 1.6 needs *Further*).

# %% slideshow={"slide_type": "fragment"}
import numpy as np
from scipy.special import ndtr, ndtri

from gan_edu.distributions import GRID_U, from_density, largest_cdf_error, normal, uniform

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A generator needs noise
#
# A program without any input returns the same thing every time. So we give the generator a random number $z$, its **noise**. All variety comes from the noise. What the generator returns is a **sample** $x=f(z)$, and we call $f$ the *map*.
#
# A computer's random numbers are uniform, in symbols $U[0,1]$: all parts of $[0,1]$ with the same length are hit equally often. The generator has to turn them into samples like the real ones. We begin with the normal distribution $N(0,1)$, a bell with mean 0 and standard deviation 1: **how does $U[0,1]$ become $N(0,1)$?**

# %% slideshow={"slide_type": "fragment"}
rng = np.random.default_rng(0)
z = rng.random(5)
print("noise z:      ", z.round(2))
print("sample x = z²:", (z**2).round(2))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Any function gives *some* distribution. The curve in the first figure gives $N(0,1)$; now we derive it.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
guess_longer = stage.predict(
    "With the curve of the first figure, the noise between 0.5 and 0.6 becomes samples, and so "
    "does the noise between 0.8 and 0.9. "
    "Which samples spread over more of the x axis?",
    ["those of the first", "those of the second", "both equally far"],
)
guess_longer

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Derive the map
#
# A tenth of the noise lies between 0.5 and 0.6, so it becomes a tenth of the samples. This gives us the map $f$. Take a short interval of noise, from $z$ to $z+dz$. An increasing $f$ sends its ends to the samples $x=f(z)$ and $x+dx=f(z+dz)$, and all noise inside, but no other, to the samples between them. So the two intervals have the same probability.
#
# A **density** is probability per length: for a short interval, density times width is its probability. (It may be above 1: uniform noise on $[0,\frac12]$ has density 2.) With $\rho$ for the density of the noise and $\varphi$ for the density of $N(0,1)$:
#
# $$\rho(z)\,dz=\varphi(x)\,dx,\qquad \varphi(x)=\frac1{\sqrt{2\pi}}e^{-x^2/2}\tag{1.1}$$

# %% [markdown] slideshow={"slide_type": "subslide"}
# The area of the grey strip is the probability of the noise, that of the blue strip the probability of the samples. **Move $z$ to either end, with its slider or by dragging in the picture: does the blue strip cover a longer or a shorter piece of the $x$ axis? Which of the four numbers in the picture are always equal, and which only if $dz$ is small?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    lab.areas_scene(uniform(), 0, 1, normal().ppf),
    z=(0.02, 0.88), dz=(0.005, 0.1),
    alt="A strip of uniform noise below a curve, and the strip of the bell that it becomes.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# Towards either end the blue strip takes up more of the $x$ axis, because the bell is lower there. The first three numbers are always equal: both areas are the same probability, and so is $\rho(z)\,dz$. The last uses the height of the bell at one end for the whole strip; the smaller $dz$, the less that matters.
#
# </details>

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
guess_longer.reveal(
    "those of the second",
    "Each interval holds a tenth of the noise, so it becomes a tenth of the samples. The second "
    "tenth needs more room, because the bell is lower there.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# (1.1) in code, for one small $dz$. `ndtri` is the map, as the next section shows; `normal().pdf` is $\varphi$:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
z, dz = 0.8, 0.0001
x, dx = ndtri(z), ndtri(z + dz) - ndtri(z)
print(f"ρ(z) dz = {1 * dz:.7f}    φ(x) dx = {normal().pdf(x) * dx:.7f}")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Adding up the strips gives Φ⁻¹
#
# (1.1) compares one strip of noise with one strip of samples. To find $x$ itself, we add up all strips: those of noise to the left of $z$, and those of samples below $x$. **Move $z$: are both areas equal again? At which $x$ is half of the bell shaded, and from which $z$ does it come?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    lab.areas_scene(uniform(), 0, 1, normal().ppf, all_to_the_left=True),
    z=(0.02, 0.98),
    alt="All noise to the left of z below a curve, and the part of the bell that it becomes.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# They are equal for every $z$. Half of the bell is shaded at $x=0$, which comes from $z=\frac12$, where half of the noise is shaded.
#
# </details>
#
# In symbols, we add up (1.1). The noise begins at 0, the bell at $-\infty$:
#
# $$\int_0^z\rho(t)\,dt=\int_{-\infty}^x\varphi(t)\,dt=\Phi(x)\tag{1.2}$$
#
# $\Phi(x)$ is the **cumulative distribution function** (CDF) of $N(0,1)$: the probability of a value below $x$. Solving for $x$ gives the map:
#
# $$x=\Phi^{-1}\Bigl(\int_0^z\rho(t)\,dt\Bigr)\tag{1.3}$$
#
# For uniform noise the integral is simply $z$, so $f=\Phi^{-1}$: the **inverse CDF**, or quantile function.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Neither $\Phi$ nor $\Phi^{-1}$ has a closed formula. But a computer can add up strips into a table of $\Phi$ and read it backwards. SciPy has $\Phi$ as `ndtr` and $\Phi^{-1}$ as `ndtri`:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
x = np.linspace(-8, 8, 1601)
strips = 0.01 * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
Phi = np.cumsum(strips) - strips / 2  # up to the middle of each strip

z = np.array([0.025, 0.25, 0.9, 0.999])
print("Φ⁻¹ from our table:", np.interp(z, Phi, x).round(3))
print("Φ⁻¹ from SciPy:    ", ndtri(z).round(3))

# %% [markdown] slideshow={"slide_type": "fragment"}
# In the course's package, `normal()` has the density as `pdf`, $\Phi$ as `cdf` and $\Phi^{-1}$ as `ppf`.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The inverse CDF works for every distribution on a line
#
# Nothing in this derivation needed the normal distribution. Take any density $p(x)$ and its CDF $F(x)=\int_{-\infty}^x p(t)\,dt$. The map is $x=F^{-1}(z)$; this way of sampling is called *inverse transform sampling*. In code, we take the density at some points, join them by straight lines, and add up trapezoids:

# %% slideshow={"slide_type": "fragment"}
points = np.linspace(-8, 8, 201)
p = np.exp(-np.abs(points)) * (1 + np.sin(3 * points))  # whatever you like, if not negative
F = np.append(0, np.cumsum(np.diff(points) * (p[1:] + p[:-1]) / 2))
F /= F[-1]  # the total is 1

x = np.interp(rng.random(10_000), F, points)  # F⁻¹ of uniform noise

# %% [markdown] slideshow={"slide_type": "subslide"}
# Do these samples have the right distribution? The *largest CDF error* (Kolmogorov–Smirnov distance, KS) says how far off they are. It is the largest difference between $F(x)$ and the share of the samples below $x$: the black arrow in this picture.

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.show(
    lab.cdf_error_figure(),
    alt="A staircase, the share of twelve samples below x, beside the CDF, and their largest gap.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Our samples have an error. Those of a map without any fault have one too, because there are only $n$ of them. This *sampling error* falls slowly: a hundred times as many samples make it a tenth as large.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-input"]
print(f"our 10,000 samples:  error {largest_cdf_error(x, from_density(points, p)):.4f}")
for n in (100, 10_000):
    errors = [largest_cdf_error(normal().ppf(rng.random(n))) for _ in range(100)]
    print(f"N(0,1), n = {n:6,}: error {np.mean(errors):.4f} (mean of 100)")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Now draw a density of your own, with the pointer; its area is made 1. Its peaks are called **modes**. `from_density` does what the code above does. **Is $F^{-1}$ steep or flat where the samples are dense? What does it do between two modes that are far apart?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
pad = stage.sketch(x=(-4, 4), y=(0, 1), labels=("sample x", "density"), height=1.7)
stage.explore(
    drawn_scene(pad),
    density=pad,
    alt="A pad to draw a density on; below it samples of that density, its CDF and the inverse.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# Where the samples are dense, $F^{-1}$ is flat: many noise values become nearly the same sample. Between two modes it almost jumps; where the density is 0, it jumps.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Let a neural network be the map
#
# For images nobody can write down a density, let alone its inverse CDF. So we put a neural network $G(z)$, the **generator**, in the place of $f$.
#
# A network is a chain of *layers*; each turns the numbers that it gets into new ones. Ours has three, and its *width* is $w$:
#
# | layer | gets | computes |
# |:--|:--|:--|
# | 1 | the noise $z$ | $w$ numbers, each $\tanh(az+b)$ with its own *weight* $a$ and *bias* $b$ |
# | 2 | these $w$ numbers | $w$ new ones, each $\tanh$ of a weighted sum plus a bias |
# | 3 | these $w$ numbers | the sample $x$: a weighted sum plus a bias |
#
# Without the S-shaped curve $\tanh$ the whole chain would be a straight line. All weights and biases together are the **parameters** $\theta$. A **loss** is a number that says how wrong the outputs are, and to *train* a network is to change $\theta$ in small steps so that the loss goes down.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Here we know the right answer, so this is plain *regression*, learning from pairs of an input and its right output. The loss is the mean squared error of $G(z)$ against $\Phi^{-1}(z)$. We keep $z$ a little away from 0 and 1, where $\Phi^{-1}$ is infinite, and feed the network $2z-1$, because inputs around 0 are easier to learn from.

# %% slideshow={"slide_type": "fragment"}
import torch
from torch import nn

from gan_edu.networks import outputs

torch.set_num_threads(1)  # a network this small is faster without more

# %% slideshow={"slide_type": "fragment"}
def new_network(width):
    torch.manual_seed(0)
    return nn.Sequential(  # a chain of layers; Linear is a weighted sum plus a bias
        nn.Linear(1, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1)
    )


def exact_pairs():
    z = torch.rand(512, 1).clamp(1e-6, 1 - 1e-6)
    return z, torch.special.ndtri(z)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The *gradient* says how the loss changes with each parameter, and each step moves all parameters a little so that the loss falls. *Adam* makes these moves about equally large for all parameters, whatever their gradients. The *learning rate* sets how large; here it falls smoothly from 0.02 to 0.

# %% slideshow={"slide_type": "fragment"}
def train(network, draw_pairs, steps):
    optimiser = torch.optim.Adam(network.parameters(), lr=0.02)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)  # lr falls to 0
    for step in range(1, steps + 1):
        z, x = draw_pairs()
        loss = (network(2 * z - 1) - x).square().mean()
        optimiser.zero_grad()  # forget the gradient of the last step
        loss.backward()  # the gradient in each parameter
        optimiser.step()  # move the parameters
        schedule.step()
        yield step  # pauses, so that we can look (Python's word "generator" is another thing)

# %% [markdown] slideshow={"slide_type": "fragment"}
# We train three networks, 1000 steps each, which takes some ten seconds. `lab.record` keeps what each learns on the way, for the sliders.

# %% slideshow={"slide_type": "fragment"}
fits = {}
for width in stage.progress((2, 8, 32), total=3, label="training three networks"):
    network = new_network(width)
    fits[width] = lab.record(network, train(network, exact_pairs, 1000))

# %% [markdown] slideshow={"slide_type": "subslide"}
# In the middle you see the error of $G$ on a logarithmic axis; a grey band marks $0.05<z<0.95$. Where $G(z)$ crosses $\Phi^{-1}(z)$, the error is 0: there its curve has a spike downwards. On the right, the left end of the curve, the *tail*, is enlarged: $z$ goes down to one in a million. **Start at width 8 and 1 step: do more *steps* make the error in the band smaller? At the last step, does a larger *width*? What stays wrong?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.explore(
    lab.fit_scene(fits),
    width=[2, 8, 32], steps=stage.log(1, 1000),
    alt="A network beside Φ⁻¹: its curve, its error over z, and the left tail, enlarged.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# Both help. More steps make the largest error in the band many times smaller, at every width; at the last step it is smaller the larger the width is. The tail stays wrong: towards 0 and 1, $\Phi^{-1}$ goes to $\pm\infty$, and hardly any training pairs lie there.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
best = fits[32][1000]
tail_error = np.abs(best[len(GRID_U) :] - ndtri(lab.TAIL_Z))
middle = {w: [lab.middle_error(g[: len(GRID_U)]) for g in fits[w].values()] for w in fits}
for width, errors in middle.items():  # in the grey: 0.05 < z < 0.95
    first, last = errors[0], errors[-1]
    print(f"width {width:2}, largest in the band: {first:.2f} after 1 step, {last:.3f} at the end")
print(f"width 32, outside it at z = 0.000001: error {tail_error[0]:.2f} at the end")
assert all(errors[-1] < errors[0] / 5 for errors in middle.values())  # more steps help
assert middle[2][-1] > middle[8][-1] > middle[32][-1]  # more width helps
assert tail_error[0] > 10 * middle[32][-1]  # the tail stays wrong

# %% [markdown] slideshow={"slide_type": "subslide"}
# "A network can fit any function" is short for a theorem: on a closed, bounded interval, a wide enough network comes as close as you like to any *continuous* function (Cybenko 1989, Hornik 1991). It promises that good parameters exist, not that training finds them. And $\Phi^{-1}$ is not continuous on $[0,1]$: at both ends it is infinite.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What if nobody tells you f?
#
# Look again at what the network was given: pairs $(z,x)$ of noise and the right sample. We had them because we knew $\Phi^{-1}$. With digits you have noise and real samples, but **nobody can say which noise belongs to which digit.**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
guess_pairs = stage.predict(
    "2000 real samples and 2000 noise values, paired at random. What does a network learn?",
    ["Φ⁻¹ all the same", "another map to N(0,1)", "nearly a constant"],
)
guess_pairs

# %% [markdown] slideshow={"slide_type": "subslide"}
# We mix up all of the right pairs, half of them, or none. Each time a network of width 16 learns from the pairs by regression, as before. (`GRID_U` holds 2000 evenly spaced values in $[0,1]$.)

# %% slideshow={"slide_type": "fragment"}
def learn_from(x):
    z = torch.from_numpy(GRID_U).float()[:, None]
    x = torch.from_numpy(x).float()[:, None]
    network = new_network(16)
    for _ in train(network, lambda: (z, x), 500):
        pass  # run it to the end
    return outputs(network, GRID_U)

# %% slideshow={"slide_type": "fragment"}
pairs = {}
for right in stage.progress((0, 50, 100), total=3, label="training three networks"):
    x = lab.mispaired(ndtri(GRID_U), right / 100, np.random.default_rng(0))
    pairs[right] = x, learn_from(x)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Wrong pairs put many different $x$ close to each $z$, and the smooth curve of a network, dashed on the left, cannot follow them all. The squared error is smallest if it answers with their mean: for $x=1$ and $x=3$ that is 2. **Lower *% right pairs* to 0. What do the samples look like then? How wide are they at 50 %?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.explore(
    lab.pairs_scene(pairs),
    right=[0, 50, 100],
    labels={"right": "% right pairs"},
    alt="Pairs of noise and sample, what a network learns from them, and its samples.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# Without right pairs nearly all samples lie close to 0, the mean of the bell. With half of the pairs right they are a hump again, but only half as wide.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
for right, (_, g) in pairs.items():
    print(f"{right:3} % right pairs: standard deviation {g.std():.2f}")

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_pairs.reveal(
    "nearly a constant",
    "Near any z there are all kinds of x, so the best guess is their mean, everywhere the same.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Every pair still had a real sample in it. Yet the generator learned to draw a single thing, the average. With digits, that would be a grey smudge.
#
# Regression takes us no further. (On a line we could sort both lists and pair the smallest with the smallest, but images have no order.) We need a teacher that does not ask which noise belongs to which sample, but only: **do the generated samples, taken together, look like the real samples, taken together?** The next chapters turn this question into a distance, and then into an opponent, the discriminator.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## In this chapter we saw
#
# - Equal probabilities, $\rho(z)\,dz=\varphi(x)\,dx$, add up to a map from noise to any distribution on a line: the inverse CDF.
# - A neural network can take the place of the map, except in the tails.
# - Regression needs pairs of noise and sample. Nobody has them for real data, so a generator needs another teacher.
#
# **Next:** [chapter 2](02_histogram_js.ipynb) measures how far generated samples are from real ones.
#
# Here the core ends. *Further* sections and exercises come below; both can wait.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
# Which predictions of this chapter surprised you?
stage.surprises()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: Noise of another shape
#
# Nothing in (1.1) needed uniform noise. Take waiting times as noise, with the exponential distribution $\mathrm{Exp}(1)$: $\rho(z)=e^{-z}$ for $z\ge0$. The probability of a value below $z$ is $1-e^{-z}$, so $x=\Phi^{-1}(1-e^{-z})$. In general the integral in (1.3) starts where the noise starts, at $-\infty$ if need be (the article always starts it at 0):
#
# $$x=\Phi^{-1}\Bigl(\int_{-\infty}^z\rho(t)\,dt\Bigr)\tag{1.4}$$
#
# Try it with noise that is already normal. The map should change nothing:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
z = np.array([-2.0, -1.0, 1.0, 2.0])
print("integral from −∞:", ndtri(ndtr(z)).round(2))
print("integral from 0: ", ndtri(ndtr(z) - 0.5).round(2))

# %% [markdown] slideshow={"slide_type": "subslide"}
# With the integral from 0, half of the noise has no answer (`nan`), and the rest has a wrong one. Now take $\mathrm{Exp}(1)$. **For which waiting time $z$ is $x=0$? Is the map steeper on the left or on the right?**

# %% slideshow={"slide_type": "fragment"}
from gan_edu.distributions import exponential


def exp_to_normal(z):
    return ndtri(1 - np.exp(-z))

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    lab.areas_scene(exponential(), 0, 5, exp_to_normal),
    z=(0.05, 4.5), dz=(0.01, 0.5), all_to_the_left=True,
    alt="A strip below the falling density of Exp(1), and the strip of the bell that it becomes.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# $x=0$ belongs to the median, $z=\log 2\approx0.69$. The map is steep on the left and flat on the right: by (1.1) its slope is $\rho/\varphi$. At both ends $\varphi$ is small, but on the right $\rho=e^{-z}$ is smaller still.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: How many points does a density need?

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
guess_error = stage.predict(
    "You know a density at twice as many points. The largest CDF error is divided by about …",
    ["2", "4", "16"],
)
guess_error

# %% [markdown] slideshow={"slide_type": "subslide"}
# Blue is the exact density; orange interpolates its values at the black points. **Set all five heights to 1, the width to 0.3, and go down to 15 points. Which modes get too many samples, and which too few? Where do the points lie there?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    lab.modes_scene(points=25),
    h1=(0.0, 1.0), h2=(0.0, 1.0), h3=(0.0, 1.0), h4=(0.0, 1.0), h5=(0.0, 1.0), width=(0.3, 0.9),
    points=stage.log(9, 801),
    labels={f"h{i}": f"mode at {x}" for i, x in enumerate(["−4", "−2", 0, 2, 4], 1)},
    alt="A density of five modes, known at some points only, its CDF, and the inverse CDF.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# A mode with a point on its top gets too many samples: the straight lines make a wide triangle of it. A mode whose top lies midway between two points gets too few: its top is cut off.
#
# </details>
#
# How fast does the error fall? `GRID_U` takes the place of random noise, so the numbers contain no sampling error.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
from gan_edu.distributions import mixture

two_modes = mixture([0.3, 0.7], [-2, 1.5], [0.5, 0.8])
for count in (101, 201, 401, 801):
    points = np.linspace(-8, 8, count)
    ours = from_density(points, two_modes.pdf(points))
    error = largest_cdf_error(ours.ppf(GRID_U), two_modes)
    print(f"{count} points: largest CDF error {error:.6f}")

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_error.reveal(
    "4", "With half the distance between two points, a line misses a curve by a quarter."
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: A gap in the distribution forces a jump
#
# Handwriting has gaps: there is hardly anything between a three and an eight. The values where a density is positive are its **support**. What does the map do where the support has a gap? Here are two triangular modes, with nothing between −1 and 1.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
guess_gap = stage.predict(
    "Where the density is zero, F is flat. Draw F⁻¹, which turns noise z into samples x.",
    stage.sketch(x=(0, 1), y=(-3.5, 3.5), labels=("noise z", "sample x")),
)
guess_gap

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output", "hide-cell"]
distribution = from_density([-3, -2, -1, 1, 2, 3], [0, 1, 0, 0, 1, 0])
print("x just below and just above z = ½:", distribution.ppf([0.4999999, 0.5000001]).round(2))

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
guess_gap.reveal(
    distribution.ppf,
    "A tiny step in z crosses the whole gap: F⁻¹ jumps. No sample falls into the gap.",
    stage.Part(
        over=(0.1, 0.48), close=0.06, right="right for z below ½: x stays under the gap",
        above="for z below ½ x stays under the gap, lower than you drew",
        below="for z below ½ x is closer to the gap than you drew",
    ),
    stage.Part(
        over=(0.52, 0.9), close=0.06, right="right for z above ½: x has jumped",
        above="for z above ½ x is closer to the gap than you drew",
        below="for z above ½ x is already above the gap: it jumps",
    ),
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "subslide"}
# Neural networks like ours are continuous: they cannot jump, but only cross the gap on a steep *ramp*. Below, a bell is cut at 0 and its halves are pulled apart. **How narrow must the ramp be for less than one sample in a hundred to fall into the gap? Does the width of the gap matter much?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    lab.gap_scene(),
    gap=(0.5, 4.0), ramp=(0.002, 0.3),
    alt="A map that jumps over a gap, a continuous one that crosses it, and the samples of both.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Can a continuous map leave the gap empty?

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
z = (np.arange(100_000) + 0.5) / 100_000
for ramp in (0.1, 0.01, 0.001):
    x = lab.crossing(z, 3, ramp)
    print(f"ramp {ramp}: {np.mean(np.abs(x) < 1.5):.2%} of the samples in the gap")

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# The share of samples in the gap is a little less than the width of the ramp, however wide the gap is. It is never 0: a continuous map takes every value in the gap on its way across. With digits, too, between a 3 and an 8 a network must draw something that is neither.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: Many maps give the same distribution

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
guess_maps = stage.predict(
    "How many functions f turn U[0,1] into N(0,1)?",
    ["just Φ⁻¹", "two: Φ⁻¹ and its mirror image", "infinitely many"],
)
guess_maps

# %% slideshow={"slide_type": "subslide"}
def tent(z):
    return 1 - np.abs(1 - 2 * z)


maps = {  # what happens to the noise before Φ⁻¹
    "Φ⁻¹(z)": lambda z, s: z,
    "Φ⁻¹(1 − z)": lambda z, s: 1 - z,
    "Φ⁻¹(tent(z))": lambda z, s: tent(z),
    "Φ⁻¹((z + s) mod 1)": lambda z, s: (z + s) % 1,
}

# %% [markdown] slideshow={"slide_type": "subslide"}
# The last three reflect, fold or cut the noise first. **Move $z$: do the four maps send it to the same $x$? Move $s$: does a histogram change by more than sampling error?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    lab.maps_scene(maps),
    z=(0.01, 0.99), shift=(0.0, 0.95),
    labels={"shift": "s"},
    alt="Four curves, and below each a histogram of its samples beside a bell.",
)

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
for name, first in maps.items():
    x = ndtri(first(GRID_U, 0.3))
    print(f"{name:19} largest CDF error {largest_cdf_error(x):.4f}")

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_maps.reveal(
    "infinitely many",
    "Reflected, folded or cut, uniform noise stays uniform noise; each s gives another map.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# So the distribution does not fix the map. (1.1) holds for an increasing $f$, and the only increasing map is $\Phi^{-1}$. In general several intervals of noise may land on the same $x$. Their probabilities add up, and where $f$ falls, only the size of its slope counts:
#
# $$\sum_{z:\,f(z)=x}\rho(z)\,\Bigl|\frac{dz}{dx}\Bigr|=\varphi(x)\tag{1.5}$$
#
# The tent has a rising and a falling branch. Without the bars they would cancel:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
def folded(z):
    return ndtri(tent(z))


x, h = 0.7, 1e-6
branches = np.array([ndtr(x) / 2, 1 - ndtr(x) / 2])  # the two solutions of tent(z) = Φ(x)
slopes = (folded(branches + h) - folded(branches - h)) / (2 * h)
print("sum with bars:   ", np.sum(1 / np.abs(slopes)).round(4))
print("sum without bars:", np.sum(1 / slopes).round(4) + 0.0)
print("φ(x):            ", normal().pdf(x).round(4))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: What a network can never draw
#
# The last layer adds up 32 numbers between −1 and 1, with finite weights. So our network's output has a limit, while $N(0,1)$ has none:

# %% slideshow={"slide_type": "fragment"}
weights, bias = network[-1].weight.detach(), network[-1].bias.item()
limit = weights.abs().sum().item() + abs(bias)
print(f"largest output for z in [0, 1]: {np.abs(best).max():.1f}")
print(f"limit for any input:            {limit:.1f}")

# %% [markdown] slideshow={"slide_type": "fragment"}
# How bad is that? If $G$ draws the bell perfectly, but only between $-b$ and $b$, these samples are missing:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
for b in (2, 3, 4, 5):
    print(f"b = {b}: one real sample in {1 / (2 * ndtr(-b)):,.0f} lies beyond")

# %% [markdown] slideshow={"slide_type": "subslide"}
# If you ask how far samples would have to move, this generator is nearly perfect. If you ask whether it can draw everything that is real, it fails for every $b$. So "how good is the generator?" has no answer until we say how we measure, in chapters 2 and 3.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# Write your answer into the cell below each question and run it: `check` says at once whether it is right, and if not, what to think about. `hint("1.1")` gives up to three hints, one at a time; `solution("1.1")` shows the worked answer; `progress()` shows what you have solved (`exercises_done.json`, beside this notebook, remembers it).

# %% slideshow={"slide_type": "fragment"}
from gan_edu.exercises import check, hint, progress, solution

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>A worked example: a map to the density 2x on [0, 1]</summary>
#
# The CDF is $F(x)=x^2$. Equal probabilities below $z$ and below $x$ say $z=x^2$, so the map is the inverse:
#
# ```python
# def root(z):
#     return np.sqrt(z)  # F⁻¹: which x has probability z below it?
#
#
# print(np.mean(root(GRID_U) < 0.5))  # F(0.5) = 0.25
# ```
#
# Why does the root, which is steep at 0, make few samples near 0?
#
# </details>
#
# <details><summary>The answer to its question</summary>
#
# Where a map is steep, it stretches: a short piece of the noise is spread over a long piece of the axis.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 1.1 · Feed the map with the wrong noise
#
# *Predict, 4 minutes.* $\Phi^{-1}$ turns one uniform number into a sample of $N(0,1)$. You feed it the mean of two, $\Phi^{-1}\bigl(\frac12(z_1+z_2)\bigr)$. What distribution do the samples have: `"N(0,1)"`, `"a narrower bell"` or `"a wider bell"`?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None
check("1.1", answer)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 1.2 · How dense are the samples?
#
# *Compute, 5 minutes.* The first cell of this chapter that printed samples used the map $x=z^2$. With uniform noise, what is the density of its samples at $x=0.09$?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None
check("1.2", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
# A puzzle: put these lines in order
practice.puzzle("1.p1")

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 1.3 · Turn normal noise into waiting times
#
# *Code, 8 minutes.* Your noise comes from $N(0,1)$, and you need waiting times: samples of $\mathrm{Exp}(1)$, with density $e^{-x}$ for $x\ge0$ and CDF $1-e^{-x}$. Write the *increasing* map from the one to the other, for an array `z` of noise. (`ndtr` is $\Phi$.)

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def normal_to_exp(z):
    ...


check("1.3", normal_to_exp)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 1.4 · Two modes from one number
#
# *Code, 12 minutes.* A quarter of all samples should come from $N(-2,\frac14)$ and three quarters from $N(2,\frac14)$; both modes have standard deviation ½. Write a function of an array `z` of uniform noise that gives such samples. Use nothing random but `z`: the same number always gives the same sample. Any map to this distribution is right.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def two_modes(z):
    left, right = z / 0.25, (z - 0.25) / 0.75  # each part of the noise, stretched to [0, 1]
    ...


check("1.4", two_modes)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 1.5 · All samples are a little too far to the left
#
# *Debug, 10 minutes.* Here is our code for sampling from a density that is known at some `points`, written in a hurry. Run it with few points, find the error, and repair it.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def draw(points, p, z):
    strips = np.diff(points) * (p[1:] + p[:-1]) / 2
    F = np.cumsum(strips) / strips.sum()
    return np.interp(z, F, points[:-1])


check("1.5", draw)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 1.6 · More points, and three times worse
#
# *Open, 12 minutes.* This one needs *Further: How many points does a density need?* Find heights, a width and two numbers of points such that *more* points make the largest CDF error more than *three times* as large. Hand in your settings, like `dict(h1=0.5, h3=1, width=0.6, fewer=20, more=40)`; a height that you leave out is 0.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None
check("1.6", answer)

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Symbols in this chapter
#
# | here | in code | the article | meaning |
# |:--|:--|:--|:--|
# | $z$ | `z` | $x$ | the noise, uniform on $[0,1]$ unless we say otherwise |
# | $\rho(z)$ | `uniform().pdf(z)` | $\rho(x)$ | density of the noise |
# | $x=f(z)$ | `x` | $y=f(x)$ | the sample that the noise becomes |
# | $\varphi(x)$ | `normal().pdf(x)` | – | density of $N(0,1)$ |
# | $\Phi(x)$ | `normal().cdf(x)`, `ndtr(x)` | $\Phi(y)$ | CDF of $N(0,1)$: the probability of a value below $x$ |
# | $\Phi^{-1}(z)$ | `normal().ppf(z)`, `ndtri(z)` | $\Phi^{-1}$ | inverse CDF: the $x$ that has probability $z$ below it |
# | $p$, $F$, $F^{-1}$ | `from_density(points, p)` | – | density, CDF and inverse CDF of any distribution |
# | $G(z)$, $\theta$ | `network(2 * z - 1)` | $G(X,\theta)$ | a network in the place of $f$, and its parameters |
#
# All words of the course, in English and Chinese: the [glossary](glossary.ipynb).
