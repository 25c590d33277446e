"""A hand in the picture: it moves the controls whose places are marked there."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import ipywidgets as widgets
from matplotlib.axes import Axes
from matplotlib.figure import Figure


@dataclass(frozen=True)
class Grip:
    """A panel in which a hand moves `controls`, by direction: "x", "y", or both."""

    axes: Axes
    controls: dict[str, list[str]]

    def box(self) -> list:
        """Return left, top, right and bottom as shares of the picture, and the directions."""
        left, low, right, high = map(float, self.axes.get_position().extents)
        return [left, 1 - high, right, 1 - low, "".join(sorted(self.controls))]

    def place(self, right: float, down: float) -> dict[str, float]:
        """Return x and y, as the panel counts, of shares of the picture's width and height."""
        whole = cast(Figure, self.axes.figure).bbox
        point = whole.width * right, whole.height * (1 - down)
        return dict(zip("xy", self.axes.transData.inverted().transform(point), strict=True))

    def take(self, place: dict[str, float], values: dict[str, Any]) -> dict[str, str]:
        """Return what is held, by direction: of all controls there the one nearest to the hand."""
        return {
            way: min(names, key=lambda name: abs(values[name] - place[way]))
            for way, names in self.controls.items()
        }


def grips(panels: dict[str, Axes], grab: dict[str, str], controls: Iterable[str]) -> list[Grip]:
    """Return the grips of a scene whose `controls` these are, from its `grab`: see `scenes.scene`.

    Raises ValueError for a panel that the scene does not have.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for name, places in grab.items():
        for place in places.split() if name in controls else ():
            panel, _, direction = place.partition(".")
            if panel not in panels:
                raise ValueError(
                    f"{name} is to be grabbed in {panel}; there are {', '.join(panels)}"
                )
            found.setdefault(panel, {}).setdefault(direction or "x", []).append(name)
    return [Grip(panels[panel], held) for panel, held in found.items()]


def nearest(control: Any, number: float) -> Any:
    """Return the value nearest to a number that a control of numbers can have."""
    if isinstance(control, widgets.SelectionSlider):
        return min(dict(control.options).values(), key=lambda value: abs(value - number))
    low, high, step = control.min, control.max, control.step
    logarithmic = isinstance(control, widgets.FloatLogSlider)
    if logarithmic:
        number = math.log10(max(number, 10.0**low))
    number = min(high, max(low, number))
    number = low + round((number - low) / step) * step
    return 10**number if logarithmic else type(control.value)(number)
