"""The playground's picture: samples and D in the plane or on the line; losses; a distance."""

from collections.abc import Callable

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import LinearSegmentedColormap

from gan_edu import stage
from gan_edu.chapters.ch07_playground import failures
from gan_edu.chapters.ch07_playground.playground import Playground, as_noise
from gan_edu.chapters.ch07_playground.settings import LOSSES, NOISES, SIGNS, label_of
from gan_edu.chapters.ch07_playground.slow_motion import pushes
from gan_edu.language import gettext as _
from gan_edu.language import later
from gan_edu.recipes import EDGES, MIDDLES, exact_shares, optimal_d_on_grid, shares
from gan_edu.stage import artists, palette
from gan_edu.targets import PAIRS, REACH

CELLS = 40  # of D's heat map, in each direction
ARROW = 0.1  # length of an arrow for a slope of 1 on its sample
LONGEST = 0.8
ARROWS = 80
DENSE = 1.0  # share of G's samples in a square of side 1 from which on a mesh is at its darkest
LINE_ENDS = EDGES[[0, -1]]
# Heights on the line: D and shares have 0 to 1, samples lie below, and noise comes from above.
ROWS = {"real": -0.08, "push": -0.125, "fake": -0.17, "noise": 1.1}
LOWEST, HIGHEST = -0.25, 1.5
STAGES = {
    "real": later("1  D's turn. A batch of {count} real samples is drawn (rings)."),
    "noise": later("2  Noise z is drawn, {count} (squares)."),
    "generate": later("3  G carries each z to a place of its own: a forgery."),
    "discriminator": later(
        "4  D's output, on average: {real:.2f} on real ones, {fake:.2f} on forged ones."
    ),
    "loss_d": later("5  From these outputs alone D's loss is computed: {loss:.3f}."),
    "gradient_d": later("6  Each sample pulls at D's weights: the larger its ring, the harder."),
    "update_d": later(
        "7  D has moved. The same samples: {real:.2f} on real, {fake:.2f} on forged."
    ),
    "judge_again": later(
        "8  G's turn. The new D's output on its forgeries: {fake:.2f} on average."
    ),
    "loss_g": later("9  From this output alone G's loss is computed: {loss:.3f}."),
    "gradient_g": later(
        "10  G's loss has, through D, a slope at each forgery: arrows, scaled alike."
    ),
    "update_g": later("11  G has moved. The same z lands elsewhere, on average by {moved:.3f}."),
    "end": later("12  The average of G follows a little. Round {round} is over."),
}
SIGN_TITLES = {
    "reached": later("reached {reached:.0f} of {of} (well: over {most})"),
    "accuracy": later("D right {accuracy:.0%} (well: {weak:.0%} to {border:.0%})"),
    "passed": later("reaches G {passed:.0%} (well: from {border:.0%})"),
    "mean": later("swing {swing:.2f} (well: below {border})"),
}
DISTANCE_TITLES = {
    (2, "w1"): later("W₁ of 256 samples, cut at 10"),
    (2, "js"): later("JS in 400 cells, in nats"),
    (1, "w1"): later("W₁ to the exact law, cut at 10"),
    (1, "js"): later("JS in 100 bins, in nats"),
}
ROOM = " "  # a title without words: a picture whose first is empty is laid out without room for one

Show = Callable[[Playground], None]
Place = Callable[[str, np.ndarray], np.ndarray]  # kind and points (N, 1 or 2) → (N, 2)
RED_TO_BLUE = LinearSegmentedColormap.from_list(
    "discriminator", [palette.FAKE, "white", palette.REAL]
)


def playground_scene() -> stage.Scene:
    """Return a playground's picture: its samples and D, both losses, and a distance over rounds."""

    @stage.scene(height=3.9, ncols=3, width_ratios=[1.3, 1, 1])
    def scene(plane, losses_, distance):
        sign = plane.figure.add_subplot(losses_.get_subplotspec())
        line = plane.figure.add_subplot(plane.get_subplotspec())
        views = {2: (plane, _plane_layers(plane)), 1: (line, _line_layers(line))}
        middle = {True: (losses_, _loss_panel(losses_)), False: (sign, _sign_panel(sign))}
        show_distance = _distance_panel(distance)

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
    """Return points (N, 2) as they are, and noise of one number along the middle."""
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
        _title(axes, later("real and forged samples")),
    ]


