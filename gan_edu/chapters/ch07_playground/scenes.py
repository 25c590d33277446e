"""The playground's figure: samples and D in the plane or on the line; losses; a distance."""

from collections.abc import Callable

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import LinearSegmentedColormap

from gan_edu import stage
from gan_edu.chapters.ch07_playground import panels
from gan_edu.chapters.ch07_playground.panels import Show
from gan_edu.chapters.ch07_playground.playground import Playground, as_noise
from gan_edu.chapters.ch07_playground.settings import LOSSES, NOISES, label_of
from gan_edu.chapters.ch07_playground.slow_motion import pushes
from gan_edu.language import gettext as _
from gan_edu.language import later
from gan_edu.recipes import EDGES, MIDDLES, exact_shares, optimal_d_on_grid, shares
from gan_edu.stage import artists, palette
from gan_edu.targets import PAIRS, REACH

CELLS = 40  # of D's heat map, in each direction
ARROW = 0.1  # length of an arrow for a gradient of 1 at its sample
LONGEST = 0.8
ARROWS = 80
DENSE = 1.0  # density of G's samples from which on a mesh is at its darkest
LINE_ENDS = EDGES[[0, -1]]
# Heights on the line: D and densities lie between 0 and 1, samples below, noise above.
ROWS = {"real": -0.08, "push": -0.125, "fake": -0.17, "noise": 1.1}
LOWEST, HIGHEST = -0.25, 1.5
STAGES = {
    "real": later("1  D's turn: draw a batch of {count} real samples (rings)."),
    "noise": later("2  Draw {count} noise vectors z (squares)."),
    "generate": later("3  G maps each z to a generated sample (crosses)."),
    "discriminator": later(
        "4  Mean output of D: {real:.2f} on real, {fake:.2f} on generated samples."
    ),
    "loss_d": later("5  These outputs give D's loss: {loss:.3f}."),
    "gradient_d": later("6  The larger a sample's ring, the more it changes D."),
    "update_d": later(
        "7  D is updated. Mean output now: {real:.2f} on real, {fake:.2f} on generated."
    ),
    "discriminator_again": later(
        "8  G's turn. Mean output of the new D on generated samples: {fake:.2f}."
    ),
    "loss_g": later("9  These outputs give G's loss: {loss:.3f}."),
    "gradient_g": later(
        "10  Through D, G's loss has a gradient at each sample (arrows, rescaled)."
    ),
    "update_g": later("11  G is updated. The same z now lands {moved:.3f} away on average."),
    "end": later("12  The EMA of G is updated. Iteration {iteration} is complete."),
}

Place = Callable[[str, np.ndarray], np.ndarray]  # kind and points (N, 1 or 2) → (N, 2)
RED_TO_BLUE = LinearSegmentedColormap.from_list(
    "discriminator", [palette.FAKE, "white", palette.REAL]
)


def playground_scene() -> stage.Scene:
    """Return a playground's figure: samples and D, losses or a diagnostic, and a distance."""

    @stage.scene(height=3.9, ncols=3, width_ratios=[1.3, 1, 1])
    def scene(plane, losses_, distance):
        diagnostic = plane.figure.add_subplot(losses_.get_subplotspec())
        line = plane.figure.add_subplot(plane.get_subplotspec())
        views = {2: (plane, _plane_layers(plane)), 1: (line, _line_layers(line))}
        middle = {
            True: (losses_, panels.loss_panel(losses_)),
            False: (diagnostic, panels.diagnostic_panel(diagnostic)),
        }
        show_distance = panels.distance_panel(distance)

        def update(playground):
            dim = playground.target.dim
            for number, view in views.items():
                view[0].set_visible(number == dim)
            losses_wanted = playground.settings.sign == "losses" or playground.stage is not None
            for kind, view in middle.items():
                view[0].set_visible(kind == losses_wanted)
            for show in (*views[dim][1], middle[losses_wanted][1], show_distance):
                show(playground)

        return update

    return scene


# --- where samples are --------------------------------------------------------------------------


def _in_plane(kind: str, points: np.ndarray) -> np.ndarray:
    """Return points (N, 2) as they are, and 1-D noise along the horizontal axis."""
    return points if points.shape[1] == 2 else np.pad(points, ((0, 0), (0, 1)))


def _on_line(kind: str, points: np.ndarray) -> np.ndarray:
    """Return points' first numbers at the height of their kind."""
    return np.stack([points[:, 0], np.full(len(points), ROWS[kind])], axis=1)


def _plane_layers(axes: Axes) -> list[Show]:
    axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xticks=[], yticks=[], aspect="equal")
    marks = _samples(axes, _in_plane)
    below = {"loc": "lower center", "ncols": 2, "bbox_to_anchor": (0.5, -0.12)}
    return [
        _heat(axes),
        _net(axes),
        *marks,
        _legend(axes, below),
        _title(axes, later("real and generated samples")),
    ]


