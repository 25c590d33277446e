"""What every scene must do, wherever its sliders stand.

Each chapter's tests name its scenes, `SCENES = {name: (make, {slider: values})}`, and its other
figures, `FIGURES`; `tests/chapters/test_corners.py` draws them all.
"""

import itertools
import re
from collections.abc import Callable, Iterator

import ipywidgets as widgets
import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from gan_edu.stage import cells, controls, exploring, painting, playing
from gan_edu.stage import scenes as plots
from tests.helpers.looks import troubles_with_data

FEW = 20  # corners of a scene, that the gate draws all
EDGE = 1  # pixel that a letter may stand out, and by which two texts may touch
ONE_OF_MANY = re.compile(r"(?<![\d.,−])1 [a-z]+[^s\W]s\b")  # 1 moves, but not 1 loss
AMONG_CHINESE = re.compile(r"[\u2e80-\uffef].*\$.*\$|\$.*\$.*[\u2e80-\uffef]")
HYPHEN = re.compile(r"(?<![\w.{])-\d")  # in a formula, {-3}, it is drawn as a minus
BLANK = 4  # pixels between two texts in one line, or they are read as one


def corners(sliders: dict[str, tuple]) -> list[dict]:
    """Return all combinations of up to four sliders' values; of more, all pairs of two sliders'."""
    if len(sliders) > 4:
        return list(_pairs(sliders))
    full = itertools.product(*sliders.values())
    return [dict(zip(sliders, values, strict=True)) for values in full]


def few_corners(sliders: dict[str, tuple]) -> list[dict]:
    """Return all corners if they are few; else all pairs; of very many sliders each value once."""
    settings = corners(sliders)
    if len(settings) > FEW and len(sliders) <= 4:
        settings = list(_pairs(sliders))
    if len(settings) > 3 * FEW:
        settings = each_value_once(sliders)
    return settings


def each_value_once(sliders: dict[str, tuple]) -> list[dict]:
    """Return settings in which each value of each slider stands once, or again."""
    turns = range(max(map(len, sliders.values()), default=1))
    return [{n: values[i % len(values)] for n, values in sliders.items()} for i in turns]


def _pairs(sliders: dict[str, tuple]) -> Iterator[dict]:
    """Yield settings until each value of each slider has met each value of each other one."""
    sizes = [range(len(values)) for values in sliders.values()]
    places = [(slider, i) for slider, size in enumerate(sizes) for i in size]
    to_meet = dict.fromkeys(p for p in itertools.combinations(places, 2) if p[0][0] != p[1][0])
    while to_meet:
        row = dict(next(iter(to_meet)))
        for slider, size in enumerate(sizes):
            if slider in row:
                continue
            others = list(row.items())
            news = [sum(_met((slider, i), other) in to_meet for other in others) for i in size]
            row[slider] = news.index(max(news))
        for pair in itertools.combinations(row.items(), 2):
            to_meet.pop(_met(*pair), None)
        yield {name: values[row[i]] for i, (name, values) in enumerate(sliders.items())}


