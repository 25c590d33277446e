"""Failures and missions: detectors on known records, presets, remedies, verdicts."""

import dataclasses
import json
from pathlib import Path

import jupytext
import numpy as np
import pytest
import torch
from scipy.stats import rankdata

from gan_edu.chapters.ch07_playground import failures, signs
from gan_edu.chapters.ch07_playground.case import FRAMES
from gan_edu.chapters.ch07_playground.failures import (
    FAILURES,
    preset,
    said,
)
from gan_edu.chapters.ch07_playground.missions import FEWEST_MODES, MISSIONS, Mission
from gan_edu.chapters.ch07_playground.playground import Playground, load
from gan_edu.chapters.ch07_playground.presets import PRESETS
from gan_edu.chapters.ch07_playground.scenes import playground_scene
from gan_edu.chapters.ch07_playground.settings import FIELDS, SIGNS, label_of, worded
from gan_edu.losses import generator_minimax, generator_non_saturating, generator_wasserstein
from gan_edu.training import pushes
from tests.helpers.corners import troubles_with_words
from tests.helpers.playing import played

TUNED, FRESH = range(8), range(400, 408)  # the presets were found without the latter


GOOD = signs.Mark(
    iteration=0, loss_d=1.3, loss_g=-0.7, now={"w1": 0.3, "js": 0.1},
    average={"w1": 0.2, "js": 0.1},
    covered_now=8, covered=8, reached=8, modes=8, on_modes=0.9, spread=0.7,
    accuracy=0.6, passed=0.5,
    mean=(0.0, 0.0),
)  # fmt: skip
RING = Playground().truth
LINE = Playground(target="normal_1d").truth


def record(count: int = 24, **signs_) -> list[signs.Mark]:
    """Return marks whose diagnostics are constant, or a function of the iteration."""
    marks = []
    for i in range(1, count + 1):
        here = {n: v(50 * i) if callable(v) else v for n, v in signs_.items()}
        marks.append(dataclasses.replace(GOOD, iteration=50 * i, **here))
    return marks


def fires(marks, truth=RING) -> set[str]:
    found = {n: f.detector(marks, truth) for n, f in FAILURES.items() if n != "good_run"}
    return {name for name, finding in found.items() if finding.fires}


# --- diagnostics with a known answer --------------------------------------------------------------


def test_a_good_record_sets_off_no_failure_detector():
    assert fires(record()) == set()
    assert failures.good_run(record(), RING).fires


@pytest.mark.parametrize("period", [200, 250, 400, 500])
@pytest.mark.parametrize("height", [0.3, 2.0])
@pytest.mark.parametrize("direction", [(1.0, 0.0), (0.6, -0.8)])
def test_a_sine_oscillates_with_its_height_and_period(period, height, direction):
    def mean(iteration):
        return tuple(height * np.sin(2 * np.pi * iteration / period) * np.array(direction))

    marks = record(mean=mean)
    swing, regular, found = signs.oscillation(marks)
    assert swing == pytest.approx(height, rel=0.1)
    assert found == pytest.approx(period, abs=25)
    assert regular == pytest.approx(1 - period / 1200, abs=0.12)  # of 24 marks, a period less
    assert fires(marks) == {"cycling"}


def test_a_small_sine_a_drift_and_a_constant_do_not_oscillate():
    assert not fires(record(mean=lambda r: (0.1 * np.sin(2 * np.pi * r / 400), 0.0)))
    assert not fires(record(mean=lambda r: (r / 500, -r / 900)))
    assert not fires(record(mean=(3.0, 1.0)))
    early = record(15, mean=lambda r: (np.sin(2 * np.pi * r / 250), 0.0))
    assert not fires(early)
    assert said("cycling", FAILURES["cycling"].detector(early, RING)).startswith(
        "too early to tell"
    )


