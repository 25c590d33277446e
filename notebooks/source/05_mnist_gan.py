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
    need = "pooch anywidget psygnal comm 'ipywidgets>=8.1.5' git+https://github.com/gan-edu/gan-edu"
    get_ipython().run_line_magic("pip", f"install -q --no-deps {need}")
    __import__("google.colab").colab.output.enable_custom_widget_manager()

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
# Warm-up: three questions from earlier chapters, one minute
from gan_edu import practice

practice.warm_up(5)

# %% [markdown] slideshow={"slide_type": "-"}
# Two networks learn to draw digits without any rule about what a digit looks like. **Run the next two cells, press *Play*, and wait for half a minute: how many of the eighteen images can you read?**

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
import torch

from gan_edu import recipes, settings, stage
from gan_edu.chapters.ch05_mnist_gan import scenes as lab
from gan_edu.chapters.ch05_mnist_gan.film import Film, film_scene, neighbour_correlation
from gan_edu.chapters.ch05_mnist_gan.nearest import PEN, STEPS, nearest_scene
from gan_edu.datasets import as_images, as_tensor, load_mnist

settings.reset()  # PyTorch and NumPy as in a new kernel
torch.set_num_threads(1)  # a second thread gains little, and the browser needs its core
digits = load_mnist()
x = as_tensor(digits.images)

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.play(
    recipes.digit_match(x, seed=1),
    lab.opening_scene(),
    pace=10,
    alt="Eighteen generated images in two rows; grey noise before the first iteration.",
);

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# Probably more than half of them. Later in this chapter, a classifier does the reading.
#
# </details>
#
# You will write this GAN by hand. Then comes the harder question: how good are its images, when there is no exact answer to compare them with?
#
# **What you'll do.** Train a GAN on MNIST with the two steps of chapter 4, and measure the result.
#
# **What you'll learn.** What a discriminator's loss near $\log4$ means; how to test generated images for quality, variety and copying.
#
# **What you need.** Chapters 3 and 4, and 35 minutes; 25 more for the sections marked *Further*, and 70 for the exercises. You need no GPU. Without the internet, the chapter uses the smaller digits of scikit-learn.

# %% slideshow={"slide_type": "subslide"}
import copy

import numpy as np
from torch import nn
from torch.nn.functional import softplus

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The real samples: MNIST
#
# MNIST is a collection of handwritten digits, each of 28 × 28 pixels.

# %% slideshow={"slide_type": "fragment"}
print(digits)
stage.show(lab.digits_figure(digits.images[:36]), alt="36 real handwritten digits in three rows.")

# %% [markdown] slideshow={"slide_type": "subslide"}
# The networks see an image as a vector $x$ of 784 numbers between −1 (paper) and 1 (ink).

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
print(f"{x.shape[1]} numbers, from {x.min().item()} to {x.max().item()}")

# %% [markdown] slideshow={"slide_type": "fragment"}
# In 784 dimensions counting in bins is hopeless (chapter 2), so a discriminator compares the images.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The generator and the discriminator
#
# The **generator** $G$ maps noise $z$, 16 numbers from $N(0,1)$, to an image. **Batch normalisation** rescales the output of each hidden neuron to mean 0 and standard deviation 1 over the batch, which makes training easier. (In `eval` mode it uses running averages instead of the batch.) $\tanh$ puts each pixel between −1 and 1.

# %% slideshow={"slide_type": "fragment"}
def new_generator():
    return nn.Sequential(
        nn.Linear(16, 256), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 256), nn.BatchNorm1d(256), nn.ReLU(),
        nn.Linear(256, 784), nn.Tanh(),
    )

# %% [markdown] slideshow={"slide_type": "subslide"}
# The **discriminator** $D$ maps an image to one number, the logit $a$; its probability of "real" is $D(x)=\sigma(a(x))$. Its last layer also gets the **minibatch standard deviation**: for each output of the layer before, take the standard deviation over the batch; the mean of these 128 numbers is one extra input. It exposes a generator that always makes the same digit: the variety that nothing in $G$'s loss asks for, $D$ now asks for.

# %% slideshow={"slide_type": "fragment"}
class MinibatchStdDev(nn.Module):
    def forward(self, h):
        spread = (h.var(dim=0, correction=0) + 1e-6).sqrt().mean()
        return torch.cat([h, spread.expand(len(h), 1)], dim=1)


def new_discriminator():
    return nn.Sequential(
        nn.Linear(784, 256), nn.LeakyReLU(0.2),
        nn.Linear(256, 128), nn.LeakyReLU(0.2), MinibatchStdDev(),
        nn.Linear(129, 1),
    )

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Two losses
#
# For $B$ images of each kind, $D$ minimises the log loss of chapter 3:
#
# $$L_D=-\frac1B\sum_{i=1}^B\log D(x_i)-\frac1B\sum_{i=1}^B\log\bigl(1-D(G(z_i))\bigr)\tag{5.1}$$
#
# For $G$ we use the **non-saturating** loss of chapter 3:
#
# $$L_G=-\frac1B\sum_{i=1}^B\log D(G(z_i))\tag{5.2}$$

