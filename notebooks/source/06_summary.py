# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # See the whole game on one page
#
# [Open this chapter in Google Colab](https://colab.research.google.com/github/gan-edu/gan-edu/blob/main/notebooks/06_summary.ipynb)

# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true} tags=["remove-cell"]
if "google.colab" in str(get_ipython()):  # elsewhere this cell does nothing
    course = "pooch anywidget psygnal 'ipywidgets>=8.1.5' git+https://github.com/gan-edu/gan-edu"
    get_ipython().run_line_magic("pip", f"install -q --no-deps {course}")
    __import__("google.colab").colab.output.enable_custom_widget_manager()

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
from gan_edu import stage

stage.picture(
    "one_iteration.svg",
    "One round as a map: noise becomes forgeries through G; forgeries and real samples go to "
    "D; D's answers make the losses; gradients come back to D, and through D to G.",
)

# %% [markdown] slideshow={"slide_type": "-"}
# You have met all parts of a GAN. This chapter puts them on one page: one round with its real numbers, two neighbours of the GAN, and what is still open.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **What you'll do.** Walk through one round of a trained game, number by number; teach a forger in the way of reinforcement learning, and compare; fit one bell to two bumps in four ways; and read the article's summary once more.
#
# **What you'll learn.** Which gradient reaches which network; what a forger gains from the judge's slope; what each loss descends, beside likelihood; and where to read on.
#
# **What you need.** Chapters 2 to 4, and thirty minutes.

# %% [markdown] slideshow={"slide_type": "subslide"}
# | here | in code | the article | |
# |:--|:--|:--|:--|
# | $z$, $G(z)$ | `z`, `x_fake` | $x$, $y=G(x,\theta)$ | noise, and the forgery it becomes |
# | $\theta$, $\psi$ | `generator`, `discriminator` | $\theta$, $\Theta$ | the weights of $G$, and of $D$ |
# | $a$, $D=\sigma(a)$ | `logits_real`, `logits_fake` | $-D$ in (3) and (4); $D$ | the judge's output, large on real samples; the probability of real |
# | $L_D$, $L_G$ | `loss_d`, `loss_g` | $L_1$, $L_2$ | what $D$ minimises, what $G$ minimises |
# | $p$, $q$ | `p`, `q` | $P_{data}$, $P_G$ | the law of the real samples, and of the forgeries |
#
# All words of the course, in English and Chinese: the [glossary](glossary.ipynb).

# %% slideshow={"slide_type": "fragment"}
import numpy as np
import torch

from gan_edu import games, losses, settings, stage
from gan_edu.chapters.ch06_summary import scenes as lab
from gan_edu.divergences import js, kl
from gan_edu.recipes import line_match

settings.reset()  # PyTorch and NumPy as in a new kernel
torch.set_num_threads(1)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## One round, stop by stop
#
# Here is chapter 4's game again, from uniform noise to the bell, after a thousand rounds.

# %% slideshow={"slide_type": "fragment"}
match = line_match("normal")
for _ in range(1000):
    match.play_iteration()
game = match.game
generator, discriminator = game.generator, game.discriminator

# %% slideshow={"slide_type": "fragment"}
guess_pairs = stage.predict(
    "There are two losses and two networks, so four pairs. In how many pairs "
    "does the gradient of the loss reach the network?",
    ["two", "three", "four"],
)
guess_pairs

# %% [markdown] slideshow={"slide_type": "subslide"}
# A round has two losses, both means over a batch of $B$:
#
# $$L_D=\underbrace{-\frac1B\sum_i\log D(x_i)}_{L_{real}}\;\underbrace{-\frac1B\sum_i\log\bigl(1-D(G(z_i))\bigr)}_{L_{fake}}\tag{3}$$
#
# $$L_G=-\frac1B\sum_i\log D(G(z_i))\tag{4}$$

# %% slideshow={"slide_type": "fragment"}
x_real, z = game.pick(match.x, 128), game.noise(128)
x_fake = generator(z)
loss_d = losses.discriminator_loss(discriminator(x_real), discriminator(x_fake.detach()))
loss_g = losses.generator_non_saturating(discriminator(x_fake))

