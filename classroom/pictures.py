"""The pictures of the talk, by the names that `talk.md` calls them.

A scene is drawn beforehand for each step of one slider, a game for some of its iterations. What
trains takes a while: the digits half a minute.
"""

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from gan_edu import recipes, stage
from gan_edu.chapters import line_scenes, sign_card
from gan_edu.chapters.ch00_forger_and_detective import line
from gan_edu.chapters.ch00_forger_and_detective import scenes as story
from gan_edu.chapters.ch01_inverse_cdf import scenes as noise
from gan_edu.chapters.ch02_histogram_js import scenes as counts
from gan_edu.chapters.ch02_histogram_js.overlap import overlap_scene
from gan_edu.chapters.ch02_histogram_js.pixels import RESOLUTIONS, pixels_scene
from gan_edu.chapters.ch03_neural_distance import scenes as distance
from gan_edu.chapters.ch03_neural_distance.pointwise import point_scene
from gan_edu.chapters.ch03_neural_distance.threshold import threshold_scene
from gan_edu.chapters.ch04_adversarial_game import descent
from gan_edu.chapters.ch04_adversarial_game import scenes as by_hand
from gan_edu.chapters.ch05_mnist_gan import film
from gan_edu.chapters.ch05_mnist_gan import scenes as digits
from gan_edu.chapters.ch07_playground import frames
from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.datasets import as_tensor, load_mnist, tile
from gan_edu.distributions import GRID_U, normal, uniform
from gan_edu.divergences import js
from gan_edu.language import gettext as _
from gan_edu.losses import generator_non_saturating
from gan_edu.match import Match
from gan_edu.networks import mlp, outputs
from gan_edu.stage import baked, palette, paper, replay, stills
from gan_edu.stage.painting import SHARP, png, render
from gan_edu.targets import REACH

HEIGHT = 3.8  # inches, which fill a slide below its title and above a slider and a line
OWN = {path.name for path in stills.IMAGES.iterdir()}  # the course's pictures, by their files
KINDS = {".webp": "webp"} | stills.KINDS


@dataclass(frozen=True)
class Slider:
    """A scene, and one of its parameters with the values that the slider stops at."""

    scene: stage.Scene
    name: str
    values: list
    start: Any = None  # the first one, if it is not told
    held: dict[str, Any] = field(default_factory=dict)

    def html(self, alt: str, label: str) -> str:
        """Return it as HTML."""
        shown = baked.slider_frames(self.scene, self.name, self.values, **self.held)
        start = 0 if self.start is None else self.values.index(self.start)
        return baked.baked_html(shown, alt, label=label, start=start)


def playing(game: Any, scene: stage.Scene, iterations: Iterable[int]) -> Slider:
    """Return a game in its scene after these numbers of iterations, which rise."""
    return Slider(baked.of_game(scene, game), "iterations", list(iterations))


def html(name: str, alt: str, label: str = "") -> str:
    """Return a picture as HTML that needs no other file; `label` is what its slider moves.

    Raises ValueError for a name that is neither in `PICTURES` nor a file in the course's images.
    """
    if name in OWN:
        path = stills.file_of(name)
        return stills.picture_html(path.read_bytes(), alt, kind=KINDS[path.suffix])
    if name not in PICTURES:
        raise ValueError(f"no picture is called {name!r}; there are: {', '.join(PICTURES)}")
    made = PICTURES[name]()
    if isinstance(made, Slider):
        return made.html(alt, label)
    if isinstance(made, list):
        return replay.replay_html(made, REACH, alt)
    return stills.picture_html(png(render(made, SHARP), small=True), alt)


def tall(scene: stage.Scene) -> stage.Scene:
    """Let a scene fill a slide."""
    scene.height = HEIGHT
    return scene


def steps(low: float, high: float, step: float) -> list[float]:
    """Return the values of a slider, without the noise of adding a step again and again."""
    return [round(value, 6) + 0.0 for value in np.arange(low, high + step / 2, step).tolist()]


# Pictures that a notebook does not have


def round_of(which: int) -> Slider:
    """Return ten pictures of the opening game, which say one after the other what they are."""
    cards = _cards(which)
    words = [_("real") if card.is_real else _("generated") for card in cards]

    @stage.scene(height=HEIGHT)
    def scene(axes):
        labels = _labelled(axes, cards, words)

        def update(told=0):
            for i, label in enumerate(labels):
                label.set_visible(i < told)

        return update

    return Slider(scene, "told", list(range(len(cards) + 1)))


def answers() -> Figure:
    """Return the pictures of the second round in the order of D's answers."""
    cards = sorted(_cards(1), key=lambda card: card.answer)
    figure, (axes,) = paper.new_figure(HEIGHT)
    with paper.course_style():
        _labelled(axes, cards, [f"{card.answer:.2f}" for card in cards])
    return figure


def _cards(which: int) -> list[story.Card]:
    return story.Match(story.open_album(), story.SEED).deck[10 * which :][:10]


