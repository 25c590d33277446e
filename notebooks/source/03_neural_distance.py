# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # Let a network measure the distance
#
# [Open this chapter in Google Colab](https://colab.research.google.com/github/gan-edu/gan-edu/blob/main/notebooks/03_neural_distance.ipynb)

# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true} tags=["remove-cell"]
if "google.colab" in str(get_ipython()):  # elsewhere this cell does nothing
    need = "pooch anywidget psygnal comm 'ipywidgets>=8.1.5' git+https://github.com/gan-edu/gan-edu"
    get_ipython().run_line_magic("pip", f"install -q --no-deps {need}")
    __import__("google.colab").colab.output.enable_custom_widget_manager()

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
# Warm-up: three questions from earlier chapters, one minute
from gan_edu import practice

practice.warm_up(3)

# %% [markdown] slideshow={"slide_type": "-"}
# Counting in bins fails for images: each image is alone in its bin (chapter 2). How can we measure a distance without bins?
#
# First, be the discriminator yourself. Blue is the density of real samples, orange that of generated ones; both are equally frequent. You call a sample real if it lies left of your threshold. Your wrong answers are shaded.
#
# **Run the next two cells and drag the threshold. Where are you right most often? Then set *shift* to 0, and to 5: how often can you be right now?**

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
from gan_edu import settings, stage
from gan_edu.chapters.ch03_neural_distance.threshold import threshold_scene

settings.reset()  # PyTorch and NumPy as in a new kernel

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.explore(
    threshold_scene(),
    threshold=(-3.0, 6.0),
    shift=(0.0, 5.0),
    alt="Two densities and a vertical threshold; beside them the share of right answers.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# The best threshold is where the curves cross. At shift 0 every threshold is right half of the time; at shift 5 the best one is right almost always.
#
# </details>
#
# The more often a discriminator can be right, the further apart the distributions are. So we let a network learn to tell samples apart, and measure its success.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **What you'll do.** Give each sample a number, first by hand, then by a network.
#
# **What you'll learn.** Which distance we get if a network answers with a *score*, and which if with a *probability*; from which two losses a generator can learn.
#
# **What you need.** Chapters 1 and 2, derivatives, and PyTorch's modules and optimisers. The core takes about 50 minutes, the *Further* sections 30, the exercises 65.

# %% slideshow={"slide_type": "subslide"}
import numpy as np

from gan_edu import recipes
from gan_edu.chapters.ch03_neural_distance import disjoint, scenes
from gan_edu.chapters.ch03_neural_distance import values as lab
from gan_edu.chapters.ch03_neural_distance.pointwise import point_scene
from gan_edu.chapters.sign_card import sign_card, two_losses_scene

rng = np.random.default_rng(0)
longest = max(map(len, scenes.choices()))
title = {name: f"{label:{longest}}" for label, name in scenes.choices().items()}

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A critic gives each sample one number
#
# A **critic** is a function $a(x)$ that gives each sample $x$ one number, its *score*. It should be high for real samples and low for generated ones. If real samples lie around 0, for example, we might take $a(x)=-|x|$:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
x_real, x_fake = rng.normal(size=1000), rng.normal(2, size=400)
real, fake = (-np.abs(x).mean() for x in (x_real, x_fake))
print(f"mean score: real {real:.1f}, generated {fake:.1f}, difference {real - fake:.1f}")

# %% [markdown] slideshow={"slide_type": "fragment"}
# The difference of the two means says how well the critic separates real samples $x_i$ from samples $G(z_j)$ that a generator makes from noise $z_j$:
#
# $$\frac1N\sum_{i=1}^Na(x_i)-\frac1M\sum_{j=1}^Ma\bigl(G(z_j)\bigr)\tag{3.1}$$

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
guess_fixed = stage.predict(
    "Suppose we always use the same critic. Is the difference of its two means a distance: "
    "never negative, and 0 only when the distributions are equal?",
    ["yes", "yes, unless the critic is a straight line", "no"],
)
guess_fixed

# %% [markdown] slideshow={"slide_type": "subslide"}
# Now be the critic yourself, with two straight lines that meet at a kink: drag the dot, and set both slopes (from −1 to 1; why, you see below). The bars are the mean scores. **How large can you make their difference for each of the three pairs? Can it be negative, or 0?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    scenes.hand_scene(),
    pair=scenes.choices(),
    kink=(-3.0, 3.0),
    left=(-1.0, 1.0),
    right=(-1.0, 1.0),
    labels={"left": "slope left", "right": "slope right"},
    alt="Two densities, a critic made of two straight lines, and its mean score on each.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# The largest differences are
#
# - 1 for *generated shifted*: both slopes −1;
# - 0.80 for *generated wider*: a roof (slopes 1 and −1) with its kink at 0;
# - 1.21 for *real has two modes*: a valley (slopes −1 and 1) with its kink at 0.
#
# Turned upside down, such a critic has a negative difference. A flat critic has 0, and so has a roof with its kink at ½ for *generated shifted*, and any straight line for the other two.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_fixed.reveal(
    "no",
    "It is negative for some distributions, and 0 for others that are quite different.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# So one critic is not enough. For each pair of distributions we take the best critic of a whole class $\mathcal A$, for example of all that you can set above. Let $p$ be the distribution of the real samples, $q$ that of the generated ones, and $\mathbb E_{x\sim p}$ the mean over samples $x$ from $p$:
#
# $$d_{\mathcal A}(p,q)=\max_{a\in\mathcal A}\bigl(\mathbb E_{x\sim p}\,a(x)-\mathbb E_{x\sim q}\,a(x)\bigr)\tag{3.2}$$
#
# This **integral probability metric** is never negative if $\mathcal A$ contains $-a$ along with each $a$: one of the two has a difference of 0 or more. It is 0 only for $p=q$ if $\mathcal A$ is rich enough. Straight lines alone are not: they compare only the means.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Train a critic by the difference of its means
#
# By hand you searched a small class. A network with parameters $\psi$ searches all functions $a$ that it can compute. The one with the largest difference $V$ is called $a^*$ ($\arg\max_a$: the $a$ at which the maximum is reached):
#
# $$V(G,a)=\mathbb E_{x\sim p}\,a(x)-\mathbb E_z\,a(G(z)),\qquad a^*=\arg\max_aV(G,a)\tag{1}$$
#
# The generator $G$, with parameters $\theta$, wants this maximum small:
#
# $$G^*=\arg\min_G\max_aV(G,a)\tag{2}$$
#
# (The numbers (1) to (4) are those of the Chinese article that the course follows (chapter 0); all others, such as (3.2), are this chapter's.)

# %% [markdown] slideshow={"slide_type": "subslide"}
# In code we replace each mean by an average over $B$ samples. Training *minimises* a loss, so the critic's loss is $-V$:
#
# $$\psi=\arg\min_\psi L_1,\qquad L_1=\frac1B\sum_{i=1}^B\bigl[a(G(z_i))-a(x_i)\bigr]\tag{3}$$
#
# The generator stays fixed until chapter 4.

# %% slideshow={"slide_type": "subslide"}
import torch

from gan_edu import losses
from gan_edu.networks import mlp

torch.set_num_threads(1)


def critic_loss(a_real, a_fake):  # the same as losses.critic_loss
    return a_fake.mean() - a_real.mean()


def plain(critic, x_real, x_fake):
    return critic_loss(critic(x_real), critic(x_fake))


def new_critic(width=32, **options):  # linear layers; after the first two ReLU, max(0, x)
    torch.manual_seed(0)
    return mlp((1, width, width, 1), **options)


# %% [markdown] slideshow={"slide_type": "subslide"}
# The next cells train the critic; you may skim them. Each training step draws a random *batch* of 512 from 20,000 samples of each kind.


# %% slideshow={"slide_type": "fragment"}
def draw(sample):
    return sample[torch.randint(len(sample), (512,))]


def train(critic, pair, loss_of, steps, last_lr=0.0):
    real, fake = (recipes.evenly_spaced(distribution) for distribution in pair)
    # fused: the same steps, computed faster
    optimiser = torch.optim.Adam(critic.parameters(), lr=0.01, fused=True)
    # the learning rate falls smoothly to last_lr, which calms the end of a training
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps, last_lr)
    for step in range(1, steps + 1):
        loss = loss_of(critic, draw(real), draw(fake))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        yield step


# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
guess_free = stage.predict(
    "A critic is trained to make the difference of its two means large. What will its curve do?",
    ["tilt, and settle", "tilt, and leave the picture", "stay flat"],
)
guess_free

# %% slideshow={"slide_type": "fragment"}
free = {}
for name, pair in stage.progress(lab.PAIRS.items(), total=3, label="training"):
    critic = new_critic()
    steps = train(critic, pair, plain, 500, last_lr=0.01)  # here it stays at 0.01
    free[name] = list(lab.traced(critic, steps))

# %% [markdown] slideshow={"slide_type": "subslide"}
# On the right is $V$; both its axes are logarithmic. A small triangle at the edge of a picture says that the curve goes on outside. **Press ▶. What happens to the curve, and does $V$ level off? Tick *scaled*, which divides the curve by its steepest slope: what shape does it have for each pair?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    scenes.runaway_scene(free),
    pair=scenes.choices(),
    step=stage.played(stage.log(1, 500)),
    scaled=False,
    alt="A critic's curve over two densities at any step, and its value V up to this step.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# The curve soon leaves the picture, and $V$ keeps growing by powers of ten. Scaled, it falls for *generated shifted*, is a roof for *generated wider* and a valley for *real has two modes*: high where $p$ is larger, low where $q$ is larger.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
