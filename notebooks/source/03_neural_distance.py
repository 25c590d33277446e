# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # Let a network be the distance
#
# [Open this chapter in Google Colab](https://colab.research.google.com/github/gan-edu/gan-edu/blob/main/notebooks/03_neural_distance.ipynb)

# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true} tags=["remove-cell"]
if "google.colab" in str(get_ipython()):  # elsewhere this cell does nothing
    course = "pooch anywidget psygnal 'ipywidgets>=8.1.5' git+https://github.com/gan-edu/gan-edu"
    get_ipython().run_line_magic("pip", f"install -q --no-deps {course}")
    __import__("google.colab").colab.output.enable_custom_widget_manager()

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
from gan_edu import stage

stage.picture(
    "neural_distance.png",
    "Two bells, and a curve that falls from 1 to 0 between them: the probability that a "
    "sample is real; beside it a pillar.",
)

# %% [markdown] slideshow={"slide_type": "-"}
# Counting fails where samples have many dimensions: a distance must learn what to look at. So let it learn. In this chapter a network becomes the judge of two heaps of samples. We train it freely, then on a leash, teach it to answer with a probability, and each time compare what it found with the exact answer.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **What you'll do.** Be the judge yourself; train one and see what becomes of its values; try five leashes; find the best answer at a single point, and with it the best judge there can be; see a network find it; and tidy up the signs.
#
# **What you'll learn.** What makes a learned number a distance; what the Wasserstein distance is; why the log loss measures Jensen–Shannon; which sign each of the losses of a GAN has, and why there are so many.
#
# **What you need.** Chapters 1 and 2, derivatives, a little PyTorch, and fifty minutes.

# %% [markdown] slideshow={"slide_type": "subslide"}
# | here | in code | the article | |
# |:--|:--|:--|:--|
# | $z_1,\dots,z_N$; $y_1,\dots,y_M$ | `x_real`, `x_fake` | $z_i$, $y_i$ | real samples; forgeries |
# | $p$, $q$ | `real`, `fake` | $P_{data}$, $P_G$ | their laws |
# | $a(x)$ | `critic(x)`, `a` | – | what a network, also called the *critic*, says: how *real* does $x$ look? |
# | $E(x)=-a(x)$ | `-a` | $D(x,\Theta)$ in (1) to (4) | how *strange* does $x$ look? |
# | $D(x)=\sigma(a(x))$ | `a.sigmoid()` | $D(x)$ in the log-likelihood | the probability that $x$ is real |
# | $W_1(p,q)$ | `lab.w1(pair)` | – | Wasserstein distance |
#
# Here $\sigma(a)=\frac1{1+e^{-a}}$ squeezes any number into $(0,1)$. The way back, $a=\log\frac D{1-D}$, is called the *logit* of $D$.
#
# The article writes $D$ for two things that are large on opposite sides. Here a network's output $a$ is large on real data, always. At the end a card puts all signs side by side.
#
# All words of the course, in English and Chinese: the [glossary](glossary.ipynb).

# %% slideshow={"slide_type": "subslide"}
import numpy as np

from gan_edu import recipes, settings, stage
from gan_edu.chapters.ch03_neural_distance import scenes as lab
from gan_edu.chapters.sign_card import sign_card, two_losses_scene
from gan_edu.distributions import normal
from gan_edu.divergences import js

settings.reset()  # PyTorch and NumPy as in a new kernel
rng = np.random.default_rng(0)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## From bins to one number for each sample
#
# A bin asks each sample the same thing: are you in here? Replace all bins by one function $D(y,\Theta)$ with knobs $\Theta$, a network, that looks at a sample and says how strange it is. The strangeness of a heap is the mean over its samples:
#
# $$L\bigl(\{y_i\},\Theta\bigr)=\frac1M\sum_{i=1}^M D(y_i,\Theta)\tag{3.1}$$
#
# For example, somebody who knows that real samples lie around 0 might take $D(y)=|y|$:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
z, y = rng.normal(size=1000), rng.normal(2, size=400)
print("the forgeries are stranger:", np.abs(y).mean() > np.abs(z).mean())

# %% slideshow={"slide_type": "fragment"}
guess_fixed = stage.predict(
    "Fix such a function. Is the difference of the two heaps' means a distance between their laws?",
    ["yes", "yes, if the function is curved", "no"],
)
guess_fixed

# %% [markdown] slideshow={"slide_type": "subslide"}
# Be the judge. Yours has two straight lines that meet in a kink, and it says how *real* a sample looks: blue should get more than orange. **Make the means differ as much as you can: for the shift, for the spread, for the two bumps. Then find, for each pair, a judge that is not flat and sees no difference at all.**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.hand_scene(),
    pair=list(lab.PAIRS),
    left=(-1.0, 1.0),
    right=(-1.0, 1.0),
    turn=(-3.0, 3.0),
    labels={"left": "slope left", "right": "slope right", "turn": "kink"},
    alt="Two laws, a judge made of two straight lines, and what it says on average to each.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# 1 for the shift, with both slopes −1; 0.80 for the spread, with a roof, its kink at 0; 1.21 for the bumps, with a valley, its kink at 0. And no difference at all: for the shift the roof with its kink at ½, for the other two any straight line.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# A straight line $a(x)=x$ and a roof $a(x)=-|x|$, on all three pairs:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