def _labelled(axes: Axes, cards: list[story.Card], words: list[str]) -> list[Text]:
    """Draw ten pictures in two rows, and return the words below them."""
    pictures = np.pad([card.image for card in cards], ((0, 0), (1, 7), (4, 4)))
    axes.imshow(tile(pictures, 5), cmap="gray_r", vmin=0, vmax=255, interpolation="nearest")
    axes.set_axis_off()
    colours = [palette.REAL if card.is_real else palette.FAKE for card in cards]
    return [
        axes.text(36 * (i % 5) + 18, 36 * (i // 5) + 35, words[i], color=colours[i], ha="center")
        for i in range(len(cards))
    ]


def stages() -> Slider:
    """Return what G draws after each of six lengths of training."""
    generated = story.open_album().generated[:, :18]

    @stage.scene(height=HEIGHT)
    def scene(axes):
        picture = axes.imshow(tile(generated[0], 6), cmap="gray_r", interpolation="nearest")
        axes.set_axis_off()
        return lambda level=1: picture.set_data(tile(generated[level - 1], 6))

    return Slider(scene, "level", list(range(1, len(generated) + 1)))


@paper.styled
def three_of_four() -> Figure:
    """Return twelve samples at one place, of which nine are real."""
    figure, (axes,) = paper.new_figure(2.2)
    looks = ("o", palette.REAL, _("real")), ("x", palette.FAKE, _("generated"))
    places = np.arange(12)
    for (marker, colour, label), kind in zip(looks, (places % 4 < 3, places % 4 == 3), strict=True):
        axes.plot(places[kind], 0 * places[kind], marker, color=colour, label=label, ms=16, mew=4)
    axes.set(ylim=(-1, 1.6), xlim=(-0.7, 11.7))
    axes.set_axis_off()
    axes.legend(loc="upper center", ncols=2, markerscale=0.6, fontsize="large")
    return figure


@paper.styled
def three_losses() -> Figure:
    """Return three curves that D's loss might follow."""
    figure, (axes,) = paper.new_figure(3.0)
    t = np.linspace(0, 1000, 200)
    curves = {"A": 0.3 + 1.1 * np.exp(-t / 300), "B": 1.4 + t / 900, "C": 1.4 + 0 * t}
    for (name, curve), style in zip(curves.items(), ("-", "--", "-."), strict=True):
        axes.plot(t, curve, style, color=palette.DISCRIMINATOR)
        axes.text(1010, curve[-1], name, va="center", fontsize="x-large")
    axes.set(xlim=(0, 1060), ylim=(0, 2.8), yticks=[0], xlabel=_("iterations"))
    axes.set_ylabel(_("D's loss, nats"))
    return figure


# What chapters 01 and 02 let the learner write


def fit() -> Slider:
    """Return a network that learns the inverse CDF from right pairs."""

    def fresh_pairs() -> tuple[torch.Tensor, torch.Tensor]:
        z = torch.rand(512, 1).clamp(1e-6, 1 - 1e-6)
        return z, torch.special.ndtri(z)

    network = _network()
    learned = noise.record(network, _regression(network, fresh_pairs, 1000))
    return Slider(tall(noise.fit_scene({32: learned})), "steps", list(learned)[::4], held=WIDE)


def pairs() -> Slider:
    """Return what a network learns from pairs of which all, half or none are right."""
    found = {}
    for right in (100, 50, 0):
        x = noise.mispaired(normal().ppf(GRID_U), right / 100, np.random.default_rng(0))
        given = tuple(torch.from_numpy(values).float()[:, None] for values in (GRID_U, x))
        network = _network()
        list(_regression(network, lambda given=given: given, 500))
        found[right] = x, outputs(network, GRID_U)
    return Slider(tall(noise.pairs_scene(found)), "right", list(found))


WIDE = {"width": 32}


def _network() -> torch.nn.Module:
    torch.manual_seed(0)
    return mlp((1, 32, 32, 1), "tanh")


def _regression(network: torch.nn.Module, pairs: Callable, count: int) -> Iterator[int]:
    """Train a network on pairs (z, x) by their mean squared error; yield each step."""
    optimiser = torch.optim.Adam(network.parameters(), lr=0.02)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, count)
    for step in range(1, count + 1):
        z, x = pairs()
        loss = (network(2 * z - 1) - x).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        yield step


def pixels() -> Slider:
    """Return two samples of real digits, at a higher and higher resolution."""
    mnist = load_mnist().images[:1400]

    def binarised(images: np.ndarray, side: int) -> np.ndarray:
        blocks = images.reshape(-1, side, 28 // side, side, 28 // side).mean((2, 4))
        return blocks.reshape(len(images), side**2) > images.mean()

    def js_of_images(a: np.ndarray, b: np.ndarray) -> float:
        seen, bins = np.unique(np.concatenate([a, b]), axis=0, return_inverse=True)
        shares = [np.bincount(k, minlength=len(seen)) / len(a) for k in np.split(bins, 2)]
        return js(*shares)

    scene = tall(pixels_scene(mnist, binarised, js_of_images))
    return Slider(scene, "pixels", list(RESOLUTIONS))


# The numbers of iterations at which a film has a frame: close at first, when most happens

START = [0, 5, 10, 20, 30, 40, 50, 60, 80]
RUN = [*START, *range(100, 400, 20), *range(400, 1501, 50)]
THREE_TO_ONE = -0.6  # where real samples are three times as dense as generated ones
DIGITS = [0, 10, 20, 40, 60, 80, 100, 130, 160, 200, 250, 300, 400, *range(500, 1501, 100)]
RING = [*range(0, 100, 10), *range(100, 1001, 25)]


@functools.cache
def _digits() -> tuple[Match, film.Film]:
    match = recipes.digit_match(as_tensor(load_mnist().images), seed=1)
    return match, film.Film(match)


def _played_digits() -> tuple[Match, film.Film]:
    match, recorded = _digits()
    while match.iterations < DIGITS[-1]:
        match.play_iteration()
    return match, recorded


def _one_digit() -> Slider:
    _match, recorded = _played_digits()
    iterations = [moment.iteration for moment in recorded.until_now()]
    return Slider(tall(film.film_scene(recorded)), "iteration", iterations)


def _collapse() -> Slider:
    game = recipes.line_match(
        "two_modes", seed=1, lr_d=0.05, d_steps=5, loss_fn_g=generator_non_saturating
    )
    return playing(game, tall(line_scenes.opening_scene("two_modes")), range(0, 401, 8))


def _ring() -> list:
    ground = Playground()
    shown = []
    for end in RING:
        while ground.iterations < end:
            ground.play_iteration()
        shown.append((f"{end:,}", frames.frame(ground)))
    return shown


def _areas(values: list[float], start: float, **held: Any) -> Slider:
    scene = noise.areas_scene(uniform(), 0, 1, normal().ppf)
    return Slider(scene, "z", values, start, held)


PICTURES: dict[str, Callable[[], Any]] = {
    "round one": lambda: round_of(0),
    "round six": lambda: round_of(5),
    "stages": stages,
    "answers": answers,
    "advice": lambda: Slider(
        tall(story.advice_scene()), "steps", list(range(9)), held={"level": 1, "wishes": True}
    ),
    "a whole GAN": lambda: playing(line.LineGame(), line.line_scene(), [*RUN, 2000]),
    "three of four": three_of_four,
    "three losses": three_losses,
    "drops": lambda: Slider(
        noise.drops_scene(),
        "n",
        [1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 100_000],
    ),
    "equal areas": lambda: _areas(steps(0.02, 0.88, 0.02), 0.5),
    "areas to the left": lambda: _areas(steps(0.02, 0.98, 0.02), 0.02, all_to_the_left=True),
    "fit": fit,
    "pairs": pairs,
    "overlap": lambda: Slider(tall(overlap_scene()), "mean", steps(-3, 3, 0.25)),
    "bins": lambda: Slider(
        tall(counts.sample_scene()), "bins", [2, 4, 6, 10, 16, 25, 40, 60, 100, 200, 400, 1000], 4
    ),
    "pixels": pixels,
    "threshold": lambda: Slider(tall(threshold_scene()), "threshold", steps(-3, 6, 0.25), 4.0),
    "one point": lambda: Slider(
        tall(point_scene()), "d", [*steps(0.02, 0.98, 0.04), 0.99], 0.5, {"x": THREE_TO_ONE}
    ),
    "optimal": lambda: Slider(tall(distance.optimal_scene()), "shift", steps(0, 5, 0.2)[::-1]),
    "two losses": lambda: Slider(
        tall(sign_card.two_losses_scene()), "d", [0.01, *steps(0.05, 0.95, 0.05), 0.99], 0.5
    ),
    "maximum": lambda: Slider(
        tall(by_hand.maximum_scene()), "psi", steps(-1, 4, 0.25), 0.0, {"theta": 3.0}
    ),
    "stale": lambda: Slider(tall(by_hand.hand_scene()), "steps", list(range(9)), held={"psi": 3.0}),
    "overshoot": lambda: Slider(tall(descent.overshoot_scene()), "k", list(range(1, 11))),
    "training": lambda: playing(
        recipes.line_match("normal"), tall(line_scenes.short_duel_scene("normal")), RUN
    ),
    "training and losses": lambda: playing(
        recipes.line_match("normal"), line_scenes.duel_scene("normal"), RUN[::2]
    ),
    "collapse": _collapse,
    "real digits": lambda: digits.digits_figure(load_mnist().images[:36]),
    "digits": lambda: playing(_digits()[0], digits.opening_scene(), DIGITS),
    "digits and losses": lambda: digits.match_scene(DIGITS[-1]).figure(_played_digits()[0]),
    "one digit": _one_digit,
    "ring": _ring,
}
