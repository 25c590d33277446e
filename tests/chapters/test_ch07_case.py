"""A failure on a small screen: what it shows, where it pauses, and what its remedy does."""

import ipywidgets
import pytest

from gan_edu.chapters.ch07_playground import failures
from gan_edu.chapters.ch07_playground.case import case
from gan_edu.chapters.ch07_playground.failures import FAILURES
from gan_edu.chapters.ch07_playground.first_look import first_look
from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.chapters.ch07_playground.presets import PRESETS
from gan_edu.stage import cells
from tests.chapters.test_ch07_failures import record
from tests.helpers.playing import played, weights_of

ALT = "A game to play."
FAILING = [name for name, failure in FAILURES.items() if failure.remedies]


@pytest.fixture
def shown():
    player = case("collapse", alt=ALT)
    yield player
    assert player.errors.outputs == ()
    player.close()


def slices(player, most: int = 10_000) -> int:
    """Play as a page does, until the game pauses by itself; return how many slices it took."""
    player.playing = True
    for count in range(most):
        if not player.playing:
            return count
        player._owed = player._owed or player.controls["pace"].value
        player._slice()
    return most


@pytest.mark.parametrize("name", FAILING)
def test_it_has_three_buttons_its_diagnostic_and_the_setting_that_its_remedy_changes(name):
    player = case(name, alt=ALT)
    _errors, row, _scene = player.children
    words = [part.description for part in row.children if isinstance(part, ipywidgets.Button)]
    assert words == ["Play", "Reset", "Remedy"]
    assert player.game.settings == failures.preset(name).settings
    assert player.game.settings.sign == PRESETS[name].sign
    assert failures.label_of(player.setting) in player.verdict.value
    assert failures.ratio(player.game) in player.verdict.value
    assert "Nothing is measured before iteration 50." in player.verdict.value
    player.close()


@pytest.mark.parametrize("shown", [case, lambda _, alt: first_look(Playground(), alt=alt)])
def test_closing_leaves_no_widget_open(shown):
    before = len(ipywidgets.widget._instances)
    cells.close_all(shown("collapse", alt=ALT))
    assert len(ipywidgets.widget._instances) == before


def test_its_diagnosis_follows_the_game_and_names_no_remedy(shown):
    shown.game.match.history = record(reached=2, on_modes=0.8)
    shown.redraw()
    assert "<b>●</b> mode collapse: modes reached: 2 of 8 (collapse: 4 or fewer)" in (
        shown.verdict.value
    )
    assert "0.0005" not in shown.verdict.value
    shown.game.match.history = record()
    shown.redraw()
    assert "<b>✓</b> good run" in shown.verdict.value


def test_it_pauses_once_where_the_failure_shows_and_then_plays_on(shown):
    shown.game.play_iteration = lambda: setattr(
        shown.game.match.game, "iterations", shown.game.iterations + 1
    )
    slices(shown)
    assert shown.game.iterations == FAILURES["collapse"].iterations == shown.end
    assert slices(shown, 30) == 30
    assert shown.game.iterations > shown.end


def test_the_remedy_plays_the_same_start_with_one_change_and_leaves_the_curves_of_before(shown):
    shown.run(100)
    before = shown.game.match.history
    shown._change()
    shown.redraw()
    assert (shown.game.iterations, shown.treated, shown.end) == (0, True, failures.REMEDY_AFTER)
    assert shown.remedy.description == "Take the remedy back"
    assert "<b>learning rate of D: 0.0005</b> · r = 2.5 (how fast D is" in shown.verdict.value
    shown.run(50)
    assert shown.game.ghost == before
    anew = played(failures.preset("collapse", lr_d=5e-4), 50)
    assert weights_of(shown.game) == weights_of(anew)
    shown._change()
    assert shown.game.settings == failures.preset("collapse").settings


def test_an_optimiser_is_a_remedy_from_the_first_iteration_on():
    player = case("d_too_strong", alt=ALT)
    assert "r compares no learning rates here" in player.verdict.value
    player.run(20)
    player._change()
    player.run(20)
    anew = played(failures.preset("d_too_strong", optimiser_g="adam"), 20)
    assert weights_of(player.game) == weights_of(anew)
    assert "r = 4 (how fast D is" in player.verdict.value
    player.close()
