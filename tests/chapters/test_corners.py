"""Every figure of every chapter, at every corner of its sliders; none can be forgotten."""

import ast
import copy
import importlib
import os
import pkgutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import nbformat
import pytest
from matplotlib.figure import Figure
from nbclient import NotebookClient

from gan_edu import chapters, stage
from gan_edu.stage import painting
from gan_edu.stage import scenes as plots
from tests.helpers.corners import (
    OfGame,
    check_corners,
    check_painting,
    check_states,
    check_words,
    corners,
    each_value_once,
    few_corners,
    troubles,
    words_of,
)
from tests.helpers.tongue import speaking

TESTS = Path(__file__).parent
ROOT = TESTS.parents[1]
SCRIPTS = sorted((ROOT / "notebooks" / "source").glob("[0-9]*.py"))
CHAPTERS = [
    importlib.import_module(f"tests.chapters.{path.stem}")
    for path in sorted(TESTS.glob("test_ch*.py"))
]
SCENES = {
    f"{chapter.__name__.rpartition('.test_')[2]}-{name}": entry
    for chapter in CHAPTERS
    for name, entry in getattr(chapter, "SCENES", {}).items()
}
STATES = {
    f"{chapter.__name__.rpartition('.test_')[2]}-{name}": settings
    for chapter in CHAPTERS
    for name, settings in getattr(chapter, "STATES", {}).items()
}
FIGURES = {n: make for chapter in CHAPTERS for n, make in getattr(chapter, "FIGURES", {}).items()}

every_scene = pytest.mark.parametrize("name", SCENES)


MANY = [name for name, (_, sliders) in SCENES.items() if few_corners(sliders) != corners(sliders)]


@every_scene
def test_a_scene_is_drawn_at_the_corners_of_its_sliders_and_in_place_as_if_anew(name):
    make, sliders = SCENES[name]
    check_painting(check_corners(make(), few_corners(sliders)), sliders)


@pytest.mark.slow
@pytest.mark.parametrize("name", MANY)
def test_a_scene_of_many_corners_is_drawn_at_all_of_them(name):
    make, sliders = SCENES[name]
    check_corners(make(), corners(sliders))


@every_scene
def test_a_hand_reaches_all_values_of_what_it_grabs_and_moves_something_there(name):
    make, sliders = SCENES[name]
    scene = make()
    if not (grab := getattr(scene, "grab", {})):
        pytest.skip("nothing to grab")
    figure, update = scene.open()
    panels = dict(zip(scene.axes, figure.axes, strict=False))
    for control, places in grab.items():
        for panel, _, direction in (place.partition(".") for place in places.split()):
            axes = panels[panel]
            least, most = sorted(axes.get_ylim() if direction else axes.get_xlim())
            assert least <= min(sliders[control]) < max(sliders[control]) <= most
            update()
            figure.canvas.draw()
            update(**{control: max(sliders[control])})
            assert any(artist.stale for artist in axes.get_children()), panel


@pytest.mark.parametrize("name", STATES)
def test_a_scene_in_states_that_are_not_at_its_sliders_ends(name):
    check_states(SCENES[name][0](), STATES[name])


# In Chinese: widths are measured, and a letter that the font lacks is a warning, thus an error.
ROWS = 6  # of a scene, in the gate


