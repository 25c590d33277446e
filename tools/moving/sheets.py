"""A recorded figure as one picture of all its frames, and what the page must know to show them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets
import numpy as np
from PIL import Image

from gan_edu.stage.baked import recorded, webp
from gan_edu.stage.controls import said, value_of
from gan_edu.stage.exploring import Experiment
from tools.notebooks import colours_of, in_colours

POSITIONS = {1: 13, 2: 7}  # of a slider, by the number of controls
MOST = 60  # frames
COLUMNS = 2  # a WebP has at most 16,383 rows
LOOKED_AT = 5  # of these frames, for the colours


@dataclass(frozen=True)
class Control:
    """A control in the page: its kind and label, what it says at each place, where it starts.

    One that is `played` has a button that moves it on.
    """

    kind: str
    label: str
    said: list[str]
    start: int
    played: bool


@dataclass(frozen=True)
class Recorded:
    """A figure in the page: see `sheet`. `box` is (left, top, width, height) of what changes."""

    alt: str
    size: tuple[int, int]
    box: tuple[int, ...]
    controls: list[Control]


def record(made: Experiment) -> tuple[Recorded, bytes] | None:
    """Return a figure for the page and its sheet; None if it has too many frames."""
    most, starts = POSITIONS[len(made.controls)], made.starts
    grid = {name: _values(control, starts[name], most) for name, control in made.controls.items()}
    if math.prod(map(len, grid.values())) > MOST:
        return None
    controls = [_described(made, name, values) for name, values in grid.items()]
    frames = np.stack([*recorded(made.picture, grid)])
    start = np.ravel_multi_index([c.start for c in controls], [*map(len, grid.values())])
    height, width = frames.shape[1:3]
    box, picture = sheet(frames, int(start))
    return Recorded(made.alt, (width, height), box, controls), picture


def _values(control: Any, start: Any, most: int) -> list[Any]:
    """Return what a control is set to, in order: all it can say, or `most` of it, the start too."""
    if isinstance(start, bool):
        return [False, True]
    if hasattr(control, "options"):
        choices = list(dict(control.options).values())
        few = len(choices) if _kind(control) == "menu" else min(most, len(choices))
        return [choices[k] for k in _spread(0, len(choices) - 1, few, choices.index(start), round)]
    base = getattr(control, "base", None)
    at = math.log(start, base) if base else start
    places = _spread(control.min, control.max, most, at)
    values = [_set(control, base**place if base else place) for place in places]
    values[places.index(at)] = start
    return list(dict.fromkeys(values))


def _spread(low: float, high: float, count: int, at: float, step: Callable = float) -> list[float]:
    """Return `count` places from `low` to `high`, evenly spread but for one that is `at`."""
    places = [step(place) for place in np.linspace(low, high, count)]
    places[int(np.argmin(np.abs(np.array(places) - at)))] = at
    return places


def _kind(control: Any) -> str:
    if hasattr(control, "options"):
        return "slider" if isinstance(control, widgets.SelectionSlider) else "menu"
    return "check" if isinstance(control, widgets.Checkbox) else "slider"


def _set(control: Any, value: Any) -> Any:
    """Set a control, to the nearest that it can say; return what the drawing gets."""
    control.value = round(value) if isinstance(control.value, int) else value
    return value_of(control)


def _described(made: Experiment, name: str, values: list[Any]) -> Control:
    control, words = made.controls[name], []
    for value in values:
        control.value = value
        words.append(said(control))
    start, played = values.index(made.starts[name]), hasattr(control, "player")
    return Control(_kind(control), control.description, words, start, played)


def sheet(frames: np.ndarray, start: int) -> tuple[tuple[int, ...], bytes]:
    """Return the box of what changes in frames (N, height, width, 3), and a picture, a WebP.

    The picture has the frame `start`, and below it the N boxes, `COLUMNS` in a row, clear where
    they are as in that frame: what stays, the most of it, takes next to no room.
    """
    few, colours = _few_colours(frames)
    changes = few != few[start]
    top, bottom = _ends(changes.any((0, 2)))
    left, right = _ends(changes.any((0, 1)))
    clear = len(colours)
    width = few.shape[2]
    count = -len(few) // COLUMNS * -COLUMNS
    boxes = np.full((count, bottom - top, width), clear, np.uint8)
    boxes[: len(few), :, : right - left] = np.where(changes, few, clear)[:, top:bottom, left:right]
    rows = (
        boxes.reshape(-1, COLUMNS, bottom - top, width).swapaxes(1, 2).reshape(-1, COLUMNS * width)
    )
    first = np.pad(few[start], ((0, 0), (0, (COLUMNS - 1) * width)), constant_values=clear)
    rgba = np.vstack([np.pad(colours, ((0, 0), (0, 1)), constant_values=255), [0, 0, 0, 0]])
    picture = webp(rgba.astype(np.uint8)[np.vstack([first, rows])], method=3, quality=50)
    return (left, top, right - left, bottom - top), picture


def _ends(changed: np.ndarray) -> tuple[int, int]:
    """Return where what has changed begins, and where it has ended."""
    places = np.flatnonzero(changed)
    return int(places[0]), int(places[-1]) + 1


def _few_colours(frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return frames (N, height, width) in numbers of colours, and these (C, 3)."""
    looked_at = frames[:: max(1, len(frames) // LOOKED_AT)]
    colours = colours_of(Image.fromarray(np.concatenate([*looked_at])))
    quantized = [in_colours(Image.fromarray(frame), colours) for frame in frames]
    used, few = np.unique(np.stack(quantized), return_inverse=True)
    return few.reshape(frames.shape[:3]).astype(np.uint8), colours[used]
