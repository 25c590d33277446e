"""The playground's picture: samples, D as colour, G's net and its loss's pushes; losses; W1."""

from collections.abc import Callable

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from torch import Tensor

from gan_edu import live, plots
from gan_edu.labs.playground import LOSSES, NOISES, PAIRS, TARGETS, Playground
from gan_edu.match import uniform_noise
from gan_edu.training import Game
from gan_edu.words import WORDS

REACH = 3.0  # the picture shows [−3, 3]²
CELLS = 40  # of D's heat map, in each direction
ARROW = 0.1  # length of an arrow for a slope of 1 on its sample
LONGEST = 0.8


def plane_scene() -> live.Scene:
    """Return a playground's picture: the plane, both losses, and the distance over the rounds."""

    @live.scene(height=3.9, ncols=3, width_ratios=[1.3, 1, 1])
    def scene(plane, losses_, distance):
        parts = [
            *_plane_layers(plane), _title(plane), _loss_panel(losses_), _distance_panel(distance),
        ]  # fmt: skip

        def update(playground):
            for show in parts:
                show(playground)

        return update

    return scene


Show = Callable[[Playground], None]
RED_TO_BLUE = LinearSegmentedColormap.from_list("judge", [plots.FAKE, "white", plots.REAL])


def _plane_layers(axes: Axes) -> list[Show]:
    axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xticks=[], yticks=[], aspect="equal")
    return [_heat(axes), _map(axes), _dots(axes), _arrows(axes)]


def _heat(axes: Axes) -> Show:
    """Colour the plane by what D says there."""
    extent = (-REACH, REACH, -REACH, REACH)
    image = axes.imshow(
        np.zeros((CELLS, CELLS)), RED_TO_BLUE, extent=extent, origin="lower", vmin=0, vmax=1,
        alpha=0.6, interpolation="nearest", aspect="equal",
    )  # fmt: skip
    middles = (np.arange(CELLS) + 0.5) / CELLS * 2 * REACH - REACH
    grid = np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 2)
    grid = torch.from_numpy(grid).float()

    def show(playground: Playground) -> None:
        image.set_visible(playground.show_judge)
        if playground.show_judge:
            with torch.no_grad():
                a = playground.match.game.discriminator(grid)[:, 0]
            seen = LOSSES[playground.loss].seen(a)
            image.set_data(
                (seen.view(CELLS, CELLS) * 16).round().numpy() / 16
            )  # even areas pack well

    return show


def _map(axes: Axes) -> Show:
    """Draw where G takes a net of straight lines in the space of noise."""
    threads = LineCollection([], colors=plots.NOISE, linewidths=0.8, zorder=2)
    axes.add_collection(threads)
    line, places = np.linspace(-0.98, 0.98, 41), np.linspace(-0.98, 0.98, 11)
    along, across = np.meshgrid(line, places)
    net = np.concatenate([np.stack([along, across], -1), np.stack([across, along], -1)])
    nets = {2: torch.from_numpy(net).float(), 1: torch.from_numpy(line).float()[None, :, None]}

    def show(playground: Playground) -> None:
        threads.set_visible(playground.show_map)
        if playground.show_map:
            dim, law = NOISES[playground.noise]
            z = nets[dim] if law is uniform_noise else torch.special.ndtri((nets[dim] + 1) / 2)
            with torch.no_grad():
                threads.set_segments(playground.match.game.generator(z).numpy())

    return show


def _dots(axes: Axes) -> Show:
    kinds = {
        "real": axes.plot([], [], "o", color=plots.REAL, markersize=3, label=WORDS["real"])[0],
        "fake": axes.plot([], [], "x", color=plots.FAKE, markersize=4, label=WORDS["fake"])[0],
    }
    axes.legend(loc="lower center", ncols=2, bbox_to_anchor=(0.5, -0.12))

    def show(playground: Playground) -> None:
        real, now = playground.match.x[:PAIRS].numpy(), playground.match.game.generator
        kinds["real"].set_data(*real.T)
        kinds["fake"].set_data(*playground.forged(now, PAIRS).T)
        for name, dots in kinds.items():
            dots.set_visible(getattr(playground, f"show_{name}"))

    return show


