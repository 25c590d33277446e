"""Chapter 07: settings that act or begin anew, the state, the picture, the controls."""

import contextlib
import dataclasses
import itertools
import json
import math
import re
from fractions import Fraction
from pathlib import Path

import ipywidgets
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.collections import PolyCollection

from gan_edu import stage, targets
from gan_edu.chapters.ch07_playground import failures, frames, signs
from gan_edu.chapters.ch07_playground.controls import controls
from gan_edu.chapters.ch07_playground.first_look import first_look
from gan_edu.chapters.ch07_playground.playground import Playground, load
from gan_edu.chapters.ch07_playground.presets import OWN, PRESETS, settings_of_preset
from gan_edu.chapters.ch07_playground.scenes import (
    charts_scene,
    distance_scene,
    first_scene,
    planes_scene,
    playground_scene,
    samples_scene,
)
from gan_edu.chapters.ch07_playground.settings import FIELDS, LOSSES, Settings, label_of
from gan_edu.stage import painting
from gan_edu.targets import PAIRS
from gan_edu.training import pushes
from tests.helpers import playing
from tests.helpers.corners import OfGame, troubles_with_words
from tests.helpers.playing import weights_of

SEEDS = range(3)
ABOUT = {name: field.metadata for name, field in FIELDS.items()}
CONTROLS = {name: about["control"] for name, about in ABOUT.items() if about["control"]}
DEFAULTS = {name: getattr(Settings(), name) for name in FIELDS}
RESTARTING = [name for name in CONTROLS if ABOUT[name]["restarts"]]
ALT = "Samples in the plane, losses, and the distance."


def played(iterations: int, **values) -> Playground:
    return playing.played(Playground(**values), iterations)


def ends(name: str) -> list:
    """Return the values at both ends of a control, or all that a menu of words offers."""
    match CONTROLS[name]:
        case bool():
            return [False, True]
        case list() as choices:
            return [choices[0], choices[-1]]
        case dict() as choices:
            return list(choices)
        case "button":
            return [0, 7]
        case (low, high):
            return [low, high]


