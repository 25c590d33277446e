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
    course = "pooch anywidget psygnal 'ipywidgets>=8.1.5' git+https://github.com/gan-edu/gan-edu"
    get_ipython().run_line_magic("pip", f"install -q --no-deps {course}")
    __import__("google.colab").colab.output.enable_custom_widget_manager()

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
from gan_edu import stage

stage.picture(
    "histogram_js.png",
    "Two heaps of samples, blue and orange, in the same bins; beside them a curve that rises "
    "with the number of bins.",
)

# %% [markdown] slideshow={"slide_type": "-"}
# A forger needs to know how good the forgeries are. In this chapter we count: cut the line into bins, count real samples and forgeries in each, and compare the counts. It works, if one knows the traps. A generator will learn from nothing else. And then we shall see why it cannot work for pictures.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **What you'll do.** Read a law off a sample; watch two divergences while two laws move apart; look for a detour that is shorter than the direct way; find out how much difference luck alone makes; train a generator on a histogram; and count pixels until counting fails.
#
# **What you'll learn.** KL and Jensen–Shannon divergence, and what they say about samples; why a count has no gradient and how to give it one; what the curse of dimension is.
#
# **What you need.** Chapter 1, logarithms, and an hour and a quarter; half-way, before *Let a generator learn from it*, is a good place for a break. The second half has some PyTorch, of the kind that you met in chapter 1.

# %% [markdown] slideshow={"slide_type": "subslide"}
# | here | in code | the article | |
# |:--|:--|:--|:--|
# | $z_1,\dots,z_N$ | `z` | $Z$ | real samples |
# | $y_1,\dots,y_M$ | `y` | $y_j=G(x_j,\theta)$ | generated samples |
# | $I_1,\dots,I_K$ | `edges` | $I_i$ | bins that cover the line |
# | $p_i$, $q_i$ | `p`, `q` | $p_z(I_i)$, $p_y(I_i)$ | shares of the samples in bin $i$ |
# | $\mathrm{KL}(p\Vert q)$ | `kl(p, q)` | KL | Kullback–Leibler divergence |
# | $S(p,q)$ | `symmetrised_kl(p, q)` | JS | the mean of $\mathrm{KL}(p\Vert q)$ and $\mathrm{KL}(q\Vert p)$ |
# | $\mathrm{JS}(p,q)$ | `js(p, q)` | – | Jensen–Shannon divergence |
#
# All of them are in nats: logarithms are natural. A nat is $1/\ln2\approx1.44$ bits.
#
# All words of the course, in English and Chinese: the [glossary](glossary.ipynb).

# %% slideshow={"slide_type": "fragment"}
import numpy as np

from gan_edu import settings, stage
from gan_edu.chapters.ch02_histogram_js import scenes as lab
from gan_edu.distributions import normal
from gan_edu.divergences import histogram, js, kl, sqrt_js, symmetrised_kl

settings.reset()  # PyTorch and NumPy as in a new kernel

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A sample stands for its law
#
# Nobody hands you the density of handwritten threes. What you have is a pile of threes. The way out is to let the pile speak for the law: count.
#
# $$p_z(I_i)=\frac1N\sum_{j=1}^N\#(z_j\in I_i)\tag{2.1}$$
#
# $\#(z_j\in I_i)$ is 1 if $z_j$ lies in bin $i$, and else 0. For the generated samples it is the same with $y_j$ and $M$.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
z = np.array([0.1, 0.4, 0.6, 0.7, 1.9])
edges = np.array([0.0, 0.5, 1.0, 1.5, 2.0])
p = np.array([np.mean((z >= left) & (z < left + 0.5)) for left in edges[:-1]])
print("p:", p)
print("the package's is the same:", np.array_equal(histogram(z, edges), p))

# %% [markdown] slideshow={"slide_type": "subslide"}
# Two samples need not be of the same size: shares are compared, not counts. But each sample must have a bin. NumPy's own histogram forgets in silence what lies outside the edges. Ours does not:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
try:
    histogram([0.1, 0.4, 7.0], edges)
except ValueError as error:
    print(error)

# %% slideshow={"slide_type": "subslide"}
guess_bins = stage.predict(
    "You have 1000 samples. Which number of bins shows the law best?",
    ["4", "40", "400"],
)
guess_bins

# %% [markdown] slideshow={"slide_type": "fragment"}
# **With 1000 samples: what goes wrong with 4 bins, and what with 400? How many samples do 400 bins need until the heap looks like the law again?** The number in the title compares with the law's own shares: how many samples would have to move to another bin? It sees luck only. What the bins hide, you must see for yourself.