# %% [markdown] slideshow={"slide_type": "subslide"}
# Computed from the logit, the losses never need the logarithm of 0: $-\log\sigma(a)=\log(1+e^{-a})$ is `softplus(-a)`, and $-\log(1-\sigma(a))$ is `softplus(a)`.

# %% slideshow={"slide_type": "fragment"}
def discriminator_loss(logits_real, logits_fake):
    return softplus(-logits_real).mean() + softplus(logits_fake).mean()


def generator_non_saturating(logits_fake):
    return softplus(-logits_fake).mean()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Step 1: train the discriminator
#
# Each network has its own optimiser. Two settings differ from chapter 4. Adam keeps no average of past gradients ($\beta_1=0$ instead of 0.5), and $G$ has the larger learning rate, so $r=k\,\eta_D/\eta_G$ is ½. (Chapter 4's border $r=4$ belongs to a game of two parameters. Here we tried: with equal learning rates the images were worse. Whether $D$ keeps up, you will measure.)

# %% slideshow={"slide_type": "fragment"}
def adam(network, lr):
    return torch.optim.Adam(network.parameters(), lr=lr, betas=(0.0, 0.99))


torch.manual_seed(0)
generator, discriminator = new_generator(), new_discriminator()
opt_g, opt_d = adam(generator, lr=2e-3), adam(discriminator, lr=1e-3)
rng = torch.Generator().manual_seed(0)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The step is the same as in chapter 4:

# %% slideshow={"slide_type": "fragment"}
def step_discriminator(x_real, x_fake):
    logits_real, logits_fake = discriminator(x_real), discriminator(x_fake.detach())
    loss_d = discriminator_loss(logits_real, logits_fake)
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    return loss_d.item()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Step 2: train the generator
#
# Here nothing is detached, because the gradient has to reach $G$ through $D$. But `opt_g` changes $G$ alone:

# %% slideshow={"slide_type": "fragment"}
def step_generator(x_fake):
    loss_g = generator_non_saturating(discriminator(x_fake))
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    return loss_g.item()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## The training loop
#
# One iteration is one step of each network, $k=1$, on 64 real and as many generated images. (The first GAN paper, of 2014, draws new noise for $G$'s step; we reuse the images of step 1.)

# %% slideshow={"slide_type": "subslide"}
def play_iteration():
    rows = torch.randint(len(x), (64,), generator=rng)
    x_fake = generator(torch.randn(64, 16, generator=rng))
    loss_d = step_discriminator(x[rows], x_fake)
    loss_g = step_generator(x_fake)
    return loss_d, loss_g

# %% [markdown] slideshow={"slide_type": "fragment"}
# We create new networks and run twenty iterations, by hand and with the package:

# %% slideshow={"slide_type": "fragment"}
torch.manual_seed(0)
generator, discriminator = new_generator(), new_discriminator()
opt_g, opt_d = adam(generator, lr=2e-3), adam(discriminator, lr=1e-3)
rng = torch.Generator().manual_seed(0)
by_hand = [play_iteration() for _ in range(20)]

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
from gan_edu.training import play_iterations

twenty = play_iterations(recipes.digit_game(seed=0, precision=torch.float32), x, 20)
packaged = [(snapshot.loss_d, snapshot.loss_g) for snapshot in twenty]
for i in (0, 9, 19):
    print(f"iteration {i + 1:2}: L_D = {by_hand[i][0]:.3f} by hand, {packaged[i][0]:.3f} packaged")
np.testing.assert_allclose(packaged, by_hand, rtol=1e-3)

# %% [markdown] slideshow={"slide_type": "fragment"}
# From here on we use the package. As in chapter 4, the images that it shows come from the exponential moving average (EMA) of $G$'s weights. Your results may differ a little from those saved here: processors round differently.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Play
#
# Run the next two cells; the second trains for 3,000 iterations, which takes one to two minutes, and *Play* continues from there. **When can you read the first digits? Do the losses or $D$'s mean answers show it?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
match = recipes.digit_match(x, seed=0)
film = Film(match)  # keeps the images now and then, and what D tells G about them
player = stage.play(
    match,
    lab.match_scene(),
    pace=20,
    alt="Left: 25 generated images. Middle: both losses. Right: D's mean probabilities.",
)

# %% slideshow={"slide_type": "fragment"}
player.run(3000)
game, history = match.game, match.history

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# Digits appear soon, and nothing in the curves shows it: $L_D$ stays near $\log4$, the loss of a $D$ that answers ½ to everything, and $G$'s loss may even rise, because $D$ improves too. $D$'s mean answers are close to ½.
#
# </details>

# %% slideshow={"slide_type": "skip"} tags=["hide-cell"]
loss_d = np.mean([snapshot.loss_d for snapshot in history[2000:3000]])
print(f"D's mean loss in the last 1,000 iterations: {loss_d:.2f}; log 4 = {np.log(4):.2f}")
if match.as_made:
    assert abs(loss_d - np.log(4)) < 0.2

