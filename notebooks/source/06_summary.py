# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # See a whole GAN on one page
#
# [Open this chapter in Google Colab](https://colab.research.google.com/github/gan-edu/gan-edu/blob/main/notebooks/06_summary.ipynb)

# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true} tags=["remove-cell"]
if "google.colab" in str(get_ipython()):  # elsewhere this cell does nothing
    need = "pooch anywidget psygnal comm 'ipywidgets>=8.1.5' git+https://github.com/gan-edu/gan-edu"
    get_ipython().run_line_magic("pip", f"install -q --no-deps {need}")
    __import__("google.colab").colab.output.enable_custom_widget_manager()

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
# Warm-up: three questions from earlier chapters, one minute
from gan_edu import practice

practice.warm_up(6, needs=4)

# %% [markdown] slideshow={"slide_type": "-"}
# Run the next two cells: they show one iteration of a GAN in thirteen stops. Go from stop to stop with the slider or the arrow keys.
#
# Thick arrows are numbers on their way forward, dashed arrows are gradients on their way back. The axis below the map shows all values at the stop, the text beside it the first few. ($\psi$ are $D$'s parameters, $\theta$ are $G$'s. A *logit* is $D$'s output before the sigmoid.)
#
# 1. **At which stop is the gradient cut?**
# 2. **$G$ learns from stop 9 on. Is the arrow from `x_real` thick at any of these stops?**
# 3. **$D$ learns at stop 8 to give generated samples lower logits. Stop 9 shows these logits before and after. Do all of them fall?**

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
import torch

from gan_edu import settings, stage
from gan_edu.chapters.ch06_summary import scenes as lab
from gan_edu.recipes import line_match

settings.reset()  # PyTorch and NumPy as in a new kernel
torch.set_num_threads(1)  # networks this small only lose time between threads

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
match = line_match("normal")  # chapter 4's game on a line
for _ in range(200):
    match.play_iteration()
game = match.game
seen = lab.one_iteration(game, match.x)

