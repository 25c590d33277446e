# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # Catch the forger
#
# [Open this chapter in Google Colab](https://colab.research.google.com/github/gan-edu/gan-edu/blob/main/notebooks/00_forger_and_detective.ipynb)

# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true} tags=["remove-cell"]
if "google.colab" in str(get_ipython()):  # elsewhere this cell does nothing
    need = "pooch anywidget psygnal comm 'ipywidgets>=8.1.5' git+https://github.com/gan-edu/gan-edu"
    get_ipython().run_line_magic("pip", f"install -q --no-deps {need}")
    __import__("google.colab").colab.output.enable_custom_widget_manager()

# %% [markdown] slideshow={"slide_type": "-"}
# Click the grey cell below and press **Shift+Enter**. Then decide: did a person write this digit, or did a program forge it? There are six rounds of ten pictures; stop when you like. After your first click you can also type **R** (real) and **F** (forged) into the text box next to the buttons.
#
# (The first cell takes a few seconds to load. If a dialog asks for a kernel, click *Select* and press Shift+Enter again. A grey line with three dots is a folded cell; it runs like the others.)

# %% slideshow={"slide_type": "subslide"}
from gan_edu import settings, stage
from gan_edu.chapters.ch00_forger_and_detective import scenes as lab

settings.reset()  # PyTorch and NumPy as in a new kernel
lab.detective_game()

# %% [markdown] slideshow={"slide_type": "subslide"}
# You are the detective. Your opponent is the *discriminator*, a program that answers the same question. Some of the pictures come from another program, the forger; it has never seen a real digit, and from round to round it has practised longer. *Reset* deals new pictures.
#
# How can a program learn to draw what it has never seen? With two *neural networks* that train each other: a **generative adversarial network** (GAN). A neural network is a function with a great many adjustable numbers, and training changes them in small steps. In an afternoon you can build a GAN yourself.
#
# **What you'll do.** Play the detective; see what the discriminator tells the forger; watch a whole GAN learn.
#
# **What you'll learn.** What a generator and a discriminator are, who learns what from whom, and what happens to the discriminator's score.
#
# **What you need.** Less than twenty minutes and no mathematics. (*Further* takes five minutes more and needs the logarithm.)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
# If you like: ten questions, to see after chapter 5 how much you have learned
from gan_edu import practice

