"""The course's style and size of figures, whatever the user's own settings are."""

import contextlib
import copy
import functools
from collections.abc import Callable, Iterator
from typing import Any, cast

import matplotlib
import numpy as np
from matplotlib import font_manager
from matplotlib.figure import Figure

from gan_edu import language

FIGURE_WIDTH = 9.0  # inches
DOTS_PER_INCH = 100  # in the page: a figure is 900 pixels wide
TYPE_SIZE = 11.0  # points
PROJECTOR_SCALE = 1.5

# All of matplotlib's settings but two: to ask for the backend would choose one, and the first date
# that is drawn would fix the epoch.
_DEFAULTS = copy.deepcopy(
    {
        name: matplotlib.rcParamsDefault._get(name)
        for name in matplotlib.rcParamsDefault
        if name not in ("backend", "date.epoch")
    }
)
STYLE = _DEFAULTS | {
    "font.family": ["DejaVu Sans"],  # matplotlib brings it along
    "font.size": TYPE_SIZE,
    "axes.titlesize": TYPE_SIZE,
    "axes.labelsize": TYPE_SIZE,
    "xtick.labelsize": 0.9 * TYPE_SIZE,
    "ytick.labelsize": 0.9 * TYPE_SIZE,
    "legend.fontsize": 0.9 * TYPE_SIZE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "lines.linewidth": 2.0,
    "legend.frameon": False,
    "legend.loc": "upper right",  # "best" would jump while the curves move
    "axes.axisbelow": True,  # a grid is the paper under the picture
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "gan_edu",  # the same names in a file each time
    "svg.fonttype": "path",  # letters as outlines, which look the same without their font
}


@functools.cache
def families(spoken: str) -> list[str]:
    """Return the fonts of a language's figures: a letter is from the first of them that has it.

    So signs, numbers and formulas look the same in all languages.
    """
    letters = language.LOCALE / spoken / "figures.otf"
    if not letters.exists():
        return STYLE["font.family"]
    font_manager.fontManager.addfont(letters)
    return [*STYLE["font.family"], font_manager.get_font(letters).family_name]


def families_of_formulas() -> list[str]:
    """Return the fonts of texts that have words and a formula in one line.

    Of these matplotlib reads the first one alone, so it has plain letters too.
    """
    return families(language.spoken())[::-1]


_enlarged = 1.0


def projector(on: bool = True) -> None:
    """Enlarge the figures made from now on, with all that is in them; `projector(False)` undoes it.

    Larger letters in a figure of the same size would lie on one another. A window that is too
    narrow for the figure shrinks it.
    """
    global _enlarged
    _enlarged = PROJECTOR_SCALE if on else 1.0


@contextlib.contextmanager
def course_style() -> Iterator[None]:
    """Draw in the course's style inside, and leave the user's settings as they were.

    NumPy's answers to an overflow and the like are its defaults too: matplotlib counts on them.

    matplotlib reads many settings only while it draws, so drawing belongs inside too.
    `rc_context` and `style.use` do it as well, but sort and check all settings for each frame.
    """
    settings = matplotlib.rcParams
    before: Any = {name: cast(Any, settings)._get(name) for name in STYLE}
    dict.update(settings, STYLE | {"font.family": families(language.spoken())})
    try:
        with np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"):
            yield
    finally:
        dict.update(settings, before)


def styled(draw: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a function that draws, so that all it makes is in the course's style."""

    @functools.wraps(draw)
    def in_style(*args, **values):
        with course_style():
            return draw(*args, **values)

    return in_style


def new_figure(
    height: float = 3.6, width: float = FIGURE_WIDTH, **panels
) -> tuple[Figure, np.ndarray]:
    """Return a figure of the course's width and its axes in a flat array, one for each panel.

    `height` and `width` are in inches; `panels` are `Figure.subplots`' arguments (nrows, ncols,
    width_ratios …). The figure belongs to no window and no pyplot state. Raises ValueError for a
    height or a width that is not positive.
    """
    for name, inches in {"height": height, "width": width}.items():
        if not inches > 0:
            raise ValueError(f"{name} must be a positive number of inches, got {inches}")
    with course_style():
        dpi = DOTS_PER_INCH * _enlarged
        figure = Figure(figsize=(width, height), dpi=dpi, layout="constrained")
        axes = figure.subplots(squeeze=False, **panels)
    return figure, axes.ravel()
