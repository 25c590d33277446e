"""A game in the plane or on a line, drawn in the page from numbers: what is sent, its canvas."""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets

from gan_edu.language import gettext as _
from gan_edu.stage import palette

LEVELS = 256  # of D's output that a byte can tell apart
LARGEST = 32767  # of a number of 16 bits; it stands for twice the reach

COLOURS = {
    "real": palette.REAL,
    "fake": palette.FAKE,
    "discriminator": palette.DISCRIMINATOR,
    "exact": palette.EXACT,
    "noise": palette.NOISE,
    "paper": palette.PAPER,
}
LOOKS = {"light": COLOURS, "dark": palette.DARK}
FILES = [Path(__file__).with_name(f"{n}.js") for n in ("line", "plane", "recorded", "replay")]
MODULE = "".join(file.read_text(encoding="utf-8") for file in FILES)  # a widget has but one
STYLE = Path(__file__).with_name("plane.css")


@dataclass(frozen=True)
class Field:
    """D on a square grid that reaches from edge to edge of the plane.

    `levels` (C, C), whole numbers below `LEVELS`, lowest row first, say which of `outputs`
    (LEVELS,), which rise, D has there; `shares` (LEVELS,) are how real each of these outputs is,
    from 0 to 1. `boundary` is the level at which D = ½, or None for a critic.
    """

    levels: np.ndarray
    outputs: np.ndarray
    shares: np.ndarray
    boundary: float | None


