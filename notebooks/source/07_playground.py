# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # Change a GAN and see what happens
#
# [Open this chapter in Google Colab](https://colab.research.google.com/github/gan-edu/gan-edu/blob/main/notebooks/07_playground.ipynb)

# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true} tags=["remove-cell"]
if "google.colab" in str(get_ipython()):  # elsewhere this cell does nothing
    need = "pooch anywidget psygnal comm 'ipywidgets>=8.1.5' git+https://github.com/gan-edu/gan-edu"
    get_ipython().run_line_magic("pip", f"install -q --no-deps {need}")
    __import__("google.colab").colab.output.enable_custom_widget_manager()

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
# Warm-up: three questions from earlier chapters, one minute
from gan_edu import practice

practice.warm_up(7, needs=4)

# %% [markdown] slideshow={"slide_type": "-"}
# Here a generator has to learn eight modes on a ring. Dots are real samples, crosses generated ones. Each mode should get one eighth of the crosses. It is *covered* if at least half of that lies within three standard deviations of its centre. The title counts the covered modes, and each of them has a ring. $W_1$ is chapter 3's distance, between crosses and dots.
#
# **Run the next two cells and press *Play*. At which iteration are all eight covered? Play on for a while: does $G$ keep them?**

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
import torch

from gan_edu import settings, stage
from gan_edu.chapters.ch07_playground import playground as lab
from gan_edu.chapters.ch07_playground.case import case
from gan_edu.chapters.ch07_playground.first_look import first_look
from gan_edu.chapters.ch07_playground.scenes import planes_scene
from gan_edu.chapters.ch07_playground.screen import screen

settings.reset()  # PyTorch and NumPy as in a new kernel
torch.set_num_threads(1)  # networks this small only lose time between threads

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
first = lab.Playground(show_discriminator=False, show_arrows=False)
first_look(first, pace=2, alt="Real and generated samples in the plane, and W1.");

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# All eight are covered before iteration 500. Later $G$ may lose some for a while, because it never comes to rest.
#
# </details>
#
# In this chapter you may change everything: the target, the networks, the noise, the loss, the learning rates. Your own GANs will fail at first. Then it helps to know what each failure looks like, and which change repairs it.
#
# **What you'll do.** Watch a good run, change one setting at a time, then break a GAN and repair it.
#
# **What you'll learn.** How to read a training run, and the diagnostic and remedy for each common failure mode.
#
# **What you need.** Chapters 0 to 4, and 90 minutes: 25 for the good run and the two predictions below it, 35 for the failure modes, 30 for your own target and the missions. *Further* sections can wait.

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
from scipy.spatial.distance import cdist