practice.test("before")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A generator draws, a discriminator decides
#
# **The forger is the generator $G$.** It turns a list of random numbers, called *noise*, into a picture; different numbers give a different picture. It learns in small steps, called *iterations*. An untrained $G$ draws grey fog, so we let it train for 100 iterations before your round 1.
#
# **Your opponent was the discriminator $D$.** Its answer to a picture is a number between 0 and 1: the probability that the picture is real.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Each of them learns from something else:
#
# - **$D$ learns as you did.** It sees real and generated pictures, and is told each time which kind it was.
# - **$G$ learns from $D$ alone.** For each pixel of its own picture it is told whether more ink or less would raise $D$'s answer, and how much. (These numbers are called the *gradient*.)
#
# **Where would you add ink to this generated picture, and where would you remove some? Tick *show what D wants* and compare. Then move *repaints*: each one follows these wishes a little further. Does $D$'s answer rise more in *round* 1 or in *round* 6?**

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
stage.explore(
    lab.advice_scene(),
    level=(1, 6),
    picture=(1, 10),
    steps=(0, 8),
    wishes=False,
    labels={"level": "round", "steps": "repaints", "wishes": "show what D wants"},
    alt="A generated picture, the same picture repainted, and D's answer after each repaint.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# In round 1 a few repaints change $D$'s mind about most of the pictures. In round 6 the same number of repaints matters much less, because $D$ has few objections left. (The colours do not show this: they are scaled for each picture.) $D$'s answer may even fall again: all eight repaints follow the wishes for the unpainted picture, and too many of them go too far. (Do you still see a forgery where $D$ already says "real"? The $D$ of round 1 has trained only briefly and is easily fooled.)
#
# </details>
#
# In training nobody repaints single pictures. Each iteration changes $G$'s adjustable numbers, its *weights*, so that all its pictures move the way $D$ wants. Everything the forger knows about handwriting comes from $D$'s objections.

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
album = lab.open_album()
gain = (album.along[..., -1] - album.along[..., 0]).mean(axis=1)  # of eight repaints
print(f"Eight repaints raise D's answer by {gain[0]:.2f} in round 1, by {gain[5]:.2f} in round 6")
assert gain[0] > 2 * gain[5]

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Both get better: what happens to the score?
#
# From round to round both networks have trained longer. The generated pictures change; the real ones do not.

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
guess_real = stage.predict(
    "D's mean answer to the real pictures: from round 1 to round 6 it …",
    ["rises towards 1", "falls towards one half", "falls towards 0"],
)
guess_real

# %% [markdown] slideshow={"slide_type": "subslide"}
# The next cell shows $D$'s mean answer to 100 real and to 50 generated pictures in each round. Beside it is $D$'s score, its *accuracy*: how often it is right. (The real pictures are half of the score, the generated ones the other half: the *balanced accuracy*.) Guessing gives one half.

# %% slideshow={"slide_type": "-"} tags=["hide-cell"]
stage.show(
    lab.rounds_figure(album),
    alt="Over six rounds: D's mean answers to real and generated pictures, and D's accuracy.",
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_real.reveal(
    "falls towards one half",
    "In round 1 only people make clean strokes. In round 6 G makes them too.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# $D$ knows more in round 6 than in round 1, but its task has become much harder: a falling score does not mean a worse $D$. If every kind of picture were as frequent in $G$'s output as among the real ones, nobody could tell them apart, and the best possible answer to each would be one half. $G$ always pushes $D$'s answer up; against the best $D$, on average over all of its pictures, it gets no further than one half.
#
# (How can $D$ be right so often when its answers are so close to one half? Because 0.53 for a real picture and 0.46 for a generated one both count as right.)
#
# </details>
#
# (A $D$ that lags behind says one half as well, for want of training. To rule that out, we helped it to keep up: before each round $G$ paused, and $D$ trained on alone for 300 iterations.)

# %% slideshow={"slide_type": "skip"} tags=["hide-cell"]
real, fake, score = album.on_real.mean(1), album.on_fake.mean(1), lab.balanced_accuracy(album)
print("mean answer, real pictures:     ", *(f"{value:.2f}" for value in real))
print("mean answer, generated pictures:", *(f"{value:.2f}" for value in fake))
print("balanced accuracy:              ", *(f"{value:.2f}" for value in score))
assert real[5] - fake[5] < 0.3 < 0.7 < real[0] - fake[0]
assert 0.5 < score[5] < score[0] - 0.15

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Watch a whole GAN learn
#
# Here each *sample* that $G$ makes is a single number instead of a picture, so that everything fits on an axis. The upper panel shows where the real samples (line) and the generated ones (bars) lie: the higher, the more of them. (A triangle marks a bar that is cut off.) The real ones gather around two places, the *modes*. The lower panel shows $D$'s answer at each place; the curve is thick where there are samples.
#
# At the start all generated samples lie in one place, and $D$ knows nothing: it answers about one half everywhere.

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
guess_start = stage.predict(
    "All generated samples start in one place, and the training begins. What does D answer there "
    "soon afterwards?",
    ["much more than one half", "still about one half", "much less than one half"],
)
guess_start

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Press *Play* (more *iterations per frame* are faster). Do the bars move to where $D$'s curve is higher, or to where it is lower? After two thousand iterations, how high is $D$'s curve where most of the samples are?**

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
from gan_edu.chapters.ch00_forger_and_detective import line

stage.play(
    line.LineGame(),
    line.line_scene(),
    pace=5,
    alt="Above, generated samples as bars and the density of real ones. Below, D's answers.",
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_start.reveal(
    "much less than one half",
    "Nearly all samples there are generated, and D finds out. Then G has a reason to leave.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# Where there are more generated samples than real ones, $D$'s answer sinks below one half, and the bars move to where the curve is higher. Once they follow the line, the curve comes close to one half where most of the samples are: wherever both kinds are equally frequent, nobody can tell them apart.
#
# Where samples are rare, the curve still swings: the game never quite stops, because each network keeps answering the other's small moves. And a curve at one half does not prove that bars and line agree: a $D$ that has learned nothing says one half too.
#
# </details>
#
# The next cell shows three moments of this game. The dotted line is $D^*$, the best possible discriminator: at a place where three in four samples are real, it answers ¾. **In which of the three is $D$ furthest from $D^*$?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
stage.picture(
    "forger_and_detective.svg",
    "Three stages of a game, after 0, 200 and 2,000 iterations. Above, generated samples spread "
    "from one spike to the two modes of the real ones. Below, the discriminator's answers beside "
    "the best possible ones: flat at first, then close to them.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# In the first: $D$ knows nothing, and $D^*$ is right about every sample. At the end even $D^*$ has an accuracy only a little above one half, hardly better than guessing, because the two kinds of samples have become alike. (At the edges, where nothing is generated, $D^*$ is 1.)
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Four questions, one course
#
# The Chinese article that this course follows, *GAN（一）——Vanilla GAN*, asks four questions:
#
# | question | chapters |
# |:--|:--|
# | Who is the forger? | **01** [Turn noise into samples](01_inverse_cdf.ipynb) |
# | Who is the detective? | **02** [Measure how far apart two samples are](02_histogram_js.ipynb) |
# | | **03** [Let a network measure the distance](03_neural_distance.ipynb) |
# | How do they play? | **04** [Train a generator against a discriminator](04_adversarial_game.ipynb) |
# | | **05** [Let two networks draw digits](05_mnist_gan.ipynb) |
# | What is going on? | **06** [See a whole GAN on one page](06_summary.ipynb), and **07** [Change a GAN and see what happens](07_playground.ipynb) |
#
# Is your computer ready for them? The next cell checks, and says what is still to do.

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
lab.check_installation()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## In this chapter we saw
#
# - The generator turns random numbers into pictures; the discriminator says how likely a picture is to be real.
# - The generator learns from the discriminator alone: for each pixel, would more ink or less raise the answer?
# - Both get better, and yet the discriminator's answers approach one half, because real and generated pictures become alike.
#
# Next: [Turn noise into samples](01_inverse_cdf.ipynb).
#
# Here the core ends. *Further* comes below; it can wait.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
# Which predictions of this chapter surprised you?
stage.surprises()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: when a GAN is a zero-sum game
#
# In a **zero-sum** game one player gains what the other loses, as in chess. Is a GAN such a game?
#
# Take one real picture $x$, to which $D$ answers $D(x)$, and one generated picture, to which it answers $d$. $D$ wants $D(x)$ to be large and $d$ to be small, so we pay it $\log D(x)+\log(1-d)$. (This is the natural logarithm; its unit is the *nat*.) $G$ cannot change the first term, so from here on we leave it out:
#
# $$\text{payoff of D}=\log(1-d)\tag{0.1}$$
#
# It is 0 if $D$ is sure that the picture is generated, and falls as $d$ grows.

# %% [markdown] slideshow={"slide_type": "subslide"}
# $G$ wants $d$ to be large, and there are two common ways to pay it. In the **minimax** game (one player maximises a value that the other minimises) $G$ gets what $D$ loses:
#
# $$\text{payoff of G}=-\log(1-d)\tag{0.2}$$
#
# The paper that introduced GANs (Goodfellow et al. 2014) recommends another payoff in practice. In this **non-saturating** game $G$'s payoff does not level off, or *saturate*, where $d$ is close to 0:
#
# $$\text{payoff of G}=\log d\tag{0.3}$$
#
# Both payoffs grow with $d$, so $G$ has the same goal in both games.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
guess_sum = stage.predict(
    "In the non-saturating game, draw the sum of both payoffs, log(1 − d) + log d, over D's "
    "answer d to a generated picture.",
    stage.sketch(x=(0.02, 0.98), y=(-5, 1), labels=("D's answer d", "sum of the payoffs, nats")),
)
guess_sum

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Move *D's answer* from left to right; the titles give the sum. In which game is $G$'s curve the mirror image of $D$'s? In the other game, where is the sum largest? Close to 0, where $D$ sees through the forgery, in which game does $G$'s payoff rise more steeply?**

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
stage.explore(
    lab.payoff_scene(),
    answer=(0.01, 0.99),
    labels={"answer": "D's answer"},
    alt="The payoffs of D and of G and their sum over D's answer, in two games.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# Only the minimax game is zero-sum. In the non-saturating game the sum is largest at one half, where it is $-\log 4$. Close to 0 the minimax payoff is nearly flat, and the non-saturating one is steep. So a generator that has just begun, whose pictures get $d\approx0$, learns faster from the latter.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
import numpy as np
import torch

from gan_edu import losses

sure = torch.tensor([100.0]).double()  # D is sure of the real picture: that costs it nothing


def sums_of_payoffs(loss_of_g):
    logits = [torch.logit(torch.tensor([d]).double()) for d in answers]
    return np.array([-losses.discriminator_loss(sure, a) - loss_of_g(a) for a in logits])


answers = np.arange(1, 100) / 100
minimax = sums_of_payoffs(losses.generator_minimax)
other = sums_of_payoffs(losses.generator_non_saturating)
print("minimax, largest distance of the sum from 0:", np.abs(minimax).max().round(6))
print(f"non-saturating, largest sum: {other.max():.4f} at d = {answers[other.argmax()]}")

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
guess_sum.reveal(
    lambda d: np.log(1 - d) + np.log(d),
    "From d = 0.1 to 0.5, D loses log(0.9/0.5) ≈ 0.59 nats and G gains log(0.5/0.1) ≈ 1.61.",
    stage.Part(
        over=(0.02, 0.2), right="right where D sees through G",
        above="close to 0 G's log d falls without limit, lower than you drew",
        below="close to 0 the sum is higher than you drew",
    ),
    stage.Part(
        over=(0.3, 0.7), right="right about the middle",
        above="at one half both have log ½, so the sum is −1.39, not 0: no zero-sum game",
        below="at one half the sum is highest, −1.39",
    ),
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "subslide"}
# The article calls a GAN an *unsupervised* algorithm based on a zero-sum game. "Zero-sum" holds for the minimax version only. "Unsupervised" means that nobody has to label digits: $D$'s labels, "real" and "generated", cost nothing.

# %% [markdown] slideshow={"slide_type": "skip"}
# | here | in code | the article | meaning |
# |:--|:--|:--|:--|
# | $G$, generator | `generator` | 伪造者, $G$ | the forger: turns random numbers into pictures |
# | $D$, discriminator | `discriminator` | 鉴别者, $D$ | the detective: says how likely a picture is to be real |
# | $d$ | `d` | – | $D$'s answer to one generated picture, between 0 ("generated") and 1 ("real") |
# | $\log$ | `np.log` | $\log$ | the natural logarithm; its unit is the nat |
#
# All words of the course, in English and Chinese: the [glossary](glossary.ipynb).
