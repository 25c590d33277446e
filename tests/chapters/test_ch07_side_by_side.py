"""Two games in step, settings as a line, the old branch, and the playhead over full curves."""

import base64
import contextlib
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.lines import Line2D
from matplotlib.text import Text

from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.chapters.ch07_playground.scenes import charts_scene, playground_scene
from gan_edu.chapters.ch07_playground.settings import (
    FIELDS,
    LINE,
    Settings,
    changed,
    line_of,
    settings_of,
    state_of,
)
from gan_edu.chapters.ch07_playground.side_by_side import SHARED, Games
from gan_edu.stage import painting
from tests.chapters.test_ch07_playground import CONTROLS, ends
from tests.chapters.test_ch07_tape import SMALL, everything
from tests.helpers.corners import troubles_with_words
from tests.helpers.playing import played
from tests.helpers.tongue import speaking


def compared(iterations: int = 20, **change) -> Games:
    """Return two games that have one setting apart, from this iteration on."""
    games = played(Games(Playground(**SMALL)), iterations)
    games.compare()
    games.change(**change)
    return games


# --- two games ------------------------------------------------------------------------------------


def test_the_copy_plays_as_its_model_until_something_is_changed():
    games = compared()
    played(games, 40)
    assert everything(games.first) == everything(games.second)
    assert games.difference == "A | B: the same settings so far"
    games.change(lr_d=0.05)
    played(games, 1)
    assert everything(games.first) != everything(games.second)
    assert games.iterations == games.first.iterations == games.second.iterations == 61
    assert games.difference == "A | B: learning rate of D: 0.004 | 0.05"


@pytest.mark.parametrize("change", [{"lr_g": 0.02}, {"loss": "least_squares"}, {"width_g": 16}])
def test_each_of_two_games_plays_as_it_would_alone(change):
    games = compared(**change)
    games.reset()
    played(games, 30)
    for game, settings_ in zip(games.games, ({}, change), strict=True):
        alone = Playground(**SMALL | settings_)
        played(alone, 30)
        assert everything(game) == everything(alone)


@pytest.mark.parametrize("change", [{"width_d": 16}, {"noise": "uniform_1d"}, {"target": "ring"}])
def test_if_one_begins_anew_so_does_the_other(change):
    games = compared(**change)
    assert [game.iterations for game in games.games] == [0, 0]
    games.side = "A"
    played(games, 5)
    games.preset = "cycling"
    assert [game.iterations for game in games.games] == [0, 0]


def test_settings_act_on_the_side_that_is_chosen_and_views_and_seed_on_both():
    games = compared(lr_d=0.02)
    games.side = "A"
    games.change(lr_g=0.01)
    rates = [(game.settings.lr_d, game.settings.lr_g) for game in games.games]
    assert rates == [(4e-3, 0.01), (0.02, 1e-3)]
    games.change(show_map=True, seed=7, sign="mean")
    assert {(g.settings.show_map, g.settings.seed, g.settings.sign) for g in games.games} == {
        (True, 7, "mean")
    }
    assert {"seed", "distance", "show_arrows"} <= SHARED
    with pytest.raises(ValueError, match="side must be one of A, B"):
        games.side = "C"


def test_one_ends_a_comparison_with_the_first_game():
    games = compared(lr_d=0.05)
    first = games.first
    games.compare()
    assert games.games == (first,)
    assert (games.side, games.settings.lr_d, games.difference) == ("A", 4e-3, "")
    with pytest.raises(ValueError, match="side must be one of A, got"):
        games.side = "B"


def test_in_slow_motion_who_has_fewer_steps_waits():
    games = compared(d_steps=3)
    for _ in range(200):
        games.step_slowly()
        if games.iterations == 22:
            break
    assert [game.iterations for game in games.games] == [22, 22]
    alone = Playground(**SMALL)
    played(alone, 22)
    assert everything(games.first) == everything(alone)


def test_a_copy_does_not_stand_within_an_iteration():
    games = Games(Playground(**SMALL))
    games.step_slowly()
    games.compare()
    assert [game.iterations for game in games.games] == [1, 1]
    assert everything(games.first) == everything(games.second)