def test_a_swing_without_regularity_is_named_where_no_detector_fires():
    rng, ground = np.random.default_rng(0), played(Playground(), 1)
    for scale, told in (
        (1.0, "○ G swings, but not regularly"),
        (0.01, "○ no failure found, not good yet"),
    ):
        wild = record(mean=lambda r, scale=scale: tuple(rng.normal(scale=scale, size=2)))
        ground.match.history = [dataclasses.replace(mark, covered=7) for mark in wild]
        assert failures.verdict(ground) == told


def test_noise_does_not_oscillate():
    rng = np.random.default_rng(0)
    alarms = [bool(fires(record(mean=lambda r: tuple(rng.normal(size=2))))) for _ in range(200)]
    assert np.mean(alarms) < 0.1


@pytest.mark.parametrize(
    ("name", "bad", "good"),
    [
        ("collapse", {"reached": 4}, {"reached": 5}),
        ("collapse", {"reached": 1, "on_modes": 0.5}, {"reached": 1, "on_modes": 0.49}),
        ("d_too_weak", {"accuracy": 0.3}, {"accuracy": 0.41}),
        ("vanishing_gradient", {"passed": 0.049}, {"passed": 0.051}),
        ("d_too_strong", {"accuracy": failures.STRONG}, {"accuracy": failures.STRONG - 0.001}),
        (
            "d_too_weak",
            {"accuracy": 0.6, "now": {"w1": 2.1}},
            {"accuracy": 0.6, "now": {"w1": 1.9}},
        ),
        (
            "d_too_weak",
            {"accuracy": 0.6, "now": {"w1": 9.0}},
            {"accuracy": 0.7, "now": {"w1": 9.0}},
        ),
    ],
)
def test_a_detector_fires_on_one_side_of_its_threshold(name, bad, good):
    assert fires(record(**bad)) == {name}
    assert fires(record(**good)) == set()


@pytest.mark.parametrize(("count", "late"), [(9, set()), (10, {"d_too_weak"})])
def test_a_wrong_ranking_is_a_lagging_d_only_if_it_stays(count, late):
    assert fires(record(count, accuracy=0.3)) == late


def test_no_detector_says_anything_of_a_game_that_has_not_begun():
    assert fires([]) == fires([], LINE) == set()
    assert not failures.good_run([], RING).fires


@pytest.mark.parametrize(
    "lost",
    [
        {"covered": 7},
        {"spread": 0.15},
        {"average": {"w1": 0.6}},
        {"passed": 0.01},
    ],
)
def test_a_good_run_covers_every_mode_is_near_and_sets_off_no_detector(lost):
    assert not failures.good_run(record(**lost), RING).fires


def test_where_modes_cannot_be_counted_nothing_collapses():
    marks = record(covered_now=None, covered=None, reached=None, on_modes=None, spread=None)
    assert fires(marks, LINE) == set()
    assert failures.good_run(record(covered=None, average={"w1": 0.1}), LINE).fires


