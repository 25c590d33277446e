"""What a reader sees: the pictures in a saved notebook's output, and the words of a figure."""

import base64
import html
import io
import re
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

IMAGE = re.compile(
    r'<img src="data:image/([\w+]+)(?:;base64)?,([^"]+)" alt="([^"]*)" width="(\d+)">'
)


class Shown(NamedTuple):
    kind: str
    code: str  # base64, or an SVG's text
    alt: str
    width: int

    @property
    def pixels(self) -> np.ndarray:
        with Image.open(io.BytesIO(base64.b64decode(self.code))) as image:
            return np.array(image.convert("RGB"))


def pictures(data: dict) -> list[Shown]:
    """Return the pictures in an output's MIME bundle; whatever is an image must be one of ours."""
    text = data.get("text/html", "")
    found = [
        Shown(kind, code, html.unescape(alt), int(width))
        for kind, code, alt, width in IMAGE.findall(text)
    ]
    assert len(found) == text.count("<img"), "a picture without alternative text or width"
    assert not [kind for kind in data if kind.startswith("image/")], "a bare picture has no alt"
    return found


def says_something(alt: str) -> bool:
    """Return whether an alternative text is long enough to: Chinese needs fewer characters."""
    return len(alt) > (8 if re.search("[\u4e00-\u9fff]", alt) else 20)


def labelled(axes: Axes, word: str) -> Line2D:
    """Return the curve that the legend calls `word`."""
    (line,) = (line for line in axes.lines if line.get_label() == word)
    return line


def texts(figure: Figure) -> str:
    """Return all words of a figure."""
    return "\n".join(t.get_text() for t in figure.findobj(lambda a: hasattr(a, "get_text")))