def _line_layers(axes: Axes) -> list[Show]:
    axes.set(xlim=LINE_ENDS, ylim=(LOWEST, HIGHEST))
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"], ha="left")
    axes.tick_params(axis="y", direction="in", pad=-6)  # the plane, in this place, leaves no margin
    curves, marks = (
        [_distributions_and_discriminators(axes), _quantiles(axes)],
        _samples(axes, _on_line),
    )
    tight = {"borderaxespad": 0, "handlelength": 1.4, "columnspacing": 1}
    above = _legend(axes, {"loc": "upper center", "ncols": 3, **tight})
    return [*curves, *marks, above, _title(axes, later("both laws, and D"))]


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
    if place is _in_plane:  # on the line curves bear the names
        kinds["real"].set_label(_("real"))
        kinds["fake"].set_label(_("forged"))
    heads = {kind: artists.arrowheads(axes, line.get_color(), 4) for kind, line in kinds.items()}

    def show(playground: Playground) -> None:
        now = playground.match.game.generator
        slow = playground.stage and playground.stage.name != "end"  # then only the batch is shown
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
            y = y[np.all((start >= low) & (start <= high), axis=1)]  # of the others arrowheads tell
            arrows.set_visible(len(y) > 0)
            y = np.resize(y, (ARROWS, y.shape[1]))  # a small batch is drawn more than once
            step = _steps(pushes(game, torch.from_numpy(y).float()).numpy(), scaled=bool(step))
            start, end = place("push", y), place("push", y + step)
            arrows.set_offsets(start)
            arrows.set_UVC(*(end - start).T)

    return show


def _steps(push: np.ndarray, scaled: bool) -> np.ndarray:
    """Return arrows for pushes (N, dim): of one scale, but none too long; or the longest so long.

    In a game their lengths can be compared from round to round; in slow motion all can be seen.
    """
    length = np.linalg.norm(push, axis=1, keepdims=True)
    if scaled:
        return LONGEST * push / max(length.max(), 1e-12)
    return push * np.minimum(ARROW, LONGEST / np.maximum(length, 1e-12))


def _batch(axes: Axes, place: Place) -> Show:
    """Point at what a stage of slow motion is about: the batch, its noise, and its ways."""
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
    """Return the rings' areas: a sample that pulls harder at D has a larger ring."""
    if _pulls(step) is None:
        return np.array([40.0])
    pull = step.pull[0 if kind == "real" else 1].numpy()
    return 160 * pull / max(step.pull.max().item(), 1e-12)


def _ways(step, place: Place) -> list:
    """Return a line for each forgery: from its noise, or from where it was before G moved."""
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
        return _("{share:.0%} of the forged lie outside").format(share=round(outside, 1))
    if match.history and playground.target.apart:
        mark, of = match.history[-1], len(playground.target.centres)
        return _("heaps covered: {now} of {of} (average of G: {average})").format(
            now=mark.covered_now, average=mark.covered, of=of
        )
    return _(usual)


def _colour(step) -> str:
    """Return whose turn it is, as the colour of words."""
    name = step.name if step else "end"
    if name in ("real", "discriminator") or name.endswith("_d"):
        return palette.DISCRIMINATOR
    return palette.EXACT if name == "end" else palette.FAKE


# --- in the plane -------------------------------------------------------------------------------


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
        image.set_visible(playground.settings.show_discriminator)
        if playground.settings.show_discriminator:
            seen = _seen(playground, grid).view(CELLS, CELLS)
            image.set_data((seen * 32).round().numpy() / 32)  # even areas pack well

    return show


@torch.no_grad()
def _seen(playground: Playground, x: torch.Tensor) -> torch.Tensor:
    """Return D's answers at x (N, dim), from 0, forged, to 1, real."""
    return LOSSES[playground.settings.loss].seen(playground.match.game.discriminator(x)[:, 0])


