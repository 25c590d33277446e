# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # Measure how far apart two samples are
#
# [Open this chapter in Google Colab](https://colab.research.google.com/github/gan-edu/gan-edu/blob/main/notebooks/02_histogram_js.ipynb)

# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true} tags=["remove-cell"]
if "google.colab" in str(get_ipython()):  # elsewhere this cell does nothing
    need = "pooch anywidget psygnal comm 'ipywidgets>=8.1.5' git+https://github.com/gan-edu/gan-edu"
    get_ipython().run_line_magic("pip", f"install -q --no-deps {need}")
    __import__("google.colab").colab.output.enable_custom_widget_manager()

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
# Warm-up: three questions from earlier chapters, one minute
from gan_edu import practice

practice.warm_up(2)

# %% [markdown] slideshow={"slide_type": "-"}
# Two *histograms* count real samples (blue) and generated ones (orange) in *bins*, short pieces of the axis. The *overlap* is the share that both have in common. **Run the next two cells and move the generated samples, by dragging them or with the sliders. How large an overlap can you reach, and in how many ways?**

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
from gan_edu import settings, stage
from gan_edu.chapters.ch02_histogram_js.overlap import overlap_scene

settings.reset()  # PyTorch and NumPy as in a new kernel

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.explore(
    overlap_scene(),
    mean=(-3.0, 3.0),
    sd=(0.5, 3.0),
    labels={"sd": "standard deviation"},
    alt="Histograms of real samples, with two peaks, and of generated ones, with one peak.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# About half, in three ways. A narrow orange peak on either of the blue ones leaves the other one empty; much of a wide peak over both lies where nothing is real.
#
# </details>
#
# A generator can only get better if something measures how far its samples are from the real ones. In this chapter we look for such a measure.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **What you'll do.** Watch two measures while two distributions move apart; train a generator on a histogram; count real digits in bins.
#
# **What you'll learn.** What the Kullback–Leibler and Jensen–Shannon divergences measure; how a generator can learn from them, and fail; what the curse of dimensionality is.
#
# **What you need.** Chapter 1, logarithms, and two sittings of about 30 minutes. The sections marked *Further* take another 20 minutes, the exercises about 65.

# %% slideshow={"slide_type": "fragment"}
import numpy as np

from gan_edu.chapters.ch02_histogram_js import scenes as lab
from gan_edu.chapters.ch02_histogram_js.pulls import pull_scene
from gan_edu.distributions import normal
from gan_edu.divergences import histogram, js, kl, sqrt_js, symmetrised_kl

rng = np.random.default_rng(0)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Estimate a distribution from samples
#
# To compare two distributions we must know them, but all we have is samples. So we divide the line into bins $I_1,\dots,I_K$ and count. If two of five samples lie in a bin, its *share* is $\frac25$. For real samples $x_1,\dots,x_N$:
#
# $$p_i=\frac1N\sum_{j=1}^N\#(x_j\in I_i)\tag{2.1}$$
#
# Here $\#(x_j\in I_i)$ is 1 if $x_j$ lies in bin $I_i$, and 0 otherwise. $M$ generated samples give $q_i$ in the same way.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
x_real = np.array([0.1, 0.4, 0.6, 0.7, 1.9])
edges = np.array([0.0, 0.5, 1.0, 1.5, 2.0])
p = np.array([np.mean((x_real >= left) & (x_real < left + 0.5)) for left in edges[:-1]])
print("by hand:  ", p)
print("histogram:", histogram(x_real, edges))

# %% [markdown] slideshow={"slide_type": "fragment"}
# The title says how many of the samples would have to move to another bin until each bin has its true share. ▶ adds samples. **What goes wrong with 4 bins, and what with 400? With about 400 bins, how many samples do you need until the title says less than 5 %?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.explore(
    lab.sample_scene(),
    n=stage.played(stage.log(10, 100_000)), bins=stage.log(2, 1000),
    labels={"n": "samples", "bins": "bins"},
    alt="A histogram of samples, and the true density as a dashed line.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# Four bins hide that there are two *modes*. The title does not notice, because each coarse bar has its right share. With 400 bins the bars are ragged, because each holds few samples. This is *sampling error*: a count of $n$ is typically off by $\sqrt n$. You need more than 10,000 samples for less than 5 %; with 40 bins about a tenth of that is enough.
#
# </details>
#
# So we want many bins, and many samples in each.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Compare two distributions: Kullback–Leibler divergence
#
# Two histograms are two lists of shares, $p_i$ and $q_i$. A generator needs a single number that says how different they are, a *divergence*. The idea: the more they differ, the easier it is to tell which of them a sample comes from.
#
# Take three bins, with $p=(\frac12,\frac14,\frac14)$ and $q=(\frac14,\frac12,\frac14)$. The logarithm of $p_i/q_i$ is called the *evidence* for $p$:
#
# - In the first bin $p$ is twice $q$: the evidence is $\log2\approx0.69$.
# - In the second it is half of $q$: $-0.69$. A sample there speaks for $q$.
# - In the third both are equal: 0.
#
# Half of the samples from $p$ are in the first bin, and a quarter in the second. Their average evidence is $\frac12\log2-\frac14\log2\approx0.17$. This is the *Kullback–Leibler divergence*:
#
# $$\mathrm{KL}(p\Vert q)=\sum_i p_i\log\frac{p_i}{q_i},\qquad\text{for densities}\quad\int p(x)\log\frac{p(x)}{q(x)}\,dx\tag{2.2}$$
#
# In this course $\log$ is always the natural logarithm, so the unit is the *nat*.

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
p, q = np.array([0.5, 0.25, 0.25]), np.array([0.25, 0.5, 0.25])
print("KL(p‖q) by hand:", np.sum(p * np.log(p / q)).round(4))
print("kl(p, q):       ", kl(p, q).round(4))
print("kl(p, p):       ", kl(p, p))

# %% [markdown] slideshow={"slide_type": "subslide"}
# One can show that on average samples speak for the distribution that they come from: KL is never negative, and 0 only if $p=q$. It is infinite if $q$ rules out something that is possible under $p$ ($q_i=0<p_i$). And it is not symmetric: exchanging $p$ and $q$ can change it.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Here $p$ and $q$ are normal densities, and each divergence is an area: green adds to it, hatched takes away (there $x$ speaks for the other distribution). **Set *shift of q* to 0 and make $q$ wider than $p$: which divergence is larger? And if $q$ is narrower?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    lab.kl_scene(),
    shift=(0.0, 1.0), sd=(0.6, 2.0),
    labels={"shift": "shift of q", "sd": "standard deviation of q"},
    alt="Two normal densities, and two curves whose areas are the two KL divergences.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# If $q$ is wider, $\mathrm{KL}(q\Vert p)$ is larger; if it is narrower, $\mathrm{KL}(p\Vert q)$ is. The first argument says where the samples come from: a wide $q$ produces many where $p$ is nearly 0, and each of them is strong evidence against $p$.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Make it symmetric: Jensen–Shannon divergence
#
# How far apart two samples are should not depend on which we name first. So we make KL symmetric, in two ways. The *symmetrised KL* averages both directions:
#
# $$S(p,q)=\tfrac12\mathrm{KL}(p\Vert q)+\tfrac12\mathrm{KL}(q\Vert p)\tag{2.3}$$
#
# The *Jensen–Shannon divergence* (JS) compares both with their *mixture* $m$, half of whose samples come from $p$ and half from $q$:
#
# $$\mathrm{JS}(p,q)=\tfrac12\mathrm{KL}(p\Vert m)+\tfrac12\mathrm{KL}(q\Vert m),\qquad m=\tfrac12(p+q)\tag{2.4}$$

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
p, q = np.array([0.5, 0.5, 0.0]), np.array([0.1, 0.4, 0.5])
m = (p + q) / 2
print("JS by hand:    ", (kl(p, m) / 2 + kl(q, m) / 2).round(4))
print("js(p, q):      ", js(p, q).round(4))
print("symmetrised KL:", symmetrised_kl(p, q))

# %% [markdown] slideshow={"slide_type": "subslide"}
# The third bin is empty in $p$ only, so the symmetrised KL is infinite. JS is not, because $m$ is positive wherever $p$ or $q$ is. Bins that are empty on one side alone are common: 100 times, we draw 1,000 samples from each of two normal distributions, with a shift of 0.3, and count them in 50 bins.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-input"]
edges = np.linspace(-5, 5, 51)
infinite = 0
for _ in range(100):
    x_real, x_fake = rng.normal(size=1000), rng.normal(0.3, size=1000)
    p, q = histogram(x_real, edges, outside="ends"), histogram(x_fake, edges, outside="ends")
    infinite += np.isinf(symmetrised_kl(p, q))
print(f"symmetrised KL: infinite in {infinite} of 100 trials")

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
guess_far = stage.predict(
    "Two normal distributions move further and further apart. Draw their JS over the shift.",
    stage.sketch(x=(0, 10), y=(0, 1.5), labels=("shift", "JS, nats")),
)
guess_far

# %% [markdown] slideshow={"slide_type": "subslide"}
# Suppose that the shift is a generator's parameter. The generator can learn only where JS has a *slope*. **Press ▶ for each *shape*. From which shift on is the slope of JS, on the right, below 0.01? Where is the symmetrised KL infinite?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.explore(
    lab.shift_scene(),
    shift=stage.played((0.0, 10.0)), shape=list(lab.SHAPES),
    alt="Two densities, both divergences up to this shift, and the slope of JS.",
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
guess_far.reveal(
    np.vectorize(lab.exact_js),
    "Near log 2 it says that they have almost nothing in common, and no longer how far apart.",
    stage.Part(
        over=(0.2, 3), right="right at the start",
        above="JS starts flatter than you drew",
        below="JS rises earlier than you drew",
    ),
    stage.Part(
        over=(5, 10), right="right far out: it approaches a limit",
        above="far out it approaches a limit, log 2 ≈ 0.69",
        below="far out it is higher than you drew, near log 2 ≈ 0.69, and flat",
    ),
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# For the normal distributions the slope is below 0.01 from a shift of about 5.7 on (and at 0), for the boxes from 1 on, where they part. The symmetrised KL of the boxes is infinite for every shift above 0. That of the normal densities never is: it was infinite above because counts leave bins empty.
#
# Why does JS go flat? $m$ is at least half of $p$, so the ratio $p/m$ is at most 2. Once $p$ and $q$ have *nothing in common*, it is 2 wherever $p$ has samples, however far away $q$ is. So JS stays at its maximum, $\log2\approx0.693$.
#
# </details>

# %% [markdown] slideshow={"slide_type": "fragment"}
# So where two distributions hardly overlap, JS is flat: it gives a generator almost no direction.
#
# **A good place for a break.**

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Does a count have a gradient?
#
# JS is finite and symmetric. Can it be a generator's loss, if $q$ counts the generated samples? Training needs a gradient: how does the loss change if they move by a tiny amount?

# %% [markdown] slideshow={"slide_type": "subslide"}
# The curve shows how the loss changes as all samples are nudged to the right by 0 to $h$. **Make $h$ smaller and smaller: the axis zooms in. What is left of the curve at $h=0.0001$, and what is its slope?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    lab.nudge_scene(),
    n=stage.log(10, 1000), h=[1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0],
    labels={"n": "generated samples", "h": "h, the largest nudge"},
    alt="A histogram of nudged samples, and the loss over the size of the nudge.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# A count changes only when a sample crosses the edge of a bin. At $h=0.001$ a few steps of the curve are left; at $h=0.0001$ none is, and its slope is 0. So the gradient is 0, unless a sample lies exactly on an edge. The JS of counts can *measure*, but no generator can be trained on it.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Soft bins have a gradient
#
# A count jumps, because a sample is in one bin or in the next. *Soft* bins share it between the two nearest bin centres: a quarter of the way from one to the other, it gives ¾ to the first and ¼ to the second. **Move $x$: when do the hard bins (plain counts) change, and when do the soft bins? Where do even these not change?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    lab.soft_scene(),
    x=(-2.5, 2.5),
    alt="One sample counted in hard bins, and shared between two soft ones.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# The hard bins change only when $x$ crosses an edge. The soft bins change with every move, except beyond the outermost centres.
#
# </details>
#
# A sample $x_j$ at the centre $c_i$ gives it 1, and less the further away it is: at the next centre, at distance $w$, it gives it 0. (Samples beyond the outermost centres are moved onto these.) The shares are averages:
#
# $$q_i=\frac1M\sum_{j=1}^M\max\Bigl(0,\,1-\frac{|x_j-c_i|}w\Bigr)\tag{2.5}$$
#
# In code `x[:, None] - centres` is the table of all differences, and PyTorch computes the gradient. (The package has both, faster: `losses.soft_histogram` and `losses.js_loss`.)

# %% slideshow={"slide_type": "fragment"}
import torch
from torch import nn

from gan_edu import losses


def soft_histogram(x, centres):
    w = centres[1] - centres[0]
    x = x.clamp(centres[0], centres[-1])
    return (1 - (x[:, None] - centres).abs() / w).clamp(min=0).mean(0)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Now each generated sample $x_j$ has a gradient. Its arrow, $-\partial\mathrm{JS}/\partial x_j$, shows which way makes JS smaller, and how strong the pull is (not how far the sample will go). The percentage above each bin is the part of it that is generated, $\frac{q_i}{p_i+q_i}$. **Move the generated samples. Does an arrow point to the centre with the larger or the smaller part? Which samples have none?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.explore(
    pull_scene(),
    mean=(-5.0, 5.0), sd=(0.2, 1.2),
    labels={"mean": "mean of the samples", "sd": "standard deviation"},
    alt="Real and generated samples in soft bins, and below them an arrow on each generated one.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# To the smaller part, where generated samples are scarcer. There is no arrow between two centres with nearly the same part. The more it changes from one centre to the next, the longer the arrow: with the mean near 3 the arrows are longest at the edge of the real samples. Beyond it all bins are equally bad, with generated samples alone, and JS is flat again. (Nor is there one beyond the outermost centres, −6 and 6.)
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Train a generator on the histogram
#
# Now a network can learn. In chapter 1 it needed pairs of noise and sample; here the loss tells each sample where to move.

# %% slideshow={"slide_type": "fragment"}
def new_generator():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1)
    )


def real_samples(distribution):
    return torch.from_numpy(distribution.sample(10_000, np.random.default_rng(0))).float()

# %% [markdown] slideshow={"slide_type": "subslide"}
# Each step draws new noise $z$, uniform on $[-1,1]$, and moves the generator's parameters a little, by Adam, so that the loss falls. (In chapter 1 it was uniform on $[0,1]$; so the exact map to $N(0,1)$ is now $\Phi^{-1}(\frac{z+1}2)$.)

# %% slideshow={"slide_type": "fragment"}
def train(generator, x_real, bins=40, steps=1000):
    centres = torch.linspace(-5, 5, bins)
    p = losses.soft_histogram(x_real, centres)
    optimiser = torch.optim.Adam(generator.parameters(), lr=0.02, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        z = 2 * torch.rand(1024, 1) - 1
        x_fake = generator(z)[:, 0]
        loss = losses.js_loss(p, losses.soft_histogram(x_fake, centres))
        yield loss.item()  # for the picture
        optimiser.zero_grad()  # forget the gradient of the last step
        loss.backward()  # the gradient in each parameter
        optimiser.step()  # move the parameters
        schedule.step()

# %% [markdown] slideshow={"slide_type": "subslide"}
# This takes some ten seconds; `lab.traced` keeps 55 of the 1000 steps for the picture. The title in the middle gives the largest CDF error (KS) of chapter 1. **At the end, are the loss and the KS near 0? Does $G(z)$ follow the exact map?**

# %% slideshow={"slide_type": "fragment"}
generator = new_generator()
normal_run = stage.watch(
    lab.traced(generator, train(generator, real_samples(normal()))),
    lab.training_scene(normal()),
    every=1, total=len(lab.MARKS),
    alt="The generator's curve beside the exact map, the two densities, and the loss.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# Both are near 0, and $G(z)$ follows the exact map. (With another random seed it may find the mirror image, which gives the same samples.)
#
# </details>
#
# The generator has found the map of chapter 1 without a single pair of noise and sample.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
guess_modes = stage.predict(
    "Now the target has two modes, at −2 and 2. All samples start near 0, as before. What "
    "does G generate, from this start?",
    ["both modes", "one mode only", "samples between the modes"],
)
guess_modes

# %% [markdown] slideshow={"slide_type": "subslide"}
# We train twice: from the same start as before, and with samples that are spread out from the start, $G(z)=5z+\text{network}(z)$. This takes some twenty seconds.

# %% slideshow={"slide_type": "fragment"}
class Spread(nn.Sequential):
    def forward(self, z):
        return 5 * z + super().forward(z)  # 5z plus what the network gives

# %% slideshow={"slide_type": "fragment"}
runs = {"normal": (normal(), normal_run)}
starts = {"two modes": new_generator(), "two modes, spread start": Spread(new_generator())}
for name, generator in starts.items():
    traces = lab.traced(generator, train(generator, real_samples(lab.TWO_MODES)))
    kept = list(stage.progress(traces, total=len(lab.MARKS), label=name))
    runs[name] = lab.TWO_MODES, kept

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Move *step* in the run "two modes": where do the samples go, and does the loss reach 0? Then choose the run with the spread start: which modes does it cover?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    lab.runs_scene(runs, first="two modes"),
    run=list(runs), step=list(lab.MARKS),
    alt="A generator's curve beside the exact map, the two densities, and the loss.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# After a few steps all samples are on one side. At the start $G(z)$ is nearly the same for every $z$, so all samples move together, to the side that the random start favours. (With another random seed the network may even find both modes.)
#
# The loss levels off near 0.216, the JS between one mode and both. From the middle, where all samples began, every way lowers the loss. But once they are on a mode, each first step off it raises the loss: they would have to cross bins without real samples. The spread start covers both modes.
#
# The training begins with a JS close to $\log2$, where it is so flat. Why did anything move? Its slope is tiny, but not 0, and Adam divides each gradient by its average size so far: one that is always tiny still makes steps of the usual length. (Where the slope is exactly 0, as between two boxes, even Adam stands still.)
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
for name, (distribution, traces) in runs.items():
    x_fake, loss = traces[-1].g, traces[-1].loss
    error, above = lab.largest_cdf_error(x_fake, distribution), np.mean(x_fake > 0)
    print(f"samples above 0: {above:4.0%}   KS {error:.2f}   loss {loss:.4f}   {name}")

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
one_of_two = js([1, 0], [0.5, 0.5])
print("JS of one mode against both:", one_of_two.round(3))
late = [trace.loss for trace in runs["two modes"][1] if trace.step >= 800]
print(f"the loss from step 800 on:    {min(late):.3f} to {max(late):.3f}")
assert np.abs(np.array(late) - one_of_two).max() < 0.01

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_modes.reveal(
    "one mode only",
    "After a few steps all samples are on one side, and the way to the other mode would raise "
    "the loss.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Losing part of the target in this way is called *mode collapse*. You will meet it again in chapter 4.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Count images in bins
#
# So far a sample was one number, and 40 bins were enough. A digit of MNIST has $28\times28=784$ pixels. Even if each is only black or white, there are $2^{784}\approx10^{236}$ different images. Each of these is a bin.

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
guess_digits = stage.predict(
    "We compare 700 real digits with 700 other real digits, all 784 pixels black or white. JS is …",
    ["near 0: both are real", "about half of log 2", "log 2: nothing in common"],
)
guess_digits

# %% slideshow={"slide_type": "fragment"}
from gan_edu.chapters.ch02_histogram_js.pixels import RESOLUTIONS, curse_scene, pixels_scene
from gan_edu.datasets import load_mnist

digits = load_mnist()
print(digits)

# %% [markdown] slideshow={"slide_type": "subslide"}
# We start with few pixels: `binarised` averages blocks of them and makes each block black or white. Two images share a bin if all their pixels agree.

# %% slideshow={"slide_type": "fragment"}
def binarised(images, side):
    blocks = images.reshape(-1, side, 28 // side, side, 28 // side).mean((2, 4))
    return blocks.reshape(len(images), side**2) > images.mean()


def js_of_images(a, b):
    seen, bins = np.unique(np.concatenate([a, b]), axis=0, return_inverse=True)
    p = np.bincount(bins[: len(a)], minlength=len(seen)) / len(a)
    q = np.bincount(bins[len(a) :], minlength=len(seen)) / len(b)
    return js(p, q)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Both samples are real, 700 digits each, of which you see 25. A frame marks an image that also occurs in the other sample. **Raise the number of pixels: what happens to the frames, and to JS? From how many pixels on do the samples have no image in common?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    pixels_scene(digits.images[:1400], binarised, js_of_images),
    pixels=list(RESOLUTIONS),
    alt="Two grids of real digits at a low or high resolution, and JS over the number of pixels.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# At 16 pixels most images have a frame, at 49 few, and from 196 pixels on none. JS climbs to $\log2$ although both samples are real, because soon every sample is alone in its bin. Pure noise gets the same value.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
full = binarised(digits.images[:1400], 28)
noise = np.random.default_rng(3).random((700, 784)) < 0.5
print("JS, digits and other digits:", js_of_images(full[:700], full[700:]).round(4))
print("JS, digits and noise:       ", js_of_images(full[:700], noise).round(4))
print("log 2:                      ", np.log(2).round(4))

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_digits.reveal(
    "log 2: nothing in common",
    "No two of them agree in every pixel. Real digits get the same JS as pure noise.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# This is the *curse of dimensionality*: each dimension (here a pixel) doubles the number of bins, and soon there are far more bins than samples.

# %% [markdown] slideshow={"slide_type": "fragment"}
# You see at a glance that both grids show digits, because you know what to look at. A distance for images must learn this.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## In this chapter we saw
#
# - Shares in bins estimate a distribution. KL compares two, and can be infinite. Jensen–Shannon is at most $\log2$, and flat where nothing overlaps.
# - The gradient of a count is 0. Soft bins have one that is not, and a generator can learn from them, unless it collapses to one mode.
# - In many dimensions every sample is alone in its bin, and counting cannot tell digits from noise.
#
# **Next:** in [chapter 3](03_neural_distance.ipynb) a network becomes the distance.
#
# Here the core ends. *Further* sections and exercises come below; both can wait.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
# Which predictions of this chapter surprised you?
stage.surprises()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: which of them is a distance?
#
# A *metric* (a distance) is symmetric, positive except for equal arguments, where it is 0, and satisfies the triangle inequality: no detour is shorter than the direct way.
#
# $$d(a,c)\le d(a,b)+d(b,c)\tag{2.6}$$
#
# We test it on the simplest distributions: coins that show heads with probability $a$, $b$ or $c$.

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
guess_metric = stage.predict(
    "Which of these satisfies (2.6) for all coins?",
    ["symmetrised KL", "JS", "the square root of JS", "none of them"],
)
guess_metric

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Find coins for which the detour is shorter. Which measures violate (2.6)? For $a=0.1$ and $c=0.9$, which $b$ makes the violation largest?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    lab.triangle_scene(),
    a=(0.05, 0.95), b=(0.05, 0.95), c=(0.05, 0.95),
    alt="For each of three measures a bar for the direct way and one for the detour.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# The symmetrised KL and JS violate it whenever $b$ lies between $a$ and $c$, and most at 0.5 for these two coins. The square root of JS does not. Below are 100,000 random triples.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
coins = np.random.default_rng(0).uniform(0.01, 0.99, (3, 100_000))
a, b, c = np.stack([1 - coins, coins], axis=-1)
for name, measure in (("symmetrised KL", symmetrised_kl), ("JS", js), ("√JS", sqrt_js)):
    broken = measure(a, b) + measure(b, c) < measure(a, c) - 1e-12
    print(f"share of triples that violate it: {broken.mean():.2f}   {name}")

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_metric.reveal(
    "the square root of JS",
    "It satisfies (2.6) for all distributions, not only for coins (Endres and Schindelin 2003).",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: how large is the sampling error of JS?

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
guess_noise = stage.predict(
    "Two samples of 1000 from the same distribution, 50 equally probable bins. Their JS is …",
    ["0", "about 0.01", "about 0.3"],
)
guess_noise

# %% [markdown] slideshow={"slide_type": "subslide"}
# Even two samples from one distribution never fill their bins equally, and JS counts every difference. Let $\pi_i$ be the true probability of bin $i$. A share has variance $\pi_i(1-\pi_i)/N$, and the difference of two shares has twice that. For small differences $\mathrm{JS}\approx\frac18\sum_i(p_i-q_i)^2/\pi_i$, so with $K$ bins its mean is
#
# $$\mathbb E\,\mathrm{JS}\approx\frac{K-1}{4N}\tag{2.7}$$
#
# This *bias* formula holds if at least about ten samples are expected in each bin. For samples of different sizes it is $\frac{K-1}8(\frac1N+\frac1M)$.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
from gan_edu.divergences import plug_in_bias

edges = np.linspace(0, 1, 51)
found = []
for _ in range(200):
    p, q = (histogram(rng.random(1000), edges) for _ in range(2))
    found.append(js(p, q))
print("formula:           ", (50 - 1) / (4 * 1000), " plug_in_bias:", plug_in_bias(50, 1000))
print("mean of 200 trials:", np.mean(found).round(4))

# %% [markdown] slideshow={"slide_type": "subslide"}
# **With *shift* 0 and 1000 samples, how many bins make JS wrong by 0.01? With *shift* 0.3, which numbers of bins stay in the band (within a fifth of the exact value), first with 1000 samples, then with 100,000?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.explore(
    lab.bins_scene(),
    n=stage.log(1000, 100_000), bins=stage.log(2, 200), shift=[0.0, 0.3, 1.0],
    labels={"n": "samples"},
    alt="Two histograms, and their Jensen–Shannon divergence up to this number of bins.",
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_noise.reveal(
    "about 0.01",
    "By (2.7) it is 49/4000 on average, although the distributions are equal.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# About 40 bins for 0.01, as (2.7) says. With the shift, few bins blur the difference and many add bias: with these 1000 samples, 2 to 14 bins stay in the band; with 100,000, all from 4 on. So more samples allow more bins.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: how often does nothing change?
#
# Let the bins have width $w$. A nudge of $h$ moves one sample across an edge with probability $h/w$. So with this probability none of $N$ samples crosses an edge:
#
# $$(1-h/w)^N\approx e^{-Nh/w}\tag{2.8}$$

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
rng = np.random.default_rng(1)  # this section can be left out
w, x_fake = 0.2, rng.normal(size=1000)
places = x_fake + rng.uniform(0, w, (1000, 1))  # 1000 random positions of the bins
for h in (1e-6, 1e-4, 1e-3):
    still = np.all(np.floor(places / w) == np.floor((places + h) / w), axis=1)
    print(f"h = {h:g}: nothing changes in {still.mean():.1%}, theory {np.exp(-1000 * h / w):.1%}")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: the curse of dimensionality in numbers
#
# How large is JS between two samples of one distribution? (2.7) needs ten samples in a bin. For any number, and $K$ equally probable bins, the exact mean follows from entropies.
#
# - The entropy of $p$ is $H(p)=-\sum_i p_i\log p_i$. Since $m_i=\frac12(p_i+q_i)$, (2.4) becomes $\mathrm{JS}=H(m)-\frac12H(p)-\frac12H(q)$.
# - The entropy of a histogram depends on how many neighbours a sample has in its bin. A sample with $A$ neighbours is in a bin with share $(1+A)/N$, so on average $H(p)=\log N-\mathbb E\log(1+A)$.
# - The mixture $m$ is the histogram of all $2N$ samples: $H(m)=\log2N-\mathbb E\log(1+B)$ with $B$ neighbours. The difference is
#
# $$\mathbb E\,\mathrm{JS}=\log2+\mathbb E\log(1+A)-\mathbb E\log(1+B),\quad A\sim\mathrm{Bin}(N-1,\tfrac1K),\ B\sim\mathrm{Bin}(2N-1,\tfrac1K)\tag{2.9}$$
#
# $\mathrm{Bin}(n,r)$ is the binomial distribution: $n$ other samples, each in your bin with probability $r$. With many neighbours $B\approx2A$, the logarithms differ by $\log2$, and JS is near 0. Without neighbours JS is $\log2$.

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
from scipy.stats import binom

from gan_edu.divergences import expected_js


def mean_log_neighbours(others, bins):
    count = np.arange(others + 1)
    return np.sum(binom.pmf(count, others, 1 / bins) * np.log(1 + count))


n, bins = 1000, 2**10
exact = np.log(2) + mean_log_neighbours(n - 1, bins) - mean_log_neighbours(2 * n - 1, bins)
print("(2.9) by hand:", exact.round(4), " expected_js:", round(expected_js(bins, n), 4))

# %% [markdown] slideshow={"slide_type": "subslide"}
# An experiment agrees: $d$ pixels, each black or white with probability one half, are $2^d$ bins.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
rng = np.random.default_rng(4)
for d in (6, 10, 16):
    tosses = rng.integers(2, size=(2000, d))
    found = js_of_images(tosses[:1000], tosses[1000:])
    print(f"d = {d:2}: theory {expected_js(2**d, 1000):.3f}, experiment {found:.3f}")

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
guess_half = stage.predict(
    "Ten times as many samples. How many more pixels can you afford with the same error?",
    ["ten times as many", "about three more", "none"],
)
guess_half

# %% [markdown] slideshow={"slide_type": "subslide"}
# Both distributions are equal, so JS should be 0. **From how many pixels on is it more than half of log 2, first with 1000 samples, then with 10,000? With how many pixels are there more bins than atoms in the universe?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    curse_scene(),
    d=stage.log(1, 784), n=stage.log(10, 10_000),
    labels={"d": "pixels", "n": "samples"},
    alt="JS of two samples of one distribution over the number of pixels, and the number of bins.",
)

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output", "hide-cell"]
for n in (1000, 10_000):
    d = next(d for d in range(1, 30) if expected_js(2**d, n) > np.log(2) / 2)
    print(f"{n:6,} samples: JS passes half of log 2 at d = {d}")
print(f"2^265 = {2**265:.1e}, 2^266 = {2**266:.1e}, 2^784 = 10^{784 * np.log10(2):.1f}")

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_half.reveal(
    "about three more",
    "What counts is samples per bin, and each pixel doubles the bins: 2^3.3 is 10.",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# As in chapter 1, `check` looks at your answer, and `hint("2.1")`, `solution("2.1")` and `progress()` help.

# %% slideshow={"slide_type": "fragment"}
from gan_edu.exercises import check, hint, progress, solution

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>A worked example: the total variation of two histograms</summary>
#
# The total variation $\frac12\sum_i|p_i-q_i|$ is the share of samples that must change their bin:
#
# ```python
# def total_variation(p, q):
#     return np.sum(np.abs(p - q)) / 2  # ½: what leaves one bin arrives in another
#
#
# print(total_variation(np.array([0.5, 0.5, 0.0]), np.array([0.1, 0.4, 0.5])))  # 0.5
# ```
#
# Which value do two histograms have that share no bin? Do empty bins need special care?
#
# </details>
#
# <details><summary>The answer to its question</summary>
#
# 1: every sample must change its bin. Empty bins need no care, because there is no logarithm.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 2.1 · Two boxes
#
# *Compute, 6 minutes.* $p$ is uniform on $[0,1]$, and $q$ is uniform on $[\frac14,\frac54]$: the box of the experiment above with a shift of a quarter. What are their JS and their symmetrised KL? Answer with both, as in `[0.5, 2.0]`; `np.inf` is ∞.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None
check("2.1", answer)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 2.2 · Nine digits are missing
#
# *Predict, 5 minutes.* Real digits are 0 to 9, equally often. A generator draws only perfect threes. There are ten bins, one for each digit. Which of the three is largest: `"KL(real‖generated)"`, `"KL(generated‖real)"` or `"JS"`? (You may type `||` for ‖.)

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None
check("2.2", answer)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 2.3 · Write the Jensen–Shannon divergence
#
# *Code, 10 minutes.* Write (2.4) for two arrays of shares `p` and `q`, with NumPy alone. Bins may be empty in one of them, or in both.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def jensen_shannon(p, q):
    m = (p + q) / 2
    ...


check("2.3", jensen_shannon)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 2.4 · How many generated samples?
#
# *Compute, 5 minutes.* (It needs (2.7), from the section on sampling error.) You know the real distribution's shares in $K=100$ bins exactly. How many generated samples do you need until sampling error alone gives a JS of 0.001 on average?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None
check("2.4", answer)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
# A puzzle: put these lines in order
practice.puzzle("2.p1")

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 2.5 · A loss that never goes flat
#
# *Code, 10 minutes.* At the end of chapter 1 we said: on a line you can sort both samples and pair the smallest with the smallest. Turn this into a loss: how far must the generated samples `x_fake` move, on average, to become the real samples `x_real`? Both are tensors of the same length, in any order; `backward` must find a gradient in `x_fake`.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def sorted_loss(x_real, x_fake):
    ...


check("2.5", sorted_loss)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 2.6 · Samples that get lost
#
# *Debug, 8 minutes.* A generator was trained on these soft bins, and it sent some of its samples far away. What does this loss not see? Repair it.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def soft_shares(x, centres):
    w = centres[1] - centres[0]
    return (1 - (x[:, None] - centres).abs() / w).clamp(min=0).mean(0)


check("2.6", soft_shares)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 2.7 · Know what to look at
#
# *Open, 15 minutes.* Pixel by pixel, real digits are as far from each other as from noise. So look at less. Write a function that gives each of `images` (N, 28, 28), with values from 0 to 255, a label of your choice: a number, a tuple, a word. The label of an image must depend on its own pixels only. Images with the same label share a bin. With 700 images in each sample, the JS of real digits should be less than 0.1 to other real digits, more than 0.6 to noise, and more than 0.3 to digits whose pixels were all shuffled in the same way.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def look(images):
    ...


check("2.7", look)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Symbols in this chapter
#
# | here | in code | the article | meaning |
# |:--|:--|:--|:--|
# | $x_1,\dots,x_N$ | `x_real` | $z_1,\dots,z_N$ | real samples |
# | $x_j=G(z_j)$ | `x_fake` | $y_j=G(x_j,\theta)$ | generated samples |
# | $z$ | `z` | $x$ | noise |
# | $I_1,\dots,I_K$ | `edges` | $I_i$ | bins that cover the line |
# | $p_i$, $q_i$ | `p`, `q` | $p_z(I_i)$, $p_y(I_i)$ | shares of the real and of the generated samples in bin $i$ |
# | $\mathrm{KL}(p\Vert q)$ | `kl(p, q)` | KL | Kullback–Leibler divergence |
# | $S(p,q)$ | `symmetrised_kl(p, q)` | JS | symmetrised KL (2.3), which the article calls JS |
# | $\mathrm{JS}(p,q)$ | `js(p, q)` | – | Jensen–Shannon divergence (2.4), here as in the GAN literature |
#
# All words of the course, in English and Chinese: the [glossary](glossary.ipynb).