# %% slideshow={"slide_type": "subslide"}
def reaches(loss, network):
    weights = list(network.parameters())
    slopes = torch.autograd.grad(loss, weights, retain_graph=True, allow_unused=True)
    return any(slope is not None for slope in slopes)


# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
for name, loss in {"L_D": loss_d, "L_G": loss_g}.items():
    print(f"{name} reaches D: {reaches(loss, discriminator)}, G: {reaches(loss, generator)}")

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_pairs.reveal(
    "three",
    "Only L_D → G is cut, by detach. L_G passes through D, and G's optimiser moves G alone.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The next cell plays one more round, and keeps all that passes. Walk through it, with the arrow keys if you like. **At which stop is the gradient cut? Which stops of G's half, from 9 on, show a real sample? The forgeries of stop 5 are judged again at stop 9: why are the answers different?** Thick arrows are numbers on their way, dashed ones gradients. Below are all values of the tensor.

# %% slideshow={"slide_type": "subslide"}
seen = lab.one_iteration(game, match.x)

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.iteration_scene(seen),
    step=(1, len(lab.STOPS)),
    labels={"step": "stop"},
    alt="A map of one round with the present stop lit up, what happens there, and its numbers.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# At stop 4, by `detach`. No stop from 9 on shows a real sample. At stop 8 $D$ has moved, so it answers anew.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# At stop 11 stands all that $G$ is ever told: one number for each forgery, the judge's slope $a'$, weighted by how far the judge is from calling it real:
#
# $$\frac{\partial L_G}{\partial G(z_i)}=-\frac1B\bigl(1-D(G(z_i))\bigr)\,a'(G(z_i))\tag{6.1}$$

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
y = seen["generate"]["x_fake"].detach().requires_grad_()
a = discriminator(y)
(slope,) = torch.autograd.grad(a.sum(), y)
told = -(1 - a.sigmoid()) * slope / 128
print("the numbers of stop 11:", torch.allclose(told, seen["push_x"]["∂L_G/∂x_fake"]))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A GAN beside reinforcement learning

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
stage.picture(
    "gan_beside_rl.svg",
    "Two loops side by side. GAN: noise, G, forgery, D, and the slope of D's answer comes "
    "back to G. Reinforcement learning: policy, action, world, and only a number, the reward, "
    "comes back.",
)

# %% [markdown] slideshow={"slide_type": "-"}
# In reinforcement learning a *policy* acts, the world answers with a *reward*, and the policy changes so that the reward grows. Call the forger a policy, the forgery an action and $\log D$ the reward: it is the same loop. But the world rarely says how the reward would change if the action were a little different. The judge does: it is a network, and has a slope.

# %% slideshow={"slide_type": "subslide"}
guess_slope = stage.predict(
    "A forger with one knob θ sees the judge's answers only, never its slope. "
    "Can it find out which way to turn θ?",
    ["no", "yes, on average, but with more noise", "yes, as well as with the slope"],
)
guess_slope

# %% [markdown] slideshow={"slide_type": "subslide"}
# Take $G(z)=\theta+z$ with $z\sim N(0,1)$, so $q=N(\theta,1)$, and chapter 4's judge $D_\psi(x)=\sigma(\psi^2/2-\psi x)$. The slope of $L_G=-\mathbb E\log D_\psi(x)$ in $\theta$ is a mean in two ways. **Through the judge**, as a GAN does it:
#
# $$\frac{dL_G}{d\theta}=\mathbb E\Bigl[-\frac{d\log D_\psi(x)}{dx}\cdot\frac{dx}{d\theta}\Bigr]=\mathbb E\bigl[\psi\,(1-D_\psi(x))\bigr]\tag{6.2}$$
#
# **By the score**, as REINFORCE does it (Williams 1992), which needs no slope of $D$. Since $\frac d{d\theta}q_\theta=q_\theta\,\frac d{d\theta}\log q_\theta$, and the last slope is $x-\theta$ here,
#
# $$\frac{dL_G}{d\theta}=\mathbb E\Bigl[-\log D_\psi(x)\cdot\frac{d\log q_\theta(x)}{d\theta}\Bigr]=\mathbb E\bigl[-\log D_\psi(x)\,(x-\theta)\bigr]\tag{6.3}$$
#
# In words: $x-\theta$ was luck, and $\theta$ follows the luck that was rewarded.

# %% slideshow={"slide_type": "fragment"}
def discriminator(x, psi):
    return 1 / (1 + np.exp(-games.logit(x, psi)))


def pathwise(x, theta, psi):
    return psi * (1 - discriminator(x, psi))


def score_function(x, theta, psi):
    return -np.log(discriminator(x, psi)) * (x - theta)

# %% [markdown] slideshow={"slide_type": "subslide"}
# With a million samples, beside the exact slope. (`lab` has both under the same names.)

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
rng = np.random.default_rng(0)
for theta, psi in ((3, 3), (2, 2), (2, 1)):
    x = theta + rng.standard_normal(1_000_000)
    through, score = pathwise(x, theta, psi), score_function(x, theta, psi)
    exact = games.slope_non_saturating(theta, psi)
    right = np.allclose([through.mean(), score.mean()], exact, atol=0.05)
    print(f"θ = {theta}, ψ = {psi}: both right: {right}, ", end="")
    print("variance over 20 times as large:", score.var() > 20 * through.var())

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_slope.reveal(
    "yes, on average, but with more noise",
    "Both means are the same slope. But a reward for luck tells less than a slope.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Now both walk home. The judge is the best one before each step, $\psi=\theta$. The loop is the same for both; only `estimate` differs:

# %% slideshow={"slide_type": "fragment"}
def walk(estimate, rng, theta=3.0, batch=4, lr=0.1):
    path = [theta]
    for _ in range(200):
        x = theta + rng.standard_normal(batch)  # forge, or act
        theta = theta - lr * estimate(x, theta, psi=theta).mean()  # learn from the answer
        path.append(theta)
    return np.array(path)


# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
for estimate, packaged in ((pathwise, lab.pathwise), (score_function, lab.score_function)):
    path = walk(estimate, np.random.default_rng(1))
    same = lab.walks(packaged, np.random.default_rng(1), batch=4, count=1)[:, 0]
    print(f"{estimate.__name__:14}: the package walks the same way:", np.allclose(path, same))

# %% [markdown] slideshow={"slide_type": "fragment"}
# Left, one mark for each of 100 batches, and the exact slope. **How large must the batch be until the lower cloud is as narrow as the upper one is now? Right, which of the two never comes to rest? Then tick *baseline*: it subtracts the mean answer from each answer. What does it change?**

# %% slideshow={"slide_type": "subslide"}
stage.explore(
    lab.estimates_scene(),
    theta=(0.5, 3.0), batch=stage.log(1, 512), lr=(0.02, 0.2), baseline=False,
    labels={"theta": "θ at the start", "lr": "rate of G"},
    alt="Left: slopes from many batches, in two rows. Right: six walks of θ for each way.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The exact variances, and how far from 0 a hundred walks are in their last hundred steps:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
variances = [lab.variance(f, 3, 3) for f in (lab.pathwise, lab.score_function, lab.with_baseline)]
ratios = np.round(np.array(variances[1:]) / variances[0])
print(f"θ = 3, variance: {ratios[0]:.0f} times as large, with the baseline {ratios[1]:.0f} times")

# %% slideshow={"slide_type": "subslide"}
def unrest(estimate):
    paths = lab.walks(estimate, np.random.default_rng(2), batch=4, count=100)
    return np.sqrt(np.mean(paths[-100:] ** 2))


# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
through, score, calmed = map(unrest, (lab.pathwise, lab.score_function, lab.with_baseline))
print("by the score, more than ten times as far from 0:", score > 10 * through)
print("with the baseline, less than twice as far:", calmed < 2 * through)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# About a hundred times as large, the ratio in the title. The score never rests: even where $D=\frac12$ everywhere, it multiplies $\log 2$ by luck. The baseline takes that $\log2$ away. With one knob both get home. But an image has hundreds of pixels: the judge gives one slope for each, the reward one number for all.
#
# </details>
#
# In return (6.3) needs no slope of the reward: it works for words and chess moves. But it needs $q_\theta(x)$, which most forgers cannot tell.

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **The article says** that GAN and reinforcement learning are both unsupervised; that one needs samples, the other perhaps only rules, as AlphaZero does. **Precisely:** reinforcement learning is mostly counted as a third kind, beside supervised and unsupervised: it learns from rewards. AlphaZero needs the rules *and* the outcomes of its games against itself. A GAN needs real samples and no labels: "real" and "forged" come for free. Its judge is a *learned* reward, and its slope reaches the forger.
#
# *Read:* R. Sutton, A. Barto, *Reinforcement Learning: An Introduction*, 2018; D. Pfau, O. Vinyals, *Connecting Generative Adversarial Networks and Actor-Critic Methods*, 2016; J. Ho, S. Ermon, *Generative Adversarial Imitation Learning*, 2016.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A GAN beside likelihood
#
# The other neighbour knows its $q(x)$, and makes the real samples as likely as it can. $\mathbb E_{x\sim p}\log q(x)$ is highest where
#
# $$\mathrm{KL}(p\Vert q)=\mathbb E_{x\sim p}\log p(x)-\mathbb E_{x\sim p}\log q(x)\tag{6.4}$$
#
# is lowest, since the first term does not depend on $q$. A forger descends something else. At the best judge $D^*=p/(p+q)$, held fixed for a step,
#
# $$\mathbb E_q\log(1-D^*)\ \text{ descends }\ 2\,\mathrm{JS}(p,q),\qquad-\mathbb E_q\log D^*\ \text{ descends }\ \mathrm{KL}(q\Vert p)-2\,\mathrm{JS}(p,q)\tag{6.5}$$
#
# Chapter 4 checked this for one knob. Here $q=N(m,s^2)$, and $p$ has two bumps, so this $q$ can never be $p$.

# %% slideshow={"slide_type": "fragment"}
p, q = lab.bumps(1.5), lab.bell(0.7, 0.9)  # probabilities on a fine grid
log_d, log_1_d = np.log(p / (p + q)), np.log(q / (p + q))  # the best judge against this q

# %% slideshow={"slide_type": "subslide"}
def slopes(loss, m=0.7, s=0.9, h=1e-4):
    in_m = loss(lab.bell(m + h, s)) - loss(lab.bell(m - h, s))
    in_s = loss(lab.bell(m, s + h)) - loss(lab.bell(m, s - h))
    return np.array([in_m, in_s]) / (2 * h)


# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
minimax, two_js = slopes(lambda q: q @ log_1_d), slopes(lambda q: 2 * js(p, q))
other, hill = slopes(lambda q: -q @ log_d), slopes(lambda q: kl(q, p) - 2 * js(p, q))
print("minimax descends 2 JS:", np.allclose(minimax, two_js))
print("non-saturating descends KL(q‖p) − 2 JS:", np.allclose(other, hill))
print("which is 2 KL(½(p+q)‖p):", np.isclose(kl(q, p) - 2 * js(p, q), 2 * kl((p + q) / 2, p)))

# %% slideshow={"slide_type": "fragment"}
guess_bell = stage.predict(
    "Real samples lie in two bumps, at −2 and 2. You may use one bell. "
    "Where does maximum likelihood put it?",
    ["on one of the bumps", "across both", "narrow, in the middle"],
)
guess_bell

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Take each of the four in turn, and bring your bell (orange) to its lowest value by hand. For which is it on one bump? Then set the bumps to ±1: what has changed? And to ±2.5: which one has changed sides?** *Show the best bell* draws it, and right the lowest value for each mean $m$.

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.fits_scene(),
    hill=list(lab.HILLS), apart=list(lab.APART), m=(-3.0, 3.0), s=(0.4, 2.8), exact=False,
    labels={
        "hill": "minimise", "apart": "bumps at ±", "m": "m, your mean", "s": "s, your spread",
        "exact": "show the best bell",
    },
    alt="Two bumps and your bell, and the value to minimise over the bell's mean.",
)

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output", "hide-cell"]
for hill in lab.HILLS:
    fits = {apart: lab.best_fit(hill, apart) for apart in lab.APART}
    sides = [f"±{apart}: {'both' if m == 0 else 'one '}" for apart, (m, s) in fits.items()]
    print(f"{hill:15}", "   ".join(sides))

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_bell.reveal(
    "across both",
    "A real sample where q is almost 0 would cost −log q, so q must be wide enough for all.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# Likelihood covers both bumps, always, and puts much of $q$ between them, where little or nothing is real. $\mathrm{KL}(q\Vert p)$ pays for every forgery in such a place, and sits on one bump once they are far enough apart. So does the non-saturating hill, which is never below 0; $2\,\mathrm{JS}$ changes sides later.
#
# </details>
#
# Likelihood's bell has the mean and the spread of $p$:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
for apart in lab.APART:
    p = lab.bumps(apart)
    mean, spread = p @ lab.X, np.sqrt(p @ lab.X**2 - (p @ lab.X) ** 2)
    found = np.allclose(lab.best_fit("KL(p‖q)", apart), (mean, spread), atol=0.03)
    print(f"±{apart}: m is the mean, s the standard deviation: {found}")

# %% [markdown] slideshow={"slide_type": "fragment"}
# This alone does not explain mode collapse: all four are lowest at $q=p$, if $G$ can make it, and in a real game $D$ is not the best one.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The article's summary, in five points
#
# | | the point | precisely | chapter |
# |:--|:--|:--|:--|
# | 1 | real samples come from a law | the data are finitely many draws from it, and two such heaps differ though their law is one | [2](02_histogram_js.ipynb) |
# | 2 | a GAN learns that law | from samples alone: without labels, without rules, without a formula for $p$ or $q$ | [0](00_forger_and_detective.ipynb), above |
# | 3 | $G$ turns noise into forgeries | many maps would do; a network is a continuous one | [1](01_inverse_cdf.ipynb) |
# | 4 | forgeries and real samples train $D$, by (3) | with log losses, or on a leash: the bare (3) has no minimum | [3](03_neural_distance.ipynb) |
# | 5 | $D$ is fixed while (4) trains $G$ | fixed, not cut off: the gradient passes through $D$; and both take turns, so what counts is who moves how far | [4](04_adversarial_game.ipynb), [5](05_mnist_gan.ipynb) |

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What the article leaves open
#
# - **Mode collapse.** A forger may draw a few kinds of sample only, and jump to others when the judge has learned these. One cure lets $G$ look some steps of $D$ ahead. *Read:* L. Metz, B. Poole, D. Pfau, J. Sohl-Dickstein, *Unrolled Generative Adversarial Networks*, 2017.
# - **Stability.** Gradient steps in turn may circle for ever, even in the smallest GAN. A fine on $D$'s slope at the real samples lets them come to rest, if they start near enough. *Read:* L. Mescheder, A. Geiger, S. Nowozin, *Which Training Methods for GANs do actually Converge?*, 2018.
# - **WGAN-GP.** A critic needs a leash, and bounds on its weights are a poor one. Here its slope is drawn to 1 between real and forged samples; chapter 3 has the one-sided kind. *Read:* I. Gulrajani, F. Ahmed, M. Arjovsky, V. Dumoulin, A. Courville, *Improved Training of Wasserstein GANs*, 2017.
# - **Conditional GANs.** Our forger draws some digit, and nobody can order a 7. Give the class to both players as one more input. *Read:* M. Mirza, S. Osindero, *Conditional Generative Adversarial Nets*, 2014.
# - **Evaluation.** Samples that look good, and samples that cover all of the data, are not the same, and likelihood may see neither. So a number fits one purpose, as chapter 5 showed for the Parzen window. *Read:* L. Theis, A. van den Oord, M. Bethge, *A note on the evaluation of generative models*, 2016.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# As before: `check` says at once whether an answer is right and what to think about if not; `hint("6.1")`, `solution("6.1")` and `progress()` help. Together the exercises take about seventy minutes. The last one is a test over all chapters.

# %% slideshow={"slide_type": "fragment"}
from gan_edu.exercises import check, hint, progress, solution

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 6.1 · The scissors in the other place
#
# *Predict, 4 minutes.* Somebody takes `detach` out of the line of `loss_d` and puts it into the line of `loss_g`. Both optimisers own their own network, and both `zero_grad` are there. What happens in training: `"an error"`, `"G learns to be caught"` or `"G stands still"`?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None
check("6.1", answer)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 6.2 · A forger of words
#
# *Code, 12 minutes.* This forger does not move a point: it chooses one of $n$ words, with the probabilities $\pi_j=e^{\theta_j}/\sum_ie^{\theta_i}$. Between two words there is nothing for a slope of $D$ to point at, so (6.2) is of no use. Estimate the slope of the mean *reward* in each of the $n$ numbers `theta`, from the numbers of the `words` that were drawn, $N$ of them, and the reward that each of them got.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def slope_of_reward(theta, words, rewards):
    ...  # arrays of shape (n,), (N,), (N,); return one of shape (n,)


check("6.2", slope_of_reward)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 6.3 · A value without a top
#
# *Code, 10 minutes.* If the non-saturating loss replaced $D$'s part of $V$ too, as the article writes, the judge would maximise $\mathbb E_{x\sim p}\log D(x)+\mathbb E_{x\sim q}[-\log D(x)]$. Take $p=N(0,1)$ and $q=N(1,1)$, and show that this has no maximum: for any `height` given, return the logit $a(x)$, at a number `x`, of a judge whose value lies above that height.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def beyond(x, height):
    ...


check("6.3", beyond)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 6.4 · Three bugs in one game
#
# *Debug, 15 minutes.* A whole GAN, non-saturating, with plain gradient steps. It runs without an error, and three things are wrong. Mend them one by one: `check` lets your game play two rounds between tiny networks, looks where both stand, and says what is right already. Keep the rate 0.1, and judge the same forgeries in both steps.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def train(generator, discriminator, batches):
    opt_d = torch.optim.SGD(discriminator.parameters(), lr=0.1)
    opt_g = torch.optim.SGD(discriminator.parameters(), lr=0.1)
    for x_real, z in batches:
        x_fake = generator(z)
        loss_d = losses.discriminator_loss(discriminator(x_fake.detach()), discriminator(x_real))
        loss_d.backward()
        opt_d.step()
        loss_g = losses.generator_non_saturating(discriminator(x_fake))
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()


check("6.4", train)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 6.5 · Come home from a game that turns
#
# *Open, 15 minutes.* Two players turn around a middle that nobody tells you. `field(point)` gives the direction in which both want to go from `point`, an array $(\theta,\psi)$, as in chapter 4. You may ask it 200 times. Come within a hundredth of the first distance from the middle, by any method, and return the last point.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def come_home(field, point):
    ...


check("6.5", come_home)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 6.6 · Ten questions over all chapters
#
# *Self test, 15 minutes.* One letter each.
#
# 1. Which game is zero-sum? (a) non-saturating (b) minimax (c) both
# 2. Which maps turn uniform noise into the bell? (a) $\Phi^{-1}$ alone (b) any increasing map (c) $\Phi^{-1}$, and many that fall or jump
# 3. Two laws have nothing in common. Symmetrised KL and JS are … (a) ∞ and $\ln2$ (b) $\ln2$ and ∞ (c) both ∞
# 4. Why do $2^{784}$ bins fail? (a) counting takes too long (b) each sample sits alone in its bin, whatever the laws (c) a computer cannot store them
# 5. A judge with any weights is trained on (3), without logs and without a leash. Its loss … (a) comes to $-W_1$ (b) comes to $\log4$ (c) falls without end

# %% [markdown] slideshow={"slide_type": "subslide"}
# 6. Minimax is the mean of $-f(a)$ and non-saturating that of $f(-a)$, with $f$ = softplus. With $f(a)=a$ the two are … (a) the same (b) opposite (c) fast and slow
# 7. Four steps of the judge for each of the forger, or a rate four times as large? (a) about the same (b) only the steps help (c) only the rate helps
# 8. D's loss has been near $\log4$ for a thousand rounds. (a) The forger is good. (b) The judge is blind. (c) Neither follows: look at how it ranks, and at the samples.
# 9. `detach` is missing in D's step, and G forges anew for its own. Each optimiser owns its network, both `zero_grad` are there. (a) G learns to be caught. (b) Nothing but time is lost. (c) D does not move.
# 10. What does a forger have that an agent with a reward has not? (a) labels (b) the slope of its judge (c) the real samples

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None  # ten letters, like "abcabcabca"
check("6.6", answer)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## In this chapter we saw
#
# - One round: $L_D$ reaches $D$ alone, $L_G$ reaches $G$ through $D$.
# - The judge is a learned reward with a slope, and the slope saves a lot of noise.
# - Likelihood covers all of the data; what a forger descends may prefer one part.
#
# **Next:** [chapter 7](07_playground.ipynb), where you may change everything.
