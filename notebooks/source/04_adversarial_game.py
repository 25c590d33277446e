# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # Train a generator against a discriminator
#
# [Open this chapter in Google Colab](https://colab.research.google.com/github/gan-edu/gan-edu/blob/main/notebooks/04_adversarial_game.ipynb)

# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true} tags=["remove-cell"]
if "google.colab" in str(get_ipython()):  # elsewhere this cell does nothing
    need = "pooch anywidget psygnal comm 'ipywidgets>=8.1.5' git+https://github.com/gan-edu/gan-edu"
    get_ipython().run_line_magic("pip", f"install -q --no-deps {need}")
    __import__("google.colab").colab.output.enable_custom_widget_manager()

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
# Warm-up: three questions from earlier chapters, one minute
from gan_edu import practice

practice.warm_up(4)

# %% [markdown] slideshow={"slide_type": "-"}
# Two networks learn at the same time. The generator $G$ makes samples (orange) that should match the density of the real ones (blue). The discriminator $D$ (green) says, at each place, how probable it is that a sample there is real.
#
# **Run the next two cells and press *Play*. How close do the orange samples come to the blue curve in a thousand iterations? Do they stay there? Then pause, and press *Step D* and *Step G* a few times: what does each of them move?**

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
import torch

from gan_edu import recipes, settings, stage
from gan_edu.chapters import line_scenes

settings.reset()  # PyTorch and NumPy as in a new kernel
torch.set_num_threads(1)  # networks this small only lose time between threads

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.play(
    recipes.line_match("normal"),
    line_scenes.opening_scene(),
    pace=5,
    alt="A GAN on a line: D as a curve over the density of real and of generated samples.",
);

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# A spike soon grows into a hump near the blue curve, but it never comes to rest. *Step D* bends the green curve, *Step G* moves the orange samples.
#
# </details>
#
# In this chapter you find out what happens between the two networks, and how to tell whether training goes well.
#
# **What you'll do.** Play one side of a game that can be solved, see the two update steps in code, and train a GAN that turns uniform noise into a Gaussian.
#
# **What you'll learn.** What min max means; why the discriminator has to keep up; what the losses say about the samples; what happens if the discriminator is too fast.
#
# **What you need.** Chapter 3, derivatives, and a little PyTorch. The core takes about 55 minutes, the sections marked *Further* 30, the exercises 70.

# %% slideshow={"slide_type": "fragment"}
import numpy as np

from gan_edu import games, losses
from gan_edu.chapters.ch04_adversarial_game import descent, factors
from gan_edu.chapters.ch04_adversarial_game import scenes as lab
from gan_edu.metrics import auc
from gan_edu.networks import mlp

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What the generator gets to see
#
# The generator never sees a real sample. It learns only from the slope of the discriminator at its own samples.
#
# One **iteration** of a GAN has two steps. In step 1 the discriminator takes a few gradient steps, as in chapter 3.

# %% [markdown] slideshow={"slide_type": "subslide"}
# In step 2 the discriminator is frozen. The generator $G$ turns noise $z_i$ into samples $x_i=G(z_i)$, and changes its parameters θ so that the discriminator takes more of them for real.
#
# What $D$ thinks of a sample is its logit $a$, large where it says "real"; the probability of "real" is $D=\sigma(a)=1/(1+e^{-a})$.
#
# The generator's loss $L_G$ is the mean of one of chapter 3's two losses over a batch of $B$ samples: $\log(1-D)$, the **minimax** loss, or $-\log D$, the **non-saturating** loss. Both fall when $a$ rises.

# %% [markdown] slideshow={"slide_type": "subslide"}
# How does $L_G$ change with a parameter of $G$? A small change of θ moves the sample $x_i$. This move changes the logit, and the logit changes the loss. The chain rule multiplies the three slopes, and we average over the batch:
#
# $$\frac{\partial L_G}{\partial\theta}=\frac1B\sum_i\underbrace{\frac{dL}{da}}_{\text{from the loss}}\cdot\underbrace{\frac{\partial a}{\partial x}(x_i)}_{\text{from the discriminator}}\cdot\underbrace{\frac{\partial G}{\partial\theta}(z_i)}_{\text{from the generator}}\tag{4.1}$$
#
# - The first factor says how strongly the loss reacts to the logit. It is $-D$ for minimax and $-(1-D)$ for non-saturating. Both are negative, so with either loss each sample moves to where $a$ is higher.
# - The second says in which direction that is. It comes from the discriminator: one slope for each generated sample.
# - The third says how far, and which way, the sample moves when θ changes.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Here are the three factors for one sample, each as the slope of a curve at the dot. $G$ is as simple as can be, $x=\theta z$, and its noise $z$ is a slider. **Find a place where the first factor is nearly 0, one for the second, and one for the third. What is left of the product?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    factors.factors_scene(),
    theta=(-2.5, 2.5),
    z=(-2.0, 2.0),
    loss=factors.choices(),
    labels={"theta": "θ", "z": "noise z", "loss": "G's loss"},
    alt="The loss over the logit, the logit over x, and x over θ, each with a tangent at the "
    "sample.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# - The first: minimax far out, where $D$ is near 0. This is where it *saturates*. Non-saturating is flat where $D$ is near 1 instead.
# - The second: where the logit is flat, at its top and far out.
# - The third: $z=0$. Then $x=\theta z$ stays at 0 for every θ.
#
# One factor near 0 is enough: the product is near 0 too, and $G$ learns nothing from this sample.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A GAN that we can solve: maximise over D, then minimise over G
#
# Now both players are as simple as can be, with a single number each: θ for the generator, ψ for the discriminator. Real samples come from $p=N(0,1)$. The generator can only shift its Gaussian, $q=N(\theta,1)$.
#
# The discriminator's parameter ψ is its guess of θ. It answers with chapter 3's $D^*=p/(p+q)$, as if generated samples came from $N(\psi,1)$:
#
# $$D_\psi(x)=\sigma\Bigl(\frac{\psi^2}2-\psi x\Bigr)\tag{4.2}$$
#
# In words: $D$ is above ½ where $x$ is closer to 0 than to ψ, and below ½ where it is closer to ψ. If the guess is right, ψ = θ, this discriminator is optimal.
#
# <details><summary>Where (4.2) comes from</summary>
#
# Put the two densities into $\frac p{p+q}=\frac1{1+q/p}$: here $q/p=e^{\psi x-\psi^2/2}$.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# Both play for one **value function**. The discriminator wants it to be large, the generator wants it to be small:
#
# $$V(\theta,\psi)=\mathbb E_{x\sim p}\log D_\psi(x)+\mathbb E_{x\sim q}\log\bigl(1-D_\psi(x)\bigr)\tag{4.3}$$
#
# In words: $V$ is at most 0. It is the larger, the closer $D$ is to 1 at real samples and to 0 at generated ones.
#
# The code estimates $V$ from samples, and compares (4.2) with $p/(p+q)$:

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
def value(theta, psi, n=1_000_000):
    x = np.random.default_rng(0).normal(size=n)  # real; θ + x: generated
    log_d = -np.logaddexp(0, -(psi**2 / 2 - psi * x))
    log_1_d = -np.logaddexp(0, psi**2 / 2 - psi * (theta + x))
    return log_d.mean() + log_1_d.mean()  # log_1_d is log(1 − D)


