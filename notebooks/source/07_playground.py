# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"}
# # Find out what happens if
#
# [Open this chapter in Google Colab](https://colab.research.google.com/github/gan-edu/gan-edu/blob/main/notebooks/07_playground.ipynb)

# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true} tags=["remove-cell"]
if "google.colab" in str(get_ipython()):  # elsewhere this cell does nothing
    course = "pooch anywidget psygnal 'ipywidgets>=8.1.5' git+https://github.com/gan-edu/gan-edu"
    get_ipython().run_line_magic("pip", f"install -q --no-deps {course}")
    __import__("google.colab").colab.output.enable_custom_widget_manager()

# %% slideshow={"slide_type": "-"} tags=["hide-input"]
from gan_edu import stage

stage.picture(
    "playground.png",
    "Eight heaps of real samples on a ring, forged samples on top of them, small arrows; "
    "beside it two losses and a distance that falls to a dotted line.",
)

# %% [markdown] slideshow={"slide_type": "-"}
# A forger has to learn eight heaps on a ring from random numbers. Here you may change everything: what is real, both players, the noise, the loss, the rates. Break it, then mend it.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **What you'll do.** Watch one good run, learn to read its picture, and then turn one knob at a time.
#
# **What you'll learn.** What a healthy game looks like; which knobs matter; how to see that something is wrong, and to show it to somebody else.
#
# **What you need.** Chapter 4, for the two players and their losses. As much time as you like.

# %% [markdown] slideshow={"slide_type": "subslide"}
# | here | in code | the article | |
# |:--|:--|:--|:--|
# | $z$ | `z`, *noise* | $x$ | what the forger starts from: one number, or two |
# | $G(z)$ | `x_fake`, × | $y$ | a forged point in the plane |
# | $D(x)$ | the colour | $D$ | blue: the judge says real; orange: forged; white: undecided |
# | $-\partial L_G/\partial G(z)$ | the arrows | – | where the forger's *own* loss pushes a forged point |
# | $W_1$ | *distance* | – | how far real and forged samples are apart, chapter 3's Wasserstein distance |
#
# All words of the course, in English and Chinese: the [glossary](glossary.ipynb).

# %% slideshow={"slide_type": "fragment"}
import numpy as np
import torch

from gan_edu import settings, stage
from gan_edu.chapters.ch07_playground import failures, missions
from gan_edu.chapters.ch07_playground import playground as lab
from gan_edu.chapters.ch07_playground.scenes import playground_scene
from gan_edu.stage.pad import Pad
from gan_edu.targets import DRAWING, REACH, SMILE

settings.reset()  # PyTorch and NumPy as in a new kernel
torch.set_num_threads(1)  # networks as small as these only lose time between threads
controls = lab.controls()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## One good run
#
# Press *Play*. The forger begins in the middle and has to find eight heaps. More knobs are in the drawers below the picture. Rates, losses and batches act at once on the players as they are; a new target, noise, layer, width or start begins a new game, and the title says so. *Step D* and *Step G* move one player and count as no round.

# %% slideshow={"slide_type": "subslide"}
ground = lab.Playground()
player = stage.play(
    ground, playground_scene(), pace=5, **controls,
    alt="Real and forged samples in the plane over D's colours, both losses, and the distance.",
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "fragment"}
# Or let the next cell play on, up to round 800.

# %% slideshow={"slide_type": "fragment"}
player.run(800);