for name, pair in lab.PAIRS.items():
    line, roof = lab.X, -np.abs(lab.X)
    gaps = np.round([lab.gap(line, pair), lab.gap(roof, pair)], 2) + 0.0
    print(f"{name:9}:  line {gaps[0]:5.2f}   roof {gaps[1]:5.2f}")

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_fixed.reveal(
    "no",
    "It is negative for some laws and 0 for others that are quite different.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **The article says** that $L$ is the distance between the two laws. **Precisely:** no single function gives a distance. The *best* of a whole class $\mathcal F$ of judges does:
# >
# > $$d_{\mathcal F}(p,q)=\sup_{a\in\mathcal F}\bigl(\mathbb E_{x\sim p}\,a(x)-\mathbb E_{x\sim q}\,a(x)\bigr)\tag{3.2}$$
# >
# > This is called an *integral probability metric*. If with each $a$ also $-a$ is in the class, it is never negative, it is the same in both directions, and no detour is shorter. It is 0 only between equal laws if the class is rich enough to tell any two laws apart.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Here is a class of a hundred judges with slopes $\pm1$, and 200 times three small heaps:

# %% slideshow={"slide_type": "fragment"}
turns = np.linspace(-3, 3, 25)
judges = [(left, right, turn) for left in (-1, 1) for right in (-1, 1) for turn in turns]
samples = rng.normal(rng.normal(size=(3, 200, 1)), size=(3, 200, 20))
a, b, c = np.array([lab.kinked(samples, *discriminator).mean(-1) for discriminator in judges]).swapaxes(0, 1)


# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
def best(first, second):  # the means of all judges on a heap: shape (judges, 200)
    return np.max(first - second, axis=0)


print("never negative:", np.all(best(a, b) >= 0))
print("both ways the same:", np.allclose(best(a, b), best(b, a)))
print("no shorter detour:", np.all(best(a, b) + best(b, c) >= best(a, c) - 1e-12))
print("one judge alone, never negative:", np.all(a[0] - b[0] >= 0))

# %% [markdown] slideshow={"slide_type": "subslide"}
# A class can be too poor. Straight lines alone see nothing but the mean, so for them two dots at $\pm1$ and two dots at $\pm2$ are the same:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
narrow, wide = np.array([-1, 1]), np.array([-2, 2])
for name, slopes in {
    "straight lines": [(-1, -1), (1, 1)],
    "with a kink": [(-1, 1), (1, -1)],
}.items():
    gaps = [np.mean(lab.kinked(narrow, *s, 0) - lab.kinked(wide, *s, 0)) for s in slopes]
    print(f"{name}: {max(gaps):.0f}")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Where did the real samples go?
#
# The distance compares $\{y_i\}$ with $\{z_i\}$, and in (3.1) there is no $z$. It sits in $\Theta$. Take the smallest network there is, $D(y,\Theta)=(y-\Theta)^2$ with one knob, and turn the knob until the *real* samples look least strange.

# %% slideshow={"slide_type": "fragment"}
guess_z = stage.predict(
    "The forgeries stay. Other real samples come, and Θ is fitted to them. Does L({y}, Θ) change?",
    ["no: z is not in the formula", "yes"],
)
guess_z


# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
def fitted(z):  # the Θ that makes mean (z − Θ)² smallest
    return z.mean()


y = np.array([1.0, 2.0, 3.0])
for z in (np.array([0.0, 2.0]), np.array([3.0, 5.0])):
    print("L =", np.mean((y - fitted(z)) ** 2).round(2))

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_z.reveal(
    "yes",
    "Θ remembers the real samples: that is what training it means.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **The article says** that the $z_i$ are given and no variables, so that $L(\{y_i\},\{z_i\},\Theta)$ may be written $L(\{y_i\},\Theta)$. **Precisely:** the real samples are given, but $\Theta$ is fitted to them, so $L$ still depends on them through $\Theta$. And it must: a distance from nothing would be none.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Step 1: train the judge
#
# The judge should find forgeries strange and real samples not. So it wants
#
# $$V(G,D)=\frac1M\sum_{j=1}^M D(y_j,\Theta)-\frac1N\sum_{i=1}^N D(z_i,\Theta),\qquad D^*=\arg\max_D V(G,D)\tag{1}$$
#
# and with as many of the one as of the other, $B$ of each, that is the same as
#
# $$\Theta=\arg\min_\Theta L_1,\qquad L_1=\frac1B\sum_{i=1}^B\bigl[D(z_i,\Theta)-D(y_i,\Theta)\bigr]=-V\tag{3}$$
#
# The forger $G$ makes $y_j=G(x_j,\theta)$ of noise $x_j$, with knobs $\theta$ of its own, and wants the opposite. Only the first mean in $V$ is in its hands:
#
# $$G^*=\arg\min_G\max_DV(G,D),\tag{2}$$
#
# $$\theta=\arg\min_\theta L_2,\qquad L_2=\frac1B\sum_{j=1}^BD\bigl(G(x_j,\theta),\Theta\bigr)\tag{4}$$
#
# Its turn comes in chapter 4. In this one it matters only which way each loss pulls.

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **The article says** (1) and then (3), without a word on what $V$ is. **Precisely:** with $V=-L_1$, as here, its equations (1) to (4) have the right signs throughout.
#
# In code we keep $a=-D$, large on real data:

# %% slideshow={"slide_type": "subslide"}
import torch
from torch import nn

from gan_edu import losses
from gan_edu.networks import mlp

torch.set_num_threads(1)


def critic_loss(a_real, a_fake):
    return a_fake.mean() - a_real.mean()


# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
a_real, a_fake = torch.tensor([2.0, 3.0, 1.0]), torch.tensor([-1.0, 0.5, 1.0])
D_real, D_fake = -a_real, -a_fake  # the article's D
L_1 = torch.mean(D_real - D_fake)
print(
    "(3) is the critic's loss with D = −a:", torch.isclose(L_1, critic_loss(a_real, a_fake)).item()
)
print(
    "the package's:", torch.equal(losses.critic_loss(a_real, a_fake), critic_loss(a_real, a_fake))
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **The article says** that both batches are made equally large, so that the two goals are in balance. **Precisely:** each term is a mean, so they are in balance anyway. Few samples make a term noisier, not heavier. Here are 2000 pairs of heaps from $N(0,1)$ and $N(1,1)$ each time, and the spread of the difference that theory gives, $\sqrt{1/N+1/M}$:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
for n, m in ((500, 500), (500, 50)):
    z, y = rng.normal(0, size=(2000, n)), rng.normal(1, size=(2000, m))
    gaps = z.mean(1) - y.mean(1)
    print(f"N = {n}, M = {m:3}: difference {gaps.mean():.2f}, spread {gaps.std():.2f}", end=", ")
    print(f"in theory {np.sqrt(1 / n + 1 / m):.2f}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# The judge is a plain network with two hidden layers. The package's `mlp` makes the same from its widths.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
torch.manual_seed(0)
by_hand = nn.Sequential(nn.Linear(1, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1))


def new_critic(width=32, **options):
    torch.manual_seed(0)
    return mlp((1, width, width, 1), **options)


x = torch.linspace(-5, 5, 11)[:, None]
print("the same network:", torch.equal(by_hand(x), new_critic()(x)))

# %% [markdown] slideshow={"slide_type": "subslide"}
# Each step draws 512 samples from each heap. `lab.even` gives a heap of 20,000 in which no luck is left. The rate of Adam stays, or falls along a cosine.


# %% slideshow={"slide_type": "fragment"}
def draw(sample):
    return sample[torch.randint(len(sample), (512,))]


def plain(critic, x_real, x_fake):
    return critic_loss(critic(x_real), critic(x_fake))


# %% slideshow={"slide_type": "subslide"}
def train(critic, pair, loss_of, steps, falling=True, after=lambda critic: None):
    real, fake = [recipes.evenly_spaced(distribution) for distribution in pair]
    optimiser = torch.optim.Adam(critic.parameters(), lr=0.01, fused=True)  # fused: quicker
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(
        optimiser, steps, eta_min=0 if falling else 0.01
    )
    for step in range(1, steps + 1):
        loss = loss_of(critic, draw(real), draw(fake))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        after(critic)
        yield step


# %% slideshow={"slide_type": "subslide"}
guess_free = stage.predict(
    "The network's curve, trained by (3) on two bells: what will it do?",
    ["tilt, and settle", "tilt, and leave the picture", "stay flat"],
)
guess_free

# %% [markdown] slideshow={"slide_type": "fragment"}
# We train it on each pair of laws, 500 steps, and keep what it said on the way.

# %% slideshow={"slide_type": "fragment"}
free = {}
for name, pair in lab.PAIRS.items():
    critic = new_critic()
    steps = train(critic, pair, plain, 500, falling=False)
    free[name] = list(lab.traced(critic, steps))

# %% [markdown] slideshow={"slide_type": "subslide"}
# The curve is moved up or down so that its two means lie around 0; (3) does not see that. The marks on the right are powers of ten. **Play it: when does the curve leave the picture? Then tick "scaled", which divides it by its steepest slope: which bend does each pair ask for? After how many steps does its *shape* hardly change any more? And its value?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.runaway_scene(free),
    pair=list(free),
    step=stage.played(stage.log(1, 500)),
    scaled=False,
    alt="A judge's curve over two laws at any step, and its value up to this step.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# It is soon out of the picture. The shift asks for a curve that falls all the way, the spread for a roof, the bumps for a valley: high where real samples are denser, low where forgeries are. From a hundred steps on, or earlier, the shape hardly changes. The value goes on growing.
#
# </details>
#
# Both in numbers:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
for name, pair in lab.PAIRS.items():
    value = {trace.step: lab.gap(trace.a, pair) for trace in free[name]}
    passed = value[10] > 0.5, value[100] > 100, value[500] > 50_000
    shape = {t.step: (t.a / lab.steepest(t.a, pair))[lab.with_mass(pair)] for t in free[name]}
    moved = np.ptp(shape[100] - shape[500])
    print(f"{name:9}: above 0.5, 100, 50,000 after 10, 100, 500 steps: {all(passed)};", end="  ")
    print(f"shape moved by less than 0.3 after 100: {moved < 0.3}")

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_free.reveal(
    "tilt, and leave the picture",
    "It soon knows what to say, and from then on says it louder and louder.",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## It runs away
#
# The reason takes one line. If $a$ tells real from forged, $10\,a$ tells them apart ten times as loudly, and a network can say $10\,a$ as easily: enlarge its last layer.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
before = lab.gap(lab.answers(critic), pair)
with torch.no_grad():
    critic[-1].weight.mul_(10)
    critic[-1].bias.mul_(10)
print("ten times the value:", np.isclose(lab.gap(lab.answers(critic), pair), 10 * before))

# %% [markdown] slideshow={"slide_type": "fragment"}
# > **The article says** to minimise (3) over the weights of a network. **Precisely:** over the weights of any network whose last layer is linear and free (3) is unbounded below, unless the laws look the same to all of them. There is no best judge, and the value says how long you trained, not how far apart the laws are. The class $\mathcal F$ in (3.2) needs a bound.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A leash: no slope above 1
#
# Your judge by hand had one: its slopes went from −1 to 1. Let $\mathcal F$ be all functions, with any number of kinks, that are nowhere steeper:
#
# $$|a(x)-a(x')|\le|x-x'|\tag{3.3}$$
#
# On the line we can find the best of them all. Let $F_p$ and $F_q$ be the shares to the left. Integrate by parts:
#
# $$\mathbb E_pa-\mathbb E_qa=\int a\,(p-q)\,dx=\int a'\,(F_q-F_p)\,dx\le\int|F_p-F_q|\,dx=W_1(p,q)\tag{3.4}$$
#
# (The boundary term $a\,(F_p-F_q)$ vanishes far out.) Equality holds if $a'=1$ wherever $F_q>F_p$, and $a'=-1$ wherever $F_q<F_p$. This is the **Wasserstein distance**, met in chapter 1: how far must the samples be carried, on average, to make one law of the other? Past each point $x$ the share $|F_p(x)-F_q(x)|$ has to be carried; add up over all $x$. In any number of dimensions the equality of the two is called Kantorovich–Rubinstein duality.

# %% slideshow={"slide_type": "subslide"}
guess_w1 = stage.predict(
    "Two bells move apart, for ever. JS stops at ln 2. What does W₁ do?",
    ["it stops too", "it grows for ever", "it becomes infinite at some point"],
)
guess_w1

# %% [markdown] slideshow={"slide_type": "fragment"}
# $W_1$ is the green area. **From shift 4 to shift 5, at spread 1, how much does $W_1$ grow, and how much JS? Shift 0 and another spread: where must the best judge turn? How many kinks can it have for two bells, and why?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.w1_scene(),
    shift=stage.played((0.0, 5.0)),
    spread=(0.4, 2.0),
    alt="Two curves of shares, the area between them, the best judge, W₁ and JS up to this shift.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# $W_1$ grows by 1, JS by about 0.04: it tells a forger who is far off next to nothing. At shift 0 the judge turns at 0. It has one kink at most, where the two curves $F$ cross, and those of two bells cross only once, or nowhere if the spreads are equal.
#
# </details>

# %% [markdown] slideshow={"slide_type": "fragment"}
# SciPy computes $W_1$ from two heaps of samples. The area, SciPy and the best judge agree:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
from scipy.stats import wasserstein_distance

for name, (real, fake) in lab.PAIRS.items():
    area = np.sum(np.abs(real.cdf(lab.X) - fake.cdf(lab.X))) * 0.02
    by_scipy = wasserstein_distance(recipes.evenly_spaced(real)[:, 0], recipes.evenly_spaced(fake)[:, 0])
    d_loss_and_logits = lab.gap(lab.best_critic((real, fake)), (real, fake))
    print(f"{name:9}: {area:.3f}", np.isclose(area, [by_scipy, d_loss_and_logits], atol=0.002))

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_w1.reveal(
    "it grows for ever", "Twice as far to carry is twice the distance: its slope stays 1."
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Leash one: clip the weights
#
# How does one keep a *network* from being steep? The first idea (Arjovsky and others 2017): after each step push every weight back between $-c$ and $c$.


# %% slideshow={"slide_type": "fragment"}
def clip_to(c):
    @torch.no_grad()
    def clip(critic):
        for weight in critic.parameters():
            weight.clamp_(-c, c)

    return clip


# %% slideshow={"slide_type": "fragment"}
guess_clip = stage.predict(
    "Double c. What happens to the value that the critic finds?",
    ["nothing much: W₁ is what it is", "it doubles", "it grows much more than that"],
)
guess_clip

# %% slideshow={"slide_type": "subslide"}
pair, clipped = lab.PAIRS["shift"], {}
for c in (0.05, 0.1, 0.2, 0.4, 0.8):
    critic = new_critic()
    steps = train(critic, pair, plain, 300, after=clip_to(c))
    clipped[c] = list(lab.traced(critic, steps))[-1]

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Between which two $c$ does the value pass $W_1$? Would you have found them without the dotted line?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.dial_scene(clipped, pair, "clip", "log"),
    dial=[0.05, 0.1, 0.2, 0.4, 0.8],
    labels={"dial": "c"},
    alt="A critic with clipped weights beside the best judge, and its value up to this bound c.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# Between 0.1 and 0.2; and no. A value alone does not say whether it belongs to the laws or to $c$.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
found = [lab.gap(clipped[c].a, pair) for c in sorted(clipped)]
print("each doubling of c: more than 4 times:", np.all(np.divide(found[1:], found[:-1]) > 4))
print("W₁ lies between c = 0.1 and c = 0.2:", found[1] < lab.w1(pair) < found[2])

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_clip.reveal(
    "it grows much more than that",
    "Three layers multiply: a slope may grow with the cube of c, so the value measures c.",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Leash two: a fine for steep places
#
# Leave the weights alone, and punish what we mean: a slope above 1. Where? On straight lines between real samples and forgeries, $\hat x=uz+(1-u)y$ with $u$ from $U[0,1]$:
#
# $$\min_\Theta\ \frac1M\sum_ja(y_j)-\frac1N\sum_ia(z_i)+\lambda\,\mathbb E\,\max\bigl(0,\lVert\nabla a(\hat x)\rVert-1\bigr)^2\tag{3.5}$$


# %% slideshow={"slide_type": "fragment"}
def gradient_penalty(critic, x):
    x = x.detach().requires_grad_()
    # create_graph, since the fine, made of slopes, is to be differentiated itself
    (slopes,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return (slopes.norm(dim=1) - 1).clamp(min=0).square().mean()


def penalised(critic, x_real, x_fake, strength=10, one_sided=True):
    u = torch.rand(len(x_real), 1)
    between = u * x_real + (1 - u) * x_fake
    fine = losses.gradient_penalty(critic, between, one_sided)
    return plain(critic, x_real, x_fake) + strength * fine


# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
def triple(x):
    return 3 * x


def steep(x):  # at some x; a new network alone is too flat for any fine
    return 10 * critic(x)


critic = new_critic()
print("slope 3 is fined by (3 − 1)²:", gradient_penalty(triple, x).item())
fines = gradient_penalty(steep, x), losses.gradient_penalty(steep, x)
print(f"a network by {fines[0]:.2f}; the package's is the same:", torch.equal(*fines))

# %% [markdown] slideshow={"slide_type": "subslide"}
# A fine is no prohibition. A judge with slope $s$ everywhere earns $sW_1$ and pays $\lambda(s-1)^2$, so it will speed a little:
#
# $$s=1+\frac{W_1}{2\lambda}\tag{3.6}$$

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
s, strength = np.linspace(0, 2, 2001), 10
for distance in (1, 4):
    earned = s * distance - strength * np.maximum(s - 1, 0) ** 2
    print(
        f"W₁ = {distance}: best slope {s[np.argmax(earned)]:.2f}, formula {1 + distance / 20:.2f}"
    )

# %% [markdown] slideshow={"slide_type": "fragment"}
# The penalty was first proposed with both sides: slopes *below* 1 pay too (Gulrajani and others 2017). Here both are tried.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Leash three: build it into the layers
#
# A layer $v\mapsto Av+b$ enlarges no distance by more than its largest singular value $\lVert A\rVert$, and ReLU enlarges none. So
#
# $$|a(x)-a(x')|\le\lVert A_3\rVert\,\lVert A_2\rVert\,\lVert A_1\rVert\,|x-x'|\tag{3.7}$$
#
# Divide each matrix by its $\lVert A\rVert$, in every step, and (3.3) holds. This is **spectral normalisation** (Miyato and others 2018).

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
tame = new_critic(spectral_norm=True).eval()
sizes = [torch.linalg.matrix_norm(layer.weight, ord=2).item() for layer in tame[::2]]
print("largest singular values:", np.round(sizes, 2))

# %% [markdown] slideshow={"slide_type": "subslide"}
# There is a catch. ReLU sets half of the numbers to 0, and what is lost no later layer may make up for: it must not enlarge. **MaxMin** sorts pairs instead, and loses nothing (Anil and others 2019).

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
from gan_edu.networks import MaxMin

v = torch.tensor([[3.0, -4.0, -1.0, 2.0]])
for name, after in {"MaxMin": MaxMin()(v), "ReLU": v.relu()}.items():
    print(f"{name}: {after.tolist()[0]}, share of the length: {after.norm() / v.norm():.2f}")

# %% slideshow={"slide_type": "fragment"}
guess_constraint = stage.predict(
    "Which of these comes closest to W₁ on all three pairs?",
    ["clipped at 0.1", "fine, one side", "fine, both sides", "spectral, ReLU", "spectral, MaxMin"],
)
guess_constraint


# %% slideshow={"slide_type": "subslide"}
def penalised_twice(critic, x_real, x_fake):
    return penalised(critic, x_real, x_fake, one_sided=False)


constraints = {
    "clipped at 0.1": (plain, {}, clip_to(0.1)),
    "fine, one side": (penalised, {}, lambda critic: None),
    "fine, both sides": (penalised_twice, {}, lambda critic: None),
    "spectral, ReLU": (plain, {"spectral_norm": True}, lambda critic: None),
    "spectral, MaxMin": (
        plain, {"spectral_norm": True, "activation": "maxmin"}, lambda critic: None,
    ),
}  # fmt: skip

# %% [markdown] slideshow={"slide_type": "fragment"}
# Five leashes, three pairs, 300 steps each.

# %% slideshow={"slide_type": "fragment"}
runs = {}
for constraint, (loss_of, options, after) in constraints.items():
    for name, pair in lab.PAIRS.items():
        critic = new_critic(**options)
        runs[constraint, name] = list(lab.traced(critic, train(critic, pair, loss_of, 300, after=after)))

# %% [markdown] slideshow={"slide_type": "fragment"}
# **Which leash fails on which pair, and what is wrong with its curve? Which ends a little above $W_1$, and by how much, according to (3.6)?** Where there are no samples, the curve may do as it likes.

# %% slideshow={"slide_type": "subslide"}
stage.explore(
    lab.constraint_scene(runs, first="fine, both sides"),
    constraint=list(constraints),
    pair=list(lab.PAIRS),
    step=stage.log(1, 300),
    alt="A leashed critic beside the best judge, and the value it finds beside the exact one.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# Clipping at 0.1 is too flat on all three. With ReLU the spectral leash is right for the shift, and too flat wherever a bend is needed. With the fine on both sides at least one pair that asks for a bend gets a straight line. The fine on one side ends above $W_1$, by the share $s-1=W_1/20$: 5 % for the shift, 4 % for the spread, 6 % for the bumps.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
ratio = {
    constraint: np.array(
        [lab.gap(runs[constraint, name][-1].a, p) / lab.w1(p) for name, p in lab.PAIRS.items()]
    )
    for constraint in constraints
}
for constraint, found in ratio.items():
    print(f"{constraint:17} found / W₁:", found.round(2))

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output", "hide-cell"]
excess = [lab.w1(pair) / 20 for pair in lab.PAIRS.values()]
print("one side, as (3.6) says, but for 0.04:", np.abs(ratio["fine, one side"] - 1 - excess) < 0.04)
print("both sides, off by more than half:   ", np.any(ratio["fine, both sides"] < 0.5))
print("ReLU, below 0.7:                     ", ratio["spectral, ReLU"] < 0.7)
print("MaxMin, within 0.02:                 ", np.abs(ratio["spectral, MaxMin"] - 1) < 0.02)
for constraint in ("spectral, ReLU", "spectral, MaxMin"):
    steep = [lab.steepest(runs[constraint, name][-1].a, p) for name, p in lab.PAIRS.items()]
    print(f"{constraint}, trained, no slope above 1.02:", max(steep) < 1.02)

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_constraint.reveal(
    "spectral, MaxMin",
    "A fine on one side is second, and off by what (3.6) says. Clipping measures c.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# With a fine on both sides every slope but 1 and −1 is fined, even while the curve is still wrong. To turn a falling part into a rising one it has to pass through slope 0, and that costs too much, so it may stay wrong for good. (With another seed it may get through.) In many dimensions, where a slope can turn round without vanishing, this is less of a problem.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A judge who is too small
#
# Now a pair that asks for many kinks: four needles, and three others in the gaps between them. The network gets a strict fine, $\lambda=30$, and 2, 4, … 32 units in each layer.

# %% slideshow={"slide_type": "fragment"}
guess_small = stage.predict(
    "What does a judge find who is too small?",
    ["too little", "too much", "sometimes this, sometimes that"],
)
guess_small


# %% slideshow={"slide_type": "fragment"}
def strictly(critic, x_real, x_fake):
    return penalised(critic, x_real, x_fake, strength=30)


sized = {}
for width in (2, 4, 8, 16, 32):
    critic = new_critic(width)
    sized[width] = list(lab.traced(critic, train(critic, lab.COMBS, strictly, 500), [500]))[-1]

# %% [markdown] slideshow={"slide_type": "subslide"}
# **The best judge turns five times. Which of its turns are missing at 2 units, at 8, at 16? What would a forger never hear from such a judge?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.dial_scene(sized, lab.COMBS, "width", "linear"),
    dial=[2, 4, 8, 16, 32],
    labels={"dial": "width"},
    alt="A critic over seven needles beside the best judge, and its value up to this width.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# Up to 8 units some of the five turns are missing: where the best judge goes up and down from needle to needle, a small one runs straight on, and a forger never hears that some of his needles stand in a gap. More units can do all that fewer can. If 8 find less than 4, or 16 miss a turn, that is the training, not the class.
#
# </details>


# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output", "hide-cell"]
def turns(a):  # how often the slope changes its sign where there are samples
    rises = np.diff(a)[lab.with_mass(lab.COMBS)[1:]] / 0.02
    return np.count_nonzero(np.diff(np.sign(rises[np.abs(rises) > 0.05])))


print("the best judge turns:", turns(lab.best_critic(lab.COMBS)))
print("2, 4, 8 units, all less often:", all(turns(sized[width].a) < 5 for width in (2, 4, 8)))

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
found = np.array([lab.gap(sized[width].a, lab.COMBS) for width in sorted(sized)])
print("2 units find less than half:", found[0] < 0.5 * lab.w1(lab.COMBS))
print("32 units find it, but for 5 %:", abs(found[-1] / lab.w1(lab.COMBS) - 1) < 0.05)

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_small.reveal(
    "too little",
    "(3.2) takes the best of a class, and this class is smaller. Nor does training always find it.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# So what is missing from the exact value *is* the judge's weakness. (What it finds beyond it is no strength: a fine is no prohibition, and lets the slopes exceed 1 by (3.6).) With digits nobody knows the exact value; there a network's verdict, if its leash holds and on samples that it was not trained on, reads "at least about so far apart", never "no further".

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A judge who answers with a probability
#
# The other way to keep a judge from shouting: let the answer be a probability. Pour both heaps together, with label $r=1$ for real and 0 for forged, and ask for $D(x)$, the probability of real. The log-likelihood of all $n$ labels is
#
# $$\ell=\sum_{i=1}^nr^{(i)}\log D(x^{(i)})+\sum_{i=1}^n(1-r^{(i)})\log\bigl(1-D(x^{(i)})\bigr)$$
#
# (The article writes $y$ for $r$, $m$ for $n$ and $h$ for $D$.) In the first sum only the real samples are left, in the second only the forgeries. Divide each by its own number. That makes both heaps count the same: from here on $D(x)$ is the probability of real if a fair coin had chosen the heap. Let the numbers grow, and there is a new $V$, the one meant from now on:
#
# $$V(G,D)=\mathbb E_{x\sim p}\log D(x)+\mathbb E_{x\sim q}\log\bigl(1-D(x)\bigr)\tag{3.8}$$

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
logits, label = torch.tensor([2.0, 0.5, -1.0, -3.0]), torch.tensor([1.0, 1.0, 0.0, 0.0])
D = logits.sigmoid()
log_likelihood = torch.sum(label * D.log()) + torch.sum((1 - label) * (1 - D).log())
V = D[label == 1].log().mean() + (1 - D[label == 0]).log().mean()
print("with two of each, the sum is twice V:", torch.isclose(log_likelihood, 2 * V).item())
by_package = losses.discriminator_loss(logits[label == 1], logits[label == 0])
print("the package's loss is −V:", torch.isclose(by_package, -V).item())

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **The article says** that (3) is derived from this log-likelihood. **Precisely:** it is not, and on the way $D$ changes its sign: in (3) it is small on real samples, in the log-likelihood large. With $E=-a$ both have the same form,
# >
# > $$\min\ \mathbb E_{x\sim p}\,f\bigl(E(x)\bigr)+\mathbb E_{x\sim q}\,f\bigl(-E(x)\bigr),$$
# >
# > with $f(E)=E$ for (3), and for the log loss $f(E)=\log(1+e^E)$, called softplus.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
from torch.nn.functional import softplus

E_real, E_fake = -a_real, -a_fake
forms = {"identity": lambda e: e, "softplus": softplus}
for name, f in forms.items():
    form = f(E_real).mean() + f(-E_fake).mean()
    loss = {"identity": losses.critic_loss, "softplus": losses.discriminator_loss}[name]
    print(f"f = {name}: {loss.__name__}", torch.isclose(form, loss(a_real, a_fake)).item())

# %% [markdown] slideshow={"slide_type": "fragment"}
# For large $E$ softplus is as steep as $E$; for very negative $E$ it is flat: whoever is right already has nothing more to gain.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The best answer at one point
#
# The value (3.8) is an integral, $\int\bigl[p\log D+q\log(1-D)\bigr]dx$, and at each $x$ the judge may answer what it likes. So look at one $x$. There, real samples are $p$ dense and forgeries $q$.

# %% slideshow={"slide_type": "fragment"}
guess_top = stage.predict(
    "At some x real samples are three times as dense as forgeries. What is the best answer?",
    ["1", "3/4", "1/2"],
)
guess_top

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Put the dot on the top. Then make $p$ and $q$ both half as large: does the top move? What is so bad about $t=1$, as soon as $q$ is not 0?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.point_scene(),
    p=(0.05, 1.0),
    q=(0.05, 1.0),
    t=(0.01, 0.99),
    exact=False,
    labels={"exact": "show the best answer"},
    alt="A curve over the answers from 0 to 1, and a dot that follows a slider.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# The top stays where it is, at ¾ if you began with the first setting: only the ratio of $p$ and $q$ counts. At $t=1$ a single forgery costs $\log0=-\infty$.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# At the top the slope $\frac pt-\frac q{1-t}$ is 0. This slope falls as $t$ grows, so there is just one top:
#
# $$D^*(x)=\frac{p(x)}{p(x)+q(x)}\tag{3.9}$$

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
t = np.linspace(0.001, 0.999, 999)
for p, q in ((0.6, 0.2), (0.3, 0.1), (0.1, 0.9)):
    top = t[np.argmax(p * np.log(t) + q * np.log(1 - t))]
    print(f"p = {p}, q = {q}: top at {top:.2f}, formula {p / (p + q):.2f}")

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_top.reveal(
    "3/4",
    "Three of four samples that land here are real, and so it says.",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What the best judge knows
#
# Put $D^*$ into (3.8), with $m=\frac12(p+q)$:
#
# $$V(D^*)=\int p\log\frac p{2m}+q\log\frac q{2m}\ dx=-2\log2+\mathrm{KL}(p\Vert m)+\mathrm{KL}(q\Vert m)=-\log4+2\,\mathrm{JS}(p,q)\tag{3.10}$$
#
# There it is again, the Jensen–Shannon divergence of chapter 2, and nobody has counted anything.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
for name, (real, fake) in lab.PAIRS.items():
    p, q = real.pdf(lab.X), fake.pdf(lab.X)
    star = p / (p + q)
    value = np.sum(p * np.log(star) + q * np.log(1 - star)) * 0.02
    print(
        f"{name:9}: V(D*) = {value:.4f}", np.isclose(value, -np.log(4) + 2 * js(p * 0.02, q * 0.02))
    )

# %% slideshow={"slide_type": "subslide"}
guess_floor = stage.predict(
    "A forger wants V(D*) as small as possible. How small can it get?",
    ["0", "−log 4", "there is no limit"],
)
guess_floor

# %% [markdown] slideshow={"slide_type": "subslide"}
# **For which shift and spread does the pillar vanish? What does $D^*$ look like there? When does $V(D^*)$ come close to 0, and what can the judge do then?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.best_scene(),
    shift=stage.played((0.0, 5.0)),
    spread=(0.3, 3.0),
    alt="Two bells, the best judge's answer over both, and its value as a pillar.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# The pillar vanishes at shift 0 and spread 1 only. $V$ nears 0 when the bells part, and then the judge can tell almost every sample.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_floor.reveal(
    "−log 4",
    "JS is 0 only if the laws are equal: then D* is ½ everywhere, and a coin knows as much.",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Can a network find it?
#
# The network is the same as before, without a leash. Only the loss has changed.


# %% slideshow={"slide_type": "fragment"}
def log_loss(critic, x_real, x_fake):
    return losses.discriminator_loss(critic(x_real), critic(x_fake))


guess_log = stage.predict("Will it run away too?", ["yes", "no"])
guess_log

# %% [markdown] slideshow={"slide_type": "fragment"}
# Again all three pairs, 500 steps each.

# %% slideshow={"slide_type": "fragment"}
def log_trained(pair):
    critic = new_critic()
    return list(lab.traced(critic, train(critic, pair, log_loss, 500)))


logs = {name: log_trained(pair) for name, pair in lab.PAIRS.items()}

# %% [markdown] slideshow={"slide_type": "subslide"}
# Dotted is what it should find. **When is $V$ within 0.01 of its top, and how far off is $D$ then? Can $V$ ever pass the dotted line?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.log_scene(logs, first="two_modes"),
    pair=list(logs),
    step=stage.played(stage.log(1, 500)),
    alt="A network's D at any step beside the exact D*, and V up to this step.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# $V$ is close to its top before $D$ is right: at a top a function is flat, so a small error in $D$ costs $V$ only something like its square. $V$ can never pass the line, since $D^*$ is the best answer at each $x$.
#
# </details>

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output", "hide-cell"]
for name, pair in lab.PAIRS.items():
    short = [lab.best_value(pair) - lab.log_value(trace.a, pair) for trace in logs[name]]
    off = [np.abs(1 / (1 + np.exp(-t.a)) - lab.best_d(pair)) for t in logs[name]]
    off = [error[lab.with_mass(pair)].max() for error in off]
    early = off[np.argmax(np.array(short) < 0.01)]
    print(f"{name:9}: V is close, and D off by more than 0.03: {early > 0.03};", end="  ")
    print(f"V never passes: {min(short) > 0}")
    print(f"{'at the end':>20}, D off by less than 0.03: {off[-1] < 0.03};", end="  ")
    print(f"V by less than 0.001: {short[-1] < 0.001}")

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_log.reveal(
    "no",
    "At every x where both laws have samples, the best answer is finite.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# So a judge that was trained to tell two heaps apart *measures* how far apart they are: JS with the log loss, $W_1$ with a leash. It never sees a density, only samples, and the same lines of code work for pictures. What JS cannot do, it cannot do either: far away $V$ is flat, near 0.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Two losses for the forger
#
# A forger can only change the second half of (3.8): it minimises $\mathbb E_q\log(1-D)$. The article adds $-\log D$ as another choice. Both fall when $D$ rises.

# %% slideshow={"slide_type": "fragment"}
guess_push = stage.predict(
    "The judge is sure of a forgery: D = 0.01. Which loss has the steeper slope in the logit a?",
    ["log(1 − D)", "−log D", "they are equally steep"],
)
guess_push

# %% [markdown] slideshow={"slide_type": "subslide"}
# **For which $D$ are both equally steep in $a$? Where is each of them flat in $a$? Where does a forger stand at the beginning, and where a perfect one before the best judge?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    two_losses_scene(),
    d=(0.01, 0.99),
    labels={"d": "D"},
    alt="Both losses of the forger, and their slopes in the logit, from this D on.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# At ½. $\log(1-D)$ is flat at 0 and $-\log D$ at 1. A beginner stands near 0, where only $-\log D$ is steep. A perfect forger stands at ½, by (3.9), where both are equally steep.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# Minimax GAN is the name for $\log(1-D)$, non-saturating GAN that for $-\log D$. Their slopes in the logit, $-D$ and $-(1-D)$, add up to −1:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
for D in (0.01, 0.5, 0.99):
    a = torch.tensor([np.log(D / (1 - D))], requires_grad=True)
    (minimax,) = torch.autograd.grad(losses.generator_minimax(a), a)
    (non_saturating,) = torch.autograd.grad(losses.generator_non_saturating(a), a)
    print(f"D = {D:4}: slopes {minimax.item():.2f} and {non_saturating.item():.2f}")

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_push.reveal(
    "−log D",
    "For log(1 − D) the slope is −D: a hopeless forger hardly feels it.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **The article says** that both fall, at different speeds. **Precisely:** true, and there is more. With the exact $D^*$ the two forgers walk down different hills: the first $2\,\mathrm{JS}(p,q)$, the second $\mathrm{KL}(q\Vert p)-2\,\mathrm{JS}(p,q)$.
#
# A check with $p=N(0,1)$ and $q=N(\mu,1)$ at $\mu=1.5$: $D^*$ stays as it is, and $q$ moves a little.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
x, h = lab.X, 1e-4
p, before, ahead = (normal(mu).pdf(x) * 0.02 for mu in (0, 1.5 - h, 1.5 + h))
star = 1 / (1 + np.exp(1.5 * x - 1.5**2 / 2))  # p/(p+q)
two_js = 2 * (js(p, ahead) - js(p, before)) / (2 * h)
minimax = np.sum((ahead - before) * np.log(1 - star)) / (2 * h)
non_saturating = np.sum((ahead - before) * -np.log(star)) / (2 * h)
print("minimax:       ", np.isclose(minimax, two_js, atol=1e-4))
slope_of_kl = 1.5  # KL is μ²/2, its slope is μ
print("non-saturating:", np.isclose(non_saturating, slope_of_kl - two_js, atol=1e-4))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A slip
#
# After that the article writes the value itself with the new term:
#
# $$\mathbb E_{x\sim p}\log D(x)+\mathbb E_{x\sim q}\bigl[-\log D(x)\bigr]\tag{3.11}$$
#
# What if the judge took it at its word, and maximised it?

# %% slideshow={"slide_type": "fragment"}
guess_slip = stage.predict(
    "The judge maximises (3.11). What happens?",
    ["it finds p/(p+q), as before", "it runs away", "it says ½ everywhere"],
)
guess_slip


# %% slideshow={"slide_type": "fragment"}
def slip(critic, x_real, x_fake):  # log D = −softplus(−a)
    return softplus(-critic(x_real)).mean() - softplus(-critic(x_fake)).mean()


# %% slideshow={"slide_type": "fragment"}
pair, critic = lab.PAIRS["shift"], new_critic()
steps = train(critic, pair, slip, 100, falling=False)
slipped = list(lab.traced(critic, steps))

# %% [markdown] slideshow={"slide_type": "fragment"}
# The picture shows $a$ itself this time, not moved: unlike (3), this loss sees a constant. **Where does $a$ go, left of the crossing of the two bells and right of it? From which side does the value come?**

# %% slideshow={"slide_type": "subslide"}
stage.explore(
    lab.runaway_scene({"shift": slipped}, value=lab.log_gap),
    step=stage.played(stage.log(1, 100)),
    scaled=False,
    alt="What the network says over two laws at any step, and the value up to this step.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# On the right, where $q>p$, $a$ goes down without end, and the value comes from there. Far on the left $a$ rises, but wherever $p>q$, $(p-q)\log D$ is never above 0.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
value = {trace.step: lab.log_gap(trace.a, pair) for trace in slipped}
for step, bound in ((10, 0.5), (100, 100)):
    print(f"after {step:3} steps: above {bound}:", value[step] > bound)
p, q = 0.1, 0.3  # at one point, with more forgeries than real samples
print("at one point:", *(round((p - q) * np.log(t), 1) for t in (1e-1, 1e-10, 1e-100)))

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_slip.reveal(
    "it runs away",
    "The value is ∫ (p − q) log D dx: where q > p it grows without end as D goes to 0.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# > **The article says** that (3.11) takes the place of (3.8). **Precisely:** only the *forger's* loss is replaced. The judge keeps (3.8), in both kinds of GAN.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The sign card
#
# Three numbers tell the same about one sample: $a$, $D=\sigma(a)$ and the article's $E=-a$. Training D pushes real samples to the right and forgeries to the left; training G pushes forgeries to the right. **Move the sample: which number falls as it looks more real? Which of D's losses fall? Do all of G's losses fall to the right, and where is each flat?**

# %% slideshow={"slide_type": "subslide"}
stage.explore(
    sign_card(),
    a=(-4.0, 4.0),
    alt="A sample on three rulers, arrows for who pushes which way, and all losses over a.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# $E$ falls, and so do both of D's losses for a real sample. G's all fall to the right: $\log(1-D)$ is flat on the left, $-\log D$ on the right, $-a$ nowhere.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# The losses row by row, for one real sample and one forgery; slope means how the value changes with $a$.
#
# | | the article | in code | who | slope, real | slope, forged |
# |:--|:--|:--|:--|:-:|:-:|
# | (1) | $\arg\max_D V$ | `-critic_loss(a_real, a_fake)` | D maximises | $1$ | $-1$ |
# | (2) | $\arg\min_G\max_DV$ | the same, at the best $a$ | G minimises | – | $-1$ |
# | (3) | $\arg\min_\Theta L_1$ | `critic_loss(a_real, a_fake)` | D minimises | $-1$ | $1$ |
# | (4) | $\arg\min_\theta L_2$ | `generator_wasserstein(a_fake)` | G minimises | – | $-1$ |
# | log loss | $\log D+\log(1-D)$ | `-discriminator_loss(a_real, a_fake)` | D maximises | $1-D$ | $-D$ |
# | minimax | $\log(1-D)$ | `generator_minimax(a_fake)` | G minimises | – | $-D$ |
# | non-saturating | $-\log D$ | `generator_non_saturating(a_fake)` | G minimises | – | $-(1-D)$ |
# | Wasserstein | $E=-a$, the same as (4) | `generator_wasserstein(a_fake)` | G minimises | – | $-1$ |

# %% [markdown] slideshow={"slide_type": "fragment"}
# First the values, in the article's letters:

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
a_real = torch.tensor([1.5], requires_grad=True)
a_fake = torch.tensor([-0.5], requires_grad=True)
E_real, E_fake, D_real, D_fake = -a_real, -a_fake, a_real.sigmoid(), a_fake.sigmoid()
V = E_fake.mean() - E_real.mean()
rows = {
    "(1), (2)": (V, -losses.critic_loss(a_real, a_fake)),
    "(3)": (torch.mean(E_real - E_fake), losses.critic_loss(a_real, a_fake)),
    "(4)": (E_fake.mean(), losses.generator_wasserstein(a_fake)),
    "log loss": (
        (D_real.log() + (1 - D_fake).log()).mean(),
        -losses.discriminator_loss(a_real, a_fake),
    ),
    "minimax": ((1 - D_fake).log().mean(), losses.generator_minimax(a_fake)),
    "non-saturating": (-D_fake.log().mean(), losses.generator_non_saturating(a_fake)),
    "Wasserstein": (-a_fake.mean(), losses.generator_wasserstein(a_fake)),
}
for name, (article, code) in rows.items():
    print(f"{name:15} {code.item():7.4f}  the same:", torch.isclose(article, code).item())

# %% [markdown] slideshow={"slide_type": "subslide"}
# Then the slopes, by autograd, beside those of the table:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
D, D_y = D_real.item(), D_fake.item()
table = {
    "(1), (2)": (1, -1), "(3)": (-1, 1), "(4)": (0, -1),
    "log loss": (1 - D, -D_y), "minimax": (0, -D_y),
    "non-saturating": (0, -(1 - D_y)), "Wasserstein": (0, -1),
}  # fmt: skip
for name, (_, code) in rows.items():
    slopes = torch.autograd.grad(
        code, (a_real, a_fake), retain_graph=True, allow_unused=True, materialize_grads=True
    )
    fits = [np.isclose(s.item(), t) for s, t in zip(slopes, table[name], strict=True)]
    print(f"{name:15}", *(f"{s.item():7.4f}" for s in slopes), " as in the table:", all(fits))

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **The article says**, after the log-likelihood, that G minimises the mean of $D(G(x))$: equation (4). **Precisely:** (4) needs the strangeness $E$. With $D$ the probability of real, that forger would learn to be caught:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
for name, loss in {"E": -a_fake.mean(), "P(real)": a_fake.sigmoid().mean()}.items():
    (slope,) = torch.autograd.grad(loss, a_fake)
    print(f"(4) with D = {name:8} moves a forgery's a", "up" if slope < 0 else "down")

# %% [markdown] slideshow={"slide_type": "fragment"}
# With $f(E)=E$, minimax and non-saturating are one and the same: a forger minimises $-f(-E)$ in the first and $f(E)$ in the second. Only a bent $f$ makes them differ.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
for name, f in forms.items():
    minimax, non_saturating = -f(-E_fake).mean(), f(E_fake).mean()
    print(f"f = {name}: the same loss for G:", torch.isclose(minimax, non_saturating).item())
in_code = losses.generator_minimax(a_fake), losses.generator_non_saturating(a_fake)
fits = map(torch.isclose, (minimax, non_saturating), in_code)
print("with softplus they are the two losses of the table:", all(fits))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# As before: `check` says at once whether an answer is right and what to think about if not; `hint("3.1")`, `solution("3.1")` and `progress()` help. Together the exercises take about an hour.

# %% slideshow={"slide_type": "fragment"}
from gan_edu.exercises import check, hint, progress, solution

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.1 · A judge's V is −log 4
#
# *Predict, 4 minutes.* A network was trained by the log loss on digits and forgeries, and its $V$ is $-\log4$. What follows: `"the two laws are equal"`, `"this judge cannot tell them apart"` or `"neither of the two"`?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None
check("3.1", answer)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.2 · Sums instead of means
#
# *Compute, 5 minutes.* Somebody trains a judge on one heap of 100 real samples and 900 forgeries, and maximises the plain sum $\sum_{\text{real}}\log D+\sum_{\text{forged}}\log(1-D)$, over all thousand. At some $x$ real samples are three times as dense as forgeries, $p=3q$. What is the best answer there?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None
check("3.2", answer)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.3 · The best judge of two bells
#
# *Code, 10 minutes.* Real samples come from $N(0,1)$, forgeries from $N(\mu,\mathrm{sd}^2)$. Write the *logit* $a$ of the best judge $D^*$ for an array `x`. It should be right far out as well, at 60, say.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def best_logit(x, mu, sd):
    ...


check("3.3", best_logit)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.4 · Learn about real samples from forgeries alone
#
# *Code, 10 minutes.* You have a heap of forgeries $x_j$ and the best judge, but no real sample. You want to know the mean of some $h(x)$ over *real* samples. The array `h` holds $h(x_j)$ for each forgery, and `a` the judge's logit of it. Estimate the mean.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def real_mean(h, a):
    ...


check("3.4", real_mean)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.5 · The loss that stops at 1.006
#
# *Debug, 8 minutes.* With this loss a judge learns slowly, and however good it gets, the loss never falls below 1.006. Find out why, and repair it.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def loss_d(a_real, a_fake):
    bce = nn.functional.binary_cross_entropy_with_logits
    D_real, D_fake = a_real.sigmoid(), a_fake.sigmoid()
    return bce(D_real, torch.ones_like(D_real)) + bce(D_fake, torch.zeros_like(D_fake))


check("3.5", loss_d)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.6 · A fine that nobody feels
#
# *Debug, 8 minutes.* Somebody wrote the fine of (3.5) like this and added it to the critic's loss. Its value is right, and the critic runs away all the same. Repair it.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def fine(critic, x):
    x = x.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(critic(x).sum(), x)
    return (slopes.norm(dim=1) - 1).clamp(min=0).square().mean()


check("3.6", fine)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 3.7 · Beat the small judges
#
# *Open, 15 minutes.* Once more the seven needles, `lab.COMBS`, and you are the judge: you fall with slope 1, turn round and rise with slope 1, fall again, and so on. **Where must you turn, to find more than 97 % of $W_1$?** Try it here; then hand over a list of places, as many as you like.

# %% slideshow={"slide_type": "fragment"}
from gan_edu.stage import palette


@stage.scene(height=2.2)
def by_hand(axes, t1=-3.0, t2=-1.5, t3=0.0, t4=1.5, t5=3.0):
    turns = np.sort([t1, t2, t3, t4, t5])
    a = np.cumsum(np.where(np.searchsorted(turns, lab.X) % 2, 1, -1)) * lab.STEP
    share = lab.gap(a, lab.COMBS) / lab.w1(lab.COMBS)
    real, fake = (3 * distribution.pdf(lab.X) - 3 for distribution in lab.COMBS)
    axes.plot(lab.X, real, color=palette.REAL, label="real")
    axes.plot(lab.X, fake, "--", color=palette.FAKE, label="forged")
    axes.plot(lab.X, a - a[len(a) // 2], "-.", color=palette.DISCRIMINATOR, label="you")
    axes.set(xlim=(-4, 4), ylim=(-3, 3), yticks=[], xlabel="x", title=f"{share:.1%} of W₁")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))


# %% slideshow={"slide_type": "subslide"}
stage.explore(
    by_hand,
    t1=(-4.0, 4.0), t2=(-4.0, 4.0), t3=(-4.0, 4.0), t4=(-4.0, 4.0), t5=(-4.0, 4.0),
    alt="Seven needles, real and forged, and a zigzag of your own with its share of the distance.",
)

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None
check("3.7", answer)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## In this chapter we saw
#
# - No single function is a distance; the best of a class of judges is. Without a bound the best does not exist, and training only makes it louder. With slopes up to 1 it is the Wasserstein distance, as far as the network and its leash allow.
# - With the log loss the best judge answers $p/(p+q)$, and its value is $-\log4+2\,\mathrm{JS}$: a network finds both from samples alone.
# - In code a network's output is large on real data. The article's $D$ in (1) to (4) is its negative; G's three losses pull the same way and differ in where they fall asleep.
#
# **Next:** in [chapter 4](04_adversarial_game.ipynb) the forger moves too.
