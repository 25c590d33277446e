# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # Let the two play against each other
#
# [Open this chapter in Google Colab](https://colab.research.google.com/github/gan-edu/gan-edu/blob/main/notebooks/04_adversarial_game.ipynb)

# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true} tags=["remove-cell"]
if "google.colab" in str(get_ipython()):  # elsewhere this cell does nothing
    course = "pooch anywidget psygnal 'ipywidgets>=8.1.5' git+https://github.com/gan-edu/gan-edu"
    get_ipython().run_line_magic("pip", f"install -q --no-deps {course}")
    __import__("google.colab").colab.output.enable_custom_widget_manager()

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
from gan_edu import stage

stage.picture(
    "adversarial_game.png",
    "Four pictures of a game: the judge over both laws; the forger's map beside the exact one; "
    "the largest gap; and both losses over the rounds.",
)

# %% [markdown] slideshow={"slide_type": "-"}
# The judge of chapter 3 can tell how far apart two heaps are. Now the forger uses it: he changes his forgeries so that the judge's number gets better, the judge learns again, and so on. In this chapter you first play both parts by hand, in a game so small that every answer is known. Then two networks play it.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **What you'll do.** See which gradient reaches the forger; play a game with one number for each side; find out what happens if one side moves too fast; watch games that turn in circles, and stop them; race two losses; and train a GAN from uniform noise to the bell, with the exact answer beside it.
#
# **What you'll learn.** Why the judge moves more often; why the two players circle, and what calms them; which loss helps a hopeless forger; and what the two loss curves of a GAN mean.
#
# **What you need.** Chapter 3, derivatives, a little PyTorch, and sixty minutes.

# %% [markdown] slideshow={"slide_type": "subslide"}
# | here | in code | the article | |
# |:--|:--|:--|:--|
# | $z$, $y=G(z)$ | `z`, `x_fake` | $x$, $y=G(x,\theta)$ | noise, and the forgery it becomes |
# | $\theta$ | `theta`, `generator` | $\theta$ | the forger's knobs |
# | $\psi$ | `psi`, `discriminator` | $\Theta$ | the judge's knobs |
# | $a$, $D=\sigma(a)$ | `logits` | $-D$ in (3) and (4); $D$ | the judge's output, large on real samples; the probability of real |
# | $V(\theta,\psi)$ | `games.value` | $V(G,D)$ | the judge wants it large, the forger small |
# | $k$ | `d_steps` | $k$ | steps of the judge for each step of the forger |
#
# $\sigma(a)=1/(1+e^{-a})$. One *round* is $k$ steps of the judge and one of the forger.
#
# All words of the course, in English and Chinese: the [glossary](glossary.ipynb).

# %% slideshow={"slide_type": "fragment"}
import numpy as np
import torch
from scipy.special import log_expit

from gan_edu import games, losses, recipes, settings, stage
from gan_edu.chapters.ch04_adversarial_game import line_scenes
from gan_edu.chapters.ch04_adversarial_game import scenes as lab
from gan_edu.chapters.sign_card import sign_card, two_losses_scene
from gan_edu.distributions import normal

settings.reset()  # PyTorch and NumPy as in a new kernel
torch.set_num_threads(1)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What the forger is told
#
# In step 2 the judge stands still, and the forger minimises what the judge makes of his forgeries. In the article's letters this is
#
# $$\theta=\arg\min_\theta L_2,\qquad L_2=\frac1B\sum_{i=1}^BD\bigl(G(x_i,\theta),\Theta\bigr)\tag{4}$$
#
# with its $D=-a$. Here are a forger, a judge, and five forgeries:

# %% slideshow={"slide_type": "fragment"}
from gan_edu.networks import mlp

torch.manual_seed(0)
generator, discriminator = mlp((1, 8, 1), "tanh"), mlp((1, 8, 1), "tanh")
z = torch.rand(5, 1) * 2 - 1

# %% slideshow={"slide_type": "fragment"}
guess_told = stage.predict(
    "The forger takes a step. What does he get to see of the real samples?",
    ["the batch that the judge saw last", "nothing at all", "their mean"],
)
guess_told

# %% [markdown] slideshow={"slide_type": "subslide"}
# By the chain rule the forger's gradient is a product:
#
# $$\frac{\partial L_2}{\partial\theta}=-\frac1B\sum_i\underbrace{\frac{\partial a}{\partial y}(y_i)}_{\text{from the judge}}\cdot\underbrace{\frac{\partial G}{\partial\theta}(z_i)}_{\text{the forger's own}}\tag{4.1}$$
#
# All that he hears is one slope for each forgery: which way to move it, to look more real.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
weights = list(generator.parameters())
whole = torch.autograd.grad(-discriminator(generator(z)).mean(), weights)

y = generator(z).detach().requires_grad_()
(push,) = torch.autograd.grad(-discriminator(y).mean(), y)  # from the judge: 5 numbers
product = torch.autograd.grad(generator(z), weights, grad_outputs=push)
print("the same gradient:", all(map(torch.allclose, whole, product)))