@pytest.mark.parametrize(
    ("loss", "share"),
    [
        (generator_minimax, lambda d: d),
        (generator_non_saturating, lambda d: 1 - d),
        (generator_wasserstein, lambda d: 1 + 0 * d),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_the_auc_counts_pairs_and_what_reaches_g_is_the_loss_s_gradient(loss, share, seed):
    game = Playground(seed=seed).match.game
    game.settings = dataclasses.replace(game.settings, loss_fn_g=loss)
    rng = torch.Generator().manual_seed(seed)
    x, y = torch.randn(3000, 2, generator=rng), torch.randn(3000, 2, generator=rng) + 1
    accuracy, passed = signs.auc_and_gradient(game, x, y)
    with torch.no_grad():
        a_real, a_fake = (game.discriminator(z)[:, 0].double().numpy() for z in (x, y))
    ranks = rankdata(np.concatenate([a_real, a_fake]))[:3000]  # Mann and Whitney: all the pairs
    every_pair = (ranks.sum() - 3000 * 3001 / 2) / 3000**2
    assert accuracy == pytest.approx(every_pair, abs=1e-9)
    assert passed == pytest.approx(np.mean(share(1 / (1 + np.exp(-a_fake)))), rel=1e-5)


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_the_spread_is_the_standard_deviation_within_modes(share):
    target, rng = RING.target, np.random.default_rng(0)
    modes = target.centres[rng.integers(8, size=4000)]
    y = modes + np.array([0.02, 0]) + share * target.sd * rng.standard_normal((4000, 2))
    assert signs.spread(target, y) == pytest.approx(share, abs=0.05)
    assert np.isnan(signs.spread(target, np.zeros((10, 2))))


def test_a_mark_has_g_s_mean_in_standard_deviations_and_its_share_on_modes():
    ground = played(Playground(), 50)
    (mark,), y = ground.match.history, ground.generated(ground.match.game.generator)
    sd = np.sqrt(2**2 + 2 * 0.05**2)  # of eight modes on a ring of radius 2
    assert ground.truth.sd == pytest.approx(sd, rel=0.01)
    assert np.array(mark.mean) * sd == pytest.approx(y.mean(0), abs=0.03)
    nearest = np.linalg.norm(y[:, None] - ground.target.centres, axis=2).min(1)
    assert mark.on_modes == pytest.approx(np.mean(nearest < 0.15))


# --- presets and remedies ----------------------------------------------------------------------


def test_each_failure_has_a_detector_remedies_and_a_diagnostic_plot():
    for name, failure in FAILURES.items():
        state = preset(name).state
        assert load(json.dumps(state)).state == state
        assert bool(failure.remedies) == (PRESETS[name].sign != "losses") == (name != "good_run")
        for setting, value in failure.remedies.items():
            control = FIELDS[setting].metadata["control"]
            assert value in control or isinstance(control, tuple)
            assert getattr(preset(name).settings, setting) != value


def test_a_preset_opens_with_the_diagnostic_that_its_detector_reads():
    reads = {"collapse": "reached", "vanishing_gradient": "passed", "cycling": "mean"}
    reads |= dict.fromkeys(("d_too_strong", "d_too_weak"), "accuracy")
    assert {name: PRESETS[name].sign for name in FAILURES if name != "good_run"} == reads


def test_the_remedy_of_a_collapse_takes_r_where_the_chapter_says():
    (rate,) = FAILURES["collapse"].remedies.values()
    assert [preset("collapse", lr_d=lr).settings.ratio for lr in (0.05, rate)] == [250, 2.5]
    assert preset("collapse", g_steps=5).settings.ratio == 50


def test_an_unknown_preset_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="no preset is called 'fire'; choose from: good_run, coll"):
        preset("fire")
    with pytest.raises(ValueError, match="d_steps must be"):
        preset("collapse", d_steps=0)


def found(name: str, seed: int, iterations: int, **change) -> set[str]:
    torch.set_num_threads(1)
    return set(failures.diagnose(played(preset(name, seed=seed, **change), iterations)).fires)


# A failure that comes with another: if D is never wrong, the minimax loss passes no gradient to G;
# and a G that oscillates does so because D lags behind.
IMPLIES = {"vanishing_gradient": {"d_too_strong"}, "cycling": {"d_too_weak"}}


@pytest.mark.parametrize("name", ["d_too_strong", "d_too_weak", "vanishing_gradient"])
def test_a_preset_shows_what_its_name_says_and_nothing_else(name):
    assert found(name, 100, FAILURES[name].iterations) - IMPLIES.get(name, set()) == {name}


@pytest.mark.parametrize("seed", [0, 400])
def test_a_d_that_is_too_strong_is_so_for_as_long_as_the_chapter_plays_with_arrows(seed):
    ground = played(preset("d_too_strong", seed=seed), FRAMES)
    assert failures.diagnose(ground).fires == ("d_too_strong",)
    mark = ground.match.history[-1]
    assert mark.passed > 0.9
    assert not mark.reached
    game, y = ground.match.game, ground.generated(ground.match.game.generator, 80)
    push = pushes(game, torch.from_numpy(y).float(), ground.match.x[:80])
    assert push.norm(dim=1).median() > 2  # an arrow is a tenth as long; the ring's radius is 2


@pytest.mark.slow
@pytest.mark.parametrize(("seeds", "least"), [(TUNED, 8), (FRESH, 7)], ids=["tuned", "fresh"])
@pytest.mark.parametrize("name", FAILURES)
def test_every_preset_shows_what_its_name_says_and_nothing_else(name, seeds, least):
    shown = [
        found(name, seed, FAILURES[name].iterations) - IMPLIES.get(name, set()) for seed in seeds
    ]
    assert sum(fires == {name} for fires in shown) >= least, shown


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [TUNED, FRESH], ids=["tuned", "fresh"])
@pytest.mark.parametrize(
    ("name", "setting"), [(n, s) for n, f in FAILURES.items() for s in f.remedies]
)
def test_one_change_is_a_remedy(name, setting, seeds):
    iterations = max(FAILURES[name].iterations, failures.REMEDY_AFTER)
    repaired = [
        found(name, seed, iterations, **{setting: FAILURES[name].remedies[setting]})
        for seed in seeds
    ]
    assert sum(fires == {"good_run"} for fires in repaired) >= 7