print(f"V(2, 1): {value(2, 1):.3f} with a million samples,", end=" ")
print(f"{games.value(2, 1):.3f} exactly")
x = np.array([0, 0.5, 1, 2])
p, q = np.exp(-(x**2) / 2), np.exp(-((x - 2) ** 2) / 2)  # without 1/√(2π)
print("D for ψ = 2: ", (1 / (1 + np.exp(-games.logit(x, 2)))).round(3))
print("D* for θ = 2:", (p / (p + q)).round(3))

# %% [markdown] slideshow={"slide_type": "subslide"}
# Left: both densities, and $D$. Right: $V$ over ψ. The dot is your ψ; drag it.
#
# 1. **Set θ to 3, 2 and 1. For which ψ is the dot highest?**
# 2. **For which θ is this maximum, the *optimal value*, lowest?**
# 3. **What does $D$ look like there?**
#
# *Show all three* draws the curves for θ = 3, 2 and 1.

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    lab.maximum_scene(),
    theta=(-4.0, 4.0),
    psi=(-4.0, 4.0),
    three=False,
    labels={"theta": "θ (G)", "psi": "ψ (D)", "three": "show all three"},
    alt="Two Gaussians with D over x; and V over D's parameter with a dot.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# The dot is highest at ψ = θ. This maximum is lowest at $\theta=0$: there both Gaussians are the same, the optimal $D$ is ½ everywhere, and $V=-\log4$.
#
# At $\theta=\psi=0$ neither side can do better by moving alone. This is the **equilibrium** of the game.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# Two equations define a GAN. (They have the article's numbers; in chapter 3 they had a critic in the place of $D$.) $D^*$ is the discriminator that makes $V$ as large as possible against the current $G$:
#
# $$D^*=\arg\max_DV(G,D)\tag{1}$$
#
# $G^*$ is the generator that makes this largest value as small as possible. First the maximum is taken, then the minimum, *min max* for short:
#
# $$G^*=\arg\min_G\max_DV(G,D)\tag{2}$$
#
# You have solved both in the experiment above: (1) with its first question, for each θ, and (2) with its second.

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output", "hide-cell"]
psi = np.linspace(-4, 4, 8001)
for theta in (3, 2, 1, 0):
    v = games.value(theta, psi)
    print(f"θ = {theta}: maximum {v.max():7.4f} at ψ = {psi[v.argmax()] + 0:.2f}")
print("−log 4 =", round(-np.log(4), 4))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Play the discriminator by hand
#
# You set ψ. The generator starts at $\theta=3$. Each press of the button moves it one gradient step down $V$, against your $D$; the orange arrow shows where to.
#
# 1. **Before each press, move ψ to the maximum of $V$. How many steps does $G$ need to reach the blue strip, $|\theta|<0.1$?**
# 2. **Press *Reset*, set ψ to 3, and leave it there. Where does $G$ go?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    lab.hand_scene(),
    psi=(-4.0, 4.0),
    steps=stage.button("let G take a step"),
    labels={"psi": "ψ (you)"},
    alt="Two Gaussians with D; V over D's parameter with a dot; G's parameter step by step.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# With ψ always at the maximum, $G$ needs 9 steps. With ψ at 3, $G$ runs past the real Gaussian and on, until the edge of the picture stops it at −4.
#
# The generator follows the slope of the *current* discriminator. If that is out of date, the generator runs past its goal.
#
# </details>

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output", "hide-cell"]
theta, steps = 3.0, 0
while abs(theta) > 0.1:
    theta, steps = theta - lab.LR_G * games.slope_minimax(theta, psi=theta), steps + 1
print(f"always at the maximum: {steps} steps")
print("ψ stays at 3: θ =", *(f"{theta:z.1f}" for theta in lab.by_hand([3.0] * 5)))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Follow both to the saddle point
#
# A network cannot jump to the maximum as you could: it takes small steps along the slope of $V$. In each iteration the discriminator takes $k$ steps up, with the learning rate $\eta_D$. Then the generator takes one step down the same $V$, with the learning rate $\eta_G$:
#
# $$\psi\leftarrow\psi+\eta_D\,\frac{\partial V}{\partial\psi}\quad(k\text{ times}),\qquad\theta\leftarrow\theta-\eta_G\,\frac{\partial V}{\partial\theta}\tag{4.4}$$
#
# In code, with $k=4$ (`slope_d` and `slope_minimax` are the two slopes of $V$):

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
theta, psi = 3.0, 0.0
for _ in range(50):
    for _ in range(4):
        psi = psi + 0.1 * games.slope_d(theta, psi)
    theta = theta - 0.1 * games.slope_minimax(theta, psi)