def _net(axes: Axes) -> Show:
    """Draw where G takes a net of straight lines of noise; grey meshes hold equal shares of it."""
    threads = LineCollection([], colors=palette.NOISE, linewidths=0.8, zorder=2)
    meshes = PolyCollection([], facecolors=palette.NOISE, zorder=1.5)
    axes.add_collection(threads)
    axes.add_collection(meshes)
    along, across = np.meshgrid(np.linspace(-0.98, 0.98, 41), np.linspace(-0.98, 0.98, 11))
    net = np.concatenate([np.stack([along, across], -1), np.stack([across, along], -1)])
    nets = {2: torch.from_numpy(net).float(), 1: torch.from_numpy(along[:1, :, None]).float()}

    def show(playground: Playground) -> None:
        noise = NOISES[playground.settings.noise]
        threads.set_visible(playground.settings.show_map)
        meshes.set_visible(playground.settings.show_map and noise.dim == 2)
        if playground.settings.show_map:
            with torch.no_grad():
                y = playground.match.game.generator(as_noise(nets[noise.dim], noise.draw)).numpy()
            threads.set_segments(y)
            if noise.dim == 2:
                corners, density = _meshes(y)
                meshes.set_verts(corners)
                meshes.set_alpha(np.clip(density / DENSE, 0, 1) * 0.7)

    return show


