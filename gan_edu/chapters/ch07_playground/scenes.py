"""The playground's figure: samples and D in the plane or on the line; losses; a distance."""

import functools
import operator
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import numpy as np
from contourpy import contour_generator
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import LinearSegmentedColormap
from scipy.ndimage import zoom

from gan_edu import stage
from gan_edu.chapters.ch07_playground import frames, panels
from gan_edu.chapters.ch07_playground.frames import LINE_ENDS, POINTS, RING
from gan_edu.chapters.ch07_playground.panels import Show
from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.chapters.ch07_playground.settings import Settings
from gan_edu.language import gettext as _
from gan_edu.recipes import EDGES, MIDDLES
from gan_edu.stage import artists, palette
from gan_edu.stage.in_page import InPage
from gan_edu.stage.plane import COLOURS, LEVELS, Field, Frame
from gan_edu.targets import REACH

LOWEST, HIGHEST = -0.25, 1.5  # on the line
SIDE = 5.0  # inches: of the figure of samples alone
FINE = 6 * (POINTS - 1) + 1  # pixels of D's picture in each direction
EDGE = REACH * FINE / (FINE - 1)  # the outermost pixels have their middles on the edges
TINTS = 16  # few, which a small picture can hold

Draw = Callable[[Frame], None]
RED_TO_BLUE = LinearSegmentedColormap.from_list(
    "discriminator", [palette.FAKE, "white", palette.REAL]
)


def playground_scene() -> stage.Scene:
    """Return a playground's figure: samples and D, losses or a diagnostic, and a distance.

    While it is played the page draws the plane, and what is beside it is a figure.
    """

    @stage.scene(height=3.9, ncols=3, width_ratios=[1.3, 1, 1])
    def scene(plane, losses_, distance):
        show_samples = _samples_view(plane)
        above = plane.figure.suptitle(" ", x=0.01, ha="left", fontsize="medium")
        show_charts = _charts(losses_, distance)

        def update(game):
            first = game.games[0]
            axes = show_samples(first)
            if first.stage:  # a sentence that is longer than the panel is wide
                above.set(text=axes.get_title(loc="left"), color=axes.title.get_color())
                axes.set_title(" ")
            else:
                above.set_text(" ")
            show_charts(game)

        return update

    hand = Playground.move_modes, frames.push_at
    scene.in_page = InPage(REACH, frames.frame, charts_scene(), *hand)
    return scene


def first_scene() -> stage.Scene:
    """Return the figure of a first look: samples and D in the plane, and the distance of G."""

    @stage.scene(height=3.9, ncols=2, width_ratios=[1.3, 2])
    def scene(plane, distance):
        views = _plane_view(plane), panels.distance_panel(distance, ema=False)

        def update(game):
            for show in views:
                show(game)

        return update

    scene.in_page = InPage(REACH, frames.frame, distance_scene())
    return scene


def distance_scene() -> stage.Scene:
    """Return the figure beside the plane at a first look: the distance of G."""

    @stage.scene(height=3.2, width=5)
    def scene(distance):
        return panels.distance_panel(distance, ema=False)

    return scene


def planes_scene(count: int) -> stage.Scene:
    """Return games, or moments of one, beside one another in the plane, in all of D's colours."""

    @stage.scene(height=2.6 if count > 2 else 3.6, ncols=count)
    def scene(*planes):
        views = [_plane_view(axes, small=True) for axes in planes]

        def update(games):
            for axes, show, game in zip(planes, views, games, strict=True):
                show(game)
                axes.set_title(_("iteration {n}").format(n=game.iterations))

        return update

    return scene


def samples_scene() -> stage.Scene:
    """Return the figure of a game's samples alone, in the plane or on the line."""

    @stage.scene(height=SIDE, width=SIDE)
    def scene(samples):
        return _samples_view(samples)

    return scene


def charts_scene(height: float = 2.75, width: float = 6.5) -> stage.Scene:
    """Return the figure beside the plane: losses or a diagnostic, and below them a distance."""

    @stage.scene(height=height, width=width, nrows=2)
    def scene(losses_, distance):
        show, seen = _charts(losses_, distance), []
        for axes in set(losses_.figure.axes) - {distance}:
            axes.set_xlabel("")  # the panel below says it

        def update(game):
            now = [part for one in game.games for part in _charted(one)]
            if len(now) != len(seen) or not all(map(operator.is_, now, seen)):
                seen[:] = now  # most frames change nothing here, and cost nothing
                show(game)

        return update

    return scene


def _charted(playground: Playground) -> list:
    """Return all that the charts show of a game."""
    back = playground.moment if playground.moment < playground.recorded else None
    unmoved = _interned(replace(playground.settings, centres=()))  # a move shows at the next mark
    now = [playground.match, unmoved, playground.stage, back]
    return [*now, playground.recorded if back else None, *playground.marks, *playground.ghost]


@functools.lru_cache(maxsize=16)
def _interned(settings: Settings) -> Settings:
    """Return the same object for settings that are equal."""
    return settings