for name, pair in lab.PAIRS.items():
    V = {trace.step: lab.difference(trace.a, pair) for trace in free[name]}
    print(f"{title[name]}: V = {V[10]:.2f}, {V[100]:,.0f}, {V[500]:,.0f} at 10, 100, 500 steps")
    assert V[10] > 1
    assert V[500] > 100_000 > V[100] > 100

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_free.reveal(
    "tilt, and leave the picture",
    "It soon finds the right shape, and then keeps making it steeper.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Why? Multiply the last layer by 10: then $10\,a$ has the value $10\,V$. So $V$ has no maximum: it says how long we trained, not how far apart the distributions are. There are two remedies: limit the critic's slope, or turn its score into a probability.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## With slopes up to 1 the maximum is the Wasserstein distance
#
# Which limit makes the maximum a distance? We allow only slopes between −1 and 1, as for your two lines. Then two scores lie no further apart than their two samples:
#
# $$|a(x_1)-a(x_2)|\le|x_1-x_2|\tag{3.3}$$
#
# This is the **Lipschitz constraint** (with constant 1).

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
guess_w1 = stage.predict(
    "Two Gaussians move further and further apart. JS levels off at log 2. Draw W₁, the largest "
    "difference of means that a critic with slopes up to 1 can reach, over the shift.",
    stage.sketch(x=(0, 5), y=(0, 6), labels=("shift", "W₁")),
)
guess_w1

# %% [markdown] slideshow={"slide_type": "subslide"}
# The left panel shows the optimal critic. Think of $q$ as sand: *carried* moves its grains to where $p$ is.
#
# **From shift 4 to shift 5, by how much does $W_1$ grow, and by how much JS? Then set *q's shift* to 0, *q's standard deviation* to 2, and move *carried*: do the grains move to where the critic's score is higher, or lower?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    scenes.w1_scene(),
    shift=stage.played((0.0, 5.0)),
    sd=(0.4, 2.0),
    carried=stage.played((0.0, 1.0)),
    labels={"shift": "q's shift", "sd": "q's standard deviation"},
    alt="Grains of one distribution on their way to another, under the optimal critic; "
    "W₁ and JS up to this shift.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# $W_1$ grows by 1, JS by about 0.04, so a generator that is far off learns almost nothing from JS. The grains move to where the score is higher, and on average they gain as much score as they move.
#
# </details>

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
guess_w1.reveal(
    lambda shift: shift,
    "The critic −x has the slope −1, and its two means lie as far apart as the Gaussians.",
    stage.Part(
        over=(0.2, 2), right="right at the start", close=0.05,
        above="at the start W₁ is the shift itself, less than you drew",
        below="at the start W₁ is the shift itself, more than you drew",
    ),
    stage.Part(
        over=(3, 5), right="right far out: it goes on growing",
        above="far out W₁ is still the shift itself, less than you drew",
        below="far out W₁ goes on growing with the shift",
    ),
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "subslide"}
# $W_1$ is the **Wasserstein distance**: how far samples must be moved at least, on average, to turn one distribution into the other.
#
# Why does the best critic find it? Take any critic with slopes up to 1. A grain that is moved by 2 gains a score of 2 at most. Before the move the mean score is $\mathbb E_qa$, after it $\mathbb E_pa$: it has risen by $V$. So $V$ is never more than the mean distance that grains are moved.
#
# And the optimal critic reaches it: you saw that it rises with slope 1 in the direction in which grains are moved, so each of them gains just as much as it moves.
#
# <details><summary>On a line W₁ is also an area, and integration by parts finds it</summary>
#
# Take shift 1 and the point $x=\frac12$, halfway between the two peaks. To the left of it lie 31 % of the grains, $F_q(\frac12)$, but 69 % are needed there, $F_p(\frac12)$. So 38 % have to be carried across this point. In general it is the share $|F_p(x)-F_q(x)|$. Added up over all $x$, this is amount times distance: the area between the two cumulative distribution functions.
#
# The optimal critic rises with slope 1 wherever $F_q>F_p$, and falls with slope −1 wherever $F_q<F_p$:
#
# $$\mathbb E_pa-\mathbb E_qa=\int a\,(p-q)\,dx=\int a'\,(F_q-F_p)\,dx\le\int|F_p-F_q|\,dx=W_1(p,q)\tag{3.4}$$
#
# Here $p-q$ is the derivative of $F_p-F_q$, which is 0 at both ends. Integration by parts moves the derivative to $a$ and brings a minus sign, which swaps $F_p$ and $F_q$. Equality holds if $a'=\pm1$ has the sign of $F_q-F_p$. (In more dimensions the maximum is the same, by a theorem of Kantorovich and Rubinstein.)
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# Does a *network* find it too? We train the critic again, with a penalty for slopes above 1 added to its loss (a [*Further* section](#Further:-weight-clipping,-gradient-penalty,-spectral-normalisation) shows how):

# %% slideshow={"slide_type": "fragment"}
def penalised(critic, x_real, x_fake, weight=10, one_sided=True):
    u = torch.rand(len(x_real), 1)
    between = u * x_real + (1 - u) * x_fake  # here the slope is measured
    penalty = losses.gradient_penalty(critic, between, one_sided)
    return plain(critic, x_real, x_fake) + weight * penalty


# %% slideshow={"slide_type": "subslide"}
gentle = {}
for name, pair in stage.progress(lab.PAIRS.items(), total=3, label="training"):
    critic = new_critic()
    gentle[name] = list(lab.traced(critic, train(critic, pair, penalised, 500)))[-1].a

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
for name, (real, fake) in lab.PAIRS.items():
    area = np.sum(np.abs(real.cdf(lab.X) - fake.cdf(lab.X))) * 0.02
    V = lab.difference(lab.optimal_critic((real, fake)), (real, fake))
    found = lab.difference(gentle[name], (real, fake))
    print(f"{title[name]}: W₁ {area:.2f}, optimal critic {V:.2f}, network {found:.2f}")
    assert abs(found - area) < 0.15

# %% [markdown] slideshow={"slide_type": "fragment"}
# It comes close. It can even get a little more, because the penalty lets slopes grow slightly above 1.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A discriminator answers with a probability
#
# A limit on slopes must be enforced, here by a penalty. The second remedy needs none. Let the network be a **discriminator**, like the detective of chapter 0, and answer how probable it is that $x$ is real:
#
# $$D(x)=\sigma(a(x)),\qquad\sigma(a)=\frac1{1+e^{-a}}$$
#
# The score 0 becomes the probability ½; the score 2 becomes 0.88, and −2 becomes 0.12. Now $a=\log\frac D{1-D}$ is called the **logit** of $D$.

# %% [markdown] slideshow={"slide_type": "subslide"}
# A good $D$ gives the truth a high probability: $D$ for real samples, $1-D$ for generated ones. For many samples these probabilities multiply, so we add up their logarithms. A discriminator's *value* $V$ is thus another one than a critic's: not a difference of mean scores, but the sum of two mean logarithms. Of a discriminator, $V$ means this sum:
#
# $$V(G,D)=\mathbb E_{x\sim p}\log D(x)+\mathbb E_{x\sim q}\log\bigl(1-D(x)\bigr)\tag{3.5}$$
#
# $D$ wants it to be large (it is at most 0). The loss $-V$ is called the *log loss* or binary cross-entropy.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The optimal discriminator at a single point
#
# Which $D$ has the largest value? (3.5) is an integral, $\int\bigl[p\log D+q\log(1-D)\bigr]dx$. $D$ may answer differently at each $x$, so we look at a single $x$, where $p$ and $q$ are just two numbers.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
guess_top = stage.predict(
    "Draw the best answer D(x): how probable is it that a sample at x is real?",
    stage.sketch(
        x=(-6, 7), y=(0, 1), labels=("x", "D(x)"),
        behind=stage.densities(*[d.pdf for d in lab.PAIRS["shift"]]),
    ),
)  # fmt: skip
guess_top

# %% [markdown] slideshow={"slide_type": "subslide"}
# The column shows which share of the samples at $x$ is real (blue). On the right is the mean value of one sample at $x$, $(p\log D+q\log(1-D))/(p+q)$, for each answer $D$. It lies on its side: upwards is $D$, as in the column, and the further to the right, the better.
#
# **Drag the dot up and down until its value is largest, and press *drop a dot*. Do this at three places. Where in the column does each dot belong? What happens to the value near $D=1$? Then tick *take the maximum*, and drag along $x$.**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    point_scene(),
    pair=scenes.choices(),
    x=(-4.0, 4.0),
    d=(0.01, 0.99),
    drops=stage.button("drop a dot"),
    exact=False,
    labels={"d": "D", "exact": "take the maximum"},
    alt="Two densities, a column of shares at one x, and the value of each answer D there.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# Each dot belongs where blue meets orange: at the share of real samples, however few of both there are. Near $D=1$ the value falls to $-\infty$: being certain and wrong costs without limit. As you drag along $x$, the best answers draw a curve.
#
# </details>

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
guess_top.reveal(
    (lab.X, lab.optimal_d(lab.PAIRS["shift"])),
    "Where p is three times q, for example, three of four samples are real: answer 3/4 there.",
    stage.Part(
        over=(-6, -2.5), right="right on the left",
        above="on the left it is a little further from 1 than you drew",
        below="on the left it is nearer to 1 than you drew: nearly all samples there are real",
    ),
    stage.Part(
        over=(-0.5, 1.5), right="right about the middle",
        above="in the middle it is lower than you drew: ½ where the densities cross",
        below="in the middle it is higher than you drew: ½ where the densities cross",
    ),
    stage.Part(
        over=(3.5, 7), right="right on the right",
        above="on the right it is nearer to 0: nearly all samples there are generated",
        below="on the right it is a little further from 0 than you drew",
    ),
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "subslide"}
# At the maximum the slope of $p\log D+q\log(1-D)$ over $D$, which is $\frac pD-\frac q{1-D}$, is 0. This slope falls as $D$ grows, so there is only one maximum, the **optimal discriminator**
#
# $$D^*(x)=\frac{p(x)}{p(x)+q(x)}\tag{3.6}$$

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The optimal discriminator measures the Jensen–Shannon divergence
#
# Now let $D$ be optimal at every $x$. The bar stands on $-\log4$ and ends at $V(D^*)$. **For which *q's shift* and *q's standard deviation* does it vanish, and what does $D^*$ look like there? When does $V(D^*)$ come close to 0?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.explore(
    scenes.optimal_scene(),
    shift=stage.played((0.0, 5.0)),
    sd=(0.3, 3.0),
    labels={"shift": "q's shift", "sd": "q's standard deviation"},
    alt="Two Gaussian densities, the optimal discriminator over both, and its value as a bar.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# The bar vanishes only at shift 0 and standard deviation 1. There both distributions are equal and $D^*$ is ½ everywhere, like tossing a coin. The generator wants this maximum to be small, as it did with a critic; $-\log4$ is the lowest that it can reach. When the distributions hardly overlap, $V(D^*)$ is close to 0: almost every sample is recognised.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# So the bar is higher, the further apart $p$ and $q$ are. Its height is twice the Jensen–Shannon divergence of chapter 2, found here without counting anything:
#
# $$V(D^*)=-\log4+2\,\mathrm{JS}(p,q)\tag{3.7}$$
#
# <details><summary>Why: put D* into (3.5)</summary>
#
# With the mixture $m=\frac12(p+q)$, $D^*=\frac p{p+q}$ is $\frac p{2m}$, and $\log\frac p{2m}=\log\frac pm-\log2$. The same holds for $q$, and each density integrates to 1:
#
# $$\begin{aligned}V(D^*)&=\int\Bigl(p\log\frac p{2m}+q\log\frac q{2m}\Bigr)dx\\&=-2\log2+\int p\log\frac pm\,dx+\int q\log\frac qm\,dx\end{aligned}$$
#
# The two integrals are $\mathrm{KL}(p\Vert m)$ and $\mathrm{KL}(q\Vert m)$, and half of their sum is $\mathrm{JS}(p,q)$.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-input"]
from gan_edu.divergences import js

for name, (real, fake) in lab.PAIRS.items():
    p, q = real.pdf(lab.X), fake.pdf(lab.X)
    star = p / (p + q)
    value = np.sum(p * np.log(star) + q * np.log(1 - star)) * 0.02
    by_js = -np.log(4) + 2 * js(p * 0.02, q * 0.02)
    print(f"{title[name]}: V(D*) = {value:.4f}, −log 4 + 2 JS = {by_js:.4f}")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Train a discriminator, and compare it with D*
#
# Does a network find $D^*$ from samples? We train the same network, now with the log loss and a learning rate that falls to 0. Because $1-\sigma(a)=\sigma(-a)$, both terms of (3.5) are a $\log\sigma$:

# %% slideshow={"slide_type": "fragment"}
from torch.nn.functional import logsigmoid


def log_loss(network, x_real, x_fake):  # the same as losses.discriminator_loss
    a_real, a_fake = network(x_real), network(x_fake)
    return -logsigmoid(a_real).mean() - logsigmoid(-a_fake).mean()


# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
guess_log = stage.predict(
    "Will its logits grow without limit, as the critic's scores did?", ["yes", "no"]
)
guess_log

# %% slideshow={"slide_type": "fragment"}
logs = {}
for name, pair in stage.progress(lab.PAIRS.items(), total=3, label="training"):
    network = new_critic()
    logs[name] = list(lab.traced(network, train(network, pair, log_loss, 500)))

# %% [markdown] slideshow={"slide_type": "subslide"}
# The dotted lines are exact: $D^*$ on the left, $V(D^*)$ on the right. **Press ▶. Does $V$ ever rise above its line? In *real has two modes*, go to step 16, where $V$ is close to its line. Does $D$ match $D^*$ there?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    scenes.log_scene(logs),
    pair=scenes.choices(),
    step=stage.played(stage.log(1, 500)),
    alt="A network's D at any step beside the exact D*, and V up to this step.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# $V$ never rises above the line, since $D^*$ is the best answer at every $x$. At step 16 it is close to the line, but $D$ still differs from $D^*$ as much as you see, most at $x=0$. A function is flat near its maximum, so even an error that you can see hardly lowers $V$.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
for name, pair in lab.PAIRS.items():
    short = [lab.optimal_value(pair) - lab.log_value(trace.a, pair) for trace in logs[name]]
    error = lab.largest_error(logs[name][-1].a, pair)
    print(f"{title[name]}: V(D*) − V = {short[-1]:.5f} at the end, |D − D*| at most {error:.3f}")
    assert min(short) > 0
    assert short[-1] < 0.001
    assert error < 0.03

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_log.reveal(
    "no",
    "Wherever there are samples of both kinds, the best logit, log(p/q), is finite. Only where "
    "there is one kind alone do they go on rising or falling: nothing there pulls D back.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# So a network that learns to tell samples apart *measures* how far apart their distributions are. It needs no densities, so it works for images too.
#
# | | critic | discriminator |
# |:--|:--|:--|
# | answers with | a score $a(x)$ | a probability $D(x)=\sigma(a(x))$ |
# | its value $V$ | difference of two mean scores | sum of two mean logarithms |
# | has a maximum | only with a limit on slopes | always, at $D^*=p/(p+q)$ |
# | which is | $W_1$ | $-\log4+2\,\mathrm{JS}$ |
# | far apart | it grows with the distance | it hardly grows any more, like JS |

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Two losses for the generator
#
# What should the generator minimise? It can change only what depends on $G(z)$. Against a critic this is the second mean:
#
# $$\theta=\arg\min_\theta L_2,\qquad L_2=-\frac1B\sum_{i=1}^Ba\bigl(G(z_i)\bigr)\tag{4}$$
#
# Against a discriminator it is the second term of (3.5), $\mathbb E_z\log\bigl(1-D(G(z))\bigr)$, the **minimax** loss. Another loss, $-\mathbb E_z\log D(G(z))$, falls too when the samples move to where $D$ is higher: the **non-saturating** loss. Why two? A generator learns from slopes, and they are not equally steep.

# %% [markdown] slideshow={"slide_type": "subslide"}
# By the chain rule, the slope at a sample $x$ is a product: $\frac{d\,\text{loss}}{dx}=\frac{d\,\text{loss}}{da}\cdot\frac{da}{dx}$. The two losses differ only in the first factor, their slope in the logit $a$.

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
guess_push = stage.predict(
    "D = 0.01 at a generated sample: the discriminator is sure that it is generated. "
    "Which loss has the steeper slope in the logit a?",
    ["log(1 − D)", "−log D", "they are equally steep"],
)
guess_push

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Move $D$ down towards 0. At which $D$ are both losses equally steep? At which end is each of them flat?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    two_losses_scene(),
    d=(0.01, 0.99),
    labels={"d": "D"},
    alt="Both losses of the generator and their slopes over the logit a, from this D on.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# They are equally steep at $D=\frac12$. $\log(1-D)$ is flat on the left, where $D$ is near 0, and $-\log D$ on the right.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
for D in (0.01, 0.5, 0.99):
    a = torch.tensor([np.log(D / (1 - D))], requires_grad=True)
    (minimax,) = torch.autograd.grad(losses.generator_minimax(a), a)
    (non_saturating,) = torch.autograd.grad(losses.generator_non_saturating(a), a)
    print(f"D = {D:4}: slope of log(1 − D) {minimax.item():5.2f},", end=" ")
    print(f"of −log D {non_saturating.item():5.2f}")

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_push.reveal(
    "−log D",
    "The slope of −log D is −(1 − D), here −0.99. The slope of log(1 − D) is −D, here only −0.01: "
    "it is flat where G needs it most.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# A $D$ that is ahead of $G$ is near 0 at generated samples. There $\log(1-D)$ is flat (it *saturates*): $G$ learns least when it needs most. $-\log D$ is steep there, hence its name. It is the usual choice, and ours from chapter 4 on.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## In this chapter we saw
#
# - The best of a class of critics measures a distance. Without a constraint its scores grow without limit; with slopes up to 1 it finds the Wasserstein distance.
# - With the log loss the optimal discriminator is $p/(p+q)$, with value $-\log4+2\,\mathrm{JS}$.
# - A generator can minimise $\log(1-D)$ or $-\log D$. Only $-\log D$ is steep where $D$ recognises the samples.
#
# **Next:** in [chapter 4](04_adversarial_game.ipynb) the generator moves too.
#
# Here the core ends. *Further* sections and exercises come below; both can wait.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
# Which predictions of this chapter surprised you?
stage.surprises()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: weight clipping, gradient penalty, spectral normalisation
#
# **Weight clipping** (Arjovsky and others 2017): after each step, set every weight that lies outside $[-c,c]$ to the nearer end.


# %% slideshow={"slide_type": "fragment"}
def clipped(steps, critic, c):
    for step in steps:
        with torch.no_grad():
            for weight in critic.parameters():
                weight.clamp_(-c, c)
        yield step


# %% [markdown] slideshow={"slide_type": "subslide"}
# **Gradient penalty** (Gulrajani and others 2017): leave the weights alone, and add to the loss a penalty for slopes above 1, with the weight $\lambda$. The slopes are measured between real and generated samples, at $\hat x=ux+(1-u)G(z)$ with $u$ from $U[0,1]$:
#
# $$\min_\psi\ \mathbb E_z\,a(G(z))-\mathbb E_{x\sim p}\,a(x)+\lambda\,\mathbb E\,\max\bigl(0,\lVert\nabla a(\hat x)\rVert-1\bigr)^2\tag{3.8}$$
#
# This is the *one-sided* penalty. The *two-sided* one, which came first, has no max, so it penalises slopes below 1 too.


# %% slideshow={"slide_type": "fragment"}
def gradient_penalty(critic, x):
    x = x.detach().requires_grad_()
    # create_graph, because the penalty, made of slopes, will be differentiated itself
    (slopes,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return (slopes.norm(dim=1) - 1).clamp(min=0).square().mean()


# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
def line(x):
    return slope * x


x = torch.linspace(-2, 2, 5)[:, None]
for slope in (0.5, 1, 3):
    ours, theirs = gradient_penalty(line, x), losses.gradient_penalty(line, x)
    print(f"slope {slope}: penalty {ours:.2f}, the package's {theirs:.2f}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# A penalty is not a hard limit. A critic with slope $s$ everywhere gains $sW_1$ and pays $\lambda(s-1)^2$, so its best slope lies a little above 1:
#
# $$s=1+\frac{W_1}{2\lambda}\tag{3.9}$$

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
s, weight = np.linspace(0, 2, 2001), 10
for W_1 in (1, 4):
    gain = s * W_1 - weight * np.maximum(s - 1, 0) ** 2
    print(f"W₁ = {W_1}: best slope {s[np.argmax(gain)]:.2f}, by (3.9) {1 + W_1 / 20:.2f}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Spectral normalisation** (Miyato and others 2018): a layer $v\mapsto Av+b$ enlarges distances at most by the largest singular value $\lVert A\rVert$ of its matrix, and ReLU never enlarges them. So
#
# $$|a(x)-a(x')|\le\lVert A_3\rVert\,\lVert A_2\rVert\,\lVert A_1\rVert\,|x-x'|\tag{3.10}$$
#
# and dividing each matrix by its $\lVert A\rVert$, in every step, guarantees (3.3). But ReLU sets many numbers to 0, and no later layer may make up for the loss. **MaxMin** sorts pairs of numbers instead, and loses nothing (Anil and others 2019):

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
from gan_edu.networks import MaxMin

v = torch.tensor([[3.0, -4.0, -1.0, 2.0]])
for name, after in {"MaxMin": MaxMin()(v), "ReLU": v.relu()}.items():
    print(f"{name}: {after.tolist()[0]}, {after.norm() / v.norm():.0%} of the length")

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
guess_constraint = stage.predict(
    "Which of these comes closest to W₁ on all three pairs?",
    ["weight clipping", "gradient penalty, one-sided", "gradient penalty, two-sided",
     "spectral normalisation with ReLU", "spectral normalisation with MaxMin"],
)  # fmt: skip
guess_constraint


# %% slideshow={"slide_type": "subslide"}
def two_sided(critic, x_real, x_fake):
    return penalised(critic, x_real, x_fake, one_sided=False)


constraints = {  # name: (loss, options of the network, c: np.inf clips nothing)
    "clipping, c = 0.1": (plain, {}, 0.1),
    "clipping, c = 0.15": (plain, {}, 0.15),
    "penalty, one-sided": (penalised, {}, np.inf),
    "penalty, two-sided": (two_sided, {}, np.inf),
    "spectral, ReLU": (plain, {"spectral_norm": True}, np.inf),
    "spectral, MaxMin": (plain, {"spectral_norm": True, "activation": "maxmin"}, np.inf),
}

# %% slideshow={"slide_type": "fragment"}
cases = [(name, pair) for name in constraints for pair in lab.PAIRS]
runs = {}
for name, pair in stage.progress(cases, total=len(cases), label="training"):
    loss_of, options, c = constraints[name]
    critic = new_critic(**options)
    steps = clipped(train(critic, lab.PAIRS[pair], loss_of, 300), critic, c)
    runs[name, pair] = list(lab.traced(critic, steps))

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Go to the last step. Which critics stay too flat, and on which pairs? With clipping, how does $V$ depend on $c$? Which critic ends a little above $W_1$ on all three pairs?** Where there are no samples, a critic may differ from the optimal one.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.explore(
    scenes.constraint_scene(runs, first="penalty, two-sided"),
    constraint=list(constraints),
    pair=scenes.choices(),
    step=stage.played(stage.log(1, 300)),
    alt="A constrained critic beside the optimal one, and its value beside the exact distance.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# Spectral normalisation with ReLU is right for *generated shifted* and too flat for the other two. The two-sided penalty fails for at least one pair that needs a bend. With clipping, $V$ depends on $c$: a slope is a product of the weights of three layers, so it can grow with $c^3$. The one-sided penalty ends above $W_1$. (3.9) predicts by how much: 5 % for *generated shifted*, 4 % for *generated wider*, 6 % for *real has two modes*.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
ratio = {
    name: np.array(
        [lab.difference(runs[name, n][-1].a, p) / lab.w1(p) for n, p in lab.PAIRS.items()]
    )
    for name in constraints
}
for name, found in ratio.items():
    print(f"{name:18} V / W₁ =", found.round(2))
assert abs(ratio["spectral, MaxMin"] - 1).max() < 0.02
assert ratio["spectral, ReLU"][1:].max() < 0.7
excess = [lab.w1(pair) / 20 for pair in lab.PAIRS.values()]  # by (3.9)
assert abs(ratio["penalty, one-sided"] - 1 - excess).max() < 0.04
assert min(ratio["penalty, two-sided"]) < 0.5
assert np.all(ratio["clipping, c = 0.15"] > 2 * ratio["clipping, c = 0.1"])

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_constraint.reveal(
    "spectral normalisation with MaxMin",
    "The one-sided penalty is second, and off by what (3.9) says.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Why does the two-sided penalty fail? Where a curve changes from falling to rising, its slope passes through 0, and that is penalised. In many dimensions this matters less: a gradient can turn round without vanishing.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: a critic beside a discriminator
#
# Real samples are uniform around 0, generated ones around 3 or 6, and both are 2 wide: they never overlap. We train a critic with slopes up to 1 and a discriminator with the log loss.

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
guess_beside = stage.predict(
    "Which of the two values is larger when the generated samples are further away?",
    ["only the critic's", "only the discriminator's", "both"],
)
guess_beside

# %% slideshow={"slide_type": "fragment"}
players = {
    "critic": (plain, {"spectral_norm": True, "activation": "maxmin"}),
    "discriminator": (log_loss, {}),
}
cases = [(kind, distance) for kind in players for distance in disjoint.BLOCKS]
both = {}
for kind, distance in stage.progress(cases, total=4, label="training"):
    loss_of, options = players[kind]
    network = new_critic(**options)
    steps = train(network, disjoint.BLOCKS[distance], loss_of, 300)
    both[kind, distance] = list(lab.traced(network, steps))

# %% [markdown] slideshow={"slide_type": "subslide"}
# The titles tell the mean slope over the generated samples. **Press ▶, for both distances. How steep is each curve at the end, and which $V$ tells the distance?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    disjoint.beside_scene(both),
    distance=list(disjoint.BLOCKS),
    step=stage.played(stage.log(1, 300)),
    alt="Two curves, side by side, each over the same two densities, which do not overlap.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# The critic's slope is −1 at both distances, and its $V$ is the distance. $D$ is flat, and its $V$ is near 0 at both: JS is log 2 wherever two distributions do not overlap. The logit of $D$ (not drawn) still has a slope, which $-\log D$ uses, but how steep it is says nothing about the distance.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
for (kind, distance), run in both.items():
    a, pair = run[-1].a, disjoint.BLOCKS[distance]
    value_of, f = (lab.difference, a) if kind == "critic" else (lab.log_value, 1 / (1 + np.exp(-a)))
    V, slope = value_of(a, pair), disjoint.slope_at_generated(f, pair)
    print(f"{kind:13} at {distance}: V = {V:z.2f}, slope {slope:z.3f}")
    right = (distance, -1) if kind == "critic" else (0, 0)
    assert np.abs(np.subtract((V, slope), right)).max() < 0.05

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_beside.reveal(
    "only the critic's",
    "W₁ grows with the distance, and JS is log 2 as soon as nothing overlaps.",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: an under-capacity critic
#
# The real distribution has four narrow modes, the generated one three, in the gaps between them. So the optimal critic turns five times. We train critics with 2, 4, … 32 units in each layer and a strict penalty, $\lambda=30$.

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
guess_small = stage.predict(
    "What value does an under-capacity critic reach, compared with W₁?",
    ["too small a value", "too large a value", "sometimes one, sometimes the other"],
)
guess_small


# %% slideshow={"slide_type": "fragment"}
def strict(critic, x_real, x_fake):
    return penalised(critic, x_real, x_fake, weight=30)


sized = {}
for width in stage.progress((2, 4, 8, 16, 32), total=5, label="training"):
    critic = new_critic(width)
    sized[width] = list(lab.traced(critic, train(critic, lab.COMBS, strict, 500), [500]))[-1]

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Which turns of the optimal critic are missing with 2 units, and which with 8? What would a generator never learn from such a critic?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    scenes.width_scene(sized),
    width=[2, 4, 8, 16, 32],
    labels={"width": "units"},
    alt="A critic over seven narrow modes beside the optimal one, and its value up to this width.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# The fewer units, the more of the five turns tend to be missing: with 8 units and fewer, some always are. Where a turn is missing the critic goes straight on, so a generator never learns that this mode of its own lies in a gap of the real distribution.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
found = {width: lab.difference(sized[width].a, lab.COMBS) / lab.w1(lab.COMBS) for width in sized}
turns = {width: lab.turns(sized[width].a, lab.COMBS) for width in sized}
print(f"the optimal critic: {lab.turns(lab.optimal_critic(lab.COMBS), lab.COMBS)} turns")
for width, share in found.items():
    print(f"{width:2} units: {share:4.0%} of W₁, turns: {turns[width]}")
assert max(turns[2], turns[4], turns[8]) < 5
assert found[2] < 0.5
assert abs(found[32] - 1) < 0.05

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_small.reveal(
    "too small a value",
    "(3.2) takes the best of a class, and this class is smaller.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# For digits nobody knows $W_1$. There a constrained critic's value on held-out samples is roughly a lower bound: the distributions may be further apart.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: all signs on one card
#
# Three numbers say the same about one sample: the score or logit $a$, the probability $D=\sigma(a)$, and $-a$. **Move the sample to the right: which of D's losses fall? Do all of G's losses fall, and where is each of them flat?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.explore(
    sign_card(),
    a=(-4.0, 4.0),
    alt="A sample on three rulers, arrows for who pushes which way, and all losses over a.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# Both of D's losses for a real sample fall, and both for a generated sample rise. G's losses all fall: $\log(1-D)$ is flat on the left, $-\log D$ on the right, $-a$ nowhere.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# Here are the numbers for one real sample with $a=1.5$ and one generated with $a=-0.5$. A negative slope means that training pushes the $a$ of this sample up:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
a_real = torch.tensor([1.5], requires_grad=True)
a_fake = torch.tensor([-0.5], requires_grad=True)
rows = {
    "D: critic, (3)": losses.critic_loss(a_real, a_fake),
    "D: log loss": losses.discriminator_loss(a_real, a_fake),
    "G: Wasserstein, (4)": losses.generator_wasserstein(a_fake),
    "G: minimax": losses.generator_minimax(a_fake),
    "G: non-saturating": losses.generator_non_saturating(a_fake),
}
print(" loss  slope real  slope generated")
for name, loss in rows.items():
    slopes = torch.autograd.grad(
        loss, (a_real, a_fake), retain_graph=True, allow_unused=True, materialize_grads=True
    )
    print(f"{loss.item():5.2f}{slopes[0].item():12.2f}{slopes[1].item():17.2f}  {name}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# The article's (1) to (4) have the right signs if its $D$ is $e=-a$, large on generated samples, and its $V$ is $\mathbb E_{x\sim q}\,e-\mathbb E_{x\sim p}\,e$:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
e_real, e_fake = -a_real, -a_fake
V = e_fake.mean() - e_real.mean()
L_1 = torch.mean(e_real - e_fake)
print(f"(1) V = {V:.2f}, (3) L₁ = {L_1:.2f}, (4) L₂ = {e_fake.mean():.2f}")

# %% [markdown] slideshow={"slide_type": "fragment"}
# If $D$ were the *probability* of "real" instead, (4) would train the generator to be recognised:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
for name, loss in {"−a": e_fake.mean(), "σ(a)": a_fake.sigmoid().mean()}.items():
    (slope,) = torch.autograd.grad(loss, a_fake)
    print(f"minimise {name:4}: slope {slope.item():5.2f}, a goes", "up" if slope < 0 else "down")

# %% [markdown] slideshow={"slide_type": "subslide"}
# The value (3.5) comes from a log-likelihood. Give real samples the label $y=1$, generated ones 0. The logarithm of the probability that $D$ gives to $n$ correct labels is
#
# $$\ell=\sum_{i=1}^ny_i\log D(x_i)+\sum_{i=1}^n(1-y_i)\log\bigl(1-D(x_i)\bigr)$$
#
# The first sum contains only real samples, the second only generated ones. In (3.5) each is a mean, so both kinds count equally, however many there are.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
logits, y = torch.tensor([2.0, 0.5, -1.0, -3.0]), torch.tensor([1.0, 1.0, 0.0, 0.0])
D = logits.sigmoid()
log_likelihood = torch.sum(y * D.log()) + torch.sum((1 - y) * (1 - D).log())
V = D[y == 1].log().mean() + (1 - D[y == 0]).log().mean()
loss = losses.discriminator_loss(logits[y == 1], logits[y == 0])
print(f"with two samples of each kind: ℓ/2 = {log_likelihood / 2:.4f}, V = {V:.4f}")
print(f"the package's loss: {loss:.4f}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Equation (3) does not follow from it. Both losses are $\mathbb E_{x\sim p}f(-a)+\mathbb E_{x\sim q}f(a)$, but with different functions: $f(t)=t$ for (3), and $f(t)=\log(1+e^t)$, called softplus, for the log loss.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
from torch.nn.functional import softplus

for f, loss_fn_d in ((torch.clone, losses.critic_loss), (softplus, losses.discriminator_loss)):
    form = f(-a_real).mean() + f(a_fake).mean()
    print(f"f = {f.__name__:8}: {form:.4f} = {loss_fn_d(a_real, a_fake):.4f}, {loss_fn_d.__name__}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Finally, the article puts the generator's non-saturating term into the value (3.5):
#
# $$\mathbb E_{x\sim p}\log D(x)+\mathbb E_{x\sim q}\bigl[-\log D(x)\bigr]\tag{3.11}$$
#
# A discriminator must not maximise this: at a point where $q>p$ there is no maximum.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
p, q = 0.1, 0.3  # the densities at one point
for D in (1e-1, 1e-10, 1e-100):
    print(f"D = {D:6.0e}: {p * np.log(D) - q * np.log(D):5.1f}")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: is it a distance, and where are the real samples?
#
# **The best of a class is a distance.** We compare three small samples, 200 times, with a class of a hundred critics that have one kink and slopes $\pm1$:

# %% slideshow={"slide_type": "fragment"}
class_of_critics = [
    (left, right, kink) for left in (-1, 1) for right in (-1, 1) for kink in np.linspace(-3, 3, 25)
]
rng = np.random.default_rng(0)
samples = rng.normal(rng.normal(size=(3, 200, 1)), size=(3, 200, 20))
scores = [lab.kinked(samples, *critic).mean(-1) for critic in class_of_critics]
first, second, third = np.array(scores).swapaxes(0, 1)  # mean scores, (critics, 200)


# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
def best(one, other):
    return np.max(one - other, axis=0)


detour = best(first, second) + best(second, third) - best(first, third)
print(f"never negative: from {best(first, second).min():.2f} up")
print(f"symmetric: at most {abs(best(first, second) - best(second, first)).max():.2f} apart")
print(f"no detour is shorter: from {detour.min():z.2f} up")
print(f"one critic alone: from {(first - second)[0].min():.2f} up")

# %% [markdown] slideshow={"slide_type": "subslide"}
# **The class must be rich enough.** Straight lines alone see only the mean. To them, two points at $\pm1$ and two points at $\pm2$ are the same:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
narrow, wide = np.array([-1, 1]), np.array([-2, 2])
for name, slopes in {"lines": [(-1, -1), (1, 1)], "kinks": [(-1, 1), (1, -1)]}.items():
    found = [np.mean(lab.kinked(narrow, *s, 0) - lab.kinked(wide, *s, 0)) for s in slopes]
    print(f"largest difference for {name}: {max(found):.0f}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# **The real samples are in the parameters.** The article writes the distance as a mean over the generated samples $y_j$ alone. But its network was fitted to the real ones, so the result depends on them. The smallest such network, $(y-\Theta)^2$ with a single parameter Θ, shows this:


# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
def fitted(real):  # the Θ that makes mean (x − Θ)² smallest
    return real.mean()


generated = np.array([1.0, 2.0, 3.0])
for real in (np.array([0.0, 2.0]), np.array([3.0, 5.0])):
    print(f"real {real}: {np.mean((generated - fitted(real)) ** 2):.2f}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Batches need not be equally large.** Each term is a mean, so fewer samples make it noisier, not less important. Here are 2000 pairs of samples from $N(0,1)$ and $N(1,1)$:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
for n, m in ((500, 500), (500, 50)):
    real, generated = rng.normal(0, size=(2000, n)), rng.normal(1, size=(2000, m))
    found = real.mean(1) - generated.mean(1)
    print(f"N = {n}, M = {m:3}: difference {found.mean():.2f}, ", end="")
    print(f"its standard deviation {found.std():.2f}, in theory {np.sqrt(1 / n + 1 / m):.2f}")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# As before, `check` says whether an answer is right, and what to think about if not; `hint("3.1")`, `solution("3.1")` and `progress()` help. All take about 65 minutes.

# %% slideshow={"slide_type": "fragment"}
from torch import nn

from gan_edu.exercises import check, hint, progress, solution

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>A worked example: the optimal logit for two waiting times</summary>
#
# Real waiting times have the density $e^{-x}$, generated ones $2e^{-2x}$. By (3.6) $D^*=\frac p{p+q}=\frac1{1+q/p}$, so its logit is $\log p-\log q$:
#
# ```python
# def logit_of_waiting(x):
#     log_p = -x
#     log_q = np.log(2) - 2 * x
#     return log_p - log_q  # x − log 2
#
#
# print(1 / (1 + np.exp(-logit_of_waiting(np.log(2)))))  # 0.5: here both are equally dense
# ```
#
# Why are logarithms subtracted, and not densities divided? (Try x = 2000.)
#
# </details>
#
# <details><summary>The answer to its question</summary>
#
# Far out both densities are rounded to 0, and 0 divided by 0 is no number. Their logarithms are not rounded to 0.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.1 · V = −log 4
#
# *Predict, 4 minutes.* A network was trained with the log loss on real and generated digits, and its $V$ is $-\log4$. What follows: `"p and q are equal"`, `"D cannot tell them apart"` or `"neither"`?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None
check("3.1", answer)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.2 · Sums instead of means
#
# *Compute, 5 minutes.* Somebody trains a discriminator on 100 real and 900 generated samples, and maximises the plain sum $\sum_{\text{real}}\log D+\sum_{\text{generated}}\log(1-D)$ over all thousand. At some $x$ the density of real samples is three times that of generated ones, $p=3q$. What is the optimal $D$ there?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None
check("3.2", answer)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.3 · The optimal logit for two Gaussians
#
# *Code, 10 minutes.* Real samples come from $N(0,1)$, generated ones from $N(\mu,\mathrm{sd}^2)$. Write the *logit* $a$ of the optimal discriminator $D^*$ for an array `x`. It should also be right far out, for example at 60.


# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def best_logit(x, mu, sd):
    log_p = -(x**2) / 2  # without 1/√(2π), which both densities have
    ...


check("3.3", best_logit)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.4 · Learn about real samples from generated ones
#
# *Code, 10 minutes.* You have generated samples $x_j$ and the optimal discriminator, but no real sample. You want to know the mean of some $h(x)$ over *real* samples. The array `h` holds $h(x_j)$ for each generated sample, and `a` the logit of $D^*$ there. Estimate the mean.


# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def real_mean(h, a): ...


check("3.4", real_mean)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
# A puzzle: put these lines in order
practice.puzzle("3.p1")

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.5 · The loss that stops at 1.006
#
# *Debug, 8 minutes.* With this loss a discriminator learns slowly. However good it gets, the loss never falls below 1.006. Find out why, and repair it.


# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def loss_fn_d(a_real, a_fake):
    bce = nn.functional.binary_cross_entropy_with_logits
    D_real, D_fake = a_real.sigmoid(), a_fake.sigmoid()
    return bce(D_real, torch.ones_like(D_real)) + bce(D_fake, torch.zeros_like(D_fake))


check("3.5", loss_fn_d)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.6 · A penalty without effect
#
# *Debug, 8 minutes.* (It is about the first *Further* section.) Somebody wrote the gradient penalty of (3.8) like this and added it to the critic's loss. Its value is right, but the critic's scores still grow without limit. Repair it.


# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def penalty(critic, x):
    x = x.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(critic(x).sum(), x)
    return (slopes.norm(dim=1) - 1).clamp(min=0).square().mean()


check("3.6", penalty)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.7 · Beat the under-capacity critics
#
# *Open, 15 minutes.* `lab.COMBS` is a pair of distributions whose narrow modes alternate, four real and three generated. Be the critic: your curve falls with slope −1, turns and rises with slope 1, turns and falls again, and so on. **Where must it turn to reach more than 97 % of $W_1$?** Try it here; then answer with a list of places, as many as you like.

# %% slideshow={"slide_type": "fragment"}
from gan_edu.stage import palette


@stage.scene(height=2.2)
def by_hand(axes, t1=-3.0, t2=-1.5, t3=0.0, t4=1.5, t5=3.0):
    places = np.sort([t1, t2, t3, t4, t5])
    a = np.cumsum(np.where(np.searchsorted(places, lab.X) % 2, 1, -1)) * lab.STEP
    share = lab.difference(a, lab.COMBS) / lab.w1(lab.COMBS)
    real, fake = (3 * distribution.pdf(lab.X) - 3 for distribution in lab.COMBS)
    axes.plot(lab.X, real, color=palette.REAL, label="real")
    axes.plot(lab.X, fake, "--", color=palette.FAKE, label="generated")
    axes.plot(lab.X, a - a[len(a) // 2], "-.", color=palette.DISCRIMINATOR, label="you")
    axes.set(xlim=(-4, 4), ylim=(-3, 3), yticks=[], xlabel="x")
    axes.set_title(f"{share:.1%} of W₁".replace("-", "−"))
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))


# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.explore(
    by_hand,
    t1=(-4.0, 4.0),
    t2=(-4.0, 4.0),
    t3=(-4.0, 4.0),
    t4=(-4.0, 4.0),
    t5=(-4.0, 4.0),
    alt="Seven narrow modes, real and generated, and your zigzag with its share of the distance.",
)

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None
check("3.7", answer)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Symbols
#
# | here | in code | the article | meaning |
# |:--|:--|:--|:--|
# | $x_i$; $G(z_j)$ | `x_real`, `x_fake` | $z_i$; $y_j=G(x_j,\theta)$ | real samples; generated samples |
# | $p$, $q$ | `real`, `fake` | $P_{data}$, $P_G$ | their distributions, and the densities of these |
# | $F_p$, $F_q$ | `real.cdf`, `fake.cdf` | – | their cumulative distribution functions |
# | $a(x)$ | `critic(x)`, `a` | $-D(x,\Theta)$ in (1) to (4) | a critic's score, or a discriminator's logit |
# | $\psi$, $\theta$ | `critic.parameters()` | $\Theta$, $\theta$ | parameters of the critic or discriminator, and of the generator |
# | $D(x)=\sigma(a(x))$ | `a.sigmoid()` | $D(x)$ in the log-likelihood | the probability that $x$ is real |
# | $V$ | `lab.difference`, `lab.log_value` | $V(G,D)$ | what the critic or discriminator maximises |
# | $W_1(p,q)$ | `lab.w1(pair)` | – | Wasserstein distance |
#
# All words of the course, in English and Chinese: the [glossary](glossary.ipynb).
