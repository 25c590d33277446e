"""The drawn networks: their buttons change what is played, and slow motion lights them."""

import base64

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_edu.chapters.ch07_playground import frames
from gan_edu.chapters.ch07_playground.diagram import DRAWN, FLOWS, Diagram
from gan_edu.chapters.ch07_playground.playground import Playground
from gan_edu.chapters.ch07_playground.presets import OWN
from gan_edu.chapters.ch07_playground.screen import Screen, screen
from gan_edu.chapters.ch07_playground.settings import (
    LINE,
    Settings,
    changed,
    line_of,
    next_value,
    next_widths,
    settings_of,
    state_of,
)
from tests.chapters.test_ch07_tape import SMALL
from tests.helpers.playing import played

PARTS = {
    "z", "z_g", "g", "g_fake", "fake", "fake_d", "real", "real_d",
    "d", "d_a", "a", "a_loss", "loss",
}  # fmt: skip


@pytest.fixture
def shown():
    player = screen(Playground(**SMALL), alt="A ring of samples.")
    yield player
    assert player.errors.outputs == ()
    player.close()


def press(player: Screen, name: str, by: int) -> None:
    """Do what the page does when a button of the drawing is pressed."""
    player.diagram._handle_custom_msg({"name": name, "by": by}, [])


def hidden(network: torch.nn.Module) -> list[int]:
    """Return the widths of a network's hidden layers."""
    return [layer.out_features for layer in network if hasattr(layer, "out_features")][:-1]


def kinds(network: torch.nn.Module) -> set[str]:
    return {type(layer).__name__ for layer in network if not hasattr(layer, "out_features")}


@pytest.mark.parametrize("name", DRAWN)
def test_steps_go_through_all_values_of_a_control_and_back(name):
    here, there = Settings(), []
    while (value := next_value(here, name, 1)) is not None and value not in there:
        there.append(value)
        here = changed(here, {name: value})
    for value in reversed([getattr(Settings(), name), *there][:-1]):
        here = changed(here, {name: next_value(here, name, -1)})
        assert getattr(here, name) == value


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [("layers_g", 1, 4), ("layers_d", 1, 4), ("width_g", 4, 128), ("width_d", 4, 128)],
)
def test_beyond_the_first_and_the_last_value_there_is_none(name, first, last):
    assert next_value(changed(Settings(), {name: first}), name, -1) is None
    assert next_value(changed(Settings(), {name: last}), name, 1) is None


def test_activations_go_round():
    assert next_value(changed(Settings(), {"activation_g": "tanh"}), "activation_g", 1) == "relu"


def test_a_button_changes_the_network_that_is_played_and_begins_a_new_game(shown):
    shown.run(3)
    press(shown, "layers_d", 1)
    press(shown, "width_g", 1)
    press(shown, "width_g", 1)
    press(shown, "activation_d", 1)
    game = shown.game.first
    assert hidden(game.match.game.discriminator) == [8, 8, 8]
    assert hidden(game.match.game.generator) == [32, 32, 32, 32]
    assert kinds(game.match.game.discriminator) == {"Tanh"}
    assert (game.iterations, game.settings.seed) == (0, 0)
    assert shown.plane.title == "activation of D changed: a new game"
    assert shown.controls["preset"].value == OWN
    assert settings_of(shown.shared.value) == game.settings
    drawn = shown.diagram.players
    assert (drawn["d"]["widths"], drawn["d"]["activation"]) == ((8, 8, 8), "tanh")
    assert drawn["g"]["widths"] == (32, 32, 32, 32)
    there = changed(Settings(), {"layers_g": 2, "activation_d": "relu"})
    shown.opened.value = line_of(there)
    assert (drawn := shown.diagram.players)["g"]["widths"] == (64, 64)
    assert drawn["d"]["activation"] == "relu"


def test_a_button_says_what_is_and_what_comes_and_one_that_leads_nowhere_nothing(shown):
    assert shown.diagram.steps["layers_g"] == ["hidden layers of G: 4. Press for 3.", ""]
    press(shown, "layers_g", 1)
    assert shown.game.settings.layers_g == 4
    press(shown, "layers_g", -1)
    assert shown.diagram.steps["layers_g"][1] == "hidden layers of G: 3. Press for 4."
    assert shown.diagram.players["g"]["said"] == (
        "hidden layers of G: 3, width of G: 8, activation of G: tanh"
    )


def press_layer(player: Screen, network: str, layer: int, by: int) -> None:
    """Do what the page does when a half of a layer's box is pressed."""
    message = {"name": f"widths_{network}", "by": by, "layer": layer}
    player.diagram._handle_custom_msg(message, [])


def test_a_click_on_a_layer_changes_its_width_alone_and_begins_a_new_game(shown):
    shown.run(3)
    press_layer(shown, "g", 1, 1)
    press_layer(shown, "g", 1, 1)
    press_layer(shown, "d", 1, -1)
    game = shown.game.first
    assert hidden(game.match.game.generator) == [8, 32, 8, 8]
    assert hidden(game.match.game.discriminator) == [8, 4]
    assert game.iterations == 0
    assert shown.plane.title == "widths of D's layers changed: a new game"
    assert shown.diagram.players["g"]["widths"] == (8, 32, 8, 8)
    assert shown.diagram.players["g"]["said"] == (
        "hidden layers of G: 4, widths of G's layers: 8 → 32 → 8 → 8, activation of G: tanh"
    )
    assert shown.diagram.layers["d"] == [
        ["width of layer 1 of D: 8. Press for 4.", "width of layer 1 of D: 8. Press for 16."],
        ["", "width of layer 2 of D: 4. Press for 8."],
    ]
    assert settings_of(shown.shared.value) == game.settings
    press_layer(shown, "d", 1, -1)
    assert hidden(game.match.game.discriminator) == [8, 4], "there is no smaller one"