def test_a_diagnosis_has_each_number_its_threshold_and_the_remedies_that_are_left():
    ground = played(preset("vanishing_gradient"), 150)
    diagnosis = failures.diagnose(ground)
    assert diagnosis.fires == (
        "vanishing_gradient",
        "d_too_strong",
    )
    rows = diagnosis._repr_markdown_().splitlines()[2:]
    assert len(rows) == len(FAILURES)
    assert "G's loss lets 0.0% of D's gradient through (vanishing: below 5%) |" in rows[2]
    assert "*D steps per iteration, k* 1, or *learning rate of D* 0.0002" in rows[2]
    ground.change(d_steps=1)
    row = str(failures.diagnose(ground)).splitlines()[4]
    assert row.endswith("| *learning rate of D* 0.0002 |")


def test_what_cannot_be_diagnosed_says_whether_time_or_modes_are_missing():
    ring, line = (Playground(target=target) for target in ("ring_of_8", "line"))
    for ground, modes in ((ring, "too early to tell"), (line, "this target has no separate modes")):
        rows = str(failures.diagnose(ground)).splitlines()[2:]
        assert modes in rows[1]
        assert rows[-1] == "No failure found so far, but not a good run yet either. Play on."
        assert "too early to tell" in rows[2]


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("target", ["ring_of_8", "line", "normal_1d"])
def test_each_diagnostic_is_drawn_with_its_number_and_threshold(sign, target):
    ground = Playground(target=target, sign=sign, width_d=8, width_g=8)
    playground_scene().figure(ground)  # nothing is noted yet
    played(ground, 100)
    figure = playground_scene().figure(ground)
    drawn = [axes for axes in figure.axes if axes.get_visible()]
    assert len(drawn) == 3
    assert all(axes.get_title(loc="left") for axes in drawn)
    assert not troubles_with_words(figure)
    if sign == "accuracy":
        lines = next(a for a in drawn if f"{failures.STRONG}" in a.get_title(loc="left")).lines
        marks = [mark.accuracy for mark in ground.match.history]
        assert lines[0].get_ydata().tolist() == marks
        low = failures.findings(ground)["d_too_weak"].numbers["border"]
        level = [line.get_ydata()[0] for line in lines if line.get_linestyle() == ":"]
        assert level == [low, failures.STRONG]