def pushes(game: Game, y: Tensor) -> Tensor:
    """Return −∂L_G/∂yᵢ for each forgery of y (N, 2), times N: where G's own loss pushes it."""
    y = y.detach().requires_grad_()
    loss = game.g_loss(game.discriminator(y))
    return -torch.autograd.grad(loss, y)[0] * len(y)


def _arrows(axes: Axes) -> Show:
    nowhere = np.zeros(80)
    arrows = axes.quiver(
        nowhere, nowhere, nowhere, nowhere, color=plots.EXACT, width=0.004,
        angles="xy", scale_units="xy", scale=1, zorder=4,
    )  # fmt: skip

    def show(playground: Playground) -> None:
        arrows.set_visible(playground.show_arrows)
        if playground.show_arrows:
            game = playground.match.game
            y = playground.forged(game.generator, len(nowhere))
            step = ARROW * pushes(game, torch.from_numpy(y).float()).numpy()
            length = np.linalg.norm(step, axis=1, keepdims=True)
            arrows.set_offsets(y)
            arrows.set_UVC(*(step * np.minimum(1, LONGEST / np.maximum(length, 1e-12))).T)

    return show


def _title(axes: Axes) -> Show:
    def show(playground: Playground) -> None:
        match, target = playground.match, TARGETS[playground.target]
        words = WORDS["the_plane"]
        if match.history and target.apart:
            counts = match.history[-1].covered, len(target.centres)
            words = WORDS["covered"].format(covered=counts[0], of=counts[1])
        now = playground.forged(match.game.generator, PAIRS)
        outside = np.mean(np.abs(now).max(1) > REACH)
        if outside > 0.5:
            words = WORDS["outside"].format(share=round(outside, 1))
        if playground.changed and match.rounds < match.every:
            words = WORDS["anew"].format(name=WORDS["settings"][playground.changed])
        axes.set_title(words)

    return show


def _loss_panel(axes: Axes) -> Show:
    lines = {
        "loss_d": axes.plot([], [], color=plots.JUDGE, linewidth=1, label=WORDS["loss_d"])[0],
        "loss_g": axes.plot([], [], "--", color=plots.FAKE, linewidth=1, label=WORDS["loss_g"])[0],
    }
    axes.set(ylim=(-2, 4), xlabel=WORDS["round"], title=WORDS["losses_clipped"])
    axes.legend()
    return lambda playground: _fill(axes, lines, playground)


def _distance_panel(axes: Axes) -> Show:
    lines = {
        "w1_now": axes.plot([], [], color=plots.FAKE, linewidth=1, label=WORDS["g_now"])[0],
        "w1": axes.plot([], [], "--", color=plots.JUDGE, label=WORDS["g_average"])[0],
    }
    floor = axes.plot([0, 1], [1, 1], ":", color=plots.EXACT, label=WORDS["perfect"])[0]
    floor.set_transform(axes.get_yaxis_transform())
    axes.set(yscale="log", ylim=(0.03, 10), xlabel=WORDS["round"], title=WORDS["w1_sampled"])
    axes.minorticks_off()
    axes.legend()

    def show(playground: Playground) -> None:
        _fill(axes, lines, playground)
        floor.set_ydata([playground.floor] * 2)

    return show


def _fill(axes: Axes, lines: dict, playground: Playground) -> None:
    """Draw what the match has noted over its rounds, within the panel; the axis doubles."""
    match, (low, high) = playground.match, axes.get_ylim()
    rounds = [mark.round for mark in match.history]
    for name, line in lines.items():
        line.set_data(rounds, np.clip([getattr(m, name) for m in match.history], low, high))
    plots.lengthen(axes, 1000, match.rounds)
