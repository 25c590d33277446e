"""What is wrong with a drawn figure: curves through legends, data out of sight, empty entries."""

from collections.abc import Iterator

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.collections import Collection, LineCollection, PathCollection
from matplotlib.colors import to_rgb, to_rgba_array
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Polygon, Rectangle, StepPatch
from matplotlib.path import Path
from matplotlib.quiver import Quiver
from matplotlib.spines import Spine
from matplotlib.transforms import Bbox

LINE = 2  # pixels by which a curve may stand out: it is as wide
MARK = 3  # pixels: half of a small mark
HEADS = ("<", ">", "v", "^")
NO_LINE = ("None", "none", " ", "")


def troubles_with_data(figure: Figure) -> list[str]:
    """Say which curves run through a legend, what is told and not drawn, and what is out of sight.

    The figure must have been drawn.
    """
    out = []
    for axes in figure.axes:
        if axes.get_visible():
            artists = [a for a in axes.get_children() if _shows_data(a, axes)]
            out += [*_through_legend(axes, artists), *_empty_entries(axes, artists)]
            out += [f"{_name(a)} leaves the axes" for a in artists if _leaves(a, axes)]
    return out


def _shows_data(artist: Artist, axes: Axes) -> bool:
    kinds = Line2D, Collection, Patch
    return isinstance(artist, kinds) and artist is not axes.patch and not isinstance(artist, Spine)


def _name(artist: Artist) -> str:
    label = artist.get_label()
    return type(artist).__name__ if label.startswith("_") else repr(label)


# Where an artist is, in pixels


def _curves(artist: Artist) -> Iterator[Path]:
    """Yield the outlines that an artist draws."""
    if isinstance(artist, Line2D):
        if artist.get_linestyle() not in NO_LINE and len(artist.get_xydata()):
            yield Path(_pixels(artist))
    elif isinstance(artist, Patch):
        yield artist.get_transform().transform_path(artist.get_path())
    elif not isinstance(artist, PathCollection | Quiver):
        yield from map(artist.get_transform().transform_path, artist.get_paths())


def _marks(artist: Artist) -> np.ndarray:
    """Return where an artist's marks are, (N, 2)."""
    nothing = np.empty((0, 2))
    if isinstance(artist, Line2D):
        points = _pixels(artist) if artist.get_marker() not in NO_LINE else nothing
        every = artist.get_markevery()
        points = points if every is None else points[every]
    elif isinstance(artist, PathCollection | Quiver):
        points = artist.get_offset_transform().transform(np.ma.filled(artist.get_offsets(), np.nan))
    else:
        points = nothing
    return points[np.isfinite(points).all(1)]


def _pixels(line: Line2D) -> np.ndarray:
    return line.get_transform().transform(np.asarray(line.get_xydata(), float).reshape(-1, 2))


def _is_filled(artist: Artist) -> bool:
    if isinstance(artist, Patch):
        return artist.get_fill()
    return not isinstance(artist, Line2D | LineCollection)


def _is_seen(artist: Artist, axes: Axes, box: Bbox) -> bool:
    """Tell whether an artist is seen in a box: an outline, an area, or a mark."""
    if not artist.get_visible():
        return False
    if artist.get_clip_on() and (box := Bbox.intersection(box, axes.bbox)) is None:
        return False
    paths = (path.intersects_bbox(box, filled=_is_filled(artist)) for path in _curves(artist))
    wide = box.padded(MARK)
    return any(paths) or any(wide.contains(*point) for point in _marks(artist))


# The three kinds


def _through_legend(axes: Axes, artists: list[Artist]) -> list[str]:
    """Say what runs through a legend's entries."""
    legend = axes.get_legend()
    if legend is None or not legend.get_visible() or not legend.get_texts():
        return []
    box = _box_of_entries(legend)
    return [f"{_name(a)} runs through the legend" for a in artists if _is_seen(a, axes, box)]