# %% [markdown] slideshow={"slide_type": "subslide"}
# Read the picture from left to right.
#
# - **The plane.** Crosses should lie on dots. An arrow shows where the forger's loss wants its cross to go: it is the gradient of *that loss*, not of $D$, so another loss on the same crosses gives other arrows. A heap counts as covered once half of its share of points lies within three standard deviations of its centre. The title counts for G *now*, which is drawn, and then for G's *average*.
# - **The losses.** As in chapter 4 they do not say how good the samples are, and near log 4 not even whether $D$ can tell.
# - **The distance.** 256 forged and 256 real points are paired as cheaply as possible; $W_1$ is the mean length of a pair, and the pairing is exact. Two samples of the *same* law are not at 0 either: the dotted line is what a perfect forger would get on average. To go below it is luck, and luck that lasts: the 256 points are the same in each round.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
last = player.run(800).match.history[-1]  # plays on only if you have reset it
print("G's average covers all eight heaps:", last.covered == 8)
w1 = last.average["w1"]
print("the average's W1 is below twice that of a perfect forger:", w1 < 2 * ground.floor)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Is half of its share too much to ask? A forger that drew a thin ring right through all eight heaps would give each of them a fifth of its share:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
angle = np.linspace(0, 2 * np.pi, 2000, endpoint=False)
ring = 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
print("covered by a thin ring, with half of their share:", ground.target.covered(ring))
print("and with a tenth of it:", ground.target.covered(ring, least=0.1))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## One round, slowly
#
# Press *Slow motion* above, twelve times. Each press is one stage of a round, with a sentence over the picture: green where D works, orange where G does. *D's output* is the bare number $a$ before any σ (chapter 3). Rings are the real batch, squares the noise, crosses the forged batch. *Play*, or any other step, first finishes the round that you have begun. Here is one stage as a picture:

# %% slideshow={"slide_type": "subslide"}
slow = lab.load(ground.state)
for _ in range(700):
    slow.play_iteration()
while slow.stage is None or slow.stage.name != "gradient_d":
    slow.step_slowly()