# %% [markdown] slideshow={"slide_type": "subslide"}
# Look for a real sample in that cell. And what does the forger get from a judge that says the same of everything?

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
with torch.no_grad():
    discriminator[-1].weight.zero_()  # a is its last bias now, whatever y is
silence = torch.autograd.grad(-discriminator(generator(z)).mean(), weights)
print("the forger's gradient is 0:", all((g == 0).all().item() for g in silence))

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_told.reveal(
    "nothing at all", "He gets one slope for each of his own forgeries. The judge saw the rest."
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A game that one can solve
#
# Let each side have a single knob. Real samples come from $N(0,1)$. The forger moves his bell: $p_G=N(\theta,1)$. The judge is
#
# $$D_\psi(x)=\sigma\Bigl(\frac{\psi^2}2-\psi x\Bigr)\tag{4.2}$$
#
# which for $\psi=\theta$ is exactly the best judge $p/(p+p_G)$ of chapter 3: it knows where the forger stands, if $\psi$ does. Both look at
#
# $$V(\theta,\psi)=\mathbb E_{x\sim N(0,1)}\log D_\psi(x)+\mathbb E_{x\sim N(\theta,1)}\log\bigl(1-D_\psi(x)\bigr)\tag{4.3}$$

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
def value(theta, psi, n=1_000_000):
    x = np.random.default_rng(0).normal(size=n)
    log_d = -np.logaddexp(0, -(psi**2 / 2 - psi * x))  # log σ(a) on real samples
    log_1_d = -np.logaddexp(0, psi**2 / 2 - psi * (theta + x))  # log(1 − σ(a)) on forgeries
    return log_d.mean() + log_1_d.mean()


print("with a million samples:", np.isclose(value(2, 1), games.value(2, 1), atol=0.005))
p, q = np.exp(-0.5 * (lab.GRID - [[0], [2]]) ** 2)  # both bells, but for a factor
d = 1 / (1 + np.exp(-games.logit(lab.GRID, 2)))
print("ψ = θ is the best judge:", np.allclose(p / (p + q), d))

# %% [markdown] slideshow={"slide_type": "subslide"}
# Now equations (1) and (2) can be *seen* (with $D$ the probability of real):
#
# $$D^*=\arg\max_DV(G,D)\tag{1}$$
#
# $$G^*=\arg\min_G\max_DV(G,D)\tag{2}$$
#
# For each of three forgers, the article says, find the judge's top; then choose the forger whose top is lowest.

# %% slideshow={"slide_type": "fragment"}
guess_tops = stage.predict(
    "Three forgers stand at θ = 3, 2, 1. Where is the judge's top for each, and which is lowest?",
    ["all at ψ = 0; θ = 3", "at ψ = θ; θ = 1", "at ψ = θ; θ = 3"],
)
guess_tops

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Take each of the three in turn with θ, and find the top with ψ. Then find the forger whose top is lower than all three. What does the judge's curve look like for him?** On the right, ψ moves the dot up and down, θ from side to side. *Show all three* draws the article's picture, and on the right, dotted, where the tops lie.

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.tops_scene(),
    theta=(-4.0, 4.0),
    psi=(-4.0, 4.0),
    three=False,
    labels={"theta": "θ (forger)", "psi": "ψ (judge)", "three": "show all three, and the tops"},
    alt="V over the judge's knob for your forger, and V as a map over both knobs.",
)

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output", "hide-cell"]
psi = np.linspace(-4, 4, 8001)
for theta in (3, 2, 1, 0):
    v = games.value(theta, psi)
    print(f"θ = {theta}: top {v.max():7.4f} at ψ = {psi[v.argmax()] + 0:.2f}")