@pytest.mark.parametrize("loss", LOSSES)
def test_the_arrows_are_minus_the_gradient_of_g_s_own_loss(loss):
    game = played(30, loss=loss).match.game
    game.discriminator.double()
    y = torch.randn(5, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    arrows, h = pushes(game, y, y), 1e-6
    for i, j in itertools.product(range(5), range(2)):
        nudge = torch.zeros_like(y)
        nudge[i, j] = h
        logits = (game.discriminator(y + s * nudge) for s in (1, -1))
        there, here = (game.g_loss(a, y).item() for a in logits)
        assert arrows[i, j].item() == pytest.approx(-5 * (there - here) / (2 * h), abs=1e-5)


CHAPTER = Path(__file__).parents[2] / "notebooks/source/07_playground.py"
PYTHON = {  # of the LaTeX in the chapter's table
    r"a_\\text\{(\w+)\}": r"\1", r"\\log\\sigma": "logsigma", r"\\(log|sigma)": r"\1",
    r"\\frac12": "0.5*", r"\^": "**",
}  # fmt: skip


def formulas() -> dict[str, list[str]]:
    """Return what the chapter's table of losses writes, as Python, for D and for G."""
    table = CHAPTER.read_text(encoding="utf-8").partition("# | loss | D minimises |")[2]
    rows = {}
    for line in table.partition("# In the last three")[0].splitlines()[2:-1]:
        name, *cells = line.strip("#| ").split(" | ")
        name = next(key for key, loss in LOSSES.items() if loss.label == name)
        rows[name] = [re.search(r"\$(.*?)\$|$", cell)[1] for cell in cells]
        for latex, python in PYTHON.items():
            rows[name] = [cell and re.sub(latex, python, cell) for cell in rows[name]]
    rows["non_saturating"][0] = rows["minimax"][0]  # "the same", says the table
    return rows


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("loss", LOSSES)
def test_the_chapter_s_table_writes_each_loss_as_it_is_played(loss, seed):
    real, fake = 2 * torch.randn(2, 50, generator=torch.Generator().manual_seed(seed))
    known = {
        "real": real, "fake": fake, "log": torch.log, "sigma": torch.sigmoid,
        "logsigma": torch.nn.functional.logsigmoid,
    }  # fmt: skip
    of_d, of_g = (eval(formula, known).mean() for formula in formulas()[loss])
    seen_by_g = fake - real if LOSSES[loss].relativistic else fake
    torch.testing.assert_close(of_d, LOSSES[loss].loss_fn_d(real, fake))
    torch.testing.assert_close(of_g, LOSSES[loss].loss_fn_g(seen_by_g))


# --- settings -------------------------------------------------------------------------------------

WRONG = [
    ("target", "ring of 9"), ("target", 3), ("target", ["ring"]), ("loss", None),
    ("lr_d", 0.0), ("lr_d", -1e-3), ("lr_d", math.nan), ("lr_d", math.inf), ("lr_g", "0.1"),
    ("lr_g", True), ("lr_g", 10**400), ("d_steps", 0), ("d_steps", 11), ("d_steps", 1.5),
    ("d_steps", True), ("seed", -1), ("seed", 1.0), ("width_g", 5), ("width_g", 10**6),
    ("layers_d", 0), ("layers_d", "2"), ("average_share", 0.6), ("average_share", math.nan),
    ("show_map", 1), ("one_sided", "yes"), ("clip", 0), ("batch_size", 100), ("width_d", True),
    ("widths_g", [64, 5]), ("widths_g", [8] * 5), ("widths_d", "64"), ("widths_d", 64),
    ("widths_d", [True]), ("widths_d", [[8]]), ("widths_g", [8.0]), ("widths_d", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_refused_by_name_and_the_old_one_stands(name, value):
    ground = Playground()
    with pytest.raises(ValueError, match=f"^{name} must be"):
        ground.change(**{name: value})
    assert getattr(ground.settings, name) == DEFAULTS[name]
    with pytest.raises(ValueError, match=f"^{name} must be"):
        load({"playground": 2, name: value})


HARD = {
    "a whole number as a float": ("batch_size", 32.0), "a width as a float": ("width_g", 64.0),
    "more than torch's seeds": ("seed", 2**64), "a seed of 31 digits": ("seed", 10**30),
    "too long to be printed": ("lr_g", 10**5000), "an array of words": (
        "target", np.array(["ring", "line"])
    ),
    "an array of numbers": ("width_d", np.array([4, 8])), "a dict": ("noise", {}),
    "a set": ("loss", {"minimax"}), "an array of one": ("lr_d", np.array(0.01)),
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), HARD.values(), ids=list(HARD))
def test_a_value_that_only_looks_right_is_refused_by_name_too(name, value):
    ground = Playground()
    with pytest.raises(ValueError, match=f"^{name} must be"):
        ground.change(**{name: value})
    assert getattr(ground.settings, name) == DEFAULTS[name]


NUMBERS = [
    ("lr_d", np.float32(0.01)), ("lr_d", np.float64(0.01)), ("lr_g", Fraction(1, 100)),
    ("seed", np.int64(3)), ("layers_g", np.int64(3)), ("d_steps", np.int64(2)),
    ("batch_size", np.int64(32)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"), NUMBERS, ids=[f"{n}-{type(v).__name__}" for n, v in NUMBERS]
)
def test_a_number_of_another_make_is_refused_by_name_or_can_be_played_and_written_down(name, value):
    try:
        ground = Playground(**{name: value})
    except ValueError as error:
        words = str(error)
    else:
        ground.play_iteration()
        words = f"{name} must be" if load(json.dumps(ground.state)).state == ground.state else ""
    assert words.startswith(f"{name} must be")


@pytest.mark.parametrize("widths", [[64], [64, 32, 16]])
def test_widths_for_more_or_fewer_layers_than_there_are_are_refused(widths):
    with pytest.raises(ValueError, match=r"^widths_g must have as many widths as hidden layers, 2"):
        load({"playground": 2, "layers_g": 2, "widths_g": widths})


@pytest.mark.parametrize("name", ["_made_with", "_new_match", "changed", "self", "match", "", 3])
def test_a_state_reaches_nothing_but_settings(name):
    with pytest.raises(ValueError, match="no setting is called"):
        load({"playground": 2, name: 3})


def test_a_setting_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(
        ValueError, match="no setting is called 'epochs'; choose from: target, loss"
    ):
        load({"playground": 2, "epochs": 3})


@pytest.mark.parametrize(
    "foreign", [[], None, 3, "", "{", "[1, 2]", "__import__('os')", {}, {"playground": 1}, "null"]
)
def test_what_is_no_state_is_refused(foreign):
    with pytest.raises(ValueError, match="state"):
        load(foreign)


def test_a_text_nested_without_end_is_refused():
    with pytest.raises(ValueError, match="state"):
        load("[" * 100_000)


def test_a_good_run_has_the_shortest_state():
    assert Playground().state == {"playground": 2} == failures.preset("good_run").state


@pytest.mark.parametrize(
    ("generated", "covered"), [("modes", 8), ("a thin circle", 0), ("three", 3)]
)
def test_title_and_rings_show_which_modes_the_drawn_samples_cover(generated, covered, monkeypatch):
    ground = played(50, width_g=4, width_d=4)
    angle = np.linspace(0, 2 * np.pi, PAIRS, endpoint=False)
    ring = 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    modes = np.resize(ground.target.centres, ring.shape)
    now = {"modes": modes, "a thin circle": ring, "three": np.resize(modes[:3], ring.shape)}[
        generated
    ]
    assert signs.counted(ground.target, now, modes)[:3] == (covered, 8, 8)
    monkeypatch.setattr(Playground, "generated", lambda *_: now)
    marks = ground.match.history
    marks[:] = [dataclasses.replace(marks[0], covered_now=5, covered=8)]  # of other samples
    titles = [axes.get_title(loc="left") for axes in playground_scene().figure(ground).axes]
    assert f"modes covered: {covered} of 8 (EMA: 8)" in titles
    rings = frames.frame(ground).real_rings
    np.testing.assert_allclose(rings[:, :2], ground.target.centres[:covered])
    np.testing.assert_allclose(rings[:, 2], 3 * ground.target.sd)
    for _ in frames.STAGES:
        ground.step_slowly()
        around_batch = 0 if ground.stage.real is None else len(ground.stage.real)
        rings = covered if ground.stage.name == "end" else around_batch
        assert len(frames.frame(ground).real_rings) == rings, ground.stage.name


@given(st.fixed_dictionaries({}, optional={name: st.sampled_from(ends(name)) for name in CONTROLS}))
@settings(max_examples=60, deadline=None)
def test_a_state_comes_back_from_its_text(values):
    state = Playground(**values).state
    assert load(json.dumps(state)).state == load(state).state == state
    assert {name: value for name, value in values.items() if value != DEFAULTS[name]} == {
        name: value for name, value in state.items() if name != "playground"
    }


def another(name: str):
    return next(value for value in ends(name) if value != DEFAULTS[name])


@pytest.mark.parametrize("name", CONTROLS)
def test_a_change_begins_anew_where_it_must_and_keeps_the_players_elsewhere(name):
    ground = played(3)
    game = ground.match.game
    ground.change(**{name: another(name)})
    if name in RESTARTING:
        assert (ground.iterations, ground.changed) == (0, name)
    else:
        assert ground.match.game is game
        assert (ground.iterations, ground.changed) == (3, "")
        ground.play_iteration()
        assert ground.iterations == 4


@pytest.mark.parametrize("seed", SEEDS)
def test_after_a_reset_it_plays_the_same_bit_for_bit(seed):
    ground = played(10, seed=seed, loss="wasserstein_gp")
    before = weights_of(ground)
    ground.reset()
    assert ground.iterations == 0
    playing.played(ground, 10)
    assert weights_of(ground) == before
    assert weights_of(played(10, seed=seed, loss="wasserstein_gp")) == before


PLAYED = [name for name in CONTROLS if not name.startswith("show_")]


@pytest.mark.parametrize("name", PLAYED)
def test_a_reset_after_a_change_is_a_new_game_with_the_change(name):
    ground = played(3)
    ground.change(**{name: another(name)})
    ground.reset()
    assert (ground.iterations, ground.changed) == (0, "")
    playing.played(ground, 5)
    assert weights_of(ground) == weights_of(played(5, **{name: another(name)}))


@pytest.mark.parametrize("name", RESTARTING)
def test_a_setting_that_stays_begins_nothing_anew(name):
    ground = played(3)
    ground.change(**{name: DEFAULTS[name]})
    assert (ground.iterations, ground.changed) == (3, "")


@pytest.mark.parametrize("step", ["discriminator", "generator"])
def test_a_step_by_hand_moves_one_network_and_counts_no_iteration(step):
    ground = Playground()
    game = ground.match.game
    before = {name: copied(getattr(game, name)) for name in ("discriminator", "generator")}
    getattr(ground, f"step_{step}")()
    moved = [name for name, was in before.items() if copied(getattr(game, name)) != was]
    assert (moved, ground.iterations) == ([step], 0)


def copied(network) -> list:
    return [w.tolist() for w in network.parameters()]


def test_a_setting_of_one_network_names_it_and_a_view_begins_nothing_anew():
    for name, about in ((n, f.metadata) for n, f in FIELDS.items()):
        if name[-2:] in ("_d", "_g") and name not in ("d_steps", "g_steps"):
            assert re.findall(r"\b[DG]\b", about["label"]) == [name[-1].upper()]
        assert not (name.startswith("show_") and about["restarts"])
    assert not FIELDS["sign"].metadata["restarts"]


def test_the_seed_alone_decides_and_torch_s_own_generator_is_left_alone():
    torch.manual_seed(11)
    before = torch.get_rng_state()
    ground = played(3, loss="wasserstein_gp")
    playground_scene().figure(ground)
    assert torch.equal(torch.get_rng_state(), before)


def test_marks_are_noted_every_50_iterations_and_a_change_that_acts_at_once_keeps_them():
    ground = played(50)
    ground.change(loss="least_squares")
    playing.played(ground, 50)
    assert [mark.iteration for mark in ground.match.history] == [50, 100]
    ground.change(seed=1)
    assert ground.match.history == []


def test_looking_does_not_disturb_the_game():
    seen, unseen = Playground(), Playground()
    _, update = playground_scene().open()
    for _ in range(5):
        seen.play_iteration()
        unseen.play_iteration()
        update(seen)
    assert weights_of(seen) == weights_of(unseen)


@pytest.mark.parametrize("one_sided", [True, False])
def test_the_penalty_is_lambda_times_the_mean_excess_of_the_gradient(one_sided):
    ground = Playground(loss="wasserstein_gp", penalty=3.0, one_sided=one_sided)
    game, x = ground.match.game, torch.randn(8, 2, generator=torch.Generator().manual_seed(0))
    no_line = ground.match.settings.d_penalty(game.discriminator, x, x, torch.Generator())
    points = x.clone().requires_grad_()
    slopes = torch.autograd.grad(game.discriminator(points).sum(), points)[0].norm(dim=1) - 1
    excess = slopes.clamp(min=0) if one_sided else slopes
    assert no_line.item() == pytest.approx(3 * excess.square().mean().item(), rel=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_penalty_and_clip_change_d_s_step_where_they_act_and_nowhere_else(seed):
    def d(loss, **constraint):
        # two-sided: a fresh critic's gradient is below 1, where one side costs nothing
        ground = played(3, seed=seed, loss=loss, one_sided=False, **constraint)
        return copied(ground.match.game.discriminator)

    for name, values in {"penalty": (0.1, 100.0), "clip": (0.01, 0.03)}.items():
        for loss in LOSSES:
            acts = name == LOSSES[loss].constraint
            assert (d(loss, **{name: values[0]}) != d(loss, **{name: values[1]})) == acts


def test_the_penalty_is_taken_on_lines_between_real_and_fake():
    ground, points = Playground(loss="wasserstein_gp", one_sided=False), []

    def critic(x):
        points.append(x.detach())
        return x.square().sum(1, keepdim=True)

    real, fake = torch.zeros(1000, 2), torch.full((1000, 2), 4.0)
    penalty = ground.match.settings.d_penalty(critic, real, fake, torch.Generator().manual_seed(0))
    (x,) = points
    assert torch.equal(x[:, 0], x[:, 1])
    t = x[:, 0] / 4
    assert 0 <= t.min() < 0.02 < 0.98 < t.max() <= 1
    assert penalty.item() == pytest.approx(10 * (2 * x.norm(dim=1) - 1).square().mean().item())


def test_r1_is_taken_at_real_samples_and_r2_at_generated_ones():
    ground = Playground(loss="relativistic", gamma=0.3)

    def critic(x):
        return x.square().sum(1, keepdim=True)  # its slope at x is 2 |x|

    real, fake = torch.ones(5, 2), torch.full((5, 2), 3.0)
    penalty = ground.match.settings.d_penalty(critic, real, fake, torch.Generator())
    assert penalty.item() == pytest.approx(0.3 * (8 / 2 + 72 / 2))


# --- the picture ----------------------------------------------------------------------------------


def pixels(picture: painting.Picture, ground: Playground) -> np.ndarray:
    picture.update(ground)
    return picture.pixels().copy()


def played_with(iterations: int = 2, stages: int = 0, **values) -> Playground:
    """Return a game after iterations, or before the one in which it runs away; and after stages."""
    ground = Playground(**values)
    with contextlib.suppress(FloatingPointError):
        playing.played(ground, iterations)
    for _ in range(stages):
        ground.step_slowly()
    return ground


def choices(name: str) -> tuple:
    """Return all that a control offers, or of a slider both ends and a place between."""
    match CONTROLS[name]:
        case list() as values:
            return tuple(values)
        case (low, high):
            return low, (low + high) // 2 if isinstance(low, int) else (low + high) / 2, high
    return tuple(ends(name))


LINES = [name for name in CONTROLS["target"] if targets.TARGETS[name].dim == 1]
STATES = {
    "playground": [
        {},
        *[{"target": name, "show_map": True, "loss": loss, "lr_d": 0.01} for name in LINES
          for loss in ("minimax", "wasserstein_gp")],
        *[{"stages": i} for i in (1, 2, 3, 6, 10, 11)],
        *[{"target": "normal_1d", "stages": i} for i in (2, 4, 7, 10)],
        {"iterations": 60, "lr_g": 0.1},
        {"show_real": False, "show_fake": False},
        {
            "target": "normal_1d",
            "show_real": False,
            "show_fake": False,
            "show_discriminator": False,
        },
    ]
}  # fmt: skip
SCENES = {
    "playground": (
        lambda: OfGame(playground_scene(), played_with),
        {name: choices(name) for name in CONTROLS},
    ),
    "charts": (
        lambda: OfGame(charts_scene(), played_with),
        {name: choices(name) for name in ("sign", "distance")}
        | {"target": ("ring_of_8", "normal_1d")},
    ),
    "line": (
        lambda: OfGame(samples_scene(), played_with),
        {"target": LINES} | {name: choices(name) for name in ("loss", "show_map", "show_best")},
    ),
    "first": (
        lambda: OfGame(first_scene(), played_with),
        {"iterations": (2, 60), "lr_g": (1e-3, 0.1), "seed": (0, 1)},
    ),
    "distance": (
        lambda: OfGame(distance_scene(), played_with),
        {"iterations": (50, 100), "lr_g": (1e-3, 0.1)},
    ),
    "samples": (
        lambda: OfGame(samples_scene(), played_with),
        {"target": ("ring_of_8", "normal_1d"), "loss": ("minimax", "wasserstein_gp")},
    ),
    "moments": (
        lambda: OfGame(planes_scene(4), lambda **settings: [played_with(**settings)] * 4),
        {"iterations": (2, 60), "lr_g": (1e-3, 0.1), "seed": (0, 1)},
    ),
}


def test_a_picture_that_begins_in_slow_motion_has_room_for_all_titles():
    ground = Playground(width_d=8, width_g=8)
    picture = painting.Picture(*playground_scene().open())
    for go_on in (ground.step_slowly, ground.step_slowly, ground.play_iteration):
        go_on()
        picture.update(ground)
        picture.pixels()
        assert not troubles_with_words(picture.figure)
    assert all(axes.get_title(loc="left") for axes in picture.figure.axes if axes.get_visible())


VIEWS = [name for name in CONTROLS if name.startswith("show_")]


@pytest.mark.parametrize(
    ("target", "view"),
    [("ring_of_8", view) for view in VIEWS if view != "show_best"]
    + [("normal_1d", view) for view in VIEWS],
)
def test_each_view_can_be_switched_off_and_on(target, view):
    ground = played(20, target=target)
    picture = painting.Picture(*playground_scene().open())
    ground.change(**{view: True})
    on = pixels(picture, ground)
    ground.change(**{view: False})
    off = pixels(picture, ground)
    ground.change(**{view: True})
    again = pixels(picture, ground)
    ground.change(**{view: DEFAULTS[view]})
    assert np.mean(on != off) > 1e-4
    assert np.array_equal(on, again)


def test_a_game_that_runs_away_stays_inside_its_panels():
    ground = played(60, lr_g=0.1, lr_d=0.1)
    figure = playground_scene().figure(ground)
    for axes in figure.axes[1:3]:
        low, high = axes.get_ylim()
        for line in (line for line in axes.lines if len(line.get_ydata())):
            assert low <= np.min(line.get_ydata())
            assert np.max(line.get_ydata()) <= high


@pytest.mark.parametrize(
    ("distances", "ticks"),
    [
        ([0.8, 0.3], ["0.1", "0.2", "0.5", "1"]),
        ([0.8, 0.04], ["0.1", "1"]),
        ([7.0, 0.3], ["0.1", "1", "10"]),
        ([99.0, 1e-9], ["0.01", "0.1", "1", "10"]),
    ],
)
def test_the_axis_of_the_distance_reaches_as_far_as_the_curves(distances, ticks):
    ground = played(100)
    for mark, w1 in zip(ground.match.history, distances, strict=True):
        mark.now["w1"] = mark.average["w1"] = w1
    axes = playground_scene().figure(ground).axes[2]
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ticks
    low, high = axes.get_ylim()
    assert low <= max(0.002, min(distances)) <= 5 * low
    drawn = np.log([low, min(10, max(1, *distances)), high])
    assert (drawn[1] - drawn[0]) / (drawn[2] - drawn[0]) > 0.6, "the legend has the rest"


def test_a_generator_that_has_left_the_picture_is_said_to_be_outside():
    ground = played(20)
    with torch.no_grad():
        [*ground.match.game.generator.parameters()][-1].add_(20)  # the last layer's bias
    assert np.all(np.abs(ground.generated(ground.match.game.generator)).max(1) > targets.REACH)
    title = playground_scene().figure(ground).axes[0].get_title(loc="left")
    assert title == "100% of generated samples outside"


def test_colours_are_what_d_says():
    ground = played(20)
    image = playground_scene().figure(ground).axes[0].images[0]
    corner = torch.tensor([[targets.REACH, -targets.REACH]])
    d = torch.sigmoid(ground.match.game.discriminator(corner)).item()
    assert image.get_array()[0, -1] == pytest.approx(d, abs=1 / 32 + 1e-6)


def test_a_moment_is_in_all_of_the_colours_and_what_is_beyond_the_border_is_named():
    ground = played(20, lr_d=1e-4)
    axes = planes_scene(4).figure([ground] * 4).axes[0]
    seen = axes.images[0].get_array()
    pale = playground_scene().figure(ground).axes[0].images[0].get_array()
    assert np.abs(seen - 0.5).max() == pytest.approx(0.5)
    assert np.abs(pale - 0.5).max() < 0.2
    assert (np.sign(seen - 0.5) * np.sign(pale - 0.5) >= 0).all()
    assert axes.get_title(loc="left") == "iteration 20"

    def names(game):
        legend = playground_scene().figure(game).axes[0].get_legend()
        return [text.get_text() for text in legend.get_texts()]

    assert names(played(1)) == ["real", "generated"]
    assert names(ground) == ["real", "generated", "outside"]


def test_a_first_look_has_a_button_to_play_the_covered_modes_and_one_curve():
    ground = Playground(width_d=8, width_g=8)
    player = first_look(ground, alt=ALT)
    _errors, row, scene = player.children
    words = [part.description for part in row.children if isinstance(part, ipywidgets.Button)]
    assert words == ["Play", "Reset"]
    assert scene.children == (player.plane, player.image)
    player.run(50)
    covered = len(frames.frame(ground).real_rings)
    assert player.plane.title == f"modes covered: {covered} of 8"
    assert player.plane.note == ""
    drawn = [text.get_text() for text in player.picture.figure.axes[0].get_legend().get_texts()]
    assert drawn == ["G now", "a perfect G"]
    assert "The buttons need" in player.still()
    player.close()


def test_a_look_at_the_whole_game_has_no_more_buttons_but_the_losses_and_the_ema():
    player = first_look(played(50), alt=ALT, whole=True)
    _errors, row, _scene = player.children
    words = [part.description for part in row.children if isinstance(part, ipywidgets.Button)]
    assert words == ["Play", "Reset"]
    assert "(EMA: " in player.plane.title
    assert player.plane.note == ""
    shown = [
        axes.get_title(loc="left") for axes in player.picture.figure.axes if axes.get_visible()
    ]
    assert shown == ["losses, capped at −2 and 4", "W₁ (256 samples, capped at 10)"]
    player.close()


def test_arrows_that_keep_their_direction_are_steady_and_those_that_turn_round_are_not():
    for turn, steady in ((1.0, 1), (-1.0, -1)):
        ground = Playground()
        ground.match.game.discriminator = torch.nn.Linear(2, 1)
        with torch.no_grad():
            ground.match.game.discriminator.weight.copy_(torch.tensor([[1e-3, 0.0]]))

        def play(ground=ground, turn=turn):
            with torch.no_grad():
                ground.match.game.discriminator.weight.mul_(turn)

        ground.play_iteration = play
        assert frames.steadiness(ground, 4) == pytest.approx(steady, abs=1e-3)


@pytest.mark.parametrize("noise", ["uniform_2d", "gaussian_2d"])
def test_the_meshes_of_g_s_map_are_as_dense_as_its_samples(noise):
    ground = Playground(noise=noise, show_map=True)
    stretch = torch.tensor([[2.0, 0.3], [-0.4, 0.7]])  # a map whose density is known
    ground.match.game.generator = torch.nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        ground.match.game.generator.weight.copy_(stretch)
    collections = playground_scene().figure(ground).axes[0].collections
    meshes = next(part for part in collections if type(part) is PolyCollection)
    corners = np.array([path.vertices[:4] for path in meshes.get_paths()])
    shade = meshes.get_alpha() / 0.7
    area = stretch.det().item()
    if noise == "uniform_2d":
        assert np.allclose(shade, 1 / 4 / area, rtol=1e-4)
    else:  # in the middle N(0, I) has the density 1/2π, and meshes are small
        middle = np.argmin(np.linalg.norm(corners.mean(1), axis=1))
        assert shade[middle] == pytest.approx(1 / (2 * math.pi) / area, rel=0.1)
    assert corners.shape == (100, 4, 2)


def test_a_restart_is_said_above_the_plane():
    ground = played(3)
    ground.change(width_d=8)
    title = playground_scene().figure(ground).axes[0].get_title(loc="left")
    assert title == "width of D changed: a new game"


# --- presets --------------------------------------------------------------------------------------


def test_a_preset_from_the_menu_begins_its_game_and_the_other_controls_follow():
    ground = Playground()
    player = stage.play(ground, playground_scene(), alt=ALT, **controls())
    player.run(5)
    menu = player.controls["preset"]
    assert menu.value == "good_run"
    menu.value = "collapse"
    assert player.errors.outputs == ()
    assert ground.iterations == 0
    assert ground.settings == settings_of_preset("collapse")
    assert player.controls["lr_d"].value == 0.05
    assert player.controls["sign"].value == "reached"
    player.controls["lr_d"].value = 5e-4
    assert menu.value == OWN, "no preset's settings"
    player.controls["lr_d"].value = 0.05
    assert menu.value == "collapse"
    player.close()


@pytest.mark.parametrize("name", PRESETS)
def test_each_preset_is_known_by_its_settings_whatever_is_shown_of_it(name):
    ground = Playground(seed=3, show_map=True)
    ground.preset = name
    assert ground.preset == name
    assert (ground.settings.seed, ground.settings.show_map) == (3, True)
    there = settings_of_preset(name)
    kept = {"seed", "show_map"}
    assert all(getattr(ground.settings, n) == getattr(there, n) for n in FIELDS.keys() - kept)


def test_one_s_own_settings_are_chosen_by_nobody():
    ground = Playground(lr_d=2e-3)
    assert ground.preset == OWN
    ground.preset = OWN
    assert ground.settings.lr_d == 2e-3


# --- the controls ---------------------------------------------------------------------------------


def test_a_newcomer_sees_a_few_controls_and_the_rest_lies_in_drawers():
    folded = controls()["folded"]
    assert set(itertools.chain(*folded.values())) < set(CONTROLS)
    player = stage.play(Playground(), playground_scene(), alt=ALT, **controls())
    shown = player.children[3].children
    words = [label_of(n) for n in ("target", "loss", "lr_d", "lr_g", "freeze_d", "freeze_g")]
    assert [control.description for control in shown] == ["iterations per frame", "preset", *words]
    _, _, scene, _, drawers = player.children
    assert scene.children == (player.plane, player.image)
    assert isinstance(drawers, ipywidgets.Accordion), "one, in which one drawer at most is open"
    assert drawers.titles == tuple(folded)
    assert drawers.selected_index is None
    player.close()


def test_a_new_random_seed_is_a_button_beside_play_and_begins_anew():
    ground = Playground()
    player = stage.play(ground, playground_scene(), alt=ALT, **controls())
    player.run(3)
    assert player.controls["seed"] in player.children[1].children
    player.controls["seed"].click()
    assert (ground.settings.seed, ground.iterations, ground.changed) == (1, 0, "seed")
    assert player.errors.outputs == ()
    player.close()


def test_every_control_is_moved_to_both_ends_without_an_error():
    ground = Playground()
    player = stage.play(ground, playground_scene(), alt=ALT, **controls())
    for name, control in player.controls.items():
        if name in ("pace", "preset"):
            continue
        start = control.value
        for value in (*ends(name), start):
            control.value = value
            assert player.errors.outputs == ()
            assert getattr(ground.settings, name) == value
    player.run(2)
    assert ground.iterations == 2
    player.close()


# --- it works -------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_the_ring_of_8_is_covered(seed):
    ground = played(800, seed=seed)
    assert ground.match.history[-1].covered == 8
    assert failures.good_run(ground.match.history, ground.truth).fires


@pytest.mark.slow
def test_the_relativistic_loss_covers_the_grid_of_25_on_seven_of_eight_fresh_seeds():
    covered = []
    for seed in range(20, 28):
        ground = Playground(seed=seed)
        ground.preset = "grid_of_25"
        playing.played(ground, 5000)
        covered.append(ground.match.history[-1].covered)
    assert covered.count(25) >= 7, covered


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_slow_discriminator_lets_g_run_away_and_a_small_g_covers_few(seed):
    away = played(300, seed=seed, lr_d=1e-4).match.history
    assert max(mark.now["w1"] for mark in away) > 5
    assert away[-1].covered < 3
    small = played(1500, seed=seed, layers_g=1, width_g=4, activation_g="relu").match.history[-1]
    assert small.reached >= 1
    assert small.covered < 8


@pytest.mark.parametrize("change", [{"lr_d": 1e-3}, {"target": "grid_of_25"}, {"width_g": 8}])
def test_a_playground_is_as_made_until_a_setting_is_another(change):
    game = Playground()
    assert game.as_made
    game.change(**change)
    game.reset()
    assert not game.as_made


@pytest.mark.parametrize("loss", ["wasserstein_gp", "relativistic", "non_saturating"])
def test_a_view_that_is_changed_twice_leaves_a_playground_as_made(loss):
    game = Playground(loss=loss)
    for shown in (False, True):
        game.change(show_arrows=shown)
    assert game.as_made
