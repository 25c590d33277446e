"""A slider's pictures, drawn beforehand, as HTML in which it moves without a kernel."""

import base64
import html
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from PIL import Image

from gan_edu.language import gettext as _
from gan_edu.stage.painting import SHARP, Picture
from gan_edu.stage.scenes import Scene
from gan_edu.stage.stills import check_alt

FILES = {kind: Path(__file__).with_name(f"baked.{kind}") for kind in ("js", "css")}
PAUSE = 150  # milliseconds from one picture to the next, while it plays

Frame = tuple[str, bytes]  # words for what the slider says, and a WebP


def slider_frames(scene: Scene, name: str, values: Iterable[Any], **held: Any) -> list[Frame]:
    """Return a scene's picture for each value of one parameter; the others are `held`."""
    picture = Picture(*scene.open())

    def draw(value: Any) -> Frame:
        picture.update(**held | {name: value})
        return _told(value), small(picture)

    return [draw(value) for value in values]


def game_frames(game: Any, scene: Scene, iterations: Iterable[int]) -> list[Frame]:
    """Play a game, and return its picture after these numbers of iterations, which rise."""
    picture = Picture(*scene.open())

    def draw(end: int) -> Frame:
        while game.iterations < end:
            game.play_iteration()
        picture.update(game)
        return f"{end:,}", small(picture)

    return [draw(end) for end in iterations]


def small(picture: Picture) -> bytes:
    """Return a picture as a sharp WebP without loss: a third of a PNG."""
    pixels = picture.pixels(SHARP)[..., :3]
    stream = io.BytesIO()
    Image.fromarray(pixels.copy()).save(stream, "WEBP", lossless=True, method=2, quality=40)
    return stream.getvalue()


def baked_html(
    frames: Iterable[Frame], alt: str, *, label: str, start: int = 0, pause: int = PAUSE
) -> str:
    """Return HTML, which needs no other file, that shows frames under a slider and plays them.

    It opens with the frame `start`; `pause` is in milliseconds. Raises ValueError without a frame,
    or without words for those who do not see them, and for a `start` that is no frame's place.
    """
    check_alt(alt)
    pictures = [(words, f"data:image/webp;base64,{_base64(picture)}") for words, picture in frames]
    if not 0 <= start < len(pictures):
        raise ValueError(f"start must be below {len(pictures)}, the frames' number, got {start!r}")
    words, first = pictures[start]
    switch = {"play": _("Play"), "pause": _("Pause"), "every": pause, "frames": pictures}
    module, style = (FILES[kind].read_text(encoding="utf-8") for kind in ("js", "css"))
    return (
        f"<style>\n{style}</style>\n"
        f'<div class="gan-baked"><img src="{first}" alt="{html.escape(alt)}" width="900">\n'
        f'<div class="row"><button></button><label>{html.escape(label)}</label>'
        f'<input type="range" aria-label="{html.escape(label)}" min="0" max="{len(pictures) - 1}" '
        f'value="{start}"><output>{html.escape(words)}</output></div>\n'
        f'<script type="application/json">{json.dumps(switch)}</script></div>\n'
        f"<script>\n{module}</script>\n"
    )


def _told(value: Any) -> str:
    return f"{value:.4g}".replace("-", "−") if isinstance(value, float) else f"{value:,}"


def _base64(picture: bytes) -> str:
    return base64.b64encode(picture).decode()