path = games.play(3, 0, 50, d_steps=4)
print(f"after 50 iterations: θ = {theta:.4f}, ψ = {psi:.4f}")
theta, psi = path[-1]
print(f"the package's play:  θ = {theta:.4f}, ψ = {psi:.4f}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# The next figure is a map of $V$: to the right it has θ, upwards ψ. The dot is where both are now. $G$ moves it to the left or right, $D$ moves it up or down. Where the map is green, $V$ is above −log 4; where it is orange, below.
#
# The cross is the equilibrium. From there $V$ gets lower straight upwards and straight downwards, and higher both ways along the dotted line. Such a shape is called a **saddle**, like the seat on a horse, and the cross is its **saddle point**.

# %% [markdown] slideshow={"slide_type": "subslide"}
# The orange line in the map is at θ, the middle of the generated samples below.
#
# 1. **Press ▶. Where does the path end? What do the samples and $D$ look like there?**
# 2. **Drag the start of the path elsewhere. Where does it end now?**
# 3. **Tick *k = 4 too*. Which of the two paths stays closer to the dotted line?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.explore(
    descent.saddle_scene(),
    iterations=stage.played((0, descent.ITERATIONS)),
    four=False,
    theta=(-4.0, 4.0),
    psi=(-4.0, 4.0),
    labels={"theta": "θ at the start", "psi": "ψ at the start", "four": "k = 4 too"},
    alt="V over both parameters with a path; below it both Gaussians and D at one iteration.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# 1. To the saddle point. There the generated Gaussian lies on the real one, and $D$ is ½.
# 2. Towards the saddle point again. From some corners of the map it has not arrived when the figure ends.
# 3. The one with $k=4$: for each θ, $D$ is closer to optimal.
#
# With $k=1$ the discriminator lags behind. So θ runs past 0, and the path winds around the saddle point before it ends there.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How many discriminator steps?
#
# How far can $D$ move while $G$ moves once? It takes $k$ steps of length $\eta_D$, against one of $\eta_G$ (for slopes of the same size). This ratio says how fast $D$ is compared with $G$:
#
# $$r=\frac{k\,\eta_D}{\eta_G}\tag{4.5}$$
#
# But each step of $D$ costs time. Can it keep up in another way?

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
guess_k = stage.predict(
    "In one run D takes k = 4 steps for each step of G. In another it takes one step with four "
    "times the learning rate, so r is the same. How do the two runs differ?",
    ["hardly at all", "with one long step θ swings more", "with one long step θ runs away"],
)
guess_k

# %% [markdown] slideshow={"slide_type": "subslide"}
# Left: θ over the iterations, from θ = 3 on. How far it gets beyond 0 is the **overshoot**. Right: the overshoot over $r$; the dot is your run.
#
# 1. **Set k to 1, 2 and 4. What are $r$ and the overshoot?**
# 2. **Press *Reset*, tick *k = 1 and 4*, and set D's learning rate to 0.4. Which grey curve does yours follow?**
# 3. **Press *Reset*, and set G's learning rate to 0.025. What are $r$ and the overshoot? What else changes?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.explore(
    descent.overshoot_scene(),
    k=(1, 10),
    both=False,
    lr_d=descent.LEARNING_RATES,
    lr_g=descent.LEARNING_RATES,
    labels={
        "lr_d": "D's learning rate", "lr_g": "G's learning rate", "both": "k = 1 and 4",
    },
    alt="G's parameter over the iterations; its overshoot over r.",
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# 1. The overshoot is 0.49 ($r=1$), 0.11 ($r=2$) and 0.00 ($r=4$).
# 2. The one with $k=4$.
# 3. $r$ is 4 again, with an overshoot of 0.00; but θ takes much longer.
#
# So $r$ says how well $D$ keeps up. With small steps θ swings around 0 if $r<4$, and glides to 0 if $r\ge4$ (a *Further* section shows why). How *long* it takes depends on the learning rates.
#
# </details>

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output", "hide-cell"]
for k in (1, 2, 4, 10):
    path = games.play(3, 0, 300, d_steps=k)
    over, iterations = games.overshoot(path), games.settled(path)
    settled = f"|θ| < 0.05 after {iterations:3} iterations, {iterations * (k + 1):4} gradient steps"
    print(f"k = {k:2}: overshoot {over:.2f}, {settled}")
four_steps, one_long = games.play(3, 0, 100, d_steps=4), games.play(3, 0, 100, lr_d=0.4)
far = np.abs(four_steps - one_long).max()
print(f"k = 4 with η_D = 0.1, or k = 1 with η_D = 0.4: θ and ψ at most {far:.2f} apart")

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_k.reveal(
    "hardly at all",
    "Within an iteration θ stands still, so four steps take ψ about as far as one that is four "
    "times as long. Steps cost time: below we use k = 1 and a larger learning rate.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Here both came to rest. Two networks, with many parameters and random batches, are pushed off the saddle point again and again.
#
# **A good place for a break.**

# %% [markdown] slideshow={"slide_type": "slide"}
# ## One iteration in code
#
# Now $G$ and $D$ are networks, and $G$ learns to turn uniform noise into a Gaussian. Nobody tells it the exact map $\Phi^{-1}$ of chapter 1; it only gets the slopes (4.1).
#
# In the picture solid arrows show what is computed from what, dashed arrows which loss trains which network. There are three losses:
#
# - $L_{\text{real}}$ is the mean of $-\log D$ over the real samples;
# - $L_{\text{fake}}$ is that of $-\log(1-D)$ over the generated ones;
# - $L_G$ is that of $-\log D$ over the generated ones, the non-saturating loss.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.picture(
    "one_iteration.svg",
    "Noise goes through G and becomes generated samples; these and real samples go through D and "
    "become three losses. Dashed arrows: D's two losses lead back to D and end there; "
    "G's loss leads back through D and the generated samples to G.",
)


# %% slideshow={"slide_type": "fragment"}
def new_networks(seed=0):
    torch.manual_seed(seed)
    generator = mlp((1, 32, 32, 1), "tanh")
    # leaky ReLU keeps a small slope below 0
    discriminator = mlp((1, 32, 32, 1), "leaky_relu")
    betas = 0.5, 0.9  # how slowly Adam forgets past gradients
    opt_g = torch.optim.Adam(generator.parameters(), 1e-3, betas)
    opt_d = torch.optim.Adam(discriminator.parameters(), 4e-3, betas)
    return generator, discriminator, opt_g, opt_d


# %% [markdown] slideshow={"slide_type": "subslide"}
# **Step 1** trains the discriminator, as the button *Step D* of the first figure does. `detach` stops the gradient at the generated samples: this step must not move the generator. `zero_grad` clears the old gradient, since `backward` adds to it.

# %% slideshow={"slide_type": "fragment"}
def step_discriminator(x_real, z):
    x_fake = generator(z).detach()
    loss_d = losses.discriminator_loss(discriminator(x_real), discriminator(x_fake))
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    return loss_d.item()


# %% [markdown] slideshow={"slide_type": "fragment"}
# **Step 2**, *Step G*, trains the generator, without `detach`: the gradient has to come through the discriminator. The discriminator's weights stay as they are, because only `opt_g` takes a step.

# %% slideshow={"slide_type": "fragment"}
def step_generator(z):
    loss_g = losses.generator_non_saturating(discriminator(generator(z)))
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    return loss_g.item()


# %% [markdown] slideshow={"slide_type": "subslide"}
# Twenty iterations with $k=1$:

# %% slideshow={"slide_type": "fragment"}
generator, discriminator, opt_g, opt_d = new_networks()
match = recipes.line_match("normal", seed=0)
x, rng = match.x, torch.Generator().manual_seed(0)  # x: 20,000 real samples
by_hand = []
for _ in range(20):
    x_real = x[torch.randint(len(x), (128,), generator=rng)]
    z = torch.empty(128, 1).uniform_(-1, 1, generator=rng)
    by_hand.append((step_discriminator(x_real, z), step_generator(z)))

# %% [markdown] slideshow={"slide_type": "subslide"}
# The package does the same, but faster:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-input"]
match.reset()
match.every = 1  # note the losses of every iteration
for _ in range(20):
    match.play_iteration()
packaged = [(mark.loss_d, mark.loss_g) for mark in match.history]
far = np.abs(np.subtract(packaged, by_hand)).max()
print(f"D's loss after 20 iterations: by hand {by_hand[-1][0]:.3f}, here {packaged[-1][0]:.3f}")
assert far < 0.001

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Train the two networks
#
# The discriminator has four times the generator's learning rate. Adam moves along an average of past gradients. Here it forgets them quickly (its parameter $\beta_1$ is 0.5), because they belong to an opponent that has changed since.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
guess_curve = stage.predict(
    "Over the training the generated samples get better. Draw the discriminator's loss.",
    stage.sketch(x=(0, 1500), y=(0, 3), labels=("iteration", "D's loss, nats")),
)
guess_curve

# %% [markdown] slideshow={"slide_type": "subslide"}
# Run the next two cells: the first shows a picture, the second plays 1500 iterations in it. *G now* is the generator as it is. *EMA* is the **exponential moving average** of its weights, over about the last tenth of the iterations. It is only for looking at, and takes no part in the training. *KS* (Kolmogorov–Smirnov) is the largest CDF error of chapter 1.
#
# 1. **Which of the two lower panels shows that the samples of the EMA improve?**
# 2. **Give D the learning rate of G, 0.001, press *Reset*, and run the second cell again. The run before stays in grey. What happens to the error of "G now", and what to the losses?**
# 3. **Then set k to 3, press *Reset*, and run the second cell once more. What changes?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
match = recipes.line_match("normal")
duel = stage.play(
    match, line_scenes.duel_scene("normal"), **line_scenes.duel_controls(),
    alt="D beside the optimal D, G beside the exact map, the largest CDF error, and both losses.",
)  # fmt: skip

# %% slideshow={"slide_type": "subslide"}
duel.run(1500);

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# Only the CDF error shows the progress, and the EMA is calmer than "G now". (At the sides the optimal $D$ may leap to 1: no generated sample is there.) With equal learning rates "G now" swings, and even the EMA stays worse than with the faster $D$. With $k=3$ it swings less, because $r$ is larger. The losses hardly tell these runs apart.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
late = duel.run(1500).history[-10:]  # plays to 1500 if you have pressed Reset
loss_d, loss_g = (np.mean([getattr(m, name) for m in late]) for name in ("loss_d", "loss_g"))
print(f"KS of the EMA: {match.history[-1].ks:.3f}")
print(f"mean losses: D {loss_d:.2f} (log 4 = {np.log(4):.2f}), G {loss_g:.2f} ({np.log(2):.2f})")
if match.as_made:  # your own settings may do worse
    assert match.history[-1].ks < 0.05
    assert abs(loss_d - np.log(4)) < 0.05
    assert abs(loss_g - np.log(2)) < 0.1

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
guess_curve.reveal(
    ([mark.iteration for mark in match.history], [mark.loss_d for mark in match.history]),
    "D = ½ everywhere costs log 2 for the real and log 2 for the generated samples. (The curve is "
    "that of your last run.)",
    stage.Part(
        over=(50, 400), right="right about the start",
        above="even at the start the loss is lower than you drew: D's first answers are all near ½",
        below="the loss is near log 4 from the start on",
    ),
    stage.Part(
        over=(600, 1500), right="right about the end: it stays near log 4",
        above="to the end the loss stays near log 4 ≈ 1.39, lower than you drew",
        below="to the end the loss stays near log 4 ≈ 1.39: it does not fall",
    ),
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "subslide"}
# **The loss curves of a GAN do not fall while its samples improve.** Each network's opponent learns too. By (3.7) the loss of the optimal $D$, which is $-V$, is $\log4-2\,\mathrm{JS}$: the better the samples, the closer it is to log 4, and $G$'s loss to $-\log\frac12=\log2$. And at the start, when the samples are bad, $D$ is not optimal yet: it knows nothing and answers ½ to everything, which costs log 4 too.
#
# **But a loss near log 4 does not mean that $D$ cannot tell real from generated samples.** Suppose it answers 0.51 to each real sample and 0.49 to each generated one. Then it tells them all apart, and its loss is still within 0.05 of log 4. Or it may lag behind, and be right about samples that $G$ no longer makes (*Further* sections show both; chapter 5 has a table of what the loss can mean).
#
# The **AUC** tells more (the name, area under the ROC curve, comes from a plot that we do not need). Take a real and a generated sample: how often does $D$ give the real one the larger output? At ½ $D$ is no better than a coin: either $G$ is good, or $D$ is bad. Below ½, $D$ lags behind: $G$ has moved to where $D$ still says "real".

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
sure = [torch.full((1000,), D).logit() for D in (0.51, 0.49)]  # of real and of generated samples
print(f"D says 0.51 and 0.49: loss {losses.discriminator_loss(*sure):.3f}, AUC {auc(*sure):.2f}")
(loss_d,), (ranking,) = recipes.loss_and_auc(match)
print(f"the D of your game:   loss {loss_d:.3f}, AUC {ranking:.2f}")
print(f"log 4 = {np.log(4):.3f}")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A discriminator far ahead
#
# Now the real samples have two modes, and $D$ runs far ahead of $G$: it takes $k=5$ steps in each iteration, with fifty times $G$'s learning rate.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
guess_ahead = stage.predict(
    "D runs far ahead of G, and the real samples have two modes. Where will G's samples go?",
    ["to both modes", "to one mode", "between the modes"],
)
guess_ahead

# %% [markdown] slideshow={"slide_type": "subslide"}
# 1. **Press *Play*, and *Pause* when the samples have gathered. What does $D$'s curve look like right beside the samples, and what where only real samples are?**
# 2. **The arrows show where the slope of $D$'s logit pushes seven of the samples. Press *Step D* and *Step G* in turn, some ten times. What do the arrows at the edges do?**
# 3. **Set D's learning rate to 0.004 and k to 1, and press *Reset* and *Play*. Where do the samples go now?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
collapsing = recipes.line_match(
    "two_modes", seed=1, lr_d=0.05, d_steps=5, loss_fn_g=losses.generator_non_saturating
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.play(
    collapsing,
    line_scenes.opening_scene("two_modes", arrows=True),
    pace=2,
    lr_d=[0.004, 0.05],
    d_steps=(1, 5),
    labels={"lr_d": "D's learning rate", "d_steps": "k"},
    alt="A GAN on a line: D as a curve over two real modes, and the generated samples.",
);

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
guess_ahead.reveal(
    "to one mode",
    "All samples start at one place. Wherever one of them strays, the fast D calls that place "
    "generated at once. So they stay together, and move together to one mode.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# 1. All samples are in one mode: this is the **mode collapse** of chapter 2. $D$'s curve has a dip at each edge of the samples, and leaps to 1 right beside it. Over the other mode $D$ is 1, but no sample is there to feel it.
# 2. Those at the edges keep turning round, some of them every few iterations. A sample that gets across the dip is drawn outwards; but at once the fast $D$ calls its new place generated too, and pushes it back. Inside the dips most arrows point to the middle.
# 3. To both modes.
#
# Each generated sample follows the slope of $D$ at its own place. Nothing in $G$'s loss asks for variety; that comes only from $D$, whose slope draws samples to where they are too few. Here its slope never points one way for long enough to lead them to the other mode. So $D$ has to keep up, but must not run far ahead.
#
# Here $r$ is 250; in the training above it was 4. In the game that we can solve, a larger $r$ never made θ overshoot more: its $D$ has a single number, and no way to put a dip beside the samples. A network has. How much is too much for it has to be found by trying.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## In this chapter we saw
#
# - The generator learns from one slope per generated sample, which is right only if the discriminator keeps up. How well it keeps up depends on $r=k\,\eta_D/\eta_G$.
# - At the equilibrium the losses are log 4 and log 2. Near these values they say little: look at the samples, and at the AUC of the discriminator.
# - If the discriminator runs far ahead, the generator may collapse to one mode: nothing in its loss asks for variety.
#
# **Next:** [chapter 5](05_mnist_gan.ipynb) plays the same game for digits.
#
# Here the core ends. *Further* sections and exercises come below; both can wait.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
# Which predictions of this chapter surprised you?
stage.surprises()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: When the discriminator stands still
#
# A discriminator is optimal for the generator at θ₀. It stays as it is, while the generator moves on to θ₁.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
guess_stale = stage.predict(
    "D is optimal for θ = 2 and stays as it is. G moves from θ = 2 to the left. "
    "Draw V with this old D over θ.",
    stage.sketch(x=(-2, 2), y=(-7, 0), labels=("θ of the generator", "V with the old D")),
)
guess_stale

# %% [markdown] slideshow={"slide_type": "subslide"}
# Left: $V$ over ψ for both generators; the green dot is the old $D$. Right: $V$ over θ, with the old $D$ and with the optimal one.
#
# 1. **Move θ₁ down from 2. Right: down to which θ do both curves fall?**
# 2. **How does each curve go on to the left of it?**
# 3. **Left: at $\theta_1=-1$, what is $V$ with the old $D$, and with the optimal one?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.explore(
    lab.stale_scene(),
    theta_0=(-4.0, 4.0),
    theta_1=(-4.0, 4.0),
    labels={"theta_0": "θ₀ (old D)", "theta_1": "θ₁ (G now)"},
    alt="Left: V over ψ for two generators. Right: V over θ, with the old D and the optimal one.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# Both curves fall down to $\theta=0$. To the left of it the maximum rises again, while $V$ with the old $D$ still falls: at $\theta_1=-1$ it is −4.44, and with the optimal $D$ −1.16.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
stale = games.value(-1, 2) - games.value(0, 2)
best = games.best_value(-1) - games.best_value(0)
print(f"from θ = 0 to −1 V changes by {stale:+.2f} (old D), {best:+.3f} (optimal D)")

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
guess_stale.reveal(
    lambda theta: games.value(theta, 2),
    "At θ = 0 the generator is perfect, and with the optimal D for each θ V is lowest there. "
    "The old D still prefers samples further to the left.",
    stage.Part(
        over=(0, 2), right="right down to θ = 0",
        above="down to θ = 0 V falls faster than you drew",
        below="down to θ = 0 V falls more slowly than you drew",
    ),
    stage.Part(
        over=(-2, -0.5), right="right to the left of 0: it falls on",
        above="to the left of 0 V with the old D still falls, and does not turn",
        below="to the left of 0 V falls more slowly than you drew",
    ),
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: The slope of the maximum
#
# In the last experiment the two curves on the right touch at θ₀, and have the same slope there. This is **Danskin's theorem**: to get the slope of the maximum at some θ, treat the optimal ψ as a constant.
#
# $$\frac{d}{d\theta}\max_\psi V(\theta,\psi)=\frac{\partial V}{\partial\theta}\bigl(\theta,\psi^*(\theta)\bigr)\tag{4.6}$$

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
h = 1e-4
true_slope = (games.best_value(2 + h) - games.best_value(2 - h)) / (2 * h)
print(f"slope of the maximum at θ = 2: {true_slope:.4f}")
for psi in (1, 2, 3):
    slope = games.slope_minimax(2, psi)
    print(f"slope of V with ψ = {psi}:        {slope:.4f}")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: Why r = 4 is the border
#
# Near the equilibrium $V\approx-\log4+\frac12\theta\psi-\frac14\psi^2$. With small steps, one iteration (4.4) then changes the pair by a matrix times the pair:
#
# $$\begin{pmatrix}\theta\\\psi\end{pmatrix}\leftarrow\begin{pmatrix}\theta\\\psi\end{pmatrix}+M\begin{pmatrix}\theta\\\psi\end{pmatrix},\qquad M=\begin{pmatrix}0&-\frac{\eta_G}2\\[2pt]\frac{k\eta_D}2&-\frac{k\eta_D}2\end{pmatrix}$$
#
# Along an eigenvector of $M$ with eigenvalue λ, each iteration multiplies by $1+\lambda\approx e^\lambda$, so $t$ iterations multiply by $e^{\lambda t}$. The eigenvalues solve $\lambda^2+\frac{k\eta_D}2\lambda+\frac{k\eta_D\eta_G}4=0$:
#
# $$\lambda=-\frac{k\eta_D}4\left(1\pm\sqrt{1-\frac4r}\right)$$
#
# For $r<4$ the root is of a negative number, so λ is complex. Then $e^{\lambda t}$ turns while it shrinks: the pair oscillates. For $r\ge4$ both λ are real and negative, and the pair glides to 0.

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
for r in (1, 3.5, 4.5, 16):
    eta_d, eta_g = 0.01 * r, 0.01
    M = np.array([[0, -eta_g / 2], [eta_d / 2, -eta_d / 2]])
    print(f"r = {r:4}: λ =", *(f"{value:.4f}" for value in np.sort_complex(np.linalg.eigvals(M))))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: Which loss of the generator saturates?
#
# The networks above used the *non-saturating* loss, $-\log D$, and the solvable game *minimax*, $\log(1-D)$. Their slopes differ:
#
# | loss of $G$ | slope in the logit $a$ | where $D\approx0$ |
# |:--|:--|:--|
# | minimax, $\log(1-D)$ | $-D$ | almost 0: it **saturates** |
# | non-saturating, $-\log D$ | $-(1-D)$ | almost −1 |
#
# A $D$ that is ahead of $G$ rejects the generated samples with near certainty. How much does this matter? In the solvable game, with the optimal $D$ at each step, $G$ starts at $\theta=4$, 6 or 8. The learning rate is 0.1 for SGD and 0.01 for Adam.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
guess_race = stage.predict(
    "θ = 8, SGD. How many steps does minimax need, compared with non-saturating?",
    ["about as many", "ten times as many", "two hundred times as many"],
)
guess_race

# %% slideshow={"slide_type": "fragment"}
found = lab.races()

# %% [markdown] slideshow={"slide_type": "fragment"}
# 1. **How do both counts change when the start is further away?**
# 2. **Choose Adam. Which loss is faster now?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    lab.race_scene(found),
    start=list(lab.STARTS),
    optimiser=list(lab.RACERS),
    alt="The distance of two generators from the target over the steps, on a logarithmic axis.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# The further away the start, the more steps minimax needs with SGD; non-saturating needs hardly more. With Adam the order is reversed: Adam divides each slope by its usual size, so a small slope does no harm.
#
# </details>

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output", "hide-cell"]
for optimiser in lab.RACERS:
    for start in lab.STARTS:
        minimax, other = (len(found[optimiser, start, loss]) for loss in lab.SLOPES)
        print(f"{optimiser:4} from {start}: minimax needs {minimax / other:5.1f} × as many steps")

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_race.reveal(
    "two hundred times as many",
    "Far away the optimal discriminator says D ≈ 0, and the slope of log(1 − D) is −D.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# So "non-saturating is faster" depends on the optimiser.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: Simultaneous gradient steps rotate
#
# One network that goes downhill comes to rest. Two may not, because each step of one changes the ground under the other. The simplest example is the bilinear game $V=\theta\psi$. If both step at the same time, $G$ by $-\eta\psi$ and $D$ by $+\eta\theta$, the pair moves at a right angle to the direction of the equilibrium. A GAN that is just as small is the **Dirac-GAN**: all real samples are at 0, all generated ones at θ, and $D(x)=\sigma(-\psi x)$.

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
guess_turn = stage.predict(
    "V = θψ. Both networks take small steps at the same time. Where does this lead?",
    ["to the equilibrium", "round on a circle", "further and further away"],
)
guess_turn

# %% [markdown] slideshow={"slide_type": "subslide"}
# Let $F(w)$ be the direction in which both want to go from $w=(\theta,\psi)$. Four methods:
#
# - *simultaneous*: $w+\eta F(w)$;
# - *alternating*: first $D$, then $G$, which already sees the new $D$;
# - *extragradient*, which looks one step ahead: $w+\eta F\bigl(w+\eta F(w)\bigr)$;
# - *optimistic*, which estimates that look from the previous point $w_-$: $w+\eta\bigl(2F(w)-F(w_-)\bigr)$.
#
# γ is the weight of the **R1 penalty** on $D$'s slope at the real samples, in the Dirac-GAN $\frac\gamma2\,\mathbb E\,a'(x)^2=\frac\gamma2\psi^2$; in the bilinear game we add the same term.
#
# Let the iterations run to 400 each time.
#
# 1. **Which methods lead inwards?**
# 2. **Does a smaller learning rate make *simultaneous* go inwards?**
# 3. **Dirac, *simultaneous*: how small may γ be to lead inwards?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.explore(
    lab.rotation_scene(),
    game=list(lab.ROTATING),
    method=list(lab.METHODS),
    lr=stage.log(0.01, 0.5),
    gamma=(0.0, 1.0),
    iterations=stage.played((0, 400)),
    labels={"lr": "learning rate", "gamma": "R1 weight γ"},
    alt="Arrows around an equilibrium, a path through them, and its distance from there.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# Extragradient and optimistic lead inwards. Alternating stays near its circle. Simultaneous leads outwards with every learning rate. In the Dirac-GAN a small γ is enough, about a quarter of the learning rate.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
for name, step in lab.methods().items():
    path = games.follow(games.bilinear, step, [1, 1], 200)
    print(f"bilinear, distance after 200: {np.hypot(*path[-1]):.3f}, {name}")
for gamma in (0, 0.02, 0.05, 1):
    path = games.follow(games.with_r1(games.dirac, gamma), games.simultaneous, [1, 1], 2000)
    print(f"Dirac, simultaneous, γ = {gamma:4}: distance after 2000: {np.hypot(*path[-1]):.3f}")
print("all start at the distance", round(np.sqrt(2), 3))

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_turn.reveal(
    "further and further away",
    "A step along the tangent of a circle always leaves the circle.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# This is one reason why "G now" never settles in training. The EMA averages the circling out.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: Min max is not max min
#
# Equation (2) says *min max*: $G$ chooses first, and $D$ answers. Is *max min* the same? Half of the real samples are at −2, half at 2, and $G$ has to put all of its samples at one of the two places. $D$ chooses a probability for each place.

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
guess_order = stage.predict(
    "Which is larger: min max V (D chooses last), or max min V (G chooses last)?",
    ["min max", "max min", "they are equal"],
)
guess_order

# %% [markdown] slideshow={"slide_type": "subslide"}
# The bars show $V$ if $G$ is at −2, and if it is at 2. You choose $D$, and want $V$ to be large.
#
# 1. **$G$ chooses last, so only the lower bar counts. Can you get it above −log 4?**
# 2. **$D$ chooses last, and $G$ is already at −2, so only the left bar counts. Which number can you reach?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    lab.order_scene(),
    left=(0.005, 0.995),
    right=(0.005, 0.995),
    exact=False,
    labels={"left": "D at −2", "right": "D at 2", "exact": "show min max V"},
    alt="Two hanging bars with numbers, V for G at either place, and a line at minus log 4.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# 1. No: −log 4 is the most, with $D=\frac12$ at both places.
# 2. −0.955, with $D=\frac13$ at −2 and $D$ near 1 at 2.
#
# </details>

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output", "hide-cell"]
min_max = games.best_d_per_place([0.5, 0.5]).min()
d = np.linspace(0.005, 0.995, 199)
answers = np.stack(np.meshgrid(d, d), axis=-1)
max_min = games.best_place_per_d([0.5, 0.5], answers).max()
print(f"min max {min_max:.4f}, max min {max_min:.4f}, −log 4 = {-np.log(4):.4f}")

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_order.reveal(
    "min max", "Whoever chooses last knows more. D gets −0.955 if it is last, else −log 4."
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The two differ because this $G$ cannot split its samples. With half of them at each place, both orders give −log 4. Alternating gradient steps follow neither order. If $D$ is too slow, $G$ moves to the place that $D$ trusts most: one way into mode collapse.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: What each loss minimises, and when the game is zero-sum
#
# With the optimal $D$, minimax and non-saturating differ in more than speed. In the solvable game the minimax slope is that of $2\,\mathrm{JS}$. The two slopes add up to θ, the slope of $\mathrm{KL}(q\Vert p)=\theta^2/2$. So non-saturating descends $\mathrm{KL}-2\,\mathrm{JS}$:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
theta, h = np.array([0.5, 2, 4, 8]), 1e-4
two_js_slope = (games.best_value(theta + h) - games.best_value(theta - h)) / (2 * h)
minimax, other = (slope(theta, theta) for slope in lab.SLOPES.values())
print("θ:                    ", *(f"{value:7.1f}" for value in theta))
print("slope of minimax:     ", *(f"{value:7.4f}" for value in minimax))
print("slope of 2 JS:        ", *(f"{value:7.4f}" for value in two_js_slope))
print("slope, non-saturating:", *(f"{value:7.4f}" for value in other))
print("slope of KL − 2 JS:   ", *(f"{value:7.4f}" for value in theta - two_js_slope))

# %% [markdown] slideshow={"slide_type": "subslide"}
# A game is zero-sum if one player gains what the other loses. With minimax it is: the payoffs of $D$ and $G$ are $V$ and $-V$. (The loss in code leaves out the half of $V$ that $G$ cannot change.) With non-saturating it is not. We check on 10,000 evenly spaced samples: does a step in θ change the sum of the payoffs?

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
x = torch.special.ndtri((torch.arange(10_000).double() + 0.5) / 10_000)  # as from N(0,1)
for loss_of_g in (losses.generator_minimax, losses.generator_non_saturating):
    for at, psi in ((1.0, 1.0), (2.0, 3.0)):
        theta = torch.tensor(at, requires_grad=True)
        real, fake = (psi**2 / 2 - psi * y for y in (x, theta + x))  # logits, by (4.2)
        payoff_d, payoff_g = -losses.discriminator_loss(real, fake), -loss_of_g(fake)  # payoffs
        (slope,) = torch.autograd.grad(payoff_d + payoff_g, theta)
        print(f"{loss_of_g.__name__} at θ = {at:g}, ψ = {psi:g}: slope of the sum {slope:.3f}")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: Does the same loss mean the same quality?
#
# Here are eight GANs with equal learning rates, at twenty moments each. In the grey band $D$'s loss is within 0.05 of log 4. **Does the same loss mean equally good samples, and an equally good $D$?**

# %% slideshow={"slide_type": "subslide"}
equal = recipes.line_match("normal", lr_d=1e-3, copies=8)
looks = []
for _ in stage.progress(range(20), total=20, label="8 GANs, 1000 iterations"):
    for _ in range(50):
        equal.play_iteration()
    looks.append(recipes.loss_and_auc(equal))
loss_d, ranking = np.concatenate(looks, axis=1)
ks = np.concatenate([mark.ks_now for mark in equal.history])

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.show(
    line_scenes.loss_and_quality(loss_d, ks, ranking),
    alt="160 dots each: KS of G, and AUC of D, over D's loss. Near log 4 both vary widely.",
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
near = abs(loss_d - np.log(4)) < 0.05
far, wrong = abs(ranking[near] - 0.5) > 0.1, ranking[near] < 0.4
print(f"of {near.sum()} near log 4, AUC beyond ½ ± 0.1: {far.sum()}, below 0.4: {wrong.sum()}")
assert far.mean() > 0.2
assert wrong.any()
assert np.ptp(ks[near]) > 0.2

# %% [markdown] slideshow={"slide_type": "fragment"}
# Left: good and bad generators have the same loss. Right: some discriminators rank most pairs correctly, others rank most of them *wrongly*, because $G$ has moved to where $D$ still says "real".

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: A discriminator that is right but too sure
#
# Take the optimal $D$ for $N(0,1)$ and $N(2,1)$, and multiply its logit by 3.85. It makes the same decisions, but is far too sure:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
x = np.linspace(-9, 11, 2001)
p, q = (np.exp(-((x - mean) ** 2) / 2) / np.sqrt(2 * np.pi) * 0.01 for mean in (0, 2))
for scale in (1, 3.85):
    a = scale * games.logit(x, 2)
    loss = p @ np.logaddexp(0, -a) + q @ np.logaddexp(0, a)
    correct = (p @ (a > 0) + q @ (a < 0)) / 2
    print(f"logit × {scale:4}: loss {loss:.3f} (log 4 = {np.log(4):.3f}), correct {correct:.0%}")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: Twenty runs, and a target with two modes
#
# One run proves little. Here are twenty GANs, each with its own random seed:

# %% slideshow={"slide_type": "fragment"}
twenty = recipes.line_match("normal", copies=20, every=1500)
for _ in stage.progress(range(1500), total=1500, label="20 GANs, 1500 iterations"):
    twenty.play_iteration()
(last,) = twenty.history

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.show(
    line_scenes.many_runs(last.ks, last.ks_now),
    alt="The largest CDF errors of twenty runs, sorted: dots for the EMA, squares for G itself.",
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
print(f"KS of the EMA below 0.05: {np.sum(last.ks < 0.05)} of 20")
assert np.sum(last.ks < 0.05) >= 18

# %% [markdown] slideshow={"slide_type": "subslide"}
# A harder target has two modes, at ±1.5. In chapter 2 a generator without a discriminator lost one of them.
#
# 1. **Does the GAN find both modes?**
# 2. **Does this depend on *G's loss*? (It starts with minimax.)**
# 3. **Give D the learning rate 0.001, that of G, and press *Reset* and *Play*. What happens to the samples?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
two_modes = recipes.line_match("two_modes")
duel_2 = stage.play(
    two_modes, line_scenes.opening_scene("two_modes"), **line_scenes.duel_controls(loss=True),
    alt="A GAN on a line: D as a curve over two real modes, and the generated samples.",
)  # fmt: skip

# %% slideshow={"slide_type": "subslide"}
duel_2.run(2000);

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# With either loss it finds both modes. It does so with the slow discriminator too, but the samples swing from one to the other.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
duel_2.run(2000)  # plays to 2000 if you have pressed Reset
generated = recipes.generated(two_modes.game.average)
share = np.mean(generated < 0)
print(f"KS of the EMA: {two_modes.history[-1].ks:.3f}; left mode's share: {share:.2f}")
if two_modes.as_made:  # your own settings may do worse
    assert two_modes.history[-1].ks < 0.05
    assert abs(share - 0.5) < 0.05

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# `check` says whether an answer is right, and what to think about if not; `hint("4.1")`, `solution("4.1")` and `progress()` help. The exercises on $V=\theta\psi$ and on min max belong to *Further* sections. All take about 70 minutes.

# %% slideshow={"slide_type": "fragment"}
from gan_edu.exercises import check, hint, progress, solution

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>A worked example: the largest learning rate of G that glides</summary>
#
# By (4.5) the pair glides if $k\,\eta_D/\eta_G\ge4$. Solve for $\eta_G$:
#
# ```python
# def largest_lr_g(k, lr_d):
#     return k * lr_d / 4
#
#
# print(largest_lr_g(k=2, lr_d=0.1))  # 0.05: r = 2 · 0.1/0.05 = 4
# ```
#
# What would you change if the generator took two steps in each iteration?
#
# </details>
#
# <details><summary>The answer to its question</summary>
#
# Two steps move $G$ about as far as one with twice the learning rate, so the largest rate is half as large.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 4.1 · Which samples does each loss push?
#
# *Code, 5 minutes.* A generated sample has the logit $a$. The generator's losses, minimax $\log(1-D)$ and non-saturating $-\log D$, have slopes in $a$ there. What is the second slope divided by the first? Then try $a=-8$, 0 and 8: which samples does each loss push?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def how_many_times(a):
    ...


check("4.1", how_many_times)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 4.2 · How many discriminator steps are enough?
#
# *Code, 5 minutes.* Let both learning rates be so small that the border between oscillating and gliding is at $r=4$. In each iteration the discriminator takes $k$ steps with the learning rate `lr_d`, then the generator `g_steps` steps with `lr_g`. What is the smallest $k$ for which the pair glides? (At $r=4$ it just does.)

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def smallest_k(lr_d, lr_g, g_steps):
    ...


check("4.2", smallest_k)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 4.3 · What is conserved when they alternate?
#
# *Code, 10 minutes.* $V=\theta\psi$ with alternating steps: first the discriminator, $\psi\leftarrow\psi+\eta\theta$, then the generator, $\theta\leftarrow\theta-\eta\psi$, with the new ψ. Find a quantity, as a function of θ, ψ and η (`lr`), that no such iteration changes, wherever it starts. It must tell one path from another, so it must not be the same everywhere. What does it say: can the pair reach the equilibrium?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def conserved(theta, psi, lr):
    ...


check("4.3", conserved)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 4.4 · A collapsed generator and many places
#
# *Code, 10 minutes.* Now there are $n$ places, the real samples are spread evenly over all of them, and the generator still puts all of its samples at one. Write a function that returns both numbers, min max $V$ and max min $V$. What are they for $n=1000$?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def orders(n):
    d = 1 / (n + 1)  # D's best answer where all of G's samples are, if D chooses last
    ...  # return min_max, max_min


check("4.4", orders)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 4.5 · How long until the distance has grown tenfold?
#
# *Code, 8 minutes.* $V=\theta\psi$, and both networks step at the same time, with the learning rate η. After how many iterations is the pair at least `factor` times as far from the equilibrium as at the start? Guess before you compute: how many times as many iterations does half the learning rate take?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def iterations_to_grow(lr, factor):
    ...


check("4.5", iterations_to_grow)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
# A puzzle: put these lines in order
practice.puzzle("4.p1")

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
# A puzzle: put these lines in order
practice.puzzle("4.p2")

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 4.6 · The generator's steps get longer and longer
#
# *Debug, 8 minutes.* This is one iteration of a non-saturating GAN. The first iteration is right; then the generator's steps get longer and longer, and no error is raised. Repair it. `check` plays two iterations with two small networks and plain gradient steps, and compares their weights.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def play_iteration(generator, discriminator, opt_g, opt_d, x_real, z):
    real, fake = discriminator(x_real), discriminator(generator(z).detach())
    loss_d = losses.discriminator_loss(real, fake)
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    loss_g = losses.generator_non_saturating(discriminator(generator(z)))
    loss_g.backward()
    opt_g.step()


check("4.6", play_iteration)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 4.7 · Reach the equilibrium with 200 gradient steps
#
# *Open, 15 minutes.* The solvable game again, from $\theta=3$, $\psi=0$, but each slope is a mean over a batch of 32 samples. (Up to now it was the *exact mean*, as of infinitely many.) The figure lets you try. You have 200 gradient steps in all, so $k$ discriminator steps leave $200/(k+1)$ iterations. Choose `(k, lr_d, lr_g)` so that $|\theta|$, averaged over 20 games and the last quarter of the iterations, is below 0.05. This can fail in several ways; `check` says which one was yours.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.explore(
    descent.overshoot_scene(),
    k=(1, 10),
    batch=descent.BATCHES,
    lr_d=descent.LEARNING_RATES,
    lr_g=descent.LEARNING_RATES,
    labels={"lr_d": "D's learning rate", "lr_g": "G's learning rate"},
    alt="G's parameter over the iterations; its overshoot over r.",
)

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None  # (k, lr_d, lr_g)
check("4.7", answer)

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Symbols.** The article writes $x$ for the noise and $y$ for a generated sample.
#
# | here | in code | the article | meaning |
# |:--|:--|:--|:--|
# | $z$, $x=G(z)$ | `z`, `x_fake` | $x$, $y=G(x,\theta)$ | noise, and the generated sample |
# | $\theta$ | `theta`, `generator` | $\theta$ | parameters of the generator |
# | $\psi$ | `psi`, `discriminator` | $\Theta$ | parameters of the discriminator |
# | $a$; $D=\sigma(a)$ | `logits` | $-D$ in (3) and (4); $D$ | logit, large on real samples; probability of "real" |
# | $p$, $q$ | `p`, `q` | – | densities of the real and the generated samples |
# | $V(\theta,\psi)$ | `games.value` | $V(G,D)$ | value: $D$ maximises it, $G$ minimises it |
# | $\eta_D$, $\eta_G$ | `lr_d`, `lr_g` | – | learning rates |
# | $k$ | `d_steps` | $k$ | discriminator steps in one iteration |
# | $r=k\,\eta_D/\eta_G$ | – | – | how far $D$ can move for each move of $G$ |
#
# All terms of the course, in English and Chinese: the [glossary](glossary.ipynb).
