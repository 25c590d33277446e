"""A figure, recorded: a picture for each place of its sliders, which move without a kernel."""

import base64
import copy
import html
import io
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from gan_edu.language import gettext as _
from gan_edu.language import minus
from gan_edu.stage.painting import SHARP, Picture
from gan_edu.stage.scenes import Scene
from gan_edu.stage.stills import check_alt

HERE = Path(__file__).parent
PLAYER = HERE / "recorded.js"  # a slider and its button, of all that is recorded
PARTS = PLAYER, HERE / "baked.js", HERE / "baked.css"
PAUSE = 150  # milliseconds from one picture to the next, while it plays

Frame = tuple[str, bytes]  # words for what the slider says, and a WebP


def recorded(
    picture: Picture, values: Mapping[str, Iterable[Any]], scale: int = 1, **held: Any
) -> Iterator[np.ndarray]:
    """Yield a picture, uint8 (height, width, 3), for each combination of its parameters' values.

    The last parameter runs first; others are `held`. `scale` is pixels for one in the page.
    """
    for combination in itertools.product(*values.values()):
        picture.update(**held | dict(zip(values, combination, strict=True)))
        yield picture.pixels(scale)[..., :3].copy()


def slider_frames(scene: Scene, name: str, values: Iterable[Any], **held: Any) -> list[Frame]:
    """Return a scene's sharp picture for each value of one parameter; the others are `held`."""
    values = list(values)
    pictures = recorded(Picture(*scene.open()), {name: values}, SHARP, **held)
    # A third of a PNG, without loss.
    webps = (webp(pixels, method=2, quality=40) for pixels in pictures)
    return list(zip(map(_told, values), webps, strict=True))


def of_game(scene: Scene, game: Any) -> Scene:
    """Return a game's scene with one parameter, `iterations`, which rises and plays the game."""
    film = copy.copy(scene)
    film.build = lambda *axes: _playing(game, scene.build(*axes))
    return film


def _playing(game: Any, show: Callable[[Any], object]) -> Callable[..., None]:
    def update(iterations=0):
        if iterations < game.iterations:
            raise ValueError(
                f"the game stands at iteration {game.iterations} already and cannot be shown "
                f"at {iterations}: iterations must rise"
            )
        while game.iterations < iterations:
            game.play_iteration()
        show(game)

    return update


def webp(pixels: np.ndarray, **effort: int) -> bytes:
    """Return pixels (height, width, 3 or 4) as a WebP without loss; `effort` is Pillow's."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "WEBP", lossless=True, **effort)
    return stream.getvalue()


def baked_html(frames: Iterable[Frame], alt: str, *, label: str, start: int = 0) -> str:
    """Return HTML, which needs no other file, that shows frames under a slider and plays them.

    It opens with the frame `start`. Raises ValueError without a frame, or without words for those
    who do not see them, and for a `start` that is no frame's place.
    """
    check_alt(alt)
    code = "data:image/webp;base64,"
    pictures = [(said, code + base64.b64encode(webp).decode()) for said, webp in frames]
    if not 0 <= start < len(pictures):
        raise ValueError(f"start must be below {len(pictures)}, the frames' number, got {start!r}")
    words, first = pictures[start]
    switch = {"play": _("Play"), "pause": _("Pause"), "every": PAUSE, "frames": pictures}
    player, own, style = (path.read_text("utf-8") for path in PARTS)
    return (
        f"<style>\n{style}</style>\n"
        f'<div class="gan-baked"><img src="{first}" alt="{html.escape(alt)}" width="900">\n'
        f'<div class="row"><button></button><label>{html.escape(label)}</label>'
        f'<input type="range" aria-label="{html.escape(label)}" min="0" max="{len(pictures) - 1}" '
        f'value="{start}"><output>{html.escape(words)}</output></div>\n'
        f'<script type="application/json">{json.dumps(switch)}</script></div>\n'
        f"<script>{{\n{player}{own}}}</script>\n"
    )


def _told(value: Any) -> str:
    return minus(f"{value:.4g}") if isinstance(value, float) else f"{value:,}"
