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
    course = "pooch anywidget psygnal 'ipywidgets>=8.1.5' git+https://github.com/gan-edu/gan-edu"
    get_ipython().run_line_magic("pip", f"install -q --no-deps {course}")
    __import__("google.colab").colab.output.enable_custom_widget_manager()

# %% [markdown] slideshow={"slide_type": "-"}
# Click the grey cell below, press **Shift+Enter**, and decide: is this digit real or forged? If nothing happens, the kernel was still starting: answer a dialog with *Select*, and press Shift+Enter again. After your first click on a button the keys **T** (true) and **F** (forged) do the same, as long as the cursor is in the field beside it.

# %% slideshow={"slide_type": "fragment"}
from gan_edu.chapters.ch00_forger_and_detective import scenes as lab

lab.detective_game()

# %% [markdown] slideshow={"slide_type": "subslide"}
# There are six rounds of ten pictures. People wrote the real digits by hand. The forged ones were made by a program that never saw a real digit, and in each round it has practised longer. *Reset* starts a new game with other pictures.
#
# **What you'll do.** Play the detective; find out who your rival and your opponent are; move one number and see who gains and who loses; check that this computer is ready for the rest.
#
# **What you'll learn.** What a generator and a discriminator are, and who learns what from whom; what a detective's score tells; when their game is zero-sum and when it is not; which chapter answers which question.
#
# **What you need.** Fifteen minutes and, once, the logarithm.

# %% [markdown] slideshow={"slide_type": "subslide"}
# | here | in code | the article | |
# |:--|:--|:--|:--|
# | $G$, generator | `generator` | 伪造者, $G$ | the forger: makes pictures from random numbers |
# | $D$, discriminator | `discriminator` | 鉴别者, $D$ | the detective: says how likely a picture is to be real |
# | $d$ | `d` | – | $D$'s answer to one forgery, between 0 ("forged") and 1 ("real") |
# | $\log$ | `np.log` | $\log$ | the natural logarithm; its unit is the nat |
#
# "The article" is the Chinese text whose path this course follows, *GAN（一）——Vanilla GAN*.
#
# All words of the course, in English and Chinese: the [glossary](glossary.ipynb).

# %% slideshow={"slide_type": "fragment"}
import numpy as np

from gan_edu import settings, stage
from gan_edu.datasets import load_mnist

settings.reset()  # PyTorch and NumPy as in a new kernel

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Who was that?
#
# **The forger was a network, the generator $G$.** It is given a list of random numbers and turns it into a picture. Other numbers, another picture. At the beginning its weights are random as well, so it makes grey noise: your first round was hardly later, ten steps of training.
#
# **Your rival was another network, the discriminator $D$.** It is given a picture and answers with one number between 0 and 1, the probability that the picture is real. Above one half we counted its answer as "real".

# %% [markdown] slideshow={"slide_type": "subslide"}
# Who learned what from whom?
#
# - $D$ learns as you did. It is shown real pictures and forgeries, and each time it is told which it was.
# - $G$ learns from $D$ alone. It is told how likely $D$ thought its forgery to be real, and for each pixel whether more ink or less would have made that likelier. It takes a small step that way.
#
# So all that the forger knows about handwriting, it has learned from the detective's objections. Each gets better because the other does. Two networks that train each other like this are a **generative adversarial network**, a **GAN** (Goodfellow and others, 2014).

# %% [markdown] slideshow={"slide_type": "fragment"}
# In each round of your game $D$ had trained against $G$ just as long as $G$ had against $D$. But then it got 300 small steps more, while $G$ waited: thirty times as many as before round 1. Only after that did we take down its answers. The reason: in the middle of a game $D$ may rank the pictures well and still answer nearly all of them on the same side of one half, now "real", now "forged". As it played, it would have been no rival in the first rounds: right about as often as a coin. The extra steps against a $G$ that stands still bring its answers to the right side. Chapter 05 shows both, a $D$ in the middle of a game and one whose $G$ is frozen. $D$ judged the same pictures as you, one at a time; the real ones were new to it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Two who improve
#
# From round to round the discriminator has trained longer. So has the forger. The forgeries have changed a great deal on the way, the real pictures not at all.

# %% slideshow={"slide_type": "fragment"}
guess_real = stage.predict(
    "D's mean answer to the real pictures: from round 1 to round 6 it …",
    ["stays near 1", "falls to about one half", "falls to about 0"],
)
guess_real