@pytest.mark.parametrize("target", ["ring_of_8", "normal_1d"])
@pytest.mark.parametrize(("sign", "told"), [
    ("reached", "modes reached: 8 of 8 (collapse: ≤ 4)"),
    ("accuracy", "AUC 1.00 (weak ≤ 0.4, strong ≥ 0.97)"),
    ("passed", "gradient to G: 100% (vanishing: < 5%)"), ("mean", " (limit 0.2)"),
])  # fmt: skip
def test_a_diagnostic_s_number_and_threshold_fit_over_its_panel(target, sign, told):
    ground = played(Playground(target=target, sign=sign, width_d=8, width_g=8), 1)
    swings = lambda iteration: (12 * np.sin(iteration / 50), 0.0)  # noqa: E731
    ground.match.history = record(reached=8, accuracy=1.0, passed=1.0, mean=swings)
    figure = playground_scene().figure(ground)
    titles = "".join(a.get_title(loc="left") for a in figure.axes if a.get_visible())
    assert told in titles or (target, sign) == ("normal_1d", "reached")
    assert not troubles_with_words(figure)


SCRIPT = Path(__file__).parents[2] / "notebooks/source/07_playground.py"
FAILING = [name for name, failure in FAILURES.items() if failure.remedies]


@pytest.mark.parametrize("name", FAILING)
def test_each_failure_has_its_heading_its_game_and_an_answer_that_names_the_remedies(name):
    cells = [cell.source for cell in jupytext.read(SCRIPT).cells]
    (at,) = [i for i, source in enumerate(cells) if source.startswith(f'case("{name}"')]
    heading = str(PRESETS[name].label)
    assert cells[at - 1].lower().startswith(f"### {heading}".lower())
    assert cells[at + 1].startswith("<details>")
    for setting, value in FAILURES[name].remedies.items():
        word = label_of(setting).split(",")[0]
        assert f"*{word[0].upper()}{word[1:]}* {worded(setting, value)}" in cells[at + 1]


# --- missions -------------------------------------------------------------------------------------

# The winning plays: what to set, then Reset, and how many iterations to play; for each step.
PLAYS = {
    "collapse": [
        ({"loss": "non_saturating", "lr_d": 0.05, "d_steps": 5}, 500), ({"lr_d": 5e-4}, 600),
    ],
    "vanishing_gradient": [({"lr_d": 0.01, "d_steps": 10}, 150), ({"d_steps": 1}, 500)],
    "cycling": [({"d_steps": 1}, 1200), ({"d_steps": 10}, 1200)],
    "drawing": [({"drawing": [[-1, -1], [-1, 0], [-1, 1], [0, 1], [1, 1], [1, 0]]}, 1200)],
}  # fmt: skip


def begun(name: str) -> Mission:
    return Mission(name, Playground())


def play(mission: Mission, settings: dict, iterations: int):
    torch.set_num_threads(1)
    for name, value in settings.items():
        mission.playground.change(**{name: value})
    mission.playground.reset()
    played(mission.playground, iterations)
    return mission.verdict()


@pytest.mark.parametrize("name", MISSIONS)
def test_no_mission_is_won_at_the_start_and_each_has_its_hints(name):
    mission = begun(name)
    assert "nothing is measured before iteration 50" in str(mission.verdict())
    assert mission.state == f"{MISSIONS[name].tasks[0]} {mission.verdict()}"
    assert "\n" not in mission.state
    of = 4 if mission.failure else 3
    hints = [str(mission.hint()) for _ in range(5)]
    assert [hint.count("**Hint") for hint in hints] == [1, 2, 3, of, of]
    assert ("this failure's *preset*" in hints[1]) == bool(mission.failure)
    assert play(mission, {}, 50).right is False


def test_an_unknown_mission_is_refused():
    with pytest.raises(
        ValueError, match="no mission is called 'x'; choose from: collapse, vanishing"
    ):
        begun("x")


@pytest.mark.parametrize(("rate", "low", "high"), [(0.05, -1, 0.6), (5e-4, 0.8, 1)])
def test_a_slow_discriminator_s_arrows_keep_their_direction(rate, low, high):
    """Which is why a slower D repairs a collapse: the chapter says so."""
    ground = played(preset("collapse", lr_d=rate, seed=1), 200)
    game, cosines = ground.match.game, []
    for _ in range(100):
        y = torch.from_numpy(ground.generated(game.generator, 80)).float()
        before = pushes(game, y, ground.match.x[:80])
        ground.play_iteration()
        after = pushes(game, y, ground.match.x[:80])
        cosines.append(torch.cosine_similarity(before, after).mean().item())
    assert low < np.mean(cosines) < high