@every_scene
def test_a_scene_keeps_its_words_in_chinese(name):
    make, sliders = SCENES[name]
    rows = each_value_once(sliders)
    with speaking("zh_CN"):
        check_words(make(), rows[:: -(-len(rows) // ROWS)])


@pytest.mark.slow
@every_scene
def test_a_scene_keeps_its_words_in_chinese_at_all_corners_and_in_all_states(name):
    make, sliders = SCENES[name]
    with speaking("zh_CN"):
        check_words(make(), [*corners(sliders), *STATES.get(name, ())])


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_keeps_its_words_in_chinese(name):
    with speaking("zh_CN"):
        figure = FIGURES[name]()
        painting.render(figure)
    assert not troubles(figure)


# Above what the page shows of the playground, the page itself says it: `Frame.title`.
IN_PAGE = tuple(f"ch07_playground-{name}" for name in ("charts", "line", "distance"))


@pytest.mark.parametrize("name", [name for name in SCENES if name not in IN_PAGE])
def test_five_steps_of_d_alone_are_told_and_a_round_ends_their_count(name):
    make, sliders = SCENES[name]
    scene = make()
    start = {n: values[0] for n, values in sliders.items()}
    game = scene.game_at(**start) if isinstance(scene, OfGame) else None
    if not hasattr(game, "step_discriminator"):
        pytest.skip("nothing to step")
    game = copy.deepcopy(game)  # others look at it too
    picture = painting.Picture(*scene.scene.open())
    told = []
    for act in (lambda: None, *[game.step_discriminator] * 5, game.play_iteration):
        act()
        picture.update(game)
        picture.pixels()
        told.append([text for text, _ in words_of(picture.figure) if "alone" in text])
        assert not troubles(picture.figure)
    assert told[0] == told[-1] == []
    assert [f"{n} step{'s' * (n > 1)}" in told[n][0] for n in range(1, 6)] == [True] * 5


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_keeps_its_words(name):
    figure = FIGURES[name]()
    painting.render(figure)
    assert not troubles(figure)


# Nothing is forgotten


def makers() -> Iterator[str]:
    """Yield the name of each function of the chapters that makes a scene or a figure."""
    for module in pkgutil.walk_packages(chapters.__path__, f"{chapters.__name__}."):
        lab = importlib.import_module(module.name)
        for name, function in vars(lab).items():
            made = getattr(function, "__annotations__", {}).get("return")
            ours = getattr(function, "__module__", "") == lab.__name__
            if ours and made in (plots.Scene, Figure) and not module.name.endswith(".expected"):
                yield _short(module.name, name)


def _short(module: str, name: str) -> str:
    return f"{module.removeprefix(f'{chapters.__name__}.')}.{name}"


def maker_of(make) -> str:
    build = make().build
    return _short(build.__module__, build.__qualname__.partition(".<locals>")[0])


@cache
def made_by() -> dict[str, str]:
    return {name: maker_of(make) for name, (make, _) in SCENES.items()}


def test_every_figure_of_every_chapter_is_drawn_here():
    assert set(makers()) - set(FIGURES) == set(made_by().values())
    assert set(FIGURES) <= set(makers())


def experiments(script: Path) -> Iterator[tuple[str, dict]]:
    """Yield each `explore` and `play` of a script: who makes its scene, and its controls.

    Controls that only a running notebook can name are left out.
    """
    tree, names = ast.parse(script.read_text(encoding="utf-8")), {}
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    exec(compile(ast.Module(imports, []), script.name, "exec"), names)
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        kind = ast.unparse(call.func)
        scene = {"stage.explore": call.args[:1], "stage.play": call.args[1:2]}.get(kind, [])
        if scene and isinstance(scene[0], ast.Call):
            maker = eval(ast.unparse(scene[0].func), names)
            given = [(k.arg, evaluated(k.value, names)) for k in call.keywords]
            controls = {name: spec for name, spec in given if spec and name}
            for name, several in given:
                controls |= several if several and not name else {}  # ** of a dict
            del controls["alt"]
            yield _short(maker.__module__, maker.__name__), controls


def evaluated(value: ast.expr, names: dict):
    try:
        return eval(ast.unparse(value), names)
    except NameError:
        return None


def missing(values: tuple, spec) -> list:
    """Return what a list of values lacks to be a control's ends, its middle, or its choices."""
    spec = spec.slider if isinstance(spec, stage.played) else spec
    match spec:
        case list() | dict():
            wanted = spec.values() if isinstance(spec, dict) else spec
            return [choice for choice in wanted if choice not in values]
        case stage.one_of(choices):
            return [choice for choice in choices if choice not in values]
        case stage.pen():
            return [] if {bool(len(drawing)) for drawing in values} == {False, True} else [spec]
        case bool():
            return [choice for choice in (False, True) if choice not in values]
        case stage.button():
            return [] if 0 in values and max(values) > 0 else ["presses"]
        case stage.log(low, high) | (low, high) | (low, high, _):
            between = any(low < value < high for value in values)
            return [e for e in (low, high) if e not in values] + ([] if between else ["a middle"])
    raise TypeError(spec)


def tried(name: str) -> dict[str, list]:
    """Return what each control of a scene is set to in the tests above, at corners or in states."""
    settings = {control: list(values) for control, values in SCENES[name][1].items()}
    for state in STATES.get(name, ()):
        for control, value in state.items():
            settings.setdefault(control, []).append(value)
    return settings


NO_SLIDERS = ("labels", "folded", "pace", "moment")


def test_corners_are_the_ends_of_the_notebooks_own_sliders():
    seen, lacking = 0, {}
    for script in SCRIPTS:
        for maker, controls in experiments(script):
            controls = {n: s for n, s in controls.items() if n not in NO_SLIDERS}
            entries = [tried(name) for name, by in made_by().items() if by == maker]
            lacks = [
                {n: m for n, spec in controls.items() if (m := missing(sliders.get(n, ()), spec))}
                for sliders in entries
            ]
            seen += 1
            if not lacks or all(lacks):
                lacking[script.stem, maker] = lacks
    assert seen > 40
    assert lacking == {}


def test_all_pairs_meet_and_four_sliders_are_drawn_in_full():
    sliders = dict.fromkeys("abcdefg", (0, 1, 2))
    rows = corners(sliders)
    assert len(rows) < 30
    for one in sliders:
        for other in set(sliders) - {one}:
            assert {(row[one], row[other]) for row in rows} == {
                (i, j) for i in range(3) for j in range(3)
            }
    assert len(corners(dict.fromkeys("abcd", (0, 1, 2)))) == 81


# With what the notebooks have really trained


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_the_notebook_s_own_experiments_at_all_corners(script):
    notebook = nbformat.read(ROOT / "notebooks" / f"{script.stem}.ipynb", as_version=4)
    check = "import warnings; from tests.helpers import corners"
    check += "; warnings.simplefilter('error'); print(corners.check_experiments())"
    notebook.cells.append(nbformat.v4.new_code_cell(check))
    resources = {"metadata": {"path": script.parents[1]}}
    notebooks_find = {"PYTHONPATH": str(Path(__file__).parents[2])}  # tests.helpers
    client = NotebookClient(notebook, timeout=1200, resources=resources)
    client.execute(env=os.environ | notebooks_find)
    written = script.read_text(encoding="utf-8").count("stage.explore(")
    assert int(notebook.cells[-1].outputs[0].text) >= written  # a lab may make one of its own