def test_a_game_that_has_failed_is_waited_for(monkeypatch):
    games = compared(0)
    monkeypatch.setattr(games.second.match, "play_iteration", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        games.play_iteration()
    assert [game.iterations for game in games.games] == [1, 0]
    monkeypatch.undo()
    games.play_iteration()
    assert [game.iterations for game in games.games] == [1, 1]


def test_both_go_back_in_time_together():
    games = compared(50, lr_d=0.05)
    played(games, 60)
    there = [everything(game) for game in games.games]
    games.moment = 30
    assert everything(games.first) == everything(games.second), "they had not parted yet"
    games.moment = games.recorded
    assert [everything(game) for game in games.games] == there


def test_a_mission_is_for_one_game():
    games = compared(lr_d=0.05)
    games.mission = "collapse"
    assert (games.mission, len(games.games), games.settings.sign) == ("collapse", 1, "reached")
    assert games.iterations == 0
    assert "Not yet" in games.task.state
    games.mission = ""
    assert (games.task, games.settings.sign) == (None, "losses")


# --- settings in a line ---------------------------------------------------------------------------

POINT = st.tuples(*[st.floats(-3, 3)] * 2)
ANY = {
    **{name: st.sampled_from(ends(name)) for name in CONTROLS},
    "drawing": st.lists(POINT, min_size=1, max_size=30),
}


@given(st.fixed_dictionaries({}, optional=ANY), st.integers(1, 60))
@settings(max_examples=150, deadline=None)
def test_a_line_holds_all_settings_also_when_a_letter_breaks_it(values, width):
    there = changed(Settings(), values)
    line = line_of(there)
    assert settings_of(line) == there
    broken = "\n".join(line[i : i + width] for i in range(0, len(line), width))
    assert settings_of(f"  {broken}\n") == there


def test_a_line_is_short_and_holds_what_differs():
    assert len(line_of(Settings())) < 30
    code = line_of(changed(Settings(), {"loss": "least_squares", "seed": 3})).removeprefix(LINE)
    held = json.loads(base64.urlsafe_b64decode(code + "=" * (-len(code) % 4)))
    assert held == {"playground": 2, "loss": "least_squares", "seed": 3}


LINES = [line_of(changed(Settings(), {"loss": "least_squares", "lr_d": 0.02, "seed": 11}))]


@given(
    st.one_of(
        st.text(max_size=60),
        st.text(max_size=60).map(lambda text: LINE + text),
        st.tuples(st.sampled_from(LINES), st.integers(0, 80)).map(lambda a: a[0][: a[1]]),
        st.tuples(st.sampled_from(LINES), st.integers(5, 60), st.characters()).map(
            lambda a: a[0][: a[1]] + a[2] + a[0][a[1] + 1 :]
        ),
    )
)
@settings(max_examples=300, deadline=None)
def test_a_bad_line_is_a_clear_error_and_changes_nothing(text):
    before, match = GAMES.settings, GAMES.first.match
    if (there := read(text)) is None:
        with pytest.raises(ValueError, match=r"state|must|no setting is called"):
            GAMES.line = text
        assert (GAMES.settings, GAMES.first.match) == (before, match)
    else:  # a changed letter may make another value that a control could give
        assert settings_of(line_of(there)) == there


def read(text: str) -> Settings | None:
    with contextlib.suppress(ValueError):
        return settings_of(text)
    return None


GAMES = Games(Playground(**SMALL))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://example.org/", "a state is a dict, its JSON, or a line that begins with gan2:"),
        (LINES[0][:-6], "It must be copied whole"),
        (LINE, "It must be copied whole"),
        (LINE + base64.urlsafe_b64encode(b"[1]").decode(), 'a state is a dict with "playground"'),
        (LINE + base64.urlsafe_b64encode(b'{"playground":2,"lr_d":3}').decode(), "lr_d must be"),
    ],
)
def test_what_is_wrong_with_a_line_is_said(text, told):
    with pytest.raises(ValueError, match=told):
        settings_of(text)


def test_a_line_begins_its_game_on_the_side_that_is_acted_on():
    games = compared(lr_d=0.05)
    played(games, 5)
    games.line = line_of(changed(Settings(), {"loss": "least_squares", "seed": 4}))
    assert [game.iterations for game in games.games] == [0, 0]
    assert state_of(games.settings) == {"playground": 2, "loss": "least_squares", "seed": 4}
    assert games.first.settings.seed == 4, "which both have"
    assert games.first.settings.width_g == 8
    assert settings_of(games.line) == games.settings


# --- the time machine in the charts ---------------------------------------------------------------


def lines_of(game, panel: int = 1):
    axes = charts_scene().figure(game).axes[panel]
    return {line.get_label(): line for line in axes.lines if line.get_visible()}