@pytest.mark.slow
@pytest.mark.parametrize("name", PLAYS)
def test_a_mission_is_won_by_its_winning_play(name):
    mission = begun(name)
    *first, last = [play(mission, *step) for step in PLAYS[name]]
    assert all(verdict.right is None for verdict in first), first
    assert last.right is True, last


def with_record(mission: Mission, marks, **settings) -> Mission:
    """Play an iteration with these settings, and replace what was measured by a record."""
    for name, value in settings.items():
        mission.playground.change(**{name: value})
    mission.playground.play_iteration()
    mission.playground.match.history = marks
    return mission


def test_a_vanishing_gradient_is_won_in_two_steps_and_a_verdict_says_what_is_missing():
    mission = with_record(begun("vanishing_gradient"), record(passed=0.2))
    assert "lets 20.0% of D's gradient through (vanishing: below 5%)" in str(mission.verdict())
    half = with_record(mission, record(passed=0.01)).verdict()
    assert half.right is None
    assert "turn it into a good run" in str(half)
    assert mission.verdict().right is False, "the gradient still vanishes"
    mission.playground.reset()
    assert "Half done" in str(mission.verdict()), "what was won is not lost by a Reset"
    assert "turn it into a good run" in str(mission.verdict())
    assert "modes not covered: 2" in str(with_record(mission, record(covered=6)).verdict())
    assert with_record(mission, record(), loss="least_squares").verdict().right is True


def test_a_verdict_names_the_failure_alone_as_long_as_there_is_one():
    mission = with_record(begun("vanishing_gradient"), record(passed=0.01))
    assert mission.verdict().right is None
    told = str(with_record(mission, record(reached=2, covered=2)).verdict())
    assert "modes reached: 2 of 8" in told
    assert "W₁" not in told


def test_a_collapse_is_not_repaired_by_another_loss_even_if_it_is_put_back():
    mission = with_record(begun("collapse"), record(reached=1), loss="non_saturating")
    mission.playground.reset()
    assert with_record(mission, record(reached=1)).verdict().right is None
    mission = with_record(mission, record(), loss="wasserstein_gp")
    assert "*Wasserstein, gradient penalty*" in str(mission.verdict())
    mission = with_record(mission, record(), loss="non_saturating")
    assert mission.verdict().right is False
    mission.playground.reset()
    assert with_record(mission, record()).verdict().right is True


def test_what_is_won_stays_won_while_one_plays_on():
    mission = with_record(begun("vanishing_gradient"), record(passed=0.01))
    assert mission.state.startswith("◧ **Half done.** Now: press")
    assert with_record(mission, record()).verdict().right is True
    won = with_record(mission, record(covered=2)).state
    assert won.startswith("✓ **Done:**")


def test_an_easier_target_wins_nothing():
    mission = with_record(begun("collapse"), record(reached=1))
    assert mission.verdict().right is None
    mission = with_record(mission, record(), target="two_gaussians")
    assert "*ring of 8 Gaussians*" in str(mission.verdict())


def test_a_drawing_must_be_new_and_near():
    own = [[x, 0.0] for x in range(-2, 3)]
    assert len(own) == FEWEST_MODES
    near = record(average={"w1": 0.05})
    assert with_record(begun("drawing"), near).verdict().right is False
    assert with_record(begun("drawing"), near, drawing=own[1:]).verdict().right is False
    assert with_record(begun("drawing"), near, drawing=own).verdict().right is True
    far = with_record(begun("drawing"), record(average={"w1": 0.9}), drawing=own).verdict()
    assert far.right is False
    assert "0.90" in str(far)