def _line_layers(axes: Axes) -> list[Show]:
    axes.set(xlim=LINE_ENDS, ylim=(LOWEST, HIGHEST))
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"], ha="left")
    axes.tick_params(axis="y", direction="in", pad=-6)  # the plane, in this place, leaves no margin
    curves = [_densities(axes), _discriminators(axes), _quantiles(axes)]
    marks = _samples(axes, _on_line)
    tight = {"borderaxespad": 0, "handlelength": 1.4, "columnspacing": 1}
    above = _legend(axes, {"loc": "upper center", "ncols": 3, **tight})
    return [*curves, *marks, above, _title(axes, later("both densities, and D"))]


def _legend(axes: Axes, place: dict) -> Show:
    show = artists.legend_of_drawn(axes, axes.get_legend_handles_labels()[0], **place)
    return lambda playground: show()


def _samples(axes: Axes, place: Place) -> list[Show]:
    return [_dots(axes, place), _arrows(axes, place), _batch(axes, place)]


def _dots(axes: Axes, place: Place) -> Show:
    kinds = {
        "real": axes.plot([], [], "o", color=palette.REAL, markersize=3)[0],
        "fake": axes.plot([], [], "x", color=palette.FAKE, markersize=4)[0],
    }
    if place is _in_plane:  # on the line the curves are in the legend
        kinds["real"].set_label(_("real"))
        kinds["fake"].set_label(_("generated"))
    heads = {kind: artists.arrowheads(axes, line.get_color(), 4) for kind, line in kinds.items()}

    def show(playground: Playground) -> None:
        now = playground.match.game.generator
        slow = playground.stage and playground.stage.name != "end"  # then only the batch is drawn
        points = {
            "real": playground.match.x[:PAIRS].numpy(),
            "fake": playground.generated(now, PAIRS)[: 0 if slow else None],
        }
        for kind, dots in kinds.items():
            dots.set_data(*place(kind, points[kind]).T)
            dots.set_visible(getattr(playground.settings, f"show_{kind}"))
            heads[kind](*place(kind, points[kind][: None if dots.get_visible() else 0]).T)

    return show


def _arrows(axes: Axes, place: Place) -> Show:
    nowhere = np.zeros(ARROWS)
    arrows = axes.quiver(
        nowhere, nowhere, nowhere, nowhere, color=palette.EXACT, width=0.004,
        angles="xy", scale_units="xy", scale=1, zorder=4,
    )  # fmt: skip

    def show(playground: Playground) -> None:
        step, game = playground.stage, playground.match.game
        wanted = step.name == "gradient_g" if step else playground.settings.show_arrows
        arrows.set_visible(wanted)
        if wanted:
            y = step.fake.numpy() if step else playground.generated(game.generator, ARROWS)
            start, (low, high) = place("push", y), axes.get_xlim()
            y = y[
                np.all((start >= low) & (start <= high), axis=1)
            ]  # the others have arrowheads at the border
            arrows.set_visible(len(y) > 0)
            y = np.resize(y, (ARROWS, y.shape[1]))  # a small batch is drawn more than once
            step = _steps(pushes(game, torch.from_numpy(y).float()).numpy(), scaled=bool(step))
            start, end = place("push", y), place("push", y + step)
            arrows.set_offsets(start)
            arrows.set_UVC(*(end - start).T)

    return show


def _steps(push: np.ndarray, scaled: bool) -> np.ndarray:
    """Return arrows for pushes (N, dim): on a fixed scale with a maximum length, or rescaled.

    On the fixed scale, lengths can be compared between iterations; in slow motion the longest arrow
    gets the maximum length, so that all can be seen.
    """
    length = np.linalg.norm(push, axis=1, keepdims=True)
    if scaled:
        return LONGEST * push / max(length.max(), 1e-12)
    return push * np.minimum(ARROW, LONGEST / np.maximum(length, 1e-12))


def _batch(axes: Axes, place: Place) -> Show:
    """Draw what a stage of slow motion is about: the batch, its noise, and how samples move."""
    rings = {
        kind: axes.scatter([], [], facecolors="none", edgecolors=colour, zorder=3)
        for kind, colour in {"real": palette.REAL, "fake": palette.FAKE}.items()
    }
    dots = {
        "noise": axes.plot([], [], "s", color=palette.NOISE, markersize=3)[0],
        "fake": axes.plot([], [], "x", color=palette.FAKE, markersize=5)[0],
    }
    heads = {kind: artists.arrowheads(axes, line.get_color(), 4) for kind, line in dots.items()}
    ways = LineCollection([], colors=palette.NOISE, linewidths=0.6, zorder=2)
    axes.add_collection(ways)

    def show(playground: Playground) -> None:
        step = playground.stage
        for kind, marks in dots.items():
            marks.set_data(*_placed(step, kind, place).T)
            heads[kind](*_placed(step, kind, place).T)
        for kind, marks in rings.items():
            at = _placed(step, kind, place)
            marks.set_offsets(at if kind == "real" or _pulls(step) is not None else at[:0])
            marks.set_sizes(_sizes(step, kind))
        ways.set_segments(_ways(step, place))

    return show