def nearest_levels(a: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Return the number of the nearest of rising `outputs`, for each of `a`, of any shape."""
    return np.searchsorted((outputs[1:] + outputs[:-1]) / 2, a).astype(np.uint8)


def _no(*shape: int) -> Callable[[], np.ndarray]:
    return lambda: np.empty(shape)


@dataclass(frozen=True)
class Curves:
    """What is drawn over a line of which `box` is seen: from left to right, from low to high.

    All else is at the middles of N even bins from left to right, or empty if it is not drawn:
    `density` and `histogram` are p and q, `outputs` D's, `answers` how real these are, from 0 to 1,
    `best` the answers of D*, NaN where it has none, and `cdf` is F. `boundary` is the answer ½, or
    None for a critic.
    """

    box: tuple[float, float, float, float]
    boundary: float | None
    density: np.ndarray = dataclasses.field(default_factory=_no(0))
    histogram: np.ndarray = dataclasses.field(default_factory=_no(0))
    outputs: np.ndarray = dataclasses.field(default_factory=_no(0))
    answers: np.ndarray = dataclasses.field(default_factory=_no(0))
    best: np.ndarray = dataclasses.field(default_factory=_no(0))
    cdf: np.ndarray = dataclasses.field(default_factory=_no(0))


@dataclass(frozen=True)
class Frame:
    """What is to be seen of a game at one moment, in the plane's own units, or on a line.

    `real` and `fake` (N, 2) are samples, `noise` (N, 2) is what some of them are made of; `arrows`
    (N, 4) have a start and a way, `ways` (N, 4) a start and an end; `real_rings` and `fake_rings`
    (N, 3) have a centre and a radius. `threads` (L, P, 2) is G's map, L lines of P points, and
    `shades` (M,), from 0 to 1, says how dark each mesh between them is; `ticks` (P,) is the noise
    at the points of a thread. `modes` (K, 2) are the target's, which a hand may move; `probe`
    (0 or 1, 4) is the arrow of a sample in the hand. `title` is said above and `note` below;
    `colour`, one of `COLOURS`, says whose turn it is. Samples of slow motion's `batch` are others
    than those of the game. On a line there are `curves`, samples have a height where they are seen,
    and G's map has L lines of points (G(z), share of the noise below z).
    """

    title: str = ""
    note: str = ""
    colour: str = "exact"
    batch: bool = False
    field: Field | None = None
    curves: Curves | None = None
    real: np.ndarray = dataclasses.field(default_factory=_no(0, 2))
    fake: np.ndarray = dataclasses.field(default_factory=_no(0, 2))
    noise: np.ndarray = dataclasses.field(default_factory=_no(0, 2))
    arrows: np.ndarray = dataclasses.field(default_factory=_no(0, 4))
    ways: np.ndarray = dataclasses.field(default_factory=_no(0, 4))
    real_rings: np.ndarray = dataclasses.field(default_factory=_no(0, 3))
    fake_rings: np.ndarray = dataclasses.field(default_factory=_no(0, 3))
    threads: np.ndarray = dataclasses.field(default_factory=_no(0, 0, 2))
    shades: np.ndarray = dataclasses.field(default_factory=_no(0))
    ticks: np.ndarray = dataclasses.field(default_factory=_no(0))
    modes: np.ndarray = dataclasses.field(default_factory=_no(0, 2))
    probe: np.ndarray = dataclasses.field(default_factory=_no(0, 4))


PACKED = (
    "real", "fake", "noise", "arrows", "ways", "real_rings", "fake_rings", "threads", "modes",
    "probe", "ticks",
)  # fmt: skip
DENSITIES = "density", "histogram"  # of a line; in a bin they are 1 over its width at most
SHARES = "answers", "best", "cdf"  # of a line


def packed(numbers: np.ndarray, reach: float) -> bytes:
    """Return numbers of any shape, within ±2 `reach`, as 16 bits each, the low byte first.

    What is further away, or no number, is sent as 2 `reach`: outside the plane it is anyway.
    """
    far = 2 * reach
    inside = np.nan_to_num(numbers, nan=far, posinf=far, neginf=-far).clip(-far, far)
    return np.rint(inside * (LARGEST / far)).astype("<i2").tobytes()


def packed_shares(shares: np.ndarray) -> bytes:
    """Return numbers from 0 to 1, of any shape, as a byte each."""
    return np.rint(shares * 255).astype(np.uint8).tobytes()


class Plane(anywidget.AnyWidget):
    """The square [−`reach`, `reach`]², or a line in its place, in the page: see `plane.js`.

    A trait that has not changed is not sent again. `told` arrives with a frame, and the page
    copies it to `painted` once that frame is on the screen. If the modes may be moved, `edits`, a
    hand says in `wanted` where it wants them, [] for the target's own; `probed` is where it holds
    a sample, or [].
    """

    _esm = MODULE
    _css = STYLE
    real = traitlets.Bytes().tag(sync=True)
    fake = traitlets.Bytes().tag(sync=True)
    noise = traitlets.Bytes().tag(sync=True)
    arrows = traitlets.Bytes().tag(sync=True)
    ways = traitlets.Bytes().tag(sync=True)
    real_rings = traitlets.Bytes().tag(sync=True)
    fake_rings = traitlets.Bytes().tag(sync=True)
    threads = traitlets.Bytes().tag(sync=True)
    modes = traitlets.Bytes().tag(sync=True)
    probe = traitlets.Bytes().tag(sync=True)
    ticks = traitlets.Bytes().tag(sync=True)
    shades = traitlets.Bytes().tag(sync=True)
    levels = traitlets.Bytes().tag(sync=True)
    outputs = traitlets.Bytes().tag(sync=True)
    largest = traitlets.Float(1.0).tag(sync=True)  # of the outputs, whichever its sign
    shares = traitlets.Bytes().tag(sync=True)
    box = traitlets.List(traitlets.Float()).tag(sync=True)  # of a line; [] in the plane
    density = traitlets.Bytes().tag(sync=True)
    histogram = traitlets.Bytes().tag(sync=True)
    answers = traitlets.Bytes().tag(sync=True)
    best = traitlets.Bytes().tag(sync=True)
    cdf = traitlets.Bytes().tag(sync=True)
    boundary = traitlets.Float(allow_none=True).tag(sync=True)
    lines = traitlets.Int().tag(sync=True)  # of G's map
    batch = traitlets.Bool().tag(sync=True)
    edits = traitlets.Bool().tag(sync=True)
    wanted = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True, echo_update=False)
    probed = traitlets.List(traitlets.Float()).tag(sync=True, echo_update=False)
    title = traitlets.Unicode().tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)
    colour = traitlets.Unicode("exact").tag(sync=True)
    told = traitlets.Unicode().tag(sync=True)
    painted = traitlets.Unicode().tag(sync=True, echo_update=False)
    reach = traitlets.Float().tag(sync=True)
    alt = traitlets.Unicode().tag(sync=True)
    colours = traitlets.Dict(LOOKS).tag(sync=True)
    words = traitlets.Dict().tag(sync=True)

    def __init__(self, reach: float, alt: str, edits: bool = False):
        super().__init__(reach=reach, alt=alt, edits=edits, words=plane_words())

    @traitlets.validate("probed")
    def _place_or_none(self, proposal: traitlets.Bunch) -> list[float]:
        place = proposal["value"]
        return place if len(place) == 2 and all(map(math.isfinite, place)) else []

    def show(self, frame: Frame) -> None:
        """Send a frame to the page."""
        with self.hold_sync():
            for name, value in parts_of(frame, self.reach).items():
                self.set_trait(name, value)


def parts_of(frame: Frame, reach: float) -> dict[str, Any]:
    """Return a frame as the values of a plane's traits."""
    points = {name: packed(getattr(frame, name), reach) for name in PACKED}
    words = {name: getattr(frame, name) for name in ("title", "note", "colour", "batch")}
    mesh = {"lines": len(frame.threads), "shades": packed_shares(frame.shades)}
    return points | words | mesh | _packed_curves(frame.curves) | _packed_of_d(frame)


def _packed_curves(curves: Curves | None) -> dict[str, Any]:
    """Return curves as whole numbers of `LARGEST`, which stands for the largest there may be."""
    if curves is None:
        return {"box": []} | dict.fromkeys((*DENSITIES, *SHARES), b"")
    left, right, *_heights = curves.box
    parts: dict[str, Any] = {"box": [float(side) for side in curves.box]}
    for name in DENSITIES:
        heights = getattr(curves, name)
        parts[name] = packed(heights * (right - left) / max(1, len(heights)), 0.5)
    return parts | {name: packed(getattr(curves, name), 1) for name in SHARES}


def _packed_of_d(frame: Frame) -> dict[str, Any]:
    """Return the field of D, or its outputs on a line."""
    seen, field = frame.curves or frame.field, frame.field
    parts: dict[str, Any] = {"levels": b"", "boundary": seen.boundary if seen else None}
    if seen and len(seen.outputs):
        largest = max(float(np.abs(seen.outputs).max()), 1e-9)
        parts |= {"outputs": packed(seen.outputs, largest / 2), "largest": largest}
    if field:
        parts["levels"] = field.levels.astype(np.uint8).tobytes()
        parts["shares"] = packed_shares(field.shares)
    return parts


def plane_words() -> dict[str, str]:
    """Return what the page says of a plane and of a recording."""
    return {
        "real": _("real"),
        "fake": _("generated"),
        "outside": _("outside"),
        "arrows": _("G's push"),
        "threads": _("G's map"),
        "boundary": _("D = ½"),
        "field_low": _("D: low"),
        "field_high": _("high"),
        "keys": _(
            "Arrow keys move a cross that reads D, with Shift in larger steps. Enter takes the "
            "nearest thing and puts it down, Tab goes to the next one, Escape lets go."
        ),
        "keys_edit": _("Space adds a mode to the target, Backspace removes one."),
        "keys_line": _(
            "The arrow keys to the left and right move a line that reads p, q and D, with Shift in "
            "larger steps. Escape takes it away."
        ),
        "at": _("at ({x}, {y})"),
        "output_and_d": _("D = {d}, a = {a}"),
        "output": _("a = {a}"),
        "arrow": _("nearest arrow: ({dx}, {dy})"),
        "arrow_line": _("nearest arrow: {dx}"),
        "pushed": _("arrow here: ({dx}, {dy})"),
        "lands": _("G(z) = ({x}, {y})"),
        "mode": _("mode {n} of the target"),
        "take": _("move"),
        "paint": _("paint"),
        "erase": _("erase"),
        "undo": _("restore"),
        "take_how": _("Drag a mode of the target, or a generated sample."),
        "paint_how": _("Paint modes of the target."),
        "erase_how": _("Erase modes of the target."),
        "undo_how": _("Give the target its own modes again."),
        "play": _("Play"),
        "pause": _("Pause"),
        "moment": _("moment of the recording"),
    }