def test_curves_stay_whole_under_the_playhead_and_the_old_branch_stays_as_a_ghost():
    ground = Playground(**SMALL)
    played(ground, 400)
    whole = ground.match.history
    assert "before" not in lines_of(ground)
    ground.moment = 210
    drawn = lines_of(ground)
    assert list(drawn["G now"].get_xdata()) == list(range(50, 401, 50))
    heads = [line for line in drawn.values() if list(line.get_xdata()) == [210, 210]]
    assert len(heads) == 1
    assert ground.recorded == 400
    assert ground.ghost == []

    ground.change(lr_d=0.05)
    played(ground, 100)
    drawn = lines_of(ground)
    ghost = drawn["before"]
    assert list(ghost.get_xdata()) == [200, 250, 300, 350, 400], "from where the ways part"
    was = [mark.average["w1"] for mark in whole if mark.iteration >= 200]
    assert list(ghost.get_ydata()) == was
    assert ghost.is_dashed()
    assert ghost.get_linewidth() < drawn["EMA of G"].get_linewidth()
    assert list(drawn["EMA of G"].get_xdata()) == [50, 100, 150, 200, 250, 300]
    assert drawn["EMA of G"].get_ydata()[4] != was[1]
    ground.reset()
    assert ground.ghost == []


def test_a_game_that_plays_on_from_its_end_leaves_no_ghost():
    ground = Playground(**SMALL)
    played(ground, 120)
    ground.moment = 60
    ground.moment = 120
    played(ground, 50)
    assert ground.ghost == []
    assert [mark.iteration for mark in ground.marks] == [50, 100, 150]


@pytest.mark.parametrize("sign", ["losses", "accuracy"])
@pytest.mark.parametrize("make", [charts_scene, lambda: charts_scene(4.2, 3.6), playground_scene])
def test_curves_of_two_games_differ_in_style_and_colour_and_all_words_have_room(make, sign):
    games = compared(100, lr_d=0.05, sign=sign)
    games.moment = 60
    played(games, 100)
    games.moment = 110
    figure = make().figure(games)
    assert not troubles_with_words(figure)
    for axes in figure.axes:
        found = {
            line.get_label(): (line.get_color(), line._unscaled_dash_pattern, line)
            for line in axes.lines
            if line.get_visible() and line.get_label()[:2] in ("A:", "B:")
        }
        if not axes.get_visible() or not found:
            continue
        names = {name[3:] for name in found}
        assert len(found) == 2 * len(names) > 0
        for name in names:
            a, b = found[f"A: {name}"], found[f"B: {name}"]
            assert a[0] != b[0]
            assert a[1] != b[1]
            assert not np.array_equal(a[2].get_ydata(), b[2].get_ydata())
        looks = {(colour, str(dashes)) for colour, dashes, _ in found.values()}
        assert len(looks) == len(found)


def legend_and_panel(axes):
    painting.render(axes.figure)
    legend = axes.get_legend()
    return legend, legend.get_window_extent(), axes.bbox


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize(("panel", "highest"), [(0, 4), (1, 10)])
def test_the_common_charts_legend_lies_within_its_panel_above_all_curves(panel, highest, language):
    games = compared(100, lr_d=0.05)
    games.moment = 60
    played(games, 100)
    games.moment = 110
    for mark in games.first.marks:
        mark.now["w1"] = 99.0
    with speaking(language):
        axes = charts_scene(4.2, 3.6).figure(games).axes[panel]
        legend, box, around = legend_and_panel(axes)
    assert box.x0 >= around.x0 - 3, "no letter stands on the axis or left of it"
    assert box.height <= around.height / 3
    assert axes.transData.transform((0, highest))[1] <= box.y0
    letters = [text.get_text() for text in legend.findobj(Text) if text.get_text() in ("A", "B")]
    assert letters == ["A", "B"] * 2, "of both curves"


def test_a_legend_s_lines_look_like_the_curves_of_their_games():
    games = compared(100, lr_d=0.05)
    axes = charts_scene(4.2, 3.6).figure(games).axes[0]
    legend, *_ = legend_and_panel(axes)
    samples = [line for line in legend.findobj(Line2D) if len(line.get_xdata())]
    curves = [line for line in axes.lines if line.get_label()[:2] in ("A:", "B:")]
    looks = [(line.get_color(), line._unscaled_dash_pattern) for line in samples]
    assert looks == [(line.get_color(), line._unscaled_dash_pattern) for line in curves]


def test_every_setting_has_words_for_its_values():
    games = compared()
    for name in FIELDS.keys() & CONTROLS.keys() - SHARED:
        for value in ends(name):
            games.change(**{name: value})
            assert "{" not in games.difference