def _placed(step, kind: str, place: Place) -> np.ndarray:
    points = getattr(step, kind, None)
    return np.empty((0, 2)) if points is None else place(kind, points.numpy())


def _pulls(step) -> torch.Tensor | None:
    return getattr(step, "pull", None)


def _sizes(step, kind: str) -> np.ndarray:
    """Return the rings' areas: a sample with a larger gradient has a larger ring."""
    if _pulls(step) is None:
        return np.array([40.0])
    pull = step.pull[0 if kind == "real" else 1].numpy()
    return 160 * pull / max(step.pull.max().item(), 1e-12)


def _ways(step, place: Place) -> list:
    """Return a line to each fake sample: from its noise, or from where it was before G's update."""
    if getattr(step, "before", None) is not None:
        start = place("fake", step.before.numpy())
    elif step and step.name == "generate":
        start = place("noise", step.noise.numpy())
    else:
        return []
    return list(np.stack([start, place("fake", step.fake.numpy())], axis=1))


def _title(axes: Axes, usual: str) -> Show:
    axes.set_zorder(1)  # a sentence reaches over the panel beside it

    def show(playground: Playground) -> None:
        axes.set_title(_told(playground, usual), color=_colour(playground.stage))

    return show


def _told(playground: Playground, usual: str) -> str:
    match, step = playground.match, playground.stage
    if step:
        return _(STAGES[step.name]).format(**step.numbers).replace("-", "−")
    if playground.changed and match.iterations < match.every:
        return _("{name} changed: a new game").format(name=label_of(playground.changed))
    now = playground.generated(match.game.generator, PAIRS)
    ends = REACH if playground.target.dim == 2 else LINE_ENDS[1]
    outside = np.mean(np.abs(now).max(1) > ends)
    if match.steps_alone:
        return match.steps_alone
    if outside > 0.5:
        return _("{share:.0%} of generated samples outside").format(share=round(outside, 1))
    if match.history and playground.target.apart:
        mark, of = match.history[-1], len(playground.target.centres)
        return _("modes covered: {now} of {of} (EMA: {ema})").format(
            now=mark.covered_now, ema=mark.covered, of=of
        )
    return _(usual)


def _colour(step) -> str:
    """Return the colour of the title: D's or G's in their turns."""
    name = step.name if step else "end"
    if name in ("real", "discriminator") or name.endswith("_d"):
        return palette.DISCRIMINATOR
    return palette.EXACT if name == "end" else palette.FAKE


# --- in the plane -------------------------------------------------------------------------------


def _heat(axes: Axes) -> Show:
    """Colour the plane by D."""
    extent = (-REACH, REACH, -REACH, REACH)
    image = axes.imshow(
        np.zeros((CELLS, CELLS)), RED_TO_BLUE, extent=extent, origin="lower", vmin=0, vmax=1,
        alpha=0.6, interpolation="nearest", aspect="equal",
    )  # fmt: skip
    middles = (np.arange(CELLS) + 0.5) / CELLS * 2 * REACH - REACH
    grid = np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 2)
    grid = torch.from_numpy(grid).float()

    def show(playground: Playground) -> None:
        image.set_visible(playground.settings.show_discriminator)
        if playground.settings.show_discriminator:
            seen = _seen(playground, grid).view(CELLS, CELLS)
            image.set_data((seen * 32).round().numpy() / 32)  # equal areas compress well

    return show


@torch.no_grad()
def _seen(playground: Playground, x: torch.Tensor) -> torch.Tensor:
    """Return what is shown of D at x (N, dim), from 0, fake, to 1, real."""
    return LOSSES[playground.settings.loss].seen(playground.match.game.discriminator(x)[:, 0])