stage.explore(
    lab.iteration_scene(seen),
    step=(1, len(lab.STOPS)),
    labels={"step": "stop"},
    alt="A map of one iteration: the current stop is lit, with what happens there, and its values.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# 1. At stop 4, by `detach`.
# 2. No. $G$ never sees a real sample; all it learns about them comes through $D$.
# 3. No. $D$'s update lowers the mean loss of the batch, but not each single logit.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
before, after = seen["again"].values()
print(f"logits that fall: {(after < before).sum()} of {len(after)}")
assert len(after) > (after < before).sum() > len(after) / 2

# %% [markdown] slideshow={"slide_type": "subslide"}
# If you can say which number goes where, and where each gradient stops, you are ready to read a GAN's training loop.
#
# **What you'll do.** Walk through one iteration of a GAN, take $D$'s gradient away from $G$, and fit one Gaussian to two modes with four objectives.
#
# **What you'll learn.** Which gradient reaches which network, and how a GAN differs from reinforcement learning and from maximum likelihood.
#
# **What you need.** Chapters 2 to 4 and 30 minutes; 45 more for the sections marked *Further*, and 70 for the exercises. All [corrections to the Chinese article](#Further:-The-article,-corrected) that this course follows are at the end.

# %% slideshow={"slide_type": "fragment"}
import numpy as np

from gan_edu import games, losses
from gan_edu.divergences import js, kl

generator, discriminator = game.generator, game.discriminator

# %% [markdown] slideshow={"slide_type": "slide"}
# ## One iteration, step by step
#
# An iteration has two losses, both means over a batch of $B$ samples. $D$'s loss is small if $D$ tells real samples from generated ones:
#
# $$L_D=\underbrace{-\frac1B\sum_i\log D(x_i)}_{L_{real}}\;\underbrace{-\frac1B\sum_i\log\bigl(1-D(G(z_i))\bigr)}_{L_{fake}}\tag{6.1}$$
#
# $G$'s loss is small if $D$ takes generated samples for real:
#
# $$L_G=-\frac1B\sum_i\log D(G(z_i))\tag{6.2}$$

# %% slideshow={"slide_type": "fragment"}
x_real, z = game.pick(match.x, 128), game.noise(128)
x_fake = generator(z)
loss_d = losses.discriminator_loss(discriminator(x_real), discriminator(x_fake.detach()))
loss_g = losses.generator_non_saturating(discriminator(x_fake))

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
guess_pairs = stage.predict(
    "L_D → D, L_D → G, L_G → D, L_G → G: in how many of these four pairs does the loss's gradient "
    "reach the network? Count it even if no optimiser uses it.",
    ["two", "three", "four"],
)
guess_pairs

# %% [markdown] slideshow={"slide_type": "subslide"}
# The next cells compute how large the gradient of each loss is in each network's parameters:

# %% slideshow={"slide_type": "fragment"}
def gradient_norm(loss, network):
    gradients = torch.autograd.grad(
        loss, list(network.parameters()), retain_graph=True, materialize_grads=True
    )  # what no gradient reaches gets 0
    return torch.cat([gradient.flatten() for gradient in gradients]).norm().item()


# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
print("      D        G   length of the gradient")
for name, loss in {"of L_D": loss_d, "of L_G": loss_g}.items():
    norms = [gradient_norm(loss, network) for network in (discriminator, generator)]
    print(f"{norms[0]:7.3f} {norms[1]:8.3f}   {name}")

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_pairs.reveal(
    "three",
    "Only L_D → G is cut, by detach. L_G reaches G through D, and leaves a gradient in D on the "
    "way. However large, that one is never used: zero_grad clears it before D's next step.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Stop 11 shows everything that $G$ is told: for each generated sample, how $L_G$ would change if the sample moved. This number has two factors. The slope $a'$ of $D$'s logit at the sample says in which direction $D$ finds it more real. And $1-D$ says how much that matters: little, if $D$ takes the sample for real already.
#
# $$\frac{\partial L_G}{\partial G(z_i)}=-\frac1B\bigl(1-D(G(z_i))\bigr)\,a'(G(z_i))\tag{6.3}$$
#
# ($L_G$ is a mean, hence $\frac1B$. The rest is the chain rule: $-\log\sigma(a)$ has the derivative $-(1-\sigma(a))$ in $a$.) Here is (6.3) beside stop 11, for five samples:

# %% slideshow={"slide_type": "fragment"}
x = seen["generate"]["x_fake"].detach().requires_grad_()
a = discriminator(x)
(slope,) = torch.autograd.grad(a.sum(), x)
by_formula = -(1 - a.sigmoid()) * slope / 128
print("by (6.3):", *[f"{value:9.5f}" for value in by_formula[:5, 0].tolist()])
print("stop 11: ", *[f"{value:9.5f}" for value in seen["grad_x"]["∂L_G/∂x_fake"][:5, 0].tolist()])

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A GAN beside reinforcement learning
#
# In reinforcement learning (RL) a *policy* chooses an action. The environment answers with a number, the *reward*, and the policy changes so that the reward grows. A GAN is similar: $G$ is the policy, a generated sample is the action, and $\log D$ is the reward.
#
# Both sides of the picture have the same five values (orange marks): as $G$'s samples, and as the policy's actions.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.picture(
    "gan_beside_rl.svg",
    "Two loops side by side. GAN: G generates samples, D answers, and a gradient for each sample "
    "comes back to G. Reinforcement learning: a policy chooses actions, and one number for each "
    "action, the reward, comes back.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Two things differ:
#
# - **$D$ is learned.** In RL the environment fixes the reward: in the picture an action wins (dot) or loses (cross). $D$ is trained together with $G$, from real samples.
# - **$D$ has a gradient.** An environment rarely tells which reward a slightly different action would get. $D$'s gradient does (arrows). For an image, it has one number per pixel.
#
# What is this gradient worth to $G$? To find out, we take it away.

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
guess_slope = stage.predict(
    "A generator with one parameter θ is told D's output for each sample, but not its gradient. "
    "Can it find out in which direction to change θ?",
    ["no", "yes, on average, but with more noise", "yes, as well as with the gradient"],
)
guess_slope

# %% [markdown] slideshow={"slide_type": "subslide"}
# Take the simplest generator, $G(z)=\theta+z$: its samples lie around $\theta$. Here $\theta=2$, and real samples lie around 0, so $\theta$ has to fall. In the next picture each generated sample pushes $\theta$ to one side:
#
# - **Upper row: through $D$.** A sample is told the slope of $\log D$. It pushes $\theta$ to where $\log D$ is higher, and harder if the slope is steep.
# - **Lower row: from rewards, as in RL.** A sample is told only its reward, $\log D$. The higher the reward, the more probable such samples should become, so the more $\theta$ should move towards them: each pushes by reward times $x-\theta$ ([*Further*](#Further:-A-gradient-from-rewards-alone) derives it). But rewards are negative here, so every sample pushes $\theta$ away from itself, a bad one harder than a good one (a *baseline* mends that in *Further*).

# %% [markdown] slideshow={"slide_type": "subslide"}
# At the left, arrows show how the samples of one batch push $\theta$ (eight of them at most). At the right each mark is the mean push of one batch, for 100 batches; the ring marks the batch that you see at the left, the dotted line the exact mean. The grey band always shows where 95 % of the *upper* marks lie if batches have 8 samples.
#
# 1. **Change *batch shown*. Where do the arrows point in each row?**
# 2. **Raise *samples in a batch* until 95 of the 100 lower marks lie in the grey band. How many samples does it take?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
from gan_edu.chapters.ch06_summary.rewards import SIZES, signals_scene

stage.explore(
    signals_scene(),
    shown=(1, 100), batch=list(SIZES),
    labels={"shown": "batch shown", "batch": "samples in a batch"},
    alt="Samples with arrows at the left, 100 mean pushes at the right: above through D, below "
    "from rewards.",
)  # fmt: skip

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
guess_slope.reveal(
    "yes, on average, but with more noise",
    "In both rows the marks lie around the same mean, but in the lower row they scatter far more.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# 1. Through $D$ all arrows point to the left, to the real samples. From rewards they point both ways: samples left of $\theta$ push it to the right, samples right of it to the left. But those at the right have worse rewards and push harder, so on average $\theta$ falls, as in the upper row.
# 2. 300 to 400 instead of 8: for a variance that is 49 times as large a batch has to be about 49 times as large. And this $G$ has one parameter: for an image, $D$ gives one number per pixel, but a reward is one number for all of them.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A GAN beside maximum likelihood
#
# A generator makes samples, but it cannot say how probable they are. Some other models can: they compute their density $q(x)$. These are trained by *maximum likelihood*: change $q$ until the real samples are as probable as possible.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
guess_fit = stage.predict(
    "The real samples have two modes, at −2 and 2. You fit a single Gaussian q to them. "
    "Draw the density of the q that maximum likelihood finds.",
    stage.sketch(
        x=(-5, 5), y=(0, 0.6), labels=("x", "density of q"),
        behind=stage.densities(lambda x: np.interp(x, lab.X, lab.two_modes(2.0) / lab.STEP)),
    ),
)  # fmt: skip
guess_fit

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
guess_fit.reveal(
    (lab.X, lab.gaussian(0, np.sqrt(4 + lab.WIDTH_OF_MODE**2)) / lab.STEP),
    "Where q is almost 0, real samples would be very improbable. So q must be wide enough for both "
    "modes, and a wide q is low.",
    stage.Part(
        over=(-3, -1), right="right about the left mode",
        above="at the left mode q is lower",
        below="the left mode is covered as well",
    ),
    stage.Part(
        over=(-0.7, 0.7), right="right between the modes",
        above="between the modes q is lower",
        below="between the modes q is highest, where nothing is real",
    ),
    stage.Part(
        over=(1, 3), right="right about the right mode",
        above="at the right mode q is lower",
        below="the right mode is covered as well",
    ),
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "subslide"}
# Why? Maximum likelihood makes the mean of $\log q(x)$ over all real samples as large as possible. Where $q$ is almost 0, $\log q$ is far below 0, and a few real samples there spoil the mean.
#
# If $p$ is the density of the real samples, the same $q$ has the lowest $\mathrm{KL}(p\Vert q)$ of chapter 2, because the first of its two means does not depend on $q$:
#
# $$\mathrm{KL}(p\Vert q)=\mathbb E_{x\sim p}\log p(x)-\mathbb E_{x\sim p}\log q(x)\tag{6.4}$$
#
# A generator has another aim. If $D$ is always optimal:
#
# | who | minimises |
# |:--|:--|
# | maximum likelihood | $\mathrm{KL}(p\Vert q)$ |
# | $G$ with the minimax loss | $2\,\mathrm{JS}(p,q)$, by chapter 3 |
# | $G$ with the non-saturating loss | $\mathrm{KL}(q\Vert p)-2\,\mathrm{JS}(p,q)$, [derived below](#Further:-What-a-generator-minimises) |
#
# The third is $2\,\mathrm{KL}(m\Vert p)$ with $m=\frac12(p+q)$: never negative, and 0 only for $q=p$. So all three are lowest if $q=p$. But one Gaussian cannot have two modes. Which $q$ is best then?

# %% [markdown] slideshow={"slide_type": "subslide"}
# The orange curve is your $q$: drag it, and set its standard deviation $s$. At the right, the dot is the value for your $q$ (a triangle, if it is too high for the picture). The dashed curve shows the value for other means $\mu$ with your $s$, as far as the picture reaches. The menu *minimise* has $\mathrm{KL}(q\Vert p)$ too, a mean over generated samples in the place of real ones.
#
# **Choose $\mathrm{KL}(q\Vert p)$ and find its lowest value: move the mean, then $s$, then both again. Does your $q$ lie on both modes now, or on one?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    lab.fits_scene(),
    objective=list(lab.OBJECTIVES), apart=list(lab.APART), mu=(-3.0, 3.0), s=(0.4, 2.8),
    labels={
        "objective": "minimise", "apart": "modes at ±", "mu": "mean μ of q",
        "s": "standard deviation s",
    },
    alt="Left: a density p with two modes and your Gaussian q. Right: the objective over the mean.",
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# On one. $\mathrm{KL}(q\Vert p)$ is high if $q$ generates what is not real, and between the modes hardly anything is real. On the other mode $q$ is as good.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# Here is the best $q$ for each of the four entries of the menu. Where it lies on one mode, the grey curve on the other is as good.
#
# **Move *modes at ±* up. Which of the four go from both modes to one, and which first?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    lab.best_fits_scene(),
    apart=list(lab.APART),
    labels={"apart": "modes at ±"},
    alt="Four panels, one for each objective: p with two modes, and the Gaussian q that is best.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# All but $\mathrm{KL}(p\Vert q)$. The non-saturating loss, $\mathrm{KL}(q\Vert p)-2\,\mathrm{JS}$, is first, then comes $\mathrm{KL}(q\Vert p)$, and the minimax loss, $2\,\mathrm{JS}$, is last.
#
# </details>
#
# This is not yet mode collapse: one Gaussian is too simple for two modes. Mode collapse happens to a $G$ that could make both. You saw it in chapter 4, where $D$ ran far ahead and all samples stayed on one mode.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## In this chapter we saw
#
# - In one iteration $L_D$ trains $D$ alone, and $L_G$ reaches $G$ through $D$.
# - Both losses change when either network does, so they say little about the samples: $L_D$ is near $\log4$ if $D$ answers ½ to everything, but also if it answers 0.51 to real and 0.49 to generated samples, and so tells them all apart (chapter 4).
# - $D$ is a learned reward with a gradient. From rewards alone $G$ can learn too, but with far more noise.
# - Maximum likelihood covers all of the data; a generator's loss may prefer one part of it.
#
# **Next:** [chapter 7](07_playground.ipynb), where you may change everything.
#
# Here the core ends. *Further* sections and exercises come below; both can wait.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
# Which predictions of this chapter surprised you?
stage.surprises()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: What a generator minimises
#
# What does $G$ minimise if $D$ is optimal before each of its steps? In words: one step of $G$, down its loss with $D$ held fixed, is a step down a divergence between $p$ and $q$.
#
# Let $D^*=p/(p+q)$ be the optimal discriminator for the current $q$, and $\bar D$ the same function, held fixed while $q$ changes. $\nabla$ is the gradient in the parameters of $q$. Then for the minimax loss (first line) and the non-saturating loss (second line)
#
# $$\begin{aligned}\nabla\,\mathbb E_q\log(1-\bar D)&=\nabla\,2\,\mathrm{JS}(p,q),\\-\nabla\,\mathbb E_q\log\bar D&=\nabla\bigl(\mathrm{KL}(q\Vert p)-2\,\mathrm{JS}(p,q)\bigr).\end{aligned}\tag{6.5}$$
#
# **The first line.** By chapter 3, $2\,\mathrm{JS}=V(D^*)+\log4$. When $q$ changes, $V(D^*)$ changes in two ways: through the samples of $q$, and because $D^*$ moves. The second part is 0: $D^*$ is at the maximum of $V$, and there $V$ is flat in $D$. What remains is the left side.
#
# **The second line.** From $\bar D/(1-\bar D)=p/q$ it follows that $-\log\bar D=\log\frac qp-\log(1-\bar D)$. The mean of $\log\frac qp$ under $q$ has the gradient of $\mathrm{KL}(q\Vert p)$, and the rest is minus the first line.
#
# **Its right side is lowest at $q=p$.** With $m=\frac12(p+q)$, the terms $q\log\frac qp-p\log\frac pm-q\log\frac qm$ of $\mathrm{KL}(q\Vert p)-2\,\mathrm{JS}$ add up to $(p+q)\log\frac mp$. So it is $2\,\mathrm{KL}(m\Vert p)$, and a KL is never negative.
#
# The next cells check both lines for $q=N(\mu,s^2)$, which has two parameters, and a $p$ with two modes.

# %% slideshow={"slide_type": "subslide"}
p, q = lab.two_modes(2.0), lab.gaussian(0.7, 0.9)  # probabilities on a fine grid
log_d, log_1_d = np.log(p / (p + q)), np.log(q / (p + q))  # D* for this q, held fixed

# %% slideshow={"slide_type": "subslide"}
def gradient(loss, mu=0.7, s=0.9, h=1e-4):
    in_mu = loss(lab.gaussian(mu + h, s)) - loss(lab.gaussian(mu - h, s))
    in_s = loss(lab.gaussian(mu, s + h)) - loss(lab.gaussian(mu, s - h))
    return np.array([in_mu, in_s]) / (2 * h)


# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
print("        μ         s   gradient of")
for name, loss in {
    "E_q log(1 − D)": lambda q: q @ log_1_d,
    "2 JS": lambda q: 2 * js(p, q),
    "−E_q log D": lambda q: -q @ log_d,
    "KL(q‖p) − 2 JS": lambda q: kl(q, p) - 2 * js(p, q),
}.items():
    print(*[f"{value:9.4f}" for value in gradient(loss)], " ", name)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: A gradient from rewards alone
#
# [Beside reinforcement learning](#A-GAN-beside-reinforcement-learning), $G$ learned through $D$ and from rewards. The arrows of both rows estimate the same derivative, that of $L_G=-\mathbb E_q\log D_\psi(x)$ in $\theta$, and point against it. Here $G(z)=\theta+z$ with $z\sim N(0,1)$, so $q=N(\theta,1)$, and $D_\psi(x)=\sigma(\psi^2/2-\psi x)$ is chapter 4's discriminator.
#
# **Through the discriminator.** Increase $\theta$ a little, and each sample $x=\theta+z$ moves by as much: $\frac{dx}{d\theta}=1$. Its loss then changes by its slope:
#
# $$\frac{dL_G}{d\theta}=\mathbb E\Bigl[-\frac{d\log D_\psi(x)}{dx}\cdot\frac{dx}{d\theta}\Bigr]=\mathbb E\bigl[\psi\,(1-D_\psi(x))\bigr]\tag{6.6}$$

# %% [markdown] slideshow={"slide_type": "subslide"}
# **From rewards alone** (REINFORCE, Williams 1992). Now let each sample stay where it is, and ask how much more probable it gets when $\theta$ grows. The answer is $\frac{d\log q_\theta(x)}{d\theta}=x-\theta$, called the *score function*: samples right of $\theta$ get more probable, those left of it less. Multiply this by the loss of the sample:
#
# $$\frac{dL_G}{d\theta}=\mathbb E\Bigl[-\log D_\psi(x)\cdot\frac{d\log q_\theta(x)}{d\theta}\Bigr]=\mathbb E\bigl[-\log D_\psi(x)\,(x-\theta)\bigr]\tag{6.7}$$
#
# (Why: $L_G=-\int q_\theta(x)\log D_\psi(x)\,dx$, where only $q_\theta$ depends on $\theta$, and $\frac d{d\theta}q_\theta=q_\theta\,\frac d{d\theta}\log q_\theta$.)

# %% slideshow={"slide_type": "fragment"}
def probability_real(x, psi):
    return 1 / (1 + np.exp(-games.logit(x, psi)))


def pathwise(x, theta, psi):
    return psi * (1 - probability_real(x, psi))


def score_function(x, theta, psi):
    return -np.log(probability_real(x, psi)) * (x - theta)


# %% [markdown] slideshow={"slide_type": "subslide"}
# The next cell takes the mean of both over a million samples, and the variance of one sample's estimate:

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
rng = np.random.default_rng(0)
for theta, psi in ((3, 3), (2, 2), (2, 1)):
    x = theta + rng.standard_normal(1_000_000)
    through_d, rewards = pathwise(x, theta, psi), score_function(x, theta, psi)
    print(f"θ = {theta}, ψ = {psi}: exact gradient {games.slope_non_saturating(theta, psi):.2f}")
    print(f"    through D:    mean {through_d.mean():.2f}, variance {through_d.var():.2f}")
    print(f"    from rewards: mean {rewards.mean():.2f}, variance {rewards.var():.2f}")

# %% [markdown] slideshow={"slide_type": "fragment"}
# All rewards are negative here, so even the best samples push $\theta$ away. It helps to ask instead whether a sample is better or worse than the others: subtract the mean reward, a *baseline*, from each reward. The mean of (6.7) stays the same, because the score function has the mean 0.
#
# 1. **Tick *baseline*. Which samples pull $\theta$ towards themselves now?**
# 2. **How large must the batches be now, until 95 of the lower marks lie in the grey band?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.explore(
    signals_scene(),
    shown=(1, 100), batch=list(SIZES), baseline=False,
    labels={"shown": "batch shown", "batch": "samples in a batch"},
    alt="Samples with arrows at the left, 100 mean pushes at the right: above through D, below "
    "from rewards, with or without a baseline.",
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# 1. Those with a reward above the mean; the others push it away. So most arrows point to the left.
# 2. Not half as large: 150 samples are enough.
#
# </details>
#
# In return, (6.7) works without a gradient of the reward: for words, and for moves in chess. But it needs the density $q_\theta(x)$, which most generators cannot compute.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: The article's summary in five points
#
# The Chinese article that this course follows ends with five points. (Its equations are (1) to (4).)
#
# | | the article | to be precise | chapter |
# |:--|:--|:--|:--|
# | 1 | Real samples are drawn from a distribution. | We have only finitely many, and a second draw from the same distribution gives different ones. | [02](02_histogram_js.ipynb) |
# | 2 | A GAN learns that distribution. | It learns from samples alone, without labels or a formula for $p$. | [00](00_forger_and_detective.ipynb) |
# | 3 | $G$ turns noise into generated samples. | Many maps would do; a network gives a continuous one. | [01](01_inverse_cdf.ipynb) |
# | 4 | Generated and real samples train $D$, by (3). | The article's (3) has no logarithm, and without a Lipschitz constraint it has no minimum. The log loss (6.1) needs no constraint. | [03](03_neural_distance.ipynb) |
# | 5 | $D$ is fixed while (4) trains $G$. | $D$'s weights are frozen, but gradients flow through it. | [04](04_adversarial_game.ipynb), [05](05_mnist_gan.ipynb) |

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: Open questions, and where to read on
#
# - **Mode collapse.** A generator may produce only a few kinds of samples. One remedy lets $G$ look several steps of $D$ ahead. *Read:* L. Metz, B. Poole, D. Pfau, J. Sohl-Dickstein, *Unrolled Generative Adversarial Networks*, 2017.
# - **Stability.** Alternating gradient steps may circle around the equilibrium without end. A penalty on $D$'s gradient at the real samples makes them converge, if they start near enough. *Read:* L. Mescheder, A. Geiger, S. Nowozin, *Which Training Methods for GANs do actually Converge?*, 2018.
# - **WGAN-GP.** A critic needs a Lipschitz constraint. The two-sided gradient penalty pulls its slope to 1 between real and generated samples; chapter 3 uses a one-sided penalty. *Read:* I. Gulrajani, F. Ahmed, M. Arjovsky, V. Dumoulin, A. Courville, *Improved Training of Wasserstein GANs*, 2017.

# %% [markdown] slideshow={"slide_type": "subslide"}
# - **GANs and reinforcement learning.** *Read:* R. Sutton, A. Barto, *Reinforcement Learning: An Introduction*, 2018; D. Pfau, O. Vinyals, *Connecting Generative Adversarial Networks and Actor-Critic Methods*, 2016; J. Ho, S. Ermon, *Generative Adversarial Imitation Learning*, 2016.
# - **Conditional GANs.** To ask a generator for a 7, give both networks the class (chapter 5). *Read:* M. Mirza, S. Osindero, *Conditional Generative Adversarial Nets*, 2014.
# - **Evaluation.** Samples that look good and samples that cover all of the data are two goals, and likelihood may measure neither. Chapter 5 shows this for the Parzen window. *Read:* L. Theis, A. van den Oord, M. Bethge, *A note on the evaluation of generative models*, 2016.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: GANs since 2014, beside flow matching
#
# Most image generators of today are not trained as GANs. Many learn by *flow matching*. How does it differ from a GAN, and where are adversarial losses still used? To find out, we let one flow and three GANs learn the same target: eight modes on a ring.

# %% slideshow={"slide_type": "subslide"}
from gan_edu.chapters.ch06_summary import after_2014

ring = after_2014.RING
x_ring = torch.from_numpy(ring.sample(10_000, np.random.default_rng(0))).float()

# %% [markdown] slideshow={"slide_type": "slide"}
# ### A flow walks from noise to a sample
#
# Draw a noise $z$ and a real sample $x$, chosen independently, and join them by a straight line. A point travels along it, while the time $t$ goes from 0 to 1. All the way its velocity is $x-z$.
#
# A network $v$ sees where the point is, and when, but not where it is going. It learns to predict the velocity by least squares, without an opponent:
#
# $$L=\mathbb E\,\lVert v(x_t,t)-(x-z)\rVert^2,\qquad x_t=(1-t)\,z+t\,x\tag{6.8}$$

# %% slideshow={"slide_type": "fragment"}
from gan_edu.networks import mlp

torch.manual_seed(0)
network = mlp((3, 64, 64, 64, 2))


# %% slideshow={"slide_type": "fragment"}
def velocity(x, t):
    return network(torch.cat([x, t], dim=1))


# %% slideshow={"slide_type": "fragment"}
def flow_matching_loss(velocity, x, z, t):
    x_t = (1 - t) * z + t * x
    return (velocity(x_t, t) - (x - z)).square().sum(dim=1).mean()


# %% [markdown] slideshow={"slide_type": "subslide"}
# Many lines pass through one point, and $v$ cannot know on which of them it is. By least squares it learns the *mean* of their velocities.
#
# At the left, 500 points are on their way from noise to real samples. At the right are twelve of the lines through your point, the green square, which you can drag; the rest of their way is thick. The green line follows their mean velocity, to the mean of their ends (diamond).
#
# 1. **At $t=0.5$, drag the square to the middle of the ring, and then half-way out to one of the modes. Where is the green line short, and why?**
# 2. **Set $t$ to 0.8. Where do the lines lead to different modes now?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.explore(
    after_2014.lines_scene(x_ring.numpy()),
    t=(0.2, 0.9, 0.05), across=(-2.5, 2.5), up=(-2.5, 2.5),
    labels={"across": "your point, across", "up": "your point, up"},
    alt="Left: points on their way from noise to the ring. Right: lines through one point.",
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# 1. In the middle: lines cross there in all directions, and their velocities cancel. Half-way out nearly all lines lead to the same mode.
# 2. In the middle of the ring, and about half-way between two modes. Elsewhere all lines lead to one mode, and so does their mean.
#
# </details>
#
# Now $v$ is trained on batches of 512. An iteration of the first GAN below evaluates networks on as many samples, 4 × 128 = 512: $G$ once, $D$ on real and on generated samples, and $D$ again for $G$.

# %% slideshow={"slide_type": "subslide"}
optimiser = torch.optim.Adam(network.parameters(), lr=1e-2, fused=True)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 1000)
for _ in stage.progress(range(1000), total=1000, label="flow matching, 1000 iterations"):
    x = x_ring[torch.randint(len(x_ring), (512,))]
    z, t = torch.randn(512, 2), torch.rand(512, 1)
    loss = flow_matching_loss(velocity, x, z, t)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    schedule.step()

# %% [markdown] slideshow={"slide_type": "subslide"}
# To generate, start at noise and walk: take $n$ *Euler steps*, each along $v$ for $\frac1n$ of the time.
#
# $$x_{t+1/n}=x_t+\tfrac1n\,v(x_t,t)\tag{6.9}$$

# %% slideshow={"slide_type": "fragment"}
@torch.no_grad()
def euler(velocity, z, steps):
    path = [z]
    for i in range(steps):
        t = torch.full((len(z), 1), i / steps)
        path.append(path[-1] + velocity(path[-1], t) / steps)
    return torch.stack(path)


# %% [markdown] slideshow={"slide_type": "slide"}
# ### A GAN jumps
#
# The three GANs differ in their losses. The first has those of 2014, (6.1) and (6.2). The second is a Wasserstein critic with a gradient penalty, as in chapter 3. The third is of 2024 (Huang et al.):
#
# **A relativistic loss.** $D$ is not asked whether a sample is real, but which of two samples is more real. So $D$ compares each real sample with a generated one, and its logit should be larger at the real one:
#
# $$L_D=-\frac1B\sum_i\log\sigma\bigl(a(x_i)-a(G(z_i))\bigr)\tag{6.10}$$
#
# $G$ wants the opposite: its loss is the same with both samples exchanged.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Two penalties.** $D$ could lower (6.10) further and further just by becoming steeper, and with a steep $D$ the game may never settle. So $D$ also pays for its slope, at the real samples (*R1*) and at the generated ones (*R2*). This is added to (6.10):
#
# $$\frac\gamma{2B}\sum_i\lVert\nabla a(x_i)\rVert^2+\frac\gamma{2B}\sum_i\lVert\nabla a(G(z_i))\rVert^2\tag{6.11}$$
#
# Here $\frac\gamma2$ is 0.1. Training all three takes about half a minute.

# %% slideshow={"slide_type": "subslide"}
def penalty_between(critic, x_real, x_fake, rng):
    u = torch.rand(len(x_real), 1, generator=rng)
    return 10 * losses.gradient_penalty(critic, u * x_real + (1 - u) * x_fake)


# %% slideshow={"slide_type": "fragment"}
def r1_and_r2(critic, x_real, x_fake, rng):
    r1, r2 = (losses.zero_centred_penalty(critic, x) for x in (x_real, x_fake))
    return 0.1 * (r1 + r2)


# %% slideshow={"slide_type": "subslide"}
LOSSES = {
    "2014": {},
    "wasserstein": {
        "loss_fn_d": losses.critic_loss, "loss_fn_g": losses.generator_wasserstein,
        "d_penalty": penalty_between,
    },
    "relativistic": {
        "loss_fn_d": losses.relativistic_discriminator, "relativistic": True,
        "d_penalty": r1_and_r2,
    },
}  # fmt: skip

# %% slideshow={"slide_type": "fragment"}
gans = {name: after_2014.ring_match(x_ring, **settings) for name, settings in LOSSES.items()}
for _ in stage.progress(range(1000), total=1000, label="three GANs, 1000 iterations"):
    for gan in gans.values():
        gan.play_iteration()

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
guess_one_step = stage.predict(
    "With fifty small steps the flow's samples reach the modes. Take one step instead, "
    "all the way from t = 0 to t = 1. Where do the samples end?",
    ["on the eight modes", "all around the ring", "near its centre"],
)
guess_one_step

# %% [markdown] slideshow={"slide_type": "subslide"}
# $G$ is evaluated once for each sample, the flow's $v$ once for each step. Grey lines show the way of a few samples from the noise (squares) on. $W_1$ says how far the samples would have to be carried to become real ones, as in chapter 3: the smaller, the better. (It is not 0 even for real samples: two sets of them always differ a little.) The titles count a mode if at least half of its share of the samples lies within three standard deviations of its centre.
#
# 1. **Move *Euler steps* down to 1. How do the paths change, and where do they end?**
# 2. **How many steps does the flow need until it covers all modes?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
z = torch.randn(2000, 2, generator=torch.Generator().manual_seed(1))
with torch.no_grad():
    # as in chapter 4, from the exponential moving average of G's weights
    samples = {name: gan.game.average(z).numpy() for name, gan in gans.items()}

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    after_2014.steps_scene(samples, lambda steps: euler(velocity, z, steps).numpy()),
    steps=[1, 2, 3, 4, 5, 6, 8, 16, 50],
    labels={"steps": "Euler steps"},
    alt="Samples of three GANs and of a flow in four panels, with paths of the flow from noise on.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# 1. With many steps each path bends towards one mode. With one step it is straight and ends near the mean of the data. With two it ends inside the ring, on the way to the modes.
# 2. With four some modes are missing, with six none. Each GAN covers all modes with a single evaluation. It leaves a few samples between them, since $G$ is a continuous map.
#
# </details>

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
flows = {n: euler(velocity, z, n)[-1].numpy() for n in (1, 2, 4, 6, 50)}
rows = {(after_2014.name_of(name), 1): y for name, y in samples.items()}
rows |= {(after_2014.name_of("flow"), n): y for n, y in flows.items()}
rows["more real samples, to compare", 0] = ring.sample(2000, np.random.default_rng(2))

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
w1 = {row: after_2014.mean_w1(y) for row, y in rows.items()}
for (name, evaluations), y in rows.items():
    print(
        f"evaluations {evaluations:2}, modes covered {ring.covered(y)}, "
        f"W₁ {w1[name, evaluations]:.2f}   {name}"
    )
assert all(ring.covered(y) == 8 for y in [*samples.values(), flows[6], flows[50]])
assert ring.covered(flows[1]) == ring.covered(flows[2]) == 0
assert ring.covered(flows[4]) < 8
few = [w1[after_2014.name_of("flow"), n] for n in (1, 2, 50)]
assert few[0] > 1.5 * few[1] > 3 * few[2]

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
guess_one_step.reveal(
    "near its centre",
    "At t = 0 the point is pure noise and says nothing about x, so the mean velocity is "
    "E[x] − z. One step leads from z to E[x], the mean of all data, where nothing is real.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Which GAN has the lowest $W_1$ here means little, because our ring is no benchmark: in two dimensions with tiny networks all four models do well, and a larger task may rank them differently.
#
# **In two sentences, how do a GAN and a flow differ? Write your own first.**
#
# <details><summary>Ours</summary>
#
# > A **GAN** jumps from noise to a sample in one step, and learns this from an opponent, which tries to reject what lies between the modes. A **flow** walks there in many small steps, and learns their direction by least squares, without an opponent.
#
# A GAN is quick when it generates, and pays with a game in which much can go wrong ([chapter 7](07_playground.ipynb)). A flow minimises one loss, and pays with many evaluations.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ### Where adversarial losses live now
#
# Large text-to-image models are usually trained by diffusion or by flow matching (Lipman et al. 2022). Stable Diffusion 3, for example, is a *rectified flow* (Liu et al. 2022, Esser et al. 2024), which has the loss (6.8). Adversarial losses are found where a result must be sharp at once:
#
# - **Distillation into few steps.** A student learns to do in one to four steps what its diffusion model does in many. ADD, the method of SDXL Turbo (Sauer et al. 2023), and DMD2 (Yin et al. 2024) have an adversarial loss for it.
# - **Super-resolution.** Many sharp images fit one small image, and squared error gives their blurred mean. SRGAN (Ledig et al. 2017) and Real-ESRGAN (Wang et al. 2021) add a discriminator.

# %% [markdown] slideshow={"slide_type": "subslide"}
# - **Audio codecs.** SoundStream (Zeghidour et al. 2021), EnCodec (Défossez et al. 2022) and DAC (Kumar et al. 2023) decode sound from few bits, trained with reconstruction and adversarial losses.
# - **Autoencoders below diffusion.** VQGAN (Esser et al. 2021) compresses images with a discriminator's help; latent diffusion (Rombach et al. 2022) trains its autoencoder in the same way, and generates in that latent space.
# - **GANs as such.** With (6.10), (6.11) and modern networks, a GAN is reported to compare well with diffusion models on faces (FFHQ) and on ImageNet at low resolution (Huang et al. 2024).

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# As before, `check` says whether an answer is right, and what to think about if not; `hint("6.1")`, `solution("6.1")` and `progress()` help. The last exercise is a test on all chapters.

# %% slideshow={"slide_type": "fragment"}
from gan_edu.exercises import check, hint, progress, solution

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>A worked example: the gradient of a coin's reward</summary>
#
# A generator tosses a coin that shows heads with probability $\pi=\sigma(\theta)$. By (6.7) the gradient of the mean reward is the mean of the reward times $\frac{d\log q}{d\theta}$, which is $1-\pi$ for heads and $-\pi$ for tails:
#
# ```python
# def coin_gradient(theta, heads, rewards):
#     pi = 1 / (1 + np.exp(-theta))
#     return np.mean(rewards * (heads - pi))
#
#
# print(coin_gradient(0.0, np.array([1, 0]), np.array([1.0, 0.0])))  # 0.25: heads pay, so θ rises
# ```
#
# What is the gradient if heads and tails pay the same?
#
# </details>
#
# <details><summary>The answer to its question</summary>
#
# 0 on average: $\pi(1-\pi)-(1-\pi)\pi=0$. A constant that is added to all rewards changes only how much the estimate scatters.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 6.1 · `detach` in the wrong place
#
# *Predict, 4 minutes.* Somebody moves `detach` from the line of `loss_d` to the line of `loss_g`. Each optimiser owns its own network, and both `zero_grad` calls are there. What happens in training: `"an error"`, `"G learns to be caught"` or `"G stands still"`?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None
check("6.1", answer)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 6.2 · A generator of words
#
# *Code, 12 minutes.* This generator chooses one of $n$ words, with the probabilities $\pi_j=e^{\theta_j}/\sum_ie^{\theta_i}$. There is nothing between two words, so $D$ has no gradient there, and only (6.7) of [A gradient from rewards alone](#Further:-A-gradient-from-rewards-alone) can be used. Estimate the gradient of the mean *reward* in the $n$ numbers `theta`. You get `words`, the indices of the $N$ words that were drawn, and the reward of each.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def reward_gradient(theta, words, rewards):
    pi = np.exp(theta) / np.exp(theta).sum()
    ...  # arrays of shape (n,), (N,), (N,); return one of shape (n,)


check("6.2", reward_gradient)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 6.3 · A value without a maximum
#
# *Code, 10 minutes.* Suppose the non-saturating loss were in $D$'s value too, as the article writes. Then $D$ would maximise $\mathbb E_{x\sim p}\log D(x)+\mathbb E_{x\sim q}[-\log D(x)]$. Take $p=N(0,1)$ and $q=N(1,1)$, and show that this has no maximum: for any `height`, return the logit $a(x)$, at a number `x`, of a discriminator whose value is above it.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def beyond(x, height):
    ...


check("6.3", beyond)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 6.4 · Three bugs in one game
#
# *Debug, 15 minutes.* This is a whole GAN with the non-saturating loss and plain gradient steps. It runs without an error, but three things are wrong. Fix them one by one: `check` plays two iterations with tiny networks, and says what is right already. Keep the learning rate 0.1 and the same generated samples in both steps.

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

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
# A puzzle: put these lines in order
practice.puzzle("6.p1")

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 6.5 · Reach the equilibrium of a rotating game
#
# *Open, 15 minutes.* Two players circle around an equilibrium, and you are not told where it is. `field(point)` gives the direction of both players' gradient steps at `point`, an array $(\theta,\psi)$, as in chapter 4. You may call it 200 times. By any method, get within one hundredth of the initial distance from the equilibrium, and return the last point.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def reach_equilibrium(field, point):
    ...


check("6.5", reach_equilibrium)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 6.6 · Ten questions on all chapters
#
# *Self test, 15 minutes.* Answer each question with one letter. Some need *Further* sections of their chapters.
#
# 1. Which game is zero-sum? (a) non-saturating (b) minimax (c) both
# 2. Which maps turn uniform noise into a standard normal? (a) $\Phi^{-1}$ alone (b) any increasing map (c) $\Phi^{-1}$, and many that decrease or jump
# 3. Two distributions have disjoint supports. Their symmetrised KL and their JS are … (a) ∞ and $\log2$ (b) $\log2$ and ∞ (c) both ∞
# 4. Why do $2^{784}$ bins fail? (a) Counting takes too long. (b) Each sample is alone in its bin, whatever the distributions. (c) A computer cannot store the bins.
# 5. A critic is trained on (3) without a Lipschitz constraint. Its loss … (a) converges to $-W_1$ (b) converges to $\log4$ (c) falls without bound

# %% [markdown] slideshow={"slide_type": "subslide"}
# 6. The minimax loss is the mean of $-f(a)$ and the non-saturating loss that of $f(-a)$, with $f$ = softplus. With $f(a)=a$ the two are … (a) the same (b) opposite (c) fast and slow
# 7. Which helps $D$ to keep up: four steps for each step of $G$, or a learning rate four times as large? (a) both, about equally (b) only the steps (c) only the learning rate
# 8. $D$'s loss has been near $\log4$ for a thousand iterations. (a) $G$ is good. (b) $D$ has learned nothing. (c) Neither follows: look at the AUC, and at the samples.
# 9. `detach` is missing in $D$'s step, and $G$ draws new samples for its own step. Each optimiser owns its network, and both `zero_grad` calls are there. (a) $G$ learns to be caught. (b) Only time is lost. (c) $D$ does not move.
# 10. What does a generator get that an agent with a reward does not? (a) labels (b) the gradient of $D$ at its samples (c) the real samples

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None  # ten letters, like "abcabcabca"
check("6.6", answer)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: The article, corrected
#
# Where the article is wrong or imprecise, this course teaches the correct statement. Here is the whole list, with a link to the section that shows each. (If a chapter opens at its top, look for that heading.)

# %% [markdown] slideshow={"slide_type": "skip"}
# | | the article | correct | shown in |
# |:--|:--|:--|:--|
# | 1 | $\rho(x)\,dx=\varphi(y)\,dy$ gives *the* map $f$. | It holds for increasing maps, and $\Phi^{-1}$ is the only increasing one that makes uniform noise normal. In general all branches add up: $\varphi(y)=\sum_{f(x)=y}\rho(x)/\lvert f'(x)\rvert$. $\Phi^{-1}(1-u)$, for example, is normal too. | [01: Many maps give the same distribution](01_inverse_cdf.ipynb#Further:-Many-maps-give-the-same-distribution) |
# | 2 | $y=\Phi^{-1}\bigl(\int_0^x\rho(t)\,dt\bigr)$ | $y=\Phi^{-1}\bigl(\int_{-\infty}^x\rho(t)\,dt\bigr)$. Starting at 0 is right only for noise that is never negative. | [01: Noise of another shape](01_inverse_cdf.ipynb#Further:-Noise-of-another-shape) |
# | 3 | A neural network can fit any function. | If it is wide enough, it can approximate any continuous function on a closed and bounded set; training may not find it. $\Phi^{-1}$ is unbounded near 0 and 1, and for a generator with bounded output $\mathrm{KL}(N\Vert G)=\infty$, however small $W_1$ is. | [01: What a network can never draw](01_inverse_cdf.ipynb#Further:-What-a-network-can-never-draw), [06: Row 3 in numbers](#Row-3-in-numbers) |
# | 4 | $\mathrm{JS}=\frac12\mathrm{KL}(p\Vert q)+\frac12\mathrm{KL}(q\Vert p)$ | This is the symmetrised KL, half of Jeffreys' divergence. $\mathrm{JS}=\frac12\mathrm{KL}(p\Vert m)+\frac12\mathrm{KL}(q\Vert m)$ with $m=\frac12(p+q)$. For disjoint supports they are ∞ and $\log2$. | [02: Make it symmetric: Jensen–Shannon divergence](02_histogram_js.ipynb#Make-it-symmetric:-Jensen–Shannon-divergence) |
# | 5 | KL and JS are not distances. | True, but $\sqrt{\mathrm{JS}}$ is one. | [02: Which of them is a distance?](02_histogram_js.ipynb#Further:-which-of-them-is-a-distance?) |
# | 6 | KL and JS are the evaluation metrics of the 2014 paper. | JS is in its theory: $\max_DV=-\log4+2\,\mathrm{JS}$. It evaluates by Parzen-window log-likelihood. | [03: The optimal discriminator measures the Jensen–Shannon divergence](03_neural_distance.ipynb#The-optimal-discriminator-measures-the-Jensen–Shannon-divergence), [05: The score of the 2014 paper, and how to cheat it](05_mnist_gan.ipynb#Further:-the-score-of-the-2014-paper,-and-how-to-cheat-it) |
# | 7 | $2^{784}\approx10^{236}$ bins need too much computation. | The number is right, but at most $N$ bins are occupied, and counting them is quick. The result is useless: with far more bins than samples, JS is close to $\log2$ even for two samples from one distribution. | [02: Count images in bins](02_histogram_js.ipynb#Count-images-in-bins) |
# | 8 | In one dimension the histogram loss is all one needs. | To measure, yes. To train, no: hard counts have zero gradient almost everywhere, and the symmetrised KL is infinite on empty bins. Training needs soft bins. | [02: Does a count have a gradient?](02_histogram_js.ipynb#Does-a-count-have-a-gradient?), [02: Soft bins have a gradient](02_histogram_js.ipynb#Soft-bins-have-a-gradient) |

# %% [markdown] slideshow={"slide_type": "skip"}
# | | the article | correct | shown in |
# |:--|:--|:--|:--|
# | 9 | $L=\frac1M\sum_iD(y_i)$ is a distance between the distributions. | A single $D$ gives none. The maximum of $\mathbb E_{fake}D-\mathbb E_{real}D$ over a whole class of functions does: an integral probability metric. | [03: Is it a distance, and where are the real samples?](03_neural_distance.ipynb#Further:-is-it-a-distance,-and-where-are-the-real-samples?) |
# | 10 | (1) and (2) use $V$ without a definition. | With $V=\mathbb E_{fake}D-\mathbb E_{real}D=-L_1$ the signs of (1) to (4) agree. | [03: All signs on one card](03_neural_distance.ipynb#Further:-all-signs-on-one-card) |
# | 11 | (3) is minimised over all networks. | Then it is unbounded below. With a Lipschitz constraint its minimum is $-W_1$, the Wasserstein-1 distance. | [03: Train a critic by the difference of its means](03_neural_distance.ipynb#Train-a-critic-by-the-difference-of-its-means), [03: With slopes up to 1 the maximum is the Wasserstein distance](03_neural_distance.ipynb#With-slopes-up-to-1-the-maximum-is-the-Wasserstein-distance) |
# | 12 | The log-likelihood derives (3). | It does not, and $D$ changes its sign on the way. With $E=-a$ both are $\mathbb E_{real}f(E)+\mathbb E_{fake}f(-E)$: $f(E)=E$ gives (3), $f$ = softplus gives the log loss. | [03: All signs on one card](03_neural_distance.ipynb#Further:-all-signs-on-one-card) |
# | 13 | (4): $G$ minimises $\frac1B\sum_iD(G(x_i))$, whether $D$ is the energy of (3) or a probability. | (4) needs the energy $E=-a$. If $D$ is the probability of real, $G$ minimises $\log(1-D)$ or $-\log D$. | [03: All signs on one card](03_neural_distance.ipynb#Further:-all-signs-on-one-card) |
# | 14 | $\log(1-D)$ and $-\log D$ differ only in speed. | Their gradients in the logit are $-D$ and $-(1-D)$. At $D^*$ the first minimises $2\,\mathrm{JS}$, the second $\mathrm{KL}(q\Vert p)-2\,\mathrm{JS}$. | [03: Two losses for the generator](03_neural_distance.ipynb#Two-losses-for-the-generator), [06: A GAN beside maximum likelihood](#A-GAN-beside-maximum-likelihood) |
# | 15 | The value becomes $\mathbb E\log D+\mathbb E[-\log D]$. | Only $G$'s loss is replaced. As an objective for $D$, $\int(p-q)\log D$ has no maximum. | [03: All signs on one card](03_neural_distance.ipynb#Further:-all-signs-on-one-card) |

# %% [markdown] slideshow={"slide_type": "skip"}
# | | the article | correct | shown in |
# |:--|:--|:--|:--|
# | 16 | A GAN is a zero-sum game. | The minimax version is. The non-saturating version is not. | [00: When a GAN is a zero-sum game](00_forger_and_detective.ipynb#Further:-when-a-GAN-is-a-zero-sum-game), [04: What each loss minimises, and when the game is zero-sum](04_adversarial_game.ipynb#Further:-What-each-loss-minimises,-and-when-the-game-is-zero-sum) |
# | 17 | Both batches need the same size, to balance the two goals. The $z_i$ are given, so $L(\{y\},\{z\},\Theta)$ is $L(\{y\},\Theta)$. | Both terms are means, so they are balanced for any sizes. And $\Theta$ is fitted to the $z_i$, so $L$ depends on them through $\Theta$. | [03: Is it a distance, and where are the real samples?](03_neural_distance.ipynb#Further:-is-it-a-distance,-and-where-are-the-real-samples?) |
# | 18 | The trends of $V(G_0,D_0^*)$ and $V(G_1,D_0^*)$ differ. | Each of these is one number. The curves are $V(\cdot,D_0^*)$ and $V(G_1,\cdot)$. The gradient for $G$ is that of $\max_DV$ only at $D=D^*(G)$ (Danskin's theorem). | [04: When the discriminator stands still](04_adversarial_game.ipynb#Further:-When-the-discriminator-stands-still), [04: The slope of the maximum](04_adversarial_game.ipynb#Further:-The-slope-of-the-maximum) |
# | 19 | $k$ steps of $D$ for one of $G$, so that $G$ is updated rarely. | What counts is how far $D$ moves for each move of $G$: $r=k\,\eta_D/\eta_G$. A larger learning rate of $D$ does the same. | [04: How many discriminator steps?](04_adversarial_game.ipynb#How-many-discriminator-steps?) |
# | 20 | $\min_G\max_D V$, then both take turns. | The order matters. For two real points and a $G$ that makes one point, $\min\max=-0.955$ and $\max\min=-\log4$; gradient steps in turn have no order. | [04: Min max is not max min](04_adversarial_game.ipynb#Further:-Min-max-is-not-max-min) |
# | 21 | GAN and RL are both unsupervised; RL may need only a rule, as AlphaZero does. | RL is usually counted as a third kind of learning. AlphaZero needs the rules and the outcomes of its games; a GAN needs real samples. | [06: A GAN beside reinforcement learning](#A-GAN-beside-reinforcement-learning) |
# | 22 | Ian Goodfellow works at … | Such a line is soon out of date; this course names nobody's employer. | – |

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Row 3 in numbers
#
# Suppose $G$ makes perfect normal samples, but only between $-b$ and $b$. Its $W_1$ from $N(0,1)$ goes to 0 as $b$ grows, but $\mathrm{KL}(N\Vert G)$ is infinite for every $b$, because $G$ rules out something that is real.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
from scipy.special import ndtr, ndtri

u, p = (np.arange(100_000) + 0.5) / 100_000, lab.gaussian(0, 1)
for b in (2, 3, 4, 5):
    quantiles = ndtri(ndtr(-b) + u * (ndtr(b) - ndtr(-b)))
    w1 = np.mean(np.abs(quantiles - ndtri(u)))
    q = np.where(abs(lab.X) < b, p, 0)
    print(f"b = {b}: W₁ = {w1:.6f}, KL(N‖G) = {kl(p, q / q.sum())}")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Symbols
#
# | here | in code | the article | meaning |
# |:--|:--|:--|:--|
# | $z$, $G(z)$ | `z`, `x_fake` | $x$, $y=G(x,\theta)$ | noise, and the generated sample that it becomes |
# | $x$ | `x_real` | $z$ | a real sample |
# | $\theta$, $\psi$ | `generator`, `discriminator` | $\theta$, $\Theta$ | the parameters of $G$ and of $D$ |
# | $a$, $D=\sigma(a)$ | `logits_real`, `logits_fake` | $-D$ in (3) and (4); $D$ | the logit, large on real samples; the probability of real |
# | $L_D$, $L_G$ | `loss_d`, `loss_g` | $L_1$, $L_2$ | what $D$ minimises, what $G$ minimises |
# | $p$, $q$ | `p`, `q` | $P_{data}$, $P_G$ | the distribution of the real samples, and of the generated ones |
#
# All words of the course, in English and Chinese: the [glossary](glossary.ipynb).
