"""The course looks the same whatever the user's matplotlib settings, and leaves them as they were.

The gate draws every scene under a user who has changed all settings, and one figure under each
single setting; every scene under each of them is in
`python -m pytest -m slow -n 0 tests/unit/test_style.py`.
"""

import contextlib
import hashlib
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import matplotlib
import matplotlib.style
import numpy as np
import pytest
from cycler import cycler
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from gan_edu import stage
from gan_edu.stage import painting, paper
from tests.chapters.test_corners import FIGURES, SCENES
from tests.helpers.programs import printed
from tests.unit.test_settings import ALL, changed
from tools.figures import pictures as figures

ROOT = Path(__file__).parents[2]
STYLES = [
    "dark_background",
    "seaborn-v0_8",
    "ggplot",
    "grayscale",
    "fivethirtyeight",
    "bmh",
    "Solarize_Light2",
    "tableau-colorblind10",
]
NAMES = sorted(set(matplotlib.rcParamsDefault) - {"backend"})  # which decides what a window is
# One of these is legal for each setting, and not what it is by default.
VALUES = (
    True, False, "magenta", 3.7, 0.3, 9, 42, (2.0, 1.0), (7.0, 2.0, 1.0), "1999-01-01", "stix",
    "x", "right", "center", "top", "lower", "inout", "minor", "round", "bevel", "tight",
    "nearest", "svg", "html5", "none", "off", "default", "mpl2005", "lualatex", "data",
    "latex+dvipng", "round_numbers", "sphere", "concise", "tab", "a4", "xpdf", "landscape",
    cycler(color=["magenta", "gold"]),
)  # fmt: skip
OUTLINED = [withStroke(linewidth=5, foreground="red")]


def is_legal(name: str, value) -> bool:
    default = matplotlib.rcParamsDefault[name]
    if isinstance(default, bool) != isinstance(value, bool):
        return False  # "hold" is true, to matplotlib, and 1 is a width
    try:
        return matplotlib.RcParams({name: value})[name] != default
    except (ValueError, TypeError, AttributeError, RuntimeError):  # each check has its own
        return False


@cache
def other(name: str):
    """Return a legal value of a setting that is not its default."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some settings are to go soon
        values = [OUTLINED] if name == "path.effects" else VALUES
        value = next((v for v in values if is_legal(name, v)), None)
        assert value is not None, f"add a value for {name} to VALUES"
        return matplotlib.RcParams({name: value})[name]


def all_others() -> dict:
    return {name: other(name) for name in NAMES}


@contextlib.contextmanager
def a_user_with(settings: dict) -> Iterator[None]:
    """Change settings, as a user may; in the end they must be as this user left them."""
    with matplotlib.rc_context(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a style may set what is to go soon
        matplotlib.rcParams.update(settings)
        left = {name: matplotlib.rcParams._get(name) for name in matplotlib.rcParams}
        warnings.simplefilter("error")
        yield
        assert {name: matplotlib.rcParams._get(name) for name in matplotlib.rcParams} == left


def style(name: str) -> dict:
    return dict(matplotlib.style.library[name])


def frames(make: Callable, sliders: dict[str, tuple]) -> list[np.ndarray]:
    """Return a scene's first picture, and the next, of which what moves is painted over it."""
    picture, start = painting.Picture(*make().open()), {n: v[0] for n, v in sliders.items()}
    shown = []
    for _ in range(2):
        picture.update(**start)
        shown.append(picture.pixels().copy())
    return shown


@cache
def plain(name: str) -> list[np.ndarray]:
    return frames(*SCENES[name])


def test_each_setting_has_another_value():
    assert len(NAMES) > 300
    assert all(other(name) != matplotlib.rcParamsDefault[name] for name in NAMES)


# Every scene


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_is_the_same_to_the_pixel_if_a_user_has_changed_all_settings(name):
    before = plain(name)
    with a_user_with(all_others()), changed(ALL):
        np.testing.assert_array_equal(frames(*SCENES[name]), before)


@pytest.mark.parametrize("name", FIGURES)
def test_so_is_every_other_figure(name):
    before = painting.render(FIGURES[name]())
    with a_user_with(all_others()):
        np.testing.assert_array_equal(painting.render(FIGURES[name]()), before)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENES)
def test_every_scene_under_every_setting(name):
    before = plain(name)
    for setting in NAMES:
        with a_user_with({setting: other(setting)}):
            np.testing.assert_array_equal(frames(*SCENES[name]), before, setting)


# Every style, and every setting


def a_bit_of_all(axes, height=1.0):
    """Draw, as a learner does, with much that matplotlib has a setting for."""
    axes.plot([1, 10, 100], [-1, height, 0], "--", marker="o", label="curve")
    axes.bar([2, 30], [0.5, -0.5], hatch="/", label="bars")
    axes.scatter([5, 50], [0.2, 0.4])
    axes.errorbar([20], [0], [0.3])
    axes.imshow(np.eye(3), extent=(3, 6, -1, -0.5), aspect="auto")
    axes.annotate("$x^2$, −1", (10, height), (40, 0.8), arrowprops={"arrowstyle": "->"})
    axes.set(xscale="log", title="title", xlabel="words", xlim=(1, 100))
    axes.grid()
    axes.legend()