def _charts(losses_: Axes, distance: Axes) -> Show:
    """Draw the losses or, in the same place, a diagnostic; and a distance."""
    diagnostic = _behind(losses_)
    middle = {
        True: (losses_, panels.loss_panel(losses_)),
        False: (diagnostic, panels.diagnostic_panel(diagnostic)),
    }
    show_distance = panels.distance_panel(distance)

    def show(game: Any) -> None:
        first = game.games[0]
        losses_wanted = first.settings.sign == "losses" or first.stage is not None
        for kind, view in middle.items():
            view[0].set_visible(kind == losses_wanted)
        middle[losses_wanted][1](game)
        show_distance(game)

    return show


def _behind(axes: Axes) -> Axes:
    """Return new axes in the place of others, of which one hides."""
    return axes.figure.add_subplot(axes.get_subplotspec() or 111)


# --- samples, in the plane and on the line --------------------------------------------------------


def _samples_view(plane: Axes) -> Callable[[Playground], Axes]:
    """Show a game in the plane or, in the same place, on the line; say in which axes it is."""
    line = _behind(plane)
    views = {2: (plane, _plane_view(plane)), 1: (line, _line_view(line, _title(line)))}

    def show(playground: Playground) -> Axes:
        for number, view in views.items():
            view[0].set_visible(number == playground.target.dim)
        axes, draw = views[playground.target.dim]
        draw(playground)
        return axes

    return show


def _plane_view(axes: Axes, small: bool = False) -> Show:
    """Show a game in the plane; a small picture has no legend, and stretches D's colours."""
    axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xticks=[], yticks=[], aspect="equal")
    dots = _dots(axes)
    for kind, label in {"real": _("real"), "fake": _("generated")}.items():
        dots[kind].set_label(label)  # on the line the curves are in the legend
    layers = [_heat(axes), _boundary(axes), _net(axes), *_marks(axes, dots), _title(axes)]
    layers.append(_outside(axes))
    place = {"loc": "lower center", "bbox_to_anchor": (0.5, -0.12), "columnspacing": 1}
    show_legend = _legend(axes, ncols=3, **place, handletextpad=0.3)

    def show(playground: Playground) -> None:
        now = frames.frame(playground)
        if small and now.field is not None:
            now = replace(now, field=_stretched(now.field))
        for draw in layers:
            draw(now)
        if not small:
            show_legend()

    return show


def _line_view(axes: Axes, *more: Draw) -> Show:
    axes.set(xlim=LINE_ENDS, ylim=(LOWEST, HIGHEST))
    paper = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # curves run through them
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"], ha="left", bbox=paper)
    axes.tick_params(axis="y", direction="in", pad=-6)  # the plane, in this place, leaves no margin
    layers = [_line_curves(axes), *_marks(axes, _dots(axes)), *more]
    tight = {"borderaxespad": 0, "handlelength": 1.4, "columnspacing": 1}
    show_legend = _legend(axes, loc="upper center", ncols=3, **tight)

    def show(playground: Playground) -> None:
        now = frames.frame(playground)
        for draw in layers:
            draw(now)
        show_legend()

    return show


def _outside(axes: Axes) -> Draw:
    """Name the arrowheads at the border in the legend, while there are any."""
    name = axes.plot([], [], ">", color=palette.FAKE, markersize=4, label=_("outside"))[0]
    return lambda now: name.set_visible(bool(np.any(np.abs(now.fake) > REACH)))


def _legend(axes: Axes, **place) -> Callable[[], None]:
    return artists.legend_of_drawn(axes, axes.get_legend_handles_labels()[0], **place)


def _dots(axes: Axes) -> dict[str, Any]:
    return {
        "real": axes.plot([], [], "o", color=palette.REAL, markersize=3)[0],
        "fake": axes.plot([], [], "x", color=palette.FAKE, markersize=4)[0],
        "noise": axes.plot([], [], "s", color=palette.NOISE, markersize=3)[0],
    }


def _marks(axes: Axes, dots: dict[str, Any]) -> list[Draw]:
    """Return what draws a frame's samples, arrows, rings and ways."""
    heads = {kind: artists.arrowheads(axes, line.get_color(), 4) for kind, line in dots.items()}

    def show(now: Frame) -> None:
        for kind, line in dots.items():
            places = getattr(now, kind)
            line.set_data(*places.T)
            line.set_visible(len(places) > 0)
            heads[kind](*places.T)

    return [show, _arrows(axes), _rings(axes), _ways(axes)]


def _title(axes: Axes) -> Draw:
    axes.set_zorder(1)  # a sentence reaches over the panel beside it

    def show(now: Frame) -> None:
        axes.set_title(now.title, color=COLOURS[now.colour])

    return show


def _arrows(axes: Axes) -> Draw:
    nowhere = np.zeros(frames.ARROWS)
    arrows = axes.quiver(
        nowhere, nowhere, nowhere, nowhere, color=palette.EXACT, width=0.004,
        angles="xy", scale_units="xy", scale=1, zorder=4,
    )  # fmt: skip

    def show(now: Frame) -> None:
        arrows.set_visible(len(now.arrows) > 0)
        if len(now.arrows):
            shown = np.resize(now.arrows, (frames.ARROWS, 4))  # a few are drawn more than once
            arrows.set_offsets(shown[:, :2])
            arrows.set_UVC(*shown[:, 2:].T)

    return show