stage.show(
    playground_scene().figure(slow), alt="Rings around the samples, large where D errs most."
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Nothing is acted: the slow round takes the same steps on the same numbers as a fast one.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
slow, fast = lab.Playground(), lab.Playground()
while slow.iterations == 0:
    slow.step_slowly()
fast.play_iteration()
print("same weights:", torch.equal(*(p.match.game.generator[0].weight for p in (slow, fast))))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Back in time
#
# The playground records itself. Here is a copy of the game above, with all that it remembers. *Back to round* takes it to any round that was played: by which round is the first heap covered, and by which the last? (They are counted every fifty rounds.) *Play* or a step goes on from where you are; what came later is forgotten then, and with *Reset* all of it. Change a rate on the way, and see what would have become of the same forger.

# %% slideshow={"slide_type": "fragment"}
past = ground.copy()
time_machine = stage.play(
    past, playground_scene(), pace=5, moment=(0, past.iterations),
    **lab.controls("lr_d", "lr_g", moment="back to round"),
    alt="The recorded game at one of its rounds: samples, D's colours, losses, and the distance.",
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "subslide"}
# Every fiftieth round is kept whole, and the rounds between are played again, with the settings that they were played with. So nothing is lost on the way:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
now, late = past.iterations, past.match.game.generator[0].weight.clone()
past.moment = 333
print("at round 333 the same weights:", torch.equal(past.match.game.generator[0].weight, late))
past.moment = now
print("back again, the same weights:", torch.equal(past.match.game.generator[0].weight, late))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## One knob at a time
#
# Each experiment below is one change. Make it on the sliders of the first game, *Reset*, and *Play*; or let a cell make it in a new playground. **Guess first.**

# %% slideshow={"slide_type": "fragment"}
guess_discriminator = stage.predict(
    "The judge learns forty times slower (D's rate 0.0001). What does the forger do?",
    ["it wins: the judge cannot tell", "it learns the ring, but slowly", "it runs away"],
)
guess_discriminator

# %% slideshow={"slide_type": "subslide"}
def after(iterations, **settings):
    there = lab.Playground(**settings)
    for _ in range(iterations):
        there.play_iteration()
    return there.match.history


# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
marks = after(300, lr_d=1e-4)
print("heaps covered, fewer than 3:", marks[-1].covered < 3)
print("W1 above 5 on the way, while the ring's radius is 2:", max(m.now["w1"] for m in marks) > 5)

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_discriminator.reveal(
    "it runs away",
    "A stale judge calls one side of the plane real; the forger runs far past the ring that way, "
    "and back when the judge has turned at last.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Watch the colour while it happens: one whole side is blue, the forger leaves the picture on that side, and the title says how much of it is gone. It is chapter 4's warning in the plane: a slope is right only near the judge who is up to date.

# %% slideshow={"slide_type": "subslide"}
guess_small = stage.predict(
    "A forger with one hidden layer of four neurons. How many of the eight heaps?",
    ["all eight, in the end", "fewer than eight", "none"],
)
guess_small

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output", "hide-cell"]
*_, small = after(1500, layers_g=1, width_g=4, activation_g="relu")
print("at least one heap is reached:", small.reached >= 1)
print("not all eight are covered:", small.covered < 8)

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_small.reveal(
    "fewer than eight",
    "Four fold lines leave little room to fold the noise onto eight places.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Switch *G's map* on (below the picture, under *what is shown*): the net is what becomes of straight lines of noise; each mesh holds the same share of it, so a small, dark mesh means many samples. A small forger cannot fold it; a good one squeezes most of it onto the heaps, and **the threads between the heaps never vanish**: a continuous map cannot tear the noise apart.

# %% [markdown] slideshow={"slide_type": "subslide"}
# The five losses, with $a$ for D's bare output, which is large on real samples:
#
# | loss | D makes small | G makes small |
# |:--|:--|:--|
# | minimax | $-\log\sigma(a_\text{real})-\log(1-\sigma(a_\text{fake}))$ | $\log(1-\sigma(a_\text{fake}))$ |
# | non-saturating | the same | $-\log\sigma(a_\text{fake})$ |
# | least squares | $\frac12(a_\text{real}-1)^2+\frac12a_\text{fake}^2$ | $\frac12(a_\text{fake}-1)^2$ |
# | Wasserstein, penalty | $a_\text{fake}-a_\text{real}$, and $\lambda$ times what its slope exceeds 1, squared | $-a_\text{fake}$ |
# | Wasserstein, clipping | $a_\text{fake}-a_\text{real}$; then each weight is cut to $\pm$ *clip* | $-a_\text{fake}$ |
#
# All are means over a batch. A critic, in the last two, has no probability: its colours run from its least to its greatest value. *λ*, *one-sided* and *clip* do nothing for the other losses.

# %% [markdown] slideshow={"slide_type": "subslide"}
# More to try, each with a question:
#
# - *Noise* 1-D uniform: the forger draws with a single thread. Can it visit all the heaps?
# - *Target* grid of 25: hard for a plain GAN. Which knob helps most? Which heaps are lost?
# - *Loss* Wasserstein with penalty: what do the losses look like, and what do the arrows? Then with clipping: what do D's colours turn into?
# - *Optimiser* of both players SGD, which is plain steps down the slope: who stands still, and which rate wakes it?
# - *Target* three blobs, *average* 0, then 0.5: what happens to the dashed line?

# %% [markdown] slideshow={"slide_type": "slide"}
# ## On a line, with the exact answers
#
# The targets that begin with *1-D* lie on a line. There the best judge against the forger of now is known, $D^*=p/(p+q)$ from chapter 3, and it is drawn, dotted, under the learned D. Below the axis lie the samples: real dots, forged crosses, and between them G's arrows. With *G's map* on, two more curves run between 0 and 1: at the height $u$, the noise, $G$ stands at the place $G(u)$, and $F$, as in chapter 1, at $F^{-1}(u)$. $F$ rises; $G$ may rise or fall. A perfect G would be at distance 0, below the picture.

# %% slideshow={"slide_type": "subslide"}
line = lab.Playground(
    target="two_modes_1d", noise="uniform_1d", lr_d=0.01, show_map=True,
    layers_g=2, width_g=32, width_d=32,
)  # fmt: skip
player_line = stage.play(
    line, playground_scene(), **controls,
    alt="Two bumps and the forged law, D beside D*, G beside F; both losses; a distance.",
)  # fmt: skip

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
last = player_line.run(1500).match.history[-1]
print("the average of G is close to the law, W1 below 0.15:", last.average["w1"] < 0.15)
print("and JS is below a tenth of its greatest value, log 2:", last.average["js"] < 0.069)

# %% [markdown] slideshow={"slide_type": "fragment"}
# - Raise *D's steps* to 10: who follows whom now, D the dotted line, or the dotted line D?
# - G need not rise: chapter 1's other maps are as good. Press *another start*: how often does G fall?
# - *Loss* Wasserstein with penalty: why is the dotted line gone?

# %% [markdown] slideshow={"slide_type": "slide"}
# ## My GAN does not train
#
# A game goes wrong in a few ways only, and each shows in a number. *Middle picture* (below the picture, under *what is shown*) draws this number over the rounds, with its borders as dotted lines. One point may be luck: judged is the median of the last ones (of 150 rounds; for D's accuracy of 500). It stands in the title of this picture; the plane's title has the last count.
#
# - *D's accuracy*: a real and a forged sample; in which share of all such pairs does $D$ give the real one the larger output (the AUC of chapter 5)? A coin gets a half. Below the lower border $D$ is too weak. While G's samples are far off that border is 65 %; once they are near it is 40 %, since good samples leave $D$ no better than a coin. But a $D$ that is wrong more often than right lags behind G.
# - *What reaches G*, or a vanishing gradient: the mean of $|\partial L_G/\partial a|$. If it is 0, the arrows are gone, however steep $D$ is.
# - *G's mean*: seen from the real one, in units of the real samples' spread. Judged is how far it swings, and whether it does so regularly, from 0, never the same, to 1, a clock. That takes 800 rounds to tell.

# %% [markdown] slideshow={"slide_type": "subslide"}
# | symptom | look at | try | preset |
# |:--|:--|:--|:--|
# | all crosses lie on a few heaps, and stay | *heaps reached* | *D's rate* 0.0005 | `"collapse"` |
# | nothing moves, no arrows, $D$ is sure of everything | *what reaches G* | *D's steps* 1, or *D's rate* 0.0002 | `"vanishing_gradient"` |
# | crosses creep, arrows are long and point every way | *D's accuracy* | *G's rate* 0.001 | `"d_too_strong"` |
# | the crosses leave the picture | *D's accuracy* | *D's rate* 0.004 | `"d_too_weak"` |
# | the forged law swings to and fro | *G's mean* | *D's steps* 10 | `"cycling"` |
# | none of these, but it is slow | *distance* | patience | `"all_well"` |
#
# One change each is enough for these presets, from a *Reset* on, but to be well takes longer than to be ill: play 600 rounds, and 1200 of the circle. Another game with the same symptom may need another change: each of these undoes what its preset was given to break it. Put another name into the next cell, guess what you will see, and run it and the cells below. Some failures show at once, and may be over later; a circle takes longest: `failures.FAILURES[name].rounds` says how long each is played.

# %% slideshow={"slide_type": "subslide"}
name = "collapse"

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
sick = failures.preset(name)
player_sick = stage.play(
    sick, playground_scene(), pace=5, **controls,
    alt="A game that goes wrong: samples, the number that shows it over the rounds, a distance.",
)  # fmt: skip

# %% slideshow={"slide_type": "fragment"}
player_sick.run(failures.FAILURES[name].iterations);

# %% [markdown] slideshow={"slide_type": "subslide"}
# `diagnose` looks at all numbers at once. It reads what the game has noted, never its settings, so it judges your own games too: give it `ground` or `sketch`. Where no gradient reaches G, D is too strong as well, and two rows fire; so they may where G turns in circles, because D is late.

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
failures.diagnose(sick)

# %% slideshow={"slide_type": "subslide"} tags=["nbval-check-output"]
cured = failures.preset("collapse", lr_d=5e-4)
for _ in range(600):
    cured.play_iteration()
print("this collapse, with one change:", *failures.diagnose(cured).fires)

# %% [markdown] slideshow={"slide_type": "fragment"}
# Why does a *slower* judge mend this collapse? **Press *One round* a few times in the sick game, then once more after *D's rate* 0.0005, a *Reset* and 200 rounds. How long are the arrows, and do they keep their direction?**
#
# <details><summary>What you should have found</summary>
#
# A quick judge's arrows are long, and turn from one round to the next: what G gains in a step it loses in the next. A slow judge's arrows are short, but stay as they were, and the steps add up.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Draw your own
#
# Each dot on the pad becomes a small heap of real samples. With the keyboard: arrows move the cursor (Shift: further), space drops a dot, Backspace takes one back.

# %% slideshow={"slide_type": "fragment"}
pad = Pad(points=list(SMILE), reach=REACH, most=lab.MOST_POINTS)
pad

# %% slideshow={"slide_type": "subslide"}
sketch = lab.Playground(target=DRAWING)
player_sketch = stage.play(
    sketch, playground_scene(), pace=5, **controls,
    alt="A smile of heaps, forged samples, D's colours, losses, and the distance.",
)  # fmt: skip
pad.feed(player_sketch, "drawing")

# %% slideshow={"slide_type": "subslide"}
player_sketch.run(1000);

# %% [markdown] slideshow={"slide_type": "fragment"}
# Which does the forger learn first, the mouth or the eyes? Which knob wins what it missed? And which drawings are easy, which are hard: one piece or many, even or uneven?

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Missions
#
# Can you do it on purpose? `"collapse"`: make it collapse, then save it without touching the loss. `"starve"`: starve $G$ of gradient, then feed it. `"circles"`: make it turn in circles, and stop it. `"drawing"`: bring $G$ near a drawing of your own, from the pad above. Name one, and run **both** cells below. The middle picture shows the number that is judged first.

# %% slideshow={"slide_type": "fragment"}
mission = missions.Mission("collapse")
mission

# %% slideshow={"slide_type": "subslide"}
player_mission = stage.play(
    mission.ground, playground_scene(), pace=5, **controls,
    alt="The game of the mission: samples, D's colours, losses or a sign, and the distance.",
)  # fmt: skip
if mission.name == "drawing":
    pad.feed(player_mission, "drawing")

# %% [markdown] slideshow={"slide_type": "fragment"}
# *Play* for a while, then ask for the verdict, as often as you like. It judges the game, not the knobs. Stuck? `mission.hint()` has three.

# %% slideshow={"slide_type": "fragment"}
mission.verdict()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Show it to somebody else
#
# All settings fit into one line: `print(ground.state)` shows that of the playground above. Send it, and paste it here: from a *Reset* on it is the same run, round for round, if no setting is changed on the way.

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
ground_2 = lab.Playground(target="three_blobs", loss="non_saturating", seed=3)
print(ground_2.state)

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
ground_3 = lab.load(
    {"playground": 2, "target": "three_blobs", "loss": "non_saturating", "seed": 3}
)
ground_2.reset()
for there in (ground_2, ground_3):
    for _ in range(50):
        there.play_iteration()
print("the same run:", ground_2.match.history == ground_3.match.history)

# %% [markdown] slideshow={"slide_type": "subslide"}
# It is read as data and never executed, and a value that no slider could give is refused:

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
try:
    lab.load('{"playground": 2, "width_g": 1000000}')
except ValueError as error:
    print(error)

# %% slideshow={"slide_type": "subslide"}
yours = lab.load({"playground": 2, "target": "three_blobs"})
player_2 = stage.play(
    yours, playground_scene(), pace=5, **controls,
    alt="The playground of a shared state: samples, D's colours, losses, and the distance.",
)  # fmt: skip

# %% slideshow={"slide_type": "fragment"}
player_2.run(600);

# %% [markdown] slideshow={"slide_type": "slide"}
# ## In this chapter we saw
#
# - A game is healthy when crosses lie on dots, the arrows are short, and the distance nears its dotted floor; the losses alone do not tell.
# - The players need room, and a judge who keeps up: neither too weak nor too strong.
# - Each way to fail shows in a number, and one knob may be enough to mend it.
# - One line holds an experiment, and repeats it.
#
# **That was the course.** Go back to [chapter 0](00_forger_and_detective.ipynb) and see whether you beat the forger now.