print("−log 4 =", round(-np.log(4), 4))

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_tops.reveal(
    "at ψ = θ; θ = 1",
    "The nearer the forger is to the real bell, the less even the best judge can do.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# The lowest top of all is at $\theta=0$, where both bells are the same. There the best judge has $\psi=0$: it says ½ to everything, and $V=-\log4$.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Play it by hand
#
# You are the judge, at $\psi=0$. The forger starts at $\theta=3$. **Move ψ to the top of the curve, then press "forger moves": he goes one step down the slope of $V$ in θ, as your judge shows it to him. Bring him home, into the blue strip. The title counts how many nats you missed in all, by not being on the top. Then Reset, put ψ at 3, and let it stay there: what becomes of him?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.hand_scene(),
    psi=(-4.0, 4.0),
    moves=stage.button("forger moves"),
    labels={"psi": "ψ (you)"},
    alt="V over the judge's knob with a dot, and the forger's knob move by move.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# A judge who is always on the top misses nothing. (One who overstates, with too large a ψ, can be quicker: a steeper slope. But it overshoots if it goes on.) One who stays at 3 sends the forger past the real bell and far away.
#
# </details>
#
# How many moves does a judge need who is always on the top? And where does the forger go if ψ stays at 3?

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
theta, moves = 3.0, 0
while abs(theta) > 0.1:
    theta, moves = theta - lab.LR_G * games.slope_minimax(theta, theta), moves + 1
print("on the top each time:", moves, "moves")
print("ψ = 3 for ever:", *(f"{theta:.1f}" for theta in lab.by_hand([3.0] * 5)[0]))

# %% [markdown] slideshow={"slide_type": "fragment"}
# So the forger lives on what the judge says *now*. A judge who does not follow him leads him astray.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## A judge that is out of date
#
# This is the article's second picture. There $V(G_0,D_0^*)$ and $V(G_1,D_0^*)$ are compared: a forger $G_0$, the judge $D_0^*$ that is best against him, and the forger $G_1$ of one step later.
#
# > **The article says** that the *trends* of $V(G_0,D_0^*)$ and $V(G_1,D_0^*)$ differ. **Precisely:** each of these is a number. What has a trend is $V(G_0,\cdot)$ and $V(G_1,\cdot)$, over all judges (left), or $V(\cdot,D_0^*)$, over all forgers (right).

# %% slideshow={"slide_type": "fragment"}
guess_stale = stage.predict(
    "The judge is best against θ = 2 and stays there. The forger walks from 0 on to −1. "
    "What happens to V with this judge, and to V with the best judge for each θ?",
    ["it falls; it falls", "it falls; it rises", "it rises; it rises"],
)
guess_stale

# %% [markdown] slideshow={"slide_type": "fragment"}
# $\psi_0^*$ is the old judge's knob, the top for θ₀. **Let θ₁ walk from 2 down. Left: how far can it go until the orange dot, what the old judge says of it, is a whole nat below its own top? Right, where both curves are drawn from 4 down to θ₁: where do both fall, and where do they part?**

# %% slideshow={"slide_type": "subslide"}
stage.explore(
    lab.stale_scene(),
    theta_0=(-4.0, 4.0),
    theta_1=(-4.0, 4.0),
    psi=(-4.0, 4.0),
    labels={"theta_0": "θ₀ (left)", "theta_1": "θ₁", "psi": "ψ (right)"},
    alt="Left: V over judges for two forgers. Right: V over forgers, for one judge and the best.",
)

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
stale = games.value(-1, 2) - games.value(0, 2)
true = games.best_value(-1) - games.best_value(0)
print(f"from θ = 0 to −1: the judge of θ = 2 says {stale:+.2f}, in truth {true:+.3f}")

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_stale.reveal(
    "it falls; it rises",
    "At 0 he was perfect. The old judge sends him on, since it knows him only from the right.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# To about $\theta_1=0.2$. On the right both fall from $\theta=4$ to 0; left of 0 the true curve rises again, and the old judge's still falls.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# At the point where the curves touch they have the same slope. That is **Danskin's theorem**: at the best judge the forger may treat the judge as fixed (with another one the slope is right only by accident),
#
# $$\frac{d}{d\theta}\max_\psi V(\theta,\psi)=\frac{\partial V}{\partial\theta}\bigl(\theta,\psi^*(\theta)\bigr)\tag{4.4}$$

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
h = 1e-4
true_slope = (games.best_value(2 + h) - games.best_value(2 - h)) / (2 * h)
for psi in (1, 2, 3):
    slope = games.slope_minimax(2, psi)
    print(f"ψ = {psi}: the right slope at θ = 2:", np.isclose(slope, true_slope))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Who moves how often?
#
# Nobody finds the top in each round: the judge takes $k$ gradient steps up, and then the forger one step down.
#
# $$\psi\leftarrow\psi+\eta_D\,\frac{\partial V}{\partial\psi}\quad(k\text{ times}),\qquad\theta\leftarrow\theta-\eta_G\,\frac{\partial V}{\partial\theta}\tag{4.5}$$

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
theta, psi = 3.0, 0.0
for _ in range(50):
    for _ in range(4):
        psi = psi + 0.1 * games.slope_d(theta, psi)
    theta = theta - 0.1 * games.slope_minimax(theta, psi)
path = games.play(3, 0, 50, d_steps=4)
print("the package plays the same:", np.allclose(path[-1], [theta, psi]))

# %% slideshow={"slide_type": "fragment"}
guess_k = stage.predict(
    "The forger overshoots with k = 1. Instead of k = 4 steps of the judge, "
    "make its single step four times as long. What changes?",
    ["next to nothing", "it overshoots as before", "it runs away"],
)
guess_k

# %% [markdown] slideshow={"slide_type": "subslide"}
# **With k = 1, 2, 4: how far does θ get beyond 0? Leave k at 1 and pull the judge's rate up to 0.4, or the forger's down to 0.025: what do you see? Then tick "count steps", so that each of the $k+1$ steps counts: is k = 10 still quick? And with batches of 32: which comes to rest later, k = 4 or a rate of 0.4?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.descent_scene(),
    k=(1, 10),
    lr_d=stage.log(0.01, 1.0),
    lr_g=stage.log(0.01, 1.0),
    batch=lab.BATCHES,
    count_steps=False,
    labels={"lr_d": "judge's rate", "lr_g": "forger's rate", "count_steps": "count steps"},
    alt="The way of both knobs, the forger's knob over the rounds, and its overshoot over r.",
)

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output", "hide-cell"]
for k in (1, 2, 4, 10):
    path = games.play(3, 0, 300, d_steps=k)
    over, iterations = games.overshoot(path), games.settled(path)
    steps = iterations * (k + 1)
    print(f"k = {k:2}: beyond 0 by {over:.2f}; home in {iterations:3} rounds, {steps:4} steps")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Near the goal $V\approx-\log4+\frac12\theta\psi-\frac14\psi^2$, a spring with a brake: in a round θ moves by $-\frac{\eta_G}2\psi$ and ψ by $\frac{k\eta_D}2(\theta-\psi)$. For small steps such a motion is made of $e^{\lambda t}$ with $\lambda^2+\frac{k\eta_D}2\lambda+\frac{k\eta_D\eta_G}4=0$. What counts is how far the judge can move for each move of the forger:
#
# $$r=\frac{k\,\eta_D}{\eta_G}\tag{4.6}$$
#
# Below $r=4$ the λ are complex and the pair swings; above they are real, and it glides. (With rates of 0.1, no longer small, the border is at 3.6.)

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
for r in (1, 3.5, 4.5, 16):
    pair = games.iteration_eigenvalues(lr_d=0.01 * r, lr_g=0.01)
    print(f"r = {r:4}:", "swings" if np.any(pair.imag) else "glides")
four_steps, one_long = games.play(3, 0, 100, d_steps=4), games.play(3, 0, 100, lr_d=0.4)
print("k = 4 or a rate of 0.4, apart by", np.abs(four_steps - one_long).max().round(2))

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_k.reveal(
    "next to nothing",
    "Both make r = 4, and r is what counts.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# K = 10 glides, but needs more than twice as many gradient steps as k = 1. With small batches the long step comes to rest later: its noise is not averaged over four of them.
#
# </details>
#
# > **The article says** to update the forger rarely: $k$ steps of the judge for one of his. **Precisely:** what counts is $r$. The first GAN paper writes $k$, and sets it to 1 in its experiments; one can also give the judge the larger rate, as we do below. And "rarely" has its price: counted in gradient steps, a large $k$ is slower.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Why games turn
#
# A ball that rolls downhill comes to rest. Two players need not: each step of one tilts the ground under the other. The purest case is $V=\theta\psi$: the forger goes $-\psi$, the judge $+\theta$, always at a right angle to the way to the middle.
#
# A GAN that is just as small is the **Dirac-GAN**: all real samples are at 0, all forgeries at θ, and $D(x)=\sigma(-\psi x)$.

# %% slideshow={"slide_type": "fragment"}
guess_turn = stage.predict(
    "V = θψ, both players take a small step at the same time, for ever. Where do they end?",
    ["in the middle", "on a circle", "ever further out"],
)
guess_turn

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Which methods leave the circle inwards? Does a smaller rate turn "simultaneous" inwards? For the Dirac game, give "simultaneous" some brake γ: how little is enough?** Let the rounds run to 400 each time. With $F(p)$ the direction in which both want to go from $p=(\theta,\psi)$:
#
# - *simultaneous*: $p+\eta F(p)$; *alternating*: the judge first, then the forger, who already sees it;
# - *extragradient*: $p+\eta F\bigl(p+\eta F(p)\bigr)$, look one step ahead; *optimistic*: $p+\eta\bigl(2F(p)-F(p_-)\bigr)$, guess that look from the last point $p_-$.
#
# γ is a brake on the judge. In the Dirac game it is **R1**, a fine on the judge's slope at the real samples, $\frac\gamma2\,\mathbb E\,a'(x)^2=\frac\gamma2\psi^2$; in the other game it is just the same term.

# %% slideshow={"slide_type": "subslide"}
stage.explore(
    lab.rotation_scene(),
    game=list(lab.TURNING),
    method=list(lab.METHODS),
    lr=stage.log(0.01, 0.5),
    gamma=(0.0, 1.0),
    iterations=stage.played((0, 400)),
    labels={"gamma": "brake γ"},
    alt="Arrows that turn around a middle, a path through them, and its distance from the middle.",
)

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
for name, step in lab.METHODS.items():
    path = games.follow(games.bilinear, step, [1, 1], 200)
    print(f"{name:13}: from {np.hypot(*path[0]):.3f} to {np.hypot(*path[-1]):.3f}")
print("(1 + 0.1²) each two steps:", round(np.sqrt(2) * 1.01**100, 3))

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output", "hide-cell"]
for gamma in (0, 1):
    path = games.follow(lambda p, g=gamma: games.dirac(p, g), games.simultaneous, [1, 0], 2000)
    print(f"Dirac-GAN, γ = {gamma}: distance {np.hypot(*path[-1]):.2f}")

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
for lr, gamma in ((0.01, 0), (0.1, 0.02), (0.1, 0.05)):
    field = lab.turning_field("Dirac", gamma)
    path = games.follow(field, games.simultaneous, [1, 1], 2000, lr)
    print(f"Dirac, rate {lr}, γ = {gamma}: inwards", np.hypot(*path[-1]) < np.hypot(*path[0]))

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_turn.reveal(
    "ever further out",
    "A step along the tangent leaves the circle outwards, be it ever so small.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# Extragradient and optimistic go inwards, alternating stays near its circle, simultaneous goes outwards at every rate. In the Dirac game a small brake is enough, about a quarter of the rate.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Who chooses last?
#
# Equation (2) says *min max*: the judge answers when the forger stands. Is it the same the other way round, *max min*? Half of the real samples lie at −2, half at 2, and the forger puts all of his at one of the two places. The judge says any probability at each.

# %% slideshow={"slide_type": "fragment"}
guess_order = stage.predict(
    "Which is larger: min max V (the judge chooses last), or max min V (the forger does)?",
    ["min max", "max min", "they are equal"],
)
guess_order

# %% [markdown] slideshow={"slide_type": "subslide"}
# **The judge first: choose both answers so that the *lower* pillar ends as high as possible. Can you lift it above −log 4? The forger first, say at −2: how high can you lift that pillar alone?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.order_scene(),
    left=(0.005, 0.995),
    right=(0.005, 0.995),
    exact=False,
    labels={"left": "D at −2", "right": "D at 2", "exact": "show min max V"},
    alt="Two hanging pillars, V for a forger at either place, and a line at minus log 4.",
)

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output", "hide-cell"]
min_max = games.best_d_per_place([0.5, 0.5]).min()
d = np.linspace(0.005, 0.995, 199)
answers = np.stack(np.meshgrid(d, d), axis=-1)
max_min = games.best_place_per_d([0.5, 0.5], answers).max()
print(f"min max {min_max:.4f}, max min {max_min:.4f}, −log 4 = {-np.log(4):.4f}")

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_order.reveal(
    "min max", "Whoever chooses last knows more. The judge gets −0.955 then, else only −log 4."
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# The two differ because this forger cannot split his heap. If he puts half at each place, the best judge says ½, and both orders give −log 4. A forger who could make any law need not care who goes last. A network that is trained in small steps has to.
#
# > **The article writes** $\min\max$, and then lets both take turns. **Precisely:** the order is part of the game, and gradient steps in turn know no order. If the judge is too slow, the forger may answer it instead: he runs to the one place that it trusts most. This is one way in which a GAN *collapses* onto few samples.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Two losses race
#
# Minimax, $\log(1-D)$, or non-saturating, $-\log D$? In chapter 3 we saw both and their slopes; here they are again.

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    two_losses_scene(),
    d=(0.01, 0.99),
    labels={"d": "D(G(z))"},
    alt="Both losses of the forger, and their slopes in the logit, from this D on.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# In the solvable game, with the judge on its top before each step, both forgers walk home from $\theta=4$, 6 or 8. Plain steps have the rate 0.1, Adam's 0.01: compare only within one optimiser.

# %% slideshow={"slide_type": "subslide"}
guess_race = stage.predict(
    "θ = 8, plain gradient steps. How many more does minimax need than non-saturating?",
    ["about as many", "ten times as many", "two hundred times as many"],
)
guess_race

# %% slideshow={"slide_type": "fragment"}
found = lab.races()

# %% [markdown] slideshow={"slide_type": "fragment"}
# **How does each loss take it when the start moves further out? Then give both Adam in the place of plain steps: who wins now?**

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    lab.race_scene(found),
    start=list(lab.STARTS),
    optimiser=list(lab.RACERS),
    alt="Two forgers' ways home over the steps, on a logarithmic axis.",
)

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output", "hide-cell"]
for (optimiser, start), ways in found.items():
    ratio = len(ways["minimax"]) / len(ways["non_saturating"])
    print(f"{optimiser:4} from {start}: minimax takes {ratio:5.1f} times as many steps")

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_race.reveal(
    "two hundred times as many",
    "Far out the best judge says D ≈ 0, and the slope of log(1 − D) is −D: almost nothing.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Adam divides each slope by its usual size, so a small slope costs it nothing; what it dislikes is a slope that starts large and shrinks. So "non-saturating is faster" holds for plain steps, and depends on the optimiser.
#
# > **The article says** that the two fall at different speeds. **Precisely:** they also lead down different hills. At the best judge the slopes are $\frac{d}{d\theta}2\,\mathrm{JS}$ and $\theta-\frac{d}{d\theta}2\,\mathrm{JS}$: the second forger descends $\mathrm{KL}(p_G\Vert p)-2\,\mathrm{JS}$, since here $\mathrm{KL}=\theta^2/2$.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
theta, h = np.array([0.5, 2, 4, 8]), 1e-4
two_js_slope = (games.best_value(theta + h) - games.best_value(theta - h)) / (2 * h)
minimax, other = (slope(theta, theta) for slope in lab.SLOPES.values())
print("minimax descends 2 JS:             ", np.allclose(minimax, two_js_slope, atol=1e-6))
print("non-saturating descends KL − 2 JS: ", np.allclose(other, theta - two_js_slope, atol=1e-6))

# %% [markdown] slideshow={"slide_type": "subslide"}
# > **The article says** that a GAN is a zero-sum game. **Precisely:** with minimax, yes: what the judge gains the forger loses. With the non-saturating loss, no: the payoffs, $V$ for the judge and $-L_G$ for the forger, who minimises $L_G$, sum to something that depends on θ and ψ.
#
# A check with the losses in code, on 10,000 evenly spread samples. In the minimax game the forger pays for the judge's real samples too; his steps cannot change that half, so the loss in code leaves it out. Does a step in θ then change the sum of the payoffs?

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
x = torch.special.ndtri((torch.arange(10_000).double() + 0.5) / 10_000)  # as from N(0,1)
for loss_of_g in (losses.generator_minimax, losses.generator_non_saturating):
    for at, psi in ((1.0, 1.0), (2.0, 3.0)):
        theta = torch.tensor(at, requires_grad=True)
        real, fake = (psi**2 / 2 - psi * y for y in (x, theta + x))  # logits, by (4.2)
        discriminator, forger = -losses.discriminator_loss(real, fake), -loss_of_g(fake)  # payoffs
        (slope,) = torch.autograd.grad(discriminator + forger, theta)
        print(f"{loss_of_g.__name__} at θ = {at:g}, ψ = {psi:g}: slope of the sum {slope:.3f}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# The signs, once more on one card: who pushes which samples which way.

# %% slideshow={"slide_type": "fragment"}
stage.explore(
    sign_card(),
    a=(-4.0, 4.0),
    alt="A sample on three rulers, arrows for who pushes which way, and all losses over a.",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Two networks play
#
# Now the real thing, and the question with which chapter 1 began: uniform noise shall become the bell. But now nobody tells the forger the map $\Phi^{-1}$. He only hears the judge. Adam's $\beta_1=0.5$ keeps little momentum, since the opponent moves too; the judge has four times the forger's rate.

# %% [markdown] slideshow={"slide_type": "subslide"}
# A round of this game at a glance, with the samples and losses after 200 rounds. Solid: what is computed from what. Dashed: whom each loss trains, in its step.

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
stage.picture(
    "one_iteration.svg",
    "Noise goes through G and becomes forgeries; these and real samples go through D and "
    "become three losses. Dashed arrows: the judge's two losses lead back to D and end there; "
    "the forger's loss leads back through D and the forgeries to G.",
)


# %% slideshow={"slide_type": "fragment"}
def new_game(seed=0):
    torch.manual_seed(seed)
    generator, discriminator = mlp((1, 32, 32, 1), "tanh"), mlp((1, 32, 32, 1), "leaky_relu")
    opt_g = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.9))
    opt_d = torch.optim.Adam(discriminator.parameters(), lr=4e-3, betas=(0.5, 0.9))
    return generator, discriminator, opt_g, opt_d


# %% [markdown] slideshow={"slide_type": "subslide"}
# **Step 1**, the judge. `detach` cuts the forgeries loose from the forger: this step must not move him. `zero_grad` forgets the gradient of the step before, to which `backward` would add.

# %% slideshow={"slide_type": "fragment"}
def step_discriminator(x_real, z):
    x_fake = generator(z).detach()
    loss_d = losses.discriminator_loss(discriminator(x_real), discriminator(x_fake))
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    return loss_d.item()


# %% [markdown] slideshow={"slide_type": "fragment"}
# **Step 2**, the forger. Here is no `detach`: the gradient (4.1) comes through the judge. No real sample is in sight.

# %% slideshow={"slide_type": "fragment"}
def step_generator(z):
    loss_g = losses.generator_non_saturating(discriminator(generator(z)))
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    return loss_g.item()


# %% [markdown] slideshow={"slide_type": "subslide"}
# Twenty rounds with $k=1$. The real samples are drawn from 20,000 that lie evenly under the bell.

# %% slideshow={"slide_type": "fragment"}
generator, discriminator, opt_g, opt_d = new_game()
match = recipes.line_match("normal", seed=0)
x, rng = match.x, torch.Generator().manual_seed(0)
by_hand = []
for _ in range(20):
    x_real = x[torch.randint(len(x), (128,), generator=rng)]
    z = torch.empty(128, 1).uniform_(-1, 1, generator=rng)
    by_hand.append((step_discriminator(x_real, z), step_generator(z)))

# %% [markdown] slideshow={"slide_type": "subslide"}
# The package plays the same game, quicker: the judge looks at real and forged samples in one pass, and forgeries are made once a round. It also keeps a running **average** of the forger's weights, over the last tenth of the game, which takes no part in it.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
match.reset()
match.every = 1  # note each round, instead of every fiftieth
for _ in range(20):
    match.play_iteration()
packaged = [(mark.loss_d, mark.loss_g) for mark in match.history]
print("the same losses:", np.allclose(packaged, by_hand, rtol=1e-3))

# %% slideshow={"slide_type": "fragment"}
guess_curve = stage.predict(
    "The forgeries get better and better. What does the judge's loss do?",
    ["it falls towards 0", "it goes to log 4 and stays there", "it grows without end"],
)
guess_curve

# %% [markdown] slideshow={"slide_type": "subslide"}
# Press *Play*; or run the next cell too, which plays 1500 rounds. All sliders act at once. **Give both players the rate 0.001 and Reset. Then the judge three steps. Then minimax. Then SGD. Each time: does "G now" calm down? What do the losses say about it?** Reset begins anew, with the settings as they stand.

# %% slideshow={"slide_type": "fragment"}
controls = {
    "d_steps": (1, 5), "loss_fn_g": recipes.LOSSES,
    "optimiser_d": recipes.OPTIMISERS, "optimiser_g": recipes.OPTIMISERS,
    "lr_d": stage.log(1e-4, 0.1), "lr_g": stage.log(1e-4, 0.1), "average_share": (0.0, 0.5),
    "labels": {"d_steps": "k", "loss_fn_g": "forger's loss", "lr_d": "judge's rate",
               "lr_g": "forger's rate", "optimiser_d": "judge's optimiser",
               "optimiser_g": "forger's optimiser", "average_share": "average over"},
}  # fmt: skip

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
match = recipes.line_match("normal")
duel = stage.play(
    match, line_scenes.duel_scene("normal"), **controls,
    alt="A judge beside the best one, the forger's map beside the exact one, gaps and losses.",
)  # fmt: skip

# %% slideshow={"slide_type": "subslide"}
duel.run(1500);

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
print("largest gap of the average below 0.05:", match.history[-1].ks < 0.05)
late = match.history[-10:]
print("D's loss within 0.05 of log 4:", abs(np.mean([m.loss_d for m in late]) - np.log(4)) < 0.05)
print("G's loss within 0.1 of log 2:", abs(np.mean([m.loss_g for m in late]) - np.log(2)) < 0.1)

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_curve.reveal(
    "it goes to log 4 and stays there",
    "D = ½ everywhere costs log 2 for real and log 2 for forged samples.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# So **a GAN's loss curves do not fall while its samples improve**. Each is measured against an opponent who has learned too. By (3.10) the judge's loss is $\log4-2\,\mathrm{JS}$ if it is at its best: the better the forger, the nearer it is to log 4. Here it is soon there; from then on the gap shrinks, and the losses do not move.

# %% [markdown] slideshow={"slide_type": "subslide"}
# The converse is false: **a loss near log 4 does not mean that $D$ cannot tell real samples from forged ones.** Take $D^*$ for $N(0,1)$ against $N(2,1)$, and multiply its logit by 3.85. It decides as $D^*$ does and is right just as often. But where it is wrong it is now very sure, and that costs so much that its loss is log 4, as if it always answered ½.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
x = np.linspace(-9, 11, 2001)
p, q = normal().pdf(x) * 0.01, normal(2).pdf(x) * 0.01
for scale in (1, 3.85):
    a = scale * games.logit(x, 2)
    loss, right = -p @ log_expit(a) - q @ log_expit(-a), (p @ (a > 0) + q @ (a < 0)) / 2
    print(f"logit × {scale:4}: loss {loss:.3f} (log 4 = {np.log(4):.3f}), right {right:.0%}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# So near log 4 there are three possibilities: the forger is good; $D$ is blind; or $D$ can tell, but its probabilities do not fit, because their scale or threshold is wrong or because $D$ *lags* behind a forger who has moved on. The loss does not say which. Look at the ranking as well: in which share of all pairs does $D$ give the real sample a larger output than the forged one? This share is called the **AUC**. A coin gets ½, a perfect ranking 1, and a ranking upside down 0; scale and threshold change nothing.
#
# Eight games with equal rates, and twenty looks at each: how often is the loss within 0.05 of log 4, and the ranking still more than 0.1 away from a coin's?

# %% slideshow={"slide_type": "fragment"}
equal = recipes.line_match("normal", lr_d=1e-3, copies=8)
looks = []
for _ in range(20):
    for _ in range(50):
        equal.play_iteration()
    looks.append(recipes.loss_and_auc(equal))
loss_d, ranking = np.concatenate(looks, axis=1)
near = abs(loss_d - np.log(4)) < 0.05
off = abs(ranking[near] - 0.5) > 0.1
print(f"{near.sum()} looks with a loss near log 4; AUC {ranking[near].min():.2f} ", end="")
print(f"to {ranking[near].max():.2f}, and in {off.mean():.0%} more than 0.1 from a coin's")

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
late = equal.history[-10:]
print("D is no coin in more than a fifth of them:", off.mean() > 0.2)
print("gap of G above 0.1 in all games:", np.all(np.mean([m.ks_now for m in late], axis=0) > 0.1))

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# With equal rates G swings, and even the average stays worse. Three steps of the judge calm it ($r$ again). Minimax changes little but the level of G's loss, −log 2: this judge is never far ahead. With SGD at these small rates the forger hardly gets anywhere, and the judge's loss stays *below* log 4, since it can tell.
#
# </details>
#
# And "G now" never settles. The forger runs in small circles around the answer, pushed about by the batches, as in the section on turning; the average is what lies in the middle.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## How sure is this?
#
# One run proves little. Twenty games at once, each with its own start and its own luck, in one batched computation:

# %% slideshow={"slide_type": "fragment"}
twenty = recipes.line_match("normal", copies=20, every=1500)
for _ in range(1500):
    twenty.play_iteration()
(last,) = twenty.history

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
print("average below 0.05 in 18 of 20 or more:", np.sum(last.ks < 0.05) >= 18)
print("G itself is as good in all 20:", np.all(last.ks_now < 0.05))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Two bumps
#
# A harder law: two bumps at ±1.5. In chapter 2 a generator lost one of them without any judge. **With a judge, does the forger find both? Does it depend on the loss? And what does a judge as slow as the forger (rate 0.001) do to "G now"?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
bumps = recipes.line_match("two_modes")
duel_2 = stage.play(
    bumps, line_scenes.duel_scene("two_modes"), **controls,
    alt="A judge beside the best one, the forger's map beside the exact one, gaps and losses.",
)  # fmt: skip

# %% slideshow={"slide_type": "subslide"}
duel_2.run(2000);

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
generated = recipes.generated(bumps.game.average)
print("largest gap below 0.05:", bumps.history[-1].ks < 0.05)
print("left bump's share within 0.05 of one half:", abs(np.mean(generated < 0) - 0.5) < 0.05)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# Both losses find both bumps. A slow judge keeps both too, but G swings more, and the gap is clearly larger; the losses look the same.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# As before: `check` says at once whether an answer is right and what to think about if not; `hint("4.1")`, `solution("4.1")` and `progress()` help. Together the exercises take about an hour.

# %% slideshow={"slide_type": "fragment"}
from gan_edu.exercises import check, hint, progress, solution

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 4.1 · Which forgeries does a loss listen to?
#
# *Code, 5 minutes.* One forgery has the logit $a$, a number. Minimax, $\log(1-D)$, has a slope in $a$ there, and so has the non-saturating loss, $-\log D$. How many times as large as the first is the second, without signs? Then try $a=-8$, 0 and 8: which forgeries does each of the two push?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def how_many_times(a):
    ...


check("4.1", how_many_times)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 4.2 · Who may move how far
#
# *Code, 5 minutes.* Both rates are so small that the border between swinging and gliding lies at $r=4$. In each round the judge takes $k$ steps with the rate `lr_d`, and then the forger takes `g_steps` steps with the rate `lr_g`. Which is the smallest $k$ with which the pair glides? (At $r=4$ it just does.)

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def smallest_k(lr_d, lr_g, g_steps):
    ...


check("4.2", smallest_k)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 4.3 · What stays when they take turns?
#
# *Code, 10 minutes.* $V=\theta\psi$, and they take turns: first the judge, $\psi\leftarrow\psi+\eta\theta$, then the forger, $\theta\leftarrow\theta-\eta\psi$, who already sees the new $\psi$. Find a number that no such round changes, from wherever it starts, as a function of θ, ψ and η (`rate`). It must not be the same everywhere: it is to tell on which path a pair goes round. Then look at it: can the pair come home?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def stays(theta, psi, lr):
    ...


check("4.3", stays)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 4.4 · One forgery among many places
#
# *Code, 10 minutes.* Now there are $n$ places, the real samples lie evenly on all of them, and the forger still puts all of his at one. Write a function that returns both numbers, min max $V$ and max min $V$. What becomes of them if there is much to forge, $n=1000$?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def orders(n):
    ...  # return min_max, max_min


check("4.4", orders)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 4.5 · How long until it is ten times as far?
#
# *Code, 8 minutes.* $V=\theta\psi$, and both players step at the same time, with the rate η. After how many rounds is the pair for the first time at least `factor` times as far from the middle as at the start? Before you compute: how many more rounds does half the rate buy?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def iterations_to_grow(lr, factor):
    ...


check("4.5", iterations_to_grow)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 4.6 · A forger who runs away
#
# *Debug, 8 minutes.* A round of a GAN, non-saturating. In the first round all is well, then the forger's steps get longer and longer. No error is raised. Mend it here; `check` plays two rounds with it, between two networks and with plain gradient steps, and looks where both stand.

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
# ### 4.7 · Home with two hundred steps
#
# *Open, 15 minutes.* The solvable game again, from $\theta=3$, $\psi=0$, with batches of 32. This time each gradient step has its price, and you have 200 in all, so that $k$ steps of the judge leave $200/(k+1)$ rounds. Hand over `(k, lr_d, lr_g)` with which 20 games end well: in the last quarter of the rounds $|\theta|$ must be below 0.05 in the mean. This can fail in several ways; `check` says which was yours.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None  # (k, lr_d, lr_g)
check("4.7", answer)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## In this chapter we saw
#
# - The forger learns from one slope for each forgery, and the slope is right only if the judge is up to date. What counts is $r=k\,\eta_D/\eta_G$, not $k$ alone.
# - Two players turn around each other. With simultaneous steps the circles grow, and taking turns only keeps them from growing; looking ahead, a brake on the judge, or an average over time lead inwards. Who chooses last matters: min max is not max min.
# - Minimax and non-saturating are two games: one sums to zero and, with plain steps, starves a hopeless forger; the other does neither. At the end the losses stand at log 4 and log 2, and say nothing about how good the samples are.
#
# **Next:** [chapter 5](05_mnist_gan.ipynb) plays the same game for digits.
