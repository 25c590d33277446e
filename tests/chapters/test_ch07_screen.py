"""The playground's screen, without a page: what each part shows and does."""

import itertools

import ipywidgets
import pytest

from gan_edu.chapters.ch07_playground.diagram import DRAWN
from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.chapters.ch07_playground.presets import OWN, settings_of_preset
from gan_edu.chapters.ch07_playground.screen import Screen, screen
from gan_edu.chapters.ch07_playground.settings import FIELDS, Settings, changed, line_of
from tests.chapters.test_ch07_failures import record
from tests.chapters.test_ch07_tape import SMALL

ALT = "A ring of samples."


@pytest.fixture
def shown():
    player = screen(Playground(**SMALL), alt=ALT)
    yield player
    assert player.errors.outputs == ()
    player.close()


def is_seen(part) -> bool:
    return part.layout.display != "none"


def press(player: Screen, words: str) -> None:
    row = player.children[1].children
    next(b for b in row if getattr(b, "description", "") == words).click()


def measured(player: Screen, **signs) -> None:
    player.game.first.match.history = record(**signs)
    player.redraw()


def test_every_setting_has_one_control_on_the_screen(shown):
    def parts(box):
        yield box
        yield from itertools.chain(*map(parts, getattr(box, "children", ())))

    there = [*parts(shown)]
    for name, control in shown.controls.items():
        assert there.count(control) == 1, name
    settings = {n for n, f in FIELDS.items() if f.metadata["control"]}
    assert settings & {*shown.controls} == settings - {*DRAWN}
    assert {*shown.diagram.steps} == {*DRAWN}
    assert there.count(shown.diagram) == 1
    drawers = next(part for part in there if isinstance(part, ipywidgets.Accordion))
    assert drawers.selected_index == 0
    assert drawers.titles[0] == "game"


def test_compare_shows_a_second_plane_and_one_chart_for_both(shown):
    seats = shown.scene.children[:2]
    assert [is_seen(seat) for seat in seats] == [True, False]
    shown.run(50)
    press(shown, "Compare")
    assert [is_seen(seat) for seat in seats] == [True, True]
    shown.controls["lr_d"].value = 0.05
    assert [game.settings.lr_d for game in shown.game.games] == [4e-3, 0.05]
    assert "learning rate of D: 0.004 | 0.05" in shown.line.value
    assert shown.run(100) is shown.game.first
    assert [game.iterations for game in shown.game.games] == [100, 100]
    assert shown.plane.fake != shown.plane_b.fake
    assert (shown.plane.title[:3], shown.plane_b.title[:3]) == ("A: ", "B: ")
    shown.controls["side"].value = "A"
    assert shown.controls["lr_d"].value == 4e-3, "the controls say what A has"
    press(shown, "One game")
    assert [is_seen(seat) for seat in seats] == [True, False]
    assert not shown.plane.title.startswith("A: ")


def test_the_menu_of_missions_is_there_where_there_are_missions(shown):
    assert not is_seen(shown.below)
    there = screen(Playground(**SMALL), alt=ALT, missions=True)
    assert is_seen(there.below)
    there.close()
    press(shown, "Compare")
    assert is_seen(shown.below), "it says how two games differ"


def test_a_mission_from_the_menu_says_its_goal_and_how_it_stands_in_one_line(shown):
    assert not is_seen(shown.hint)
    shown.controls["mission"].value = "vanishing_gradient"
    assert shown.game.first.settings.sign == "passed"
    assert shown.controls["sign"].value == "passed"
    assert "Make G's gradient vanish" in shown.line.value
    assert "<b>Not yet:</b>" in shown.line.value
    shown.run(1)
    measured(shown, passed=0.01)
    assert "<b>Half done" in shown.line.value
    measured(shown)
    assert "<b>Done:</b>" in shown.line.value
    shown.hint.click()
    shown.hint.click()
    assert shown.over.value.count("<b>Hint") == 2
    assert is_seen(shown.sheet)
    shown.controls["mission"].value = "collapse"
    assert not is_seen(shown.sheet), "another mission has other hints"
    shown.controls["mission"].value = ""
    assert not is_seen(shown.hint)


def test_the_diagnosis_is_a_line_and_its_detail_says_what_why_and_which_remedy(shown):
    shown.controls["preset"].value = "collapse"
    shown.run(1)
    measured(shown, reached=2, on_modes=0.8)
    line = shown.diagnoses[0]
    assert line.description.startswith("● mode collapse · AUC 0.60 · gradient to G 50%")
    line.click()
    assert is_seen(shown.sheet)
    loud = shown.over.value.split("○")[0]
    assert "<b>●</b> mode collapse: modes reached: 2 of 8 (collapse: 4 or fewer)" in loud
    assert "What repaired the preset: <i>learning rate of D</i> 0.0005." in loud
    assert loud.endswith("r = 250 (how fast D is, compared with G)<br><br>")
    measured(shown)
    assert line.description.startswith("✓ good run")
    assert "<b>✓</b> good run" in shown.over.value, "what is open follows"
    line.click()
    assert not is_seen(shown.sheet)


def test_a_diagnosis_stays_with_a_remedy_and_closes_with_another_preset(shown):
    shown.controls["preset"].value = "collapse"
    shown.diagnoses[0].click()
    shown.controls["lr_d"].value = 5e-4
    assert shown.controls["preset"].value == OWN
    assert is_seen(shown.sheet)
    shown.controls["preset"].value = "cycling"
    assert not is_seen(shown.sheet)


def test_the_menu_says_which_preset_is_a_game_on_a_line(shown):
    named = [label for label in shown.controls["preset"].options if "(on a line)" in label]
    assert named == ["oscillation (on a line)"]


def test_a_line_is_shown_and_one_that_is_pasted_begins_its_game(shown):
    assert shown.shared.value == line_of(shown.game.settings)
    shown.run(3)
    shown.opened.value = "gan2:oh no"
    assert "It must be copied whole" in shown.refusal.value
    assert shown.game.iterations == 3
    there = changed(Settings(), {"loss": "least_squares", "width_g": 16, "seed": 5})
    shown.opened.value = line_of(there)
    assert (shown.game.settings, shown.game.iterations) == (there, 0)
    assert (shown.opened.value, shown.refusal.value) == ("", "")
    assert shown.controls["loss"].value == "least_squares"
    assert shown.shared.value == line_of(there)
    shown.controls["preset"].value = "collapse"
    assert shown.shared.value == line_of(changed(settings_of_preset("collapse"), {"seed": 5}))


def test_the_playhead_goes_back_and_play_goes_on_from_there(shown):
    shown.run(130)
    head = shown.controls["moment"]
    assert (head.value, head.max) == (130, 130)
    head.value = 60
    assert (shown.game.iterations, head.max) == (60, 130)
    shown.run(90)
    assert (head.value, head.max) == (90, 90)
    assert [mark.iteration for mark in shown.game.first.ghost] == [50, 100]
    press(shown, "Reset")
    assert (head.value, head.max) == (0, 1)


def test_while_a_game_plays_the_playhead_moves_now_and_then(shown):
    sent = []
    head = shown.controls["moment"]
    head.observe(lambda change: sent.append(change.new), "value")
    shown.playing = True
    for _ in range(120):
        shown.game.play_iteration()
        shown.redraw()
    shown._set_playing(False)
    assert sent == [50, 100, 120]


def test_a_still_names_the_game_and_not_what_is_only_a_tool(shown):
    words = shown.still()
    assert "preset = " in words
    assert "mission" not in words
    assert "back to" not in words