def test_with_two_games_a_layer_is_that_of_the_one_that_is_acted_on(shown):
    shown.game.compare()
    shown.redraw()
    press_layer(shown, "d", 0, 1)
    assert [game.settings.widths("d") for game in shown.game.games] == [(8, 8), (16, 8)]
    assert shown.game.difference == "A | B: widths of D's layers: 8 → 8 | 16 → 8"
    press_layer(shown, "d", 1, 1)
    assert shown.game.difference == "A | B: width of D: 8 | 16"


def test_a_new_layer_is_as_wide_as_the_last_one_and_a_width_is_that_of_all():
    here = changed(Settings(), {"widths_g": [64, 32]})
    assert here.layers_g == 2
    here = changed(here, {"layers_g": 4})
    assert here.widths("g") == (64, 32, 32, 32)
    assert changed(here, {"layers_g": 2}).widths("g") == (64, 32)
    assert changed(here, {"lr_d": 0.01}).widths("g") == (64, 32, 32, 32)
    assert changed(here, {"width_g": 16}).widths("g") == (16, 16, 16, 16)
    assert here.widths("d") == (64, 64)


@given(st.lists(st.sampled_from([4, 8, 16, 32, 64, 128]), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_one_network_has_one_state_and_one_line_however_a_hand_came_to_it(widths):
    wanted = changed(Settings(), {"widths_g": widths})
    assert wanted.widths("g") == tuple(widths)
    here = changed(Settings(), {"layers_g": len(widths)})
    for layer, width in enumerate(widths):
        while (now := here.widths("g")[layer]) != width:
            by = 1 if now < width else -1
            here = changed(here, {"widths_g": next_widths(here, "g", layer, by)})
    assert here == wanted
    assert settings_of(line_of(here)) == here


def test_a_line_from_before_there_were_layers_of_their_own_is_still_read():
    line = LINE + base64.urlsafe_b64encode(b'{"playground":2,"layers_d":3,"width_d":8}').decode()
    assert settings_of(line).widths("d") == (8, 8, 8)
    assert "widths" not in str(state_of(settings_of(line)))


def test_a_preset_has_layers_that_are_alike_and_other_widths_are_no_preset():
    ground = Playground(**SMALL)
    ground.preset = "good_run"
    ground.change(widths_d=[64, 32])
    assert ground.preset == OWN
    ground.preset = "good_run"
    assert ground.settings.widths("d") == (64, 64)
    assert ground.settings == Playground().settings


def test_the_tape_brings_a_game_of_unlike_layers_back():
    ground = played(Playground(**SMALL, widths_g=[8, 4, 16]), 60)
    there = [p.clone() for p in ground.match.game.generator.parameters()]
    played(ground, 10)
    ground.moment = 60
    for was, now in zip(there, ground.match.game.generator.parameters(), strict=True):
        assert torch.equal(was, now)
    assert hidden(ground.match.game.generator) == [8, 4, 16]


@pytest.mark.parametrize(
    "message",
    [
        {}, {"name": "seed", "by": 1}, {"name": "layers_g", "by": 3},
        {"name": "widths_g", "by": 1}, {"name": "widths_d", "by": 1, "layer": 2},
        {"name": "widths_d", "by": 1, "layer": -1}, {"name": "widths_d", "by": 2, "layer": 0},
    ],
)  # fmt: skip
def test_what_no_button_sends_is_not_heard(shown, message):
    before = shown.game.settings
    shown.diagram._handle_custom_msg(message, [])
    assert shown.game.settings == before


def test_with_two_games_the_drawing_is_of_the_one_that_is_acted_on(shown):
    assert shown.diagram.game == ""
    shown.game.compare()
    shown.redraw()
    assert shown.diagram.game == "B"
    press(shown, "width_d", 1)
    assert [game.settings.width_d for game in shown.game.games] == [8, 16]
    assert shown.diagram.players["d"]["widths"] == (16, 16)
    shown.controls["side"].value = "A"
    assert (shown.diagram.game, shown.diagram.players["d"]["widths"]) == ("A", (8, 8))


def test_each_stage_of_slow_motion_lights_what_it_speaks_of(shown):
    turns = {}
    for name in frames.STAGES:
        shown.game.step_slowly()
        shown.redraw()
        drawing = shown.diagram
        assert {*drawing.lit} <= PARTS
        turns[name] = drawing.colour
        assert drawing.told == ("" if name == "end" else shown.plane.title)
        assert drawing.lit == list(FLOWS[name].lit)
        assert drawing.way == FLOWS[name].way
    assert turns["gradient_d"] == "discriminator"
    assert turns["gradient_g"] == turns["update_g"] == "fake"
    assert drawing.lit == []


def test_what_flows_is_what_the_stage_computes():
    assert FLOWS.keys() == frames.STAGES.keys()
    for name, flow in FLOWS.items():
        assert (flow.way == "back") == name.startswith("gradient")
        assert (flow.way == "update") == name.startswith("update")
        assert ("g" in flow.lit) == (name in ("generate", "update_g")), "G is at work"
        assert ("loss" in flow.lit) == name.startswith(("loss", "gradient"))
    assert "real" not in FLOWS["discriminator_again"].lit
    assert "g" not in FLOWS["gradient_d"].lit, "D's gradient ends in D"


def test_the_optimiser_that_steps_is_named():
    drawing = Diagram(print)
    drawing.show(changed(Settings(), {"optimiser_g": "sgd"}), "update_g")
    assert [drawing.players[player]["optimiser"] for player in "gd"] == ["SGD", "Adam"]
