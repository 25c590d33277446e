"""A figure's pixels, frame by frame: what moves is painted over what stays."""

import contextlib
import functools
import struct
import threading
import weakref
import zlib
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from gan_edu.stage.paper import styled

# JupyterLab sends a slider's first moves to the kernel's main thread, and later ones to a thread of
# their own, so that they are heard while a cell runs: two threads may want to draw at once.
drawing = threading.RLock()


def one_at_a_time(draw: Callable) -> Callable:
    """Decorate a function that draws, so that two threads take turns."""

    @functools.wraps(draw)
    def waiting(*args, **values):
        with drawing:
            return draw(*args, **values)

    return waiting


SHARP = 2  # pixels for one in the page, when nothing moves
LARGEST_STAMP = 0.05  # of a picture's pixels


class Picture:
    """A figure's pixels, frame by frame: what moves is painted over what stays.

    `update` changes the figure's artists. After it, matplotlib has marked as stale what it touched:
    those artists move. All the others are drawn once and kept, until the arrangement (limits,
    ticks, panels, the set of artists) changes. The layout is found once, so that nothing jumps.
    `has_changed` says whether an update has changed anything since the pixels were last taken.
    """

    _large: ClassVar[list[weakref.ref]] = []  # the pictures that have large layers
    has_changed = True

    def __init__(self, figure: Figure, update: Callable):
        self.figure, self._update = figure, update
        self.forget()

    @styled
    def update(self, *args, **values) -> Any:
        """Call the update function, note what it has changed, and return what it returns."""
        told = self._update(*args, **values)
        changed = {a for a, parts in self._parts.items() if any(part.stale for part in parts)}
        self.has_changed |= bool(changed) or not self._parts
        if self._arrangement != _arrangement(self.figure) or any(map(_is_axis, changed)):
            self.forget()
        elif not changed <= self._moving:
            self._moving |= changed
            self._kept.clear()
        return told

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
        """Keep large layers for two pictures: a game has one in the page and one for the still."""
        others = [ref for ref in Picture._large if ref() not in (None, self)]
        for picture in filter(None, (ref() for ref in others[:-1])):
            picture._kept = {scale: kept for scale, kept in picture._kept.items() if scale == 1}
        Picture._large = [*others[-1:], weakref.ref(self)]

    def forget(self) -> None:
        """Drop the kept pixels, and take everything for still, until an update shows what moves."""
        self._moving, self._kept, self._parts, self._arrangement = set(), {}, {}, None

    def _settle(self):
        """Note where everything is, and wipe all marks, so that the next change is seen."""
        self.has_changed = False
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
    chunks = [
        (b"IHDR", header),
        (b"IDAT", packer.compress(rows.tobytes()) + packer.flush()),
        (b"IEND", b""),
    ]
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
        elif isinstance(part, Axes) and part.get_visible():
            hidden: list[Artist] = (
                [] if part.axison else [*part.spines.values(), part.xaxis, part.yaxis]
            )
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

    stamp: tuple | None = None
    _looked: Any = None

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
