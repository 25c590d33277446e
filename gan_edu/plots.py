"""Pure drawing: arrays or axes in, pictures out. No global style, no `plt.show()`."""

import contextlib
import copy
import functools
import struct
import weakref
import zlib
from collections.abc import Callable, Iterable, Iterator
from inspect import Parameter, signature

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch
from matplotlib.text import Text

# One palette for the whole course, safe for colour-blind eyes (Okabe and Ito 2008). A role never
# changes its colour, and no role is told by colour alone: each has a line style or marker too.
REAL = "#0072B2"
FAKE = "#D55E00"
JUDGE = "#007A5A"
EXACT = "#222222"
NOISE = "#6E6E6E"

FIGURE_WIDTH = 9.0  # inches
DOTS_PER_INCH = 100  # in the page: a figure is 900 pixels wide
TYPE_SIZE = 11.0  # points
PROJECTOR_SCALE = 1.5
LARGEST_STAMP = 0.05  # of a picture's pixels

# All of matplotlib's settings but two: to ask for the backend would choose one, and the first date
# that is drawn would fix the epoch.
_DEFAULTS = copy.deepcopy(
    {
        name: matplotlib.rcParamsDefault._get(name)
        for name in matplotlib.rcParamsDefault
        if name not in ("backend", "date.epoch")
    }
)
STYLE = _DEFAULTS | {
    "font.family": ["DejaVu Sans"],  # matplotlib brings it along
    "font.size": TYPE_SIZE,
    "axes.titlesize": TYPE_SIZE,
    "axes.labelsize": TYPE_SIZE,
    "xtick.labelsize": 0.9 * TYPE_SIZE,
    "ytick.labelsize": 0.9 * TYPE_SIZE,
    "legend.fontsize": 0.9 * TYPE_SIZE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "lines.linewidth": 2.0,
    "legend.frameon": False,
    "legend.loc": "upper right",  # "best" would jump while the curves move
    "axes.axisbelow": True,  # a grid is the paper under the picture
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "gan_edu",  # the same names in a file each time
    "svg.fonttype": "path",  # letters as outlines, which look the same without their font
}


_enlarged = 1.0


def projector(on: bool = True) -> None:
    """Enlarge the figures made from now on, with all that is in them; `projector(False)` undoes it.

    Larger letters in a figure of the same size would lie on one another. A window that is too
    narrow for the figure shrinks it.
    """
    global _enlarged
    _enlarged = PROJECTOR_SCALE if on else 1.0


@contextlib.contextmanager
def course_style() -> Iterator[None]:
    """Draw in the course's style inside, and leave the user's settings as they were.

    NumPy's answers to an overflow and the like are its defaults too: matplotlib counts on them.

    matplotlib reads many settings only while it draws, so drawing belongs inside too.
    `rc_context` and `style.use` do it as well, but sort and check all settings for each frame.
    """
    settings = matplotlib.rcParams
    before = {name: settings._get(name) for name in STYLE}
    settings._update_raw(STYLE)
    try:
        with np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"):
            yield
    finally:
        settings._update_raw(before)


def styled(draw: Callable) -> Callable:
    """Decorate a function that draws, so that all it makes is in the course's style."""

    @functools.wraps(draw)
    def in_style(*args, **values):
        with course_style():
            return draw(*args, **values)

    return in_style


def new_figure(height: float = 3.6, **panels) -> tuple[Figure, np.ndarray]:
    """Return a figure of the course's width and its axes in a flat array, one for each panel.

    `height` is in inches; `panels` are `Figure.subplots`' arguments (nrows, ncols, width_ratios …).
    The figure belongs to no window and no pyplot state. Raises ValueError for a height that is
    not positive.
    """
    if not height > 0:
        raise ValueError(f"height must be a positive number of inches, got {height}")
    with course_style():
        dpi = DOTS_PER_INCH * _enlarged
        figure = Figure(figsize=(FIGURE_WIDTH, height), dpi=dpi, layout="constrained")
        axes = figure.subplots(squeeze=False, **panels)
    return figure, axes.ravel()


