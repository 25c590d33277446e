"""The pad: what it keeps, and how it feeds a game. What hands do on it is tried in the browser."""

from types import SimpleNamespace
from urllib.parse import unquote
from xml.etree import ElementTree

import ipywidgets
import pytest
from traitlets import TraitError

from gan_edu import stage
from gan_edu.chapters.ch07_playground.playground import MOST_POINTS, Playground
from gan_edu.chapters.ch07_playground.scenes import playground_scene
from gan_edu.stage import cells, controls, stills
from gan_edu.stage.pad import Pad
from gan_edu.targets import DRAWING, SMILE
from tests.helpers import shown


@pytest.fixture
def player():
    player = stage.play(Playground(target=DRAWING), playground_scene(), alt="A drawing.")
    yield player
    player.close()


def test_what_is_drawn_becomes_the_target_and_begins_a_new_game(player):
    pad = Pad(points=SMILE)
    pad.feed(player, "drawing")
    player.run(3)
    pad.points = [[1.0, 1.0], [-1.004, 0.5]]
    drawing = player.game.settings.drawing
    assert drawing == ((1.0, 1.0), (-1.0, 0.5))
    assert player.game.target.centres.tolist() == [list(point) for point in drawing]
    assert (player.game.iterations, player.game.changed) == (0, "drawing")
    assert player.plane.title == "your drawing changed: a new game"


def test_an_empty_pad_leaves_the_game_as_it_is(player):
    pad = Pad(points=SMILE)
    pad.feed(player, "drawing")
    pad.points = []
    assert player.game.settings.drawing == SMILE


def test_a_pad_lets_go_of_a_game_that_is_closed(player, monkeypatch):
    pad = Pad(points=SMILE)
    pad.feed(player, "drawing")
    player.close()
    told = []
    monkeypatch.setattr(player, "set", lambda *what: told.append(what))
    for x in (1.0, 2.0):
        pad.points = [[x, 1.0]]
    assert not told
    assert pad._trait_notifiers["points"]["change"] == []


def test_a_cell_that_runs_again_closes_its_old_pad_but_not_one_of_another_cell(monkeypatch):
    monkeypatch.setattr(cells, "_made", {})
    now = {}
    monkeypatch.setattr(cells, "get_ipython", lambda: SimpleNamespace(get_parent=lambda: now))
    pads = [Pad(), Pad(), Pad()]
    for run, (pad, cell) in enumerate(zip((*pads, pads[2]), "aabb", strict=True)):
        now |= {"metadata": {"cellId": cell}, "header": {"msg_id": run}}
        pad._ipython_display_()
    open_ = [*ipywidgets.widget._instances.values()]
    assert [pad in open_ for pad in pads] == [False, True, True]


def test_a_game_with_another_target_is_not_disturbed_by_a_drawing():
    ground = Playground()
    ground.play_iteration()
    ground.change(drawing=[[0, 0]])
    assert (ground.iterations, ground.changed) == (1, "")


def test_a_full_pad_is_still_a_target():
    full = [[i / 100, -i / 100] for i in range(MOST_POINTS)]
    assert Playground(target=DRAWING, drawing=full).target.centres.shape == (MOST_POINTS, 2)


@pytest.mark.parametrize(
    "drawing", [[], None, 3, "drawing", [[1]], [[1, 2, 3]], [[0, 3.01]], [[0, float("nan")]],
                [["a", "b"]], [[0, 0]] * (MOST_POINTS + 1), [[0, 10**400]]],
)  # fmt: skip
def test_what_is_no_drawing_is_refused(drawing):
    ground = Playground()
    with pytest.raises(ValueError, match=r"^drawing must be 1 to 200 points"):
        ground.change(drawing=drawing)
    assert ground.settings.drawing == SMILE


@pytest.mark.parametrize(
    "points", [[[1]], [[1, 2, 3]], [[0, float("nan")]], [[0, float("inf")]], [["a", "b"]], "no",
               [[0, 0]] * (MOST_POINTS + 1)],
)  # fmt: skip
def test_a_page_that_sends_no_points_changes_nothing(player, points):
    pad = Pad(points=SMILE)
    pad.feed(player, "drawing")
    with pytest.raises(TraitError):
        pad.set_state({"points": points})
    assert pad.points == [list(point) for point in SMILE]
    pad.set_state({"points": [[0.5, 0.5]]})
    assert player.game.settings.drawing == ((0.5, 0.5),)


def test_a_drawing_is_part_of_the_state():
    ground = Playground(target=DRAWING, drawing=[[1, 2], [0.123, 0]])
    assert ground.state == {
        "playground": 2, "target": DRAWING, "drawing": ((1.0, 2.0), (0.12, 0.0)),
    }  # fmt: skip


def test_without_a_kernel_the_points_stand_in_its_place(monkeypatch):
    kept = []

    def display(data, **options):
        kept.append(data)
        return SimpleNamespace(update=lambda data, **options: kept.append(data))

    monkeypatch.setattr(stills, "display_in_notebook", display)
    pad = Pad(points=[[0.0, 1.5]])
    pad._ipython_display_()
    pad.points = [[0.0, 1.5], [-1.0, 2.0]]
    (picture,) = shown.pictures(kept[-1])
    assert picture.alt == "A square with drawn points: 2."
    drawing = ElementTree.fromstring(unquote(picture.code))  # noqa: S314 our own
    dots = [circle for circle in drawing.iter() if circle.tag.endswith("circle")]
    assert [(dot.get("cx"), dot.get("cy")) for dot in dots] == [("0.0", "-1.5"), ("-1.0", "-2.0")]
    assert drawing.get("viewBox") == "-3.0 -3.0 6.0 6.0"
    assert "A drawing pad. It needs a running kernel." in kept[-1]["text/html"]


def test_a_pad_for_a_pen_is_a_control_of_its_picture():
    seen = []

    def draw(ax, drawing=((0, 0), (1, 1)), step=0):
        seen.append((drawing, step))

    made = stage.explore(draw, drawing=stage.pen(2, 0.3), step=(0, 3), alt="A drawing.")
    pad = made.controls["drawing"]
    assert (pad.reach, pad.pen, pad.points) == (2, 0.3, [[0, 0], [1, 1]])
    pad.points = [[0.5, -0.5]]
    assert seen[-1] == ([[0.5, -0.5]], 0)
    assert "A drawing pad. It needs a running kernel." in made.still()
    made.reset()
    assert pad.points == [[0, 0], [1, 1]]
    both = next(part for part in made.children if pad in getattr(part, "children", ()))
    assert both.children[-1] is made.image, "the picture is beside it"
    made.close()


@pytest.mark.parametrize("start", [3, None, [[1, 2, 3]], "pad"])
def test_what_are_no_points_is_no_start_of_a_pen(start):
    with pytest.raises((ValueError, TypeError), match="drawing starts at"):
        controls.make_control("drawing", stage.pen(2, 0.3), start, "drawing")
