"""A figure that is made once, and a function that changes it in place."""

from collections.abc import Callable, Iterable
from inspect import Parameter, signature
from typing import Any, overload

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gan_edu.stage.paper import course_style, new_figure


class Scene:
    """A figure that is made once, and a function that changes it in place: see `scene`.

    `in_page`, if there is one, says what `play` shows of a game in the place of the figure.
    """

    in_page: Any = None  # an `in_page.InPage`, whose player is made of it

    def __init__(
        self,
        build: Callable[..., Any],
        height: float = 3.6,
        grab: dict[str, str] | None = None,
        **panels,
    ):
        parameters = signature(build).parameters.values()
        self.build = build
        self.height = height
        self.grab = grab or {}
        self.__doc__ = build.__doc__
        self.axes = [p.name for p in parameters if p.default is Parameter.empty]
        self.draws_itself = len(self.axes) < len(parameters)
        self.panels = panels or {"ncols": len(self.axes)}

    def open(self) -> tuple[Figure, Callable[..., Any]]:
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


@overload
def scene(build: Callable[..., Any], /, **options) -> Scene: ...
@overload
def scene(build: None = None, /, **options) -> Callable[[Callable[..., Any]], Scene]: ...
def scene(build: Callable[..., Any] | None = None, /, **options) -> Any:
    """Make a scene of a function: bare `@scene`, or `@scene(height=…, grab=…)`.

    The function gets the axes, one for each parameter (or as `new_figure` lays out
    `panels`), makes the artists, and returns `update(name=start, …)`, which changes them in
    place; only what changes is painted again. A function that has starting values itself,
    `def draw(left, right, mu=1.0)`, draws anew on cleared axes each time, which is slower.

    With `grab={"mu": "left"}` a hand in the panel `left` brings `mu` to its x; with "left.y" to its
    y. Of several controls along one axis it takes the nearest.

    `update` may return {name: number}: what these controls say from now on. They follow the picture
    and cannot be moved, until a later update leaves them out.
    """
    if build is None:
        return lambda function: Scene(function, **options)
    return Scene(build, **options)


def _redrawing(
    draw: Callable[..., Any], figure: Figure, axes: Iterable[Axes]
) -> Callable[..., None]:
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