def _meshes(net: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the quadrangles (100, 4, 2) of a net (22, 41, 2), and how dense G's samples are there.

    Each holds the same share of the noise, so its density is that share over its area.
    """
    knots = net[:11, ::4]
    corners = np.stack([knots[:-1, :-1], knots[:-1, 1:], knots[1:, 1:], knots[1:, :-1]], axis=2)
    corners = corners.reshape(-1, 4, 2)
    (x1, y1), (x2, y2) = ((corners[:, i + 2] - corners[:, i]).T for i in (0, 1))
    area = np.abs(x1 * y2 - x2 * y1) / 2  # half the diagonals' cross product
    return corners, (0.98**2 / len(corners)) / np.maximum(area, 1e-6)


# --- on the line --------------------------------------------------------------------------------


def _distributions_and_discriminators(axes: Axes) -> Show:
    show_distributions, show_discriminators = _distributions(axes), _discriminators(axes)

    def show(playground: Playground) -> None:
        y = playground.generated(playground.match.game.generator)[:, 0]
        show_distributions(playground, y)
        show_discriminators(playground, y)

    return show


def _distributions(axes: Axes) -> Callable[[Playground, np.ndarray], None]:
    """Draw both laws: the real density, and how dense the forgeries lie."""
    density = axes.plot([], [], color=palette.REAL, linewidth=1.4, label=_("real"))[0]
    forgeries = artists.bars(axes, EDGES, palette.FAKE)
    forgeries.set_label(_("forged"))

    def show(playground: Playground, y: np.ndarray) -> None:
        density.set_data(MIDDLES, exact_shares(playground.target.distribution) / np.diff(EDGES))
        density.set_visible(playground.settings.show_real)
        forgeries.set_data(np.minimum(shares(y) / np.diff(EDGES), 1.05))
        forgeries.set_visible(playground.settings.show_fake)

    return show


def _discriminators(axes: Axes) -> Callable[[Playground, np.ndarray], None]:
    """Draw D, and the best D against the G of now where a loss has this one."""
    learned = axes.plot([], [], color=palette.DISCRIMINATOR, label="D")[0]
    best = axes.plot([], [], ":", color=palette.EXACT, label="D*")[0]
    x = torch.from_numpy(MIDDLES).float()[:, None]

    def show(playground: Playground, y: np.ndarray) -> None:
        learned.set_visible(playground.settings.show_discriminator)
        learned.set_data(MIDDLES, _seen(playground, x))
        best.set_visible(playground.settings.show_best and not playground.has_critic)
        best.set_data(MIDDLES, optimal_d_on_grid(y, playground.target.distribution))

    return show


def _quantiles(axes: Axes) -> Show:
    """Draw G lying on its side, (G(u), u), beside F: an increasing G would be F of the forged."""
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
            noise = NOISES[playground.settings.noise]
            with torch.no_grad():
                y = playground.match.game.generator(as_noise(nets[noise.dim], noise.draw))[
                    ..., 0
                ].numpy()
            learned.set_segments(list(np.stack([y, np.broadcast_to(u, y.shape)], axis=-1)))
            exact.set_data(MIDDLES, playground.target.distribution.cdf(MIDDLES))

    return show


# --- over the rounds ----------------------------------------------------------------------------


def _loss_panel(axes: Axes) -> Show:
    kinds = {
        "loss_d": (_("D's loss"), palette.DISCRIMINATOR, "-", "o"),
        "loss_g": (_("G's loss"), palette.FAKE, "--", "s"),
    }
    lines, points = {}, {}
    for name, (label, colour, style, marker) in kinds.items():
        lines[name] = axes.plot([], [], style, color=colour, linewidth=1, label=label)[0]
        points[name] = axes.plot([], [], marker, color=colour, markersize=8)[0]
    low, high = -2, 4
    axes.set(ylim=(low, high + 0.4), xlabel=_("round of the game"))  # room for a sentence above
    axes.legend()

    def show(playground: Playground) -> None:
        match, step = playground.match, playground.stage
        axes.set_title(ROOM if step else _("losses, cut at −2 and 4"))
        for name, line in lines.items():
            _fill(line, match, lambda mark, name=name: getattr(mark, name), low, high)
            loss = [step.numbers["loss"]] if step and step.name == name else []
            points[name].set_data([match.iterations] * len(loss), np.clip(loss, low, high))
        artists.lengthen(axes, 1000, match.iterations)

    return show


def _sign_panel(axes: Axes) -> Show:
    """Draw a sign that a detector judges, over the rounds, and its borders."""
    line = axes.plot([], [], color=palette.DISCRIMINATOR, linewidth=1.2)[0]
    borders = [axes.axhline(0, linestyle=":", color=palette.EXACT) for _ in range(2)]
    axes.set(xlabel=_("round of the game"))

    def show(playground: Playground) -> None:
        match, sign = playground.match, playground.settings.sign
        low, high, *lines = _borders(playground)
        axes.set_title(_sign_told(playground))
        axes.set_ylim(low, high)
        for border, at in zip(borders, lines, strict=True):
            border.set_ydata([at, at])
        _fill(line, match, lambda mark: _read(mark, sign), low, high)
        artists.lengthen(axes, 1000, match.iterations)

    return show


def _read(mark, sign: str) -> float:
    value = getattr(mark, sign)
    return np.nan if value is None else value[0] if sign == "mean" else value


def _borders(playground: Playground) -> tuple[float, ...]:
    """Return a sign's lowest and highest value in its panel, and two borders."""
    modes = len(playground.target.centres) if playground.target.apart else 1
    weak = failures.findings(playground)["d_too_weak"].numbers["border"]
    return {
        "reached": (-0.02 * modes, 1.05 * modes, *[modes * failures.FEW_MODES] * 2),
        "accuracy": (0, 1.05, weak, failures.STRONG),
        "passed": (-0.02, 1.05, failures.LITTLE, failures.LITTLE),
        "mean": (-2, 2, -failures.SWING, failures.SWING),
    }[playground.settings.sign]


def _sign_told(playground: Playground) -> str:
    """Return the number that is judged, and its border."""
    sign, found = playground.settings.sign, failures.findings(playground)
    finding, weak = found[_discriminator_of(sign)], found["d_too_weak"].numbers["border"]
    if not finding.told:
        return _(SIGNS[sign])
    return _(SIGN_TITLES[sign]).format(**finding.numbers, weak=weak)


def _discriminator_of(sign: str) -> str:
    """Return the first failure that a sign shows."""
    return next(name for name, failure in failures.FAILURES.items() if failure.sign == sign)


def _distance_panel(axes: Axes) -> Show:
    now = axes.plot([], [], color=palette.FAKE, linewidth=1, label=_("G now"))[0]
    average = axes.plot([], [], "--", color=palette.DISCRIMINATOR, label=_("average of G"))[0]
    floor = axes.plot([0, 1], [1, 1], ":", color=palette.EXACT, label=_("a perfect G"))[0]
    floor.set_transform(axes.get_yaxis_transform())
    low, high = 0.002, 10
    axes.set(
        yscale="log", ylim=(low, 40 * high), xlabel=_("round of the game")
    )  # room for the legend
    axes.set_yticks([0.01, 0.1, 1, high])
    axes.minorticks_off()
    show_legend = artists.legend_of_drawn(axes, [now, average, floor])

    def show(playground: Playground) -> None:
        match, name = playground.match, playground.settings.distance
        words = _(DISTANCE_TITLES[playground.target.dim, name])
        axes.set_title(ROOM if playground.stage else words)
        _fill(now, match, lambda mark: mark.now[name], low, high)
        _fill(average, match, lambda mark: mark.average[name], low, high)
        floor.set_ydata([playground.floor] * 2)
        floor.set_visible(playground.floor > 0)
        show_legend()
        artists.lengthen(axes, 1000, match.iterations)

    return show


def _fill(line, match, read: Callable, low: float, high: float) -> None:
    """Draw what a match has noted over its rounds, within the panel."""
    iterations = [mark.iteration for mark in match.history]
    line.set_data(iterations, np.clip([read(mark) for mark in match.history], low, high))