def a_curve(axes, height=1.0):
    axes.plot([0, 1], [-1, height], "--", label="curve")
    axes.set_title("title")
    axes.legend()


def drawn(draw: Callable = a_bit_of_all) -> np.ndarray:
    picture = painting.Picture(*stage.scene(draw, height=2.0).open())
    picture.update()
    return picture.pixels().copy()


@pytest.mark.parametrize("style_name", STYLES)
def test_no_style_shows_in_what_a_learner_draws_here(style_name):
    before = drawn()
    with a_user_with(style(style_name)):
        np.testing.assert_array_equal(drawn(), before)


def test_no_few_settings_show():
    before = drawn(a_curve)
    for names in (NAMES[i::25] for i in range(25)):
        with a_user_with({name: other(name) for name in names}):
            np.testing.assert_array_equal(drawn(a_curve), before, str(names))


@pytest.mark.parametrize("style_name", STYLES)
def test_each_style_would_show_in_it_without_the_course_s(style_name, monkeypatch):
    before = drawn()
    monkeypatch.setattr(paper, "course_style", contextlib.nullcontext)
    with a_user_with(paper.STYLE | style(style_name)):
        assert not np.array_equal(drawn(), before)


DRAW_TIME = [
    "text.hinting",
    "text.antialiased",
    "axes.unicode_minus",
    "axes.formatter.min_exponent",
    "path.snap",
]


@pytest.mark.parametrize("name", DRAW_TIME)
def test_what_matplotlib_reads_only_while_it_draws_is_the_course_s_too(name):
    def prepared():
        figure, update = stage.scene(a_bit_of_all, height=2.0).open()
        with paper.course_style():
            update()
        return figure

    before = painting.render(prepared())
    figure = prepared()
    with a_user_with({name: other(name)}):
        np.testing.assert_array_equal(painting.render(figure), before)


# Everything else that draws


def everything_else(folder: Path) -> Iterator[str]:
    """Yield a digest of each thing that is drawn outside of a scene."""
    figure, _ = paper.new_figure(1.0, ncols=2)
    yield hashlib.sha256(painting.render(figure)).hexdigest()
    experiment = stage.explore(a_bit_of_all, height=(0.0, 1.0), alt="words")
    yield hashlib.sha256(experiment.image.value).hexdigest()
    experiment.controls["height"].value = 0.5
    yield hashlib.sha256(experiment.image.value).hexdigest()
    yield hashlib.sha256(experiment.still().encode()).hexdigest()
    for name in ("two_losses.svg", "stale_discriminator.svg", "neural_distance.png"):
        yield hashlib.sha256(figures.write(name, folder).read_bytes()).hexdigest()


def test_all_else_that_draws_is_the_same_too(tmp_path):
    before = list(everything_else(tmp_path))
    for settings in (all_others(), *map(style, STYLES[:2])):
        with a_user_with(settings):
            assert list(everything_else(tmp_path)) == before


def test_a_matplotlibrc_that_is_read_at_import_changes_nothing(tmp_path):
    lines = (f"{name}: {value}" for name, value in chain(style("bmh").items(), PLAIN.items()))
    kept = [line for line in lines if "cycle" not in line]
    (tmp_path / "matplotlibrc").write_text("\n".join(kept).replace("#", ""), encoding="utf-8")
    code = "import hashlib; from tests.unit import test_style as t"
    code += "; print(hashlib.sha256(t.drawn()).hexdigest())"
    code += "; import matplotlib; print(matplotlib.rcParams['lines.linewidth'])"
    told = printed(code, MATPLOTLIBRC=str(tmp_path), PYTHONPATH=str(ROOT))
    assert told.split() == [hashlib.sha256(drawn()).hexdigest(), "7.5"]


PLAIN = {
    "font.family": "serif",
    "lines.linewidth": 7.5,
    "text.hinting": "none",
    "axes.grid": True,
    "figure.facecolor": "black",
    "path.sketch": "1, 100, 2",
}


def test_an_error_while_drawing_leaves_the_user_s_settings():
    def fails(axes, x=0.0):
        raise ArithmeticError

    figure, update = stage.scene(fails).open()
    with a_user_with(all_others()), pytest.raises(ArithmeticError):
        painting.Picture(figure, update).update()


def test_a_user_s_own_figure_looks_after_ours_as_before():
    def own() -> np.ndarray:
        canvas = FigureCanvasAgg(Figure(figsize=(4, 2), dpi=100))
        a_bit_of_all(canvas.figure.subplots())
        canvas.draw()
        return np.asarray(canvas.buffer_rgba()).copy()

    for settings in ({}, style("dark_background")):
        with a_user_with(settings):
            before = own()
            drawn()
            np.testing.assert_array_equal(own(), before)