def _net(axes: Axes) -> Show:
    """Draw G's image of a net of straight lines of noise; each mesh holds the same share of it."""
    threads = LineCollection([], colors=palette.NOISE, linewidths=0.8, zorder=2)
    meshes = PolyCollection([], facecolors=palette.NOISE, zorder=1.5)
    axes.add_collection(threads)
    axes.add_collection(meshes)
    along, across = np.meshgrid(np.linspace(-0.98, 0.98, 41), np.linspace(-0.98, 0.98, 11))
    net = np.concatenate([np.stack([along, across], -1), np.stack([across, along], -1)])
    nets = {2: torch.from_numpy(net).float(), 1: torch.from_numpy(along[:1, :, None]).float()}

    def show(playground: Playground) -> None:
        shown, dim = playground.settings.show_map, NOISES[playground.settings.noise].dim
        threads.set_visible(shown)
        meshes.set_visible(shown and dim == 2)
        if shown:
            y = _mapped(playground, nets)
            threads.set_segments(y)
            if dim == 2:
                corners, density = _meshes(y)
                meshes.set_verts(corners)
                meshes.set_alpha(np.clip(density / DENSE, 0, 1) * 0.7)

    return show


@torch.no_grad()
def _mapped(playground: Playground, points: dict[int, torch.Tensor]) -> np.ndarray:
    """Return G's image of points of [−1, 1]ᵈ, given for each dimension d of the noise."""
    noise = NOISES[playground.settings.noise]
    z = as_noise(points[noise.dim], noise.draw)
    return playground.match.game.generator(z).numpy()


def _meshes(net: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the meshes (100, 4, 2) of a net (22, 41, 2), and the density of G's samples there.

    Each holds the same share of the noise, so the density is that share over its area.
    """
    knots = net[:11, ::4]
    corners = np.stack([knots[:-1, :-1], knots[:-1, 1:], knots[1:, 1:], knots[1:, :-1]], axis=2)
    corners = corners.reshape(-1, 4, 2)
    (x1, y1), (x2, y2) = ((corners[:, i + 2] - corners[:, i]).T for i in (0, 1))
    area = np.abs(x1 * y2 - x2 * y1) / 2  # half the diagonals' cross product
    return corners, (0.98**2 / len(corners)) / np.maximum(area, 1e-6)


# --- on the line --------------------------------------------------------------------------------


def _densities(axes: Axes) -> Show:
    """Draw the real density, and a histogram of generated samples."""
    density = axes.plot([], [], color=palette.REAL, linewidth=1.4, label=_("real"))[0]
    generated = artists.bars(axes, EDGES, palette.FAKE)
    generated.set_label(_("generated"))

    def show(playground: Playground) -> None:
        y = _on_axis(playground)
        density.set_data(MIDDLES, exact_shares(playground.target.distribution) / np.diff(EDGES))
        density.set_visible(playground.settings.show_real)
        generated.set_data(np.minimum(shares(y) / np.diff(EDGES), 1.05))
        generated.set_visible(playground.settings.show_fake)

    return show


def _discriminators(axes: Axes) -> Show:
    """Draw D, and, unless D is a critic, the optimal D* against the present G."""
    learned = axes.plot([], [], color=palette.DISCRIMINATOR, label="D")[0]
    optimal = axes.plot([], [], ":", color=palette.EXACT, label="D*")[0]
    x = torch.from_numpy(MIDDLES).float()[:, None]

    def show(playground: Playground) -> None:
        learned.set_visible(playground.settings.show_discriminator)
        learned.set_data(MIDDLES, _seen(playground, x))
        optimal.set_visible(playground.settings.show_best and not playground.has_critic)
        optimal.set_data(
            MIDDLES, optimal_d_on_grid(_on_axis(playground), playground.target.distribution)
        )

    return show


def _on_axis(playground: Playground) -> np.ndarray:
    return playground.generated(playground.match.game.generator)[:, 0]


def _quantiles(axes: Axes) -> Show:
    """Draw G with swapped axes, (G(u), u), beside F: a perfect increasing G would lie on F."""
    learned = LineCollection([], colors=palette.FAKE, linewidths=1.2, linestyles="--", label="G")
    axes.add_collection(learned)
    exact = axes.plot([], [], "-.", color=palette.EXACT, linewidth=1, label="F")[0]
    u, rows = np.linspace(0.001, 0.999, 200), np.array([0.1, 0.3, 0.5, 0.7, 0.9])
    evenly_spaced = np.stack(np.meshgrid(2 * u - 1, 2 * rows - 1), axis=-1)
    nets = {
        1: torch.from_numpy(evenly_spaced[:1, :, :1]).float(),
        2: torch.from_numpy(evenly_spaced).float(),
    }

    def show(playground: Playground) -> None:
        for part in (learned, exact):
            part.set_visible(playground.settings.show_map)
        if playground.settings.show_map:
            y = _mapped(playground, nets)[..., 0]
            learned.set_segments(list(np.stack([y, np.broadcast_to(u, y.shape)], axis=-1)))
            exact.set_data(MIDDLES, playground.target.distribution.cdf(MIDDLES))

    return show