def _met(one: tuple[int, int], other: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    return (one, other) if one < other else (other, one)


class OfGame:
    """A scene of a game, as one of settings: `game_at(**settings)` is the game that it shows."""

    def __init__(self, scene: plots.Scene, game_at: Callable):
        self.scene = scene
        self.game_at = game_at
        self.build = scene.build

    def open(self) -> tuple[Figure, Callable]:
        figure, update = self.scene.open()
        return figure, lambda **settings: update(self.game_at(**settings))


def check_corners(scene: plots.Scene | OfGame, settings: list[dict]) -> painting.Picture:
    """Draw a scene at its corners: it must follow its sliders, never jump, and keep its words."""
    picture = painting.Picture(*scene.open())
    seen = set()
    for values in settings:
        picture.update(**values)
        pixels = picture.pixels()
        seen.add((pixels.shape, pixels.tobytes()))
        assert not (wrong := troubles(picture.figure)), f"{values}: {wrong}"
    assert len({shape for shape, _ in seen}) == 1
    assert len(seen) > len(settings) / 2, "the picture must follow the sliders"
    return picture


def check_states(scene: plots.Scene | OfGame, settings: list[dict]) -> None:
    """Draw a scene in states that a learner comes to, one after the other: it keeps its words."""
    picture = painting.Picture(*scene.open())
    for values in settings:
        picture.update(**values)
        picture.pixels()
        assert not (wrong := troubles(picture.figure)), f"{values}: {wrong}"


def check_words(scene: plots.Scene | OfGame, settings: list[dict]) -> None:
    """Measure a scene's words in such states, in the layout that the first of them gets.

    Only that one is drawn: the words have their places without it, in half the time.
    """
    picture = painting.Picture(*scene.open())
    for i, values in enumerate(settings):
        picture.update(**values)
        if i == 0:
            picture.pixels()
        assert not (wrong := troubles(picture.figure)), f"{values}: {wrong}"


def check_painting(picture: painting.Picture, sliders: dict[str, tuple]) -> None:
    """Paint some frames, one over the other; the last must be as if all were drawn anew."""
    picture.forget()  # what moves is to be found out again
    for i in (0, 1, -1):
        setting = {name: values[i % len(values)] for name, values in sliders.items()}
        picture.update(**setting)
        last = picture.pixels().copy()
    picture.forget()  # all is drawn again, in the same layout
    picture.update(**setting)
    difference = np.abs(last.astype(int) - picture.pixels().astype(int)).max(-1)
    assert np.mean(difference > 60) < 0.002


def troubles(figure: Figure) -> list[str]:
    """Say all that is wrong with a drawn figure: with its words, its legends, and its data."""
    return troubles_with_words(figure) + troubles_with_data(figure)


# Words


def troubles_with_words(figure: Figure) -> list[str]:
    """Say which texts of a figure leave it, and which lie on one another."""
    words = words_of(figure)
    page = figure.bbox.padded(EDGE)
    out = [f"{text!r} leaves the figure" for text, box in words if not _inside(box, page)]
    out += [f"{text!r} is no plural" for text, _ in words if ONE_OF_MANY.search(text)]
    out += [f"{text!r} needs a line of its own" for text, _ in words if AMONG_CHINESE.search(text)]
    out += [f"{text!r} has a hyphen for a minus" for text, _ in words if HYPHEN.search(text)]
    return out + [f"{words[i][0]!r} lies on {words[j][0]!r}" for i, j in _meeting(words)]


def words_of(figure: Figure) -> list[tuple[str, Bbox]]:
    """Return each line of text of a figure, and the box of its letters in pixels."""
    return _Words(figure).found


def _inside(box: Bbox, page: Bbox) -> bool:
    return page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1


def _meeting(words: list[tuple[str, Bbox]]) -> np.ndarray:
    """Return the pairs (i, j) of texts that lie on one another, or are read as one, (N, 2)."""
    x0, y0, x1, y1 = np.reshape([box.extents for _, box in words], (-1, 4)).T
    width = np.minimum.outer(x1, x1) - np.maximum.outer(x0, x0)  # of what two share; < 0: a gap
    height = np.minimum.outer(y1, y1) - np.maximum.outer(y0, y0)
    on = (width > EDGE) & (height > EDGE)
    in_line = height > np.minimum.outer(y1 - y0, y1 - y0) / 2
    return np.argwhere(np.triu(on | in_line & (width > -BLANK) & (width <= 0), 1))


class _Words(RendererAgg):
    """Draw a figure without drawing: note each line of text, and the box of its letters."""

    def __init__(self, figure: Figure):
        super().__init__(int(figure.bbox.width), int(figure.bbox.height), figure.dpi)
        for name in (
            "path",
            "path_collection",
            "markers",
            "image",
            "quad_mesh",
            "gouraud_triangles",
        ):
            setattr(self, f"draw_{name}", lambda *args, **options: None)
        self.found = []
        figure.draw(self)

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        """Note a line of text, which stands upright or lies on its side."""
        if not s.strip():
            return
        width, height, descent = self.get_text_width_height_descent(s, prop, ismath)
        y = self.height - y
        if angle == 90:
            box = Bbox([[x - height + descent, y], [x + descent, y + width]])
        else:
            box = Bbox([[x, y - descent], [x + width, y - descent + height]])
        self.found.append((s, box))


# The experiments of a notebook that has run


def check_experiments() -> int:
    """Draw all experiments that this kernel's cells have made; return how many there are."""
    made = [w for _, cell in cells._made.values() for w in cell]
    found = [
        w for w in made if isinstance(w, exploring.Experiment) and not isinstance(w, playing.Player)
    ]
    for experiment in found:
        sliders = {name: ends_of(control) for name, control in experiment.controls.items()}
        for values in corners(sliders):
            experiment.picture.update(**values)
            experiment.picture.pixels()
            assert not (wrong := troubles(experiment.picture.figure)), (values, wrong)
    return len(found)


def ends_of(control: widgets.Widget) -> tuple:
    """Return a control's least value, one in the middle, and its largest; or all its choices."""
    if isinstance(control, controls.Counter):
        return 0, 1, 5
    if isinstance(control, widgets.Checkbox):
        return False, True
    if hasattr(control, "options"):
        return tuple(value for _, value in control._options_full)
    values = np.array([control.min, (control.min + control.max) / 2, control.max])
    if isinstance(control, widgets.FloatLogSlider):
        values = 10**values
    whole = isinstance(control, widgets.IntSlider | controls._WholeLogSlider)
    return tuple(np.round(values).astype(int).tolist() if whole else values.tolist())