from gan_edu.chapters.ch07_playground import failures
from gan_edu.chapters.ch07_playground.frames import steadiness
from gan_edu.stage.pad import Pad
from gan_edu.targets import DRAWING, REACH, SMILE

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Read a good run
#
# The next cell has the same game, and shows more of it:
#
# - **Colours.** The plane is blue where $D$ says "real", orange where it says "generated". The green line shows where $D=\frac12$. (Point at the plane, or click on it and use the arrow keys: then you read $D$ there, and its logit $a$.)
# - **Arrows.** They show where $G$'s loss pushes each cross.
# - **Losses.** The upper chart has one curve for each network.
# - **Distance.** The dashed curve is $W_1$, as before. The solid one is calmer: it is for $G$ with averaged weights (EMA, chapter 4), and so is the number in brackets in the title. The dotted line is what a perfect $G$ gets on average. It is not 0, because two samples always differ.
#
# **Press *Play*, and let it play to about iteration 800. Which of these four tell you, in the long run, that $G$ gets better?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
game = lab.Playground()
player = first_look(
    game, pace=2, whole=True,
    alt="Real and generated samples in the plane over D's colours, both losses, and a distance.",
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# - **The distance** tells it: it rises for a while now and then, but in the long run it falls to about the dotted line. (It is always measured with the same noise and the same real samples, so by chance it may stay a little below. The curves, and the count for the EMA, are from the last multiple of 50; all else is from now.)
# - **Colours and arrows** do not tell it alone. At first the plane is pale, because $D$ knows nothing yet. Then $D$ finds differences, and there are colours and arrows. Once $G$ is good, $D$ is undecided where the crosses are, and the arrows are short again.
# - **The losses** tell nothing: as in chapter 4, they stay nearly flat while $G$ gets better.
#
# </details>
#
# In numbers, at iteration 800, or where you have paused if that was later:

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
history = player.run(800).match.history
last, w1 = history[-1], history[-1].average["w1"]
covered_at = next((mark.iteration for mark in history if mark.covered_now == 8), None)
print("all eight modes covered at iteration", covered_at)
print(f"modes covered by the EMA of G: {last.covered} of 8")
print(f"W1 of the EMA: {w1:.2f}, of a perfect generator: {game.floor:.2f}")
if game.as_made:
    assert w1 < 2 * game.floor
    assert covered_at < 500

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Change one setting at a time
#
# What would happen to this good run if one setting were different? **Predict first, then run the cells below the prediction.**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
guess_slow = stage.predict(
    "D learns forty times more slowly: its learning rate is 0.0001. Draw W₁ between generated "
    "and real samples. The ring's radius is 2.",
    stage.sketch(x=(0, 300), y=(0, 10), labels=("iteration", "W₁")),
)
guess_slow

# %% slideshow={"slide_type": "subslide"}
def train(game, iterations):
    for _ in stage.progress(range(iterations), total=iterations, label="training"):
        game.play_iteration()
    return game


def samples(game):
    return game.generated(game.match.game.generator)


# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
slow = lab.Playground(lr_d=1e-4)
at, w1 = [0], [slow.target.w1(samples(slow))]
moments = [train(slow, more).copy() for more in (10, 40, 20, 20)]
stage.show(
    planes_scene(4).figure(moments),
    alt="Four moments of a game with a slow D: samples over D's colours.",
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
out, back = (samples(moments[i]).mean(0) for i in (1, 3))
print("mean of the generated samples at iteration 50:", out.round(1), "and at 90:", back.round(1))
at += [mark.iteration for mark in train(slow, 210).match.history]
w1 += [mark.now["w1"] for mark in slow.match.history]
print(f"largest W1 on the way: {max(w1):.1f}; the ring's radius is 2")
assert out @ back < 0  # on two sides of the ring
assert max(w1) > 4

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
guess_slow.reveal(
    (at, w1),
    "G runs away. D calls one side of the plane real (blue), and G runs there, past the ring. Only "
    "later does D learn that nothing there is real (orange). Then G turns, and runs past the ring "
    "again, out on another side. (The curve has a point every 50 iterations.)",
    stage.Part(
        over=(50, 300), close=0.25, right="right: it rises far above 2, and stays there",
        above="it is large, though not as large as you drew",
        below="in the game it rises far above 2: G does not come to the ring",
    ),
)  # fmt: skip

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
guess_small = stage.predict(
    "G gets one hidden layer of four neurons, and ReLU instead of tanh. How many of the eight "
    "modes get samples?",
    ["all of them, in the end", "some of them, but never all", "none"],
)
guess_small

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
views = {"show_map": True, "show_arrows": False, "show_discriminator": False}
four = {"layers_g": 1, "width_g": 4, "activation_g": "relu"}
small, good = train(lab.Playground(**four, **views), 1500), player.run(800).copy()
good.change(**views)
stage.show(
    planes_scene(2).figure([small, good]),
    alt="Samples over a grey net: left a G of four neurons, right the G of the good run.",
)

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
last = small.match.history[-1]
print(f"modes that get a tenth of their share: {last.reached} of 8; covered: {last.covered} of 8")
assert last.reached >= 1
slower = train(lab.Playground(**four, lr_d=2e-4), 1000).match.history[-1]
print(f"the same G against a D that learns more slowly: covered {slower.covered} of 8")
assert max(last.covered, slower.covered) < 8

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
guess_small.reveal(
    "some of them, but never all",
    "A ReLU neuron can fold the noise along one line. Four are too few to bring it to eight "
    "places. It is not D's fault: with a D that learns more slowly they are too few as well.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The grey net is *G's map*. Think of a grid of straight lines in the noise: the net shows where $G$ takes them. On the left, each of the four neurons can fold it along one line. On the right, the $G$ of the good run presses the whole net together on the ring.
#
# But **the threads between the modes never vanish**: $G$ is continuous and cannot tear the noise apart.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Change any setting yourself
#
# The next screen has all settings. Try what you like: *Reset* begins again. Three things are easy to miss:
#
# - **The line below the plane** says whether the run is good. Click on it to read why. (Its numbers are medians of the last few measurements; the charts show each one.)
# - **A layer** in the drawing of the networks becomes wider if you click on its upper half, and narrower if you click on its lower half.
# - ***Compare*** shows two games side by side. The controls then act on the copy *B*. Change one setting, press *Reset* and *Play*: both games start from the same seed.
#
# A new target, noise, network or random seed begins a new game; all else acts at once. Below the screen are two questions.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
own = lab.Playground()
player_own = screen(
    own, alt="Networks, samples in the plane, losses, a distance, and all controls."
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "subslide"}
# 1. Set *noise* to 1-D uniform, tick *G's map* (tab *display*), raise *iterations per frame*, and play to about 1,500. **What lies between two modes?**
# 2. Choose the *loss* Wasserstein, gradient penalty. **Is $D$'s loss near $\log4$? What does the line below the plane say of the gradient?**

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# 1. A thread of the map. With one number as noise the map is a single thread, and it has to cross the space between two modes. So some of the samples end up there.
# 2. No: this loss has no logarithm, so $\log4$ means nothing here. The gradient to $G$ is 100%, because $G$'s loss $-a$ has the slope $-1$ everywhere. It cannot vanish.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## My GAN does not train: find the failure mode
#
# There are a few kinds of failure. For each there is one number to look at first, its *diagnostic*.
#
# Here are five games that fail, each in its own way. The upper chart of each game draws the diagnostic, with a dotted line as its threshold. For each of them:
#
# 1. Press *Play*. The game pauses by itself once you have seen enough. What do the crosses do, and on which side of its threshold is the diagnostic? Below the charts you read what was found.
# 2. Press *Remedy*. The game plays again from the same start with one setting changed: below the charts you see which one. The thin dashed curves are those of before. What is different now?

# %% [markdown] slideshow={"slide_type": "slide"}
# ### Mode collapse
#
# Here $D$ takes five steps in each iteration, each with fifty times $G$'s learning rate, and $G$ has the non-saturating loss.
#
# A mode is *reached* when it gets a tenth of its share (*covered* needs half). The chart counts the samples of the EMA, the crosses are those of $G$ now. **How many modes do the crosses reach, and do they ever leave them for others?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
case("collapse", alt="A game to play: samples, the modes reached, and a distance.");

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# - **In the picture.** Nearly all crosses lie on two or three neighbouring modes or between them, and stay there. The other modes get next to none.
# - **Diagnosis.** *Modes reached* is 4 or less, and most crosses lie on modes: $G$ has collapsed.
# - **Remedy.** *Learning rate of D* 0.0005, a hundredth of what it was.
# - **What then happens.** The crosses spread along the ring, and all eight modes are covered: a good run.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ### Vanishing gradient
#
# An arrow is the slope of $D$'s output $a$ times a factor, which comes from $G$'s loss. *Gradient to G* is the mean of this factor: at 100 % all of the slope reaches $G$, at 0 % nothing. **Do the crosses move? Where are the arrows?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
case("vanishing_gradient", alt="A game to play: samples, the gradient to G, and a distance.");

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# - **In the picture.** Nothing moves, and there are no arrows. $D$ is certain everywhere.
# - **Diagnosis.** Next to nothing of the gradient reaches $G$. By the chain rule, an arrow is the slope of the logit $a$ times the loss's own slope $|\partial L_G/\partial a|$, whose mean is drawn; here it is almost 0. ($D$ is too strong as well; that is the next failure.)
# - **Remedy.** *D steps per iteration* 1. (*Learning rate of D* 0.0002 would do it too.)
# - **What then happens.** $D$ stays unsure, the arrows come back, and the crosses spread. Soon the EMA (the number in brackets) covers all modes.
#
# The loss has its part in it: this is the minimax loss, which is flat where $D$ is sure that a sample is generated. The non-saturating loss (chapter 3) is steep there.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ### D too strong
#
# *AUC of D* (chapter 4) is how often $D$ ranks a real sample above a generated one. Good samples leave $D$ guessing, near ½; 0.97 or more is too strong. **Compare with the game above: are there arrows, and do the crosses move?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
case("d_too_strong", alt="A game to play: samples, the AUC of D, and a distance.");

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# - **In the picture.** There are long arrows, and still the crosses only creep. $D$'s line stays between them and the modes.
# - **Diagnosis.** The AUC is 0.97 or more: $D$ is hardly ever wrong. The gradient reaches $G$, but $G$ makes too little of it.
# - **Remedy.** *Optimiser of G* Adam. It was plain gradient descent, whose steps are too small here.
# - **What then happens.** $G$ catches up with $D$: the AUC falls to about a half, and all modes are covered.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ### D too weak
#
# The diagnostic is the AUC again: a $D$ that lags behind $G$ ranks badly. Too weak is an AUC of 0.65 or less while the crosses are far from the dots (so far that they are easy to tell apart), and of 0.4 or less while they are near. The lower dotted line is the limit that counts now, the upper one is that of *D too strong*. **Watch while it plays: where do the crosses go? Do they stop at the ring?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
case("d_too_weak", alt="A game to play: samples, the AUC of D, and a distance.");

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# - **In the picture.** The crosses run past the ring and out of the figure (triangles at the border), because $D$ calls that side "real" and learns too late that nothing is there. Then they run out on another side.
# - **Diagnosis.** The AUC swings, $W_1$ is large, and the AUC's median is below the limit. (The crosses count as far away from a $W_1$ of one standard deviation of the target on.)
# - **Remedy.** *Learning rate of D* 0.01, a hundred times what it was.
# - **What then happens.** $D$ keeps up with $G$, and the crosses settle on the modes.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ### Oscillation
#
# This game is on a line: you see the real density, a histogram of generated samples, and both samples below the axis. $D$ is a critic here; its scores are drawn from 0 (lowest) to 1 (highest). *Mean of G* is the mean of its samples minus the real mean, in standard deviations. **What does the histogram do, again and again?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
case("cycling", alt="A game on a line: densities, D, the mean of G, and a distance.");

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# - **In the picture.** The generated samples swing to and fro across the real ones.
# - **Diagnosis.** The mean of $G$ crosses both dotted lines at regular intervals. It takes 800 iterations to tell a swing that repeats from chance.
# - **Remedy.** *D steps per iteration* 10.
# - **What then happens.** $D$ keeps up, and the mean of $G$ hardly leaves the band between the dotted lines. (The histogram lies over the real density, but does not have its shape yet.)
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ### What the remedies have in common
#
# Most of them change chapter 4's ratio $r=k\,\eta_D/\eta_G$: they raise it where $D$ cannot keep up, and lower it where $D$ runs ahead. (If $D$ and $G$ have different optimisers, $r$ says nothing: a learning rate means something else for Adam than for plain gradient descent.) Another GAN with the same symptom may need another remedy.
#
# Why does a *slower* $D$ help against mode collapse? A fast $D$ changes so much that the arrows keep turning, and $G$ loses what it has just gained. With a slow $D$ the arrows keep their direction, and short steps add up. The next cell measures how much the arrows turn from one iteration to the next: 1 means not at all.

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
kept = {}
for lr_d in (0.05, 0.0005):
    kept[lr_d] = steadiness(train(failures.preset("collapse", lr_d=lr_d), 30), 30)
    print(f"learning rate of D {lr_d}: mean cosine between an arrow and the next {kept[lr_d]:.2f}")
assert kept[0.05] < 0.8 < kept[0.0005]

# %% [markdown] slideshow={"slide_type": "subslide"}
# `failures.diagnose` looks for all failures at once, in any game. **Which one will it find in the game of the first prediction, whose $D$ was forty times slower?** Say it, then run the cell.

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
failures.diagnose(slow)

# %% [markdown] slideshow={"slide_type": "subslide"}
# On a screen with all settings, the line below the plane says the same in a few words.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Draw your own target
#
# Each point on the pad becomes a mode of the target, here of a smile. **Press *Play*, and pause near iteration 300: where are there too few crosses, on the mouth or on the eyes?** (*move*, *paint* and *erase* above the plane change the target too.)
#
# On the keyboard, the arrow keys move the cursor (with Shift further), space adds a point, Backspace removes one.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
pad = Pad(points=list(SMILE), reach=REACH, most=lab.MOST_POINTS)
pad

# %% slideshow={"slide_type": "subslide"}
drawn = lab.Playground(target=DRAWING)
player_drawn = screen(
    drawn, alt="A smile of real samples, generated samples, D's colours, losses, and a distance.",
    missions=True,
)
pad.feed(player_drawn, "drawing")

# %% [markdown] slideshow={"slide_type": "subslide"}
# The next cell counts at iteration 300. Then draw something else: does $G$ find one piece more easily than many?

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
smile = train(lab.Playground(target=DRAWING), 300)
far = cdist(samples(smile), smile.target.centres)
near, eye = far.min(1) < 3 * smile.target.sd, far.argmin(1) < 4  # the first four modes are eyes
eyes, mouth = (near & eye).mean() / (4 / 13), (near & ~eye).mean() / (9 / 13)
print(f"of their share of samples, the eyes have {eyes:.0%}, and the mouth has {mouth:.0%}")
assert eyes < 0.8 < mouth

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# On the eyes. The mouth is one piece and has nine of the thirteen modes, so most of $G$'s gradient points there. The eyes fill later, and $G$ may lose part of one again.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Missions: break it, then repair it
#
# Can you make a GAN fail on purpose? Choose from the menu *mission* in the next game:
#
# - *cause mode collapse*, then repair it without changing the loss;
# - *make the gradient vanish*, then bring it back;
# - *make G oscillate* (also called cycling), then stop it;
# - *fit your drawing*, in the game below the pad.
#
# The line beside the menu says what to do, and how far you are. *Hint* gives one hint after another. After each change press *Reset*: a game that has failed takes long to recover.

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
player_mission = screen(
    lab.Playground(), missions=True,
    alt="A game to break and repair: samples, D's colours, losses or a diagnostic, a distance.",
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "slide"}
# ## In this chapter we saw
#
# - In a good run the crosses lie on the dots, the arrows are short, and the distance is close to a perfect generator's. The losses alone do not show this.
# - Both networks need enough neurons, and $D$ has to keep up without running ahead.
# - Each failure mode has its diagnostic, and often one change repairs it.
#
# **That was the course.** Go back to [chapter 0](00_forger_and_detective.ipynb) and see whether you can beat the generator now. The *Further* sections below can wait.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
# Which predictions of this chapter surprised you?
stage.surprises()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: one iteration in slow motion
#
# Press *Slow motion* in the next game twelve times. Each press plays one stage of an iteration; this one stands at stage 6. The title explains it (*output* means $a$), and the drawing of the networks shows what flows where: samples and outputs to the right, gradients to the left.

# %% slideshow={"slide_type": "subslide"}
slow_game = train(lab.Playground(), 300)
while slow_game.stage is None or slow_game.stage.name != "gradient_d":
    slow_game.step_slowly()
screen(slow_game, alt="Rings around the samples, large where D errs most.");

# %% [markdown] slideshow={"slide_type": "subslide"}
# One iteration at each speed gives the same weights:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
slowly, fast = lab.Playground(), lab.Playground()
while slowly.iterations == 0:
    slowly.step_slowly()
fast.play_iteration()
weights = [g.match.game.generator[0].weight.detach() for g in (slowly, fast)]
print("largest difference between two weights of G:", (weights[0] - weights[1]).abs().max().item())

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: go back in time
#
# The playground records itself. Move *back to iteration*, below the charts of the [first screen with all settings](#Change-any-setting-yourself), once you have played there: the curves stay, and a line in them shows where the game stands. **When is the first mode covered, and when the last?** (They are counted every fifty iterations.) Then go back to an early iteration, choose another learning rate, and press *Play*. **Does it end as before?** The thin dashed line shows the first time.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Every fiftieth state is stored, and the iterations between are played again exactly:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
past = game.copy()


def changed(before):
    different = (past.match.game.generator[0].weight != before).sum().item()
    return f"{different} of {before.numel()}"


now, late = past.iterations, past.match.game.generator[0].weight.detach().clone()
past.moment = 333
print("first-layer weights of G that differ at iteration 333:", changed(late))
past.moment = now
print("first-layer weights of G that differ after the way back:", changed(late))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: on a line, with the exact answer
#
# For targets that begin with *1-D* we know the optimal discriminator $D^*=p/(p+q)$ of chapter 3: it is the dotted line. Samples and $G$'s arrows are below the axis. *G's map* adds two curves: at the height of the noise $u$ they show $G(u)$ and chapter 1's $F^{-1}(u)$.

# %% slideshow={"slide_type": "subslide"}
line = lab.Playground(
    target="two_modes_1d", noise="uniform_1d", lr_d=0.01, show_map=True,
    layers_g=2, width_g=32, width_d=32,
)  # fmt: skip
player_line = screen(
    line, pace=10,
    alt="Two modes and the generated density, D beside D*, G beside F; both losses; a distance.",
)  # fmt: skip

# %% slideshow={"slide_type": "subslide"}
last = player_line.run(1500).match.history[-1]
w1, js = last.average["w1"], last.average["js"]
print(f"W1 of the EMA: {w1:.3f}, and JS: {js:.3f} of at most log 2 = 0.693")
if line.as_made:
    assert w1 < 0.15
    assert js < 0.069

# %% [markdown] slideshow={"slide_type": "fragment"}
# 1. Raise *D steps per iteration* to 10. Is $D$ nearer to the dotted line now?
# 2. Press *new random seed* and *Play* a few times. How often does $G$ fall?
# 3. Choose *loss* Wasserstein, gradient penalty. Why is the dotted line gone?
#
# <details><summary>What you should have found</summary>
#
# A falling $G$ is as good as a rising one (chapter 1). A critic has no probabilities, so $D^*$ is not its optimum.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: the six losses
#
# $a$ is the output of $D$, large on real samples; all terms are means over a batch.
#
# | loss | D minimises | G minimises |
# |:--|:--|:--|
# | minimax | $-\log\sigma(a_\text{real})-\log(1-\sigma(a_\text{fake}))$ | $\log(1-\sigma(a_\text{fake}))$ |
# | non-saturating | the same | $-\log\sigma(a_\text{fake})$ |
# | least squares | $\frac12(a_\text{real}-1)^2+\frac12a_\text{fake}^2$ | $\frac12(a_\text{fake}-1)^2$ |
# | Wasserstein, gradient penalty | $a_\text{fake}-a_\text{real}$, plus $\lambda$ times the squared excess of the gradient norm over 1 | $-a_\text{fake}$ |
# | Wasserstein, weight clipping | $a_\text{fake}-a_\text{real}$; then each weight is clipped to $\pm$ a bound | $-a_\text{fake}$ |
# | relativistic, R1 and R2 penalties | $-\log\sigma(a_\text{real}-a_\text{fake})$, plus $\frac\gamma2$ times the squared gradient norm at real and at generated samples | $-\log\sigma(a_\text{fake}-a_\text{real})$ |
#
# In the last three, $D$ has no probabilities: its colours run from its smallest to its largest value. The tab *penalties and clipping* acts on these three only. The last one, of 2024 (R3GAN), compares each generated sample with a real one.
#
# On any screen with all settings, choose the preset *grid of 25, relativistic loss*, and play 5,000 iterations. Then choose another loss, press *Reset*, and play as long. **How many of the 25 modes does each cover?**

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: share your game
#
# The tab *share* holds all settings of a game in one short line. Anybody who pastes it into the field beside it gets the same run, iteration for iteration. The line holds only what differs from the good run:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
yours = lab.Playground(target="three_blobs", loss="non_saturating", seed=3)
print(yours.line)
print(yours.state)

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
theirs = lab.load(yours.line)
for shared in (yours, theirs):
    for _ in range(50):
        shared.play_iteration()
weights = [g.match.game.generator[0].weight.detach() for g in (yours, theirs)]
print("largest difference between two weights of G:", (weights[0] - weights[1]).abs().max().item())

# %% [markdown] slideshow={"slide_type": "subslide"}
# To play it: `screen(theirs, alt="A shared game.")`. A line is read as data and never executed. A value that no control allows is refused:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
try:
    lab.load('{"playground": 2, "width_g": 1000000}')
except ValueError as error:
    print(error)

# %% [markdown] slideshow={"slide_type": "skip"}
# | here | in code | the article | meaning |
# |:--|:--|:--|:--|
# | $z$ | `z`, *noise* | $x$ | the noise: one number, or two |
# | $G(z)$ | `x_fake`, × | $y$ | a generated sample |
# | $D(x)$ | the colour | $D$ | probability that $x$ is real: blue near 1, white at ½, orange near 0 |
# | $a$ | `a`, *output* | – | the output of $D$: a logit, or a critic's score |
# | $-\partial L_G/\partial G(z)$ | the arrows | – | where $G$'s own loss pushes a generated sample |
# | $W_1$ | *distance* | – | the Wasserstein distance of chapter 3, here between two samples |
#
# All words of the course, in English and Chinese: the [glossary](glossary.ipynb).