# %% [markdown] slideshow={"slide_type": "subslide"}
# For each round there are $D$'s answers to 100 real pictures and 50 forgeries. How sure is it of the real ones, and how much does it get right? There are twice as many real pictures as forgeries; so we take the share of right answers for each kind, and the mean of the two, which is called the *balanced accuracy*.

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
album = lab.open_album(load_mnist(download=False))
right_real = (album.on_real > 0.5).mean(axis=1)
right_fake = (album.on_fake <= 0.5).mean(axis=1)
score = (right_real + right_fake) / 2
mean_real = album.on_real.mean(axis=1)
print("mean answer to real pictures, round 1 to 6:", mean_real.round(2))
print("balanced accuracy,            round 1 to 6:", score.round(2))

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output", "hide-cell"]
print("sure of real pictures in round 1:", mean_real[0] > 0.95)
print("no longer in round 6:", abs(mean_real[5] - 0.5) < 0.1)
print("nearly perfect in round 1:", score[0] > 0.95)
print("clearly worse in round 6: ", score[5] < score[0] - 0.15)
print("still better than a coin: ", score[5] > 0.5)

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_real.reveal(
    "falls to about one half",
    "The strokes are the same, but now they could be a forgery's as well.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# $D$ knows more in round 6 than in round 1, but its task has become much harder. So a score that falls is no sign that the detective has become worse. And there is an end to it: if forgeries were spread over all possible pictures exactly as the real ones are, nothing would tell them apart, and the best detective could do no better than toss a coin. That is what the forger is after.
#
# </details>
#
# **Which round fooled you most? Did it fool $D$ as well?**

# %% [markdown] slideshow={"slide_type": "subslide"}
# The same with single numbers in the place of pictures, where one can count. Above: what a forger makes (bars) beside real samples (line). Below: what the expert $D$ says to each number, beside the best that anyone could say, $D^*$, and how often each of the two is right. **When is the expert furthest from the best?**

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
stage.picture(
    "forger_and_expert.svg",
    "Three stages of a game, at 0, 200 and 2,000 rounds. Above, forged samples spread from "
    "one spike to the two bumps of the real ones. Below, an expert's answers beside the best "
    "ones: flat at first, then like them.",
)

# %% [markdown] slideshow={"slide_type": "-"}
# <details><summary>What you should have found</summary>
#
# At the start the expert knows nothing, though it could be nearly perfect: all forgeries lie in one place. Later it knows more, and there is less to know.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Three questions, one course
#
# A story of forgers is no algorithm yet. The article asks three questions, and they lead through the course.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Who is the forger?
#
# **01** [Turn noise into a sample](01_inverse_cdf.ipynb), 70 minutes. On the line, where the perfect map from noise to sample can be written down.
#
# ### Who is the detective?
#
# **02** [Measure how far apart two samples are](02_histogram_js.ipynb), 75 minutes. Counting in bins, what can be done with it, and why it fails for pictures.
#
# **03** [Let a network be the distance](03_neural_distance.ipynb), 50 minutes. The detective as a measure, what it reads at its best, and the leash that some of them need.
#
# ### How do they fight?
#
# **04** [Let the two play against each other](04_adversarial_game.ipynb), 60 minutes. Who moves when; first in a game small enough to be solved exactly.
#
# **05** [Let two networks draw digits](05_mnist_gan.ipynb), 45 minutes. The forger that you met, trained before your eyes.
#
# ### And then
#
# **06** [See the whole game on one page](06_summary.ipynb), 30 minutes. **07** [Find out what happens if](07_playground.ipynb), as long as you like.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Whose gain is whose loss
#
# In a **zero-sum** game what one player gains the other loses. Chess is one: a point for you is none for me. Are forger and detective playing such a game?
#
# Look at one forgery, to which $D$ answers $d$. $D$ wants $d$ to be small. So its payoff is
#
# $$\text{payoff of }D=\log(1-d)\tag{0.1}$$
#
# which is 0 if $D$ is sure that it was forged, and the further below 0 the more $D$ takes it for real.

# %% [markdown] slideshow={"slide_type": "subslide"}
# $G$ wants $d$ to be large. There are two ways to pay for that. In the **minimax** game $G$ gets what $D$ loses:
#
# $$\text{payoff of }G=-\log(1-d)\tag{0.2}$$
#
# In the **non-saturating** game, which the 2014 paper recommends in practice, it gets
#
# $$\text{payoff of }G=\log d\tag{0.3}$$
#
# Both grow with $d$: the wish is the same. ($D$ is paid for real pictures too, and in the minimax game $G$ pays that as well. But nothing that $G$ does changes it, so we leave it out.)

# %% slideshow={"slide_type": "fragment"}
guess_sum = stage.predict(
    "The forger improves, and D's answer to a forgery goes from 0.1 to 0.5. "
    "In the non-saturating game, the sum of both payoffs …",
    ["stays 0", "rises: G gains more than D loses", "falls: D loses more than G gains"],
)
guess_sum

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Move $D$'s answer from one end to the other. In which game is $G$'s bar always $D$'s turned over? In the other game, where is the sum largest? And near 0, where a beginner's forgeries are: in which game does a small step of $d$ change $G$'s payoff more?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.payoff_scene(),
    answer=(0.01, 0.99),
    labels={"answer": "D's answer"},
    alt="Bars for the payoffs of D, of G and their sum in two games, and the sums over D's answer.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The same in numbers, for 99 answers, and not with (0.1) to (0.3) but with the losses that the networks of this course are trained with. A loss is a payoff with the other sign. It takes the number that $D$ computes before that is squeezed between 0 and 1; `logit` finds it from $d$.

# %% slideshow={"slide_type": "fragment"}
import torch

from gan_edu import losses

sure = torch.tensor([100.0]).double()  # of a real picture: that costs D nothing


def sum_of_payoffs(d, loss_of_g):
    generated = torch.logit(torch.tensor([d]).double())
    return -losses.discriminator_loss(sure, generated).item() - loss_of_g(generated).item()

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output", "hide-cell"]
answers = np.arange(1, 100) / 100
minimax = np.array([sum_of_payoffs(d, losses.generator_minimax) for d in answers])
other = np.array([sum_of_payoffs(d, losses.generator_non_saturating) for d in answers])
print("minimax, the sum is always 0:", np.allclose(minimax, 0))
print("non-saturating, it is largest for d =", answers[other.argmax()])
print("and there it is −log 4:", np.isclose(other.max(), -np.log(4)))
shown = lab.payoffs(answers)
print("the figure shows these sums:", np.allclose(shown["minimax"][2], minimax), end=" ")
print(np.allclose(shown["non_saturating"][2], other))

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_sum.reveal(
    "rises: G gains more than D loses",
    "D loses log(0.9/0.5) ≈ 0.59 nats, G gains log(0.5/0.1) ≈ 1.61.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **The article says** that a GAN is an unsupervised algorithm built on a zero-sum game. **Precisely:** the minimax version is zero-sum. The non-saturating one, which chapter 05 plays, is not: its two payoffs do not even add up to a constant. And *unsupervised* means that nobody has to label the digits. $D$ itself learns from labels, "real" and "forged", but these cost nothing: we know where each picture came from.
#
# Why would anyone give up the tidier game? You saw the reason near 0: there the same small step of $d$ is worth about $1/d$ times more to $G$ in the non-saturating game. This matters because $G$ cannot move $d$ itself. $D$ computes any number $a$, large for "real", and then $d=1/(1+e^{-a})$; a step of $a$ moves $d$ by $d\,(1-d)$ times as much, in both games. So for each step of $a$ the payoff of $G$ grows by

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
for a in (-6, -3, 0):
    below, above = (lab.payoffs(1 / (1 + np.exp(-a - step))) for step in (-0.001, 0.001))
    slopes = {game: (above[game][1] - below[game][1]) / 0.002 for game in above}
    print(f"d = {1 / (1 + np.exp(-a)):.3f}:", *(f"{game} {s:.3f}  " for game, s in slopes.items()))

# %% [markdown] slideshow={"slide_type": "fragment"}
# which is $d$ in the minimax game and $1-d$ in the other. A beginner, whose forgeries get $d\approx0$, would learn next to nothing in the minimax game. Chapter 04 takes that apart.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Is this computer ready?
#
# The last cell looks at what the course needs. If a line says TO DO, it also says what.

# %% slideshow={"slide_type": "fragment"}
lab.check_installation()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## In this chapter we saw
#
# - The forger is a network that turns random numbers into pictures; the detective is a network that says how likely a picture is to be real.
# - The forger learns through the detective alone. When it does well, the detective's score falls towards that of a coin.
# - The minimax game is zero-sum. The non-saturating game, which chapter 05 plays, is not.
#
# Next: [Turn noise into a sample](01_inverse_cdf.ipynb).
