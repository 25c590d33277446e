# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # Let two networks draw digits
#
# [Open this chapter in Google Colab](https://colab.research.google.com/github/gan-edu/gan-edu/blob/main/notebooks/05_mnist_gan.ipynb)

# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true} tags=["remove-cell"]
if "google.colab" in str(get_ipython()):  # elsewhere this cell does nothing
    course = "pooch anywidget psygnal 'ipywidgets>=8.1.5' git+https://github.com/gan-edu/gan-edu"
    get_ipython().run_line_magic("pip", f"install -q --no-deps {course}")
    __import__("google.colab").colab.output.enable_custom_widget_manager()

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
from gan_edu import stage

stage.picture(
    "digits_emerge.png",
    "Twelve columns of small pictures in four rows. In the first row all twelve are grey "
    "noise, in the second row blurred strokes, in the third digits and blots, in the last row "
    "handwritten digits, most of them readable.",
)

# %% [markdown] slideshow={"slide_type": "-"}
# Each column is drawn from one and the same list of sixteen random numbers, by one network, after 20, 200, 1,000 and 12,000 rounds of a game. Nobody ever showed it how a digit is drawn.

# %% [markdown] slideshow={"slide_type": "subslide"}
# The **forger** $G$ turns random numbers into images and never sees a real one. The **detective** $D$ is shown real images and forgeries, and says how likely each is to be real. The detective is trained to tell them apart, the forger to be taken for real. Two networks trained against each other like this are a *generative adversarial network*, a **GAN**.
#
# **What you'll do.** Build a forger and a detective, write the two steps of their game by hand, let them play on real handwriting, and have a judge say how good the forgeries are.
#
# **What you'll learn.** Which gradient moves which network and where it is cut; what the two loss curves say, and what they do not; how to measure whether pictures are any good, and how such a measure can fool you.
#
# **What you need.** A first course in Python and PyTorch, and 45 minutes. Neither a GPU nor the internet: without MNIST the chapter runs on the smaller digits that come with scikit-learn.

# %% [markdown] slideshow={"slide_type": "subslide"}
# | here | in code | the article | |
# |:--|:--|:--|:--|
# | $z$ | `z` | $x$ | noise: 16 numbers from $N(0,1)$ |
# | $x$ | `x_real` | $z$ | a real image: 784 numbers |
# | $G(z)$ | `x_fake` | $y=G(x,\theta)$ | a forged image |
# | $a(x)$ | `logits_real`, `logits_fake` | $-D$ in (3) and (4) | what the detective puts out: any number, large means "real" |
# | $D(x)=\sigma(a(x))$ | `logits.sigmoid()` | $D$ in the log-likelihood | the probability that $x$ is real; $\sigma(a)=1/(1+e^{-a})$ |
#
# "The article" is the Chinese text whose path this course follows, *GAN（一）——Vanilla GAN*. It writes $D$ for two things: first a free score that is small on real images, our $-a$; later a probability, our $D$.
#
# All words of the course, in English and Chinese: the [glossary](glossary.ipynb).

# %% slideshow={"slide_type": "subslide"}
import copy

import numpy as np
import torch
from torch import nn
from torch.nn.functional import softplus

from gan_edu import recipes, settings, stage  # games that go well, a kernel as new, figures
from gan_edu.chapters.ch05_mnist_gan import scenes as lab
from gan_edu.chapters.sign_card import sign_card

settings.reset()
torch.set_num_threads(1)  # networks as small as these only lose time between threads

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What is real
#
# MNIST: digits that people wrote by hand, 28 × 28 pixels each. The first run may fetch it, 12 MB.

# %% slideshow={"slide_type": "fragment"}
from gan_edu.datasets import as_images, as_tensor, load_mnist

digits = load_mnist()
print(digits)