def _box_of_entries(legend: Legend) -> Bbox:
    figure = legend.get_figure(root=True)
    renderer = RendererAgg(int(figure.bbox.width), int(figure.bbox.height), figure.dpi)
    parts = [*legend.get_texts(), *legend.legend_handles]
    return Bbox.union([part.get_window_extent(renderer) for part in parts])


def _empty_entries(axes: Axes, artists: list[Artist]) -> list[str]:
    """Say which entries of a legend have no artist that is seen, or that will be over time."""
    legend = axes.get_legend()
    if legend is None or not legend.get_visible():
        return []
    by_name = {a.get_label(): a for a in artists}
    for bars in axes.containers:
        by_name[bars.get_label()] = max(bars, key=lambda bar: bar.get_height())
    words = [text.get_text() for text in legend.get_texts()]
    return [
        f"{name!r} is told and not drawn" for name in words if _is_empty(by_name.get(name), axes)
    ]


def _is_empty(artist: Artist | None, axes: Axes) -> bool:
    if artist is None:
        return True
    if isinstance(artist, Line2D) and len(artist.get_xydata()) < 2 and artist.get_visible():
        return False  # it grows with time, or with a hand's moves
    seen = _is_seen(artist, axes, axes.bbox.padded(LINE))
    return not (seen or (artist.get_visible() and _has_arrowheads(artist, axes)))


def _leaves(artist: Artist, axes: Axes) -> bool:
    """Tell whether a mark, a bar's end, or a bend of a curve is out of sight, without an arrowhead.

    A curve that runs through the border, and does not come back, is seen to go on; so is an area.
    """
    area = _is_filled(artist) or isinstance(artist, Polygon)
    if area and not _ends(artist) and not len(_marks(artist)):
        return False
    if not artist.get_visible() or not artist.get_clip_on() or _has_arrowheads(artist, axes):
        return False
    window = axes.bbox.padded(LINE)
    if any(not window.contains(*point) for point in _marks(artist)):
        return True
    return any(_is_hidden(path.vertices, window, _ends(artist)) for path in _curves(artist))


def _ends(artist: Artist) -> tuple[int, ...]:
    """Return the axes, 0 or 1, along which an artist's ends tell something: a bar's height."""
    if isinstance(artist, StepPatch):
        return (int(artist.orientation == "vertical"),)
    return (0, 1) if isinstance(artist, Rectangle) else ()


def _has_arrowheads(artist: Artist, axes: Axes) -> bool:
    """Tell whether arrowheads of an artist's colour stand at the border."""
    heads = [line for line in axes.lines if line.get_marker() in HEADS and _at_border(line, axes)]
    looks = ("color",) if isinstance(artist, Line2D) else ("edgecolor", "facecolor")
    own = [to_rgba_array(getattr(artist, f"get_{look}")())[:, :3] for look in looks]
    colours = np.concatenate(own).tolist()
    return any(list(to_rgb(line.get_color())) in colours for line in heads)


def _at_border(line: Line2D, axes: Axes) -> bool:
    from_edges = np.abs(_pixels(line)[:, None] - axes.bbox.get_points())
    return line.get_visible() and bool((from_edges < LINE).any())


def _is_hidden(points: np.ndarray, window: Bbox, ends: tuple[int, ...]) -> bool:
    """Tell whether some points of a curve are out of sight where their neighbours are not.

    A function may be drawn beyond both ends of its axis.
    """
    points = points[np.isfinite(points).all(1)]
    rises = [np.diff(points[:, i]) for i in (0, 1)]
    of = [i for i, rise in enumerate(rises) if (rise >= 0).all() or (rise <= 0).all()]
    inside = (points >= window.min) & (points <= window.max)
    if ends:
        return any(not inside[inside[:, 1 - i], i].all() for i in ends)
    lost = [_returns(inside[inside[:, i], 1 - i]) for i in of or (0, 1)]
    return all(lost) if of else any(lost)


def _returns(inside: np.ndarray) -> bool:
    """Tell whether a curve is out of sight all the time, or goes there and comes back."""
    seen = inside.nonzero()[0]
    return len(inside) > 0 and (not len(seen) or not inside[seen[0] : seen[-1]].all())
