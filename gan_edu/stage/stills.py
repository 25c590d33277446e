"""What a notebook keeps of a live figure: HTML that stands in its place once the kernel is gone.

JupyterLab prefers a widget's view to any picture in the same output, also when the widget is dead.
So a live widget's output holds nothing else, and its still is an output of its own behind it. In
HTML a picture carries its alternative text into every page; as a bare PNG it would lose it.
"""

import base64
import html
import urllib.parse
from pathlib import Path

from IPython import get_ipython
from IPython.display import display
from matplotlib.figure import Figure

from gan_edu.language import LOCALE, spoken
from gan_edu.stage import painting
from gan_edu.stage.painting import SHARP, one_at_a_time

IMAGES = Path(__file__).parents[1] / "images"
SHOWN_WIDTH = 900  # pixels
CAPTION = 14  # pixels: with what is around it as high as a progress bar, whose place it may take
KINDS = {".png": "png", ".svg": "svg+xml"}

# A dead view says "Error displaying widget", or "Loading widget" without end: text without an
# element. A still that is new waits, collapsed, for the widget to come and hide it, so that nothing
# jumps.
STYLE = """<style>
.jp-OutputArea-child:has(+ .jp-OutputArea-child .gan-still)
> .lm-Panel.jp-OutputArea-output:not(:has(*)) {display: none}
@media screen {.gan-still {animation: gan-still-comes 0s 1s both}}
@keyframes gan-still-comes {from {max-height: 0; overflow: hidden} to {max-height: none}}
</style>"""


def picture_html(
    picture: bytes, alt: str, caption: str = "", width: int = SHOWN_WIDTH, kind: str = "png"
) -> str:
    """Return a picture as HTML, with its alternative text and, below it, a caption.

    `kind` is the picture's MIME type after the slash; `width` is in the page's pixels.
    """
    words = html.escape(alt)
    image = f'<img src="data:image/{kind}{_data(picture, kind)}" alt="{words}" width="{width}">'
    below = f'<div style="line-height: {CAPTION}px"><small>{html.escape(caption)}</small></div>'
    return f"{image}\n{below}" if caption else image


def _data(picture: bytes, kind: str) -> str:
    """Return a picture as the end of an address: an SVG as text, a quarter shorter than base64."""
    if kind != KINDS[".svg"]:
        return f";base64,{base64.b64encode(picture).decode()}"
    text = picture.decode().replace("'", "&#39;").replace('"', "'").replace("\n", " ")
    return "," + urllib.parse.quote(text, safe=" '/:;=,()*+!?@")


def bundle(content: str, text: str = "") -> dict[str, str]:
    """Return HTML as a notebook's output, and what stands for it where there is only text."""
    return {"text/html": content, "text/plain": text}


def display_in_notebook(thing, **options):
    """Display something, or in plain Python do nothing."""
    return display(thing, **options) if get_ipython() else None


def picture(name: str, alt: str) -> None:
    """Display one of the course's own pictures, a PNG or an SVG, by the name of its file.

    In a cell's output it is saved with the notebook, so it is seen wherever the notebook is opened,
    with or without the files around it. One with words is that of the language of now. Raises
    ValueError if there is no such picture.
    """
    names = sorted(path.name for path in IMAGES.iterdir() if path.suffix in KINDS)
    if name not in names:
        raise ValueError(f"no picture is called {name!r}; there are: {', '.join(names)}")
    path = file_of(name)
    shown = picture_html(path.read_bytes(), alt, kind=KINDS[path.suffix])
    display_in_notebook(bundle(shown, alt), raw=True)


def file_of(name: str) -> Path:
    """Return where one of the course's own pictures is, in the language of now if it has words."""
    own = LOCALE / spoken() / "images" / name
    return own if own.exists() else IMAGES / name


@one_at_a_time
def show(figure: Figure, alt: str) -> None:
    """Display a figure as a sharp PNG with its alternative text. ValueError if `alt` is empty."""
    check_alt(alt)
    pixels = painting.render(figure, SHARP)
    picture = picture_html(painting.png(pixels, small=True), alt, width=pixels.shape[1] // SHARP)
    display_in_notebook(bundle(picture, alt), raw=True)


def check_alt(alt: str) -> None:
    """Raise ValueError for an alternative text that says nothing."""
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError("alt must say in words what the figure shows, for those who do not see it")