# %% [markdown] slideshow={"slide_type": "slide"}
# ## See how an image came to be
#
# $G$ never sees a real image. All that it learns about digits comes through $D$, as the gradient $-\partial L_G/\partial x$: for each pixel of a generated image, should it have more ink or less? **Click an image to enlarge it, and press the play button.** On the right stands this gradient (mid-grey is 0; each picture has its own scale), with the outline of the image.
#
# 1. **When can you read your image? Is it the same digit at the end?**
# 2. **What does the gradient look like at the beginning, and what at the end?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.explore(
    film_scene(film),
    iteration=stage.played(stage.log(20, match.iterations)),
    row=(1, 5), column=(1, 5),
    alt="25 generated images. One of them is enlarged; beside it, D's gradient for each pixel.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# An image may change into another digit on the way. The gradient is noise at the beginning, because $D$'s weights are random. Later it has the shapes of strokes and of gaps between them.
#
# </details>

# %% slideshow={"slide_type": "skip"} tags=["hide-cell"]
first, *_, last = (neighbour_correlation(moment.told) for moment in film.until_now())
print(f"correlation of neighbouring pixels of the gradient: {first:.2f} → {last:.2f}")
if match.as_made:
    assert first < 0.2 < last

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Look at the AUC beside the loss
#
# A loss of $D$ near $\log4$ can mean four things. Two measurements tell them apart: the **AUC**, the share of pairs of a real and a generated image in which $D$ gives the real one the higher answer (½: guessing), and what $D$ still learns if $G$ is frozen, which is the next experiment:
#
# | what it means | the AUC | with $G$ frozen, $D$ … |
# |:--|:--|:--|
# | $G$ is good | near ½ | finds no difference |
# | $D$ has learned nothing yet | near ½ | learns to rank the images |
# | $D$ can tell, but its probabilities are badly scaled | near 1 | can rank them already |
# | $D$ lags behind $G$ | anything | learns to rank the images |
#
# After ten iterations all generated images are still grey noise, and $D$'s loss is near log 4. **How many of a hundred pairs does $D$ rank correctly by then?** (The real images are *held out*: $D$ was not trained on them.)

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
x_test = as_tensor(digits.test_images)
early = recipes.digit_game(seed=0)
for _ in play_iterations(early, x, 10):
    pass
loss_d, ranking = lab.loss_and_auc(early, x_test)
print(f"D's loss: {loss_d:.2f}; log 4 = {np.log(4):.2f}; AUC: {ranking:.1%}")
assert abs(loss_d - np.log(4)) < 0.1
assert ranking > 0.9

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# Nearly all of them. It is the third line of the table: this discriminator can tell real from generated, but its probabilities all lie close to ½.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# ## Freeze one network, train the other
#
# After 3,000 iterations $D$'s loss is still near log 4. Which line of the table is it now? To find out, we freeze one of the two and train the other.

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
guess_frozen = stage.predict(
    "After 3,000 iterations we freeze G and train D for 200 more steps. "
    "Draw D's loss; log 4 ≈ 1.39.",
    stage.sketch(x=(0, 200), y=(0, 3), labels=("steps of D alone", "D's loss, nats")),
)
guess_frozen

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
guess_fooled = stage.predict(
    "Now D is frozen instead, and G trains for 200 steps. What happens to its images?",
    ["get better: G has time to learn", "hardly change", "get worse"],
)
guess_fooled

# %% [markdown] slideshow={"slide_type": "subslide"}
# Run the next three cells. **Green, $G$ frozen: how well does $D$ learn to rank the images? Orange, $D$ frozen: what happens to its loss and its ranking?**

# %% slideshow={"slide_type": "fragment"}
def train_d_alone(game):
    game.step_discriminator(game.pick(x, 64), game.generate(64))


def train_g_alone(game):
    game.step_generator(game.generate(64))


def measured(game, step):
    found = [lab.loss_and_auc(game, x_test)]
    for i in stage.progress(range(1, 201), total=200, label=step.__name__):
        step(game)
        if i % 10 == 0:
            found.append(lab.loss_and_auc(game, x_test))
    return found