# %% slideshow={"slide_type": "subslide"}
stage.explore(
    lab.sample_scene(),
    n=stage.played(stage.log(10, 100_000)), bins=stage.log(2, 1000),
    labels={"n": "samples", "bins": "bins"},
    alt="A histogram of two heaps, and the law's two bumps as a dashed line.",
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_bins.reveal(
    "40",
    "Few bins blur the law, and too many show nothing but luck: each holds two or three samples.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# Four bins hide that there are two heaps, 400 bins are all spikes, and these want about ten times the samples for the same calm. Luck in a bin with $n$ samples is about $\sqrt n$ on average, so what counts is samples per bin.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Kullback–Leibler
#
# You are shown one sample $x$ and two suspects: law $p$ or law $q$. The evidence for $p$ is $\log\frac{p(x)}{q(x)}$: positive if $p$ makes such an $x$ more probable than $q$ does. If $p$ is the true law, how much evidence does a sample give on average?
#
# $$\mathrm{KL}(p\Vert q)=\sum_i p_i\log\frac{p_i}{q_i},\qquad\text{for densities}\quad\int p(x)\log\frac{p(x)}{q(x)}\,dx\tag{2.2}$$

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
p, q = np.array([0.5, 0.25, 0.25]), np.array([0.25, 0.5, 0.25])
by_hand = np.sum(p * np.log(p / q))
print("KL(p‖q) =", by_hand.round(4), " the package's is the same:", np.isclose(kl(p, q), by_hand))
print("from p to itself:", kl(p, p))

# %% slideshow={"slide_type": "subslide"}
guess_kl = stage.predict(
    "p is a bell, and q a bell of twice the width. Which is larger?",
    ["KL(p‖q)", "KL(q‖p)", "they are equal"],
)
guess_kl

# %% [markdown] slideshow={"slide_type": "subslide"}
# Green area counts, hatched area is taken off: what remains is the divergence. **Set the shift to 0 and make $q$ wider: which of the two grows faster? Make it narrower: now which? Is there a $q$, other than $p$, for which both are equal?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.kl_scene(),
    shift=(0.0, 1.5), spread=(0.6, 2.0),
    labels={"shift": "shift of q", "spread": "spread of q"},
    alt="Two bells, and two curves whose areas are the two Kullback–Leibler divergences.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# $\mathrm{KL}(q\Vert p)$ grows faster if $q$ is wide, and $\mathrm{KL}(p\Vert q)$ if it is narrow; at spread 1 they are equal for any shift. A wide $q$ often puts samples where $p$ has next to nothing, and each of those is strong evidence against $p$. The other way round, $p$'s samples lie where $q$ has something too.
#
# </details>
#
# The same with the exact formula for two bells around 0, $\log s+\frac1{2s^2}-\frac12$ from spread 1 to spread $s$ (for the way back put $1/s$ for $s$):

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
x = np.linspace(-20, 20, 4001)
p, q = normal(0, 1).pdf(x) * 0.01, normal(0, 2).pdf(x) * 0.01  # bins of width 0.01
print("KL(p‖q):", kl(p, q).round(4), " exact:", np.round(np.log(2) + 1 / 8 - 1 / 2, 4))
print("KL(q‖p):", kl(q, p).round(4), " exact:", np.round(-np.log(2) + 4 / 2 - 1 / 2, 4))

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_kl.reveal(
    "KL(q‖p)",
    "The first law decides where one looks, and q looks far out.",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Two ways to make it fair
#
# KL depends on who comes first, and a distance should not. The obvious repair is the mean of both directions:
#
# $$S(p,q)=\tfrac12\mathrm{KL}(p\Vert q)+\tfrac12\mathrm{KL}(q\Vert p)\tag{2.3}$$
#
# The other repair lets each of the two meet the mean of both:
#
# $$\mathrm{JS}(p,q)=\tfrac12\mathrm{KL}(p\Vert m)+\tfrac12\mathrm{KL}(q\Vert m),\qquad m=\tfrac12(p+q)\tag{2.4}$$

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **The article says** that (2.3) is the Jensen–Shannon divergence. **Precisely:** (2.3) is the symmetrised KL, half of what is called Jeffreys' divergence. Jensen–Shannon is (2.4), the one with the mixture $m$ (Lin 1991), and the one in the paper that introduced GANs. (One more trap: SciPy's `jensenshannon` returns its square root.)

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
from scipy.spatial.distance import jensenshannon

p, q = np.array([0.5, 0.5, 0.0]), np.array([0.1, 0.4, 0.5])
m = (p + q) / 2
print("JS by hand:", (kl(p, m) / 2 + kl(q, m) / 2).round(4), " package:", js(p, q).round(4))
print("SciPy's is the root:", np.isclose(jensenshannon(p, q), np.sqrt(js(p, q))))
print("symmetrised KL:", symmetrised_kl(p, q))

# %% [markdown] slideshow={"slide_type": "fragment"}
# The mixture makes the difference. Where $p$ has samples, $m$ has at least half as many, so no summand is larger than $p_i\log2$. Where only one of the two has an empty bin, the symmetrised KL is infinite.

# %% slideshow={"slide_type": "subslide"}
guess_far = stage.predict(
    "Two bells move apart, for ever. What does JS do?",
    ["it grows for ever", "it stops growing", "it becomes infinite at some point"],
)
guess_far

# %% [markdown] slideshow={"slide_type": "fragment"}
# **From which shift on can you no longer tell from JS whether the laws come closer? Choose the box: how far must it move for an infinite symmetrised KL?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.shift_scene(),
    shift=stage.played((0.0, 10.0)), shape=list(lab.SHAPES),
    alt="Two laws that move apart, and both divergences up to this shift.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# From 6 or so on JS hardly moves (it is within 0.004 of its limit), and for the box any shift at all makes the symmetrised KL infinite: each box has samples where the other has none. For two bells at a distance $\mu$ the symmetrised KL is $\mu^2/2$. JS stops at $\ln2\approx0.693$, the value for two laws that share nothing.
#
# </details>
#
# Both in numbers, at four distances:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
x = np.linspace(-12, 22, 6801)
bell = normal().pdf(x) * 0.005
for mu in (1, 2, 4, 8):
    moved = normal(mu).pdf(x) * 0.005
    print(f"μ = {mu}:  S = {symmetrised_kl(bell, moved):6.3f}   JS = {js(bell, moved):.5f}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# For a forger who is far off, the slope matters more than the value. Does it get better if I move a little this way? Here is the slope at two shifts:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
def js_at(mu):
    return js(bell, normal(mu).pdf(x) * 0.005)


print("slope of JS at μ = 1:", ((js_at(1.001) - js_at(0.999)) / 0.002).round(4))
print("slope of JS at μ = 8:", ((js_at(8.001) - js_at(7.999)) / 0.002).round(4))

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_far.reveal(
    "it stops growing",
    "At ln 2 it says: nothing in common. How far apart, it does not say.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# > **The article says** that KL and JS are how the 2014 paper measures its success. **Precisely:** JS appears there in the theory: it is what the ideal game minimises (chapter 3). The experiments were scored in another way, by how probable real samples are under a smoothed heap of forgeries (Parzen windows, chapter 5).

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Is it a distance?
#
# A distance $d$ has four properties: never negative, 0 only between equals, the same in both directions, and *no detour is shorter than the direct way*:
#
# $$d(a,c)\le d(a,b)+d(b,c)\tag{2.5}$$
#
# Try the simplest laws there are: coins that show heads with probability $a$, $b$ or $c$.

# %% slideshow={"slide_type": "fragment"}
guess_metric = stage.predict(
    "Which of these keeps (2.5) for all coins?",
    ["symmetrised KL", "JS", "the square root of JS", "none of them"],
)
guess_metric

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Look for coins that make a detour shorter than the direct way. Which of the three measures break the rule? Take $a=0.1$ and $c=0.9$: where must $b$ lie for the worst violation?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.triangle_scene(),
    a=(0.05, 0.95), b=(0.05, 0.95), c=(0.05, 0.95),
    alt="For each of three measures a bar for the direct way and one for the detour.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# Two of them break it whenever $b$ lies between $a$ and $c$, and worst, for 0.1 and 0.9, at 0.5.
#
# </details>
#
# You searched by hand; here are 100,000 triples of coins at random.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
rng = np.random.default_rng(0)
heads = rng.random((3, 100_000))
a, b, c = np.stack([1 - heads, heads], axis=-1)
for measure in (symmetrised_kl, js, sqrt_js):
    broken = measure(a, b) + measure(b, c) < measure(a, c) - 1e-12
    print(f"{measure.__name__:15} breaks the rule:", bool(broken.any()))

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_metric.reveal(
    "the square root of JS",
    "That holds for all laws, not just coins (Endres and Schindelin 2003).",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# > **The article says** that KL and JS are divergences and no distances. **Precisely:** so it is, for (2.3) and for (2.4). But $\sqrt{\mathrm{JS}}$ is one.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Empty bins
#
# So much for laws. Now for samples. Take 1000 samples of one bell and 1000 of another that is shifted by 0.3, and 50 bins. How large is the symmetrised KL?

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
edges = np.linspace(-5, 5, 51)
infinite = 0
for _ in range(100):
    z, y = rng.normal(size=1000), rng.normal(0.3, size=1000)
    p, q = histogram(z, edges, outside="ends"), histogram(y, edges, outside="ends")
    infinite += np.isinf(symmetrised_kl(p, q))
print("infinite in", infinite, "of 100 trials")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Out in the tails there is nearly always a bin that only one of the two has hit. The exact answer is $0.3^2/2=0.045$. A popular repair is to pretend that each bin holds a little more than it does:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
for extra in (1e-12, 1e-3, 1.0):
    fuller_p, fuller_q = 1000 * p + extra, 1000 * q + extra
    repaired = symmetrised_kl(fuller_p / fuller_p.sum(), fuller_q / fuller_q.sum())
    print(f"{extra:6g} more in each bin: {repaired:.3f}")

# %% [markdown] slideshow={"slide_type": "fragment"}
# The answer depends on what we pretend. JS needs no such repair: it is finite, always. From here on we measure with JS. Finite is not yet right, though:

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How much is luck?

# %% slideshow={"slide_type": "fragment"}
guess_luck = stage.predict(
    "Two samples of 1000 of the same law, in 50 equally probable bins. Their JS is …",
    ["0", "about 0.01", "about 0.3"],
)
guess_luck

# %% [markdown] slideshow={"slide_type": "subslide"}
# Two samples never fill their bins equally, even if they come from one law, and JS takes each difference for real. Let $\pi_i$ be the law's probability of bin $i$. A share is off by $\pi_i(1-\pi_i)/N$ in mean square (the variance of a coin, divided by $N$); two shares differ by twice that. For small differences $\mathrm{JS}\approx\frac18\sum_i(p_i-q_i)^2/\pi_i$, and with $K$ bins that is on average $\frac18\sum_i2(1-\pi_i)/N$:
#
# $$\mathbb E\,\mathrm{JS}\approx\frac{K-1}{4N}\tag{2.6}$$
#
# It holds if each bin expects some ten samples or more. (For samples of different sizes put $\frac{K-1}8(\frac1N+\frac1M)$.)

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
from gan_edu.divergences import plug_in_bias

edges = np.linspace(0, 1, 51)
found = []
for _ in range(200):
    z, y = rng.random(1000), rng.random(1000)
    found.append(js(histogram(z, edges), histogram(y, edges)))
print("formula:", (50 - 1) / (4 * 1000), " package:", plug_in_bias(50, 1000))
print("mean of 200 trials:", np.mean(found).round(4))

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Shift 0 and 1000 samples: how many bins make JS wrong by 0.01? Then shift 0.3: which numbers of bins come within a fifth of the exact value with 1000 samples, and which with 100,000?** The band shows a fifth up and down. Each bin has the same probability under the real law; the first and the last one have no end.

# %% slideshow={"slide_type": "subslide"}
stage.explore(
    lab.bins_scene(),
    n=stage.log(100, 100_000), bins=stage.log(2, 200), shift=(0.0, 2.0),
    labels={"n": "samples"},
    alt="Two histograms, and their Jensen–Shannon divergence up to this number of bins.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# About 40 bins for 0.01, as (2.6) says. With the shift, few bins blur the difference and many add luck: with these 1000 samples 2 to 14 bins come within a fifth. With others even 5 bins manage it only every other time, since luck is as large as the error allowed. With 100,000 all from 4 on do.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_luck.reveal(
    "about 0.01",
    "By (2.6) it is 49/4000, though nothing is different at all.",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Let a generator learn from it
#
# On the line, then, we can measure how far apart two samples are: $\mathrm{Loss}=\mathrm{JS}(p,q)$. Can a generator follow it downhill? Gradient descent does not try things out. It asks for the slope: how does the loss change if a knob in $\theta$, and with it the forgeries, moves by next to nothing?

# %% slideshow={"slide_type": "fragment"}
guess_nudge = stage.predict(
    "1000 forgeries, bins of width 0.2. Move all forgeries by one millionth. The loss …",
    ["falls or rises a millionth or so", "nearly always stays exactly the same", "jumps"],
)
guess_nudge

# %% [markdown] slideshow={"slide_type": "subslide"}
# All bins have the width $w=0.2$. **Zoom in: make $h$ smaller. When does the last step vanish? Which $h$ and how many forgeries give a loss that nearly always changes?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.nudge_scene(),
    n=stage.log(10, 1000), h=stage.log(1e-6, 1.0),
    labels={"n": "forgeries", "h": "h, the largest nudge"},
    alt="The loss while all forgeries are nudged, and how often a nudge from h on changes nothing.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# The last step of these 1000 forgeries vanishes between $h=0.0004$ and $0.0003$; on average that happens at $w/N=0.0002$. From three times that on a nudge nearly always changes something.
#
# </details>
#
# A count changes only when a forgery crosses an edge. A nudge of $h$ carries each of $N$ forgeries over an edge with probability $h/w$, so nothing at all happens with probability
#
# $$(1-h/w)^N\approx e^{-Nh/w}\tag{2.7}$$

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
y = rng.normal(size=1000)
still = np.mean(lab.room(y, starts=2000) > 1e-6)  # 2000 places of the edges
print("theory:", np.exp(-1000 * 1e-6 / 0.2).round(4), " counted:", still.round(4))

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_nudge.reveal(
    "nearly always stays exactly the same",
    "The loss is a staircase: flat, except at its steps.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# > **The article says** that for one variable this loss is all one needs. **Precisely:** as a *measure*, yes. As a loss to train on, no: a staircase has slope zero almost everywhere, and the symmetrised KL is infinite on top of that.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Soft bins
#
# The cure is small: let each sample share its one count between the two nearest bin centres $c_i$, in proportion to how near it is. With centres $w$ apart,
#
# $$q_i=\frac1M\sum_{j=1}^M\max\Bigl(0,\,1-\frac{|y_j-c_i|}w\Bigr)\tag{2.8}$$
#
# and whatever lies beyond the last centre counts there. **Move $y$: when do the hard bins notice, and when the soft ones? Where does even the soft histogram notice nothing?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.soft_scene(),
    y=(-2.5, 2.5),
    alt="One sample counted in hard bins, and shared between two soft ones.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# The hard bins notice nothing until $y$ passes an edge. The soft ones notice every move, except beyond the first and the last centre.
#
# </details>
#
# In PyTorch gradients come for free: `y[:, None] - centres` is the table of all distances, and `mean(0)` averages it over the samples.

# %% slideshow={"slide_type": "fragment"}
import torch
from torch import nn

torch.set_num_threads(1)


def soft_histogram(y, centres):
    w = centres[1] - centres[0]
    y = y.clamp(centres[0], centres[-1])
    return (1 - (y[:, None] - centres).abs() / w).clamp(min=0).mean(0)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The package's gives the same shares, without the large table. And its slope is right: nudge one sample and compare.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
from gan_edu.losses import js_loss
from gan_edu.losses import soft_histogram as quick_soft_histogram

centres = torch.linspace(-5, 5, 40, dtype=torch.float64)
z, y = torch.from_numpy(rng.normal(size=(2, 100)))
p = soft_histogram(z, centres)
print("same shares:", torch.allclose(p, quick_soft_histogram(z, centres)))

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
y = y.detach().requires_grad_()
js_loss(p, quick_soft_histogram(y, centres)).backward()
nudged = y.detach().clone()
nudged[0] += 1e-6
change = js_loss(p, soft_histogram(nudged, centres)) - js_loss(p, soft_histogram(y, centres))
print("same slope:", torch.isclose(y.grad[0], change / 1e-6, rtol=1e-3).item())

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Train on it
#
# No pairs this time, which chapter 1 could not do without: only a heap of real samples, noise, and the distance between two heaps.

# %% slideshow={"slide_type": "fragment"}
def new_generator():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1)
    )


def real_samples(distribution):
    return torch.from_numpy(distribution.sample(10_000, np.random.default_rng(0))).float()

# %% [markdown] slideshow={"slide_type": "subslide"}
# Each step draws fresh noise $v=2u-1$ from $[-1,1]$, as in chapter 1 (the figures show $u$), and turns all knobs a little downhill. The rate falls along a cosine, and `yield` hands out the loss, before the knobs are turned.

# %% slideshow={"slide_type": "fragment"}
def train(generator, z, bins=40, steps=1000):
    centres = torch.linspace(-5, 5, bins)
    p = quick_soft_histogram(z, centres)  # the real shares: counted once
    optimiser = torch.optim.Adam(generator.parameters(), lr=0.02, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        v = 2 * torch.rand(1024, 1) - 1
        loss = js_loss(p, quick_soft_histogram(generator(v)[:, 0], centres))
        yield loss.item()
        optimiser.zero_grad()  # forget the last step's slopes
        loss.backward()  # the slope in each knob
        optimiser.step()  # turn them
        schedule.step()

# %% [markdown] slideshow={"slide_type": "subslide"}
# `lab.traced` keeps some of the steps, and `stage.watch` shows them while it happens. *Largest gap*, as in chapter 1: the most by which a share to the left is wrong, 0 for a perfect map.

# %% slideshow={"slide_type": "fragment"}
generator = new_generator()
bell_run = stage.watch(
    lab.traced(generator, train(generator, real_samples(normal()))),
    lab.training_scene(normal()),
    every=1, total=len(lab.MARKS),
    alt="The generator's curve beside Φ⁻¹, its samples beside the bell, and its loss.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# A generator, trained on two heaps and nothing else. It found $\Phi^{-1}$, since it was rising when it began; its mirror image would have the same loss. Is the rest of the loss its fault? (2.6) does not apply, since the bins are soft, and the outer ones nearly empty. So we ask luck itself: two samples of the same law, 50 times.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
centres, luck = torch.linspace(-5, 5, 40, dtype=torch.float64), []
chance = np.random.default_rng(0)
for _ in range(50):
    z, y = (torch.from_numpy(chance.normal(size=n)) for n in (10_000, 1024))
    p, q = quick_soft_histogram(z, centres), quick_soft_histogram(y, centres)
    luck.append(js_loss(p, q).item())
last = np.mean([trace.loss for trace in bell_run[-10:]])
print("luck alone:", np.mean(luck).round(4))
print("the loss is below twice that:", last < 2 * np.mean(luck))
print("largest gap below 0.02:", lab.largest_cdf_error(bell_run[-1].g) < 0.02)

# %% slideshow={"slide_type": "subslide"}
guess_bumps = stage.predict(
    "The same with two bumps, at −2 and 2, and the generator starts around 0. What will it draw?",
    ["both bumps", "one bump only", "nothing useful"],
)
guess_bumps

# %% [markdown] slideshow={"slide_type": "subslide"}
# Four trainings: the bell with 40 bins, the bell with 10, two bumps, and two bumps with a generator that is spread out from the start, $G=5v+\text{network}(v)$ with $v=2u-1$.

# %% slideshow={"slide_type": "fragment"}
class Spread(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, v):
        return 5 * v + self.network(v)

# %% slideshow={"slide_type": "fragment"}
runs = {"normal": (normal(), bell_run)}
for name, distribution, generator, bins in (
    ("bell, 10 bins", normal(), new_generator(), 10),
    ("two_modes", lab.BUMPS, new_generator(), 40),
    ("two bumps, spread start", lab.BUMPS, Spread(new_generator()), 40),
):
    runs[name] = distribution, list(lab.traced(generator, train(generator, real_samples(distribution), bins)))

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Two bumps: after how many steps do all samples lie on one side of 0? Where does the loss stop falling? With ten bins: what does the generator draw instead of a bell?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.runs_scene(runs, first="two_modes"),
    run=list(runs), step=stage.played(stage.log(1, 1000)),
    alt="A generator's curve beside the exact one, its samples beside the law, and its loss.",
)

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output", "hide-cell"]
for name, (distribution, traces) in runs.items():
    print(f"{name:24} largest gap below 0.05:", lab.largest_cdf_error(traces[-1].g, distribution) < 0.05)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# After a few steps. The loss falls on to 0.216, which is JS of one bump and both, and there it stays. With ten bins $G$ draws a needle between the two middle centres.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
lost = runs["two_modes"][1]
one_of_two = js([1, 0], [0.5, 0.5])
print("JS of one bump and both:", one_of_two.round(3))
print("the loss stops there:", all(abs(trace.loss - one_of_two) < 0.01 for trace in lost[-10:]))
print("all on one side by step 20:", all((t.g > 0).all() for t in lost if t.step >= 20))
needle = runs["bell, 10 bins"][1][-1].g
print("ten bins, a needle:", -5 / 9 < needle.min() < needle.max() < 5 / 9)

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
guess_bumps.reveal(
    "one bump only",
    "After a few steps all samples are on one side, and the way back leads uphill.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# The network moves all its samples together. They begin between the bumps, soon lie on one side, and stay: on the way to the other bump they would have to pass bins where nothing is real, and that raises the loss. To lose a part of the law like this is called *mode collapse*. Chapter 4 will meet it again, where everybody blames the opponent. Here there is none. A start that covers both bumps helps.
#
# Ten bins fail in another way. Samples between the same two centres all get the same push, so a heap that is narrower than a bin is not pulled apart. (Put another seed into `new_generator`: now and then the two bumps get through. Ten bins then give other heaps, but hardly ever the bell.)
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Pictures
#
# A digit of MNIST has $28\times28=784$ pixels. Let each be only black or white. Then a picture is one point among $2^{784}$, and each of these is a bin.

# %% slideshow={"slide_type": "fragment"}
guess_digits = stage.predict(
    "700 real digits in black and white against 700 other real digits. Their JS is …",
    ["near 0: both are real", "about half of ln 2", "ln 2: nothing in common"],
)
guess_digits

# %% [markdown] slideshow={"slide_type": "subslide"}
# Nothing is easier to try. Two equal pictures share a bin. To see what happens on the way, we also look at the digits through coarser glasses: 1, 4, 16, 49 and 196 pixels.

# %% slideshow={"slide_type": "fragment"}
from gan_edu.datasets import load_mnist

digits = load_mnist()
print(digits)

# %% slideshow={"slide_type": "fragment"}
def black_and_white(images, side):
    blocks = images.reshape(-1, side, 28 // side, side, 28 // side).mean((2, 4))
    return blocks.reshape(len(images), side**2) > images.mean()


def js_of_pictures(first, second):
    both, bins = np.unique(np.concatenate([first, second]), axis=0, return_inverse=True)
    p = np.bincount(bins[: len(first)], minlength=len(both)) / len(first)
    q = np.bincount(bins[len(first) :], minlength=len(both)) / len(second)
    return js(p, q)

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
for side in (1, 2, 4, 7, 14, 28):
    pictures = black_and_white(digits.images[:1400], side)
    value = js_of_pictures(pictures[:700], pictures[700:])
    print(f"pixels: {side**2:3}   JS: {value:.3f}")

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
different = len(np.unique(pictures, axis=0))
print("784 pixels: no picture twice:", different == 1400)
print("JS is ln 2:", np.isclose(value, np.log(2)))
noise = rng.random((700, 784)) < 0.5
print("against noise too:", np.isclose(js_of_pictures(pictures[:700], noise), np.log(2)))

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_digits.reveal(
    "ln 2: nothing in common",
    "No two of them agree in every pixel, so the counts find real digits as foreign as noise.",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The curse of dimension
#
# Each pixel more doubles the number of bins. Soon there are more bins than samples, for any number of samples that one can have: that is the *curse of dimension*. How much luck is there then? (2.6) needs ten samples a bin. Here is the exact answer for $K$ equally probable bins.
#
# - *JS is a difference of entropies.* The entropy of $p$ is $H(p)=-\sum_i p_i\log p_i$. Written out, (2.4) is
#
#   $$\tfrac12\sum_ip_i\log\frac{p_i}{m_i}+\tfrac12\sum_iq_i\log\frac{q_i}{m_i}=-\sum_im_i\log m_i+\tfrac12\sum_ip_i\log p_i+\tfrac12\sum_iq_i\log q_i,$$
#
#   since $\frac12(p_i+q_i)=m_i$. So $\mathrm{JS}=H(m)-\frac12H(p)-\frac12H(q)$.
# - A histogram's entropy depends on how much company each sample has in its bin. A sample that shares it with $A$ others sits in a bin with share $(1+A)/N$, so on average $H(p)=\log N-\mathbb E\log(1+A)$.
# - For $m$, the histogram of all $2N$ samples, it is $\log2N-\mathbb E\log(1+B)$ with $B$ others. Subtract:
#
# $$\mathbb E\,\mathrm{JS}=\ln2+\mathbb E\log(1+A)-\mathbb E\log(1+B),\quad A\sim\mathrm{Bin}(N-1,\tfrac1K),\ B\sim\mathrm{Bin}(2N-1,\tfrac1K)\tag{2.9}$$
#
# $\mathrm{Bin}(n,r)$ is the number of heads in $n$ tosses with chance $r$; here each of the others falls into your bin with chance $1/K$.
#
# Plenty of company: $B\approx2A$, the logarithms differ by $\ln2$, and JS is near 0. No company: both are 0, and JS is $\ln2$.

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
from scipy.stats import binom

from gan_edu.divergences import expected_js


def mean_log_company(others, bins):
    count = np.arange(others + 1)
    return np.sum(binom.pmf(count, others, 1 / bins) * np.log(1 + count))


n, bins = 1000, 2**10
exact = np.log(2) + mean_log_company(n - 1, bins) - mean_log_company(2 * n - 1, bins)
print(
    "E JS =", exact.round(4), " the package's is the same:", np.isclose(exact, expected_js(bins, n))
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# And by trial, with $d$ pixels that are black or white by the toss of a coin, so that there are $2^d$ bins:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
for d in (6, 10, 16):
    tosses = rng.integers(2, size=(2000, d))
    found = js_of_pictures(tosses[:1000], tosses[1000:])
    print(f"d = {d:2}: theory {expected_js(2**d, 1000):.3f}, trial {found:.3f}")

# %% slideshow={"slide_type": "fragment"}
guess_half = stage.predict(
    "Ten times as many samples. How many more pixels can you afford, for the same error?",
    ["ten times as many", "about three more", "none"],
)
guess_half

# %% [markdown] slideshow={"slide_type": "subslide"}
# Both laws are equal here: all that you see is luck. **From how many pixels on does it reach half of ln 2 with 1000 samples? With 10,000? With how many pixels are there more bins than atoms in the universe?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.curse_scene(),
    d=stage.log(1, 784), n=stage.log(10, 10_000),
    labels={"d": "pixels", "n": "samples"},
    alt="JS of two samples of one law over the number of pixels, and the number of bins.",
)

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output", "hide-cell"]
for n in (1000, 10_000):
    d = next(d for d in range(1, 30) if expected_js(2**d, n) > np.log(2) / 2)
    print(f"{n:6,} samples: JS of equal laws passes half of ln 2 at d = {d}")
print("2^784 has", len(str(2**784)), "digits; 2^266 > 10^80 > 2^265:", 2**266 > 10**80 > 2**265)

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_half.reveal(
    "about three more",
    "What counts is samples per bin, and each pixel doubles the bins: 2^3.3 is 10.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **The article says** that $2^{784}\approx10^{236}$ bins are too many to compute with. **Precisely:** the number is right, the reason is not. At most $N$ bins hold a sample, and to count those takes a moment, as you saw. It fails because the answer is worthless: nearly every bin that holds a sample holds just one, and two samples have nothing in common, equal laws or not. (Digits last a little longer than tossed coins, since neighbouring pixels repeat each other. It does not save them.)

# %% [markdown] slideshow={"slide_type": "fragment"}
# And yet *you* see at a glance that 1000 real digits and 1000 other real digits are the same kind of thing, and that noise is not. You do not ask whether two pictures agree in all pixels. You know what to look at. A distance for pictures must know that too, so it will have to learn it: that is chapter 3.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# As in chapter 1: `check` says at once whether an answer is right and what to think about if not; `hint("2.1")`, `solution("2.1")` and `progress()` help. Together the exercises take about an hour.

# %% slideshow={"slide_type": "fragment"}
from gan_edu.exercises import check, hint, progress, solution

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 2.1 · Two boxes
#
# *Compute, 6 minutes.* $p$ is uniform on $[0,1]$, and $q$ on $[\frac14,\frac54]$: the box of the experiment above, moved by a quarter. What are their JS and their symmetrised KL? Answer with both, as in `[0.5, 2.0]`; `np.inf` is ∞.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None
check("2.1", answer)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 2.2 · Nine digits are missing
#
# *Predict, 5 minutes.* Real digits are 0 to 9, equally often. A forger draws nothing but perfect threes. Count in ten bins, one for each digit. Which of the three is largest: `"KL(real‖forged)"`, `"KL(forged‖real)"` or `"JS"`? (`||` will do for ‖.)

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None
check("2.2", answer)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 2.3 · Jensen–Shannon with bare hands
#
# *Code, 10 minutes.* Write (2.4) for two arrays of shares `p` and `q`, with NumPy alone. Bins may be empty in one of them, or in both.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def jensen_shannon(p, q):
    ...


check("2.3", jensen_shannon)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 2.4 · How many forgeries?
#
# *Compute, 5 minutes.* This time you know the real law's shares in $K=100$ bins exactly; only the forgeries are a sample. How many of them do you need for luck alone to make a JS of 0.001 on average?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None
check("2.4", answer)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 2.5 · A loss that never falls asleep
#
# *Code, 10 minutes.* At the end of chapter 1 we said: on a line one could sort both lists and pair the smallest with the smallest. Make a loss of it: by how much must the forgeries `y` be moved, on average, to become the real samples `z`? Both are tensors of one length, in any order; `backward` must find a slope in `y`.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def sorted_loss(z, y):
    ...


check("2.5", sorted_loss)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 2.6 · Samples that get lost
#
# *Debug, 8 minutes.* A generator was trained on these soft bins, and sent a part of its samples far away, for ever. What does this loss not see? Repair it.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def soft_shares(y, centres):
    w = centres[1] - centres[0]
    return (1 - (y[:, None] - centres).abs() / w).clamp(min=0).mean(0)


check("2.6", soft_shares)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 2.7 · Know what to look at
#
# *Open, 15 minutes.* Pixel by pixel, real digits were as foreign to each other as noise. Look at less: write a function that gives each of `images` (N, 28, 28), with values from 0 to 255, a label of your choice: a number, a tuple, a word. A picture gets its label from its own pixels alone, whatever pictures come with it. Pictures with the same label share a bin. With 700 pictures in each heap, real digits should be less than 0.1 away from other real digits, more than 0.6 from noise, and more than 0.3 from digits whose pixels were all shuffled in the same way.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def look(images):
    ...


check("2.7", look)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## In this chapter we saw
#
# - A sample stands for its law through the shares in its bins. KL measures how they differ, one way; the symmetrised KL explodes at a bin that only one of them fills, Jensen–Shannon stays below $\ln2$ and falls asleep when nothing is in common. Only its root is a distance.
# - Counts have luck in them, $\frac{K-1}{4N}$ of it, and no slope. Soft bins give them one, and a generator learns from two heaps alone, if it does not start in the wrong valley.
# - In many dimensions every sample sits alone in its bin, and counting says the same about everything. A distance must learn what to look at.
#
# **Next:** [chapter 3](03_neural_distance.ipynb) lets a network be the distance.
