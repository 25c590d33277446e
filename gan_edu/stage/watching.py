"""A training that shows how far it is: `watch` with a picture, `progress` with a bar alone."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import ipywidgets as widgets

from gan_edu.language import gettext as _
from gan_edu.stage import painting, stills
from gan_edu.stage.cells import close_all
from gan_edu.stage.page import PixelImage
from gan_edu.stage.painting import SHARP, one_at_a_time
from gan_edu.stage.scenes import Scene
from gan_edu.stage.stills import check_alt

Item = TypeVar("Item")


def watch(
    snapshots: Iterable[Item], scene: Scene, *, every: int, total: int, alt: str
) -> list[Item]:
    """Go through `snapshots`, showing every `every`-th and the last, and return them as a list.

    The scene's update function is called with the list so far. In the end, also after an error,
    a static picture takes the place of the live one. Raises ValueError if `every` or `total` is
    below 1, or `alt` is empty.
    """
    check_alt(alt)
    if every < 1 or total < 1:
        raise ValueError(f"every and total must be at least 1, got {every} and {total}")
    picture = painting.Picture(*scene.open())
    seen = []
    with _screen(picture, total, alt) as refresh:
        for snapshot in snapshots:
            seen.append(snapshot)
            if len(seen) % every == 0:
                refresh(seen)
        if len(seen) % every:
            refresh(seen)
    return seen


def progress(items: Iterable[Item], *, total: int, label: str) -> Iterator[Item]:
    """Yield the items of a loop, with a progress bar that is gone when the loop ends.

    Outside a notebook there is no bar. Raises ValueError if `total` is below 1.
    """
    if total < 1:
        raise ValueError(f"total must be at least 1, got {total}")
    bar = widgets.IntProgress(max=total)
    box = widgets.HBox([bar, widgets.Label(label)])
    handle = stills.display_in_notebook(box, display_id=True)
    try:
        for item in items:
            yield item
            bar.value += 1
    finally:
        if handle:
            handle.update({"text/plain": ""}, raw=True)
        close_all(box)


@contextlib.contextmanager
def _screen(picture: painting.Picture, total: int, alt: str) -> Iterator[Callable]:
    """Show a live picture and a progress bar; leave a static picture of the same size."""
    image = PixelImage(painting.render(picture.figure, SHARP), SHARP, alt)
    bar = widgets.IntProgress(max=total)
    label = widgets.Label()
    box = widgets.VBox([image, widgets.HBox([bar, label])])

    def tell(done: int) -> None:
        bar.value = done
        label.value = _("{done:,} of {total:,}").format(done=done, total=total)

    @one_at_a_time
    def refresh(seen: list) -> None:
        picture.update(seen)
        image.value = painting.png(picture.pixels())
        tell(len(seen))

    tell(0)
    handle = stills.display_in_notebook(box, display_id=True)
    try:
        yield refresh
    finally:
        if handle:
            png = painting.png(picture.pixels(SHARP), small=True)
            last = stills.picture_html(png, alt, label.value, int(image.width))
            handle.update(stills.bundle(last, alt), raw=True)
        close_all(box)