def tile(images: np.ndarray, columns: int) -> np.ndarray:
    """Lay images (N, height, width) side by side into one picture, `columns` in a row.

    Places that the last row leaves open are black. Raises ValueError for no images, or for
    fewer than one column.
    """
    if images.ndim != 3 or len(images) == 0:
        raise ValueError(f"images must have shape (N, height, width), got {images.shape}")
    if columns < 1:
        raise ValueError(f"columns must be at least 1, got {columns}")
    count, height, width = images.shape
    rows = -(-count // columns)
    padded = np.zeros((rows * columns, height, width), images.dtype)
    padded[:count] = images
    grid = padded.reshape(rows, columns, height, width).swapaxes(1, 2)
    return grid.reshape(rows * height, columns * width)


def bars(axes: Axes, edges: np.ndarray, colour: str, lying: bool = False) -> StepPatch:
    """Return a histogram's bars between `edges` (K + 1,), all of height 0 until `set_data`."""
    look = {"fill": True, "color": colour, "alpha": 0.45, "linewidth": 0}
    orientation = "horizontal" if lying else "vertical"
    return axes.stairs(np.zeros(len(edges) - 1), edges, orientation=orientation, **look)


def heights(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return how dense a sample (N,) is between each two `edges` (K + 1,): share over width."""
    return np.histogram(values, edges)[0] / (len(values) * np.diff(edges))


def dot_or_arrow(axes: Axes, colour: str, look: str = "o") -> Callable[[float, float], None]:
    """Return what shows a dot at x, y; one above or below the axes as an arrow with its y."""
    whole = {"color": colour, "markersize": 8, "clip_on": False, "in_layout": False}
    (dot,) = axes.plot([], [], look, **whole)
    beside = axes.text(0, 0, "", color=colour, in_layout=False)

    def show(x: float, y: float) -> None:
        (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
        point_at(dot, x, y, look)
        inwards = 1 if 2 * x < left + right else -1
        beside.set(x=x + 0.025 * inwards * (right - left), y=np.clip(y, low, high))
        beside.set(ha="left" if inwards > 0 else "right", va="top" if y > high else "bottom")
        number = f"{y:.3g}".replace("-", "−").replace("inf", "∞")
        beside.set_text("" if low <= y <= high else number)

    return show


def lengthen(axes: Axes, least: int, length: int) -> None:
    """Let the x-axis reach from 0 to `least`, or twice, four times … that, to hold `length`."""
    while least < length:
        least *= 2
    if axes.get_xlim() != (0, least):  # a limit that is set anew would cost a full redraw
        axes.set_xlim(0, least)


def heighten(axes: Axes, least: float, highest: float) -> None:
    """Let the y-axis reach from 0 to `least`, or twice, four times … that, a third to spare."""
    while 2 / 3 * least < highest:
        least *= 2
    if axes.get_ylim() != (0, least):
        axes.set_ylim(0, least)


def point_at(dot: Line2D, x: float, y: float, marker: str = "o") -> None:
    """Put a dot at (x, y); beyond its axes it is an arrowhead at the border, which points there."""
    beyond, *place = _at_border(dot.axes, np.array([x]), np.array([y]))
    dot.set_marker(next((head for head, out in beyond.items() if out), marker))
    dot.set_data(*place)


def arrowheads(
    axes: Axes, colour: str, size: float = 6
) -> Callable[[np.ndarray, np.ndarray], None]:
    """Return what shows an arrowhead at the border for each of some points (N,) beyond it."""
    look = {"color": colour, "markersize": size, "clip_on": False, "zorder": 3}
    heads = {head: axes.plot([], [], head, **look)[0] for head in "<>v^"}
    for head in heads.values():
        head.set_in_layout(False)

    def show(x: np.ndarray, y: np.ndarray) -> None:
        beyond, x, y = _at_border(axes, x, y)
        for head, out in beyond.items():
            heads[head].set_data(x[out], y[out])
            heads[head].set_visible(bool(out.any()))  # what is not drawn costs no time

    return show


def bars_told(axes: Axes, edges: np.ndarray, colour: str, lying: bool = False) -> Callable:
    """Return what shows `bars` of some heights between edges, with arrowheads on those cut off."""
    heap, heads = bars(axes, edges, colour, lying), arrowheads(axes, colour)

    def show(heights: np.ndarray, edges: np.ndarray) -> None:
        heap.set_data(heights, edges)
        middles = (edges[1:] + edges[:-1]) / 2
        heads(*((heights, middles) if lying else (middles, heights)))

    return show


def _at_border(axes: Axes, x: np.ndarray, y: np.ndarray) -> tuple[dict, np.ndarray, np.ndarray]:
    """Return which of points (N,) are beyond which side, and all points, moved to the border."""
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    across, up = np.sign(right - left), np.sign(high - low)  # an axis may run backwards
    beyond = {"<": (x - left) * across < 0, ">": (x - right) * across > 0}
    beyond |= {"v": (y - low) * up < 0, "^": (y - high) * up > 0}
    return beyond, np.clip(x, *sorted((left, right))), np.clip(y, *sorted((low, high)))


def exits(outside: np.ndarray) -> np.ndarray:
    """Return which points of a curve are outside (N,) and next to one that is not: (N,) bool."""
    return outside & ~(np.append(True, outside[:-1]) & np.append(outside[1:], True))


def legend_of_drawn(axes: Axes, artists: list[Artist], **place) -> Callable[[], None]:
    """Return what gives the axes a legend of those artists that are visible, in this place."""
    told = []

    def show() -> None:
        drawn = [artist for artist in artists if artist.get_visible()]
        if drawn != told:  # a legend is slow to make
            told[:] = drawn
            axes.legend(drawn, [artist.get_label() for artist in drawn], **place)

    return show


class Scene:
    """A figure that is made once, and a function that changes it in place: see `scene`."""

    def __init__(self, build: Callable, height: float = 3.6, **panels):
        parameters = signature(build).parameters.values()
        self.build, self.height, self.__doc__ = build, height, build.__doc__
        self.axes = [p.name for p in parameters if p.default is Parameter.empty]
        self.draws_itself = len(self.axes) < len(parameters)
        self.panels = panels or {"ncols": len(self.axes)}

    def open(self) -> tuple[Figure, Callable]:
        """Return a new figure and the function that updates it. TypeError if there is none."""
        figure, axes = new_figure(self.height, **self.panels)
        if self.draws_itself:
            return figure, _redrawing(self.build, figure, axes)
        with course_style():
            update = self.build(*axes)
        if not callable(update):
            raise TypeError(f"{self.build.__name__} must return its update function, not {update}")
        return figure, update

    def figure(self, *args, **values) -> Figure:
        """Return a new figure, updated with `values`."""
        figure, update = self.open()
        with course_style():
            update(*args, **values)
        return figure


def scene(build: Callable | None = None, *, height: float = 3.6, **panels) -> Scene | Callable:
    """Make a scene of a function: bare `@scene`, or `@scene(height=…)`.

    The function gets the axes, one for each parameter (or as `new_figure` lays out
    `panels`), makes the artists, and returns `update(name=start, …)`, which changes them in
    place; only what changes is painted again. A function that has starting values itself,
    `def draw(left, right, mu=1.0)`, draws anew on cleared axes each time, which is slower.
    """
    if build is None:
        return lambda function: Scene(function, height, **panels)
    return Scene(build, height, **panels)


def _redrawing(draw: Callable, figure: Figure, axes: Iterable) -> Callable:
    """Return `draw` as an update function, which clears the axes before each call."""

    def update(**values):
        for extra in set(figure.axes).difference(axes):
            extra.remove()
        for ax in axes:
            ax.clear()
        draw(*axes, **values)

    parameters = signature(draw).parameters.values()
    update.__signature__ = signature(draw).replace(
        parameters=[p for p in parameters if p.default is not Parameter.empty]
    )
    return update


class Picture:
    """A figure's pixels, frame by frame: what moves is painted over what stays.

    `update` changes the figure's artists. After it, matplotlib has marked as stale what it touched:
    those artists move. All the others are drawn once and kept, until the arrangement (limits,
    ticks, panels, the set of artists) changes. The layout is found once, so that nothing jumps.
    """

    _last_large = None

    def __init__(self, figure: Figure, update: Callable):
        self.figure, self._update = figure, update
        self.forget()

    @styled
    def update(self, *args, **values) -> None:
        """Call the update function, and note what it has changed."""
        self._update(*args, **values)
        changed = {a for a, parts in self._parts.items() if any(part.stale for part in parts)}
        if self._arrangement != _arrangement(self.figure) or any(map(_is_axis, changed)):
            self.forget()
        elif not changed <= self._moving:
            self._moving |= changed
            self._kept.clear()

    @styled
    def pixels(self, scale: int = 1) -> np.ndarray:
        """Return the picture, uint8 (height, width, 4), with `scale` pixels for one in the page.

        The next call paints over the array.
        """
        with _resolution(self.figure, scale):
            if scale not in self._kept:
                self._kept[scale] = _Layers(self.figure, self._moving)
            if scale > 1:
                self._free_other_large_layers()
            pixels = self._kept[scale].paint()
        self._settle()
        return pixels

    def _free_other_large_layers(self) -> None:
        """Keep large layers for one picture only: a chapter has ten, and a learner two hands."""
        last = Picture._last_large and Picture._last_large()
        if last and last is not self:
            last._kept = {scale: kept for scale, kept in last._kept.items() if scale == 1}
        Picture._last_large = weakref.ref(self)

    def forget(self) -> None:
        """Drop the kept pixels, and take everything for still, until an update shows what moves."""
        self._moving, self._kept, self._parts, self._arrangement = set(), {}, {}, None

    def _settle(self):
        """Note where everything is, and wipe all marks, so that the next change is seen."""
        if self._arrangement is None:
            self.figure.set_layout_engine("none")
            self._arrangement = _arrangement(self.figure)
            self._parts = {artist: artist.findobj() for _, artist in _draw_order(self.figure)}
        for parts in self._parts.values():
            for part in parts:
                part.stale = False


@styled
def render(figure: Figure, scale: int = 1) -> np.ndarray:
    """Return a figure as uint8 (height, width, 4), with `scale` pixels for one in the page."""
    with _resolution(figure, scale):
        return np.asarray(_draw(figure).buffer_rgba())


def png(pixels: np.ndarray, small: bool = False) -> bytes:
    """Return pixels (height, width, 4) as a PNG without transparency, for speed or small.

    Rows without a filter, packed with the least effort, take a third of Pillow's quickest time, and
    make a figure, which is mostly even areas, no larger.
    """
    height, width = pixels.shape[:2]
    rows = np.zeros((height, 1 + 3 * width), np.uint8)  # each row begins with its filter: none
    for channel in range(3):
        rows[:, 1 + channel :: 3] = pixels[..., channel]
    packer = zlib.compressobj(6 if small else 1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)  # eight bits, RGB
    chunks = [(b"IHDR", header), (b"IDAT", packer.compress(rows) + packer.flush()), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def _arrangement(figure: Figure) -> list:
    """Return what must be the same for kept pixels to be right."""
    panels = [
        (ax.get_visible(), ax.axison, ax.get_position().bounds, tuple(ax.viewLim.extents))
        for ax in figure.axes
    ]
    colours = [part.get_facecolor() for part in (figure, *figure.axes)]
    return [panels, colours, *((artist, artist.zorder) for _, artist in _draw_order(figure))]


def _draw_order(figure: Figure) -> Iterator[tuple]:
    """Yield (owner, artist) in the order in which matplotlib draws them."""
    for part in sorted(figure.get_children(), key=lambda artist: artist.zorder):
        if part not in (figure.patch, *figure.axes):
            yield figure, part
        elif part in figure.axes and part.get_visible():
            hidden = [] if part.axison else [*part.spines.values(), part.xaxis, part.yaxis]
            shown = [a for a in part.get_children() if a not in (part.patch, *hidden)]
            yield from ((part, artist) for artist in sorted(shown, key=lambda a: a.zorder))


class _Layers:
    """What never changes, below; and above it, in order, what moves or lies over what moves."""

    def __init__(self, figure: Figure, moving: set):
        above = _above(figure, moving)
        self.renderer = _draw_without(figure, above)
        self.canvas = np.asarray(self.renderer.buffer_rgba())
        self.below = self.canvas.copy() if above else self.canvas
        self.above = [_Part(artist, artist in moving) for artist in above]
        for part in self.above:
            if not part.moves:
                part.stamp = self._stamp(part.artist)

    def _stamp(self, artist: Artist) -> tuple | None:
        """Draw an artist that stands still; return where, the pixels before, and those after.

        None if it covers nothing, or so much that its pixels are not worth their memory.
        """
        before = self.canvas.copy()
        artist.draw(self.renderer)
        changed = (before.view(np.uint32) != self.canvas.view(np.uint32))[..., 0]
        rows, columns = changed.any(1).nonzero()[0], changed.any(0).nonzero()[0]
        if not len(rows) or np.ptp(rows) * np.ptp(columns) > changed.size * LARGEST_STAMP:
            return None
        where = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        return where, before[where].copy(), self.canvas[where].copy()

    def paint(self) -> np.ndarray:
        """Paint a frame. Text is slow to draw: it is stamped where nothing has moved under it."""
        self.canvas[:] = self.below
        for part in self.above:
            changed = part.has_changed()
            if changed:
                part.stamp = None  # it shows what was there before
            stamp = part.stamp
            if stamp and np.array_equal(self.canvas[stamp[0]], stamp[1]):
                self.canvas[stamp[0]] = stamp[2]
            elif part.moves and not changed:
                part.stamp = self._stamp(part.artist)
            else:
                part.artist.draw(self.renderer)
        return self.canvas


class _Part:
    """An artist in a frame, and its stamp if it has one; of what moves only a text may get one."""

    stamp, _looked = None, None

    def __init__(self, artist: Artist, moves: bool):
        self.artist, self.moves = artist, moves

    def has_changed(self) -> bool:
        """Tell whether it looks, or may look, other than the last time."""
        if not self.moves:
            return False
        if not isinstance(self.artist, Text):
            return True
        text = self.artist
        place = text.get_position(), text.get_visible(), text.get_alpha()
        looks = text.get_text(), text.get_color(), text.get_fontsize(), *place
        changed, self._looked = looks != self._looked, looks
        return changed


def _above(figure: Figure, moving: set) -> list:
    """Return the moving artists and what lies on top of them, in the order of drawing.

    An axis without a grid stands outside, where nothing moves.
    """
    touched, above = [], []
    for owner, artist in _draw_order(figure) if moving else ():
        if artist in moving:
            touched.append(owner.bbox)
        outside = _is_axis(artist) and not any(g.get_visible() for g in artist.get_gridlines())
        if not outside and any(owner.bbox.overlaps(other) for other in touched):
            above.append(artist)
    return above


def _is_axis(artist: Artist) -> bool:
    return isinstance(artist, Axis)


def _draw_without(figure: Figure, above: list) -> RendererAgg:
    for artist in above:
        artist.set_animated(True)
    try:
        return _draw(figure)
    finally:
        for artist in above:
            artist.set_animated(False)


def _draw(figure: Figure) -> RendererAgg:
    renderer = RendererAgg(int(figure.bbox.width), int(figure.bbox.height), figure.dpi)
    figure.draw(renderer)
    return renderer


@contextlib.contextmanager
def _resolution(figure: Figure, scale: int) -> Iterator[None]:
    before, figure.dpi = figure.dpi, figure.dpi * scale
    try:
        yield
    finally:
        figure.dpi = before
