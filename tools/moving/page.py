"""A page that Sphinx has built, and what it is led to."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gan_edu import language

MOVING = "_moving"  # the folder, in the site, of all that moves
TAGS = {".css": '<link rel="stylesheet" href="{}">', ".js": '<script defer src="{}"></script>'}


def lead(html: Path, site: Path, files: list[str]) -> None:
    """Let a page read styles and scripts of `MOVING` in this order; what it reads already stays."""
    text = html.read_text("utf-8")
    folder = Path(os.path.relpath(site / MOVING, html.parent)).as_posix()
    tags = [TAGS[Path(file).suffix].format(f"{folder}/{file}") for file in files]
    new = "".join(f"{tag}\n" for tag in tags if tag not in text)
    html.write_text(text.replace("</head>", f"{new}</head>", 1), "utf-8")


@contextmanager
def speaking(name: str) -> Iterator[None]:
    """Speak a language inside, and English again after it."""
    language.speak(name)
    try:
        yield
    finally:
        language.speak(language.SOURCE)