def _rings(axes: Axes) -> Draw:
    rings = {
        kind: axes.scatter([], [], facecolors="none", edgecolors=colour, zorder=3)
        for kind, colour in {"real_rings": palette.REAL, "fake_rings": palette.FAKE}.items()
    }

    def show(now: Frame) -> None:
        for kind, marks in rings.items():
            places = getattr(now, kind)
            marks.set_offsets(places[:, :2])
            marks.set_sizes(160 * (places[:, 2] / RING) ** 2)

    return show


def _ways(axes: Axes) -> Draw:
    ways = LineCollection([], colors=palette.NOISE, linewidths=0.6, zorder=2)
    axes.add_collection(ways)
    return lambda now: ways.set_segments(list(now.ways.reshape(-1, 2, 2)))


# --- in the plane -------------------------------------------------------------------------------


def _stretched(field: Field) -> Field:
    """Return a field of D in which the output that is farthest from ½ has its colour in full."""
    gain = 0.5 / max(np.abs(field.shares[field.levels] - 0.5).max(), 1e-6)
    return replace(field, shares=np.clip(0.5 + gain * (field.shares - 0.5), 0, 1))


def _heat(axes: Axes) -> Draw:
    """Colour the plane by D."""
    image = axes.imshow(
        np.zeros((FINE, FINE)), RED_TO_BLUE, extent=(-EDGE, EDGE, -EDGE, EDGE),
        origin="lower", vmin=0, vmax=1, alpha=0.6, interpolation="nearest", aspect="equal",
    )  # fmt: skip

    def show(now: Frame) -> None:
        image.set_visible(now.field is not None)
        if now.field is not None:
            levels = np.asarray(zoom(now.field.levels.astype(float), FINE / POINTS, order=1))
            seen = np.interp(levels, np.arange(LEVELS), now.field.shares)
            image.set_data((seen * TINTS).round() / TINTS)

    return show


def _boundary(axes: Axes) -> Draw:
    """Draw the line along which D = ½."""
    line = LineCollection([], colors=palette.DISCRIMINATOR, linewidths=1.2, zorder=1.8)
    axes.add_collection(line)
    along = np.linspace(-REACH, REACH, POINTS)

    def show(now: Frame) -> None:
        pieces = []
        if now.field is not None and now.field.boundary is not None:
            lines = contour_generator(along, along, now.field.levels.astype(float))
            pieces = cast(list, lines.lines(now.field.boundary))
        line.set_segments(pieces)

    return show


def _net(axes: Axes) -> Draw:
    """Draw G's image of a net of straight lines of noise; each mesh holds the same share of it."""
    threads = LineCollection([], colors=palette.NOISE, linewidths=0.8, zorder=2)
    meshes = PolyCollection([], facecolors=palette.NOISE, zorder=1.5)
    axes.add_collection(threads)
    axes.add_collection(meshes)

    def show(now: Frame) -> None:
        threads.set_visible(len(now.threads) > 0)
        meshes.set_visible(len(now.shades) > 0)
        threads.set_segments(list(now.threads))
        if len(now.shades):
            # Arrays are quicker; Matplotlib's annotations do not say that it takes them.
            meshes.set_verts(cast(Any, frames.corners_of(now.threads)))
            meshes.set_alpha(cast(Any, 0.7 * now.shades))

    return show


# --- on the line --------------------------------------------------------------------------------


def _line_curves(axes: Axes) -> Draw:
    """Draw p, a histogram of generated samples, D, D*, G with swapped axes, and F."""
    real = axes.plot([], [], color=palette.REAL, linewidth=1.4, label=_("real"))[0]
    generated = artists.bars(axes, EDGES, palette.FAKE, _("generated"))
    learned = axes.plot([], [], color=palette.DISCRIMINATOR, label="D")[0]
    best = axes.plot([], [], ":", color=palette.EXACT, label="D*")[0]
    threads = LineCollection([], colors=palette.FAKE, linewidths=1.2, linestyles="--", label="G")
    axes.add_collection(threads)
    exact = axes.plot([], [], "-.", color=palette.EXACT, linewidth=1, label="F")[0]
    lines = {"density": real, "answers": learned, "best": best, "cdf": exact}

    def show(now: Frame) -> None:
        curves = now.curves
        if curves is None:
            return
        for name, line in lines.items():
            heights = getattr(curves, name)
            line.set_visible(len(heights) > 0)
            line.set_data(MIDDLES[: len(heights)], heights)
        generated.set_visible(len(curves.histogram) > 0)
        if len(curves.histogram):
            generated.set_data(np.minimum(curves.histogram, 1.05))
        threads.set_visible(len(now.threads) > 0)
        threads.set_segments(list(now.threads))

    return show