# %% slideshow={"slide_type": "fragment"}
frozen_g, frozen_d = copy.deepcopy(game), copy.deepcopy(game)
alone = {"d_alone": measured(frozen_g, train_d_alone), "g_alone": measured(frozen_d, train_g_alone)}

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
stage.show(
    lab.alone_figure(alone, every=10),
    alt="D's loss and its AUC over 200 steps in which only one of the two networks is trained.",
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
first = alone["d_alone"][0]
late_loss, late_auc = np.median(alone["d_alone"][-10:], axis=0)  # of the second half
print("before, and median of the last 100 steps, D alone:")
print(f"loss {first[0]:.2f} → {late_loss:.2f}, AUC {first[1]:.0%} → {late_auc:.0%}")
assert late_loss < np.log(4) / 2 < first[0]
assert late_auc > 0.95

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
guess_frozen.reveal(
    (range(0, 201, 10), [loss for loss, _ in alone["d_alone"]]),
    "The images were not too good: as soon as G is frozen, D learns to tell them apart. "
    "(A jump for a few steps does not count.)",
    stage.Part(
        over=(100, 200), close=0.25, right="right at the end: it falls far below log 4",
        above="at the end it is far below log 4, lower than you drew",
        below="at the end it has not fallen as far as you drew",
    ),
)  # fmt: skip

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# Green: at the start $D$ ranks these images poorly: it cannot tell, so bad scaling is not the reason for its loss. With $G$ frozen it soon ranks them almost perfectly, and its loss falls. (Where the loss jumps up for a few steps and the AUC stays near 1, a step has moved all logits to one side: the ranking is right, the probabilities are not.) Orange: the loss of the frozen $D$ rises, and its AUC falls to 0: every generated image now ranks above every real one.
#
# The AUC says what $D$ can tell *now*; freezing $G$ says what it *could* learn. So the images are not so good that nobody could tell them apart (the first line), and $D$ has learned a lot since its tenth iteration (not the second). It lagged behind: the last line of the table. In the game $G$ changes its images in each iteration to fool the current $D$, so what $D$ has learned is soon **out of date**.
#
# </details>
#
# In the next figure, the upper row shows twelve images of $G$ itself (not of its EMA) from before $D$ was frozen; the lower row shows twelve after 200 steps of $G$ alone.

# %% slideshow={"slide_type": "subslide"} tags=["hide-cell"]
loss_fooled, ranking_fooled = alone["g_alone"][-1]
print(f"G alone: D's loss rises to {loss_fooled:.2f}, its AUC falls to {ranking_fooled:.0%}")
assert loss_fooled > np.log(4)
assert ranking_fooled < 0.05

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
with torch.no_grad():
    fooling, usual = (as_images(there.generate(12).float()) for there in (frozen_d, game))
stage.show(
    lab.digits_figure(np.concatenate([usual, fooling])),
    alt="Above, twelve images from before D was frozen; below, twelve after 200 steps of G alone.",
)

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
guess_fooled.reveal(
    "get worse",
    "G finds images that this one D takes for real. Its loss measures nothing else.",
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Measure quality with a digit classifier
#
# To grade images we need a network outside the game: a **digit classifier**, trained on real digits and their labels. (The first time, the next cell trains it for half a minute.)

# %% slideshow={"slide_type": "fragment"}
from gan_edu.metrics import accuracy, grade_images, load_classifier

classifier = load_classifier(digits)
right = accuracy(classifier, digits.test_images, digits.test_labels)
print(f"The classifier reads {right:.1%} of the held-out digits correctly.")
assert right > (0.98 if digits.is_mnist else 0.93)

# %% [markdown] slideshow={"slide_type": "subslide"}
# It gives us two measures:
#
# - An image is **doubtful** if the classifier's best guess has a probability below 90 %.
# - The last hidden layer describes each image by 64 **features**, numbers that tell digits apart. The **Fréchet distance** compares their mean $\mu$ and covariance $\Sigma$ over many images with those of held-out real digits: it is 0 if both agree, and grows as they differ. You may skip its formula.
#
# $$d^2=\lVert\mu_a-\mu_b\rVert^2+\operatorname{Tr}\bigl(\Sigma_a+\Sigma_b-2(\Sigma_a\Sigma_b)^{1/2}\bigr)$$
#
# Compare only values from the same classifier and the same number of images. (The FID in papers is this distance with features from Inception, a large network for photographs.)

# %% slideshow={"slide_type": "fragment"}
generated = recipes.draw_digits(game, 10_000)
noise = np.random.default_rng(0).integers(0, 256, (10_000, 28, 28), dtype=np.uint8)
candidates = {"real": digits.images[:10_000], "generated": generated, "pixel noise": noise}
grades = {name: grade_images(classifier, c, digits.test_images) for name, c in candidates.items()}
for name, grade in grades.items():
    print(f"Fréchet distance {grade.frechet:6.1f}, {grade.doubtful:4.0%} doubtful: {name}")
real, fake, junk = grades.values()
assert real.frechet < fake.frechet < junk.frechet / 4
assert real.doubtful < fake.doubtful

# %% [markdown] slideshow={"slide_type": "subslide"}
# The generated images are far better than noise, but not as good as real handwriting. (Even that does not reach 0, because both sets are finite.)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Does $G$ make all ten digits, or only a few of them (**mode collapse**)? **Which digits does $G$ draw too often, and which too rarely?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
counts = {"real": real.class_counts, "fake": fake.class_counts}
stage.show(
    lab.classes_figure(counts),
    alt="Bars for the ten digits: their shares of the real images and of the generated ones.",
)
assert counts["fake"].min() > 0

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# All ten digits occur: no digit is lost to mode collapse, but their shares are not those of the real images. (In the saved run 3 and 7 come too often, 4 and 8 too rarely.) The bars say nothing about quality, because the classifier has to call even a doubtful image *some* digit.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Does it copy?
#
# A generator that had memorised the training images would pass the tests above and be worthless. So we find the **nearest neighbour** of each generated image: the training image at the smallest distance (the root of the sum of all squared pixel differences, with pixels from 0 to 1). Held-out real digits show what distance is normal.
#
# **Compare the two printed medians: are generated images suspiciously close to the training images?**

# %% slideshow={"slide_type": "subslide"}
from gan_edu.metrics import nearest_neighbours

nearest = {}
for name, images in (("generated", generated), ("held-out real", digits.test_images)):
    rows, distances = nearest_neighbours(images[:200], digits.images)
    nearest[name] = images[:200], digits.images[rows[:, 0]], distances[:, 0]
    print(f"{name}: median {np.median(distances):.1f}, smallest {distances.min():.1f} of 200")
stage.show(
    lab.neighbours_figure(nearest),
    alt="Six generated images and six held-out real digits. Below each stands the nearest "
    "training image, and the distance between the two.",
)
assert nearest["generated"][2].min() > 0.2 * np.median(distances)

# %% [markdown] slideshow={"slide_type": "subslide"}
# <details><summary>What you should have found</summary>
#
# A copy would have the distance 0. The generated images are about as far from the training images as new handwriting is: no sign of copying. (Two images may look alike, as the first pair of the saved run does, and still differ in many pixels along their strokes.)
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## In this chapter we saw
#
# - A GAN on images has the same two steps as on a line; only the networks are larger.
# - A loss near $\log4$ has several causes. The AUC says what $D$ can tell now; freezing $G$ says what $D$ could learn.
# - Quality, variety and copying are measured outside the game: by the Fréchet distance, the classes, and the nearest training images.
#
# **Next:** [chapter 6](06_summary.ipynb) puts the whole game on one page.
#
# Here the core ends. *Further* sections and exercises come below; both can wait.

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
# Which predictions of this chapter surprised you?
stage.surprises()

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
# Ten questions after the course, if you like
practice.test("after")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: walk through the noise
#
# A noise vector $z$ is also called a **latent vector**, a point of the 16-dimensional **latent space**. Its axes have no special meaning. So we make 5,000 images and find the patterns in which they differ most, their *principal components*. For each pattern we take the direction in $z$ that changes it most.
#
# Each row moves the $z$ of the large image along one of four directions; the frame is where the slider stands. Direction 1 belongs to the strongest pattern. The words beside a direction's number are measured: they say what changes most towards the right, of an image's slant, width, height, ink, and share of ink in the middle.
#
# 1. **Press *new random seed* several times. Which digits stand at the two ends of row 1?**
# 2. **Find an image that is not a digit. Which digits stand beside it?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.explore(
    lab.walk_scene(game),
    direction_1=(-3.0, 3.0, 0.75), direction_2=(-3.0, 3.0, 0.75),
    direction_3=(-3.0, 3.0, 0.75), direction_4=(-3.0, 3.0, 0.75),
    seed=stage.button("new random seed"), labels=lab.direction_names(game),
    alt="A large digit, and four rows that show how it changes along each of four directions.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# Direction 1 leads mostly from ones to round digits. $G$ is continuous, so images never jump: between two digits they may pass through a smudge.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# This map shows directions 1 and 2: each image stands where its noise lies. **Drag the frame from one digit to another. What does $G$ draw on the border between them?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    lab.map_scene(game),
    direction_1=(-3.0, 3.0), direction_2=(-3.0, 3.0), labels=lab.direction_names(game, 2),
    alt="A map of generated digits, and the digit at the frame, enlarged.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# $G$ draws something that is neither of the two digits: it is continuous, so it cannot jump from one to the other.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: draw a digit, and find its nearest
#
# Here a search goes the other way, from an image to its noise: for the $z$ whose image is nearest to your drawing, by the distance of *Does it copy?*. It improves several random $z$ step by step, and shows the one that gets nearest; in exercise 5.7 you write such a search. $G$ is one that was trained for longer than yours (on MNIST; it comes with the package). Your drawing is centred and scaled, as MNIST's digits were.
#
# 1. **Draw a digit and press the play button.** Is $G$'s image the digit that you drew?
# 2. **Draw a letter, or a face. What does $G$ make of it, and how far away does it stay?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
stage.explore(
    nearest_scene(recipes.trained_generator()),
    drawing=PEN, step=stage.played((0, STEPS)),
    alt="A drawing, the image of G that a search has reached, and its distance after each step.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# Most clear digits are found, with smaller differences in the strokes. $G$ cannot draw letters or faces: it has learned digits only. The search still ends at *some* image, often at a digit that covers the same pixels, and stays farther away. (A letter that looks like a digit, such as O, S or Z, is no exception: it is a digit to $G$.)
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: from one digit to another
#
# `ends[i]` is the noise whose image the classifier reads as $i$ with the highest probability. There are two ways from `ends[3]` to `ends[8]`: the straight line, and an arc along the sphere around 0, on which the length of $z$ stays close to that of its ends. Below each image stands what the classifier reads, and with which probability; doubtful images (below 90 %) have a frame.
#
# 1. **What would you read in the framed images?**
# 2. **Find a pair whose path leads through a third digit.**
# 3. **Noise has a length of about $\sqrt{16}=4$. On which way does it get shorter?**

# %% slideshow={"slide_type": "subslide"} tags=["hide-input"]
ends = lab.noise_for_digits(game, classifier)
stage.explore(
    lab.crossing_scene(game, classifier, ends),
    start=list(range(10)), end=list(range(10)),
    alt="Two rows of twelve images in which one digit turns into another, on two ways. Below each "
    "stands the digit that the classifier reads, and its probability; at the bottom, z's length.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# Is the straight line worse? One pair cannot tell, so here are the points halfway between 2,000 pairs of noise vectors:

# %% slideshow={"slide_type": "fragment"}
starts, stops = recipes.fresh_noise(4000, seed=9).split(2000)
halfway = {}
for name, way in {"straight line": lab.straight_line, "sphere": lab.great_circle}.items():
    z = torch.stack([way(start, stop, 3)[1] for start, stop in zip(starts, stops, strict=True)])
    frechet = grade_images(classifier, recipes.draw(game, z), digits.test_images).frechet
    halfway[name] = z.norm(dim=1).mean().item(), frechet
    print(f"mean length of z: {halfway[name][0]:.1f}, Fréchet distance {frechet:.1f}: {name}")
line, sphere = halfway.values()
assert line[0] < 3 < sphere[0]
assert line[1] > sphere[1]

# %% [markdown] slideshow={"slide_type": "fragment"}
# The straight line is a short cut through the inside of the sphere. In training $G$ rarely gets noise as short as there, and its images are farther from real digits.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: a digit on demand
#
# Our $G$ draws *some* digit. To ask it for a 7, give both networks a label $y$ (Mirza and Osindero 2014): $D(x,y)$ sees an image and its label, $G(z,y)$ noise and a label. Nothing else changes in (5.1) and (5.2). In code the label is ten numbers, appended to the image and to the noise: 1 for the digit and −1 for the other nine:

# %% slideshow={"slide_type": "fragment"}
from gan_edu.networks import with_labels

x_labelled = with_labels(x, torch.from_numpy(digits.labels).long())
print(x_labelled.shape, "label", digits.labels[0], x_labelled[0, 784:].int().tolist())

# %% slideshow={"slide_type": "fragment"}
on_demand = recipes.digit_match(x_labelled, seed=0, new_game=recipes.labelled_digit_game)
for _ in stage.progress(range(1000), total=1000, label="iterations"):
    on_demand.play_iteration()

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Ask for each of the ten digits. What do the images at the same place have in common?**

# %% slideshow={"slide_type": "fragment"} tags=["hide-input"]
stage.explore(
    lab.on_demand_scene(on_demand),
    digit=stage.one_of(range(10)),
    seed=stage.button("other noise"),
    alt="Eighteen generated images of the digit that was asked for.",
)

# %% [markdown] slideshow={"slide_type": "fragment"}
# <details><summary>What you should have found</summary>
#
# The label says which digit it is, so the noise decides everything else: slant, thickness, style. How much of these stays the same depends on the run.
#
# </details>

# %% slideshow={"slide_type": "fragment"} tags=["hide-cell"]
asked = [recipes.draw(on_demand.game, recipes.fresh_noise(200, 1, d)) for d in range(10)]
with torch.no_grad():
    read = [classifier(images).argmax(1) for images in asked]
right = np.mean([(found == d).float().mean() for d, found in enumerate(read)])
print(f"The classifier reads {right:.0%} of them as the digit that was asked for.")
assert right > 0.8

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: what a longer training buys
#
# The package contains the weights of the same networks after eleven times as many iterations. Here is the same noise through your $G$ (above) and through that one (below):

# %% slideshow={"slide_type": "fragment"}
if digits.is_mnist:
    longer = recipes.drawn_by(recipes.trained_generator(), recipes.fresh_noise(10_000, seed=0))
    print(f"Fréchet distance: {grade_images(classifier, longer, digits.test_images).frechet:.1f}")
    stage.show(
        lab.digits_figure(np.concatenate([generated[:12], longer[:12]])),
        alt="Twelve images of this notebook's generator; below, twelve of a longer training.",
    )
else:
    print("Those weights know MNIST; here are other digits.")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: average the generator's weights
#
# $G$ never comes to rest, because it follows $D$, which follows $G$. The moving average $\bar w$ of its weights $w$ smooths this out. Most of it comes from the last tenth of the run. After iteration $t+1$:
#
# $$\bar w\leftarrow\frac{t}{t+10}\,\bar w+\frac{10}{t+10}\,w$$

# %% slideshow={"slide_type": "fragment"} tags=["nbval-check-output"]
short, average = recipes.digit_game(seed=0), 0
for t, _ in enumerate(play_iterations(short, x, 5)):
    w = short.generator[0].weight.detach()
    average = t / (t + 10) * average + 10 / (t + 10) * w
print(f"difference from the package's: {(short.average[0].weight - average).abs().max():.4f}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Above, the images come from $G$ itself after the last iteration; below, from the average, with the same noise. **Which row is cleaner?**

# %% slideshow={"slide_type": "fragment"}
z = recipes.fresh_noise(10_000, seed=0)
with torch.no_grad():
    last = as_images(copy.deepcopy(game.generator).eval()(z))
stage.show(
    lab.digits_figure(np.concatenate([last[:12], generated[:12]])),
    alt="Twelve images from G itself, and below them twelve from the average, of the same noise.",
)
now = grade_images(classifier, last, digits.test_images)
print(f"Fréchet distance: {now.frechet:.1f} for the last iterate, {fake.frechet:.1f} averaged")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Further: the score of the 2014 paper, and how to cheat it
#
# The first GAN paper (Goodfellow et al., 2014) placed a Gaussian of standard deviation $h$ on each of 10,000 generated images (pixels from 0 to 1) and computed how high the density of this mixture is at real test images. This is the **Parzen window** estimate:
#
# $$\log p(x)=\log\frac1M\sum_{j=1}^M N\bigl(x;\,s_j,\,h^2 I\bigr)$$
#
# The width $h$ is the one that fits the last 1,000 training images best. The score is in nats, and higher is meant to be better. Below is the paper's table for MNIST, with our result (on 2,500 test images) in the last line.

# %% slideshow={"slide_type": "subslide"}
from gan_edu.metrics import parzen_score

validation, test = digits.images[-1000:], digits.test_images[:2500]
table = {"DBN": (138, 2), "Stacked CAE": (121, 1.6)}
table |= {"Deep GSN": (214, 1.1), "Adversarial nets": (225, 2)}
if digits.is_mnist:
    ours = parzen_score(generated, validation, test)
    table["this notebook"] = (ours.mean, ours.standard_error)
else:
    print("Our digits are not MNIST: our own score cannot be compared with this table.")
for name, (mean, error) in table.items():
    print(f"{mean:4.0f} ± {error:.1f}  {name}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Now we cheat. First we blur our generated images a little:

# %% slideshow={"slide_type": "fragment"}
from scipy.ndimage import gaussian_filter

blurred = gaussian_filter(generated, sigma=(0, 0.6, 0.6))
stage.show(
    lab.digits_figure(np.concatenate([generated[:12], blurred[:12]])),
    alt="Twelve generated digits, and below them the same twelve, blurred.",
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# The second cheat generates nothing: it is a fixed list of 600 images, each the mean of similar real digits, found by $k$-means.

# %% slideshow={"slide_type": "subslide"}
from sklearn.cluster import MiniBatchKMeans

pixels = digits.images[:20_000].reshape(-1, 784).astype(np.float32) / 255
kmeans = MiniBatchKMeans(600, init="random", n_init=1, batch_size=2048, random_state=0).fit(pixels)
codebook = (255 * kmeans.cluster_centers_).round().astype(np.uint8).reshape(-1, 28, 28)
stage.show(lab.digits_figure(codebook[:12]), alt="Twelve blurry means of real digits.")

# %% [markdown] slideshow={"slide_type": "fragment"}
# Which of the four sets wins? (1,000 test images are enough here.)

# %% slideshow={"slide_type": "subslide"}
sets = {"real": digits.images[:10_000], "generated": generated, "blurred": blurred}
sets["600 means"] = codebook
scores = {}
for name, images in stage.progress(sets.items(), total=4, label="Parzen scores"):
    scores[name] = parzen_score(images, validation, test[:1000])
    print(f"{scores[name].mean:4.0f} nats, with h = {scores[name].bandwidth:.2f}: {name}")
honest = ["generated", "real"] if digits.is_mnist else ["generated"]
cheated = min(scores["blurred"].mean, scores["600 means"].mean)
assert cheated > max(scores[name].mean for name in honest)

# %% [markdown] slideshow={"slide_type": "subslide"}
# What does the Fréchet distance say about the blur?

# %% slideshow={"slide_type": "fragment"}
blur = grade_images(classifier, blurred, digits.test_images)
print(f"Fréchet distance: {fake.frechet:.1f} generated, {blur.frechet:.1f} blurred")
assert blur.frechet > fake.frechet or not digits.is_mnist

# %% [markdown] slideshow={"slide_type": "fragment"}
# Both cheats score higher than our honest images, and on MNIST even higher than real handwriting. **A fixed list of averages beats them, so this score does not measure what we want.** In 784 dimensions a narrow Gaussian reaches no test image at all, and a wide one prefers the blurry average of several digits to a sharp digit.
#
# The Fréchet distance is not neutral either: it sees only what its classifier sees. Whenever you read such a number, ask how it was computed.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Exercises
#
# `check` says whether an answer is right, and what to think about if not; `hint("5.1")`, `solution("5.1")` and `progress()` help.

# %% slideshow={"slide_type": "fragment"}
from gan_edu.exercises import check, hint, progress, solution

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary>A worked example: the AUC of a few logits</summary>
#
# The AUC is the share of pairs of a real and a generated sample in which the real one has the larger logit. Compare each with each:
#
# ```python
# def auc(a_real, a_fake):
#     pairs = a_real[:, None] > a_fake[None, :]  # one row for each real sample
#     return pairs.mean()
#
#
# print(auc(np.array([2.0, 0.5]), np.array([-1.0, 1.0])))  # 0.75: three pairs of four
# ```
#
# What does it return if you multiply all logits by ten?
#
# </details>
#
# <details><summary>The answer to its question</summary>
#
# The same, because no pair changes its order.
#
# </details>

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.1 · A generator that copies
#
# *Predict, 3 minutes.* A "generator" outputs 10,000 training images, unchanged. Which of these four measures exposes it: `"classes"` (the ten bars), `"Fréchet"`, `"Parzen"` (how likely test images are, given its images) or `"nearest"` (distance to the nearest training image)?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
answer = None
check("5.1", answer)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.2 · What loss does a clueless discriminator get?
#
# *Code, 8 minutes.* A friend puts the logits of `n_real` real and `n_fake` generated images into one list and takes a *single* mean of the binary cross-entropy over it. The discriminator cannot tell the images apart and gives all of them the same $D$. Which $D$ is best, and what is the loss then, in nats? Compare with $\log4$ for 64 images of each kind.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def clueless(n_real, n_fake):
    ...  # return d, loss


check("5.2", clueless)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.3 · A distance below zero
#
# *Debug, 8 minutes.* This is the Fréchet distance $d^2$ between two sets of features, arrays of shape (N, F), written from the formula above. The distance of a set from itself must be 0. But `frechet(a, a)` is *below* 0 as soon as some features are correlated. Correct it.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def frechet(a, b):
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = np.sqrt(cov_a @ cov_b)
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(cov_a + cov_b - 2 * root)


check("5.3", frechet)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.4 · The generator moves while D is trained
#
# *Debug, 8 minutes.* This function should train the discriminator alone and leave the generator unchanged. But from batch to batch the generated images get easier to recognise. What changes the generator? Correct the function, and keep plain gradient descent with the learning rate 0.1.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def train_discriminator(generator, discriminator, batches):
    everything = [*generator.parameters(), *discriminator.parameters()]
    opt_d = torch.optim.SGD(everything, lr=0.1)
    for x_real, z in batches:
        x_fake = generator(z)
        loss_real = softplus(-discriminator(x_real)).mean()
        loss_fake = softplus(discriminator(x_fake)).mean()
        opt_d.zero_grad()
        (loss_real + loss_fake).backward()
        opt_d.step()


check("5.4", train_discriminator)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.5 · Looking at samples harms the training
#
# *Debug, 8 minutes.* Between two iterations somebody looks at generated images, and from then on training goes worse. The images are right: in `eval` mode none depends on the others in the batch. What has the function left changed? `check` tries it on a generator in training and on averaged ones, which stay in `eval` mode: each must come back with the same weights, running averages, train/eval mode and `requires_grad`.

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def draw(generator, z):
    generator.eval()
    with torch.no_grad():
        return generator(z)


check("5.5", draw)

# %% slideshow={"slide_type": "skip"} tags=["hide-input"]
# A puzzle: put these lines in order
practice.puzzle("5.p1")

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.6 · How far back does the average remember?
#
# *Code, 10 minutes.* The moving average of the weights follows $\bar w\leftarrow\frac t{t+10}\bar w+\frac{10}{t+10}w$ in iteration $t+1$. After $T$ = `iterations` iterations it is a weighted mean of the weights of all iterations. What share comes from the `last` ones? (An answer within 0.01 is accepted.)

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def share_of_the_last(iterations, last):
    ...


check("5.6", share_of_the_last)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### 5.7 · Find the noise for an image
#
# *Open, 20 minutes.* $G$ leads from noise to images. Now go back: write a search that gets a generator and one of its images, and returns 16 numbers that give this image again. `check` uses a small generator whose "images" have 64 numbers. The image from your noise must be less than half as far away as the best of 1,000 random tries, and generator and image must stay unchanged. Then try `find_noise(game.average, as_tensor(digits.test_images[:1]))`: can $G$ make a digit that it was never trained on?

# %% slideshow={"slide_type": "fragment"} tags=["exercise"]
def find_noise(generator, image):
    z = torch.zeros(1, 16, requires_grad=True)
    ...


check("5.7", find_noise)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Symbols
#
# | here | in code | the article | meaning |
# |:--|:--|:--|:--|
# | $z$ | `z` | $x$ | noise, a latent vector: 16 numbers from $N(0,1)$ |
# | $x$ | `x_real` | $z$ | a real image: 784 numbers |
# | $G(z)$ | `x_fake` | $y=G(x,\theta)$ | a generated image |
# | $a(x)$ | `logits_real`, `logits_fake` | $-D$ in its (3) and (4) | the discriminator's logit, large for "real" |
# | $D(x)=\sigma(a(x))$ | `logits.sigmoid()` | $D$ in the log-likelihood | probability that $x$ is real; $\sigma(a)=1/(1+e^{-a})$ |
# | $\bar w$ | `game.average` | – | moving average of $G$'s weights |
#
# "The article" is the Chinese text that this course follows, *GAN（一）——Vanilla GAN*. The [glossary](glossary.ipynb) lists all terms in English and Chinese.