# %% slideshow={"slide_type": "fragment"}
stage.show(
    lab.digits_figure(digits.images[:60]), alt="Sixty real handwritten digits in three rows."
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# To the networks an image is a row of 784 numbers between −1 (paper) and 1 (ink).

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
x = as_tensor(digits.images)
print(x.shape[1], "numbers, from", x.min().item(), "to", x.max().item())

# %% [markdown] slideshow={"slide_type": "subslide"}
# Could we compare real and forged images by counting how many fall into which bin? With only two bins for each pixel, the number of bins has this many digits:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
len(str(2**784))

# %% [markdown] slideshow={"slide_type": "fragment"}
# No sample can fill them: nearly every bin is empty, and two samples of the very same handwriting hardly ever meet in one. Of the images that were held out, how many fall into a bin with a training image?

# %% slideshow={"slide_type": "fragment"}
def bins(images):  # black or white for each pixel: 784 bits name the bin
    return [bits.tobytes() for bits in np.packbits(images.reshape(-1, 784) > 127, axis=1)]


occupied = set(bins(digits.images))
together = sum(b in occupied for b in bins(digits.test_images))
assert together < len(digits.test_images) / 100
print(f"{together} of {len(digits.test_images):,}")

# %% [markdown] slideshow={"slide_type": "fragment"}
# By the count of bins, real digits have next to nothing in common with real digits. So nobody can count how far the forgeries are from the real ones, and a network has to tell: the detective.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Predict first

# %% slideshow={"slide_type": "fragment"}
guess = stage.predict(
    "Forger and detective start from random weights. In each round both take one step "
    "of gradient descent, on 64 images. "
    "After how many rounds can you read most of the digits?",
    ["a few dozen", "several hundred", "a million"],
)
guess

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The forger and the detective
#
# The forger $G$ turns 16 random numbers into an image. Batch normalisation keeps its hidden numbers in a useful range, and $\tanh$ puts each pixel between −1 and 1, as the data are.

# %% slideshow={"slide_type": "fragment"}
def new_generator():
    return nn.Sequential(
        nn.Linear(16, 256), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 256), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 784), nn.Tanh(),
    )

# %% [markdown] slideshow={"slide_type": "subslide"}
# The detective $D$ turns an image into one number, the logit $a$. We give it one more clue: how varied the batch is that it looks at. A forger who draws the same digit again and again gives itself away by that. `BatchSpread` takes each feature's standard deviation over the batch, and hands their mean to the next layer. (The $10^{-6}$ keeps the root's slope finite.)

# %% slideshow={"slide_type": "fragment"}
class MinibatchStdDev(nn.Module):
    def forward(self, h):
        spread = (h.var(dim=0, correction=0) + 1e-6).sqrt().mean()
        return torch.cat([h, spread.expand(len(h), 1)], dim=1)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Strictly, $D$'s answer now depends on the whole batch, so real and forged images must go in separately.

# %% slideshow={"slide_type": "fragment"}
def new_discriminator():
    return nn.Sequential(
        nn.Linear(784, 256), nn.LeakyReLU(0.2),
        nn.Linear(256, 128), nn.LeakyReLU(0.2), MinibatchStdDev(),
        nn.Linear(129, 1),
    )

# %% [markdown] slideshow={"slide_type": "subslide"}
# Here they are, knowing nothing. Every random number has a fixed seed: up to the comparison with the package your run is mine; the long game may differ on another processor.

# %% slideshow={"slide_type": "fragment"}
torch.manual_seed(0)
generator, discriminator = new_generator(), new_discriminator()
rng = torch.Generator().manual_seed(0)

# %% [markdown] slideshow={"slide_type": "fragment"}
# What does $G$ draw before it has learned anything? (`eval` lets batch normalisation use its long-term averages, `train` those of the batch.)

# %% slideshow={"slide_type": "fragment"}
with torch.no_grad():
    first = as_images(generator.eval()(recipes.fresh_noise(10, seed=2)))
stage.show(lab.digits_figure(first), alt="Ten grey squares of noise, all alike.")
generator.train();

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Two losses
#
# $D$ wants a high probability on real images and a low one on forgeries. With $B$ images of each kind, this is equation (3) of the article, with its score replaced by log-probabilities:
#
# $$L_D=-\frac1B\sum_{i=1}^B\log D(x_i)-\frac1B\sum_{i=1}^B\log\bigl(1-D(G(z_i))\bigr)\tag{3}$$
#
# $G$ wants a high probability on its forgeries, equation (4):
#
# $$L_G=-\frac1B\sum_{i=1}^B\log D(G(z_i))\tag{4}$$
#
# Why not simply minimise $\log(1-D(G(z)))$, the term that $D$ has? Where $D$ is sure that a forgery is false, $D\approx0$. There $\log(1-\sigma(a))$ has the slope $-\sigma(a)\approx0$ in $a$, and $G$ learns nothing: that loss *saturates*. The slope of $-\log\sigma(a)$ is $-(1-\sigma(a))\approx-1$. So (4) is called **non-saturating**.

# %% [markdown] slideshow={"slide_type": "subslide"}
# With $D=\sigma(a)$ both logarithms become one function that never takes the log of 0: $-\log\sigma(a)=\log(1+e^{-a})$, which PyTorch calls `softplus(-a)`, and $-\log(1-\sigma(a))$ is `softplus(a)`.

# %% slideshow={"slide_type": "fragment"}
def discriminator_loss(logits_real, logits_fake):
    return softplus(-logits_real).mean() + softplus(logits_fake).mean()


def generator_non_saturating(logits_fake):
    return softplus(-logits_fake).mean()

# %% [markdown] slideshow={"slide_type": "fragment"}
# PyTorch has these as binary cross-entropy with labels 1 and 0. Do the two agree?

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
a, b = torch.randn(100, generator=rng), torch.randn(100, generator=rng)
bce = nn.functional.binary_cross_entropy_with_logits
ones, zeros = torch.ones(100), torch.zeros(100)
torch.testing.assert_close(discriminator_loss(a, b), bce(a, ones) + bce(b, zeros))
torch.testing.assert_close(generator_non_saturating(b), bce(b, ones))
print("the same numbers")

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **The article says** that in the non-saturating game the value becomes $E\log D(x)+E[-\log D(G(z))]$. **Precisely:** only $G$'s loss is replaced, and $D$ keeps (3). Were $D$ to maximise that sum, it could go on without end: with $D$ near 0 on forgeries, $-\log D$ has no top.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
for logit in (-1, -10, -100, -1000):
    fake = torch.tensor([float(logit)])
    print(f"a = {logit:5} on forgeries: −log D = {softplus(-fake).item():6.1f}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Who pushes which images which way? This is the sign card of chapter 3. **Move an image from left to right: which of $D$'s two losses falls? And what does $G$ want of it?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    sign_card(),
    a=(-4.0, 4.0),
    alt="A sample on three rulers, arrows for who pushes which way, and all losses over a.",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Step 1: the detective learns
#
# Each network has its own optimiser, and each optimiser moves one network only.

# %% slideshow={"slide_type": "fragment"}
def adam(network, lr):
    return torch.optim.Adam(network.parameters(), lr=lr, betas=(0.0, 0.99))


opt_g, opt_d = adam(generator, lr=2e-3), adam(discriminator, lr=1e-3)

# %% [markdown] slideshow={"slide_type": "fragment"}
# $\beta_1=0$ switches Adam's momentum off: yesterday's direction helps little against an opponent who has moved since.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Now the step. `detach` cuts the forgeries loose from $G$. This step moves $D$ only, so walking back through $G$ would be wasted; and it would use up $G$'s graph, which step 2 still needs. `zero_grad` forgets the gradient of the step before, which `backward` would otherwise add to.

# %% slideshow={"slide_type": "fragment"}
def step_discriminator(x_real, x_fake):
    logits_real, logits_fake = discriminator(x_real), discriminator(x_fake.detach())
    loss_d = discriminator_loss(logits_real, logits_fake)
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    return loss_d.item()

# %% [markdown] slideshow={"slide_type": "fragment"}
# Try it once, and look at who has received a gradient.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
x_fake = generator(torch.randn(64, 16, generator=rng))
step_discriminator(x[:64], x_fake)
print("D has a gradient:", all(w.grad is not None for w in discriminator.parameters()))
print("G has a gradient:", any(w.grad is not None for w in generator.parameters()))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Step 2: the forger learns
#
# The forger sees no real image at all. All that it learns comes through $D$: here is no `detach`, and the gradient flows through the detective back to the forger.

# %% slideshow={"slide_type": "fragment"}
def step_generator(x_fake):
    loss_g = generator_non_saturating(discriminator(x_fake))
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    return loss_g.item()

# %% [markdown] slideshow={"slide_type": "fragment"}
# `backward` leaves gradients in $D$ as well, on its way through. They do no harm: `opt_g` moves $G$ alone, and `opt_d.zero_grad()` wipes them out before $D$'s next step. Does $D$ really stay where it is?

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
before_d = [w.detach().clone() for w in discriminator.parameters()]
before_g = [w.detach().clone() for w in generator.parameters()]
step_generator(generator(torch.randn(64, 16, generator=rng)))
print("D moved:", not all(map(torch.equal, before_d, discriminator.parameters())))
print("G moved:", not all(map(torch.equal, before_g, generator.parameters())))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The loop, beside Algorithm 1
#
# The paper of 2014 has the whole method on half a page. Ours is the same but for two lines, and for Adam in place of plain descent:
#
# | Algorithm 1, Goodfellow et al. 2014 | here |
# |:--|:--|
# | **for** number of training iterations | `for _ in range(20)` |
# | **for** $k$ steps | $k=1$: no loop needed |
# | sample $m$ noise vectors, $m$ real examples | `torch.randn`, `torch.randint`; $m=64$ |
# | ascend $\nabla\frac1m\sum[\log D(x_i)+\log(1-D(G(z_i)))]$ in $D$ | `step_discriminator`: descend minus that |
# | sample $m$ noise vectors anew | we use the same forgeries again, which saves time |
# | descend $\nabla\frac1m\sum\log(1-D(G(z_i)))$ in $G$ | `step_generator`: descend $-\log D$, as the paper advises below its algorithm |

# %% slideshow={"slide_type": "subslide"}
def play_iteration():
    rows = torch.randint(len(x), (64,), generator=rng)
    x_fake = generator(torch.randn(64, 16, generator=rng))
    loss_d = step_discriminator(x[rows], x_fake)
    loss_g = step_generator(x_fake)
    return loss_d, loss_g

# %% [markdown] slideshow={"slide_type": "fragment"}
# That is a GAN, whole. Both networks from the start again, and twenty rounds by hand:

# %% slideshow={"slide_type": "fragment"}
torch.manual_seed(0)
generator, discriminator = new_generator(), new_discriminator()
opt_g, opt_d = adam(generator, lr=2e-3), adam(discriminator, lr=1e-3)
rng = torch.Generator().manual_seed(0)
by_hand = [play_iteration() for _ in range(20)]

# %% [markdown] slideshow={"slide_type": "subslide"}
# The package has the same two steps and the same loop, a little faster. Same seed, same twenty rounds:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
from gan_edu.training import play_iterations

twenty = play_iterations(recipes.digit_game(seed=0, precision=torch.float32), x, 20)
packaged = [(snapshot.loss_d, snapshot.loss_g) for snapshot in twenty]
np.testing.assert_allclose(packaged, by_hand, rtol=1e-3)
print("by hand and from the package: the same losses")

# %% [markdown] slideshow={"slide_type": "subslide"}
# The package adds two things. $G$ never comes to rest: it follows $D$, which follows $G$. So we keep a **running average** $\bar w$ of its weights, over roughly the last tenth of the rounds so far, and let the average draw. It takes no part in the game. After round $t+1$:
#
# $$\bar w\leftarrow\frac{t}{t+10}\,\bar w+\frac{10}{t+10}\,w$$

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
short = recipes.digit_game(seed=0)
average = 0
for t, _ in enumerate(play_iterations(short, x, 5)):
    w = short.generator[0].weight.detach()
    average = t / (t + 10) * average + 10 / (t + 10) * w
torch.testing.assert_close(short.average[0].weight, average)
print("the package's average is the same")

# %% [markdown] slideshow={"slide_type": "fragment"}
# And on a processor that has the instruction for it, the package multiplies numbers of 16 bits instead of 32. A gradient that comes from 64 images needs no more digits than that, and the game runs faster.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Play
#
# The drawings will get better. What will the detective's loss do meanwhile?

# %% slideshow={"slide_type": "fragment"}
guess_loss = stage.predict(
    "While the drawings get better, the loss of D …",
    ["falls towards 0", "stays near log 4 ≈ 1.39", "grows without end"],
)
guess_loss

# %% [markdown] slideshow={"slide_type": "subslide"}
# The left picture shows the same 64 noise vectors all the time. Choose one and watch it become a digit. Each point of the curves is the mean of 50 rounds. The second cell plays 3,000 rounds; after that *Play* goes on from there, as long as you like, and the other cells still run.

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
match = recipes.digit_match(x, seed=0)
player = stage.play(
    match,
    lab.match_scene(),
    pace=20,
    alt="Left: 64 forged digits. Middle: both losses. Right: D's mean answers.",
)

# %% slideshow={"slide_type": "fragment"}
player.run(3000)
game, history = match.game, match.history

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What the curves say
#
# A detective who knows nothing answers ½ to everything and pays $-\log\frac12-\log\frac12=\log4$. Look where $L_D$ is in the last thousand rounds:

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
late = history[-1000:]
loss_d = np.mean([snapshot.loss_d for snapshot in late])
assert abs(loss_d - np.log(4)) < 0.2
print(f"D's loss: {loss_d:.2f}, and log 4 = {np.log(4):.2f}")

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_loss.reveal(
    "stays near log 4 ≈ 1.39",
    "What D learns about today's drawings, G answers with its next step. Neither gets far ahead.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# So the curves say that the two keep pace, and not how good the drawings are. If $L_D$ falls to 0, the detective is far ahead. But what if $L_D$ lies near $\log4$, as here: is the detective blind, or is the forger good?

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Look at the ranking beside the loss
#
# Perhaps neither. The loss depends on how sure the detective is; whether it can *tell* shows in the **ranking**: it is given a real and a forged image; in which share of all such pairs does the real one get the larger logit? This share is the **AUC**: ½ for a coin, 1 for a perfect ranking, 0 for one that is upside down. Ten rounds after the start, when all drawings are grey noise, on real digits that were held out:

# %% slideshow={"slide_type": "fragment"}
x_test = as_tensor(digits.test_images)
early = recipes.digit_game(seed=0)
for _ in play_iterations(early, x, 10):
    pass
loss_d, ranking = lab.examined(early, x_test)
print(f"D's loss: {loss_d:.2f}, and log 4 = {np.log(4):.2f}; AUC: {ranking:.1%}")

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
print("the loss is within 0.1 of log 4:", abs(loss_d - np.log(4)) < 0.1)
print("and more than 9 of 10 pairs are ranked right:", ranking > 0.9)

# %% [markdown] slideshow={"slide_type": "fragment"}
# This detective can tell, and its probabilities do not show it yet: they are all on one side of ½. So the loss is near $\log4$ in three cases: the forger is good; the detective is blind; or the detective can tell, but is not sure enough, too sure, or late.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Freeze one of the two
#
# And after 3,000 rounds? We stop the forger where it is, and let the detective learn alone.

# %% slideshow={"slide_type": "fragment"}
guess_frozen = stage.predict(
    "After 3,000 rounds G stops, and D goes on learning for 200 steps. The loss of D …",
    ["stays near log 4: the drawings are too good", "falls far below log 4", "rises above log 4"],
)
guess_frozen

# %% slideshow={"slide_type": "subslide"}
def train_d_alone(game):
    game.step_discriminator(game.pick(x, 64), game.generate(64))


def train_g_alone(game):
    game.step_generator(game.generate(64))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Each of them on a copy of the game, with a look every ten steps:

# %% slideshow={"slide_type": "fragment"}
def looks_at(game, step):
    looks = [lab.examined(game, x_test)]
    for _ in range(20):
        for _ in range(10):
            step(game)
        looks.append(lab.examined(game, x_test))
    return looks


frozen_g, frozen_d = copy.deepcopy(game), copy.deepcopy(game)
alone = {"d_alone": looks_at(frozen_g, train_d_alone), "g_alone": looks_at(frozen_d, train_g_alone)}

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
stage.show(
    lab.alone_figure(alone, every=10),
    alt="D's loss and its AUC over 200 steps in which only one of the two players learns.",
)

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
loss_before, _ = alone["d_alone"][0]
loss_after, ranking_after = np.mean(alone["d_alone"][-5:], axis=0)  # of the last five looks
print("before, D's loss is near log 4:", abs(loss_before - np.log(4)) < 0.3)
print("D alone: less than half of log 4:", loss_after < np.log(4) / 2)
print("D alone: ranks more than 19 of 20 pairs right:", ranking_after > 0.95)

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_frozen.reveal(
    "falls far below log 4",
    "The drawings were never too good for D. They changed as fast as D learned.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# So in this game the loss is near $\log4$ because the detective *lags*, not because it could not do better. And the forger alone, against a detective that learns no more? Its drawings soon pass as "more real" than any real digit:

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
*_, (loss_fooled, ranking_fooled) = alone["g_alone"]
print("G alone: D's loss is above log 4:", loss_fooled > np.log(4))
print("G alone: D ranks fewer than 1 of 20 pairs right:", ranking_fooled < 0.05)

# %% slideshow={"slide_type": "fragment"}
with torch.no_grad():
    fooled, before = (as_images(there.generate(20).float()) for there in (frozen_d, game))
stage.show(
    lab.digits_figure(np.concatenate([before, fooled])),
    alt="Above, twenty drawings before D was frozen; below, twenty after 200 steps of G alone.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Above, drawings from before; below, after 200 steps against the frozen detective. **Which are better?** The number that $G$ minimises has never been so good. It measures how well this one detective is fooled, and nothing else.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A judge
#
# Looking at pictures is no measurement. So we train a third network, on real digits and their labels, to read digits. It has nothing to do with the game. The first time takes some seconds; then it is kept on disk.

# %% slideshow={"slide_type": "fragment"}
from gan_edu.metrics import accuracy, grade_images, load_classifier

classifier = load_classifier(digits)
right = accuracy(classifier, digits.test_images, digits.test_labels)
assert right > (0.98 if digits.is_mnist else 0.93)
print(f"the judge reads {right:.1%} of the digits it has never seen correctly")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Inside, just before it decides, the judge describes each image by 64 numbers. Take their mean $\mu$ and covariance $\Sigma$ over many real images and over many forgeries. The **Fréchet distance** says how far apart the two are:
#
# $$d^2=\lVert\mu_a-\mu_b\rVert^2+\operatorname{Tr}\bigl(\Sigma_a+\Sigma_b-2(\Sigma_a\Sigma_b)^{1/2}\bigr)$$
#
# Two endless samples of one law would have 0; two samples of real digits have a little more, because they are finite. The scale is the judge's own: compare only numbers from one judge and of equally many images. And an image is **doubtful** if the judge gives less than 90 % to its best guess.

# %% slideshow={"slide_type": "fragment"}
generated = recipes.draw_digits(game, 10_000)
noise = np.random.default_rng(0).integers(0, 256, (10_000, 28, 28), dtype=np.uint8)
candidates = {"real, for comparison": digits.images[:10_000], "forged": generated, "noise": noise}
verdicts = {name: grade_images(classifier, c, digits.test_images) for name, c in candidates.items()}
for name, verdict in verdicts.items():
    print(f"{name:20}: {verdict.frechet:8.1f}, {verdict.doubtful:4.0%} of the images doubtful")

# %% [markdown] slideshow={"slide_type": "subslide"}
# The forgeries are far from noise, and not yet as good as real handwriting:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
real, fake, junk = verdicts.values()
print("real < forged < noise:", real.frechet < fake.frechet < junk.frechet / 4)
print("real is doubted less often than forged:", real.doubtful < fake.doubtful)

# %% [markdown] slideshow={"slide_type": "subslide"}
# How many rounds did it take until most of the drawings could be read? The same game again, with two looks on the way:

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
again, doubtful = recipes.digit_game(seed=0), {}
for snapshot in play_iterations(again, x, 700):
    if snapshot.iteration in (50, 700):
        drawn = grade_images(classifier, recipes.draw_digits(again, 2000), digits.test_images)
        doubtful[snapshot.iteration] = drawn.doubtful
        print(f"after {snapshot.round} rounds, {drawn.doubtful:.0%} of the drawings are doubtful")

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
print("after 700 rounds, fewer than half:", doubtful[700] < 0.5)
if digits.is_mnist:
    assert doubtful[50] > 0.5

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess.reveal(
    "several hundred",
    "A few dozen give grey clouds. Several hundred are seconds of work for networks this small.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Does the forger draw all ten digits, or has it found one that always passes?

# %% slideshow={"slide_type": "fragment"}
counts = {"real": real.class_counts, "fake": fake.class_counts}
assert counts["fake"].min() > 0
stage.show(
    lab.classes_figure(counts),
    alt="Bars for the ten digits: their shares of the real images and of the forged ones.",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Does it copy?
#
# A forger that had learned real images by heart would score well and be worthless. Here are six forgeries, and below each the real training image that is nearest to it, pixel by pixel.

# %% slideshow={"slide_type": "fragment"}
from gan_edu.metrics import nearest_neighbours

nearest, distance = nearest_neighbours(generated[:200], digits.images)
stage.show(
    lab.neighbours_figure(generated[:6], digits.images[nearest[:6, 0]]),
    alt="Six forged digits, and below each its nearest real image.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# A real digit that was held back from training has a nearest neighbour too, and that is the yardstick: a copy would be much nearer than that.

# %% slideshow={"slide_type": "fragment"}
_, yardstick = nearest_neighbours(digits.test_images[:200], digits.images)
assert distance.min() > 0.2 * np.median(yardstick)
print(f"nearest real image, median: {np.median(distance):.1f} from a forgery, ", end="")
print(f"{np.median(yardstick):.1f} from a real digit; the nearest of all: {distance.min():.1f}")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Walk through the noise
#
# $z$ has sixteen numbers. **Which slider changes the slant, which the thickness, which turns one digit into another?** None of them was told to mean anything. Press the button for another start.

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.walk_scene(game),
    z1=(-3.0, 3.0), z2=(-3.0, 3.0), z3=(-3.0, 3.0), z4=(-3.0, 3.0),
    start=stage.button("another start"),
    alt="A large digit, and four rows that show how it changes along each of four noise numbers.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# $G$ is continuous: the image never jumps. But its way may be steep, and it may lead through a smudge that is no digit at all.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## From one digit to another
#
# `ends[i]` is the noise whose drawing the judge most surely reads as an $i$. **How many of the twelve pictures on the way does the judge doubt?** Find a pair with a sharp border, and one whose way leads through a third digit.

# %% slideshow={"slide_type": "fragment"}
ends = lab.noise_for_digits(game, classifier)
stage.explore(
    lab.crossing_scene(game, classifier, ends),
    start=list(range(10)), end=list(range(10)),
    alt="Twelve images in which one digit turns into another, with the judge's reading below each.",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What the paper measured
#
# The paper of 2014 had no such judge. It put a small Gaussian hill of width $h$ on each of 10,000 drawn images, pixels from 0 to 1, and asked how high the density of these hills is at real test images. This is the **Parzen window**:
#
# $$\log p(x)=\log\frac1M\sum_{j=1}^M N\bigl(x;\,s_j,\,h^2 I\bigr)$$
#
# $h$ is the width that suits the last 1,000 training images best. The unit is the nat; more is better. This is Table 1 of the paper: a deep belief net, stacked contractive autoencoders, a generative stochastic network, and the paper's own GAN. On MNIST, the last row is ours:

# %% slideshow={"slide_type": "subslide"}
from gan_edu.metrics import parzen_score

validation, test = digits.images[-1000:], digits.test_images
table = {"DBN": (138, 2), "Stacked CAE": (121, 1.6)}
table |= {"Deep GSN": (214, 1.1), "Adversarial nets": (225, 2)}
ours = parzen_score(generated, validation, test)
if digits.is_mnist:
    table["this notebook"] = (ours.mean, ours.standard_error)
else:
    print("Our digits are not MNIST: our own score compares with nothing in this table.")
for name, (mean, error) in table.items():
    print(f"{name:17} {mean:4.0f} ± {error:.1f}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# How far does a longer run get? In a terminal, `python -m gan_edu.train --out run --iterations 12000 --grade` plays four times as many rounds and prints its Fréchet distance and its nats.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Why nobody uses this table any more
#
# More nats should mean better pictures. Let us cheat: we blur our forgeries a little (the right half).

# %% slideshow={"slide_type": "fragment"}
from scipy.ndimage import gaussian_filter

blurred = gaussian_filter(generated, sigma=(0, 0.6, 0.6))
pair = np.concatenate([generated[:10], blurred[:10]])
stage.show(
    lab.digits_figure(pair, columns=20),
    alt="Ten forged digits, and beside them the same ten, blurred.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# A second cheat draws nothing at all: a list of 600 fixed pictures, each the mean of similar real digits, found by $k$-means.

# %% slideshow={"slide_type": "fragment"}
from sklearn.cluster import MiniBatchKMeans

pixels = digits.images[:20_000].reshape(-1, 784) / 255
kmeans = MiniBatchKMeans(600, batch_size=2048, n_init=1, max_iter=10, random_state=0).fit(pixels)
codebook = (255 * kmeans.cluster_centers_).round().astype(np.uint8).reshape(-1, 28, 28)
stage.show(lab.digits_figure(codebook[:20]), alt="Twenty soft means of real digits.")

# %% [markdown] slideshow={"slide_type": "fragment"}
# Against them: the forgeries, and real training images. (1,000 test images are enough here.)

# %% slideshow={"slide_type": "fragment"}
rivals = {"forged": generated, "real": digits.images[:10_000], "blurred": blurred, "list": codebook}
scores = {name: parzen_score(r, validation, test[:1000]) for name, r in rivals.items()}
for name, score in scores.items():
    print(f"{name:8} {score.mean:4.0f} nats, with hills of width {score.bandwidth:.2f}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# And what does the judge say of the blur?

# %% slideshow={"slide_type": "fragment"}
blur = grade_images(classifier, blurred, digits.test_images)
print(f"Fréchet distance: {fake.frechet:.1f} of the forgeries, {blur.frechet:.1f} of the blurred")

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
print("blurring raises the nats:", scores["blurred"].mean > scores["forged"].mean)
print("the list beats the forger:", scores["list"].mean > scores["forged"].mean)
if digits.is_mnist:
    assert blur.frechet > fake.frechet
    assert min(scores["blurred"].mean, scores["list"].mean) > scores["real"].mean

# %% [markdown] slideshow={"slide_type": "fragment"}
# A blur helps, and on MNIST both cheats beat even real handwriting, while the Fréchet distance of the blurred ones is larger, so worse. In 784 dimensions a hill is wide or it touches nothing, and a wide hill prefers the soft middle between digits to a sharp digit. **A list of fixed pictures wins, so the number does not measure what we want.** The Fréchet distance is a judge's opinion as well: whenever you read such a number, ask who the judge was.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# As before: `check` says at once whether an answer is right and what to think about if not; `hint("5.1")`, `solution("5.1")` and `progress()` help. Together the exercises take about an hour.

# %% slideshow={"slide_type": "fragment"}
from gan_edu.exercises import check, hint, progress, solution

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.1 · The forger who copies
#
# *Predict, 3 minutes.* A forger hands out 10,000 images of the training set, just as they are. Which of this chapter's four measures gives it away: `"classes"`, `"Fréchet"`, `"Parzen"` or `"nearest"` (real image)?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None
check("5.1", answer)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.2 · Where is the line of the blind?
#
# *Code, 8 minutes.* A friend puts the logits of `n_real` real and `n_fake` forged images into one list and takes *one* mean of the binary cross-entropy over it. His detective cannot tell anything and gives all images the same answer. Which $D$ is the best one for it, and what is its loss, in nats? Compare with $\log4$ for 64 images of each kind.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def blind(n_real, n_fake):
    ...  # return d, loss


check("5.2", blind)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.3 · A distance below zero
#
# *Debug, 8 minutes.* The Fréchet distance $d^2$ of two sets of features, arrays of shape (N, F), written down from the formula above. A set has the distance 0 to itself, but here `frechet(a, a)` comes out *below* 0 as soon as some features are correlated. Find out why, and mend it.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def frechet(a, b):
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = np.sqrt(cov_a @ cov_b)
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(cov_a + cov_b - 2 * root)


check("5.3", frechet)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.4 · A forger who wants to be caught
#
# *Debug, 8 minutes.* This should train the detective alone: its step, batch after batch, while the forger stands still. But from batch to batch the forgeries get easier to catch. What moves the forger? Mend it; keep plain gradient steps with the rate 0.1.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def train_detective(generator, discriminator, batches):
    everything = [*generator.parameters(), *discriminator.parameters()]
    opt_d = torch.optim.SGD(everything, lr=0.1)
    for x_real, z in batches:
        x_fake = generator(z)
        loss_real = softplus(-discriminator(x_real)).mean()
        loss_fake = softplus(discriminator(x_fake)).mean()
        opt_d.zero_grad()
        (loss_real + loss_fake).backward()
        opt_d.step()


check("5.4", train_detective)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.5 · A look that leaves traces
#
# *Debug, 8 minutes.* Between two rounds somebody looks at the drawings, and from then on the training goes worse. The drawings are right: made in `eval` mode, so that no image depends on its neighbours. What has the look left behind? `check` looks at forgers in the midst of training and at averages, which live in `eval`; whatever it gets must come back as it was: weights, long-term averages, modes, and whether the weights may learn.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def draw(generator, z):
    generator.eval()
    with torch.no_grad():
        return generator(z)


check("5.5", draw)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.6 · How long is the average's memory?
#
# *Code, 10 minutes.* The running average of this chapter, after $T$ = `rounds` rounds, is a weighted mean of the weights of all rounds. Which share comes from the `last` ones? (Round $t+1$ brings the update with $t$; an answer within 0.01 will do.) Guess first: how much is left of the first half of the game?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def share_of_the_last(iterations, last):
    ...


check("5.6", share_of_the_last)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.7 · Which noise draws this?
#
# *Open, 20 minutes.* You walked from noise to images. Walk back: write a search that gets a forger and one of its images, and returns 16 numbers from which the forger draws it again. `check` uses a small forger, whose "images" have 64 numbers, and wants you to get within half the distance of the nearest of 1,000 random tries. Forger and image must stay as they are. Then try `find_noise(game.average, as_tensor(digits.test_images[:1]))`: does $G$ know a digit that nobody showed it?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def find_noise(generator, image):
    z = torch.zeros(1, 16, requires_grad=True)
    ...


check("5.7", find_noise)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## In this chapter we saw
#
# - Two losses, two optimisers, one `detach`: the forger learns through the detective alone, and never sees a real digit.
# - Flat losses near $\log 4$ mean that the two keep pace: they tell neither how good the drawings are nor what $D$ can tell. The ranking (AUC) says whether $D$ can tell, and freezing one player says whether it could.
# - A judge's Fréchet distance, the classes and the nearest real images tell more; the paper's nats reward a blur.
#
# **Next:** [chapter 6](06_summary.ipynb) puts the whole game on one page.
